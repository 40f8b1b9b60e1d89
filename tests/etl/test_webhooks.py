"""Messages to other programs: signed, sent until they arrive, and never more than what is published."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from sqlalchemy import Engine, text

from db.engine import connect
from db.queries import alert_merge, alert_rules, alerts, subscriptions
from db.queries.alert_merge import FoundAlert
from etl import webhooks
from etl.webhooks import WebhookPolicy, deliver_webhooks

SECRET = "0123456789abcdef" * 4
INSIDE = WebhookPolicy(private_addresses=True, timeout=2.0)


class Receiver:
    """A department's own server: keeps what it gets and answers what it is told to."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.pause = 0.0
        self.drips = 0
        self.url = ""

    @property
    def messages(self) -> list[dict[str, object]]:
        return [json.loads(body) for _headers, body in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Listen on the loopback."""
    played = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            played.got.append((dict(self.headers), body))
            time.sleep(played.pause)
            for _drip in range(played.drips):  # the beginning of an answer, a byte at a time
                self.wfile.write(b"H")
                time.sleep(0.05)
            status = played.answers.pop(0) if played.answers else 204
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Keep the test output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    played.url = f"http://127.0.0.1:{server.server_port}/hook?from=sozialraum"
    yield played
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def engine(make_database: Callable[..., str], small_city_template: str) -> Iterator[Engine]:
    """The sample city with a rule for districts that can raise alerts."""
    engine = connect(make_database(template=small_city_template))
    definition = {"id": "r", "title_de": "Regel", "title_en": "Rule"}
    with engine.begin() as connection:
        alert_rules.put(
            connection,
            city_id="sample",
            rule_id="r",
            geography_id="district",
            definition=definition,
            backtest={},
        )
    yield engine
    engine.dispose()


@pytest.fixture
def city(engine: Engine) -> Engine:
    """The same, before anybody subscribed and anything was raised."""
    with engine.begin() as connection:
        for table in ("webhook_delivery", "subscription", "alert"):
            connection.execute(text(f"DELETE FROM {table}"))
    return engine


def raise_alerts(engine: Engine, *areas: str) -> None:
    """Make the stored alerts of the rule be these: each says how many residents there are."""
    with engine.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT v.vintage_id, v.area_id, v.value FROM value v JOIN vintage w ON w.id = v.vintage_id"
                " WHERE w.geography_id = 'district' AND v.indicator_id = 'residents' AND v.period = '2022'"
                " ORDER BY v.area_id"
            )
        ).all()
        known = {row.area_id: row.value for row in rows}
        run = connection.execute(text("SELECT max(id) FROM run")).scalar_one()
        found = [
            FoundAlert(
                area_id=area,
                indicator_id="residents",
                figures={"value": known[area]},
                evidence=[
                    {
                        "indicator_id": "residents",
                        "period": "2022",
                        "value": known[area],
                    }
                ],
                text_de=f"{known[area]:.0f} Einwohner",
                text_en=f"{known[area]:.0f} residents",
            )
            for area in areas
        ]
        alert_merge.merge(
            connection,
            found,
            city_id="sample",
            rule_id="r",
            rule_version=1,
            vintage_id=rows[0].vintage_id,
            period="2022",
            run_id=run,
        )


def subscribe(engine: Engine, url: str, department: str = "Jugendamt & Söhne") -> int:
    with engine.begin() as connection:
        return subscriptions.subscribe(
            connection,
            city_id="sample",
            department=department,
            webhook_url=url,
            secret=SECRET,
            created_by="test",
        )


def deliver(engine: Engine, policy: WebhookPolicy = INSIDE, **options: object) -> webhooks.WebhookReport:
    return deliver_webhooks(
        engine, policy, rng=np.random.default_rng(1), progress=lambda _name, _share=None: None, **options
    )


def let_time_pass(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE webhook_delivery SET next_attempt_at = next_attempt_at - interval '1 day'")
        )


def stored(engine: Engine) -> list[dict[str, object]]:
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT * FROM webhook_delivery ORDER BY subscription_id, alert_id")
        ).mappings()
        return [dict(row) for row in rows]


@pytest.mark.db
def test_a_message_says_what_is_published_and_its_signature_can_be_checked(
    city: Engine, receiver: Receiver
) -> None:
    subscribe(city, receiver.url)
    raise_alerts(city, "3")
    report = deliver(city, now=lambda: 1_700_000_000.5)
    assert (report.arrived, report.failed, report.waiting) == (1, 0, 0)
    ((headers, body),) = receiver.got
    # As a receiver would do it, with nothing of ours.
    expected = hmac.new(SECRET.encode(), b"1700000000." + body, hashlib.sha256).hexdigest()
    assert headers["Sozialraum-Signature"] == f"sha256={expected}"
    assert headers["Sozialraum-Timestamp"] == "1700000000"
    assert headers["Sozialraum-Event"] == "alert.raised"
    assert headers["Host"] == receiver.url.split("/")[2]
    (message,) = receiver.messages
    assert message["id"] == "sample/district/r/2022/3"
    assert message["department"] == "Jugendamt & Söhne"
    assert message["text"]["de"] == f"{message['figures']['value']:.0f} Einwohner"
    assert message["title"]["en"].endswith(" 2022: Rule")
    assert SECRET not in body.decode()


@pytest.mark.db
def test_what_has_arrived_is_not_sent_again(city: Engine, receiver: Receiver) -> None:
    subscribe(city, receiver.url)
    raise_alerts(city, "3", "4")
    deliver(city)
    raise_alerts(city, "3", "4")
    assert deliver(city).arrived == 0
    assert len(receiver.got) == 2


@pytest.mark.db
def test_a_withdrawn_alert_is_told_without_figures(city: Engine, receiver: Receiver) -> None:
    subscribe(city, receiver.url)
    raise_alerts(city, "3")
    deliver(city)
    raise_alerts(city)
    deliver(city)
    raise_alerts(city, "3")
    deliver(city)
    assert [one["event"] for one in receiver.messages] == ["alert.raised", "alert.withdrawn", "alert.revised"]
    assert receiver.messages[1]["figures"] is None
    assert receiver.messages[1]["withdrawal"] == "not_found"
    assert "gilt nicht mehr: mit den heutigen Werten" in receiver.messages[1]["text"]["de"]
    assert [one["revision"] for one in receiver.messages] == [1, 2, 3]
    keys = [headers["Idempotency-Key"] for headers, _body in receiver.got]
    assert len(set(keys)) == 3


@pytest.mark.db
@pytest.mark.parametrize(
    ("status", "words"), [(500, "HTTP 500"), (404, "HTTP 404"), (302, "redirects are not followed")]
)
def test_an_answer_that_is_no_success_is_tried_again_later_with_the_same_key(
    city: Engine, receiver: Receiver, status: int, words: str
) -> None:
    subscribe(city, receiver.url)
    raise_alerts(city, "3")
    receiver.answers = [status]
    report = deliver(city)
    assert (report.arrived, report.failed, report.waiting) == (0, 1, 1)
    (row,) = stored(city)
    assert words in row["last_error"]
    assert deliver(city).failed == 0  # not due yet
    let_time_pass(city)
    assert deliver(city).arrived == 1
    assert len({headers["Idempotency-Key"] for headers, _body in receiver.got}) == 1
    (row,) = stored(city)
    assert (row["last_error"], row["attempts"]) == ("", 2)


@pytest.mark.db
def test_a_sender_that_dies_between_sending_and_noting_sends_again(
    city: Engine, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(city, receiver.url)
    raise_alerts(city, "3")

    def die(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(subscriptions, "delivered", die)
        with pytest.raises(KeyboardInterrupt):
            deliver(city)
    assert deliver(city).arrived == 0  # somebody may still be at it
    let_time_pass(city)
    assert deliver(city).arrived == 1
    assert len({headers["Idempotency-Key"] for headers, _body in receiver.got}) == 1
    assert len(receiver.got) == 2


@pytest.mark.db
def test_a_message_is_given_up_after_its_last_attempt(city: Engine, receiver: Receiver) -> None:
    subscribe(city, receiver.url)
    raise_alerts(city, "3")
    receiver.answers = [503, 503, 503]
    policy = WebhookPolicy(private_addresses=True, attempts=2)
    assert deliver(city, policy).given_up == 0
    let_time_pass(city)
    assert deliver(city, policy).given_up == 1
    let_time_pass(city)
    assert deliver(city, policy).waiting == 0
    assert len(receiver.got) == 2


@pytest.mark.db
def test_a_message_that_takes_every_sender_with_it_is_given_up(city: Engine, receiver: Receiver) -> None:
    subscribe(city, receiver.url)
    raise_alerts(city, "3")
    for _death in range(INSIDE.attempts):
        with city.begin() as connection:
            subscriptions.claim(connection, lease=1)
        let_time_pass(city)
    assert deliver(city).given_up == 1
    assert receiver.got == []
    assert "given up" in stored(city)[0]["last_error"]


@pytest.mark.db
def test_a_receiver_that_is_down_does_not_hold_up_the_others(city: Engine, receiver: Receiver) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        down = f"http://127.0.0.1:{probe.getsockname()[1]}/"
    subscribe(city, down, "Schule")
    subscribe(city, receiver.url)
    raise_alerts(city, "1", "2", "3")
    report = deliver(city)
    assert (report.arrived, report.failed, report.waiting) == (3, 1, 3)


@pytest.mark.db
def test_a_receiver_that_says_nothing_is_left_after_the_timeout(city: Engine, receiver: Receiver) -> None:
    subscribe(city, receiver.url)
    raise_alerts(city, "3")
    receiver.pause = 0.6
    policy = WebhookPolicy(private_addresses=True, timeout=0.2)
    assert deliver(city, policy).failed == 1
    assert stored(city)[0]["last_error"] != ""


@pytest.mark.db
def test_a_receiver_that_drips_is_left_after_the_deadline(city: Engine, receiver: Receiver) -> None:
    subscribe(city, receiver.url)
    raise_alerts(city, "3")
    receiver.drips = 20
    policy = WebhookPolicy(private_addresses=True, timeout=0.5, deadline=0.4)
    began = time.monotonic()
    assert deliver(city, policy).failed == 1
    assert time.monotonic() - began < 1.0
    assert stored(city)[0]["last_error"] == "no answer within 0.4 s"


@pytest.mark.db
def test_nothing_is_sent_to_a_private_address_unless_that_is_allowed(
    city: Engine, receiver: Receiver
) -> None:
    subscribe(city, receiver.url)
    raise_alerts(city, "3")
    report = deliver(city, WebhookPolicy())
    assert (report.arrived, report.failed) == (0, 1)
    assert receiver.got == []
    assert "127.0.0.1 is a private address" in stored(city)[0]["last_error"]


@pytest.mark.db
def test_a_load_between_claiming_and_reading_puts_the_message_back(
    city: Engine, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(city, receiver.url)
    raise_alerts(city, "3", "4", "5")
    read = alerts.get
    states = iter(["being_checked", "gone"])

    def later(connection, number):
        """Say of the first two what a load may have made of them meanwhile."""
        row, state = read(connection, number), next(states, "open")
        return None if state == "gone" else row | {"state": state}

    monkeypatch.setattr(webhooks.alerts, "get", later)
    report = deliver(city)
    assert (report.arrived, report.failed, report.waiting) == (1, 0, 2)
    assert [row["attempts"] for row in stored(city) if row["delivered_at"] is None] == [0, 0]
    let_time_pass(city)
    assert deliver(city).arrived == 2
    assert [message["event"] for message in receiver.messages] == ["alert.raised"] * 3


@pytest.mark.db
@pytest.mark.parametrize("fault", ["refused", "unknown", "private"])
def test_what_went_wrong_names_the_host_and_not_the_path(
    city: Engine, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    host = {"refused": "127.0.0.1:9", "unknown": "nowhere.invalid", "private": "127.0.0.1:9"}[fault]

    def unknown(*_arguments: object, **_options: object) -> None:
        raise OSError("Name or service not known")

    if fault == "unknown":
        monkeypatch.setattr(socket, "getaddrinfo", unknown)
    subscribe(city, f"http://{host}/hook/t0ken?key=s3cret")
    raise_alerts(city, "3")
    assert deliver(city, WebhookPolicy(private_addresses=fault == "refused")).failed == 1
    (row,) = stored(city)
    assert row["last_error"] != ""
    assert (host in row["last_error"]) == (fault != "refused")
    assert "t0ken" not in row["last_error"]
    assert "s3cret" not in row["last_error"]


@pytest.mark.db
def test_nothing_more_is_sent_to_a_subscription_that_ended(city: Engine, receiver: Receiver) -> None:
    number = subscribe(city, receiver.url)
    raise_alerts(city, "3")
    with city.begin() as connection:
        subscriptions.unsubscribe(connection, number)
    assert deliver(city) == webhooks.WebhookReport(arrived=0, failed=0, given_up=0, waiting=0)
