"""The validation report: one page that asks nobody for anything, a GeoPackage of the places, and the command."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
import shapely
import typer
from typer.testing import CliRunner

from etl.cli.dataset import check
from etl.datasets.findings import DatasetError, Finding
from etl.datasets.german import in_german
from etl.datasets.report import numbered, report_page, write_geopackage, write_html
from etl.errors import EtlError
from etl.loading import LoadReport
from maps.validation.page import CHECKS, FindingsPage, Told, render_findings

SECRET = (
    "Nicht zur Veröffentlichung: enthält Zahlen vor der Geheimhaltung"
    " · Not for publication: holds figures before confidentiality"
)
HOLE = shapely.box(500_980, 6_000_500, 501_000, 6_000_520)


@pytest.fixture
def broken(dataset):
    """Return a data set with a gap, an overlap, a missing vertex, a cell that is no number and a wrong sum."""
    areas = dataset.areas()
    shapes = areas.geometry.to_list()
    shapes[0] = shapes[0].difference(HOLE)
    shapes[2] = shapely.union(shapes[2], shapely.box(503_000, 6_000_100, 503_050, 6_000_200))
    dataset.write_areas(areas.set_geometry(gpd.GeoSeries(shapes, crs=25832)))
    dataset.values("02;2021;2020;310;7,1", "02;2021;<b>2020</b>;310;7,1")
    dataset.add('[[checks.identity]]\nrule = "non_german <= 0.12 * residents"\n')
    return dataset


def written(dataset, path: Path) -> tuple[str, list[Finding]]:
    found, source = dataset.inspect(), dataset.source()
    write_html(path, "small", found.findings.found, manifest=source.manifest, found=found, made="heute")
    return path.read_text(encoding="utf-8"), found.findings.found


class Addresses(HTMLParser):
    """Collects what a browser would fetch or run, and the ids that links within the page lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag in {"script", "img", "link", "iframe", "object", "embed", "use", "image"} or "src" in told:
            self.fetched.append(tag)
        if tag == "a" and told.get("href"):
            self.links.append(str(told["href"]))
        if told.get("id"):
            self.ids.append(str(told["id"]))


def test_the_page_asks_for_nothing_and_runs_nothing(broken, tmp_path: Path) -> None:
    page, _found = written(broken, tmp_path / "report.html")
    seen = Addresses()
    seen.feed(page)
    assert seen.fetched == []
    assert "url(" not in page
    assert "@import" not in page
    assert "default-src 'none'" in page
    assert not re.search(r"https?://", page)


def test_every_finding_is_on_the_page_with_a_number_that_the_map_leads_to(broken, tmp_path: Path) -> None:
    page, found = written(broken, tmp_path / "report.html")
    seen = Addresses()
    seen.feed(page)
    assert {f"f{number}" for number in range(1, len(found) + 1)} <= set(seen.ids)
    placed = [number for number, one in numbered(found) if one.geometry is not None]
    assert {f"#f{number}" for number in placed} <= set(seen.links)
    assert len(placed) >= 4


def test_the_head_says_that_it_is_not_for_publication_german_first(broken, tmp_path: Path) -> None:
    page, _found = written(broken, tmp_path / "report.html")
    assert page.index("Nicht zur Veröffentlichung") < page.index("Not for publication")
    assert '<html lang="de">' in page
    assert "So wird nichts geladen" in page
    assert "Prüfbericht: Atlas" in page


def test_texts_from_files_cannot_become_markup(broken, tmp_path: Path) -> None:
    page, _found = written(broken, tmp_path / "report.html")
    assert "<b>2020</b>" not in page
    assert "&lt;b&gt;2020&lt;/b&gt;" in page


def test_a_data_set_without_findings_is_ready(dataset, tmp_path: Path) -> None:
    page, found = written(dataset, tmp_path / "report.html")
    assert found == []
    assert "Bereit zum Laden" in page
    assert "Nichts gefunden" in page


def test_errors_come_first_and_those_of_one_file_together(broken) -> None:
    found = [one for _number, one in numbered(broken.inspect().findings.found)]
    ranks = [("error", "warning", "note").index(one.severity) for one in found]
    assert ranks == sorted(ranks)
    files = [one.file for one in found if one.severity == "error"]
    assert files == sorted(files, key=files.index)


def test_every_finding_of_the_broken_set_has_german(broken) -> None:
    found = broken.inspect().findings.found
    assert len(found) >= 5
    for one in found:
        what, todo = in_german(one)
        assert what, one.what
        assert todo, one.todo


def test_a_finding_without_german_is_told_in_english_and_marked_so() -> None:
    one = Finding(file="x.csv", what="something nobody foresaw", todo="look at it")
    assert in_german(one) == ("", "")
    page = render_findings(report_page("x", [one], manifest=None, found=None))
    assert '<p class="what" lang="en">something nobody foresaw</p>' in page


def test_german_keeps_the_parts_of_the_sentence() -> None:
    one = Finding(
        file="x.csv",
        what="the key '5' has 1 of 2 characters: a number lost its leading zeros",
        todo="store the column as text, or say zero_fill = true",
    )
    assert in_german(one) == (
        "der Schlüssel '5' hat 1 von 2 Zeichen: einer Zahl fehlen die führenden Nullen",
        "die Spalte als Text speichern, oder zero_fill = true angeben",
    )


