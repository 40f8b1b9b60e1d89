"""Which line segments do two areas share, and how long are they? The arithmetic under the neighbour graph.

Two ways to the same number: identical segments are found by their rounded end points; what is left is
compared geometrically within a tolerance (borders digitised twice, vertices on one side only, slivers).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from spatial.errors import ParameterError
from spatial.outline import PRECISION, Segments

__all__ = [
    "Matched",
    "PairLengths",
    "common_vertices",
    "distinct",
    "identical",
    "overlapping",
    "within_tolerance",
]

# On a millimetre grid of this size one whole number names a point. [m]
LARGEST_EXTENT = 3e6

# Two sides of one border run against each other; anything beyond 60 degrees off is a corner, not a border.
_OPPOSITE = -0.5

# Where they part at a common vertex, more than 15 degrees off is a notch in the outline.
_NOTCH = -0.966

# An odd number without pattern (the golden ratio in 64 bits), to mix two numbers into one.
_MIXER = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PairLengths:
    """Length of the common border [m] of pairs of areas: first < second, each pair once, in order."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    length: NDArray[np.float64]

    def code(self, n_areas: int) -> NDArray[np.int64]:
        """Return one number for each pair, in increasing order."""
        return self.first * n_areas + self.second


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Matched:
    """What the search for identical segments found.

    `rest`: positions of the segments without a partner: the rim, gaps, and borders with unlike vertices.
    `suspects`: positions of the areas that lie on the same side of a segment, so that they overlap there.
    """

    pairs: PairLengths
    rest: NDArray[np.int64]
    suspects: NDArray[np.int64]


def identical(segments: Segments, n_areas: int) -> Matched:
    """Find the segments that two areas have in common, vertex by vertex.

    Parameters
    ----------
    segments : Segments
        Outlines of all areas.
    n_areas : int
        Number of areas.

    Returns
    -------
    Matched
        Pairs with their common border, what is left over, and the areas that may overlap.

    Notes
    -----
    O(vertices · log vertices). Pieces shorter than a millimetre vanish in the rounding.

    Examples
    --------
    >>> from spatial.outline import outline_segments
    >>> matched = identical(outline_segments(np.array([shapely.box(0, 0, 1, 2), shapely.box(1, 0, 3, 2)])), 2)
    >>> matched.pairs.length.tolist(), len(matched.rest), len(matched.suspects)
    ([2.0], 6, 0)
    """
    start, end = _on_grid(segments)
    low, high, forward = np.minimum(start, end), np.maximum(start, end), start < end
    order = _side_by_side(low, high)
    low, high = low[order], high[order]
    if (low == high).any():
        kept = low != high
        order, low, high = order[kept], low[kept], high[kept]
    begin = np.flatnonzero(np.r_[len(order) > 0, (low[1:] != low[:-1]) | (high[1:] != high[:-1])])
    count = np.diff(np.r_[begin, len(order)])

    two = begin[count == 2]
    one_side, other_side = order[two], order[two + 1]
    differ = segments.area[one_side] != segments.area[other_side]
    same_way = differ & (forward[one_side] == forward[other_side])
    contested = np.r_[order[np.repeat(count > 2, count)], one_side[same_way], other_side[same_way]]
    common = differ & ~same_way
    one_side, other_side = one_side[common], other_side[common]
    length = segments.length()
    return Matched(
        pairs=_sum_by_pair(
            segments.area[one_side],
            segments.area[other_side],
            (length[one_side] + length[other_side]) / 2,
            n_areas,
        ),
        rest=np.sort(np.r_[order[begin[count == 1]], contested]),
        suspects=np.unique(segments.area[contested]),
    )


def common_vertices(segments: Segments, n_areas: int) -> NDArray[np.int64]:
    """Find the pairs of areas that have a vertex in common.

    Parameters
    ----------
    segments : Segments
        Outlines of all areas.
    n_areas : int
        Number of areas.

    Returns
    -------
    array of int
        first * n_areas + second of each pair, first < second, in order, each pair once.

    Examples
    --------
    >>> from spatial.outline import outline_segments
    >>> squares = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 1, 2, 2), shapely.box(3, 3, 4, 4)])
    >>> common_vertices(outline_segments(squares), 3).tolist()
    [1]
    """
    start, _ = _on_grid(segments)
    order = np.argsort(start)
    vertex, area = start[order], segments.area[order]
    found: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
    # Areas at one vertex stand side by side: compare each with the next, the next but one, … while any fits.
    for step in range(1, len(vertex)):
        same = np.flatnonzero(vertex[step:] == vertex[:-step])
        if not len(same):
            break
        one, other = area[same], area[same + step]
        pair = np.minimum(one, other) * n_areas + np.maximum(one, other)
        found.append(distinct(pair[one != other]))
    return distinct(np.concatenate(found))


