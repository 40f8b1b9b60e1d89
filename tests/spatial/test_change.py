"""Why an index changed: worked tables, symmetries, and what is refused."""

import itertools
import math
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import AlignmentError, CountsError, ParameterError
from spatial.segregation.aspatial.information import mutual_information
from spatial.segregation.decomposition import change
from spatial.segregation.decomposition.change import PART_TITLES, SegregationChange, explain_change
from spatial.segregation.decomposition.contributions import Additive, contributions_of_areas
from spatial.segregation.decomposition.margins import fit_margins
from spatial.segregation.measure import Measure

quick = settings(max_examples=40, deadline=None)
TWO = ("information_theory", "dissimilarity", "gini", "correlation_ratio")
INDICES = [name for name in get_args(Additive) if name not in TWO]
pairs = st.tuples(st.integers(2, 5), st.integers(2, 3)).flatmap(
    lambda shape: st.tuples(
        *2
        * [
            st.lists(
                st.lists(st.integers(1, 200), min_size=shape[1], max_size=shape[1]),
                min_size=shape[0],
                max_size=shape[0],
            )
        ]
    )
)


def frame(rows, columns="xyz"):
    index = pd.Index([f"{k:02d}" for k in range(len(rows))], name="area_id")
    return pd.DataFrame(rows, index=index, columns=list(columns)[: len(rows[0])], dtype=float)


def test_other_margins_alone_are_no_structural_change():
    # [[4, 1], [2, 2]] is [[2, 1], [1, 2]] with rows and columns scaled: the odds ratio is 4 in both.
    found = explain_change(frame([[2, 1], [1, 2]]), frame([[4, 1], [2, 2]]))
    assert found.parts["structural"] == pytest.approx(0, abs=1e-12)
    assert found.parts["group_marginal"] + found.parts["area_marginal"] == pytest.approx(found.difference)


def test_other_mixing_alone_is_all_structural():
    # Two areas of 40 people each, two groups of 40 each, before and after: from 30 : 10 to even.
    found = explain_change(frame([[30, 10], [10, 30]]), frame([[20, 20], [20, 20]]))
    local = 0.75 * math.log(1.5) - 0.25 * math.log(2)
    assert found.parts.to_dict() == pytest.approx(
        {"additions": 0, "removals": 0, "group_marginal": 0, "area_marginal": 0, "structural": -local}
    )
    assert found.areas["contribution"].tolist() == pytest.approx([-local / 2, -local / 2])
    assert found.areas["change_before"].tolist() == pytest.approx([-local, -local])
    assert found.groups["contribution"].tolist() == pytest.approx([-local / 2, -local / 2])


def test_areas_of_one_period_only_are_added_or_removed():
    # Without the new area nothing changed, so that all of the change is its addition; and the other way round.
    old = frame([[30, 10], [10, 30]])
    new = pd.concat([old, pd.DataFrame([[80.0, 0.0]], index=["02"], columns=old.columns)])
    found = explain_change(old, new)
    assert found.parts["additions"] == pytest.approx(found.difference)
    assert found.parts.drop("additions").abs().max() < 1e-12
    assert found.areas_added.tolist() == ["02"]
    back = explain_change(new, old)
    assert back.parts["removals"] == pytest.approx(back.difference)
    assert back.areas_removed.tolist() == ["02"]


def test_an_area_that_lost_its_residents_counts_as_removed():
    found = explain_change(frame([[30, 10], [10, 30], [5, 5]]), frame([[30, 10], [10, 30], [0, 0]]))
    assert found.areas_removed.tolist() == ["02"]
    assert found.parts["structural"] == pytest.approx(0, abs=1e-12)


def test_a_new_group_is_an_addition():
    old, new = frame([[30, 10], [10, 30]]), frame([[30, 10, 5], [10, 30, 0]])
    found = explain_change(old, new)
    assert found.groups_added == ("z",)
    assert found.parts["additions"] == pytest.approx(found.difference)


def test_areas_that_share_no_group_with_the_other_period_drop_out_too():
    # Area 02 holds the group z only, which is gone afterwards: nothing of it is in both tables.
    old, new = frame([[30, 10, 0], [10, 30, 0], [0, 0, 9]]), frame([[20, 20], [20, 20], [4, 4]])
    found = explain_change(old, new)
    assert found.areas_removed.tolist() == ["02"]
    assert found.areas_added.tolist() == ["02"]
    assert found.parts.sum() == pytest.approx(found.difference)


