"""Does a manifest make sense in itself? Names that lead nowhere, layouts without their columns, unsafe paths."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import PurePosixPath

from pyproj import CRS
from pyproj.exceptions import CRSError

from db.models import PERIOD_PATTERN
from etl.datasets.check_rules import check_problems
from etl.datasets.download_parts import download_problems
from etl.datasets.indicator_names import indicator_suggestion
from etl.datasets.keys import pattern_problem
from etl.datasets.manifest import Manifest, TablePart, ValuePart
from etl.datasets.manifest_parts import GeographyPart
from etl.datasets.manifest_texts import text_problems
from etl.datasets.overlay_rules import overlay_problems
from etl.datasets.published_addresses import published_address_problems
from etl.datasets.rasters.rules import raster_problems
from indicators.confidentiality.profiles import PROFILES
from indicators.definition import Indicator
from indicators.known import known_by_id
from indicators.methods import method_names
from indicators.methods.errors import suggestion
from indicators.methods.positions import Path as Place

__all__ = ["manifest_problems"]

# Place in the document, key, what is wrong, what to do.
Problem = tuple[Place, str, str, str]

_ID = re.compile(r"[a-z][a-z0-9-]*")
_FOLDER = re.compile(r"(?!\.)[^/\\:]+")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PATTERN = r"write a simple pattern with exactly one group ( ), such as '^(\d+)'"


def manifest_problems(manifest: Manifest) -> Iterator[Problem]:
    """Yield everything that contradicts itself, and what is not filled in yet."""
    yield from text_problems(manifest)
    yield from _city(manifest)
    for number, level in enumerate(manifest.geography):
        yield from _level(manifest, level, number)
    if not manifest.geography:
        yield (
            (),
            "geography",
            "there is no level of areas",
            "describe the levels in [[geography]], from the top down",
        )
    elif manifest.geography[-1].file == "" and not (
        manifest.geography[-1].grid or manifest.geography[-1].tiles
    ):
        place: Place = ("geography", len(manifest.geography) - 1)
        yield place, "file", "the lowest level has no areas", "give its file, a grid or tiles"
    yield from _repeated("geography", [one.id for one in manifest.geography])
    yield from _repeated("indicator", [one.id for one in manifest.indicator])
    yield from _indicators(manifest)
    for number, table in enumerate(manifest.table):
        yield from _table(manifest, table, ("table", number))
    yield from raster_problems(manifest)
    yield from _confidentiality(manifest)
    yield from _compute(manifest)
    yield from check_problems(manifest)
    yield from overlay_problems(manifest)
    yield from published_address_problems(manifest)
    yield from download_problems(manifest.download, manifest.files, manifest.city.box)
    for name in manifest.folders:
        if not _FOLDER.fullmatch(name):
            what = f"{name!r} is no name of a folder"
            yield ("folders",), "folders", what, "give the name alone, without / and .."
    for name in manifest.files:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
            yield (
                (),
                "file",
                f"the path {name!r} leads out of the folder",
                "name files inside the folder, with /",
            )


def _city(manifest: Manifest) -> Iterator[Problem]:
    city = manifest.city
    for what, place in ((manifest.id, ("id",)), (city.id, ("city", "id"))):
        if not _ID.fullmatch(what):
            yield (
                place,
                "id",
                f"{what!r} is no id",
                "use small letters, digits and -, beginning with a letter",
            )
    try:
        crs = CRS.from_epsg(city.srid)
    except CRSError:
        yield (
            ("city", "srid"),
            "srid",
            f"EPSG:{city.srid} is unknown",
            "give the EPSG number of a projected CRS",
        )
    else:
        unit = crs.axis_info[0].unit_name if crs.axis_info else ""
        if not crs.is_projected or unit not in {"metre", "meter"} or city.srid == 3857:
            what = f"EPSG:{city.srid} ({crs.name}) does not measure in true metres"
            yield ("city", "srid"), "srid", what, "give a projected CRS in metres, such as 25832 or 25833"
    if city.box and not (len(city.box) == 4 and city.box[0] < city.box[2] and city.box[1] < city.box[3]):
        yield (
            ("city", "box"),
            "box",
            f"{list(city.box)} is no box",
            "give west, south, east, north in degrees",
        )
    edition = manifest.edition
    if edition.valid_to is not None and edition.valid_to < edition.valid_from:
        yield (
            ("edition", "valid_to"),
            "valid_to",
            "the edition ends before it begins",
            "correct one of the dates",
        )


def _level(manifest: Manifest, level: GeographyPart, number: int) -> Iterator[Problem]:
    place: Place = ("geography", number)
    if not _NAME.fullmatch(level.id):
        yield (*place, "id"), "id", f"{level.id!r} is no id", "use small letters, digits and _"
    ways = [name for name in ("file", "grid", "tiles", "area_id") if getattr(level, name)]
    if len(ways) > 1 and ways != ["file", "area_id"]:
        yield place, ways[1], f"level {level.id} has {' and '.join(ways)}", "keep one of them"
    if bool(level.area_id) != bool(level.area_name):
        yield place, "area_id", f"level {level.id} needs both area_id and area_name", "give both or none"
    if level.area_id and len(level.area_id) != level.key_length:
        what = f"area_id {level.area_id!r} does not have {level.key_length} characters"
        yield (*place, "area_id"), "area_id", what, "correct area_id or key_length"
    if level.key_length < 1:
        yield (*place, "key_length"), "key_length", "keys have at least one character", "correct it"
    if (level.file or level.tiles) and not level.key and not level.area_id:
        yield place, "key", f"level {level.id} does not say which column is the key", "give key"
    yield from _patterns(level, place)
    if level.crs:
        try:
            CRS.from_user_input(level.crs)
        except CRSError:
            yield (*place, "crs"), "crs", f"{level.crs!r} is no CRS", "write it like EPSG:25832"
    if number and not (
        level.parent_prefix
        or level.parent_pattern
        or level.parent_key
        or manifest.geography[number - 1].area_id
    ):
        made = manifest.geography[number - 1].id
        what = f"level {level.id} does not say to which {made} an area belongs"
        yield (
            place,
            "parent_prefix",
            what,
            "give parent_prefix, parent_pattern or parent_key, or the level above its area_id",
        )
    above = manifest.geography[number - 1] if number else None
    if above is not None and level.parent_prefix and level.parent_prefix != above.key_length:
        what = (
            f"parent_prefix is {level.parent_prefix}, keys of {above.id} have {above.key_length} characters"
        )
        yield (*place, "parent_prefix"), "parent_prefix", what, "correct one of them"


def _patterns(level: GeographyPart, place: Place) -> Iterator[Problem]:
    for name in ("key_pattern", "name_pattern", "parent_pattern"):
        problem = pattern_problem(getattr(level, name))
        if problem:
            yield (*place, name), name, problem, _PATTERN
    names = level.names_from
    if names is not None and (problem := pattern_problem(names.key_pattern)):
        yield (*place, "names_from", "key_pattern"), "key_pattern", problem, _PATTERN


def _repeated(table: str, ids: list[str]) -> Iterator[Problem]:
    for number, one in enumerate(ids):
        if one in ids[:number]:
            yield (table, number), "id", f"{one!r} is there twice", "give each its own id"


def _indicators(manifest: Manifest) -> Iterator[Problem]:
    own = {one.id for one in manifest.indicator}
    for number, one in enumerate(manifest.indicator):
        place: Place = ("indicator", number)
        if not _NAME.fullmatch(one.id):
            yield (*place, "id"), "id", f"{one.id!r} is no id", "use small letters, digits and _"
        known = known_by_id().get(one.id)
        if known is None and not (one.title_de and one.title_en):
            near = indicator_suggestion(one.id)
            what = f"indicator {one.id!r} is not known and has no title_de and title_en"
            yield place, "title_de", what, f"give both, or name a known one: {near}"
        if known is not None and (one.title_de or one.title_en):
            other = _differs(known, one.unit, one.kind)
            if other or one.title_de not in ("", known.title_de) or one.title_en not in ("", known.title_en):
                what = f"indicator {one.id!r} is known already as {known.title_en!r} [{known.unit}]{other}"
                yield (*place, "id"), "id", what, "use its id alone, or another id for what is not the same"
        if bool(one.numerator) != bool(one.denominator):
            yield (
                place,
                "numerator",
                f"indicator {one.id!r} needs numerator and denominator",
                "give both or none",
            )
        for role in ("numerator", "denominator"):
            name = getattr(one, role)
            if name and name not in own and name not in known_by_id():
                yield (*place, role), role, f"{name!r} is no indicator", suggestion(name, own)
        if (one.kind == "ordinal" and known is None) != bool(one.labels_de) or len(one.labels_de) != len(
            one.labels_en
        ):
            what = f"indicator {one.id!r}: classes have labels_de and labels_en, others have none"
            yield place, "labels_de", what, "give one label per class in both languages"
        if not 0 <= one.decimals <= 6:
            yield (*place, "decimals"), "decimals", f"decimals is {one.decimals}", "give 0 to 6"


def _differs(known: Indicator, unit: str, kind: str) -> str:
    if known.kind != kind:
        return f", which is {known.kind}"
    return "" if known.unit == unit else f", in {known.unit}"


def _table(manifest: Manifest, table: TablePart, place: Place) -> Iterator[Problem]:
    levels = [one.id for one in manifest.geography]
    if table.geography not in levels:
        what = f"{table.geography!r} is no level of this manifest"
        yield (*place, "geography"), "geography", what, suggestion(table.geography, levels)
    above = levels[: levels.index(table.geography)] if table.geography in levels else levels
    for name in table.upper_levels:
        if name not in above:
            what = f"{name!r} is no level above {table.geography}"
            yield (*place, "upper_levels"), "upper_levels", what, suggestion(name, above)
    if table.decimal == table.thousands:
        yield (
            (*place, "thousands"),
            "thousands",
            "decimal sign and thousands are the same",
            "correct one of them",
        )
    yield from _periods(table, place)
    for name in ("key_pattern", "period_pattern", "year_columns"):
        problem = pattern_problem(getattr(table, name))
        if problem:
            yield (*place, name), name, problem, _PATTERN
    if problem := pattern_problem(table.ends_at, has_group=False):
        yield (*place, "ends_at"), "ends_at", problem, "write a simple pattern, such as '^Summe'"
    yield from _layout(table, place)
    for name in _not_numbers(table.sentinels):
        yield (
            (*place, "sentinels"),
            "sentinels",
            f"{name!r} is no number",
            "write numbers with a point, signs under signs",
        )
    own = {one.id for one in manifest.indicator}
    if not table.value:
        yield place, "value", "the table has no value", "describe its indicators in [[table.value]]"
    for number, value in enumerate(table.value):
        yield from _value(table, value, (*place, "value", number), own)


def _layout(table: TablePart, place: Place) -> Iterator[Problem]:
    if min(table.header, default=0) < 1:
        what = f"header is {list(table.header)}"
        yield (*place, "header"), "header", what, "give one row or several; rows are counted from 1"
    if table.layout == "long" and not table.value_column:
        yield place, "value_column", "a long table needs the column with the values", "give value_column"
    if table.layout == "years" and not table.year_columns:
        yield (
            place,
            "year_columns",
            "a table with a column per year needs their pattern",
            r"give year_columns, such as '(\d{4})'",
        )


def _periods(table: TablePart, place: Place) -> Iterator[Problem]:
    ways = [name for name in ("period", "periods", "period_column", "year_columns") if getattr(table, name)]
    if len(ways) != 1:
        what = f"the period comes from {' and '.join(ways)}" if ways else "the table does not say its period"
        yield place, "period", what, "give one of period, periods, period_column, year_columns"
    if ("{period}" in table.file) != bool(table.periods):
        yield (
            (*place, "file"),
            "file",
            "{period} in a file name and periods belong together",
            "give both or none",
        )
    for period in (*table.periods, *((table.period,) if table.period else ())):
        if not re.fullmatch(PERIOD_PATTERN, period):
            what = f"{period!r} is no period"
            yield (*place, "period"), "period", what, "write it like 2019, 2019-Q2, 2019-06 or 2019-06-30"
    try:
        date.fromisoformat(table.reference_date.replace("{period}", "2000"))
    except ValueError:
        if not re.fullmatch(r"\{period\}(-\d\d)?(-\d\d)?", table.reference_date):
            what = f"{table.reference_date!r} is no date"
            yield (
                (*place, "reference_date"),
                "reference_date",
                what,
                "write it like 2019-12-31 or {period}-12-31",
            )


def _value(table: TablePart, value: ValuePart, place: Place, own: set[str]) -> Iterator[Problem]:
    if value.indicator not in own:
        what = f"{value.indicator!r} is not among the indicators of this manifest"
        yield (
            (*place, "indicator"),
            "indicator",
            what,
            f"add an [[indicator]]; {suggestion(value.indicator, own)}",
        )
    if table.layout == "wide" and not value.column:
        yield place, "column", "a wide table needs the column of each indicator", "give column"
    if table.layout != "wide" and table.indicator_column and not value.match and not value.where:
        what = "nothing says which rows are this indicator"
        yield place, "match", what, "give match, the text in the column of the indicators"
    for name in _not_numbers(value.sentinels):
        yield (
            (*place, "sentinels"),
            "sentinels",
            f"{name!r} is no number",
            "write numbers with a point, signs under signs",
        )


def _not_numbers(sentinels: object) -> list[str]:
    names = list(sentinels) if isinstance(sentinels, dict) else []
    return [name for name in names if not re.fullmatch(r"-?\d+(\.\d+)?", name)]


def _confidentiality(manifest: Manifest) -> Iterator[Problem]:
    rules, own = manifest.confidentiality, {one.id for one in manifest.indicator}
    for name, key in (
        (rules.profile, "profile"),
        *((one, "exceptions") for one in rules.exceptions.values()),
    ):
        if name not in PROFILES and not (key == "exceptions" and name == "none"):
            yield ("confidentiality", key), key, f"{name!r} is no profile", suggestion(name, PROFILES)
        elif name in PROFILES and PROFILES[name].treatment != "withhold":
            what = f"profile {name!r} rounds or raises counts, which is for tables"
            yield (
                ("confidentiality", key),
                key,
                what,
                "give one that withholds, such as strict or recommended",
            )
    if rules.minimum_count is not None and rules.minimum_count < 1:
        what = f"minimum_count is {rules.minimum_count}"
        yield ("confidentiality", "minimum_count"), "minimum_count", what, "give a whole number of at least 1"
    if rules.minimum_denominator is not None and rules.minimum_denominator < 0:
        what = f"minimum_denominator is {rules.minimum_denominator:g}"
        yield (
            ("confidentiality", "minimum_denominator"),
            "minimum_denominator",
            what,
            "give a number of at least 0",
        )
    named = [*rules.exceptions, *rules.parts, *rules.parts.values()]
    named += [name for one in rules.categories for name in (one.total, *one.parts)]
    for name in dict.fromkeys(named):
        if name not in own:
            what = f"{name!r} is not among the indicators of this manifest"
            yield ("confidentiality",), "confidentiality", what, suggestion(name, own)


def _compute(manifest: Manifest) -> Iterator[Problem]:
    known = {one.id for one in manifest.indicator} | set(known_by_id())
    for period, name in manifest.compute.methods.items():
        if not name.endswith(".toml") and name not in method_names():
            what = f"{name!r}, for {period!r}, is no shipped method and no .toml file"
            yield ("compute", "methods"), "methods", what, suggestion(name, method_names())
    for number, one in enumerate(manifest.compute.segregation):
        place: Place = ("compute", "segregation", number)
        for name in (*one.groups, one.total):
            if name not in known:
                yield place, "groups", f"{name!r} is no indicator", suggestion(name, known)
        if len(one.groups) == 1 and one.name not in ("", one.groups[0]):
            yield (
                (*place, "name"),
                "name",
                f"one group is called by its id, not {one.name!r}",
                "leave name out",
            )
        if len(one.groups) > 1 and not one.name:
            yield place, "name", "several groups need a name for the result", "give name"
