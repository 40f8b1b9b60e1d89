"""Alerts in the database: one per area, rule and period; nothing is told that is not published any more."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError

from db.queries import alert_merge, alert_rules
from db.queries.alert_merge import FoundAlert

pytestmark = pytest.mark.db


def test_a_transaction_that_began_earlier_and_waited_does_not_turn_time_back(
    execute, found, merge, read, town: Engine
) -> None:
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


def test_what_is_found_again_is_not_told_again(found, merge, read, town: Engine) -> None:
    assert merge(town, found("00"), found("10")) == {"raised": 2, "revised": 0, "withdrawn": 0}
    before = read(town)
    assert merge(town, found("00"), found("10"), run_id=2) == {"raised": 0, "revised": 0, "withdrawn": 0}
    assert read(town) == before


def test_there_cannot_be_two_alerts_of_an_area_rule_and_period(execute, found, merge, town: Engine) -> None:
    merge(town, found())
    with pytest.raises(IntegrityError, match="uq_alert"):
        execute(
            town,
            "INSERT INTO alert (city_id, rule_id, rule_version, geography_id, vintage_id, area_id, period, indicator_id,"
            " figures, evidence, text_de, text_en, first_run_id, run_id, load_id) SELECT city_id, rule_id, rule_version,"
            " geography_id, vintage_id, area_id, period, indicator_id, figures, evidence, text_de, text_en,"
            " first_run_id, run_id, load_id FROM alert",
        )


def test_what_is_not_found_any_more_is_withdrawn_and_comes_back_as_the_same_alert(
    found, merge, read, town: Engine
) -> None:
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
    execute, found, merge, read, store_rule, town: Engine, runs: list[tuple[dict[str, float], bool]]
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


def test_new_wording_and_others_figures_are_kept_without_telling_anybody(
    found, merge, read, town: Engine
) -> None:
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


def test_a_value_that_is_withheld_takes_the_figures_out_of_sight_at_once(
    execute, found, merge, read, town: Engine
) -> None:
    merge(town, found("00"), found("10"))
    execute(
        town,
        "UPDATE value SET value = NULL, status = 'suppressed' WHERE area_id = '00' AND indicator_id = 'jobless'",
    )
    states = {row["area_id"]: (row["state"], row["figures"], row["text_en"]) for row in read(town)}
    assert states["00"] == ("being_checked", None, None)
    assert states["10"][0] == "open"


def test_figures_that_move_are_told_and_make_an_acknowledgement_of_the_old_ones_void(
    acknowledge, found, merge, read, town: Engine
) -> None:
    merge(town, found())
    (row,) = read(town)
    acknowledge(town, row["id"])
    moved = replace(found(), figures=dict(found().figures) | {"compared_with": 11.0, "estimate": 4.0})
    assert merge(town, moved)["revised"] == 1
    (row,) = read(town)
    assert (row["revision"], row["figures"]["estimate"], row["acknowledged_at"]) == (2, 4.0, None)


def test_after_a_load_that_changed_values_nothing_is_shown_or_sent_until_the_rules_were_evaluated_again(
    claim,
    found,
    merge,
    new_load,
    read,
    subscribe,
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


def test_a_load_that_changed_no_value_leaves_alerts_in_sight(
    found, merge, new_load, read, town: Engine
) -> None:
    merge(town, found())
    new_load(town, '{"values_unchanged": 6}')
    assert [row["state"] for row in read(town)] == ["open"]


def test_a_load_withdraws_what_rests_on_the_values_it_replaced(
    execute, found, merge, read, town: Engine
) -> None:
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
def test_a_share_or_a_count_that_is_not_there_any_more_hides_the_figures(
    execute, found, merge, read, town: Engine, gone: str
) -> None:
    merge(town, found())
    execute(town, "DELETE FROM value WHERE indicator_id = :gone", gone=gone)
    (row,) = read(town)
    assert (row["state"], row["figures"]) == ("being_checked", None)


def test_going_out_of_sight_and_coming_back_both_move_the_moment_that_feeds_show(
    execute, found, merge, new_load, read, town: Engine
) -> None:
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


def test_the_list_is_narrowed_by_state_and_level(execute, found, merge, read, town: Engine) -> None:
    merge(town, found("00"), found("10"))
    execute(town, "DELETE FROM value WHERE (area_id, indicator_id) = ('10', 'jobless')")
    assert [row["area_id"] for row in read(town, state="open")] == ["00"]
    assert [row["area_id"] for row in read(town, state="being_checked")] == ["10"]
    assert read(town, state="withdrawn") == []
    assert len(read(town, geography="quarter")) == 2
    assert read(town, geography="district") == []