@pytest.mark.parametrize("index", INDICES)
@quick
@given(tables=pairs)
def test_parts_add_up_and_change_their_sign_with_the_order_of_time(index, tables):
    old, new = (frame(rows) for rows in tables)
    there, back = explain_change(old, new, name=index), explain_change(new, old, name=index)
    assert there.before == pytest.approx(contributions_of_areas(old, name=index).total, abs=1e-12)
    assert there.parts.sum() == pytest.approx(there.after - there.before, abs=1e-12)
    assert back.parts.rename({"additions": "removals", "removals": "additions"}).to_dict() == pytest.approx(
        (-there.parts).to_dict(), abs=1e-9
    )


@quick
@given(pairs)
def test_areas_and_groups_may_change_places(tables):
    old, new = (frame(rows) for rows in tables)
    one, other = explain_change(old, new), explain_change(old.T, new.T)
    assert other.parts["structural"] == pytest.approx(one.parts["structural"], abs=1e-9)
    assert other.parts["area_marginal"] == pytest.approx(one.parts["group_marginal"], abs=1e-9)
    assert other.areas["contribution"].tolist() == pytest.approx(
        one.groups["contribution"].tolist(), abs=1e-9
    )


@quick
@given(pairs, st.sampled_from(["mutual_information", "multigroup_information_theory"]))
def test_details_add_up_to_the_structural_part(tables, index):
    found = explain_change(*(frame(rows) for rows in tables), name=index)
    for detail in (found.areas, found.groups):
        assert detail["contribution"].sum() == pytest.approx(found.parts["structural"], abs=1e-12)
        assert detail["share_before"].sum() == pytest.approx(1)
    # As R segregation puts it, for M: the mean over both periods of share times change of local segregation.
    if index == "mutual_information":
        halves = 0.5 * found.areas["share_before"] * found.areas["change_before"]
        halves += 0.5 * found.areas["share_after"] * found.areas["change_after"]
        assert halves.tolist() == pytest.approx(found.areas["contribution"].tolist(), abs=1e-9)


@quick
@given(
    pairs, st.sampled_from([2, 7]), st.sampled_from(["shapley", "karmel_maclachlan", "mora_ruiz_castillo"])
)
def test_the_number_of_people_does_not_matter(tables, factor, method):
    old, new = (frame(rows) for rows in tables)
    found = explain_change(old, new * factor, method=method)
    assert found.parts.to_dict() == pytest.approx(
        explain_change(old, new, method=method).parts.to_dict(), abs=1e-9
    )


def test_karmel_and_maclachlan_by_hand():
    # Only group x doubled: the old table with the new margins is not the new one, as both margins changed with
    # the structure. Scaling groups alone gives the new table itself: structural and interaction follow.
    old = frame([[30, 10], [10, 30]])
    found = explain_change(old, old * [2, 1], method="karmel_maclachlan")
    assert found.parts["group_marginal"] == pytest.approx(found.difference)
    assert found.parts["structural"] == pytest.approx(0, abs=1e-12)
    assert found.parts["area_marginal"] == pytest.approx(-found.parts["interaction"])


def test_mora_and_ruiz_castillo_by_hand():
    # Groups 40 : 40 before and 60 : 20 after: entropies ln 2 and ln 4 - 3/4 ln 3. Area mixes 30 : 10 and 10 : 30
    # before (entropy e = ln 4 - 3/4 ln 3 each), 30 : 10 in both after (e again): nothing structural is left.
    found = explain_change(
        frame([[30, 10], [10, 30]]), frame([[30, 10], [30, 10]]), method="mora_ruiz_castillo"
    )
    entropy = math.log(4) - 0.75 * math.log(3)
    assert found.parts["group_marginal"] == pytest.approx(entropy - math.log(2))
    assert found.parts["area_marginal"] == pytest.approx(0, abs=1e-15)
    assert found.parts["structural"] == pytest.approx(0, abs=1e-15)
    assert found.areas is None
    assert found.iterations == 0


