"""Alerts by HTTP: what was found where and when, and nothing that is withheld now."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError
from sqlalchemy import Engine, text

from api.settings import ServiceSettings
from db.queries import alerts, subscriptions

pytestmark = pytest.mark.db


def places(body: dict[str, object]) -> list[tuple[str, str, str]]:
    return [(one["rule"]["id"], one["area"]["id"], one["period"]) for one in body["alerts"]]


def test_an_alert_says_what_was_found_where_and_when(client: TestClient) -> None:
    body = client.get("/cities/sample/alerts?rule=two&area=4").json()
    (one,) = body["alerts"]
    assert one["id"] == "sample/district/two/2022/4"
    assert (one["state"], one["revision"], one["acknowledged_at"]) == ("open", 1, None)
    assert one["rule"]["title"] == {"de": "Regel two <b>", "en": "Rule two"}
    assert one["indicator"]["unit"] == "persons"
    assert one["figures"]["compared_with"] is None
    assert one["text"]["de"] == f"{one['figures']['value']:.0f} Einwohner"
    assert one["title"]["en"] == f"{one['area']['name']} 2022: Rule two"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("rule=two", [("two", "4", "2022"), ("two", "3", "2022")]),
        ("area=3", [("two", "3", "2022"), ("one", "3", "2022"), ("one", "3", "2021")]),
        ("period=2021", [("one", "3", "2021")]),
        ("area=3&period=2022&rule=one", [("one", "3", "2022")]),
        ("rule=one&area=4", []),
        ("acknowledged=true", []),
        ("state=open&rule=two", [("two", "4", "2022"), ("two", "3", "2022")]),
        ("state=withdrawn", []),
        ("geography=district&rule=two&area=4", [("two", "4", "2022")]),
        ("geography=block", []),
    ],
)
def test_the_list_is_narrowed_by_its_filters(
    client: TestClient, query: str, expected: list[tuple[str, str, str]]
) -> None:
    assert places(client.get(f"/cities/sample/alerts?{query}").json()) == expected


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("rule=onne", 404, "sample has no rule 'onne'; did you mean 'one'?"),
        ("geography=distrikt", 404, "sample has no level 'distrikt'; did you mean 'district'?"),
        ("area=%27%3B--", 404, 'sample has no area "\';--"; known: '),
        ("gegraphy=district", 400, "gegraphy: there is no such key; did you mean 'geography'?"),
    ],
)
def test_a_filter_that_can_match_nothing_is_refused(
    client: TestClient, query: str, status: int, said: str
) -> None:
    answer = client.get(f"/cities/sample/alerts?{query}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]


@pytest.mark.parametrize("feed", ["alerts.atom", "alerts.json"])
def test_a_reader_may_ask_for_the_head_of_a_feed(client: TestClient, feed: str) -> None:
    whole, head = client.get(f"/cities/sample/{feed}"), client.head(f"/cities/sample/{feed}")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == whole.headers["etag"]


def test_pages_join_without_gap_or_double(client: TestClient) -> None:
    whole = places(client.get("/cities/sample/alerts").json())
    assert len(whole) == 7
    address, seen = "/cities/sample/alerts?limit=3", []
    while address:
        body = client.get(address).json()
        assert len(body["alerts"]) <= 3
        seen += places(body)
        address = next((link["href"] for link in body["links"] if link["rel"] == "next"), "")
    assert seen == whole


def test_what_was_acknowledged_says_when_and_not_by_whom(client: TestClient, city: Engine) -> None:
    number = client.get("/cities/sample/alerts?rule=two&area=4").json()["alerts"][0]["number"]
    with city.begin() as connection:
        alerts.acknowledge(connection, number, seen=1, by="Amelie Muster", reason="Neubau bezogen")
    answer = client.get("/cities/sample/alerts?acknowledged=true")
    assert [one["number"] for one in answer.json()["alerts"]] == [number]
    assert answer.json()["alerts"][0]["acknowledged_at"] is not None
    assert "Amelie" not in answer.text
    assert "Neubau" not in answer.text
    assert len(client.get("/cities/sample/alerts?acknowledged=false").json()["alerts"]) == 6


@pytest.mark.parametrize("path", ["alerts?rule=two&area=4", "alerts.atom", "alerts.json"])
def test_a_value_that_is_withheld_now_is_in_no_answer(
    merge, client: TestClient, city: Engine, path: str
) -> None:
    (one,) = client.get("/cities/sample/alerts?rule=two&area=4").json()["alerts"]
    shown = f"{one['figures']['value']:.0f}"
    assert shown in client.get(f"/cities/sample/{path}").text
    with city.begin() as connection:
        connection.execute(
            text(
                "UPDATE value SET value = NULL, status = 'suppressed' WHERE (indicator_id, period, area_id)"
                " = ('residents', '2022', '4')"
            )
        )
    assert shown not in client.get(f"/cities/sample/{path}").text
    merge(city, "two", "3")  # what the next computation finds: nothing in area 4
    answer = client.get(f"/cities/sample/{path}").text
    assert shown not in answer
    assert "gilt nicht mehr" in answer


def test_a_department_sees_what_it_subscribed_to(atom_namespace, client: TestClient, city: Engine) -> None:
    department = "Jugend & <Schule>"
    with city.begin() as connection:
        subscriptions.subscribe(
            connection, city_id="sample", department=department, rule_id="two", created_by="test"
        )
    asked = {"department": department}
    assert len(client.get("/cities/sample/alerts", params=asked).json()["alerts"]) == 2
    feed = ElementTree.fromstring(client.get("/cities/sample/alerts.atom", params=asked).content)
    assert len(feed.findall(f"{atom_namespace}entry")) == 2
    assert feed.find(f"{atom_namespace}title").text.endswith(f" für {department}")
    refused = client.get("/cities/sample/alerts.atom", params={"department": "Sport"})
    assert refused.status_code == 404
    assert department not in refused.text  # who else subscribed is nobody's business


def test_a_city_without_alerts_has_an_empty_feed_that_is_valid(
    atom_namespace, moment, client: TestClient, city: Engine
) -> None:
    with city.begin() as connection:
        connection.execute(text("DELETE FROM alert"))
    feed = ElementTree.fromstring(client.get("/cities/sample/alerts.atom").content)
    assert moment.fullmatch(feed.find(f"{atom_namespace}updated").text)
    assert json.loads(client.get("/cities/sample/alerts.json").content)["items"] == []
    assert client.get("/cities/sample/alerts").json()["alerts"] == []


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/cities/nowhere/alerts", 404, "unknown city 'nowhere'"),
        ("/cities/nowhere/alerts.atom", 404, "unknown city 'nowhere'"),
        ("/cities/nowhere/alerts.json", 404, "unknown city 'nowhere'"),
        ("/cities/sample/alerts?limit=0", 400, "limit"),
        ("/cities/sample/alerts?limit=1001", 400, "limit"),
        ("/cities/sample/alerts?after=-1", 400, "after"),
        ("/cities/sample/alerts?after=99999999999999", 400, "after"),
        ("/cities/sample/alerts?acknowledged=perhaps", 400, "acknowledged"),
        ("/cities/sample/alerts?state=shut", 400, "state"),
        ("/cities/sample/alerts?period=%00", 400, "characters"),
        ("/cities/sample/alerts.atom?department=%00", 404, "no subscription"),
    ],
)
def test_a_wrong_question_is_a_problem_with_a_reason(
    client: TestClient, address: str, status: int, words: str
) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"]


@pytest.mark.parametrize("wrong", ["nodot", "a b.de", "<x>.de", "-a.de", "a.de,26", "a.de,2026-1"])
def test_the_authority_of_the_ids_is_a_domain(wrong: str) -> None:
    with pytest.raises(ValidationError, match="feed_authority"):
        ServiceSettings(database_url="postgresql://unused", feed_authority=wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        "example.org",
        "ftp://example.org",
        "https://example.org/?a=b",
        "https://me:pw@example.org/",
        "https://",
    ],
)
def test_the_public_address_is_one_of_the_web_without_query_and_password(wrong: str) -> None:
    with pytest.raises(ValidationError, match="public_url"):
        ServiceSettings(database_url="postgresql://unused", public_url=wrong)
