"""Append many rows to a table at once: in the server's own format, their references checked as a whole.

PostgreSQL looks every reference of every row up by itself, which takes most of the time of a large load: a million values
refer to a few thousand areas a million times. Here each distinct reference is looked up and locked once, before the rows
are written. Where the account may not leave the checks of single rows out, or a reference is not there, they are made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from psycopg import sql
from sqlalchemy import Connection, text

from db.queries.binary_rows import END, START, Distinct, Field, field_of, joint_codes, places_of, rows_of
from db.queries.copying import driver_cursor
from db.queries.rows import read_rows

__all__ = ["append", "append_from"]

_ROWS_AT_ONCE = 10_000
_ROWS_PER_STATEMENT = 1_000_000  # what waits for its checks lies in the server's memory


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reference:
    """A foreign key: columns here and there, and the types of those there."""

    table: str
    columns: tuple[str, ...]
    other: tuple[str, ...]
    types: tuple[str, ...]


def append(
    connection: Connection,
    table: str,
    frame: pd.DataFrame,
    columns: Sequence[str],
    *,
    constants: Mapping[str, Any] | None = None,
    order: Sequence[str] = (),
) -> int:
    """Append columns of a frame to a table inside the running transaction; return how many rows.

    `constants`: columns with one value for all rows. `order`: columns by which the rows are written, so that they lie in
    the table, and enter its index, in that order. Geometries know their CRS number; missing cells become NULL.
    """
    if frame.empty:
        return 0
    kinds = _kinds(connection, table)
    fields = {name: field_of(frame[name], kinds[name]) for name in columns}
    same = {name: field_of(pd.Series([value]), kinds[name]) for name, value in (constants or {}).items()}
    rows = _ordered([_distinct(fields[name]) for name in order])
    fixed = [field.fields(slice(0, 1))[0].as_py() for field in same.values()]

    def content(part: slice) -> pa.Buffer:
        return rows_of(fields, fixed, part if rows is None else rows[part])

    checked = _may_leave_checks_out(connection, table) and all(
        _is_there(connection, table, reference, fields | same, len(frame))
        for reference in _references(connection, table)
    )
    if checked:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
    # An error on the way ends the transaction, and with it the setting.
    _copy(connection, table, [*fields, *same], len(frame), content)
    if checked:
        connection.execute(text("SET LOCAL session_replication_role = origin"))
    return len(frame)


def append_from(
    connection: Connection,
    table: str,
    columns: Mapping[str, str],
    source: str,
    *,
    parameters: Mapping[str, Any] | None = None,
    order: str = "",
) -> int:
    """Append rows that are made of what the database has inside the running transaction; return how many rows.

    `columns`: for each column the SQL that gives it, of `source`, which stands behind FROM. `order`: as for `append`.
    """
    given = dict(parameters or {})
    checked = _may_leave_checks_out(connection, table) and all(
        _is_there_from(connection, table, reference, columns, source, given)
        for reference in _references(connection, table)
    )
    if checked:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
    statement = (
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns.values())} FROM {source}"
    )
    written = connection.execute(
        text(f"{statement} ORDER BY {order}" if order else statement), given
    ).rowcount
    if checked:
        connection.execute(text("SET LOCAL session_replication_role = origin"))
    return written


def _copy(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    count: int,
    content: Callable[[slice], pa.Buffer],
) -> None:
    """Send the rows, a part of them while the next is made."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with ThreadPoolExecutor(max_workers=1) as beside, driver_cursor(connection) as cursor:
        for first in range(0, count, _ROWS_PER_STATEMENT):
            last = min(first + _ROWS_PER_STATEMENT, count)
            with cursor.copy(statement) as copy:
                copy.write(START)
                for part in _ahead(beside, content, first, last):
                    copy.write(memoryview(part))
                copy.write(END)


def _ahead(
    beside: ThreadPoolExecutor, content: Callable[[slice], pa.Buffer], first: int, last: int
) -> Iterator[pa.Buffer]:
    parts = (slice(start, min(start + _ROWS_AT_ONCE, last)) for start in range(first, last, _ROWS_AT_ONCE))
    coming = beside.submit(content, next(parts))
    for part in parts:
        made, coming = coming.result(), beside.submit(content, part)
        yield made
    yield coming.result()


def _ordered(columns: list[Distinct]) -> NDArray[np.intp] | None:
    """Return the rows in the order of some columns; None when they are in it, or it is not worth while."""
    if not columns or math.prod(len(column.values) + 1 for column in columns) > np.iinfo(np.int64).max:
        return None
    joint = joint_codes([(_ranks(column), len(column.values)) for column in columns])
    return None if bool((joint[1:] >= joint[:-1]).all()) else np.argsort(joint, kind="stable")


def _ranks(column: Distinct) -> NDArray[Any]:
    """Return the place of each cell's value among the distinct ones in their order."""
    order = sorted(range(len(column.values)), key=column.values.__getitem__)
    place = np.empty(len(order), dtype=column.codes.dtype)
    place[order] = np.arange(len(order))
    return place[column.codes]


def _kinds(connection: Connection, table: str) -> dict[str, str]:
    rows = read_rows(
        connection,
        "SELECT a.attname, t.typname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid"
        " WHERE a.attrelid = to_regclass(:table) AND a.attnum > 0 AND NOT a.attisdropped",
        {"table": table},
    )
    return {row["attname"]: row["typname"] for row in rows}


