"""Bring the published values of one edition to the areas of another: counts, rates of counts, delivered rates.

Only what is published goes in, so everything that comes out could be worked out by everybody who has the crosswalk.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from db.queries.conversions import VALUE_COLUMNS
from etl.count_tables import CountTable, count_table
from indicators.confidentiality import ShareLimits
from indicators.definition import Indicator
from indicators.derived import derived_values
from indicators.errors import ShareError
from indicators.selection import LAND_AREA
from indicators.status import ValueStatus
from spatial.crosswalk import GRADES, Converted, Crosswalk, extensive, intensive

__all__ = ["Conversion", "SourceValues", "convert"]

_GRADED = ("grade", "known", "estimated")
_MISSING = ValueStatus.MISSING.value
_WITHOUT = (ValueStatus.SUPPRESSED.value, _MISSING)
_SAME = 1e-9  # two known parts of an area that differ by less are the same
_AT_BEST = "C"  # of a rate that is weighted by something else than it is a rate of
_CANNOT = {
    "median": "a median of several areas does not follow from their medians",
    "change": "a change follows from the counts of two periods; compute it from the series",
}

_BY_METHOD = "it is computed by a method; compute it on the other areas"

Limits = Callable[[Indicator], ShareLimits]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SourceValues:
    """What an edition has published: counts and delivered rates of all its areas, with definitions by id.

    `table` has a column per indicator; `delivered`: ids of rates that a source delivered. `residents`: id of the count
    that stands in as weight where it is not known what a rate is a rate of.
    """

    table: CountTable
    definitions: Mapping[str, Indicator]
    delivered: Collection[str]
    residents: str

    def __repr__(self) -> str:
        return f"SourceValues({len(self.table.values)} rows, {self.table.values.shape[1]} indicators)"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conversion:
    """Converted values as rows with `VALUE_COLUMNS`, and which indicators could not be converted, and why."""

    rows: pd.DataFrame
    left_out: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Conversion({len(self.rows)} values, {len(self.left_out)} indicators left out)"


def convert(
    source: SourceValues,
    way: Crosswalk,
    *,
    land_area: Mapping[str, float],
    limits: Limits,
    there: Collection[tuple[str, str]] = (),
    is_asked: Callable[[str, str], bool] = lambda _indicator, _period: True,
    missing_up_to: float = 0.01,
) -> Conversion:
    """Convert all that can be, per indicator and period.

    Counts are divided so that their sums stay. What is computed from counts is computed from the converted ones, by the
    same limits of publication as everywhere. A rate that was delivered is weighted by what it is a rate of, where that
    count is published; else by the residents, and is then no better than an estimate unless it is a copy. Classes,
    indices, medians and changes are left out. `land_area` [km²]: of the target areas. `there`: indicators and
    periods of which the target knows something; neither they nor rates of them are converted. `is_asked`: for which
    indicator and period.
    """
    every, names = source.definitions, [str(name) for name in source.table.values]
    counts = [name for name in names if every[name].kind == "extensive"]
    rates = [name for name in names if every[name].kind == "intensive" and name in source.delivered]
    at_hand = {*counts, LAND_AREA}
    computed = [
        one
        for one in every.values()
        if one.is_computable and one.id not in rates and at_hand >= set(one.counts)
    ]
    by_id = {one.id for one in computed}
    left_out: dict[str, str] = {}
    periods = _by_period(source.table)
    pieces = [
        _frame(extensive(value, way, status=status, missing_up_to=missing_up_to), name, period, day)
        for name in counts
        for period, value, status, day in _known(source.table, periods, name)
    ]
    known = set(there)
    pieces = [piece for piece in pieces if _key(piece) not in known]
    frames = [piece for piece in pieces if is_asked(*_key(piece))]
    if pieces:
        found = _computed(pieces, computed, way, land_area, limits)
        frames += [piece for piece in found if _key(piece) not in known and is_asked(*_key(piece))]
    for name in rates:
        made_of = {name, *every[name].counts}
        frames += [
            piece
            for piece in _rate(source, periods, every[name], way, missing_up_to, left_out)
            if is_asked(*_key(piece)) and not any((one, _key(piece)[1]) in known for one in made_of)
        ]
    for name in names:
        if every[name].kind == "ordinal":
            left_out[name] = "classes do not add up"
        elif every[name].kind == "intensive" and name not in by_id and name not in rates:
            left_out[name] = _CANNOT.get(str(every[name].form), _BY_METHOD)
    filled = [_as_stored(frame) for frame in frames if len(frame)]
    rows = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=list(VALUE_COLUMNS))
    return Conversion(rows=rows, left_out=left_out)


def _key(piece: pd.DataFrame) -> tuple[str, str]:
    """Return indicator and period of rows that have one of each."""
    return str(piece["indicator_id"].iloc[0]), str(piece["period"].iloc[0])


_Periods = Mapping[str, tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]]


def _by_period(table: CountTable) -> _Periods:
    """Return values, states and what is there at all of every period, indexed by area."""
    parts = (table.values, table.statuses, table.is_there)
    found = {}
    for period in table.values.index.unique("period"):
        values, statuses, is_there = (pd.DataFrame(part.xs(period, level="period")) for part in parts)
        found[str(period)] = (values, statuses, is_there)
    return found


def _known(
    table: CountTable, periods: _Periods, name: str
) -> Iterator[tuple[str, pd.Series, pd.Series, str]]:
    """Yield the periods in which an indicator is there, with value and state of all areas, and the day."""
    for period, (values, statuses, is_there) in periods.items():
        if is_there[name].any():
            yield period, values[name], statuses[name], table.days[name, period]


def _frame(found: Converted, name: str, period: str, day: str) -> pd.DataFrame:
    rows = found.to_frame().rename_axis("area_id").reset_index()
    return rows.assign(indicator_id=name, period=period, reference_date=day)


def _computed(
    pieces: Sequence[pd.DataFrame],
    definitions: Sequence[Indicator],
    way: Crosswalk,
    land_area: Mapping[str, float],
    limits: Limits,
) -> list[pd.DataFrame]:
    """Compute rates from converted counts; each is as good as the worst of them."""
    rows = pd.concat(pieces, ignore_index=True)
    names = list(dict.fromkeys(rows["indicator_id"]))
    table = count_table(rows, list(way.target), names).with_measured(LAND_AREA, land_area)
    rows = rows.assign(grade=pd.Categorical(rows["grade"], list(GRADES)).codes.astype(float))
    quality = {
        name: rows.pivot(index=["period", "area_id"], columns="indicator_id", values=name)
        .reindex(index=table.values.index, columns=names)
        .astype(float)
        for name in _GRADED
    }
    made_of = way.derivation.reindex(table.values.index.get_level_values("area_id")).to_numpy()
    derivation = pd.Series(made_of, index=table.values.index)
    found = []
    for one in definitions:
        used = list(one.counts)
        if not set(used) <= set(table.values):
            continue
        asked = table.is_there[used].all(axis=1)
        if not asked.any():
            continue
        counted = [name for name in used if name != LAND_AREA]
        known = quality["known"].loc[asked, counted]
        values, statuses = table.values.loc[asked, used], table.statuses.loc[asked, used]
        # Parts that are not known must be the same ones above and below the line.
        differ = ((known.max(axis=1) - known.min(axis=1)) > _SAME).to_numpy()
        apart = np.broadcast_to(differ[:, None], values.shape)
        statuses = statuses.mask(apart & (statuses != _WITHOUT[0]).to_numpy(), _MISSING)
        values = values.mask(apart)
        try:
            result = derived_values(one, values, statuses, limits=limits(one))
        except ShareError as error:
            raise error.of(f"converted {one.id}") from error
        at = result.index
        worst = quality["grade"].loc[at, counted].max(axis=1)
        result = result[["value", "status"]].assign(
            grade=worst.map(dict(enumerate(GRADES))),
            known=known.loc[at].min(axis=1),
            estimated=quality["estimated"].loc[at, counted].max(axis=1),
            derivation=derivation[at],
            indicator_id=one.id,
        )
        days = {period: day for (name, period), day in table.days.items() if name == counted[0]}
        result = result.reset_index()
        result = result.assign(reference_date=result["period"].map(days))
        found += [rows for _period, rows in result.groupby("period", sort=True)]
    return found


def _rate(
    source: SourceValues,
    periods: _Periods,
    one: Indicator,
    way: Crosswalk,
    missing_up_to: float,
    left_out: dict[str, str],
) -> list[pd.DataFrame]:
    """Convert a delivered rate with the count it is a rate of, or with the residents in its place."""
    if one.form in _CANNOT:
        left_out[one.id] = _CANNOT[one.form]
        return []
    table = source.table
    found: list[pd.DataFrame] = []
    weights = [name for name in (one.denominator, source.residents) if name and name in table.values]
    for period, value, status, day in _known(table, periods, one.id):
        values, statuses, is_there = periods[period]
        weight = next((name for name in weights if is_there[name].any()), None)
        if weight is None:
            left_out[one.id] = "nothing is published that it could be weighted by"
            continue
        base, state = values[weight], statuses[weight]
        if (base < 0).any():
            left_out[one.id] = f"{weight} is below 0 and cannot be a weight"
            continue
        converted = intensive(
            value, base, way, status=status, denominator_status=state, missing_up_to=missing_up_to
        )
        rows = _frame(converted, one.id, period, day)
        if weight != one.denominator:
            stands_in = rows["grade"].isin(["A", "B"]) & (rows["derivation"] != "copy")
            rows["grade"] = rows["grade"].mask(stands_in, _AT_BEST)
            rows["estimated"] = rows["estimated"].mask(stands_in, 1.0)
        found.append(rows)
    return found


def _as_stored(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that are kept; of what has no value nothing is said but its state."""
    rows = frame.reindex(columns=list(VALUE_COLUMNS)).astype(
        {"value": float, "known": float, "estimated": float}
    )
    nothing = rows["status"].isin(_WITHOUT).to_numpy()
    for name in _GRADED:
        rows[name] = rows[name].mask(nothing, None if name == "grade" else np.nan)
    return rows
