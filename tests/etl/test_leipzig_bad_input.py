"""Broken Leipzig files: each is one clear line, and the raw files stay in the store."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest
from shapely import transform
from shapely.geometry import mapping, shape

from etl.datasets.findings import DatasetError
from etl.datasets.manifest_reading import manifest_of
from etl.datasets.source import ManifestSource, inspect
from etl.errors import FetchError
from etl.shipped_cities.sources import shipped_source

GEOJSON, TABLE = "raw_leipzig-districts.json", "indicators_long.csv.gz"


@pytest.fixture(scope="module")
def three_years(leipzig_folder: Path) -> bytes:
    """Return the rows of 2020 to 2022, in which every indicator has some: the whole table takes seconds to read."""
    lines = gzip.decompress((leipzig_folder / TABLE).read_bytes()).decode().splitlines(keepends=True)
    kept = [line for line in lines[1:] if line.split(",", 2)[1] in {"2020", "2021", "2022"}]
    return gzip.compress("".join([lines[0], *kept]).encode(), mtime=0)


@pytest.fixture
def folder(leipzig_folder: Path, three_years: bytes, tmp_path: Path) -> Path:
    """Return a folder with copies of the GeoJSON and the table, to be broken."""
    made = tmp_path / "delivery"
    made.mkdir()
    shutil.copyfile(leipzig_folder / GEOJSON, made / GEOJSON)
    (made / TABLE).write_bytes(three_years)
    return made


def source_of(folder: Path) -> ManifestSource:
    """Return the city's manifest, with the GeoJSON in place of the GeoPackage: it can be edited as text."""
    text = shipped_source("leipzig", folder).text
    for gpkg, geojson in (
        ('"ortsteile.gpkg"', f'"{GEOJSON}"'),
        ('key = "ortsteil_nr"', 'key = "key"'),
        ('name = "ortsteil_name"', 'name = "title"'),
        ("where = { ortsteil_nr", "where = { key"),
    ):
        assert gpkg in text
        text = text.replace(gpkg, geojson)
    return ManifestSource(manifest_of(text), text)


def failure(folder: Path, store, quiet) -> str:
    """Everything that refuses the data, in one text."""
    source = source_of(folder)
    with pytest.raises((FetchError, DatasetError)) as raised:
        source.clean(source.fetch(store, folder=folder, progress=quiet), progress=quiet)
    assert "\n" not in str(raised.value)
    return "; ".join(one.sentence() for one in getattr(raised.value, "findings", ())) or str(raised.value)


def edit_geojson(folder: Path, change) -> None:
    document = json.loads((folder / GEOJSON).read_text(encoding="utf-8"))
    change(document)
    (folder / GEOJSON).write_text(json.dumps(document), encoding="utf-8")


def edit_table(folder: Path, change) -> None:
    text = gzip.decompress((folder / TABLE).read_bytes()).decode()
    (folder / TABLE).write_bytes(gzip.compress(change(text).encode(), mtime=0))


def test_missing_folder(tmp_path, store, quiet):
    assert "folder not found" in failure(tmp_path / "nowhere", store, quiet)


def test_missing_geometry(folder, store, quiet):
    (folder / GEOJSON).unlink()
    assert f"{GEOJSON}: the file is not in" in failure(folder, store, quiet)


def test_missing_table(folder, store, quiet):
    (folder / TABLE).unlink()
    assert f"{TABLE}: the file is not in" in failure(folder, store, quiet)


def test_folder_of_which_nothing_fits_is_told_by_the_collected_files(tmp_path, store, quiet):
    with pytest.raises(DatasetError) as refused:
        shipped_source("leipzig", tmp_path).fetch(store, folder=tmp_path, progress=quiet)
    assert {one.file for one in refused.value.findings} == {"ortsteile.gpkg", TABLE}


def test_cut_off_geojson(folder, store, quiet):
    content = (folder / GEOJSON).read_bytes()
    (folder / GEOJSON).write_bytes(content[:500_000])
    assert f"{GEOJSON}: broken GeoJSON" in failure(folder, store, quiet)
    kept = list(store.root.rglob(f"*-{GEOJSON}"))
    assert [path.read_bytes() for path in kept] == [content[:500_000]]


def test_empty_geojson(folder, store, quiet):
    (folder / GEOJSON).write_bytes(b"")
    assert "the file is missing or empty" in failure(folder, store, quiet)


def test_duplicate_key(folder, store, quiet):
    edit_geojson(folder, lambda document: document["features"][2]["properties"].update(key="00"))
    assert "feature 2, 3, column 'key': the key '00' occurs 2 times" in failure(folder, store, quiet)


