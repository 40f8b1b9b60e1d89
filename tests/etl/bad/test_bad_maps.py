"""Broken maps: each finding names the file, the feature, what is wrong and what to do."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

BOWTIE = shapely.Polygon([(500000, 6000000), (501000, 6001000), (501000, 6000000), (500000, 6001000)])


def first(areas: gpd.GeoDataFrame, shape: shapely.Geometry | None) -> gpd.GeoDataFrame:
    """Return the areas with another geometry for the first."""
    geometry = areas.geometry.to_list()
    return areas.set_geometry(gpd.GeoSeries([shape, *geometry[1:]], crs=areas.crs))


MADE = {
    "a self-touching ring": (lambda a: first(a, BOWTIE), "feature 1", "invalid geometry: Self-inter", "make_valid"),
    "no geometry": (lambda a: first(a, None), "feature 1", "area 01 has no geometry", "deliver a polygon"),
    "an empty geometry": (lambda a: first(a, shapely.Polygon()), "feature 1", "empty geometry", "deliver a polygon"),
    "a line": (lambda a: first(a, shapely.LineString([(5e5, 6e6), (5.1e5, 6e6)])), "feature 1", "LineString", "polygons"),
    "a point": (lambda a: first(a, shapely.Point(500500, 6000500)), "feature 1", "is a Point", "polygons"),
    "an overlap": (lambda a: first(a, a.geometry.iloc[0].buffer(50)), "features 1 and 2", "overlap by", "borders"),
    "the same area twice": (lambda a: first(a, a.geometry.iloc[1]), "features 1 and 2", "same geometry", "own geometry"),
    "one key twice": (lambda a: a.assign(nr=["01", "01", "03", "04"]), "feature 1, 2", "'01' occurs 2", "own key"),
    "keys as numbers": (lambda a: a.assign(nr=[1, 2, 3, 4]), "feature 1", "lost its leading zeros", "zero_fill"),
    "no name": (lambda a: a.assign(name=["", "B", "C", "D"]), "feature 1", "the area has no name", "name it"),
    "an empty key": (lambda a: a.assign(nr=["", "02", "03", "04"]), "feature 1", "the key is empty", "give every row"),
    "coordinates beyond the Earth": (
        lambda a: a.set_geometry(a.geometry.translate(1e9, 0)), "feature 1", "lie nowhere", "export",
    ),
    "another place on Earth": (
        lambda a: a.set_geometry(a.geometry.translate(0, -4e6)), "", "wrong CRS", "export the areas",
    ),
    "a wrong CRS": (lambda a: a.to_crs(2154).set_crs(25832, allow_override=True), "", "wrong CRS", "export the areas"),
    "attributes that are called otherwise": (lambda a: a.rename(columns={"nr": "id"}), "", "no attribute 'nr'", "key"),
}  # fmt: skip


@pytest.mark.parametrize("name", MADE)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_broken_map_is_told_with_its_feature(dataset, name: str) -> None:
    change, place, what, todo = MADE[name]
    dataset.manifest("srid = 25832", "srid = 25832\nbox = [8, 53, 11, 55]")
    dataset.write_areas(change(dataset.areas()))
    found = dataset.inspect()
    assert found.delivery is None
    told = [one for one in found.findings.errors if what in one.what]
    assert told, [one.sentence() for one in found.findings.errors]
    assert told[0].file == "areas.gpkg"
    assert place in (told[0].place or told[0].what)
    assert todo in told[0].todo


def test_the_place_of_a_broken_area_is_kept_for_the_map(dataset) -> None:
    dataset.write_areas(first(dataset.areas(), dataset.areas().geometry.iloc[0].buffer(50)))
    (told,) = [one for one in dataset.inspect().findings.errors if "overlap" in one.what]
    assert told.srid == 25832
    assert told.geometry is not None
    assert told.geometry.area == pytest.approx(50 * 1000, rel=0.01)  # a strip of 50 m along a side of 1 km


def geojson(dataset, document: object) -> None:
    (dataset.folder / "areas.geojson").write_text(json.dumps(document), encoding="utf-8")
    dataset.manifest('file = "areas.gpkg"', 'file = "areas.geojson"')


def document(dataset) -> dict:
    return json.loads(dataset.areas().to_crs(4326).to_json())


def test_a_geojson_that_is_cut_off_is_told_with_its_line(dataset) -> None:
    geojson(dataset, document(dataset))
    path = dataset.folder / "areas.geojson"
    path.write_text(path.read_text(encoding="utf-8")[:-40], encoding="utf-8")
    told = dataset.inspect().findings.errors[0]
    assert told.file == "areas.geojson"
    assert "broken GeoJSON" in told.what
    assert "line 1" in told.what


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda d: d.pop("features"), "not a GeoJSON FeatureCollection"),
        (lambda d: d.update(features=[]), "no features"),
        (lambda d: d["features"][0]["geometry"].update(coordinates=[[["x", 1]]]), "broken geometry"),
        (lambda d: d["features"][1]["geometry"].update(type="Kreis"), "feature 2"),
        (lambda d: d["features"][2].update(properties=[1]), "properties"),
        (
            lambda d: d.update(crs={"type": "name", "properties": {"name": "EPSG:999999"}}),
            "unknown coordinate system",
        ),
    ],
    ids=["no features", "empty", "no numbers", "unknown type", "properties", "unknown crs"],
)
def test_a_broken_geojson_is_told(dataset, change, what: str) -> None:
    made = document(dataset)
    change(made)
    geojson(dataset, made)
    told = dataset.inspect().findings.errors[0]
    assert told.file == "areas.geojson"
    assert what in told.what
    assert told.todo


def test_swapped_axes_are_turned_and_counted(dataset) -> None:
    made = document(dataset)
    for feature in made["features"]:
        feature["geometry"]["coordinates"] = [
            [pair[::-1] for pair in ring] for ring in feature["geometry"]["coordinates"]
        ]
    geojson(dataset, made)
    found = dataset.inspect()
    assert found.delivery is not None
    assert found.delivery.repairs["sub_district: axes swapped (latitude came before longitude)"] == 4


def test_a_byte_order_mark_before_a_geojson_is_skipped(dataset) -> None:
    geojson(dataset, document(dataset))
    path = dataset.folder / "areas.geojson"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert dataset.inspect().findings.errors == []


def test_polygons_of_which_one_has_swapped_axes_are_refused(dataset) -> None:
    made = document(dataset)
    ring = made["features"][0]["geometry"]["coordinates"][0]
    made["features"][0]["geometry"]["coordinates"] = [[pair[::-1] for pair in ring]]
    geojson(dataset, made)
    (told,) = dataset.inspect().findings.errors
    assert (told.file, told.place) == ("areas.geojson", "feature 1")
    assert "outside the city" in told.what
    assert "order of the axes" in told.todo


DISTRICTS = """key_length = 3
area_id = "000"
area_name = "Kleinstadt"
[[geography]]
id = "district"
title_de = "Bezirke"
title_en = "Districts"
key_length = 1
"""


def test_an_area_without_a_parent_is_told_by_feature(dataset) -> None:
    dataset.manifest('key_length = 3\narea_id = "000"\narea_name = "Kleinstadt"\n', DISTRICTS)
    dataset.manifest('key = "nr"\nname', 'key = "nr"\nparent_key = "bezirk"\nname')
    dataset.write_areas(dataset.areas().assign(bezirk=["1", None, "1", "2"]))
    (told,) = dataset.inspect().findings.errors
    assert (told.place, told.column, told.what) == ("feature 2", "bezirk", "area 02 has no district")


def test_a_parent_whose_key_is_too_long_is_told(dataset) -> None:
    dataset.manifest('key_length = 3\narea_id = "000"\narea_name = "Kleinstadt"\n', DISTRICTS)
    dataset.manifest('key = "nr"\nname', 'key = "nr"\nparent_key = "bezirk"\nname')
    dataset.write_areas(dataset.areas().assign(bezirk=["1", "12", "1", "2"]))
    (told,) = dataset.inspect().findings.errors
    assert "'12' has 2 characters, 1 are expected" in told.what


def test_areas_in_two_coordinate_systems_are_told_by_feature(dataset) -> None:
    areas = dataset.areas()
    other = areas.to_crs(4647).geometry  # with the number of the zone in front
    dataset.write_areas(areas.set_geometry([*areas.geometry[:3], other[3]], crs=25832))
    dataset.manifest("srid = 25832", "srid = 25832\nbox = [8, 53, 11, 55]")
    told = dataset.inspect().findings.errors
    assert [one.place for one in told] == ["feature 4"]
    assert "another CRS" in told[0].todo


def test_a_file_that_is_no_map_is_told(dataset) -> None:
    (dataset.folder / "areas.gpkg").write_bytes(b"no map at all")
    told = dataset.inspect().findings.errors[0]
    assert told.file == "areas.gpkg"
    assert "no readable map" in told.what


def test_a_geopackage_that_is_cut_off_is_told(dataset) -> None:
    path = dataset.folder / "areas.gpkg"
    path.write_bytes(path.read_bytes()[:9000])
    told = dataset.inspect().findings.errors[0]
    assert told.file == "areas.gpkg"
    assert "SELECT" not in told.what  # GDAL tells what it asked the file, too
    assert told.todo


def test_several_layers_need_a_word_which_one(dataset) -> None:
    dataset.areas().to_file(dataset.folder / "areas.gpkg", layer="other", engine="pyogrio")
    told = dataset.inspect().findings.errors[0]
    assert "2 layers" in told.what
    assert told.todo == "say which with layer"


def test_a_layer_that_is_not_there_is_told_with_those_that_are(dataset) -> None:
    dataset.manifest('file = "areas.gpkg"', 'file = "areas.gpkg"\nlayer = "stadtteile"')
    told = dataset.inspect().findings.errors[0]
    assert "'stadtteile'" in told.what
    assert "it has areas" in told.what


def shapefile(dataset, *without: str) -> None:
    dataset.areas().to_file(dataset.folder / "areas.shp", engine="pyogrio")
    for suffix in without:
        (dataset.folder / f"areas{suffix}").unlink()
    dataset.manifest('file = "areas.gpkg"', 'file = "areas.shp"')


def test_a_shapefile_without_prj_needs_a_crs(dataset) -> None:
    shapefile(dataset, ".prj")
    told = dataset.inspect().findings.errors[0]
    assert "does not say its CRS" in told.what
    dataset.manifest('file = "areas.shp"', 'file = "areas.shp"\ncrs = "EPSG:25832"')
    assert dataset.inspect().findings.errors == []


def test_a_crs_that_contradicts_the_file_is_told(dataset) -> None:
    dataset.manifest('file = "areas.gpkg"', 'file = "areas.gpkg"\ncrs = "EPSG:25833"')
    told = dataset.inspect().findings.errors[0]
    assert "the manifest says EPSG:25833" in told.what


def test_a_shapefile_that_lost_its_index_or_table_is_told_or_read(dataset) -> None:
    shapefile(dataset, ".dbf")
    assert dataset.inspect().findings.errors[0].file == "areas.shp"


def test_a_shapefile_that_is_cut_off_is_told(dataset) -> None:
    shapefile(dataset)
    path = dataset.folder / "areas.shp"
    path.write_bytes(path.read_bytes()[:200])
    told = dataset.inspect().findings.errors
    assert told[0].file == "areas.shp"


def test_a_coordinate_that_is_no_number_is_told(dataset) -> None:
    shapefile(dataset)
    path = dataset.folder / "areas.shp"
    content = path.read_bytes()
    number = struct.pack("<d", 500000.0)
    path.write_bytes(content.replace(number, struct.pack("<d", np.nan), 9))
    told = dataset.inspect().findings.errors[0]
    assert told.file == "areas.shp"


def packed(dataset, members: dict[str, bytes], **options) -> None:
    with zipfile.ZipFile(dataset.folder / "areas.zip", "w", **options) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    dataset.manifest('file = "areas.gpkg"', 'file = "areas.zip"')


def test_a_zip_with_a_shapefile_is_read(dataset) -> None:
    dataset.areas().to_file(dataset.folder / "inner.shp", engine="pyogrio")
    packed(dataset, {path.name: path.read_bytes() for path in sorted(dataset.folder.glob("inner.*"))})
    assert dataset.inspect().findings.errors == []


@pytest.mark.parametrize(
    ("members", "options", "what"),
    [
        ({"../out.shp": b"x"}, {}, "leads out of the archive"),
        ({"/etc/out.shp": b"x"}, {}, "leads out of the archive"),
        ({"c:\\out.shp": b"x"}, {}, "leads out of the archive"),
        ({"bomb.gpkg": b"0" * 30_000_000}, {"compression": zipfile.ZIP_DEFLATED}, "times its size"),
        ({"a.txt": b"x"}, {}, "holds 0 maps"),
        ({"a.gpkg": b"x", "b.gpkg": b"y"}, {}, "holds 2 maps"),
        ({f"{n}.txt": b"" for n in range(10_001)}, {}, "10,001 members"),
    ],
    ids=["traversal", "absolute", "drive", "bomb", "no map", "two maps", "too many"],
)
def test_an_archive_that_is_not_sane_is_refused(dataset, members, options, what: str, tmp_path: Path) -> None:
    packed(dataset, members, **options)
    told = dataset.inspect().findings.errors[0]
    assert told.file == "areas.zip"
    assert what in told.what
    assert told.todo
    assert not (tmp_path / "out.shp").exists()


def test_a_zip_that_is_cut_off_is_told(dataset) -> None:
    packed(dataset, {"areas.gpkg": b"x" * 1000})
    path = dataset.folder / "areas.zip"
    path.write_bytes(path.read_bytes()[:-30])
    assert "cut off or damaged" in dataset.inspect().findings.errors[0].what


KML = """<?xml version="1.0"?>{before}<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{inside}</Document></kml>"""
BOMB = '<!DOCTYPE kml [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_an_entity_bomb_in_kml_is_refused(dataset, encoding: str) -> None:
    text = KML.format(before=BOMB, inside="<Placemark><name>&b;</name></Placemark>")
    (dataset.folder / "areas.kml").write_bytes(text.encode(encoding))
    dataset.manifest('file = "areas.gpkg"', 'file = "areas.kml"')
    told = dataset.inspect().findings.errors[0]
    assert told.file == "areas.kml"
    assert "entities of its own" in told.what
