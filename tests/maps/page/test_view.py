"""The view is in the address: period, indicator, city and language change by keyboard and by link."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_the_period_changes_by_keyboard_and_skips_periods_without_values(layer_path, texts, site, open_page):
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
    layer = site.get(layer_path + "2019")
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


def test_an_indicator_without_the_period_falls_back_to_one_that_has_values_and_says_so(
    texts, site, open_page
):
    seen = open_page().open(f"{site.url}/?indicator=status_class&geography=block&period=2017")
    assert seen.shown() == "musterstadt|status_class|block|2019"
    expect(seen.page.locator("#live")).to_contain_text("Ihre Auswahl gibt es hier nicht")
    assert texts(seen.page, "#legend tr[data-row=class] .legend-label") == [
        "hoch",
        "mittel",
        "niedrig",
        "sehr niedrig",
    ]


def test_the_language_changes_everything_and_stays_in_the_address(layer_path, texts, site, open_page):
    seen = open_page().open(site.url)
    page = seen.page
    page.click("[data-language=en]")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#title")).to_have_text("Unemployed share")
    expect(page.locator("#proposals .toggle").first).to_have_text("Proposed outline")
    layer = site.get(layer_path + "2020")
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


def test_hostile_names_are_shown_as_text(texts, site, open_page):
    seen = open_page().open(f"{site.url}/?view=table")
    names = texts(seen.page, "table.areas tbody th")
    for name in ("<script>alert(1)</script>", "\"Am Tor\" & 'Wall' <b>", "حي الزهور", "{{ 7 * 7 }}"):
        assert name in names
    assert seen.page.locator("table.areas b, table.areas script").count() == 0
    seen.page.get_by_role("button", name="<script>alert(1)</script>").click()
    expect(seen.page.locator("#area-card h2")).to_have_text("<script>alert(1)</script>")
    assert seen.complaints == []
