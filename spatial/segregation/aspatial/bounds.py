"""How far can an index be off because counts are missing or suppressed? Asked before a value is published."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import entr

from spatial.alignment import align, require_unique
from spatial.errors import CountsError, ParameterError
from spatial.parameters import require_number
from spatial.segregation.aspatial.evenness import (
    prepare_dissimilarity,
    prepare_gini,
    prepare_gorard,
    prepare_min_max,
)
from spatial.segregation.aspatial.exposure import prepare_isolation
from spatial.segregation.aspatial.extremes import (
    Uncertain,
    largest_at_corners,
    least_mix,
    least_overlap,
    smallest,
)
from spatial.segregation.aspatial.mixing import prepare_atkinson, prepare_information_theory
from spatial.segregation.aspatial.relative_exposure import prepare_correlation_ratio
from spatial.segregation.counts import Floats, numbers_of, two_groups
from spatial.segregation.measure import Evaluator

__all__ = ["Bounds", "bounds"]

# What rounding may add up to, and what a bound that was found by a search is moved outwards.
_SLACK = 1e-12

# A published sum may differ from the sum of its parts by rounding.
_ROUNDING = 1e-9

# Steps that a search upwards from a corner may take; each one raises the index.
_CLIMBS = 100

# How far the outer bound of the dissimilarity, and of the slopes of the Gini index, may be out.
_TOLERANCE, _GINI_TOLERANCE = 1e-6, 1e-4
_SLOPES = 32


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Bounds:
    """The range of an index over all counts that the missing areas may have.

    Whatever the counts are, the index lies from `low` to `high`. With the members of the group `at_low` it is
    `lowest_found`, with `at_high` it is `highest_found`. Where these are `low` and `high` themselves the ends
    are exact, else the range may be too wide by the difference. Members may be fractions; whole persons lie
    within the range.
    """

    measure: str
    low: float
    high: float
    lowest_found: float
    highest_found: float
    at_low: pd.Series
    at_high: pd.Series
    missing: tuple[str, ...]
    group_sum: float | None

    @property
    def is_exact(self) -> bool:
        """Return whether the index has, or comes as near as one likes to, both ends."""
        return bool(
            np.isclose(self.low, self.lowest_found, rtol=0, atol=10 * _SLACK, equal_nan=True)
            and np.isclose(self.high, self.highest_found, rtol=0, atol=10 * _SLACK, equal_nan=True)
        )

    def __repr__(self) -> str:
        kind = "exact" if self.is_exact else "outer"
        return (
            f"Bounds({self.measure}: {self.low:.4f} to {self.high:.4f}, {kind}, "
            f"{len(self.missing)} of {len(self.at_low)} areas missing)"
        )


def bounds(
    name: str,
    group: pd.Series,
    total: pd.Series,
    *,
    low: float | pd.Series = 0.0,
    high: float | pd.Series | None = None,
    group_sum: float | None = None,
    shape: float = 0.5,
) -> Bounds:
    r"""Find the range of an index over all values that missing or suppressed counts may have.

    Parameters
    ----------
    name : str
        "dissimilarity", "gini", "gorard", "min_max", "information_theory", "atkinson", "isolation",
        "interaction" or "correlation_ratio".
    group : Series of int or float, shape (n_areas,), indexed by area_id
        The group, missing where the count is not known. [persons]
    total : Series of int or float, shape (n_areas,), indexed by area_id
        All residents, known everywhere. [persons]
    low : float or Series, default 0
        Least number of members where the count is missing. [persons]
    high : float or Series, optional
        Greatest number there, at most all residents: with 4 a suppressed "below five" is 4, or 3 where three
        people live. Default: all residents. [persons]
    group_sum : float, optional
        Members of the group in the whole city, where that is published. [persons]
    shape : float between 0 and 1, default 0.5
        The shape of "atkinson".

    Returns
    -------
    Bounds
        NaN when the group, or everybody else, is absent for certain. Where it may be absent the range is that
        of the values that are defined.

    Raises
    ------
    AlignmentError
        If the inputs do not have the same areas.
    CountsError
        If a total is missing, a known count is impossible, or a lower limit is above the upper one.
    ParameterError
        If there is no such index, or no admissible counts have the given sum.

    Notes
    -----
    The lower end is exact. All these indices fall when people move towards evenness, so for a given sum of the
    group nothing is below equal shares in the missing areas, as far as their limits allow; and along these the
    index has one lowest point.

    The upper end is largest at a corner: every missing area at one of its limits. Up to twelve missing areas
    (fewer in large cities) all corners are tried and it is exact. So it is for isolation and interaction, if
    the group's sum is not given, and for areas that have a share below, or above, the city's for certain. To
    find the best of more corners is as hard as packing a knapsack: then one area may be split, which gives an
    outer bound that is too high by about the weight of one area; for the Gini index, the area under all the
    tangents that the segregation curve may have.

    Examples
    --------
    >>> group = pd.Series([10, None, 30], index=["00", "01", "02"])
    >>> total = pd.Series([100, 100, 100], index=["00", "01", "02"])
    >>> bounds("dissimilarity", group, total, low=1, high=4)
    Bounds(dissimilarity: 0.4084 to 0.4614, exact, 1 of 3 areas missing)
    """
    index = _index(name, shape)
    city, area_id, is_missing = _uncertain(group, total, low, high, group_sum)
    least, members = smallest(city, index.evaluate)
    most, found, at_most = _largest(index, city)
    if not found >= least:
        found, at_most = least, city.filled(members)[0]
    most = found if not most > found + _SLACK else most
    at_least = city.filled(members)[0]
    ends = [(max(least - _SLACK, 0.0) if least < most else least, least, at_least), (most, found, at_most)]
    if index.is_complement:
        ends = [(1 - end, 1 - value, table) for end, value, table in reversed(ends)]
    return Bounds(
        measure=name,
        low=ends[0][0],
        high=ends[1][0],
        lowest_found=ends[0][1],
        highest_found=ends[1][1],
        at_low=pd.Series(ends[0][2], index=area_id, name=group.name),
        at_high=pd.Series(ends[1][2], index=area_id, name=group.name),
        missing=tuple(str(area) for area in area_id[is_missing]),
        group_sum=group_sum,
    )


def _largest(index: _Index, city: Uncertain) -> tuple[float, float, Floats]:
    """Return a bound from above, the largest value found, and the members that give it, in all areas."""
    if index.is_difference:
        city = _settled(city)
    at_corner = largest_at_corners(city, index.evaluate)
    if at_corner is None and not 0 < sum(city.sums) < 2 * city.everybody:
        at_corner = float("nan"), city.low
    if at_corner is not None:
        value, members = at_corner
        return value, value, city.filled(members)[0]
    bound, members = index.bound(city)
    table = city.filled(members)
    value = float(index.evaluate(table))
    if city.group_sum is None:
        # A corner beside the one with a split area; from there on whatever makes the two groups more unlike.
        members = np.where(members - city.low > city.high - members, city.high, city.low)
        for _ in range(_CLIMBS):
            corner = city.filled(members)
            reached = float(index.evaluate(corner))
            if not reached > value:
                break
            value, table = reached, corner
            is_frequent = table[0, city.missing] > city.residents * (table[0].sum() / city.everybody)
            members = np.where(is_frequent, city.high, city.low)
    return min(bound, 1.0), value, table[0]


def _settled(city: Uncertain) -> Uncertain:
    """Settle areas whose share is above, or below, the city's for certain at the limit that is further away.

    A difference of two distributions is largest there: whatever the set of areas with too many members is,
    more of them inside of it and fewer outside make it larger.
    """
    while len(city.missing) and city.group_sum is None:
        least, most = (group / city.everybody for group in city.sums)
        above, below = city.low / city.residents >= most, city.high / city.residents <= least
        if not (above | below).any():
            break
        city = city.settled(above | below, np.where(above, city.high, city.low))
    return city


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Index:
    """An index that rises with segregation, or one less it, and how it is bounded from above."""

    evaluate: Evaluator
    bound: Callable[[Uncertain], tuple[float, Floats]]
    is_difference: bool = False
    is_complement: bool = False


def _index(name: str, shape: float) -> _Index:
    def mixed(members: Floats, residents: Floats) -> Floats:
        return members * (residents - members) / residents

    def entropy(members: Floats, residents: Floats) -> Floats:
        share = members / residents
        return np.asarray(residents * (entr(share) + entr(1 - share)))

    def geometric(members: Floats, residents: Floats) -> Floats:
        return np.asarray(members**shape * (residents - members) ** (1 - shape))

    def of_mix(
        evaluate: Evaluator, mix: Callable[..., Floats], even: Callable[..., Floats], power: float = 1.0
    ) -> _Index:
        def bound(city: Uncertain) -> tuple[float, Floats]:
            left, members = least_mix(city, mix, lambda part, whole: float(even(part, whole)))
            return 1 - max(left, 0.0) ** power, members

        return _Index(evaluate=evaluate, bound=bound)

    def of_overlap(evaluate: Evaluator, with_total: bool = False) -> _Index:
        def bound(city: Uncertain) -> tuple[float, Floats]:
            common, members = least_overlap(city, with_total=with_total, tolerance=_TOLERANCE)
            return 1 - common, members

        return _Index(evaluate=evaluate, bound=bound, is_difference=True)

    isolation = of_mix(prepare_isolation(), mixed, lambda part, whole: part)
    indices = {
        "atkinson": of_mix(prepare_atkinson(shape=shape), geometric, geometric, 1 / (1 - shape)),
        "correlation_ratio": of_mix(prepare_correlation_ratio(), mixed, mixed),
        "dissimilarity": of_overlap(prepare_dissimilarity()),
        "gini": _Index(evaluate=prepare_gini(), bound=_gini_bound),
        "gorard": of_overlap(prepare_gorard(), with_total=True),
        "information_theory": of_mix(prepare_information_theory(), entropy, entropy),
        "interaction": replace(isolation, is_complement=True),
        "isolation": isolation,
        "min_max": replace(of_overlap(prepare_min_max()), bound=_min_max_bound),
    }
    if not isinstance(name, str) or name not in indices:
        raise ParameterError("name", name, f"one of {', '.join(indices)}")
    return indices[name]


def _min_max_bound(city: Uncertain) -> tuple[float, Floats]:
    common, members = least_overlap(city, tolerance=_TOLERANCE)
    return 2 * (1 - common) / (2 - common), members


def _gini_bound(city: Uncertain) -> tuple[float, Floats]:
    """Bound the area under all segregation curves by tangents that none of them crosses."""
    steps = np.arange(1, _SLOPES) / _SLOPES
    slopes = np.append(steps / (1 - steps), 0.0)
    tangents = [least_overlap(city, weight=slope, tolerance=_GINI_TOLERANCE) for slope in slopes[:-1]]
    heights = np.append([1 - common for common, _ in tangents], 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        crossings = (heights[:, None] - heights) / (slopes - slopes[:, None])
    places = np.unique(np.append(crossings[(crossings > 0) & (crossings < 1)], [0.0, 1.0]))
    curve = np.minimum(1.0, (heights + slopes * places[:, None]).min(axis=1))
    area = float((0.5 * (curve[1:] + curve[:-1])) @ np.diff(places))
    return 2 * area - 1, tangents[_SLOPES // 2 - 1][1]


def _uncertain(
    group: pd.Series,
    total: pd.Series,
    low: float | pd.Series,
    high: float | pd.Series | None,
    group_sum: float | None,
) -> tuple[Uncertain, pd.Index, NDArray[np.bool_]]:
    """Check the counts and the limits and bring them together."""
    for name, counts in (("group", group), ("total", total)):
        if not isinstance(counts, pd.Series):
            raise ParameterError(name, counts, "a Series with one count for each area")
    area_id = total.index
    require_unique(area_id, "total")
    members = numbers_of(align(group, area_id, "group"), "group").astype(float)
    is_missing = np.isnan(members)
    residents = two_groups(pd.Series(0.0, index=area_id), total).counts[1]
    least = _limit(low, area_id, "low")
    most = residents if high is None else np.minimum(_limit(high, area_id, "high"), residents)
    crossed = is_missing & ~((least >= 0) & (least <= most))
    if crossed.any():
        raise CountsError(
            "lower limit missing, negative or above the upper one", area_id[crossed], "correct the limits"
        )
    table = two_groups(pd.Series(np.where(is_missing, least, members), index=area_id), total)
    missing = np.flatnonzero(is_missing & (least < most))
    city = Uncertain(
        counts=table.counts, missing=missing, low=least[missing], high=most[missing], group_sum=None
    )
    if group_sum is not None:
        group_sum = require_number("group_sum", group_sum, "a finite number of members")
        fewest, greatest = city.sums
        slack = _ROUNDING * city.everybody
        if not fewest - slack <= group_sum <= greatest + slack:
            raise ParameterError(
                "group_sum", group_sum, f"between {fewest:g} and {greatest:g}, all that there can be"
            )
        city = replace(city, group_sum=min(max(group_sum, fewest), greatest))
    return city, area_id, is_missing


def _limit(value: float | pd.Series, area_id: pd.Index, name: str) -> Floats:
    if isinstance(value, pd.Series):
        return numbers_of(align(value, area_id, name), name).astype(float)
    number = require_number(name, value, "a number of members, or a Series", lambda number: True)
    return np.full(len(area_id), number)
