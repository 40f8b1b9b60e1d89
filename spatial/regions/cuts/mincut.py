"""Which choice of areas costs least? An exact minimum cut on whole-number capacities of any size.

scipy's maximum flow is fast but counts in 32 bits. Here the 62-bit capacities are handed to it in rounds,
from the leading digits to the last: each round solves what the coarser one could not see, until nothing is
left to carry.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow, reverse_cuthill_mckee

from spatial.regions.cuts.certain import Open, open_nodes

__all__ = ["LARGEST_TOTAL", "Cut", "minimum_cut", "neighbours_close"]

# scipy adds the flow of the opposite edge to a capacity in 32 bits, so half of the range is used.
_ROUND_LIMIT = 2**30 - 1

# Sum of all source capacities: leaves one bit of 64 for the residual of a two-way edge, one for the sign.
LARGEST_TOTAL = 2**60


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Cut:
    """A minimum cut: the smallest source side there is, and its value in the units of the capacities."""

    source_side: NDArray[np.bool_]
    value: int
    rounds: int


def minimum_cut(
    gain: NDArray[np.int64],
    cost: NDArray[np.int64],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    link: NDArray[np.int64],
    *,
    is_ordered: bool = False,
) -> Cut:
    """Split nodes into two sides so that lost gains, paid costs and cut links are least.

    Parameters
    ----------
    gain, cost : array of int, shape (n_nodes,)
        What a node loses on the far side, and what it pays on the source side; not negative. The sum of the
        gains is at most `LARGEST_TOTAL`.
    first, second : array of int, shape (n_links,)
        Linked nodes.
    link : array of int, shape (n_links,)
        Price of separating them; not negative. Anything above the sum of the gains works like infinity.
    is_ordered : bool, default False
        Whether neighbours have close numbers already; otherwise an order is looked for, which takes time.

    Returns
    -------
    Cut
        The intersection of all minimum cuts' source sides, so ties leave a node out.

    Notes
    -----
    Round k solves the residual network in units u_k. The cut it finds bounds what is still missing by the
    residual capacity V across it; the next unit is V / 2^30. A round gains at least ten decimal digits less
    those of the number of cut edges, so three rounds are usual.

    Examples
    --------
    >>> both = minimum_cut(np.array([5, 0]), np.array([0, 2]), np.array([0]), np.array([1]), np.array([3]))
    >>> both.source_side.tolist(), both.value
    ([True, True], 2)
    """
    total = int(gain.sum())
    if total == 0:
        return Cut(source_side=np.zeros(len(gain), dtype=bool), value=0, rounds=0)
    # What costs more than all gains together is as good as infinite.
    left = open_nodes(gain, np.minimum(cost, total + 1), first, second, np.minimum(link, total + 1))
    source_side = left.is_in.copy()
    inside, value, rounds = _cut(left, is_ordered=is_ordered)
    source_side[left.node[inside]] = True
    return Cut(source_side=source_side, value=left.value + value, rounds=rounds)


def _cut(left: Open, *, is_ordered: bool) -> tuple[NDArray[np.bool_], int, int]:
    """Return the source side of the nodes that are left, the value of the cut among them, and the rounds it took."""
    # What a node gains on one side and pays on the other is lost anyway.
    lost = np.minimum(left.gain, left.cost)
    gain, cost, value = left.gain - lost, left.cost - lost, int(lost.sum())
    n_nodes, total = len(left.node), int(gain.sum())
    if total == 0:
        return np.zeros(n_nodes, dtype=bool), value, 0
    order = np.arange(n_nodes) if is_ordered else neighbours_close(n_nodes, left.first, left.second)
    place = np.empty_like(order)
    place[order] = np.arange(n_nodes)
    residual = _network(
        gain[order],
        np.minimum(cost, total + 1)[order],
        place[left.first],
        place[left.second],
        np.minimum(left.link, total + 1),
    )
    source, sink = n_nodes, n_nodes + 1
    side = np.zeros(n_nodes + 2, dtype=bool)
    side[source] = True
    rounds, missing = 0, total
    while missing > 0:
        unit = -(-missing // _ROUND_LIMIT)
        rounded = residual.copy()
        rounded.data = (np.minimum(residual.data, missing) // unit).astype(np.int32)
        solved = maximum_flow(rounded, source, sink)
        value += int(solved.flow_value) * unit
        flow = solved.flow.astype(np.int64)
        flow.data *= unit
        residual = csr_array(residual - flow)
        side = _reached(residual, source, unit)
        missing = _across(residual, side)
        rounds += 1
    return side[place], value, rounds


def neighbours_close(n_nodes: int, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return an order of the nodes with neighbours close in memory: thrice as fast at 500,000 nodes.

    Parameters
    ----------
    n_nodes : int
        Number of nodes.
    first, second : array of int, shape (n_links,)
        Linked nodes.

    Returns
    -------
    array of int, shape (n_nodes,)
        The nodes, each once.

    Examples
    --------
    >>> sorted(neighbours_close(3, np.array([0, 1]), np.array([2, 2])).tolist())
    [0, 1, 2]
    """
    if not n_nodes:
        return np.empty(0, dtype=np.int64)
    pairs = (np.concatenate([first, second]), np.concatenate([second, first]))
    ones = np.ones(2 * len(first), dtype=np.int8)
    graph = coo_array((ones, pairs), shape=(n_nodes, n_nodes)).tocsr()
    return np.asarray(reverse_cuthill_mckee(graph, symmetric_mode=True), dtype=np.int64)


def _network(
    gain: NDArray[np.int64],
    cost: NDArray[np.int64],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    link: NDArray[np.int64],
) -> csr_array:
    """Capacities as a matrix: nodes, then the source, then the sink."""
    n_nodes = len(gain)
    nodes = np.arange(n_nodes, dtype=np.int64)
    gains, costs, links = gain > 0, cost > 0, link > 0
    rows = [np.full(int(gains.sum()), n_nodes), nodes[costs], first[links], second[links]]
    columns = [nodes[gains], np.full(int(costs.sum()), n_nodes + 1), second[links], first[links]]
    data = np.concatenate([gain[gains], cost[costs], link[links], link[links]]).astype(np.int64)
    position = (np.concatenate(rows).astype(np.int32), np.concatenate(columns).astype(np.int32))
    return csr_array(coo_array((data, position), shape=(n_nodes + 2, n_nodes + 2)))


def _reached(residual: csr_array, source: int, unit: int) -> NDArray[np.bool_]:
    """Nodes that the source still reaches over capacities of at least one unit."""
    open_ = residual.copy()
    open_.data = (open_.data >= unit).astype(np.int8)
    open_.eliminate_zeros()
    side = np.zeros(residual.shape[0], dtype=bool)
    side[breadth_first_order(open_, source, directed=True, return_predecessors=False)] = True
    return side


def _across(residual: csr_array, side: NDArray[np.bool_]) -> int:
    """Residual capacity from the source side to the other."""
    rows = np.repeat(side, np.diff(residual.indptr))
    return int(residual.data[rows & ~side[residual.indices]].sum())