def _may_leave_checks_out(connection: Connection, table: str) -> bool:
    """Whether the account may write without the checks of single rows, and nothing but these would be left out."""
    query = (
        "SELECT current_setting('is_superuser') = 'on' AND NOT EXISTS (SELECT FROM pg_trigger"
        " WHERE tgrelid = to_regclass(:table) AND NOT tgisinternal AND tgenabled <> 'D')"
    )
    return bool(connection.execute(text(query), {"table": table}).scalar_one())


def _references(connection: Connection, table: str) -> list[_Reference]:
    names = (
        "ARRAY(SELECT {what} FROM unnest(c.{key}) WITH ORDINALITY AS k (number, place)"
        " JOIN pg_attribute a ON a.attrelid = c.{of} AND a.attnum = k.number ORDER BY k.place)"
    )
    rows = read_rows(
        connection,
        f"SELECT c.confrelid::regclass::text AS of, {names.format(what='a.attname::text', key='conkey', of='conrelid')}"
        f" AS columns, {names.format(what='a.attname::text', key='confkey', of='confrelid')} AS other,"
        f" {names.format(what='format_type(a.atttypid, NULL)', key='confkey', of='confrelid')} AS types"
        " FROM pg_constraint c WHERE c.conrelid = to_regclass(:table) AND c.contype = 'f'",
        {"table": table},
    )
    return [
        _Reference(
            table=row["of"],
            columns=tuple(row["columns"]),
            other=tuple(row["other"]),
            types=tuple(row["types"]),
        )
        for row in rows
    ]


def _is_there(
    connection: Connection, table: str, reference: _Reference, fields: Mapping[str, Field], count: int
) -> bool:
    """Lock everything that the rows refer to until the end of the transaction, and return whether it is all there."""
    if not set(reference.columns) <= set(fields):
        return True  # a column that is not written is NULL, and refers to nothing
    keys = _keys([_distinct(fields[name]) for name in reference.columns], count)
    if reference.table == table:  # rows may refer to each other
        own = _keys([_distinct(fields[name]) for name in reference.other], count, among=keys)
        keys = keys[~pd.MultiIndex.from_frame(keys).isin(pd.MultiIndex.from_frame(own))]
    if keys.empty:
        return True
    asked = {f"key{place}": keys[place].to_list() for place in keys.columns}
    arrays = [f"CAST(:{name} AS {kind}[])" for name, kind in zip(asked, reference.types, strict=True)]
    here = ", ".join(f"r.{name}" for name in reference.other)
    found = connection.execute(
        text(
            f"SELECT count(*) FROM (SELECT FROM {reference.table} r JOIN unnest({', '.join(arrays)})"
            f" AS k ({', '.join(asked)}) ON ({here}) = ({', '.join('k.' + name for name in asked)})"
            " FOR KEY SHARE OF r) AS found"
        ),
        asked,
    ).scalar_one()
    return bool(found == len(keys))


def _is_there_from(
    connection: Connection,
    table: str,
    reference: _Reference,
    columns: Mapping[str, str],
    source: str,
    parameters: Mapping[str, Any],
) -> bool:
    """Do as `_is_there` for rows that are made of what the database has."""
    if not set(reference.columns) <= set(columns):
        return True
    if reference.table == table:  # rows may refer to each other, which only the checks of single rows see
        return False
    keys = [f"key{place}" for place in range(len(reference.columns))]
    made = ", ".join(f"{columns[name]} AS {key}" for name, key in zip(reference.columns, keys, strict=True))
    here = ", ".join(f"r.{name}" for name in reference.other)
    return bool(
        connection.execute(
            text(
                f"WITH made AS (SELECT DISTINCT {made} FROM {source}),"
                f" k AS MATERIALIZED (SELECT * FROM made WHERE {' AND '.join(f'{key} IS NOT NULL' for key in keys)})"
                f" SELECT (SELECT count(*) FROM k) = (SELECT count(*) FROM (SELECT FROM {reference.table} r"
                f" JOIN k ON ({here}) = ({', '.join('k.' + key for key in keys)}) FOR KEY SHARE OF r) AS found)"
            ),
            parameters,
        ).scalar_one()
    )


def _keys(columns: Sequence[Distinct], count: int, *, among: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the distinct rows of some columns without those that lack a value: one column each, named by its place.

    `among`: such a frame; rows with a value that does not occur in its column are left out.
    """
    codes = [np.broadcast_to(column.codes, count) for column in columns]
    there = np.logical_and.reduce([code >= 0 for code in codes])
    if among is not None:
        for number, (column, code) in enumerate(zip(columns, codes, strict=True)):
            there &= pd.Index(column.values).isin(among[number])[code]
    counts = [len(column.values) for column in columns]
    joint = joint_codes(list(zip(codes, counts, strict=True)))
    places = places_of(pd.unique(joint if there.all() else joint[there]), counts)
    return pd.DataFrame(
        {
            number: np.array(column.values, dtype=object)[place]
            for number, (column, place) in enumerate(zip(columns, places, strict=True))
        }
    )


def _distinct(field: Field) -> Distinct:
    if not isinstance(field, Distinct):
        raise TypeError("rows are ordered by, and refer by, texts, whole numbers and days only")
    return field
