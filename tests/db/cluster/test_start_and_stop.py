"""The private cluster starts, stops, and keeps every row."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from db.cluster import process
from db.cluster.server import PrivateServer
from db.errors import FolderError

pytestmark = pytest.mark.db


def test_the_first_start_makes_a_cluster_that_sqlalchemy_can_open(connect, one, fresh):
    began = time.monotonic()
    url = fresh.start()
    assert time.monotonic() - began < 15
    engine = create_engine(url)
    with engine.connect() as connection:
        role, database = connection.execute(text("SELECT current_user, current_database()")).one()
    engine.dispose()
    assert (role, database) == ("sozialraum", "sozialraum")
    assert one(fresh, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    with connect(fresh) as connection:
        setting = {
            name: connection.execute("SELECT current_setting(%s)", [name]).fetchone()[0]
            for name in (
                "server_encoding",
                "data_checksums",
                "listen_addresses",
                "TimeZone",
                "jit",
            )
        }
    assert setting == {
        "server_encoding": "UTF8",
        "data_checksums": "on",
        "listen_addresses": "",
        "TimeZone": "UTC",
        "jit": "off",
    }


def test_letters_beyond_ascii_have_upper_and_lower_case(one, server):
    server.start()
    assert one(server, "SELECT upper('größe in köln')") == "GRÖßE IN KÖLN"


def test_only_throw_away_clusters_give_up_safety(one, server):
    server.start()
    assert one(server, "SHOW fsync") == "off"
    server.stop()
    safe = PrivateServer(server.folder)
    safe.start()
    assert one(safe, "SHOW fsync") == "on"
    assert one(safe, "SHOW full_page_writes") == "on"
    assert one(safe, "SHOW max_wal_size") == "4GB"


def test_starting_a_running_server_is_quick_and_changes_nothing(server):
    server.start()
    before = server.status()
    began = time.monotonic()
    assert server.start() == before.url
    assert time.monotonic() - began < 0.2
    assert server.status().pid == before.pid


def test_rows_stay_when_the_server_is_stopped_and_started(connect, one, server):
    server.start()
    with connect(server) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS number")
    server.stop()
    began = time.monotonic()
    server.start()
    assert time.monotonic() - began < 3
    assert one(server, "SELECT number FROM kept") == 42


def test_stopping_twice_or_before_the_first_start_does_nothing(fresh):
    fresh.stop()
    assert not fresh.folder.exists()
    fresh.start()
    fresh.stop()
    fresh.stop()
    assert not fresh.status().running


def test_stopping_does_not_wait_for_open_connections(connect, server):
    server.start()
    connection = connect(server)
    connection.execute("SELECT 1")
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 5
    connection.close()


def test_the_status_tells_what_is_there(fresh):
    nothing = fresh.status()
    assert (nothing.running, nothing.pid, nothing.version, nothing.size) == (False, None, None, 0)
    fresh.start()
    status = fresh.status()
    assert status.running
    assert process.is_alive(status.pid)
    assert status.version.isdigit()
    assert status.folder == fresh.folder / "data"
    assert not status.is_moved
    assert (status.socket_dir / ".s.PGSQL.5432").is_socket()
    assert status.log.is_file()
    assert status.size > 10_000_000  # an empty cluster of PostgreSQL 15 has about 40 MB
    assert status.url == fresh.url
    fresh.stop()
    stopped = fresh.status()
    assert (stopped.running, stopped.pid, stopped.version) == (False, None, status.version)
    assert stopped.url == status.url
    assert not status.socket_dir.exists()


def test_reset_deletes_the_rows_and_the_next_start_makes_a_new_cluster(connect, one, fresh):
    fresh.start()
    with connect(fresh) as connection:
        connection.execute("CREATE TABLE gone (number int)")
    fresh.reset()
    assert [path.name for path in fresh.folder.iterdir()] == ["start.lock"]
    fresh.start()
    assert one(fresh, "SELECT to_regclass('gone') IS NULL")


def test_a_folder_may_have_any_name(one, folder):
    name = (
        f"""-D spaces 'quotes' "double" `back` $HOME; $(exit 1) \\ %s * ? [x], ümlaut {"very long " * 14}"""
    )
    server = PrivateServer(folder.parent / name / "postgres", fsync=False)
    server.start()
    assert Path(one(server, "SHOW data_directory")) == server.folder / "data"
    server.stop()
    server.start()
    assert server.status().running


def test_a_line_break_in_the_name_is_refused(folder):
    with pytest.raises(FolderError, match="line break"):
        PrivateServer(folder.parent / "two\nlines").start()


def test_two_processes_may_start_it_at_once(python, fresh):
    code = (
        "import sys; from pathlib import Path; from db.cluster.server import PrivateServer; "
        "server = PrivateServer(Path(sys.argv[1]), fsync=False); server.start(); print(server.status().pid)"
    )
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda _: python(code, fresh.folder), range(3)))
    assert [run.stderr for run in done] == ["", "", ""]
    assert {int(run.stdout) for run in done} == {fresh.status().pid}


def test_the_server_outlives_its_starter_and_holds_none_of_its_pipes(one, python, server):
    code = (
        "import sys; from pathlib import Path; from db.cluster.server import PrivateServer; "
        "PrivateServer(Path(sys.argv[1]), fsync=False).start()"
    )
    began = time.monotonic()
    done = python(code, server.folder, start_new_session=True)  # its pipes are read until nobody holds them
    assert (done.returncode, done.stderr) == (0, "")
    assert time.monotonic() - began < 20
    assert one(server, "SELECT 1") == 1
    assert os.getsid(server.status().pid) not in {os.getsid(0), 0}
