"""Which areas of a coverage share a border, and how long is it? Found from their outlines, slivers forgiven."""

from __future__ import annotations

from typing import Literal

import geopandas as gpd
import numpy as np

from spatial.borders import (
    PairLengths,
    common_vertices,
    distinct,
    identical,
    overlapping,
    within_tolerance,
)
from spatial.coverage import area_geometry
from spatial.errors import GeometryError
from spatial.neighbours import NeighbourGraph
from spatial.outline import outline_segments
from spatial.parameters import require_choice, require_flag, require_number

__all__ = ["shared_borders"]

_NO_PAIRS = PairLengths(
    first=np.empty(0, dtype=np.int64),
    second=np.empty(0, dtype=np.int64),
    length=np.empty(0, dtype=np.float64),
)


def shared_borders(
    areas: gpd.GeoSeries | gpd.GeoDataFrame,
    *,
    method: Literal["auto", "exact", "tolerant"] = "auto",
    tolerance: float = 0.5,
    corners: bool = False,
) -> NeighbourGraph:
    """Find all neighbours of a coverage and the length of each common border.

    Parameters
    ----------
    areas : GeoSeries or GeoDataFrame of (Multi)Polygon, shape (n_areas,), indexed by area_id
        Areas that do not overlap, in a projected CRS.
    method : {"auto", "exact", "tolerant"}
        *exact* counts segments whose end points agree to the millimetre. *tolerant* compares all outlines
        geometrically. *auto* takes what is exact and compares only the rest; on a clean coverage that rest is
        the rim of the city and costs nothing.
    tolerance : float
        Largest distance between two sides of one border, and mean width up to which an overlap is forgiven.
        [m]
    corners : bool, default False
        Whether to look for the pairs that touch in points only as well: the squares of one colour on a board
        of chess. With the borders they make the "queen" contiguity.

    Returns
    -------
    NeighbourGraph
        Corner contacts are no neighbours; islands and exclaves have no border and are named by `isolates()`.
        A border found only within the tolerance must be longer than twice the tolerance to count; if it is
        shorter, the pair touches in a corner.

    Raises
    ------
    CrsError, AlignmentError, GeometryError
        See `spatial.coverage.area_geometry`; also when areas overlap by more than a sliver.
    ParameterError
        If the method is unknown or the tolerance not above 0.

    Notes
    -----
    *auto* notices every overlap of an area whose outline has no counterpart somewhere. *exact* notices those
    where two areas lie on the same side of one segment, as they do when an area is loaded twice or together
    with its parts; *tolerant* looks for none. A gap is no error, since there are lakes: it is rim, and areas on
    either side of it are no neighbours; `isolates()` and `rim` show it.

    Examples
    --------
    >>> import shapely
    >>> quarter = gpd.GeoSeries(
    ...     [shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 50), shapely.box(100, 50, 200, 100)],
    ...     index=["00", "01", "02"], crs=25833)
    >>> shared_borders(quarter).edges()["border"].tolist()
    [50.0, 50.0, 100.0]
    """
    require_choice("method", method, ("auto", "exact", "tolerant"))
    tolerance = require_number(
        "tolerance", tolerance, "a finite length above 0 m", lambda metres: 0 < metres < np.inf
    )
    require_flag("corners", corners)
    geometry = area_geometry(areas, "the neighbour graph")
    names, n_areas = geometry.index, len(geometry)
    shapes = geometry.to_numpy()
    segments = outline_segments(shapes)
    perimeter = np.bincount(segments.area, weights=segments.length(), minlength=n_areas)

    exact, rest = _NO_PAIRS, np.arange(len(segments), dtype=np.int64)
    if method != "tolerant":
        matched = identical(segments, n_areas)
        exact, rest = matched.pairs, matched.rest
        # Where one area lies over another, part of its outline has no counterpart.
        alone = np.unique(segments.area[rest]) if method == "auto" else np.empty(0, dtype=np.int64)
        doubled = overlapping(shapes, np.union1d(matched.suspects, alone), tolerance)
        if len(doubled):
            raise GeometryError(
                "overlapping geometry",
                names[doubled],
                "repair the coverage in a named step, so that every place belongs to one area",
            )
    bridged = near = _NO_PAIRS
    if method != "exact":
        near = within_tolerance(segments.take(rest), n_areas, tolerance)
        bridged = _without_corners(near, exact, n_areas, tolerance)
    both = _together(exact, bridged, n_areas)
    shared = np.bincount(both.first, weights=both.length, minlength=n_areas)
    shared += np.bincount(both.second, weights=both.length, minlength=n_areas)
    touching = None
    if corners:
        met = common_vertices(segments, n_areas) if method != "tolerant" else _NO_PAIRS.first
        met = distinct(np.r_[met, near.code(n_areas)])
        met = met[~np.isin(met, both.code(n_areas), assume_unique=True, kind="sort")]
        touching = np.column_stack(np.divmod(met, n_areas))
    return NeighbourGraph(
        area_id=names,
        first=both.first,
        second=both.second,
        border=both.length,
        rim=np.maximum(perimeter - shared, 0.0),
        method=method,
        tolerance=tolerance,
        bridged=float(bridged.length.sum()),
        corners=touching,
    )


def _without_corners(found: PairLengths, exact: PairLengths, n_areas: int, tolerance: float) -> PairLengths:
    """Drop pairs that only touch: no identical segment, and no longer than the tolerance makes a corner."""
    known = np.isin(found.code(n_areas), exact.code(n_areas), assume_unique=True) & (found.length > 0)
    real = known | (found.length > 2 * tolerance)
    return PairLengths(first=found.first[real], second=found.second[real], length=found.length[real])


def _together(exact: PairLengths, bridged: PairLengths, n_areas: int) -> PairLengths:
    """Add the lengths that were found in the two ways."""
    if not len(bridged.length):
        return exact
    code, pair = np.unique(np.concatenate([exact.code(n_areas), bridged.code(n_areas)]), return_inverse=True)
    length = np.bincount(pair, weights=np.concatenate([exact.length, bridged.length]), minlength=len(code))
    return PairLengths(first=code // n_areas, second=code % n_areas, length=np.asarray(length))
