"""The people of the sample city: counts that fit together, places that differ, years that hang together."""

from __future__ import annotations

import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from etl.checks import check
from etl.delivery import Delivery
from etl.sample_city.conclusions import AGE_GROUPS, PARTS
from etl.sample_city.counts import BASE_INDICATORS
from etl.sample_city.delivery import delivery_from, long_values
from etl.sample_city.generate import SettledCity, generate, settle
from etl.sample_city.parameters import CENTRE, SampleCityParameters
from etl.sample_city.plan import CityPlan
from indicators.sample import SAMPLE_COUNTS, SAMPLE_INDICATORS, SAMPLE_STATUS_INDICATORS
from indicators.status import WITHOUT_VALUE, ValueStatus

ROOT = Path(__file__).resolve().parents[2]


def quiet(_name: str, _share: float | None = None) -> None:
    pass


@pytest.fixture(scope="module")
def city() -> SettledCity:
    return settle(SampleCityParameters(), quiet)


@pytest.fixture(scope="module")
def delivery() -> Delivery:
    return generate(SampleCityParameters(), quiet)


def share(city: SettledCity, part: str, whole: str, rows: slice) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return city.values[part][rows] / city.values[whole][rows]


def at(city: SettledCity, geography: str) -> slice:
    return city.nesting.at(
        ["city", "district", "sub_district", "statistical_district", "block"].index(geography)
    )


def in_radii(areas: gpd.GeoDataFrame) -> np.ndarray:
    centre = areas.geometry.centroid
    return np.column_stack([centre.x - CENTRE[0], centre.y - CENTRE[1]]) / SampleCityParameters().radius


@pytest.mark.parametrize("name", BASE_INDICATORS)
def test_every_parent_is_the_sum_of_its_children(city, name):
    values, nesting = city.values[name], city.nesting
    for parent in range(nesting.starts[-2]):
        assert (values[parent] == values[nesting.parent == parent].sum(axis=0)).all()


def test_the_three_age_groups_are_all_residents(city):
    assert (sum(city.values[name] for name in AGE_GROUPS) == city.values["residents"]).all()


@pytest.mark.parametrize(("part", "whole"), PARTS)
def test_no_part_is_larger_than_its_whole(city, part, whole):
    assert (city.values[part] >= 0).all()
    assert (city.values[part] <= city.values[whole]).all()


def test_where_nobody_lives_nothing_is_counted(city):
    empty = city.values["residents"] == 0
    for name in set(BASE_INDICATORS) - {"dwellings", "living_space"}:
        assert not city.values[name][empty].any()


def test_an_inhabited_block_has_at_least_four_residents(city):
    residents = city.values["residents"][city.nesting.leaves]
    assert residents[residents > 0].min() >= 4


def test_the_city_is_about_as_large_and_as_poor_as_its_model(city):
    top = slice(0, 1)
    residents = city.values["residents"][0]
    assert 480_000 < residents[0] < 560_000
    assert 580_000 < residents[-1] < 640_000
    # Ranges around the published figures of large east German cities, wide enough for any seed.
    for part, whole, low, high in (
        ("unemployed", "residents_15_65", 0.04, 0.12),
        ("sgb2_recipients", "residents", 0.06, 0.16),
        ("sgb2_children_u15", "residents_u15", 0.12, 0.33),
        ("migration_background", "residents", 0.08, 0.28),
        ("residents_65p", "residents", 0.15, 0.25),
        ("residents_u18", "residents", 0.12, 0.22),
        ("households_single", "households", 0.45, 0.62),
    ):
        figures = share(city, part, whole, top)
        assert (figures > low).all(), part
        assert (figures < high).all(), part
    assert 1.7 < (residents / city.values["households"][0]).min() < 2.1


