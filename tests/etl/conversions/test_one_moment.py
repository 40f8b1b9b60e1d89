"""What is read for one answer is of one moment: a load that is stored meanwhile has no say in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
import typer
from fastapi.testclient import TestClient
from sqlalchemy import text
from typer.testing import CliRunner

from api.app import create_app
from api.settings import ServiceSettings
from db.queries import bridged
from etl import surfaces
from etl.cli.main import app
from etl.cli.series import series
from etl.conversions import own_areas

pytestmark = pytest.mark.db


def meanwhile(town, function: Callable[..., object], statement: str) -> Callable[..., object]:
    """Return the function, which stores something in another transaction before it begins."""

    def done(*arguments: object, **options: object) -> object:
        with town.engine.begin() as other:
            other.execute(text(statement))
        return function(*arguments, **options)

    return done


@pytest.fixture
def bridged_town(town, monkeypatch: pytest.MonkeyPatch):
    """The town, which loses its converted values after the edition of a series was chosen."""
    town.later()
    town.run("make", "small", "--from", "sub_district@2020", "--to", "sub_district@2022", "--by", "area")
    town.convert()
    lost = meanwhile(town, bridged.bridged_values, "DELETE FROM converted_value")
    monkeypatch.setattr(bridged, "bridged_values", lost)
    return town


def test_a_series(bridged_town) -> None:
    command = typer.Typer()
    command.command()(series)
    found = CliRunner().invoke(command, ["small", "05", "residents", "--json"], catch_exceptions=False)
    assert [one["period"] for one in json.loads(found.stdout)["values"]] == ["2020", "2021", "2022"]
    assert bridged_town.count() == 0


def test_a_series_of_the_service(bridged_town) -> None:
    url = bridged_town.engine.url.render_as_string(hide_password=False)
    with TestClient(create_app(ServiceSettings(database_url=url))) as client:
        body = client.get("/cities/small/series/residents", params={"area": "05"}).json()
    assert [one["period"] for one in body["values"]] == ["2020", "2021", "2022"]
    assert bridged_town.count() == 0


def test_values_on_areas_of_ones_own(town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = shapely.box(500_000, 6_000_000, 504_000, 6_001_000)
    gpd.GeoDataFrame({"zelle": ["all"]}, geometry=[whole], crs="EPSG:25832").to_file(tmp_path / "cells.gpkg")
    changed = meanwhile(town, own_areas.read_source, "UPDATE value SET value = 1 WHERE value > 0")
    monkeypatch.setattr(own_areas, "read_source", changed)
    town.run(
        "apply", "small", "--from", "sub_district", "--to", str(tmp_path / "cells.gpkg"), "--key", "zelle", "--by",
        "area", "--indicator", "residents", "--period", "2020", "--out", str(tmp_path / "out.csv"),
    )  # fmt: skip
    # 1,000 + 2,000 + 1,500 + 900
    assert pd.read_csv(tmp_path / "out.csv")["value"].tolist() == pytest.approx([5400])


def test_a_surface(town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ["surface", "small", "residents", "--geography", "sub_district", "--out"]
    before, after = tmp_path / "before.tif", tmp_path / "after.tif"
    assert CliRunner().invoke(app, [*asked, str(before)]).exit_code == 0
    changed = meanwhile(town, surfaces.read_layer, "UPDATE value SET value = 500 WHERE value > 0")
    monkeypatch.setattr(surfaces, "read_layer", changed)
    found = CliRunner().invoke(app, [*asked, str(after)])
    assert found.exit_code == 0, found.exception
    assert before.read_bytes() == after.read_bytes()
