"""Rules of early warning in the database: none is switched on without a back-test, each alert keeps its own."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from db.errors import NotBacktestedError, UnprovenRuleError
from db.queries import alert_merge, alert_rules

pytestmark = pytest.mark.db


def test_a_rule_without_a_back_test_cannot_be_switched_on_whatever_program_tries(
    execute, town: Engine
) -> None:
    execute(
        town,
        "INSERT INTO alert_rule (city_id, id, geography_id, definition) VALUES ('town', 'new', 'quarter', '{}')",
    )
    with pytest.raises(NotBacktestedError, match="sozialraum alert backtest town new"), town.begin() as one:
        alert_rules.switch_on(one, city_id="town", rule_id="new", by="somebody")
    with pytest.raises(IntegrityError, match="active_after_a_backtest"):
        execute(
            town,
            "UPDATE alert_rule SET is_active = true, switched_on_by = 'x', switched_on_at = now() WHERE id = 'new'",
        )


@pytest.mark.parametrize(
    "wrong",
    [
        '{"city": "town", "geography": "quarter", "rule": {"id": "another"}}',
        '{"city": "elsewhere", "geography": "quarter", "rule": {}}',
        '{"city": "town", "geography": "district", "rule": {}}',
        "{}",
    ],
)
def test_the_back_test_of_another_rule_city_or_level_does_not_count(
    execute, town: Engine, wrong: str
) -> None:
    with pytest.raises(IntegrityError, match="backtest_of_this_rule"):
        execute(
            town,
            "INSERT INTO alert_rule (city_id, id, geography_id, definition, backtest, backtested_at)"
            " VALUES ('town', 'new', 'quarter', '{}', CAST(:wrong AS jsonb), now())",
            wrong=wrong,
        )


@pytest.mark.parametrize("nobody", [None, "", " \t\n"])
def test_somebody_switches_a_rule_on(town: Engine, nobody: str | None) -> None:
    with pytest.raises(IntegrityError, match="active_after_a_backtest"), town.begin() as connection:
        alert_rules.switch_on(connection, city_id="town", rule_id="rises", by=nobody)


def test_a_rule_that_changes_is_switched_off_and_one_that_stays_is_not(store_rule, town: Engine) -> None:
    with town.begin() as connection:
        alert_rules.switch_on(connection, city_id="town", rule_id="rises", by="A. Muster")
        assert store_rule(connection) is True
        assert store_rule(connection, threshold=2.0) is False
        row = alert_rules.get(connection, "town", "rises")
        assert (row["is_active"], row["backtest"]["confirmed"]) == (False, 7)


@pytest.mark.parametrize("told", [{}, {"alerts": 3, "confirmed": 0, "refuted": 0, "precision": None}])
def test_a_back_test_that_knows_of_no_hit_or_miss_cannot_switch_a_rule_on(
    rule_definition, execute, town: Engine, told: dict[str, object]
) -> None:
    with town.begin() as connection:
        alert_rules.put(
            connection,
            city_id="town",
            rule_id="new",
            geography_id="quarter",
            definition=rule_definition | {"id": "new"},
            backtest=told,
        )
    with pytest.raises(UnprovenRuleError, match="there is no hit rate"), town.begin() as connection:
        alert_rules.switch_on(connection, city_id="town", rule_id="new", by="A. Muster")
    with pytest.raises(IntegrityError, match="active_after_a_backtest"):
        execute(
            town,
            "UPDATE alert_rule SET is_active = true, switched_on_by = 'x', switched_on_at = now() WHERE id = 'new'",
        )


def test_a_load_that_changed_values_ages_the_back_test(execute, new_load, town: Engine) -> None:
    execute(town, "UPDATE alert_rule SET backtested_at = now() - interval '50 hours'")
    new_load(town, '{"values_unchanged": 6}')
    new_load(town, '{"values_corrected": 1, "computed_values_removed": 1}')
    with town.connect() as connection:
        row = alert_rules.get(connection, "town", "rises")
    assert (row["backtest_days"], row["loads_since_backtest"]) == (2, 1)


def test_an_alert_keeps_the_rule_that_raised_it(found, merge, read, store_rule, town: Engine) -> None:
    merge(town, found())
    with town.begin() as connection:
        store_rule(connection, title_de="Steigt sehr", threshold=2.0)
        assert alert_rules.get(connection, "town", "rises")["version"] == 2
        assert alert_rules.version_of(connection, "town", "rises", 1)["definition"]["threshold"] == 0.5
    (row,) = read(town)
    assert (row["rule_de"], row["rule_version"], row["state"]) == ("Steigt", 1, "open")


def test_what_the_changed_rule_finds_again_is_revised_and_the_rest_is_withdrawn_for_good(
    found,
    merge,
    read,
    store_rule,
    town: Engine,
) -> None:
    merge(town, found("00"), found("10"))
    with town.begin() as connection:
        store_rule(connection, title_de="Steigt sehr")
    assert merge(town, found("00"), rule_version=2) == {"raised": 0, "revised": 1, "withdrawn": 1}
    rows = {row["area_id"]: row for row in read(town)}
    assert (rows["00"]["rule_de"], rows["00"]["revision"]) == ("Steigt sehr", 2)
    assert (rows["10"]["rule_de"], rows["10"]["withdrawal"]) == ("Steigt", "rule_changed")
    with town.connect() as connection:
        periods = alert_merge.periods_with_alerts(connection, city_id="town", rule_id="rises")
    assert periods == {"2022": 2}


def test_an_alert_that_was_gone_when_the_rule_changed_is_not_brought_back_by_the_old_one(
    found,
    merge,
    read,
    store_rule,
    town: Engine,
) -> None:
    merge(town, found("10"))
    merge(town)
    (row,) = read(town)
    assert (row["withdrawal"], row["revision"]) == ("not_found", 2)
    with town.begin() as connection:
        store_rule(connection, threshold=2.0)
    merge(town, rule_version=2)
    (row,) = read(town)
    assert (row["withdrawal"], row["revision"]) == ("rule_changed", 2)  # nobody is told again
    with town.connect() as connection:
        assert alert_merge.periods_with_alerts(connection, city_id="town", rule_id="rises") == {}


def test_a_new_edition_of_the_boundaries_continues_alerts_of_the_same_areas_and_ends_the_others(
    execute,
    found,
    merge,
    read,
    town: Engine,
) -> None:
    merge(town, found("00"), found("10"))
    before = {row["area_id"]: row["id"] for row in read(town)}
    execute(
        town,
        "UPDATE vintage SET valid_to = '2022-12-31' WHERE id = 3;"
        "INSERT INTO vintage (city_id, geography_id, edition, valid_from, srid)"
        " VALUES ('town', 'quarter', '2023', '2023-01-01', 25833);"
        "INSERT INTO area SELECT 4, area_id, parent_vintage_id, parent_area_id, name, srid, geometry, 2 FROM area"
        " WHERE vintage_id = 3 AND area_id = '00';"
        "INSERT INTO value SELECT 4, indicator_id, period, area_id, reference_date, value, status, load_id, run_id"
        " FROM value WHERE area_id = '00'",
    )
    assert merge(town, found("00"), vintage_id=4) == {"raised": 0, "revised": 0, "withdrawn": 1}
    rows = {row["area_id"]: row for row in read(town)}
    assert (rows["00"]["id"], rows["00"]["vintage_id"], rows["00"]["state"]) == (before["00"], 4, "open")
    assert (rows["10"]["state"], rows["10"]["withdrawal"]) == ("withdrawn", "new_boundaries")


def test_a_rule_that_may_not_raise_only_looks_after_what_it_has(found, merge, read, town: Engine) -> None:
    merge(town, found("00"))
    told = merge(town, found("00", jobless=29), found("10"), may_raise=False)
    assert told == {"raised": 0, "revised": 1, "withdrawn": 0}
    assert [row["area_id"] for row in read(town)] == ["00"]
