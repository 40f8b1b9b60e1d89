"""What is stored of a data set besides what a delivery brings, and what a load changed of it: to tell, not to keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import shapely
from sqlalchemy import Connection, text

from db.queries.copying import copy_out
from db.queries.rows import read_rows

__all__ = ["changed_areas", "delivered_numbers", "stored_series", "values_gone", "values_replaced"]

_LOOKED_AT = 100  # values of a series, to see which data set it is of: one series is of one data set


def stored_series(
    connection: Connection, city_id: str, editions: Sequence[tuple[str, str]], *, source_id: str | None = None
) -> pd.DataFrame:
    """Return geography, vintage_id, indicator_id, period and values (how many areas have one) of what was delivered.

    `editions`: level and edition of the boundaries. `source_id`: only what is of this data set.
    """
    rows = read_rows(
        connection,
        "SELECT v.geography_id AS geography, v.id AS vintage_id, a.indicator_id, a.period, a.with_value AS values"
        " FROM availability a JOIN vintage v ON v.id = a.vintage_id"
        " JOIN unnest(CAST(:levels AS text[]), CAST(:names AS text[])) AS asked (geography_id, edition)"
        "  ON (asked.geography_id, asked.edition) = (v.geography_id, v.edition)"
        " WHERE v.city_id = :city AND v.withdrawn_by IS NULL AND a.with_value > 0 AND EXISTS ("
        "  SELECT FROM (SELECT x.load_id FROM value x WHERE (x.vintage_id, x.indicator_id, x.period)"
        f"   = (a.vintage_id, a.indicator_id, a.period) ORDER BY x.area_id LIMIT {_LOOKED_AT}) AS first"
        "  JOIN load l ON l.id = first.load_id AND l.source_id = coalesce(:source, l.source_id))"
        " ORDER BY a.indicator_id, v.geography_id, a.period",
        {
            "city": city_id,
            "source": source_id,
            "levels": [level for level, _edition in editions],
            "names": [edition for _level, edition in editions],
        },
    )
    return pd.DataFrame(rows, columns=["geography", "vintage_id", "indicator_id", "period", "values"])


def delivered_numbers(
    connection: Connection, vintage_id: int, indicator_id: str, periods: Sequence[str]
) -> pd.DataFrame:
    """Return area_id, period, value and status of what was delivered of an indicator."""
    return copy_out(
        connection,
        "SELECT area_id, period, value, status FROM value WHERE vintage_id = %(vintage)s"
        " AND indicator_id = %(indicator)s AND period = ANY(%(periods)s) AND load_id IS NOT NULL",
        {"vintage": vintage_id, "indicator": indicator_id, "periods": list(periods)},
        dtype={"area_id": "str", "period": "str", "status": "str", "value": "float64"},
    )


def values_gone(connection: Connection, load_id: int) -> pd.DataFrame:
    """Return geography, indicator_id, period and area_id of what had a number before a load and is missing since."""
    return copy_out(
        connection,
        "SELECT w.geography_id AS geography, s.indicator_id, s.period, s.area_id FROM superseded_value s"
        " JOIN value v ON (v.vintage_id, v.indicator_id, v.period, v.area_id)"
        "  = (s.vintage_id, s.indicator_id, s.period, s.area_id)"
        " JOIN vintage w ON w.id = s.vintage_id WHERE s.superseded_by = %(load)s AND s.value IS NOT NULL"
        " AND v.status = 'missing' ORDER BY 2, 1, 3, 4",
        {"load": load_id},
        dtype=dict.fromkeys(("geography", "indicator_id", "period", "area_id"), "str"),
    )


def values_replaced(connection: Connection, load_id: int) -> dict[int, int]:
    """Return how many values a load replaced, by the load that had brought them."""
    rows = read_rows(
        connection,
        "SELECT load_id, count(*) AS values FROM superseded_value WHERE superseded_by = :load GROUP BY 1",
        {"load": load_id},
    )
    return {row["load_id"]: row["values"] for row in rows}


def changed_areas(connection: Connection, load_id: int) -> pd.DataFrame:
    """Return the areas that a load changed within their edition, as they were before and as they are.

    Columns geography, edition, area_id, and name, parent and geometry each with `_before` and `_after`.
    """
    found: list[dict[str, Any]] = [
        dict(row)
        for row in connection.execute(
            text(
                "SELECT w.geography_id AS geography, w.edition, a.area_id, s.name AS name_before, a.name AS name_after,"
                " s.parent_area_id AS parent_before, a.parent_area_id AS parent_after,"
                " ST_AsBinary(s.geometry) AS geometry_before, ST_AsBinary(a.geometry) AS geometry_after"
                " FROM superseded_area s JOIN area a USING (vintage_id, area_id) JOIN vintage w ON w.id = s.vintage_id"
                " WHERE s.superseded_by = :load ORDER BY w.geography_id, a.area_id"
            ),
            {"load": load_id},
        ).mappings()
    ]
    frame = pd.DataFrame(found)
    for name in ("geometry_before", "geometry_after") if found else ():
        frame[name] = shapely.from_wkb([bytes(one) for one in frame[name]])
    return frame
