"""A method a little different, and values as chance could have given them."""

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.composite import status_index
from indicators.errors import DefinitionError, InputError
from indicators.explanation import Draws, sensitivity, simulate
from indicators.explanation.variants import moved_cuts, weight_variants, without
from indicators.limits import wilson_limits
from indicators.methods import Classes, Index, Input, Method, shipped_method
from indicators.methods.steps import PercentileRank, ZScore
from spatial.errors import ParameterError

Z = (ZScore(),)


def cuts(*limits, **more):
    labels = tuple(str(number + 1) for number in range(len(limits) + 1))
    return Classes(cuts=limits, labels_de=labels, labels_en=labels, **more)


def groups(count):
    labels = tuple(str(number + 1) for number in range(count))
    return Classes(groups=count, labels_de=labels, labels_en=labels)


def method(rules, *inputs, combine="sum", then=(), **more):
    made = tuple(Input(id=one) if isinstance(one, str) else one for one in inputs)
    index = Index(id="i", combine=combine, inputs=made, then=then)
    return Method(id="m", title_de="M", title_en="M", indices=(index,), classes=rules, **more)


def table(**columns):
    values = pd.DataFrame(columns, dtype=float)
    values.index = pd.Index([f"{number:02d}" for number in range(len(values))], name="area_id")
    return values, values.notna().replace({True: "measured", False: "suppressed"}).astype(object)


# --- the method a little different -------------------------------------------------------------------------


def test_weights_by_hand():
    # ¾ a + ¼ b of (10, 0) is 7.5. With a's weight halved: ⅜ and ¼, made to add up to 1: 0.6 · 10 = 6, below the cut 7.
    one = method(cuts(7), Input(id="a", weight=0.75), Input(id="b", weight=0.25), combine="weighted_sum")
    (variants,) = weight_variants(one.indices, 0.5)
    assert variants.weights[0].tolist() == pytest.approx([0.6, 0.4])
    assert variants.weights.sum(axis=1) == pytest.approx(np.ones(4))
    values, states = table(a=[10, 0], b=[0, 10])
    found = sensitivity(values, states, one, weights=0.5, leave_one_out=False, cuts=None)
    # a halved: 6, lost; a raised by half: 9/11 · 10; b halved: 6/7 · 10; b raised: 2/3 · 10 = 6.67, lost.
    assert found.classes.loc["00"].tolist() == [1, 2, 2, 1]
    assert found.stability.tolist() == [0.5, 1]
    assert found.scenarios["areas_less_need"].tolist() == [1, 0, 0, 1]
    assert found.scenarios["kind"].unique().tolist() == ["weight"]


def test_each_indicator_left_out_by_hand():
    values, states = table(a=[0, 8, 20], b=[0, 8, 1])
    found = sensitivity(values, states, method(cuts(10), "a", "b"), weights=None, cuts=None)
    assert found.own_class.tolist() == [1, 2, 2]
    assert found.classes["without_a"].tolist() == [1, 1, 1]
    assert found.classes["without_b"].tolist() == [1, 1, 2]
    assert found.stability.tolist() == [1, 0, 0.5]
    weighted = method(cuts(1), Input(id="a", weight=3.0), Input(id="b", weight=1.0), combine="weighted_sum")
    assert without(weighted, "a")[0].inputs[0].weight == 4  # the weights add up to 4 again


def test_leaving_out_removes_what_is_left_without_inputs():
    svi = shipped_method("us-cdc-svi-2020")
    left = {index.id: [one.id for one in index.inputs] for index in without(svi, "ep_minrty")}
    assert "spl_theme3" not in left
    assert "rpl_theme3" not in left
    assert left["spl_themes"] == ["spl_theme1", "spl_theme2", "spl_theme4"]
    with pytest.raises(DefinitionError, match="there is no 'i'"):
        without(method(cuts(1), "a"), "a")


