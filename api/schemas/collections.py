"""Answers about collections, and their features as GeoJSON."""

from __future__ import annotations

from pydantic import BaseModel

from api.schemas.feature_pages import feature_page
from api.schemas.texts import Bilingual, Link
from db.queries.features import CollectionRow, Page

__all__ = ["Collection", "Collections", "feature_collection"]


class Collection(BaseModel):
    """A layer that can be fetched as GeoJSON."""

    id: str
    title: Bilingual
    city: str
    geography: str
    edition: str
    features: int
    is_synthetic: bool
    attribution: str
    licence: str
    crs: list[str] = ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"]
    links: list[Link]

    @classmethod
    def from_row(cls, row: CollectionRow, base: str) -> Collection:
        """Build the answer from a row of the catalogue."""
        return cls(
            id=row.id,
            title=Bilingual(de=row.title_de, en=row.title_en),
            city=row.city_id,
            geography=row.geography_id,
            edition=row.edition,
            features=row.features,
            is_synthetic=row.is_synthetic,
            attribution=row.attribution,
            licence=row.licence,
            links=[
                Link(rel="self", href=f"{base}collections/{row.id}"),
                Link(rel="items", href=f"{base}collections/{row.id}/items", type="application/geo+json"),
            ],
        )


class Collections(BaseModel):
    """All collections."""

    collections: list[Collection]


def feature_collection(page: Page, row: CollectionRow, *, url: str, base: str) -> str:
    """Return a page of features as GeoJSON with its links and whom to name."""
    return feature_page(
        page.features,
        matched=row.features,
        next_after=page.next_after,
        url=url,
        collection=f"{base}collections/{row.id}",
        said={"attribution": row.attribution, "licence": row.licence, "is_synthetic": row.is_synthetic},
    )
