"""What follows from one relation after the other? Quick bounds before any linear programme is asked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from indicators.confidentiality.attack import TINY, ceiling_of
from indicators.confidentiality.problem import Problem

__all__ = ["propagate"]

_SWEEPS = 40


def propagate(problem: Problem, hidden: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Narrow the interval of every value by carrying bounds from relation to relation.

    Parameters
    ----------
    problem : Problem
        Values and relations.
    hidden : ndarray of bool
        What is withheld.

    Returns
    -------
    low, high : ndarray of float
        Every value that fits what is published lies between them, and perhaps in a narrower interval: what only
        shows when relations are solved together is left to linear programmes. Whole numbers are used as such.

    Notes
    -----
    Known as shuttle algorithm (Dandekar and Cohen 2002; Buzzigoli and Giusti 1999). Exact where relations form a tree.

    Examples
    --------
    >>> import pandas as pd
    >>> from indicators.confidentiality.profiles import RECOMMENDED
    >>> from indicators.confidentiality.protection import pose_problem
    >>> from indicators.confidentiality.tables import area_sums
    >>> table = pd.DataFrame({"area_id": ["1", "10", "11"], "period": "2023", "indicator_id": "unemployed",
    ...                       "value": [9, 2, 7]})
    >>> problem = pose_problem(table, area_sums(table, {"10": "1", "11": "1"}), RECOMMENDED)[1]
    >>> propagate(problem, np.array([False, True, True]))
    (array([9., 1., 1.]), array([9., 8., 8.]))
    """
    ceiling = ceiling_of(problem)
    low = problem.value - np.minimum(problem.fall(hidden), ceiling)
    high = problem.value + np.minimum(problem.rise(hidden), ceiling)
    matrix = problem.matrix
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    column, factor = matrix.indices, matrix.data
    total = matrix @ problem.value
    whole = problem.is_whole
    for _ in range(_SWEEPS):
        before = float((high - low).sum())
        ends = np.sort(np.stack([factor * low[column], factor * high[column]]), axis=0)
        least = np.bincount(row, ends[0], minlength=matrix.shape[0])
        most = np.bincount(row, ends[1], minlength=matrix.shape[0])
        # What the others leave for each member.
        from_above = (total - least)[row] + ends[0]
        from_below = (total - most)[row] + ends[1]
        bound = np.sort(np.stack([from_below / factor, from_above / factor]), axis=0)
        np.maximum.at(low, column, bound[0])
        np.minimum.at(high, column, bound[1])
        low[whole], high[whole] = np.ceil(low[whole] - TINY), np.floor(high[whole] + TINY)
        if float((high - low).sum()) >= before - TINY:
            break
    return np.minimum(low, problem.value), np.maximum(high, problem.value)
