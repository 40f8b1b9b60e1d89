"""Answers about maps of priority areas: proposed, agreed by a decision, or superseded by a later one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel

from api.schemas.texts import Bilingual, Link, edition_detail, withheld_detail

__all__ = ["PriorityMapAnswer", "PriorityMaps"]

Public = Literal["proposed", "agreed", "superseded"]


class Decision(BaseModel):
    """The decision by which a map was agreed."""

    number: str
    date: date


class MapRow(BaseModel):
    """A map of priority areas; `geometry_sha256`: equal ones mean equal outlines, byte for byte.

    `is_withheld`: values that it was made of are withheld by now, so it has no sums; `detail` says so. `edition_detail`:
    that it belongs to an earlier edition of the boundaries; null where its edition is the newest.
    """

    id: int
    title: str
    status: Public
    geography: str
    edition: str
    edition_detail: Bilingual | None = None
    regions: int
    areas: int
    residents: float | None
    is_withheld: bool
    detail: Bilingual | None
    decision: Decision | None
    created_at: datetime
    geometry_sha256: str

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> MapRow:
        """Build the answer."""
        return cls(**_fields(row))


class PriorityMaps(BaseModel):
    """The maps of a city that are public, the newest first."""

    city: str
    maps: list[MapRow]

    @classmethod
    def from_rows(cls, rows: Iterable[Mapping[str, Any]], city: str) -> PriorityMaps:
        """Build the answer."""
        return cls(city=city, maps=[MapRow.from_row(row) for row in rows])


class MapEvent(BaseModel):
    """A step of a map: which state it had from then on. Who took it, and what was noted, stays in the house."""

    status: str
    done_at: datetime

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> MapEvent:
        """Build the answer."""
        return cls(status=row["status"], done_at=row["done_at"])


class MapRegion(BaseModel):
    """A priority area of a map as it was when it was drawn; null where that was not known."""

    region_id: str
    kind: Literal["blue", "red", "green"]
    areas: int
    residents: float | None
    mean_need: float | None


class PriorityMapAnswer(MapRow):
    """One map with its `passport`: how it was made, its way to where it is, and its priority areas."""

    city: str
    passport: dict[str, Any]
    events: list[MapEvent]
    priority_areas: list[MapRegion]
    links: list[Link]

    @classmethod
    def from_rows(
        cls,
        row: Mapping[str, Any],
        *,
        events: Iterable[Mapping[str, Any]],
        regions: Iterable[Mapping[str, Any]],
        url: str,
    ) -> PriorityMapAnswer:
        """Build the answer."""
        return cls(
            **_fields(row),
            city=row["city_id"],
            passport={name: one for name, one in row["passport"].items() if name != "requested_by"},
            events=[MapEvent.from_row(one) for one in events],
            priority_areas=[MapRegion.model_validate(one) for one in regions],
            links=[Link(rel="self", href=url), Link(rel="collection", href=url.rpartition("/")[0])],
        )


def _fields(row: Mapping[str, Any]) -> dict[str, Any]:
    decision = None
    if row["decision_number"] is not None:
        decision = Decision(number=row["decision_number"], date=row["decision_date"])
    same = ("id", "title", "status", "edition", "regions", "areas", "residents", "is_withheld", "created_at")
    return {name: row[name] for name in (*same, "geometry_sha256")} | {
        "geography": row["geography_id"],
        "decision": decision,
        "edition_detail": edition_detail(row["edition"], row["newest_edition"]),
        "detail": withheld_detail(row["is_withheld"]),
    }
