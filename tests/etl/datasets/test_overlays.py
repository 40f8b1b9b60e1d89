"""Facilities and streets with a manifest: read, stored, replaced, served, and who lives near them."""

from __future__ import annotations

import re
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from api.app import create_app
from api.settings import ServiceSettings
from db.queries.catalogue import indicator
from db.queries.overlays import overlays, read_features, read_overlay_page, take_back_overlays
from etl.datasets.first_manifest import first_manifest
from etl.datasets.manifest_reading import manifest_of

STREETS = """
[[overlay]]
id = "streets"
kind = "street"
title_de = "Straßen"
title_en = "Streets"
as_of = 2021-06-30
licence = "ODbL-1.0"
attribution = "Vermessungsamt"
file = "streets.gpkg"
"""


def spot(x: float, y: float) -> shapely.Point:
    """A point of the small town: its four squares lie side by side from 0 to 4,000 m."""
    return shapely.Point(500_000 + x, 6_000_000 + y)


@pytest.fixture
def town(playground_layer, playgrounds, write_playgrounds, dataset):
    """The small town with two playgrounds, in the middle of 01 and at the eastern end of 03, and one street."""
    write_playgrounds(dataset, playgrounds(spot(500, 500), spot(3000, 500)))
    ticks = range(0, 4001, 500)
    street = shapely.LineString([(500_000 + tick, 6_000_500) for tick in ticks])
    gpd.GeoDataFrame({"art": ["Weg"]}, geometry=[street], crs="EPSG:25832").to_file(
        dataset.folder / "streets.gpkg"
    )
    dataset.add(playground_layer + STREETS)
    return dataset


def shares(engine: Engine, indicator: str = "near_playground") -> dict[tuple[str, str], tuple[float, str]]:
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT area_id, period, round(value::numeric, 3), status FROM value WHERE indicator_id = :one"
            ),
            {"one": indicator},
        ).all()
    return {
        (area, period): (None if value is None else float(value), status)
        for area, period, value, status in rows
    }


def test_features_are_placed_in_the_crs_of_the_city_with_what_is_asked_for_and_nothing_else(town) -> None:
    found = town.inspect()
    [ground, streets] = found.delivery.overlays
    assert (ground.id, ground.kind, ground.licence, len(ground.features)) == (
        "playgrounds",
        "facility",
        "dl-de/by-2-0",
        2,
    )
    assert ground.features["properties"].tolist() == [{"places": 10}, {"places": 11}]  # no phone number
    assert ground.features.geometry[0].distance(spot(500, 500)) < 0.01
    assert (streets.licence, streets.attribution) == ("ODbL-1.0", "Vermessungsamt")
    [step] = [name for name in found.delivery.repairs if name.startswith("playgrounds: reprojected")]
    assert found.delivery.repairs[step] == 2


def test_a_table_with_coordinates_is_an_overlay_as_well(playground_layer, dataset) -> None:
    (dataset.folder / "kitas.csv").write_text(
        "name;art;x;y\nKita A;Kita;500500,0;6000500,0\nHort;Hort;501500,5;6000500,0\n", encoding="utf-8"
    )
    dataset.add(
        playground_layer.replace('"playgrounds.geojson"', '"kitas.csv"').replace(
            'properties = ["places"]', ""
        )
        + 'x = "x"\ny = "y"\ndecimal = ","\ncrs = "EPSG:25832"\nwhere = { art = "Kita" }\n'
    )
    found = dataset.inspect()
    assert found.delivery.overlays[0].features["name"].tolist() == ["Kita A"]
    assert found.counted["playgrounds: features that the manifest does not ask for"] == 1


def test_a_first_manifest_offers_points_and_lines_as_overlays_to_be_decided_on(town) -> None:
    (town.folder / "dataset.toml").unlink()
    text = first_manifest(town.folder)
    assert '# [[overlay]]\n# id = "playgrounds"\n# kind = "facility"' in text
    assert '# id = "streets"\n# kind = "street"' in text
    decided = re.sub("^# (?=\\[\\[overlay|(?:id|kind|title_..|as_of|file) = )", "", text, flags=re.MULTILINE)
    assert [one.id for one in manifest_of(decided.replace('"?"', '"told"')).overlay] == [
        "playgrounds",
        "streets",
    ]


