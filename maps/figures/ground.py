"""How does a map lie on its page? The whole city in full width, a scale below, polygons with colour, pattern and label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.polygon import orient

from maps.figures.caption import Caption, said
from maps.figures.errors import FigureError
from maps.figures.sheet import MARGIN, WIDTH, Key, Panel, Sheet, lay_out
from maps.figures.style import BORDER, INK
from maps.numbers import Language, format_number

__all__ = [
    "OUTLINE",
    "Look",
    "draw_areas",
    "draw_outline",
    "draw_regions",
    "fill",
    "label_regions",
    "map_page",
    "on_the_ground",
    "require_same_areas",
]

OUTLINE: Final = 1.9
"""Width of a region's outline [points]."""


_WORDS: Final = {"kilometres": ("{n} km", "{n} km"), "metres": ("{n} m", "{n} m")}

_TALLEST: Final = 6.4
_RIM: Final = 0.008  # around the city, so that no outline is cut [share of its width]
_BELOW: Final = 0.3  # room for the scale [inches]
_LABEL: Final = 0.28  # how far labels have to be apart [inches]
_ROOM: Final = 0.13  # radius of the circle that a label needs inside a region [inches]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Colour and pattern of one class."""

    colour: str
    hatch: str = ""
    ink: str = "none"

    def key(self, text: str) -> Key:
        """Return the class as it stands in the legend."""
        edge = self.ink if self.hatch else ""
        return Key(text=text, look="area", colour=self.colour, hatch=self.hatch, edge=edge)


def on_the_ground(areas: gpd.GeoDataFrame | gpd.GeoSeries) -> gpd.GeoSeries:
    """Return the shapes of areas that can be drawn to scale: one row each, in metres."""
    geometry = areas.geometry
    if geometry.crs is None or not geometry.crs.is_projected:
        raise FigureError(
            f"the areas are not in a projected CRS ({geometry.crs})", "reproject with .to_crs(25833)"
        )
    if not geometry.index.is_unique:
        raise FigureError("an area occurs twice", "keep one row per area")
    if not len(geometry):
        raise FigureError("no areas", "give one at least")
    return geometry


def map_page(
    shapes: gpd.GeoSeries,
    *,
    title: str,
    caption: Caption,
    lead: str,
    keys: Sequence[Key],
    notes: Iterable[str],
    facts: str,
    language: Language,
) -> tuple[Sheet, Axes]:
    """Return a page with all its texts and a plot that shows the whole city, with a scale below."""
    west, south, east, north = shapes.total_bounds
    rim = _RIM * (east - west)
    west, south, east, north = west - rim, south - rim, east + rim, north + rim
    inside = WIDTH - 2 * MARGIN
    height = float(np.clip(inside * (north - south) / (east - west), 1.0, _TALLEST))
    sheet, (plot,) = lay_out(
        title=title,
        caption=caption,
        lead=lead,
        panels=[Panel(height=height + _BELOW, ticks=False)],
        keys=keys,
        notes=notes,
        facts=facts,
        language=language,
    )
    page, box = float(sheet.get_size_inches()[1]), plot.get_position()
    plot.set_position((MARGIN / WIDTH, box.y0 + _BELOW / page, inside / WIDTH, height / page))
    plot.set_xlim(west, east)
    plot.set_ylim(south, north)
    plot.set_aspect("equal", anchor="C")
    plot.set_axis_off()
    _scale_bar(sheet, plot, language)
    return sheet, plot


def require_same_areas(areas: pd.Index, other: pd.Index, what: str) -> None:
    """Raise when a result is about other areas than those that are drawn."""
    unequal = areas.symmetric_difference(other)
    if len(unequal):
        shown = ", ".join(str(area) for area in unequal[:5])
        raise FigureError(
            f"the areas and {what} are not about the same areas ({len(unequal)}): {shown}",
            "give the areas that were computed with",
        )


def fill(plot: Axes, shapes: Iterable[shapely.Geometry], look: Look, *, layer: float = 2.0) -> None:
    """Fill polygons with a colour and a pattern."""
    path = _path(shapes)
    if path is not None:
        plot.add_patch(
            PathPatch(
                path,
                facecolor=look.colour,
                edgecolor=look.ink,
                linewidth=0.0,
                hatch=look.hatch or None,
                zorder=layer,
            )
        )


def draw_areas(plot: Axes, shapes: gpd.GeoSeries) -> None:
    """Draw the borders of all areas, thinner where there are many: the classes are what is to be seen."""
    width = float(np.clip(0.5 * np.sqrt(300 / len(shapes)), 0.12, 0.5))
    draw_outline(plot, shapes, colour=BORDER, width=width)


def draw_regions(plot: Axes, regions: gpd.GeoSeries) -> None:
    """Draw the outlines of regions on a light seam, so that they stand out from every ground."""
    draw_outline(plot, regions, colour="white", width=OUTLINE + 1.6, layer=4.0)
    draw_outline(plot, regions, colour=INK, width=OUTLINE, layer=4.1)


