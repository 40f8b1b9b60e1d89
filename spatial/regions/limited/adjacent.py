"""Who lies next to each area, and what the border with each neighbour costs: for searches that go from area to area."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spatial.regions.cuts.objective import Objective

__all__ = ["Adjacent"]

# Numbers below this take 16 bits, in which they are sorted ten times as fast.
_SHORT = 2**16


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Adjacent:
    """Every border from both of its sides, area by area.

    The neighbours of an area are `other` from its `start` to the next, and the borders with them cost `price`
    [persons × index points]; `one` is the area itself.
    """

    one: NDArray[np.int64]
    other: NDArray[np.int64]
    price: NDArray[np.float64]
    start: NDArray[np.int64]

    @classmethod
    def of(cls, objective: Objective) -> Adjacent:
        """Sort the borders of an objective by area, those of one area as they come."""
        n_areas = len(objective.people)
        ends = np.concatenate([objective.first, objective.second])
        order = np.argsort(ends.astype(np.uint16) if n_areas < _SHORT else ends, kind="stable")
        return cls(
            one=ends[order],
            other=np.concatenate([objective.second, objective.first])[order],
            price=np.concatenate([objective.price, objective.price])[order],
            start=np.concatenate([[0], np.cumsum(np.bincount(ends, minlength=n_areas))]),
        )

    def __repr__(self) -> str:
        return f"Adjacent({len(self.start) - 1} areas, {len(self.one) // 2} borders)"

    def around(self, area: int) -> list[tuple[int, float]]:
        """Return the neighbours of an area, and what the borders with them cost.

        Examples
        --------
        >>> row = Objective(
        ...     area_id=np.array(["a", "b", "c"]), people=np.ones(3), weight=np.ones(3), strength=np.ones(3),
        ...     first=np.array([0, 1]), second=np.array([1, 2]), price=np.array([5.0, 7.0]),
        ...     held_in=np.zeros(3, bool), held_out=np.zeros(3, bool))
        >>> Adjacent.of(row).around(1)
        [(2, 7.0), (0, 5.0)]
        """
        here = slice(self.start[area], self.start[area + 1])
        return list(zip(self.other[here].tolist(), self.price[here].tolist(), strict=True))
