"""What of a piece that is too large for the budget can come in? A connected part of it.

Pieces of the nested choices come as a whole or not at all: areas of equal need, or areas that only a dear border keeps
together, join at one and the same threshold. What is left of a budget is filled from them area by area.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spatial.regions.cuts.objective import Objective
from spatial.regions.cuts.pieces import pieces_of
from spatial.regions.limited.adjacent import Adjacent
from spatial.regions.limits import RegionLimits

__all__ = ["fill"]

# Pieces that are looked at, those that save most first.
_PIECES = 6

# Parts that are taken in one after the other.
_PARTS = 20

# Areas that one part is tried with at most.
_LARGEST = 20_000

# Less than this part of the largest cost is rounding, not a saving.
_NOISE = 1e-12


def fill(
    label: NDArray[np.int64],
    offered: NDArray[np.bool_],
    objective: Objective,
    threshold: float,
    limits: RegionLimits,
    budget: float,
    most_regions: int | None,
) -> NDArray[np.int64]:
    """Take in connected parts of what is offered, as far as the budget goes.

    Parameters
    ----------
    label : array of int, shape (n_areas,)
        Region of each area, -1 for none.
    offered : array of bool, shape (n_areas,)
        Areas that may come in: those that would be in without a budget.
    objective : Objective
        Costs of choosing areas.
    threshold : float
        Threshold at which they are counted. [index points]
    limits : RegionLimits
        Least and most residents of a region.
    budget : float
        Residents of all regions together. [persons]
    most_regions : int, optional
        Number of regions; None for any.

    Returns
    -------
    array of int, shape (n_areas,)
        The regions, some of them larger, and new ones numbered on. Every part lowers the objective.

    Notes
    -----
    A part begins at a region, or at an area of its own (the one that saves most, per resident, or with its borders),
    and takes in the neighbour that costs least per resident until the budget is used up; of all sizes on the way the
    one that saves most is kept. Of equal neighbours the first.

    Examples
    --------
    Three blocks of equal need, and a budget for two.

    >>> row = Objective(
    ...     area_id=np.array(["a", "b", "c"]), people=np.full(3, 100.0), weight=np.full(3, 100.0),
    ...     strength=np.full(3, 1.5), first=np.array([0, 1]), second=np.array([1, 2]),
    ...     price=np.zeros(2), held_in=np.zeros(3, bool), held_out=np.zeros(3, bool))
    >>> fill(np.full(3, -1), np.full(3, True), row, 1.0, RegionLimits(), 200.0, None).tolist()
    [0, 0, -1]
    """
    work: _Growth | None = None
    label = label.copy()
    for _ in range(_PARTS):
        room = budget - float(objective.people[label >= 0].sum())
        piece = pieces_of(offered & (label < 0) & ~objective.held_out & (objective.people <= room), objective)
        if room <= 0 or not (piece >= 0).any():
            break
        work = work or _Growth.of(objective, threshold)
        count = int(label.max(initial=-1)) + 1
        is_full = most_regions is not None and count >= most_regions
        residents = np.zeros(count) + np.bincount(label[label >= 0], objective.people[label >= 0], count)
        best = _Part(saving=0.0, areas=[], region=-1)
        for members in _largest(piece, work.cost):
            best = _better(best, work.parts(members, label, residents, limits, room, is_full=is_full))
        if not best.areas:
            break
        label[best.areas] = best.region
    return label


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Part:
    """Areas that come in together, what they save, and the region they become part of."""

    saving: float
    areas: list[int]
    region: int


def _better(best: _Part, others: Iterable[_Part]) -> _Part:
    """Return the part that saves most, of equal ones the first."""
    for other in others:
        if other.saving > best.saving:
            best = other
    return best


def _largest(piece: NDArray[np.int64], cost: NDArray[np.float64]) -> list[NDArray[np.int64]]:
    """Return the members of the pieces that save most by themselves."""
    inside = piece >= 0
    total = np.bincount(piece[inside], cost[inside])
    return [np.flatnonzero(piece == one) for one in np.argsort(total, kind="stable")[:_PIECES].tolist()]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Growth:
    """Costs of areas and borders, for parts that grow area by area."""

    cost: NDArray[np.float64]
    people: NDArray[np.float64]
    start: NDArray[np.int64]  # neighbours of an area are `other` from its start to the next
    other: NDArray[np.int64]
    price: NDArray[np.float64]
    outline: NDArray[np.float64]  # what all borders of an area cost
    noise: float

    @classmethod
    def of(cls, objective: Objective, threshold: float) -> _Growth:
        cost, links = objective.cost(threshold), Adjacent.of(objective)
        return cls(
            cost=cost,
            people=objective.people,
            start=links.start,
            other=links.other,
            price=links.price,
            outline=np.zeros(len(cost)) + np.bincount(links.one, links.price, len(cost)),
            noise=_NOISE * max(float(np.abs(cost).max()), float(links.price.max(initial=0.0))),
        )

    def parts(
        self,
        members: NDArray[np.int64],
        label: NDArray[np.int64],
        residents: NDArray[np.float64],
        limits: RegionLimits,
        room: float,
        *,
        is_full: bool,
    ) -> list[_Part]:
        """Return parts of a piece: grown from each region it touches, and regions of their own."""
        at = set(members.tolist())
        found = []
        touching: dict[int, list[int]] = {}
        for area in members.tolist():
            for near in self.other[self.start[area] : self.start[area + 1]].tolist():
                if label[near] >= 0:
                    touching.setdefault(int(label[near]), []).append(area)
        for region in sorted(touching):
            most = min(room, limits.most_residents - float(residents[region]))
            found.append(self._grown(touching[region], at, label, 0.0, most, region))
        if not is_full:
            rate = self.cost[members] / np.maximum(self.people[members], 1.0)
            alone = self.cost[members] + self.outline[members]
            begin = [members[np.argmin(worth)] for worth in (rate, self.cost[members], alone)]
            most = min(room, limits.most_residents)
            for area in sorted(set(map(int, begin))):
                found.append(self._grown([area], at, label, limits.least_residents, most, len(residents)))
        return found

    def _grown(
        self,
        begin: list[int],
        at: set[int],
        label: NDArray[np.int64],
        least: float,
        most: float,
        region: int,
    ) -> _Part:
        """Take in neighbours, the cheapest per resident first; return the size on the way that saves most."""
        linked: dict[int, float] = {}  # what the borders with areas inside are worth by now
        open_: list[tuple[float, int, float]] = []

        def offer(area: int) -> None:
            near = slice(self.start[area], self.start[area + 1])
            if area not in linked:
                within = self.price[near][label[self.other[near]] >= 0]
                linked[area] = math.fsum(within)
            change = float(self.cost[area] + self.price[near].sum()) - 2 * linked[area]
            heapq.heappush(open_, (change / max(float(self.people[area]), 1e-9), area, linked[area]))

        # A new region begins with one area; one that grows, with the neighbours of what there is.
        for area in sorted(set(begin)):
            offer(area)
        inside: list[int] = []
        seen: set[int] = set()
        total, residents, best, size = 0.0, 0.0, 0.0, 0
        while open_ and len(inside) < _LARGEST:
            _, area, was = heapq.heappop(open_)
            people = float(self.people[area])
            if area in seen or was != linked[area] or residents + people > most:
                continue
            seen.add(area)
            inside.append(area)
            near = slice(self.start[area], self.start[area + 1])
            total += float(self.cost[area] + self.price[near].sum()) - 2 * linked[area]
            residents += people
            if residents >= max(least, 1e-9) and total < best - self.noise:
                best, size = total, len(inside)
            for one, price in zip(self.other[near].tolist(), self.price[near].tolist(), strict=True):
                if one in at and one not in seen:
                    if one not in linked:
                        offer(one)
                    linked[one] += price
                    offer(one)
        return _Part(saving=-best, areas=inside[:size], region=region)
