"""Maps of priority areas: what is agreed stays as it is, and every step has somebody's name."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from db.errors import MapStateError, UnknownMapError
from db.queries import priority_maps

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
    ],
)
def test_the_database_refuses_to_change_what_is_agreed(town: Engine, statement: str) -> None:
    agreed(town, draft(town))
    with pytest.raises(IntegrityError), town.begin() as connection:
        connection.execute(text(statement))


def test_two_maps_cannot_be_in_force(town: Engine) -> None:
    agreed(town, draft(town))
    second = draft(town)
    move(town, second, "proposed")
    with pytest.raises(IntegrityError, match="ix_priority_map_in_force"), town.begin() as connection:
        connection.execute(
            text(
                "UPDATE priority_map SET status = 'agreed', decision_number = '2', decision_date = '2026-01-01'"
                f" WHERE id = {second}"
            )
        )
