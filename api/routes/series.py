"""How an indicator of an area developed, over changes of boundaries, with the break told."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.dependencies import Snapshot, known_city, known_keys
from api.schemas.series import SeriesAnswer
from db.queries.bridged import read_series

__all__ = ["router"]

router = APIRouter(tags=["series"], dependencies=[Depends(known_keys)])


@router.get(
    "/cities/{city}/series/{indicator}",
    summary="One area in all periods on one edition of the boundaries; converted values are marked and graded",
)
def series(
    database: Snapshot,
    city: str,
    indicator: str,
    area: Annotated[str, Query(max_length=64, description="code of the area")],
    geography: Annotated[
        str | None, Query(max_length=100, description="level, where a code occurs on several")
    ] = None,
    edition: Annotated[
        str | None, Query(max_length=100, description="edition of the boundaries; the newest by default")
    ] = None,
) -> SeriesAnswer:
    """Return what was counted on the edition, and what was converted to it from others."""
    known_city(database, city)
    found = read_series(database, city, indicator, area=area, geography=geography, edition=edition)
    return SeriesAnswer.from_stored(found, area)
