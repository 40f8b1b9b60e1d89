"""Proposals within limits: against every possible choice, and what a planner fixes beforehand."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import AlignmentError, NeighbourGraph, ParameterError, propose
from spatial.regions import FixedAreas, RegionLimits

quick = settings(max_examples=80, deadline=None)


def ids(count):
    return pd.Index([f"{i:03d}" for i in range(count)], name="area_id")


def graph_of(index, pairs):
    """Return the graph of {(position, position): border}."""
    first, second = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    return NeighbourGraph(
        area_id=index, first=first, second=second, border=np.array(list(pairs.values()), dtype=float)
    )


def board(need, population=100, side=100.0):
    """Return need, population and graph of a chessboard of square blocks."""
    need = np.array(need, dtype=float)
    place = np.arange(need.size).reshape(need.shape)
    across = zip(place[:, :-1].ravel(), place[:, 1:].ravel(), strict=True)
    down = zip(place[:-1].ravel(), place[1:].ravel(), strict=True)
    pairs = {(int(a), int(b)): side for a, b in itertools.chain(across, down)}
    index = ids(need.size)
    people = np.broadcast_to(np.array(population), need.shape).astype(float)
    return (
        pd.Series(need.ravel(), index=index),
        pd.Series(people.ravel(), index=index),
        graph_of(index, pairs),
    )


@st.composite
def problems(draw, largest=9):
    n = draw(st.integers(2, largest))
    index = ids(n)
    need = draw(st.lists(st.one_of(st.none(), st.integers(-8, 12)), min_size=n, max_size=n))
    people = draw(st.lists(st.integers(0, 40), min_size=n, max_size=n))
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    borders = draw(st.dictionaries(st.sampled_from(pairs), st.integers(1, 60), max_size=2 * n))
    needs = pd.Series([np.nan if value is None else value / 4 for value in need], index=index)
    return needs, pd.Series(people, index=index), graph_of(index, borders), draw(st.integers(0, 8)) / 8


LIMITS = st.builds(
    RegionLimits,
    least_residents=st.sampled_from([0, 25, 60]),
    most_residents=st.sampled_from([70, 120, np.inf]),
    most_share=st.sampled_from([0.25, 0.5, 1.0]),
    most_regions=st.sampled_from([None, 1, 2]),
)


def tried(*problem, **options):
    """Return the proposal, or None where the limits leave room for no region."""
    need, population, graph, price = problem
    try:
        return propose(need, population, graph, threshold=1.0, border_price=price, **options)
    except ParameterError:
        return None


@quick
@given(problems(), LIMITS)
def test_regions_are_connected_apart_and_within_all_limits(problem, limits):
    result = tried(*problem, limits=limits)
    if result is None:
        return
    summary, graph = result.summary(), problem[2]
    assert (summary["residents"] >= limits.least_residents).all()
    assert (summary["residents"] <= limits.most_residents).all()
    assert summary["residents"].sum() <= limits.most_share * problem[1].sum() + 1e-9
    assert limits.most_regions is None or len(summary) <= limits.most_regions
    for region in summary.index:
        assert graph.components((result.region == region).fillna(False)).max() == 0


@quick
@given(problems(8), LIMITS)
def test_no_choice_within_the_limits_lies_below_the_bound_and_the_value_is_that_of_the_choice(
    problem, limits
):
    need, population, graph, price = problem
    result = tried(*problem, limits=limits)
    if result is None:
        return
    n = len(need)
    choices = np.array(list(itertools.product([False, True], repeat=n)))
    cost = (population.to_numpy() * (1.0 - need.fillna(1.0).to_numpy())) @ choices.T
    energy = cost + price * ((choices[:, graph.first] != choices[:, graph.second]) @ graph.border)
    mine = result.region.notna().to_numpy()
    assert result.objective == pytest.approx(energy[(choices == mine).all(axis=1)][0], abs=1e-9)
    people = choices @ population.to_numpy()
    allowed = people <= limits.most_share * population.sum()
    for place in np.flatnonzero(allowed):
        piece = graph.components(choices[place])
        sizes = np.bincount(piece[piece >= 0], population.to_numpy()[piece >= 0])
        # A region has at most so many residents, but a piece may be split: parts that touch cost nothing.
        parts = np.maximum(np.ceil(sizes / limits.most_residents), 1).sum()
        allowed[place] = (sizes >= limits.least_residents).all() and (
            limits.most_regions is None or parts <= limits.most_regions
        )
    assert result.lower_bound <= energy[allowed].min() + 1e-9
    assert result.lower_bound <= result.objective


@quick
@given(problems(), LIMITS, st.randoms(use_true_random=False))
def test_the_order_of_rows_is_irrelevant(problem, limits, random):
    need, population, graph, price = problem
    expected = tried(*problem, limits=limits)
    order = list(range(len(need)))
    random.shuffle(order)
    shuffled = tried(need.iloc[order], population, graph.in_order(need.index[order]), price, limits=limits)
    if expected is None:
        assert shuffled is None
        return
    pd.testing.assert_series_equal(shuffled.region.sort_index(), expected.region)
    assert shuffled.objective == expected.objective


def test_a_small_region_grows_to_the_least_number_or_is_left_out():
    need, people, graph = board([[2.0, 0.9, 0.0, 0.0, 3.0]])
    free = propose(need, people, graph, threshold=1.0, border_price=0.1)
    assert free.region.tolist() == ["1", pd.NA, pd.NA, pd.NA, "2"]
    # 200 residents: the left one takes its neighbour for 10 and still saves 100 − 10 − 10, the right one takes an area
    # for 100 and still saves 200 − 100 − 10.
    both = propose(
        need, people, graph, threshold=1.0, border_price=0.1, limits=RegionLimits(least_residents=200)
    )
    assert both.region.notna().tolist() == [True, True, False, True, True]
    assert both.objective == pytest.approx(-80 - 90)


def test_the_budget_goes_where_a_resident_saves_most():
    need, people, graph = board([[2.0, 0.0, 3.0, 0.0, 2.5]])
    result = propose(
        need, people, graph, threshold=1.0, border_price=0.0, limits=RegionLimits(most_share=0.4)
    )
    assert result.region.notna().tolist() == [False, False, True, False, True]
    assert result.gap == pytest.approx(0.0, abs=1e-9)


def test_a_region_with_too_many_residents_is_split_along_its_shortest_border():
    index = ids(4)
    graph = graph_of(index, {(0, 1): 90.0, (1, 2): 10.0, (2, 3): 90.0})
    need, people = pd.Series(2.0, index=index), pd.Series(100.0, index=index)
    result = propose(
        need, people, graph, threshold=1.0, border_price=1.0, limits=RegionLimits(most_residents=250)
    )
    assert result.region.tolist() == ["1", "1", "2", "2"]
    assert result.objective == -400  # the border between two regions costs nothing


def test_of_many_regions_the_best_few_are_kept():
    need, people, graph = board([[2.0, 0.0, 3.0, 0.0, 2.5]])
    result = propose(
        need, people, graph, threshold=1.0, border_price=0.0, limits=RegionLimits(most_regions=2)
    )
    assert result.region.notna().tolist() == [False, False, True, False, True]


def test_a_doughnut_stays_a_doughnut():
    need = np.full((5, 5), 2.0)
    need[1:4, 1:4] = -3.0
    need, people, graph = board(need)
    result = propose(
        need, people, graph, threshold=1.0, border_price=0.2, limits=RegionLimits(least_residents=500)
    )
    assert len(result.summary()) == 1
    assert result.region.isna().sum() == 9


def test_the_map_in_force_keeps_an_area_and_keeps_others_out():
    need, people, graph = board([[0.9, 0.0, 1.1]])
    existing = pd.Series(["old", None, None], index=need.index)
    result = propose(need, people, graph, threshold=1.0, border_price=0.0, existing=existing, inertia=0.2)
    assert result.region.notna().tolist() == [True, False, False]


def test_a_dear_border_holds_areas_together_and_a_cheap_one_parts_them():
    need, people, graph = board([[2.0, 0.8]])
    pair = pd.MultiIndex.from_tuples([("001", "000")])
    for factor, chosen in ((0.5, [True, False]), (3.0, [True, True])):
        result = propose(
            need,
            people,
            graph,
            threshold=1.0,
            border_price=0.1,
            border_factor=pd.Series([factor], index=pair),
        )
        assert result.region.notna().tolist() == chosen


def test_a_locked_region_is_never_changed_and_keeps_its_name():
    need, people, graph = board([[0.0, 0.0, 2.0, 2.0, 0.0]])
    fixed = FixedAreas(
        locked=pd.Series({"001": "Grünau", "002": "Grünau"}),
        reason=pd.Series({"Grünau": "decided until 2030"}),
    )
    result = propose(need, people, graph, threshold=1.0, border_price=0.1, fixed=fixed)
    assert result.region.tolist() == [pd.NA, "Grünau", "Grünau", "1", pd.NA]
    assert result.summary()["is_locked"].to_dict() == {"1": False, "Grünau": True}
    assert result.objective == pytest.approx(
        -100 + 10 + 10
    )  # both borders of 003 are paid, the locked one as well


def test_a_new_region_does_not_take_the_name_of_a_locked_one():
    need, people, graph = board([[0.0, 2.0, 0.0, 2.0]])
    fixed = FixedAreas(locked=pd.Series({"001": "1"}), reason=pd.Series({"1": "a reason"}))
    result = propose(need, people, graph, threshold=1.0, border_price=0.0, fixed=fixed)
    assert result.region.tolist() == [pd.NA, "1", pd.NA, "2"]


def test_forced_areas_come_in_and_forbidden_ones_stay_out():
    need, people, graph = board([[0.0, 2.0, 3.0]])
    fixed = FixedAreas(inside=pd.Series({"000": "school"}), outside=pd.Series({"001": "allotments"}))
    for limits in (None, RegionLimits(most_share=0.9)):
        result = propose(need, people, graph, threshold=1.0, border_price=0.1, fixed=fixed, limits=limits)
        assert result.region.notna().tolist() == [True, False, True]


LOCKED = FixedAreas(locked=pd.Series({"000": "old"}), reason=pd.Series({"old": "a reason"}))
FORCED = FixedAreas(inside=pd.Series({"000": "a reason"}))


@pytest.mark.parametrize(
    ("fixed", "limits", "message"),
    [
        (
            LOCKED,
            {"least_residents": 200},
            "least_residents is 200, expected at most 100: the locked region old",
        ),
        (
            LOCKED,
            {"most_residents": 50},
            "most_residents is 50, expected at least 100: the locked region old",
        ),
        (LOCKED, {"most_share": 0.1}, "most_share is 0.1, expected at least 0.2000"),
        (FORCED, {"most_share": 0.1}, "most_share is 0.1, expected at least 0.2000"),
        (FORCED, {"most_residents": 50}, "most_residents is 50, expected at least 100: 000, held in"),
        (FORCED, {"least_residents": 600}, "least_residents is 600, expected at most 500: 000, held in"),
        (None, {"most_share": 0.1}, "most_share is 0.1, expected at least 0.2000, enough for one region"),
        (None, {"least_residents": 300, "most_share": 0.5}, "most_share is 0.5, expected at least 0.6000"),
        (None, {"least_residents": 501}, "least_residents is 501, expected at most 500: nowhere"),
    ],
)
def test_an_impossible_limit_is_named_with_the_least_relaxation(fixed, limits, message):
    need, people, graph = board([[2.0, 2.0, 0.0, 0.0, 2.0]])
    with pytest.raises(ParameterError, match=message):
        propose(
            need, people, graph, threshold=1.0, border_price=0.1, fixed=fixed, limits=RegionLimits(**limits)
        )


def test_more_locked_regions_than_allowed_are_named():
    need, people, graph = board([[2.0, 2.0, 0.0, 0.0, 2.0]])
    fixed = FixedAreas(locked=pd.Series({"000": "a", "002": "b"}), reason=pd.Series({"a": "x", "b": "y"}))
    with pytest.raises(ParameterError, match="most_regions is 1, expected at least 2: there are 2 locked"):
        propose(
            need,
            people,
            graph,
            threshold=1.0,
            border_price=0.1,
            fixed=fixed,
            limits=RegionLimits(most_regions=1),
        )


def test_contradictions_and_missing_reasons_are_refused():
    with pytest.raises(AlignmentError, match="both inside and outside"):
        FixedAreas(inside=pd.Series({"a": "x"}), outside=pd.Series({"a": "y"}))
    with pytest.raises(AlignmentError, match="both locked and inside"):
        FixedAreas(locked=pd.Series({"a": "r"}), reason=pd.Series({"r": "x"}), inside=pd.Series({"a": "y"}))
    with pytest.raises(AlignmentError, match="outside without a reason"):
        FixedAreas(outside=pd.Series({"a": " "}))
    with pytest.raises(ParameterError, match="a reason for each locked region"):
        FixedAreas(locked=pd.Series({"a": "r"}))
    need, people, graph = board([[2.0, 0.0]])
    with pytest.raises(AlignmentError, match="that the city does not have"):
        propose(
            need,
            people,
            graph,
            threshold=1.0,
            border_price=0.1,
            fixed=FixedAreas(inside=pd.Series({"zz": "x"})),
        )
