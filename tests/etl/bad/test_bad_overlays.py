"""Broken layers of facilities and streets: each finding names the file, the feature or row, what is wrong, what to do."""

from __future__ import annotations

import json
import zipfile

import geopandas as gpd
import pytest
import shapely

from etl.errors import DeliveryError

TABLE = """
[[overlay]]
id = "day_care"
kind = "facility"
title_de = "Kitas"
title_en = "Day care"
as_of = 2021-06-30
file = "kitas.csv"
name = "name"
x = "x"
y = "y"
crs = "EPSG:25832"
"""
BOWTIE = shapely.Polygon([(500000, 6000000), (500009, 6000009), (500009, 6000000), (500000, 6000009)])
IN_TOWN, BESIDE = shapely.Point(500_500, 6_000_500), shapely.Point(501_500, 6_000_500)


def playgrounds(*shapes: shapely.Geometry | None, **columns: object) -> gpd.GeoDataFrame:
    table = {"name": [f"Nr. {one}" for one in range(len(shapes))], "places": 12, **columns}
    return gpd.GeoDataFrame(table, geometry=list(shapes), crs="EPSG:25832")


@pytest.fixture
def town(playground_layer, write_playgrounds, dataset):
    """The small town, within a box in degrees, with one playground."""
    dataset.manifest("srid = 25832", "srid = 25832\nbox = [8, 53, 11, 55]")
    dataset.add(playground_layer)
    write_playgrounds(dataset, playgrounds(IN_TOWN))
    return dataset


def told(dataset) -> list[str]:
    found = dataset.inspect()
    assert found.delivery is None
    return [one.sentence() for one in found.findings.errors]


LAYERS = {
    "no geometry": (
        playgrounds(IN_TOWN, None),
        "feature 2: has no geometry; give",
        "leave it out with where",
    ),
    "far away": (
        playgrounds(IN_TOWN, shapely.Point(1_400_000, 6e6)),
        "feature 2: lies at 22.57, 53.37",
        "coordinates",
    ),
    "all of it elsewhere": (playgrounds(shapely.Point(5e5, 4e6)), "wrong CRS: the file claims", "export"),
    "a self-touching ring": (
        playgrounds(BOWTIE),
        "feature 1: has an invalid geometry (Self-inter",
        "make_valid",
    ),
    "a lacking attribute": (
        playgrounds(IN_TOWN).drop(columns="places"),
        "column 'places': there is no column 'places'; it has name",
        "correct properties",
    ),
    "a collection": (
        playgrounds(shapely.GeometryCollection([IN_TOWN, shapely.LineString([IN_TOWN, BESIDE])])),
        "feature 1: is no point, line or polygon (GeometryCollection)",
        "correct kind",
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_broken_layer_is_told_with_its_feature(write_playgrounds, town, name: str) -> None:
    frame, what, todo = LAYERS[name]
    write_playgrounds(town, frame)
    [sentence] = told(town)
    assert sentence.startswith("playgrounds.geojson")
    assert what in sentence
    assert todo in sentence


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('{"type": "FeatureCollection", "features": [{"type": "Fea', "playgrounds.geojson"),
        ("", "the file is missing or empty"),
        (json.dumps({"type": "FeatureCollection", "features": []}), "no features"),
        (
            json.dumps(
                {
                    "type": "FeatureCollection",
                    "features": [
                        {
                            "type": "Feature",
                            "properties": {"name": "x", "places": 1},
                            "geometry": {"type": "Point", "coordinates": [1e9, 54]},
                        }
                    ],
                }
            ),
            "coordinates that lie nowhere, such as 1e+09",
        ),
    ],
    ids=["cut off", "empty", "without features", "beyond the Earth"],
)
def test_a_file_that_is_no_layer_is_told(town, text: str, what: str) -> None:
    (town.folder / "playgrounds.geojson").write_text(text, encoding="utf-8")
    assert any(what in one for one in told(town))


