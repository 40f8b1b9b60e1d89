"""Keep crosswalks between editions and levels, find those in force, and keep the values converted with them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pandas as pd
from sqlalchemy import Connection, text

from db.errors import UnknownCrosswalkError
from db.queries.copying import copy_in, copy_parts_in
from db.queries.rows import read_one, read_rows

__all__ = [
    "VALUE_COLUMNS",
    "crosswalk_parts",
    "crosswalks",
    "editions",
    "get_crosswalk",
    "outlines",
    "put_crosswalk",
    "remove_converted",
    "remove_converted_between",
    "replace_converted",
]

VALUE_COLUMNS = (
    "indicator_id",
    "period",
    "area_id",
    "reference_date",
    "value",
    "status",
    "grade",
    "derivation",
    "known",
    "estimated",
)
_COLUMNS = [*VALUE_COLUMNS, "vintage_id", "source_vintage_id", "crosswalk_id", "run_id"]
_CROSSWALK = (
    "SELECT c.*, s.geography_id AS source_geography, s.edition AS source_edition,"
    " t.geography_id AS target_geography, t.edition AS target_edition,"
    " c.id = max(c.id) OVER (PARTITION BY c.source_vintage_id, c.target_vintage_id) AS is_in_force"
    " FROM crosswalk c JOIN vintage s ON s.id = c.source_vintage_id JOIN vintage t ON t.id = c.target_vintage_id"
    " WHERE c.city_id = :city AND s.withdrawn_by IS NULL AND t.withdrawn_by IS NULL"
)


def editions(connection: Connection, city_id: str) -> list[dict[str, Any]]:
    """Return the editions of all levels of a city, the newest last: vintage_id, geography_id, edition, valid_from, rank."""
    return read_rows(
        connection,
        "SELECT v.id AS vintage_id, v.geography_id, v.edition, v.valid_from, v.valid_to, g.rank, g.title_de, g.title_en"
        " FROM vintage v JOIN geography_level g ON (g.city_id, g.id) = (v.city_id, v.geography_id)"
        " WHERE v.city_id = :city AND v.withdrawn_by IS NULL ORDER BY g.rank, v.valid_from",
        {"city": city_id},
    )


def outlines(connection: Connection, vintage_id: int) -> str:
    """Return a fingerprint of the keys and boundaries of an edition."""
    return str(
        connection.execute(
            text(
                "SELECT coalesce(md5(string_agg(area_id || ' ' || md5(ST_AsBinary(geometry)), ',' ORDER BY area_id)), '')"
                " FROM area WHERE vintage_id = :vintage"
            ),
            {"vintage": vintage_id},
        ).scalar_one()
    )


def put_crosswalk(
    connection: Connection,
    *,
    sources: pd.DataFrame,
    targets: pd.DataFrame,
    shares: pd.DataFrame,
    **fields: Any,
) -> int:
    """Keep a crosswalk and return its number; from now on it is the one in force between its two editions.

    `sources`: area_id, size, outside, slivers, basis. `targets`: area_id, without_source. `shares`: source_area_id,
    target_area_id, share. Older ones between the same editions stay known.
    """
    names = ", ".join(fields)
    marks = ", ".join(
        f"CAST(:{name} AS jsonb)" if name in ("parameters", "summary") else f":{name}" for name in fields
    )
    given = {
        name: json.dumps(value, ensure_ascii=False) if name in ("parameters", "summary") else value
        for name, value in fields.items()
    }
    number = int(
        connection.execute(
            text(f"INSERT INTO crosswalk ({names}) VALUES ({marks}) RETURNING id"), given
        ).scalar_one()
    )
    rows = sources.assign(crosswalk_id=number, vintage_id=fields["source_vintage_id"])
    copy_in(
        connection,
        "crosswalk_source",
        rows,
        ["crosswalk_id", "vintage_id", "area_id", "size", "outside", "slivers", "basis"],
    )
    rows = targets.assign(crosswalk_id=number, vintage_id=fields["target_vintage_id"])
    copy_in(connection, "crosswalk_target", rows, ["crosswalk_id", "vintage_id", "area_id", "without_source"])
    copy_in(
        connection,
        "crosswalk_share",
        shares.assign(crosswalk_id=number),
        ["crosswalk_id", "source_area_id", "target_area_id", "share"],
    )
    return number


def crosswalks(connection: Connection, city_id: str, *, only_in_force: bool = False) -> list[dict[str, Any]]:
    """Return the crosswalks of a city by number; each says whether it is in force between its two editions."""
    rows = read_rows(connection, f"{_CROSSWALK} ORDER BY c.id", {"city": city_id})
    return [row for row in rows if row["is_in_force"] or not only_in_force]


def get_crosswalk(connection: Connection, city_id: str, number: int) -> dict[str, Any]:
    """Return one crosswalk of a city, or raise `UnknownCrosswalkError`."""
    found = read_one(
        connection,
        f"SELECT * FROM ({_CROSSWALK}) AS every WHERE id = :number",
        {"city": city_id, "number": number},
    )
    if found is None:
        raise UnknownCrosswalkError(city_id, number, [row["id"] for row in crosswalks(connection, city_id)])
    return found


def crosswalk_parts(connection: Connection, number: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return sources, targets and shares of a crosswalk as they were kept, to the last digit, ordered by area."""
    columns = {
        "crosswalk_source": ["area_id", "size", "outside", "slivers", "basis"],
        "crosswalk_target": ["area_id", "without_source"],
        "crosswalk_share": ["source_area_id", "target_area_id", "share"],
    }
    sources, targets, shares = (
        pd.DataFrame(
            read_rows(
                connection,
                f"SELECT {', '.join(names)} FROM {table} WHERE crosswalk_id = :number ORDER BY 1, 2",
                {"number": number},
            ),
            columns=names,
        )
        for table, names in columns.items()
    )
    return sources, targets, shares


def replace_converted(
    connection: Connection, parts: Iterable[pd.DataFrame], *, city_id: str, run_id: int
) -> int:
    """Put converted values in place of all that a city had; return how many.

    `parts`: frames with `VALUE_COLUMNS`, vintage_id, source_vintage_id and crosswalk_id. Making a part must not use the
    connection.
    """
    remove_converted(connection, city_id)
    return copy_parts_in(
        connection, "converted_value", (part.assign(run_id=run_id) for part in parts), _COLUMNS
    )


def remove_converted(connection: Connection, city_id: str) -> int:
    """Delete all converted values of a city, because what they rest on changed; return how many.

    Of all editions: a crosswalk may be divided by counts of a third one.
    """
    return connection.execute(
        text(
            "DELETE FROM converted_value WHERE vintage_id IN (SELECT id FROM vintage WHERE city_id = :city)"
        ),
        {"city": city_id},
    ).rowcount


def remove_converted_between(connection: Connection, source_vintage_id: int, target_vintage_id: int) -> int:
    """Delete what was converted from one edition to another, because its crosswalk is replaced; return how many."""
    return connection.execute(
        text("DELETE FROM converted_value WHERE (source_vintage_id, vintage_id) = (:source, :target)"),
        {"source": source_vintage_id, "target": target_vintage_id},
    ).rowcount
