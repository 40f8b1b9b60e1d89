"""What is public already stays public: everybody knows it, and what is not public yet has to hide behind the rest."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from indicators.confidentiality import TableError, area_sums, audit, parts, protect


def areas(*values: float) -> tuple[pd.DataFrame, dict[str, str]]:
    """One indicator in a city "t" of areas "a", "b", …"""
    names = [chr(ord("a") + number) for number in range(len(values))]
    table = pd.DataFrame(
        {"area_id": ["t", *names], "period": "2023", "indicator_id": "u", "value": [sum(values), *values]}
    )
    return table, dict.fromkeys(names, "t")


def withheld(table: pd.DataFrame, relations) -> set[str]:
    result = protect(table, relations)
    assert audit(result).is_safe
    return set(result.cells.key[result.hidden].get_level_values(0))


def test_what_is_public_already_is_never_withheld():
    table, parents = areas(1, 40, 60)
    table["released"] = table["area_id"] == "b"
    assert withheld(table, area_sums(table, parents)) == {"a", "c"}


def test_a_sensitive_count_that_is_public_already_stays_public_and_says_so():
    table, parents = areas(1, 40, 60)
    table["released"] = table["area_id"] == "a"
    result = protect(table, area_sums(table, parents))
    assert not result.hidden.any()
    assert result.to_frame().loc[("a", "2023", "u"), "reason"] == "public already"


def test_a_second_small_count_hides_behind_what_is_not_public_yet():
    table, parents = areas(1, 2, 60)
    table["released"] = table["area_id"] == "a"
    assert withheld(table, area_sums(table, parents)) == {"b", "c"}  # 63 - 1 - 60 would be 2


def test_the_whole_of_a_public_part_that_leaves_too_few_is_withheld_in_its_place():
    # 149 of 150 is known, but nobody knows yet that these are all but one.
    table = pd.DataFrame(
        {
            "area_id": "a",
            "period": "2023",
            "indicator_id": ["residents", "group"],
            "value": [150, 149],
            "released": [False, True],
        }
    )
    relations = parts(table, "group", "residents")
    result = protect(table, relations)
    assert result.hidden.tolist() == [True, False]
    # With both public, everybody can subtract.
    known = protect(table.assign(released=True), relations)
    assert not known.hidden.any()
    assert known.to_frame()["reason"].tolist() == ["", "public already"]


def test_a_count_that_is_withheld_and_public_at_once_is_an_error():
    table, parents = areas(1, 40, 60)
    table = table.assign(
        value=table["value"].where(table["area_id"] != "a"),
        status=np.where(table["area_id"] == "a", "suppressed", "measured"),
        released=table["area_id"] == "a",
    )
    with pytest.raises(TableError, match=r"withheld and public in 1 area.*: a / 2023 / u"):
        protect(table, area_sums(table, parents))
