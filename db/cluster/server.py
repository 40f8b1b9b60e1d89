"""The private PostGIS: a PostgreSQL server of our own, for whoever does not bring one.

It listens on a Unix socket that only the user who started it (and root) can enter, needs no configuration,
and keeps running when the process that started it ends.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from db.cluster.account import Account, server_account
from db.cluster.binaries import find_binaries, quiet
from db.cluster.configuration import DATABASE, PORT, ROLE, write_configuration
from db.cluster.creation import create_cluster, space_hint
from db.cluster.launch import forget_last_run, last_complaint, launch, remove_socket
from db.cluster.place import (
    Place,
    clear_errors,
    current_place,
    make_place,
    private_runtime_folder,
    remove_place,
    runtime_folder,
)
from db.cluster.process import (
    PidFile,
    exclusive,
    is_alive,
    postmaster,
    server_lock_when_free,
    wait_until,
)
from db.errors import FolderError, ServerStartError, ServerStopError

__all__ = ["PrivateServer", "ServerStatus"]

_TMP = Path("/tmp")  # noqa: S108  (a private folder is made in it, and checked before use)

_LEFTOVERS_GONE_WITHIN = 30.0  # s
_STOPPED_WITHIN = 60.0  # s, a last checkpoint on a slow disk takes its time
_CUT_OFF_WITHIN = 10.0  # s


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStatus:
    """What is known about the private server; `folder` is where the data really lie."""

    running: bool
    pid: int | None
    version: str | None  # major version that made the cluster, e.g. "15"
    folder: Path
    is_moved: bool  # the folder asked for cannot be entered by the server's account
    account: str | None  # operating-system account that owns the data
    socket_dir: Path
    log: Path
    size: int  # bytes on disk, 0 when there is no cluster
    url: str


class PrivateServer:
    """The server of one folder; nothing happens before one of the methods is called.

    `folder` is where its files go. `fsync=False` is for throw-away clusters only. `pg_bin` is the folder of
    the server programs, searched for when not given. `runtime_dir` is where the private folder of the socket
    is made. `patience` is how long another start, or a long recovery, is waited for. [s]
    """

    def __init__(
        self,
        folder: Path,
        *,
        fsync: bool = True,
        pg_bin: Path | None = None,
        runtime_dir: Path = _TMP,
        patience: float = 300.0,
    ) -> None:
        self.folder = Path(folder).absolute()
        self._fsync = fsync
        self._pg_bin = pg_bin
        self._runtime_dir = runtime_dir
        self._patience = patience

    @property
    def url(self) -> str:
        """The address for SQLAlchemy (psycopg over the Unix socket), also when the server is stopped."""
        with clear_errors(self.folder):
            return self._url(self._socket_folder())

    def start(self) -> str:
        """Start the server, after making the cluster if there is none, and return its address.

        A running server is left alone. Returns when the server takes connections, after a crash when it has
        recovered.
        """
        if "\n" in str(self.folder):
            raise FolderError(
                self.folder,
                "there is a line break in its name",
                "choose another one with SOZIALRAUM_STATE_DIR",
            )
        with clear_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        with self._only_one() as found:
            if found is None:
                raise FolderError(self.folder, "it has vanished", "start again")
            account = server_account(found.data, self.folder)
            place = make_place(self.folder, account)
            self._refuse_foreign(place, account)
            running = postmaster(place.data)
            if running is None or not self._is_ready(place, running):
                self._start(place, account)
            return self.url

    def stop(self) -> None:
        """Stop the server; open transactions are rolled back. Does nothing when it does not run."""
        with self._only_one() as place:
            if place is not None:
                self._stop(place)

    def reset(self) -> None:
        """Stop the server and delete the cluster with everything in it."""
        with self._only_one() as place:
            if place is not None:
                self._stop(place)
                with self._leftovers_gone(place):
                    remove_place(place)
                remove_socket(runtime_folder(self._runtime_dir, place.home))

    def status(self) -> ServerStatus:
        """Say what is there and whether it runs; changes nothing."""
        with clear_errors(self.folder):
            place = current_place(self.folder)
            running = postmaster(place.data)
            socket_folder = self._socket_folder()
            exists = place.data.is_dir()
            return ServerStatus(
                running=running is not None and running.state == "ready",
                pid=running.pid if running else None,
                version=_made_by(place.data) if exists else None,
                folder=place.data,
                is_moved=place.is_moved,
                account=_owner(place.data) if exists else None,
                socket_dir=socket_folder,
                log=place.log,
                size=_size(place.data),
                url=self._url(socket_folder),
            )

    @contextmanager
    def _only_one(self) -> Iterator[Place | None]:
        """Keep other starts and stops away; None when there is no folder, so nothing to keep them from."""
        with clear_errors(self.folder):
            if not self.folder.is_dir():
                yield None
                return
            with exclusive(current_place(self.folder).start_lock, self._patience):
                yield current_place(self.folder)

    def _socket_folder(self) -> Path:
        place = current_place(self.folder)
        running = postmaster(place.data)
        if running is not None and running.socket_folder is not None:
            return running.socket_folder
        return runtime_folder(self._runtime_dir, place.home)

    @staticmethod
    def _url(socket_folder: Path) -> str:
        return (
            f"postgresql+psycopg://{ROLE}@/{DATABASE}?host={quote(str(socket_folder), safe='/')}&port={PORT}"
        )

    @staticmethod
    def _refuse_foreign(place: Place, account: Account) -> None:
        """Refuse a cluster of another user before PostgreSQL does it in its own words."""
        if place.data.is_dir() and place.data.stat().st_uid != account.uid:
            raise FolderError(
                place.data,
                f"it belongs to {_owner(place.data)}, not to {account.name}",
                f"run as {_owner(place.data)} or as root, or choose another folder with SOZIALRAUM_STATE_DIR",
            )

    def _is_ready(self, place: Place, running: PidFile) -> bool:
        """Wait for a server that is there already; False when it was just about to end and is gone now."""
        self._wait_until_ready(place, running.pid)
        now = postmaster(place.data)
        if now is None:
            return False
        if now.state != "ready":
            raise ServerStartError(
                "the private PostGIS is not ready yet",
                f"still {now.state or 'starting'} after {self._patience:g} s (process {now.pid})",
                f"wait and start again, or see {place.log}",
            )
        if now.socket_folder is None or not (now.socket_folder / f".s.PGSQL.{PORT}").exists():
            raise FolderError(
                now.socket_folder or place.data,
                f"the private PostGIS runs (process {now.pid}), but its socket is not there",
                "stop it (sozialraum db stop), then start again",
            )
        return True

    def _wait_until_ready(self, place: Place, pid: int) -> None:
        def is_decided() -> bool:
            found = postmaster(place.data)
            return not is_alive(pid) or (found is not None and found.state == "ready")

        wait_until(is_decided, self._patience)

    @contextmanager
    def _leftovers_gone(self, place: Place) -> Iterator[int]:
        patience = min(self._patience, _LEFTOVERS_GONE_WITHIN)
        with server_lock_when_free(place.server_lock, place.data, patience) as lock:
            yield lock

    def _start(self, place: Place, account: Account) -> None:
        run = quiet(account.run)
        cluster = (place.data, _made_by(place.data)) if place.data.is_dir() else None
        binaries = find_binaries(run, pg_bin=self._pg_bin, cluster=cluster)
        with self._leftovers_gone(place) as lock:
            if cluster is None:
                create_cluster(place, binaries, account, fsync=self._fsync, lock=lock)
            write_configuration(place.data, account, fsync=self._fsync)
            socket_folder = runtime_folder(self._runtime_dir, place.home)
            private_runtime_folder(socket_folder, account)
            forget_last_run(place, socket_folder, account)
            pid, log_begins = launch(place, binaries, account, socket_folder, lock)
        self._wait_until_ready(place, pid)
        found = postmaster(place.data)
        if found is None or found.pid != pid or found.state != "ready":
            reason = last_complaint(place.log, log_begins)
            if is_alive(pid):
                reason = f"not ready after {self._patience:g} s, it is still trying (process {pid}); {reason}"
            raise ServerStartError("the private PostGIS did not start", reason, space_hint(place))

    @staticmethod
    def _stop(place: Place) -> None:
        running = postmaster(place.data)
        if running is None:
            return
        for sign, seconds in ((signal.SIGINT, _STOPPED_WITHIN), (signal.SIGQUIT, _CUT_OFF_WITHIN)):
            with suppress(ProcessLookupError):
                os.kill(running.pid, sign)
            if wait_until(lambda: postmaster(place.data) is None, seconds):
                if running.socket_folder is not None:
                    remove_socket(running.socket_folder)
                return
        raise ServerStopError(
            f"the private PostGIS (process {running.pid}) did not end within "
            f"{_STOPPED_WITHIN + _CUT_OFF_WITHIN:g} s; see {place.log}, then stop it again"
        )


def _made_by(data: Path) -> str:
    return (data / "PG_VERSION").read_text(encoding="utf-8").strip()


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:
        return f"user id {path.stat().st_uid}"


def _size(folder: Path) -> int:
    total = 0
    for level, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # the running server makes and deletes files all the time
                total += (Path(level) / name).lstat().st_size
    return total
