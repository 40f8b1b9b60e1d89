"""Which regions keep to the limits and save most? Pieces of the nested choices, picked, split and improved."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from spatial.errors import ParameterError
from spatial.regions.cuts.budget_level import threshold_within
from spatial.regions.cuts.choice import best_choice
from spatial.regions.cuts.component_tree import ComponentTree, component_tree
from spatial.regions.cuts.family import NestedFamily, nested_family
from spatial.regions.cuts.objective import Objective
from spatial.regions.cuts.parts import Known
from spatial.regions.cuts.pieces import pieces_of
from spatial.regions.limited.bound import budget_bound
from spatial.regions.limited.exchange import exchange
from spatial.regions.limited.filling import fill
from spatial.regions.limited.growth import grow_small, pack
from spatial.regions.limited.improvement import improve
from spatial.regions.limited.selection import select_pieces
from spatial.regions.limited.splitting import split_region
from spatial.regions.limited.surroundings import with_surroundings
from spatial.regions.limited.thorough import search_thoroughly
from spatial.regions.limits import RegionLimits

__all__ = ["Found", "search"]

# Pieces that could not be split and are left out, before the search gives up to split anything.
_ATTEMPTS = 30

# Thresholds that are looked at around the one that keeps the budget, in standard deviations of the need.
_BAND = 0.35

# How exactly that threshold is found, in standard deviations of the need.
_CLOSE = 0.01

# Areas up to which there is time to look for more.
_FEW = 1500

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
    budget, a third of a standard deviation of the need to both sides. The best of them are picked by a dynamic programme on
    the tree in which they lie inside each other. Where areas are few, other starts are tried as well, and the bound is
    sharper.
    """
    if most_regions is not None:
        budget = min(budget, most_regions * limits.most_residents) if most_regions else 0.0
    choice = best_choice(objective, threshold)
    family = _family(objective, Known(threshold=threshold, inside=choice.chosen), budget)
    rules = replace(limits, most_regions=most_regions) if most_regions != 0 else limits
    tree = component_tree(family.critical.to_numpy(), objective, threshold)
    label = np.full(tree.n_areas, -1, dtype=np.int64)
    if most_regions != 0:
        label = _picked(tree, objective, rules, budget, seed)
        if (objective.held_in & (label < 0)).any() or objective.people[label >= 0].sum() > budget:
            label = _picked_with_surroundings(objective, threshold, rules, budget, seed)
    left_over = objective.held_in & (label < 0)
    if left_over.any():
        raise ParameterError(
            "inside",
            ", ".join(map(str, objective.area_id[left_over][:5])),
            "areas that fit into regions within the limits: relax a limit, or take these areas out",
        )
    wanted = family.critical.to_numpy() > max(threshold, family.low)
    left_out = pieces_of(wanted & (label < 0), objective)
    if limits.least_residents:
        choices = [
            way(label, left_out, objective, threshold, limits, budget, most_regions)
            for way in (grow_small, pack)
        ]
        kept = [one for one in choices if not (objective.held_in & (one < 0)).any()]
        label = min(kept, key=lambda one: objective.value(one >= 0, threshold))
    if most_regions != 0:
        label = fill(label, wanted, objective, threshold, limits, budget, most_regions)
    label = improve(label, objective, threshold, limits, budget).label
    label = _joined(exchange(label, objective, threshold, limits, budget), objective, limits)
    bound = budget_bound(family, choice, threshold, budget)
    if most_regions != 0 and tree.n_areas <= _FEW:
        label, sharper = search_thoroughly(
            label, objective, threshold, limits, budget=budget, most_regions=most_regions, seed=seed
        )
        label, bound = _joined(label, objective, limits), max(bound, sharper)
    return Found(label=label, value=objective.value(label >= 0, threshold), lower_bound=bound)


def _family(objective: Objective, known: Known, budget: float) -> NestedFamily:
    """Return the best choices around the threshold at which the budget is kept: candidates, so they may be coarse."""
    weight = objective.weight.sum()
    if weight == 0.0:
        return nested_family(objective)
    mean = float((objective.weight * objective.strength).sum() / weight)
    spread = math.sqrt(float((objective.weight * (objective.strength - mean) ** 2).sum() / weight))
    # Needs that are equal on paper differ by rounding: a band of that width would hold no threshold.
    if spread <= _EQUAL * max(1.0, abs(mean)):
        return nested_family(objective)
    level = threshold_within(objective, known, budget, close=_CLOSE * spread)
    # What the threshold itself leaves out is looked at only where the budget hardly binds.
    low = max(level - _BAND * spread, min(known.threshold, level - 0.5 * _BAND * spread))
    high = level + _BAND * spread
    return nested_family(objective, low=low, high=high, is_coarse=True, known=known)


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


def _picked_with_surroundings(
    objective: Objective, threshold: float, limits: RegionLimits, budget: float, seed: int
) -> NDArray[np.int64]:
    """Pick pieces once more, with what areas that are held in need around them held in as well."""
    inside = with_surroundings(objective, threshold, limits, budget=budget, most_regions=limits.most_regions)
    wider = objective.holding(held_in=inside)
    known = Known(threshold=threshold, inside=best_choice(wider, threshold).chosen)
    critical = _family(wider, known, budget).critical.to_numpy()
    return _picked(component_tree(critical, wider, threshold), wider, limits, budget, seed)


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
