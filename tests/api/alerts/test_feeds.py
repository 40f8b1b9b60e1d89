"""Alerts as feeds: whole, stable, with the addresses that readers use."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

pytestmark = pytest.mark.db


XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def test_the_atom_feed_is_whole(atom_namespace, moment, client: TestClient) -> None:
    answer = client.get("/cities/sample/alerts.atom")
    assert answer.headers["content-type"] == "application/atom+xml"
    feed = ElementTree.fromstring(answer.content)
    assert feed.tag == f"{atom_namespace}feed"
    assert feed.get(XML_LANG) == "de"
    assert feed.find(f"{atom_namespace}author/{atom_namespace}name").text
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{atom_namespace}link")}
    assert links["self"] == "http://testserver/cities/sample/alerts.atom"
    entries = feed.findall(f"{atom_namespace}entry")
    assert len(entries) == 7
    ids = [entry.find(f"{atom_namespace}id").text for entry in entries]
    assert len(set(ids)) == 7
    assert all(re.fullmatch(r"tag:testserver,2025:alert/sample/district/\S+", one) for one in ids)
    updated = [entry.find(f"{atom_namespace}updated").text for entry in entries]
    assert updated == sorted(updated, reverse=True)
    assert feed.find(f"{atom_namespace}updated").text == updated[0]
    for entry in entries:
        for name in ("title", "content"):
            assert entry.find(f"{atom_namespace}{name}").get("type") == "text"
            assert entry.find(f"{atom_namespace}{name}").text
        for name in ("updated", "published"):
            assert moment.fullmatch(entry.find(f"{atom_namespace}{name}").text)
        view = parse_qs(urlsplit(entry.find(f"{atom_namespace}link").get("href")).query)
        assert view["city"] == ["sample"]
        assert view["indicator"] == ["residents"]


def test_the_json_feed_has_the_same_entries(atom_namespace, moment, client: TestClient) -> None:
    answer = client.get("/cities/sample/alerts.json")
    assert answer.headers["content-type"] == "application/feed+json"
    feed = answer.json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "http://testserver/cities/sample/alerts.json"
    assert feed["language"] == "de"
    atom = ElementTree.fromstring(client.get("/cities/sample/alerts.atom").content)
    assert [item["id"] for item in feed["items"]] == [
        one.text for one in atom.findall(f"{atom_namespace}entry/{atom_namespace}id")
    ]
    assert all(item["content_text"] and item["title"] for item in feed["items"])
    assert all(moment.fullmatch(item["date_modified"]) for item in feed["items"])


def test_a_hostile_name_stays_text(atom_namespace, hostile, client: TestClient) -> None:
    raw = client.get("/cities/sample/alerts.atom").text
    assert "<script" not in raw
    assert "<b>" not in raw
    titles = [
        one.text
        for one in ElementTree.fromstring(raw).findall(f"{atom_namespace}entry/{atom_namespace}title")
    ]
    assert any(title.startswith(hostile.replace("\x01", "\ufffd")) for title in titles)
    items = client.get("/cities/sample/alerts.json").json()["items"]
    assert any(item["title"].startswith(hostile) for item in items)


@pytest.mark.parametrize("public", ["https://example.org/karte", "https://example.org/karte/"])
def test_behind_a_proxy_all_links_have_the_address_that_readers_use(
    asking, city: Engine, public: str
) -> None:
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
    asking, city: Engine, settings: dict[str, str], asked: str, begins: str
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
    merge, client: TestClient, city: Engine, name: str
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
    merge, client: TestClient, city: Engine
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
    moments, client: TestClient, city: Engine, name: str
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
