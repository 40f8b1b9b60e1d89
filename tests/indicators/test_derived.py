"""What is stored of a computed indicator: value, interval, state, comparison; nothing of what is withheld."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.catalogue import definition
from indicators.comparison import against_city
from indicators.confidentiality import RECOMMENDED, ShareLimits, share_limits
from indicators.definition import Indicator
from indicators.derived import derived_values
from indicators.errors import DefinitionError, ShareError
from indicators.limits import odds_limits, wilson_limits

SHARE = Indicator(
    id="s", title_de="s", title_en="s", unit="%", kind="intensive", numerator="a", denominator="n"
)


def table(periods, **columns):
    """Return counts and states by (period, area); None is missing, "." withheld."""
    length = len(next(iter(columns.values()))) // len(periods)
    index = pd.MultiIndex.from_product(
        [periods, [f"{i:02d}" for i in range(length)]], names=["period", "area_id"]
    )
    word = {None: "missing", ".": "suppressed", 0: "zero"}
    values = {name: [None if one == "." else one for one in column] for name, column in columns.items()}
    states = {name: [word.get(one, "measured") for one in column] for name, column in columns.items()}
    return pd.DataFrame(values, index, dtype=float), pd.DataFrame(states, index)


def test_each_period_is_compared_with_the_rest_of_its_own():
    values, states = table(["2021", "2022"], a=[50, 80, 80, 10, 100, 100], n=[1000] * 6)
    result = derived_values(SHARE, values, states)
    assert result["comparison"].tolist() == [
        "below", "not_distinguishable", "not_distinguishable",  # 8.0 against 6.5 percent of 2,000
        "below", "above", "above",  # 10.0 against 5.5 percent of 2,000
    ]  # fmt: skip
    # 2022 alone gives the same as 2022 among others.
    alone = derived_values(SHARE, values.loc[["2022"]], states.loc[["2022"]])
    pd.testing.assert_frame_equal(result.loc[["2022"]], alone)


def test_the_whole_city_is_compared_with_nobody():
    values, states = table(["2022"], a=[50], n=[1000])
    result = derived_values(SHARE, values, states)
    assert result["comparison"].isna().all()
    assert result["ci_low"].notna().all()


def test_the_interval_is_wilsons_rounded_outwards():
    values, states = table(["2022"], a=[81, 20], n=[263, 100])
    low, high = wilson_limits(np.array([81.0]), np.array([263.0]))
    first = derived_values(SHARE, values, states).iloc[0]
    assert first["ci_low"] <= 100 * low.item() <= first["ci_low"] + 1e-6
    assert first["ci_high"] - 1e-6 <= 100 * high.item() <= first["ci_high"]


def test_a_quotient_has_the_interval_of_its_odds_and_is_compared():
    values, states = table(["2022"], residents_65p=[50, 900], residents_15_65=[100, 1000])
    result = derived_values(definition("ratio_old"), values, states)
    low, _ = odds_limits(np.array([50.0]), np.array([100.0]))
    assert result["value"].tolist() == [50, 90]
    assert result["ci_low"].iloc[0] == pytest.approx(100 * low.item(), abs=1e-5)
    assert result["comparison"].tolist() == ["below", "above"]


@pytest.mark.parametrize("name", ["living_space_pc", "mig_balance"])
def test_what_has_no_model_of_chance_has_neither_interval_nor_comparison(name):
    one = definition(name)
    values, states = table(["2022"], **{count: [300, 500] for count in one.counts})
    result = derived_values(one, values, states)
    assert result["value"].notna().all()
    assert result[["ci_low", "ci_high", "comparison"]].isna().all(axis=None)


def test_a_change_is_the_growth_since_so_many_years_and_starts_when_there_are_enough():
    # 2022 against 2017: 220 of 200 is +10 %, 190 of 200 is -5 %, nobody left is -100 %; 2018 has no 2013.
    values, states = table(["2017", "2018", "2022"], residents=[200, 200, 300, 210, 210, 300, 220, 190, 0])
    result = derived_values(definition("pop_change_5y"), values, states)
    assert result.index.get_level_values("period").unique().tolist() == ["2022"]
    assert result["value"].tolist() == pytest.approx([10, -5, -100])
    assert set(result["status"]) == {"measured"}


def test_a_change_of_a_withheld_count_is_withheld_and_of_few_people_is_missing():
    values, states = table(["2017", "2022"], residents=[".", 200, 50, 300, ".", 60])
    result = derived_values(definition("pop_change_5y"), values, states)
    assert result["status"].tolist() == ["suppressed", "suppressed", "missing"]
    assert result["value"].isna().all()


def test_a_share_of_too_few_to_publish_is_withheld_and_is_no_part_of_the_city():
    # Of 200, 200 and 40: without the 40 nobody differs from anybody, with them the city would be 60 of 440.
    values, states = table(["2022"], a=[20, 20, 20], n=[200, 200, 40])
    result = derived_values(SHARE, values, states, limits=ShareLimits(least=100))
    assert result["status"].tolist() == ["measured", "measured", "suppressed"]
    assert result["comparison"].tolist() == ["not_distinguishable", "not_distinguishable", None]
    assert result.iloc[2][["value", "ci_low", "ci_high"]].isna().all()


def test_no_definition_lowers_what_the_profile_asks_for():
    # Thirty answers are enough to be reliable, a hundred to be published; forty are one of the two.
    one = definition("survey_satisf")
    values, states = table(["2022"], **{name: [25, 40, 120] for name in one.counts})
    limits = share_limits(one, dict.fromkeys(one.counts, replace(RECOMMENDED, top_percent=None)))
    assert derived_values(one, values, states)["status"].tolist() == ["missing", "measured", "measured"]
    shown = derived_values(one, values, states, limits=limits)
    assert shown["status"].tolist() == ["suppressed", "suppressed", "measured"]


def test_a_share_above_the_top_percentage_is_that_number_and_no_more_is_said():
    values, states = table(["2022"], a=[190, 199, 100], n=[200, 200, 200])
    result = derived_values(SHARE, values, states, limits=ShareLimits(top_percent=90.0))
    assert result["value"].tolist() == [90, 90, 50]
    assert result["status"].tolist() == ["uncertain", "uncertain", "measured"]
    assert result.iloc[:2][["ci_low", "ci_high", "comparison"]].isna().all(axis=None)
    assert result["comparison"].iloc[2] is None  # nobody else is left to be compared with


@pytest.mark.parametrize("name", ["living_space_pc", "mig_balance", "ratio_old"])
def test_whatever_relates_to_too_few_is_withheld(name):
    one = definition(name)
    values, states = table(["2022"], **{count: [300, 150] for count in one.counts})
    result = derived_values(one, values, states, limits=ShareLimits(least=200))
    assert result["status"].tolist()[1] == "suppressed"
    assert result["value"].isna().tolist() == [False, True]


def test_a_change_since_there_were_too_few_is_withheld():
    # 150 people before are too few to publish, 150 now are not: the change relates to those before.
    values, states = table(["2017", "2022"], residents=[150, 300, 300, 150])
    result = derived_values(definition("pop_change_5y"), values, states, limits=ShareLimits(least=200))
    assert result["status"].tolist() == ["suppressed", "measured"]
    assert result["value"].iloc[1] == -50


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 300)), min_size=2, max_size=9))
def test_what_is_above_the_limit_moves_nothing_that_is_published(rows):
    limits = ShareLimits(least=50, top_percent=90.0)
    whole = [n for _, n in rows]
    part = [min(a, n) for a, n in rows]
    first = derived_values(SHARE, *table(["2022"], a=part, n=whole), limits=limits)
    everybody = [n if 100 * a > 90 * n else a for a, n in zip(part, whole, strict=True)]
    pd.testing.assert_frame_equal(
        first, derived_values(SHARE, *table(["2022"], a=everybody, n=whole), limits=limits)
    )


counts = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 400), st.sampled_from(["", "", "a", "n"])),
    min_size=2,
    max_size=12,
)


@settings(max_examples=80)
@given(counts)
def test_nothing_but_the_status_is_said_of_what_has_no_value(rows):
    part = ["." if hidden == "a" else min(a, n) for a, n, hidden in rows]
    whole = ["." if hidden == "n" else n for _, n, hidden in rows]
    result = derived_values(SHARE, *table(["2022"], a=part, n=whole))
    silent = result["value"].isna()
    assert result.loc[silent, ["ci_low", "ci_high", "comparison"]].isna().all(axis=None)
    shown = result[~silent]
    assert (shown["ci_low"] <= shown["value"]).all()
    assert (shown["value"] <= shown["ci_high"]).all()
    hidden = [one == "." or other == "." for one, other in zip(part, whole, strict=True)]
    assert ((result["status"] == "suppressed") == hidden).all()


@settings(max_examples=50)
@given(counts, st.integers(0, 11), st.integers(0, 400))
def test_a_withheld_count_moves_nothing_that_is_published(rows, place, other):
    place %= len(rows)
    whole = [max(n, 1) for _, n, _ in rows]
    part = [min(a, n) for (a, _, _), n in zip(rows, whole, strict=True)]
    values, states = table(["2022"], a=part, n=whole)
    states.iloc[place, 0] = "suppressed"
    values.iloc[place, 0] = np.nan
    first = derived_values(SHARE, values, states)
    values.iloc[place, 1] = max(other, 1)  # the denominator of the withheld share is nobody's business either
    states.iloc[place, 1] = "measured"
    pd.testing.assert_frame_equal(first, derived_values(SHARE, values, states))


def test_comparing_several_periods_is_comparing_each():
    rng = np.random.default_rng(3)
    whole = pd.Series(rng.integers(20, 500, 40), dtype=float)
    part = pd.Series(rng.binomial(whole.astype(int), 0.2), dtype=float)
    state = pd.Series("measured", index=whole.index)
    period = pd.Series(["2021", "2022"] * 20)
    together = against_city(part, whole, numerator_status=state, denominator_status=state, periods=period)
    for name in ("2021", "2022"):
        at = period == name
        alone = against_city(part[at], whole[at], numerator_status=state[at], denominator_status=state[at])
        pd.testing.assert_frame_equal(together[at], alone)


def test_bad_counts_are_refused_with_the_indicators_name():
    with pytest.raises(ShareError, match="s: numerator above denominator"):
        derived_values(SHARE, *table(["2022"], a=[5, 1], n=[4, 4]))
    with pytest.raises(ShareError, match="pop_change_5y: numerator or denominator negative"):
        derived_values(definition("pop_change_5y"), *table(["2017", "2022"], residents=[200, -3]))
    with pytest.raises(DefinitionError, match="no column for residents"):
        derived_values(definition("pop_change_5y"), *table(["2022"], a=[1]))
    with pytest.raises(DefinitionError, match="load its values instead"):
        derived_values(definition("income_median"), *table(["2022"], a=[1]))
