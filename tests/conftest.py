"""Shared fixtures: one throw-away PostGIS per run, one fresh database per test that asks for it."""

from __future__ import annotations

import itertools
import os
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from shapely import MultiPolygon, box
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from api.app import create_app
from api.settings import ServiceSettings
from db import migrate
from db.cluster.throw_away import throw_away
from db.engine import connect
from etl.cities import city_profile
from etl.compute import compute_city
from etl.datasets.source import ManifestSource
from etl.delivery import City, Delivery, Geography, Source
from etl.jobs.contract import Outcome
from etl.loading import LoadReport
from etl.pipeline import load_city
from etl.raw import RawStore
from etl.sample_city.parameters import SampleCityParameters
from etl.sample_city.source import SampleSource
from etl.source import Progress
from indicators.definition import Indicator

CHROMIUM = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    str(Path(__file__).resolve().parents[1] / ".sozialraum" / "chromium" / "chromium"),
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
_numbers = itertools.count(1)


def shared_folder(name: str) -> Path:
    """Return a folder of the shared real data, or skip with the reason."""
    folder = SHARED_DATA / name
    if not folder.is_dir():
        pytest.skip(f"the real data ../shared/data/{name} are not on this machine")
    return folder


@pytest.fixture(scope="session")
def leipzig_folder() -> Path:
    """Leipzig's files, where they lie."""
    return shared_folder("leipzig-ortsteile")


@pytest.fixture(scope="session")
def berlin_folder() -> Path:
    """Berlin's files, where they lie."""
    return shared_folder("berlin-mss-lor-pre2021")


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """Address of a throw-away PostGIS that lives as long as the test run."""
    with throw_away() as server:
        yield server.url


