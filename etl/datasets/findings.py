"""What was found in a data set: which file, which row or feature, which column, what, and what to do."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import shapely

from etl.errors import DeliveryError, FetchError, Problem
from etl.message_text import visible

__all__ = ["LISTED", "DatasetError", "Finding", "Findings", "Severity", "as_json", "as_text"]

Severity = Literal["error", "warning", "note"]

LISTED = 20  # places named one by one per file, column and kind of finding; the rest is counted
_ORDER = ("error", "warning", "note")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Finding:
    """One finding; `place` is a row, a feature or a line, `geometry` where on the map (with `srid`).

    `check` is the kind of check that found it, where there is one; `german` says `what` and `todo` in German.
    """

    severity: Severity = "error"
    file: str
    what: str
    todo: str
    place: str = ""
    column: str = ""
    check: str = ""
    german: tuple[str, str] = ("", "")
    geometry: shapely.Geometry | None = None
    srid: int | None = None

    def __post_init__(self) -> None:
        for name in ("file", "what", "todo", "place", "column"):
            object.__setattr__(self, name, visible(getattr(self, name)))

    def __repr__(self) -> str:
        return f"Finding({self.severity}: {self.sentence()})"

    def sentence(self) -> str:
        """Say it in one sentence."""
        where = ", ".join(
            part for part in (self.file, self.place, self.column and f"column {self.column!r}") if part
        )
        return f"{where}: {self.what}; {self.todo}"

    def to_dict(self) -> dict[str, Any]:
        """Return it for programs; the geometry as GeoJSON."""
        return {
            "severity": self.severity,
            "file": self.file,
            "place": self.place,
            "column": self.column,
            "check": self.check,
            "what": self.what,
            "todo": self.todo,
            "geometry": None if self.geometry is None else json.loads(shapely.to_geojson(self.geometry)),
            "srid": self.srid,
        }


class DatasetError(DeliveryError):
    """A data set broke one or more rules; `findings` has all of them."""

    def __init__(self, source: str, findings: Sequence[Finding]) -> None:
        errors = [one for one in findings if one.severity == "error"]
        super().__init__(source, [Problem(one.sentence()) for one in errors])
        self.findings = tuple(findings)


@dataclass(slots=True)
class Findings:
    """Collects what is found, so that one pass tells everything."""

    found: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """Keep one finding."""
        self.found.append(finding)

    def extend(self, found: Iterable[Finding]) -> None:
        """Keep several findings."""
        self.found.extend(found)

    def error(self, file: str, what: str, todo: str, *, place: str = "", column: str = "") -> None:
        """Keep an error."""
        self.add(Finding(file=file, what=what, todo=todo, place=place, column=column))

    def warning(self, file: str, what: str, todo: str, *, place: str = "", column: str = "") -> None:
        """Keep what should be looked at, but does not stop a load."""
        self.add(Finding(severity="warning", file=file, what=what, todo=todo, place=place, column=column))

    def note(self, file: str, what: str, todo: str = "nothing to do", *, column: str = "") -> None:
        """Keep what was decided without being told, so that nothing is silent."""
        self.add(Finding(severity="note", file=file, what=what, todo=todo, column=column))

    def each(self, file: str, told: Iterable[tuple[str, str]], todo: str, *, column: str = "") -> None:
        """Keep an error for each (place, what); of very many only the first, and how many more there are."""
        told = list(told)
        for place, what in told[:LISTED]:
            self.error(file, what, todo, place=place, column=column)
        if len(told) > LISTED:
            more = len(told) - LISTED
            self.error(file, f"{more:,} more of the same kind: {told[LISTED][1]}", todo, column=column)

    def failed(self, error: FetchError, *, file: str = "") -> None:
        """Keep an error that reading raised."""
        where = error.where.removeprefix(f"{file}: ") if file else error.where
        what = error.what if file and where == file else f"{error.what}: {where}"
        self.error(file, what, error.hint)

    def tell_once(self) -> None:
        """Drop what is told already: a file that is named several times is read as often."""
        told: dict[tuple[str, str, shapely.Geometry | None], Finding] = {}
        for one in self.found:
            told.setdefault((one.severity, one.sentence(), one.geometry), one)
        self.found[:] = told.values()

    @property
    def errors(self) -> list[Finding]:
        """Those that stop a load."""
        return [one for one in self.found if one.severity == "error"]

    def require_none(self, source: str) -> None:
        """Raise a `DatasetError` when there is an error among them."""
        if self.errors:
            raise DatasetError(source, self.found)


def as_text(findings: Collection[Finding]) -> str:
    """Return a report to be read: errors first, one finding per line."""
    lines = []
    for severity in _ORDER:
        group = [one for one in findings if one.severity == severity]
        if group:
            lines.append(f"{len(group)} {severity}{'s' if len(group) > 1 else ''}:")
            lines += [f"  {one.sentence()}" for one in group]
    return "\n".join(lines) if lines else "nothing found"


def as_json(findings: Collection[Finding]) -> list[dict[str, Any]]:
    """Return a report for programs, errors first."""
    return [one.to_dict() for severity in _ORDER for one in findings if one.severity == severity]
