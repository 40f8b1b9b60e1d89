"""A loaded city's published values as the table that a method is computed on: nothing else goes into it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from db.queries import areas, values
from etl.cities import CityProfile, city_profile
from etl.errors import EtlError
from etl.method_counts import with_computed
from etl.method_values import MethodValues
from indicators.definition import Indicator, IndicatorDefinition
from indicators.methods import Method
from indicators.methods.errors import suggestion
from indicators.status import ValueStatus

__all__ = ["CityValues", "read_city_columns", "read_city_values"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CityValues:
    """The table of one level and period, and that of the period which the dynamics of the method begin with.

    `table.labels` holds the `name` of every area and the larger units that the method asks for. `computed`: what
    was computed from published counts because the city does not keep it.
    """

    geography: str
    period: str
    table: MethodValues
    earlier: MethodValues | None
    computed: tuple[str, ...]

    def __repr__(self) -> str:
        return f"CityValues({self.geography} {self.period}: {self.table!r})"


def read_city_values(
    connection: Connection,
    city: str,
    method: Method,
    known: Mapping[str, Indicator],
    *,
    geography: str | None = None,
    period: str | None = None,
    also: Sequence[str] = (),
) -> CityValues:
    """Read what a method needs: on the finest level, of the newest period that has it all, unless said otherwise.

    `also`: further indicators that must be there, such as the residents.

    What the city keeps under an id of its own is found under that of the catalogue too; what it has only the counts of
    is computed from them, within the limits of the city's profile.
    """
    profile = city_profile(city, connection)
    levels = _levels(connection, city)
    level = _level(city, levels, geography)
    known = _reliable(known, profile, without={own.id for own in method.declared})
    needed = tuple(dict.fromkeys([*method.columns, *method.dynamics_columns, *also]))
    required = tuple(dict.fromkeys([*method.columns, *also]))
    ways = {name: _others(known.get(name)) for name in needed}
    frame = values.read_values(
        connection,
        vintage_id=level["vintage_id"],
        indicator_ids=sorted({*needed, *(one for others in ways.values() for one in others)}),
    )
    periods = {str(one): rows for one, rows in frame.groupby("period")}
    labels = _labels(connection, city, method, level, levels)
    if period is not None and period not in periods:
        raise EtlError(f"{city}, {level['id']}: no values for {period}; {suggestion(period, periods)}")
    lacking: list[str] = []
    for name in [period] if period is not None else sorted(periods, reverse=True):
        table, computed = _table(periods[name], labels, needed, known, profile)
        absent = [one for one in required if one not in table.values]
        lacking = lacking or absent
        if absent:
            continue
        before = periods.get(_before(method, name))
        earlier = None if before is None else _table(before, labels, needed, known, profile)[0]
        if earlier is not None and not set(_changing(method)) <= set(earlier.values):
            earlier = None
        return CityValues(
            geography=level["id"],
            period=name,
            table=table,
            earlier=earlier,
            computed=computed,
        )
    raise EtlError(
        f"{city}, {level['id']}: no period has published values of {', '.join(lacking or required)}; choose another"
        " level, or see what there is with 'sozialraum indicator list'"
        if period is None
        else f"{city}, {level['id']} {period}: no published values of {', '.join(lacking)}; choose another period or level"
    )


def read_city_columns(
    connection: Connection,
    city: str,
    names: Collection[str],
    known: Mapping[str, Indicator],
    *,
    geography: str | None = None,
) -> tuple[str, dict[str, MethodValues]]:
    """Read indicators of a city on the finest level, or another: its id, and a table for every period that has them all.

    The tables have the `name` of every area, and `hectares` measured from its boundary. Values are those that are
    published, or follow from published counts, as `read_city_values` says.
    """
    profile = city_profile(city, connection)
    level = _level(city, _levels(connection, city), geography)
    known = _reliable(known, profile, without=())
    needed = tuple(dict.fromkeys(names))
    frame = values.read_values(
        connection,
        vintage_id=level["vintage_id"],
        indicator_ids=sorted({*needed, *(one for name in needed for one in _others(known.get(name)))}),
    )
    labels = pd.Series(areas.area_names(connection, level["vintage_id"]), name="name").sort_index()
    hectares = pd.Series(areas.land_area(connection, level["vintage_id"]), dtype=float) * 100
    table = labels.to_frame().assign(hectares=hectares).rename_axis("area_id")
    every = {
        str(period): _table(rows, table, needed, known, profile)[0]
        for period, rows in frame.groupby("period")
    }
    found = {period: one for period, one in every.items() if {*needed} <= {*one.values}}
    if not found:
        there = {name for one in every.values() for name in one.values}
        lacking = [name for name in needed if name not in there] or list(needed)
        raise EtlError(
            f"{city}, {level['id']}: no period has published values of {', '.join(lacking)}; choose another level, or see"
            " what there is with 'sozialraum indicator list'"
        )
    return level["id"], found


def _levels(connection: Connection, city: str) -> Sequence[Mapping[str, Any]]:
    levels = areas.geographies(connection, city)
    if not levels:
        raise EtlError(f"{city}: nothing is loaded yet; run 'sozialraum load {city}' first")
    return levels


def _level(city: str, levels: Sequence[Mapping[str, Any]], geography: str | None) -> Mapping[str, Any]:
    by_id = {one["id"]: one for one in levels}
    if geography is None:
        return levels[-1]
    if geography not in by_id:
        raise EtlError(f"{city} has no level {geography!r}; {suggestion(geography, by_id)}")
    return by_id[geography]


def _reliable(
    known: Mapping[str, Indicator], profile: CityProfile, *, without: Collection[str]
) -> dict[str, Indicator]:
    """Return definitions with the least denominator of the city, where they do not ask for one themselves."""
    least = profile.reliable_from
    return {
        name: one
        if isinstance(one, IndicatorDefinition) or not one.is_computable
        else replace(one, minimum_denominator=max(one.minimum_denominator, least))
        for name, one in known.items()
        if name not in without
    }


def _others(indicator: Indicator | None) -> tuple[str, ...]:
    """Return what an indicator can be had from: its counts, and the ids that cities keep it under."""
    if indicator is None:
        return ()
    same = indicator.same_as if isinstance(indicator, IndicatorDefinition) else ()
    return (*indicator.counts, *same, indicator.id)


def _labels(
    connection: Connection,
    city: str,
    method: Method,
    level: Mapping[str, Any],
    levels: Sequence[Mapping[str, Any]],
) -> pd.DataFrame:
    """Return name and larger units of every area of the level."""
    names = pd.Series(areas.area_names(connection, level["vintage_id"]), name="name").sort_index()
    labels = names.to_frame().rename_axis("area_id")
    above = {one["id"]: one["vintage_id"] for one in levels if one["rank"] < level["rank"]}
    for unit in method.labels:
        if unit not in above:
            raise EtlError(
                f"{city}: {method.id} needs to know which {unit} each area lies in, and {level['id']} lies in"
                f" {', '.join(above) or 'nothing'}; choose a finer level, or another unit in the file"
            )
        inside = areas.ancestors(connection, level["vintage_id"], above=above[unit])
        labels[unit] = labels.index.map(inside)
    return labels


def _table(
    rows: pd.DataFrame,
    labels: pd.DataFrame,
    needed: Sequence[str],
    known: Mapping[str, Indicator],
    profile: CityProfile,
) -> tuple[MethodValues, tuple[str, ...]]:
    wide = {
        name: rows.pivot(index="area_id", columns="indicator_id", values=name).reindex(labels.index)
        for name in ("value", "status")
    }
    table = MethodValues(
        values=wide["value"].astype(float),
        statuses=wide["status"].astype(object).fillna(ValueStatus.MISSING.value),
        labels=labels,
    )
    for name in needed:
        one = known.get(name)
        same = [*one.same_as, one.id] if isinstance(one, IndicatorDefinition) else []
        kept = next((other for other in same if other in table.values), None)
        if name not in table.values and kept is not None:
            table.values[name], table.statuses[name] = table.values[kept], table.statuses[kept]
    return with_computed(table, needed, known, declared=profile.source.confidentiality)


def _changing(method: Method) -> tuple[str, ...]:
    return () if method.dynamics is None else method.dynamics.indicators


def _before(method: Method, period: str) -> str:
    """Return the period that the dynamics begin with; empty when there is none."""
    if method.dynamics is None or method.dynamics.change == "given" or not period.isdecimal():
        return ""
    return str(int(period) - method.dynamics.years)
