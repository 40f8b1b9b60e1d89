"""Folders and throw-away servers for the tests of the private cluster."""

import contextlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from db.cluster.server import PrivateServer
from db.cluster.throw_away import quick_folder

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout."""
    return REPOSITORY


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


@pytest.fixture(scope="session")
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


def _connect(server, **options):
    return psycopg.connect(server.url.replace("+psycopg", ""), **options)


@pytest.fixture(scope="session")
def connect() -> Callable[..., object]:
    """Connect to a server."""
    return _connect


def _one(server, query):
    with _connect(server) as connection:
        return connection.execute(query).fetchone()[0]


@pytest.fixture(scope="session")
def one() -> Callable[..., object]:
    """Return the only value that a query gives."""
    return _one


def _python(code, *arguments, **options):
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        **options,
    )


@pytest.fixture(scope="session")
def python() -> Callable[..., object]:
    """Run code in a process of its own."""
    return _python
