"""Store and read segregation measures."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert

from db import models
from db.queries.rows import read_rows

__all__ = ["series", "store"]


def store(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Write the measures of one run."""
    if rows:
        connection.execute(insert(models.SegregationValue), rows)


def series(connection: Connection, city_id: str) -> list[dict[str, Any]]:
    """Return the measures of a city's newest segregation run, ordered by group, level and period."""
    return read_rows(
        connection,
        "SELECT s.*, v.geography_id, v.edition, i.title_de, i.title_en FROM segregation_value s"
        " JOIN vintage v ON v.id = s.vintage_id JOIN indicator i ON i.id = s.group_id"
        " WHERE s.run_id = (SELECT max(id) FROM run WHERE city_id = :city AND kind = 'segregation')"
        " ORDER BY s.measure, s.group_id, s.total_id, v.geography_id, v.edition, s.period",
        {"city": city_id},
    )
