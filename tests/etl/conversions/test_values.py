"""Published values on other areas: counts, rates of counts, delivered rates; on two to four areas, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.conversions.values import SourceValues, convert
from etl.count_tables import count_table
from indicators.confidentiality import ShareLimits
from indicators.definition import Indicator
from spatial.crosswalk import by_key

DAY = "2018-12-31"
COUNTS = {
    name: Indicator(id=name, title_de=name, title_en=name, unit="persons", kind="extensive")
    for name in ("residents", "children", "pupils")
}
SHARE = Indicator(
    id="share", title_de="s", title_en="s", unit="%", kind="intensive", numerator="children", denominator="residents"
)  # fmt: skip
RATE = Indicator(
    id="rate", title_de="r", title_en="r", unit="%", kind="intensive", numerator="absent", denominator="pupils"
)  # fmt: skip
MEAN = Indicator(id="mean", title_de="m", title_en="m", unit="€", kind="intensive")
MEDIAN = Indicator(id="median", title_de="m", title_en="m", unit="€", kind="intensive", form="median")
CLASS = Indicator(
    id="class", title_de="c", title_en="c", unit="class", kind="ordinal", labels_de=("a", "b"), labels_en=("a", "b")
)  # fmt: skip
EVERY = {**COUNTS, **{one.id: one for one in (SHARE, RATE, MEAN, MEDIAN, CLASS)}}

# 1 stays, 2 is divided three to one, 3 and 4 are put together.
KEYS = pd.DataFrame(
    {"from_area": ["1", "2", "2", "3", "4"], "to_area": ["1", "2a", "2b", "34", "34"], "share": [1, 0.75, 0.25, 1, 1]}
)  # fmt: skip
WAY = by_key(KEYS)


def source(values: dict[str, list[float | str | None]], *, delivered=()) -> SourceValues:
    """Make a source of one period; "." is withheld, None missing."""
    rows = [
        (area, name, "2018", DAY, np.nan if one in (None, ".") else float(one), state(one))
        for name, column in values.items()
        for area, one in zip("1234", column, strict=True)
    ]
    frame = pd.DataFrame(
        rows, columns=["area_id", "indicator_id", "period", "reference_date", "value", "status"]
    )
    return SourceValues(
        table=count_table(frame, list("1234"), list(values)),
        definitions=EVERY,
        delivered=set(delivered),
        residents="residents",
    )


def state(one: float | str | None) -> str:
    return {None: "missing", ".": "suppressed", 0: "zero"}.get(one, "measured")


def converted(given_: SourceValues, way=WAY, **options) -> tuple[pd.DataFrame, dict[str, str]]:
    found = convert(
        given_, way, land_area={}, limits=options.pop("limits", lambda _one: ShareLimits()), **options
    )
    return found.rows.set_index(["indicator_id", "area_id"]), dict(found.left_out)


def test_counts_keep_their_sum_and_every_value_has_its_grade() -> None:
    rows, _ = converted(source({"residents": [80, 100, 10, 30]}))
    assert rows.loc["residents", "value"].to_dict() == {"1": 80, "2a": 75, "2b": 25, "34": 40}
    assert rows.loc["residents", "grade"].to_dict() == {"1": "A", "2a": "D", "2b": "D", "34": "A"}
    assert set(rows["reference_date"]) == {DAY}


def test_a_share_is_that_of_converted_counts_not_a_mean_of_shares() -> None:
    rows, _ = converted(source({"residents": [80, 100, 900, 100], "children": [8, 50, 90, 40]}))
    # 34: 130 of 1,000, not (10 % + 40 %) / 2.
    assert rows.loc[("share", "34"), "value"] == pytest.approx(13.0)
    assert rows.loc[("share", "34"), "grade"] == "A"
    assert rows.loc[("share", "2b"), "value"] == pytest.approx(50.0)
    assert rows.loc[("share", "2b"), "grade"] == "D"


def test_a_share_of_too_few_is_withheld_as_everywhere() -> None:
    rows, _ = converted(
        source({"residents": [80, 100, 900, 100], "children": [8, 50, 90, 40]}),
        limits=lambda _one: ShareLimits(least=30),
    )
    assert rows.loc[("share", "2b"), "status"] == "suppressed"  # of 25
    assert rows.loc[("share", "2b"), ["value", "grade", "known", "estimated"]].isna().all()
    assert rows.loc[("residents", "2b"), "value"] == 25


def test_a_delivered_rate_is_weighted_by_what_it_is_a_rate_of() -> None:
    rows, _ = converted(
        source(
            {"rate": [5, 8, 10, 40], "pupils": [10, 20, 900, 100], "residents": [1, 1, 1, 1]},
            delivered=["rate"],
        )
    )
    assert rows.loc[("rate", "34"), "value"] == pytest.approx(13.0)
    assert rows.loc[("rate", "34"), "grade"] == "A"


def test_weighted_by_residents_in_its_place_a_rate_is_an_estimate_unless_it_is_a_copy() -> None:
    rows, _ = converted(source({"mean": [5, 8, 10, 40], "residents": [10, 20, 900, 100]}, delivered=["mean"]))
    assert rows.loc[("mean", "34"), ["value", "grade", "estimated"]].tolist() == [13.0, "C", 1.0]
    assert rows.loc[("mean", "1"), "grade"] == "A"


def test_what_cannot_be_converted_is_named_with_the_reason() -> None:
    every = {name: [1, 1, 2, 2] for name in ("mean", "median", "class")}
    rows, left_out = converted(source(every, delivered=["mean", "median"]))
    assert rows.empty
    assert left_out == {
        "mean": "nothing is published that it could be weighted by",
        "median": "a median of several areas does not follow from their medians",
        "class": "classes do not add up",
    }
    _, left_out = converted(source({"mean": [1, 1, 2, 2], "residents": [1, 1, 1, 1]}))
    assert left_out == {"mean": "it is computed by a method; compute it on the other areas"}


def test_whatever_touches_a_withheld_count_has_no_number_of_any_kind() -> None:
    rows, _ = converted(source({"residents": [80, 100, 900, 100], "children": [8, ".", 90, "."]}))
    for name in ("children", "share"):
        assert rows.loc[name, "status"].to_dict() == {
            "1": "measured", "2a": "suppressed", "2b": "suppressed", "34": "suppressed",
        }  # fmt: skip
        hidden = rows.loc[[(name, "2a"), (name, "2b"), (name, "34")]]
        assert hidden[["value", "grade", "known", "estimated"]].isna().all(axis=None)


def test_a_share_is_not_made_of_a_part_and_a_whole_that_know_different_areas() -> None:
    way = by_key(KEYS.assign(weight=[100, 75, 25, 1, 999]).drop(columns="share"), basis="population")
    rows, _ = converted(source({"residents": [80, 100, 9, 900], "children": [8, 50, None, 800]}), way)
    # 3 makes up a thousandth of 34, so the count is told as uncertain; 800 of 909 would be wrong.
    assert rows.loc[("children", "34"), ["value", "status"]].tolist() == [800.0, "uncertain"]
    assert rows.loc[("share", "34"), "status"] == "missing"


def test_neither_what_the_target_knows_nor_a_rate_of_it_is_converted() -> None:
    given_ = source({"residents": [80, 100, 900, 100], "children": [8, 50, 90, 40]})
    rows, _ = converted(given_, there={("children", "2018")})
    # a share of converted children would stand in for what is withheld of the children
    assert set(rows.index.get_level_values("indicator_id")) == {"residents"}
    rates = source({"rate": [5, 8, 10, 40], "pupils": [10, 20, 900, 100]}, delivered=["rate"])
    rows, _ = converted(rates, there={("absent", "2018")})
    assert set(rows.index.get_level_values("indicator_id")) == {"pupils"}
    rows, _ = converted(given_, there={("children", "2017")})
    assert set(rows.index.get_level_values("indicator_id")) == {"residents", "children", "share"}


def test_only_what_is_asked_for_is_converted() -> None:
    rows, _ = converted(
        source({"residents": [80, 100, 900, 100], "children": [8, 50, 90, 40]}),
        is_asked=lambda name, _period: name == "share",
    )
    assert set(rows.index.get_level_values("indicator_id")) == {"share"}


counts = st.lists(st.one_of(st.integers(0, 10**9), st.just("."), st.none()), min_size=4, max_size=4)


@settings(max_examples=40, deadline=None)
@given(counts)
def test_sums_stay_to_a_billionth_and_no_withheld_count_has_a_say(column: list[int | str | None]) -> None:
    rows, _ = converted(source({"residents": column}), missing_up_to=0)
    if rows.empty:
        assert all(one is None for one in column)
        return
    given_ = dict(zip("1234", column, strict=True))
    for target, made_of in {"1": "1", "34": "34"}.items():
        known = [given_[area] for area in made_of]
        value = rows.loc[("residents", target), "value"]
        if "." in known:
            assert rows.loc[("residents", target), "status"] == "suppressed"
        elif None not in known:
            assert value == pytest.approx(sum(known), rel=1e-9)
    if isinstance(given_["2"], int):
        both = rows.loc[[("residents", "2a"), ("residents", "2b")], "value"]
        assert both.sum() == pytest.approx(given_["2"], rel=1e-9)
    else:
        assert rows.loc[[("residents", "2a"), ("residents", "2b")], "value"].isna().all()
