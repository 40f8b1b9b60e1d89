"""The page shows what the service says: map, legend, table, tooltip and card."""

import math
import re

import pytest
from playwright.sync_api import Page, expect
from shapely.geometry import Point, shape

pytestmark = pytest.mark.browser


def place_of(page: Page, lon: float, lat: float, bbox: list[float]) -> tuple[float, float]:
    """Where a position is on the map, as shares of its width and height, after the city was fitted into it."""
    mercator = (
        """([lon, lat]) => [lon, Math.log(Math.tan(Math.PI / 4 + lat * Math.PI / 360)) * 180 / Math.PI]"""
    )
    x, y = page.evaluate(mercator, [lon, lat])
    west, south = page.evaluate(mercator, bbox[:2])
    east, north = page.evaluate(mercator, bbox[2:])
    box = page.locator("#map").bounding_box()
    assert box
    scale = min((box["width"] - 56) / (east - west), (box["height"] - 56) / (north - south))
    return (
        0.5 + (x - (west + east) / 2) * scale / box["width"],
        0.5 - (y - (south + north) / 2) * scale / box["height"],
    )


def start_zoom(page: Page, feature: dict) -> float:
    """Return the zoom at which a feature fills the map up to its padding; 512 pixels are the world at zoom 0."""
    west, south, east, north = shape(feature["geometry"]).bounds
    box = page.locator("#map").bounding_box()
    assert box
    height = math.log(
        math.tan(math.pi / 4 + math.radians(north) / 2) / math.tan(math.pi / 4 + math.radians(south) / 2)
    )
    return min(
        15.0,
        math.log2((box["width"] - 56) / ((east - west) / 360 * 512)),
        math.log2((box["height"] - 56) / (height / (2 * math.pi) * 512)),
    )


def test_the_page_opens_without_complaint_and_asks_only_its_own_host(first_view, site, open_page):
    seen = open_page().open(site.url)
    assert seen.shown() == first_view
    expect(seen.page.locator("#proposals button")).not_to_have_count(0)
    expect(seen.page.locator("#segregation .chart")).to_be_visible()
    seen.page.click("[data-view=table]")
    seen.page.click("[data-language=en]")
    seen.page.select_option("#indicator", "residents")
    seen.wait_for("musterstadt|residents|block|2020")
    assert seen.complaints == []
    assert [r for r in seen.requests if not r.startswith((f"{site.url}/", "blob:", "data:"))] == []
    assert len(seen.requests) > 20


def test_the_first_view_says_what_is_shown(site, open_page):
    page = open_page().open(site.url).page
    expect(page.locator("h1#title")).to_have_text("Anteil Arbeitslose")
    expect(page.locator("#subtitle")).to_have_text("Blöcke · 2020")
    expect(page).to_have_title("Anteil Arbeitslose, 2020 – Musterstadt – Sozialraum")
    expect(page.locator("#synthetic")).to_be_visible()
    expect(page.locator("#source")).to_contain_text("Amt für Tests")
    expect(page.locator("#source")).to_contain_text(
        "Lizenz CC0-1.0 · eigene Berechnung · Stand: 31.12.2020 · Gebietsstand 2020"
    )
    expect(page.locator("#about")).to_contain_text("Zähler: Arbeitslose · Nenner: Erwerbsfähige")


def test_the_legend_shows_the_classes_of_the_service(layer_path, texts, site, open_page):
    page = open_page().open(site.url).page
    layer = site.get(layer_path + "2020")
    states = [s for s in layer["states"].values() if s["count"]]
    assert texts(page, "#legend tbody .legend-label") == [
        c["label"]["de"] for c in [*layer["classes"], *states]
    ]
    assert texts(page, "#legend tbody .legend-count") == [
        str(c["count"]) for c in [*layer["classes"], *states]
    ]
    fills = page.locator("#legend tr[data-row=class] .swatch rect:first-child").evaluate_all(
        "rects => rects.map(r => r.getAttribute('fill'))"
    )
    assert fills == [c["colour"] for c in layer["classes"]]
    for name in ("zero", "missing", "suppressed", "uncertain"):
        assert page.locator(f"#legend tr[data-row={name}] pattern").count() == 1


