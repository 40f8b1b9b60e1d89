"""How segregated is a city when people meet across the borders of their areas? The dissimilarity, less what they share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, eye_array

from spatial.errors import ParameterError
from spatial.neighbours import NeighbourGraph, graph_in_order
from spatial.parameters import require_choice, require_number, require_whole_number
from spatial.segregation.aspatial.evenness import prepare_dissimilarity
from spatial.segregation.counts import Floats, two_groups
from spatial.segregation.measure import Evaluator, Measure
from spatial.segregation.places import Places

__all__ = [
    "MEASURES",
    "adjacency_dissimilarity",
    "border_dissimilarity",
    "prepare_adjacency_dissimilarity",
    "prepare_border_dissimilarity",
    "prepare_shape_dissimilarity",
    "shape_dissimilarity",
]

_Positions: TypeAlias = NDArray[np.int64]
_Mask: TypeAlias = NDArray[np.bool_]


def adjacency_dissimilarity(
    group: pd.Series | Floats,
    total: pd.Series | Floats,
    *,
    graph: NeighbourGraph,
    contiguity: Literal["rook", "queen"] = "rook",
    orders: int = 1,
    decay: Literal["exponential", "inverse"] = "exponential",
    decay_rate: float = 1.0,
) -> float:
    r"""Measure the dissimilarity less the mean difference between neighbouring areas: Morrill's D(adj).

    .. math:: D(adj) = D - \frac{\sum_{ij} c_{ij} |p_i - p_j|}{\sum_{ij} c_{ij}}

    with the group's share :math:`p_i` of the residents, and :math:`c_{ij} = 1` for neighbours, 0 otherwise.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. [persons]
    graph : NeighbourGraph
        Borders between the areas, and corners for `contiguity="queen"`; the same areas in any order.
    contiguity : {"rook", "queen"}, default "rook"
        Neighbours have a common border (Morrill), or a common border or corner.
    orders : int, default 1
        With 2 or more, neighbours of neighbours count as well, each order k with the mean difference over its
        own pairs times its decay (Tivadar). Orders that no pair has are left out. A way leads through inhabited
        areas only.
    decay : {"exponential", "inverse"}, default "exponential"
        Factor of order k: exp(decay_rate · (1 − k)) or k^(−decay_rate). It is 1 for the first order.
    decay_rate : float, default 1
        At least 0. [unitless]

    Returns
    -------
    float
        1 = complete separation, and nobody has a neighbour of the other group; below 0 when the differences
        between neighbours are larger than the unevenness of the persons. [unitless]
        NaN when the group, or everybody else, is absent, or no two inhabited areas are neighbours. Areas
        without residents, and their borders, count for nothing.

    Raises
    ------
    AlignmentError
        If group, total and graph do not have the same areas, or one of them names an area twice.
    CountsError
        If a count is missing, infinite or negative, or the group is larger than the total.
    ParameterError
        If an option is unknown or out of its range, or corners are wanted that the graph does not have.

    References
    ----------
    .. [1] R. L. Morrill (1991), On the Measure of Geographic Segregation, Geography Research Forum 11, 25–36.
    .. [2] M. Tivadar (2019), OasisR: An R Package to Bring Some Order to the World of Segregation
       Measurement, Journal of Statistical Software 89(7), doi:10.18637/jss.v089.i07.

    Examples
    --------
    >>> row = NeighbourGraph(area_id=pd.RangeIndex(3), first=np.array([0, 1]), second=np.array([1, 2]),
    ...                      border=np.array([1.0, 1.0]))
    >>> adjacency_dissimilarity(pd.Series([10, 0, 0]), pd.Series([10, 10, 10]), graph=row)
    0.5
    """
    table = two_groups(group, total)
    evaluate = prepare_adjacency_dissimilarity(
        graph=graph_in_order(graph, table.area_id),
        contiguity=contiguity,
        orders=orders,
        decay=decay,
        decay_rate=decay_rate,
    )
    return float(evaluate(table.counts))


def border_dissimilarity(
    group: pd.Series | Floats,
    total: pd.Series | Floats,
    *,
    graph: NeighbourGraph,
    standardisation: Literal["all", "rows"] = "all",
) -> float:
    r"""Measure the dissimilarity less the mean difference along common borders: Wong's D(w).

    .. math:: D(w) = D - \sum_{ij} w_{ij} |p_i - p_j|, \qquad w_{ij} = d_{ij} / \sum_{ij} d_{ij}

    with the group's share :math:`p_i` of the residents and the length :math:`d_{ij}` of the common border.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. [persons]
    graph : NeighbourGraph
        Borders between the areas; the same areas in any order.
    standardisation : {"all", "rows"}, default "all"
        Every metre of border counts the same, or every area does: its own borders add up to 1, and the mean is
        taken over the areas.

    Returns
    -------
    float
        See `adjacency_dissimilarity`. [unitless]

    Raises
    ------
    AlignmentError, CountsError, ParameterError
        See `adjacency_dissimilarity`.

    Notes
    -----
    Wong prints a factor of one half before a sum over pairs. With every border counted once in the
    denominator and twice in the sum this is the formula above; with weights that add up to 1 in every row it
    would grow with the number of areas, so that "rows" takes the mean over the areas.

    References
    ----------
    .. [1] D. W. S. Wong (1993), Spatial Indices of Segregation, Urban Studies 30(3), 559–572,
       doi:10.1080/00420989320080551.
    .. [2] S.-Y. Hong, D. O'Sullivan and Y. Sadahiro (2014), Implementing Spatial Segregation Measures in R,
       PLoS ONE 9(11), doi:10.1371/journal.pone.0113767.

    Examples
    --------
    >>> row = NeighbourGraph(area_id=pd.RangeIndex(3), first=np.array([0, 1]), second=np.array([1, 2]),
    ...                      border=np.array([1.0, 3.0]))
    >>> border_dissimilarity(pd.Series([10, 0, 0]), pd.Series([10, 10, 10]), graph=row)
    0.75
    """
    table = two_groups(group, total)
    evaluate = prepare_border_dissimilarity(
        graph=graph_in_order(graph, table.area_id), standardisation=standardisation
    )
    return float(evaluate(table.counts))


def shape_dissimilarity(
    group: pd.Series | Floats,
    total: pd.Series | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    graph: NeighbourGraph,
    perimeter: Literal["full", "internal"] = "full",
    denominator: Literal["twice_largest", "four_times_largest"] = "twice_largest",
) -> float:
    r"""Measure the dissimilarity less the differences along borders, more for slim areas: Wong's D(s).

    .. math:: D(s) = D - \sum_{ij} w_{ij} |p_i - p_j| \,
              \frac{P_i / A_i + P_j / A_j}{2 \max_k (P_k / A_k)}

    with :math:`w_{ij}` and :math:`p_i` of `border_dissimilarity`, the perimeter :math:`P_i` and the size
    :math:`A_i` of an area: who lives in a compact area is far from its border.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. [persons]
    geometry : GeoSeries, GeoDataFrame or Places, indexed by area_id
        Areas in a projected CRS with metres; the same areas in any order.
    graph : NeighbourGraph
        Borders between the areas; the same areas in any order.
    perimeter : {"full", "internal"}, default "full"
        The whole outline of an area (Wong), or only its borders with other inhabited areas (Hong and others,
        Tivadar).
    denominator : {"twice_largest", "four_times_largest"}, default "twice_largest"
        What the sum of two perimeter-area ratios is divided by: 2 max(P/A), so that the weight is at most 1
        (Tivadar), or 4 max(P/A), which Wong's formula gives when it is taken by its letter.

    Returns
    -------
    float
        See `adjacency_dissimilarity`; at least D(w). [unitless]

    Raises
    ------
    AlignmentError, CountsError
        See `adjacency_dissimilarity`.
    CrsError
        If the coordinates are not metres.
    GeometryError
        If the geometry cannot be measured, or is points without sizes.
    ParameterError
        If an option is unknown, or full perimeters are wanted of a graph without rim.

    References
    ----------
    .. [1] D. W. S. Wong (1993), Spatial Indices of Segregation, Urban Studies 30(3), 559–572,
       doi:10.1080/00420989320080551.
    .. [2] M. Tivadar (2019), OasisR: An R Package to Bring Some Order to the World of Segregation
       Measurement, Journal of Statistical Software 89(7), doi:10.18637/jss.v089.i07.

    Examples
    --------
    >>> from spatial.contiguity import shared_borders
    >>> from shapely import box
    >>> squares = gpd.GeoSeries([box(0, 0, 2, 2), box(2, 0, 4, 2), box(4, 0, 6, 2)], crs=25833)
    >>> graph = shared_borders(squares)
    >>> shape_dissimilarity(pd.Series([10, 0, 0]), pd.Series([10, 10, 10]), geometry=squares, graph=graph)
    0.5
    """
    table = two_groups(group, total)
    evaluate = prepare_shape_dissimilarity(
        places=Places.of(geometry, table.area_id, "the shape dissimilarity"),
        graph=graph_in_order(graph, table.area_id),
        perimeter=perimeter,
        denominator=denominator,
    )
    return float(evaluate(table.counts))


def prepare_adjacency_dissimilarity(
    *,
    graph: NeighbourGraph,
    contiguity: Literal["rook", "queen"] = "rook",
    orders: int = 1,
    decay: Literal["exponential", "inverse"] = "exponential",
    decay_rate: float = 1.0,
) -> Evaluator:
    """Return the evaluator of the adjacency dissimilarity, for a graph in the order of the counts."""
    orders = require_whole_number("orders", orders, "a whole number, at least 1", least=1)
    require_choice("decay", decay, ("exponential", "inverse"))
    decay_rate = require_number(
        "decay_rate", decay_rate, "a finite number, at least 0", lambda rate: 0 <= rate < np.inf
    )
    borders = graph.contiguous(contiguity)

    def links_of(inhabited: _Mask) -> _Links:
        pairs = _both_inhabited(*borders, inhabited)
        first, second = (ends[pairs] for ends in borders)
        order = np.ones(len(first), dtype=np.int64)
        if orders > 1:
            first, second, order = _pairs_up_to_order(first, second, len(inhabited), int(orders))
        steps = order.astype(float)
        factor = np.exp(decay_rate * (1 - steps)) if decay == "exponential" else steps**-decay_rate
        return _Links(first=first, second=second, weight=factor / np.bincount(order)[order])

    return _less_differences(links_of)


def prepare_border_dissimilarity(
    *, graph: NeighbourGraph, standardisation: Literal["all", "rows"] = "all"
) -> Evaluator:
    """Return the evaluator of the border dissimilarity, for a graph in the order of the counts."""
    require_choice("standardisation", standardisation, ("all", "rows"))

    def links_of(inhabited: _Mask) -> _Links:
        pairs = _both_inhabited(graph.first, graph.second, inhabited)
        first, second, border = graph.first[pairs], graph.second[pairs], graph.border[pairs]
        if standardisation == "all":
            return _Links(first=first, second=second, weight=border / border.sum())
        row = _outlines(first, second, border, len(inhabited))
        weight = border * (1 / row[first] + 1 / row[second]) / np.count_nonzero(row)
        return _Links(first=first, second=second, weight=weight)

    return _less_differences(links_of)


def prepare_shape_dissimilarity(
    *,
    places: Places,
    graph: NeighbourGraph,
    perimeter: Literal["full", "internal"] = "full",
    denominator: Literal["twice_largest", "four_times_largest"] = "twice_largest",
) -> Evaluator:
    """Return the evaluator of the shape dissimilarity, for places and a graph in the order of the counts."""
    require_choice("perimeter", perimeter, ("full", "internal"))
    require_choice("denominator", denominator, ("twice_largest", "four_times_largest"))
    times = 2.0 if denominator == "twice_largest" else 4.0
    size = places.sizes("the shape dissimilarity")
    full: Floats | None = None
    if perimeter == "full":
        if graph.rim is None:
            raise ParameterError(
                "graph", "borders without rim", "a graph of shared_borders(), or perimeter='internal'"
            )
        full = _outlines(graph.first, graph.second, graph.border, len(graph.area_id)) + graph.rim

    def links_of(inhabited: _Mask) -> _Links:
        pairs = _both_inhabited(graph.first, graph.second, inhabited)
        first, second, border = graph.first[pairs], graph.second[pairs], graph.border[pairs]
        slimness = (_outlines(first, second, border, len(inhabited)) if full is None else full) / size
        both = (slimness[first] + slimness[second]) / (times * slimness[inhabited].max(initial=0.0))
        return _Links(first=first, second=second, weight=border / border.sum() * both)

    return _less_differences(links_of)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Links:
    """Pairs of inhabited areas and the weight of the difference between them."""

    first: _Positions
    second: _Positions
    weight: Floats

    def difference(self, share: Floats) -> float:
        """Return the weighted difference, NaN without any pair."""
        if not len(self.weight):
            return float("nan")
        gap = share.take(self.first)
        gap -= share.take(self.second)
        np.abs(gap, out=gap)
        gap *= self.weight
        return float(gap.sum())


def _both_inhabited(first: _Positions, second: _Positions, inhabited: _Mask) -> _Positions:
    """Return the positions of the pairs that count."""
    return np.asarray(np.flatnonzero(inhabited[first] & inhabited[second]))


def _outlines(first: _Positions, second: _Positions, border: Floats, n_areas: int) -> Floats:
    """Return the length of the borders of each area [m]."""
    return np.asarray(np.bincount(first, border, n_areas) + np.bincount(second, border, n_areas))


def _less_differences(links_of: Callable[[_Mask], _Links]) -> Evaluator:
    """Return the evaluator of the dissimilarity less the weighted differences between pairs of inhabited areas."""
    dissimilarity = prepare_dissimilarity()
    # Replicates mostly have residents in the same areas, from one call to the next.
    kept: list[tuple[_Mask, _Links]] = []

    def evaluate(counts: Floats) -> Floats:
        tables = counts.reshape(-1, *counts.shape[-2:])
        difference = np.empty(len(tables))
        found = kept[0] if kept else None
        for position, (members, rest) in enumerate(tables):
            residents = members + rest
            inhabited = residents > 0
            if found is None or not np.array_equal(inhabited, found[0]):
                found = inhabited, links_of(inhabited)
                kept[:] = [found]
            with np.errstate(invalid="ignore"):
                share = members / residents
            difference[position] = found[1].difference(share)
        return np.asarray(dissimilarity(counts) - difference.reshape(counts.shape[:-2]))

    return evaluate


def _pairs_up_to_order(
    first: _Positions, second: _Positions, n_areas: int, orders: int
) -> tuple[_Positions, _Positions, _Positions]:
    """Return all pairs that are at most so many steps apart, and the number of steps."""
    ones = np.ones(2 * len(first), dtype=np.int64)
    step = coo_array((ones, (np.r_[first, second], np.r_[second, first])), shape=(n_areas, n_areas)).tocsr()
    reached: csr_array = step + eye_array(n_areas, dtype=np.int64, format="csr")
    front, found = step, [(first, second, np.ones(len(first), dtype=np.int64))]
    for order in range(2, orders + 1):
        beyond = (front @ step).astype(bool).astype(np.int64)
        front = beyond - beyond.multiply(reached.astype(bool).astype(np.int64))
        front.eliminate_zeros()
        if not front.nnz:
            break
        reached = reached + front
        one, other = (positions.astype(np.int64) for positions in front.nonzero())
        upper = one < other
        found.append((one[upper], other[upper], np.full(int(upper.sum()), order, dtype=np.int64)))
    one, other, order_of = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return one, other, order_of


MEASURES = (
    Measure(
        id="adjacency_dissimilarity",
        title_de="Nachbarschaftsbereinigte Dissimilarität D(adj)",
        title_en="Adjacency-adjusted dissimilarity D(adj)",
        dimension="evenness",
        groups="two",
        needs=("graph",),
        low=None,
        citation="Morrill 1991, Geography Research Forum 11",
        function=adjacency_dissimilarity,
        prepare=prepare_adjacency_dissimilarity,
        known_as={
            "PySAL segregation": "SpatialDissim",
            "R OasisR": "ISMorrill, DIMorrill, ISMorrillK, DIMorrillK",
            "R seg": "dissim$dm, seg",
        },
    ),
    Measure(
        id="border_dissimilarity",
        title_de="Grenzlängenbereinigte Dissimilarität D(w)",
        title_en="Border-adjusted dissimilarity D(w)",
        dimension="evenness",
        groups="two",
        needs=("graph",),
        low=-1.0,
        citation="Wong 1993, doi:10.1080/00420989320080551",
        function=border_dissimilarity,
        prepare=prepare_border_dissimilarity,
        known_as={
            "PySAL segregation": "BoundarySpatialDissim",
            "R OasisR": "ISWong, DIWong",
            "R seg": "dissim$dw",
        },
    ),
    Measure(
        id="shape_dissimilarity",
        title_de="Form- und grenzlängenbereinigte Dissimilarität D(s)",
        title_en="Shape-adjusted dissimilarity D(s)",
        dimension="evenness",
        groups="two",
        needs=("geometry", "graph"),
        low=-1.0,
        citation="Wong 1993, doi:10.1080/00420989320080551",
        function=shape_dissimilarity,
        prepare=prepare_shape_dissimilarity,
        known_as={"PySAL segregation": "PARDissim", "R OasisR": "ISWong, DIWong", "R seg": "dissim$ds"},
    ),
)
