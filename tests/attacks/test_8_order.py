"""Attack 8: the place of a withheld value in a list or a ranking lies between its neighbours' values."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from indicators.confidentiality import no_relations, protect, public_view, published_ranks

VALUES = {"a": 7.0, "b": 2.0, "c": 40.0, "d": 3.0, "e": 1.0, "f": 19.0}
ENOUGH = 4  # published values that must be in order before one believes that the list is


def attack(rows: list[tuple[str, float | None]]) -> dict[str, tuple[float, float]]:
    """If the published values rise or fall along the list, put every withheld one between its neighbours."""
    told = [value for _, value in rows if value is not None]
    if len(set(told)) < ENOUGH:
        return {}
    steps = [after - before for before, after in itertools.pairwise(told)]
    if not (all(step >= 0 for step in steps) or all(step <= 0 for step in steps)):
        return {}
    found = {}
    for at, (key, value) in enumerate(rows):
        if value is None:
            before = [v for _, v in rows[:at] if v is not None]
            after = [v for _, v in rows[at + 1 :] if v is not None]
            ends = [before[-1] if before else None, after[0] if after else None]
            known = [end for end in ends if end is not None]
            found[key] = (0.0 if len(known) == 1 and min(told) in known else min(known), max(known))
    return found


def attack_ranks(ranks: dict[str, float], values: dict[str, float]) -> dict[str, tuple[float, float]]:
    """Put a withheld value between those of the next ranks."""
    ordered = sorted(ranks, key=lambda key: ranks[key])
    return attack([(key, values.get(key)) for key in ordered])


def test_it_bounds_withheld_values_of_a_list_in_order_of_size(score):
    rows = sorted(VALUES, key=lambda key: -VALUES[key])
    shown = [(key, VALUES[key] if VALUES[key] >= 3 else None) for key in rows]
    score(8, careless=len(attack(shown)))
    assert attack(shown) == {"b": (0, 3), "e": (0, 3)}
    middle = [(key, None if key == "a" else VALUES[key]) for key in rows]
    assert attack(middle) == {"a": (3, 19)}


def test_it_bounds_values_from_ranks_over_all_areas():
    ranks = pd.Series(VALUES).rank(ascending=False).to_dict()
    assert attack_ranks(ranks, {key: value for key, value in VALUES.items() if key != "a"}) == {"a": (3, 19)}


def test_ranks_of_published_values_place_no_withheld_one():
    value = pd.Series(VALUES)
    status = pd.Series("measured", index=value.index).mask(value < 3, "suppressed")
    ranks = published_ranks(value, status)
    assert ranks[status == "suppressed"].isna().all()
    assert sorted(ranks.dropna()) == [1, 2, 3, 4]  # no gap where a withheld one would be


def test_the_public_view_of_an_ordered_table_is_not_ordered():
    table = pd.DataFrame(
        {"area_id": list(VALUES), "period": "2023", "indicator_id": "u", "value": VALUES.values()}
    )
    view = public_view(protect(table.sort_values("value"), no_relations())).frame
    rows = [
        (key, None if np.isnan(value) else value)
        for key, value in zip(view["area_id"], view["value"], strict=True)
    ]
    assert attack(rows) == {}


@pytest.mark.db
def test_no_list_of_the_service_is_in_the_order_of_its_values(served, score):
    withheld = found = 0
    for body in served.layers.values():
        if "suppressed" in body["statuses"]:
            withheld += 1
            found += len(attack(list(zip(body["area_ids"], body["values"], strict=True))))
    score(8, served=found)
    assert withheld > 100
    assert found == 0


@pytest.mark.db
@pytest.mark.parametrize("level", ["sub_district", "statistical_district", "block"])
def test_no_export_is_in_the_order_of_its_values(client, level):
    features = client.get(
        f"/collections/sample.{level}/items",
        params={"limit": 10_000, "indicator": "unemployed_youth", "period": "2022"},
    ).json()["features"]
    rows = [(feature["id"], feature["properties"]["value"]) for feature in features]
    assert any(value is None for _, value in rows)
    assert attack(rows) == {}
    assert [key for key, _ in rows] == sorted(key for key, _ in rows)
