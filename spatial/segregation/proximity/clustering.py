"""Do members of a group live near each other, beyond the borders of their areas? Mean proximities of two groups."""

from __future__ import annotations

from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.parameters import require_choice
from spatial.segregation.counts import Floats, two_groups
from spatial.segregation.measure import Evaluator, Measure
from spatial.segregation.places import Places
from spatial.segregation.proximity.decay import Decay, Diagonal
from spatial.segregation.proximity.pair_sums import pair_sums

__all__ = [
    "MEASURES",
    "mean_proximity",
    "prepare_mean_proximity",
    "prepare_relative_clustering",
    "prepare_spatial_proximity",
    "relative_clustering",
    "spatial_proximity",
]


def mean_proximity(
    group: pd.Series | Floats,
    total: pd.Series | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    between: Literal["group", "group and rest", "everybody"] = "group",
    distance_unit: float = 1000.0,
    decay: Decay = "exponential",
    diagonal: Diagonal = "0.6 sqrt(area)",
    tolerance: float = 0.0,
    workers: int | None = None,
) -> float:
    r"""Measure how near two people are to each other on average.

    .. math:: P_{xx} = \sum_{ij} \frac{x_i x_j c_{ij}}{X^2}, \qquad
              P_{xy} = \sum_{ij} \frac{x_i y_j c_{ij}}{X Y}, \qquad c_{ij} = e^{-d_{ij}}

    with the group :math:`x_i`, the rest :math:`y_i`, their sums :math:`X`, :math:`Y`, and the distance
    :math:`d_{ij}` between the centroids of the areas.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. The same areas in any order; fractions are allowed. [persons]
    geometry : GeoSeries, GeoDataFrame or Places, indexed by area_id
        Polygons or points, in a projected CRS with metres.
    between : {"group", "group and rest", "everybody"}
        Whose pairs: Pxx of two members, Pxy of a member and one of the rest, Ptt of any two residents.
    distance_unit : float, default 1000.0
        Metres in one unit of distance: 1000 takes kilometres, as published. [m]
    decay : {"exponential", "inverse", "distance"}
        Proximity at distance d: exp(-d), 1/d, or d itself, which gives the mean distance.
    diagonal : {"0.6 sqrt(area)", "sqrt(0.6 area)", "zero", "excluded"}
        Distance of an area from itself; "excluded" leaves pairs within one area out of the sum, not of the
        number :math:`X^2` (:math:`X Y`) of pairs that it is divided by, so that they count as proximity 0.
        Points have no size: name "zero" or "excluded" for them.
    tolerance : float, default 0.0
        Largest error of any single proximity, and so of the mean; 0 sums all pairs exactly.
    workers : int, optional
        Threads; the value does not depend on it. Default: one per processor.

    Returns
    -------
    float
        Between 0 and 1 with exponential decay; higher is nearer. [unitless]
        NaN when there is nobody on one side of the pairs. Empty areas count for nothing.

    Raises
    ------
    AlignmentError, CountsError, CrsError, GeometryError
        If counts or geometry cannot be used, or speak of other areas.
    ParameterError
        If an option is wrong, or the diagonal needs sizes and the geometry is points.

    References
    ----------
    .. [1] M. J. White (1983), The measurement of spatial segregation, doi:10.1086/227768.

    Examples
    --------
    >>> import shapely
    >>> blocks = gpd.GeoSeries([shapely.box(0, 0, 1e3, 1e3), shapely.box(1e3, 0, 2e3, 1e3)], crs=25833)
    >>> round(mean_proximity(pd.Series([30, 10]), pd.Series([50, 50]), geometry=blocks), 4)
    0.481
    """
    table = two_groups(group, total)
    evaluate = prepare_mean_proximity(
        places=Places.of(geometry, table.area_id, "mean_proximity"),
        between=between,
        distance_unit=distance_unit,
        decay=decay,
        diagonal=diagonal,
        tolerance=tolerance,
        workers=workers,
    )
    return float(evaluate(table.counts))


