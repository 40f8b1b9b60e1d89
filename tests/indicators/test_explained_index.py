"""All explanations of an index at once: the quick way gives what the whole computation gives, ranks hold together."""

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.composite import status_index
from indicators.explanation import class_distances, explain, flipping_changes, simulate
from indicators.explanation.explained import explained_index
from indicators.explanation.standardised import standardised_sum
from indicators.explanation.told import ToldArea, sentences
from indicators.methods import Classes, Index, Input, Method, shipped_method
from indicators.methods.steps import PercentileRank, ZScore
from spatial.errors import ParameterError

CUTS = Classes(cuts=(-1.0, 1.0), labels_de=("a", "b", "c"), labels_en=("a", "b", "c"))


def method(combine="sum", *, ddof=(0, 0), last=0, weights=(1.0, 1.0), direction=None):
    inputs = tuple(
        Input(id=name, transform=(ZScore(ddof=one),), weight=weight, direction=way)
        for name, one, weight, way in zip("ab", ddof, weights, (direction, None), strict=True)
    )
    then = () if last is None else (ZScore(ddof=last),)
    index = Index(id="i", combine=combine, inputs=inputs, then=then)
    return Method(id="m", title_de="M", title_en="M", indices=(index,), classes=CUTS)


def table(**columns):
    values = pd.DataFrame(columns, dtype=float)
    values.index = pd.Index([f"{number:03d}" for number in range(len(values))], name="area_id")
    return values, values.notna().replace({True: "measured", False: "suppressed"}).astype(object)


@given(
    rows=st.lists(st.tuples(*[st.integers(0, 1000)] * 2), min_size=3, max_size=9),
    value=st.floats(0, 100),
    place=st.tuples(st.integers(0, 8), st.integers(0, 1)),
    form=st.sampled_from(
        [
            {},
            {"last": None},
            {"combine": "mean", "ddof": (1, 0)},
            {"combine": "weighted_sum", "weights": (0.75, 0.25), "last": 1},
            {
                "combine": "weighted_mean",
                "weights": (3.0, 1.0),
                "last": None,
                "direction": "lower_is_more_need",
            },
        ]
    ),
)
@settings(max_examples=150, deadline=None)
def test_moving_the_moments_gives_what_the_whole_computation_gives(rows, value, place, form):
    one = method(**form)
    values, _ = table(a=[row[0] / 10 for row in rows], b=[row[1] / 10 for row in rows])
    sums = standardised_sum(one, ("a", "b"), values.to_numpy())
    area, column = place[0] % len(rows), place[1]
    if sums is None:
        assert (values.nunique() < 2).any()
        return
    found = sums.replaced(np.array([area]), np.array([column]), np.array([value]))[0]
    changed = values.copy()
    changed.iloc[area, column] = value
    if np.isnan(found):
        return  # hardly any spread is left: left to the whole computation
    whole = status_index(changed, changed.notna().replace(True, "measured"), one).index.iloc[area]
    assert found == pytest.approx(whole, abs=1e-7)


def test_what_is_no_sum_of_z_scores_is_left_to_the_whole_computation():
    ranked = Index(
        id="i",
        combine="sum",
        inputs=(Input(id="a", transform=(PercentileRank(),)), Input(id="b", transform=(ZScore(),))),
    )
    one = Method(id="m", title_de="M", title_en="M", indices=(ranked,), classes=CUTS)
    assert standardised_sum(one, ("a", "b"), np.array([[1.0, 2], [3, 4], [5, 9]])) is None
    assert standardised_sum(method(), ("a", "b"), np.array([[1.0, 2]])) is None
    assert (
        standardised_sum(method(), ("a", "b"), np.array([[1.0, 2], [1, 5]])) is None
    )  # a is the same everywhere


def test_the_parts_in_one_are_the_parts_one_by_one():
    values, states = table(a=[1, 5, 2, 9, None, 4], b=[3, 8, 1, 7, 2, 2])
    one = method()
    people = pd.DataFrame(300.0, index=values.index, columns=["a", "b"])
    found = explained_index(values, states, one, denominators=people, rng=np.random.default_rng(3), runs=200)
    pd.testing.assert_frame_equal(found.parts.contributions, explain(values, states, one).contributions)
    assert found.distances is not None
    assert found.changes is not None
    assert found.simulation is not None
    pd.testing.assert_frame_equal(found.distances.table, class_distances(found.result).table)
    pd.testing.assert_frame_equal(found.changes.table, flipping_changes(values, states, one).table)
    alone = simulate(
        values,
        states,
        one,
        denominators=people,
        rng=np.random.default_rng(3),
        runs=200,
        rank_interval="joint",
    )
    pd.testing.assert_series_equal(found.simulation.kept, alone.kept)
    frame = found.to_frame()
    assert {"rank", "rank_low", "rank_high", "kept", "nearest", "change_a_less_need"} <= set(frame)
    assert frame.loc["004", ["index", "rank_low", "kept"]].isna().all()
    assert (
        explained_index(values, states, one).simulation is None
    )  # nobody said how far chance moves the values
    assert explained_index(values, states, one, with_changes=False).changes is None