def test_cuts_by_hand_and_groups_have_none():
    values, states = table(a=[9.95, 5, 20.05])
    found = sensitivity(values, states, method(cuts(10, 20), "a"), weights=None, cuts=0.1)
    assert found.classes.loc["00"].tolist() == [2, 1, 1, 1]
    assert found.classes.loc["02"].tolist() == [3, 3, 3, 2]
    assert found.scenarios["areas_more_need"].tolist() == [1, 0, 0, 0]
    assert found.scenarios["rank_correlation"].tolist() == pytest.approx([1] * 4)
    grouped = sensitivity(values, states, method(groups(2), "a"), weights=None, cuts=0.1)
    assert (len(grouped.scenarios), grouped.cuts_change) == (0, None)
    assert grouped.stability.tolist() == [1, 1, 1]


def test_changes_out_of_range_are_refused():
    values, states = table(a=[1, 2, 3])
    one = method(cuts(1, 1.5), "a")
    with pytest.raises(ParameterError, match=r"below 0.5, the least distance"):
        sensitivity(values, states, one, cuts=0.5)
    with pytest.raises(ParameterError, match="weights"):
        sensitivity(values, states, one, weights=1.0)
    with pytest.raises(ParameterError, match="above 0"):
        moved_cuts(cuts(1), 0)
    with pytest.raises(DefinitionError, match="no classes"):
        sensitivity(values, states, method(None, "a"))


def test_invalid_areas_have_no_stability_and_what_only_one_indicator_knows_is_lost_without_it():
    values, states = table(a=[1, 2, 30, None, 5], b=[4, 40, None, None, 6])
    inputs = [Input(id=name, missing="leave_out") for name in "ab"]
    found = sensitivity(values, states, method(cuts(10), *inputs, combine="mean"), weights=None, cuts=None)
    assert found.stability.isna().tolist() == [False, False, False, True, False]
    assert found.classes.loc["02", "without_a"] is pd.NA
    assert found.classes["without_a"].tolist() == [1, 2, pd.NA, pd.NA, 1]
    assert found.scenarios.loc["without_a", ["areas_kept", "areas_more_need"]].tolist() == [3, 0]


def test_a_universe_keeps_its_own_ranks():
    values, states = table(a=[1, 2, 30, 40], b=[2, 1, 40, 30])
    labels = pd.DataFrame({"state": list("AABB")}, index=values.index)
    inputs = [Input(id=name, transform=(PercentileRank(),)) for name in "ab"]
    one = method(groups(2), inputs[0], Input(id="b", transform=(PercentileRank(),)), universe="state")
    found = sensitivity(values, states, one, labels=labels, weights=0.2)
    assert found.classes["without_a"].tolist() == [2, 1, 2, 1]
    assert found.classes["without_b"].tolist() == [1, 2, 1, 2]


def test_every_shipped_method_with_classes_can_be_varied():
    rng = np.random.default_rng(5)
    for name in ("us-cdc-svi-2018", "england-imd-2019", "berlin-mss-2019", "hamburg-sozialmonitoring"):
        one = shipped_method(name)
        values = pd.DataFrame(rng.uniform(1, 99, (30, len(one.columns))), columns=list(one.columns))
        values = values.rank() if name.startswith("england") else values
        for column in {"mss_residents", "residents"} & set(values):
            values[column] = 1000.0
        labels = pd.DataFrame({"state": np.where(values.index < 12, "A", "B")}, index=values.index)
        found = sensitivity(values, values.notna().replace(True, "measured"), one, labels=labels)
        assert found.stability.between(0, 1).all()
        assert set(found.scenarios["kind"]) >= {"weight", "left_out"}


# --- chance in the values ----------------------------------------------------------------------------------


def test_the_quantiles_of_the_draws_are_the_limits_of_wilson():
    share, people = np.array([0.0, 10.0, 30.8, 100.0]), np.array([20.0, 50.0, 263.0, 40.0])
    into = np.empty((200_000, 4))
    Draws(values=share, basis=people).draw(np.random.default_rng(1), into)
    for level in (0.5, 0.95):
        low, high = wilson_limits(share / 100 * people, people, level=level)
        tail = (1 - level) / 2
        # 200,000 draws: the error of a quantile is some hundredths of a point.
        assert np.quantile(into, tail, axis=0) == pytest.approx(100 * low, abs=0.1)
        assert np.quantile(into, 1 - tail, axis=0) == pytest.approx(100 * high, abs=0.1)
    assert into.min() >= 0
    assert into.max() <= 100


