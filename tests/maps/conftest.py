"""A small city to draw, a server that plays the service, and a real browser."""

import gzip
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import MultiPolygon, Polygon, mapping

from indicators.definition import Indicator
from maps.layers import Layer, LayerSource, build_layer
from maps.page import render_index
from maps.sheets import sheet_address
from maps.vendor import copy_libraries

STATIC = Path(__file__).resolve().parents[2] / "maps" / "static"
NONCE = "bm9uY2U"
POLICY = (
    f"default-src 'none'; script-src 'self' 'nonce-{NONCE}'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".json": "application/json",
         ".svg": "image/svg+xml", ".png": "image/png"}  # fmt: skip

SHARE = Indicator(
    id="unemployed_share", title_de="Anteil Arbeitslose", title_en="Unemployed share", unit="%", kind="intensive",
    direction="higher_is_more_need", numerator="unemployed", denominator="active", decimals=1,
    caution_de="Bezogen auf 15- bis unter 65-Jährige.", caution_en="Related to people aged 15 to under 65.",
    universe_de="Personen nach Wohnort", universe_en="people by residence", minimum_denominator=20, form="share",
)  # fmt: skip
INDEX = Indicator(
    id="need_index", title_de="Index des Bedarfs", title_en="Index of need", unit="index", kind="intensive",
    direction="higher_is_more_need", decimals=2,
)  # fmt: skip
STATUS = Indicator(
    id="status_class", title_de="Statusklasse", title_en="Status class", unit="class", kind="ordinal",
    direction="higher_is_more_need", labels_de=("hoch", "mittel", "niedrig", "sehr niedrig"),
    labels_en=("high", "medium", "low", "very low"),
)  # fmt: skip
COUNT = Indicator(
    id="residents", title_de="Einwohner", title_en="Residents", unit="persons", kind="extensive", decimals=0
)
UNEMPLOYED = Indicator(
    id="unemployed", title_de="Arbeitslose", title_en="Unemployed", unit="persons", kind="extensive"
)
ACTIVE = Indicator(
    id="active", title_de="Erwerbsfähige", title_en="People of working age", unit="persons", kind="extensive"
)
MEASURES = {
    "dissimilarity": ("Dissimilarität", "Dissimilarity"),
    "information_theory": ("Informationsindex H", "Information theory index H"),
}
NOBODY = {"areas": 0, "residents": 0}
PROPOSAL = {
    "run": {"id": 1, "kind": "proposal", "finished_at": "2024-03-07T12:00:00Z",
            "inputs_hash": "0" * 64, "code_version": "1"},
    "period": "2020", "geography": "block", "edition": "2020", "regions": [],
    "parameters": {"threshold": 1.0, "margin": 0.5, "border_price": 0.4, "inertia": 0.0, "kind": "blue", "seed": 7},
    "summary": {"regions": 1, "areas": 2, "residents": 1234.0, "relative_gap": 0.0, "geometry_sha256": "0" * 64,
                "map_in_force": None, "single_cases": 0, "variants": 0, "areas_without_need": 0, "changes": None},
    "decisions": {"locked": [], "inside": [], "outside": []},
}  # fmt: skip
GROUPS = {"need_index": "index", "unemployed_share": "share", "status_class": "index"}
HOSTILE = ("<script>alert(1)</script>", "\"Am Tor\" & 'Wall' <b>", "حي الزهور", "{{ 7 * 7 }}", "Grünau-Süd")


@dataclass
class FakeCity:
    """Everything the service knows about one city."""

    id: str
    title: dict[str, str]
    is_synthetic: bool
    areas: dict[str, gpd.GeoDataFrame]  # by geography, finest last
    values: dict[tuple[str, str], pd.DataFrame]  # by geography and indicator
    indicators: tuple[Indicator, ...]
    proposals: list[dict] = field(default_factory=list)
    zones: list[dict] = field(default_factory=list)
    segregation: list[dict] = field(default_factory=list)

    @property
    def source(self) -> LayerSource:
        return LayerSource(
            title_de=f"Testdaten {self.title['de']}", title_en=f"Test data {self.title['en']}",
            attribution="Amt für Tests", licence="CC0-1.0", url="https://example.org/daten", edition="2020",
            is_synthetic=self.is_synthetic,
        )  # fmt: skip

    def layer(self, indicator_id: str, geography: str, period: str) -> Layer:
        indicator = next(i for i in self.indicators if i.id == indicator_id)
        values = self.values[geography, indicator_id]
        return build_layer(
            indicator, values, period=period, geography=geography, source=self.source,
            area_ids=list(self.areas[geography]["area_id"]), reference_date=date(int(period), 12, 31),
            intervals=intervals(values[values["period"] == period]) if indicator is SHARE else None,
        )  # fmt: skip


