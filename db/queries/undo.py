"""Take a load back: what was before is in force again, and what it brought is kept as superseded.

All functions work inside the caller's transaction. `find_values` comes first; the others go on from its tables.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from sqlalchemy import Connection, text

from db.queries.alert_merge import withdraw_corrected
from db.queries.appending import append_from
from db.queries.copying import copy_in, copy_out
from db.queries.deliveries import merge_values
from db.queries.earlier_states import VERSIONS, keep_areas

__all__ = [
    "apply_values",
    "find_values",
    "related_editions",
    "restore_areas",
    "restored_cells",
    "touched_editions",
    "values_before",
    "withdraw_alerts",
]

_KEY = "vintage_id, indicator_id, period, area_id"
_VALUE = f"{_KEY}, reference_date, value, status, load_id"
_DECIDED = ["vintage_id", "indicator_id", "period", "area_id", "reference_date", "value", "status"]


def _same(one: str, other: str, columns: str = _KEY) -> str:
    names = columns.split(", ")
    return f"({', '.join(f'{one}.{name}' for name in names)}) = ({', '.join(f'{other}.{name}' for name in names)})"


def find_values(connection: Connection, city_id: str, load_id: int) -> None:
    """Find the values to be ended and those to be restored, so that all are as they were before a load.

    A value that is the same version before and now is neither.
    """
    # Nearly every row of these tables is another value: remembering what was found for one only takes time.
    connection.execute(text("SET LOCAL enable_memoize = off"))
    given = {"city": city_id, "load": load_id}
    mine = "JOIN vintage w ON w.id = v.vintage_id WHERE w.city_id = :city"
    for name, condition in (
        ("undo_ended", "v.superseded_by IS NULL AND v.since >= :load"),
        ("undo_restored", "v.superseded_by >= :load AND v.since < :load"),
    ):
        connection.execute(
            text(
                f"CREATE TEMP TABLE {name} ON COMMIT DROP AS SELECT v.* FROM ({VERSIONS}) AS v {mine} AND {condition}"
            ),
            given,
        )
        connection.execute(text(f"ANALYZE {name}"))
    connection.execute(
        text(
            "CREATE TEMP TABLE undo_same ON COMMIT DROP AS SELECT e.* FROM undo_ended e JOIN undo_restored t"
            f" ON {_same('e', 't', _KEY + ', load_id')}"
        )
    )
    for name in ("undo_ended", "undo_restored"):
        connection.execute(text(f"DELETE FROM {name} x USING undo_same s WHERE {_same('x', 's')}"))
        connection.execute(text(f"ANALYZE {name}"))


def touched_editions(connection: Connection) -> list[int]:
    """Return the editions (vintages) of which values end or are restored."""
    query = "SELECT vintage_id FROM undo_ended UNION SELECT vintage_id FROM undo_restored ORDER BY 1"
    return list(connection.execute(text(query)).scalars())


def restored_cells(connection: Connection) -> tuple[list[int], list[str]]:
    """Return the editions and the periods in which numbers would be public again."""
    rows = connection.execute(
        text("SELECT DISTINCT vintage_id, period FROM undo_restored WHERE value IS NOT NULL")
    ).all()
    return sorted({row.vintage_id for row in rows}), sorted({row.period for row in rows})


def related_editions(connection: Connection, vintage_ids: Sequence[int]) -> list[int]:
    """Return some editions with those above and below them that hang together with them and are not withdrawn."""
    statement = text(
        "WITH RECURSIVE link AS (SELECT DISTINCT vintage_id AS lower, parent_vintage_id AS upper FROM area"
        "  WHERE parent_vintage_id IS NOT NULL),"
        " up AS (SELECT id FROM vintage WHERE id = ANY(:vintages)"
        "  UNION SELECT l.upper FROM link l JOIN up ON up.id = l.lower),"
        " down AS (SELECT id FROM vintage WHERE id = ANY(:vintages)"
        "  UNION SELECT l.lower FROM link l JOIN down ON down.id = l.upper)"
        " SELECT id FROM vintage JOIN (SELECT id FROM up UNION SELECT id FROM down) AS found USING (id)"
        " WHERE withdrawn_by IS NULL ORDER BY id"
    )
    return list(connection.execute(statement, {"vintages": list(vintage_ids)}).scalars())


def values_before(connection: Connection, vintage_ids: Sequence[int], periods: Sequence[str]) -> pd.DataFrame:
    """Return the delivered values as they were before the load, each with the status it has now.

    Columns vintage_id, indicator_id, period, area_id, reference_date, value, status and status_now, which is empty
    where there is none.
    """
    columns = f"{_KEY}, reference_date, value, status"
    chosen = "vintage_id = ANY(%(vintages)s) AND period = ANY(%(periods)s)"
    return copy_out(
        connection,
        f"SELECT {', '.join('b.' + name for name in columns.split(', '))}, n.status AS status_now FROM ("
        f" SELECT {columns} FROM value v WHERE load_id IS NOT NULL AND {chosen}"
        f"  AND NOT EXISTS (SELECT FROM undo_ended e WHERE {_same('e', 'v')})"
        f" UNION ALL SELECT {columns} FROM undo_restored WHERE {chosen}) AS b"
        f" LEFT JOIN value n ON {_same('n', 'b')} AND n.load_id IS NOT NULL"
        " ORDER BY vintage_id, indicator_id, period, area_id",
        {"vintages": list(vintage_ids), "periods": list(periods)},
        dtype=dict.fromkeys(
            ("indicator_id", "period", "area_id", "reference_date", "status", "status_now"), "str"
        )
        | {"value": "float64"},
    )


def apply_values(connection: Connection, decided: pd.DataFrame, *, load_id: int) -> dict[str, int]:
    """End and restore what was found; `decided` is stored instead of what was before, as values of this load.

    `decided`: vintage_id, indicator_id, period, area_id, reference_date, value, status.
    """
    connection.execute(text(f"CREATE TEMP TABLE undo_decided AS SELECT {_KEY} FROM value WITH NO DATA"))
    copy_in(connection, "undo_decided", decided, _DECIDED[:4])
    connection.execute(text(f"DELETE FROM undo_restored r USING undo_decided d WHERE {_same('r', 'd')}"))
    given, by = {"load": load_id}, "CAST(:load AS integer)"
    versions = {name: name for name in _VALUE.split(", ")}
    ended = append_from(
        connection,
        "superseded_value",
        versions | {"superseded_by": by},
        "undo_ended",
        parameters=given,
        order="vintage_id, area_id, indicator_id, period",
    )
    connection.execute(text(f"DELETE FROM value v USING undo_ended e WHERE {_same('v', 'e')}"))
    restored = append_from(connection, "value", versions, "undo_restored", order=_KEY)
    append_from(
        connection,
        "restored_value",
        {name: name for name in f"{_KEY}, load_id".split(", ")} | {"restored_by": by},
        "undo_restored",
        parameters=given,
        order=_KEY,
    )
    if len(decided):
        merge_values(connection, decided, load_id=load_id)
    connection.execute(text("DROP TABLE undo_decided"))
    return {"values_taken_back": ended, "values_restored": restored, "values_still_withheld": len(decided)}


def restore_areas(connection: Connection, city_id: str, undone: int, *, load_id: int) -> int:
    """Bring back names, boundaries and parents of areas as they were before a load; return how many areas."""
    connection.execute(
        text(
            "CREATE TEMP TABLE undo_area ON COMMIT DROP AS SELECT s.* FROM superseded_area s"
            " JOIN vintage w ON w.id = s.vintage_id JOIN area a USING (vintage_id, area_id)"
            " WHERE w.city_id = :city AND s.load_id < :undone AND s.superseded_by >= :undone AND a.load_id >= :undone"
        ),
        {"city": city_id, "undone": undone},
    )
    keep_areas(connection, "undo_area u USING (vintage_id, area_id)", load_id=load_id)
    return connection.execute(
        text(
            "UPDATE area a SET parent_vintage_id = u.parent_vintage_id, parent_area_id = u.parent_area_id,"
            " name = u.name, geometry = u.geometry, load_id = :load FROM undo_area u"
            " WHERE (a.vintage_id, a.area_id) = (u.vintage_id, u.area_id)"
        ),
        {"load": load_id},
    ).rowcount


def withdraw_alerts(connection: Connection, city_id: str, *, load_id: int) -> int:
    """Withdraw the alerts that rest on values which this load has ended."""
    numbers = list(
        connection.execute(
            text(
                "SELECT a.id FROM alert a WHERE a.city_id = :city AND a.withdrawn_at IS NULL AND EXISTS ("
                " SELECT FROM jsonb_to_recordset(a.evidence) AS e(indicator_id text, period text, value float8)"
                " JOIN superseded_value s ON (s.vintage_id, s.area_id, s.indicator_id, s.period, s.superseded_by)"
                "  = (a.vintage_id, a.area_id, e.indicator_id, e.period, :load)"
                f" LEFT JOIN value v ON {_same('v', 's')} WHERE v.value IS DISTINCT FROM e.value) ORDER BY a.id"
            ),
            {"city": city_id, "load": load_id},
        ).scalars()
    )
    withdraw_corrected(connection, numbers)
    return len(numbers)
