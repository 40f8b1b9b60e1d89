"""How compact are the areas where a group is strong? The spatial proximity profile, over all shares at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.neighbours import NeighbourGraph, graph_in_order
from spatial.parameters import require_choice, require_whole_number
from spatial.segregation.counts import Floats, two_groups
from spatial.segregation.measure import Evaluator, Measure
from spatial.segregation.proximity.steps import Walks, walks_over

__all__ = [
    "MEASURES",
    "prepare_spatial_proximity_profile",
    "proximity_curve",
    "spatial_proximity_profile",
]

Uninhabited: TypeAlias = Literal["leave_out", "keep"]


def spatial_proximity_profile(
    group: pd.Series | Floats,
    total: pd.Series | Floats,
    *,
    graph: NeighbourGraph,
    contiguity: Literal["rook", "queen"] = "rook",
    thresholds: int | None = None,
    uninhabited: Uninhabited = "leave_out",
    workers: int | None = None,
) -> float:
    r"""Measure how compact the areas are where the group is strong, and how loose where it is not.

    .. math:: SPP = \frac{P - \int_0^P \eta_t\,dt + \int_P^1 \eta_t\,dt}{1 - P}, \qquad
              \eta_t = \frac{k_t (k_t - 1)}{\sum_{i,j} \delta_{ij}}

    with the group's share :math:`P` of all residents, the :math:`k_t` areas where its share is at least
    :math:`t`, and the steps :math:`\delta_{ij}` from one of them to another over the neighbour graph of all
    inhabited areas. :math:`\eta_t`, the profile, is given by `proximity_curve`.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. The same areas in any order; fractions are allowed. [persons]
    graph : NeighbourGraph
        Borders between the areas, and corners for `contiguity="queen"`; the same areas in any order.
    contiguity : {"rook", "queen"}, default "rook"
        A step leads across a common border, or a common border or corner.
    thresholds : int, optional
        Number of thresholds, evenly spaced from 0 to 1, whose sum stands for the integrals. Default: the
        integrals themselves, which end at the shares that areas have.
    uninhabited : {"leave_out", "keep"}, default "leave_out"
        Whether a way may lead through areas without residents: not, so that they have no effect, or yes, so
        that a park, a river or a lake that is an area of its own does not cut the city in two.
    workers : int, optional
        Threads; the value does not depend on it. Default: one per processor.

    Returns
    -------
    float
        0 = the same share everywhere, in areas that all touch; higher = more clustered. [unitless]
        NaN when the group, or everybody else, is absent, or fewer than two areas are inhabited. Empty areas
        count for nothing, with `uninhabited="keep"` only as ways.

    Raises
    ------
    AlignmentError
        If counts or graph have other areas.
    CountsError
        If a count is missing, infinite or negative, or the group is larger than the total.
    ParameterError
        If an option is out of its range, or corners are wanted that the graph does not have.

    Notes
    -----
    Areas that no way connects are infinitely far apart, so the profile is 0 as long as it holds both. It is
    0 in the integrals, too, where fewer than two areas reach the threshold.

    References
    ----------
    .. [1] S.-Y. Hong and Y. Sadahiro (2014), Measuring geographic segregation: a graph-based approach, Journal
       of Geographical Systems 16, 211-231.

    Examples
    --------
    >>> row = NeighbourGraph(area_id=pd.RangeIndex(3), first=np.array([0, 1]), second=np.array([1, 2]),
    ...                      border=np.array([100.0, 100.0]))
    >>> round(spatial_proximity_profile(pd.Series([8, 6, 1]), pd.Series([10, 10, 10]), graph=row), 4)
    0.25
    """
    table = two_groups(group, total)
    evaluate = prepare_spatial_proximity_profile(
        graph=graph_in_order(graph, table.area_id),
        contiguity=contiguity,
        thresholds=thresholds,
        uninhabited=uninhabited,
        workers=workers,
    )
    return float(evaluate(table.counts))


def prepare_spatial_proximity_profile(
    *,
    graph: NeighbourGraph,
    contiguity: Literal["rook", "queen"] = "rook",
    thresholds: int | None = None,
    uninhabited: Uninhabited = "leave_out",
    workers: int | None = None,
) -> Evaluator:
    """Return the evaluator of the proximity profile, for a graph in the order of the counts."""
    if thresholds is not None:
        thresholds = require_whole_number(
            "thresholds", thresholds, "a whole number, at least 2, or None for the integral", least=2
        )
    walks_of = _walks_finder(graph, contiguity, uninhabited, workers)

    def evaluate(counts: Floats) -> Floats:
        replicates = counts.reshape(-1, 2, counts.shape[-1])
        values = [_index(people, walks_of(people), thresholds) for people in replicates]
        return np.array(values).reshape(counts.shape[:-2])

    return evaluate


def proximity_curve(
    group: pd.Series | Floats,
    total: pd.Series | Floats,
    *,
    graph: NeighbourGraph,
    contiguity: Literal["rook", "queen"] = "rook",
    uninhabited: Uninhabited = "leave_out",
    workers: int | None = None,
) -> pd.Series:
    """Tell how compact the areas are where the group's share is at least a threshold, for all thresholds.

    Parameters
    ----------
    group, total, graph, contiguity, uninhabited, workers
        See `spatial_proximity_profile`.

    Returns
    -------
    Series, indexed by share, ascending
        For each share that an area has: the inverse of the mean number of steps between two areas with at
        least this share. 1 = all of them touch, 0 = no way connects some. It holds for thresholds down to the
        next lower share. NaN where it is one area. [unitless]

    Raises
    ------
    AlignmentError, CountsError, ParameterError
        See `spatial_proximity_profile`.

    References
    ----------
    .. [1] S.-Y. Hong and Y. Sadahiro (2014), Measuring geographic segregation: a graph-based approach, Journal
       of Geographical Systems 16, 211-231.

    Examples
    --------
    >>> row = NeighbourGraph(area_id=pd.RangeIndex(3), first=np.array([0, 1]), second=np.array([1, 2]),
    ...                      border=np.array([100.0, 100.0]))
    >>> proximity_curve(pd.Series([8, 6, 1]), pd.Series([10, 10, 10]), graph=row).tolist()
    [0.75, 1.0, nan]
    """
    table = two_groups(group, total)
    walks_of = _walks_finder(graph_in_order(graph, table.area_id), contiguity, uninhabited, workers)
    shares, profile = _profile(table.counts, walks_of(table.counts))
    return pd.Series(profile, index=pd.Index(shares, name="share"), name="proximity")


def _walks_finder(
    graph: NeighbourGraph,
    contiguity: Literal["rook", "queen"],
    uninhabited: Uninhabited,
    workers: int | None,
) -> Callable[[Floats], Walks]:
    """Return the function from the people of the areas to the ways that lead through them."""
    require_choice("uninhabited", uninhabited, Uninhabited)
    everywhere = walks_over(graph, contiguity=contiguity, workers=workers)
    # Replicates mostly have residents in the same areas, from one call to the next.
    kept: list[tuple[NDArray[np.bool_], Walks]] = []

    def walks_of(people: Floats) -> Walks:
        inhabited = np.asarray(people.any(axis=0))
        if uninhabited == "keep" or inhabited.all():
            return everywhere
        for known, walks in kept:
            if np.array_equal(inhabited, known):
                return walks
        walks = walks_over(graph, contiguity=contiguity, only=inhabited, workers=workers)
        kept[:] = [(inhabited, walks)]
        return walks

    return walks_of


def _index(people: Floats, walks: Walks, thresholds: int | None) -> float:
    """Put the number together from the profile of one table of counts."""
    of_groups = people.sum(axis=-1)
    shares, profile = _profile(people, walks)
    if not of_groups.all() or np.count_nonzero(people.sum(axis=0)) < 2:
        return float("nan")
    overall = of_groups[0] / of_groups.sum()
    profile = np.nan_to_num(profile)
    if thresholds is None:
        lower = np.concatenate([[0.0], shares[:-1]])
        below = profile @ (np.minimum(shares, overall) - np.minimum(lower, overall))
        above = profile @ (np.maximum(shares, overall) - np.maximum(lower, overall))
    else:
        grid = np.linspace(0, 1, thresholds)
        reached = np.concatenate([profile, [0.0]])[np.searchsorted(shares, grid)] / thresholds
        below, above = reached[grid < overall].sum(), reached[grid >= overall].sum()
    return float((overall - below + above) / (1 - overall))


def _profile(people: Floats, walks: Walks) -> tuple[Floats, Floats]:
    """Return the shares that inhabited areas have, ascending, and the profile from each of them on."""
    residents = people.sum(axis=0)
    inhabited = np.flatnonzero(residents)
    share = people[0, inhabited] / residents[inhabited]
    order = np.argsort(-share, kind="stable")
    steps = 2 * np.cumsum(walks.to_earlier(inhabited[order]))
    share = share[order]
    last = np.flatnonzero(np.append(np.diff(share) != 0, True)[: len(share)])  # of each share
    areas = last + 1.0
    with np.errstate(invalid="ignore", divide="ignore"):
        profile = areas * (areas - 1) / steps[last]
    return np.asarray(share[last][::-1]), np.asarray(profile[::-1])


MEASURES = (
    Measure(
        id="spatial_proximity_profile",
        title_de="Profil der räumlichen Nähe (SPP)",
        title_en="Spatial proximity profile (SPP)",
        dimension="clustering",
        groups="two",
        needs=("graph",),
        high=None,
        citation="Hong and Sadahiro 2014, doi:10.1007/s10109-013-0190-7",
        function=spatial_proximity_profile,
        prepare=prepare_spatial_proximity_profile,
        known_as={"PySAL segregation": "SpatialProxProf"},
    ),
)
