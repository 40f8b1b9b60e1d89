"""Counts that are not whole: thousands that were read as decimals are told, never loaded."""

from __future__ import annotations

import pandas as pd
import pytest

from etl.datasets.counts import could_be_thousands
from etl.datasets.german import in_german

HEAD = "nr;jahr;ew;ausl;quote\n"


def table(dataset, *rows: str, decimal: str = ".") -> None:
    (dataset.folder / "values.csv").write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    dataset.manifest('decimal = ","', f'decimal = "{decimal}"')


@pytest.mark.parametrize(("decimal", "other"), [(".", ","), (",", ".")])
def test_thousands_read_as_decimals_are_told_with_what_to_say(dataset, decimal: str, other: str) -> None:
    rows = ("01;2020;2.430;100;5", "02;2020;1.100;300;7", "03;2020;987;20;1")
    table(dataset, *(row.replace(".", decimal) for row in rows), decimal=decimal)
    found = dataset.inspect()
    (told,) = (one for one in found.findings.errors if one.column == "ew")
    assert found.delivery is None
    assert "stands before three digits" in told.what
    assert told.todo == f'say thousands = "{decimal}" and decimal = "{other}" for this table'
    assert "Tausender" in in_german(told)[0]


def test_a_count_with_a_fraction_is_told_with_its_row(dataset) -> None:
    table(dataset, "01;2020;1000.5;100;5.5", "02;2020;2000;300;7.0")
    (told,) = (one for one in dataset.inspect().findings.errors if "whole" in one.what)
    assert (told.file, told.place, told.column) == ("values.csv", "row 2", "ew")
    assert told.what == "1000.5 persons is no whole number"
    assert "keine ganze Zahl" in in_german(told)[0]


def test_an_estimate_that_is_declared_with_decimals_may_have_a_fraction(dataset) -> None:
    """Cells of a grid have parts of households, as published."""
    table(dataset, "01;2020;1000.25;100;5.5", "02;2020;2000.5;300;7.0")
    dataset.manifest('indicator = "residents"', 'indicator = "residents_estimated"')
    dataset.manifest(
        "[[table]]",
        '[[indicator]]\nid = "residents_estimated"\ntitle_de = "E"\ntitle_en = "R"\ndecimals = 2\n\n[[table]]',
    )
    assert not [one for one in dataset.inspect().findings.errors if "whole number" in one.what]


def test_a_factor_says_that_counts_are_in_thousands(dataset, value) -> None:
    table(dataset, "01;2020;2.430;100;5.5", "02;2020;1.100;300;7.0")
    dataset.manifest('column = "ew" }', 'column = "ew", factor = 1000 }')
    assert value("01", "residents", "2020")[0] == pytest.approx(2430)


def test_rates_with_three_decimals_are_only_warned_of(dataset) -> None:
    table(dataset, "01;2020;1000;100;5.125", "02;2020;2000;300;7.250", "03;2020;100;30;1.375")
    found = dataset.inspect()
    assert found.delivery is not None
    (told,) = (one for one in found.findings.found if "three digits" in one.what)
    assert (told.severity, told.column) == ("warning", "quote")


@pytest.mark.parametrize(
    ("texts", "all_have_it", "expected"),
    [
        (["2.430", "987", ".", ""], False, True),
        (["2.430", "987"], True, False),
        (["2.430", "1987"], False, False),  # a thousand without its point
        (["0.430", "1.430"], False, False),  # a share
        (["2.43", "1.430"], False, False),
        (["(2.430)", "1.430p"], True, True),
        (["12", "7"], False, False),
        ([], True, False),
    ],
)
def test_the_look_of_thousands(texts: list[str], all_have_it: bool, expected: bool) -> None:
    given = pd.Series(texts, dtype=object)
    assert could_be_thousands(given, ".", all_have_it=all_have_it) is expected


def test_a_count_of_more_than_all_people_is_told_with_its_row(dataset) -> None:
    table(dataset, "01;2020;10000000000000000000;100;5.5", "02;2020;10000000000;300;7.0")
    (told,) = (one for one in dataset.inspect().findings.errors if "above" in one.what)
    assert (told.place, told.column) == ("row 2", "ew")
    assert told.what == "1e+19 is above 10,000,000,000, more than there are people"
    assert in_german(told)[0] == "1e+19 liegt über 10,000,000,000: mehr als es Menschen gibt"


def test_other_digits_than_0_to_9_are_no_number(dataset) -> None:
    table(dataset, "01;2020;５１２;100;5.5", "02;2020;2000;300;7.0")
    (told,) = (one for one in dataset.inspect().findings.errors if "digits" in one.what)
    assert (told.place, told.column) == ("row 2", "ew")
    assert told.what == "'５１２' is written with other digits than 0 to 9"
    assert "anderen Ziffern" in in_german(told)[0]
