"""A city with alerts, and applications that tell of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from api.app import create_app
from api.settings import ServiceSettings
from db.engine import connect
from db.queries import alert_merge, alert_rules
from db.queries.alert_merge import FoundAlert

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="session")
def atom_namespace() -> str:
    """The namespace of Atom."""
    return ATOM


HOSTILE = 'Süd <script>alert(1)</script> & "Nord" ]]>\x01'


@pytest.fixture(scope="session")
def hostile() -> str:
    """A name that would be markup."""
    return HOSTILE


MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture(scope="session")
def moment() -> re.Pattern[str]:
    """How a moment is written in a feed."""
    return MOMENT


def _merge(engine: Engine, rule: str, *areas: str, period: str = "2022") -> None:
    """Make the stored alerts of a rule and period be these districts; each says how many residents there are."""
    with engine.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT v.vintage_id, v.area_id, v.value FROM value v JOIN vintage w ON w.id = v.vintage_id"
                " WHERE w.geography_id = 'district' AND v.indicator_id = 'residents' AND v.period = :period"
            ),
            {"period": period},
        ).all()
        known = {row.area_id: row.value for row in rows}
        numbers = ("value", "compared_with", "estimate", "ci_low", "ci_high", "p_value", "q_value")
        found = [
            FoundAlert(
                area_id=area,
                indicator_id="residents",
                figures=dict.fromkeys(numbers, 1.0) | {"value": known[area], "compared_with": None},
                evidence=[{"indicator_id": "residents", "period": period, "value": known[area]}],
                text_de=f"{known[area]:.0f} Einwohner",
                text_en=f"{known[area]:.0f} residents",
            )
            for area in areas
        ]
        run = connection.execute(text("SELECT max(id) FROM run")).scalar_one()
        key = {"city_id": "sample", "rule_id": rule, "vintage_id": rows[0].vintage_id, "period": period}
        alert_merge.merge(connection, found, **key, rule_version=1, run_id=run)


@pytest.fixture(scope="session")
def merge() -> Callable[..., None]:
    """Make the stored alerts of a rule and period be these districts; each says how many residents there are."""
    return _merge


@pytest.fixture(scope="module")
def engine(make_database: Callable[..., str], small_city_template: str) -> Iterator[Engine]:
    """The sample city with two rules; one district has a name that wants to break out."""
    engine = connect(make_database(template=small_city_template))
    with engine.begin() as connection:
        for rule in ("one", "two"):
            definition = {"id": rule, "title_de": f"Regel {rule} <b>", "title_en": f"Rule {rule}"}
            fields = {"city_id": "sample", "rule_id": rule, "geography_id": "district"}
            alert_rules.put(connection, **fields, definition=definition, backtest={})
        connection.execute(
            text(
                "UPDATE area SET name = :name WHERE area_id = '5' AND vintage_id ="
                " (SELECT id FROM vintage WHERE geography_id = 'district')"
            ),
            {"name": HOSTILE},
        )
        connection.execute(
            text(
                "CREATE TABLE kept AS SELECT * FROM value WHERE (indicator_id, period) = ('residents', '2022')"
            )
        )
    yield engine
    engine.dispose()


@pytest.fixture
def city(engine: Engine) -> Engine:
    """The same with seven alerts, nobody who subscribed or answered, and the values as they were loaded."""
    statements = (
        "ALTER TABLE acknowledgement DISABLE TRIGGER USER",
        *(
            f"DELETE FROM {table}"
            for table in ("webhook_delivery", "acknowledgement", "alert", "subscription")
        ),
        "ALTER TABLE acknowledgement ENABLE TRIGGER USER",
        "UPDATE value v SET value = k.value, status = k.status FROM kept k"
        " WHERE (v.vintage_id, v.indicator_id, v.period, v.area_id)"
        " = (k.vintage_id, k.indicator_id, k.period, k.area_id) AND v.status <> k.status",
    )
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    _merge(engine, "one", "3", period="2021")
    _merge(engine, "one", "1", "2", "3", "5")
    _merge(engine, "two", "3", "4")
    return engine


@pytest.fixture
def client(city: Engine) -> Iterator[TestClient]:
    """Return a client of an application on that city."""
    with _asking(city) as client:
        yield client


def _asking(city: Engine, **settings: str) -> TestClient:
    address = city.url.render_as_string(hide_password=False)
    app = create_app(ServiceSettings(database_url=address, **settings))
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture(scope="session")
def asking() -> Callable[..., TestClient]:
    """Return a client of an application on the city."""
    return _asking


def _moments(answer) -> dict[str, str]:
    """Return when each entry of a feed was changed, as readers see it."""
    if answer.headers["content-type"] == "application/feed+json":
        return {item["id"]: item["date_modified"] for item in answer.json()["items"]}
    return {
        entry.find(f"{ATOM}id").text: entry.find(f"{ATOM}updated").text
        for entry in ElementTree.fromstring(answer.content).findall(f"{ATOM}entry")
    }


@pytest.fixture(scope="session")
def moments() -> Callable[..., dict[str, str]]:
    """Return when each entry of a feed was changed, as readers see it."""
    return _moments
