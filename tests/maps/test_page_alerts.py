"""Early warnings on the page: listed, filtered and chosen, by pointer, by keyboard and by link."""

import json
import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from api.schemas.alerts import AlertAnswer, AlertRules

pytestmark = pytest.mark.browser

RULES = {
    "rises": ("Arbeitslosigkeit steigt", "Unemployment rises"),
    "rank": ("Rangsprung <i>", "Jump in rank <i>"),
}
NAMES = {"010000": "<script>alert(1)</script>", "010003": "{{ 7 * 7 }}", "01": "Bezirk 01"}
MOMENT = datetime(2024, 3, 7, 12, 0, tzinfo=UTC)


def alert(
    number: int, area: str, period: str, *, rule: str = "rises", state: str = "open", **more: object
) -> dict:
    """Make one as the service tells it."""
    name = NAMES[area]
    is_open = state == "open"
    title = ("Anteil Arbeitslose", "Unemployed share")
    row = {
        "id": number, "revision": 1, "state": state, "city_id": "musterstadt",
        "geography_id": "district" if len(area) == 2 else "block", "edition": "2020", "area_id": area,
        "area_name": name, "period": period, "rule_id": rule, "rule_de": RULES[rule][0], "rule_en": RULES[rule][1],
        "indicator_id": "unemployed_share", "indicator_de": title[0], "indicator_en": title[1], "unit": "%",
        "decimals": 1, "figures": None, "text_de": f"{name}: um 2,1 Punkte" if is_open else None,
        "text_en": f"{name}: by 2.1 points" if is_open else None, "raised_at": MOMENT, "changed_at": MOMENT,
        "updated_at": MOMENT, "withdrawn_at": None, "withdrawal": None, "acknowledged_at": None, **more,
    }  # fmt: skip
    return json.loads(AlertAnswer.from_row(row).model_dump_json())


ALERTS = [
    alert(1, "010003", "2019"),
    alert(2, "010000", "2020", acknowledged_at=MOMENT),
    alert(3, "010003", "2020", state="being_checked"),
    alert(4, "01", "2020", rule="rank"),
    alert(5, "010000", "2019", state="withdrawn", withdrawal="corrected", withdrawn_at=MOMENT),
]


@pytest.fixture
def warned(site, monkeypatch):
    """Return the service with these alerts, in pages of three, and so many rules that are switched on."""
    plain = site.service.answer

    def start(alerts: list[dict], rules: int = 2):
        kept = [
            {"id": name, "geography_id": "block", "is_active": i < rules,
             "definition": {"id": name, "title_de": de, "title_en": en, "kind": "change", "direction": "rising",
                            "indicators": ["unemployed_share"], "false_discovery_rate": 0.05}}
            for i, (name, (de, en)) in enumerate(RULES.items())
        ]  # fmt: skip

        def answer(address: str) -> tuple[int, dict]:
            if address == "/cities/musterstadt/alert-rules":
                return 200, json.loads(AlertRules.from_rows(kept).model_dump_json())
            found = re.fullmatch(r"/cities/musterstadt/alerts\?limit=1000(?:&after=(\d+))?", address)
            if not found:
                return plain(address)
            start = int(found[1] or 0)
            following = f"http://another-name.invalid/cities/musterstadt/alerts?limit=1000&after={start + 3}"
            more = start + 3 < len(alerts)
            links = [{"rel": "next", "href": following}] if more else []
            return 200, {"alerts": alerts[start : start + 3], "links": links}

        monkeypatch.setattr(site.service, "answer", answer)
        return site

    return start


def told(page, part: str = "area", where: str = "#alerts > .alerts") -> list[str]:
    return [one.strip() for one in page.locator(f"{where} .alert-{part}").all_inner_texts()]


def states(page) -> list[str]:
    return [one.strip() for one in page.locator("#alerts > .alerts .alert-state").all_inner_texts()]


def heading(page, name: str):
    return page.get_by_role("heading", name=name, exact=True)


def test_the_newest_period_comes_first_and_the_heading_counts_what_is_open(warned, open_page):
    seen = open_page().open(warned(ALERTS).url)
    page = seen.page
    expect(heading(page, "Frühwarnungen (2 offen)")).to_be_visible()
    assert told(page, "period") == ["2020", "2020", "2020", "2019"]
    assert told(page) == ["Bezirk 01", "{{ 7 * 7 }}", "<script>alert(1)</script>", "{{ 7 * 7 }}"]
    assert states(page) == ["offen", "wird neu geprüft", "quittiert am 07.03.2024", "offen"]
    assert told(page, "rule")[0] == "Rangsprung <i>"
    assert told(page, "text")[:2] == [
        "Bezirk 01: um 2,1 Punkte",
        "Die Werte, auf denen die Meldung beruht, werden gerade neu berechnet.",
    ]
    expect(page.locator("#alerts > .note").first).to_have_text(
        "2 Regeln eingeschaltet; im Mittel sind höchstens 5\u00a0% der Meldungen nur Zufall."
    )
    assert seen.complaints == []
    assert [one for one in seen.requests if "invalid" in one] == []


def test_withdrawn_ones_are_folded_and_say_why(warned, open_page):
    page = open_page().open(warned(ALERTS).url).page
    expect(page.locator("#alerts details li")).to_be_hidden()
    page.get_by_text("Zurückgezogen (1)").click()
    expect(page.locator("#alerts details .alert-state")).to_have_text("zurückgezogen")
    expect(page.locator("#alerts details .alert-text")).to_have_text(
        "Die Meldung gilt nicht mehr: Werte, auf denen sie beruht, wurden berichtigt oder werden zurückgehalten."
    )


