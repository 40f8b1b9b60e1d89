"""Shares of people near facilities over several loads and cities: each says what it is, and none stops the others."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import shapely
from sqlalchemy import Engine, event, text

from db.queries.catalogue import indicator
from db.queries.overlays import overlay_in_force, overlays
from etl.access_changes import asks_otherwise
from etl.datasets.source import open_source
from etl.undo import undo_load

SECOND = """
[[indicator]]
id = "far_from_nothing"
title_de = "Nahe an einem Spielplatz, 2020"
title_en = "Near a playground, 2020"
unit = "%"
kind = "intensive"
[[access]]
indicator = "far_from_nothing"
group = "residents"
overlay = "playgrounds"
metres = 1000
periods = ["2019"]
"""


@pytest.fixture
def town(near_playground, playground_layer, playgrounds, write_playgrounds, dataset):
    """The small town with a playground in the middle of its first square."""
    write_playgrounds(dataset, playgrounds(shapely.Point(500_500, 6_000_500)))
    dataset.add(playground_layer + near_playground)
    return dataset


def stored(engine: Engine, name: str = "near_playground") -> set[str]:
    """Periods with values."""
    with engine.connect() as connection:
        query = text("SELECT DISTINCT period FROM value WHERE indicator_id = :name")
        return set(connection.execute(query, {"name": name}).scalars())


def universe(engine: Engine, city: str = "small") -> str:
    with engine.connect() as connection:
        return indicator(connection, city, "near_playground").universe_en


@pytest.mark.db
def test_two_cities_with_the_same_share_each_keep_their_own_distance(
    load, database: Engine, town, tmp_path: Path
) -> None:
    load(database, town, tmp_path)
    other = tmp_path / "other"
    shutil.copytree(town.folder, other)
    manifest = (other / "dataset.toml").read_text(encoding="utf-8")
    manifest = manifest.replace('id = "small"', 'id = "other"').replace("metres = 1000", "metres = 300")
    (other / "dataset.toml").write_text(manifest, encoding="utf-8")
    load(database, open_source(other), tmp_path)
    assert "at most 1000 m" in universe(database)
    assert "at most 300 m" in universe(database, "other")


@pytest.mark.db
def test_another_distance_takes_the_old_numbers_away_and_its_undo_brings_the_old_text_back(
    compute, load, database: Engine, town, tmp_path: Path
) -> None:
    load(database, town, tmp_path)
    compute(database)
    assert stored(database) == {"2021"}
    town.manifest('title_de = "Atlas"', 'title_de = "Sozialatlas"')
    load(database, town, tmp_path)
    assert stored(database) == {"2021"}
    town.manifest("metres = 1000", "metres = 300")
    report = load(database, town, tmp_path)
    assert stored(database) == set()
    assert "at most 300 m" in universe(database)
    undo_load(
        database,
        report.load_id,
        undone_by="test",
        code_version="test",
        progress=lambda _name, _share=None: None,
    )
    assert "at most 1000 m" in universe(database)


def test_what_no_share_depends_on_is_no_other_question() -> None:
    share = '[[access]]\nindicator = "near"\nmetres = 300\n'
    assert asks_otherwise(None, share)
    assert asks_otherwise(share, share.replace("300", "500"))
    assert asks_otherwise(share, share + "[compute]\nreliable_from = 50\n")
    assert asks_otherwise(share, "")
    assert not asks_otherwise(share, share + '[source]\ntitle_de = "Atlas"\n')
    assert not asks_otherwise("", "[compute]\nreliable_from = 50\n")


@pytest.mark.db
def test_a_share_that_cannot_be_computed_is_left_out_with_the_reason_and_the_others_are_computed(
    compute, load, database: Engine, town, tmp_path: Path
) -> None:
    town.add(SECOND)
    [warning] = [one for one in town.inspect().findings.found if "access" in one.what]
    assert warning.severity == "warning"
    assert warning.what == (
        "access 'far_from_nothing': no table has a value of 'residents' of sub_district in 2019, so that nothing can be"
        " computed unless an earlier load brought some; there are 2020, 2021"
    )
    load(database, town, tmp_path)
    outcomes = [one.sentence() for one in compute(database)]
    assert (
        "access: left out: far_from_nothing: no residents of sub_district in 2019, only in 2020, 2021;"
        " correct periods, then load small again"
    ) in outcomes
    assert [one.split(":")[0] for one in outcomes][:4] == ["shares", "access", "access", "status-index"]
    assert stored(database) == {"2021"}
    assert stored(database, "far_from_nothing") == set()


@pytest.mark.db
def test_a_group_without_any_value_is_told_and_the_rest_goes_on(
    compute, load, database: Engine, town, tmp_path: Path
) -> None:
    town.manifest('group = "residents"', 'group = "cats"')
    town.add(
        '[[indicator]]\nid = "cats"\ntitle_de = "Katzen"\ntitle_en = "Cats"\nunit = "cats"\nkind = "extensive"\n'
    )
    [warning] = [one for one in town.inspect().findings.found if "access" in one.what]
    assert "no table has a value of 'cats' on any level" in warning.what
    load(database, town, tmp_path)
    outcomes = [one.sentence() for one in compute(database)]
    assert (
        "access: left out: near_playground: there are no counts of cats on any level;"
        " correct group or places, then load small again"
    ) in outcomes
    assert any(one.startswith("status-index") for one in outcomes)


@pytest.mark.db
def test_the_newest_period_is_that_of_the_newest_day(
    compute, load, database: Engine, town, tmp_path: Path
) -> None:
    # As a text 2021-Q1 comes after 2021, which ends nine months later.
    for area in ("01", "02", "03", "04"):
        town.values(f"{area};2020;", f"{area};2021-Q1;")
    load(database, town, tmp_path)
    compute(database)
    assert stored(database) == {"2021"}


@pytest.mark.db
def test_one_layer_is_looked_up_without_counting_the_features_of_the_others(
    load, playground_layer, database: Engine, town, tmp_path: Path
) -> None:
    town.add(playground_layer.replace('id = "playgrounds"', 'id = "parks"'))
    load(database, town, tmp_path)
    with database.connect() as connection:
        asked: list[str] = []
        event.listen(connection, "before_cursor_execute", lambda *told: asked.append(told[2]))
        found = overlay_in_force(connection, "small", "parks")
        assert found == overlays(connection, "small")[0]
        assert "(o.city_id, o.name) =" in asked[0]
        assert overlay_in_force(connection, "small", "trees") is None
        assert overlay_in_force(connection, "other", "parks") is None
