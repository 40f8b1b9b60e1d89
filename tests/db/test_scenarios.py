"""Named parameters: kept with who made them, replaced only on purpose."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from db.errors import ScenarioNameError, UnknownScenarioError
from db.queries import scenarios

pytestmark = pytest.mark.db


@pytest.fixture
def town(database: Engine) -> Engine:
    """A city."""
    with database.begin() as connection:
        connection.execute(text("INSERT INTO city VALUES ('town', 'Stadt', 'Town', 25833, true)"))
    return database


def test_a_scenario_is_kept_with_its_maker_and_the_same_again_changes_nothing(town: Engine) -> None:
    with town.begin() as connection:
        assert scenarios.put(connection, "town", "wide", {"threshold": 0.7}, by="mueller", note="Probe")
        assert not scenarios.put(connection, "town", "wide", {"threshold": 0.7}, by="schmidt")
        row = scenarios.get(connection, "town", "wide")
    assert (row["parameters"], row["created_by"], row["changed_by"]) == ({"threshold": 0.7}, "mueller", None)


def test_other_parameters_replace_only_on_purpose_and_lose_the_run(town: Engine) -> None:
    with town.begin() as connection:
        scenarios.put(connection, "town", "wide", {"threshold": 0.7}, by="mueller")
        run = connection.execute(
            text(
                "INSERT INTO run (city_id, kind, parameters, inputs_hash, code_version, requested_by, summary)"
                " VALUES ('town', 'scenario', '{}', repeat('0', 64), '1', 'test', '{}') RETURNING id"
            )
        ).scalar_one()
        assert not scenarios.set_run(connection, "town", "wide", run, parameters={"threshold": 0.5})
        assert scenarios.set_run(connection, "town", "wide", run, parameters={"threshold": 0.7})
        with pytest.raises(ScenarioNameError, match="--replace"):
            scenarios.put(connection, "town", "wide", {"threshold": 0.6}, by="schmidt")
        assert scenarios.get(connection, "town", "wide")["run_id"] == run
        scenarios.put(connection, "town", "wide", {"threshold": 0.6}, by="schmidt", replace=True)
        row = scenarios.get(connection, "town", "wide")
    assert (row["parameters"], row["changed_by"], row["run_id"]) == ({"threshold": 0.6}, "schmidt", None)


@pytest.mark.parametrize("name", ["", "Groß", "a b", "-x", "x" * 65, "../x", "x\n"])
def test_names_of_another_form_are_refused(town: Engine, name: str) -> None:
    with pytest.raises(ScenarioNameError, match="small letters"), town.begin() as connection:
        scenarios.put(connection, "town", name, {}, by="mueller")


def test_an_unknown_scenario_is_refused_with_the_known_ones(town: Engine) -> None:
    with town.begin() as connection:
        scenarios.put(connection, "town", "wide", {}, by="mueller")
        with pytest.raises(UnknownScenarioError, match="scenarios: wide"):
            scenarios.get(connection, "town", "narrow")
        scenarios.remove(connection, "town", "wide")
        assert scenarios.listed(connection, "town") == []
