"""What more can be tried where areas are few? Other starts, whole regions left out or joined, and a sharper bound.

In a small city every region is a large part of the answer, so what the nested choices offer may miss a better
combination; and there is time to look for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from spatial.regions.cuts.objective import Objective
from spatial.regions.cuts.pieces import pieces_of
from spatial.regions.limited.exchange import exchange
from spatial.regions.limited.growth import grown_regions
from spatial.regions.limited.improvement import give_back, improve
from spatial.regions.limited.mending import regions_near
from spatial.regions.limits import RegionLimits
from spatial.regions.programmes.relaxation import relaxed_answers

__all__ = ["search_thoroughly"]

# Programmes that are solved, and how far an area has to be in to be taken from their answers.
_ROUNDS, _SHARES = 2, (0.25, 0.5, 0.75)

# Starts whose areas change places, the best first, and choices that are tried after them.
_STARTS, _TRIALS = 4, 24

# Pairs of regions that are joined by a way between them, the cheapest first; pieces from which a further region is
# grown, and such regions that are tried.
_JOINED, _SEEDS, _MORE = 6, 12, 4

# A distance from the bound of this share of it is not worth a further trial.
_CLOSE = 1e-3


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Task:
    """What regions are looked for."""

    objective: Objective
    threshold: float
    limits: RegionLimits
    budget: float
    most_regions: int | None
    seed: int

    def value(self, label: NDArray[np.int64]) -> float:
        return self.objective.value(label >= 0, self.threshold)

    def residents(self, label: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the residents of each region [persons]."""
        inside = label >= 0
        return np.asarray(np.bincount(label[inside], self.objective.people[inside]), dtype=np.float64)

    def near(self, chosen: NDArray[np.bool_]) -> NDArray[np.int64] | None:
        """Return regions within the limits near a choice."""
        return regions_near(
            chosen | self.objective.held_in,
            self.objective,
            self.threshold,
            self.limits,
            budget=self.budget,
            most_regions=self.most_regions,
            seed=self.seed,
        )

    def exchanged(self, label: NDArray[np.int64]) -> NDArray[np.int64]:
        return exchange(label, self.objective, self.threshold, self.limits, self.budget)


def search_thoroughly(
    label: NDArray[np.int64],
    objective: Objective,
    threshold: float,
    limits: RegionLimits,
    *,
    budget: float,
    most_regions: int | None,
    seed: int,
) -> tuple[NDArray[np.int64], float]:
    """Look for better regions from several starts, and bound how good any can be.

    Parameters
    ----------
    label : array of int, shape (n_areas,)
        Region of each area, -1 for none: what is known by now.
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
    seed : int
        For splitting regions.

    Returns
    -------
    array of int, shape (n_areas,)
        Regions within the limits, at least as good.
    float
        No regions within the limits have a lower objective. [persons × index points]

    Notes
    -----
    The first starts are the answers of the relaxed programme, in which areas may be partly in: it knows the least
    residents and the number of regions, which the nested choices do not. Then each region is left out in turn, or two
    are made one by the cheapest way between them, and what that leaves is filled again, as long as it helps.

    Examples
    --------
    >>> row = Objective(
    ...     area_id=np.array(["a", "b", "c"]), people=np.full(3, 100.0), weight=np.full(3, 100.0),
    ...     strength=np.array([1.2, 0.9, 1.5]), first=np.array([0, 1]), second=np.array([1, 2]),
    ...     price=np.full(2, 9.0), held_in=np.zeros(3, bool), held_out=np.zeros(3, bool))
    >>> found, bound = search_thoroughly(np.array([0, -1, -1]), row, 1.0, RegionLimits(most_regions=1),
    ...                                  budget=300.0, most_regions=1, seed=0)
    >>> found.tolist(), round(bound, 6)
    ([0, 0, 0], -60.0)
    """
    task = _Task(
        objective=objective,
        threshold=threshold,
        limits=limits,
        budget=budget,
        most_regions=most_regions,
        seed=seed,
    )
    answers = relaxed_answers(
        objective,
        threshold,
        limits,
        budget=budget,
        most_regions=most_regions,
        value=task.value(label),
        rounds=_ROUNDS,
    )
    bound = max((answer.bound for answer in answers), default=-np.inf)
    best, value = _best_start(task, label, [answer.unknowns[: len(label)] for answer in answers])
    trials = _TRIALS
    is_better = True
    while is_better:
        is_better = False
        for start in _further(best, task):
            if trials == 0 or value - bound <= _CLOSE * abs(bound):
                return best, bound
            trials -= 1
            if start is None or (objective.held_in & (start < 0)).any():
                continue
            found = task.exchanged(start)
            lower = task.value(found)
            if lower < value - 1e-9 * abs(value):
                best, value, is_better = found, lower, True
                break
    return best, bound


