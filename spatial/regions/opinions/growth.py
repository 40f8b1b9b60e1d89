"""How does a city fill with regions that grow from single areas? The first step towards max-p regions."""

from __future__ import annotations

import heapq
import math

import numpy as np

from spatial.regions.opinions.subject import Integers, Subject

__all__ = ["grow_regions"]

_FREE, _LEFT_OVER = -1, -2


def grow_regions(
    subject: Subject, neighbours: list[list[int]], least_residents: float, rng: np.random.Generator
) -> Integers:
    """Fill the city with connected regions of just enough residents, one beside the other.

    The first region begins anywhere. A region begins and grows where the fewest free areas are around: corners are
    filled first, so that little is left over. Of areas alike in this it takes the one of the most similar need.

    Parameters
    ----------
    subject : Subject
        Need and residents.
    neighbours : list of list of int, length n_areas
        Positions of the neighbours of each area.
    least_residents : float
        Of each region; no connected piece of the city may have fewer. [persons]
    rng : numpy Generator
        For the first area, and for the order of areas alike.

    Returns
    -------
    array of int, shape (n_areas,)
        Number of the region of each area.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial.neighbours import NeighbourGraph
    >>> from spatial.regions.opinions.subject import subject_of
    >>> ids = ["a", "b", "c", "d"]
    >>> row = NeighbourGraph(
    ...     area_id=pd.Index(ids), first=np.arange(3), second=np.arange(1, 4), border=np.full(3, 50.0))
    >>> city = subject_of(pd.Series([2.0, 1.8, 0.3, 0.0], ids), pd.Series(100, ids), row)
    >>> grow_regions(city, city.neighbours(), 200.0, np.random.default_rng(0)).tolist()
    [1, 1, 0, 0]
    """
    growth = _Growth(subject, neighbours, least_residents)
    order = rng.permutation(len(neighbours))
    rank = np.argsort(order).tolist()
    if len(order):
        growth.begin_at(int(order[0]))
    free = [(growth.room[area], rank[area], area) for area in range(len(neighbours))]
    heapq.heapify(free)
    while free:
        room, _, area = heapq.heappop(free)
        if growth.label[area] == _FREE and room == growth.room[area]:
            for one in growth.begin_at(area):
                heapq.heappush(free, (growth.room[one], rank[one], one))
    growth.give_away_the_rest()
    return np.array(growth.label, dtype=np.int64)


class _Growth:
    """Regions so far: the label of each area, its `room`, the number of free areas beside it, and the means."""

    def __init__(self, subject: Subject, neighbours: list[list[int]], least_residents: float) -> None:
        self.need = subject.need.tolist()
        self.people = subject.people.tolist()
        self.neighbours = neighbours
        self.least = least_residents * (1 - 1e-12)  # sums of parts of persons may lie below what they are
        self.label = [_FREE] * len(neighbours)
        self.room = [len(beside) for beside in neighbours]
        self.mean: list[float] = []

    def begin_at(self, area: int) -> list[int]:
        """Grow a region from an area; return the free areas beside it. What cannot become large enough is left over."""
        members: list[int] = []
        residents, known, total = 0.0, 0, 0.0
        around = [(self.room[area], 0.0, area)]
        while around and residents < self.least:
            room, _, one = heapq.heappop(around)
            if self.label[one] != _FREE or room != self.room[one]:
                continue
            self.label[one] = len(self.mean)
            members.append(one)
            residents += self.people[one]
            if not math.isnan(self.need[one]):
                known, total = known + 1, total + self.need[one]
            mean = total / known if known else math.nan
            for beside in self.neighbours[one]:
                self.room[beside] -= 1
                if self.label[beside] == _FREE:
                    apart = abs(self.need[beside] - mean)
                    heapq.heappush(around, (self.room[beside], _or_last(apart), beside))
        if residents >= self.least:
            self.mean.append(total / known if known else math.nan)
        else:
            for one in members:
                self.label[one] = _LEFT_OVER
        return sorted({one for _, _, one in around if self.label[one] == _FREE})

    def give_away_the_rest(self) -> None:
        """Let every area that is left over join a region beside it, the most alike pair first."""
        waiting = [
            self._joining(area, label)
            for area, own in enumerate(self.label)
            if own == _LEFT_OVER
            for label in sorted({self.label[one] for one in self.neighbours[area]})
            if label >= 0
        ]
        heapq.heapify(waiting)
        while waiting:
            _, area, label = heapq.heappop(waiting)
            if self.label[area] == _LEFT_OVER:
                self.label[area] = label
                for one in self.neighbours[area]:
                    if self.label[one] == _LEFT_OVER:
                        heapq.heappush(waiting, self._joining(one, label))

    def _joining(self, area: int, label: int) -> tuple[float, int, int]:
        return _or_last(abs(self.need[area] - self.mean[label])), area, label


def _or_last(apart: float) -> float:
    """Return a distance in need; where it is not known, one that comes after all others."""
    return math.inf if math.isnan(apart) else apart
