"""The page in a real browser: what a reader sees, by pointer, by keyboard and by screen reader.

Expected numbers are asked from the service itself, so that the same tests can look at the real application.
"""

import math
import re

import pytest
from playwright.sync_api import Page, expect
from shapely.geometry import Point, shape

pytestmark = pytest.mark.browser

DEFAULT = "musterstadt|unemployed_share|block|2020"
LAYER = "/cities/musterstadt/layers/unemployed_share?geography=block&period="


def texts(page: Page, selector: str) -> list[str]:
    return [t.strip() for t in page.locator(selector).all_inner_texts()]


def german(value: float, decimals: int = 1) -> str:
    return f"{value:,.{decimals}f}".translate(str.maketrans({",": ".", ".": ",", "-": "−"}))


def map_point(page: Page, share_x: float, share_y: float) -> tuple[float, float]:
    box = page.locator("#map").bounding_box()
    assert box
    return box["x"] + share_x * box["width"], box["y"] + share_y * box["height"]


def colour_at(page: Page, share_x: float, share_y: float) -> tuple[int, int, int]:
    """Read one pixel of what is on the screen, so also of the drawn map."""
    x, y = map_point(page, share_x, share_y)
    picture = page.screenshot(clip={"x": x, "y": y, "width": 1, "height": 1})
    data = page.evaluate(
        """async (bytes) => {
            const image = await createImageBitmap(new Blob([new Uint8Array(bytes)], {type: "image/png"}));
            const canvas = document.createElement("canvas");
            const pen = canvas.getContext("2d");
            pen.drawImage(image, 0, 0);
            return [...pen.getImageData(0, 0, 1, 1).data];
        }""",
        list(picture),
    )
    return tuple(data[:3])


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


def test_the_page_opens_without_complaint_and_asks_only_its_own_host(site, open_page):
    seen = open_page().open(site.url)
    assert seen.shown() == DEFAULT
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


def test_the_legend_shows_the_classes_of_the_service(site, open_page):
    page = open_page().open(site.url).page
    layer = site.get(LAYER + "2020")
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


def test_areas_are_drawn_in_the_colour_of_their_class(site, open_page):
    page = open_page().open(f"{site.url}/?layers=none").page
    layer = site.get(LAYER + "2020")
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


def test_the_table_gives_the_numbers_of_the_map(site, open_page):
    page = open_page().open(f"{site.url}/?view=table").page
    layer = site.get(LAYER + "2020")
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


def test_a_table_without_intervals_has_no_columns_for_them(site, open_page):
    page = open_page().open(f"{site.url}/?view=table&indicator=residents").page
    assert texts(page, "table.areas thead th:not(:has(button))") == ["Klasse", "Angabe"]


def test_tooltip_and_card_say_how_sure_a_value_is_and_whether_it_differs_from_the_city(site, open_page):
    page = open_page().open(f"{site.url}/?layers=none").page
    layer = site.get(LAYER + "2020")
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


def test_the_table_is_sorted_by_keyboard_and_values_that_are_not_there_come_last(site, open_page):
    page = open_page().open(f"{site.url}/?view=table").page
    layer = site.get(LAYER + "2020")
    numbers = sorted(v for v in layer["values"] if v is not None)
    value = "table.areas tbody td.number"
    assert texts(page, value) == [f"{german(v)}\u00a0%" for v in numbers[::-1]] + ["–", "–"]
    page.focus("[data-sort=number]")
    page.keyboard.press("Enter")
    assert texts(page, value) == [f"{german(v)}\u00a0%" for v in numbers] + ["–", "–"]
    expect(page.locator("th[aria-sort=ascending] [data-sort=number]")).to_be_focused()


def test_the_map_behind_the_table_shows_the_whole_city_when_it_comes_to_the_front(site, open_page):
    seen = open_page().open(f"{site.url}/?view=table&layers=none")
    seen.page.click("[data-view=map]")
    seen.page.wait_for_timeout(800)
    assert colour_at(seen.page, 0.5, 0.5) != colour_at(seen.page, 0.02, 0.5)
    assert seen.complaints == []


def test_an_area_is_found_without_caring_for_umlauts_and_shown_on_the_map(site, open_page):
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


