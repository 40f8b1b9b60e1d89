"""What part of each area lies in which other? Shares of surface, without slivers, that add up exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.crosswalk.overlaps import NOISE, overlaps, refuse_overlaps
from spatial.crosswalk.result import Floats, Positions
from spatial.parameters import require_number

__all__ = ["Outside", "SurfaceShares", "require_tolerance", "row_shares", "surface_shares"]

Outside = Literal["kept_out", "shared_out"]

# Where two borders cross is known to some ulps of a coordinate of some million metres. [m]
_PLACE = 1e-8


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SurfaceShares:
    """Shares of the areas of one map that lie in those of another, as pairs sorted by the first.

    `outside` is the share of each first area outside the second map, `uncovered` that of each second area outside
    the first map, `slivers` the share of each first area that was dropped, pieces and strips outside, and `sliver_pairs`
    the number of pieces.
    """

    first: Positions
    second: Positions
    share: Floats
    outside: Floats
    uncovered: Floats
    slivers: Floats
    sliver_pairs: int

    def __repr__(self) -> str:
        return f"SurfaceShares({len(self.outside)} × {len(self.uncovered)} areas, {len(self.share)} pairs)"


def require_tolerance(tolerance: object) -> float:
    """Return a tolerance after checking that it is a share below a half.

    Parameters
    ----------
    tolerance : object
        What was given.

    Returns
    -------
    float

    Raises
    ------
    ParameterError
        If it is anything else.

    Examples
    --------
    >>> require_tolerance(0)
    0.0
    """
    return require_number("tolerance", tolerance, "a share from 0 to below 0.5", lambda one: 0 <= one < 0.5)


def row_shares(first: Positions, amount: Floats, inside: Floats) -> Floats:
    """Scale the amounts of each first area so that they add up to the share that lies inside.

    Parameters
    ----------
    first : array of int, shape (n_pairs,)
        Place of the first area of each pair.
    amount : array of float, shape (n_pairs,)
        Amounts above 0 in any unit.
    inside : array of float, shape (n_first,)
        What the shares of each first area add up to. [share]

    Returns
    -------
    array of float, shape (n_pairs,)
        Exactly 1 for the only piece of an area that lies inside.

    Examples
    --------
    >>> row_shares(np.array([0, 0, 1]), np.array([1.0, 3.0, 7.0]), np.array([1.0, 1.0])).tolist()
    [0.25, 0.75, 1.0]
    """
    total = np.bincount(first, amount, minlength=len(inside))
    return np.asarray(amount / total[first] * inside[first], dtype=np.float64)


def surface_shares(
    one: gpd.GeoSeries,
    other: gpd.GeoSeries,
    *,
    tolerance: float,
    names: tuple[str, str] = ("source", "target"),
) -> SurfaceShares:
    """Return the shares of surface of the areas of one map that lie in those of another.

    Parameters
    ----------
    one, other : GeoSeries of (Multi)Polygon
        Maps that were checked, in the same CRS in metres.
    tolerance : float
        Share up to which a piece, an overlap or a strip outside is a matter of drawing. [share, 0–0.5)
    names : tuple of str
        What the maps are called in messages.

    Returns
    -------
    SurfaceShares

    Raises
    ------
    CrosswalkError
        If areas of one map overlap each other by more than the tolerance.

    Notes
    -----
    A piece is a sliver when it is smaller than `tolerance` times the smaller of its two areas: a small block inside
    a large district is none. An area all of whose pieces are slivers keeps them.

    Examples
    --------
    >>> strips = gpd.GeoSeries([shapely.box(0, 0, 4, 1), shapely.box(4, 0, 9, 1)])
    >>> found = surface_shares(strips, gpd.GeoSeries([shapely.box(3, 0, 9, 1)]), tolerance=0.01)
    >>> found.share.tolist(), found.outside.tolist()
    ([0.25, 1.0], [0.75, 0.0])
    """
    shapes, others = one.to_numpy(), other.to_numpy()
    first, second, common = overlaps(shapes, others)
    size, other_size = shapely.area(shapes), shapely.area(others)
    covered = np.bincount(first, common, minlength=len(shapes)) / size
    other_covered = np.bincount(second, common, minlength=len(others)) / other_size
    allowed, other_allowed = _allowed(shapes, size, tolerance), _allowed(others, other_size, tolerance)
    if (twice := covered > 1 + allowed).any():
        suspects = np.unique(second[twice[first]])
        refuse_overlaps(other, names[1], suspects, tolerance, float(covered.max()) - 1)
    if (twice := other_covered > 1 + other_allowed).any():
        suspects = np.unique(first[twice[second]])
        refuse_overlaps(one, names[0], suspects, tolerance, float(other_covered.max()) - 1)
    kept = ~_slivers(first, second, common, size * allowed, other_size * other_allowed)
    dropped = np.bincount(first[~kept], common[~kept], minlength=len(shapes)) / size
    outside, uncovered = _remainder(covered, allowed), _remainder(other_covered, other_allowed)
    dropped += np.where((covered > 0) & (outside == 0), np.maximum(1.0 - covered, 0.0), 0.0)
    return SurfaceShares(
        first=first[kept],
        second=second[kept],
        share=row_shares(first[kept], common[kept], 1.0 - outside),
        outside=outside,
        uncovered=uncovered,
        slivers=dropped,
        sliver_pairs=int((~kept).sum()),
    )


def _allowed(shapes: NDArray[np.object_], size: Floats, tolerance: float) -> Floats:
    """Return the share of each area that is a matter of drawing, or of computing with 64 bits."""
    noise = np.asarray(_PLACE * shapely.length(shapes) / size, dtype=np.float64)
    return np.maximum(noise, max(tolerance, NOISE))


def _slivers(
    first: Positions, second: Positions, common: Floats, least: Floats, other_least: Floats
) -> NDArray[np.bool_]:
    thin = common < np.minimum(least[first], other_least[second])
    lonely = np.bincount(first[~thin], minlength=len(least)) == 0
    other_lonely = np.bincount(second[~thin], minlength=len(other_least)) == 0
    return np.asarray(thin & ~lonely[first] & ~other_lonely[second], dtype=np.bool_)


def _remainder(covered: Floats, allowed: Floats) -> Floats:
    """Return what is not covered; less than allowed is a matter of drawing."""
    rest = 1.0 - covered
    return np.where(covered == 0, 1.0, np.where(rest <= allowed, 0.0, rest))
