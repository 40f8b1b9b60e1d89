"""Cities, their indicators, one layer of the map, and segregation over time."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from api.dependencies import Database, Edition
from api.errors import NotFoundError
from api.schemas.cities import Cities, CityAnswer, IndicatorAnswer, Indicators, Segregation
from db.queries import areas, catalogue, explanations, overlays, segregation, sources, values
from db.queries.layers import read_layer
from indicators.computed import STATUS_INDEX, index_behind
from maps.layers import LayerSource, build_layer
from spatial.segregation.register import MEASURES

__all__ = ["router"]

router = APIRouter(tags=["cities"])


@router.get("/cities", summary="All cities that have been loaded")
def cities(database: Database) -> Cities:
    """List the cities with levels, source and first view."""
    return Cities(
        cities=[
            CityAnswer.from_rows(
                city,
                areas.geographies(database, city["id"]),
                bbox=catalogue.extent(database, city["id"]),
                sources=sources.sources_of_city(database, city["id"]),
                default=catalogue.first_view(database, city["id"]),
                overlays=overlays.overlays(database, city["id"]),
            )
            for city in catalogue.cities(database)
        ]
    )


@router.get(
    "/cities/{city}/indicators", summary="Indicators of a city, with the levels and periods that have values"
)
def indicators(database: Database, city: str, edition: Edition = None) -> Indicators:
    """List the definitions of a city's indicators; what explains them is of the newest edition only."""
    _known_city(database, city)
    areas.geographies(database, city, edition=edition)
    available: dict[str, dict[str, list[str]]] = {}
    for row in values.availability(database, city, edition=edition):
        available.setdefault(row["indicator_id"], {}).setdefault(row["geography_id"], []).append(
            row["period"]
        )
    definitions = catalogue.indicators(database, city)
    is_explained = edition is None and bool(explanations.explained_periods(database, city, STATUS_INDEX.id))
    return Indicators(
        indicators=[
            IndicatorAnswer.from_definition(
                item,
                available[item.id],
                explanation=f"cities/{city}/indices/{STATUS_INDEX.id}/explanation"
                if is_explained and index_behind(item.id) == STATUS_INDEX.id
                else None,
            )
            for item in definitions
            if item.id in available
        ]
    )


@router.get("/cities/{city}/layers/{indicator}", summary="Values, classes and colours of one map")
def layer(
    database: Database, city: str, indicator: str, geography: str, period: str, edition: Edition = None
) -> JSONResponse:
    """Return the object from which map, legend and table are drawn; `sources`: whose data it shows."""
    inputs = read_layer(
        database, city, indicator_id=indicator, geography=geography, period=period, edition=edition
    )
    body = build_layer(
        inputs.indicator,
        inputs.values,
        period=inputs.period,
        geography=inputs.level["id"],
        area_ids=inputs.area_ids,
        reference_date=inputs.reference_date,
        source=LayerSource(**inputs.source),
        intervals=inputs.intervals,
    ).to_json()
    return JSONResponse(body)


@router.get("/cities/{city}/segregation", summary="Segregation measures of a city over time")
def segregation_series(database: Database, city: str) -> Segregation:
    """Return the measures of the newest run, with intervals, corrected values and what chance alone would give."""
    _known_city(database, city)
    rows = segregation.series(database, city)
    return Segregation.from_rows(rows, MEASURES, segregation.sources_of_series(database, city, rows))


def _known_city(database: Database, city: str) -> Any:
    known = catalogue.cities(database)
    row = next((row for row in known if row["id"] == city), None)
    if row is None:
        raise NotFoundError(
            f"unknown city {city!r}; loaded cities: {', '.join(row['id'] for row in known) or 'none'}"
        )
    return row
