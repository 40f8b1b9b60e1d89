"""Dissimilarity across borders: worked maps, what must hold for any counts, and where other packages err."""

import itertools
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from spatial import AlignmentError, CountsError, CrsError, GeometryError, NeighbourGraph, ParameterError
from spatial.contiguity import shared_borders
from spatial.segregation.aspatial.evenness import dissimilarity
from spatial.segregation.compute import group_and_total
from spatial.segregation.places import Places
from spatial.segregation.territory.boundary import (
    MEASURES,
    adjacency_dissimilarity,
    border_dissimilarity,
    prepare_adjacency_dissimilarity,
    prepare_border_dissimilarity,
    prepare_shape_dissimilarity,
    shape_dissimilarity,
)

quick = settings(max_examples=50, deadline=None)
SIDE = 4


def areas(*shapes, index=None):
    return gpd.GeoSeries(list(shapes), index=index or [f"{i:02d}" for i in range(len(shapes))], crs=25833)


def counts(values, index=None):
    return pd.Series(values, index=index or [f"{i:02d}" for i in range(len(values))], dtype=float)


def grid(side):
    return areas(*(box(x, y, x + 1, y + 1) for y in range(side) for x in range(side)))


def row(*widths, height=1.0):
    ends = np.cumsum([0, *widths])
    return areas(*(box(west, 0, east, height) for west, east in itertools.pairwise(ends)))


GRID = grid(SIDE)
GRAPH = shared_borders(GRID, corners=True, tolerance=0.01)

people = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=SIDE * SIDE, max_size=SIDE * SIDE
)


def as_counts(pairs):
    group = counts([group for group, _ in pairs], index=list(GRID.index))
    return group, group + counts([rest for _, rest in pairs], index=list(GRID.index))


def every_measure(group, total, geometry=GRID, graph=GRAPH):
    return {
        "rook": adjacency_dissimilarity(group, total, graph=graph),
        "queen": adjacency_dissimilarity(group, total, graph=graph, contiguity="queen"),
        "second order": adjacency_dissimilarity(group, total, graph=graph, orders=2),
        "all": border_dissimilarity(group, total, graph=graph),
        "rows": border_dissimilarity(group, total, graph=graph, standardisation="rows"),
        "full": shape_dissimilarity(group, total, geometry=geometry, graph=graph),
        "internal": shape_dissimilarity(group, total, geometry=geometry, graph=graph, perimeter="internal"),
    }


@pytest.mark.parametrize(
    ("group", "rook", "queen"),
    [
        # Of four borders all four lie between unlike squares; of two corners none: 1 - 4/4, 1 - 4/6.
        pytest.param([10, 0, 0, 10], 0.0, 1 / 3, id="checkerboard"),
        # Two borders and both corners lie between unlike squares: 1 - 2/4, 1 - 4/6.
        pytest.param([10, 0, 10, 0], 1 / 2, 1 / 3, id="halves"),
    ],
)
def test_four_squares_of_one_group_each(group, rook, queen):
    squares = grid(2)
    graph = shared_borders(squares, corners=True)
    total = counts([10] * 4)
    assert dissimilarity(counts(group), total) == 1
    assert adjacency_dissimilarity(counts(group), total, graph=graph) == pytest.approx(rook)
    assert adjacency_dissimilarity(counts(group), total, graph=graph, contiguity="queen") == pytest.approx(
        queen
    )
    # All borders have one length and all squares one shape.
    assert border_dissimilarity(counts(group), total, graph=graph) == pytest.approx(rook)
    assert shape_dissimilarity(counts(group), total, geometry=squares, graph=graph) == pytest.approx(rook)


def test_shares_in_between():
    # Shares 0.8, 0.2, 0.5 in a row. D = 1/2 (|8/15 - 2/15| + |2/15 - 8/15| + |5/15 - 5/15|) = 0.4; the
    # differences across the two borders are 0.6 and 0.3.
    group, total = counts([8, 2, 5]), counts([10, 10, 10])
    value = adjacency_dissimilarity(group, total, graph=shared_borders(row(1, 1, 1)))
    assert value == pytest.approx(0.4 - 0.45)


def test_longer_borders_weigh_more():
    # Borders of 10 m (00-01) and 30 m (01-02), with differences 1 and 0: 1 - 10/40.
    city = areas(box(0, 0, 10, 10), box(10, 0, 40, 10), box(10, 10, 40, 20))
    graph = shared_borders(city)
    group, total = counts([10, 0, 0]), counts([10, 10, 10])
    assert border_dissimilarity(group, total, graph=graph) == pytest.approx(1 - 10 / 40)
    # Every area's borders add up to 1: its mean difference is 1 for 00, 10/40 for 01, 0 for 02.
    rows = border_dissimilarity(group, total, graph=graph, standardisation="rows")
    assert rows == pytest.approx(1 - (1 + 0.25 + 0) / 3)


