"""Files that are there whole or not at all: written beside their place, then moved.

It lies here because `maps` is the lowest package that writes files; `etl` (raw store, reports, answers kept of services)
takes it from here, and `spatial` and `indicators` know no files.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["unfinished", "write_whole"]


@contextmanager
def unfinished(path: Path) -> Iterator[Path]:
    """Give a place beside a file, with its ending, for what takes its place at the end; after an error nothing does."""
    part = path.with_name(f".{secrets.token_hex(8)}.part{path.suffix}")
    try:
        yield part
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file; what was there before stays until the new one is complete."""
    with unfinished(path) as part:
        part.write_bytes(content)
