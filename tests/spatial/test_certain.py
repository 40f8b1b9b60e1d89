"""Nodes whose side is certain before a cut: worked, and without a change to any minimum cut."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.regions.cuts.certain import open_nodes
from spatial.regions.cuts.mincut import LARGEST_TOTAL, minimum_cut

quick = settings(max_examples=150, deadline=None)


def whole(*numbers):
    return np.array(numbers, dtype=np.int64)


def test_what_gains_more_than_all_its_links_is_in_and_pulls_the_next():
    # 0 gains 9 against a link of 3; 1 then gains 3 against a cost of 2 and no further link.
    left = open_nodes(whole(9, 0), whole(0, 2), whole(0), whole(1), whole(3))
    assert (left.is_in.tolist(), left.value, len(left.node)) == ([True, True], 2, 0)


def test_a_tie_leaves_a_node_out():
    left = open_nodes(whole(5, 0), whole(5, 3), whole(0), whole(1), whole(0))
    assert (left.is_in.tolist(), left.value) == ([False, False], 5)


def test_nodes_that_only_help_together_stay_open():
    # Each gains 2 and has a link of 3 with the next, which costs 1: nobody is certain by itself.
    left = open_nodes(whole(2, 0, 2), whole(0, 1, 0), whole(0, 1), whole(1, 2), whole(3, 3))
    assert left.node.tolist() == [0, 1, 2]
    assert minimum_cut(whole(2, 0, 2), whole(0, 1, 0), whole(0, 1), whole(1, 2), whole(3, 3)).value == 1


def test_many_infinite_links_do_not_overflow():
    n = 40
    gain = np.full(n, LARGEST_TOTAL // n)
    infinite = int(gain.sum()) + 1
    ends = np.array(list(itertools.combinations(range(n), 2)))
    link = np.full(len(ends), infinite)
    cost = np.full(n, infinite)
    cost[0] = 0
    cut = minimum_cut(gain, cost, ends[:, 0], ends[:, 1], link)
    assert not cut.source_side.any()
    assert cut.value == int(gain.sum())


@st.composite
def networks(draw):
    n = draw(st.integers(1, 8))
    amounts = st.lists(st.integers(0, 12), min_size=n, max_size=n)
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    links = draw(st.dictionaries(st.sampled_from(pairs), st.integers(0, 9), max_size=14)) if pairs else {}
    ends = np.array(list(links), dtype=np.int64).reshape(-1, 2)
    return whole(*draw(amounts)), whole(*draw(amounts)), ends[:, 0], ends[:, 1], whole(*links.values())


@quick
@given(networks())
def test_the_cut_is_the_smallest_best_of_all_choices(network):
    gain, cost, first, second, link = network
    choices = np.array(list(itertools.product([False, True], repeat=len(gain))))
    values = choices @ cost + ~choices @ gain
    values = values + (choices[:, first] != choices[:, second]) @ link
    cut = minimum_cut(*network)
    assert cut.value == values.min()
    assert cut.source_side.tolist() == choices[values == values.min()].all(axis=0).tolist()


@quick
@given(networks())
def test_who_is_settled_is_so_in_the_smallest_best_choice(network):
    left = open_nodes(*network)
    cut = minimum_cut(*network)
    settled = np.ones(len(left.is_in), dtype=bool)
    settled[left.node] = False
    assert (left.is_in == cut.source_side)[settled].all()