def test_r_segregation_trap_a_loose_fit_invents_structural_change():
    # 400 areas in two kinds; group and area sizes change much, the association not at all. The default of
    # R segregation stops when the shares of all areas, 1/400 each, are within 0.001 and never looks further.
    rng = np.random.default_rng(3)
    old = pd.DataFrame(np.where(np.arange(400)[:, None] % 2, [90.0, 10.0, 2.0], [5.0, 60.0, 30.0]))
    new = old.mul(rng.uniform(0.2, 5, 400), axis=0) * [3.0, 1.0, 0.3]
    tight, loose = explain_change(old, new), explain_change(old, new, precision=0.2)
    assert tight.parts["structural"] == pytest.approx(0, abs=1e-12)
    assert abs(loose.parts["structural"]) > 0.001
    assert loose.parts.sum() == pytest.approx(loose.difference)
    assert loose.iterations < tight.iterations


def test_r_segregation_trap_empty_cells_that_decide_the_result_are_refused():
    # Group x lives in area 01 only, and will be larger than the whole area: no table with that structure exists.
    old, new = frame([[0, 30], [5, 45]]), frame([[40, 20], [5, 10]])
    with pytest.raises(CountsError, match="impossible"):
        explain_change(old, new)
    forced = explain_change(old, new, empty_cells=1e-10)
    assert forced.parts.sum() == pytest.approx(forced.difference)
    assert forced.empty_cells == 1e-10


def test_columns_in_another_order_are_brought_together():
    old, new = frame([[30, 10], [10, 30]]), frame([[25, 15], [20, 30]])
    for index in ("mutual_information", "dissimilarity"):
        mixed = explain_change(old, new[["y", "x"]].iloc[::-1], name=index)
        straight = explain_change(old, new, name=index)
        assert mixed.parts.to_dict() == pytest.approx(straight.parts.to_dict(), abs=1e-12)


def test_any_measure_of_the_register_can_be_explained(monkeypatch):
    # The group's share of all is changed by group sizes alone.
    share = Measure(
        id="share",
        title_de="Anteil",
        title_en="Share",
        dimension="exposure",
        groups="two",
        citation="none",
        function=lambda group, total: group.sum() / total.sum(),
        prepare=lambda: lambda counts: counts[..., 0, :].sum(axis=-1) / counts.sum(axis=(-2, -1)),
    )
    monkeypatch.setattr(change, "measure", lambda name: share)
    found = explain_change(frame([[30, 10], [10, 30]]), frame([[40, 20], [40, 20]])[["y", "x"]], name="share")
    assert (found.before, found.after) == pytest.approx((1 / 2, 2 / 3))
    assert found.parts["group_marginal"] == pytest.approx(1 / 6)
    assert found.parts["structural"] == pytest.approx(0, abs=1e-12)
    assert found.areas is None
    with pytest.raises(ParameterError, match="or a `group` or two columns"):
        explain_change(frame([[3, 1, 1], [1, 3, 1]]), frame([[4, 2, 1], [4, 2, 1]]), name="share")


def test_an_index_that_is_undefined_in_one_period_has_no_parts():
    found = explain_change(frame([[30, 0], [10, 0]]), frame([[30, 10], [10, 30]]), name="gini")
    assert math.isnan(found.before)
    assert not math.isnan(found.after)
    assert math.isnan(found.difference)
    assert math.isnan(found.parts["structural"])


def test_every_part_has_a_german_and_an_english_title():
    found = explain_change(frame([[30, 10], [10, 30]]), frame([[20, 20], [20, 20]]))
    table = found.to_frame()
    assert table.index.tolist() == [part for part in PART_TITLES if part != "interaction"]
    assert table.loc["structural", "title_de"] == "Mischung der Gruppen in den Gebieten"
    assert table.loc["group_marginal", "title_en"] == "Sizes of the groups"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"method": "X"}, "method is 'X', expected one of shapley"),
        ({"name": "no such index"}, "name"),
        ({"name": "gini", "method": "mora_ruiz_castillo"}, "'mutual_information'"),
        ({"log_base": 1}, "log_base"),
        ({"precision": 0}, "precision"),
        ({"max_iterations": 1}, "after 1 sweeps"),
    ],
)
def test_bad_options_are_refused(options, reason):
    with pytest.raises(ParameterError, match=reason):
        explain_change(frame([[30, 10], [10, 30]]), frame([[20, 20], [10, 25]]), **options)


def test_periods_with_nothing_in_common_are_refused():
    other = frame([[1, 2], [3, 4]]).set_axis(["a", "b"])
    with pytest.raises(AlignmentError, match="no area or no group in common"):
        explain_change(frame([[1, 2], [0, 0]]), other)


