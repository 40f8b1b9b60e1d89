"""Explanations as they are stored: what goes in, what comes out, and what is left out where it cannot be known."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from etl.index_explanations import Chance, explanation_rows, people_behind
from indicators.computed import STATUS_INDEX
from indicators.definition import Indicator
from indicators.explanation.stored import told_area
from indicators.explanation.told import sentences
from indicators.methods import Classes, Index, Input, Method, shipped_method
from indicators.methods.steps import Log, PercentileRank, ZScore

LABELS = (("hoch", "mittel", "niedrig"), ("high", "medium", "low"))
CUTS = Classes(cuts=(-1.0, 1.0), labels_de=LABELS[0], labels_en=LABELS[1])
SHARE = {
    name: Indicator(
        id=name, title_de=f"Anteil {name}", title_en=f"Share {name}", unit="%", kind="intensive",
        numerator=f"{name}_part", denominator="people", decimals=1,
    )
    for name in ("a", "b")
}  # fmt: skip


def method(*steps, **more) -> Method:
    inputs = tuple(Input(id=name, transform=steps or (ZScore(),)) for name in ("a", "b"))
    index = Index(id="i", combine="sum", inputs=inputs, then=(ZScore(),))
    return Method(id="m", title_de="M", title_en="M", indices=(index,), classes=CUTS, **more)


def table() -> tuple[pd.DataFrame, pd.DataFrame]:
    values = pd.DataFrame(
        {"a": [5.0, 12, 9, 30, 18], "b": [4.0, 9, np.nan, 21, 16]},
        index=pd.Index(["1", "2", "3", "4", "5"], name="area_id"),
    )
    return values, values.notna().replace({True: "measured", False: "suppressed"}).astype(object)


def chance(people: list[float | None], **intervals: list[float]) -> Chance:
    rows = [
        {
            "area_id": str(number + 1),
            "indicator_id": "people",
            "value": count,
            "ci_low": None,
            "ci_high": None,
        }
        for number, count in enumerate(people)
    ]
    for name, half in intervals.items():
        rows += [
            {
                "area_id": str(number + 1),
                "indicator_id": name,
                "value": 10.0,
                "ci_low": 10 - one,
                "ci_high": 10 + one,
            }
            for number, one in enumerate(half)
        ]
    columns = ["area_id", "indicator_id", "value", "ci_low", "ci_high"]
    frame = pd.DataFrame(rows, columns=columns).astype({"value": float, "ci_low": float, "ci_high": float})
    return Chance.from_rows(SHARE, frame.assign(period="2022"))


def rows(one: Method, known: Chance, **more) -> pd.DataFrame:
    arguments = {"vintage_id": 7, "period": "2022", "labels": None} | more
    return explanation_rows(*table(), one, known, **arguments).set_index("area_id")


def test_a_row_holds_place_limits_certainty_and_parts() -> None:
    found = rows(method(), chance([400.0] * 5))
    first = found.loc["4"]
    assert (first["rank"], first["areas"], first["class"], first["class_less_need"]) == (1, 4, 3, 2)
    assert (first["limit_less_need"], first["indicator_id"], first["vintage_id"]) == (1.0, "status_index", 7)
    assert 0 < first["kept"] <= 1
    parts = json.loads(first["parts"])
    assert [set(one) for one in parts] == [
        {"indicator", "value", "contribution", "less_need", "more_need"}
    ] * 2
    assert abs(parts[0]["contribution"]) >= abs(parts[1]["contribution"])
    assert parts[0]["more_need"] == {"new_value": None, "new_class": None, "reason": "end_class"}


def test_an_area_without_an_index_has_a_reason_and_nothing_else() -> None:
    row = rows(method(), chance([400.0] * 5)).loc["3"]
    assert row["parts"] == "[]"
    assert (row["reason_de"], row["reason_en"]) == ("b: zurückgehalten", "b: withheld")
    assert (
        row[["rank", "rank_low", "rank_high", "class", "kept", "base", "filled", "limit_less_need"]]
        .isna()
        .all()
    )


def test_where_nobody_knows_how_far_chance_moves_values_nothing_is_simulated() -> None:
    found = rows(method(), chance([]))
    assert "kept" not in found
    # One area with a value and no published whole is enough: its share is not drawn, the other is not either.
    assert "kept" not in rows(method(), chance([400, 400, 400, 400, None]))
    # The area whose share is withheld needs no whole.
    assert rows(method(), chance([400, 400, None, 400, 400]))["kept"].notna().sum() == 4


def test_published_intervals_stand_in_where_a_whole_is_not_published() -> None:
    known = chance([400, 400, None, None, 400], a=[2.0] * 5, b=[3.0] * 5)
    people, errors, per = known.of("2022", table()[0])
    assert (people.empty, per) == (True, {})
    # Half of a 95 % interval is 1.96 standard errors.
    assert errors["a"].round(3).tolist() == [1.02] * 5
    assert rows(method(), known)["kept"].notna().sum() == 4


def test_values_that_cannot_be_drawn_for_a_method_leave_the_rest_of_the_explanation() -> None:
    # The logarithm knows no 0, and Wilson's draws around 5 % of 3 people come to it.
    found = rows(method(Log(), ZScore()), chance([1.0] * 5))
    assert found["rank"].notna().sum() == 4
    assert "kept" not in found or found["kept"].notna().any()


def test_methods_of_ranks_are_explained_with_flips_in_small_cities() -> None:
    parts = json.loads(rows(method(PercentileRank()), chance([400.0] * 5)).loc["4", "parts"])
    assert "less_need" in parts[0]
    england = shipped_method("england-imd-2019")
    names = list(england.columns)
    large = pd.DataFrame(
        np.random.default_rng(1).uniform(1, 50, (200, len(names))), columns=names,
        index=pd.Index([f"{number:03d}" for number in range(200)], name="area_id"),
    )  # fmt: skip
    found = explanation_rows(
        large, large.notna().replace(True, "measured"), england, Chance(definitions={}, counts={}, errors={}),
        vintage_id=1, period="2022", labels=None,
    )  # fmt: skip
    assert "less_need" not in json.loads(found["parts"][0])[0]


@pytest.mark.parametrize("value", [-1.0, 101.0])
def test_a_share_outside_of_its_range_is_not_drawn(value: float) -> None:
    values = table()[0].assign(people=400.0)
    values.loc["1", "a"] = value
    people, per = people_behind(values, ["a", "b", "unknown"], SHARE)
    assert list(people) == ["b"]
    assert per == {"b": 100.0}


def test_the_sentences_name_titles_values_and_doubt() -> None:
    row = rows(method(), chance([40.0] * 5)).loc["5"]
    stored = {name: None if np.ndim(one) == 0 and pd.isna(one) else one for name, one in row.items()}
    stored |= {
        "area_name": "Süd", "value": 0.4, "parts": json.loads(row["parts"]), "kept": 0.5, "filled": -0.25,
        "rank_low": 2, "rank_high": 2,
    }  # fmt: skip
    told = told_area(stored, index=STATUS_INDEX, inputs=SHARE, labels=LABELS)
    said = {}
    for one in sentences(told):
        said.setdefault(one.about, []).append((one.de, one.en))
    assert "Anteil a" in said["parts"][0][0]
    assert "für unbekannte Werte steht −0,25" in said["parts"][0][0]
    assert "Share b" in said["parts"][0][1]
    assert (
        "in 50 % von 1.000 Läufen in seiner Klasse: die Klasse ist nicht sicher." in said["certainty"][0][0]
    )
    assert "in 50% of 1,000 runs: the class is not certain." in said["certainty"][0][1]
    assert said["certainty"][1][1].startswith("Its rank is 2;")
    assert len(said["limits"]) == 2
    assert any("Anteil a von 18,0 auf" in german for german, _ in said["flips"])


def test_a_class_without_a_label_and_an_unknown_indicator_are_called_by_number_and_id() -> None:
    row = rows(method(), chance([40.0] * 5)).loc["4"]
    stored = row.to_dict() | {"area_name": "West", "value": 1.6, "parts": json.loads(row["parts"])}
    stored |= dict.fromkeys(("class_more_need", "limit_more_need"))
    told = told_area(stored, index=STATUS_INDEX, inputs={}, labels=None)
    assert told.area_class is not None
    assert (told.area_class.label_de, told.parts[0].title_en) == ("3", told.parts[0].indicator)