@pytest.mark.db
def test_overlays_are_stored_with_the_load_and_the_same_again_changes_nothing(
    load, database: Engine, town, tmp_path: Path
) -> None:
    first = load(database, town, tmp_path)
    assert (first.counts["overlays_inserted"], first.counts["overlay_features"]) == (2, 3)
    town.manifest('title_de = "Atlas"', 'title_de = "Sozialatlas"')
    again = load(database, town, tmp_path)
    assert (again.counts["overlays_unchanged"], again.counts["overlays_inserted"]) == (2, 0)
    with database.connect() as connection:
        assert [one.load_id for one in overlays(connection, "small")] == [first.load_id] * 2


@pytest.mark.db
def test_a_changed_layer_takes_the_place_of_the_one_before_which_is_kept_and_can_be_taken_back(
    load, playgrounds, write_playgrounds, database: Engine, town, tmp_path: Path
) -> None:
    load(database, town, tmp_path)
    write_playgrounds(town, playgrounds(spot(1500, 500)))
    town.manifest(STREETS, "")
    report = load(database, town, tmp_path)
    assert (report.counts["overlays_replaced"], report.counts["overlays_withdrawn"]) == (1, 1)
    with database.begin() as connection:
        [ground] = overlays(connection)
        assert read_features(connection, ground).geometry.iloc[0].distance(spot(1500, 500)) < 0.01
        assert connection.execute(text("SELECT count(*) FROM overlay")).scalar_one() == 3
    town.manifest('title_de = "Atlas"', 'title_de = "Sozialatlas"')
    undo = load(database, town, tmp_path)  # any later load
    with database.begin() as connection:
        assert take_back_overlays(connection, report.load_id, undone_by=undo.load_id) == 3
        assert [(one.name, one.features) for one in overlays(connection)] == [
            ("playgrounds", 2),
            ("streets", 1),
        ]


@pytest.mark.db
def test_features_are_served_a_page_at_a_time_in_degrees(
    load, database: Engine, town, tmp_path: Path
) -> None:
    load(database, town, tmp_path)
    with database.connect() as connection:
        ground = overlays(connection, "small")[0]
        page = read_overlay_page(connection, ground, limit=1)
        rest = read_overlay_page(connection, ground, limit=1, after=page.next_after)
    assert (page.next_after, rest.next_after) == (1, None)
    assert '"name": "Spielplatz 1", "places": 10' in page.features[0]
    assert '"coordinates":[9.00' in page.features[0].replace(
        " ", ""
    )  # the central meridian of the zone is 9° east


@pytest.mark.db
def test_people_at_most_so_far_from_a_playground_are_counted_exactly_so_far_included(
    compute, load, near_playground, database: Engine, town, tmp_path: Path
) -> None:
    town.add(near_playground)
    load(database, town, tmp_path)
    outcomes = compute(database)
    assert [one.kind for one in outcomes][:3] == ["shares", "access", "status-index"]
    # People start from the middle of their square: 500, 1500, 2500, 3500. Playgrounds are at 500 and 3000: 0, 1000, 500
    # and 500 m away, so all are near, 02 exactly.
    assert shares(database) == {
        **{(area, "2021"): (100.0, "measured") for area in ("000", "01", "02", "03", "04")}
    }
    with database.connect() as connection:
        told = indicator(connection, "small", "near_playground").universe_de
    assert told == (
        "Einwohnerinnen und Einwohner, höchstens 1000 m in Luftlinie entfernt: Spielplätze"
        " (Stand 30.06.2021; genau 1000 m zählt mit); ohne Wert bei weniger als 100"
    )
    town.manifest("metres = 1000", "metres = 999")
    load(database, town, tmp_path)
    compute(database)
    # Without the 2,020 of 02: 3,390 of 5,410.
    assert shares(database)[("000", "2021")] == (62.662, "measured")
    assert shares(database)[("02", "2021")] == (0.0, "zero")


@pytest.mark.db
def test_along_streets_with_points_all_over_the_areas(
    compute, load, near_playground, database: Engine, town, tmp_path: Path
) -> None:
    town.add(
        near_playground.replace(
            "metres = 1000", 'metres = 600\nway = "streets"\nstreets = "streets"\nsurface = 500'
        )
    )
    load(database, town, tmp_path)
    compute(database)
    # The grid of 500 m has one point inside each square, its middle on the street: 0, 1000, 500, 500 m; uncertain, because
    # it stands for the surface. 01, 03 and 04 are near.
    found = shares(database)
    assert found[("000", "2021")] == (62.662, "uncertain")
    assert found[("02", "2021")] == (0.0, "uncertain")
    with database.connect() as connection:
        statement = text("SELECT count(ci_low) FROM value WHERE indicator_id = 'near_playground'")
        assert (
            connection.execute(statement).scalar_one() == 0
        )  # where on the surface is not a matter of chance


