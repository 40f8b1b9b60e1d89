"""Small tables, all solutions: what the package claims is what counting every possible table by hand would say.

A table of whole numbers is what its finest counts make it. With a published sum of all of them there are only so many
possibilities; each is written down, those that contradict something published are crossed out, and what is left
is all that an attacker can know.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from indicators.confidentiality import (
    RECOMMENDED,
    STRICT,
    Profile,
    Relations,
    UnprotectableError,
    area_sums,
    audit,
    audit_published,
    category_sums,
    drawn_areas,
    editions,
    grid_of,
    protect,
)
from indicators.confidentiality.audit import audit_problem
from indicators.confidentiality.protection import pose_problem

# Areas of all kinds, by the finest ones they are made of: two districts of a city, a drawn area, a newer edition.
GROUND = {
    "a": "a", "b": "b", "c": "c", "north": "ab", "south": "c", "city": "abc", "drawn": "ac", "new": "bc",
}  # fmt: skip
PLAIN = {name: of for name, of in GROUND.items() if name not in {"drawn", "new"}}
PARENTS = {"a": "north", "b": "north", "c": "south", "north": "city", "south": "city"}
CATEGORIES = {"women": ("women",), "men": ("men",), "all": ("women", "men")}
Cell = tuple[str, str]


@functools.cache
def splits(total: int, into: int) -> NDArray[np.int64]:
    """Return every way to split a number of people, one per line."""
    if into == 1:
        return np.array([[total]])
    return np.concatenate(
        [
            np.column_stack([np.full(len(rest), first), rest])
            for first in range(total + 1)
            for rest in [splits(total - first, into - 1)]
        ]
    )


def sums(ground: Mapping[str, str]) -> tuple[list[Cell], NDArray[np.int64]]:
    """Return all cells of a table, and which of the finest counts each is the sum of."""
    finest = [
        (area, name)
        for area in sorted({a for of in ground.values() for a in of})
        for name in ("women", "men")
    ]
    cells = [(area, name) for area in ground for name in CATEGORIES]
    inside = [
        [area in ground[whole] and name in CATEGORIES[names] for area, name in finest]
        for whole, names in cells
    ]
    return cells, np.array(inside, dtype=np.int64)


def drawn_at_random(
    rng: np.random.Generator, ground: Mapping[str, str], total: int
) -> tuple[pd.DataFrame, NDArray[np.int64], NDArray[np.int64]]:
    """Return a table, its values in the order of its rows, and every table with the same sum of all."""
    cells, inside = sums(ground)
    shares = rng.dirichlet(np.full(inside.shape[1], 0.7))
    value = inside @ rng.multinomial(total, shares)
    table = pd.DataFrame(cells, columns=["area_id", "indicator_id"]).assign(period="2023", value=value)
    table["released"] = (table["area_id"] == "city") & (table["indicator_id"] == "all")
    return table, value, splits(total, inside.shape[1]) @ inside.T


def relations_of(table: pd.DataFrame) -> Relations:
    relations = area_sums(table, PARENTS) + category_sums(table, "all", ["women", "men"])
    if "drawn" in set(table["area_id"]):
        relations = relations + drawn_areas(table, {"drawn": ["a", "c"]})
    if "new" in set(table["area_id"]):
        pairs = pd.DataFrame({"from_area": ["b", "c"], "to_area": ["new", "new"]})
        relations = relations + editions(table, pairs)
    return relations


def possible(
    every: NDArray[np.int64], value: NDArray[np.int64], hidden: NDArray[np.bool_], least: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Cross out the tables that contradict what is published, or that a withheld value is at least something."""
    fits = (every[:, ~hidden] == value[~hidden]).all(axis=1) & (every[:, hidden] >= least[hidden]).all(axis=1)
    return every[fits]


def random_tables(number: int, rule: Profile, ground: Mapping[str, str], largest: int):
    rng = np.random.default_rng(number * 1000 + largest + rule.minimum_count)
    for _ in range(number):
        table, value, every = drawn_at_random(
            rng, ground, int(rng.integers(rule.minimum_count + 1, largest + 1))
        )
        try:
            yield table, value, every, protect(table, relations_of(table), rule)
        except UnprotectableError:
            continue  # the sum of all may not be withheld here, and a town of few people cannot hide them


@pytest.mark.parametrize("zeros", ["public", "secret"])
@pytest.mark.parametrize("rule", [RECOMMENDED, STRICT], ids=lambda one: one.id)
def test_intervals_are_those_of_counting_and_never_narrower_than_the_profile_allows(rule, zeros):
    rule = replace(rule, zeros=zeros)
    seen = 0
    for table, value, every, protected in random_tables(5, rule, GROUND, 9 if rule is RECOMMENDED else 10):
        left = possible(every, value, protected.hidden, protected.problem.least[: len(value)])
        assert len(left)  # the truth is always possible
        low, high = left.min(axis=0), left.max(axis=0)
        exact = audit(protected, exact=True).frame.set_index(["area_id", "indicator_id"])
        quick = audit(protected).frame.set_index(["area_id", "indicator_id"])
        for at, cell in enumerate(zip(table["area_id"], table["indicator_id"], strict=True)):
            if not protected.hidden[at]:
                assert low[at] == high[at] == value[at]
                continue
            seen += 1
            assert (exact.loc[cell, "low"], exact.loc[cell, "high"]) == (low[at], high[at]), cell
            assert low[at] <= quick.loc[cell, "low"] <= quick.loc[cell, "high"] <= high[at], cell
            assert high[at] - low[at] >= rule.width, cell
            if 0 < value[at] < rule.minimum_count:
                assert high[at] >= rule.minimum_count, cell
    assert seen > 20


