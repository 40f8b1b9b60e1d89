"""The one object behind map, legend and table."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.definition import Indicator
from maps.errors import LayerError
from maps.layers import Layer, LayerSource, build_layer

SOURCE = LayerSource(title_de="Daten", title_en="Data", attribution="Amt", licence="CC0-1.0", edition="2020")
RATE = Indicator(id="rate", title_de="Rate", title_en="Rate", unit="%", kind="intensive", decimals=1)
COUNT = Indicator(id="count", title_de="Zahl", title_en="Count", unit="persons", kind="extensive")
STATUSES = ["measured", "zero", "missing", "suppressed", "provisional", "corrected", "uncertain"]


def values(*rows: tuple[str, str, float | None, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["area_id", "period", "value", "status"])


def layer(frame: pd.DataFrame, indicator: Indicator = RATE, period: str = "2020", **options) -> Layer:
    return build_layer(indicator, frame, period=period, geography="block", source=SOURCE, **options)


MIXED = values(
    ("01", "2019", 3.0, "measured"), ("02", "2019", 9.96, "measured"), ("03", "2019", 20.0, "measured"),
    ("01", "2020", 4.0, "measured"), ("02", "2020", 0.0, "zero"), ("03", "2020", None, "suppressed"),
    ("04", "2020", None, "missing"), ("05", "2020", 12.0, "uncertain"),
)  # fmt: skip


def test_zero_missing_and_suppressed_are_three_states_outside_the_classes():
    shown = layer(MIXED)
    assert shown.area_ids == ("01", "02", "03", "04", "05")
    assert shown.statuses == ("measured", "zero", "suppressed", "missing", "uncertain")
    assert shown.values == (4.0, 0.0, None, None, 12.0)
    assert [i >= 0 for i in shown.class_index] == [True, False, False, False, True]
    states = shown.to_json()["states"]
    assert {name: state["count"] for name, state in states.items()} == {
        "zero": 1, "missing": 1, "suppressed": 1, "uncertain": 1,
    }  # fmt: skip


def test_classes_are_the_same_in_every_period_and_only_the_counts_change():
    first, second = layer(MIXED, period="2019").classes, layer(MIXED).classes
    assert first.breaks == second.breaks
    assert first.breaks[0] == 3.0
    assert first.breaks[-1] == 20.0
    assert (sum(first.counts), sum(second.counts)) == (3, 2)


def test_values_are_sent_rounded_as_they_are_shown():
    assert layer(MIXED, period="2019").values[1] == 10.0


def test_areas_come_in_the_order_wanted_and_an_area_without_a_row_is_missing():
    shown = layer(MIXED, area_ids=["09", "05", "01"])
    assert shown.area_ids == ("09", "05", "01")
    assert shown.statuses[0] == "missing"
    assert shown.values[0] is None


def test_counts_become_circles_whose_area_is_proportional_to_the_value():
    frame = values(
        ("01", "2020", 400, "measured"), ("02", "2020", 100, "measured"), ("03", "2019", 1600, "measured")
    )
    shown = layer(frame, COUNT).to_json()
    assert shown["drawing"] == "symbols"
    assert shown["classes"] == []
    # Three areas: the largest circle (1600, in another period) has the largest radius allowed, 26 pixels.
    assert shown["symbols"]["scale"] * 1600**0.5 == pytest.approx(26)
    assert [s["value"] for s in shown["symbols"]["steps"]] == [1000, 500, 100]
    for step in shown["symbols"]["steps"]:
        assert step["radius"] == pytest.approx(shown["symbols"]["scale"] * step["value"] ** 0.5, abs=0.01)
    assert shown["values"] == [400, 100, None]
    assert all(isinstance(v, int) for v in shown["values"][:2])


def test_values_on_both_sides_of_zero_get_a_diverging_scale_and_others_do_not():
    both = values(
        ("01", "2020", -2.0, "measured"), ("02", "2020", 0.0, "measured"), ("03", "2020", 2.0, "measured")
    )
    assert layer(both).to_json()["scheme"]["diverging_at"] == 0.0
    assert layer(MIXED).to_json()["scheme"]["diverging_at"] is None
    assert layer(both, diverging_at=None).to_json()["scheme"]["diverging_at"] is None


def test_one_colour_means_more_need_whatever_the_direction_of_the_indicator():
    frame = values(*((f"0{i}", "2020", float(i - 3), "measured") for i in range(1, 6)))
    facts = {"unit": "index", "kind": "intensive", "title_de": "I", "title_en": "I"}
    up = layer(frame, Indicator(id="u", direction="higher_is_more_need", **facts))
    down = layer(frame, Indicator(id="d", direction="lower_is_more_need", **facts))
    assert up.classes.colours[-1] == down.classes.colours[0]


def test_an_ordinal_indicator_shows_its_labels():
    status = Indicator(
        id="s", title_de="S", title_en="S", unit="class", kind="ordinal", direction="lower_is_more_need",
        labels_de=("hoch", "niedrig"), labels_en=("high", "low"),
    )  # fmt: skip
    shown = layer(values(("01", "2020", 2.0, "measured"), ("02", "2020", None, "missing")), status).to_json()
    assert [(c["label"]["de"], c["low"], c["high"], c["count"]) for c in shown["classes"]] == [
        ("hoch", 1, 1, 0),
        ("niedrig", 2, 2, 1),
    ]
    assert shown["scheme"]["id"] == "labels"


def test_nothing_but_missing_values_gives_a_layer_without_classes():
    for indicator in (RATE, COUNT):
        shown = layer(
            values(("01", "2020", None, "missing"), ("02", "2020", None, "suppressed")), indicator
        ).to_json()
        assert shown["classes"] == []
        assert shown["class_index"] == [-1, -1]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("01", "2020", 3.0, "suppressed"), "missing or suppressed, but with a value"),
        (("01", "2020", None, "measured"), "neither a value nor the status missing"),
        (("01", "2020", 3.0, "zero"), "status zero, but another value"),
        (("01", "2020", 3.0, "guessed"), "unknown status"),
        (("02", "2020", 3.0, "measured"), "more than one value for an area and period"),
    ],
)
def test_rows_that_contradict_themselves_are_refused_with_their_place(row, reason):
    with pytest.raises(LayerError, match=reason) as caught:
        layer(values(("02", "2020", 1.0, "measured"), row))
    assert caught.value.places == (f"{row[0]} in 2020",)


def test_an_unknown_period_is_refused_with_those_that_exist():
    with pytest.raises(LayerError, match="2019, 2020; choose one of these"):
        layer(MIXED, period="1900")


def test_the_body_is_json_and_names_source_and_day():
    body = layer(MIXED, reference_date=date(2020, 12, 31)).to_json()
    assert json.loads(json.dumps(body, allow_nan=False)) == body
    assert body["reference_date"] == "2020-12-31"
    assert body["source"]["edition"] == "2020"
    assert repr(layer(MIXED)) == "Layer(rate 2020, block: 5 areas, 5 classes, 1 missing, 1 suppressed)"


@given(
    st.lists(st.tuples(st.sampled_from(STATUSES), st.floats(0.1, 1e5)), min_size=1, max_size=40),
    st.sampled_from(["intensive", "extensive"]),
)
@settings(max_examples=60, deadline=None)
def test_every_area_is_drawn_exactly_once_and_withheld_values_are_nowhere(cells, kind):
    rows = [
        (f"{i:03d}", "2020", {"zero": 0.0, "missing": None, "suppressed": None}.get(s, v), s)
        for i, (s, v) in enumerate(cells)
    ]
    indicator = Indicator(id="x", title_de="X", title_en="X", unit="%", kind=kind, decimals=1)
    shown = layer(values(*rows), indicator)
    body = shown.to_json()
    counted = sum(c["count"] for c in body["classes"])
    with_value = sum(s not in {"zero", "missing", "suppressed"} for s, _ in cells)
    assert counted == (with_value if kind == "intensive" else 0)
    for status, value, index in zip(body["statuses"], body["values"], body["class_index"], strict=True):
        assert (value is None) == (status in {"missing", "suppressed"})
        assert (index >= 0) == (kind == "intensive" and status not in {"zero", "missing", "suppressed"})
    assert list(shown.to_frame().index) == [r[0] for r in rows]
    assert np.isnan(shown.to_frame()["value"]).sum() == sum(v is None for v in body["values"])


def intervals(**columns):
    return pd.DataFrame({"area_id": ["01", "02", "03", "04", "05"], **columns})


def test_intervals_come_in_the_order_of_the_areas_and_are_rounded_as_the_values_are():
    table = intervals(ci_low=[3.06, 0.0, 1.0, 1.0, 9.99], ci_high=[5.04, 2.0, 9.0, 9.0, 14.44],
                      comparison=["below", "not_distinguishable", "above", "above", None])  # fmt: skip
    shown = layer(MIXED, area_ids=("05", "01", "02", "03", "04"), intervals=table).to_json()["intervals"]
    assert shown["level"] == 0.95
    assert shown["ci_low"][:3] == [10.0, 3.1, 0.0]
    assert shown["ci_high"][:3] == [14.4, 5.0, 2.0]
    assert shown["comparison"][:3] == [None, "below", "not_distinguishable"]


def test_nothing_is_said_of_an_area_without_a_value_whatever_the_table_says():
    table = intervals(ci_low=[3.0] * 5, ci_high=[5.0] * 5, comparison=["above"] * 5)
    shown = layer(MIXED, intervals=table).to_json()["intervals"]
    assert [low is None for low in shown["ci_low"]] == [False, False, True, True, False]
    assert shown["comparison"] == ["above", "above", None, None, "above"]


def test_a_layer_without_intervals_says_so():
    table = intervals(ci_low=np.nan, ci_high=np.nan, comparison=None)
    assert layer(MIXED, intervals=table).to_json()["intervals"] is None
    assert layer(MIXED).to_json()["intervals"] is None


def test_a_layer_says_whom_its_indicator_is_about_and_where_its_sheet_is():
    one = replace(
        RATE, id="unemployed_share", universe_de="alle", universe_en="everybody", minimum_denominator=30.0
    )
    told = layer(MIXED, one).to_json()["indicator"]
    assert (told["universe"], told["minimum_denominator"]) == ({"de": "alle", "en": "everybody"}, 30.0)
    assert told["sheet"] == "indicators/unemp_share/sheet"
