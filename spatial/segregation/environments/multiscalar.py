"""At which scale is the city segregated? A measure over environments of growing size: from the block to the city."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.errors import ParameterError
from spatial.parameters import require_choice, require_numbers, require_several, require_whole_number
from spatial.segregation.counts import Floats, group_labels, many_groups, require_column
from spatial.segregation.environments.kernels import KernelShape
from spatial.segregation.environments.spatial_formulas import (
    SpatialIndex,
    dissimilarity_of,
    evaluator_of,
    gini_of,
    information_theory_of,
    relative_diversity_of,
)
from spatial.segregation.environments.street_network import StreetNetwork
from spatial.segregation.environments.surroundings import (
    Environments,
    Surroundings,
    environment_counts,
)
from spatial.segregation.environments.weighted_sums import KnownSums, LocalSums
from spatial.segregation.measure import require_options
from spatial.segregation.places import Places
from spatial.segregation.register import measure

__all__ = ["MultiscalarProfile", "multiscalar_profile"]

_SPATIAL: Final[dict[str, SpatialIndex]] = {
    "spatial_dissimilarity": dissimilarity_of,
    "spatial_gini": gini_of,
    "spatial_information_theory": information_theory_of,
    "spatial_relative_diversity": relative_diversity_of,
}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MultiscalarProfile:
    """Measures over environments of several sizes, and how these were found."""

    values: pd.DataFrame  # one row per bandwidth [m] or number of neighbours, one column per measure
    environments: pd.DataFrame  # the same rows: areas, method, error
    kernel: str
    cutoff: float | None  # [m]
    along_streets: bool
    n_areas: int
    residents: float  # [persons]

    def __repr__(self) -> str:
        sizes = self.values.index
        return (
            f"MultiscalarProfile({', '.join(self.values.columns)}; {sizes.name} {sizes.min():g} to "
            f"{sizes.max():g}, {self.kernel}, {self.n_areas} areas, {self.residents:g} residents)"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per size: the measures, then `areas`, `method` and `error`."""
        return self.values.join(self.environments)


