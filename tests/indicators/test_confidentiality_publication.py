"""What the public sees: nothing of what is withheld, in no derived number, and nothing in the order of rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from indicators.confidentiality import (
    RECOMMENDED,
    TableError,
    area_sums,
    audit,
    no_relations,
    parts,
    protect,
    public_shares,
    public_view,
    published_limits,
    published_ranks,
    published_scores,
)
from indicators.definition import Indicator

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


def test_ranks_limits_and_scores_know_nothing_of_withheld_values():
    assert published_ranks(SHOWN, STATES).dropna().to_dict() == {"a": 1, "c": 2}
    assert published_limits(SHOWN, STATES) == (4, 8)
    # Mean 6, standard deviation 2 over the two published values.
    assert published_scores(SHOWN, STATES).dropna().to_dict() == {"a": 1, "c": -1}


@pytest.mark.parametrize("function", [published_ranks, published_limits, published_scores])
def test_another_withheld_value_changes_no_derived_number(function):
    other = SHOWN.copy()
    other["b"] = 1000.0
    one, two_ = function(SHOWN, STATES), function(other, STATES)
    assert one == two_ if isinstance(one, tuple) else one.equals(two_)


def test_nothing_published_gives_no_limits_and_a_constant_no_scores():
    hidden = pd.Series("suppressed", index=SHOWN.index)
    assert np.isnan(published_limits(SHOWN, hidden)).all()
    assert published_scores(pd.Series([3.0, 3.0]), pd.Series(["measured"] * 2)).isna().all()
