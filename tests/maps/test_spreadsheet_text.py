"""Text of data is never a formula for a spreadsheet program, and a program gets back what it was."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.exports.csv_files import GERMAN, ISO, Dialect, write_csv
from maps.exports.fields import Field, Table
from maps.exports.spreadsheet_text import guarded, guarded_table, guarded_text, plain_text

SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20"
STRANGE = st.text() | st.text(alphabet=f"'\"{SIGNS} ;,\t\r\n\x00\ufeff1a", max_size=8)
TEXTS = Table(
    name="texts",
    german="texte",
    title_de="Texte",
    title_en="Texts",
    fields=(
        Field(name="area", german="Gebiet", says_de="", says_en="", is_free_text=True),
        Field(name="value", german="Wert", type="number", says_de="", says_en=""),
        Field(name="caution", german="Zu beachten", says_de="", says_en="", is_free_text=True),
    ),
)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        '=HYPERLINK("http://example.org?x="&A1)',
        "+1",
        "-2+3",
        "@SUM(A1:A9)",
        " =1",
        "\ufeff=1",
        "\u00a0@x",
        "\uff1d1",
        "\ttext",
        "'=1",
    ],
)
def test_what_a_program_would_compute_gets_an_apostrophe(text: str) -> None:
    assert guarded_text(text) == f"'{text}"
    assert plain_text(guarded_text(text)) == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Foo;=cmd|' /C calc'!A0", "Foo;'=cmd|' /C calc'!A0"),
        ("Foo,=1+1", "Foo,'=1+1"),
        ("a\t=1+1", "a\t'=1+1"),
        ("a\r\n @x", "a\r\n '@x"),
        (
            'a;"=1"',
            'a;"\'=1"',
        ),  # in the file "a;""=1""": the doubled quote opens a cell and closes it at once
        ("a;'=1", "a;''=1"),
        ("=1;=2,\uff1d3", "'=1;'=2,'\uff1d3"),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        ("\n=1", "'\n'=1"),
    ],
)
def test_a_sign_that_would_begin_a_cell_with_another_separator_gets_one_too(text: str, told: str) -> None:
    assert guarded_text(text) == told
    assert plain_text(told) == text


@pytest.mark.parametrize(
    "text", ["", "Altstadt", "01", "A=B", "'s-Gravenhage", "–", "§ 5", "100 % + x", "'", "a; b-c, d"]
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert guarded_text(text) == text
    assert plain_text(text) == text


@given(STRANGE)
def test_guarding_can_be_undone_and_leaves_nothing_that_begins_like_a_formula(text: str) -> None:
    told = guarded_text(text)
    assert plain_text(told) == text
    assert not told.lstrip().startswith(tuple(SIGNS))


@given(st.text(alphabet=f"'{SIGNS} \ta", max_size=6))
def test_text_of_signs_alone_comes_back(text: str) -> None:
    assert plain_text(guarded_text(text)) == text


def begins_like_a_formula(cell: str) -> bool:
    """Whether a program may compute a cell; plain numbers of either language it may."""
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return cell.lstrip(" \ufeff\x00\t").startswith(tuple(SIGNS))
    return False


@pytest.mark.parametrize("dialect", [ISO, GERMAN], ids=["iso", "german"])
@given(rows=st.lists(st.tuples(STRANGE, st.floats(-9, 9), STRANGE), min_size=1, max_size=3))
def test_a_file_read_with_any_separator_has_no_cell_that_begins_like_a_formula(
    dialect: Dialect, rows: list[tuple[str, float, str]]
) -> None:
    file = io.StringIO(newline="")
    write_csv(pd.DataFrame(rows, columns=["area", "value", "caution"]), TEXTS, file, dialect)
    for separator in ";,\t":
        file.seek(0)
        cells = [cell for row in csv.reader(file, delimiter=separator) for cell in row]
        assert [cell for cell in cells if begins_like_a_formula(cell)] == []
    file.seek(0)
    told = list(csv.reader(file, delimiter=dialect.delimiter))[1:]
    assert [(plain_text(area), plain_text(caution)) for area, _value, caution in told] == [
        (area, caution) for area, _value, caution in rows
    ]


def test_a_column_keeps_what_is_missing_and_its_order() -> None:
    column = pd.Series(["=a", None, "b", "=a"], index=[3, 1, 2, 0])
    told = guarded(column)
    assert told.index.tolist() == [3, 1, 2, 0]
    assert told.fillna("nothing").tolist() == ["'=a", "nothing", "b", "'=a"]
    assert guarded(column.astype("category")).fillna("nothing").tolist() == ["'=a", "nothing", "b", "'=a"]


def test_a_printed_table_is_guarded_in_cells_labels_and_headers_and_its_numbers_are_not_touched() -> None:
    frame = pd.DataFrame(
        {"=a": [-1.5, 2.0], "name": ["+x", None]}, index=pd.Index(["@1", "02"], name="area_id")
    )
    assert guarded_table(frame).to_csv() == "area_id,'=a,name\n'@1,-1.5,'+x\n02,2.0,\n"
    assert frame.columns[0] == "=a"
    pairs = frame.set_index(
        pd.MultiIndex.from_tuples([("=1", "2021"), ("02", "2022")], names=["area_id", "period"])
    )
    assert guarded_table(pairs).index.tolist() == [("'=1", "2021"), ("02", "2022")]
    doubled = pd.DataFrame([["=1", "=2"]], columns=["a", "a"])
    assert guarded_table(doubled).to_csv(index=False) == "a,a\n'=1,'=2\n"
