"""Names that nobody can read as they stand: found with their place, and told so that a terminal and a page stay whole."""

from __future__ import annotations

import unicodedata

import geopandas as gpd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.datasets.findings import as_text
from etl.datasets.odd_texts import odd_text, without_odd_signs
from etl.datasets.report import write_html
from etl.message_text import visible

ODD = {
    "a control character": ("Alt\x1b[31mstadt", "U+001B", "remove"),
    "writing that is turned round": ("Alt\u202edatst", "U+202E, RIGHT-TO-LEFT OVERRIDE", "remove"),
    "a blank without width": ("Alt\u200bstadt", "U+200B, ZERO WIDTH SPACE", "remove"),
    "thousands of characters": ("Altstadt" * 700, "has 5,600 characters, 200 are allowed", "shorten"),
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_name_of_an_area_is_found_with_its_feature(dataset, name: str) -> None:
    text, what, todo = ODD[name]
    dataset.write_areas(dataset.areas().assign(name=["Neustadt", text, "Süd", "West"]))
    (told,) = dataset.inspect().findings.errors
    assert (told.file, told.place, told.column) == ("areas.gpkg", "feature 2", "name")
    assert what in told.what
    assert todo in told.todo


@pytest.mark.parametrize("name", ODD)
def test_an_odd_name_of_an_indicator_is_found_with_its_line(dataset, name: str) -> None:
    text, what, _todo = ODD[name]
    escaped = "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text)
    dataset.manifest('title_de = "Quote"', f'title_de = "{escaped}"')
    with pytest.raises(Exception, match="title_de") as refused:
        dataset.source()
    (told,) = refused.value.findings
    assert what in told.what
    assert told.place.startswith("line ")


def test_odd_keys_overlays_and_names_from_a_table_are_found_as_well(dataset) -> None:
    areas = dataset.areas()
    dataset.write_areas(areas.assign(nr=["01", "0\u202e", "03", "04"]))
    points = gpd.GeoDataFrame(
        {"titel": ["Spielplatz\x07"], "art": ["x\u2066y"]}, geometry=[areas.geometry[0].centroid], crs=25832
    )
    points.to_file(dataset.folder / "points.geojson", driver="GeoJSON")
    dataset.add(
        '[[overlay]]\nid = "spots"\nkind = "facility"\ntitle_de = "Orte"\ntitle_en = "Spots"\n'
        'as_of = 2020-01-01\nfile = "points.geojson"\nname = "titel"\nproperties = ["art"]\n'
    )
    told = {
        (one.file, one.place, one.column)
        for one in dataset.inspect().findings.errors
        if "not seen" in one.what
    }
    assert told == {
        ("areas.gpkg", "feature 2", "nr"),
        ("points.geojson", "feature 1", "titel"),
        ("points.geojson", "feature 1", "art"),
    }


def test_what_is_told_of_odd_texts_breaks_neither_a_terminal_nor_the_page(dataset, tmp_path) -> None:
    endless = "W" * 20_000
    dataset.values("02;2020", "\x1b]0;owned\x07;2020")
    dataset.values("04;2021", f"\u202e{endless};2021")
    dataset.values("nr;jahr;ew;ausl;quote", "nr;jahr;ew;ausl;quo\u202ete")
    found = dataset.inspect()
    text = as_text(found.findings.found)
    assert all(line.isprintable() for line in text.splitlines())
    assert max(map(len, text.splitlines())) < 3_000
    page = tmp_path / "report.html"
    write_html(page, "small", found.findings.found, manifest=dataset.source().manifest, found=found, made="")
    odd = {sign for sign in page.read_text(encoding="utf-8") if unicodedata.category(sign) in ("Cc", "Cf")}
    assert odd <= {"\n", "\t", "\u00ad"}


@given(st.text(max_size=300))
def test_a_message_prints_whatever_is_told(text: str) -> None:
    assert set("".join(visible(text).split())) <= {sign for sign in visible(text) if sign.isprintable()}


@given(st.text(max_size=300))
def test_what_is_cleared_of_odd_signs_is_not_odd(text: str) -> None:
    assert odd_text(without_odd_signs(text)) is None


def test_names_of_all_scripts_are_not_odd() -> None:
    for name in ("Straße des 17. Juni – Süd", "Łódź", "Ночь", "القاهرة", "東京", "می‌خواهم", "Don\u00adau"):
        assert odd_text(name) is None
