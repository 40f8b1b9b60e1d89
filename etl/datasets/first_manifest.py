"""Look at a folder and write a first manifest: what can be seen is filled in, what must be known is asked for."""

from __future__ import annotations

import re
from pathlib import Path

from etl.datasets.first_blocks import Blocks, id_of, quoted
from etl.datasets.overlay_sighting import overlay_comments
from etl.datasets.rasters.sighting import raster_comments
from etl.datasets.sighting import SeenAreas, SeenUpper, is_seen_map, joins_of, seen_areas, upper_of
from etl.datasets.table_sighting import RawTable, raw_tables
from etl.errors import EtlError
from etl.message_text import visible

__all__ = ["first_manifest"]

_MAPS = (".gpkg", ".geojson", ".shp", ".zip", ".fgb", ".kml", ".geoparquet", ".parquet", ".json")
_TABLES = (".csv", ".csv.gz", ".tsv", ".txt", ".xlsx", ".ods", ".parquet", ".json")
_ENOUGH = 0.5  # share of the areas that a table must speak of


def first_manifest(folder: Path) -> str:
    """Return the text of a manifest for the files of a folder; it is valid, but not all of it can be right."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    maps = [name for name in names if name.lower().endswith(_MAPS) and is_seen_map(folder, name)]
    tables = [name for name in names if name.lower().endswith(_TABLES) and name not in maps]
    if not maps:
        raise EtlError(f"{folder} has no map ({', '.join(_MAPS)}); put the boundaries of the areas there")
    unread: list[str] = []
    found = [areas for name in maps for areas in seen_areas(folder, name, unread)]
    if not found:
        raise EtlError(f"no map of {folder} can be read: {'; '.join(unread)}")
    raw = [one for name in tables for one in raw_tables(folder, name, unread)]
    areas = _areas_of(found, raw)
    further = [one for one in found if (one.file, one.layer) != (areas.file, areas.layer)]
    upper = upper_of(areas, further)
    blocks = Blocks(folder, unread, upper_length=upper.length if upper is not None else 0)
    for one in raw:
        level, keys, texts = _level_of(one, areas, upper)
        if level:
            blocks.add(one, level, keys, texts)
        else:
            unread.append(f"{_called(one)}: no column holds the keys or the names of the areas")
    if not blocks.tables and not areas.file.lower().endswith(".zip"):
        for one in raw_tables(folder, areas.file, unread):
            skip = {areas.name, *((upper.key, upper.name) if upper else ())}
            blocks.add(one, "area", list(areas.keys), list(areas.names), skip=skip)
    if not blocks.tables:
        raise EtlError(f"no table of {folder} speaks of the areas of {areas.file}: {'; '.join(unread)[:400]}")
    used = upper.outlines if upper is not None else None
    others = {
        f"{one.file}{one.layer and f', layer {one.layer}'}": len(one.keys)
        for one in further
        if used is None or (one.file, one.layer) != (used.file, used.layer)
    }
    unread += [f"{name}: {count:,} areas, perhaps of a level of their own" for name, count in others.items()]
    return "\n".join(
        [
            _head(folder, areas),
            _levels(areas, upper),
            _rules(),
            *blocks.indicators(),
            *blocks.tables,
            *raster_comments(folder, names, "area"),
            *overlay_comments(folder, names),
            *_rest(unread),
        ]
    )


def _areas_of(found: list[SeenAreas], raw: list[RawTable]) -> SeenAreas:
    """Return the finest areas, in the reading of their key of which most tables speak."""
    finest = max(len(one.keys) for one in found)
    return max(
        (one for one in found if len(one.keys) == finest),
        key=lambda one: (
            sum(joins_of(table.cells, list(one.keys), list(one.names)).share > _ENOUGH for table in raw),
            one.pattern == "",
        ),
    )


def _level_of(table: RawTable, areas: SeenAreas, upper: SeenUpper | None) -> tuple[str, list[str], list[str]]:
    """Return of which level a table speaks, with the keys and names there; nothing when of none."""
    levels = [("area", list(areas.keys), list(areas.names))]
    if upper is not None:
        levels.append(("upper", list(upper.keys.unique()), list(upper.names)))
    shares = [joins_of(table.cells, keys, names).share for _level, keys, names in levels]
    best = shares.index(max(shares))
    return levels[best] if shares[best] > _ENOUGH else ("", [], [])


def _called(table: RawTable) -> str:
    return f"{table.file}, sheet {table.sheet}" if table.sheet else table.file


def _head(folder: Path, areas: SeenAreas) -> str:
    slug = id_of(folder.resolve().name).replace("_", "-")
    title = visible(folder.resolve().name)
    box = ", ".join(f"{one:g}" for one in areas.box)
    lines = [
        "# A first manifest, made by looking at the files. Go through it once and correct what could not be seen;",
        "# then: sozialraum check, and sozialraum load. The keys are explained in docs/reference/dataset.md.",
        f"id = {quoted(slug)}",
        "",
        "[city]",
        f"id = {quoted(slug)}",
        f"title_de = {quoted(title)}",
        f"title_en = {quoted(title)}",
        f"srid = {areas.srid}",
        f"box = [{box}] # all areas lie in here, in degrees",
        "",
        "[source]",
        f"title_de = {quoted(title)}",
        f"title_en = {quoted(title)}",
        'publisher = "?" # who published the data',
        'licence = "?" # such as dl-de/by-2-0',
        'attribution = "?" # how the publisher is to be named',
        "",
        "[edition]",
        'id = "2020" # edition of the boundaries: check',
        "valid_from = 2020-01-01",
    ]
    return "\n".join(lines)


def _levels(areas: SeenAreas, upper: SeenUpper | None) -> str:
    sizes = areas.keys.str.len()
    lines = [
        "",
        "[[geography]]",
        'id = "city"',
        'title_de = "Gesamtstadt"',
        'title_en = "City"',
        "key_length = 3",
        'area_id = "000" # official key of the city',
        'area_name = "Gesamtstadt"',
        "",
    ]
    if upper is not None:
        lines += [
            "# The keys of the areas begin with the keys of larger ones"
            + (", which are made of them." if upper.outlines is None else "."),
            "[[geography]]",
            'id = "upper"',
            'title_de = "Größere Gebiete" # such as Stadtbezirke',
            'title_en = "Larger areas"',
            f"key_length = {upper.length}",
            *(_outlines(upper.outlines) if upper.outlines is not None else ()),
            "",
        ]
    lines += [
        "[[geography]]",
        'id = "area"',
        'title_de = "Gebiete" # such as Stadtteile',
        'title_en = "Areas"',
        f"key_length = {int(sizes.max()) if len(sizes) else 1}",
        *_outlines(areas),
        *([f"parent_prefix = {upper.length}"] if upper is not None else []),
        *([f"parent_name = {quoted(upper.name)}"] if upper is not None and upper.name else []),
        *_repairs(areas),
    ]
    return "\n".join(lines)


def _outlines(areas: SeenAreas) -> list[str]:
    """Return where the areas of a level are, and which columns say their key and name."""
    return [
        f"file = {quoted(areas.file)}",
        *([f"layer = {quoted(areas.layer)}"] if areas.layer else []),
        *([f'crs = "{areas.crs}" # the file does not say it: check'] if areas.crs else []),
        f"key = {quoted(areas.key)}",
        *([f"key_pattern = '{areas.pattern}'"] if areas.pattern else []),
        *(["zero_fill = true"] if areas.keys.str.len().nunique() > 1 else []),
        *([f"name = {quoted(areas.name)}"] if areas.name != areas.key else []),
    ]


def _repairs(areas: SeenAreas) -> list[str]:
    """Return repairs that may be asked for, in comments: nothing is repaired that nobody asked for."""
    lines = []
    if areas.invalid:
        lines.append(
            f'# repair = ["make_valid"] # {areas.invalid:,} area(s) are invalid: mend them, or ask for this'
        )
    if areas.unfit:
        lines.append(
            f'# repair = ["snap"] # borders of {areas.unfit:,} area(s) differ from those of their neighbours'
        )
    return lines


def _rules() -> str:
    return "\n".join(
        [
            "",
            "# Counts below 5, and what would give them away, are withheld. For data that are public already, and hidden",
            '# where necessary by their publisher: profile = "as-published"',
            "[confidentiality]",
            'profile = "strict"',
        ]
    )


def _rest(unread: list[str]) -> list[str]:
    lines = [re.sub(r"\s+", " ", visible(line)) for line in unread]
    return ["", "# Not used:", *(f"# {line}" for line in lines), ""] if unread else [""]