def test_addresses_that_give_something_away_are_told_in_german(dataset) -> None:
    dataset.manifest(
        'attribution = "Stadt"', 'attribution = "Stadt"\nurl = "https://host.example/x?token=abc"'
    )
    with pytest.raises(DatasetError) as refused:
        dataset.source()
    (told,) = refused.value.findings
    what, todo = in_german(told)
    assert what == "der Parameter 'token' sieht nach einem Schlüssel oder Passwort aus"
    assert todo.startswith("sie steht neben jeder Abbildung")


def test_the_geopackage_has_a_layer_per_kind_of_place_and_a_table_of_the_rest(broken, tmp_path: Path) -> None:
    found = broken.inspect().findings.found
    path = tmp_path / "findings.gpkg"
    rows = write_geopackage(path, found)
    assert dict(pyogrio.list_layers(path)) == {
        "points": "MultiPoint",
        "lines": "MultiLineString",
        "polygons": "MultiPolygon",
        "without_place": None,
    }
    assert sum(rows.values()) == len(found)
    polygons = gpd.read_file(path, layer="polygons").set_index("check")
    assert polygons.crs.to_epsg() == 25832
    assert polygons.loc["gap", "area_m2"] == 400.0
    assert polygons.loc["gap", "geometry"].equals(HOLE)
    assert polygons.loc["overlap", "severity"] == "error"
    assert polygons.loc["overlap", "what_de"].startswith("die Gebiete 03 und 04 überlappen sich")
    rest = pyogrio.read_dataframe(path, layer="without_place")
    assert rest["place"].tolist() == ["row 7"]
    write_geopackage(path, found)  # once more over the old one
    assert [one.name for one in tmp_path.glob(".*")] == []


def test_a_geopackage_without_findings_is_an_empty_table(tmp_path: Path) -> None:
    path = tmp_path / "findings.gpkg"
    assert write_geopackage(path, []) == {"without_place": 0}
    assert descriptions(path) == {"without_place": SECRET}


def descriptions(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as opened:
        return dict(opened.execute("SELECT table_name, description FROM gpkg_contents").fetchall())


def test_every_layer_of_the_geopackage_says_that_it_is_not_for_publication(broken, tmp_path: Path) -> None:
    path = tmp_path / "findings.gpkg"
    rows = write_geopackage(path, broken.inspect().findings.found)
    assert descriptions(path) == dict.fromkeys(rows, SECRET)
    assert len(rows) == 4


def test_the_command_writes_both_reports_and_still_refuses(broken, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("SOZIALRAUM_STATE_DIR", str(tmp_path / "state"))
    app = typer.Typer()
    app.command()(check)
    page, places = tmp_path / "report.html", tmp_path / "findings.gpkg"
    done = CliRunner().invoke(app, [str(broken.folder), "--json", "--html", str(page), "--gpkg", str(places)])
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert {"error", "warning"} == {one["severity"] for one in told["findings"]}
    assert told["not_for_publication"] == "Not for publication: holds figures before confidentiality"
    assert SECRET.split(" · ", maxsplit=1)[0] in page.read_text(encoding="utf-8")
    assert "gap" in {one["check"] for one in told["findings"]}
    assert page.is_file()
    assert places.is_file()


def test_a_report_into_no_folder_is_refused_before_anything_is_read(dataset, tmp_path: Path) -> None:
    with pytest.raises(EtlError, match="there is no folder"):
        check(dataset.folder, html=tmp_path / "nowhere" / "report.html")


def test_a_manifest_that_cannot_be_read_has_a_report_too(dataset, tmp_path: Path) -> None:
    one = Finding(
        file="dataset.toml", place="line 3", what="unknown key 'tite'", todo="did you mean title_de?"
    )
    path = tmp_path / "report.html"
    write_html(path, "small", [one], manifest=None, found=None, made="heute")
    page = path.read_text(encoding="utf-8")
    assert "Unbekannter Eintrag &#39;tite&#39;" in page
    assert "Zeile 3" in page
    assert '<svg viewBox="0 0' not in page


def test_every_kind_of_check_has_a_name() -> None:
    kinds = {"", "geometry", "sum", "category", "identity", "jump", "break", "completeness"}
    assert kinds <= set(CHECKS)
    told = Told(
        number=1,
        severity="note",
        check="own",
        file="f",
        place="",
        what_de="",
        what_en="x",
        todo_de="",
        todo_en="y",
    )
    page = FindingsPage(title_de="t", title_en="t", is_ready=True, facts=[], findings=[told])
    assert "own" in render_findings(page)


def test_what_was_counted_is_not_called_repaired(dataset) -> None:
    dataset.manifest('key = "nr"\ndecimal', 'key = "nr"\nwhere = { jahr = "2020" }\ndecimal')
    delivery = dataset.inspect().delivery
    assert delivery.repairs == {}
    assert delivery.counted == {"values.csv: rows that the manifest does not ask for": 4}
    report = LoadReport(
        city="small",
        load_id=1,
        number=1,
        changed=True,
        counts={"values_inserted": 16},
        repairs={"sub_district: make_valid: areas changed": 1},
        counted=delivery.counted,
    )
    assert report.sentence() == (
        "small: load 1: values inserted 16; corrected: sub_district: make_valid: areas changed (1);"
        " counted: values.csv: rows that the manifest does not ask for (4)"
    )
