"""Priority areas on the page: what the map shows of them, why an area is in or not, who is in none, how it came about.

The answers are built by the service's own models from one small plan that is made up.
"""

import json
import re

import pytest
from playwright.sync_api import expect
from shapely.geometry import mapping

from api.schemas.priority_maps import PriorityMapAnswer
from api.schemas.proposals import Proposal, SingleCases
from api.schemas.proposals_explained import ProposalAreaExplanation, ProposalRegionExplanation
from api.schemas.scenarios import ScenarioComparison, Scenarios

pytestmark = pytest.mark.browser

CITY = "musterstadt"
HOSTILE = "<script>alert(1)</script>"  # the name of block 010000
CASE = "020004"
LINKS = "Verbindung zu Nachbargebieten"
ANSWER = "Grünau-Süd gehört nicht zum Vorschlag."
MOMENT = "2026-11-23T02:32:51Z"
MADE = {"city": CITY, "run": 8, "period": "2020", "geography": "block", "edition": "2020"}
PARAMETERS = {
    "period": "2020", "geography": "block", "edition": "2020", "threshold": 1.0, "margin": 0.5, "border_price": 0.3,
    "inertia": 0.2, "kind": "blue", "seed": 4711, "least_residents": 500.0, "most_residents": None, "most_share": 0.15,
    "most_regions": None, "resamples": 200, "variants": 100, "zone_distance": 200.0, "link_distance": 500.0,
}  # fmt: skip
SUMMARY = {
    "period": "2020", "regions": 2, "areas": 4, "residents": 4321.0, "objective": -99.7, "lower_bound": -100.0,
    "relative_gap": 0.003, "resolution": 1e-10, "method": "cut", "geometry_sha256": "ab" * 32, "map_in_force": 3,
    "map_quality": None, "areas_without_need": 1, "areas_without_residents_count": 0, "core_areas": 3,
    "margin_areas": 1, "single_cases": 2, "single_case_residents": 700.0, "variants": 100, "variants_refused": 0,
    "draws": 200, "variant_periods": ["2019", "2020"],
    "changes": {"kept": {"areas": 3, "residents": 3000.0}, "added": {"areas": 1, "residents": 1321.0},
                "removed": {"areas": 2, "residents": 800.0}},
}  # fmt: skip
LAYERS = {
    "areas": [(["010001", "010002"], {"region_id": "1", "areas": 2, "residents": 2500.0, "mean_need": 1.31}),
              (["030009", "030010"], {"region_id": "2", "areas": 2, "residents": 1821.0, "mean_need": 1.2})],
    "classes": [(["010001", "030009"], {"zone_class": "core", "from_membership": 0.9, "to_membership": 1.0}),
                (["010002"], {"zone_class": "margin", "from_membership": 0.5, "to_membership": 0.75})],
    "cases": [(["010000"], {"area_id": "010000"}), ([CASE], {"area_id": CASE})],
    "bands": [(["010003"], {"region_id": "1", "near": 0.0, "far": 100.0}),
              (["020005"], {"region_id": "1", "near": 100.0, "far": 200.0})],
    "links": [(["020006"], {"region_id": "1", "neighbour_id": "2", "distance_between": 230.4, "shared_border": 0.0,
                            "hectares": 12.34})],
    "map": [(["010001"], {"region_id": "A"})],
    "changes": [(["010001"], {"change": "kept"}), (["030009"], {"change": "added"}), (["020007"], {"change": "removed"})],
}  # fmt: skip
STANDING = {"010001": "always", "010002": "mostly", "020004": "sometimes"}


def both(german: str, english: str) -> dict:
    return {"de": german, "en": english}


TOLD = {"is_withheld": False, "detail": None}


def told(about: str, german: str, english: str = "in English") -> dict:
    return {"about": about, "sentence": both(german, english)}


TOO_LONG = {"reason": "border", "sentence": both("der Rand würde zu lang", "too long an outline")}


def indicator(title: str) -> dict:
    return {"id": "x", "title": both(title, title), "unit": "%", "decimals": 1}


def proposal(**summary: object) -> dict:
    run = {"id": 8, "kind": "proposal", "finished_at": MOMENT}
    locked = [{"region_id": "1", "reason": f"Beschluss {HOSTILE}"}]
    return MADE | TOLD | {
        "run": run | {"inputs_hash": "cd" * 32, "code_version": "0.1.0+abc"}, "regions": [], "parameters": PARAMETERS,
        "summary": SUMMARY | summary, "decisions": {"locked": locked, "inside": [], "outside": []}, "links": [],
    }  # fmt: skip


