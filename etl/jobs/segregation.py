"""How unevenly groups live: dissimilarity per period, on every level of areas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from db.queries import areas, segregation, values
from etl.jobs.contract import Context, Outcome, once
from spatial.segregation import dissimilarity

__all__ = ["KIND", "run"]

KIND = "segregation"


def run(context: Context) -> Outcome:
    """Compute the dissimilarity of all groups of a city's profile."""
    parameters = {
        "measures": ["dissimilarity"],
        "groups": [list(pair) for pair in context.profile.segregation],
    }
    return once(
        context, kind=KIND, parameters=parameters, upstream=(), work=lambda run_id: _work(context, run_id)
    )


def _work(context: Context, run_id: int) -> Mapping[str, Any]:
    connection = context.connection
    levels = [level for level in areas.geographies(connection, context.city) if level["rank"] > 0]
    wanted = sorted({name for pair in context.profile.segregation for name in pair})
    rows: list[dict[str, Any]] = []
    for done, level in enumerate(levels):
        context.progress(f"segregation: {level['title_de']}", done / len(levels))
        frame = values.read_values(connection, vintage_id=level["vintage_id"], indicator_ids=wanted)
        for group, total in context.profile.segregation:
            rows += [
                {
                    "run_id": run_id,
                    "vintage_id": level["vintage_id"],
                    "group_id": group,
                    "total_id": total,
                    **row,
                }
                for row in _per_period(frame, group, total, level["areas"])
            ]
    segregation.store(connection, rows)
    return {"groups": len(context.profile.segregation), "levels": len(levels), "values": len(rows)}


def _per_period(frame: pd.DataFrame, group: str, total: str, areas_in_all: int) -> list[dict[str, Any]]:
    counts = frame[frame["indicator_id"].isin((group, total))]
    result = []
    for period, rows in counts.groupby("period"):
        wide = rows.pivot(index="area_id", columns="indicator_id", values="value")
        if not {group, total} <= set(wide.columns):
            continue
        known = wide[[group, total]].dropna()
        # One area alone says nothing about how people are spread over areas.
        value = dissimilarity(known[group], known[total]) if len(known) > 1 else float("nan")
        result.append(
            {
                "measure": "dissimilarity",
                "period": str(period),
                "value": None if pd.isna(value) else value,
                "areas": len(known),
                "areas_left_out": areas_in_all - len(known),
            }
        )
    return result
