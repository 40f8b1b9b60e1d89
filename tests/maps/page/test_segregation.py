"""Segregation on the page: chart, band and table of one measure."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def segregation_of(site, measure: str) -> list[dict]:
    series = site.get("/cities/musterstadt/segregation")["series"]
    return [s for s in series if s["geography"] == "block" and s["measure"] == measure]


def test_dissimilarity_has_a_chart_with_words_and_a_table_with_the_same_numbers(
    german, texts, site, open_page
):
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


def test_the_band_and_the_table_say_how_sure_a_value_is(german, texts, site, open_page):
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


def test_another_measure_is_chosen_by_keyboard_and_stays_in_the_address(german, texts, site, open_page):
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
