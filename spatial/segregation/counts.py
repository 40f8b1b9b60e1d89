"""Are these counts of groups that a segregation measure can work on? Checked once, at the door of every measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.alignment import align, lacks_ids, require_unique
from spatial.errors import CountsError, ParameterError

__all__ = [
    "Floats",
    "GroupTable",
    "are_whole",
    "by_area",
    "group_labels",
    "many_groups",
    "numbers_of",
    "plain_pair",
    "require_column",
    "table_of_numbers",
    "two_groups",
    "unmasked",
]

Floats: TypeAlias = NDArray[np.float64]

# A group computed as a sum of floats may differ from its total by rounding alone; people differ by whole
# persons.
_ROUNDING = 1e-9

# A group of less than this part of everybody is no more than rounding: nothing is left of its digits.
_LOST = 1e-12

# Between these neither products of counts vanish nor sums of them overflow.
_SMALLEST, _LARGEST = 1e-75, 1e75

# From so many persons on, a group of a few whole persons may be lost in rounding, too.
_MANY = 1e12

# A sum of counts that are whole but for float noise; a sum of weights is further away. From 2⁵³ on floats do not
# tell single persons apart.
_WHOLE, _MOST_PERSONS = 1e-6, 2.0**53


# What a short look takes for granted: at least a person somewhere and at most 10⁵ in an area.
_PLAIN = (np.float64, np.int64)
_PLAIN_LEAST, _PLAIN_MOST = 1.0, 1e5


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class GroupTable:
    """Counts that were checked: `counts` has shape (n_groups, n_areas), finite and never negative [persons].

    `area_id` names the columns of `counts`, `group` its rows. A table of two groups is the group and the rest.
    """

    area_id: pd.Index
    group: tuple[str, ...]
    counts: Floats

    def __repr__(self) -> str:
        return (
            f"GroupTable({len(self.group)} groups, {len(self.area_id)} areas, {self.counts.sum():g} persons)"
        )


def two_groups(group: pd.Series | Floats, total: pd.Series | Floats) -> GroupTable:
    """Check one group and all residents, and return the group and the rest.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. The same areas in any order; fractions are allowed. [persons]

    Returns
    -------
    GroupTable
        With the rows "group" and "rest", in the order of `total`. A rest of at most one part in 10⁹ of the
        total is taken for rounding and set to 0.

    Raises
    ------
    AlignmentError
        If the two do not have the same areas, or one names an area twice.
    CountsError
        If a count is no number, missing, infinite or negative, or the group is larger than the total.
    ParameterError
        If there are no areas.

    Examples
    --------
    >>> two_groups(pd.Series([10, 30]), pd.Series([100, 100])).counts.tolist()
    [[10.0, 30.0], [90.0, 70.0]]
    """
    residents = total if isinstance(total, pd.Series) else pd.Series(unmasked(total, "total", 1))
    members = group if isinstance(group, pd.Series) else pd.Series(unmasked(group, "group", 1))
    require_unique(residents.index, "total")
    if not len(residents):
        raise ParameterError("total", "no areas", "at least one area")
    if not members.index.is_(residents.index):
        members = align(members, residents.index, "group")
    counts = np.empty((2, len(residents)))
    part, whole = numbers_of(members, "group"), numbers_of(residents, "total")
    counts[0], counts[1] = part, whole
    most = counts[1].max()
    with np.errstate(invalid="ignore"):
        counts[1] -= counts[0]
    # One look at a maximum and two minima is enough when all is well; what is wrong is searched for only then.
    if not (most <= _LARGEST and counts[0].min() >= 0 and counts[1].min() >= 0):
        _explain(counts[0], np.asarray(whole, dtype=float), residents.index)
        np.maximum(counts[1], 0.0, out=counts[1])
    if "f" in part.dtype.kind + whole.dtype.kind:
        few = counts[1] <= most * _ROUNDING
        if np.count_nonzero(few) > np.count_nonzero(counts[1] == 0):
            counts[1][few & (counts[1] <= whole * _ROUNDING)] = 0.0
        is_narrow = most < _SMALLEST or counts.max(axis=1).min() <= most * len(residents) * _LOST
    else:
        is_narrow = most * len(residents) > _MANY
    if is_narrow:
        _require_range(counts, ("group", "rest"), residents.index)
    return GroupTable(area_id=residents.index, group=("group", "rest"), counts=counts)


def plain_pair(group: pd.Series | Floats, total: pd.Series | Floats) -> tuple[Floats, Floats] | None:
    """Return a group and the rest at a short look, when nothing about them is unusual.

    For measures that are done sooner than a table is made. All the rules are those of `two_groups`: what is not
    plainly in order is left to it.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. [persons]

    Returns
    -------
    tuple of array of float, each shape (n_areas,), or None
        The group, which may be the input's own memory, and the rest, which is new. None unless both are Series of
        64-bit floats or whole numbers on the very same index, with everything in order and nothing to be rounded.

    Examples
    --------
    >>> area_id = pd.Index(["00", "01"])
    >>> plain_pair(pd.Series([1.0, 3.0], index=area_id), pd.Series([4.0, 3.0], index=area_id))
    (array([1., 3.]), array([3., 0.]))
    >>> plain_pair(pd.Series([5.0, 3.0], index=area_id), pd.Series([4.0, 3.0], index=area_id)) is None
    True
    """
    if not (isinstance(group, pd.Series) and isinstance(total, pd.Series) and group.index.is_(total.index)):
        return None
    if not (group.dtype in _PLAIN and total.dtype in _PLAIN and len(group) and group.index.is_unique):
        return None
    if lacks_ids(group.index):
        return None
    part = group.to_numpy(dtype=np.float64)
    with np.errstate(invalid="ignore"):
        rest = total.to_numpy(dtype=np.float64) - part
    most = rest.max()
    # A group and a rest in the middle of the range cannot be lost beside each other; NaN is never above anything.
    if not (_PLAIN_LEAST < most <= _PLAIN_MOST and _PLAIN_LEAST < part.max() <= _PLAIN_MOST):
        return None
    if part.min() < 0 or rest.min() < 0:
        return None
    is_rounding = np.count_nonzero(rest <= 2 * _PLAIN_MOST * _ROUNDING) > np.count_nonzero(rest == 0)
    return None if is_rounding else (part, rest)


def many_groups(counts: pd.DataFrame | Floats, *, least: int = 2) -> GroupTable:
    """Check a table of groups that do not overlap.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; fractions are allowed. [persons]
    least : int, default 2
        Least number of groups.

    Returns
    -------
    GroupTable
        The groups in the order of the columns, the areas in the order of the rows.

    Raises
    ------
    AlignmentError
        If an area is named twice.
    ParameterError
        If there are fewer groups than `least`, no areas, or a group is named twice.
    CountsError
        If a count is missing, infinite or negative.

    Examples
    --------
    >>> many_groups(pd.DataFrame({"young": [1, 2], "old": [3, 0]})).counts.tolist()
    [[1.0, 2.0], [3.0, 0.0]]
    """
    frame = counts if isinstance(counts, pd.DataFrame) else pd.DataFrame(unmasked(counts, "counts", 2))
    names = tuple(str(name) for name in frame.columns)
    if len(set(names)) != len(names) or len(names) < least:
        raise ParameterError("counts", names, f"a table with at least {least} columns, one per group")
    require_unique(frame.index, "counts")
    if not len(frame):
        raise ParameterError("counts", "no areas", "at least one area")
    values = np.ascontiguousarray(table_of_numbers(frame).to_numpy(dtype=float).T)
    if values.size and not (values.max() <= _LARGEST and values.min() >= 0):
        _explain(values, values, frame.index, "counts")
    _require_range(values, names, frame.index)
    return GroupTable(area_id=frame.index, group=names, counts=values)


def group_labels(counts: pd.DataFrame | Floats) -> pd.Index:
    """Return the names of the groups as the caller has them, for results by group.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups)
        One column per group. [persons]

    Returns
    -------
    Index, shape (n_groups,)
        The columns, or 0, 1, … for an array.

    Examples
    --------
    >>> group_labels(np.array([[1, 2, 3]])).tolist()
    [0, 1, 2]
    """
    return counts.columns if isinstance(counts, pd.DataFrame) else pd.RangeIndex(np.shape(counts)[1])


def numbers_of(values: pd.Series, what: str) -> NDArray[Any]:
    """Return counts as numbers; what is no number is refused, never guessed.

    Parameters
    ----------
    values : Series
        Numbers of any kind, truth values, or objects that are numbers.
    what : str
        Name of the input, for the message.

    Returns
    -------
    array of a numeric dtype
        NaN for a missing value; the input's own memory where that can be.

    Raises
    ------
    CountsError
        If a value is text, a date, a complex number or anything else but a number.

    Examples
    --------
    >>> numbers_of(pd.Series([1, None], dtype="Int64"), "group").tolist()
    [1.0, nan]
    """
    kind = values.dtype
    if isinstance(kind, np.dtype) and kind.kind in "iuf" and kind.isnative and kind.itemsize == 8:
        return values.to_numpy()
    plain = pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_complex_dtype(kind)
    if not plain:
        objects = values.astype(object)
        odd = np.array(
            [not (isinstance(value, Real | Decimal) or _is_gap(value)) for value in objects], dtype=bool
        )
        if odd.any():
            raise CountsError(
                f"{what} is not a number", values.index[odd], "give numbers, and NaN where a count is missing"
            )
        values = objects
    return values.to_numpy(dtype=float, na_value=np.nan)


def table_of_numbers(counts: pd.DataFrame) -> pd.DataFrame:
    """Return a table with numbers in every column; one that has them already is returned as it is.

    Parameters
    ----------
    counts : DataFrame
        One column per group. [persons]

    Returns
    -------
    DataFrame
        On the same index and columns, NaN for missing counts.

    Raises
    ------
    CountsError
        As `numbers_of`, with the name of the column.

    Examples
    --------
    >>> table_of_numbers(pd.DataFrame({"a": [True, False]}))["a"].tolist()
    [1.0, 0.0]
    """
    if all(kind in (np.float64, np.int64) for kind in counts.dtypes):
        return counts
    columns = [
        pd.Series(numbers_of(counts.iloc[:, place], f"column {name!r}"), index=counts.index)
        for place, name in enumerate(counts.columns)
    ]
    return pd.concat(columns, axis=1).set_axis(counts.columns, axis=1)


def are_whole(numbers: Floats) -> NDArray[np.bool_]:
    """Say which counts are whole persons but for float noise, fewer than 2⁵³: one rule for all that deals out persons.

    Examples
    --------
    >>> are_whole(np.array([2.9999999, 0.1 + 0.2, 3.0])).tolist()
    [True, False, True]
    """
    # Where everything is less than a person nothing is float noise.
    noise = _WHOLE * min(1.0, float(np.max(numbers, initial=0.0)))
    return np.asarray((np.abs(numbers - np.rint(numbers)) <= noise) & (numbers < _MOST_PERSONS))


def unmasked(values: object, what: str, *dimensions: int) -> NDArray[Any]:
    """Return an array; masked values are missing, not what lies under the mask.

    Raises
    ------
    ParameterError
        If it is no array of so many dimensions: text, one number, lists of unequal length.

    Examples
    --------
    >>> unmasked(np.ma.array([1, 5], mask=[True, False]), "group", 1).tolist()
    [nan, 5.0]
    """
    try:
        if isinstance(values, np.ma.MaskedArray):
            values = np.ma.filled(values.astype(float), np.nan)
        found = np.asarray(values)
    except (TypeError, ValueError):
        found = np.empty(())
    if found.ndim not in dimensions:
        kinds = {
            1: "a Series, or an array of shape (n_areas,)",
            2: "a DataFrame, or an array of shape (n_areas, n_groups)",
        }
        raise ParameterError(what, values, " or ".join(kinds[number] for number in dimensions))
    return found


def by_area(values: pd.Series | Floats, area_id: pd.Index, what: str) -> pd.Series:
    """Return numbers of the areas as a Series on the index of the counts: by name, or an array in their order.

    Raises
    ------
    AlignmentError
        If a Series has other areas.
    ParameterError
        If an array has another length, or it is no array at all.

    Examples
    --------
    >>> by_area([5, 7], pd.Index(["00", "01"]), "total").to_dict()
    {'00': 5, '01': 7}
    """
    if isinstance(values, pd.Series):
        aligned = align(values, area_id, what)
        # The very same index is recognised at once, an equal one has to be read.
        return aligned if aligned.index.is_(area_id) else aligned.set_axis(area_id)
    numbers = unmasked(values, what, 1)
    if len(numbers) != len(area_id):
        raise ParameterError(what, numbers.shape, f"one number for each of {len(area_id)} areas")
    return pd.Series(numbers, index=area_id)


def require_column(name: str, value: object, labels: pd.Index) -> int:
    """Return the position of a column that an option names.

    Raises
    ------
    ParameterError
        If there is no such column, or several.

    Examples
    --------
    >>> require_column("group", "old", pd.Index(["young", "old"]))
    1
    """
    try:
        place = labels.get_loc(value)
    except (KeyError, TypeError, ValueError, pd.errors.InvalidIndexError):
        place = None
    if not isinstance(place, int):
        raise ParameterError(name, value, f"a column of counts: {', '.join(map(str, labels))}")
    return place


def _is_gap(value: object) -> bool:
    return value is None or value is pd.NA or value is pd.NaT


def _explain(part: Floats, whole: Floats, area_id: pd.Index, what: str = "group or total") -> None:
    """Raise for counts that cannot be; return when a group is above its total by rounding alone."""
    for reason, wrong in (
        ("missing or infinite", ~(np.isfinite(part) & np.isfinite(whole))),
        ("negative", (part < 0) | (whole < 0)),
        ("above 10⁷⁵", (part > _LARGEST) | (whole > _LARGEST)),
    ):
        areas: NDArray[np.bool_] = np.asarray(np.atleast_2d(wrong).any(axis=0))
        if areas.any():
            raise CountsError(f"{what} {reason}", area_id[areas])
    above: NDArray[np.bool_] = np.asarray(part > whole * (1 + _ROUNDING))
    if above.any():
        raise CountsError("group above total", area_id[above])


def _require_range(counts: Floats, names: Sequence[str], area_id: pd.Index) -> None:
    """Refuse counts that are lost in rounding: all next to nothing, or a group next to the others.

    Next to others that are 10¹² times as many nothing is left of the digits of a group: floats would give any
    value, which looks like one.
    """
    members = counts.sum(axis=1)
    everybody = members.sum()
    if 0 < everybody < _SMALLEST:
        raise CountsError("counts next to nothing, below 10⁻⁷⁵", area_id, "give them in a larger unit")
    lost = (members > 0) & (members < everybody * _LOST)
    if lost.any():
        group = int(np.argmax(lost))
        raise CountsError(
            f"{names[group]} is less than one part in 10¹² of everybody, no more than rounding,",
            area_id[counts[group] > 0],
            "set it to 0, or look at the others without it",
        )