def test_areas_are_drawn_in_the_colour_of_their_class(layer_path, colour_at, site, open_page):
    page = open_page().open(f"{site.url}/?layers=none").page
    layer = site.get(layer_path + "2020")
    features = site.get("/collections/musterstadt.block/items")["features"]
    bbox = site.get("/cities")["cities"][0]["bbox"]
    looked_at = 0
    for feature, index, status in zip(features, layer["class_index"], layer["statuses"], strict=True):
        if index < 0 or status != "measured":
            continue
        point = shape(feature["geometry"]).representative_point()
        seen = colour_at(page, *place_of(page, point.x, point.y, bbox))
        wanted = tuple(bytes.fromhex(layer["classes"][index]["colour"][1:]))
        # Software rendering and PNG keep colours exactly; one step is left for rounding.
        assert max(abs(a - b) for a, b in zip(seen, wanted, strict=True)) <= 1, feature["id"]
        looked_at += 1
    assert looked_at >= 5


def test_the_table_gives_the_numbers_of_the_map(layer_path, german, texts, site, open_page):
    page = open_page().open(f"{site.url}/?view=table").page
    layer = site.get(layer_path + "2020")
    names = {
        f["id"]: f["properties"]["name"] for f in site.get("/collections/musterstadt.block/items")["features"]
    }
    rows = {r[1]: r for r in (t.split("\t") for t in texts(page, "table.areas tbody tr"))}
    assert set(rows) == set(layer["area_ids"])
    words = {"measured": "gemessen", "zero": "nichts vorhanden", "missing": "keine Angabe",
             "suppressed": "nicht veröffentlicht (Datenschutz)", "uncertain": "eingeschränkt aussagekräftig",
             "provisional": "vorläufig"}  # fmt: skip
    compared = {"above": "über dem Stadtwert", "below": "unter dem Stadtwert", None: "–",
                "not_distinguishable": "nicht vom Stadtwert zu unterscheiden"}  # fmt: skip
    lists = (*(layer[name] for name in ("area_ids", "values", "statuses", "class_index")),
             *(layer["intervals"][name] for name in ("ci_low", "ci_high", "comparison")))  # fmt: skip
    for area, value, status, index, low, high, comparison in zip(*lists, strict=True):
        shown = "–" if value is None else f"{german(value)}\u00a0%"
        span = "–" if low is None else f"({german(low)}–{german(high)}\u00a0%)"
        label = layer["classes"][index]["label"]["de"] if index >= 0 else ""
        assert rows[area] == [names[area], area, shown, span, compared[comparison], label, words[status]]


def test_a_table_without_intervals_has_no_columns_for_them(texts, site, open_page):
    page = open_page().open(f"{site.url}/?view=table&indicator=residents").page
    assert texts(page, "table.areas thead th:not(:has(button))") == ["Klasse", "Angabe"]


def test_tooltip_and_card_say_how_sure_a_value_is_and_whether_it_differs_from_the_city(
    layer_path, german, map_point, site, open_page
):
    page = open_page().open(f"{site.url}/?layers=none").page
    layer = site.get(layer_path + "2020")
    said = layer["intervals"]
    i = said["comparison"].index("not_distinguishable")
    span = f"({german(said['ci_low'][i])}–{german(said['ci_high'][i])}\u00a0%)"
    bbox = site.get("/cities")["cities"][0]["bbox"]
    features = {f["id"]: f for f in site.get("/collections/musterstadt.block/items")["features"]}
    point = shape(features[layer["area_ids"][i]]["geometry"]).representative_point()
    page.mouse.move(*map_point(page, *place_of(page, point.x, point.y, bbox)))
    expect(page.locator(".tooltip-interval")).to_have_text(span)
    expect(page.locator("#tooltip")).to_contain_text("nicht vom Stadtwert zu unterscheiden")
    page.mouse.click(*map_point(page, *place_of(page, point.x, point.y, bbox)))
    expect(page.locator("#area-card .area-value")).to_have_text(f"{german(layer['values'][i])}\u00a0% {span}")
    page.click("[data-language=en]")
    expect(page.locator("#area-card")).to_contain_text("not distinguishable from the city's value")


