"""What a newer load withholds is in no answer about proposals and maps made before, and no answer gives it back."""

from __future__ import annotations

import json
import re
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from db.queries import priority_maps, proposals
from etl.cli.main import app

pytestmark = pytest.mark.db

ONE = "/cities/sample/proposal"


def get(client: TestClient, path: str, **query: object) -> dict:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def stored(engine: Engine, scenario: str | None = None) -> tuple[dict, pd.DataFrame]:
    with engine.connect() as connection:
        run = proposals.find_run(connection, "sample", scenario=scenario)
        return run, proposals.read_areas(connection, run["id"])


def withhold(engine: Engine, area: str, indicator: str) -> None:
    """Withhold a value as a newer load would; or remove it, as a load does before all is computed anew."""
    name = indicator.removeprefix("no row of ")
    change = (
        "UPDATE value SET value = NULL, status = 'suppressed', ci_low = NULL, ci_high = NULL, comparison = NULL"
        if name == indicator
        else "DELETE FROM value"
    )
    with engine.begin() as connection:
        where = " WHERE (indicator_id, period, area_id) = (:indicator, '2022', :area)"
        connection.execute(text(change + where), {"area": area, "indicator": name})


@pytest.mark.parametrize("indicator", ["residents", "status_index", "no row of status_index"])
@pytest.mark.parametrize("place", ["region", "single case"])
def test_what_is_withheld_now_is_in_no_answer(
    ask_own: TestClient, own_plans: Engine, place: str, indicator: str
) -> None:
    _, table = stored(own_plans)
    chosen = table["region_id"].notna() if place == "region" else table["case_reason"].notna()
    first = table.index[chosen & table["need"].notna()][0]
    row = table.loc[first]
    paths = [f"{ONE}/areas?limit=10000", f"{ONE}/single-cases", "/collections/sample.priority-cases/items"]
    shown = re.compile(re.escape(f"{row['need']:.10f}"[:9]))
    assert shown.search(ask_own.get(paths[0]).text)
    withhold(own_plans, first, indicator)
    assert not any(shown.search(ask_own.get(path).text) for path in paths)
    (now,) = [one for one in get(ask_own, f"{ONE}/areas", limit=10000)["areas"] if one["id"] == first]
    assert (now["need"], now["critical_threshold"]) == (None, None)
    addresses = [f"areas/{first}"]
    if place == "region":
        addresses.append(f"regions/{row['region_id']}")
    else:
        (case,) = [one for one in get(ask_own, paths[1])["cases"] if one["id"] == first]
        assert (case["need"], case["residents"], case["above"]) == (None, None, None)
    for address in addresses:
        answer = ask_own.get(f"{ONE}/{address}")
        assert answer.status_code == 404
        assert "withheld since a newer load" in answer.json()["detail"]
        assert "run 'sozialraum compute sample'" in answer.json()["detail"]


def test_a_need_of_several_disciplines_is_not_told_where_one_of_them_is_withheld_now(
    ask_own: TestClient, own_plans: Engine
) -> None:
    run, table = stored(own_plans, "two-of-three")
    known = set(table.index[table["need"].notna()])
    for name, areas in run["summary"]["known_without"].items():
        assert set(areas) <= known, name
    # The need is the second largest of three: one that is withheld now may be that one.
    whole = known - {area for areas in run["summary"]["known_without"].values() for area in areas}
    first = min(whole)
    withhold(own_plans, first, "transfer_share")
    body = get(ask_own, f"{ONE}/areas", limit=10000, scenario="two-of-three")
    needs = {one["id"]: one["need"] for one in body["areas"]}
    assert body["is_withheld"]
    assert {area for area in known if needs[area] is None} == {first}


