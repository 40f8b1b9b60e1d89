"""The fast way: give every value that is still exposed the cheapest way to move, one of each neighbourhood at a time.

A value that must be able to rise needs others that make up for it, up to where the sums close. The cheapest such
flow through values that are published so far is a linear programme over the neighbourhood; what it flows through is
withheld. The flow itself is the proof that the value is safe now.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array

from indicators.confidentiality.attack import TINY, Attack, ceiling_of
from indicators.confidentiality.problem import Problem
from indicators.confidentiality.solver import blocks, minimise

__all__ = ["cheapest_cover", "repair"]

_ROUNDS = 400
_NEAR = 2  # relations away from the exposed value
_MOST = 40  # members of one relation that are looked at first
_LOOKS = 2  # random questions between two repairs


def cheapest_cover(problem: Problem) -> NDArray[np.bool_]:
    """Withhold the cheapest partner of every value that is alone in one of its relations.

    The start of the fast way where even the integer programme of necessary conditions is too large.

    Parameters
    ----------
    problem : Problem
        Values and relations.

    Returns
    -------
    ndarray of bool
        What to withhold besides what is withheld from the start.
    """
    hidden = problem.withheld.copy()
    matrix = problem.matrix
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    column = matrix.indices
    order = np.lexsort((column, problem.usefulness[column], row))
    row, column = row[order], column[order]
    for _ in range(len(problem)):
        loose = (problem.fall(hidden) > TINY) | (problem.rise(hidden) > TINY)
        number = np.bincount(row, loose[column], minlength=matrix.shape[0])
        asked = problem.sensitive | hidden
        alone = (number == 1) & (np.bincount(row, (loose & asked)[column], minlength=matrix.shape[0]) == 1)
        choice = alone[row] & problem.eligible[column] & ~hidden[column]
        if not choice.any():
            break
        _, first = np.unique(row[choice], return_index=True)
        hidden[column[choice][first]] = True
    return hidden & ~problem.withheld


def repair(problem: Problem, attack: Attack) -> tuple[Attack, NDArray[np.int64]]:
    """Withhold more until every withheld value is proven safe, or nothing more helps.

    Parameters
    ----------
    problem : Problem
        Values and relations.
    attack : Attack
        What is withheld so far, and what has been proven.

    Returns
    -------
    attack : Attack
        With all that is withheld now.
    exposed : ndarray of int
        Columns that cannot be protected even if everything is withheld.
    """
    hopeless: list[int] = []
    reach = np.full(len(problem), _NEAR)
    for _ in range(_ROUNDS):
        attack.explore(_LOOKS)
        exposed = np.setdiff1d(attack.unproven(), hopeless)
        if not len(exposed):
            break
        chosen = _one_of_each(attack, exposed)
        flow = _Flow(problem, attack, chosen, _neighbourhood(problem, attack, chosen, reach[chosen]))
        found = flow.solve()
        if found is None and len(chosen) > 1:
            # Together they are in each other's way: one alone.
            chosen = chosen[:1]
            flow = _Flow(problem, attack, chosen, _neighbourhood(problem, attack, chosen, reach[chosen]))
            found = flow.solve()
        if found is None:
            hopeless += _farther(reach, chosen)
            continue
        new, moves = found
        if new.any():
            attack = Attack(problem, attack.hidden | new, before=attack)
        for one in moves:
            attack.witness(flow.columns, one)
        stuck = np.intersect1d(attack.unproven(), chosen)
        if len(stuck) and not new.any():
            # Only fractions of persons can move like this: ask for whole ones.
            hopeless += [one for one in stuck.tolist() if not _whole(problem, attack, one)]
    return attack, np.array(sorted(hopeless), dtype=np.int64)


def _farther(reach: NDArray[np.int64], chosen: NDArray[np.int64]) -> list[int]:
    """Look farther next time; return those for which there is nothing farther."""
    lost = [int(one) for one in chosen if reach[one] >= _NEAR + 8]
    reach[chosen] += 4
    return lost


def _whole(problem: Problem, attack: Attack, column: int) -> bool:
    up, down, width = (one[column] for one in attack.lacking())
    if up > TINY or width > TINY:
        attack.whole_extreme(column, upwards=True)
    if down > TINY or width > TINY:
        attack.whole_extreme(column, upwards=False)
    return column not in attack.unproven()


def _one_of_each(attack: Attack, exposed: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the most exposed value of each component; what is not loose at all is a component of its own."""
    up, down, width = attack.lacking()
    worst = np.maximum(np.maximum(up, down), width)[exposed]
    component = attack.component_of(exposed)
    order = np.lexsort((exposed, -worst, component))
    ordered = component[order]
    first = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    chosen: NDArray[np.int64] = exposed[order][first]
    return chosen