def cases(listed: bool = True) -> dict:
    row = {"need": 1.46, "residents": 343.0, "above": 0.46} | TOO_LONG
    names = {"010000": HOSTILE, CASE: "Grünau-Süd"} if listed else {}
    count = [{"areas": n, "residents": 100.0 * n} for n in (3, 1, len(names), 4 + len(names))]
    return (
        MADE
        | TOLD
        | {
            "threshold": 1.0,
            "where": dict(zip(("region", "margin", "single_case", "all"), count, strict=True)),
            "cases": [row | {"id": area, "name": name} for area, name in names.items()],
        }
    )


def explanation(area: str, name: str) -> dict:
    """Explain: 0.46 points of need above the mark and 0.71 against for the outline are −0.25 together."""
    is_in = area == "010001"
    amounts = {"need": 0.46, "border": -0.71, "inertia": 0.0, "sum": -0.25}
    return MADE | {
        "area": {"id": area, "name": name}, "is_member": is_in, "region_id": "1" if is_in else None,
        "zone_class": "core" if is_in else "rest", "membership": 1.0 if is_in else 0.0, "deviation": 0.1,
        "certainty": 0.83, "need": 1.46, "residents": 343.0, "threshold": 1.0, "critical_threshold": 0.9,
        "amounts": [{"about": a, "support": 343 * p, "points": p} for a, p in amounts.items()],
        "forcing_value": 86.0, "flipping_change": 0.25, "flips_at": 1.71, "deciding_limits": [], "fixed": None,
        "contributions": [{"indicator": indicator("Anteil Arbeitslose"), "contribution": 0.6},
                          {"indicator": indicator(HOSTILE), "contribution": -0.9}],
        "neighbours": [{"id": "010001", "name": "Am Tor", "border": 120.0, "is_member": True, "support": 36.0}],
        "stability": 0.62, "standing": "mostly", "case": None if is_in else TOO_LONG,
        "sentences": [told("answer", f"{name} gehört {'' if is_in else 'nicht '}zum Vorschlag.", "The answer."),
                      told("need", "Ihr Bedarf beträgt 1,46 Punkte."), told("border", "Der Rand würde länger."),
                      told("turning", "Der Block käme hinzu, wenn der Bedarf auf mehr als 1,71 Punkte stiege.")],
    }  # fmt: skip


def region(number: str) -> dict:
    row = {"base": 900.0, "spread": 4.0, "distance": 2.0, "share_known": 1.0}
    kinds = {"Anteil unter 15": ("neutral", 22.8), "Arbeitslose": ("need", 13.4), HOSTILE: ("strength", 40.1)}
    return MADE | {
        "region_id": number, "kind": "blue", "areas": 2, "residents": 2500.0, "share_of_residents": 0.05,
        "mean_need": 1.31, "city_need": 0.1, "threshold": 1.0, "areas_below": 0, "residents_below": None,
        "areas_unknown": 0, "border_length": 2345.6, "most_need": [], "reason": None,
        "profile": [row | {"indicator": indicator(title), "region": value, "city": 15.0, "meaning": "need",
                           "standing": standing} for title, (standing, value) in kinds.items()],
        "sentences": [told("size", f"Schwerpunktraum {number}: Hier leben 2.500 Menschen."),
                      told("strengths", "Stärken: das steht in der Tabelle.")],
    }  # fmt: skip


def scenario(name: str, **more: object) -> dict:
    found = {"run": 9, "period": "2020", "regions": 2, "areas": 4, "residents": 4321.0, "share_of_residents": 0.141,
             "common_residents": 4000.0, "jaccard": 0.868, "objective": -1.0, "relative_gap": 0.0,
             "single_cases": 2}  # fmt: skip
    return {"name": name, "note": "", "parameters": PARAMETERS, "refused": None} | TOLD | found | more


def priority_map(number: int = 3) -> dict:
    events = [("draft", "2026-10-01"), ("proposed", "2026-10-12"), ("agreed", "2026-11-01")]
    return TOLD | {
        "id": number, "title": f"Karte {HOSTILE}", "status": "agreed", "geography": "block", "edition": "2020",
        "regions": 2, "areas": 4, "residents": 4321.0, "decision": {"number": "VII-DS-0815", "date": "2026-11-01"},
        "created_at": MOMENT, "geometry_sha256": "ab" * 32, "city": CITY, "passport": {},
        "priority_areas": [], "links": [],
        "events": [{"status": s, "done_at": f"{d}T09:00:00Z"} for s, d in events],
    }  # fmt: skip


