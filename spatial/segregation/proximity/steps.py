"""How many borders lie between two areas? Steps over the neighbour graph, from many areas at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from spatial.neighbours import NeighbourGraph
from spatial.segregation.counts import Floats
from spatial.segregation.threads import in_threads, thread_count

__all__ = ["Walks", "walks_over"]

_WORDS = 8  # of 64 areas each, whose walks go on together
_NUMBERS = 2_000_000  # bit words held for all areas at once: 16 MB
_BLOCK = 20  # steps across a part of the graph: about as many areas as walk together


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Walks:
    """Neighbours of each area, ready for walks from many areas at once.

    `position` gives each area's place in an order of falling degree; `neighbours[k]` are the places of the
    k-th neighbours of all areas that have so many, which come first in that order. `block` numbers, by place,
    the part of the graph.
    """

    position: NDArray[np.int64]
    block: NDArray[np.int64]
    neighbours: tuple[NDArray[np.int64], ...]
    workers: int

    def __repr__(self) -> str:
        return f"Walks({len(self.position)} areas, at most {len(self.neighbours)} neighbours)"

    def to_earlier(self, areas: NDArray[np.int64]) -> Floats:
        """Count the steps from each area to all that are named before it.

        Parameters
        ----------
        areas : array of int, shape (n_chosen,)
            Positions of areas, each once; a way may lead through others.

        Returns
        -------
        array of float, shape (n_chosen,)
            Sum of the steps on the shortest ways; infinite when one of them cannot be reached.

        Examples
        --------
        >>> import pandas as pd
        >>> row = NeighbourGraph(area_id=pd.RangeIndex(3), first=np.array([0, 1]), second=np.array([1, 2]),
        ...                      border=np.array([5.0, 5.0]))
        >>> walks_over(row).to_earlier(np.array([2, 0, 1])).tolist()
        [0.0, 2.0, 2.0]
        """
        place = self.position[areas]
        rank = np.zeros(len(self.position), dtype=np.int64)
        rank[place] = np.arange(len(place))
        # Walks that begin near each other keep a narrow front; the sums do not depend on who walks with whom.
        place = place[np.argsort(self.block[place], kind="stable")]
        together = 64 * int(np.clip(_NUMBERS // max(len(rank), 1), 1, _WORDS))
        parts = [place[start : start + together] for start in range(0, len(place), together)]
        steps = np.zeros(len(rank))
        for found in in_threads(lambda part: self._from(part, rank), parts, self.workers):
            steps += found
        return np.asarray(steps[self.position[areas]])

    def _from(self, place: NDArray[np.int64], rank: NDArray[np.int64]) -> Floats:
        """Walk from all these places at once, and sum the steps at all places of higher rank."""
        bits = np.zeros((len(rank), -(-len(place) // 64) * 64), dtype=bool)
        np.less(rank[place], rank[:, None], out=bits[:, : len(place)])
        wanted = np.packbits(bits, axis=1, bitorder="little").view("<u8")
        bits[:] = False
        bits[place, np.arange(len(place))] = True
        reached = np.packbits(bits, axis=1, bitorder="little").view("<u8")
        front, steps, distance = reached.copy(), np.zeros(len(rank)), 0
        active = np.sort(place)
        while len(active):
            distance += 1
            touched = self._around(active)
            onward = np.zeros((len(touched), front.shape[1]), dtype=front.dtype)
            for nearby in self.neighbours:
                having = touched[: np.searchsorted(touched, len(nearby))]
                onward[: len(having)] |= front[nearby[having]]
            onward &= ~reached[touched]
            front[active] = 0
            front[touched] = onward
            reached[touched] |= onward
            steps[touched] += distance * np.bitwise_count(onward & wanted[touched]).sum(
                axis=1, dtype=np.int64
            )
            active = touched[onward.any(axis=1)]
        steps[(wanted & ~reached).any(axis=1)] = np.inf
        return steps

    def _around(self, active: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the places that have a neighbour among the active ones, ascending."""
        mark = np.zeros(len(self.position), dtype=bool)
        for nearby in self.neighbours:
            mark[nearby[active[: np.searchsorted(active, len(nearby))]]] = True
        return np.flatnonzero(mark)


def walks_over(
    graph: NeighbourGraph,
    *,
    contiguity: Literal["rook", "queen"] = "rook",
    only: NDArray[np.bool_] | None = None,
    workers: int | None = None,
) -> Walks:
    """Prepare walks over a neighbour graph.

    Parameters
    ----------
    graph : NeighbourGraph
        Borders between the areas, and corners for `contiguity="queen"`.
    contiguity : {"rook", "queen"}, default "rook"
        A step leads across a common border, or a common border or corner.
    only : array of bool, shape (n_areas,), optional
        The areas that a way may lead through. Default: all.
    workers : int, optional
        Threads; the numbers do not depend on it. Default: one per processor.

    Returns
    -------
    Walks

    Raises
    ------
    ParameterError
        If there are no workers, the contiguity is unknown, or corners are wanted that the graph does not have.

    Examples
    --------
    >>> import pandas as pd
    >>> walks_over(NeighbourGraph(area_id=pd.RangeIndex(2), first=np.array([0]), second=np.array([1]),
    ...                           border=np.array([5.0])))
    Walks(2 areas, at most 1 neighbours)
    """
    threads = thread_count(workers)
    first, second = graph.contiguous(contiguity)
    if only is not None:
        inside = only[first] & only[second]
        first, second = first[inside], second[inside]
    origin, target = np.concatenate([first, second]), np.concatenate([second, first])
    degree = np.bincount(origin, minlength=len(graph.area_id))
    by_degree = np.argsort(-degree, kind="stable")
    position = np.empty(len(degree), dtype=np.int64)
    position[by_degree] = np.arange(len(degree))
    order = np.argsort(position[origin], kind="stable")
    sorted_target, degree = position[target[order]], degree[by_degree]
    begin = np.cumsum(degree) - degree
    neighbours = tuple(
        sorted_target[begin[: np.count_nonzero(degree > number)] + number]
        for number in range(int(degree.max(initial=0)))
    )
    return Walks(
        position=position,
        block=_blocks(first, second, by_degree),
        neighbours=neighbours,
        workers=threads,
    )


def _blocks(
    first: NDArray[np.int64], second: NDArray[np.int64], by_degree: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Give parts of the graph numbers, by their steps from three areas far from each other."""
    n_areas = len(by_degree)
    ones = np.ones(len(first), dtype=np.int8)
    links = coo_array((ones, (first, second)), shape=(n_areas, n_areas)).tocsr()
    block = np.zeros(n_areas, dtype=np.int64)
    nearest = np.full(n_areas, np.inf)
    corner = 0
    for _ in range(3):
        steps = dijkstra(links, directed=False, indices=[corner], unweighted=True)[0]
        steps[np.isinf(steps)] = n_areas
        block = block * (n_areas // _BLOCK + 1) + (steps // _BLOCK).astype(np.int64)
        nearest = np.minimum(nearest, steps)
        corner = int(np.argmax(nearest))
    return block[by_degree]
