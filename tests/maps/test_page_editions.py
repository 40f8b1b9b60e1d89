"""Editions of the boundaries on the page: the older one can be chosen, and a proposal is drawn on its own alone."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

CITY = "musterstadt"
OLD, NEW = "2015", "2018"
OLD_PERIOD = "2017"


@pytest.fixture
def recut(site, monkeypatch):
    """The blocks of the first city were cut anew in 2018; the proposal lies on those of before, with values of 2017."""
    plain, city = site.service.answer, site.service.cities[CITY]
    editions = [
        {"edition": NEW, "valid_from": "2018-01-01", "valid_to": None, "areas": len(city.areas["block"])},
        {"edition": OLD, "valid_from": "2010-01-01", "valid_to": "2017-12-31", "areas": 7},
    ]
    site.asked = []

    def answer(address: str) -> tuple[int, dict]:
        site.asked.append(address)
        status, body = plain(address)
        url = urlsplit(address)
        edition = parse_qs(url.query).get("edition", [NEW])[0]
        if url.path == "/cities":
            body["cities"][0]["geographies"][-1]["editions"] = editions
        elif url.path == f"/cities/{CITY}/indicators":
            for one in body["indicators"]:
                for level, periods in one["availability"].items():
                    is_old = [period for period in periods if (period == OLD_PERIOD) == (edition == OLD)]
                    one["availability"][level] = is_old
        elif url.path.startswith(f"/cities/{CITY}/layers/"):
            body["source"]["edition"] = edition
            old = {"title": {"de": "Alter Atlas", "en": "Old atlas"}, "attribution": "Altes Amt",
                   "licence": "CC BY 4.0", "url": ""}  # fmt: skip
            body["sources"] = [*body["sources"], old] if edition == OLD else body["sources"]
        elif url.path == f"/cities/{CITY}/proposal":
            body["edition"] = OLD
        elif url.path == "/collections":
            for row in body["collections"]:
                row |= {"geography": "block", "edition": OLD}
        return status, body

    monkeypatch.setattr(site.service, "answer", answer)
    return site


def drawn_regions(page) -> bool:
    """Whether the box offers the outline of the proposal for the map."""
    return page.locator("#show-regions").is_enabled()


def test_a_proposal_of_other_boundaries_is_not_drawn_and_leads_to_its_own(recut, open_page) -> None:
    watched = open_page().open(f"{recut.url}/?city={CITY}")
    page = watched.page
    expect(page.locator("#proposal-edition")).to_contain_text(f"Gebietsstand {OLD}")
    assert not drawn_regions(page)
    assert f"Gebietsstand {OLD}" in page.locator(".switch", has=page.locator("#show-regions")).inner_text()
    page.get_by_role("button", name=f"Gebietsstand {OLD} zeigen").click()
    expect(page.locator("#proposal-edition")).to_have_count(0)
    watched.ready()
    assert drawn_regions(page)
    assert f"edition={OLD}" in page.url
    expect(page.locator("#subtitle")).to_contain_text(f"{OLD_PERIOD} · Gebietsstand {OLD}")
    assert watched.complaints == []


def test_older_values_can_be_chosen_by_their_edition_and_sent_as_a_link(recut, open_page) -> None:
    watched = open_page().open(f"{recut.url}/?city={CITY}&lang=en")
    page = watched.page
    options = page.locator("#edition option").all_inner_texts()
    assert options == ["2018 (since 1 Jan 2018)", "2015 (1 Jan 2010 to 31 Dec 2017)"]
    assert OLD_PERIOD not in page.locator("#period-box").inner_text()
    page.select_option("#edition", OLD)
    expect(page.locator("#period-shown")).to_have_text(OLD_PERIOD)
    expect(page.locator("#geography")).to_contain_text("(7)")
    watched.ready()
    assert any(
        re.search(rf"/collections/{CITY}\.block/items\?.*edition={OLD}", address) for address in recut.asked
    )
    again = open_page().open(page.url).page
    expect(again.locator("#period-shown")).to_have_text(OLD_PERIOD)
    assert again.input_value("#edition") == OLD
    page.select_option("#edition", "")
    expect(page.locator("#period-shown")).not_to_have_text(OLD_PERIOD)
    assert "edition" not in page.url
    assert watched.complaints == []


def test_every_source_stands_below_the_map_with_its_licence(recut, open_page) -> None:
    page = open_page().open(f"{recut.url}/?city={CITY}&edition={OLD}").page
    told = page.locator("#source").inner_text()
    for words in ("Amt für Tests · Lizenz CC0-1.0", "Alter Atlas, Altes Amt · Lizenz CC BY 4.0"):
        assert words in told
    assert page.locator("#source a").count() == 1  # the address of the one that has one


def test_a_city_with_one_edition_has_no_choice_of_it(site, open_page) -> None:
    page = open_page().open(f"{site.url}/?city={CITY}").page
    assert page.locator("#edition-box").is_hidden()
