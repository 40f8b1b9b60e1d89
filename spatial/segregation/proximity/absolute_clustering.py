"""Does a group fill neighbouring areas, or is it scattered over the city? Absolute clustering."""

from __future__ import annotations

from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.neighbours import NeighbourGraph, graph_in_order
from spatial.parameters import require_choice
from spatial.segregation.counts import Floats, two_groups
from spatial.segregation.measure import Evaluator, Measure
from spatial.segregation.places import Places
from spatial.segregation.proximity.decay import Diagonal
from spatial.segregation.proximity.pair_sums import pair_sums

__all__ = [
    "MEASURES",
    "absolute_clustering",
    "absolute_clustering_contiguity",
    "prepare_absolute_clustering",
    "prepare_absolute_clustering_contiguity",
]

_NUMBERS = 2_000_000  # in one batch of replicates: 16 MB


def absolute_clustering(
    group: pd.Series | Floats,
    total: pd.Series | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    distance_unit: float = 1000.0,
    decay: Literal["exponential", "inverse"] = "exponential",
    diagonal: Diagonal = "0.6 sqrt(area)",
    tolerance: float = 0.0,
    workers: int | None = None,
) -> float:
    r"""Measure the share of the group among the residents near its members, by distance.

    .. math:: ACL = \frac{\sum_i \frac{x_i}{X} \sum_j c_{ij} x_j - \frac{X}{n^2} \sum_{ij} c_{ij}}
                         {\sum_i \frac{x_i}{X} \sum_j c_{ij} t_j - \frac{X}{n^2} \sum_{ij} c_{ij}},
              \qquad c_{ij} = e^{-d_{ij}}

    with the group :math:`x_i` and its sum :math:`X`, residents :math:`t_i`, and the distance :math:`d_{ij}`
    between centroids. The second term is what the group would find if it were spread alike over all
    :math:`n` inhabited areas.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. The same areas in any order; fractions are allowed. [persons]
    geometry : GeoSeries, GeoDataFrame or Places, indexed by area_id
        Polygons or points, in a projected CRS with metres.
    distance_unit : float, default 1000.0
        Metres in one unit of distance: 1000 takes kilometres. [m]
    decay : {"exponential", "inverse"}
        Proximity at distance d: exp(-d) or 1/d.
    diagonal : {"0.6 sqrt(area)", "sqrt(0.6 area)", "zero", "excluded"}
        Distance of an area from itself; "excluded" leaves pairs within one area out. Points have no size: name
        "zero" or "excluded" for them.
    tolerance : float, default 0.0
        Largest error of any single proximity; 0 sums all pairs exactly.
    workers : int, optional
        Threads; the value does not depend on it. Default: one per processor.

    Returns
    -------
    float
        1 = only members near members; 0 = no more of them than if the group were spread alike over all areas;
        below 0 = fewer. [unitless]
        NaN when the group, or everybody else, is absent. Empty areas count for nothing.

    Raises
    ------
    AlignmentError, CountsError, CrsError, GeometryError
        If counts or geometry cannot be used, or speak of other areas.
    ParameterError
        If an option is wrong, or the diagonal needs sizes and the geometry is points.

    Notes
    -----
    The value depends on how the city is cut into areas, as :math:`n` does: splitting an area changes it.

    References
    ----------
    .. [1] D. S. Massey and N. A. Denton (1988), The dimensions of residential segregation,
       doi:10.1093/sf/67.2.281.

    Examples
    --------
    >>> import shapely
    >>> blocks = gpd.GeoSeries([shapely.box(0, 0, 1e3, 1e3), shapely.box(1e3, 0, 2e3, 1e3)], crs=25833)
    >>> round(absolute_clustering(pd.Series([50, 0]), pd.Series([50, 50]), geometry=blocks), 4)
    0.1974
    """
    table = two_groups(group, total)
    evaluate = prepare_absolute_clustering(
        places=Places.of(geometry, table.area_id, "absolute_clustering"),
        distance_unit=distance_unit,
        decay=decay,
        diagonal=diagonal,
        tolerance=tolerance,
        workers=workers,
    )
    return float(evaluate(table.counts))


