"""Look at a folder and write a first manifest: what can be seen is filled in, what must be known is asked for."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from etl.datasets.overlay_sighting import overlay_comments
from etl.datasets.rasters.sighting import raster_comments
from etl.datasets.sighting import SeenAreas, seen_areas, seen_figures, seen_table, seen_thousands
from etl.errors import EtlError
from indicators.known import known_by_id

__all__ = ["first_manifest"]

_MAPS = (".gpkg", ".geojson", ".shp", ".fgb", ".kml", ".geoparquet")
_TABLES = (".csv", ".csv.gz", ".tsv", ".txt", ".xlsx", ".ods", ".parquet")
_YEAR = re.compile(r"(?:19|20)\d\d")
_MOST_COLUMNS = 30  # of one table; more are named in a comment
_ROWS = 2_000  # looked at
_ENOUGH = 0.5  # share of the areas that a table must speak of
_SPELLED = {ord("ä"): "ae", ord("ö"): "oe", ord("ü"): "ue", ord("ß"): "ss"}


@dataclass(frozen=True, slots=True)
class _Figure:
    """One indicator that was seen: what its column is called, and whether it may be a count."""

    title: str
    is_count: bool


def first_manifest(folder: Path) -> str:
    """Return the text of a manifest for the files of a folder; it is valid, but not all of it can be right."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    maps = [name for name in names if name.lower().endswith(_MAPS)]
    tables = [name for name in names if name.lower().endswith(_TABLES)]
    if not maps:
        raise EtlError(f"{folder} has no map ({', '.join(_MAPS)}); put the boundaries of the areas there")
    unread: list[str] = []
    found = [areas for name in maps for areas in seen_areas(folder, name, unread)]
    if not found:
        raise EtlError(f"no map of {folder} can be read: {'; '.join(unread)}")
    frames = {
        name: frame
        for name in [*tables, *dict.fromkeys(one.file for one in found)]
        if (frame := seen_table(folder, name, unread)) is not None
    }
    finest = max(len(one.keys) for one in found)
    areas = max(
        (one for one in found if len(one.keys) == finest),
        key=lambda one: (
            sum(one.covered(frames[name])[0] > _ENOUGH for name in tables if name in frames),
            one.pattern == "",
        ),
    )
    indicators: dict[str, _Figure] = {}
    blocks = [
        block
        for name in tables
        if name in frames and (block := _table_block(folder, name, frames[name], areas, indicators, unread))
    ]
    if not blocks and areas.file in frames:
        blocks = [
            block
            for block in [_table_block(folder, areas.file, frames[areas.file], areas, indicators, unread)]
            if block
        ]
    if not blocks:
        raise EtlError(f"no table of {folder} speaks of the areas of {areas.file}: {'; '.join(unread)[:400]}")
    return "\n".join(
        [
            _head(folder, areas),
            _levels(areas),
            _rules(),
            *_indicator_blocks(indicators),
            *blocks,
            *raster_comments(folder, names, "area"),
            *overlay_comments(folder, names),
            *_rest(unread),
        ]
    )


def _table_block(
    folder: Path,
    name: str,
    frame: pd.DataFrame,
    areas: SeenAreas,
    indicators: dict[str, _Figure],
    unread: list[str],
) -> str:
    share, key, join, fill = areas.covered(frame)
    if share <= _ENOUGH:
        unread.append(f"{name}: no column holds the keys or the names of the areas")
        return ""
    known = set(areas.keys if join == "key" else areas.names)
    width = int(areas.keys.str.len().max())
    texts = frame[key].str.strip()
    others = ~(texts.str.zfill(width) if fill else texts).isin(known)
    frame = frame[~others].head(_ROWS)
    years = [str(column) for column in frame.columns if _YEAR.fullmatch(str(column))]
    period = next(
        (str(one) for one in frame.columns if one != key and frame[one].str.fullmatch(_YEAR).mean() > 0.95),
        "",
    )
    skip = {key, period, areas.key, areas.name} - {""}
    others_than_keys = [str(column) for column in frame.columns if str(column) not in skip]
    is_german = seen_thousands(folder, name, frame, others_than_keys)
    columns = [
        one for column in others_than_keys if (one := seen_figures(frame, column, thousands_first=is_german))
    ]
    if not columns:
        unread.append(f"{name}: no column holds figures")
        return ""
    lines = ["", "[[table]]", f"file = {_quoted(name)}", 'geography = "area"']
    lines.append(f'layout = "{"years" if len(years) > 1 else "wide"}"')
    lines += (
        [f"key = {_quoted(key)}"]
        + (['join = "name"'] if join == "name" else [])
        + (["zero_fill = true"] if fill else [])
    )
    lines += ['unknown_areas = "reject" # rows of other areas, or of none'] if others.any() else []
    thousands = next((one.thousands for one in columns if one.thousands), "")
    if thousands == "." or any(one.decimal == "," for one in columns):
        lines.append('decimal = ","')
    lines += [f"thousands = {_quoted(thousands)}{' # check' if is_german else ''}"] if thousands else []
    if len(years) > 1:
        indicator = _indicator(Path(name).stem, name, all(one.is_count for one in columns), indicators)
        return "\n".join(
            [*lines, r"year_columns = '((?:19|20)\d\d)'", f"value = [{{ indicator = {_quoted(indicator)} }}]"]
        )
    found = _YEAR.search(Path(name).stem)
    lines.append(
        f"period_column = {_quoted(period)}"
        if period
        else f'period = "{found[0] if found else "2000"}" # check'
    )
    lines.append("value = [")
    for one in columns[:_MOST_COLUMNS]:
        indicator = _indicator(one.name, name, one.is_count, indicators)
        lines.append(f"    {{ indicator = {_quoted(indicator)}, column = {_quoted(one.name)} }},")
    lines.append("]")
    more = [one.name for one in columns[_MOST_COLUMNS:]]
    if more:
        lines.append(f"# {len(more)} more columns with figures: {', '.join(more)}")
    return "\n".join(lines)


