"""The ground of the sample city: a real city's shape, an exact coverage on every level, keys that nest."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.sample_city.generate import SettledCity, generate_blocks, settle
from etl.sample_city.parameters import (
    CENTRE,
    SRID,
    ParameterError,
    SampleCityParameters,
    generator_version,
)

LEVELS = ("city", "district", "sub_district", "statistical_district", "block")


def quiet(_name: str, _share: float | None = None) -> None:
    pass


@pytest.fixture(scope="module")
def city() -> SettledCity:
    return settle(SampleCityParameters(years=1), quiet)


def level(city: SettledCity, name: str) -> gpd.GeoDataFrame:
    return city.areas[city.areas["geography"] == name].set_index("area_id", drop=False)


def blocks_called(city: SettledCity, use: str) -> gpd.GeoDataFrame:
    blocks = level(city, "block")
    return blocks[blocks["name"].str.endswith(f"({use})")]


def test_the_default_city_is_as_large_as_promised(city):
    counts = city.areas["geography"].value_counts()
    assert counts["city"] == 1
    assert counts["district"] == 10
    assert 54 <= counts["sub_district"] <= 66
    assert 280 <= counts["statistical_district"] <= 320
    assert 2850 <= counts["block"] <= 3150


@pytest.mark.parametrize("name", LEVELS)
def test_every_level_is_an_exact_coverage(city, name):
    geometry = level(city, name).geometry.to_numpy()
    assert shapely.is_valid(geometry).all()
    assert shapely.coverage_is_valid(geometry)
    assert (shapely.get_type_id(geometry) == shapely.GeometryType.MULTIPOLYGON).all()


@pytest.mark.parametrize(("finer", "coarser"), list(zip(LEVELS[1:], LEVELS[:-1], strict=True)))
def test_parents_are_the_exact_union_of_their_children(city, finer, coarser):
    parents = level(city, coarser)
    for key, children in level(city, finer).groupby("parent_id"):
        union = shapely.normalize(shapely.coverage_union_all(children.geometry.to_numpy()))
        parent = shapely.normalize(parents.loc[key, "geometry"])
        # Normal form of a multipolygon with one part is still a multipolygon: compare the parts.
        assert shapely.equals(union, parent), key
        assert set(map(tuple, shapely.get_coordinates(union))) == set(
            map(tuple, shapely.get_coordinates(parent))
        )


def test_keys_are_text_and_the_parent_is_their_prefix(city):
    widths = {"city": 1, "district": 1, "sub_district": 2, "statistical_district": 3, "block": 5}
    for name in LEVELS:
        here = level(city, name)
        assert here["area_id"].map(type).eq(str).all()
        assert here["area_id"].str.len().eq(widths[name]).all()
        assert here["area_id"].is_unique
    assert level(city, "city")["parent_id"].tolist() == [None]
    assert level(city, "district")["area_id"].tolist() == list("0123456789")
    assert level(city, "district")["parent_id"].eq("M").all()
    for name in LEVELS[2:]:
        here = level(city, name)
        assert (here["parent_id"] == here["area_id"].str[: widths[LEVELS[LEVELS.index(name) - 1]]]).all()


def test_every_area_has_a_name_of_its_own(city):
    assert city.areas["name"].is_unique
    assert level(city, "city")["name"].tolist() == ["Musterstadt (synthetisch)"]


def test_no_area_is_called_like_a_place_in_leipzig(city, leipzig_folder):
    real = set(gpd.read_file(leipzig_folder / "ortsteile.gpkg", layer="ortsteile")["ortsteil_name"])
    made_up = set(level(city, "sub_district")["name"]) | set(level(city, "district")["name"])
    assert real.isdisjoint(made_up)
    assert real.isdisjoint(name.split(",")[0] for name in level(city, "statistical_district")["name"])


def test_only_the_outer_district_with_the_exclave_is_in_two_parts(city):
    district = level(city, "district")
    parts = shapely.get_num_geometries(district.geometry.to_numpy())
    assert district.index[parts > 1].tolist() == ["3"]
    assert parts.max() == 2
    assert shapely.get_num_geometries(level(city, "statistical_district").geometry.to_numpy()).max() == 1
    assert shapely.get_num_geometries(level(city, "block").geometry.to_numpy()).max() == 1


def test_the_exclave_lies_a_few_kilometres_away(city):
    large, small = sorted(
        shapely.get_parts(level(city, "city").geometry.iloc[0]), key=shapely.area, reverse=True
    )
    assert 1_000 < shapely.distance(large, small) < 8_000
    assert 0.3e6 < shapely.area(small) < 10e6


def test_a_pond_lies_wholly_inside_a_block_of_park(city):
    with_holes = [
        block for block in level(city, "block").itertuples() if len(block.geometry.geoms[0].interiors)
    ]
    ponds = []
    for block in with_holes:
        hole = shapely.Polygon(block.geometry.geoms[0].interiors[0])
        inside = level(city, "block").pipe(lambda frame, hole=hole: frame[frame.geometry.covered_by(hole)])
        assert shapely.equals(shapely.coverage_union_all(inside.geometry.to_numpy()), hole)
        if block.name.endswith("(Park)") and inside["name"].str.endswith("(Gewässer)").all():
            ponds.append(shapely.area(hole))
    assert len(ponds) == 1
    assert 3_000 < ponds[0] < 60_000  # [m²]


def test_the_ring_goes_all_round_the_old_town(city):
    old_town, ring = (
        shapely.get_parts(level(city, "sub_district").loc[key, "geometry"])[0] for key in ("00", "01")
    )
    assert shapely.equals(shapely.Polygon(ring.interiors[0]), old_town)


def test_a_narrow_river_runs_through_the_whole_city(city):
    water = shapely.get_parts(shapely.union_all(blocks_called(city, "Gewässer").geometry.to_numpy()))
    _, south, _, north = shapely.bounds(water).T
    river = water[(north - south).argmax()]
    _, city_south, _, city_north = shapely.bounds(shapely.get_parts(level(city, "city").geometry.iloc[0])).T
    length = shapely.bounds(river)[3] - shapely.bounds(river)[1]
    assert length > 0.85 * (city_north - city_south).max()
    # A long strip has half its outline as length: area over length is its width.
    width = shapely.area(river) / (shapely.length(river) / 2)
    assert 30 < width < 90  # [m]
    assert shapely.length(river) / 2 > 1.03 * length  # it meanders
    assert len(blocks_called(city, "Gewässer")) > 20  # a chain of blocks


def test_blocks_grow_from_the_centre_to_the_edge(city):
    blocks = level(city, "block")
    blocks = blocks[~blocks["name"].str.contains("Gewässer|Park|Wald|Kleingärten")]
    distance = np.hypot(blocks.geometry.centroid.x - CENTRE[0], blocks.geometry.centroid.y - CENTRE[1])
    size = blocks.geometry.area
    inner, middle, outer = (
        size[(distance > low) & (distance <= high)].median()
        for low, high in ((0, 1_500), (1_500, 4_000), (6_500, 9_000))
    )
    assert inner < middle < outer
    assert outer > 6 * inner


def test_blocks_are_no_grid(city):
    blocks = level(city, "block").geometry.to_numpy()
    corners = shapely.get_num_coordinates(blocks) - 1
    assert len(set(corners.tolist())) > 6
    assert np.unique(np.round(shapely.area(blocks))).size > 0.95 * len(blocks)


def test_nobody_lives_in_parks_woods_and_water(city):
    residents = city.values["residents"][city.nesting.leaves, 0]
    names = level(city, "block")["name"]
    empty = names.str.contains(r"\((?:Gewässer|Park|Wald|Kleingärten|Gewerbe|Gemeinbedarf)\)").to_numpy()
    assert empty.sum() > 200
    assert not residents[empty].any()
    assert (residents[~names.str.contains("(", regex=False).to_numpy()] > 0).mean() > 0.95


def test_the_same_numbers_give_the_same_city_and_others_another():
    first, second, other = (
        settle(SampleCityParameters(blocks=300, seed=seed, years=1), quiet).areas for seed in (4, 4, 5)
    )
    assert first.equals(second)
    assert not first.equals(other)


@settings(max_examples=6, deadline=None)
@given(st.integers(300, 700), st.integers(0, 2**31))
def test_any_small_city_is_sound(blocks, seed):
    city = settle(SampleCityParameters(blocks=blocks, seed=seed, years=1), quiet)
    for name in LEVELS:
        geometry = level(city, name).geometry.to_numpy()
        assert shapely.is_valid(geometry).all()
        assert shapely.coverage_is_valid(geometry)
    assert len(level(city, "district")) == 10
    assert len(level(city, "block")) == pytest.approx(blocks, rel=0.25)
    assert shapely.get_num_geometries(level(city, "block").geometry.to_numpy()).max() == 1


def test_the_generator_makes_large_cities_for_benchmarks():
    blocks = generate_blocks(10_000, seed=3)
    assert len(blocks) == pytest.approx(10_000, rel=0.03)
    assert blocks.crs.to_epsg() == SRID
    assert blocks["area_id"].is_unique
    assert blocks["area_id"].str.startswith(tuple(blocks["statistical_district"].unique())).all()
    assert (blocks["area_id"].str[:3] == blocks["statistical_district"]).all()
    assert (blocks["unemployed_2023"] <= blocks["residents_15_65_2023"]).all()
    assert shapely.coverage_is_valid(blocks.geometry.to_numpy())


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"blocks": 10}, "blocks"),
        ({"blocks": 10_000_000}, "blocks"),
        ({"seed": -1}, "seed"),
        ({"years": 0}, "year"),
        ({"first_year": 20}, "year"),
    ],
)
def test_numbers_that_make_no_city_are_refused(wrong, word):
    with pytest.raises(ParameterError, match=word):
        SampleCityParameters(**wrong)


def test_the_generator_knows_its_own_version():
    assert generator_version() == generator_version()
    assert len(generator_version()) == 12
