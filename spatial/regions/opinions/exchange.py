"""Would an area on the border of two regions fit better on the other side? Local search for a given division."""

from __future__ import annotations

import math
from collections import deque

import numpy as np

from spatial.regions.opinions.subject import Integers, Subject

__all__ = ["exchange"]

# An improvement smaller than this part of the sum of squares of the whole city is rounding.
_ROUNDING = 1e-12


def exchange(
    label: Integers,
    subject: Subject,
    neighbours: list[list[int]],
    least_residents: float,
    rng: np.random.Generator,
) -> Integers:
    """Move areas to the region beside them as long as that lowers the sum of squares within the regions.

    Parameters
    ----------
    label : array of int, shape (n_areas,)
        Number of the region of each area; regions are connected.
    subject : Subject
        Need and residents.
    neighbours : list of list of int, length n_areas
        Positions of the neighbours of each area.
    least_residents : float
        Of each region. [persons]
    rng : numpy Generator
        For the order in which areas are looked at.

    Returns
    -------
    array of int, shape (n_areas,)
        Number of the region of each area: as many regions, connected, none below its least residents. No single area
        fits better in another region any more.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial.neighbours import NeighbourGraph
    >>> from spatial.regions.opinions.subject import subject_of
    >>> ids = ["a", "b", "c", "d"]
    >>> row = NeighbourGraph(
    ...     area_id=pd.Index(ids), first=np.arange(3), second=np.arange(1, 4), border=np.full(3, 50.0))
    >>> city = subject_of(pd.Series([2.0, 1.8, 0.3, 0.0], ids), pd.Series(100, ids), row)
    >>> exchange(np.array([0, 0, 0, 1]), city, city.neighbours(), 100.0, np.random.default_rng(0)).tolist()
    [0, 0, 1, 1]
    """
    division = _Division(label, subject, neighbours, least_residents)
    waiting = np.ones(len(label), dtype=bool)
    while waiting.any():
        is_round_of_all = bool(waiting.all())
        order = rng.permutation(np.flatnonzero(waiting))
        waiting[:] = False
        for area in order.tolist():
            target = division.best_target(area)
            if target is not None and division.may_leave(area):
                division.move(area, target)
                waiting[area] = True
                waiting[neighbours[area]] = True
        if not is_round_of_all and not waiting.any():
            waiting[:] = True  # a mean that changed may matter far away: the last round looks at everybody
    return np.array(division.label, dtype=np.int64)


class _Division:
    """Regions: label of each area, and per region its areas, those of known need, the total of need, and residents."""

    def __init__(
        self, label: Integers, subject: Subject, neighbours: list[list[int]], least_residents: float
    ) -> None:
        known = subject.is_known
        centre = float(subject.need[known].mean()) if known.any() else 0.0
        need = subject.need - centre
        self.need = need.tolist()
        self.people = subject.people.tolist()
        self.neighbours = neighbours
        self.least = least_residents * (1 - 1e-12)
        self.smallest = _ROUNDING * float((need[known] ** 2).sum())
        self.label = label.tolist()
        self.areas = np.bincount(label).tolist()
        self.known = np.bincount(label, known).tolist()
        self.total = np.bincount(label, np.where(known, need, 0.0)).tolist()
        self.residents = np.bincount(label, subject.people).tolist()

    def best_target(self, area: int) -> int | None:
        """Return the region beside an area in which it fits best, None where it fits no better than in its own."""
        own, need = self.label[area], self.need[area]
        others = {self.label[one] for one in self.neighbours[area]} - {own}
        if not others or math.isnan(need):
            return None
        if self.areas[own] < 2 or self.residents[own] - self.people[area] < self.least:
            return None
        number = self.known[own]
        saved = 0.0
        if number > 1:
            saved = number / (number - 1) * (need - self.total[own] / number) ** 2
        costs = []
        for other in sorted(others):
            number = self.known[other]
            cost = number / (number + 1) * (need - self.total[other] / number) ** 2 if number else 0.0
            costs.append((cost, other))
        cost, target = min(costs)
        return target if saved - cost > self.smallest else None

    def may_leave(self, area: int) -> bool:
        """Say whether the region of an area stays connected without it."""
        own = self.label[area]
        inside = [one for one in self.neighbours[area] if self.label[one] == own]
        wanted, reached, queue = set(inside[1:]), {area, inside[0]}, deque(inside[:1])
        while queue and wanted:
            for one in self.neighbours[queue.popleft()]:
                if self.label[one] == own and one not in reached:
                    reached.add(one)
                    wanted.discard(one)
                    queue.append(one)
        return not wanted

    def move(self, area: int, target: int) -> None:
        """Put an area into another region."""
        own = self.label[area]
        for region, sign in ((own, -1), (target, 1)):
            self.areas[region] += sign
            self.known[region] += sign
            self.total[region] += sign * self.need[area]
            self.residents[region] += sign * self.people[area]
        self.label[area] = target