def intervals(values: pd.DataFrame) -> pd.DataFrame:
    """Make an interval and a comparison for every value; the middle ones cannot be told from the city."""
    value = values["value"]
    third = value.rank(pct=True)
    return pd.DataFrame(
        {
            "area_id": values["area_id"],
            "ci_low": 0.8 * value,
            "ci_high": 1.3 * value + 1,
            "comparison": np.select(
                [third.isna(), third < 0.3, third < 0.6], [None, "below", "not_distinguishable"], "above"
            ),
        }
    )


def grid(columns: int, rows: int, rng: np.random.Generator, west: float, south: float) -> list[Polygon]:
    """Make cells that share their jittered corners, with a fifth corner on each side so that edges are not straight."""
    dx, dy = 0.16 / columns, 0.09 / rows
    corner = np.stack(np.meshgrid(np.arange(columns + 1), np.arange(rows + 1)), axis=-1) * 1.0
    corner += rng.uniform(-0.23, 0.23, corner.shape)
    place = lambda r, c: (west + corner[r, c, 0] * dx, south + corner[r, c, 1] * dy)  # noqa: E731
    return [
        Polygon([place(r, c), place(r, c + 1), place(r + 1, c + 1), place(r + 1, c)])
        for r in range(rows)
        for c in range(columns)
    ]


