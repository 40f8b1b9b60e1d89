"""Overlays as GeoJSON: facilities, streets and own layers that came with a city's data."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.addresses import address_of, base_of
from api.dependencies import Database
from api.errors import NotFoundError
from api.schemas.overlays import OverlayAnswer, Overlays, overlay_features
from db.queries import catalogue, overlays

__all__ = ["router"]

router = APIRouter(tags=["overlays"])
MAXIMUM = 10_000


@router.get("/cities/{city}/overlays", summary="Facilities, streets and own layers of a city")
def city_overlays(database: Database, request: Request, city: str) -> Overlays:
    """List the overlays in force of a city; none is an empty list."""
    if city not in {one["id"] for one in catalogue.cities(database)}:
        raise NotFoundError(f"unknown city {city!r}; see /cities")
    base = base_of(request)
    return Overlays(overlays=[OverlayAnswer.from_row(row, base) for row in overlays.overlays(database, city)])


@router.get("/overlays/{overlay}", summary="One overlay")
def one_overlay(database: Database, request: Request, overlay: str) -> OverlayAnswer:
    """Describe one overlay."""
    return OverlayAnswer.from_row(_known(database, overlay), base_of(request))


@router.get(
    "/overlays/{overlay}/items", summary="Features of an overlay (GeoJSON, WGS 84)", response_class=Response
)
def items(
    database: Database,
    request: Request,
    overlay: str,
    limit: Annotated[int, Query(ge=1, le=MAXIMUM, description="most features of one answer")] = 1000,
    after: Annotated[
        int, Query(ge=0, le=2**31 - 1, description="id of the last feature of the answer before")
    ] = 0,
) -> Response:
    """Return features in the order of their ids; follow `next` for more."""
    row = _known(database, overlay)
    page = overlays.read_overlay_page(database, row, limit=limit, after=after)
    body = overlay_features(page, row, url=address_of(request), base=base_of(request))
    return Response(body, media_type="application/geo+json")


def _known(database: Database, overlay: str) -> overlays.OverlayRow:
    city, _, name = overlay.rpartition(".")
    row = overlays.overlay_in_force(database, city, name)
    if row is None:
        raise NotFoundError(f"unknown overlay {overlay!r}; see /cities/{{city}}/overlays")
    return row
