"""Facilities and streets of the sample city: on its ground alone, always the same, and named as synthetic."""

from __future__ import annotations

import dataclasses

import geopandas as gpd
import numpy as np
import pytest
import shapely
from scipy.sparse.csgraph import connected_components

from etl.sample_city import generate as generator
from etl.sample_city.blocks import Use
from etl.sample_city.delivery import SOURCE
from etl.sample_city.generate import generate, settle
from etl.sample_city.overlays import ACCESS, LAYERS
from etl.sample_city.parameters import SampleCityParameters
from etl.sample_city.streets import build_streets
from spatial.access import place_points, street_distance
from spatial.segregation.environments.street_network import StreetNetwork

SMALL = SampleCityParameters(blocks=600, seed=7, years=2)


def quiet(*_told: object) -> None:
    pass


@pytest.fixture(scope="module")
def city() -> generator.SettledCity:
    """A small city with its true counts; tests only look at it."""
    return settle(SMALL, quiet)


@pytest.fixture(scope="module")
def blocks(city) -> gpd.GeoDataFrame:
    return city.areas[city.areas["geography"] == "block"]


def test_two_blocks_have_a_street_between_them_and_none_around_them():
    # Two blocks of one statistical district share the border x = 10; the third beyond x = 20 is of another sub-district.
    polygons = np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10), shapely.box(20, 0, 30, 10)])
    streets = build_streets(polygons, np.full(3, Use.INNER), np.array([100, 100, 110]))
    assert streets["name"].tolist() == ["Hauptstraße 10–11", "Straßen in 100"]
    assert streets["kind"].tolist() == ["Hauptstraße", "Straße"]
    assert [one.bounds for one in streets.geometry] == [(20, 0, 20, 10), (10, 0, 10, 10)]


def test_between_two_blocks_of_river_there_is_a_bridge_and_through_the_green_a_path():
    polygons = np.array([shapely.box(10 * n, 0, 10 * n + 10, 10) for n in range(4)])
    use = np.array([Use.WATER, Use.WATER, Use.PARK, Use.FIELD])
    streets = build_streets(polygons, use, np.full(4, 100))
    assert dict(zip(streets["kind"], streets["name"], strict=True)) == {
        "Weg": "Wege in 100",
        "Brücke": "Brücke 1",
    }
    assert streets.geometry.length.tolist() == [20, 10]


def test_streets_run_along_borders_of_blocks_and_hang_together(city, blocks):
    streets = city.layers["streets"]
    assert streets.is_valid.all()
    assert not streets["name"].duplicated().any()
    borders = shapely.union_all(blocks.geometry.boundary.to_numpy())
    assert shapely.length(shapely.difference(shapely.union_all(streets.geometry.to_numpy()), borders)) < 0.01
    network = StreetNetwork.of(streets.geometry)
    part = connected_components(network.length, directed=False)[1]
    assert np.bincount(part).max() > 0.95 * len(part)  # the exclave has streets of its own


def test_facilities_lie_in_blocks_and_are_as_many_as_the_city_needs(city, blocks):
    for name, least in (("playgrounds", 30), ("day_care", 30), ("schools", 10)):
        layer = city.layers[name]
        assert len(layer) >= least, name
        assert not layer["name"].duplicated().any()
        inside = gpd.sjoin(layer, blocks[["geometry"]], predicate="within")
        assert len(inside) == len(layer), name
    assert set(city.layers["schools"]["kind"]) == {"Grundschule", "Oberschule", "Gymnasium"}


def test_most_people_can_walk_to_a_playground_and_many_cannot_within_400_metres(city, blocks):
    places = place_points(gpd.GeoSeries(blocks.geometry.to_numpy(), index=blocks["area_id"], crs=blocks.crs))
    network = StreetNetwork.of(city.layers["streets"].geometry)
    found = street_distance(places, city.layers["playgrounds"].geometry, network)
    children = city.values["residents_u15"][city.nesting.leaves][:, -1]
    near = children[found.metres.to_numpy() <= 400].sum() / children.sum()
    assert 0.2 < near < 0.8


def test_no_true_count_has_a_part_in_where_things_are(city, monkeypatch):
    # Other people, drawn from other chances, on the same ground: everything stands where it stood.
    plain = generator.expected_rates

    def others(*arguments: object) -> object:
        rates = plain(*arguments)
        return dataclasses.replace(rates, residents=rates.residents[::-1] * 0.5)

    monkeypatch.setattr(generator, "expected_rates", others)
    again = settle(SMALL, quiet)
    assert (again.values["residents"] != city.values["residents"]).any()
    for name in LAYERS:
        assert again.layers[name].drop(columns="geometry").equals(city.layers[name].drop(columns="geometry"))
        assert again.layers[name].geometry.geom_equals_exact(city.layers[name].geometry, 0).all()


def test_a_delivery_has_them_as_overlays_that_say_they_are_synthetic():
    delivery = generate(SMALL, quiet)
    assert [one.id for one in delivery.overlays] == list(LAYERS)
    for one in delivery.overlays:
        assert "synthetisch" in one.title_de
        assert "synthetic" in one.title_en
        assert (one.licence, one.attribution) == (SOURCE.licence, SOURCE.attribution)
        assert one.as_of.isoformat() == "2013-12-31"
    streets = delivery.overlays[-1].features
    assert {one["Art"] for one in streets["properties"]} == {"Hauptstraße", "Straße", "Weg", "Brücke"}


def test_the_share_near_a_playground_says_whom_how_far_and_of_which_day():
    found = {one.id: one for one in generate(SMALL, quiet).indicators}
    (part,) = ACCESS
    share = found[part.indicator]
    assert share.universe_de == (
        "Einwohner unter 15 Jahren, höchstens 400 m entlang der Straßen entfernt: Spielplätze (synthetisch) "
        "(Stand 31.12.2013; genau 400 m zählt mit); ohne Wert bei weniger als 20"
    )
    assert part.group in found
