"""Between and within larger areas, and families of groups: worked values, and that the parts add up."""

import math
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import AlignmentError, ParameterError
from spatial.segregation.decomposition.contributions import Additive, contributions_of_areas
from spatial.segregation.decomposition.nested import (
    PART_TITLES,
    NestedDecomposition,
    between_and_within,
    between_and_within_groups,
)

quick = settings(max_examples=50, deadline=None)
TWO = ("information_theory", "dissimilarity", "gini", "correlation_ratio")
MANY = [name for name in get_args(Additive) if name not in TWO]
SUMS = ["mutual_information", "multigroup_information_theory", "relative_diversity"]
rows_of_three = st.lists(
    st.lists(st.integers(0, 300), min_size=3, max_size=3), min_size=1, max_size=9
).filter(lambda rows: (np.array(rows).sum(axis=0) > 0).sum() > 1)


def frame(rows):
    index = pd.Index([f"{k:02d}" for k in range(len(rows))], name="area_id")
    return pd.DataFrame(rows, index=index, columns=list("xyzu")[: len(rows[0])], dtype=float)


def named(values, counts, name="district"):
    return pd.Series(values, index=counts.index, name=name)


def test_segregation_inside_one_district_only():
    # North is fully separated (M = ln 2, H = 1), south fully mixed, and both have the mix of the city:
    # nothing lies between them, and north is half of the city.
    counts = frame([[10, 0], [0, 10], [5, 5], [5, 5]])
    district = named(["north", "north", "south", "south"], counts)
    found = between_and_within(counts, district)
    assert found.part.to_dict() == pytest.approx({"district": 0, "area": 0.5 * math.log(2)})
    strata = found.strata[0]
    assert strata["value"].to_dict() == pytest.approx({"north": math.log(2), "south": 0})
    assert strata["share"].to_dict() == {"north": 0.5, "south": 0.5}
    theil = between_and_within(counts, district, name="multigroup_information_theory")
    assert theil.part.to_dict() == pytest.approx({"district": 0, "area": 0.5})


def test_the_weights_of_h_have_the_diversity_of_the_district_in_them():
    # North 15 : 5 with entropy ln 4 - 3/4 ln 3, south 5 : 15 with the same; E = ln 2. All of the districts'
    # inner segregation counts T_k E_k / (T E) each.
    counts = frame([[10, 0], [5, 5], [5, 5], [0, 10]])
    found = between_and_within(
        counts, named(["n", "n", "s", "s"], counts), name="multigroup_information_theory"
    )
    ratio = (math.log(4) - 0.75 * math.log(3)) / math.log(2)
    strata = found.strata[0]
    assert strata["diversity_ratio"].tolist() == pytest.approx([ratio, ratio])
    assert strata["weight"].tolist() == pytest.approx([ratio / 2, ratio / 2])
    assert found.part["district"] == pytest.approx(1 - ratio)


def test_gini_leaves_no_residual_where_districts_do_not_overlap():
    # Shares 1, ½ | ½, 0. City: pairs differ by ½ + ½ + 1 + 0 + ½ + ½ = 3, so G = 2·3·100/(2·40²·¼) = 0.75;
    # between ¾ and ¼: 2·½·400/800 = 0.5; inside each 2·½·100/(2·20²·3/16) = 2/3 with weight
    # 20²·3/8 / (40²·½) = 3/16, together 0.25.
    counts = frame([[10, 0], [5, 5], [5, 5], [0, 10]])
    found = between_and_within(counts, named(["n", "n", "s", "s"], counts), name="gini")
    assert found.total == pytest.approx(0.75)
    assert found.part.to_dict() == pytest.approx({"district": 0.5, "area": 0.25})
    assert found.residual["area"] == pytest.approx(0, abs=1e-12)
    assert found.strata[0]["value"].tolist() == pytest.approx([2 / 3, 2 / 3])


def test_dissimilarity_states_the_residual_that_it_leaves():
    # City ½(½ + 0 + 0 + ½) = ½; between ½(½ + ½) = ½; inside each ½(|10/15| + |5/15 - 1|) = 2/3 with
    # weight 20·3/8 / (40·½) = 3/8, together ½: more than there is, by ½.
    counts = frame([[10, 0], [5, 5], [5, 5], [0, 10]])
    found = between_and_within(counts, named(["n", "n", "s", "s"], counts), name="dissimilarity")
    assert found.part.to_dict() == pytest.approx({"district": 0.5, "area": 0.5})
    assert found.residual.to_dict() == pytest.approx({"district": 0, "area": -0.5})
    table = found.to_frame()
    assert table["kind"].tolist() == ["between", "within", "residual"]
    assert table["value"].sum() == pytest.approx(found.total)


def test_names_that_occur_in_several_districts_mean_several_areas():
    counts = frame([[10, 0], [5, 5], [5, 5], [0, 10]])
    levels = pd.DataFrame(
        {"district": ["n", "n", "s", "s"], "ward": ["1", "2", "1", "2"]}, index=counts.index
    )
    found = between_and_within(counts, levels)
    assert found.part["area"] == 0
    assert found.strata[1].index.tolist() == [("n", "1"), ("n", "2"), ("s", "1"), ("s", "2")]


