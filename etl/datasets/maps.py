"""Layers of any format to areas with keys: read through GDAL, placed by where the coordinates really lie."""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS
from shapely.errors import ShapelyError

from etl.datasets.gml import gml_as_written
from etl.datasets.packed import MOST_BYTES, bytes_of, require_no_entities, unpack
from etl.errors import FetchError, one_line
from etl.raw import RawFile
from etl.reading import read_geojson

__all__ = ["SHAPEFILE_PARTS", "companions", "layers_of", "read_map"]

SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg", ".qpj")
_PARTS = {".shp": SHAPEFILE_PARTS, ".asc": (".prj",)}
_AGAIN = "check that it is the right file and whole, then load again"
_FARTHEST = 1e8  # [metres or degrees] no coordinate on Earth is larger


def companions(path: Path) -> list[Path]:
    """Return a file and the files that belong to it: those of a Shapefile, the CRS of an ASCII grid."""
    parts = _PARTS.get(path.suffix.lower())
    if parts is None:
        return [path]
    there = [one for one in sorted(path.parent.glob(f"{path.stem}.*")) if one.suffix.lower() in parts]
    return [path, *(one for one in there if one != path)]


def layers_of(path: Path) -> list[str]:
    """Return the layers of a file, or raise `FetchError`."""
    try:
        with gml_as_written(path) as alone:
            return [str(name) for name, _kind in pyogrio.list_layers(alone)]
    except pyogrio.errors.DataSourceError as error:
        raise FetchError("the file is no readable map", f"{path.name}: {one_line(error)}", _AGAIN) from error


def read_map(
    files: Mapping[str, RawFile], name: str, *, layer: str = "", crs: str = "", encoding: str = ""
) -> gpd.GeoDataFrame:
    """Return one layer with its attributes and the CRS it claims, numbered from feature 1; or raise `FetchError`.

    `files` are all raw files by name: a Shapefile needs its companions. `crs` is told by the manifest and wins
    over nothing: a file that names another CRS is refused.
    """
    file = files[name]
    lower = name.lower()
    if not file.path.is_file() or file.path.stat().st_size == 0:
        raise FetchError("the file is missing or empty", name, "fetch the file again and load again")
    if lower.endswith((".geojson", ".json")):
        frame = read_geojson(file, ())
        claims = _has_crs_member(file)
    elif lower.endswith((".parquet", ".geoparquet")):
        frame, claims = _geoparquet(file), True
    else:
        with tempfile.TemporaryDirectory(prefix="sozialraum-map-") as folder:
            frame = _through_gdal(_in_place(files, name, Path(folder)), name, layer, encoding)
        claims = frame.crs is not None
    if frame.empty:
        raise FetchError("the layer has no features", name, _AGAIN)
    _require_sane(frame, name)
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    return _with_crs(frame, name, crs, claims)


def _in_place(files: Mapping[str, RawFile], name: str, folder: Path) -> Path:
    """Give the files of a layer their own names again, side by side; unpack an archive."""
    if name.lower().endswith((".zip", ".kmz")):
        found = unpack(files[name].path, name, folder)
        maps = [
            one
            for one in found
            if one.suffix.lower() in (".shp", ".gpkg", ".geojson", ".json", ".fgb", ".kml")
        ]
        if len(maps) != 1:
            what = ", ".join(one.name for one in maps) or "none"
            raise FetchError(f"the archive holds {len(maps)} maps: {what}", name, "pack one map per archive")
        _no_entities(maps[0], name)
        return maps[0]
    stem = name.rsplit(".", 1)[0]
    for other, file in files.items():
        if other == name or (name.lower().endswith(".shp") and other.rsplit(".", 1)[0] == stem):
            (folder / PurePosixPath(other).name).symlink_to(file.path.resolve())
    target = folder / PurePosixPath(name).name
    _no_entities(target, name)
    return target


def _no_entities(path: Path, name: str) -> None:
    if path.suffix.lower() in (".kml", ".gml", ".xml"):
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise FetchError(f"the file has {size // 1024**2:,} MB", name, "cut it to the areas of the city")
        require_no_entities(path.read_bytes(), name)


def _through_gdal(path: Path, name: str, layer: str, encoding: str) -> gpd.GeoDataFrame:
    names = layers_of(path)
    if layer and layer not in names:
        raise FetchError(f"the file has no layer {layer!r}", f"it has {', '.join(names)}", "correct layer")
    if not layer and len(names) > 1:
        raise FetchError(
            f"the file has {len(names)} layers: {', '.join(names)}", name, "say which with layer"
        )
    if not names:
        raise FetchError("the file has no layer", name, _AGAIN)
    try:
        with warnings.catch_warnings(), gml_as_written(path) as alone:
            warnings.simplefilter("ignore", UserWarning)  # an encoding that is told wins over the one in .cpg
            warnings.simplefilter("ignore", RuntimeWarning)  # what GDAL doubts is judged below
            frame = pyogrio.read_dataframe(alone, layer=layer or names[0], encoding=encoding or None)
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pyogrio.errors.FeatureError,
    ) as error:
        raise FetchError("the layer cannot be read", f"{name}: {one_line(error)}", _AGAIN) from error
    except (UnicodeError, ShapelyError, ValueError, LookupError) as error:
        raise FetchError(
            "the layer cannot be read",
            f"{name}: {one_line(error)}",
            "say encoding, or export the file again",
        ) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise FetchError("the layer has no geometry", name, "check that it is the right file and layer")
    return frame


def _geoparquet(file: RawFile) -> gpd.GeoDataFrame:
    import pyarrow as pa  # noqa: PLC0415  # large, and most cities never need it

    try:
        return gpd.read_parquet(file.path)
    except (ValueError, OSError, pa.ArrowException, ShapelyError) as error:
        raise FetchError(
            "the GeoParquet file cannot be read", f"{file.name}: {one_line(error)}", _AGAIN
        ) from error


def _has_crs_member(file: RawFile) -> bool:
    return bool(json.loads(bytes_of(file).decode("utf-8-sig")).get("crs"))


def _with_crs(frame: gpd.GeoDataFrame, name: str, told: str, claims: bool) -> gpd.GeoDataFrame:
    if not told:
        if frame.crs is None:
            raise FetchError(
                "the file does not say its CRS (a Shapefile without .prj)",
                name,
                "save it with its CRS, or say crs in the manifest, such as EPSG:25832",
            )
        return frame
    wanted = CRS.from_user_input(told)
    if (
        claims
        and frame.crs is not None
        and not wanted.equals(CRS.from_user_input(frame.crs), ignore_axis_order=True)
    ):
        raise FetchError(
            f"the file claims {CRS.from_user_input(frame.crs).name}, the manifest says {told}",
            name,
            "leave crs out, or have the file corrected",
        )
    return frame.set_crs(wanted, allow_override=True)


def _require_sane(frame: gpd.GeoDataFrame, name: str) -> None:
    """Refuse coordinates that are no numbers or lie beyond the Earth, before anything computes with them."""
    geometry = frame.geometry.to_numpy()
    coordinates, feature = shapely.get_coordinates(geometry, return_index=True)
    wrong = ~np.isfinite(coordinates).all(axis=1) | (np.abs(coordinates) > _FARTHEST).any(axis=1)
    if wrong.any():
        features = np.unique(feature[wrong]) + 1
        first = coordinates[wrong][0]
        raise FetchError(
            f"{len(features)} feature(s) have coordinates that lie nowhere, such as {first[0]:g}, {first[1]:g}",
            f"{name}, feature {', '.join(map(str, features[:5]))}",
            "export the layer again",
        )
