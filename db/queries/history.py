"""Where a value comes from, what it was before, and what one load changed against another."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import Connection

from db.errors import UnknownLoadError, UnknownValuesError
from db.queries.copying import copy_out
from db.queries.earlier_states import VERSIONS
from db.queries.load_order import NUMBERED_LOADS, read_order
from db.queries.rows import read_rows
from db.queries.sources import TOLD_SOURCES

__all__ = ["CHANGES", "differences", "loads", "value_history"]

CHANGES = ("added", "changed", "removed")
"""What a load did with a value: it was not there before, was another one, or came later than the older load."""


def value_history(
    connection: Connection, city_id: str, area_id: str, indicator_id: str, *, geography: str | None = None
) -> list[dict[str, Any]]:
    """Return every value an area ever had of an indicator, the newest period and the newest load first.

    Each says its source, reference date, edition of the boundaries, and load; a computed one its run and method. Loads
    are told by their numbers. `superseded_by` is the load that ended it, and `undone_load` the one that this load took
    back, if it was an undo; `restored_by` the undo since which it is in force again. A value that is in force again
    stands there as often as it was in force.

    Raises
    ------
    UnknownValuesError
        If the city has none.
    """
    rows = read_rows(
        connection,
        "SELECT h.period, h.value, h.status::text AS status, h.reference_date, v.geography_id, v.edition, l.number AS load,"
        " l.loaded_at, l.loaded_by, l.code_version, s.title_de AS source_de, s.title_en AS source_en, s.licence,"
        " e.number AS superseded_by, u.number AS undone_load, b.number AS restored_by,"
        " h.run_id, r.kind AS run_kind, r.finished_at, r.inputs_hash FROM ("
        f"  SELECT d.*, NULL::integer AS run_id FROM ({VERSIONS}) AS d"
        "  UNION ALL SELECT vintage_id, indicator_id, period, area_id, reference_date, value, status, NULL, NULL, NULL,"
        "   run_id FROM value WHERE run_id IS NOT NULL) AS h"
        f" JOIN vintage v ON v.id = h.vintage_id LEFT JOIN {NUMBERED_LOADS} AS l ON l.id = h.load_id"
        f" LEFT JOIN {NUMBERED_LOADS} AS e ON e.id = h.superseded_by"
        f" LEFT JOIN {NUMBERED_LOADS} AS u ON u.id = e.undoes"
        f" LEFT JOIN {NUMBERED_LOADS} AS b ON b.id = nullif(h.since, h.load_id)"
        f" LEFT JOIN {TOLD_SOURCES} s ON s.load_id = h.load_id LEFT JOIN run r ON r.id = h.run_id"
        " WHERE v.city_id = :city AND h.area_id = :area AND h.indicator_id = :indicator"
        " AND (CAST(:geography AS text) IS NULL OR v.geography_id = :geography)"
        " ORDER BY h.period DESC, v.id DESC, h.superseded_by DESC NULLS FIRST",
        {"city": city_id, "area": area_id, "indicator": indicator_id, "geography": geography},
    )
    if not rows:
        where = "" if geography is None else f" on {geography!r}"
        raise UnknownValuesError(
            f"{city_id} never had a value of {indicator_id!r} for area {area_id!r}{where};"
            f" 'sozialraum indicator list --city {city_id}' lists the indicators"
        )
    return rows


def loads(connection: Connection, city_id: str) -> list[dict[str, Any]]:
    """Return the loads of a city, the newest first, with what each changed, and the one it took back (`undoes`)."""
    return read_rows(
        connection,
        "SELECT l.number, l.source_id, l.checksum, l.code_version, l.loaded_by, l.loaded_at, u.number AS undoes,"
        f" l.counts FROM {NUMBERED_LOADS} AS l LEFT JOIN {NUMBERED_LOADS} AS u ON u.id = l.undoes"
        " WHERE l.city_id = :city ORDER BY l.number DESC",
        {"city": city_id},
    )


def differences(connection: Connection, city_id: str, older: int, newer: int) -> pd.DataFrame:
    """Return the delivered values that differ between the states after two loads of a city, told by their numbers.

    One row per value: geography, edition, area_id, indicator_id, period, value and status before and after, and
    `change`, one of `CHANGES`.

    Raises
    ------
    UnknownLoadError
        If one of them is no load of the city, or they are in the wrong order.
    """
    ids = {row["number"]: row["id"] for row in read_order(connection, city_id)}
    if older not in ids or newer not in ids or older >= newer:
        raise UnknownLoadError(city_id, older, newer, sorted(ids, reverse=True))
    state = (
        f"SELECT * FROM ({VERSIONS}) AS d WHERE since <= %({{name}})s"
        " AND (superseded_by IS NULL OR superseded_by > %({name})s)"
    )
    key = "vintage_id, indicator_id, period, area_id"
    return copy_out(
        connection,
        "SELECT v.geography_id AS geography, v.edition, area_id, indicator_id, period,"
        " a.value AS value_before, a.status AS status_before, b.value AS value_after, b.status AS status_after,"
        " CASE WHEN a.load_id IS NULL THEN 'added' WHEN b.load_id IS NULL THEN 'removed' ELSE 'changed' END AS change"
        f" FROM ({state.format(name='older')}) AS a FULL JOIN ({state.format(name='newer')}) AS b USING ({key})"
        " JOIN vintage v ON v.id = vintage_id WHERE v.city_id = %(city)s"
        " AND (a.value, a.status, a.reference_date) IS DISTINCT FROM (b.value, b.status, b.reference_date)"
        " ORDER BY v.geography_id, indicator_id, period, area_id",
        {"city": city_id, "older": ids[older], "newer": ids[newer]},
        dtype=dict.fromkeys(
            ("geography", "edition", "area_id", "indicator_id", "period", "status_before", "status_after"),
            "str",
        )
        | {"value_before": "float64", "value_after": "float64"},
    )
