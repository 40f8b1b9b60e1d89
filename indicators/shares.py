"""What share, rate or quotient of an area's people, households or homes is it? From counts, with an honest state."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from indicators.definition import Indicator
from indicators.errors import DefinitionError, ShareError
from indicators.status import WITHOUT_VALUE, ValueStatus
from indicators.statuses import checked_status, require_same_index, weakest_of

__all__ = ["ROUNDING", "indicator_values", "require_counts", "share"]

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
    per: float = 100,
) -> pd.DataFrame:
    """Compute a percentage, or another rate, from two counts and say what state it is in.

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
    per : float
        What the part is related to: 100 for percent, 1000 for cases per 1,000.

    Returns
    -------
    DataFrame on the same index
        `value` per so many (in percent 0–100), NaN exactly when there is none, and `status` in the words of
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
        If the minimum is negative or not finite, or `per` not above 0.

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
    if not (math.isfinite(per) and per > 0):
        raise DefinitionError(f"per is {per!r}, expected a finite number above 0, such as 100 or 1000")
    require_same_index(numerator, denominator, "numerator and denominator")
    part_status = checked_status(numerator, numerator_status, "numerator")
    whole_status = checked_status(denominator, denominator_status, "denominator")
    part = numerator.to_numpy(dtype=float, na_value=np.nan)
    whole = denominator.to_numpy(dtype=float, na_value=np.nan)
    require_counts(part, whole, numerator.index, may_exceed)

    status = weakest_of(part_status, whole_status)
    without = [one.value for one in WITHOUT_VALUE]
    usable = ~status.isin(without)
    status[usable & (part_status == ValueStatus.ZERO.value)] = ValueStatus.ZERO.value
    status[usable & ((whole == 0) | (whole < minimum_denominator))] = ValueStatus.MISSING.value

    usable = ~status.isin(without)
    result = np.full(len(part), np.nan)
    kept = usable.to_numpy()
    result[kept] = per * part[kept] / whole[kept]
    return pd.DataFrame({"value": result, "status": status.astype("str")}, index=numerator.index)


def indicator_values(definition: Indicator, values: pd.DataFrame, statuses: pd.DataFrame) -> pd.DataFrame:
    """Compute an indicator from counts as its definition says: numerator, denominator, factor, least denominator.

    Parameters
    ----------
    definition : Indicator
        Of a share, quotient, rate, ratio or balance.
    values : DataFrame of int or float, indexed by area_id (or area and period), one column per count
        At least the columns `definition.counts`; others are ignored.
    statuses : DataFrame of ValueStatus or str, same index and columns
        State of each count.

    Returns
    -------
    DataFrame on the same index
        `value` in the unit of the definition and `status`, by the rules of `share`. A balance of 0 is a true
        zero only when both of its counts are.

    Raises
    ------
    DefinitionError
        If the indicator is not computed from counts of one date, or a table lacks one of them.
    InputError, ShareError, StatusError
        As `share`.

    Examples
    --------
    >>> from indicators.catalogue import definition
    >>> counts = pd.DataFrame({"unemployed": [30.0, 2.0], "residents_15_65": [600.0, 90.0]}, index=["00", "01"])
    >>> indicator_values(definition("unemp_share"), counts, counts.notna().replace(True, "measured"))
        value    status
    00    5.0  measured
    01    NaN   missing
    """
    name = definition.id
    if not definition.is_computable or definition.numerator is None or definition.denominator is None:
        raise DefinitionError(
            f"{name}: a {definition.form} is not computed from counts of one date; load its values instead"
        )
    for table, what in ((values, "values"), (statuses, "statuses")):
        absent = [count for count in definition.counts if count not in table.columns]
        if absent:
            raise DefinitionError(f"{name}: {what} has no column for {', '.join(absent)}")
    part, part_status = values[definition.numerator], statuses[definition.numerator]
    is_negative = pd.Series(False, index=values.index)
    if definition.minus is not None:
        part, part_status, is_negative = _difference(values, statuses, definition.numerator, definition.minus)
    try:
        result = share(
            part,
            values[definition.denominator],
            numerator_status=part_status,
            denominator_status=statuses[definition.denominator],
            minimum_denominator=definition.minimum_denominator,
            may_exceed=not definition.is_share,
            per=definition.factor,
        )
    except ShareError as error:
        raise error.of(name) from error
    result["value"] = result["value"].mask(is_negative, -result["value"])
    return result


def _difference(
    values: pd.DataFrame, statuses: pd.DataFrame, plus: str, minus: str
) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return the size of a difference of two counts, its state, and where it is negative."""
    states = []
    for name in (plus, minus):
        states.append(checked_status(values[name], statuses[name], name))
        counts = values[name].to_numpy(dtype=float, na_value=np.nan)
        require_counts(counts, np.zeros_like(counts), values.index, True)
    difference = values[plus].astype(float) - values[minus].astype(float)
    return difference.abs(), weakest_of(*states), difference < 0


def require_counts(part: np.ndarray, whole: np.ndarray, index: pd.Index, may_exceed: bool) -> None:
    """Raise when two counts cannot be a numerator and its denominator.

    Parameters
    ----------
    part, whole : ndarray of float, shape (n,)
        Numerators and denominators, NaN where there is none.
    index : Index
        Their areas (or areas and periods), for the message.
    may_exceed : bool
        Whether the part may be larger than the whole.

    Raises
    ------
    ShareError
        If a count is negative or infinite, or the part is larger than the whole.

    Examples
    --------
    >>> require_counts(np.array([3.0]), np.array([4.0]), pd.Index(["00"]), may_exceed=False)
    """
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
