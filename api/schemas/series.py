"""Answers about series over changes of boundaries: every value says whether it was counted or converted."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from api.schemas.sources import SourceAnswer
from api.schemas.texts import Bilingual
from db.queries.bridged import StoredSeries
from db.queries.rows import frame_rows

__all__ = ["SeriesAnswer"]

Grade = Literal["A", "B", "C", "D"]


class SeriesValue(BaseModel):
    """One value; null exactly for missing and suppressed.

    `counted_on`: edition of the boundaries it was counted on, with the level in front where that is another one. A
    converted value has a `grade` (A exact, B mostly exact, C estimate, D guess), the share of it that is `estimated`, and
    what it was made of: a copy of one area, a sum of several, a part, or a mixture.
    """

    area: str
    period: str
    value: float | None
    status: str
    counted_on: str
    is_converted: bool
    grade: Grade | None
    estimated: float | None
    derivation: str | None


class SeriesBreak(BaseModel):
    """A change of boundaries between two periods that follow each other.

    `areas_changed`: areas of the city that are not the same before and after; `changed_share`: share of `measure` in them.
    """

    period: str
    edition_before: str
    edition_after: str
    areas_changed: int
    changed_share: float | None
    areas_estimated: int
    estimated_share: float | None
    worst_grade: Grade | None


class SeriesAnswer(BaseModel):
    """The series of one area on one edition of the boundaries; `sources`: whose data stand behind it, the newest first."""

    indicator: str
    title: Bilingual
    unit: str
    geography: str
    edition: str
    area: str
    name: str
    measure: Literal["residents", "areas"]
    values: list[SeriesValue]
    breaks: list[SeriesBreak]
    sources: list[SourceAnswer]

    @classmethod
    def from_stored(cls, found: StoredSeries, area: str) -> SeriesAnswer:
        """Build the answer from what is stored."""
        one = found.indicator
        return cls.model_validate(
            {
                "indicator": one.id,
                "title": {"de": one.title_de, "en": one.title_en},
                "unit": one.unit,
                "geography": found.place["geography_id"],
                "edition": found.place["edition"],
                "area": area,
                "name": found.area_name or area,
                "measure": found.measure,
                "values": frame_rows(found.values.rename(columns={"area_id": "area"})),
                "breaks": frame_rows(found.breaks),
                "sources": [SourceAnswer.from_row(one) for one in found.sources],
            }
        )
