"""Store one delivery: what is new is inserted, what changed supersedes the old value, the rest is left alone.

All functions work inside the caller's transaction; nothing of a delivery is visible before it is whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, text, update
from sqlalchemy.dialects.postgresql import insert

from db import models
from db.errors import ConflictingEditionError, OverlappingEditionError
from db.queries.appending import append, append_from
from db.queries.binary_rows import distinct_values, joint_codes, places_of
from db.queries.copying import copy_in, copy_out
from db.queries.definitions import CITY_DEFINITION
from db.queries.earlier_states import IN_FORCE_SINCE, LAST_RESTORED, keep_areas
from db.queries.rows import read_one, read_rows
from indicators.definition import Indicator
from indicators.known import described, known_by_id

__all__ = [
    "area_parents",
    "complete_undo",
    "merge_areas",
    "merge_values",
    "newest_load",
    "published_counts",
    "put_city",
    "put_geography",
    "put_indicators",
    "put_source",
    "record_load",
    "replaced_counts",
    "set_counts",
    "stored_editions",
    "stored_values",
]


_NOT_OWN = ("id", "universe_de", "universe_en")  # the key, and what stands in columns of its own


def newest_load(connection: Connection, city_id: str) -> dict[str, Any] | None:
    """Return the newest load of a city, or None."""
    return read_one(
        connection, "SELECT * FROM load WHERE city_id = :city ORDER BY id DESC LIMIT 1", {"city": city_id}
    )


def _upsert(connection: Connection, model: type[models.Base], rows: list[dict[str, Any]]) -> None:
    table = model.__table__
    statement = insert(model).values(rows)
    keys = [column.name for column in table.primary_key]
    others = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=others))


def put_city(connection: Connection, **fields: Any) -> None:
    """Insert or update a city."""
    _upsert(connection, models.City, [fields])


def put_source(connection: Connection, **fields: Any) -> None:
    """Insert or update a source."""
    _upsert(connection, models.Source, [fields])


def put_geography(connection: Connection, *, vintage: Mapping[str, Any], **fields: Any) -> int:
    """Insert or update a level of areas and its edition; return the number of the edition (vintage).

    An older edition that was open-ended ends the day before the new one begins. One that was withdrawn stays so: its
    name is free for another.
    """
    _upsert(connection, models.Geography, [fields])
    row = {"city_id": fields["city_id"], "geography_id": fields["id"], **vintage}
    others = {name: row[name] for name in ("city_id", "geography_id", "edition", "valid_from", "valid_to")}
    connection.execute(
        text(
            "UPDATE vintage SET valid_to = CAST(:valid_from AS date) - 1 WHERE valid_to IS NULL AND withdrawn_by IS NULL"
            " AND (city_id, geography_id) = (:city_id, :geography_id)"
            " AND edition <> :edition AND valid_from < :valid_from"
        ),
        others,
    )
    overlap = connection.execute(
        text(
            "SELECT edition FROM vintage WHERE (city_id, geography_id) = (:city_id, :geography_id)"
            " AND edition <> :edition AND withdrawn_by IS NULL"
            " AND valid && daterange(CAST(:valid_from AS date), CAST(:valid_to AS date), '[]')"
        ),
        others,
    ).scalar()
    if overlap is not None:
        raise OverlappingEditionError(row["geography_id"], row["edition"], overlap)
    statement = insert(models.Vintage).values(row)
    upsert = statement.on_conflict_do_update(
        index_elements=["city_id", "geography_id", "edition"],
        index_where=models.Vintage.withdrawn_by.is_(None),
        set_={name: statement.excluded[name] for name in ("valid_from", "valid_to")},
    )
    return int(connection.execute(upsert.returning(models.Vintage.id)).scalar_one())


def put_indicators(
    connection: Connection, city_id: str, indicators: Iterable[Indicator], *, is_from_catalogue: bool = False
) -> None:
    """Insert or update definitions, and what the city says of them; counts first, shares refer to them.

    What is not known to all is the city's own: two cities may mean different things by one id.

    `is_from_catalogue`: whether the city has them because its counts allow it, not because it declares them.

    Always in the same order, so that two cities loading at once do not wait for each other in a circle.
    """
    ordered = sorted(map(described, indicators), key=lambda one: (one.numerator is not None, one.id))
    rows = [asdict(indicator) for indicator in ordered]
    for row in rows:
        del row["minimum_denominator"]  # decided with the computation, not with the delivery
    notes = [
        {"city_id": city_id, "indicator_id": row["id"], "is_from_catalogue": is_from_catalogue}
        | {name: row.pop(name) for name in ("source", "caution_de", "caution_en")}
        for row in rows
    ]
    for row, note in zip(rows, notes, strict=True):
        is_common = row["id"] in known_by_id()
        for name in (
            "universe_de",
            "universe_en",
        ):  # what only this city means must not be said of another's numbers
            note[name] = "" if is_common else row[name]
            row[name] = row[name] if is_common else ""
        row["labels_de"], row["labels_en"] = list(row["labels_de"]), list(row["labels_en"])
        row["missing"] = row["missing"]["share"]
        note["own"] = {} if is_common else {name: row[name] for name in row if name not in _NOT_OWN}
    if common := [row for row in rows if row["id"] in known_by_id()]:
        _upsert(connection, models.Indicator, common)
    if own := [row for row in rows if row["id"] not in known_by_id()]:
        _put_first(connection, own)
    if notes:
        _upsert(connection, models.CityIndicator, notes)


def _put_first(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Insert definitions that are not known to all; those of a city that was there before stay.

    What any city ever counted stays a count: when a load is undone, what it published is still looked at as counts.
    Cities that have said nothing of their own keep the word that held for them.
    """
    connection.execute(
        text(
            "UPDATE city_indicator n SET own = to_jsonb(i) - CAST(:not_own AS text[]) FROM indicator i"
            " WHERE i.id = n.indicator_id AND i.id = ANY(:counted) AND i.kind <> 'extensive' AND n.own = '{}'"
        ),
        {
            "counted": [row["id"] for row in rows if row["kind"] == "extensive"],
            "not_own": list(_NOT_OWN),
        },
    )
    statement = insert(models.Indicator).values(rows)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["id"],
            set_={"kind": statement.excluded.kind},
            where=statement.excluded.kind == "extensive",
        )
    )


