"""The audit finds what a protection leaves open: it must not be blind."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from indicators.confidentiality import (
    RECOMMENDED,
    area_sums,
    audit,
    category_sums,
    no_relations,
    parts,
    protect,
    relations_of,
)
from indicators.confidentiality.attack import Attack
from indicators.confidentiality.audit import audit_problem
from indicators.confidentiality.propagation import propagate
from indicators.confidentiality.protection import pose_problem
from indicators.confidentiality.solver import blocks, linked, minimise, minimise_whole


def areas(*values: float) -> tuple[pd.DataFrame, dict[str, str]]:
    names = [chr(ord("a") + number) for number in range(len(values))]
    table = pd.DataFrame(
        {"area_id": ["t", *names], "period": "2023", "indicator_id": "u", "value": [sum(values), *values]}
    )
    return table, dict.fromkeys(names, "t")


def square() -> tuple[pd.DataFrame, object]:
    """Two areas × two categories with totals; a cell of 1 and big others."""
    values = {"t": (82, 31, 51), "a": (31, 1, 30), "b": (51, 30, 21)}
    rows = [
        (area, "2023", name, value)
        for area, of in values.items()
        for name, value in zip(("all", "x", "y"), of, strict=True)
    ]
    table = pd.DataFrame(rows, columns=["area_id", "period", "indicator_id", "value"])
    relations = area_sums(table, {"a": "t", "b": "t"}) + category_sums(table, "all", ["x", "y"])
    return table, relations


def audited(table, relations, hidden: set[tuple[str, str]], **options: bool) -> pd.DataFrame:
    """Withhold exactly these areas and indicators, and attack."""
    cells, problem, _ = pose_problem(table, relations, RECOMMENDED)
    mask = np.ones(len(problem), dtype=bool)
    mask[: len(cells)] = [(area, name) in hidden for area, _, name in cells.key]
    frame, _ = audit_problem(problem, mask, **options)
    key = [(cells.key[c][0], cells.key[c][2]) for c in frame["column"]]
    return frame.assign(key=key).set_index("key")


def test_a_single_withheld_member_of_a_sum_is_found_out():
    table, parents = areas(1, 40, 60)
    frame = audited(table, area_sums(table, parents), {("a", "u")}, exact=True)
    assert frame.loc[[("a", "u")], ["low", "high", "is_safe"]].to_numpy().tolist() == [[1, 1, False]]


def test_two_small_ones_with_a_published_sum_are_found_out():
    table, parents = areas(1, 1, 60)
    frame = audited(table, area_sums(table, parents), {("a", "u"), ("b", "u")}, exact=True)
    assert frame[["low", "high"]].to_numpy().tolist() == [[1, 1], [1, 1]]
    assert not frame["is_safe"].any()


def test_three_corners_of_a_square_are_found_out_by_rows_and_columns_together():
    table, relations = square()
    frame = audited(table, relations, {("a", "x"), ("a", "y"), ("b", "x")}, exact=True)
    assert not frame["is_safe"].any()
    assert (frame["low"] == frame["high"]).all()


def test_four_corners_of_a_square_are_safe():
    # x of a is between 1 (zeros are public) and 30 (then y of a is 1).
    table, relations = square()
    frame = audited(table, relations, {(a, n) for a in "ab" for n in "xy"}, exact=True)
    assert frame["is_safe"].all()
    assert frame.loc[[("a", "x")], ["low", "high"]].to_numpy().tolist() == [[1, 30]]


def test_what_only_shows_when_relations_are_solved_together_is_found():
    # p + q = 10, q + r = 12, p + r = 6 have one solution, 2, 8 and 4, though each relation has two unknowns.
    table = pd.DataFrame(
        {
            "area_id": list("pqr"),
            "period": "2023",
            "indicator_id": "u",
            "value": [2.0, 8.0, 4.0],
        }
    )
    pairs = [("pq", "p"), ("pq", "q"), ("qr", "q"), ("qr", "r"), ("pr", "p"), ("pr", "r")]
    members = pd.DataFrame(pairs, columns=["relation", "area_id"]).assign(
        period="2023", indicator_id="u", factor=1.0
    )
    relations = relations_of(members, kind="sums", constant=pd.Series({"pq": 10.0, "qr": 12.0, "pr": 6.0}))
    _, problem, _ = pose_problem(table, relations, RECOMMENDED)
    everything = np.ones(len(problem), dtype=bool)
    low, high = propagate(problem, everything)
    assert (high - low > 0).all()  # relation by relation nothing is found out
    frame, _ = audit_problem(problem, everything, exact=True)
    assert frame["low"].tolist() == frame["high"].tolist() == [2, 8, 4]
    assert not frame["is_safe"].any()


def test_fractions_of_persons_do_not_count_as_possible():
    table = pd.DataFrame({"area_id": ["x", "z"], "period": "2023", "indicator_id": "u", "value": [2.0, 1.0]})
    members = pd.DataFrame(
        {"relation": 0, "area_id": ["x", "z"], "period": "2023", "indicator_id": "u", "factor": [3.0, 2.0]}
    )
    relations = relations_of(members, kind="weighted", constant=8.0)
    _, problem, _ = pose_problem(table, relations, RECOMMENDED)
    frame, _ = audit_problem(problem, np.ones(2, dtype=bool), exact=True)
    # 3 x + 2 z = 8 in whole numbers of at least 1: only x = 2, z = 1. In fractions x could be 1 to 2.
    assert frame["low"].tolist() == frame["high"].tolist() == [2, 1]
    assert not frame["is_safe"].any()


def test_taking_a_partner_away_is_noticed():
    table, parents = areas(1, 40, 60)
    result = protect(table, area_sums(table, parents))
    assert audit(result).is_safe
    partner = np.flatnonzero(result.is_partner)[0]
    hidden = result.hidden.copy()
    hidden[partner] = False
    exposed = audit(replace(result, hidden=hidden)).exposed
    assert exposed["area_id"].tolist() == ["a"]


def test_the_rest_of_a_share_is_named_by_its_part():
    table = pd.DataFrame(
        {"area_id": "a", "period": "2023", "indicator_id": ["n", "u"], "value": [50.0, 49.0]}
    )
    frame = audit(protect(table, parts(table, "u", "n"))).frame
    assert frame[["indicator_id", "what"]].to_numpy().tolist() == [["u", "value"], ["u", "rest"]]


def test_a_value_without_limit_has_no_end():
    table = pd.DataFrame({"area_id": ["a"], "period": "2023", "indicator_id": "u", "value": [2.0]})
    frame = audit(protect(table, no_relations()), exact=True).frame
    assert frame[["low", "high"]].to_numpy().tolist() == [[1, np.inf]]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([0, 1, 2, 3, 9]), min_size=1, max_size=6), st.data())
def test_relation_by_relation_is_exact_for_a_tree(values, data):
    table, parents = areas(*values)
    cells, problem, _ = pose_problem(table, area_sums(table, parents), RECOMMENDED)
    hidden = np.array(data.draw(st.lists(st.booleans(), min_size=len(cells), max_size=len(cells))))
    hidden &= problem.value > 0
    low, high = propagate(problem, hidden)
    attack = Attack(problem, hidden)
    every = np.flatnonzero(hidden)
    list(attack.settle(every, calls=1000, every=True))
    far = 1000
    assert (
        np.minimum(problem.value + attack.high, far)[every].tolist() == np.minimum(high, far)[every].tolist()
    )
    assert (problem.value + attack.low)[every].tolist() == low[every].tolist()


def test_a_programme_without_a_solution_gives_nothing():
    line = blocks([[sparse([[1.0]])]])
    nothing = minimise(np.ones(1), low=np.ones(1), high=np.full(1, 2.0), equal=line)
    assert nothing is None
    assert (
        minimise_whole(
            np.ones(1),
            low=np.zeros(1),
            high=np.ones(1),
            matrix=line,
            least=np.full(1, 5.0),
            most=np.full(1, 9.0),
            is_whole=np.array([True]),
        )
        is None
    )


def sparse(rows: list[list[float]]):
    return csr_array(np.array(rows))


def test_columns_hang_together_through_rows():
    columns, rows = linked(sparse([[1, 1, 0, 0], [0, 0, 1, 0]]))
    assert columns[0] == columns[1] == rows[0]
    assert len({columns[0], columns[2], columns[3]}) == 3


@pytest.mark.parametrize("method", ["auto", "fast", "best"])
def test_every_method_is_safe_on_a_middle_sized_city(method):
    rng = np.random.default_rng(3)
    blocks_ = rng.poisson(rng.gamma(1.0, 6.0, size=(40, 4)))
    rows, parents = [], {}
    names = ["c0", "c1", "c2", "c3"]
    totals = {f"d{d}": blocks_[d * 8 : d * 8 + 8].sum(axis=0) for d in range(5)} | {"t": blocks_.sum(axis=0)}
    places = {f"b{b}": blocks_[b] for b in range(40)} | totals
    for area, of in places.items():
        rows += [
            (area, "2023", "all", of.sum()),
            *((area, "2023", n, v) for n, v in zip(names, of, strict=True)),
        ]
    parents = {f"b{b}": f"d{b // 8}" for b in range(40)} | {f"d{d}": "t" for d in range(5)}
    table = pd.DataFrame(rows, columns=["area_id", "period", "indicator_id", "value"])
    result = protect(table, area_sums(table, parents) + category_sums(table, "all", names), method=method)
    assert audit(result).is_safe
    assert result.lower_bound <= result.cost
    assert result.gap < (0.02 if method == "best" else 0.2)
