"""Cities, indicators, layers and segregation over HTTP."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

pytestmark = pytest.mark.db


def test_a_city_says_where_it_is_and_that_it_is_synthetic(client: TestClient) -> None:
    (city,) = client.get("/cities").json()["cities"]
    assert city["id"] == "sample"
    assert city["is_synthetic"] is True
    assert "synthetisch" in city["title"]["de"].lower()
    west, south, east, north = city["bbox"]
    assert west < east
    assert south < north
    assert [level["is_finest"] for level in city["geographies"]] == [False] * 4 + [True]
    assert city["default"] == {
        "indicator": "status_index",
        "geography": "statistical_district",
        "period": "2022",
    }
    assert city["source"]["licence"]


def test_indicators_say_where_they_have_values(client: TestClient) -> None:
    body = client.get("/cities/sample/indicators").json()
    by_id = {item["id"]: item for item in body["indicators"]}
    assert by_id["residents"]["group"] == "count"
    assert by_id["status_index"]["group"] == "index"
    assert by_id["unemployed_share"]["group"] == "share"
    assert by_id["residents"]["availability"]["block"] == ["2020", "2021", "2022"]
    assert all(item["availability"] for item in body["indicators"])
    assert all(item["title"]["de"] and item["title"]["en"] for item in body["indicators"])


def test_an_indicator_says_how_it_is_computed_and_whom_it_is_about(client: TestClient) -> None:
    body = client.get("/cities/sample/indicators").json()
    by_id = {item["id"]: item for item in body["indicators"]}
    share = by_id["unemployed_share"]
    assert (share["form"], share["factor"], share["minimum_denominator"], share["missing"]) == (
        "share",
        100,
        20,
        1,
    )
    assert share["universe"]["de"].startswith("Personen nach Wohnort")
    ratio = by_id["ratio_old"]  # from the catalogue: the city delivers no such thing
    assert (ratio["form"], ratio["numerator"], ratio["denominator"]) == (
        "quotient", "residents_65p", "residents_15_65",
    )  # fmt: skip
    assert "land_area" not in by_id
    assert by_id["status_index"]["sheet"] is None


def test_the_sheet_of_an_indicator_is_a_page_in_both_languages(client: TestClient) -> None:
    body = client.get("/cities/sample/indicators").json()
    address = next(item["sheet"] for item in body["indicators"] if item["id"] == "unemployed_share")
    german, english = client.get(f"/{address}"), client.get(f"/{address}?language=en")
    assert german.headers["content-type"].startswith("text/html")
    assert "script-src" not in german.headers["content-security-policy"]
    assert "Wilson-Intervall" in german.text
    assert "Wilson interval" in english.text
    assert client.get("/indicators/happiness/sheet").status_code == 404
    assert client.get(f"/{address}?language=fr").status_code == 400


def test_a_layer_says_how_sure_its_values_are_and_nothing_of_what_is_not_there(client: TestClient) -> None:
    body = client.get("/cities/sample/layers/unemployed_share?geography=block&period=2022").json()
    said = body["intervals"]
    seen = set()
    for value, low, high, comparison in zip(
        body["values"], said["ci_low"], said["ci_high"], said["comparison"], strict=True
    ):
        if value is None:
            assert (low, high, comparison) == (None, None, None)
        else:
            assert low <= value <= high
            seen.add(comparison)
    assert {"suppressed", "missing"} <= set(body["statuses"])
    assert seen == {"above", "below", "not_distinguishable"}
    assert body["indicator"]["minimum_denominator"] == 20
    assert body["indicator"]["sheet"] == "indicators/unemp_share/sheet"


@pytest.mark.parametrize("indicator", ["residents", "pop_density", "status_index"])
def test_what_has_no_model_of_chance_has_no_intervals(client: TestClient, indicator: str) -> None:
    body = client.get(f"/cities/sample/layers/{indicator}?geography=block&period=2022").json()
    assert body["intervals"] is None


def test_a_layer_has_one_entry_per_area_and_classes_that_hold_its_values(client: TestClient) -> None:
    body = client.get(
        "/cities/sample/layers/unemployed_share?geography=statistical_district&period=2022"
    ).json()
    areas = client.get("/collections/sample.statistical_district/items?limit=10000").json()
    assert body["area_ids"] == [feature["id"] for feature in areas["features"]]
    assert len(body["values"]) == len(body["statuses"]) == len(body["class_index"]) == len(body["area_ids"])
    for value, index in zip(body["values"], body["class_index"], strict=True):
        if index >= 0:
            limits = body["classes"][index]
            assert limits["low"] <= value <= limits["high"]
    assert body["source"]["synthetic"] is True


def test_classes_are_the_same_in_all_periods(client: TestClient) -> None:
    def limits(period: str) -> list[tuple[float, float]]:
        body = client.get(f"/cities/sample/layers/status_index?geography=block&period={period}").json()
        return [(one["low"], one["high"]) for one in body["classes"]]

    assert limits("2020") == limits("2022")


def test_segregation_is_a_series_per_group_and_level(client: TestClient) -> None:
    series = client.get("/cities/sample/segregation").json()["series"]
    assert {one["geography"] for one in series} == {
        "district",
        "sub_district",
        "statistical_district",
        "block",
    }
    for one in series:
        assert [point["period"] for point in one["points"]] == ["2020", "2021", "2022"]
        assert all(0 < point["value"] < 1 for point in one["points"])


def test_segregation_says_how_sure_it_is_and_how_many_areas_are_left_out(client: TestClient) -> None:
    body = client.get("/cities/sample/segregation").json()
    levels = {
        level["id"]: level["areas"] for level in client.get("/cities").json()["cities"][0]["geographies"]
    }
    for one in body["series"]:
        for point in one["points"]:
            assert point["ci_low"] < point["ci_high"]
            assert 0 < point["p_value"] <= 1
            assert point["expected"] is not None
            assert point["areas"] + point["areas_left_out"] == levels[one["geography"]]


def test_the_measures_of_the_series_are_explained(client: TestClient) -> None:
    body = client.get("/cities/sample/segregation").json()
    assert {one["id"] for one in body["measures"]} == {one["measure"] for one in body["series"]}
    (first,) = [one for one in body["measures"] if one["id"] == "dissimilarity"]
    assert first["title"]["de"].startswith("Dissimilarität")
    assert (first["dimension"], first["low"], first["high"]) == ("evenness", 0.0, 1.0)
    assert "doi" in first["citation"]


def test_several_groups_at_once_have_the_titles_of_all(client: TestClient) -> None:
    series = client.get("/cities/sample/segregation").json()["series"]
    titles = {one["group"]["id"]: one["group"]["title"]["de"] for one in series}
    assert titles["age"].endswith(f" · {titles['residents_65p']}")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/cities/atlantis/indicators", "loaded cities: sample"),
        ("/cities/atlantis/segregation", "loaded cities: sample"),
        ("/cities/atlantis/layers/residents?geography=block&period=2022", "loaded cities: sample"),
        ("/cities/sample/layers/happiness?geography=block&period=2022", "has no indicator 'happiness'"),
        ("/cities/sample/layers/residents?geography=street&period=2022", "levels: city, district"),
        ("/cities/sample/layers/residents?geography=block&period=1999", "periods: 2020, 2021, 2022"),
    ],
)
def test_what_is_not_there_is_a_404_that_says_what_is(client: TestClient, address: str, words: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert words in answer.json()["detail"]
