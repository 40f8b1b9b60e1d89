"""Shared fixtures: one throw-away PostGIS per run, one fresh database per test that asks for it."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from db import migrate
from db.cluster.throw_away import throw_away
from db.engine import connect
from etl.cities import city_profile
from etl.compute import compute_city
from etl.pipeline import load_city
from etl.raw import RawStore
from etl.sample_city.parameters import SampleCityParameters
from etl.sources.sample import SampleSource

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
