"""Map files from anywhere: what has to be in them to propose priority areas, and how results become a map file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from etl.datasets import maps
from etl.datasets.maps import companions, layers_of
from etl.errors import EtlError, FetchError
from etl.raw import RawFile
from indicators.methods.errors import nearest
from maps.whole_files import unfinished

__all__ = ["area_column", "digest", "id_text", "read_map", "require_writable", "write_map"]

# A GeoPackage says when it was changed: with a fixed date the same map is the same file.
_DATE = "2000-01-01T00:00:00Z"
_WITHOUT_LAYERS = (".parquet", ".geoparquet", ".zip", ".kmz")


def read_map(path: Path, *, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read a map file as those of a data set are read: any format, keys as they are written, nothing fetched.

    Raises
    ------
    EtlError, FetchError
        If there is no such file, it is no map, or it has several layers and none was named.
    """
    if not path.is_file():
        raise FetchError("no such file", str(path), "give a map file, e.g. a GeoPackage or GeoJSON")
    if path.suffix.lower() not in _WITHOUT_LAYERS:
        layers = layers_of(path)
        if layer is not None and layer not in layers:
            raise EtlError(f"{path}: no layer {layer!r}; {_hint(layer, layers)}")
        if layer is None and len(layers) > 1:
            raise EtlError(f"{path}: several layers; name one of them: {', '.join(layers)}")
    files = {
        one.name: RawFile(name=one.name, path=one, sha256="", size=one.stat().st_size)
        for one in companions(path)
    }
    return maps.read_map(files, path.name, layer=layer or "")


def area_column(frame: pd.DataFrame, name: str, path: Path) -> pd.Series:
    """Return a column, or say which are there.

    Raises
    ------
    EtlError
        With the nearest name.
    """
    if name not in frame.columns:
        columns = [str(column) for column in frame.columns if column != "geometry"]
        raise EtlError(f"{path}: no column {name!r}; {_hint(name, columns)}")
    return frame[name]


def _hint(name: str, known: list[str]) -> str:
    close = nearest(name, known)
    return (f"did you mean {close!r}? " if close else "") + f"there are: {', '.join(known)}"


def id_text(ids: pd.Series) -> pd.Series:
    """Return ids as text: whole numbers without the point that a gap elsewhere gave them."""
    if pd.api.types.is_float_dtype(ids.dtype) and (ids % 1 == 0).all():
        ids = ids.astype("int64")
    return ids.astype(str)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, for the run passport."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def require_writable(path: Path, *, suffixes: Sequence[str] = (".gpkg",)) -> None:
    """Raise before the work when results could not be written there.

    Raises
    ------
    EtlError
        If it has another ending, or its folder does not exist.
    """
    if path.suffix.lower() not in suffixes:
        what = "results have several layers" if ".gpkg" in suffixes else "the surface is a GeoTIFF"
        raise EtlError(f"{path}: {what}; give a file that ends in {' or '.join(suffixes)}")
    if not path.parent.is_dir():
        raise EtlError(f"{path}: no such folder: {path.parent}; make it first")


def write_map(path: Path, layers: Mapping[str, gpd.GeoDataFrame | pd.DataFrame]) -> None:
    """Write layers to one GeoPackage, all or nothing; the same layers make the same file byte for byte."""
    require_writable(path)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _DATE})
    try:
        with unfinished(path) as part:
            for layer, frame in layers.items():
                pyogrio.write_dataframe(frame, part, layer=layer, driver="GPKG", append=part.exists())
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
