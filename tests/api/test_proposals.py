"""Proposals of priority areas over HTTP: everything as it was stored, and reasons that agree with the figures."""

from __future__ import annotations

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from db.queries import proposals

pytestmark = pytest.mark.db

ONE = "/cities/sample/proposal"
ABOUT = {
    "answer", "need", "contributions", "border", "inertia", "together", "limits", "turning", "forcing",
}  # fmt: skip


def get(client: TestClient, path: str, **query: object) -> dict:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def stored(engine: Engine, scenario: str | None = None) -> tuple[dict, pd.DataFrame]:
    with engine.connect() as connection:
        run = proposals.find_run(connection, "sample", scenario=scenario)
        return run, proposals.read_areas(connection, run["id"])


def test_a_proposal_says_how_it_was_made_and_what_came_of_it(
    planned: TestClient, planned_engine: Engine
) -> None:
    run, table = stored(planned_engine)
    body = get(planned, ONE)
    assert body["run"] | {"finished_at": None} == {
        "id": run["id"], "kind": "proposal", "finished_at": None,
        "inputs_hash": run["inputs_hash"], "code_version": "test",
    }  # fmt: skip
    assert (body["period"], body["geography"], body["edition"]) == ("2022", "block", "2020")
    assert body["parameters"] == run["parameters"]
    summary = body["summary"]
    assert summary == {name: run["summary"][name] for name in summary}
    assert summary["objective"] >= summary["lower_bound"]
    assert summary["map_in_force"] == 2
    inside = table[table["region_id"].notna()]
    assert sorted((one["id"], one["areas"], one["residents"]) for one in body["regions"]) == sorted(
        (region, len(rows), rows["residents"].sum()) for region, rows in inside.groupby("region_id")
    )
    sizes = [one["residents"] for one in body["regions"]]
    assert sizes == sorted(sizes, reverse=True)
    assert body["decisions"] == {"locked": [], "inside": [], "outside": []}


def test_the_links_of_a_proposal_lead_to_the_same_run_and_its_collections(planned: TestClient) -> None:
    body = get(planned, ONE)
    for link in body["links"]:
        answer = get(planned, link["href"].removeprefix("http://testserver"))
        if link["rel"] in {"canonical", "areas", "single-cases"}:
            assert f"run={body['run']['id']}" in link["href"]
            assert body["run"]["id"] in (answer["run"], body["run"]["id"])
    titles = {one["href"].rpartition(".")[2] for one in body["links"] if one["rel"] == "collection"}
    assert titles == {
        "priority-areas", "priority-bands", "priority-cases", "priority-changes", "priority-classes",
        "priority-links", "priority-zones",
    }  # fmt: skip
    older = get(planned, ONE, scenario="calm")
    assert [one for one in older["links"] if one["rel"] == "collection"] == []


def test_the_runs_of_scenarios_and_by_number_are_told_with_their_decisions(
    planned: TestClient, planned_engine: Engine
) -> None:
    run, table = stored(planned_engine, "calm")
    body = get(planned, ONE, scenario="calm")
    assert body == get(planned, ONE, run=run["id"]) | {"links": body["links"]}
    assert body["run"]["kind"] == "scenario"
    ((locked, reason),) = run["parameters"]["locked"].items()
    ((area, why),) = run["parameters"]["outside"].items()
    assert body["decisions"] == {
        "locked": [{"region_id": locked, "reason": reason}],
        "inside": [],
        "outside": [{"id": area, "name": table.loc[area, "name"], "reason": why}],
    }


def test_the_areas_are_those_that_were_stored_and_their_pages_join(
    planned: TestClient, planned_engine: Engine
) -> None:
    run, table = stored(planned_engine)
    address, rows = f"{ONE}/areas?limit=97", []
    while address:
        body = get(planned, address)
        assert body["run"] == run["id"]
        assert body["threshold"] == 1.0
        rows += body["areas"]
        following = [link["href"] for link in body["links"] if link["rel"] == "next"]
        assert all(f"run={run['id']}" in one for one in following)
        address = following[0].removeprefix("http://testserver") if following else ""
    assert [row["id"] for row in rows] == table.index.tolist()
    same = [
        "name", "region_id", "need", "membership", "deviation", "certainty", "zone_class", "stability",
        "critical_threshold", "change", "existing",
    ]  # fmt: skip
    found = pd.DataFrame(rows).set_index("id")
    for name in same:
        wanted = [None if pd.isna(one) else one for one in table[name]]
        assert [None if pd.isna(one) else one for one in found[name]] == wanted, name
    assert set(found["zone_class"]) == {"core", "margin", "rest"}
    assert {row["change"] for row in rows} == {None, "kept", "added", "removed"}
    for row in rows:  # always from 95 % of the variants, mostly from 50 %, sometimes from 5 %
        share, word = row["stability"], row["standing"]
        assert word == (
            "always"
            if share >= 0.95
            else "mostly"
            if share >= 0.5
            else "sometimes"
            if share >= 0.05
            else "never"
        )
        assert (row["case"] is None) == pd.isna(table.loc[row["id"], "case_reason"])


