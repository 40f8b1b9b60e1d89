"""How many people of each group live around each area? Weighted sums over neighbours, for many counts at once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from spatial.segregation.counts import Floats
from spatial.segregation.environments.neighbour_search import Nearest, NeighbourSearch
from spatial.segregation.threads import in_threads

__all__ = [
    "KnownSums",
    "LocalSums",
    "LocalTerm",
    "NearestSums",
    "NeighbourSums",
    "OwnSums",
    "add_up",
    "mean_neighbours",
    "neighbour_sums",
]

LocalTerm: TypeAlias = Callable[[Floats, Floats, slice], Floats]
"""Environments and own counts of some areas, both (n_replicates, n_groups, n_some), and the slice of replicates,
to the sum over these areas, (n_replicates, …)."""

# Kept: at most so many neighbours per area on average, and so many pairs (600 MB). Otherwise they are found anew.
_MOST_NEIGHBOURS: Final = 100
_MOST_PAIRS: Final = 50_000_000

# Columns that are multiplied together: what a kept matrix does best, and what makes a new search worth while.
_COLUMNS_KEPT: Final = 32
_COLUMNS_STREAMED: Final = 256
_COLUMN_VALUES: Final = 1 << 24

# Areas and replicates that a term looks at together where nothing else says so.
_AREAS: Final = 1 << 12
_REPLICATES: Final = 8


class LocalSums(Protocol):
    """An operator from counts to the counts of the local environments, made once, applied many times."""

    def sums(self, counts: Floats) -> Floats:
        """Return the weighted sum of each area's environment, shape (…, n_groups, n_areas) as the counts."""

    def total(self, counts: Floats, term: LocalTerm) -> Floats:
        """Add up a term over all areas, for counts of shape (n_replicates, n_groups, n_areas)."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class OwnSums:
    """Every area is its own environment: what a bandwidth of 0 means."""

    def __repr__(self) -> str:
        return "OwnSums()"

    def sums(self, counts: Floats) -> Floats:
        """Return the counts themselves, in a new array."""
        return np.array(counts)

    def total(self, counts: Floats, term: LocalTerm) -> Floats:
        """Add up a term over all areas."""
        return add_up(counts, counts, term)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class KnownSums:
    """The environments of one table of counts, shape (n_groups, n_areas), found before, for several measures."""

    environment: Floats

    def __repr__(self) -> str:
        return f"KnownSums({len(self.environment)} groups, {self.environment.shape[-1]} areas)"

    def sums(self, counts: Floats) -> Floats:
        """Return the environments that are known, in the shape of the counts."""
        return self.environment.reshape(counts.shape)

    def total(self, counts: Floats, term: LocalTerm) -> Floats:
        """Add up a term over all areas."""
        return add_up(self.sums(counts), counts, term)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class NeighbourSums:
    """Sums over neighbours that were searched for; `kept` are the blocks of the matrix, empty when streamed.

    The blocks, and with them the order of summation, do not depend on the number of workers.
    """

    search: NeighbourSearch
    kept: tuple[csr_array, ...] = field(default=())
    workers: int | None = None

    def __repr__(self) -> str:
        return f"NeighbourSums({self.search}, {'kept' if self.kept else 'streamed'})"

    def sums(self, counts: Floats) -> Floats:
        """Return the weighted sum of each area's environment, shape (…, n_groups, n_areas) as the counts."""
        flat = counts.reshape(-1, counts.shape[-1])
        found = np.empty_like(flat, dtype=np.float64)
        blocks, order = range(len(self.search.bounds)), self.search.order
        for columns in self._slices(len(flat), 1):
            values = self._ordered(flat[columns])
            parts = in_threads(partial(self._product, values), blocks, self.workers)
            for (start, stop), part in zip(self.search.bounds, parts, strict=True):
                found[columns, order[start:stop]] = part.T
        return found.reshape(counts.shape)

    def total(self, counts: Floats, term: LocalTerm) -> Floats:
        """Add up a term over all areas, for counts of shape (n_replicates, n_groups, n_areas)."""
        replicates = self._slices(*counts.shape[:2])
        if self.kept and len(replicates) > 1:
            # Threads take replicates; otherwise they take blocks of rows. The sums are the same.
            parts = in_threads(lambda some: self._total(counts, some, term, 1), replicates, self.workers)
        else:
            parts = [self._total(counts, some, term, self.workers) for some in replicates]
        return np.concatenate(parts)

    def _total(self, counts: Floats, some: slice, term: LocalTerm, workers: int | None) -> Floats:
        chosen = counts[some]
        values = self._ordered(chosen.reshape(-1, counts.shape[-1]))

        def part(block: int) -> Floats:
            start, stop = self.search.bounds[block]
            shape = (*chosen.shape[:2], stop - start)
            around = np.ascontiguousarray(self._product(values, block).T).reshape(shape)
            return term(around, np.ascontiguousarray(values[start:stop].T).reshape(shape), some)

        return np.asarray(np.sum(in_threads(part, range(len(self.search.bounds)), workers), axis=0))

    def _product(self, values: Floats, block: int) -> Floats:
        weights = self.kept[block] if self.kept else self.search.block(*self.search.bounds[block])
        return np.asarray(weights @ values)

    def _ordered(self, flat: Floats) -> Floats:
        """Return the counts (n_columns, n_areas) as (n_areas, n_columns), in the order of the search."""
        return np.ascontiguousarray(flat.T)[self.search.order]

    def _slices(self, n_replicates: int, n_groups: int) -> list[slice]:
        most = _COLUMNS_KEPT if self.kept else _COLUMNS_STREAMED
        size = max(min(most, _COLUMN_VALUES // len(self.search.order)) // n_groups, 1)
        return [slice(start, min(start + size, n_replicates)) for start in range(0, n_replicates, size)]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class NearestSums:
    """Sums over the nearest inhabited areas: which these are depends on the counts.

    `search` takes all areas for inhabited, with `mean` of them in an environment. `made` holds the operator for
    the areas that were inhabited last, since replicates mostly have residents in the same areas; where they do
    not, each is searched anew.
    """

    search: Nearest
    mean: float
    workers: int | None = None
    made: dict[bytes, LocalSums] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"NearestSums({self.search})"

    def sums(self, counts: Floats) -> Floats:
        """Return the weighted sum of each area's environment, shape (…, n_groups, n_areas) as the counts."""
        tables = counts.reshape(-1, *counts.shape[-2:])
        found = np.empty_like(tables, dtype=np.float64)
        for some, around in self._parts(tables):
            found[some] = around.sums(tables[some])
        return found.reshape(counts.shape)

    def total(self, counts: Floats, term: LocalTerm) -> Floats:
        """Add up a term over all areas, for counts of shape (n_replicates, n_groups, n_areas)."""
        totals = []
        for some, around in self._parts(counts):

            def shifted(around: Floats, own: Floats, part: slice, start: int = some.start) -> Floats:
                return term(around, own, slice(start + part.start, start + part.stop))

            totals.append(around.total(counts[some], shifted))
        return np.concatenate(totals)

    def _parts(self, counts: Floats) -> Iterator[tuple[slice, LocalSums]]:
        """Yield replicates, one after the other, in which the same areas are inhabited, and their operator."""
        inhabited = np.asarray(counts.any(axis=1))
        begins = 1 + np.flatnonzero((inhabited[1:] != inhabited[:-1]).any(axis=1))
        edges = [0, *begins.tolist(), len(counts)]
        for start, stop in itertools.pairwise(edges):
            yield slice(start, stop), self._among(inhabited[start])

    def _among(self, inhabited: NDArray[np.bool_]) -> LocalSums:
        key = np.packbits(inhabited).tobytes()
        around = self.made.get(key)
        if around is None:
            if inhabited.all():
                around = neighbour_sums(self.search, mean=self.mean, workers=self.workers)
            elif inhabited.any():
                around = neighbour_sums(self.search.among(inhabited), mean=self.mean, workers=self.workers)
            else:
                around = OwnSums()
            self.made.clear()
            self.made[key] = around
        return around


def neighbour_sums(
    search: NeighbourSearch, *, mean: float | None = None, workers: int | None = None
) -> NeighbourSums:
    """Make the operator of a search, and keep its matrix when that is small.

    Parameters
    ----------
    search : NeighbourSearch
        Finds the weights of some rows.
    mean : float, optional
        Mean number of areas in an environment. Default: found in a sample.
    workers : int, optional
        Threads. Default: as many as the machine offers.

    Returns
    -------
    NeighbourSums
        With the matrix when there are at most 100 neighbours per area and 50 million pairs; otherwise the
        neighbours are found anew whenever they are wanted, and memory does not grow with their number.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial.segregation.environments.kernels import make_kernel
    >>> from spatial.segregation.environments.neighbour_search import within_distance
    >>> from spatial.segregation.places import Places
    >>> row = Places(area_id=pd.RangeIndex(3), x=np.array([0.0, 60.0, 150.0]), y=np.zeros(3))
    >>> around = neighbour_sums(within_distance(row, make_kernel("box", bandwidth=100.0)))
    >>> around.sums(np.array([[1.0, 10.0, 100.0]])).tolist()
    [[11.0, 111.0, 110.0]]
    """
    mean = mean_neighbours(search) if mean is None else mean
    kept: tuple[csr_array, ...] = ()
    if mean <= _MOST_NEIGHBOURS and mean * len(search.order) <= _MOST_PAIRS:
        kept = tuple(in_threads(lambda rows: search.block(*rows), search.bounds, workers))
    return NeighbourSums(search=search, kept=kept, workers=workers)


def mean_neighbours(search: NeighbourSearch) -> float:
    """Return the mean number of areas in an environment, itself included, found in a sample of 500 rows."""
    n_areas = len(search.order)
    starts = np.unique(np.linspace(0, max(n_areas - 10, 0), 50).astype(np.int64))
    rows = [(int(start), min(int(start) + 10, n_areas)) for start in starts]
    return sum(search.block(*some).nnz for some in rows) / sum(stop - start for start, stop in rows)


def add_up(around: Floats, counts: Floats, term: LocalTerm) -> Floats:
    """Add up a term over all areas whose environments are known, both (n_replicates, n_groups, n_areas)."""
    totals = []
    for first in range(0, len(counts), _REPLICATES):
        some = slice(first, min(first + _REPLICATES, len(counts)))
        parts = [
            term(around[some, :, start : start + _AREAS], counts[some, :, start : start + _AREAS], some)
            for start in range(0, counts.shape[-1], _AREAS)
        ]
        totals.append(np.sum(parts, axis=0))
    return np.concatenate(totals)