def test_joint_ranks_by_hand():
    # Nothing is drawn but by errors of 0 for the second and third area: they are where they are, and the first
    # moves by about 2 errors of 1 around 10, far above both.
    values, states = table(a=[10, 1, 2])
    one = Method(
        id="m", title_de="M", title_en="M",
        indices=(Index(id="i", combine="sum", inputs=(Input(id="a"),)),), classes=CUTS,
    )  # fmt: skip
    errors = pd.DataFrame({"a": [1.0, 0.0, 0.0]}, index=values.index)
    drawn = {"standard_errors": errors, "runs": 500, "rank_interval": "joint"}
    found = simulate(values, states, one, rng=np.random.default_rng(1), **drawn).table
    assert found[["rank_low", "rank_high"]].to_numpy().tolist() == [[1, 1], [3, 3], [2, 2]]
    # With errors of 6 the first cannot be told from the others, and they cannot be told from it.
    drawn["standard_errors"] = errors * 6
    found = simulate(values, states, one, rng=np.random.default_rng(1), **drawn).table
    assert found[["rank_low", "rank_high"]].to_numpy().tolist() == [[1, 3], [2, 3], [1, 2]]


@given(seed=st.integers(0, 10_000), count=st.integers(3, 25))
@settings(max_examples=25, deadline=None)
def test_joint_intervals_hold_the_rank_and_are_not_narrower_than_certain(seed, count):
    rng = np.random.default_rng(seed)
    values, states = table(a=rng.uniform(1, 40, count), b=rng.uniform(1, 40, count))
    people = pd.DataFrame(
        rng.integers(50, 900, (count, 2)), index=values.index, columns=["a", "b"], dtype=float
    )
    found = simulate(
        values, states, method(), denominators=people, rng=rng, runs=100, rank_interval="joint"
    ).table
    assert (found["rank_low"] <= found["rank"]).all()
    assert (found["rank"] <= found["rank_high"]).all()
    assert found["rank_low"].min() == 1
    assert found["rank_high"].max() == count


def test_joint_intervals_of_all_ranks_hold_at_once_as_often_as_promised():
    # 20 areas with known true shares; the observed ones are drawn. All true ranks lie in the intervals in at least
    # about 95 of 100 worlds (200 worlds: the lower limit of chance at 95 % is 0.91).
    rng = np.random.default_rng(11)
    count, people = 20, 400
    truth = np.linspace(5, 30, count)
    one = Method(
        id="m", title_de="M", title_en="M",
        indices=(Index(id="i", combine="sum", inputs=(Input(id="a"),)),), classes=CUTS,
    )  # fmt: skip
    ranks = np.arange(count, 0, -1)
    held = 0
    for _ in range(200):
        values, states = table(a=100 * rng.binomial(people, truth / 100) / people)
        basis = pd.DataFrame(float(people), index=values.index, columns=["a"])
        found = simulate(
            values, states, one, denominators=basis, rng=rng, runs=300, rank_interval="joint"
        ).table
        held += bool(((found["rank_low"] <= ranks) & (ranks <= found["rank_high"])).all())
    assert held >= 0.91 * 200


def test_an_unknown_kind_of_interval_is_refused():
    values, states = table(a=[1, 5, 2], b=[3, 8, 1])
    with pytest.raises(ParameterError, match="simulation, joint"):
        simulate(values, states, method(), rng=np.random.default_rng(1), rank_interval="both")


def test_the_changes_of_3000_areas_are_found_in_a_second():
    rng = np.random.default_rng(1)
    one = shipped_method("sample-status")
    values = pd.DataFrame(rng.beta(2, 15, (3000, 3)) * 100, columns=list(one.columns))
    values.index = pd.Index([f"{number:05d}" for number in range(3000)])
    start = time.process_time()
    found = flipping_changes(values, values.notna().replace(True, "measured"), one)
    assert time.process_time() - start < 1
    assert len(found.table) == 18_000


def test_sentences_name_the_reason_where_there_is_no_index():
    empty = dict.fromkeys(
        ("value", "rank", "rank_low", "rank_high", "area_class", "kept", "runs", "base", "filled")
    )
    area = ToldArea(
        name="Mitte", period="2022", title_de="Status-Index", title_en="Status index", areas=10, limits=(), parts=(),
        reason_de="Arbeitslose: zurückgehalten", reason_en="unemployed: withheld", **empty,
    )  # fmt: skip
    (only,) = sentences(area)
    assert only.about == "reason"
    assert only.de == "Mitte hat 2022 keinen Status-Index: Arbeitslose: zurückgehalten."
    assert only.en == "Mitte has no status index in 2022: unemployed: withheld."
