"""What about a street that is a priority area itself? Cut into segments that follow each other, with their need."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.spatial import Voronoi
from shapely.ops import substring

from spatial.alignment import align
from spatial.coverage import area_geometry
from spatial.dissolve import united
from spatial.errors import CountsError, CrsError, GeometryError
from spatial.lines import line_geometry
from spatial.neighbours import NeighbourGraph
from spatial.outline import PRECISION
from spatial.parameters import require_number

__all__ = ["StreetSegments", "segment_need", "street_segments"]

# Places of the corridor go to the nearest of points along the line, so many per width or length.
_POINTS = 10

# Where two stretches end the street goes on; where more do is a junction.
_BEND = 2


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class StreetSegments:
    """A street as a chain of segments that do not overlap, ready for `propose`.

    `segments` has one row per segment, indexed by segment_id: `line_id` (the line that most of it lies on), `length`
    of the line in it [m] and the geometry. `graph` has a border between segments that meet at an end or a junction,
    as long as the corridor is wide [m]. `outside` is the length of line whose segments lie outside the city and were
    left out [m]. `length` and `width` [m] are the parameters.
    """

    segments: gpd.GeoDataFrame
    graph: NeighbourGraph
    outside: float
    length: float
    width: float

    def __repr__(self) -> str:
        return (
            f"StreetSegments({len(self.segments)} segments of {self.segments['length'].sum():.0f} m, "
            f"{len(self.graph.border)} borders, {int(self.graph.components().max()) + 1} connected pieces, "
            f"{self.outside:.0f} m outside; about {self.length:g} m long, {self.width:g} m to each side)"
        )

    def to_frame(self) -> gpd.GeoDataFrame:
        """Return one row per segment, as in `segments`."""
        return self.segments.copy()


def street_segments(
    line: gpd.GeoSeries | gpd.GeoDataFrame,
    *,
    length: float,
    width: float,
    areas: gpd.GeoSeries | gpd.GeoDataFrame,
) -> StreetSegments:
    """Cut a street into segments, each with the ground to both sides of it.

    Parameters
    ----------
    line : GeoSeries or GeoDataFrame of (Multi)LineString, shape (n_lines,), indexed by line id
        One street or several; lines that cross or meet (to the millimetre) are connected there.
    length : float
        Length that a segment should have; between two junctions all have the same, as near to it as the number of
        segments allows. [m]
    width : float
        How far the corridor reaches to each side. [m]
    areas : GeoSeries or GeoDataFrame of (Multi)Polygon, shape (n_areas,), indexed by area_id
        Areas of the city, in a projected CRS; the segments end where the areas end.

    Returns
    -------
    StreetSegments
        Segments are named "1", "2", … from west to east, one stretch between junctions after the other. Every
        place of the corridor belongs to the segment whose line is nearest.

    Raises
    ------
    CrsError, AlignmentError, GeometryError
        See `spatial.coverage.area_geometry` and `spatial.lines.line_geometry`; also when no part of the corridor lies
        in the city.
    ParameterError
        If length or width is not above 0.

    Notes
    -----
    The corridor is cut at right angles to the line where segments follow each other, and half-way between the lines
    elsewhere, to a tenth of the shorter of width and length. It ends flat at the ends of the line. The order and the
    direction of the lines do not matter.

    Examples
    --------
    >>> city = gpd.GeoSeries([shapely.box(0, 0, 1000, 400)], index=["00"], crs=25833)
    >>> street = gpd.GeoSeries([shapely.LineString([(0, 200), (900, 200)])], index=["High Street"], crs=25833)
    >>> found = street_segments(street, length=290, width=50, areas=city)
    >>> found.segments.area.round(6).tolist(), found.graph.edges().to_numpy().tolist()
    ([30000.0, 30000.0, 30000.0], [['1', '2', 100.0], ['2', '3', 100.0]])
    """
    expected = "a finite length above 0 m"
    length = require_number("length", length, expected, lambda metres: 0 < metres < np.inf)
    width = require_number("width", width, expected, lambda metres: 0 < metres < np.inf)
    geometry = area_geometry(areas, "the segments of a street")
    lines = line_geometry(line, geometry, "the segments of a street")

    stretches = _between_junctions(lines)
    pieces, between = _cut(stretches, length)
    ground = _ground(pieces, _corridor(stretches, width), min(width, length) / _POINTS)
    shapes = geometry.to_numpy()
    near = shapely.STRtree(shapes).query(shapely.union_all(ground), predicate="intersects")
    ground = shapely.intersection(ground, united(shapes[np.sort(near)]))
    ground = np.array([_polygons(shape) for shape in ground], dtype=object)
    inside = shapely.area(ground) > 0
    if not inside.any():
        raise GeometryError("street outside the city", lines.index, "give areas that the street runs through")
    metres = shapely.length(pieces)
    pieces, ground = pieces[inside], ground[inside]
    names = pd.Index([str(number) for number in range(1, len(pieces) + 1)], name="segment_id")
    first, second = _meeting(between[inside])
    return StreetSegments(
        segments=gpd.GeoDataFrame(
            {"line_id": _line_of(pieces, lines), "length": metres[inside]},
            geometry=gpd.GeoSeries(ground, index=names, crs=geometry.crs),
            index=names,
        ),
        graph=NeighbourGraph(
            area_id=names,
            first=first,
            second=second,
            border=np.full(len(first), 2 * width),
            method="segments of a street",
        ),
        outside=float(metres[~inside].sum()),
        length=length,
        width=width,
    )


def segment_need(
    segments: gpd.GeoSeries | gpd.GeoDataFrame,
    areas: gpd.GeoSeries | gpd.GeoDataFrame,
    need: pd.Series,
    population: pd.Series,
) -> pd.DataFrame:
    """Estimate who lives in each segment and how much need there is.

    Parameters
    ----------
    segments : GeoSeries or GeoDataFrame of (Multi)Polygon, shape (n_segments,), indexed by segment_id
        As in the result of `street_segments`.
    areas : GeoSeries or GeoDataFrame of (Multi)Polygon, shape (n_areas,), indexed by area_id
        Areas of the city, in the same CRS.
    need : Series of float, shape (n_areas,), indexed by area_id
        Need index, missing where it is not known. [index points]
    population : Series of int or float, shape (n_areas,), indexed by area_id
        Residents. [persons]

    Returns
    -------
    DataFrame, shape (n_segments,), indexed by segment_id
        `need`: mean of the areas' need, weighted by their residents in the segment [index points]; NaN where it is
        known of none of the residents. `population`: residents [persons]. `unknown`: those of them whose need is not
        known [persons].

    Raises
    ------
    CrsError, AlignmentError, GeometryError
        See `spatial.coverage.area_geometry`; also when the inputs do not have the same areas or the same CRS.
    CountsError
        If the population is missing, infinite or negative, or a need is infinite.

    Notes
    -----
    Areal weighting: the residents of an area are taken to live evenly over its surface. Give blocks, not districts,
    where that matters.

    Examples
    --------
    >>> areas = gpd.GeoSeries(
    ...     [shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)], index=["a", "b"], crs=25833)
    >>> segments = gpd.GeoSeries([shapely.box(50, 0, 200, 100)], index=["1"], crs=25833)
    >>> need, people = pd.Series({"a": 3.0, "b": 1.0}), pd.Series({"a": 200, "b": 300})
    >>> segment_need(segments, areas, need, people).to_dict("records")
    [{'need': 1.5, 'population': 400.0, 'unknown': 0.0}]
    """
    what = "the need of a segment"
    place, city = area_geometry(segments, what), area_geometry(areas, what)
    if place.crs != city.crs:
        raise CrsError(what, f"areas in {city.crs} and segments in {place.crs}")
    people = align(population, city.index, "population").to_numpy(dtype=float, na_value=np.nan)
    strength = align(need, city.index, "need").to_numpy(dtype=float, na_value=np.nan)
    _require_usable(people, strength, city.index)
    shapes, grounds = city.to_numpy(), place.to_numpy()
    segment, area = shapely.STRtree(shapes).query(grounds, predicate="intersects")
    share = shapely.area(shapely.intersection(grounds[segment], shapes[area])) / shapely.area(shapes[area])
    residents = people[area] * np.minimum(share, 1.0)
    known = np.isfinite(strength[area])
    total = np.bincount(segment, weights=residents, minlength=len(place))
    weight = np.bincount(segment[known], weights=residents[known], minlength=len(place))
    needed = np.bincount(
        segment[known], weights=residents[known] * strength[area][known], minlength=len(place)
    )
    mean = np.full(len(place), np.nan)
    np.divide(needed, weight, out=mean, where=weight > 0)
    return pd.DataFrame(
        {"need": mean, "population": total, "unknown": np.maximum(total - weight, 0.0)}, index=place.index
    )


def _require_usable(people: NDArray[np.float64], need: NDArray[np.float64], names: pd.Index) -> None:
    bad = ~(np.isfinite(people) & (people >= 0))
    if bad.any():
        raise CountsError("population missing, infinite or negative", names[bad], "give 0 where nobody lives")
    if np.isinf(need).any():
        raise CountsError("need infinite", names[np.isinf(need)], "leave it missing if it is not known")


def _between_junctions(lines: gpd.GeoSeries) -> NDArray[np.object_]:
    """Connect the lines and cut them at their junctions only, each from its western end to its eastern."""
    parts = shapely.normalize(shapely.force_2d(shapely.get_parts(lines.to_numpy())))
    # In one order, so that the points of crossings come out alike whatever the order of the lines.
    parts = parts[np.argsort(shapely.to_wkb(parts))]
    stretches = shapely.get_parts(shapely.line_merge(shapely.union_all(parts, grid_size=PRECISION)))
    places, ends = _ends(stretches)
    # A ring on its own may begin anywhere; a loop must go on beginning at its junction.
    loop = shapely.is_closed(stretches) & (
        np.bincount(ends.ravel(), minlength=len(places))[ends[:, 0]] > _BEND
    )
    back = shapely.reverse(stretches)
    either = np.where(shapely.to_wkb(stretches) < shapely.to_wkb(back), stretches, back)
    stretches = np.where(loop, either, shapely.normalize(stretches))
    start = shapely.get_coordinates(shapely.get_point(stretches, 0))
    middle = shapely.get_coordinates(shapely.line_interpolate_point(stretches, 0.5, normalized=True))
    return np.asarray(stretches[np.lexsort((middle[:, 1], middle[:, 0], start[:, 1], start[:, 0]))])


def _ends(stretches: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Find the places where stretches end, and for each stretch the numbers of its two."""
    both = np.stack([shapely.get_point(stretches, 0), shapely.get_point(stretches, -1)], axis=1)
    places, place = np.unique(shapely.get_coordinates(both.ravel()), axis=0, return_inverse=True)
    return places, place.reshape(-1, 2)


