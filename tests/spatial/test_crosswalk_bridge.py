"""A series over a change of boundaries: brought to one edition, with the break shown."""

import numpy as np
import pandas as pd
import pytest

from spatial import AlignmentError, CountsError, ParameterError
from spatial.crosswalk import CrosswalkError, bridge, by_key, edition_breaks

# 2 was divided into 2a and 2b in 2020; 1 stayed.
TO_NEW = by_key(
    pd.DataFrame({"from_area": ["1", "2", "2"], "to_area": ["1", "2a", "2b"], "weight": [100, 30, 10]}),
    basis="population",
)
TO_OLD = by_key(pd.DataFrame({"from_area": ["1", "2a", "2b"], "to_area": ["1", "2", "2"]}))
OLD = {"2018": {"1": 100, "2": 40}, "2019": {"1": 101, "2": 44}}
NEW = {"2020": {"1": 102, "2a": 35, "2b": 9}}


def rows(**columns):
    table = [
        (area, period, edition, value)
        for edition, periods in (("old", OLD), ("new", NEW))
        for period, values in periods.items()
        for area, value in values.items()
    ]
    return pd.DataFrame(table, columns=["area_id", "period", "edition", "value"]).assign(**columns)


def test_a_series_is_brought_to_the_newest_edition():
    bridged = bridge(rows(), {"old": TO_NEW}, edition="new", kind="extensive")
    wide = bridged.values.pivot(index="area_id", columns="period", values="value")
    # Three quarters of 40 and of 44.
    assert wide.loc["2a"].tolist() == [30, 33, 35]
    assert wide.loc["2b"].tolist() == [10, 11, 9]
    assert wide.loc["1"].tolist() == [100, 101, 102]
    assert bridged.values["is_converted"].tolist() == [True] * 6 + [False] * 3
    assert bridged.values["edition"].tolist() == ["old"] * 6 + ["new"] * 3
    assert (
        repr(bridged)
        == "BridgedSeries(3 areas of edition new, 3 periods, 1 break(s), 6 of 9 values converted)"
    )


def test_the_break_is_shown_with_its_residents_and_its_grade():
    residents = pd.Series([105, 35, 10], index=["1", "2a", "2b"])
    (row,) = bridge(
        rows(), {"old": TO_NEW}, edition="new", kind="extensive", residents=residents
    ).breaks.to_dict("records")
    # 45 of 150 residents live in the two parts.
    assert row == {
        "period": "2020",
        "edition_before": "old",
        "edition_after": "new",
        "areas_changed": 2,
        "changed_share": pytest.approx(0.3),
        "areas_estimated": 2,
        "estimated_share": pytest.approx(0.3),
        "worst_grade": "C",
        "without_value": 0,
    }


def test_brought_to_the_old_edition_nothing_is_estimated():
    bridged = bridge(rows(), {"new": TO_OLD}, edition="old", kind="extensive")
    assert bridged.values["value"].tolist() == [100, 40, 101, 44, 102, 44]
    (row,) = bridged.summary().to_dict("records")
    assert (row["areas_changed"], row["areas_estimated"], row["worst_grade"]) == (1, 0, "A")
    assert bridged.measure == "areas"


def test_rates_go_with_their_denominators():
    series = rows(denominator=[1000, 400, 1000, 400, 1000, 300, 100])
    series.loc[series["area_id"] == "2a", "value"] = 10
    series.loc[series["area_id"] == "2b", "value"] = 30
    bridged = bridge(series, {"new": TO_OLD}, edition="old", kind="intensive")
    last = bridged.to_frame().set_index(["period", "area_id"]).loc[("2020", "2")]
    # (300 · 10 + 100 · 30) / 400
    assert (last["value"], last["denominator"], last["grade"]) == (15, 400, "A")


