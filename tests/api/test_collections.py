"""Layers as GeoJSON: WGS 84, codes as text, pages that join without gaps, honest links and problems."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from shapely.geometry import shape

pytestmark = pytest.mark.db


def test_every_level_and_the_proposal_are_collections(client: TestClient) -> None:
    body = client.get("/collections").json()
    ids = [collection["id"] for collection in body["collections"]]
    levels = ("city", "district", "sub_district", "statistical_district", "block")
    kinds = ("areas", "bands", "cases", "changes", "classes", "links", "zones")
    assert ids == [*(f"sample.{level}" for level in levels), *(f"sample.priority-{kind}" for kind in kinds)]
    assert all(collection["is_synthetic"] for collection in body["collections"])
    assert all("synthet" in collection["attribution"].lower() for collection in body["collections"])
    for collection in body["collections"]:
        assert client.get(f"/collections/{collection['id']}").json() == collection


def test_items_are_geojson_in_degrees_with_codes_as_text(client: TestClient) -> None:
    answer = client.get("/collections/sample.district/items")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/geo+json"
    body = answer.json()
    assert body["type"] == "FeatureCollection"
    assert body["numberReturned"] == body["numberMatched"] == len(body["features"]) == 10
    assert [feature["id"] for feature in body["features"]] == [str(number) for number in range(10)]
    for feature in body["features"]:
        geometry = shape(feature["geometry"])
        west, south, east, north = geometry.bounds
        assert geometry.is_valid
        assert -180 <= west < east <= 180
        assert 45 < south < north < 60
        assert feature["properties"]["area_id"] == feature["id"]
    assert "crs" not in body


def test_rings_follow_the_right_hand_rule(client: TestClient) -> None:
    features = client.get("/collections/sample.district/items").json()["features"]
    for feature in features:
        for polygon in shape(feature["geometry"]).geoms:
            assert polygon.exterior.is_ccw
            assert all(not hole.is_ccw for hole in polygon.interiors)


def test_pages_join_without_gap_or_double(client: TestClient) -> None:
    whole = client.get("/collections/sample.statistical_district/items?limit=10000").json()
    address, seen = "/collections/sample.statistical_district/items?limit=7", []
    while address:
        body = client.get(address).json()
        seen += [feature["id"] for feature in body["features"]]
        following = [link["href"] for link in body["links"] if link["rel"] == "next"]
        address = following[0] if following else ""
    assert seen == [feature["id"] for feature in whole["features"]]
    assert len(seen) == whole["numberMatched"]


def test_values_come_with_their_status_and_a_withheld_one_has_none(client: TestClient) -> None:
    body = client.get(
        "/collections/sample.block/items?limit=10000&indicator=sgb2_recipients&period=2022"
    ).json()
    properties = [feature["properties"] for feature in body["features"]]
    withheld = [one for one in properties if one["status"] in {"suppressed", "missing"}]
    assert withheld
    assert all(one["value"] is None for one in withheld)
    assert all(one["value"] == 0 for one in properties if one["status"] == "zero")
    assert all(one["value"] >= 3 for one in properties if one["status"] == "measured")


def test_a_share_comes_with_the_interval_and_the_comparison_of_the_map(client: TestClient) -> None:
    query = "indicator=unemployed_share&period=2022"
    body = client.get(f"/collections/sample.statistical_district/items?limit=10000&{query}").json()
    layer = client.get(
        "/cities/sample/layers/unemployed_share?geography=statistical_district&period=2022"
    ).json()
    intervals = layer["intervals"]
    shown = dict(
        zip(
            layer["area_ids"],
            zip(intervals["ci_low"], intervals["ci_high"], intervals["comparison"], strict=True),
            strict=True,
        )
    )
    compared = 0
    for one in (feature["properties"] for feature in body["features"]):
        low, high, comparison = shown[one["area_id"]]
        assert one["comparison"] == comparison
        if one["value"] is None:
            assert (one["ci_low"], one["ci_high"], comparison) == (None, None, None)
            continue
        compared += 1
        assert one["ci_low"] == pytest.approx(low, abs=0.0501)  # the map writes one decimal
        assert one["ci_high"] == pytest.approx(high, abs=0.0501)
    assert compared > 20


def test_the_proposal_says_how_it_was_made(client: TestClient) -> None:
    body = client.get("/collections/sample.priority-areas/items").json()
    assert body["features"]
    for feature in body["features"]:
        known = feature["properties"]
        assert {
            "threshold",
            "border_price",
            "period",
            "geography",
            "objective",
            "inputs_hash",
            "code_version",
        } <= known.keys()
        assert known["mean_need"] > 0
        assert known["residents"] > 0
    zones = client.get("/collections/sample.priority-zones/items").json()
    assert {zone["id"] for zone in zones["features"]} == {area["id"] for area in body["features"]}
    cores = {feature["id"]: shape(feature["geometry"]) for feature in body["features"]}
    for zone in zones["features"]:
        assert shape(zone["geometry"]).intersection(cores[zone["id"]]).area < 1e-9


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/collections/nowhere", 404, "unknown collection 'nowhere'"),
        ("/collections/nowhere/items", 404, "see /collections"),
        ("/collections/sample.block/items?limit=0", 400, "limit"),
        ("/collections/sample.block/items?limit=10001", 400, "limit"),
        ("/collections/sample.block/items?limit=many", 400, "limit"),
        ("/collections/sample.block/items?indicator=residents", 404, "given together"),
        (
            "/collections/sample.block/items?indicator=residents&period=1800",
            404,
            "no values of 'residents' for '1800'",
        ),
        ("/collections/sample.block/items?indicator=%27;DROP&period=2022", 404, "no values"),
        ("/collections/sample.block/items?after=%00", 400, "characters"),
        ("/collections/sample.block/items?indicator=%00&period=2022", 400, "characters"),
    ],
)
def test_a_wrong_question_is_a_problem_with_a_reason(
    client: TestClient, address: str, status: int, words: str
) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["instance"] == address.split("?", maxsplit=1)[0]
    assert words in body["detail"]
