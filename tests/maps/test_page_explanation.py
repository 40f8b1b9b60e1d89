"""Why an area has its class, on the page: the plain sentence, bars with numbers, how near and how sure, by all means.

The answers are built by the service's own models from one area that is reckoned by hand.
"""

import json
import re

import pytest
from playwright.sync_api import expect

from api.schemas.explanations import AreaExplanation
from indicators.definition import Indicator

pytestmark = pytest.mark.browser

AREA = "010001"
WITHHELD = "010002"
VIEW = "?indicator=need_index&geography=block&period=2020&area="
SHOWN = "musterstadt|need_index|block|2020"
HOSTILE = 'Allein <b>erziehend</b> & "mehr"'
ADDRESS = "cities/musterstadt/indices/need_index/explanation"
EMPTY = dict.fromkeys(
    ("value", "rank", "rank_low", "rank_high", "class", "kept", "runs", "base", "filled",
     "limit_less_need", "limit_more_need", "class_less_need", "class_more_need")
)  # fmt: skip


def share(name: str, title_de: str, title_en: str) -> Indicator:
    return Indicator(
        id=name, title_de=title_de, title_en=title_en, unit="%", kind="intensive", direction="higher_is_more_need",
        decimals=1,
    )  # fmt: skip


INPUTS = {
    one.id: one
    for one in (
        share("unemployed_share", "Anteil Arbeitslose", "Unemployed share"),
        share("single_parents", HOSTILE, HOSTILE),
        share("benefits", "Anteil im Leistungsbezug", "Share with benefits"),
    )
}
METHOD = {
    "title_de": "Beispielverfahren", "title_en": "Example procedure",
    "labels_de": ["hoch", "mittel", "niedrig", "sehr niedrig"], "labels_en": ["high", "medium", "low", "very low"],
}  # fmt: skip


def way(new_value: float | None, new_class: int | None, reason: str = "") -> dict:
    return {"new_value": new_value, "new_class": new_class, "reason": reason}


def body(city, area: str, period: str) -> dict:
    """Explain a block: 0.60 − 0.20 and 0.10 for what is unknown make 0.50."""
    parts = [
        # To less need by a fifth of its value, to more by a twenty-fifth.
        {"indicator": "unemployed_share", "value": 12.5, "contribution": 0.6,
         "less_need": way(10.0, 2), "more_need": way(13.0, 4)},
        # To less need by three tenths: more than a fifth.
        {"indicator": "single_parents", "value": 30.0, "contribution": -0.2,
         "less_need": way(21.0, 2), "more_need": way(None, None, "beyond_range")},
        {"indicator": "benefits", "value": None, "contribution": None,
         "less_need": way(None, None, "withheld"), "more_need": way(None, None, "withheld")},
    ]  # fmt: skip
    known = {
        "value": 0.5, "rank": 3, "rank_low": 2, "rank_high": 6, "class": 3, "kept": 0.871, "runs": 1000,
        "base": 0.0, "filled": 0.1, "limit_less_need": 0.3, "limit_more_need": 0.55,
        "class_less_need": 2, "class_more_need": 4,
    }  # fmt: skip
    is_known = area != WITHHELD
    names = dict(zip(city.areas["block"]["area_id"], city.areas["block"]["name"], strict=True))
    row = {
        **(known if is_known else EMPTY), "city_id": city.id, "geography_id": "block", "edition": "2020",
        "period": period, "area_id": area, "area_name": names[area], "areas": 12, "method": "example",
        "status": "measured" if is_known else "suppressed", "parts": parts if is_known else [],
        "reason_de": "" if is_known else "benefits: wird zurückgehalten",
        "reason_en": "" if is_known else "benefits: is withheld",
    }  # fmt: skip
    index = next(one for one in city.indicators if one.id == "need_index")
    return json.loads(
        AreaExplanation.from_row(row, index=index, inputs=INPUTS, method=METHOD).model_dump_json()
    )


