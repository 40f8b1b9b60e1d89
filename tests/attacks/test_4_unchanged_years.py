"""Attack 4: where nothing changed from one year to the next, the published year has the withheld count."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest

from indicators.confidentiality import area_sums, no_relations, protect, public_view, unchanged_years

# Counts that must be the same in both years before one believes that nothing changed. With fewer, it is mostly chance:
# of five claims made about the sample city from three or four equal counts, three are wrong.
ENOUGH = 6


def attack(values: dict, statuses: dict) -> dict:
    """Take the count of the other year wherever all counts published in both years are the same."""
    areas = {}
    for geography, area, indicator, period in statuses:
        areas.setdefault((geography, area), {}).setdefault(period, set()).add(indicator)
    claims = {}
    for place, periods in areas.items():
        for before, after in itertools.pairwise(sorted(periods)):
            common = sorted(periods[before] & periods[after])
            both = [
                (values[*place, name, before], values[*place, name, after])
                for name in common
                if (*place, name, before) in values and (*place, name, after) in values
            ]
            told = [pair for pair in both if pair[0] > 0]
            if len(told) < ENOUGH or any(one != other for one, other in both):
                continue
            mine = {
                (*place, name, hidden): values[*place, name, shown]
                for name in common
                for hidden, shown in ((before, after), (after, before))
                if statuses[*place, name, hidden] == "suppressed" and (*place, name, shown) in values
            }
            # Zeros are public, so a withheld count cannot be one: then something did change.
            claims |= mine if all(mine.values()) else {}
    return claims


NAMES = ("residents", "residents_u15", "residents_65p", "households", "non_german", "dwellings", "unemployed")


def two_years(more_relations) -> tuple[dict, dict]:
    """A block that did not change; the one beside it did, is too small then, and needs a partner."""
    rows = []
    for period, other in (("2022", (60, 8, 20, 40, 20, 33, 9)), ("2023", (58, 7, 20, 39, 18, 33, 2))):
        for name, still, moving in zip(NAMES, (50, 6, 12, 30, 11, 31, 4), other, strict=True):
            of = {"t": still + moving + 500, "a": still, "b": moving, "c": 500}
            rows += [(area, period, name, value) for area, value in of.items()]
    table = pd.DataFrame(rows, columns=["area_id", "period", "indicator_id", "value"])
    relations = area_sums(table, dict.fromkeys("abc", "t")) + more_relations(table)
    view = public_view(protect(table, relations)).frame
    cells = [
        ("block", *key) for key in zip(view["area_id"], view["indicator_id"], view["period"], strict=True)
    ]
    values = {cell: value for cell, value in zip(cells, view["value"], strict=True) if value == value}
    return values, dict(zip(cells, view["status"], strict=True))


def test_it_recovers_the_partner_and_with_it_the_small_count(score):
    values, statuses = two_years(lambda _: no_relations())
    score(4, careless=len(attack(values, statuses)))
    # Block a is withheld in 2023 as the partner of block b; in 2022 it is published.
    assert attack(values, statuses) == {("block", "a", "unemployed", "2023"): 4}
    # 506 − 500 − 4 = 2: the small count itself.
    total, third = values["block", "t", "unemployed", "2023"], values["block", "c", "unemployed", "2023"]
    assert total - third - 4 == 2


def test_it_finds_nothing_when_the_years_are_related():
    assert attack(*two_years(lambda table: unchanged_years(table, "residents"))) == {}


@pytest.mark.db
def test_it_finds_nothing_in_what_the_service_gives(served, score):
    counts = {cell: status for cell, status in served.statuses.items() if cell[2] in served.counts}
    found = attack(served.values, counts)
    score(4, served=len(found))
    assert found == {}
