"""How segregated is the city where people look further than their own area? Reardon and O'Sullivan's evenness."""

from __future__ import annotations

from functools import partial
from typing import Literal, TypeAlias

import geopandas as gpd
import pandas as pd

from spatial.segregation.counts import Floats
from spatial.segregation.environments.kernels import KernelShape
from spatial.segregation.environments.spatial_formulas import (
    dissimilarity_of,
    gini_of,
    information_theory_of,
    prepare_index,
    relative_diversity_of,
    value_of,
)
from spatial.segregation.environments.street_network import StreetNetwork
from spatial.segregation.environments.surroundings import Surroundings
from spatial.segregation.measure import Measure
from spatial.segregation.places import Places

__all__ = [
    "MEASURES",
    "Streets",
    "spatial_dissimilarity",
    "spatial_gini",
    "spatial_information_theory",
    "spatial_relative_diversity",
]

Streets: TypeAlias = gpd.GeoSeries | gpd.GeoDataFrame | StreetNetwork


def spatial_dissimilarity(
    counts: pd.DataFrame | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    bandwidth: float | None = None,
    neighbours: int | None = None,
    kernel: KernelShape | None = None,
    cutoff: float | None = None,
    streets: Streets | None = None,
    access: Literal["added", "ignored"] = "added",
    method: Literal["auto", "exact", "grid"] = "auto",
    workers: int | None = None,
) -> float:
    r"""Measure how far the environments of people are from the composition of the city (D̃).

    .. math:: \tilde D = \frac{1}{2 T I} \sum_i t_i \sum_m |\tilde\pi_{im} - \pi_m|,
        \qquad I = \sum_m \pi_m (1 - \pi_m)

    with the residents :math:`t_i` of area :math:`i`, their sum :math:`T`, the share :math:`\pi_m` of group
    :math:`m` in the city and :math:`\tilde\pi_{im}` in the environment of area :math:`i`.

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
    float
        0 = every environment is like the city, 1 = no environment has more than one group. [unitless]
        Above 1 only where many live in environments dominated by a group that is small in the city.
        NaN when all people belong to one group. Empty areas count for nothing.

    Raises
    ------
    AlignmentError, CountsError, CrsError, GeometryError
        If counts or geometry cannot be used.
    ParameterError
        If neither bandwidth nor neighbours are given, or an option is out of its range.

    Notes
    -----
    A bandwidth of 0 gives the multigroup D of the areas. Areas weigh by their own residents, not by those of
    their environment, and nothing is rounded. Beyond the edge of the map nobody lives.

    References
    ----------
    .. [1] S. F. Reardon and D. O'Sullivan (2004), Measures of Spatial Segregation, Sociological Methodology 34,
       doi:10.1111/j.0081-1750.2004.00150.x.

    Examples
    --------
    >>> import numpy as np
    >>> row = Places(area_id=pd.RangeIndex(3), x=np.array([0.0, 60.0, 200.0]), y=np.zeros(3))
    >>> people = np.array([[10, 0], [0, 10], [20, 0]])
    >>> round(spatial_dissimilarity(people, geometry=row, bandwidth=100, kernel="box"), 4)
    0.6667
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
    return float(value_of(dissimilarity_of, counts, geometry, surroundings, "spatial dissimilarity"))


def spatial_information_theory(
    counts: pd.DataFrame | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    bandwidth: float | None = None,
    neighbours: int | None = None,
    kernel: KernelShape | None = None,
    cutoff: float | None = None,
    streets: Streets | None = None,
    access: Literal["added", "ignored"] = "added",
    method: Literal["auto", "exact", "grid"] = "auto",
    workers: int | None = None,
) -> float:
    r"""Measure how much less diverse the environments of people are than the city, by entropy (H̃).

    .. math:: \tilde H = 1 - \frac{1}{T E} \sum_i t_i \tilde E_i,
        \qquad \tilde E_i = -\sum_m \tilde\pi_{im} \ln \tilde\pi_{im}

    with the residents :math:`t_i` of area :math:`i`, their sum :math:`T`, the share :math:`\tilde\pi_{im}` of
    group :math:`m` in its environment, and the entropy :math:`E` of the shares in the city. The base of the
    logarithm cancels.

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
    float
        0 = every environment is like the city, 1 = no environment has more than one group. [unitless]
        Negative when people live in environments that are more diverse than the city.
        NaN when all people belong to one group. Empty areas count for nothing.

    Raises
    ------
    AlignmentError, CountsError, CrsError, GeometryError
        If counts or geometry cannot be used.
    ParameterError
        If neither bandwidth nor neighbours are given, or an option is out of its range.

    Notes
    -----
    A bandwidth of 0 gives Theil's H of the areas. Areas weigh by their own residents, not by those of their
    environment, and nothing is rounded. Beyond the edge of the map nobody lives.

    References
    ----------
    .. [1] S. F. Reardon and D. O'Sullivan (2004), Measures of Spatial Segregation, Sociological Methodology 34,
       doi:10.1111/j.0081-1750.2004.00150.x.

    Examples
    --------
    >>> import numpy as np
    >>> row = Places(area_id=pd.RangeIndex(3), x=np.array([0.0, 60.0, 200.0]), y=np.zeros(3))
    >>> people = np.array([[10, 0], [0, 10], [20, 0]])
    >>> round(spatial_information_theory(people, geometry=row, bandwidth=100, kernel="box"), 4)
    0.3837
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
    return float(
        value_of(information_theory_of, counts, geometry, surroundings, "spatial information theory index")
    )