def test_slim_areas_meet_more():
    # Slabs of 1 and 4 m width, 4 m high: P/A = 10/4 and 16/16 with the whole outline. One border, difference 1:
    # D(s) = 1 - 1 · (2.5 + 1) / (2 · 2.5) = 0.3.
    city, group, total = row(1, 4, height=4.0), counts([10, 0]), counts([10, 10])
    graph = shared_borders(city)
    assert border_dissimilarity(group, total, graph=graph) == 0
    assert shape_dissimilarity(group, total, geometry=city, graph=graph) == pytest.approx(0.3)
    # Inside the city each has an outline of 4 m: (1 + 0.25) / (2 · 1).
    internal = shape_dissimilarity(group, total, geometry=city, graph=graph, perimeter="internal")
    assert internal == pytest.approx(1 - 0.625)
    # By the letter of the paper the sum of both is halved once more.
    letter = shape_dissimilarity(group, total, geometry=city, graph=graph, denominator="four_times_largest")
    assert letter == pytest.approx(1 - 0.35)


@pytest.mark.parametrize(
    ("options", "value"),
    [
        # In a row of four with the group in the first: means over the pairs 1, 2, 3 steps apart are 1/3, 1/2, 1.
        ({"orders": 1}, 1 - 1 / 3),
        ({"orders": 2}, 1 - 1 / 3 - math.exp(-1) / 2),
        ({"orders": 2, "decay": "inverse"}, 1 - 1 / 3 - 1 / 4),
        ({"orders": 2, "decay": "inverse", "decay_rate": 2}, 1 - 1 / 3 - 1 / 8),
        ({"orders": 3, "decay_rate": 2.0}, 1 - 1 / 3 - math.exp(-2) / 2 - math.exp(-4)),
        # No pair is further apart.
        ({"orders": 9, "decay_rate": 0.0}, 1 - 1 / 3 - 1 / 2 - 1),
    ],
)
def test_neighbours_of_neighbours_count_with_their_decay(options, value):
    graph = shared_borders(row(1, 1, 1, 1))
    group, total = counts([10, 0, 0, 0]), counts([10] * 4)
    assert adjacency_dissimilarity(group, total, graph=graph, **options) == pytest.approx(value)


def test_steps_are_counted_on_the_shortest_way():
    # In a ring of five every pair is one or two steps apart: five pairs each.
    ring = NeighbourGraph(
        area_id=pd.Index(list("abcde")),
        first=np.array([0, 0, 1, 2, 3]),
        second=np.array([1, 4, 2, 3, 4]),
        border=np.ones(5),
    )
    group, total = pd.Series([5, 0, 0, 0, 0], index=list("abcde")), pd.Series([5] * 5, index=list("abcde"))
    value = adjacency_dissimilarity(group, total, graph=ring, orders=4, decay_rate=0.0)
    assert value == pytest.approx(1 - 2 / 5 - 2 / 5)


def test_a_pair_of_groups_is_looked_at_alone():
    # Of a and c only: shares 1, 0, 1/2 in a row; D of a against c is 1/2 (2/3 + 1/3 + |1/3 - 2/3|) = 2/3.
    table = pd.DataFrame({"a": [4, 0, 2], "b": [9, 9, 9], "c": [0, 2, 2]}, index=["00", "01", "02"])
    group, total = group_and_total(table, "a", "c")
    assert dissimilarity(group, total) == pytest.approx(1 / 2 * (2 / 3 + 2 / 4 + abs(1 / 3 - 2 / 4)))
    value = adjacency_dissimilarity(group, total, graph=shared_borders(row(1, 1, 1)))
    assert value == pytest.approx(dissimilarity(group, total) - (1 + 0.5) / 2)


def test_areas_and_graph_may_come_in_any_order():
    group, total = counts([8, 2, 5]), counts([10, 20, 10])
    city = row(1, 2, 4)
    graph = shared_borders(city)
    values = every_measure(group, total, city, shared_borders(city, corners=True))
    mixed = ["02", "00", "01"]
    again = every_measure(group[mixed], total, city[mixed], shared_borders(city[mixed[::-1]], corners=True))
    assert again == pytest.approx(values)
    assert adjacency_dissimilarity(group, total[mixed], graph=graph) == pytest.approx(values["rook"])


