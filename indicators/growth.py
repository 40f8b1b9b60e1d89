"""Does a group grow everywhere, or in few areas? The dispersion of growth, for children and for very old people.

Small groups scatter by chance alone, so the dispersion that chance would give stands beside the observed one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from indicators.errors import TooFewAreasError
from indicators.shares import share
from indicators.statuses import require_same_index
from spatial.errors import ParameterError

__all__ = ["GrowthDispersion", "growth_dispersion", "growth_over_time"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class GrowthDispersion:
    """Growth of one group between two periods.

    Indexed by area_id in the order of the input: `growth` [%], `relative` (growth less that of the city)
    [percentage points], `status` (words of `ValueStatus`). `city_growth` [%] and `deviation` [percentage points]
    (standard deviation, every area weighted by the group's size before) are over the `areas` with a growth;
    `expected_deviation` is what chance alone would give.
    """

    growth: pd.Series
    relative: pd.Series
    status: pd.Series
    city_growth: float
    deviation: float
    expected_deviation: float
    areas: int
    areas_left_out: int
    minimum_base: float

    def __repr__(self) -> str:
        return (
            f"GrowthDispersion({self.areas} of {self.areas + self.areas_left_out} areas: {self.city_growth:+.1f} %, "
            f"deviation {self.deviation:.1f} points, {self.expected_deviation:.1f} by chance)"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area: `growth`, `relative`, `status`."""
        return pd.DataFrame({"growth": self.growth, "relative": self.relative, "status": self.status})


def growth_dispersion(
    before: pd.Series,
    after: pd.Series,
    *,
    before_status: pd.Series,
    after_status: pd.Series,
    minimum_base: float = 20,
) -> GrowthDispersion:
    r"""Measure how unevenly a group grows over the areas.

    With counts :math:`b_i` and :math:`a_i`, growth :math:`g_i = a_i / b_i - 1` and that of all areas together
    :math:`\bar g`

    .. math:: s = \sqrt{\frac{\sum b_i (g_i - \bar g)^2}{\sum b_i}}, \qquad
              s_0 = \sqrt{\frac{(n - 1)(1 + \bar g)}{\sum b_i}}

    Parameters
    ----------
    before, after : Series of int or float, indexed by area_id
        The group at both dates, in one edition of the boundaries. [persons]
    before_status, after_status : Series of ValueStatus or str, same index
        State of each count.
    minimum_base : float
        Smallest group for which there is a growth. [persons]

    Returns
    -------
    GrowthDispersion
        On the index of `before`. An area has no growth where a count is withheld or unknown, or where the group
        was below the minimum; such areas are no part of the city's growth here either.

    Raises
    ------
    InputError, ShareError, StatusError, DefinitionError
        As `indicators.shares.share`.
    TooFewAreasError
        If fewer than two areas have a growth.

    Notes
    -----
    :math:`s_0` is the deviation if the people of the second date had been spread over the areas in proportion to
    the first, each on their own (multinomial). Families move together, so that somewhat more than :math:`s_0` is
    still no finding.

    Examples
    --------
    >>> ids = ["00", "01"]
    >>> state = pd.Series("measured", index=ids)
    >>> growth_dispersion(pd.Series([100, 100], index=ids), pd.Series([150, 70], index=ids), before_status=state,
    ...                   after_status=state)
    GrowthDispersion(2 of 2 areas: +10.0 %, deviation 40.0 points, 7.4 by chance)
    """
    ratio = share(
        after,
        before,
        numerator_status=after_status,
        denominator_status=before_status,
        minimum_denominator=minimum_base,
        may_exceed=True,
    )
    growth = ratio["value"] - 100
    known = growth.notna()
    if known.sum() < 2:
        raise TooFewAreasError("dispersion of growth", int(known.sum()), 2)
    base, now = before[known].astype(float), after[known].astype(float)
    city = 100 * (now.sum() / base.sum() - 1)
    relative = growth - city
    variance = float((base * relative[known] ** 2).sum() / base.sum())
    by_chance = (int(known.sum()) - 1) * (1 + city / 100) / base.sum()
    return GrowthDispersion(
        growth=growth,
        relative=relative,
        status=ratio["status"].replace("zero", "measured"),
        city_growth=float(city),
        deviation=math.sqrt(variance),
        expected_deviation=100 * math.sqrt(by_chance),
        areas=int(known.sum()),
        areas_left_out=int((~known).sum()),
        minimum_base=minimum_base,
    )


def growth_over_time(
    counts: pd.DataFrame, statuses: pd.DataFrame, *, span: int = 1, minimum_base: float = 20
) -> pd.DataFrame:
    """Measure the dispersion of growth for every pair of periods that are so many apart.

    Parameters
    ----------
    counts : DataFrame of int or float, indexed by area_id, one column per period in the order of time
        The group, in one edition of the boundaries. [persons]
    statuses : DataFrame of ValueStatus or str, same index and columns
        State of each count.
    span : int
        How many columns lie between the two dates.
    minimum_base : float
        As `growth_dispersion`.

    Returns
    -------
    DataFrame, one row per pair, indexed by the second period
        `since`, `city_growth` [%], `deviation`, `expected_deviation` [percentage points], `areas`,
        `areas_left_out`. Empty when there are not enough periods.

    Raises
    ------
    ParameterError
        If the span is below 1.
    InputError, ShareError, StatusError, DefinitionError, TooFewAreasError
        As `growth_dispersion`.

    Examples
    --------
    >>> counts = pd.DataFrame({"2020": [100, 100], "2021": [110, 90], "2022": [150, 70]}, index=["00", "01"])
    >>> state = pd.DataFrame("measured", index=counts.index, columns=counts.columns)
    >>> growth_over_time(counts, state, span=2)["deviation"].round(1).to_dict()
    {'2022': 40.0}
    """
    if span < 1:
        raise ParameterError("span", span, "at least 1 period")
    require_same_index(counts, statuses, "counts and statuses")
    rows = {}
    periods = list(counts.columns)
    for first, second in zip(periods, periods[span:], strict=False):
        one = growth_dispersion(
            counts[first],
            counts[second],
            before_status=statuses[first],
            after_status=statuses[second],
            minimum_base=minimum_base,
        )
        names = ("city_growth", "deviation", "expected_deviation", "areas", "areas_left_out")
        rows[second] = {"since": first} | {name: getattr(one, name) for name in names}
    return pd.DataFrame.from_dict(rows, orient="index")
