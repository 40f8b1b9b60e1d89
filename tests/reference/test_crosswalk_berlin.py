"""Crosswalks on Berlin: the planning area that was split on 1.1.2019, and published sums over 447 areas.

Data: ../shared/data/berlin-ewr-population-lor-pre2021 (residents at the end of 2018, 2019 and 2020, statistical report
A I 16) and ../shared/data/berlin-mss-lor-pre2021 (geometry); see their SOURCE.md. "Allende II" (09041403) was split off
"Kietzer Feld/Nachtheide" (09041301): 447 areas until 2018, 448 since. One polygon of the geometry carries the key of
another of the same name and is given its own here.
"""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from spatial.crosswalk import bridge, by_area, by_key, by_population, chain, extensive, intensive

DATA = Path(__file__).resolve().parents[2].parent / "shared/data"
REGISTER, MAPS = DATA / "berlin-ewr-population-lor-pre2021", DATA / "berlin-mss-lor-pre2021/lor_pre2021.gpkg"
YEARS = (2018, 2019, 2020)
WHOLE, PART = "09041301", "09041403"
RATE, MIGRATION = "inhabitants_with_migration_background_percentage", "inhabitants_with_migration_background"

pytestmark = pytest.mark.skipif(
    not (REGISTER.is_dir() and MAPS.is_file()), reason="the real data of Berlin are not on this machine"
)


def register(year, level="planning-areas"):
    file = REGISTER / f"berlin-lor-population-{year}-02-t1-{level}.csv"
    return pd.read_csv(file, dtype={"id": str}).set_index("id")


def layer(name):
    shapes = gpd.read_file(MAPS, layer=name)
    wrong = shapes["LOR_ID"].duplicated(keep=False) & shapes["BEZIRKSNAM"].str.startswith("Charlottenburg")
    return shapes.set_index(shapes["LOR_ID"].mask(wrong, "04030417")).geometry


@pytest.fixture(scope="module")
def maps():
    """Return the areas of the old edition and of the new one."""
    new = layer("planungsraeume")
    old = new.drop(PART)
    old[WHOLE] = shapely.union_all(new[[WHOLE, PART]].to_numpy())
    return old, new


@pytest.fixture(scope="module")
def series():
    """Return the residents of all three years, each on its edition."""
    tables = [
        register(year)
        .reset_index(names="area_id")
        .assign(
            period=year, edition="448" if year > 2018 else "447", value=lambda table: table["inhabitants"]
        )
        for year in YEARS
    ]
    return pd.concat(tables)


def test_brought_back_to_447_areas_nothing_is_estimated_and_all_sums_stay(series):
    changes = pd.DataFrame({"from_area": [WHOLE, PART], "to_area": [WHOLE, WHOLE]})
    way = by_key(changes, source=register(2019).index, target=register(2018).index, unlisted="same")
    assert way.source_kind.value_counts().to_dict() == {"same": 446, "merged": 2}
    bridged = bridge(
        series, {"448": way}, edition="447", kind="extensive", residents=register(2018)["inhabitants"]
    )
    sums = bridged.values.groupby("period")["value"].sum()
    # As published; see SOURCE.md.
    assert sums.to_dict() == {2018: 3_748_148, 2019: 3_769_495, 2020: 3_769_962}
    counted = bridged.values.set_index(["period", "area_id"])["value"]
    assert counted[:, WHOLE].to_dict() == {2018: 14_701, 2019: 10_107 + 4_441, 2020: 10_138 + 4_368}
    (row,) = bridged.breaks.to_dict("records")
    assert (row["period"], row["areas_changed"], row["areas_estimated"], row["worst_grade"]) == (
        2019,
        1,
        0,
        "A",
    )
    assert row["changed_share"] == pytest.approx(14_701 / 3_748_148)


def test_brought_to_448_areas_the_two_parts_are_estimates_and_all_others_exact(series, maps):
    old, new = maps
    residents = register(2019)["inhabitants"]
    way = by_population(old, new, new, residents)
    bridged = bridge(series, {"447": way}, edition="448", kind="extensive", residents=residents)
    assert bridged.values.query("period == 2018")["value"].sum() == pytest.approx(3_748_148, rel=1e-9)
    first = bridged.values.query("period == 2018").set_index("area_id")
    assert first["grade"].value_counts().to_dict() == {"A": 446, "C": 2}
    # 14,701 by the residents a year later, 10,107 and 4,441.
    assert first.loc[PART, "value"] == pytest.approx(14_701 * 4_441 / 14_548)
    others = register(2018)["inhabitants"].drop(WHOLE)
    assert first.loc[others.index, "value"].tolist() == others.tolist()
    (row,) = bridged.breaks.to_dict("records")
    assert (row["areas_changed"], row["areas_estimated"], row["worst_grade"]) == (2, 2, "C")
    assert row["estimated_share"] == pytest.approx(14_548 / 3_769_495)


def test_by_surface_the_split_is_a_guess_and_a_bad_one(maps):
    old, new = maps
    way = by_area(old, new)
    assert way.source_kind.value_counts().to_dict() == {"same": 446, "divided": 1}
    found = extensive(register(2018)["inhabitants"], way)
    assert found.totals["placed"] == pytest.approx(3_748_148, rel=1e-9)
    assert found.grade[[WHOLE, PART]].tolist() == ["C", "D"]
    # Allende II has a tenth of the ground, most of which is forest, and three tenths of the residents.
    assert found.value[PART] / 14_701 == pytest.approx(0.105, abs=0.001)
    counted = register(2019)["inhabitants"][[WHOLE, PART]]
    assert counted[PART] / counted.sum() == pytest.approx(0.305, abs=0.001)


def test_there_and_back_again_is_what_it_was(maps):
    old, new = maps
    down = by_population(old, new, new, register(2019)["inhabitants"])
    there_and_back = chain(down, by_area(new, old))
    assert set(there_and_back.source_kind) == {"same"}
    counts = register(2018)["inhabitants"]
    pd.testing.assert_series_equal(
        extensive(counts, there_and_back).value.loc[counts.index], counts.astype(float), check_names=False
    )


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize(("level", "digits"), [("district-regions", 6), ("districts", 2)])
def test_published_counts_and_rates_of_the_larger_areas_are_reproduced(year, level, digits):
    areas, published = register(year), register(year, level)
    way = by_key(pd.DataFrame({"from_area": areas.index, "to_area": areas.index.str[:digits]}))
    for column in ("inhabitants", MIGRATION, "inhabitants_foreigners"):
        found = extensive(areas[column], way)
        assert found.value.loc[published.index].tolist() == published[column].tolist()
        assert set(found.grade) == {"A"}
    rate = intensive(areas[RATE], areas["inhabitants"], way)
    # Computed from rates with all their digits: only rounding of the last of 16 is left.
    assert rate.value.loc[published.index].to_numpy() == pytest.approx(published[RATE].to_numpy(), rel=1e-12)
    simple = areas[RATE].groupby(areas.index.str[:digits]).mean()
    assert (simple - published[RATE]).abs().max() > 1


def test_surface_finds_the_district_regions_that_the_keys_name(maps):
    way = by_area(maps[1], layer("bezirksregionen"))
    pairs = way.to_frame()
    assert (pairs["from_area"].str[:6] == pairs["to_area"]).all()
    assert len(pairs) == 448
    # The layers were drawn apart: 31 slivers, the largest with a thousandth of its area.
    assert way.parameters["sliver_pairs"] > 0
    assert way.slivers.max() < 0.002