def prepare_absolute_clustering(
    *,
    places: Places,
    distance_unit: float = 1000.0,
    decay: Literal["exponential", "inverse"] = "exponential",
    diagonal: Diagonal = "0.6 sqrt(area)",
    tolerance: float = 0.0,
    workers: int | None = None,
) -> Evaluator:
    """Return the evaluator of the absolute clustering by distance."""
    require_choice("decay", decay, ("exponential", "inverse"), why=", which fall with distance")
    pairs = pair_sums(
        places,
        "absolute_clustering",
        distance_unit=distance_unit,
        decay=decay,
        diagonal=diagonal,
        tolerance=tolerance,
        workers=workers,
    )

    def evaluate(counts: Floats) -> Floats:
        replicates = counts.reshape(-1, 2, counts.shape[-1])
        values = np.empty(len(replicates))
        step = max(_NUMBERS // (3 * counts.shape[-1]), 1)
        for start in range(0, len(replicates), step):
            part = replicates[start : start + step]
            inhabited = (part.sum(axis=1, keepdims=True) > 0).astype(float)
            columns = np.concatenate([part, inhabited], axis=1)
            values[start : start + step] = _clustering(pairs.forms(columns), columns.sum(axis=-1))
        return values.reshape(counts.shape[:-2])

    return evaluate


def absolute_clustering_contiguity(
    group: pd.Series | Floats,
    total: pd.Series | Floats,
    *,
    graph: NeighbourGraph,
    contiguity: Literal["rook", "queen"] = "rook",
) -> float:
    r"""Measure the share of the group among the residents near its members, by common borders.

    The formula of `absolute_clustering` with :math:`c_{ij} = 1` for neighbours and for an area with itself,
    and 0 otherwise.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. The same areas in any order; fractions are allowed. [persons]
    graph : NeighbourGraph
        Borders between the areas, and corners for `contiguity="queen"`; the same areas in any order. Lengths
        are not used.
    contiguity : {"rook", "queen"}, default "rook"
        Neighbours have a common border, or a common border or corner.

    Returns
    -------
    float
        1 = only members among neighbours; 0 = no more of them than if the group were spread alike over all
        areas; below 0 = fewer. [unitless]
        NaN when the group, or everybody else, is absent. Empty areas count for nothing.

    Raises
    ------
    AlignmentError
        If counts or graph have other areas.
    CountsError
        If a count is missing, infinite or negative, or the group is larger than the total.
    ParameterError
        If the contiguity is unknown, or corners are wanted that the graph does not have.

    References
    ----------
    .. [1] D. S. Massey and N. A. Denton (1988), The dimensions of residential segregation,
       doi:10.1093/sf/67.2.281.

    Examples
    --------
    >>> row = NeighbourGraph(area_id=pd.RangeIndex(3), first=np.array([0, 1]), second=np.array([1, 2]),
    ...                      border=np.array([100.0, 100.0]))
    >>> round(absolute_clustering_contiguity(pd.Series([8, 4, 0]), pd.Series([10, 10, 10]), graph=row), 4)
    0.1905
    """
    table = two_groups(group, total)
    evaluate = prepare_absolute_clustering_contiguity(
        graph=graph_in_order(graph, table.area_id), contiguity=contiguity
    )
    return float(evaluate(table.counts))


def prepare_absolute_clustering_contiguity(
    *, graph: NeighbourGraph, contiguity: Literal["rook", "queen"] = "rook"
) -> Evaluator:
    """Return the evaluator of the absolute clustering by common borders, for a graph in the order of the counts."""
    first, second = graph.contiguous(contiguity)

    def evaluate(counts: Floats) -> Floats:
        replicates = counts.reshape(-1, 2, counts.shape[-1])
        values = np.empty(len(replicates))
        step = max(_NUMBERS // (3 * max(counts.shape[-1], len(first))), 1)
        for start in range(0, len(replicates), step):
            part = replicates[start : start + step]
            inhabited = (part.sum(axis=1, keepdims=True) > 0).astype(float)
            columns = np.concatenate([part, inhabited], axis=1)
            across = columns[..., first] @ columns[..., second].swapaxes(-1, -2)
            forms = columns @ columns.swapaxes(-1, -2) + across + across.swapaxes(-1, -2)
            values[start : start + step] = _clustering(forms, columns.sum(axis=-1))
        return values.reshape(counts.shape[:-2])

    return evaluate


def _clustering(forms: Floats, sums: Floats) -> Floats:
    """Put the formula together from pair sums and sums of the columns group, rest, inhabited."""
    group, rest, areas = (sums[..., column] for column in range(3))
    with np.errstate(invalid="ignore", divide="ignore"):
        alike = group * forms[..., 2, 2] / areas**2
        members = forms[..., 0, 0] / group
        others = forms[..., 0, 1] / group
        value = (members - alike) / (members + others - alike)
    return np.asarray(np.where(rest > 0, value, np.nan))


MEASURES = (
    Measure(
        id="absolute_clustering",
        title_de="Absolute Klumpung nach Entfernung (ACL)",
        title_en="Absolute clustering by distance (ACL)",
        dimension="clustering",
        groups="two",
        needs=("geometry",),
        low=None,
        high=None,
        citation="Massey and Denton 1988, doi:10.1093/sf/67.2.281",
        function=absolute_clustering,
        prepare=prepare_absolute_clustering,
        known_as={"PySAL segregation": "AbsoluteClustering", "R OasisR": "ACL (spatmat = d)"},
    ),
    Measure(
        id="absolute_clustering_contiguity",
        title_de="Absolute Klumpung nach Nachbarschaft (ACL)",
        title_en="Absolute clustering by common borders (ACL)",
        dimension="clustering",
        groups="two",
        needs=("graph",),
        low=None,
        high=None,
        citation="Massey and Denton 1988, doi:10.1093/sf/67.2.281",
        function=absolute_clustering_contiguity,
        prepare=prepare_absolute_clustering_contiguity,
        known_as={"R OasisR": "ACL"},
    ),
)
