"""Do people live near their own group, among many groups? Mean proximities of all groups in one number."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.segregation.counts import Floats, many_groups
from spatial.segregation.measure import Evaluator, Measure
from spatial.segregation.places import Places
from spatial.segregation.proximity.decay import Decay, Diagonal
from spatial.segregation.proximity.pair_sums import pair_sums

__all__ = [
    "MEASURES",
    "multigroup_spatial_proximity",
    "prepare_multigroup_spatial_proximity",
    "prepare_white_p",
    "white_p",
]


def multigroup_spatial_proximity(
    counts: pd.DataFrame | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    distance_unit: float = 1000.0,
    decay: Decay = "exponential",
    diagonal: Diagonal = "0.6 sqrt(area)",
    tolerance: float = 0.0,
    workers: int | None = None,
) -> float:
    r"""Compare how near people are to their own group with how near they are to anybody, over many groups.

    .. math:: SP = \frac{\sum_m N_m P_{mm}}{N P_{tt}}, \qquad
              P_{mm} = \sum_{ij} \frac{n_{mi} n_{mj} c_{ij}}{N_m^2}, \qquad c_{ij} = e^{-d_{ij}}

    with the members :math:`n_{mi}` of group m in area i, their sums :math:`N_m`, the residents' mean proximity
    :math:`P_{tt}`, and the distance :math:`d_{ij}` between centroids.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group, not overlapping; fractions are allowed. [persons]
    geometry : GeoSeries, GeoDataFrame or Places, indexed by area_id
        Polygons or points, in a projected CRS with metres.
    distance_unit : float, default 1000.0
        Metres in one unit of distance: 1000 takes kilometres, as published. [m]
    decay : {"exponential", "inverse", "distance"}
        Proximity at distance d: exp(-d), 1/d, or d itself.
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
        1 = no clustering, above 1 = people live nearer to their own group than to others; with decay
        "distance", below 1. [unitless]
        NaN when fewer than two groups are present. Absent groups and empty areas count for nothing.

    Raises
    ------
    AlignmentError, CountsError, CrsError, GeometryError
        If counts or geometry cannot be used, or speak of other areas.
    ParameterError
        If an option is wrong, or the diagonal needs sizes and the geometry is points.

    References
    ----------
    .. [1] M. J. White (1986), Segregation and diversity measures in population distribution,
       doi:10.2307/3644339.

    Examples
    --------
    >>> import shapely
    >>> blocks = gpd.GeoSeries([shapely.box(0, 0, 1e3, 1e3), shapely.box(1e3, 0, 2e3, 1e3)], crs=25833)
    >>> people = pd.DataFrame({"a": [50, 0], "b": [0, 30], "c": [0, 20]})
    >>> round(multigroup_spatial_proximity(people, geometry=blocks), 4)
    1.1974
    """
    table = many_groups(counts)
    evaluate = prepare_multigroup_spatial_proximity(
        places=Places.of(geometry, table.area_id, "multigroup_spatial_proximity"),
        distance_unit=distance_unit,
        decay=decay,
        diagonal=diagonal,
        tolerance=tolerance,
        workers=workers,
    )
    return float(evaluate(table.counts))


def prepare_multigroup_spatial_proximity(
    *,
    places: Places,
    distance_unit: float = 1000.0,
    decay: Decay = "exponential",
    diagonal: Diagonal = "0.6 sqrt(area)",
    tolerance: float = 0.0,
    workers: int | None = None,
) -> Evaluator:
    """Return the evaluator of the spatial proximity of many groups."""
    pairs = pair_sums(
        places,
        "multigroup_spatial_proximity",
        distance_unit=distance_unit,
        decay=decay,
        diagonal=diagonal,
        tolerance=tolerance,
        workers=workers,
    )

    def evaluate(counts: Floats) -> Floats:
        forms, people = pairs.forms(counts), counts.sum(axis=-1)
        own = np.diagonal(forms, axis1=-2, axis2=-1)
        present = people > 0
        with np.errstate(invalid="ignore", divide="ignore"):
            around_own = np.where(present, own / people, 0.0).sum(axis=-1)
            value = around_own * people.sum(axis=-1) / forms.sum(axis=(-1, -2))
        return np.asarray(np.where(present.sum(axis=-1) > 1, value, np.nan))

    return evaluate


def white_p(
    counts: pd.DataFrame | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    distance_unit: float = 1000.0,
    decay: Decay = "exponential",
    diagonal: Diagonal = "excluded",
    tolerance: float = 0.0,
    workers: int | None = None,
) -> float:
    """Measure White's P: spatial proximity between different areas, each pair of areas once.

    `multigroup_spatial_proximity` without the pairs of people who live in the same area. No area needs a size,
    so points will do.

    Parameters
    ----------
    counts, geometry, distance_unit, decay, diagonal, tolerance, workers
        See `multigroup_spatial_proximity`; only the default of `diagonal` differs.

    Returns
    -------
    float
        1 = no clustering, above 1 = people live nearer to their own group than to others, as far as other
        areas are concerned; below 1 they live farther apart. [unitless]
        NaN when fewer than two groups are present, or all people live in one area.

    Raises
    ------
    AlignmentError, CountsError, CrsError, GeometryError, ParameterError
        See `multigroup_spatial_proximity`.

    References
    ----------
    .. [1] M. J. White (1983), The measurement of spatial segregation, doi:10.1086/227768.

    Examples
    --------
    >>> import shapely
    >>> corners = gpd.GeoSeries(shapely.points([(0, 0), (1e3, 0), (0, 1e3)]), crs=25833)
    >>> round(white_p(pd.DataFrame({"a": [1, 1, 0], "b": [0, 0, 2]}), geometry=corners), 4)
    0.4628
    """
    table = many_groups(counts)
    evaluate = prepare_white_p(
        places=Places.of(geometry, table.area_id, "white_p"),
        distance_unit=distance_unit,
        decay=decay,
        diagonal=diagonal,
        tolerance=tolerance,
        workers=workers,
    )
    return float(evaluate(table.counts))


def prepare_white_p(
    *,
    places: Places,
    distance_unit: float = 1000.0,
    decay: Decay = "exponential",
    diagonal: Diagonal = "excluded",
    tolerance: float = 0.0,
    workers: int | None = None,
) -> Evaluator:
    """Return the evaluator of White's P."""
    return prepare_multigroup_spatial_proximity(
        places=places,
        distance_unit=distance_unit,
        decay=decay,
        diagonal=diagonal,
        tolerance=tolerance,
        workers=workers,
    )


MEASURES = (
    Measure(
        id="multigroup_spatial_proximity",
        title_de="Räumliche Nähe mehrerer Gruppen (SP)",
        title_en="Multi-group spatial proximity (SP)",
        dimension="clustering",
        groups="many",
        needs=("geometry",),
        high=None,
        citation="White 1986, doi:10.2307/3644339",
        function=multigroup_spatial_proximity,
        prepare=prepare_multigroup_spatial_proximity,
        known_as={"R OasisR": "SP (itype = multi)"},
    ),
    Measure(
        id="white_p",
        title_de="Räumliche Nähe zwischen Gebieten (P nach White)",
        title_en="Spatial proximity between areas (White's P)",
        dimension="clustering",
        groups="many",
        needs=("geometry",),
        high=None,
        citation="White 1983, doi:10.1086/227768",
        function=white_p,
        prepare=prepare_white_p,
        known_as={"R seg": "isp, whiteseg"},
    ),
)
