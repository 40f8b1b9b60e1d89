"""How the server gets into the background, what a crashed one left behind, and why one gave up."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from db.cluster.account import Account
from db.cluster.binaries import Binaries
from db.cluster.configuration import PORT, server_arguments
from db.cluster.place import Place, open_new

__all__ = ["forget_last_run", "last_complaint", "launch", "remove_socket"]

# No process ever gets this id on Linux, macOS or the BSDs.
_NOBODYS_PID = 2**31 - 1

_LARGE_LOG = 10 << 20  # bytes, then a new file is begun at the next start

# A line is "2026-01-31 12:00:00.000 UTC [123] FATAL:  could not …". What callers are told while it starts
# ("the database system is starting up") is no reason.
_LEVEL = re.compile(r"(?:LOG|HINT|DETAIL|ERROR|FATAL|PANIC): +")
_GRAVE = re.compile(r"(?:ERROR|FATAL|PANIC): ")
_STATE = "database system is "

_SOCKET_FILES = (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock")


def launch(
    place: Place, binaries: Binaries, account: Account, socket_folder: Path, lock: int
) -> tuple[int, int]:
    """Start the server in the background; return its process id and where its part of the log begins.

    The shell in between makes the server nobody's child: it stays when we end, and nobody has to wait for it.
    It gets path and arguments as they are, so no sign in them has a meaning. The server keeps the lock open.
    """
    if place.log.exists() and place.log.stat().st_size > _LARGE_LOG:
        place.log.replace(place.log.with_suffix(".log.1"))
    try:
        log = open_new(place.log, account)
    except FileExistsError:
        log = os.open(place.log, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        begins = os.fstat(log).st_size
        arguments = server_arguments(place.data, socket_folder)
        background = 'exec "$@" </dev/null >&2 & echo $!'
        done = account.run(
            ["/bin/sh", "-c", background, "sh", binaries.postgres, *arguments], stderr=log, keep_open=[lock]
        )
    finally:
        os.close(log)
    return int(done.stdout), begins


def forget_last_run(place: Place, socket_folder: Path, account: Account) -> None:
    """Clear away what a crashed server left behind; called with the server's lock held, so none is running.

    PostgreSQL believes in postmaster.pid when *some* process has the number now. Only the number is replaced:
    the file also names the shared memory, which PostgreSQL checks for processes that still use it.
    """
    for name in _SOCKET_FILES:
        (socket_folder / name).unlink(missing_ok=True)
    pid_file = place.data / "postmaster.pid"
    try:
        lines = os.fsdecode(pid_file.read_bytes()).splitlines()
    except FileNotFoundError:
        return
    pid_file.unlink()
    if lines and lines[0].strip().isdecimal():
        with os.fdopen(open_new(pid_file, account), "wb") as file:
            file.write(os.fsencode("\n".join([str(_NOBODYS_PID), *lines[1:]]) + "\n"))


def last_complaint(log: Path, begins: int) -> str:
    """Return what the server said when it gave up, from the part of the log that this start has written."""
    try:
        with log.open("rb") as file:
            file.seek(begins)
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return "its log cannot be read"
    lines = [line for line in text.splitlines() if line.strip()]
    said = [_LEVEL.split(line, maxsplit=1)[-1].strip() for line in lines]
    grave = [number for number, line in enumerate(lines) if _GRAVE.search(line) and _STATE not in line]
    if not grave:
        return said[0] if said else "it said nothing"
    # a wrong configuration is explained one line earlier
    first = grave[-1] - 1 if lines[grave[-1]].endswith("contains errors") and grave[-1] else grave[-1]
    return "; ".join(said[first : grave[-1] + 1])


def remove_socket(folder: Path) -> None:
    """Remove the private folder of a server that has ended, if nothing but its socket is in it."""
    with suppress(OSError):
        for name in _SOCKET_FILES:
            (folder / name).unlink(missing_ok=True)
        folder.rmdir()
