"""Why does this area belong to the proposal, or why not? Every amount that speaks for it or against it, in one unit.

For the planner who is asked at a meeting. The sentences are in `spatial.regions.reasons.explanation_text`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spatial.alignment import align
from spatial.errors import AlignmentError
from spatial.neighbours import NeighbourGraph
from spatial.regions.cuts.choice import best_choice
from spatial.regions.cuts.family import nested_family
from spatial.regions.cuts.objective import Objective, in_force
from spatial.regions.reasons.rerun import deciding_limits, objective_behind
from spatial.regions.result import PriorityAreas

__all__ = ["AreaReasons", "explain_area"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class AreaReasons:
    """What decides about one area.

    `is_member`, `region_id`: whether and where it lies in the proposal. `need` and `threshold` [index points],
    `residents` [persons]. Three amounts speak for the area where they are above 0 [all persons × index points]:
    `need_support` is what its own need weighs, `border_support` what the border is shorter with it than without,
    `inertia_support` what the map in force adds; their sum is `support`, given all other areas as they are.
    `borders` has one row per neighbour: `border` [m], `is_member` (of the neighbour) and `support`; `in_force` says
    whether the area lies inside the map in force, None without one.

    `critical_threshold` is the threshold up to which the area stays in [index points]. `forcing_value` is by how much
    the best choice gets worse when the area's answer is turned round [persons × index points]; `flipping_change` is
    the change of its own need that turns it round by itself, `flips_at` the need it then has [index points]. These
    four are exact, of the choice without limits, to which `is_member_without_limits` belongs; NaN where the answer is
    fixed, or, for the last two, where nobody lives whose need is known. Where it differs, `deciding_limits` names
    the limits each of which alone makes the difference; `fixed` says which decision fixed it ("locked", "inside",
    "outside"), with `fixed_reason`. `contributions` are the parts of its need as the caller gave them [index points].
    """

    area_id: str
    is_member: bool
    region_id: str | None
    need: float
    residents: float
    threshold: float
    need_support: float
    border_support: float
    inertia_support: float
    inertia: float
    in_force: bool | None
    borders: pd.DataFrame
    critical_threshold: float
    forcing_value: float
    flipping_change: float
    flips_at: float
    is_member_without_limits: bool
    has_limits: bool
    deciding_limits: tuple[str, ...]
    fixed: str | None
    fixed_reason: str | None
    contributions: pd.Series | None

    def __repr__(self) -> str:
        return (
            f"AreaReasons({self.area_id}: {'in' if self.is_member else 'out'}, need {self.need:.3g} at threshold "
            f"{self.threshold:g}, {self.residents:.0f} residents, support {self.support:.6g})"
        )

    @property
    def support(self) -> float:
        """What speaks for the area, all other areas left as they are; below 0 against it [persons × index points]."""
        return math.fsum((self.need_support, self.border_support, self.inertia_support))

    def to_frame(self) -> pd.DataFrame:
        """Return one row per neighbour: `border` [m], `is_member`, `support` [persons × index points]."""
        return self.borders

    def summary(self) -> pd.DataFrame:
        """Return one row per amount: `support`, and `points`, the same per resident.

        The amounts are `need`, `border`, `inertia` and `sum` [persons × index points; index points]. `points` is NaN
        where nobody lives whose need is known.
        """
        weight = self.residents if self.residents > 0 and not math.isnan(self.need) else math.nan
        amounts = {
            "need": self.need_support,
            "border": self.border_support,
            "inertia": self.inertia_support,
            "sum": self.support,
        }
        table = pd.DataFrame({"support": pd.Series(amounts, dtype=float)})
        table["points"] = table["support"] / weight
        table.index.name = "amount"
        return table


def explain_area(
    proposal: PriorityAreas,
    graph: NeighbourGraph,
    area_id: str,
    *,
    border_factor: pd.Series | None = None,
    contributions: pd.Series | None = None,
    critical: pd.Series | None = None,
    limits_deciding: pd.DataFrame | None = None,
) -> AreaReasons:
    r"""Explain why an area belongs to a proposal, or why not.

    Parameters
    ----------
    proposal : PriorityAreas
        What `propose` returned.
    graph : NeighbourGraph
        The neighbours it was made with. [m]
    area_id : str
        The area to explain.
    border_factor : Series of float, indexed by (area_id, neighbour_id), optional
        The cheap and dear borders it was made with.
    contributions : Series of float, indexed by indicator, optional
        Parts of the area's need, as an index explains them. [index points]
    critical : Series of float, indexed by area_id, optional
        Critical thresholds of all areas, `nested_family(objective).critical`, when several areas are explained.
        [index points]
    limits_deciding : DataFrame of bool, optional
        `deciding_limits(proposal, graph)`, when several areas are explained.

    Returns
    -------
    AreaReasons
        What forcing costs and what turns the area round are exact: differences of two minimum cuts. With limits they
        are of the exact choice without limits.

    Raises
    ------
    AlignmentError
        If the city has no such area.
    ParameterError
        If the graph or the factors are not those of the proposal.

    Notes
    -----
    With :math:`E_{in}` and :math:`E_{out}` the least objectives with the area held in and held out, forcing costs
    :math:`|E_{out} - E_{in}|`. A change :math:`\delta` of the area's need changes :math:`E_{in}` by
    :math:`-p_i \delta` and nothing else, so the answer turns at :math:`\delta = (E_{in} - E_{out}) / p_i`. The need
    of one area is moved, all others stay; in an index that is standardised over the city they would move a little.

    Examples
    --------
    Three blocks in a row; the middle one lies below the threshold and saves two borders.

    >>> from spatial.regions import propose
    >>> ids = pd.Index(["a", "b", "c"])
    >>> row = NeighbourGraph(
    ...     area_id=ids, first=np.array([0, 1]), second=np.array([1, 2]), border=np.array([50.0, 50.0]))
    >>> need, people = pd.Series([1.5, 0.9, 1.5], index=ids), pd.Series([100, 100, 100], index=ids)
    >>> why = explain_area(propose(need, people, row, threshold=1.0, border_price=0.2), row, "b")
    >>> why.summary()["support"].round(6).tolist()
    [-10.0, 20.0, 0.0, 10.0]
    >>> round(why.forcing_value, 6), round(why.flips_at, 6), round(why.critical_threshold, 6)
    (10.0, 0.8, 1.1)
    """
    objective = objective_behind(proposal, graph, border_factor=border_factor)
    if area_id not in graph.area_id:
        raise AlignmentError("an area that the city does not have", [area_id], "name one of the proposal's")
    at = int(graph.area_id.get_indexer(pd.Index([area_id]))[0])
    is_member = bool(proposal.region.notna()[area_id])
    need, residents = float(proposal.need[area_id]), float(proposal.population[area_id])
    fixed, fixed_reason = _fixed(proposal, area_id)
    weight = float(objective.weight[at])
    here = None
    if proposal.existing is not None:
        here = bool(in_force(proposal.existing, graph.area_id)[at])
    inertia = 0.0 if here is None else proposal.inertia if here else -proposal.inertia
    borders = _borders(proposal, graph, objective, at)
    free, turned, difference = _turned_round(objective, proposal.threshold, at, fixed)
    levels = nested_family(objective).critical if critical is None else critical
    change = difference / weight if weight > 0 and fixed is None else math.nan
    # Without limits the proposal is that choice, also where a tie is decided by rounding.
    freely = is_member if fixed or proposal.limits.is_none else difference < 0
    deciding: tuple[str, ...] = ()
    if is_member != freely:
        table = limits_deciding
        if table is None:
            table = deciding_limits(proposal, graph, border_factor=border_factor)
        row = table.loc[area_id]
        deciding = tuple(str(name) for name in row.index[row.to_numpy(dtype=bool)])
    return AreaReasons(
        area_id=str(area_id),
        is_member=is_member,
        region_id=str(proposal.region[area_id]) if is_member else None,
        need=need,
        residents=residents,
        threshold=proposal.threshold,
        need_support=0.0 if weight == 0 else weight * (need - proposal.threshold),
        border_support=math.fsum(borders["support"]),
        inertia_support=weight * inertia,
        inertia=inertia,
        in_force=here,
        borders=borders,
        critical_threshold=math.nan if fixed else float(levels[area_id]),
        forcing_value=math.nan if fixed else max(turned - free, 0.0),
        flipping_change=change,
        flips_at=need + change,
        is_member_without_limits=freely,
        has_limits=not proposal.limits.is_none,
        deciding_limits=deciding,
        fixed=fixed,
        fixed_reason=fixed_reason,
        contributions=None if contributions is None else contributions.copy(),
    )


def _turned_round(
    objective: Objective, threshold: float, at: int, fixed: str | None
) -> tuple[float, float, float]:
    """Return the least objective, the least with the area's answer turned round, and that with it in minus out."""
    if fixed is not None:
        return math.nan, math.nan, math.nan
    only = np.zeros(len(objective.area_id), dtype=bool)
    only[at] = True
    inside = best_choice(objective.holding(held_in=only), threshold).value
    outside = best_choice(objective.holding(held_out=only), threshold).value
    return min(inside, outside), max(inside, outside), inside - outside


def _fixed(proposal: PriorityAreas, area_id: str) -> tuple[str | None, str | None]:
    given = proposal.fixed
    if area_id in given.locked.index:
        return "locked", str(given.reason[str(given.locked[area_id])])
    if area_id in given.inside.index:
        return "inside", str(given.inside[area_id])
    if area_id in given.outside.index:
        return "outside", str(given.outside[area_id])
    return None, None


def _borders(proposal: PriorityAreas, graph: NeighbourGraph, objective: Objective, at: int) -> pd.DataFrame:
    """Return one row per neighbour; a border with a member speaks for the area, one with anybody else against it."""
    ends = np.concatenate([np.flatnonzero(graph.first == at), np.flatnonzero(graph.second == at)])
    other = np.where(graph.first[ends] == at, graph.second[ends], graph.first[ends])
    members = align(proposal.region, graph.area_id, "the proposal").notna().to_numpy(dtype=bool)[other]
    price = objective.price[ends]
    table = pd.DataFrame(
        {"border": graph.border[ends], "is_member": members, "support": np.where(members, price, -price)},
        index=pd.Index(graph.area_id[other], name="neighbour_id"),
    )
    return table.sort_index()
