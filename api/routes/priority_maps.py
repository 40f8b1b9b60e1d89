"""Named scenarios of a city side by side, and its maps of priority areas from proposed to superseded."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from api.addresses import address_of
from api.dependencies import Database, known_city, known_keys
from api.schemas.priority_maps import PriorityMapAnswer, PriorityMaps
from api.schemas.scenarios import ScenarioComparison, Scenarios
from db.queries import priority_maps, scenario_table, scenarios

__all__ = ["router"]

router = APIRouter(prefix="/cities/{city}", tags=["priority areas"], dependencies=[Depends(known_keys)])

ScenarioName = Annotated[str, Query(max_length=64)]


@router.get("/scenarios", summary="Named parameters of proposals, each with its newest result in figures")
def scenario_list(database: Database, city: str) -> Scenarios:
    """List the scenarios of a city."""
    known_city(database, city)
    return Scenarios.from_rows(scenarios.listed(database, city), city)


@router.get("/scenarios/comparison", summary="Two to six scenarios side by side")
def scenario_comparison(
    database: Database,
    city: str,
    name: Annotated[
        list[ScenarioName],
        Query(min_length=2, max_length=6, description="names; the others are compared with the first"),
    ],
) -> ScenarioComparison:
    """Compare what scenarios propose, and what each has in common with the first."""
    known_city(database, city)
    return ScenarioComparison.from_rows(scenario_table.side_by_side(database, city, name), city)


@router.get("/priority-maps", summary="Maps of priority areas: proposed, agreed, superseded")
def map_list(database: Database, city: str) -> PriorityMaps:
    """List the maps that are public, the newest first."""
    known_city(database, city)
    return PriorityMaps.from_rows(priority_maps.listed(database, city, states=priority_maps.PUBLIC), city)


@router.get("/priority-maps/{number}", summary="One map: how it was made, who did what, its priority areas")
def priority_map(
    database: Database,
    request: Request,
    city: str,
    number: Annotated[int, Path(ge=1, le=2**31 - 1, description="number of the map")],
) -> PriorityMapAnswer:
    """Return one map; the shapes of the one in force are a collection."""
    known_city(database, city)
    row = priority_maps.get(database, city, number, states=priority_maps.PUBLIC)
    return PriorityMapAnswer.from_rows(
        row,
        events=priority_maps.events(database, number),
        regions=priority_maps.region_rows(database, number),
        url=address_of(request),
    )