def test_binomial_and_normal_draws_have_the_deviation_they_should():
    rng, into = np.random.default_rng(1), np.empty((100_000, 2))
    Draws(values=np.array([20.0, np.nan]), basis=np.array([100.0, 1.0]), model="binomial").draw(rng, into)
    # √(0.2 · 0.8 / 100) = 4 points
    assert into[:, 0].std() == pytest.approx(4, rel=0.02)
    assert np.isnan(into[:, 1]).all()
    Draws(values=np.array([20.0, 5.0]), basis=np.array([1.5, 0.0]), model="normal").draw(rng, into)
    assert into[:, 0].std() == pytest.approx(1.5, rel=0.02)
    assert (into[:, 1] == 5).all()


def test_an_area_on_a_limit_of_wilson_keeps_its_class_as_often_as_the_interval_promises():
    # The cut is the lower end of the 80 % interval of area 00: 90 % of its draws lie above. 01 is far below.
    low = 100 * wilson_limits(np.array([90.0]), np.array([300.0]), level=0.8)[0][0]
    values, states = table(a=[30, 2])
    people = pd.DataFrame({"a": [300.0, 300.0]}, index=values.index)
    found = simulate(
        values, states, method(cuts(low), "a"), denominators=people, runs=40_000, rng=np.random.default_rng(7)
    )
    assert found.kept.tolist() == pytest.approx([0.9, 1.0], abs=0.01)
    assert found.probabilities.sum(axis=1).tolist() == pytest.approx([1, 1])
    assert found.table["likeliest"].tolist() == [2, 1]
    ends = [100 * one[0] for one in wilson_limits(np.array([90.0]), np.array([300.0]))]
    assert found.table.loc["00", ["ci_low", "ci_high"]].tolist() == pytest.approx(ends, abs=0.2)
    assert found.table["rank_low"].tolist() == found.table["rank_high"].tolist() == [1, 2]


def test_the_same_source_of_chance_gives_the_same_result():
    values, states = table(a=[10, 12, 20, 31], b=[3, 9, 4, 10])
    one = method(cuts(-1, 1), *(Input(id=name, transform=Z) for name in "ab"), then=Z)
    errors = pd.DataFrame({"a": 1.0, "b": 2.0}, index=values.index)

    def run():
        rng = np.random.default_rng(3)
        return simulate(values, states, one, standard_errors=errors, runs=500, rng=rng).to_frame()

    pd.testing.assert_frame_equal(run(), run())
    assert run()["kept"].between(0, 1).all()


def test_what_is_not_given_stays_fixed_and_invalid_areas_have_nothing():
    values, states = table(a=[10, 12, None, 31], b=[3, 9, 4, 10])
    people = pd.DataFrame({"a": [100.0, 100, None, 100]}, index=values.index)
    found = simulate(
        values,
        states,
        method(cuts(20), "a", "b"),
        denominators=people,
        runs=200,
        rng=np.random.default_rng(1),
    )
    assert (found.drawn, found.fixed) == (("a",), ("b",))
    assert found.to_frame().loc["02", ["kept", "ci_low", "probability_1"]].isna().all()
    unclassed = simulate(
        values, states, method(None, "a", "b"), denominators=people, runs=200, rng=np.random.default_rng(1)
    )
    assert unclassed.probabilities.empty
    assert "kept" not in unclassed.to_frame()
    assert "4 areas" not in repr(unclassed)


