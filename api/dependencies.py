"""What routes are given: one database connection per request, in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Connection

__all__ = ["Database", "open_connection"]


def open_connection(request: Request) -> Iterator[Connection]:
    """Open a transaction that is committed once, before the answer is sent."""
    with request.app.state.engine.begin() as connection:
        yield connection


Database = Annotated[Connection, Depends(open_connection, scope="function")]