def test_states_go_along_and_what_has_no_value_is_counted():
    series = rows(status="measured")
    hidden = (series["area_id"] == "2") & (series["period"] == "2019")
    series["value"] = series["value"].astype(float).mask(hidden)
    series.loc[hidden, "status"] = "suppressed"
    bridged = bridge(series, {"old": TO_NEW}, edition="new", kind="extensive")
    found = bridged.values.set_index(["period", "area_id"])["status"]
    assert found["2019"].to_dict() == {"1": "measured", "2a": "suppressed", "2b": "suppressed"}
    assert bridged.breaks["without_value"].tolist() == [2]


def test_several_changes_are_several_breaks():
    third = pd.DataFrame({"area_id": ["X"], "period": ["2021"], "edition": ["one"], "value": [150]})
    to_one = {
        "old": by_key(pd.DataFrame({"from_area": ["1", "2"], "to_area": ["X", "X"]})),
        "new": by_key(pd.DataFrame({"from_area": ["1", "2a", "2b"], "to_area": ["X"] * 3})),
    }
    bridged = bridge(pd.concat([third, rows()]), to_one, edition="one", kind="extensive")
    assert bridged.values["value"].tolist() == [140, 145, 146, 150]
    assert bridged.breaks["period"].tolist() == ["2020", "2021"]


def test_a_series_without_a_change_has_no_break():
    series = rows().query("edition == 'old'")
    bridged = bridge(series, {}, edition="old", kind="extensive")
    assert bridged.breaks.empty
    assert "worst_grade" in bridged.breaks
    assert not bridged.values["is_converted"].any()


def test_the_breaks_of_a_series_that_was_kept_are_those_of_the_bridge():
    residents = pd.Series([105, 35, 10], index=["1", "2a", "2b"])
    bridged = bridge(rows(), {"old": TO_NEW}, edition="new", kind="extensive", residents=residents)
    kept = bridged.values.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(edition_breaks(kept, residents=residents), bridged.breaks)
    assert edition_breaks(kept)["changed_share"].tolist() == pytest.approx([2 / 3])  # of three areas
    assert edition_breaks(kept[kept["edition"] == "new"]).empty
    with pytest.raises(CrosswalkError, match="periods in more than one edition"):
        edition_breaks(kept.assign(period="2020"))
    with pytest.raises(AlignmentError):
        edition_breaks(kept, residents=residents.drop("2b"))


def test_series_that_cannot_be_bridged_are_refused():
    def refused(error, match, series, ways=None, **options):
        given = {"edition": "new", "kind": "extensive"} | options
        with pytest.raises(error, match=match):
            bridge(series, {"old": TO_NEW} if ways is None else ways, **given)

    refused(CrosswalkError, "no crosswalk from editions: 1 .*: old; give one", rows(), {})
    refused(ParameterError, "columns area_id, period, edition, value", rows().drop(columns="value"))
    refused(ParameterError, "denominator", rows(), kind="intensive")
    refused(ParameterError, "kind is 'sum'", rows(), kind="sum")
    refused(CrosswalkError, "more than once.*1 in 2018", pd.concat([rows(), rows().head(1)]))
    mixed = rows()
    mixed.loc[1, "edition"] = "new"
    refused(CrosswalkError, "periods in more than one edition.*2018", mixed)
    refused(CrosswalkError, "area_id, period or edition missing", rows().assign(edition=None))
    refused(
        ParameterError, "can be put in order", rows().assign(period=[2018, 2018, "x", "x", "y", "y", "y"])
    )
    refused(AlignmentError, "values has no row for some areas.*: 2;", rows().drop(index=1))
    refused(CrosswalkError, "do not have the same areas.*: 2b;", rows().drop(index=6))
    as_numbers = rows().query("edition == 'new'").assign(area_id=[1, 2, 3])
    refused(
        CrosswalkError,
        "do not have the same areas.*: 1, 1, 2, 2a, 2b",
        pd.concat([rows().head(4), as_numbers]),
    )
    elsewhere = by_key(pd.DataFrame({"from_area": ["1", "2"], "to_area": ["Y", "Y"]}))
    refused(CrosswalkError, "do not have the same areas", rows(), {"old": elsewhere})
    refused(
        CountsError,
        "residents missing",
        rows(),
        residents=pd.Series([1, -1, np.nan], index=["1", "2a", "2b"]),
    )