@pytest.fixture
def planned(site, monkeypatch):
    """The service with a plan for one city; what a test puts into `changed` is answered instead."""
    plain, city = site.service.answer, site.service.cities[CITY]
    blocks = city.areas["block"].set_index("area_id")
    shapes = {
        f"{CITY}.priority-{layer}": [
            {"type": "Feature", "id": str(i), "properties": properties,
             "geometry": mapping(blocks.geometry[areas].union_all())}
            for i, (areas, properties) in enumerate(rows)
        ]
        for layer, rows in LAYERS.items()
    }  # fmt: skip
    compared = [scenario("ruhig"), scenario("weit", regions=3, jaccard=0.5, relative_gap=0.003)]
    kept = dict.fromkeys(("changed_at", "summary"))
    listed = [one | kept | {"created_at": MOMENT} for one in compared]
    start = f"/cities/{CITY}"
    answers = {
        f"{start}/proposal": (Proposal, proposal()),
        f"{start}/proposal/single-cases": (SingleCases, cases()),
        f"{start}/scenarios": (Scenarios, {"city": CITY, "scenarios": listed}),
        f"{start}/scenarios/comparison": (ScenarioComparison, {"city": CITY, "scenarios": compared}),
        f"{start}/priority-maps/3": (PriorityMapAnswer, priority_map()),
        **{f"{start}/proposal/regions/{n}": (ProposalRegionExplanation, region(n)) for n in "12"},
        **{f"{start}/proposal/areas/{a}": (ProposalAreaExplanation, explanation(a, blocks.name[a]))
           for a in ("010000", "010001", CASE)},
    }  # fmt: skip
    site.changed = {}

    def answer(address: str) -> tuple[int, dict]:
        path = address.partition("?")[0]
        name = path.removeprefix("/collections/").removesuffix("/items")
        if path in site.changed:
            return site.changed[path]
        if path == f"{start}/priority-maps":
            return 200, {"city": CITY, "maps": [priority_map()]}
        if path == f"{start}/proposal/areas":
            return 200, {"areas": [{"id": a, "standing": STANDING.get(a, "never")} for a in blocks.index]}
        if path == "/collections":
            return 200, {"collections": [{"id": one, "features": len(rows)} for one, rows in shapes.items()]}
        if name in shapes:
            return 200, {"type": "FeatureCollection", "features": shapes[name], "links": []}
        if path in answers:
            model, body = answers[path]
            return 200, json.loads(model.model_validate(body).model_dump_json())
        return plain(address)

    monkeypatch.setattr(site.service, "answer", answer)
    return site


def begin(open_page, address: str, **options: int):
    """Open a page and wait until the priority areas are there too, which come after the map."""
    seen = open_page(**options).open(address)
    expect(seen.page.locator(".switches")).to_be_attached()
    return seen


def lines(page, selector: str) -> list[str]:
    return [" ".join(one.split()) for one in page.locator(selector).all_inner_texts()]


def shown_layers(page) -> list[str]:
    ids = "boxes => boxes.filter(b => b.checked).map(b => b.id.slice(5))"
    return page.locator(".switches input").evaluate_all(ids)


def test_at_first_the_map_shows_outline_core_margin_and_single_cases(planned, open_page):
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


def test_every_sample_in_the_legend_differs_without_its_colour(planned, open_page):
    every = "regions.core.margin.cases.bands.links.force.changes.stability"
    page = begin(open_page, f"{planned.url}/?layers={every}").page
    expect(page.locator(".parts:visible")).to_have_count(4)
    looks = page.locator(".switches svg").evaluate_all(
        """all => all.map(s => s.innerHTML.replace(/#[0-9a-f]{6}|rgba?\\([^)]*\\)|pattern-\\d+/g, ""))"""
    )
    # 9 layers and their parts: 4 grades, 2 bands, 3 changes, 4 standings; the nearer band stands for both.
    assert len(looks) == 22
    assert len(set(looks)) >= 20


def test_switches_work_by_keyboard_and_a_link_shows_the_same_view(planned, open_page):
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


def test_stability_takes_the_place_of_the_indicator(planned, open_page):
    page = begin(open_page, f"{planned.url}/?layers=none").page
    before = page.locator("#map").screenshot()
    page.check("#show-stability")
    expect(page.locator(".switch:has(#show-stability) .parts")).to_contain_text("Anteil der 100 Varianten")
    assert lines(page, ".switch:has(#show-stability) li") == [
        "immer (ab 95 %)", "meist (50 bis 95 %)", "manchmal (5 bis 50 %)", "nie oder fast nie (unter 5 %)",
    ]  # fmt: skip
    page.wait_for_timeout(400)
    assert page.locator("#map").screenshot() != before


