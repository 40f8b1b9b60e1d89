"""What a rule of the early warning is tested on: the values of one level of a city's areas, as they are published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import pandas as pd
from sqlalchemy import Connection

from db.queries import alert_rules, areas, catalogue
from etl.errors import EtlError
from indicators.alerts import Rule
from indicators.alerts.calendar import periods_before
from indicators.definition import Indicator

__all__ = ["RuleInputs", "Seen", "read_inputs_of_period", "read_rule_inputs"]

_MOSTLY = 0.6  # share of the areas that have a value: below it a finer level tells less than a coarser one


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RuleInputs:
    """Values of the areas and of the whole city, in the columns that `evaluate_rule` takes; names by area id."""

    geography: str
    vintage_id: int
    values: pd.DataFrame
    city: pd.DataFrame
    names: pd.Series
    definitions: Mapping[str, Indicator]

    def __repr__(self) -> str:
        return f"RuleInputs({self.geography}, {len(self.values)} values, {len(self.names)} areas)"

    def periods(self) -> list[str]:
        """Return the periods in which every indicator has a value somewhere, in order."""
        known = self.values.dropna(subset=["value"]).groupby("period")["indicator_id"].nunique()
        return sorted(known.index[known == self.values["indicator_id"].nunique()])

    def until(self, period: str) -> pd.DataFrame:
        """Return what was known when the period was the newest."""
        return self.values[self.values["period"] <= period]

    def evidence(self, rule: Rule, area_id: str, period: str) -> list[dict[str, Any]]:
        """Return the published values that an alert rests on: of the period and of those it is compared with."""
        span = 0 if rule.kind == "level" else rule.periods
        shown = periods_before(period, span, self.periods())
        rows = self.values[
            (self.values["area_id"] == area_id)
            & self.values["period"].isin(shown)
            & self.values["value"].notna()
        ]
        found = []
        for row in rows.to_dict("records"):
            found.append(_piece(row["indicator_id"], row["period"], row["value"]))
            found += self._counts(row)
        return found

    def _counts(self, row: Mapping[Any, Any]) -> list[dict[str, Any]]:
        definition = self.definitions[row["indicator_id"]]
        counts = ((definition.numerator, row["numerator"]), (definition.denominator, row["denominator"]))
        if any(name is None or pd.isna(count) for name, count in counts):
            return []
        return [_piece(str(name), row["period"], count) for name, count in counts]


def _piece(indicator_id: str, period: str, value: float) -> dict[str, Any]:
    return {"indicator_id": indicator_id, "period": period, "value": float(value)}


# What was read, by indicators and editions: of the areas and of the whole city.
Seen: TypeAlias = dict[tuple[tuple[str, ...], int, int], RuleInputs]


def read_rule_inputs(
    connection: Connection,
    city: str,
    rule: Rule,
    *,
    geography: str | None = None,
    seen: Seen | None = None,
) -> RuleInputs:
    """Read what a rule is tested on; without a level the finest one on which most areas have a value.

    `seen`: what was read before is taken from here, and what is read is put in.
    """
    level = _level(connection, city, rule, geography)
    top = areas.geographies(connection, city)[0]
    place = level["id"], level["vintage_id"], top["vintage_id"]
    return _read(connection, city, rule, *place, {} if seen is None else seen)


def read_inputs_of_period(
    connection: Connection, city: str, rule: Rule, *, geography: str, period: str, seen: Seen
) -> RuleInputs:
    """Read what a rule is tested on in one period: on the newest edition of the boundaries that has values then."""
    top = areas.geographies(connection, city)[0]
    chosen, whole = (
        alert_rules.edition_with_values(connection, city, level, indicator_ids=rule.indicators, period=period)
        for level in (geography, top["id"])
    )
    if chosen is None:
        raise EtlError(
            f"{city}: there are no values of {', '.join(rule.indicators)} in {period} on level {geography!r} any more"
        )
    return _read(connection, city, rule, geography, chosen, whole or top["vintage_id"], seen)


def _read(
    connection: Connection,
    city: str,
    rule: Rule,
    geography: str,
    vintage_id: int,
    whole_city: int,
    seen: Seen,
) -> RuleInputs:
    key = (rule.indicators, vintage_id, whole_city)
    if key in seen:
        return seen[key]
    names = list(rule.indicators)
    definitions = {name: catalogue.indicator(connection, city, name) for name in names}
    inputs = RuleInputs(
        geography=geography,
        vintage_id=vintage_id,
        values=alert_rules.read_rule_values(connection, vintage_id=vintage_id, indicator_ids=names),
        city=alert_rules.read_rule_values(connection, vintage_id=whole_city, indicator_ids=names),
        names=pd.Series(areas.area_names(connection, vintage_id), dtype="str"),
        definitions={name: one for name, one in definitions.items() if one is not None},
    )
    # A theme begins with the first period in which all its indicators are there.
    begin = next(iter(inputs.periods()), "")
    seen[key] = replace(
        inputs,
        values=inputs.values[inputs.values["period"] >= begin],
        city=inputs.city[inputs.city["period"] >= begin],
    )
    return seen[key]


def _level(connection: Connection, city: str, rule: Rule, geography: str | None) -> Mapping[str, Any]:
    levels: Sequence[Mapping[str, Any]] = alert_rules.levels_with_values(connection, city, rule.indicators)
    if not levels:
        raise EtlError(
            f"{city}: no level of areas has values of {', '.join(rule.indicators)}, which rule {rule.id!r} watches; "
            f"run 'sozialraum compute {city}' first, or write a rule for what the city has"
        )
    if geography is None:
        return next((one for one in levels if one["known"] >= _MOSTLY), max(levels, key=_known))
    chosen = next((one for one in levels if one["id"] == geography), None)
    if chosen is None:
        known = ", ".join(one["id"] for one in levels)
        raise EtlError(f"{city}: no values for rule {rule.id!r} on level {geography!r}; levels: {known}")
    return chosen


def _known(level: Mapping[str, Any]) -> float:
    return float(level["known"])
