"""What null models and bootstraps draw: exact distributions in small cases, what each holds fixed, bad input."""

import itertools
from collections import Counter
from math import comb, factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, chisquare

from spatial import ParameterError
from spatial.segregation.inference.models import Model, Null, Resampling, require_model, sampler
from spatial.segregation.inference.sampling import multinomial_deal

PERSONS = ("evenness", "systematic", "person_permutation", "independence", "bootstrap_persons")
ALL = (*PERSONS, "bootstrap_areas", "geographic_permutation", "even_permutation", "systematic_permutation")


def drawn(model, counts, replicates, seed=1):
    out = np.full((replicates, *np.shape(counts)), np.nan)
    sampler(model, np.asarray(counts, dtype=float))(np.random.default_rng(seed), out)
    return out


def assert_frequencies(tables, chances):
    """Compare how often each table was drawn with its chance; the chance of a false alarm is one in 10,000."""
    seen = Counter(tuple(table.ravel().tolist()) for table in tables)
    assert set(seen) <= {table for table, chance in chances.items() if chance > 0}
    assert sum(chances.values()) == pytest.approx(1)
    possible = [table for table, chance in chances.items() if chance > 0]
    expected = [chances[table] * len(tables) for table in possible]
    assert chisquare([seen[table] for table in possible], expected).pvalue > 1e-4


def test_persons_permute_as_counting_says():
    # Two areas of 2 persons, 2 of the group: of the 6 ways to place the group, 1 puts none, 4 one, 1 both in the
    # first area.
    chances = {(k, 2 - k, 2 - k, k): comb(2, k) * comb(2, 2 - k) / comb(4, 2) for k in range(3)}
    assert_frequencies(drawn("person_permutation", [[1, 1], [1, 1]], 6000), chances)


def test_three_groups_permute_as_counting_says():
    # A table with fixed margins has the chance prod(row sums!) prod(column sums!) / (N! prod(cells!)). Residents
    # (2, 2), members (1, 1, 2).
    chances = {}
    for a, b, c in itertools.product(range(2), range(2), range(3)):
        if a + b + c == 2:
            cells = (a, 1 - a, b, 1 - b, c, 2 - c)
            ways = factorial(2) ** 2 * factorial(2)
            chances[cells] = ways / (factorial(4) * np.prod([factorial(k) for k in cells]))
    assert_frequencies(drawn("person_permutation", [[1, 0], [0, 1], [1, 1]], 6000), chances)


def test_evenness_draws_the_group_of_each_resident_by_the_share_of_the_city():
    # Residents (2, 1), share of the group 1/3: area by area binomial.
    chances = {
        (i, j, 2 - i, 1 - j): binom.pmf(i, 2, 1 / 3) * binom.pmf(j, 1, 1 / 3)
        for i in range(3)
        for j in range(2)
    }
    assert_frequencies(drawn("evenness", [[1, 0], [1, 1]], 6000), chances)


def test_evenness_of_three_groups_is_multinomial_in_each_area():
    # Residents (1, 1), shares 1/2, 1/4 and 1/4, from counts with the residents (2, 2) halved.
    chances = {}
    shares = (0.5, 0.25, 0.25)
    for i, j in itertools.product(range(3), range(3)):
        cells = np.zeros((3, 2))
        cells[i, 0] += 1
        cells[j, 1] += 1
        chances[tuple(cells.ravel().tolist())] = shares[i] * shares[j]
    assert_frequencies(drawn("evenness", [[0.5, 0.5], [0.25, 0.25], [0.25, 0.25]], 6000), chances)


def test_systematic_draws_the_area_of_each_member_by_the_residents():
    # Members (2, 1), residents (1, 2): each member lives in the first area with chance 1/3.
    chances = {
        (i, 2 - i, j, 1 - j): binom.pmf(i, 2, 1 / 3) * binom.pmf(j, 1, 1 / 3)
        for i in range(3)
        for j in range(2)
    }
    assert_frequencies(drawn("systematic", [[1, 1], [0, 1]], 6000), chances)


