"""Can a choice of regions be made better by moving their borders a little? Area by area, until nothing helps."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spatial.regions.cuts.objective import Objective
from spatial.regions.limited.adjacent import Adjacent
from spatial.regions.limits import RegionLimits

__all__ = ["Improved", "give_back", "improve"]

# Passes over all borders; more than a few are seldom needed.
_PASSES = 25

# Less than this part of the largest cost is rounding, not an improvement.
_NOISE = 1e-12

# Residents below which nobody would be left in a region.
_NOBODY = 1e-9


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Improved:
    """Region of each area, 0, 1, … and -1 for none, and the number of areas that were moved in or out."""

    label: NDArray[np.int64]
    moves: int

    def __repr__(self) -> str:
        return f"Improved({int(self.label.max(initial=-1)) + 1} regions, {self.moves} moves)"


def improve(
    label: NDArray[np.int64], objective: Objective, threshold: float, limits: RegionLimits, budget: float
) -> Improved:
    """Take single areas in and out at the borders of regions while that lowers the objective and limits allow it.

    Parameters
    ----------
    label : array of int, shape (n_areas,)
        Region of each area, -1 for none; every region is connected and keeps to the limits.
    objective : Objective
        Costs of choosing areas.
    threshold : float
        Threshold at which they are counted. [index points]
    limits : RegionLimits
        Least and most residents of a region.
    budget : float
        Residents of all regions together. [persons]

    Returns
    -------
    Improved
        Regions stay connected, and as many as they were. An area comes to the region it shares the dearest border
        with.

    Examples
    --------
    >>> row = Objective(
    ...     area_id=np.array(["a", "b"]), people=np.full(2, 100.0), weight=np.full(2, 100.0),
    ...     strength=np.array([1.5, 1.3]), first=np.array([0]), second=np.array([1]), price=np.full(1, 9.0),
    ...     held_in=np.zeros(2, bool), held_out=np.zeros(2, bool))
    >>> improve(np.array([0, -1]), row, 1.0, RegionLimits(), 200.0).label.tolist()
    [0, 0]
    """
    work = _Borders.of(label, objective, threshold, limits, budget)
    moves = 0
    for _ in range(_PASSES):
        moved = work.one_pass()
        moves += moved
        if not moved:
            break
    return Improved(label=work.label, moves=moves)


def give_back(
    label: NDArray[np.int64], objective: Objective, threshold: float, limits: RegionLimits, budget: float
) -> NDArray[np.int64] | None:
    """Take areas out at the borders of regions until they keep within a budget, what saves least per resident first.

    Parameters
    ----------
    label, objective, threshold, limits, budget
        As in `improve`, but that there may be more residents than the budget allows.

    Returns
    -------
    array of int, shape (n_areas,), or None
        Regions stay connected, and as many as they were; None where they cannot become so small.

    Examples
    --------
    >>> row = Objective(
    ...     area_id=np.array(["a", "b", "c"]), people=np.full(3, 100.0), weight=np.full(3, 100.0),
    ...     strength=np.array([1.5, 1.3, 0.0]), first=np.array([0, 1]), second=np.array([1, 2]),
    ...     price=np.full(2, 9.0), held_in=np.zeros(3, bool), held_out=np.zeros(3, bool))
    >>> give_back(np.array([0, 0, -1]), row, 1.0, RegionLimits(), 100.0).tolist()
    [0, -1, -1]
    """
    work = _Borders.of(label, objective, threshold, limits, budget)
    while work.left < 0:
        changes = np.where(work.label >= 0, work.changes(), np.inf)
        rate = changes / np.maximum(objective.people, _NOBODY)
        able = np.flatnonzero(np.isfinite(rate))
        if not any(work.move(area) for area in able[np.argsort(rate[able], kind="stable")].tolist()):
            return None
    return work.label


@dataclass(slots=True, eq=False, kw_only=True)
class _Borders:
    """The regions while they change; single areas are looked at one by one."""

    label: NDArray[np.int64]
    objective: Objective
    cost: NDArray[np.float64]
    start: NDArray[np.int64]  # neighbours of an area are `other` from its start to the next
    other: NDArray[np.int64]
    price: NDArray[np.float64]
    residents: list[float]
    limits: RegionLimits
    left: float
    least_gain: float

    @classmethod
    def of(
        cls,
        label: NDArray[np.int64],
        objective: Objective,
        threshold: float,
        limits: RegionLimits,
        budget: float,
    ) -> _Borders:
        cost = objective.cost(threshold)
        links = Adjacent.of(objective)
        inside = label >= 0
        residents = np.bincount(label[inside], objective.people[inside], int(label.max(initial=-1)) + 1)
        scale = max(float(np.abs(cost).max(initial=0.0)), float(objective.price.max(initial=0.0)))
        return cls(
            label=label.copy(),
            objective=objective,
            cost=cost,
            start=links.start,
            other=links.other,
            price=links.price,
            residents=residents.tolist(),
            limits=limits,
            left=budget - float(objective.people[inside].sum()),
            least_gain=_NOISE * scale,
        )

    def one_pass(self) -> int:
        """Look at all areas at a border, the best change first; return how many were moved."""
        changes = self.changes()
        worth = np.flatnonzero(changes < -self.least_gain)
        moved = 0
        for area in worth[np.argsort(changes[worth], kind="stable")].tolist():
            if self._change(area) < -self.least_gain and self.move(area):
                moved += 1
        return moved

    def changes(self) -> NDArray[np.float64]:
        """Return what the objective changes by when each area that may goes in, or out."""
        objective, inside = self.objective, self.label >= 0
        n_areas = len(inside)
        first, second, price = objective.first, objective.second, objective.price
        pull = np.bincount(first, np.where(inside[second], -price, price), n_areas)
        pull += np.bincount(second, np.where(inside[first], -price, price), n_areas)
        # Only at a border: an area inside a region would make a hole, one far from all a region of its own.
        apart = self.label[first] != self.label[second]
        is_free = np.zeros(n_areas, dtype=bool)
        is_free[first[apart]] = True
        is_free[second[apart]] = True
        is_free &= ~(objective.held_in | objective.held_out)
        change = np.where(inside, -1.0, 1.0) * (self.cost + pull)
        return np.where(is_free, change, np.inf)

    def _around(self, area: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the neighbours of an area, and what the borders with them cost."""
        here = slice(self.start[area], self.start[area + 1])
        return self.other[here], self.price[here]

    def _change(self, area: int) -> float:
        near, price = self._around(area)
        pull = float(np.where(self.label[near] >= 0, -price, price).sum())
        return float(self.cost[area] + pull) if self.label[area] < 0 else -float(self.cost[area] + pull)

    def move(self, area: int) -> bool:
        """Take an area out, or in, if the limits allow it; say whether it was done."""
        region, people = int(self.label[area]), float(self.objective.people[area])
        if region >= 0:
            if self.residents[region] - people < max(self.limits.least_residents, _NOBODY):
                return False
            if not self._stays_connected(area, region):
                return False
            self.label[area] = -1
            self.residents[region] -= people
            self.left += people
            return True
        if people > self.left:
            return False
        shared: dict[int, float] = {}
        for one, price in zip(*self._around(area), strict=True):
            near = int(self.label[one])
            if near >= 0:
                shared[near] = shared.get(near, 0.0) + float(price)
        for near in sorted(shared, key=lambda one: (-shared[one], one)):
            if self.residents[near] + people <= self.limits.most_residents:
                self.label[area] = near
                self.residents[near] += people
                self.left -= people
                return True
        return False

    def _stays_connected(self, area: int, region: int) -> bool:
        """Say whether a region stays in one piece without an area."""
        near = self._around(area)[0]
        ends = near[self.label[near] == region].tolist()
        if len(ends) < 2:
            return bool(ends)
        missing = set(ends[1:])
        seen, open_ = {area, ends[0]}, deque([ends[0]])
        while open_ and missing:
            near = self._around(open_.popleft())[0]
            for one in near[self.label[near] == region].tolist():
                if one not in seen:
                    seen.add(one)
                    missing.discard(one)
                    open_.append(one)
        return not missing
