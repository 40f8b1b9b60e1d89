"""Whom do people meet around them? Spatial exposure of each group to each, and isolation of each group."""

from __future__ import annotations

from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.segregation.counts import Floats, group_labels
from spatial.segregation.environments.kernels import KernelShape
from spatial.segregation.environments.spatial_formulas import exposure_of, value_of
from spatial.segregation.environments.street_network import StreetNetwork
from spatial.segregation.environments.surroundings import Surroundings
from spatial.segregation.measure import Measure
from spatial.segregation.places import Places

__all__ = ["MEASURES", "spatial_exposure", "spatial_isolation"]


def spatial_exposure(
    counts: pd.DataFrame | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    bandwidth: float | None = None,
    neighbours: int | None = None,
    kernel: KernelShape | None = None,
    cutoff: float | None = None,
    streets: gpd.GeoSeries | gpd.GeoDataFrame | StreetNetwork | None = None,
    access: Literal["added", "ignored"] = "added",
    method: Literal["auto", "exact", "grid"] = "auto",
    workers: int | None = None,
) -> pd.DataFrame:
    r"""Measure the share of each group in the environments of each group (P̃*).

    .. math:: {}_m\tilde P^*_n = \sum_i \frac{a_{im}}{A_m} \tilde\pi_{in}

    with the people :math:`a_{im}` of group :math:`m` in area :math:`i`, their sum :math:`A_m`, and the share
    :math:`\tilde\pi_{in}` of group :math:`n` in the environment of area :math:`i`.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group, two or more; fractions are allowed. [persons]
    geometry : GeoSeries, GeoDataFrame or Places, indexed by area_id
        Polygons or points in a projected CRS with metres; distances are between centroids.
    bandwidth, neighbours, kernel, cutoff, streets, access, method, workers
        How the environment is drawn: see `local_environments`. A bandwidth [m] or a number of neighbours is
        needed.

    Returns
    -------
    DataFrame of float, shape (n_groups, n_groups), on the columns of `counts`
        Row: whose environment; column: who is in it. Rows add up to 1. [unitless]
        NaN in the row of a group that is absent. Empty areas count for nothing.

    Raises
    ------
    AlignmentError, CountsError, CrsError, GeometryError
        If counts or geometry cannot be used.
    ParameterError
        If neither bandwidth nor neighbours are given, or an option is out of its range.

    Notes
    -----
    A bandwidth of 0 gives the aspatial exposure xPy, with the isolation xPx on the diagonal. The matrix is not
    symmetric: a small group meets a large one more often than the reverse.

    References
    ----------
    .. [1] S. F. Reardon and D. O'Sullivan (2004), Measures of Spatial Segregation, Sociological Methodology 34,
       doi:10.1111/j.0081-1750.2004.00150.x.

    Examples
    --------
    >>> import numpy as np
    >>> row = Places(area_id=pd.RangeIndex(3), x=np.array([0.0, 60.0, 200.0]), y=np.zeros(3))
    >>> people = pd.DataFrame({"young": [10, 0, 20], "old": [0, 10, 0]})
    >>> spatial_exposure(people, geometry=row, bandwidth=100, kernel="box").round(4).loc["young"].tolist()
    [0.8333, 0.1667]
    """
    surroundings = Surroundings(
        bandwidth=bandwidth,
        neighbours=neighbours,
        kernel=kernel,
        cutoff=cutoff,
        streets=streets,
        access=access,
        method=method,
        workers=workers,
    )
    shares = value_of(exposure_of, counts, geometry, surroundings, "spatial exposure")
    names = group_labels(counts)
    return pd.DataFrame(shares, index=names, columns=names)


def spatial_isolation(
    counts: pd.DataFrame | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    bandwidth: float | None = None,
    neighbours: int | None = None,
    kernel: KernelShape | None = None,
    cutoff: float | None = None,
    streets: gpd.GeoSeries | gpd.GeoDataFrame | StreetNetwork | None = None,
    access: Literal["added", "ignored"] = "added",
    method: Literal["auto", "exact", "grid"] = "auto",
    workers: int | None = None,
) -> pd.Series:
    r"""Measure the share of each group in the environments of its own members (P̃* of a group with itself).

    .. math:: {}_m\tilde P^*_m = \sum_i \frac{a_{im}}{A_m} \tilde\pi_{im}

    with the people :math:`a_{im}` of group :math:`m` in area :math:`i`, their sum :math:`A_m`, and the share
    :math:`\tilde\pi_{im}` of the group in the environment of area :math:`i`.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group, two or more; fractions are allowed. [persons]
    geometry : GeoSeries, GeoDataFrame or Places, indexed by area_id
        Polygons or points in a projected CRS with metres; distances are between centroids.
    bandwidth, neighbours, kernel, cutoff, streets, access, method, workers
        How the environment is drawn: see `local_environments`. A bandwidth [m] or a number of neighbours is
        needed.

    Returns
    -------
    Series of float, shape (n_groups,), on the columns of `counts`
        0 = surrounded by others alone, 1 = by the own group alone; even spread gives the group's share in the
        city. [unitless] NaN for a group that is absent. Empty areas count for nothing.

    Raises
    ------
    AlignmentError, CountsError, CrsError, GeometryError
        If counts or geometry cannot be used.
    ParameterError
        If neither bandwidth nor neighbours are given, or an option is out of its range.

    Notes
    -----
    A bandwidth of 0 gives the aspatial isolation xPx. The diagonal of `spatial_exposure`.

    References
    ----------
    .. [1] S. F. Reardon and D. O'Sullivan (2004), Measures of Spatial Segregation, Sociological Methodology 34,
       doi:10.1111/j.0081-1750.2004.00150.x.

    Examples
    --------
    >>> import numpy as np
    >>> row = Places(area_id=pd.RangeIndex(3), x=np.array([0.0, 60.0, 200.0]), y=np.zeros(3))
    >>> people = pd.DataFrame({"young": [10, 0, 20], "old": [0, 10, 0]})
    >>> spatial_isolation(people, geometry=row, bandwidth=100, kernel="box").round(4).to_dict()
    {'young': 0.8333, 'old': 0.5}
    """
    exposure = spatial_exposure(
        counts,
        geometry=geometry,
        bandwidth=bandwidth,
        neighbours=neighbours,
        kernel=kernel,
        cutoff=cutoff,
        streets=streets,
        access=access,
        method=method,
        workers=workers,
    )
    return pd.Series(np.diag(exposure), index=exposure.index, name="spatial_isolation")


_CITATION = "Reardon and O'Sullivan 2004, doi:10.1111/j.0081-1750.2004.00150.x"

MEASURES = (
    Measure(
        id="spatial_exposure",
        title_de="Räumlicher Kontakt zwischen Gruppen (P̃*)",
        title_en="Spatial exposure between groups (P̃*)",
        dimension="spatial",
        groups="many",
        gives="per pair",
        needs=("geometry",),
        citation=_CITATION,
        function=spatial_exposure,
        known_as={"R seg": "spseg, spatseg, SegSpatial", "R OasisR": "spatinteract"},
    ),
    Measure(
        id="spatial_isolation",
        title_de="Räumliche Isolation (P̃* einer Gruppe mit sich)",
        title_en="Spatial isolation (P̃* of a group with itself)",
        dimension="spatial",
        groups="many",
        gives="per group",
        needs=("geometry",),
        citation=_CITATION,
        function=spatial_isolation,
        known_as={"R seg": "spseg, spatseg, SegSpatial", "R OasisR": "spatinteract"},
    ),
)
