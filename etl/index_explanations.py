"""Why areas have their index, from what is published of them: made ready to be stored beside the index.

Nothing but published values goes in: the indicators of the method, and how many people each of them rests on.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from db.queries import catalogue, values
from indicators.computed import STATUS_INDEX
from indicators.definition import Indicator
from indicators.errors import ConstantColumnError, InputError
from indicators.explanation.explained import ExplainedIndex, explained_index
from indicators.explanation.flips import DIRECTIONS
from indicators.explanation.standardised import is_standardised_sum
from indicators.methods import Method

__all__ = ["Chance", "explanation_rows", "people_behind", "read_chance", "runs_for"]

_SEED = 1  # the same in all periods: a class that is kept more often is not so by another throw of the dice
_MOST_RUNS, _FEWEST_RUNS, _NUMBERS = 1000, 400, 400_000
_MOST_NUMBERS = 20_000_000  # areas × runs that fit into memory
_FEW_VALUES = 500  # areas × indicators of which the flipping changes are found in seconds by any method
_DIGITS = 9
_TWO_SIDED = 2 * 1.959963984540054  # width of a 95 % interval in standard errors


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Chance:
    """How far chance moves published values: the people behind each share, otherwise its published interval.

    `definitions` of the indicators. By period, areas × indicators: `counts` and `errors` (standard errors).
    """

    definitions: Mapping[str, Indicator]
    counts: Mapping[str, pd.DataFrame]
    errors: Mapping[str, pd.DataFrame]

    def __repr__(self) -> str:
        return f"Chance({len(self.definitions)} indicators, {len(self.counts)} periods)"

    @classmethod
    def from_rows(cls, definitions: Mapping[str, Indicator], rows: pd.DataFrame) -> Chance:
        """Put rows with area_id, indicator_id, period, value, ci_low and ci_high into tables."""
        rows = rows.reset_index(drop=True)
        inputs = rows["indicator_id"].isin(list(definitions))
        error = (rows["ci_high"] - rows["ci_low"]) / _TWO_SIDED
        return cls(
            definitions=definitions,
            counts=_by_period(rows[~inputs], rows["value"]),
            errors=_by_period(rows[inputs], error),
        )

    def of(self, period: str, table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, float]]:
        """Return denominators, standard errors, and per how many each share is, for the values of one period.

        An indicator is in neither table if an area with a value has no published basis.
        """
        names = [name for name in self.definitions if name in table]
        counts = self.counts.get(period, pd.DataFrame()).reindex(table.index)
        people, per = people_behind(table[names].join(counts), names, self.definitions)
        given = self.errors.get(period, pd.DataFrame()).reindex(table.index)
        errors = [
            name
            for name in given
            if name in names and name not in people and given[name][table[name].notna()].notna().all()
        ]
        return people, given[errors], per


def _by_period(rows: pd.DataFrame, values: pd.Series) -> dict[str, pd.DataFrame]:
    if rows.empty:
        return {}
    wide = rows.assign(number=values).pivot(
        index=["period", "area_id"], columns="indicator_id", values="number"
    )
    return {str(period): part.droplevel("period") for period, part in wide.groupby(level="period")}


def people_behind(
    values: pd.DataFrame, names: Sequence[str], known: Mapping[str, Indicator]
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return what those of the indicators rest on that are shares, and per how many each is.

    `values`: also the counts that the shares are of. A share of which one area has a value, but no published whole, is
    not among them.
    """
    people, per = {}, {}
    for name in names:
        one = known.get(name)
        if one is None or not one.is_share or str(one.denominator) not in values:
            continue
        value, basis = values[name], values[str(one.denominator)]
        is_known = value.notna()
        if (basis[is_known] >= 1).all() and value[is_known].between(0, one.factor).all():
            people[name], per[name] = basis, one.factor
    return pd.DataFrame(people, index=values.index), per


def read_chance(connection: Connection, city: str, vintage_id: int, indicators: Sequence[str]) -> Chance:
    """Read what is published of the chance in some indicators, on one level and in all periods."""
    known = {one.id: one for one in catalogue.indicators(connection, city)}
    definitions = {name: known[name] for name in indicators if name in known}
    shares = [one for one in definitions.values() if one.is_share]
    counts = sorted({str(one.denominator) for one in shares})
    others = [name for name, one in definitions.items() if not one.is_share]
    parts = [values.read_values(connection, vintage_id=vintage_id, indicator_ids=counts)]
    if others:
        parts.append(
            values.read_values(connection, vintage_id=vintage_id, indicator_ids=others, with_intervals=True)
        )
    rows = pd.concat(parts).reindex(
        columns=["area_id", "indicator_id", "period", "value", "ci_low", "ci_high"]
    )
    return Chance.from_rows(definitions, rows)


