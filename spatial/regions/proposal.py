"""Where should priority areas lie? The best choice for a need threshold, a price on borders and the city's own rules."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.alignment import align
from spatial.errors import ParameterError
from spatial.neighbours import NeighbourGraph
from spatial.regions.cuts.choice import best_choice
from spatial.regions.cuts.objective import Objective, objective_of
from spatial.regions.cuts.pieces import pieces_of
from spatial.regions.fixed import FixedAreas
from spatial.regions.limited.feasibility import require_feasible
from spatial.regions.limited.search import Found, search
from spatial.regions.limits import RegionLimits
from spatial.regions.result import PriorityAreas

__all__ = ["objective_with_fixed", "propose", "region_names"]

_EXACT = "minimum cut (smallest minimiser)"
_SEARCHED = "nested minimum cuts, best pieces by dynamic programme, borders improved"


def propose(
    need: pd.Series,
    population: pd.Series,
    graph: NeighbourGraph,
    *,
    threshold: float,
    border_price: float,
    limits: RegionLimits | None = None,
    existing: pd.Series | None = None,
    inertia: float = 0.0,
    border_factor: pd.Series | None = None,
    fixed: FixedAreas | None = None,
    seed: int = 0,
) -> PriorityAreas:
    r"""Propose priority areas (Schwerpunkträume): high need, many residents, short borders.

    The choice :math:`x_i \in \{0, 1\}` of areas minimises

    .. math:: E(x) = \sum_i p_i (\tau - s_i - h_i) x_i + \beta \sum_{ij} \ell_{ij} |x_i - x_j|

    with need :math:`s`, residents :math:`p`, shared border :math:`\ell`, threshold :math:`\tau`, border price
    :math:`\beta`, and :math:`h_i = +\eta` inside the map in force, :math:`-\eta` outside. The connected pieces of the
    choice are the regions. Without limits the minimum is exact; with limits the best pieces of the exact minima for
    all thresholds are picked and improved, and `gap` says how much better any proposal could be.

    Parameters
    ----------
    need : Series of float, shape (n_areas,), indexed by area_id
        Need index, higher = more need. [index points] Missing need speaks neither for nor against an area:
        its neighbours decide through the border, and it is counted in `unknown`.
    population : Series of int or float, shape (n_areas,), indexed by area_id
        Residents. [persons]
    graph : NeighbourGraph
        Neighbours and shared borders of the same areas. [m]
    threshold : float
        Need above which an area speaks for itself. [index points]
    border_price : float
        What a metre of border costs, not negative: 0 gives every area with residents above the threshold.
        [persons × index points per metre]
    limits : RegionLimits, optional
        Residents of each region, of all together, number of regions. Default: none.
    existing : Series, shape (n_areas,), indexed by area_id, optional
        Region of the map in force that an area lies in; missing (or False) where it is in none.
    inertia : float, default 0
        How much the map in force counts, :math:`\eta`. [index points]
    border_factor : Series of float, indexed by (area_id, neighbour_id), optional
        Cheap and dear borders; pairs that are not named have 1.
    fixed : FixedAreas, optional
        Regions that stay as they are, areas that come in or stay out, each with a reason.
    seed : int, default 0
        For splitting regions with too many residents. The same seed gives the same regions.

    Returns
    -------
    PriorityAreas
        On the index of `need`. Of several best choices the smallest: an area that changes nothing stays out,
        so parks and water do not come in for nothing. Region ids are "1", "2", … by falling number of
        residents, ties by the smallest area id; locked regions keep theirs. The same areas in another order give
        the same regions.

    Raises
    ------
    AlignmentError
        If the inputs do not have the same areas.
    CountsError
        If the population is missing, infinite or negative, or a need is infinite.
    ParameterError
        If a parameter is outside its range, or limits and fixed areas contradict each other: the message names
        the limit, and the least relaxation that would do.

    Notes
    -----
    The objective is binary and submodular, so an s-t minimum cut finds its exact minimum [1]_. Costs are
    rounded to multiples of `resolution`, a power of two near 10⁻¹⁴ of the largest; the lower bound takes the
    rounding into account. The rim of the city is no border here. An unpopulated hole is filled when its
    border is worth more than 0; a populated hole of low need stays a hole. Locked regions are no part of the
    objective; a border with them costs like any other, and their residents count for the budget.

    References
    ----------
    .. [1] D. M. Greig, B. T. Porteous and A. H. Seheult (1989), Exact Maximum A Posteriori Estimation for
    Binary
       Images, Journal of the Royal Statistical Society B 51, doi:10.1111/j.2517-6161.1989.tb01764.x.

    Examples
    --------
    Three blocks in a row: the middle one lies below the threshold, but leaving it out would cost two borders.

    >>> ids = pd.Index(["a", "b", "c"])
    >>> row = NeighbourGraph(
    ...     area_id=ids, first=np.array([0, 1]), second=np.array([1, 2]), border=np.array([50.0, 50.0]))
    >>> need, people = pd.Series([1.5, 0.9, 1.5], index=ids), pd.Series([100, 100, 100], index=ids)
    >>> propose(need, people, row, threshold=1.0, border_price=0.0).region.tolist()
    ['1', <NA>, '2']
    >>> propose(need, people, row, threshold=1.0, border_price=0.2).region.tolist()
    ['1', '1', '1']
    >>> propose(need, people, row, threshold=1.0, border_price=0.2, limits=RegionLimits(most_share=0.4)).region.tolist()
    ['1', <NA>, <NA>]
    """
    if not math.isfinite(threshold):
        raise ParameterError("threshold", threshold, "a finite number of index points")
    rules, given = limits or RegionLimits(), fixed or FixedAreas()
    if not rules.is_none:
        # What is as good as something else is decided by area id, not by the order of the rows.
        graph = graph.in_order(graph.area_id[np.argsort(graph.area_id.astype(str).to_numpy(), kind="stable")])
    objective = objective_with_fixed(
        need,
        population,
        graph,
        border_price=border_price,
        existing=existing,
        inertia=inertia,
        border_factor=border_factor,
        fixed=given,
    )
    locked = _locked(given, graph.area_id)
    require_feasible(objective, threshold, rules, locked)
    is_locked = locked.notna().to_numpy(dtype=bool)
    budget = rules.most_share * float(objective.people.sum()) - float(objective.people[is_locked].sum())
    found = _found(objective, threshold, rules, budget, len(given.regions), seed)
    _require_kept(found.label, objective, rules, budget, len(given.regions))
    region = region_names(found.label, objective.people, graph.area_id, set(given.regions))
    region = locked.where(is_locked, region).astype("string")
    return PriorityAreas(
        region=region.reindex(need.index).rename("region_id"),
        need=need.copy(),
        population=align(population, need.index, "population").copy(),
        border_length=_outer_border(region, graph),
        objective=found.value,
        lower_bound=min(found.lower_bound, found.value),
        threshold=threshold,
        border_price=border_price,
        limits=rules,
        existing=None if existing is None else align(existing, need.index, "existing").copy(),
        inertia=inertia,
        fixed=given,
        resolution=found.resolution,
        unknown=int(align(need, graph.area_id, "need").isna().sum()),
        seed=seed,
        method=_EXACT if rules.is_none else _SEARCHED,
    )


def objective_with_fixed(
    need: pd.Series,
    population: pd.Series,
    graph: NeighbourGraph,
    *,
    border_price: float,
    existing: pd.Series | None = None,
    inertia: float = 0.0,
    border_factor: pd.Series | None = None,
    fixed: FixedAreas | None = None,
) -> Objective:
    """Return the costs of choosing areas, with the answers that are given: what `propose` searches.

    Parameters
    ----------
    need, population, graph, border_price, existing, inertia, border_factor, fixed
        As in `propose`.

    Returns
    -------
    Objective
        Locked regions are held out, since they are no part of the search; in the order of the graph's areas.

    Raises
    ------
    AlignmentError, CountsError, ParameterError
        As in `propose`.
    """
    given = fixed or FixedAreas()
    objective = objective_of(
        need,
        population,
        graph,
        border_price=border_price,
        existing=existing,
        inertia=inertia,
        border_factor=border_factor,
    )
    given.require_in(graph.area_id)
    names = graph.area_id
    return objective.holding(
        held_in=np.asarray(names.isin(given.inside.index)),
        held_out=np.asarray(names.isin(given.outside.index) | names.isin(given.locked.index)),
    )


def _found(
    objective: Objective, threshold: float, rules: RegionLimits, budget: float, n_locked: int, seed: int
) -> Found:
    if rules.is_none:
        choice = best_choice(objective, threshold)
        return Found(
            label=pieces_of(choice.chosen, objective),
            value=choice.value,
            lower_bound=choice.lower_bound,
            resolution=choice.resolution,
        )
    most = None if rules.most_regions is None else rules.most_regions - n_locked
    return search(objective, threshold, rules, budget=budget, most_regions=most, seed=seed)


def _require_kept(
    label: NDArray[np.int64], objective: Objective, rules: RegionLimits, budget: float, n_locked: int
) -> None:
    """Raise where areas that are held in left no way to keep a limit; what was found names what would do."""
    if rules.is_none:
        return
    inside = label >= 0
    residents = np.bincount(label[inside], objective.people[inside], int(label.max(initial=-1)) + 1)
    total, everybody = float(residents.sum()), float(objective.people.sum())
    if total > budget * (1 + 1e-12):
        share = rules.most_share + (total - budget) / everybody
        why = "areas held in need so many residents around them for regions within the other limits"
        raise ParameterError("most_share", rules.most_share, f"at least {_up(share)}: {why}")
    if rules.most_regions is not None and len(residents) + n_locked > rules.most_regions:
        raise ParameterError(
            "most_regions",
            rules.most_regions,
            f"at least {len(residents) + n_locked}: areas held in lie apart",
        )


def _up(share: float) -> str:
    """Return a share with four digits, rounded up, so that what is asked for is enough."""
    return f"{math.ceil(share * 1e4) / 1e4:.4f}"


def _locked(given: FixedAreas, area_id: pd.Index) -> pd.Series:
    """Return the locked region of each area, in the order of the areas, missing for all others."""
    return given.locked.astype("string").reindex(area_id).astype("string")


def region_names(
    piece: NDArray[np.int64], people: NDArray[np.float64], names: pd.Index, taken: set[str]
) -> pd.Series:
    """Name regions by falling residents, ties by the smallest area id.

    Parameters
    ----------
    piece : array of int, shape (n_areas,)
        Number of the region of each area, -1 for none.
    people : array of float, shape (n_areas,)
        Residents. [persons]
    names : Index of area_id, shape (n_areas,)
        The areas.
    taken : set of str
        Names that are not to be given.

    Returns
    -------
    Series of string, indexed by area_id
        "1", "2", …; missing for areas in none.

    Examples
    --------
    >>> region_names(np.array([0, -1, 1]), np.array([5.0, 9.0, 7.0]), pd.Index(["a", "b", "c"]), set()).tolist()
    ['2', <NA>, '1']
    """
    region = pd.Series(pd.NA, index=names, dtype="string")
    inside = np.flatnonzero(piece >= 0)
    if not len(inside):
        return region
    inside = inside[np.argsort(names[inside].astype(str).to_numpy(dtype=object), kind="stable")]
    members = pd.Series(people[inside]).groupby(piece[inside], sort=False)
    residents = members.sum()  # in order of the smallest area id, which a stable sort keeps among equals
    ranked = residents.sort_values(ascending=False, kind="stable").index.to_numpy()
    free = (str(number) for number in itertools.count(1) if str(number) not in taken)
    name = dict(zip(ranked.tolist(), free, strict=False))
    region.iloc[inside] = [name[one] for one in piece[inside].tolist()]
    return region


def _outer_border(region: pd.Series, graph: NeighbourGraph) -> pd.Series:
    """Return the border of every region with all areas that are not in it [m], in reading order of the region ids."""
    code, ids = pd.factorize(region)
    one, other = code[graph.first], code[graph.second]
    cut = one != other
    side = np.concatenate([one[cut], other[cut]])
    length = np.concatenate([graph.border[cut], graph.border[cut]])
    total = np.bincount(side[side >= 0], weights=length[side >= 0], minlength=len(ids))
    by_name = pd.Series(total, index=pd.Index(ids, dtype="string", name="region_id"), name="border_length")
    return by_name.iloc[np.lexsort((by_name.index, by_name.index.str.len()))]
