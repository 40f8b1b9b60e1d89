"""The same areas and figures from every format come out the same."""

from __future__ import annotations

import zipfile

import pandas as pd
import pyogrio
import pytest

from etl.datasets.findings import Findings
from etl.datasets.tables import Reading, read_sheet
from etl.raw import RawFile


def told(dataset) -> list[str]:
    return [one.sentence() for one in dataset.inspect().findings.errors]


@pytest.mark.parametrize(
    "name", ["areas.geojson", "areas.shp", "areas.fgb", "areas.kml", "areas.parquet", "areas.gpkg"]
)
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")
def test_areas_are_the_same_from_every_format_of_maps(dataset, name: str) -> None:
    expected = dataset.inspect().delivery.areas
    areas = dataset.areas().set_crs(25832)
    path = dataset.folder / name
    if name.endswith(".parquet"):
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
        areas.to_parquet(path)
    elif name.endswith(".kml"):
        pyogrio.write_dataframe(areas.to_crs(4326), path, driver="LIBKML")
    elif name.endswith(".geojson"):
        areas.to_crs(4326).to_file(path, engine="pyogrio", COORDINATE_PRECISION=10)
    else:
        areas.to_file(path, engine="pyogrio")
    dataset.manifest('file = "areas.gpkg"', f'file = "{name}"')
    if name.endswith(".kml"):  # which has a name of its own for names
        dataset.manifest('name = "name"', 'name = "Name"')
    found = dataset.inspect()
    assert told(dataset) == []
    got = found.delivery.areas
    assert got[["area_id", "name", "parent_id"]].equals(expected[["area_id", "name", "parent_id"]])
    assert (
        got.symmetric_difference(expected).area.max() < 50
    )  # [m²] degrees are rounded: 1 cm along 5 km of border


def test_a_shapefile_with_its_own_encoding_keeps_its_umlauts(dataset) -> None:
    pyogrio.write_dataframe(dataset.areas(), dataset.folder / "areas.shp", encoding="ISO-8859-1")
    dataset.manifest('file = "areas.gpkg"', 'file = "areas.shp"')
    assert (dataset.folder / "areas.cpg").read_text(encoding="ascii").strip() in ("ISO-8859-1", "88591")
    assert dataset.inspect().delivery.areas["name"].tolist()[3] == "Südstadt"


def test_a_zipped_shapefile_in_a_folder_is_read(dataset) -> None:
    dataset.areas().to_file(dataset.folder / "inner.shp", engine="pyogrio")
    with zipfile.ZipFile(dataset.folder / "areas.zip", "w") as archive:
        for path in sorted(dataset.folder.glob("inner.*")):
            archive.write(path, f"folder/{path.name}")
    dataset.manifest('file = "areas.gpkg"', 'file = "areas.zip"')
    assert told(dataset) == []


def test_a_geojson_with_a_crs_member_is_read_in_it(dataset) -> None:
    areas = dataset.areas()
    text = areas.to_json(show_bbox=False, drop_id=True)
    member = '"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}}, '
    (dataset.folder / "areas.geojson").write_text("{" + member + text[1:], encoding="utf-8")
    dataset.manifest('file = "areas.gpkg"', 'file = "areas.geojson"')
    assert told(dataset) == []
    assert dataset.inspect().delivery.areas.geometry.iloc[1].area == pytest.approx(1e6)


FIGURES = {
    "nr": ["01", "02", "03", "04"],
    "jahr": ["2020"] * 4,
    "ew": [1000, 2000, 1500, 900],
    "ausl": [100, 300, 0, 90],
    "quote": [5.5, 7.0, None, 3.1],
}