def runs_for(areas: int) -> int:
    """Return how many simulated runs a table of so many areas gets: more when they cost little, none when too much."""
    runs = int(np.clip(_NUMBERS // max(areas, 1), _FEWEST_RUNS, _MOST_RUNS))
    return runs if areas * runs <= _MOST_NUMBERS else 0


def explanation_rows(
    table: pd.DataFrame,
    statuses: pd.DataFrame,
    method: Method,
    chance: Chance,
    *,
    vintage_id: int,
    period: str,
    labels: pd.DataFrame | None,
) -> pd.DataFrame:
    """Explain the status index of one period, one row per area as it is stored.

    Where the method cannot work with values that chance could have given, or a city has too many areas, nothing is
    simulated. Flipping changes of methods that are no sums of z-scores are looked for in small cities only.
    """
    people, errors, per = chance.of(period, table)
    runs = runs_for(len(table))
    with_changes = is_standardised_sum(method) or table.size <= _FEW_VALUES
    try:
        found = explained_index(
            table,
            statuses,
            method,
            labels=labels,
            denominators=people,
            standard_errors=errors,
            with_changes=with_changes,
            per=per,
            runs=runs,
            rng=np.random.default_rng(_SEED) if runs else None,
        )
    except (ConstantColumnError, InputError):
        found = explained_index(table, statuses, method, labels=labels, with_changes=with_changes)
    return _rows(found).assign(vintage_id=vintage_id, period=period, indicator_id=STATUS_INDEX.id)


def _rows(found: ExplainedIndex) -> pd.DataFrame:
    result, parts = found.result, found.parts
    rows = pd.DataFrame(
        {
            "method": result.method.id,
            "areas": int(result.is_valid.sum()),
            "rank": result.rank,
            "base": parts.base.round(_DIGITS),
            "filled": parts.filled.round(_DIGITS),
            "parts": _parts(found),
            "reason_de": parts.reason_de,
            "reason_en": parts.reason_en,
        }
    )
    if found.distances is not None:
        limits = found.distances.table
        names = [f"{what}_{towards}" for what in ("limit", "class") for towards in DIRECTIONS]
        rows = rows.join(limits[["class", *names]])
    if found.simulation is not None:
        rows = rows.join(found.simulation.table[["rank_low", "rank_high"]])
        rows = rows.assign(kept=found.simulation.kept, runs=found.simulation.runs)
    return rows.rename_axis("area_id").reset_index()


def _parts(found: ExplainedIndex) -> list[str]:
    """Return the parts of every area as JSON, the largest first; an empty list for areas without an index."""
    parts = found.parts
    names = [json.dumps(str(name)) for name in parts.contributions]
    contributions = parts.contributions.to_numpy(dtype=float)
    order = np.argsort(-np.nan_to_num(np.abs(contributions)), axis=1, kind="stable").tolist()
    values, parts_of_index = _numbers(parts.values.to_numpy(dtype=float)), _numbers(contributions)
    ways = _ways(found)
    written = []
    for area, is_explained in enumerate(found.result.is_valid.tolist()):
        if not is_explained:
            written.append("[]")
            continue
        first = area * len(names)
        listed = ", ".join(
            f'{{"indicator": {names[place]}, "value": {values[first + place]}, '
            f'"contribution": {parts_of_index[first + place]}{ways[first + place]}}}'
            for place in order[area]
        )
        written.append(f"[{listed}]")
    return written


def _ways(found: ExplainedIndex) -> list[str]:
    """Return for every area and indicator what leads to less and to more need, as members of a JSON object."""
    if found.changes is None:
        return [""] * found.parts.contributions.size
    table = found.changes.table
    new = _numbers(table["new_value"].to_numpy(dtype=float))
    number = table["new_class"].fillna(0).to_numpy(dtype=np.int64).tolist()
    reason = [json.dumps(one) for one in table["reason"].unique()]
    told = [reason[code] for code in pd.factorize(table["reason"])[0].tolist()]
    each = [
        f'{{"new_value": {value}, "new_class": {other or "null"}, "reason": {why}}}'
        for value, other, why in zip(new, number, told, strict=True)
    ]
    less, more = DIRECTIONS
    return [f', "{less}": {one}, "{more}": {two}' for one, two in zip(each[::2], each[1::2], strict=True)]


def _numbers(values: np.ndarray) -> list[str]:
    """Return numbers as JSON writes them, row by row; null for NaN."""
    return ["null" if math.isnan(one) else f"{one:.{_DIGITS}g}" for one in values.ravel().tolist()]
