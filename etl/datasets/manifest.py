"""A manifest (`dataset.toml`): what a data officer says about files, so that they can be loaded or refused."""

# `says` makes fields, and nothing is shared by them.
# ruff: noqa: RUF009

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from etl.datasets.check_parts import ChecksPart
from etl.datasets.download_parts import DownloadPart, each_download
from etl.datasets.manifest_parts import (
    CityPart,
    EditionPart,
    GeographyPart,
    RejectPart,
    Rows,
    SourcePart,
)
from etl.datasets.overlay_parts import AccessPart, OverlayPart
from etl.datasets.rasters.parts import RasterPart
from etl.datasets.schema import says
from indicators.definition import Direction, Kind

__all__ = [
    "CategoriesPart",
    "ComputePart",
    "ConfidentialityPart",
    "GroupsPart",
    "IndicatorPart",
    "LeftOutPart",
    "Manifest",
    "RowPart",
    "TablePart",
    "ValuePart",
]

Status = Literal["measured", "zero", "missing", "suppressed", "provisional", "corrected", "uncertain"]
Withheld = Literal["missing", "suppressed"]
Sign = Literal["zero", "missing", "suppressed"]  # a cell without a number can say no more than that


@dataclass(frozen=True, kw_only=True)
class ValuePart:
    """One indicator of a table: in which column or rows it stands, and what its cells mean."""

    indicator: str = says("id of the indicator")
    column: tuple[str, ...] = says(
        "wide: column with the values; of several columns the sum is taken", default=()
    )
    match: str = says("long, years: text of the indicator column", default="")
    where: Rows = says("only rows in which these columns have these texts", factory=dict)
    adds_rows: bool = says("whether several rows of an area and period are added up", default=False)
    periods: tuple[str, ...] = says("only these periods; all of the table when left out", default=())
    signs: Mapping[str, Sign] = says("signs of this indicator, beside those of the table", factory=dict)
    sentinels: Mapping[str, Sign] = says('numbers that stand for a state, such as "-999"', factory=dict)
    zero: Status = says("what a plain 0 means", default="zero")
    zero_from: str = says("first period for which that holds", default="")
    zero_before: Status = says("what a plain 0 means before that period", default="zero")
    all_zero: Literal["", "missing", "suppressed"] = says(
        "what it means when every area has 0 in a period: nothing special when left out", default=""
    )
    labels: Mapping[str, float] = says("classes: text = number of the class", factory=dict)
    factor: float = says("what a figure is multiplied with to come into the unit", default=1.0)


@dataclass(frozen=True, kw_only=True)
class RowPart:
    """Rows of which every value has a state, whatever stands in their cells."""

    columns: tuple[str, ...] = says("columns that show it")
    are: tuple[str, ...] = says("texts; it holds when each of the columns has one of them")
    status: Withheld = says("what every value of the row is then", default="suppressed")


