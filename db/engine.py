"""One way to open the database: the same options for commands, worker and service."""

from __future__ import annotations

from sqlalchemy import Engine, create_engine

__all__ = ["connect"]


def connect(url: str, *, pool_size: int = 5) -> Engine:
    """Return an engine; nothing is opened before the first use."""
    return create_engine(url, pool_size=pool_size, pool_pre_ping=True, connect_args={"connect_timeout": 10})
