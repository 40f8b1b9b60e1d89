"""What does a river, a railway or a shopping street do to the borders it runs along? It makes them cheap or dear."""

from __future__ import annotations

from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from spatial.alignment import align
from spatial.coverage import area_geometry
from spatial.errors import ParameterError
from spatial.facing import cells, facing_stretches
from spatial.lines import line_geometry
from spatial.neighbours import NeighbourGraph, graph_in_order
from spatial.outline import PRECISION, Segments, outline_segments
from spatial.parameters import require_number

__all__ = ["BorderFactors", "border_factors"]

# A line runs along a border when it is within 45 degrees of parallel to it; steeper, it crosses.
_ALONG = np.sqrt(0.5)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BorderFactors:
    """Factors of the borders that lines run along, ready for `objective_of(border_factor=…)`.

    `factor` is indexed by (area_id, neighbour_id) and has only borders that some line runs along; `along` says, on
    the same index, for how many metres of the border. `lines` has one row per line: its `factor`, its `length` [m],
    for how many metres of borders it counts (`along` [m]) and how many `borders`. `border_length` is the length of
    all borders [m]; `tolerance` and `gap` [m] are the parameters.
    """

    factor: pd.Series
    along: pd.Series
    lines: pd.DataFrame
    border_length: float
    tolerance: float
    gap: float

    def __repr__(self) -> str:
        return (
            f"BorderFactors({len(self.factor)} borders, {self.along.sum():.0f} of {self.border_length:.0f} m along "
            f"{len(self.lines) - len(self.unused)} lines, {len(self.unused)} lines along no border; "
            f"within {self.tolerance:g} m)"
        )

    @property
    def unused(self) -> pd.Index:
        """Lines that run along no border: they lie inside areas, outside the city, or only cross."""
        return self.lines.index[self.lines["along"] == 0]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per border that a line runs along: `border_factor` and `along` [m]."""
        return pd.DataFrame({"border_factor": self.factor, "along": self.along})

    def summary(self) -> pd.DataFrame:
        """Return one row per line, as in `lines`."""
        return self.lines.copy()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Pieces:
    """Straight pieces of borders or of lines, each with the position of its border or line.

    `margin` is half the width of the gap that a border runs in [m], and 0 for lines. `before` and `after` say how far
    a line reaches over its ends where it bends, per metre beside it; they are 0 for borders.
    """

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    owner: NDArray[np.int64]
    margin: NDArray[np.float64]
    before: NDArray[np.float64]
    after: NDArray[np.float64]

    def direction(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        difference = self.end - self.start
        length = np.hypot(difference[:, 0], difference[:, 1])
        return difference / length[:, None], length

    def around(self, distance: float) -> NDArray[np.object_]:
        low, high = np.minimum(self.start, self.end), np.maximum(self.start, self.end)
        # At the outside of a bend a line reaches further than the distance, by no more than the diagonal.
        wide = 1.5 * (self.margin + distance)[:, None]
        return np.asarray(shapely.box(*(low - wide).T, *(high + wide).T))


def border_factors(
    areas: gpd.GeoSeries | gpd.GeoDataFrame,
    graph: NeighbourGraph,
    lines: gpd.GeoSeries | gpd.GeoDataFrame,
    *,
    factor: float | pd.Series,
    tolerance: float = 15.0,
    gap: float = 0.0,
) -> BorderFactors:
    """Find the borders that lines run along, and the factor by which that makes them cheap or dear.

    Parameters
    ----------
    areas : GeoSeries or GeoDataFrame of (Multi)Polygon, shape (n_areas,), indexed by area_id
        In a projected CRS.
    graph : NeighbourGraph
        Neighbours of the same areas. [m]
    lines : GeoSeries or GeoDataFrame of (Multi)LineString, shape (n_lines,), indexed by line id
        Rivers, railways, main roads, shopping streets, in the CRS of the areas.
    factor : float, or Series of float indexed by line id
        What a metre of border along the line counts: 0.3 along a river that divides, 2 along a street that unites.
    tolerance : float, default 15
        Largest distance of a line from the border it runs along. [m]
    gap : float, default 0
        Width up to which areas that face each other across a gap are neighbours, as given to `spatial.links.linked`.
        A line in the gap runs along their border. [m]

    Returns
    -------
    BorderFactors
        The factor of a border is the mean over its length: that of the line where one runs along, 1 elsewhere. Where
        several lines run along, the nearest counts; of equally near ones (to the millimetre) the lower factor.

    Raises
    ------
    CrsError, AlignmentError, GeometryError
        See `spatial.coverage.area_geometry` and `spatial.lines.line_geometry`; also when the graph has other areas
        or the factor other lines.
    ParameterError
        If a factor is missing, infinite or negative, the tolerance not above 0 or the gap negative.

    Notes
    -----
    A line that crosses a border at more than 45 degrees does not run along it. Links that have no place (islands,
    named pairs) are counted with 1.

    Examples
    --------
    >>> from spatial.contiguity import shared_borders
    >>> two = gpd.GeoSeries(
    ...     [shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)], index=["a", "b"], crs=25833)
    >>> river = gpd.GeoSeries([shapely.LineString([(95, 0), (95, 50)])], index=["river"], crs=25833)
    >>> found = border_factors(two, shared_borders(two), river, factor=0.4)
    >>> found.factor.to_dict()
    {('a', 'b'): 0.7}
    >>> found
    BorderFactors(1 borders, 50 of 100 m along 1 lines, 0 lines along no border; within 15 m)
    """
    tolerance = require_number(
        "tolerance", tolerance, "a finite distance above 0 m", lambda metres: 0 < metres < np.inf
    )
    gap = require_number("gap", gap, "a finite width of at least 0 m", lambda metres: 0 <= metres < np.inf)
    geometry = area_geometry(areas, "the factor of a border")
    graph = graph_in_order(graph, geometry.index)
    line = line_geometry(lines, geometry, "the factor of a border")
    factors = _factors(factor, line.index)

    parts = _line_pieces(line.to_numpy())
    reach = max(gap, graph.tolerance, PRECISION)
    segments = _near(outline_segments(geometry.to_numpy()), parts, tolerance + 2 * reach)
    pieces = _border_pieces(segments, graph, reach)
    owner, which, length = _lengths_along(pieces, parts, factors, tolerance)
    return _result(graph, line, factors, (owner, which, length / 2), tolerance, gap)


def _factors(factor: float | pd.Series, names: pd.Index) -> NDArray[np.float64]:
    expected = "finite factors of at least 0"
    if not isinstance(factor, pd.Series):
        number = require_number("factor", factor, expected, lambda one: 0 <= one < np.inf)
        return np.full(len(names), number)
    values = pd.to_numeric(align(factor, names, "factor"), errors="coerce")
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    wrong = ~(np.isfinite(numbers) & (numbers >= 0))
    if wrong.any():
        shown = ", ".join(
            f"{name}: {number:g}" for name, number in zip(names[wrong], numbers[wrong], strict=True)
        )
        raise ParameterError("factor", shown, expected)
    return numbers


def _line_pieces(shapes: NDArray[np.object_]) -> _Pieces:
    parts, line = shapely.get_parts(shapes, return_index=True)
    points, part = shapely.get_coordinates(parts, return_index=True)
    moved = (points[1:] != points[:-1]).any(axis=1) & (part[1:] == part[:-1])
    position = np.flatnonzero(moved)
    nothing = np.zeros(len(position))
    straight = _Pieces(
        start=points[position],
        end=points[position + 1],
        owner=line[part[position]],
        margin=nothing,
        before=nothing,
        after=nothing,
    )
    direction, _ = straight.direction()
    cosine = (direction[1:] * direction[:-1]).sum(axis=1).clip(-1.0, 1.0)
    # At the outside of a bend the pieces leave a wedge to which both reach as far as half the angle tells.
    wedge = np.sqrt((1 - cosine) / np.maximum(1 + cosine, PRECISION)).clip(max=1.0)
    wedge = np.where(part[position][1:] == part[position][:-1], wedge, 0.0)
    return replace(straight, before=np.r_[0.0, wedge], after=np.r_[wedge, 0.0])


def _near(segments: Segments, parts: _Pieces, distance: float) -> Segments:
    """Return the segments of the outlines that may have to do with a line."""
    lines = shapely.linestrings(np.stack([segments.start, segments.end], axis=1))
    _, found = shapely.STRtree(lines).query(parts.around(distance))
    return segments.take(np.unique(found))


def _border_pieces(segments: Segments, graph: NeighbourGraph, reach: float) -> _Pieces:
    """Straight pieces of the borders of the graph, both sides of each; in a gap, of the middle line."""
    n_areas = len(graph.area_id)
    stretches = facing_stretches(
        segments, np.arange(len(segments)), reach=reach, slack=max(graph.tolerance, PRECISION)
    )
    area = segments.area[stretches.segment]
    code = np.minimum(area, stretches.faced) * n_areas + np.maximum(area, stretches.faced)
    pairs = pd.Index(graph.first * n_areas + graph.second)
    owner = pairs.get_indexer(pd.Index(code))
    start, end, half = stretches.middle(segments)
    known = (owner >= 0) & (np.hypot(*(end - start).T) > 0)
    nothing = np.zeros(int(known.sum()))
    return _Pieces(
        start=start[known],
        end=end[known],
        owner=owner[known],
        margin=half[known],
        before=nothing,
        after=nothing,
    )


def _lengths_along(
    pieces: _Pieces, parts: _Pieces, factors: NDArray[np.float64], tolerance: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Border, line and length [m] of every stretch of a border piece that a line runs along."""
    tree = shapely.STRtree(shapely.linestrings(np.stack([parts.start, parts.end], axis=1)))
    mine, theirs = tree.query(pieces.around(tolerance))
    along, length = pieces.direction()
    beside, extent = parts.direction()
    cosine = (along[mine] * beside[theirs]).sum(axis=1)
    parallel = np.abs(cosine) >= _ALONG
    mine, theirs, cosine = mine[parallel], theirs[parallel], cosine[parallel]
    offset = pieces.start[mine] - parts.start[theirs]
    ahead = (offset * beside[theirs]).sum(axis=1)
    aside = offset[:, 1] * beside[theirs, 0] - offset[:, 0] * beside[theirs, 1]
    sine = along[mine, 1] * beside[theirs, 0] - along[mine, 0] * beside[theirs, 1]
    wide = tolerance + pieces.margin[mine]
    low, high = np.zeros(len(mine)), length[mine]
    low, high = _between(
        low,
        high,
        ahead,
        cosine,
        -parts.before[theirs] * wide,
        extent[theirs] + parts.after[theirs] * wide,
    )
    low, high = _between(low, high, aside, sine, -wide, wide)
    real = high > low
    mine, theirs, low, high = mine[real], theirs[real], low[real], high[real]
    part, cell, begin, end = cells(mine, low, high)
    middle = (begin + end) / 2
    near = np.abs(aside[real][part] + sine[real][part] * middle)
    line = parts.owner[theirs[part]]
    first = np.lexsort((line, factors[line], np.rint(near / PRECISION), cell))
    first = first[np.diff(cell[first], prepend=-1) > 0]
    return pieces.owner[mine[part[first]]], line[first], (end - begin)[first]


