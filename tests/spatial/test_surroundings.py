"""Areas that have to come in: what comes in with them, so that they are a region within the limits."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import NeighbourGraph, ParameterError, propose
from spatial.regions import FixedAreas, RegionLimits, prove


def graph_of(names, pairs, border=100.0):
    """Return the graph of pairs of names."""
    index = pd.Index(list(names), name="area_id")
    ends = np.sort([[index.get_loc(area) for area in pair] for pair in pairs], axis=1)
    ends = ends[np.lexsort(ends.T[::-1])]
    return NeighbourGraph(
        area_id=index, first=ends[:, 0], second=ends[:, 1], border=np.full(len(ends), border)
    )


def proposed(need, people, graph, inside, price=0.1, outside="", **limits):
    """Propose with areas that have to come in, and some that may not."""
    return propose(
        pd.Series(need, dtype=float),
        pd.Series(people, dtype=float),
        graph,
        threshold=1.0,
        border_price=price,
        limits=RegionLimits(**limits),
        fixed=FixedAreas(
            inside=pd.Series("a school", list(inside)), outside=pd.Series("gardens", list(outside), dtype=str)
        ),
    )


def chosen(result):
    return "".join(result.region.dropna().index)


ROW = graph_of("ABCDE", ["AB", "BC", "CD", "DE"])
LOW = {"A": 0.0, "B": 0.2, "C": 0.0, "D": 0.9, "E": 0.0}


def test_a_low_area_takes_in_the_neighbour_that_costs_least():
    # C alone has 100 residents; D costs 10 and B 80 to come in with it.
    result = proposed(LOW, dict.fromkeys("ABCDE", 100), ROW, "C", least_residents=200)
    assert chosen(result) == "CD"
    # −0 + 100 + 10 and two borders of 100 m × 0.1.
    assert result.objective == pytest.approx(100 + 10 + 20)
    assert prove(result, ROW).is_best


def test_what_may_not_come_in_is_gone_around():
    result = proposed(LOW, dict.fromkeys("ABCDE", 100), ROW, "C", outside="D", least_residents=200)
    assert chosen(result) == "BC"


def test_an_area_without_residents_reaches_the_nearest_people():
    # A school between fields: C and D are empty, E is lived in and 300 m of need away.
    people = {"A": 0, "B": 0, "C": 0, "D": 0, "E": 150}
    result = proposed(LOW, people, ROW, "B", least_residents=100)
    # A, empty at the rim of the city, comes in as well: it saves a border.
    assert chosen(result) == "ABCDE"
    assert result.summary()["residents"].tolist() == [150]


def test_areas_that_lie_apart_are_joined_where_there_may_be_only_one_region():
    ring = graph_of("ABCDEF", ["AB", "BC", "CD", "DE", "EF", "FA"])
    need = {"A": 0.5, "B": -3.0, "C": -3.0, "D": 0.5, "E": 0.5, "F": 0.5}
    result = proposed(need, dict.fromkeys("ABCDEF", 100), ring, "AD", most_regions=1)
    assert chosen(result) == "ADEF"
    assert len(result.summary()) == 1
    # Where no way is short enough for the budget, the number of regions is what has to give.
    with pytest.raises(ParameterError, match="inside is 'D', expected areas that fit into regions"):
        proposed(need, dict.fromkeys("ABCDEF", 100), ring, "AD", most_regions=1, most_share=0.5)


def test_it_stays_within_the_most_residents():
    people = {"A": 100, "B": 100, "C": 100, "D": 900, "E": 100}
    result = proposed(LOW, people, ROW, "C", least_residents=200, most_residents=500)
    assert chosen(result) == "BC"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3), st.sampled_from([0.0, 300.0, 800.0]))
def test_on_a_board_of_blocks_nobody_who_has_to_come_in_is_refused(seed, number, least):
    rng = np.random.default_rng(seed)
    place = np.arange(144).reshape(12, 12)
    pairs = np.concatenate(
        [
            np.column_stack([place[:, :-1].ravel(), place[:, 1:].ravel()]),
            np.column_stack([place[:-1].ravel(), place[1:].ravel()]),
        ]
    )
    pairs = pairs[np.lexsort(pairs.T[::-1])]
    index = pd.Index([f"{one:03d}" for one in range(144)], name="area_id")
    graph = NeighbourGraph(
        area_id=index, first=pairs[:, 0], second=pairs[:, 1], border=np.full(len(pairs), 100.0)
    )
    people = pd.Series(rng.integers(0, 200, 144) * (rng.random(144) < 0.8), index, dtype=float)
    need = pd.Series(rng.normal(0, 1, 144), index)
    held = pd.Series("a school", rng.choice(index, number, replace=False))
    # A budget of half the city is enough for three regions of 800 among 12,000 residents.
    result = propose(
        need,
        people,
        graph,
        threshold=1.0,
        border_price=0.1,
        limits=RegionLimits(least_residents=least, most_share=0.5),
        fixed=FixedAreas(inside=held),
    )
    assert result.region[held.index].notna().all()
    assert (result.summary()["residents"] >= least).all()
    for region in result.summary().index:
        assert graph.components((result.region == region).fillna(False)).max() == 0
