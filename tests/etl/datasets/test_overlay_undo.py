"""Overlays go with the load that brought them: taken back with it, and back again when the undo is undone."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from sqlalchemy import Engine

from db.queries.overlays import overlays
from etl.pipeline import load_city
from etl.raw import RawStore
from etl.undo import undo_load

pytestmark = pytest.mark.db

LAYER = """
[[overlay]]
id = "{name}"
kind = "facility"
title_de = "Orte"
title_en = "Places"
as_of = 2021-06-30
file = "{name}.gpkg"
"""


def quiet(_name: str, _share: float | None = None) -> None:
    """Progress nobody looks at."""


def places(dataset, name: str, number: int) -> None:
    points = [shapely.Point(500_500 + 100 * one, 6_000_500) for one in range(number)]
    path = dataset.folder / f"{name}.gpkg"
    path.unlink(missing_ok=True)
    gpd.GeoDataFrame({"no": range(number)}, geometry=points, crs="EPSG:25832").to_file(path)


def load(engine: Engine, dataset, tmp_path: Path) -> int:
    known = {"loaded_by": "test", "code_version": "test", "progress": quiet}
    return load_city(engine, dataset.source(), RawStore(tmp_path / "raw"), folder=None, **known).load_id


def undo(engine: Engine, load_id: int) -> int:
    return undo_load(engine, load_id, undone_by="test", code_version="test", progress=quiet).load_id


def in_force(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {one.name: one.features for one in overlays(connection, "small")}


def test_an_undo_brings_replaced_and_withdrawn_layers_back_and_its_own_undo_takes_them_out_again(
    database: Engine, dataset, tmp_path: Path
) -> None:
    dataset.add(LAYER.format(name="schools") + LAYER.format(name="parks"))
    places(dataset, "schools", 2)
    places(dataset, "parks", 1)
    load(database, dataset, tmp_path)
    dataset.manifest(LAYER.format(name="parks"), LAYER.format(name="stops"))
    places(dataset, "schools", 3)
    places(dataset, "stops", 4)
    second = load(database, dataset, tmp_path)
    assert in_force(database) == {"schools": 3, "stops": 4}
    undone = undo(database, second)
    assert in_force(database) == {"schools": 2, "parks": 1}
    again = undo(database, undone)
    assert in_force(database) == {"schools": 3, "stops": 4}
    undo(database, again)
    assert in_force(database) == {"schools": 2, "parks": 1}


def test_the_undo_of_the_first_load_leaves_no_layer_in_force(
    database: Engine, dataset, tmp_path: Path
) -> None:
    dataset.add(LAYER.format(name="schools"))
    places(dataset, "schools", 2)
    first = load(database, dataset, tmp_path)
    undone = undo(database, first)
    assert in_force(database) == {}
    undo(database, undone)
    assert in_force(database) == {"schools": 2}