@pytest.mark.parametrize("place", ["region", "margin", "single case"])
def test_what_is_withheld_now_cannot_be_found_by_subtraction(
    ask_own: TestClient, own_plans: Engine, place: str
) -> None:
    run, table = stored(own_plans)
    chosen = {
        "region": table["region_id"].notna(),
        "single case": table["case_reason"].notna(),
        "margin": table["need"].gt(1.0) & table["region_id"].isna() & table["case_reason"].isna(),
    }[place] & table["residents"].gt(10)
    first = table.index[chosen][0]
    before = get(ask_own, ONE)
    assert (before["is_withheld"], before["detail"]) == (False, None)
    # All residents of a place but those of one area are public, so the sum less all the others would tell that one's.
    others = table["residents"][chosen].drop(first).sum()
    sums = {
        "region": before["summary"]["residents"],
        "single case": before["summary"]["single_case_residents"],
        "margin": get(ask_own, f"{ONE}/single-cases")["where"]["margin"]["residents"],
    }
    if place != "region":  # regions have areas below the threshold as well
        assert sums[place] - others == pytest.approx(table.loc[first, "residents"])
    withhold(own_plans, first, "residents")
    body = get(ask_own, ONE)
    assert body["is_withheld"]
    assert "rechnen Sie den Vorschlag neu" in body["detail"]["de"]
    assert "compute the proposal anew" in body["detail"]["en"]
    summary = body["summary"]
    sums = ("residents", "single_case_residents", "objective", "lower_bound")
    assert {summary[name] for name in sums} == {None}
    assert {side["residents"] for side in summary["changes"].values()} == {None}
    assert {one[name] for one in body["regions"] for name in ("residents", "mean_need")} == {None}
    cases = get(ask_own, f"{ONE}/single-cases")
    assert cases["is_withheld"]
    assert {side["residents"] for side in cases["where"].values()} == {None}
    # Areas that leave the proposal together have one critical threshold: the mean of all their needs.
    areas = get(ask_own, f"{ONE}/areas", limit=10000)
    assert areas["is_withheld"]
    assert {one["critical_threshold"] for one in areas["areas"]} == {None}
    assert {one["membership"] for one in areas["areas"]} == {None, 0.0, 1.0}
    assert {one["deviation"] for one in areas["areas"]} == {None}
    other = table.index[table["region_id"].notna() & (table.index != first)][0]
    told = get(ask_own, f"{ONE}/areas/{other}")
    turning = ("critical_threshold", "forcing_value", "flipping_change", "flips_at")
    assert {told[name] for name in turning} == {None}
    assert not {"turning", "forcing", "together"} & {one["about"] for one in told["sentences"]}
    region = body["regions"][0]["id"]
    answer = ask_own.get(f"{ONE}/regions/{region}")
    assert answer.status_code == 404
    assert "so nobody tells what region" in answer.json()["detail"]
    for layer in ("areas", "zones", "cases", "classes", "changes"):
        for feature in get(ask_own, f"/collections/sample.priority-{layer}/items", limit=10000)["features"]:
            found = feature["properties"]
            assert (found["is_withheld"], found["objective"]) == (True, None)
            if layer in ("areas", "zones"):
                assert (found["residents"], found["mean_need"]) == (None, None)
    assert run["summary"]["residents"] > 0


def test_scenarios_and_maps_have_no_sums_when_one_area_is_withheld(
    ask_own: TestClient, own_plans: Engine
) -> None:
    _, table = stored(own_plans)
    first = table.index[table["region_id"].notna()][0]
    names = ("residents", "share_of_residents", "common_residents", "jaccard", "objective")
    beside = "/cities/sample/scenarios/comparison"
    before = get(ask_own, beside, name=["as-it-is", "calm"])["scenarios"]
    assert not any(row["is_withheld"] or row[name] is None for row in before for name in names)
    withhold(own_plans, first, "residents")
    for row in get(ask_own, beside, name=["as-it-is", "calm"])["scenarios"]:
        assert row["is_withheld"]
        assert {row[name] for name in names} == {None}
        assert row["refused"] is None
        assert "anew" in row["detail"]["en"]
    listed = {row["name"]: row for row in get(ask_own, "/cities/sample/scenarios")["scenarios"]}
    assert listed["calm"]["is_withheld"]
    assert listed["calm"]["summary"]["residents"] is None
    assert (listed["not-yet"]["is_withheld"], listed["not-yet"]["detail"]) == (False, None)
    for row in get(ask_own, "/cities/sample/priority-maps")["maps"]:
        assert (row["is_withheld"], row["residents"]) == (True, None)
        one = get(ask_own, f"/cities/sample/priority-maps/{row['id']}")
        assert "zurückgehalten" in one["detail"]["de"]
        assert {area[name] for area in one["priority_areas"] for name in ("residents", "mean_need")} == {None}
    for feature in get(ask_own, "/collections/sample.priority-map/items")["features"]:
        assert (feature["properties"]["residents"], feature["properties"]["mean_need"]) == (None, None)


