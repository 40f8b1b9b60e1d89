"""Counts of one level as a table: what is there, what follows from it, and what larger units are made of."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from etl.count_tables import CountTable, count_table, made_of
from indicators.catalogue import catalogue
from indicators.definition import AtLeast, Indicator


def table(*rows: tuple[str, str, str, float | None, str], areas: list[str], counts: list[str]) -> CountTable:
    names = ["area_id", "indicator_id", "period", "value", "status"]
    frame = pd.DataFrame(rows, columns=names).astype({"value": float})
    return count_table(frame.assign(reference_date=frame["period"] + "-12-31"), areas, counts)


def test_what_was_not_delivered_is_missing_and_said_not_to_be_there() -> None:
    made = table(
        ("00", "births", "2021", 3, "measured"),
        ("01", "births", "2022", None, "suppressed"),
        areas=["00", "01"],
        counts=["births", "residents"],
    )
    assert made.statuses["births"].tolist() == ["measured", "missing", "missing", "suppressed"]
    assert made.is_there["births"].tolist() == [True, False, False, True]
    assert not made.is_there["residents"].any()
    assert made.days == {("births", "2021"): "2021-12-31", ("births", "2022"): "2022-12-31"}


def test_a_level_without_any_counts_is_an_empty_table() -> None:
    made = table(areas=["00"], counts=["births"]).with_measured("land_area", {"00": 2.0})
    assert len(made.values) == 0


def test_the_size_of_an_area_is_the_same_in_all_periods() -> None:
    made = table(
        ("00", "residents", "2021", 3, "measured"),
        ("00", "residents", "2022", 4, "measured"),
        areas=["00", "01"],
        counts=["residents"],
    ).with_measured("land_area", {"00": 2.5})
    assert made.values["land_area"].tolist()[::2] == [2.5, 2.5]
    assert made.statuses["land_area"].tolist() == ["measured", "missing"] * 2


def test_a_sum_is_withheld_with_one_of_its_parts() -> None:
    made = table(
        ("00", "moves_in", "2022", 30, "measured"),
        ("00", "moves_out", "2022", 20, "measured"),
        ("01", "moves_in", "2022", 5, "measured"),
        ("01", "moves_out", "2022", None, "suppressed"),
        ("02", "moves_in", "2022", 7, "measured"),
        areas=["00", "01", "02"],
        counts=["moves_in", "moves_out"],
    ).with_sums([catalogue()["moves"]])
    assert made.statuses["moves"].tolist() == ["measured", "suppressed", "missing"]
    assert made.is_there["moves"].tolist() == [True, True, False]
    assert made.days["moves", "2022"] == "2022-12-31"


@pytest.mark.parametrize(
    ("third", "least", "state", "total"),
    [
        ("missing", 0.6, "uncertain", [11.0, 110.0]),  # two of three schools are known
        ("missing", 0.7, "missing", None),
        ("suppressed", 0.6, "suppressed", None),
    ],
)
def test_a_larger_unit_is_made_of_its_known_parts_as_the_policy_allows(
    third: str, least: float, state: str, total: list[float] | None
) -> None:
    counts = ["language_findings", "examined_children"]
    finest = table(
        *((area, counts[0], "2022", found, "measured") for area, found in (("00", 5), ("01", 6))),
        *((area, counts[1], "2022", 55, "measured") for area in ("00", "01")),
        *(("02", name, "2022", None, third) for name in counts),
        areas=["00", "01", "02"],
        counts=counts,
    )
    district = table(
        ("0", counts[0], "2022", 14, "measured"),  # delivered, but what it relates to is not
        ("0", counts[1], "2022", None, "missing"),
        ("1", counts[0], "2022", 4, "measured"),
        ("1", counts[1], "2022", 40, "measured"),
        areas=["0", "1"],
        counts=counts,
    )
    above = dict.fromkeys(["00", "01", "02"], "0")
    made = district.filled_from(finest, above, counts, missing=AtLeast(least))
    assert made.statuses.loc[("2022", "0")].tolist() == [state, state]
    if total is None:
        assert made.values.loc[("2022", "0")].isna().all()
    else:
        assert made.values.loc[("2022", "0")].tolist() == total
    assert made.values.loc[("2022", "1")].tolist() == [4, 40]
    assert district.values.loc[("2022", "0")].tolist()[0] == 14  # the input is not changed


def test_a_withheld_count_of_a_larger_unit_is_not_filled_in_from_its_parts() -> None:
    counts = ["language_findings", "examined_children"]
    finest = table(
        *((area, name, "2022", 50, "measured") for area in ("00", "01") for name in counts),
        areas=["00", "01"],
        counts=counts,
    )
    district = table(
        ("0", counts[0], "2022", None, "suppressed"),  # withheld, and what it relates to did not come
        areas=["0"],
        counts=counts,
    )
    made = district.filled_from(finest, dict.fromkeys(["00", "01"], "0"), counts, missing=AtLeast(0.5))
    assert made.statuses.loc[("2022", "0")].tolist() == ["suppressed", "missing"]
    assert made.values.isna().all(axis=None)


def test_a_sum_is_of_the_last_day_of_its_parts() -> None:
    names = ["area_id", "indicator_id", "period", "value", "status", "reference_date"]
    frame = pd.DataFrame(
        [
            ("00", "moves_in", "2022", 30.0, "measured", "2022-06-30"),
            ("00", "moves_out", "2022", 20.0, "measured", "2022-12-31"),
            ("00", "moves_in", "2021", 30.0, "measured", "2021-12-31"),
            ("00", "moves_out", "2021", 20.0, "measured", "2021-06-30"),
        ],
        columns=names,
    )
    made = count_table(frame, ["00"], ["moves_in", "moves_out"]).with_sums([catalogue()["moves"]])
    assert (made.days["moves", "2022"], made.days["moves", "2021"]) == ("2022-12-31", "2021-12-31")


def test_only_what_its_policy_allows_is_filled_up() -> None:
    part = table(("00", "births", "2022", 3, "measured"), areas=["00"], counts=["births"])
    whole = table(("0", "births", "2022", None, "missing"), areas=["0"], counts=["births"])
    born = Indicator(
        id="b",
        title_de="b",
        title_en="b",
        unit="%",
        kind="intensive",
        numerator="births",
        denominator="births",
    )
    assert made_of(born, whole, part, {"00": "0"}) is whole
    some = replace(born, missing=AtLeast(0.5))
    assert made_of(some, whole, part, {"00": "0"}).values["births"].tolist() == [3]
    assert made_of(some, part, part, {}) is part
