"""A town of forty districts over ten years, one of which jumps, for the tests of early warning."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import MultiPolygon, box
from sqlalchemy import Engine

from db.engine import connect
from db.queries import alert_rules, alerts
from etl import compute
from etl.cities import CityProfile, city_profile
from etl.confidentiality import Confidentiality
from etl.delivery import City, Delivery, Geography, Source
from etl.jobs import shares
from etl.jobs.contract import Context
from etl.loading import load
from etl.raw import RawFile
from indicators.alerts import Rule
from indicators.definition import Indicator

AREAS = [f"{number:02d}" for number in range(40)]


@pytest.fixture(scope="session")
def areas() -> list[str]:
    """Ids of the forty districts."""
    return AREAS


YEARS = tuple(str(year) for year in range(2013, 2023))


@pytest.fixture(scope="session")
def years() -> tuple[str, ...]:
    """Years with values."""
    return YEARS


RULE = Rule(
    id="jobless-rise",
    title_de="Arbeitslosigkeit steigt",
    title_en="Unemployment rises",
    kind="change",
    indicators=("jobless_share",),
    direction="rising",
)


@pytest.fixture(scope="session")
def rule() -> Rule:
    """The rule that the jump crosses."""
    return RULE


SOURCE = SimpleNamespace(city_id="town", confidentiality=Confidentiality())
PROFILE = replace(city_profile("sample"), source=SOURCE, segregation=())


@pytest.fixture(scope="session")
def profile() -> CityProfile:
    """Profile of the town."""
    return PROFILE


INDICATORS = (
    Indicator(id="people", title_de="Einwohner", title_en="Residents", unit="persons", kind="extensive"),
    Indicator(id="jobless", title_de="Arbeitslose", title_en="Unemployed", unit="persons", kind="extensive"),
    Indicator(
        id="jobless_share",
        title_de="Arbeitslosenanteil",
        title_en="Share of unemployed",
        unit="%",
        kind="intensive",
        direction="higher_is_more_need",
        numerator="jobless",
        denominator="people",
        decimals=1,
    ),
)


def _quiet(_name: str, _share: float | None = None) -> None:
    """Progress nobody looks at."""


def _counts(years: tuple[str, ...] = YEARS, *, jump: int = 300) -> pd.DataFrame:
    """2,000 people in each of 40 districts, a tenth out of work by chance; in district 07 `jump` more in 2022."""
    rng = np.random.default_rng(7)
    table = pd.DataFrame(rng.binomial(2000, 0.1, (len(AREAS), len(YEARS))), index=AREAS, columns=YEARS)
    table.loc["07", "2022"] = table.loc["07", "2021"] + jump
    return table[list(years)]


@pytest.fixture(scope="session")
def counts() -> Callable[..., pd.DataFrame]:
    """2,000 people in each of 40 districts, a tenth out of work by chance; in district 07 `jump` more in 2022."""
    return _counts


def _delivery(
    jobless: pd.DataFrame,
    *,
    withheld: tuple[tuple[str, str], ...] = (),
    edition: str = "2013",
    renamed: dict[str, str] | None = None,
) -> Delivery:
    squares = [MultiPolygon([box(10 * i, 0, 10 * i + 10, 10)]) for i in range(len(AREAS))]
    whole = MultiPolygon([box(0, 0, 10 * len(AREAS), 10)])
    areas = gpd.GeoDataFrame(
        {
            "geography": ["city"] + ["district"] * len(AREAS),
            "area_id": ["T", *AREAS],
            "parent_id": [None] + ["T"] * len(AREAS),
            "name": ["Ort", *(f"Bezirk {area}" for area in AREAS)],
        },
        geometry=[whole, *squares],
        crs="EPSG:25833",
    )
    long = jobless.rename_axis("area_id").reset_index().melt("area_id", var_name="period", value_name="value")
    rows = pd.concat(
        [long.assign(indicator_id="jobless"), long.assign(indicator_id="people", value=2000)],
        ignore_index=True,
    ).assign(geography="district", status="measured")
    sums = rows.groupby(["indicator_id", "period"], as_index=False)["value"].sum()
    rows = pd.concat([rows, sums.assign(geography="city", area_id="T", status="measured")], ignore_index=True)
    rows["value"] = rows["value"].astype(float)
    rows["reference_date"] = rows["period"].map(lambda year: date(int(year), 12, 31))
    for area, period in withheld:
        cell = (rows["area_id"] == area) & (rows["period"] == period) & (rows["indicator_id"] == "jobless")
        rows.loc[cell, ["value", "status"]] = [np.nan, "suppressed"]
    for frame in (areas, rows):
        frame["area_id"] = frame["area_id"].replace(renamed or {})
    level = {"edition": edition, "valid_from": date(int(edition), 1, 1)}
    return Delivery(
        city=City(id="town", title_de="Ort", title_en="Town", srid=25833),
        source=Source(
            id="town", title_de="Q", title_en="S", publisher="p", licence="CC0-1.0", attribution="a"
        ),
        geographies=(
            Geography(id="city", parent=None, title_de="Stadt", title_en="City", key_length=1, **level),
            Geography(
                id="district", parent="city", title_de="Bezirke", title_en="Districts", key_length=2, **level
            ),
        ),
        areas=areas,
        indicators=INDICATORS,
        values=rows,
        rejected=pd.DataFrame(columns=["file", "place", "reason", "content"]),
        repairs={},
    )


@pytest.fixture(scope="session")
def delivery() -> Callable[..., Delivery]:
    """Make a delivery of the town; what is changed is named."""
    return _delivery


def _put(engine: Engine, given: Delivery, letter: str) -> dict[str, int]:
    """Load a delivery."""
    file = RawFile(name="values.csv", path=Path("values.csv"), sha256=letter * 64, size=10)
    return load(engine, given, [file], loaded_by="test", code_version="1", progress=_quiet).counts


@pytest.fixture(scope="session")
def put() -> Callable[..., dict[str, int]]:
    """Load a delivery."""
    return _put


def _compute_shares(engine: Engine) -> None:
    with engine.begin() as connection:
        shares.run(
            Context(
                connection=connection,
                profile=PROFILE,
                requested_by="test",
                code_version="1",
                progress=_quiet,
            )
        )


@pytest.fixture(scope="session")
def compute_shares() -> Callable[..., None]:
    """Compute the shares of the town."""
    return _compute_shares


def _warn(engine: Engine, code_version: str = "1", **options: object):
    return compute.compute_alerts(
        engine, PROFILE, requested_by="test", code_version=code_version, progress=_quiet, **options
    )


@pytest.fixture(scope="session")
def warn() -> Callable[..., object]:
    """Run the early warning."""
    return _warn


def _switch_on(engine: Engine, rule: Rule = RULE) -> None:
    with engine.begin() as connection:
        alert_rules.put(
            connection,
            city_id="town",
            rule_id=rule.id,
            geography_id="district",
            definition=rule.to_json(),
            backtest={"confirmed": 1, "refuted": 0},
        )
        alert_rules.switch_on(connection, city_id="town", rule_id=rule.id, by="A. Muster")


@pytest.fixture(scope="session")
def switch_on() -> Callable[..., None]:
    """Store a rule with a back-test and switch it on."""
    return _switch_on


@pytest.fixture(scope="module")
def template(make_database: Callable[..., str]) -> str:
    """Name of a database with the town, loaded and computed, and the rule switched on."""
    engine = connect(make_database())
    _put(engine, _delivery(_counts()), "a")
    _compute_shares(engine)
    _switch_on(engine)
    engine.dispose()
    return str(engine.url.database)


@pytest.fixture
def town(make_database: Callable[..., str], template: str) -> Iterator[Engine]:
    """The town of a test's own."""
    engine = connect(make_database(template=template))
    yield engine
    engine.dispose()


def _told(engine: Engine, **options: object) -> dict[tuple[str, str], str]:
    with engine.connect() as connection:
        rows = alerts.read(connection, "town", limit=1000, **options)
    return {(row["area_id"], row["period"]): row["state"] for row in rows}


@pytest.fixture(scope="session")
def told() -> Callable[..., dict[tuple[str, str], str]]:
    """Return the state of the alerts that are shown, by area and period."""
    return _told


def _reasons(engine: Engine) -> dict[tuple[str, str], str | None]:
    with engine.connect() as connection:
        rows = alerts.read(connection, "town", limit=1000)
    return {(row["area_id"], row["period"]): row["withdrawal"] for row in rows}


@pytest.fixture(scope="session")
def reasons() -> Callable[..., dict[tuple[str, str], str | None]]:
    """Return why alerts were withdrawn, by area and period."""
    return _reasons


def _switch_off(engine: Engine) -> None:
    with engine.begin() as connection:
        alert_rules.switch_off(connection, city_id="town", rule_id=RULE.id, by="A. Muster")


@pytest.fixture(scope="session")
def switch_off() -> Callable[..., None]:
    """Switch the rule off."""
    return _switch_off
