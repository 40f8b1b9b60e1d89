"""One way to open the database: the same options for commands, worker and service."""

from __future__ import annotations

from sqlalchemy import Engine, create_engine, make_url, text

__all__ = ["connect", "other_clients"]


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
