"""Errors of crosswalks: a table of keys or a map that cannot be one, values that do not fit it."""

from __future__ import annotations

from collections.abc import Iterable

from spatial.errors import SpatialError

__all__ = ["CrosswalkError"]

_SHOWN = 5


class CrosswalkError(SpatialError, ValueError):
    """Two editions of areas, or values and their states, that cannot be brought together as they are."""

    def __init__(self, reason: str, areas: Iterable[object], hint: str) -> None:
        ids = [str(area) for area in areas]
        shown = ", ".join(ids[:_SHOWN]) + (" …" if len(ids) > _SHOWN else "")
        super().__init__(f"{reason}: {len(ids)} area(s): {shown}; {hint}")
        self.reason, self.areas, self.hint = reason, ids, hint
