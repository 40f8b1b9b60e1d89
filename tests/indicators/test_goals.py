"""Do segregated areas stay small, and does a group grow everywhere? By hand, with states, and what must hold."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.errors import InputError, ShareError, StatusError, TooFewAreasError
from indicators.goals import segregated_areas
from indicators.growth import growth_dispersion, growth_over_time
from spatial import NeighbourGraph
from spatial.errors import ParameterError


def rows(periods, **areas):
    """Return values of areas over periods; None is missing, "." suppressed."""
    index = pd.MultiIndex.from_product([list(areas), periods], names=["area_id", "period"])
    flat = [one for values in areas.values() for one in values]
    states = [
        "suppressed" if one == "." else "missing" if one is None else "zero" if one == 0 else "measured"
        for one in flat
    ]
    values = [np.nan if one in (".", None) else float(one) for one in flat]
    return pd.Series(values, index=index), pd.Series(states, index=index)


def measure(value, residents, **options):
    return segregated_areas(value[0], value[1], residents[0], residents_status=residents[1], **options)


def test_number_residents_and_share_above_the_threshold_in_each_period():
    value = rows(["2021", "2022"], a=[30, 25], b=[22, 18], c=[5, 5])
    people = rows(["2021", "2022"], a=[100, 120], b=[200, 210], c=[700, 670])
    result = measure(value, people, threshold=20)
    summary = result.summary()
    assert summary["areas"].tolist() == [2, 1]
    assert summary["residents"].tolist() == [300, 120]
    assert summary["share"].tolist() == [30.0, 12.0]
    assert summary.index.tolist() == ["2021", "2022"]
    assert repr(result) == "SegregatedAreas(above 20, 2 periods; 2022: 1 areas, 12.0 % of residents)"


def test_a_value_exactly_on_the_threshold_is_not_above_it():
    value, people = rows(["2022"], a=[20], b=[20.5]), rows(["2022"], a=[10], b=[10])
    result = measure(value, people, threshold=20)
    assert result.is_above.tolist() == [False, True]


def test_areas_without_a_value_give_the_range_of_the_share():
    value = rows(["2022"], a=[30], b=[10], c=["."], d=[None])
    people = rows(["2022"], a=[100], b=[300], c=[50], d=[50])
    row = measure(value, people, threshold=20).summary().iloc[0]
    # known: 100 of 400; all: 100 to 200 of 500
    assert row["share"] == 25
    assert (row["share_at_least"], row["share_at_most"]) == (20, 40)
    assert (row["areas_without_value"], row["residents_without_value"]) == (2, 100)


def test_residents_that_are_withheld_count_in_no_share():
    value, people = rows(["2022"], a=[30], b=[30], c=[10]), rows(["2022"], a=[100], b=["."], c=[100])
    row = measure(value, people, threshold=20).summary().iloc[0]
    assert (row["areas"], row["share"]) == (2, 50)


def test_hectares_and_connected_spaces():
    graph = NeighbourGraph(
        area_id=pd.Index(["a", "b", "c", "d"]),
        first=np.array([0, 1, 2]),
        second=np.array([1, 2, 3]),
        border=np.ones(3),
    )
    value = rows(["2021", "2022"], a=[30, 30], b=[30, 5], c=[5, 5], d=[30, 5])
    people = rows(["2021", "2022"], a=[10, 10], b=[20, 20], c=[30, 30], d=[25, 25])
    result = measure(
        value, people, threshold=20, hectares=pd.Series({"d": 4.0, "a": 1, "b": 2, "c": 3}), graph=graph
    )
    # a and b touch: one space of 30 people; d alone has 25
    assert result.summary()["hectares"].tolist() == [7, 1]
    assert result.summary()["spaces"].tolist() == [2, 1]
    assert result.summary()["largest_space"].tolist() == [30, 10]


def test_nobody_above_is_zero_and_nobody_counted_is_unknown():
    value, people = rows(["2022"], a=[5]), rows(["2022"], a=[10])
    row = measure(value, people, threshold=20, hectares=pd.Series({"a": 3.0})).summary().iloc[0]
    assert (row["areas"], row["hectares"], row["residents"], row["share"]) == (0, 0, 0, 0)
    unknown = measure(rows(["2022"], a=[None]), people, threshold=20).summary().iloc[0]
    assert np.isnan(unknown["share"])
    assert np.isnan(unknown["hectares"])
    assert (unknown["share_at_least"], unknown["share_at_most"]) == (0, 100)


def test_thresholds_around_the_chosen_one_are_looked_at():
    value, people = (
        rows(["2022"], a=[17], b=[19], c=[21], d=[23]),
        rows(["2022"], a=[25], b=[25], c=[25], d=[25]),
    )
    result = measure(value, people, threshold=20)
    assert result.thresholds == (16, 18, 20, 22, 24)
    assert result.sensitivity().loc["2022"].tolist() == [100, 75, 50, 25, 0]
    assert measure(value, people, threshold=20, sensitivity=[22.5]).thresholds == (20, 22.5)
    assert len(result.to_frame()) == 5


values = st.lists(st.tuples(st.floats(0, 100), st.integers(0, 999)), min_size=1, max_size=8)


@settings(max_examples=50)
@given(values, st.floats(1, 90))
def test_a_higher_threshold_never_has_more_above_it(pairs, threshold):
    index = pd.MultiIndex.from_product([[f"{i}" for i in range(len(pairs))], ["2022"]])
    value, people = (pd.Series([one[k] for one in pairs], index=index, dtype=float) for k in (0, 1))
    state = pd.Series("measured", index=index)
    table = segregated_areas(value, state, people, residents_status=state, threshold=threshold).table
    for column in ("areas", "residents"):
        assert (table[column].diff().dropna() <= 0).all()


def test_bad_input_of_the_goal_metric_is_refused():
    value, people = rows(["2022"], a=[30]), rows(["2022"], a=[10])
    with pytest.raises(ParameterError, match="further thresholds"):
        measure(value, people, threshold=0)
    with pytest.raises(ParameterError, match="a finite number"):
        measure(value, people, threshold=float("nan"))
    with pytest.raises(InputError, match="no size above 0 ha"):
        measure(value, people, threshold=20, hectares=pd.Series({"b": 1.0}))
    with pytest.raises(InputError, match="residents negative"):
        measure(value, rows(["2022"], a=[-1]), threshold=20)
    flat = (value[0].droplevel(1), value[1].droplevel(1))
    with pytest.raises(InputError, match="not by area and period"):
        measure(flat, (people[0].droplevel(1), people[1].droplevel(1)), threshold=20)
    with pytest.raises(StatusError, match="value"):
        segregated_areas(value[0], value[1].replace("measured", "missing"), *people[:1], residents_status=people[1],
                         threshold=20)  # fmt: skip
    other = NeighbourGraph(
        area_id=pd.Index(["z"]), first=np.empty(0, int), second=np.empty(0, int), border=np.empty(0)
    )
    with pytest.raises(InputError, match="not in the graph"):
        measure(value, people, threshold=20, graph=other)


# Dispersion of growth


def growth(before, after, **options):
    index = [f"{i:02d}" for i in range(len(before))]

    def series(counts):
        values = pd.Series([np.nan if one in (".", None) else float(one) for one in counts], index=index)
        states = [
            "suppressed" if one == "." else "missing" if one is None else "zero" if one == 0 else "measured"
            for one in counts
        ]
        return values, pd.Series(states, index=index)

    (first, first_state), (second, second_state) = series(before), series(after)
    return growth_dispersion(first, second, before_status=first_state, after_status=second_state, **options)


def test_growth_is_weighted_by_the_size_of_the_group():
    # growth +50 % and −10 %; together 390 / 300 = +30 %; relative +20 and −40
    # deviation: sqrt((200 * 20² + 100 * 40²) / 300) = sqrt(800) = 28.284
    # by chance: 100 * sqrt(1 * 1.3 / 300) = 6.583
    result = growth([200, 100], [300, 90])
    assert result.growth.tolist() == [50, -10]
    assert result.relative.tolist() == pytest.approx([20, -40])
    assert result.city_growth == pytest.approx(30)
    assert result.deviation == pytest.approx(28.2843, abs=1e-4)
    assert result.expected_deviation == pytest.approx(6.5828, abs=1e-4)


def test_even_growth_has_no_dispersion():
    result = growth([200, 100, 40], [220, 110, 44])
    assert result.deviation == pytest.approx(0, abs=1e-9)
    assert result.city_growth == pytest.approx(10)


def test_areas_that_are_withheld_unknown_or_too_small_are_left_out_and_counted():
    result = growth([200, 100, 5, 50, "."], [300, 90, 20, None, 40])
    assert result.status.tolist() == ["measured", "measured", "missing", "missing", "suppressed"]
    assert (result.areas, result.areas_left_out) == (2, 3)
    assert result.city_growth == pytest.approx(30)


def test_a_group_that_disappears_shrinks_by_one_hundred_percent():
    result = growth([50, 50], [0, 100])
    assert result.growth.tolist() == [-100, 100]
    assert result.status.tolist() == ["measured", "measured"]


def test_chance_alone_gives_the_expected_deviation():
    rng = np.random.default_rng(5)
    before = rng.integers(50, 500, 60)
    found = [
        growth(before, rng.multinomial(int(before.sum() * 1.1), before / before.sum())) for _ in range(60)
    ]
    # mean of 60 runs with 59 degrees of freedom each: standard error of the variance 2.4 %
    ratio = np.mean([one.deviation**2 for one in found]) / np.mean(
        [one.expected_deviation**2 for one in found]
    )
    assert 0.92 < ratio < 1.08


def test_growth_over_time_compares_periods_that_are_a_span_apart():
    counts = pd.DataFrame({"2020": [200, 100], "2021": [210, 100], "2022": [300, 90]}, index=["00", "01"])
    states = pd.DataFrame("measured", index=counts.index, columns=counts.columns)
    table = growth_over_time(counts, states, span=2)
    assert table.index.tolist() == ["2022"]
    assert table.loc["2022", ["since", "areas", "areas_left_out"]].tolist() == ["2020", 2, 0]
    assert table.loc["2022", "deviation"] == pytest.approx(28.2843, abs=1e-4)
    assert growth_over_time(counts, states)["since"].tolist() == ["2020", "2021"]
    assert growth_over_time(counts, states, span=3).empty


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.integers(20, 900), st.integers(1, 900)), min_size=2, max_size=8), st.integers(2, 5)
)
def test_scaling_all_counts_leaves_growth_and_deviation_alone(pairs, k):
    one = growth([a for a, _ in pairs], [b for _, b in pairs])
    other = growth([k * a for a, _ in pairs], [k * b for _, b in pairs])
    assert other.deviation == pytest.approx(one.deviation)
    assert other.city_growth == pytest.approx(one.city_growth)
    assert other.expected_deviation == pytest.approx(one.expected_deviation / np.sqrt(k))


def test_bad_input_of_the_growth_is_refused():
    with pytest.raises(TooFewAreasError, match="dispersion of growth: 1 valid area"):
        growth([200], [300])
    with pytest.raises(TooFewAreasError):
        growth([0, 0], [3, 4], minimum_base=0)
    with pytest.raises(ShareError, match="negative"):
        growth([200, 100], [-1, 90])
    with pytest.raises(ParameterError, match="at least 1 period"):
        growth_over_time(pd.DataFrame(), pd.DataFrame(), span=0)
