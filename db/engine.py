"""One way to open the database: the same options for commands, worker and service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, create_engine, make_url, text

__all__ = ["connect", "other_clients", "snapshot"]


def connect(url: str, *, pool_size: int = 5) -> Engine:
    """Return an engine; nothing is opened before the first use."""
    address = make_url(url).set(drivername="postgresql+psycopg")  # also for postgres:// and postgresql://
    return create_engine(
        address,
        pool_size=pool_size,
        max_overflow=30,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 10},
    )


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """Give a connection for reading only, to which the database is that of one moment, whatever others write meanwhile."""
    with engine.connect() as connection:
        yield connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def other_clients(url: str) -> int:
    """Return how many other connections the server has."""
    engine = connect(url, pool_size=1)
    with engine.connect() as connection:
        count = connection.execute(
            text(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
        ).scalar_one()
    engine.dispose()
    return int(count)