def test_pysal_trap_a_shuffled_index_gives_another_value():
    # PySAL puts lengths in the order in which pairs of neighbours come up and shares in the order of the rows.
    rng = np.random.default_rng(1)
    group = pd.Series(rng.integers(0, 9, 16), index=GRID.index)
    total = group + rng.integers(0, 9, 16)
    order = rng.permutation(16)
    shuffled = every_measure(
        group.iloc[order], total.iloc[order], GRID.iloc[order], shared_borders(GRID.iloc[order], corners=True)
    )
    assert shuffled == pytest.approx(every_measure(group, total))


def test_pysal_trap_an_empty_area_counts_as_one_without_the_group():
    # The uninhabited area between the two is a neighbour of nobody: no two inhabited areas have a border.
    city = row(1, 1, 1)
    group, total = counts([10, 0, 0]), counts([10, 0, 10])
    assert math.isnan(adjacency_dissimilarity(group, total, graph=shared_borders(city)))


def test_pysal_trap_an_island_makes_the_value_undefined():
    city = areas(box(0, 0, 1, 1), box(1, 0, 2, 1), box(5, 0, 6, 1))
    group, total = counts([10, 0, 5]), counts([10, 10, 10])
    # Shares 1 and 0 at the only border; D = 1/2 (10/15 + 10/15 + 0) = 2/3.
    graph = shared_borders(city, corners=True)
    assert every_measure(group, total, city, graph) == pytest.approx(
        dict.fromkeys(every_measure(group, total, city, graph), 2 / 3 - 1)
    )


def test_pysal_trap_lengths_in_metres_are_no_weights():
    # Without standardisation PySAL multiplies differences with metres; a map ten times as large is the same
    # city.
    group, total = counts([8, 2, 5]), counts([10, 20, 10])
    small, large = row(1, 2, 4, height=5.0), row(10, 20, 40, height=50.0)
    for perimeter in ("full", "internal"):
        values = [
            shape_dissimilarity(group, total, geometry=city, graph=shared_borders(city), perimeter=perimeter)
            for city in (small, large)
        ]
        assert values[0] == pytest.approx(values[1])


@pytest.mark.parametrize("group", [[0, 0, 0], [10, 20, 10]], ids=["nobody", "everybody"])
def test_a_group_of_nobody_or_of_everybody_has_no_value(group):
    city = row(1, 1, 1)
    values = every_measure(counts(group), counts([10, 20, 10]), city, shared_borders(city, corners=True))
    assert all(map(math.isnan, values.values()))


def test_without_any_border_there_is_nothing_to_subtract_and_no_value():
    city = areas(box(0, 0, 1, 1), box(5, 0, 6, 1))
    graph = shared_borders(city, corners=True)
    assert all(map(math.isnan, every_measure(counts([1, 3]), counts([4, 4]), city, graph).values()))
    one = row(1)
    graph = shared_borders(one, corners=True)
    assert all(map(math.isnan, every_measure(counts([1]), counts([4]), one, graph).values()))


def test_places_with_sizes_are_enough_for_the_shape():
    places = Places.of(GRID, GRID.index, "test")
    rng = np.random.default_rng(3)
    total = pd.Series(rng.integers(1, 9, 16), index=GRID.index)
    group = pd.Series(rng.binomial(total, 0.3), index=GRID.index)
    assert shape_dissimilarity(group, total, geometry=places, graph=GRAPH) == shape_dissimilarity(
        group, total, geometry=GRID, graph=GRAPH
    )


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"contiguity": "bishop"}, "contiguity is 'bishop'"),
        ({"orders": 0}, "orders is 0"),
        ({"orders": 1.5}, "orders is 1.5"),
        ({"decay": "linear"}, "decay is 'linear'"),
        ({"decay_rate": -1}, "decay_rate is -1"),
        ({"decay_rate": math.nan}, "decay_rate is nan"),
    ],
)
def test_wrong_options_of_the_adjacency_are_refused(options, reason):
    with pytest.raises(ParameterError, match=reason):
        adjacency_dissimilarity(counts([1, 2]), counts([3, 3]), graph=shared_borders(row(1, 1)), **options)


