"""The table of segregation over time: its numbers, their uncertainty, and what they do not depend on."""

from __future__ import annotations

import pickle
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import segregation
from spatial.errors import ParameterError
from spatial.segregation import compute, dissimilarity, series
from spatial.segregation.cells import Composition
from spatial.segregation.inference import bootstrap, randomisation_test
from spatial.segregation.series import SeriesPlan, plan_series, segregation_series

YOUNG = Composition(name="young", groups=("young",), total="all")
OLD = Composition(name="old", groups=("old",), total="all")
INFERRED = ["ci_low", "ci_high", "corrected", "expected", "p_value"]


def city(areas: int = 12, periods: tuple[str, ...] = ("2020", "2021"), seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    parts = []
    for period in periods:
        everybody = rng.integers(20, 200, areas)
        young = rng.binomial(everybody, rng.uniform(0.1, 0.5, areas))
        old = rng.binomial(everybody - young, 0.3)
        for group, count in (("young", young), ("old", old), ("all", everybody)):
            ids = [f"{area:02d}" for area in range(areas)]
            parts.append(pd.DataFrame({"area_id": ids, "group": group, "count": count, "period": period}))
    return pd.concat(parts).assign(geography="block", count=lambda frame: frame["count"].astype(float))


def two_areas(first: tuple[float, float], second: tuple[float, float]) -> pd.DataFrame:
    rows = [
        ("00", "young", first[0]),
        ("00", "all", first[1]),
        ("01", "young", second[0]),
        ("01", "all", second[1]),
    ]
    return pd.DataFrame(rows, columns=["area_id", "group", "count"]).assign(geography="block", period="2020")


def computed(plan: SeriesPlan) -> pd.DataFrame:
    return plan.table({piece.key: piece.values() for piece in plan.pieces()})


def test_a_row_has_the_value_of_its_measure_and_says_what_it_is_of() -> None:
    table = segregation_series(two_areas((10, 100), (30, 100)), [YOUNG], replicates=0)
    # D = ½ (|10/40 − 90/160| + |30/40 − 70/160|) = 0.3125
    (row,) = table.to_dict("records")
    assert row["value"] == pytest.approx(0.3125)
    assert (row["geography"], row["period"], row["group"]) == ("block", "2020", "young")
    assert (row["measure"], row["dimension"]) == ("dissimilarity", "evenness")
    assert (row["areas"], row["areas_left_out"], row["residents"]) == (2, 0, 200)
    assert table[INFERRED].isna().all(axis=None)


def test_what_chance_gives_is_the_mean_over_all_ways_to_live() -> None:
    # Two areas with two dwellings each, two of the four people are young. Of the six ways to choose the two
    # dwellings two put both into one area (D = 1) and four one into each (D = 0): expected D = 1/3.
    table = segregation_series(two_areas((2, 2), (0, 2)), [YOUNG], replicates=4000)
    # Standard error of the mean: √(1/3 · 2/3 / 4000) = 0.0075; four of them.
    assert table.loc[0, "expected"] == pytest.approx(1 / 3, abs=0.03)
    # Two-sided, D = 1 in a third of all draws: twice 1/3.
    assert table.loc[0, "p_value"] == pytest.approx(2 / 3, abs=0.06)


def test_interval_and_chance_are_those_of_single_calls() -> None:
    counts = city(periods=("2020",))
    table = segregation_series(counts, [YOUNG], replicates=200, seed=5)
    wide = counts.pivot(index="area_id", columns="group", values="count")
    (cell,) = plan_series(counts, [YOUNG], replicates=200, seed=5).cells
    row = table.loc[0]
    assert row["value"] == pytest.approx(dissimilarity(wide["young"], wide["all"]), rel=1e-14)
    sure = series.estimate_from_replicates(
        "dissimilarity",
        row["value"],
        series.simulate(
            [lambda counts: np.abs(counts[..., 0, :] / counts[..., :1, :].sum(axis=-1)
                                   - counts[..., 1, :] / counts[..., 1:, :].sum(axis=-1)).sum(axis=-1) / 2],
            cell.counts.counts, model="bootstrap_persons", seed=(5, cell.number, 0), first=0, last=200,
        )[0],
        seed=5,
    )  # fmt: skip
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((sure.ci_low, sure.ci_high))
    assert row["corrected"] == pytest.approx(sure.estimate)
    # Other seeds, the same people: the one-call functions agree within what 2,000 resamples leave open.
    table = segregation_series(counts, [YOUNG], replicates=2000, seed=6)
    alone = bootstrap("dissimilarity", wide["young"], total=wide["all"], rng=1, replicates=2000)
    chance = randomisation_test(
        "dissimilarity", wide["young"], total=wide["all"], rng=1, model="person_permutation"
    )
    assert table.loc[0, "ci_low"] == pytest.approx(alone.ci_low, abs=0.01)
    assert table.loc[0, "corrected"] == pytest.approx(alone.estimate, abs=0.003)
    assert table.loc[0, "expected"] == pytest.approx(chance.expected, abs=0.005)


def test_small_counts_are_corrected_downwards() -> None:
    # 200 areas of ten people with the same chance for everybody: all that D shows is chance.
    rng = np.random.default_rng(1)
    ids = [f"{area:03d}" for area in range(200)]
    young = pd.DataFrame({"area_id": ids, "group": "young", "count": rng.binomial(10, 0.2, 200)})
    everybody = pd.DataFrame({"area_id": ids, "group": "all", "count": 10})
    counts = pd.concat([young, everybody]).assign(geography="block", period="2020")
    row = segregation_series(counts, [YOUNG], replicates=400).loc[0]
    assert row["value"] == pytest.approx(row["expected"], abs=0.03)
    assert row["corrected"] < 0.7 * row["value"]
    assert row["p_value"] > 0.01


def test_the_numbers_depend_on_the_seed_and_on_nothing_else() -> None:
    counts = city()
    first = segregation_series(counts, [YOUNG], replicates=60, seed=1)
    pd.testing.assert_frame_equal(first, segregation_series(counts, [YOUNG], replicates=60, seed=1))
    other = segregation_series(counts, [YOUNG], replicates=60, seed=2)
    assert (first["value"] == other["value"]).all()
    assert (first["ci_low"] != other["ci_low"]).all()


def test_a_row_stays_the_same_whatever_else_is_computed() -> None:
    more = segregation_series(city(), [OLD, YOUNG], measures=["gini", "dissimilarity"], replicates=60).query(
        "period == '2021' and group == 'young' and measure == 'dissimilarity'"
    )
    alone = segregation_series(city().query("period == '2021'"), [YOUNG], replicates=60)
    pd.testing.assert_frame_equal(more.reset_index(drop=True), alone)


@pytest.mark.parametrize("at_once", [1, 1_300, 10_000_000])
def test_the_table_does_not_depend_on_how_it_is_divided(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = segregation_series(city(), [YOUNG], replicates=130)
    monkeypatch.setattr(series, "_DRAWN_AT_ONCE", at_once)
    plan = plan_series(city(), [YOUNG], replicates=130)
    backwards = {piece.key: piece.values() for piece in reversed(list(plan.pieces()))}
    pd.testing.assert_frame_equal(plan.table(backwards), whole)
    assert len(backwards) == {1: 24, 1_300: 12, 10_000_000: 4}[at_once]


def test_a_piece_is_the_same_after_a_journey() -> None:
    for piece in plan_series(city(), [YOUNG], measures=["dissimilarity", "gini"], replicates=50).pieces():
        arrived = pickle.loads(pickle.dumps(piece))
        assert arrived.key == piece.key
        assert np.array_equal(arrived.values(), piece.values())


def test_the_key_of_a_piece_tells_apart_what_gives_other_numbers() -> None:
    plan = plan_series(city(), [YOUNG, OLD], measures=["dissimilarity"], replicates=50)
    (piece, *_rest) = pieces = list(plan.pieces())
    assert len({one.key for one in pieces}) == len(pieces) == 8
    changed = piece.counts.copy()
    changed[0, 0] += 1
    others = [
        replace(piece, counts=changed),
        replace(piece, counts=piece.counts.reshape(4, -1)),
        replace(piece, measures=("gini",)),
        replace(piece, options={"dissimilarity": {"x": 1.0}}),
        replace(piece, model="person_permutation"),
        replace(piece, seed=(1, 2, 3)),
        replace(piece, last=49),
    ]
    assert len({one.key for one in (piece, *others)}) == len(others) + 1


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_a_suppressed_count_leaves_no_trace_but_its_area_being_left_out(data) -> None:
    """The table is the one of the city without the areas in question: nothing follows about what is not given."""
    counts = city(areas=6, periods=("2020",), seed=data.draw(st.integers(0, 50)))
    hidden = data.draw(
        st.lists(st.sampled_from([f"{area:02d}" for area in range(6)]), max_size=4, unique=True)
    )
    is_hidden = counts["area_id"].isin(hidden) & (counts["group"] == "young")
    withheld = counts.assign(count=counts["count"].mask(is_hidden))
    table = segregation_series(withheld, [YOUNG], replicates=25)
    without = segregation_series(counts[~counts["area_id"].isin(hidden)], [YOUNG], replicates=25)
    pd.testing.assert_frame_equal(
        table.drop(columns="areas_left_out"), without.drop(columns="areas_left_out")
    )
    assert table["areas_left_out"].tolist() == [len(hidden)]


@pytest.mark.parametrize(
    "counts",
    [two_areas((0, 10), (0, 10)), two_areas((10, 10), (10, 10)), two_areas((np.nan, 10), (np.nan, 10))],
    ids=["group absent", "everybody else absent", "nothing known"],
)
def test_what_is_undefined_is_empty_and_never_zero(counts: pd.DataFrame) -> None:
    table = segregation_series(counts, [YOUNG], replicates=50)
    assert table[["value", *INFERRED]].isna().all(axis=None)
    assert len(table) == 1


@pytest.mark.parametrize(("name", "value"), [("dissimilarity", 0), ("gini", 0), ("isolation", 0.1)])
def test_one_area_alone_has_the_value_of_the_formula_everywhere(name: str, value: float) -> None:
    """Sum of |1 - 1| / 2 = 0: one area is as even as can be; its members meet 1 in 10 of their group."""
    row = segregation_series(two_areas((np.nan, 10), (1, 10)), [YOUNG], measures=[name], replicates=20).loc[0]
    assert row["value"] == pytest.approx(value)
    assert compute(name, pd.DataFrame({"young": [1], "other": [9]})) == pytest.approx(value)
    assert getattr(segregation, name)(pd.Series([1]), pd.Series([10])) == pytest.approx(value)
    assert row["areas"] == 1


def test_an_option_that_a_measure_needs_is_asked_for_with_the_way_to_pass_it() -> None:
    name = "bias_corrected_dissimilarity"
    with pytest.raises(ParameterError, match=r"options=\{'bias_corrected_dissimilarity': \{'rng': …\}\}"):
        segregation_series(city(), [YOUNG], measures=[name], replicates=20)
    table = segregation_series(
        city(), [YOUNG], measures=[name], options={name: {"rng": 1, "replicates": 20}}, replicates=20
    )
    assert table["value"].notna().all()


def test_fractions_are_measured_without_an_interval() -> None:
    table = segregation_series(two_areas((1.5, 10), (3.5, 10)), [YOUNG], replicates=50)
    assert table["value"].notna().all()
    assert table[INFERRED].isna().all(axis=None)


def test_replicates_in_which_the_group_is_absent_do_not_count() -> None:
    # One young person among 40: in about a third of the bootstrap draws there is none.
    row = segregation_series(two_areas((1, 20), (0, 20)), [YOUNG], replicates=100).loc[0]
    assert row[["value", *INFERRED]].notna().all()


def test_a_table_without_rows_has_its_columns() -> None:
    table = segregation_series(city().iloc[:0], [YOUNG], replicates=50)
    assert len(table) == 0
    assert list(table.columns) == list(segregation_series(city(), [YOUNG], replicates=0).columns)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"replicates": -1}, "replicates is -1"),
        ({"replicates": 2.5}, "replicates is 2.5"),
        ({"seed": -1}, "seed is -1"),
        ({"level": 1.0}, "level is 1.0"),
        ({"measures": ["dissim"]}, "what R seg calls dissim"),
        ({"measures": ["gini", "gini"]}, "each measure once"),
        ({"options": {"gini": {}}}, "options of measures that are computed"),
        ({"options": {"dissimilarity": {"b": 0.5}}}, "an option of dissimilarity: it has none"),
    ],
)
def test_what_cannot_be_computed_is_refused_before_anything_is(
    wrong: dict[str, object], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        plan_series(city(), [YOUNG], **wrong)


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [
        ("atkinson", "shape", 1.5),
        ("atkinson", "shape", "half"),
        ("bias_corrected_dissimilarity", "replicates", 0),
        ("relative_centralisation", "rings", -1),
        ("relative_centralisation", "centre", "middle"),
        ("border_dissimilarity", "standardisation", "columns"),
        ("spatial_information_theory", "bandwidth", -5),
        ("spatial_information_theory", "kernel", "round"),
    ],
)
def test_the_value_of_an_option_is_checked_before_the_first_piece(
    name: str, option: str, value: object
) -> None:
    needed = {"bias_corrected_dissimilarity": {"rng": 1}, "spatial_information_theory": {"bandwidth": 100}}
    blocks = gpd.GeoSeries(
        [shapely.box(100 * east, 0, 100 * east + 100, 100) for east in range(12)],
        index=[f"{area:02d}" for area in range(12)],
        crs=25833,
    )
    options = {name: needed.get(name, {}) | {option: value}}
    with pytest.raises(ParameterError, match=f"{option} is {value!r}"):
        plan_series(city(), [YOUNG], measures=[name], options=options, areas={"block": blocks})


def test_plan_and_pieces_say_what_they_are() -> None:
    plan = plan_series(city(), [YOUNG], replicates=50, seed=4)
    assert repr(plan) == "SeriesPlan(2 cells, 50 replicates, seed 4)"
    assert repr(next(plan.pieces())) == "SeriesPiece(dissimilarity; bootstrap_persons, replicates 0-50)"
    assert len(computed(plan)) == 2
