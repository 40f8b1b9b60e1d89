"""Why an area has its index and its class: one area in full, and all areas of a level as a table."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from api.addresses import address_of
from api.dependencies import Database, known_keys
from api.errors import NotFoundError
from api.schemas.explanations import AreaExplanation, Explanations
from api.schemas.transitions import TransitionTable
from db.queries import catalogue, explanations
from indicators.definition import Indicator

__all__ = ["router"]

router = APIRouter(
    prefix="/cities/{city}/indices/{index}", tags=["explanations"], dependencies=[Depends(known_keys)]
)
MAXIMUM = 1000

Level = Annotated[str | None, Query(max_length=100, description="level of areas")]
Period = Annotated[str | None, Query(max_length=10, description="period; the newest by default")]


@router.get("/explanation", summary="Why one area has its index: parts, class limits, certainty")
def explanation(
    database: Database,
    city: str,
    index: str,
    area: Annotated[str, Query(max_length=64, description="code of the area")],
    geography: Level = None,
    period: Period = None,
) -> AreaExplanation:
    """Explain one area in numbers and sentences."""
    known = _definitions(database, city)
    row = explanations.read_area(database, city, index, area, geography=geography, period=period)
    method = explanations.read_method(database, row["run_id"], row["method"])
    return AreaExplanation.from_row(row, index=known[index], inputs=known, method=method)


@router.get("/explanations", summary="Why all areas of a level have their index, by rank")
def explanation_table(
    database: Database,
    request: Request,
    city: str,
    index: str,
    geography: Level = None,
    period: Period = None,
    limit: Annotated[int, Query(ge=1, le=MAXIMUM, description="most areas of one answer")] = 100,
    after: Annotated[
        str, Query(max_length=64, description="code of the last area of the answer before")
    ] = "",
) -> Explanations:
    """Explain all areas in a table; follow `next` for more."""
    known = _definitions(database, city)
    rows = explanations.read_page(
        database, city, index, geography=geography, period=period, limit=limit + 1, after=after
    )
    if not rows:
        raise NotFoundError(f"there are no areas after {after!r}")
    method = explanations.read_method(database, rows[0]["run_id"], rows[0]["method"])
    return Explanations.from_rows(
        rows, limit=limit, url=address_of(request), index=known[index], inputs=known, method=method
    )


@router.get("/transitions", summary="Which areas went from which class to which between two periods")
def transition_table(
    database: Database,
    city: str,
    index: str,
    earlier: Annotated[str, Query(max_length=10, description="the period to start from")],
    later: Annotated[str, Query(max_length=10, description="the period to end with")],
    geography: Level = None,
) -> TransitionTable:
    """Count areas from class to class; withheld and missing are states of their own."""
    known = _definitions(database, city)
    level, rows = explanations.read_classes(
        database, city, index, earlier=earlier, later=later, geography=geography
    )
    methods = [explanations.read_method(database, one[0]["run_id"], one[0]["method"]) for one in rows]
    return TransitionTable.from_rows(
        rows, city=city, level=level, index=known[index], methods=methods, periods=(earlier, later)
    )


def _definitions(database: Database, city: str) -> dict[str, Indicator]:
    known = {one.id: one for one in catalogue.indicators(database, city)}
    if not known:
        loaded = ", ".join(row["id"] for row in catalogue.cities(database)) or "none"
        raise NotFoundError(f"unknown city {city!r}; loaded cities: {loaded}")
    return known
