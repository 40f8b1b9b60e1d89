"""Mixed CRS: layers of one data set that do not agree; each finding names the file, what is wrong and what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import Affine

DISTRICTS = """key_length = 3
area_id = "000"
area_name = "Kleinstadt"
[[geography]]
id = "district"
title_de = "Bezirke"
title_en = "Districts"
key_length = 1
file = "{file}"
key = "nr"
name = "name"
"""
OVERLAY = """
[[overlay]]
id = "schools"
kind = "facility"
title_de = "Schulen"
title_en = "Schools"
as_of = 2020-12-31
file = "{file}"
"""
RASTER = """
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


BOX = "srid = 25832\nbox = [8, 53, 11, 55]"


def write(path: Path, frame: gpd.GeoDataFrame, *, drawn: int, claimed: int | None) -> None:
    """Write a layer with the coordinates of one CRS that says it has another, or none."""
    frame.to_crs(drawn).set_crs(claimed or drawn, allow_override=True).to_file(path, engine="pyogrio")
    if claimed is None:
        path.with_suffix(".prj").unlink()


@pytest.fixture
def districts(dataset) -> Callable[..., None]:
    """Give the small data set a second layer: two districts over its four areas."""

    def made(name: str, *, drawn: int, claimed: int | None, say: str = "") -> None:
        boxes = [shapely.box(500_000 + at, 6_000_000, 502_000 + at, 6_001_000) for at in (0, 2000)]
        frame = gpd.GeoDataFrame({"nr": ["1", "2"], "name": ["West", "Ost"]}, geometry=boxes, crs=25832)
        write(dataset.folder / name, frame, drawn=drawn, claimed=claimed)
        dataset.manifest("srid = 25832", BOX)
        told = f'crs = "{say}"\n' if say else ""
        dataset.manifest(
            'key_length = 3\narea_id = "000"\narea_name = "Kleinstadt"\n', DISTRICTS.format(file=name) + told
        )
        dataset.manifest(
            'file = "areas.gpkg"\nkey = "nr"', 'file = "areas.gpkg"\nkey = "nr"\nparent_key = "bezirk"'
        )
        dataset.write_areas(dataset.areas().assign(bezirk=["1", "1", "2", "2"]))

    return made


@pytest.mark.parametrize("crs", [3035, 25833, 31467, 4326])
def test_layers_in_different_crs_come_into_the_one_of_the_city_and_are_counted(
    dataset, districts, crs: int
) -> None:
    districts("districts.gpkg", drawn=crs, claimed=crs)
    found = dataset.inspect()
    assert found.findings.errors == []
    assert found.delivery.repairs[f"district: reprojected from EPSG:{crs} to EPSG:25832"] == 2
    assert found.delivery.areas.crs.to_epsg() == 25832


def test_a_layer_that_claims_another_crs_than_its_coordinates_have_is_counted(dataset, districts) -> None:
    districts("districts.gpkg", drawn=25832, claimed=31467)
    found = dataset.inspect()
    assert found.findings.errors == []
    what = "district: coordinates are EPSG:25832, not EPSG:31467 as the file claims"
    assert found.delivery.repairs[what] == 2
    (warned,) = [one for one in found.findings.found if "as the file claims" in one.what]
    assert (warned.severity, warned.file) == ("warning", "districts.gpkg")
    assert 'crs = "EPSG:25832"' in warned.todo


def test_axes_that_were_swapped_are_warned_of(dataset) -> None:
    swapped = dataset.areas().to_crs(4326)
    swapped["geometry"] = shapely.transform(swapped.geometry.to_numpy(), lambda xy: xy[:, ::-1])
    dataset.write_areas(swapped)
    dataset.manifest("srid = 25832", BOX)
    found = dataset.inspect()
    assert found.delivery is not None
    (warned,) = [one for one in found.findings.found if "the axes were taken" in one.what]
    assert (warned.severity, warned.file) == ("warning", "areas.gpkg")


def test_a_crs_that_the_manifest_says_is_no_assumption(dataset) -> None:
    """GeoJSON without a word means degrees; metres in it are assumed to be of the city's CRS, or said to be."""
    dataset.manifest("srid = 25832", BOX)
    document = json.loads(dataset.areas().to_json())
    document.pop("crs", None)
    (dataset.folder / "areas.geojson").write_text(json.dumps(document), encoding="utf-8")
    dataset.manifest('file = "areas.gpkg"', 'file = "areas.geojson"')
    assumed = [one for one in dataset.inspect().findings.found if one.severity == "warning"]
    assert [one.file for one in assumed] == ["areas.geojson"]
    dataset.manifest('file = "areas.geojson"', 'file = "areas.geojson"\ncrs = "EPSG:25832"')
    found = dataset.inspect()
    assert [one for one in found.findings.found if one.severity == "warning"] == []
    assert found.delivery.repairs == {}


NO_CRS = ("does not say its CRS", "say crs")
CONTRADICTION = ("the file claims ETRS89 / UTM zone 33N, the manifest says EPSG:25832", "leave crs out")
ELSEWHERE = ("do not lie in the city", "export the areas in EPSG:25832")
LAYERS: dict[str, tuple[str, dict[str, Any], tuple[str, str]]] = {
    "no CRS": ("districts.shp", {"drawn": 25832, "claimed": None}, NO_CRS),
    "no CRS, and another one than told": (
        "districts.shp",
        {"drawn": 25833, "claimed": None, "say": "EPSG:25832"},
        ELSEWHERE,
    ),
    "another CRS than told": (
        "districts.gpkg",
        {"drawn": 25833, "claimed": 25833, "say": "EPSG:25832"},
        CONTRADICTION,
    ),
    "another CRS than claimed": ("districts.gpkg", {"drawn": 25833, "claimed": 25832}, ELSEWHERE),
}


