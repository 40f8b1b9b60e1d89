"""The one place that asks HiGHS, through SciPy: linear and integer programmes, and what hangs together in a matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import block_array, coo_array, csr_array
from scipy.sparse.csgraph import connected_components

__all__ = ["Optimum", "blocks", "linked", "minimise", "minimise_whole"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Optimum:
    """A solution, its value, a bound below which no solution lies, and the prices of the equations.

    `is_proven`: the value is within the gap asked for; otherwise a limit stopped the search.
    """

    x: NDArray[np.float64]
    value: float
    bound: float
    prices: NDArray[np.float64]
    is_proven: bool


def minimise(
    cost: NDArray[np.float64],
    *,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    equal: csr_array,
    at_least: csr_array | None = None,
    at_least_to: NDArray[np.float64] | None = None,
) -> Optimum | None:
    """Solve a linear programme: minimise cost @ x with equal @ x = 0 and at_least @ x >= at_least_to.

    Parameters
    ----------
    cost, low, high : ndarray of float, shape (n,)
        Cost and bounds of each unknown.
    equal : csr_array, shape (m, n)
        Equations; may have no rows.
    at_least, at_least_to : csr_array of shape (k, n) and ndarray of shape (k,), optional
        Inequalities.

    Returns
    -------
    Optimum or None
        None when nothing fulfils the conditions.

    Examples
    --------
    >>> line = csr_array(np.array([[1.0, -1.0]]))
    >>> minimise(np.array([-1.0, 0.0]), low=np.zeros(2), high=np.array([9.0, 4.0]), equal=line).x
    array([4., 4.])
    """
    arguments: dict[str, Any] = {"bounds": np.column_stack([low, high]), "method": "highs"}
    if equal.shape[0]:
        arguments |= {"A_eq": equal, "b_eq": np.zeros(equal.shape[0])}
    if at_least is not None and at_least_to is not None:
        arguments |= {"A_ub": -at_least, "b_ub": -at_least_to}
    found: Any = linprog(cost, **arguments)
    if found.x is None:
        return None
    prices = np.asarray(found.eqlin.marginals, dtype=float) if equal.shape[0] else np.zeros(0)
    return Optimum(
        x=np.asarray(found.x, dtype=float),
        value=float(found.fun),
        bound=float(found.fun),
        prices=prices,
        is_proven=found.status == 0,
    )


def minimise_whole(
    cost: NDArray[np.float64],
    *,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    matrix: csr_array,
    least: NDArray[np.float64],
    most: NDArray[np.float64],
    is_whole: NDArray[np.bool_],
    gap: float = 0.0,
    time_limit: float = np.inf,
) -> Optimum | None:
    """Solve an integer programme: minimise cost @ x with least <= matrix @ x <= most.

    Parameters
    ----------
    cost, low, high : ndarray of float, shape (n,)
        Cost and bounds of each unknown.
    matrix, least, most : csr_array of shape (m, n) and ndarrays of shape (m,)
        Conditions; may have no rows.
    is_whole : ndarray of bool, shape (n,)
        Which unknowns are whole numbers.
    gap : float
        Relative gap at which the search may stop.
    time_limit : float
        When it has to stop. [seconds]

    Returns
    -------
    Optimum or None
        None when nothing was found.

    Examples
    --------
    >>> line = csr_array(np.array([[2.0]]))
    >>> minimise_whole(np.ones(1), low=np.zeros(1), high=np.full(1, 9.0), matrix=line, least=np.array([5.0]),
    ...                most=np.array([np.inf]), is_whole=np.array([True])).x
    array([3.])
    """
    arguments: dict[str, Any] = {
        "bounds": Bounds(low, high),
        "integrality": is_whole.astype(np.int64),
        "options": {"mip_rel_gap": gap} | ({"time_limit": time_limit} if np.isfinite(time_limit) else {}),
    }
    if matrix.shape[0]:
        arguments["constraints"] = LinearConstraint(matrix, least, most)
    found: Any = milp(cost, **arguments)
    if found.x is None:
        return None
    bound = found.mip_dual_bound if is_whole.any() else found.fun
    return Optimum(
        x=np.asarray(found.x, dtype=float),
        value=float(found.fun),
        bound=float(found.fun if bound is None else bound),
        prices=np.zeros(0),
        is_proven=found.status == 0,
    )


def linked(matrix: csr_array) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find which columns of a matrix hang together through its rows.

    Parameters
    ----------
    matrix : csr_array, shape (m, n)
        Any matrix.

    Returns
    -------
    columns, rows : ndarray of int, shapes (n,) and (m,)
        Number of the component of each.

    Examples
    --------
    >>> linked(csr_array(np.array([[1, 1, 0], [0, 0, 1]])))
    (array([0, 0, 1]), array([0, 1]))
    """
    n_rows, n_columns = matrix.shape
    entries = matrix.tocoo()
    links = coo_array(
        (np.ones(len(entries.row), dtype=np.int8), (entries.col, entries.row + n_columns)),
        shape=(n_columns + n_rows, n_columns + n_rows),
    )
    label = connected_components(links, directed=False)[1].astype(np.int64)
    return label[:n_columns], label[n_columns:]


def blocks(grid: Sequence[Sequence[csr_array | None]]) -> csr_array:
    """Put matrices together; None is a block of zeros.

    Parameters
    ----------
    grid : sequence of sequences of csr_array or None
        Rows of blocks; every row and column of the grid has a matrix.

    Returns
    -------
    csr_array
        The whole.

    Examples
    --------
    >>> one = csr_array(np.array([[1.0]]))
    >>> blocks([[one, None], [one, one]]).toarray().tolist()
    [[1.0, 0.0], [1.0, 1.0]]
    """
    return csr_array(block_array(cast("Any", grid)))
