"""Facilities and streets on the page: a switch that is the legend too, features on the map, a link that shows them."""

import json
import re

import pytest
from playwright.sync_api import expect
from shapely.geometry import LineString, Point, box, mapping

from api.schemas.overlays import OverlayHead
from maps.overlay_colours import OVERLAY_COLOURS

pytestmark = pytest.mark.browser

CITY = "musterstadt"
HOSTILE = "<img src=x onerror=alert(1)>"
TITLES = {
    "playgrounds": ("facility", "Spielplätze", "Playgrounds"),
    "streets": ("street", "Straßen", "Streets"),
    "plans": ("other", HOSTILE, "Development plans"),
}
FACTS = {"playgrounds": {"name": HOSTILE, "Art": "Bolzplatz", "leer": None}}


@pytest.fixture
def facilities(site, monkeypatch):
    """The first city has three overlays in its middle; what stands in `failing` cannot be fetched."""
    plain, city = site.service.answer, site.service.cities[CITY]
    west, south, east, north = city.areas["block"].total_bounds
    x, y, size = (west + east) / 2, (south + north) / 2, (east - west) / 8
    shapes = {
        "playgrounds": [Point(x, y)],
        "streets": [LineString([(west, y), (east, y)])],
        "plans": [box(x - size, y - size, x + size, y + size)],
    }
    heads = [
        OverlayHead(
            id=f"{CITY}.{name}",
            title={"de": german, "en": english},
            kind=kind,
            as_of="2024-12-31",
            features=1,
            attribution="Grünflächenamt",
            licence="dl-de/by-2-0",
            colour=OVERLAY_COLOURS[number],
        )
        for number, (name, (kind, german, english)) in enumerate(TITLES.items())
    ]
    site.failing = set()

    def answer(address: str) -> tuple[int, dict]:
        path = address.partition("?")[0]
        if path == "/cities":
            status, body = plain(address)
            body["cities"][0]["overlays"] = [json.loads(one.model_dump_json()) for one in heads]
            return status, body
        if path.startswith("/overlays/"):
            name = path.removeprefix(f"/overlays/{CITY}.").removesuffix("/items")
            if name in site.failing:
                return 503, {"type": "about:blank", "title": "Fehler", "detail": "nicht da", "instance": path}
            features = [
                {"type": "Feature", "id": 1, "geometry": mapping(one), "properties": FACTS.get(name, {})}
                for one in shapes[name]
            ]
            return 200, {"type": "FeatureCollection", "features": features, "links": []}
        return plain(address)

    monkeypatch.setattr(site.service, "answer", answer)
    return site


def begin(open_page, address: str):
    """Open the page and wait for the switches."""
    page = open_page().open(address).page
    expect(page.locator("#overlays .switches")).to_be_visible()
    return page


def shown(page) -> list[str]:
    return [box.get_attribute("id") for box in page.locator("#overlays input:checked").all()]


def test_a_switch_says_what_the_layer_is_and_whom_to_name_and_is_remembered_in_the_address(
    open_page, facilities
):
    page = begin(open_page, facilities.url)
    switches = page.locator("#overlays")
    expect(switches.locator("legend")).to_have_text("Weitere Ebenen auf der Karte")
    expect(switches.locator("label")).to_have_text(["Spielplätze", "Straßen", HOSTILE])  # text, not markup
    expect(switches.locator(".parts").first).to_have_text(
        "1 Objekt, Stand 31.12.2024 · Grünflächenamt (dl-de/by-2-0)"
    )
    assert shown(page) == []
    page.get_by_label("Spielplätze").check()
    page.get_by_label("Straßen").check()
    expect(page).to_have_url(re.compile(r"overlays=playgrounds\.streets"))
    page.reload()
    expect(page.get_by_label("Straßen")).to_be_checked()
    assert shown(page) == ["overlay-playgrounds", "overlay-streets"]


def test_the_keyboard_keeps_its_place_when_a_layer_is_switched(open_page, facilities):
    page = begin(open_page, facilities.url)
    page.get_by_label("Straßen").focus()
    page.keyboard.press("Space")
    expect(page.get_by_label("Straßen")).to_be_checked()
    expect(page.get_by_label("Straßen")).to_be_focused()


def test_a_layer_that_does_not_come_is_told_and_asked_for_again(open_page, facilities):
    facilities.failing = {"streets"}
    page = begin(open_page, facilities.url)
    page.get_by_label("Straßen").check()
    told = page.locator("#overlays [role=status]")
    expect(told).to_contain_text("konnte nicht geladen werden")
    facilities.failing = set()
    page.get_by_label("Straßen").uncheck()
    page.get_by_label("Straßen").check()
    expect(told).to_have_text("")


def test_a_city_without_overlays_has_no_switches(open_page, facilities):
    page = open_page().open(f"{facilities.url}/?city=nordhafen").page
    expect(page.locator("#overlays")).to_be_hidden()


def test_features_are_drawn_upon_the_areas_and_leave_them_again(open_page, facilities):
    page = begin(open_page, facilities.url)
    page.wait_for_timeout(400)
    before = page.locator("#map").screenshot()
    page.get_by_label("Spielplätze").check()
    page.get_by_label("Straßen").check()
    page.get_by_label(HOSTILE).check()
    page.wait_for_timeout(400)
    assert page.locator("#map").screenshot() != before
    for name in ("Spielplätze", "Straßen", HOSTILE):
        page.get_by_label(name).uncheck()
    page.wait_for_timeout(400)
    assert page.locator("#map").screenshot() == before


def test_the_pointer_tells_name_kind_and_facts_of_what_lies_below_it(open_page, facilities):
    page = begin(open_page, f"{facilities.url}/?overlays=playgrounds.streets")
    page.wait_for_timeout(400)
    place = page.locator("#map").bounding_box()
    # The playground lies in the middle of the city, upon a street; the point is told before the line.
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    told = page.locator(".tooltip-thing")
    expect(told.locator("bdi")).to_have_text(HOSTILE)  # text, not markup
    expect(told.locator("span")).to_have_text(["Spielplätze", "Art: Bolzplatz"])
    page.mouse.move(place["x"] + place["width"] / 2 + 40, place["y"] + place["height"] / 2)
    expect(told).to_have_text("Straßen")  # without a name the layer is all that is known


def test_the_keyboard_tells_what_lies_in_the_middle(open_page, facilities):
    page = begin(open_page, f"{facilities.url}/?overlays=playgrounds&lang=en")
    page.wait_for_timeout(400)
    page.locator("#map canvas").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".tooltip-thing span").first).to_have_text("Playgrounds")
