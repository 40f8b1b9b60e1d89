"""Is an area different from the rest of its city, or could it be chance? Comparisons, and places in a ranking.

For everybody who reads a map or a ranking of small areas: most neighbours in a ranking cannot be told apart.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from indicators.limits import INTERVAL_LEVEL, ChanceModel, Floats, difference_limits, model_limits
from indicators.shares import share
from indicators.statuses import require_same_index
from spatial.errors import ParameterError

__all__ = ["ChanceModel", "Comparison", "against_city", "rank_intervals"]

Comparison = Literal["above", "below", "not_distinguishable"]

# Simulated numbers that are drawn, ranked and forgotten at once.
_BLOCK = 2**20


def against_city(
    numerator: pd.Series,
    denominator: pd.Series,
    *,
    numerator_status: pd.Series,
    denominator_status: pd.Series,
    model: ChanceModel = "share",
    per: float = 100,
    minimum_denominator: float = 0,
    level: float = INTERVAL_LEVEL,
    periods: pd.Series | None = None,
) -> pd.DataFrame:
    """Compare every area with the rest of the city and say whether the two can be told apart.

    An area is a part of its city, so it is compared with the rest: the area is above the rest exactly when it is
    above the city, and the two counts are independent.

    Parameters
    ----------
    numerator, denominator : Series of int or float, indexed by area_id
        The part and its whole, the two groups, or the events and the people. [persons, households, cases]
    numerator_status, denominator_status : Series of ValueStatus or str, same index
        State of each count.
    model : {"share", "quotient", "rate"}
        *share*: the part is of its whole (Wilson, Newcombe). *quotient*: two groups (Wilson as odds). *rate*: events
        (exact Poisson). Differences of the last two by Zou and Donner.
    per : float
        100 for percent, 1000 for cases per 1,000.
    minimum_denominator : float
        Smallest whole for which an area has a value. [same unit as the denominator]
    level : float
        Share of areas alike to the rest that are left alone: at 0.95 one in twenty of them is called different
        by chance.
    periods : Series, same index, optional
        Period of each row, for several dates at once: each row is compared with the rest of its own period.

    Returns
    -------
    DataFrame on the same index
        `value`, `ci_low`, `ci_high`, `city` (value of all areas with a value together), `difference`,
        `difference_low`, `difference_high` (area less the rest) [all per so many], `status`, and `comparison`:
        "above", "below" or "not_distinguishable", empty where there is no value or no rest.

    Raises
    ------
    InputError, ShareError, StatusError, DefinitionError
        As `indicators.shares.share`.
    ParameterError
        If the model is unknown or the level not between 0 and 1.

    Notes
    -----
    The rest is made of published values only: an area that is withheld, or has too few people, is no part of it,
    so that the comparison tells nothing that the published values do not.

    Examples
    --------
    >>> ids = ["00", "01", "02"]
    >>> part, whole = pd.Series([30, 2, 20], index=ids), pd.Series([100, 20, 200], index=ids)
    >>> state = pd.Series("measured", index=ids)
    >>> against_city(part, whole, numerator_status=state, denominator_status=state)["comparison"].tolist()
    ['above', 'not_distinguishable', 'below']
    """
    if periods is not None:
        require_same_index(numerator, periods, "counts and periods")
    own = share(
        numerator,
        denominator,
        numerator_status=numerator_status,
        denominator_status=denominator_status,
        minimum_denominator=minimum_denominator,
        may_exceed=model != "share",
        per=per,
    )
    value = own["value"].to_numpy(dtype=float)
    has_value = ~np.isnan(value)
    part, whole = (
        np.where(has_value, counts.to_numpy(dtype=float, na_value=np.nan), 0.0)
        for counts in (numerator, denominator)
    )
    group = np.zeros(len(value), dtype=int) if periods is None else pd.factorize(periods)[0]
    city_part, city_whole = np.bincount(group, part)[group], np.bincount(group, whole)[group]
    rest_part, rest_whole = np.maximum(city_part - part, 0.0), city_whole - whole
    no_rest = ~(has_value & (rest_whole > 0))
    rest_whole, city_whole = (
        np.where(no_rest, np.nan, rest_whole),
        np.where(city_whole > 0, city_whole, np.nan),
    )
    low, high = _limits(part, np.where(has_value, whole, np.nan), model, level, per, value)
    rest = per * rest_part / rest_whole
    rest_limits = _limits(rest_part, rest_whole, model, level, per, rest)
    gap_low, gap_high = difference_limits((value, low, high), (rest, *rest_limits))
    comparison = np.full(len(value), None, dtype=object)
    comparison[~no_rest] = "not_distinguishable"
    comparison[gap_low > 0] = "above"
    comparison[gap_high < 0] = "below"
    return pd.DataFrame(
        {
            "value": value,
            "ci_low": low,
            "ci_high": high,
            "city": per * city_part / city_whole,
            "difference": value - rest,
            "difference_low": gap_low,
            "difference_high": gap_high,
            "status": own["status"],
            "comparison": pd.Series(comparison, index=own.index, dtype=object),
        },
        index=own.index,
    )


def rank_intervals(
    numerator: pd.Series,
    denominator: pd.Series,
    *,
    numerator_status: pd.Series,
    denominator_status: pd.Series,
    model: ChanceModel = "share",
    highest_first: bool = True,
    minimum_denominator: float = 0,
    level: float = INTERVAL_LEVEL,
    method: Literal["simulation", "joint"] = "joint",
    replicates: int = 1000,
    rng: np.random.Generator | None = None,
) -> pd.DataFrame:
    """Rank the areas and say between which places each of them may be.

    Parameters
    ----------
    numerator, denominator, numerator_status, denominator_status, model, minimum_denominator
        As `against_city`.
    highest_first : bool
        Whether place 1 is the highest value.
    level : float
        With *joint*, the chance that the intervals of all areas hold at once; with *simulation*, that of each.
    method : {"joint", "simulation"}
        *joint* (Klein, Wright and Wieczorek): an area is surely behind those whose interval lies wholly above its
        own, the intervals being wide enough to hold all together. *simulation* (Goldstein and Spiegelhalter):
        the middle of the places in simulated rankings, from Beta(a + ½, n − a + ½) or Gamma(a + ½).
    replicates : int
        Simulated rankings.
    rng : Generator
        Needed for the simulation.

    Returns
    -------
    DataFrame on the same index
        `rank`, `rank_low`, `rank_high` (Int64, 1 to the number of areas with a value; equal values share the
        better place) and `status`. Areas without a value have no place and are counted by nobody's.

    Raises
    ------
    InputError, ShareError, StatusError, DefinitionError
        As `indicators.shares.share`.
    ParameterError
        If an option is unknown or out of range, or the simulation has no rng.

    Notes
    -----
    The simulated intervals are the narrower ones; where many areas are nearly equal they promise too much. They are
    widened to hold the place that the values give. With 35,000 areas, 1,000 rankings take about 150 MB and seven seconds.

    References
    ----------
    .. [1] M. Klein, T. Wright and J. Wieczorek (2020), A joint confidence region for an overall ranking of
       populations, Journal of the Royal Statistical Society C 69:589–606, doi:10.1111/rssc.12402.
    .. [2] H. Goldstein and D. J. Spiegelhalter (1996), doi:10.2307/2983325.

    Examples
    --------
    >>> ids = ["00", "01", "02"]
    >>> part, whole = pd.Series([300, 52, 50], index=ids), pd.Series([1000, 500, 500], index=ids)
    >>> state = pd.Series("measured", index=ids)
    >>> rank_intervals(part, whole, numerator_status=state, denominator_status=state)
        rank  rank_low  rank_high    status
    00     1         1          1  measured
    01     2         2          3  measured
    02     3         2          3  measured
    """
    if method not in ("joint", "simulation"):
        raise ParameterError("method", method, "'joint' or 'simulation'")
    if not 0 < level < 1:
        raise ParameterError("level", level, "a share between 0 and 1, for example 0.95")
    result = share(
        numerator,
        denominator,
        numerator_status=numerator_status,
        denominator_status=denominator_status,
        minimum_denominator=minimum_denominator,
        may_exceed=model != "share",
    )
    has_value = result["value"].notna().to_numpy()
    value = result["value"].to_numpy()[has_value]
    part = numerator.to_numpy(dtype=float, na_value=np.nan)[has_value]
    whole = denominator.to_numpy(dtype=float, na_value=np.nan)[has_value]
    rank = _places(value, highest_first)
    if method == "joint":
        low, high = _joint(part, whole, model, level, highest_first)
    else:
        if rng is None:
            raise ParameterError("rng", rng, "a numpy Generator, for example np.random.default_rng(7)")
        if replicates < 100:
            raise ParameterError("replicates", replicates, "at least 100 for an interval")
        low, high = _simulated(part, whole, model, level, highest_first, replicates, rng)
    columns = {"rank": rank, "rank_low": np.minimum(low, rank), "rank_high": np.maximum(high, rank)}
    table = pd.DataFrame(
        {name: pd.Series(pd.NA, index=result.index, dtype="Int64") for name in columns}, index=result.index
    )
    for name, places in columns.items():
        table.loc[has_value, name] = places
    return table.assign(status=result["status"].replace("zero", "measured"))


def _limits(
    part: Floats, whole: Floats, model: ChanceModel, level: float, per: float, value: Floats
) -> tuple[Floats, Floats]:
    """Return the limits per so many; rounding never puts them on the wrong side of the value."""
    low, high = model_limits(part, whole, model=model, level=level)
    return np.minimum(per * low, value), np.maximum(per * high, value)


def _places(value: Floats, highest_first: bool) -> np.ndarray:
    """Return the place of each value, 1 for the first; equal values share the better place."""
    signed = -value if highest_first else value
    return np.searchsorted(np.sort(signed), signed, side="left") + 1


def _joint(
    part: Floats, whole: Floats, model: ChanceModel, level: float, highest_first: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Count the areas that are surely before and surely behind each area."""
    count = len(part)
    each = level ** (1 / max(count, 1))  # independent areas: all hold at once with the wanted level
    low, high = model_limits(part, whole, model=model, level=each)
    above = count - np.searchsorted(np.sort(low), high, side="right")
    below = np.searchsorted(np.sort(high), low, side="left")
    before, behind = (above, below) if highest_first else (below, above)
    return before + 1, count - behind