@dataclass(frozen=True, kw_only=True)
class TablePart:
    """One table, or one per period."""

    file: str = says("file; {period} stands for each of `periods`")
    optional: bool = says(
        "whether the data set can be loaded without the file; that it was not there is kept with the load",
        default=False,
    )
    sheet: str = says("sheet of a workbook, or layer; the first when left out", default="")
    geography: str = says("level of the areas in the rows")
    upper_levels: tuple[str, ...] = says(
        "levels above whose own rows stand in the same table, by the same rules", default=()
    )
    layout: Literal["wide", "long", "years"] = says(
        "wide: a column per indicator; long: a row per value; years: a column per period"
    )
    encoding: str = says("encoding of a text file; found out when left out", default="")
    delimiter: str = says("delimiter of a text file; found out when left out", default="")
    records: tuple[str, ...] = says(
        "JSON: names for the keys on the way down to the records, each becomes a column", default=()
    )
    header: tuple[int, ...] = says("rows with the names of the columns, from 1", default=(1,))
    ends_at: str = says(
        "regular expression: the table ends at the first row whose first cell it finds", default=""
    )
    decimal: Literal[".", ","] = says("decimal sign", default=".")
    thousands: Literal["", ".", ",", " ", "'"] = says("sign between thousands", default="")
    signs: Mapping[str, Sign] = says("signs in place of a number, beside the usual ones", factory=dict)
    sentinels: Mapping[str, Sign] = says('numbers that stand for a state, such as "-999"', factory=dict)
    footnotes: bool = says("whether numbers may carry marks of footnotes", default=False)
    key: tuple[str, ...] = says("column or columns that say the area; several are joined with _")
    join: Literal["key", "name"] = says("whether they hold the key or the name of the area", default="key")
    key_pattern: str = says("regular expression with one group: what of the text is the key", default="")
    key_prefix: str = says("text put before every key", default="")
    zero_fill: bool = says("whether keys are filled up with zeros to the length of the level", default=False)
    aliases: Mapping[str, str] = says("text in the table = key or name of the area", factory=dict)
    unknown_areas: Literal["refuse", "reject", "leave_out"] = says(
        "rows of other areas: refuse the load, keep them with a reason, or only count them", default="refuse"
    )
    where: Rows = says("only these rows are read; the others are counted", factory=dict)
    reject: tuple[RejectPart, ...] = says("rows that are left out and kept with a reason", default=())
    row_status: tuple[RowPart, ...] = says("rows of which every value is withheld or missing", default=())
    no_row: Literal["missing", "zero", "refuse"] = says(
        "what an area without a row has: nobody knows, or nothing; or refuse the load", default="missing"
    )
    all_zero_rows: Literal["", "missing", "suppressed"] = says(
        "what it means when every value of an area and period is 0: nothing special when left out", default=""
    )
    period: str = says('the one period of the table, such as "2019"', default="")
    periods: tuple[str, ...] = says("periods that {period} in the file name stands for", default=())
    period_column: str = says("column with the period", default="")
    period_pattern: str = says(
        "regular expression with one group: what of the text is the period", default=""
    )
    year_columns: str = says(
        "years: regular expression with one group, the period, for the names of columns", default=""
    )
    indicator_column: str = says("long, years: column that says the indicator", default="")
    value_column: str = says("long: column with the values", default="")
    reference_date: str = says("date of the values; {period} stands for the period", default="{period}-12-31")
    reference_dates: Mapping[str, date] = says("dates by period, where there is no rule", factory=dict)
    value: tuple[ValuePart, ...] = says("the indicators")


@dataclass(frozen=True, kw_only=True)
class IndicatorPart:
    """One indicator. One that is known already needs its id only."""

    id: str = says("id: small letters, digits and _")
    title_de: str = says("German name", default="")
    title_en: str = says("English name", default="")
    unit: str = says("unit, such as persons, households, %, years, €, m²", default="persons")
    kind: Kind = says("extensive: counts, add up; intensive: rates; ordinal: classes", default="extensive")
    direction: Direction = says("what a higher value means", default="context")
    numerator: str = says("share computed from counts: id of the part", default="")
    denominator: str = says("share computed from counts: id of the whole", default="")
    decimals: int = says("digits shown after the point", default=0)
    labels_de: tuple[str, ...] = says("ordinal: German name of class 1, 2, …", default=())
    labels_en: tuple[str, ...] = says("ordinal: English name of class 1, 2, …", default=())
    source: str = says("who counts or estimates it; the attribution when left out", default="")
    caution_de: str = says("what to mind, German", default="")
    caution_en: str = says("what to mind, English", default="")
    add_up: bool = says("whether counts are added up for levels that have none of their own", default=True)
    least: float | None = says("smallest value that can be right", default=None)
    most: float | None = says("largest value that can be right", default=None)


@dataclass(frozen=True, kw_only=True)
class CategoriesPart:
    """A total and the counts that add up to it."""

    total: str = says("id of the total")
    parts: tuple[str, ...] = says("ids of the counts that make it up without a remainder")


@dataclass(frozen=True, kw_only=True)
class ConfidentialityPart:
    """What is too small to be published (statistische Geheimhaltung)."""

    profile: str = says(
        "rules for every count: strict, recommended, survey, employment-agency, or as-published for what is public",
        default="strict",
    )
    minimum_count: int | None = says(
        "smallest count that is published, instead of the profile's", default=None
    )
    minimum_denominator: float | None = says(
        "fewest for which a rate is published, instead of the profile's", default=None
    )
    exceptions: Mapping[str, str] = says(
        'other profiles for single indicators; "none": no protection', factory=dict
    )
    categories: tuple[CategoriesPart, ...] = says("counts that add up to a total", default=())
    parts: Mapping[str, str] = says("id of a part = id of its whole", factory=dict)