def test_a_level_is_chosen_by_keyboard_and_stays_in_the_address(warned, open_page):
    page = open_page().open(warned(ALERTS).url).page
    choice = page.locator("#alerts").get_by_label("Gebietsebene")
    assert choice.locator("option").all_inner_texts() == ["Alle Ebenen", "Bezirke", "Blöcke"]
    choice.focus()
    page.keyboard.press("ArrowDown")
    expect(heading(page, "Frühwarnungen (1 offen)")).to_be_visible()
    assert told(page) == ["Bezirk 01"]
    expect(choice).to_be_focused()
    expect(page).to_have_url(re.compile("alerts=district"))
    again = open_page().open(page.url).page
    expect(again.locator("#alerts > .alerts .alert-area")).to_have_text(["Bezirk 01"])


def test_alerts_of_one_level_need_no_choice_and_an_unknown_level_means_all(warned, open_page):
    page = open_page().open(f"{warned(ALERTS[:2]).url}/?alerts=nothing").page
    expect(page.locator("#alerts > .alerts li")).to_have_count(2)
    expect(page.locator("#alerts-level")).to_have_count(0)


def test_choosing_one_shows_its_indicator_period_and_area(warned, open_page):
    seen = open_page().open(f"{warned(ALERTS).url}/?indicator=residents&view=table")
    page = seen.page
    button = page.locator("[data-alert='1']")
    button.focus()
    page.keyboard.press("Enter")
    seen.wait_for("musterstadt|unemployed_share|block|2019")
    expect(page.locator("#area-card h2")).to_have_text("{{ 7 * 7 }}")
    expect(page.locator("#map-frame")).to_be_visible()
    expect(button).to_be_focused()
    expect(page.locator("#alerts [aria-current=true]")).to_have_count(1)
    expect(button).to_have_attribute("aria-current", "true")
    page.locator("[data-alert='4']").click()
    seen.wait_for("musterstadt|unemployed_share|district|2020")
    expect(page.locator("#area-card h2")).to_have_text("Bezirk 01")
    assert "area=01&" in page.url + "&"
    page.go_back()
    seen.wait_for("musterstadt|unemployed_share|block|2019")
    expect(button).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="Auswahl aufheben").click()
    expect(page.locator("#alerts [aria-current=true]")).to_have_count(0)
    assert seen.complaints == []


def test_on_a_telephone_the_map_comes_into_view(warned, open_page):
    page = open_page(width=390, height=844).open(warned(ALERTS).url).page
    page.locator("[data-alert='4']").click()
    expect(page.locator("#area-card h2")).to_have_text("Bezirk 01")
    expect(page.locator("#map")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_long_list_shows_ten_and_the_rest_when_asked(warned, open_page):
    many = [alert(i, "010003", "2020", rule="rank", raised_at=MOMENT) for i in range(1, 13)]
    page = open_page().open(warned(many).url).page
    expect(page.locator("#alerts > .alerts li")).to_have_count(10)
    page.get_by_role("button", name="2 weitere zeigen").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#alerts > .alerts li")).to_have_count(12)
    expect(page.locator("#alerts > .alerts li button").nth(10)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#area-card")).to_be_visible()
    expect(page.locator("#alerts > .alerts li")).to_have_count(12)


def test_without_a_rule_it_says_so(warned, open_page):
    page = open_page().open(warned([], rules=0).url).page
    expect(heading(page, "Frühwarnungen")).to_be_visible()
    expect(page.locator("#alerts")).to_contain_text(
        "Für diese Stadt ist keine Regel der Frühwarnung eingeschaltet."
    )
    expect(page.locator("#alerts code")).to_have_count(0)  # commands are nothing for readers of the map


def test_rules_that_find_nothing_say_that_they_look(warned, open_page):
    page = open_page().open(warned([], rules=1).url).page
    expect(page.locator("#alerts > .note").first).to_have_text(
        "1 Regel eingeschaltet; zurzeit liegt keine Meldung vor."
    )


def test_feeds_are_a_link_away_in_the_language_of_the_page(warned, open_page):
    site = warned(ALERTS)
    page = open_page().open(site.url).page
    for name, ending in (("Atom", "atom"), ("JSON Feed", "json")):
        link = page.get_by_role("link", name=name, exact=True)
        assert link.evaluate("a => a.href") == f"{site.url}/cities/musterstadt/alerts.{ending}?lang=de"
    page.click("[data-language=en]")
    expect(heading(page, "Early warnings (2 open)")).to_be_visible()
    assert states(page)[2] == "acknowledged on 7 Mar 2024"
    assert page.get_by_role("link", name="Atom").evaluate("a => a.href").endswith("lang=en")


def test_alerts_that_do_not_come_leave_the_map_alone(warned, open_page):
    site = warned(ALERTS)
    seen = open_page()
    seen.page.route("**/alert-rules", lambda route: route.abort())
    seen.open(site.url)
    expect(seen.page.get_by_role("alert")).to_contain_text("Der Dienst antwortet nicht")
    expect(seen.page.locator("#legend tbody tr")).not_to_have_count(0)
    expect(seen.page.locator("#segregation .chart")).to_be_visible()


def test_the_legend_says_that_some_areas_differ_by_chance(site, open_page):
    seen = open_page().open(site.url)
    note = seen.page.locator(".legend-chance")
    expect(note).to_contain_text(
        "5\u00a0% Irrtum je Gebiet, einige Gebiete weichen also nur durch Zufall ab."
    )
    expect(note).to_contain_text("Frühwarnungen halten den Anteil falscher Meldungen klein.")
    seen.page.select_option("#indicator", "need_index")
    seen.wait_for("musterstadt|need_index|block|2020")
    expect(note).to_have_count(0)