def test_what_a_careless_publisher_gives_away_is_found_exactly():
    found = 0
    rng = np.random.default_rng(7)
    for number in range(16):
        ground = GROUND if number % 4 == 0 else PLAIN
        table, value, every = drawn_at_random(rng, ground, int(rng.integers(4, 10)))
        cells, problem, _ = pose_problem(table.drop(columns="released"), relations_of(table), RECOMMENDED)
        hidden = problem.withheld.copy()
        left = possible(every, value, hidden[: len(cells)], problem.least[: len(cells)])
        if hidden[table["released"].to_numpy().argmax()] or not hidden[: len(cells)].any():
            continue  # without the sum of all the possibilities have no end
        frame = audit_problem(problem, hidden, exact=True)[0]
        for row in frame.itertuples(index=False):
            low, high = left[:, row.column].min(), left[:, row.column].max()
            assert (row.low, row.high) == (low, high)
            assert row.is_safe == (high - low >= 2 and high >= 3)
            found += not row.is_safe
    assert found > 20


def test_the_attack_on_a_published_table_says_the_same_without_the_truth():
    rng = np.random.default_rng(11)
    checked = 0
    for _ in range(15):
        table, value, every = drawn_at_random(rng, PLAIN, int(rng.integers(4, 10)))
        hidden = rng.uniform(size=len(table)) < 0.4
        hidden &= ~table["released"].to_numpy()
        told = table.assign(
            value=table["value"].astype(float).mask(hidden),
            status=np.where(hidden, "suppressed", np.where(value == 0, "zero", "measured")),
        )
        left = possible(every, value, hidden, np.zeros(len(value)))
        grid = grid_of(told, PARENTS, indicators=list(CATEGORIES))
        rules = dict.fromkeys(CATEGORIES, replace(RECOMMENDED, zeros="secret"))
        frame = audit_published(grid, rules, categories=[("all", ("women", "men"))]).frame
        place = {
            cell: at for at, cell in enumerate(zip(table["area_id"], table["indicator_id"], strict=True))
        }
        for row in frame.itertuples(index=False):
            at = place[row.area_id, row.indicator_id]
            low, high = left[:, at].min(), left[:, at].max()
            assert row.is_safe == (high - low >= 2 or high == 0)
            assert low <= row.low <= row.high <= high
            if not row.is_safe:
                assert (row.low, row.high) == (low, high)
            checked += 1
    assert checked > 60


def test_best_withholds_as_little_as_a_search_through_all_patterns():
    rng = np.random.default_rng(3)
    ground = {"a": "a", "b": "b", "north": "ab"}
    compared = several = 0
    for _ in range(20):
        table, value, every = drawn_at_random(rng, ground, int(rng.integers(6, 25)))
        table["released"] = table["area_id"] == "north"
        table.loc[table["indicator_id"] != "all", "released"] = False
        table["usefulness"] = rng.integers(1, 9, size=len(table)).astype(float)
        rule = replace(RECOMMENDED, zeros="secret")
        cells = list(zip(table["area_id"], table["indicator_id"], strict=True))
        relations = area_sums(table, {"a": "north", "b": "north"}) + category_sums(
            table, "all", ["women", "men"]
        )
        small = (value > 0) & (value < 3)
        cost = np.array(
            [
                np.inf if released else one
                for one, released in zip(table["usefulness"], table["released"], strict=True)
            ]
        )
        cheapest = np.inf
        free = [at for at in range(len(cells)) if not small[at] and not table["released"][at]]
        if small[table["released"].to_numpy()].any():
            continue
        for size in range(len(free) + 1):
            for chosen in itertools.combinations(free, size):
                hidden = small.copy()
                hidden[list(chosen)] = True
                if cost[list(chosen)].sum() >= cheapest:
                    continue
                left = possible(every, value, hidden, np.zeros(len(value)))
                low, high = left.min(axis=0), left.max(axis=0)
                if ((high - low)[hidden] >= 2).all() and (high[small] >= 3).all():
                    cheapest = float(cost[list(chosen)].sum())
        try:
            protected = protect(table, relations, rule, method="best")
        except UnprotectableError:
            assert cheapest == np.inf
            continue
        assert protected.cost == pytest.approx(cheapest)
        assert protected.gap == pytest.approx(0, abs=1e-9)
        compared += 1
        several += cheapest > 0
    assert compared > 10
    assert several > 5
