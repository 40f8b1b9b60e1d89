"""Crosswalks made by surface, people and keys, kept, out of date, and refused with what to do."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from sqlalchemy import text

from db.queries import conversions
from db.queries.bridged import read_series
from etl.errors import EtlError

pytestmark = pytest.mark.db

BY_AREA = ("--from", "sub_district@2020", "--to", "sub_district@2022", "--by", "area")
BY_PEOPLE = (*BY_AREA[:4], "--by", "population", "--weights", "sub_district@2022:residents:2022")


@pytest.mark.parametrize(("way", "changed"), [(BY_AREA, "boundaries"), (BY_PEOPLE, "weights")])
def test_with_changed_boundaries_or_weights_a_crosswalk_is_out_of_date_until_it_is_made_again(
    town, way: tuple[str, ...], changed: str
) -> None:
    town.later()
    town.run("make", "small", *way)
    if changed == "boundaries":
        town.redraw(500)
    else:
        town.dataset.values("05;2022;600;", "05;2022;601;")
    town.load()
    assert "out of date: make it again" in town.run("list", "small")
    told = town.run("convert", "small")
    assert "crosswalk 1 is out of date" in told
    assert town.count() == 0
    town.run("make", "small", *way)
    town.convert()
    assert town.count() > 0
    if changed == "boundaries":
        assert town.series("residents").loc[("2020", "05"), "value"] == 450


def test_with_redrawn_blocks_of_the_weights_a_crosswalk_is_out_of_date_though_their_counts_are_the_same(
    town,
) -> None:
    town.later()
    asked = ("make", "small", "--from", "city@2020", "--to", "city@2022", *BY_PEOPLE[4:])
    town.run(*asked)
    assert "in force" in town.run("list", "small")
    with town.engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE area SET geometry = ST_Translate(geometry, 1, 0) WHERE area_id = '05' AND vintage_id ="
                " (SELECT id FROM vintage WHERE (geography_id, edition) = ('sub_district', '2022'))"
            )
        )
    assert "out of date: make it again" in town.run("list", "small")
    town.run(*asked)
    assert "in force" in town.run("list", "small").splitlines()[1]


def test_what_was_converted_with_the_crosswalk_before_is_removed_and_nothing_else(town) -> None:
    town.later()
    town.run("make", "small", "--from", "@2020", "--to", "@2022", "--by", "area")
    town.convert()
    every = town.count()
    # residents, non_german and rate, on five areas, in 2020 and 2021
    told = town.run("make", "small", *BY_PEOPLE)
    assert "30 values converted with the crosswalk before are removed" in told
    assert "'sozialraum crosswalk convert small' or 'sozialraum compute small' makes them anew" in told
    assert town.count() == every - 30 > 0
    town.convert()
    assert town.count() == every
    assert town.series("residents").loc[("2020", "05"), "grade"] == "C"


def test_a_table_of_keys_of_the_changes_alone(town, tmp_path: Path) -> None:
    town.later()
    keys = tmp_path / "schluessel.csv"
    keys.write_text("alt;neu;anteil\n04;05;0,4\n04;06;0,6\n", encoding="cp1252")
    told = town.run(
        "make", "small", *BY_AREA[:4], "--by", "key", "--table", str(keys), "--column", "from_area=alt",
        "--column", "to_area=neu", "--column", "share=anteil", "--decimal", ",", "--changes-only",
        "--basis", "population", "--weights-are-public",
    )  # fmt: skip
    assert "3 same, 1 divided" in told
    town.convert()
    values = town.series("residents").loc["2020"]
    assert values["value"].loc[["05", "06"]].tolist() == pytest.approx([360, 540])
    assert values["grade"].loc["05"] == "C"
    with town.engine.connect() as connection:
        (row,) = conversions.crosswalks(connection, "small")
    assert len(row["parameters"]["sha256"]) == 64
    assert (tmp_path / "raw").is_dir()


@pytest.mark.parametrize(
    ("table", "more", "message"),
    [
        ("alt,to_area\n04,05\n", (), "no column 'from_area'"),
        ("from_area,to_area,share\n04,05,x\n", (), "1 share.s. are no numbers, such as 'x' in row 2"),
        ("from_area,to_area\n04,05\n04,06\n", ("--changes-only",), "not said how much to which"),
        (
            "from_area,to_area,share\n04,05,0.5\n04,06,0.6\n",
            ("--changes-only", "--weights-are-public"),
            "something else than 1",
        ),
        ("from_area,to_area\n04,05\n", (), "sources are not listed"),
        ("from_area,to_area\n4,05\n", ("--changes-only",), "does not have: 1 area.s.: 4"),
        (
            "from_area,to_area,weight\n04,05,2\n04,06,40\n",
            ("--changes-only",),
            "say --weights-are-public if they are",
        ),
        (
            # Made of a withheld 2 and a withheld 9 these would give both away beside their published sum.
            "from_area,to_area,share\n04,05,0.181818\n04,06,0.818182\n",
            ("--changes-only", "--basis", "population"),
            "say --weights-are-public if they are",
        ),
    ],
)
def test_a_wrong_table_of_keys_is_refused_with_what_to_do(
    town, tmp_path: Path, table: str, more: tuple[str, ...], message: str
) -> None:
    town.later()
    keys = tmp_path / "keys.csv"
    keys.write_text(table, encoding="utf-8")
    with pytest.raises(Exception, match=message):
        town.run("make", "small", *BY_AREA[:4], "--by", "key", "--table", str(keys), *more)
    with town.engine.connect() as connection:
        assert conversions.crosswalks(connection, "small") == []


def test_shares_that_divide_nothing_need_no_word(town, tmp_path: Path) -> None:
    town.later()
    keys = tmp_path / "keys.csv"
    keys.write_text("from_area,to_area,share\n04,05,1\n04,06,0\n", encoding="utf-8")
    told = town.run("make", "small", *BY_AREA[:4], "--by", "key", "--table", str(keys), "--changes-only")
    assert "crosswalk 1" in told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--from", "block@1999", "--to", "block", "--by", "area"), "no areas 'block@1999'; give one of: city@2020"),
        (("--from", "sub_district", "--to", "sub_district@2022", "--by", "area"), "source and target at once"),
        (("--from", "@2020", "--to", "sub_district", "--by", "area"), "of neither for all levels"),
        (("--from", "@2020", "--to", "@1990", "--by", "area"), "no level is there in both"),
        ((*BY_PEOPLE[:6], "--weights", "sub_district:residents"), "three parts|name level, indicator and period"),
        ((*BY_PEOPLE[:6], "--weights", "sub_district:shoes:2022"), "no values of 'shoes' in 2022"),
    ],
)  # fmt: skip
def test_places_and_weights_that_are_not_there_are_refused(
    town, arguments: tuple[str, ...], message: str
) -> None:
    town.later()
    with pytest.raises(EtlError, match=message):
        town.run("make", "small", *arguments)


def test_options_that_do_not_go_together_are_misuse(town) -> None:
    town.later()
    town.run("make", "small", *BY_AREA, "--table", "keys.csv", code=2)
    town.run("make", "small", *BY_AREA[:4], "--by", "population", code=2)


def test_all_levels_at_once(town) -> None:
    town.later()
    told = town.run("make", "small", "--from", "@2020", "--to", "@2022", "--by", "area")
    assert [line.split(",")[0] for line in told.splitlines()] == ["small: crosswalk 1", "small: crosswalk 2"]
    town.convert()
    with town.engine.connect() as connection:
        found = read_series(connection, "small", "residents", geography="city")
    assert found.values["value"].tolist() == [5400, 5410, 5430]
    assert found.values["grade"].tolist()[:2] == ["A", "A"]


def test_from_one_level_to_another_and_the_same_level_first(town) -> None:
    town.later()
    town.run("make", "small", "--from", "sub_district@2020", "--to", "city@2022", "--by", "area")
    town.convert()

    def told() -> pd.DataFrame:
        with town.engine.connect() as connection:
            return read_series(connection, "small", "residents", geography="city").values

    values = told()
    assert values["counted_on"].tolist() == ["sub_district@2020"] * 2 + ["2022"]
    assert values["value"].tolist() == [5400, 5410, 5430]
    assert values["derivation"].tolist()[:2] == ["sum", "sum"]
    town.run("make", "small", "--from", "city@2020", "--to", "city@2022", "--by", "area")
    town.convert()
    assert told()["counted_on"].tolist() == ["2020", "2020", "2022"]


def test_weights_of_a_file_need_the_word_that_they_may_be_published(town, tmp_path: Path) -> None:
    town.later()
    homes = gpd.GeoDataFrame(
        {"menschen": [30, 10, 5]},
        geometry=gpd.points_from_xy([503_100, 503_500, 503_900], [6_000_500] * 3),
        crs="EPSG:25832",
    )
    path = tmp_path / "homes.gpkg"
    homes.to_file(path)
    asked = ("make", "small", *BY_AREA[:4], "--by", "population", "--weights", f"{path}:menschen")
    with pytest.raises(EtlError, match="say --weights-are-public if they are"):
        town.run(*asked)
    town.run(*asked, "--weights-are-public")
    town.convert()
    # 30 of 45 in 05
    assert town.series("residents").loc[("2020", "05"), "value"] == pytest.approx(600)
    assert "in force" in town.run("list", "small")