def spatial_relative_diversity(
    counts: pd.DataFrame | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    bandwidth: float | None = None,
    neighbours: int | None = None,
    kernel: KernelShape | None = None,
    cutoff: float | None = None,
    streets: Streets | None = None,
    access: Literal["added", "ignored"] = "added",
    method: Literal["auto", "exact", "grid"] = "auto",
    workers: int | None = None,
) -> float:
    r"""Measure how much less diverse the environments of people are than the city, by interaction (R̃).

    .. math:: \tilde R = 1 - \frac{1}{T I} \sum_i t_i \tilde I_i,
        \qquad \tilde I_i = \sum_m \tilde\pi_{im} (1 - \tilde\pi_{im})

    with the residents :math:`t_i` of area :math:`i`, their sum :math:`T`, the share :math:`\tilde\pi_{im}` of
    group :math:`m` in its environment, and :math:`I` the same for the shares in the city.

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
    float
        0 = every environment is like the city, 1 = no environment has more than one group. [unitless]
        Negative when people live in environments that are more diverse than the city.
        NaN when all people belong to one group. Empty areas count for nothing.

    Raises
    ------
    AlignmentError, CountsError, CrsError, GeometryError
        If counts or geometry cannot be used.
    ParameterError
        If neither bandwidth nor neighbours are given, or an option is out of its range.

    Notes
    -----
    A bandwidth of 0 gives the relative diversity of the areas. Areas weigh by their own residents, not by those
    of their environment, and nothing is rounded. Beyond the edge of the map nobody lives.

    References
    ----------
    .. [1] S. F. Reardon and D. O'Sullivan (2004), Measures of Spatial Segregation, Sociological Methodology 34,
       doi:10.1111/j.0081-1750.2004.00150.x.

    Examples
    --------
    >>> import numpy as np
    >>> row = Places(area_id=pd.RangeIndex(3), x=np.array([0.0, 60.0, 200.0]), y=np.zeros(3))
    >>> people = np.array([[10, 0], [0, 10], [20, 0]])
    >>> round(spatial_relative_diversity(people, geometry=row, bandwidth=100, kernel="box"), 4)
    0.3333
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
    return float(
        value_of(relative_diversity_of, counts, geometry, surroundings, "spatial relative diversity")
    )


def spatial_gini(
    counts: pd.DataFrame | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    bandwidth: float | None = None,
    neighbours: int | None = None,
    kernel: KernelShape | None = None,
    cutoff: float | None = None,
    streets: Streets | None = None,
    access: Literal["added", "ignored"] = "added",
    method: Literal["auto", "exact", "grid"] = "auto",
    workers: int | None = None,
) -> float:
    r"""Measure how much the environments of any two people differ (Gini index of the environments).

    .. math:: \tilde G = \frac{1}{2 T^2 I} \sum_m \sum_i \sum_j t_i t_j |\tilde\pi_{im} - \tilde\pi_{jm}|

    with the residents :math:`t_i` of area :math:`i`, their sum :math:`T`, the share :math:`\tilde\pi_{im}` of
    group :math:`m` in its environment, and :math:`I = \sum_m \pi_m (1 - \pi_m)` for the shares in the city.

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
    float
        0 = all environments are alike, 1 = no environment has more than one group. [unitless]
        Above 1 only where many live in environments dominated by a group that is small in the city.
        NaN when all people belong to one group. Empty areas count for nothing.

    Raises
    ------
    AlignmentError, CountsError, CrsError, GeometryError
        If counts or geometry cannot be used.
    ParameterError
        If neither bandwidth nor neighbours are given, or an option is out of its range.

    Notes
    -----
    The multigroup Gini index [2]_ with the shares of the environments [1]_ in place of those of the areas; a
    bandwidth of 0 gives it back. Areas weigh by their own residents, not by those of their environment, and
    nothing is rounded. Beyond the edge of the map nobody lives.

    References
    ----------
    .. [1] S. F. Reardon and D. O'Sullivan (2004), Measures of Spatial Segregation, Sociological Methodology 34,
       doi:10.1111/j.0081-1750.2004.00150.x.
    .. [2] S. F. Reardon and G. Firebaugh (2002), Measures of Multigroup Segregation, Sociological Methodology
       32, doi:10.1111/1467-9531.00110.

    Examples
    --------
    >>> import numpy as np
    >>> row = Places(area_id=pd.RangeIndex(3), x=np.array([0.0, 60.0, 200.0]), y=np.zeros(3))
    >>> people = np.array([[10, 0], [0, 10], [20, 0]])
    >>> round(spatial_gini(people, geometry=row, bandwidth=100, kernel="box"), 4)
    0.6667
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
    return float(value_of(gini_of, counts, geometry, surroundings, "spatial Gini index"))


