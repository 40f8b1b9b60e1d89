"""Cells around points, with corners that neighbours share exactly: the ground all blocks are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay

__all__ = ["Cells", "grow_cells", "largest_part"]

_SHORT = 0.13  # borders shorter than this share of the spacing become one corner, as at street crossings
_ROUNDS = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """Cells of the kept points.

    `point`: which point each cell belongs to, ascending. `polygons`: one polygon a cell.
    `neighbours`: pairs of cells (positions, first < second) that share a border, shape (n_pairs, 2).
    """

    point: NDArray[np.int64]
    polygons: NDArray[np.object_]
    neighbours: NDArray[np.int64]


def grow_cells(
    xy: NDArray[np.float64],
    spacing: NDArray[np.float64],
    keep: NDArray[np.bool_],
    *,
    origin: tuple[float, float],
) -> Cells:
    """Return the cells of the points to keep: the ground nearer to a point than to any other.

    The other points only bound the kept ones; there must be enough of them all around. Corners are rounded to
    centimetres, `origin` [m] is added to all coordinates.
    """
    triangulation = Delaunay(xy)
    triangles, across = triangulation.simplices.astype(np.int64), triangulation.neighbors.astype(np.int64)
    corner = _circumcentres(xy, triangles)
    first, second, left, right = _borders(triangles, across)
    length = np.hypot(*(corner[left] - corner[right]).T)
    short = length < _SHORT * np.minimum(spacing[first], spacing[second])
    points = np.flatnonzero(keep)
    fan = _fans(xy, triangles, corner, keep)
    for _ in range(_ROUNDS):
        merged = _merge(left[short], right[short], len(triangles))
        place = np.round(_means(corner, merged) + np.asarray(origin), 2)
        polygons, touched = _polygons(fan, merged, place)
        wrong = touched[~shapely.is_valid(polygons)]
        if not len(wrong):
            break
        # A cell that does not survive the joining of its corners keeps all of them.
        spoiled = np.zeros(len(xy), dtype=bool)
        spoiled[wrong] = True
        short &= ~(
            spoiled[first]
            | spoiled[second]
            | _near(spoiled, triangles)[left]
            | _near(spoiled, triangles)[right]
        )
    position = np.full(len(xy), -1, dtype=np.int64)
    position[points] = np.arange(len(points))
    share = (merged[left] != merged[right]) & keep[first] & keep[second]
    pairs = np.sort(np.column_stack([position[first[share]], position[second[share]]]), axis=1)
    return Cells(point=points, polygons=polygons, neighbours=pairs)


def largest_part(cells: Cells, group: NDArray[np.bool_]) -> Cells:
    """Return, of the cells in the group and of those outside it, only the largest part that hangs together."""
    first, second = cells.neighbours.T
    same = group[first] == group[second]
    part = _merge(first[same], second[same], len(group))
    wanted = [np.bincount(part[members]).argmax() for members in (group, ~group) if members.any()]
    keep = np.isin(part, wanted)
    position = np.cumsum(keep) - 1
    both = keep[first] & keep[second]
    return Cells(
        point=cells.point[keep], polygons=cells.polygons[keep], neighbours=position[cells.neighbours[both]]
    )


def _circumcentres(xy: NDArray[np.float64], triangles: NDArray[np.int64]) -> NDArray[np.float64]:
    a, b, c = (xy[triangles[:, corner]] for corner in range(3))
    ab, ac = b - a, c - a
    cross = 2.0 * (ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0])
    ab2, ac2 = (ab**2).sum(axis=1), (ac**2).sum(axis=1)
    x = (ac[:, 1] * ab2 - ab[:, 1] * ac2) / cross
    y = (ab[:, 0] * ac2 - ac[:, 0] * ab2) / cross
    return a + np.column_stack([x, y])


def _borders(
    triangles: NDArray[np.int64], across: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return, for each inner edge of the triangulation, its two points and its two triangles."""
    left = np.repeat(np.arange(len(triangles)), 3)
    right = across.ravel()
    first = triangles[:, [1, 2, 0]].ravel()
    second = triangles[:, [2, 0, 1]].ravel()
    once = right > left
    return first[once], second[once], left[once], right[once]


def _merge(left: NDArray[np.int64], right: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Return a number for each of `count` things, equal for those that the pairs link."""
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _means(corner: NDArray[np.float64], merged: NDArray[np.int64]) -> NDArray[np.float64]:
    size = np.bincount(merged)
    return np.column_stack([np.bincount(merged, weights=corner[:, axis]) / size for axis in (0, 1)])


def _near(spoiled: NDArray[np.bool_], triangles: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.asarray(spoiled[triangles].any(axis=1))


def _fans(
    xy: NDArray[np.float64],
    triangles: NDArray[np.int64],
    corner: NDArray[np.float64],
    keep: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (point, triangle) for all triangles at the kept points, counter-clockwise around each point."""
    point = triangles.ravel()
    triangle = np.repeat(np.arange(len(triangles)), 3)
    wanted = keep[point]
    point, triangle = point[wanted], triangle[wanted]
    offset = corner[triangle] - xy[point]
    order = np.lexsort((np.arctan2(offset[:, 1], offset[:, 0]), point))
    return point[order], triangle[order]


def _polygons(
    fan: tuple[NDArray[np.int64], NDArray[np.int64]], merged: NDArray[np.int64], place: NDArray[np.float64]
) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Return one polygon per kept point, and the points."""
    point, triangle = fan
    spot = merged[triangle]
    starts = np.flatnonzero(np.concatenate([[True], point[1:] != point[:-1]]))
    ends = np.concatenate([starts[1:], [len(point)]]) - 1
    before = np.concatenate([[-1], spot[:-1]])
    before[starts] = spot[ends]
    new = spot != before
    point, spot = point[new], spot[new]
    firsts = np.flatnonzero(np.concatenate([[True], point[1:] != point[:-1]]))
    counts = np.diff(np.concatenate([firsts, [len(point)]]))
    # Close each ring by repeating its first corner.
    closed = np.insert(spot, np.concatenate([firsts[1:], [len(spot)]]), spot[firsts])
    rings = np.repeat(np.arange(len(firsts)), counts + 1)
    return shapely.polygons(shapely.linearrings(place[closed], indices=rings)), point[firsts]
