"""What would the same proposal be with one thing changed? For everything that explains or compares a proposal."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.alignment import align
from spatial.errors import ParameterError
from spatial.neighbours import NeighbourGraph
from spatial.regions.cuts.objective import Objective, in_force
from spatial.regions.limits import RegionLimits
from spatial.regions.proposal import objective_with_fixed, propose
from spatial.regions.result import PriorityAreas

__all__ = ["chosen_freely", "deciding_limits", "objective_behind", "propose_again"]

# Two sums of the same numbers in another order agree to this part of their size.
_CLOSE = 1e-9


def objective_behind(
    proposal: PriorityAreas,
    graph: NeighbourGraph,
    *,
    border_factor: pd.Series | None = None,
    inertia: float | None = None,
) -> Objective:
    """Return the costs that a proposal was searched with.

    Parameters
    ----------
    proposal : PriorityAreas
        What `propose` returned.
    graph : NeighbourGraph
        The neighbours it was made with. [m]
    border_factor : Series of float, indexed by (area_id, neighbour_id), optional
        The cheap and dear borders it was made with.
    inertia : float, optional
        Another inertia than the proposal's, 0 for what the choice is worth without the map in force. [index points]

    Returns
    -------
    Objective
        In the order of the graph's areas.

    Raises
    ------
    ParameterError
        If the objective of the proposal does not come out: it was made with another graph or other factors. A
        factor on a border that separates nobody does not show.
    AlignmentError
        If the graph has other areas.

    Examples
    --------
    >>> ids = pd.Index(["a", "b"])
    >>> pair = NeighbourGraph(area_id=ids, first=np.array([0]), second=np.array([1]), border=np.array([50.0]))
    >>> found = propose(pd.Series([1.5, 0.5], ids), pd.Series(100, ids), pair, threshold=1.0, border_price=0.2)
    >>> objective_behind(found, pair).value(np.array([True, False]), 1.0)
    -40.0
    """
    objective = objective_with_fixed(
        proposal.need,
        proposal.population,
        graph,
        border_price=proposal.border_price,
        existing=proposal.existing,
        inertia=proposal.inertia,
        border_factor=border_factor,
        fixed=proposal.fixed,
    )
    value = objective.value(chosen_freely(proposal, graph.area_id), proposal.threshold)
    scale = 1.0 + float(np.abs(objective.cost(proposal.threshold)).sum()) + float(objective.price.sum())
    if abs(value - proposal.objective) > _CLOSE * scale:
        raise ParameterError(
            "graph",
            f"one with which the proposal has the objective {value:.10g}",
            f"the graph and the border factors it was made with, which gave {proposal.objective:.10g}",
        )
    if inertia is None or proposal.existing is None:
        return objective
    inside = in_force(proposal.existing, graph.area_id)
    change = np.where(inside, 1.0, -1.0) * (inertia - proposal.inertia)
    return replace(objective, strength=objective.strength + np.where(objective.weight > 0, change, 0.0))


def chosen_freely(proposal: PriorityAreas, area_id: pd.Index) -> NDArray[np.bool_]:
    """Say which areas a proposal chose, without those that were locked, in the order of some index.

    Parameters
    ----------
    proposal : PriorityAreas
        What `propose` returned.
    area_id : Index of area_id, shape (n_areas,)
        The same areas in the wanted order.

    Returns
    -------
    array of bool, shape (n_areas,)

    Examples
    --------
    >>> ids = pd.Index(["a", "b"])
    >>> pair = NeighbourGraph(area_id=ids, first=np.array([0]), second=np.array([1]), border=np.array([50.0]))
    >>> found = propose(pd.Series([1.5, 0.5], ids), pd.Series(100, ids), pair, threshold=1.0, border_price=0.2)
    >>> chosen_freely(found, ids[::-1]).tolist()
    [False, True]
    """
    region = align(proposal.region, area_id, "the proposal")
    return np.asarray(region.notna()) & ~np.asarray(area_id.isin(proposal.fixed.locked.index))


def propose_again(
    proposal: PriorityAreas,
    graph: NeighbourGraph,
    *,
    limits: RegionLimits | None = None,
    border_factor: pd.Series | None = None,
) -> PriorityAreas:
    """Make a proposal again with the same inputs and other limits.

    Parameters
    ----------
    proposal : PriorityAreas
        What `propose` returned.
    graph : NeighbourGraph
        The neighbours it was made with. [m]
    limits : RegionLimits, optional
        Other limits. Default: those of the proposal.
    border_factor : Series of float, indexed by (area_id, neighbour_id), optional
        The cheap and dear borders it was made with.

    Returns
    -------
    PriorityAreas

    Examples
    --------
    >>> ids = pd.Index(["a", "b"])
    >>> pair = NeighbourGraph(area_id=ids, first=np.array([0]), second=np.array([1]), border=np.array([50.0]))
    >>> found = propose(pd.Series([1.5, 0.5], ids), pd.Series(100, ids), pair, threshold=1.0, border_price=0.2)
    >>> propose_again(found, pair, limits=RegionLimits(least_residents=150)).region.tolist()
    [<NA>, <NA>]
    """
    return propose(
        proposal.need,
        proposal.population,
        graph,
        threshold=proposal.threshold,
        border_price=proposal.border_price,
        limits=proposal.limits if limits is None else limits,
        existing=proposal.existing,
        inertia=proposal.inertia,
        border_factor=border_factor,
        fixed=proposal.fixed,
        seed=proposal.seed,
    )


def deciding_limits(
    proposal: PriorityAreas, graph: NeighbourGraph, *, border_factor: pd.Series | None = None
) -> pd.DataFrame:
    """Find out which limit decides about which area: the one without which the answer would be another.

    Parameters
    ----------
    proposal : PriorityAreas
        What `propose` returned.
    graph : NeighbourGraph
        The neighbours it was made with. [m]
    border_factor : Series of float, indexed by (area_id, neighbour_id), optional
        The cheap and dear borders it was made with.

    Returns
    -------
    DataFrame of bool, shape (n_areas, n_limits), indexed by area_id
        One column for each limit that was set. True where dropping this limit alone, and proposing again, takes the
        area in or out. An area about which several limits decide together has no True.

    Notes
    -----
    Without limits the choice is the exact minimum; with some of them left it is searched for, so a True says what
    the search finds without the limit. One proposal is made for each limit that is set.

    Examples
    --------
    >>> ids = pd.Index(["a", "b"])
    >>> pair = NeighbourGraph(area_id=ids, first=np.array([0]), second=np.array([1]), border=np.array([50.0]))
    >>> found = propose(pd.Series([1.5, 0.5], ids), pd.Series(100, ids), pair, threshold=1.0, border_price=0.2,
    ...                 limits=RegionLimits(least_residents=150))
    >>> deciding_limits(found, pair)["least_residents"].tolist()
    [True, False]
    """
    given, free = proposal.limits, RegionLimits()
    defaults = {
        "least_residents": free.least_residents,
        "most_residents": free.most_residents,
        "most_share": free.most_share,
        "most_regions": free.most_regions,
    }
    is_in = proposal.region.notna()
    columns = {}
    for name, default in defaults.items():
        if getattr(given, name) == default:
            continue
        without = replace(given, **{name: default})  # type: ignore[arg-type]
        again = propose_again(proposal, graph, limits=without, border_factor=border_factor)
        columns[name] = again.region.notna() != is_in
    return pd.DataFrame(columns, index=proposal.region.index).astype(bool)
