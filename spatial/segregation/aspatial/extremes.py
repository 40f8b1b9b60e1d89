"""Which admissible counts make an index smallest, which largest? Found without trying them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spatial.segregation.counts import Floats
from spatial.segregation.measure import Evaluator

__all__ = ["Uncertain", "largest_at_corners", "least_mix", "least_overlap", "smallest"]

# A golden section leaves 0.618 of an interval: after so many steps it is as narrow as numbers can be.
_STEPS = 75
_GOLDEN = (np.sqrt(5) - 1) / 2

# Corners that are looked at one by one, and numbers that may be held for that at once.
_CORNERS = 1 << 12
_NUMBERS = 1 << 24

# Intervals of the group's sum that a search keeps before it takes the bound that it has.
_INTERVALS = 1 << 15


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Uncertain:
    """A table of group and rest in which the group is known between two limits in some areas.

    `counts`, shape (2, n_areas), holds `low` in the areas at the positions `missing`. Everywhere
    `low < high`. The group's sum is `group_sum` where that is known. [persons]
    """

    counts: Floats
    missing: NDArray[np.intp]
    low: Floats
    high: Floats
    group_sum: float | None

    def __repr__(self) -> str:
        return f"Uncertain({len(self.missing)} of {self.counts.shape[1]} areas)"

    @property
    def residents(self) -> Floats:
        """Return the residents of the missing areas."""
        return np.asarray(self.counts[:, self.missing].sum(axis=0))

    @property
    def everybody(self) -> float:
        """Return the residents of the city."""
        return float(self.counts.sum())

    @property
    def known(self) -> Floats:
        """Return group and rest of the other areas, as far as anybody lives there."""
        known = np.delete(self.counts, self.missing, axis=1)
        return known[:, known.sum(axis=0) > 0]

    @property
    def sums(self) -> tuple[float, float]:
        """Return the least and the greatest sum of the group."""
        if self.group_sum is not None:
            return self.group_sum, self.group_sum
        least = float(self.counts[0].sum())
        return least, least + float((self.high - self.low).sum())

    def filled(self, members: Floats) -> Floats:
        """Return the table, or tables, with these members, shape (…, n_missing), in the missing areas."""
        tables = np.broadcast_to(self.counts, (*members.shape[:-1], *self.counts.shape)).copy()
        tables[..., 0, self.missing] = members
        tables[..., 1, self.missing] = self.residents - members
        return tables

    def settled(self, where: NDArray[np.bool_], members: Floats) -> Uncertain:
        """Return the same with the members of some missing areas settled."""
        return Uncertain(
            counts=self.filled(np.where(where, members, self.low)),
            missing=self.missing[~where],
            low=self.low[~where],
            high=self.high[~where],
            group_sum=self.group_sum,
        )


def smallest(city: Uncertain, evaluate: Evaluator) -> tuple[float, Floats]:
    """Find the smallest value of an index that falls when people move from larger to smaller shares.

    For a given sum of the group no distribution is more even than the one whose missing areas have the same
    share, as far as their limits allow. Along these distributions the index falls to one lowest point and
    rises again: it is a convex function over a concave one, or behaves so (Atkinson). A golden section finds
    that point.

    Parameters
    ----------
    city : Uncertain
    evaluate : Evaluator
        Of the index.

    Returns
    -------
    tuple of float and array of float, shape (n_missing,)
        The smallest value (NaN: never defined) and the members that give it.
    """
    if not len(city.missing):
        return float(evaluate(city.counts)), city.low
    low_share, high_share = city.low / city.residents, city.high / city.residents
    shares = np.concatenate([low_share, high_share])
    order = np.argsort(shares)
    growth = np.cumsum(np.concatenate([city.residents, -city.residents])[order])
    least, most = city.sums
    start = float(city.counts[0].sum())
    sums = start + np.append(0.0, np.cumsum(growth[:-1] * np.diff(shares[order])))

    def members(group_sum: float) -> Floats:
        share = np.interp(group_sum, np.maximum.accumulate(sums), shares[order])
        return np.asarray(np.clip(share * city.residents, city.low, city.high))

    def value(group_sum: float) -> float:
        return float(evaluate(city.filled(members(group_sum))))

    tried = {least: value(least), most: value(most)}
    if least < most:
        found = _lowest(value, least, most)
        tried[found] = value(found)
    defined = [group_sum for group_sum in tried if not np.isnan(tried[group_sum])]
    if not defined:
        return float("nan"), city.low
    best = min(defined, key=lambda group_sum: tried[group_sum])
    return tried[best], members(best)


def _lowest(function: Callable[[float], float], low: float, high: float) -> float:
    """Find the lowest point of a function that falls and then rises, inside an interval."""
    first, second = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_first, at_second = function(first), function(second)
    for _ in range(_STEPS):
        if at_first <= at_second:
            high, second, at_second = second, first, at_first
            first = high - _GOLDEN * (high - low)
            at_first = function(first)
        else:
            low, first, at_first = first, second, at_second
            second = low + _GOLDEN * (high - low)
            at_second = function(second)
    return float(first if at_first <= at_second else second)


def largest_at_corners(city: Uncertain, evaluate: Evaluator) -> tuple[float, Floats] | None:
    """Find the largest value by trying every corner of what is admissible, where there are few.

    An index that lies above the larger of two values nowhere between them is largest at a corner: every
    missing area at one of its limits, but for one area when the sum of the group is known.

    Parameters
    ----------
    city : Uncertain
    evaluate : Evaluator
        Of the index.

    Returns
    -------
    tuple of float and array of float, shape (n_missing,), or None
        The largest value and the members that give it; None when there are too many corners.
    """
    corners = _corners(city)
    if corners is None:
        return None
    n_areas = city.counts.shape[1]
    step = max(1, (1 << 20) // n_areas)
    values = np.concatenate(
        [evaluate(city.filled(corners[first : first + step])) for first in range(0, len(corners), step)]
    )
    if np.isnan(values).all():
        return float("nan"), city.low
    best = int(np.nanargmax(values))
    return float(values[best]), corners[best]


def _corners(city: Uncertain) -> Floats | None:
    n_missing, n_areas = len(city.missing), city.counts.shape[1]
    free = n_missing if city.group_sum is None else max(0, n_missing - 1)
    several = 1 if city.group_sum is None else n_missing
    if free > 30 or (several << free) > min(_CORNERS, _NUMBERS // n_areas):
        return None
    bits = (np.arange(1 << free)[:, None] >> np.arange(free)) & 1
    if city.group_sum is None:
        return np.where(bits == 1, city.high, city.low)
    if not n_missing:
        return np.empty((1, 0))
    left = city.group_sum - float(np.delete(city.counts[0], city.missing).sum())
    found = []
    for last in range(n_missing):
        others = np.arange(n_missing) != last
        members = np.empty((len(bits), n_missing))
        members[:, others] = np.where(bits == 1, city.high[others], city.low[others])
        members[:, last] = left - members[:, others].sum(axis=1)
        slack = 1e-9 * city.residents[last]
        inside = (members[:, last] >= city.low[last] - slack) & (members[:, last] <= city.high[last] + slack)
        members[:, last] = np.clip(members[:, last], city.low[last], city.high[last])
        found.append(members[inside])
    return np.concatenate(found)


def least_mix(
    city: Uncertain, mix: Callable[[Floats, Floats], Floats], even: Callable[[float, float], float]
) -> tuple[float, Floats]:
    r"""Bound from below how much of an even mix is left: :math:`\sum_i m(x_i, n_i) / M(X, N)`.

    The mix m of an area is a concave function of its members: on the chord between the two limits it is
    smallest. Chords are filled up in the order of their slopes; then the least mix is convex in the sum X of
    the group, the even mix M is concave, and the quotient has one lowest point.

    Parameters
    ----------
    city : Uncertain
    mix : callable
        Members and residents of areas to their mix, concave in the members.
    even : callable
        Sum of the group and of the residents to the mix of an even distribution, concave in the former.

    Returns
    -------
    tuple of float and array of float, shape (n_missing,)
        A number that no admissible quotient is below, and members that come near it.
    """
    at_low, at_high = mix(city.low, city.residents), mix(city.high, city.residents)
    room = city.high - city.low
    order = np.argsort((at_high - at_low) / room)
    known = city.known
    fixed = float(mix(known[0], known.sum(axis=0)).sum() + at_low.sum())
    sums = float(city.counts[0].sum()) + np.append(0.0, np.cumsum(room[order]))
    mixes = fixed + np.append(0.0, np.cumsum((at_high - at_low)[order]))
    everybody = city.everybody

    def quotient(group_sum: float) -> float:
        return float(np.interp(group_sum, sums, mixes)) / even(group_sum, everybody)

    def members(group_sum: float) -> Floats:
        part = np.clip((group_sum - sums[:-1]) / room[order], 0.0, 1.0)
        filled = city.low.copy()
        filled[order] += part * room[order]
        return filled

    if city.group_sum is not None:
        return quotient(city.group_sum), members(city.group_sum)
    inside = np.flatnonzero((sums > 0) & (sums < everybody))
    corners = [quotient(sums[corner]) for corner in inside]
    best = inside[int(np.argmin(corners))] if corners else 0
    below, above = sums[max(best - 1, 0)], sums[min(best + 1, len(sums) - 1)]
    between = quotient(_lowest(quotient, below, above)) if below < above else np.inf
    return min([between, *corners]), members(float(sums[best]))


def least_overlap(
    city: Uncertain, *, weight: float = 1.0, with_total: bool = False, tolerance: float = 1e-6
) -> tuple[float, Floats]:
    r"""Bound from below how much two distributions have in common: :math:`\sum_i \min(x_i / X, w\,y_i / Y)`.

    For given sums the overlap of an area is a concave function of its members, and smallest on the chord
    between its limits. Intervals of the sum X are bounded together and halved until the bound is as near as
    the tolerance.

    Parameters
    ----------
    city : Uncertain
    weight : float, default 1
        The w of the formula.
    with_total : bool, default False
        Whether the other distribution is that of all residents, :math:`n_i / N`, in place of the rest.
    tolerance : float, default 1e-6
        How far the bound may be below the least overlap on chords.

    Returns
    -------
    tuple of float and array of float, shape (n_missing,)
        A number that no admissible overlap is below, and members that come near it.
    """
    chords = _Chords.of(city, weight, with_total)
    least, most = city.sums
    if least == most:
        point = np.array([least])
        return float(chords.overlap(point, point)[0]), chords.members(least)
    edges = np.linspace(least, most, 65)
    lows, highs = edges[:-1], edges[1:]
    best, at, outer = np.inf, 0.5 * (least + most), np.inf
    while len(lows):
        middles = 0.5 * (lows + highs)
        reached = chords.overlap(middles, middles)
        if reached.min() < best:
            best, at = float(reached.min()), float(middles[reached.argmin()])
        bound = chords.overlap(lows, highs)
        open_ = bound < best - tolerance
        if open_.sum() > _INTERVALS:
            outer = float(bound.min())
            break
        lows, middles, highs = lows[open_], middles[open_], highs[open_]
        lows, highs = np.concatenate([lows, middles]), np.concatenate([middles, highs])
    return min(best - tolerance, outer), chords.members(at)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Chords:
    """What the overlap needs of a city: known areas sorted by their share, with running sums; the limits."""

    city: Uncertain
    weight: float
    with_total: bool
    shares: Floats
    group: Floats
    other: Floats

    @classmethod
    def of(cls, city: Uncertain, weight: float, with_total: bool) -> _Chords:
        known = city.known
        total = known.sum(axis=0)
        order = np.argsort(known[0] / total)
        other = (total if with_total else known[1])[order]
        return cls(
            city=city,
            weight=weight,
            with_total=with_total,
            shares=(known[0] / total)[order],
            group=np.append(0.0, np.cumsum(known[0][order])),
            other=np.append(0.0, np.cumsum(other)),
        )

    def overlap(self, low: Floats, high: Floats) -> Floats:
        """Return numbers that the overlap is not below while the sum of the group is between two others."""
        per_member = 1 / high
        per_other = self._per_other(low)
        share = per_other / (per_member if self.with_total else per_member + per_other)
        # Known areas with a smaller share have less of the group than of the others.
        place = np.searchsorted(self.shares, share)
        known = self.group[place] * per_member + (self.other[-1] - self.other[place]) * per_other
        step = max(1, (1 << 20) // max(1, len(self.city.missing)))
        missing = [
            self._missing(low[part], high[part])
            for part in (slice(first, first + step) for first in range(0, len(low), step))
        ]
        return np.asarray(known + np.concatenate(missing))

    def members(self, group_sum: float) -> Floats:
        """Return members with this sum that fill up the chords in the order of their slopes."""
        at_low, at_high = self._ends(np.array([group_sum]), np.array([group_sum]))
        room = self.city.high - self.city.low
        order = np.argsort((at_high - at_low)[0] / room)
        filled = self.city.low.copy()
        before = float(self.city.counts[0].sum()) + np.append(0.0, np.cumsum(room[order]))[:-1]
        filled[order] += np.clip(group_sum - before, 0.0, room[order])
        return filled

    def _per_other(self, low: Floats) -> Floats:
        everybody = self.city.everybody
        if self.with_total:
            return np.full_like(low, self.weight / everybody)
        return self.weight / (everybody - low)

    def _ends(self, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        city, per_member, per_other = self.city, 1 / high[:, None], self._per_other(low)[:, None]
        ends = []
        for members in (city.low, city.high):
            others = city.residents if self.with_total else city.residents - members
            ends.append(np.minimum(members * per_member, others * per_other))
        return ends[0], ends[1]

    def _missing(self, low: Floats, high: Floats) -> Floats:
        at_low, at_high = self._ends(low, high)
        if not len(self.city.missing):
            return np.zeros(len(low))
        room = self.city.high - self.city.low
        slope = (at_high - at_low) / room
        order = np.argsort(slope, axis=-1)
        slope = np.take_along_axis(slope, order, axis=-1)
        room = room[order]
        before = np.cumsum(room, axis=-1) - room
        start = float(self.city.counts[0].sum())
        # Chords that fall are filled as far as the sum may go, those that rise no further than it must.
        goal = np.where(slope < 0, (high - start)[:, None], (low - start)[:, None])
        filled = np.clip(goal - before, 0.0, room)
        return np.asarray(at_low.sum(axis=-1) + (slope * filled).sum(axis=-1))
