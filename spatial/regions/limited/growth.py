"""Can a good piece that is too small become a region? By taking in the neighbours that cost least."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from spatial.regions.cuts.objective import Objective
from spatial.regions.limited.adjacent import Adjacent
from spatial.regions.limits import RegionLimits

__all__ = ["grow_small", "grown_regions", "pack"]


def grow_small(
    label: NDArray[np.int64],
    seeds: NDArray[np.int64],
    objective: Objective,
    threshold: float,
    limits: RegionLimits,
    budget: float,
    most_regions: int | None,
) -> NDArray[np.int64]:
    """Make regions of small pieces that still save something when they have grown to the least number of residents.

    Parameters
    ----------
    label : array of int, shape (n_areas,)
        Region of each area, -1 for none.
    seeds : array of int, shape (n_areas,)
        Piece of each area, -1 for none; pieces that touch a region are left alone.
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
        The regions with those that have grown, numbered on. A grown region neither touches another nor goes above a
        limit, and lowers the objective.

    Examples
    --------
    >>> row = Objective(
    ...     area_id=np.array(["a", "b"]), people=np.full(2, 100.0), weight=np.full(2, 100.0),
    ...     strength=np.array([3.0, 0.5]), first=np.array([0]), second=np.array([1]), price=np.full(1, 9.0),
    ...     held_in=np.zeros(2, bool), held_out=np.zeros(2, bool))
    >>> nothing, piece = np.array([-1, -1]), np.array([0, -1])
    >>> grow_small(nothing, piece, row, 1.0, RegionLimits(least_residents=150), 200.0, None).tolist()
    [0, 0]
    """
    if not limits.least_residents:
        return label
    cost = objective.cost(threshold)
    links = Adjacent.of(objective)
    grown, count = label.copy(), int(label.max(initial=-1)) + 1
    left = budget - float(objective.people[label >= 0].sum())
    pieces = [np.flatnonzero(seeds == one) for one in range(int(seeds.max(initial=-1)) + 1)]
    pieces.sort(key=lambda members: (float(cost[members].sum()), int(members[0])))
    for members in pieces:
        if most_regions is not None and count >= most_regions:
            break
        most = min(left, limits.most_residents)
        region = _grown(members, grown, objective, cost, links, limits.least_residents, most)
        if region is None:
            continue
        grown[region] = count
        count += 1
        left -= float(objective.people[region].sum())
    return grown


def pack(
    label: NDArray[np.int64],
    seeds: NDArray[np.int64],
    objective: Objective,
    threshold: float,
    limits: RegionLimits,
    budget: float,
    most_regions: int | None,
) -> NDArray[np.int64]:
    """Choose again among regions and grown small pieces, by what they save per resident.

    Parameters
    ----------
    label, seeds, objective, threshold, limits, budget, most_regions
        As in `grow_small`; here pieces grow wherever they like, and the better of what touches is taken.

    Returns
    -------
    array of int, shape (n_areas,)
        Regions that do not touch and keep to all limits; not always better than what was there.
    """
    cost = objective.cost(threshold)
    links = Adjacent.of(objective)
    nothing = np.full(len(label), -1, dtype=np.int64)
    regions = [np.flatnonzero(label == one).tolist() for one in range(int(label.max(initial=-1)) + 1)]
    most = min(budget, limits.most_residents)
    for one in range(int(seeds.max(initial=-1)) + 1):
        members = np.flatnonzero(seeds == one)
        grown = _grown(members, nothing, objective, cost, links, limits.least_residents, most)
        if grown is not None:
            regions.append(grown)
    rates = [_saving(region, objective, cost, links) / _people(region, objective) for region in regions]
    # What is held in comes first, whatever it costs.
    held = [bool(objective.held_in[region].any()) for region in regions]
    order = sorted(range(len(regions)), key=lambda one: (not held[one], -rates[one], regions[one][0]))
    chosen, left, count = nothing.copy(), budget, 0
    for region in (regions[one] for one in order):
        people = _people(region, objective)
        near = {one for area in region for one, _ in links.around(area)} | set(region)
        is_full = most_regions is not None and count >= most_regions
        if is_full or people > left or (chosen[list(near)] >= 0).any():
            continue
        chosen[region] = count
        count += 1
        left -= people
    return chosen


def grown_regions(
    seeds: NDArray[np.int64],
    objective: Objective,
    threshold: float,
    limits: RegionLimits,
    budget: float,
    *,
    at_most: int,
) -> list[NDArray[np.int64]]:
    """Let pieces grow to the least number of residents, each as if it were alone.

    Parameters
    ----------
    seeds, objective, threshold, limits, budget
        As in `grow_small`.
    at_most : int
        Pieces that are tried, those that save most by themselves first.

    Returns
    -------
    list of array of int
        The areas of each region that still saves something, best first. They may overlap.

    Examples
    --------
    >>> row = Objective(
    ...     area_id=np.array(["a", "b"]), people=np.full(2, 100.0), weight=np.full(2, 100.0),
    ...     strength=np.array([3.0, 0.5]), first=np.array([0]), second=np.array([1]), price=np.full(1, 9.0),
    ...     held_in=np.zeros(2, bool), held_out=np.zeros(2, bool))
    >>> limits = RegionLimits(least_residents=150)
    >>> [one.tolist() for one in grown_regions(np.array([0, -1]), row, 1.0, limits, 200.0, at_most=9)]
    [[0, 1]]
    """
    cost, links = objective.cost(threshold), Adjacent.of(objective)
    nothing = np.full(len(seeds), -1, dtype=np.int64)
    inside = seeds >= 0
    worth = np.bincount(seeds[inside], cost[inside], int(seeds.max(initial=-1)) + 1)
    found: list[tuple[float, int, NDArray[np.int64]]] = []
    for one in np.argsort(worth, kind="stable")[:at_most].tolist():
        members = np.flatnonzero(seeds == one)
        most = min(budget, limits.most_residents)
        grown = _grown(members, nothing, objective, cost, links, limits.least_residents, most)
        if grown is not None:
            found.append((-_saving(grown, objective, cost, links), len(found), np.array(grown)))
    return [region for _, _, region in sorted(found, key=lambda one: one[:2])]


def _people(region: list[int], objective: Objective) -> float:
    return float(objective.people[region].sum())


def _saving(region: list[int], objective: Objective, cost: NDArray[np.float64], links: Adjacent) -> float:
    inside = set(region)
    border = math.fsum(price for area in region for near, price in links.around(area) if near not in inside)
    return -float(cost[region].sum()) - border


def _grown(
    members: NDArray[np.int64],
    label: NDArray[np.int64],
    objective: Objective,
    cost: NDArray[np.float64],
    links: Adjacent,
    least: float,
    most: float,
) -> list[int] | None:
    """Take in the neighbour that costs least per resident, again and again; None when it comes to nothing."""
    inside = set(members.tolist())
    residents = float(objective.people[members].sum())
    saving = -float(cost[members].sum())
    shared: dict[int, float] = {}
    for area in inside:
        for near, price in links.around(area):
            if near not in inside:
                shared[near] = shared.get(near, 0.0) + price
    border = math.fsum(shared.values())
    while residents < least:
        if any(label[near] >= 0 for near in shared):
            return None
        best, best_rate = _cheapest(shared, objective, cost, links, most - residents)
        if best < 0:
            return None
        inside.add(best)
        residents += float(objective.people[best])
        saving -= float(cost[best])
        border += math.fsum(price for _, price in links.around(best)) - 2 * shared.pop(best)
        for near, price in links.around(best):
            if near not in inside:
                shared[near] = shared.get(near, 0.0) + price
        # What is spent by now cannot come back: every further resident costs, too.
        if best_rate > 0 and saving - border <= 0:
            return None
    if any(label[near] >= 0 for near in shared) or residents > most or saving - border <= 0:
        return None
    return sorted(inside)


def _cheapest(
    shared: dict[int, float],
    objective: Objective,
    cost: NDArray[np.float64],
    links: Adjacent,
    room: float,
) -> tuple[int, float]:
    """Return the neighbour that costs least per resident, and what it costs; -1 when there is none."""
    best, best_rate = -1, math.inf
    for near in sorted(shared):
        people = float(objective.people[near])
        if objective.held_out[near] or people > room or people == 0.0:
            continue
        outer = math.fsum(price for _, price in links.around(near))
        rate = (float(cost[near]) + outer - 2 * shared[near]) / people
        if rate < best_rate:
            best, best_rate = near, rate
    return best, best_rate
