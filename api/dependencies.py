"""What routes are given: one database connection per request, in one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import contextmanager_in_threadpool
from sqlalchemy import Connection

__all__ = ["CONNECTIONS", "Database", "open_connection"]

# Far fewer than the threads that answer requests. Were every thread to wait for a connection, none would be left
# to finish the requests that hold one.
CONNECTIONS = 10


async def open_connection(request: Request) -> AsyncIterator[Connection]:
    """Wait for a free connection and open a transaction that is committed once, before the answer is sent."""
    async with (
        request.app.state.connections,
        contextmanager_in_threadpool(request.app.state.engine.begin()) as connection,
    ):
        yield connection


Database = Annotated[Connection, Depends(open_connection, scope="function")]