def test_a_district_with_one_group_only_has_no_h_and_contributes_nothing():
    counts = frame([[10, 0], [10, 0], [5, 5], [0, 10]])
    found = between_and_within(counts, named(["n", "n", "s", "s"], counts), name="information_theory")
    north = found.strata[0].loc["n"]
    assert math.isnan(north["value"])
    assert (north["weight"], north["contribution"]) == (0, 0)
    assert not math.isnan(found.total)


def test_an_empty_district_has_no_effect():
    counts = frame([[10, 0], [5, 5], [5, 5], [0, 10], [0, 0]])
    with_it = between_and_within(counts, named(["n", "n", "s", "s", "moor"], counts))
    without = between_and_within(counts.iloc[:4], named(["n", "n", "s", "s"], counts.iloc[:4]))
    assert with_it.part.to_dict() == pytest.approx(without.part.to_dict())
    assert math.isnan(with_it.strata[0].loc["moor", "value"])


@pytest.mark.parametrize("index", MANY)
def test_one_group_alone_is_not_segregated_from_anybody(index):
    counts = frame([[3, 0], [4, 0]])
    found = between_and_within(counts, named(["n", "s"], counts), name=index)
    if index in ("mutual_information", "divergence"):
        assert found.part.tolist() == [0, 0]
    else:
        assert found.part.isna().all()


@pytest.mark.parametrize("index", MANY)
@quick
@given(rows=rows_of_three, data=st.data())
def test_the_parts_of_all_levels_add_up_to_the_index(index, rows, data):
    counts = frame(rows)
    labels = st.lists(st.sampled_from("abc"), min_size=len(rows), max_size=len(rows))
    levels = pd.DataFrame({"district": data.draw(labels), "ward": data.draw(labels)}, index=counts.index)
    found = between_and_within(counts, levels, name=index)
    assert found.total == pytest.approx(contributions_of_areas(counts, name=index).total, abs=1e-12)
    assert found.part.sum() + found.residual.sum() == pytest.approx(found.total, abs=1e-12)
    assert (found.part >= -1e-12).all()
    for frame_of_level, level in zip(found.strata, ("ward", "area"), strict=True):
        assert (frame_of_level["value"] * frame_of_level["weight"]).sum() == pytest.approx(
            found.part[level], abs=1e-12
        )
        assert frame_of_level["share"].sum() == pytest.approx(1)
    if index in SUMS:
        assert (found.residual == 0).all()
    if index == "multigroup_gini":
        assert (found.residual >= -1e-12).all()


@quick
@given(rows_of_three, st.sampled_from(MANY), st.data())
def test_inside_a_district_the_value_is_that_of_the_district_alone(rows, index, data):
    counts = frame(rows)
    labels = data.draw(st.lists(st.sampled_from("ab"), min_size=len(rows), max_size=len(rows)))
    strata = between_and_within(counts, named(labels, counts), name=index).strata[0]
    for label in strata.index:
        alone = contributions_of_areas(counts[np.array(labels) == label], name=index).total
        assert strata.loc[label, "value"] == pytest.approx(alone, nan_ok=True, abs=1e-10)


def test_areas_in_another_order_are_brought_together():
    counts = frame([[10, 0], [0, 10], [5, 5], [5, 5]])
    district = named(["n", "n", "s", "s"], counts)
    mixed = between_and_within(counts, district.iloc[::-1])
    pd.testing.assert_series_equal(mixed.part, between_and_within(counts, district).part)


def test_families_of_groups_by_hand():
    # x against y and z together: (8 : 2) and (2 : 8), M = 0.8 ln 1.6 + 0.2 ln 0.4. y and z are half of the
    # city's people, 2 and 8 of 10; all y live in the first area and all z in the second.
    counts = frame([[8, 2, 0], [2, 0, 8]])
    families = pd.Series({"z": "other", "y": "other", "x": "first"}, name="family")
    found = between_and_within_groups(counts, families)
    between = 0.8 * math.log(1.6) + 0.2 * math.log(0.4)
    inside = -0.2 * math.log(0.2) - 0.8 * math.log(0.8)  # full separation: the entropy of 2 : 8
    assert found.part.to_dict() == pytest.approx({"family": between, "group": 0.5 * inside})
    assert found.strata[0]["value"].to_dict() == pytest.approx({"first": 0, "other": inside})


@quick
@given(
    st.lists(st.lists(st.integers(0, 300), min_size=4, max_size=4), min_size=1, max_size=8).filter(
        lambda rows: (np.array(rows).sum(axis=0) > 0).sum() > 1
    ),
    st.lists(st.sampled_from("ab"), min_size=4, max_size=4),
    st.sampled_from(["mutual_information", "multigroup_information_theory"]),
)
def test_families_add_up_to_the_index(rows, labels, index):
    counts = frame(rows)
    found = between_and_within_groups(counts, pd.Series(labels, index=list("xyzu")), name=index)
    assert found.total == pytest.approx(contributions_of_areas(counts, name=index).total, abs=1e-12)
    assert found.part.sum() == pytest.approx(found.total, abs=1e-12)
    weighted = found.strata[0]["value"] * found.strata[0]["weight"]
    assert weighted.sum() == pytest.approx(found.part["group"], abs=1e-12)


