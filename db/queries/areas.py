"""Read levels, editions and areas."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import shapely
from sqlalchemy import Connection, text

from db.errors import UnknownValuesError
from db.queries.rows import read_rows
from db.queries.vintages import CHOSEN_VINTAGE

__all__ = [
    "ancestors",
    "area_ids",
    "area_names",
    "finest_geography",
    "geographies",
    "land_area",
    "read_areas",
    "told_editions",
]


def geographies(connection: Connection, city_id: str, *, edition: str | None = None) -> list[dict[str, Any]]:
    """Return the levels of a city from the top down, each with its newest edition and number of areas.

    With `edition` the levels that have this one, in it. `editions`: all that the level has, the newest first, each with
    edition, valid_from, valid_to and areas.

    Raises
    ------
    UnknownValuesError
        If no level has this edition.
    """
    rows = read_rows(
        connection,
        "SELECT g.*, v.id AS vintage_id, v.edition, v.valid_from, v.valid_to, v.srid,"
        " (SELECT count(*) FROM area a WHERE a.vintage_id = v.id) AS areas,"
        " (SELECT jsonb_agg(jsonb_build_object('edition', e.edition, 'valid_from', e.valid_from, 'valid_to', e.valid_to,"
        "  'areas', (SELECT count(*) FROM area a WHERE a.vintage_id = e.id)) ORDER BY e.valid_from DESC) FROM vintage e"
        "  WHERE (e.city_id, e.geography_id) = (g.city_id, g.id) AND e.withdrawn_by IS NULL) AS editions,"
        " g.rank = max(g.rank) OVER () AS is_finest"
        f" FROM geography_level g JOIN {CHOSEN_VINTAGE} v ON (v.city_id, v.geography_id) = (g.city_id, g.id)"
        " WHERE g.city_id = :city ORDER BY g.rank, g.id",
        {"city": city_id, "edition": edition},
    )
    if not rows and edition is not None:
        raise UnknownValuesError(
            f"{city_id} has no edition {edition!r}; {told_editions(connection, city_id)}"
        )
    return rows


def told_editions(connection: Connection, city_id: str) -> str:
    """Say which editions a city has, the newest first."""
    known = dict.fromkeys(
        one["edition"] for level in geographies(connection, city_id) for one in level["editions"]
    )
    return f"editions: {', '.join(known) or 'none'}"


def finest_geography(connection: Connection, city_id: str) -> dict[str, Any]:
    """Return the finest level of a city, or raise `UnknownValuesError` when nothing of it is loaded."""
    levels = geographies(connection, city_id)
    if not levels:
        raise UnknownValuesError(f"{city_id}: nothing is loaded; run 'sozialraum load {city_id}' first")
    return levels[-1]


def read_areas(connection: Connection, vintage_id: int) -> gpd.GeoDataFrame:
    """Return the areas of an edition in their metric CRS, indexed by area_id (text), ordered by it."""
    rows = connection.execute(
        text(
            "SELECT area_id, name, parent_area_id, srid, ST_AsBinary(geometry) AS wkb"
            " FROM area WHERE vintage_id = :vintage ORDER BY area_id"
        ),
        {"vintage": vintage_id},
    ).all()
    return gpd.GeoDataFrame(
        {"name": [row.name for row in rows], "parent_id": [row.parent_area_id for row in rows]},
        index=[row.area_id for row in rows],
        geometry=shapely.from_wkb([bytes(row.wkb) for row in rows]),
        crs=f"EPSG:{rows[0].srid}" if rows else None,
    ).rename_axis("area_id")


def area_ids(connection: Connection, vintage_id: int) -> list[str]:
    """Return the codes of all areas of an edition, in order."""
    statement = text("SELECT area_id FROM area WHERE vintage_id = :vintage ORDER BY area_id")
    return list(connection.execute(statement, {"vintage": vintage_id}).scalars())


def area_names(connection: Connection, vintage_id: int) -> dict[str, str]:
    """Return the name of every area of an edition by its code."""
    rows = read_rows(
        connection, "SELECT area_id, name FROM area WHERE vintage_id = :vintage", {"vintage": vintage_id}
    )
    return {row["area_id"]: row["name"] for row in rows}


def land_area(connection: Connection, vintage_id: int) -> dict[str, float]:
    """Return the size of every area of an edition by its code [km²], measured from its boundary."""
    rows = read_rows(
        connection,
        "SELECT area_id, ST_Area(geometry) / 1e6 AS size FROM area WHERE vintage_id = :vintage",
        {"vintage": vintage_id},
    )
    return {row["area_id"]: row["size"] for row in rows}


def ancestors(connection: Connection, vintage_id: int, *, above: int) -> dict[str, str]:
    """Return, for every area of an edition, the area of the edition `above` that it lies in."""
    rows = read_rows(
        connection,
        "WITH RECURSIVE way AS ("
        " SELECT area_id AS start, parent_vintage_id AS vintage_id, parent_area_id AS area_id"
        "  FROM area WHERE vintage_id = :vintage"
        " UNION ALL SELECT w.start, a.parent_vintage_id, a.parent_area_id FROM way w"
        "  JOIN area a ON (a.vintage_id, a.area_id) = (w.vintage_id, w.area_id) WHERE w.vintage_id <> :above"
        ") SELECT start, area_id FROM way WHERE vintage_id = :above",
        {"vintage": vintage_id, "above": above},
    )
    return {row["start"]: row["area_id"] for row in rows}
