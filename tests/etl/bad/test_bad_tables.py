"""Broken tables: each finding names the file, the row, the column, what is wrong and what to do."""

from __future__ import annotations

import gzip

import pytest

HEAD = "nr;jahr;ew;ausl;quote\n"
# name: text of the file that is broken, what replaces it, and file, place, column, words of what and of what to do.
CASES = {
    "a word instead of a number": ("1000;100", "viele;100", "row 2", "ew", "'viele' is neither", "signs"),
    "a number with other signs": ("5,5", "5.5", "row 2", "quote", "only with other signs", "correct the cell"),
    "thousands nobody declared": ("1000;100", "1.000;100", "row 2", "ew", "only with other signs", "correct"),
    "NaN as a word": ("1000;100", "NaN;100", "row 2", "ew", "program's word for none", "sentinels"),
    "Infinity as a word": ("1000;100", "Infinity;100", "row 2", "ew", "program's word for none", "sentinels"),
    "an error of a spreadsheet": ("1000;100", "#N/A;100", "row 2", "ew", "program's word for none", "signs"),
    "a number in scientific notation": ("1000;100", "1E+03;100", "row 2", "ew", "neither a number", "correct"),
    "a formula": ("1000;100", "=1+1;100", "row 2", "ew", "formula without a stored", "correct"),
    "a date in a column of numbers": ("1000;100", "01.10.2020;100", "row 2", "ew", "neither a number", "correct"),
    "a rate above 100": ("5,5", "105,5", "row 2", "quote", "above 100", "range"),
    "a rate below 0": ("5,5", "-5,5", "row 2", "quote", "below 0", "range"),
    "a key that lost its zero": ("01;2020", "1;2020", "row 2", "nr", "lost its leading zeros", "zero_fill"),
    "a key read as a decimal number": ("01;2020", "1.0;2020", "row 2", "nr", "decimal number", "as text"),
    "a key that is too long": ("01;2020", "0101;2020", "row 2", "nr", "4 characters", "correct the key"),
    "an empty key": ("01;2020", ";2020", "row 2", "nr", "the key is empty", "reject"),
    "an area without geometry": ("01;2020", "09;2020", "row 2", "nr", "none of sub_district", "unknown_areas"),
    "two rows for one key": ("02;2020", "01;2020", "row 3", "ew", "a second row for area 01", "one row each"),
    "a year that is no year": ("01;2020", "01;20", "row 2", "jahr", "'20' is no period", "period_pattern"),
    "an empty year": ("01;2020", "01;", "row 2", "jahr", "'' is no period", "period_pattern"),
    "a column that is called otherwise": ("ew;ausl", "einwohner;ausl", "", "ew", "no such column", "value.column"),
    "two columns of one name": ("ausl;quote", "ausl;ausl", "", "ausl", "occurs twice", "its own name"),
    "a row that is cut off": ("04;2021;890;95;3,2r", "04;2021;89", "row 9", "", "3 of 5 cells", "cut off"),
    "a row with too many cells": ("1000;100;5,5", "1000;100;5,5;7", "row 2", "", "under no name", "more cells"),
    "a footnote below the table": ("3,2r\n", "3,2r\n* geschätzt\n", "row 10", "", "1 of 5 cells", "ends_at"),
    "a mark of a footnote": ("1000;100", "1000*;100", "row 2", "ew", "other signs", "footnotes"),
    "letters that are lost": ("nr;jahr", "nr;ja\ufffdhr", "", "jahr", "no such column", "period_column"),
    "a blank that is none": ("1000;100", "1\u00a0000;100", "row 2", "ew", "'1 000' is", "thousands"),
    "a blank inside a number": ("1000;100", "10 00;100", "row 2", "ew", "neither a number", "correct"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_broken_table_is_told_with_its_place(dataset, name: str) -> None:
    old, new, place, column, what, todo = CASES[name]
    dataset.values(old, new)
    found = dataset.inspect()
    assert found.delivery is None
    told = [one for one in found.findings.errors if what in one.what]
    assert told, [one.sentence() for one in found.findings.errors]
    assert (told[0].file, told[0].place, told[0].column) == ("values.csv", place, column)
    assert todo in told[0].todo


def test_all_findings_come_in_one_pass(dataset) -> None:
    dataset.values("1000;100", "viele;100")
    dataset.values("01;2021", "09;2021")
    dataset.values("2,0p", "200")
    dataset.write_areas(dataset.areas().iloc[[0, 1, 2, 2]])
    told = " ".join(one.sentence() for one in dataset.inspect().findings.errors)
    for words in ("'viele'", "above 100", "occurs 2 times"):
        assert words in told


def test_of_very_many_broken_cells_the_first_are_named_and_the_rest_counted(dataset) -> None:
    rows = "".join(f"01;{1000 + n};x1;1;1\n" for n in range(500))
    (dataset.folder / "values.csv").write_text(HEAD + rows, encoding="utf-8")
    told = [one for one in dataset.inspect().findings.errors if one.column == "ew"]
    assert len(told) == 21
    assert told[-1].what.startswith("480 more of the same kind")


@pytest.mark.parametrize(
    ("content", "what", "todo"),
    [
        (b"", "the file is empty", "fetch"),
        (b"   \n", "the file is empty", "fetch"),
        (HEAD.encode(), "a header but no rows", "right file"),
        (b"PK\x03\x04\x00\x00\x00\x00", "no text", "workbook"),
        (b"\xff\xfe", "no row 1", "header"),
    ],
    ids=["empty", "blank", "header only", "a workbook called csv", "only a mark"],
)
def test_a_file_that_is_no_table_is_told(dataset, content: bytes, what: str, todo: str) -> None:
    (dataset.folder / "values.csv").write_bytes(content)
    told = dataset.inspect().findings.errors
    assert [one.file for one in told] == ["values.csv"]
    assert what in told[0].what
    assert todo in told[0].todo


def test_an_encoding_that_is_not_the_declared_one_is_told(dataset) -> None:
    dataset.manifest('key = "nr"\ndecimal', 'encoding = "utf-8"\nkey = "nr"\ndecimal')
    (dataset.folder / "values.csv").write_bytes(b"nr;jahr;ew;ausl;quote\n01;2020;\xfc;1;1\n")
    (told,) = dataset.inspect().findings.errors
    assert (told.file, told.todo) == ("values.csv", "correct encoding")


@pytest.mark.parametrize("encoding", ["cp1252", "iso8859_15", "utf-16", "utf-8-sig"])
def test_an_encoding_that_is_found_out_is_no_error(dataset, encoding: str) -> None:
    """Names with umlauts join, so the letters came out right."""
    dataset.manifest('key = "nr"\ndecimal', 'key = "name"\njoin = "name"\ndecimal')
    names = {"01": "Altstadt", "02": "Neustadt", "03": "Südstadt", "04": "Weststadt"}
    text = (dataset.folder / "values.csv").read_text(encoding="utf-8")
    for key, name in names.items():
        text = text.replace(f"\n{key};", f"\n{name};")
    (dataset.folder / "values.csv").write_bytes(text.replace("nr;", "name;").encode(encoding))
    found = dataset.inspect()
    assert found.findings.errors == []
    assert found.delivery is not None


def test_garbled_umlauts_are_mended_and_counted(dataset) -> None:
    dataset.manifest('key = "nr"\ndecimal', 'key = "nr"\njoin = "name"\ndecimal')
    text = (dataset.folder / "values.csv").read_text(encoding="utf-8")
    for key, name in {"01": "Altstadt", "02": "Neustadt", "03": "SÃ¼dstadt", "04": "Weststadt"}.items():
        text = text.replace(f"\n{key};", f"\n{name};")
    (dataset.folder / "values.csv").write_text(text, encoding="utf-8")
    found = dataset.inspect()
    assert found.delivery is not None
    assert [one.what[:9] for one in found.findings.found] == ["2 cell(s)"]


def test_a_name_that_joins_nothing_is_told_with_the_nearest(dataset) -> None:
    dataset.manifest('key = "nr"\ndecimal', 'key = "nr"\njoin = "name"\ndecimal')
    dataset.values("\n01;2020", "\nAltstatt;2020")
    told = [one for one in dataset.inspect().findings.errors if "Altstatt" in one.what]
    assert told[0].place == "row 2"
    assert "nearest: Altstadt" in told[0].what


def test_names_that_occur_twice_join_nothing(dataset) -> None:
    dataset.manifest('key = "nr"\ndecimal', 'key = "nr"\njoin = "name"\ndecimal')
    dataset.write_areas(dataset.areas().assign(name=["Mitte", "Mitte", "A", "B"]))
    assert any(
        "more than once" in one.what and one.todo == "join by key"
        for one in dataset.inspect().findings.errors
    )


def test_year_columns_read_as_indicators_are_told(dataset) -> None:
    """A table with a column per year that is called wide: the columns named are not there."""
    (dataset.folder / "values.csv").write_text("nr;2020;2021\n01;1;2\n02;1;2\n", encoding="utf-8")
    told = dataset.inspect().findings.errors
    assert {one.column for one in told} == {"jahr", "ew", "ausl", "quote"}
    assert "2020, 2021" in told[0].what


def test_a_gzip_file_that_is_cut_off_is_told(dataset) -> None:
    packed = gzip.compress((dataset.folder / "values.csv").read_bytes())
    (dataset.folder / "values.csv.gz").write_bytes(packed[:-12])
    dataset.manifest('file = "values.csv"', 'file = "values.csv.gz"')
    (told,) = dataset.inspect().findings.errors
    assert (told.file, told.what) == ("values.csv.gz", "the file is cut off or damaged")


def test_a_gzip_bomb_is_refused_with_its_limit(dataset) -> None:
    (dataset.folder / "values.csv.gz").write_bytes(gzip.compress(b"0" * 40_000_000))
    dataset.manifest('file = "values.csv"', 'file = "values.csv.gz"')
    (told,) = dataset.inspect().findings.errors
    assert "unpacks to more than" in told.what
    assert "250-fold" in told.todo


def test_a_value_in_two_tables_is_told(dataset) -> None:
    dataset.add(
        '[[table]]\nfile = "values.csv"\ngeography = "sub_district"\nlayout = "wide"\nkey = "nr"\n'
        'period_column = "jahr"\nvalue = [{ indicator = "residents", column = "ew" }]\n'
    )
    told = dataset.inspect().findings.errors
    assert any("comes from two tables" in one.what and one.column == "residents" for one in told)


def test_a_class_that_is_none_of_the_labels_is_told(dataset) -> None:
    dataset.manifest('column = "quote" }', 'column = "quote", labels = { "+" = 1, "-" = 2 } }')
    told = [one for one in dataset.inspect().findings.errors if one.column == "quote"]
    assert told[0].place == "row 2"
    assert "none of the classes +, -" in told[0].what
