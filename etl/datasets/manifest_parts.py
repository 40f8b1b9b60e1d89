"""The parts of a manifest about areas: the city, where the data come from, and the levels of areas."""

# `says` makes fields, and nothing is shared by them.
# ruff: noqa: RUF009

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from etl.datasets.check_parts import CoveragePart
from etl.datasets.schema import says

__all__ = [
    "CityPart",
    "CorrectionPart",
    "EditionPart",
    "GeographyPart",
    "GridPart",
    "NamesPart",
    "RejectPart",
    "Repair",
    "Rows",
    "SourcePart",
    "TilesPart",
]

# Which rows: every column named has one of these texts.
Rows = Mapping[str, str | tuple[str, ...]]
Repair = Literal["make_valid", "snap", "coverage_clean", "subtract_overlaps"]


@dataclass(frozen=True, kw_only=True)
class CityPart:
    """Whose areas these are."""

    id: str = says("id of the city: small letters, digits and -; not that of the generated sample city")
    title_de: str = says("German name")
    title_en: str = says("English name")
    srid: int = says("EPSG number of the projected CRS that areas are kept in, such as 25832 or 25833")
    box: tuple[float, ...] = says(
        "west, south, east, north in degrees: where all areas lie; without it the range of the CRS is taken",
        default=(),
    )
    synthetic: bool = says("whether the data are made up", default=False)


@dataclass(frozen=True, kw_only=True)
class SourcePart:
    """Who published the data, and under which licence."""

    title_de: str = says("German name of the data set")
    title_en: str = says("English name of the data set")
    publisher: str = says("who published the data")
    licence: str = says("licence, such as dl-de/by-2-0")
    attribution: str = says("how the publisher is to be named beside every figure")
    url: str = says("address of the data set", default="")
    contact: str = says("whom to ask about the data", default="")


@dataclass(frozen=True, kw_only=True)
class EditionPart:
    """The edition of the boundaries (Gebietsstand)."""

    id: str = says('name of the edition, such as "2020"')
    valid_from: date = says("first day on which the boundaries are valid, such as 2020-01-01")
    valid_to: date | None = says("last day; left out while they are still valid", default=None)


@dataclass(frozen=True, kw_only=True)
class NamesPart:
    """Where the names of a level are, when the level is made from the one below."""

    file: str = says("file with the names")
    layer: str = says("layer of the file", default="")
    key: str = says("column with the keys")
    key_pattern: str = says("regular expression with one group: what of the text is the key", default="")
    name: str = says("column with the names")


@dataclass(frozen=True, kw_only=True)
class CorrectionPart:
    """One wrong key, corrected."""

    where: Rows = says('which features: table of column = "text" or a list of texts')
    key: str = says("the right key")


@dataclass(frozen=True, kw_only=True)
class RejectPart:
    """Rows or features that are left out and kept with a reason."""

    where: Rows = says('which rows: table of column = "text" or a list of texts')
    reason: str = says("why they are left out; kept with every load")


@dataclass(frozen=True, kw_only=True)
class GridPart:
    """Areas that are cells of a grid."""

    file: str = says("table with a row per cell")
    row: str = says("column with the number of the row, from the top")
    column: str = says("column with the number of the column, from the left")
    rows: int = says("how many rows the grid has")
    size: float = says("width of a cell in metres")
    origin: tuple[float, ...] = says("lower left corner in the CRS of the city")


@dataclass(frozen=True, kw_only=True)
class TilesPart:
    """Areas of which no boundaries are delivered: drawn as equal tiles, in the order of their keys."""

    file: str = says("table with a row per area, or several per area")
    size: float = says("width of a tile in metres")
    origin: tuple[float, ...] = says("lower left corner in the CRS of the city")


@dataclass(frozen=True, kw_only=True)
class GeographyPart:
    """One level of areas: from a file, or made from the level below; from the top down."""

    id: str = says('id of the level, such as "district"; the top level is the whole city')
    title_de: str = says('German name, plural, such as "Stadtteile"')
    title_en: str = says("English name, plural")
    key_length: int = says("how many characters every key of this level has")
    area_id: str = says("for a level of one area: its key", default="")
    area_name: str = says("for a level of one area: its name", default="")
    file: str = says(
        "file with the areas; a level without file, grid and tiles is made from the one below", default=""
    )
    layer: str = says("layer of the file; may be left out when there is one", default="")
    crs: str = says("CRS of the coordinates, when the file does not say it, such as EPSG:4269", default="")
    encoding: str = says("encoding of the attributes, when the file does not say it", default="")
    grid: GridPart | None = says("areas that are cells of a grid", default=None)
    tiles: TilesPart | None = says("no boundaries: areas are drawn as tiles, and said to be", default=None)
    key: tuple[str, ...] = says("column or columns with the key; several are joined with _", default=())
    key_pattern: str = says("regular expression with one group: what of the text is the key", default="")
    key_prefix: str = says("text put before every key", default="")
    zero_fill: bool = says("whether keys are filled up with zeros to key_length, and counted", default=False)
    name: str = says("column with the names; the key is the name when left out", default="")
    name_pattern: str = says("regular expression with one group: what of the text is the name", default="")
    parent_prefix: int = says("the parent's key is the beginning of the key: how many characters", default=0)
    parent_pattern: str = says(
        "regular expression with one group: the parent's key within the key", default=""
    )
    parent_key: str = says("column with the parent's key", default="")
    parent_name: str = says("column with the parent's name", default="")
    names: Mapping[str, str] = says("names by key, where the level has no file", factory=dict)
    names_from: NamesPart | None = says(
        "file with names by key, where the level has no file of areas", default=None
    )
    where: Rows = says("only these features are areas; the others are counted", factory=dict)
    reject: tuple[RejectPart, ...] = says("features that are left out and kept with a reason", default=())
    correct: tuple[CorrectionPart, ...] = says("wrong keys and the right ones", default=())
    merge: Mapping[str, str] = says(
        "key of a part = key of the area it is added to, here and in tables", factory=dict
    )
    repair: tuple[Repair, ...] = says(
        "named steps of repair, in this order; what they change is counted", default=()
    )
    coverage: CoveragePart = says("how serious it is when areas do not fit together", factory=CoveragePart)
