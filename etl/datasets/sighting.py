"""What can be seen of the maps of a folder: which columns are keys and names, which level follows from the key."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from etl.datasets.maps import companions, layers_of, read_map
from etl.datasets.packed import require_sane_zip
from etl.errors import FetchError
from etl.raw import RawFile

__all__ = [
    "Joined",
    "SeenAreas",
    "SeenUpper",
    "is_seen_map",
    "joins_of",
    "raw_file",
    "seen_areas",
    "upper_of",
]

_MAPS = (".gpkg", ".geojson", ".shp", ".fgb", ".kml", ".geoparquet")
_ONE_LAYER = (".geojson", ".json", ".geoparquet", ".parquet", ".zip")
_LONGEST_KEY = 20
_BEGINNING = 4096  # [bytes] of a JSON file, to tell a map from a table
_SLIVER = 0.1  # [m] a gap between neighbours that is narrower is no real gap
_GUESSES = ("EPSG:4326", "EPSG:25832")  # where a file has no CRS: by the size of its coordinates
_ZONES = range(28, 36)  # ETRS89 / UTM zones of Europe, EPSG 25828 to 25835


@dataclass(frozen=True, slots=True)
class SeenAreas:
    """What was seen of the areas: their file, the columns that look like key and name; `crs` where the file has none."""

    file: str
    layer: str
    key: str
    pattern: str
    name: str
    keys: pd.Series
    names: pd.Series
    attributes: pd.DataFrame
    srid: int
    box: tuple[float, ...]
    crs: str
    invalid: int  # areas with an invalid outline
    unfit: int  # areas whose borders differ a little from those of their neighbours


@dataclass(frozen=True, slots=True)
class SeenUpper:
    """A level of larger areas whose keys are the beginning of the keys of the areas."""

    length: int
    keys: pd.Series  # of the larger area, for every area
    key: str = ""  # column of the map that says it as well
    name: str = ""  # column of the map with its name
    names: Collection[str] = ()
    outlines: SeenAreas | None = None  # the larger areas themselves, where a layer has them


@dataclass(frozen=True, slots=True)
class Joined:
    """How a table speaks of areas: the share of them, the column, whether by key or by name, and whether zeros lack."""

    share: float
    column: Any  # a position in raw cells, a name in a table
    join: str
    fill: bool


def is_seen_map(folder: Path, name: str) -> bool:
    """Whether a file is a map, by its name or, where other files are called so too, by its content."""
    lower, path = name.lower(), folder / name
    if lower.endswith(".zip"):
        try:
            return any(one.lower().endswith(_MAPS) for one in require_sane_zip(path, name))
        except FetchError:
            return True  # it is told when it cannot be read
    if lower.endswith(".json"):
        with path.open("rb") as file:
            return b'"FeatureCollection"' in file.read(_BEGINNING)
    if lower.endswith(".parquet"):
        import pyarrow as pa  # noqa: PLC0415  # large, and most folders never need it
        import pyarrow.parquet as pq  # noqa: PLC0415

        try:
            return b"geo" in (pq.read_schema(path).metadata or {})
        except (pa.ArrowException, OSError):
            return False
    return lower.endswith(_MAPS)


def joins_of(frame: pd.DataFrame, keys: Collection[str], names: Collection[str]) -> Joined:
    """Return by which column a table speaks best of areas."""
    width = max(map(len, keys), default=1)
    best = Joined(0.0, "", "key", False)
    for column in frame.columns:
        texts = set(frame[column].astype(str).str.strip()) - {""}
        if len(texts) < 2:
            continue
        for share, join, fill in (
            (len(texts & set(keys)) / max(len(keys), 1), "key", False),
            (0.99 * len({text.zfill(width) for text in texts} & set(keys)) / max(len(keys), 1), "key", True),
            (0.98 * len(texts & set(names)) / max(len(names), 1), "name", False),
        ):
            if share > best.share:
                best = Joined(share, column, join, fill)
    return best


def seen_areas(folder: Path, name: str, unread: list[str]) -> list[SeenAreas]:
    """Return what the areas of one map may be; a file that cannot be read is named in `unread`."""
    files = {
        (one := raw_file(folder, path.relative_to(folder).as_posix())).name: one
        for path in companions(folder / name)
    }
    try:
        layers = [""] if name.lower().endswith(_ONE_LAYER) else layers_of(folder / name)
    except FetchError as error:
        unread.append(f"{name}: {error}")
        return []
    found = []
    for layer in layers:
        crs = ""
        try:
            try:
                frame = read_map(files, name, layer=layer)
            except FetchError as error:
                if "CRS" not in str(error):
                    raise
                crs = _GUESSES[0]
                frame = read_map(files, name, layer=layer, crs=crs)
                if abs(frame.total_bounds).max() > 360:  # no degrees
                    crs = _GUESSES[1]
                    frame = frame.set_crs(crs, allow_override=True)
        except FetchError as error:
            unread.append(f"{name}: {error}")
            continue
        if "Polygon" in set(frame.geom_type.dropna().str.removeprefix("Multi")):
            found += _seen(frame, name, layer if len(layers) > 1 else "", crs)
    return found


def upper_of(areas: SeenAreas, others: Sequence[SeenAreas] = ()) -> SeenUpper | None:
    """Return the level that follows from the beginning of the keys.

    Another layer has exactly these keys, or other columns of the map say the same.
    """
    for other in others:
        lengths = set(other.keys.str.len())
        if other.pattern or len(lengths) != 1 or len(other.keys) >= len(areas.keys):
            continue
        prefixes = areas.keys.str[: lengths.copy().pop()]
        if set(prefixes) == set(other.keys):
            names = tuple(other.names.str.strip())
            return SeenUpper(lengths.pop(), prefixes, other.key, names=names, outlines=other)
    texts, keys = areas.attributes, areas.keys
    if keys.str.len().min() != keys.str.len().max():
        return None
    found: list[SeenUpper] = []
    for length in range(1, int(keys.str.len().max())):
        prefixes = keys.str[:length]
        if not 2 <= prefixes.nunique() <= len(keys) / 2:
            continue
        said = [
            column
            for column in texts.columns
            if column != areas.key and (texts[column].str.strip().str.zfill(length) == prefixes).all()
        ]
        named = [
            column
            for column in texts.columns
            if texts[column].str.contains(r"[^\W\d_]{3}", regex=True).all()
            and texts[column].nunique() == prefixes.nunique()
            and texts[column].groupby(prefixes).nunique().max() == 1
        ]
        if said or named:
            name = str(named[0]) if named else ""
            names = tuple(texts[name].str.strip().unique()) if name else ()
            found.append(SeenUpper(length, prefixes, str(said[0]) if said else "", name, names))
    # A name may follow from more characters than the key of the larger area has.
    return next((one for one in found if one.key), found[0] if found else None)


def _seen(frame: gpd.GeoDataFrame, name: str, layer: str, crs_told: str) -> list[SeenAreas]:
    """Return what the areas may be: one reading for every column, or number in a column, that could be the key."""
    texts = pd.DataFrame(frame.drop(columns=frame.geometry.name)).astype(str)
    ways: list[tuple[str, str, pd.Series]] = []
    for column in map(str, texts.columns):
        for pattern in ("", r"^(\d+)", r"(\d+)$"):
            keys = texts[column].str.extract(pattern, expand=False) if pattern else texts[column]
            if (
                keys.notna().all()
                and keys.is_unique
                and (keys.str.len() > 0).all()
                and keys.str.len().max() <= _LONGEST_KEY
            ):
                ways.append((column, pattern, keys))
    ways.sort(
        key=lambda way: (
            way[1] != "",
            not way[2].str.fullmatch(r"[\w-]*\d[\w-]*").all(),
            way[2].str.len().std() or 0,
        )
    )
    words = [
        column
        for column in texts.columns
        if texts[column].str.contains(r"[^\W\d_]{3}", regex=True).mean() > 0.9
    ]
    label = max(words, key=lambda column: texts[column].nunique(), default="")
    if label and texts[label].nunique() <= len(texts) / 2:  # names of larger areas
        label = ""
    degrees = _in_degrees(frame)
    crs = CRS.from_user_input(frame.crs)
    srid = crs.to_epsg() if crs.is_projected and crs.to_epsg() not in (None, 3857) else _zone(degrees)
    margin = 0.02
    box = (degrees[0] - margin, degrees[1] - margin, degrees[2] + margin, degrees[3] + margin)
    shapes = frame.to_crs(int(srid or 25832)).geometry.to_numpy()
    invalid = int((~shapely.is_valid(shapes)).sum())
    edges = () if invalid else shapely.coverage_invalid_edges(shapes, gap_width=_SLIVER)
    return [
        SeenAreas(
            name,
            layer,
            column,
            pattern,
            str(label) or column,
            keys,
            texts[label] if label else keys,
            texts,
            int(srid or 25832),
            tuple(round(float(one), 2) for one in box),
            crs_told,
            invalid,
            int(np.sum(~shapely.is_empty(edges))) if len(edges) else 0,
        )
        for column, pattern, keys in ways
    ]


def _in_degrees(frame: gpd.GeoDataFrame) -> np.ndarray:
    """Return where the areas lie, also when the axes of a projected CRS are exchanged, as `check` will find."""
    crs = CRS.from_user_input(frame.crs)
    use, degrees = crs.area_of_use, frame.to_crs(4326).total_bounds
    if not crs.is_projected or use is None or use.south - 1 <= degrees[1] <= use.north + 1:
        return degrees
    west, south, east, north = frame.total_bounds
    turned = gpd.GeoSeries([shapely.box(south, west, north, east)], crs=crs).to_crs(4326).total_bounds
    return turned if np.isfinite(turned).all() else degrees


def _zone(degrees: np.ndarray) -> int:
    """Return the metric CRS for a place: UTM with the datum of Europe there, with WGS 84 elsewhere."""
    longitude, latitude = (degrees[0] + degrees[2]) / 2, (degrees[1] + degrees[3]) / 2
    zone = min(max(int((longitude + 180) // 6) + 1, 1), 60)
    if zone in _ZONES and 35 < latitude < 72:
        return 25800 + zone
    return (32600 if latitude >= 0 else 32700) + zone


def raw_file(folder: Path, name: str) -> RawFile:
    """Return a file of the folder where it lies."""
    path = folder / name
    return RawFile(name=name, path=path, sha256="", size=path.stat().st_size)