@pytest.fixture
def explained(site, monkeypatch):
    """The service, of which two indicators are explained by the index; 2019 is not explained."""
    plain, city = site.service.answer, site.service.cities["musterstadt"]

    def answer(address: str) -> tuple[int, dict]:
        found = re.fullmatch(rf"/{ADDRESS}\?area=(\w+)&geography=block&period=(\d+)", address)
        if found and found[2] == "2020":
            return 200, body(city, *found.groups())
        status, told = plain(address)
        if address == "/cities/musterstadt/indicators":
            for one in told["indicators"]:
                one["explanation"] = ADDRESS if one["id"] in {"need_index", "status_class"} else None
        return status, told

    monkeypatch.setattr(site.service, "answer", answer)
    return site


def lines(page, selector: str) -> list[str]:
    return [" ".join(one.split()) for one in page.locator(selector).all_inner_texts()]


def test_the_plain_sentence_comes_first_and_the_parts_add_up(explained, open_page):
    seen = open_page().open(explained.url + VIEW + AREA)
    why = seen.page.locator("#area-card .why")
    expect(why.get_by_role("heading", name="Warum diese Klasse?")).to_be_visible()
    expect(why.locator(".why-content > :first-child")).to_have_text(
        "\"Am Tor\" & 'Wall' <b> hat 2020 den Index des Bedarfs 0,50 und damit Rang 3 von 12 Gebieten "
        "(Rang 1: am meisten Bedarf). Das ist die Klasse 3 „niedrig“."
    )
    assert lines(seen.page, ".why-parts tbody tr") == [
        "Anteil Arbeitslose 12,5 % +0,60 mehr Bedarf",
        f"{HOSTILE} 30,0 % −0,20 weniger Bedarf",
        "Anteil im Leistungsbezug keine Angabe –",
    ]
    assert lines(seen.page, ".why-parts tfoot tr") == [
        "Durchschnittliches Gebiet 0,00",
        "Für unbekannte Werte +0,10",
        "Index des Bedarfs 0,50",
    ]
    assert seen.complaints == []


def test_bars_are_as_long_as_their_numbers_on_the_side_of_their_sign(explained, open_page):
    page = open_page().open(explained.url + VIEW + AREA).page
    expect(page.locator(".why-parts svg")).to_have_count(3)
    bars = page.locator(".why-parts svg rect").evaluate_all(
        "bars => bars.map(b => [Number(b.getAttribute('x')), Number(b.getAttribute('width'))])"
    )
    middle = float(page.locator(".why-parts svg line").first.get_attribute("x1"))
    (right, long), (left, short), (_, none) = bars
    assert right == middle
    assert left + short == pytest.approx(middle)
    assert long == pytest.approx(3 * short)  # 0.60 and 0.20
    assert none == 0
    assert page.locator(".why-parts svg").evaluate_all("all => all.map(s => s.getAttribute('aria-hidden'))") == [
        "true"
    ] * 3  # fmt: skip


def test_it_says_how_near_the_next_class_is_and_which_change_is_smallest(explained, open_page):
    page = open_page().open(explained.url + VIEW + AREA).page
    near = lines(page, ".why-list >> nth=0 >> li")
    assert near == [
        "Zur Klasse 2 „mittel“ (weniger Bedarf) sind es −0,20 Indexpunkte bis zur Grenze 0,30.",
        "Zur Klasse 4 „sehr niedrig“ (mehr Bedarf) sind es +0,05 Indexpunkte bis zur Grenze 0,55.",
        "Kleinste Änderung in Richtung weniger Bedarf: Anteil Arbeitslose von 12,5 auf 10,0 % – dann Klasse 2 „mittel“.",
        "Kleinste Änderung in Richtung mehr Bedarf: Anteil Arbeitslose von 12,5 auf 13,0 % – dann Klasse 4 „sehr niedrig“.",
    ]
    page.click(".why-content summary")
    expect(page.locator(".why-content summary")).to_have_text("Ab welchem Wert sich die Klasse ändert")
    assert lines(page, ".why .numbers tbody tr") == [
        "Anteil Arbeitslose 12,5 % 10,0 % Klasse 2 13,0 % Klasse 4",
        f"{HOSTILE} 30,0 % 21,0 % Klasse 2 kein möglicher Wert reicht",
        "Anteil im Leistungsbezug – der Wert wird zurückgehalten der Wert wird zurückgehalten",
    ]


