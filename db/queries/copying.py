"""Move whole tables in and out with COPY: the fastest way PostgreSQL has, and the same for every caller."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import pandas as pd
import psycopg
from psycopg import sql
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

__all__ = ["copy_in", "copy_out", "copy_parts_in", "driver_cursor"]

_ROWS_AT_ONCE = 100_000


def copy_in(connection: Connection, table: str, frame: pd.DataFrame, columns: Sequence[str]) -> int:
    """Append the columns of a frame to a table inside the running transaction.

    Missing cells become NULL, empty text stays empty.
    """
    return copy_parts_in(connection, table, (frame.loc[:, list(columns)],), columns)


def copy_parts_in(
    connection: Connection, table: str, parts: Iterable[pd.DataFrame], columns: Sequence[str]
) -> int:
    """Append frames as they come: the server takes one in while the next is made.

    Making a part must not use the connection. A part may lack columns, which become NULL.
    """
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv, NULL '\\N')").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    written = 0
    with driver_cursor(connection) as cursor, cursor.copy(statement) as copy:
        for part in parts:
            selected = part.reindex(columns=list(columns))
            for start in range(0, len(selected), _ROWS_AT_ONCE):
                rows = selected.iloc[start : start + _ROWS_AT_ONCE]
                copy.write(rows.to_csv(header=False, index=False, na_rep="\\N"))
            written += len(selected)
    return written


@contextmanager
def driver_cursor(connection: Connection) -> Iterator[psycopg.Cursor[Any]]:
    """Give the driver's cursor; its errors become SQLAlchemy's, which everybody above knows."""
    try:
        with cast("psycopg.Connection[Any]", connection.connection.driver_connection).cursor() as cursor:
            yield cursor
    except psycopg.Error as error:
        raise DBAPIError.instance("COPY", None, error, psycopg.Error, dialect=connection.dialect) from error


def copy_out(
    connection: Connection,
    query: str,
    parameters: Mapping[str, Any] | None = None,
    *,
    dtype: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Read a query with psycopg parameters (`%(name)s`) into a frame; `dtype` keeps codes as text."""
    buffer = io.BytesIO()
    # The query is composed here and in the callers from constants; values go through the driver's parameters.
    statement = f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)"
    with driver_cursor(connection) as cursor, cursor.copy(statement, parameters) as copy:
        for block in copy:
            buffer.write(block)
    buffer.seek(0)
    return pd.read_csv(buffer, dtype=dict(dtype or {}), keep_default_na=False, na_values=[""], engine="c")