def test_every_part_has_a_german_and_an_english_title():
    counts = frame([[10, 0], [5, 5], [5, 5], [0, 10]])
    table = between_and_within(counts, named(["n", "n", "s", "s"], counts, "Bezirk"), name="dissimilarity")
    assert table.to_frame()["title_de"].tolist() == [
        "Zwischen: Bezirk",
        "Zwischen: area, innerhalb von: Bezirk",
        "Rest: area (keiner Ebene zuzuordnen)",
    ]
    assert all(title.de and title.en for title in PART_TITLES.values())


@pytest.mark.parametrize(
    ("labels", "options", "error", "reason"),
    [
        (["n", None, "s", "s"], {}, AlignmentError, r"district has no name for: 1 area.s.: 01"),
        (["n", "n", "s", "s"], {"name": "atkinson"}, ParameterError, "one of mutual_information"),
        (["n", "n", "s", "s"], {"log_base": 1}, ParameterError, "log_base"),
    ],
)
def test_bad_levels_and_options_are_refused(labels, options, error, reason):
    counts = frame([[10, 0], [5, 5], [5, 5], [0, 10]])
    with pytest.raises(error, match=reason):
        between_and_within(counts, named(labels, counts), **options)


def test_levels_without_a_column_or_with_the_name_of_the_areas_are_refused():
    counts = frame([[10, 0], [5, 5]])
    with pytest.raises(ParameterError, match="one column per level"):
        between_and_within(counts, pd.DataFrame(index=counts.index))
    with pytest.raises(ParameterError, match="none of them 'area'"):
        between_and_within(counts, named(["n", "s"], counts, "area"))


def test_other_areas_and_other_groups_are_refused():
    counts = frame([[10, 0], [5, 5]])
    with pytest.raises(AlignmentError, match="levels has no row"):
        between_and_within(counts, pd.Series({"00": "n", "x": "s"}))
    with pytest.raises(AlignmentError, match="families has no row"):
        between_and_within_groups(counts, pd.Series({"x": "a"}))
    with pytest.raises(ParameterError, match="can be split by groups"):
        between_and_within_groups(counts, pd.Series({"x": "a", "y": "a"}), name="multigroup_gini")


def test_parts_that_do_not_add_up_cannot_be_made():
    with pytest.raises(ParameterError, match="add up"):
        NestedDecomposition(
            measure="gini",
            total=1.0,
            part=pd.Series({"district": 0.5}),
            residual=pd.Series({"district": 0.0}),
            strata=(),
            log_base=math.e,
        )


def test_a_result_tells_its_parts_in_one_line():
    counts = frame([[10, 0], [0, 10], [5, 5], [5, 5]])
    found = between_and_within(counts, named(["n", "n", "s", "s"], counts))
    assert repr(found) == "NestedDecomposition(mutual_information 0.3466 = district 0.0000, area 0.3466)"


def test_a_named_group_is_split_against_everybody_else():
    counts = frame([[9, 1, 4], [5, 5, 2], [1, 9, 3], [1, 4, 8]])
    pair = pd.DataFrame({"x": counts["x"], "others": counts["y"] + counts["z"]})
    district = named(["n", "n", "s", "s"], counts)
    for name in (*TWO, *MANY):
        found = between_and_within(counts, district, name=name, group="x")
        pd.testing.assert_series_equal(found.part, between_and_within(pair, district, name=name).part)
        pd.testing.assert_series_equal(
            contributions_of_areas(counts, name=name, group="x").contribution,
            contributions_of_areas(pair, name=name).contribution,
        )
    with pytest.raises(ParameterError, match="'multigroup_gini', or a `group` or two columns"):
        between_and_within(counts, district, name="gini")


def test_a_level_without_a_name_has_a_number_and_nothing_is_printed_as_minus_zero():
    counts = frame([[9, 1], [5, 5], [1, 9], [1, 9]])
    found = between_and_within(counts, named(list(counts.index), counts, name=None), name="gini")
    assert list(found.part.index) == ["level 1", "area"]
    shown = NestedDecomposition(
        measure="gini", total=found.total, part=found.part.replace(0.0, -1e-17), residual=found.residual,
        strata=(), log_base=math.e,
    )  # fmt: skip
    assert repr(shown).endswith("area 0.0000)")


def test_a_part_that_belongs_to_no_level_is_shown_with_the_others():
    # Half of each group would have to move: D = 0.5. Between 15 : 5 and 5 : 15 it is 0.5 as well, and inside both,
    # (10, 0), (5, 5), 2/3 with the weight 0.375: 0.5. So 0.5 is counted twice.
    counts = frame([[10, 0], [5, 5], [5, 5], [0, 10]])
    found = between_and_within(counts, named(["n", "n", "s", "s"], counts), name="dissimilarity")
    assert (
        repr(found)
        == "NestedDecomposition(dissimilarity 0.5000 = district 0.5000, area 0.5000, residual -0.5000)"
    )
