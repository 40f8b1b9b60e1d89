"""Which are the shortest links that join the pieces of a map? A minimum spanning tree that knows no order of rows."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from spatial.outline import PRECISION

__all__ = ["nearest_pairs"]


def nearest_pairs(
    shapes: NDArray[np.object_], piece: NDArray[np.int64], outer: NDArray[np.int64], reach: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the shortest links between areas that make one piece of several.

    Parameters
    ----------
    shapes : array of (Multi)Polygon, shape (n_areas,)
        The areas.
    piece : array of int, shape (n_areas,)
        Number of the piece that each area belongs to, 0, 1, …
    outer : array of int
        Positions of the areas that touch the outside of their piece; only these are looked at. A piece that has
        none of them is looked at whole.
    reach : float
        Length of the longest link; may be infinite. [m]

    Returns
    -------
    tuple of array of int
        The first and the second area of each link, first < second, in order. Links of the same length to the
        millimetre are all taken, so that the order of the areas does not matter.

    Notes
    -----
    Links are taken by rising length, each if its ends are not yet joined by shorter ones. The distance is doubled
    until all pieces are joined, and only areas outside the largest piece look around.

    Examples
    --------
    >>> row = np.array([shapely.box(x, 0, x + 10, 10) for x in (0, 30, 100)])
    >>> first, second = nearest_pairs(row, np.arange(3), np.arange(3), 100.0)
    >>> first.tolist(), second.tolist()
    ([0, 1], [1, 2])
    """
    piece = piece.copy()
    looked_at = np.isin(np.arange(len(shapes)), outer) | ~np.isin(piece, piece[outer])
    candidates = np.flatnonzero(looked_at)
    tree = shapely.STRtree(shapes[candidates])
    box = shapely.total_bounds(shapes)
    furthest = min(reach, math.hypot(box[2] - box[0], box[3] - box[1]))
    distance = min(1.0, furthest)
    found = [np.empty((0, 2), dtype=np.int64)]
    while piece.any():
        small = candidates[piece[candidates] != np.bincount(piece).argmax()]
        one, other = tree.query(shapes[small], predicate="dwithin", distance=distance)
        pairs = np.sort(np.column_stack([small[one], candidates[other]]), axis=1)
        pairs = np.unique(pairs[piece[pairs[:, 0]] != piece[pairs[:, 1]]], axis=0)
        length = shapely.distance(shapes[pairs[:, 0]], shapes[pairs[:, 1]])
        taken, piece = _joined(piece, pairs, length)
        found.append(pairs[taken])
        if distance >= furthest:
            break
        distance = min(2 * distance, furthest)
    links = np.unique(np.concatenate(found), axis=0)
    return links[:, 0], links[:, 1]


def _joined(
    piece: NDArray[np.int64], pairs: NDArray[np.int64], length: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Take the pairs by rising length; those of one length together. Return them and the pieces that are left."""
    order = np.argsort(length, kind="stable")
    begin = np.flatnonzero(np.diff(length[order], prepend=-np.inf) > PRECISION).tolist()
    one, other = piece[pairs[order, 0]].tolist(), piece[pairs[order, 1]].tolist()
    parent = list(range(int(piece.max()) + 1))

    def root(label: int) -> int:
        while parent[label] != label:
            parent[label] = parent[parent[label]]
            label = parent[label]
        return label

    taken: list[int] = []
    for start, stop in itertools.pairwise([*begin, len(order)]):
        apart = [place for place in range(start, stop) if root(one[place]) != root(other[place])]
        for place in apart:
            parent[root(one[place])] = root(other[place])
        taken += apart
    roots = np.array([root(label) for label in range(len(parent))])
    return order[np.array(taken, dtype=np.int64)], pd.factorize(roots[piece])[0]
