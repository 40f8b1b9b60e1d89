"""Which area does an outline look at, straight across, and how far away? For borders, gaps and what runs in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.borders import PairLengths
from spatial.outline import Segments

__all__ = ["Stretches", "cells", "facing_lengths", "facing_stretches"]

# Two sides that face each other run against each other; anything beyond 60 degrees off is a corner.
_OPPOSITE = -0.5

# What is shorter than a micrometre is no stretch. [m]
_NOTHING = 1e-6


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Stretches:
    """Parts of the outlines that look straight across at another area, with nothing in between.

    `segment` is the position of the piece of outline, `faced` that of the other area, all of shape
    (n_stretches,). The stretch runs from `low` to `high` along the segment [m]; there the other area is
    `near_low` and `near_high` away [m], below 0 where the two overlap by a sliver.
    """

    segment: NDArray[np.int64]
    faced: NDArray[np.int64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    near_low: NDArray[np.float64]
    near_high: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.segment)

    def length_beyond(self, distance: float) -> NDArray[np.float64]:
        """Return the length of each stretch that is further away than the distance [m]."""
        length = self.high - self.low
        least = np.minimum(self.near_low, self.near_high)
        most = np.maximum(self.near_low, self.near_high)
        between = (least < distance) & (distance < most)
        share = np.where(between, (most - distance) / np.where(between, most - least, 1.0), least >= distance)
        return np.asarray(length * share)

    def middle(
        self, segments: Segments
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return start and end of the line half-way to the other area, and half its distance there [m]."""
        start = segments.start[self.segment]
        along = (segments.end[self.segment] - start) / segments.length()[self.segment][:, None]
        outward = np.column_stack([along[:, 1], -along[:, 0]])
        begin = start + along * self.low[:, None] + outward * (self.near_low / 2)[:, None]
        end = start + along * self.high[:, None] + outward * (self.near_high / 2)[:, None]
        return begin, end, np.maximum(self.near_low, self.near_high).clip(min=0.0) / 2


def facing_stretches(segments: Segments, mine: NDArray[np.int64], *, reach: float, slack: float) -> Stretches:
    """Find what some pieces of outline look at, straight across.

    Parameters
    ----------
    segments : Segments
        Outlines, each with its area on the left.
    mine : array of int
        Positions of the segments that look.
    reach : float
        How far they see. [m]
    slack : float
        Depth to which another area may overlap their own and still count as facing it. [m]

    Returns
    -------
    Stretches
        Every place of an outline looks at right angles outwards and faces at most one area: the first that is
        met. The own area, or a side more than 60 degrees off, is met too, blocks the view and faces nothing.

    Notes
    -----
    Exact: between the ends of what lies opposite nothing changes, because outlines do not cross.

    Examples
    --------
    >>> from spatial.outline import outline_segments
    >>> banks = np.array([shapely.box(0, 0, 100, 50), shapely.box(30, 60, 80, 90)])
    >>> found = facing_stretches(outline_segments(banks), np.arange(8), reach=20.0, slack=0.5)
    >>> sorted(zip(found.faced.tolist(), (found.high - found.low).tolist(), found.near_low.tolist()))
    [(0, 50.0, 10.0), (1, 50.0, 10.0)]
    """
    lines = shapely.linestrings(np.stack([segments.start, segments.end], axis=1))
    left, bottom, right, top = shapely.bounds(lines[mine]).reshape(-1, 4).T
    around = shapely.box(left - reach, bottom - reach, right + reach, top + reach)
    looking, theirs = shapely.STRtree(lines).query(around)
    source = mine[looking]

    length = segments.length()
    origin = segments.start[source]
    along = (segments.end[source] - origin) / length[source][:, None]
    from_, to = segments.start[theirs] - origin, segments.end[theirs] - origin
    begin, end = (to * along).sum(axis=1), (from_ * along).sum(axis=1)
    depth_0 = to[:, 0] * along[:, 1] - to[:, 1] * along[:, 0]
    depth_1 = from_[:, 0] * along[:, 1] - from_[:, 1] * along[:, 0]
    # The view enters an area only through sides that run the other way.
    run = end - begin
    entered = run > _NOTHING
    slope = (depth_1 - depth_0) / np.where(entered, run, 1.0)
    own = segments.area[source] == segments.area[theirs]
    low, high = _clipped(
        np.maximum(begin, 0.0),
        np.minimum(end, length[source]),
        begin,
        depth_0,
        slope,
        np.where(own, 0.0, -slack),
        reach,
    )
    seen = entered & (high - low > _NOTHING)
    opposite = -run <= _OPPOSITE * length[theirs]
    source, theirs, low, high = source[seen], theirs[seen], low[seen], high[seen]
    start_depth = depth_0[seen] + slope[seen] * (low - begin[seen])
    part, cell_low, cell_high = _first_met(source, low, high, start_depth, slope[seen])
    faces = (segments.area[theirs] != segments.area[source])[part] & opposite[seen][part]
    part, cell_low, cell_high = part[faces], cell_low[faces], cell_high[faces]
    at, rise = low[part], slope[seen][part]
    return Stretches(
        segment=source[part],
        faced=segments.area[theirs[part]],
        low=cell_low,
        high=cell_high,
        near_low=start_depth[part] + rise * (cell_low - at),
        near_high=start_depth[part] + rise * (cell_high - at),
    )


