"""Layers as GeoJSON: areas of every level, proposed priority areas and their buffer zones."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.addresses import address_of, base_of
from api.dependencies import Database, Edition
from api.errors import NotFoundError
from api.schemas.collections import Collection, Collections, feature_collection
from db.queries import features

__all__ = ["router"]

router = APIRouter(prefix="/collections", tags=["collections"])
MAXIMUM = 10_000


@router.get("", summary="All collections")
def collections(database: Database, request: Request) -> Collections:
    """List what can be fetched as GeoJSON."""
    base = base_of(request)
    return Collections(collections=[Collection.from_row(row, base) for row in features.collections(database)])


@router.get("/{collection}", summary="One collection")
def collection(database: Database, request: Request, collection: str, edition: Edition = None) -> Collection:
    """Describe one collection."""
    return Collection.from_row(_known(database, collection, edition), base_of(request))


@router.get(
    "/{collection}/items", summary="Features of a collection (GeoJSON, WGS 84)", response_class=Response
)
def items(
    database: Database,
    request: Request,
    collection: str,
    limit: Annotated[int, Query(ge=1, le=MAXIMUM, description="most features of one answer")] = 1000,
    after: Annotated[
        str, Query(max_length=64, description="id of the last feature of the answer before")
    ] = "",
    indicator: Annotated[
        str | None,
        Query(
            max_length=100, description="adds `value`, `status`, 95 % interval and comparison with the city"
        ),
    ] = None,
    period: Annotated[str | None, Query(max_length=10, description="period of the indicator")] = None,
    edition: Edition = None,
) -> Response:
    """Return features in the order of their ids; follow `next` for more.

    `attribution` and `licence` are those of the boundaries and, with an indicator, of its values.
    """
    row = _known(database, collection, edition)
    page = features.read_page(database, row, limit=limit, after=after, indicator_id=indicator, period=period)
    body = feature_collection(page, row, url=address_of(request), base=base_of(request))
    return Response(body, media_type="application/geo+json")


def _known(database: Database, collection: str, edition: str | None) -> features.CollectionRow:
    row = _found(database, collection, edition)
    if row is None:
        there = _found(database, collection, None)
        if edition is not None and there is not None:
            raise NotFoundError(
                f"{collection} has no edition {edition!r}; editions: {', '.join(there.editions)}"
            )
        raise NotFoundError(f"unknown collection {collection!r}; see /collections")
    return row


def _found(database: Database, collection: str, edition: str | None) -> features.CollectionRow | None:
    known = features.collections(database, edition=edition)
    return next((row for row in known if row.id == collection), None)
