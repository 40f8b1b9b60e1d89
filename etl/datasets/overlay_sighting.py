"""What could the points and lines of a folder be? A first manifest offers them as overlays, to be decided on."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import pyogrio

from etl.datasets.gml import gml_as_written
from etl.datasets.packed import require_sane_zip
from etl.errors import FetchError

__all__ = ["overlay_comments"]

_MAPS = (".gpkg", ".geojson", ".shp", ".zip", ".fgb", ".kml")
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
    except (pyogrio.errors.DataSourceError, FetchError):
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
        blocks += ["#", *(f"# {line}" for line in lines)]
    return blocks
