"""Priority areas as a mixed-integer programme: areas in or out, borders paid, and conditions that are added one by one."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import coo_array, csr_array, vstack

from spatial.regions.cuts.objective import Objective
from spatial.regions.cuts.pieces import pieces_of
from spatial.regions.limits import RegionLimits

__all__ = ["Conditions", "Programme", "Relaxed", "Whole", "conditions", "programme_of", "programme_within"]

# Costs are handed over in units in which the largest is so much: HiGHS counts in tolerances near 1e-7.
_LARGEST = 1e3

# Share of all costs that can still be paid or saved which a bound of HiGHS is trusted less.
_TOLERANCE = 1e-7

# The solver takes no time limit of 0. [seconds]
_BLINK = 1e-3

# What the solver calls a programme that nothing fulfils.
_INFEASIBLE = 2


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Conditions:
    """Conditions `matrix @ unknowns >= least`."""

    matrix: csr_array
    least: NDArray[np.float64]

    def __repr__(self) -> str:
        return f"Conditions({self.matrix.shape[0]} on {self.matrix.shape[1]} unknowns)"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Relaxed:
    """Best answer when areas may be partly in.

    `bound` holds for every choice, whatever the tolerances of the solver [persons × index points]; `forced` is, per
    area, what the bound rises by at least when the area has to change its side.
    """

    unknowns: NDArray[np.float64]
    bound: float
    forced: NDArray[np.float64]

    def __repr__(self) -> str:
        return f"Relaxed(bound {self.bound:.6g})"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Whole:
    """Best choice that was found, or None, and a bound for all [persons × index points].

    `is_settled`: the search was not stopped by the time limit; without a choice there is none.
    """

    unknowns: NDArray[np.float64] | None
    bound: float
    is_settled: bool

    def __repr__(self) -> str:
        return f"Whole(bound {self.bound:.6g}, {'settled' if self.is_settled else 'stopped'})"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Programme:
    """Unknowns: areas, then borders with a price, then the roots of regions where their number is limited."""

    cost: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    matrix: csr_array
    least: NDArray[np.float64]
    n_areas: int
    root_at: int | None
    unit: float

    def __repr__(self) -> str:
        return f"Programme({self.undecided} of {self.n_areas} areas undecided, {len(self.least)} conditions)"

    def asking(self, more: Conditions) -> Programme:
        """Ask for further conditions."""
        return replace(
            self,
            matrix=csr_array(vstack([self.matrix, more.matrix])),
            least=np.concatenate([self.least, more.least]),
        )

    def narrowed(self, relaxed: Relaxed, value: float) -> Programme:
        """Settle areas that no choice of a lower value answers otherwise."""
        n, low, high = self.n_areas, self.low.copy(), self.high.copy()
        sure = relaxed.bound + np.abs(relaxed.forced) > value + 1e-9 * abs(value)
        sure &= high[:n] > low[:n]
        high[:n][sure & (relaxed.forced > 0)] = 0.0
        low[:n][sure & (relaxed.forced < 0)] = 1.0
        return replace(self, low=low, high=high)

    @property
    def doubt(self) -> float:
        """What a bound of the solver is trusted less, in its own units."""
        return _TOLERANCE * math.fsum(np.abs(self.cost[self.high > self.low]))

    @property
    def undecided(self) -> int:
        """Number of areas whose answer is open."""
        return int((self.high > self.low)[: self.n_areas].sum())

    def relaxed(self, time_limit: float) -> Relaxed | None:
        """Solve it with areas that may be partly in; None when the time is up, an infinite bound when nothing fits.

        The bound is that of the prices of the conditions, added up anew: it needs no trust in the solver.
        """
        arguments: dict[str, Any] = {
            "A_ub": -self.matrix,
            "b_ub": -self.least,
            "bounds": np.column_stack([self.low, self.high]),
            "method": "highs",
            "options": {"time_limit": max(time_limit, _BLINK)},
        }
        solved: Any = linprog(self.cost, **arguments)
        if solved.status == _INFEASIBLE:
            return Relaxed(unknowns=self.low, bound=math.inf, forced=np.zeros(self.n_areas))
        if solved.x is None or solved.status != 0:
            return None
        price = np.maximum(-np.asarray(solved.ineqlin.marginals, dtype=float), 0.0)
        left = self.cost - self.matrix.T @ price
        bound = math.fsum(price * self.least) + math.fsum(np.minimum(left * self.low, left * self.high))
        return Relaxed(
            unknowns=np.asarray(solved.x, dtype=float),
            bound=bound * self.unit,
            forced=left[: self.n_areas] * self.unit,
        )

    def whole(self, time_limit: float, gap: float) -> Whole:
        """Solve it with every area in or out."""
        is_whole = np.zeros(len(self.cost), dtype=np.int64)
        is_whole[: self.n_areas] = 1
        solved: Any = milp(
            self.cost,
            integrality=is_whole,
            bounds=Bounds(self.low, self.high),
            constraints=LinearConstraint(self.matrix, self.least, np.inf),
            options={"mip_rel_gap": gap, "time_limit": max(time_limit, _BLINK)},
        )
        bound = -math.inf if solved.mip_dual_bound is None else float(solved.mip_dual_bound) - self.doubt
        return Whole(
            unknowns=None if solved.x is None else np.asarray(solved.x, dtype=float),
            bound=math.inf if solved.status == _INFEASIBLE else bound * self.unit,
            is_settled=solved.status in (0, _INFEASIBLE),
        )


def conditions(entries: list[tuple[NDArray[np.int64], NDArray[np.float64], float]], width: int) -> Conditions:
    """Put conditions together from columns, coefficients and what they add up to at least.

    Parameters
    ----------
    entries : list of (array of int, array of float, float)
        One for each condition.
    width : int
        Number of unknowns.

    Returns
    -------
    Conditions
        In the order of the list.

    Examples
    --------
    >>> conditions([(np.array([0, 2]), np.array([1.0, -1.0]), 0.0)], 3).matrix.toarray().tolist()
    [[1.0, 0.0, -1.0]]
    """
    sizes = [len(columns) for columns, _, _ in entries]
    rows = np.repeat(np.arange(len(entries)), sizes)
    columns = np.concatenate([one[0] for one in entries]) if entries else np.zeros(0, dtype=np.int64)
    values = np.concatenate([one[1] for one in entries]) if entries else np.zeros(0)
    return Conditions(
        matrix=csr_array(coo_array((values, (rows, columns)), shape=(len(entries), width))),
        least=np.array([one[2] for one in entries], dtype=float),
    )


def programme_of(
    objective: Objective,
    threshold: float,
    *,
    never: NDArray[np.bool_],
    budget: float,
    most_regions: int | None,
) -> Programme:
    """Write the choice of areas down as a programme, without conditions on single regions.

    Parameters
    ----------
    objective : Objective
        Costs of choosing areas.
    threshold : float
        Threshold at which costs are counted. [index points]
    never : array of bool, shape (n_areas,)
        Areas that can be in no region.
    budget : float
        Residents of all regions together. [persons]
    most_regions : int, optional
        Number of regions: each area may then be the root of one, and the roots are counted. None for any.

    Returns
    -------
    Programme
        The unknown of a border is at least the difference of its areas, and so equal to it in every best answer.

    Examples
    --------
    >>> row = Objective(
    ...     area_id=np.array(["a", "b"]), people=np.full(2, 100.0), weight=np.full(2, 100.0),
    ...     strength=np.array([1.5, 1.3]), first=np.array([0]), second=np.array([1]), price=np.full(1, 9.0),
    ...     held_in=np.zeros(2, bool), held_out=np.zeros(2, bool))
    >>> small = programme_of(row, 1.0, never=np.zeros(2, bool), budget=100.0, most_regions=None)
    >>> round(small.relaxed(1.0).bound, 6), round(small.whole(1.0, 0.0).bound, 3)
    (-41.0, -41.0)
    """
    n = len(objective.people)
    priced = np.flatnonzero(objective.price > 0)
    first, second, price = objective.first[priced], objective.second[priced], objective.price[priced]
    n_roots = 0 if most_regions is None else n
    width = n + len(priced) + n_roots
    cost = np.concatenate([objective.cost(threshold), price, np.zeros(n_roots)])
    unit = float(np.abs(cost).max(initial=0.0)) / _LARGEST or 1.0
    ones, border = np.ones(len(priced)), np.arange(len(priced))
    parts = [
        coo_array(
            (
                np.concatenate([ones, sign * ones, -sign * ones]),
                (np.tile(border, 3), np.concatenate([n + border, first, second])),
            ),
            shape=(len(priced), width),
        )
        for sign in (1.0, -1.0)
    ]
    least = [np.zeros(2 * len(priced))]
    area = np.arange(n)
    if budget < float(objective.people.sum()):
        scale = max(1.0, float(objective.people.max()))
        parts.append(
            coo_array((-objective.people / scale, (np.zeros(n, dtype=np.int64), area)), shape=(1, width))
        )
        least.append(np.array([-budget * (1 + 1e-12) / scale]))
    if most_regions is not None:
        root = n + len(priced) + area
        parts.append(coo_array((-np.ones(n), (np.zeros(n, dtype=np.int64), root)), shape=(1, width)))
        parts.append(
            coo_array(
                (np.repeat([1.0, -1.0], n), (np.tile(area, 2), np.concatenate([area, root]))),
                shape=(n, width),
            )
        )
        least += [np.array([-float(most_regions)]), np.zeros(n)]
    low, high = np.zeros(width), np.ones(width)
    low[:n][objective.held_in] = 1.0
    high[:n][objective.held_out | (never & ~objective.held_in)] = 0.0
    return Programme(
        cost=cost / unit,
        low=low,
        high=high,
        matrix=csr_array(vstack(parts)),
        least=np.concatenate(least),
        n_areas=n,
        root_at=None if most_regions is None else n + len(priced),
        unit=unit,
    )


def programme_within(
    objective: Objective,
    threshold: float,
    limits: RegionLimits,
    *,
    budget: float,
    most_regions: int | None,
) -> Programme:
    """Write the choice of regions within limits down as a programme, without areas that find no region at all.

    Parameters
    ----------
    objective : Objective
        Costs of choosing areas.
    threshold : float
        Threshold at which costs are counted. [index points]
    limits : RegionLimits
        Least and most residents of a region.
    budget : float
        Residents of all regions together. [persons]
    most_regions : int, optional
        Number of regions; None for any.

    Returns
    -------
    Programme
        As `programme_of`; what is asked of single regions comes in where an answer breaks it.

    Examples
    --------
    >>> row = Objective(
    ...     area_id=np.array(["a", "b"]), people=np.array([100.0, 900.0]), weight=np.array([100.0, 900.0]),
    ...     strength=np.array([1.5, 1.3]), first=np.array([0]), second=np.array([1]), price=np.full(1, 9.0),
    ...     held_in=np.zeros(2, bool), held_out=np.zeros(2, bool))
    >>> programme_within(row, 1.0, RegionLimits(most_residents=500), budget=1000.0, most_regions=None)
    Programme(1 of 2 areas undecided, 2 conditions)
    """
    if most_regions is not None and math.isfinite(limits.most_residents):
        budget = min(budget, most_regions * limits.most_residents)
    piece = pieces_of(~objective.held_out, objective)
    inside = piece >= 0
    around = np.bincount(piece[inside], objective.people[inside], int(piece.max(initial=-1)) + 1)
    never = objective.people > min(limits.most_residents, budget)
    never[inside] |= around[piece[inside]] < limits.least_residents
    if most_regions == 0:
        never[:] = True
    return programme_of(objective, threshold, never=never, budget=budget, most_regions=most_regions)