def test_areas_that_leave_an_indicator_out_do_so_in_every_run():
    values, states = table(a=[10, 12, None, 31], b=[3, 9, 4, 10])
    inputs = [Input(id=name, transform=Z, missing="leave_out") for name in "ab"]
    people = pd.DataFrame({"a": [200.0, 200, None, 200], "b": 300.0}, index=values.index)
    one = method(cuts(0), *inputs, combine="mean")
    for model in ("wilson", "binomial"):
        found = simulate(
            values, states, one, denominators=people, runs=300, model=model, rng=np.random.default_rng(1)
        )
        assert found.kept.notna().all()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({}, "denominators or standard errors"),
        (
            {"denominators": {"a": [0, 10, 10]}},
            r"a: denominator missing, infinite or below 1 in 1 area\(s\): 00",
        ),
        ({"denominators": {"c": [10, 10, 10]}}, "indicators of the method"),
        ({"denominators": {"b": [10, 10, 10]}}, "b: not between 0 and 100"),
        ({"standard_errors": {"a": [1, -1, 1]}}, "standard error missing, negative"),
        (
            {"standard_errors": {"a": [1, 1, 1]}, "denominators": {"a": [10, 10, 10]}},
            "no denominator as well",
        ),
        ({"denominators": {"a": [10, 10, 10]}, "runs": 5}, "at least 100"),
        ({"denominators": {"a": [10, 10, 10]}, "level": 95}, "a share between 0 and 1"),
        ({"denominators": {"a": [10, 10, 10]}, "model": "poisson"}, "one of wilson, binomial"),
    ],
)
def test_what_cannot_be_simulated_is_refused(more, message):
    values, states = table(a=[1, 2, 3], b=[150, 20, 30])
    given = {
        name: pd.DataFrame(one, index=values.index, dtype=float) if isinstance(one, dict) else one
        for name, one in more.items()
    }
    with pytest.raises((ParameterError, InputError), match=message):
        simulate(values, states, method(cuts(20), "a", "b"), rng=np.random.default_rng(1), **given)


def test_rates_per_1000_say_so():
    values, states = table(a=[150, 20, 300])
    people = pd.DataFrame({"a": [1000.0] * 3}, index=values.index)
    found = simulate(
        values,
        states,
        method(cuts(100), "a"),
        denominators=people,
        per={"a": 1000},
        runs=2000,
        rng=np.random.default_rng(1),
    )
    # √(150 · 850 / 1000) = 11.3 cases
    width = found.table.loc["00", "ci_high"] - found.table.loc["00", "ci_low"]
    assert width == pytest.approx(2 * 1.96 * 11.3, rel=0.1)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 99), st.integers(1, 99)), min_size=4, max_size=9, unique=True))
def test_without_uncertainty_every_area_keeps_its_class_index_and_rank(rows):
    values, states = table(**dict(zip("ab", zip(*rows, strict=True), strict=True)))
    one = method(cuts(60, 120), "a", "b")
    nothing = pd.DataFrame(0.0, index=values.index, columns=list("ab"))
    found = simulate(values, states, one, standard_errors=nothing, runs=100, rng=np.random.default_rng(1))
    assert (found.kept == 1).all()
    assert found.table["ci_low"].tolist() == found.table["ci_high"].tolist() == found.table["index"].tolist()
    assert found.table["rank_low"].tolist() == found.table["rank"].tolist()
    plain = status_index(values, states, one)
    assert found.table["class"].tolist() == plain.classes.tolist()


def test_ten_thousand_runs_for_500_areas_take_less_than_five_seconds():
    rng = np.random.default_rng(1)
    names = [f"i{number}" for number in range(6)]
    values = pd.DataFrame(rng.beta(2, 8, (500, 6)) * 100, columns=names)
    people = pd.DataFrame(rng.integers(200, 3000, (500, 6)).astype(float), columns=names)
    one = method(cuts(-1, 1, 1.5), *(Input(id=name, transform=Z) for name in names), then=Z)
    states = values.notna().replace(True, "measured")
    before = time.process_time()
    found = simulate(values, states, one, denominators=people, runs=10_000, rng=rng)
    assert time.process_time() - before < 5  # about one second on the machine this was written on
    assert found.runs == 10_000
    assert found.probabilities.sum(axis=1).to_numpy() == pytest.approx(np.ones(500))
