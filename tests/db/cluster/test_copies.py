"""Checkouts that were moved or copied, and servers of test runs."""

import os
import subprocess
from pathlib import Path

import pytest

from db.cluster import process
from db.cluster.server import PrivateServer
from db.cluster.throw_away import throw_away

pytestmark = pytest.mark.db


def test_a_moved_checkout_keeps_its_running_server(one, server):
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


def test_a_throw_away_server_leaves_nothing(one, monkeypatch, folder):
    monkeypatch.setattr("db.cluster.throw_away.quick_folder", lambda: folder.parent)
    with throw_away() as server:
        assert one(server, "SELECT 1") == 1
        socket_folder = server.status().socket_dir
    assert not server.folder.parent.exists()
    assert not socket_folder.exists()


def test_the_server_of_a_killed_test_run_goes_with_the_next_one(python, monkeypatch, folder):
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
