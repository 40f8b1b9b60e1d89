"""Answers about collections, and their features as GeoJSON."""

from __future__ import annotations

from urllib.parse import urlencode

from pydantic import BaseModel

from api.schemas.feature_pages import LayerAnswer, feature_page, layer_facts
from api.schemas.texts import Bilingual, edition_detail
from db.queries.features import CollectionRow, Page

__all__ = ["Collection", "Collections", "feature_collection"]


class Collection(LayerAnswer):
    """A layer that can be fetched as GeoJSON.

    `attribution` and `licence` name all whose data may stand behind it; its items name those of what they hold.
    `editions`: editions of the boundaries that it can be asked in with `edition=`, the newest first. `edition_detail`:
    that this one is an earlier one; null where it is the newest.
    """

    geography: str
    edition: str
    editions: list[str]
    edition_detail: Bilingual | None = None

    @classmethod
    def from_row(cls, row: CollectionRow, base: str) -> Collection:
        """Build the answer from a row of the catalogue."""
        return cls(
            **layer_facts(row, layer_id=row.id, here=f"{base}collections/{row.id}", query=_query(row)),
            geography=row.geography_id,
            edition=row.edition,
            editions=row.editions,
            edition_detail=edition_detail(row.edition, row.newest_edition),
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
        collection=f"{base}collections/{row.id}{_query(row)}",
        said={"attribution": page.attribution, "licence": page.licence, "is_synthetic": row.is_synthetic},
    )


def _query(row: CollectionRow) -> str:
    """Return what an address needs for another edition than the newest of those there are."""
    return "" if row.edition in row.editions[:1] else f"?{urlencode({'edition': row.edition})}"
