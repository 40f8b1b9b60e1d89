"""Maps of priority areas from draft to agreed: kept with their shapes, moved on by somebody who is named."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import Connection, insert, text

from db import models
from db.errors import MapStateError, UnknownMapError
from db.queries.city_lock import lock_city
from db.queries.rows import read_one, read_rows
from db.queries.vintages import newest_edition
from db.queries.withheld_areas import MAP_IS_WITHHELD, PASSPORT_WITHOUT_SUMS
from spatial.regions.outline_digest import multipolygon, outlines_digest

__all__ = [
    "PUBLIC",
    "STEPS",
    "create",
    "events",
    "get",
    "in_force",
    "listed",
    "move",
    "read_areas",
    "read_regions",
    "region_rows",
]

STEPS = {
    "draft": ("proposed", "withdrawn"),
    "proposed": ("draft", "agreed", "withdrawn"),
    "agreed": ("superseded",),
    "superseded": (),
    "withdrawn": (),
}
"""What a map can become, by what it is; superseded it becomes only by another one that is agreed."""

PUBLIC = ("proposed", "agreed", "superseded")
"""States in which everybody may see a map; drafts and what was withdrawn stay in the house."""

_COLUMNS = (
    "m.id, m.city_id, m.title, m.status, m.geography_id, m.edition, m.geometry_sha256,"
    " m.decision_number, m.decision_date, m.created_by, m.created_at,"
    " (SELECT count(*) FROM priority_map_region r WHERE r.map_id = m.id) AS regions,"
    " (SELECT count(DISTINCT area_id) FROM priority_map_area a WHERE a.map_id = m.id) AS areas,"
    f" {newest_edition('m')} AS newest_edition,"
    " s.is_withheld, CASE WHEN NOT s.is_withheld"
    " THEN (SELECT sum(residents) FROM priority_map_region r WHERE r.map_id = m.id) END AS residents,"
    f" CASE WHEN s.is_withheld THEN {PASSPORT_WITHOUT_SUMS} ELSE m.passport END AS passport"
)
# Materialised: asked for once per map, whatever the columns ask.
_MAPS = f"priority_map m CROSS JOIN LATERAL (SELECT {MAP_IS_WITHHELD} AS is_withheld OFFSET 0) AS s"
_SUMS = (
    "CASE WHEN NOT s.is_withheld THEN g.residents END AS residents,"
    " CASE WHEN NOT s.is_withheld THEN g.mean_need END AS mean_need"
)


def create(
    connection: Connection,
    *,
    city_id: str,
    title: str,
    geography_id: str,
    edition: str,
    regions: gpd.GeoDataFrame,
    areas: pd.Series,
    passport: Mapping[str, Any],
    by: str,
    note: str = "",
) -> int:
    """Keep a new draft; return its number.

    `regions` in a metric CRS, indexed by region id, with `kind`, `areas`, `residents` and `mean_need`; `areas` holds
    the region id by area_id, for the areas that are in one. Once this is done nothing is added to the map any more.
    """
    row = {
        "city_id": city_id,
        "title": title,
        "geography_id": geography_id,
        "edition": edition,
        "passport": json.loads(json.dumps(dict(passport), allow_nan=False)),
        "geometry_sha256": outlines_digest(regions),
        "created_by": by,
    }
    number = int(
        connection.execute(
            insert(models.PriorityMap).values(row).returning(models.PriorityMap.id)
        ).scalar_one()
    )
    srid = regions.crs.to_epsg() if len(regions) else 0
    shapes = [
        {
            "map_id": number,
            "region_id": str(region_id),
            "kind": one["kind"],
            "areas": int(one["areas"]),
            "residents": _number(one["residents"]),
            "mean_need": _number(one["mean_need"]),
            "geometry": f"SRID={srid};{shapely.to_wkt(multipolygon(one[regions.geometry.name]), rounding_precision=-1)}",
        }
        for region_id, one in regions.iterrows()
    ]
    if shapes:
        connection.execute(insert(models.PriorityMapRegion), shapes)
    members = [
        {"map_id": number, "region_id": str(region), "area_id": str(area)}
        for area, region in areas.dropna().items()
    ]
    if members:
        connection.execute(insert(models.PriorityMapArea), members)
    _say_who(connection, by=by, note=note)
    # The database writes the first step when asked to, or at the end of the transaction; the map is closed from then on.
    connection.execute(text("SET CONSTRAINTS priority_map_is_recorded IMMEDIATE"))
    connection.execute(text("SET CONSTRAINTS priority_map_is_recorded DEFERRED"))
    return number


def move(
    connection: Connection,
    number: int,
    status: str,
    *,
    by: str,
    note: str = "",
    decision_number: str | None = None,
    decision_date: date | None = None,
) -> None:
    """Bring a map to its next state; what was in force before an agreed one is superseded.

    Raises
    ------
    UnknownMapError, MapStateError
        If there is no such map, it cannot become that, it has no region, a decision is missing, or somebody agreed to
        another map at the same moment.
    """
    seen = read_one(connection, "SELECT city_id FROM priority_map WHERE id = :id", {"id": number})
    if seen is None:
        raise UnknownMapError(number)
    expected = None
    if status == "agreed":
        expected = in_force(connection, seen["city_id"])
        lock_city(connection, seen["city_id"])
    known = read_one(connection, "SELECT * FROM priority_map WHERE id = :id FOR UPDATE", {"id": number})
    if known is None:
        raise UnknownMapError(number)
    if status == "superseded" or status not in STEPS[known["status"]]:
        possible = [one for one in STEPS[known["status"]] if one != "superseded"]
        raise MapStateError(number, known["status"], status, possible)
    if status in ("proposed", "agreed") and not region_rows(connection, number):
        raise MapStateError(number, known["status"], f"{status} without a single priority area", [])
    if status == "agreed":
        if not (decision_number or "").strip() or decision_date is None:
            raise MapStateError(number, known["status"], "agreed without number and date of a decision", [])
        before = in_force(connection, known["city_id"])
        if before is not None and (expected is None or expected["id"] != before["id"]):
            raise MapStateError(
                number,
                known["status"],
                f"agreed unseen: map {before['id']} was agreed at the same moment; look at it, then agree again",
                [],
            )
        if before is not None:
            _say_who(connection, by=by, note=f"{decision_number}: map {number}")
            _set(connection, before["id"], "superseded")
    _say_who(connection, by=by, note=note)
    _set(connection, number, status, decision_number, decision_date)


def _set(
    connection: Connection,
    number: int,
    status: str,
    decision_number: str | None = None,
    decision_date: date | None = None,
) -> None:
    agreed = ", decision_number = :decision, decision_date = :on" if status == "agreed" else ""
    connection.execute(
        text(f"UPDATE priority_map SET status = :status{agreed} WHERE id = :id"),
        {"id": number, "status": status}
        | ({"decision": (decision_number or "").strip(), "on": decision_date} if agreed else {}),
    )


def _say_who(connection: Connection, *, by: str, note: str) -> None:
    """Tell the database who does the next step and why; it writes the step itself."""
    connection.execute(
        text(
            "SELECT set_config('sozialraum.done_by', :by, true), set_config('sozialraum.note', :note, true)"
        ),
        {"by": by, "note": note},
    )


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def listed(
    connection: Connection, city_id: str, *, states: Collection[str] = tuple(STEPS)
) -> list[dict[str, Any]]:
    """Return the maps of a city that are in one of the states, the newest first."""
    return read_rows(
        connection,
        f"SELECT {_COLUMNS} FROM {_MAPS} WHERE m.city_id = :city AND m.status = ANY(:states)"
        " ORDER BY m.id DESC",
        {"city": city_id, "states": list(states)},
    )


def get(
    connection: Connection, city_id: str, number: int, *, states: Collection[str] = tuple(STEPS)
) -> dict[str, Any]:
    """Return a map of a city that is in one of the states, or raise `UnknownMapError`."""
    row = read_one(
        connection,
        f"SELECT {_COLUMNS} FROM {_MAPS} WHERE m.city_id = :city AND m.id = :id AND m.status = ANY(:states)",
        {"city": city_id, "id": number, "states": list(states)},
    )
    if row is None:
        raise UnknownMapError(number, city_id)
    return row


def in_force(connection: Connection, city_id: str) -> dict[str, Any] | None:
    """Return the agreed map of a city, or None."""
    return read_one(
        connection,
        f"SELECT {_COLUMNS} FROM {_MAPS} WHERE m.city_id = :city AND m.status = 'agreed'",
        {"city": city_id},
    )


def events(connection: Connection, number: int) -> list[dict[str, Any]]:
    """Return who did what with a map, the oldest first."""
    return read_rows(
        connection,
        "SELECT status, done_by, done_at, note FROM priority_map_event WHERE map_id = :id ORDER BY id",
        {"id": number},
    )


def read_areas(connection: Connection, number: int) -> pd.Series:
    """Return the region id of each area that lies in one, by area_id."""
    rows = read_rows(
        connection,
        "SELECT area_id, region_id FROM priority_map_area WHERE map_id = :id ORDER BY area_id, region_id",
        {"id": number},
    )
    return pd.Series(
        [row["region_id"] for row in rows],
        index=pd.Index([row["area_id"] for row in rows], name="area_id", dtype="str"),
        dtype="str",
        name="region_id",
    )


def region_rows(connection: Connection, number: int) -> list[dict[str, Any]]:
    """Return the priority areas of a map without their shapes, the largest first."""
    return read_rows(
        connection,
        f"SELECT region_id, kind, areas, {_SUMS} FROM priority_map_region g"
        f" JOIN {_MAPS} ON m.id = g.map_id WHERE map_id = :id ORDER BY 4 DESC NULLS LAST, region_id",
        {"id": number},
    )


def read_regions(connection: Connection, number: int) -> gpd.GeoDataFrame:
    """Return the priority areas of a map in the metric CRS, indexed by region id."""
    rows = read_rows(
        connection,
        f"SELECT region_id, kind, areas, {_SUMS}, ST_AsBinary(geometry) AS wkb,"
        f" ST_SRID(geometry) AS srid FROM priority_map_region g JOIN {_MAPS} ON m.id = g.map_id WHERE map_id = :id"
        " ORDER BY length(region_id), region_id",
        {"id": number},
    )
    frame = pd.DataFrame(rows, columns=["region_id", "kind", "areas", "residents", "mean_need"])
    return gpd.GeoDataFrame(
        frame.set_index("region_id"),
        geometry=shapely.from_wkb([bytes(row["wkb"]) for row in rows]),
        crs=f"EPSG:{rows[0]['srid']}" if rows else None,
    )
