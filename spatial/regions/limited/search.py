"""Which regions keep to the limits and save most? Pieces of the nested choices, picked, split and improved."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from spatial.errors import ParameterError
from spatial.regions.cuts.component_tree import ComponentTree, component_tree
from spatial.regions.cuts.family import NestedFamily, nested_family, threshold_within
from spatial.regions.cuts.objective import Objective
from spatial.regions.limited.bound import budget_bound
from spatial.regions.limited.growth import grow_small, pack
from spatial.regions.limited.improvement import improve
from spatial.regions.limited.selection import select_pieces
from spatial.regions.limited.splitting import split_region
from spatial.regions.limits import RegionLimits

__all__ = ["Found", "pieces_of", "search"]

# Pieces that could not be split and are left out, before the search gives up to split anything.
_ATTEMPTS = 30

# Thresholds that are looked at around the one that keeps the budget, in standard deviations of the need.
_BAND = 0.5

# A spread of the need below this part of its mean is rounding.
_EQUAL = 1e-9


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Found:
    """Regions that a search found.

    `label` is the region of each area, 0, 1, … and -1 for none; `value` the objective, `lower_bound` what no other
    choice goes below, `resolution` the unit of rounding in the search [all persons × index points].
    """

    label: NDArray[np.int64]
    value: float
    lower_bound: float
    resolution: float = 0.0

    def __repr__(self) -> str:
        return f"Found({int(self.label.max(initial=-1)) + 1} regions, objective {self.value:.6g})"


def pieces_of(chosen: NDArray[np.bool_], objective: Objective) -> NDArray[np.int64]:
    """Return the number of the connected piece of each chosen area, -1 for all others.

    Examples
    --------
    >>> row = Objective(
    ...     area_id=np.array(["a", "b", "c"]), people=np.ones(3), weight=np.ones(3), strength=np.ones(3),
    ...     first=np.array([0, 1]), second=np.array([1, 2]), price=np.ones(2),
    ...     held_in=np.zeros(3, bool), held_out=np.zeros(3, bool))
    >>> pieces_of(np.array([True, False, True]), row).tolist()
    [0, -1, 1]
    """
    n_areas = len(chosen)
    kept = chosen[objective.first] & chosen[objective.second]
    ones = np.ones(int(kept.sum()), dtype=np.int8)
    links = coo_array((ones, (objective.first[kept], objective.second[kept])), shape=(n_areas, n_areas))
    piece = connected_components(links.tocsr(), directed=False)[1]
    label = np.full(n_areas, -1, dtype=np.int64)
    label[chosen] = np.unique(piece[chosen], return_inverse=True)[1]
    return label


def search(
    objective: Objective,
    threshold: float,
    limits: RegionLimits,
    *,
    budget: float,
    most_regions: int | None,
    seed: int,
) -> Found:
    """Search for regions within limits.

    Parameters
    ----------
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
    Found
        Regions that keep to all limits, with a bound for the objective.

    Raises
    ------
    ParameterError
        If an area that is held in finds no place within the limits.

    Notes
    -----
    Candidates are the pieces of the best choices for thresholds around the lowest one whose choice keeps within the
    budget, half a standard deviation of the need to both sides. The best of them are picked by a dynamic programme on
    the tree in which they lie inside each other.
    """
    if most_regions is not None:
        budget = min(budget, most_regions * limits.most_residents) if most_regions else 0.0
    family = _family(objective, threshold, budget)
    rules = replace(limits, most_regions=most_regions) if most_regions != 0 else limits
    tree = component_tree(family.critical.to_numpy(), objective, threshold)
    label = np.full(tree.n_areas, -1, dtype=np.int64)
    if most_regions != 0:
        label = _picked(tree, objective, rules, budget, seed)
    left_over = objective.held_in & (label < 0)
    if left_over.any():
        raise ParameterError(
            "inside",
            ", ".join(map(str, objective.area_id[left_over][:5])),
            "areas that fit into regions within the limits: relax a limit, or take these areas out",
        )
    left_out = pieces_of((family.critical.to_numpy() > max(threshold, family.low)) & (label < 0), objective)
    if limits.least_residents:
        choices = [
            way(label, left_out, objective, threshold, limits, budget, most_regions)
            for way in (grow_small, pack)
        ]
        kept = [one for one in choices if not (objective.held_in & (one < 0)).any()]
        label = min(kept, key=lambda one: objective.value(one >= 0, threshold))
    label = improve(label, objective, threshold, limits, budget).label
    label = _joined(label, objective, limits)
    return Found(
        label=label,
        value=objective.value(label >= 0, threshold),
        lower_bound=budget_bound(family, threshold, budget),
    )


def _family(objective: Objective, threshold: float, budget: float) -> NestedFamily:
    """Return the best choices around the threshold at which the budget is kept."""
    level = threshold_within(objective, threshold, budget)
    weight = objective.weight.sum()
    if weight == 0.0:
        return nested_family(objective)
    mean = float((objective.weight * objective.strength).sum() / weight)
    spread = math.sqrt(float((objective.weight * (objective.strength - mean) ** 2).sum() / weight))
    # Needs that are equal on paper differ by rounding: a band of that width would hold no threshold.
    if spread <= _EQUAL * max(1.0, abs(mean)):
        return nested_family(objective)
    return nested_family(objective, low=level - _BAND * spread, high=level + _BAND * spread)


def _picked(
    tree: ComponentTree, objective: Objective, limits: RegionLimits, budget: float, seed: int
) -> NDArray[np.int64]:
    """Pick pieces, and split what is too large; what cannot be split is not picked again."""
    excluded: list[int] = []
    for attempt in range(_ATTEMPTS):
        chosen = select_pieces(
            tree,
            limits,
            budget=budget,
            demanded=objective.held_in,
            excluded=np.array(excluded, dtype=np.int64),
        ).nodes
        label = tree.members(chosen)
        parts, refused = _split_large(label, objective, limits, np.random.default_rng([seed, attempt]))
        if not refused:
            return parts
        excluded += chosen[refused].tolist()
    keep = np.ones(len(chosen), dtype=bool)
    keep[refused] = False
    return np.where(np.isin(label, np.flatnonzero(keep)), parts, -1)


def _split_large(
    label: NDArray[np.int64], objective: Objective, limits: RegionLimits, rng: np.random.Generator
) -> tuple[NDArray[np.int64], list[int]]:
    """Split regions with too many residents; return the labels, and the regions that cannot be split."""
    count = int(label.max(initial=-1)) + 1
    inside = label >= 0
    residents = np.bincount(label[inside], objective.people[inside], count)
    parts, refused = label.copy(), []
    following = count
    for region in np.flatnonzero(residents > limits.most_residents).tolist():
        members = label == region
        place = np.cumsum(members) - 1
        link = members[objective.first] & members[objective.second]
        split = split_region(
            objective.people[members],
            place[objective.first[link]],
            place[objective.second[link]],
            objective.price[link],
            limits,
            rng,
        )
        if split is None:
            refused.append(region)
            continue
        parts[members] = np.where(split == 0, region, following + split - 1)
        following += int(split.max())
    return parts, refused


def _joined(label: NDArray[np.int64], objective: Objective, limits: RegionLimits) -> NDArray[np.int64]:
    """Make one region of those that touch, where it may have so many residents; the longest borders first."""
    count = int(label.max(initial=-1)) + 1
    one, other = label[objective.first], label[objective.second]
    touching = (one >= 0) & (other >= 0) & (one != other)
    if touching.any():
        inside = label >= 0
        residents = np.bincount(label[inside], objective.people[inside], count).tolist()
        pair = np.minimum(one, other)[touching] * count + np.maximum(one, other)[touching]
        pairs, place = np.unique(pair, return_inverse=True)
        shared = np.bincount(place, objective.price[touching])
        name = list(range(count))
        for at in np.lexsort((pairs, -shared)).tolist():
            left, right = (_root(name, end) for end in divmod(int(pairs[at]), count))
            if left != right and residents[left] + residents[right] <= limits.most_residents:
                name[right] = left
                residents[left] += residents[right]
        label = np.where(inside, np.array([_root(name, end) for end in range(count)])[label], -1)
    found = np.full(len(label), -1, dtype=np.int64)
    found[label >= 0] = np.unique(label[label >= 0], return_inverse=True)[1]
    return found


def _root(name: list[int], one: int) -> int:
    while name[one] != one:
        one = name[one]
    return one
