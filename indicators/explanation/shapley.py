"""Which of several causes made a difference, when they act together? Shares that do not depend on their order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import factorial

import numpy as np
from numpy.typing import NDArray

__all__ = ["coalitions", "shapley"]

Floats = NDArray[np.float64]


def coalitions(causes: Sequence[str]) -> list[frozenset[str]]:
    """Return all sets of causes, from none to all.

    Parameters
    ----------
    causes : sequence of str
        Names.

    Returns
    -------
    list of frozenset
        2 to the power of their number.

    Examples
    --------
    >>> [sorted(one) for one in coalitions(["data", "method"])]
    [[], ['data'], ['method'], ['data', 'method']]
    """
    return [frozenset(one) for size in range(len(causes) + 1) for one in combinations(causes, size)]


def shapley(outcomes: Mapping[frozenset[str], Floats], causes: Sequence[str]) -> dict[str, Floats]:
    r"""Divide the difference that all causes make together among them.

    .. math:: \varphi_p = \sum_{S \not\ni p} \frac{|S|!\,(n - |S| - 1)!}{n!} \bigl(v(S \cup p) - v(S)\bigr)

    the mean, over all orders in which the causes can come in, of the difference each makes when it does.

    Parameters
    ----------
    outcomes : mapping of set of causes to array of float
        What comes out when these causes have acted and the others have not; all sets, arrays of one shape.
    causes : sequence of str
        Names.

    Returns
    -------
    dict of array
        Share of each cause; together outcomes(all) − outcomes(none).

    References
    ----------
    .. [1] L. S. Shapley (1953), A value for n-person games, Contributions to the Theory of Games II:307–317.

    Examples
    --------
    >>> worlds = {frozenset(): np.array([0.0]), frozenset("a"): np.array([3.0]), frozenset("b"): np.array([1.0]),
    ...           frozenset("ab"): np.array([6.0])}
    >>> {name: share.tolist() for name, share in shapley(worlds, ["a", "b"]).items()}
    {'a': [4.0], 'b': [2.0]}
    """
    count = len(causes)
    shares = {}
    for cause in causes:
        total = np.zeros_like(outcomes[frozenset()], dtype=float)
        for before in coalitions([one for one in causes if one != cause]):
            weight = factorial(len(before)) * factorial(count - len(before) - 1) / factorial(count)
            total = total + weight * (outcomes[before | {cause}] - outcomes[before])
        shares[cause] = total
    return shares
