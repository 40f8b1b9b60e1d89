"""What is the sum of proximities over all pairs of areas? The one sweep behind clustering and distance decay.

No matrix of n × n is ever held: proximities are made in tiles that stay in the cache, used for all columns at
once, and forgotten. Only pairs i < j are made, each is used in both directions. The pairs are dealt to a fixed
number of lanes and the lanes are added in their order, so the numbers do not depend on the number of workers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from spatial.parameters import require_number
from spatial.segregation.counts import Floats
from spatial.segregation.places import Places
from spatial.segregation.proximity.decay import Decay, Diagonal, Proximity, from_squares, proximity_of
from spatial.segregation.proximity.far_field import FarField, Strip, far_field
from spatial.segregation.threads import in_threads, thread_count

__all__ = ["PairSums", "pair_sums"]

# A tile of 64 × 1,024 proximities is 512 kB, two of them fit the second-level cache.
_ROWS, _WIDTH = 64, 1024
# A product of matrices of at most this many multiplications stays on the thread that asks for it; a larger
# one wakes the threads of the library, which then wait for each other.
_PRODUCT = 2**18
_COLUMNS = 64
_LANES, _LANES_OF_SUMS = 16, 4
_NUMBERS = 4_000_000  # held in all lanes or in all cells at once: 32 MB
_SMALL = 1_000_000  # pairs below which threads cost more than they bring
_FINEST = 1e-12  # below, rounding is larger than the error of the far field


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PairSums:
    """Proximities of all pairs of places, ready to be summed with any columns of counts.

    Holds the places, in the order in which they are swept, and no proximities but each area's own. `far` is
    None when all pairs are summed exactly; otherwise no proximity is off by more than `far.error`.
    """

    proximity: Proximity
    far: FarField | None
    workers: int
    strips: list[Strip]

    def __repr__(self) -> str:
        how = "exact" if self.far is None else f"within {self.far.error:.1e}"
        return f"PairSums({len(self.proximity.x)} places, {self.proximity.decay}, {how})"

    def forms(self, columns: Floats) -> Floats:
        """Sum products of columns over all pairs, weighted with proximity.

        Parameters
        ----------
        columns : array of float, shape (…, n_columns, n_areas)
            Counts; leading axes are replicates. [persons]

        Returns
        -------
        array of float, shape (…, n_columns, n_columns)
            Sum over all i and j of column a in i × c(d_ij) × column b in j. [persons²]

        Examples
        --------
        >>> import pandas as pd
        >>> two = Places(area_id=pd.Index(["00", "01"]), x=np.array([0.0, 1000.0]), y=np.zeros(2))
        >>> sums = pair_sums(two, "the example", diagonal="zero")
        >>> sums.forms(np.array([[10.0, 20.0]])).round(4).tolist()  # 10² + 20² + 2 × 10 × 20 / e
        [[647.1518]]
        """
        n_columns, n_areas = columns.shape[-2:]
        replicates = columns.reshape(-1, n_columns, n_areas)
        found = np.empty((len(replicates), n_columns, n_columns))
        for part in self._batches(replicates, self._columns_of_forms()):
            block = self._sorted(replicates[part])
            half = np.sum(self._in_lanes(_LANES, partial(self._half_form, columns=block)), axis=0)
            if self.far is not None:
                held = self.far.gather(block.reshape(-1, n_areas))
                felt = self.far.between_cells(held, both=False)
                shape = (len(block), n_columns, -1)
                half += held.reshape(shape) @ felt.reshape(shape).swapaxes(-1, -2)
            found[part] = half + half.swapaxes(-1, -2)
        return found.reshape(*columns.shape[:-2], n_columns, n_columns)

    def sums(self, columns: Floats) -> Floats:
        """Sum columns over everybody around each area, weighted with proximity to the area.

        Parameters
        ----------
        columns : array of float, shape (…, n_columns, n_areas)
            Counts; leading axes are replicates. [persons]

        Returns
        -------
        array of float, shape (…, n_columns, n_areas)
            Sum over all j, i included, of c(d_ij) × column in j. [persons]

        Examples
        --------
        >>> import pandas as pd
        >>> two = Places(area_id=pd.Index(["00", "01"]), x=np.array([0.0, 1000.0]), y=np.zeros(2))
        >>> sums = pair_sums(two, "the example", diagonal="zero")
        >>> sums.sums(np.array([[10.0, 20.0]])).round(4).tolist()  # 10 + 20 / e, 20 + 10 / e
        [[17.3576, 23.6788]]
        """
        n_areas = columns.shape[-1]
        flat = columns.reshape(-1, n_areas)
        found = np.empty(flat.shape)
        for part in self._batches(flat, self._columns_of_sums()):
            block = self._sorted(flat[part])
            lanes = self._in_lanes(_LANES_OF_SUMS, partial(self._lane_of_sums, columns=block))
            around = lanes[0]
            for lane in lanes[1:]:
                around += lane
            if self.far is None:
                found[part] = around
                continue
            self.far.hand_back(self.far.between_cells(self.far.gather(block), both=True), around)
            found[part, self.far.order] = around
        return found.reshape(columns.shape)

    def batches(self, replicates: Floats) -> Iterator[slice]:
        """Yield slices of replicates, shape (n_replicates, n_columns, n_areas), that are summed in one sweep."""
        return self._batches(replicates, self._columns_of_sums())

    def _batches(self, replicates: Floats, columns: int) -> Iterator[slice]:
        step = max(columns // max(int(np.prod(replicates.shape[1:-1])), 1), 1)
        for start in range(0, len(replicates), step):
            yield slice(start, start + step)

    def _columns_of_forms(self) -> int:
        return max(min(_COLUMNS, self._columns_of_cells()), 1)

    def _columns_of_sums(self) -> int:
        fitting = _NUMBERS // (_LANES_OF_SUMS * len(self.proximity.x))
        return max(min(_COLUMNS, fitting, self._columns_of_cells()), 1)

    def _columns_of_cells(self) -> int:
        if self.far is None:
            return _COLUMNS
        return _NUMBERS // (3 * self.far.across * self.far.up * self.far.points**2)

    def _sorted(self, columns: Floats) -> Floats:
        return np.ascontiguousarray(columns) if self.far is None else columns[..., self.far.order]

    def _in_lanes(self, n_lanes: int, work: Callable[[list[Strip]], Floats]) -> list[Floats]:
        """Do the work on all strips, lane by lane, and return the results in the order of the lanes."""
        lanes = [self.strips[lane::n_lanes] for lane in range(n_lanes)]
        return in_threads(work, lanes, 1 if len(self.proximity.x) ** 2 < _SMALL else self.workers)

    def _half_form(self, strips: list[Strip], columns: Floats) -> Floats:
        """Sum the products over the pairs of the strips, each pair once, and half of each area with itself."""
        n_replicates, n_columns, n_areas = columns.shape
        flat = columns.reshape(-1, n_areas)
        half = np.zeros((n_replicates, n_columns, n_columns))
        for start, stop, tiles in self._tiles(strips):
            around = np.zeros((len(flat), stop - start))
            for first, last, tile in tiles:
                share = _times(flat[:, first:last], tile.T)
                around += share if first >= stop else 0.5 * share
            shape = (n_replicates, n_columns, -1)
            half += columns[:, :, start:stop] @ around.reshape(shape).swapaxes(-1, -2)
        return half

    def _lane_of_sums(self, strips: list[Strip], columns: Floats) -> Floats:
        """Sum the columns around all areas, as far as the pairs of the strips add to them."""
        around = np.zeros(columns.shape)
        for start, stop, tiles in self._tiles(strips):
            for first, last, tile in tiles:
                around[:, start:stop] += _times(columns[:, first:last], tile.T)
                if first >= stop:
                    _add_products(around[:, first:last], columns[:, start:stop], tile)
        return around

    def _tiles(self, strips: list[Strip]) -> Iterator[tuple[int, int, Iterator[tuple[int, int, Floats]]]]:
        """Yield each strip with its tiles: the rows with themselves, then with what is behind them."""
        buffers = np.empty((2, _ROWS, _WIDTH))
        for start, stop, ranges in strips:
            yield start, stop, self._tiles_of(start, stop, ranges, buffers)

    def _tiles_of(
        self, start: int, stop: int, ranges: tuple[tuple[int, int], ...], buffers: Floats
    ) -> Iterator[tuple[int, int, Floats]]:
        x, y = self.proximity.x, self.proximity.y
        for begin, end in ((start, stop), *ranges):
            for first in range(begin, end, _WIDTH):
                last = min(first + _WIDTH, end)
                squares, across = buffers[:, : stop - start, : last - first]
                np.subtract(x[first:last], x[start:stop, None], out=squares)
                np.multiply(squares, squares, out=squares)
                np.subtract(y[first:last], y[start:stop, None], out=across)
                np.multiply(across, across, out=across)
                np.add(squares, across, out=squares)
                if first == start:
                    np.fill_diagonal(squares, 1.0)
                from_squares(squares, self.proximity.decay)
                if first == start:
                    np.fill_diagonal(squares, self.proximity.own[start:stop])
                yield first, last, squares


def pair_sums(
    places: Places,
    what: str,
    *,
    distance_unit: float = 1000.0,
    decay: Decay = "exponential",
    diagonal: Diagonal = "0.6 sqrt(area)",
    tolerance: float = 0.0,
    workers: int | None = None,
) -> PairSums:
    """Prepare the sums over all pairs of places.

    Parameters
    ----------
    places : Places
        Where the areas lie and how large they are.
    what : str
        Who asks, for messages.
    distance_unit, decay, diagonal
        See `spatial.segregation.proximity.decay.proximity_of`.
    tolerance : float, default 0.0
        Largest error of any single proximity c(d_ij). 0 sums all pairs exactly; more than 0 may replace far
        areas by few points per cell, which is much faster, and never errs by more than this.
    workers : int, optional
        Threads. The numbers do not depend on it. Default: one per processor.

    Returns
    -------
    PairSums

    Raises
    ------
    ParameterError
        If the tolerance is negative or infinite, there are no workers, or an option is wrong.
    GeometryError
        If two areas lie at one place and proximity is 1/d.

    Examples
    --------
    >>> import pandas as pd
    >>> two = Places(area_id=pd.Index(["00", "01"]), x=np.array([0.0, 1000.0]), y=np.zeros(2))
    >>> pair_sums(two, "the example", diagonal="zero")
    PairSums(2 places, exponential, exact)
    """
    tolerance = require_number(
        "tolerance", tolerance, "a finite error of at least 0", lambda error: 0 <= error < np.inf
    )
    threads = thread_count(workers)
    near = proximity_of(places, what, distance_unit=distance_unit, decay=decay, diagonal=diagonal)
    far = far_field(near.x, near.y, decay, tolerance) if tolerance >= _FINEST else None
    if far is None:
        n_areas = len(near.x)
        starts = range(0, n_areas, _ROWS)
        strips: list[Strip] = [
            (start, min(start + _ROWS, n_areas), ((min(start + _ROWS, n_areas), n_areas),))
            for start in starts
        ]
    else:
        near = Proximity(x=far.x, y=far.y, own=near.own[far.order], decay=decay)
        strips = far.near(_ROWS)
    return PairSums(proximity=near, far=far, workers=threads, strips=strips)


def _times(columns: Floats, tile: Floats) -> Floats:
    """Multiply (n_columns, width) by (width, n_rows), in products small enough for one thread."""
    width, n_rows = tile.shape
    step = max(_PRODUCT // (len(columns) * n_rows), 1)
    product = columns[:, :step] @ tile[:step]
    for start in range(step, width, step):
        product += columns[:, start : start + step] @ tile[start : start + step]
    return product


def _add_products(around: Floats, columns: Floats, tile: Floats) -> None:
    """Add (n_columns, n_rows) times (n_rows, width), in products small enough for one thread."""
    step = max(_PRODUCT // columns.size, 1)
    for start in range(0, tile.shape[1], step):
        around[:, start : start + step] += columns @ tile[:, start : start + step]
