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


def test_a_filled_database_gets_forms_and_keeps_its_values_both_ways(
    make_database: Callable[..., str],
) -> None:
    engine = connect(make_database(migrated=False))
    migrate.upgrade(engine, "0002")
    indicator = (
        "INSERT INTO indicator (id, title_de, title_en, unit, kind, direction, numerator, denominator, decimals,"
        " labels_de, labels_en) VALUES (:id, 'x', 'x', 'x', :kind, 'context', :top, :bottom, 0, '{}', '{}')"
    )
    rows = [
        {"id": "jobless", "kind": "extensive", "top": None, "bottom": None},
        {"id": "residents", "kind": "extensive", "top": None, "bottom": None},
        {"id": "jobless_share", "kind": "intensive", "top": "jobless", "bottom": "residents"},
        {"id": "need", "kind": "intensive", "top": None, "bottom": None},
    ]
    ground = (
        "INSERT INTO city VALUES ('town', 'Stadt', 'Town', 25833, true)",
        "INSERT INTO geography_level VALUES ('town', 'city', NULL, 0, 2, 'Stadt', 'City')",
        "INSERT INTO source VALUES ('town', 'x', 'x', 'x', 'CC0-1.0', 'x', '')",
        "INSERT INTO load (city_id, source_id, checksum, code_version, loaded_by, counts, repairs)"
        f" VALUES ('town', 'town', '{'0' * 64}', '1', 'test', '{{}}', '{{}}')",
        "INSERT INTO vintage (city_id, geography_id, edition, valid_from, srid)"
        " VALUES ('town', 'city', '1', '2020-1-1', 25833)",
        "INSERT INTO area (vintage_id, area_id, name, srid, geometry, load_id) VALUES (1, '00', 'x', 25833,"
        " 'SRID=25833;MULTIPOLYGON(((0 0,0 10,10 10,10 0,0 0)))', 1)",
        "INSERT INTO value VALUES (1, 'residents', '2020', '00', '2020-12-31', 5, 'measured', 1, NULL)",
    )
    with engine.begin() as connection:
        connection.execute(text(indicator), rows)
        for statement in ground:
            connection.execute(text(statement))
    migrate.upgrade(engine)
    with engine.begin() as connection:
        forms = {row.id: row.form for row in connection.execute(text("SELECT id, form FROM indicator"))}
        kept = connection.execute(text("SELECT value, ci_low, comparison FROM value")).one()
        connection.execute(
            text("UPDATE indicator SET form = 'rate', factor = 1000 WHERE id = 'jobless_share'")
        )
    assert forms == {"jobless": "count", "residents": "count", "jobless_share": "share", "need": None}
    assert tuple(kept) == (5.0, None, None)
    migrate.downgrade(engine, "0002")
    with (
        engine.connect() as connection
    ):  # what is no percentage loses its numerator, nothing loses its values
        told = connection.execute(
            text("SELECT numerator FROM indicator WHERE id = 'jobless_share'")
        ).scalar_one()
        assert told is None
        assert connection.execute(text("SELECT count(*) FROM value")).scalar_one() == 1
    engine.dispose()
