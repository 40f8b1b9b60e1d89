"""Where are the findings? Places on a sketch of the areas as paths for an SVG, numbered without hiding each other."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

__all__ = ["Marker", "Place", "Sketch", "detail", "sketch"]

_FINEST = 0.35  # [pixels] what is smaller is not drawn of an outline
_MOST_AREAS = 20_000
_RADIUS = 13.0  # [pixels] of a number's disc
_AROUND = 60.0  # [m] shown to each side of a point
_TURNS = 240  # places tried around a finding for its number
_STEPS = (1, 2, 5)
_ROOM = 13.0  # [pixels] of width for each character of an area's key


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Place:
    """Where a finding is: its number, how serious it is, and its geometry in the CRS of the sketch."""

    number: int
    severity: str
    geometry: shapely.Geometry


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A place as drawn: its path, a point of it (`x`, `y`) and where its number stands. [pixels]."""

    number: int
    severity: str
    path: str
    is_line: bool
    x: float
    y: float
    label_x: float
    label_y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """Areas as one path, markers on top, and a scale bar that stands for `scale_metres`."""

    width: float
    height: float
    areas: str
    names: tuple[tuple[float, float, str], ...]
    markers: tuple[Marker, ...]
    scale_pixels: float
    scale_metres: float
    areas_left_out: bool


def sketch(
    areas: gpd.GeoDataFrame | gpd.GeoSeries | None, places: Sequence[Place], *, width: float = 1080.0
) -> Sketch | None:
    """Return the whole map with every place, or None when there is nothing with a place."""
    shapes = _sound(areas)
    geometry = [one.geometry for one in places]
    if not len(shapes) and not geometry:
        return None
    bounds = shapely.total_bounds([*shapes, *geometry])
    if not np.isfinite(bounds).all():
        return None
    view = _View.around(bounds, width, rim=0.05)
    points = [view.point(one.geometry) for one in places]
    labels = _labels(points, view.width, view.height)
    few = len(shapes) <= _MOST_AREAS
    metres = _round_length(view.width * 0.22 / view.scale)
    return Sketch(
        width=view.width,
        height=view.height,
        areas=view.path(shapes) if few else "",
        names=_names(view, areas, points) if few else (),
        markers=tuple(
            _marker(view, one, point, label) for one, point, label in zip(places, points, labels, strict=True)
        ),
        scale_pixels=round(metres * view.scale, 1),
        scale_metres=metres,
        areas_left_out=not few,
    )


def detail(
    areas: gpd.GeoDataFrame | gpd.GeoSeries | None,
    place: Place,
    *,
    width: float = 240.0,
    height: float = 160.0,
) -> Sketch:
    """Return a close view of one place with the areas around it."""
    west, south, east, north = place.geometry.bounds
    extent = max(east - west, (north - south) * width / height)
    reach = max(extent, 1.0) * 0.85 if extent else _AROUND
    x, y = (west + east) / 2, (south + north) / 2
    half = np.array([reach, reach * height / width])
    view = _View(left=x - half[0], top=y + half[1], scale=width / (2 * half[0]), width=width, height=height)
    shapes = _sound(areas)
    window = shapely.box(x - half[0], y - half[1], x + half[0], y + half[1])
    near = shapes[shapely.intersects(shapes, window)] if len(shapes) else shapes
    rim = shapely.box(*(np.array(window.bounds) + np.array([-1, -1, 1, 1]) * float(half[0])))
    cut = shapely.intersection(near, rim) if len(near) else near
    point = view.point(place.geometry)
    metres = _round_length(2 * half[0] * 0.3)
    return Sketch(
        width=width,
        height=height,
        areas=view.path(cut),
        names=(),
        markers=(_marker(view, place, point, point),),
        scale_pixels=round(metres * view.scale, 1),
        scale_metres=metres,
        areas_left_out=False,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """Metres to pixels, north upwards."""

    left: float
    top: float
    scale: float
    width: float
    height: float

    @classmethod
    def around(cls, bounds: np.ndarray, width: float, *, rim: float) -> _View:
        wide, high = max(bounds[2] - bounds[0], 1.0), max(bounds[3] - bounds[1], 1.0)
        high = min(max(high, wide / 3), wide * 0.82)
        edge = rim * wide
        scale = width / (wide + 2 * edge)
        middle = (bounds[1] + bounds[3]) / 2
        if bounds[3] - bounds[1] > high:  # a tall city: its height rules
            scale *= high / (bounds[3] - bounds[1])
            high = bounds[3] - bounds[1]
        height = (high + 2 * edge) * scale
        left = (bounds[0] + bounds[2]) / 2 - width / 2 / scale
        return cls(left=left, top=middle + high / 2 + edge, scale=scale, width=width, height=round(height, 1))

    def pixels(self, coordinates: np.ndarray) -> np.ndarray:
        return np.column_stack(
            [(coordinates[:, 0] - self.left) * self.scale, (self.top - coordinates[:, 1]) * self.scale]
        )

    def point(self, geometry: shapely.Geometry) -> tuple[float, float]:
        inside = shapely.point_on_surface(geometry)
        x, y = self.pixels(shapely.get_coordinates(inside))[0]
        return float(x), float(y)

    def path(self, shapes: Iterable[shapely.Geometry]) -> str:
        """Return the outlines as SVG path data, simplified to what can be seen."""
        simple = shapely.simplify(np.asarray(list(shapes), dtype=object), _FINEST / self.scale)
        parts = shapely.get_parts(shapely.get_parts(simple))
        polygons = shapely.get_rings(parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON])
        kinds = shapely.get_type_id(parts)
        lines = parts[np.isin(kinds, [shapely.GeometryType.LINESTRING, shapely.GeometryType.LINEARRING])]
        return "".join([self._strokes(polygons, "Z"), self._strokes(lines, "")])

    def _strokes(self, lines: np.ndarray, end: str) -> str:
        if not len(lines):
            return ""
        coordinates, line = shapely.get_coordinates(lines, return_index=True)
        pixels = np.round(self.pixels(coordinates), 1)
        return "".join(
            "M" + "L".join(f"{x:g} {y:g}" for x, y in part) + end
            for part in np.split(pixels, np.flatnonzero(np.diff(line)) + 1)
        )


