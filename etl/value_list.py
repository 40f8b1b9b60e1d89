"""One indicator of one period, area by area: value, interval, place in the ranking, against the city, smoothed if asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
from sqlalchemy import Connection

from db.queries import areas, values
from db.queries.layers import read_layer
from etl.errors import EtlError
from indicators.comparison import rank_intervals
from indicators.definition import Indicator
from indicators.smoothing import Prior, empirical_bayes
from indicators.uncertainty import chance_model
from spatial.neighbours import shared_borders

__all__ = ["Smoothing", "ValueList", "value_list"]

Smoothing = Literal["global", "neighbours"]

_PRIOR: Mapping[Smoothing, Prior] = {"global": "global", "neighbours": "neighbourhood"}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ValueList:
    """Values of one indicator, geography and period, indexed by area_id.

    `table`: name, value, ci_low, ci_high, status, comparison, rank, rank_low, rank_high; when smoothed also smoothed,
    smoothed_low, smoothed_high. Empty is what there is not.
    """

    indicator: Indicator
    geography: str
    period: str
    smoothing: Smoothing | None
    table: pd.DataFrame

    def __repr__(self) -> str:
        known = int(self.table["value"].notna().sum())
        return f"ValueList({self.indicator.id} {self.period}, {self.geography}: {known} of {len(self.table)} areas)"


def value_list(
    connection: Connection,
    city: str,
    indicator: str,
    *,
    geography: str | None = None,
    period: str | None = None,
    smoothing: Smoothing | None = None,
) -> ValueList:
    """Read the values and add what is computed on demand: places of all areas, and smoothed values by name."""
    layer = read_layer(connection, city, indicator_id=indicator, geography=geography, period=period)
    level, definition = layer.level, layer.indicator
    stored = layer.intervals.set_index("area_id").reindex(layer.area_ids)
    names = areas.area_names(connection, level["vintage_id"])
    columns = ["value", "ci_low", "ci_high", "status", "comparison"]
    table = stored[columns].assign(status=stored["status"].fillna("missing"))
    table.insert(0, "name", [names[area] for area in table.index])
    counts = _counts(connection, definition, level, layer.period, table)
    highest_first = definition.direction != "lower_is_more_need"
    if counts is None:
        rank = table["value"].rank(method="min", ascending=not highest_first).astype("Int64")
        table = table.assign(rank=rank, rank_low=None, rank_high=None)
        if smoothing is not None:
            raise EtlError(
                f"{definition.id} is not computed from counts that chance moves, so it cannot be smoothed;"
                " choose a share or a rate"
            )
    else:
        places = rank_intervals(**counts, highest_first=highest_first)
        table = table.assign(**{name: places[name] for name in ("rank", "rank_low", "rank_high")})
    if smoothing is not None and counts is not None:
        if counts["model"] == "quotient":
            raise EtlError(
                f"{definition.id} is a quotient of two counts that chance moves both, which the methods of smoothing do not"
                " cover; choose a share or a rate"
            )
        table = _smoothed(connection, definition, level, counts, smoothing, table)
    return ValueList(
        indicator=definition,
        geography=level["id"],
        period=layer.period,
        smoothing=smoothing,
        table=table.rename_axis("area_id"),
    )


def _counts(
    connection: Connection, definition: Indicator, level: Mapping[str, Any], period: str, table: pd.DataFrame
) -> dict[str, Any] | None:
    """Return what the functions of uncertainty ask for; None when no model of chance stands behind the indicator.

    Where no value is published none of the counts is used.
    """
    model = chance_model(definition)
    if model is None:
        return None
    frame = values.read_values(
        connection, vintage_id=level["vintage_id"], indicator_ids=definition.counts, period=period
    )
    arguments: dict[str, Any] = {
        "model": model,
        "minimum_denominator": definition.minimum_denominator,
    }
    hidden = table["status"] == "suppressed"
    for role in ("numerator", "denominator"):
        rows = (
            frame[frame["indicator_id"] == getattr(definition, role)]
            .set_index("area_id")
            .reindex(table.index)
        )
        arguments[role] = rows["value"].mask(hidden)
        arguments[f"{role}_status"] = rows["status"].fillna("missing").mask(hidden, "suppressed")
    return arguments


def _smoothed(
    connection: Connection,
    definition: Indicator,
    level: Mapping[str, Any],
    counts: Mapping[str, Any],
    smoothing: Smoothing,
    table: pd.DataFrame,
) -> pd.DataFrame:
    prior = _PRIOR[smoothing]
    graph = (
        shared_borders(areas.read_areas(connection, level["vintage_id"]))
        if smoothing == "neighbours"
        else None
    )
    result = empirical_bayes(
        counts["numerator"],
        counts["denominator"],
        numerator_status=counts["numerator_status"],
        denominator_status=counts["denominator_status"],
        minimum_denominator=counts["minimum_denominator"],
        prior=prior,
        graph=graph,
        model="binomial" if counts["model"] == "share" else "poisson",
        per=definition.factor,
    )
    return table.assign(smoothed=result.value, smoothed_low=result.ci_low, smoothed_high=result.ci_high)
