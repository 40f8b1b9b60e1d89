"""What becomes of alerts when values are corrected, withheld or wait to be computed again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from db.queries import alerts
from etl.errors import EtlError

pytestmark = pytest.mark.db


def test_alerts_of_an_indicator_that_the_city_has_no_more_are_withdrawn_with_the_reason(
    reasons, warn, town: Engine
) -> None:
    warn(town)
    with town.begin() as connection:  # what a later computation leaves out
        connection.execute(text("DELETE FROM value WHERE indicator_id = 'jobless_share'"))
        connection.execute(text("DELETE FROM availability WHERE indicator_id = 'jobless_share'"))
    outcome = warn(town, code_version="2")
    assert outcome.summary["withdrawn"] == 1
    assert any("no level of areas has values of jobless_share" in one for one in outcome.summary["left_out"])
    assert reasons(town) == {("07", "2022"): "not_testable"}


def test_values_that_wait_to_be_computed_take_no_alert_back(
    counts, delivery, put, told, warn, town: Engine
) -> None:
    warn(town)
    table = counts()
    table.loc["20", "2020"] += 1
    put(town, delivery(table), "b")
    with pytest.raises(EtlError, match="values were loaded that wait to be computed"):
        warn(town)
    assert told(town) == {("07", "2022"): "being_checked"}


def test_a_correction_that_ends_the_jump_withdraws_the_alert_with_the_load(
    compute_shares, counts, delivery, put, told, warn, town: Engine
) -> None:
    warn(town)
    changed = put(town, delivery(counts(jump=0)), "b")
    assert changed["alerts_withdrawn"] == 1
    assert told(town) == {("07", "2022"): "withdrawn"}
    compute_shares(town)
    assert warn(town).summary["raised"] == 0
    assert told(town) == {("07", "2022"): "withdrawn"}


def test_a_correction_that_leaves_the_jump_brings_the_same_alert_with_the_new_figures(
    compute_shares, counts, delivery, put, warn, town: Engine
) -> None:
    warn(town)
    put(town, delivery(counts(jump=290)), "b")
    compute_shares(town)
    assert warn(town).summary["revised"] == 1
    with town.connect() as connection:
        (row,) = alerts.read(connection, "town", limit=5)
    assert (row["state"], row["revision"]) == ("open", 3)
    assert row["figures"]["value"] == pytest.approx((counts().loc["07", "2021"] + 290) / 20, abs=0.051)


def test_a_value_that_is_withheld_later_is_never_shown_again(
    compute_shares, counts, delivery, put, warn, town: Engine
) -> None:
    warn(town)
    put(town, delivery(counts(), withheld=(("07", "2022"), ("20", "2022"))), "b")  # one could be subtracted
    compute_shares(town)
    warn(town)
    with town.connect() as connection:
        (row,) = alerts.read(connection, "town", limit=5)
    assert (row["state"], row["figures"], row["text_de"]) == ("withdrawn", None, None)


def test_no_figure_is_kept_finer_than_it_is_told(rule, switch_on, warn, town: Engine) -> None:
    switch_on(town, replace(rule, id="against-city", kind="change_against_city"))
    warn(town)
    with town.connect() as connection:
        rows = alerts.read(connection, "town", limit=5)
    assert {row["rule_id"] for row in rows} == {"jobless-rise", "against-city"}
    for figures in (row["figures"] for row in rows):
        for name in ("value", "compared_with", "estimate", "ci_low", "ci_high"):
            assert figures[name] == round(figures[name], 1)  # one decimal, as the indicator
        for name in ("p_value", "q_value"):
            assert figures[name] == float(f"{figures[name]:.2g}")


def test_the_count_of_another_district_cannot_be_solved_from_the_comparison(
    rule, compute_shares, counts, delivery, put, switch_on, warn, town: Engine
) -> None:
    switch_on(town, replace(rule, id="against-city", kind="change_against_city"))
    compared = set()
    table = counts()
    for more in range(
        3
    ):  # 1 person of 78,000 in the rest of the city moves its change by 0.001 percentage points
        table.loc["20", "2022"] = 200 + more
        put(town, delivery(table), "bcd"[more])
        compute_shares(town)
        warn(town)
        with town.connect() as connection:
            (row,) = alerts.read(connection, "town", wanted=alerts.AlertFilter(rule="against-city"), limit=5)
        compared.add(row["figures"]["compared_with"])
    assert len(compared) == 1


def test_after_a_correction_elsewhere_the_alert_is_being_checked_until_it_is_looked_at_again(
    compute_shares,
    counts,
    delivery,
    put,
    told,
    warn,
    town: Engine,
) -> None:
    warn(town)
    table = counts()
    table.loc["20", "2020"] += 1
    assert "alerts_withdrawn" not in put(town, delivery(table), "b")
    assert told(town) == {("07", "2022"): "being_checked"}
    compute_shares(town)
    assert told(town) == {("07", "2022"): "being_checked"}  # the shares are new, the comparison is not
    assert warn(town).summary["withdrawn"] == 0
    assert told(town) == {("07", "2022"): "open"}


def test_what_another_district_withholds_later_hides_the_figures_that_were_compared_with_it(
    rule,
    counts,
    delivery,
    put,
    switch_on,
    warn,
    town: Engine,
) -> None:
    switch_on(town, replace(rule, id="against-city", kind="change_against_city"))
    warn(town)
    put(town, delivery(counts(), withheld=(("20", "2022"), ("21", "2022"))), "b")
    with town.connect() as connection:
        rows = alerts.read(connection, "town", limit=5)
    assert rows
    assert all(row["state"] != "open" and row["figures"] is None for row in rows)
