"""How far must one walk from a place until the people around look like the city? Divergence profiles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra

from spatial.errors import ParameterError
from spatial.parameters import require_choice, require_several
from spatial.segregation.aspatial.information import nats
from spatial.segregation.aspatial.sums import TINY
from spatial.segregation.counts import Floats, many_groups
from spatial.segregation.environments.neighbour_search import Positions, row_blocks
from spatial.segregation.environments.street_network import StreetNetwork
from spatial.segregation.places import Places

__all__ = ["NearestFirst", "divergence_along", "divergence_profiles", "nearest_first"]

# Rows of a table of profiles: beyond, the areas must be chosen.
_MOST_ROWS: Final = 50_000_000

# Distances to a micrometre: what is closer is the same distance, and the smaller area id comes first.
_PER_METRE: Final = 1e6


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class NearestFirst:
    """The areas in the order of their ids, and where they lie; `node` and `way` [m] when walking along streets."""

    by_id: Positions
    x: Floats
    y: Floats
    network: StreetNetwork | None
    node: Positions
    way: Floats

    def __repr__(self) -> str:
        return f"NearestFirst({len(self.by_id)} areas)"

    def outwards(self, rows: Positions) -> tuple[Positions, Floats]:
        """Return all areas, and their distances [m], outwards from each of some areas, (n_rows, n_areas)."""
        distance = self._distances(rows)
        # The area itself comes first, also before others at the same place.
        distance[np.arange(len(rows)), np.argsort(self.by_id)[rows]] = -1.0
        nearer = np.argsort(np.rint(distance * _PER_METRE), axis=1, kind="stable")
        sorted_distance = np.maximum(np.take_along_axis(distance, nearer, axis=1), 0.0)
        return self.by_id[nearer], sorted_distance

    def _distances(self, rows: Positions) -> Floats:
        if self.network is None:
            across = self.x[rows, None] - self.x[self.by_id]
            return np.hypot(across, self.y[rows, None] - self.y[self.by_id])
        sources, back = np.unique(self.node[rows], return_inverse=True)
        paths = dijkstra(self.network.length, indices=sources)
        metres = np.asarray(paths[:, self.node[self.by_id]][back], dtype=np.float64)
        metres += self.way[rows, None]
        metres += self.way[self.by_id]
        return metres


def divergence_profiles(
    counts: pd.DataFrame | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    areas: Sequence[object] | None = None,
    streets: gpd.GeoSeries | gpd.GeoDataFrame | StreetNetwork | None = None,
    access: Literal["added", "ignored"] = "added",
    log_base: float = math.e,
) -> pd.DataFrame:
    r"""Follow how the people around a place come to look like the city, as ever more areas are added.

    .. math:: D_i(k) = \sum_m q_{im}(k) \log \frac{q_{im}(k)}{\pi_m}

    with the share :math:`q_{im}(k)` of group :math:`m` among the people of the :math:`k` areas nearest to area
    :math:`i`, itself included, and :math:`\pi_m` in the city: the Kullback-Leibler divergence [1]_.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group, two or more. [persons]
    geometry : GeoSeries, GeoDataFrame or Places, indexed by area_id
        Polygons or points in a projected CRS with metres; distances are between centroids.
    areas : sequence of area_id, optional
        Where to start. Default: everywhere.
    streets : GeoSeries, GeoDataFrame or StreetNetwork, optional
        LineStrings in the CRS of the areas: distances are shortest paths; areas out of reach come last.
    access : {"added", "ignored"}
        Whether the way from an area to the nearest node counts.
    log_base : float, default e
        Base of the logarithm: e for nats, 2 for bits.

    Returns
    -------
    DataFrame
        One row per start and area, outwards: `area_id` (the start), `neighbour_id`, `distance` [m], `residents`
        so far [persons] and `divergence` [nats, or by base]. It ends with 0 and all residents; NaN while nobody
        is reached. Ties go to the smaller area id.

    Raises
    ------
    AlignmentError, CountsError, CrsError, GeometryError
        If counts or geometry cannot be used.
    ParameterError
        If an area is unknown, or the table would have more than 50 million rows.

    References
    ----------
    .. [1] M. Olteanu, J. Randon-Furling and W. A. V. Clark (2019), Segregation through the multiscalar lens,
       PNAS 116, doi:10.1073/pnas.1900192116.

    Examples
    --------
    >>> row = Places(area_id=pd.Index(["a", "b", "c"]), x=np.array([0.0, 60.0, 200.0]), y=np.zeros(3))
    >>> people = pd.DataFrame({"young": [10, 0, 30], "old": [0, 20, 0]}, index=row.area_id)
    >>> divergence_profiles(people, geometry=row, areas=["a"])["divergence"].round(4).tolist()
    [0.4055, 0.231, 0.0]
    """
    unit = nats(log_base)
    table = many_groups(counts)
    nearest = nearest_first(Places.of(geometry, table.area_id, "divergence profiles"), streets, access)
    n_areas = len(table.area_id)
    starts = np.arange(n_areas)
    if areas is not None:
        listed = require_several("areas", areas, "a list of areas of the counts")
        try:
            wanted = pd.Index(listed)
            starts = table.area_id.get_indexer(wanted)
        except TypeError as error:
            raise ParameterError("areas", areas, "a list of areas of the counts") from error
        if (starts < 0).any():
            raise ParameterError("areas", wanted[starts < 0].tolist(), "areas of the counts")
    if len(starts) * n_areas > _MOST_ROWS:
        raise ParameterError(
            "areas", f"{len(starts)} starts", f"at most {_MOST_ROWS // n_areas} of the areas"
        )
    order, distance = np.empty((len(starts), n_areas), dtype=np.int64), np.empty((len(starts), n_areas))
    for low, high in row_blocks(len(starts), n_areas):
        order[low:high], distance[low:high] = nearest.outwards(starts[low:high])
    found, residents = divergence_along(table.counts, order)
    return pd.DataFrame(
        {
            "area_id": np.repeat(table.area_id[starts], n_areas),
            "neighbour_id": table.area_id[order.ravel()],
            "distance": distance.ravel(),
            "residents": residents.ravel(),
            "divergence": found.ravel() / unit,
        }
    )


def nearest_first(
    places: Places,
    streets: gpd.GeoSeries | gpd.GeoDataFrame | StreetNetwork | None,
    access: Literal["added", "ignored"],
) -> NearestFirst:
    """Prepare the walks outwards from some places, along streets when there are any."""
    network, node, way = None, np.empty(0, dtype=np.int64), np.empty(0)
    if streets is not None:
        network = StreetNetwork.of(streets)
        places.require_same_crs("streets", network.crs)
        node, way = network.join_points(places, access)
    else:
        require_choice("access", access, ("added", "ignored"))
    return NearestFirst(by_id=places.by_id(), x=places.x, y=places.y, network=network, node=node, way=way)


def divergence_along(counts: Floats, order: Positions) -> tuple[Floats, Floats]:
    """Return the divergence [nats] and the residents so far [persons] along each row of areas.

    `counts` has shape (n_groups, n_areas), `order` and both results (n_rows, n_areas). The divergence is NaN
    while nobody is reached.
    """
    total = counts.sum(axis=1)
    # A group that is absent from the city is absent from every part of it, and adds nothing.
    present = counts[total > 0]
    city = np.log(total[total > 0] / total.sum())
    reached = np.empty((len(present), *order.shape))
    for group, people in enumerate(present):
        np.cumsum(people.take(order), axis=1, out=reached[group])
    residents = np.asarray(reached.sum(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        reached /= residents
    found = np.zeros(order.shape)
    for share, whole in zip(reached, city, strict=True):
        logarithm = np.maximum(share, TINY)
        np.log(logarithm, out=logarithm)
        logarithm -= whole
        logarithm *= share
        found += logarithm
    return found, residents
