"""A map of a result as one HTML file that works offline."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
from sqlalchemy import Connection

from db.queries import areas, regions, runs
from db.queries.layers import read_layer
from maps.folium_map import folium_map, save_offline
from maps.layers import LayerSource, build_layer
from maps.numbers import Language

__all__ = ["save_offline_map"]

_WGS84 = "EPSG:4326"


def save_offline_map(
    connection: Connection,
    city: str,
    path: Path,
    *,
    indicator_id: str | None = None,
    geography: str | None = None,
    period: str | None = None,
    edition: str | None = None,
    language: Language = "de",
) -> Path:
    """Draw one indicator with the newest proposal, where that is of the same boundaries, and write the file."""
    inputs = read_layer(
        connection, city, indicator_id=indicator_id, geography=geography, period=period, edition=edition
    )
    layer = build_layer(
        inputs.indicator,
        inputs.values,
        period=inputs.period,
        geography=inputs.level["id"],
        area_ids=inputs.area_ids,
        reference_date=inputs.reference_date,
        source=LayerSource(**inputs.source),
        intervals=inputs.intervals,
    )
    proposal = runs.newest(connection, city_id=city, kind="proposal")
    if proposal is not None:
        levels = {
            level["id"]: level["edition"] for level in areas.geographies(connection, city, edition=edition)
        }
        made_on = proposal["parameters"]
        if levels.get(made_on["geography"]) != made_on["edition"]:
            proposal = None  # its outlines would lie across those drawn
    drawn = folium_map(
        areas.read_areas(connection, inputs.level["vintage_id"]).reset_index().to_crs(_WGS84),
        layer,
        regions=_in_degrees(regions.read_cores(connection, proposal["id"])) if proposal else None,
        zones=_in_degrees(regions.read_zones(connection, proposal["id"])) if proposal else None,
        language=language,
    )
    return save_offline(drawn, path)


def _in_degrees(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame | None:
    return frame.reset_index().to_crs(_WGS84) if len(frame) else None