def make_city(
    city_id: str, columns: int, rows: int, *, periods: tuple[str, ...], is_synthetic: bool, seed: int = 7
):
    rng = np.random.default_rng(seed)
    west, south = (12.28, 51.29) if is_synthetic else (13.30, 52.45)
    cells = grid(columns, rows, rng, west, south)
    n = len(cells)
    keys = [f"0{1 + i * 3 // n}{i:04d}" for i in range(n)]
    names = [*HOSTILE, *(f"Viertel {i}" for i in range(n))][:n]
    blocks = gpd.GeoDataFrame(
        {"area_id": keys, "name": names, "parent_id": [k[:2] for k in keys]}, geometry=cells, crs=4326
    )
    blocks.loc[n - 1, "geometry"] = MultiPolygon(
        [cells[-1], cells[-1].buffer(-0.0005).centroid.buffer(0.001)]
    )
    blocks.loc[n - 1, "geometry"] = cells[-1]
    districts = blocks.dissolve("parent_id").reset_index()
    districts["area_id"], districts["name"] = districts["parent_id"], "Bezirk " + districts["parent_id"]
    districts["parent_id"] = None
    areas = {"district": districts, "block": blocks}

    x = np.array([c.centroid.x for c in cells])
    wave = np.sin((x - x.min()) / np.ptp(x) * 5) + rng.normal(0, 0.5, n)
    values: dict[tuple[str, str], pd.DataFrame] = {}
    for geography, frame in areas.items():
        some = np.arange(n) if geography == "block" else np.arange(len(frame)) * (n // len(frame))
        for indicator in (SHARE, INDEX, STATUS, COUNT):
            rows_ = []
            for t, period in enumerate(periods[1:] if indicator is STATUS else periods):
                for j, area in zip(some, frame["area_id"], strict=True):
                    level = wave[j] + 0.25 * t + rng.normal(0, 0.1)
                    number = {
                        "unemployed_share": max(0.2, 9 + 4 * level), "need_index": level - 0.3,
                        "status_class": float(np.clip(np.round(2 + level), 1, 4)),
                        "residents": float(round(400 + 350 * abs(level) * (n / 12) ** 0)),
                    }[indicator.id]  # fmt: skip
                    status = "measured"
                    if indicator in (SHARE, COUNT) and geography == "block":
                        status = {
                            5: "zero",
                            6: "missing",
                            7: "suppressed",
                            8: "uncertain",
                            9: "provisional",
                        }.get(j if n < 100 else 5 + j % 40, "measured")
                    number = {"zero": 0.0, "missing": np.nan, "suppressed": np.nan}.get(status, number)
                    rows_.append((area, period, number, status))
            values[geography, indicator.id] = pd.DataFrame(
                rows_, columns=["area_id", "period", "value", "status"]
            )

    region = blocks.iloc[[i for i in range(n) if wave[i] > 0.8]].union_all()
    parts = list(getattr(region, "geoms", [region]))
    common = {"run_id": 1, "period": periods[-1], "geography": "block", "threshold": 1.0, "border_price": 0.4}
    proposals = [
        feature(p, {"region_id": str(i + 1), "residents": 1234 * (i + 1), "areas": 2 + i, "mean_need": 1.31 + i / 10,
                    "border_length": 2345.6, **common})
        for i, p in enumerate(parts[:12])
    ]  # fmt: skip
    zones = [
        feature(p.buffer(0.004), {"region_id": str(i + 1), "distance": 300.0, **common})
        for i, p in enumerate(parts[:12])
    ]
    series = [
        {
            "measure": measure, "group": {"id": g, "title": {"de": de, "en": en}}, "geography": geography,
            "points": [point(p, round(start + 0.02 * t + (0.04 if geography == "block" else 0), 4), n)
                       for t, p in enumerate(periods)],
        }
        for measure in MEASURES
        for geography in areas
        for g, de, en, start in (
            ("unemployed", "Arbeitslose", "Unemployed", 0.22),
            ("foreigners", "Ausländische Bevölkerung", "Foreign residents", 0.31),
            ("children", "Unter 15-Jährige", "Under 15", 0.12),
        )
    ]  # fmt: skip
    title = (
        {"de": "Musterstadt", "en": "Sample City"}
        if is_synthetic
        else {"de": "Nordhafen", "en": "North Harbour"}
    )
    return FakeCity(
        id=city_id, title=title, is_synthetic=is_synthetic, areas=areas, values=values,
        indicators=(SHARE, INDEX, STATUS, COUNT, UNEMPLOYED, ACTIVE), proposals=proposals, zones=zones, segregation=series,
    )  # fmt: skip


def point(period: str, value: float, areas: int) -> dict:
    return {"period": period, "value": value, "corrected": round(value - 0.01, 4), "ci_low": round(value - 0.03, 4),
            "ci_high": round(value + 0.005, 4), "expected": 0.05, "p_value": 0.002, "areas": areas,
            "areas_left_out": 0, "residents": 1000.0}  # fmt: skip


def feature(geometry, properties: dict) -> dict:
    return {"type": "Feature", "id": str(properties.get("area_id", properties.get("region_id"))),
            "geometry": mapping(geometry), "properties": properties}  # fmt: skip


class FakeService:
    """What the page asks, answered from the cities; a path in `broken` answers with a problem instead."""

    def __init__(self, cities: list[FakeCity]) -> None:
        self.cities = {city.id: city for city in cities}
        self.broken: dict[str, tuple[int, str]] = {}
        self.page_size = 10_000
        self.nonce = NONCE

    def answer(self, address: str) -> tuple[int, dict]:
        url = urlsplit(address)
        query = {k: v[0] for k, v in parse_qs(url.query).items()}
        parts = url.path.strip("/").split("/")
        for start, (status, detail) in self.broken.items():
            if url.path.startswith(start):
                return status, {
                    "type": "about:blank",
                    "title": "Fehler",
                    "detail": detail,
                    "instance": url.path,
                }
        match parts:
            case ["cities"]:
                return 200, {"cities": [self._city(c) for c in self.cities.values()]}
            case ["cities", city, "indicators"]:
                return 200, {
                    "indicators": [
                        self._indicator(self.cities[city], i) for i in self.cities[city].indicators
                    ]
                }
            case ["cities", city, "segregation"]:
                measures = [{"id": i, "title": {"de": de, "en": en}} for i, (de, en) in MEASURES.items()]
                return 200, {"measures": measures, "series": self.cities[city].segregation}
            case ["cities", _, "alerts"]:
                return 200, {"alerts": [], "links": []}
            case ["cities", _, "alert-rules"]:
                return 200, {"rules": []}
            case ["cities", city, "proposal"]:
                return 200, PROPOSAL | {"city": city}
            case ["cities", _, "proposal", "single-cases"]:
                return 200, {
                    "where": dict.fromkeys(("region", "margin", "single_case", "all"), NOBODY),
                    "cases": [],
                }
            case ["cities", _, "scenarios"]:
                return 200, {"scenarios": []}
            case ["cities", _, "priority-maps"]:
                return 200, {"maps": []}
            case ["collections"]:
                return 200, {"collections": [{"id": f"{c.id}.priority-areas", "features": len(c.proposals)}
                                             for c in self.cities.values()]}  # fmt: skip
            case ["cities", city, "layers", indicator]:
                return 200, self.cities[city].layer(indicator, query["geography"], query["period"]).to_json()
            case ["collections", collection, "items"]:
                return 200, self._items(*collection.split(".", 1), int(query.get("offset", 0)))
        return 404, {"type": "about:blank", "title": "Nicht gefunden", "detail": f"{url.path} gibt es nicht."}

    def _city(self, city: FakeCity) -> dict:
        finest = list(city.areas)[-1]
        titles = {"district": {"de": "Bezirke", "en": "Districts"}}
        blocks = {"de": "Blöcke", "en": "Blocks"}
        west, south, east, north = (float(v) for v in city.areas[finest].total_bounds)
        return {
            "id": city.id, "title": city.title, "is_synthetic": city.is_synthetic, "bbox": [west, south, east, north],
            "geographies": [
                {"id": g, "title": titles.get(g, blocks), "areas": len(a), "edition": "2020", "is_finest": g == finest}
                for g, a in city.areas.items()
            ],
            "default": {"indicator": "unemployed_share", "geography": finest,
                        "period": str(city.values[finest, "unemployed_share"]["period"].max())},
            "source": {"title": city.title, "attribution": "Amt für Tests", "licence": "CC0-1.0", "url": ""},
        }  # fmt: skip

    def _indicator(self, city: FakeCity, indicator: Indicator) -> dict:
        availability = {
            g: sorted(v["period"].unique()) for (g, i), v in city.values.items() if i == indicator.id
        }
        return {
            "id": indicator.id, "title": {"de": indicator.title_de, "en": indicator.title_en}, "unit": indicator.unit,
            "kind": indicator.kind, "direction": indicator.direction, "decimals": indicator.decimals,
            "caution": {"de": indicator.caution_de, "en": indicator.caution_en},
            "universe": {"de": indicator.universe_de, "en": indicator.universe_en},
            "minimum_denominator": indicator.minimum_denominator, "sheet": sheet_address(indicator.id),
            "group": GROUPS.get(indicator.id, "count"), "availability": availability,
        }  # fmt: skip

    def _items(self, city_id: str, name: str, offset: int) -> dict:
        city = self.cities[city_id]
        if name == "priority-areas":
            features = city.proposals
        else:
            features = [
                feature(a.geometry, {"area_id": a.area_id, "name": a.name_, "parent_id": a.parent_id, "geography": name,
                                     "edition": "2020"})
                for a in city.areas[name].rename(columns={"name": "name_"}).itertuples()
            ]  # fmt: skip
        page = features[offset : offset + self.page_size]
        body = {"type": "FeatureCollection", "features": page, "links": []}
        if offset + self.page_size < len(features):
            href = f"http://another-name.invalid/collections/{city_id}.{name}/items?offset={offset + self.page_size}"
            body["links"].append({"rel": "next", "href": href})
        return body


@dataclass
class Site:
    """A running server: its address and, unless it is the real application, what it plays."""

    url: str
    service: FakeService

    def get(self, path: str) -> dict:
        status, body = self.service.answer(path)
        assert status == 200, body
        return json.loads(json.dumps(body))


def serve(service: FakeService) -> ThreadingHTTPServer:
    cache: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/":
                self._send(
                    200, "text/html; charset=utf-8", render_index(version="0", nonce=service.nonce).encode()
                )
            elif path.startswith("/static/") and (file := STATIC / path[8:]).is_file():
                self._send(200, TYPES.get(file.suffix, "application/octet-stream"), file.read_bytes())
            else:
                if (known := cache.get(self.path)) and not service.broken:
                    self._send(200, "application/json", known)
                    return
                status, body = service.answer(self.path)
                text = json.dumps(body).encode()
                if status == 200:
                    cache[self.path] = text
                self._send(status, "application/json" if status == 200 else "application/problem+json", text)

        def _send(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            if len(body) > 1000 and "gzip" in self.headers.get("accept-encoding", ""):
                body = gzip.compress(body, 5)  # as the service does
                self.send_header("content-encoding", "gzip")
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.send_header("content-security-policy", POLICY)
            self.send_header("cache-control", "no-cache")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_args: object) -> None:
            """Keep quiet when the browser closes a connection early."""

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="session")
def vendored() -> None:
    try:
        copy_libraries()
    except FileNotFoundError as error:
        pytest.fail(f"the browser libraries are missing: {error}")


@pytest.fixture
def make_site(vendored: None) -> Iterator[Callable[[FakeService], Site]]:
    servers = []

    def start(service: FakeService) -> Site:
        servers.append(serve(service))
        return Site(f"http://127.0.0.1:{servers[-1].server_address[1]}", service)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def two_cities() -> list[FakeCity]:
    return [
        make_city("musterstadt", 4, 3, periods=("2017", "2019", "2020"), is_synthetic=True),
        make_city("nordhafen", 3, 4, periods=("2019", "2020"), is_synthetic=False, seed=11),
    ]


@pytest.fixture(scope="session")
def large_city() -> FakeCity:
    return make_city("musterstadt", 60, 50, periods=("2017", "2018", "2019"), is_synthetic=True)


@pytest.fixture
def site(make_site: Callable[[FakeService], Site], two_cities: list[FakeCity]) -> Site:
    return make_site(FakeService(two_cities))


@pytest.fixture
def empty_site(make_site: Callable[[FakeService], Site]) -> Site:
    return make_site(FakeService([]))


@pytest.fixture
def large_site(make_site: Callable[[FakeService], Site], large_city: FakeCity) -> Site:
    return make_site(FakeService([large_city]))
