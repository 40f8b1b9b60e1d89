"""The same map as one HTML file for notebooks, mail and archives: opens without a network and asks nobody.

Drawn from the same `Layer` as the page, so classes, colours and patterns are equal. folium shows texts as markup and
reads its finished scripts once more as a template, so a name such as "{{ x }}" would be run on this machine: texts from
data are escaped against both, and features are numbered instead of being called by their key.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import jinja2
from branca.element import CssLink, Element, JavascriptLink

from maps.catalogue import text, unit_text, value_text
from maps.errors import LayerError, OfflineError
from maps.layers import Layer
from maps.numbers import Language, format_number
from maps.palettes import PATTERNS, STATES
from maps.vendor import FOLDER, library_folder
from maps.whole_files import write_whole

__all__ = ["folium_map", "save_offline"]

_LAND, _BORDER, _EDGE, _PROPOSAL = "#f8f9f7", "#ffffff", "#b9c4c8", "#8a1f5c"
_FOREIGN = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
_CONTENTS = jinja2.Environment(autoescape=True, loader=jinja2.FileSystemLoader(FOLDER / "templates"))


class _Raw(Element):
    """Ready markup: branca would otherwise read names such as "{{ x }}" as a template of its own."""

    def __init__(self, markup: str) -> None:
        super().__init__("{{ this.markup }}")
        self.markup = markup


def folium_map(
    areas: gpd.GeoDataFrame,
    layer: Layer,
    *,
    regions: gpd.GeoDataFrame | None = None,
    zones: gpd.GeoDataFrame | None = None,
    language: Language = "de",
) -> folium.Map:
    """Draw the layer with title, legend, tooltip and source line.

    Parameters
    ----------
    areas : GeoDataFrame
        Columns area_id, name and geometry, in WGS 84; exactly the areas of the layer, in any order.
    layer : Layer
        What is shown.
    regions, zones : GeoDataFrame, optional
        Proposed priority areas and their buffer zones, in WGS 84; a column region_id names them.
    language : {"de", "en"}
        Language of all texts.

    Returns
    -------
    folium.Map
        Without a base map. `save_offline` writes it to a file.

    Raises
    ------
    LayerError
        If the geometries are not in WGS 84 or are not those of the layer.
    """
    for name, frame in (("areas", areas), ("regions", regions), ("zones", zones)):
        if frame is not None and (frame.crs is None or frame.crs.to_epsg() != 4326):
            raise LayerError(f"{name} are not in WGS 84", [str(frame.crs)], "reproject with .to_crs(4326)")
    placed = areas.set_index(areas["area_id"].astype(str))
    if unequal := sorted(set(placed.index) ^ set(layer.area_ids)):
        raise LayerError(
            "areas and layer are not about the same areas", unequal, "pass area_ids to build_layer"
        )
    placed = placed.loc[list(layer.area_ids)]

    west, south, east, north = (float(v) for v in placed.total_bounds)
    drawn = folium.Map(tiles=None, zoom_control=True, control_scale=True, zoom_snap=0.25)
    drawn.fit_bounds([[south, west], [north, east]], padding=(24, 24))
    features, styles = _features(placed, layer, language)
    tooltip = folium.GeoJsonTooltip(fields=["text"], labels=False, class_name="sr-tooltip")
    folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        style_function=lambda feature: styles[feature["id"]],
        highlight_function=lambda _: {"weight": 2.5, "color": "#10202a"},
        smooth_factor=0.5,
        tooltip=tooltip,
    ).add_to(drawn)
    uncertain = placed[[status == "uncertain" for status in layer.statuses]]
    if len(uncertain):
        _outline(uncertain, fill="url(#sr-uncertain)", fillOpacity=1.0, stroke=False).add_to(drawn)
    if zones is not None and len(zones):
        _outline(
            zones, fill=_PROPOSAL, fillOpacity=0.13, color=_PROPOSAL, weight=1.4, dashArray="5 4"
        ).add_to(drawn)
    if regions is not None and len(regions):
        _outline(regions, fill="none", fillOpacity=0.0, color="#ffffff", weight=5.0, dashArray="").add_to(
            drawn
        )
        _outline(
            regions, fill="url(#sr-proposal)", fillOpacity=1.0, color=_PROPOSAL, weight=2.4, dashArray=""
        ).add_to(drawn)
    if layer.symbols is not None:
        _circles(placed, layer, language).add_to(drawn)
    frame = _CONTENTS.get_template("offline.html").render(
        layer=layer,
        language=language,
        shapes=PATTERNS,
        states=[(name, style, layer.count(name)) for name, style in STATES.items() if layer.count(name)],
        unit=unit_text(layer.indicator.unit, language),
        has_regions=regions is not None and len(regions) > 0,
        has_zones=zones is not None and len(zones) > 0,
        t=lambda key, **parts: text(key, language, **parts),
        of=lambda thing, name="label": getattr(thing, f"{name}_{language}"),
        proposal=_PROPOSAL,
        is_computed=layer.indicator.is_computable or layer.indicator.unit == "index",
    )
    root: Any = drawn.get_root()
    root.title = _escape(f"{getattr(layer.indicator, f'title_{language}')}, {layer.period}")
    root.html.add_child(_Raw(frame), name="sr-frame")
    return drawn


def save_offline(drawn: folium.Map, path: Path) -> Path:
    """Write the map as one HTML file in which every script, style and picture is contained; return the path.

    Raises `OfflineError` when something in the map would be loaded from another host, and `VendorError` when
    Leaflet has not been copied; no file is written then.
    """
    if foreign := sorted(set(_foreign_addresses(drawn))):
        raise OfflineError(foreign)
    header: Any = drawn.get_root().header  # type: ignore[attr-defined]
    links, children = (drawn.default_js, drawn.default_css), header._children.copy()
    for name, child in children.items():
        if isinstance(child, JavascriptLink | CssLink):
            del header._children[name]
    drawn.default_js, drawn.default_css = [], []
    header.add_child(_Raw(_leaflet()), name="leaflet", index=0)
    try:
        document: str = drawn.get_root().render()
    finally:
        drawn.default_js, drawn.default_css = links
        header._children = children
    write_whole(path, document.encode())
    return path


def _foreign_addresses(element: Any) -> Iterator[str]:
    """Find what an element and its parts would load: scripts, styles, tiles, pictures, data."""
    for child in element._children.values():
        yield from (v for v in vars(child).values() if isinstance(v, str) and _FOREIGN.match(v))
        yield from (url for _, url in (*getattr(child, "default_js", ()), *getattr(child, "default_css", ())))
        yield from _foreign_addresses(child)


def _features(
    placed: gpd.GeoDataFrame, layer: Layer, language: Language
) -> tuple[list[dict], dict[str, dict]]:
    """Return one GeoJSON feature and one style per area."""
    features, styles = [], {}
    for i, (area_id, row) in enumerate(zip(layer.area_ids, placed.itertuples(), strict=True)):
        status, index = layer.statuses[i], layer.class_index[i]
        if index >= 0:
            fill = layer.classes.colours[index]
        else:
            fill = f"url(#sr-{status})" if status in STATES and status != "uncertain" else _LAND
        styles[str(i)] = {
            "fillColor": fill,
            "fillOpacity": 1,
            "color": _BORDER if layer.symbols is None else _EDGE,
            "weight": 0.8,
        }
        name = str(row.name) if row.name else text("area.no_name", language, id=area_id)
        features.append(
            {
                "type": "Feature",
                "id": str(i),
                "geometry": row.geometry.__geo_interface__,
                "properties": {"text": _tooltip(name, area_id, layer, i, language)},
            }
        )
    return features, styles


def _escape(value: str) -> str:
    """Make a text from data harmless as markup and as a template."""
    return html.escape(value).replace("{", "&#123;").replace("}", "&#125;")


def _tooltip(name: str, area_id: str, layer: Layer, i: int, language: Language) -> str:
    """Return the tooltip as markup; everything from data is escaped."""
    value, status, indicator = layer.values[i], layer.statuses[i], layer.indicator
    status_text = text(f"status.{status}", language)
    if value is None:
        shown = f"<span>{_escape(status_text)}</span>"
    else:
        if indicator.kind == "ordinal":
            labels = layer.classes.labels_de if language == "de" else layer.classes.labels_en
            number = labels[layer.class_index[i]]
        else:
            number = value_text(value, indicator.decimals, indicator.unit, language)
        shown = f"<strong>{_escape(number)}</strong>{_uncertainty(layer, i, language)}"
        if status != "measured":
            shown += f"<span>{_escape(status_text)}</span>"
    key = _escape(text("area.key", language, id=area_id))
    return f"<bdi>{_escape(name)}</bdi><span>{key}</span>{shown}"


def _uncertainty(layer: Layer, i: int, language: Language) -> str:
    """Return interval and comparison with the city, where the layer has them."""
    intervals, indicator = layer.intervals, layer.indicator
    if intervals is None:
        return ""
    low, high, compared = intervals.ci_low[i], intervals.ci_high[i], intervals.comparison[i]
    lines = []
    if low is not None and high is not None:
        upper = value_text(high, indicator.decimals, indicator.unit, language)
        lines.append(f"({format_number(low, indicator.decimals, language)}–{upper})")
    if compared is not None:
        lines.append(text(f"comparison.{compared}", language))
    return "".join(f"<span>{_escape(line)}</span>" for line in lines)


def _outline(frame: gpd.GeoDataFrame, *, fill: str, **style: object) -> folium.GeoJson:
    """Draw outlines that let the pointer through to the areas below."""
    return folium.GeoJson(
        gpd.GeoDataFrame(geometry=frame.geometry).__geo_interface__,
        style_function=lambda _: {"fillColor": fill, **style},
        interactive=False,
    )


def _circles(placed: gpd.GeoDataFrame, layer: Layer, language: Language) -> folium.GeoJson:
    """Put one circle on each area that has a value, its area proportional to the value."""
    symbols = layer.symbols
    if symbols is None:
        raise LayerError("the layer has no circles", [layer.indicator.id], "draw it as filled areas")
    points = placed.geometry.representative_point()
    features, styles = [], {}
    for i, (area_id, point, row) in enumerate(zip(layer.area_ids, points, placed.itertuples(), strict=True)):
        value = layer.values[i]
        if not value:
            continue
        styles[str(i)] = {
            "radius": round(symbols.scale * abs(value) ** 0.5, 2),
            "fillColor": symbols.negative_colour if value < 0 else symbols.colour,
            "fillOpacity": 0.82,
            "color": "#ffffff",
            "weight": 0.8,
        }
        name = str(row.name) if row.name else text("area.no_name", language, id=area_id)
        properties = {"text": _tooltip(name, area_id, layer, i, language)}
        features.append(
            {"type": "Feature", "id": str(i), "geometry": point.__geo_interface__, "properties": properties}
        )
    return folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        marker=folium.CircleMarker(fill=True),
        style_function=lambda feature: styles[feature["id"]],
        tooltip=folium.GeoJsonTooltip(fields=["text"], labels=False, class_name="sr-tooltip"),
    )


def _leaflet() -> str:
    """Return Leaflet's script and style as markup, its pictures as data."""
    folder = library_folder("leaflet")

    def picture(found: re.Match[str]) -> str:
        data = base64.b64encode((folder / found[1]).read_bytes()).decode()
        return f"url(data:image/png;base64,{data})"

    style = re.sub(r"url\((images/[\w.-]+\.png)\)", picture, (folder / "leaflet.css").read_text("utf-8"))
    script = (folder / "leaflet.js").read_text("utf-8")
    return f"<style>{style}</style>\n<script>{script}</script>"