def test_a_period_in_which_nobody_lives_is_refused_as_that():
    nobody, other = frame([[0, 0], [0, 0]]), frame([[1, 2], [3, 4]])
    with pytest.raises(CountsError, match=r"nobody lives in before in 2 area\(s\): 00, 01"):
        explain_change(nobody, other)
    with pytest.raises(CountsError, match="nobody lives in after"):
        explain_change(other, nobody)


def test_a_named_group_is_explained_against_everybody_else():
    old, new = frame([[30, 10, 5], [10, 20, 9]]), frame([[20, 20, 7], [10, 25, 8]])
    pairs = [pd.DataFrame({"y": table["y"], "others": table["x"] + table["z"]}) for table in (old, new)]
    for name in ("dissimilarity", "mutual_information", "isolation"):
        found, by_hand = explain_change(old, new, name=name, group="y"), explain_change(*pairs, name=name)
        pd.testing.assert_series_equal(found.parts, by_hand.parts)
    with pytest.raises(ParameterError, match="a `group` or two columns"):
        explain_change(old, new, name="isolation")
    with pytest.raises(ParameterError, match="group is 'w', expected a column of counts: x, y, z"):
        explain_change(old, new, group="w")


def test_parts_that_do_not_add_up_cannot_be_made():
    fine = explain_change(frame([[30, 10], [10, 30]]), frame([[20, 20], [20, 20]]))
    with pytest.raises(ParameterError, match="add up"):
        SegregationChange(**{name: getattr(fine, name) for name in fine.__slots__} | {"after": 9.0})


def test_a_result_tells_the_change_in_one_line_and_inputs_are_not_changed():
    old, new = frame([[30, 10], [10, 30]]), frame([[20, 20], [20, 20]])
    before = old.copy(), new.copy()
    found = explain_change(old, new, empty_cells=1e-9)
    assert repr(found) == "SegregationChange(mutual_information 0.1308 → 0.0000, structural -0.1308; shapley)"
    pd.testing.assert_frame_equal(old, before[0])
    pd.testing.assert_frame_equal(new, before[1])


def test_of_all_six_orders_each_counts_the_same():
    # The mean over the orders, written out: each side's step in each order, over tables fitted by hand of nobody.
    old, new = frame([[30, 10], [10, 30]]), frame([[60, 5], [10, 25]])
    tables = {(0, 0, 0): old, (1, 1, 1): new}
    for sides in itertools.product((0, 1), repeat=3):
        if sides not in tables:
            group, area, structure = ((old, new)[state] for state in sides)
            scale = area.to_numpy().sum() / group.to_numpy().sum()
            tables[sides] = fit_margins(structure, area.sum(axis=1), group.sum() * scale).counts
    value = {sides: mutual_information(table) for sides, table in tables.items()}
    mean = dict.fromkeys(range(3), 0.0)
    for order in itertools.permutations(range(3)):
        state = [0, 0, 0]
        for side in order:
            before = value[tuple(state)]
            state[side] = 1
            mean[side] += (value[tuple(state)] - before) / 6
    found = explain_change(old, new, method="shapley_all_orders")
    parts = found.parts[["group_marginal", "area_marginal", "structural"]]
    assert parts.tolist() == pytest.approx(list(mean.values()), abs=1e-9)
    assert found.areas is None
    # The margins belong together in the default: the structure changes first or last.
    nested = explain_change(old, new)
    first, last = value[0, 0, 1] - value[0, 0, 0], value[1, 1, 1] - value[1, 1, 0]
    assert nested.parts["structural"] == pytest.approx((first + last) / 2, abs=1e-9)
    assert abs(nested.parts["structural"] - parts["structural"]) > 1e-4


@quick
@given(pairs)
def test_all_orders_are_symmetric_in_time_and_between_areas_and_groups(tables):
    old, new = (frame(rows) for rows in tables)
    there, back, turned = (
        explain_change(*pair, method="shapley_all_orders").parts
        for pair in ((old, new), (new, old), (old.T, new.T))
    )
    for part, other in (("structural", "structural"), ("group_marginal", "area_marginal")):
        assert back[part] == pytest.approx(-there[part], abs=1e-9)
        assert turned[other] == pytest.approx(there[part], abs=1e-9)
