"""Why an area has its index, over HTTP: numbers that add up, sentences that say the same, and a table with pages."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.app import create_app
from api.settings import ServiceSettings

pytestmark = pytest.mark.db

ONE = "/cities/sample/indices/status_index/explanation"
ALL = "/cities/sample/indices/status_index/explanations"


def table(client: TestClient, **query: object) -> dict:
    answer = client.get(ALL, params={"geography": "statistical_district", "limit": 1000, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_contributions_add_up_to_the_index_of_the_map(client: TestClient) -> None:
    layer = client.get("/cities/sample/layers/status_index?geography=statistical_district&period=2022").json()
    shown = dict(zip(layer["area_ids"], layer["values"], strict=True))
    for one in table(client)["explanations"]:
        # The map writes two decimals.
        assert one["value"] == (
            pytest.approx(shown[one["area"]["id"]], abs=0.00501) if one["value"] else None
        )
        if one["value"] is None:
            continue
        body = client.get(ONE, params={"area": one["area"]["id"], "geography": "statistical_district"}).json()
        parts = sum(part["contribution"] for part in body["contributions"])
        assert parts + body["average_area"] + body["filled_in"] == pytest.approx(one["value"], abs=1e-7)
        assert [abs(part["contribution"]) for part in body["contributions"]] == sorted(
            (abs(part["contribution"]) for part in body["contributions"]), reverse=True
        )


def test_the_sentences_say_what_the_numbers_say(client: TestClient) -> None:
    first = table(client)["explanations"][0]
    body = client.get(ONE, params={"area": first["area"]["id"]}).json()
    position = body["sentences"][0]
    assert position["about"] == "position"
    assert f"Rang 1 von {body['areas']}" in position["sentence"]["de"]
    assert f"rank 1 of {body['areas']}" in position["sentence"]["en"]
    assert body["area"]["name"] in position["sentence"]["de"]
    assert f"{body['value']:.2f}" in position["sentence"]["en"]
    assert f"{body['value']:.2f}".replace(".", ",") in position["sentence"]["de"]
    assert body["area_class"]["label"]["de"] in position["sentence"]["de"]
    parts = next(one for one in body["sentences"] if one["about"] == "parts")
    assert all(one["indicator"]["title"]["de"] in parts["sentence"]["de"] for one in body["contributions"])
    certainty = " ".join(one["sentence"]["de"] for one in body["sentences"] if one["about"] == "certainty")
    assert f"in {100 * body['class_kept']:.0f} % von" in certainty


def test_class_limits_and_flips_lead_to_other_classes(client: TestClient) -> None:
    found = {"less_need": 0, "more_need": 0}
    for one in table(client)["explanations"][:8]:
        body = client.get(ONE, params={"area": one["area"]["id"], "geography": "statistical_district"}).json()
        own = body["area_class"]["number"]
        for limit in body["limits"]:
            step = 1 if limit["towards"] == "more_need" else -1
            assert limit["beyond"]["number"] == own + step
            assert limit["limit"] == pytest.approx(body["value"] + limit["distance"])
            assert limit["distance"] * step >= 0
        for part in body["contributions"]:
            assert part["indicator"]["unit"] == "%"
            for flip in part["flips"]:
                if flip["new_value"] is None:
                    assert flip["reason"]["de"]
                    continue
                found[flip["towards"]] += 1
                assert flip["new_class"]["number"] != own
                assert flip["new_value"] == pytest.approx(part["value"] + flip["change"])
    assert min(found.values()) > 0


def test_certainty_is_a_share_of_runs_and_ranks_hold_together(client: TestClient) -> None:
    body = table(client)
    ranked = [one for one in body["explanations"] if one["rank"] is not None]
    assert body["runs"] >= 400
    assert len(ranked) == body["areas"]
    for one in ranked:
        assert 0 <= one["class_kept"] <= 1
        assert 1 <= one["rank_low"] <= one["rank"] <= one["rank_high"] <= body["areas"]
    assert any(one["class_kept"] < 0.95 for one in ranked)


def test_the_table_is_ordered_by_rank_and_its_pages_join(client: TestClient) -> None:
    whole = [one["area"]["id"] for one in table(client)["explanations"]]
    ranks = [one["rank"] for one in table(client)["explanations"]]
    known = [rank for rank in ranks if rank is not None]
    assert known == sorted(known)
    assert ranks[len(known) :] == [None] * (len(ranks) - len(known))
    seen, after = [], ""
    while True:
        page = table(client, limit=7, after=after)
        seen += [one["area"]["id"] for one in page["explanations"]]
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        if not following:
            break
        (after,) = parse_qs(urlsplit(following[0]).query)["after"]
    assert seen == whole


def test_an_area_without_an_index_has_a_reason_and_no_number(client: TestClient) -> None:
    blocks = table(client, geography="block", limit=1000)["explanations"]
    withheld = [one for one in blocks if one["status"] == "suppressed"]
    assert withheld
    body = client.get(ONE, params={"area": withheld[0]["area"]["id"], "geography": "block"}).json()
    assert "zurückgehalten" in body["reason"]["de"]
    assert "withheld" in body["reason"]["en"]
    numbers = (
        "value", "rank", "rank_low", "rank_high", "area_class", "class_kept", "runs", "average_area", "filled_in",
    )  # fmt: skip
    assert {name: body[name] for name in numbers} == dict.fromkeys(numbers)
    assert (body["contributions"], body["limits"]) == ([], [])
    (only,) = body["sentences"]
    assert only["about"] == "reason"


def test_without_level_and_period_it_is_the_finest_level_with_the_area_and_the_newest_year(
    client: TestClient,
) -> None:
    body = client.get(ONE, params={"area": "3"}).json()
    assert (body["geography"], body["period"]) == ("district", "2022")
    assert client.get(ALL).json()["geography"] == "statistical_district"  # as the map begins


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/cities/nowhere/indices/status_index/explanation?area=1", 404, "unknown city"),
        ("/cities/sample/indices/residents/explanation?area=3", 404, "explained: status_index"),
        (f"{ONE}?area=1&gegraphy=district", 400, "gegraphy: there is no such key; did you mean 'geography'?"),
        (f"{ONE}?area=none", 404, "no explanation of 'status_index' for area 'none'"),
        (f"{ONE}?area=3&geography=block", 404, "on block"),
        (f"{ONE}?area=3&geography=nothing", 404, "levels: district"),
        (f"{ONE}?area=3&geography=district&period=1990", 404, "periods: 2020, 2021, 2022"),
        (ONE, 400, "area"),
        (f"{ALL}?limit=0", 400, "limit"),
        (f"{ALL}?after=none", 404, "begin anew"),
    ],
)
def test_a_wrong_question_is_told_what_there_is(
    client: TestClient, path: str, status: int, words: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"]


def test_an_explanation_goes_with_the_index_it_explains(small_city) -> None:
    settings = ServiceSettings(database_url=small_city.url.render_as_string(hide_password=False))
    with TestClient(create_app(settings)) as client:
        assert client.get(ONE, params={"area": "3"}).status_code == 200
        with small_city.begin() as connection:
            connection.execute(text("DELETE FROM value WHERE indicator_id = 'status_index'"))
        assert client.get(ONE, params={"area": "3"}).status_code == 404


def test_transitions_hold_every_area_once_and_agree_with_the_explanations(client: TestClient) -> None:
    path = "/cities/sample/indices/status_index/transitions"
    query = {"earlier": "2020", "later": "2022", "geography": "statistical_district"}
    body = client.get(path, params=query).json()
    classes = {
        period: {
            one["area"]["id"]: str(one["area_class"] or one["status"])
            for one in table(client, period=period)["explanations"]
        }
        for period in ("2020", "2022")
    }
    seen = [area["id"] for cell in body["cells"] for area in cell["areas"]]
    assert sorted(seen) == sorted(classes["2020"])
    for cell in body["cells"]:
        for area in cell["areas"]:
            assert classes["2020"][area["id"]] == cell["earlier"]
            assert classes["2022"][area["id"]] == cell["later"]
        if cell["earlier"].isdigit() and cell["later"].isdigit():
            step = int(cell["later"]) - int(cell["earlier"])
            assert cell["direction"] == ("same" if step == 0 else "more_need" if step > 0 else "less_need")
        else:
            assert cell["direction"] is None
    moved = sum(len(one["areas"]) for one in body["cells"] if one["direction"] in {"more_need", "less_need"})
    assert f"haben {moved} Gebiete die Klasse gewechselt" in body["sentence"]["de"]
    assert f"{moved} areas changed class" in body["sentence"]["en"]
    assert [one["id"] for one in body["states"]] == ["1", "2", "3", "4", "suppressed", "missing", "absent"]


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [("earlier=1990&later=2022", 404, "periods: 2020, 2021, 2022"), ("earlier=2020", 400, "later")],
)
def test_transitions_between_unknown_periods_are_refused(
    client: TestClient, query: str, status: int, words: str
) -> None:
    answer = client.get(f"/cities/sample/indices/status_index/transitions?{query}")
    assert answer.status_code == status
    assert words in answer.json()["detail"]
