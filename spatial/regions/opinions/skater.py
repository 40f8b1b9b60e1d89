"""Where does a city fall apart into regions of like need? SKATER: a tree of neighbours, cut where it divides best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import depth_first_order, minimum_spanning_tree

from spatial.errors import ParameterError
from spatial.neighbours import NeighbourGraph
from spatial.parameters import require_number
from spatial.regions.opinions.partition import (
    opinion_of_partition,
    require_number_of_regions,
    require_residents,
)
from spatial.regions.opinions.result import SecondOpinion
from spatial.regions.opinions.subject import Contiguity, Floats, Integers, Subject, subject_of

__all__ = ["skater"]


def skater(
    need: pd.Series,
    population: pd.Series,
    graph: NeighbourGraph,
    *,
    threshold: float,
    regions: int,
    least_residents: float = 0.0,
    contiguity: Contiguity = "rook",
) -> SecondOpinion:
    """Divide the city into regions of like need by cutting a spanning tree (SKATER).

    Neighbours are joined to a tree, the most alike first. Then, again and again, the link is cut that lowers the sum
    of squares of need within the regions most, among those that leave enough residents on both sides. Regions whose
    mean need, weighted by residents, lies above the threshold are the priority areas.

    Parameters
    ----------
    need : Series of float, shape (n_areas,), indexed by area_id
        Need index, higher = more need. [index points] Areas of missing need belong to a region as well; they are
        linked last and count for nothing.
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
    The sum of squares counts areas, not residents, as in the source. Cuts are greedy: no better division is looked for,
    and another tree could hold one.

    References
    ----------
    .. [1] R. M. Assunção, M. C. Neves, G. Câmara and C. da Costa Freitas (2006), Efficient regionalization techniques
       for socio-economic geographical units using minimum spanning trees, International Journal of Geographical
       Information Science 20, doi:10.1080/13658810600665111.

    Examples
    --------
    >>> ids = pd.Index(["a", "b", "c", "d"])
    >>> row = NeighbourGraph(area_id=ids, first=np.arange(3), second=np.arange(1, 4), border=np.full(3, 50.0))
    >>> people = pd.Series(100, index=ids)
    >>> skater(pd.Series([2.0, 1.8, 0.3, 0.0], index=ids), people, row, threshold=1.0, regions=2).region.tolist()
    ['1', '1', <NA>, <NA>]
    """
    require_number("threshold", threshold, "a finite number of index points")
    subject = subject_of(need, population, graph, contiguity=contiguity)
    least = require_residents(subject, least_residents)
    number = require_number_of_regions(subject, regions, least)
    trees = [
        _tree_of(order, before, subject, least)
        for order, before in _depth_first(_spanning_tree(subject), subject.pieces())
    ]
    while len(trees) < number:
        best = max(range(len(trees)), key=lambda one: trees[one].gain)
        if trees[best].gain < 0:
            raise ParameterError(
                "regions",
                number,
                f"at most {len(trees)} with least_residents of {least:.10g}: no further cut of SKATER's tree leaves "
                "enough residents on both sides; ask for fewer regions or for fewer residents",
            )
        trees[best : best + 1] = trees[best].cut(subject, least)
    label = np.empty(len(subject.need), dtype=np.int64)
    for one, tree in enumerate(trees):
        label[tree.order] = one
    return opinion_of_partition(
        subject,
        label,
        threshold,
        method="SKATER",
        parameters={"regions": number, "least_residents": least, "contiguity": contiguity},
    )


def _spanning_tree(subject: Subject) -> csr_array:
    """Join the most alike neighbours first, those of unknown need last, ties by area id."""
    unlike = np.abs(subject.need[subject.first] - subject.need[subject.second])
    order = np.lexsort((subject.second, subject.first, np.where(np.isnan(unlike), np.inf, unlike)))
    rank = np.empty(len(order))
    rank[order] = np.arange(1.0, len(order) + 1)
    shape = (len(subject.need), len(subject.need))
    return minimum_spanning_tree(coo_array((rank, (subject.first, subject.second)), shape=shape).tocsr())


def _depth_first(tree: csr_array, piece: Integers) -> list[tuple[Integers, Integers]]:
    """Return, for each connected piece, its areas in the order of a walk, and the place of the area before each."""
    both = (tree + tree.T).tocsr()
    both.sort_indices()
    walks = []
    place = np.empty(len(piece), dtype=np.int64)
    for start in np.unique(piece, return_index=True)[1].tolist():
        order, before = depth_first_order(both, start, directed=False)
        place[order] = np.arange(len(order))
        walks.append((order.astype(np.int64), np.r_[-1, place[before[order[1:]]]]))
    return walks


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Tree:
    """A tree of areas in the order of a walk from its root; whatever hangs on an area follows it at once.

    `size` is the number of areas that hang on each, with itself. `best` is the place that is best cut off, `gain` what
    that takes from the sum of squares, -1 where no cut is allowed.
    """

    order: Integers
    size: Integers
    best: int
    gain: float

    def cut(self, subject: Subject, least: float) -> list[_Tree]:
        """Return the tree without the branch at the best place, and the branch."""
        begin, end = self.best, self.best + int(self.size[self.best])
        place = np.arange(len(self.order))
        holds = (place < begin) & (place + self.size >= end)
        rest = (place < begin) | (place >= end)
        left = self.size - np.where(holds, end - begin, 0)
        return [
            _searched(self.order[rest], left[rest], subject, least),
            _searched(self.order[begin:end], self.size[begin:end], subject, least),
        ]


def _tree_of(order: Integers, before: Integers, subject: Subject, least: float) -> _Tree:
    size = [1] * len(order)
    above = before.tolist()
    for place in range(len(order) - 1, 0, -1):  # what hangs on an area comes after it
        size[above[place]] += size[place]
    return _searched(order, np.array(size, dtype=np.int64), subject, least)


def _searched(order: Integers, size: Integers, subject: Subject, least: float) -> _Tree:
    """Find the best cut: the sums of all branches are differences of running sums."""
    need = subject.need[order]
    known = ~np.isnan(need)
    centre = float(need[known].mean()) if known.any() else 0.0
    end = np.arange(len(order)) + size

    def of_branches(values: Floats) -> tuple[Floats, float]:
        running = np.r_[0.0, np.cumsum(values)]
        return running[end] - running[:-1], float(running[-1])

    residents, everybody = of_branches(subject.people[order])
    number, all_known = of_branches(known.astype(float))
    total, _ = of_branches(np.where(known, need - centre, 0.0))
    # The need is centred: the rest of the tree sums up to minus the branch.
    rest = all_known - number
    both = (number > 0) & (rest > 0)
    gain = np.zeros(len(order))
    np.divide(total**2 * all_known, number * rest, out=gain, where=both)
    enough = least * (1 - 1e-12)  # sums of parts of persons may lie below the whole number that they are
    allowed = (residents >= enough) & (everybody - residents >= enough)
    allowed[0] = False
    gain[~allowed] = -1.0
    best = int(np.argmax(gain >= gain.max() * (1 - 1e-12))) if gain.max() > 0 else int(np.argmax(gain))
    return _Tree(order=order, size=size, best=best, gain=float(gain[best]))
