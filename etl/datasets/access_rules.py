"""Can the shares of people near facilities be computed from what the tables of a manifest hold? Doubts as findings."""

from __future__ import annotations

import pandas as pd

from etl.datasets.findings import Findings
from etl.datasets.manifest import Manifest
from etl.datasets.overlay_parts import AccessPart
from indicators.definition import IndicatorDefinition
from indicators.known import known_by_id
from indicators.status import ValueStatus

__all__ = ["tell_impossible_access"]


def tell_impossible_access(manifest: Manifest, values: pd.DataFrame, findings: Findings) -> None:
    """Warn of every share whose group, or whose period, the tables say nothing of on the level that people start from.

    `values`: geography, indicator_id, period and status of all values, sums included. It is no error, because an earlier
    load may have brought them; nothing is said of a group that is a sum of other counts, which is made by computing.
    """
    there = values[values["status"] != ValueStatus.MISSING.value]
    for part in manifest.access:
        known = known_by_id().get(part.group)
        if isinstance(known, IndicatorDefinition) and known.sum_of:
            continue
        rows = there[there["indicator_id"] == part.group]
        level = _level(manifest, part, set(rows["geography"]))
        periods = sorted(rows.loc[rows["geography"] == level, "period"].unique()) if level else []
        if not periods:
            on = f"on {part.places}" if part.places else "on any level"
            findings.warning(
                manifest.id,
                f"access {part.indicator!r}: no table has a value of {part.group!r} {on}, so that nothing can be computed"
                " unless an earlier load brought some",
                "correct group or places, or add a table with the counts",
            )
            continue
        lacking = [period for period in part.periods if period not in periods]
        if lacking:
            findings.warning(
                manifest.id,
                f"access {part.indicator!r}: no table has a value of {part.group!r} of {level} in {', '.join(lacking)}, so"
                f" that nothing can be computed unless an earlier load brought some; there are {', '.join(periods)}",
                "correct periods, or add the counts",
            )


def _level(manifest: Manifest, part: AccessPart, there: set[str]) -> str:
    """Return the level that people start from: the one that is named, or the finest with values of the group."""
    if part.places:
        return part.places
    return next((one.id for one in reversed(manifest.geography) if one.id in there), "")
