"""What every command starts with: the database (started when it is our private one) and who is asking."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from db import migrate
from db.cluster.server import PrivateServer
from db.engine import connect
from db.server_check import check_postgis
from db.settings import DatabaseSettings, read_settings
from etl.raw import RawStore
from etl.settings import PipelineSettings
from etl.version import code_version

__all__ = ["Session", "open_session", "private_server"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """An open, migrated database and what the pipelines need beside it."""

    engine: Engine
    url: str
    store: RawStore
    state: Path
    user: str
    code_version: str
    webhook_private_addresses: bool = False


def private_server(settings: DatabaseSettings) -> PrivateServer:
    """Return the private server of the settings, started or not."""
    return PrivateServer(settings.postgres_folder, pg_bin=settings.pg_bin, runtime_dir=settings.runtime_dir)


@contextmanager
def open_session() -> Iterator[Session]:
    """Open the configured database, or start the private one and leave it running; migrate it."""
    database, pipeline = read_settings(), PipelineSettings()
    url = database.database_url or private_server(database).start()
    check_postgis(url)
    engine = connect(url)
    try:
        if not migrate.is_current(engine):
            migrate.upgrade(engine)
        yield Session(
            engine=engine,
            url=url,
            store=RawStore(pipeline.raw_dir),
            state=pipeline.state_dir,
            user=pipeline.user_name,
            code_version=code_version(),
            webhook_private_addresses=pipeline.webhook_private_addresses,
        )
    finally:
        engine.dispose()
