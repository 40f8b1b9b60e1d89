"""Protection: worked cases by hand, and an attacker of our own who enumerates and solves in whole numbers."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from indicators.confidentiality import (
    RECOMMENDED,
    STRICT,
    Dominance,
    ProfileError,
    Protected,
    UnprotectableError,
    area_sums,
    audit,
    category_sums,
    drawn_areas,
    no_relations,
    parts,
    protect,
    public_view,
    published_changes,
    unchanged_years,
    with_drawn_areas,
)

FAR = 3000.0  # farther than any value of these tables
SECRET_ZEROS = replace(RECOMMENDED, zeros="secret")


def counts(**values: dict[str, float]) -> pd.DataFrame:
    rows = [(area, "2023", name, value) for name, of in values.items() for area, value in of.items()]
    return pd.DataFrame(rows, columns=["area_id", "period", "indicator_id", "value"])


def areas(*values: float, top: float | None = None) -> tuple[pd.DataFrame, dict[str, str]]:
    """One indicator in a city "t" of areas "a", "b", …"""
    names = [chr(ord("a") + number) for number in range(len(values))]
    table = counts(u={"t": sum(values) if top is None else top} | dict(zip(names, values, strict=True)))
    return table, dict.fromkeys(names, "t")


def withheld(table: pd.DataFrame, relations, profile=RECOMMENDED, **options: str) -> set[str]:
    """Areas, or indicators of a single area, of which something is withheld."""
    result = protect(table, relations, profile, **options)
    assert audit(result).is_safe
    key = result.cells.key[result.hidden]
    return set(key.get_level_values(0 if len(set(table["area_id"])) > 1 else 2))


def possible(result: Protected) -> dict[int, tuple[float, float]]:
    """Attack with an integer programme over everything, once down and once up per protected column."""
    problem, n = result.problem, len(result.cells)
    hidden = np.ones(len(problem), dtype=bool)
    hidden[:n] = result.hidden
    low = np.where(hidden, problem.least, problem.shown_low)
    high = np.where(hidden, FAR, problem.shown_high)
    known = problem.matrix @ problem.value
    found = {}
    for column in np.flatnonzero(problem.sensitive | (hidden & (np.arange(len(problem)) < n))):
        ends = []
        for sign in (1.0, -1.0):
            goal = np.zeros(len(problem))
            goal[column] = sign
            answer = milp(
                goal,
                constraints=LinearConstraint(problem.matrix, known, known)
                if problem.matrix.shape[0]
                else None,
                bounds=Bounds(low, high),
                integrality=np.ones(len(problem)),
            )
            ends.append(float(np.round(answer.x[column])))
        found[int(column)] = ends[0], ends[1]
    return found


def assert_nothing_is_narrow(result: Protected) -> None:
    problem, n = result.problem, len(result.cells)
    hidden = np.ones(len(problem), dtype=bool)
    hidden[:n] = result.hidden
    up, down, width = problem.demands(hidden)
    for column, (low, high) in possible(result).items():
        assert high >= problem.value[column] + up[column]
        assert low <= problem.value[column] - down[column]
        assert high - low >= width[column]


def test_a_count_of_one_needs_a_partner_and_the_least_useful_is_taken():
    # 1 + 40 + 60 = 101: if only the 1 were withheld, 101 − 40 − 60 would give it back.
    table, parents = areas(1, 40, 60)
    assert withheld(table, area_sums(table, parents)) == {"a", "b"}


def test_two_withheld_counts_with_too_small_a_sum_need_a_third():
    # Zeros are public, so 1 + 1 = 2 can only be two ones.
    table, parents = areas(1, 1, 50, 60)
    assert withheld(table, area_sums(table, parents)) == {"a", "b", "c"}


def test_two_twos_protect_each_other():
    # 2 + 2 = 4 may be 1 + 3 as well.
    table, parents = areas(2, 2, 60)
    assert withheld(table, area_sums(table, parents)) == {"a", "b"}


def test_a_one_and_a_two_do_not():
    # 1 + 2 = 3: each would be 1 or 2, and known to be small.
    table, parents = areas(1, 2, 60, 70)
    assert withheld(table, area_sums(table, parents)) == {"a", "b", "c"}


def test_zeros_are_published_and_protect_nobody():
    table, parents = areas(0, 1, 0, 7)
    assert withheld(table, area_sums(table, parents)) == {"b", "d"}


def test_secret_zeros_may_protect():
    # The zero is the least useful partner: 1 + 0 = 1 would be 0 or 1 each, so the 7 has to join them instead.
    table, parents = areas(0, 1, 7)
    assert withheld(table, area_sums(table, parents), SECRET_ZEROS) == {"b", "c"}


def test_where_nobody_is_left_to_protect_it_the_total_goes():
    table, parents = areas(2)
    assert withheld(table, area_sums(table, parents)) == {"t", "a"}


def test_without_small_counts_nothing_is_withheld():
    table, parents = areas(3, 40, 0)
    result = protect(table, area_sums(table, parents))
    assert not result.hidden.any()
    assert (result.cost, result.lower_bound, result.gap) == (0, 0, 0)
    assert protect(table, no_relations()).hidden.sum() == 0


def test_a_table_of_one_value_can_be_protected():
    assert withheld(counts(u={"a": 2}), no_relations()) == {"u"}


def test_an_empty_table_and_one_of_missing_values_need_no_protection():
    table, parents = areas(np.nan, np.nan, top=np.nan)
    assert not protect(table, area_sums(table, parents)).hidden.any()
    assert not protect(table.iloc[:0], no_relations()).hidden.any()


def test_categories_and_areas_together_make_a_rectangle():
    # The 1 needs a partner in its row and in its column, and those need the fourth corner.
    table = counts(
        all={"t": 82, "a": 31, "b": 51}, x={"t": 31, "a": 1, "b": 30}, y={"t": 51, "a": 30, "b": 21}
    )
    relations = area_sums(table, {"a": "t", "b": "t"}) + category_sums(table, "all", ["x", "y"])
    result = protect(table, relations)
    hidden = {(area, name) for area, _, name in result.cells.key[result.hidden]}
    assert hidden == {("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")}
    assert_nothing_is_narrow(result)


def test_usefulness_decides_who_is_withheld():
    table, parents = areas(1, 40, 60)
    table["usefulness"] = [9.0, 1.0, 5.0, 2.0]
    assert withheld(table, area_sums(table, parents)) == {"a", "c"}


def test_where_nothing_helps_nothing_is_published():
    table, parents = areas(1, 40, 60)
    table["released"] = table["area_id"] != "a"
    with pytest.raises(
        UnprotectableError, match=r"1 value.*: a / 2023 / u; protect the totals too"
    ) as caught:
        protect(table, area_sums(table, parents))
    assert caught.value.cells == ["a / 2023 / u"]


def test_an_indicator_without_a_profile_is_never_withheld():
    table = counts(dwellings={"a": 1}, persons={"a": 1})
    assert withheld(table, no_relations(), {"dwellings": None, "persons": RECOMMENDED}) == {"persons"}
    with pytest.raises(ProfileError, match="no profile for persons"):
        protect(table, no_relations(), {"dwellings": None})


def test_profiles_hold_per_source():
    table = counts(survey={"a": 4}, register={"a": 4})
    assert withheld(table, no_relations(), {"survey": STRICT, "register": RECOMMENDED}) == {"survey"}


def test_a_part_that_is_nearly_its_whole_is_withheld():
    # 50 − 49 = 1 German is left. The 49 needs a partner area: 51 − 20 − 30 would give it back.
    table = counts(
        residents={"t": 180, "a": 50, "b": 60, "c": 70}, foreign={"t": 99, "a": 49, "b": 20, "c": 30}
    )
    relations = area_sums(table, dict.fromkeys("abc", "t")) + parts(table, "foreign", "residents")
    result = protect(table, relations)
    assert result.to_frame().query("is_withheld")["reason"].to_dict() == {
        ("a", "2023", "foreign"): "complement",
        ("b", "2023", "foreign"): "partner",
    }
    # At most 47 foreigners for all one knows, so that at least 3 others are possible.
    exact = audit(result, exact=True).frame.set_index(["area_id", "what"])
    assert exact.loc[("a", "value"), "low"] <= 47
    assert exact.loc[("a", "rest"), "high"] >= 3


def test_a_zero_that_says_that_everybody_is_elsewhere_is_withheld():
    # 5 residents, all of them foreign: to publish 0 Germans would say so.
    table = counts(
        residents={"a": 5, "b": 60, "t": 65},
        foreign={"a": 5, "b": 20, "t": 25},
        german={"a": 0, "b": 40, "t": 40},
    )
    relations = area_sums(table, {"a": "t", "b": "t"}) + category_sums(
        table, "residents", ["foreign", "german"], complement=True
    )
    result = protect(table, relations)
    hidden = {(area, name) for area, _, name in result.cells.key[result.hidden]}
    assert {("a", "foreign"), ("a", "german")} <= hidden
    assert_nothing_is_narrow(result)


def test_zeros_stop_being_public_where_the_rest_of_a_share_needs_them():
    # All 9 are foreign; the two other groups are public zeros, which give that away in spite of the share's rule.
    table = counts(residents={"a": 9}, foreign={"a": 9}, german={"a": 0}, stateless={"a": 0})
    relations = category_sums(table, "residents", ["foreign", "german", "stateless"]) + parts(
        table, "foreign", "residents"
    )
    result = protect(table, relations)
    assert "foreign" in set(result.cells.key[result.hidden].get_level_values(2))
    assert_nothing_is_narrow(result)


def test_of_two_drawn_areas_that_differ_by_one_block_one_is_withheld():
    # 14 − 12 = 2 is the count of block c.
    table = counts(u={"a": 5, "b": 7, "c": 2})
    drawn = {"mine": ["a", "b"], "yours": ["a", "b", "c"]}
    wider = with_drawn_areas(table, drawn)
    hidden = withheld(wider, drawn_areas(wider, drawn))
    assert "c" in hidden
    assert hidden != {"c"}


def test_a_drawn_area_gives_way_to_one_that_is_public_already():
    table = counts(u={"a": 50, "b": 70, "c": 2})
    drawn = {"mine": ["a", "b"], "yours": ["a", "b", "c"]}
    wider = with_drawn_areas(table, drawn)
    wider["released"] = wider["area_id"].isin(["a", "b", "mine"])
    assert withheld(wider, drawn_areas(wider, drawn)) == {"c", "yours"}


def test_what_is_withheld_in_one_year_is_withheld_in_the_next_when_nothing_changed():
    years = [
        counts(r={"a": 50, "b": 60}, u={"a": 2, "b": 9}).assign(period=year) for year in ("2022", "2023")
    ]
    table = pd.concat(years, ignore_index=True)
    result = protect(table, unchanged_years(table, "r"))
    assert list(result.cells.key[result.hidden]) == [("a", "2022", "u"), ("a", "2023", "u")]


def test_a_published_change_withholds_both_years():
    # 14 − 12 = 2: the later count and the change would give the earlier one away.
    table = pd.concat([counts(u={"a": v}).assign(period=p) for v, p in ((2, "2021"), (14, "2023"))])
    changes = pd.DataFrame(
        {"area_id": ["a"], "indicator_id": ["u"], "period": ["2023"], "previous": ["2021"]}
    )
    result = protect(table, published_changes(table, changes))
    assert result.hidden.all()


def test_amounts_with_too_few_contributors_are_withheld():
    table, parents = areas(100.0, 400.0, 500.0)
    table["contributors"] = [20, 2, 9, 9]
    result = protect(table, area_sums(table, parents))
    assert set(result.cells.key[result.hidden].get_level_values(0)) == {"a", "b"}
    # 20 % to either side: 80 to 120 must be possible.
    frame = audit(result, exact=True).frame.set_index("area_id")
    assert frame.loc["a", "low"] <= 80
    assert frame.loc["a", "high"] >= 120


def test_amounts_that_one_contributor_rules_are_withheld():
    # 90 of 100 are one firm's: above 80 %. It must be possible that they are 80 % of 112.5.
    table, parents = areas(100.0, 400.0, 500.0)
    table = table.assign(contributors=30, largest=[90, 90, 50, 50], second_largest=5)
    rule = replace(RECOMMENDED, dominance=Dominance(largest=1, percent=80.0))
    result = protect(table, area_sums(table, parents), rule)
    assert result.to_frame().loc[("a", "2023", "u"), "reason"] == "dominance"
    frame = audit(result).frame.set_index("area_id")
    assert frame.loc["a", "must_reach"] == pytest.approx(112.5)


def test_amounts_that_the_second_largest_could_estimate_are_withheld():
    # p-percent: what is left besides the two largest, 100 − 60 − 38 = 2, is less than 10 % of the largest, 6.
    table, parents = areas(100.0, 400.0, 500.0)
    table = table.assign(contributors=30, largest=[60, 60, 50, 50], second_largest=[38, 38, 5, 5])
    result = protect(table, area_sums(table, parents), replace(RECOMMENDED, p_percent=10.0))
    frame = audit(result).frame.set_index("area_id")
    assert frame.loc["a", "must_reach"] == pytest.approx(104)


def test_values_the_publisher_withheld_get_partners_although_nobody_knows_them():
    # Leipzig's case: 19 unemployed, 15 under SGB III; the withheld count under SGB II would be 4.
    table = counts(unemployed={"15": 19}, sgb2={"15": np.nan}, sgb3={"15": 15})
    table["status"] = ["measured", "suppressed", "measured"]
    result = protect(table, category_sums(table, "unemployed", ["sgb2", "sgb3"]))
    assert public_view(result).frame["status"].tolist() == ["suppressed", "suppressed", "measured"]


def test_periods_without_a_link_are_protected_one_by_one():
    one, parents = areas(1, 40, 60)
    table = pd.concat([one.assign(period=year) for year in ("2022", "2023")])
    result = protect(table, area_sums(table, parents))
    assert result.hidden.reshape(2, -1).sum(axis=1).tolist() == [2, 2]
    single = protect(one, area_sums(one, parents))
    assert result.cost == pytest.approx(2 * single.cost)


def test_the_summary_counts_what_is_lost_on_each_level():
    table, parents = areas(1, 40, 60)
    table["geography"] = ["city", *["block"] * 3]
    summary = protect(table, area_sums(table, parents)).summary()
    assert summary.loc["block", ["values", "sensitive", "partners"]].tolist() == [3, 1, 1]
    assert summary.loc["city", "partners"] == 0


small = st.sampled_from([0, 1, 1, 2, 2, 3, 4, 6, 30])


@st.composite
def small_tables(draw: st.DrawFn):
    """Two or three areas in a city, one to three categories, many small counts."""
    n, k = draw(st.integers(2, 3)), draw(st.integers(2, 3))
    cells = np.array([[draw(small) for _ in range(k)] for _ in range(n)])
    names = [f"c{number}" for number in range(k)]
    table = counts(
        all={"t": cells.sum()} | {f"a{i}": cells[i].sum() for i in range(n)},
        **{
            name: {"t": cells[:, j].sum()} | {f"a{i}": cells[i, j] for i in range(n)}
            for j, name in enumerate(names)
        },
    )
    relations = area_sums(table, {f"a{i}": "t" for i in range(n)}) + category_sums(table, "all", names)
    return table, relations


@settings(max_examples=25, deadline=None)
@given(
    small_tables(), st.sampled_from(["auto", "fast"]), st.sampled_from([RECOMMENDED, STRICT, SECRET_ZEROS])
)
def test_an_attacker_with_integer_programmes_narrows_nothing_down(drawn, method, profile):
    table, relations = drawn
    assert_nothing_is_narrow(protect(table, relations, profile, method=method))


@settings(max_examples=20, deadline=None)
@given(small_tables())
def test_the_order_of_the_rows_is_irrelevant_for_safety_and_the_cost(drawn):
    table, relations = drawn
    shuffled = table.sample(frac=1, random_state=1).reset_index(drop=True)
    one, other = protect(table, relations, method="best"), protect(shuffled, relations, method="best")
    assert one.cost == pytest.approx(other.cost)
    assert audit(other).is_safe


@settings(max_examples=20, deadline=None)
@given(small_tables())
def test_the_same_input_gives_the_same_result(drawn):
    table, relations = drawn
    assert (protect(table, relations).hidden == protect(table, relations).hidden).all()


@settings(max_examples=20, deadline=None)
@given(small_tables())
def test_never_is_exactly_one_member_of_a_sum_withheld_and_hidden_sums_are_large_enough(drawn):
    table, relations = drawn
    result = protect(table, relations)
    matrix = result.problem.matrix[:, : len(result.cells)].toarray()
    for line in matrix:
        inside = np.flatnonzero(line)
        hidden = inside[result.hidden[inside]]
        assert len(hidden) != 1
        parts_ = hidden[line[hidden] > 0]
        if len(parts_) and len(parts_) == len(hidden):  # the total is published
            assert result.problem.value[parts_].sum() >= RECOMMENDED.minimum_count


@settings(max_examples=5, deadline=None)
@given(st.lists(st.lists(small, min_size=2, max_size=2), min_size=3, max_size=3))
def test_nothing_less_would_do(cells):
    """Try every choice of partners: none is cheaper than the one found, and none below the bound is safe."""
    values = np.array(cells)
    table = counts(
        all={"t": values.sum()} | {f"a{i}": values[i].sum() for i in range(3)},
        x={"t": values[:, 0].sum()} | {f"a{i}": values[i, 0] for i in range(3)},
        y={"t": values[:, 1].sum()} | {f"a{i}": values[i, 1] for i in range(3)},
    )
    relations = area_sums(table, {f"a{i}": "t" for i in range(3)}) + category_sums(table, "all", ["x", "y"])
    result = protect(table, relations, method="best")
    assert result.lower_bound == pytest.approx(result.cost, rel=1e-4)
    free = np.flatnonzero(result.problem.eligible)
    usefulness = result.problem.usefulness
    for size in range(int(result.is_partner.sum()) + 1):
        for choice in itertools.combinations(free, size):
            if usefulness[list(choice)].sum() < result.cost - 1e-6:
                hidden = result.problem.withheld.copy()
                hidden[list(choice)] = True
                cheaper = replace(result, hidden=hidden[: len(result.cells)])
                assert not audit(cheaper).is_safe