def test_a_layer_that_does_not_come_says_so_and_leaves_the_rest_alone(planned, open_page):
    planned.changed[f"/collections/{CITY}.priority-links/items"] = (503, {"title": "Fehler"})
    page = begin(open_page, planned.url).page
    page.check("#show-links")
    expect(page.locator(".switch:has(#show-links)")).to_contain_text("nicht geladen; erneut einschalten")
    expect(page.locator("#notice")).to_be_hidden()
    planned.changed.clear()
    page.uncheck("#show-links")
    page.check("#show-links")
    expect(page.locator(".switch:has(#show-links) [role=status]")).to_be_empty()


def test_an_area_says_why_it_is_in_none_when_it_is_asked(planned, open_page):
    seen = begin(open_page, f"{planned.url}/?geography=block&area={CASE}")
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


def test_the_amounts_are_signed_bars_with_their_sum(planned, open_page):
    page = begin(open_page, f"{planned.url}/?area={CASE}&member=1").page
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
        f"{HOSTILE} −0,90 weniger Bedarf", "Anteil Arbeitslose +0,60 mehr Bedarf",
    ]  # fmt: skip
    page.locator("summary", has_text="Nachbarn (1)").click()
    assert lines(page, ".member .numbers tbody tr") == ["Am Tor 120 m ja"]
    page.get_by_role("button", name="Am Tor").click()
    expect(page.locator(".member h3")).to_have_text("Warum gehört dieses Gebiet zu einem Schwerpunktraum?")
    page.get_by_role("button", name="Vorschlag 1: warum hier").click()
    expect(page.locator("[data-region='1']")).to_be_focused()
    expect(page.locator("#region-1")).to_be_visible()


def test_reasons_that_do_not_come_say_so_and_are_asked_again(planned, open_page):
    path = f"/cities/{CITY}/proposal/areas/{CASE}"
    planned.changed[path] = (503, {"title": "Fehler"})
    page = begin(open_page, f"{planned.url}/?area={CASE}&member=1").page
    expect(page.locator(".member-content")).to_contain_text("konnte nicht geladen werden")
    expect(page.locator("#notice")).to_be_hidden()
    planned.changed.clear()
    page.locator(".member > summary").click()
    page.locator(".member > summary").click()
    expect(page.locator(".member-content > .why-lead").first).to_have_text(ANSWER)
    other_level = begin(open_page, f"{planned.url}/?geography=district&area=01&member=1").page
    expect(other_level.locator("#area-card h2")).to_be_visible()
    expect(other_level.locator(".member")).to_be_hidden()


def test_a_region_says_why_here_who_lives_here_and_what_it_shares(planned, open_page):
    page = begin(open_page, planned.url).page
    page.focus("[data-region='1']")
    page.keyboard.press("Enter")
    details = page.locator("#region-1")
    expect(details.locator("h4")).to_have_count(5)
    assert lines(page, "#region-1 h4")[:3] == ["Warum hier?", "Wer hier lebt", "Stärken"]
    assert lines(page, "#region-1 h4")[3:] == ["Wo mehr Unterstützung gebraucht wird", LINKS]
    expect(details.locator(".why-lead")).to_have_text("Schwerpunktraum 1: Hier leben 2.500 Menschen.")
    assert lines(page, "#region-1 tbody tr") == [
        "Anteil unter 15 22,8 % 15,0 %", f"{HOSTILE} 40,1 % 15,0 %", "Arbeitslose 13,4 % 15,0 %",
    ]  # fmt: skip
    assert lines(page, "#region-1 .why-list li") == [
        "Vorschlag 2 ist 230 m entfernt; dazwischen liegen 12,3 ha Verbindungsraum."
    ]
    expect(page).to_have_url(re.compile("at=.*region=1"))
    details.get_by_role("button", name="Vorschlag 2").click()
    expect(page.locator("#region-2")).to_be_visible()
    expect(details).to_be_hidden()
    expect(page.locator("[data-region='2']")).to_have_attribute("aria-expanded", "true")


