"""Areas that nest: every area but the top one has one parent, and counts of the children add up to the parent's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Nesting"]

Matrix = NDArray[np.int64]  # shape (n_areas, n_periods), all levels from the top down


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Nesting:
    """Which area lies in which, as positions: all levels one after the other, the single top area first.

    `parent`: position of the parent, -1 for the top. `level`: 0 at the top. `first`, `last`: the finest areas in an
    area are those from `first` up to, not including, `last`, counted among the finest ones.
    """

    parent: NDArray[np.int64]
    level: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    starts: tuple[int, ...]  # position at which each level begins, and the number of areas

    @classmethod
    def of(cls, parents: Sequence[NDArray[np.int64]]) -> Nesting:
        """Build it from the parents within each level: `parents[0]` is all zeros, each one rises along its level."""
        sizes = [1, *(len(level) for level in parents)]
        starts = np.concatenate([[0], np.cumsum(sizes)])
        parent = np.concatenate([[-1], *(level + starts[index] for index, level in enumerate(parents))])
        level = np.repeat(np.arange(len(sizes)), sizes)
        leaves = sizes[-1]
        first = [np.arange(leaves)]
        last = [np.arange(1, leaves + 1)]
        for above, count in zip(reversed(parents), reversed(sizes[:-1]), strict=True):
            if (np.diff(above) < 0).any() or not np.array_equal(np.unique(above), np.arange(count)):
                raise ValueError("children must follow their parents' order, and every parent needs a child")
            begin = np.searchsorted(above, np.arange(count), side="left")
            end = np.searchsorted(above, np.arange(count), side="right") - 1
            first.insert(0, first[0][begin])
            last.insert(0, last[0][end])
        return cls(
            parent=parent.astype(np.int64),
            level=level,
            first=np.concatenate(first),
            last=np.concatenate(last),
            starts=tuple(int(start) for start in starts),
        )

    @property
    def levels(self) -> int:
        """Number of levels."""
        return len(self.starts) - 1

    @property
    def leaves(self) -> slice:
        """Positions of the finest areas."""
        return slice(self.starts[-2], self.starts[-1])

    def at(self, level: int) -> slice:
        """Positions of one level."""
        return slice(self.starts[level], self.starts[level + 1])

    def sums_of_children(self, values: Matrix, level: int) -> Matrix:
        """Return the sums over the children of all areas of a level that is not the finest."""
        here = self.at(level)
        begins = np.searchsorted(self.parent[self.at(level + 1)], np.arange(here.start, here.stop))
        return np.add.reduceat(values[self.at(level + 1)], begins, axis=0)

    def add_up(self, finest: Matrix) -> Matrix:
        """Return the counts of all areas from those of the finest."""
        values = np.zeros((self.starts[-1], finest.shape[1]), dtype=np.int64)
        values[self.leaves] = finest
        for level in reversed(range(self.levels - 1)):
            values[self.at(level)] = self.sums_of_children(values, level)
        return values

    def between(self, area: int, ancestor: int) -> list[int]:
        """Return the area and its ancestors strictly below `ancestor`."""
        chain = []
        while area != ancestor:
            chain.append(area)
            area = int(self.parent[area])
        return chain