def test_the_panel_says_whom_the_indicator_is_about_and_links_to_its_sheet(site, open_page):
    page = open_page().open(site.url).page
    expect(page.locator("#about")).to_contain_text("Grundgesamtheit: Personen nach Wohnort")
    expect(page.locator("#about")).to_contain_text("unter 20 liegt")
    assert page.get_attribute("#about a", "href") == "indicators/unemp_share/sheet?language=de"


def test_the_table_is_sorted_by_keyboard_and_values_that_are_not_there_come_last(
    layer_path, german, texts, site, open_page
):
    page = open_page().open(f"{site.url}/?view=table").page
    layer = site.get(layer_path + "2020")
    numbers = sorted(v for v in layer["values"] if v is not None)
    value = "table.areas tbody td.number"
    assert texts(page, value) == [f"{german(v)}\u00a0%" for v in numbers[::-1]] + ["–", "–"]
    page.focus("[data-sort=number]")
    page.keyboard.press("Enter")
    assert texts(page, value) == [f"{german(v)}\u00a0%" for v in numbers] + ["–", "–"]
    expect(page.locator("th[aria-sort=ascending] [data-sort=number]")).to_be_focused()


def test_the_map_behind_the_table_shows_the_whole_city_when_it_comes_to_the_front(colour_at, site, open_page):
    seen = open_page().open(f"{site.url}/?view=table&layers=none")
    seen.page.click("[data-view=map]")
    seen.page.wait_for_timeout(800)
    assert colour_at(seen.page, 0.5, 0.5) != colour_at(seen.page, 0.02, 0.5)
    assert seen.complaints == []


def test_an_area_is_found_without_caring_for_umlauts_and_shown_on_the_map(texts, site, open_page):
    page = open_page().open(f"{site.url}/?view=table").page
    for wanted in ("grunau", "gruenau", "GRÜNAU"):
        page.fill("#table-search", wanted)
        assert texts(page, "table.areas tbody th") == ["Grünau-Süd"]
    page.fill("#table-search", "nirgendwo")
    expect(page.locator(".table-tools [role=status]")).to_have_text("Kein Gebiet heißt so.")
    page.fill("#table-search", "sud")
    page.click("table.areas tbody button")
    expect(page.locator("#map-frame")).to_be_visible()
    expect(page.locator("#area-card h2")).to_have_text("Grünau-Süd")
    assert "area=020004" in page.url


def test_the_tooltip_says_area_key_and_value_and_why_there_is_none(
    layer_path, german, map_point, site, open_page
):
    page = open_page().open(f"{site.url}/?layers=none").page
    layer = site.get(layer_path + "2020")
    bbox = site.get("/cities")["cities"][0]["bbox"]
    features = {f["id"]: f for f in site.get("/collections/musterstadt.block/items")["features"]}
    for status, says in (
        ("measured", None),
        ("missing", "keine Angabe"),
        ("suppressed", "nicht veröffentlicht (Datenschutz)"),
    ):
        i = layer["statuses"].index(status)
        feature = features[layer["area_ids"][i]]
        point = shape(feature["geometry"]).representative_point()
        page.mouse.move(*map_point(page, *place_of(page, point.x, point.y, bbox)))
        expect(page.locator("#tooltip")).to_be_visible()
        expect(page.locator(".tooltip-name")).to_have_text(feature["properties"]["name"])
        expect(page.locator(".tooltip-key")).to_have_text(f"Schlüssel {feature['id']}")
        value = says or f"{german(layer['values'][i])}\u00a0%"
        expect(page.locator("#tooltip > :nth-child(3)")).to_have_text(value)
    page.mouse.move(5, 5)
    expect(page.locator("#tooltip")).to_be_hidden()


