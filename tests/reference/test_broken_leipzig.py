"""A copy of Leipzig that is broken on purpose: every fault is told in one pass, with its file, its place and its row."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from etl.datasets.findings import Finding
from etl.datasets.german import in_german
from etl.datasets.report import write_geopackage, write_html
from etl.datasets.source import Inspection, inspect, open_source

ROOT = Path(__file__).resolve().parents[2]
LEIPZIG = ROOT.parent / "shared" / "data" / "leipzig-ortsteile"
MANIFEST = ROOT / "data" / "manifests" / "leipzig-ortsteile.toml"
TABLE = "indicators_long.csv.gz"
CHECKS = """[checks]
categories = "error"
[[checks.identity]]
rule = "unemployed_youth <= unemployed"

[compute]
"""

# indicator, Ortsteil, year, topic: what is made of the cell
CELLS = {
    ("Einwohner insgesamt", "Connewitz", "2015", "einwohner-insgesamt"): lambda value: (
        f"{float(value) * 10:g}"
    ),
    ("Deutsche", "Plagwitz", "2018", "einwohner-insgesamt"): lambda value: f"{float(value) / 1000:g}",
    ("Frauen", "Schönefeld-Ost", "2012", "einwohner-insgesamt"): lambda value: f"{float(value) + 250:g}",
    ("Ausländer", "Paunsdorf", "2020", "einwohner-insgesamt"): lambda _value: "1.2.3",
    ("Männer", "Lausen-Grünau", "2019", "einwohner-insgesamt"): lambda _value: "k. A.",
    ("Deutsche", "Gohlis-Mitte", "2010", "einwohner-insgesamt"): lambda _value: "-312",
    ("unter 25 Jahre", "Volkmarsdorf", "2010", "arbeitslose-insgesamt"): lambda value: (
        f"{float(value) * 100:g}"
    ),
}


def row_of(table: pd.DataFrame, name: str, characteristic: str, year: str, topic: str) -> int:
    fits = (table["ortsteil_name"] == name) & (table["indicator"] == characteristic)
    return int(table.index[fits & (table["year"] == year) & (table["topic"] == topic)][0])


def broken_map(folder: Path) -> None:
    """Cut a disc of 220 m out of the border of 12 and 13, let 62 reach 180 m into 60, and cross the outline of 74."""
    frame = gpd.read_file(LEIPZIG / "ortsteile.gpkg").to_crs(25833)
    frame["geometry"] = shapely.set_precision(frame.geometry.to_numpy(), 0.01)
    shapes = frame.set_index("ortsteil_nr").geometry.copy()

    def border(one: str, other: str, reach: float) -> shapely.Geometry:
        common = shapely.point_on_surface(shapes[one].buffer(1).intersection(shapes[other].buffer(1)))
        return common.buffer(reach, quad_segs=6)

    hole = border("13", "12", 220)
    shapes["13"], shapes["12"] = shapes["13"].difference(hole), shapes["12"].difference(hole)
    shapes["62"] = shapes["62"].union(border("62", "60", 180).intersection(shapes["60"].buffer(1)))
    ring = list(shapely.get_coordinates(shapely.get_exterior_ring(shapely.get_parts(shapes["74"])[0])))
    at = len(ring) // 3
    ring[at], ring[at + 3] = ring[at + 3], ring[at]
    shapes["74"] = shapely.Polygon(ring)
    frame = frame.set_geometry(gpd.GeoSeries(shapes.to_numpy(), crs=25833))
    frame.to_file(folder / "ortsteile.gpkg", engine="pyogrio")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the broken copy."""
    if not LEIPZIG.is_dir():
        pytest.skip("the real data ../shared/data/leipzig-ortsteile are not on this machine")
    made = tmp_path_factory.mktemp("leipzig")
    broken_map(made)
    table = pd.read_csv(LEIPZIG / TABLE, dtype=str, keep_default_na=False)
    for (characteristic, name, year, topic), change in CELLS.items():
        at = row_of(table, name, characteristic, year, topic)
        table.loc[at, "value"] = change(table.loc[at, "value"])
    people = ("Einwohner insgesamt", "2021", "einwohner-insgesamt")
    table.loc[row_of(table, "Mockau-Nord", *people), "ortsteil_name"] = "Mockau-Nrod"
    twice = table.loc[[row_of(table, "Leutzsch", "Einwohner insgesamt", "2017", "einwohner-insgesamt")]]
    pd.concat([table, twice]).to_csv(made / TABLE, index=False)
    text = MANIFEST.read_text(encoding="utf-8").replace('repair = ["snap"]\n', "", 1)
    (made / "dataset.toml").write_text(text.replace("[compute]\n", CHECKS, 1), encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def found(folder: Path) -> Inspection:
    """Return everything that one pass over the copy finds."""
    source = open_source(folder)
    return inspect(source.manifest, source.files_in_place(None), progress=lambda _name, _share=None: None)


FAULTS = [
    ("ortsteile.gpkg", "error", "geometry", r"area 74 has an invalid geometry: Self-intersection"),
    ("ortsteile.gpkg", "error", "overlap", r"areas 60 and 62 overlap by [\d,]+\.\d m²"),
    ("ortsteile.gpkg", "warning", "gap", r"there is a gap of 1\d\d,\d{3}\.\d m² between areas .*12.*13"),
    (TABLE, "error", "", r"the name 'Mockau-Nrod' joins no area \(nearest: Mockau-Nord"),
    (TABLE, "error", "", r"a second row for area 73 in 2017"),
    (TABLE, "error", "", r"'1\.2\.3' is neither a number nor a known sign"),
    (TABLE, "error", "", r"'k\. A\.' is neither a number nor a known sign"),
    (TABLE, "error", "", r"-312 is below 0"),
    (TABLE, "error", "category", r"area 11 \(Schönefeld-Ost\) in 2012: women \+ men add up to"),
    (TABLE, "error", "category", r"area 41 \(Connewitz\) in 2015: german \+ non_german add up to"),
    (
        TABLE,
        "error",
        "identity",
        r"area 21 \(Volkmarsdorf\) in 2010: 'unemployed_youth <= unemployed' does not hold",
    ),
    (TABLE, "warning", "jump", r"residents of area 41 \(Connewitz\) stands out in 2015"),
    (TABLE, "warning", "jump", r"german of area 51 \(Plagwitz\) stands out in 2018"),
]


@pytest.mark.parametrize(("file", "severity", "check", "what"), FAULTS, ids=[one[3][:40] for one in FAULTS])
def test_a_fault_is_told_with_its_file_and_place(
    found: Inspection, file: str, severity: str, check: str, what: str
) -> None:
    told = [one for one in found.findings.found if one.check == check and re.match(what, one.what)]
    assert told, what
    assert (told[0].file, told[0].severity) == (file, severity)
    assert told[0].place.startswith("row ") if file == TABLE else told[0].geometry is not None


def test_the_row_that_is_told_holds_the_value(found: Inspection, folder: Path) -> None:
    lines = pd.read_csv(folder / TABLE, dtype=str, keep_default_na=False)
    (one,) = [told for told in found.findings.found if "residents of area 41" in told.what]
    row = lines.iloc[int(one.place.removeprefix("row ")) - 2]  # row 1 is the header
    assert (row["ortsteil_name"], row["indicator"], row["year"]) == (
        "Connewitz",
        "Einwohner insgesamt",
        "2015",
    )


def test_everything_is_told_in_german_too(found: Inspection) -> None:
    assert [one.what for one in found.findings.found if not in_german(one)[0]] == []


def test_the_report_of_it_has_a_map_and_every_place(found: Inspection, folder: Path, tmp_path: Path) -> None:
    told: list[Finding] = found.findings.found
    page = tmp_path / "report.html"
    write_html(page, "leipzig", told, manifest=open_source(folder).manifest, found=found, made="")
    text = page.read_text(encoding="utf-8")
    assert text.count('class="finding"') == len(told)
    assert (
        text.count('class="pin ') == sum(one.geometry is not None for one in told) + 3
    )  # and three in the key
    rows = write_geopackage(tmp_path / "findings.gpkg", told)
    assert sum(rows.values()) == len(told)
    assert {"points", "polygons", "without_place"} <= set(rows)


def test_the_whole_copy_finds_only_what_the_publisher_did(tmp_path: Path) -> None:
    """Leipzig as it is: one sum of migrants that differs by 1, and values that jump; nothing that stops a load."""
    if not LEIPZIG.is_dir():
        pytest.skip("the real data ../shared/data/leipzig-ortsteile are not on this machine")
    source = open_source(MANIFEST)
    whole = inspect(
        source.manifest, source.files_in_place(LEIPZIG), progress=lambda _name, _share=None: None
    ).findings.found
    assert {one.severity for one in whole} == {"warning"}
    assert [one.what for one in whole if one.check == "category"] == [
        "area 80 (Möckern) in 2022: migrants_german + non_german add up to 3,898, migrants is 3,897"
    ]
    assert {one.check for one in whole} == {"category", "jump", "completeness"}
