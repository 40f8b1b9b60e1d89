"""What could the points and lines of a folder be? A first manifest offers them as overlays, to be decided on."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import pyogrio

from etl.datasets.first_blocks import quoted
from etl.datasets.gml import gml_as_written
from etl.datasets.packed import require_sane_zip
from etl.errors import FetchError

__all__ = ["overlay_comments"]

_MAPS = (".gpkg", ".geojson", ".shp", ".zip", ".fgb", ".kml")
_NAMES = ("name", "bezeichnung", "titel", "title", "bez")
_LOOKED_AT, _MOSTLY = 200, 0.9  # features, and the share of them with a word
_KINDS = {"Point": "facility", "LineString": "street"}


def overlay_comments(folder: Path, names: Sequence[str]) -> list[str]:
    """Return a block in comments for every layer of points or lines; files that GDAL cannot read have none."""
    found = [block for name in names if name.lower().endswith(_MAPS) for block in _blocks(folder, name)]
    if not found:
        return []
    return [
        "",
        "# Points and lines beside the areas: remove the # in front of those that belong to it, and correct what is said.",
        *found,
    ]


def _blocks(folder: Path, name: str) -> list[str]:
    try:
        if name.lower().endswith(".zip"):
            require_sane_zip(folder / name, name)
        with gml_as_written(folder / name) as alone:
            layers = pyogrio.list_layers(alone)
            names = {str(layer): _name_column(alone, str(layer)) for layer, geometry in layers if geometry}
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, FetchError):
        return []
    blocks = []
    for layer, geometry in layers:
        single = str(geometry).split(" ")[0].removeprefix("Multi")
        if single not in _KINDS:
            continue
        words = str(layer) if len(layers) > 1 else PurePosixPath(name).stem
        short = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
        lines = [
            "[[overlay]]",
            f"id = {json.dumps(short if short[:1].isalpha() else f'layer_{short}')}",
            f'kind = "{_KINDS[single]}" # or "facility", "street", "other"',
            f"title_de = {json.dumps(words, ensure_ascii=False)} # check",
            f"title_en = {json.dumps(words, ensure_ascii=False)} # check",
            "as_of = 2000-01-01 # check: of which day",
            f"file = {json.dumps(name, ensure_ascii=False)}",
        ]
        lines += [f"layer = {json.dumps(str(layer), ensure_ascii=False)}"] if len(layers) > 1 else []
        if names.get(str(layer)):
            lines += [f"name = {quoted(names[str(layer)])} # check: shown to everybody"]
        blocks += ["#", *(f"# {line}" for line in lines)]
    return blocks


def _name_column(file: Path, layer: str) -> str:
    """Return the column with the most different texts that look like names, by the first features; none where none do."""
    frame = pyogrio.read_dataframe(file, layer=layer, read_geometry=False, max_features=_LOOKED_AT)
    texts = {
        str(column): frame[column].dropna().astype(str)
        for column in frame.select_dtypes(include=["object", "string"]).columns
    }
    words = {
        column: text.nunique()
        for column, text in texts.items()
        if len(text) > len(frame) / 2
        and text.str.contains(r"[^\W\d_]{3}", regex=True).mean() > _MOSTLY
        and not text.str.contains(r"@|://|^www\.", regex=True).any()
    }
    called = [column for column in words if column.lower() in _NAMES]
    return max(called or words, key=lambda column: words[column], default="")
