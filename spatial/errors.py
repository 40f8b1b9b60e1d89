"""Errors of the engine: what is wrong, where, in how many areas, what to do."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["AlignmentError", "CountsError", "CrsError", "GeometryError", "ParameterError", "SpatialError"]

_SHOWN = 5
_LONGEST = 80


def _named(areas: Iterable[object]) -> tuple[list[str], str]:
    """Return all area ids as text and a short list of the first few for the message."""
    ids = [str(area) for area in areas]
    return ids, ", ".join(ids[:_SHOWN]) + (" …" if len(ids) > _SHOWN else "")


def _short(value: object) -> str:
    """Return what was given on one short line: a table is told by its beginning."""
    line = " ".join(repr(value).split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…, a {type(value).__name__}"


class SpatialError(Exception):
    """Base of every error raised by `spatial`."""


class CountsError(SpatialError, ValueError):
    """Counts that cannot be counts: missing, negative, infinite, or a part above its whole."""

    def __init__(
        self, reason: str, areas: Iterable[object], hint: str = "correct the counts or leave these areas out"
    ) -> None:
        ids, shown = _named(areas)
        super().__init__(f"{reason} in {len(ids)} area(s): {shown}; {hint}")
        self.reason, self.areas, self.hint = reason, ids, hint


class AlignmentError(SpatialError, ValueError):
    """Two inputs do not speak of the same areas, or one of them names an area twice."""

    def __init__(
        self,
        reason: str,
        areas: Iterable[object],
        hint: str = "give every input one row per area, with the same area ids",
    ) -> None:
        ids, shown = _named(areas)
        super().__init__(f"{reason}: {len(ids)} area(s): {shown}; {hint}")
        self.reason, self.areas, self.hint = reason, ids, hint


class GeometryError(SpatialError, ValueError):
    """Geometry that has no meaningful area or border."""

    def __init__(self, reason: str, areas: Iterable[object], hint: str) -> None:
        ids, shown = _named(areas)
        super().__init__(f"{reason} in {len(ids)} area(s): {shown}; {hint}")
        self.reason, self.areas, self.hint = reason, ids, hint


class CrsError(SpatialError, ValueError):
    """Metres are needed and the coordinates are not metres."""

    def __init__(self, what: str, found: str) -> None:
        super().__init__(
            f"{what} needs a projected CRS in metres, got {found}; "
            "reproject first, for example with areas.to_crs(25833) for eastern and 25832 for western Germany"
        )
        self.what, self.found = what, found


class ParameterError(SpatialError, ValueError):
    """A parameter is outside its range."""

    def __init__(self, name: str, value: object, expected: str) -> None:
        super().__init__(f"{name} is {_short(value)}, expected {expected}")
        self.name, self.value, self.expected = name, value, expected
