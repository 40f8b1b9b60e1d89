"""Alerts and new boundaries: none is doubled and none left behind."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from db.queries import alerts
from etl.errors import EtlError

pytestmark = pytest.mark.db


def test_new_boundaries_neither_double_an_alert_nor_leave_one_behind(
    compute_shares, counts, delivery, put, reasons, told, warn, town: Engine
) -> None:
    warn(town)
    put(town, delivery(counts(), edition="2022"), "b")
    compute_shares(town)
    outcome = warn(town)
    assert {name: outcome.summary[name] for name in ("raised", "revised", "withdrawn")} == {
        "raised": 0,
        "revised": 0,
        "withdrawn": 0,
    }
    with town.connect() as connection:
        (row,) = alerts.read(connection, "town", limit=5)
    assert (row["state"], row["edition"], row["revision"]) == ("open", "2022", 1)
    put(town, delivery(counts(), edition="2023", renamed={"07": "77"}), "c")
    compute_shares(town)
    warn(town)
    assert told(town) == {("77", "2022"): "open", ("07", "2022"): "withdrawn"}
    assert reasons(town)["07", "2022"] == "new_boundaries"


def test_a_period_that_only_the_old_boundaries_have_is_judged_on_them(
    compute_shares, counts, delivery, put, warn, town: Engine
) -> None:
    warn(town)
    later = counts()[["2021"]].rename(columns={"2021": "2023"})
    put(town, delivery(later, edition="2023"), "b")
    compute_shares(town)
    assert warn(town).summary["withdrawn"] == 0
    with town.connect() as connection:
        (row,) = alerts.read(connection, "town", limit=5)
    assert (row["state"], row["edition"], row["period"]) == ("open", "2013", "2022")


def test_a_chosen_period_is_judged_by_what_was_known_then(warn, town: Engine) -> None:
    assert warn(town, period="2021").summary["raised"] == 0
    assert warn(town, period="2022").summary["raised"] == 1
    with pytest.raises(EtlError, match="no values for rule 'jobless-rise' in '1999'; periods: 2013, 2014"):
        warn(town, period="1999")
