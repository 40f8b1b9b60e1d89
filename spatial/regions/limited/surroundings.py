"""What has to come in with an area that has to come in? A surrounding with enough residents, or a way to the next one."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from spatial.regions.cuts.objective import Objective
from spatial.regions.cuts.pieces import pieces_of
from spatial.regions.limits import RegionLimits

__all__ = ["with_surroundings"]


def with_surroundings(
    objective: Objective,
    threshold: float,
    limits: RegionLimits,
    *,
    budget: float,
    most_regions: int | None,
) -> NDArray[np.bool_]:
    """Take in what areas that are held in need around them to be regions: neighbours that cost least, and ways between.

    Parameters
    ----------
    objective : Objective
        Costs of choosing areas, with those that are held in.
    threshold : float
        Threshold at which costs are counted. [index points]
    limits : RegionLimits
        Least and most residents of a region.
    budget : float
        Residents of all regions together. [persons]
    most_regions : int, optional
        Number of regions; None for any.

    Returns
    -------
    array of bool, shape (n_areas,)
        The areas held in and those taken in with them, so that somebody lives in every region. Pieces that find no
        neighbour within the limits stay as they are: whether all limits are kept is not said.

    Examples
    --------
    >>> row = Objective(
    ...     area_id=np.array(["a", "b", "c"]), people=np.full(3, 100.0), weight=np.full(3, 100.0),
    ...     strength=np.array([0.2, 0.0, 0.9]), first=np.array([0, 1]), second=np.array([1, 2]), price=np.full(2, 9.0),
    ...     held_in=np.array([False, True, False]), held_out=np.zeros(3, bool))
    >>> with_surroundings(row, 1.0, RegionLimits(least_residents=150), budget=300.0, most_regions=None).tolist()
    [False, True, True]
    """
    growing = _Growing(objective, threshold, limits, budget)
    for _ in range(len(objective.people)):
        piece = pieces_of(growing.inside, objective)
        residents = np.bincount(piece[piece >= 0], objective.people[piece >= 0])
        small = np.flatnonzero((residents < limits.least_residents) | (residents == 0))
        # The smallest piece grows first; two that meet are one from then on.
        order = small[np.argsort(residents[small], kind="stable")]
        if not any(growing.grow(piece == one, limits.most_residents - residents[one]) for one in order):
            break
    if most_regions is not None:
        growing.join(most_regions)
    return growing.inside


class _Growing:
    """What is in by now, one neighbour after the other."""

    def __init__(self, objective: Objective, threshold: float, limits: RegionLimits, budget: float) -> None:
        self.objective, self.cost = objective, objective.cost(threshold)
        self.limits, self.inside = limits, objective.held_in.copy()
        self.left = budget - float(objective.people[self.inside].sum())
        n_areas = len(objective.people)
        ends = (
            np.concatenate([objective.first, objective.second]),
            np.concatenate([objective.second, objective.first]),
        )
        self.outer = np.bincount(ends[0], np.concatenate([objective.price] * 2), n_areas).astype(float)
        self.from_, self.to, self.price = *ends, np.concatenate([objective.price] * 2)

    def grow(self, members: NDArray[np.bool_], room: float) -> bool:
        """Take in the neighbour of a piece that costs least per resident; say whether there was one."""
        people = self.objective.people
        edge = members[self.from_] & ~self.inside[self.to]
        shared = np.bincount(self.to[edge], self.price[edge], len(members)).astype(float)
        near = np.bincount(self.to[edge], minlength=len(members)) > 0
        near &= ~self.objective.held_out & (people > 0) & (people <= min(room, self.left))
        if not near.any():
            return self._reach(members, room)
        at = np.flatnonzero(near)
        rate = (self.cost[at] + self.outer[at] - 2 * shared[at]) / people[at]
        self._take([int(at[np.argmin(rate)])])
        return True

    def _take(self, areas: list[int]) -> None:
        self.inside[areas] = True
        self.left -= float(self.objective.people[areas].sum())

    def _reach(self, members: NDArray[np.bool_], room: float) -> bool:
        """Take in the nearest area that people live in, over fields and water; say whether there was one."""
        people = self.objective.people
        is_way = ~self.objective.held_out & (people <= min(room, self.left))
        far, before = self._distances(members, is_way)
        goal = np.where(is_way & ~self.inside & (people > 0), far, np.inf)
        best = int(np.argmin(goal))
        if not math.isfinite(goal[best]):
            return False
        way = [best]
        while not members[before[way[-1]]]:
            way.append(int(before[way[-1]]))
        # Only one of them has residents: the nearest is reached over areas that have none.
        self._take([area for area in way if not self.inside[area]])
        return True

    def _distances(
        self, members: NDArray[np.bool_], is_way: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return what the way from a piece costs at least, over areas that may be taken, and where it comes from."""
        n_areas = len(members)
        step = np.maximum(self.cost, 0.0) + 1e-9 * max(float(self.objective.people.max(initial=0.0)), 1.0)
        usable = (is_way[self.from_] | members[self.from_]) & is_way[self.to]
        entering = np.where(self.inside[self.to], 1e-300, step[self.to])[usable]
        matrix = coo_array(
            (entering, (self.from_[usable], self.to[usable])), shape=(n_areas, n_areas)
        ).tocsr()
        far, before, _ = dijkstra(
            matrix, indices=np.flatnonzero(members), min_only=True, return_predecessors=True
        )
        return far, before.astype(np.int64)

    def join(self, most_regions: int) -> None:
        """Make pieces one by the cheapest way between them until there are no more than so many."""
        while True:
            piece = pieces_of(self.inside, self.objective)
            if int(piece.max(initial=-1)) + 1 <= most_regions:
                return
            way = next(self._ways(piece), None)
            if way is None:
                return
            self._take(way)

    def _ways(self, piece: NDArray[np.int64]) -> Iterator[list[int]]:
        """Return ways between two pieces that the limits allow, the cheapest first."""
        people, is_way = self.objective.people, ~self.objective.held_out
        residents = np.bincount(piece[piece >= 0], people[piece >= 0])
        found: list[tuple[float, int, list[int]]] = []
        for one in range(len(residents)):
            far, before = self._distances(piece == one, is_way)
            for other in range(one + 1, len(residents)):
                goals = np.flatnonzero(piece == other)
                goal = int(goals[np.argmin(far[goals])])
                if not math.isfinite(far[goal]):
                    continue
                way, at = [], int(before[goal])
                while piece[at] != one:
                    if not self.inside[at]:
                        way.append(at)
                    at = int(before[at])
                more = float(people[way].sum())
                together = more + float(residents[one] + residents[other])
                if more <= self.left and together <= self.limits.most_residents:
                    found.append((float(far[goal]), len(found), way))
        return (way for _, _, way in sorted(found))
