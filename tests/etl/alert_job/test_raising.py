"""Early warning raises what crosses a rule, once, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from db import jobs
from db.queries import alerts, subscriptions
from etl import worker
from etl.alert_inputs import read_rule_inputs
from etl.errors import EtlError

pytestmark = pytest.mark.db


def test_the_district_that_crosses_the_rule_gives_one_alert_with_published_figures(
    areas, rule, counts, told, warn, town: Engine
) -> None:
    outcome = warn(town)
    assert outcome.summary["raised"] == 1
    assert outcome.summary["tested"] == len(areas)
    assert told(town) == {("07", "2022"): "open"}
    with town.connect() as connection:
        (row,) = alerts.read(connection, "town", limit=2)
    table = counts()
    now, before = (table.loc["07", year] / 20 for year in ("2022", "2021"))  # % of 2,000
    assert row["figures"]["value"] == pytest.approx(now, abs=0.051)
    assert row["figures"]["compared_with"] == pytest.approx(before, abs=0.051)
    assert row["figures"]["q_value"] <= rule.false_discovery_rate
    assert "Bezirk 07" in row["text_de"]
    assert row["first_run_id"] == outcome.run_id


def test_a_second_run_makes_none_even_with_other_code(told, warn, town: Engine) -> None:
    first = warn(town)
    again = warn(town)
    assert (again.created, again.run_id) == (False, first.run_id)
    renewed = warn(town, code_version="2")
    assert renewed.created
    assert {name: renewed.summary[name] for name in ("raised", "revised", "withdrawn")} == {
        "raised": 0,
        "revised": 0,
        "withdrawn": 0,
    }
    assert len(told(town)) == 1


def test_noise_gives_no_alert(
    compute_shares, counts, delivery, put, switch_on, warn, database: Engine
) -> None:
    put(database, delivery(counts(jump=0)), "a")
    compute_shares(database)
    switch_on(database)
    assert warn(database).summary["raised"] == 0


def test_without_a_rule_that_is_on_nothing_is_done(switch_off, told, warn, town: Engine) -> None:
    switch_off(town)
    assert warn(town) is None
    assert told(town) == {}


def test_the_alerts_of_a_rule_that_is_off_are_looked_after_and_no_new_ones_are_raised(
    compute_shares, counts, delivery, put, reasons, switch_off, told, warn, town: Engine
) -> None:
    warn(town)
    switch_off(town)
    table = counts()
    table.loc["08", "2022"] = table.loc["08", "2021"] + 300  # the rule would find this one, too
    put(town, delivery(table), "b")
    assert told(town) == {("07", "2022"): "being_checked"}
    compute_shares(town)
    outcome = warn(town)
    assert (outcome.summary["rules"], outcome.summary["raised"]) == (0, 0)
    assert told(town) == {("07", "2022"): "open"}
    put(town, delivery(counts(jump=0)), "c")
    compute_shares(town)
    warn(town)
    assert reasons(town) == {("07", "2022"): "corrected"}


def test_a_changed_rule_leaves_what_the_earlier_one_found_in_earlier_periods(
    rule, compute_shares, counts, delivery, put, reasons, switch_on, told, warn, database: Engine
) -> None:
    table = counts()
    table.loc["09", "2021"] = table.loc["09", "2020"] + 300
    table.loc["09", "2022"] = table.loc["09", "2021"]
    put(database, delivery(table), "a")
    compute_shares(database)
    switch_on(database)
    warn(database, period="2021")
    assert told(database) == {("09", "2021"): "open"}
    switch_on(database, replace(rule, title_de="Steigt sehr", threshold=90.0))  # finds nothing anywhere
    assert warn(database).summary["withdrawn"] == 0
    with database.connect() as connection:
        (row,) = alerts.read(connection, "town", limit=5)
    assert (row["state"], row["revision"], row["rule_de"]) == ("open", 1, rule.title_de)
    warn(database, period="2021")  # somebody asks what the new rule says of that year
    assert reasons(database) == {("09", "2021"): "rule_changed"}
    warn(database)
    assert reasons(database) == {("09", "2021"): "rule_changed"}


def test_every_subscribed_department_is_told_exactly_once(told, warn, town: Engine) -> None:
    fields = {
        "city_id": "town",
        "created_by": "test",
        "webhook_url": "https://example.org",
        "secret": "s" * 64,
    }
    with town.begin() as connection:
        for department in ("Jugend", "Soziales", "Schule"):
            subscriptions.subscribe(connection, department=department, **fields)
    warn(town)
    warn(town, code_version="2")
    with town.connect() as connection:
        count = connection.execute(text("SELECT count(*) FROM webhook_delivery")).scalar_one()
    assert count == 3
    for department in ("Jugend", "Soziales", "Schule"):
        assert told(town, wanted=alerts.AlertFilter(department=department)) == {("07", "2022"): "open"}


def test_a_city_without_a_value_is_named_as_the_reason_of_silence(
    rule, compute_shares, counts, delivery, put, switch_on, warn, database: Engine
) -> None:
    put(database, delivery(counts(), withheld=(("T", "2022"), ("07", "2022"), ("08", "2022"))), "a")
    compute_shares(database)
    switch_on(database, replace(rule, kind="change_against_city"))
    outcome = warn(database)
    assert outcome.summary["raised"] == 0
    assert any("no value of the whole city" in reason for reason in outcome.summary["left_out"])


def test_a_stored_rule_whose_model_does_not_fit_raises_nothing_and_says_why(
    rule, compute_shares, counts, delivery, put, switch_on, warn, database: Engine
) -> None:
    put(database, delivery(counts()), "a")
    compute_shares(database)
    switch_on(database, replace(rule, model="rate"))
    outcome = warn(database)
    assert outcome.summary["raised"] == 0
    assert "model is 'rate', but 'jobless_share' is no rate" in outcome.summary["left_out"][0]


def test_a_new_year_does_not_touch_the_alerts_of_the_year_before(
    years, compute_shares, counts, delivery, put, switch_on, told, warn, database: Engine
) -> None:
    put(database, delivery(counts(years[:-1])), "a")
    compute_shares(database)
    switch_on(database)
    warn(database)
    put(database, delivery(counts()), "b")
    compute_shares(database)
    assert warn(database).summary["raised"] == 1
    assert told(database) == {("07", "2022"): "open"}


def test_withheld_and_missing_areas_are_not_tested(
    areas, compute_shares, counts, delivery, put, switch_on, warn, database: Engine
) -> None:
    put(database, delivery(counts(), withheld=(("07", "2022"), ("08", "2021"))), "a")
    compute_shares(database)
    switch_on(database)
    outcome = warn(database)
    with database.connect() as connection:  # the load withholds more, so that the total gives nothing away
        known = connection.execute(
            text(
                "SELECT count(*) FROM (SELECT area_id FROM value WHERE indicator_id = 'jobless_share' AND value IS NOT NULL"
                " AND period IN ('2021', '2022') AND area_id <> 'T' GROUP BY 1 HAVING count(*) = 2) AS both_years"
            )
        ).scalar_one()
    assert len(areas) - 4 <= known <= len(areas) - 2
    assert (outcome.summary["raised"], outcome.summary["tested"]) == (0, known)


def test_the_worker_does_the_early_warning_and_says_why_it_cannot(
    profile, quiet, switch_off, town: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "city_profile", lambda _city, _connection: profile)

    def ask(**parameters: object) -> object:
        with town.begin() as connection:
            jobs.request(
                connection, city_id="town", kind="alerts", parameters=parameters, requested_by="planner"
            )
        return worker.work_once(town, code_version="1", progress=quiet)

    assert ask(period="2022").summary["raised"] == 1
    assert "unknown parameter(s) threshold; known: period" in ask(threshold=1)
    switch_off(town)
    with town.begin() as connection:
        connection.execute(text("DELETE FROM alert"))
    assert "no rule is switched on" in ask()


def test_a_rule_for_what_the_city_does_not_have_is_refused_with_the_reason(rule, town: Engine) -> None:
    with (
        town.connect() as connection,
        pytest.raises(EtlError, match="no level of areas has values of absent_share"),
    ):
        read_rule_inputs(connection, "town", replace(rule, indicators=("absent_share",)))
    with (
        town.connect() as connection,
        pytest.raises(EtlError, match="on level 'block'; levels: district"),
    ):
        read_rule_inputs(connection, "town", rule, geography="block")
