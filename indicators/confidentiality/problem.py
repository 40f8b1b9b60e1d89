"""The problem to solve: true values, relations, what an attacker knows, and what he must still believe possible."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

__all__ = ["Problem"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """What is to be protected; all arrays have one entry per column of `matrix`.

    Attributes
    ----------
    matrix : csr_array
        Relations: every set of values x that an attacker has to consider fulfils matrix @ (x - value) = 0.
    value : ndarray of float
        The truth.
    shown_low, shown_high : ndarray of float
        What is known of a value when it is published: itself, or more when it is rounded.
    least, most : ndarray of float
        What is known of it when it is withheld.
    must_reach, must_fall : ndarray of float
        Numbers that must remain possible for a sensitive value; infinite where there is no such demand.
    width : ndarray of float
        How wide the interval must be that remains possible for a sensitive or withheld value.
    sensitive, withheld, eligible : ndarray of bool
        Needs protection; withheld from the start; may be withheld besides.
    usefulness : ndarray of float
        What it costs to withhold a value.
    is_whole : ndarray of bool
        Counts, which are whole numbers.
    reason : ndarray of str
        Why a value is sensitive: count, complement, dominance, top, publisher; empty when it is not.
    public_zeros : ndarray of bool
        Zeros that are shown, unless they say that everybody is somewhere else.
    group : ndarray of int
        Number of each value's indicator; -1 for remainders.
    n_cells : int
        How many of the columns are values of the table; the others are remainders nobody publishes.
    """

    matrix: csr_array
    value: NDArray[np.float64]
    shown_low: NDArray[np.float64]
    shown_high: NDArray[np.float64]
    least: NDArray[np.float64]
    most: NDArray[np.float64]
    must_reach: NDArray[np.float64]
    must_fall: NDArray[np.float64]
    width: NDArray[np.float64]
    sensitive: NDArray[np.bool_]
    withheld: NDArray[np.bool_]
    eligible: NDArray[np.bool_]
    usefulness: NDArray[np.float64]
    is_whole: NDArray[np.bool_]
    reason: NDArray[np.object_]
    public_zeros: NDArray[np.bool_]
    group: NDArray[np.int64]
    n_cells: int

    def __len__(self) -> int:
        return len(self.value)

    def __repr__(self) -> str:
        return (
            f"Problem({len(self)} values, {self.matrix.shape[0]} relations, "
            f"{int(self.sensitive.sum())} sensitive)"
        )

    def part(self, columns: NDArray[np.int64]) -> Problem:
        """Return the problem of some columns; relations keep their other members as published."""
        inside = self.matrix[:, columns].tocsr()
        rows = np.flatnonzero(np.diff(inside.indptr))
        names = (
            "value", "shown_low", "shown_high", "least", "most", "must_reach", "must_fall", "width", "sensitive",
            "withheld", "eligible", "usefulness", "is_whole", "reason", "public_zeros", "group",
        )  # fmt: skip
        return replace(
            self,
            matrix=inside[rows],
            n_cells=int((columns < self.n_cells).sum()),
            **{name: getattr(self, name)[columns] for name in names},
        )

    def owner(self, column: int) -> int:
        """Return the value of the table that a column is, or is the rest of the whole of."""
        if column < self.n_cells:
            return column
        relation = self.matrix[:, [column]].tocoo().row[:1]
        members = self.matrix[relation].tocoo()
        inside = members.col < self.n_cells
        parts = members.col[inside & (members.data > 0)]
        return int(parts[0]) if len(parts) else int(members.col[inside][0])

    def relent(self, columns: NDArray[np.int64]) -> Problem:
        """Return the problem in which, of these columns, zeros may be withheld, and a withheld value may be a zero."""
        chosen = np.zeros(len(self), dtype=bool)
        chosen[columns] = True
        eligible = self.eligible | (self.public_zeros & chosen)
        is_count = (np.arange(len(self)) < self.n_cells) & (self.reason != "top")
        return replace(
            self,
            eligible=eligible,
            least=np.where(chosen & is_count & (eligible | self.withheld), 0.0, self.least),
            public_zeros=self.public_zeros & ~chosen,
        )

    def fall(self, hidden: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return how far each value could lie below the truth for all that is known of it alone."""
        return self.value - np.where(hidden, self.least, self.shown_low)

    def rise(self, hidden: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return how far each value could lie above the truth for all that is known of it alone."""
        return np.where(hidden, self.most, self.shown_high) - self.value

    def demands(
        self, hidden: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return how far each value must be able to rise, to fall, and how wide both together must be."""
        up = np.where(self.sensitive, np.maximum(self.must_reach - self.value, 0.0), 0.0)
        down = np.where(self.sensitive, np.maximum(self.value - self.must_fall, 0.0), 0.0)
        inside = np.arange(len(self)) < self.n_cells
        return up, down, np.where(self.sensitive | (hidden & inside), self.width, 0.0)
