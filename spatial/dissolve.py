"""What outline do several areas have together? Without the cracks that digitising a border twice leaves."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from spatial.outline import PRECISION

__all__ = ["CRACK", "united"]

# A gap between areas of this mean width is a crack, not a place; neighbours are found across it as well. [m]
CRACK = 0.5


def united(shapes: NDArray[np.object_]) -> shapely.Geometry:
    """Unite areas that do not overlap.

    Parameters
    ----------
    shapes : array of (Multi)Polygon
        Valid geometry in metres, in any number.

    Returns
    -------
    Polygon or MultiPolygon
        Of the areas' own segments where they fit vertex by vertex. Otherwise vertices within a millimetre of
        each other are made one before the areas are united, and holes with a mean width up to `CRACK` are
        closed. Empty for no areas.

    Notes
    -----
    Only cracks that are closed at both ends are holes. One that opens to the outside stays a notch.

    Examples
    --------
    >>> united(np.array([shapely.box(0, 0, 9, 9), shapely.box(9, 0, 18, 9)])).bounds
    (0.0, 0.0, 18.0, 9.0)
    """
    if shapely.coverage_is_valid(shapes, gap_width=CRACK):
        return shapely.coverage_union_all(shapes)
    return _without_cracks(shapely.union_all(_vertices_joined(shapes)))


def _vertices_joined(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Give vertices that agree to the millimetre one place; shapes that would not survive it keep theirs."""
    points = shapely.get_coordinates(shapes)
    pairs = cKDTree(points).query_pairs(PRECISION, output_type="ndarray")
    ones = np.ones(len(pairs), dtype=np.int8)
    links = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(len(points), len(points)))
    _, cluster = connected_components(links.tocsr(), directed=False)
    _, representative = np.unique(cluster, return_index=True)
    joined = np.asarray(shapely.set_coordinates(shapely.force_2d(shapes), points[representative[cluster]]))
    return np.where(shapely.is_valid(joined), joined, shapes)


def _without_cracks(shape: shapely.Geometry) -> shapely.Geometry:
    """Close the holes that are too thin to be a place."""
    parts = []
    for part in shapely.get_parts(shape):
        holes = shapely.get_rings(part)[1:]
        surface = shapely.area(shapely.polygons(holes))
        parts.append(shapely.Polygon(part.exterior, list(holes[2 * surface > CRACK * shapely.length(holes)])))
    return shapely.multipolygons(parts)