def _indicator(name: str, file: str, is_count: bool, indicators: dict[str, _Figure]) -> str:
    """Return an id for a column, made of its name; of a second one of that name also of its file."""
    made = _id_of(name)
    if made in indicators:
        made = _id_of(f"{Path(file).name.split('.')[0]}_{name}")
    number = 2
    base = made
    while made in indicators:
        made, number = f"{base}_{number}", number + 1
    indicators[made] = _Figure(name, is_count)
    return made


def _id_of(name: str) -> str:
    plain = name.lower().translate(_SPELLED)
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    made = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:80]
    return made if made[:1].isalpha() else f"x_{made}"


def _head(folder: Path, areas: SeenAreas) -> str:
    slug = re.sub(r"[^a-z0-9-]+", "-", folder.resolve().name.lower()).strip("-")
    slug = slug if slug[:1].isalpha() else f"city-{slug}".rstrip("-")
    title = folder.resolve().name
    box = ", ".join(f"{one:g}" for one in areas.box)
    lines = [
        "# A first manifest, made by looking at the files. Go through it once and correct what could not be seen;",
        "# then: sozialraum check, and sozialraum load. The keys are explained in docs/reference/dataset.md.",
        f"id = {_quoted(slug)}",
        "",
        "[city]",
        f"id = {_quoted(slug)}",
        f"title_de = {_quoted(title)}",
        f"title_en = {_quoted(title)}",
        f"srid = {areas.srid}",
        f"box = [{box}] # all areas lie in here, in degrees",
        "",
        "[source]",
        f"title_de = {_quoted(title)}",
        f"title_en = {_quoted(title)}",
        'publisher = "?" # who published the data',
        'licence = "?" # such as dl-de/by-2-0',
        'attribution = "?" # how the publisher is to be named',
        "",
        "[edition]",
        'id = "2020" # edition of the boundaries: check',
        "valid_from = 2020-01-01",
    ]
    return "\n".join(lines)


def _levels(areas: SeenAreas) -> str:
    sizes = areas.keys.str.len()
    width = int(sizes.max()) if len(sizes) else 1
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
        "[[geography]]",
        'id = "area"',
        'title_de = "Gebiete" # such as Stadtteile',
        'title_en = "Areas"',
        f"key_length = {width}",
        f"file = {_quoted(areas.file)}",
        *([f"layer = {_quoted(areas.layer)}"] if areas.layer else []),
        *([f'crs = "{areas.crs}" # the file does not say it: check'] if areas.crs else []),
        f"key = {_quoted(areas.key)}",
        *([f"key_pattern = '{areas.pattern}'"] if areas.pattern else []),
        *(["zero_fill = true"] if len(set(sizes)) > 1 else []),
        *([f"name = {_quoted(areas.name)}"] if areas.name != areas.key else []),
        'repair = ["snap"]' if areas.is_valid else 'repair = ["make_valid", "snap"] # some areas are invalid',
    ]
    return "\n".join(lines)


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


def _indicator_blocks(indicators: dict[str, _Figure]) -> list[str]:
    blocks = []
    for made, seen in indicators.items():
        known = known_by_id().get(made)
        if known is not None:
            blocks.append(
                f"\n[[indicator]]\nid = {_quoted(made)} # known as {known.title_en!r} [{known.unit}]: check"
            )
            continue
        kind = (
            'unit = "persons" # check'
            if seen.is_count
            else 'unit = "?" # such as %, years, €\nkind = "intensive"\ndecimals = 1'
        )
        title = _quoted(seen.title)
        blocks.append(
            f"\n[[indicator]]\nid = {_quoted(made)}\ntitle_de = {title}\ntitle_en = {title}\n{kind}"
        )
    return blocks


def _rest(unread: list[str]) -> list[str]:
    return ["", "# Not used:", *(f"# {' '.join(line.split())}" for line in unread), ""] if unread else [""]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
