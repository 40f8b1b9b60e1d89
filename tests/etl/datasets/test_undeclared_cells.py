"""What stands in a cell of a German table: a number, a true zero, something withheld, something unknown."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.datasets.numbers import read_cells


def read(*texts: str) -> list[tuple[float, str, bool]]:
    value, status, readable = read_cells(pd.Series(texts, dtype=object))
    return list(zip(value, status, readable, strict=True))


@pytest.mark.parametrize(
    ("text", "value", "status"),
    [
        ("-", 0.0, "zero"),
        ("–", 0.0, "zero"),
        (".", math.nan, "suppressed"),
        ("x", math.nan, "suppressed"),
        ("/", math.nan, "missing"),
        ("…", math.nan, "missing"),
        ("...", math.nan, "missing"),
        ("", math.nan, "missing"),
        ("0", 0.0, "measured"),
        ("12,5", 12.5, "measured"),
        ("1.234,5", 1234.5, "measured"),
        ("1.234", 1234.0, "measured"),  # a point separates thousands, it is never a decimal point
        ("1\u202f234", 1234.0, "measured"),
        (" 624 676 ", 624676.0, "measured"),
        ("-0,8", -0.8, "measured"),
        ("−3", -3.0, "measured"),
        ("(12,3)", 12.3, "uncertain"),
        ("12,3s", 12.3, "uncertain"),
        ("12p", 12.0, "provisional"),
        ("12 r", 12.0, "corrected"),
    ],
)
def test_sign_or_number_is_understood(text, value, status):
    assert read(text) == [(pytest.approx(value, nan_ok=True), status, True)]


@pytest.mark.parametrize("text", ["12.5", "abc", "1,2,3", "12%", "1e5", "()", "nan", "12.3456"])
def test_anything_else_is_unreadable_and_never_a_number(text):
    ((value, status, readable),) = read(text)
    assert math.isnan(value)
    assert (status, readable) == ("missing", False)


@given(st.integers(-(10**9), 10**9), st.integers(0, 999))
@settings(max_examples=60)
def test_printed_numbers_come_back(whole, thousandths):
    printed = f"{whole:,}".replace(",", ".") + f",{thousandths:03d}"
    expected = abs(whole) + thousandths / 1000
    ((value, _status, readable),) = read(printed)
    assert readable
    assert value == pytest.approx(math.copysign(expected, whole) if whole else expected)


def test_results_keep_the_index():
    texts = pd.Series(["1", "."], index=[7, 3], dtype=object)
    for result in read_cells(texts):
        assert result.index.to_list() == [7, 3]