@pytest.mark.parametrize(
    "name", ["values.xlsx", "values.ods", "values.parquet", "values.json", "values.gpkg"]
)
def test_figures_are_the_same_from_every_format_of_tables(dataset, name: str) -> None:
    frame, path = pd.DataFrame(FIGURES), dataset.folder / name
    if name.endswith(".parquet"):
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
        frame.to_parquet(path)
    elif name.endswith(".json"):
        frame.to_json(path, orient="records")
    else:
        pyogrio.write_dataframe(frame, path, layer="Tabelle1")
    dataset.manifest('file = "values.csv"', f'file = "{name}"')
    assert told(dataset) == []
    values = dataset.inspect().delivery.values.set_index(["area_id", "indicator_id"])["value"]
    assert values["02", "residents"] == 2000
    assert values["01", "rate"] == 5.5
    assert pd.isna(values["03", "rate"])


def sheet(
    folder, rows: list[list[object]], reading: Reading, *, delimiter: str = ";"
) -> tuple[pd.DataFrame | None, Findings]:
    path = folder / "t.csv"
    path.write_text("\n".join(delimiter.join(map(str, row)) for row in rows) + "\n", encoding="utf-8")
    findings = Findings()
    file = RawFile(name="t.csv", path=path, sha256="", size=path.stat().st_size)
    return read_sheet(file, reading, findings), findings


def test_a_title_two_header_rows_and_a_footnote_leave_the_table(tmp_path) -> None:
    rows = [
        ["Bevölkerung der Stadt"],
        [],
        ["Nr", "Einwohner", "Einwohner"],
        ["", "2020", "2021"],
        ["01", "1.000", "1.010"],
        ["02", "2.000", "2.020"],
        ["Quelle: Einwohnerregister"],
    ]
    frame, findings = sheet(tmp_path, rows, Reading(header=(3, 4), ends_at="^Quelle"))
    assert findings.errors == []
    assert frame.columns.tolist() == ["Nr", "Einwohner / 2020", "Einwohner / 2021"]
    assert frame.index.tolist() == [5, 6]  # rows as they are counted in the file


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_delimiter_is_found_out(tmp_path, delimiter: str) -> None:
    frame, findings = sheet(
        tmp_path, [["nr", "ew"], ["01", "5"], ["02", "6"]], Reading(), delimiter=delimiter
    )
    assert findings.errors == []
    assert frame.columns.tolist() == ["nr", "ew"]


def test_quotes_hold_delimiters_and_line_breaks(tmp_path) -> None:
    frame, findings = sheet(
        tmp_path, [["nr", "name"], ["01", '"Mitte; Nord\nund Süd"'], ["02", '"a ""b"""']], Reading()
    )
    assert findings.errors == []
    assert frame["name"].tolist() == ["Mitte; Nord\nund Süd", 'a "b"']


def test_merged_cells_of_a_workbook_all_carry_the_text(tmp_path) -> None:
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    book = openpyxl.Workbook()
    page = book.active
    for row in (["Nr", "Einwohner", None], [None, "2020", "2021"], ["01", 1000, 1010], ["02", 2000, 2020]):
        page.append(row)
    page.merge_cells("B1:C1")
    page.merge_cells("A1:A2")
    book.save(tmp_path / "t.xlsx")
    findings = Findings()
    file = RawFile(name="t.xlsx", path=tmp_path / "t.xlsx", sha256="", size=1)
    frame = read_sheet(file, Reading(header=(1, 2)), findings)
    assert frame.columns.tolist() == ["Nr", "Einwohner / 2020", "Einwohner / 2021"]
    assert frame["Einwohner / 2021"].tolist() == ["1010", "2020"]


def test_nested_json_is_gone_through_by_the_names_of_its_keys(tmp_path) -> None:
    path = tmp_path / "t.json"
    path.write_text(
        '{"meta": 1, "data": {"2020": {"Migranten": [{"value": 5, "district": "Mitte"}]}}}', encoding="utf-8"
    )
    file = RawFile(name="t.json", path=path, sha256="", size=1)
    frame = read_sheet(file, Reading(records=("=data", "year", "indicator")), Findings())
    assert frame.iloc[0].to_dict() == {
        "year": "2020",
        "indicator": "Migranten",
        "value": "5",
        "district": "Mitte",
    }
