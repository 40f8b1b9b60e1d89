"""Cells of workbooks that a reader leaves empty: errors and formulas without a result are told, never missing."""

from __future__ import annotations

import zipfile

import openpyxl
import pytest

from etl.datasets.tables import Reading
from etl.datasets.workbook_cells import lost_cells

ROWS = [("nr", "jahr", "ew", "ausl", "quote"), ("01", "2020", 1000, 100, 5.5), ("02", "2020", 2000, 300, 7.0)]
_NAMES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
)
_TYPE = "application/vnd.oasis.opendocument.spreadsheet"


def workbook(dataset, cells: dict[str, str]) -> None:
    """Write a workbook of two sheets as a script does, without results of formulas; the table is the second."""
    book = openpyxl.Workbook()
    book.active.append(["nothing"])
    sheet = book.create_sheet("Einwohner")
    for row in ROWS:
        sheet.append(row)
    for place, text in cells.items():
        sheet[place] = text
    book.save(dataset.folder / "values.xlsx")
    dataset.manifest('file = "values.csv"', 'file = "values.xlsx"\nsheet = "Einwohner"')


@pytest.mark.parametrize("text", ["#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?"])
def test_an_error_in_a_cell_is_told_with_row_and_column(dataset, text: str) -> None:
    workbook(dataset, {"C3": text})
    found = dataset.inspect()
    (told,) = found.findings.errors
    assert found.delivery is None
    assert (told.file, told.place, told.column) == ("values.xlsx", "row 3", "ew")
    assert told.what.startswith(f"'{text}' is no figure")


def test_a_formula_without_a_result_is_told_with_row_and_column(dataset) -> None:
    workbook(dataset, {"D2": "=C2/10"})
    (told,) = dataset.inspect().findings.errors
    assert (told.place, told.column) == ("row 2", "ausl")
    assert told.what.startswith("'=C2/10' is a formula without a stored result")


def test_an_error_that_signs_declare_is_the_state_it_says(dataset, value) -> None:
    workbook(dataset, {"D3": "#N/A"})
    dataset.manifest('decimal = ","', 'decimal = ","\nsigns = { "#N/A" = "missing" }')
    assert value("02", "non_german", "2020")[1] == "missing"


def test_formulas_in_columns_that_are_not_read_do_not_matter(dataset) -> None:
    workbook(dataset, {"F1": "Summe", "F2": "=C2+D2", "F3": "#REF!"})
    assert dataset.inspect().findings.errors == []


def test_stored_results_are_taken_even_empty_ones(tmp_path) -> None:
    """C2 has a result, D2 an empty text as result, E2 none."""
    path = tmp_path / "values.xlsx"
    book = openpyxl.Workbook()
    book.active.append([1])
    book.save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    cells = '<c r="C2"><f>1+1</f><v>2</v></c><c r="D2" t="str"><f>""</f><v></v></c><c r="E2"><f>A1</f></c>'
    name = "xl/worksheets/sheet1.xml"
    parts[name] = parts[name].replace(b"</sheetData>", f'<row r="2">{cells}</row></sheetData>'.encode())
    with zipfile.ZipFile(path, "w") as archive:
        for part, content in parts.items():
            archive.writestr(part, content)
    assert lost_cells(path, "values.xlsx", "Sheet") == {(1, 4): "=A1"}


def test_an_error_in_an_open_document_is_told_with_row_and_column(dataset) -> None:
    def text(words: str, repeated: int = 1) -> str:
        again = f' table:number-columns-repeated="{repeated}"' if repeated > 1 else ""
        return (
            f'<table:table-cell office:value-type="string"{again}><text:p>{words}</text:p></table:table-cell>'
        )

    def row(*cells: str) -> str:
        return f"<table:table-row>{''.join(cells)}</table:table-row>"

    error = (
        '<table:table-cell table:formula="of:=[.#REF!]" office:value-type="string" office:string-value=""'
        ' calcext:value-type="error"><text:p>#REF!</text:p></table:table-cell>'
    )
    unknown = '<table:table-cell table:formula="of:=[.C2]"/>'
    content = (
        f"<office:document-content {_NAMES}><office:body><office:spreadsheet>"
        f'<table:table table:name="Tabelle1">{row(*map(text, ROWS[0]))}'
        f"{row(text('01'), text('2020'), text('1', 2), error)}"
        f"{row(text('02'), text('2020'), unknown, text('1', 2))}</table:table>"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(dataset.folder / "values.ods", "w") as archive:
        archive.writestr("mimetype", _TYPE)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    dataset.manifest('file = "values.csv"', 'file = "values.ods"')
    told = dataset.inspect().findings.errors
    assert {(one.place, one.column) for one in told} == {("row 2", "quote"), ("row 3", "ew")}


def test_a_sheet_that_declares_entities_is_refused(dataset) -> None:
    workbook(dataset, {"C3": "#REF!"})
    path = dataset.folder / "values.xlsx"
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for part, content in parts.items():
            bomb = b'<!DOCTYPE x [<!ENTITY a "b">]>' if part.endswith("sheet2.xml") else b""
            archive.writestr(part, bomb + content)
    assert any("entities" in one.what for one in dataset.inspect().findings.errors)


def test_old_workbooks_are_left_to_their_reader(tmp_path) -> None:
    assert lost_cells(tmp_path / "absent.xls", "absent.xls", Reading().sheet) == {}
