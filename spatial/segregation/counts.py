"""Are these counts of groups that a segregation measure can work on? Checked once, at the door of every measure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.alignment import align, require_unique
from spatial.errors import CountsError, ParameterError

__all__ = [
    "Floats",
    "GroupTable",
    "group_labels",
    "many_groups",
    "numbers_of",
    "table_of_numbers",
    "two_groups",
    "unmasked",
]

Floats: TypeAlias = NDArray[np.float64]

# A group computed as a sum of floats may differ from its total by rounding alone; people differ by whole
# persons.
_ROUNDING = 1e-9


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
    residents = total if isinstance(total, pd.Series) else pd.Series(unmasked(total))
    members = group if isinstance(group, pd.Series) else pd.Series(unmasked(group))
    require_unique(residents.index, "total")
    if not len(residents):
        raise ParameterError("total", "no areas", "at least one area")
    if members.index is not residents.index:
        members = align(members, residents.index, "group")
    counts = np.empty((2, len(residents)))
    part, whole = numbers_of(members, "group"), numbers_of(residents, "total")
    counts[0], counts[1] = part, whole
    most = counts[1].max()
    with np.errstate(invalid="ignore"):
        counts[1] -= counts[0]
    # One look at a maximum and two minima is enough when all is well; what is wrong is searched for only then.
    if not (most < np.inf and counts[0].min() >= 0 and counts[1].min() >= 0):
        _explain(counts[0], np.asarray(whole, dtype=float), residents.index)
        np.maximum(counts[1], 0.0, out=counts[1])
    if "f" in part.dtype.kind + whole.dtype.kind:
        few = counts[1] <= most * _ROUNDING
        if np.count_nonzero(few) > np.count_nonzero(counts[1] == 0):
            counts[1][few & (counts[1] <= whole * _ROUNDING)] = 0.0
    return GroupTable(area_id=residents.index, group=("group", "rest"), counts=counts)


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
    frame = counts if isinstance(counts, pd.DataFrame) else pd.DataFrame(unmasked(counts))
    names = tuple(str(name) for name in frame.columns)
    if len(set(names)) != len(names) or len(names) < least:
        raise ParameterError("counts", names, f"a table with at least {least} columns, one per group")
    require_unique(frame.index, "counts")
    if not len(frame):
        raise ParameterError("counts", "no areas", "at least one area")
    values = np.ascontiguousarray(table_of_numbers(frame).to_numpy(dtype=float).T)
    unusable = np.asarray((~np.isfinite(values)).any(axis=0))
    if unusable.any():
        raise CountsError("counts missing or infinite", frame.index[unusable])
    negative = np.asarray((values < 0).any(axis=0))
    if negative.any():
        raise CountsError("counts negative", frame.index[negative])
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


def unmasked(values: object) -> NDArray[Any]:
    """Return an array; masked values are missing, not what lies under the mask.

    Examples
    --------
    >>> unmasked(np.ma.array([1, 5], mask=[True, False])).tolist()
    [nan, 5.0]
    """
    if isinstance(values, np.ma.MaskedArray):
        return np.asarray(np.ma.filled(values.astype(float), np.nan))
    return np.asarray(values)


def _is_gap(value: object) -> bool:
    return value is None or value is pd.NA or value is pd.NaT


def _explain(part: Floats, whole: Floats, area_id: pd.Index) -> None:
    """Raise for counts that cannot be; return when a group is above its total by rounding alone."""
    unusable = np.asarray(~np.isfinite(part) | ~np.isfinite(whole))
    if unusable.any():
        raise CountsError("group or total missing or infinite", area_id[unusable])
    negative = np.asarray((part < 0) | (whole < 0))
    if negative.any():
        raise CountsError("group or total negative", area_id[negative])
    above: NDArray[np.bool_] = np.asarray(part > whole * (1 + _ROUNDING))
    if above.any():
        raise CountsError("group above total", area_id[above])
