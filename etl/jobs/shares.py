"""Shares from counts: every share whose two counts are loaded, for every level and period."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from db.queries import areas, catalogue, values
from etl.jobs.contract import Context, Outcome, once
from indicators.definition import Indicator
from indicators.errors import ShareError
from indicators.shares import share

__all__ = ["KIND", "run"]

KIND = "shares"


def run(context: Context) -> Outcome:
    """Compute all shares of a city."""
    parameters = {"minimum_denominator": context.profile.minimum_denominator}
    return once(
        context, kind=KIND, parameters=parameters, upstream=(), work=lambda run_id: _work(context, run_id)
    )


def _work(context: Context, run_id: int) -> Mapping[str, Any]:
    connection = context.connection
    shares = catalogue.computable_shares(connection, context.city)
    levels = areas.geographies(connection, context.city)
    parts = []
    for done, level in enumerate(levels):
        context.progress(f"shares: {level['title_de']}", done / len(levels))
        wanted = sorted({count for item in shares for count in (item.numerator, item.denominator) if count})
        frame = values.read_values(connection, vintage_id=level["vintage_id"], indicator_ids=wanted)
        parts += [
            computed.assign(vintage_id=level["vintage_id"])
            for item in shares
            if len(computed := _one_share(frame, item, context, level["id"]))
        ]
    context.progress("shares: store", None)
    stored = values.replace_computed(
        connection,
        pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(),
        run_id=run_id,
        vintage_ids=[level["vintage_id"] for level in levels],
        indicator_ids=[item.id for item in shares],
    )
    return {"shares": len(shares), "levels": len(levels), "values": stored}


def _one_share(frame: pd.DataFrame, item: Indicator, context: Context, level: str) -> pd.DataFrame:
    keys = ["area_id", "period"]
    numerator = frame[frame["indicator_id"] == item.numerator].set_index(keys)
    denominator = frame[frame["indicator_id"] == item.denominator].set_index(keys)
    both = numerator.index.intersection(denominator.index)
    if both.empty:
        return pd.DataFrame()
    numerator, denominator = numerator.loc[both], denominator.loc[both]
    try:
        result = share(
            numerator["value"],
            denominator["value"],
            numerator_status=numerator["status"],
            denominator_status=denominator["status"],
            minimum_denominator=context.profile.minimum_denominator,
        )
    except ShareError as error:
        raise error.of(f"{context.city}, {level}, {item.id}") from error
    return result.assign(indicator_id=item.id, reference_date=numerator["reference_date"]).reset_index()