_CITATION = "Reardon and O'Sullivan 2004, doi:10.1111/j.0081-1750.2004.00150.x"

MEASURES = (
    Measure(
        id="spatial_dissimilarity",
        title_de="Räumliche Dissimilarität (D̃)",
        title_en="Spatial dissimilarity (D̃)",
        dimension="spatial",
        groups="many",
        needs=("geometry",),
        low=0.0,
        high=None,
        citation=_CITATION,
        function=spatial_dissimilarity,
        prepare=partial(prepare_index, dissimilarity_of),
        known_as={"R seg": "spseg, spatseg, SegSpatial", "R OasisR": "spatmultiseg"},
    ),
    Measure(
        id="spatial_information_theory",
        title_de="Räumlicher Informationsindex (H̃)",
        title_en="Spatial information theory index (H̃)",
        dimension="spatial",
        groups="many",
        needs=("geometry",),
        low=None,
        high=1.0,
        citation=_CITATION,
        function=spatial_information_theory,
        prepare=partial(prepare_index, information_theory_of),
        known_as={"R seg": "spseg, spatseg, SegSpatial", "R OasisR": "spatmultiseg"},
    ),
    Measure(
        id="spatial_relative_diversity",
        title_de="Räumliche relative Diversität (R̃)",
        title_en="Spatial relative diversity (R̃)",
        dimension="spatial",
        groups="many",
        needs=("geometry",),
        low=None,
        high=1.0,
        citation=_CITATION,
        function=spatial_relative_diversity,
        prepare=partial(prepare_index, relative_diversity_of),
        known_as={"R seg": "spseg, spatseg, SegSpatial", "R OasisR": "spatmultiseg"},
    ),
    Measure(
        id="spatial_gini",
        title_de="Räumlicher Gini-Index",
        title_en="Spatial Gini index",
        dimension="spatial",
        groups="many",
        needs=("geometry",),
        low=0.0,
        high=None,
        citation=_CITATION,
        function=spatial_gini,
        prepare=partial(prepare_index, gini_of),
    ),
)
