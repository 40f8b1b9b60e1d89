"""Distances along streets: by hand, and the same as shortest paths over the whole graph."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse.csgraph import dijkstra

from spatial import CrsError, GeometryError, ParameterError
from spatial.segregation.environments.kernels import make_kernel
from spatial.segregation.environments.street_network import StreetNetwork, along_streets
from spatial.segregation.places import Places


def lines(*coordinates, crs=25833):
    return gpd.GeoSeries([shapely.LineString(line) for line in coordinates], crs=crs)


def grid(size, step=100.0):
    ticks = np.arange(size) * step
    rows = [np.column_stack([ticks, np.full(size, tick)]) for tick in ticks]
    return lines(*rows, *(row[:, ::-1] for row in rows))


def at(*points):
    x, y = np.array(points, dtype=float).T
    return Places(area_id=pd.RangeIndex(len(points)), x=x, y=y)


def weights(places, network, access="added", **kernel):
    search = along_streets(places, network, make_kernel(**kernel), access=access)
    found = np.vstack([search.block(*rows).toarray() for rows in search.bounds])
    back = np.argsort(search.order)
    return found[back][:, back]


def test_every_vertex_is_a_node_and_lines_meet_where_they_share_one():
    cross = StreetNetwork.of(lines([(0, 0), (100, 0), (200, 0)], [(100, 0), (100, 50)]))
    assert repr(cross) == "StreetNetwork(4 nodes, 3 pieces of 0.2 km)"


def test_lines_that_cross_without_a_common_vertex_are_a_bridge():
    # 0 to 2 is over the bridge: there is no way down.
    bridge = StreetNetwork.of(lines([(0, 0), (200, 0)], [(100, -100), (100, 100)]))
    found = weights(at((0, 0), (200, 0), (100, 100)), bridge, shape="box", bandwidth=1000.0)
    assert found.tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 1]]


def test_ends_that_miss_each_other_by_less_than_a_millimetre_meet():
    near = lines([(0, 0), (100, 0)], [(100 + 5e-4, 0), (200, 0)])
    assert len(StreetNetwork.of(near).x) == 3
    assert len(StreetNetwork.of(near, join=1e-4).x) == 4


def test_of_two_streets_between_the_same_ends_the_shorter_one_counts():
    double = StreetNetwork.of(lines([(0, 0), (50, 200), (100, 0)], [(100, 0), (0, 0)], [(0, 0), (100, 0)]))
    assert dijkstra(double.length, indices=[0])[0].max() == pytest.approx(np.hypot(50, 200))
    assert weights(at((0, 0), (100, 0)), double, shape="triangle", bandwidth=200.0)[0, 1] == pytest.approx(
        0.5
    )


def test_around_the_corner_is_further_than_across():
    # Across 111.8 m, along the streets 150 m.
    corner = StreetNetwork.of(lines([(0, 0), (100, 0), (100, 50)]))
    found = weights(at((0, 0), (100, 50)), corner, shape="triangle", bandwidth=200.0)
    np.testing.assert_allclose(found, [[1, 0.25], [0.25, 1]])


def test_the_way_to_the_street_counts_at_both_ends_unless_ignored():
    # 10 m to the street, 100 m along it, 20 m from it: 130 or 100 m.
    street = StreetNetwork.of(lines([(0, 0), (100, 0)]))
    off = at((0, 10), (100, 20))
    assert weights(off, street, shape="triangle", bandwidth=200.0)[0, 1] == pytest.approx(1 - 130 / 200)
    assert weights(off, street, "ignored", shape="triangle", bandwidth=200.0)[0, 1] == pytest.approx(0.5)


def test_an_area_far_from_any_street_is_still_its_own_environment():
    street = StreetNetwork.of(lines([(0, 0), (100, 0)]))
    assert weights(at((0, 5000), (100, 0)), street, shape="box", bandwidth=200.0).tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize("bandwidth", [90.0, 350.0, 1e9])
def test_parts_of_the_graph_give_the_same_as_the_whole(bandwidth):
    network = StreetNetwork.of(grid(60))  # 3,600 nodes: more than are looked at whole
    rng = np.random.default_rng(1)
    places = at(*rng.uniform(0, 5900, (300, 2)))
    node, way = network.join_points(places, "added")
    metres = dijkstra(network.length, indices=node)[:, node] + way[:, None] + way
    np.fill_diagonal(metres, 0)
    expected = np.clip(1 - metres / bandwidth, 0, None)
    np.testing.assert_allclose(
        weights(places, network, shape="triangle", bandwidth=bandwidth), expected, atol=1e-12
    )


def test_the_order_of_the_streets_does_not_matter():
    streets, places = grid(8), at(*np.random.default_rng(2).uniform(0, 700, (20, 2)))
    turned = gpd.GeoSeries(streets.iloc[::-1].reverse().to_numpy(), crs=25833)
    for found in (turned, gpd.GeoDataFrame(geometry=turned)):
        np.testing.assert_allclose(
            weights(places, StreetNetwork.of(found), shape="triangle", bandwidth=300.0),
            weights(places, StreetNetwork.of(streets), shape="triangle", bandwidth=300.0),
        )


def test_several_lines_in_one_street_are_taken_apart():
    both = gpd.GeoSeries([shapely.MultiLineString([[(0, 0), (100, 0)], [(200, 0), (300, 0)]])], crs=25833)
    assert weights(at((100, 0), (200, 0)), StreetNetwork.of(both), shape="box", bandwidth=500.0)[0, 1] == 0


def test_streets_in_degrees_are_refused():
    with pytest.raises(CrsError, match="distance along streets"):
        StreetNetwork.of(lines([(12, 51), (13, 51)], crs=4326))


@pytest.mark.parametrize(
    "wrong", [shapely.Point(0, 0), None, shapely.LineString()], ids=["point", "missing", "empty"]
)
def test_what_is_no_line_is_refused_with_its_name(wrong):
    streets = gpd.GeoSeries([shapely.LineString([(0, 0), (1, 0)]), wrong], index=["main", "odd"], crs=25833)
    with pytest.raises(GeometryError, match="odd"):
        StreetNetwork.of(streets)


def test_no_streets_are_refused():
    with pytest.raises(ParameterError, match="at least one line"):
        StreetNetwork.of(gpd.GeoSeries([], crs=25833))


@pytest.mark.parametrize("join", [0, -1, np.inf, np.nan])
def test_vertices_join_within_a_length(join):
    with pytest.raises(ParameterError, match="join"):
        StreetNetwork.of(lines([(0, 0), (1, 0)]), join=join)


def test_an_unknown_access_is_refused():
    with pytest.raises(ParameterError, match="access"):
        along_streets(at((0, 0)), StreetNetwork.of(grid(2)), make_kernel("box", bandwidth=1.0), access="none")
