"""Maps of priority areas: what is agreed stays as it is, and every step has somebody's name."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from db import migrate
from db.errors import MapStateError, UnknownMapError
from db.queries import priority_maps
from db.queries.city_lock import lock_city
from spatial.regions import outlines_digest

pytestmark = pytest.mark.db

DAY = date(2026, 10, 28)


@pytest.fixture
def town(database: Engine) -> Engine:
    """A city with one level."""
    with database.begin() as connection:
        connection.execute(text("INSERT INTO city VALUES ('town', 'Stadt', 'Town', 25833, true)"))
        connection.execute(
            text("INSERT INTO geography_level VALUES ('town', 'block', NULL, 0, 2, 'Block', 'Block')")
        )
    return database


def draft(engine: Engine, *, title: str = "Schwerpunkträume", shift: float = 0.0) -> int:
    shapes = [shapely.box(shift, 0, shift + 100, 100), shapely.box(500, 0, 600, 100)]
    regions = gpd.GeoDataFrame(
        {"kind": "blue", "areas": [2, 1], "residents": [300.0, None], "mean_need": [1.5, None]},
        geometry=shapes,
        index=["West", "Ost"],
        crs=25833,
    )
    areas = pd.Series(["West", "West", "Ost", None], index=["01", "02", "07", "08"])
    with engine.begin() as connection:
        return priority_maps.create(
            connection,
            city_id="town",
            title=title,
            geography_id="block",
            edition="2024",
            regions=regions,
            areas=areas,
            passport={"origin": "run", "inputs_hash": "a" * 64},
            by="mueller",
            note="erster Stand",
        )


def move(engine: Engine, number: int, status: str, **more: object) -> None:
    with engine.begin() as connection:
        priority_maps.move(connection, number, status, by="schmidt", **more)


def execute(engine: Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def agreed(engine: Engine, number: int, decision: str = "VII-DS-1") -> None:
    move(engine, number, "proposed")
    move(engine, number, "agreed", decision_number=decision, decision_date=DAY)


def test_a_draft_holds_its_regions_its_areas_and_who_made_it(town: Engine) -> None:
    number = draft(town)
    with town.connect() as connection:
        known = priority_maps.get(connection, "town", number)
        members = priority_maps.read_areas(connection, number)
        shapes = priority_maps.read_regions(connection, number)
        events = priority_maps.events(connection, number)
    assert (known["status"], known["regions"], known["areas"], known["created_by"]) == (
        "draft",
        2,
        3,
        "mueller",
    )
    assert members.to_dict() == {"01": "West", "02": "West", "07": "Ost"}
    assert shapes.geometry.area.to_dict() == {"Ost": 10_000.0, "West": 10_000.0}
    assert shapes["residents"].dropna().to_dict() == {"West": 300.0}
    assert [(one["status"], one["done_by"], one["note"]) for one in events] == [
        ("draft", "mueller", "erster Stand")
    ]


def test_equal_outlines_have_one_checksum_and_moved_ones_another(town: Engine) -> None:
    first, same, other = draft(town), draft(town), draft(town, shift=0.001)
    with town.connect() as connection:
        sums = [priority_maps.get(connection, "town", one)["geometry_sha256"] for one in (first, same, other)]
    assert sums[0] == sums[1] != sums[2]


def test_a_map_goes_from_draft_over_proposed_to_agreed_and_supersedes_the_one_before(town: Engine) -> None:
    old, new = draft(town), draft(town, title="Neu", shift=5.0)
    agreed(town, old)
    agreed(town, new, "VIII-DS-7")
    with town.connect() as connection:
        states = {row["id"]: row["status"] for row in priority_maps.listed(connection, "town")}
        in_force = priority_maps.in_force(connection, "town")
        events = priority_maps.events(connection, old)
    assert states == {old: "superseded", new: "agreed"}
    assert in_force is not None
    assert (in_force["id"], in_force["decision_number"], in_force["decision_date"]) == (new, "VIII-DS-7", DAY)
    assert [one["status"] for one in events] == ["draft", "proposed", "agreed", "superseded"]
    assert events[-1]["note"] == f"VIII-DS-7: map {new}"


@pytest.mark.parametrize("status", ["agreed", "superseded", "draft"])
def test_steps_that_do_not_exist_are_refused_with_those_that_do(town: Engine, status: str) -> None:
    number = draft(town)
    with pytest.raises(MapStateError, match="it can become: proposed, withdrawn"):
        move(town, number, status, decision_number="1", decision_date=DAY)


@pytest.mark.parametrize(("number_of", "day"), [(None, DAY), ("  ", DAY), ("VII-DS-1", None)])
def test_nothing_is_agreed_without_a_decision(town: Engine, number_of: str | None, day: date | None) -> None:
    number = draft(town)
    move(town, number, "proposed")
    with pytest.raises(MapStateError, match="number and date of a decision"):
        move(town, number, "agreed", decision_number=number_of, decision_date=day)


def test_an_unknown_map_is_named_with_where_to_look(town: Engine) -> None:
    with (
        pytest.raises(UnknownMapError, match="priority areas 99; 'sozialraum boundary list town'"),
        town.connect() as connection,
    ):
        priority_maps.get(connection, "town", 99)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE priority_map SET title = 'x'",
        "UPDATE priority_map SET passport = '{}'",
        "UPDATE priority_map SET geometry_sha256 = repeat('0', 64)",
        "UPDATE priority_map SET decision_date = '2020-01-01'",
        "UPDATE priority_map SET status = 'draft', decision_number = NULL, decision_date = NULL",
        "DELETE FROM priority_map",
        "UPDATE priority_map_region SET residents = 0",
        "DELETE FROM priority_map_region",
        "INSERT INTO priority_map_region SELECT map_id, 'x', kind, areas, residents, mean_need, geometry"
        " FROM priority_map_region LIMIT 1",
        "DELETE FROM priority_map_area",
        "INSERT INTO priority_map_area SELECT map_id, region_id, '99' FROM priority_map_region LIMIT 1",
        "UPDATE priority_map_area SET area_id = '77'",
        "DELETE FROM priority_map_event",
        "UPDATE priority_map_event SET done_by = 'x'",
        "TRUNCATE priority_map CASCADE",
        "TRUNCATE priority_map_area",
        "INSERT INTO priority_map_event (map_id, status, done_by) SELECT id, 'agreed', 'x' FROM priority_map",
        "UPDATE priority_map SET status = 'superseded'",
        "SELECT set_config('sozialraum.done_by', 'x', true); UPDATE priority_map SET status = 'superseded'",
        "SET LOCAL session_replication_role = replica; UPDATE priority_map SET title = 'x'",
        "SET LOCAL session_replication_role = replica; DELETE FROM priority_map_area",
    ],
)
def test_the_database_refuses_to_change_what_is_agreed(town: Engine, statement: str) -> None:
    agreed(town, draft(town))
    with pytest.raises(IntegrityError), town.begin() as connection:
        connection.execute(text(statement))


MAP = (
    "INSERT INTO priority_map (city_id, title, status, geography_id, edition, passport, geometry_sha256, created_by)"
    " VALUES ('town', 'x', 'draft', 'block', '1', '{}', repeat('0', 64), 'x')"
)
REGION = (
    "INSERT INTO priority_map_region SELECT max(id), '1', 'blue', 1, NULL, NULL,"
    " 'SRID=25833;MULTIPOLYGON(((0 0,0 9,9 9,0 0)))' FROM priority_map"
)
WHO = "SELECT set_config('sozialraum.done_by', 'x', true)"


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        ((MAP.replace("'draft'", "'agreed'"),), "begins as a draft, not as agreed"),
        (
            (MAP, REGION, WHO, "UPDATE priority_map SET status = 'proposed' WHERE id = 2"),
            "2 is not whole yet",
        ),
        (("UPDATE priority_map SET status = 'proposed'",), "nobody is named who makes map 1 proposed"),
        ((REGION,), "map 1 is whole, nothing is added to it"),
        (
            (
                WHO,
                "UPDATE priority_map SET status = 'proposed'",
                WHO,
                "UPDATE priority_map SET status = 'agreed', decision_number = '1', decision_date = '2999-01-01'",
            ),
            "decided on 2999-01-01, which lies ahead",
        ),
    ],
)
def test_the_database_refuses_a_map_that_skips_a_step(
    town: Engine, statements: tuple[str, ...], reason: str
) -> None:
    assert draft(town) == 1
    with pytest.raises(IntegrityError, match=reason):
        execute(town, *statements)


def test_steps_by_hand_are_recorded_with_the_name_and_the_time_of_the_server(town: Engine) -> None:
    execute(town, MAP, REGION)
    execute(town, WHO, "UPDATE priority_map SET status = 'proposed'")
    with town.connect() as connection:
        events = priority_maps.events(connection, 1)
        now = connection.execute(text("SELECT now()")).scalar_one()
    assert [(one["status"], one["done_by"]) for one in events] == [("draft", "x"), ("proposed", "x")]
    assert events[0]["done_at"] < events[1]["done_at"] < now


def test_a_map_without_regions_is_not_proposed(town: Engine) -> None:
    execute(town, MAP)
    with pytest.raises(MapStateError, match="proposed without a single priority area"):
        move(town, 1, "proposed")


def test_the_schema_is_not_taken_back_while_a_map_is_agreed(town: Engine) -> None:
    agreed(town, draft(town))
    with pytest.raises(IntegrityError, match="agreed maps of priority areas, which would be lost"):
        migrate.downgrade(town, "0006")
    assert migrate.is_current(town)


@pytest.mark.parametrize("shape", [shapely.box(0, 0, 1 / 3, 100), shapely.Point(3, 4).buffer(1 / 7)])
def test_the_checksum_is_that_of_the_stored_outlines(town: Engine, shape: shapely.Polygon) -> None:
    regions = gpd.GeoDataFrame(
        {"kind": "blue", "areas": 1, "residents": 1.0, "mean_need": None},
        geometry=[shape, shapely.force_3d(shapely.box(500, 0, 600, 100)), shapely.box(700, 0, 800, 100)],
        index=["10", "9", "1"],
        crs=25833,
    )
    with town.begin() as connection:
        number = priority_maps.create(
            connection,
            city_id="town",
            title="x",
            geography_id="block",
            edition="1",
            regions=regions,
            areas=pd.Series(dtype="str"),
            passport={},
            by="x",
        )
    with town.connect() as connection:
        kept = priority_maps.get(connection, "town", number)["geometry_sha256"]
        assert outlines_digest(priority_maps.read_regions(connection, number)) == kept


def test_of_two_maps_that_are_agreed_to_at_once_one_is_refused_by_name(town: Engine) -> None:
    numbers = [draft(town), draft(town, shift=5.0)]
    for number in numbers:
        move(town, number, "proposed")

    def agree(number: int) -> str:
        try:
            move(town, number, "agreed", decision_number=str(number), decision_date=DAY)
        except MapStateError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(2) as pool:
        with town.begin() as connection:
            lock_city(connection, "town")
            told = [pool.submit(agree, number) for number in numbers]
            waiting = text(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
            for _ in range(500):
                if connection.execute(waiting).scalar_one() == 2:
                    break
                time.sleep(0.01)
        answers = [one.result(timeout=30) for one in told]
    with town.connect() as connection:
        in_force = priority_maps.in_force(connection, "town")
    assert in_force is not None
    place = numbers.index(in_force["id"])
    assert answers[place] == ""
    assert f"map {in_force['id']} was agreed at the same moment" in answers[1 - place]


def test_two_maps_cannot_be_in_force(town: Engine) -> None:
    agreed(town, draft(town))
    second = draft(town)
    move(town, second, "proposed")
    agree = "UPDATE priority_map SET status = 'agreed', decision_number = '2', decision_date = '2026-01-01'"
    with pytest.raises(IntegrityError, match="ix_priority_map_in_force"):
        execute(town, WHO, f"{agree} WHERE id = {second}")
