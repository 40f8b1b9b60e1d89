"""A proposal on the map: layers, switches and legend."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def shown_layers(page) -> list[str]:
    ids = "boxes => boxes.filter(b => b.checked).map(b => b.id.slice(5))"
    return page.locator(".switches input").evaluate_all(ids)


def test_at_first_the_map_shows_outline_core_margin_and_single_cases(begin, lines, planned, open_page):
    seen = begin(open_page, planned.url)
    expect(seen.page.get_by_role("heading", name="Vorgeschlagene Schwerpunkträume")).to_be_visible()
    assert lines(seen.page, ".switches > .switch > .toggle") == [
        "Vorgeschlagene Grenze", "Kern", "Rand, abgestuft", "Einzelfälle", "Abstandsband",
        "Verbindungsräume zu Nachbargebieten", "Geltende Karte", "Unterschied zur geltenden Karte",
        "Stabilität (statt des Indikators)",
    ]  # fmt: skip
    assert shown_layers(seen.page) == ["regions", "core", "margin", "cases"]
    assert "layers=" not in seen.page.url
    assert [r for r in seen.requests if "priority-bands" in r or "/proposal/areas" in r] == []


def test_every_sample_in_the_legend_differs_without_its_colour(begin, planned, open_page):
    every = "regions.core.margin.cases.bands.links.force.changes.stability"
    page = begin(open_page, f"{planned.url}/?layers={every}").page
    expect(page.locator(".parts:visible")).to_have_count(4)
    looks = page.locator(".switches svg").evaluate_all(
        """all => all.map(s => s.innerHTML.replace(/#[0-9a-f]{6}|rgba?\\([^)]*\\)|pattern-\\d+/g, ""))"""
    )
    # 9 layers and their parts: 4 grades, 2 bands, 3 changes, 4 standings; the nearer band stands for both.
    assert len(looks) == 22
    assert len(set(looks)) >= 20


def test_switches_work_by_keyboard_and_a_link_shows_the_same_view(begin, lines, planned, open_page):
    seen = begin(open_page, planned.url)
    page = seen.page
    before = page.locator("#map").screenshot()
    page.focus("#show-changes")
    page.keyboard.press("Space")
    expect(page.locator("#show-changes")).to_be_focused()
    page.uncheck("#show-core")
    expect(page).to_have_url(re.compile(r"layers=regions\.margin\.cases\.changes"))
    assert lines(page, ".switch:has(#show-changes) li") == [
        "bleibt: 3 Gebiete, 3.000 Einwohner", "kommt hinzu: 1 Gebiet, 1.321 Einwohner",
        "entfällt: 2 Gebiete, 800 Einwohner",
    ]  # fmt: skip
    page.wait_for_timeout(400)
    assert page.locator("#map").screenshot() != before
    page.uncheck("#show-changes")
    page.check("#show-changes")
    assert len([r for r in seen.requests if "priority-changes" in r]) == 1
    again = begin(open_page, page.url).page
    expect(again.locator("#show-changes")).to_be_checked()
    assert shown_layers(again) == ["regions", "margin", "cases", "changes"]
    older = begin(open_page, f"{planned.url}/?proposals=0&zones=0").page
    expect(older.locator("#show-core")).not_to_be_checked()
    assert seen.complaints == []


def test_stability_takes_the_place_of_the_indicator(begin, lines, planned, open_page):
    page = begin(open_page, f"{planned.url}/?layers=none").page
    before = page.locator("#map").screenshot()
    page.check("#show-stability")
    expect(page.locator(".switch:has(#show-stability) .parts")).to_contain_text("Anteil der 100 Varianten")
    assert lines(page, ".switch:has(#show-stability) li") == [
        "immer (ab 95 %)", "meist (50 bis 95 %)", "manchmal (5 bis 50 %)", "nie oder fast nie (unter 5 %)",
    ]  # fmt: skip
    page.wait_for_timeout(400)
    assert page.locator("#map").screenshot() != before


def test_a_layer_that_does_not_come_says_so_and_leaves_the_rest_alone(city, begin, planned, open_page):
    planned.changed[f"/collections/{city}.priority-links/items"] = (503, {"title": "Fehler"})
    page = begin(open_page, planned.url).page
    page.check("#show-links")
    expect(page.locator(".switch:has(#show-links)")).to_contain_text("nicht geladen; erneut einschalten")
    expect(page.locator("#notice")).to_be_hidden()
    planned.changed.clear()
    page.uncheck("#show-links")
    page.check("#show-links")
    expect(page.locator(".switch:has(#show-links) [role=status]")).to_be_empty()


def test_a_change_of_period_keeps_what_is_unfolded_and_moves_no_shapes(begin, planned, open_page):
    seen = begin(open_page, f"{planned.url}/?region=1")
    expect(seen.page.locator("#region-1 .why-lead")).to_be_visible()
    seen.requests.clear()
    seen.page.focus("#period")
    seen.page.keyboard.press("ArrowLeft")
    seen.wait_for("musterstadt|unemployed_share|block|2019")
    expect(seen.page.locator("#region-1 .why-lead")).to_be_visible()
    assert [r for r in seen.requests if "/items" in r or "/proposal" in r] == []


@pytest.mark.parametrize(("width", "height"), [(320, 640), (390, 844), (1440, 900)])
def test_nothing_makes_the_page_scroll_sideways_in_either_language(
    case, begin, planned, open_page, width, height
):
    view = f"{planned.url}/?lang=en&area={case}&member=1&region=1&layers=regions.bands.changes.stability"
    page = begin(open_page, view, width=width, height=height).page
    expect(page.locator("#region-1 .why-list")).to_be_visible()
    expect(page.locator(".member .why-parts").first).to_be_visible()
    page.get_by_text("How did this come about?").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    own = page.locator("#proposals").inner_text() + page.locator("#area-card").inner_text()
    assert not re.search(r"Gebiet[e ]|Einwohner|Punkte |Karte auf|Vorschlag \d", own)