def test_a_map_of_several_runs_has_no_sums_when_one_of_them_is_withheld(own_plans: Engine) -> None:
    run, table = stored(own_plans)
    passport = {"origin": "runs", "runs": [{"id": run["id"], "objective": 1.0, "lower_bound": 1.0}]}
    with own_plans.begin() as connection:
        number = priority_maps.create(
            connection,
            city_id="sample",
            title="Karte",
            geography_id="block",
            edition="2020",
            regions=priority_maps.read_regions(connection, 2),
            areas=priority_maps.read_areas(connection, 2),
            passport=passport,
            by="test",
        )
        before = priority_maps.get(connection, "sample", number)
    assert (before["passport"], before["residents"]) == (passport, 1234.0)
    withhold(own_plans, table.index[table["need"].notna()][0], "status_index")
    with own_plans.connect() as connection:
        row = priority_maps.get(connection, "sample", number)
        (area,) = priority_maps.read_regions(connection, number).to_dict("records")
    assert (row["is_withheld"], row["residents"]) == (True, None)
    assert row["passport"] == {"origin": "runs", "runs": [{"id": run["id"]}]}
    assert (area["residents"], area["mean_need"]) == (None, None)


def test_an_index_computed_anew_without_a_withheld_ingredient_hides_the_former_one(
    ask_own: TestClient, own_plans: Engine
) -> None:
    _, table = stored(own_plans)
    first, second = table.index[table["need"].notna()][:2]
    with own_plans.begin() as connection:
        # Both have another index now; only that of the first lacks an ingredient.
        chosen = {"areas": [first, second], "first": first}
        connection.execute(
            text(
                "UPDATE value SET value = value + 0.5, ci_low = NULL, ci_high = NULL, comparison = NULL"
                " WHERE indicator_id = 'status_index' AND period = '2022' AND area_id = ANY(:areas)"
            ),
            chosen,
        )
        connection.execute(
            text(
                "UPDATE index_explanation SET parts = jsonb_set(parts, '{0,value}', 'null')"
                " WHERE indicator_id = 'status_index' AND period = '2022' AND area_id = :first"
            ),
            chosen,
        )
    needs = {one["id"]: one["need"] for one in get(ask_own, f"{ONE}/areas", limit=10000)["areas"]}
    assert (needs[first], needs[second]) == (None, table.loc[second, "need"])


def test_very_few_residents_are_told_nowhere_nor_by_a_sum(ask_own: TestClient, own_plans: Engine) -> None:
    run, table = stored(own_plans)
    first = table.index[table["case_reason"].notna()][0]
    with own_plans.begin() as connection:
        connection.execute(
            text("UPDATE proposal_area SET residents = 2 WHERE (run_id, area_id) = (:run, :area)"),
            {"run": run["id"], "area": first},
        )
    body = get(ask_own, f"{ONE}/single-cases")
    (case,) = [one for one in body["cases"] if one["id"] == first]
    assert (case["residents"], case["need"]) == (None, table.loc[first, "need"])
    assert (body["where"]["single_case"]["residents"], body["where"]["all"]["residents"]) == (None, None)
    assert body["where"]["region"]["residents"] is not None
    assert not body["is_withheld"]
    assert get(ask_own, ONE)["summary"]["single_case_residents"] is None
    (area,) = [one for one in get(ask_own, f"{ONE}/areas", limit=10000)["areas"] if one["id"] == first]
    assert (area["need"], area["critical_threshold"]) == (table.loc[first, "need"], None)
    drawn = get(ask_own, "/collections/sample.priority-cases/items", limit=10000)["features"]
    (one,) = [feature["properties"] for feature in drawn if feature["id"] == first]
    assert (one["residents"], one["above"]) == (None, pytest.approx(case["above"]))


@pytest.mark.parametrize("how", ["not known", "withheld now"])
def test_that_nobody_lives_there_is_not_said_where_it_is_not_known(
    ask_own: TestClient, own_plans: Engine, how: str
) -> None:
    run, table = stored(own_plans)
    first = table.index[table["case_reason"].notna()][0]
    with own_plans.begin() as connection:
        connection.execute(
            text(
                "UPDATE proposal_area SET residents = :residents, case_reason = 'nobody_lives_here',"
                " case_de = 'Hier wohnt niemand.', case_en = 'Nobody lives here.'"
                " WHERE (run_id, area_id) = (:run, :area)"
            ),
            {"run": run["id"], "area": first, "residents": None if how == "not known" else 0},
        )
    if how == "withheld now":
        withhold(own_plans, first, "residents")
    (case,) = [one for one in get(ask_own, f"{ONE}/single-cases")["cases"] if one["id"] == first]
    drawn = get(ask_own, "/collections/sample.priority-cases/items", limit=10000)["features"]
    (shape,) = [feature["properties"] for feature in drawn if feature["id"] == first]
    (area,) = [one for one in get(ask_own, f"{ONE}/areas", limit=10000)["areas"] if one["id"] == first]
    assert case["reason"] == shape["reason"] == area["case"]["reason"] == "residents_unknown"
    assert case["sentence"] == area["case"]["sentence"]
    assert (shape["sentence_de"], shape["sentence_en"]) == (case["sentence"]["de"], case["sentence"]["en"])
    assert "nicht bekannt oder wird zurückgehalten" in case["sentence"]["de"]
    if how == "not known":
        assert get(ask_own, f"{ONE}/areas/{first}")["case"] == area["case"]


