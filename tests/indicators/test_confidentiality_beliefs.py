"""What an attacker takes for true: that nothing changed where nothing visible did, and that old sums still hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.confidentiality import (
    RECOMMENDED,
    among_withheld,
    area_sums,
    audit_published,
    grid_of,
    no_relations,
    relations_of,
    tellers,
    tenable,
)

RULES = {"unemployed": RECOMMENDED}
PARENTS = dict.fromkeys(["10", "11", "12"], "1")


def block(*rows: tuple[float, float]) -> np.ndarray:
    """One area in two years; NaN is withheld."""
    return np.array(rows)[:, :, np.newaxis]


def told(value: np.ndarray, **more: int) -> list[tuple[int, int]]:
    public_zeros = np.ones(len(value), dtype=bool)
    return [
        (int(i), int(p)) for i, p, _ in np.argwhere(tellers(value, np.isnan(value), public_zeros, **more))
    ]


STILL = [(50.0, 50.0), (30.0, 30.0), (12.0, 12.0), (9.0, 9.0), (7.0, 7.0), (5.0, 5.0)]
HIDDEN = float("nan")


def test_six_equal_counts_make_a_published_one_tell_the_withheld_one_of_the_next_year():
    assert told(block(*STILL, (4.0, HIDDEN))) == [(6, 0)]
    assert told(block(*STILL, (HIDDEN, 4.0))) == [(6, 1)]


def test_five_equal_counts_may_be_chance():
    assert told(block(*STILL[1:], (4.0, HIDDEN))) == []


def test_zeros_are_no_evidence():
    # Nobody is surprised by two zeros.
    assert told(block(*STILL[1:], (0.0, 0.0), (4.0, HIDDEN))) == []


def test_one_count_that_changed_is_enough_to_tell_nothing():
    assert told(block(*STILL, (3.0, 4.0), (4.0, HIDDEN))) == []


def test_a_zero_beside_a_withheld_count_says_that_something_has_changed():
    assert told(block(*STILL, (0.0, HIDDEN), (4.0, HIDDEN))) == []
    value = block(*STILL, (0.0, HIDDEN), (4.0, HIDDEN))
    secret_zeros = np.array([*[True] * 6, False, True])
    assert tellers(value, np.isnan(value), secret_zeros)[7, 0, 0]


def test_what_is_withheld_in_both_years_or_was_never_counted_tells_nothing():
    assert told(block(*STILL, (HIDDEN, HIDDEN))) == []
    value = block(*STILL, (4.0, HIDDEN))
    assert not tellers(value, np.zeros_like(value, dtype=bool), np.ones(7, dtype=bool)).any()


@given(st.integers(0, 2**32 - 1))
def test_withholding_what_tells_leaves_nothing_that_tells_the_same(seed):
    rng = np.random.default_rng(seed)
    value = np.repeat(rng.integers(0, 9, (9, 1, 4)).astype(float), 3, axis=1)  # nothing ever changes
    hidden = rng.uniform(size=value.shape) < 0.1
    zeros = np.ones(9, dtype=bool)
    for _ in range(4):  # three years: one round per step at most
        found = tellers(np.where(hidden, np.nan, value), hidden, zeros)
        assert not (found & hidden).any()
        hidden |= found
    assert not tellers(np.where(hidden, np.nan, value), hidden, zeros).any()


def town(numbers: list[float | None]) -> pd.DataFrame:
    """A town and its three districts."""
    table = pd.DataFrame({"area_id": ["1", "10", "11", "12"], "period": "2023", "indicator_id": "unemployed"})
    table["value"] = np.array(numbers, dtype=float)
    return table.assign(status=np.where(table["value"].isna(), "suppressed", "measured"))


def both(table: pd.DataFrame, areas: list[str], number: float):
    rows = table[table["area_id"].isin(areas)].assign(relation="old sum", factor=1.0)
    return relations_of(rows, kind="published before", constant=number)


def test_relations_keep_their_withheld_members_and_published_ones_become_numbers():
    table = town([45, None, None, 30])
    reduced = among_withheld(grid_of(table, {}, indicators=["unemployed"]), area_sums(table, PARENTS))
    assert reduced.members["area_id"].tolist() == ["10", "11"]
    assert reduced.kinds["constant"].tolist() == [15]  # 45 − 30


def test_relations_without_a_withheld_member_or_with_a_missing_one_say_nothing():
    table = town([45, None, None, 30])
    grid = grid_of(table, {}, indicators=["unemployed"])
    assert len(among_withheld(grid, both(table, ["12"], 30.0))) == 0
    lost = both(table.assign(period="2024"), ["10"], 3.0)
    assert len(among_withheld(grid, both(table, ["10"], 3.0) + lost)) == 1
    assert len(among_withheld(grid, no_relations())) == 0


def exposed(table: pd.DataFrame, **known) -> list[str]:
    grid = grid_of(table, PARENTS, indicators=["unemployed"])
    return audit_published(grid, RULES, **known).exposed["area_id"].tolist()


def test_an_old_sum_is_attacked_with_as_a_fact_and_as_a_belief():
    table = town([45, None, None, None])
    assert exposed(table) == []
    old = both(table, ["10", "11"], 41.0)  # leaves 4 for the third
    assert exposed(table, besides=old) == ["12"]
    assert exposed(table, beliefs=old) == ["12"]


def test_a_belief_that_cannot_be_true_misleads_and_is_left_out():
    table = town([45, None, None, 30])
    wrong = both(table, ["10", "11"], 12.0)  # it is 45 − 30 = 15
    assert exposed(table, beliefs=wrong) == []


@pytest.mark.parametrize(("numbers", "kept"), [((15.0, 15.0), 2), ((15.0, 12.0), 1), ((12.0, 12.0), 0)])
def test_beliefs_fall_together_with_what_hangs_together_and_leave_others_alone(numbers, kept):
    # Two years, nothing between them: what is wrong in one says nothing of the other.
    table = pd.concat([town([45, None, None, 30]), town([45, None, None, 30]).assign(period="2024")])
    grid = grid_of(table, PARENTS, indicators=["unemployed"])
    cells, facts = grid.system((), ())
    beliefs = no_relations()
    for period, number in zip(("2023", "2024"), numbers, strict=True):
        beliefs = beliefs + both(table[table["period"] == period], ["10", "11"], number)
    assert len(tenable(cells, facts, among_withheld(grid, beliefs), RULES)) == kept
