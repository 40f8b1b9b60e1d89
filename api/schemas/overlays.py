"""Answers about overlays: facilities, streets and own layers of a city."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal

from pydantic import BaseModel

from api.schemas.feature_pages import feature_page
from api.schemas.texts import Bilingual, Link
from db.queries.overlays import OverlayPage, OverlayRow
from maps.overlay_colours import overlay_colour

__all__ = ["OverlayAnswer", "OverlayHead", "Overlays", "overlay_features", "overlay_id"]


def overlay_id(row: OverlayRow) -> str:
    """Return the id of an overlay among all cities."""
    return f"{row.city_id}.{row.name}"


class OverlayHead(BaseModel):
    """What the map needs to offer an overlay; `colour` is that of the map and of the legend."""

    id: str
    title: Bilingual
    kind: Literal["facility", "street", "other"]
    as_of: date
    features: int
    attribution: str
    licence: str
    colour: str

    @classmethod
    def from_rows(cls, rows: Iterable[OverlayRow]) -> list[OverlayHead]:
        """Build the answers of one city, each with a colour of its own."""
        return [
            cls(
                id=overlay_id(row),
                title=Bilingual(de=row.title_de, en=row.title_en),
                kind=row.kind,
                as_of=row.as_of,
                features=row.features,
                attribution=row.attribution,
                licence=row.licence,
                colour=overlay_colour(number),
            )
            for number, row in enumerate(rows)
        ]


class OverlayAnswer(BaseModel):
    """A layer of points, lines or polygons beside the areas."""

    id: str
    title: Bilingual
    city: str
    kind: Literal["facility", "street", "other"]
    as_of: date
    features: int
    is_synthetic: bool
    publisher: str
    attribution: str
    licence: str
    source_url: str
    crs: list[str] = ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"]
    links: list[Link]

    @classmethod
    def from_row(cls, row: OverlayRow, base: str) -> OverlayAnswer:
        """Build the answer from a row of the database."""
        here = f"{base}overlays/{overlay_id(row)}"
        return cls(
            id=overlay_id(row),
            title=Bilingual(de=row.title_de, en=row.title_en),
            city=row.city_id,
            kind=row.kind,
            as_of=row.as_of,
            features=row.features,
            is_synthetic=row.is_synthetic,
            publisher=row.publisher,
            attribution=row.attribution,
            licence=row.licence,
            source_url=row.url,
            links=[
                Link(rel="self", href=here),
                Link(rel="items", href=f"{here}/items", type="application/geo+json"),
            ],
        )


class Overlays(BaseModel):
    """All overlays of a city."""

    overlays: list[OverlayAnswer]


def overlay_features(page: OverlayPage, row: OverlayRow, *, url: str, base: str) -> str:
    """Return a page of features as GeoJSON with its links, its day and whom to name."""
    return feature_page(
        page.features,
        matched=row.features,
        next_after=page.next_after,
        url=url,
        collection=f"{base}overlays/{overlay_id(row)}",
        said={
            "attribution": row.attribution,
            "licence": row.licence,
            "as_of": row.as_of.isoformat(),
            "is_synthetic": row.is_synthetic,
        },
    )