def test_without_variants_nobody_says_how_stable_an_area_is(planned: TestClient) -> None:
    rows = get(planned, f"{ONE}/areas", scenario="calm")["areas"]
    assert {(row["stability"], row["standing"]) for row in rows} == {(None, None)}


def test_every_area_of_raised_need_is_somewhere(planned: TestClient, planned_engine: Engine) -> None:
    for scenario in (None, "few"):
        _, table = stored(planned_engine, scenario)
        query = {} if scenario is None else {"scenario": scenario}
        body = get(planned, f"{ONE}/single-cases", **query)
        raised = table[table["need"] > body["threshold"]]
        listed = table[table["case_reason"].notna()]
        assert {one["id"] for one in body["cases"]} == set(listed.index)
        people = [one["residents"] for one in body["cases"]]
        assert people == sorted(people, reverse=True)
        for one in body["cases"]:
            row = table.loc[one["id"]]
            assert one["above"] == pytest.approx(row["need"] - body["threshold"])
            assert one["need"] > body["threshold"]
            assert (one["reason"], one["sentence"]) == (
                row["case_reason"],
                {"de": row["case_de"], "en": row["case_en"]},
            )
        where = body["where"]
        assert where["all"] == {"areas": len(raised), "residents": raised["residents"].sum()}
        assert where["region"]["areas"] == raised["region_id"].notna().sum()
        assert where["single_case"]["areas"] == len(listed)
        for name in ("areas", "residents"):
            assert sum(where[one][name] for one in ("region", "margin", "single_case")) == where["all"][name]
    assert body["cases"]  # one region with at least 500 residents leaves somebody out


@pytest.mark.parametrize("scenario", [None, "calm", "few"])
def test_the_reasons_of_an_area_agree_with_what_was_stored(
    planned: TestClient, planned_engine: Engine, scenario: str | None
) -> None:
    run, table = stored(planned_engine, scenario)
    query = {} if scenario is None else {"scenario": scenario}
    inside = table.index[table["region_id"].notna()]
    needed = table.index[table["need"].notna() & table["region_id"].isna()]
    nobody = table.index[table["residents"] == 0]
    decided = list(run["parameters"]["outside"])
    cases = table.index[table["case_reason"].notna()]
    for area in {*inside[:3], *needed[:3], *nobody[:1], *decided, *cases[:3]}:
        row = table.loc[area]
        body = get(planned, f"{ONE}/areas/{area}", **query)
        assert (body["area"], body["run"]) == ({"id": area, "name": row["name"]}, run["id"])
        assert body["is_member"] == (row["region_id"] is not None and not pd.isna(row["region_id"]))
        assert body["region_id"] == (row["region_id"] if body["is_member"] else None)
        assert body["membership"] == row["membership"]
        assert body["need"] == (None if pd.isna(row["need"]) else row["need"])
        assert body["residents"] == row["residents"]
        amounts = {one["about"]: one["support"] for one in body["amounts"]}
        assert amounts["sum"] == pytest.approx(amounts["need"] + amounts["border"] + amounts["inertia"])
        if body["need"] is not None:
            assert amounts["need"] == pytest.approx(row["residents"] * (row["need"] - body["threshold"]))
        assert amounts["border"] == pytest.approx(sum(one["support"] for one in body["neighbours"]))
        for one in body["neighbours"]:
            assert abs(one["support"]) == pytest.approx(0.3 * one["border"])  # the price of a metre
            assert (one["support"] > 0) == one["is_member"]
            assert one["is_member"] == bool(pd.notna(table.loc[one["id"], "region_id"]))
            assert one["name"] == table.loc[one["id"], "name"]
        if body["fixed"] is None:
            assert body["critical_threshold"] == row["critical_threshold"]
        about = [one["about"] for one in body["sentences"]]
        assert about[:2] == ["answer", "need"]
        assert set(about) <= ABOUT
        assert (body["case"] is None) == pd.isna(row["case_reason"])


