"""Which groups live near which? Mean proximities between all pairs of groups."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.segregation.counts import Floats, group_labels, many_groups
from spatial.segregation.measure import Measure
from spatial.segregation.places import Places
from spatial.segregation.proximity.decay import Decay, Diagonal
from spatial.segregation.proximity.pair_sums import pair_sums

__all__ = ["MEASURES", "mean_proximity_pairs", "relative_clustering_pairs", "spatial_proximity_pairs"]


def mean_proximity_pairs(
    counts: pd.DataFrame | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    distance_unit: float = 1000.0,
    decay: Decay = "exponential",
    diagonal: Diagonal = "0.6 sqrt(area)",
    tolerance: float = 0.0,
    workers: int | None = None,
) -> pd.DataFrame:
    """Tabulate how near two people of any two groups are to each other on average.

    Parameters
    ----------
    counts, geometry, distance_unit, decay, diagonal, tolerance, workers
        See `spatial.segregation.proximity.group_proximity.multigroup_spatial_proximity`.

    Returns
    -------
    DataFrame, shape (n_groups, n_groups), groups on both axes
        Pxy, symmetric, with Pxx on the diagonal; see `mean_proximity`. NaN for an absent group. [unitless]

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
    >>> blocks = gpd.GeoSeries([shapely.box(0, 0, 1e3, 1e3), shapely.box(1e3, 0, 2e3, 1e3)], crs=25833)
    >>> people = pd.DataFrame({"a": [50, 0], "b": [0, 30]})
    >>> mean_proximity_pairs(people, geometry=blocks).loc["a", "b"].round(4)  # exp(-1)
    np.float64(0.3679)
    """
    forms, people = _forms(
        counts, "mean_proximity_pairs", geometry, distance_unit, decay, diagonal, tolerance, workers
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        return _table(counts, forms / (people[:, None] * people[None, :]))


def spatial_proximity_pairs(
    counts: pd.DataFrame | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    distance_unit: float = 1000.0,
    decay: Decay = "exponential",
    diagonal: Diagonal = "0.6 sqrt(area)",
    tolerance: float = 0.0,
    workers: int | None = None,
) -> pd.DataFrame:
    """Tabulate the spatial proximity of all pairs of groups, each pair as if there were nobody else.

    Parameters
    ----------
    counts, geometry, distance_unit, decay, diagonal, tolerance, workers
        See `multigroup_spatial_proximity`.

    Returns
    -------
    DataFrame, shape (n_groups, n_groups), groups on both axes
        SP of the two groups, symmetric, 1 on the diagonal; see `spatial_proximity`. NaN for an absent group.
        [unitless]

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
    >>> blocks = gpd.GeoSeries([shapely.box(0, 0, 1e3, 1e3), shapely.box(1e3, 0, 2e3, 1e3)], crs=25833)
    >>> people = pd.DataFrame({"a": [50, 0], "b": [0, 50], "c": [50, 0]})
    >>> spatial_proximity_pairs(people, geometry=blocks).loc["a"].round(4).tolist()
    [1.0, 1.1974, 1.0]
    """
    forms, people = _forms(
        counts, "spatial_proximity_pairs", geometry, distance_unit, decay, diagonal, tolerance, workers
    )
    own = np.diagonal(forms)
    with np.errstate(invalid="ignore", divide="ignore"):
        around_own = (own / people)[:, None] + (own / people)[None, :]
        around_both = own[:, None] + 2 * forms + own[None, :]
        return _table(counts, around_own * (people[:, None] + people[None, :]) / around_both)


def relative_clustering_pairs(
    counts: pd.DataFrame | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    distance_unit: float = 1000.0,
    decay: Decay = "exponential",
    diagonal: Diagonal = "0.6 sqrt(area)",
    tolerance: float = 0.0,
    workers: int | None = None,
) -> pd.DataFrame:
    """Tabulate the relative clustering of all pairs of groups.

    Parameters
    ----------
    counts, geometry, distance_unit, decay, diagonal, tolerance, workers
        See `multigroup_spatial_proximity`.

    Returns
    -------
    DataFrame, shape (n_groups, n_groups), groups on both axes
        RCL of the group of the row against the group of the column, 0 on the diagonal; see
        `relative_clustering`. NaN for an absent group. [unitless]

    Raises
    ------
    AlignmentError, CountsError, CrsError, GeometryError, ParameterError
        See `multigroup_spatial_proximity`.

    References
    ----------
    .. [1] D. S. Massey and N. A. Denton (1988), The dimensions of residential segregation,
       doi:10.1093/sf/67.2.281.

    Examples
    --------
    >>> import shapely
    >>> blocks = gpd.GeoSeries([shapely.box(0, 0, 1e3, 1e3), shapely.box(1e3, 0, 2e3, 1e3)], crs=25833)
    >>> people = pd.DataFrame({"a": [50, 0], "b": [25, 25]})
    >>> relative_clustering_pairs(people, geometry=blocks).loc["a", "b"].round(4)
    np.float64(0.1974)
    """
    forms, people = _forms(
        counts, "relative_clustering_pairs", geometry, distance_unit, decay, diagonal, tolerance, workers
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.diagonal(forms) / people**2
        excess = means[:, None] / means[None, :] - 1
    return _table(counts, -excess if decay == "distance" else excess)


def _forms(
    counts: pd.DataFrame | Floats,
    what: str,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    distance_unit: float,
    decay: Decay,
    diagonal: Diagonal,
    tolerance: float,
    workers: int | None,
) -> tuple[Floats, Floats]:
    """Return the sums over all pairs of people of any two groups, and the members of each group."""
    table = many_groups(counts)
    pairs = pair_sums(
        Places.of(geometry, table.area_id, what),
        what,
        distance_unit=distance_unit,
        decay=decay,
        diagonal=diagonal,
        tolerance=tolerance,
        workers=workers,
    )
    return pairs.forms(table.counts), table.counts.sum(axis=-1)


def _table(counts: pd.DataFrame | Floats, values: Floats) -> pd.DataFrame:
    names = group_labels(counts)
    return pd.DataFrame(values, index=names, columns=names)


MEASURES = (
    Measure(
        id="mean_proximity_pairs",
        title_de="Mittlere Nähe aller Gruppenpaare (Pxy)",
        title_en="Mean proximity of all pairs of groups (Pxy)",
        dimension="clustering",
        groups="many",
        gives="per pair",
        needs=("geometry",),
        high=None,
        citation="White 1983, doi:10.1086/227768",
        function=mean_proximity_pairs,
        known_as={"R OasisR": "Pxy"},
    ),
    Measure(
        id="spatial_proximity_pairs",
        title_de="Räumliche Nähe aller Gruppenpaare (SP)",
        title_en="Spatial proximity of all pairs of groups (SP)",
        dimension="clustering",
        groups="many",
        gives="per pair",
        needs=("geometry",),
        high=None,
        citation="White 1983, doi:10.1086/227768",
        function=spatial_proximity_pairs,
        known_as={"R OasisR": "SP (itype = between)"},
    ),
    Measure(
        id="relative_clustering_pairs",
        title_de="Relative Klumpung aller Gruppenpaare (RCL)",
        title_en="Relative clustering of all pairs of groups (RCL)",
        dimension="clustering",
        groups="many",
        gives="per pair",
        needs=("geometry",),
        low=None,
        high=None,
        citation="Massey and Denton 1988, doi:10.1093/sf/67.2.281",
        function=relative_clustering_pairs,
        known_as={"R OasisR": "RCL (all pairs)"},
    ),
)
