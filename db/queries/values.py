"""Read values: for computing (many indicators at once) and for one layer of the map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Connection, text

from db.queries.copying import copy_in, copy_out
from db.queries.rows import read_rows

__all__ = ["availability", "read_values", "replace_computed"]

_DTYPE = {"area_id": "str", "indicator_id": "str", "period": "str", "status": "str", "value": "float64"}


def read_values(
    connection: Connection, *, vintage_id: int, indicator_ids: Sequence[str], period: str | None = None
) -> pd.DataFrame:
    """Return area_id, indicator_id, period, reference_date, value, status, ordered by all keys."""
    return copy_out(
        connection,
        "SELECT area_id, indicator_id, period, reference_date, value, status FROM value"
        " WHERE vintage_id = %(vintage)s AND indicator_id = ANY(%(indicators)s)"
        " AND (%(period)s::text IS NULL OR period = %(period)s) ORDER BY indicator_id, period, area_id",
        {"vintage": vintage_id, "indicators": list(indicator_ids), "period": period},
        dtype=_DTYPE,
    )


def availability(connection: Connection, city_id: str) -> list[dict[str, Any]]:
    """Return indicator_id, geography_id, period, with_value: where a city has values at all."""
    return read_rows(
        connection,
        "SELECT v.indicator_id, g.geography_id, v.period, count(v.value) AS with_value"
        " FROM value v JOIN vintage g ON g.id = v.vintage_id WHERE g.city_id = :city"
        " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        {"city": city_id},
    )


def replace_computed(
    connection: Connection,
    frame: pd.DataFrame,
    *,
    run_id: int,
    vintage_ids: Sequence[int],
    indicator_ids: Sequence[str],
) -> int:
    """Put computed values in place of those of an earlier run; delivered values are never touched."""
    connection.execute(
        text(
            "DELETE FROM value WHERE run_id IS NOT NULL"
            " AND vintage_id = ANY(:vintages) AND indicator_id = ANY(:indicators)"
        ),
        {"vintages": list(vintage_ids), "indicators": list(indicator_ids)},
    )
    columns = [
        "vintage_id",
        "indicator_id",
        "period",
        "area_id",
        "reference_date",
        "value",
        "status",
        "run_id",
    ]
    return copy_in(connection, "value", frame.assign(run_id=run_id), columns)