def multinomial_chances(cells, persons):
    chances = {}
    for table in itertools.product(range(persons + 1), repeat=len(cells)):
        if sum(table) == persons:
            ways = factorial(persons) / np.prod([factorial(k) for k in table])
            chances[table] = ways * np.prod([p**k for p, k in zip(cells, table, strict=True)])
    return chances


def test_independence_draws_group_and_area_of_each_person():
    # Members (1, 1), residents (1/2, 3/2) of 2: cells 1/8, 3/8, 1/8, 3/8.
    counts = [[0.25, 0.75], [0.25, 0.75]]
    assert_frequencies(
        drawn("independence", counts, 6000), multinomial_chances((1 / 8, 3 / 8, 1 / 8, 3 / 8), 2)
    )


def test_persons_are_drawn_from_the_cells_with_replacement():
    counts = [[1, 0], [1, 2]]
    assert_frequencies(drawn("bootstrap_persons", counts, 6000), multinomial_chances((0.25, 0, 0.25, 0.5), 4))


def test_areas_are_drawn_with_replacement():
    # Two inhabited areas a, b and an empty one: aa, ab, ba, bb with chance 1/4; the empty one is never drawn.
    tables = drawn("bootstrap_areas", [[1, 0, 2], [3, 0, 4]], 6000)
    chances = {
        (1, 1, 0, 3, 3, 0): 0.25,
        (1, 2, 0, 3, 4, 0): 0.25,
        (2, 1, 0, 4, 3, 0): 0.25,
        (2, 2, 0, 4, 4, 0): 0.25,
    }
    assert_frequencies(tables, chances)


def test_inhabited_areas_change_places_and_empty_ones_stay():
    # Three inhabited areas: six orders; the empty area in the middle keeps its place.
    tables = drawn("geographic_permutation", [[1, 0, 2, 3], [4, 0, 5, 6]], 6000)
    mixes = {(1, 4), (2, 5), (3, 6)}
    chances = {(a[0], 0, b[0], c[0], a[1], 0, b[1], c[1]): 1 / 6 for a, b, c in itertools.permutations(mixes)}
    assert_frequencies(tables, chances)


def test_evenness_then_moves_residents_too():
    # Residents (1, 3) with one group: the draw is the observed table, moved or not.
    tables = drawn("even_permutation", [[1, 3], [0, 0]], 4000)
    assert_frequencies(tables, {(1, 3, 0, 0): 0.5, (3, 1, 0, 0): 0.5})


@pytest.mark.parametrize("persons", [0, 1, 2, 3, 40])
def test_many_cells_are_dealt_to_as_few_cells_are(persons):
    # 600 cells, one of which has half of the weight: its count is binomial; the sum never fails; empty cells
    # stay empty.
    weights = np.ones(600)
    weights[0], weights[7], weights[-1] = 597.0, 0.0, 0.0
    weights[1:] *= 597 / weights[1:].sum()
    deal, rng = multinomial_deal(weights), np.random.default_rng(persons)
    tables = np.array([deal(rng, persons) for _ in range(4000)])
    assert (tables.sum(axis=1) == persons).all()
    assert not tables[:, [7, -1]].any()
    found = np.bincount(tables[:, 0], minlength=persons + 1)
    expected = binom.pmf(np.arange(persons + 1), persons, 0.5) * len(tables)
    common = expected >= 5
    found = np.append(found[common], found[~common].sum())
    expected = np.append(expected[common], expected[~common].sum())
    assert persons == 0 or chisquare(found[expected > 0], expected[expected > 0]).pvalue > 1e-4


def test_many_cells_vary_and_covary_as_the_multinomial_does():
    # Cell i of N persons: variance N p (1 - p), covariance - N p q; 300 equal cells of 3,000 persons.
    deal, rng = multinomial_deal(np.ones(300)), np.random.default_rng(3)
    tables = np.array([deal(rng, 3000) for _ in range(3000)])
    assert tables.var(axis=0).mean() == pytest.approx(10 * (1 - 1 / 300), rel=0.01)
    covariance = np.cov(tables[:, :60].T)[~np.eye(60, dtype=bool)]
    assert covariance.mean() == pytest.approx(-10 / 300, abs=0.02)


