"""Is the neighbourhood of an area unusual, were the needs of all others dealt out anew? The draws, and their ranks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from spatial.regions.opinions.subject import Floats, Integers
from spatial.segregation.inference.streams import CHUNK, blocks_of_replicates, stream
from spatial.segregation.threads import in_threads, thread_count

__all__ = ["conditional_ranks"]

# Sums that are equal but for the order of summation are ties.
_TIE = 1e-10

# Small cities spend their time in the interpreter, which threads only wait for.
_WORTH_THREADS = 5_000


def conditional_ranks(
    value: Floats, links: csr_array, *, replicates: int, seed: int, workers: int | None
) -> tuple[Integers, Integers]:
    """Count the draws in which the neighbours of an area sum up to at least, and to at most, what they do.

    An area keeps its own value, and gets as many neighbours as it has, drawn without replacement from all other areas.

    Parameters
    ----------
    value : array of float, shape (n_areas,)
        Finite values.
    links : sparse array of ones, shape (n_areas, n_areas)
        Neighbours of each area, without the area itself.
    replicates : int
        Draws per area.
    seed : int
        Where the random numbers start. The first 99 of 999 replicates are those of 99.
    workers : int, optional
        Threads; None takes all processors. The result does not depend on them.

    Returns
    -------
    tuple of array of int, shape (n_areas,)
        Draws at least as high, and draws at most as high. All draws for areas without neighbours.

    Notes
    -----
    One random permutation of all values serves every area once: area i takes the values at k places, which are i
    shifted by k numbers that are drawn anew for every block of permutations. Any k places of a random permutation hold
    a draw without replacement; an area that meets itself takes the value at one more place instead, which makes it a
    draw from the others. Two areas have a value in common as rarely as two independent draws, so the error of
    simulation is each area's own, unlike where all areas share one set of draws. Sums are taken along the areas, with
    the same number of neighbours together, and only their ranks are kept.

    Examples
    --------
    Of three areas in a row the middle one has both others as neighbours: every draw gives what there is.

    >>> row = csr_array(np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], dtype=np.int8))
    >>> above, below = conditional_ranks(np.array([1.0, 2.0, 4.0]), row, replicates=99, seed=1, workers=1)
    >>> int(above[1]), int(below[1])
    (99, 99)
    """
    degree = np.diff(links.indptr)
    order = np.argsort(degree, kind="stable")
    sums = np.asarray(links @ value)[order]
    tie = _TIE * float(np.abs(value).max(initial=0.0)) * np.maximum(degree[order], 1)
    draws = _Draws(
        value=value[order],
        classes=_classes(degree[order]),
        low=sums - tie,
        high=sums + tie,
    )
    chunks = range(-(-replicates // CHUNK))
    threads = min(thread_count(workers), len(chunks)) if len(value) >= _WORTH_THREADS else 1

    def run(thread: int) -> NDArray[np.int64]:
        found = np.zeros((2, len(value)), dtype=np.int64)
        for chunk in chunks[thread::threads]:
            draws.count(stream(seed, chunk), min(CHUNK, replicates - chunk * CHUNK), found)
        return found

    total = np.sum(in_threads(run, range(threads), threads), axis=0)
    total[:, : np.count_nonzero(degree == 0)] = replicates
    counts = np.empty_like(total)
    counts[:, order] = total
    return counts[0], counts[1]


def _classes(degree: Integers) -> list[tuple[int, slice]]:
    """Return each number of neighbours above 0, and where the areas that have it lie among the sorted."""
    number, start, size = np.unique(degree, return_index=True, return_counts=True)
    return [
        (k, slice(begin, begin + length))
        for k, begin, length in zip(number.tolist(), start.tolist(), size.tolist(), strict=True)
        if k
    ]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Draws:
    """Values by rising number of neighbours, the classes of equal number, and between what a sum is a tie."""

    value: Floats
    classes: list[tuple[int, slice]]
    low: Floats
    high: Floats

    def count(self, rng: np.random.Generator, wanted: int, found: NDArray[np.int64]) -> None:
        """Draw a chunk of permutations and add the ranks to what was found."""
        n_areas = len(self.value)
        most = max((k for k, _ in self.classes), default=0)
        for block in blocks_of_replicates(wanted, n_areas, spatial=False):
            size = block.stop - block.start
            # Each permutation twice in a row: a shift beyond the end goes on at the beginning.
            holder = np.empty((size, 2 * n_areas), dtype=np.int32)
            for row in holder:
                row[:n_areas] = rng.permutation(n_areas)
            holder[:, n_areas:] = holder[:, :n_areas]
            drawn = self.value[holder]
            shift = rng.choice(n_areas, min(most + 1, n_areas), replace=False).tolist()
            used = min(size, wanted - block.start)
            for k, areas in self.classes:
                sums = self._sums(drawn[:used], holder[:used], shift, k, areas)
                found[0, areas] += np.count_nonzero(sums >= self.low[areas], axis=0)
                found[1, areas] += np.count_nonzero(sums <= self.high[areas], axis=0)

    def _sums(
        self, drawn: Floats, holder: NDArray[np.int32], shift: list[int], k: int, areas: slice
    ) -> Floats:
        """Return the sum of the k values that each area of a class draws, shape (n_permutations, n_areas)."""
        own = np.arange(areas.start, areas.stop, dtype=np.int32)
        places = [slice(areas.start + by, areas.stop + by) for by in shift[: k + 1]]
        sums = drawn[:, places[0]].copy()
        for place in places[1:k]:
            sums += drawn[:, place]
        for place in places[:k]:
            row, column = np.nonzero(holder[:, place] == own)
            if len(row):
                sums[row, column] += drawn[row, areas.start + column + shift[k]] - self.value[own[column]]
        return sums
