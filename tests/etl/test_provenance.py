"""Beside every value stand the licence and the words of the load that it came from, not those of the last one."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from typer.testing import CliRunner

from api.app import create_app
from api.settings import ServiceSettings
from db.queries.history import value_history
from etl.cities import city_profile
from etl.cli.main import app
from etl.compute import compute_city
from etl.undo import undo_load

pytestmark = pytest.mark.db

FIRST = ("Atlas", "Stadt", "dl-de/by-2-0")
SECOND = ("Register", "Landesamt", "CC BY 4.0")
LATER = "02;2021", "03;2021", "04;2021", "01;2021"


@pytest.fixture
def two_loads(dataset, load_town) -> None:
    """First comes 2020 from one office, then both years from another one: 2020 as it was."""
    whole = (dataset.folder / "values.csv").read_text("utf-8")
    kept = [line for line in whole.splitlines() if not line.startswith(LATER)]
    (dataset.folder / "values.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    load_town()
    (dataset.folder / "values.csv").write_text(whole, encoding="utf-8")
    rename(dataset)
    load_town()


def rename(dataset) -> None:
    dataset.manifest('title_de = "Atlas"', 'title_de = "Register"')
    dataset.manifest('title_en = "Atlas"', 'title_en = "Register"')
    dataset.manifest('attribution = "Stadt"', 'attribution = "Landesamt"')
    dataset.manifest('licence = "dl-de/by-2-0"', 'licence = "CC BY 4.0"')


def asking(engine: Engine) -> TestClient:
    url = engine.url.render_as_string(hide_password=False)
    return TestClient(create_app(ServiceSettings(database_url=url)))


def named(client: TestClient, period: str, indicator: str = "residents") -> list[tuple[str, str, str]]:
    """Return the sources that the layer of a period names: title, attribution and licence."""
    address = f"/cities/small/layers/{indicator}?geography=sub_district&period={period}"
    return [
        (one["title"]["de"], one["attribution"], one["licence"])
        for one in client.get(address).json()["sources"]
    ]


def test_a_layer_names_the_loads_of_its_own_values_and_of_its_boundaries(
    database: Engine, two_loads: None
) -> None:
    with asking(database) as client:
        assert named(client, "2020") == [FIRST]
        assert named(client, "2021") == [SECOND, FIRST]  # the boundaries came with the first
        body = client.get("/cities/small/layers/residents?geography=sub_district&period=2021").json()
        assert body["source"]["attribution"] == "Landesamt; Stadt"
        assert body["source"]["licence"] == "CC BY 4.0; dl-de/by-2-0"
        (city,) = client.get("/cities").json()["cities"]
    assert [one["licence"] for one in city["sources"]] == ["CC BY 4.0", "dl-de/by-2-0"]


def test_one_corrected_value_brings_its_source_to_the_layer_and_takes_none_away(
    database: Engine, dataset, load_town
) -> None:
    load_town()
    rename(dataset)
    dataset.values("02;2020;2000", "02;2020;2005")
    load_town()
    with asking(database) as client:
        assert named(client, "2020") == [SECOND, FIRST]
        assert named(client, "2021") == [FIRST]
    with database.connect() as connection:
        told = value_history(connection, "small", "02", "residents")
    assert [(row["period"], row["value"], row["licence"]) for row in told] == [
        ("2021", 2020.0, "dl-de/by-2-0"),
        ("2020", 2005.0, "CC BY 4.0"),
        ("2020", 2000.0, "dl-de/by-2-0"),
    ]


def test_a_load_that_brings_only_other_words_corrects_them(database: Engine, dataset, load_town) -> None:
    load_town()
    rename(dataset)
    load_town()
    with asking(database) as client:
        assert named(client, "2020") == named(client, "2021") == [SECOND]


def test_after_an_undo_nobody_names_the_load_that_was_taken_back(
    database: Engine, two_loads: None, quiet
) -> None:
    with asking(database) as client:
        undo_load(database, 2, undone_by="test", code_version="test", progress=quiet)
        assert named(client, "2020") == [FIRST]
        (city,) = client.get("/cities").json()["cities"]
        assert [one["licence"] for one in city["sources"]] == ["dl-de/by-2-0"]
        undo_load(database, 3, undone_by="test", code_version="test", progress=quiet)
        assert named(client, "2020") == [FIRST]
        assert named(client, "2021") == [SECOND, FIRST]


def test_collections_name_the_sources_of_what_they_hold(database: Engine, two_loads: None) -> None:
    def said(address: str) -> tuple[str, str]:
        body = client.get(address).json()
        return body["attribution"], body["licence"]

    with asking(database) as client:
        assert said("/collections/small.sub_district") == ("Landesamt; Stadt", "CC BY 4.0; dl-de/by-2-0")
        items = "/collections/small.sub_district/items"
        assert said(items) == ("Stadt", "dl-de/by-2-0")  # outlines alone
        assert said(f"{items}?indicator=residents&period=2020") == ("Stadt", "dl-de/by-2-0")
        assert said(f"{items}?indicator=residents&period=2021") == (
            "Landesamt; Stadt",
            "CC BY 4.0; dl-de/by-2-0",
        )


def test_what_is_computed_names_the_loads_of_its_counts(database: Engine, two_loads: None, quiet) -> None:
    with database.connect() as connection:
        profile = city_profile("small", connection)
    compute_city(database, profile, requested_by="test", code_version="test", progress=quiet)
    with asking(database) as client:
        assert named(client, "2020", "foreign_share") == [FIRST]
        assert named(client, "2021", "foreign_share") == [SECOND, FIRST]
        told = client.get("/cities/small/segregation").json()["sources"]  # over both years
        assert [one["licence"] for one in told] == ["CC BY 4.0", "dl-de/by-2-0"]
        series = client.get("/cities/small/series/residents?area=02").json()
        assert [one["attribution"] for one in series["sources"]] == ["Landesamt", "Stadt"]


def test_an_export_names_the_loads_of_what_is_in_it(
    database: Engine, two_loads: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOZIALRAUM_DATABASE_URL", database.url.render_as_string(hide_password=False))

    def notes(*options: str) -> dict[tuple[str, str], str]:
        out = tmp_path / "export"
        done = CliRunner().invoke(app, ["export", "small", "--format", "csv", "--out", str(out), *options])
        assert done.exit_code == 0, done.output
        package = json.loads((out / "datapackage.json").read_text("utf-8"))
        assert package["title"].startswith(notes_title := _title(out))
        with (out / "small-notes.csv").open(encoding="utf-8", newline="") as file:
            told = {(row["topic"], row["subject"]): row["text"] for row in csv.DictReader(file)}
        assert told["Data set", "Title"] == notes_title
        return told

    early = notes("--period", "2020")
    assert early["Data set", "Title"] == "Atlas"
    assert early["Data set", "Licence"] == "dl-de/by-2-0"
    assert "licence: dl-de/by-2-0" in early["Source", "load 1"]
    assert ("Source", "load 2") not in early
    both = notes()
    assert both["Data set", "Title"] == "Register; Atlas"
    assert both["Data set", "Attribution"] == "Landesamt; Stadt"
    assert both["Data set", "Licence"] == "CC BY 4.0; dl-de/by-2-0"
    assert "licence: CC BY 4.0" in both["Source", "load 2"]
    assert "attribution: Stadt" in both["Source", "load 1"]


def _title(folder: Path) -> str:
    """Return the title of the method sheet."""
    with (folder / "small-notes.csv").open(encoding="utf-8", newline="") as file:
        return next(row["text"] for row in csv.DictReader(file) if row["subject"] == "Title")