def distinct(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return each number once, in increasing order.

    Parameters
    ----------
    numbers : array of int
        In any order.

    Returns
    -------
    array of int
        What `numpy.unique` returns as well, which takes several times as long since it hashes.

    Examples
    --------
    >>> distinct(np.array([3, 1, 3])).tolist()
    [1, 3]
    """
    ordered = np.sort(numbers)
    return ordered[np.diff(ordered, prepend=ordered[:1] - 1) > 0]


def overlapping(
    shapes: NDArray[np.object_], suspects: NDArray[np.int64], tolerance: float
) -> NDArray[np.int64]:
    """Name the areas that overlap a suspect by more than a sliver.

    Parameters
    ----------
    shapes : array of (Multi)Polygon, shape (n_areas,)
        Geometry of all areas.
    suspects : array of int
        Positions of the areas to compare with all others.
    tolerance : float
        Mean width up to which an overlap is a sliver. [m]

    Returns
    -------
    array of int
        Positions of the areas that overlap, in order.

    Examples
    --------
    >>> two = np.array([shapely.box(0, 0, 9, 9), shapely.box(0, 0, 9, 5)])
    >>> overlapping(two, np.array([0, 1]), 0.5).tolist()
    [0, 1]
    """
    one, other = shapely.STRtree(shapes).query(shapes[suspects])
    one = suspects[one]
    # What two areas have in common lies within what their boxes have in common.
    box = shapely.bounds(shapes)
    room = np.minimum(box[one, 2:], box[other, 2:]) - np.maximum(box[one, :2], box[other, :2])
    close = (one != other) & (room.min(axis=1) > tolerance)
    pairs = np.sort(np.column_stack([one[close], other[close]]), axis=1)
    one, other = np.unique(pairs, axis=0).T
    parts, pair = shapely.get_parts(shapely.intersection(shapes[one], shapes[other]), return_index=True)
    width = 2 * shapely.area(parts) / np.maximum(shapely.length(parts), PRECISION)
    wide = pair[width > tolerance]
    return np.unique(np.r_[one[wide], other[wide]])


def within_tolerance(segments: Segments, n_areas: int, tolerance: float) -> PairLengths:
    """Measure the borders of areas whose outlines run along each other without having the same vertices.

    Parameters
    ----------
    segments : Segments
        Pieces of outline still without a neighbour.
    n_areas : int
        Number of areas.
    tolerance : float
        Largest distance between two sides of one border. [m]

    Returns
    -------
    PairLengths
        For each pair that comes as near as the tolerance, the mean of what is measured on either side. [m]
        Touching corners come with 0 or with a length of the order of the tolerance; the caller decides that
        they are no border.

    Notes
    -----
    Of each segment the part counts whose perpendicular distance to a segment of the other area is at most the
    tolerance and which runs against it, so that two sides of a thin area or two streets' corners do not
    match. Two segments that part at a common vertex, as where a border reaches the edge of the city, count
    only when the angle between them is at most 15 degrees.

    Examples
    --------
    >>> from spatial.outline import outline_segments
    >>> left, right = shapely.box(0, 0, 1, 2), shapely.box(1.01, 0, 3, 1)
    >>> within_tolerance(outline_segments(np.array([left, right])), 2, 0.1).length.round(2).tolist()
    [1.0]
    """
    lines = shapely.linestrings(np.stack([segments.start, segments.end], axis=1))
    tree = shapely.STRtree(lines)
    mine, theirs = tree.query(lines, predicate="dwithin", distance=tolerance)
    differ = segments.area[mine] != segments.area[theirs]
    mine, theirs = mine[differ], theirs[differ]
    covered = _covered_length(segments, mine, theirs, tolerance)
    covered[_part_at_a_vertex(segments, mine, theirs)] = 0.0

    # Several pieces of one neighbour may cover the same stretch of a segment: never more than the segment
    # itself.
    code, label = pd.factorize(mine * n_areas + segments.area[theirs])
    stretch = np.bincount(code, weights=covered, minlength=len(label))
    stretch = np.minimum(stretch, segments.length()[label // n_areas])
    return _sum_by_pair(segments.area[label // n_areas], label % n_areas, stretch / 2, n_areas)


def _part_at_a_vertex(
    segments: Segments, mine: NDArray[np.int64], theirs: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether two segments have one end in common, and open from there like a notch in the outline."""
    begin = np.abs(segments.start[mine] - segments.end[theirs]).max(axis=1) <= PRECISION
    end = np.abs(segments.end[mine] - segments.start[theirs]).max(axis=1) <= PRECISION
    length = segments.length()
    along, beside = segments.end[mine] - segments.start[mine], segments.end[theirs] - segments.start[theirs]
    opposite = (along * beside).sum(axis=1) / (length[mine] * length[theirs])
    return np.asarray((begin != end) & (opposite > _NOTCH))


def _covered_length(
    segments: Segments, mine: NDArray[np.int64], theirs: NDArray[np.int64], tolerance: float
) -> NDArray[np.float64]:
    """Length of each `mine` segment that has its `theirs` segment beside it, running the other way."""
    length = segments.length()
    origin = segments.start[mine]
    along = (segments.end[mine] - origin) / length[mine][:, None]
    from_, to = segments.start[theirs] - origin, segments.end[theirs] - origin
    position_0, position_1 = (from_ * along).sum(axis=1), (to * along).sum(axis=1)
    offset_0 = from_[:, 1] * along[:, 0] - from_[:, 0] * along[:, 1]
    offset_1 = to[:, 1] * along[:, 0] - to[:, 0] * along[:, 1]
    opposite = (position_1 - position_0) < _OPPOSITE * length[theirs]

    low = np.maximum(position_1, 0.0)
    high = np.minimum(position_0, length[mine])
    run = np.where(opposite, position_1 - position_0, -1.0)
    slope = (offset_1 - offset_0) / run
    # Offset at a position t along the segment is offset_0 + slope * (t - position_0): keep |offset| <=
    # tolerance.
    steep = np.abs(slope) > 1e-12
    safe = np.where(steep, slope, 1.0)
    reach_0 = position_0 + (-tolerance - offset_0) / safe
    reach_1 = position_0 + (tolerance - offset_0) / safe
    low = np.where(steep, np.maximum(low, np.minimum(reach_0, reach_1)), low)
    high = np.where(steep, np.minimum(high, np.maximum(reach_0, reach_1)), high)
    near = steep | (np.abs(offset_0) <= tolerance)
    return np.where(opposite & near, np.maximum(high - low, 0.0), 0.0)


def _on_grid(segments: Segments) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """One number for the start and one for the end of every segment: its place on the millimetre grid."""
    if not len(segments):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    # Every vertex starts one segment, so that the starts reach as far as all vertices. Columns one by one:
    # numpy takes ten times as long for the minimum of both at once.
    x, y = segments.start[:, 0], segments.start[:, 1]
    left, bottom = x.min(), y.min()
    extent = max(x.max() - left, y.max() - bottom)
    if extent > LARGEST_EXTENT:
        raise ParameterError("extent of the areas", float(extent), f"at most {LARGEST_EXTENT:g} m in x and y")
    rows = int((y.max() - bottom) / PRECISION) + 2
    start, end = (
        np.rint((points[:, 0] - left) / PRECISION).astype(np.int64) * rows
        + np.rint((points[:, 1] - bottom) / PRECISION).astype(np.int64)
        for points in (segments.start, segments.end)
    )
    return start, end


def _side_by_side(low: NDArray[np.int64], high: NDArray[np.int64]) -> NDArray[np.int64]:
    """Order in which equal pairs of numbers follow each other: that of one number mixed from the two."""
    mixed = low.view(np.uint64) * _MIXER + high.view(np.uint64)
    order = np.argsort(mixed)
    before, after = order[:-1], order[1:]
    unlike = (low[before] != low[after]) | (high[before] != high[after])
    if (unlike & (mixed[before] == mixed[after])).any():
        return np.lexsort((high, low))  # two pairs fell on one number, which hardly ever happens
    return order


def _sum_by_pair(
    one: NDArray[np.int64], other: NDArray[np.int64], length: NDArray[np.float64], n_areas: int
) -> PairLengths:
    pair, code = np.unique(np.minimum(one, other) * n_areas + np.maximum(one, other), return_inverse=True)
    total = np.asarray(np.bincount(code.ravel(), weights=length, minlength=len(pair)), dtype=np.float64)
    return PairLengths(first=pair // max(n_areas, 1), second=pair % max(n_areas, 1), length=total)
