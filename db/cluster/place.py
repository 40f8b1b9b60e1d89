"""Where the files of the private server lie, and that nobody else can reach or plant them.

Usually everything is in the folder asked for. When the account that runs the server cannot enter it (a
checkout below /root), the cluster lives below /var/lib/sozialraum and the folder keeps a pointer to it.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from db.cluster.account import Account
from db.errors import DatabaseError, FolderError

__all__ = [
    "Place",
    "clear_errors",
    "current_place",
    "make_place",
    "open_new",
    "private_runtime_folder",
    "remove_place",
    "runtime_folder",
    "write_file",
]

_ELSEWHERE = Path("/var/lib/sozialraum")
_POINTER = "moved-to"
_ORIGIN = "made-for"

# Longest path of a Unix socket on macOS and the BSDs, which is shorter than on Linux (107). [bytes]
_LONGEST_SOCKET_PATH = 103
_SOCKET_NAME = ".s.PGSQL.5432"

_CHOOSE = "choose another folder with SOZIALRAUM_STATE_DIR"
_OWNER_OR_ROOT = f"run as its owner or as root, or {_CHOOSE}"
_FREE_SPACE = f"free some space, or {_CHOOSE}"
_REMEDY = {
    errno.EACCES: _OWNER_OR_ROOT,
    errno.EPERM: _OWNER_OR_ROOT,
    errno.ENOSPC: _FREE_SPACE,
    errno.EDQUOT: _FREE_SPACE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The files of one cluster: `folder` was asked for, `home` is where the cluster really is."""

    folder: Path
    home: Path

    @property
    def is_moved(self) -> bool:
        """Whether the cluster is not in the folder asked for."""
        return self.home != self.folder

    @property
    def data(self) -> Path:
        """The data folder of PostgreSQL."""
        return self.home / "data"

    @property
    def unfinished(self) -> Path:
        """Where a new cluster is made; it gets its name when it is complete."""
        return self.home / "data.new"

    @property
    def log(self) -> Path:
        """What the server reports."""
        return self.home / "server.log"

    @property
    def start_lock(self) -> Path:
        """Locked while somebody starts, stops or resets the server."""
        return self.folder / "start.lock"

    @property
    def server_lock(self) -> Path:
        """Locked by the server and all its processes for as long as one of them lives."""
        return self.home / "server.lock"


def current_place(folder: Path) -> Place:
    """Say where the cluster of a folder is, or would be; changes nothing."""
    return Place(folder=folder, home=_pointed_to(folder) or folder)


def make_place(folder: Path, account: Account) -> Place:
    """Make the folders of a cluster, elsewhere when the account cannot enter the one asked for."""
    place = current_place(folder)
    if place.is_moved:
        write_file(place.home / _ORIGIN, f"{folder}\n")  # the folder may have got another name
        return place
    if place.data.is_dir() or _can_live_in(folder, account):
        return place
    _ELSEWHERE.mkdir(exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="", dir=_ELSEWHERE))
    for level in (_ELSEWHERE, home):
        level.chmod(0o755)
    write_file(home / _ORIGIN, f"{folder}\n")
    write_file(folder / _POINTER, f"{home}\n")
    if not account.can_enter(home):
        raise FolderError(home, f"the account {account.name} cannot enter it", _CHOOSE)
    return Place(folder=folder, home=home)


def remove_place(place: Place) -> None:
    """Delete the cluster and all that belongs to it; the folder asked for and its lock stay."""
    for folder in (place.data, place.unfinished):
        if folder.exists():
            shutil.rmtree(folder)
    place.server_lock.unlink(missing_ok=True)
    for log in (place.log, place.log.with_suffix(".log.1")):
        log.unlink(missing_ok=True)
    if place.is_moved:
        (place.home / _ORIGIN).unlink(missing_ok=True)
        (place.folder / _POINTER).unlink(missing_ok=True)
        for level in (place.home, _ELSEWHERE):
            with suppress(OSError):  # others may have their cluster there
                level.rmdir()


def runtime_folder(parent: Path, home: Path) -> Path:
    """Name the folder of the server's Unix socket: short, and another one for every cluster."""
    return parent / f"sozialraum-{hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:12]}"


def private_runtime_folder(folder: Path, account: Account) -> None:
    """Make the folder of the socket, or make sure that the one found is ours and closed to everybody else."""
    if len(os.fsencode(folder / _SOCKET_NAME)) > _LONGEST_SOCKET_PATH or "," in str(folder):
        raise FolderError(
            folder,
            f"not usable for a Unix socket (longer than {_LONGEST_SOCKET_PATH} bytes, or a comma in it)",
            "choose a shorter folder with SOZIALRAUM_RUNTIME_DIR",
        )
    above = folder.parent.stat()
    is_open = above.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not above.st_mode & stat.S_ISVTX
    if is_open or above.st_uid not in {0, os.geteuid(), account.uid}:
        raise FolderError(
            folder.parent,
            "other users could exchange folders in it",
            "set its sticky bit (chmod +t), or choose another folder with SOZIALRAUM_RUNTIME_DIR",
        )
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), account.uid}:
        raise FolderError(
            folder,
            "something there belongs to somebody else",
            "remove it, or choose another folder with SOZIALRAUM_RUNTIME_DIR",
        )
    if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise FolderError(folder, "other users can enter it", "remove it, then start again")
    account.give(folder)


def write_file(path: Path, text: str, account: Account | None = None) -> None:
    """Replace a file as a whole, unless it says so already; its owner is `account`, or the folder's owner."""
    with suppress(FileNotFoundError):
        if path.read_bytes() == os.fsencode(text):
            return
    partial = path.with_name(path.name + ".part")
    partial.unlink(missing_ok=True)
    with os.fdopen(open_new(partial, account), "wb") as file:
        file.write(os.fsencode(text))
    partial.replace(path)


def open_new(path: Path, account: Account | None = None) -> int:
    """Create a file that is not there yet (a planted link is not followed) and return it open."""
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    if account is not None:
        account.give(file)
    elif os.geteuid() == 0:
        above = path.parent.stat()
        os.chown(file, above.st_uid, above.st_gid)
    return file


@contextmanager
def clear_errors(folder: Path) -> Iterator[None]:
    """Turn the operating system's errors into one line with what to do."""
    try:
        yield
    except DatabaseError:
        raise
    except OSError as error:
        remedy = _REMEDY.get(error.errno or 0, f"check this folder, or {_CHOOSE}")
        where = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else folder
        raise FolderError(where, error.strerror or str(error), remedy) from error


def _can_live_in(folder: Path, account: Account) -> bool:
    """Try whether the account can have a folder of its own there: not below /root, nor on some shares."""
    if not account.is_other:
        return True
    trial = Path(tempfile.mkdtemp(prefix="trial-", dir=folder))
    try:
        account.give(trial)
        return account.can_enter(trial)
    except PermissionError:
        return False
    finally:
        trial.rmdir()


def _pointed_to(folder: Path) -> Path | None:
    """Follow the pointer, unless it leads astray or the folder is a copy of the cluster's own."""
    home = _read_path(folder / _POINTER)
    if home is None or home.parent != _ELSEWHERE:
        return None
    origin = _read_path(home / _ORIGIN)
    if origin is None or (origin != folder and _read_path(origin / _POINTER) == home):
        return None
    return home


def _read_path(file: Path) -> Path | None:
    try:
        return Path(os.fsdecode(file.read_bytes().rstrip(b"\n")))
    except FileNotFoundError:
        return None
