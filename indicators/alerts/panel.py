"""From the long table of published values to arrays: which areas can be tested, and why not the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from indicators.alerts.calendar import periods_before
from indicators.alerts.rules import LEAST_TREND, Rule
from indicators.alerts.tracks import CityTrack, Track, middle_of_areas
from indicators.errors import DefinitionError, InputError, ShareError
from indicators.limits import Floats
from indicators.methods.errors import suggestion
from indicators.status import ValueStatus
from indicators.statuses import checked_status
from spatial.errors import ParameterError

__all__ = ["MEMORY", "Panel", "checked_values", "panel"]

_KEY = ["area_id", "period", "indicator_id"]
_COUNTS = ["numerator", "denominator"]
# Values whose state makes them no ground for an alarm.
_UNUSABLE = (ValueStatus.MISSING.value, ValueStatus.SUPPRESSED.value, ValueStatus.UNCERTAIN.value)
_SCALES = np.array([1.0, 100.0, 1000.0, 10_000.0, 100_000.0])
# How many periods, besides the span of the change, say what is usual; what was long ago does not.
MEMORY = 10
_ROUNDING = 0.051  # values may be rounded to one digit


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Panel:
    """The areas that can be tested, as arrays, and the reason for each of the others."""

    areas: pd.Index
    tracks: tuple[Track, ...]
    cities: tuple[CityTrack, ...]
    by_counts: np.ndarray
    left_out: pd.Series


def checked_values(rule: Rule, values: pd.DataFrame, *, what: str = "values") -> pd.DataFrame:
    """Return the rows of the indicators of a rule, with values and counts only where they may be used.

    Parameters
    ----------
    rule : Rule
        Says which indicators.
    values : DataFrame
        `area_id`, `period`, `indicator_id`, `value`, `status`, and `numerator` and `denominator` where known.
    what : str
        Name of the table, for messages.

    Returns
    -------
    DataFrame
        With a state for every row, and NaN where the state is missing, suppressed or uncertain.

    Raises
    ------
    DefinitionError
        If a column or an indicator is not there; the message says the nearest.
    InputError
        If a row is there twice, a value is infinite, or a numerator and denominator do not make the value.
    ShareError
        If a count is negative, or the part is larger than the whole.
    StatusError
        If a state contradicts its value.
    """
    needed = [*_KEY, "value", "status"]
    absent = [name for name in needed if name not in values.columns]
    if absent:
        raise DefinitionError(f"{what}: column {absent[0]!r} is missing; the table needs {', '.join(needed)}")
    known = values["indicator_id"].unique()
    for name in rule.indicators:
        if name not in known:
            raise DefinitionError(
                f"rule {rule.id!r}: no values of indicator {name!r}; {suggestion(name, list(known))}"
            )
    rows = values[values["indicator_id"].isin(rule.indicators)].reset_index(drop=True)
    rows = rows.reindex(columns=[*needed, *_COUNTS]).astype(dict.fromkeys(["value", *_COUNTS], float))
    rows[_KEY] = rows[_KEY].astype(str)
    place = pd.MultiIndex.from_frame(rows[_KEY])
    if place.has_duplicates:
        hint = "give one row per area, period and indicator"
        raise InputError(f"{what}: rows that occur twice", place[place.duplicated()].unique(), hint)
    rows["status"] = checked_status(rows["value"].set_axis(place), rows["status"].set_axis(place), what).array
    numbers = rows[["value", *_COUNTS]]
    infinite = np.isinf(numbers.to_numpy()).any(axis=1)
    if infinite.any():
        raise InputError(f"{what}: infinite numbers", place[infinite], "correct the values")
    unusable = rows["status"].isin(_UNUSABLE)
    rows.loc[unusable, ["value", *_COUNTS]] = np.nan
    if rule.noise == "series":  # the counts of a quotient or a balance are not tested
        rows["numerator"] = np.nan
    bad = (rows["numerator"] < 0) | (rows["denominator"] < 0)
    if rule.noise == "share":
        bad |= rows["numerator"] > rows["denominator"]
    if bad.any() and rule.noise != "series":
        hint = 'correct the counts, or use model = "rate" for events'
        raise ShareError(f"{what}: negative counts, or a part above its whole", place[bad], hint)
    return rows


def panel(rule: Rule, values: pd.DataFrame, *, period: str, city: pd.DataFrame | None) -> Panel:
    """Lay the checked values of a rule out as arrays, the judged period last.

    Parameters
    ----------
    rule : Rule
        Says which indicators and how far back.
    values : DataFrame
        What `checked_values` returned. Rows after the period are not looked at.
    period : str
        The period to be judged.
    city : DataFrame, optional
        The same for the city as a whole, one row per period and indicator. Without it, the areas with a
        value in both periods that are compared make the city.

    Returns
    -------
    Panel
        Areas in the order of their ids.

    Raises
    ------
    ParameterError
        If there are no values in the period.
    InputError
        If counts do not make the values.
    """
    periods = sorted(values["period"].unique())
    if period not in periods:
        raise ParameterError("period", period, f"one with values: {', '.join(periods)}")
    areas = pd.Index(sorted(values["area_id"].unique()), name="area_id")
    earlier = [one for one in periods if one < period]
    span = _span(rule)
    line = periods_before(period, max(span, min(_reach(earlier, period), span + MEMORY)), earlier)
    tracks = tuple(_track(values[values["indicator_id"] == name], line, areas) for name in rule.indicators)
    counted = np.logical_and.reduce([_is_counted(rule, one, span) for one in tracks])
    reason = pd.Series("", index=areas, dtype=object)
    for name, track in zip(rule.indicators, tracks, strict=True):
        _say_why(reason, rule, track, values[values["indicator_id"] == name], line, span)
    usable = np.flatnonzero(reason == "")
    cities = tuple(
        _city(rule, track, name, line, city, span)
        for name, track in zip(rule.indicators, tracks, strict=True)
    )
    return Panel(
        areas=areas[usable],
        tracks=tuple(one.of(usable) for one in tracks),
        cities=cities,
        by_counts=counted[usable],
        left_out=reason[reason != ""].rename("reason"),
    )


def _reach(earlier: Sequence[str], period: str) -> int:
    """Return how many periods lie between the first one with values and the judged one."""
    alike = [one for one in earlier if len(one) == len(period)]
    reach = len(alike)
    while alike and periods_before(period, reach, alike)[0] > alike[0]:
        reach += 1
    return reach


def _span(rule: Rule) -> int:
    """Return how many periods back something must be known."""
    if rule.kind == "level":
        return 0
    return 1 if rule.kind == "trend_break" else rule.periods


def _track(rows: pd.DataFrame, line: Sequence[str], areas: pd.Index) -> Track:
    wide = {
        name: rows.pivot(index="period", columns="area_id", values=name)
        .reindex(index=pd.Index(line), columns=areas)
        .to_numpy(dtype=float)
        for name in ("value", *_COUNTS)
    }
    value, part, whole = wide["value"], wide["numerator"], wide["denominator"]
    factor = _factor(rows)
    return Track(value=value, part=part, whole=whole, factor=factor)


def _factor(rows: pd.DataFrame) -> float:
    """Return what the quotient of the counts is multiplied by, and check that it makes the values."""
    counted = rows[(rows["numerator"] > 0) & (rows["denominator"] > 0) & (rows["value"] > 0)]
    if counted.empty:
        return 100.0
    quotient = counted["numerator"] / counted["denominator"]
    factor = float(
        _SCALES[np.argmin(np.abs(np.log(_SCALES) - np.log((counted["value"] / quotient).median())))]
    )
    off = (counted["value"] - factor * quotient).abs() > np.maximum(
        _ROUNDING * min(factor / 100, 1.0), 0.005 * counted["value"].abs()
    )
    if off.any():
        place = pd.MultiIndex.from_frame(counted.loc[off, _KEY])
        hint = 'give the counts that the values are made of, or use model = "series"'
        raise InputError("numerator and denominator do not make the value", place, hint)
    return factor


def _is_counted(rule: Rule, track: Track, span: int) -> np.ndarray:
    """Say for which areas the counts are known wherever they are needed."""
    known = np.isfinite(track.part) & (track.whole > 0)
    if rule.noise == "series":
        return np.zeros(track.value.shape[1], dtype=bool)
    if rule.kind == "trend_break":
        return np.asarray(known[-1] & (known[-1 - rule.periods : -1].sum(axis=0) >= LEAST_TREND))
    return np.asarray(known[-1] & (known[-1 - span] if len(known) > span else False))


def _say_why(
    reason: pd.Series, rule: Rule, track: Track, rows: pd.DataFrame, line: Sequence[str], span: int
) -> None:
    """Note the reason for every area that cannot be tested."""
    now = rows[rows["period"] == line[-1]].set_index("area_id")["status"].reindex(reason.index)
    now = now.fillna(ValueStatus.MISSING.value)
    value, whole = track.value, track.whole
    tests: list[tuple[str | pd.Series, np.ndarray]] = [(now, np.isnan(value[-1]))]
    if rule.kind == "trend_break":
        tests.append(
            ("series_too_short", np.isfinite(value[-1 - rule.periods : -1]).sum(axis=0) < LEAST_TREND)
        )
    elif len(value) <= span:
        tests.append(("no_earlier_value", np.full(len(reason), True)))
    else:
        tests.append(("no_earlier_value", np.isnan(value[-1 - span])))
    if rule.minimum_denominator is not None:
        asked = [-1] if rule.kind in ("level", "trend_break") or len(value) <= span else [-1, -1 - span]
        tests += [("no_denominator", np.isnan(whole[place])) for place in asked]
        tests += [("too_few", whole[place] < rule.minimum_denominator) for place in asked]
    for word, applies in tests:
        chosen = applies & (reason == "").to_numpy()
        reason[chosen] = word[chosen] if isinstance(word, pd.Series) else word


def _city(
    rule: Rule, track: Track, name: str, line: Sequence[str], city: pd.DataFrame | None, span: int
) -> CityTrack:
    """Return the city over time: as given, otherwise from the areas with a value in both periods."""
    if city is not None:
        rows = city[city["indicator_id"] == name]
        wide = rows.set_index("period")[["value", *_COUNTS]].reindex(pd.Index(line))
        value, part, whole = (wide[one].to_numpy(dtype=float) for one in ("value", *_COUNTS))
        return CityTrack(value=value, part=part, whole=whole)
    both = np.isfinite(track.value[-1])
    if len(track.value) > span:
        both &= np.isfinite(track.value[-1 - span])
    counted = both & _is_counted(rule, track, span)
    part, whole = (_sum(one[:, counted]) for one in (track.part, track.whole))
    with np.errstate(invalid="ignore", divide="ignore"):
        value = (
            track.factor * part / whole
            if counted.any()
            else (middle_of_areas(track.value[:, both]) if both.any() else np.full(len(line), np.nan))
        )
    return CityTrack(value=value, part=part, whole=whole)


def _sum(counts: Floats) -> Floats:
    """Add up; NaN in periods in which one of the areas is not known."""
    return np.asarray(counts.sum(axis=1) if counts.shape[1] else np.full(len(counts), np.nan))
