"""Do the values and their statuses tell the same story? Asked before anything is computed from them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from indicators.errors import InputError, StatusError
from indicators.status import PRECEDENCE, WITH_VALUE, ValueStatus

__all__ = ["checked_status", "require_same_index", "weakest_of"]


def require_same_index(one: pd.Series | pd.DataFrame, other: pd.Series | pd.DataFrame, what: str) -> None:
    """Raise when two inputs do not have the same rows in the same order, or name a row twice.

    Parameters
    ----------
    one, other : Series or DataFrame
        Inputs to compare.
    what : str
        Their names, for the message.

    Raises
    ------
    InputError
        With the rows that only one of them has.

    Examples
    --------
    >>> require_same_index(pd.Series([1], index=["00"]), pd.Series([2], index=["00"]), "two counts")
    """
    hint = "give every input one row per area, in the same order"
    if not one.index.is_unique:
        raise InputError(f"{what}: a row is there twice", one.index[one.index.duplicated()].unique(), hint)
    if not one.index.equals(other.index):
        unlike = one.index.symmetric_difference(other.index)
        raise InputError(f"{what}: the rows differ", unlike if len(unlike) else one.index, hint)


def checked_status(value: pd.Series, status: pd.Series, what: str) -> pd.Series:
    """Return the statuses after checking them against the values.

    Parameters
    ----------
    value : Series of float
        Values; missing where there is none.
    status : Series of ValueStatus or str, same index
        State of each value.
    what : str
        Name of the input, for the message.

    Returns
    -------
    Series of str
        The words of `ValueStatus`.

    Raises
    ------
    StatusError
        If a status is unknown, a value is there that should not be (or the other way round), or a zero is not
        0.

    Examples
    --------
    >>> checked_status(pd.Series([3.0, None]), pd.Series(["measured", "suppressed"]), "unemployed").tolist()
    ['measured', 'suppressed']
    """
    require_same_index(value, status, what)
    words = status.map(str).astype(object)
    unknown = ~words.isin([one.value for one in ValueStatus])
    if unknown.any():
        allowed = ", ".join(one.value for one in ValueStatus)
        raise StatusError(f"{what}: unknown status", words.index[unknown], f"use one of {allowed}")
    has_value = words.isin([one.value for one in WITH_VALUE])
    absent = value.isna()
    without = has_value & absent
    if without.any():
        raise StatusError(
            f"{what}: no value although its status has one",
            words.index[without],
            "call it missing or suppressed",
        )
    surplus = ~has_value & ~absent
    if surplus.any():
        raise StatusError(
            f"{what}: a value although it is missing or suppressed",
            words.index[surplus],
            "leave the value out",
        )
    not_zero = (words == ValueStatus.ZERO.value) & (value != 0)
    if not_zero.any():
        raise StatusError(
            f"{what}: called a true zero but not 0", words.index[not_zero], "correct the status"
        )
    return words


def weakest_of(*statuses: pd.Series) -> pd.Series:
    """Apply `weakest` row by row.

    Parameters
    ----------
    *statuses : Series of str, same index
        States of the inputs, at least one.

    Returns
    -------
    Series of str
        State of what is computed from them.

    Raises
    ------
    StatusError
        If a status is unknown.

    Examples
    --------
    >>> weakest_of(pd.Series(["zero", "measured"]), pd.Series(["measured", "missing"])).tolist()
    ['measured', 'missing']
    """
    words = np.array([one.value for one in PRECEDENCE], dtype=object)
    order = pd.Index(words)
    place = np.min(
        [order.get_indexer(pd.Index(status.to_numpy(dtype=object))) for status in statuses], axis=0
    )
    if (place < 0).any():
        raise StatusError(
            "unknown status", statuses[0].index[place < 0], f"use one of {', '.join(ValueStatus)}"
        )
    return pd.Series(words[place], index=statuses[0].index, dtype=object)
