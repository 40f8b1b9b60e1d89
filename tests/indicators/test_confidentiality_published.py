"""What a publisher withheld is attacked with everything he published, whatever the truth is; large tables in a moment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.confidentiality import (
    AS_PUBLISHED,
    RECOMMENDED,
    RelationError,
    TableError,
    area_sums,
    audit_published,
    category_sums,
    grid_of,
    no_relations,
    parts,
)
from indicators.confidentiality.alone import Alone
from indicators.confidentiality.attack import Attack
from indicators.confidentiality.audit import audit_problem
from indicators.confidentiality.protection import pose_problem

PARENTS = {"10": "1", "11": "1", "12": "1", "20": "2", "21": "2", "1": "T", "2": "T"}
FINEST = ("10", "11", "12", "20", "21")


def table_of(counts: dict[str, list[int]], hidden: set[tuple[str, str]]) -> pd.DataFrame:
    """Counts of five areas in two districts of a town; `hidden` names what is withheld."""
    rows = []
    for name, values in counts.items():
        known = dict(zip(FINEST, values, strict=True))
        known |= {"1": sum(values[:3]), "2": sum(values[3:]), "T": sum(values)}
        rows += [(area, "2023", name, float(value)) for area, value in known.items()]
    frame = pd.DataFrame(rows, columns=["area_id", "period", "indicator_id", "value"])
    gone = np.array([pair in hidden for pair in zip(frame["area_id"], frame["indicator_id"], strict=True)])
    frame["status"] = np.where(gone, "suppressed", np.where(frame["value"] == 0, "zero", "measured"))
    frame["value"] = frame["value"].mask(gone)
    return frame


def intervals(frame: pd.DataFrame, rule=RECOMMENDED, **relations) -> dict[tuple[str, str], tuple]:
    names = sorted(set(frame["indicator_id"]))
    grid = grid_of(frame, PARENTS, indicators=names)
    found = audit_published(grid, dict.fromkeys(names, rule), **relations).frame
    return {
        (row.area_id, row.indicator_id): (row.low, row.high, row.is_safe)
        for row in found.itertuples(index=False)
    }


def test_a_count_that_a_sum_gives_away_is_exposed():
    frame = table_of({"u": [2, 30, 40, 5, 6]}, {("10", "u")})
    assert intervals(frame) == {("10", "u"): (2, 2, False)}  # 72 − 30 − 40


def test_two_withheld_counts_of_one_sum_are_safe_when_enough_is_left():
    # Together 6, both at least 1: each lies between 1 and 5.
    frame = table_of({"u": [2, 4, 40, 5, 6]}, {("10", "u"), ("11", "u")})
    found = intervals(frame)
    assert all(safe and high - low >= 2 for low, high, safe in found.values())
    # Together 3: 1 or 2 each, which are fewer than three values.
    frame = table_of({"u": [2, 1, 40, 5, 6]}, {("10", "u"), ("11", "u")})
    assert intervals(frame) == {("10", "u"): (1, 2, False), ("11", "u"): (1, 2, False)}


def test_with_secret_zeros_a_withheld_count_may_be_a_zero():
    frame = table_of({"u": [2, 1, 40, 5, 6]}, {("10", "u"), ("11", "u")})
    assert all(one[2] for one in intervals(frame, AS_PUBLISHED).values())  # 0 to 3 each


def test_that_something_withheld_is_zero_is_no_secret():
    frame = table_of({"u": [0, 30, 40, 5, 6]}, {("10", "u")})
    assert intervals(frame, AS_PUBLISHED) == {("10", "u"): (0, 0, True)}


def test_parts_and_categories_are_used_with_the_areas():
    frame = table_of({"u": [2, 4, 40, 5, 6], "r": [3, 50, 60, 70, 80]}, {("10", "u"), ("11", "u")})
    # The part is no larger than its whole of 3: from 1 to 3; the other from 3 to 5.
    narrow = intervals(frame, parts=[("u", "r")])
    assert narrow["10", "u"] == (1, 3, True)
    assert narrow["11", "u"][:2] == (3, 5)
    counts = {"w": [9, 9, 9, 9, 9], "m": [4, 9, 9, 9, 9], "r": [13, 18, 18, 18, 18]}
    told = table_of(counts, {("10", "w"), ("11", "w")})
    exposed = intervals(told, categories=[("r", ("w", "m"))])
    assert {key: one[:2] for key, one in exposed.items()} == {("10", "w"): (9, 9), ("11", "w"): (9, 9)}


def test_a_missing_member_determines_nothing():
    frame = table_of({"u": [2, 30, 40, 5, 6]}, {("10", "u")})
    frame.loc[frame["area_id"] == "11", ["value", "status"]] = (np.nan, "missing")
    low, high, safe = intervals(frame)["10", "u"]
    assert (low, safe) == (1, True)
    assert high >= 3


def test_sums_that_do_not_hold_tell_nobody_anything():
    frame = table_of({"u": [2, 30, 40, 5, 6], "r": [2, 30, 40, 6, 6]}, {("10", "u")})
    wrong = grid_of(frame, PARENTS, indicators=["r", "u"]).untrue([("r", ("u",))])
    # 5 of 6 in area 20, and so in district 2 and in the town: what has another category beside.
    assert wrong["kind"].tolist() == ["categories"] * 3
    assert wrong["area_id"].tolist() == ["20", "2", "T"]
    # The slip at 20 does not keep anybody from concluding that 10 is 72 − 30 − 40.
    assert intervals(frame, categories=[("r", ("u",))])["10", "u"] == (2, 2, False)
    frame.loc[(frame["area_id"] == "1") & (frame["indicator_id"] == "u"), "value"] = 60.0  # less than 30 + 40
    wrong = grid_of(frame, PARENTS, indicators=["r", "u"]).untrue([])
    assert wrong[["kind", "area_id"]].to_numpy().tolist() == [["areas", "1"], ["areas", "T"]]
    assert intervals(frame)["10", "u"][0] == 1
    assert intervals(frame)["10", "u"][2]


def test_nothing_fits_what_is_published_when_relations_contradict_each_other():
    # The town minus the rest leaves 2 for area 10; its own whole says 1.
    frame = table_of({"u": [2, 30, 40, 5, 6], "r": [1, 50, 60, 70, 80]}, {("10", "u")})
    with pytest.raises(RelationError, match=r"10 / 2023 / u"):
        intervals(frame, parts=[("u", "r")])


def test_small_counts_that_are_published_are_found():
    frame = table_of({"u": [2, 30, 40, 5, 0], "r": [9, 31, 60, 70, 80]}, {("11", "r")})
    grid = grid_of(frame, PARENTS, indicators=["u", "r"])
    rules = {"u": RECOMMENDED, "r": RECOMMENDED}
    assert grid.keys(grid.sensitive(rules, []))["area_id"].tolist() == ["10"]
    frame = table_of({"u": [20, 30, 40, 5, 0], "r": [29, 31, 60, 70, 80]}, set())
    grid = grid_of(frame, PARENTS, indicators=["u", "r"])
    assert grid.keys(grid.sensitive(rules, [("u", "r")]))["area_id"].tolist() == ["11"]  # 31 − 30 = 1
    assert not grid.sensitive(dict.fromkeys(rules), [("u", "r")]).any()


def test_a_table_is_checked_at_the_door():
    frame = table_of({"u": [2, 30, 40, 5, 6]}, set())
    with pytest.raises(TableError, match="there twice"):
        grid_of(pd.concat([frame, frame.head(1)]), PARENTS, indicators=["u"])
    with pytest.raises(RelationError, match="its own parent"):
        grid_of(frame, {"1": "1"}, indicators=["u"])
    empty = grid_of(frame.head(0), {}, indicators=["u"])
    assert audit_published(empty, {}).is_safe
    assert repr(grid_of(frame, PARENTS, indicators=["u", "unknown"])).startswith("Grid(1 indicators")


counts = st.lists(st.integers(0, 9), min_size=5, max_size=5)


@settings(max_examples=60, deadline=None)
@given(counts, counts, st.sets(st.tuples(st.sampled_from([*FINEST, "1", "2"]), st.sampled_from("wm"))))
def test_the_small_system_says_the_same_as_the_whole_one(women, men, hidden):
    both = [one + other for one, other in zip(women, men, strict=True)]
    frame = table_of({"w": women, "m": men, "r": both}, hidden)
    if not (frame["status"] == "suppressed").any():
        return
    rules = dict.fromkeys(["w", "m", "r"], replace(RECOMMENDED, zeros="secret"))
    grid = grid_of(frame, PARENTS, indicators=["w", "m", "r"])
    small = audit_published(grid, rules, categories=[("r", ("w", "m"))], parts=[("w", "r")]).frame
    relations = no_relations() + area_sums(frame, PARENTS) + category_sums(frame, "r", ["w", "m"])
    relations = relations + parts(frame, "w", "r", complement=False)
    cells, problem, _ = pose_problem(frame, relations, rules)
    out = np.ones(len(problem), dtype=bool)
    out[: len(cells)] = cells.unknown
    exact = audit_problem(problem, out, exact=True)[0]
    known = {cells.key[column]: row for column, row in zip(exact["column"], exact.itertuples(), strict=True)}
    for row in small.itertuples(index=False):
        whole = known[row.area_id, row.period, row.indicator_id]
        assert row.is_safe == (whole.high - whole.low >= 2 or whole.high == 0)
        assert whole.low <= row.low <= row.high <= whole.high  # what is claimed to be possible is


@settings(max_examples=40, deadline=None)
@given(counts, counts)
def test_what_an_indicator_can_do_alone_can_be_done(women, men):
    both = [one + other + 5 for one, other in zip(women, men, strict=True)]
    hidden = {(area, name) for area in ("10", "11", "20", "21", "1") for name in "wm"}
    frame = table_of({"w": women, "m": men, "r": both}, hidden)
    relations = area_sums(frame, PARENTS) + parts(frame, "w", "r") + parts(frame, "m", "r")
    _, problem, _ = pose_problem(frame, relations, replace(RECOMMENDED, zeros="secret"))
    attack = Attack(problem, problem.withheld)
    low, high = Alone(problem, attack.loose).reach(attack.fall, attack.rise)
    for column in attack.loose[attack.loose < problem.n_cells]:
        assert high[column] <= attack.whole_extreme(int(column), upwards=True) + 1e-6
        assert low[column] >= attack.whole_extreme(int(column), upwards=False) - 1e-6