def test_need_is_where_the_plan_has_it(city):
    areas = city.areas[city.areas["geography"] == "block"]
    u, rows = in_radii(areas), city.nesting.leaves

    def unemployed(here: np.ndarray, year: int) -> float:
        count, of = (city.values[name][rows][here, year].sum() for name in ("unemployed", "residents_15_65"))
        return count / of

    everywhere = np.ones(len(u), dtype=bool)
    estate, east, pocket = (
        place.distance(u) < 0.9 for place in (CityPlan.estate, CityPlan.east, CityPlan.pocket)
    )
    east &= CityPlan.pocket.distance(u) > 1.5
    for year in (0, -1):
        assert unemployed(estate, year) > 1.5 * unemployed(everywhere, year)
        assert unemployed(east, year) > 1.25 * unemployed(everywhere, year)
        # The well-developed pocket lies in the needy inner east.
        assert unemployed(pocket, year) < 0.6 * unemployed(east, year)
    # The inner west becomes better off faster than the city.
    west = CityPlan.creative_west.distance(u) < 0.9
    assert unemployed(west, -1) / unemployed(west, 0) < unemployed(everywhere, -1) / unemployed(everywhere, 0)


def test_neighbours_are_alike_and_years_hang_together(city):
    rows = at(city, "statistical_district")
    unemployed = share(city, "unemployed", "residents_15_65", rows)
    lived_in = (city.values["residents"][rows] > 300).all(axis=1)
    areas = city.areas[city.areas["geography"] == "statistical_district"][lived_in]
    geometry = areas.geometry.to_numpy()
    first, second = shapely.STRtree(geometry).query(geometry, predicate="touches")
    assert np.corrcoef(unemployed[lived_in, -1][first], unemployed[lived_in, -1][second])[0, 1] > 0.4
    for before, after in zip(unemployed[lived_in].T[:-1], unemployed[lived_in].T[1:], strict=True):
        assert np.corrcoef(before, after)[0, 1] > 0.9


def test_disused_sites_are_built_on_during_the_years(city):
    residents = city.values["residents"][city.nesting.leaves]
    newly = (residents[:, 0] == 0) & (residents[:, -1] > 0)
    assert newly.sum() > 10
    assert (residents[newly, -1] > 100).any()


def test_the_delivery_passes_the_checks_before_loading(delivery):
    check(delivery)


def test_twenty_counts_are_delivered_and_no_share(delivery):
    assert {indicator.id for indicator in SAMPLE_COUNTS} == set(BASE_INDICATORS)
    assert set(delivery.values["indicator_id"]) == set(BASE_INDICATORS)
    assert not any(indicator.is_share for indicator in SAMPLE_COUNTS)
    # The other one is the share of people near playgrounds, which is not made of two counts.
    assert sum(indicator.is_share for indicator in SAMPLE_INDICATORS) == len(SAMPLE_INDICATORS) - 21
    shares = {indicator.id for indicator in SAMPLE_INDICATORS if indicator.is_share}
    assert set(SAMPLE_STATUS_INDICATORS) <= shares


def test_every_share_is_made_of_delivered_counts():
    for indicator in SAMPLE_INDICATORS:
        if indicator.is_share:
            assert {indicator.numerator, indicator.denominator} <= set(BASE_INDICATORS)
        assert indicator.title_de != ""
        assert indicator.title_en != ""


def test_twelve_years_are_delivered_for_every_area(delivery):
    assert sorted(delivery.values["period"].unique()) == [str(year) for year in range(2012, 2024)]
    assert len(delivery.values) == len(delivery.areas) * 12 * 20
    dates = delivery.values.drop_duplicates("period").set_index("period")["reference_date"]
    assert dates["2019"].isoformat() == "2019-12-31"


def test_every_state_of_a_value_occurs_and_only_two_have_none(delivery):
    status = delivery.values["status"]
    assert set(status) == {state.value for state in ValueStatus} - {"uncertain"}
    without = status.isin([state.value for state in WITHOUT_VALUE])
    assert (delivery.values["value"].isna() == without).all()
    assert (delivery.values.loc[status == "zero", "value"] == 0).all()
    assert (delivery.values.loc[status == "measured", "value"] > 0).all()