@pytest.mark.parametrize("name", LAYERS)
def test_the_layer_whose_crs_is_wrong_is_told_and_no_other(dataset, districts, name: str) -> None:
    file, made, (what, todo) = LAYERS[name]
    districts(file, **made)
    found = dataset.inspect()
    assert found.delivery is None
    (told,) = found.findings.errors
    assert told.file == file
    assert what in told.what
    assert todo in told.todo


def test_two_layers_with_different_mistakes_are_both_told(dataset, districts) -> None:
    districts("districts.shp", drawn=25832, claimed=None)
    dataset.manifest('file = "areas.gpkg"', 'file = "areas.gpkg"\ncrs = "EPSG:25833"')
    told = {one.file: (one.what, one.todo) for one in dataset.inspect().findings.errors}
    assert set(told) == {"districts.shp", "areas.gpkg"}
    assert NO_CRS[0] in told["districts.shp"][0]
    assert "the manifest says EPSG:25833" in told["areas.gpkg"][0]
    assert "leave crs out" in told["areas.gpkg"][1]


@pytest.mark.parametrize(
    ("file", "drawn", "claimed", "say", "what", "todo"),
    [
        ("schools.shp", 25832, None, "", "does not say its CRS", "say crs"),
        ("schools.gpkg", 25833, 25833, "EPSG:25832", CONTRADICTION[0], "leave crs out"),
        ("schools.gpkg", 31467, 25832, "", *ELSEWHERE),
    ],
    ids=["no CRS", "another CRS than told", "another CRS than claimed"],
)
def test_an_overlay_whose_crs_is_wrong_is_told(
    dataset, file: str, drawn: int, claimed: int | None, say: str, what: str, todo: str
) -> None:
    points = gpd.GeoDataFrame(
        {"nr": ["a", "b"]}, geometry=gpd.points_from_xy([500_300, 503_300], [6_000_500] * 2), crs=25832
    )
    write(dataset.folder / file, points, drawn=drawn, claimed=claimed)
    dataset.manifest("srid = 25832", BOX)
    dataset.add(OVERLAY.format(file=file) + (f'crs = "{say}"\n' if say else ""))
    (told,) = dataset.inspect().findings.errors
    assert told.file == file
    assert what in told.what
    assert todo in told.todo


@pytest.mark.parametrize(
    ("claimed", "say", "what", "todo"),
    [
        ("EPSG:25833", "EPSG:25832", "the manifest says EPSG:25832", "leave crs out"),
        ("EPSG:25833", "", "does not lie where the areas are", "file and crs"),
    ],
    ids=["another CRS than told", "another CRS than claimed"],
)
def test_a_raster_whose_crs_is_wrong_is_told(dataset, claimed: str, say: str, what: str, todo: str) -> None:
    cells = np.ones((1, 4), dtype="uint8")
    profile = {"driver": "GTiff", "height": 1, "width": 4, "count": 1, "dtype": "uint8", "crs": claimed}
    place = Affine(1000, 0, 500_000, 0, -1000, 6_001_000)
    with rasterio.open(dataset.folder / "people.tif", "w", transform=place, **profile) as file:
        file.write(cells, 1)
    dataset.add(RASTER + (f'crs = "{say}"\n' if say else ""))
    (told,) = dataset.inspect().findings.errors
    assert told.file == "people.tif"
    assert what in told.what
    assert todo in told.todo


def test_files_that_agree_against_srid_make_it_doubtful(dataset) -> None:
    """The areas lie at 9° E in zone 32, and so do the schools; srid is typed one zone too far, which begins at 10.9° E."""
    gpd.GeoDataFrame(geometry=dataset.areas().centroid).to_crs(4326).to_file(
        dataset.folder / "schools.geojson"
    )
    dataset.add(OVERLAY.format(file="schools.geojson"))
    dataset.manifest("srid = 25832", "srid = 25833")
    found = dataset.inspect().findings.found
    (told,) = [one for one in found if one.severity == "error"]
    assert (told.file, told.column) == ("dataset.toml", "srid")
    assert "areas.gpkg (EPSG:25832) and schools.geojson (OGC:CRS84) agree with each other" in told.what
    assert "write srid = 25832" in told.todo
    assert not [one for one in found if "this was assumed" in one.what]


def test_a_box_says_where_the_city_is_whatever_files_state(dataset) -> None:
    """Both files claim zone 32, and their coordinates are of zone 33; at 15° E the box holds them only so."""
    gpd.GeoDataFrame(geometry=dataset.areas().centroid).to_file(dataset.folder / "schools.gpkg")
    dataset.add(OVERLAY.format(file="schools.gpkg"))
    dataset.manifest("srid = 25832", "srid = 25833")
    assert "srid = 25833 does not fit" in dataset.inspect().findings.errors[0].what
    dataset.manifest("srid = 25833", "srid = 25833\nbox = [14, 53, 17, 55]")
    assert dataset.inspect().findings.errors == []