tables = st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=2, max_size=6).filter(
    lambda rows: sum(map(sum, rows)) > 0
)


@settings(max_examples=40, deadline=None)
@given(tables, st.sampled_from(ALL), st.integers(0, 2**32))
def test_every_model_holds_fixed_what_it_says(rows, model, seed):
    counts = np.array(rows, dtype=float).T
    before = counts.copy()
    out = drawn(model, counts, 3, seed)
    assert (counts == before).all()
    assert (out >= 0).all()
    assert (out == np.rint(out)).all()
    residents, members, persons = counts.sum(axis=0), counts.sum(axis=1), counts.sum()
    if model in ("evenness", "person_permutation"):
        assert (out.sum(axis=1) == residents).all()
    if model in ("systematic", "person_permutation", "geographic_permutation", "systematic_permutation"):
        assert (out.sum(axis=2) == members).all()
    if model != "bootstrap_areas":
        assert (out.sum(axis=(1, 2)) == persons).all()
        assert not out[:, :, residents == 0].any()
    assert not out[:, members == 0].any()


@settings(max_examples=40, deadline=None)
@given(tables, st.sampled_from(ALL), st.integers(1, 6))
def test_how_many_are_drawn_at_once_changes_nothing(rows, model, split):
    counts = np.array(rows, dtype=float).T
    draw = sampler(model, counts)
    whole, pieces = np.empty((7, *counts.shape)), np.empty((7, *counts.shape))
    draw(np.random.default_rng(5), whole)
    rng = np.random.default_rng(5)
    draw(rng, pieces[:split])
    draw(rng, pieces[split:])
    assert (whole == pieces).all()


@pytest.mark.parametrize(
    ("model", "counts"),
    [
        ("evenness", [[0.5, 1], [1, 1]]),
        ("person_permutation", [[0.5, 1], [0.5, 1]]),
        ("systematic", [[0.5, 1], [0.5, 1]]),
        ("independence", [[0.5, 1], [1, 1]]),
        ("bootstrap_persons", [[0.5, 1], [1, 1]]),
        ("even_permutation", [[0.5, 1], [1, 1]]),
    ],
)
def test_half_persons_cannot_be_dealt_out(model, counts):
    with pytest.raises(ParameterError, match="whole persons, which this model deals out"):
        sampler(model, np.array(counts))


def test_only_what_is_held_fixed_must_be_whole():
    # Weighted counts: the residents of each area are whole persons, the groups are not.
    out = drawn("evenness", [[0.5, 1.25], [1.5, 2.75]], 2)
    assert out.sum(axis=1).tolist() == [[2, 4], [2, 4]]
    assert drawn("bootstrap_persons", [[0.5, 1.25], [1.5, 2.75]], 1).sum() == 6


def test_a_city_without_anybody_gives_no_draws():
    with pytest.raises(ParameterError, match="at least one resident"):
        sampler("evenness", np.zeros((2, 3)))


def test_more_persons_than_numpy_deals_out_are_refused():
    with pytest.raises(ParameterError, match="fewer than 1000000000 persons"):
        sampler("person_permutation", np.array([[1e9, 1.0], [1.0, 1.0]]))


@pytest.mark.parametrize("model", ["geographic_permutation", "even_permutation", "systematic_permutation"])
def test_moving_areas_under_a_measure_that_sees_no_map_is_refused(model):
    # The trap in PySAL: without its extra arguments a spatial test silently tests the aspatial index.
    with pytest.raises(ParameterError, match="does not look at the map, so moving areas changes nothing"):
        require_model(model, Null, spatial=False)
    require_model(model, Null, spatial=True)


def test_areas_of_a_map_cannot_be_drawn_twice():
    with pytest.raises(ParameterError, match="its place is taken"):
        require_model("bootstrap_areas", Resampling, spatial=True)


def test_an_unknown_model_is_answered_with_those_there_are():
    with pytest.raises(ParameterError, match="'shuffle', expected one of evenness, systematic"):
        require_model("shuffle", Model, spatial=True)
