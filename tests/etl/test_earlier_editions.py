"""After a new edition of the boundaries the older values can be had, and what was proposed is not drawn on new outlines."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pyogrio
import pytest
import rasterio
from click.testing import Result
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from typer.testing import CliRunner

from api.app import create_app
from api.settings import ServiceSettings
from db.queries import areas, scenarios
from etl.cities import city_profile
from etl.cli.main import app
from etl.compute import compute_city, compute_scenario

pytestmark = pytest.mark.db

METHOD = """
id = "small-status"
title_de = "Status der Kleinstadt"
title_en = "Status of the small town"

[[index]]
id = "status"
title_de = "Status"
title_en = "Status"
combine = "mean"
input = [{ id = "rate", transform = ["z_score"] }]
"""
PERIODS = "periods: 2024 in edition 2024; 2020, 2021 in edition 2020"


@pytest.fixture
def city(load_town, database: Engine, dataset, quiet) -> Engine:
    """The small town of 2020 with a proposal and a scenario, and then its boundaries and values of 2024."""
    known = {"requested_by": "test", "code_version": "test", "progress": quiet}
    (dataset.folder / "method.toml").write_text(METHOD, encoding="utf-8")
    dataset.manifest("[compute]\n", '[compute]\nmethods = { "*" = "method.toml" }\n')
    dataset.values("03;2020;1500;-;.", "03;2020;1500;-;1,0")
    load_town()
    with database.begin() as connection:
        scenarios.put(connection, "small", "calm", {"threshold": 0.5}, by="test")
        profile = city_profile("small", connection)
    compute_city(database, profile, **known)
    compute_scenario(database, profile, "calm", **known)
    dataset.manifest('id = "2020"\nvalid_from = 2020-01-01', 'id = "2024"\nvalid_from = 2024-01-01')
    areas = dataset.areas()
    dataset.write_areas(areas.assign(geometry=areas.geometry.translate(yoff=500.0)))
    table = (dataset.folder / "values.csv").read_text("utf-8").splitlines()
    newer = [line.replace(";2021;", ";2024;") for line in table if ";2020;" not in line]
    (dataset.folder / "values.csv").write_text("\n".join(newer) + "\n", encoding="utf-8")
    load_town()
    return database


@pytest.fixture
def client(city: Engine) -> Iterator[TestClient]:
    """Return a client of an application on this town."""
    url = city.url.render_as_string(hide_password=False)
    with TestClient(create_app(ServiceSettings(database_url=url))) as client:
        yield client


@pytest.fixture
def command(city: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Return the command line on this town."""
    monkeypatch.setenv("SOZIALRAUM_DATABASE_URL", city.url.render_as_string(hide_password=False))
    monkeypatch.setenv("SOZIALRAUM_STATE_DIR", str(tmp_path))
    return lambda *arguments: CliRunner().invoke(app, [str(one) for one in arguments])


def test_the_service_tells_the_editions_and_shows_the_one_asked_for(client: TestClient) -> None:
    (found,) = client.get("/cities").json()["cities"]
    level = found["geographies"][1]
    assert (level["edition"], [one["edition"] for one in level["editions"]]) == ("2024", ["2024", "2020"])
    assert level["editions"][1] == {
        "edition": "2020",
        "valid_from": "2020-01-01",
        "valid_to": "2023-12-31",
        "areas": 4,
    }

    def periods(query: str) -> dict[str, list[str]]:
        body = client.get(f"/cities/small/indicators{query}").json()
        return {one["id"]: one["availability"]["sub_district"] for one in body["indicators"]}

    assert periods("")["residents"] == ["2024"]
    assert periods("?edition=2020")["residents"] == ["2020", "2021"]
    assert periods("?edition=2020")["status_index"] == ["2020", "2021"]  # computed before, and still there
    address = "/cities/small/layers/residents?geography=sub_district&period=2021"
    layer = client.get(f"{address}&edition=2020").json()
    assert (layer["values"], layer["source"]["edition"]) == ([1010, 2020, 1490, 890], "2020")
    refused = client.get(address)
    assert refused.status_code == 404
    assert PERIODS in refused.json()["detail"]
    refused = client.get(f"{address}&edition=1999")
    assert refused.status_code == 404
    assert "editions: 2024, 2020" in refused.json()["detail"]


def test_outlines_of_an_earlier_edition_are_a_collection_that_says_so(client: TestClient) -> None:
    newest = client.get("/collections/small.sub_district").json()
    assert (newest["edition"], newest["editions"], newest["edition_detail"]) == (
        "2024",
        ["2024", "2020"],
        None,
    )
    earlier = client.get("/collections/small.sub_district?edition=2020").json()
    assert earlier["edition"] == "2020"
    assert "2024" in earlier["edition_detail"]["de"]
    items = next(link["href"] for link in earlier["links"] if link["rel"] == "items")
    shown = client.get(f"{items}&indicator=residents&period=2020").json()["features"]
    assert [one["properties"]["value"] for one in shown] == [1000, 2000, 1500, 900]
    assert {one["properties"]["edition"] for one in shown} == {"2020"}
    moved = client.get("/collections/small.sub_district/items").json()["features"]
    assert shown[0]["geometry"] != moved[0]["geometry"]
    refused = client.get("/collections/small.sub_district?edition=1999")
    assert refused.status_code == 404
    assert "editions: 2024, 2020" in refused.json()["detail"]


