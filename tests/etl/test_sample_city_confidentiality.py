"""Nobody can compute a withheld count of the sample city: worked cases, and attacks by an independent solver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array

from etl.sample_city import confidentiality
from etl.sample_city.conclusions import AGE_GROUPS, PARTS, bounds
from etl.sample_city.confidentiality import SMALLEST_PUBLISHED, UNPROTECTED, ExposedError, withhold
from etl.sample_city.generate import SettledCity, settle
from etl.sample_city.nested import Nesting
from etl.sample_city.parameters import SampleCityParameters
from etl.sample_city.publication import STATUSES, publish
from indicators.confidentiality import tellers
from indicators.status import ValueStatus

Values = Mapping[str, NDArray[np.int64]]
MOST = 10.0**7  # more than anybody can count here


def quiet(_name: str, _share: float | None = None) -> None:
    pass


def nested(*children: list[int]) -> Nesting:
    """`nested([2], [3, 1])`: the top has two areas, the first of them three, the second one."""
    return Nesting.of([np.repeat(np.arange(len(level)), level) for level in children])


def counts(nesting: Nesting, finest: list[int]) -> NDArray[np.int64]:
    return nesting.add_up(np.array(finest, dtype=np.int64)[:, None])


def withheld(nesting: Nesting, finest: list[int], name: str = "unemployed") -> list[int]:
    """Positions of the withheld counts of one indicator: the top is 0."""
    mask = withhold({name: counts(nesting, finest)}, nesting)[name]
    return np.flatnonzero(mask[:, 0]).tolist()


@dataclass(frozen=True, kw_only=True)
class System:
    """Unknown counts with what binds them: `equal @ x = equal_to`, `below @ x <= below_to`, `least <= x`."""

    cells: list[tuple[str, int]]
    truth: NDArray[np.float64]
    least: NDArray[np.float64]
    equal: csr_array
    equal_to: NDArray[np.float64]
    below: csr_array | None
    below_to: NDArray[np.float64] | None

    def solve(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        result = linprog(
            weights,
            A_eq=self.equal,
            b_eq=self.equal_to,
            A_ub=self.below,
            b_ub=self.below_to,
            bounds=np.column_stack([self.least, np.full(len(self.least), MOST)]),
            method="highs",
        )
        assert result.status == 0, result.message
        return result.x

    def determined(self) -> list[tuple[str, int]]:
        """Return the positive counts for which less than one whole person of doubt is left."""
        # Every solution that is not the truth proves that the counts in which it differs are not determined.
        rng = np.random.default_rng(0)
        doubtful = self.truth > 0
        for _ in range(12):
            if not doubtful.any():
                return []
            sign = np.where(rng.uniform(size=len(doubtful)) < 0.5, -1.0, 1.0)
            found = self.solve(np.where(doubtful, sign * rng.uniform(0.5, 1.5, len(doubtful)), 0.0))
            doubtful &= np.abs(found - self.truth) < 1 - 1e-6
        known = []
        for cell in np.flatnonzero(doubtful):
            unit = np.zeros(len(self.truth))
            unit[cell] = 1.0
            smallest, largest = self.solve(unit)[cell], self.solve(-unit)[cell]
            if largest - smallest < 1 - 1e-6:
                known.append(self.cells[cell])
        return known


def system(
    values: Values, hidden: Values, nesting: Nesting, period: int = 0, *, relations: bool = True
) -> System:
    """Write down what is published of all these indicators, for one period."""
    cells = [(name, int(area)) for name in values for area in np.flatnonzero(hidden[name][:, period])]
    position = {cell: number for number, cell in enumerate(cells)}
    areas = range(len(nesting.parent))
    children = {parent: [area for area in areas if nesting.parent[area] == parent] for parent in areas}
    equations = [
        [(name, parent, -1.0), *((name, child, 1.0) for child in children[parent])]
        for name in values
        for parent in areas
        if children[parent]
    ]
    inequalities = []
    if relations:
        if {"residents", *AGE_GROUPS} <= set(values):
            equations += [
                [("residents", area, -1.0), *((name, area, 1.0) for name in AGE_GROUPS)] for area in areas
            ]
        inequalities = [
            [(part, area, 1.0), (whole, area, -1.0)]
            for part, whole in PARTS
            if part in values and whole in values
            for area in areas
        ]

    def matrix(lines: list[list[tuple[str, int, float]]]) -> tuple[csr_array, NDArray[np.float64]]:
        rows, columns, factors, right = [], [], [], []
        for line in lines:
            unknown = [
                (position[name, area], factor) for name, area, factor in line if (name, area) in position
            ]
            if not unknown:
                continue
            known = sum(
                factor * values[name][area, period]
                for name, area, factor in line
                if (name, area) not in position
            )
            for column, factor in unknown:
                rows.append(len(right))
                columns.append(column)
                factors.append(factor)
            right.append(-known)
        shape = (len(right), len(cells))
        return coo_array((factors, (rows, columns)), shape=shape).tocsr(), np.array(right, dtype=float)

    equal, equal_to = matrix(equations)
    below, below_to = matrix(inequalities) if inequalities else (None, None)
    if below_to is not None and not len(below_to):
        below, below_to = None, None
    truth = np.array([values[name][area, period] for name, area in cells], dtype=float)
    return System(
        cells=cells,
        truth=truth,
        # A withheld count is known not to be zero, except inside a withheld age breakdown.
        least=np.array([0.0 if name in AGE_GROUPS else 1.0 for name, _ in cells]),
        equal=equal,
        equal_to=equal_to,
        below=below,
        below_to=below_to,
    )


def test_a_count_of_one_needs_a_partner_and_the_smallest_that_helps_is_taken():
    # 1 + 40 + 60 = 101: if only the 1 were withheld, 101 − 40 − 60 would give it back.
    assert withheld(nested([3]), [1, 40, 60]) == [1, 2]


def test_two_withheld_counts_with_too_small_a_sum_need_a_third():
    # 1 + 1 = 2 is known to be two ones, as zeros are published: 50 is withheld too.
    assert withheld(nested([4]), [1, 1, 50, 60]) == [1, 2, 3]


def test_two_withheld_counts_protect_each_other_when_both_could_be_published():
    # 2 + 2 = 4 could be 1 + 3 as well: each may be a publishable 3 for all one knows.
    assert withheld(nested([3]), [2, 2, 60]) == [1, 2]


def test_zeros_are_published_and_protect_nobody():
    # Zeros are no partners; 7 has to go.
    assert withheld(nested([4]), [0, 1, 0, 7]) == [2, 4]
    assert withheld(nested([3]), [0, 0, 9]) == []


def test_where_no_brother_helps_the_total_goes_and_a_cousin():
    # District one (position 1) holds 1 and 0: its total 1 is withheld itself, district two (2) must join it,
    # and one of its blocks (5 and 6 hold 30 and 40), else 30 + 40 would give its total.
    assert withheld(nested([2], [2, 2]), [1, 0, 30, 40]) == [1, 2, 3, 5]


def test_in_an_empty_city_nothing_and_in_a_tiny_one_everything_is_withheld():
    assert withheld(nested([2]), [0, 0]) == []
    assert withheld(nested([2]), [1, 0]) == [0, 1]


def test_the_stock_of_buildings_is_published():
    assert withheld(nested([3]), [1, 2, 60], name="dwellings") == []


def test_a_part_that_is_nearly_its_whole_is_withheld():
    nesting = nested([3])
    values = {
        "residents": counts(nesting, [50, 60, 70]),
        "non_german": counts(nesting, [49, 20, 30]),  # 50 − 49 = 1 German is left
    }
    mask = withhold(values, nesting)
    assert np.flatnonzero(mask["non_german"][:, 0]).tolist() == [1, 2]
    assert not mask["residents"].any()


def test_age_groups_are_withheld_together():
    nesting = nested([3])
    young, middle, old = [1, 20, 30], [40, 50, 60], [12, 14, 16]
    values = {
        "residents": counts(nesting, [sum(column) for column in zip(young, middle, old, strict=True)]),
        "residents_u15": counts(nesting, young),
        "residents_15_65": counts(nesting, middle),
        "residents_65p": counts(nesting, old),
    }
    mask = withhold(values, nesting)
    # The one child needs a partner area; in both areas 53 − 40 − 12 = 1 must not be possible.
    for name in AGE_GROUPS:
        assert np.flatnonzero(mask[name][:, 0]).tolist() == [1, 2]
    assert not mask["residents"].any()


def test_bounds_say_what_sums_give_away():
    # Top 10 = a + b + 4; a and b at least 1: each is between 1 and 5.
    nesting = nested([3])
    low, high = bounds(np.array([[10], [1], [1], [4]]), np.array([[10], [99], [99], [4]]), nesting)
    assert low[:, 0].tolist() == [10, 1, 1, 4]
    assert high[:, 0].tolist() == [10, 5, 5, 4]


def test_nesting_refuses_a_parent_without_children():
    with pytest.raises(ValueError, match="every parent needs a child"):
        Nesting.of([np.array([0, 0]), np.array([0, 0])])


def test_a_count_that_stays_exposed_stops_everything(monkeypatch):
    # Without the search for partners the 1 could be computed; then nothing may leave the function.
    monkeypatch.setattr(confidentiality, "_protect_all", lambda *_arguments: None)
    monkeypatch.setattr(confidentiality, "_with_next_above", lambda hidden, *_arguments: hidden)
    with pytest.raises(ExposedError, match="unemployed 1"):
        withheld(nested([3]), [1, 40, 60])


@st.composite
def small_cities(draw: st.DrawFn) -> tuple[Nesting, NDArray[np.int64]]:
    """One indicator in two to four levels, with many small counts and zeros."""
    children: list[list[int]] = []
    count = 1
    for _ in range(draw(st.integers(1, 3))):
        children.append(draw(st.lists(st.integers(1, 4), min_size=count, max_size=count)))
        count = sum(children[-1])
    size = st.one_of(st.just(0), st.integers(1, 2), st.integers(3, 6), st.integers(10, 400))
    nesting = nested(*children)
    return nesting, counts(nesting, draw(st.lists(size, min_size=count, max_size=count)))


@settings(max_examples=60, deadline=None)
@given(small_cities())
def test_the_published_sums_determine_no_withheld_count(drawn):
    """The linear system alone: a count is known exactly when its unit vector lies in the span of the equations."""
    nesting, values = drawn
    mask = withhold({"unemployed": values}, nesting)
    written = system({"unemployed": values}, mask, nesting)
    equations = written.equal.toarray()
    rank = np.linalg.matrix_rank(equations) if len(equations) else 0
    for cell in range(len(written.cells)):
        unit = np.zeros((1, len(written.cells)))
        unit[0, cell] = 1.0
        assert np.linalg.matrix_rank(np.vstack([equations, unit])) > rank


@settings(max_examples=60, deadline=None)
@given(small_cities())
def test_no_withheld_count_is_cornered_by_sums_and_signs(drawn):
    nesting, values = drawn
    mask = withhold({"unemployed": values}, nesting)
    assert mask["unemployed"][(values > 0) & (values < SMALLEST_PUBLISHED)].all()
    assert not mask["unemployed"][values == 0].any()
    written = system({"unemployed": values}, mask, nesting)
    for cell in range(len(written.cells)):
        unit = np.zeros(len(written.cells))
        unit[cell] = 1.0
        assert written.solve(-unit)[cell] - written.solve(unit)[cell] > 1 - 1e-6


@settings(max_examples=60, deadline=None)
@given(small_cities())
def test_never_is_one_child_alone_withheld_and_hidden_sums_are_large_enough(drawn):
    nesting, values = drawn
    assert_groups_are_safe(
        "unemployed", values, withhold({"unemployed": values}, nesting)["unemployed"], nesting
    )


def assert_groups_are_safe(
    name: str, values: NDArray[np.int64], mask: NDArray[np.bool_], nesting: Nesting
) -> None:
    """In every sum whose total is published: no withheld part, or several with a sum of at least three."""
    for level in range(nesting.levels - 1):
        parents = nesting.at(level)
        number = nesting.sums_of_children(mask.astype(np.int64), level)
        total = nesting.sums_of_children(np.where(mask, values, 0), level)
        published = ~mask[parents]
        assert not (published & (number == 1)).any(), name
        assert not (published & (number > 1) & (total < SMALLEST_PUBLISHED)).any(), name
        # And a withheld total has a withheld part, or the published parts would add up to it.
        assert (number[~published] > 0).all(), name


@settings(max_examples=40, deadline=None)
@given(small_cities(), st.data())
def test_bounds_agree_with_a_solver(drawn, data):
    nesting, values = drawn
    chosen = data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values)))
    mask = np.array(chosen)[:, None] & (values > 0)
    low, high = bounds(np.where(mask, 1, values), np.where(mask, int(MOST), values), nesting)
    written = system({"unemployed": values}, {"unemployed": mask}, nesting)
    for cell, (_, area) in enumerate(written.cells):
        unit = np.zeros(len(written.cells))
        unit[cell] = 1.0
        assert written.solve(unit)[cell] == pytest.approx(low[area, 0], abs=1e-4)
        # The solver's own limit on a single count differs from ours only where nothing limits it.
        assert min(written.solve(-unit)[cell], 10_000) == pytest.approx(min(high[area, 0], 10_000), abs=1e-4)


def random_city(seed: int) -> tuple[dict[str, NDArray[np.int64]], Nesting]:
    """A small city with all related indicators, nastier than any made one: tiny blocks and extreme shares."""
    rng = np.random.default_rng(seed)
    parents, count = [], 1
    for _ in range(int(rng.integers(2, 4))):
        children = rng.integers(1, 5, size=count)
        parents.append(np.repeat(np.arange(count), children))
        count = int(children.sum())
    nesting = Nesting.of(parents)
    mean = rng.choice([8, 20, 60, 200])
    residents = np.maximum(rng.poisson(mean * rng.gamma(1, 1, size=(count, 1))), 4)
    residents[rng.uniform(size=residents.shape) < 0.15] = 0

    def some(number: NDArray[np.int64], least: float, most: float) -> NDArray[np.int64]:
        return rng.binomial(number, rng.uniform(least, most, size=number.shape)).astype(np.int64)

    u18, households = (
        some(residents, 0, 0.5),
        np.minimum(residents, some(residents, 0.3, 0.9) + (residents > 0)),
    )
    u15, old = some(u18, 0.5, 1), some(residents - u18, 0, 0.6)
    middle, migration = residents - u15 - old, some(residents, 0, 1)
    with_children = some(households, 0, 0.6)
    unemployed, children = some(middle, 0, 0.5), some(u15, 0, 1)
    blocks = {
        "residents": residents,
        "residents_u15": u15,
        "residents_u18": u18,
        "residents_15_65": middle,
        "residents_65p": old,
        "residents_80p": some(old, 0, 1),
        "migration_background": migration,
        "non_german": some(migration, 0, 1),
        "households": households,
        "households_with_children": with_children,
        "households_single": some(households - with_children, 0, 1),
        "households_single_parent": some(with_children, 0, 1),
        "unemployed": unemployed,
        "unemployed_youth": some(unemployed, 0, 0.4),
        "unemployed_long_term": some(unemployed, 0, 1),
        "sgb2_children_u15": children,
        "sgb2_recipients": children + some(middle, 0, 0.5),
        "old_age_basic_security": some(old, 0, 0.5),
    }
    return {name: nesting.add_up(count.astype(np.int64)) for name, count in blocks.items()}, nesting


@pytest.mark.parametrize("seed", range(25))
def test_not_even_all_indicators_together_determine_a_withheld_count(seed):
    values, nesting = random_city(seed)
    hidden = withhold(values, nesting)
    assert system(values, hidden, nesting).determined() == []


@pytest.fixture(scope="module")
def city() -> SettledCity:
    return settle(SampleCityParameters(), quiet)


@pytest.fixture(scope="module")
def hidden(city: SettledCity) -> dict[str, NDArray[np.bool_]]:
    return withhold(city.values, city.nesting)


def test_in_the_default_city_all_small_counts_are_withheld_and_all_groups_are_safe(city, hidden):
    for name, mask in hidden.items():
        values = city.values[name]
        if name in UNPROTECTED:
            assert not mask.any()
            continue
        small = (values > 0) & (values < SMALLEST_PUBLISHED)
        assert mask[small].all()
        # Inside an age breakdown that is withheld as a whole, zeros are withheld too and may stand alone.
        if name not in AGE_GROUPS:
            assert not mask[values == 0].any()
            assert_groups_are_safe(name, values, mask, city.nesting)


@pytest.mark.parametrize("period", [0, 6, 11])
def test_the_published_default_city_determines_no_withheld_count(city, hidden, period):
    """All 18 protected indicators together, with everything that is known to relate them."""
    values = {name: count for name, count in city.values.items() if name not in UNPROTECTED}
    written = system(values, hidden, city.nesting, period)
    assert len(written.cells) > 4000
    assert written.determined() == []


def test_every_small_count_of_the_default_city_might_be_a_publishable_one(city, hidden):
    for name, mask in hidden.items():
        values = city.values[name]
        least = np.where(mask, 0 if name in AGE_GROUPS else 1, values)
        _, high = bounds(least, np.where(mask, int(MOST), values), city.nesting)
        small = mask & (values > 0) & (values < SMALLEST_PUBLISHED)
        assert (high[small] >= SMALLEST_PUBLISHED).all(), name


def test_no_withheld_count_of_the_default_city_stands_in_a_year_in_which_nothing_else_changed(city, hidden):
    mask = np.stack([one.T for one in hidden.values()])
    public = np.where(mask, np.nan, np.stack([city.values[name].T for name in hidden]))
    assert not tellers(public, mask, np.array([name not in AGE_GROUPS for name in hidden])).any()


def test_every_count_of_people_and_households_is_under_protection(city):
    protected = {name for together in confidentiality._ORDER for name in together}
    assert protected | set(UNPROTECTED) == set(city.values)
    assert protected.isdisjoint(UNPROTECTED)


def test_what_is_withheld_is_not_in_the_publication(city, hidden):
    rng = np.random.default_rng(0)
    published = publish(city.values, hidden, city.nesting, rng)
    secret, missing = STATUSES.index(ValueStatus.SUPPRESSED), STATUSES.index(ValueStatus.MISSING)
    for position, name in enumerate(published.indicators):
        value, status = published.value[:, :, position], published.status[:, :, position]
        assert np.isnan(value[hidden[name]]).all()
        assert np.isin(status[hidden[name]], (secret, missing)).all()
        assert not (status[~hidden[name]] == secret).any()
        known = ~np.isnan(value)
        assert (value[known] == city.values[name][known]).all()
        # What is missing protects nobody: it was treated as known when partners were chosen.
        assert not np.isnan(value[(status != secret) & (status != missing)]).any()