def facing_lengths(segments: Segments, stretches: Stretches, n_areas: int, *, beyond: float) -> PairLengths:
    """Add up, per pair of areas, the length with which they face each other.

    Parameters
    ----------
    segments : Segments
        Outlines.
    stretches : Stretches
        What they look at.
    n_areas : int
        Number of areas.
    beyond : float
        Distance up to which two sides are one border and not a gap. [m]

    Returns
    -------
    PairLengths
        The mean of what is measured on either side. [m]

    Examples
    --------
    >>> from spatial.outline import outline_segments
    >>> banks = outline_segments(np.array([shapely.box(0, 0, 100, 50), shapely.box(30, 60, 80, 90)]))
    >>> found = facing_stretches(banks, np.arange(8), reach=20.0, slack=0.5)
    >>> facing_lengths(banks, found, 2, beyond=0.5).length.tolist()
    [50.0]
    """
    area, faced = segments.area[stretches.segment], stretches.faced
    code = np.minimum(area, faced) * n_areas + np.maximum(area, faced)
    pair, place = np.unique(code, return_inverse=True)
    half = stretches.length_beyond(beyond) / 2
    total = np.asarray(np.bincount(place, weights=half, minlength=len(pair)), dtype=np.float64)
    positive = total > 0
    return PairLengths(
        first=pair[positive] // n_areas, second=pair[positive] % n_areas, length=total[positive]
    )


def cells(
    source: NDArray[np.int64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Cut every segment where one of its parts begins or ends.

    Parameters
    ----------
    source : array of int, shape (n_parts,)
        Segment that each part lies on.
    low, high : array of float, shape (n_parts,)
        Where the part begins and ends on it. [m]

    Returns
    -------
    tuple of array, shape (n_rows,)
        One row per part and cell that it covers: the part, the number of the cell, and where the cell begins and
        ends. [m] Cells shorter than a micrometre are left out.

    Examples
    --------
    >>> part, cell, begin, end = cells(np.array([0, 0]), np.array([0.0, 2.0]), np.array([5.0, 9.0]))
    >>> list(zip(part.tolist(), begin.tolist(), end.tolist()))
    [(0, 0.0, 2.0), (0, 2.0, 5.0), (1, 2.0, 5.0), (1, 5.0, 9.0)]
    """
    n_parts = len(source)
    position = np.concatenate([low, high])
    order = np.lexsort((position, np.concatenate([source, source])))
    rank = np.empty(2 * n_parts, dtype=np.int64)
    rank[order] = np.arange(2 * n_parts)
    position = position[order]
    count = rank[n_parts:] - rank[:n_parts]
    part = np.repeat(np.arange(n_parts), count)
    cell = np.arange(len(part)) - np.repeat(np.cumsum(count) - count, count) + rank[part]
    begin, end = position[cell], position[cell + 1]
    real = end - begin > _NOTHING
    return part[real], cell[real], begin[real], end[real]


def _clipped(
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    begin: NDArray[np.float64],
    depth: NDArray[np.float64],
    slope: NDArray[np.float64],
    least: NDArray[np.float64],
    most: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Keep of each part what is between `least` and `most` deep; empty where high is below low."""
    steep = np.abs(slope) > 1e-12
    safe = np.where(steep, slope, 1.0)
    reached_least, reached_most = begin + (least - depth) / safe, begin + (most - depth) / safe
    low = np.where(steep, np.maximum(low, np.minimum(reached_least, reached_most)), low)
    high = np.where(steep, np.minimum(high, np.maximum(reached_least, reached_most)), high)
    level = (depth >= least) & (depth <= most)
    return low, np.where(steep | level, high, low)


def _first_met(
    source: NDArray[np.int64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    depth: NDArray[np.float64],
    slope: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Cut each segment where something begins or ends, and say of each cell which part is nearest there."""
    part, cell, cell_low, cell_high = cells(source, low, high)
    middle = (cell_low + cell_high) / 2
    nearest = np.lexsort((depth[part] + slope[part] * (middle - low[part]), cell))
    first = nearest[np.diff(cell[nearest], prepend=-1) > 0]
    return part[first], cell_low[first], cell_high[first]
