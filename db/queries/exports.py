"""Read what an export is made of: published values with where they come from, and the loads and runs they name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from db.queries.copying import copy_out
from db.queries.rows import read_one, read_rows
from db.queries.vintages import NEWEST_VINTAGE, replaced_periods

__all__ = [
    "converted_values",
    "moments",
    "named_runs",
    "published_values",
    "values_by_load",
]

_TEXT = ("area_id", "indicator", "period", "reference_date", "status", "comparison", "origin")
_CONVERTED = dict.fromkeys(
    (
        "area_id",
        "indicator",
        "period",
        "reference_date",
        "status",
        "grade",
        "derivation",
        "from_geography",
        "from_edition",
        "origin",
    ),
    "str",
) | dict.fromkeys(("value", "known", "estimated"), "float64")
_DTYPE = dict.fromkeys(_TEXT, "str") | {"value": "float64", "ci_low": "float64", "ci_high": "float64"}


def published_values(
    connection: Connection,
    vintage_id: int,
    *,
    indicator_ids: Collection[str],
    periods: Collection[str] | None = None,
) -> pd.DataFrame:
    """Return area_id, indicator, period, reference_date, value, status, ci_low, ci_high, comparison, origin of one edition.

    Not those of periods that a newer edition of the level has. `origin` is "load 3" or "run 7".
    Ordered by indicator, period and area; texts are categories.
    """
    found = copy_out(
        connection,
        "SELECT area_id, indicator_id AS indicator, period, reference_date, value, status, ci_low, ci_high, comparison,"
        " CASE WHEN load_id IS NULL THEN 'run ' || run_id ELSE 'load ' || load_id END AS origin FROM value"
        " WHERE vintage_id = %(vintage)s AND indicator_id = ANY(%(indicators)s)"
        " AND (%(periods)s::text[] IS NULL OR period = ANY(%(periods)s))"
        f" AND period <> ALL({replaced_periods('%(vintage)s')}) ORDER BY indicator_id, period, area_id",
        {
            "vintage": vintage_id,
            "indicators": list(indicator_ids),
            "periods": None if periods is None else list(periods),
        },
        dtype=_DTYPE,
    )
    return found.astype(dict.fromkeys(_TEXT, "category"))  # not while reading: codes would become numbers


def converted_values(
    connection: Connection,
    vintage_id: int,
    *,
    indicator_ids: Collection[str],
    periods: Collection[str] | None = None,
) -> pd.DataFrame:
    """Return what was converted to one edition, for periods that were not counted on it: its values with grade and origin.

    Of several conversions that of the same level counts, then of the newest edition, as in `bridged_values`. `origin` is
    the run. Ordered by indicator, period and area.
    """
    return copy_out(
        connection,
        "SELECT area_id, indicator, period, reference_date, value, status, grade, derivation, known, estimated,"
        " from_geography, from_edition, origin FROM (SELECT c.area_id, c.indicator_id AS indicator, c.period,"
        " c.reference_date, c.value, c.status, c.grade, c.derivation, c.known, c.estimated,"
        " s.geography_id AS from_geography, s.edition AS from_edition, 'run ' || c.run_id AS origin,"
        " dense_rank() OVER (PARTITION BY c.indicator_id, c.period ORDER BY (s.geography_id = t.geography_id) DESC,"
        "  s.valid_from DESC, s.id DESC) AS preference"
        " FROM converted_value c JOIN vintage s ON s.id = c.source_vintage_id JOIN vintage t ON t.id = c.vintage_id"
        " WHERE c.vintage_id = %(vintage)s AND c.indicator_id = ANY(%(indicators)s) AND s.withdrawn_by IS NULL"
        " AND (%(periods)s::text[] IS NULL OR c.period = ANY(%(periods)s))"
        " AND NOT EXISTS (SELECT FROM value o WHERE (o.vintage_id, o.indicator_id, o.period)"
        "  = (c.vintage_id, c.indicator_id, c.period) AND o.status <> 'missing')) AS ranked"
        " WHERE preference = 1 ORDER BY indicator, period, area_id",
        {
            "vintage": vintage_id,
            "indicators": list(indicator_ids),
            "periods": None if periods is None else list(periods),
        },
        dtype=_CONVERTED,
    )


def named_runs(connection: Connection, run_ids: Collection[int]) -> list[dict[str, Any]]:
    """Return some runs, without who asked for them."""
    return read_rows(
        connection,
        "SELECT id, kind, finished_at, code_version, inputs_hash FROM run WHERE id = ANY(:runs) ORDER BY id",
        {"runs": list(run_ids)},
    )


def moments(connection: Connection, city_id: str) -> dict[str, Any] | None:
    """Return when a city was loaded first, and when its data changed last; None for an unknown one."""
    return read_one(
        connection,
        "SELECT min(loaded_at) AS first, greatest(max(loaded_at), (SELECT max(finished_at) FROM run"
        " WHERE city_id = :city)) AS last FROM load WHERE city_id = :city HAVING count(*) > 0",
        {"city": city_id},
    )


def values_by_load(connection: Connection, city_id: str) -> list[dict[str, Any]]:
    """Return load_id and the first and last reference date of what is served of a city; computed values: load_id None."""
    return read_rows(
        connection,
        "SELECT w.load_id, min(w.reference_date) AS first, max(w.reference_date) AS last FROM value w"
        f" JOIN {NEWEST_VINTAGE} v ON v.id = w.vintage_id WHERE v.city_id = :city GROUP BY 1 ORDER BY 1",
        {"city": city_id},
    )
