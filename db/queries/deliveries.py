"""Store one delivery: what is new is inserted, what changed supersedes the old value, the rest is left alone.

All functions work inside the caller's transaction; nothing of a delivery is visible before it is whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd
from sqlalchemy import Connection, text, update
from sqlalchemy.dialects.postgresql import insert

from db import models
from db.errors import ConflictingEditionError, OverlappingEditionError
from db.queries.copying import copy_in, copy_out
from db.queries.rows import read_one, read_rows
from indicators.definition import Indicator
from indicators.known import described

__all__ = [
    "area_parents",
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

    An older edition that was open-ended ends the day before the new one begins.
    """
    _upsert(connection, models.Geography, [fields])
    row = {"city_id": fields["city_id"], "geography_id": fields["id"], **vintage}
    others = {name: row[name] for name in ("city_id", "geography_id", "edition", "valid_from", "valid_to")}
    connection.execute(
        text(
            "UPDATE vintage SET valid_to = CAST(:valid_from AS date) - 1 WHERE valid_to IS NULL"
            " AND (city_id, geography_id) = (:city_id, :geography_id)"
            " AND edition <> :edition AND valid_from < :valid_from"
        ),
        others,
    )
    overlap = connection.execute(
        text(
            "SELECT edition FROM vintage WHERE (city_id, geography_id) = (:city_id, :geography_id)"
            " AND edition <> :edition"
            " AND valid && daterange(CAST(:valid_from AS date), CAST(:valid_to AS date), '[]')"
        ),
        others,
    ).scalar()
    if overlap is not None:
        raise OverlappingEditionError(row["geography_id"], row["edition"], overlap)
    statement = insert(models.Vintage).values(row)
    upsert = statement.on_conflict_do_update(
        index_elements=["city_id", "geography_id", "edition"],
        set_={name: statement.excluded[name] for name in ("valid_from", "valid_to")},
    )
    return int(connection.execute(upsert.returning(models.Vintage.id)).scalar_one())


def put_indicators(
    connection: Connection, city_id: str, indicators: Iterable[Indicator], *, is_from_catalogue: bool = False
) -> None:
    """Insert or update definitions, and what the city says of them; counts first, shares refer to them.

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
    for row in rows:
        row["labels_de"], row["labels_en"] = list(row["labels_de"]), list(row["labels_en"])
        row["missing"] = row["missing"]["share"]
    if rows:
        _upsert(connection, models.Indicator, rows)
        _upsert(connection, models.CityIndicator, notes)


def record_load(
    connection: Connection, *, raw_files: list[dict[str, Any]], rejected: pd.DataFrame, **fields: Any
) -> int:
    """Write the load's row with its raw files and rejected rows; return its number."""
    load_id = int(
        connection.execute(insert(models.Load).values(fields).returning(models.Load.id)).scalar_one()
    )
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


def merge_areas(connection: Connection, frame: pd.DataFrame, *, load_id: int) -> dict[str, int]:
    """Insert or update the areas of one level.

    `frame`: vintage_id, area_id, parent_vintage_id, parent_area_id, name, srid, geometry (EWKB as hex text).
    An edition's set of areas never changes: other keys mean another edition.
    """
    columns = ["vintage_id", "area_id", "parent_vintage_id", "parent_area_id", "name", "srid", "geometry"]
    connection.execute(text("CREATE TEMP TABLE incoming_area (LIKE area) ON COMMIT DROP"))
    connection.execute(text("ALTER TABLE incoming_area ALTER load_id DROP NOT NULL"))
    copy_in(connection, "incoming_area", frame, columns)
    conflict = connection.execute(
        text(
            "SELECT v.geography_id, v.edition, array_agg(DISTINCT area_id) AS areas FROM ("
            "  SELECT vintage_id, area_id FROM area WHERE vintage_id IN (SELECT vintage_id FROM incoming_area)"
            "  EXCEPT SELECT vintage_id, area_id FROM incoming_area"
            "  UNION (SELECT vintage_id, area_id FROM incoming_area WHERE vintage_id IN (SELECT vintage_id FROM area)"
            "  EXCEPT SELECT vintage_id, area_id FROM area)) AS odd"
            " JOIN vintage v ON v.id = odd.vintage_id GROUP BY 1, 2 LIMIT 1"
        )
    ).one_or_none()
    if conflict is not None:
        raise ConflictingEditionError(conflict.geography_id, conflict.edition, sorted(conflict.areas))
    inserted = connection.execute(
        text(
            "INSERT INTO area (vintage_id, area_id, parent_vintage_id, parent_area_id, name, srid, geometry, load_id)"
            " SELECT i.vintage_id, i.area_id, i.parent_vintage_id, i.parent_area_id, i.name, i.srid, i.geometry, :load"
            " FROM incoming_area i LEFT JOIN area a USING (vintage_id, area_id) WHERE a.area_id IS NULL"
        ),
        {"load": load_id},
    ).rowcount
    changed = connection.execute(
        text(
            "UPDATE area a SET parent_vintage_id = i.parent_vintage_id, parent_area_id = i.parent_area_id,"
            " name = i.name, geometry = i.geometry, load_id = :load"
            " FROM incoming_area i WHERE (a.vintage_id, a.area_id) = (i.vintage_id, i.area_id)"
            " AND (a.name, a.parent_vintage_id, a.parent_area_id, ST_AsEWKB(a.geometry)) IS DISTINCT FROM"
            " (i.name, i.parent_vintage_id, i.parent_area_id, ST_AsEWKB(i.geometry))"
        ),
        {"load": load_id},
    ).rowcount
    connection.execute(text("DROP TABLE incoming_area"))
    return {
        "areas_inserted": inserted,
        "areas_changed": changed,
        "areas_unchanged": len(frame) - inserted - changed,
    }


