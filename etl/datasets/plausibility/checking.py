"""All checks of values in one pass, after they are read and before sums are made of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import geopandas as gpd
import pandas as pd

from etl.confidentiality import definitions_for
from etl.datasets.findings import Findings
from etl.datasets.indicator_parts import confidentiality_of, indicators_of
from etl.datasets.levels import Levels
from etl.datasets.manifest import Manifest
from etl.datasets.plausibility.cells import Cells
from etl.datasets.plausibility.completeness import completeness_doubts
from etl.datasets.plausibility.doubts import Doubt, Shown, tell_doubts
from etl.datasets.plausibility.identities import identity_doubts
from etl.datasets.plausibility.jumps import jump_doubts
from etl.datasets.plausibility.origins import Origins, Sheet
from etl.datasets.plausibility.sums import category_doubts, part_doubts, sum_doubts

__all__ = ["tell_implausible"]


def tell_implausible(
    manifest: Manifest,
    levels: Levels,
    values: pd.DataFrame,
    sheets: list[Sheet],
    findings: Findings,
    *,
    is_whole: bool,
) -> None:
    """Add a finding for whatever the values contradict; what lacks is told only when everything could be read."""
    areas = {
        level.id: frame
        for level in manifest.geography
        if (frame := levels.areas.get(level.id, levels.unsound.get(level.id))) is not None
    }
    doubts = _doubts(manifest, areas, values, is_whole=is_whole)
    tell_doubts(doubts, Origins(sheets), areas, manifest, findings)


def _doubts(
    manifest: Manifest, areas: dict[str, gpd.GeoDataFrame], values: pd.DataFrame, *, is_whole: bool
) -> Iterator[Doubt]:
    checks, shown, cells = manifest.checks, Shown(manifest, areas), Cells(values)
    indicators = indicators_of(manifest)
    counts = [one.id for one in indicators if one.kind == "extensive"]
    declared, related = confidentiality_of(manifest), definitions_for(manifest.city.id, indicators)
    ordinal = [one.id for one in indicators if one.kind == "ordinal"]
    parents = {
        level: pd.Series(frame["parent_id"].to_numpy(), index=frame["area_id"].to_numpy())
        for level, frame in areas.items()
        if not frame["area_id"].duplicated().any()
    }
    yield from sum_doubts(cells, parents, [one.id for one in manifest.geography], counts, checks, shown)
    yield from category_doubts(cells, declared.sums(indicators), checks, shown)
    yield from part_doubts(cells, declared.all_parts(related), shown)
    yield from identity_doubts(cells, checks, shown)
    yield from jump_doubts(cells, counts, ordinal, checks, shown)
    if is_whole:
        yield from completeness_doubts(
            cells,
            {name: len(frame) for name, frame in areas.items()},
            checks,
            shown,
            today=date.today(),
        )
