"""Overlays of a city: put as a whole by a load, kept when another one takes its place, read as features or GeoJSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import Connection, insert, text

from db import models
from db.queries.copying import copy_in
from db.queries.rows import read_one, read_rows

__all__ = [
    "FEATURE_COLUMNS",
    "IncomingOverlay",
    "OverlayPage",
    "OverlayRow",
    "names_of_source",
    "overlay_in_force",
    "overlays",
    "put_overlays",
    "read_features",
    "read_overlay_page",
    "take_back_overlays",
]

FEATURE_COLUMNS = ("number", "name", "properties", "srid", "geometry")
_DIGITS = 7  # of degrees: about a centimetre
_IN_FORCE = (
    "SELECT o.id, o.city_id, o.name, o.kind, o.title_de, o.title_en, o.publisher, o.licence, o.attribution,"
    " o.url, o.as_of, o.srid, o.load_id, c.is_synthetic,"
    " (SELECT count(*) FROM overlay_feature f WHERE f.overlay_id = o.id) AS features"
    " FROM overlay o JOIN city c ON c.id = o.city_id WHERE o.superseded_by IS NULL"
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IncomingOverlay:
    """An overlay to be stored: the columns of `overlay` in `about`; `features` with `FEATURE_COLUMNS`.

    Properties are JSON text, geometry is EWKB as hex text.
    """

    about: dict[str, Any]
    features: pd.DataFrame

    def __repr__(self) -> str:
        return f"IncomingOverlay({self.about['name']}: {len(self.features)} features)"


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlayRow:
    """An overlay in force: what is said of it, and how many features it has."""

    id: int
    city_id: str
    name: str
    kind: Literal["facility", "street", "other"]
    title_de: str
    title_en: str
    publisher: str
    licence: str
    attribution: str
    url: str
    as_of: date
    srid: int
    load_id: int
    features: int
    is_synthetic: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlayPage:
    """Features as GeoJSON text; `next_after` is the number to go on from, or None at the end."""

    features: list[str]
    next_after: int | None


def put_overlays(
    connection: Connection,
    incoming: Sequence[IncomingOverlay],
    *,
    city_id: str,
    source_id: str,
    load_id: int,
) -> dict[str, int]:
    """Make the overlays of a source what this load says: new ones in force, changed ones replaced, others withdrawn.

    One that is the same, to the last coordinate, is left alone. What is replaced or withdrawn is kept. Where there are
    none and were none, there is nothing to count.
    """
    before = {
        row["name"]: row
        for row in read_rows(
            connection,
            "SELECT id, name, source_id, checksum FROM overlay WHERE city_id = :city AND superseded_by IS NULL",
            {"city": city_id},
        )
    }
    if not before and not incoming:
        return {}
    counts = dict.fromkeys(
        (
            "overlays_inserted",
            "overlays_replaced",
            "overlays_withdrawn",
            "overlays_unchanged",
            "overlay_features",
        ),
        0,
    )
    names = {one.about["name"] for one in incoming}
    gone = [row["id"] for name, row in before.items() if row["source_id"] == source_id and name not in names]
    counts["overlays_withdrawn"] = len(gone)
    new = []
    for one in incoming:
        there = before.get(one.about["name"])
        if there is not None and (there["source_id"], there["checksum"]) == (
            source_id,
            one.about["checksum"],
        ):
            counts["overlays_unchanged"] += 1
            continue
        counts["overlays_inserted" if there is None else "overlays_replaced"] += 1
        gone += [] if there is None else [there["id"]]
        new.append(one)
    connection.execute(
        text("UPDATE overlay SET superseded_by = :load WHERE id = ANY(:gone)"),
        {"load": load_id, "gone": gone},
    )
    for one in new:
        fields = {**one.about, "city_id": city_id, "source_id": source_id, "load_id": load_id}
        overlay_id = connection.execute(
            insert(models.Overlay).values(fields).returning(models.Overlay.id)
        ).scalar_one()
        counts["overlay_features"] += copy_in(
            connection,
            "overlay_feature",
            one.features.assign(overlay_id=overlay_id),
            ["overlay_id", *FEATURE_COLUMNS],
        )
    return counts


def take_back_overlays(connection: Connection, load_id: int, *, undone_by: int) -> int:
    """Undo what a load did to overlays, or what an undo did; return how many changed.

    What it put in force is superseded by the load that undoes it, and what it superseded is in force again.
    """
    loads = {"load": load_id, "undo": undone_by}
    out = connection.execute(
        text(
            "UPDATE overlay SET superseded_by = :undo, restored_by = NULL"
            " WHERE superseded_by IS NULL AND :load IN (load_id, restored_by)"
        ),
        loads,
    ).rowcount
    back = connection.execute(
        text("UPDATE overlay SET superseded_by = NULL, restored_by = :undo WHERE superseded_by = :load"),
        loads,
    ).rowcount
    return out + back


def overlays(connection: Connection, city_id: str | None = None) -> list[OverlayRow]:
    """Return the overlays in force of a city, or of all, by city and name."""
    rows = read_rows(
        connection,
        f"{_IN_FORCE} AND (CAST(:city AS text) IS NULL OR o.city_id = :city) ORDER BY o.city_id, o.name",
        {"city": city_id},
    )
    return [OverlayRow(**row) for row in rows]


def names_of_source(connection: Connection, city_id: str, source_id: str) -> list[str]:
    """Return the names of the overlays in force that came with a data set of a city, in order."""
    query = "SELECT name FROM overlay WHERE (city_id, source_id) = (:city, :source) AND superseded_by IS NULL ORDER BY name"
    return [row["name"] for row in read_rows(connection, query, {"city": city_id, "source": source_id})]


def overlay_in_force(connection: Connection, city_id: str, name: str) -> OverlayRow | None:
    """Return one overlay in force, or None; no other one is looked at."""
    row = read_one(
        connection, f"{_IN_FORCE} AND (o.city_id, o.name) = (:city, :name)", {"city": city_id, "name": name}
    )
    return None if row is None else OverlayRow(**row)


def read_features(connection: Connection, overlay: OverlayRow) -> gpd.GeoDataFrame:
    """Return the features of an overlay in the metric CRS of its city, by number: `name`, `properties`, geometry."""
    rows = connection.execute(
        text(
            "SELECT number, name, properties, ST_AsBinary(geometry) AS wkb FROM overlay_feature"
            " WHERE overlay_id = :overlay ORDER BY number"
        ),
        {"overlay": overlay.id},
    ).all()
    return gpd.GeoDataFrame(
        {"name": [row.name for row in rows], "properties": [row.properties for row in rows]},
        index=pd.Index([row.number for row in rows], name="number"),
        geometry=shapely.from_wkb([bytes(row.wkb) for row in rows]),
        crs=f"EPSG:{overlay.srid}",
    )


def read_overlay_page(
    connection: Connection, overlay: OverlayRow, *, limit: int, after: int = 0
) -> OverlayPage:
    """Return up to `limit` features of an overlay after a number, as GeoJSON in WGS 84."""
    rows = connection.execute(
        text(
            "SELECT number, json_build_object('type', 'Feature', 'id', number, 'geometry',"
            f" ST_AsGeoJSON(ST_ForcePolygonCCW(ST_Transform(geometry, 4326)), {_DIGITS})::json, 'properties',"
            " properties || jsonb_build_object('name', name))::text AS feature"
            " FROM overlay_feature WHERE overlay_id = :overlay AND number > :after ORDER BY number LIMIT :rows"
        ),
        {"overlay": overlay.id, "after": after, "rows": limit + 1},
    ).all()
    more = len(rows) > limit
    return OverlayPage(
        features=[row.feature for row in rows[:limit]], next_after=rows[limit - 1].number if more else None
    )