def test_one_late_delivery_leaves_the_total_of_its_district_known(delivery):
    values = delivery.values[delivery.values["indicator_id"] == "old_age_basic_security"]
    late = values[values["status"] == "missing"]
    assert late["period"].nunique() == 1
    assert late["area_id"].str.startswith("7").all()
    assert set(late["geography"]) == {"sub_district", "statistical_district", "block"}
    district = values[(values["geography"] == "district") & (values["area_id"] == "7")]
    assert district.set_index("period").loc[late["period"].iloc[0], "status"] == "measured"


def test_the_newest_year_of_one_indicator_is_provisional(delivery):
    provisional = delivery.values[delivery.values["status"] == "provisional"]
    assert set(provisional["indicator_id"]) == {"sgb2_recipients"}
    assert set(provisional["period"]) == {"2023"}


def test_most_counts_of_blocks_are_published(delivery):
    blocks = delivery.values[delivery.values["geography"] == "block"]
    withheld = (blocks["status"] == "suppressed").groupby(blocks["indicator_id"]).mean()
    assert withheld["residents"] == 0
    assert withheld["unemployed"] < 0.15
    assert withheld["residents_15_65"] < 0.08
    assert 0.06 < withheld.mean() < 0.14
    assert withheld[["dwellings", "living_space"]].eq(0).all()


def test_everything_says_that_it_is_synthetic(delivery):
    assert delivery.city.is_synthetic
    assert "synthetisch" in delivery.city.title_de
    assert "synthetic" in delivery.city.title_en
    for text in (delivery.source.title_de, delivery.source.publisher, delivery.source.attribution):
        assert "synthetisch" in text
    assert "synthetic" in delivery.source.title_en
    assert delivery.source.licence == "CC0-1.0"


def test_long_values_keep_every_count_in_its_place():
    """Two areas, one year, two indicators: 4 rows, the first area first."""
    from etl.sample_city.publication import STATUSES, Publication

    areas = gpd.GeoDataFrame({"geography": ["city", "district"], "area_id": ["M", "0"]})
    measured, secret = STATUSES.index(ValueStatus.MEASURED), STATUSES.index(ValueStatus.SUPPRESSED)
    publication = Publication(
        indicators=("residents", "unemployed"),
        value=np.array([[[10.0, np.nan]], [[7.0, 3.0]]]),
        status=np.array([[[measured, secret]], [[measured, measured]]], dtype=np.int8),
    )
    rows = long_values(areas, publication, [2020])
    assert rows["area_id"].tolist() == ["M", "M", "0", "0"]
    assert rows["indicator_id"].tolist() == ["residents", "unemployed"] * 2
    assert rows["value"].fillna(-1).tolist() == [10, -1, 7, 3]
    assert rows["status"].tolist() == ["measured", "suppressed", "measured", "measured"]


def test_block_keys_may_be_longer_in_a_larger_city(delivery):
    layers = {one.id: one.features.assign(kind=one.id) for one in delivery.overlays}
    longer = delivery_from(delivery.areas, delivery.values, delivery.rejected, layers, block_digits=4)
    assert [geography.key_length for geography in longer.geographies] == [1, 1, 2, 3, 7]
    assert [geography.key_length for geography in delivery.geographies] == [1, 1, 2, 3, 5]


def test_the_manifest_says_what_is_generated(delivery):
    manifest = tomllib.loads((ROOT / "data" / "sample-city" / "dataset.toml").read_text(encoding="utf-8"))
    assert SampleCityParameters(**manifest["parameters"]) == SampleCityParameters()
    counts = manifest["counts"]
    assert counts.pop("indicators") == delivery.values["indicator_id"].nunique()
    # Other versions of the geometry libraries may move a block or two.
    assert counts.pop("values") == pytest.approx(len(delivery.values), rel=0.01)
    assert counts == pytest.approx(delivery.areas["geography"].value_counts().to_dict(), rel=0.01)
    assert manifest["overlays"] == pytest.approx(
        {one.id: len(one.features) for one in delivery.overlays}, rel=0.02
    )
    assert manifest["synthetic"] is True
    assert (manifest["id"], manifest["licence"]) == (delivery.source.id, delivery.source.licence)
    assert manifest["publisher"] == delivery.source.publisher
