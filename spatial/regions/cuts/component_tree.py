"""How do the connected pieces of the nested choices grow together? The tree from which regions are picked.

As the threshold falls, areas join, and pieces merge. Every connected piece that any best choice has is a node here:
a candidate for a region, with its residents and what it costs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree

from spatial.regions.cuts.objective import Objective

__all__ = ["ComponentTree", "component_tree"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ComponentTree:
    """Candidates for regions, smaller before larger; the first `n_areas` nodes are single areas.

    `parent` is the next larger piece, -1 at a root. `level` is the threshold below which a piece exists [index
    points]. `is_piece` is false for intermediate steps at one and the same level. `residents` [persons] and `cost`
    [persons × index points] are of all areas of the piece, `cost` with its border.
    """

    n_areas: int
    parent: NDArray[np.int64]
    level: NDArray[np.float64]
    is_piece: NDArray[np.bool_]
    residents: NDArray[np.float64]
    cost: NDArray[np.float64]

    def __repr__(self) -> str:
        return f"ComponentTree({int(self.is_piece.sum())} pieces of {self.n_areas} areas)"

    def members(self, nodes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return, per area, which of the nodes (0, 1, … in their order) it lies in, -1 for none."""
        label = np.full(len(self.parent), -1, dtype=np.int64)
        label[nodes] = np.arange(len(nodes))
        for node in range(len(self.parent) - 1, -1, -1):  # parents come after their children
            above = self.parent[node]
            if label[node] < 0 and above >= 0:
                label[node] = label[above]
        return label[: self.n_areas]


def component_tree(critical: NDArray[np.float64], objective: Objective, threshold: float) -> ComponentTree:
    """Build the tree of all connected pieces of nested choices.

    Parameters
    ----------
    critical : array of float, shape (n_areas,)
        Critical threshold of each area; areas of −∞ are in no piece. [index points]
    objective : Objective
        Links and costs.
    threshold : float
        Threshold at which the pieces' costs are counted. [index points]

    Returns
    -------
    ComponentTree

    Examples
    --------
    >>> row = Objective(
    ...     area_id=["a", "b", "c"], people=np.full(3, 100.0), weight=np.full(3, 100.0),
    ...     strength=np.array([1.5, 0.9, 1.5]), first=np.array([0, 1]), second=np.array([1, 2]),
    ...     price=np.full(2, 10.0), held_in=np.zeros(3, bool), held_out=np.zeros(3, bool))
    >>> tree = component_tree(np.array([1.4, 1.1, 1.4]), row, 1.0)
    >>> tree.residents[tree.is_piece].tolist(), tree.cost[tree.is_piece].round(6).tolist()
    ([100.0, 100.0, 300.0], [-40.0, -40.0, -90.0])
    """
    n_areas = len(critical)
    first, second, price = objective.first, objective.second, objective.price
    joint = np.minimum(critical[first], critical[second])
    usable = joint > -np.inf
    first, second, price, joint = first[usable], second[usable], price[usable], joint[usable]
    merges, level = _merges(n_areas, first, second, joint)

    # A border counts for both sides until the second of the two joins: then it is inside.
    border = np.bincount(objective.first, objective.price, n_areas)
    border += np.bincount(objective.second, objective.price, n_areas)
    later = np.where(critical[first] < critical[second], first, second)
    own = objective.cost(threshold) + border - 2 * np.bincount(later, price, n_areas)

    parent = [-1] * (n_areas + len(level))
    residents = [*objective.people.tolist(), *([0.0] * len(level))]
    cost = [*own.tolist(), *([0.0] * len(level))]
    leader, top = list(range(n_areas)), list(range(n_areas))
    for node, ends in enumerate(merges.tolist(), start=n_areas):
        one, other = (_leader(leader, end) for end in ends)
        for half in (top[one], top[other]):
            parent[half] = node
            residents[node] += residents[half]
            cost[node] += cost[half]
        leader[other] = one
        top[one] = node
    above = np.array(parent, dtype=np.int64)
    height = np.concatenate([critical, level])
    is_piece = height > -np.inf
    has_parent = above >= 0
    is_piece[has_parent] &= height[above[has_parent]] < height[has_parent]
    return ComponentTree(
        n_areas=n_areas,
        parent=above,
        level=height,
        is_piece=is_piece,
        residents=np.array(residents),
        cost=np.array(cost),
    )


def _merges(
    n_areas: int, first: NDArray[np.int64], second: NDArray[np.int64], joint: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the links that join pieces, from the highest level to the lowest, and their levels."""
    order = np.argsort(-joint, kind="stable")
    rank = np.empty(len(joint))
    rank[order] = np.arange(1.0, len(joint) + 1)
    links = coo_array((rank, (first, second)), shape=(n_areas, n_areas)).tocsr()
    chosen = order[np.sort(minimum_spanning_tree(links).data.astype(np.int64)) - 1]
    return np.column_stack([first[chosen], second[chosen]]), joint[chosen]


def _leader(leader: list[int], node: int) -> int:
    while leader[node] != node:
        leader[node] = leader[leader[node]]
        node = leader[node]
    return node