def test_the_period_changes_by_keyboard_and_skips_periods_without_values(site, open_page):
    seen = open_page().open(site.url)
    page = seen.page
    assert texts(page, "#period-box .missing-note") == ["Ohne Werte: 2018"]
    assert page.locator(".tick-missing").count() == 1
    page.focus("#period")
    page.keyboard.press("ArrowLeft")
    seen.wait_for("musterstadt|unemployed_share|block|2019")
    page.keyboard.press("ArrowLeft")
    seen.wait_for("musterstadt|unemployed_share|block|2017")
    expect(page.locator("#period")).to_have_attribute("aria-valuetext", "2017")
    expect(page.locator("#period")).to_be_focused()
    page.keyboard.press("ArrowRight")
    seen.wait_for("musterstadt|unemployed_share|block|2019")
    layer = site.get(LAYER + "2019")
    states = [s for s in layer["states"].values() if s["count"]]
    assert texts(page, "#legend tbody .legend-count") == [
        str(c["count"]) for c in [*layer["classes"], *states]
    ]


def test_a_change_of_period_or_indicator_moves_no_geometry(site, open_page):
    seen = open_page().open(site.url)
    seen.page.wait_for_load_state("networkidle")
    seen.requests.clear()
    seen.page.focus("#period")
    seen.page.keyboard.press("ArrowLeft")
    seen.wait_for("musterstadt|unemployed_share|block|2019")
    seen.page.select_option("#indicator", "need_index")
    seen.wait_for("musterstadt|need_index|block|2019")
    assert [r for r in seen.requests if "/items" in r] == []


def test_an_indicator_without_the_period_falls_back_to_one_that_has_values_and_says_so(site, open_page):
    seen = open_page().open(f"{site.url}/?indicator=status_class&geography=block&period=2017")
    assert seen.shown() == "musterstadt|status_class|block|2019"
    expect(seen.page.locator("#live")).to_contain_text("Ihre Auswahl gibt es hier nicht")
    assert texts(seen.page, "#legend tr[data-row=class] .legend-label") == [
        "hoch",
        "mittel",
        "niedrig",
        "sehr niedrig",
    ]


def test_the_language_changes_everything_and_stays_in_the_address(site, open_page):
    seen = open_page().open(site.url)
    page = seen.page
    page.click("[data-language=en]")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#title")).to_have_text("Unemployed share")
    expect(page.locator("#proposals .toggle").first).to_have_text("Proposed outline")
    layer = site.get(LAYER + "2020")
    assert texts(page, "#legend tr[data-row=class] .legend-label") == [
        c["label"]["en"] for c in layer["classes"]
    ]
    assert "lang=en" in page.url
    visible = page.locator("body").inner_text()
    assert not re.search(r"Legende|Karte|Quelle|Zeitpunkt|Gebiete", visible)
    page.reload()
    seen.ready()
    expect(page.locator("#title")).to_have_text("Unemployed share")
    page.click("[data-language=de]")
    expect(page.locator("#title")).to_have_text("Anteil Arbeitslose")


def test_the_view_is_a_link_and_the_back_button_works(site, open_page):
    seen = open_page().open(site.url)
    page = seen.page
    page.select_option("#indicator", "need_index")
    seen.wait_for("musterstadt|need_index|block|2020")
    page.select_option("#geography", "district")
    seen.wait_for("musterstadt|need_index|district|2020")
    link = page.url
    page.go_back()
    seen.wait_for("musterstadt|need_index|block|2020")
    assert open_page().open(link).shown() == "musterstadt|need_index|district|2020"


def test_the_other_city_is_shown_without_the_badge_for_invented_data(site, open_page):
    seen = open_page().open(site.url)
    seen.page.select_option("#city", "nordhafen")
    seen.wait_for("nordhafen|unemployed_share|block|2020")
    expect(seen.page.locator("#synthetic")).to_be_hidden()
    assert seen.complaints == []


def test_hostile_names_are_shown_as_text(site, open_page):
    seen = open_page().open(f"{site.url}/?view=table")
    names = texts(seen.page, "table.areas tbody th")
    for name in ("<script>alert(1)</script>", "\"Am Tor\" & 'Wall' <b>", "حي الزهور", "{{ 7 * 7 }}"):
        assert name in names
    assert seen.page.locator("table.areas b, table.areas script").count() == 0
    seen.page.get_by_role("button", name="<script>alert(1)</script>").click()
    expect(seen.page.locator("#area-card h2")).to_have_text("<script>alert(1)</script>")
    assert seen.complaints == []


def test_the_tooltip_says_area_key_and_value_and_why_there_is_none(site, open_page):
    page = open_page().open(f"{site.url}/?layers=none").page
    layer = site.get(LAYER + "2020")
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


def test_an_area_is_selected_by_pointer_and_by_keyboard(site, open_page):
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


