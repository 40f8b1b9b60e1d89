"""What routes are given: one database connection per request, in one transaction; and keys they do not know are refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.concurrency import contextmanager_in_threadpool
from fastapi.exceptions import RequestValidationError
from sqlalchemy import Connection

from api.errors import NotFoundError
from db.engine import snapshot
from db.queries import catalogue
from indicators.methods.errors import suggestion

__all__ = ["CONNECTIONS", "Database", "Edition", "Snapshot", "known_city", "known_keys", "open_connection"]

# Far fewer than the threads that answer requests. Were every thread to wait for a connection, none would be left
# to finish the requests that hold one.
CONNECTIONS = 10


def known_keys(request: Request) -> None:
    """Refuse keys that the route does not have: a misspelt filter would filter nothing."""
    known = [parameter.alias for parameter in request.scope["route"].dependant.query_params]
    unknown = [key for key in dict.fromkeys(request.query_params) if key not in known]
    if unknown:
        raise RequestValidationError(
            [
                {"loc": ("query", key), "msg": f"there is no such key; {suggestion(key, known)}"}
                for key in unknown
            ]
        )


async def open_connection(request: Request) -> AsyncIterator[Connection]:
    """Wait for a free connection and open a transaction that is committed once, before the answer is sent."""
    async with (
        request.app.state.connections,
        contextmanager_in_threadpool(request.app.state.engine.begin()) as connection,
    ):
        yield connection


async def open_snapshot(request: Request) -> AsyncIterator[Connection]:
    """Wait for a free connection that reads only, and everything of one moment."""
    async with (
        request.app.state.connections,
        contextmanager_in_threadpool(snapshot(request.app.state.engine)) as connection,
    ):
        yield connection


Database = Annotated[Connection, Depends(open_connection, scope="function")]
Snapshot = Annotated[Connection, Depends(open_snapshot, scope="function")]
Edition = Annotated[
    str | None,
    Query(min_length=1, max_length=100, description="edition of the boundaries; the newest by default"),
]


def known_city(database: Connection, city: str) -> None:
    """Refuse a city that is not loaded; the message says which are."""
    loaded = [row["id"] for row in catalogue.cities(database)]
    if city not in loaded:
        raise NotFoundError(f"unknown city {city!r}; loaded cities: {', '.join(loaded) or 'none'}")
