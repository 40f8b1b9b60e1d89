"""Priority areas as GeoJSON: the newest proposal with margins, bands, links, changes and cases, and the map in force."""

from __future__ import annotations

import json

import geopandas as gpd
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from shapely.geometry import shape
from sqlalchemy import Engine, text

from db.queries import priority_maps, proposals

pytestmark = pytest.mark.db

PROPOSED = ("areas", "bands", "cases", "changes", "classes", "links", "zones")
LAYERS = {
    "classes": {"zone_class", "areas", "hectares", "from_membership", "to_membership"},
    "bands": {"region_id", "near", "far", "hectares"},
    "links": {"region_id", "neighbour_id", "distance_between", "shared_border", "hectares"},
    "changes": {"change", "existing", "proposed", "hectares"},
}


def items(client: TestClient, kind: str) -> list[dict]:
    answer = client.get(f"/collections/sample.priority-{kind}/items?limit=10000")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["numberMatched"] == body["numberReturned"] == len(body["features"])
    return body["features"]


def run_of(engine: Engine) -> dict:
    with engine.connect() as connection:
        return proposals.find_run(connection, "sample")


def test_a_proposal_has_seven_collections_and_a_map_in_force_one(
    planned: TestClient, client: TestClient
) -> None:
    rows = [row for row in planned.get("/collections").json()["collections"] if "priority" in row["id"]]
    kinds = sorted([*PROPOSED, "map"])
    assert [row["id"] for row in rows] == [f"sample.priority-{kind}" for kind in kinds]
    for row, kind in zip(rows, kinds, strict=True):
        assert row["features"] == len(items(planned, kind))
        assert row["title"]["de"].startswith("Musterstadt (synthetisch): ")
        assert row["title"]["en"].startswith("Sample City (synthetic): ")
        assert (row["geography"], row["edition"]) == ("block", "2020")
        assert planned.get(f"/collections/{row['id']}").json() == row
    assert client.get("/collections/sample.priority-map").status_code == 404  # nothing is agreed there


@pytest.mark.parametrize("layer", LAYERS)
def test_the_layers_of_a_proposal_are_those_that_were_stored(
    planned: TestClient, planned_engine: Engine, layer: str
) -> None:
    run = run_of(planned_engine)
    with planned_engine.connect() as connection:
        stored = proposals.read_features(connection, run["id"], layer)
    found = items(planned, layer)
    assert found
    assert [one["id"] for one in found] == stored.index.tolist()
    for one in found:
        known = one["properties"]
        row = stored.loc[one["id"]]
        assert LAYERS[layer] <= known.keys()
        assert LAYERS[layer] == set(stored.columns) - {"geometry"}
        for name in LAYERS[layer]:
            wanted = None if pd.isna(row[name]) else row[name]
            assert known[name] == (pytest.approx(wanted) if isinstance(wanted, float) else wanted)
        told = ("threshold", "border_price", "seed", "period", "geography", "edition")
        assert {name: known[name] for name in told} == {name: run["parameters"][name] for name in told}
        assert (known["run_id"], known["inputs_hash"]) == (run["id"], run["inputs_hash"])
        assert known["objective"] == run["summary"]["objective"]
        assert "locked" not in known
        in_metres = gpd.GeoSeries([shape(one["geometry"])], crs=4326).to_crs(stored.crs)
        # Seven digits of a degree are about a centimetre, on outlines of some kilometres.
        assert in_metres.area.item() == pytest.approx(row.geometry.area, rel=1e-3, abs=1.0)


def test_core_and_margin_hold_the_areas_of_the_table(planned: TestClient) -> None:
    rows = planned.get("/cities/sample/proposal/areas?limit=10000").json()["areas"]
    drawn = [one["properties"] for one in items(planned, "classes")]
    for zone_class in ("core", "margin"):
        members = [row for row in rows if row["zone_class"] == zone_class]
        assert sum(one["areas"] for one in drawn if one["zone_class"] == zone_class) == len(members) > 0
    assert {one["zone_class"] for one in drawn} == {"core", "margin"}


