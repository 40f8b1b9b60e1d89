"""What can be seen of the files of a folder: which columns are keys and names, how numbers are written, where it lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from etl.datasets.counts import could_be_thousands
from etl.datasets.findings import Findings
from etl.datasets.maps import layers_of, read_map
from etl.datasets.numbers import NumberFormat, read_numbers
from etl.datasets.tables import Reading, read_sheet
from etl.errors import FetchError
from etl.raw import RawFile

__all__ = ["SeenAreas", "SeenColumn", "seen_areas", "seen_figures", "seen_table", "seen_thousands"]

_LONGEST_KEY = 20
_LONGEST_LINE = 1 << 16  # [bytes] of a line looked at
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
    srid: int
    box: tuple[float, ...]
    crs: str
    is_valid: bool

    def covered(self, frame: pd.DataFrame) -> tuple[float, str, str, bool]:
        """Return the share of the areas that a table speaks of, by which column, how it joins, and whether zeros lack."""
        keys, names = set(self.keys), set(self.names)
        width = int(self.keys.str.len().max()) if keys else 1
        best: tuple[float, str, str, bool] = (0.0, "", "key", False)
        for column in map(str, frame.columns):
            texts = set(frame[column].str.strip()) - {""}
            if len(texts) < 2:
                continue
            for share, join, fill in (
                (len(texts & keys) / max(len(keys), 1), "key", False),
                (0.99 * len({text.zfill(width) for text in texts} & keys) / max(len(keys), 1), "key", True),
                (0.98 * len(texts & names) / max(len(names), 1), "name", False),
            ):
                if share > best[0]:
                    best = (share, column, join, fill)
        return best


@dataclass(frozen=True, slots=True)
class SeenColumn:
    """One column of figures: its name and how its numbers are written."""

    name: str
    decimal: str
    thousands: str
    is_count: bool


def seen_areas(folder: Path, name: str, unread: list[str]) -> list[SeenAreas]:
    """Return what the areas of one map may be; a file that cannot be read is named in `unread`."""
    file = _raw(folder, name)
    files = {one.name: one for one in [file, *_siblings(folder, name)]}
    try:
        layers = [""] if name.lower().endswith((".geojson", ".geoparquet")) else layers_of(folder / name)
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
        if "Polygon" in set(frame.geom_type.str.removeprefix("Multi")):
            found += _seen(frame, name, layer if len(layers) > 1 else "", crs)
    return found


def seen_table(folder: Path, name: str, unread: list[str]) -> pd.DataFrame | None:
    """Return a file as a table of text, or None and its name in `unread`."""
    findings = Findings()
    frame = read_sheet(_raw(folder, name), Reading(), findings)
    if frame is None:
        unread.append(f"{name}: {findings.errors[0].what if findings.errors else 'could not be read'}")
    return frame


def seen_thousands(folder: Path, name: str, frame: pd.DataFrame, columns: Sequence[str]) -> bool:
    """Whether the points in the figures of a table part thousands, as far as their look tells.

    In a text file with semicolons a point before three digits is enough, elsewhere all numbers of a column have it.
    """
    is_german = False
    if name.lower().endswith((".csv", ".txt")):
        with (folder / name).open("rb") as file:
            is_german = b";" in file.readline(_LONGEST_LINE)
    form = NumberFormat()
    found = False
    for column in columns:
        texts = frame[column]
        if (
            not texts.str.contains(r"\d\.\d", regex=True).any()
            or not read_numbers(texts, form)["readable"].all()
        ):
            continue
        if not could_be_thousands(texts, ".", all_have_it=not is_german):
            return False  # a plain decimal point in the same table
        found = True
    return found


def seen_figures(frame: pd.DataFrame, column: str, *, thousands_first: bool = False) -> SeenColumn | None:
    """Return how the numbers of a column are written, or None when it holds none."""
    texts = frame[column]
    forms = [(".", ""), (",", ""), (",", "."), (".", ",")]
    if thousands_first and texts.str.contains(r"\d\.\d", regex=True).any():
        forms.insert(0, (",", "."))
    for decimal, thousands in forms:
        read = read_numbers(texts, NumberFormat(decimal=decimal, thousands=thousands))
        if read["readable"].all() and read["value"].notna().mean() > 0.2:
            given = read["value"].dropna()
            return SeenColumn(column, decimal, thousands, bool(((given >= 0) & (given % 1 == 0)).all()))
    return None


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
    degrees = frame.to_crs(4326).total_bounds
    crs = CRS.from_user_input(frame.crs)
    srid = crs.to_epsg() if crs.is_projected and crs.to_epsg() not in (None, 3857) else _zone(degrees)
    margin = 0.02
    box = (degrees[0] - margin, degrees[1] - margin, degrees[2] + margin, degrees[3] + margin)
    return [
        SeenAreas(
            name,
            layer,
            column,
            pattern,
            str(label) or column,
            keys,
            texts[label] if label else keys,
            int(srid or 25832),
            tuple(round(float(one), 2) for one in box),
            crs_told,
            bool(frame.geometry.is_valid.all()),
        )
        for column, pattern, keys in ways
    ]


def _zone(degrees: Sequence[float]) -> int:
    """Return the metric CRS for a place: UTM with the datum of Europe there, with WGS 84 elsewhere."""
    longitude, latitude = (degrees[0] + degrees[2]) / 2, (degrees[1] + degrees[3]) / 2
    zone = min(max(int((longitude + 180) // 6) + 1, 1), 60)
    if zone in _ZONES and 35 < latitude < 72:
        return 25800 + zone
    return (32600 if latitude >= 0 else 32700) + zone


def _raw(folder: Path, name: str) -> RawFile:
    path = folder / name
    return RawFile(name=name, path=path, sha256="", size=path.stat().st_size)


def _siblings(folder: Path, name: str) -> list[RawFile]:
    if not name.lower().endswith(".shp"):
        return []
    stem = name.rsplit(".", 1)[0]
    here = (folder / name).parent
    near = (path.relative_to(folder).as_posix() for path in here.iterdir() if path.is_file())
    return [_raw(folder, one) for one in near if one.rsplit(".", 1)[0] == stem and one != name]
