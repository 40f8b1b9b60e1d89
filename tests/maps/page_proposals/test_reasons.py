"""A proposal explained on the page: why an area is in, what a region shares, how good it is."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


LINKS = "Verbindung zu Nachbargebieten"
ANSWER = "Grünau-Süd gehört nicht zum Vorschlag."


def test_an_area_says_why_it_is_in_none_when_it_is_asked(case, begin, lines, planned, open_page):
    seen = begin(open_page, f"{planned.url}/?geography=block&area={case}")
    page, card = seen.page, seen.page.locator("#area-card .member")
    expect(card.get_by_role("heading")).to_have_text("Gehört dieses Gebiet zu einem Schwerpunktraum?")
    assert [r for r in seen.requests if "/proposal/areas" in r] == []
    card.locator("> summary").focus()
    page.keyboard.press("Enter")
    expect(card.locator("h3")).to_have_text("Warum gehört dieses Gebiet nicht zu einem Schwerpunktraum?")
    assert lines(page, ".member-content > .why-lead") == [
        ANSWER, "Ihr Bedarf beträgt 1,46 Punkte.",
        "Einzelfall, obwohl der Bedarf über dem Grenzwert liegt: der Rand würde zu lang.", "Der Rand würde länger.",
    ]  # fmt: skip
    assert lines(page, ".member .why-list li") == [
        "Weder Kern noch Rand: Zugehörigkeit 0 %.",
        "Ziemlich sicher: In 83 % von 200 Rechnungen mit Zufall in den Werten ergibt sich dieselbe Einstufung.",
        "Bei anderen Gewichten, Schwellen und Grenzpreisen gehört das Gebiet meist dazu: in 62 % von 100 Varianten.",
        "Der Block käme hinzu, wenn der Bedarf auf mehr als 1,71 Punkte stiege.",
    ]
    expect(page).to_have_url(re.compile("member=1"))
    assert begin(open_page, page.url).page.locator(".member").get_attribute("open") == ""
    assert seen.complaints == []


def test_the_amounts_are_signed_bars_with_their_sum(case, hostile, begin, lines, planned, open_page):
    page = begin(open_page, f"{planned.url}/?area={case}&member=1").page
    rows = ["Bedarf über dem Grenzwert +0,46 dafür", "Länge der Grenze −0,71 dagegen"]
    table = ".member-content > .why-parts"
    expect(page.locator(f"{table} tbody tr")).to_have_count(2)
    assert lines(page, f"{table} tbody tr") == rows
    assert lines(page, f"{table} tfoot tr") == ["Zusammen −0,25 dagegen"]
    number = "all => all.map(r => Number(r.getAttribute('width')))"
    widths = page.locator(f"{table} rect").evaluate_all(number)
    assert widths[0] / widths[1] == pytest.approx(0.46 / 0.71)
    page.locator("summary", has_text="Woraus sich der Bedarf ergibt").click()
    assert lines(page, ".member details .why-parts tbody tr") == [
        f"{hostile} −0,90 weniger Bedarf", "Anteil Arbeitslose +0,60 mehr Bedarf",
    ]  # fmt: skip
    page.locator("summary", has_text="Nachbarn (1)").click()
    assert lines(page, ".member .numbers tbody tr") == ["Am Tor 120 m ja"]
    page.get_by_role("button", name="Am Tor").click()
    expect(page.locator(".member h3")).to_have_text("Warum gehört dieses Gebiet zu einem Schwerpunktraum?")
    page.get_by_role("button", name="Vorschlag 1: warum hier").click()
    expect(page.locator("[data-region='1']")).to_be_focused()
    expect(page.locator("#region-1")).to_be_visible()


def test_reasons_that_do_not_come_say_so_and_are_asked_again(case, city, begin, planned, open_page):
    path = f"/cities/{city}/proposal/areas/{case}"
    planned.changed[path] = (503, {"title": "Fehler"})
    page = begin(open_page, f"{planned.url}/?area={case}&member=1").page
    expect(page.locator(".member-content")).to_contain_text("konnte nicht geladen werden")
    expect(page.locator("#notice")).to_be_hidden()
    planned.changed.clear()
    page.locator(".member > summary").click()
    page.locator(".member > summary").click()
    expect(page.locator(".member-content > .why-lead").first).to_have_text(ANSWER)
    other_level = begin(open_page, f"{planned.url}/?geography=district&area=01&member=1").page
    expect(other_level.locator("#area-card h2")).to_be_visible()
    expect(other_level.locator(".member")).to_be_hidden()


def test_a_region_says_why_here_who_lives_here_and_what_it_shares(hostile, begin, lines, planned, open_page):
    page = begin(open_page, planned.url).page
    page.focus("[data-region='1']")
    page.keyboard.press("Enter")
    details = page.locator("#region-1")
    expect(details.locator("h4")).to_have_count(5)
    assert lines(page, "#region-1 h4")[:3] == ["Warum hier?", "Wer hier lebt", "Stärken"]
    assert lines(page, "#region-1 h4")[3:] == ["Wo mehr Unterstützung gebraucht wird", LINKS]
    expect(details.locator(".why-lead")).to_have_text("Schwerpunktraum 1: Hier leben 2.500 Menschen.")
    assert lines(page, "#region-1 tbody tr") == [
        "Anteil unter 15 22,8 % 15,0 %", f"{hostile} 40,1 % 15,0 %", "Arbeitslose 13,4 % 15,0 %",
    ]  # fmt: skip
    assert lines(page, "#region-1 .why-list li") == [
        "Vorschlag 2 ist 230 m entfernt; dazwischen liegen 12,3 ha Verbindungsraum."
    ]
    expect(page).to_have_url(re.compile("at=.*region=1"))
    details.get_by_role("button", name="Vorschlag 2").click()
    expect(page.locator("#region-2")).to_be_visible()
    expect(details).to_be_hidden()
    expect(page.locator("[data-region='2']")).to_have_attribute("aria-expanded", "true")


def test_single_cases_are_listed_and_shown_on_the_map_with_their_reason(hostile, begin, planned, open_page):
    seen = begin(open_page, f"{planned.url}/?geography=district")
    page = seen.page
    buttons = page.locator("[data-case]")
    expect(buttons.first).to_contain_text(hostile)
    expect(page.locator("#proposals")).to_contain_text("Gebiete mit Bedarf über dem Grenzwert: 6, davon")
    buttons.nth(1).focus()
    page.keyboard.press("Enter")
    seen.wait_for("musterstadt|unemployed_share|block|2020")
    expect(page.locator("#area-card h2")).to_have_text("Grünau-Süd")
    expect(page.locator(".member-content > .why-lead").first).to_have_text(ANSWER)
    expect(buttons.nth(1)).to_have_attribute("aria-current", "true")
    assert page.locator("#proposals script, #area-card script").count() == 0


def test_no_single_case_is_said_in_words(city, begin, cases, planned, open_page):
    planned.changed[f"/cities/{city}/proposal/single-cases"] = (200, cases(listed=False))
    page = begin(open_page, planned.url).page
    expect(page.locator("#proposals")).to_contain_text(
        "Kein Einzelfall. Gebiete mit Bedarf über dem Grenzwert: 4, davon"
    )


@pytest.mark.parametrize(
    ("gap", "said"),
    [(0.003, "höchstens 0,3 % besser möglich"), (0.0, "bewiesen das Beste"), (2e-12, "bewiesen das Beste"),
     (0.00001, "höchstens 0,1 % besser möglich")],
)  # fmt: skip
def test_the_passport_says_in_plain_words_how_good_a_proposal_is_and_how_it_was_made(
    city, hostile, begin, lines, proposal, planned, open_page, gap, said
):
    planned.changed[f"/cities/{city}/proposal"] = (200, proposal(relative_gap=gap))
    page = begin(open_page, planned.url).page
    page.get_by_text("Wie ist das entstanden?").click()
    rows = lines(page, ".passport dt, .passport dd")
    for part in (said, "1,00 Punkte", "0,30 Personen × Punkte je Meter", "mindestens 500 Einwohner je Gebiet",
                 "höchstens 15 % aller Einwohner", "4.711", "Nr. 8 vom 23.11.2026", "0.1.0+abc",
                 f"Gebiet 1 bleibt: Beschluss {hostile}"):  # fmt: skip
        assert part in rows
    page.get_by_role("button", name="Methode in Worten").click()
    expect(page.get_by_role("dialog")).to_contain_text("Kern, Rand und Einzelfälle")


def test_scenarios_are_side_by_side_and_maps_say_what_happened_when(
    hostile, begin, lines, planned, open_page
):
    seen = begin(open_page, planned.url)
    page = seen.page
    page.get_by_role("button", name="2 Szenarien nebeneinander").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("thead th")).to_have_text(["Angabe", "ruhig", "weit"])
    assert "Schwerpunkträume 2 3" in lines(page, ".beside tbody tr")
    assert "Güte bewiesen das Beste höchstens 0,3 % besser möglich" in lines(page, ".beside tbody tr")
    page.keyboard.press("Escape")
    expect(page.locator(".maps .map-head")).to_have_text(f"Karte {hostile}beschlossen, gilt")
    expect(page.locator(".maps")).to_contain_text("Beschluss VII-DS-0815 vom 01.11.2026")
    page.get_by_text("Was geschah wann?").click()
    expect(page.locator(".map-events li")).to_have_count(3)
    assert lines(page, ".map-events li")[2] == "01.11.2026: beschlossen, gilt"
    assert [r for r in seen.requests if not r.startswith((f"{planned.url}/", "blob:", "data:"))] == []
    assert seen.complaints == []
