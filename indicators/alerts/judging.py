"""The tests of a rule: what each kind expects, and how sure it is that an area is not that."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import ndtri, stdtr, stdtrit

from indicators.alerts.counting import change_root, stable_variance
from indicators.alerts.deviations import (
    Deviation,
    Shifts,
    change_by_counts,
    change_by_series,
    change_error,
    level_by_counts,
    level_by_series,
    summed,
    trend_by_counts,
    trend_by_series,
)
from indicators.alerts.dispersion import LEAST_AREAS, dispersion_freedom, excess_variance, scatter
from indicators.alerts.places import places, values_at_place
from indicators.alerts.rules import Rule
from indicators.alerts.tracks import CityTrack, Judgement, Track, middle_of_areas
from indicators.limits import Floats

__all__ = ["class_of", "judge"]


def judge(
    rule: Rule, tracks: Sequence[Track], cities: Sequence[CityTrack], *, by_counts: np.ndarray
) -> Judgement:
    """Test every area of one period.

    Parameters
    ----------
    rule : Rule
        What is looked for.
    tracks : sequence of Track
        One per indicator of the rule, arrays of shape (..., n_periods, n_areas). Values, and counts where `by_counts`,
        are there in the last period and in the one that it is compared with.
    cities : sequence of CityTrack
        The city, one per indicator.
    by_counts : array of bool, shape (n_areas,)
        Whether the counts of an area are known; the history of its series stands in otherwise.

    Returns
    -------
    Judgement
        Arrays of shape (..., n_areas).

    Examples
    --------
    >>> whole = np.full((2, 3), 1000.0)
    >>> part = np.array([[100.0, 100.0, 100.0], [100.0, 150.0, 100.0]])
    >>> track = Track(value=100 * part / whole, part=part, whole=whole, factor=100.0)
    >>> city = CityTrack(value=track.value.mean(axis=1), part=part.sum(axis=1), whole=whole.sum(axis=1))
    >>> rising = Rule(id="r", title_de="R", title_en="R", kind="change", indicators=("x",), direction="rising")
    >>> judge(rising, [track], [city], by_counts=np.full(3, True)).p_value.round(4).tolist()
    [0.5297, 0.0004, 0.5297]
    """
    if rule.kind == "level":
        return _level(rule, tracks[0], by_counts)
    if rule.kind == "trend_break":
        return _trend(rule, tracks[0], by_counts)
    if rule.kind == "theme_sum":
        return _theme(rule, tracks, by_counts)
    return _change(rule, tracks[0], cities[0], by_counts)


def class_of(value: Floats, cuts: Sequence[float]) -> Floats:
    """Return the class of each value: 1 and the number of cuts passed; on a cut, the class nearer to 0."""
    passed = [value > cut if cut >= 0 else value >= cut for cut in cuts]
    return np.asarray(1.0 + np.sum(passed, axis=0))


def _level(rule: Rule, track: Track, by_counts: np.ndarray) -> Judgement:
    value = track.value[..., -1, :]

    def test(chosen: np.ndarray, is_counted: bool) -> tuple[Deviation, Floats | None]:
        own = track.of(chosen)
        if is_counted and rule.noise != "series":
            found = level_by_counts(own, rule.limit, rule.noise)
            return found, _yearly_excess(own, rule, found.own / found.chance)
        return level_by_series(own.value, rule.limit), np.zeros(own.value.shape[:-2])

    none = np.full(value.shape, np.nan)
    limit = np.full(value.shape, rule.limit)
    return _judged(rule, by_counts, test, value, none, limit, (0 * limit, limit, limit))


def _trend(rule: Rule, track: Track, by_counts: np.ndarray) -> Judgement:
    value = track.value[..., -1, :]
    expected = np.full(value.shape, np.nan)

    def test(chosen: np.ndarray, is_counted: bool) -> tuple[Deviation, Floats | None]:
        own = track.of(chosen)
        if is_counted and rule.noise != "series":
            deviation, expected[..., chosen] = trend_by_counts(own, rule.periods, rule.limit, rule.noise)
        else:
            deviation, expected[..., chosen] = trend_by_series(own.value, rule.periods, rule.limit)
        return deviation, None

    flat = np.zeros(value.shape)
    shifts = flat, flat + rule.limit, flat - rule.limit
    return _judged(rule, by_counts, test, value, track.value[..., -2, :], expected, shifts)


def _change(rule: Rule, track: Track, city: CityTrack, by_counts: np.ndarray) -> Judgement:
    value, before = track.value[..., -1, :], track.value[..., -1 - rule.periods, :]
    extra, history = np.zeros(value.shape), track.value
    shift, up, down = np.zeros(value.shape), rule.limit, rule.limit
    if rule.kind == "change_against_city":
        shift, extra = _rest(track, city, rule.periods, by_counts)
        history = track.value - city.value[..., None]
    shifts: Shifts = (shift, shift + up, shift - down)
    moved, is_possible = np.full(value.shape, np.nan), None
    if rule.kind == "rank_jump":
        moved, shifts = _place_shifts(rule, value, before)
        history = track.value - middle_of_areas(track.value)[..., None]
    elif rule.kind == "class_change":
        moved, later = class_of(before, rule.cuts), class_of(value, rule.cuts)
        is_possible = _is_wanted(rule, later - moved)

    def test(chosen: np.ndarray, is_counted: bool) -> tuple[Deviation, Floats | None]:
        own, own_shifts = track.of(chosen), tuple(one[..., chosen] for one in shifts)
        if is_counted and rule.noise != "series":
            found = change_by_counts(own, rule.periods, own_shifts, extra[..., chosen], rule.noise)  # type: ignore[arg-type]
        else:
            found = change_by_series(own.value, history[..., chosen], rule.periods, own_shifts)  # type: ignore[arg-type]
        return found, None

    expected = before if rule.kind == "rank_jump" else before + shift
    base = np.zeros(value.shape) if rule.kind == "rank_jump" else shift
    bounds = base, shifts[1], shifts[2]
    judged = _judged(rule, by_counts, test, value, before, expected, bounds, moved, is_possible)
    return _in_places(judged, value, before) if rule.kind == "rank_jump" else judged


def _theme(rule: Rule, tracks: Sequence[Track], by_counts: np.ndarray) -> Judgement:
    span, size = rule.periods, float(np.sqrt(sum(weight**2 for weight in rule.weight_of.values())))
    value, before = (np.zeros_like(tracks[0].value[..., -1, :]) for _ in range(2))
    units, shifts = [], []
    for track, weight in zip(tracks, rule.weight_of.values(), strict=True):
        later, earlier = track.value[..., -1, :], track.value[..., -1 - span, :]
        middle = np.median(earlier, axis=-1, keepdims=True)
        common = _common_change(rule, track, by_counts)
        spread = earlier.std(axis=-1, keepdims=True)
        units.append(np.where(spread > 0, spread, np.nan))  # alike everywhere: nothing to standardise by
        shifts.append(np.broadcast_to(common, later.shape))
        value = value + weight / size * (later - middle - common) / units[-1]
        before = before + weight / size * (earlier - middle) / units[-1]

    def test(chosen: np.ndarray, is_counted: bool) -> tuple[Deviation, Floats | None]:
        parts = []
        for track, weight, unit, shift in zip(tracks, rule.weight_of.values(), units, shifts, strict=True):
            own, same = track.of(chosen), (shift[..., chosen],) * 3
            if is_counted and rule.noise != "series":
                extra = np.zeros(own.value.shape[:-2] + own.value.shape[-1:])
                one = change_by_counts(own, span, same, extra, rule.noise)
            else:
                history = track.value - middle_of_areas(track.value)[..., None]
                one = change_by_series(own.value, history[..., chosen], span, same)
            parts.append((one, weight, unit))
        return summed(parts, (value - before)[..., chosen], rule.limit), None

    flat = np.zeros(value.shape)
    bounds = flat, flat + rule.limit, flat - rule.limit
    return _judged(rule, by_counts, test, value, before, before, bounds)


def _judged(
    rule: Rule,
    by_counts: np.ndarray,
    test: Callable[[np.ndarray, bool], tuple[Deviation, Floats | None]],
    value: Floats,
    before: Floats,
    compared_with: Floats,
    bounds: Shifts,
    moved: Floats | None = None,
    is_possible: np.ndarray | None = None,
) -> Judgement:
    """Test the areas with counts and those without, each against the scatter of their own kind.

    `bounds`: what is taken off the band to get that of the estimate, and the limits that the band must leave out.
    """
    p_value, low, high = (np.full(value.shape, np.nan) for _ in range(3))
    dispersion = np.full(value.shape[:-1], np.nan)
    for is_counted in (False, True):
        chosen = np.flatnonzero(by_counts == is_counted)
        if not len(chosen):
            continue
        found, excess = test(chosen, is_counted)
        known = np.isfinite(found.root) & np.isfinite(found.variance)
        usable = known.all(axis=tuple(range(known.ndim - 1)))
        apart, spread = (found.root * np.sqrt(found.own))[..., usable], found.variance[..., usable]
        if excess is None:
            excess = excess_variance(apart, spread)
        whole = found.variance + excess[..., None]
        freedom = np.where(excess > 0, dispersion_freedom(int(usable.sum())), 1e9)[..., None]
        tails = [stdtr(freedom, -one * np.sqrt(found.own / whole)) for one in (found.more, found.fewer)]
        p_value[..., chosen] = _one_p(rule, *tails)
        wider = stdtrit(freedom, (1 + rule.level) / 2) / ndtri((1 + rule.level) / 2)
        low[..., chosen], high[..., chosen] = found.band(whole / found.chance * wider**2, rule.level)
        if rule.kind != "level":
            dispersion = scatter(apart, spread)
        elif usable.any():
            dispersion = 1 + excess / np.median(spread, axis=-1)
    if is_possible is not None:
        p_value = np.where(is_possible | np.isnan(p_value), p_value, 1.0)
    base, upper, lower = bounds
    return Judgement(
        value=value,
        before=before,
        compared_with=compared_with,
        estimate=value if rule.kind == "level" else value - compared_with,
        ci_low=low - base,
        ci_high=high - base,
        p_value=p_value,
        is_clear=_is_clear(rule, low > upper, high < lower),
        moved=np.full(value.shape, np.nan) if moved is None else moved,
        dispersion=dispersion,
    )


def _yearly_excess(track: Track, rule: Rule, unrest: Floats) -> Floats:
    """Return the variance that single values have beyond what is usual: half of that of the last changes."""
    flat = np.zeros(track.value.shape[:-2])
    if track.value.shape[-2] < 2 or rule.noise == "series":
        return flat
    known = np.isfinite(track.part[..., -2, :]) & (track.whole[..., -2, :] > 0)
    chosen = np.flatnonzero(known.all(axis=tuple(range(known.ndim - 1))))
    if len(chosen) < LEAST_AREAS:
        return flat
    own = track.of(chosen)
    part, whole = own.part[..., -2:, :], own.whole[..., -2:, :]
    root = change_root(part[..., 0, :], whole[..., 0, :], part[..., 1, :], whole[..., 1, :], model=rule.noise)
    variance = stable_variance(whole).sum(axis=-2) * unrest[..., chosen]
    return excess_variance(root * np.sqrt(stable_variance(whole).sum(axis=-2)), variance) / 2


def _rest(track: Track, city: CityTrack, span: int, by_counts: np.ndarray) -> tuple[Floats, Floats]:
    """Return the change of the city without each area, and its variance; of the whole city where counts are unknown."""
    places = (-1 - span, -1)
    shares, variance = [], np.zeros(())
    with np.errstate(invalid="ignore", divide="ignore"):
        for place in places:
            whole = np.where(by_counts, city.whole[..., place, None] - track.whole[..., place, :], np.nan)
            part = np.where(by_counts, city.part[..., place, None] - track.part[..., place, :], np.nan)
            share = track.factor * part / np.where(whole > 0, whole, np.nan)
            shares.append(np.where(np.isnan(share), city.value[..., place, None], share))
            variance = variance + np.where(np.isnan(share), 0.0, stable_variance(np.maximum(whole, 1.0)))
    return shares[1] - shares[0], np.asarray(variance)


def _common_change(rule: Rule, track: Track, by_counts: np.ndarray) -> Floats:
    """Return the middle of the changes of all areas; where counts are known, areas weigh by how sure theirs is."""
    change = track.value[..., -1, :] - track.value[..., -1 - rule.periods, :]
    if rule.noise == "series" or not by_counts.any():
        return np.asarray(np.median(change, axis=-1, keepdims=True))
    counted = np.flatnonzero(by_counts)
    weight = 1 / change_error(track.of(counted), rule.periods, rule.noise)
    change = change[..., counted]
    order = np.argsort(change, axis=-1)
    heaped = np.take_along_axis(weight, order, axis=-1).cumsum(axis=-1)
    first = (heaped < 0.5 * heaped[..., -1:]).sum(axis=-1, keepdims=True)
    return np.take_along_axis(change, np.take_along_axis(order, first, axis=-1), axis=-1)


def _place_shifts(rule: Rule, value: Floats, before: Floats) -> tuple[Floats, Shifts]:
    """Return the place before, and the changes that would bring the area as many places up or down as are told.

    What counts is the value that an area would need today, among the values of the others, for the place that is so many
    places from its old one. Where there is no such place, no change is enough.
    """
    jump = max(1, int(np.ceil(rule.limit)))
    old = places(before)
    common = np.median(value - before, axis=-1, keepdims=True)
    never = 1e3 * (1.0 + np.max(np.abs(value), axis=-1, keepdims=True))
    up = values_at_place(value, old - jump)
    down = values_at_place(value, old + jump - 1)  # below this one of the others
    return old, (
        np.broadcast_to(common, value.shape),
        np.where(np.isnan(up), never, up - before),
        np.where(np.isnan(down), -never, down - before),
    )


def _in_places(judged: Judgement, value: Floats, before: Floats) -> Judgement:
    """Tell a jump in places: positive towards the highest value, which has place 1."""
    low, high = (places(value, before + bound) for bound in (judged.ci_low, judged.ci_high))
    now = places(value)
    return Judgement(
        value=value,
        before=before,
        compared_with=before,
        estimate=judged.moved - now,
        ci_low=np.minimum(judged.moved - low, judged.moved - now),
        ci_high=np.maximum(judged.moved - high, judged.moved - now),
        p_value=judged.p_value,
        is_clear=judged.is_clear,
        moved=judged.moved,
        dispersion=judged.dispersion,
    )


def _one_p(rule: Rule, more: Floats, fewer: Floats) -> Floats:
    if rule.direction == "rising":
        return more
    if rule.direction == "falling":
        return fewer
    return np.asarray(np.minimum(2 * np.minimum(more, fewer), 1.0))


def _is_clear(rule: Rule, above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Say whether the band leaves the limit out in the direction that is told."""
    if rule.direction == "both":
        return np.asarray(above | below)
    return above if rule.direction == "rising" else below


def _is_wanted(rule: Rule, difference: Floats) -> np.ndarray:
    """Say whether a difference goes the way that is told."""
    return _is_clear(rule, difference > 0, difference < 0)
