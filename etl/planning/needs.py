"""The need that a proposal is made of, with its uncertainty, and how else it could have been chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from db.queries import areas, catalogue, explanations, values
from etl.cities import CityProfile
from etl.errors import EtlError
from etl.index_explanations import Chance, read_chance
from etl.index_inputs import index_table, labels_of, larger_units
from etl.planning.parameters import ProposalParameters
from indicators.computed import STATUS_INDEX
from indicators.definition import Indicator
from indicators.errors import IndicatorError
from indicators.explanation import index_draws
from indicators.methods.errors import suggestion
from spatial.errors import ParameterError
from spatial.regions import PlanningData, Scenario, deficit_need, resampled_needs

__all__ = [
    "Needs",
    "choose_period",
    "complete_periods",
    "needed_indicators",
    "read_needs",
    "weighed_indicators",
]

_EARLIER = 2  # periods before the chosen one that the variants are drawn from as well
_NEARLY_ALL = 0.9


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Needs:
    """Need and residents of all areas of a level in one period, on the areas of the level in order.

    `need` [index points]; `residents` [persons], missing where they are not known. `draws`: needs as they could as
    well have come out, runs × areas, None where nobody knows how far chance moves them. `values`: by period, for
    variants, in standard deviations of the need, whose mean is `middle` and standard deviation `spread`
    [index points]; `weights` of its indicators. `known_without`: by indicator, the areas whose need is
    known though this one is not, as several disciplines allow.
    """

    need: pd.Series
    residents: pd.Series
    draws: pd.DataFrame | None
    values: Mapping[str, PlanningData]
    weights: tuple[tuple[str, float], ...] | None
    middle: float
    spread: float
    known_without: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __repr__(self) -> str:
        known = int(self.need.notna().sum())
        return f"Needs({known} of {len(self.need)} areas known; variants of {', '.join(self.values) or 'nothing'})"


def complete_periods(
    connection: Connection, profile: CityProfile, parameters: ProposalParameters, *, vintage_id: int
) -> list[str]:
    """Return all periods in which at least 9 of 10 of the areas ever known are known, the oldest first."""
    complete = _complete(connection, vintage_id, needed_indicators(profile, parameters))
    return sorted(map(str, complete.index[complete >= _NEARLY_ALL * complete.max()]))


def needed_indicators(profile: CityProfile, parameters: ProposalParameters) -> list[str]:
    """Return what has to be known of an area: its need, and its residents."""
    needs = [STATUS_INDEX.id] if parameters.weights is None else sorted(parameters.weights)
    return [*needs, profile.residents]


def choose_period(
    connection: Connection, city: str, *, vintage_id: int, needed: Sequence[str], period: str | None
) -> str:
    """Return the period asked for, or the newest in which at least 9 of 10 of the areas ever known are known."""
    complete = _complete(connection, vintage_id, needed)
    names = ", ".join(needed)
    if complete.empty:
        raise EtlError(f"{city}: no period has all of {names}; load data that have them")
    if period is not None and period not in complete.index:
        raise EtlError(
            f"{city}: no proposal for period {period!r}; possible periods: {', '.join(complete.index)}"
        )
    return period or str(complete[complete >= _NEARLY_ALL * complete.max()].index.max())


def _complete(connection: Connection, vintage_id: int, needed: Sequence[str]) -> pd.Series:
    known = values.read_values(connection, vintage_id=vintage_id, indicator_ids=list(needed))
    each = known.dropna(subset=["value"]).groupby(["period", "area_id"])["indicator_id"].nunique()
    return each[each == len(set(needed))].groupby("period").size()


def weighed_indicators(
    connection: Connection, city: str, weights: Mapping[str, float], *, kind: str
) -> dict[str, Indicator]:
    """Return the definitions of indicators that a need (blue) or a potential is made of.

    Raises
    ------
    EtlError
        If the city has no such indicator, or neither high nor low values of one are need.
    """
    known = {one.id: one for one in catalogue.indicators(connection, city)}
    strange = sorted(set(weights) - set(known))
    if strange:
        there = sorted(one.id for one in known.values() if one.kind == "intensive")
        raise EtlError(f"{city} has no indicator(s) {', '.join(strange)}; {suggestion(strange[0], there)}")
    unturned = [name for name in weights if known[name].direction == "context"]
    if unturned and kind == "blue":
        raise EtlError(
            f"{', '.join(unturned)}: neither high nor low is need; give indicators that say which is"
        )
    return {name: known[name] for name in weights}


def read_needs(
    connection: Connection,
    city: str,
    profile: CityProfile,
    parameters: ProposalParameters,
    *,
    level: Mapping[str, Any],
    period: str,
    area_id: pd.Index,
) -> Needs:
    """Read need and residents of one period, with everything that is published of their uncertainty."""
    rows = values.read_values(
        connection, vintage_id=level["vintage_id"], indicator_ids=[profile.residents], period=period
    )
    residents = rows.set_index("area_id")["value"].reindex(area_id).astype(float)
    if parameters.weights is None:
        return _of_status(connection, city, profile, parameters, level, period, residents)
    return _of_weights(connection, city, parameters, level, period, residents)


def _of_status(
    connection: Connection,
    city: str,
    profile: CityProfile,
    parameters: ProposalParameters,
    level: Mapping[str, Any],
    period: str,
    residents: pd.Series,
) -> Needs:
    area_id = residents.index
    rows = values.read_values(
        connection, vintage_id=level["vintage_id"], indicator_ids=[STATUS_INDEX.id], period=period
    )
    need = rows.set_index("area_id")["value"].reindex(area_id).astype(float)
    draws = None
    if parameters.resamples:
        draws = _draws(connection, city, profile, parameters, level, period, need)
    middle, spread = _scale(need)
    error = 0.0 if draws is None else (draws.std(axis=0, ddof=1) / spread).reindex(area_id)
    found = {}
    for one in _earlier(connection, city, level, period) if parameters.variants else ():
        parts = explanations.read_contributions(
            connection, vintage_id=level["vintage_id"], indicator_id=STATUS_INDEX.id, period=one
        ).drop(columns="base", errors="ignore")
        if not parts.empty:
            table = parts.fillna({"filled": 0.0}).reindex(area_id)
            lacking = table.isna().any(axis=1)
            found[one] = PlanningData(
                population=residents.fillna(0.0),
                indicators=table,
                standard_error=error if isinstance(error, float) else error.where(~lacking, 0.0).fillna(0.0),
            )
    names = sorted({name for data in found.values() for name in _names(data)})
    same = all(_names(data) == names for data in found.values())
    return Needs(
        need=need,
        residents=residents,
        draws=draws,
        values=found if same else {one: data for one, data in found.items() if one == period},
        weights=tuple((name, 1.0) for name in _names(found[period])) if period in found else None,
        middle=middle,
        spread=spread,
    )


def _names(data: PlanningData) -> list[str]:
    return [] if data.indicators is None else sorted(map(str, data.indicators.columns))


def _earlier(connection: Connection, city: str, level: Mapping[str, Any], period: str) -> list[str]:
    """Return the period and those before it whose index is explained, the newest first."""
    known = explanations.explained_periods(connection, city, STATUS_INDEX.id).get(level["id"], [])
    return sorted((one for one in known if one <= period), reverse=True)[: 1 + _EARLIER]


def _scale(need: pd.Series) -> tuple[float, float]:
    spread = float(need.std(ddof=0))
    return float(need.mean()), spread if spread > 0 else 1.0


def _draws(
    connection: Connection,
    city: str,
    profile: CityProfile,
    parameters: ProposalParameters,
    level: Mapping[str, Any],
    period: str,
    need: pd.Series,
) -> pd.DataFrame | None:
    """Draw the status index from the counts behind its indicators; None where nothing is published of these."""
    method = profile.method_for(period)
    if method is None:
        return None
    levels = [one for one in areas.geographies(connection, city) if one["rank"] > 0]
    rows = values.read_values(
        connection,
        vintage_id=level["vintage_id"],
        indicator_ids=[*method.columns, *method.dynamics_columns],
        period=period,
    )
    table, statuses = index_table(rows, method.columns)
    chance = read_chance(connection, city, level["vintage_id"], sorted(method.indicators))
    people, errors, per = chance.of(period, table)
    if people.empty and errors.empty:
        return None
    units = larger_units(connection, city, [method], level, levels)
    try:
        found = index_draws(
            table,
            statuses,
            method,
            rng=np.random.default_rng(parameters.seed),
            denominators=people,
            standard_errors=errors,
            labels=labels_of(method, table.index, units),
            runs=parameters.resamples,
            per=per,
        )
    except (IndicatorError, ParameterError):
        return None  # the method cannot work with values that chance could have given
    drawn = found.reindex(columns=need.index)
    # An index that was computed and cannot be drawn, or the other way round, has no known uncertainty.
    known = need.notna().to_numpy()
    filled = np.where(drawn.notna(), drawn, need.to_numpy()[None, :])
    return pd.DataFrame(np.where(known[None, :], filled, np.nan), columns=need.index)


def _of_weights(
    connection: Connection,
    city: str,
    parameters: ProposalParameters,
    level: Mapping[str, Any],
    period: str,
    residents: pd.Series,
) -> Needs:
    """Make the need of indicators in standard deviations: their weighted sum, or the deficits in several of them."""
    weights = {str(name): float(weight) for name, weight in (parameters.weights or {}).items()}
    known = weighed_indicators(connection, city, weights, kind=parameters.kind)
    standard, errors = _standardised(connection, city, level, period, known, residents.index, parameters.kind)
    people = residents.fillna(0.0)
    chosen = None
    without: dict[str, list[str]] = {}
    if parameters.at_least is not None:
        need = deficit_need(standard, at_least=parameters.at_least).need.rename(None)
        lacking = standard.isna().mul(need.notna(), axis=0)
        without = {
            str(name): lacking.index[lacking[name]].tolist() for name in lacking if lacking[name].any()
        }
        data = PlanningData(population=people, need=need)
    else:
        chosen = tuple(sorted(weights.items()))
        plain = PlanningData(population=people, indicators=standard)
        need = plain.need_of(Scenario(name="weights", threshold=0.0, border_price=0.0, weights=chosen))
        total = (standard * pd.Series(weights)).sum(axis=1, skipna=False).std(ddof=0)
        own = None if errors is None else ((errors * pd.Series(weights)) ** 2).sum(axis=1) ** 0.5
        data = PlanningData(
            population=people,
            indicators=standard,
            standard_error=0.0 if own is None else (own / total).where(need.notna(), 0.0),
        )
    draws = None
    if parameters.resamples and isinstance(data.standard_error, pd.Series):
        draws = resampled_needs(
            need,
            data.standard_error,
            resamples=parameters.resamples,
            rng=np.random.default_rng(parameters.seed),
        )
    return Needs(
        need=need,
        residents=residents,
        draws=draws,
        values={period: data} if parameters.variants else {},
        weights=chosen,
        middle=0.0,
        spread=1.0,
        known_without=without,
    )


def _standardised(
    connection: Connection,
    city: str,
    level: Mapping[str, Any],
    period: str,
    known: Mapping[str, Indicator],
    area_id: pd.Index,
    kind: str,
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Return indicators and their standard errors in standard deviations; a need is turned so that more is higher."""
    rows = values.read_values(
        connection, vintage_id=level["vintage_id"], indicator_ids=sorted(known), period=period
    )
    table = rows.pivot(index="area_id", columns="indicator_id", values="value").reindex(area_id).astype(float)
    lacking = sorted(set(known) - set(table.columns))
    if lacking:
        raise EtlError(f"{city}: {', '.join(lacking)} has no values on {level['id']} for {period}")
    spread = table.std(ddof=0)
    flat = sorted(spread.index[~(spread > 0)])
    if flat:
        raise EtlError(f"{city}: {', '.join(flat)} is the same everywhere in {period}; leave it out")
    turned = [
        -1.0 if kind == "blue" and known[str(name)].direction == "lower_is_more_need" else 1.0
        for name in table
    ]
    standard = (table - table.mean()) / spread * pd.Series(turned, index=table.columns)
    errors = _errors(read_chance(connection, city, level["vintage_id"], sorted(known)), period, table, known)
    return standard, None if errors is None else errors / spread


def _errors(
    chance: Chance, period: str, table: pd.DataFrame, known: Mapping[str, Indicator]
) -> pd.DataFrame | None:
    """Return the standard error of every value, None where one indicator has none that is known."""
    people, errors, per = chance.of(period, table)
    found = {}
    for name in map(str, table.columns):
        if name in errors:
            found[name] = errors[name]
        elif name in people:
            share = (table[name] / per[name]).clip(0.0, 1.0)
            found[name] = per[name] * (share * (1 - share) / people[name]) ** 0.5
        else:
            return None
    return pd.DataFrame(found, index=table.index)
