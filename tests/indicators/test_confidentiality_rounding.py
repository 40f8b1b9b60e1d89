"""Coarser numbers instead of withheld ones: what they still say, and that it is not too much."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.confidentiality import (
    ProfileError,
    area_sums,
    audit,
    decimals_allowed,
    no_relations,
    numerator_interval,
    profile,
    protect,
    public_view,
    raised,
    rounded,
)
from indicators.confidentiality.audit import audit_problem
from indicators.confidentiality.protection import pose_problem
from indicators.confidentiality.rounding import shown_as, shown_values

AMSTERDAM, STAFF, AGENCY = profile("amsterdam"), profile("public-staff"), profile("employment-agency-rounded")


def areas(*values: float) -> tuple[pd.DataFrame, dict[str, str]]:
    names = [chr(ord("a") + number) for number in range(len(values))]
    table = pd.DataFrame(
        {"area_id": ["t", *names], "period": "2023", "indicator_id": "u", "value": [sum(values), *values]}
    )
    return table, dict.fromkeys(names, "t")


def test_halves_are_rounded_up():
    assert rounded(pd.Series([0, 4, 5, 14, 15, np.nan]), 10).tolist()[:5] == [0, 0, 10, 10, 20]
    assert rounded(pd.Series([2, 3]), 5).tolist() == [0, 5]


def test_one_to_four_become_five_and_zero_stays():
    assert raised(pd.Series([0, 1, 4, 5, 6]), 5, 5).tolist() == [0, 5, 5, 5, 6]


def test_a_base_of_one_is_refused():
    with pytest.raises(ProfileError, match="at least 2"):
        rounded(pd.Series([1]), 1)


@pytest.mark.parametrize("one", [AMSTERDAM, STAFF, AGENCY])
def test_what_a_shown_number_says_is_exactly_what_is_shown_alike(one):
    every = np.arange(300.0)
    shown = shown_values(every, [one] * len(every))
    low, high, is_coarse = shown_as(every, [one] * len(every))
    assert is_coarse.all()
    for value in range(250):
        alike = every[shown == shown[value]]
        assert (low[value], high[value]) == (alike.min(), alike.max())


def test_rounded_counts_are_all_shown():
    table, parents = areas(1, 12, 28, 60)
    result = protect(table, area_sums(table, parents), STAFF)
    assert not result.hidden.any()
    view = public_view(result).frame.set_index("area_id")
    assert view["value"].to_dict() == {"t": 100, "a": 0, "b": 10, "c": 30, "d": 60}
    # The 0 may be a 2: it must not be called a true zero.
    assert set(view["status"]) == {"measured"}
    assert audit(result).is_safe


def test_where_rounding_alone_gives_a_count_away_the_sum_is_withheld():
    # 2 + 2 + 2 + 2 = 8: each is shown as 0, so at most 2; the total is shown as 10, so at least 8.
    table, parents = areas(2, 2, 2, 2)
    relations = area_sums(table, parents)
    alone = audit_of_rounding_alone(table, relations)
    assert set(alone.loc[~alone["is_safe"], "area_id"]) == {"a", "b", "c", "d"}
    result = protect(table, relations, STAFF)
    assert result.hidden.any()
    assert audit(result).is_safe


def audit_of_rounding_alone(table: pd.DataFrame, relations) -> pd.DataFrame:
    cells, problem, _ = pose_problem(table, relations, STAFF)
    frame, _ = audit_problem(problem, problem.withheld)
    return frame.assign(area_id=cells.key.get_level_values(0)[frame["column"]])


def test_a_count_shown_as_five_needs_uncertain_others_too():
    # 3 becomes 5, but 103 − 40 − 60 = 3.
    table, parents = areas(3, 40, 60)
    result = protect(table, area_sums(table, parents), AMSTERDAM)
    view = public_view(result).frame.set_index("area_id")
    assert (view.loc["a", "value"], view.loc["a", "status"]) == (5, "uncertain")
    assert view["status"].eq("suppressed").sum() == 1
    exact = audit(result, exact=True).frame.set_index("area_id")
    assert (exact.loc["a", "low"], exact.loc["a", "high"]) == (1, 5)


def test_a_true_five_looks_like_a_raised_one():
    table, _ = areas(5, 3, 60)
    view = public_view(protect(table, no_relations(), AMSTERDAM)).frame.set_index("area_id")
    assert view.loc["a", ["value", "status"]].tolist() == view.loc["b", ["value", "status"]].tolist()
    assert view.loc["c", ["value", "status"]].tolist() == [60, "measured"]


@pytest.mark.parametrize(
    ("percent", "whole", "decimals", "expected"),
    [
        (1.3, 150, 1, (2, 2)),  # 2 of 150 are 1.33 %
        (1.0, 150, 0, (1, 2)),  # 0.67 % and 1.33 %
        (0.0, 150, 0, (0, 0)),  # 1 of 150 would be shown as 1
        (0.0, 400, 0, (0, 2)),  # 2 of 400 are 0.5 %: on the edge, either way
        (100.0, 30, 1, (30, 30)),
        (50.0, 10_000, 1, (4995, 5005)),
    ],
)
def test_a_percentage_gives_away_its_numerator(percent, whole, decimals, expected):
    assert numerator_interval(percent, whole, decimals) == expected


def test_a_percentage_that_no_count_has_is_refused():
    with pytest.raises(ProfileError, match=r"no count out of 10 is 33\.3 %"):
        numerator_interval(33.3, 10, 1)


@given(st.integers(1, 20_000), st.data(), st.integers(0, 2))
def test_the_true_numerator_is_always_among_the_possible_ones(whole, data, decimals):
    part = data.draw(st.integers(0, whole))
    low, high = numerator_interval(round(100 * part / whole, decimals), whole, decimals)
    assert low <= part <= high


@given(st.integers(1, 20_000), st.data())
def test_decimals_that_are_allowed_keep_the_numerator_uncertain(whole, data):
    decimals = decimals_allowed(whole, 2)
    if decimals is not None:
        part = data.draw(
            st.integers(whole // 4, whole // 2)
        )  # away from the ends, where 0 and all cut it off
        low, high = numerator_interval(round(100 * part / whole, decimals), whole, decimals)
        assert high - low >= 2


def test_one_decimal_gives_every_numerator_of_fewer_than_a_thousand_away():
    for whole in (120, 500, 999):
        assert all(
            len(set(numerator_interval(round(100 * part / whole, 1), whole, 1))) == 1 for part in range(whole)
        )
        assert decimals_allowed(whole, 1) in {0, None}
