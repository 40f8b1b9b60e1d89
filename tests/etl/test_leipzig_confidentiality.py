"""No withheld Leipzig count can be found out: from the counts beside it, from sums over areas, or from both together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from etl.withholding import exposed_counts, withhold_periods, withhold_sensitive
from indicators.confidentiality import AS_PUBLISHED, area_sums, category_sums
from indicators.confidentiality.audit import audit_problem
from indicators.confidentiality.protection import pose_problem
from indicators.leipzig import LEIPZIG_INDICATORS

PARTITIONS = (
    ("residents", "german", "non_german"),
    ("residents", "women", "men"),
    ("unemployed", "unemployed_sgb2", "unemployed_sgb3"),
)
KEY = ["geography", "area_id", "indicator_id"]


@pytest.fixture(scope="session")
def guarded(leipzig):
    """Leipzig as it is loaded."""
    checked = withhold_sensitive(leipzig)
    _, exposed = exposed_counts(checked)
    return withhold_periods(checked, set(exposed["period"]))


def determined(values: pd.DataFrame, parents: pd.Series) -> list[tuple[str, str, str]]:
    """Attack one period without the package: solve all sums, return the withheld counts with one solution.

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


def test_no_withheld_count_of_leipzig_is_determined(guarded):
    delivery = guarded.delivery
    areas = delivery.areas.dropna(subset="parent_id").set_index(["geography", "area_id"])["parent_id"]
    periods = delivery.values.loc[delivery.values["status"] == "suppressed", "period"].unique()
    assert set(periods) == {"2018", "2019", "2020", "2021", "2022"}
    for period in periods:
        assert determined(delivery.values[delivery.values["period"] == period], areas) == [], period


def test_without_more_being_withheld_twenty_one_counts_would_be_known(leipzig):
    areas = leipzig.areas.dropna(subset="parent_id").set_index(["geography", "area_id"])["parent_id"]
    _, exposed = exposed_counts(withhold_sensitive(leipzig))
    by_hand = [
        (period, f"{level} {area}", indicator)
        for period in ("2018", "2019", "2020", "2021", "2022")
        for level, area, indicator in determined(leipzig.values[leipzig.values["period"] == period], areas)
    ]
    found = exposed[["period", "area_id", "indicator_id"]].itertuples(index=False, name=None)
    assert sorted(found) == sorted(by_hand)
    assert len(by_hand) == 21
    assert (exposed["low"] == exposed["high"]).all()


def test_ten_counts_of_ortsteile_are_withheld_beside_those_of_the_publisher(guarded):
    # The publisher withholds 172 in Ortsteile; ten of them are the unemployed minus those under SGB III.
    values = guarded.delivery.values
    ortsteile = values.query("geography == 'sub_district' and status == 'suppressed'")
    assert len(ortsteile) == 172 + 10
    sgb2 = ortsteile.query("indicator_id == 'unemployed_sgb2'")[["area_id", "period"]]
    sgb3 = ortsteile.query("indicator_id == 'unemployed_sgb3'")[["area_id", "period"]]
    assert sgb2.to_numpy().tolist() == sgb3.to_numpy().tolist()
    assert (guarded.by_publisher, guarded.small, guarded.for_others) == (295, 0, 21)
    assert guarded.gap == 0  # nothing less would do


@pytest.mark.parametrize("period", ["2018", "2019", "2020", "2021"])
def test_every_withheld_count_of_leipzig_stands_up_to_the_audit_of_the_whole_year(guarded, period):
    # The long way, with all published counts in the system; the load takes the short one.
    counts = {one.id for one in LEIPZIG_INDICATORS if one.kind == "extensive"}
    values = guarded.delivery.values
    table = values[(values["period"] == period) & values["indicator_id"].isin(counts)]
    table = table.assign(usefulness=1.0).reset_index(drop=True)
    parents = guarded.delivery.areas.dropna(subset="parent_id").set_index("area_id")["parent_id"]
    relations = area_sums(table, parents)
    for total, *parts in PARTITIONS:
        relations = relations + category_sums(table, total, parts)
    cells, problem, _ = pose_problem(table, relations, AS_PUBLISHED)
    hidden = np.ones(len(problem), dtype=bool)
    hidden[: len(cells)] = cells.unknown
    frame, _ = audit_problem(problem, hidden)
    assert len(frame) > 50
    assert frame["is_safe"].all()


def test_counts_of_one_and_two_that_leipzig_publishes_stay_published(leipzig, guarded):
    counts = [one.id for one in leipzig.indicators if one.kind == "extensive"]
    before = leipzig.values[leipzig.values["indicator_id"].isin(counts)]
    small = before.index[before["value"].between(1, 2)]
    assert len(small) > 100
    now = guarded.delivery.values.loc[small]
    assert (now["status"] != "suppressed").sum() == len(small)


def test_what_the_portal_adds_up_itself_is_withheld_where_it_gives_a_count_away(leipzig):
    # One Ortsteil of a Stadtbezirk is withheld; its Stadtbezirk is published by the portal.
    values = leipzig.values
    at = {
        area: values.index[
            (values["area_id"] == area)
            & (values["indicator_id"] == "unemployed_55p")
            & (values["period"] == "2005")
        ][0]
        for area in ("4", "40", "41")
    }
    told = values.copy()
    told.loc[at["41"], ["value", "status"]] = (np.nan, "suppressed")
    changed = withhold_sensitive(replace(leipzig, values=told))
    _, exposed = exposed_counts(changed)
    assert exposed.query("period == '2005'")["area_id"].tolist() == ["sub_district 41"]
    mended = withhold_periods(changed, {"2005"})
    assert mended.for_others >= 1
    _, left = exposed_counts(replace(mended, proven=frozenset()))
    assert not (left["period"] == "2005").any()