def test_a_bomb_of_entities_in_a_layer_is_refused(town) -> None:
    town.manifest('"playgrounds.geojson"', '"playgrounds.kml"')
    (town.folder / "playgrounds.kml").write_text(
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>&b;</name></Document></kml>',
        encoding="utf-8",
    )
    assert any("playgrounds.kml" in one and "entit" in one for one in told(town))


def test_a_path_that_leads_out_of_an_archive_is_refused(town) -> None:
    town.manifest('"playgrounds.geojson"', '"playgrounds.zip"')
    with zipfile.ZipFile(town.folder / "playgrounds.zip", "w") as archive:
        archive.writestr("../playgrounds.geojson", "{}")
    assert any("playgrounds.zip" in one for one in told(town))
    assert not (town.folder.parent / "playgrounds.geojson").exists()


def test_a_layer_of_streets_takes_lines_only(town) -> None:
    town.manifest('kind = "facility"', 'kind = "street"')
    assert told(town) == [
        "playgrounds.geojson, feature 1: is no line (Point); leave it out with where, or correct kind"
    ]


def test_everything_that_is_wrong_is_told_in_one_pass(write_playgrounds, town) -> None:
    town.add(TABLE)
    write_playgrounds(town, playgrounds(IN_TOWN, None, BOWTIE))
    (town.folder / "kitas.csv").write_text("name;x;y\nA;500500;6000500\nB;links;6000500\n", encoding="utf-8")
    town.values("01;2020;1000", "01;2020;viele")
    sentences = told(town)
    assert [one.split(":")[0] for one in sentences] == [
        "playgrounds.geojson, feature 2",
        "playgrounds.geojson, feature 3",
        "kitas.csv, row 3, column 'x'",
        "values.csv, row 2, column 'ew'",
    ]
    assert "'links' is no coordinate; correct the cell, or the decimal sign" in sentences[2]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('id = "playgrounds"', 'id = "Spielplätze"', "'Spielplätze' is no id"),
        ('overlay = "playgrounds"', 'overlay = "schools"', "'schools' is no overlay of this manifest"),
        ('group = "residents"', 'group = "rate"', "'rate' is no count"),
        ('group = "residents"', 'group = "children"', "'children' is not among the indicators"),
        ("metres = 1000", "metres = 0", "metres is 0"),
        ("metres = 1000", "metres = 1000\nknown = 0", "known is 0"),
        ("metres = 1000", 'metres = 1000\nway = "streets"', "nothing says which streets"),
        ("metres = 1000", 'metres = 1000\nstreets = "playgrounds"', "a straight line needs no streets"),
        ("metres = 1000", 'metres = 1000\nplaces = "block"', "'block' is no level of this manifest"),
        (
            "metres = 1000",
            'metres = 1000\nplaces = "city"\nlevels = ["sub_district"]',
            "'sub_district' is finer than 'city'",
        ),
        (
            'unit = "%"\nkind = "intensive"\ndirection = "lower_is_more_need"\ndecimals = 1\n[[access]]',
            "[[access]]",
            "is no plain share",
        ),
        ('kind = "facility"', 'kind = "shop"', "'shop'"),
        ('name = "name"\nproperties', 'name = "name"\nx = "ost"\nproperties', "needs both x and y"),
        ('name = "name"\nproperties', 'crs = "EPSG:1"\nproperties', "'EPSG:1' is no CRS"),
        ("as_of = 2021-06-30\n", "", "as_of"),
        (
            'name = "name"\nproperties = ["places"]',
            'name = "title"\nproperties = ["places", "name"]',
            "a kept property called 'name' would be taken for the name of the feature",
        ),
        ('"playgrounds.geojson"', '"../playgrounds.geojson"', "leads out of the folder"),
    ],
)
def test_a_manifest_that_contradicts_itself_is_refused_with_its_line(
    near_playground, town, old: str, new: str, what: str
) -> None:
    town.add(near_playground)
    town.manifest(old, new)
    with pytest.raises(DeliveryError) as refused:
        town.source()
    assert what in str(refused.value)
    assert "dataset.toml, line " in str(refused.value)