def _cut(stretches: NDArray[np.object_], length: float) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Cut each stretch into pieces of equal length; return them and the places between which they lie."""
    places, ends = _ends(stretches)
    free = len(places)
    pieces: list[shapely.Geometry] = []
    between: list[tuple[int, int]] = []
    for stretch, (begin, end) in zip(stretches, ends.tolist(), strict=True):
        number = max(round(stretch.length / length), 1)
        cuts = np.linspace(0.0, stretch.length, number + 1)
        pieces += [substring(stretch, low, high) for low, high in itertools.pairwise(cuts)]
        between += itertools.pairwise([begin, *range(free, free + number - 1), end])
        free += number - 1
    return np.array(pieces, dtype=object), np.array(between, dtype=np.int64)


def _corridor(stretches: NDArray[np.object_], width: float) -> shapely.Geometry:
    """Ground within the width of the lines, flat at their ends and round at junctions."""
    places, ends = _ends(stretches)
    junctions = shapely.points(places[np.bincount(ends.ravel(), minlength=len(places)) > _BEND])
    sides = shapely.buffer(stretches, width, cap_style="flat")
    return shapely.union_all(np.r_[sides, shapely.buffer(junctions, width)])


def _ground(pieces: NDArray[np.object_], corridor: shapely.Geometry, step: float) -> NDArray[np.object_]:
    """Give every place of the corridor to the piece of line that is nearest."""
    count = np.maximum(np.ceil(shapely.length(pieces) / step).astype(np.int64), 2)
    owner = np.repeat(np.arange(len(pieces)), count)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    points = shapely.line_interpolate_point(pieces[owner], (number + 0.5) / count[owner], normalized=True)
    cells = _nearest_to(shapely.get_coordinates(points), shapely.bounds(corridor))
    whole = [shapely.union_all(own) for own in np.split(cells, np.cumsum(count)[:-1])]
    return np.asarray(shapely.intersection(np.array(whole, dtype=object), corridor))


def _nearest_to(points: NDArray[np.float64], box: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return, for each point, what of the box and its surroundings is nearest to it."""
    centre, size = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]).sum()
    # Four points far outside make the cells of all others finite without reaching into the box themselves.
    frame = centre + 4 * size * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
    cells = Voronoi(np.concatenate([points, frame]) - centre)
    corners = [cells.regions[region] for region in cells.point_region[: len(points)]]
    point = np.repeat(np.arange(len(points)), [len(one) for one in corners])
    corner = np.fromiter(itertools.chain.from_iterable(corners), dtype=np.int64)
    return np.asarray(
        shapely.convex_hull(shapely.multipoints(cells.vertices[corner] + centre, indices=point))
    )


def _polygons(shape: shapely.Geometry) -> shapely.Geometry:
    """Leave out lines and points where a segment only touches the city."""
    parts = shapely.get_parts(shape)
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])


def _meeting(between: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of segments that end at the same place."""
    number = np.arange(len(between))
    ends = pd.DataFrame({"place": between.T.ravel(), "segment": np.r_[number, number]})
    pairs = ends.merge(ends, on="place", suffixes=("", "_2"))
    pairs = pairs[pairs["segment"] < pairs["segment_2"]]
    both = np.unique(pairs[["segment", "segment_2"]].to_numpy(dtype=np.int64), axis=0)
    return both[:, 0], both[:, 1]


def _line_of(pieces: NDArray[np.object_], lines: gpd.GeoSeries) -> NDArray[np.object_]:
    """Line in the middle of each piece; of several, that with the smallest id."""
    middle = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    piece, line = shapely.STRtree(lines.to_numpy()).query_nearest(middle)
    found = pd.DataFrame({"piece": piece, "line": lines.index[line], "text": lines.index[line].astype(str)})
    return found.sort_values(["piece", "text"]).groupby("piece")["line"].first().to_numpy(dtype=object)
