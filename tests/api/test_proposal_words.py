"""What a proposal is told with: the words of the level, and no word of very few people or of what nobody knows."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from db.queries import proposals

pytestmark = pytest.mark.db

ONE = "/cities/sample/proposal"


def get(client: TestClient, path: str) -> dict:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def stored(engine: Engine) -> tuple[dict, pd.DataFrame]:
    with engine.connect() as connection:
        run = proposals.find_run(connection, "sample")
        return run, proposals.read_areas(connection, run["id"])


def test_where_the_residents_are_not_known_nobody_is_said_to_live_there_or_not(
    ask_own: TestClient, own_plans: Engine
) -> None:
    run, table = stored(own_plans)
    # The proposal counted nobody here, so it stays the same when the number is not known.
    empty = table.index[(table["residents"] == 0) & table["region_id"].isna()][0]
    with own_plans.begin() as connection:
        connection.execute(
            text("UPDATE proposal_area SET residents = NULL WHERE (run_id, area_id) = (:run, :area)"),
            {"run": run["id"], "area": empty},
        )
    body = get(ask_own, f"{ONE}/areas/{empty}")
    assert body["residents"] is None
    amounts = {one["about"]: (one["support"], one["points"]) for one in body["amounts"]}
    assert amounts["need"] == amounts["inertia"] == (None, None)
    need = body["sentences"][1]
    assert need["about"] == "need"
    assert "nicht bekannt oder wird zurückgehalten" in need["sentence"]["de"]
    assert "niemand" not in json.dumps(body["sentences"], ensure_ascii=False)


def test_where_very_few_people_live_nothing_tells_how_many(ask_own: TestClient, own_plans: Engine) -> None:
    run, table = stored(own_plans)
    # Two people instead of nobody, in an area without known need: they weigh nothing, and the proposal stays the same.
    empty = table.index[(table["residents"] == 0) & table["need"].isna() & table["region_id"].isna()][0]
    with own_plans.begin() as connection:
        connection.execute(
            text("UPDATE proposal_area SET residents = 2 WHERE (run_id, area_id) = (:run, :area)"),
            {"run": run["id"], "area": empty},
        )
    body = get(ask_own, f"{ONE}/areas/{empty}")
    hidden = ("residents", "critical_threshold", "forcing_value", "flipping_change", "flips_at")
    assert {body[name] for name in hidden} == {None}
    shown = [(one["about"], one["support"], one["points"]) for one in body["amounts"]]
    assert [one[0] for one in shown if one[1] is not None] == ["border"]
    assert {one[2] for one in shown} == {None}
    assert [one["about"] for one in body["sentences"]] == ["answer", "need", "border"]
    assert "weniger als 3 Menschen" in body["sentences"][1]["sentence"]["de"]
    assert not re.search(r"\b2 (Menschen|people)", json.dumps(body["sentences"]))


@pytest.mark.parametrize(
    ("geography", "one", "article", "dative"),
    [
        ("block", "Block", "Der Block", "Blöcken"),
        ("sub_district", "Ortsteil", "Der Ortsteil", "Ortsteilen"),
        ("planning_area", "Planungsraum", "Der Planungsraum", "Planungsräumen"),
        ("quarter", "Gebiet", "Das Gebiet", "Gebieten"),
    ],
)
def test_areas_are_called_what_their_level_calls_them(
    ask_own: TestClient, own_plans: Engine, geography: str, one: str, article: str, dative: str
) -> None:
    run, table = stored(own_plans)
    with own_plans.begin() as connection:
        connection.execute(
            text(
                "UPDATE run SET parameters = parameters || jsonb_build_object('geography', CAST(:name AS text))"
                " WHERE id = :run"
            ),
            {"name": geography, "run": run["id"]},
        )
        connection.execute(text("UPDATE area SET name = replace(name, 'Block', :one)"), {"one": one})
    number = table.index[0]
    told = get(ask_own, f"{ONE}/areas/{number}")["sentences"][0]["sentence"]["de"]
    assert told.startswith(f"{article} {number}")
    for region in get(ask_own, ONE)["regions"]:
        size = get(ask_own, f"{ONE}/regions/{region['id']}")["sentences"][0]["sentence"]["de"]
        word = one if region["areas"] == 1 else dative
        assert f" Menschen in {region['areas']} {word}, das sind" in size
