"""Who lies within a distance of each area, and who are its nearest? Answered for a few rows at a time."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import KDTree

from spatial.segregation.counts import Floats
from spatial.segregation.environments.kernels import Kernel
from spatial.segregation.places import Places

__all__ = [
    "Nearest",
    "NeighbourSearch",
    "Positions",
    "WithinDistance",
    "nearest",
    "row_blocks",
    "within_distance",
]

Positions: TypeAlias = NDArray[np.int64]

# Pairs that are looked at together: their arrays stay in the processor's second cache.
_PAIRS: Final = 1 << 17

# Two distances that differ by no more are a tie: centroids carry float noise. [m]
_TIE: Final = 1e-6

# As many more neighbours than are wanted are looked at where there are ties.
_RING: Final = 10

# Where more of some rows than this share have ties, all are asked for some more at once.
_MANY_TIES: Final = 0.2
_SAMPLE: Final = 200

# Cells per side of the city, at most: their numbers stay far below the largest integer.
_MOST_CELLS: Final = 1 << 20


class NeighbourSearch(Protocol):
    """Rows of the matrix of weights, found when they are wanted.

    `order` lists the areas so that neighbours lie close together; rows and columns are numbered by it. `bounds`
    cuts the rows into blocks that are worth a thread's while.
    """

    @property
    def order(self) -> Positions:
        """Positions of the areas, row by row."""

    @property
    def bounds(self) -> tuple[tuple[int, int], ...]:
        """Start and stop of each block of rows."""

    def block(self, start: int, stop: int) -> csr_array:
        """Return the weights of rows start to stop, shape (stop - start, n_areas); 1 for the area itself.

        Areas where nobody lives may be left out.
        """


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WithinDistance:
    """All areas within the reach of a kernel: candidates come from the cells around, row by row of cells.

    `x`, `y` [m] and `key`, the number of the cell, are in `order`. `spans` are the rows of cells to look at:
    how many rows up, and how many cells to either side.
    """

    order: Positions
    bounds: tuple[tuple[int, int], ...]
    x: Floats
    y: Floats
    key: Positions
    row_length: int
    spans: tuple[tuple[int, int], ...]
    kernel: Kernel

    def __repr__(self) -> str:
        return f"WithinDistance({len(self.order)} areas, {self.kernel})"

    def block(self, start: int, stop: int) -> csr_array:
        """Return the weights of rows start to stop, shape (stop - start, n_areas)."""
        first, length = self._runs(self.key[start:stop])
        ends = np.cumsum(length.ravel())
        column = np.arange(ends[-1])
        column += np.repeat(first.ravel() - ends + length.ravel(), length.ravel())
        candidates = length.sum(axis=1)
        squared = self.x.take(column)
        squared -= np.repeat(self.x[start:stop], candidates)
        squared *= squared
        across = self.y.take(column)
        across -= np.repeat(self.y[start:stop], candidates)
        across *= across
        squared += across
        inside = np.flatnonzero(squared <= self.kernel.reach**2)
        pointer = np.zeros(stop - start + 1, dtype=np.int32)
        pointer[1:] = np.searchsorted(inside, np.cumsum(candidates))
        weight = squared.take(inside)
        weight /= (self.kernel.bandwidth or 1.0) ** 2
        column = column.take(inside).astype(np.int32)
        return csr_array((self.kernel.weigh(weight), column, pointer), shape=(stop - start, len(self.order)))

    def _runs(self, key: Positions) -> tuple[Positions, Positions]:
        """Return first position and length of the run of candidates in each row of cells, (n, n_spans)."""
        first = np.empty((len(key), len(self.spans)), dtype=np.int64)
        length = np.empty_like(first)
        for column, (up, aside) in enumerate(self.spans):
            here = key + up * self.row_length
            first[:, column] = np.searchsorted(self.key, here - aside, side="left")
            length[:, column] = np.searchsorted(self.key, here + aside, side="right")
        length -= first
        return first, length


def within_distance(places: Places, kernel: Kernel) -> WithinDistance:
    """Prepare the search for all areas within the reach of a kernel.

    Parameters
    ----------
    places : Places, shape (n_areas,)
        A point per area. [m]
    kernel : Kernel
        With a bandwidth.

    Returns
    -------
    WithinDistance

    Notes
    -----
    Cells have the side of the reach, or half or a quarter of it where many areas lie within it: smaller cells
    follow the circle more closely, at the price of more rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial.segregation.environments.kernels import make_kernel
    >>> row = Places(area_id=pd.RangeIndex(3), x=np.array([0.0, 60.0, 150.0]), y=np.zeros(3))
    >>> search = within_distance(row, make_kernel("box", bandwidth=100.0))
    >>> search.block(0, 3).toarray().tolist()
    [[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]]
    """
    n_areas = len(places.x)
    extent = max(float(np.ptp(places.x)), float(np.ptp(places.y)), 1e-9)
    reach = min(kernel.reach, 2 * extent)
    width, height = max(float(np.ptp(places.x)), reach), max(float(np.ptp(places.y)), reach)
    expected = n_areas * math.pi * reach**2 / (width * height)
    parts = 1 if expected < 20 else 2 if expected < 600 else 4
    side = max(reach / parts * (1 + 1e-9), extent / _MOST_CELLS)
    spans = []
    for up in range(-parts, parts + 1):
        # The nearest side of a row of cells is one row nearer than the row.
        gap = max(abs(up) - 1, 0) * side
        spans.append((up, math.ceil(math.sqrt(max(reach**2 - gap**2, 0.0)) / side)))
    key, row_length = _cells(places, side, parts)
    order = np.argsort(key, kind="stable")
    search = WithinDistance(
        order=order,
        bounds=(),
        x=places.x[order],
        y=places.y[order],
        key=key[order],
        row_length=row_length,
        spans=tuple(spans),
        kernel=kernel,
    )
    some = search.key[:: max(n_areas // 1000, 1)]
    candidates = search._runs(some)[1].sum() / len(some)
    return WithinDistance(
        order=order,
        bounds=row_blocks(n_areas, candidates),
        x=search.x,
        y=search.y,
        key=search.key,
        row_length=row_length,
        spans=search.spans,
        kernel=kernel,
    )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Nearest:
    """The nearest inhabited areas of each area, itself included; ties go to the smaller area id.

    `neighbours` is their number without the area itself; around an uninhabited area one more takes its place.
    `points` [m] and `rank`, the place of each area in the order of the ids, are in `order`; `inhabited` are
    positions in it, those of the points in the `tree`, None when all areas are inhabited. `beyond` is how many
    more than are wanted are looked at, to see ties. A kernel without bandwidth takes the distance to the last
    neighbour.
    """

    order: Positions
    bounds: tuple[tuple[int, int], ...]
    points: Floats
    rank: Positions
    tree: KDTree
    neighbours: int
    kernel: Kernel
    beyond: int = 1
    inhabited: Positions | None = None

    def __repr__(self) -> str:
        return f"Nearest({len(self.order)} areas, {self.neighbours} neighbours, {self.kernel})"

    def block(self, start: int, stop: int) -> csr_array:
        """Return the weights of rows start to stop, shape (stop - start, n_areas)."""
        distance, column = self._nearest(np.arange(start, stop))
        inside = distance <= self.kernel.reach
        pointer = np.zeros(stop - start + 1, dtype=np.int32)
        pointer[1:] = np.cumsum(np.count_nonzero(inside, axis=1))
        if self.kernel.bandwidth is None:
            bandwidth = distance.max(axis=1, keepdims=True)
            bandwidth[bandwidth == 0] = 1.0
            distance /= bandwidth
        else:
            distance /= self.kernel.bandwidth or 1.0
        distance *= distance
        if not inside.all():
            distance, column = distance[inside], column[inside]
        weight = self.kernel.weigh(distance.ravel())
        shape = (stop - start, len(self.order))
        return csr_array((weight, column.ravel().astype(np.int32), pointer), shape=shape)

    def among(self, inhabited: NDArray[np.bool_]) -> Nearest:
        """Return the same search with other areas that may be neighbours, one of them at least.

        Parameters
        ----------
        inhabited : array of bool, shape (n_areas,)
            Whether somebody lives there, in the order of the places.

        Returns
        -------
        Nearest
        """
        chosen = np.flatnonzero(inhabited[self.order])
        found = replace(
            self,
            tree=_tree(self.points[chosen]),
            neighbours=min(self.neighbours, len(chosen) - 1),
            inhabited=chosen,
        )
        return found._looking_further()

    def _looking_further(self) -> Nearest:
        """Return the same search, which looks at more than one neighbour beyond where ties are many."""
        wanted = self.neighbours + 1
        if wanted == self.tree.n:
            return self
        some = np.linspace(0, len(self.order) - 1, min(_SAMPLE, len(self.order))).astype(np.int64)
        distance, _ = self._query(some, wanted + 1)
        tied = np.count_nonzero(distance[:, wanted] - distance[:, wanted - 1] <= _TIE)
        return replace(self, beyond=_RING // 2) if tied > _MANY_TIES * len(some) else self

    def _nearest(self, rows: Positions) -> tuple[Floats, Positions]:
        """Return distance and column of each row's area itself and its neighbours, (n_rows, neighbours + 1)."""
        wanted, most = self.neighbours + 1, self.tree.n
        distance, column = self._query(rows, min(wanted + self.beyond, most))
        if wanted == most:
            return distance, column
        tied = np.flatnonzero(distance[:, wanted] - distance[:, wanted - 1] <= _TIE)
        if len(tied):
            chosen = self._untie(rows[tied], distance[tied], column[tied])
            distance[tied, :wanted], column[tied, :wanted] = chosen
        return np.ascontiguousarray(distance[:, :wanted]), np.ascontiguousarray(column[:, :wanted])

    def _untie(self, rows: Positions, distance: Floats, column: Positions) -> tuple[Floats, Positions]:
        """Choose among areas at the same distance: the area itself first, the others by their id."""
        wanted, most, width = self.neighbours + 1, self.tree.n, distance.shape[1]
        last = distance[:, [wanted - 1]]
        # Nearer ones are in, whoever they are; of those at the last distance the smaller ids; the order is free.
        sure = int(np.count_nonzero(distance < last - _TIE, axis=1).min())
        apart, other = distance[:, sure:], column[:, sure:]
        place = self.rank[other]
        place[apart < last - _TIE] -= len(self.order)
        place[apart > last + _TIE] += len(self.order)
        place[other == rows[:, None]] = -2 * len(self.order)
        choice = np.argpartition(place, wanted - sure - 1, axis=1)[:, : wanted - sure]
        found = np.empty((len(rows), wanted)), np.empty((len(rows), wanted), dtype=np.int64)
        for chosen, sorted_out in zip(found, (distance, column), strict=True):
            chosen[:, :sure] = sorted_out[:, :sure]
            chosen[:, sure:] = np.take_along_axis(sorted_out[:, sure:], choice, axis=1)
        # Where the last that was asked for is as near, others may be, too.
        again = np.flatnonzero(distance[:, -1] - last[:, 0] <= _TIE)
        if width < most and len(again):
            wider = self._query(rows[again], min(wanted + 2 * (width - wanted) + _RING, most))
            found[0][again], found[1][again] = self._untie(rows[again], *wider)
        return found

    def _query(self, rows: Positions, number: int) -> tuple[Floats, Positions]:
        distance, column = self.tree.query(self.points[rows], k=number)
        if self.inhabited is not None:
            column = self.inhabited[column]
        return np.reshape(distance, (len(rows), number)), np.reshape(column, (len(rows), number))