@pytest.fixture(scope="session")
def make_database(server_url: str) -> Iterator[Callable[..., str]]:
    """Make databases on the throw-away server; `migrated=True` copies a migrated template."""
    admin = connect(server_url)
    made: list[str] = []

    def create(*, migrated: bool = True, template: str | None = None) -> str:
        if migrated and template is None:
            template = migrated_template()
        name = f"test_{next(_numbers)}"
        with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(
                text(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
            )
        made.append(name)
        return make_url(server_url).set(database=name).render_as_string(hide_password=False)

    def migrated_template() -> str:
        name = "template_migrated"
        with admin.connect() as connection:
            exists = connection.execute(
                text("SELECT EXISTS (SELECT FROM pg_database WHERE datname = :n)"), {"n": name}
            )
            if exists.scalar_one():
                return name
        with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine = connect(make_url(server_url).set(database=name).render_as_string(hide_password=False))
        migrate.upgrade(engine)
        engine.dispose()
        return name

    yield create
    admin.dispose()


@pytest.fixture
def database(make_database: Callable[..., str]) -> Iterator[Engine]:
    """Return an engine on a fresh, migrated, empty database."""
    engine = connect(make_database())
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def small_city_template(make_database: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """Name of a database with a small sample city, loaded and computed, to be copied."""
    url = make_database()
    engine = connect(url)
    profile = replace(
        city_profile("sample"),
        source=SampleSource(SampleCityParameters(blocks=600, first_year=2020, years=3)),
    )
    load_city(
        engine,
        profile.source,
        RawStore(tmp_path_factory.mktemp("raw")),
        folder=None,
        loaded_by="test",
        code_version="test",
        progress=_quiet,
    )
    compute_city(engine, profile, requested_by="test", code_version="test", progress=_quiet)
    engine.dispose()
    return str(make_url(url).database)


@pytest.fixture(scope="session")
def small_city_url(make_database: Callable[..., str], small_city_template: str) -> str:
    """Address of a computed small sample city that tests only read."""
    return make_database(template=small_city_template)


@pytest.fixture
def small_city(make_database: Callable[..., str], small_city_template: str) -> Iterator[Engine]:
    """Return an engine on a computed small sample city of the test's own."""
    engine = connect(make_database(template=small_city_template))
    yield engine
    engine.dispose()


def _quiet(_name: str, _share: float | None = None) -> None:
    """Progress nobody looks at."""


@pytest.fixture(scope="session")
def load() -> Callable[..., LoadReport]:
    """Load a data set that lies in a folder, or the source of one."""

    def once(
        engine: Engine, given: Any, tmp_path: Path, *, dry_run: bool = False, progress: Progress = _quiet
    ) -> LoadReport:
        return load_city(
            engine,
            given if isinstance(given, ManifestSource) else given.source(),
            RawStore(tmp_path / "raw"),
            folder=None,
            loaded_by="test",
            code_version="test",
            progress=progress,
            dry_run=dry_run,
        )

    return once


@pytest.fixture(scope="session")
def compute() -> Callable[[Engine], list[Outcome]]:
    """Compute the small town as it was loaded."""

    def once(engine: Engine) -> list[Outcome]:
        with engine.connect() as connection:
            profile = city_profile("small", connection)
        return compute_city(engine, profile, requested_by="test", code_version="test", progress=_quiet)

    return once


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[str], str]]:
    """Serve the application on databases, for real; return the address."""
    running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(database_url: str) -> str:
        application = create_app(ServiceSettings(database_url=database_url))
        server = uvicorn.Server(uvicorn.Config(application, port=0, log_level="warning"))
        thread = threading.Thread(target=server.run)
        thread.start()
        running.append((server, thread))
        waiting = threading.Event()
        while not server.started:
            waiting.wait(0.05)
        host, port = server.servers[0].sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    yield start
    for server, thread in running:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return a headless Chromium: the one named by SOZIALRAUM_CHROMIUM, the system's, or the unpacked one."""
    known = [os.environ.get("SOZIALRAUM_CHROMIUM", ""), *CHROMIUM]
    program = next((found for name in known if name and (found := shutil.which(name))), None)
    if program is None:
        pytest.fail("no Chromium on this machine; run 'make test' or ./bootstrap.sh --with-browser")
    flags = [
        "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist",
        "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ]  # fmt: skip
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def town_of_districts() -> Callable[..., Delivery]:
    """Make deliveries of a little town, T, of districts in a row."""
    return _town_of_districts


DISTRICTS = {"00": (0, 10), "01": (10, 20), "02": (20, 30), "03": (30, 40)}


def _town_of_districts(
    values: pd.DataFrame,
    indicators: Iterable[Indicator | str],
    *,
    districts: Mapping[str, tuple[float, float]] | None = None,
    edition: str = "2020",
    **more: object,
) -> Delivery:
    """Say `values` by geography, area_id, indicator_id and period; `districts`: where each begins and ends [m].

    An indicator that is only named is a count; a value without a state is withheld when it is not there.
    """
    extent = DISTRICTS if districts is None else districts
    rows = values.assign(
        value=values["value"].astype(float),
        reference_date=[date(int(year), 12, 31) for year in values["period"]],
    )
    if "status" not in rows:
        kinds = [rows["value"].isna(), rows["value"] == 0]
        rows["status"] = np.select(kinds, ["suppressed", "zero"], "measured")
    level = {"edition": edition, "valid_from": date(int(edition), 1, 1)}
    boxes = [(min(low for low, _ in extent.values()), max(high for _, high in extent.values()))]
    return Delivery(
        city=City(id="town", title_de="Ort", title_en="Town", srid=25833),
        source=Source(
            id="town",
            title_de="Quelle",
            title_en="Source",
            publisher="p",
            licence="dl-de/by-2-0",
            attribution="a",
        ),
        geographies=(
            Geography(id="city", parent=None, title_de="Stadt", title_en="City", key_length=1, **level),
            Geography(
                id="district", parent="city", title_de="Bezirke", title_en="Districts", key_length=2, **level
            ),
        ),
        areas=gpd.GeoDataFrame(
            {
                "geography": ["city", *["district"] * len(extent)],
                "area_id": ["T", *extent],
                "parent_id": [None, *["T"] * len(extent)],
                "name": ["Town", *extent],
            },
            geometry=[MultiPolygon([box(low, 0, high, 10)]) for low, high in (*boxes, *extent.values())],
            crs="EPSG:25833",
        ),
        indicators=tuple(
            Indicator(id=one, title_de=one, title_en=one, unit="persons", kind="extensive")
            if isinstance(one, str)
            else one
            for one in indicators
        ),
        values=rows,
        **more,
    )


@dataclass
class Watched:
    """A page of which every request and every complaint is written down."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, address: str) -> Watched:
        self.page.goto(address)
        return self.ready()

    def ready(self) -> Watched:
        """Wait until nothing is loading and what was asked for is on the screen."""
        self.page.wait_for_selector("#stage[aria-busy=false]", state="attached", timeout=30_000)
        return self

    def shown(self) -> str:
        return self.page.get_attribute("#stage", "data-shown") or ""

    def wait_for(self, shown: str) -> Watched:
        self.page.wait_for_selector(f"#stage[aria-busy=false][data-shown='{shown}']", state="attached")
        return self


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Watched]]:
    """Open pages of which everything is watched."""
    contexts: list[BrowserContext] = []

    def start(*, width: int = 1440, height: int = 900, **options: object) -> Watched:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        watched = Watched(context.new_page())
        watched.page.on("request", lambda r: watched.requests.append(r.url))
        watched.page.on("pageerror", lambda e: watched.complaints.append(str(e)))
        watched.page.on(
            "console", lambda m: watched.complaints.append(m.text) if m.type in {"error", "warning"} else None
        )
        return watched

    yield start
    for context in contexts:
        context.close()
