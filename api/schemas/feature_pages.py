"""GeoJSON put together from features the database has already written, with links to what follows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from starlette.datastructures import URL

from api.schemas.texts import Link

__all__ = ["feature_page"]


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
        Link(rel="self", href=url, type="application/geo+json"),
        Link(rel="collection", href=collection),
    ]
    if next_after is not None:
        following = URL(url).include_query_params(after=next_after)
        links.append(Link(rel="next", href=str(following), type="application/geo+json"))
    head = {
        "type": "FeatureCollection",
        "numberMatched": matched,
        "numberReturned": len(features),
        **said,
        "links": [link.model_dump(exclude_none=True) for link in links],
    }
    return json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [' + ",\n".join(features) + "]}"
