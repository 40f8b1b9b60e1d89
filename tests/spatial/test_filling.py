"""A part of a piece that is too large for the budget: equal needs, dear borders, and what stays within the limits."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import NeighbourGraph, propose
from spatial.regions import FixedAreas, RegionLimits

quick = settings(max_examples=60, deadline=None)


def board(need, people=100, side=100.0):
    """Return need, population and graph of a chessboard of square blocks."""
    need = np.array(need, dtype=float)
    place = np.arange(need.size).reshape(need.shape)
    pairs = [*zip(place[:, :-1].ravel(), place[:, 1:].ravel(), strict=True)]
    pairs += zip(place[:-1].ravel(), place[1:].ravel(), strict=True)
    first, second = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    index = pd.Index([f"{i:03d}" for i in range(need.size)], name="area_id")
    graph = NeighbourGraph(area_id=index, first=first, second=second, border=np.full(len(first), side))
    people = np.broadcast_to(np.asarray(people, dtype=float), need.shape).ravel()
    return pd.Series(need.ravel(), index=index), pd.Series(people, index=index), graph


def chosen(result):
    return result.region.notna().sum()


def test_of_equal_needs_as_much_comes_in_as_the_budget_allows():
    need, people, graph = board(np.full((4, 5), 2.0))
    result = propose(
        need, people, graph, threshold=1.0, border_price=0.0, limits=RegionLimits(most_share=0.5)
    )
    # Half of 20 blocks; each saves 100.
    assert (chosen(result), result.objective, result.gap) == (10, -1000.0, pytest.approx(0))
    assert result.summary().shape[0] == 1


def test_the_part_of_a_piece_is_compact_where_a_border_costs():
    need, people, graph = board(np.full((6, 6), 2.0))
    result = propose(
        need, people, graph, threshold=1.0, border_price=0.2, limits=RegionLimits(most_share=0.25)
    )
    # 9 blocks save 900. In a corner of the city 3 × 3 of them have six borders of 100 m with the others, 20 each; in a
    # row they would have 9. What is found has 7.
    assert chosen(result) == 9
    assert result.objective <= -900 + 7 * 20


def test_a_second_piece_is_taken_in_part_when_the_first_leaves_room():
    need, people, graph = board([[2, 2, 0, 2, 2, 2, 2]])
    limits = RegionLimits(most_share=5 / 7)
    result = propose(need, people, graph, threshold=1.0, border_price=0.0, limits=limits)
    assert (chosen(result), result.gap) == (5, pytest.approx(0))


def test_a_part_has_the_least_residents_or_is_left_out():
    need, people, graph = board([[2, 2, 2, 2, 2, 0]])
    for least, expected in ((300, 3), (301, 0)):
        limits = RegionLimits(least_residents=least, most_share=0.5)
        if expected:
            result = propose(need, people, graph, threshold=1.0, border_price=0.0, limits=limits)
            assert chosen(result) == expected
        else:
            with pytest.raises(ValueError, match="most_share"):
                propose(need, people, graph, threshold=1.0, border_price=0.0, limits=limits)


def test_around_a_locked_region_only_what_its_residents_leave_of_the_budget_comes_in():
    need, people, graph = board([[2, 2, 2, 2, 2, 2]])
    fixed = FixedAreas(locked=pd.Series({"000": "old"}), reason=pd.Series({"old": "decided"}))
    limits = RegionLimits(most_share=0.5, most_regions=2)
    result = propose(need, people, graph, threshold=1.0, border_price=0.0, limits=limits, fixed=fixed)
    assert chosen(result) == 3
    assert result.region["000"] == "old"


@quick
@given(
    st.integers(2, 4),
    st.integers(2, 4),
    st.sampled_from([0.2, 0.35, 0.5, 0.8]),
    st.integers(0, 2),
    st.randoms(use_true_random=False),
)
def test_equal_blocks_fill_the_budget_whatever_the_order_of_rows(high, wide, share, price, random):
    need, people, graph = board(np.full((high, wide), 2.0))
    limits = RegionLimits(most_share=share)
    room = int(share * high * wide + 1e-9)
    if not room:
        return
    options = {"threshold": 1.0, "border_price": price / 10, "limits": limits}
    result = propose(need, people, graph, **options)
    if price == 0:
        assert chosen(result) == room
    order = list(need.index)
    random.shuffle(order)
    again = propose(need[order], people[order], graph.in_order(pd.Index(order)), **options)
    assert again.region.reindex(need.index).equals(result.region)


@quick
@given(
    st.lists(st.integers(1, 4), min_size=4, max_size=10), st.sampled_from([0.3, 0.5, 0.7]), st.integers(0, 3)
)
def test_no_choice_within_the_budget_lies_below_the_bound(classes, share, price):
    need, people, graph = board([classes])
    try:
        result = propose(
            need, people, graph, threshold=1.5, border_price=price / 10, limits=RegionLimits(most_share=share)
        )
    except ValueError:
        return
    choices = np.array(list(itertools.product([False, True], repeat=len(need))))
    cost = 100 * (1.5 - need.to_numpy())
    energy = choices @ cost + 10 * price * (choices[:, graph.first] != choices[:, graph.second]).sum(axis=1)
    allowed = choices.sum(axis=1) <= share * len(need) + 1e-9
    assert result.lower_bound <= energy[allowed].min() + 1e-9
    # Needs of a few classes on a row of equal blocks: nothing of what counts is lost.
    assert result.objective <= 0.9 * energy[allowed].min() + 1e-9


def test_where_nothing_is_worth_its_border_the_gap_is_none():
    need, people, graph = board([[1.3, 0.2, 1.3]])
    result = propose(
        need, people, graph, threshold=1.0, border_price=0.7, limits=RegionLimits(most_share=0.9)
    )
    assert (chosen(result), result.objective, result.relative_gap) == (0, 0.0, 0.0)