def record_load(
    connection: Connection, *, raw_files: list[dict[str, Any]], rejected: pd.DataFrame, **fields: Any
) -> int:
    """Write the load's row with its raw files and rejected rows; return its number."""
    load_id = int(
        connection.execute(insert(models.Load).values(fields).returning(models.Load.id)).scalar_one()
    )
    if raw_files:
        connection.execute(insert(models.RawFile), [{"load_id": load_id, **file} for file in raw_files])
    if len(rejected):
        frame = rejected.assign(load_id=load_id, number=range(1, len(rejected) + 1))
        copy_in(
            connection, "rejected_row", frame, ["load_id", "number", "file", "place", "reason", "content"]
        )
    return load_id


def set_counts(connection: Connection, load_id: int, counts: Mapping[str, Any]) -> None:
    """Complete the load's row with what it changed."""
    connection.execute(update(models.Load).where(models.Load.id == load_id).values(counts=dict(counts)))


def complete_undo(
    connection: Connection, load_id: int, *, counts: Mapping[str, Any], definitions: list[dict[str, Any]]
) -> None:
    """Complete the row of a load that undid another one."""
    connection.execute(
        update(models.Load)
        .where(models.Load.id == load_id)
        .values(counts=dict(counts), definitions=definitions)
    )


def merge_areas(connection: Connection, frame: pd.DataFrame, *, load_id: int) -> dict[str, int]:
    """Insert or update the areas of one level or several.

    `frame`: vintage_id, area_id, parent_vintage_id, parent_area_id, name, srid, geometry (with its CRS number).
    An edition's set of areas never changes: other keys mean another edition.
    """
    columns = ["vintage_id", "area_id", "parent_vintage_id", "parent_area_id", "name", "srid", "geometry"]
    stored = connection.execute(
        text(
            "SELECT vintage_id FROM unnest(CAST(:vintages AS int[])) AS asked (vintage_id)"
            " WHERE EXISTS (SELECT FROM area a WHERE a.vintage_id = asked.vintage_id)"
        ),
        {"vintages": frame["vintage_id"].unique().tolist()},
    ).scalars()
    is_stored = frame["vintage_id"].isin(list(stored)).to_numpy()
    changed = _change_areas(connection, frame[is_stored], columns, load_id) if is_stored.any() else 0
    inserted = append(connection, "area", frame[~is_stored], columns, constants={"load_id": load_id})
    return {
        "areas_inserted": inserted,
        "areas_changed": changed,
        "areas_unchanged": len(frame) - inserted - changed,
    }


