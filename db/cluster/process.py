"""Which processes belong to a cluster: the server itself, its orphans after a crash, holders of locks.

A process id in a file proves nothing (after a crash it may belong to anybody), so a server is only taken for
ours when it works in our data folder. Besides, the server and all its children hold a lock from their first
to their last moment; it tells also of a server that this process cannot see (another container on the same
folder).
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from db.cluster.place import open_new
from db.errors import BusyError

__all__ = [
    "PidFile",
    "exclusive",
    "is_alive",
    "postmaster",
    "processes_in",
    "read_pid_file",
    "server_lock_when_free",
    "wait_until",
]

_PROC = Path("/proc")

# Orphans (backends whose server was killed) may finish what they do, then they are asked to end, then made
# to. [s]
_ORPHANS_MAY_WORK = 3.0
_ORPHANS_MAY_END = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PidFile:
    """What a server writes about itself into its data folder (postmaster.pid)."""

    pid: int
    socket_folder: Path | None
    state: str  # "starting", "ready", "stopping", or "" when not written yet


def read_pid_file(data: Path) -> PidFile | None:
    """Read postmaster.pid; None when there is none, or nothing sensible in it."""
    try:
        lines = os.fsdecode((data / "postmaster.pid").read_bytes()).splitlines()
        return PidFile(
            pid=int(lines[0]),
            socket_folder=Path(lines[4]) if len(lines) > 4 and lines[4] else None,
            state=lines[7].strip() if len(lines) > 7 else "",
        )
    except (FileNotFoundError, NotADirectoryError, ValueError, IndexError):
        return None


def postmaster(data: Path) -> PidFile | None:
    """Return the running server of a data folder, or None when the pid file is missing, stale or reused."""
    found = read_pid_file(data)
    return found if found is not None and _works_in(found.pid, data) else None


def processes_in(data: Path) -> list[int]:
    """List all PostgreSQL processes that work in a data folder; empty where the system has no /proc."""
    if not data.exists():
        return []
    numbers = (int(entry.name) for entry in _PROC.glob("[0-9]*"))
    return [pid for pid in numbers if _works_in(pid, data)]


def is_alive(pid: int) -> bool:
    """Whether a process exists and is more than a finished one that nobody has fetched (zombie)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        return (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[
            2
        ].split()[0] != "Z"
    except (OSError, IndexError):
        return not (_PROC / "self").exists()


@contextmanager
def exclusive(path: Path, patience: float) -> Iterator[None]:
    """Hold a lock file, after waiting at most `patience` seconds for whoever has it."""
    lock = _open_lock(path)
    try:
        if not wait_until(lambda: _try_lock(lock), patience):
            raise BusyError(
                f"{path}: another process has been starting or stopping the server "
                f"for more than {patience:g} s; wait for it or end it, then try again"
            )
        yield
    finally:
        os.close(lock)


@contextmanager
def server_lock_when_free(path: Path, data: Path, patience: float) -> Iterator[int]:
    """Wait for the last process of a former server, then hold the server's lock and give its descriptor.

    Called only when the server itself is gone. What is left are orphans that still use the shared memory;
    PostgreSQL must not start beside them.
    """
    lock = _open_lock(path)
    began = time.monotonic()
    signals = [(_ORPHANS_MAY_WORK, signal.SIGTERM), (_ORPHANS_MAY_END, signal.SIGKILL)]

    def is_free() -> bool:
        orphans = processes_in(data)
        if signals and orphans and time.monotonic() - began > signals[0][0]:
            _, sign = signals.pop(0)
            for pid in orphans:
                with suppress(ProcessLookupError):
                    os.kill(pid, sign)
        return not orphans and _try_lock(lock)

    try:
        if not wait_until(is_free, patience):
            raise BusyError(
                f"{data} is used by a server that cannot be seen from here, perhaps in another container; "
                "stop that one, or choose another folder with SOZIALRAUM_STATE_DIR"
            )
        yield lock
    finally:
        os.close(lock)


def wait_until(condition: Callable[[], bool], seconds: float, *, pause: float = 0.02) -> bool:
    """Ask again and again until the condition holds (True) or the time is over (False)."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


def _works_in(pid: int, data: Path) -> bool:
    process = _PROC / str(pid)
    if (_PROC / "self").exists():
        try:
            name = (process / "comm").read_text(encoding="utf-8", errors="replace")
            return "postgres" in name and (process / "cwd").samefile(data)
        except OSError:
            return False
    try:
        told = subprocess.run(
            ["ps", "-ww", "-p", str(pid), "-o", "args="], capture_output=True, check=False, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return b"postgres" in told.stdout and os.fsencode(data) in told.stdout


def _open_lock(path: Path) -> int:
    with suppress(FileExistsError):
        return open_new(path)
    return os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)


def _try_lock(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
