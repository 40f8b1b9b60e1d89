"""An answer comes whole, in time, from where it was asked for, or the refusal says in one line why not."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from etl.errors import FetchError


def test_an_answer_comes_as_it_was_sent(publisher, visit, played) -> None:
    publisher.at["/a.csv"] = played(content=b"nr;ew\n01;5\n")
    answer = visit().get(f"{publisher.url}/a.csv")
    assert (answer.content(), answer.size, answer.is_success) == (b"nr;ew\n01;5\n", 11, True)
    assert publisher.headers[0]["User-Agent"].startswith("sozialraum/")


def test_an_answer_without_a_length_comes_to_its_end(publisher, visit, played) -> None:
    publisher.at["/a.csv"] = played(content=b"x" * 200_000, with_length=False)
    assert visit().get(f"{publisher.url}/a.csv").size == 200_000


def test_a_server_error_is_followed_by_another_try(publisher, visit, played) -> None:
    publisher.at["/a"] = [played(status=500), played(status=429), played(content=b"fine")]
    assert visit().get(f"{publisher.url}/a").content() == b"fine"
    assert publisher.requests["/a"] == 3


def test_a_server_that_stays_broken_is_given_up_in_one_line(publisher, visit, played) -> None:
    publisher.at["/a"] = played(status=503)
    with pytest.raises(
        FetchError, match=r"cannot be reached \(HTTP 503, 3 attempts\): http.*/a; load from files"
    ):
        visit().get(f"{publisher.url}/a")
    assert publisher.requests["/a"] == 3


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_that_will_not_change_is_asked_for_once(publisher, visit, played, status: int) -> None:
    publisher.at["/a"] = played(status=status, content=b"no")
    answer = visit().get(f"{publisher.url}/a")
    with pytest.raises(FetchError, match=rf"the file is not there \(HTTP {status}\)"):
        answer.require_success("the file", "correct url")
    assert publisher.requests["/a"] == 1


def test_retry_after_is_honoured(publisher, visit, played) -> None:
    publisher.at["/a"] = [played(status=429, headers={"Retry-After": "1"}), played(content=b"fine")]
    began = time.monotonic()
    assert visit().get(f"{publisher.url}/a").content() == b"fine"
    assert time.monotonic() - began >= 1.0  # not the 0.01 s of the visit's own pause


@pytest.mark.parametrize("form", ["number", "date"])
def test_a_server_that_asks_for_more_time_than_there_is_ends_the_visit(
    publisher, visit, played, form: str
) -> None:
    in_an_hour = datetime.now(UTC) + timedelta(hours=1)
    told = "3600" if form == "number" else format_datetime(in_an_hour, usegmt=True)
    publisher.at["/a"] = played(status=503, headers={"Retry-After": told})
    with pytest.raises(FetchError, match=r"asks to come back in 3[56]\d\d s, of 10 s in all (9|10) are left"):
        visit().get(f"{publisher.url}/a")
    assert publisher.requests["/a"] == 1


def test_nonsense_in_retry_after_counts_for_nothing(publisher, visit, played) -> None:
    publisher.at["/a"] = [played(status=503, headers={"Retry-After": "soon"}), played(content=b"fine")]
    assert visit().get(f"{publisher.url}/a").content() == b"fine"


def test_a_server_that_hangs_is_told(publisher, visit, played) -> None:
    publisher.at["/a"] = played(content=b"late", silence=30)
    with pytest.raises(FetchError, match=r"no sign of life for 0\.1 s, 2 attempts"):
        visit(read=0.1, attempts=2).get(f"{publisher.url}/a")


def test_a_server_that_drips_is_ended_by_the_time_for_all(publisher, visit, played) -> None:
    # A byte every 0.05 s is a sign of life, but 1,000 of them would take 50 s.
    publisher.at["/a"] = played(content=b"x" * 1000, drip=0.05)
    began = time.monotonic()
    with pytest.raises(FetchError, match=r"no whole answer within 0\.5 s.*say most_seconds"):
        visit(whole=0.5).get(f"{publisher.url}/a")
    assert time.monotonic() - began < 3


def test_half_an_answer_is_none(publisher, visit, played) -> None:
    publisher.at["/a"] = played(content=b"half", announced=1000)
    with pytest.raises(FetchError, match=r"cannot be reached \(.*, 3 attempts\)"):
        visit().get(f"{publisher.url}/a")


def test_half_an_answer_and_then_a_whole_one_is_fine(publisher, visit, played) -> None:
    publisher.at["/a"] = [played(content=b"half", announced=1000), played(content=b"whole")]
    assert visit().get(f"{publisher.url}/a").content() == b"whole"


def test_a_packed_answer_is_unpacked(publisher, visit, played) -> None:
    text = b"01;5\n" * 50_000
    publisher.at["/a"] = played(content=gzip.compress(text), headers={"Content-Encoding": "gzip"})
    assert visit().get(f"{publisher.url}/a").content() == text


@pytest.mark.parametrize("cut", [10, 40], ids=["head", "body"])
def test_a_packed_answer_without_its_end_is_none(publisher, visit, played, cut: int) -> None:
    packed = gzip.compress(bytes(range(256)))
    publisher.at["/a"] = played(content=packed[:cut], headers={"Content-Encoding": "gzip"})
    with pytest.raises(FetchError, match="the packed answer is cut off"):
        visit().get(f"{publisher.url}/a")


def test_a_packed_file_stays_packed(publisher, visit, played) -> None:
    packed = gzip.compress(b"01;5\n")
    publisher.at["/a.csv.gz"] = played(content=packed, headers={"Content-Encoding": "gzip"})
    assert visit().get(f"{publisher.url}/a.csv.gz", keep_packed=True).content() == packed


def test_an_answer_that_unpacks_to_a_bomb_is_stopped_at_the_limit(publisher, visit, played) -> None:
    bomb = gzip.compress(b"\x00" * 20_000_000)  # 20 MB in 20 KB
    publisher.at["/a"] = played(content=bomb, headers={"Content-Encoding": "gzip"})
    asked = visit(most_bytes=1_000_000)
    with pytest.raises(FetchError, match=r"more than 1 MB.*say most_mb"):
        asked.get(f"{publisher.url}/a")
    assert sum(path.stat().st_size for path in asked.folder.iterdir()) <= 1_000_000


def test_a_packing_in_packings_is_refused(publisher, visit, played) -> None:
    inner = gzip.compress(gzip.compress(b"x"))
    publisher.at["/a"] = played(content=inner, headers={"Content-Encoding": "gzip, gzip"})
    with pytest.raises(FetchError, match="packed as 'gzip, gzip'"):
        visit().get(f"{publisher.url}/a")


def test_an_answer_that_says_it_is_too_large_is_not_read(publisher, visit, played) -> None:
    publisher.at["/a"] = played(content=b"x", announced=3_000_000_000)
    with pytest.raises(FetchError, match="more than 500 MB"):
        visit().get(f"{publisher.url}/a")
    assert publisher.requests["/a"] == 1


def test_all_answers_of_a_visit_share_the_limit(publisher, visit, played) -> None:
    publisher.at["/a"] = played(content=b"x" * 600)
    asked = visit(most_bytes=1000)
    asked.get(f"{publisher.url}/a")
    with pytest.raises(FetchError, match="more than"):
        asked.get(f"{publisher.url}/a")


def test_a_redirect_on_the_same_server_is_followed(publisher, visit, played) -> None:
    publisher.at["/a"] = played(status=302, headers={"Location": "/b"})
    publisher.at["/b"] = played(content=b"here")
    assert visit().get(f"{publisher.url}/a").content() == b"here"


@pytest.mark.parametrize(
    "where", ["http://localhost:{port}/b", "http://127.0.0.1:9/b", "file:///etc/passwd", "//[::1]/b"]
)
def test_a_redirect_to_another_place_is_refused(publisher, visit, played, where: str) -> None:
    publisher.at["/a"] = played(status=302, headers={"Location": where.format(port=publisher.port)})
    publisher.at["/b"] = played(content=b"here")
    with pytest.raises(FetchError, match=r"leads to another server, .*give its address in the manifest"):
        visit().get(f"{publisher.url}/a")
    assert publisher.requests["/b"] == 0


def test_redirects_in_a_circle_end(publisher, visit, played) -> None:
    publisher.at["/a"] = played(status=301, headers={"Location": "/a"})
    with pytest.raises(FetchError, match="more than 5 redirects"):
        visit().get(f"{publisher.url}/a")


def test_nobody_listening_is_one_clear_line(visit) -> None:
    # Port 9 (discard) of the loopback: nothing listens there.
    with pytest.raises(FetchError, match=r"cannot be reached \(.*refused, 3 attempts\)"):
        visit().get("http://127.0.0.1:9/a")


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("ftp://host/a", "not an address of the web"),
        ("file:///etc/passwd", "not an address of the web"),
        ("https://", "not an address of the web"),
        ("https://user:secret@host/a", "has a password in it: host"),
        ("http://host:abc/", "cannot be read"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(visit, address: str, what: str) -> None:
    with pytest.raises(FetchError, match=what) as refused:
        visit().get(address)
    assert "secret" not in str(refused.value)


def test_what_an_address_asks_for_already_is_kept(publisher, visit, played) -> None:
    publisher.at["/a"] = played(content=b"x")
    visit().get(f"{publisher.url}/a?map=/x.map&jahr=1", query={"jahr": "2020"})
    assert publisher.queries == [{"map": "/x.map", "jahr": "2020"}]


def test_a_server_that_drips_its_head_is_ended_by_the_time_for_all(visit) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port, done = listening.getsockname()[1], threading.Event()

        def drip() -> None:
            connection, _address = listening.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
                while not done.wait(0.05):
                    connection.sendall(b"x")

        server = threading.Thread(target=drip)
        server.start()
        try:
            with pytest.raises(FetchError, match=r"no whole answer within 0\.5 s"):
                visit(whole=0.5).get(f"http://127.0.0.1:{port}/a")
        finally:
            done.set()
            server.join()
