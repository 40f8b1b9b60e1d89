"""What can be concluded from everything that is published together? The attacker's linear programmes, many at a time.

Values hang together through relations; what is withheld falls into independent components. One linear programme
answers one question in every component at once, and each answer is also a witness for all other values in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indicators.confidentiality.alone import Alone
from indicators.confidentiality.problem import Problem
from indicators.confidentiality.solver import linked, minimise, minimise_whole

__all__ = ["TINY", "Answer", "Attack", "ceiling_of"]

TINY = 1e-6
_BATCH = 15_000  # columns of one linear programme; independent components need not be solved together
_SEED = 20240101  # of the questions asked at random; the answers only ever prove that something is possible


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """How far one value can be moved, and by which relations that is limited.

    `extreme`: how far [same unit as the values], upwards positive. `rows` and `prices`: relations of the component
    and what each contributes to the limit. `is_whole`: whether whole numbers attain it.
    """

    column: int
    upwards: bool
    extreme: float
    rows: NDArray[np.int64]
    prices: NDArray[np.float64]
    is_whole: bool


class Attack:
    """An attacker who knows everything but what is withheld.

    `low` and `high` hold how far each value is known to be able to move (0 at first): intervals that remain possible
    for sure. They only ever grow, also when more is withheld.

    `alone`: whether every solution is also looked at for what each indicator can do alone from there (`Alone`), which
    pays for a single long attack, not for many short ones.
    """

    def __init__(
        self,
        problem: Problem,
        hidden: NDArray[np.bool_],
        *,
        before: Attack | None = None,
        alone: bool = False,
    ) -> None:
        self.problem, self.hidden = problem, hidden
        n = len(problem)
        self.low: NDArray[np.float64] = np.zeros(n) if before is None else before.low
        self.high: NDArray[np.float64] = np.zeros(n) if before is None else before.high
        self._rng: np.random.Generator = np.random.default_rng(_SEED) if before is None else before._rng
        self.programmes: int = 0 if before is None else before.programmes
        self.demands = problem.demands(hidden)
        ceiling = ceiling_of(problem)
        self.fall = np.minimum(problem.fall(hidden), ceiling)
        self.rise = np.minimum(problem.rise(hidden), ceiling)
        self.loose = np.flatnonzero((self.fall > TINY) | (self.rise > TINY))
        inside = problem.matrix[:, self.loose].tocsr()
        self._rows = np.flatnonzero(np.diff(inside.indptr))
        self._matrix = inside[self._rows]
        self.component, self._row_component = linked(self._matrix)
        self._position = np.full(n, -1, dtype=np.int64)
        self._position[self.loose] = np.arange(len(self.loose))
        self._alone = Alone(problem, self.loose) if alone else None
        self._look_around(np.zeros(n))

    def component_of(self, columns: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the component of each column; -1 for what is known."""
        place = self._position[columns]
        known = place < 0
        return np.where(
            known, -1, self.component[np.where(known, 0, place)] if len(self.component) else place
        )

    def lacking(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return how much is lacking, for all that is proven so far, above, below, and in width."""
        up, down, width = self.demands
        return (
            np.maximum(up - self.high, 0.0),
            np.maximum(down + self.low, 0.0),
            np.maximum(width - (self.high - self.low), 0.0),
        )

    def unproven(self) -> NDArray[np.int64]:
        """Return the values of which it is not proven that enough remains possible."""
        up, down, width = self.lacking()
        return np.flatnonzero((up > TINY) | (down > TINY) | (width > TINY))

    def explore(self, rounds: int, *, without: NDArray[np.int64] | None = None) -> None:
        """Ask at random, in the hope to prove most values safe with few questions; `without` are lost anyway.

        Every second question is the opposite of the one before: a value that rose in one is to fall in the other.
        """
        side = np.ones(len(self.problem))
        for number in range(rounds):
            side = -side if number % 2 else np.where(self._rng.uniform(size=len(side)) < 0.5, 1.0, -1.0)
            open_ = self.unproven() if without is None else np.setdiff1d(self.unproven(), without)
            open_ = open_[self._position[open_] >= 0]
            if not len(open_):
                return
            up, down, _ = self.lacking()
            sign = np.where(up[open_] > TINY, 1.0, np.where(down[open_] > TINY, -1.0, side[open_]))
            goal = np.zeros(len(self.loose))
            goal[self._position[open_]] = sign * self._rng.uniform(0.5, 1.5, size=len(open_))
            wanted = np.unique(self.component_of(open_))
            self._solve(goal, wanted)

    def settle(self, columns: NDArray[np.int64], *, calls: int, every: bool = False) -> Iterator[Answer]:
        """Find the exact extremes of values: one value of each component in every call, upwards, then downwards.

        A direction that has been proven meanwhile is not asked for, unless `every` one is wanted. Stops after so many
        calls.
        """
        component = dict(zip(columns.tolist(), self.component_of(columns).tolist(), strict=True))
        waiting = [(int(column), upwards) for column in columns for upwards in (True, False)]
        for _ in range(calls):
            up, down, width = self.lacking()
            waiting = [
                one for one in waiting if every or (up if one[1] else down)[one[0]] + width[one[0]] > TINY
            ]
            picked: dict[int, tuple[int, bool]] = {}
            for one in waiting:
                picked.setdefault(component[one[0]], one)
            known = picked.pop(-1, None)
            if known is not None:
                waiting = [one for one in waiting if self._position[one[0]] >= 0]
            if not picked:
                if known is None:
                    return
                continue
            yield from self._ask(picked)
            asked = set(picked.values())
            waiting = [one for one in waiting if one not in asked]

    def _ask(self, picked: dict[int, tuple[int, bool]]) -> Iterator[Answer]:
        goal = np.zeros(len(self.loose))
        for column, upwards in picked.values():
            goal[self._position[column]] = 1.0 if upwards else -1.0
        moves, prices, whole = self._solve(goal, np.array(sorted(picked)))
        for component, (column, upwards) in picked.items():
            rows = np.flatnonzero(self._row_component == component)
            yield Answer(
                column=column,
                upwards=upwards,
                extreme=float(moves[self._position[column]]),
                rows=self._rows[rows],
                prices=prices[rows],
                is_whole=bool(whole[component]),
            )

    def _solve(
        self, goal: NDArray[np.float64], wanted: NDArray[np.int64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
        """Maximise the goal in the wanted components; remember how far everything moved."""
        moves, prices = np.zeros(len(self.loose)), np.zeros(len(self._rows))
        size = np.bincount(self.component)
        whole = np.ones(len(size), dtype=bool)
        batch = np.full(len(size), -1)
        batch[wanted] = (np.cumsum(size[wanted]) - 1) // _BATCH
        for number in range(int(batch.max(initial=-1)) + 1):
            columns = np.flatnonzero(batch[self.component] == number)
            rows = np.flatnonzero(batch[self._row_component] == number)
            if not len(columns):
                continue
            at = self.loose[columns]
            self.programmes += 1
            found = minimise(
                -goal[columns], low=-self.fall[at], high=self.rise[at], equal=self._matrix[rows][:, columns]
            )
            if found is None:  # the truth is always possible: only numerical trouble leads here
                whole[self.component[columns]] = False
                continue
            moves[columns] = found.x
            prices[rows] = -found.prices
            broken = self.problem.is_whole[at] & (np.abs(found.x - np.round(found.x)) > TINY)
            whole[self.component[columns[broken]]] = False
        possible = np.where(whole[self.component], moves, 0.0)
        self.witness(self.loose, possible)
        if self._alone is not None:
            every = np.zeros(len(self.problem))
            every[self.loose] = np.where(self.problem.is_whole[self.loose], np.round(possible), possible)
            self._look_around(every)
        return moves, prices, whole

    def _look_around(self, moves: NDArray[np.float64]) -> None:
        """Remember what every indicator could do alone after these moves."""
        if self._alone is not None:
            low, high = self._alone.reach(self.fall + moves, self.rise - moves)
            self.low = np.minimum(self.low, moves + low)
            self.high = np.maximum(self.high, moves + high)

    def witness(self, columns: NDArray[np.int64], moves: NDArray[np.float64]) -> None:
        """Remember that these values can be moved like this, together."""
        near = np.where(self.problem.is_whole[columns], np.round(moves), moves)
        self.high[columns] = np.maximum(self.high[columns], near)
        self.low[columns] = np.minimum(self.low[columns], near)

    def whole_extreme(self, column: int, *, upwards: bool) -> float:
        """Return how far one value can be moved when all counts are whole numbers, by an integer programme."""
        place = self._position[column]
        if place < 0:
            return 0.0
        columns = np.flatnonzero(self.component == self.component[place])
        rows = np.flatnonzero(self._row_component == self.component[place])
        at = self.loose[columns]
        self.programmes += 1
        matrix = self._matrix[rows][:, columns]
        found = minimise_whole(
            np.where(at == column, -1.0 if upwards else 1.0, 0.0),
            low=-self.fall[at],
            high=self.rise[at],
            matrix=matrix,
            least=np.zeros(len(rows)),
            most=np.zeros(len(rows)),
            is_whole=self.problem.is_whole[at],
        )
        if found is None:
            return 0.0
        self.witness(at, found.x)
        return float(np.round(found.x[at == column][0], 6))


def ceiling_of(problem: Problem) -> float:
    """Return a distance farther than anybody would believe a value to lie from the truth.

    Parameters
    ----------
    problem : Problem
        Values and relations.

    Returns
    -------
    float
        Four times the largest value, and some more. [same unit as the values]
    """
    return 4.0 * float(np.abs(problem.value).max(initial=0.0)) + 1000.0
