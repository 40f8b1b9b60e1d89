"""Which areas take part, and what state their result has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.errors import DefinitionError, InputError
from indicators.methods.errors import suggestion
from indicators.methods.schema import Change, Index, Validity
from indicators.status import WITHOUT_VALUE, ValueStatus, weakest
from indicators.statuses import checked_status, require_same_index

__all__ = ["changed", "checked_table", "valid_areas"]

# The weakest first: how many states win over it, or are it.
_ORDER = sorted(ValueStatus, key=lambda one: sum(weakest(one, other) is other for other in ValueStatus))
_WORDS = np.array([state.value for state in _ORDER], dtype=object)
_CODE = {word: number for number, word in enumerate(_WORDS)}
_WITHOUT = len(WITHOUT_VALUE)  # the weakest states are the ones without a value
_UNCERTAIN = _CODE[ValueStatus.UNCERTAIN.value]
_MEASURED = _CODE[ValueStatus.MEASURED.value]
_MISSING = _CODE[ValueStatus.MISSING.value]


def checked_table(
    values: pd.DataFrame, statuses: pd.DataFrame, columns: Sequence[str], method: str
) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Return values and states as arrays, after checking that they fit together.

    Parameters
    ----------
    values : DataFrame of float, areas × indicators, indexed by area_id
        At least the columns asked for.
    statuses : DataFrame of ValueStatus or str, same index and columns
        State of each value.
    columns : sequence of str
        Indicators wanted.
    method : str
        Id of the method, for errors.

    Returns
    -------
    tuple of array of float and array of int, shape (n_areas, n_columns)
        Values (NaN where there is none) and positions of the states, the weakest first.

    Raises
    ------
    DefinitionError
        If a table lacks an indicator.
    InputError
        If the rows differ or a value is infinite.
    StatusError
        If a value and its state contradict each other.

    Examples
    --------
    >>> values = pd.DataFrame({"a": [1.0, None]}, index=["00", "01"])
    >>> states = pd.DataFrame({"a": ["measured", "suppressed"]}, index=["00", "01"])
    >>> checked_table(values, states, ["a"], "m")[1].ravel().tolist()
    [5, 0]
    """
    for table, what in ((values, "values"), (statuses, "statuses")):
        absent = [name for name in columns if name not in table.columns]
        if absent:
            others = [str(name) for name in table.columns if name not in columns]
            raise DefinitionError(
                f"method {method!r}: {what} has no column for {', '.join(absent)}; "
                f"{suggestion(absent[0], others)}"
            )
    require_same_index(values, statuses, "values and statuses")
    numbers = values[list(columns)].to_numpy(dtype=float, na_value=np.nan, copy=True)
    codes = np.empty(numbers.shape, dtype=np.int8)
    for position, name in enumerate(columns):
        place, words = pd.factorize(statuses[name].astype(object), use_na_sentinel=False)
        codes[:, position] = np.array([_CODE.get(str(word), -1) for word in words], dtype=np.int8)[place]
        here = codes[:, position]
        empty = np.isnan(numbers[:, position])
        is_wrong = (here < 0) | ((here < _WITHOUT) != empty)
        is_wrong |= (here == _CODE[ValueStatus.ZERO.value]) & (numbers[:, position] != 0)
        if is_wrong.any():
            checked_status(values[name].astype(float), statuses[name], name)
    infinite = np.isinf(numbers).any(axis=1)
    if infinite.any():
        raise InputError("infinite value", values.index[infinite], "give a number, or call it missing")
    return numbers, codes


def changed(
    numbers: NDArray[np.float64],
    codes: NDArray[np.int8],
    before: NDArray[np.float64],
    before_codes: NDArray[np.int8],
    change: Change,
) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Return the change between two tables and its states.

    Parameters
    ----------
    numbers, codes, before, before_codes : arrays, shape (n_areas, n_columns)
        Later and earlier values and states, as `checked_table` returns them.
    change : {"difference", "ratio"}
        Later minus earlier, or later divided by earlier.

    Returns
    -------
    tuple of array of float and array of int, same shape
        The weaker of the two states; a ratio to 0 is missing. A change of 0 is measured, not an absence.

    Examples
    --------
    >>> changed(np.array([[3.0]]), np.array([[5]], np.int8), np.array([[2.0]]), np.array([[5]], np.int8), "ratio")
    (array([[1.5]]), array([[5]], dtype=int8))
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        result = numbers - before if change == "difference" else numbers / before
    state = np.minimum(np.minimum(codes, before_codes), _MEASURED)
    undefined = ~np.isfinite(result)
    return (
        np.where(undefined, np.nan, result),
        np.where(undefined, np.minimum(state, _MISSING), state).astype(np.int8),
    )


def valid_areas(
    validity: Validity,
    indices: Sequence[Index],
    numbers: NDArray[np.float64],
    codes: NDArray[np.int8],
    columns: Sequence[str],
) -> tuple[NDArray[np.bool_], NDArray[np.object_]]:
    """Return which areas are valid, and the state of every area's result.

    Parameters
    ----------
    validity : Validity
        The method's rule.
    indices : sequence of Index
        What is to be computed.
    numbers, codes : arrays, shape (n_areas, n_columns)
        What `checked_table` returned.
    columns : sequence of str
        Ids of the columns.

    Returns
    -------
    tuple of array of bool and array of str, shape (n_areas,)
        A valid area's state is the weakest of its inputs, never zero (an index of 0 is no absence), and
        uncertain when an input was filled in or left out. The others are suppressed if something that they need
        is, otherwise missing.

    Examples
    --------
    >>> from indicators.methods.schema import Input
    >>> index = Index(id="i", combine="sum", inputs=(Input(id="a"),))
    >>> valid_areas(Validity(), [index], np.array([[1.0], [np.nan]]), np.array([[5], [0]], np.int8), ["a"])[1]
    array(['measured', 'suppressed'], dtype=object)
    """
    position = {name: number for number, name in enumerate(columns)}
    inputs = [one for index in indices for one in index.inputs if one.id in position]
    asked = {*validity.required, *(one.indicator for one in validity.minimum)}
    tolerant = {one.id for one in inputs if one.missing != "exclude"}
    tolerant -= asked | {one.id for one in inputs if one.missing == "exclude"}
    weakest_needed = _weakest(codes, [position[name] for name in columns if name not in tolerant])
    is_valid = weakest_needed >= _WITHOUT
    for minimum in validity.minimum:
        is_valid &= np.nan_to_num(numbers[:, position[minimum.indicator]], nan=-np.inf) >= minimum.at_least
    for index in indices:
        if all(one.missing == "leave_out" for one in index.inputs):
            is_valid &= (codes[:, [position[one.id] for one in index.inputs]] >= _WITHOUT).any(axis=1)

    # What is only asked for decides about an area, but its doubts are not those of the result.
    only_asked = asked - {one.id for one in inputs}
    used = _weakest(codes, [position[name] for name in columns if name not in tolerant | only_asked])
    soft = _weakest(codes, [position[name] for name in tolerant])
    inherited = np.minimum(np.minimum(used, _MEASURED), np.where(soft < _WITHOUT, _UNCERTAIN, soft))
    withheld = np.where(weakest_needed < _WITHOUT, weakest_needed, _MISSING)
    return is_valid, _WORDS[np.where(is_valid, inherited, withheld)]


def _weakest(codes: NDArray[np.int8], positions: Sequence[int]) -> NDArray[np.int8]:
    weakest_code: NDArray[np.int8] = codes[:, list(positions)].min(axis=1, initial=len(_WORDS) - 1)
    return weakest_code
