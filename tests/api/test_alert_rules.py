"""Which rules of the early warning are switched on, and where explanations are, over HTTP: what the page begins with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from api.app import create_app
from api.settings import ServiceSettings
from db.queries import alert_rules
from indicators.alerts import shipped_rules

pytestmark = pytest.mark.db

RULES = "/cities/sample/alert-rules"


@pytest.fixture
def engine(small_city: Engine) -> Engine:
    """The sample city with two rules that were tried; one is switched on."""
    with small_city.begin() as connection:
        for name in ("unemployment-rises", "benefit-level"):
            alert_rules.put(
                connection,
                city_id="sample",
                rule_id=name,
                geography_id="district",
                definition=shipped_rules()[name].to_json(),
                backtest={"confirmed": 1, "refuted": 0},
            )
        alert_rules.switch_on(connection, city_id="sample", rule_id="unemployment-rises", by="test")
    return small_city


@pytest.fixture
def own_client(engine: Engine) -> Iterator[TestClient]:
    address = engine.url.render_as_string(hide_password=False)
    with TestClient(create_app(ServiceSettings(database_url=address))) as client:
        yield client


def test_only_rules_that_are_switched_on_are_told(own_client: TestClient) -> None:
    rule = shipped_rules()["unemployment-rises"]
    assert own_client.get(RULES).json() == {
        "rules": [
            {
                "id": "unemployment-rises",
                "title": {"de": rule.title_de, "en": rule.title_en},
                "geography": "district",
                "false_discovery_rate": rule.false_discovery_rate,
            }
        ]
    }


def test_who_decided_on_a_rule_is_not_told(own_client: TestClient, engine: Engine) -> None:
    with engine.begin() as connection:
        alert_rules.switch_on(connection, city_id="sample", rule_id="benefit-level", by="Erika Muster")
    assert "Erika" not in own_client.get(RULES).text


def test_a_city_without_rules_has_an_empty_list_and_an_unknown_city_none(client: TestClient) -> None:
    assert client.get(RULES).json() == {"rules": []}
    answer = client.get("/cities/nowhere/alert-rules")
    assert answer.status_code == 404
    assert "sample" in answer.json()["detail"]


def test_index_and_class_say_where_they_are_explained_and_nothing_else_does(client: TestClient) -> None:
    told = {one["id"]: one for one in client.get("/cities/sample/indicators").json()["indicators"]}
    explained = {name: one["explanation"] for name, one in told.items() if one["explanation"]}
    address = "cities/sample/indices/status_index/explanation"
    assert explained["status_index"] == address
    assert set(explained) == {name for name in told if name.startswith(("status_index", "status_class"))}
    assert set(explained.values()) == {address}


def test_the_address_answers_for_every_level_and_period_that_has_the_index(client: TestClient) -> None:
    told = {one["id"]: one for one in client.get("/cities/sample/indicators").json()["indicators"]}
    index = told["status_index"]
    for level, periods in index["availability"].items():
        for period in periods:
            layer = client.get(f"/cities/sample/layers/status_index?geography={level}&period={period}").json()
            query = {"area": layer["area_ids"][0], "geography": level, "period": period}
            answer = client.get(f"/{index['explanation']}", params=query)
            assert answer.status_code == 200, answer.text
            assert answer.json()["sentences"]


def test_without_explanations_nothing_says_that_there_are_some(
    own_client: TestClient, engine: Engine
) -> None:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM index_explanation"))
    told = own_client.get("/cities/sample/indicators").json()["indicators"]
    assert told
    assert not any(one["explanation"] for one in told)
