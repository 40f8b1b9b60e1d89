"""Alerts over HTTP: a list with pages, feeds that readers can follow, and no figure that is not published."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient
from pydantic import ValidationError
from sqlalchemy import Engine, text

from api.app import create_app
from api.settings import ServiceSettings
from db.engine import connect
from db.queries import alert_merge, alert_rules, alerts, subscriptions
from db.queries.alert_merge import FoundAlert

pytestmark = pytest.mark.db

ATOM = "{http://www.w3.org/2005/Atom}"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
HOSTILE = 'Süd <script>alert(1)</script> & "Nord" ]]>\x01'
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def merge(engine: Engine, rule: str, *areas: str, period: str = "2022") -> None:
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
    merge(engine, "one", "3", period="2021")
    merge(engine, "one", "1", "2", "3", "5")
    merge(engine, "two", "3", "4")
    return engine


@pytest.fixture
def client(city: Engine) -> Iterator[TestClient]:
    """Return a client of an application on that city."""
    with asking(city) as client:
        yield client


def asking(city: Engine, **settings: str) -> TestClient:
    address = city.url.render_as_string(hide_password=False)
    app = create_app(ServiceSettings(database_url=address, **settings))
    return TestClient(app, raise_server_exceptions=False)


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
def test_a_value_that_is_withheld_now_is_in_no_answer(client: TestClient, city: Engine, path: str) -> None:
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


def test_the_atom_feed_is_whole(client: TestClient) -> None:
    answer = client.get("/cities/sample/alerts.atom")
    assert answer.headers["content-type"] == "application/atom+xml"
    feed = ElementTree.fromstring(answer.content)
    assert feed.tag == f"{ATOM}feed"
    assert feed.get(XML_LANG) == "de"
    assert feed.find(f"{ATOM}author/{ATOM}name").text
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links["self"] == "http://testserver/cities/sample/alerts.atom"
    entries = feed.findall(f"{ATOM}entry")
    assert len(entries) == 7
    ids = [entry.find(f"{ATOM}id").text for entry in entries]
    assert len(set(ids)) == 7
    assert all(re.fullmatch(r"tag:testserver,2025:alert/sample/district/\S+", one) for one in ids)
    updated = [entry.find(f"{ATOM}updated").text for entry in entries]
    assert updated == sorted(updated, reverse=True)
    assert feed.find(f"{ATOM}updated").text == updated[0]
    for entry in entries:
        for name in ("title", "content"):
            assert entry.find(f"{ATOM}{name}").get("type") == "text"
            assert entry.find(f"{ATOM}{name}").text
        for name in ("updated", "published"):
            assert MOMENT.fullmatch(entry.find(f"{ATOM}{name}").text)
        view = parse_qs(urlsplit(entry.find(f"{ATOM}link").get("href")).query)
        assert view["city"] == ["sample"]
        assert view["indicator"] == ["residents"]


def test_the_json_feed_has_the_same_entries(client: TestClient) -> None:
    answer = client.get("/cities/sample/alerts.json")
    assert answer.headers["content-type"] == "application/feed+json"
    feed = answer.json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "http://testserver/cities/sample/alerts.json"
    assert feed["language"] == "de"
    atom = ElementTree.fromstring(client.get("/cities/sample/alerts.atom").content)
    assert [item["id"] for item in feed["items"]] == [
        one.text for one in atom.findall(f"{ATOM}entry/{ATOM}id")
    ]
    assert all(item["content_text"] and item["title"] for item in feed["items"])
    assert all(MOMENT.fullmatch(item["date_modified"]) for item in feed["items"])


def test_a_hostile_name_stays_text(client: TestClient) -> None:
    raw = client.get("/cities/sample/alerts.atom").text
    assert "<script" not in raw
    assert "<b>" not in raw
    titles = [one.text for one in ElementTree.fromstring(raw).findall(f"{ATOM}entry/{ATOM}title")]
    assert any(title.startswith(HOSTILE.replace("\x01", "\ufffd")) for title in titles)
    items = client.get("/cities/sample/alerts.json").json()["items"]
    assert any(item["title"].startswith(HOSTILE) for item in items)


def moments(answer) -> dict[str, str]:
    """Return when each entry of a feed was changed, as readers see it."""
    if answer.headers["content-type"] == "application/feed+json":
        return {item["id"]: item["date_modified"] for item in answer.json()["items"]}
    return {
        entry.find(f"{ATOM}id").text: entry.find(f"{ATOM}updated").text
        for entry in ElementTree.fromstring(answer.content).findall(f"{ATOM}entry")
    }


@pytest.mark.parametrize("public", ["https://example.org/karte", "https://example.org/karte/"])
def test_behind_a_proxy_all_links_have_the_address_that_readers_use(city: Engine, public: str) -> None:
    with asking(city, public_url=public) as client:
        feed = client.get("/cities/sample/alerts.json?lang=en").json()
        atom = client.get("/cities/sample/alerts.atom").text
        pages = client.get("/cities/sample/alerts?limit=1").json()["links"]
    assert feed["feed_url"] == "https://example.org/karte/cities/sample/alerts.json?lang=en"
    assert feed["home_page_url"] == "https://example.org/karte/?city=sample"
    assert all(item["url"].startswith("https://example.org/karte/?city=sample&") for item in feed["items"])
    assert feed["items"][0]["id"].startswith("tag:example.org,2025:alert/sample/")
    assert all(link["href"].startswith("https://example.org/karte/cities/sample/alerts?") for link in pages)
    assert "testserver" not in json.dumps(feed) + atom + json.dumps(pages)


@pytest.mark.parametrize(
    ("settings", "asked", "begins"),
    [
        ({"feed_authority": "stadt.example.org"}, "testserver", "tag:stadt.example.org,2025:"),
        ({"feed_authority": "stadt.example.org,2026-03"}, "testserver", "tag:stadt.example.org,2026-03:"),
        (
            {"feed_authority": "a.example.org", "public_url": "https://b.example.org/"},
            "testserver",
            "tag:a.example.org,2025:",
        ),
        ({}, "127.0.0.1:8000", "tag:127.0.0.1,2025:"),
        ({}, "Karte.Example.Org", "tag:karte.example.org,2025:"),
        ({}, "[::1]:8000", "tag:sozialraum.invalid,2025:"),
    ],
)
def test_who_names_the_entries_comes_from_the_settings_or_the_address_that_was_asked_for(
    city: Engine, settings: dict[str, str], asked: str, begins: str
) -> None:
    with asking(city, **settings) as client:
        feed = client.get("/cities/sample/alerts.json", headers={"Host": asked}).json()
    assert {item["id"][: len(begins)] for item in feed["items"]} == {begins}


def test_feeds_are_german_and_in_english_when_asked(client: TestClient) -> None:
    german, english = (client.get(f"/cities/sample/alerts.json{query}").json() for query in ("", "?lang=en"))
    assert german["title"].startswith("Frühwarnung Musterstadt")
    assert english["title"].startswith("Early warning ")
    assert "Regel" in german["items"][0]["title"]
    assert english["items"][0]["content_text"].endswith(" residents")
    assert [one["id"] for one in german["items"]] == [one["id"] for one in english["items"]]
    assert client.get("/cities/sample/alerts.json?lang=fr").status_code == 400


@pytest.mark.parametrize("name", ["alerts.atom", "alerts.json"])
def test_a_reader_that_has_the_feed_gets_304_until_something_changes(
    client: TestClient, city: Engine, name: str
) -> None:
    address = f"/cities/sample/{name}"
    tag = client.get(address).headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client.get(address, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    merge(city, "two", "3")
    changed = client.get(address, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


def test_a_withdrawn_alert_stays_in_the_feed_under_its_id_and_says_so(
    client: TestClient, city: Engine
) -> None:
    before = {item["id"] for item in client.get("/cities/sample/alerts.json").json()["items"]}
    merge(city, "two", "3")
    items = client.get("/cities/sample/alerts.json?lang=en").json()["items"]
    assert {item["id"] for item in items} == before
    first = items[0]  # what changed last comes first
    assert first["title"].startswith("Withdrawn: ")
    assert first["content_text"] == (
        "The alert does not hold any more: with the values of today the rule does not find it."
    )
    (one,) = client.get("/cities/sample/alerts?state=withdrawn").json()["alerts"]
    assert (one["withdrawal"], one["figures"]) == ("not_found", None)


@pytest.mark.parametrize("name", ["alerts.atom", "alerts.json"])
def test_an_entry_that_is_being_checked_has_a_later_moment_than_what_it_replaces(
    client: TestClient, city: Engine, name: str
) -> None:
    address = f"/cities/sample/{name}"
    with city.begin() as connection:
        past = "now() - interval '2 days'"
        connection.execute(text(f"UPDATE alert SET raised_at = {past}, changed_at = {past}"))
        connection.execute(
            text(
                "INSERT INTO load (city_id, source_id, checksum, code_version, loaded_by, counts, repairs) SELECT city_id,"
                " source_id, repeat('9', 64), '1', 'test', '{\"computed_values_removed\": 1}', '{}' FROM load LIMIT 1"
            )
        )
    doubted = moments(client.get(address))
    with city.begin() as connection:
        connection.execute(text("DELETE FROM load WHERE checksum = repeat('9', 64)"))
    told = moments(client.get(address))
    assert told.keys() == doubted.keys()
    assert all(doubted[one] > told[one] for one in told)
    assert client.get("/cities/sample/alerts?state=being_checked").json()["alerts"] == []


def test_a_department_sees_what_it_subscribed_to(client: TestClient, city: Engine) -> None:
    department = "Jugend & <Schule>"
    with city.begin() as connection:
        subscriptions.subscribe(
            connection, city_id="sample", department=department, rule_id="two", created_by="test"
        )
    asked = {"department": department}
    assert len(client.get("/cities/sample/alerts", params=asked).json()["alerts"]) == 2
    feed = ElementTree.fromstring(client.get("/cities/sample/alerts.atom", params=asked).content)
    assert len(feed.findall(f"{ATOM}entry")) == 2
    assert feed.find(f"{ATOM}title").text.endswith(f" für {department}")
    refused = client.get("/cities/sample/alerts.atom", params={"department": "Sport"})
    assert refused.status_code == 404
    assert department not in refused.text  # who else subscribed is nobody's business


def test_a_city_without_alerts_has_an_empty_feed_that_is_valid(client: TestClient, city: Engine) -> None:
    with city.begin() as connection:
        connection.execute(text("DELETE FROM alert"))
    feed = ElementTree.fromstring(client.get("/cities/sample/alerts.atom").content)
    assert MOMENT.fullmatch(feed.find(f"{ATOM}updated").text)
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