def prepare_mean_proximity(
    *,
    places: Places,
    between: Literal["group", "group and rest", "everybody"] = "group",
    distance_unit: float = 1000.0,
    decay: Decay = "exponential",
    diagonal: Diagonal = "0.6 sqrt(area)",
    tolerance: float = 0.0,
    workers: int | None = None,
) -> Evaluator:
    """Return the evaluator of the mean proximity."""
    require_choice("between", between, ("group", "group and rest", "everybody"))
    pairs = pair_sums(
        places,
        "mean_proximity",
        distance_unit=distance_unit,
        decay=decay,
        diagonal=diagonal,
        tolerance=tolerance,
        workers=workers,
    )

    def evaluate(counts: Floats) -> Floats:
        forms, people = pairs.forms(counts), counts.sum(axis=-1)
        with np.errstate(invalid="ignore", divide="ignore"):
            if between == "everybody":
                return np.asarray(forms.sum(axis=(-1, -2)) / people.sum(axis=-1) ** 2)
            other = 0 if between == "group" else 1
            return np.asarray(forms[..., 0, other] / (people[..., 0] * people[..., other]))

    return evaluate


def spatial_proximity(
    group: pd.Series | Floats,
    total: pd.Series | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    version: Literal["both groups", "one group"] = "both groups",
    distance_unit: float = 1000.0,
    decay: Decay = "exponential",
    diagonal: Diagonal = "0.6 sqrt(area)",
    tolerance: float = 0.0,
    workers: int | None = None,
) -> float:
    r"""Compare how near people are to their own group with how near they are to anybody.

    .. math:: SP = \frac{X P_{xx} + Y P_{yy}}{(X + Y) P_{tt}}

    with the mean proximities of `mean_proximity`.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. The same areas in any order; fractions are allowed. [persons]
    geometry : GeoSeries, GeoDataFrame or Places, indexed by area_id
        Polygons or points, in a projected CRS with metres.
    version : {"both groups", "one group"}
        White's mean over both groups, or Pxx / Ptt of the group alone.
    distance_unit, decay, diagonal, workers
        See `mean_proximity`.
    tolerance : float, default 0.0
        Largest error of any single proximity; 0 sums all pairs exactly. Divided by Ptt it bounds the relative
        errors of numerator and denominator.

    Returns
    -------
    float
        1 = no clustering, above 1 = members of a group live nearer to each other than to others; below 1 they
        live farther apart (with decay "distance", below 1 is clustering). [unitless]
        NaN when the group, or everybody else, is absent. Empty areas count for nothing.

    Raises
    ------
    AlignmentError, CountsError, CrsError, GeometryError, ParameterError
        See `mean_proximity`.

    References
    ----------
    .. [1] M. J. White (1983), The measurement of spatial segregation, doi:10.1086/227768.
    .. [2] P. Apparicio, V. Petkevitch and M. Charron (2008), Segregation Analyzer, Cybergeo 414 (one group).

    Examples
    --------
    >>> import shapely
    >>> blocks = gpd.GeoSeries([shapely.box(0, 0, 1e3, 1e3), shapely.box(1e3, 0, 2e3, 1e3)], crs=25833)
    >>> round(spatial_proximity(pd.Series([50, 0]), pd.Series([50, 50]), geometry=blocks), 4)
    1.1974
    """
    table = two_groups(group, total)
    evaluate = prepare_spatial_proximity(
        places=Places.of(geometry, table.area_id, "spatial_proximity"),
        version=version,
        distance_unit=distance_unit,
        decay=decay,
        diagonal=diagonal,
        tolerance=tolerance,
        workers=workers,
    )
    return float(evaluate(table.counts))


def prepare_spatial_proximity(
    *,
    places: Places,
    version: Literal["both groups", "one group"] = "both groups",
    distance_unit: float = 1000.0,
    decay: Decay = "exponential",
    diagonal: Diagonal = "0.6 sqrt(area)",
    tolerance: float = 0.0,
    workers: int | None = None,
) -> Evaluator:
    """Return the evaluator of the spatial proximity."""
    require_choice("version", version, ("both groups", "one group"))
    pairs = pair_sums(
        places,
        "spatial_proximity",
        distance_unit=distance_unit,
        decay=decay,
        diagonal=diagonal,
        tolerance=tolerance,
        workers=workers,
    )

    def evaluate(counts: Floats) -> Floats:
        forms, people = pairs.forms(counts), counts.sum(axis=-1)
        residents = people.sum(axis=-1)
        with np.errstate(invalid="ignore", divide="ignore"):
            around_own = np.diagonal(forms, axis1=-2, axis2=-1) / people
            around_all = forms.sum(axis=(-1, -2)) / residents
            value = around_own.sum(axis=-1) / around_all
            if version == "one group":
                of_group = around_own[..., 0] * residents / (people[..., 0] * around_all)
                value = np.where(np.isnan(value), np.nan, of_group)
        return np.asarray(value)

    return evaluate


