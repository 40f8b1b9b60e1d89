"""Layers that can be fetched as GeoJSON: what each says of itself, and pages of features the database has written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pydantic import BaseModel
from starlette.datastructures import URL

from api.schemas.texts import Bilingual, Link

__all__ = ["LayerAnswer", "feature_page", "layer_facts"]

_GEOJSON = "application/geo+json"


class LayerAnswer(BaseModel):
    """What every layer says of itself, whatever is on it."""

    id: str
    title: Bilingual
    city: str
    features: int
    is_synthetic: bool
    attribution: str
    licence: str
    crs: list[str] = ["http://www.opengis.net/def/crs/OGC/1.3/CRS84"]
    links: list[Link]


class _Row(Protocol):
    """A row of the database about a layer."""

    @property
    def title_de(self) -> str: ...
    @property
    def title_en(self) -> str: ...
    @property
    def city_id(self) -> str: ...
    @property
    def features(self) -> int: ...
    @property
    def is_synthetic(self) -> bool: ...
    @property
    def attribution(self) -> str: ...
    @property
    def licence(self) -> str: ...


def layer_facts(row: _Row, *, layer_id: str, here: str, query: str = "") -> dict[str, Any]:
    """Return the fields of `LayerAnswer`; `here`: the layer's address, `query`: what belongs behind it."""
    return {
        "id": layer_id,
        "title": Bilingual(de=row.title_de, en=row.title_en),
        "city": row.city_id,
        "features": row.features,
        "is_synthetic": row.is_synthetic,
        "attribution": row.attribution,
        "licence": row.licence,
        "links": [
            Link(rel="self", href=f"{here}{query}"),
            Link(rel="items", href=f"{here}/items{query}", type=_GEOJSON),
        ],
    }


def feature_page(
    features: Sequence[str],
    *,
    matched: int,
    next_after: str | int | None,
    url: str,
    collection: str,
    said: Mapping[str, str | bool],
) -> str:
    """Join features into one FeatureCollection (RFC 7946) with its links, and what is `said` of all of them.

    `url`: address of this page; `collection`: of what the features belong to.
    """
    links = [
        Link(rel="self", href=url, type=_GEOJSON),
        Link(rel="collection", href=collection),
    ]
    if next_after is not None:
        following = URL(url).include_query_params(after=next_after)
        links.append(Link(rel="next", href=str(following), type=_GEOJSON))
    head = {
        "type": "FeatureCollection",
        "numberMatched": matched,
        "numberReturned": len(features),
        **said,
        "links": [link.model_dump(exclude_none=True) for link in links],
    }
    return json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [' + ",\n".join(features) + "]}"
