"""`sozialraum init` on what offices have: a sheet per year, k.A. between figures, layers of several levels, notes."""

from __future__ import annotations

import geopandas as gpd
import openpyxl
import pytest

from etl.datasets.findings import DatasetError
from etl.datasets.first_manifest import first_manifest
from etl.datasets.manifest_reading import manifest_of


def told(text: str) -> str:
    """What nobody but the city knows, told."""
    return text.replace('"k.A." = "?"', '"k.A." = "missing"').replace('"?"', '"told"')


def started(dataset):
    """Return the manifest that init writes with what nobody can see filled in, and what check makes of it."""
    text = told(first_manifest(dataset.folder))
    (dataset.folder / "dataset.toml").write_text(text, encoding="utf-8")
    found = dataset.inspect()
    assert [one.sentence() for one in found.findings.errors] == [], text
    return manifest_of(text), found.delivery


def workbook(dataset, sheets: dict[str, list[list[object]]]) -> None:
    (dataset.folder / "values.csv").unlink()
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in [["Nr", "Einwohner", "Miete"], *rows]:
            sheet.append(row)
    book.save(dataset.folder / "einwohner.xlsx")


def rows(first: int) -> list[list[object]]:
    return [[f"0{n}", first * n, round(6.25 + n / 10, 2)] for n in range(1, 5)]


def test_the_same_columns_on_yearly_sheets_are_the_same_indicators(dataset) -> None:
    workbook(dataset, {"2021": rows(100), "2022": rows(110), "2023": rows(120)})
    manifest, delivery = started(dataset)
    assert [one.id for one in manifest.indicator] == ["einwohner", "miete"]
    assert [(one.sheet, one.period) for one in manifest.table] == [
        (year, year) for year in ("2021", "2022", "2023")
    ]
    values = delivery.values.set_index(["area_id", "indicator_id", "period"])["value"]
    assert [values["02", "einwohner", year] for year in ("2021", "2022", "2023")] == [200, 220, 240]


def test_the_same_columns_on_other_sheets_are_indicators_of_their_own(dataset) -> None:
    workbook(dataset, {"Frauen 2021": rows(100), "Männer 2021": rows(110)})
    manifest, _delivery = started(dataset)
    assert len(manifest.indicator) == 4


def test_figures_have_as_many_decimals_as_in_the_file(dataset) -> None:
    workbook(dataset, {"2021": rows(100)})
    manifest, _delivery = started(dataset)
    assert {one.id: one.decimals for one in manifest.indicator} == {"einwohner": 0, "miete": 2}


def test_a_text_between_figures_is_offered_as_a_sign_to_be_explained(dataset) -> None:
    (dataset.folder / "values.csv").write_text(
        "nr;pkw;ew\n01;0,45;5\n02;k.A.;6\n03;0,50;7\n04;0,61;8\n", encoding="utf-8"
    )
    text = first_manifest(dataset.folder)
    assert 'signs = { "k.A." = "?" }' in text
    with pytest.raises(DatasetError) as refused:
        manifest_of(text)
    assert any("k.A." in one.what for one in refused.value.findings)
    manifest, delivery = started(dataset)
    assert [one.decimals for one in manifest.indicator] == [2, 0]
    values = delivery.values.set_index(["area_id", "indicator_id"])
    assert values.loc[("02", "pkw"), "status"] == "missing"
    assert values.loc[("03", "pkw"), "value"] == 0.5


def test_a_line_of_notes_ends_the_table_and_a_total_above_it_is_left_out(dataset) -> None:
    workbook(
        dataset,
        {"2021": [*rows(100), ["Stadt", 1000, 6.5], ["- nichts vorhanden; . geheim"], ["Quelle: Amt"]]},
    )
    text = first_manifest(dataset.folder)
    assert "rows of no known area: Stadt\n" in text
    manifest, delivery = started(dataset)
    assert manifest.table[0].ends_at.startswith("^")
    assert len(delivery.rejected) == 1  # the total


def with_layers(dataset, keys: list[str]) -> None:
    """Areas 0101 to 0202 in one layer, and larger ones with these keys in another layer of the same file."""
    areas = dataset.areas().assign(nr=["0101", "0102", "0201", "0202"])
    (dataset.folder / "areas.gpkg").unlink()
    areas.to_file(dataset.folder / "areas.gpkg", layer="bloecke")
    halves = [areas.geometry[:2].union_all(), areas.geometry[2:].union_all()]
    larger = gpd.GeoDataFrame({"st": keys, "st_name": ["Nord", "Süd"]}, geometry=halves, crs=areas.crs)
    larger.to_file(dataset.folder / "areas.gpkg", layer="stadtteile")
    (dataset.folder / "values.csv").write_text("nr;ew\n0101;5\n0102;6\n0201;7\n0202;8\n", encoding="utf-8")


def test_a_further_layer_whose_keys_begin_those_of_the_areas_is_the_level_above(dataset) -> None:
    with_layers(dataset, ["01", "02"])
    manifest, delivery = started(dataset)
    upper, lower = manifest.geography[1:]
    assert (upper.file, upper.layer, upper.key, upper.name) == (
        "areas.gpkg",
        "stadtteile",
        ("st",),
        "st_name",
    )
    assert (lower.layer, lower.parent_prefix) == ("bloecke", 2)
    names = delivery.areas[delivery.areas["geography"] == "upper"].set_index("area_id")["name"]
    assert names.to_dict() == {"01": "Nord", "02": "Süd"}


def test_a_further_layer_that_does_not_fit_is_named(dataset) -> None:
    with_layers(dataset, ["7", "8"])
    text = first_manifest(dataset.folder)
    assert "# areas.gpkg, layer stadtteile: 2 areas, perhaps of a level of their own" in text
    assert manifest_of(told(text)).geography[-1].layer == "bloecke"


def test_the_column_with_the_names_of_an_overlay_is_offered(dataset) -> None:
    points = dataset.areas().representative_point()
    gpd.GeoDataFrame(
        {"kontakt": [f"amt{n}@x.de" for n in "abcd"], "bezeichnung": [f"Spielplatz {n}" for n in range(4)]},
        geometry=points,
    ).to_file(dataset.folder / "spielplaetze.gpkg")
    text = first_manifest(dataset.folder)
    assert '# name = "bezeichnung" # check: shown to everybody' in text
    assert "kontakt" not in text
