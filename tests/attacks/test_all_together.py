"""All relations at once, and all exports: what one withholds, no other may have."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from db.engine import connect
from etl.offline_map import save_offline_map
from maps.catalogue import text

SAMPLES = ("unemployed", "unemployed_share", "residents_u15", "residents_u15_share", "status_index")


@pytest.fixture
def attack(equations, areas_add_up, categories_add_up, rates_times_denominators):
    """Attacks 1 to 3 on one sheet of paper."""

    def program(public):
        paper = equations(public)
        for write in (areas_add_up, categories_add_up, rates_times_denominators):
            write(paper)
        return paper.narrowed()

    return program


def test_together_they_find_what_none_finds_alone(attack, equations, areas_add_up, categories_add_up, naive):
    # Children of area 0 have two unknowns beside them in the sum over areas and in the sum over ages, until the old of
    # area 0 are known from the areas, and the children of area 1 from the ages.
    ages = {"residents_u15": (2, 20), "residents_15_65": (40, 50), "residents_65p": (30, 8)}
    counts = {name: {"0": of[0], "1": of[1], "M": sum(of)} for name, of in ages.items()}
    counts["residents"] = {area: sum(of[area] for of in counts.values()) for area in ("0", "1", "M")}
    level = {"0": "district", "1": "district", "M": "city"}
    cells = {
        (level[area], area, name, "2020"): float(value)
        for name, of in counts.items()
        for area, value in of.items()
    }
    hidden = {
        ("district", "0", "residents_u15", "2020"),
        ("district", "0", "residents_65p", "2020"),
        ("district", "1", "residents_u15", "2020"),
    }
    public = replace(
        naive,
        values={cell: value for cell, value in cells.items() if cell not in hidden},
        statuses={cell: "suppressed" if cell in hidden else "measured" for cell in cells},
        parent={("district", "0"): ("city", "M"), ("district", "1"): ("city", "M")},
        shares={},
        counts=set(counts),
    )

    def alone(write) -> set:
        paper = equations(public)
        write(paper)
        return set(paper.narrowed())

    assert alone(areas_add_up) == {("district", "0", "residents_65p", "2020")}
    assert alone(categories_add_up) == {("district", "1", "residents_u15", "2020")}
    assert attack(public) == {cell: (cells[cell], cells[cell]) for cell in hidden}


@pytest.mark.db
def test_together_they_find_nothing_in_what_the_service_gives(attack, served):
    assert attack(served) == {}


@pytest.mark.db
def test_the_service_withholds_every_small_count(served, truth):
    small = {cell for cell in served.statuses if cell[2] in served.counts and 0 < truth[cell] < 3}
    small -= {cell for cell in small if cell[2] in {"dwellings", "living_space"}}
    assert len(small) > 1000
    assert not small & set(served.values)


@pytest.mark.db
@pytest.mark.parametrize("indicator", SAMPLES)
def test_geojson_withholds_what_the_map_withholds(client, served, indicator):
    for level in ("statistical_district", "block"):
        for period in ("2020", "2022"):
            features = client.get(
                f"/collections/sample.{level}/items",
                params={"limit": 10_000, "indicator": indicator, "period": period},
            ).json()["features"]
            for feature in features:
                given = feature["properties"]
                assert given["status"] == served.statuses[level, feature["id"], indicator, period]
                assert (given["value"] is None) == (
                    (level, feature["id"], indicator, period) not in served.values
                )


@pytest.mark.db
@pytest.mark.parametrize("indicator", ["unemployed", "unemployed_share"])
def test_the_offline_map_withholds_what_the_map_withholds(small_city_url, served, indicator, tmp_path):
    engine = connect(small_city_url)
    with engine.connect() as connection:
        path = save_offline_map(
            connection,
            "sample",
            tmp_path / "map.html",
            indicator_id=indicator,
            geography="block",
            period="2022",
        )
    engine.dispose()
    tooltips = [
        json.loads(f'"{raw}"') for raw in re.findall(r'"text": "((?:[^"\\]|\\.)*)"', path.read_text("utf-8"))
    ]
    hidden = {
        cell[1]
        for cell, status in served.statuses.items()
        if (cell[0], cell[2], cell[3]) == ("block", indicator, "2022") and status == "suppressed"
    }
    words = text("status.suppressed", "de")
    told = 0
    for area in hidden:
        of_area = [tip for tip in tooltips if re.search(rf"\b{area}\b", tip)]
        assert of_area
        told += len(of_area)
        for tip in of_area:
            shown = re.sub(r"<[^>]+>", " ", tip)
            assert words in shown
            assert not re.search(r"\d", re.sub(rf"\b{area}\b", "", shown)), shown
    assert told >= len(hidden) > 0
