"""Bring the schema to the newest version, or back; both ways are tested."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from db.errors import NewerSchemaError

__all__ = ["downgrade", "is_current", "upgrade"]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def is_current(engine: Engine) -> bool:
    """Whether the schema is the one this code was written for; `NewerSchemaError` when it is a later one."""
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    script = ScriptDirectory.from_config(_config())
    if current is not None and current not in {one.revision for one in script.walk_revisions()}:
        raise NewerSchemaError(current)
    return current == script.get_current_head()


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run all migrations up to `revision` in one transaction."""
    _run(engine, lambda config: command.upgrade(config, revision))


def downgrade(engine: Engine, revision: str = "base") -> None:
    """Undo all migrations down to `revision` in one transaction."""
    _run(engine, lambda config: command.downgrade(config, revision))


def _run(engine: Engine, action: Callable[[Config], None]) -> None:
    config = _config()
    with engine.begin() as connection:
        # Two commands that start at once: the second waits and finds nothing left to do.
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('sozialraum:migrate'))"))
        config.attributes["connection"] = connection
        action(config)
