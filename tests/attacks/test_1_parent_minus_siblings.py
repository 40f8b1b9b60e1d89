"""Attack 1: a withheld count is what the area above has and its other areas have not."""

from __future__ import annotations

import pytest


@pytest.fixture
def attack(equations, areas_add_up):
    """Put all sums over areas together, for every indicator and period."""

    def program(public):
        paper = equations(public)
        areas_add_up(paper)
        return paper.narrowed()

    return program


def test_it_recovers_what_a_careless_publisher_withholds(attack, naive, truth, score):
    found = attack(naive)
    score(1, careless=len(found))
    assert len(found) >= 100
    assert all(low <= truth[cell] <= high for cell, (low, high) in found.items())
    assert any(low == high for low, high in found.values())


@pytest.mark.db
def test_it_narrows_nothing_down_that_the_service_withholds(attack, served, score):
    assert len(served.withheld()) > 2000
    found = attack(served)
    score(1, served=len(found))
    assert found == {}