def draw_outline(
    plot: Axes,
    shapes: Iterable[shapely.Geometry],
    *,
    colour: str = BORDER,
    width: float,
    dashes: tuple[float, ...] = (),
    layer: float = 3.0,
) -> None:
    """Draw the outlines of polygons."""
    path = _path(shapes)
    if path is not None:
        style = (0, dashes) if dashes else "solid"
        plot.add_patch(
            PathPatch(
                path,
                facecolor="none",
                edgecolor=colour,
                linewidth=width,
                linestyle=style,
                joinstyle="round",
                zorder=layer,
            )
        )


def _path(shapes: Iterable[shapely.Geometry]) -> Path | None:
    """Return all polygons as one path; holes run the other way round."""
    rings = []
    for shape in shapes:
        parts = shape.geoms if isinstance(shape, MultiPolygon) else [shape]
        for polygon in parts:
            if isinstance(polygon, Polygon) and not polygon.is_empty:
                turned = orient(polygon)
                rings += [np.asarray(ring.coords)[:, :2] for ring in (turned.exterior, *turned.interiors)]
    if not rings:
        return None
    codes = [np.r_[Path.MOVETO, np.full(len(ring) - 2, Path.LINETO), Path.CLOSEPOLY] for ring in rings]
    return Path(np.concatenate(rings), np.concatenate(codes).astype(Path.code_type))


def _scale_bar(sheet: Sheet, plot: Axes, language: Language) -> None:
    """Draw a round length in the lower left corner of the map."""
    below = plot.get_position(original=True).y0
    plot.apply_aspect()
    west, east = plot.get_xlim()
    box = plot.get_position()
    metres_per_inch = (east - west) / (box.width * WIDTH)
    wanted = 1.3 * metres_per_inch
    power = 10.0 ** np.floor(np.log10(wanted))
    length = max(step * power for step in (1, 2, 5) if step * power <= wanted)
    key, shown = ("kilometres", length / 1000) if length >= 1000 else ("metres", length)
    inches, page = length / metres_per_inch, float(sheet.get_size_inches()[1])
    left, low = MARGIN, below * page - _BELOW + 0.02
    for x, y in (
        ([left, left + inches], [low, low]),
        ([left] * 2, [low, low + 0.06]),
        ([left + inches] * 2, [low, low + 0.06]),
    ):
        sheet.add_artist(Line2D(x, y, color=INK, linewidth=1.0, transform=sheet.dpi_scale_trans))
    sheet.text(
        left + inches / 2,
        low + 0.08,
        said(_WORDS, key, language, n=format_number(shown, 0, language)),
        transform=sheet.dpi_scale_trans,
        ha="center",
        va="bottom",
        fontsize=7.5,
    )


def label_regions(plot: Axes, shapes: gpd.GeoSeries, labels: Mapping[str, str]) -> None:
    """Write a short label into each region where there is room, else beside it; the index names the regions.

    The plot has its place on the page already.
    """
    sheet = plot.get_figure(root=True)
    west, east = plot.get_xlim()
    south, north = plot.get_ylim()
    inches = plot.get_position().width * float(sheet.get_size_inches()[0]) if sheet is not None else WIDTH
    inch = (east - west) / inches
    known = shapes[~shapes.is_empty]
    whole = shapely.union_all(known.to_numpy())
    page = shapely.box(west, south, east, north).buffer(-_LABEL / 2 * inch)
    taken: list[shapely.Point] = []
    for name, shape in known.items():
        middle, radius = _widest(shape, inch)
        inside = radius >= _ROOM * inch
        places = [middle] if inside else _around(shape, middle, whole, page, inch)
        apart = [min((place.distance(other) for other in taken), default=np.inf) for place in places]
        free = [place for place, far in zip(places, apart, strict=True) if far >= _LABEL * inch]
        place = free[0] if free else places[int(np.argmax(apart))]
        taken.append(place)
        plot.annotate(
            labels.get(str(name), str(name)),
            (middle.x, middle.y),
            (place.x, place.y),
            ha="center",
            va="center_baseline",
            fontsize=8,
            fontweight="bold",
            color=INK,
            zorder=6,
            annotation_clip=False,
            bbox={"boxstyle": "round,pad=0.18", "facecolor": "white", "edgecolor": INK, "linewidth": 0.7},
            arrowprops=None if inside else {"arrowstyle": "-", "color": INK, "linewidth": 0.7, "shrinkB": 0},
        )


def _widest(shape: shapely.Geometry, inch: float) -> tuple[shapely.Point, float]:
    """Return the middle and the radius of the largest circle inside a shape."""
    largest = max(shapely.get_parts(shape), key=shapely.area)
    circle = shapely.maximum_inscribed_circle(largest, tolerance=inch / 100)
    return shapely.get_point(circle, 0), float(shapely.length(circle))


def _around(
    shape: shapely.Geometry,
    middle: shapely.Point,
    whole: shapely.Geometry,
    page: shapely.Geometry,
    inch: float,
) -> list[shapely.Point]:
    """Return places beside a shape, the nearest first: on the page, and off all regions where that is possible."""
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    reach = np.arange(0.2, 1.2, 0.05)[:, None] * inch
    points = shapely.points(
        (middle.x + reach * np.cos(angle)).ravel(), (middle.y + reach * np.sin(angle)).ravel()
    )
    points = points[shapely.contains(page, points)]
    clear = points[shapely.distance(points, whole) >= 0.14 * inch]
    return list(clear) if len(clear) else [middle]
