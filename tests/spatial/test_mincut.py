"""The minimum cut on whole numbers: against every possible choice, with numbers far beyond 32 bits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.regions.cuts.mincut import LARGEST_TOTAL, minimum_cut

NO_LINKS = np.empty(0, dtype=np.int64)


def every_choice(gain, cost, links):
    """Value of all 2^n choices in Python's own integers, and the intersection of the best ones."""
    n = len(gain)
    best, smallest = None, None
    for choice in range(2**n):
        inside = [choice >> i & 1 for i in range(n)]
        value = sum(cost[i] if inside[i] else gain[i] for i in range(n))
        value += sum(price for (i, j), price in links.items() if inside[i] != inside[j])
        if best is None or value < best:
            best, smallest = value, choice
        elif value == best:
            smallest &= choice
    return best, [bool(smallest >> i & 1) for i in range(n)]


@st.composite
def problems(draw):
    n = draw(st.integers(1, 7))
    size = draw(st.sampled_from([3, 1000, 2**31, 2**45, LARGEST_TOTAL // 8]))
    amounts = st.integers(0, size)
    gain = draw(st.lists(amounts, min_size=n, max_size=n))
    cost = draw(st.lists(amounts, min_size=n, max_size=n))
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    links = draw(st.dictionaries(st.sampled_from(pairs), amounts)) if pairs else {}
    return gain, cost, links


def solve(gain, cost, links):
    first = np.array([i for i, _ in links], dtype=np.int64)
    second = np.array([j for _, j in links], dtype=np.int64)
    link = np.array(list(links.values()), dtype=np.int64)
    return minimum_cut(np.array(gain, dtype=np.int64), np.array(cost, dtype=np.int64), first, second, link)


@settings(max_examples=120, deadline=None)
@given(problems())
def test_it_equals_the_best_of_all_choices_to_the_last_bit(problem):
    gain, cost, links = problem
    value, smallest = every_choice(gain, cost, links)
    cut = solve(gain, cost, links)
    assert cut.value == value
    assert cut.source_side.tolist() == smallest


def test_digits_beyond_32_bits_decide():
    # Losing the gain costs 2^50, keeping it costs 2^50 - 1 or 2^50: one unit in 10^15 is seen.
    assert solve([2**50], [2**50 - 1], {}).source_side.tolist() == [True]
    assert solve([2**50], [2**50], {}).source_side.tolist() == [False]


def test_nothing_to_win_needs_no_search():
    cut = solve([0, 0], [5, 0], {(0, 1): 3})
    assert (cut.source_side.tolist(), cut.value, cut.rounds) == ([False, False], 0, 0)


def test_a_link_dearer_than_everything_never_breaks():
    cut = solve([10, 0], [0, 4], {(0, 1): LARGEST_TOTAL * 4})
    assert (cut.source_side.tolist(), cut.value) == ([True, True], 4)


@pytest.mark.parametrize("n_nodes", [0, 1, 1000])
def test_nodes_without_links_decide_for_themselves(n_nodes):
    gain = np.arange(n_nodes) % 5
    cost = np.full(n_nodes, 2)
    cut = minimum_cut(gain, cost, NO_LINKS, NO_LINKS, NO_LINKS)
    assert cut.source_side.tolist() == (gain > 2).tolist()
    assert cut.value == int(np.minimum(gain, cost).sum())
