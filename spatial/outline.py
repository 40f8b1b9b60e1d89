"""Of which straight pieces are the outlines of areas made? Segments that have their area on the left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

__all__ = ["PRECISION", "Segments", "outline_segments"]

# Vertices that agree to the millimetre are the same point: reprojection leaves differences of 1e-9 m.
PRECISION = 1e-3


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Segments:
    """Straight pieces of the outlines, each with its area on the left; coordinates in metres."""

    start: NDArray[np.float64]  # (n_segments, 2)
    end: NDArray[np.float64]  # (n_segments, 2)
    area: NDArray[np.int64]  # (n_segments,) position of the area

    def __len__(self) -> int:
        return len(self.area)

    def length(self) -> NDArray[np.float64]:
        """Return the length of every segment in metres."""
        difference = self.end - self.start
        return np.asarray(np.hypot(difference[:, 0], difference[:, 1]), dtype=np.float64)

    def take(self, positions: NDArray[np.int64]) -> Segments:
        """Return some of the segments."""
        return Segments(start=self.start[positions], end=self.end[positions], area=self.area[positions])


def outline_segments(shapes: NDArray[np.object_]) -> Segments:
    """Cut the outlines of polygons into segments that have their area on the left.

    Parameters
    ----------
    shapes : array of (Multi)Polygon, shape (n_areas,)
        Valid geometry.

    Returns
    -------
    Segments
        Outer rings and holes; pieces of length zero are left out.

    Examples
    --------
    >>> len(outline_segments(np.array([shapely.box(0, 0, 1, 1)])))
    4
    """
    points, ring_of_point, area_of_ring, is_hole = _rings(shapes)
    x, y = points[:, 0], points[:, 1]
    moved = (x[1:] != x[:-1]) | (y[1:] != y[:-1])
    position = np.flatnonzero(moved & (ring_of_point[1:] == ring_of_point[:-1]))
    ring = ring_of_point[position]
    # An outer ring has its area on the left when it runs counter-clockwise, a hole when it runs clockwise;
    # the segments of all other rings are turned round.
    turned = ((_doubled_surface(x, y, position, ring, len(area_of_ring)) < 0) != is_hole)[ring]
    return Segments(
        start=points.take(position + turned, axis=0),
        end=points.take(position + ~turned, axis=0),
        area=area_of_ring[ring],
    )


def _rings(
    shapes: NDArray[np.object_],
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Points of all rings, the ring of each point, and of each ring its area and whether it is a hole.

    An object per ring takes longer than all the arithmetic, so that only areas with several rings get them.
    """
    plain = (shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON) & (
        shapely.get_num_interior_rings(shapes) == 0
    )
    points, ring_of_point = shapely.get_coordinates(shapes[plain], return_index=True)
    parts, area_of_part = shapely.get_parts(shapes[~plain], return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    more_points, more_of_point = shapely.get_coordinates(rings, return_index=True)
    areas = np.r_[np.flatnonzero(plain), np.flatnonzero(~plain)[area_of_part[part_of_ring]]]
    n_plain = int(plain.sum())
    is_hole = np.zeros(len(areas), dtype=bool)
    is_hole[n_plain:] = np.diff(part_of_ring, prepend=-1) == 0  # the first ring of a part is the outer one
    return (
        np.concatenate([points, more_points]),
        np.concatenate([ring_of_point, more_of_point + n_plain]),
        areas,
        is_hole,
    )


def _doubled_surface(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    position: NDArray[np.int64],
    ring: NDArray[np.int64],
    n_rings: int,
) -> NDArray[np.float64]:
    """Twice the surface inside each ring, above 0 where it runs counter-clockwise, given where pieces begin."""
    first = np.searchsorted(ring, np.arange(n_rings))
    origin = position[first][ring]
    from_x, from_y = x[position] - x[origin], y[position] - y[origin]
    to_x, to_y = x[position + 1] - x[origin], y[position + 1] - y[origin]
    return np.asarray(np.bincount(ring, weights=from_x * to_y - to_x * from_y, minlength=n_rings))
