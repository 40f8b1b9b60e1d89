"""Classes: worked examples and what must hold for any values."""

import warnings

import mapclassify
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maps.classification import SCHEMES, assign, classify, classify_labels
from maps.errors import ClassificationError
from maps.numbers import format_number, round_shown

numbers = st.lists(
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda v: round(v, 3)) | st.just(float("nan")),
    min_size=0,
    max_size=60,
)
schemes = st.sampled_from(sorted(SCHEMES))


def test_two_values_per_class_and_round_breaks_between_neighbours():
    # Quintiles of ten values: two each. Any break in (2.1, 4.8] parts 2.1 from 4.8, the roundest is 4; in (5.3, 6.2]
    # it is 6, in (7.4, 12.5] 10, in (13.1, 31.0] 30.
    classes = classify([1.2, 2.1, 4.8, 5.3, 6.2, 7.4, 12.5, 13.1, 31.0, 36.6], k=5, decimals=1)
    assert classes.breaks == (1.2, 4.0, 6.0, 10.0, 30.0, 36.6)
    assert classes.counts == (2, 2, 2, 2, 2)


def test_labels_say_that_the_lower_bound_belongs_to_the_class_and_the_upper_does_not():
    classes = classify([0, 1200, 5000, 5001], scheme="equal_interval", k=2, decimals=1)
    assert classes.labels_de == ("0,0 bis unter 2.500,5", "2.500,5 bis 5.001,0")
    assert classes.labels_en == ("0.0 to under 2,500.5", "2,500.5 to 5,001.0")


def test_a_value_shown_as_the_lower_bound_is_in_that_class():
    # 4.96 is shown as 5.0; with the break at 5.0 it must not be found in the class below.
    classes = classify([1.0, 2.0, 4.96, 9.0], scheme="equal_interval", k=2, decimals=1)
    assert classes.breaks == (1.0, 5.0, 9.0)
    assert assign(pd.Series([4.96]), classes).tolist() == [1]


def test_negative_numbers_have_a_real_minus_sign():
    assert format_number(-1234.5, 1, "de") == "−1.234,5"
    assert format_number(-1234.5, 1, "en") == "−1,234.5"


def test_rounding_goes_away_from_zero_and_knows_no_negative_zero():
    shown = round_shown(np.array([0.5, -0.5, 2.5, -0.04, np.nan]), 0)
    assert shown[:4].tolist() == [1.0, -1.0, 3.0, 0.0]
    assert not np.signbit(shown[3])
    assert np.isnan(shown[4])


def test_fewer_distinct_values_than_classes_get_one_class_each():
    classes = classify([3, 3, 7, np.nan, 12], k=5, decimals=0)
    assert classes.lows == (3, 7, 12)
    assert classes.labels_de == ("3 bis unter 7", "7 bis unter 12", "12")
    assert classes.counts == (2, 1, 1)


def test_a_constant_has_one_class_named_after_it():
    assert classify([4.2] * 9, decimals=1).labels_de == ("4,2",)


@pytest.mark.parametrize("values", [[], [np.nan, np.nan]])
def test_no_value_gives_no_class(values):
    classes = classify(values)
    assert len(classes) == 0
    assert classes.breaks == ()
    assert assign(pd.Series([np.nan], index=["01"]), classes).to_dict() == {"01": -1}


def test_a_diverging_scale_breaks_exactly_at_its_centre_and_has_its_own_colours_on_each_side():
    classes = classify([-3, -2, -1, 1, 2, 3], k=4, diverging_at=0.0, decimals=0)
    assert 0.0 in classes.lows
    below = [c for c, low in zip(classes.colours, classes.lows, strict=True) if low < 0]
    above = [c for c, low in zip(classes.colours, classes.lows, strict=True) if low >= 0]
    assert len(below) == len(above) == 2
    assert not set(below) & set(above)


def test_a_diverging_scale_with_values_on_one_side_only_keeps_that_side_s_colours():
    both = classify([-2.0, -1.0, 1.0, 2.0], k=4, diverging_at=0.0)
    one = classify([1.0, 2.0], k=4, diverging_at=0.0)
    assert one.colours == both.colours[2:]


