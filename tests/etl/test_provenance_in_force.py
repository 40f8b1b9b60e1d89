"""What is in force has the source it came with, whatever came or went beside it: outlines, overlays, words, an undo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import shapely
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from api.app import create_app
from api.settings import ServiceSettings
from db.queries import sources
from etl.undo import undo_load

pytestmark = pytest.mark.db

AWAY = {"undone_by": "test", "code_version": "test"}
BENCHES = """
[[overlay]]
id = "benches"
kind = "other"
title_de = "Bänke"
title_en = "Benches"
as_of = 2021-06-30
attribution = "Tiefbauamt"
file = "playgrounds.geojson"
"""


@pytest.fixture
def load(load, database: Engine, dataset, tmp_path: Path) -> Callable[[], int]:
    """Load the data set as it lies there; return the number of the load."""
    return lambda: load(database, dataset, tmp_path).load_id


def asking(engine: Engine) -> TestClient:
    url = engine.url.render_as_string(hide_password=False)
    return TestClient(create_app(ServiceSettings(database_url=url)))


def become(dataset, source: str, attribution: str) -> None:
    """Make the data set that of another source."""
    path = dataset.folder / "dataset.toml"
    _first, line, *rest = path.read_text(encoding="utf-8").split("\n")
    told = [f'attribution = "{attribution}"' if one.startswith("attribution") else one for one in rest]
    assert line.startswith("id = ")
    path.write_text("\n".join(["", f'id = "{source}"', *told]), encoding="utf-8")


def move(dataset, metres: float) -> None:
    """Move the outlines of all areas to the north."""
    areas = dataset.areas()
    areas["geometry"] = areas.geometry.translate(yoff=metres)
    dataset.write_areas(areas)


def next_years(dataset) -> None:
    """Make 2020 and 2021 of the table 2022 and 2023."""
    path = dataset.folder / "values.csv"
    path.write_text(path.read_text("utf-8").replace(";2021;", ";2023;").replace(";2020;", ";2022;"), "utf-8")


def edition(engine: Engine) -> int:
    with engine.connect() as connection:
        query = text("SELECT id FROM vintage WHERE geography_id = 'sub_district'")
        return int(connection.execute(query).scalar_one())


def drawn_by(engine: Engine) -> list[int]:
    """Return the loads that brought the outlines."""
    with engine.connect() as connection:
        return sources.area_loads(connection, [edition(engine)])


def behind(engine: Engine, indicator: str, period: str) -> list[str]:
    with engine.connect() as connection:
        told = sources.sources_of_values(
            connection, edition(engine), indicator_ids=[indicator], periods=[period]
        )
    return [one["attribution"] for one in told]


def said(engine: Engine) -> str:
    """Return whom the collection of the areas names."""
    with asking(engine) as client:
        return str(client.get("/collections/small.sub_district").json()["attribution"])


def test_outlines_that_an_undo_brings_back_are_of_those_who_drew_them(
    load: Callable[[], int], database: Engine, dataset, quiet
) -> None:
    first = load()
    become(dataset, "register", "Landesamt")
    next_years(dataset)
    load()
    become(dataset, "survey", "Vermessung")
    move(dataset, 5.0)
    moved = load()
    assert drawn_by(database) == [moved]
    undone = undo_load(database, moved, progress=quiet, **AWAY)
    assert drawn_by(database) == [first]
    assert behind(database, "residents", "2020") == ["Stadt"]
    assert behind(database, "residents", "2022") == ["Landesamt", "Stadt"]
    assert said(database) == "Landesamt; Stadt"
    # moved once more and taken back: what the second undo restores was restored by the first
    move(dataset, 5.0)
    undo_load(database, load(), progress=quiet, **AWAY)
    assert drawn_by(database) == [first]
    assert behind(database, "residents", "2020") == ["Stadt"]
    assert undone.counts["areas_restored"] == 5


def test_an_undo_that_is_undone_gives_the_outlines_back_to_who_moved_them(
    load: Callable[[], int], database: Engine, dataset, quiet
) -> None:
    load()
    become(dataset, "survey", "Vermessung")
    move(dataset, 5.0)
    moved = load()
    undone = undo_load(database, moved, progress=quiet, **AWAY)
    undo_load(database, undone.load_id, progress=quiet, **AWAY)
    assert drawn_by(database) == [moved]
    assert behind(database, "residents", "2020") == ["Vermessung", "Stadt"]


def test_a_collection_names_the_sources_of_its_values_when_every_outline_was_moved(
    load: Callable[[], int], database: Engine, dataset
) -> None:
    load()
    become(dataset, "survey", "Vermessung")
    move(dataset, 5.0)
    load()
    assert behind(database, "residents", "2020") == ["Vermessung", "Stadt"]
    assert said(database) == "Vermessung; Stadt"


def test_a_load_that_brings_only_an_overlay_does_not_rename_the_source_of_older_values(
    load: Callable[[], int], database: Engine, dataset, playground_layer, playgrounds, write_playgrounds
) -> None:
    load()
    write_playgrounds(dataset, playgrounds(shapely.Point(500_500, 6_000_500)))
    dataset.add(playground_layer)
    become(dataset, "small", "Grünamt")
    load()
    assert behind(database, "residents", "2020") == ["Stadt"]
    assert said(database) == "Stadt"
    with asking(database) as client:
        (city,) = client.get("/cities").json()["cities"]
    assert [one["attribution"] for one in city["sources"]] == ["Grünamt", "Stadt"]


def test_a_share_near_facilities_names_the_overlay_it_is_made_of_and_no_other(
    load: Callable[[], int],
    compute,
    database: Engine,
    dataset,
    playground_layer,
    near_playground,
    playgrounds,
    write_playgrounds,
) -> None:
    write_playgrounds(dataset, playgrounds(shapely.Point(500_500, 6_000_500)))
    dataset.add(playground_layer + 'attribution = "Grünamt"\n')
    dataset.add(BENCHES + near_playground)
    load()
    compute(database)
    assert behind(database, "near_playground", "2021") == ["Stadt", "Grünamt"]


def test_the_source_of_a_city_is_the_first_of_its_sources(
    load: Callable[[], int], database: Engine, dataset
) -> None:
    load()
    become(dataset, "register", "Landesamt")
    load()  # the same values once more: it brings nothing
    with asking(database) as client:
        (city,) = client.get("/cities").json()["cities"]
    assert city["source"] == city["sources"][0]
    assert [one["attribution"] for one in city["sources"]] == ["Stadt"]
