"""What share of an area's people, households or homes is it? Computed from counts, with an honest state."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from indicators.errors import DefinitionError, ShareError
from indicators.status import WITHOUT_VALUE, ValueStatus
from indicators.statuses import checked_status, require_same_index, weakest_of

__all__ = ["ROUNDING", "share"]

# Counts that are themselves computed may exceed their whole by rounding; people exceed it by whole persons.
ROUNDING = 1e-9


def share(
    numerator: pd.Series,
    denominator: pd.Series,
    *,
    numerator_status: pd.Series,
    denominator_status: pd.Series,
    minimum_denominator: float = 0,
    may_exceed: bool = False,
) -> pd.DataFrame:
    """Compute a percentage from two counts and say what state it is in.

    Parameters
    ----------
    numerator, denominator : Series of int or float, same index, one row per area (or area and period)
        The part and its whole. [persons, households, dwellings, …]
    numerator_status, denominator_status : Series of ValueStatus or str, same index
        State of each count.
    minimum_denominator : float
        Smallest whole for which there is a share: with fewer to relate to, chance would rule. This is about
        reliability, not secrecy: the counts themselves stay published. [same unit as the denominator]
    may_exceed : bool
        Whether the part may be larger than the whole, as in a quotient of two groups.

    Returns
    -------
    DataFrame on the same index
        `value` in percent (0–100), NaN exactly when there is none, and `status` in the words of
        `ValueStatus`:

        * suppressed when a count is suppressed, and only then;
        * missing when a count is missing, or when there are too few to relate to (denominator 0 or below the
          minimum);
        * zero when the numerator is a true zero, whatever doubts there are about the denominator;
        * otherwise the weaker state of the two.

    Raises
    ------
    InputError
        If the inputs do not have the same rows.
    ShareError
        If a count is negative or infinite, or the numerator is larger than the denominator.
    StatusError
        If a value and its status contradict each other.
    DefinitionError
        If the minimum is negative or not finite.

    Examples
    --------
    >>> part, whole = pd.Series([5.0, 0.0, None, 0.0]), pd.Series([50.0, 80.0, 60.0, 0.0])
    >>> share(part, whole, numerator_status=pd.Series(["measured", "zero", "suppressed", "zero"]),
    ...       denominator_status=pd.Series(["measured", "measured", "measured", "zero"]))
       value      status
    0   10.0    measured
    1    0.0        zero
    2    NaN  suppressed
    3    NaN     missing
    """
    if not (math.isfinite(minimum_denominator) and minimum_denominator >= 0):
        raise DefinitionError(
            f"minimum_denominator is {minimum_denominator!r}, expected a finite count of at least 0"
        )
    require_same_index(numerator, denominator, "numerator and denominator")
    part_status = checked_status(numerator, numerator_status, "numerator")
    whole_status = checked_status(denominator, denominator_status, "denominator")
    part = numerator.to_numpy(dtype=float, na_value=np.nan)
    whole = denominator.to_numpy(dtype=float, na_value=np.nan)
    _require_counts(part, whole, numerator.index, may_exceed)

    status = weakest_of(part_status, whole_status)
    without = [one.value for one in WITHOUT_VALUE]
    usable = ~status.isin(without)
    status[usable & (part_status == ValueStatus.ZERO.value)] = ValueStatus.ZERO.value
    status[usable & ((whole == 0) | (whole < minimum_denominator))] = ValueStatus.MISSING.value

    usable = ~status.isin(without)
    percent = np.full(len(part), np.nan)
    kept = usable.to_numpy()
    percent[kept] = 100 * part[kept] / whole[kept]
    return pd.DataFrame({"value": percent, "status": status.astype("str")}, index=numerator.index)


def _require_counts(part: np.ndarray, whole: np.ndarray, index: pd.Index, may_exceed: bool) -> None:
    infinite = np.isinf(part) | np.isinf(whole)
    if infinite.any():
        raise ShareError("numerator or denominator infinite", index[infinite], "correct the counts")
    negative = (part < 0) | (whole < 0)
    if negative.any():
        raise ShareError("numerator or denominator negative", index[negative], "correct the counts")
    above = part > whole * (1 + ROUNDING)
    if above.any() and not may_exceed:
        raise ShareError(
            "numerator above denominator",
            index[above],
            "check that both are of the same group and date; a quotient of two groups needs may_exceed=True",
        )
