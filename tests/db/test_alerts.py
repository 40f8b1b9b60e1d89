"""Alerts in the database: one per area, rule and period; nothing is told that is not published any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from db.engine import connect
from db.errors import NotBacktestedError, RevisedAlertError, UnknownAlertError, UnprovenRuleError
from db.queries import alert_merge, alert_rules, alerts, subscriptions
from db.queries.alert_merge import FoundAlert
from db.queries.alerts import AlertFilter

pytestmark = pytest.mark.db

RULE = {"id": "rises", "title_de": "Steigt", "title_en": "Rises", "kind": "change", "threshold": 0.5}
SQUARE = "SRID=25833;MULTIPOLYGON(((0 0,0 10,10 10,10 0,0 0)))"
SECRET = "s" * 64


# Tables that refuse to be emptied; between two tests they are.
GUARDED = (
    "acknowledgement",
    "priority_map",
    "priority_map_region",
    "priority_map_area",
    "priority_map_event",
)


@pytest.fixture(scope="module")
def engine(make_database: Callable[..., str]) -> Iterator[Engine]:
    """A migrated database that all tests of this file share."""
    engine = connect(make_database())
    yield engine
    engine.dispose()


@pytest.fixture
def town(engine: Engine) -> Engine:
    """A city of one district with two quarters, one indicator with its two counts, a back-tested rule, one run."""
    statements = [
        *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in GUARDED),
        "TRUNCATE city, source, indicator RESTART IDENTITY CASCADE",
        *(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in GUARDED),
        "INSERT INTO city VALUES ('town', 'Ort', 'Town', 25833, true)",
        "INSERT INTO source (id, title_de, title_en, publisher, licence, attribution)"
        " VALUES ('town', 'Q', 'S', 'p', 'CC0-1.0', 'a')",
        "INSERT INTO load (city_id, source_id, checksum, code_version, loaded_by, counts, repairs)"
        " SELECT 'town', 'town', repeat(n::text, 64), '1', 'test', '{}', '{}' FROM generate_series(1, 2) n",
        "INSERT INTO geography_level (city_id, id, parent_id, rank, key_length, title_de, title_en) VALUES"
        " ('town', 'city', NULL, 0, 1, 'Stadt', 'City'), ('town', 'district', 'city', 1, 1, 'Bezirk', 'District'),"
        " ('town', 'quarter', 'district', 2, 2, 'Viertel', 'Quarter')",
        "INSERT INTO vintage (city_id, geography_id, edition, valid_from, srid) VALUES"
        " ('town', 'city', '2020', '2020-01-01', 25833), ('town', 'district', '2020', '2020-01-01', 25833),"
        " ('town', 'quarter', '2020', '2020-01-01', 25833)",
        *(
            "INSERT INTO area (vintage_id, area_id, parent_vintage_id, parent_area_id, name, srid, geometry, load_id)"
            f" VALUES ({vintage}, '{area}', {parent}, '{name}', 25833, '{SQUARE}', 1)"
            for vintage, area, parent, name in (
                (1, "T", "NULL, NULL", "Ort"),
                (2, "0", "1, 'T'", "Mitte"),
                (2, "1", "1, 'T'", "Rand"),
                (3, "00", "2, '0'", "West"),
                (3, "10", "2, '1'", "Ost"),
            )
        ),
        "INSERT INTO indicator (id, title_de, title_en, unit, kind, direction, numerator, denominator, decimals,"
        " labels_de, labels_en) VALUES"
        " ('people', 'E', 'R', 'persons', 'extensive', 'context', NULL, NULL, 0, '{}', '{}'),"
        " ('jobless', 'A', 'U', 'persons', 'extensive', 'context', NULL, NULL, 0, '{}', '{}'),"
        " ('jobless_share', 'Anteil', 'Share', '%', 'intensive', 'context', 'jobless', 'people', 1, '{}', '{}')",
        "INSERT INTO run (city_id, kind, parameters, inputs_hash, code_version, requested_by, summary)"
        " SELECT 'town', 'alerts', '{}', repeat('0', 64), '1', 'test', '{}' FROM generate_series(1, 2)",
        *(
            "INSERT INTO value (vintage_id, indicator_id, period, area_id, reference_date, value, status, load_id, run_id)"
            f" VALUES (3, '{indicator}', '2022', '{area}', '2022-12-31', {value}, 'measured', {origin})"
            for area in ("00", "10")
            for indicator, value, origin in (
                ("people", 200, "1, NULL"),
                ("jobless", 30, "1, NULL"),
                ("jobless_share", 15, "NULL, 1"),
            )
        ),
    ]
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
        store_rule(connection)
    return engine


def store_rule(connection: Connection, **changes: object) -> bool:
    definition = RULE | changes
    return alert_rules.put(
        connection,
        city_id="town",
        rule_id="rises",
        geography_id="quarter",
        definition=definition,
        backtest={"confirmed": 7, "refuted": 3},
    )


def found(area: str = "00", *, jobless: float = 30) -> FoundAlert:
    share = 100 * jobless / 200
    facts = (("jobless_share", share), ("jobless", jobless), ("people", 200.0))
    return FoundAlert(
        area_id=area,
        indicator_id="jobless_share",
        figures={"value": share, "compared_with": 10.0, "estimate": share - 10},
        evidence=[{"indicator_id": name, "period": "2022", "value": value} for name, value in facts],
        text_de=f"{share} % statt 10 %",
        text_en=f"{share} % instead of 10 %",
    )


def merge(engine: Engine, *given: FoundAlert, run_id: int = 1, **changes: object) -> dict[str, int]:
    key = {"city_id": "town", "rule_id": "rises", "rule_version": 1, "vintage_id": 3, "period": "2022"}
    with engine.begin() as connection:
        return alert_merge.merge(connection, given, **(key | changes), run_id=run_id)


def read(engine: Engine, **wanted: object) -> list[dict[str, object]]:
    with engine.connect() as connection:
        return alerts.read(connection, "town", wanted=AlertFilter(**wanted), limit=10)


def acknowledge(engine: Engine, number: int, *, seen: int = 1, by: str = "A", reason: str = "seen") -> None:
    with engine.begin() as connection:
        alerts.acknowledge(connection, number, seen=seen, by=by, reason=reason)


def execute(engine: Engine, statement: str, **values: object) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement), values)


def test_a_rule_without_a_back_test_cannot_be_switched_on_whatever_program_tries(town: Engine) -> None:
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
def test_the_back_test_of_another_rule_city_or_level_does_not_count(town: Engine, wrong: str) -> None:
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


def test_a_rule_that_changes_is_switched_off_and_one_that_stays_is_not(town: Engine) -> None:
    with town.begin() as connection:
        alert_rules.switch_on(connection, city_id="town", rule_id="rises", by="A. Muster")
        assert store_rule(connection) is True
        assert store_rule(connection, threshold=2.0) is False
        row = alert_rules.get(connection, "town", "rises")
        assert (row["is_active"], row["backtest"]["confirmed"]) == (False, 7)


@pytest.mark.parametrize("told", [{}, {"alerts": 3, "confirmed": 0, "refuted": 0, "precision": None}])
def test_a_back_test_that_knows_of_no_hit_or_miss_cannot_switch_a_rule_on(
    town: Engine, told: dict[str, object]
) -> None:
    with town.begin() as connection:
        alert_rules.put(
            connection,
            city_id="town",
            rule_id="new",
            geography_id="quarter",
            definition=RULE | {"id": "new"},
            backtest=told,
        )
    with pytest.raises(UnprovenRuleError, match="there is no hit rate"), town.begin() as connection:
        alert_rules.switch_on(connection, city_id="town", rule_id="new", by="A. Muster")
    with pytest.raises(IntegrityError, match="active_after_a_backtest"):
        execute(
            town,
            "UPDATE alert_rule SET is_active = true, switched_on_by = 'x', switched_on_at = now() WHERE id = 'new'",
        )


def test_a_load_that_changed_values_ages_the_back_test(town: Engine) -> None:
    execute(town, "UPDATE alert_rule SET backtested_at = now() - interval '50 hours'")
    new_load(town, '{"values_unchanged": 6}')
    new_load(town, '{"values_corrected": 1, "computed_values_removed": 1}')
    with town.connect() as connection:
        row = alert_rules.get(connection, "town", "rises")
    assert (row["backtest_days"], row["loads_since_backtest"]) == (2, 1)


def test_an_alert_keeps_the_rule_that_raised_it(town: Engine) -> None:
    merge(town, found())
    with town.begin() as connection:
        store_rule(connection, title_de="Steigt sehr", threshold=2.0)
        assert alert_rules.get(connection, "town", "rises")["version"] == 2
        assert alert_rules.version_of(connection, "town", "rises", 1)["definition"]["threshold"] == 0.5
    (row,) = read(town)
    assert (row["rule_de"], row["rule_version"], row["state"]) == ("Steigt", 1, "open")


def test_what_the_changed_rule_finds_again_is_revised_and_the_rest_is_withdrawn_for_good(
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


def test_a_rule_that_may_not_raise_only_looks_after_what_it_has(town: Engine) -> None:
    merge(town, found("00"))
    told = merge(town, found("00", jobless=29), found("10"), may_raise=False)
    assert told == {"raised": 0, "revised": 1, "withdrawn": 0}
    assert [row["area_id"] for row in read(town)] == ["00"]


def test_a_transaction_that_began_earlier_and_waited_does_not_turn_time_back(town: Engine) -> None:
    merge(town, found())
    later = "now() + interval '1 hour'"  # what a transaction that began after ours has written
    execute(town, f"UPDATE alert SET raised_at = {later}, changed_at = {later}")
    assert merge(town)["withdrawn"] == 1
    assert merge(town, found())["revised"] == 1
    execute(town, "UPDATE value SET value = 29, load_id = 2 WHERE indicator_id = 'jobless'")
    with town.begin() as connection:
        assert alert_merge.withdraw_replaced(connection, "town", load_id=2) == 1
    (row,) = read(town)
    assert (row["state"], row["withdrawal"]) == ("withdrawn", "corrected")
    assert row["changed_at"] >= row["raised_at"]


def test_what_is_found_again_is_not_told_again(town: Engine) -> None:
    assert merge(town, found("00"), found("10")) == {"raised": 2, "revised": 0, "withdrawn": 0}
    before = read(town)
    assert merge(town, found("00"), found("10"), run_id=2) == {"raised": 0, "revised": 0, "withdrawn": 0}
    assert read(town) == before


def test_there_cannot_be_two_alerts_of_an_area_rule_and_period(town: Engine) -> None:
    merge(town, found())
    with pytest.raises(IntegrityError, match="uq_alert"):
        execute(
            town,
            "INSERT INTO alert (city_id, rule_id, rule_version, geography_id, vintage_id, area_id, period, indicator_id,"
            " figures, evidence, text_de, text_en, first_run_id, run_id, load_id) SELECT city_id, rule_id, rule_version,"
            " geography_id, vintage_id, area_id, period, indicator_id, figures, evidence, text_de, text_en,"
            " first_run_id, run_id, load_id FROM alert",
        )


def test_what_is_not_found_any_more_is_withdrawn_and_comes_back_as_the_same_alert(town: Engine) -> None:
    merge(town, found())
    (raised,) = read(town)
    assert merge(town, run_id=2)["withdrawn"] == 1
    (withdrawn,) = read(town)
    assert (withdrawn["state"], withdrawn["figures"], withdrawn["text_de"]) == ("withdrawn", None, None)
    assert merge(town, found(), run_id=2)["revised"] == 1
    (again,) = read(town)
    assert (again["id"], again["state"], again["revision"]) == (raised["id"], "open", 3)
    assert (again["first_run_id"], again["run_id"]) == (1, 2)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from(["00", "10"]), st.sampled_from([29.0, 30.0])), st.booleans()
        ),
        min_size=1,
        max_size=6,
    )
)
def test_whatever_is_found_in_whatever_order_there_is_one_alert_each_and_every_change_is_counted_once(
    town: Engine, runs: list[tuple[dict[str, float], bool]]
) -> None:
    execute(town, "DELETE FROM alert")
    told, version, may_have = 0, 1, set()
    for areas, is_changed in runs:
        if is_changed:
            with town.begin() as connection:
                store_rule(connection, threshold=float(version))
                version = alert_rules.get(connection, "town", "rises")["version"]
        given_alerts = [found(area, jobless=jobless) for area, jobless in areas.items()]
        told += sum(merge(town, *given_alerts, rule_version=version).values())
        may_have |= set(areas)
        rows = read(town)
        assert {row["area_id"] for row in rows if row["state"] != "withdrawn"} == set(areas)
        assert sorted(row["area_id"] for row in rows) == sorted(may_have)
        assert all((row["withdrawal"] is None) == (row["area_id"] in areas) for row in rows)
    assert sum(row["revision"] for row in read(town)) == told


def test_new_wording_and_others_figures_are_kept_without_telling_anybody(town: Engine) -> None:
    merge(town, found())
    one = found()
    reworded = FoundAlert(
        area_id=one.area_id,
        indicator_id=one.indicator_id,
        figures=dict(one.figures) | {"q_value": 0.01},
        evidence=one.evidence,
        text_de="neuer Wortlaut",
        text_en="new words",
    )
    assert merge(town, reworded) == {"raised": 0, "revised": 0, "withdrawn": 0}
    (row,) = read(town)
    assert (row["text_de"], row["revision"], row["figures"]["q_value"]) == ("neuer Wortlaut", 1, 0.01)


def test_a_value_that_is_withheld_takes_the_figures_out_of_sight_at_once(town: Engine) -> None:
    merge(town, found("00"), found("10"))
    execute(
        town,
        "UPDATE value SET value = NULL, status = 'suppressed' WHERE area_id = '00' AND indicator_id = 'jobless'",
    )
    states = {row["area_id"]: (row["state"], row["figures"], row["text_en"]) for row in read(town)}
    assert states["00"] == ("being_checked", None, None)
    assert states["10"][0] == "open"


def test_figures_that_move_are_told_and_make_an_acknowledgement_of_the_old_ones_void(town: Engine) -> None:
    merge(town, found())
    (row,) = read(town)
    acknowledge(town, row["id"])
    moved = replace(found(), figures=dict(found().figures) | {"compared_with": 11.0, "estimate": 4.0})
    assert merge(town, moved)["revised"] == 1
    (row,) = read(town)
    assert (row["revision"], row["figures"]["estimate"], row["acknowledged_at"]) == (2, 4.0, None)


def new_load(engine: Engine, counts: str) -> None:
    execute(
        engine,
        "INSERT INTO load (city_id, source_id, checksum, code_version, loaded_by, counts, repairs)"
        " VALUES ('town', 'town', repeat('3', 64), '1', 'test', CAST(:counts AS jsonb), '{}')",
        counts=counts,
    )


def test_after_a_load_that_changed_values_nothing_is_shown_or_sent_until_the_rules_were_evaluated_again(
    town: Engine,
) -> None:
    subscribe(town, webhook_url="https://example.org/hook")
    merge(town, found())
    new_load(town, '{"values_corrected": 1, "computed_values_removed": 1}')
    (row,) = read(town)
    assert (row["state"], row["figures"], row["text_de"]) == ("being_checked", None, None)
    assert claim(town) is None
    assert merge(town, found(), run_id=2) == {"raised": 0, "revised": 0, "withdrawn": 0}
    (row,) = read(town)
    assert (row["state"], row["revision"], row["figures"]["value"]) == ("open", 1, 15.0)
    assert claim(town) is not None


def test_a_load_that_changed_no_value_leaves_alerts_in_sight(town: Engine) -> None:
    merge(town, found())
    new_load(town, '{"values_unchanged": 6}')
    assert [row["state"] for row in read(town)] == ["open"]


def test_a_load_withdraws_what_rests_on_the_values_it_replaced(town: Engine) -> None:
    merge(town, found("00"), found("10"))
    execute(
        town, "UPDATE value SET value = 29, load_id = 2 WHERE area_id = '00' AND indicator_id = 'jobless'"
    )
    execute(town, "UPDATE value SET load_id = 2 WHERE area_id = '10' AND indicator_id = 'jobless'")
    with town.begin() as connection:
        assert alert_merge.withdraw_replaced(connection, "town", load_id=2) == 1
        assert alert_merge.withdraw_replaced(connection, "town", load_id=2) == 0
    assert {row["area_id"]: row["state"] for row in read(town)} == {"00": "withdrawn", "10": "open"}


@pytest.mark.parametrize("gone", ["jobless_share", "people"])
def test_a_share_or_a_count_that_is_not_there_any_more_hides_the_figures(town: Engine, gone: str) -> None:
    merge(town, found())
    execute(town, "DELETE FROM value WHERE indicator_id = :gone", gone=gone)
    (row,) = read(town)
    assert (row["state"], row["figures"]) == ("being_checked", None)


def test_going_out_of_sight_and_coming_back_both_move_the_moment_that_feeds_show(town: Engine) -> None:
    merge(town, found())
    past = "now() - interval '2 hours'"
    execute(town, f"UPDATE alert SET raised_at = {past}, changed_at = {past}")
    (told,) = read(town)
    assert told["updated_at"] == told["changed_at"]
    new_load(town, '{"values_corrected": 1, "computed_values_removed": 1}')
    execute(town, "UPDATE load SET loaded_at = now() - interval '1 hour'")
    execute(town, "UPDATE run SET finished_at = now() - interval '1 hour'")
    (doubted,) = read(town)
    assert doubted["state"] == "being_checked"
    assert doubted["updated_at"] > told["updated_at"]
    merge(town, found(), run_id=2)
    (again,) = read(town)
    assert (again["state"], again["changed_at"]) == ("open", told["changed_at"])
    assert again["updated_at"] > doubted["updated_at"]
    merge(town, found(), run_id=2)
    (same,) = read(town)
    assert same["updated_at"] == again["updated_at"]


def test_the_list_is_narrowed_by_state_and_level(town: Engine) -> None:
    merge(town, found("00"), found("10"))
    execute(town, "DELETE FROM value WHERE (area_id, indicator_id) = ('10', 'jobless')")
    assert [row["area_id"] for row in read(town, state="open")] == ["00"]
    assert [row["area_id"] for row in read(town, state="being_checked")] == ["10"]
    assert read(town, state="withdrawn") == []
    assert len(read(town, geography="quarter")) == 2
    assert read(town, geography="district") == []


def test_an_acknowledgement_is_about_the_alert_as_it_was(town: Engine) -> None:
    merge(town, found())
    (row,) = read(town, acknowledged=False)
    acknowledge(town, row["id"], by="A. Muster", reason="Neubau bezogen")
    assert read(town, acknowledged=False) == []
    (seen,) = read(town, acknowledged=True)
    assert seen["acknowledged_at"] is not None
    merge(town)
    (changed,) = read(town)
    assert changed["acknowledged_at"] is None
    with town.connect() as connection:
        (note,) = alerts.acknowledgements(connection, [row["id"]])
    assert (note["acknowledged_by"], note["reason"], note["revision"]) == ("A. Muster", "Neubau bezogen", 1)


def test_an_acknowledgement_needs_a_name_and_a_reason_and_an_alert(town: Engine) -> None:
    merge(town, found())
    (row,) = read(town)
    for by, reason in (("A", " \n"), ("", "seen")):
        with pytest.raises(IntegrityError, match="given"):
            acknowledge(town, row["id"], by=by, reason=reason)
    with pytest.raises(UnknownAlertError, match="there is no alert 99; 'sozialraum alert list CITY'"):
        acknowledge(town, 99)


def test_what_was_revised_since_it_was_read_cannot_be_acknowledged_unseen(town: Engine) -> None:
    merge(town, found())
    (row,) = read(town)
    merge(town, found(jobless=29))
    with pytest.raises(RevisedAlertError, match="alert 1 is at revision 2, not 1"):
        acknowledge(town, row["id"], seen=row["revision"])
    acknowledge(town, row["id"], seen=2)
    assert len(read(town, acknowledged=True)) == 1


@pytest.mark.parametrize(
    "statement",
    ["UPDATE acknowledgement SET reason = 'x'", "DELETE FROM acknowledgement", "TRUNCATE acknowledgement"],
)
def test_acknowledgements_are_never_changed_or_removed(town: Engine, statement: str) -> None:
    merge(town, found())
    (row,) = read(town)
    acknowledge(town, row["id"])
    with pytest.raises(IntegrityError, match="only added"):
        execute(town, statement)


def test_a_person_is_forgotten_and_what_was_noted_stays(town: Engine) -> None:
    merge(town, found())
    (row,) = read(town)
    acknowledge(town, row["id"], by="A. M. (Amt)", reason="Neubau, A. M. (Amt) war dort; nicht MA. M. (Amt)")
    acknowledge(town, row["id"], by="B", reason="mit A. M. (Amt) besprochen")
    acknowledge(town, row["id"], by="C", reason="seen")
    with town.begin() as connection:
        alert_rules.switch_on(connection, city_id="town", rule_id="rises", by="A. M. (Amt)")
        done = alerts.forget_person(connection, "A. M. (Amt)", alias="person-1")
    assert (done.acknowledgements, done.rules, done.subscriptions) == (2, 1, 0)
    with town.connect() as connection:
        notes = alerts.acknowledgements(connection, [row["id"]])
        assert alert_rules.get(connection, "town", "rises")["switched_on_by"] == "person-1"
    assert [(note["acknowledged_by"], note["reason"]) for note in notes] == [
        ("person-1", "Neubau, person-1 war dort; nicht MA. M. (Amt)"),
        ("B", "mit person-1 besprochen"),
        ("C", "seen"),
    ]
    (told,) = read(town)
    assert told["acknowledged_at"] is not None


@pytest.mark.parametrize(
    "change",
    [
        "reason = 'x'",
        "acknowledged_by = 'person-1', reason = 'x'",
        "revision = 2",
        "acknowledged_by = 'somebody'",
    ],
)
def test_forgetting_a_person_changes_nothing_else(town: Engine, change: str) -> None:
    merge(town, found())
    (row,) = read(town)
    acknowledge(town, row["id"], by="A. Muster")
    with pytest.raises(IntegrityError, match="only added"):
        execute(
            town,
            "SELECT set_config('sozialraum.forgotten_name', 'A. Muster', true),"
            " set_config('sozialraum.forgotten_alias', 'person-1', true);"
            f"UPDATE acknowledgement SET {change}",
        )


def subscribe(engine: Engine, department: str = "Jugend", **fields: object) -> int:
    given = {"city_id": "town", "department": department, "created_by": "test"} | fields
    if "webhook_url" in given:
        given |= {"secret": SECRET}
    with engine.begin() as connection:
        return subscriptions.subscribe(connection, **given)


@pytest.mark.parametrize(
    ("filters", "areas"),
    [
        ({}, {"00", "10"}),
        ({"rule_id": "rises"}, {"00", "10"}),
        ({"geography_id": "quarter"}, {"00", "10"}),
        ({"geography_id": "district"}, set()),
        ({"geography_id": "district", "area_ids": ["1"]}, {"10"}),
        ({"geography_id": "quarter", "area_ids": ["00"]}, {"00"}),
        ({"geography_id": "city", "area_ids": ["T"]}, {"00", "10"}),
        ({"geography_id": "district", "area_ids": ["00"]}, set()),
    ],
)
def test_a_department_sees_what_it_subscribed_and_what_lies_in_its_areas(
    town: Engine, filters: dict[str, object], areas: set[str]
) -> None:
    merge(town, found("00"), found("10"))
    subscribe(town, **filters)
    assert {row["area_id"] for row in read(town, department="Jugend")} == areas


def test_two_subscriptions_of_a_department_give_each_alert_once_and_an_ended_one_gives_none(
    town: Engine,
) -> None:
    merge(town, found("00"), found("10"))
    first, second = subscribe(town), subscribe(town, rule_id="rises")
    assert len(read(town, department="Jugend")) == 2
    with town.begin() as connection:
        assert [subscriptions.unsubscribe(connection, one) for one in (first, second, first)] == [
            True,
            True,
            False,
        ]
    assert read(town, department="Jugend") == []


def waiting(engine: Engine) -> list[tuple[int, int]]:
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT d.subscription_id, d.revision FROM webhook_delivery d WHERE next_attempt_at IS NOT NULL"
                " ORDER BY 1, alert_id"
            )
        )
        return [tuple(row) for row in rows]


def claim(engine: Engine, **options: object) -> dict[str, object] | None:
    with engine.begin() as connection:
        return subscriptions.claim(connection, lease=60, **options)


def test_each_subscription_with_an_address_is_told_once_of_every_change(town: Engine) -> None:
    number = subscribe(town, webhook_url="https://example.org/hook")
    subscribe(town, "Schule", webhook_url="https://example.org/hook", geography_id="district")
    subscribe(town, "Sport")
    merge(town, found())
    merge(town, found())
    assert waiting(town) == [(number, 1)]
    message = claim(town)
    assert message["secret"] == SECRET
    with town.begin() as connection:
        subscriptions.delivered(connection, message)
    assert waiting(town) == []
    merge(town)
    assert waiting(town) == [(number, 2)]


def test_who_was_never_told_of_an_alert_is_not_told_that_it_is_withdrawn(town: Engine) -> None:
    subscribe(town, webhook_url="https://example.org/hook")
    merge(town, found())
    merge(town)
    assert waiting(town) == []


def test_a_message_is_claimed_by_one_sender_and_comes_back_when_it_dies(town: Engine) -> None:
    subscribe(town, webhook_url="https://example.org/hook")
    merge(town, found())
    first = claim(town)
    assert claim(town) is None
    execute(town, "UPDATE webhook_delivery SET next_attempt_at = next_attempt_at - interval '2 minutes'")
    again = claim(town)
    assert (again["attempts"], first["attempts"]) == (2, 1)


def test_a_change_while_a_message_is_on_its_way_is_told_afterwards(town: Engine) -> None:
    number = subscribe(town, webhook_url="https://example.org/hook")
    merge(town, found())
    message = claim(town)
    merge(town)  # withdrawn while the first message is being sent
    with town.begin() as connection:
        subscriptions.delivered(connection, message)
    assert waiting(town) == [(number, 2)]


def test_nothing_is_sent_of_values_that_are_being_checked(town: Engine) -> None:
    subscribe(town, webhook_url="https://example.org/hook")
    merge(town, found())
    execute(town, "UPDATE value SET value = NULL, status = 'suppressed' WHERE indicator_id = 'jobless'")
    assert claim(town) is None


def test_a_message_that_is_put_back_was_not_tried_and_waits_for_its_lease(town: Engine) -> None:
    subscribe(town, webhook_url="https://example.org/hook")
    merge(town, found())
    message = claim(town)
    with town.begin() as connection:
        subscriptions.put_back(connection, message)
    assert claim(town) is None
    merge(town)  # nobody was told, so nobody is told that it is withdrawn
    assert waiting(town) == []


def test_of_an_address_only_the_host_is_told(town: Engine) -> None:
    subscribe(town, webhook_url="https://example.org:8443/hook/t0ken?key=s3cret")
    with town.connect() as connection:
        (row,) = subscriptions.all_of(connection, "town")
    assert row["webhook_host"] == "example.org:8443"
    assert "t0ken" not in str(row)
    assert "s3cret" not in str(row)


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"webhook_url": "ftp://example.org"}, "webhook_url_form"),
        ({"area_ids": ["00"]}, "areas_of_a_geography"),
        ({"geography_id": "quarter", "area_ids": []}, "areas_of_a_geography"),
        ({"department": " "}, "department_form"),
        ({"rule_id": "unknown"}, "fk_subscription"),
        ({"secret": SECRET}, "secret_with_a_webhook"),
    ],
)
def test_a_subscription_that_makes_no_sense_is_refused(
    town: Engine, fields: dict[str, object], rule: str
) -> None:
    with pytest.raises(IntegrityError, match=rule):
        subscribe(town, **fields)
