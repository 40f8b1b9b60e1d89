"""Do members of a group live near each other? Worked by hand."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from spatial import AlignmentError, CountsError, CrsError, ParameterError
from spatial.contiguity import shared_borders
from spatial.neighbours import NeighbourGraph
from spatial.segregation.places import Places
from spatial.segregation.proximity import absolute_clustering as absolute
from spatial.segregation.proximity import clustering, group_proximity, proximity_pairs
from spatial.segregation.proximity.absolute_clustering import (
    absolute_clustering,
    absolute_clustering_contiguity,
)
from spatial.segregation.proximity.clustering import mean_proximity, relative_clustering, spatial_proximity
from spatial.segregation.proximity.group_proximity import multigroup_spatial_proximity, white_p
from spatial.segregation.proximity.proximity_pairs import (
    mean_proximity_pairs,
    relative_clustering_pairs,
    spatial_proximity_pairs,
)

OWN, NEXT = math.exp(-0.6), math.exp(-1)  # a square kilometre with itself, and with the next one
TWO_GROUPS = (mean_proximity, spatial_proximity, relative_clustering, absolute_clustering)


def squares(n_columns, n_rows=1, side=1000.0):
    """Squares in rows of columns, the first row below."""
    boxes = [
        shapely.box(side * column, side * row, side * (column + 1), side * (row + 1))
        for row in range(n_rows)
        for column in range(n_columns)
    ]
    return gpd.GeoSeries(boxes, crs=25833)


def test_mean_proximities_of_two_squares():
    group, total, geometry = pd.Series([30, 10]), pd.Series([50, 50]), squares(2)
    # Pxx: (30² + 10²) own + 2 · 30 · 10 next, over 40²
    assert mean_proximity(group, total, geometry=geometry) == pytest.approx((1000 * OWN + 600 * NEXT) / 1600)
    # Pxy, rest 20 and 40: (30 · 20 + 10 · 40) own + (30 · 40 + 10 · 20) next, over 40 · 60
    assert mean_proximity(group, total, geometry=geometry, between="group and rest") == pytest.approx(
        (1000 * OWN + 1400 * NEXT) / 2400
    )
    # Ptt: 2 · 50² own + 2 · 50² next, over 100²
    assert mean_proximity(group, total, geometry=geometry, between="everybody") == pytest.approx(
        (OWN + NEXT) / 2
    )


def test_mean_distance_of_a_group():
    # Half of the pairs are 3 km apart, half share a point: (0 + 3) / 2
    ends = gpd.GeoSeries(shapely.points([(0, 0), (3000, 0)]), crs=25833)
    group, total = pd.Series([5, 5]), pd.Series([9, 9])
    assert mean_proximity(group, total, geometry=ends, decay="distance", diagonal="zero") == 1.5


def test_spatial_proximity_of_two_separated_squares():
    # Pxx = Pyy = own, Ptt = (own + next) / 2
    value = spatial_proximity(pd.Series([50, 0]), pd.Series([50, 50]), geometry=squares(2))
    assert value == pytest.approx(2 * OWN / (OWN + NEXT))


def test_spatial_proximity_of_one_group():
    # Pxx / Ptt with Pxx of 30 and 10: (1000 own + 600 next) / 1600
    value = spatial_proximity(
        pd.Series([30, 10]), pd.Series([50, 50]), geometry=squares(2), version="one group"
    )
    assert value == pytest.approx((1000 * OWN + 600 * NEXT) / 1600 / ((OWN + NEXT) / 2))


def test_relative_clustering_of_two_squares():
    # Group 50, 0 and rest 25, 25: own / ((own + next) / 2) - 1
    value = relative_clustering(pd.Series([50, 0]), pd.Series([75, 25]), geometry=squares(2))
    assert value == pytest.approx(2 * OWN / (OWN + NEXT) - 1)


def test_with_plain_distance_clustering_stays_positive():
    # The group is at one end of 2 km, the rest at both: mean distances 0.6 and (0.6 + 2) / 2 km.
    geometry = squares(3).iloc[[0, 2]]
    value = relative_clustering(
        pd.Series([50, 0], index=[0, 2]),
        pd.Series([75, 25], index=[0, 2]),
        geometry=geometry,
        decay="distance",
    )
    assert value == pytest.approx(1 - 0.6 / 1.3)


def test_absolute_clustering_of_two_squares():
    # X = 50: members near members 50 own; of a group spread alike 50 (2 own + 2 next) / 4; residents
    # near members 50 own + 50 next.
    alike = (OWN + NEXT) / 2
    value = absolute_clustering(pd.Series([50, 0]), pd.Series([50, 50]), geometry=squares(2))
    assert value == pytest.approx((OWN - alike) / (OWN + NEXT - alike))


def test_absolute_clustering_by_common_borders():
    # A row of three, group 8, 4, 0 of 10 each. Near members: (8 · 12 + 4 · 12) / 12 = 12 members and
    # (8 · 20 + 4 · 30) / 12 = 70/3 residents; spread alike 12 · 7 / 9 = 28/3. (12 - 28/3) / (70/3 - 28/3)
    value = absolute_clustering_contiguity(
        pd.Series([8, 4, 0]), pd.Series([10, 10, 10]), graph=shared_borders(squares(3))
    )
    assert value == pytest.approx(8 / 42)


def test_corners_are_neighbours_for_a_queen():
    # Four squares around a corner, the group in two of one colour, X = 20. Spread alike, a member finds
    # 20 · 16 / 16 = 20 with corners, 20 · 12 / 16 = 15 without.
    graph = shared_borders(squares(2, 2), corners=True)
    group, total = pd.Series([10, 0, 0, 10]), pd.Series([10, 10, 10, 10])
    # rook: 10 members among 30 residents
    assert absolute_clustering_contiguity(group, total, graph=graph) == pytest.approx((10 - 15) / (30 - 15))
    # queen: 20 members among 40 residents
    assert absolute_clustering_contiguity(group, total, graph=graph, contiguity="queen") == 0


def test_a_group_alone_on_its_island_is_fully_clustered():
    islands = squares(2).translate(0)
    islands.iloc[1] = shapely.box(9e5, 0, 9.1e5, 1e4)
    assert absolute_clustering(pd.Series([50, 0]), pd.Series([50, 50]), geometry=islands) == pytest.approx(1)


def test_white_p_of_three_points():
    # Pairs: 0-1 and 0-2 one kilometre, 1-2 the root of 2. Own group: only a, 0-1: 1 · 1 / e over 2 members.
    # Everybody: (1 · 1 / e + 1 · 2 / e + 1 · 2 exp(-root 2)) over 4.
    corners = gpd.GeoSeries(shapely.points([(0, 0), (1e3, 0), (0, 1e3)]), crs=25833)
    value = white_p(pd.DataFrame({"a": [1, 1, 0], "b": [0, 0, 2]}), geometry=corners)
    assert value == pytest.approx((NEXT / 2) / ((3 * NEXT + 2 * math.exp(-math.sqrt(2))) / 4))


def test_spatial_proximity_of_three_groups():
    # Squares a | b, c: own pairs a: 50 own, b: 30 own, c: 20 own; everybody 2 · 50² (own + next) over 100
    people = pd.DataFrame({"a": [50, 0], "b": [0, 30], "c": [0, 20]})
    value = multigroup_spatial_proximity(people, geometry=squares(2))
    assert value == pytest.approx(100 * OWN / (50 * (OWN + NEXT)))


def test_tables_of_pairs():
    people = pd.DataFrame({"a": [50, 0], "b": [0, 50], "c": [25, 25]})
    near = mean_proximity_pairs(people, geometry=squares(2))
    # a and b are next to each other, c is half and half: (own + next) / 2 for every pair with it
    half = (OWN + NEXT) / 2
    assert near.to_numpy() == pytest.approx(
        np.array([[OWN, NEXT, half], [NEXT, OWN, half], [half, half, half]])
    )
    assert near.index.tolist() == near.columns.tolist() == ["a", "b", "c"]
    relative = relative_clustering_pairs(people, geometry=squares(2))
    assert relative.loc["a", "c"] == pytest.approx(OWN / half - 1)
    assert relative.loc["c", "a"] == pytest.approx(half / OWN - 1)
    assert np.diagonal(relative) == pytest.approx(0)
    both = spatial_proximity_pairs(people, geometry=squares(2))
    # a with c: (own + half) / 2 over Ptt of 75 and 25: ((75² + 25²) own + 2 · 75 · 25 next) / 100²
    assert both.loc["a", "c"] == pytest.approx((OWN + half) / 2 / (0.625 * OWN + 0.375 * NEXT))
    assert np.diagonal(both) == pytest.approx(1)
    assert both.loc["a", "b"] == pytest.approx(
        spatial_proximity(people["a"], people["a"] + people["b"], geometry=squares(2))
    )


def test_two_columns_are_the_group_and_the_rest(city):
    group, total, where = city([(0, 0, 3, 9), (4, 7, 8, 1), (9, 2, 0, 5)])
    people = pd.DataFrame({"group": group, "rest": total - group})
    assert multigroup_spatial_proximity(people, geometry=where) == pytest.approx(
        spatial_proximity(group, total, geometry=where), rel=1e-14
    )
    assert white_p(people, geometry=where) == pytest.approx(
        spatial_proximity(group, total, geometry=where, diagonal="excluded"), rel=1e-14
    )


def half_and_board():
    place = np.arange(100)
    half = pd.Series(100.0 * (place % 10 < 5))
    board = pd.Series(100.0 * ((place % 10 + place // 10) % 2))
    return half, board, pd.Series(np.full(100, 100.0)), squares(10, 10)


def test_pysal_trap_proximity_rises_with_distance():
    # PySAL: 1.389 for two halves and 1.501, more, for a chequerboard.
    half, board, total, geometry = half_and_board()
    halves = spatial_proximity(half, total, geometry=geometry)
    chequers = spatial_proximity(board, total, geometry=geometry)
    assert halves == pytest.approx(1.72493, abs=1e-5)
    assert chequers == pytest.approx(0.9915, abs=1e-5)
    assert absolute_clustering(half, total, geometry=geometry) > 0.5
    assert absolute_clustering(board, total, geometry=geometry) < 0


def test_pysal_trap_relative_clustering_looks_at_squares_of_one_group():
    # Four full squares in the middle, or one in each corner: PySAL gives 23.003 and 23.002.
    total, geometry = pd.Series(np.full(100, 100.0)), squares(10, 10)
    middle, corners = (pd.Series(np.zeros(100)) for _ in range(2))
    middle[[44, 45, 54, 55]] = 100.0
    corners[[0, 9, 90, 99]] = 100.0
    # Pxx of the middle: each square sees itself, two beside it and one across: (own + 2 next + e^-√2) / 4
    together = (OWN + 2 * NEXT + math.exp(-math.sqrt(2))) / 4
    apart = (OWN + 2 * math.exp(-9) + math.exp(-9 * math.sqrt(2))) / 4
    for group, pxx in ((middle, together), (corners, apart)):
        pyy = mean_proximity(total - group, total, geometry=geometry)
        assert mean_proximity(group, total, geometry=geometry) == pytest.approx(pxx)
        assert relative_clustering(group, total, geometry=geometry) == pytest.approx(pxx / pyy - 1)


def test_pysal_trap_areas_are_in_square_metres_and_distances_in_nothing():
    # PySAL puts exp(-root of square metres) on the diagonal, and divides distances by their sum: double the
    # city with its unit and the published value stays.
    half, _, total, geometry = half_and_board()
    doubled = squares(10, 10, side=2000.0)
    assert spatial_proximity(half, total, geometry=doubled, distance_unit=2000) == pytest.approx(
        spatial_proximity(half, total, geometry=geometry), rel=1e-12
    )


@pytest.mark.parametrize("measure", TWO_GROUPS)
@pytest.mark.parametrize("group", [[0, 0], [100, 50]], ids=["nobody", "everybody"])
def test_a_group_of_nobody_or_of_everybody_has_no_value(measure, group):
    value = measure(pd.Series(group), pd.Series([100, 50]), geometry=squares(2))
    if measure is mean_proximity and sum(group):
        assert 0 < value < 1  # how near residents are to each other needs no other group
    else:
        assert math.isnan(value)


def test_contiguity_of_nobody_or_of_everybody_has_no_value():
    graph = shared_borders(squares(2))
    for group in ([0, 0], [100, 50]):
        assert math.isnan(absolute_clustering_contiguity(pd.Series(group), pd.Series([100, 50]), graph=graph))


def test_absent_groups_count_for_nothing_but_need_company():
    people = pd.DataFrame({"a": [50, 0], "b": [0, 30], "c": [0, 20]})
    more = people.assign(nobody=0)
    assert multigroup_spatial_proximity(more, geometry=squares(2)) == multigroup_spatial_proximity(
        people, geometry=squares(2)
    )
    alone = people[["a"]].assign(nobody=0)
    assert math.isnan(multigroup_spatial_proximity(alone, geometry=squares(2)))
    assert math.isnan(white_p(alone, geometry=squares(2)))
    near = mean_proximity_pairs(more, geometry=squares(2))
    assert near.loc["nobody"].isna().all()
    assert near.loc["a", ["a", "b", "c"]].notna().all()


def test_one_area_is_not_clustered():
    one, geometry = (pd.Series([3]), pd.Series([10])), squares(1)
    assert spatial_proximity(*one, geometry=geometry) == pytest.approx(1)
    assert relative_clustering(*one, geometry=geometry) == pytest.approx(0)
    assert absolute_clustering(*one, geometry=geometry) == pytest.approx(0)
    assert math.isnan(white_p(pd.DataFrame({"a": [3], "b": [7]}), geometry=geometry))


def test_areas_in_another_order_are_brought_together():
    group, total = pd.Series({"b": 30, "a": 10}), pd.Series({"a": 50, "b": 50})
    geometry = squares(3).iloc[[2, 0]].set_axis(["b", "a"])
    straight = geometry.loc[["a", "b"]]
    for measure in TWO_GROUPS:
        assert measure(group, total, geometry=geometry) == measure(
            group[["a", "b"]], total, geometry=straight
        )
    row = squares(3).set_axis(["c", "a", "b"])
    people = pd.Series({"a": 9, "b": 1, "c": 5}), pd.Series({"a": 10, "b": 10, "c": 10})
    assert absolute_clustering_contiguity(
        *people, graph=shared_borders(row)
    ) == absolute_clustering_contiguity(*people, graph=shared_borders(row).in_order(people[1].index))


def test_bad_input_is_refused():
    group, total, geometry = pd.Series([1, 2]), pd.Series([5, 5]), squares(2)
    with pytest.raises(CountsError, match="group above total"):
        spatial_proximity(group * 9, total, geometry=geometry)
    with pytest.raises(AlignmentError, match="geometry has rows for unknown areas"):
        spatial_proximity(group, total, geometry=squares(3))
    with pytest.raises(CrsError):
        spatial_proximity(group, total, geometry=geometry.set_crs(4326, allow_override=True))
    with pytest.raises(ParameterError, match="between"):
        mean_proximity(group, total, geometry=geometry, between="rest")
    with pytest.raises(ParameterError, match="version"):
        spatial_proximity(group, total, geometry=geometry, version="multi")
    with pytest.raises(ParameterError, match="which fall with distance"):
        absolute_clustering(group, total, geometry=geometry, decay="distance")
    points = geometry.centroid
    with pytest.raises(ParameterError, match="absolute_clustering is given points"):
        absolute_clustering(group, total, geometry=points)
    assert white_p(pd.DataFrame({"a": group, "b": total - group}), geometry=points) == pytest.approx(
        white_p(pd.DataFrame({"a": group, "b": total - group}), geometry=geometry)
    )
    with pytest.raises(AlignmentError, match="other areas"):
        absolute_clustering_contiguity(group, total, graph=shared_borders(squares(3)))
    with pytest.raises(ParameterError, match="corners"):
        absolute_clustering_contiguity(group, total, graph=shared_borders(geometry), contiguity="queen")


def test_evaluators_take_replicates_and_leave_them_alone():
    rng = np.random.default_rng(3)
    counts = rng.integers(0, 50, (2, 5, 2, 40)).astype(float)
    where = Places(
        area_id=pd.RangeIndex(40), x=rng.uniform(0, 9e3, 40), y=rng.uniform(0, 9e3, 40), size=np.full(40, 1e4)
    )
    first = np.arange(39)
    graph = NeighbourGraph(area_id=pd.RangeIndex(40), first=first, second=first + 1, border=np.ones(39))
    before = counts.copy()
    for prepare in (
        clustering.prepare_mean_proximity,
        clustering.prepare_spatial_proximity,
        clustering.prepare_relative_clustering,
        absolute.prepare_absolute_clustering,
        group_proximity.prepare_multigroup_spatial_proximity,
        group_proximity.prepare_white_p,
    ):
        evaluate = prepare(places=where)
        values = evaluate(counts)
        assert values.shape == (2, 5)
        assert values[1, 3] == pytest.approx(float(evaluate(counts[1, 3])), rel=1e-12)
    evaluate = absolute.prepare_absolute_clustering_contiguity(graph=graph)
    assert evaluate(counts)[1, 3] == pytest.approx(float(evaluate(counts[1, 3])), rel=1e-12)
    assert np.array_equal(counts, before)


def test_each_measure_is_registered_with_its_function():
    modules = (clustering, absolute, group_proximity, proximity_pairs)
    for entry in (entry for module in modules for entry in module.MEASURES):
        assert entry.function.__name__ == entry.id
        assert entry.dimension == "clustering"
        assert (entry.prepare is None) == (entry.gives != "number")