def test_key_read_as_a_number_is_not_repaired_where_no_zero_fill_is_declared(folder, store, quiet):
    edit_geojson(folder, lambda document: document["features"][1]["properties"].update(key=0))
    said = failure(folder, store, quiet)
    assert "the key '0' has 1 of 2 characters: a number lost its leading zeros" in said


def test_missing_area(folder, store, quiet):
    edit_geojson(folder, lambda document: document["features"].pop())
    assert "joins no area" in failure(folder, store, quiet)


def test_feature_without_geometry(folder, store, quiet):
    edit_geojson(folder, lambda document: document["features"][5].update(geometry=None))
    assert "04" in failure(folder, store, quiet)


def test_self_crossing_polygon(folder, store, quiet):
    def cross(document) -> None:
        ring = document["features"][5]["geometry"]["coordinates"][0]
        ring[10], ring[40] = ring[40], ring[10]

    edit_geojson(folder, cross)
    assert "area 04 has an invalid geometry: Self-intersection" in failure(folder, store, quiet)


def test_wrong_crs(folder, store, quiet):
    def lie(document) -> None:
        document["crs"] = {"type": "name", "properties": {"name": "EPSG:3857"}}
        for feature in document["features"]:
            feature["geometry"] = mapping(transform(shape(feature["geometry"]), lambda xy: xy[:, ::-1]))

    edit_geojson(folder, lie)
    assert "wrong CRS: the file claims EPSG:3857" in failure(folder, store, quiet)


def test_unjoinable_name_comes_with_its_nearest(folder, store, quiet):
    edit_table(folder, lambda text: text.replace("Grünau-Mitte", "Gruenau Mitte"))
    said = failure(folder, store, quiet)
    assert "the name 'Gruenau Mitte' joins no area (nearest: Grünau-Mitte" in said
    assert "there is no row for 1 of 63 areas of sub_district: " in said
    assert "(Grünau-Mitte); deliver the whole table" in said


def test_garbled_umlauts_are_restored_as_a_named_step(folder, store, quiet):
    edit_table(folder, lambda text: text.replace("Grünau", "GrÃ¼nau"))
    source = source_of(folder)
    found = inspect(source.manifest, source.fetch(store, folder=folder, progress=quiet), progress=quiet)
    assert found.findings.errors == []
    (told,) = [one for one in found.findings.found if "mojibake" in one.what or "garbled" in one.what]
    assert told.file == TABLE


def test_table_without_a_needed_column(folder, store, quiet):
    edit_table(folder, lambda text: text.replace("ortsteil_name", "gebiet", 1))
    said = failure(folder, store, quiet)
    assert "column 'ortsteil_name': there is no such column; it has topic, year" in said


def test_empty_table(folder, store, quiet):
    (folder / TABLE).write_bytes(gzip.compress(b""))
    said = failure(folder, store, quiet)
    assert TABLE in said
    assert "empty" in said


def test_cell_that_is_no_number(folder, store, quiet):
    edit_table(
        folder,
        lambda text: text.replace("Einwohner insgesamt,Zentrum,1", "Einwohner insgesamt,Zentrum,ca. 1"),
    )
    assert "'ca. 1" in failure(folder, store, quiet)


def test_repeated_rows(folder, store, quiet):
    def twice(text: str) -> str:
        line = next(line for line in text.splitlines() if "Einwohner insgesamt,Zentrum," in line)
        return text + line + "\n"

    edit_table(folder, twice)
    assert "a second row for area 00 in 20" in failure(folder, store, quiet)


def test_lost_rows_of_one_ortsteil(folder, store, quiet):
    def without(text: str) -> str:
        return "".join(
            line
            for line in text.splitlines(keepends=True)
            if "einwohner-insgesamt" not in line or ",Miltitz," not in line
        )

    edit_table(folder, without)
    said = failure(folder, store, quiet)
    assert "there is no row for 1 of 63 areas of sub_district: 66 (Miltitz)" in said


@pytest.mark.parametrize("year", ["0000", "22", "202x"])
def test_year_that_is_none(folder, store, quiet, year):
    edit_table(folder, lambda text: text.replace("einwohner-insgesamt,2022,", f"einwohner-insgesamt,{year},"))
    assert f"'{year}' is no period" in failure(folder, store, quiet)


def test_packed_table_damaged_on_its_way(folder, store, quiet):
    content = bytearray((folder / TABLE).read_bytes())
    content[1000] ^= 0xFF
    (folder / TABLE).write_bytes(content)
    assert TABLE in failure(folder, store, quiet)


def test_table_with_a_column_too_many(folder, store, quiet):
    edit_table(folder, lambda text: text.replace("\n", ",7\n").replace(",7\n", "\n", 1))
    assert "has more cells than the header" in failure(folder, store, quiet)