def test_proposals_are_listed_switched_and_zoomed_to(site, open_page):
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


def segregation_of(site, measure: str) -> list[dict]:
    series = site.get("/cities/musterstadt/segregation")["series"]
    return [s for s in series if s["geography"] == "block" and s["measure"] == measure]


def test_dissimilarity_has_a_chart_with_words_and_a_table_with_the_same_numbers(site, open_page):
    page = open_page().open(site.url).page
    series = segregation_of(site, "dissimilarity")
    expect(page.locator("#segregation svg[role=img] title").first).to_have_text(
        "Dissimilarität je Zeitpunkt, 2017 bis 2020"
    )
    page.click("#segregation summary")
    periods = [p["period"] for p in series[0]["points"]]
    assert texts(page, "#segregation tbody th") == periods
    assert texts(page, "#segregation td .measured") == [
        f"{german(100 * s['points'][i]['value'])}\u00a0%" for i in range(len(periods)) for s in series
    ]
    assert page.locator("#segregation .chart .series > path[stroke-dasharray]").count() == len(series)


def test_the_band_and_the_table_say_how_sure_a_value_is(site, open_page):
    page = open_page().open(site.url).page
    series = segregation_of(site, "dissimilarity")
    assert page.locator("#segregation .chart path.band").count() == len(series)
    first = series[0]["points"][0]
    corrected, low, high = (german(100 * first[name]) for name in ("corrected", "ci_low", "ci_high"))
    interval = f"bereinigt {corrected}\u00a0% ({low} bis {high}\u00a0%)"
    sign = page.locator("#segregation .chart .series-0 circle title").first
    expect(sign).to_have_text(f"Arbeitslose, 2017: {german(100 * first['value'])}\u00a0%; {interval}")
    page.click("#segregation summary")
    assert texts(page, "#segregation tbody tr:first-child td:nth-of-type(1) .aside") == [
        interval,
        "bei Zufall 5,0\u00a0%",
    ]
    expect(page.locator("#segregation")).to_contain_text("Das Band ist der Unsicherheitsbereich (95 %)")


def test_another_measure_is_chosen_by_keyboard_and_stays_in_the_address(site, open_page):
    seen = open_page().open(site.url)
    page = seen.page
    choice = page.get_by_label("Maß", exact=True)
    assert choice.locator("option").all_inner_texts() == ["Dissimilarität", "Informationsindex H"]
    choice.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#segregation svg[role=img] title").first).to_contain_text("Informationsindex H")
    expect(choice).to_be_focused()
    assert "measure=information_theory" in page.url
    value = segregation_of(site, "information_theory")[0]["points"][0]["value"]
    page.click("#segregation summary")
    assert texts(page, "#segregation td .measured")[0] == german(value, 3)
    again = open_page().open(page.url).page
    expect(again.locator("#segregation svg[role=img] title").first).to_contain_text("Informationsindex H")
    assert seen.complaints == []


def test_a_band_is_broken_where_a_period_has_none_and_values_without_one_are_drawn(
    site, open_page, monkeypatch
):
    gone = dict.fromkeys(("corrected", "ci_low", "ci_high", "expected"))
    city = site.service.cities["musterstadt"]
    holed = [
        one | {"points": [p | (gone if i == 1 else {}) for i, p in enumerate(one["points"])]}
        for one in city.segregation
    ]
    monkeypatch.setattr(city, "segregation", holed)
    page = open_page().open(site.url).page
    series = segregation_of(site, "dissimilarity")
    assert page.locator("#segregation .chart path.band").count() == 2 * len(series)
    assert page.locator("#segregation .chart .series-0 circle").count() == len(series[0]["points"])
    page.click("#segregation summary")
    assert page.locator("#segregation tbody tr:nth-child(2) .aside").count() == 0


def test_counts_are_circles_and_the_legend_shows_their_size(site, open_page):
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


def test_a_collection_of_several_pages_is_read_to_its_end(site, open_page):
    site.service.page_size = 5
    seen = open_page().open(f"{site.url}/?view=table")
    assert len([r for r in seen.requests if "musterstadt.block/items" in r]) == 3
    assert "Grünau-Süd" in texts(seen.page, "table.areas tbody th")
    assert [r for r in seen.requests if "invalid" in r] == []


def test_an_empty_database_says_what_to_do_next(empty_site, open_page):
    seen = open_page().open(empty_site.url)
    page = seen.page
    expect(page.get_by_role("heading", name="Noch keine Stadt geladen")).to_be_visible()
    expect(page.locator("#empty code").first).to_have_text("make run")
    expect(page.locator("#workspace")).to_be_hidden()
    page.click("[data-language=en]")
    expect(page.get_by_role("heading", name="No city loaded yet")).to_be_visible()
    assert seen.complaints == []