def test_single_cases_are_listed_and_shown_on_the_map_with_their_reason(planned, open_page):
    seen = begin(open_page, f"{planned.url}/?geography=district")
    page = seen.page
    buttons = page.locator("[data-case]")
    expect(buttons.first).to_contain_text(HOSTILE)
    expect(page.locator("#proposals")).to_contain_text("Von 6 Gebieten mit Bedarf über dem Grenzwert")
    buttons.nth(1).focus()
    page.keyboard.press("Enter")
    seen.wait_for("musterstadt|unemployed_share|block|2020")
    expect(page.locator("#area-card h2")).to_have_text("Grünau-Süd")
    expect(page.locator(".member-content > .why-lead").first).to_have_text(ANSWER)
    expect(buttons.nth(1)).to_have_attribute("aria-current", "true")
    assert page.locator("#proposals script, #area-card script").count() == 0


def test_no_single_case_is_said_in_words(planned, open_page):
    planned.changed[f"/cities/{CITY}/proposal/single-cases"] = (200, cases(listed=False))
    page = begin(open_page, planned.url).page
    expect(page.locator("#proposals")).to_contain_text("Kein Einzelfall: Alle 4 Gebiete")


@pytest.mark.parametrize(
    ("gap", "said"),
    [(0.003, "höchstens 0,3 % besser möglich"), (0.0, "bewiesen das Beste"), (2e-12, "bewiesen das Beste"),
     (0.00001, "höchstens 0,1 % besser möglich")],
)  # fmt: skip
def test_the_passport_says_in_plain_words_how_good_a_proposal_is_and_how_it_was_made(
    planned, open_page, gap, said
):
    planned.changed[f"/cities/{CITY}/proposal"] = (200, proposal(relative_gap=gap))
    page = begin(open_page, planned.url).page
    page.get_by_text("Wie ist das entstanden?").click()
    rows = lines(page, ".passport dt, .passport dd")
    for part in (said, "1,00 Punkte", "0,30 Personen × Punkte je Meter", "mindestens 500 Einwohner je Gebiet",
                 "höchstens 15 % aller Einwohner", "4.711", "Nr. 8 vom 23.11.2026", "0.1.0+abc",
                 f"Gebiet 1 bleibt: Beschluss {HOSTILE}"):  # fmt: skip
        assert part in rows
    page.get_by_role("button", name="Methode in Worten").click()
    expect(page.get_by_role("dialog")).to_contain_text("Kern, Rand und Einzelfälle")


def test_scenarios_are_side_by_side_and_maps_say_what_happened_when(planned, open_page):
    seen = begin(open_page, planned.url)
    page = seen.page
    page.get_by_role("button", name="2 Szenarien nebeneinander").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("thead th")).to_have_text(["Angabe", "ruhig", "weit"])
    assert "Schwerpunkträume 2 3" in lines(page, ".beside tbody tr")
    assert "Güte bewiesen das Beste höchstens 0,3 % besser möglich" in lines(page, ".beside tbody tr")
    page.keyboard.press("Escape")
    expect(page.locator(".maps .map-head")).to_have_text(f"Karte {HOSTILE}beschlossen, gilt")
    expect(page.locator(".maps")).to_contain_text("Beschluss VII-DS-0815 vom 01.11.2026")
    page.get_by_text("Was geschah wann?").click()
    expect(page.locator(".map-events li")).to_have_count(3)
    assert lines(page, ".map-events li")[2] == "01.11.2026: beschlossen, gilt"
    assert [r for r in seen.requests if not r.startswith((f"{planned.url}/", "blob:", "data:"))] == []
    assert seen.complaints == []


def test_a_change_of_period_keeps_what_is_unfolded_and_moves_no_shapes(planned, open_page):
    seen = begin(open_page, f"{planned.url}/?region=1")
    expect(seen.page.locator("#region-1 .why-lead")).to_be_visible()
    seen.requests.clear()
    seen.page.focus("#period")
    seen.page.keyboard.press("ArrowLeft")
    seen.wait_for("musterstadt|unemployed_share|block|2019")
    expect(seen.page.locator("#region-1 .why-lead")).to_be_visible()
    assert [r for r in seen.requests if "/items" in r or "/proposal" in r] == []


@pytest.mark.parametrize(("width", "height"), [(320, 640), (390, 844), (1440, 900)])
def test_nothing_makes_the_page_scroll_sideways_in_either_language(planned, open_page, width, height):
    view = f"{planned.url}/?lang=en&area={CASE}&member=1&region=1&layers=regions.bands.changes.stability"
    page = begin(open_page, view, width=width, height=height).page
    expect(page.locator("#region-1 .why-list")).to_be_visible()
    expect(page.locator(".member .why-parts").first).to_be_visible()
    page.get_by_text("How did this come about?").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    own = page.locator("#proposals").inner_text() + page.locator("#area-card").inner_text()
    assert not re.search(r"Gebiet[e ]|Einwohner|Punkte |Karte auf|Vorschlag \d", own)
