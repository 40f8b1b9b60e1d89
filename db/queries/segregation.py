"""Store and read segregation measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from db.queries.copying import copy_in
from db.queries.definitions import CITY_DEFINITION
from db.queries.rows import read_rows
from db.queries.runs import newest
from db.queries.sources import distinct, sources_of_values
from db.queries.vintages import withholds_in_newer

__all__ = ["series", "sources_of_series", "store"]

_COLUMNS = [
    "run_id",
    "vintage_id",
    "measure",
    "composition",
    "total_id",
    "period",
    "group_id",
    "value",
    "ci_low",
    "ci_high",
    "corrected",
    "expected",
    "p_value",
    "areas",
    "areas_left_out",
    "residents",
]


def store(connection: Connection, frame: pd.DataFrame, *, run_id: int) -> None:
    """Write the measures of one run: one row per vintage, measure, composition and period; NaN is an undefined number."""
    if not frame.empty:
        copy_in(connection, "segregation_value", frame.assign(run_id=run_id), _COLUMNS)


def series(connection: Connection, city_id: str) -> list[dict[str, Any]]:
    """Return the measures of a city's newest segregation run, ordered by measure, composition, level and period.

    A composition of several groups has their titles, in the order of the run's parameters.
    """
    return read_rows(
        connection,
        "WITH newest AS (SELECT id, parameters FROM run WHERE city_id = :city AND kind = 'segregation'"
        " ORDER BY id DESC LIMIT 1),"
        " named AS (SELECT c.key AS composition, string_agg(i.title_de, ' · ' ORDER BY g.place) AS title_de,"
        " string_agg(i.title_en, ' · ' ORDER BY g.place) AS title_en"
        " FROM newest, jsonb_each(newest.parameters -> 'compositions') c,"
        " jsonb_array_elements_text(c.value -> 'groups') WITH ORDINALITY g(id, place)"
        f" JOIN {CITY_DEFINITION} i ON (i.city_id, i.indicator_id) = (:city, g.id) GROUP BY 1)"
        " SELECT s.*, v.geography_id, v.edition,"
        " COALESCE(i.title_de, n.title_de, s.composition) AS title_de,"
        " COALESCE(i.title_en, n.title_en, s.composition) AS title_en"
        " FROM segregation_value s JOIN newest ON newest.id = s.run_id"
        " JOIN vintage v ON v.id = s.vintage_id AND v.withdrawn_by IS NULL"
        f" LEFT JOIN {CITY_DEFINITION} i ON (i.city_id, i.indicator_id) = (v.city_id, s.group_id)"
        " LEFT JOIN named n ON n.composition = s.composition"
        f" WHERE NOT {withholds_in_newer('v.id', 's.period')}"
        " ORDER BY s.measure, s.composition, s.total_id, v.geography_id, v.edition, s.period",
        {"city": city_id},
    )


def sources_of_series(
    connection: Connection, city_id: str, rows: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the sources behind rows of `series`, the newest first: of the counts of all groups, and of the boundaries."""
    run = newest(connection, city_id=city_id, kind="segregation")
    known = {} if run is None else run["parameters"].get("compositions", {})
    counts = {name for one in known.values() for name in one["groups"]}
    counts |= {row[name] for row in rows for name in ("group_id", "total_id") if row[name]}
    periods: dict[int, set[str]] = {}
    for row in rows:
        periods.setdefault(row["vintage_id"], set()).add(row["period"])
    parts = [
        sources_of_values(connection, vintage, indicator_ids=sorted(counts), periods=sorted(shown))
        for vintage, shown in periods.items()
    ]
    return distinct([one for part in parts for one in part])
