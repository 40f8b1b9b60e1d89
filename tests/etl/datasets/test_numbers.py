"""Text of a cell to number and state."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.datasets.numbers import GERMAN_SIGNS, NumberFormat, plain_number, read_numbers
from indicators.status import WITHOUT_VALUE, ValueStatus

GERMAN = NumberFormat(decimal=",", thousands=".")
ENGLISH = NumberFormat(decimal=".", thousands=",")
FRENCH = NumberFormat(decimal=",", thousands=" ")


@pytest.mark.parametrize(
    ("form", "text", "value"),
    [
        (GERMAN, "1.234,5", 1234.5),
        (GERMAN, "1234,5", 1234.5),
        (GERMAN, "-0,5", -0.5),
        (GERMAN, "−12", -12.0),
        (ENGLISH, "29,199", 29199.0),
        (ENGLISH, "1,234,567.25", 1234567.25),
        (FRENCH, "1\u202f234,5", 1234.5),
        (FRENCH, "1 234", 1234.0),
        (NumberFormat(), "007", 7.0),
    ],
)
def test_numbers_are_read_as_their_table_writes_them(form: NumberFormat, text: str, value: float) -> None:
    assert form.read(text) == (value, ValueStatus.MEASURED, True)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (GERMAN, "1.23"),  # two digits behind a sign of thousands: a decimal point, or a typing error
        (GERMAN, "1.2345"),
        (ENGLISH, "12,34"),
        (NumberFormat(), "1,5"),
        (NumberFormat(), "1e5"),
        (NumberFormat(), "NaN"),
        (NumberFormat(), "inf"),
        (NumberFormat(), "#N/A"),
        (NumberFormat(), "--"),
        (NumberFormat(), "0x10"),
        (NumberFormat(), "9" * 60),
        (NumberFormat(), "=SUM(A1:A3)"),
        (NumberFormat(), "(5p)"),
        (NumberFormat(), "５１２"),
        (GERMAN, "１.234"),
        (NumberFormat(), "٥١٢"),
    ],
)
def test_what_is_no_number_of_this_table_is_unreadable(form: NumberFormat, text: str) -> None:
    assert form.read(text)[2] is False


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("12,3p", ValueStatus.PROVISIONAL),
        ("12,3 r", ValueStatus.CORRECTED),
        ("(12,3)", ValueStatus.UNCERTAIN),
        ("12,3s", ValueStatus.UNCERTAIN),
    ],
)
def test_marks_become_states_and_keep_the_number(text: str, status: ValueStatus) -> None:
    assert GERMAN.read(text) == (12.3, status, True)


def test_a_dash_is_none_there_and_a_point_is_withheld() -> None:
    assert GERMAN.read("-") == (0.0, ValueStatus.ZERO, True)
    value, status, readable = GERMAN.read(".")
    assert (math.isnan(value), status, readable) == (True, ValueStatus.SUPPRESSED, True)


def test_a_sentinel_is_no_figure() -> None:
    form = NumberFormat(sentinels={-999.0: ValueStatus.MISSING})
    assert form.read("-999")[1] is form.read("-999.0")[1] is ValueStatus.MISSING
    assert form.read("999") == (999.0, ValueStatus.MEASURED, True)


def test_footnotes_are_taken_off_only_where_the_table_has_them() -> None:
    assert NumberFormat(decimal=",", footnotes=True).read("12,5²)") == (12.5, ValueStatus.MEASURED, True)
    assert NumberFormat(footnotes=True).read("17*")[0] == 17.0
    assert NumberFormat().read("17*")[2] is False


@given(st.decimals(-(10**9), 10**9, places=3, allow_nan=False))
def test_any_number_written_in_german_comes_back(number) -> None:
    english = f"{number:,.3f}"
    german = english.translate(str.maketrans(",.", ".,"))
    assert GERMAN.read(german)[0] == pytest.approx(float(number), abs=1e-9)
    assert ENGLISH.read(english)[0] == GERMAN.read(german)[0]


@given(st.floats(-1e12, 1e12), st.sampled_from([".", ","]))
def test_a_number_of_a_workbook_survives_its_way_through_text(number: float, decimal: str) -> None:
    text = plain_number(number, decimal=decimal)
    value, _status, readable = NumberFormat(decimal=decimal).read(text)
    assert (readable and value == number) or len(text) > 40


@given(st.text(max_size=20))
def test_no_text_breaks_the_reader_and_a_state_without_value_has_none(text: str) -> None:
    value, status, readable = GERMAN.read(text)
    assert math.isnan(value) == (status in WITHOUT_VALUE)
    if not readable:
        assert status is ValueStatus.MISSING
    assert math.isnan(value) or math.isfinite(value)


@given(st.sampled_from(sorted(GERMAN_SIGNS)), st.text(" \t\u00a0", max_size=3))
def test_blanks_around_a_sign_do_not_matter(sign: str, blanks: str) -> None:
    assert GERMAN.read(blanks + sign + blanks)[1:] == (GERMAN_SIGNS[sign], True)


@given(st.lists(st.text(max_size=6)))
def test_a_column_is_read_like_its_cells(texts: list[str]) -> None:
    read = read_numbers(pd.Series(texts, dtype=object), GERMAN)
    cells = [GERMAN.read(text) for text in texts]
    assert read["status"].tolist() == [cell[1].value for cell in cells]
    assert read["readable"].tolist() == [cell[2] for cell in cells]
