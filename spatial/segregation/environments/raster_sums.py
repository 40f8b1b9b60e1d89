"""Sums over wide kernels for very many areas: on a fine raster by Fourier transform, with the error measured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from spatial.segregation.counts import Floats
from spatial.segregation.environments.kernels import Kernel
from spatial.segregation.environments.neighbour_search import Positions, WithinDistance
from spatial.segregation.environments.weighted_sums import LocalTerm, add_up
from spatial.segregation.places import Places

__all__ = ["RasterSums", "raster_sums", "share_error"]

# Cells per bandwidth, as long as the raster stays within the memory (128 MB per array of numbers): a kernel
# without end reaches further and is smoother.
_CELLS: Final = 64
_CELLS_WITHOUT_END: Final = 32
_FEWEST_CELLS: Final = 8
_MOST_CELLS: Final = 1 << 24

# A kernel that ends in a step is averaged over each cell, from so many points per side.
_POINTS: Final = 4

# Areas that are compared with the exact sums.
_SAMPLE: Final = 300


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RasterSums:
    """Sums over neighbours on a raster of cells with the given `side` [m].

    People are shared out among the four cell centres around their area, and sums are read in the same way; the
    kernel is sharpened by what that blurs. `corner` is the first of the four cells, `part` the share of each.
    `own` is what the weight of the area itself lacks to 1.
    """

    shape: tuple[int, int]
    side: float
    corner: Positions
    part: Floats
    transform: NDArray[np.complex128]
    own: Floats
    workers: int | None = None

    def __repr__(self) -> str:
        return f"RasterSums({len(self.corner)} areas, {self.shape[0]} × {self.shape[1]} cells of {self.side:g} m)"

    def sums(self, counts: Floats) -> Floats:
        """Return the weighted sum of each area's environment, shape (…, n_groups, n_areas) as the counts."""
        flat = counts.reshape(-1, counts.shape[-1])
        found = np.empty_like(flat, dtype=np.float64)
        for column, values in enumerate(flat):
            found[column] = self._around(values)
        return found.reshape(counts.shape)

    def total(self, counts: Floats, term: LocalTerm) -> Floats:
        """Add up a term over all areas, for counts of shape (n_replicates, n_groups, n_areas)."""
        totals = []
        for first in range(len(counts)):
            one = counts[first : first + 1]
            here = slice(first, first + 1)

            def shifted(around: Floats, own: Floats, _: slice, here: slice = here) -> Floats:
                return term(around, own, here)

            totals.append(add_up(self.sums(one), one, shifted))
        return np.concatenate(totals)

    def _around(self, values: Floats) -> Floats:
        rows, columns = self.shape
        raster = np.zeros(rows * columns)
        cells = self._cells()
        for cell, part in zip(cells, self.part, strict=True):
            raster += np.bincount(self.corner + cell, part * values, rows * columns)
        waves = fft.rfft2(raster.reshape(self.shape), workers=self._threads())
        waves *= self.transform
        smooth = fft.irfft2(waves, self.shape, overwrite_x=True, workers=self._threads()).ravel()
        around = self.own * values
        for cell, part in zip(cells, self.part, strict=True):
            around += part * smooth[self.corner + cell]
        # The rounding of the transform, or a sharpened edge, may leave an empty environment just below 0.
        return np.asarray(np.maximum(around, 0.0, out=around))

    def _cells(self) -> tuple[int, int, int, int]:
        return 0, 1, self.shape[1], self.shape[1] + 1

    def _threads(self) -> int:
        return -1 if self.workers is None else self.workers


