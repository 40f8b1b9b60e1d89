"""Attack 3: a withheld count is its published share times the published whole."""

from __future__ import annotations

import pytest


@pytest.fixture
def attack(equations, rates_times_denominators):
    """Turn every published share back into its numerator."""

    def program(public):
        paper = equations(public)
        rates_times_denominators(paper)
        return paper.narrowed()

    return program


def test_it_recovers_what_a_careless_publisher_withholds(attack, naive, truth, score):
    found = attack(naive)
    score(3, careless=len(found))
    # One decimal of a percentage of fewer than a thousand people has only one numerator.
    exact = {cell: low for cell, (low, high) in found.items() if low == high}
    assert len(exact) > 100
    assert all(truth[cell] == value for cell, value in exact.items())


@pytest.mark.db
def test_it_narrows_nothing_down_that_the_service_withholds(attack, served, score):
    found = attack(served)
    score(3, served=len(found))
    assert found == {}


@pytest.mark.db
def test_nothing_is_served_that_was_computed_from_a_withheld_count(served):
    assert set(served.shares) < set(served.rates)
    for geography, area, name, period in served.values:
        rate = served.rates.get(name)
        # The land is no count of the service; everybody can measure it on the map.
        states = {
            served.statuses[geography, area, count, period]
            for count in (rate.counts if rate else ())
            if count in served.counts
        }
        assert "suppressed" not in states, (geography, area, name, period)


@pytest.mark.db
def test_every_computed_value_of_the_service_is_one_that_is_attacked(client):
    indicators = client.get("/cities/sample/indicators").json()["indicators"]
    # A form that nobody has thought of here, such as a growth rate, needs an attack of its own.
    assert {one["form"] for one in indicators} <= {
        None,
        "count",
        "share",
        "quotient",
        "ratio",
        "index",
        "class",
    }
    for one in indicators:
        if one["kind"] == "intensive" and one["numerator"] is None:
            assert one["id"] in {"status_index", "dynamics_index"}, one["id"]
