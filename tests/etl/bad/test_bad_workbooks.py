"""Broken workbooks, Parquet and JSON files: each finding names the file, the place and what to do."""

from __future__ import annotations

import json
import zipfile

import pandas as pd
import pyogrio
import pytest

ROWS = [("nr", "jahr", "ew", "ausl", "quote"), ("01", "2020", 1000, 100, 5.5), ("02", "2020", 2000, 300, 7.0)]


def workbook(dataset, rows, *, sheet: str = "Tabelle1") -> None:
    """Write a workbook through GDAL, which is there anyway, and name it in the manifest."""
    width = max(len(row) for row in rows)
    padded = [[*row, *[""] * (width - len(row))] for row in rows]
    frame = pd.DataFrame(padded[1:], columns=[str(name) for name in padded[0]])
    pyogrio.write_dataframe(frame, dataset.folder / "values.xlsx", layer=sheet, driver="XLSX")
    dataset.manifest('file = "values.csv"', 'file = "values.xlsx"')


def test_a_key_that_a_workbook_keeps_as_a_number_is_told(dataset) -> None:
    workbook(dataset, [ROWS[0], (1, "2020", 1000, 100, 5.5)])
    told = dataset.inspect().findings.errors[0]
    assert (told.file, told.place, told.column) == ("values.xlsx", "row 2", "nr")
    assert "lost its leading zeros" in told.what


def test_a_word_in_a_workbook_is_told_with_row_and_column(dataset) -> None:
    workbook(dataset, [ROWS[0], ("01", "2020", "viele", "100", "5,5"), ("02", "2020", "1", "1", "1")])
    told = dataset.inspect().findings.errors[0]
    assert (told.file, told.place, told.column) == ("values.xlsx", "row 2", "ew")


def test_a_sheet_that_is_not_there_is_told_with_those_that_are(dataset) -> None:
    workbook(dataset, ROWS)
    dataset.manifest('file = "values.xlsx"', 'file = "values.xlsx"\nsheet = "2021"')
    told = dataset.inspect().findings.errors[0]
    assert "no sheet '2021'" in told.what
    assert "Tabelle1" in told.what


@pytest.mark.parametrize("suffix", [".xlsx", ".ods"])
def test_a_workbook_that_is_none_is_told(dataset, suffix: str) -> None:
    (dataset.folder / f"values{suffix}").write_bytes(b"no workbook")
    dataset.manifest('file = "values.csv"', f'file = "values{suffix}"')
    told = dataset.inspect().findings.errors[0]
    assert told.file == f"values{suffix}"
    assert "cut off or damaged" in told.what


def test_a_workbook_that_is_a_zip_bomb_is_refused(dataset) -> None:
    with zipfile.ZipFile(dataset.folder / "values.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 40_000_000)
    dataset.manifest('file = "values.csv"', 'file = "values.xlsx"')
    assert "times its size" in dataset.inspect().findings.errors[0].what


def test_a_workbook_without_its_header_row_is_told(dataset) -> None:
    workbook(dataset, ROWS)
    dataset.manifest('key = "nr"\ndecimal', 'header = 9\nkey = "nr"\ndecimal')
    told = dataset.inspect().findings.errors[0]
    assert "no row 9" in told.what
    assert told.todo == "correct header"


def test_a_parquet_file_that_is_cut_off_is_told(dataset) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    pd.DataFrame(ROWS[1:], columns=ROWS[0]).to_parquet(dataset.folder / "values.parquet")
    path = dataset.folder / "values.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    dataset.manifest('file = "values.csv"', 'file = "values.parquet"')
    told = dataset.inspect().findings.errors[0]
    assert told.file == "values.parquet"
    assert "cannot be read" in told.what


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('[{"nr": "01",', "broken JSON"),
        ("{}", "no records"),
        ("[1, 2]", "no records"),
        ("[" * 100_000, "broken JSON"),
    ],
    ids=["cut off", "empty", "no tables", "too deep"],
)
def test_a_broken_json_is_told(dataset, text: str, what: str) -> None:
    (dataset.folder / "values.json").write_text(text, encoding="utf-8")
    dataset.manifest('file = "values.csv"', 'file = "values.json"')
    told = dataset.inspect().findings.errors[0]
    assert told.file == "values.json"
    assert what in told.what


def test_a_number_that_json_cannot_mean_is_told(dataset) -> None:
    rows = [dict(zip(ROWS[0], row, strict=True)) for row in ROWS[1:]]
    text = json.dumps(rows).replace("1000", "NaN")
    (dataset.folder / "values.json").write_text(text.replace("2000", "Infinity"), encoding="utf-8")
    dataset.manifest('file = "values.csv"', 'file = "values.json"')
    told = [one for one in dataset.inspect().findings.errors if one.column == "ew"]
    assert told
    assert "inf" in told[0].what


def test_a_page_that_was_saved_as_a_workbook_is_told_once_as_what_it_is(dataset) -> None:
    """Two tables are read from it, so it is opened twice."""
    (dataset.folder / "values.xlsx").write_text(
        "\ufeff<!DOCTYPE html>\n<html><table></table></html>", encoding="utf-8"
    )
    dataset.manifest('file = "values.csv"', 'file = "values.xlsx"')
    dataset.add(
        """[[table]]
file = "values.xlsx"
sheet = "2"
geography = "sub_district"
layout = "wide"
key = "nr"
period = "2022"
value = [{ indicator = "residents", column = "ew" }]
"""
    )
    told = [one.what for one in dataset.inspect().findings.errors if one.file == "values.xlsx"]
    assert told == ["this is HTML, not a workbook"]
