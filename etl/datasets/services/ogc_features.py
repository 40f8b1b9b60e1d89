"""Features from an OGC API Features: along its `next` links, on the same server only, proven to be all there are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
from pyproj import CRS
from pyproj.exceptions import CRSError

from etl.datasets.services.addresses import is_same_place, web_address, with_query, without_secrets
from etl.datasets.services.http import Answer, Visit
from etl.datasets.services.pages import Collected, Pages, count_of, features_of, json_of
from etl.errors import FetchError
from indicators.methods.errors import suggestion

__all__ = ["OGC_WORDS", "FeaturesRequest", "fetch_ogc_features"]

OGC_WORDS = ("limit", "offset", "crs", "bbox", "bbox-crs")  # ours to set
_ACCEPT = {"Accept": "application/geo+json, application/json;q=0.9"}
_BELOW = r"(/collections(/.*)?)?/?$"  # of an address that leads to a collection already
_DEEPEST = 6  # lists within lists of coordinates


@dataclass(frozen=True, slots=True, kw_only=True)
class FeaturesRequest:
    """Which features: `url` of the interface's start page, `layer` the id of the collection, `box` in degrees."""

    url: str
    layer: str
    crs: str = ""
    box: tuple[float, ...] = ()
    page_size: int = 1000
    query: Mapping[str, str] | None = None


def fetch_ogc_features(visit: Visit, request: FeaturesRequest, into: Path) -> Collected:
    """Fetch all features of a collection into one GeoJSON file, or raise `FetchError`."""
    start = web_address(request.url)
    base = start.copy_with(path=f"{re.sub(_BELOW, '', start.path)}/collections")
    query = dict(request.query or {}) | {"limit": str(request.page_size)}
    if request.crs:
        query["crs"] = _uri(request.crs)
    if request.box:
        query["bbox"] = ",".join(str(degree) for degree in request.box)
    at: httpx2.URL | None = with_query(
        base.copy_with(path=f"{base.path}/{quote(request.layer, safe='')}/items"),
        query,
        reserved=(*OGC_WORDS, "f"),
    )
    pages, seen = Pages(name=request.layer), set[str]()
    while at is not None:
        if str(at) in seen:
            raise FetchError(
                "the pages go round in a circle",
                f"{request.layer}, back at {without_secrets(at)}",
                "tell the publisher",
            )
        seen.add(str(at))
        answer = visit.get(str(at), headers=_ACCEPT)
        if len(seen) == 1 and not answer.is_success:
            _tell_collections(visit, request, base)
        answer.require_success(f"page {pages.number} of {request.layer}", visit.hint)
        document = json_of(answer, request.layer)
        features = features_of(document, answer, request.layer)
        crs, is_turned = _crs_of(answer, document)
        if is_turned:
            features = [_turned(one) for one in features]
        pages.add(answer, features, matched=count_of(document.get("numberMatched")), crs=crs)
        at = _next(document, answer, start, request.layer)
    return pages.collected(into)


def _tell_collections(visit: Visit, request: FeaturesRequest, base: httpx2.URL) -> None:
    """Say which collections there are when the one that is asked for is not."""
    answer = visit.get(str(base), headers={"Accept": "application/json"})
    if not answer.is_success:
        return
    told = json_of(answer, "collections").get("collections")
    names = [str(one.get("id")) for one in told if isinstance(one, dict)] if isinstance(told, list) else []
    if names and request.layer not in names:
        shown = ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
        raise FetchError(
            f"no collection {request.layer!r} in the service; it has {shown}",
            without_secrets(request.url),
            suggestion(request.layer, names),
        )


def _next(document: Mapping[str, Any], answer: Answer, start: httpx2.URL, name: str) -> httpx2.URL | None:
    links = document.get("links")
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("rel") == "next":
            try:
                target = answer.url.join(str(link.get("href", "")))
            except (httpx2.InvalidURL, ValueError) as error:
                raise FetchError(
                    "the next page has no address", f"{name} ({answer.address})", "tell the publisher"
                ) from error
            if not is_same_place(start, target):
                raise FetchError(
                    f"the next page is said to be on another server, {target.scheme}://{target.netloc.decode('ascii')}",
                    f"{name} ({answer.address})",
                    "give the address that the server itself uses, or tell the publisher",
                )
            return target
    return None


def _crs_of(answer: Answer, document: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the CRS of a page and whether its coordinates come with the north first, as that CRS has them."""
    told = re.sub(r"^<|>$", "", answer.headers.get("Content-Crs", "").strip())
    if not told or "CRS84" in told:
        member = document.get("crs")
        named = member.get("properties") if isinstance(member, dict) else None
        return (str(named.get("name", "")), False) if isinstance(named, dict) else ("", False)
    try:
        crs = CRS.from_user_input(told)
        authority = crs.to_authority()
    except CRSError as error:
        raise FetchError(f"unknown CRS {told!r}", answer.address, "say crs in the manifest") from error
    if authority is None:
        raise FetchError(f"unknown CRS {told!r}", answer.address, "say crs in the manifest")
    return f"urn:ogc:def:crs:{authority[0]}::{authority[1]}", crs.axis_info[0].direction == "north"


def _turned(feature: Any) -> Any:
    """Return a feature with the east first, as every GeoJSON file here has it."""
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    if not isinstance(geometry, dict):
        return feature
    return feature | {"geometry": _turned_geometry(geometry, 0)}


def _turned_geometry(geometry: Mapping[str, Any], depth: int) -> dict[str, Any]:
    turned = dict(geometry)
    if isinstance(geometry.get("coordinates"), list):
        turned["coordinates"] = _turned_list(geometry["coordinates"], 0)
    parts = geometry.get("geometries")
    if isinstance(parts, list) and depth < _DEEPEST:
        turned["geometries"] = [
            _turned_geometry(one, depth + 1) if isinstance(one, dict) else one for one in parts
        ]
    return turned


def _turned_list(coordinates: list[Any], depth: int) -> list[Any]:
    if len(coordinates) >= 2 and all(isinstance(one, int | float) for one in coordinates):
        return [coordinates[1], coordinates[0], *coordinates[2:]]
    if depth >= _DEEPEST:
        return coordinates
    return [_turned_list(one, depth + 1) if isinstance(one, list) else one for one in coordinates]


def _uri(crs: str) -> str:
    authority = CRS.from_user_input(crs).to_authority()
    return f"http://www.opengis.net/def/crs/{authority[0]}/0/{authority[1]}" if authority else crs