def _sound(areas: gpd.GeoDataFrame | gpd.GeoSeries | None) -> np.ndarray:
    """Return the polygons that can be drawn; of invalid ones what `make_valid` makes of them, only for looking."""
    if areas is None:
        return np.empty(0, dtype=object)
    shapes = areas.geometry.to_numpy()
    shapes = shapes[~shapely.is_missing(shapes)]
    shapes = shapes[~shapely.is_empty(shapes)]
    return np.where(shapely.is_valid(shapes), shapes, shapely.make_valid(shapes))


def _names(
    view: _View, areas: gpd.GeoDataFrame | gpd.GeoSeries | None, points: Sequence[tuple[float, float]]
) -> tuple[tuple[float, float, str], ...]:
    """Return the keys of areas that have room for them, each with its place. [pixels]."""
    if not isinstance(areas, gpd.GeoDataFrame) or "area_id" not in areas.columns:
        return ()
    named = []
    for key, shape in zip(areas["area_id"].astype(str), areas.geometry, strict=True):
        if shape is None or shape.is_empty or not shape.is_valid:
            continue
        if np.sqrt(shape.area) * view.scale > _ROOM * max(len(key), 2):
            x, y = view.point(shape)
            if any(math.dist((x, y), point) < _RADIUS for point in points):
                y += _RADIUS  # below the dot of a finding
            named.append((round(x, 1), round(y, 1), key))
    return tuple(named)


def _marker(view: _View, place: Place, point: tuple[float, float], label: tuple[float, float]) -> Marker:
    return Marker(
        number=place.number,
        severity=place.severity,
        path=view.path([place.geometry]),
        is_line=shapely.get_dimensions(place.geometry) == 1,
        x=round(point[0], 1),
        y=round(point[1], 1),
        label_x=round(label[0], 1),
        label_y=round(label[1], 1),
    )


def _labels(points: list[tuple[float, float]], width: float, height: float) -> list[tuple[float, float]]:
    """Return where the numbers stand: near their places, on the sheet, and not on each other while there is room."""
    taken: list[tuple[float, float]] = []
    for x, y in points:
        best = (x, y)
        for turn in range(_TURNS):
            far = _RADIUS * (1.5 + 0.16 * turn)
            angle = -math.pi / 4 + turn * 2.399963  # the golden angle spreads the tries evenly
            spot = (
                min(max(x + far * math.cos(angle), _RADIUS), width - _RADIUS),
                min(max(y + far * math.sin(angle), _RADIUS), height - _RADIUS),
            )
            clear = all(math.dist(spot, other) > 2.1 * _RADIUS for other in taken)
            if clear and all(math.dist(spot, other) > 1.3 * _RADIUS for other in points):
                best = spot
                break
        taken.append(best)
    return taken


def _round_length(metres: float) -> float:
    """Return the largest 1, 2 or 5 times a power of ten that is not longer."""
    power = 10.0 ** math.floor(math.log10(max(metres, 1e-3)))
    return max((step * power for step in _STEPS if step * power <= metres), default=power)
