"""No withheld Leipzig count can be computed from the counts beside it, or from sums over areas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from etl.sources.leipzig_withholding import withhold_complements

PARTITIONS = (
    ("residents", "german", "non_german"),
    ("residents", "women", "men"),
    ("migrants", "migrants_german", "non_german"),
    ("unemployed", "unemployed_sgb2", "unemployed_sgb3"),
)
KEY = ["geography", "area_id", "indicator_id"]
STEP = "count withheld because a withheld one could be computed from it"
CITY = "14713000"


def determined(values: pd.DataFrame, parents: pd.Series) -> list[tuple[str, str, str]]:
    """Attack one period: solve all sums for the unknown counts, return the withheld ones with one solution.

    `parents`: key of the parent, indexed by geography and area_id. A count has one solution exactly when no
    vector of the null space of the equations, restricted to the unknowns, moves it.
    """
    status = values.set_index(KEY)["status"]
    sums = [
        [(*place, name) for name in names]
        for place in status.index.droplevel("indicator_id").unique()
        for names in PARTITIONS
    ]
    for (geography, parent), children in parents.groupby([parents.index.get_level_values(0), parents]):
        level = {"sub_district": "district", "district": "city"}[geography]
        sums += [
            [(level, parent, name), *((*child, name) for child in children.index)]
            for name in status.index.get_level_values("indicator_id").unique()
        ]
    unknown = {key: n for n, key in enumerate(status.index[status.isin(["suppressed", "missing"])])}
    lines = []
    for members in sums:
        hidden = [member for member in members if member in unknown]
        if hidden and all(member in status.index for member in members):
            line = np.zeros(len(unknown))
            line[[unknown[member] for member in hidden]] = [-1 if m == members[0] else 1 for m in hidden]
            lines.append(line)
    if not lines:
        return []
    _, singular, right = np.linalg.svd(np.array(lines))
    rank = int((singular > 1e-9).sum())  # entries are 0 and ±1: real singular values are far above
    free = np.abs(right[rank:]).max(axis=0, initial=0) > 1e-9
    return [key for key, n in unknown.items() if not free[n] and status[key] == "suppressed"]


def counts(*rows: tuple[str, str, str, float | None]) -> pd.DataFrame:
    """Rows of geography, area, indicator and count; None is withheld."""
    frame = pd.DataFrame(rows, columns=[*KEY, "value"]).assign(period="2022")
    frame["value"] = frame["value"].astype(float)
    return frame.assign(status=np.where(frame["value"].isna(), "suppressed", "measured"))


def protected(values: pd.DataFrame) -> tuple[list[str], dict[str, int]]:
    repairs: dict[str, int] = {}
    result = withhold_complements(values, repairs=repairs)
    assert (result["value"].isna() == result["status"].isin(["suppressed", "missing"])).all()
    return result["status"].to_list(), repairs


def test_no_withheld_count_of_leipzig_is_determined(leipzig):
    areas = leipzig.areas.dropna(subset="parent_id").set_index(["geography", "area_id"])["parent_id"]
    periods = leipzig.values.loc[leipzig.values["status"] == "suppressed", "period"].unique()
    assert set(periods) == {"2018", "2019", "2020", "2021", "2022"}
    for period in periods:
        assert determined(leipzig.values[leipzig.values["period"] == period], areas) == [], period


def test_the_attack_finds_what_one_published_part_gives_away():
    # 19 unemployed, 15 under SGB III: 4 under SGB II, although that is withheld.
    told = counts(
        ("sub_district", "15", "unemployed", 19),
        ("sub_district", "15", "unemployed_sgb2", None),
        ("sub_district", "15", "unemployed_sgb3", 15),
    )
    nobody = pd.Series(dtype=object, index=pd.MultiIndex.from_arrays([[], []]))
    assert determined(told, nobody) == [("sub_district", "15", "unemployed_sgb2")]
    assert protected(told) == (["measured", "suppressed", "suppressed"], {STEP: 1})


def test_ten_counts_of_leipzig_are_withheld_beside_those_of_the_publisher(leipzig):
    assert leipzig.repairs[STEP] == 10
    ortsteile = leipzig.values.query("geography == 'sub_district' and status == 'suppressed'")
    assert len(ortsteile) == 172 + 10
    sgb2 = ortsteile.query("indicator_id == 'unemployed_sgb2'")[["area_id", "period"]]
    sgb3 = ortsteile.query("indicator_id == 'unemployed_sgb3'")[["area_id", "period"]]
    assert sgb2.to_numpy().tolist() == sgb3.to_numpy().tolist()


def test_a_sum_with_one_withheld_child_is_withheld_and_the_sums_above_it():
    district, siblings = ("district", "1", "offences"), ("sub_district", "11", "offences")
    statuses, repairs = protected(
        counts(
            ("city", CITY, "offences", 100),
            ("district", "0", "offences", 60),
            (*district, 40),
            ("sub_district", "00", "offences", 60),
            ("sub_district", "10", "offences", None),
            (*siblings, 35),
        )
    )
    # The district minus the sibling gives 5; the city minus the other district gives the district.
    assert statuses == ["suppressed", "measured", "suppressed", "measured", "suppressed", "measured"]
    assert repairs == {STEP: 2}


def test_a_sum_with_two_withheld_children_gives_nothing_away():
    statuses, repairs = protected(
        counts(
            ("district", "1", "offences", 40),
            ("sub_district", "10", "offences", None),
            ("sub_district", "11", "offences", None),
            ("sub_district", "12", "offences", 30),
        )
    )
    assert statuses == ["measured", "suppressed", "suppressed", "measured"]
    assert repairs == {}


def test_a_withheld_sum_whose_children_are_all_published_costs_its_smallest_child():
    statuses, _ = protected(
        counts(
            ("district", "1", "offences", None),
            ("sub_district", "10", "offences", 7),
            ("sub_district", "11", "offences", 12),
            ("sub_district", "12", "offences", 0),
        )
    )
    assert statuses == ["suppressed", "suppressed", "measured", "measured"]


def test_a_total_stays_published_even_when_the_other_part_is_zero():
    statuses, _ = protected(
        counts(
            ("sub_district", "15", "unemployed", 12),
            ("sub_district", "15", "unemployed_sgb2", None),
            ("sub_district", "15", "unemployed_sgb3", 0),
        )
    )
    assert statuses == ["measured", "suppressed", "suppressed"]


@pytest.mark.parametrize("lacking", ["row", "value"])
def test_a_sum_with_a_missing_member_determines_nothing(lacking):
    told = counts(
        ("sub_district", "15", "unemployed", None),
        ("sub_district", "15", "unemployed_sgb2", None),
        ("sub_district", "15", "unemployed_sgb3", 15),
    )
    told.loc[0, "status"] = "missing"
    told = told.drop(index=0).reset_index(drop=True) if lacking == "row" else told
    statuses, repairs = protected(told)
    assert statuses[-1] == "measured"
    assert repairs == {}


def test_income_and_other_rates_are_no_sums():
    statuses, _ = protected(
        counts(
            ("district", "1", "household_income", 1500),
            ("sub_district", "10", "household_income", None),
            ("sub_district", "11", "household_income", 1400),
        )
    )
    assert statuses == ["measured", "suppressed", "measured"]
