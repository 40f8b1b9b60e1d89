"""How a new cluster is made: beside its final place, and given its name only when it is complete."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

from db.cluster.account import Account
from db.cluster.binaries import Binaries
from db.cluster.configuration import DATABASE, ROLE
from db.cluster.place import Place
from db.errors import ServerStartError

__all__ = ["create_cluster", "space_hint"]

# Below this much free space the disk is the likeliest reason of any failure. [bytes]
_LITTLE_SPACE = 64 << 20

# From 17 on PostgreSQL brings a UTF-8 locale of its own; before, the system's is used, and where there is
# none (older macOS) plain C, which differs in upper and lower case of umlauts only.
_BUILTIN_LOCALE_SINCE = 17
_BUILTIN = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
_SYSTEM = ("--locale=C.UTF-8",)
_PLAIN = ("--locale=C",)


def create_cluster(place: Place, binaries: Binaries, account: Account, *, fsync: bool, lock: int) -> None:
    """Make the cluster with our role and our database; what a crashed attempt left behind is removed first.

    `lock` is the server's lock: the programs hold it too, so that nobody comes in between should we be
    killed.
    """
    new = place.unfinished
    if new.exists():
        shutil.rmtree(new)
    new.mkdir(mode=0o700)
    account.give(new)
    try:
        _initdb(place, binaries, account, fsync=fsync, lock=lock)
        _run(
            place,
            account,
            [
                str(binaries.postgres),
                "--single",
                "-D",
                str(new),
                "-c",
                f"fsync={'on' if fsync else 'off'}",
                "postgres",
            ],
            f"CREATE DATABASE {DATABASE};\n",
            lock,
        )
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    new.rename(place.data)
    if fsync:
        _make_lasting(place)


def space_hint(place: Place) -> str:
    """Say what to do: free space when there is hardly any left, else read the log."""
    free = shutil.disk_usage(place.home).free
    if free < _LITTLE_SPACE:
        return f"only {free >> 20} MB are free in {place.home}: free some space, then start again"
    return f"see {place.log}" if place.log.exists() else "try again"


def _initdb(place: Place, binaries: Binaries, account: Account, *, fsync: bool, lock: int) -> None:
    command = [
        str(binaries.initdb),
        "-D",
        str(place.unfinished),
        f"--username={ROLE}",
        "--auth=peer",
        "--encoding=UTF8",
        "--data-checksums",
        "--no-instructions",
        *(() if fsync else ("--no-sync",)),
    ]
    first = _BUILTIN if int(binaries.major) >= _BUILTIN_LOCALE_SINCE else _SYSTEM
    try:
        _run(place, account, [*command, *first], "", lock)
    except ServerStartError as error:
        if "locale" not in error.reason:
            raise
        _run(place, account, [*command, *_PLAIN], "", lock)


def _run(place: Place, account: Account, command: list[str], text: str, lock: int) -> None:
    """Run one program of the making; its first complaint is the error's reason."""
    step = f"the private PostGIS could not be made in {place.home}"
    try:
        done = account.run(command, text=text, keep_open=[lock])
    except subprocess.TimeoutExpired as error:
        raise ServerStartError(
            step, f"{command[0]} took more than {error.timeout:g} s", space_hint(place)
        ) from error
    complaint = re.search(r"(?:FATAL|PANIC|ERROR|error): +(.+)", done.stdout)
    if done.returncode != 0 or complaint:
        last = done.stdout.strip().splitlines()[-1:] or [f"{command[0]} ended with status {done.returncode}"]
        raise ServerStartError(step, complaint[1].strip() if complaint else last[0], space_hint(place))


def _make_lasting(place: Place) -> None:
    """Have the new name written to disk, so that it is still there after a power failure."""
    folder = os.open(place.home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