def test_the_command_line_and_its_files_withhold_the_same(
    own_plans: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, table = stored(own_plans)
    first = table.index[table["case_reason"].notna()][0]
    withhold(own_plans, first, "residents")
    monkeypatch.setenv("SOZIALRAUM_DATABASE_URL", own_plans.url.render_as_string(hide_password=False))
    listed = CliRunner().invoke(app, ["boundary", "cases", "sample"], catch_exceptions=False)
    assert f"{first} {table.loc[first, 'name']}: need withheld;" in listed.stdout
    assert "since a newer load; run 'sozialraum compute sample'" in listed.stdout
    told = CliRunner().invoke(app, ["scenario", "list", "sample"], catch_exceptions=False).stdout
    assert "withheld residents" in told
    as_json = CliRunner().invoke(app, ["boundary", "cases", "sample", "--json"], catch_exceptions=False)
    (case,) = [one for one in json.loads(as_json.stdout) if one["area_id"] == first]
    assert not isinstance(case["residents"], float) or pd.isna(case["residents"])
    surface = ("--surface", str(tmp_path / "proposal.tif"))
    refused = CliRunner().invoke(
        app, ["boundary", "export", "sample", "--out", str(tmp_path / "first.gpkg"), *surface]
    )
    assert "the membership of some areas is withheld since a newer load" in str(refused.exception)
    out = tmp_path / "proposal.gpkg"
    CliRunner().invoke(app, ["boundary", "export", "sample", "--out", str(out)], catch_exceptions=False)
    areas = gpd.read_file(out, layer="areas").set_index("area_id")
    assert areas.loc[[first], ["need", "residents"]].isna().all(axis=None)
    assert areas["need"].notna().sum() == table["need"].notna().sum() - 1
    assert areas["critical_threshold"].isna().all()
    assert gpd.read_file(out, layer="regions")[["residents", "mean_need"]].isna().all(axis=None)
    passport = gpd.read_file(out, layer="passport").set_index("key")["value"]
    summary = json.loads(passport["summary"])
    assert {summary[name] for name in ("residents", "objective", "lower_bound")} == {None}
    number = CliRunner().invoke(
        app, ["boundary", "draft", "sample", "--title", "Karte"], catch_exceptions=False
    )
    assert "map 6 is a draft" in number.stdout
    with own_plans.connect() as connection:
        kept = connection.execute(
            text(
                "SELECT passport->'objective', (SELECT count(residents) FROM priority_map_region WHERE map_id = 6)"
                " FROM priority_map WHERE id = 6"
            )
        ).one()
    assert tuple(kept) == (None, 0)


@pytest.mark.parametrize(("with_value", "is_withheld"), [(9, True), (10, False)])
def test_what_a_newer_edition_has_no_number_of_is_not_told_by_a_proposal_on_the_older_one(
    ask_own: TestClient, own_plans: Engine, with_value: int, is_withheld: bool
) -> None:
    run, _ = stored(own_plans)
    given = {"run": run["id"], "with_value": with_value}
    with own_plans.begin() as connection:
        for statement in (
            "UPDATE vintage SET valid_to = '2090-12-31'"
            " WHERE id = (SELECT min(vintage_id) FROM proposal_area WHERE run_id = :run)",
            "INSERT INTO vintage (city_id, geography_id, edition, valid_from, srid)"
            " SELECT city_id, geography_id, 'newer', '2091-01-01', srid FROM vintage"
            " WHERE id = (SELECT min(vintage_id) FROM proposal_area WHERE run_id = :run)",
            "INSERT INTO availability (vintage_id, indicator_id, period, areas, with_value, loads)"
            " SELECT id, 'residents', '2022', 10, :with_value, '{}' FROM vintage WHERE edition = 'newer'",
        ):
            connection.execute(text(statement), given)
    body = get(ask_own, f"{ONE}/areas", limit=10000)
    assert body["is_withheld"] == is_withheld
    assert any(one["need"] is not None for one in body["areas"]) != is_withheld
