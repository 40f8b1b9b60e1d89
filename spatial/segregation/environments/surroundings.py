"""What does the neighbourhood of each area look like? Local environments, for every measure that looks around."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.errors import ParameterError
from spatial.parameters import require_choice, require_whole_number
from spatial.segregation.counts import Floats, group_labels, many_groups
from spatial.segregation.environments.kernels import Kernel, KernelShape, make_kernel
from spatial.segregation.environments.neighbour_search import (
    NeighbourSearch,
    WithinDistance,
    nearest,
    within_distance,
)
from spatial.segregation.environments.raster_sums import RasterSums, raster_sums, share_error
from spatial.segregation.environments.street_network import StreetNetwork, along_streets
from spatial.segregation.environments.weighted_sums import (
    LocalSums,
    NearestSums,
    OwnSums,
    mean_neighbours,
    neighbour_sums,
)
from spatial.segregation.places import Places
from spatial.segregation.threads import thread_count

__all__ = [
    "Environments",
    "Give",
    "Method",
    "Surroundings",
    "environment_counts",
    "local_environments",
]

Method: TypeAlias = Literal["auto", "exact", "grid"]
Give: TypeAlias = Literal["sum", "mean", "share", "own"]

# Exact up to so many pairs of areas, which takes some seconds; beyond, the raster takes over while its error in a
# sample stays below this share of people.
_EXACT_PAIRS: Final = 300_000_000
_TOLERANCE: Final = 1e-3


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Environments:
    """The local environments of some places, ready for any counts.

    `around` sums counts over them; `kernel` is None where every area is its own environment. `neighbours` is the
    mean number of areas in an environment, itself included, in a sample, as if all were inhabited. `method` says
    how the sums are found; `exact` is the search that checks a grid.
    """

    around: LocalSums
    kernel: Kernel | None
    neighbours: float
    method: Literal["own", "exact", "grid"]
    exact: WithinDistance | None = None

    def __repr__(self) -> str:
        drawn = (
            "each area by itself"
            if self.kernel is None
            else f"{self.neighbours:.1f} areas each, {self.kernel}"
        )
        return f"Environments({drawn}, {self.method})"

    def error(self, counts: Floats | None = None) -> float:
        """Measure the error that a grid brings, in a sample of 300 areas.

        Parameters
        ----------
        counts : array of float, shape (n_groups, n_areas), optional
            Default: one person per area, of one of two groups by turns. [persons]

        Returns
        -------
        float
            Root mean square of the largest error of a group's share in an environment; 0 when exact. [unitless]
        """
        if self.exact is None or not isinstance(self.around, RasterSums):
            return 0.0
        return share_error(self.around, self.exact, counts)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Surroundings:
    """How a local environment is drawn: the options that all spatial measures share.

    See `local_environments` for what they mean.
    """

    bandwidth: float | None = None
    neighbours: int | None = None
    kernel: KernelShape | None = None
    cutoff: float | None = None
    streets: gpd.GeoSeries | gpd.GeoDataFrame | StreetNetwork | None = None
    access: Literal["added", "ignored"] = "added"
    method: Method = "auto"
    workers: int | None = None

    def __repr__(self) -> str:
        size = f"{self.bandwidth} m" if self.neighbours is None else f"{self.neighbours} nearest"
        return f"Surroundings({self.kernel}, {size}{', along streets' if self.streets is not None else ''})"

    def environments(self, places: Places) -> Environments:
        """Find the local environments of some places.

        Raises
        ------
        ParameterError
            If neither bandwidth nor neighbours are given, an option is out of its range, or options contradict
            each other.
        """
        self._check()
        network = None if self.streets is None else StreetNetwork.of(self.streets)
        if network is not None:
            places.require_same_crs("streets", network.crs)
        n_areas = len(places.area_id)
        if self.neighbours is not None:
            return self._nearest(places, min(int(self.neighbours), n_areas - 1))
        kernel = make_kernel(
            "biweight" if self.kernel is None else self.kernel, bandwidth=self.bandwidth, cutoff=self.cutoff
        )
        if self.bandwidth == 0 or n_areas == 1:
            return _OWN
        if network is not None:
            paths = along_streets(places, network, kernel, access=self.access)
            return self._exact(paths, kernel)
        return self._within(places, kernel)

    def _nearest(self, places: Places, neighbours: int) -> Environments:
        usual: KernelShape = "box" if self.bandwidth is None else "biweight"
        shape = usual if self.kernel is None else self.kernel
        kernel = make_kernel(shape, bandwidth=self.bandwidth, cutoff=self.cutoff)
        if neighbours == 0 or self.bandwidth == 0:
            return _OWN
        search = nearest(places, neighbours, kernel)
        mean = neighbours + 1.0 if math.isinf(kernel.cutoff) else mean_neighbours(search)
        around = NearestSums(search=search, mean=mean, workers=self.workers)
        return Environments(around=around, kernel=kernel, neighbours=mean, method="exact")

    def _within(self, places: Places, kernel: Kernel) -> Environments:
        search = within_distance(places, kernel)
        mean = mean_neighbours(search)
        if self.method == "grid" or (self.method == "auto" and mean * len(places.x) > _EXACT_PAIRS):
            raster = raster_sums(places, kernel, workers=self.workers)
            if raster is None and self.method == "grid":
                raise ParameterError(
                    "method",
                    "grid",
                    "'exact': the city is too large for a grid as fine as the bandwidth needs",
                )
            if raster is not None:
                found = Environments(
                    around=raster, kernel=kernel, neighbours=mean, method="grid", exact=search
                )
                if self.method == "grid" or found.error() <= _TOLERANCE:
                    return found
        return self._exact(search, kernel, mean)

    def _exact(self, search: NeighbourSearch, kernel: Kernel, mean: float | None = None) -> Environments:
        mean = mean_neighbours(search) if mean is None else mean
        around = neighbour_sums(search, mean=mean, workers=self.workers)
        return Environments(around=around, kernel=kernel, neighbours=mean, method="exact")

    def _check(self) -> None:
        if self.bandwidth is None and self.neighbours is None:
            raise ParameterError(
                "bandwidth",
                None,
                "a bandwidth [m] or a number of neighbours: environments have no default size",
            )
        require_choice("method", self.method, Method)
        require_choice("access", self.access, ("added", "ignored"))
        thread_count(self.workers)
        if self.neighbours is not None:
            require_whole_number("neighbours", self.neighbours, "a whole number of at least 0")
            if self.streets is not None:
                raise ParameterError("neighbours", self.neighbours, "a bandwidth, when streets are given")
        if self.method == "grid" and (self.neighbours is not None or self.streets is not None):
            raise ParameterError("method", "grid", "'exact' for nearest neighbours and along streets")


_OWN: Final = Environments(around=OwnSums(), kernel=None, neighbours=1.0, method="own")


def local_environments(
    counts: pd.DataFrame | Floats,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    *,
    bandwidth: float | None = None,
    neighbours: int | None = None,
    kernel: KernelShape | None = None,
    cutoff: float | None = None,
    streets: gpd.GeoSeries | gpd.GeoDataFrame | StreetNetwork | None = None,
    access: Literal["added", "ignored"] = "added",
    method: Method = "auto",
    workers: int | None = None,
    give: Give = "sum",
) -> pd.DataFrame:
    r"""Describe who lives around each area.

    .. math:: \tilde a_{im} = \sum_j K(d_{ij})\, a_{jm}

    with the people :math:`a_{jm}` of group :math:`m` in area :math:`j`, and a kernel :math:`K` of the distance
    [1]_. The area itself counts fully, :math:`K(0) = 1`.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; fractions are allowed. [persons]
    geometry : GeoSeries, GeoDataFrame or Places, indexed by area_id
        Polygons or points in a projected CRS with metres; distances are between centroids.
    bandwidth : float, optional
        Scale of the kernel. 0: every area by itself. [m]
    neighbours : int, optional
        Only so many nearest inhabited areas besides the area itself; ties (to a micrometre) go to the smaller
        area id. Around an area where nobody lives one more takes its place. All areas when there are fewer.
        Without a bandwidth the kernel ends at the last of them: an adaptive kernel.
    kernel : str or function, optional
        "box", "triangle", "epanechnikov", "biweight", "cosine", "gaussian", "exponential", or a function of the
        distance in bandwidths; see `kernel_weight`. Default: biweight [2]_; box for nearest neighbours alone.
    cutoff : float, optional
        Distance beyond which nobody counts, infinite for none. Default: the bandwidth; for the Gaussian and the
        exponential kernel the distance where the weight is 10⁻¹², which leaves out less than 3 · 10⁻¹¹ of the
        weight over an evenly settled plane. [m]
    streets : GeoSeries, GeoDataFrame or StreetNetwork, optional
        LineStrings in the CRS of the areas: distances are shortest paths between the nodes next to the areas.
    access : {"added", "ignored"}
        Whether the way from an area to its node counts.
    method : {"auto", "exact", "grid"}
        Direct sums, or a raster and Fourier transform. *auto* is exact up to 3 · 10⁸ pairs of areas; beyond that
        it takes the raster, unless a group's share in an environment is wrong by more than 10⁻³ (root mean
        square in a sample of 300 areas with one person each).
    workers : int, optional
        Threads; the result does not depend on them. Default: as many as the machine offers.
    give : {"sum", "mean", "share", "own"}
        The weighted sums; their means over inhabited areas, divided by the sum of weights; the shares of the
        groups; or the shares times the area's own residents, so that an aspatial measure weighs areas by who
        lives there.

    Returns
    -------
    DataFrame of float, on the index and columns of `counts`
        The environments. [persons; shares: unitless] Means and shares are NaN where nobody lives within reach.
        `attrs` has "method" ("own", "exact" or "grid") and "error", as above but for these counts. Empty areas,
        in which `counts` has nobody, have an environment and count for nothing in that of others.

    Raises
    ------
    AlignmentError, CountsError, CrsError, GeometryError
        If counts or geometry cannot be used.
    ParameterError
        If neither bandwidth nor neighbours are given, or an option is out of its range.

    References
    ----------
    .. [1] S. F. Reardon and D. O'Sullivan (2004), Measures of Spatial Segregation, Sociological Methodology 34,
       doi:10.1111/j.0081-1750.2004.00150.x.
    .. [2] S. F. Reardon et al. (2008), The Geographic Scale of Metropolitan Racial Segregation, Demography 45,
       doi:10.1353/dem.0.0019.

    Examples
    --------
    >>> import shapely
    >>> row = gpd.GeoSeries(shapely.points([[0, 0], [60, 0], [150, 0]]), index=list("abc"), crs=25833)
    >>> people = pd.DataFrame({"young": [10, 0, 20], "old": [0, 10, 0]}, index=list("abc"))
    >>> local_environments(people, row, bandwidth=100, kernel="box")["young"].tolist()
    [10.0, 30.0, 20.0]
    """
    require_choice("give", give, Give)
    table = many_groups(counts, least=1)
    places = Places.of(geometry, table.area_id, "local environments")
    found = Surroundings(
        bandwidth=bandwidth,
        neighbours=neighbours,
        kernel=kernel,
        cutoff=cutoff,
        streets=streets,
        access=access,
        method=method,
        workers=workers,
    ).environments(places)
    sums = environment_counts(found.around, table.counts, give)
    frame = pd.DataFrame(sums.T, index=table.area_id, columns=group_labels(counts))
    frame.attrs.update(method=found.method, error=found.error(table.counts))
    return frame


def environment_counts(around: LocalSums, counts: Floats, give: Give) -> Floats:
    """Return the environments of counts of shape (…, n_groups, n_areas), as `local_environments` gives them."""
    sums = around.sums(counts)
    if give == "sum":
        return sums
    with np.errstate(invalid="ignore", divide="ignore"):
        if give == "mean":
            return np.asarray(
                sums / around.sums(np.asarray(counts.any(axis=-2, keepdims=True), dtype=np.float64))
            )
        sums /= sums.sum(axis=-2, keepdims=True)
    if give == "own":
        residents = counts.sum(axis=-2, keepdims=True)
        sums = np.where(residents > 0, sums * residents, 0.0)
    return sums
