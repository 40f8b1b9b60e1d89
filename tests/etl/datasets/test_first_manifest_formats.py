"""`sozialraum init` on clean files of every format: what it writes passes `check`, once the ? are filled in."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest

from etl.datasets.first_manifest import first_manifest
from etl.datasets.manifest_reading import manifest_of

ROWS = pd.DataFrame(
    {"nr": ["01", "02", "03", "04"], "einwohner": [1000, 2000, 1500, 900], "quote": [5.5, 7.0, 1.5, 3.1]}
)


def zipped_shapefile(areas: gpd.GeoDataFrame, path: Path) -> None:
    folder = path.parent / "unpacked"
    folder.mkdir()
    areas.to_file(folder / "areas.shp", encoding="UTF-8")
    with zipfile.ZipFile(path, "w") as archive:
        for part in folder.iterdir():
            archive.write(part, part.name)
            part.unlink()
    folder.rmdir()


MAPS: dict[str, Callable[[gpd.GeoDataFrame, Path], object]] = {
    "areas.gpkg": lambda areas, path: areas.to_file(path),
    "areas.geojson": lambda areas, path: areas.to_crs(4326).to_file(path, driver="GeoJSON"),
    "areas.json": lambda areas, path: areas.to_crs(4326).to_file(path, driver="GeoJSON"),
    "areas.shp": lambda areas, path: areas.to_file(path, encoding="UTF-8"),
    "areas.zip": zipped_shapefile,
    "areas.fgb": lambda areas, path: areas.to_file(path, driver="FlatGeobuf"),
    "areas.geoparquet": lambda areas, path: areas.to_parquet(path),
    "areas.parquet": lambda areas, path: areas.to_parquet(path),
    "areas.kml": lambda areas, path: areas.to_crs(4326).to_file(path, driver="KML"),
}
TABLES: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    "values_2023.csv": lambda rows, path: rows.to_csv(path, index=False, sep=";", decimal=","),
    "values_2023.xlsx": lambda rows, path: rows.to_excel(path, index=False),
    "values_2023.ods": lambda rows, path: gpd.GeoDataFrame(rows).to_file(path, driver="ODS"),
    "values_2023.parquet": lambda rows, path: rows.to_parquet(path),
    "values_2023.json": lambda rows, path: path.write_text(
        json.dumps(rows.to_dict("records")), encoding="utf-8"
    ),
}


def started(dataset):
    """Return the manifest that init writes with what nobody can see filled in, and what check makes of it."""
    (dataset.folder / "dataset.toml").unlink(missing_ok=True)
    text = first_manifest(dataset.folder).replace('"?"', '"told"')
    (dataset.folder / "dataset.toml").write_text(text, encoding="utf-8")
    found = dataset.inspect()
    assert [one.sentence() for one in found.findings.errors] == [], text
    return manifest_of(text), found.delivery


@pytest.mark.parametrize(
    ("map_name", "table_name"),
    [*((one, "values_2023.csv") for one in MAPS), *(("areas.gpkg", one) for one in list(TABLES)[1:])],
)
def test_clean_files_of_every_format_pass(dataset, map_name: str, table_name: str) -> None:
    for old in ("areas.gpkg", "values.csv"):
        (dataset.folder / old).unlink()
    MAPS[map_name](dataset.areas(), dataset.folder / map_name)
    TABLES[table_name](ROWS, dataset.folder / table_name)
    manifest, delivery = started(dataset)
    assert (manifest.geography[-1].file, manifest.geography[-1].repair) == (map_name, ())
    assert [one.file for one in manifest.table] == [table_name]
    values = delivery.values[delivery.values["geography"] == "area"].set_index(["area_id", "indicator_id"])
    assert values.loc[("02", "einwohner"), "value"] == 2000
    assert values.loc[("03", "quote"), "value"] == 1.5
    assert set(values["period"]) == {"2023"}


def test_two_header_rows_below_a_title_and_notes_below_the_table_are_seen(dataset) -> None:
    (dataset.folder / "values.csv").unlink()
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"] = "Einwohner am 31.12.2022"
    sheet.merge_cells("A1:C1")
    for cell, text in {
        "A3": "Stadtteil",
        "B3": "Einwohner",
        "B4": "insgesamt",
        "C4": "unter 6 Jahren",
    }.items():
        sheet[cell] = text
    sheet.merge_cells("A3:A4")
    sheet.merge_cells("B3:C3")
    for number, name in enumerate(["Stadt insgesamt", *dataset.areas()["name"]]):
        sheet.append([name, 100 * (number + 1), "-" if number == 2 else 10])
    sheet.append(["- nichts vorhanden"])
    book.create_sheet("Hinweise").append(["Alle Angaben ohne Gewähr"])
    book.save(dataset.folder / "tabelle.xlsx")
    manifest, delivery = started(dataset)
    (table,) = manifest.table
    assert (table.sheet, table.header, table.key, table.join) == ("Sheet", (3, 4), ("Stadtteil",), "name")
    assert [one.column for one in table.value] == [
        ("Einwohner / insgesamt",),
        ("Einwohner / unter 6 Jahren",),
    ]
    assert (table.period, table.unknown_areas) == ("2022", "reject")
    assert delivery.values["value"].sum() == 2 * (200 + 300 + 400 + 500 + 30)  # the areas, and added up


def test_columns_named_by_dates_and_rows_of_several_indicators_are_seen(dataset) -> None:
    lines = ["Nr;Merkmal;30.06.2020;30.06.2021"]
    for number in range(1, 5):
        lines += [
            f"{number};Arbeitslose;{number}0;{number}5",
            f"{number};Erwerbsfähige;{number}00;{number}05",
        ]
    (dataset.folder / "values.csv").write_text("\n".join(lines), encoding="cp1252")
    manifest, delivery = started(dataset)
    (table,) = manifest.table
    assert (table.layout, table.zero_fill, table.indicator_column) == ("years", True, "Merkmal")
    assert [one.match for one in table.value] == ["Arbeitslose", "Erwerbsfähige"]
    values = delivery.values.set_index(["area_id", "indicator_id", "period"])
    assert values.loc[("03", "arbeitslose", "2021"), "value"] == 35
    assert {str(day) for day in values["reference_date"]} == {"2020-06-30", "2021-06-30"}


def test_groups_of_year_columns_become_tables_of_their_own(dataset) -> None:
    (dataset.folder / "values.csv").write_text(
        "nr,ew 2020,ew 2021,alo 2020,alo 2021,fläche\n01,1,2,3,4,9\n02,1,2,3,4,9\n03,1,2,3,4,9\n04,1,2,3,4,9\n",
        encoding="utf-8",
    )
    manifest, _delivery = started(dataset)
    assert [(one.layout, one.value[0].indicator) for one in manifest.table] == [
        ("years", "ew"),
        ("years", "alo"),
        ("wide", "flaeche"),
    ]


def test_a_decimal_comma_in_one_column_makes_points_part_thousands_in_the_others(dataset) -> None:
    (dataset.folder / "values.csv").unlink()
    book = openpyxl.Workbook()
    for row in (
        ["nr", "ew", "miete", "quote"],
        ["01", 512, "7,35", 1.204],  # what the workbook has as a number is one, with a decimal comma or not
        ["02", "1.204", "8,10", 2.5],
        ["03", 97, "/", 3.125],
        ["04", 640, "6,90", 4.25],
    ):
        book.active.append(row)
    book.save(dataset.folder / "values.xlsx")
    manifest, delivery = started(dataset)
    assert (manifest.table[0].decimal, manifest.table[0].thousands) == (",", ".")
    values = delivery.values.set_index(["area_id", "indicator_id"])["value"]
    assert (values["02", "ew"], values["01", "miete"], values["01", "quote"]) == (1204, 7.35, 1.204)


def test_a_long_table_is_seen(dataset) -> None:
    rows = [
        f"0{area};{year};{what};{area}{year % 10}"
        for area in range(1, 5)
        for year in (2020, 2021)
        for what in "ab"
    ]
    text = "\n".join(["nr;jahr;merkmal;wert", *rows]).replace(";a;", ";Alte;").replace(";b;", ";Kinder;")
    (dataset.folder / "values.csv").write_text(text, encoding="utf-8")
    manifest, delivery = started(dataset)
    (table,) = manifest.table
    assert (table.layout, table.value_column, table.period_column) == ("long", "wert", "jahr")
    assert len(delivery.values) == 2 * 2 * 5  # indicators, years, areas with the city


def test_the_level_that_a_prefix_of_the_key_says_is_seen(dataset) -> None:
    areas = dataset.areas().assign(nr=["0101", "0102", "0201", "0202"])
    dataset.write_areas(
        areas.assign(bezirk=["01", "01", "02", "02"], bez_name=["Nord", "Nord", "Süd", "Süd"])
    )
    (dataset.folder / "values.csv").write_text(
        "nr;bezirk;ew\n101;1;5\n102;1;6\n201;2;7\n202;2;8\n", encoding="utf-8"
    )
    (dataset.folder / "bezirke.csv").write_text("bezirk;hunde\nNord;50\nSüd;60\n", encoding="utf-8")
    manifest, delivery = started(dataset)
    lower = manifest.geography[-1]
    assert [(one.id, one.key_length) for one in manifest.geography] == [
        ("city", 3),
        ("upper", 2),
        ("area", 4),
    ]
    assert (lower.parent_prefix, lower.parent_name, lower.name) == (2, "bez_name", "name")
    assert [(one.file, one.geography, len(one.value)) for one in manifest.table] == [
        ("bezirke.csv", "upper", 1),
        ("values.csv", "area", 1),
    ]
    named = delivery.areas[delivery.areas["geography"] == "upper"].set_index("area_id")["name"]
    assert named.to_dict() == {"01": "Nord", "02": "Süd"}
    values = delivery.values.set_index(["geography", "area_id", "indicator_id"])["value"]
    assert (values["upper", "02", "ew"], values["upper", "01", "hunde"]) == (15, 50)


def test_repairs_are_offered_with_their_reason_and_never_asked_for(dataset) -> None:
    areas = dataset.areas()
    dataset.write_areas(
        areas.set_geometry(
            [areas.geometry[0].buffer(0.02, join_style="mitre"), *areas.geometry[1:]], crs=25832
        )
    )
    text = first_manifest(dataset.folder)
    assert '# repair = ["snap"] # borders of 2 area(s) differ' in text
    assert manifest_of(text.replace('"?"', '"told"')).geography[-1].repair == ()


def test_names_that_cannot_be_shown_do_not_come_into_the_manifest(dataset) -> None:
    (dataset.folder / "values.csv").write_text(
        "nr;an\u202eders;a\x7fb\n01;1;2\n02;3;4\n03;5;6\n04;7;8\n", encoding="utf-8"
    )
    manifest, _delivery = started(dataset)
    assert [one.title_de for one in manifest.indicator] == ["an ders", "a b"]
    assert [one.column for one in manifest.table[0].value] == [("an\u202eders",), ("a\x7fb",)]