def test_other_wrong_input_is_refused():
    group, total, city = counts([1, 2]), counts([3, 3]), row(1, 1)
    graph = shared_borders(city)
    with pytest.raises(ParameterError, match="standardisation is 'columns'"):
        border_dissimilarity(group, total, graph=graph, standardisation="columns")
    for options in ({"perimeter": "half"}, {"denominator": "mean"}):
        with pytest.raises(ParameterError, match=f"{next(iter(options))} is"):
            shape_dissimilarity(group, total, geometry=city, graph=graph, **options)
    with pytest.raises(ParameterError, match="corners too"):
        adjacency_dissimilarity(group, total, graph=graph, contiguity="queen")
    with pytest.raises(CountsError, match="group above total"):
        border_dissimilarity(total, group, graph=graph)
    with pytest.raises(AlignmentError, match="other areas"):
        border_dissimilarity(counts([1, 2, 3]), counts([3, 3, 3]), graph=graph)
    with pytest.raises(CrsError, match="EPSG:4326"):
        shape_dissimilarity(group, total, geometry=city.set_crs(4326, allow_override=True), graph=graph)
    points = Places(area_id=city.index, x=np.zeros(2), y=np.zeros(2))
    with pytest.raises(GeometryError, match="needs the size"):
        shape_dissimilarity(group, total, geometry=points, graph=graph)
    rimless = NeighbourGraph(
        area_id=city.index, first=np.array([0]), second=np.array([1]), border=np.array([1.0])
    )
    with pytest.raises(ParameterError, match="without rim"):
        shape_dissimilarity(group, total, geometry=city, graph=rimless)
    inside = shape_dissimilarity(group, total, geometry=city, graph=rimless, perimeter="internal")
    assert inside == shape_dissimilarity(group, total, geometry=city, graph=graph, perimeter="internal")


def test_many_tables_at_once_give_the_value_of_each():
    rng = np.random.default_rng(2)
    tables = rng.integers(0, 5, (3, 4, 2, 16)).astype(float)
    tables[0, 0, :, 5] = 0  # an empty area in some tables only
    before = tables.copy()
    evaluators = [
        prepare_adjacency_dissimilarity(graph=GRAPH, contiguity="queen", orders=2),
        prepare_border_dissimilarity(graph=GRAPH, standardisation="rows"),
        prepare_shape_dissimilarity(places=Places.of(GRID, GRID.index, "test"), graph=GRAPH),
    ]
    for evaluate in evaluators:
        together = evaluate(tables)
        assert together.shape == (3, 4)
        each = [[float(evaluate(table)) for table in line] for line in tables]
        assert together == pytest.approx(np.array(each), abs=1e-14)
    assert (tables == before).all()


def test_the_register_finds_the_names_of_other_packages():
    assert [measure.id for measure in MEASURES] == [
        "adjacency_dissimilarity",
        "border_dissimilarity",
        "shape_dissimilarity",
    ]
    assert MEASURES[0].known_as["PySAL segregation"] == "SpatialDissim"


@quick
@given(people)
def test_what_is_shared_across_borders_only_lowers_it(pairs):
    group, total = as_counts(pairs)
    plain, values = dissimilarity(group, total), every_measure(group, total)
    if any(map(math.isnan, values.values())):
        return
    assert max(values.values()) <= plain + 1e-12
    assert min(value for name, value in values.items() if name != "second order") >= -1
    assert values["full"] >= values["all"] - 1e-12


@quick
@given(people, st.integers(2, 9))
def test_they_do_not_depend_on_scale(pairs, factor):
    group, total = as_counts(pairs)
    assert every_measure(group * factor, total * factor) == pytest.approx(
        every_measure(group, total), nan_ok=True
    )


@quick
@given(people)
def test_they_are_the_same_for_the_group_and_for_everybody_else(pairs):
    group, total = as_counts(pairs)
    assert every_measure(total - group, total) == pytest.approx(every_measure(group, total), nan_ok=True)


@quick
@given(people, st.lists(st.booleans(), min_size=SIDE * SIDE, max_size=SIDE * SIDE))
def test_empty_areas_have_no_effect(pairs, kept):
    group, total = as_counts(pairs)
    known = pd.Series(kept, index=GRID.index)
    if not (known & (total > 0)).any():
        return
    emptied = every_measure(group.where(known, 0), total.where(known, 0))
    # The outline of an area is that of the map, whoever lives beyond: shapes are left out here.
    left = every_measure(group[known], total[known], GRID[known], GRAPH.part(known))
    for name in ("rook", "queen", "all", "rows"):
        assert emptied[name] == pytest.approx(left[name], nan_ok=True)


@quick
@given(st.lists(st.integers(1, 40), min_size=SIDE * SIDE, max_size=SIDE * SIDE), st.integers(1, 9))
def test_an_even_city_has_none(people_of, tenths):
    total = counts(people_of, index=list(GRID.index))
    values = every_measure(total * tenths / 10, total)
    assert values == pytest.approx(dict.fromkeys(values, 0), abs=1e-12)


@quick
@given(people, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(pairs, random):
    group, total = as_counts(pairs)
    order = list(GRID.index)
    random.shuffle(order)
    assert every_measure(group[order], total[order]) == pytest.approx(
        every_measure(group, total), nan_ok=True
    )