def test_every_label_of_an_ordinal_indicator_is_a_class_even_when_it_does_not_occur():
    classes = classify_labels(
        [1, 1, 4, np.nan], ["hoch", "mittel", "niedrig", "sehr niedrig"], ["a", "b", "c", "d"]
    )
    assert classes.counts == (2, 0, 0, 1)
    assert assign(pd.Series([4, np.nan, 1]), classes).tolist() == [3, -1, 0]


def test_an_ordinal_value_without_a_label_is_refused():
    with pytest.raises(ClassificationError, match="class 5 has no label; labels exist for 1 to 2"):
        classify_labels([1, 5], ["a", "b"], ["a", "b"])


def test_a_value_outside_the_classes_is_refused_and_not_painted_as_something_else():
    classes = classify([1.0, 2.0, 3.0], k=2)
    with pytest.raises(ClassificationError, match="1 value"):
        assign(pd.Series([9.0]), classes)


def test_infinite_values_unknown_schemes_and_too_few_classes_are_refused():
    with pytest.raises(ClassificationError, match="infinite"):
        classify([1.0, np.inf])
    with pytest.raises(ClassificationError, match="unknown scheme 'magic'"):
        classify([1.0], scheme="magic")  # type: ignore[arg-type]
    with pytest.raises(ClassificationError, match="too few"):
        classify([1.0], k=1, diverging_at=0.0)


@given(numbers, schemes, st.integers(1, 7), st.integers(0, 3))
@settings(max_examples=80, deadline=None)
def test_every_value_is_in_the_one_class_whose_bounds_hold_it(values, scheme, k, decimals):
    classes = classify(values, scheme=scheme, k=k, decimals=decimals)
    given_ = pd.Series(values, dtype=float)
    index = assign(given_, classes)
    shown = round_shown(given_.to_numpy(), decimals)
    assert len(classes) <= k
    assert list(classes.lows) == sorted(set(classes.lows))
    assert sum(classes.counts) == given_.notna().sum()
    for value, i in zip(shown, index, strict=True):
        if np.isnan(value):
            assert i == -1
            continue
        is_last = i == len(classes) - 1
        assert classes.lows[i] <= value
        assert value <= classes.highs[i] if is_last else value < classes.highs[i]


@given(numbers, schemes, st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_areas_is_irrelevant(values, scheme, random):
    mixed = values[:]
    random.shuffle(mixed)
    assert classify(values, scheme=scheme) == classify(mixed, scheme=scheme)


@given(numbers, st.integers(2, 6), st.floats(-10, 10))
@settings(max_examples=40, deadline=None)
def test_no_class_of_a_diverging_scale_reaches_over_the_centre(values, k, centre):
    classes = classify(values, k=k, diverging_at=centre, decimals=1)
    at = float(round_shown(np.array([centre]), 1)[0])
    assert not any(low < at < high for low, high in zip(classes.lows, classes.highs, strict=True))


@given(st.lists(st.integers(0, 400), min_size=8, max_size=60).filter(lambda v: len(set(v)) > 5))
@settings(max_examples=25, deadline=None)
def test_natural_breaks_have_no_more_deviation_than_those_of_mapclassify(values):
    # Ties between equally good solutions may fall differently, so the deviation is compared, not the breaks.
    y = np.array(values, dtype=float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it says that numba is missing
        theirs = mapclassify.FisherJenks(y, k=5)
    ours = assign(pd.Series(y), classify(y, scheme="fisher_jenks", k=5, decimals=0)).to_numpy()

    def deviation(of: np.ndarray) -> float:
        return sum(float(((y[of == i] - y[of == i].mean()) ** 2).sum()) for i in np.unique(of))

    assert deviation(ours) <= deviation(theirs.yb) * (1 + 1e-9) + 1e-9


def test_quantiles_are_those_of_mapclassify():
    y = np.random.default_rng(3).gamma(2, 5, 500).round(2)
    theirs = mapclassify.Quantiles(y, k=5)
    ours = assign(pd.Series(y), classify(y, k=5, decimals=2))
    assert ours.tolist() == theirs.yb.tolist()


def test_many_distinct_values_are_still_classed_quickly_and_completely():
    y = np.random.default_rng(4).gamma(2, 2000, 36_000)
    classes = classify(y, scheme="fisher_jenks", k=5, decimals=1)
    assert len(classes) == 5
    assert sum(classes.counts) == 36_000
