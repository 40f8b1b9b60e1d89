"""The spatial proximity profile: worked values, steps over the graph, and what must hold."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import shortest_path

from spatial import AlignmentError, ParameterError
from spatial.neighbours import NeighbourGraph
from spatial.segregation.proximity import proximity_profile
from spatial.segregation.proximity.proximity_profile import proximity_curve, spatial_proximity_profile
from spatial.segregation.proximity.steps import walks_over

quick = settings(max_examples=50, deadline=None)


def graph(n_areas, pairs):
    pairs = np.array(sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]}), dtype=np.int64)
    first, second = pairs.reshape(-1, 2).T
    return NeighbourGraph(
        area_id=pd.RangeIndex(n_areas), first=first, second=second, border=np.ones(len(first))
    )


def row(n_areas):
    return graph(n_areas, [(i, i + 1) for i in range(n_areas - 1)])


def lattice(side):
    place = np.arange(side * side).reshape(side, side)
    pairs = np.concatenate(
        [
            np.column_stack([place[:, :-1].ravel(), place[:, 1:].ravel()]),
            np.column_stack([place[:-1].ravel(), place[1:].ravel()]),
        ]
    )
    return graph(side * side, pairs.tolist())


def all_steps(where):
    n_areas = len(where.area_id)
    links = coo_array((np.ones(len(where.first)), (where.first, where.second)), shape=(n_areas, n_areas))
    return shortest_path(links.tocsr(), directed=False, unweighted=True)


def test_a_row_of_three_by_hand():
    # Shares 0.8, 0.6, 0.1; overall 0.5. All three: 6 ordered pairs, 2 (1 + 1 + 2) = 8 steps: 0.75 up to 0.1.
    # The first two touch: 1 up to 0.6. One area alone: nothing up to 0.8.
    group, total = pd.Series([8, 6, 1]), pd.Series([10, 10, 10])
    curve = proximity_curve(group, total, graph=row(3))
    assert curve.index.tolist() == pytest.approx([0.1, 0.6, 0.8])
    assert curve.iloc[:2].tolist() == [0.75, 1.0]
    assert math.isnan(curve.iloc[2])
    # Below 0.5: 0.1 · 0.75 + 0.4 = 0.475; above: 0.1. (0.5 - 0.475 + 0.1) / 0.5
    assert spatial_proximity_profile(group, total, graph=row(3)) == pytest.approx(0.25)


def test_evenly_spaced_thresholds():
    # Thresholds 0, 0.25, 0.5, 0.75, 1 of the same row: below 0.5 there are 0.75 and 1, at and above 1, 0, 0.
    value = spatial_proximity_profile(
        pd.Series([8, 6, 1]), pd.Series([10, 10, 10]), graph=row(3), thresholds=5
    )
    assert value == pytest.approx((0.5 - (0.75 + 1) / 5 + 1 / 5) / 0.5)


def test_many_thresholds_come_near_the_integral():
    rng = np.random.default_rng(1)
    total = pd.Series(rng.integers(1, 90, 49))
    group = (total * rng.random(49)).round()
    exact = spatial_proximity_profile(group, total, graph=lattice(7))
    assert spatial_proximity_profile(group, total, graph=lattice(7), thresholds=200_000) == pytest.approx(
        exact, abs=1e-3
    )


def test_clustered_is_more_than_scattered():
    total = pd.Series(np.full(49, 10.0))
    clustered, scattered = total * 0, total * 0
    clustered[[0, 1, 7, 8]] = 10
    scattered[[0, 6, 42, 48]] = 10
    # Four squares in a block: 12 pairs, 8 of one step and 4 of two. In the corners: 8 of 6 steps, 4 of 12.
    assert proximity_curve(clustered, total, graph=lattice(7)).iloc[-1] == pytest.approx(12 / 16)
    assert proximity_curve(scattered, total, graph=lattice(7)).iloc[-1] == pytest.approx(12 / 96)
    assert spatial_proximity_profile(clustered, total, graph=lattice(7)) > spatial_proximity_profile(
        scattered, total, graph=lattice(7)
    )


def test_a_way_leads_through_empty_areas_when_that_is_wanted():
    group, total = pd.Series([9, 0, 9]), pd.Series([10, 0, 10])
    # Two areas, two steps apart: 2 pairs of 2 steps, 2 · 1 / 4; without the empty one no way connects them.
    assert proximity_curve(group, total, graph=row(3), uninhabited="keep").tolist() == [0.5]
    assert proximity_curve(group, total, graph=row(3)).tolist() == [0.0]


def test_areas_that_no_way_connects_have_no_proximity():
    group, total = pd.Series([9, 8, 1]), pd.Series([10, 10, 10])
    curve = proximity_curve(group, total, graph=graph(3, [(0, 1)]))
    assert curve.iloc[:2].tolist() == [0.0, 1.0]


@pytest.mark.parametrize("group", [[0, 0, 0], [5, 7, 2]], ids=["nobody", "everybody"])
def test_a_group_of_nobody_or_of_everybody_has_no_value(group):
    assert math.isnan(spatial_proximity_profile(pd.Series(group), pd.Series([5, 7, 2]), graph=row(3)))


@pytest.mark.parametrize(("group", "total"), [([3, 0], [7, 0]), ([0, 0], [0, 0])], ids=["one", "none"])
def test_fewer_than_two_inhabited_areas_have_no_value(group, total):
    assert math.isnan(spatial_proximity_profile(pd.Series(group), pd.Series(total), graph=row(2)))
    assert proximity_curve(pd.Series(group), pd.Series(total), graph=row(2)).isna().all()


def test_corners_shorten_the_way_of_a_queen():
    square = NeighbourGraph(
        area_id=pd.RangeIndex(4),
        first=np.array([0, 0, 1, 2]),
        second=np.array([1, 2, 3, 3]),
        border=np.ones(4),
        corners=np.array([[0, 3], [1, 2]]),
    )
    group, total = pd.Series([9, 0, 0, 9]), pd.Series([10, 10, 10, 10])
    assert proximity_curve(group, total, graph=square).iloc[-1] == 0.5
    assert proximity_curve(group, total, graph=square, contiguity="queen").iloc[-1] == 1.0


def test_bad_input_is_refused():
    group, total = pd.Series([1, 2]), pd.Series([5, 5])
    with pytest.raises(ParameterError, match="thresholds"):
        spatial_proximity_profile(group, total, graph=row(2), thresholds=1)
    with pytest.raises(ParameterError, match="workers"):
        spatial_proximity_profile(group, total, graph=row(2), workers=0)
    with pytest.raises(ParameterError, match="corners"):
        spatial_proximity_profile(group, total, graph=row(2), contiguity="queen")
    with pytest.raises(AlignmentError, match="other areas"):
        spatial_proximity_profile(group, total, graph=row(3))


def test_steps_agree_with_all_shortest_ways_on_a_map_of_many_parts():
    # More areas than walk together, so that several parts are walked, by one thread or more.
    where = lattice(25)
    chosen = np.random.default_rng(2).permutation(625)[:600]
    expected = np.tril(all_steps(where)[np.ix_(chosen, chosen)]).sum(axis=1)
    for workers in (1, 3):
        assert np.array_equal(walks_over(where, workers=workers).to_earlier(chosen), expected)


@quick
@given(st.integers(1, 12), st.data())
def test_steps_agree_with_all_shortest_ways_on_any_graph(n_areas, data):
    ends = st.integers(0, n_areas - 1)
    where = graph(n_areas, data.draw(st.lists(st.tuples(ends, ends), max_size=20)))
    chosen = np.array(data.draw(st.lists(ends, unique=True, min_size=1)))
    among = all_steps(where)[np.ix_(chosen, chosen)]
    expected = np.where(np.tri(len(chosen), k=-1) > 0, among, 0.0).sum(axis=1)
    assert np.array_equal(walks_over(where).to_earlier(chosen), expected)


@quick
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=9),
    st.integers(2, 9),
    st.randoms(use_true_random=False),
)
def test_scale_and_order_are_irrelevant_and_the_value_is_not_below_zero(people, factor, random):
    group = pd.Series([part for part, _ in people], dtype=float)
    total = group + pd.Series([rest for _, rest in people], dtype=float)
    value = spatial_proximity_profile(group, total, graph=row(len(people)))
    assert math.isnan(value) or value >= -1e-12
    order = list(range(len(people)))
    random.shuffle(order)
    again = spatial_proximity_profile(
        factor * group.iloc[order], factor * total.iloc[order], graph=row(len(people))
    )
    assert again == pytest.approx(value, nan_ok=True)


def test_the_evaluator_takes_replicates_and_leaves_them_alone():
    counts = np.random.default_rng(3).integers(0, 50, (2, 3, 2, 25)).astype(float)
    before = counts.copy()
    evaluate = proximity_profile.prepare_spatial_proximity_profile(graph=lattice(5))
    values = evaluate(counts)
    assert values.shape == (2, 3)
    assert values[1, 2] == float(evaluate(counts[1, 2]))
    assert np.array_equal(counts, before)
