"""Packed files, unpacked with limits: no archive grows beyond reason, and nothing leaves its folder."""

from __future__ import annotations

import gzip
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from etl.errors import FetchError
from etl.raw import RawFile

__all__ = [
    "MOST_BYTES",
    "MOST_MEMBERS",
    "MOST_RATIO",
    "bytes_of",
    "require_no_entities",
    "require_no_html",
    "require_sane_zip",
    "unpack",
]

MOST_BYTES = 2 * 1024**3  # [bytes] of everything in an archive, unpacked
MOST_MEMBERS = 10_000
MOST_RATIO = 250  # unpacked per packed byte, above 10 MB; text packs 5 to 30 times, a bomb a thousand times
_SMALL = 10 * 1024**2
_CHUNK = 1 << 20
_HEAD = 1024  # [bytes]
_AGAIN = "fetch the file again, or unpack it by hand and look inside"
_DECLARATION = b"<!ENTITY"


def bytes_of(file: RawFile) -> bytes:
    """Return the bytes of a file, unpacked when its name ends in .gz, or raise `FetchError`."""
    try:
        content = _gunzip(file) if file.name.endswith(".gz") else file.path.read_bytes()
    except FileNotFoundError as error:
        raise FetchError("file not found", file.name, "check the folder given with --from") from error
    except (OSError, EOFError, zlib.error) as error:
        raise FetchError(
            "the file is cut off or damaged", file.name, "fetch the file again and load again"
        ) from error
    if not content.strip():
        raise FetchError("the file is empty", file.name, "fetch the file again and load again")
    return content


def _gunzip(file: RawFile) -> bytes:
    parts, size = [], 0
    with gzip.open(file.path) as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            packed = max(file.path.stat().st_size, 1)
            if size > MOST_BYTES or (size > _SMALL and size > MOST_RATIO * packed):
                raise FetchError(
                    f"the file unpacks to more than {size // 1024**2} MB",
                    file.name,
                    f"a packed file may grow {MOST_RATIO}-fold, to at most {MOST_BYTES // 1024**3} GB; unpack it by hand",
                )
            parts.append(chunk)
    return b"".join(parts)


def require_no_html(path: Path, name: str) -> None:
    """Raise `FetchError` when a workbook is a page of a browser: a saved page of errors, or a table that was renamed."""
    with path.open("rb") as content:
        head = content.read(_HEAD).replace(b"\x00", b"").removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html", b"<table", b"<head", b"<body")):
        raise FetchError(
            "this is HTML, not a workbook",
            name,
            "look at it in a browser: where it is the table, open it in an office program and save it as .xlsx; where it is"
            " a page, fetch the file again",
        )


def require_sane_zip(path: Path, name: str) -> list[str]:
    """Return the members of an archive, or raise `FetchError` when it is a bomb or leads out of its folder."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        raise FetchError("the archive is cut off or damaged", name, _AGAIN) from error
    if len(members) > MOST_MEMBERS:
        raise FetchError(
            f"the archive has {len(members):,} members, {MOST_MEMBERS:,} are allowed", name, _AGAIN
        )
    for one in members:
        parts = PurePosixPath(one.filename.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or ":" in one.filename:
            raise FetchError(f"the member {one.filename!r} leads out of the archive's folder", name, _AGAIN)
        if stat.S_ISLNK(one.external_attr >> 16):
            raise FetchError(f"the member {one.filename!r} is a link to another place", name, _AGAIN)
        if one.flag_bits & 1:
            raise FetchError(
                f"the member {one.filename!r} is encrypted", name, "unpack it with its password first"
            )
    size = sum(one.file_size for one in members)
    packed = max(sum(one.compress_size for one in members), 1)
    if size > MOST_BYTES or (size > _SMALL and size > MOST_RATIO * packed):
        raise FetchError(
            f"the archive unpacks to {size // 1024**2:,} MB, {size // packed:,} times its size",
            name,
            f"an archive may grow {MOST_RATIO}-fold, to at most {MOST_BYTES // 1024**3} GB; unpack it by hand",
        )
    return [one.filename for one in members if not one.is_dir()]


def unpack(path: Path, name: str, into: Path) -> list[Path]:
    """Unpack a sane archive into a folder and return its files; what it claims of its sizes is enforced."""
    members = require_sane_zip(path, name)
    made = []
    try:
        with zipfile.ZipFile(path) as archive:
            for member in members:
                claimed = archive.getinfo(member).file_size
                target = into / member.replace("\\", "/")
                target.parent.mkdir(parents=True, exist_ok=True)
                size = 0
                with archive.open(member) as packed, target.open("wb") as file:
                    while chunk := packed.read(_CHUNK):
                        size += len(chunk)
                        if size > claimed:
                            raise FetchError(f"the member {member!r} is larger than it claims", name, _AGAIN)
                        file.write(chunk)
                made.append(target)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise FetchError("the archive is cut off or damaged", name, _AGAIN) from error
    return made


def require_no_entities(content: bytes, name: str) -> None:
    """Raise `FetchError` when an XML file declares entities: maps need none, and they can blow up."""
    plain = content.replace(b"\x00", b"")  # also in UTF-16
    if _DECLARATION in plain.upper():
        raise FetchError(
            "the XML file declares entities of its own (an 'entity bomb' works like this)",
            name,
            "save it without a document type declaration",
        )
