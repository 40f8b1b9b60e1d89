"""The schema with undo on a filled database: values stay, and there is a way back while no edition is withdrawn."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from db import migrate
from db.engine import connect

pytestmark = pytest.mark.db

FILLED = (
    "INSERT INTO city VALUES ('town', 'Stadt', 'Town', 25833, true)",
    "INSERT INTO geography_level VALUES ('town', 'city', NULL, 0, 2, 'Stadt', 'City')",
    "INSERT INTO source VALUES ('town', 'x', 'x', 'x', 'CC0-1.0', 'x', '')",
    "INSERT INTO load (city_id, source_id, checksum, code_version, loaded_by, counts, repairs)"
    f" VALUES ('town', 'town', '{'0' * 64}', '1', 'test', '{{}}', '{{}}')",
    "INSERT INTO vintage (city_id, geography_id, edition, valid_from, valid_to, srid)"
    " VALUES ('town', 'city', '1', '2020-1-1', '2020-12-31', 25833), ('town', 'city', '2', '2021-1-1', NULL, 25833)",
    "INSERT INTO area (vintage_id, area_id, name, srid, geometry, load_id) SELECT id, '00', 'x', 25833,"
    " 'SRID=25833;MULTIPOLYGON(((0 0,0 10,10 10,10 0,0 0)))', 1 FROM vintage",
    "INSERT INTO indicator (id, title_de, title_en, unit, kind, direction, decimals, labels_de, labels_en)"
    " VALUES ('people', 'x', 'x', 'x', 'extensive', 'context', 0, '{}', '{}')",
    "INSERT INTO value (vintage_id, indicator_id, period, area_id, reference_date, value, status, load_id)"
    " SELECT id, 'people', '2020', '00', '2020-12-31', 5, 'measured', 1 FROM vintage",
)
EDITION = (
    "INSERT INTO vintage (city_id, geography_id, edition, valid_from, srid)"
    " VALUES ('town', 'city', '2', '2021-6-1', 25833)"
)


@pytest.fixture
def filled(make_database: Callable[..., str]) -> Engine:
    engine = connect(make_database(migrated=False))
    migrate.upgrade(engine, "0010")
    with engine.begin() as connection:
        for statement in FILLED:
            connection.execute(text(statement))
    migrate.upgrade(engine)
    yield engine
    engine.dispose()


def test_a_filled_database_keeps_its_values_both_ways(filled: Engine) -> None:
    with filled.connect() as connection:
        assert connection.execute(text("SELECT undoes, definitions FROM load")).one() == (None, None)
        assert connection.execute(text("SELECT count(*) FROM value")).scalar_one() == 2
    migrate.downgrade(filled, "0010")
    migrate.upgrade(filled)
    with filled.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM value")).scalar_one() == 2


def test_a_withdrawn_edition_leaves_its_name_and_its_time_to_another(filled: Engine) -> None:
    with pytest.raises(IntegrityError), filled.begin() as connection:
        connection.execute(text(EDITION))
    with filled.begin() as connection:
        connection.execute(text("UPDATE vintage SET withdrawn_by = 1 WHERE edition = '2'"))
        connection.execute(text(EDITION))


def test_there_is_no_way_back_while_an_edition_is_withdrawn(filled: Engine) -> None:
    with filled.begin() as connection:
        connection.execute(text("UPDATE vintage SET withdrawn_by = 1 WHERE edition = '2'"))
    with pytest.raises(
        RuntimeError, match=r"withdrawn editions.*: town city@2 \(withdrawn by load 1\); undo"
    ) as told:
        migrate.downgrade(filled, "0010")
    assert "'sozialraum undo NUMBER'" in str(told.value)
    assert "restore a backup" in str(told.value)
    assert migrate.is_current(filled)
