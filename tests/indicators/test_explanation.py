"""Parts of an index, distances to the class limits, the changes that flip a class: they add up and they are true."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from indicators.composite import dynamics_index, status_index
from indicators.errors import ConstantColumnError, DefinitionError
from indicators.explanation import admissible_ranges, class_distances, explain, flipping_changes, titles
from indicators.methods import Classes, Index, Input, Method, Minimum, Validity, shipped_method
from indicators.methods.steps import (
    Exponential,
    Log,
    MinMax,
    PercentileRank,
    Rank,
    RankShare,
    Reverse,
    Round,
    ZScore,
)
from spatial.errors import ParameterError

Z, PLACE = (ZScore(),), (PercentileRank(),)
LOW = "lower_is_more_need"


def index(id_, *inputs, combine="sum", then=()):
    made = tuple(Input(id=one) if isinstance(one, str) else one for one in inputs)
    return Index(id=id_, combine=combine, inputs=made, then=then)


def scored(*names, steps=Z):
    return tuple(Input(id=name, transform=steps) for name in names)


def method(*indices, **more):
    return Method(id="m", title_de="M", title_en="M", indices=indices, **more)


def cuts(*limits, **more):
    labels = tuple(str(number + 1) for number in range(len(limits) + 1))
    return Classes(cuts=limits, labels_de=labels, labels_en=labels, **more)


def groups(count, **more):
    labels = tuple(str(number + 1) for number in range(count))
    return Classes(groups=count, labels_de=labels, labels_en=labels, **more)


def table(**columns):
    values = pd.DataFrame(columns, dtype=float)
    values.index = pd.Index([f"{number:02d}" for number in range(len(values))], name="area_id")
    return values, values.notna().replace({True: "measured", False: "suppressed"}).astype(object)


def adds_up(found):
    whole = found.contributions.sum(axis=1) + found.base + found.filled
    valid = found.result.is_valid
    assert whole[valid].tolist() == pytest.approx(found.result.index[valid].tolist(), abs=1e-9)
    assert found.contributions[~valid].isna().all(axis=None)


# --- contributions -----------------------------------------------------------------------------------------


def test_parts_of_a_sum_of_z_scores_by_hand():
    # z of (0, 2) is (−1, 1), of (4, 0) it is (1, −1), of (1, 3) it is (−1, 1): sums −1 and 1, their z the same.
    values, states = table(a=[0, 2], b=[4, 0], c=[1, 3])
    found = explain(values, states, method(index("i", *scored("a", "b", "c"), then=Z)))
    assert found.contributions.loc["01"].tolist() == [1, -1, 1]
    assert found.base.tolist() == [0, 0]
    assert found.result.index.tolist() == [-1, 1]


def test_parts_of_a_weighted_sum_are_measured_against_the_average_area_or_against_nothing():
    # Index 0.75 · a + 0.25 · b: (1, 7.5), of the average area 4.25. Area 00: 0.75 · (0 − 5), 0.25 · (4 − 2).
    values, states = table(a=[0, 10], b=[4, 0])
    one = method(index("i", Input(id="a", weight=0.75), Input(id="b", weight=0.25), combine="weighted_sum"))
    found = explain(values, states, one)
    assert found.base.tolist() == [4.25, 4.25]
    assert found.contributions.loc["00"].tolist() == [-3.75, 0.5]
    plain = explain(values, states, one, baseline="zero")
    assert plain.base.tolist() == [0, 0]
    assert plain.contributions.loc["00"].tolist() == [0, 1]
    adds_up(found)
    adds_up(plain)


def test_parts_of_a_rank_share_its_distance_from_the_average_area():
    # Sums 0, 3, 8 with percentile ranks 0, ½, 1. The mean sum 11/3 lies 2/15 of the way from 3 to 8: 0.5666… Area 02 is
    # 13/3 above it and 0.4333… in rank: a tenth of a rank for each point, a is 3 above its mean, b 4/3.
    values, states = table(a=[0, 1, 5], b=[0, 2, 3])
    found = explain(values, states, method(index("i", "a", "b", then=PLACE)))
    assert found.base.tolist() == pytest.approx([0.5 + 1 / 15] * 3)
    assert found.contributions.loc["02"].tolist() == pytest.approx([0.3, 0.4 / 3])
    adds_up(found)
    with pytest.raises(ParameterError, match="ranks sums, which have no zero"):
        explain(values, states, method(index("i", "a", "b", then=PLACE)), baseline="zero")


def test_parts_pass_through_a_domain_that_is_ranked():
    # The domain a + b is ranked to (0, ½, 1); the index adds c, which is the same everywhere but in area 02.
    values, states = table(a=[0, 1, 5], b=[0, 2, 3], c=[1, 1, 4])
    domain, top = index("domain", "a", "b"), index("i", Input(id="domain", transform=PLACE), "c")
    found = explain(values, states, method(domain, top))
    assert list(found.contributions) == ["a", "b", "c"]
    # As above, and c: 4 − 2 = 2; the average area has 0.5666… + 2.
    assert found.contributions.loc["02"].tolist() == pytest.approx([0.3, 0.4 / 3, 2])
    assert found.base.tolist() == pytest.approx([0.5 + 1 / 15 + 2] * 3)
    adds_up(found)


def test_the_parts_of_an_area_come_largest_first_and_are_named():
    values, states = table(
        unemployed_share=[1, 2, 6], transfer_share=[5, 9, 7], child_poverty_share=[9, 4, 20]
    )
    found = explain(values, states, shipped_method("sample-status"))
    parts = found.of("00")
    assert parts["contribution"].abs().is_monotonic_decreasing
    assert parts.loc["transfer_share", "value"] == 5
    assert parts["title_de"].str.len().gt(0).all()
    assert found.to_frame().loc["00", "largest"] == parts.index[0]
    with pytest.raises(ParameterError, match="area"):
        found.of("99")


def test_areas_without_an_index_have_no_parts_and_say_why():
    values, states = table(a=[1, 2, 3, np.nan, 5], b=[3, 1, 2, 2, 4], people=[500, 400, 300, 900, 20])
    states.loc["03", "a"] = "missing"
    one = method(
        index("i", *scored("a", "b"), then=Z),
        validity=Validity(minimum=(Minimum(indicator="people", at_least=300),)),
        classes=cuts(-0.5, 0.5),
    )
    found = explain(values, states, one)
    assert found.reason_de.tolist() == ["", "", "", "a: fehlt", "people: unter 300"]
    assert found.reason_en.tolist() == ["", "", "", "a: missing", "people: below 300"]
    assert found.values.loc[["03", "04"]].isna().all(axis=None)
    assert found.of("03").empty
    adds_up(found)
    states.loc["03", "a"] = "suppressed"
    assert explain(values, states, one).reason_de["03"] == "a: zurückgehalten"
    changes = flipping_changes(values, states, one).table.set_index("area_id")
    assert changes.loc["03", "reason"].unique().tolist() == ["a: withheld"]
    assert changes.loc["03", ["change", "value", "new_value"]].isna().all(axis=None)


@pytest.mark.parametrize("policy", ["leave_out", "mean", 2.0])
def test_a_withheld_value_that_is_filled_in_has_no_part_of_its_own(policy):
    values, states = table(a=[1, 2, np.nan, 7], b=[10, 30, 50, 20])
    one = method(index("i", Input(id="a", missing=policy), "b", combine="mean"), classes=cuts(10, 20))
    found = explain(values, states, one)
    assert found.result.is_valid.all()
    assert math.isnan(found.contributions.loc["02", "a"])
    assert found.of("02").index.tolist() == ["b"]
    adds_up(found)
    changes = flipping_changes(values, states, one).table
    row = changes[(changes["area_id"] == "02") & (changes["indicator"] == "a")]
    assert row["reason"].tolist() == ["withheld", "withheld"]


def test_an_area_that_knows_no_indicator_at_all_says_so():
    values, states = table(a=[1, 2, np.nan], b=[1, 3, np.nan])
    inputs = [Input(id=name, missing="leave_out") for name in "ab"]
    found = explain(values, states, method(index("i", *inputs, combine="mean")))
    assert found.reason_de["02"] == "kein Indikator bekannt"


def random_values(rng, names, count, low=0.5, high=99.5):
    return pd.DataFrame(
        rng.uniform(low, high, (count, len(names))).round(1),
        columns=list(names),
        index=[f"{one:03d}" for one in range(count)],
    )


@pytest.mark.parametrize(
    "name", ["us-cdc-svi-2018", "us-cdc-svi-2020", "england-imd-2019", "berlin-mss-2017"]
)
def test_parts_add_up_for_shipped_methods_of_every_kind(name):
    rng, one = np.random.default_rng(3), shipped_method(name)
    values = random_values(rng, one.columns, 40)
    if name.startswith("england"):
        values = values.rank()
    if "mss_residents" in values:
        values["mss_residents"] = 1000.0
    states = values.notna().replace(True, "measured")
    labels = pd.DataFrame({"state": np.where(np.arange(40) < 15, "A", "B")}, index=values.index)
    found = explain(values, states, one, labels=labels)
    assert list(found.contributions) == list(one.indicators)
    adds_up(found)


def test_parts_of_a_universe_are_measured_against_its_own_average():
    values, states = table(a=[0, 2, 100, 108])
    labels = pd.DataFrame({"state": list("AABB")}, index=values.index)
    found = explain(values, states, method(index("i", "a"), universe="state"), labels=labels)
    assert found.base.tolist() == [1, 1, 104, 104]
    assert found.contributions["a"].tolist() == [-1, 1, -4, 4]


STEPS = st.lists(
    st.sampled_from(
        [ZScore(), MinMax(), Round(decimals=3), PercentileRank(), PercentileRank(ties="average", out_of="n")]
    ),
    max_size=2,
).map(tuple)
ROWS = st.lists(st.tuples(*[st.integers(0, 20)] * 3), min_size=4, max_size=12)


@settings(max_examples=80, deadline=None)
@given(ROWS, STEPS, STEPS, STEPS, st.sampled_from(["sum", "mean", "weighted_sum", "weighted_mean"]))
def test_parts_always_add_up(rows, first, inner, outer, combine):
    values, states = table(**dict(zip("abc", zip(*rows, strict=True), strict=True)))
    weight = 2.5 if combine.startswith("weighted") else 1.0
    theme = index("theme", Input(id="a", transform=first), "b", then=inner)
    top = index(
        "top", Input(id="theme", transform=first), Input(id="c", weight=weight), combine=combine, then=outer
    )
    try:
        found = explain(values, states, method(theme, top))
    except ConstantColumnError:
        assume(False)
    adds_up(found)


def test_a_rank_with_1_for_the_most_has_parts_that_add_up_too():
    values, states = table(a=[1, 5, 3, 9], b=[2, 2, 8, 1])
    steps = (Rank(), RankShare(), Exponential())
    domain = index("domain", "a", "b", then=(Rank(),))
    top = index(
        "top", Input(id="domain", transform=(RankShare(),)), Input(id="b", transform=steps), then=(Rank(),)
    )
    found = explain(values, states, method(domain, top))
    adds_up(found)
    turned = Input(id="a", transform=(*PLACE, Reverse(), Log(offset=1)), direction=LOW)
    adds_up(explain(values, states, method(index("top", turned, "b", then=(Rank(),)))))


# --- distances ---------------------------------------------------------------------------------------------


def test_distances_to_the_cuts_by_hand():
    values, states = table(a=[3, 12, 25, np.nan, 10])
    found = class_distances(status_index(values, states, method(index("i", "a"), classes=cuts(10, 20)))).table
    assert found["class"].tolist() == [1, 2, 3, pd.NA, 1]
    assert found["to_more_need"].fillna(-1).tolist() == [7, 8, -1, -1, 0]  # on the cut: still the lower class
    assert found["to_less_need"].fillna(1).tolist() == [1, -2, -5, 1, 1]
    assert found["class_more_need"].tolist() == [2, 3, pd.NA, pd.NA, 2]
    assert found["nearest"].fillna(-1).tolist() == [7, 2, 5, -1, 0]


def test_distances_know_at_which_end_class_1_is_and_what_is_turned():
    values, states = table(a=[3, 12, 25])
    rules = cuts(10, 20, class_1="most_need")
    found = class_distances(status_index(values, states, method(index("i", "a"), classes=rules))).table
    assert found["class"].tolist() == [3, 2, 1]
    assert found.loc["01", ["class_more_need", "class_less_need"]].tolist() == [1, 3]
    assert found.loc["01", ["to_more_need", "to_less_need"]].tolist() == [8, -2]
    # Ranks with 1 for the most need: 3, 2, 1; a lower index is more need.
    ranked = method(index("i", "a", then=(Rank(),)), classes=cuts(1, 2))
    found = class_distances(status_index(values, states, ranked)).table
    assert found["index"].tolist() == [3, 2, 1]
    assert found.loc["01", ["to_more_need", "to_less_need"]].tolist() == [-1, 0]


def test_distances_to_groups_by_rank_by_hand():
    # Halves of 1, 4, 6, 10: the first two are class 1. From 4 one must pass 6; from 6 one must come down to 4.
    values, states = table(a=[1, 4, 6, 10])
    found = class_distances(status_index(values, states, method(index("i", "a"), classes=groups(2)))).table
    assert found["class"].tolist() == [1, 1, 2, 2]
    assert found["to_more_need"].fillna(-1).tolist() == [5, 2, -1, -1]
    assert found["to_less_need"].fillna(1).tolist() == [1, 1, -2, -6]
    rules = groups(2, class_1="most_need")
    turned = class_distances(status_index(values, states, method(index("i", "a"), classes=rules))).table
    assert turned["to_more_need"].fillna(-1).tolist() == [5, 2, -1, -1]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(0, 12), min_size=3, max_size=14),
    st.integers(2, 5),
    st.sampled_from(["least_need", "most_need"]),
)
def test_beyond_the_limit_of_a_group_an_area_is_in_another_class_and_on_this_side_it_is_not(
    numbers, count, end
):
    values, states = table(a=numbers)
    one = method(index("i", "a"), classes=groups(count, class_1=end))
    before = status_index(values, states, one)
    found = class_distances(before).table
    for side, way in (("more_need", 1), ("less_need", -1)):
        for area, limit in found[f"limit_{side}"].dropna().items():
            for move, is_beyond in ((way * 0.25, True), (-way * 0.25, False)):
                tried = values.copy()
                tried.loc[area, "a"] = limit + move
                now = status_index(tried, states, one).classes[area]
                if is_beyond:
                    rises = 1 if end == "least_need" else -1
                    assert (now - before.classes[area]) * way * rises > 0
                elif (limit + move - values.loc[area, "a"]) * way > 0:
                    assert now == before.classes[area]


def test_distances_need_classes_and_work_for_dynamics():
    values, states = table(a=[3, 12, 25])
    with pytest.raises(DefinitionError, match="no classes"):
        class_distances(status_index(values, states, method(index("i", "a"))))
    berlin = shipped_method("berlin-mss-2019")
    names = [*berlin.columns, *berlin.dynamics_columns]
    values = pd.DataFrame({name: [1.0, 2.0, 6.0, 4.0] for name in names})
    values["mss_residents"] = 300
    states = values.notna().replace(True, "measured")
    found = class_distances(dynamics_index(values, states, berlin))
    assert found.table["limit_more_need"].dropna().isin([-1, 1]).all()


# --- what flips a class ------------------------------------------------------------------------------------


def test_the_flipping_change_of_a_plain_sum_by_hand():
    values, states = table(a=[7, 30, 12], b=[0, 5, 0])
    found = flipping_changes(
        values, states, method(index("i", "a", "b"), classes=cuts(10, 20)), areas=["00", "02"]
    )
    wide = found.of("00")
    assert wide.loc["a", "more_need"] == pytest.approx(3, abs=1e-6)
    assert wide.loc["a", "more_need"] > 3  # 10 itself still is the lower class
    assert wide["less_need"].isna().all()
    assert found.of("02").loc["a"].tolist() == pytest.approx([-2, 8], abs=1e-6)
    reasons = found.table.set_index(["area_id", "indicator", "towards"])["reason"]
    assert reasons["00", "a", "less_need"] == "end_class"
    # b is 0 to 5 in the city and may go to 10, not below 0: area 02 cannot come down by b.
    assert reasons["02", "b", "less_need"] == "beyond_range"
    assert found.ranges["b"] == (0, 10)


def test_the_flipping_change_counts_its_own_effect_on_mean_and_deviation():
    # Values 0, 2, x: z(x) = (2x − 2) / √(2x² − 4x + 8), which is 1 where x² − 2x − 2 = 0, at x = 1 + √3. From x = 1
    # that is √3. With mean and deviation held at those of 0, 2, 1 (1 and 0.8165) it would have been 0.8165.
    values, states = table(a=[0, 2, 1])
    found = flipping_changes(values, states, method(index("i", *scored("a")), classes=cuts(-1, 1)))
    assert found.of("02").loc["a", "more_need"] == pytest.approx(math.sqrt(3), abs=1e-6)


def test_the_flipping_change_of_a_rank_passes_another_area():
    values, states = table(a=[1, 4, 6, 10], b=[5, 5, 5, 5])
    one = method(index("i", *scored("a", steps=PLACE), "b"), classes=groups(2))
    found = flipping_changes(values, states, one)
    assert found.of("01").loc["a", "more_need"] == pytest.approx(2, abs=1e-5)
    assert found.of("02").loc["a", "less_need"] == pytest.approx(-2, abs=1e-5)
    income = method(index("i", Input(id="a", transform=PLACE, direction=LOW)), classes=groups(2))
    found = flipping_changes(values, states, income)
    assert found.of("01").loc["a", "less_need"] == pytest.approx(2, abs=1e-5)  # more income, less need
    assert found.of("02").loc["a", "more_need"] == pytest.approx(-2, abs=1e-5)


def test_no_value_between_0_and_100_percent_flips_a_class_that_is_far_away():
    # 1 + 100 and 5 + 100 are below 120; 95 needs another 25, which is 13 more than the 12 that are there.
    values = pd.DataFrame({"unemployed_share": [1.0, 95], "transfer_share": [5.0, 12]}, index=["00", "01"])
    one = method(index("i", "unemployed_share", "transfer_share"), classes=cuts(120))
    found = flipping_changes(values, values.notna().replace(True, "measured"), one)
    assert found.ranges == dict.fromkeys(values, (0.0, 100.0))
    rows = found.table.set_index(["area_id", "indicator", "towards"]).sort_index()
    assert rows.loc["00", "reason"].tolist() == ["end_class", "beyond_range"] * 2
    assert rows.loc["00", "change"].isna().all()
    assert found.of("01").loc["transfer_share", "more_need"] == pytest.approx(13, abs=1e-5)
    assert rows.loc[("01", "unemployed_share", "more_need"), "reason"] == "beyond_range"  # 100 + 12


def test_less_of_an_indicator_can_mean_a_higher_index_and_this_is_found():
    # In the worked case of four areas the outlier 02 makes b's deviation; with b nearer to the others its z hardly
    # falls, but the sums of the others come closer together.
    values, states = table(a=[0, 0, 0, 1], b=[1, 1, 2, 0])
    one = method(index("i", *scored("a", "b"), then=Z), classes=cuts(-1, 1, 1.5))
    change = flipping_changes(values, states, one).of("02").loc["b", "more_need"]
    assert change < 0
    values.loc["02", "b"] += change
    assert status_index(values, states, one).index["02"] > 1.5


def test_a_change_within_a_universe_is_measured_there():
    values, states = table(a=[0, 2, 1, 100, 108, 101])
    labels = pd.DataFrame({"state": list("AAABBB")}, index=values.index)
    one = method(index("i", *scored("a")), classes=cuts(-1, 1), universe="state")
    found = flipping_changes(values, states, one, labels=labels, ranges={"a": (0, 200)})
    assert found.of("02").loc["a", "more_need"] == pytest.approx(math.sqrt(3), abs=1e-5)
    alone = flipping_changes(
        *table(a=[100, 108, 101]), method(*one.indices, classes=one.classes), ranges={"a": (0, 200)}
    )
    assert found.of("05").loc["a"].tolist() == pytest.approx(alone.of("02").loc["a"].tolist(), nan_ok=True)


def test_a_value_at_which_nothing_can_be_standardised_is_passed_over():
    # With a = 0 in area 02 the indicator is the same everywhere; the search looks at the end of the range, 0, too.
    values, states = table(a=[0, 0, 5], b=[1, 2, 3])
    one = method(index("i", *scored("a", "b"), then=Z), classes=cuts(-5, 5))
    found = flipping_changes(values, states, one)
    assert (found.table["reason"] == "beyond_range").all()


def test_a_minimum_and_named_ranges_bound_the_search():
    one = method(
        index("i", "a"),
        validity=Validity(minimum=(Minimum(indicator="a", at_least=5),)),
        classes=cuts(4, 20),
    )
    values, states = table(a=[7, 10, 12])
    assert admissible_ranges(one, values) == {"a": (5, 17)}
    assert (flipping_changes(values, states, one).table["reason"] == "beyond_range").all()
    found = flipping_changes(values, states, one, ranges={"a": (0, 30)})
    assert found.of("00").loc["a", "more_need"] == pytest.approx(13, abs=1e-5)
    with pytest.raises(ParameterError, match="holds 7 to 12"):
        admissible_ranges(one, values, {"a": (8, 30)})
    with pytest.raises(ParameterError, match="an indicator of the method"):
        admissible_ranges(one, values, {"b": (8, 30)})
    with pytest.raises(ParameterError, match="areas"):
        flipping_changes(values, states, one, areas=["99"])


def test_ranges_follow_the_units_of_the_definitions():
    england = shipped_method("england-imd-2019")
    ranks = pd.DataFrame({name: [1.0, 2, 3] for name in england.indicators})
    assert admissible_ranges(england, ranks)["imd_crime_rank"] == (1, 3)
    negative = method(index("i", "a"))
    assert admissible_ranges(negative, pd.DataFrame({"a": [-2.0, 4.0]})) == {"a": (-8, 10)}
    assert titles(england, "en")["imd_crime_rank"].startswith("Rank in the domain Crime")
    assert titles(negative) == {"a": "a", "i": "i"}


NUMBERS = st.lists(st.tuples(*[st.integers(0, 40)] * 2), min_size=4, max_size=9)
RULES = st.sampled_from(
    [cuts(-1, 1, 1.5, on_cut="nearer_to_zero"), cuts(-0.4, 0.4, class_1="most_need"), groups(3)]
)


@settings(max_examples=25, deadline=None)
@given(NUMBERS, st.sampled_from([Z, PLACE, (MinMax(),)]), RULES)
def test_a_flipping_change_flips_and_a_slightly_smaller_one_does_not(rows, steps, rules):
    values, states = table(**dict(zip("ab", zip(*rows, strict=True), strict=True)))
    one = method(index("i", *scored("a", "b", steps=steps), then=Z), classes=rules)
    try:
        before = status_index(values, states, one)
    except ConstantColumnError:
        assume(False)
    # Exactly on a limit the 16th digit decides, before and after.
    assume(rules.groups is not None or class_distances(before).table["nearest"].min() > 1e-9)
    found = flipping_changes(values, states, one, areas=values.index[:3].tolist())
    for row in found.table.dropna(subset=["change"]).itertuples():
        less = row.change - math.copysign(found.tolerance[row.indicator], row.change)
        own, rises = before.classes[row.area_id], 1 if rules.class_1 == "least_need" else -1
        wanted = rises * (1 if row.towards == "more_need" else -1)
        for change, is_flipped in ((row.change, True), (less, False)):
            tried = values.copy()
            tried.loc[row.area_id, row.indicator] += change
            try:
                after = status_index(tried, states, one)
            except ConstantColumnError:
                assert not is_flipped  # where the index does not exist, no class is changed
                continue
            if any(abs(after.index[row.area_id] - cut) < 1e-12 for cut in rules.cuts):
                continue  # an index that stays on the cut for many values
            now = after.classes[row.area_id]
            assert ((now - own) * wanted > 0) == is_flipped
            assert now == row.new_class or not is_flipped


def test_all_areas_of_berlin_2019_explained(berlin_folder):
    file = (
        berlin_folder / "mss_2019/berlin-monitoring-social-urban-development-2019-00-2-1-planning-areas.csv"
    )
    shares = pd.read_csv(file, dtype={"id": str}).set_index("id")
    berlin = shipped_method("berlin-mss-2019")
    values = shares[shares.columns[[1, 3, 4]]].set_axis(list(berlin.indicators), axis=1)
    values = values.where(values.ne(0).any(axis=1)).assign(mss_residents=shares["inhabitants"])
    states = values.notna().replace({True: "measured", False: "suppressed"})
    found = explain(values, states, berlin)
    adds_up(found)
    assert int(found.result.is_valid.sum()) == 436
    # By hand for one area: each z-score, divided by the deviation of the sums.
    area, valid = "01011101", values[list(berlin.indicators)][found.result.is_valid]
    z = (valid - valid.mean()) / valid.std(ddof=0)
    assert found.contributions.loc[area].tolist() == pytest.approx(
        (z.loc[area] / z.sum(axis=1).std(ddof=0)).tolist(), abs=1e-12
    )
    # 01011104 is "mittel" at 0.781: 1.49 points more unemployment would make it "niedrig" (S1 from 4.945 to 6.435).
    change = flipping_changes(values, states, berlin, areas=["01011104"]).of("01011104")
    assert change.loc["mss_unemployed", "more_need"] == pytest.approx(1.490198, abs=1e-5)
    for name, more in change["more_need"].items():
        for factor, expected in ((1, 3), (0.99999, 2)):
            tried = values.copy()
            tried.loc["01011104", name] += factor * more
            assert status_index(tried, states, berlin).classes["01011104"] == expected