def _between(
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    value: NDArray[np.float64],
    slope: NDArray[np.float64],
    least: NDArray[np.float64],
    most: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Keep of each stretch what has a value, rising with the slope from its beginning, from least to most."""
    steep = np.abs(slope) > 1e-12
    safe = np.where(steep, slope, 1.0)
    one, other = (least - value) / safe, (most - value) / safe
    inside = (value >= least) & (value <= most)
    low = np.where(steep, np.maximum(low, np.minimum(one, other)), low)
    high = np.where(steep, np.minimum(high, np.maximum(one, other)), np.where(inside, high, low))
    return low, high


def _result(
    graph: NeighbourGraph,
    line: gpd.GeoSeries,
    factors: NDArray[np.float64],
    found: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]],
    tolerance: float,
    gap: float,
) -> BorderFactors:
    owner, which, length = found
    total = np.bincount(owner, weights=length, minlength=len(graph.border))
    # The two sides of a border may be unlike by a sliver: never more than the border itself.
    share = np.minimum(1.0, graph.border / np.maximum(total, graph.border))
    length = length * share[owner]
    change = np.bincount(owner, weights=length * (factors[which] - 1.0), minlength=len(graph.border))
    touched = np.flatnonzero(total > 0)
    first, second = graph.first[touched], graph.second[touched]
    pairs = pd.MultiIndex.from_arrays(
        [graph.area_id[first], graph.area_id[second]], names=["area_id", "neighbour_id"]
    )
    borders = np.unique(which * max(len(graph.border), 1) + owner) // max(len(graph.border), 1)
    return BorderFactors(
        factor=pd.Series(
            1.0 + change[touched] / graph.border[touched], index=pairs, name="border_factor"
        ).clip(lower=0.0),
        along=pd.Series((total * share)[touched], index=pairs, name="along"),
        lines=pd.DataFrame(
            {
                "factor": factors,
                "length": shapely.length(line.to_numpy()),
                "along": np.bincount(which, weights=length, minlength=len(line)),
                "borders": np.bincount(borders, minlength=len(line)),
            },
            index=line.index,
        ),
        border_length=float(graph.border.sum()),
        tolerance=tolerance,
        gap=gap,
    )
