"""Whose data stand behind what is shown is known without a look at the values: their summary has the loads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text

from db import migrate
from db.engine import connect
from db.queries import proposals, sources
from etl.cities import city_profile
from etl.compute import compute_city
from etl.undo import undo_load

pytestmark = pytest.mark.db

KNOWN = {"code_version": "test", "progress": lambda _name, _share=None: None}
KEPT = text("SELECT vintage_id, indicator_id, period, loads FROM availability ORDER BY 1, 2, 3")
COUNTED = text(
    "SELECT vintage_id, indicator_id, period,"
    " coalesce(array_agg(DISTINCT load_id ORDER BY load_id) FILTER (WHERE load_id IS NOT NULL), '{}') FROM value"
    " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
)
COMPUTED = (
    "SELECT DISTINCT w.vintage_id, w.indicator_id, w.period, r.kind FROM value w JOIN run r ON r.id = w.run_id"
    " WHERE r.kind <> 'access' ORDER BY 1, 2, 3"
)


def loads(connection: Connection) -> list[Any]:
    return [tuple(row) for row in connection.execute(KEPT)]


def counted(connection: Connection) -> list[Any]:
    return [tuple(row) for row in connection.execute(COUNTED)]


@contextmanager
def statements(connection: Connection) -> Iterator[list[str]]:
    """Every statement that is sent while the block runs."""
    sent: list[str] = []

    def note(_connection, _cursor, statement: str, *_more: object) -> None:
        sent.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    yield sent
    event.remove(connection, "before_cursor_execute", note)


@pytest.fixture
def city(small_city_url: str) -> Iterator[Connection]:
    """A connection to the small city that is only read."""
    engine = connect(small_city_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_the_loads_are_those_of_the_values(city: Connection) -> None:
    found = loads(city)
    assert found == counted(city)
    assert any(row[3] for row in found)
    assert [] in [row[3] for row in found]  # what is computed only


def test_the_loads_behind_what_is_computed_are_those_of_all_values_it_may_be_made_of(
    city: Connection,
) -> None:
    query = "SELECT id FROM indicator WHERE numerator IS NULL OR form = 'change'"
    looks_back = set(city.execute(text(query)).scalars())
    rows = city.execute(text(COMPUTED)).mappings().all()
    assert {row["indicator_id"] in looks_back for row in rows} == {True, False}
    for row in rows:
        before = row["period"] if row["indicator_id"] in looks_back else ""
        slow = city.execute(
            text(
                "SELECT DISTINCT load_id FROM value WHERE vintage_id = :vintage AND load_id IS NOT NULL"
                " AND (period = :period OR period <= :before)"
            ),
            {"vintage": row["vintage_id"], "period": row["period"], "before": before},
        )
        assert sources._loads_behind_computed(city, row["vintage_id"], [row]) == set(slow.scalars())


def test_the_loads_behind_shares_near_something_are_those_of_the_groups_they_are_made_of(
    city: Connection,
) -> None:
    row = city.execute(text(COMPUTED.replace("<>", "="))).mappings().first()
    assert row is not None
    slow = city.execute(
        text(
            "SELECT DISTINCT load_id FROM value WHERE load_id IS NOT NULL AND period = :period"
            " AND indicator_id IN (SELECT one->>'group' FROM run, jsonb_array_elements(parameters->'access') AS one)"
        ),
        {"period": row["period"]},
    )
    assert sources._loads_behind_computed(city, row["vintage_id"], [row]) == set(slow.scalars()) != set()


def test_neither_an_index_nor_a_proposal_reads_all_values_to_name_its_sources(city: Connection) -> None:
    vintage, period = city.execute(
        text(
            "SELECT vintage_id, max(period) FROM value WHERE indicator_id = 'status_index' GROUP BY 1 LIMIT 1"
        )
    ).one()
    run = proposals.find_run(city, "sample")
    with statements(city) as sent:
        of_index = sources.sources_of_values(city, vintage, indicator_ids=["status_index"], periods=[period])
        of_run = sources.sources_of_run(city, run)
    assert of_index
    assert of_run
    reading = [one for one in sent if "FROM value" in one]
    assert len(reading) == 1  # the values of the index itself
    assert "indicator_id = ANY" in reading[0]


def test_they_stay_right_over_corrections_computations_and_undo(load_town, dataset, database: Engine) -> None:
    def same() -> set[tuple[int, ...]]:
        with database.connect() as connection:
            found = loads(connection)
            assert found == counted(connection)
        return {tuple(row[3]) for row in found}

    load_town()
    with database.connect() as connection:
        profile = city_profile("small", connection)
    compute_city(database, profile, requested_by="test", **KNOWN)
    assert same() == {(), (1,)}
    dataset.values("1000;100", "1001;100")
    load_town()
    # What was computed is gone; of one area of four the residents of 2020 are new, so are those of the city.
    assert same() == {(1,), (1, 2), (2,)}
    undo_load(database, 2, undone_by="test", **KNOWN)
    assert same() == {(1,)}


def test_a_filled_database_gets_them_from_its_values(
    make_database: Callable[..., str], small_city_template
) -> None:
    engine = connect(make_database(template=small_city_template))
    with engine.connect() as connection:
        before = loads(connection)
    migrate.downgrade(engine, "0013")
    migrate.upgrade(engine)
    with engine.connect() as connection:
        assert loads(connection) == before
    engine.dispose()
