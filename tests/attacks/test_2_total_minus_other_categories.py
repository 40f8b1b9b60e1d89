"""Attack 2: a withheld count is what the total has and the other categories have not; or a part fills its whole."""

from __future__ import annotations

import pytest


@pytest.fixture
def attack(equations, categories_add_up):
    """Put totals, categories and parts of each area together."""

    def program(public):
        paper = equations(public)
        categories_add_up(paper)
        return paper.narrowed()

    return program


def test_it_recovers_what_a_careless_publisher_withholds(attack, naive, truth, score):
    found = attack(naive)
    score(2, careless=len(found))
    assert len(found) > 20
    assert all(low <= truth[cell] <= high for cell, (low, high) in found.items())
    assert any(
        low == high and cell[2] in {"residents_u15", "residents_65p"} for cell, (low, high) in found.items()
    )


@pytest.mark.db
def test_it_narrows_nothing_down_that_the_service_withholds(attack, served, score):
    found = attack(served)
    score(2, served=len(found))
    assert found == {}
