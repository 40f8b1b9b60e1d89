"""A city with a proposal, scenarios and maps, played to the page."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from shapely.geometry import mapping

from api.schemas.priority_maps import PriorityMapAnswer
from api.schemas.proposals import Proposal, SingleCases
from api.schemas.proposals_explained import ProposalAreaExplanation, ProposalRegionExplanation
from api.schemas.scenarios import ScenarioComparison, Scenarios

CITY = "musterstadt"


@pytest.fixture(scope="session")
def city() -> str:
    """Id of the city."""
    return CITY


HOSTILE = "<script>alert(1)</script>"  # the name of block 010000


@pytest.fixture(scope="session")
def hostile() -> str:
    """A name that would be markup."""
    return HOSTILE


CASE = "020004"


@pytest.fixture(scope="session")
def case() -> str:
    """Id of the single case."""
    return CASE


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


def _proposal(**summary: object) -> dict:
    run = {"id": 8, "kind": "proposal", "finished_at": MOMENT}
    locked = [{"region_id": "1", "reason": f"Beschluss {HOSTILE}"}]
    return MADE | TOLD | {
        "run": run | {"inputs_hash": "cd" * 32, "code_version": "0.1.0+abc"}, "regions": [], "parameters": PARAMETERS,
        "summary": SUMMARY | summary, "decisions": {"locked": locked, "inside": [], "outside": []}, "links": [],
    }  # fmt: skip


@pytest.fixture(scope="session")
def proposal() -> Callable[..., dict]:
    """Return the passport of the proposal."""
    return _proposal


def _cases(listed: bool = True) -> dict:
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


@pytest.fixture(scope="session")
def cases() -> Callable[..., dict]:
    """Return the single cases."""
    return _cases


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
        f"{start}/proposal": (Proposal, _proposal()),
        f"{start}/proposal/single-cases": (SingleCases, _cases()),
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


def _begin(open_page, address: str, **options: int):
    """Open a page and wait until the priority areas are there too, which come after the map."""
    seen = open_page(**options).open(address)
    expect(seen.page.locator(".switches")).to_be_attached()
    return seen


@pytest.fixture(scope="session")
def begin() -> Callable[..., object]:
    """Open a page and wait until the priority areas are there too, which come after the map."""
    return _begin


def _lines(page, selector: str) -> list[str]:
    return [" ".join(one.split()) for one in page.locator(selector).all_inner_texts()]


@pytest.fixture(scope="session")
def lines() -> Callable[..., list[str]]:
    """Return the texts of elements."""
    return _lines