def _neighbourhood(
    problem: Problem, attack: Attack, chosen: NDArray[np.int64], reach: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the columns within so many relations; of large relations the loose and cheapest members only."""
    matrix, by_column = problem.matrix, problem.matrix.tocsc()
    usable = problem.eligible | problem.withheld
    loose = np.zeros(len(problem), dtype=bool)
    loose[attack.loose] = True
    inside = np.zeros(len(problem), dtype=bool)
    inside[chosen] = True
    seen = np.zeros(matrix.shape[0], dtype=bool)
    border = chosen
    most = _MOST * int(max(1, (reach.max() - _NEAR) // 4 * 10 + 1))
    for _ in range(int(reach.max())):
        rows = np.unique(
            np.concatenate([by_column.indices[by_column.indptr[c] : by_column.indptr[c + 1]] for c in border])
        )
        rows = rows[~seen[rows]]
        seen[rows] = True
        found = []
        for row in rows:
            members = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
            members = members[(usable | loose)[members]]
            if len(members) > most:
                rank = np.lexsort((members, problem.usefulness[members], ~loose[members]))
                members = members[rank[: most + int(loose[members].sum())]]
            found.append(members)
        if not found:
            break
        border = np.unique(np.concatenate(found))
        border = border[~inside[border]]
        inside[border] = True
        if not len(border):
            break
    # A component is looked at as a whole: its values move together.
    touched = np.unique(attack.component_of(np.flatnonzero(inside)))
    inside[attack.loose[np.isin(attack.component, touched[touched >= 0])]] = True
    return np.flatnonzero(inside)


@dataclass(slots=True, eq=False)
class _Flow:
    """Two flows over a neighbourhood: one in which the chosen values are high, one in which they are low."""

    problem: Problem
    attack: Attack
    chosen: NDArray[np.int64]
    columns: NDArray[np.int64]

    def solve(self) -> tuple[NDArray[np.bool_], list[NDArray[np.float64]]] | None:
        """Return what has to be withheld for it and both flows; None when the neighbourhood is too small."""
        problem, columns = self.problem, self.columns
        ceiling = ceiling_of(problem)
        may = problem.eligible | problem.withheld
        now = self.attack.hidden
        free_fall, free_rise = self.attack.fall[columns], self.attack.rise[columns]
        all_fall = np.minimum(problem.fall(may | now)[columns], ceiling)
        all_rise = np.minimum(problem.rise(may | now)[columns], ceiling)
        payable = problem.eligible[columns] & ~now[columns]
        inside = problem.matrix[:, columns].tocsr()
        inside = inside[np.flatnonzero(np.diff(inside.indptr))]
        up, down, width = (one[self.chosen] for one in problem.demands(now | _at(self.chosen, len(problem))))
        scale = max(float(np.concatenate([up, down, width]).max(initial=1.0)), TINY)
        price = problem.usefulness[columns[payable]] / scale
        # Per flow: what moves freely, what is paid upwards, what is paid downwards.
        each = csr_array(eye_array(len(columns)))
        pay = each[:, np.flatnonzero(payable)]
        moves = blocks([[each, pay, -pay]])
        one_flow = csr_array(inside @ moves)
        pick = moves[np.searchsorted(columns, self.chosen)]
        nothing = np.zeros(len(price))
        low = np.concatenate([-free_fall, nothing, nothing])
        high = np.concatenate(
            [
                free_rise,
                np.maximum(all_rise - free_rise, 0.0)[payable],
                np.maximum(all_fall - free_fall, 0.0)[payable],
            ]
        )
        cost = np.concatenate([np.zeros(len(columns)), price, price])
        found = minimise(
            np.tile(cost, 2),
            low=np.tile(low, 2),
            high=np.tile(high, 2),
            equal=blocks([[one_flow, None], [None, one_flow]]),
            at_least=blocks([[pick, None], [None, -pick], [pick, -pick]]),
            at_least_to=np.concatenate([up, down, width]),
        )
        if found is None:
            return None
        flows = found.x.reshape(2, -1)
        paid = flows[:, len(columns) :].reshape(4, -1).sum(axis=0)
        new = np.zeros(len(problem), dtype=bool)
        new[columns[payable][paid > TINY]] = True
        return new, [self._if_whole(moves @ one) for one in flows]

    def _if_whole(self, moves: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the flow, or nothing when it moves fractions of persons."""
        whole = self.problem.is_whole[self.columns]
        if (np.abs(moves - np.round(moves))[whole] > TINY).any():
            return np.zeros(len(moves))
        return moves


def _at(columns: NDArray[np.int64], size: int) -> NDArray[np.bool_]:
    mask = np.zeros(size, dtype=bool)
    mask[columns] = True
    return mask