def relative_clustering(
    group: pd.Series | Floats,
    total: pd.Series | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    distance_unit: float = 1000.0,
    decay: Decay = "exponential",
    diagonal: Diagonal = "0.6 sqrt(area)",
    tolerance: float = 0.0,
    workers: int | None = None,
) -> float:
    r"""Compare how near members of a group are to each other with how near the others are.

    .. math:: RCL = \frac{P_{xx}}{P_{yy}} - 1

    with the mean proximities of `mean_proximity`.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. The same areas in any order; fractions are allowed. [persons]
    geometry : GeoSeries, GeoDataFrame or Places, indexed by area_id
        Polygons or points, in a projected CRS with metres.
    distance_unit, decay, diagonal, workers
        See `mean_proximity`. With decay "distance" the value is 1 - Pxx / Pyy, so that clustering stays
        positive.
    tolerance : float, default 0.0
        Largest error of any single proximity; 0 sums all pairs exactly. Divided by Pyy it bounds the relative
        errors of numerator and denominator.

    Returns
    -------
    float
        0 = as near as the others, above 0 = nearer, below 0 (never below -1) = farther apart. [unitless]
        NaN when the group, or everybody else, is absent. Empty areas count for nothing.

    Raises
    ------
    AlignmentError, CountsError, CrsError, GeometryError, ParameterError
        See `mean_proximity`.

    References
    ----------
    .. [1] D. S. Massey and N. A. Denton (1988), The dimensions of residential segregation,
       doi:10.1093/sf/67.2.281.

    Examples
    --------
    >>> import shapely
    >>> blocks = gpd.GeoSeries([shapely.box(0, 0, 1e3, 1e3), shapely.box(1e3, 0, 2e3, 1e3)], crs=25833)
    >>> round(relative_clustering(pd.Series([50, 0]), pd.Series([75, 25]), geometry=blocks), 4)
    0.1974
    """
    table = two_groups(group, total)
    evaluate = prepare_relative_clustering(
        places=Places.of(geometry, table.area_id, "relative_clustering"),
        distance_unit=distance_unit,
        decay=decay,
        diagonal=diagonal,
        tolerance=tolerance,
        workers=workers,
    )
    return float(evaluate(table.counts))


def prepare_relative_clustering(
    *,
    places: Places,
    distance_unit: float = 1000.0,
    decay: Decay = "exponential",
    diagonal: Diagonal = "0.6 sqrt(area)",
    tolerance: float = 0.0,
    workers: int | None = None,
) -> Evaluator:
    """Return the evaluator of the relative clustering."""
    pairs = pair_sums(
        places,
        "relative_clustering",
        distance_unit=distance_unit,
        decay=decay,
        diagonal=diagonal,
        tolerance=tolerance,
        workers=workers,
    )

    def evaluate(counts: Floats) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            means = np.diagonal(pairs.forms(counts), axis1=-2, axis2=-1) / counts.sum(axis=-1) ** 2
            excess = means[..., 0] / means[..., 1] - 1
        return np.asarray(-excess if decay == "distance" else excess)

    return evaluate


MEASURES = (
    Measure(
        id="mean_proximity",
        title_de="Mittlere Nähe der Gruppe (Pxx)",
        title_en="Mean proximity of the group (Pxx)",
        dimension="clustering",
        groups="two",
        needs=("geometry",),
        high=None,
        citation="White 1983, doi:10.1086/227768",
        function=mean_proximity,
        prepare=prepare_mean_proximity,
        known_as={"R OasisR": "Pxx, Poo"},
    ),
    Measure(
        id="spatial_proximity",
        title_de="Räumliche Nähe (SP)",
        title_en="Spatial proximity (SP)",
        dimension="clustering",
        groups="two",
        needs=("geometry",),
        high=None,
        citation="White 1983, doi:10.1086/227768",
        function=spatial_proximity,
        prepare=prepare_spatial_proximity,
        known_as={"PySAL segregation": "SpatialProximity", "R OasisR": "SP"},
    ),
    Measure(
        id="relative_clustering",
        title_de="Relative Klumpung (RCL)",
        title_en="Relative clustering (RCL)",
        dimension="clustering",
        groups="two",
        needs=("geometry",),
        low=None,
        high=None,
        citation="Massey and Denton 1988, doi:10.1093/sf/67.2.281",
        function=relative_clustering,
        prepare=prepare_relative_clustering,
        known_as={"PySAL segregation": "RelativeClustering", "R OasisR": "RCL"},
    ),
)
