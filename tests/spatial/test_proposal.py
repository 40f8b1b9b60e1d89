"""Priority areas: against every possible choice, and the cases a planner asks about."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import AlignmentError, CountsError, NeighbourGraph, ParameterError, PriorityAreas, propose

quick = settings(max_examples=60, deadline=None)


def ids(count):
    return pd.Index([f"{i:03d}" for i in range(count)], name="area_id")


def graph_of(index, pairs):
    """Return the graph of {(position, position): border}."""
    first, second = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    return NeighbourGraph(
        area_id=index, first=first, second=second, border=np.array(list(pairs.values()), dtype=float)
    )


def grid(rows, columns, side=100.0):
    """Return the graph of a chessboard of square blocks."""
    place = np.arange(rows * columns).reshape(rows, columns)
    across = {
        (int(a), int(b)): side for a, b in zip(place[:, :-1].ravel(), place[:, 1:].ravel(), strict=True)
    }
    down = {(int(a), int(b)): side for a, b in zip(place[:-1].ravel(), place[1:].ravel(), strict=True)}
    return graph_of(ids(rows * columns), {**across, **down})


def board(need, population=100):
    """Return need and population of a chessboard."""
    need = np.array(need, dtype=float)
    people = np.broadcast_to(np.array(population), need.shape).astype(float)
    index = ids(need.size)
    return pd.Series(need.ravel(), index=index), pd.Series(people.ravel(), index=index), grid(*need.shape)


def members(result):
    return result.region.notna().to_numpy()


def energies(need, population, graph, threshold, price):
    """Value of the objective for all choices, one row each."""
    n = len(need)
    choices = np.array(list(itertools.product([False, True], repeat=n)))
    cost = (population.to_numpy() * (threshold - need.fillna(threshold).to_numpy())) @ choices.T
    broken = choices[:, graph.first] != choices[:, graph.second]
    return choices, cost + price * (broken @ graph.border)


@st.composite
def problems(draw, largest=10):
    """Random areas and borders with values that binary numbers hold exactly, so that ties are ties."""
    n = draw(st.integers(1, largest))
    index = ids(n)
    need = draw(st.lists(st.one_of(st.none(), st.integers(-12, 12)), min_size=n, max_size=n))
    people = draw(st.lists(st.integers(0, 40), min_size=n, max_size=n))
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    borders = (
        draw(st.dictionaries(st.sampled_from(pairs), st.integers(1, 60), max_size=3 * n)) if pairs else {}
    )
    threshold = draw(st.integers(-8, 8)) / 4
    price = draw(st.integers(0, 16)) / 8
    needs = pd.Series([np.nan if value is None else value / 4 for value in need], index=index)
    return needs, pd.Series(people, index=index), graph_of(index, borders), threshold, price


@quick
@given(problems())
def test_it_is_the_smallest_of_the_best_choices(problem):
    need, population, graph, threshold, price = problem
    choices, energy = energies(need, population, graph, threshold, price)
    result = propose(need, population, graph, threshold=threshold, border_price=price)
    assert result.objective == energy.min()
    assert result.lower_bound == energy.min()
    assert members(result).tolist() == choices[energy == energy.min()].all(axis=0).tolist()
    assert result.unknown == need.isna().sum()


@quick
@given(problems(8), st.floats(-3, 3), st.floats(0, 5))
def test_the_bound_holds_for_any_numbers(problem, threshold, price):
    need, population, graph, _, _ = problem
    _, energy = energies(need, population, graph, threshold, price)
    result = propose(need, population, graph, threshold=threshold, border_price=price)
    scale = 1 + np.abs(energy).max()
    assert result.lower_bound <= energy.min() + 1e-12 * scale
    assert result.objective == pytest.approx(energy.min(), abs=1e-12 * scale)
    assert 0 <= result.gap <= 1e-12 * scale


@quick
@given(problems(), st.integers(1, 8))
def test_a_higher_threshold_only_takes_areas_away(problem, step):
    need, population, graph, threshold, price = problem
    low = propose(need, population, graph, threshold=threshold, border_price=price)
    high = propose(need, population, graph, threshold=threshold + step / 4, border_price=price)
    # Unknown need does not follow the threshold: it follows its neighbours, which only become fewer.
    assert not (members(high) & ~members(low)).any()


@quick
@given(problems())
def test_without_a_price_it_is_the_plain_threshold(problem):
    need, population, graph, threshold, _ = problem
    result = propose(need, population, graph, threshold=threshold, border_price=0)
    assert members(result).tolist() == ((need > threshold) & (population > 0)).tolist()


@quick
@given(problems(), st.randoms(use_true_random=False))
def test_the_order_of_rows_is_irrelevant(problem, random):
    need, population, graph, threshold, price = problem
    expected = propose(need, population, graph, threshold=threshold, border_price=price)
    order = list(range(len(need)))
    random.shuffle(order)
    position = np.argsort(order)
    pairs = {
        tuple(sorted((int(position[i]), int(position[j])))): border
        for i, j, border in zip(graph.first, graph.second, graph.border, strict=True)
    }
    shuffled = propose(
        need.sample(frac=1, random_state=random.randint(0, 99)),
        population,
        graph_of(need.index[order], pairs),
        threshold=threshold,
        border_price=price,
    )
    pd.testing.assert_series_equal(shuffled.region.sort_index(), expected.region)
    pd.testing.assert_frame_equal(shuffled.summary(), expected.summary())
    assert shuffled.objective == expected.objective


@quick
@given(problems())
def test_regions_are_connected_apart_from_each_other_and_named_by_size(problem):
    need, population, graph, threshold, price = problem
    result = propose(need, population, graph, threshold=threshold, border_price=price)
    for region in result.region.dropna().unique():
        assert graph.components((result.region == region).fillna(False)).max() == 0
    label = result.region.fillna("").to_numpy()
    between = (
        (label[graph.first] != label[graph.second]) & (label[graph.first] != "") & (label[graph.second] != "")
    )
    assert not between.any()
    summary = result.summary()
    assert summary.index.tolist() == [str(i + 1) for i in range(len(summary))]
    assert summary["residents"].is_monotonic_decreasing
    assert summary["areas"].sum() == members(result).sum()
    outside = label[graph.first] != label[graph.second]
    assert summary["border_length"].sum() == pytest.approx(graph.border[outside].sum())


def test_a_weak_block_between_two_strong_ones_is_taken_for_its_border():
    need, people, graph = board([[1.5, 0.9, 1.5]])
    # All three: 100 (1 - 1.5) 2 + 100 (1 - 0.9) = -90, no border. Without the middle: -100 + 0.2 · 200 = -60.
    result = propose(need, people, graph, threshold=1, border_price=0.2)
    assert result.region.tolist() == ["1", "1", "1"]
    assert result.objective == pytest.approx(-90)
    # At 0.04 a metre the two borders cost 8, the middle block 10: it stays out.
    assert propose(need, people, graph, threshold=1, border_price=0.04).region.tolist() == ["1", pd.NA, "2"]


def test_decimal_numbers_that_balance_on_paper_are_a_tie():
    # 100 · (1.0 - 1.3) is -30.000000000000004 in binary, 0.1 · 300 m of border is 30: nothing is won.
    index = ids(2)
    graph = graph_of(index, {(0, 1): 300.0})
    need, people = pd.Series([1.3, 0.2], index=index), pd.Series([100, 100], index=index)
    assert propose(need, people, graph, threshold=1, border_price=0.1).region.isna().all()
    assert propose(need, people, graph, threshold=1, border_price=0.0999).region.tolist() == ["1", pd.NA]


def test_a_doughnut_around_content_people_stays_a_doughnut():
    need, people, graph = board([[2, 2, 2], [2, -1, 2], [2, 2, 2]])
    # The hole costs 4 · 100 m · 0.2 = 80 of border, filling it 100 · (1 + 1) = 200.
    result = propose(need, people, graph, threshold=1, border_price=0.2)
    assert members(result).tolist() == [True] * 4 + [False] + [True] * 4
    assert result.summary().loc["1", "border_length"] == 400


def test_a_park_inside_is_filled_and_a_park_outside_is_not():
    need, people, graph = board([[2, 2, 2, -3, 0], [2, -3, 2, -3, 0], [2, 2, 2, -3, 0]])
    people.iloc[[6, 3, 8, 13]] = 0  # the hole, and the parks between the region and its eastern neighbours
    result = propose(need, people, graph, threshold=1, border_price=0.2)
    assert members(result).reshape(3, 5).tolist() == [[True, True, True, False, False]] * 3


def test_an_empty_strip_along_the_rim_of_the_city_is_taken_in_because_the_rim_costs_nothing():
    need, people, graph = board([[0, 2, -3], [0, 2, -3]])
    people.iloc[[2, 5]] = 0
    result = propose(need, people, graph, threshold=1, border_price=0.2)
    assert members(result).reshape(2, 3).tolist() == [[False, True, True]] * 2


def test_a_park_at_the_edge_of_the_city_does_not_come_in_for_nothing():
    # Both choices have the same border of 100 m: with the park, and without it.
    need, people, graph = board([[2.0, -3.0, -3.0]])
    people.iloc[1] = 0
    assert propose(need, people, graph, threshold=1, border_price=0.1).region.tolist() == ["1", pd.NA, pd.NA]


def test_an_area_of_unknown_need_follows_its_neighbours():
    need, people, graph = board([[2, np.nan, 2], [-1, -1, np.nan]])
    result = propose(need, people, graph, threshold=1, border_price=0.1)
    assert members(result).reshape(2, 3).tolist() == [[True, True, True], [False, False, False]]
    assert result.unknown == 2
    # The mean need of the region is that of the two known areas.
    assert result.summary().loc["1", ["areas", "residents", "mean_need"]].tolist() == [3, 300, 2]


def test_islands_decide_for_themselves():
    index = ids(3)
    result = propose(
        pd.Series([2, 0, 3], index=index),
        pd.Series([10, 10, 20], index=index),
        graph_of(index, {}),
        threshold=1,
        border_price=9,
    )
    assert result.region.tolist() == ["2", pd.NA, "1"]
    assert result.border_length.tolist() == [0, 0]


def test_equal_regions_are_named_by_their_smallest_area():
    need, people, graph = board([[2, 0, 2, 0, 2]])
    result = propose(need, people, graph, threshold=1, border_price=0)
    assert result.region.tolist() == ["1", pd.NA, "2", pd.NA, "3"]


def test_nothing_above_the_threshold_proposes_nothing():
    need, people, graph = board([[0, 0], [0, 0]])
    result = propose(need, people, graph, threshold=1, border_price=0.1)
    assert (result.objective, result.lower_bound, len(result.summary())) == (0, 0, 0)
    expected = ["areas", "residents", "mean_need", "border_length", "is_locked"]
    assert result.summary().columns.tolist() == expected


def test_need_unknown_everywhere_or_nobody_anywhere_proposes_nothing():
    need, people, graph = board([[2, 2], [2, 2]])
    assert propose(need * np.nan, people, graph, threshold=1, border_price=0.1).region.isna().all()
    assert propose(need, people * 0, graph, threshold=1, border_price=0.1).region.isna().all()


def test_no_areas_are_no_problem():
    empty = pd.Series([], index=ids(0), dtype=float)
    assert propose(empty, empty, graph_of(ids(0), {}), threshold=1, border_price=1).region.empty


def test_a_price_beyond_all_gains_joins_everything_or_nothing():
    need, people, graph = board([[2, 0.5, 2]])
    # Everything together: 100 (1 - 2) 2 + 100 (1 - 0.5) = -150 without any border.
    assert propose(need, people, graph, threshold=1, border_price=1e300).objective == pytest.approx(-150)


def test_a_border_dearer_than_all_gains_is_never_cut_by_rounding():
    # Gains 1.7108… + 0.4608… in two areas; the border to the third costs 3, more than both. Best is nothing.
    index = ids(3)
    need, people = pd.Series([3, 1.75, -1], index=index), pd.Series(1, index=index)
    graph = graph_of(index, {(0, 1): 1.0, (0, 2): 1.0})
    result = propose(need, people, graph, threshold=1.2891865370296145, border_price=3)
    assert (result.region.notna().sum(), result.objective) == (0, 0)
    assert result.gap < 1e-12


def test_the_result_keeps_what_made_it():
    need, people, graph = board([[2, 0]])
    result = propose(need, people, graph, threshold=1, border_price=0.1)
    assert isinstance(result, PriorityAreas)
    assert (result.threshold, result.border_price) == (1, 0.1)
    pd.testing.assert_series_equal(result.need, need)
    pd.testing.assert_series_equal(result.population, people)
    assert result.to_frame().columns.tolist() == ["region_id", "is_member", "need", "population"]
    assert result.to_frame().index.equals(need.index)
    text = repr(result)
    assert text.startswith("PriorityAreas(1 regions, 1 of 2 areas, 100 residents, 0 areas of unknown need;")
    assert "\n" not in text
    assert 0 < result.resolution < 1e-9


def test_inputs_are_not_changed_or_shared():
    need, people, graph = board([[2, 0]])
    result = propose(need, people, graph, threshold=1, border_price=0.1)
    need.iloc[0] = -9
    assert result.need.iloc[0] == 2


@pytest.mark.parametrize(
    ("population", "reason"),
    [(np.nan, "population missing"), (np.inf, "infinite"), (-1, "population negative")],
)
def test_impossible_populations_are_refused_with_the_area(population, reason):
    need, people, graph = board([[2, 0]])
    people.iloc[1] = population
    with pytest.raises(CountsError, match=f"{reason}.*: 001"):
        propose(need, people, graph, threshold=1, border_price=0.1)


def test_an_infinite_need_is_refused():
    need, people, graph = board([[np.inf, 0]])
    with pytest.raises(CountsError, match=r"need infinite in 1 area\(s\): 000"):
        propose(need, people, graph, threshold=1, border_price=0.1)


@pytest.mark.parametrize(
    ("threshold", "price"), [(np.nan, 1), (np.inf, 1), (1, -0.1), (1, np.nan), (1, np.inf)]
)
def test_parameters_out_of_range_are_refused(threshold, price):
    need, people, graph = board([[2, 0]])
    with pytest.raises(ParameterError, match=r"is .* expected a finite"):
        propose(need, people, graph, threshold=threshold, border_price=price)


def test_other_areas_than_the_graph_has_are_refused():
    need, people, graph = board([[2, 0]])
    with pytest.raises(AlignmentError, match=r"population has no row for some areas: 1 area\(s\): 001"):
        propose(need, people.iloc[:1], graph, threshold=1, border_price=0.1)
    with pytest.raises(AlignmentError, match="need has rows for unknown areas"):
        propose(pd.concat([need, pd.Series({"999": 1.0})]), people, graph, threshold=1, border_price=0.1)
    with pytest.raises(AlignmentError, match="more than once"):
        propose(pd.concat([need, need]), people, graph, threshold=1, border_price=0.1)


def test_costs_next_to_nothing_are_nothing():
    need, people, graph = board([[0.0, 0.0, 0.0]], population=0)
    result = propose(need, people, graph, threshold=1.0, border_price=5e-324)
    assert result.region.isna().all()
    need, people, graph = board([[2.0, 0.0, 2.0]])
    result = propose(need, people, graph, threshold=1.0, border_price=5e-324)
    assert result.region.notna().tolist() == [True, False, True]
