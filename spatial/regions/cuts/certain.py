"""Whose side of a minimum cut is certain from its own gain, cost and links? Most nodes', so few are left to cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Open", "open_nodes"]

# A round that settles less than this share of the nodes is the last.
_WORTHWHILE = 0.01

# Amounts are added up as floats: what is certain only up to their rounding stays open.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Open:
    """Nodes whose side is open, with what they gain, pay and are linked with among each other.

    `is_in` says, for all nodes, who is certainly on the source side, `value` what the settled nodes lose, pay and cut.
    """

    node: NDArray[np.int64]
    gain: NDArray[np.int64]
    cost: NDArray[np.int64]
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    link: NDArray[np.int64]
    is_in: NDArray[np.bool_]
    value: int

    def __repr__(self) -> str:
        return f"Open({len(self.node)} of {len(self.is_in)} nodes, {len(self.link)} links)"


def open_nodes(
    gain: NDArray[np.int64],
    cost: NDArray[np.int64],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    link: NDArray[np.int64],
) -> Open:
    """Settle nodes whose own gain or cost outweighs all their links, again and again.

    Parameters
    ----------
    gain, cost, first, second, link
        As in `minimum_cut`; no cost and no link above the sum of the gains and one.

    Returns
    -------
    Open
        What is left to cut. The smallest source side among the open nodes, with those that are certainly in, is the
        smallest of all.

    Examples
    --------
    >>> left = open_nodes(np.array([9, 0, 0]), np.array([0, 2, 5]), np.array([0, 1]), np.array([1, 2]), np.array([3, 3]))
    >>> left.node.tolist(), left.is_in.tolist(), left.value
    ([], [True, False, False], 3)
    """
    n_nodes = len(gain)
    node = np.arange(n_nodes)
    is_in = np.zeros(n_nodes, dtype=bool)
    gain, cost, value = gain.copy(), cost.copy(), 0
    infinite = int(gain.sum()) + 1
    while len(node):
        pull = np.zeros(len(node))
        for ends in (first, second):
            pull += np.bincount(ends, link, len(node))
        pull *= 1 + _ROUNDING
        net = cost - gain
        out, into = net >= pull, -net > pull
        settled = out | into
        if settled.sum() <= _WORTHWHILE * len(node):
            break
        is_in[node[into]] = True
        value += int(cost[into].sum()) + int(gain[out].sum())
        for one, other in ((first, second), (second, first)):
            # Who is linked with somebody inside gains the link, with somebody outside pays it.
            edge = np.flatnonzero(settled[other] & ~settled[one])
            inner = into[other[edge]]
            np.add.at(gain, one[edge[inner]], link[edge[inner]])
            # Above all gains together every cost is the same, and further ones could overflow.
            paid = np.bincount(one[edge[~inner]], link[edge[~inner]], len(node))
            is_infinite = cost + paid > 2.0 * infinite
            np.add.at(cost, one[edge[~inner]], link[edge[~inner]])
            cost[is_infinite] = infinite
        apart = (into[first] & out[second]) | (out[first] & into[second])
        value += int(link[apart].sum())
        place = np.cumsum(~settled) - 1
        kept = np.flatnonzero(~(settled[first] | settled[second]))
        node, gain, cost = node[~settled], gain[~settled], cost[~settled]
        first, second, link = place[first[kept]], place[second[kept]], link[kept]
    return Open(
        node=node, gain=gain, cost=cost, first=first, second=second, link=link, is_in=is_in, value=value
    )
