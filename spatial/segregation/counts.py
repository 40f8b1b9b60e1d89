"""Are these counts of groups that a segregation measure can work on? Checked once, at the door of every measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.alignment import align, require_unique
from spatial.errors import CountsError, ParameterError

__all__ = ["Floats", "GroupTable", "many_groups", "two_groups"]

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
        If a count is missing, infinite or negative, or the group is larger than the total.
    ParameterError
        If there are no areas.

    Examples
    --------
    >>> two_groups(pd.Series([10, 30]), pd.Series([100, 100])).counts.tolist()
    [[10.0, 30.0], [90.0, 70.0]]
    """
    residents = total if isinstance(total, pd.Series) else pd.Series(np.asarray(total))
    members = group if isinstance(group, pd.Series) else pd.Series(np.asarray(group))
    require_unique(residents.index, "total")
    if not len(residents):
        raise ParameterError("total", "no areas", "at least one area")
    if members.index is not residents.index:
        members = align(members, residents.index, "group")
    counts = np.empty((2, len(residents)))
    part, whole = _numbers(members), _numbers(residents)
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
    frame = counts if isinstance(counts, pd.DataFrame) else pd.DataFrame(np.asarray(counts))
    names = tuple(str(name) for name in frame.columns)
    if len(set(names)) != len(names) or len(names) < least:
        raise ParameterError("counts", names, f"a table with at least {least} columns, one per group")
    require_unique(frame.index, "counts")
    if not len(frame):
        raise ParameterError("counts", "no areas", "at least one area")
    values = np.ascontiguousarray(frame.to_numpy(dtype=float, na_value=np.nan).T)
    unusable = np.asarray((~np.isfinite(values)).any(axis=0))
    if unusable.any():
        raise CountsError("counts missing or infinite", frame.index[unusable])
    negative = np.asarray((values < 0).any(axis=0))
    if negative.any():
        raise CountsError("counts negative", frame.index[negative])
    return GroupTable(area_id=frame.index, group=names, counts=values)


def _numbers(values: pd.Series) -> NDArray[Any]:
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "biuf":
        return values.to_numpy()
    return values.to_numpy(dtype=float, na_value=np.nan)


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
