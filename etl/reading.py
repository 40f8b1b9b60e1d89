"""Read raw tables and layers: one clear line when a file is missing, empty, cut off or lacks a column.

Everything is read as text first, so that "00" stays a key and "-" stays a sign; turning text into numbers is
the business of whoever knows what the column means.
"""

from __future__ import annotations

import gzip
import io
import json
import warnings
import zlib
from collections.abc import Iterable, Mapping
from json import JSONDecodeError
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.errors import ShapelyError
from shapely.geometry import shape

from etl.errors import FetchError, one_line
from etl.raw import RawFile

__all__ = ["content_of", "parse_table", "read_geojson", "read_layer", "read_table"]

_AGAIN = "fetch the file again and load again"
_RFC_7946 = "OGC:CRS84"  # what a GeoJSON without a `crs` member is in


def content_of(file: RawFile, *, again: str = _AGAIN) -> bytes:
    """Return the bytes of a raw file, unpacked when its name ends in .gz; `again` is what errors advise."""
    try:
        content = file.path.read_bytes()
        if file.name.endswith(".gz"):
            content = gzip.decompress(content)
    except FileNotFoundError as error:
        raise FetchError("file not found", file.name, "check the folder given with --from") from error
    except (OSError, EOFError, zlib.error) as error:
        raise FetchError(f"{file.name} cannot be read", one_line(error), again) from error
    if not content.strip():
        raise FetchError("the file is empty", file.name, again)
    return content


def read_table(file: RawFile, columns: Iterable[str], *, separator: str = ",") -> pd.DataFrame:
    """Read a delimited text file; all cells are text, empty cells are "" and nothing is taken for missing."""
    return parse_table(content_of(file), file.name, columns, separator=separator)


def parse_table(
    content: bytes, name: str, columns: Iterable[str], *, separator: str = ",", again: str = _AGAIN
) -> pd.DataFrame:
    """Read delimited text that is already in memory; `name` is what errors call it, `again` what they advise."""
    try:
        with warnings.catch_warnings():
            # pandas only warns when it drops cells that no column is named for.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                io.StringIO(content.decode("utf-8-sig")),
                dtype=str,
                keep_default_na=False,
                sep=separator,
                index_col=False,
            )
    except UnicodeDecodeError as error:
        raise FetchError(
            f"{name} is not UTF-8",
            f"byte {error.start}",
            f"save it as UTF-8; or {again}",
        ) from error
    except pd.errors.ParserWarning as error:
        raise FetchError(
            f"{name} is not a table", "its rows have more cells than its header has names", again
        ) from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise FetchError(f"{name} is not a table", one_line(error), again) from error
    lacking = [column for column in columns if column not in frame.columns]
    if lacking:
        raise FetchError(
            f"{name} lacks the column(s) {', '.join(lacking)}",
            f"it has {', '.join(map(str, frame.columns[:8]))}{' …' if len(frame.columns) > 8 else ''}",
            "check that it is the right file and how its columns are called",
        )
    if frame.empty:
        raise FetchError("the table has a header but no rows", name, again)
    return frame


def read_layer(file: RawFile, columns: Iterable[str], *, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read one layer of a GeoPackage with its CRS."""
    place = file.name if layer is None else f"{file.name}, layer {layer}"
    if not file.path.is_file():
        raise FetchError("file not found", file.name, "check the folder given with --from")
    try:
        frame = pyogrio.read_dataframe(file.path, layer=layer)
    except pyogrio.errors.DataLayerError as error:
        names = ", ".join(str(name) for name, _kind in pyogrio.list_layers(file.path)) or "none"
        raise FetchError("layer not found", place, f"the file has the layer(s) {names}") from error
    except (pyogrio.errors.DataSourceError, pyogrio.errors.FeatureError, ShapelyError) as error:
        raise FetchError(f"{place} is not a readable GeoPackage", one_line(error), _AGAIN) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise FetchError(
            "the layer has no geometry", place, "check that it is the right file, then load again"
        )
    return _complete(frame, place, columns)


def read_geojson(file: RawFile, columns: Iterable[str]) -> gpd.GeoDataFrame:
    """Read a GeoJSON FeatureCollection; its CRS is what the file *claims* (see `etl.datasets.placing`).

    A byte order mark is skipped. Without a `crs` member the claim is WGS 84, longitude first (RFC 7946).
    """
    try:
        document = json.loads(content_of(file).decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise FetchError(f"{file.name} is not UTF-8", f"byte {error.start}", _AGAIN) from error
    except JSONDecodeError as error:
        raise FetchError(
            f"broken GeoJSON in {file.name}",
            f"line {error.lineno}, column {error.colno}: {error.msg}",
            _AGAIN,
        ) from error
    except RecursionError as error:
        raise FetchError(f"broken GeoJSON in {file.name}", "it is nested too deeply", _AGAIN) from error
    except ValueError as error:  # Python refuses whole numbers of more than 4,300 digits
        raise FetchError(f"broken GeoJSON in {file.name}", "a number has too many digits", _AGAIN) from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or not all(isinstance(feature, dict) for feature in features):
        raise FetchError(
            "not a GeoJSON FeatureCollection", file.name, "check that it is the right file, then load again"
        )
    geometries = [_geometry(feature, number, file.name) for number, feature in enumerate(features, start=1)]
    records = [_properties(feature, number, file.name) for number, feature in enumerate(features, start=1)]
    frame = gpd.GeoDataFrame(
        pd.DataFrame(records, dtype=object), geometry=geometries, crs=_claimed_crs(document, file.name)
    )
    return _complete(frame, file.name, columns)


def _geometry(feature: Mapping[str, Any], number: int, name: str) -> shapely.Geometry | None:
    if feature.get("geometry") is None:
        return None
    try:
        return shape(feature["geometry"])
    except (
        ShapelyError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        raise FetchError(
            f"broken geometry in {name}", f"feature {number}: {one_line(error)}", _AGAIN
        ) from error


def _properties(feature: Mapping[str, Any], number: int, name: str) -> Mapping[str, Any]:
    properties = feature.get("properties")
    if properties is None:
        return {}
    if not isinstance(properties, dict):
        raise FetchError(
            f"broken GeoJSON in {name}",
            f"feature {number}: its properties are no object but {type(properties).__name__}",
            _AGAIN,
        )
    return properties


def _claimed_crs(document: Mapping[str, Any], name: str) -> CRS:
    member = document.get("crs")
    if not member:
        return CRS.from_user_input(_RFC_7946)
    try:
        return CRS.from_user_input(member["properties"]["name"])
    except (CRSError, KeyError, TypeError) as error:
        raise FetchError(f"unknown coordinate system in {name}", f"crs member {member!r}", _AGAIN) from error


def _complete(frame: gpd.GeoDataFrame, place: str, columns: Iterable[str]) -> gpd.GeoDataFrame:
    lacking = [column for column in columns if column not in frame.columns]
    if frame.empty:
        raise FetchError("the layer has no features", place, _AGAIN)
    if lacking:
        raise FetchError(
            f"{place} lacks the attribute(s) {', '.join(lacking)}",
            f"it has {', '.join(map(str, frame.columns))}",
            "check that it is the right file, then load again",
        )
    return frame
