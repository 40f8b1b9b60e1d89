"""Read values: for computing (many indicators at once) and for one layer of the map."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pandas as pd
from sqlalchemy import Connection, text

from db.queries.appending import append
from db.queries.conversions import remove_converted
from db.queries.copying import copy_out
from db.queries.rows import read_rows
from db.queries.vintages import CHOSEN_VINTAGE, replaced_periods

__all__ = [
    "availability",
    "read_values",
    "remove_computed",
    "renew_availability",
    "replace_computed",
    "told_periods",
    "value_origins",
]

_KEY = ("vintage_id", "indicator_id", "period", "area_id")
_COMPUTED = frozenset({*_KEY, "reference_date", "value", "status", "ci_low", "ci_high", "comparison"})
_ROWS_AT_ONCE = 100_000
_DTYPE = {"area_id": "str", "indicator_id": "str", "period": "str", "status": "str", "value": "float64"}
_DTYPE |= {"ci_low": "float64", "ci_high": "float64", "comparison": "str"}


def read_values(
    connection: Connection,
    *,
    vintage_id: int,
    indicator_ids: Sequence[str],
    period: str | None = None,
    with_intervals: bool = False,
) -> pd.DataFrame:
    """Return area_id, indicator_id, period, reference_date, value, status, ordered by all keys.

    Not those of periods that a newer edition of the level has.
    `with_intervals`: also ci_low, ci_high and comparison, each empty where there is none.
    """
    more = ", ci_low, ci_high, comparison" if with_intervals else ""
    return copy_out(
        connection,
        f"SELECT area_id, indicator_id, period, reference_date, value, status{more} FROM value"
        " WHERE vintage_id = %(vintage)s AND indicator_id = ANY(%(indicators)s)"
        " AND (%(period)s::text IS NULL OR period = %(period)s)"
        f" AND period <> ALL({replaced_periods('%(vintage)s')}) ORDER BY indicator_id, period, area_id",
        {"vintage": vintage_id, "indicators": list(indicator_ids), "period": period},
        dtype=_DTYPE,
    )


def availability(connection: Connection, city_id: str, *, edition: str | None = None) -> list[dict[str, Any]]:
    """Return indicator_id, geography_id, period, with_value: where a city has values at all, in the newest editions.

    With `edition` in this one, of the periods that no newer edition of the level has.
    """
    return read_rows(
        connection,
        f"WITH v AS MATERIALIZED (SELECT c.*, {replaced_periods('c.id')} AS replaced FROM {CHOSEN_VINTAGE} c"
        " WHERE c.city_id = :city)"
        " SELECT a.indicator_id, v.geography_id, a.period, a.with_value FROM availability a"
        " JOIN v ON v.id = a.vintage_id WHERE a.period <> ALL(v.replaced) ORDER BY 1, 2, 3",
        {"city": city_id, "edition": edition},
    )


def told_periods(
    connection: Connection,
    city_id: str,
    *,
    indicator_ids: Sequence[str] | None = None,
    geographies: Sequence[str] | None = None,
) -> str:
    """Say in which editions values of which periods are served, the newest edition first."""
    rows = read_rows(
        connection,
        f"WITH v AS MATERIALIZED (SELECT c.*, {replaced_periods('c.id')} AS replaced FROM vintage c"
        " WHERE c.city_id = :city AND c.withdrawn_by IS NULL)"
        " SELECT v.edition, max(v.valid_from) AS since, array_agg(DISTINCT a.period ORDER BY a.period) AS periods"
        " FROM availability a JOIN v ON v.id = a.vintage_id WHERE a.period <> ALL(v.replaced)"
        " AND (CAST(:indicators AS text[]) IS NULL OR a.indicator_id = ANY(:indicators))"
        " AND (CAST(:levels AS text[]) IS NULL OR v.geography_id = ANY(:levels)) GROUP BY 1 ORDER BY 2 DESC, 1",
        {
            "city": city_id,
            "indicators": None if indicator_ids is None else list(indicator_ids),
            "levels": None if geographies is None else list(geographies),
        },
    )
    told = [(", ".join(row["periods"]), row["edition"]) for row in rows]
    if len(told) == 1:
        return f"periods: {told[0][0]} (edition {told[0][1]})"
    return f"periods: {'; '.join(f'{periods} in edition {edition}' for periods, edition in told) or 'none'}"


def renew_availability(connection: Connection, vintage_ids: Sequence[int]) -> None:
    """Count anew where there are values, and from which loads; belongs to every transaction that writes values."""
    vintages = {"vintages": list(vintage_ids)}
    connection.execute(text("DELETE FROM availability WHERE vintage_id = ANY(:vintages)"), vintages)
    connection.execute(
        text(
            "INSERT INTO availability (vintage_id, indicator_id, period, areas, with_value, loads)"
            " SELECT vintage_id, indicator_id, period, sum(areas), sum(with_value),"
            "  coalesce(array_agg(load_id ORDER BY load_id) FILTER (WHERE load_id IS NOT NULL), '{}') FROM ("
            "  SELECT vintage_id, indicator_id, period, load_id, count(*) AS areas, count(value) AS with_value FROM value"
            "  WHERE vintage_id = ANY(:vintages) GROUP BY 1, 2, 3, 4) AS brought GROUP BY 1, 2, 3"
        ),
        vintages,
    )


def replace_computed(
    connection: Connection,
    parts: Iterable[pd.DataFrame],
    *,
    run_id: int,
    vintage_ids: Sequence[int],
    indicator_ids: Sequence[str],
) -> int:
    """Put computed values in place of those of an earlier run; delivered values are never touched.

    `parts`: frames with vintage_id, indicator_id, period, area_id, reference_date, value, status; those with intervals
    also ci_low, ci_high and comparison. They are stored while the next one is made, which must not use the connection.
    """
    remove_computed(connection, vintage_ids, indicator_ids)
    written = 0
    with ThreadPoolExecutor(max_workers=1) as beside:
        storing: Future[int] | None = None
        for rows in _together(parts):
            written += 0 if storing is None else storing.result()
            columns = [name for name in rows.columns if name in _COMPUTED]
            storing = beside.submit(
                append, connection, "value", rows, columns, constants={"run_id": run_id}, order=_KEY
            )
        written += 0 if storing is None else storing.result()
    renew_availability(connection, vintage_ids)
    return written


def _together(parts: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Yield frames of about as many rows as are worth storing at once."""
    waiting: list[pd.DataFrame] = []
    for part in parts:
        waiting.append(part)
        if sum(map(len, waiting)) >= _ROWS_AT_ONCE:
            yield pd.concat(waiting, ignore_index=True)
            waiting = []
    if waiting:
        yield pd.concat(waiting, ignore_index=True)