def multiscalar_profile(
    name: str | Sequence[str],
    counts: pd.DataFrame | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    bandwidths: Sequence[float] | None = None,
    neighbours: Sequence[int] | None = None,
    group: Hashable | None = None,
    weight: Literal["own", "environment"] = "own",
    kernel: KernelShape | None = None,
    cutoff: Callable[[float], float] | float | None = None,
    streets: gpd.GeoSeries | gpd.GeoDataFrame | StreetNetwork | None = None,
    access: Literal["added", "ignored"] = "added",
    method: Literal["auto", "exact", "grid"] = "auto",
    workers: int | None = None,
) -> MultiscalarProfile:
    """Compute measures over environments of several sizes.

    Parameters
    ----------
    name : str or sequence of str
        Spatial measures (`spatial_information_theory`, `spatial_dissimilarity`, …), or aspatial measures of
        `available()` that give one number: these are computed on the environments, with their default options.
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group, two or more. [persons]
    geometry : GeoSeries, GeoDataFrame or Places, indexed by area_id
        Polygons or points in a projected CRS with metres.
    bandwidths : sequence of float, optional
        Sizes of the environment, each once; 0 is the aspatial measure. [m]
    neighbours : sequence of int, optional
        Sizes as numbers of nearest areas, in place of bandwidths.
    group : column of `counts`, optional
        For aspatial measures of two groups: the group that is compared with all others. Needed when there are
        more than two; of two the first.
    weight : {"own", "environment"}
        For aspatial measures: whether an area weighs as much as its own residents, or as the (weighted) residents
        of its environment, as in PySAL.
    kernel, cutoff, streets, access, method, workers
        How the environment is drawn: see `local_environments`. A cutoff may be a function of the bandwidth [m].

    Returns
    -------
    MultiscalarProfile
        `values` in the order of the sizes; `environments` has the mean number of areas in an environment, the
        method, and the error of the groups' shares that a grid brings (0 when exact), for these counts.

    Raises
    ------
    AlignmentError, CountsError, CrsError, GeometryError
        If counts or geometry cannot be used.
    ParameterError
        If a measure is unknown or does not fit, there are no sizes, or an option is out of its range.

    Notes
    -----
    A steep fall means segregation between small areas next to each other, a flat profile means large segregated
    parts of the city [1]_. The environments of each size are found once for all measures.

    References
    ----------
    .. [1] S. F. Reardon et al. (2008), The Geographic Scale of Metropolitan Racial Segregation, Demography 45,
       doi:10.1353/dem.0.0019.

    Examples
    --------
    >>> row = Places(area_id=pd.RangeIndex(3), x=np.array([0.0, 60.0, 200.0]), y=np.zeros(3))
    >>> people = pd.DataFrame({"young": [10, 0, 20], "old": [0, 10, 0]})
    >>> profile = multiscalar_profile(
    ...     "spatial_dissimilarity", people, geometry=row, bandwidths=[0, 100, 1000], kernel="box")
    >>> profile.values["spatial_dissimilarity"].round(4).tolist()
    [1.0, 0.6667, 0.0]
    """
    names = [name] if isinstance(name, str) else require_several("name", name, "one or more measures")
    if (bandwidths is None) == (neighbours is None):
        raise ParameterError(
            "bandwidths", bandwidths, "bandwidths [m] or numbers of neighbours, one of the two"
        )
    distances, numbers = _sizes("bandwidths", bandwidths), _sizes("neighbours", neighbours)
    sizes = [*distances, *numbers]
    if not names or len({str(wanted) for wanted in names}) < len(names):
        raise ParameterError("name", name, "one or more measures, each once")
    if not sizes or len(set(sizes)) < len(sizes):
        raise ParameterError("bandwidths", sizes, "one or more sizes, each once")
    table = many_groups(counts)
    first = 0 if group is None else require_column("group", group, group_labels(counts))
    require_choice("weight", weight, ("own", "environment"))
    give: Literal["own", "sum"] = "own" if weight == "own" else "sum"
    indices = {wanted: _index(wanted, first, give) for wanted in names}
    two = [one for one in names if one not in _SPATIAL and measure(one).groups == "two"]
    if two and group is None and len(table.group) > 2:
        raise ParameterError("group", group, f"the group of {two[0]}: one of {', '.join(table.group)}")
    places = Places.of(geometry, table.area_id, "a multiscalar profile")
    if streets is not None:
        streets = StreetNetwork.of(streets)
    values, found = [], []
    for position, size in enumerate(sizes):
        environments = Surroundings(
            bandwidth=distances[position] if distances else None,
            neighbours=require_whole_number("neighbours", numbers[position], "whole numbers of at least 0")
            if numbers
            else None,
            kernel=kernel,
            cutoff=cutoff(size) if callable(cutoff) else cutoff,
            streets=streets,
            access=access,
            method=method,
            workers=workers,
        ).environments(places)
        known = KnownSums(environment=environments.around.sums(table.counts))
        values.append([float(evaluator_of(index, known)(table.counts)) for index in indices.values()])
        found.append(_described(environments, table.counts))
    rows = pd.Index(sizes, name="neighbours" if bandwidths is None else "bandwidth")
    return MultiscalarProfile(
        values=pd.DataFrame(values, index=rows, columns=names),
        environments=pd.DataFrame(found, index=rows, columns=["areas", "method", "error"]),
        kernel=kernel if isinstance(kernel, str) else "default" if kernel is None else "function",
        cutoff=None if callable(cutoff) else cutoff,
        along_streets=streets is not None,
        n_areas=len(table.area_id),
        residents=float(table.counts.sum()),
    )


def _described(environments: Environments, counts: Floats) -> tuple[float, str, float]:
    return environments.neighbours, environments.method, environments.error(counts)


def _sizes(name: str, values: Sequence[float] | None) -> list[float]:
    """Return sizes as they are given, once it is sure that they are a list of numbers."""
    if values is None:
        return []
    expected = "a list of numbers"
    if require_numbers(name, values, expected, np.isreal).ndim != 1:
        raise ParameterError(name, values, expected)
    return list(values)


def _index(name: str, group: int, give: Literal["own", "sum"]) -> SpatialIndex:
    """Return a spatial measure, or an aspatial one of environments, as a function of counts and environments."""
    if isinstance(name, str) and name in _SPATIAL:
        return _SPATIAL[name]
    chosen = measure(name)
    if chosen.needs or chosen.gives != "number" or chosen.prepare is None or chosen.groups == "ordered":
        raise ParameterError("name", name, "a spatial measure, or an aspatial one that gives one number")
    require_options(chosen, ())
    evaluator, two = chosen.prepare(), chosen.groups == "two"

    def index(counts: Floats, around: LocalSums) -> Floats:
        people = environment_counts(around, counts, give)
        if two:
            people = np.stack(
                [people[..., group, :], np.delete(people, group, axis=-2).sum(axis=-2)], axis=-2
            )
        return evaluator(people)

    return index