def _change_areas(connection: Connection, frame: pd.DataFrame, columns: list[str], load_id: int) -> int:
    """Update the areas of editions that are stored, where they differ; return how many."""
    connection.execute(
        text(
            f"CREATE TEMP TABLE incoming_area ON COMMIT DROP AS SELECT {', '.join(columns)} FROM area WITH NO DATA"
        )
    )
    append(connection, "incoming_area", frame, columns)
    connection.execute(text("ANALYZE incoming_area"))
    conflict = connection.execute(
        text(
            "SELECT v.geography_id, v.edition, array_agg(DISTINCT area_id) AS areas FROM ("
            "  (SELECT vintage_id, area_id FROM area WHERE vintage_id IN (SELECT vintage_id FROM incoming_area)"
            "  EXCEPT SELECT vintage_id, area_id FROM incoming_area)"
            "  UNION (SELECT vintage_id, area_id FROM incoming_area EXCEPT SELECT vintage_id, area_id FROM area)"
            ") AS odd JOIN vintage v ON v.id = odd.vintage_id GROUP BY 1, 2 LIMIT 1"
        )
    ).one_or_none()
    if conflict is not None:
        raise ConflictingEditionError(conflict.geography_id, conflict.edition, sorted(conflict.areas))
    differs = (
        "(a.vintage_id, a.area_id) = (i.vintage_id, i.area_id)"
        " AND (a.name, a.parent_vintage_id, a.parent_area_id, ST_AsEWKB(a.geometry)) IS DISTINCT FROM"
        " (i.name, i.parent_vintage_id, i.parent_area_id, ST_AsEWKB(i.geometry))"
    )
    keep_areas(connection, f"incoming_area i ON {differs}", load_id=load_id)
    changed = connection.execute(
        text(
            "UPDATE area a SET parent_vintage_id = i.parent_vintage_id, parent_area_id = i.parent_area_id,"
            f" name = i.name, geometry = i.geometry, load_id = :load FROM incoming_area i WHERE {differs}"
        ),
        {"load": load_id},
    ).rowcount
    connection.execute(text("DROP TABLE incoming_area"))
    return changed


def merge_values(connection: Connection, frame: pd.DataFrame, *, load_id: int) -> dict[str, int]:
    """Insert new values; keep the old one of every changed value in `superseded_value`: what was public once is known.

    A computed value gives way to a delivered one; it is not kept, because it can be computed again.

    `frame`: vintage_id, indicator_id, period, area_id, reference_date, value, status; texts as categoricals take least
    memory.
    """
    key = ["vintage_id", "indicator_id", "period", "area_id"]
    columns = [*key, "reference_date", "value", "status"]
    is_stored = _in_stored_series(connection, frame)
    counts = dict.fromkeys(("values_inserted", "values_corrected", "computed_values_replaced"), 0)
    if is_stored.any():
        counts = _merge_into_stored(connection, frame[is_stored], columns, load_id)
    new = frame[~is_stored] if is_stored.any() else frame
    counts["values_inserted"] += append(
        connection, "value", new, columns, constants={"load_id": load_id}, order=key
    )
    return counts | {"values_unchanged": len(frame) - sum(counts.values())}


