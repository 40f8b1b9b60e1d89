"""Where should priority areas lie? The provably best choice for a need threshold and a price on borders."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.alignment import align, require_unique
from spatial.errors import CountsError, ParameterError
from spatial.neighbours import NeighbourGraph
from spatial.regions.mincut import LARGEST_TOTAL, minimum_cut
from spatial.regions.result import PriorityAreas

__all__ = ["propose"]

# Bits kept of the largest cost: decimal inputs that are equal on paper are then equal for the search as well.
_BITS = 46


def propose(
    need: pd.Series, population: pd.Series, graph: NeighbourGraph, *, threshold: float, border_price: float
) -> PriorityAreas:
    r"""Propose priority areas (Schwerpunktgebiete): high need, many residents, short borders.

    The choice :math:`x_i \in \{0, 1\}` of areas minimises exactly

    .. math:: E(x) = \sum_i p_i (\tau - s_i) x_i + \beta \sum_{ij} \ell_{ij} |x_i - x_j|

    with need :math:`s`, residents :math:`p`, shared border :math:`\ell`, threshold :math:`\tau` and border
    price :math:`\beta`. The connected pieces of the choice are the regions.

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

    Returns
    -------
    PriorityAreas
        On the index of `need`. Of several best choices the smallest: an area that changes nothing stays out,
        so parks and water do not come in for nothing. Region ids are "1", "2", … by falling number of
        residents, ties by the smallest area id. The same areas in another order give the same regions.

    Raises
    ------
    AlignmentError
        If need, population and graph do not have the same areas.
    CountsError
        If the population is missing, infinite or negative, or a need is infinite.
    ParameterError
        If threshold or border price is not finite, or the price negative.

    Notes
    -----
    The objective is binary and submodular, so an s-t minimum cut finds its exact minimum [1]_. Costs are
    rounded to multiples of `resolution`, a power of two near 10⁻¹⁴ of the largest; the lower bound takes the
    rounding into account. The rim of the city is no border here. An unpopulated hole is filled when its
    border is worth more than 0; a populated hole of low need stays a hole.

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
    """
    if not math.isfinite(threshold):
        raise ParameterError("threshold", threshold, "a finite number of index points")
    if not (math.isfinite(border_price) and border_price >= 0):
        raise ParameterError("border_price", border_price, "a finite price of at least 0 per metre")
    require_unique(need.index, "need")
    people = align(population, graph.area_id, "population").to_numpy(dtype=float, na_value=np.nan)
    index_points = align(need, graph.area_id, "need").to_numpy(dtype=float, na_value=np.nan)
    _require_usable(index_points, people, graph.area_id)

    unknown = np.isnan(index_points)
    cost = np.where(unknown, 0.0, people * (threshold - np.where(unknown, threshold, index_points)))
    price = border_price * graph.border
    chosen, lower_bound, resolution = _best_choice(cost, price, graph)

    objective = math.fsum(cost[chosen]) + math.fsum(price[chosen[graph.first] != chosen[graph.second]])
    piece = graph.components(chosen)
    name = _region_names(piece, people, graph.area_id)
    label = np.full(len(piece), None, dtype=object)
    label[chosen] = name[piece[chosen]]
    region = pd.Series(label, index=graph.area_id, dtype="string").reindex(need.index)
    return PriorityAreas(
        region=region.rename("region_id"),
        need=need.copy(),
        population=align(population, need.index, "population").copy(),
        border_length=_outer_border(piece, name, graph),
        objective=objective,
        lower_bound=min(lower_bound, objective),
        threshold=threshold,
        border_price=border_price,
        resolution=resolution,
        unknown=int(unknown.sum()),
        method="minimum cut (smallest minimiser)",
    )


def _require_usable(need: NDArray[np.float64], people: NDArray[np.float64], names: pd.Index) -> None:
    missing = ~np.isfinite(people)
    if missing.any():
        raise CountsError("population missing or infinite", names[missing], "give 0 where nobody lives")
    negative = people < 0
    if negative.any():
        raise CountsError("population negative", names[negative])
    infinite = np.isinf(need)
    if infinite.any():
        raise CountsError(
            "need infinite", names[infinite], "give a number, or leave it missing if it is not known"
        )


def _best_choice(
    cost: NDArray[np.float64], price: NDArray[np.float64], graph: NeighbourGraph
) -> tuple[NDArray[np.bool_], float, float]:
    """Minimise on whole numbers; return the choice, a bound for the unrounded costs, and the unit."""
    gain = np.maximum(-cost, 0.0)
    total = math.fsum(gain)
    if total == 0.0:
        return np.zeros(len(cost), dtype=bool), 0.0, 0.0
    # What costs twice as much as can be won is as good as infinite; once would be a tie that rounding decides.
    loss, link = (np.clip(part, 0.0, 2 * total) for part in (cost, price))
    largest = max(float(gain.max()), float(loss.max()), float(link.max(initial=0.0)))
    exponent = max(math.frexp(largest)[1] - _BITS, math.frexp(total)[1] - LARGEST_TOTAL.bit_length() + 2)
    unit = math.ldexp(1.0, exponent)
    rounded = [np.rint(part / unit).astype(np.int64) for part in (gain, loss, link)]
    cut = minimum_cut(rounded[0], rounded[1], graph.first, graph.second, rounded[2])
    # Where rounding went up, the true cut may be cheaper than the one that was found: that much is given
    # away.
    excess = math.fsum(
        math.fsum(np.maximum(whole * unit - part, 0.0))
        for whole, part in zip(rounded, (gain, loss, link), strict=True)
    )
    return cut.source_side, cut.value * unit - total - excess, unit


def _region_names(
    piece: NDArray[np.int64], people: NDArray[np.float64], names: pd.Index
) -> NDArray[np.object_]:
    """Return the name of each piece: a rank by falling residents, ties by the smallest area id."""
    inside = np.flatnonzero(piece >= 0)
    if not len(inside):
        return np.empty(0, dtype=object)
    inside = inside[np.argsort(names[inside].astype(str).to_numpy(dtype=object), kind="stable")]
    members = pd.Series(people[inside]).groupby(piece[inside], sort=False)
    residents = members.sum()  # in order of the smallest area id, which a stable sort keeps among equals
    ranked = residents.sort_values(ascending=False, kind="stable").index.to_numpy()
    name = np.empty(len(ranked), dtype=object)
    name[ranked] = [str(rank) for rank in range(1, len(ranked) + 1)]
    return name


def _outer_border(piece: NDArray[np.int64], name: NDArray[np.object_], graph: NeighbourGraph) -> pd.Series:
    """Return the border of every region with the areas outside [m], in the order of the region ids."""
    one, other = piece[graph.first], piece[graph.second]
    cut = one != other
    side = np.concatenate([one[cut], other[cut]])
    length = np.concatenate([graph.border[cut], graph.border[cut]])
    total = np.bincount(side[side >= 0], weights=length[side >= 0], minlength=len(name))
    by_name = pd.Series(total, index=pd.Index(name, dtype="string", name="region_id"), name="border_length")
    return by_name.iloc[np.argsort(name.astype(int))]
