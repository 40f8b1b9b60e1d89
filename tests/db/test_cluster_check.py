"""Checking a server before work begins: every way to be unusable gets its own line."""

import socket
import threading

import psycopg
import pytest

from db.cluster.throw_away import throw_away
from db.errors import ConnectError, NotPostgresError, PostgisMissingError, PostgisTooOldError
from db.server_check import check_postgis

pytestmark = pytest.mark.db


@pytest.fixture(scope="module")
def url():
    with throw_away() as server:
        yield server.url


@pytest.fixture
def answers():
    """Give a function that starts a server on the loopback which answers every caller with the same bytes."""
    listening = []

    def serve(answer):
        server = socket.create_server(("127.0.0.1", 0))
        listening.append(server)

        def work():
            while True:
                try:
                    caller, _ = server.accept()
                except OSError:
                    return
                with caller:
                    caller.recv(1024)
                    caller.sendall(answer)

        threading.Thread(target=work, daemon=True).start()
        return f"postgresql+psycopg://me:geheim@127.0.0.1:{server.getsockname()[1]}/city"

    yield serve
    for server in listening:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def pretend(url, versions):
    """Put a view of ours before the catalogue's list of extensions; returns the address that sees it."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute("DROP SCHEMA IF EXISTS pretended CASCADE")
        connection.execute("CREATE SCHEMA pretended")
        connection.execute(
            "CREATE VIEW pretended.pg_available_extensions AS "
            f"SELECT * FROM (VALUES {versions}) AS t (name, default_version, installed_version)"
        )
    return f"{url}&options=-csearch_path%3Dpretended,pg_catalog"


def test_postgis_that_can_be_installed_is_enough_and_is_not_installed(url):
    check_postgis(url)
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT FROM pg_extension WHERE extname = 'postgis'").fetchone() is None


def test_nobody_listens(url):
    gone = "postgresql+psycopg://me:geheim@127.0.0.1:1/city"
    with pytest.raises(
        ConnectError, match=r"cannot connect to 127\.0\.0\.1:1/city: .*refused.*SOZIALRAUM_DATABASE_URL"
    ) as refused:
        check_postgis(gone)
    assert "geheim" not in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_an_unknown_database_is_named(url):
    with pytest.raises(ConnectError, match='database "nowhere" does not exist'):
        check_postgis(url.replace("/sozialraum?", "/nowhere?"))


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        b"J\x00\x00\x00\x0a8.0.36\x00\x08\x00\x00\x00",  # greeting of MySQL
        b"",
    ],
    ids=["web server", "MySQL", "hangs up"],
)
def test_another_kind_of_server_is_told(answers, answer):
    with pytest.raises(NotPostgresError, match="does not answer like PostgreSQL") as refused:
        check_postgis(answers(answer))
    assert "geheim" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_server_without_postgis_is_told(url):
    with pytest.raises(PostgisMissingError, match="has no PostGIS extension; install the PostGIS package"):
        check_postgis(pretend(url, "('hstore', '1.8', NULL)"))


@pytest.mark.parametrize(
    ("versions", "todo"),
    [
        ("('postgis', '3.2.1', NULL)", r"PostGIS 3\.2\.1, at least 3\.3 .*install a newer"),
        ("('postgis', '3.1.0', '3.1.0')", r"PostGIS 3\.1\.0, at least 3\.3 .*install a newer"),
        ("('postgis', '3.4.2', '2.5.5')", r"PostGIS 2\.5\.5, at least 3\.3 .*postgis_extensions_upgrade"),
    ],
)
def test_an_old_postgis_is_told_with_the_way_out(url, versions, todo):
    with pytest.raises(PostgisTooOldError, match=todo):
        check_postgis(pretend(url, versions))


@pytest.mark.parametrize("version", ["3.3.0", "3.3.2 r0", "3.10.0", "4.0.0dev"])
def test_newer_versions_are_compared_by_number(url, version):
    check_postgis(pretend(url, f"('postgis', '{version}', '{version}')"))


def test_who_may_not_install_postgis_is_sent_to_the_administrator(url):
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute("DROP ROLE IF EXISTS plain")
        connection.execute("CREATE ROLE plain")
    with pytest.raises(PostgisMissingError, match=r"ask its administrator.*CREATE EXTENSION postgis"):
        check_postgis(f"{url}&options=-crole%3Dplain")
