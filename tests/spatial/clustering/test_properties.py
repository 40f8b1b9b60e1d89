"""What holds for the clustering of any city."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from spatial.neighbours import NeighbourGraph
from spatial.segregation.proximity.absolute_clustering import (
    absolute_clustering,
    absolute_clustering_contiguity,
)
from spatial.segregation.proximity.clustering import mean_proximity, relative_clustering, spatial_proximity
from spatial.segregation.proximity.proximity_pairs import mean_proximity_pairs

quick = settings(max_examples=50, deadline=None)
TWO_GROUPS = (mean_proximity, spatial_proximity, relative_clustering, absolute_clustering)
areas = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 99), st.integers(0, 99)),
    min_size=2,
    max_size=9,
)  # x, y [100 m], group, rest


def both_present(group, total):
    assume(group.sum() > 0 and (total - group).sum() > 0)


@quick
@given(areas, st.integers(2, 9), st.randoms(use_true_random=False))
def test_scale_of_counts_and_order_of_areas_are_irrelevant(city, found, factor, random):
    group, total, where = city(found)
    order = list(range(len(found)))
    random.shuffle(order)
    for measure in TWO_GROUPS:
        value = measure(group, total, geometry=where)
        again = measure(factor * group.iloc[order], factor * total.iloc[order], geometry=where)
        assert again == pytest.approx(value, nan_ok=True, rel=1e-9, abs=1e-12)


@quick
@given(areas)
def test_spatial_proximity_is_the_same_for_the_group_and_for_everybody_else(city, found):
    group, total, where = city(found)
    both_present(group, total)
    assert spatial_proximity(total - group, total, geometry=where) == pytest.approx(
        spatial_proximity(group, total, geometry=where)
    )
    theirs = 1 + relative_clustering(total - group, total, geometry=where)
    assert theirs * (1 + relative_clustering(group, total, geometry=where)) == pytest.approx(1)


@quick
@given(areas, st.integers(1, 5))
def test_equal_shares_are_not_clustered(city, found, times):
    group, _, where = city(found)
    assume(group.sum() > 0)
    total = group * (1 + times)
    assert spatial_proximity(group, total, geometry=where) == pytest.approx(1)
    assert relative_clustering(group, total, geometry=where) == pytest.approx(0, abs=1e-9)


@quick
@given(areas)
def test_bounds(city, found):
    group, total, where = city(found)
    both_present(group, total)
    assert 0 < mean_proximity(group, total, geometry=where) < 1
    assert spatial_proximity(group, total, geometry=where) > 0
    assert relative_clustering(group, total, geometry=where) > -1
    people = pd.DataFrame({"a": group, "b": total - group})
    table = mean_proximity_pairs(people, geometry=where).to_numpy()
    assert ((table > 0) & (table < 1)).all()
    assert np.array_equal(table, table.T)


@quick
@given(areas, st.tuples(st.integers(0, 40), st.integers(0, 40)))
def test_empty_areas_have_no_effect(city, found, spot):
    more = [*found, (*spot, 0, 0)]
    for measure in TWO_GROUPS:
        with_empty = measure(*city(more)[:2], geometry=city(more)[2])
        assert with_empty == pytest.approx(
            measure(*city(found)[:2], geometry=city(found)[2]), nan_ok=True, rel=1e-9, abs=1e-12
        )


@quick
@given(areas)
def test_splitting_an_area_on_the_spot_changes_nothing_when_distance_within_is_zero(city, found):
    x, y, group, rest = found[0]
    halves = [(x, y, 2 * group, 2 * rest), *found[1:]], [(x, y, group, rest), (x, y, group, rest), *found[1:]]
    for measure in (mean_proximity, spatial_proximity, relative_clustering):
        one, two = (measure(*city(part)[:2], geometry=city(part)[2], diagonal="zero") for part in halves)
        assert two == pytest.approx(one, nan_ok=True, abs=1e-12)


@quick
@given(areas)
def test_as_the_unit_shrinks_only_people_of_one_area_are_near(city, found):
    # The spatial index becomes an aspatial one: Pxx → sum of squares of the group's spread.
    group, total, where = city([(45 * i, 0, *area[2:]) for i, area in enumerate(found)])
    assume(group.sum() > 0)
    value = mean_proximity(group, total, geometry=where, diagonal="zero", distance_unit=1.0)
    assert value == pytest.approx(float((group**2).sum() / group.sum() ** 2))


@quick
@given(areas)
def test_contiguity_agrees_with_the_formula_written_out(city, found):
    group, total, _ = city(found)
    both_present(group, total)
    n_areas = len(found)
    first = np.arange(n_areas - 1)
    graph = NeighbourGraph(
        area_id=total.index, first=first, second=first + 1, border=np.full(n_areas - 1, 100.0)
    )
    lived = total.to_numpy() > 0
    near = (np.eye(n_areas) + np.eye(n_areas, k=1) + np.eye(n_areas, k=-1))[np.ix_(lived, lived)]
    x, t = group.to_numpy()[lived], total.to_numpy()[lived]
    alike = x.sum() * near.sum() / lived.sum() ** 2
    members, residents = x @ near @ x / x.sum(), x @ near @ t / x.sum()
    assume(abs(residents - alike) > 1e-9)
    value = absolute_clustering_contiguity(group, total, graph=graph)
    assert value == pytest.approx((members - alike) / (residents - alike), abs=1e-9)
