"""The nested family: every best choice at once, against separate cuts and every possible choice."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import CountsError, NeighbourGraph, ParameterError, propose
from spatial.errors import AlignmentError
from spatial.regions.cuts.family import nested_family
from spatial.regions.cuts.objective import objective_of

quick = settings(max_examples=60, deadline=None)


def grid(rows, columns, side=100.0):
    place = np.arange(rows * columns).reshape(rows, columns)
    across = np.column_stack([place[:, :-1].ravel(), place[:, 1:].ravel()])
    down = np.column_stack([place[:-1].ravel(), place[1:].ravel()])
    pairs = np.concatenate([across, down])
    index = pd.Index([f"{i:05d}" for i in range(rows * columns)], name="area_id")
    return NeighbourGraph(
        area_id=index, first=pairs[:, 0], second=pairs[:, 1], border=np.full(len(pairs), side)
    )


def row(*need, people=100, border=50.0, **options):
    graph = grid(1, len(need), border)
    return objective_of(
        pd.Series(need, graph.area_id, dtype=float), pd.Series(people, graph.area_id), graph, **options
    )


@st.composite
def cities(draw, largest=9):
    """Small cities with needs and prices in tenths, so that ties happen."""
    rows, columns = draw(st.sampled_from([(1, 4), (2, 3), (2, 4), (3, 3), (1, largest)]))
    graph = grid(rows, columns, 10.0)
    n = rows * columns
    need = draw(st.lists(st.one_of(st.none(), st.integers(-20, 20)), min_size=n, max_size=n))
    people = draw(st.lists(st.integers(0, 30), min_size=n, max_size=n))
    price = draw(st.integers(0, 30)) / 10
    need = pd.Series([np.nan if one is None else one / 10 for one in need], graph.area_id)
    return need, pd.Series(people, graph.area_id, dtype=float), graph, price


def test_a_low_block_between_two_high_ones_stays_until_its_borders_are_worth_less():
    # All three: 300 τ − 390 = 0 at τ = 1.3. There the middle costs 100 (1.3 − 0.9) = 40, leaving it out two borders
    # of 10 = 20: the ends are better alone. They end at 100 (τ − 1.5) + 10 = 0, τ = 1.4; the middle, between
    # them, at 100 (τ − 0.9) − 20 = 0, τ = 1.1.
    assert nested_family(row(1.5, 0.9, 1.5, border_price=0.2)).critical.tolist() == pytest.approx(
        [1.4, 1.1, 1.4]
    )


def test_without_a_price_on_borders_every_area_ends_at_its_own_need():
    family = nested_family(row(0.3, -1.2, 2.5, border_price=0.0))
    assert family.critical.tolist() == pytest.approx([0.3, -1.2, 2.5])


def test_a_dear_border_keeps_a_city_together_at_its_mean_need():
    # Nobody leaves alone: all end where 100 τ · 3 = 100 · (0.3 − 1.2 + 2.4), τ = 0.5.
    assert nested_family(row(0.3, -1.2, 2.4, border_price=99.0)).critical.tolist() == pytest.approx([0.5] * 3)


def test_areas_that_are_held_pull_their_neighbours():
    costs = row(0.0, 0.0, 0.0, border_price=0.2)
    first, last = np.array([True, False, False]), np.array([False, False, True])
    held = nested_family(costs.holding(held_in=first, held_out=last))
    # In the middle one border is saved and one is paid: 100 τ = 0.
    assert held.critical.tolist() == pytest.approx([np.inf, 0.0, -np.inf])


def test_a_park_between_priority_areas_comes_along_and_leaves_with_them():
    need = pd.Series([1.0, np.nan, 1.0], grid(1, 3).area_id)
    people = pd.Series([100, 0, 100], need.index)
    family = nested_family(objective_of(need, people, grid(1, 3, 50.0), border_price=0.2))
    # Together they have no border: 200 τ − 200 = 0.
    assert family.critical.tolist() == pytest.approx([1.0, 1.0, 1.0])


def test_an_island_without_anybody_is_never_chosen():
    graph = NeighbourGraph(
        area_id=pd.Index(["a", "b"]), first=np.empty(0, int), second=np.empty(0, int), border=np.empty(0)
    )
    costs = objective_of(
        pd.Series([1.0, 2.0], graph.area_id), pd.Series([10, 0], graph.area_id), graph, border_price=1.0
    )
    assert nested_family(costs).critical.tolist() == [1.0, -np.inf]


def test_no_areas_have_no_thresholds():
    nobody = pd.Series(dtype=float)
    graph = NeighbourGraph(
        area_id=nobody.index, first=np.empty(0, int), second=np.empty(0, int), border=np.empty(0)
    )
    assert nested_family(objective_of(nobody, nobody, graph, border_price=1.0)).critical.empty


def test_inertia_lets_a_block_stay_longer_inside_the_map_in_force():
    inside = pd.Series(["G1", None, None], grid(1, 3).area_id, dtype="string")
    kept = nested_family(row(0.5, 0.5, 0.5, border_price=0.0, existing=inside, inertia=0.2))
    assert kept.critical.tolist() == pytest.approx([0.7, 0.3, 0.3])


def test_a_river_is_a_cheap_border():
    river = pd.Series([0.0], pd.MultiIndex.from_tuples([("00001", "00000")]))
    family = nested_family(row(1.0, 0.0, border_price=0.2, border_factor=river))
    assert family.critical.tolist() == pytest.approx([1.0, 0.0])


@quick
@given(cities(), st.integers(-25, 25))
def test_at_any_threshold_the_choice_is_the_smallest_of_all_best_ones(city, tenth):
    need, people, graph, price = city
    costs = objective_of(need, people, graph, border_price=price)
    family, threshold = nested_family(costs), tenth / 10 + 0.0123
    chosen = family.chosen(threshold)
    values = {
        choice: costs.value(np.array(choice), threshold)
        for choice in itertools.product([False, True], repeat=len(need))
    }
    best = min(values.values())
    assert costs.value(chosen, threshold) == pytest.approx(best, abs=1e-9)
    smallest = min(sum(choice) for choice, value in values.items() if value <= best + 1e-9)
    assert chosen.sum() == smallest


@quick
@given(cities())
def test_the_order_of_the_areas_is_irrelevant(city):
    need, people, graph, price = city
    turned = graph.in_order(graph.area_id[::-1])
    one = nested_family(objective_of(need, people, graph, border_price=price)).critical
    other = nested_family(objective_of(need[::-1], people[::-1], turned, border_price=price)).critical
    np.testing.assert_allclose(other.reindex(one.index), one, atol=1e-9)


def test_forty_separate_cuts_give_the_same_nested_choices():
    rng = np.random.default_rng(4)
    graph = grid(40, 40)
    need = pd.Series(rng.normal(0, 1, 1600).round(3), graph.area_id)
    people = pd.Series(rng.integers(0, 400, 1600), graph.area_id, dtype=float)
    family = nested_family(objective_of(need, people, graph, border_price=0.4))
    before = np.ones(1600, dtype=bool)
    for threshold in np.linspace(-1.5, 2.5, 40):
        chosen = family.chosen(threshold)
        cut = propose(need, people, graph, threshold=threshold, border_price=0.4)
        assert (chosen == cut.region.notna().to_numpy()).all()
        assert (chosen <= before).all()
        assert family.objective.value(chosen, threshold) == cut.objective
        before = chosen


def test_the_repr_counts():
    family = nested_family(row(0.3, -1.2, border_price=0.0))
    assert repr(family) == "NestedFamily(2 areas, 2 choices, 1 cuts)"
    assert repr(family.objective) == "Objective(2 areas, 200 residents, 1 borders, 0 held in, 0 held out)"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"border_price": -1.0}, ParameterError),
        ({"border_price": np.nan}, ParameterError),
        ({"inertia": 0.1}, ParameterError),
        ({"need": pd.Series([np.inf, 0.0], ["00000", "00001"])}, CountsError),
        ({"population": pd.Series([np.nan, 0.0], ["00000", "00001"])}, CountsError),
        ({"population": pd.Series([-1.0, 0.0], ["00000", "00001"])}, CountsError),
        ({"population": pd.Series([1.0, 0.0], ["00000", "x"])}, AlignmentError),
        ({"existing": pd.Series([True], ["00000"]), "inertia": 0.1}, AlignmentError),
        (
            {"border_factor": pd.Series([1.0], pd.MultiIndex.from_tuples([("00000", "x")]))},
            ParameterError,
        ),
        (
            {"border_factor": pd.Series([-1.0], pd.MultiIndex.from_tuples([("00000", "00001")]))},
            ParameterError,
        ),
    ],
)
def test_wrong_input_is_refused(change, error):
    graph = grid(1, 2)
    given_ = {
        "need": pd.Series([1.0, 2.0], graph.area_id),
        "population": pd.Series([1.0, 2.0], graph.area_id),
        "border_price": 0.1,
    } | change
    with pytest.raises(error):
        objective_of(given_.pop("need"), given_.pop("population"), graph, **given_)


def test_an_area_cannot_be_held_in_and_out():
    with pytest.raises(ParameterError, match="00000"):
        row(1.0, 2.0, border_price=0.1).holding(np.array([True, False]), np.array([True, False]))
