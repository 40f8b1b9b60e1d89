"""Can a withheld value be narrowed down? Every conclusion from everything published, by linear programming."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.confidentiality.attack import TINY, Attack, ceiling_of
from indicators.confidentiality.problem import Problem
from indicators.confidentiality.propagation import propagate
from indicators.confidentiality.result import Intervals, Protected

__all__ = ["audit", "audit_problem"]

_LOOKS = 8
_ALL = 1_000_000


def audit(protected: Protected, *, exact: bool = False) -> Intervals:
    """Attack a protected table with everything that is published and related.

    Parameters
    ----------
    protected : Protected
        What would be published, and what is true.
    exact : bool
        Whether the very ends of every interval are wanted, which takes two linear programmes per withheld value at
        most; otherwise the search ends when enough is proven to remain possible, and only the ends of exposed values
        are the very ends.

    Returns
    -------
    Intervals
        One row per withheld or sensitive value.

    Notes
    -----
    First bounds are carried from relation to relation (`propagate`), then linear programmes are asked, one value of
    every independent component at a time. An answer in fractions of persons does not count as possible: there the
    ends are found by integer programmes.

    Examples
    --------
    >>> from indicators.confidentiality.protection import protect
    >>> from indicators.confidentiality.tables import area_sums
    >>> table = pd.DataFrame({"area_id": ["1", "10", "11", "12"], "period": "2023",
    ...                       "indicator_id": "unemployed", "value": [101, 1, 40, 60]})
    >>> protected = protect(table, area_sums(table, {"10": "1", "11": "1", "12": "1"}))
    >>> audit(protected, exact=True).frame[["area_id", "low", "high", "is_safe"]]
      area_id  low  high  is_safe
    0      10  1.0  40.0     True
    1      11  1.0  40.0     True
    """
    n = len(protected.cells)
    hidden = np.ones(len(protected.problem), dtype=bool)
    hidden[:n] = protected.hidden
    frame, programmes = audit_problem(protected.problem, hidden, exact=exact)
    at = frame["column"].to_numpy()
    owner = np.array([protected.problem.owner(int(column)) for column in at], dtype=np.int64)
    key = (
        protected.cells.key[owner]
        .to_frame(index=False)
        .set_axis(["area_id", "period", "indicator_id"], axis=1)
    )
    key["what"] = np.where(at < n, "value", "rest")
    return Intervals(
        frame=pd.concat([key, frame.drop(columns="column").reset_index(drop=True)], axis=1),
        programmes=programmes,
    )


def audit_problem(
    problem: Problem, hidden: NDArray[np.bool_], *, exact: bool = False
) -> tuple[pd.DataFrame, int]:
    """Attack a choice of withheld values.

    Parameters
    ----------
    problem : Problem
        Values and relations.
    hidden : ndarray of bool, shape (n_columns,)
        What is withheld.
    exact : bool
        See `audit`.

    Returns
    -------
    frame : DataFrame
        One row per withheld or sensitive column, with the columns of `Intervals` and its number.
    programmes : int
        How many linear programmes were asked.

    Examples
    --------
    >>> from indicators.confidentiality.profiles import RECOMMENDED
    >>> from indicators.confidentiality.protection import pose_problem
    >>> from indicators.confidentiality.tables import area_sums
    >>> table = pd.DataFrame({"area_id": ["1", "10", "11"], "period": "2023", "indicator_id": "unemployed",
    ...                       "value": [9, 2, 7]})
    >>> problem = pose_problem(table, area_sums(table, {"10": "1", "11": "1"}), RECOMMENDED)[1]
    >>> audit_problem(problem, problem.withheld)[0]["is_safe"].tolist()  # 9 - 7 = 2
    [False]
    """
    kept, asked = _in_question(problem, hidden)
    problem, hidden = problem.part(kept), hidden[kept]
    attack = Attack(problem, hidden, alone=not exact)
    up, down, width = attack.demands
    low, high = propagate(problem, hidden)
    rise, fall = high - problem.value, problem.value - low
    # What relations alone already narrow down too far need not be proven safe; nor what the search finds possible.
    lost = np.flatnonzero((rise < up - TINY) | (fall < down - TINY) | (rise + fall < width - TINY))
    attack.explore(_LOOKS, without=lost)
    if not exact:
        waiting = np.setdiff1d(attack.unproven(), lost)
        for answer in attack.settle(waiting, calls=_ALL):
            if not answer.is_whole:
                attack.whole_extreme(answer.column, upwards=answer.upwards)
    # Of what is exposed, the very ends are told.
    ends = asked if exact else attack.unproven()
    for answer in attack.settle(ends, calls=_ALL, every=True):
        if not answer.is_whole:
            attack.whole_extreme(answer.column, upwards=answer.upwards)
    certain = np.zeros(len(problem), dtype=bool)
    certain[ends] = True
    certain |= (np.abs(attack.high - rise) < TINY) & (np.abs(attack.low + fall) < TINY)
    exposed = np.zeros(len(problem), dtype=bool)
    exposed[attack.unproven()] = True
    limit = 0.99 * ceiling_of(problem)
    return pd.DataFrame(
        {
            "column": kept[asked],
            "low": (problem.value + attack.low)[asked],
            "high": np.where(attack.high >= limit, np.inf, problem.value + attack.high)[asked],
            "demanded_width": width[asked],
            "must_reach": problem.must_reach[asked],
            "must_fall": problem.must_fall[asked],
            "is_safe": ~exposed[asked],
            "is_exact": certain[asked],
        }
    ), attack.programmes


def _in_question(problem: Problem, hidden: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the columns that are not known, and the positions among them of those that need protection.

    Relations between published values say nothing that is not said already.
    """
    is_cell = np.arange(len(problem)) < problem.n_cells
    asked = problem.sensitive | (hidden & is_cell)
    loose = is_cell & ((problem.fall(hidden) > TINY) | (problem.rise(hidden) > TINY))
    rows = np.flatnonzero(np.diff(problem.matrix[:, np.flatnonzero(loose | asked)].tocsr().indptr))
    beside = np.zeros(len(problem), dtype=bool)
    beside[problem.matrix[rows].indices] = True
    kept = np.flatnonzero(loose | asked | (beside & ~is_cell))
    return kept, np.flatnonzero(asked[kept])
