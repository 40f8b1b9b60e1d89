"""Crosswalks and converted values in the database: kept to the last digit, apart from others, never without a grade."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from db.errors import UnknownCrosswalkError
from db.queries import areas, conversions, runs
from etl.conversions.places import find_place
from etl.conversions.stored import keep_crosswalk, read_crosswalk
from spatial.crosswalk import Crosswalk, by_key

pytestmark = pytest.mark.db


def thirds(connection) -> Crosswalk:
    """Divide every district among the first three sub-districts, in shares that binary numbers do not have."""
    editions = conversions.editions(connection, "sample")
    before, after = (find_place(editions, level) for level in ("district", "sub_district"))
    source = areas.area_ids(connection, before.vintage_id)
    target = areas.area_ids(connection, after.vintage_id)
    rows = [(one, target[n], weight) for one in source for n, weight in enumerate((1.0, 2.0, 4.0))]
    table = pd.DataFrame(rows, columns=["from_area", "to_area", "weight"])
    return by_key(table, source=source, target=target, basis="population")


@pytest.fixture
def kept(small_city: Engine) -> tuple[Engine, int]:
    """The sample city with a crosswalk from its districts to its sub-districts."""
    with small_city.begin() as connection:
        editions = conversions.editions(connection, "sample")
        number = keep_crosswalk(
            connection,
            "sample",
            thirds(connection),
            (find_place(editions, "district"), find_place(editions, "sub_district")),
            parameters={"file": "keys.csv"},
            weights="",
            note="",
            made_by="test",
            code_version="1",
        )
    return small_city, number


def test_a_crosswalk_is_read_back_as_it_was_to_the_last_digit(kept: tuple[Engine, int]) -> None:
    engine, number = kept
    with engine.connect() as connection:
        made = thirds(connection)
        row = conversions.get_crosswalk(connection, "sample", number)
        found = read_crosswalk(connection, row)
    assert row["is_in_force"]
    assert row["parameters"]["file"] == "keys.csv"
    assert np.array_equal(found.share, made.share)
    assert found.share[0] == 1 / 7
    for name in ("size", "outside", "slivers", "basis", "without_source", "source_kind", "derivation"):
        pd.testing.assert_series_equal(getattr(found, name), getattr(made, name), check_dtype=False)
    assert repr(found) == repr(made)


def test_a_number_that_is_not_there_is_refused_with_those_that_are(kept: tuple[Engine, int]) -> None:
    engine, number = kept
    with engine.connect() as connection, pytest.raises(UnknownCrosswalkError, match=f"crosswalks: {number}"):
        conversions.get_crosswalk(connection, "sample", 99)


def put(connection, number: int, **changes: object) -> None:
    """Store one converted value."""
    editions = conversions.editions(connection, "sample")
    before, after = (find_place(editions, level) for level in ("district", "sub_district"))
    run = runs.record(
        connection,
        city_id="sample",
        kind="conversion",
        parameters={},
        inputs_hash="0" * 64,
        code_version="1",
        requested_by="test",
        summary={},
    )
    row = {
        "vintage_id": after.vintage_id,
        "indicator_id": "residents",
        "period": "2010",
        "area_id": areas.area_ids(connection, after.vintage_id)[0],
        "source_vintage_id": before.vintage_id,
        "reference_date": "2010-12-31",
        "value": 1.5,
        "status": "measured",
        "grade": "C",
        "derivation": "part",
        "known": 1.0,
        "estimated": 0.4,
        "crosswalk_id": number,
    } | changes
    conversions.replace_converted(connection, [pd.DataFrame([row])], city_id="sample", run_id=run)


@pytest.mark.parametrize(
    "changes",
    [
        {"grade": None},
        {"grade": "E"},
        {"known": 1.1},
        {"estimated": None},
        {"status": "suppressed"},  # with its number
        {"status": "suppressed", "value": None},  # with its grade
        {"status": "zero"},
        {"value": np.inf},
        {"derivation": "guess"},
        {"period": "soon"},
    ],
)
def test_a_value_without_its_grade_or_a_grade_without_its_value_cannot_be_stored(
    kept: tuple[Engine, int], changes: dict[str, object]
) -> None:
    engine, number = kept
    with pytest.raises(IntegrityError), engine.begin() as connection:
        put(connection, number, **changes)


def test_converted_values_replace_each_other_and_go_with_their_city(
    kept: tuple[Engine, int],
) -> None:
    engine, number = kept
    count = text("SELECT count(*) FROM converted_value")
    with engine.begin() as connection:
        put(connection, number)
        put(connection, number, value=2.5)
        assert connection.execute(count).scalar_one() == 1
        assert conversions.remove_converted(connection, "elsewhere") == 0
        assert conversions.remove_converted(connection, "sample") == 1
        assert connection.execute(count).scalar_one() == 0
