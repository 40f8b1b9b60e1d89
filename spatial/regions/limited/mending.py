"""Which regions within the limits lie near a choice that breaks some? So that a better choice is not passed by."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from spatial.regions.cuts.objective import Objective
from spatial.regions.cuts.pieces import pieces_of
from spatial.regions.limited.growth import grow_small
from spatial.regions.limited.improvement import improve
from spatial.regions.limited.splitting import split_region
from spatial.regions.limits import RegionLimits

__all__ = ["regions_near"]

# Residents that a sum may be off its limit by: whole numbers of them are exact, shares of the city are not.
_ROUNDING = 1e-6


def regions_near(
    chosen: NDArray[np.bool_],
    objective: Objective,
    threshold: float,
    limits: RegionLimits,
    *,
    budget: float,
    most_regions: int | None,
    seed: int,
) -> NDArray[np.int64] | None:
    """Make regions within the limits of a choice: split what is large, let grow what is small, leave out what is dear.

    Parameters
    ----------
    chosen : array of bool, shape (n_areas,)
        A choice of areas.
    objective : Objective
        Costs of choosing areas.
    threshold : float
        Threshold at which costs are counted. [index points]
    limits : RegionLimits
        Residents of each region.
    budget : float
        Residents of all regions together. [persons]
    most_regions : int, optional
        Number of regions; None for any.
    seed : int
        For splitting regions.

    Returns
    -------
    array of int, shape (n_areas,), or None
        Region of each area, 0, 1, … and -1 for none. A choice that keeps to all limits is at least not made worse. None
        when an area that is held in found no place.

    Examples
    --------
    >>> row = Objective(
    ...     area_id=np.array(["a", "b"]), people=np.full(2, 100.0), weight=np.full(2, 100.0),
    ...     strength=np.array([3.0, 0.5]), first=np.array([0]), second=np.array([1]), price=np.full(1, 9.0),
    ...     held_in=np.zeros(2, bool), held_out=np.zeros(2, bool))
    >>> regions_near(np.array([True, False]), row, 1.0, RegionLimits(least_residents=150),
    ...              budget=200.0, most_regions=None, seed=0).tolist()
    [0, 0]
    """
    people = objective.people
    piece = pieces_of(chosen & ~objective.held_out, objective)
    label = np.full(len(people), -1, dtype=np.int64)
    count, left = 0, budget + _ROUNDING
    for members in _best_first(piece, objective, threshold):
        residents = float(people[members].sum())
        if residents < limits.least_residents - _ROUNDING or residents > left:
            continue
        parts = _parts(members, objective, limits, seed)
        if parts is None or (most_regions is not None and count + int(parts.max()) >= most_regions):
            continue
        label[members] = count + parts
        count += int(parts.max()) + 1
        left -= residents
    small = pieces_of((piece >= 0) & (label < 0), objective)
    label = grow_small(label, small, objective, threshold, limits, budget, most_regions)
    if len(people):
        label = improve(label, objective, threshold, limits, budget).label
    if math.isinf(limits.most_residents):
        label = pieces_of(label >= 0, objective)  # what touches by now is one region
    return None if (objective.held_in & (label < 0)).any() else label


def _best_first(piece: NDArray[np.int64], objective: Objective, threshold: float) -> list[NDArray[np.int64]]:
    """Return the members of every piece: those with areas that are held in first, then what saves most."""
    count = int(piece.max(initial=-1)) + 1
    inside = piece >= 0
    cost = np.bincount(piece[inside], objective.cost(threshold)[inside], count)
    for one, other in ((objective.first, objective.second), (objective.second, objective.first)):
        border = inside[one] & ~inside[other]
        cost += np.bincount(piece[one[border]], objective.price[border], count)
    held = np.bincount(piece[inside], objective.held_in[inside], count) > 0
    order = np.lexsort((cost, ~held))
    return [np.flatnonzero(piece == one) for one in order.tolist()]


def _parts(
    members: NDArray[np.int64], objective: Objective, limits: RegionLimits, seed: int
) -> NDArray[np.int64] | None:
    """Return the part of each member; one part where a region may have so many residents."""
    if float(objective.people[members].sum()) <= limits.most_residents:
        return np.zeros(len(members), dtype=np.int64)
    place = np.full(len(objective.people), -1, dtype=np.int64)
    place[members] = np.arange(len(members))
    link = (place[objective.first] >= 0) & (place[objective.second] >= 0)
    return split_region(
        objective.people[members],
        place[objective.first[link]],
        place[objective.second[link]],
        objective.price[link],
        limits,
        np.random.default_rng(seed),
    )
