"""Broken Leipzig files: each is one clear line, and the raw files stay in the store."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import geopandas as gpd
import pytest

from etl.errors import DeliveryError, EtlError, FetchError
from etl.sources.leipzig import LeipzigSource

GEOJSON, TABLE = "raw_leipzig-districts.json", "indicators_long.csv.gz"


@pytest.fixture
def folder(leipzig_folder: Path, tmp_path: Path) -> Path:
    """Return a folder with copies of the GeoJSON and the table, to be broken."""
    made = tmp_path / "delivery"
    made.mkdir()
    for name in (GEOJSON, TABLE):
        shutil.copyfile(leipzig_folder / name, made / name)
    return made


def failure(folder: Path | None, store, quiet) -> str:
    source = LeipzigSource()
    with pytest.raises((FetchError, DeliveryError)) as raised:
        source.clean(source.fetch(store, folder=folder, progress=quiet), progress=quiet)
    assert isinstance(raised.value, EtlError)
    assert "\n" not in str(raised.value)
    return "; ".join(getattr(raised.value, "problems", (str(raised.value),)))


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
    assert "has none of ortsteile.gpkg, raw_leipzig-districts.json" in failure(folder, store, quiet)


def test_missing_table(folder, store, quiet):
    (folder / TABLE).unlink()
    assert "has none of indicators_long.csv.gz" in failure(folder, store, quiet)


def test_cut_off_geojson(folder, store, quiet):
    content = (folder / GEOJSON).read_bytes()
    (folder / GEOJSON).write_bytes(content[:500_000])
    assert f"broken GeoJSON in {GEOJSON}: line" in failure(folder, store, quiet)
    kept = list(store.root.rglob(f"*-{GEOJSON}"))
    assert [path.read_bytes() for path in kept] == [content[:500_000]]


def test_empty_geojson(folder, store, quiet):
    (folder / GEOJSON).write_bytes(b"")
    assert f"the file is empty: {GEOJSON}" in failure(folder, store, quiet)


def test_duplicate_key(folder, store, quiet):
    edit_geojson(folder, lambda document: document["features"][2]["properties"].update(key="00"))
    assert "key '00' occurs 2 times; every Ortsteil needs its own" in failure(folder, store, quiet)


def test_key_read_as_a_number_is_not_repaired_where_no_zero_fill_is_declared(folder, store, quiet):
    edit_geojson(folder, lambda document: document["features"][1]["properties"].update(key=0))
    assert "key '0' is not two digits; keys are text with their leading zero" in failure(folder, store, quiet)


def test_missing_area(folder, store, quiet):
    edit_geojson(folder, lambda document: document["features"].pop())
    assert "62 Ortsteile, 63 are expected" in failure(folder, store, quiet)


def test_feature_without_geometry(folder, store, quiet):
    edit_geojson(folder, lambda document: document["features"][5].update(geometry=None))
    assert "1 area(s) without geometry: 04" in failure(folder, store, quiet)


def test_self_crossing_polygon(folder, store, quiet):
    def cross(document) -> None:
        ring = document["features"][5]["geometry"]["coordinates"][0]
        ring[10], ring[40] = ring[40], ring[10]

    edit_geojson(folder, cross)
    assert "1 area(s) with invalid geometry: 04 (" in failure(folder, store, quiet)


def test_wrong_crs(leipzig_folder, folder, store, quiet):
    frame = gpd.read_file(leipzig_folder / "ortsteile.gpkg").set_crs("EPSG:3857", allow_override=True)
    frame.to_file(folder / "ortsteile.gpkg", layer="ortsteile")
    assert "wrong CRS: the file claims EPSG:3857" in failure(folder, store, quiet)


def test_unjoinable_name_comes_with_its_nearest(folder, store, quiet):
    edit_table(folder, lambda text: text.replace("Grünau-Mitte", "Gruenau Mitte"))
    said = failure(folder, store, quiet)
    assert "the area name 'Gruenau Mitte' joins no Ortsteil; nearest: Grünau-Mitte" in said
    assert "no row for 1 Ortsteil(e): Grünau-Mitte" in said


def test_garbled_umlauts_are_restored_as_a_named_step(folder, store, quiet):
    edit_table(folder, lambda text: text.replace("Grünau", "GrÃ¼nau"))
    source = LeipzigSource()
    delivery = source.clean(source.fetch(store, folder=folder, progress=quiet), progress=quiet)
    assert (
        delivery.repairs["names with garbled umlauts restored"] == 5
    )  # Grünau-Ost, -Mitte, -Siedlung, -Nord, Lausen-


def test_table_without_a_needed_column(folder, store, quiet):
    edit_table(folder, lambda text: text.replace("ortsteil_name", "gebiet", 1))
    assert f"{TABLE} lacks the column(s) ortsteil_name: it has topic, year" in failure(folder, store, quiet)


def test_empty_table(folder, store, quiet):
    (folder / TABLE).write_bytes(gzip.compress(b""))
    assert f"the file is empty: {TABLE}" in failure(folder, store, quiet)


def test_cell_that_is_no_number(folder, store, quiet):
    edit_table(
        folder,
        lambda text: text.replace("Einwohner insgesamt,Zentrum,1", "Einwohner insgesamt,Zentrum,ca. 1"),
    )
    assert "Zentrum, 20" in failure(folder, store, quiet)


def test_repeated_rows(folder, store, quiet):
    def twice(text: str) -> str:
        line = next(line for line in text.splitlines() if "Einwohner insgesamt,Zentrum," in line)
        return text + line + "\n"

    edit_table(folder, twice)
    assert "1 cell(s) occur twice, the first is einwohner-insgesamt, Einwohner insgesamt" in failure(
        folder, store, quiet
    )


def test_lost_rows_of_one_ortsteil(folder, store, quiet):
    def without(text: str) -> str:
        return "".join(
            line
            for line in text.splitlines(keepends=True)
            if "einwohner-insgesamt" not in line or ",Miltitz," not in line
        )

    edit_table(folder, without)
    assert "einwohner-insgesamt: no row for 1 Ortsteil(e): Miltitz" in failure(folder, store, quiet)


@pytest.mark.parametrize("year", ["0000", "22", "202x"])
def test_year_that_is_none(folder, store, quiet, year):
    edit_table(folder, lambda text: text.replace("einwohner-insgesamt,2022,", f"einwohner-insgesamt,{year},"))
    said = failure(folder, store, quiet)
    assert said == f"einwohner-insgesamt: '{year}' is not a year; correct it and load again"


def test_packed_table_damaged_on_its_way(folder, store, quiet):
    content = bytearray((folder / TABLE).read_bytes())
    content[1000] ^= 0xFF
    (folder / TABLE).write_bytes(content)
    assert f"{TABLE} cannot be read: " in failure(folder, store, quiet)


def test_table_with_a_column_too_many(folder, store, quiet):
    edit_table(folder, lambda text: text.replace("\n", ",7\n").replace(",7\n", "\n", 1))
    assert f"{TABLE} is not a table: its rows have more cells" in failure(folder, store, quiet)