def test_changes_are_those_of_the_proposal(planned: TestClient) -> None:
    rows = planned.get("/cities/sample/proposal/areas?limit=10000").json()["areas"]
    found = [one["properties"] for one in items(planned, "changes")]
    pairs = {(row["change"], row["existing"], row["region_id"]) for row in rows if row["change"] is not None}
    assert {(one["change"], one["existing"], one["proposed"]) for one in found} == pairs
    assert {one["change"] for one in found} == {"kept", "added", "removed"}


def test_single_cases_are_those_of_the_list(planned: TestClient) -> None:
    listed = {one["id"]: one for one in planned.get("/cities/sample/proposal/single-cases").json()["cases"]}
    found = items(planned, "cases")
    assert {one["id"] for one in found} == set(listed)
    for one in found:
        known, row = one["properties"], listed[one["id"]]
        assert (known["area_id"], known["name"]) == (row["id"], row["name"])
        assert known["need"] == pytest.approx(row["need"])
        assert known["above"] == pytest.approx(row["above"])
        assert (known["residents"], known["reason"]) == (row["residents"], row["reason"])
        assert {"de": known["sentence_de"], "en": known["sentence_en"]} == row["sentence"]
        assert shape(one["geometry"]).is_valid


def test_the_map_in_force_carries_its_decision(planned: TestClient, planned_engine: Engine) -> None:
    with planned_engine.connect() as connection:
        row = priority_maps.in_force(connection, "sample")
        regions = priority_maps.read_regions(connection, row["id"])
    found = items(planned, "map")
    assert [one["id"] for one in found] == regions.index.tolist()
    for one in found:
        known = one["properties"]
        assert (known["map_id"], known["status"], known["title"]) == (2, "agreed", "Karte 2")
        assert (known["decision_number"], known["decision_date"]) == ("VII-2", "2024-05-02")
        assert known["geometry_sha256"] == row["geometry_sha256"]
        assert known["areas"] == row["areas"]


def test_the_map_goes_when_nothing_is_in_force_and_drafts_never_show(
    ask_own: TestClient, own_plans: Engine
) -> None:
    with own_plans.begin() as connection:
        titles = connection.execute(
            text("SELECT title FROM priority_map WHERE status IN ('draft', 'withdrawn', 'proposed')")
        ).scalars()
        hidden = list(titles)
    whole = json.dumps([items(ask_own, kind) for kind in (*PROPOSED, "map")], ensure_ascii=False)
    assert len(hidden) == 3
    assert not any(title in whole for title in hidden)


def test_pages_of_links_join_though_their_ids_name_two_regions(planned: TestClient) -> None:
    whole = [one["id"] for one in items(planned, "links")]
    address, seen = "/collections/sample.priority-links/items?limit=2", []
    while address:
        body = planned.get(address).json()
        seen += [one["id"] for one in body["features"]]
        following = [link["href"] for link in body["links"] if link["rel"] == "next"]
        address = following[0] if following else ""
    assert len(seen) > 2
    assert all("~" in one for one in seen)
    assert seen == whole


@pytest.mark.parametrize("kind", [*PROPOSED, "map"])
def test_rings_follow_the_right_hand_rule_and_wrong_questions_are_told_so(
    planned: TestClient, kind: str
) -> None:
    for feature in items(planned, kind):
        for polygon in shape(feature["geometry"]).geoms:
            assert polygon.exterior.is_ccw
            assert all(not hole.is_ccw for hole in polygon.interiors)
    path = f"/collections/sample.priority-{kind}/items"
    for query, status, words in (
        ("after=%00", 400, "characters"),
        ("limit=0", 400, "limit"),
        ("indicator=residents&period=2022", 404, "no indicator and period of its own"),
    ):
        answer = planned.get(f"{path}?{query}")
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert words in answer.json()["detail"]
