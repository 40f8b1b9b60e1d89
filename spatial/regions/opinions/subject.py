"""What does every second opinion look at? Need, residents and neighbours, checked, in the order of the area ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from spatial.alignment import align, require_unique
from spatial.neighbours import NeighbourGraph, graph_in_order
from spatial.regions.cuts.objective import need_and_people

__all__ = ["Contiguity", "Floats", "Integers", "Subject", "subject_of"]

Contiguity: TypeAlias = Literal["rook", "queen"]
Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Subject:
    """Need, residents and neighbours of the areas, in the order of their ids read as text.

    The order is the same however the rows of the input lie, and so is everything that is computed in it. `need`
    [index points] is NaN where it is not known, `people` are the residents [persons], `first` < `second` the positions
    of each pair of neighbours. `given` are `need` and `population` as they were given, in the order of the need.
    """

    given: pd.DataFrame
    area_id: pd.Index
    need: Floats
    people: Floats
    first: Integers
    second: Integers

    def __repr__(self) -> str:
        unknown = int(np.isnan(self.need).sum())
        return f"Subject({len(self.need)} areas, {len(self.first)} pairs, {unknown} areas of unknown need)"

    @property
    def is_known(self) -> NDArray[np.bool_]:
        """Whether the need of each area is known."""
        return ~np.isnan(self.need)

    def links(self, inside: NDArray[np.bool_] | None = None) -> csr_array:
        """Return the neighbours of each area as rows of a matrix of ones, of the areas inside only."""
        kept = slice(None) if inside is None else inside[self.first] & inside[self.second]
        first, second = self.first[kept], self.second[kept]
        row, column = np.r_[first, second], np.r_[second, first]
        shape = (len(self.need), len(self.need))
        return coo_array((np.ones(len(row), dtype=np.int8), (row, column)), shape=shape).tocsr()

    def neighbours(self) -> list[list[int]]:
        """Return the positions of the neighbours of each area, ascending: for loops that go from area to area."""
        links = self.links()
        links.sort_indices()
        return [row.tolist() for row in np.split(links.indices, links.indptr[1:-1])] if len(self.need) else []

    def pieces(self, inside: NDArray[np.bool_] | None = None) -> Integers:
        """Return the number of the connected piece of each area, -1 outside; 0 holds the smallest area id."""
        chosen = np.ones(len(self.need), dtype=bool) if inside is None else inside
        label = np.full(len(self.need), -1, dtype=np.int64)
        if chosen.any():
            _, piece = connected_components(self.links(chosen), directed=False)
            label[chosen] = pd.factorize(piece[chosen])[0]
        return label

    def region_ids(self, label: Integers) -> pd.Series:
        """Return a name per area: "1", "2", … by falling residents, ties by the smallest area id; <NA> for -1."""
        inside = label >= 0
        number = int(label.max(initial=-1)) + 1
        residents = np.bincount(label[inside], self.people[inside], number)
        smallest = np.full(number, len(label), dtype=np.int64)
        np.minimum.at(smallest, label[inside], np.flatnonzero(inside))
        rank = np.empty(number, dtype=np.int64)
        rank[np.lexsort((smallest, -residents))] = np.arange(1, number + 1)
        region = pd.Series(pd.NA, index=self.area_id, dtype="string", name="region_id")
        region[inside] = rank[label[inside]].astype(str)
        return region


def subject_of(
    need: pd.Series, population: pd.Series, graph: NeighbourGraph, *, contiguity: Contiguity = "rook"
) -> Subject:
    """Check need, residents and neighbours and bring them into the order of the area ids.

    Parameters
    ----------
    need : Series of float, shape (n_areas,), indexed by area_id
        Need index, higher = more need; missing where it is not known. [index points]
    population : Series of int or float, shape (n_areas,), indexed by area_id
        Residents. [persons]
    graph : NeighbourGraph
        Neighbours of the same areas, in any order.
    contiguity : {"rook", "queen"}, default "rook"
        Whether a common border makes neighbours, or a common corner as well.

    Returns
    -------
    Subject

    Raises
    ------
    AlignmentError
        If need, population and graph do not have the same areas.
    CountsError
        If the population is missing, infinite or negative, or a need is infinite.
    ParameterError
        If there is no graph, or one without the corners that are asked for.

    Examples
    --------
    >>> row = NeighbourGraph(area_id=pd.Index(["a", "b"]), first=np.array([0]), second=np.array([1]),
    ...                      border=np.array([5.0]))
    >>> subject_of(pd.Series({"b": None, "a": 1.5}), pd.Series({"a": 10, "b": 0}), row)
    Subject(2 areas, 1 pairs, 1 areas of unknown need)
    """
    require_unique(need.index, "need")
    names = need.index[np.argsort(need.index.astype(str).to_numpy(dtype=object), kind="stable")]
    ordered = graph_in_order(graph, names)
    needs, people = need_and_people(need, population, names)
    pairs = np.sort(np.column_stack(ordered.contiguous(contiguity)), axis=1)
    pairs = pairs[np.lexsort(pairs.T[::-1])]
    return Subject(
        given=pd.DataFrame({"need": need, "population": align(population, need.index, "population")}),
        area_id=names,
        need=needs,
        people=people,
        first=pairs[:, 0],
        second=pairs[:, 1],
    )