def _in_stored_series(connection: Connection, frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which rows belong to an indicator and period of an edition of which something is stored."""
    names = ("vintage_id", "indicator_id", "period")
    columns = [distinct_values(frame[name]) for name in names]
    counts = [len(values) for _, values in columns]
    number = joint_codes([(codes, count) for (codes, _), count in zip(columns, counts, strict=True)])
    series = pd.unique(number)
    asked = {
        f"{name}s": [values[at] for at in place]
        for name, (_, values), place in zip(names, columns, places_of(series, counts), strict=True)
    }
    stored = connection.execute(
        text(
            "SELECT asked.number FROM unnest(CAST(:vintage_ids AS int[]), CAST(:indicator_ids AS text[]),"
            " CAST(:periods AS text[])) WITH ORDINALITY AS asked (vintage_id, indicator_id, period, number)"
            " WHERE EXISTS (SELECT FROM value v WHERE (v.vintage_id, v.indicator_id, v.period)"
            " = (asked.vintage_id, asked.indicator_id, asked.period))"
        ),
        asked,
    ).scalars()
    return np.isin(number, series[[place - 1 for place in stored]])


def _merge_into_stored(
    connection: Connection, frame: pd.DataFrame, columns: list[str], load_id: int
) -> dict[str, int]:
    """Merge values of which some may be stored; compared once, only what differs is looked at again."""
    names = ", ".join(columns)
    connection.execute(text(f"CREATE TEMP TABLE incoming_value AS SELECT {names} FROM value WITH NO DATA"))
    append(connection, "incoming_value", frame, columns)
    connection.execute(text("ANALYZE incoming_value"))
    same_key = "(v.vintage_id, v.indicator_id, v.period, v.area_id) = (i.vintage_id, i.indicator_id, i.period, i.area_id)"
    differs = "(v.reference_date, v.value, v.status) IS DISTINCT FROM (i.reference_date, i.value, i.status)"
    connection.execute(
        text(
            "CREATE TEMP TABLE different_value AS SELECT i.*, v.area_id IS NULL AS is_new FROM incoming_value i"
            f" LEFT JOIN value v ON {same_key} WHERE v.area_id IS NULL OR v.load_id IS NULL OR {differs}"
        )
    )
    connection.execute(text("DROP TABLE incoming_value"))
    connection.execute(text("ANALYZE different_value"))
    by = "CAST(:load AS integer)"
    superseded = append_from(
        connection,
        "superseded_value",
        {name: f"v.{name}" for name in (*columns, "load_id")} | {"superseded_by": by},
        f"value v JOIN different_value i ON {same_key} AND v.load_id IS NOT NULL",
        parameters={"load": load_id},
    )
    updated = connection.execute(
        text(
            "UPDATE value v SET reference_date = i.reference_date, value = i.value, status = i.status,"
            " ci_low = NULL, ci_high = NULL, comparison = NULL,"
            f" load_id = :load, run_id = NULL FROM different_value i WHERE {same_key}"
        ),
        {"load": load_id},
    ).rowcount
    inserted = append_from(
        connection,
        "value",
        {name: name for name in columns} | {"load_id": by},
        "different_value WHERE is_new",
        parameters={"load": load_id},
    )
    connection.execute(text("DROP TABLE different_value"))
    return {
        "values_inserted": inserted,
        "values_corrected": superseded,
        "computed_values_replaced": updated - superseded,
    }


def stored_values(connection: Connection, city_id: str, periods: Iterable[str]) -> int:
    """Return how many values of some periods were delivered for a city, by any load and in any edition."""
    return int(
        connection.execute(
            text(
                "SELECT count(*) FROM value v JOIN vintage w ON w.id = v.vintage_id WHERE w.city_id = :city"
                " AND v.load_id IS NOT NULL AND v.period = ANY(:periods)"
            ),
            {"city": city_id, "periods": list(periods)},
        ).scalar_one()
    )


def stored_editions(connection: Connection, city_id: str) -> list[dict[str, Any]]:
    """Return geography_id, edition, vintage_id and the periods with values, for every edition that a city ever had.

    One that was withdrawn has the periods it had then, and a name that no other edition has.
    """
    return read_rows(
        connection,
        "SELECT v.geography_id, v.edition || CASE WHEN v.withdrawn_by IS NULL THEN '' ELSE '#' || v.id END AS edition,"
        " v.id AS vintage_id, ARRAY(SELECT DISTINCT period FROM availability a WHERE a.vintage_id = v.id"
        "  UNION SELECT DISTINCT period FROM superseded_value s"
        "   WHERE (s.vintage_id, s.superseded_by) = (v.id, v.withdrawn_by)) AS periods"
        " FROM vintage v WHERE v.city_id = :city ORDER BY v.id",
        {"city": city_id},
    )


_COUNTS = (
    f"SELECT i.indicator_id FROM {CITY_DEFINITION} i JOIN vintage x ON x.city_id = i.city_id"
    " WHERE x.id = %(vintage)s AND i.kind = 'extensive'"
)
_COUNT = dict.fromkeys(("area_id", "indicator_id", "period", "status"), "str") | {"value": "float64"}


def published_counts(connection: Connection, vintage_id: int, periods: Iterable[str]) -> pd.DataFrame:
    """Return area_id, indicator_id, period, value, status and load_id of the counts that are public; computed: load 0.

    The load is the one since which a value is in force. Of a withdrawn edition those that were public at last.
    """
    chosen = (
        f" WHERE v.indicator_id IN ({_COUNTS}) AND v.vintage_id = %(vintage)s AND v.period = ANY(%(periods)s)"
    )
    return copy_out(
        connection,
        "SELECT v.area_id, v.indicator_id, v.period, v.value, v.status, coalesce(r.since, v.load_id, 0) AS load_id"
        f" FROM value v {LAST_RESTORED}{chosen}"
        " UNION ALL SELECT v.area_id, v.indicator_id, v.period, v.value, v.status, v.load_id FROM superseded_value v"
        f" JOIN vintage w ON (w.id, w.withdrawn_by) = (v.vintage_id, v.superseded_by){chosen}",
        {"vintage": vintage_id, "periods": list(periods)},
        dtype=_COUNT,
    )


def replaced_counts(connection: Connection, vintage_id: int, periods: Iterable[str]) -> pd.DataFrame:
    """Return the counts that were public once, as `published_counts`, with the load that ended them (superseded_by)."""
    return copy_out(
        connection,
        f"SELECT v.area_id, v.indicator_id, v.period, v.value, v.status, {IN_FORCE_SINCE} AS load_id, v.superseded_by"
        f" FROM superseded_value v WHERE v.indicator_id IN ({_COUNTS})"
        " AND v.vintage_id = %(vintage)s AND v.period = ANY(%(periods)s)",
        {"vintage": vintage_id, "periods": list(periods)},
        dtype=_COUNT,
    )


def area_parents(connection: Connection, vintage_id: int) -> dict[str, tuple[int, str]]:
    """Return edition and code of the area above each area of an edition."""
    rows = read_rows(
        connection,
        "SELECT area_id, parent_vintage_id, parent_area_id FROM area"
        " WHERE vintage_id = :vintage AND parent_area_id IS NOT NULL",
        {"vintage": vintage_id},
    )
    return {row["area_id"]: (row["parent_vintage_id"], row["parent_area_id"]) for row in rows}
