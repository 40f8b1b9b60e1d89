"""What could each indicator be if everything else were known? On trees of areas that is answered without a programme.

Who knows more can conclude more: what remains possible for him remains possible for everybody. So the answer proves
many values safe at once, and leaves to linear programmes only what must move together with other indicators.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from indicators.confidentiality.problem import Problem
from indicators.confidentiality.solver import linked

__all__ = ["Alone"]

_TINY = 1e-6


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Trees:
    """Values of one indicator with the remainders beside them: `row`, `column` and `factor` of every member."""

    columns: NDArray[np.int64]
    n_rows: int
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    factor: NDArray[np.float64]


class Alone:
    """The trees that the withheld values of every single indicator form with their relations.

    Parameters
    ----------
    problem : Problem
        Values and relations.
    loose : ndarray of int
        Columns that are not known.

    Examples
    --------
    >>> import pandas as pd
    >>> from indicators.confidentiality.profiles import RECOMMENDED
    >>> from indicators.confidentiality.protection import pose_problem
    >>> from indicators.confidentiality.tables import area_sums
    >>> table = pd.DataFrame({"area_id": ["1", "10", "11"], "period": "2023", "indicator_id": "unemployed",
    ...                       "value": [9, 2, 7]})
    >>> problem = pose_problem(table, area_sums(table, {"10": "1", "11": "1"}), RECOMMENDED)[1]
    >>> Alone(problem, np.array([1, 2])).reach(np.array([0.0, 1.0, 6.0]), np.array([0.0, 9.0, 9.0]))[1]
    array([0., 6., 1.])
    """

    def __init__(self, problem: Problem, loose: NDArray[np.int64]) -> None:
        self._size = len(problem)
        self._trees: list[_Trees] = []
        cells = loose[loose < problem.n_cells]
        rests = np.zeros(len(problem), dtype=bool)
        rests[loose[loose >= problem.n_cells]] = True
        group = problem.group[cells]
        for number in np.unique(group):
            found = _trees_of(problem.matrix, cells[group == number], rests)
            if found is not None:
                self._trees.append(found)

    def reach(
        self, fall: NDArray[np.float64], rise: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return how far each value can move while all other indicators stay where they are.

        Parameters
        ----------
        fall, rise : ndarray of float, shape (n_columns,)
            How far each could move for all that is known of it alone. [same unit as the values]

        Returns
        -------
        low, high : ndarray of float, shape (n_columns,)
            Moves that are possible for sure, at most 0 and at least 0; 0 where nothing is known.

        Notes
        -----
        On a tree, bounds that are carried along until nothing changes are attained, in whole numbers.
        """
        low, high = np.zeros(self._size), np.zeros(self._size)
        for tree in self._trees:
            ends = _carried(tree, -fall[tree.columns], rise[tree.columns].copy())
            # A remainder belongs to several indicators: only the widest of what each can do is kept.
            low[tree.columns] = np.minimum(low[tree.columns], ends[0])
            high[tree.columns] = np.maximum(high[tree.columns], ends[1])
        return low, high


def _trees_of(matrix: csr_array, cells: NDArray[np.int64], rests: NDArray[np.bool_]) -> _Trees | None:
    """Return the parts of an indicator's relations that are trees with factors of 1 and -1."""
    inside = matrix[:, cells].tocsr()
    rows = np.flatnonzero(np.diff(inside.indptr))
    beside = np.unique(matrix[rows].indices)
    columns = np.concatenate([cells, beside[rests[beside]]]).astype(np.int64)
    part = matrix[rows][:, columns].tocsr()
    of_column, of_row = linked(part)
    number = int(max(of_column.max(initial=-1), of_row.max(initial=-1))) + 1
    row = np.repeat(np.arange(part.shape[0]), np.diff(part.indptr))
    nodes = np.bincount(of_column, minlength=number) + np.bincount(of_row, minlength=number)
    is_tree = np.bincount(of_row[row], minlength=number) == nodes - 1
    is_tree[of_row[row[np.abs(part.data) != 1.0]]] = False
    if not is_tree.any():
        return None
    kept = is_tree[of_row[row]]
    place = np.cumsum(is_tree[of_column]) - 1
    return _Trees(
        columns=columns[is_tree[of_column]],
        n_rows=part.shape[0],
        row=row[kept],
        column=place[part.indices[kept]].astype(np.int64),
        factor=part.data[kept],
    )


def _carried(
    tree: _Trees, low: NDArray[np.float64], high: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Carry bounds from relation to relation until nothing changes; all relations add up to 0."""
    row, column, factor = tree.row, tree.column, tree.factor
    before = np.inf
    while True:
        one, other = factor * low[column], factor * high[column]
        least, most = np.minimum(one, other), np.maximum(one, other)
        # What the others of a relation leave for each member.
        from_above = (least - np.bincount(row, least, minlength=tree.n_rows)[row]) * factor
        from_below = (most - np.bincount(row, most, minlength=tree.n_rows)[row]) * factor
        np.maximum.at(low, column, np.minimum(from_above, from_below))
        np.minimum.at(high, column, np.maximum(from_above, from_below))
        width = float((high - low).sum())
        if width >= before - _TINY:
            return low, high
        before = width
