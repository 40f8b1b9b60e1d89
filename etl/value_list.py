"""One indicator of one period, area by area: value, interval, place in the ranking, against the city, smoothed if asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
from sqlalchemy import Connection

from db.queries import areas
from db.queries.layers import LayerInputs, read_layer
from etl.count_tables import CountTable, made_of, read_counts
from etl.errors import EtlError
from indicators.comparison import rank_intervals
from indicators.confidentiality import published_ranks
from indicators.definition import Indicator
from indicators.smoothing import Prior, empirical_bayes
from indicators.uncertainty import chance_model
from spatial.contiguity import shared_borders

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
    edition: str
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
    edition: str | None = None,
    smoothing: Smoothing | None = None,
) -> ValueList:
    """Read the values and add what is computed on demand: places of all areas, and smoothed values by name."""
    layer = read_layer(
        connection, city, indicator_id=indicator, geography=geography, period=period, edition=edition
    )
    level, definition = layer.level, layer.indicator
    stored = layer.intervals.set_index("area_id").reindex(layer.area_ids)
    names = areas.area_names(connection, level["vintage_id"])
    columns = ["value", "ci_low", "ci_high", "status", "comparison"]
    table = stored[columns].assign(status=stored["status"].fillna("missing"))
    table.insert(0, "name", [names[area] for area in table.index])
    finest = areas.geographies(connection, city, edition=edition)[-1]["vintage_id"]
    counts = _counts(connection, finest, definition, layer, table)
    highest_first = definition.direction != "lower_is_more_need"
    if counts is None:
        rank = published_ranks(table["value"], table["status"], ascending=not highest_first).astype("Int64")
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
        edition=level["edition"],
        period=layer.period,
        smoothing=smoothing,
        table=table.rename_axis("area_id"),
    )


def _counts(
    connection: Connection, finest: int, definition: Indicator, layer: LayerInputs, table: pd.DataFrame
) -> dict[str, Any] | None:
    """Return what the functions of uncertainty ask for; None when no model of chance stands behind the indicator.

    They are the counts that made the values: where no value is published none of them is used, and where one is
    published that is not theirs, such as the limit of a top-coded share, the numerator is what the value says.
    """
    model = chance_model(definition)
    if model is None:
        return None
    made = _made_of(connection, finest, definition, layer)
    silent = table["value"].isna()
    arguments: dict[str, Any] = {"model": model}
    for role in ("numerator", "denominator"):
        name = getattr(definition, role)
        arguments[role] = made.values[name].droplevel("period").reindex(table.index).mask(silent)
        state = made.statuses[name].droplevel("period").reindex(table.index).fillna("missing")
        arguments[f"{role}_status"] = state.mask(silent, table["status"])
    given = table["ci_low"].isna() & arguments["denominator"].notna()
    said = table["value"] / definition.factor * arguments["denominator"]
    state = arguments["numerator_status"]
    arguments["numerator"] = arguments["numerator"].mask(given, said)
    arguments["numerator_status"] = state.mask(given, arguments["denominator_status"].mask(said == 0, "zero"))
    return arguments


def _made_of(connection: Connection, finest: int, definition: Indicator, layer: LayerInputs) -> CountTable:
    """Return the counts that the values of a layer are made of; `finest`: the edition with the smallest areas below it."""
    vintage = layer.level["vintage_id"]

    def read(vintage_id: int) -> CountTable:
        return read_counts(connection, vintage_id, definition.counts, period=layer.period)

    if definition.missing.share == 1 or vintage == finest:
        return read(vintage)
    above = areas.ancestors(connection, finest, above=vintage)
    return made_of(definition, read(vintage), read(finest), above)


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
        prior=prior,
        graph=graph,
        model="binomial" if counts["model"] == "share" else "poisson",
        per=definition.factor,
    )
    return table.assign(smoothed=result.value, smoothed_low=result.ci_low, smoothed_high=result.ci_high)