def raster_sums(places: Places, kernel: Kernel, *, workers: int | None = None) -> RasterSums | None:
    """Make the operator of a kernel on a raster.

    Parameters
    ----------
    places : Places, shape (n_areas,)
        A point per area. [m]
    kernel : Kernel
        With a bandwidth above 0.
    workers : int, optional
        Threads. Default: as many as the machine offers.

    Returns
    -------
    RasterSums or None
        None when 16 million cells are too coarse: fewer than eight per bandwidth.

    Notes
    -----
    A raster of side c that shares out and reads by distance to four cells blurs the kernel by a variance of
    c²/3 along each axis; averaging over the cells adds c²/12. Taking 1/6 (5/24) of the second difference from
    the kernel removes that blur on the average over all positions in the cells; what is left differs from
    pair to pair and cancels where many live.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatial.segregation.environments.kernels import make_kernel
    >>> row = Places(area_id=pd.RangeIndex(3), x=np.array([0.0, 60.0, 150.0]), y=np.zeros(3))
    >>> around = raster_sums(row, make_kernel("biweight", bandwidth=100.0))
    >>> around.sums(np.array([[1.0, 10.0, 100.0]])).round(2).tolist()  # weights 0.4096 and 0.0361
    [[5.1, 14.02, 100.36]]
    """
    bandwidth = kernel.bandwidth or 0.0
    width, height = float(np.ptp(places.x)), float(np.ptp(places.y))
    reach = min(kernel.cutoff, math.hypot(width, height))
    side = bandwidth / (_CELLS if kernel.cutoff <= bandwidth else _CELLS_WITHOUT_END)
    while _size(width, side, reach) * _size(height, side, reach) > _MOST_CELLS:
        side *= 1.05
    if side * _FEWEST_CELLS > bandwidth:
        return None
    shape = (_size(height, side, reach), _size(width, side, reach))
    column, right = np.divmod((places.x - places.x.min()) / side, 1.0)
    row, up = np.divmod((places.y - places.y.min()) / side, 1.0)
    part = np.stack([(1 - up) * (1 - right), (1 - up) * right, up * (1 - right), up * right])
    weights = _sharpened(kernel, side, shape, reach)
    low, high = part[:2], part[2:]
    own = weights[0, 0] * (part**2).sum(axis=0)
    own += 2 * weights[0, 1] * (low.prod(axis=0) + high.prod(axis=0))
    own += 2 * weights[1, 0] * (low * high).sum(axis=0)
    own += 2 * weights[1, 1] * (part[0] * part[3] + part[1] * part[2])
    return RasterSums(
        shape=shape,
        side=side,
        corner=(row * shape[1] + column).astype(np.int64),
        part=part,
        transform=fft.rfft2(weights, workers=-1 if workers is None else workers),
        own=1.0 - own,
        workers=workers,
    )


def share_error(raster: RasterSums, exact: WithinDistance, counts: Floats | None = None) -> float:
    """Measure the error of a raster in a sample of 300 areas.

    Parameters
    ----------
    raster : RasterSums
        The operator.
    exact : WithinDistance
        The exact search with the same kernel.
    counts : array of float, shape (n_groups, n_areas), optional
        Default: one person per area, of one of two groups by turns in the order of the exact search. [persons]

    Returns
    -------
    float
        Root mean square, over the sample, of the largest error of a group's share in an environment. [unitless]
    """
    n_areas = len(exact.order)
    if counts is None:
        counts = np.empty((2, n_areas))
        counts[0, exact.order] = np.arange(n_areas) % 2
        counts[1] = 1 - counts[0]
    ordered = counts[:, exact.order].T
    rows = np.unique(np.linspace(0, n_areas - 1, _SAMPLE).astype(np.int64))
    truth = np.vstack([exact.block(int(row), int(row) + 1) @ ordered for row in rows])
    found = raster.sums(counts)[:, exact.order[rows]].T
    peopled = (truth.sum(axis=1) > 0) & (found.sum(axis=1) > 0)
    if not peopled.any():
        return 0.0
    truth, found = truth[peopled], found[peopled]
    gap = found / found.sum(axis=1, keepdims=True) - truth / truth.sum(axis=1, keepdims=True)
    return float(np.sqrt(np.mean(np.abs(gap).max(axis=1) ** 2)))


def _size(extent: float, side: float, reach: float) -> int:
    """Return the number of cells along an axis: the city, and the reach, so that nothing wraps around."""
    cells = int(extent / side) + 2 + min(int(reach / side) + 3, int(extent / side) + 2)
    return int(fft.next_fast_len(cells, real=True))


def _sharpened(kernel: Kernel, side: float, shape: tuple[int, int], reach: float) -> Floats:
    """Return the weights between cells on a raster that wraps around, without the blur of sharing out."""
    step = kernel.jumps()
    rows, columns = (min(size // 2, int(reach / side) + 2) for size in shape)
    offsets = (np.arange(_POINTS) + 0.5) / _POINTS - 0.5 if step else np.zeros(1)
    # One more row and column on each side, for the second difference.
    y, x = (np.arange(-1, rows + 2) * side)[:, None], (np.arange(-1, columns + 2) * side)[None, :]
    quarter = np.zeros((rows + 3, columns + 3))
    for up in offsets:
        for right in offsets:
            squared = (y + up * side) ** 2 + (x + right * side) ** 2
            inside = squared <= kernel.reach**2
            ratio = np.where(inside, squared, 0.0) / (kernel.bandwidth or 1.0) ** 2
            quarter += np.where(inside, kernel.weigh(ratio), 0.0)
    quarter /= len(offsets) ** 2
    middle = quarter[1:-1, 1:-1]
    bend = quarter[2:, 1:-1] + quarter[:-2, 1:-1] + quarter[1:-1, 2:] + quarter[1:-1, :-2] - 4 * middle
    middle = middle - bend * (5 / 24 if step else 1 / 6)
    weights = np.zeros(shape)
    weights[: rows + 1, : columns + 1] = middle
    weights[-rows:, : columns + 1] = middle[:0:-1]
    weights[: rows + 1, -columns:] = middle[:, :0:-1]
    weights[-rows:, -columns:] = middle[:0:-1, :0:-1]
    return weights
