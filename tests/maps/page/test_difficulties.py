"""Nothing there, nobody answers, no WebGL: the page says so and stays usable, at any width and with the keyboard alone."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_an_empty_database_says_what_to_do_next(empty_site, open_page):
    seen = open_page().open(empty_site.url)
    page = seen.page
    expect(page.get_by_role("heading", name="Noch keine Stadt geladen")).to_be_visible()
    expect(page.locator("#empty code").first).to_have_text("make run")
    expect(page.locator("#workspace")).to_be_hidden()
    page.click("[data-language=en]")
    expect(page.get_by_role("heading", name="No city loaded yet")).to_be_visible()
    assert seen.complaints == []


def test_an_error_is_explained_in_place_and_can_be_tried_again(first_view, site, open_page):
    site.service.broken["/cities/musterstadt/layers"] = (503, "Die Datenbank startet gerade neu.")
    seen = open_page().open(site.url)
    page = seen.page
    expect(page.get_by_role("alert")).to_contain_text(
        "Die Daten konnten nicht geladen werden Die Datenbank startet gerade neu."
    )
    site.service.broken.clear()
    page.get_by_role("button", name="Erneut versuchen").click()
    seen.wait_for(first_view)
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
