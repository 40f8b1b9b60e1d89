"""Picking regions from the tree of candidates: against every set of candidates that do not overlap."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import ParameterError
from spatial.regions.cuts.component_tree import component_tree
from spatial.regions.cuts.family import nested_family
from spatial.regions.cuts.objective import Objective
from spatial.regions.limited.selection import select_pieces
from spatial.regions.limits import RegionLimits

quick = settings(max_examples=80, deadline=None)


def line(strength, people, price=10.0):
    """Areas in a row."""
    n = len(strength)
    nobody = np.zeros(n, dtype=bool)
    people = np.array(people, dtype=float)
    return Objective(
        area_id=pd.RangeIndex(n),
        people=people,
        weight=people,
        strength=np.array(strength, dtype=float),
        first=np.arange(n - 1),
        second=np.arange(1, n),
        price=np.full(n - 1, price),
        held_in=nobody,
        held_out=nobody,
    )


def tree_of(costs, threshold):
    return component_tree(nested_family(costs).critical.to_numpy(), costs, threshold)


# Two good areas with a bad one between them, and a third good one far away. At τ = 1 (price 10 per border):
# area 0 costs 100 (1 − 1.5) + 10 = −40, area 2 100 (1 − 1.5) + 20 = −30, area 5 60 (1 − 2) + 10 = −50.
COSTS = line([1.5, 0.4, 1.5, 0.0, 0.0, 2.0], [100, 100, 100, 100, 100, 60])


def picked(limits, *, threshold=1.0, budget=1e9, demanded=None):
    tree = tree_of(COSTS, threshold)
    selection = select_pieces(tree, limits, budget=budget, demanded=demanded)
    label = tree.members(selection.nodes)
    return [
        "".join(str(area) for area in np.flatnonzero(label == one)) for one in range(len(selection.nodes))
    ]


def test_the_tree_knows_residents_and_costs_of_every_piece():
    tree = tree_of(COSTS, 1.0)
    for node in np.flatnonzero(tree.is_piece):
        inside = tree.members(np.array([node])) >= 0
        assert tree.residents[node] == COSTS.people[inside].sum()
        assert tree.cost[node] == pytest.approx(COSTS.value(inside, 1.0))


def test_without_limits_the_pieces_are_the_best_choice():
    assert sorted(picked(RegionLimits())) == ["0", "2", "5"]


def test_a_piece_that_is_too_small_grows_or_is_given_up():
    # 60 residents are too few: with area 4 it costs −60 + 100 + 10 > 0. The other two are large enough.
    assert sorted(picked(RegionLimits(least_residents=100))) == ["0", "2"]
    # 200 and more: 0 to 2 cost −50 + 60 − 50 + 10 = −30 together.
    assert picked(RegionLimits(least_residents=200)) == ["012"]


def test_a_number_of_regions_takes_those_that_save_most():
    assert picked(RegionLimits(most_regions=1)) == ["5"]
    assert sorted(picked(RegionLimits(most_regions=2))) == ["0", "5"]


def test_a_budget_takes_those_that_save_most_per_resident():
    assert picked(RegionLimits(), budget=60) == ["5"]
    assert sorted(picked(RegionLimits(), budget=160)) == ["0", "5"]


def test_what_is_demanded_lies_in_a_region_whatever_it_costs():
    demanded = np.array([False, False, False, True, False, False])
    assert any("3" in region for region in picked(RegionLimits(), demanded=demanded))


def test_nothing_is_picked_where_no_candidate_keeps_to_the_limits():
    assert picked(RegionLimits(least_residents=1000)) == []


def test_nothing_is_picked_above_every_need():
    assert picked(RegionLimits(), threshold=9.0) == []


@st.composite
def problems(draw):
    n = draw(st.integers(2, 9))
    strength = draw(st.lists(st.integers(-20, 20).map(lambda tenth: tenth / 10), min_size=n, max_size=n))
    people = draw(st.lists(st.integers(0, 40), min_size=n, max_size=n))
    costs = line(strength, people, draw(st.integers(0, 30)))
    limits = RegionLimits(
        least_residents=draw(st.sampled_from([0, 20, 50])),
        most_residents=draw(st.sampled_from([60, 120, np.inf])),
        most_regions=draw(st.sampled_from([None, 1, 2, 3])),
    )
    return tree_of(costs, draw(st.integers(-10, 15)) / 10), limits


@quick
@given(problems())
def test_no_other_candidates_save_more(problem):
    tree, limits = problem
    chosen = select_pieces(tree, limits, budget=1e9).nodes
    above = {node: {node, *lineage(tree, node)} for node in range(len(tree.parent))}
    usable = [
        node
        for node in np.flatnonzero(tree.is_piece)
        if tree.residents[node] > 0 and limits.parts(tree.residents[node]) > 0
    ]
    parts = {node: limits.parts(tree.residents[node]) for node in usable}
    assert set(chosen) <= set(usable)
    assert limits.most_regions is None or sum(parts[node] for node in chosen) <= limits.most_regions
    best = 0.0
    for size in range(1, (limits.most_regions or 4) + 1):
        for some in itertools.combinations(usable, size):
            if sum(parts[node] for node in some) <= (limits.most_regions or 99) and all(
                a not in above[b] and b not in above[a] for a, b in itertools.combinations(some, 2)
            ):
                best = min(best, tree.cost[list(some)].sum())
    assert tree.cost[chosen].sum() <= best + 1e-9


@quick
@given(problems(), st.integers(1, 200))
def test_a_budget_is_never_exceeded(problem, budget):
    tree, limits = problem
    chosen = select_pieces(tree, limits, budget=budget).nodes
    assert tree.residents[chosen].sum() <= budget


def lineage(tree, node):
    while tree.parent[node] >= 0:
        node = int(tree.parent[node])
        yield node


@pytest.mark.parametrize(
    "wrong",
    [
        {"least_residents": -1},
        {"least_residents": np.nan},
        {"least_residents": 10, "most_residents": 5},
        {"most_residents": 0},
        {"most_share": 0},
        {"most_share": 1.5},
        {"most_regions": 0},
        {"most_regions": 1.5},
        {"most_regions": True},
    ],
)
def test_limits_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ParameterError, match=next(reversed(wrong))):
        RegionLimits(**wrong)
