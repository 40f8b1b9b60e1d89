"""The cut's energy against two other solvers, to the last bit: augmenting paths in Python's own integers, and HiGHS."""

from collections import deque

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import coo_array

from spatial import NeighbourGraph, propose, shared_borders
from spatial.regions.cuts.mincut import LARGEST_TOTAL, minimum_cut
from spatial.regions.proposal import objective_with_fixed


def grid(rows, columns):
    """Return the pairs of neighbours of a chessboard, row by row."""
    place = np.arange(rows * columns).reshape(rows, columns)
    across = np.column_stack([place[:, :-1].ravel(), place[:, 1:].ravel()])
    down = np.column_stack([place[:-1].ravel(), place[1:].ravel()])
    return np.concatenate([across, down])


def by_augmenting_paths(gain, cost, links):
    """Return value and smallest source side of a minimum cut: shortest augmenting paths, whole numbers of any size."""
    source, sink = len(gain), len(gain) + 1
    left = [{} for _ in range(len(gain) + 2)]
    for node, (won, paid) in enumerate(zip(gain, cost, strict=True)):
        left[source][node], left[node][source] = won, 0
        left[node][sink], left[sink][node] = paid, 0
    for (one, other), price in links.items():
        left[one][other] = left[other][one] = price
    value = 0
    while True:
        before, queue = {source: source}, deque([source])
        while queue and sink not in before:
            node = queue.popleft()
            for other, free in left[node].items():
                if free > 0 and other not in before:
                    before[other] = node
                    queue.append(other)
        if sink not in before:
            return value, [node in before for node in range(len(gain))]
        path = [sink]
        while path[-1] != source:
            path.append(before[path[-1]])
        steps = list(zip(path[1:], path[:-1], strict=True))
        flow = min(left[node][other] for node, other in steps)
        for node, other in steps:
            left[node][other] -= flow
            left[other][node] += flow
        value += flow


@pytest.mark.parametrize("largest", [9, 2**31, 2**40, LARGEST_TOTAL // 200])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_board_of_blocks_is_cut_as_augmenting_paths_cut_it(largest, seed):
    rng = np.random.default_rng([largest % 1009, seed])
    gain, cost = rng.integers(0, largest, (2, 144))
    pairs = grid(12, 12)
    link = rng.integers(0, largest // 2 + 1, len(pairs))
    links = {(int(a), int(b)): int(price) for (a, b), price in zip(pairs, link, strict=True)}
    value, side = by_augmenting_paths(gain.tolist(), cost.tolist(), links)
    cut = minimum_cut(gain, cost, pairs[:, 0], pairs[:, 1], link)
    assert cut.value == value
    assert cut.source_side.tolist() == side


@st.composite
def networks(draw):
    n = draw(st.integers(2, 24))
    amounts = st.integers(0, draw(st.sampled_from([5, 10**6, 2**50])))
    gain, cost = (draw(st.lists(amounts, min_size=n, max_size=n)) for _ in range(2))
    pairs = st.sampled_from([(i, j) for i in range(n) for j in range(i + 1, n)])
    return gain, cost, draw(st.dictionaries(pairs, amounts, max_size=3 * n))


@settings(max_examples=80, deadline=None)
@given(networks())
def test_any_network_is_cut_as_augmenting_paths_cut_it(network):
    gain, cost, links = network
    value, side = by_augmenting_paths(gain, cost, links)
    first, second = (np.array([pair[end] for pair in links], dtype=np.int64) for end in (0, 1))
    cut = minimum_cut(
        np.array(gain), np.array(cost), first, second, np.array(list(links.values()), dtype=np.int64)
    )
    assert (cut.value, cut.source_side.tolist()) == (value, side)


def by_linear_programme(cost, first, second, price):
    """Return the choice of least energy: every corner of this programme is whole, so HiGHS needs no branching."""
    n, m = len(cost), len(price)
    ones, edge = np.ones(m), np.arange(m)
    # One unknown for each area, one for each border: at least x_first − x_second, and the other way round.
    rows = np.concatenate([edge, edge, edge, m + edge, m + edge, m + edge])
    columns = np.concatenate([first, second, n + edge, second, first, n + edge])
    matrix = coo_array((np.concatenate([ones, -ones, -ones] * 2), (rows, columns)), shape=(2 * m, n + m))
    found = linprog(
        np.concatenate([cost, price]),
        A_ub=matrix.tocsr(),
        b_ub=np.zeros(2 * m),
        bounds=(0, 1),
        method="highs-ds",
    )
    chosen = found.x[:n] > 0.5
    np.testing.assert_allclose(found.x[:n], chosen, atol=1e-6)
    return chosen, found.fun


@pytest.mark.parametrize("seed", range(6))
def test_a_city_of_whole_numbers_costs_what_highs_says_to_the_last_bit(seed):
    rng = np.random.default_rng(seed)
    pairs, index = grid(20, 30), pd.Index([f"{i:04d}" for i in range(600)], name="area_id")
    # Whole needs, residents and metres: every cost is a whole number, and floats hold it exactly.
    need = pd.Series(rng.integers(-40, 41, 600), index).rolling(3, min_periods=1).max()
    people = pd.Series(rng.integers(0, 400, 600), index)
    graph = NeighbourGraph(
        area_id=index,
        first=pairs[:, 0],
        second=pairs[:, 1],
        border=rng.integers(20, 200, len(pairs)).astype(float),
    )
    existing = pd.Series(np.where(rng.random(600) < 0.2, "old", None), index, dtype="string")
    result = propose(need, people, graph, threshold=10, border_price=7, existing=existing, inertia=2)
    pull = np.where(existing.notna(), 2, -2)
    cost = people.to_numpy() * (10 - need.to_numpy().astype(int) - pull)
    price = 7 * graph.border.astype(int)
    chosen, value = by_linear_programme(cost, graph.first, graph.second, price)
    energy = int(cost[chosen].sum() + price[chosen[graph.first] != chosen[graph.second]].sum())
    assert abs(value - energy) < 0.5
    assert 0 < chosen.sum() < 600
    assert result.objective == energy
    assert result.lower_bound == energy
    assert result.gap == 0


@pytest.mark.parametrize("year", ["2013", "2017", "2019"])
def test_berlins_choice_costs_what_highs_says_to_the_last_bit(berlin_folder, year):
    stem = f"mss_{year}/berlin-monitoring-social-urban-development-{year}-00"
    table = pd.read_csv(berlin_folder / f"{stem}-2-1-planning-areas.csv", dtype={"id": str}).set_index("id")
    shapes = gpd.read_file(berlin_folder / "lor_pre2021.gpkg", layer="planungsraeume").set_index("LOR_ID")
    shapes = shapes.loc[~shapes.index.duplicated() & shapes.index.isin(table.index)]
    values = table.filter(regex="^s[134]_").loc[shapes.index]
    need = ((values - values.mean()) / values.std(ddof=0)).mean(axis=1)
    people, graph = table["inhabitants"].loc[shapes.index], shared_borders(shapes.geometry)
    result = propose(need, people, graph, threshold=0.8, border_price=0.4)
    objective = objective_with_fixed(need, people, graph, border_price=0.4)
    chosen, _ = by_linear_programme(objective.cost(0.8), objective.first, objective.second, objective.price)
    assert 0 < chosen.sum() < len(chosen)
    assert chosen.tolist() == result.region.reindex(graph.area_id).notna().tolist()
    assert objective.value(chosen, 0.8) == result.objective
