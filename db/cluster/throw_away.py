"""A private PostGIS for one test run: quick, empty, and gone afterwards, also when the run was killed."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from db.cluster.process import exclusive
from db.cluster.server import PrivateServer
from db.errors import DatabaseError

__all__ = ["quick_folder", "throw_away"]

_PREFIX = "sozialraum-throw-away-"
_NEW = 60.0  # s
_MEMORY = Path("/dev/shm")  # noqa: S108  (folders in it are made by mkdtemp)
_PLENTY = 8 << 30  # bytes
_OWNER = "owner.lock"  # held for as long as the process that uses the server lives


@contextmanager
def throw_away(*, pg_bin: Path | None = None) -> Iterator[PrivateServer]:
    """Start a server in a new temporary folder and delete it at the end; those of killed runs go first."""
    temporary = quick_folder()
    _remove_abandoned(temporary)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=temporary))
    try:
        with exclusive(folder / _OWNER, patience=0):
            if os.geteuid() == 0:
                folder.chmod(0o755)  # the account that root steps down to must get in
            server = PrivateServer(folder / "postgres", fsync=False, pg_bin=pg_bin)
            try:
                server.start()
                yield server
            finally:
                server.reset()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def quick_folder() -> Path:
    """Return the place for temporary folders: in memory when there is plenty, else the system's."""
    if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _PLENTY:
        return _MEMORY
    return Path(tempfile.gettempdir())


def _remove_abandoned(temporary: Path) -> None:
    for folder in temporary.glob(f"{_PREFIX}*"):
        try:
            found = folder.lstat()
            is_new = time.time() - found.st_mtime < _NEW  # perhaps its owner has not locked it yet
            if found.st_uid != os.geteuid() or is_new or not (folder / _OWNER).exists():
                continue
            with exclusive(folder / _OWNER, patience=0):
                PrivateServer(folder / "postgres").reset()
                shutil.rmtree(folder, ignore_errors=True)
        except (DatabaseError, FileNotFoundError):  # still in use, or somebody else was quicker
            continue
