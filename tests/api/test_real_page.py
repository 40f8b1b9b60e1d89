"""The map page on the real application, real PostGIS and a real browser: nothing is faked here."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.db]


@pytest.fixture(scope="module")
def address(serve: Callable[[str], str], small_city_url: str) -> str:
    """Address of the application, served for real."""
    return serve(small_city_url)


def json_of(watched, path: str):
    return watched.page.evaluate("async (path) => await (await fetch(path)).json()", path)


def test_the_page_shows_the_sample_city_and_asks_nobody_else(address: str, open_page: Callable) -> None:
    watched = open_page().open(f"{address}/")
    assert watched.shown() == "sample|status_index|statistical_district|2022"
    assert watched.complaints == []
    asked = {
        urlsplit(request).netloc for request in watched.requests if not request.startswith(("data:", "blob:"))
    }
    assert asked == {urlsplit(address).netloc}
    assert "Synthetische Daten" in watched.page.inner_text("body")
    assert "CC0-1.0" in watched.page.inner_text("body")


def test_the_legend_is_the_layers(address: str, open_page: Callable) -> None:
    watched = open_page().open(f"{address}/")
    layer = json_of(watched, "/cities/sample/layers/status_index?geography=statistical_district&period=2022")
    text = watched.page.inner_text("body")
    for one in layer["classes"]:
        assert one["label"]["de"] in text


def test_the_proposed_areas_are_listed_with_their_residents(address: str, open_page: Callable) -> None:
    watched = open_page().open(f"{address}/")
    features = json_of(watched, "/collections/sample.priority-areas/items")["features"]
    assert features
    text = watched.page.inner_text("body")
    largest = max(features, key=lambda feature: feature["properties"]["residents"])
    assert f"{largest['properties']['residents']:,.0f}".replace(",", ".") in text


def test_a_withheld_value_is_nowhere_in_what_the_page_is_sent(address: str, open_page: Callable) -> None:
    watched = open_page()
    bodies: list[str] = []
    watched.page.on("response", lambda r: bodies.append(r.text()) if "/layers/" in r.url else None)
    watched.open(f"{address}/?city=sample&indicator=unemployed_youth&geography=block&period=2022")
    assert bodies
    layer = json_of(watched, "/cities/sample/layers/unemployed_youth?geography=block&period=2022")
    withheld = [v for v, s in zip(layer["values"], layer["statuses"], strict=True) if s == "suppressed"]
    assert withheld
    assert set(withheld) == {None}
