"""Protect a table: find what is sensitive, withhold it and as little else as possible, and prove that it is enough."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.confidentiality.cells import Cells, read_cells
from indicators.confidentiality.errors import UnprotectableError
from indicators.confidentiality.primary import Rules, least_possible, pose, rules_of
from indicators.confidentiality.problem import Problem
from indicators.confidentiality.profiles import RECOMMENDED, Profile
from indicators.confidentiality.result import Protected
from indicators.confidentiality.secondary import Effort, Plan, around, independent, plan
from indicators.confidentiality.system import assemble
from indicators.confidentiality.tables import Relations

__all__ = ["Method", "pose_problem", "protect"]

Method = Literal["auto", "best", "fast"]

_SMALL, _LARGE = 6_000, 200_000  # values of an independent part


def protect(
    table: pd.DataFrame,
    relations: Relations,
    profile: Profile | Rules = RECOMMENDED,
    *,
    method: Method = "auto",
    time_limit: float = 60.0,
) -> Protected:
    """Withhold sensitive values, and as little else as possible, so that nobody can narrow them down.

    Parameters
    ----------
    table : DataFrame
        One row per area, period and indicator: area_id, period, indicator_id, value, and more as `read_cells` says.
        Counts and amounts only; shares follow from them (`public_shares`).
    relations : Relations
        Everything that adds up to something: the protection is against exactly these conclusions.
    profile : Profile or mapping of str to Profile or None
        Rules for all indicators, or for each; None for what needs no protection.
    method : {"auto", "best", "fast"}
        "best" goes on until nothing less can be withheld, which takes long for more than some thousand values that
        hang together; "fast" stops after one round and lets the heuristic finish; "auto" decides by size.
    time_limit : float
        A brake for each integer programme. [seconds]

    Returns
    -------
    Protected
        What is withheld, what that costs, and by how much it may be more than needed (`gap`).

    Raises
    ------
    TableError, RelationError
        If the input contradicts itself.
    UnprotectableError
        If a sensitive value is exposed whatever else is withheld, because its partners are public already, need no
        protection by their profile, or are public zeros.

    Notes
    -----
    Independent parts (such as periods without a link) are solved one after the other. Every withheld count is proven
    to be uncertain by examples in whole numbers, not by the absence of a successful attack.

    References
    ----------
    .. [1] M. Fischetti and J. J. Salazar (2000), doi:10.1080/01621459.2000.10474282.
    .. [2] A. Hundepool et al. (2012): Statistical Disclosure Control, Wiley, chapter 4.

    Examples
    --------
    >>> from indicators.confidentiality.tables import area_sums
    >>> table = pd.DataFrame({"area_id": ["1", "10", "11", "12"], "period": "2023",
    ...                       "indicator_id": "unemployed", "value": [101, 1, 40, 60]})
    >>> protect(table, area_sums(table, {"10": "1", "11": "1", "12": "1"}))
    Protected(4 values, 2 withheld, 1 of them for others, gap 0.0 %, auto)
    """
    cells, problem, rules = pose_problem(table, relations, profile)
    plans = _plans(problem, method, time_limit)
    if exposed := _exposed(plans):
        # A zero beside it says that everybody is in one category: there, zeros are no longer public.
        near = around(problem, np.array(exposed))
        problem = problem.relent(near)
        done = {number: plans[number] for number in plans if not np.isin(plans[number][0], near).any()}
        plans = _plans(problem, method, time_limit, done)
    if exposed := _exposed(plans):
        raise UnprotectableError(
            dict.fromkeys(cells.key[problem.owner(at)] for at in exposed),
            "protect the totals too, take back what was released, or merge areas or periods",
        )
    hidden = problem.withheld.copy()
    for columns, chosen in plans.values():
        hidden[columns] |= chosen.hidden
    every = [chosen for _, chosen in plans.values()]
    return Protected(
        cells=cells,
        problem=problem,
        hidden=hidden[: len(cells)] & ~cells.missing,
        rules=rules,
        cost=sum(one.cost for one in every),
        lower_bound=sum(one.lower_bound for one in every),
        method=method,
        is_repeatable=all(one.is_repeatable for one in every),
    )


def pose_problem(
    table: pd.DataFrame, relations: Relations, profile: Profile | Rules
) -> tuple[Cells, Problem, Rules]:
    """Read a table and its relations and find what is sensitive, without protecting anything.

    Parameters
    ----------
    table, relations, profile
        As for `protect`.

    Returns
    -------
    cells : Cells
        The table.
    problem : Problem
        What is to be protected.
    rules : dict
        Profile of each indicator.

    Examples
    --------
    >>> from indicators.confidentiality.tables import no_relations
    >>> table = pd.DataFrame({"area_id": ["10"], "period": "2023", "indicator_id": "unemployed", "value": [2]})
    >>> pose_problem(table, no_relations(), RECOMMENDED)[1]
    Problem(1 values, 0 relations, 1 sensitive)
    """
    cells = read_cells(table)
    rules = rules_of(cells, profile)
    assembly = assemble(cells, relations, least_unknown=np.asarray(least_possible(cells, rules)))
    return cells, pose(cells, assembly, rules), rules


_Plans = dict[int, tuple[NDArray[np.int64], Plan]]


def _plans(problem: Problem, method: Method, time_limit: float, done: _Plans | None = None) -> _Plans:
    """Solve every independent part that is not done, by its first column."""
    plans = dict(done or {})
    for columns in independent(problem):
        if int(columns[0]) not in plans:
            effort = replace(_effort(method, len(columns)), time_limit=time_limit)
            plans[int(columns[0])] = columns, plan(problem.part(columns), effort)
    return plans


def _exposed(plans: _Plans) -> list[int]:
    return [int(at) for columns, chosen in plans.values() for at in columns[chosen.exposed]]


def _effort(method: Method, size: int) -> Effort:
    if method == "best":
        return Effort(rounds=200, calls=400, gap=1e-6)
    if method == "fast" or size > _LARGE:
        return Effort(rounds=1, calls=0, gap=0.02)
    if size <= _SMALL:
        return Effort(rounds=12)
    return Effort(relaxed=4, rounds=2, gap=0.03)