def merge_values(connection: Connection, frame: pd.DataFrame, *, load_id: int) -> dict[str, int]:
    """Insert new values; keep the old one of every changed value in `superseded_value`: what was public once is known.

    A computed value gives way to a delivered one; it is not kept, because it can be computed again.

    `frame`: vintage_id, indicator_id, period, area_id, reference_date, value, status.
    """
    columns = ["vintage_id", "indicator_id", "period", "area_id", "reference_date", "value", "status"]
    names = ", ".join(columns)
    connection.execute(text(f"CREATE TEMP TABLE incoming_value AS SELECT {names} FROM value WITH NO DATA"))
    copy_in(connection, "incoming_value", frame, columns)
    connection.execute(text("ANALYZE incoming_value"))
    same_key = "(v.vintage_id, v.indicator_id, v.period, v.area_id) = (i.vintage_id, i.indicator_id, i.period, i.area_id)"
    differs = "(v.reference_date, v.value, v.status) IS DISTINCT FROM (i.reference_date, i.value, i.status)"
    superseded = connection.execute(
        text(
            f"INSERT INTO superseded_value ({names}, load_id, superseded_by)"
            f" SELECT {', '.join('v.' + name for name in columns)}, v.load_id, :load"
            f" FROM value v JOIN incoming_value i ON {same_key} WHERE v.load_id IS NOT NULL AND {differs}"
        ),
        {"load": load_id},
    ).rowcount
    updated = connection.execute(
        text(
            "UPDATE value v SET reference_date = i.reference_date, value = i.value, status = i.status,"
            " ci_low = NULL, ci_high = NULL, comparison = NULL,"
            f" load_id = :load, run_id = NULL FROM incoming_value i WHERE {same_key}"
            f" AND (v.load_id IS NULL OR {differs})"
        ),
        {"load": load_id},
    ).rowcount
    inserted = connection.execute(
        text(
            f"INSERT INTO value ({names}, load_id) SELECT {names}, :load FROM incoming_value i"
            f" WHERE NOT EXISTS (SELECT FROM value v WHERE {same_key})"
        ),
        {"load": load_id},
    ).rowcount
    connection.execute(text("DROP TABLE incoming_value"))
    return {
        "values_inserted": inserted,
        "values_corrected": superseded,
        "computed_values_replaced": updated - superseded,
        "values_unchanged": len(frame) - inserted - updated,
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
    """Return geography_id, edition, vintage_id and the periods with values, for every edition that a city ever had."""
    return read_rows(
        connection,
        "SELECT v.geography_id, v.edition, v.id AS vintage_id,"
        " coalesce(array_agg(DISTINCT a.period) FILTER (WHERE a.period IS NOT NULL), '{}') AS periods"
        " FROM vintage v LEFT JOIN availability a ON a.vintage_id = v.id WHERE v.city_id = :city"
        " GROUP BY v.id, v.geography_id, v.edition ORDER BY v.id",
        {"city": city_id},
    )


_COUNT = dict.fromkeys(("area_id", "indicator_id", "period", "status"), "str") | {"value": "float64"}


def published_counts(connection: Connection, vintage_id: int, periods: Iterable[str]) -> pd.DataFrame:
    """Return area_id, indicator_id, period, value, status and load_id of the counts that are public; computed: load 0."""
    return copy_out(
        connection,
        "SELECT area_id, indicator_id, period, value, status, coalesce(load_id, 0) AS load_id FROM value"
        " JOIN indicator i ON i.id = indicator_id WHERE i.kind = 'extensive'"
        " AND vintage_id = %(vintage)s AND period = ANY(%(periods)s)",
        {"vintage": vintage_id, "periods": list(periods)},
        dtype=_COUNT,
    )


def replaced_counts(connection: Connection, vintage_id: int, periods: Iterable[str]) -> pd.DataFrame:
    """Return the counts that were public once, as `published_counts`, with the load that corrected them (superseded_by)."""
    return copy_out(
        connection,
        "SELECT area_id, indicator_id, period, value, status, load_id, superseded_by FROM superseded_value"
        " JOIN indicator i ON i.id = indicator_id WHERE i.kind = 'extensive'"
        " AND vintage_id = %(vintage)s AND period = ANY(%(periods)s)",
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