def test_an_area_is_selected_by_pointer_and_by_keyboard(map_point, site, open_page):
    page = open_page().open(site.url).page
    page.mouse.click(*map_point(page, 0.42, 0.5))
    expect(page.locator("#area-card")).to_be_visible()
    assert "area=" in page.url
    page.get_by_role("button", name="Auswahl aufheben").click()
    expect(page.locator("#area-card")).to_be_hidden()
    page.focus("#map canvas")
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(600)
    page.keyboard.press("Enter")
    expect(page.locator("#area-card")).to_be_visible()
    expect(page.locator("#live")).not_to_be_empty()


def test_proposals_are_listed_switched_and_zoomed_to(colour_at, site, open_page):
    page = open_page().open(site.url).page
    proposals = site.get("/collections/musterstadt.priority-areas/items")["features"]
    expect(page.locator("#proposals ol button")).to_have_count(len(proposals))
    expect(page.locator("#proposals ol button").first).to_contain_text("1.234 Einwohner · 2 Gebiete")
    expect(page.locator("#proposals ol button").first).to_contain_text("mittlerer Bedarf 1,31")
    page.uncheck("#show-regions")
    assert "layers=core.margin.cases" in page.url
    page.focus("#proposals ol button >> nth=0")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("at="))
    assert abs(float(re.search(r"at=([\d.]+)", page.url)[1]) - start_zoom(page, proposals[0])) < 0.05
    link, here = page.url, colour_at(page, 0.5, 0.5)
    again = open_page().open(link).page
    again.wait_for_timeout(300)
    assert colour_at(again, 0.5, 0.5) == here


def test_counts_are_circles_and_the_legend_shows_their_size(texts, site, open_page):
    page = open_page().open(f"{site.url}/?indicator=residents").page
    layer = site.get("/cities/musterstadt/layers/residents?geography=block&period=2020")
    assert texts(page, ".legend-circles .legend-label") == [
        s["label"]["de"] for s in layer["symbols"]["steps"]
    ]
    radii = page.locator(".legend-circles circle").evaluate_all(
        "cs => cs.map(c => Number(c.getAttribute('r')))"
    )
    assert radii == [s["radius"] for s in layer["symbols"]["steps"]]


def test_circles_stand_inside_their_area(site, open_page):
    seen = open_page().open(site.url)
    for feature in site.get("/collections/musterstadt.block/items")["features"]:
        x, y = seen.page.evaluate(
            "async (g) => (await import('./static/js/interior.js')).interiorPoint(g)", feature["geometry"]
        )
        assert shape(feature["geometry"]).contains(Point(x, y))


def test_a_collection_of_several_pages_is_read_to_its_end(texts, site, open_page):
    site.service.page_size = 5
    seen = open_page().open(f"{site.url}/?view=table")
    assert len([r for r in seen.requests if "musterstadt.block/items" in r]) == 3
    assert "Grünau-Süd" in texts(seen.page, "table.areas tbody th")
    assert [r for r in seen.requests if "invalid" in r] == []


def test_a_unit_with_a_point_at_its_end_ends_the_sentence(site, open_page):
    said = (
        open_page()
        .open(site.url)
        .page.evaluate(
            """async () => {
          const { t } = await (await import('./static/js/i18n.js')).loadLanguage('de');
          const parts = { indicator: 'Pkw', period: '2024', with_value: 2, areas: 3, low: '0,5 Pkw/Ew.' };
          return ['0,66 Pkw/Ew.', '66 %'].map((high) => t('map.summary', { ...parts, high }));
        }"""
        )
    )
    assert said == [
        f"Pkw, 2024: 2 von 3 mit Wert, von 0,5 Pkw/Ew. bis {high}" for high in ("0,66 Pkw/Ew.", "66 %.")
    ]
