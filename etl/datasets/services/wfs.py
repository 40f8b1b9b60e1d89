"""Features from a WFS 2.0: page after page, as JSON or as GML through GDAL, proven to be all there are."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import httpx2
import pyogrio
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.errors import ShapelyError

from etl.datasets.gml import gml_as_written
from etl.datasets.services.addresses import web_address, with_query, without_secrets
from etl.datasets.services.http import Answer, Visit
from etl.datasets.services.pages import Collected, Pages, count_of, features_of, json_of
from etl.datasets.services.xml_answers import (
    Capabilities,
    capabilities_of,
    exception_in,
    is_xml,
    root_of,
)
from etl.errors import FetchError
from indicators.methods.errors import suggestion

__all__ = ["WFS_WORDS", "WfsRequest", "fetch_wfs"]

# Parameters that are ours to set; what an address or a manifest has of them is dropped or refused.
WFS_WORDS = (
    "service",
    "version",
    "acceptversions",
    "request",
    "typename",
    "typenames",
    "count",
    "maxfeatures",
    "startindex",
    "sortby",
    "srsname",
    "outputformat",
    "resulttype",
    "bbox",
)
_JSON = ("application/json", "application/geo+json", "application/vnd.geo+json", "json", "geojson")


@dataclass(frozen=True, slots=True, kw_only=True)
class WfsRequest:
    """Which features: `box` is west, south, east, north in degrees; `query` further parameters of the server's own."""

    url: str
    layer: str
    crs: str = ""
    box: tuple[float, ...] = ()
    sort_by: str = ""
    page_size: int = 1000
    query: Mapping[str, str] | None = None


def fetch_wfs(visit: Visit, request: WfsRequest, into: Path) -> Collected:
    """Fetch all features of a type into one GeoJSON file, or raise `FetchError`.

    Only the address of the request is asked: addresses in the description of the service, which may lead elsewhere
    or be those of a network inside, are not.
    """
    base = web_address(request.url)
    asked = {"service": "WFS", "acceptversions": "2.0.2,2.0.0", "request": "GetCapabilities"}
    answer = visit.get(str(with_query(base, asked, reserved=WFS_WORDS)))
    _require_no_exception(answer, without_secrets(request.url))
    answer.require_success("the description of the service", visit.hint)
    offered = capabilities_of(answer, without_secrets(request.url))
    layer = _layer(offered, request)
    json_format = next((one for one in offered.formats if one.lower() in _JSON), "")
    query = _query(request, offered.version, layer, json_format)
    pages = Pages(name=layer)
    while True:
        here = query | {"count": str(request.page_size), "startindex": str(pages.count)}
        page = visit.get(str(with_query(base, here, reserved=WFS_WORDS)))
        _require_no_exception(page, layer)
        page.require_success(f"page {pages.number} of {layer}", visit.hint)
        came = _add(pages, page, request.crs or offered.types[layer])
        if pages.matched is None and came == pages.count:
            pages.matched = _announced(visit, base, query, layer)
        # A full page may be one of many also where the service says that it is all: some count the page only.
        if came == 0 or (pages.is_complete and came < request.page_size):
            return pages.collected(into)


def _announced(visit: Visit, base: httpx2.URL, query: Mapping[str, str], layer: str) -> int | None:
    """Ask how many features there are, where pages do not say it; None when the service does not know."""
    hits = {name: value for name, value in query.items() if name != "outputformat"} | {"resulttype": "hits"}
    answer = visit.get(str(with_query(base, hits, reserved=WFS_WORDS)))
    if not answer.is_success or not is_xml(answer.content()):
        return None
    return count_of(root_of(answer, layer).attributes.get("numberMatched"))


def _layer(offered: Capabilities, request: WfsRequest) -> str:
    """Return the full name of a feature type; the prefix may be left out where that is unambiguous."""
    if not offered.version.startswith("2.0"):
        raise FetchError(
            f"the service speaks WFS {offered.version or 'of an unknown version'}, not 2.0",
            without_secrets(request.url),
            "ask the publisher for WFS 2.0, or for the file",
        )
    fitting = [name for name in offered.types if request.layer in (name, name.rpartition(":")[2])]
    exact = [name for name in fitting if name == request.layer]
    if len(exact or fitting) != 1:
        known = ", ".join(list(offered.types)[:8]) + (" …" if len(offered.types) > 8 else "")
        what = (
            f"{len(fitting)} layers are called {request.layer!r}"
            if fitting
            else f"no layer {request.layer!r}"
        )
        raise FetchError(
            f"{what} in the service; it has {known or 'none'}",
            without_secrets(request.url),
            suggestion(request.layer, offered.types),
        )
    return (exact or fitting)[0]