def test_a_proposal_and_a_scenario_say_that_they_belong_to_an_earlier_edition(
    client: TestClient, city: Engine, quiet
) -> None:
    proposal = client.get("/cities/small/proposal").json()
    assert proposal["edition"] == "2020"
    assert "2020" in proposal["edition_detail"]["de"]
    assert "2024" in proposal["edition_detail"]["en"]
    (scenario,) = client.get("/cities/small/scenarios").json()["scenarios"]
    assert (scenario["edition"], scenario["edition_detail"]) == ("2020", proposal["edition_detail"])
    for name in ("areas", "zones", "classes"):
        collection = client.get(f"/collections/small.priority-{name}").json()
        assert (collection["edition"], collection["edition_detail"]) == ("2020", proposal["edition_detail"])
        assert client.get(f"/collections/small.priority-{name}?edition=2024").status_code == 404
    with city.connect() as connection:
        profile = city_profile("small", connection)
    compute_city(city, profile, requested_by="test", code_version="test", progress=quiet)
    renewed = client.get("/cities/small/proposal").json()
    assert (renewed["edition"], renewed["edition_detail"]) == ("2024", None)


def test_the_offline_map_draws_no_proposal_of_other_boundaries(
    command: Callable[..., Result], tmp_path: Path
) -> None:
    def drawn(*options: str) -> str:
        done = command("map", "small", "--indicator", "residents", "--out", tmp_path / "m.html", *options)
        assert done.exit_code == 0, done.output
        return (tmp_path / "m.html").read_text(encoding="utf-8")

    sign = re.compile(re.escape("url(#sr-proposal)"))
    assert not sign.search(drawn())
    assert sign.search(drawn("--edition", "2020"))


def test_export_writes_an_earlier_edition_and_names_the_editions_of_a_period_it_does_not_find(
    command: Callable[..., Result], tmp_path: Path
) -> None:
    out = tmp_path / "export"
    refused = command("export", "small", "--period", "2021", "--out", out)
    assert refused.exit_code == 1
    assert f"--edition ({PERIODS})" in str(refused.exception)
    assert "editions: 2024, 2020" in str(
        command("export", "small", "--edition", "1999", "--out", out).exception
    )
    done = command("export", "small", "--edition", "2020", "--format", "csv", "--out", out)
    assert done.exit_code == 0, done.output
    with (out / "small-values.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["edition"] for row in rows} == {"2020"}
    assert {row["period"] for row in rows} == {"2020", "2021"}


def test_surface_smooths_an_earlier_edition_and_names_those_it_might_have_meant(
    command: Callable[..., Result], tmp_path: Path
) -> None:
    out = tmp_path / "people.tif"
    refused = command("surface", "small", "residents", "--period", "2020", "--out", out)
    assert refused.exit_code == 1
    assert PERIODS in str(refused.exception)
    done = command("surface", "small", "residents", "--edition", "2020", "--out", out)
    assert done.exit_code == 0, done.output
    with rasterio.open(out) as file:
        tags = file.tags()
    assert (tags["BOUNDARY_EDITION"], tags["PERIOD"]) == ("2020", "2021")


def test_values_of_an_earlier_edition_are_listed_area_by_area_under_its_name(
    command: Callable[..., Result],
) -> None:
    asked = ("indicator", "values", "small", "residents", "--geography", "sub_district", "--period", "2021")
    refused = command(*asked)
    assert refused.exit_code == 1
    assert PERIODS in str(refused.exception)
    told = json.loads(command(*asked, "--edition", "2020", "--json").stdout)
    assert (told["edition"], told["period"]) == ("2020", "2021")
    assert [row["value"] for row in told["values"]] == [1010, 2020, 1490, 890]
    assert "sub_district, edition 2020, 2021" in command(*asked, "--edition", "2020").stdout
    assert "editions: 2024, 2020" in str(command(*asked, "--edition", "1999").exception)


def test_places_in_an_earlier_edition_are_made_of_its_own_counts(command: Callable[..., Result]) -> None:
    asked = ("indicator", "values", "small", "rate", "--edition", "2020", "--json")
    told = json.loads(command(*asked, "--geography", "sub_district").stdout)
    assert told["edition"] == "2020"
    assert [row["rank"] for row in told["values"] if row["value"] is not None]


def test_a_proposal_on_an_earlier_edition_goes_into_a_file_with_its_own_outlines(
    command: Callable[..., Result], city: Engine, tmp_path: Path
) -> None:
    done = command(
        *("boundary", "export", "small", "--out", tmp_path / "p.gpkg", "--surface", tmp_path / "p.tif")
    )
    assert done.exit_code == 0, done.exception
    written = pyogrio.read_dataframe(tmp_path / "p.gpkg", layer="areas")
    with city.connect() as connection:
        level = areas.geographies(connection, "small", edition="2020")[-1]
        outlines = areas.read_areas(connection, level["vintage_id"])
    assert written["area_id"].tolist() == outlines.index.tolist()
    assert written.geometry.to_numpy().tolist() == outlines.geometry.to_numpy().tolist()
