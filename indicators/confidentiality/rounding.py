"""What does a coarsened number still say? Rounding, raising small counts, capping high shares, and percentages."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.confidentiality.errors import ProfileError
from indicators.confidentiality.profiles import Profile

__all__ = ["decimals_allowed", "numerator_interval", "raised", "rounded", "shown_as", "shown_values"]


def rounded(values: pd.Series, base: int) -> pd.Series:
    """Round to multiples of a base; halves go up.

    Parameters
    ----------
    values : Series of float
        Counts. [persons, households, …]
    base : int
        5, 10, …

    Returns
    -------
    Series of float
        Multiples of the base on the same index; NaN stays NaN.

    Examples
    --------
    >>> rounded(pd.Series([2, 3, 7, 12.5]), 5).tolist()
    [0.0, 5.0, 5.0, 15.0]
    """
    _require_base(base)
    return (values.astype(float) / base + 0.5).map(math.floor, na_action="ignore") * float(base)


def raised(values: pd.Series, minimum_count: int, base: int) -> pd.Series:
    """Show counts below the minimum as one number: "1 to 4 become 5".

    Parameters
    ----------
    values : Series of float
        Counts. [persons, households, …]
    minimum_count : int
        Smaller counts are raised, zeros are not.
    base : int
        What they become.

    Returns
    -------
    Series of float
        On the same index.

    Examples
    --------
    >>> raised(pd.Series([0, 1, 4, 5, 6]), 5, 5).tolist()
    [0.0, 5.0, 5.0, 5.0, 6.0]
    """
    _require_base(base)
    return values.astype(float).mask((values > 0) & (values < minimum_count), float(base))


def shown_values(value: NDArray[np.float64], profiles: Sequence[Profile | None]) -> NDArray[np.float64]:
    """Return the numbers that are published for values, each by its own profile.

    Parameters
    ----------
    value : ndarray of float
        True values.
    profiles : sequence of Profile or None
        One per value.

    Returns
    -------
    ndarray of float
        The values themselves, rounded, or raised.

    Examples
    --------
    >>> from indicators.confidentiality.profiles import AMSTERDAM, PUBLIC_STAFF
    >>> shown_values(np.array([3.0, 3.0, 3.0]), [None, PUBLIC_STAFF, AMSTERDAM])
    array([3., 5., 5.])
    """
    shown = value.copy()
    for code, one in _groups(profiles):
        if one is not None and one.treatment == "round":
            shown[code] = rounded(pd.Series(value[code]), one.base)
        elif one is not None and one.treatment == "raise":
            shown[code] = raised(pd.Series(value[code]), one.minimum_count, one.base)
    return shown


def shown_as(
    value: NDArray[np.float64], profiles: Sequence[Profile | None]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return what is known of values that are published by their profiles.

    Parameters
    ----------
    value : ndarray of float
        True values.
    profiles : sequence of Profile or None
        One per value.

    Returns
    -------
    low, high : ndarray of float
        Smallest and largest whole number that would be shown alike.
    is_coarse : ndarray of bool
        Whether the profile rounds or raises, so that sensitive values need not be withheld.

    Examples
    --------
    >>> from indicators.confidentiality.profiles import AMSTERDAM, PUBLIC_STAFF
    >>> low, high, is_coarse = shown_as(np.array([3.0, 3.0, 3.0]), [None, PUBLIC_STAFF, AMSTERDAM])
    >>> low, high
    (array([3., 3., 1.]), array([3., 7., 5.]))
    """
    shown = shown_values(value, profiles)
    low, high = value.copy(), value.copy()
    is_coarse = np.zeros(len(value), dtype=bool)
    for code, one in _groups(profiles):
        if one is None or one.treatment == "withhold":
            continue
        is_coarse[code] = True
        if one.treatment == "round":
            low[code] = np.maximum(np.ceil(shown[code] - one.base / 2), 0.0)
            high[code] = np.ceil(shown[code] + one.base / 2) - 1
        else:
            at_base = shown[code] == one.base
            low[code] = np.where(at_base, 1.0, value[code])
            high[code] = np.where(at_base, float(one.base), value[code])
    return np.minimum(low, value), np.maximum(high, value), is_coarse


def numerator_interval(percent: float, denominator: float, decimals: int) -> tuple[int, int]:
    """Find the counts that a published percentage leaves possible.

    Parameters
    ----------
    percent : float
        The published share. [0–100]
    denominator : float
        The published whole. [persons, households, …]
    decimals : int
        Decimals that the percentage is rounded to.

    Returns
    -------
    low, high : int
        Smallest and largest numerator whose percentage is rounded to this number. With one decimal, every whole
        of fewer than 1,000 gives its numerator away.

    Raises
    ------
    ProfileError
        If no numerator has this percentage.

    Examples
    --------
    >>> numerator_interval(1.3, 150, 1)  # 2 of 150 are 1.33 %
    (2, 2)
    >>> numerator_interval(1.0, 150, 0)  # 1 is 0.67 %, 2 is 1.33 %
    (1, 2)
    """
    half = 0.5 * 10.0**-decimals
    slack = 1e-9 * max(denominator, 1.0)
    low = max(math.ceil((percent - half) / 100 * denominator - slack), 0)
    high = min(math.floor((percent + half) / 100 * denominator + slack), math.floor(denominator))
    if low > high:
        raise ProfileError(
            f"no count out of {denominator:g} is {percent:g} % with {decimals} decimal(s); "
            "check the percentage and its denominator"
        )
    return low, high


def decimals_allowed(denominator: float, width: float, *, at_most: int = 1) -> int | None:
    """Find how many decimals a percentage may have so that its numerator stays uncertain.

    Parameters
    ----------
    denominator : float
        The published whole. [persons, households, …]
    width : float
        Least width of the interval that must remain for the numerator.
    at_most : int
        Decimals that are wanted.

    Returns
    -------
    int or None
        None when even whole percentages say too much. All numerators within 10**-decimals percentage points are
        shown alike: at least floor(denominator × 10**-decimals / 100) of them.

    Examples
    --------
    >>> decimals_allowed(150, 2), decimals_allowed(400, 2), decimals_allowed(5000, 2)
    (None, 0, 1)
    """
    for decimals in range(at_most, -1, -1):
        if math.floor(denominator * 10.0**-decimals / 100 + 1e-9) - 1 >= width:
            return decimals
    return None


def _groups(profiles: Sequence[Profile | None]) -> list[tuple[NDArray[np.int64], Profile | None]]:
    """Return the distinct profiles with the positions of their values."""
    # By identity: thousands of values share a few profiles, and comparing all their rules takes its time.
    distinct = {id(one): one for one in profiles}
    number = {key: code for code, key in enumerate(distinct)}
    code = np.array([number[id(one)] for one in profiles], dtype=np.int64)
    return [(np.flatnonzero(code == at), one) for at, one in enumerate(distinct.values())]


def _require_base(base: int) -> None:
    if base < 2:
        raise ProfileError(f"base is {base}; round to multiples of at least 2")
