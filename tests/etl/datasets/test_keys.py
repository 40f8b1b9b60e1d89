"""Keys of areas, and names that join."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.datasets.encodings import mended
from etl.datasets.keys import KeyRule, filled, joined, pattern_problem, tidy
from etl.datasets.patterns import LONGEST, cut_out


def test_a_key_is_cut_out_of_a_text() -> None:
    assert KeyRule(pattern=r"^(\d\d) ", length=2).key("03 Nordstadt") == "03"
    assert KeyRule(pattern=r"^(\d\d) ", length=2).key("Nordstadt") is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1", "lost its leading zeros"),
        ("1.0", "decimal number"),
        ("123", "3 characters, 2 are expected"),
        ("", "empty"),
    ],
)
def test_what_is_wrong_with_a_key_is_told(text: str, told: str) -> None:
    problem = KeyRule(length=2).problem(text)
    assert problem is not None
    assert told in problem[0]


def test_zeros_are_filled_up_only_when_the_manifest_says_so_and_counted() -> None:
    rule = KeyRule(length=2, zero_fill=True)
    assert rule.key("1") == "01"
    assert filled(pd.Series(["1", "02", "3"]), rule) == 2
    assert filled(pd.Series(["1"]), KeyRule(length=2)) == 0


@given(st.integers(0, 99_999_999), st.integers(1, 10))
def test_a_filled_key_has_the_length_or_is_told(number: int, length: int) -> None:
    rule = KeyRule(length=length, zero_fill=True)
    key = rule.key(str(number))
    assert key is not None
    assert int(key) == number
    assert (rule.problem(str(number)) is None) == (len(key) == length)


@given(st.text(max_size=12), st.text("0123456789", min_size=1, max_size=3))
def test_no_text_breaks_a_rule(text: str, prefix: str) -> None:
    rule = KeyRule(length=4, prefix=prefix, zero_fill=True)
    key, problem = rule.key(text), rule.problem(text)
    assert problem is not None or (key is not None and len(key) == 4)


def test_a_pattern_needs_one_group() -> None:
    assert pattern_problem(r"^(\d\d)$") == ""
    assert "2 groups" in pattern_problem(r"(a)(b)")
    assert "no regular expression" in pattern_problem("(")


def test_keys_of_several_columns_are_joined() -> None:
    frame = pd.DataFrame({"row": ["0", "1"], "col": ["3", "4"]})
    assert joined(frame, ("row", "col")).tolist() == ["0_3", "1_4"]


def test_names_are_compared_in_one_form() -> None:
    assert tidy("Gru\u0308nau  Ost ") == "Grünau Ost"


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x24F)))
def test_garbled_text_is_mended_to_what_it_was(text: str) -> None:
    """What Windows-1252 can hold comes back, unless the garbled text reads like something else."""
    try:
        garbled = text.encode("utf-8").decode("cp1252")
    except UnicodeDecodeError:
        return
    if text.isascii() or not text.isprintable():
        return
    assert mended(garbled) == text


@pytest.mark.parametrize("text", ["Köln", "Straße", "Łódź", "A-Ñoño", "Größe »10«", "100 €", "Ã", "Â°C – 5"])
def test_text_that_is_right_is_left_alone(text: str) -> None:
    assert mended(text) == text


@pytest.mark.parametrize(
    "pattern",
    [
        r"^((?:\d+)+)$",
        r"^(\d*)*$",
        r"^((?:[a-z]|[ab])+)$",
        r"^((?:\d{1,3})+)$",
        r"^((?:(?:\d?)){40})$",
        r"^((?:[)\]]\d+)*)$",
        r"(?x: (\d+) # [ )",
    ],
)
def test_a_pattern_that_may_never_end_is_refused(pattern: str) -> None:
    assert pattern_problem(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"^31\.12\.(\d{4})$",
        r"\((\d+)\)",
        r"^(?:Kreis|Stadt)? *(\d{2,3})",
        r"^((?:\d{2}\.){2})",
        r"([*+(]+)x",
    ],
)
def test_a_simple_pattern_is_fine(pattern: str) -> None:
    assert pattern_problem(pattern) == ""


def test_a_pattern_looks_at_short_texts_only() -> None:
    """Of 200 digits the first two are cut out, of 201 nothing is."""
    rule = KeyRule(pattern=r"^(\d\d)", length=2)
    assert rule.key("1" * LONGEST) == "11"
    assert rule.problem("1" * LONGEST) is None
    problem = rule.problem("1" * (LONGEST + 1))
    assert problem is not None
    assert "has 201 characters" in problem[0]
    assert cut_out(pd.Series(["12x", "1" * 201]), r"^(\d\d)").fillna("").tolist() == ["12", ""]
