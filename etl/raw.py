"""The raw stage: files as received, never edited, kept by their checksum."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from etl.errors import FetchError
from maps.whole_files import unfinished

__all__ = ["RawFile", "RawStore"]

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFile:
    """One file as received: `name` as the publisher calls it, `path` where it is kept."""

    name: str
    path: Path
    sha256: str
    size: int


class RawStore:
    """Folder in which every received file is kept under its checksum; the same bytes are kept once."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def keep(self, path: Path, *, name: str | None = None) -> RawFile:
        """Copy a file into the store (a half-written copy never gets the final name) and return its record."""
        name = name or path.name
        if not path.is_file():
            raise FetchError("file not found", str(path), "check the folder given with --from")
        digest = hashlib.sha256()
        try:
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
            checksum = digest.hexdigest()
            target = self.root / checksum[:2] / f"{checksum}-{name}"
            if self.find(checksum, name=name) is None:  # not there, or damaged since
                target.parent.mkdir(parents=True, exist_ok=True)
                with unfinished(target) as part:
                    shutil.copyfile(path, part)
                    part.chmod(0o444)
        except OSError as error:
            raise FetchError(
                f"cannot keep the raw file {name}",
                error.strerror or str(error),
                "free space or permissions, then load again",
            ) from error
        return RawFile(name=name, path=target, sha256=checksum, size=target.stat().st_size)

    def find(self, sha256: str, *, name: str) -> RawFile | None:
        """Return a file that was kept before, or None when it is not there or no longer what it was."""
        path = self.root / sha256[:2] / f"{sha256}-{name}"
        try:
            with path.open("rb") as file:
                is_whole = hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except OSError:
            return None
        return RawFile(name=name, path=path, sha256=sha256, size=path.stat().st_size) if is_whole else None

    def keep_bytes(self, content: bytes, *, name: str) -> RawFile:
        """Keep bytes that came over the network."""
        self.root.mkdir(parents=True, exist_ok=True)
        partial = self.root / f".incoming-{hashlib.sha256(content).hexdigest()[:16]}-{name}"
        try:
            partial.write_bytes(content)
            return self.keep(partial, name=name)
        except OSError as error:
            raise FetchError(
                f"cannot keep the raw file {name}",
                error.strerror or str(error),
                "free space or permissions, then load again",
            ) from error
        finally:
            partial.unlink(missing_ok=True)
