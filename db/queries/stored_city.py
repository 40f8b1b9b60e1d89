"""What is stored of a city as a whole: how it is called, where it lies, and whose data set was loaded last."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from db.queries.load_order import load_in_force
from db.queries.rows import read_one, read_rows
from db.queries.vintages import NEWEST_VINTAGE

__all__ = ["StoredCity", "StoredGround", "stored_city"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredGround:
    """Where the areas of a coordinate system lie: west, south, east, north."""

    srid: int
    bounds: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCity:
    """A city in force; `source_id` is the data set of the load in force, empty where an undo left a mixture.

    `grounds`: of the newest edition of every level, one per coordinate system.
    """

    title_de: str
    title_en: str
    source_id: str
    grounds: tuple[StoredGround, ...]


def stored_city(connection: Connection, city_id: str) -> StoredCity | None:
    """Return what is stored of a city, or None when it was never loaded."""
    told = read_one(connection, "SELECT title_de, title_en FROM city WHERE id = :city", {"city": city_id})
    if told is None:
        return None
    rows = read_rows(
        connection,
        "SELECT v.srid, ST_XMin(e.extent) AS west, ST_YMin(e.extent) AS south, ST_XMax(e.extent) AS east,"
        f" ST_YMax(e.extent) AS north FROM (SELECT srid, array_agg(id) AS ids FROM {NEWEST_VINTAGE} n"
        "  WHERE city_id = :city GROUP BY srid) AS v"
        " CROSS JOIN LATERAL (SELECT ST_Extent(geometry) AS extent FROM area WHERE vintage_id = ANY(v.ids)) AS e"
        " WHERE e.extent IS NOT NULL ORDER BY v.srid",
        {"city": city_id},
    )
    newest = load_in_force(connection, city_id)
    return StoredCity(
        title_de=told["title_de"],
        title_en=told["title_en"],
        source_id="" if newest is None else newest["source_id"],
        grounds=tuple(
            StoredGround(srid=row["srid"], bounds=(row["west"], row["south"], row["east"], row["north"]))
            for row in rows
        ),
    )
