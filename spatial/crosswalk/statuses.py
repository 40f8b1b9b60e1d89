"""What state does a converted value have? That of its weakest source, and no number for what was withheld."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.alignment import align
from spatial.crosswalk.errors import CrosswalkError
from spatial.crosswalk.result import Floats, Positions
from spatial.errors import CountsError, ParameterError

__all__ = ["MISSING", "STATUSES", "WORDS_WITHOUT_VALUE", "ZERO", "checked_values", "weakest_of_sources"]

STATUSES: Final = ("suppressed", "missing", "uncertain", "provisional", "corrected", "measured", "zero")
"""States of a value, the weakest first: a converted value has the first of these that occurs among its sources."""

WORDS_WITHOUT_VALUE: Final = ("suppressed", "missing")

SUPPRESSED, MISSING, UNCERTAIN, ZERO = (
    STATUSES.index(one) for one in ("suppressed", "missing", "uncertain", "zero")
)

Codes = NDArray[np.int8]


def checked_values(
    values: pd.Series, status: pd.Series | None, index: pd.Index, name: str, *, least: float = -np.inf
) -> tuple[Floats, Codes]:
    """Return values and states in the order of an index, after checking that they tell the same story.

    Parameters
    ----------
    values : Series of float, indexed by area_id
        Values; missing where there is none.
    status : Series of str, indexed by area_id, or None
        State of each value, a word of `STATUSES`. None: a value that is not there is missing, a 0 is a true zero.
    index : Index of area_id
        The wanted order.
    name : str
        Name of the values, for the message.
    least : float
        Smallest allowed value.

    Returns
    -------
    values : array of float
        NaN where there is none.
    codes : array of int
        Place of each state in `STATUSES`.

    Raises
    ------
    ParameterError
        If the values are no Series.
    AlignmentError
        If values or states are not one per area.
    CountsError
        If a value is no number, infinite or below the least.
    CrosswalkError
        If a state is unknown, has a value and should have none, or the other way round.

    Examples
    --------
    >>> values, codes = checked_values(pd.Series([3.0, None]), None, pd.RangeIndex(2), "residents")
    >>> [STATUSES[code] for code in codes]
    ['measured', 'missing']
    """
    if not isinstance(values, pd.Series):
        raise ParameterError(name, values, "a Series indexed by area_id")
    given = align(values, index, name)
    numbers = pd.to_numeric(given, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    absent = np.isnan(numbers)
    if (text := absent & given.notna().to_numpy()).any():
        raise CountsError(f"{name} not a number", index[text], "read the column as numbers")
    if (wrong := np.isinf(numbers) | (numbers < least)).any():
        what = "infinite" if least == -np.inf else f"infinite or below {least:g}"
        raise CountsError(f"{name} {what}", index[wrong], "correct the values, or leave them out as missing")
    if status is None:
        codes = np.where(absent, MISSING, np.where(numbers == 0, ZERO, STATUSES.index("measured")))
        return numbers, codes.astype(np.int8)
    words = align(status, index, f"status of {name}").map(str)
    codes = pd.Index(STATUSES).get_indexer(pd.Index(words.to_numpy(dtype=object)))
    _refuse(codes < 0, index, f"{name}: unknown status", f"use one of {', '.join(STATUSES)}")
    without = codes <= MISSING
    _refuse(
        ~without & absent,
        index,
        f"{name}: no value although its status has one",
        "call it missing or suppressed",
    )
    _refuse(
        without & ~absent,
        index,
        f"{name}: a value although it is missing or suppressed",
        "leave the value out: what is withheld must not be converted",
    )
    _refuse(
        (codes == ZERO) & (numbers != 0), index, f"{name}: called a true zero but not 0", "correct the status"
    )
    return numbers, codes.astype(np.int8)


def _refuse(wrong: NDArray[np.bool_], index: pd.Index, reason: str, hint: str) -> None:
    if wrong.any():
        raise CrosswalkError(reason, index[wrong], hint)


def weakest_of_sources(
    codes: Codes, goal: Positions, n_target: int, *, is_known: NDArray[np.bool_]
) -> NDArray[np.str_]:
    """Return the state of each target: the weakest of its sources.

    Parameters
    ----------
    codes : array of int, shape (n_pairs,)
        Place in `STATUSES` of the state of the source of each pair.
    goal : array of int, shape (n_pairs,)
        Target of each pair.
    n_target : int
        Number of targets.
    is_known : array of bool, shape (n_target,)
        Whether enough of the target is known. Then missing sources make it uncertain, otherwise missing.

    Returns
    -------
    array of str
        Suppressed wherever one source is; missing where there is no source.

    Examples
    --------
    >>> weakest_of_sources(np.array([6, 5, 1]), np.array([0, 0, 1]), 3, is_known=np.array([True] * 3)).tolist()
    ['measured', 'uncertain', 'missing']
    """
    weakest = np.full(n_target, len(STATUSES), dtype=np.int8)
    np.minimum.at(weakest, goal, codes)
    nothing = weakest == len(STATUSES)
    found = np.where(weakest == MISSING, UNCERTAIN, weakest)
    found = np.where((~is_known & (weakest != SUPPRESSED)) | nothing, MISSING, found)
    return np.array(STATUSES)[found]