def _query(request: WfsRequest, version: str, layer: str, output: str) -> dict[str, str]:
    query = dict(request.query or {}) | {
        "service": "WFS",
        "version": version,
        "request": "GetFeature",
        "typenames": layer,
    }
    if output:
        query["outputformat"] = output
    if request.crs:
        query["srsname"] = _urn(request.crs)
    if request.sort_by:
        query["sortby"] = request.sort_by
    if request.box:
        west, south, east, north = request.box
        # Latitude first, as EPSG:4326 has it.
        query["bbox"] = f"{south},{west},{north},{east},urn:ogc:def:crs:EPSG::4326"
    return query


def _urn(crs: str) -> str:
    authority = CRS.from_user_input(crs).to_authority()
    return f"urn:ogc:def:crs:{authority[0]}::{authority[1]}" if authority else crs


def _require_no_exception(answer: Answer, name: str) -> None:
    told = exception_in(answer, name)
    if told is not None:
        raise FetchError(
            f"the service refuses: {told}",
            answer.address,
            "correct layer, crs or query; give sort_by where it cannot put pages in order",
        )


def _add(pages: Pages, page: Answer, crs: str) -> int:
    """Add a page in whichever format it came, and return how many features it had."""
    before = pages.count
    if is_xml(page.content()):
        root = root_of(page, pages.name)
        if root.name != "FeatureCollection":
            raise FetchError(
                f"the answer is no collection of features but {root.name!r}",
                f"{pages.name} ({page.address})",
                "check url",
            )
        returned = count_of(root.attributes.get("numberReturned"))
        features, found = ([], "") if returned == 0 else _through_gdal(page, pages.name)
        if returned is not None and returned != len(features):
            raise FetchError(
                f"the page says it has {returned:,} features, {len(features):,} could be read",
                f"{pages.name} ({page.address})",
                "tell the publisher",
            )
        matched = count_of(root.attributes.get("numberMatched"))
        claimed = found or _known(crs)
    else:
        document = json_of(page, pages.name)
        features = features_of(document, page, pages.name)
        matched = count_of(document.get("numberMatched", document.get("totalFeatures")))
        claimed = _member(document)
    if not features and pages.count:
        claimed = pages.crs  # an empty page names none
    pages.add(page, features, matched=matched, crs=claimed)
    return pages.count - before


def _through_gdal(page: Answer, name: str) -> tuple[list[Any], str]:
    """Return the features of a GML page and their CRS; every attribute is text, so that 01 stays a key."""
    path = page.path.with_suffix(".gml")
    page.path.rename(path)
    try:
        with warnings.catch_warnings(), gml_as_written(path) as alone:
            warnings.simplefilter("ignore", RuntimeWarning)  # what GDAL doubts is judged with the areas
            warnings.simplefilter("error", UserWarning)  # several kinds of features in one answer
            frame = pyogrio.read_dataframe(alone, EXPOSE_GML_ID="NO", EXPOSE_FID="NO")
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pyogrio.errors.FeatureError,
        UserWarning,
        ShapelyError,
        ValueError,
    ) as error:
        raise FetchError(
            "the GML answer cannot be read",
            f"{name} ({page.address}): {' '.join(str(error).split())}",
            "ask the publisher for the file",
        ) from error
    finally:
        path.rename(page.path)
    if not isinstance(frame, gpd.GeoDataFrame):
        frame = gpd.GeoDataFrame(frame, geometry=[None] * len(frame))
    told = json.loads(frame.to_json(drop_id=True))["features"]
    return told, "" if frame.crs is None else _known(frame.crs)


def _known(crs: object) -> str:
    """Return a CRS in the way GeoJSON names it, "" for one that nobody knows."""
    try:
        authority = CRS.from_user_input(crs).to_authority()
    except CRSError:
        return ""
    return f"urn:ogc:def:crs:{authority[0]}::{authority[1]}" if authority else ""


def _member(document: Mapping[str, Any]) -> str:
    """Return the CRS that a GeoJSON page names, "" when it names none."""
    member = document.get("crs")
    named = member.get("properties") if isinstance(member, dict) else None
    return str(named.get("name", "")) if isinstance(named, dict) else ""
