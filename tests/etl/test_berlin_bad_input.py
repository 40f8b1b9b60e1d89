"""Broken Berlin files: each is one clear line."""

from __future__ import annotations

import shutil
from pathlib import Path

import geopandas as gpd
import pytest

from etl.errors import DeliveryError, FetchError
from etl.sources.berlin import BerlinSource

STEM = "berlin-monitoring-social-urban-development-"


@pytest.fixture
def folder(berlin_folder: Path, tmp_path: Path) -> Path:
    """Return a folder with copies of the tables, to be broken, and links to the boundaries."""
    made = tmp_path / "delivery"
    made.mkdir()
    for entry in berlin_folder.iterdir():
        if entry.is_dir():
            shutil.copytree(entry, made / entry.name, copy_function=shutil.copyfile)
            (made / entry.name).chmod(0o755)
        else:
            (made / entry.name).symlink_to(entry)
    return made


def table(folder: Path, edition: str, name: str) -> Path:
    return folder / f"mss_{edition}" / f"{STEM}{edition}-00-{name}.csv"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def failure(folder: Path, store, quiet) -> str:
    source = BerlinSource()
    with pytest.raises((FetchError, DeliveryError)) as raised:
        source.clean(source.fetch(store, folder=folder, progress=quiet), progress=quiet)
    assert "\n" not in str(raised.value)
    return "; ".join(getattr(raised.value, "problems", (str(raised.value),)))


def rewrite_boundaries(folder: Path, change) -> None:
    path = folder / "lor_pre2021.gpkg"
    source = path.resolve()
    path.unlink()
    for layer in ("planungsraeume", "bezirksregionen", "prognoseraeume"):
        frame = gpd.read_file(source, layer=layer)
        (change(frame) if layer == "planungsraeume" else frame).to_file(path, layer=layer)


def test_missing_folder(tmp_path, store, quiet):
    assert "folder not found" in failure(tmp_path / "nowhere", store, quiet)


def test_missing_boundaries(folder, store, quiet):
    (folder / "bezirke.gpkg").unlink()
    assert "file not found: " in failure(folder, store, quiet)


def test_missing_table(folder, store, quiet):
    table(folder, "2017", "1-planning-areas").unlink()
    assert f"{STEM}2017-00-1-planning-areas.csv" in failure(folder, store, quiet)


def test_missing_layer(folder, store, quiet):
    (folder / "lor_pre2021.gpkg").unlink()
    (folder / "lor_pre2021.gpkg").symlink_to((folder / "bezirke.gpkg").resolve())
    assert (
        "layer not found: lor_pre2021.gpkg, layer planungsraeume; the file has the layer(s) bezirke"
        in failure(folder, store, quiet)
    )


def test_keys_that_lost_their_leading_zero(folder, store, quiet):
    edit(table(folder, "2013", "1-planning-areas"), "\n0", "\n")
    assert "MSS edition 2013 has other planning areas than 2019" in failure(folder, store, quiet)


def test_repeated_key_in_a_table(folder, store, quiet):
    edit(table(folder, "2019", "2-1-planning-areas"), "\n01011102,", "\n01011101,")
    assert "key 01011101 occurs more than once; one row each" in failure(folder, store, quiet)


def test_unknown_class(folder, store, quiet):
    edit(table(folder, "2017", "1-planning-areas"), "01011101,3114,2,", "01011101,3114,7,")
    assert "01011101: '7' is not one of the classes 1, 2, 3, 4" in failure(folder, store, quiet)


def test_text_in_place_of_a_number(folder, store, quiet):
    edit(table(folder, "2017", "2-1-planning-areas"), "01011101,3114,4.98155", "01011101,3114,viel")
    assert "column s1_percentage_unemployed: 1 cell(s) are not numbers: 'viel'" in failure(
        folder, store, quiet
    )


def test_lost_column(folder, store, quiet):
    edit(table(folder, "2017", "2-1-planning-areas"), "s3_percentage_transfer_payments_recipients,", "s3,")
    assert "lacks the column(s) s3_percentage_transfer_payments_recipients" in failure(folder, store, quiet)


def test_values_of_areas_without_a_class(folder, store, quiet):
    edit(table(folder, "2017", "1-planning-areas"), "01011101,3114,2,", "01011101,3114,0,")
    assert "areas without a class have values: 01011101; use tables of one edition" in failure(
        folder, store, quiet
    )


def test_repeated_key_that_its_place_does_not_explain(folder, store, quiet):
    def repeat(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return frame.assign(LOR_ID=frame["LOR_ID"].replace("01011102", "01011101"))

    rewrite_boundaries(folder, repeat)
    assert "key 01011101 occurs more than once; every planning area needs its own" in failure(
        folder, store, quiet
    )


def test_lost_polygon(folder, store, quiet):
    def lose(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return frame[frame["LOR_ID"] != "01011102"]

    rewrite_boundaries(folder, lose)
    assert "planning area 01011102 is in the tables but not in the geometry" in failure(folder, store, quiet)


def test_wrong_crs(folder, store, quiet):
    path = folder / "bezirke.gpkg"
    frame = gpd.read_file(path).set_crs(3857, allow_override=True)
    path.unlink()
    frame.to_file(path, layer="bezirke")
    assert "wrong CRS: the file claims EPSG:3857" in failure(folder, store, quiet)


def test_register_table_of_no_year(folder, store, quiet):
    name = "berlin-lor-population-0000-02-t1-planning-areas.csv"
    columns = (
        "id,inhabitants,inhabitants_germans,inhabitants_foreigners,inhabitants_with_migration_background"
    )
    (folder / name).write_text(f"{columns}\n01011101,5,3,2,2\n", encoding="utf-8")
    assert failure(folder, store, quiet).startswith(f"0000 is not a year: {name}; correct the name")
