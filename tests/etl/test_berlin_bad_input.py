"""Broken Berlin files: each is one clear line."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import geopandas as gpd
import pytest

from etl.datasets.findings import DatasetError
from etl.errors import FetchError
from etl.shipped_cities.sources import shipped_source

STEM = "berlin-monitoring-social-urban-development-"


@pytest.fixture
def folder(berlin_folder: Path, tmp_path: Path) -> Path:
    """Return a folder with copies of the tables, to be broken."""
    made = tmp_path / "delivery"
    made.mkdir()
    for entry in berlin_folder.iterdir():
        if entry.is_dir():
            shutil.copytree(entry, made / entry.name, copy_function=shutil.copyfile)
            (made / entry.name).chmod(0o755)
        else:
            shutil.copyfile(entry, made / entry.name)
    return made


def table(folder: Path, edition: str, name: str) -> Path:
    return folder / f"mss_{edition}" / f"{STEM}{edition}-00-{name}.csv"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def failure(folder: Path, store, quiet) -> str:
    """Everything that refuses the data, in one text."""
    source = shipped_source("berlin", folder)
    with pytest.raises((FetchError, DatasetError)) as raised:
        source.clean(source.fetch(store, folder=folder, progress=quiet), progress=quiet)
    assert "\n" not in str(raised.value)
    return "; ".join(one.sentence() for one in getattr(raised.value, "findings", ())) or str(raised.value)


def rewrite_boundaries(folder: Path, change) -> None:
    path = folder / "lor_pre2021.gpkg"
    whole = path.rename(folder / "whole.gpkg")
    for layer in ("planungsraeume", "bezirksregionen", "prognoseraeume"):
        frame = gpd.read_file(whole, layer=layer)
        (change(frame) if layer == "planungsraeume" else frame).to_file(path, layer=layer)


def test_missing_folder(tmp_path, store, quiet):
    assert "folder not found" in failure(tmp_path / "nowhere", store, quiet)


def test_missing_boundaries(folder, store, quiet):
    (folder / "bezirke.gpkg").unlink()
    assert "bezirke.gpkg: the file is not in" in failure(folder, store, quiet)


def test_missing_table(folder, store, quiet):
    table(folder, "2017", "1-planning-areas").unlink()
    assert f"{STEM}2017-00-1-planning-areas.csv: the file is not in" in failure(folder, store, quiet)


def test_missing_layer(folder, store, quiet):
    shutil.copyfile(folder / "bezirke.gpkg", folder / "lor_pre2021.gpkg")
    assert "the file has no layer 'planungsraeume': it has bezirke" in failure(folder, store, quiet)


def test_keys_that_lost_their_leading_zero(folder, store, quiet):
    edit(table(folder, "2013", "1-planning-areas"), "\n0", "\n")
    said = failure(folder, store, quiet)
    assert "the key '1011101' has 7 of 8 characters: a number lost its leading zeros" in said
    assert re.search(rf"{STEM}2013-00-1-planning-areas.csv.*: there is no row for \d+ of 447 areas", said)


def test_repeated_key_in_a_table(folder, store, quiet):
    edit(table(folder, "2019", "2-1-planning-areas"), "\n01011102,", "\n01011101,")
    assert "a second row for area 01011101 in 2019" in failure(folder, store, quiet)


def test_unknown_class(folder, store, quiet):
    edit(table(folder, "2017", "1-planning-areas"), "01011101,3114,2,", "01011101,3114,7,")
    assert "'7' is none of the classes 1, 2, 3, 4" in failure(folder, store, quiet)


def test_text_in_place_of_a_number(folder, store, quiet):
    edit(table(folder, "2017", "2-1-planning-areas"), "01011101,3114,4.98155", "01011101,3114,viel")
    said = failure(folder, store, quiet)
    assert "column 's1_percentage_unemployed': 'viel' is neither a number nor a known sign" in said


def test_lost_column(folder, store, quiet):
    edit(table(folder, "2017", "2-1-planning-areas"), "s3_percentage_transfer_payments_recipients,", "s3,")
    said = failure(folder, store, quiet)
    assert "column 's3_percentage_transfer_payments_recipients': there is no such column; it has" in said


def test_repeated_key_that_nothing_corrects(folder, store, quiet):
    def repeat(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return frame.assign(LOR_ID=frame["LOR_ID"].replace("01011102", "01011101"))

    rewrite_boundaries(folder, repeat)
    said = failure(folder, store, quiet)
    assert "01011101" in said
    assert "lor_pre2021.gpkg" in said


def test_lost_polygon(folder, store, quiet):
    def lose(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return frame[frame["LOR_ID"] != "01011102"]

    rewrite_boundaries(folder, lose)
    assert "the area '01011102' is none of planning_area" in failure(folder, store, quiet)


def test_lost_row(folder, store, quiet):
    path = table(folder, "2019", "1-planning-areas")
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("01011102,")), encoding="utf-8")
    said = failure(folder, store, quiet)
    assert "there is no row for 1 of 447 areas of planning_area: 01011102" in said


def test_wrong_crs(folder, store, quiet):
    def lie(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return frame.to_crs(4326).set_crs(3857, allow_override=True)

    rewrite_boundaries(folder, lie)
    assert "wrong CRS: the file claims EPSG:3857" in failure(folder, store, quiet)
