"""Shares from counts: the value, and above all its state."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators import (
    DefinitionError,
    IndicatorError,
    InputError,
    ShareError,
    StatusError,
    ValueStatus,
    share,
)

STATES = [status.value for status in ValueStatus]


def series(*values, index=None):
    return pd.Series(list(values), index=index or [f"{i:02d}" for i in range(len(values))])


def one(part, part_status, whole, whole_status, **options):
    """Return value and status of a single share."""
    result = share(
        series(part),
        series(whole),
        numerator_status=series(part_status),
        denominator_status=series(whole_status),
        **options,
    )
    return result["value"].iloc[0], result["status"].iloc[0]


def test_thirty_of_two_hundred_are_fifteen_percent():
    assert one(30, "measured", 200, "measured") == (15.0, "measured")


@pytest.mark.parametrize(
    ("part", "part_status", "whole", "whole_status", "status"),
    [
        (5, "measured", 10, "provisional", "provisional"),
        (5, "uncertain", 10, "provisional", "uncertain"),
        (5, "corrected", 10, "measured", "corrected"),
        (np.nan, "suppressed", 10, "measured", "suppressed"),
        (np.nan, "suppressed", np.nan, "missing", "suppressed"),
        (np.nan, "missing", 10, "measured", "missing"),
        (5, "measured", np.nan, "suppressed", "suppressed"),
        (0, "zero", 10, "measured", "zero"),
        (0, "zero", 10, "provisional", "zero"),
        (0, "measured", 10, "measured", "measured"),
        (0, "zero", 0, "zero", "missing"),
        (0, "zero", np.nan, "suppressed", "suppressed"),
    ],
)
def test_the_state_of_a_share_follows_from_its_counts(part, part_status, whole, whole_status, status):
    value, found = one(part, part_status, whole, whole_status)
    assert found == status
    assert np.isnan(value) == (status in {"missing", "suppressed"})


@pytest.mark.parametrize(
    ("part", "part_status", "whole", "status"),
    [
        (3, "measured", 19, "missing"),
        (3, "measured", 20, "measured"),
        (0, "zero", 19, "missing"),
        (0, "zero", 0, "missing"),
        (np.nan, "missing", 19, "missing"),
        (np.nan, "suppressed", 19, "suppressed"),
    ],
)
def test_a_whole_below_the_minimum_is_too_few_to_relate_to_and_no_secret(part, part_status, whole, status):
    whole_status = "zero" if whole == 0 else "measured"
    value, found = one(part, part_status, whole, whole_status, minimum_denominator=20)
    assert found == status
    assert np.isnan(value) == (status != "measured")


def test_a_part_above_its_whole_is_an_error_unless_it_is_allowed():
    arguments = {
        "numerator_status": series("measured", "measured"),
        "denominator_status": series("measured", "measured"),
    }
    with pytest.raises(
        ShareError, match=r"numerator above denominator in 1 area\(s\): 01; .*may_exceed"
    ) as caught:
        share(series(1, 9), series(5, 5), **arguments)
    assert caught.value.areas == ["01"]
    assert isinstance(caught.value, IndicatorError)
    assert share(series(1, 9), series(5, 5), **arguments, may_exceed=True)["value"].tolist() == [20.0, 180.0]


def test_a_part_above_its_whole_names_places_in_words_and_leaves_room_for_the_indicator():
    rows = pd.MultiIndex.from_product([["00", "01", "02"], ["2021", "2022"]], names=["area_id", "period"])
    states = pd.Series("measured", index=rows)
    with pytest.raises(ShareError) as caught:
        share(
            pd.Series(9, index=rows),
            pd.Series(5, index=rows),
            numerator_status=states,
            denominator_status=states,
        )
    assert str(caught.value).startswith(
        "numerator above denominator in 6 area(s): 00 / 2021, 00 / 2022, 01 / 2021, 01 / 2022, 02 / 2021 …; "
    )
    told = caught.value.of("non_german_share, Ortsteile")
    assert isinstance(told, ShareError)
    assert str(told) == f"non_german_share, Ortsteile: {caught.value}"
    assert told.areas == caught.value.areas


def test_a_part_above_its_whole_by_rounding_alone_is_all():
    assert one(0.1 + 0.2, "measured", 0.3, "measured")[0] == pytest.approx(100)


@pytest.mark.parametrize(
    ("part", "whole", "reason"), [(-1, 5, "negative"), (1, -5, "negative"), (np.inf, 5, "infinite")]
)
def test_impossible_counts_are_refused(part, whole, reason):
    with pytest.raises(ShareError, match=reason):
        one(part, "measured", whole, "measured")


@pytest.mark.parametrize(
    ("part", "status", "reason"),
    [
        (np.nan, "measured", "no value although its status has one"),
        (5, "suppressed", "a value although it is missing or suppressed"),
        (5, "zero", "called a true zero but not 0"),
        (5, "secret", "unknown status"),
        (5, None, "unknown status"),
    ],
)
def test_a_value_that_contradicts_its_status_is_refused(part, status, reason):
    with pytest.raises(StatusError, match=f"numerator: {reason}"):
        one(part, status, 10, "measured")


def test_other_rows_in_the_two_counts_are_refused():
    two = series("measured", "measured")
    with pytest.raises(InputError, match="the rows differ"):
        share(series(1, 2), series(5, 5, index=["00", "02"]), numerator_status=two, denominator_status=two)
    twice = ["00", "00"]
    states = series("measured", "measured", index=twice)
    with pytest.raises(InputError, match="a row is there twice"):
        share(
            series(1, 2, index=twice),
            series(5, 5, index=twice),
            numerator_status=states,
            denominator_status=states,
        )


@pytest.mark.parametrize("minimum", [-1, np.nan, np.inf])
def test_a_minimum_that_is_none_is_refused(minimum):
    with pytest.raises(DefinitionError, match="minimum_denominator"):
        one(1, "measured", 5, "measured", minimum_denominator=minimum)


def test_rows_may_be_areas_and_periods_and_counts_nullable_integers():
    rows = pd.MultiIndex.from_product([["00", "01"], ["2019", "2020"]], names=["area_id", "period"])
    part = pd.Series([1, 2, None, 4], index=rows, dtype="Int64")
    whole = pd.Series([10, 10, 10, 10], index=rows, dtype="Int64")
    states = pd.Series(["measured", "measured", "missing", "measured"], index=rows)
    result = share(
        part, whole, numerator_status=states, denominator_status=states.replace("missing", "measured")
    )
    assert result.index.equals(rows)
    assert result["value"].tolist() == pytest.approx([10, 20, np.nan, 40], nan_ok=True)


def test_no_rows_give_no_shares():
    empty, states = pd.Series([], dtype=float), pd.Series([], dtype=object)
    assert share(empty, empty, numerator_status=states, denominator_status=states).empty


counts = st.tuples(st.integers(0, 50), st.integers(0, 50), st.sampled_from(STATES), st.sampled_from(STATES))


@settings(max_examples=60, deadline=None)
@given(st.lists(counts, min_size=1, max_size=8), st.integers(0, 40))
def test_a_value_is_there_exactly_when_its_status_says_so_and_lies_between_0_and_100(rows, minimum):
    def value_of(count, status):
        return np.nan if status in {"missing", "suppressed"} else 0 if status == "zero" else count

    part = series(*[value_of(min(a, a + b), s) for a, b, s, _ in rows]).astype(float)
    whole = series(*[value_of(a + b, s) for a, b, _, s in rows]).astype(float)
    result = share(
        part.where(~(whole == 0), 0).where(part.notna()),
        whole,
        numerator_status=series(*[s for *_, s, _ in rows]).where(~((whole == 0) & part.notna()), "zero"),
        denominator_status=series(*[s for *_, s in rows]),
        minimum_denominator=minimum,
    )
    assert (result["value"].isna() == result["status"].isin(["missing", "suppressed"])).all()
    assert result["value"].dropna().between(0, 100).all()
    assert (result.loc[result["status"] == "zero", "value"] == 0).all()
    assert result.loc[(whole < minimum) & (whole > 0), "value"].isna().all()
    secret = pd.Series([s == "suppressed" or t == "suppressed" for *_, s, t in rows], index=result.index)
    assert not (result["status"] == "suppressed")[~secret].any()
