"""Answers about overlays: facilities, streets and own layers of a city."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal

from pydantic import BaseModel

from api.schemas.feature_pages import LayerAnswer, feature_page, layer_facts
from api.schemas.texts import Bilingual
from db.queries.overlays import OverlayPage, OverlayRow
from maps.overlay_colours import overlay_colours

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
        told = list(rows)
        return [
            cls(
                id=overlay_id(row),
                title=Bilingual(de=row.title_de, en=row.title_en),
                kind=row.kind,
                as_of=row.as_of,
                features=row.features,
                attribution=row.attribution,
                licence=row.licence,
                colour=colour,
            )
            for row, colour in zip(told, overlay_colours([row.kind for row in told]), strict=True)
        ]


class OverlayAnswer(LayerAnswer):
    """A layer of points, lines or polygons beside the areas."""

    kind: Literal["facility", "street", "other"]
    as_of: date
    publisher: str
    source_url: str

    @classmethod
    def from_row(cls, row: OverlayRow, base: str) -> OverlayAnswer:
        """Build the answer from a row of the database."""
        name = overlay_id(row)
        return cls(
            **layer_facts(row, layer_id=name, here=f"{base}overlays/{name}"),
            kind=row.kind,
            as_of=row.as_of,
            publisher=row.publisher,
            source_url=row.url,
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
