"""Migrations run from empty, back again, and end where the models say."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from db import migrate
from db.engine import connect
from db.models import Base

pytestmark = pytest.mark.db

_TABLES = text(
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    " AND table_name NOT IN ('spatial_ref_sys', 'alembic_version') ORDER BY 1"
)


def test_upgrade_and_downgrade_from_empty_and_again(make_database: Callable[..., str]) -> None:
    engine = connect(make_database(migrated=False))
    assert not migrate.is_current(engine)
    migrate.upgrade(engine)
    assert migrate.is_current(engine)
    with engine.connect() as connection:
        tables = connection.execute(_TABLES).scalars().all()
    assert tables == sorted(Base.metadata.tables)
    migrate.downgrade(engine)
    with engine.connect() as connection:
        assert connection.execute(_TABLES).scalars().all() == []
        assert (
            connection.execute(
                text("SELECT typname FROM pg_type WHERE typname IN ('value_status', 'job_status')")
            ).all()
            == []
        )
    migrate.upgrade(engine)
    assert migrate.is_current(engine)
    engine.dispose()


def test_migrated_schema_is_the_schema_of_the_models(database) -> None:
    with database.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_object": lambda _o, name, kind, _r, _c: (
                    not (kind == "table" and name == "spatial_ref_sys")
                )
            },
        )
        assert compare_metadata(context, Base.metadata) == []


def test_constraints_of_the_models_are_in_the_database(database) -> None:
    expected = {
        str(constraint.name)
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if constraint.name is not None
    }
    with database.connect() as connection:
        names = connection.execute(text("SELECT conname FROM pg_constraint")).scalars().all()
    assert expected - set(names) == set()


def test_two_upgrades_at_once_leave_one_schema(make_database: Callable[..., str]) -> None:
    url = make_database(migrated=False)

    def upgrade(_number: int) -> bool:
        engine = connect(url)
        migrate.upgrade(engine)
        current = migrate.is_current(engine)
        engine.dispose()
        return current

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(upgrade, range(2))) == [True, True]
