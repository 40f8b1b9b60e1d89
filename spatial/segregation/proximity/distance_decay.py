"""Whom does a member of the group meet when contact fades with distance? Distance-decay exposure."""

from __future__ import annotations

from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.parameters import require_choice
from spatial.segregation.counts import Floats, group_labels, many_groups, two_groups
from spatial.segregation.measure import Evaluator, Measure
from spatial.segregation.places import Places
from spatial.segregation.proximity.decay import Diagonal
from spatial.segregation.proximity.pair_sums import PairSums, pair_sums

__all__ = [
    "MEASURES",
    "distance_decay_exposure",
    "distance_decay_interaction",
    "distance_decay_isolation",
    "prepare_distance_decay_interaction",
    "prepare_distance_decay_isolation",
]


def distance_decay_isolation(
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
    r"""Measure the chance that a member of the group meets another member, when contact fades with distance.

    .. math:: DP_{xx} = \sum_i \frac{x_i}{X} \sum_j K_{ij} \frac{x_j}{t_j}, \qquad
              K_{ij} = \frac{c_{ij} t_j}{\sum_k c_{ik} t_k}, \qquad c_{ij} = e^{-d_{ij}}

    with the group :math:`x_i` and its sum :math:`X`, residents :math:`t_i`, and the distance :math:`d_{ij}`
    between the centroids of the areas. :math:`K_{ij}` is the chance that somebody in area i meets somebody of
    area j; the chances of each area add to 1.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. The same areas in any order; fractions are allowed. [persons]
    geometry : GeoSeries, GeoDataFrame or Places, indexed by area_id
        Polygons or points, in a projected CRS with metres.
    distance_unit : float, default 1000.0
        Metres in one unit of distance: 1000 takes kilometres. [m]
    decay : {"exponential", "inverse"}
        Contact at distance d: exp(-d) or 1/d.
    diagonal : {"0.6 sqrt(area)", "sqrt(0.6 area)", "zero", "excluded"}
        Distance of an area from itself; "excluded" allows no contact within an area. Points have no size: name
        "zero" or "excluded" for them.
    tolerance : float, default 0.0
        Largest error of any single c(d_ij); 0 sums all pairs exactly. Times all residents, divided by the sum
        of c(d_ik) t_k around an area, it bounds the relative errors of that area's sums.
    workers : int, optional
        Threads; the value does not depend on it. Default: one per processor.

    Returns
    -------
    float
        Chance between 0 and 1. Under evenness it is the share of the group. [unitless]
        With `distance_decay_interaction` it adds to 1.
        NaN when the group is absent, or a member can meet nobody. Empty areas count for nothing.

    Raises
    ------
    AlignmentError, CountsError, CrsError, GeometryError
        If counts or geometry cannot be used, or speak of other areas.
    ParameterError
        If an option is wrong, or the diagonal needs sizes and the geometry is points.

    References
    ----------
    .. [1] B. S. Morgan (1983), A distance-decay based interaction index to measure residential segregation,
       Area 15 (3), 211-217.
    .. [2] D. S. Massey and N. A. Denton (1988), The dimensions of residential segregation,
       doi:10.1093/sf/67.2.281.

    Examples
    --------
    >>> import shapely
    >>> blocks = gpd.GeoSeries([shapely.box(0, 0, 1e3, 1e3), shapely.box(1e3, 0, 2e3, 1e3)], crs=25833)
    >>> round(distance_decay_isolation(pd.Series([50, 0]), pd.Series([50, 50]), geometry=blocks), 4)
    0.5987
    """
    table = two_groups(group, total)
    evaluate = prepare_distance_decay_isolation(
        places=Places.of(geometry, table.area_id, "distance_decay_isolation"),
        distance_unit=distance_unit,
        decay=decay,
        diagonal=diagonal,
        tolerance=tolerance,
        workers=workers,
    )
    return float(evaluate(table.counts))


def prepare_distance_decay_isolation(
    *,
    places: Places,
    distance_unit: float = 1000.0,
    decay: Literal["exponential", "inverse"] = "exponential",
    diagonal: Diagonal = "0.6 sqrt(area)",
    tolerance: float = 0.0,
    workers: int | None = None,
) -> Evaluator:
    """Return the evaluator of the distance-decay isolation."""
    pairs = _contacts(places, "distance_decay_isolation", distance_unit, decay, diagonal, tolerance, workers)
    return lambda counts: _exposure(pairs, counts)[..., 0, 0]


def distance_decay_interaction(
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
    r"""Measure the chance that a member of the group meets somebody else, when contact fades with distance.

    .. math:: DP_{xy} = \sum_i \frac{x_i}{X} \sum_j K_{ij} \frac{t_j - x_j}{t_j}

    with the chances of contact :math:`K_{ij}` of `distance_decay_isolation`.

    Parameters
    ----------
    group, total, geometry, distance_unit, decay, diagonal, tolerance, workers
        See `distance_decay_isolation`.

    Returns
    -------
    float
        Chance between 0 and 1. Under evenness it is the share of everybody else. [unitless]
        With `distance_decay_isolation` it adds to 1.
        NaN when the group is absent, or a member can meet nobody. Empty areas count for nothing.

    Raises
    ------
    AlignmentError, CountsError, CrsError, GeometryError, ParameterError
        See `distance_decay_isolation`.

    References
    ----------
    .. [1] B. S. Morgan (1983), A distance-decay based interaction index to measure residential segregation,
       Area 15 (3), 211-217.
    .. [2] D. S. Massey and N. A. Denton (1988), The dimensions of residential segregation,
       doi:10.1093/sf/67.2.281.

    Examples
    --------
    >>> import shapely
    >>> blocks = gpd.GeoSeries([shapely.box(0, 0, 1e3, 1e3), shapely.box(1e3, 0, 2e3, 1e3)], crs=25833)
    >>> round(distance_decay_interaction(pd.Series([50, 0]), pd.Series([50, 50]), geometry=blocks), 4)
    0.4013
    """
    table = two_groups(group, total)
    evaluate = prepare_distance_decay_interaction(
        places=Places.of(geometry, table.area_id, "distance_decay_interaction"),
        distance_unit=distance_unit,
        decay=decay,
        diagonal=diagonal,
        tolerance=tolerance,
        workers=workers,
    )
    return float(evaluate(table.counts))


def prepare_distance_decay_interaction(
    *,
    places: Places,
    distance_unit: float = 1000.0,
    decay: Literal["exponential", "inverse"] = "exponential",
    diagonal: Diagonal = "0.6 sqrt(area)",
    tolerance: float = 0.0,
    workers: int | None = None,
) -> Evaluator:
    """Return the evaluator of the distance-decay interaction."""
    pairs = _contacts(
        places, "distance_decay_interaction", distance_unit, decay, diagonal, tolerance, workers
    )
    return lambda counts: _exposure(pairs, counts)[..., 0, 1]


def distance_decay_exposure(
    counts: pd.DataFrame | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    distance_unit: float = 1000.0,
    decay: Literal["exponential", "inverse"] = "exponential",
    diagonal: Diagonal = "0.6 sqrt(area)",
    tolerance: float = 0.0,
    workers: int | None = None,
) -> pd.DataFrame:
    """Tabulate the chances that a member of each group meets members of each, when contact fades with distance.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group, not overlapping; together they are all residents. [persons]
    geometry, distance_unit, decay, diagonal, tolerance, workers
        See `distance_decay_isolation`.

    Returns
    -------
    DataFrame, shape (n_groups, n_groups), groups on both axes
        Chance that a member of the group of the row meets one of the group of the column; rows add to 1. NaN
        in the rows of absent groups. [unitless]

    Raises
    ------
    AlignmentError, CountsError, CrsError, GeometryError, ParameterError
        See `distance_decay_isolation`.

    References
    ----------
    .. [1] D. S. Massey and N. A. Denton (1988), The dimensions of residential segregation,
       doi:10.1093/sf/67.2.281.

    Examples
    --------
    >>> import shapely
    >>> blocks = gpd.GeoSeries([shapely.box(0, 0, 1e3, 1e3), shapely.box(1e3, 0, 2e3, 1e3)], crs=25833)
    >>> people = pd.DataFrame({"a": [50, 0], "b": [0, 30], "c": [0, 20]})
    >>> distance_decay_exposure(people, geometry=blocks).loc["a"].round(4).tolist()
    [0.5987, 0.2408, 0.1605]
    """
    table = many_groups(counts)
    places = Places.of(geometry, table.area_id, "distance_decay_exposure")
    pairs = _contacts(places, "distance_decay_exposure", distance_unit, decay, diagonal, tolerance, workers)
    names = group_labels(counts)
    return pd.DataFrame(_exposure(pairs, table.counts), index=names, columns=names)


def _contacts(
    places: Places,
    what: str,
    distance_unit: float,
    decay: Literal["exponential", "inverse"],
    diagonal: Diagonal,
    tolerance: float,
    workers: int | None,
) -> PairSums:
    require_choice("decay", decay, ("exponential", "inverse"), why=", which fall with distance")
    return pair_sums(
        places,
        what,
        distance_unit=distance_unit,
        decay=decay,
        diagonal=diagonal,
        tolerance=tolerance,
        workers=workers,
    )


def _exposure(pairs: PairSums, counts: Floats) -> Floats:
    """Return, for each replicate, the chance of each group to meet each, shape (…, n_groups, n_groups)."""
    n_groups, n_areas = counts.shape[-2:]
    replicates = counts.reshape(-1, n_groups, n_areas)
    chances = np.empty((len(replicates), n_groups, n_groups))
    for part in pairs.batches(replicates):
        people = replicates[part]
        chance = pairs.sums(people)
        around = chance.sum(axis=1, keepdims=True)
        # Where nobody lives nobody meets anybody: no chance, rather than an undefined one.
        around[people.sum(axis=1, keepdims=True) == 0] = np.inf
        with np.errstate(invalid="ignore", divide="ignore"):
            chance /= around
            met = people @ chance.swapaxes(-1, -2)
            chances[part] = met / people.sum(axis=-1)[..., None]
    return chances.reshape(*counts.shape[:-2], n_groups, n_groups)


MEASURES = (
    Measure(
        id="distance_decay_isolation",
        title_de="Isolation mit Entfernungsabnahme (DPxx)",
        title_en="Distance-decay isolation (DPxx)",
        dimension="exposure",
        groups="two",
        needs=("geometry",),
        citation="Morgan 1983, Area 15 (3), 211-217; Massey and Denton 1988, doi:10.1093/sf/67.2.281",
        function=distance_decay_isolation,
        prepare=prepare_distance_decay_isolation,
        known_as={"PySAL segregation": "DistanceDecayIsolation", "R OasisR": "DPxx"},
    ),
    Measure(
        id="distance_decay_interaction",
        title_de="Interaktion mit Entfernungsabnahme (DPxy)",
        title_en="Distance-decay interaction (DPxy)",
        dimension="exposure",
        groups="two",
        needs=("geometry",),
        citation="Morgan 1983, Area 15 (3), 211-217; Massey and Denton 1988, doi:10.1093/sf/67.2.281",
        function=distance_decay_interaction,
        prepare=prepare_distance_decay_interaction,
        known_as={"PySAL segregation": "DistanceDecayInteraction"},
    ),
    Measure(
        id="distance_decay_exposure",
        title_de="Kontakte zwischen Gruppen mit Entfernungsabnahme (DPxy)",
        title_en="Distance-decay exposure between groups (DPxy)",
        dimension="exposure",
        groups="many",
        gives="per pair",
        needs=("geometry",),
        citation="Massey and Denton 1988, doi:10.1093/sf/67.2.281",
        function=distance_decay_exposure,
        known_as={"R OasisR": "DPxy"},
    ),
)
