"""What came from which address before: so that a publisher is asked only whether it changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx2

from etl.raw import RawFile, RawStore
from maps.whole_files import write_whole

__all__ = ["KeptAnswers"]

_FOLDER = "answers"


class KeptAnswers:
    """Notes beside the raw files: address, the publisher's mark of the state (ETag, Last-Modified), and the file."""

    def __init__(self, store: RawStore) -> None:
        self.store = store

    def file_of(self, address: str, *, name: str) -> RawFile | None:
        """Return the file that came from an address the last time, if it is still whole."""
        told = self._read(address)
        return self.store.find(str(told.get("sha256", "")), name=name) if told.get("name") == name else None

    def conditions(self, address: str) -> dict[str, str]:
        """Return the headers that ask for the file only when it is another one by now."""
        told = self._read(address)
        marks = {"If-None-Match": told.get("etag"), "If-Modified-Since": told.get("last_modified")}
        return {name: str(mark) for name, mark in marks.items() if mark}

    def remember(
        self,
        address: str,
        file: RawFile,
        headers: Mapping[str, str] | httpx2.Headers | None = None,
        *,
        pages: Sequence[RawFile] = (),
    ) -> None:
        """Note which file came from an address, and of which pages it was made; never half a note."""
        marks = headers or {}
        told = {
            "address": address,
            "name": file.name,
            "sha256": file.sha256,
            "etag": marks.get("ETag", ""),
            "last_modified": marks.get("Last-Modified", ""),
            "pages": [page.sha256 for page in pages],
        }
        path = self._path(address)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode())

    def _path(self, address: str) -> Path:
        return self.store.root / _FOLDER / f"{hashlib.sha256(address.encode()).hexdigest()[:32]}.json"

    def _read(self, address: str) -> dict[str, Any]:
        """Return the note; a damaged one counts as none, and the file is then fetched in full."""
        try:
            told = json.loads(self._path(address).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return told if isinstance(told, dict) and told.get("address") == address else {}
