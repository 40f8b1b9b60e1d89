"""Which code made a number: the released version and a fingerprint of the sources that clean and compute."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

__all__ = ["code_version"]

_PACKAGES = ("db", "etl", "indicators", "spatial")


def code_version() -> str:
    """Return e.g. `0.1.0+3f2a9c41d0b7`; equal text means equal code."""
    digest = hashlib.sha256()
    for package in _PACKAGES:
        spec = find_spec(package)
        for root in sorted(spec.submodule_search_locations or ()) if spec else ():
            for path in sorted(Path(root).rglob("*.py")):
                digest.update(path.relative_to(root).as_posix().encode())
                digest.update(path.read_bytes())
    return f"{version('sozialraum')}+{digest.hexdigest()[:12]}"