@pytest.mark.db
def test_a_withheld_place_withholds_the_sum_and_its_own_share(
    compute, load, near_playground, database: Engine, town, tmp_path: Path
) -> None:
    town.add(
        near_playground.replace('group = "residents"', 'group = "non_german"').replace("= 1000", "= 999")
    )
    town.manifest('profile = "as-published"', 'profile = "strict"')
    town.values("01;2021;1010;110", "01;2021;1010;3")
    load(database, town, tmp_path)
    compute(database)
    found = shares(database)
    assert found[("01", "2021")] == (None, "suppressed")
    assert found[("000", "2021")] == (None, "suppressed")


@pytest.mark.db
@pytest.mark.parametrize(
    ("confidentiality", "compute_more", "few"),
    [
        # Of the group live 110, 310, 20 and 95 in 2021; the recommended profile shows rates of 100 or more.
        ('profile = "recommended"', "", "suppressed"),
        ('profile = "recommended"\nminimum_denominator = 15', "", "missing"),  # not reliable, 100 by itself
        ('profile = "recommended"\nexceptions = { non_german = "none" }', "reliable_from = 1\n", "measured"),
    ],
)
def test_of_fewer_than_the_profile_allows_no_share_is_published(
    compute,
    load,
    near_playground,
    database: Engine,
    town,
    tmp_path: Path,
    confidentiality: str,
    compute_more: str,
    few: str,
) -> None:
    town.add(near_playground.replace('group = "residents"', 'group = "non_german"'))
    town.manifest('profile = "as-published"', confidentiality)
    town.manifest("[compute]\n", "[compute]\n" + (compute_more or "reliable_from = 100\n"))
    if few == "suppressed":
        town.manifest("reliable_from = 100", "reliable_from = 1")
    load(database, town, tmp_path)
    compute(database)
    found = shares(database)
    assert {found[(area, "2021")][1] for area in ("03", "04")} == {few}
    # All are near, which everybody can measure: 100 is no share of nearly all that would have to be shown as 90.
    assert found[("01", "2021")] == (100.0, "measured")
    with database.connect() as connection:
        told = indicator(connection, "small", "near_playground").universe_en
    least = {"suppressed": "100", "missing": "100", "measured": "1"}[few]
    assert told.endswith(f"; no value with fewer than {least}")


@pytest.mark.db
def test_a_share_that_is_asked_for_no_more_is_gone(
    compute, load, near_playground, database: Engine, town, tmp_path: Path
) -> None:
    town.add(near_playground)
    load(database, town, tmp_path)
    compute(database)
    town.manifest(near_playground[near_playground.index("[[access]]") :], "")
    load(database, town, tmp_path)
    compute(database)
    assert shares(database) == {}


@pytest.mark.db
def test_the_service_lists_overlays_and_gives_their_features_with_whom_to_name(
    load, database: Engine, town, tmp_path: Path
) -> None:
    load(database, town, tmp_path)
    url = database.url.render_as_string(hide_password=False)
    with TestClient(create_app(ServiceSettings(database_url=url))) as client:
        heads = client.get("/cities").json()["cities"][0]["overlays"]
        listed = client.get("/cities/small/overlays").json()["overlays"]
        first = client.get(f"/overlays/{listed[0]['id']}/items?limit=1")
        following = [link["href"] for link in first.json()["links"] if link["rel"] == "next"]
        rest = client.get(following[0]).json()
        assert client.get("/overlays/small.playgrounds").json() == listed[0]
        assert client.get("/overlays/small.trees/items").status_code == 404
        assert client.get("/cities/nowhere/overlays").status_code == 404
    assert [one["id"] for one in listed] == ["small.playgrounds", "small.streets"]
    assert heads[0]["colour"] != heads[1]["colour"]
    assert first.headers["content-type"] == "application/geo+json"
    assert (first.json()["licence"], first.json()["as_of"]) == ("dl-de/by-2-0", "2021-06-30")
    assert first.json()["features"][0]["properties"] == {"name": "Spielplatz 1", "places": 10}
    assert [one["id"] for one in rest["features"]] == [2]
    assert not any(link["rel"] == "next" for link in rest["links"])
