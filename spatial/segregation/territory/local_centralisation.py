"""Which group lives nearer to this place? The centralisation of every area's surroundings around the area itself."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from spatial.parameters import require_choice, require_whole_number
from spatial.segregation.counts import Floats, two_groups
from spatial.segregation.measure import Evaluator, Measure
from spatial.segregation.places import Places
from spatial.segregation.territory.centralisation import Ties

__all__ = ["MEASURES", "local_relative_centralisation", "prepare_local_relative_centralisation"]

# Numbers in one piece of work: a few arrays of them stay in the cache.
_CHUNK = 1 << 16

# So many more neighbours are asked for than are wanted, to see whether others are as near as the last.
_MORE = 4

# Distances that differ by less than this part of the coordinates differ by float noise.
_NOISE = 1e-12


def local_relative_centralisation(
    group: pd.Series | Floats,
    total: pd.Series | Floats,
    *,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places,
    neighbours: int = 5,
    ties: Ties = "together",
) -> pd.Series:
    """Measure around every area how near a group lives to it, against the rest.

    The relative centralisation (see `relative_centralisation`) of the area and its nearest neighbours, with
    the area itself as the centre: the question is not who lives in the middle of the city, but who lives at
    this park, this school, this incinerator.

    Parameters
    ----------
    group, total : Series or array of int or float, shape (n_areas,), indexed by area_id
        The group and all residents. [persons]
    geometry : GeoSeries, GeoDataFrame or Places, indexed by area_id
        Areas or points in a projected CRS with metres; the same areas in any order.
    neighbours : int, default 5
        Number of nearest inhabited areas, besides the area itself; of equally near ones the first by area id.
        Around an area without residents one more takes its place. All areas when there are not as many.
    ties : {"together", "area_id"}, default "together"
        Areas at the same distance make one ring, or are taken one after the other in the order of their ids.

    Returns
    -------
    Series of float, shape (n_areas,), indexed by area_id in the order of `total`
        Above 0 = the group is nearer than the rest, up to 1; below 0 = further away, down to −1. [unitless]
        NaN where the group, or everybody else, is absent in the surroundings.

    Raises
    ------
    AlignmentError
        If group, total and geometry do not have the same areas, or one of them names an area twice.
    CountsError
        If a count is missing, infinite or negative, or the group is larger than the total.
    CrsError, GeometryError
        If the areas cannot be measured.
    ParameterError
        If there is less than one neighbour, or an option is unknown.

    Notes
    -----
    O(n · k · log n). The index compares within the surroundings only: it says nothing of how many members
    the group has there.

    References
    ----------
    .. [1] D. C. Folch and S. J. Rey (2016), The centralization index: A measure of local spatial segregation,
       Papers in Regional Science 95(3), 555–576, doi:10.1111/pirs.12145.

    Examples
    --------
    >>> row = Places(area_id=pd.Index(["a", "b", "c"]), x=np.array([0.0, 1, 3]), y=np.zeros(3))
    >>> group, total = pd.Series([6, 3, 0], index=row.area_id), pd.Series([10, 10, 10], index=row.area_id)
    >>> local_relative_centralisation(group, total, geometry=row, neighbours=2).round(4).to_dict()
    {'a': 0.6349, 'b': 0.3175, 'c': -0.6349}
    """
    table = two_groups(group, total)
    evaluate = prepare_local_relative_centralisation(
        places=Places.of(geometry, table.area_id, "the local centralisation"),
        neighbours=neighbours,
        ties=ties,
    )
    return pd.Series(evaluate(table.counts), index=table.area_id, name="local_relative_centralisation")


def prepare_local_relative_centralisation(
    *, places: Places, neighbours: int = 5, ties: Ties = "together"
) -> Evaluator:
    """Return the evaluator, for places in the order of the counts: from shape (…, 2, n_areas) to (…, n_areas)."""
    neighbours = require_whole_number("neighbours", neighbours, "a whole number, at least 1", least=1)
    require_choice("ties", ties, Ties)
    everywhere = np.ones(len(places.x), dtype=bool)
    prepared = everywhere, _surroundings(places, everywhere, int(neighbours), ties)

    def evaluate(counts: Floats) -> Floats:
        tables = counts.reshape(-1, *counts.shape[-2:])
        values = np.empty((len(tables), counts.shape[-1]))
        found = prepared
        for position, table in enumerate(tables):
            inhabited = table.sum(axis=0) > 0
            if not np.array_equal(inhabited, found[0]):
                found = inhabited, _surroundings(places, inhabited, int(neighbours), ties)
            found[1].centralisation(table, out=values[position])
        return values.reshape(*counts.shape[:-2], counts.shape[-1])

    return evaluate


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Surroundings:
    """Of every area the positions of the areas around it, from itself outwards, shape (n_areas, n_around).

    `before`, of the same shape, is how many of them are nearer than the one in this place.
    """

    around: NDArray[np.int32]
    before: NDArray[np.int32]

    def centralisation(self, table: Floats, out: Floats) -> None:
        """Write the relative centralisation of each row into `out`."""
        members, rest = table
        n_areas, n_around = self.around.shape
        step = max(1, _CHUNK // max(n_around, 1))
        for begin in range(0, n_areas, step):
            rows = slice(begin, begin + step)
            one, other = members[self.around[rows]], rest[self.around[rows]]
            nearer, nearer_other = (self._nearer(values, rows) for values in (one, other))
            with np.errstate(invalid="ignore"):
                ahead = (nearer * other - one * nearer_other).sum(axis=1)
                out[rows] = np.clip(ahead / (one.sum(axis=1) * other.sum(axis=1)), -1.0, 1.0)

    def _nearer(self, values: Floats, rows: slice) -> Floats:
        """How many persons live nearer than those in each place."""
        so_far = np.zeros((values.shape[0], values.shape[1] + 1))
        np.cumsum(values, axis=1, out=so_far[:, 1:])
        return np.take_along_axis(so_far, self.before[rows], axis=1)


def _surroundings(places: Places, inhabited: NDArray[np.bool_], neighbours: int, ties: Ties) -> _Surroundings:
    """Find the nearest inhabited areas of every area, itself first, in the order of distance and then area id."""
    points = np.column_stack([places.x, places.y])
    rank = np.argsort(places.by_id())
    candidates = np.flatnonzero(inhabited)
    # Of the coordinates of both ends of a way, so that an uninhabited area far away is none's affair.
    noise = _NOISE * np.maximum(np.abs(points).max(axis=1), np.abs(points[candidates]).max(initial=0.0))
    n_around = min(neighbours + 1, len(candidates))
    around = np.empty((len(points), n_around), dtype=np.int32)
    before = np.empty_like(around)
    tree = cKDTree(points[candidates])
    step = max(1, _CHUNK // (n_around + _MORE))
    for begin in range(0, len(points) if n_around else 0, step):
        rows = np.arange(begin, min(begin + step, len(points)))
        asked = n_around
        while len(rows):
            asked = min(asked + max(asked, _MORE), len(candidates))
            distance, near = tree.query(points[rows], k=np.arange(1, asked + 1))
            near = candidates[near]
            apart = np.diff(distance, axis=1, prepend=-np.inf) > noise[rows, np.newaxis]
            ring = np.cumsum(apart, axis=1)
            place = np.where(near == rows[:, np.newaxis], -1, rank[near])
            chosen = np.argsort(ring * (len(points) + 1) + place, axis=1)[:, :n_around]
            # Where the last that is wanted lies as near as the last that was asked for, others may as well.
            settled = (ring[:, n_around - 1] < ring[:, -1]) | (asked == len(candidates))
            around[rows[settled]] = np.take_along_axis(near, chosen, axis=1)[settled]
            before[rows[settled]] = _nearer_places(ring[:, :n_around], ties)[settled]
            rows = rows[~settled]
    return _Surroundings(around=around, before=before)


def _nearer_places(ring: NDArray[np.int64], ties: Ties) -> NDArray[np.int64]:
    """How many places lie before the ring of each place, or before the place itself."""
    place = np.broadcast_to(np.arange(ring.shape[1]), ring.shape)
    if ties == "area_id":
        return place
    begins = np.diff(ring, axis=1, prepend=0) > 0
    return np.maximum.accumulate(np.where(begins, place, 0), axis=1)


MEASURES = (
    Measure(
        id="local_relative_centralisation",
        title_de="Lokale relative Zentralisierung (RCE)",
        title_en="Local relative centralisation (RCE)",
        dimension="local",
        groups="two",
        gives="per area",
        needs=("geometry",),
        low=-1.0,
        citation="Folch and Rey 2016, doi:10.1111/pirs.12145",
        function=local_relative_centralisation,
        known_as={"PySAL segregation": "LocalRelativeCentralization"},
    ),
)
