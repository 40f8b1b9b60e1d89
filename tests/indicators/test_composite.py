"""The composite index: worked numbers, its classes, its states, and what must hold for any values."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from indicators import (
    BERLIN_MSS_2019,
    ConstantColumnError,
    DefinitionError,
    InputError,
    Method,
    StatusError,
    TooFewAreasError,
    ValueStatus,
    classify,
    status_index,
)

LABELS = ("hoch", "mittel", "niedrig", "sehr niedrig")


def method(*indicators, **options):
    arguments = {"cuts": (-1.0, 1.0, 1.5), "labels_de": LABELS, "labels_en": LABELS, **options}
    return Method(
        id="test", title_de="Test", title_en="Test", indicators=indicators or ("a", "b"), **arguments
    )


def table(**columns):
    length = len(next(iter(columns.values())))
    return pd.DataFrame(
        columns, index=pd.Index([f"{i:02d}" for i in range(length)], name="area_id"), dtype=float
    )


def measured(values):
    return values.notna().replace({True: "measured", False: "missing"})


def test_three_areas_and_two_indicators_by_hand():
    # a: mean 3, population sd √(14/3) = 2.1602 → z = -0.9258, -0.4629, 1.3887
    # b: mean 20, population sd √(200/3) = 8.1650 → z = -1.2247, 1.2247, 0
    # sums -2.1505, 0.7618, 1.3887: mean 0, sd √((4.6248 + 0.5804 + 1.9286)/3) = 1.5421
    values = table(a=[1, 2, 6], b=[10, 30, 20])
    result = status_index(values, measured(values), method())
    assert result.contributions["a"].tolist() == pytest.approx([-0.9258, -0.4629, 1.3887], abs=1e-4)
    assert result.contributions["b"].tolist() == pytest.approx([-1.2247, 1.2247, 0], abs=1e-4)
    assert result.total.tolist() == pytest.approx([-2.1505, 0.7618, 1.3887], abs=1e-4)
    assert result.index.tolist() == pytest.approx([-1.3946, 0.4940, 0.9005], abs=1e-4)
    assert result.classes.tolist() == [1, 2, 2]
    assert result.mean.tolist() == [3, 20]
    assert result.deviation.tolist() == pytest.approx([2.1602, 8.1650], abs=1e-4)
    assert result.total_deviation == pytest.approx(1.5421, abs=1e-4)
    assert result.status.tolist() == ["measured"] * 3


def test_an_indicator_where_more_is_less_need_turns_around():
    values = table(a=[1, 2, 6], b=[10, 30, 20])
    plain = status_index(values, measured(values), method())
    turned = status_index(values.assign(a=-values["a"]), measured(values), method(signs=(-1, 1)))
    assert turned.index.tolist() == pytest.approx(plain.index.tolist())
    assert turned.contributions["a"].tolist() == pytest.approx(plain.contributions["a"].tolist())


def test_weights_multiply_the_contributions():
    values = table(a=[1, 2, 6], b=[10, 30, 20])
    plain = status_index(values, measured(values), method())
    heavy = status_index(values, measured(values), method(weights=(3.0, 1.0)))
    assert heavy.contributions["a"].tolist() == pytest.approx((3 * plain.contributions["a"]).tolist())
    assert heavy.total.tolist() == pytest.approx(
        (3 * plain.contributions["a"] + plain.contributions["b"]).tolist()
    )


def test_the_sample_deviation_gives_other_numbers():
    values = table(a=[1, 2, 6])
    # With n - 1 both standardisations shrink: the index itself is √(2/3) of that with n.
    population = status_index(values, measured(values), method("a"))
    sample = status_index(values, measured(values), method("a", ddof=1))
    assert (sample.index / population.index).tolist() == pytest.approx([np.sqrt(2 / 3)] * 3)


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (-1.0000001, 1),
        (-1.0, 2),
        (0.0, 2),
        (1.0, 2),
        (1.0000001, 3),
        (1.5, 3),
        (1.5000001, 4),
    ],
)
def test_a_value_exactly_on_a_cut_belongs_to_the_class_nearer_to_the_mean(index, expected):
    assert classify(pd.Series([index]), BERLIN_MSS_2019.cuts).tolist() == [expected]


def test_areas_without_all_values_stay_without_index_and_say_why():
    values = table(a=[1, 2, 6, np.nan, 4, np.nan], b=[10, 30, 20, 15, np.nan, np.nan])
    statuses = measured(values)
    statuses.loc["04", "b"] = "suppressed"
    statuses.loc["05", "b"] = "suppressed"
    result = status_index(values, statuses, method())
    assert result.index.index.equals(values.index)
    assert result.is_valid.tolist() == [True] * 3 + [False] * 3
    assert result.index.isna().tolist() == [False] * 3 + [True] * 3
    assert result.classes.isna().tolist() == [False] * 3 + [True] * 3
    assert result.status.tolist() == ["measured"] * 3 + ["missing", "suppressed", "suppressed"]
    # The areas left out have no part in means and deviations.
    assert result.index.iloc[:3].tolist() == pytest.approx([-1.3946, 0.4940, 0.9005], abs=1e-4)


def test_doubts_are_passed_on_and_an_index_is_never_a_true_zero():
    values = table(a=[0, 2, 6], b=[0, 30, 20])
    statuses = pd.DataFrame(
        {"a": ["zero", "provisional", "measured"], "b": ["zero", "measured", "uncertain"]}, values.index
    )
    assert status_index(values, statuses, method()).status.tolist() == [
        "measured",
        "provisional",
        "uncertain",
    ]


def test_states_may_be_given_as_enumeration():
    values = table(a=[1, 2, 6])
    statuses = pd.DataFrame({"a": [ValueStatus.MEASURED] * 3}, values.index)
    assert status_index(values, statuses, method("a")).is_valid.all()


def test_a_constant_indicator_is_refused_by_name():
    values = table(a=[1, 2, 3], b=[0.1, 0.1, 0.1])
    with pytest.raises(ConstantColumnError, match=r"b is 0\.1 in all 3 valid areas"):
        status_index(values, measured(values), method())


def test_indicators_that_cancel_each_other_are_refused():
    values = table(a=[0.1, 0.2, 0.7], b=[-0.1, -0.2, -0.7])
    with pytest.raises(ConstantColumnError, match="sum of the z-scores"):
        status_index(values, measured(values), method())


@pytest.mark.parametrize(("valid", "minimum"), [(0, 2), (1, 2), (3, 4)])
def test_too_few_valid_areas_are_refused(valid, minimum):
    values = table(a=[float(i) if i < valid else np.nan for i in range(5)])
    with pytest.raises(TooFewAreasError, match=f"test: {valid} valid area.*at least {minimum}"):
        status_index(values, measured(values), method("a", minimum_areas=minimum))


def test_two_areas_are_enough():
    values = table(a=[1, 2])
    assert status_index(values, measured(values), method("a")).index.tolist() == pytest.approx([-1, 1])


def test_a_missing_column_is_named():
    values = table(a=[1, 2, 3])
    with pytest.raises(DefinitionError, match="values has no column for b"):
        status_index(values, measured(values), method())
    with pytest.raises(DefinitionError, match="statuses has no column for b"):
        status_index(values.assign(b=1.0), measured(values), method())


def test_contradictions_and_infinite_values_are_refused():
    values = table(a=[1, 2, np.nan])
    with pytest.raises(StatusError, match=r"a: no value although its status has one in 1 area\(s\): 02"):
        status_index(values, values.notna().replace({True: "measured", False: "measured"}), method("a"))
    with pytest.raises(InputError, match="infinite"):
        status_index(table(a=[1, np.inf, 2]), measured(table(a=[1, 2, 3])), method("a"))
    with pytest.raises(InputError, match="rows differ"):
        status_index(values, measured(values).iloc[::-1], method("a"))


def test_the_result_tells_its_story_in_one_line_and_two_tables():
    values = table(a=[1, 2, 6, np.nan])
    result = status_index(values, measured(values), method("a"))
    assert (
        repr(result)
        == "CompositeIndex(test: 3 of 4 areas valid; hoch 0, mittel 2, niedrig 1, sehr niedrig 0)"
    )
    assert result.to_frame().columns.tolist() == [
        "index",
        "class",
        "status",
        "is_valid",
        "total",
        "contribution_a",
    ]
    assert result.summary()["areas"].tolist() == [0, 2, 1, 0]


def test_inputs_are_not_changed():
    values = table(a=[1, 2, 6], b=[10, 30, 20])
    before = values.copy()
    status_index(values, measured(values), method())
    pd.testing.assert_frame_equal(values, before)


numbers = st.lists(st.tuples(st.integers(-99, 99), st.integers(-99, 99)), min_size=3, max_size=15)


@settings(max_examples=60, deadline=None)
@given(numbers, st.integers(1, 9), st.integers(-50, 50), st.randoms(use_true_random=False))
def test_unit_origin_and_order_do_not_matter_and_the_index_is_standardised(pairs, factor, shift, random):
    values = table(a=[a for a, _ in pairs], b=[b for _, b in pairs])
    try:
        result = status_index(values, measured(values), method())
    except ConstantColumnError:
        assume(False)
    assert result.index.mean() == pytest.approx(0, abs=1e-9)
    assert result.index.std(ddof=0) == pytest.approx(1)
    assert result.contributions.sum(axis=1).tolist() == pytest.approx(result.total.tolist())
    order = list(range(len(values)))
    random.shuffle(order)
    other = (values * factor + shift).iloc[order]
    again = status_index(other, measured(other), method())
    assert again.index.reindex(values.index).tolist() == pytest.approx(result.index.tolist(), abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(numbers, st.integers(0, 14))
def test_more_need_in_one_indicator_never_lowers_an_area_in_the_ranking(pairs, position):
    values = table(a=[a for a, _ in pairs], b=[b for _, b in pairs])
    area = values.index[position % len(values)]
    worse = values.copy()
    worse.loc[area, "a"] += 50
    try:
        before = status_index(values, measured(values), method("a"))
        after = status_index(worse, measured(worse), method("a"))
    except ConstantColumnError:
        assume(False)
    assert after.index.rank()[area] >= before.index.rank()[area]
