"""Start the web service as a process of its own, and the worker's loop."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from db.cluster.server import PrivateServer
from db.engine import other_clients
from db.settings import read_settings
from etl.cli.session import private_server
from etl.errors import EtlError
from etl.jobs.contract import Outcome
from etl.progress import console

__all__ = ["checked_port", "private_database_while_running", "serve", "work"]

_PAUSE = 2.0  # seconds between looks into an empty job table


@contextmanager
def checked_port(host: str, port: int) -> Iterator[None]:
    """Refuse at once when the port is taken, not after minutes of loading."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = (
                "is already in use"
                if error.errno == errno.EADDRINUSE
                else f"cannot be used ({error.strerror})"
            )
            raise EtlError(
                f"port {port} on {host} {reason}; choose another one, for example PORT={port + 1}"
            ) from error
    yield


@contextmanager
def private_database_while_running() -> Iterator[None]:
    """Stop the private server at the end if this command started it and nobody else uses it."""
    settings = read_settings()
    server: PrivateServer | None = None if settings.database_url else private_server(settings)
    started_here = server is not None and not server.status().running
    try:
        yield
    finally:
        if server is not None and started_here and server.status().running:
            others = other_clients(server.url)
            if others:
                console().print(
                    f"the private PostGIS keeps running: {others} other connection(s); see 'sozialraum db stop'"
                )
            else:
                server.stop()


def serve(url: str, *, host: str, port: int, path: str) -> int:
    """Run `python -m api` until it ends or is interrupted; return its exit status."""
    environment = os.environ | {
        "SOZIALRAUM_DATABASE_URL": url,
        "SOZIALRAUM_HOST": host,
        "SOZIALRAUM_PORT": str(port),
    }
    # The service is a neighbour, not a part, of the pipelines: started as a program, never imported.
    process = subprocess.Popen([sys.executable, "-m", "api"], env=environment)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda signum, _frame: process.send_signal(signum))
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    threading.Thread(target=_announce, args=(process, f"http://{shown}:{port}/", path), daemon=True).start()
    status = process.wait()
    return 0 if status in {-signal.SIGINT, -signal.SIGTERM, 128 + signal.SIGINT} else status


def _announce(process: subprocess.Popen[bytes], address: str, path: str) -> None:
    pause = threading.Event()
    while process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}health", timeout=2):  # noqa: S310  (our own address)
                console().print(
                    f"Karte / map: {address}{path}   (Strg+C / Ctrl+C beendet / stops)", markup=False
                )
                return
        except (urllib.error.URLError, OSError):
            pause.wait(0.1)


def work(step: Callable[[], Outcome | str | None], *, once: bool) -> None:
    """Do jobs until interrupted, or until there is none left."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _signum, _frame: stop.set())
    while not stop.is_set():
        done = step()
        if done is not None:
            console().print(done if isinstance(done, str) else done.sentence(), markup=False)
        elif once:
            return
        else:
            stop.wait(_PAUSE)
