"""Since when is a version of a value in force, and what was an area before? Loads can be undone, so neither is gone.

A version is a row of `value` (alias `v`) or of `superseded_value`. It is in force from the load that brought it, or
from the one that restored it, until the load that superseded it.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

__all__ = ["IN_FORCE_SINCE", "LAST_RESTORED", "VERSIONS", "keep_areas"]

_KEY = ("vintage_id", "indicator_id", "period", "area_id", "load_id")


def _key(alias: str) -> str:
    return f"({', '.join(f'{alias}.{name}' for name in _KEY)})"


LAST_RESTORED = (
    f" LEFT JOIN (SELECT {', '.join(_KEY)}, max(restored_by) AS since FROM restored_value"
    f" GROUP BY {', '.join(_KEY)}) r ON {_key('r')} = {_key('v')}"
)
"""Joins values `v` that are in force with the load that restored them, `r.since`, empty for most."""

IN_FORCE_SINCE = (
    f"coalesce((SELECT max(r.restored_by) FROM restored_value r WHERE {_key('r')} = {_key('v')}"
    " AND r.restored_by < v.superseded_by), v.load_id)"
)
"""The load since which a superseded value `v` was in force."""

_COLUMNS = "v.vintage_id, v.indicator_id, v.period, v.area_id, v.reference_date, v.value, v.status, v.load_id"
VERSIONS = (
    f"SELECT {_COLUMNS}, coalesce(r.since, v.load_id) AS since, NULL::integer AS superseded_by"
    f" FROM value v {LAST_RESTORED} WHERE v.load_id IS NOT NULL"
    f" UNION ALL SELECT {_COLUMNS}, {IN_FORCE_SINCE}, v.superseded_by FROM superseded_value v"
)
"""All versions of all delivered values: with the load that brought them, and the loads between which they are in force."""


def keep_areas(connection: Connection, changing: str, *, load_id: int) -> int:
    """Keep the areas `a` that a load is going to change, as they are; `changing`: the table to join, and how."""
    columns = "vintage_id, area_id, parent_vintage_id, parent_area_id, name, srid, geometry, load_id"
    told = ", ".join(f"a.{name}" for name in columns.split(", "))
    statement = f"INSERT INTO superseded_area ({columns}, superseded_by) SELECT {told}, :load FROM area a JOIN {changing}"
    return connection.execute(text(statement), {"load": load_id}).rowcount
