"""An undone load takes its boundaries and words with it: editions are withdrawn, names and units are what they were."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from api.app import create_app
from api.settings import ServiceSettings
from db import migrate
from db.queries import deliveries, runs
from db.queries.areas import geographies, read_areas
from db.queries.overlays import overlays
from etl.cities import city_profile
from etl.compute import compute_city
from etl.undo import UndoReport, undo_load

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


def quiet(_name: str, _share: float | None = None) -> None:
    """Progress nobody looks at."""


def undo(engine: Engine, number: int) -> UndoReport:
    return undo_load(engine, number, undone_by="test", code_version="test", progress=quiet)


def levels(engine: Engine) -> list[tuple[str, str, date | None]]:
    with engine.connect() as connection:
        return [(row["id"], row["edition"], row["valid_to"]) for row in geographies(connection, "small")]


def new_boundaries(dataset) -> None:
    """The four Stadtteile of 2024 are larger, and the last one has another name."""
    dataset.manifest('id = "2020"\nvalid_from = 2020-01-01', 'id = "2024"\nvalid_from = 2024-01-01')
    areas = dataset.areas()
    areas["geometry"] = areas.geometry.translate(yoff=500.0)
    areas.loc[3, "name"] = "Neu-Weststadt"
    dataset.write_areas(areas)


def test_an_edition_that_came_with_the_load_is_withdrawn_and_the_one_before_is_open_ended_again(
    load, database: Engine, dataset, tmp_path: Path
) -> None:
    load(database, dataset, tmp_path)
    before = levels(database)
    new_boundaries(dataset)
    load(database, dataset, tmp_path)
    assert [edition for _, edition, _ in levels(database)] == ["2024", "2024"]
    report = undo(database, 2)
    assert (report.counts["editions_withdrawn"], report.counts["values_taken_back"]) == (2, 28)
    assert levels(database) == before == [("city", "2020", None), ("sub_district", "2020", None)]
    with database.connect() as connection:
        kept = connection.execute(
            text(
                "SELECT count(*) FROM area JOIN vintage v ON v.id = vintage_id WHERE v.withdrawn_by = 3 AND edition = '2024'"
            )
        ).scalar_one()
    assert kept == 5


def test_the_service_shows_neither_a_withdrawn_edition_nor_an_empty_city(
    load, database: Engine, dataset, tmp_path: Path
) -> None:
    load(database, dataset, tmp_path)
    new_boundaries(dataset)
    load(database, dataset, tmp_path)
    undo(database, 2)
    url = database.url.render_as_string(hide_password=False)
    with TestClient(create_app(ServiceSettings(database_url=url))) as client:
        shown = client.get("/collections/small.sub_district/items").json()
        assert [one["properties"]["name"] for one in shown["features"]] == [
            "Altstadt", "Neustadt", "Südstadt", "Weststadt",
        ]  # fmt: skip
        assert {one["properties"]["edition"] for one in shown["features"]} == {"2020"}
        undo(database, 1)
        assert client.get("/cities").json()["cities"] == []
        assert client.get("/cities/small/indicators").status_code == 404
        assert client.get("/collections/small.sub_district/items").status_code == 404
        assert client.get("/").status_code == 200


def test_the_name_of_a_withdrawn_edition_is_free_for_other_areas(
    load, database: Engine, dataset, tmp_path: Path
) -> None:
    """The reason to undo was that the boundaries were wrong: the right ones are of the same edition."""
    load(database, dataset, tmp_path)
    new_boundaries(dataset)
    load(database, dataset, tmp_path)
    undo(database, 2)
    dataset.write_areas(dataset.areas().iloc[:3])
    lines = (dataset.folder / "values.csv").read_text("utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("04")]
    (dataset.folder / "values.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    report = load(database, dataset, tmp_path)
    assert report.counts["areas_inserted"] == 4  # the city and three Stadtteile
    assert [edition for _, edition, _ in levels(database)] == ["2024", "2024"]
    undo(database, report.load_id)
    assert [edition for _, edition, _ in levels(database)] == ["2020", "2020"]


def test_what_a_withdrawn_edition_has_published_is_known_to_later_loads(
    load, database: Engine, dataset, tmp_path: Path
) -> None:
    load(database, dataset, tmp_path)
    new_boundaries(dataset)
    load(database, dataset, tmp_path)
    undo(database, 2)
    with database.connect() as connection:
        stored = deliveries.stored_editions(connection, "small")
        gone = next(one for one in stored if one["edition"] == "2024#4")
        counts = deliveries.published_counts(connection, gone["vintage_id"], gone["periods"])
    assert sorted(gone["periods"]) == ["2020", "2021"]
    assert len(counts) == 16  # 2 counts of 4 Stadtteile in 2 years


def test_names_and_boundaries_that_changed_within_an_edition_are_what_they_were(
    load, database: Engine, dataset, tmp_path: Path
) -> None:
    def areas():
        with database.connect() as connection:
            return read_areas(connection, 2)

    load(database, dataset, tmp_path)
    before = areas()
    moved = dataset.areas()
    moved["geometry"] = moved.geometry.translate(xoff=5.0)
    moved.loc[0, "name"] = "Innenstadt"
    dataset.write_areas(moved)
    report = load(database, dataset, tmp_path)
    assert report.counts["areas_changed"] == 5  # the outline of the city as well
    after = areas()
    assert undo(database, 2).counts["areas_restored"] == 5
    assert areas().equals(before)
    assert undo(database, 3).counts["areas_restored"] == 5
    assert areas().equals(after)


def test_titles_units_and_licences_are_what_they_were(
    load, database: Engine, dataset, tmp_path: Path
) -> None:
    def told() -> tuple[str, ...]:
        query = (
            "SELECT c.title_de, s.licence, i.own ->> 'unit', g.title_en FROM city c"
            " JOIN geography_level g ON g.city_id = c.id CROSS JOIN source s"
            " JOIN city_indicator i ON i.city_id = c.id WHERE g.rank = 1 AND i.indicator_id = 'rate'"
        )
        with database.connect() as connection:
            return tuple(connection.execute(text(query)).one())

    load(database, dataset, tmp_path)
    before = told()
    dataset.manifest('title_de = "Kleinstadt"', 'title_de = "Großstadt"')
    dataset.manifest('licence = "dl-de/by-2-0"', 'licence = "CC0-1.0"')
    dataset.manifest('unit = "%"', 'unit = "‰"')
    dataset.manifest('title_en = "Sub-districts"', 'title_en = "Parts"')
    load(database, dataset, tmp_path)
    assert told() == ("Großstadt", "CC0-1.0", "‰", "Parts")
    assert undo(database, 2).counts["definitions_restored"] == 4
    assert told() == before
    with database.connect() as connection:
        assert city_profile("small", connection).source.manifest.city.title_de == "Kleinstadt"


def test_a_word_that_another_load_has_changed_since_stays(
    load, database: Engine, dataset, tmp_path: Path
) -> None:
    load(database, dataset, tmp_path)
    dataset.manifest('licence = "dl-de/by-2-0"', 'licence = "CC0-1.0"')
    dataset.manifest('unit = "%"', 'unit = "‰"')
    load(database, dataset, tmp_path)
    other = "UPDATE city_indicator SET own = own || '{\"unit\": \"percent\"}' WHERE indicator_id = 'rate'"
    with database.begin() as connection:
        connection.execute(text("UPDATE source SET licence = 'CC-BY-4.0'"))
        connection.execute(text(other))
    assert undo(database, 2).counts["definitions_restored"] == 0
    with database.connect() as connection:
        found = connection.execute(
            text("SELECT own ->> 'unit', licence FROM city_indicator, source WHERE indicator_id = 'rate'")
        ).one()
    assert found == ("percent", "CC-BY-4.0")


def test_a_proposal_on_a_withdrawn_edition_is_the_newest_no_more(
    load, database: Engine, dataset, tmp_path: Path
) -> None:
    def propose() -> int:
        with database.connect() as connection:
            profile = city_profile("small", connection)
        outcomes = compute_city(database, profile, requested_by="test", code_version="test", progress=quiet)
        return outcomes[-1].run_id

    (dataset.folder / "method.toml").write_text(METHOD, encoding="utf-8")
    dataset.manifest("[compute]\n", '[compute]\nmethods = { "*" = "method.toml" }\n')
    dataset.values("03;2020;1500;-;.", "03;2020;1500;-;1,0")
    load(database, dataset, tmp_path)
    first = propose()
    new_boundaries(dataset)
    load(database, dataset, tmp_path)
    second = propose()
    url = database.url.render_as_string(hide_password=False)
    with TestClient(create_app(ServiceSettings(database_url=url))) as client:
        assert client.get("/cities/small/proposal").json()["run"]["id"] == second
        undo(database, 2)
        assert client.get("/cities/small/proposal").json()["run"]["id"] == first
        zones = client.get("/collections").json()["collections"]
    assert all("2024" not in str(one) for one in zones)
    with database.connect() as connection:
        newest = runs.newest(connection, city_id="small", kind="proposal")
    assert newest is not None
    assert newest["id"] == first


def test_layers_are_those_of_before_however_often_a_load_was_undone_and_brought_back(
    load, database: Engine, dataset, tmp_path: Path
) -> None:
    def served() -> list[str]:
        with database.connect() as connection:
            return [one.title_de for one in overlays(connection, "small")]

    dataset.add(
        '[[overlay]]\nid = "places"\nkind = "facility"\ntitle_de = "Orte"\ntitle_en = "Places"\nas_of = 2021-06-30\n'
        'file = "places.gpkg"\n'
    )
    dataset.write_areas(dataset.areas().assign(geometry=dataset.areas().centroid), "places.gpkg")
    dataset.write_areas(dataset.areas())
    load(database, dataset, tmp_path)
    for title, before in (("Neue Orte", "Orte"), ("Neueste Orte", "Neue Orte")):
        dataset.manifest(f'title_de = "{before}"', f'title_de = "{title}"')
        load(database, dataset, tmp_path)
    for number, title in (
        (3, "Neue Orte"),
        (4, "Neueste Orte"),  # the undo of the undo
        (3, "Neue Orte"),
        (2, "Orte"),
        (7, "Neue Orte"),
        (2, "Orte"),
    ):
        undo(database, number)
        assert served() == [title], number


def test_the_way_back_of_the_schema_is_open_once_the_undo_is_undone(
    load, database: Engine, dataset, tmp_path: Path
) -> None:
    load(database, dataset, tmp_path)
    new_boundaries(dataset)
    load(database, dataset, tmp_path)
    undo(database, 2)
    with pytest.raises(RuntimeError, match=r"small sub_district@2024 \(withdrawn by load 3\)"):
        migrate.downgrade(database, "0010")
    undo(database, 3)
    migrate.downgrade(database, "0010")
    with database.connect() as connection:
        editions = connection.execute(text("SELECT DISTINCT edition FROM vintage ORDER BY 1")).scalars().all()
    assert editions == ["2020", "2024"]
