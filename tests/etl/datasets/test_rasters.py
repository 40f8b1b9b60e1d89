"""Rasters of a data set become values of areas: which cells, which CRS, what is missing."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from pyproj import CRS, Transformer
from rasterio.transform import Affine
from sqlalchemy import Engine, text

from etl.conversions.weights import weights_from_file
from etl.datasets.first_manifest import first_manifest
from etl.datasets.manifest_reading import manifest_of
from etl.datasets.rasters.files import read_window
from etl.errors import EtlError
from etl.pipeline import load_city
from spatial.crosswalk import by_population
from spatial.rasters import raster_weights

# The four squares of 1 km lie in a row from x = 500,000 at y = 6,000,000 to 6,001,000. Eight cells of 500 m over them:
PEOPLE = np.array([[10, 20, 30, 40, 50, 60, 70, 80], [1, 2, 3, 4, 5, 6, 7, 8]], dtype="float32")
PLACE = Affine(500, 0, 500_000, 0, -500, 6_001_000)
MANIFEST = """
[[indicator]]
id = "people"
title_de = "Menschen"
title_en = "People"
[[raster]]
file = "people.tif"
geography = "sub_district"
indicator = "people"
statistic = "sum"
period = "2020"
"""


def write(
    path: Path, cells: np.ndarray, *, place: Affine = PLACE, crs: object = 25832, **options: object
) -> None:
    bands = cells if cells.ndim == 3 else cells[None]
    profile = {"driver": "GTiff", "height": bands.shape[1], "width": bands.shape[2], "count": bands.shape[0]}
    with rasterio.open(
        path, "w", **profile, dtype=bands.dtype, transform=place, crs=crs and f"EPSG:{crs}", **options
    ) as file:
        file.write(bands)


@pytest.fixture
def raster(dataset) -> Callable[..., None]:
    """Give the small data set a raster of people."""
    dataset.add(MANIFEST)

    def made(cells: np.ndarray = PEOPLE, **options: object) -> None:
        write(dataset.folder / "people.tif", cells, **options)

    made()
    return made


def told(dataset) -> dict[str, int]:
    found = dataset.inspect()
    assert found.delivery is not None, [one.sentence() for one in found.findings.errors]
    return dict(found.counted)


def test_a_grid_of_people_is_added_up_for_each_area_and_for_the_city(raster, value) -> None:
    # The first square holds 10, 20, 1 and 2; the city all of them: 360 + 36.
    assert value("01", "people", "2020") == (33, "measured")
    assert value("04", "people", "2020") == (165, "measured")
    assert value("000", "people", "2020", "city") == (396, "measured")


def test_the_date_is_the_last_day_of_the_period_or_what_is_told(raster, dataset) -> None:
    def day() -> date:
        values = dataset.inspect().delivery.values
        return values.loc[values["indicator_id"] == "people", "reference_date"].iloc[0]

    assert day() == date(2020, 12, 31)
    dataset.manifest('statistic = "sum"', 'statistic = "sum"\nreference_date = 2020-05-15')
    assert day() == date(2020, 5, 15)


def test_cells_on_a_border_count_in_part_and_persons_stay_whole(raster, value) -> None:
    # Cells of 1,500 m: the first square has two thirds of a cell in width and height, 100 · 4/9 = 44.4 persons.
    raster(np.array([[100, 0, 0]], dtype="uint16"), place=Affine(1500, 0, 500_000, 0, -1500, 6_001_000))
    assert value("01", "people", "2020") == (44, "measured")
    assert value("03", "people", "2020") == (0, "zero")


def test_an_area_that_is_not_known_is_missing_and_counted(raster, value, dataset) -> None:
    cells = PEOPLE.copy()
    cells[0, 0] = -9999
    raster(cells, nodata=-9999)
    found = value("01", "people", "2020")
    assert (np.isnan(found[0]), found[1]) == (True, "missing")
    assert told(dataset)["people: sub_district without enough known cells, called missing"] == 1
    dataset.manifest('statistic = "sum"', 'statistic = "sum"\nempty = "zero"')
    assert value("01", "people", "2020") == (23, "measured")
    assert told(dataset)["people.tif: cells without a number, taken as 0"] == 1


def test_a_number_that_stands_for_not_known_is_told_by_the_manifest(raster, value, dataset) -> None:
    dataset.manifest('statistic = "sum"', 'statistic = "sum"\nnodata = [80]\nknown_at_least = 0.75')
    assert value("04", "people", "2020") == (85, "measured")


def test_the_areas_go_into_the_crs_of_the_raster_and_its_sums_stay(raster, value, dataset) -> None:
    # The grid of the census is EPSG:3035. One cell with 7 persons around the middle of the second square.
    x, y = Transformer.from_crs(25832, 3035, always_xy=True).transform(501_500, 6_000_500)
    cells = np.zeros((101, 101), dtype="int16")
    cells[50, 50] = 7
    raster(cells, place=Affine(100, 0, x - 5050, 0, -100, y + 5050), crs=3035)
    assert value("02", "people", "2020") == (7, "measured")
    assert value("01", "people", "2020") == (0, "zero")
    name = (
        "people.tif: areas of sub_district brought into ETRS89-extended / LAEA Europe, the CRS of its cells"
    )
    assert told(dataset)[name] == 4


def test_land_use_becomes_percent_square_metres_and_a_mean(dataset, value) -> None:
    land = np.array([[1, 1, 2, 2, 1, 2, 9, 9], [1, 2, 2, 2, 1, 2, 9, 9]], dtype="uint8")
    write(dataset.folder / "land.tif", np.stack([np.zeros_like(land), land]), nodata=0)
    unit = '[[indicator]]\nid = "{0}"\ntitle_de = "{0}"\ntitle_en = "{0}"\nunit = "{1}"\nkind = "{2}"\n'
    part = '[[raster]]\nfile = "land.tif"\nband = 2\ngeography = "sub_district"\nindicator = "{0}"\nperiod = "2020"\n{1}\n'
    for name, measure, kind, rule in (
        ("sealed", "%", "intensive", 'statistic = "percent"\nclasses = [1]'),
        ("green", "ha", "extensive", 'statistic = "surface"\nclasses = [2, 9]\nfactor = 1e-4'),
        ("height", "m", "intensive", 'statistic = "mean"\nstatus = "uncertain"'),
    ):
        dataset.add(unit.format(name, measure, kind) + part.format(name, rule))
    assert value("01", "sealed", "2020") == (75, "measured")
    assert value("03", "sealed", "2020")[0] == pytest.approx(50)
    # A square is 100 ha: a quarter, all, half and all of them.
    assert [value(f"0{n}", "green", "2020")[0] for n in (1, 2, 3, 4)] == [25, 100, 50, 100]
    assert value("01", "height", "2020") == (pytest.approx(1.25), "uncertain")


def test_an_ascii_grid_has_its_crs_beside_it_or_in_the_manifest(dataset, value, store, quiet) -> None:
    dataset.add(MANIFEST.replace("people.tif", "people.asc"))
    rows = "\n".join(" ".join(f"{one:g}" for one in row) for row in PEOPLE)
    head = "ncols 8\nnrows 2\nxllcorner 500000\nyllcorner 6000000\ncellsize 500\nNODATA_value -9999\n"
    (dataset.folder / "people.asc").write_text(head + rows + "\n")
    found = dataset.inspect()
    assert found.findings.errors[0].what == "the raster does not say its CRS"
    (dataset.folder / "people.prj").write_text(CRS.from_epsg(25832).to_wkt("WKT1_ESRI"))
    assert value("01", "people", "2020") == (33, "measured")
    # Kept raw, under their checksums, the two files find each other again.
    source = dataset.source()
    files = source.fetch(store, folder=None, progress=quiet)
    assert {"people.asc", "people.prj"} <= {one.name for one in files}
    values = source.clean(files, progress=quiet).values.set_index(["area_id", "indicator_id", "period"])
    assert values.loc[("01", "people", "2020"), "value"] == 33
    (dataset.folder / "people.prj").unlink()
    dataset.manifest('statistic = "sum"', 'statistic = "sum"\ncrs = "EPSG:25832"')
    assert value("01", "people", "2020") == (33, "measured")


def test_a_raster_in_a_zip_is_read(dataset, value, tmp_path: Path) -> None:
    dataset.add(MANIFEST.replace("people.tif", "people.zip"))
    write(tmp_path / "people.tif", PEOPLE)
    with zipfile.ZipFile(dataset.folder / "people.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(tmp_path / "people.tif", "grid/people.tif")
        archive.writestr("grid/read_me.txt", "cells of 500 m")
    assert value("01", "people", "2020") == (33, "measured")
    with zipfile.ZipFile(dataset.folder / "people.zip", "w") as archive:
        archive.writestr("read_me.txt", "nothing else")
    (error,) = dataset.inspect().findings.errors
    assert error.what == "the archive holds 0 rasters: none"


CELLS = """
[[indicator]]
id = "people"
title_de = "Menschen"
title_en = "People"
[[raster]]
file = "zensus.csv"
crs = "EPSG:25832"
cells = { x = "x_mp_500m", y = "y_mp_500m", column = "Einwohner", size = 500 }
geography = "sub_district"
indicator = "people"
statistic = "sum"
empty = "zero"
period = "2020"
"""


def zensus(folder: Path, rows: dict[tuple[float, float], str]) -> None:
    lines = [f"500mN{y:.0f}E{x:.0f};{x:.0f};{y:.0f};{text}" for (x, y), text in rows.items()]
    text = "\n".join(["GITTER_ID_500m;x_mp_500m;y_mp_500m;Einwohner", *lines, ""])
    (folder / "zensus.csv").write_text(text, encoding="utf-8")


def test_a_table_of_cells_as_the_census_has_it_is_a_raster(dataset, value) -> None:
    dataset.add(CELLS)
    near = {(500_250, 6_000_250): "5", (500_750, 6_000_750): "–", (502_250, 6_000_250): "12"}
    far = {(900_250, 5_000_250): "99"}
    zensus(dataset.folder, near | far)
    assert value("01", "people", "2020") == (5, "measured")
    assert value("02", "people", "2020") == (0, "zero")
    assert value("03", "people", "2020") == (12, "measured")


@pytest.mark.parametrize(
    ("rows", "place", "what"),
    [
        (
            {(500_250, 6_000_250): "5", (500_700, 6_000_250): "5"},
            "row 3",
            "is not the middle of a cell of 500",
        ),
        ({(500_250, 6_000_250): "5", (500_251, 6_000_250): "5"}, "row 3", "a second row for the same cell"),
        ({(500_250, 6_000_250): "5,5"}, "row 2", "'5,5' is no number"),
        ({(1, 1): "5"}, "", "no cell lies where the areas are"),
    ],
)
def test_a_table_of_cells_that_is_no_grid_is_told_by_row(dataset, rows, place: str, what: str) -> None:
    dataset.add(CELLS)
    zensus(dataset.folder, rows)
    (error,) = dataset.inspect().findings.errors
    assert (error.file, error.place) == ("zensus.csv", place)
    assert what in error.what


def test_a_table_of_cells_without_its_columns_is_told(dataset) -> None:
    dataset.add(CELLS.replace("Einwohner", "Insgesamt"))
    zensus(dataset.folder, {(500_250, 6_000_250): "5"})
    (error,) = dataset.inspect().findings.errors
    assert error.column == "Insgesamt"
    assert "no such column" in error.what


def test_weights_of_a_raster_divide_what_was_counted_on_other_borders(raster, dataset) -> None:
    """A raster read from a file serves a crosswalk by population."""
    files = {one.name: one for one in dataset.source().files_in_place(None)}
    found = read_window(files, "people.tif", (500_000, 6_000_000, 504_000, 6_001_000))
    weights = raster_weights(found)
    old = dataset.areas().set_index("nr").geometry
    new = old.set_axis([f"{key}n" for key in old.index])
    new[:] = [
        shapely.box(500_000 + at, 6_000_000, 500_000 + at + 1000, 6_001_000) for at in (500, 1500, 2500, 3500)
    ]
    walk = by_population(old, new, weights.cells, weights.population)
    # Of the 33 people of the first square 22 live in its eastern half.
    assert walk.to_frame().set_index(["from_area", "to_area"]).loc[("01", "01n"), "share"] == pytest.approx(
        22 / 33
    )


def test_a_raster_of_people_is_weights_of_a_crosswalk_in_the_crs_of_the_city(dataset, tmp_path: Path) -> None:
    # 100 people around the middle of the western half of the first square, 50 in its eastern half, in EPSG:3035.
    middle = Transformer.from_crs(25832, 3035, always_xy=True).transform(500_500, 6_000_500)
    cells = np.zeros((10, 10), dtype="float64")
    cells[5, 2], cells[5, 7] = 100, 50
    place = Affine(100, 0, middle[0] - 500, 0, -100, middle[1] + 500)
    write(tmp_path / "people.tif", cells, place=place, crs=3035)
    weights = weights_from_file(tmp_path / "people.tif", "1", crs="EPSG:25832")
    assert (weights.blocks.crs.to_epsg(), weights.persons.tolist()) == (25832, [100, 50])
    old = dataset.areas().set_index("nr").geometry[:1]
    halves = [shapely.box(500_000 + at, 6_000_000, 500_500 + at, 6_001_000) for at in (0, 500)]
    new = gpd.GeoSeries(halves, index=["west", "east"], crs=25832)
    walk = by_population(old, new, weights.blocks, weights.persons)
    assert walk.to_frame()["share"].tolist() == pytest.approx([2 / 3, 1 / 3])
    for band, what in (("people", "'people' is no band"), ("2", "there is no band 2")):
        with pytest.raises(EtlError, match=what):
            weights_from_file(tmp_path / "people.tif", band, crs="EPSG:25832")
    write(tmp_path / "empty.tif", cells * 0)
    with pytest.raises(EtlError, match="no cell has a weight"):
        weights_from_file(tmp_path / "empty.tif", "1", crs="EPSG:25832")


def test_a_first_manifest_says_what_can_be_seen_of_a_raster(dataset) -> None:
    write(dataset.folder / "people.tif", PEOPLE, nodata=-1)
    (dataset.folder / "broken.tif").write_text("no raster")
    (dataset.folder / "dataset.toml").unlink()
    told = first_manifest(dataset.folder)
    assert (
        "# people.tif: 8 × 2 cells of 500, 1 band of float32, ETRS89 / UTM zone 32N, -1 is not known\n# [[raster]]"
        in told
    )
    assert "# broken.tif is a raster that cannot be read: the file is no readable raster" in told
    assert manifest_of(told.replace('"?"', '"told"')).raster == ()


def test_checks_between_values_hold_for_those_of_rasters(raster, dataset) -> None:
    # Of the last square 165 people come from the raster and 900 from the table; of the first 33 and 1,000.
    dataset.add('[[checks.identity]]\nrule = "people <= residents"\n')
    assert dataset.inspect().findings.errors == []
    raster(PEOPLE * 10)
    told = [one.sentence() for one in dataset.inspect().findings.errors]
    assert len(told) == 1
    assert "area 04" in told[0]
    assert "1,650" in told[0]


@pytest.mark.db
def test_small_counts_of_a_raster_are_withheld_like_any_other(
    raster, dataset, database: Engine, store, quiet
) -> None:
    # The last square holds 3 people, its neighbours 60 each: it and, because the city's sum is public, another one.
    raster(
        np.array([[30, 30, 30, 30, 30, 30, 3, 0]], dtype="int16"),
        place=Affine(500, 0, 500_000, 0, -1000, 6_001_000),
    )
    dataset.manifest(
        'profile = "as-published"',
        'profile = "strict"\nexceptions = { residents = "none", non_german = "none" }',
    )
    options = {"folder": None, "loaded_by": "test", "code_version": "test", "progress": quiet}
    load_city(database, dataset.source(), store, **options)
    statement = "SELECT area_id, value, status FROM value WHERE indicator_id = 'people' ORDER BY area_id"
    with database.connect() as connection:
        rows = {row.area_id: (row.value, row.status) for row in connection.execute(text(statement))}
    assert rows["000"] == (183, "measured")
    assert rows["04"] == (None, "suppressed")
    assert [status for _value, status in rows.values()].count("suppressed") == 2
