"""The life of a private server on real PostgreSQL: made, started, killed, recovered, thrown away."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from db.cluster import process
from db.cluster.account import server_account
from db.cluster.server import PrivateServer
from db.cluster.throw_away import quick_folder, throw_away
from db.errors import BusyError, ClusterVersionError, FolderError, ServerStartError

pytestmark = pytest.mark.db

REPOSITORY = Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def open_folder():
    """Give a folder that the server's account can enter (pytest's own are closed), and clean it up."""
    outer = Path(tempfile.mkdtemp(prefix="sozialraum-test-", dir=quick_folder()))
    outer.chmod(0o755)
    yield outer / "postgres"
    for made in (outer / "postgres", *outer.glob("*/postgres")):
        PrivateServer(made).reset()
    shutil.rmtree(outer)


@pytest.fixture
def folder():
    with open_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def made():
    """Make one cluster for all tests to copy, which is quicker than making each anew."""
    with open_folder() as folder:
        PrivateServer(folder, fsync=False).start()
        PrivateServer(folder, fsync=False).stop()
        yield folder


@pytest.fixture
def server(folder, made):
    """Give the server of a cluster that is there, but was not started yet."""
    subprocess.run(["cp", "-a", made, folder], check=True)
    return PrivateServer(folder, fsync=False, patience=30)


@pytest.fixture
def fresh(folder):
    """Give a server without a cluster."""
    return PrivateServer(folder, fsync=False, patience=30)


def connect(server, **options):
    return psycopg.connect(server.url.replace("+psycopg", ""), **options)


def one(server, query):
    with connect(server) as connection:
        return connection.execute(query).fetchone()[0]


def python(code, *arguments, **options):
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        **options,
    )


def kill(pid):
    """Kill a process, and wait until it is gone."""
    os.kill(pid, signal.SIGKILL)
    assert process.wait_until(lambda: not process.is_alive(pid), 10)


def test_the_first_start_makes_a_cluster_that_sqlalchemy_can_open(fresh):
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


def test_letters_beyond_ascii_have_upper_and_lower_case(server):
    server.start()
    assert one(server, "SELECT upper('größe in köln')") == "GRÖßE IN KÖLN"


def test_only_throw_away_clusters_give_up_safety(server):
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


def test_rows_stay_when_the_server_is_stopped_and_started(server):
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


def test_stopping_does_not_wait_for_open_connections(server):
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


def test_reset_deletes_the_rows_and_the_next_start_makes_a_new_cluster(fresh):
    fresh.start()
    with connect(fresh) as connection:
        connection.execute("CREATE TABLE gone (number int)")
    fresh.reset()
    assert [path.name for path in fresh.folder.iterdir()] == ["start.lock"]
    fresh.start()
    assert one(fresh, "SELECT to_regclass('gone') IS NULL")


def test_a_folder_may_have_any_name(folder):
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


def test_two_processes_may_start_it_at_once(fresh):
    code = (
        "import sys; from pathlib import Path; from db.cluster.server import PrivateServer; "
        "server = PrivateServer(Path(sys.argv[1]), fsync=False); server.start(); print(server.status().pid)"
    )
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(lambda _: python(code, fresh.folder), range(3)))
    assert [run.stderr for run in done] == ["", "", ""]
    assert {int(run.stdout) for run in done} == {fresh.status().pid}


def test_the_server_outlives_its_starter_and_holds_none_of_its_pipes(server):
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


def test_a_killed_server_comes_back_with_every_committed_row_and_no_other(server):
    server = PrivateServer(server.folder)  # with all safety, as users have it
    server.start()
    with connect(server, autocommit=True) as connection:
        connection.execute("CREATE TABLE entry (number int PRIMARY KEY, kind text)")
    committed = []

    def insert():
        connection = connect(server, autocommit=True)
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                connection.execute("INSERT INTO entry VALUES (%s, 'committed')", [len(committed)])
                committed.append(len(committed))
        connection.close()

    writer = threading.Thread(target=insert)
    unfinished = connect(server)
    unfinished.execute("INSERT INTO entry SELECT -n, 'open' FROM generate_series(1, 10000) AS n")
    writer.start()
    assert process.wait_until(lambda: len(committed) >= 50, 30)
    kill(server.status().pid)
    writer.join(30)
    unfinished.close()
    assert not writer.is_alive()
    assert not server.status().running

    server.start()
    assert one(server, "SELECT count(*) FROM entry WHERE kind = 'open'") == 0
    found = one(server, "SELECT count(*) FROM entry WHERE kind = 'committed'")
    # one more may have been committed of which the writer was not told
    assert found in {len(committed), len(committed) + 1}
    assert one(server, "SELECT max(number) FROM entry") == found - 1


@pytest.mark.parametrize("socket_is_gone", [False, True], ids=["crash", "reboot"])
def test_a_pid_that_belongs_to_another_process_now_is_no_hindrance(server, socket_is_gone):
    server.start()
    status = server.status()
    kill(status.pid)
    other = subprocess.Popen(
        ["sleep", "60"], user=server_account(status.folder, server.folder).uid if os.geteuid() == 0 else None
    )
    try:
        for file in (status.folder / "postmaster.pid", status.socket_dir / ".s.PGSQL.5432.lock"):
            lines = file.read_text().splitlines()
            file.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
        if socket_is_gone:
            shutil.rmtree(status.socket_dir)
        assert not server.status().running
        server.stop()
        server.start()
        assert one(server, "SELECT 1") == 1
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_damaged_pid_file_is_no_hindrance(server):
    server.start()
    for content in ("", "\n\n", "nonsense\n", "99999999\n"):
        server.stop()
        (server.folder / "data" / "postmaster.pid").write_text(content)
        server.start()
        assert server.status().running


def test_orphans_of_a_killed_server_are_waited_for(server, monkeypatch):
    monkeypatch.setattr(process, "_ORPHANS_MAY_WORK", 0.5)
    monkeypatch.setattr(process, "_ORPHANS_MAY_END", 5.0)
    server.start()
    status = server.status()
    # a backend that computes does not notice that the server is gone
    connection = connect(server)
    backend = connection.info.backend_pid
    connection.pgconn.send_query(b"DO $$ BEGIN LOOP NULL; END LOOP; END $$")
    assert connection.pgconn.flush() == 0
    active = f"SELECT state = 'active' FROM pg_stat_activity WHERE pid = {backend}"
    assert process.wait_until(lambda: one(server, active) is True, 5)
    kill(status.pid)
    assert backend in process.processes_in(status.folder)
    server.start()
    assert not process.is_alive(backend)
    assert one(server, "SELECT 1") == 1
    connection.close()


def test_a_half_made_cluster_is_made_anew(fresh):
    unfinished = fresh.folder / "data.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("15\n")
    fresh.start()
    assert not unfinished.exists()
    assert one(fresh, "SELECT 1") == 1


def test_a_start_that_is_killed_while_making_the_cluster_does_no_harm(fresh):
    code = (
        "import sys; from pathlib import Path; from db.cluster.server import PrivateServer; "
        "PrivateServer(Path(sys.argv[1]), fsync=False).start()"
    )
    starter = subprocess.Popen([sys.executable, "-c", code, str(fresh.folder)], cwd=REPOSITORY)
    assert process.wait_until((fresh.folder / "data.new" / "base").exists, 20, pause=0.001)
    starter.kill()
    starter.wait()
    assert not (fresh.folder / "data").exists()
    fresh.start()
    assert one(fresh, "SELECT 1") == 1


def test_better_settings_arrive_at_the_next_start_and_own_ones_win(server):
    server.start()
    with connect(server, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET work_mem = '7MB'")
        connection.execute("ALTER SYSTEM SET listen_addresses = '*'")
    server.stop()
    (server.folder / "data" / "sozialraum.conf").write_text("max_connections = 7\n")
    server.start()
    assert one(server, "SHOW max_connections") == "50"
    assert one(server, "SHOW work_mem") == "7MB"
    assert one(server, "SHOW listen_addresses") == ""


def test_a_cluster_of_another_major_version_is_left_as_it_is(server):
    server.start()
    server.stop()
    version = server.folder / "data" / "PG_VERSION"
    installed = version.read_text().strip()
    version.write_text("9\n")
    with pytest.raises(
        ClusterVersionError, match=rf"PostgreSQL 9, installed is {installed}.*sozialraum db reset"
    ):
        server.start()
    assert (server.folder / "data" / "base").is_dir()
    version.write_text(f"{installed}\n")
    server.start()


def test_the_reason_of_a_failed_start_is_in_the_error(server):
    server.start()
    server.stop()
    with (server.folder / "data" / "postgresql.auto.conf").open("a") as file:
        file.write("max_connections = 'many'\n")
    with pytest.raises(
        ServerStartError, match=r"did not start: .*max_connections.*; see .*server\.log"
    ) as refused:
        server.start()
    assert "\n" not in str(refused.value)
    assert not server.status().running


def test_a_lost_socket_is_told(server):
    server.start()
    shutil.rmtree(server.status().socket_dir)
    with pytest.raises(FolderError, match="socket is not there; stop it"):
        server.start()
    server.stop()
    server.start()
    assert one(server, "SELECT 1") == 1


def test_another_start_is_waited_for_but_not_forever(fresh):
    fresh.folder.mkdir()
    impatient = PrivateServer(fresh.folder, patience=0.2)
    with (fresh.folder / "start.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(BusyError, match=r"more than 0\.2 s"):
            impatient.start()


def test_a_server_that_cannot_be_seen_keeps_us_from_starting_a_second_one(server):
    server.start()
    server.stop()
    with (server.folder / "server.lock").open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(BusyError, match="perhaps in another container"):
            PrivateServer(server.folder, patience=0.2).start()
    server.start()


def test_the_running_server_holds_its_lock_to_the_last_process(server):
    server.start()
    with (server.folder / "server.lock").open("r+") as file:
        with pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        server.stop()
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_large_log_is_put_aside(server):
    server.start()
    server.stop()
    with server.status().log.open("a") as file:
        file.write("x" * (11 << 20))
    server.start()
    assert server.status().log.stat().st_size < 1 << 20
    assert (server.folder / "server.log.1").stat().st_size > 10 << 20


def test_a_moved_checkout_keeps_its_running_server(server):
    server.start()
    pid = server.status().pid
    moved = server.folder.parent / "moved" / "postgres"
    moved.parent.mkdir()
    server.folder.rename(moved)
    second = PrivateServer(moved, fsync=False)
    second.start()
    assert second.status().pid == pid
    assert one(second, "SELECT 1") == 1
    second.stop()
    second.start()
    assert second.status().pid != pid


def test_a_copied_checkout_gets_a_server_of_its_own(server):
    server.start()
    copy = server.folder.parent / "copy" / "postgres"
    copy.parent.mkdir()
    subprocess.run(["cp", "-a", server.folder, copy], check=True)
    second = PrivateServer(copy, fsync=False)
    second.start()
    assert second.status().pid != server.status().pid
    assert second.url != server.url
    assert server.status().running


def test_a_throw_away_server_leaves_nothing(monkeypatch, folder):
    monkeypatch.setattr("db.cluster.throw_away.quick_folder", lambda: folder.parent)
    with throw_away() as server:
        assert one(server, "SELECT 1") == 1
        socket_folder = server.status().socket_dir
    assert not server.folder.parent.exists()
    assert not socket_folder.exists()


def test_the_server_of_a_killed_test_run_goes_with_the_next_one(monkeypatch, folder):
    code = (
        "import os, sys; from pathlib import Path; import db.cluster.throw_away as module\n"
        "module.quick_folder = lambda: Path(sys.argv[1])\n"
        "with module.throw_away() as server:\n"
        "    print(server.folder, server.status().pid, flush=True); os._exit(9)"
    )
    done = python(code, folder.parent)
    left, pid = done.stdout.rsplit(maxsplit=1)
    outer = Path(left).parent
    assert process.is_alive(int(pid))
    monkeypatch.setattr("db.cluster.throw_away.quick_folder", lambda: folder.parent)
    os.utime(outer, (0, 0))
    with throw_away():
        assert not outer.exists()
        assert not process.is_alive(int(pid))
