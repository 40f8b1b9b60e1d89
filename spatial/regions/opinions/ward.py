"""Which neighbours are so alike that little is lost when they become one? Ward's method, merging neighbours only."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spatial.errors import ParameterError
from spatial.neighbours import NeighbourGraph
from spatial.parameters import require_number
from spatial.regions.opinions.partition import (
    opinion_of_partition,
    require_number_of_regions,
    require_residents,
)
from spatial.regions.opinions.result import SecondOpinion
from spatial.regions.opinions.subject import Contiguity, Integers, Subject, subject_of

__all__ = ["ward"]


def ward(
    need: pd.Series,
    population: pd.Series,
    graph: NeighbourGraph,
    *,
    threshold: float,
    regions: int,
    least_residents: float = 0.0,
    contiguity: Contiguity = "rook",
) -> SecondOpinion:
    r"""Divide the city into regions of like need by merging neighbours (Ward's method).

    Every area begins as a region. Again and again the two neighbouring regions are merged that raise the sum of squares
    of need within the regions least, by

    .. math:: \frac{n_a n_b}{n_a + n_b} (\bar s_a - \bar s_b)^2

    with the number of areas :math:`n` and mean need :math:`\bar s` of each. As long as regions have too few residents,
    only merges of one of these are looked at. Regions whose mean need, weighted by residents, lies above the threshold
    are the priority areas.

    Parameters
    ----------
    need : Series of float, shape (n_areas,), indexed by area_id
        Need index, higher = more need. [index points] Areas of missing need belong to a region as well; they raise
        nothing, and so are merged first.
    population : Series of int or float, shape (n_areas,), indexed by area_id
        Residents. [persons]
    graph : NeighbourGraph
        Neighbours of the same areas.
    threshold : float
        Mean need above which a region is a priority area. [index points]
    regions : int
        Number of regions into which the whole city is divided.
    least_residents : float, default 0
        Of each region. [persons]
    contiguity : {"rook", "queen"}, default "rook"
        Whether a common border makes neighbours, or a common corner as well.

    Returns
    -------
    SecondOpinion
        On the index of `need`. Figures: `part`, the region of the division that an area lies in, and `part_need`, its
        mean need. The same areas in another order give the same regions; ties go by area id.

    Raises
    ------
    AlignmentError, CountsError
        As in `propose`.
    ParameterError
        If an option is outside its range, or the bounds cannot be kept; the message names the bound.

    Notes
    -----
    Possible merges wait in a heap, so time grows as :math:`m \log n` with m pairs of neighbours, as long as regions have
    few neighbours each.

    References
    ----------
    .. [1] J. H. Ward (1963), Hierarchical Grouping to Optimize an Objective Function, Journal of the American
       Statistical Association 58, doi:10.1080/01621459.1963.10500845.

    Examples
    --------
    >>> ids = pd.Index(["a", "b", "c", "d"])
    >>> row = NeighbourGraph(area_id=ids, first=np.arange(3), second=np.arange(1, 4), border=np.full(3, 50.0))
    >>> people = pd.Series(100, index=ids)
    >>> ward(pd.Series([2.0, 1.8, 0.3, 0.0], index=ids), people, row, threshold=1.0, regions=2).region.tolist()
    ['1', '1', <NA>, <NA>]
    """
    require_number("threshold", threshold, "a finite number of index points")
    subject = subject_of(need, population, graph, contiguity=contiguity)
    least = require_residents(subject, least_residents)
    number = require_number_of_regions(subject, regions, least)
    merging = _Merging.of(subject, least)
    left = merging.merge_down_to(number)
    if left < number:
        raise ParameterError(
            "regions",
            number,
            f"at most {left} with least_residents of {least:.10g}: so many are left when Ward's merges have given every "
            "region enough residents; ask for fewer regions or for fewer residents",
        )
    return opinion_of_partition(
        subject,
        merging.labels(len(subject.need)),
        threshold,
        method="Ward",
        parameters={"regions": number, "least_residents": least, "contiguity": contiguity},
    )


@dataclass(slots=True, eq=False, kw_only=True)
class _Merging:
    """Regions while they are merged: a merge gives a new number, so what waits in the heap is never out of date.

    Per region: `areas` of known need, the `total` of their need, `people`, the position of its `lowest` area, the
    regions `beside` it, and `parent`, what it was merged into, -1 as long as it stands.
    """

    least: float
    areas: list[int]
    total: list[float]
    people: list[float]
    lowest: list[int]
    beside: list[set[int]]
    parent: list[int]

    @classmethod
    def of(cls, subject: Subject, least: float) -> _Merging:
        known = subject.is_known
        centre = float(subject.need[known].mean()) if known.any() else 0.0
        return cls(
            least=least
            * (1 - 1e-12),  # sums of parts of persons may lie below the whole number that they are
            areas=known.astype(int).tolist(),
            total=np.where(known, subject.need - centre, 0.0).tolist(),
            people=subject.people.tolist(),
            lowest=list(range(len(known))),
            beside=[set(row) for row in subject.neighbours()],
            parent=[-1] * len(known),
        )

    def merge_down_to(self, number: int) -> int:
        """Merge, and return how many regions are left."""
        left = len(self.parent)
        heap = [self._step(one, other) for one in range(left) for other in self.beside[one] if one < other]
        heapq.heapify(heap)
        later = []
        is_short = self.least > 0
        while heap and (is_short or left > number):
            step = heapq.heappop(heap)
            one, other = step[-2:]
            stand = self.parent[one] < 0 and self.parent[other] < 0
            if stand and is_short and min(self.people[one], self.people[other]) >= self.least:
                later.append(step)
            elif stand:
                merged = self._merge(one, other)
                left -= 1
                for neighbour in self.beside[merged]:
                    heapq.heappush(heap, self._step(neighbour, merged))
            if not heap and is_short:  # every region has enough residents now
                is_short, heap = False, later
                heapq.heapify(heap)
        return left

    def labels(self, n_areas: int) -> Integers:
        """Return the number of the region of each area."""
        top = list(range(len(self.parent)))
        for region in range(
            len(self.parent) - 1, -1, -1
        ):  # what a region was merged into has a higher number
            if self.parent[region] >= 0:
                top[region] = top[self.parent[region]]
        return np.asarray(pd.factorize(np.array(top[:n_areas]))[0], dtype=np.int64)

    def _step(self, one: int, other: int) -> tuple[float, int, int, int, int]:
        """Return what a merge costs, and the smallest areas of both, by which ties are decided."""
        first, second = self.areas[one], self.areas[other]
        cost = 0.0
        if first and second:
            apart = self.total[one] / first - self.total[other] / second
            cost = first * second / (first + second) * apart * apart
        low, high = self.lowest[one], self.lowest[other]
        return (cost, low, high, one, other) if low < high else (cost, high, low, one, other)

    def _merge(self, one: int, other: int) -> int:
        merged = len(self.parent)
        around = (self.beside[one] | self.beside[other]) - {one, other}
        for neighbour in around:
            self.beside[neighbour] -= {one, other}
            self.beside[neighbour].add(merged)
        self.beside[one] = self.beside[other] = set()
        self.parent[one] = self.parent[other] = merged
        self.parent.append(-1)
        self.beside.append(around)
        self.areas.append(self.areas[one] + self.areas[other])
        self.total.append(self.total[one] + self.total[other])
        self.people.append(self.people[one] + self.people[other])
        self.lowest.append(min(self.lowest[one], self.lowest[other]))
        return merged
