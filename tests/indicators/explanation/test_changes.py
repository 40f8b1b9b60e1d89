"""Which change of one indicator would bring an area into another class."""

import math

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from indicators.composite import status_index
from indicators.errors import ConstantColumnError
from indicators.explanation import admissible_ranges, class_distances, flipping_changes, titles
from indicators.methods import Input, Minimum, Validity, shipped_method
from indicators.methods.steps import MinMax, PercentileRank, ZScore
from spatial.errors import ParameterError

Z, PLACE = (ZScore(),), (PercentileRank(),)


def test_the_flipping_change_of_a_plain_sum_by_hand(cuts, index, method, table):
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


def test_the_flipping_change_counts_its_own_effect_on_mean_and_deviation(cuts, index, method, scored, table):
    # Values 0, 2, x: z(x) = (2x − 2) / √(2x² − 4x + 8), which is 1 where x² − 2x − 2 = 0, at x = 1 + √3. From x = 1
    # that is √3. With mean and deviation held at those of 0, 2, 1 (1 and 0.8165) it would have been 0.8165.
    values, states = table(a=[0, 2, 1])
    found = flipping_changes(values, states, method(index("i", *scored("a")), classes=cuts(-1, 1)))
    assert found.of("02").loc["a", "more_need"] == pytest.approx(math.sqrt(3), abs=1e-6)


def test_the_flipping_change_of_a_rank_passes_another_area(low, groups, index, method, scored, table):
    values, states = table(a=[1, 4, 6, 10], b=[5, 5, 5, 5])
    one = method(index("i", *scored("a", steps=PLACE), "b"), classes=groups(2))
    found = flipping_changes(values, states, one)
    assert found.of("01").loc["a", "more_need"] == pytest.approx(2, abs=1e-5)
    assert found.of("02").loc["a", "less_need"] == pytest.approx(-2, abs=1e-5)
    income = method(index("i", Input(id="a", transform=PLACE, direction=low)), classes=groups(2))
    found = flipping_changes(values, states, income)
    assert found.of("01").loc["a", "less_need"] == pytest.approx(2, abs=1e-5)  # more income, less need
    assert found.of("02").loc["a", "more_need"] == pytest.approx(-2, abs=1e-5)


def test_no_value_between_0_and_100_percent_flips_a_class_that_is_far_away(cuts, index, method):
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


def test_less_of_an_indicator_can_mean_a_higher_index_and_this_is_found(cuts, index, method, scored, table):
    # In the worked case of four areas the outlier 02 makes b's deviation; with b nearer to the others its z hardly
    # falls, but the sums of the others come closer together.
    values, states = table(a=[0, 0, 0, 1], b=[1, 1, 2, 0])
    one = method(index("i", *scored("a", "b"), then=Z), classes=cuts(-1, 1, 1.5))
    change = flipping_changes(values, states, one).of("02").loc["b", "more_need"]
    assert change < 0
    values.loc["02", "b"] += change
    assert status_index(values, states, one).index["02"] > 1.5


def test_a_change_within_a_universe_is_measured_there(cuts, index, method, scored, table):
    values, states = table(a=[0, 2, 1, 100, 108, 101])
    labels = pd.DataFrame({"state": list("AAABBB")}, index=values.index)
    one = method(index("i", *scored("a")), classes=cuts(-1, 1), universe="state")
    found = flipping_changes(values, states, one, labels=labels, ranges={"a": (0, 200)})
    assert found.of("02").loc["a", "more_need"] == pytest.approx(math.sqrt(3), abs=1e-5)
    alone = flipping_changes(
        *table(a=[100, 108, 101]), method(*one.indices, classes=one.classes), ranges={"a": (0, 200)}
    )
    assert found.of("05").loc["a"].tolist() == pytest.approx(alone.of("02").loc["a"].tolist(), nan_ok=True)


def test_a_value_at_which_nothing_can_be_standardised_is_passed_over(cuts, index, method, scored, table):
    # With a = 0 in area 02 the indicator is the same everywhere; the search looks at the end of the range, 0, too.
    values, states = table(a=[0, 0, 5], b=[1, 2, 3])
    one = method(index("i", *scored("a", "b"), then=Z), classes=cuts(-5, 5))
    found = flipping_changes(values, states, one)
    assert (found.table["reason"] == "beyond_range").all()


def test_a_minimum_and_named_ranges_bound_the_search(cuts, index, method, table):
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


def test_ranges_follow_the_units_of_the_definitions(index, method):
    england = shipped_method("england-imd-2019")
    ranks = pd.DataFrame({name: [1.0, 2, 3] for name in england.indicators})
    assert admissible_ranges(england, ranks)["imd_crime_rank"] == (1, 3)
    negative = method(index("i", "a"))
    assert admissible_ranges(negative, pd.DataFrame({"a": [-2.0, 4.0]})) == {"a": (-8, 10)}
    assert titles(england, "en")["imd_crime_rank"].startswith("Rank in the domain Crime")
    assert titles(negative) == {"a": "a", "i": "i"}


NUMBERS = st.lists(st.tuples(*[st.integers(0, 40)] * 2), min_size=4, max_size=9)


@settings(max_examples=25, deadline=None)
@given(NUMBERS, st.sampled_from([Z, PLACE, (MinMax(),)]), st.sampled_from(["to_zero", "turned", "groups"]))
def test_a_flipping_change_flips_and_a_slightly_smaller_one_does_not(
    cuts, groups, index, method, scored, table, rows, steps, classes
):
    rules = {
        "to_zero": cuts(-1, 1, 1.5, on_cut="nearer_to_zero"),
        "turned": cuts(-0.4, 0.4, class_1="most_need"),
        "groups": groups(3),
    }[classes]
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
