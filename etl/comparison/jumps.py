"""Does a delivery jump against what is stored of the years around it? What it brings itself is checked before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd
from sqlalchemy import Connection

from db.queries.stored_series import delivered_numbers, stored_series
from etl.datasets.findings import LISTED, Finding
from etl.datasets.indicator_parts import indicators_of
from etl.datasets.manifest import Manifest
from etl.datasets.manifest_reading import manifest_of
from etl.datasets.plausibility.cells import Cells
from etl.datasets.plausibility.doubts import Doubt, Shown
from etl.datasets.plausibility.jumps import jump_doubts
from etl.delivery import Delivery

__all__ = ["stored_jump_findings"]

_AROUND = 4  # stored periods on each side: enough to tell what is usual, few enough to be read at once


def stored_jump_findings(connection: Connection, delivery: Delivery) -> list[Finding]:
    """Return the values that stand out against stored ones of other periods, by the rules of the manifest.

    Compared is the same indicator of the same areas in the same edition, on the finest level it is delivered for; levels
    above are mostly sums. Stored values are what is published: one that is withheld is not compared.
    """
    if not delivery.manifest or delivery.values.empty:
        return []
    manifest = manifest_of(delivery.manifest)
    editions = [(level.id, level.edition) for level in delivery.geographies]
    stored = stored_series(connection, delivery.city.id, editions)
    if stored.empty:
        return []
    shown = Shown(manifest, {str(level): frame for level, frame in delivery.areas.groupby("geography")})
    found: list[Finding] = []
    for rows in _finest(delivery):
        level, indicator = str(rows["geography"].iloc[0]), str(rows["indicator_id"].iloc[0])
        series = stored[(stored["geography"] == level) & (stored["indicator_id"] == indicator)]
        others = _around(rows["period"].unique().tolist(), series["period"].tolist())
        if not others:
            continue
        before = delivered_numbers(connection, int(series["vintage_id"].iloc[0]), indicator, others)
        together = pd.concat(
            [rows, before.assign(geography=level, indicator_id=indicator)], ignore_index=True
        )
        found += _told(manifest, list(_doubts(manifest, together, set(others), shown)), indicator)
    return found


def _finest(delivery: Delivery) -> Iterator[pd.DataFrame]:
    """Yield the values of each indicator on the finest level that has any."""
    columns = ["geography", "area_id", "indicator_id", "period", "value", "status"]
    values = delivery.values[columns]
    levels = [level.id for level in delivery.geographies]
    for _indicator, rows in values.groupby("indicator_id", sort=True, observed=True):
        there = set(rows["geography"].unique())
        finest = next(level for level in reversed(levels) if level in there)
        yield rows[rows["geography"] == finest]


def _around(delivered: Sequence[str], stored: Sequence[str]) -> list[str]:
    """Return the stored periods among and right beside the delivered ones, without these."""
    forms = {len(one) for one in delivered}  # a year is compared with years, a quarter with quarters
    others = sorted(one for one in set(stored) - set(delivered) if len(one) in forms)
    before = [one for one in others if one < min(delivered)][-_AROUND:]
    after = [one for one in others if one > max(delivered)][:_AROUND]
    between = [one for one in others if min(delivered) < one < max(delivered)]
    return [*before, *between, *after]


def _doubts(manifest: Manifest, values: pd.DataFrame, stored: set[str], shown: Shown) -> Iterator[Doubt]:
    indicators = indicators_of(manifest)
    counts = [one.id for one in indicators if one.kind == "extensive"]
    ordinal = [one.id for one in indicators if one.kind == "ordinal"]
    for doubt in jump_doubts(Cells(values), counts, ordinal, manifest.checks, shown):
        if (doubt.period in stored) != (doubt.earlier in stored):
            yield doubt


def _told(manifest: Manifest, doubts: list[Doubt], indicator: str) -> list[Finding]:
    doubts.sort(key=lambda one: (-one.weight, one.period, one.area_id))
    found = [_finding(manifest, one, one.what) for one in doubts[:LISTED]]
    if rest := doubts[LISTED:]:
        found.append(
            _finding(
                manifest,
                rest[0],
                (
                    f"{len(rest):,} more of the same kind for {indicator}",
                    f"{len(rest)} weitere zu {indicator}",
                ),
            )
        )
    return found


def _finding(manifest: Manifest, doubt: Doubt, what: tuple[str, str]) -> Finding:
    return Finding(
        severity=doubt.severity,
        check=doubt.check,
        file=manifest.id,
        what=f"against what is stored: {what[0]}",
        todo=doubt.todo[0],
    )