def remove_computed(
    connection: Connection, vintage_ids: Sequence[int], indicator_ids: Sequence[str] | None = None
) -> int:
    """Delete computed values, of some indicators or of all, and what explains them; return how many values.

    With all of them goes everything that was converted in the city. They can be computed again at any time.
    """
    if indicator_ids is None:
        cities = connection.execute(
            text("SELECT DISTINCT city_id FROM vintage WHERE id = ANY(:vintages)"),
            {"vintages": list(vintage_ids)},
        )
        for city_id in cities.scalars().all():
            remove_converted(connection, city_id)
    chosen = {
        "vintages": list(vintage_ids),
        "indicators": None if indicator_ids is None else list(indicator_ids),
    }
    where = (
        "vintage_id = ANY(:vintages)"
        " AND (CAST(:indicators AS text[]) IS NULL OR indicator_id = ANY(:indicators))"
    )
    connection.execute(text(f"DELETE FROM index_explanation WHERE {where}"), chosen)
    statement = text(f"DELETE FROM value WHERE run_id IS NOT NULL AND {where}")
    return connection.execute(statement, chosen).rowcount


def value_origins(connection: Connection, vintage_id: int) -> dict[tuple[str, str], bool]:
    """Return for each indicator and period of which an edition knows something whether any of it was delivered."""
    rows = read_rows(
        connection,
        "SELECT indicator_id, period, bool_or(load_id IS NOT NULL) AS is_delivered FROM value"
        " WHERE vintage_id = :vintage GROUP BY 1, 2 HAVING bool_or(status <> 'missing') ORDER BY 1, 2",
        {"vintage": vintage_id},
    )
    return {(row["indicator_id"], row["period"]): row["is_delivered"] for row in rows}