def test_an_area_of_the_proposal_is_explained_by_the_parts_of_its_need(
    planned: TestClient, planned_engine: Engine
) -> None:
    _, table = stored(planned_engine)
    area = table["need"].idxmax()
    body = get(planned, f"{ONE}/areas/{area}")
    assert body["is_member"]
    index = get(planned, "/cities/sample/indices/status_index/explanation", area=area, geography="block")
    assert {one["indicator"]["id"]: one["contribution"] for one in body["contributions"]} == {
        one["indicator"]["id"]: one["contribution"] for one in index["contributions"]
    }
    told: dict[str, dict[str, str]] = {}
    for one in body["sentences"]:
        told.setdefault(one["about"], one["sentence"])
    assert f"gehört zum Vorschlag, zum Schwerpunktraum {body['region_id']}." in told["answer"]["de"]
    assert "Der Block Block" not in told["answer"]["de"]
    assert f"{body['need']:.2f} points" in told["need"]["en"]
    assert body["contributions"][0]["indicator"]["title"]["de"] in told["contributions"]["de"]
    assert f"from {body['need']:.2f} points to {body['flips_at']:.2f} points" in told["turning"]["en"]
    assert f"{body['forcing_value']:,.0f} people were left out" in told["forcing"]["en"]
    assert body["flipping_change"] == pytest.approx(body["flips_at"] - body["need"])


def test_a_decision_is_told_with_its_reason_and_has_no_price(
    planned: TestClient, planned_engine: Engine
) -> None:
    run, table = stored(planned_engine, "calm")
    (area,) = run["parameters"]["outside"]
    body = get(planned, f"{ONE}/areas/{area}", scenario="calm")
    assert body["fixed"] == {"decision": "outside", "reason": "Kleingärten"}
    assert "Begründung: Kleingärten." in body["sentences"][0]["sentence"]["de"]
    nothing = ("critical_threshold", "forcing_value", "flipping_change", "flips_at")
    assert {body[name] for name in nothing} == {None}
    ((locked, reason),) = run["parameters"]["locked"].items()
    (held, *_) = table.index[table["existing"] == locked]
    body = get(planned, f"{ONE}/areas/{held}", scenario="calm")
    assert body["fixed"] == {"decision": "locked", "reason": reason}
    region = get(planned, f"{ONE}/regions/{locked}", scenario="calm")
    assert region["reason"] == reason
    assert "decision" in [one["about"] for one in region["sentences"]]


def test_a_limit_that_decides_is_named(planned: TestClient, planned_engine: Engine) -> None:
    _, table = stored(planned_engine, "few")
    cases = table.index[table["case_reason"].isin(["most_regions", "least_residents"])]
    assert len(cases)
    for area in cases[:5]:
        body = get(planned, f"{ONE}/areas/{area}", scenario="few")
        assert table.loc[area, "case_reason"] in body["deciding_limits"]
        assert "limits" in [one["about"] for one in body["sentences"]]
        assert body["case"]["reason"] == table.loc[area, "case_reason"]


def test_a_region_is_described_by_its_published_values_beside_the_citys(
    planned: TestClient, planned_engine: Engine
) -> None:
    _, table = stored(planned_engine)
    first = get(planned, ONE)["regions"][0]
    body = get(planned, f"{ONE}/regions/{first['id']}")
    members = table.index[table["region_id"] == first["id"]].tolist()
    assert (body["areas"], body["residents"], body["kind"]) == (len(members), first["residents"], "blue")
    assert body["mean_need"] == pytest.approx(first["mean_need"])
    assert body["share_of_residents"] == pytest.approx(first["residents"] / table["residents"].sum())
    highest = table.loc[members, "need"].sort_values(ascending=False).index[:3].tolist()
    assert [one["id"] for one in body["most_need"]] == highest
    profile = {one["indicator"]["id"]: one for one in body["profile"]}
    transfer = profile["transfer_share"]
    with planned_engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT n.value AS cases, d.value AS people FROM value n JOIN value d"
                " ON (d.vintage_id, d.period, d.area_id) = (n.vintage_id, n.period, n.area_id)"
                " JOIN value s ON (s.vintage_id, s.period, s.area_id) = (n.vintage_id, n.period, n.area_id)"
                " JOIN vintage v ON v.id = n.vintage_id WHERE v.geography_id = 'block' AND n.period = '2022'"
                " AND (n.indicator_id, d.indicator_id, s.indicator_id)"
                " = ('sgb2_recipients', 'residents', 'transfer_share')"
                " AND s.value IS NOT NULL AND n.area_id = ANY(:members)"
            ),
            {"members": members},
        ).all()
    people = sum(row.people for row in rows)
    # The mean of the shares, weighted by what they relate to, is the share of the whole.
    assert transfer["region"] == pytest.approx(100 * sum(row.cases for row in rows) / people, abs=0.0501)
    assert transfer["base"] == people
    city = get(planned, "/collections/sample.city/items", indicator="transfer_share", period="2022")
    (whole,) = city["features"]
    assert transfer["city"] == pytest.approx(whole["properties"]["value"], abs=0.0501)
    assert (transfer["meaning"], transfer["standing"]) == ("need", "need")
    for one in body["profile"]:
        assert one["share_known"] >= 0.8
        assert one["distance"] == pytest.approx((one["region"] - one["city"]) / one["spread"])
        assert one["indicator"]["id"] != "status_index"
    assert [abs(one["distance"]) for one in body["profile"]] == sorted(
        (abs(one["distance"]) for one in body["profile"]), reverse=True
    )
    told = {one["about"]: one["sentence"] for one in body["sentences"]}
    assert f"{first['residents']:,.0f} people live here" in told["size"]["en"]
    assert transfer["indicator"]["title"]["de"] in told["needs"]["de"]
    assert body["most_need"][0]["name"] in told["most_need"]["de"]


