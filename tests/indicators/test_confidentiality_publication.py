"""What the public sees: nothing of what is withheld, in no derived number, and nothing in the order of rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.confidentiality import (
    RECOMMENDED,
    SURVEY,
    Dominance,
    ProfileError,
    ShareLimits,
    TableError,
    area_sums,
    audit,
    no_relations,
    parts,
    protect,
    public_shares,
    public_view,
    publishable,
    published_ranks,
    share_limits,
)
from indicators.definition import Indicator
from indicators.errors import ShareError
from indicators.shares import share

RATE = Indicator(
    id="rate", title_de="Anteil", title_en="Share", unit="%", kind="intensive", numerator="u", denominator="n"
)
SHOWN = pd.Series([8.0, 1.0, 4.0, 6.0], index=list("abcd"))
STATES = pd.Series(["measured", "suppressed", "measured", "missing"], index=list("abcd"))


def two(n: dict[str, float], u: dict[str, float]) -> pd.DataFrame:
    rows = [(area, "2023", name, value) for name, of in (("n", n), ("u", u)) for area, value in of.items()]
    return pd.DataFrame(rows, columns=["area_id", "period", "indicator_id", "value"])


def shares(n: dict[str, float], u: dict[str, float], profile=RECOMMENDED, **options: bool) -> pd.DataFrame:
    table = two(n, u)
    result = public_shares(protect(table, parts(table, "u", "n", **options), profile), RATE)
    return result.droplevel("period")


def test_the_view_has_no_number_where_something_is_withheld():
    table = two({"a": 100, "b": 200}, {"a": 2, "b": 30})
    view = public_view(protect(table, no_relations())).frame
    hidden = view[view["status"] == "suppressed"]
    assert hidden[["area_id", "indicator_id"]].to_numpy().tolist() == [["a", "u"]]
    assert hidden["value"].isna().all()


def test_nothing_tells_the_sensitive_from_their_partners():
    table = pd.DataFrame(
        {"area_id": ["t", "a", "b", "c"], "period": "2023", "indicator_id": "u", "value": [101, 1, 40, 60]}
    )
    view = public_view(protect(table, area_sums(table, dict.fromkeys("abc", "t")))).frame
    assert set(view.columns) == {"area_id", "period", "indicator_id", "geography", "value", "status"}
    assert view.loc[view["area_id"].isin(["a", "b"]), "status"].tolist() == ["suppressed", "suppressed"]


def test_rows_are_ordered_by_key_and_not_by_value():
    table = two({"a": 100, "b": 50, "c": 75}, {"a": 1, "b": 30, "c": 2})
    ordered = table.sort_values("value")  # as it may come from a query
    view = public_view(protect(ordered, no_relations())).frame
    assert view["area_id"].tolist() == ["a", "a", "b", "b", "c", "c"]


def test_losses_are_counted_per_level():
    table = two({"a": 100, "b": 200}, {"a": 2, "b": np.nan}).assign(geography=["x", "y", "x", "y"])
    losses = public_view(protect(table, no_relations())).losses
    assert losses.loc["x", ["values", "published", "withheld", "missing"]].tolist() == [2, 1, 1, 0]
    assert losses.loc["y", ["values", "published", "withheld", "missing"]].tolist() == [2, 1, 0, 1]
    assert losses["share_withheld"].tolist() == [0.5, 0.0]


def test_a_share_of_a_withheld_count_is_withheld():
    result = shares({"a": 150, "b": 200}, {"a": 2, "b": 30})
    assert result.loc["a", "status"] == "suppressed"
    assert np.isnan(result.loc["a", "value"])
    assert result.loc["b", "value"] == 15


def test_a_share_of_fewer_than_a_hundred_is_withheld_and_of_nobody_missing():
    result = shares({"a": 80, "b": 200, "c": 0}, {"a": 20, "b": 30, "c": 0})
    assert result["status"].tolist() == ["suppressed", "measured", "missing"]


def test_a_share_of_nearly_everybody_is_withheld():
    # 150 − 149 = 1
    assert shares({"a": 150}, {"a": 149}).loc["a", "status"] == "suppressed"


def test_a_sensitive_share_above_the_limit_is_shown_as_the_limit():
    # 190 of 200 are 95 %; between 181 and 197 is known.
    table = two({"a": 200, "b": 200}, {"a": 190, "b": 100})
    protected = protect(table, parts(table, "u", "n", top_coded=True))
    result = public_shares(protected, RATE).droplevel("period")
    assert result.loc["a", ["value", "status"]].tolist() == [90, "uncertain"]
    assert result.loc["b", "value"] == 50
    exact = audit(protected, exact=True).frame.set_index("area_id")
    assert (exact.loc["a", "low"], exact.loc["a", "high"]) == (181, 197)


def test_where_the_limit_would_say_too_much_the_share_is_withheld():
    # Of 30, "above 90 %" means 28 to 30, of which 28 and more leave fewer than 3.
    assert shares({"a": 30}, {"a": 28}, top_coded=True).loc["a", "status"] == "suppressed"


def test_shares_are_computed_from_what_is_shown():
    rule = replace(RECOMMENDED, id="r", treatment="round", base=10)
    assert shares({"a": 204}, {"a": 52}, rule).loc["a", "value"] == 25  # 50 of 200


def test_a_share_of_counts_that_are_not_there_is_refused():
    protected = protect(two({"a": 100}, {"a": 20}), no_relations())
    with pytest.raises(TableError, match="not in the table"):
        public_shares(protected, replace(RATE, numerator="x"))
    with pytest.raises(TableError, match="no share"):
        public_shares(protected, replace(RATE, numerator=None, denominator=None, kind="extensive"))


def test_ranks_know_nothing_of_withheld_values():
    assert published_ranks(SHOWN, STATES).dropna().to_dict() == {"a": 1, "c": 2}
    other = SHOWN.copy()
    other["b"] = 1000.0
    assert published_ranks(other, STATES).equals(published_ranks(SHOWN, STATES))


def pair(part: float | None, whole: float | None, limits: ShareLimits, **options: bool) -> pd.Series:
    """What is published of one share."""
    one, other = pd.Series([part], dtype=float), pd.Series([whole], dtype=float)
    word = {True: "suppressed", False: "measured"}
    counts = publishable(
        one,
        other,
        numerator_status=one.isna().map(word),
        denominator_status=other.isna().map(word),
        limits=limits,
        **options,
    )
    return counts.completed(share(**counts.arguments(), minimum_denominator=50, may_exceed=True)).iloc[0]


@pytest.mark.parametrize(
    ("part", "whole", "value", "status"),
    [
        (10, 30, None, "suppressed"),  # fewer than 40: too few to publish
        (10, 45, None, "missing"),  # fewer than 50: too few to be reliable
        (10, 50, 20, "measured"),
        (45, 50, 90, "measured"),  # 90 % exactly
        (46, 50, 90, "uncertain"),  # 92 %
        (35, 36, None, "suppressed"),  # too few, and too high
        (None, 50, None, "suppressed"),
    ],
)
def test_too_few_to_publish_and_too_few_to_be_reliable_are_two_states(part, whole, value, status):
    shown = pair(part, whole, ShareLimits(least=40, top_percent=90))
    assert shown["status"] == status
    assert np.isnan(shown["value"]) if value is None else shown["value"] == value


def test_without_limits_everything_is_shown():
    assert pair(60, 50, ShareLimits(), may_exceed=True)["value"] == 120


def test_impossible_counts_are_refused_even_where_nothing_would_be_shown():
    with pytest.raises(ShareError, match="numerator above denominator"):
        pair(12, 10, ShareLimits(least=100))


@pytest.mark.parametrize(
    ("rules", "least", "top"),
    [
        ({"u": RECOMMENDED, "n": RECOMMENDED}, 100, 90),
        ({"u": RECOMMENDED, "n": None}, 100, 90),  # a part of dwellings is still a sensitive part
        ({"u": None, "n": SURVEY}, 30, None),
        ({"u": None}, 0, None),
    ],
)
def test_a_share_has_the_limits_of_the_profiles_of_its_counts(rules, least, top):
    assert share_limits(RATE, rules) == ShareLimits(least=least, top_percent=top)


def test_a_relation_to_hectares_needs_no_least_number_of_hectares():
    density = replace(RATE, id="density", unit="per ha", form="ratio", factor=1.0)
    assert share_limits(density, {"u": RECOMMENDED, "n": None}) == ShareLimits()


def test_rates_are_in_their_own_unit_and_never_cut_off():
    # 30 of 200 are 150 per 1,000; 260 of 200 are 1,300.
    table = two({"a": 200, "b": 200}, {"a": 30, "b": 260})
    rate = replace(RATE, unit="per 1,000", form="rate", factor=1000.0)
    assert public_shares(protect(table, no_relations()), rate)["value"].tolist() == [150, 1300]


def test_too_few_to_be_reliable_is_missing_also_in_a_table():
    result = public_shares(
        protect(two({"a": 150, "b": 300}, {"a": 30, "b": 30}), no_relations()),
        replace(RATE, minimum_denominator=200),
    )
    assert result["status"].tolist() == ["missing", "measured"]


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=8),
    st.integers(0, 120),
    st.integers(50, 99),
)
def test_nothing_above_the_limit_or_below_the_least_is_ever_told(pairs, least, top):
    whole = pd.Series([float(n) for _, n in pairs])
    part = pd.Series([float(min(a, n)) for a, n in pairs])
    state = pd.Series("measured", index=whole.index)
    limits = ShareLimits(least=least, top_percent=top)
    counts = publishable(part, whole, numerator_status=state, denominator_status=state, limits=limits)
    result = counts.completed(share(**counts.arguments()))
    shown = result["value"].notna()
    assert (whole[shown] >= least).all()
    assert (result.loc[shown, "value"] <= top).all()
    assert (result.loc[(whole > 0) & (whole < least), "status"] == "suppressed").all()
    # Two shares above the limit cannot be told apart.
    assert (result.loc[counts.is_above, "value"] == top).all()


def test_rules_for_amounts_are_refused_for_a_table_that_has_none():
    table = two({"a": 150}, {"a": 30})
    for rule in (replace(RECOMMENDED, p_percent=10.0), replace(RECOMMENDED, dominance=Dominance())):
        with pytest.raises(ProfileError, match="need the columns contributors, largest and second_largest"):
            protect(table, no_relations(), rule)
