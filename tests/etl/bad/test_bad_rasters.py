"""Broken rasters: each finding names the file, what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

CELLS = np.arange(1, 17, dtype="float32").reshape(2, 8)
PLACE = Affine(500, 0, 500_000, 0, -500, 6_001_000)
FINE = Affine(5, 0, 500_000, 0, -5, 6_001_000)
VRT = '<VRTDataset rasterXSize="1" rasterYSize="1"></VRTDataset>'
MANIFEST = """
[[indicator]]
id = "people"
title_de = "Menschen"
title_en = "People"
least = 0
[[raster]]
file = "people.tif"
geography = "sub_district"
indicator = "people"
statistic = "sum"
period = "2020"
"""


def write(path: Path, cells: np.ndarray = CELLS, **options: object) -> None:
    profile = {"driver": "GTiff", "height": cells.shape[0], "width": cells.shape[1], "count": 1}
    profile |= {"dtype": cells.dtype, "transform": PLACE, "crs": "EPSG:25832"} | options
    with rasterio.open(path, "w", **profile) as file:
        file.write(cells, 1)


def cut(path: Path) -> None:
    write(
        path,
        np.random.default_rng(0).random((400, 800)).astype("float32"),
        transform=FINE,
    )
    path.write_bytes(path.read_bytes()[:40_000])


def bomb(path: Path) -> None:
    """Twenty thousand million cells over the four areas, in a file of a few megabytes: no cell is written."""
    profile = {"driver": "GTiff", "height": 100_000, "width": 200_000, "count": 1, "dtype": "uint8"}
    place = Affine(0.02, 0, 500_000, 0, -0.01, 6_001_000)
    with rasterio.open(
        path,
        "w",
        **profile,
        transform=place,
        crs="EPSG:25832",
        tiled=True,
        sparse_ok=True,
        blockxsize=1024,
        blockysize=1024,
    ):
        pass


def one_block(path: Path) -> None:
    """One tile of 9,008 × 9,008 cells: to see one cell all of them would have to be unpacked."""
    profile = {
        "driver": "GTiff",
        "height": 9_008,
        "width": 9_008,
        "count": 1,
        "dtype": "uint8",
        "tiled": True,
    }
    with rasterio.open(
        path,
        "w",
        **profile,
        transform=FINE,
        crs="EPSG:25832",
        blockxsize=9_008,
        blockysize=9_008,
        sparse_ok=True,
    ):
        pass


MADE: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "an empty file": (lambda p: p.write_bytes(b""), "missing or empty", "fetch the file again"),
    "a text": (lambda p: p.write_text("no raster"), "no readable raster", "right file"),
    "a virtual raster that names another file": (
        lambda p: p.write_text(VRT), "no readable raster", "right file",
    ),
    "a file that is cut off": (cut, "cells cannot be read", "right file and whole"),
    "no place on the map": (lambda p: write(p, transform=Affine.identity()), "where it lies", "place on the map"),
    "a turned grid": (
        lambda p: write(p, transform=Affine(490, 90, 500_000, 90, -490, 6_001_000)), "turned or upside down", "north up",
    ),
    "a grid upside down": (
        lambda p: write(p, transform=Affine(500, 0, 500_000, 0, 500, 6_000_000)), "turned or upside down", "north up",
    ),
    "no CRS": (lambda p: write(p, crs=None), "does not say its CRS", "say crs"),
    "another place": (
        lambda p: write(p, transform=Affine(500, 0, 950_000, 0, -500, 6_001_000)), "does not lie where", "file and crs",
    ),
    "another CRS": (lambda p: write(p, crs="EPSG:31468"), "does not lie where", "file and crs"),
    "numbers of two parts": (lambda p: write(p, CELLS.astype("complex64")), "complex64", "real numbers"),
    "an infinite cell": (lambda p: write(p, np.where(CELLS == 3, np.inf, CELLS)), "1 cell(s) are infinite", "nodata"),
    "a sign for nothing that nobody told": (
        lambda p: write(p, np.where(CELLS == 3, -9999, CELLS)), "-9972 is below 0", "nodata",
    ),
    "more cells than can be read": (bomb, "50,000,000 can be read", "larger cells"),
    "a block as large as the raster": (one_block, "blocks of 9,008 × 9,008", "TILED=YES"),
}  # fmt: skip


@pytest.mark.parametrize("name", MADE)
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")  # while the file is made
def test_a_broken_raster_is_told_with_what_to_do(dataset, name: str) -> None:
    make, what, todo = MADE[name]
    dataset.add(MANIFEST)
    make(dataset.folder / "people.tif")
    found = dataset.inspect()
    assert found.delivery is None
    (error,) = found.findings.errors
    assert error.file == "people.tif"
    assert what in error.what
    assert todo in error.todo


def test_other_kinds_of_files_are_told(dataset) -> None:
    dataset.add(MANIFEST.replace("people.tif", "values.csv"))
    (error,) = dataset.inspect().findings.errors
    assert (error.file, error.what) == ("values.csv", "the file is no GeoTIFF and no ASCII grid")


def test_a_raster_is_looked_at_even_where_the_areas_are_broken(dataset) -> None:
    dataset.add(MANIFEST.replace('statistic = "sum"', 'statistic = "sum"\nband = 3'))
    dataset.write_areas(dataset.areas().assign(nr=["01", "01", "03", "04"]))
    write(dataset.folder / "people.tif")
    told = [one.what for one in dataset.inspect().findings.errors]
    assert any("occurs 2" in one for one in told)
    assert any("there is no band 3" in one for one in told)


def test_a_raster_that_is_not_there_is_told_with_all_other_files(dataset) -> None:
    dataset.add(MANIFEST)
    with pytest.raises(ValueError, match=r"people\.tif: the file is not in"):
        dataset.inspect()


def test_two_origins_of_one_value_are_refused(dataset) -> None:
    dataset.add(MANIFEST.split("[[raster]]")[1].join(["[[raster]]", ""]).replace('"people"', '"residents"'))
    write(dataset.folder / "people.tif")
    told = [one.what for one in dataset.inspect().findings.errors]
    assert "residents of area 01 in 2020 comes from two tables" in told


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('"sub_district"\nindicator', '"block"\nindicator', "'block' is no level"),
        ('indicator = "people"', 'indicator = "peple"', "'peple' is not among the indicators"),
        ('statistic = "sum"', 'statistic = "median"', "statistic is 'median'"),
        ('statistic = "sum"', 'statistic = "percent"', "percent needs classes"),
        ('statistic = "sum"', 'statistic = "sum"\nclasses = [1]', "sum knows no classes"),
        ('statistic = "sum"', 'statistic = "sum"\nknown_at_least = 99', "known_at_least is 99"),
        ('statistic = "sum"', 'statistic = "sum"\nband = 0', "band is 0"),
        ('statistic = "sum"', 'statistic = "sum"\ncrs = "Gauß"', "'Gauß' is no CRS"),
        ('period = "2020"', 'period = "20"', "'20' is no period"),
        ('"people.tif"', '"../people.tif"', "leads out of the folder"),
        (
            'statistic = "sum"',
            'statistic = "sum"\ncells = { x = "x", y = "y", column = "n", size = 0 }',
            "does not say its CRS",
        ),
    ],
)
def test_a_manifest_that_asks_the_impossible_of_a_raster_is_refused(
    dataset, old: str, new: str, what: str
) -> None:
    dataset.add(MANIFEST)
    dataset.manifest(old, new)
    with pytest.raises(ValueError, match=r"dataset\.toml") as refused:
        dataset.inspect()
    assert any(what in one.what for one in refused.value.findings)


def refusals(dataset) -> list[str]:
    with pytest.raises(ValueError, match=r"dataset\.toml") as refused:
        dataset.inspect()
    return [one.sentence() for one in refused.value.findings]


@pytest.mark.parametrize(
    ("statistic", "kind", "todo"),
    [
        ("sum", "intensive", 'give it kind = "extensive"'),
        ("mean", "extensive", 'give it kind = "intensive"'),
        ("percent", "extensive", 'give it kind = "intensive"'),
    ],
)
def test_sums_are_counts_and_levels_are_none_so_that_no_count_goes_unprotected(
    dataset, statistic: str, kind: str, todo: str
) -> None:
    dataset.add(MANIFEST)
    dataset.manifest('title_en = "People"', f'title_en = "People"\nkind = "{kind}"')
    classes = "\nclasses = [1]" if statistic == "percent" else ""
    dataset.manifest('statistic = "sum"', f'statistic = "{statistic}"{classes}')
    (told,) = refusals(dataset)
    assert f"{statistic} makes 'people', which is {kind}" in told
    assert todo in told


LEVEL = """
[[indicator]]
id = "level"
title_de = "Menschen je Zelle"
title_en = "People per cell"
kind = "intensive"
[[raster]]
file = "people.tif"
geography = "sub_district"
indicator = "level"
statistic = "mean"
period = "2020"
"""


@pytest.mark.parametrize("rule", ['"mean"', '"percent"\nclasses = [2]', '"surface"\nclasses = [2]'])
@pytest.mark.parametrize(
    ("confidentiality", "holds", "what"),
    [
        ('profile = "recommended"', "", "nothing says whether the cells of people.tif hold persons"),
        ('profile = "recommended"', "persons", "gives away counts that are withheld"),
        ('profile = "as-published"\nminimum_count = 3', "", "nothing says whether"),
        ('profile = "as-published"\nexceptions = { residents = "strict" }', "", "nothing says whether"),
        # A word about the level is none about its grid.
        ('profile = "strict"\nexceptions = { level = "none" }', "", "nothing says whether"),
    ],
)
def test_levels_of_a_grid_of_persons_are_refused_unless_everything_is_public(
    dataset, rule: str, confidentiality: str, holds: str, what: str
) -> None:
    write(dataset.folder / "people.tif")
    dataset.add(LEVEL)
    word = f'\nholds = "{holds}"' if holds else ""
    dataset.manifest('statistic = "mean"', f"statistic = {rule}{word}")
    assert dataset.inspect().findings.errors == []  # as published
    dataset.manifest('profile = "as-published"', confidentiality)
    (told,) = refusals(dataset)
    assert what in told
    assert "sum" in told


def test_levels_of_the_ground_pass_and_a_missing_word_about_confidentiality_is_the_strict_one(
    dataset,
) -> None:
    write(dataset.folder / "people.tif")
    dataset.add(LEVEL)
    dataset.manifest('[confidentiality]\nprofile = "as-published"\n', "")
    assert len(refusals(dataset)) == 1
    dataset.manifest('statistic = "mean"', 'statistic = "mean"\nholds = "ground"')
    assert dataset.inspect().findings.errors == []


def test_a_grid_that_is_summed_as_people_is_not_taken_for_ground(dataset) -> None:
    dataset.add(MANIFEST)
    dataset.add(LEVEL.replace('"mean"', '"mean"\nholds = "ground"'))
    dataset.manifest('profile = "as-published"', 'profile = "strict"')
    (told,) = refusals(dataset)
    assert "people.tif is added up as counts by another [[raster]]" in told
    dataset.manifest('profile = "strict"', 'profile = "strict"\nexceptions = { people = "none" }')
    write(dataset.folder / "people.tif")
    assert dataset.inspect().findings.errors == []  # trees, say


def test_no_word_takes_the_protection_of_counts_from_a_sum(dataset) -> None:
    dataset.add(MANIFEST)
    dataset.manifest('statistic = "sum"', 'statistic = "sum"\nholds = "ground"')
    (told,) = refusals(dataset)
    assert "a sum is protected as a count whatever its cells hold" in told