def test_it_says_how_sure_the_class_and_the_rank_are_and_by_which_method(explained, open_page):
    page = open_page().open(explained.url + VIEW + AREA).page
    sure = lines(page, ".why-list >> nth=1 >> li")
    assert sure[0] == (
        "Mit Zufall in den Werten bleibt das Gebiet in 87 % von 1.000 Läufen in seiner Klasse: "
        "die Klasse ist nicht sicher."
    )
    assert sure[1].startswith("Sein Rang liegt zwischen 2 und 6")
    expect(page.locator(".why-content > :last-child")).to_have_text("Methode: Beispielverfahren")


def test_the_class_has_the_same_explanation_as_the_index_and_a_share_has_none(explained, open_page):
    seen = open_page().open(explained.url + VIEW.replace("need_index", "status_class") + AREA)
    expect(seen.page.locator(".why-parts")).to_be_visible()
    seen.page.select_option("#indicator", "unemployed_share")
    seen.wait_for("musterstadt|unemployed_share|block|2020")
    expect(seen.page.locator("#area-card")).to_be_visible()
    expect(seen.page.locator(".why")).to_be_hidden()


def test_an_area_without_an_index_says_why_and_shows_no_number(explained, open_page):
    page = open_page().open(explained.url + VIEW + WITHHELD).page
    expect(page.locator(".why-lead")).to_have_text(
        "حي الزهور hat 2020 keinen Index des Bedarfs: Anteil im Leistungsbezug: wird zurückgehalten."
    )
    expect(page.locator(".why-content > *")).to_have_count(1)


def test_a_period_without_an_explanation_says_so(explained, open_page):
    page = open_page().open(explained.url + VIEW.replace("2020", "2019") + AREA).page
    expect(page.locator(".why-content")).to_have_text(
        "Für dieses Gebiet und diesen Zeitpunkt liegt keine Erklärung vor."
    )
    expect(page.locator("#notice")).to_be_hidden()


def test_it_is_folded_by_keyboard_and_a_link_keeps_it_so(explained, open_page):
    page = open_page().open(explained.url + VIEW + AREA).page
    expect(page.locator(".why-parts")).to_be_visible()
    page.locator(".why > summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".why-parts")).to_be_hidden()
    expect(page).to_have_url(re.compile("why=0"))
    again = open_page().open(page.url).page
    expect(again.locator(".why > summary")).to_be_visible()
    expect(again.locator(".why-parts")).to_be_hidden()
    again.locator(".why > summary").click()
    expect(again.locator(".why-parts")).to_be_visible()
    expect(again).not_to_have_url(re.compile("why="))


def test_the_explanation_follows_the_area_and_the_language(explained, open_page):
    seen = open_page().open(explained.url + VIEW + WITHHELD)
    page = seen.page
    expect(page.locator(".why-lead")).to_contain_text("keinen Index")
    page.click("[data-view=table]")
    page.get_by_role("button", name="Viertel 6").click()
    expect(page.locator(".why-lead")).to_contain_text("Viertel 6 hat 2020")
    page.click("[data-language=en]")
    expect(page.get_by_role("heading", name="Why this class?")).to_be_visible()
    assert lines(page, ".why-parts tbody tr")[1] == f"{HOSTILE} 30.0 % −0.20 less need"
    expect(page.locator(".why-list").first).to_contain_text(
        "Smallest change towards more need: Unemployed share from 12.5 to 13.0 % – then class 4 “very low”."
    )
    assert seen.shown() == SHOWN
    assert seen.complaints == []


@pytest.mark.parametrize(("width", "height"), [(320, 640), (390, 844), (1440, 900), (1024, 600)])
def test_the_card_fits_any_width_and_leaves_the_buttons_of_the_map_free(explained, open_page, width, height):
    page = open_page(width=width, height=height).open(explained.url + VIEW + AREA).page
    page.click(".why-content summary")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    card, zoom = (page.locator(one).bounding_box() for one in ("#area-card", ".maplibregl-ctrl-top-right"))
    assert card["x"] >= 0
    assert card["x"] + card["width"] <= width
    if width > 800:
        assert card["y"] >= zoom["y"] + zoom["height"]
