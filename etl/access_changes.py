"""Does a load ask for other shares of people near facilities than the one before? Then the old numbers must go."""

from __future__ import annotations

import tomllib
from typing import Any

__all__ = ["asks_otherwise"]

# What the number and the text of a share depend on, beside values, areas and features.
_SAID = ("access", "overlay", "confidentiality", "compute")


def asks_otherwise(before: str | None, now: str | None) -> bool:
    """Return whether two manifests, as they were written, differ in what shares near facilities are made of.

    Without any share in either of them nothing depends on it.
    """
    old, new = _said(before), _said(now)
    return bool(old["access"] or new["access"]) and old != new


def _said(manifest: str | None) -> dict[str, Any]:
    document = tomllib.loads((manifest or "").removeprefix("\ufeff"))
    return {name: document.get(name) for name in _SAID}
