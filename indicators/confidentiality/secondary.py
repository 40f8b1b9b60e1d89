"""Which further values to withhold, as few and as little useful ones as possible: an integer programme with attacks.

The programme of necessary conditions proposes a choice, attacks on it show which values are still exposed, and each
attack is a new condition; until no attack succeeds. Where that would take too many rounds, the fast way finishes, and
the limit that the programme has proven says how far from the best the result is at most.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indicators.confidentiality.attack import TINY, Answer, Attack
from indicators.confidentiality.cover import Cover, Limits, cut_of
from indicators.confidentiality.heuristic import cheapest_cover, repair
from indicators.confidentiality.problem import Problem
from indicators.confidentiality.solver import linked

__all__ = ["Effort", "Plan", "around", "independent", "plan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much work to spend; counted in rounds, not in seconds, so that the same input gives the same result.

    Attributes
    ----------
    relaxed : int
        Rounds at the start in which values may be withheld in part, which is quick and raises the limit.
    rounds : int
        Rounds of conditions and attacks; what is exposed afterwards is left to the fast way.
    calls : int
        Linear programmes per round.
    gap : float
        Relative gap at which the integer programme stops.
    time_limit : float
        A brake for single integer programmes [seconds]. Where it acts, a repetition on another machine may differ:
        the result says so.
    """

    relaxed: int = 0
    rounds: int = 3
    calls: int = 40
    gap: float = 0.005
    time_limit: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """What to withhold besides the sensitive values.

    `cost` is the usefulness lost, `lower_bound` what is lost at least. `exposed` are columns that cannot be
    protected. `is_repeatable`: no brake by time acted.
    """

    hidden: NDArray[np.bool_]
    cost: float
    lower_bound: float
    exposed: NDArray[np.int64]
    is_repeatable: bool


def independent(problem: Problem) -> list[NDArray[np.int64]]:
    """Return the columns of each part of a problem that can be solved alone and holds something sensitive.

    Parameters
    ----------
    problem : Problem
        Values and relations.

    Returns
    -------
    list of ndarray of int
        In the order of their first columns; what is published in any case links nothing.
    """
    open_, label = _linked(problem, problem.sensitive)
    order = np.argsort(label, kind="stable")
    edges = np.flatnonzero(np.diff(label[order])) + 1
    pieces = np.split(open_[order], edges) if len(open_) else []
    wanted = [piece for piece in pieces if problem.sensitive[piece].any()]
    return sorted(wanted, key=lambda piece: int(piece[0]))


def around(problem: Problem, columns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return everything that hangs together with some columns, public zeros included.

    Parameters
    ----------
    problem : Problem
        Values and relations.
    columns : ndarray of int
        Where to start.

    Returns
    -------
    ndarray of int
        Columns, ascending.
    """
    open_, label = _linked(problem, problem.sensitive | problem.public_zeros)
    return open_[np.isin(label, label[np.isin(open_, columns)])]


def _linked(problem: Problem, besides: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the columns that are not known in any case, and `besides`, with the number of their part."""
    may = problem.eligible | problem.withheld
    open_ = np.flatnonzero((problem.fall(may) > TINY) | (problem.rise(may) > TINY) | besides)
    inside = problem.matrix[:, open_].tocsr()
    return open_, linked(inside[np.flatnonzero(np.diff(inside.indptr))])[0]


def plan(problem: Problem, effort: Effort) -> Plan:
    """Choose what to withhold so that nobody can narrow a withheld value down.

    Parameters
    ----------
    problem : Problem
        One independent part.
    effort : Effort
        How much work to spend.

    Returns
    -------
    Plan
        Best when `cost` equals `lower_bound` within the gap.

    References
    ----------
    .. [1] M. Fischetti and J. J. Salazar (2000), doi:10.1080/01621459.2000.10474282.
    """
    cover, limits = Cover(problem), Limits.of(problem)
    bound, repeatable = 0.0, True
    chosen, attack = np.zeros(len(problem), dtype=bool), None
    for _ in range(effort.relaxed):
        relaxed = cover.solve(gap=effort.gap, time_limit=effort.time_limit, relaxed=True)
        if relaxed is None:
            break
        bound = max(bound, relaxed.lower_bound)
        _refuted(Attack(problem, problem.withheld | relaxed.hidden), cover, limits, effort.calls)
    for number in range(1, effort.rounds + 1):
        solution = cover.solve(gap=effort.gap, time_limit=effort.time_limit)
        if solution is None:
            repeatable, attack = False, None
            chosen = chosen if chosen.any() else cheapest_cover(problem)
            break
        bound, repeatable = max(bound, solution.lower_bound), repeatable and solution.is_best
        chosen = solution.hidden
        attack = Attack(problem, problem.withheld | chosen)
        if number == effort.rounds or not _refuted(attack, cover, limits, effort.calls):
            break
    if attack is None:
        attack = Attack(problem, problem.withheld | chosen)
    attack, exposed = repair(problem, attack)
    return _plan(problem, attack.hidden & ~problem.withheld, bound, exposed, repeatable)


def _refuted(attack: Attack, cover: Cover, limits: Limits, calls: int) -> bool:
    """Attack a choice and add what is learnt to the conditions; return whether anything was."""
    before = cover.conditions
    attack.explore(6)
    answers: dict[tuple[int, bool], Answer] = {}
    demand_up, demand_down, demand_width = attack.demands
    for answer in attack.settle(attack.unproven(), calls=calls):
        answers[answer.column, answer.upwards] = answer
        need = (demand_up if answer.upwards else demand_down)[answer.column]
        width = demand_width[answer.column]
        reached = answer.extreme if answer.upwards else -answer.extreme
        if reached < need - TINY:
            cover.add(cut_of(limits, [answer], float(need), column=answer.column))
            continue
        other = answers.get((answer.column, not answer.upwards))
        if other is not None and abs(answer.extreme - other.extreme) < width - TINY:
            cover.add(cut_of(limits, [answer, other], float(width), column=answer.column))
    return cover.conditions > before


def _plan(
    problem: Problem,
    hidden: NDArray[np.bool_],
    bound: float,
    exposed: NDArray[np.int64],
    repeatable: bool,
) -> Plan:
    cost = float(problem.usefulness[hidden].sum())
    return Plan(
        hidden=hidden,
        cost=cost,
        lower_bound=min(bound, cost),
        exposed=exposed,
        is_repeatable=repeatable,
    )
