"""Does what a manifest says of rasters make sense in itself? Levels, statistics, their classes, and what gives counts away.

What protects counts looks at counts, not at levels. So a level that is made of a grid of persons would publish what their
sum withholds; where anything is to be protected, somebody must have said that a grid holds nothing of persons.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pyproj import CRS
from pyproj.exceptions import CRSError

from db.models import PERIOD_PATTERN
from etl.datasets.manifest import Manifest
from etl.datasets.rasters.parts import RasterPart
from indicators.confidentiality.profiles import PROFILES, STRICT
from indicators.known import known_by_id
from indicators.methods.errors import suggestion
from indicators.methods.positions import Path as Place

__all__ = ["raster_problems"]

Problem = tuple[Place, str, str, str]

_WITH_CLASSES = ("percent", "surface")
_KINDS = {"sum": "extensive", "mean": "intensive", "percent": "intensive"}


def raster_problems(manifest: Manifest) -> Iterator[Problem]:
    """Yield everything in `[[raster]]` that contradicts itself."""
    for number, part in enumerate(manifest.raster):
        for key, what, todo in _problems(manifest, part):
            yield ("raster", number, key), key, what, todo
        for key, what, todo in _disclosures(manifest, part):
            yield ("raster", number, key), key, what, todo


def _problems(manifest: Manifest, part: RasterPart) -> Iterator[tuple[str, str, str]]:
    levels = [one.id for one in manifest.geography]
    if part.geography not in levels:
        what = f"{part.geography!r} is no level of this manifest"
        yield "geography", what, suggestion(part.geography, levels)
    own = {one.id for one in manifest.indicator}
    if part.indicator not in own:
        what = f"{part.indicator!r} is not among the indicators of this manifest"
        yield "indicator", what, f"add an [[indicator]]; {suggestion(part.indicator, own)}"
    if any(level.id == part.geography and level.tiles is not None for level in manifest.geography):
        what = f"the areas of {part.geography} are drawn as tiles and say nothing of where they lie"
        yield "geography", what, "take a level with boundaries"
    if part.band < 1:
        yield "band", f"band is {part.band}", "count bands from 1"
    if part.statistic in _WITH_CLASSES and not part.classes:
        yield "classes", f"{part.statistic} needs classes", "say the numbers of the classes"
    if part.statistic not in _WITH_CLASSES and part.classes:
        yield "classes", f"{part.statistic} knows no classes", "leave them out, or ask for percent or surface"
    if not 0 <= part.known_at_least <= 1:
        yield "known_at_least", f"known_at_least is {part.known_at_least:g}", "give a share between 0 and 1"
    if not re.fullmatch(PERIOD_PATTERN, part.period):
        what = f"{part.period!r} is no period"
        yield "period", what, "write it like 2019, 2019-Q2, 2019-06 or 2019-06-30"
    if part.crs:
        try:
            CRS.from_user_input(part.crs)
        except CRSError:
            yield "crs", f"{part.crs!r} is no CRS", "write it like EPSG:3035"
    if part.cells is not None and not part.crs:
        yield "crs", "a table of cells does not say its CRS", "give crs, such as EPSG:3035"
    if part.cells is not None and part.cells.size <= 0:
        yield "cells", f"size is {part.cells.size:g}", "give the width of a cell, above 0"


def _disclosures(manifest: Manifest, part: RasterPart) -> Iterator[tuple[str, str, str]]:
    """Yield what would keep counts of persons from being protected."""
    kind, needed = _kind(manifest, part.indicator), _KINDS.get(part.statistic)
    if kind is not None and needed is not None and kind != needed:
        what = f"{part.statistic} makes {part.indicator!r}, which is {kind}"
        other = (
            ", so that small counts are withheld" if needed == "extensive" else "; what is counted takes sum"
        )
        yield "statistic", what, f'give it kind = "{needed}"{other}'
    if part.statistic == "sum":
        if part.holds == "ground":
            what = "a sum is protected as a count whatever its cells hold"
            yield "holds", what, "leave holds out; name what needs no protection in exceptions"
        return
    if not any(_least_count(manifest, name) > 1 for name in ("", *manifest.confidentiality.exceptions)):
        return
    if not part.holds:
        what = f"nothing says whether the cells of {part.file} hold persons, and a {part.statistic} is not protected"
        yield (
            "holds",
            what,
            'say holds = "ground" where they hold nothing of persons; for persons take statistic = "sum"',
        )
    elif part.holds == "persons":
        what = f"a {part.statistic} of cells that hold persons gives away counts that are withheld"
        todo = (
            'take statistic = "sum": counts are protected, and density and rates are computed from them; a grid that is'
            ' public as it is may be a data set of its own with profile = "as-published"'
        )
        yield "holds", what, todo
    elif any(_is_same_grid(one, part) and _is_count(manifest, one) for one in manifest.raster):
        what = f"{part.file} is added up as counts by another [[raster]], so its cells do not hold the ground alone"
        yield "holds", what, "keep the sum; if it is no count of persons, name it in exceptions"


def _kind(manifest: Manifest, name: str) -> str | None:
    """Return the kind of an indicator of the manifest; None where it has no such indicator."""
    own = next((one for one in manifest.indicator if one.id == name), None)
    if own is None:
        return None
    known = known_by_id().get(name)
    if known is not None:
        return known.kind
    return "intensive" if own.numerator else own.kind


def _least_count(manifest: Manifest, name: str) -> int:
    """Return the smallest count of an indicator that is published; 1 where none is too small."""
    rules = manifest.confidentiality
    other = rules.exceptions.get(name)
    if other == "none":
        return 1
    if other is None and rules.minimum_count is not None:
        return rules.minimum_count
    return PROFILES.get(other or rules.profile, STRICT).minimum_count


def _is_same_grid(one: RasterPart, other: RasterPart) -> bool:
    return (one.file, one.band, one.cells) == (other.file, other.band, other.cells)


def _is_count(manifest: Manifest, part: RasterPart) -> bool:
    return part.statistic == "sum" and _least_count(manifest, part.indicator) > 1
