"""Which indicator brought an index where it is: the parts add up, whatever the steps."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from indicators.composite import status_index
from indicators.errors import ConstantColumnError
from indicators.explanation import explain, flipping_changes
from indicators.methods import Input, Minimum, Validity, shipped_method
from indicators.methods.steps import (
    Exponential,
    Log,
    MinMax,
    PercentileRank,
    Rank,
    RankShare,
    Reverse,
    Round,
    ZScore,
)
from spatial.errors import ParameterError

Z, PLACE = (ZScore(),), (PercentileRank(),)


def adds_up(found):
    whole = found.contributions.sum(axis=1) + found.base + found.filled
    valid = found.result.is_valid
    assert whole[valid].tolist() == pytest.approx(found.result.index[valid].tolist(), abs=1e-9)
    assert found.contributions[~valid].isna().all(axis=None)


def test_parts_of_a_sum_of_z_scores_by_hand(index, method, scored, table):
    # z of (0, 2) is (−1, 1), of (4, 0) it is (1, −1), of (1, 3) it is (−1, 1): sums −1 and 1, their z the same.
    values, states = table(a=[0, 2], b=[4, 0], c=[1, 3])
    found = explain(values, states, method(index("i", *scored("a", "b", "c"), then=Z)))
    assert found.contributions.loc["01"].tolist() == [1, -1, 1]
    assert found.base.tolist() == [0, 0]
    assert found.result.index.tolist() == [-1, 1]


def test_parts_of_a_weighted_sum_are_measured_against_the_average_area_or_against_nothing(
    index, method, table
):
    # Index 0.75 · a + 0.25 · b: (1, 7.5), of the average area 4.25. Area 00: 0.75 · (0 − 5), 0.25 · (4 − 2).
    values, states = table(a=[0, 10], b=[4, 0])
    one = method(index("i", Input(id="a", weight=0.75), Input(id="b", weight=0.25), combine="weighted_sum"))
    found = explain(values, states, one)
    assert found.base.tolist() == [4.25, 4.25]
    assert found.contributions.loc["00"].tolist() == [-3.75, 0.5]
    plain = explain(values, states, one, baseline="zero")
    assert plain.base.tolist() == [0, 0]
    assert plain.contributions.loc["00"].tolist() == [0, 1]
    adds_up(found)
    adds_up(plain)


def test_parts_of_a_rank_share_its_distance_from_the_average_area(index, method, table):
    # Sums 0, 3, 8 with percentile ranks 0, ½, 1. The mean sum 11/3 lies 2/15 of the way from 3 to 8: 0.5666… Area 02 is
    # 13/3 above it and 0.4333… in rank: a tenth of a rank for each point, a is 3 above its mean, b 4/3.
    values, states = table(a=[0, 1, 5], b=[0, 2, 3])
    found = explain(values, states, method(index("i", "a", "b", then=PLACE)))
    assert found.base.tolist() == pytest.approx([0.5 + 1 / 15] * 3)
    assert found.contributions.loc["02"].tolist() == pytest.approx([0.3, 0.4 / 3])
    adds_up(found)
    with pytest.raises(ParameterError, match="ranks sums, which have no zero"):
        explain(values, states, method(index("i", "a", "b", then=PLACE)), baseline="zero")


def test_parts_pass_through_a_domain_that_is_ranked(index, method, table):
    # The domain a + b is ranked to (0, ½, 1); the index adds c, which is the same everywhere but in area 02.
    values, states = table(a=[0, 1, 5], b=[0, 2, 3], c=[1, 1, 4])
    domain, top = index("domain", "a", "b"), index("i", Input(id="domain", transform=PLACE), "c")
    found = explain(values, states, method(domain, top))
    assert list(found.contributions) == ["a", "b", "c"]
    # As above, and c: 4 − 2 = 2; the average area has 0.5666… + 2.
    assert found.contributions.loc["02"].tolist() == pytest.approx([0.3, 0.4 / 3, 2])
    assert found.base.tolist() == pytest.approx([0.5 + 1 / 15 + 2] * 3)
    adds_up(found)


def test_the_parts_of_an_area_come_largest_first_and_are_named(table):
    values, states = table(
        unemployed_share=[1, 2, 6], transfer_share=[5, 9, 7], child_poverty_share=[9, 4, 20]
    )
    found = explain(values, states, shipped_method("sample-status"))
    parts = found.of("00")
    assert parts["contribution"].abs().is_monotonic_decreasing
    assert parts.loc["transfer_share", "value"] == 5
    assert parts["title_de"].str.len().gt(0).all()
    assert found.to_frame().loc["00", "largest"] == parts.index[0]
    with pytest.raises(ParameterError, match="area"):
        found.of("99")


def test_areas_without_an_index_have_no_parts_and_say_why(cuts, index, method, scored, table):
    values, states = table(a=[1, 2, 3, np.nan, 5], b=[3, 1, 2, 2, 4], people=[500, 400, 300, 900, 20])
    states.loc["03", "a"] = "missing"
    one = method(
        index("i", *scored("a", "b"), then=Z),
        validity=Validity(minimum=(Minimum(indicator="people", at_least=300),)),
        classes=cuts(-0.5, 0.5),
    )
    found = explain(values, states, one)
    assert found.reason_de.tolist() == ["", "", "", "a: fehlt", "people: unter 300"]
    assert found.reason_en.tolist() == ["", "", "", "a: missing", "people: below 300"]
    assert found.values.loc[["03", "04"]].isna().all(axis=None)
    assert found.of("03").empty
    adds_up(found)
    states.loc["03", "a"] = "suppressed"
    assert explain(values, states, one).reason_de["03"] == "a: zurückgehalten"
    changes = flipping_changes(values, states, one).table.set_index("area_id")
    assert changes.loc["03", "reason"].unique().tolist() == ["a: withheld"]
    assert changes.loc["03", ["change", "value", "new_value"]].isna().all(axis=None)


@pytest.mark.parametrize("policy", ["leave_out", "mean", 2.0])
def test_a_withheld_value_that_is_filled_in_has_no_part_of_its_own(cuts, index, method, table, policy):
    values, states = table(a=[1, 2, np.nan, 7], b=[10, 30, 50, 20])
    one = method(index("i", Input(id="a", missing=policy), "b", combine="mean"), classes=cuts(10, 20))
    found = explain(values, states, one)
    assert found.result.is_valid.all()
    assert math.isnan(found.contributions.loc["02", "a"])
    assert found.of("02").index.tolist() == ["b"]
    adds_up(found)
    changes = flipping_changes(values, states, one).table
    row = changes[(changes["area_id"] == "02") & (changes["indicator"] == "a")]
    assert row["reason"].tolist() == ["withheld", "withheld"]


def test_an_area_that_knows_no_indicator_at_all_says_so(index, method, table):
    values, states = table(a=[1, 2, np.nan], b=[1, 3, np.nan])
    inputs = [Input(id=name, missing="leave_out") for name in "ab"]
    found = explain(values, states, method(index("i", *inputs, combine="mean")))
    assert found.reason_de["02"] == "kein Indikator bekannt"


def random_values(rng, names, count, low=0.5, high=99.5):
    return pd.DataFrame(
        rng.uniform(low, high, (count, len(names))).round(1),
        columns=list(names),
        index=[f"{one:03d}" for one in range(count)],
    )


@pytest.mark.parametrize(
    "name", ["us-cdc-svi-2018", "us-cdc-svi-2020", "england-imd-2019", "berlin-mss-2017"]
)
def test_parts_add_up_for_shipped_methods_of_every_kind(name):
    rng, one = np.random.default_rng(3), shipped_method(name)
    values = random_values(rng, one.columns, 40)
    if name.startswith("england"):
        values = values.rank()
    if "mss_residents" in values:
        values["mss_residents"] = 1000.0
    states = values.notna().replace(True, "measured")
    labels = pd.DataFrame({"state": np.where(np.arange(40) < 15, "A", "B")}, index=values.index)
    found = explain(values, states, one, labels=labels)
    assert list(found.contributions) == list(one.indicators)
    adds_up(found)


def test_parts_of_a_universe_are_measured_against_its_own_average(index, method, table):
    values, states = table(a=[0, 2, 100, 108])
    labels = pd.DataFrame({"state": list("AABB")}, index=values.index)
    found = explain(values, states, method(index("i", "a"), universe="state"), labels=labels)
    assert found.base.tolist() == [1, 1, 104, 104]
    assert found.contributions["a"].tolist() == [-1, 1, -4, 4]


STEPS = st.lists(
    st.sampled_from(
        [ZScore(), MinMax(), Round(decimals=3), PercentileRank(), PercentileRank(ties="average", out_of="n")]
    ),
    max_size=2,
).map(tuple)
ROWS = st.lists(st.tuples(*[st.integers(0, 20)] * 3), min_size=4, max_size=12)


@settings(max_examples=80, deadline=None)
@given(ROWS, STEPS, STEPS, STEPS, st.sampled_from(["sum", "mean", "weighted_sum", "weighted_mean"]))
def test_parts_always_add_up(index, method, table, rows, first, inner, outer, combine):
    values, states = table(**dict(zip("abc", zip(*rows, strict=True), strict=True)))
    weight = 2.5 if combine.startswith("weighted") else 1.0
    theme = index("theme", Input(id="a", transform=first), "b", then=inner)
    top = index(
        "top", Input(id="theme", transform=first), Input(id="c", weight=weight), combine=combine, then=outer
    )
    try:
        found = explain(values, states, method(theme, top))
    except ConstantColumnError:
        assume(False)
    adds_up(found)


def test_a_rank_with_1_for_the_most_has_parts_that_add_up_too(low, index, method, table):
    values, states = table(a=[1, 5, 3, 9], b=[2, 2, 8, 1])
    steps = (Rank(), RankShare(), Exponential())
    domain = index("domain", "a", "b", then=(Rank(),))
    top = index(
        "top", Input(id="domain", transform=(RankShare(),)), Input(id="b", transform=steps), then=(Rank(),)
    )
    found = explain(values, states, method(domain, top))
    adds_up(found)
    turned = Input(id="a", transform=(*PLACE, Reverse(), Log(offset=1)), direction=low)
    adds_up(explain(values, states, method(index("top", turned, "b", then=(Rank(),)))))


def test_all_areas_of_berlin_2019_explained(berlin_folder):
    file = (
        berlin_folder / "mss_2019/berlin-monitoring-social-urban-development-2019-00-2-1-planning-areas.csv"
    )
    shares = pd.read_csv(file, dtype={"id": str}).set_index("id")
    berlin = shipped_method("berlin-mss-2019")
    values = shares[shares.columns[[1, 3, 4]]].set_axis(list(berlin.indicators), axis=1)
    values = values.where(values.ne(0).any(axis=1)).assign(mss_residents=shares["inhabitants"])
    states = values.notna().replace({True: "measured", False: "suppressed"})
    found = explain(values, states, berlin)
    adds_up(found)
    assert int(found.result.is_valid.sum()) == 436
    # By hand for one area: each z-score, divided by the deviation of the sums.
    area, valid = "01011101", values[list(berlin.indicators)][found.result.is_valid]
    z = (valid - valid.mean()) / valid.std(ddof=0)
    assert found.contributions.loc[area].tolist() == pytest.approx(
        (z.loc[area] / z.sum(axis=1).std(ddof=0)).tolist(), abs=1e-12
    )
    # 01011104 is "mittel" at 0.781: 1.49 points more unemployment would make it "niedrig" (S1 from 4.945 to 6.435).
    change = flipping_changes(values, states, berlin, areas=["01011104"]).of("01011104")
    assert change.loc["mss_unemployed", "more_need"] == pytest.approx(1.490198, abs=1e-5)
    for name, more in change["more_need"].items():
        for factor, expected in ((1, 3), (0.99999, 2)):
            tried = values.copy()
            tried.loc["01011104", name] += factor * more
            assert status_index(tried, states, berlin).classes["01011104"] == expected
