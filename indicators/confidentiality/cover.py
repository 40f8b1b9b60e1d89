"""What must be withheld at the very least? Necessary conditions as an integer programme, and the limit it gives.

A withheld value needs another one in each of its relations, or it is what the others leave. And what a sensitive
value must be able to rise or fall has to be made up for by the others of the same relation. Whatever fulfils the
profile fulfils these conditions, so the least cost of fulfilling them is a lower bound for the cost of any protection.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from indicators.confidentiality.attack import TINY, Answer
from indicators.confidentiality.problem import Problem
from indicators.confidentiality.solver import minimise_whole

__all__ = ["Cover", "Cut", "Limits", "Solution", "cut_of"]

_PART = 0.3  # of a value that the relaxed programme withholds in part
_ENOUGH = 1e9  # a value without upper limit can make up for anything


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cut:
    """A condition on what is withheld: the sum of weight × withheld over `columns` is at least `need`.

    With `owner`, it holds only if that value is withheld.
    """

    columns: NDArray[np.int64]
    weights: NDArray[np.float64]
    need: float
    owner: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """What to withhold, its cost, and a cost below which nothing can do. `is_best`: within the gap asked for."""

    hidden: NDArray[np.bool_]
    cost: float
    lower_bound: float
    is_best: bool


class Cover:
    """The integer programme, to which conditions are added as attacks show what is lacking."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._columns = np.flatnonzero(problem.eligible)
        self._position = np.full(len(problem), -1, dtype=np.int64)
        self._position[self._columns] = np.arange(len(self._columns))
        self._switches = 0  # relations of which it is open whether anything in them is withheld
        self._row: list[NDArray[np.int64]] = []
        self._column: list[NDArray[np.int64]] = []
        self._weight: list[NDArray[np.float64]] = []
        self._need: list[float] = []
        _Conditions(problem, self).add_all()

    @property
    def conditions(self) -> int:
        """Number of conditions."""
        return len(self._need)

    def add(self, cut: Cut) -> None:
        """Add a condition on withheld values; what is withheld from the start counts as met."""
        place = self._position[cut.columns]
        fixed = self._problem.withheld[cut.columns]
        need = cut.need - float(cut.weights[fixed].sum())
        if need <= TINY:
            return
        usable = (place >= 0) & (cut.weights > TINY)
        if cut.owner is not None and not self._problem.withheld[cut.owner]:
            own = self._position[cut.owner]
            need -= float(cut.weights[place == own].sum())
            if need <= TINY:
                return
            usable &= place != own
            self._append(
                np.append(place[usable], own), np.append(np.minimum(cut.weights[usable], need), -need), 0.0
            )
            return
        if cut.weights[usable].sum() < need - TINY:
            return  # nothing helps: the value stays exposed, and is found to be
        self._append(place[usable], np.minimum(cut.weights[usable], need), need)

    def pairs(self, columns: NDArray[np.int64]) -> None:
        """Demand that of these values, none or at least two are withheld."""
        switch = len(self._columns) + self._switches
        self._switches += 1
        place = self._position[columns]
        self._append(np.append(place, switch), np.append(np.ones(len(place)), -2.0), 0.0)
        for one in place:
            self._append(np.array([one, switch]), np.array([-1.0, 1.0]), 0.0)

    def _append(self, column: NDArray[np.int64], weight: NDArray[np.float64], need: float) -> None:
        self._row.append(np.full(len(column), len(self._need), dtype=np.int64))
        self._column.append(column)
        self._weight.append(weight)
        self._need.append(need)

    def solve(self, *, gap: float, time_limit: float, relaxed: bool = False) -> Solution | None:
        """Return the cheapest choice within a relative gap; None when no choice was found in time.

        With `relaxed`, values may be withheld in part, which is much quicker: the limit is of use, and what is
        withheld for a good part (`_PART`) is worth an attack.
        """
        n, size = len(self._columns), len(self._columns) + self._switches
        cost = np.concatenate([self._problem.usefulness[self._columns], np.zeros(self._switches)])
        hidden = np.zeros(len(self._problem), dtype=bool)
        if not self._need:
            return Solution(hidden=hidden, cost=0.0, lower_bound=0.0, is_best=True)
        matrix = csr_array(
            coo_array(
                (np.concatenate(self._weight), (np.concatenate(self._row), np.concatenate(self._column))),
                shape=(len(self._need), size),
            )
        )
        found = minimise_whole(
            cost,
            low=np.zeros(size),
            high=np.ones(size),
            matrix=matrix,
            least=np.array(self._need),
            most=np.full(len(self._need), np.inf),
            is_whole=np.full(size, not relaxed),
            gap=gap,
            time_limit=time_limit,
        )
        if found is None:
            return None
        hidden[self._columns] = found.x[:n] > (_PART if relaxed else 0.5)
        return Solution(
            hidden=hidden,
            cost=float(cost[:n] @ hidden[self._columns]),
            lower_bound=max(found.bound, 0.0),
            is_best=found.is_proven,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """How far every value can be moved when all that may be withheld is withheld, and when nothing more is."""

    problem: Problem
    fall: NDArray[np.float64]
    rise: NDArray[np.float64]
    fall_shown: NDArray[np.float64]
    rise_shown: NDArray[np.float64]

    @classmethod
    def of(cls, problem: Problem) -> Limits:
        """Read them off a problem."""
        may, nothing = problem.eligible | problem.withheld, np.zeros(len(problem), dtype=bool)
        return cls(
            problem,
            problem.fall(may),
            problem.rise(may),
            np.where(problem.withheld, 0.0, problem.fall(nothing)),
            np.where(problem.withheld, 0.0, problem.rise(nothing)),
        )


def cut_of(limits: Limits, answers: list[Answer], need: float, *, column: int) -> Cut:
    """Turn what limits a value into a condition: something beyond these limits has to be withheld.

    Parameters
    ----------
    limits : Limits
        How far values can be moved.
    answers : list of Answer
        One for a demand in one direction, both for a demand on the width.
    need : float
        How far the value must be able to move. [same unit as the values]
    column : int
        The value.

    Returns
    -------
    Cut
        It holds for every choice that protects the value (Fischetti and Salazar 2000).

    References
    ----------
    .. [1] M. Fischetti and J. J. Salazar (2000): Models and algorithms for optimizing cell suppression in tabular
       data with linear constraints, Journal of the American Statistical Association 95.
    """
    problem = limits.problem
    columns: list[NDArray[np.int64]] = []
    weights: list[NDArray[np.float64]] = []
    for answer in answers:
        lines = problem.matrix[answer.rows]
        touched = np.unique(np.append(lines.indices, column)).astype(np.int64)
        push = -(lines.T @ answer.prices)[touched]
        push[touched == column] += 1.0 if answer.upwards else -1.0
        push[np.abs(push) < TINY] = 0.0
        limit = np.where(push > 0, limits.rise[touched], limits.fall[touched])
        shown = np.where(push > 0, limits.rise_shown[touched], limits.fall_shown[touched])
        need -= float(np.abs(push) @ shown)
        columns.append(touched)
        weights.append(np.abs(push) * np.minimum(limit - shown, _ENOUGH))
    together, place = np.unique(np.concatenate(columns), return_inverse=True)
    total = np.zeros(len(together))
    np.add.at(total, place, np.concatenate(weights))
    return Cut(
        columns=together,
        weights=np.minimum(total, max(need, 0.0)),
        need=need,
        owner=None if problem.sensitive[column] else column,
    )


class _Conditions:
    """Reads the necessary conditions off the relations, one after the other."""

    def __init__(self, problem: Problem, cover: Cover) -> None:
        self._problem, self._cover = problem, cover
        start, most = problem.withheld, problem.withheld | problem.eligible
        self._fall_now, self._rise_now = problem.fall(start), problem.rise(start)
        self._fall_hidden, self._rise_hidden = problem.fall(most), problem.rise(most)
        self._up, self._down, self._width = problem.demands(start)
        self._loose = (self._fall_now > TINY) | (self._rise_now > TINY)
        self._may_loosen = problem.eligible & ((self._fall_hidden > TINY) | (self._rise_hidden > TINY))

    def add_all(self) -> None:
        """Go through all relations."""
        matrix = self._problem.matrix
        for relation in range(matrix.shape[0]):
            lines = slice(matrix.indptr[relation], matrix.indptr[relation + 1])
            columns, factors = matrix.indices[lines].astype(np.int64), matrix.data[lines]
            if len(columns):
                self._one(columns, factors)

    def _one(self, columns: NDArray[np.int64], factors: NDArray[np.float64]) -> None:
        loose, choice = self._loose[columns], self._may_loosen[columns] & ~self._loose[columns]
        asking = (self._up[columns] > 0) | (self._down[columns] > 0) | (self._width[columns] > 0)
        number = int(loose.sum())
        if number == 0:
            if choice.sum() > 1:
                self._cover.pairs(columns[choice])
            elif choice.any():  # alone in a relation, it would be found out
                self._cover.add(
                    Cut(columns=columns[choice], weights=np.zeros(1), need=1.0, owner=int(columns[choice][0]))
                )
            return
        if not asking.any():
            return
        lack = self._lack(columns, factors, asking & loose)
        if lack is not None:
            weights, need = lack
            self._cover.add(Cut(columns=columns[choice], weights=weights[choice], need=need))
        elif number == 1 and asking[loose].all():
            self._cover.add(Cut(columns=columns[choice], weights=np.ones(int(choice.sum())), need=1.0))

    def _lack(
        self, columns: NDArray[np.int64], factors: NDArray[np.float64], asking: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], float] | None:
        """Return what each other value could add to the largest demand that is not met, and that demand."""
        worst: tuple[NDArray[np.float64], float] | None = None
        for sign in (1.0, -1.0):
            for demand, upwards in ((self._up, 1.0), (self._down, -1.0)):
                askers = np.flatnonzero(asking & (factors * sign > 0) & (demand[columns] > 0))
                if not len(askers):
                    continue
                # When the asker goes up, members of the same sign must come down, the others must go up.
                down = factors * sign * upwards > 0
                size = np.abs(factors)
                now = size * np.where(down, self._fall_now[columns], self._rise_now[columns])
                later = size * np.where(down, self._fall_hidden[columns], self._rise_hidden[columns])
                needs = size[askers] * demand[columns[askers]]
                endless = np.isinf(now)
                finite = np.where(endless, 0.0, now)
                unlimited = endless.sum() > endless[askers]  # another member makes up for anything
                short = np.where(unlimited, 0.0, needs - (finite.sum() - finite[askers]))
                first = int(np.argmax(short))
                need = float(short[first])
                if need > TINY and (worst is None or need > worst[1]):
                    gain = np.minimum(np.where(np.isinf(later), _ENOUGH, later) - finite, need)
                    worst = gain, need
        return worst