def test_a_scenario_of_several_disciplines_is_told_without_parts_of_an_index(
    planned: TestClient, planned_engine: Engine
) -> None:
    run, table = stored(planned_engine, "two-of-three")
    body = get(planned, ONE, scenario="two-of-three")
    assert body["parameters"]["need_indicator"] is None
    # One of the three was withheld before in some areas, and their need made without it: that gives nothing away.
    assert run["summary"]["known_without"]
    for region in body["regions"]:
        rows = table[table["region_id"] == region["id"]]
        assert (region["kind"], region["residents"]) == ("red", rows["residents"].sum())
    rows = get(planned, f"{ONE}/areas", scenario="two-of-three", limit=10000)["areas"]
    assert sum(row["need"] is not None for row in rows) == table["need"].notna().sum()
    area = get(planned, f"{ONE}/areas/{table['need'].idxmax()}", scenario="two-of-three")
    assert area["is_member"]
    assert area["contributions"] == []
    assert "contributions" not in [one["about"] for one in area["sentences"]]


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/cities/nowhere/proposal", 404, "unknown city 'nowhere'; loaded cities: sample"),
        ("/cities/nowhere/proposal/areas", 404, "loaded cities: sample"),
        (f"{ONE}?run=1", 404, "no proposal under run 1; leave the number out for the newest"),
        (f"{ONE}?run=0", 400, "run"),
        (f"{ONE}?run=3000000000", 400, "run"),
        (f"{ONE}?run=many", 400, "run"),
        (
            f"{ONE}?scenario=none",
            404,
            "no scenario 'none'; scenarios: as-it-is, calm, few, not-yet, two-of-three",
        ),
        (f"{ONE}?scenario=not-yet", 404, "run 'sozialraum scenario run sample not-yet'"),
        (f"{ONE}?scenario=%00", 400, "characters"),
        (f"{ONE}?scenario=calm&run=4", 400, "give a run or a scenario, not both"),
        (f"{ONE}?scenaro=calm", 400, "scenaro: there is no such key; did you mean 'scenario'?"),
        (f"{ONE}/areas?limit=0", 400, "limit"),
        (f"{ONE}/areas?limit=10001", 400, "limit"),
        (f"{ONE}/areas?after=zzz", 404, "no areas after 'zzz'; begin anew"),
        (f"{ONE}/areas?after=%00", 400, "characters"),
        (
            f"{ONE}/areas/none",
            404,
            "has no area 'none' (block, edition 2020); see /cities/sample/proposal/areas",
        ),
        (f"{ONE}/areas/%00", 404, "see /cities/sample/proposal/areas"),
        (f"{ONE}/regions/none", 404, "has no region 'none'; see /cities/sample/proposal"),
        (f"{ONE}/regions/%00", 400, "characters"),
        (f"{ONE}/single-cases?run=1", 404, "no proposal under run 1"),
    ],
)
def test_a_wrong_question_is_told_what_there_is(
    planned: TestClient, path: str, status: int, words: str
) -> None:
    answer = planned.get(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"]


def test_a_city_without_a_proposal_is_told_how_to_get_one(ask_own: TestClient, own_plans: Engine) -> None:
    with own_plans.begin() as connection:
        connection.execute(text("DELETE FROM run WHERE kind = 'proposal'"))
    answer = ask_own.get(ONE)
    assert answer.status_code == 404
    assert "sample has no proposal yet; run 'sozialraum compute sample'" in answer.json()["detail"]
