"""Whatever was killed, half made or damaged: the private cluster comes back or says why not."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import threading

import psycopg
import pytest

from db.cluster import process
from db.cluster.account import server_account
from db.cluster.server import PrivateServer
from db.errors import BusyError, ClusterVersionError, FolderError, ServerStartError

pytestmark = pytest.mark.db


def kill(pid):
    """Kill a process, and wait until it is gone."""
    os.kill(pid, signal.SIGKILL)
    assert process.wait_until(lambda: not process.is_alive(pid), 10)


def test_a_killed_server_comes_back_with_every_committed_row_and_no_other(connect, one, server):
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
def test_a_pid_that_belongs_to_another_process_now_is_no_hindrance(one, server, socket_is_gone):
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


def test_orphans_of_a_killed_server_are_waited_for(connect, one, server, monkeypatch):
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


def test_a_half_made_cluster_is_made_anew(one, fresh):
    unfinished = fresh.folder / "data.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("15\n")
    fresh.start()
    assert not unfinished.exists()
    assert one(fresh, "SELECT 1") == 1


def test_a_start_that_is_killed_while_making_the_cluster_does_no_harm(repository, one, fresh):
    code = (
        "import sys; from pathlib import Path; from db.cluster.server import PrivateServer; "
        "PrivateServer(Path(sys.argv[1]), fsync=False).start()"
    )
    starter = subprocess.Popen([sys.executable, "-c", code, str(fresh.folder)], cwd=repository)
    assert process.wait_until((fresh.folder / "data.new" / "base").exists, 20, pause=0.001)
    starter.kill()
    starter.wait()
    assert not (fresh.folder / "data").exists()
    fresh.start()
    assert one(fresh, "SELECT 1") == 1


def test_better_settings_arrive_at_the_next_start_and_own_ones_win(connect, one, server):
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


def test_a_lost_socket_is_told(one, server):
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
