r"""What do far areas add to a sum over all pairs? Told from few points per cell, with a bound on the error.

The plane is cut into square cells. Pairs of areas in the same or in touching cells are left to the exact sum.
Between all other cells proximity is smooth, so it is interpolated between p × p Chebyshev points per cell:
each area's count is handed to the points of its cell, the points act on each other, and what arrives is
handed back. For one variable, the error of interpolation between p Chebyshev points is at most
:math:`4 M \rho^{1-p} / (\rho - 1)`, with M the largest modulus of the function on the ellipse with foci at the
ends of the cell and semi-axes adding to :math:`\rho` half sides (Trefethen 2013, theorem 8.2). Cells that do
not touch are a side apart, which keeps the branch points of the distance outside every ellipse with
:math:`\rho < 2 + \sqrt 5`, and there :math:`|\exp(-d)| \le 1`. Four variables, two per place, one after the
other, multiply by :math:`1 + \Lambda + \Lambda^2 + \Lambda^3`, with :math:`\Lambda = 1 + 2 \ln(p) / \pi` above
the Lebesgue constant.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from spatial.segregation.counts import Floats
from spatial.segregation.proximity.decay import Decay, from_squares

__all__ = ["FarField", "Strip", "far_field", "interpolation_error"]

Strip: TypeAlias = tuple[int, int, tuple[tuple[int, int], ...]]
"""Rows start:stop of the matrix of proximities, with themselves and with ranges of columns behind them."""

_ELLIPSES = np.linspace(1.5, 2 + 5**0.5, 40)
_POINTS = range(4, 25)
_CELLS_ACROSS = (4, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64)
# Rough costs on one core [ns]: a proximity with its products, one product and sum in a large matrix product.
_NS_PAIR, _NS_PRODUCT = 3.0, 0.06
_ROWS_AT_ONCE = 2048


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FarField:
    """Cells over the places, with p × p Chebyshev points each.

    `order` sorts the areas by cell, row by row; cell k holds the sorted areas `starts[k]`:`starts[k + 1]`.
    `x`, `y` are coordinates in that order, `side` the side of a cell [distance units], `across` and `up` the
    numbers of cells. No proximity is off by more than `error`.
    """

    x: Floats
    y: Floats
    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    side: float
    across: int
    up: int
    points: int
    decay: Decay
    error: float

    def __repr__(self) -> str:
        return f"FarField({self.across} × {self.up} cells, {self.points}² points, error {self.error:.1e})"

    def near(self, height: int) -> list[Strip]:
        """Return the pairs of areas in the same or in touching cells, in strips of at most `height` rows."""
        strips: list[Strip] = []
        for row in range(self.up):
            for column in range(self.across):
                cell = row * self.across + column
                first, last = max(column - 1, 0), min(column + 1, self.across - 1)
                right = int(self.starts[row * self.across + last + 1])
                above: tuple[tuple[int, int], ...] = ()
                if row + 1 < self.up:
                    base = (row + 1) * self.across
                    above = ((int(self.starts[base + first]), int(self.starts[base + last + 1])),)
                start, end = int(self.starts[cell]), int(self.starts[cell + 1])
                for begin in range(start, end, height):
                    stop = min(begin + height, end)
                    strips.append((begin, stop, ((stop, right), *above)))
        return strips

    def gather(self, columns: Floats) -> Floats:
        """Hand the columns, shape (n_columns, n_areas) and sorted, to the points of the cells."""
        held = np.zeros((len(columns), self.up * self.across, self.points**2))
        for cell, start, stop, weights in self._weights():
            held[:, cell] += columns[:, start:stop] @ weights
        return held

    def hand_back(self, felt: Floats, sums: Floats) -> None:
        """Add what the points of the cells feel to the sums, shape (n_columns, n_areas), of the areas."""
        for cell, start, stop, weights in self._weights():
            sums[:, start:stop] += felt[:, cell] @ weights.T

    def between_cells(self, held: Floats, *, both: bool) -> Floats:
        """Sum over all cells that do not touch: in one direction only, or in both."""
        held = held.reshape(len(held), self.up, self.across, -1)
        felt = np.zeros_like(held)
        for up in range(self.up):
            for right in range(1 - self.across, self.across):
                if up <= 1 and (abs(right) <= 1 or (up == 0 and right < 0)):
                    continue
                here = np.s_[:, : self.up - up, max(0, -right) : self.across - max(0, right)]
                there = np.s_[:, up:, max(0, right) : self.across - max(0, -right)]
                kernel = self._kernel(right, up)
                felt[here] += _act(held[there], kernel.T)
                if both:
                    felt[there] += _act(held[here], kernel)
        return felt.reshape(len(held), self.up * self.across, -1)

    def _kernel(self, right: int, up: int) -> Floats:
        """Return the proximities between the points of two cells that many cells apart."""
        nodes = 0.5 * self.side * _nodes(self.points)
        apart = nodes[None, :] - nodes[:, None]
        across, along = (apart + right * self.side) ** 2, (apart + up * self.side) ** 2
        kernel = along[:, None, :, None] + across[None, :, None, :]
        from_squares(kernel, self.decay)
        return kernel.reshape(self.points**2, self.points**2)

    def _weights(self) -> Iterator[tuple[int, int, int, Floats]]:
        """Yield cell, first and last area, and the areas' weights on the p² points of the cell."""
        orders = np.arange(self.points)
        basis = np.cos(orders[:, None] * np.arccos(_nodes(self.points))[None, :]) * (2 / self.points)
        basis[0] *= 0.5
        for cell in range(self.up * self.across):
            end = int(self.starts[cell + 1])
            middle = np.array([cell % self.across + 0.5, cell // self.across + 0.5]) * self.side
            for start in range(int(self.starts[cell]), end, _ROWS_AT_ONCE):
                stop = min(start + _ROWS_AT_ONCE, end)
                on_axes = []
                for values, centre in ((self.y, middle[1]), (self.x, middle[0])):
                    within = np.clip((values[start:stop] - centre) / (0.5 * self.side), -1.0, 1.0)
                    on_axes.append(np.cos(np.arccos(within)[:, None] * orders) @ basis)
                weights = on_axes[0][:, :, None] * on_axes[1][:, None, :]
                yield cell, start, stop, weights.reshape(stop - start, -1)


def far_field(x: Floats, y: Floats, decay: Decay, tolerance: float) -> FarField | None:
    """Cut the places into cells such that the sum over all pairs is cheapest.

    Parameters
    ----------
    x, y : array of float, shape (n_areas,)
        Coordinates, 0 and above. [distance units]
    decay : {"exponential", "inverse", "distance"}
        How proximity follows from distance.
    tolerance : float
        Largest error of a proximity.

    Returns
    -------
    FarField or None
        None when summing all pairs exactly is cheaper, or no bound reaches the tolerance.

    Examples
    --------
    >>> places = np.random.default_rng(1).uniform(0, 20, (2, 20_000))
    >>> far_field(*places, "exponential", 1e-6).error < 1e-6
    True
    >>> far_field(*places[:, :50], "exponential", 1e-6) is None
    True
    """
    extent = max(float(x.max()), float(y.max()))
    best, lowest = None, _NS_PAIR * len(x) ** 2 / 2
    for cells in _CELLS_ACROSS if extent > 0 else ():
        side = extent / cells * (1 + 1e-9)
        points = next((p for p in _POINTS if interpolation_error(decay, p, side, extent) <= tolerance), None)
        if points is None:
            continue
        across, up = (int(values.max() / side) + 1 for values in (x, y))
        cell = (y / side).astype(np.int64) * across + (x / side).astype(np.int64)
        held = np.bincount(cell, minlength=across * up)
        cost = _NS_PAIR * _near_pairs(held.reshape(up, across)) + points**4 * (
            _NS_PAIR * 2 * across * up + _NS_PRODUCT * (across * up) ** 2
        )
        if cost < lowest:
            best, lowest = (side, across, up, points, cell, held), cost
    if best is None:
        return None
    side, across, up, points, cell, held = best
    order = np.argsort(cell, kind="stable")
    return FarField(
        x=x[order],
        y=y[order],
        order=order,
        starts=np.concatenate([[0], np.cumsum(held)]),
        side=side,
        across=across,
        up=up,
        points=points,
        decay=decay,
        error=interpolation_error(decay, points, side, extent),
    )


def interpolation_error(decay: Decay, points: int, side: float, extent: float) -> float:
    """Bound the error of a proximity between areas in cells that do not touch.

    Parameters
    ----------
    decay : {"exponential", "inverse", "distance"}
        How proximity follows from distance.
    points : int
        Chebyshev points per cell and axis.
    side, extent : float
        Side of a cell, and of the square that holds all places. [distance units]

    Returns
    -------
    float
        In units of the proximity.

    Examples
    --------
    >>> interpolation_error("exponential", 18, 1.0, 30.0) < 1e-9
    True
    """
    major, minor = (_ELLIPSES + 1 / _ELLIPSES) / 2, (_ELLIPSES - 1 / _ELLIPSES) / 2
    if decay == "exponential":
        largest = np.ones_like(major)
    elif decay == "inverse":
        apart = np.minimum(3 - major, 2 - minor) * side / 2
        largest = np.divide(1, apart, out=np.full_like(apart, np.inf), where=apart > 0)
    else:
        largest = 2 * extent + (major + minor) * side / 2
    single = np.min(4 * largest * _ELLIPSES ** (1.0 - points) / (_ELLIPSES - 1))
    growth = 1 + 2 * np.log(points) / np.pi
    return float(single * (1 + growth + growth**2 + growth**3))


def _nodes(points: int) -> Floats:
    return np.asarray(np.cos((np.arange(points) + 0.5) * np.pi / points))


def _act(held: Floats, kernel: Floats) -> Floats:
    return np.asarray((held.reshape(-1, len(kernel)) @ kernel).reshape(held.shape))


def _near_pairs(held: NDArray[np.int64]) -> float:
    """Count the pairs of areas in the same or in touching cells."""
    padded = np.pad(held, 1).astype(float)
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    around = rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]
    return float((held * around).sum() / 2)