def nearest(places: Places, neighbours: int, kernel: Kernel) -> Nearest:
    """Prepare the search for the nearest areas, as if all were inhabited; see `Nearest.among`.

    Parameters
    ----------
    places : Places, shape (n_areas,)
        A point per area. [m]
    neighbours : int
        Neighbours of each area, without itself; less than the number of areas.
    kernel : Kernel
        With or without a bandwidth; neighbours beyond its reach do not count.

    Returns
    -------
    Nearest

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial.segregation.environments.kernels import make_kernel
    >>> row = Places(area_id=pd.Index(["a", "c", "b"]), x=np.array([0.0, 60.0, -60.0]), y=np.zeros(3))
    >>> search = nearest(row, 1, make_kernel("box", bandwidth=None))
    >>> row.area_id[search.order[search.block(0, 3)[[0]].indices]].tolist()  # of "a": "b" comes before "c"
    ['a', 'b']
    """
    n_areas = len(places.x)
    spread = max(float(np.ptp(places.x)), float(np.ptp(places.y)), 1e-9)
    key, _ = _cells(places, max(spread * 4 / math.sqrt(n_areas), spread / _MOST_CELLS), 0)
    order = np.argsort(key, kind="stable")
    points = np.column_stack([places.x[order], places.y[order]])
    search = Nearest(
        order=order,
        bounds=row_blocks(n_areas, neighbours + 2),
        points=points,
        rank=np.argsort(places.by_id())[order],
        tree=_tree(points),
        neighbours=neighbours,
        kernel=kernel,
    )
    return search._looking_further()


def row_blocks(n_areas: int, candidates: float) -> tuple[tuple[int, int], ...]:
    """Cut the rows into blocks of about as many pairs as are worth looking at together."""
    size = int(np.clip(_PAIRS / max(candidates, 1.0), 1, 2000))
    return tuple((start, min(start + size, n_areas)) for start in range(0, n_areas, size))


def _cells(places: Places, side: float, margin: int) -> tuple[Positions, int]:
    """Return the cell of each area, counted row by row with empty cells between the rows, and their length."""
    column = ((places.x - places.x.min()) / side).astype(np.int64)
    row = ((places.y - places.y.min()) / side).astype(np.int64)
    row_length = int(column.max()) + 2 * margin + 1
    return row * row_length + column + margin, row_length


def _tree(points: Floats) -> KDTree:
    """Return a tree that is asked once or twice for some dozen neighbours: quick to make, with large leaves."""
    return KDTree(points, leafsize=16, balanced_tree=False, compact_nodes=False)
