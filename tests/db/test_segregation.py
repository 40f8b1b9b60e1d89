"""Measures of segregation in the database: what it refuses, what it gives back, and what became of earlier ones."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from db import migrate
from db.engine import connect
from db.queries.segregation import series, store

pytestmark = pytest.mark.db

GROUND = (
    "INSERT INTO city VALUES ('town', 'Stadt', 'Town', 25833, true)",
    "INSERT INTO geography_level VALUES ('town', 'city', NULL, 0, 2, 'Stadt', 'City')",
    "INSERT INTO vintage (city_id, geography_id, edition, valid_from, srid)"
    " VALUES ('town', 'city', '2020', '2020-01-01', 25833)",
    "INSERT INTO indicator VALUES ('old', 'Alte', 'Old', 'persons', 'extensive', 'context', NULL, NULL, 0, '{}', '{}'),"
    " ('young', 'Junge', 'Young', 'persons', 'extensive', 'context', NULL, NULL, 0, '{}', '{}'),"
    " ('residents', 'Einwohner', 'Residents', 'persons', 'extensive', 'context', NULL, NULL, 0, '{}', '{}')",
)
COMPOSITIONS = {
    "young": {"groups": ["young"], "total": "residents"},
    "ages": {"groups": ["young", "old"], "total": "residents"},
}


def fill(connection: Connection, parameters: dict[str, object] | None = None) -> None:
    for statement in GROUND:
        connection.execute(text(statement))
    connection.execute(
        text(
            "INSERT INTO run (city_id, kind, parameters, inputs_hash, code_version, requested_by, summary)"
            " VALUES ('town', 'segregation', :told, repeat('0', 64), '1', 'test', '{}')"
        ),
        {"told": json.dumps(parameters or {"compositions": COMPOSITIONS})},
    )


@pytest.fixture
def ground(database: Engine) -> Engine:
    with database.begin() as connection:
        fill(connection)
    return database


def row(**changes: object) -> dict[str, object]:
    fields: dict[str, object] = {
        "vintage_id": 1, "measure": "dissimilarity", "composition": "young", "total_id": "residents",
        "period": "2020", "group_id": "young", "value": 0.3, "ci_low": 0.2, "ci_high": 0.35, "corrected": 0.28,
        "expected": 0.05, "p_value": 0.01, "areas": 9, "areas_left_out": 1, "residents": 900.0,
    }  # fmt: skip
    return fields | changes


def stored(engine: Engine, *rows: dict[str, object]) -> list[dict[str, object]]:
    with engine.begin() as connection:
        store(connection, pd.DataFrame(rows), run_id=1)
        return series(connection, "town")


def test_what_is_stored_comes_back_with_the_title_of_its_group(ground: Engine) -> None:
    (found,) = stored(ground, row())
    assert {name: found[name] for name in row()} == row()
    assert (found["title_de"], found["title_en"], found["geography_id"]) == ("Junge", "Young", "city")


def test_several_groups_have_the_titles_of_all_in_their_order(ground: Engine) -> None:
    (found,) = stored(ground, row(composition="ages", group_id=None))
    assert (found["title_de"], found["title_en"]) == ("Junge · Alte", "Young · Old")


def test_undefined_numbers_are_empty(ground: Engine) -> None:
    empty = dict.fromkeys(("value", "ci_low", "ci_high", "corrected", "expected", "p_value"), np.nan)
    (found,) = stored(ground, row(**empty))
    assert [found[name] for name in empty] == [None] * len(empty)


def test_nothing_to_store_is_nothing_stored(ground: Engine) -> None:
    assert stored(ground) == []


@pytest.mark.parametrize(
    ("constraint", "changes"),
    [
        ("interval_whole", {"ci_low": 0.4}),
        ("interval_whole", {"ci_high": None}),
        ("interval_whole", {"corrected": None}),
        ("p_value_range", {"p_value": 0.0}),
        ("p_value_range", {"p_value": 1.1}),
        ("numbers_finite", {"value": np.inf}),
        ("numbers_finite", {"expected": -np.inf}),
        ("areas_not_negative", {"residents": -1.0}),
        ("one_group_names_the_composition", {"group_id": "old"}),
        ("fk_segregation_value_group_id", {"composition": "green", "group_id": "green"}),
        ("pk_segregation_value", {}),
    ],
)
def test_the_database_refuses_what_cannot_be(
    ground: Engine, constraint: str, changes: dict[str, object]
) -> None:
    stored(ground, row())
    other = {"period": "2021"} if changes else {}
    with pytest.raises(IntegrityError, match=constraint):
        stored(ground, row(**other | changes))


@pytest.fixture
def earlier(make_database: Callable[..., str]) -> Engine:
    """Return a database as version 0001 left it, with one value."""
    engine = connect(make_database(migrated=False))
    migrate.upgrade(engine, "0001")
    with engine.begin() as connection:
        fill(connection, {"groups": [["young", "residents"]]})
        connection.execute(
            text(
                "INSERT INTO segregation_value"
                " VALUES (1, 1, 'dissimilarity', 'young', 'residents', '2020', 0.3, 9, 1)"
            )
        )
    yield engine
    engine.dispose()


def test_values_of_earlier_runs_stay_without_an_interval(earlier: Engine) -> None:
    migrate.upgrade(earlier)
    with earlier.connect() as connection:
        (found,) = series(connection, "town")
    assert (found["composition"], found["group_id"], found["value"]) == ("young", "young", 0.3)
    assert (found["title_de"], found["ci_low"], found["residents"]) == ("Junge", None, None)


def test_going_back_keeps_what_the_older_schema_can_say(earlier: Engine) -> None:
    migrate.upgrade(earlier)
    stored(earlier, row(period="2021"), row(composition="ages", group_id=None))
    migrate.downgrade(earlier, "0001")
    with earlier.connect() as connection:
        rows = connection.execute(
            text("SELECT group_id, period, value, areas FROM segregation_value ORDER BY period")
        ).all()
    assert [tuple(one) for one in rows] == [("young", "2020", 0.3, 9), ("young", "2021", 0.3, 9)]
    migrate.upgrade(earlier)
    assert migrate.is_current(earlier)