@dataclass(frozen=True, kw_only=True)
class GroupsPart:
    """Groups whose segregation is measured."""

    name: str = says("name of the result; that of the group when there is one", default="")
    groups: tuple[str, ...] = says("ids of the counts of the groups")
    total: str = says("id of the count of everybody", default="residents")


@dataclass(frozen=True, kw_only=True)
class ComputePart:
    """What is computed from the values."""

    residents: str = says("id of the count of the people a proposal is about", default="residents")
    reliable_from: float = says(
        "with fewer to relate to, a share is missing because chance would rule", default=100.0
    )
    replicates: int = says("resamples for the intervals of segregation", default=100)
    without_land_area: bool = says(
        "whether densities are left out, because the outlines do not show true areas; always so with tiles",
        default=False,
    )
    segregation: tuple[GroupsPart, ...] = says("groups whose segregation is measured", default=())
    methods: Mapping[str, str] = says(
        'status method by period, "*" for all others: name of a shipped method, or of a method file in the folder',
        factory=dict,
    )


@dataclass(frozen=True, kw_only=True)
class LeftOutPart:
    """A file, or a part of one, that is known and not loaded."""

    file: str = says("file")
    place: str = says("which part of it", default="")
    reason: str = says("why; kept with every load")


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Everything a manifest says; `name` is what findings call it."""

    id: str = says("id of the data set: small letters, digits and -")
    folders: tuple[str, ...] = says(
        "names of further folders with files: in the folder that is given, or beside it", default=()
    )
    city: CityPart = says("whose areas these are")
    source: SourcePart = says("who published the data, under which licence")
    edition: EditionPart = says("edition of the boundaries")
    geography: tuple[GeographyPart, ...] = says("levels of areas, from the top down")
    indicator: tuple[IndicatorPart, ...] = says("indicators that tables have or shares that are computed")
    table: tuple[TablePart, ...] = says("tables with values")
    raster: tuple[RasterPart, ...] = says("indicators made of the cells of rasters", default=())
    confidentiality: ConfidentialityPart = says(
        "what is too small to be published", factory=ConfidentialityPart
    )
    compute: ComputePart = says("what is computed", factory=ComputePart)
    checks: ChecksPart = says("what must hold between values", factory=ChecksPart)
    overlay: tuple[OverlayPart, ...] = says("facilities, streets and own layers", default=())
    access: tuple[AccessPart, ...] = says("shares of people near facilities", default=())
    left_out: tuple[LeftOutPart, ...] = says("files that are known and not loaded", default=())
    download: tuple[DownloadPart, ...] = says("files that are fetched from their publishers", default=())

    def __repr__(self) -> str:
        return (
            f"Manifest({self.id}: {len(self.geography)} levels, {len(self.table)} tables, "
            f"{len(self.indicator)} indicators)"
        )

    def level(self, name: str) -> GeographyPart:
        """Return a level by its id."""
        return next(one for one in self.geography if one.id == name)

    @property
    def files(self) -> tuple[str, ...]:
        """Every file the manifest names, each once."""
        named: list[str] = []
        for level in self.geography:
            named += [level.file]
            named += [one.file for one in (level.grid, level.tiles, level.names_from) if one is not None]
        for table in self.table:
            named += [table.file.replace("{period}", period) for period in table.periods or ("",)]
        named += [one.file for one in self.overlay]
        named += [one.file for one in self.raster]
        named += self.method_files
        return tuple(dict.fromkeys(name for name in named if name))

    @property
    def optional_files(self) -> frozenset[str]:
        """Files that only tables read that need not be there."""
        needed = replace(self, table=tuple(one for one in self.table if not one.optional))
        return frozenset(self.files) - frozenset(needed.files)

    @property
    def downloads(self) -> tuple[DownloadPart, ...]:
        """Every file that is fetched from a publisher, one by one."""
        return each_download(self.download)

    @property
    def method_files(self) -> tuple[str, ...]:
        """Files with methods of the city's own."""
        return tuple(dict.fromkeys(name for name in self.compute.methods.values() if name.endswith(".toml")))