def test_an_error_is_explained_in_place_and_can_be_tried_again(site, open_page):
    site.service.broken["/cities/musterstadt/layers"] = (503, "Die Datenbank startet gerade neu.")
    seen = open_page().open(site.url)
    page = seen.page
    expect(page.get_by_role("alert")).to_contain_text(
        "Die Daten konnten nicht geladen werden Die Datenbank startet gerade neu."
    )
    site.service.broken.clear()
    page.get_by_role("button", name="Erneut versuchen").click()
    seen.wait_for(DEFAULT)
    expect(page.locator("#notice")).to_be_hidden()


def test_a_service_that_does_not_answer_is_explained(site, open_page):
    seen = open_page().open(site.url)
    seen.page.route("**/layers/**", lambda route: route.abort())
    seen.page.select_option("#indicator", "need_index")
    expect(seen.page.get_by_role("alert")).to_contain_text("Der Dienst antwortet nicht")


def test_without_webgl_the_table_takes_the_place_of_the_map(site, open_page):
    seen = open_page()
    seen.page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null;")
    seen.open(site.url)
    expect(seen.page.get_by_role("alert")).to_contain_text("Die Tabelle zeigt dieselben Zahlen")
    assert seen.page.locator("table.areas tbody tr").count() == 12


def test_the_method_opens_and_closes_by_keyboard(site, open_page):
    page = open_page().open(site.url).page
    page.get_by_role("button", name="Methode").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Schließen").click()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_everything_is_reached_by_keyboard_in_a_sensible_order(site, open_page):
    page = open_page().open(site.url).page
    expect(page.locator("#proposals button")).not_to_have_count(0)
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        here = page.evaluate(
            "document.activeElement.id || document.activeElement.className || document.activeElement.tagName"
        )
        if here == "BODY":
            break
        seen.append(here)
    order = [
        "skip",
        "city",
        "maplibregl-canvas",
        "indicator",
        "geography",
        "period",
        "show-regions",
        "link",
    ]
    places = [next(i for i, s in enumerate(seen) if part in s) for part in order]
    assert places == sorted(places)


@pytest.mark.parametrize(("width", "height"), [(390, 844), (320, 640), (1024, 700)])
@pytest.mark.parametrize("query", ["", "?view=table", "?area=010000"])
def test_no_width_makes_the_page_scroll_sideways(site, open_page, width, height, query):
    page = open_page(width=width, height=height).open(f"{site.url}/{query}").page
    expect(page.locator("#proposals button")).not_to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_dark_mode_is_drawn_and_switched_while_the_page_is_open(site, open_page):
    seen = open_page(color_scheme="dark").open(site.url)
    assert max(colour_at(seen.page, 0.02, 0.5)) < 100
    seen.page.emulate_media(color_scheme="light")
    seen.page.wait_for_timeout(500)
    assert min(colour_at(seen.page, 0.02, 0.5)) > 200
    assert seen.complaints == []


def test_three_thousand_blocks_appear_and_change_quickly(large_site, open_page):
    seen = open_page().open(large_site.url)
    first = seen.page.evaluate("performance.getEntriesByName('sozialraum:shown')[0].startTime")
    seen.page.wait_for_timeout(1500)
    change = seen.page.evaluate(
        """async () => {
            const slider = document.querySelector("#period");
            const stage = document.querySelector("#stage");
            const start = performance.now();
            slider.value = String(Number(slider.value) - 1);
            slider.dispatchEvent(new Event("input"));
            await new Promise((resolve) => {
                new MutationObserver(() => stage.dataset.shown.endsWith("2018") && resolve())
                    .observe(stage, {attributes: true});
            });
            return performance.now() - start;
        }"""
    )
    # The goals are 1.5 s and 0.2 s on an idle machine; under the load of a test run only a breakdown is caught.
    assert first < 15_000
    assert change < 2_000


def test_script_and_style_stay_small(site, open_page):
    seen = open_page().open(site.url)
    sizes = seen.page.evaluate(
        """performance.getEntriesByType("resource").filter((r) => /\\.(js|mjs|css)(\\?|$)/.test(r.name))
            .map((r) => [r.name, r.encodedBodySize])"""
    )
    # At most 600 kB compressed; the test server compresses as the service does.
    assert sum(size for _, size in sizes) < 600_000