def _simulated(
    part: Floats,
    whole: Floats,
    model: ChanceModel,
    level: float,
    highest_first: bool,
    replicates: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the middle of the places that the areas take in simulated rankings."""
    count = len(part)
    if count == 0:
        return np.empty(0, dtype=int), np.empty(0, dtype=int)
    places = np.empty((replicates, count), dtype=np.int32)
    step = max(1, _BLOCK // count)
    for start in range(0, replicates, step):
        rows = min(step, replicates - start)
        if model == "share":
            drawn = rng.beta(part + 0.5, np.maximum(whole - part, 0) + 0.5, size=(rows, count))
        elif model == "quotient":
            drawn = rng.beta(part + 0.5, whole + 0.5, size=(rows, count))  # odds rise with the share
        else:
            drawn = rng.gamma(part + 0.5, size=(rows, count)) / whole
        order = np.argsort(-drawn if highest_first else drawn, axis=1, kind="stable")
        block = places[start : start + rows]
        np.put_along_axis(block, order, np.arange(1, count + 1, dtype=np.int32)[None, :], axis=1)
    cut = int(np.floor(replicates * (1 - level) / 2))
    places.partition((cut, replicates - 1 - cut), axis=0)
    return places[cut].astype(int), places[replicates - 1 - cut].astype(int)
