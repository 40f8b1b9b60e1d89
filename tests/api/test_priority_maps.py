"""Scenarios side by side, and maps of priority areas: drafts stay in the house, agreed ones tell their whole way."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from db.queries import priority_maps, proposals

pytestmark = pytest.mark.db

MAPS = "/cities/sample/priority-maps"
SCENARIOS = "/cities/sample/scenarios"


def get(client: TestClient, path: str) -> dict:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def inside(engine: Engine, scenario: str) -> tuple[Mapping[str, object], pd.Series, pd.Series]:
    """Return the run of a scenario, who is in one of its regions, and the residents."""
    with engine.connect() as connection:
        run = proposals.find_run(connection, "sample", scenario=scenario)
        table = proposals.read_areas(connection, run["id"])
    return run, table["region_id"].notna(), table["residents"]


def test_scenarios_are_listed_with_their_parameters_and_newest_figures(
    planned: TestClient, planned_engine: Engine
) -> None:
    rows = get(planned, SCENARIOS)["scenarios"]
    assert [row["name"] for row in rows] == ["as-it-is", "calm", "few", "not-yet", "two-of-three"]
    for row in rows[:3]:
        run, chosen, residents = inside(planned_engine, row["name"])
        assert row["run"] == run["id"]
        assert row["summary"] == {name: run["summary"][name] for name in row["summary"]}
        assert row["summary"]["residents"] == residents[chosen].sum()
        assert row["note"] == f"Notiz {row['name']}"
        assert row["parameters"].items() <= run["parameters"].items()
    assert (rows[3]["run"], rows[3]["summary"], rows[3]["changed_at"]) == (None, None, None)
    assert rows[3]["parameters"]["border_price"] == 0.5


def test_scenarios_stand_side_by_side_and_the_first_is_what_they_are_compared_with(
    planned: TestClient, planned_engine: Engine
) -> None:
    names = ["few", "as-it-is", "calm"]
    body = get(planned, f"{SCENARIOS}/comparison?name=" + "&name=".join(names))
    assert [row["name"] for row in body["scenarios"]] == names
    _, first, _ = inside(planned_engine, "few")
    for row in body["scenarios"]:
        run, chosen, residents = inside(planned_engine, row["name"])
        assert (row["run"], row["refused"], row["period"]) == (run["id"], None, "2022")
        for figure in ("regions", "areas", "residents", "objective", "relative_gap", "single_cases"):
            assert row[figure] == run["summary"][figure]
        assert row["share_of_residents"] == pytest.approx(residents[chosen].sum() / residents.sum())
        either, common = residents[chosen | first].sum(), residents[chosen & first].sum()
        assert row["common_residents"] == common
        assert row["jaccard"] == pytest.approx(common / either)
    assert body["scenarios"][0]["jaccard"] == 1.0
    assert body["scenarios"][1]["jaccard"] < 1.0


def test_a_scenario_without_a_proposal_says_so(planned: TestClient) -> None:
    done, empty = get(planned, f"{SCENARIOS}/comparison?name=calm&name=not-yet")["scenarios"]
    assert done["refused"] is None
    assert "noch kein Vorschlag" in empty["refused"]["de"]
    assert "No proposal" in empty["refused"]["en"]
    figures = ("run", "regions", "areas", "residents", "share_of_residents", "jaccard", "objective")
    assert {empty[name] for name in figures} == {None}


def test_drafts_and_withdrawn_maps_are_not_served(planned: TestClient, planned_engine: Engine) -> None:
    body = get(planned, MAPS)
    assert [(row["id"], row["status"]) for row in body["maps"]] == [
        (3, "proposed"), (2, "agreed"), (1, "superseded"),
    ]  # fmt: skip
    assert [row["decision"] for row in body["maps"]] == [
        None,
        {"number": "VII-2", "date": "2024-05-02"},
        {"number": "VII-1", "date": "2024-05-01"},
    ]
    with planned_engine.connect() as connection:
        stored = {row["id"]: row for row in priority_maps.listed(connection, "sample")}
    for row in body["maps"]:
        known = stored[row["id"]]
        same = ("title", "edition", "regions", "areas", "residents", "geometry_sha256")
        assert {name: row[name] for name in same} == {name: known[name] for name in same}
        assert (row["geography"], row["residents"]) == ("block", 1234.0)
    for number in (4, 5):
        answer = planned.get(f"{MAPS}/{number}")
        assert answer.status_code == 404
        assert f"there is no map of priority areas {number}" in answer.json()["detail"]
        assert f"Karte {number}" not in answer.text


def test_a_draft_that_is_proposed_and_taken_back_is_gone_again(
    ask_own: TestClient, own_plans: Engine
) -> None:
    for status, seen in (("proposed", 200), ("draft", 404)):
        with own_plans.begin() as connection:
            priority_maps.move(connection, 4, status, by="Stadtplanung")
        assert ask_own.get(f"{MAPS}/4").status_code == seen


def test_a_map_tells_its_passport_its_way_and_its_regions(
    planned: TestClient, planned_engine: Engine
) -> None:
    row = next(one for one in get(planned, MAPS)["maps"] if one["id"] == 1)
    body = get(planned, f"{MAPS}/1")
    assert body.items() >= row.items()
    with planned_engine.connect() as connection:
        run = connection.execute(
            text("SELECT parameters FROM run WHERE id = :run"), {"run": body["passport"]["run"]}
        ).scalar_one()
    assert body["passport"]["parameters"] == run
    assert [one["status"] for one in body["events"]] == ["draft", "proposed", "agreed", "superseded"]
    assert [one["done_at"] for one in body["events"]] == sorted(one["done_at"] for one in body["events"])
    (only,) = body["priority_areas"]
    assert (only["kind"], only["areas"], only["residents"], only["mean_need"]) == (
        "blue", body["areas"], 1234.0, 1.5,
    )  # fmt: skip
    for link in body["links"]:
        get(planned, link["href"].removeprefix("http://testserver"))


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/cities/nowhere/scenarios", 404, "unknown city 'nowhere'; loaded cities: sample"),
        ("/cities/nowhere/scenarios/comparison?name=a&name=b", 404, "loaded cities: sample"),
        ("/cities/nowhere/priority-maps", 404, "loaded cities: sample"),
        ("/cities/nowhere/priority-maps/1", 404, "loaded cities: sample"),
        (
            f"{SCENARIOS}/comparison?name=calm&name=none",
            404,
            "scenarios: as-it-is, calm, few, not-yet, two-of-three",
        ),
        (f"{SCENARIOS}/comparison?name=calm&name=%00", 400, "characters"),
        (f"{SCENARIOS}/comparison?name=calm", 400, "name"),
        (f"{SCENARIOS}/comparison" + "?name=calm" + 6 * "&name=few", 400, "name"),
        (f"{SCENARIOS}/comparison?name=calm&name={65 * 'a'}", 400, "name"),
        (f"{SCENARIOS}/comparison", 400, "name"),
        (f"{SCENARIOS}?nam=calm", 400, "nam: there is no such key"),
        (f"{MAPS}/6", 404, "no map of priority areas 6; 'sozialraum boundary list sample' lists them"),
        (f"{MAPS}/0", 400, "number"),
        (f"{MAPS}/3000000000", 400, "number"),
        (f"{MAPS}/newest", 400, "number"),
    ],
)
def test_a_wrong_question_is_told_what_there_is(
    planned: TestClient, path: str, status: int, words: str
) -> None:
    answer = planned.get(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"]


def test_a_city_without_plans_has_empty_lists(client: TestClient) -> None:
    assert get(client, MAPS) == {"city": "sample", "maps": []}
    assert get(client, SCENARIOS) == {"city": "sample", "scenarios": []}


def test_no_answer_names_who_did_what(planned: TestClient) -> None:
    for address in (
        MAPS,
        f"{MAPS}/1",
        SCENARIOS,
        f"{SCENARIOS}/comparison?name=calm",
        "/cities/sample/proposal",
    ):
        told = planned.get(address).text
        assert "Stadtplanung" not in told, address
        assert "_by" not in told, address
