"""Answers about collections, and GeoJSON put together from features the database has already written."""

from __future__ import annotations

import json

from pydantic import BaseModel
from starlette.datastructures import URL

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
    """Join the features into one FeatureCollection (RFC 7946) with its links and whom to name."""
    links = [
        Link(rel="self", href=url, type="application/geo+json"),
        Link(rel="collection", href=f"{base}collections/{row.id}"),
    ]
    if page.next_after is not None:
        following = URL(url).include_query_params(after=page.next_after)
        links.append(Link(rel="next", href=str(following), type="application/geo+json"))
    head = {
        "type": "FeatureCollection",
        "numberMatched": row.features,
        "numberReturned": len(page.features),
        "attribution": row.attribution,
        "licence": row.licence,
        "is_synthetic": row.is_synthetic,
        "links": [link.model_dump(exclude_none=True) for link in links],
    }
    return json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [' + ",\n".join(page.features) + "]}"