def _best_start(
    task: _Task, label: NDArray[np.int64], answers: list[NDArray[np.float64]]
) -> tuple[NDArray[np.int64], float]:
    """Return the best regions near what is known and near the answers, and their objective."""
    starts = [(task.value(label), 0, label)]
    seen = {(label >= 0).tobytes()}
    for share in answers:
        for least in _SHARES:
            found = task.near(share >= least)
            if found is not None and (found >= 0).tobytes() not in seen:
                seen.add((found >= 0).tobytes())
                starts.append((task.value(found), len(starts), found))
    starts.sort(key=lambda start: start[:2])
    better = [task.exchanged(start[2]) for start in starts[:_STARTS]]
    values = [task.value(one) for one in better]
    at = int(np.argmin(values))
    return better[at], values[at]


def _further(label: NDArray[np.int64], task: _Task) -> Iterator[NDArray[np.int64] | None]:
    """Try larger steps: a region more, two regions joined, one left out, and what that leaves room for."""
    count = int(label.max(initial=-1)) + 1
    inside = label >= 0
    more = _more_regions(label, task)
    if task.most_regions is None or count < task.most_regions:
        for region in more:
            yield _with_region(label, region, task)
    else:
        for joined in _joined(label, count, task):
            for region in more[:2]:
                yield _with_region(joined, region, task)
            yield _with_region(joined, np.empty(0, dtype=np.int64), task)
    people = np.bincount(label[inside], task.objective.people[inside], count)
    saved = np.bincount(label[inside], -task.objective.cost(task.threshold)[inside], count)
    # What saves least per resident is left out first.
    for one in np.argsort(saved / np.maximum(people, 1.0), kind="stable").tolist():
        left = np.where(label == one, -1, label)
        left[left > one] -= 1
        for region in more[:2]:
            yield _with_region(left, region, task)
        yield task.near(left >= 0)


def _more_regions(label: NDArray[np.int64], task: _Task) -> list[NDArray[np.int64]]:
    """Return regions that could be added, apart from those there are."""
    objective = task.objective
    near = label >= 0
    for one, other in ((objective.first, objective.second), (objective.second, objective.first)):
        near[one[label[other] >= 0]] = True
    seeds = pieces_of((objective.cost(task.threshold) < 0) & ~near & ~objective.held_out, objective)
    grown = grown_regions(seeds, objective, task.threshold, task.limits, task.budget, at_most=_SEEDS)
    return [region for region in grown if not near[region].any()][:_MORE]


def _with_region(
    label: NDArray[np.int64], region: NDArray[np.int64], task: _Task
) -> NDArray[np.int64] | None:
    """Add a region, and make the others small enough for it."""
    objective = task.objective
    budget = task.budget - float(objective.people[region].sum())
    found = give_back(label, objective, task.threshold, task.limits, budget)
    if found is None:
        return None
    found[region] = int(found.max(initial=-1)) + 1
    return improve(found, objective, task.threshold, task.limits, task.budget).label


def _joined(label: NDArray[np.int64], count: int, task: _Task) -> Iterator[NDArray[np.int64]]:
    """Return the regions with two of them made one by the cheapest way between them."""
    objective = task.objective
    n_areas = len(label)
    step = np.maximum(objective.cost(task.threshold), 0.0) + 1e-9 * max(float(objective.people.max()), 1.0)
    step[label >= 0] = 0.0
    usable = ~(objective.held_out[objective.first] | objective.held_out[objective.second])
    first, second = objective.first[usable], objective.second[usable]
    # A step costs what the area that is stepped on costs; a matrix keeps no entry of 0.
    entering = np.concatenate([step[second], step[first]]) + 1e-300
    ends = (np.concatenate([first, second]), np.concatenate([second, first]))
    ways = coo_array((entering, ends), shape=(n_areas, n_areas)).tocsr()
    found = []
    for region in range(count):
        members = np.flatnonzero(label == region)
        far, before, _ = dijkstra(ways, indices=members, min_only=True, return_predecessors=True)
        for other in range(region + 1, count):
            goals = np.flatnonzero(label == other)
            goal = int(goals[np.argmin(far[goals])])
            if np.isfinite(far[goal]):
                way = [goal]
                while label[way[-1]] != region:
                    way.append(int(before[way[-1]]))
                found.append((float(far[goal]), region, other, way))
    found.sort(key=lambda one: one[:3])
    for _, region, other, way in found[:_JOINED]:
        joined = label.copy()
        # Regions that the way runs through become part of it, too.
        for one in sorted({region, other, *label[way].tolist()} - {-1, region}):
            joined[label == one] = region
        joined[way] = region
        kept = joined >= 0
        joined[kept] = np.unique(joined[kept], return_inverse=True)[1]
        if task.residents(joined).max() <= task.limits.most_residents:
            yield joined
