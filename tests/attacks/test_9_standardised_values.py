"""Attack 9: location quotients and z-scores are turned back into what they were computed from.

A location quotient has one unknown; an index over all areas has mean 0, so the last one is what the others lack. The
service publishes a status index made of z-scores of shares; it has no location quotients yet.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

SHARES = ("unemployed_share", "transfer_share", "child_poverty_share")


def invert_index(index: pd.Series, shares: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Learn the index's formula from areas with all numbers, and solve it where one share is withheld.

    And where a single index is withheld, take it from the mean, which is 0.
    """
    index = index.astype(float).copy()
    lost = index[index.isna()].index
    if len(lost) == 1:
        index[lost[0]] = -index.sum()
    whole = index.notna() & shares.notna().all(axis=1)
    if whole.sum() < shares.shape[1] + 2:
        return {}
    inputs = np.column_stack([np.ones(int(whole.sum())), shares[whole]])
    formula, *_ = np.linalg.lstsq(inputs, index[whole].to_numpy(), rcond=None)
    if np.abs(inputs @ formula - index[whole]).max() > 1e-6 * max(1.0, index.abs().max()):
        return {}
    found = {}
    for area in index.index[index.notna() & (shares.isna().sum(axis=1) == 1)]:
        name = shares.columns[shares.loc[area].isna()][0]
        others = sum(
            formula[1 + at] * shares.loc[area, other]
            for at, other in enumerate(shares.columns)
            if other != name
        )
        found[area, name] = (index[area] - formula[0] - others) / formula[
            1 + list(shares.columns).index(name)
        ]
    return found


def invert_quotient(quotient: float, whole: float, city_part: float, city_whole: float) -> float:
    """Solve (part / whole) / (city's part / city's whole) for the part."""
    return quotient * whole * city_part / city_whole


@pytest.fixture
def careless():
    """Shares of eight areas, and an index of all of them of which no value is left out."""
    rng = np.random.default_rng(5)
    shares = pd.DataFrame(rng.uniform(2, 30, size=(8, 3)), index=list("abcdefgh"), columns=list(SHARES))
    scores = ((shares - shares.mean()) / shares.std(ddof=0)).sum(axis=1)
    return shares, (scores - scores.mean()) / scores.std(ddof=0)


def test_it_recovers_a_share_that_an_index_of_all_areas_contains(careless, score):
    shares, index = careless
    shown = shares.copy()
    shown.loc["c", "transfer_share"] = np.nan
    score(9, careless=len(invert_index(index, shown)))
    assert invert_index(index, shown) == {
        ("c", "transfer_share"): pytest.approx(shares.loc["c", "transfer_share"])
    }


def test_it_recovers_a_withheld_index_from_the_mean(careless):
    shares, index = careless
    shown = shares.copy()
    shown.loc["c", "transfer_share"] = np.nan
    found = invert_index(index.mask(index.index == "c"), shown)
    assert found == {("c", "transfer_share"): pytest.approx(shares.loc["c", "transfer_share"])}


def test_scores_of_published_values_say_nothing_of_the_others(careless):
    shares, _ = careless
    status = pd.Series("measured", index=shares.index)
    status["c"] = "suppressed"
    shown = shares.mask(status == "suppressed")
    scores = ((shown - shown.mean()) / shown.std(ddof=0))[list(SHARES)].sum(axis=1, skipna=False)
    # One index is missing, but the mean of the others is 0 without it: what is "recovered" is the mean of the others.
    for (area, name), value in invert_index(scores, shown).items():
        assert value != pytest.approx(shares.loc[area, name], rel=0.01)
    assert invert_index(scores.drop("c"), shown.drop("c")) == {}


def test_it_recovers_the_part_behind_a_location_quotient():
    # 2 of 150 in the area, 500 of 50,000 in the city: LQ = 1.333…
    quotient = (2 / 150) / (500 / 50_000)
    assert invert_quotient(quotient, 150, 500, 50_000) == pytest.approx(2)


@pytest.mark.db
@pytest.mark.parametrize("level", ["district", "sub_district", "statistical_district", "block"])
def test_the_index_of_the_service_gives_no_withheld_share_away(client, level, score):
    def column(indicator: str) -> pd.Series:
        answer = client.get(
            f"/collections/sample.{level}/items",
            params={"limit": 10_000, "indicator": indicator, "period": "2022"},
        ).json()
        return pd.Series({one["id"]: one["properties"]["value"] for one in answer["features"]}, dtype=float)

    index, shares = column("status_index"), pd.DataFrame({name: column(name) for name in SHARES})
    # An index is published for areas with all shares alone, and they alone make up its mean.
    assert shares[index.notna()].notna().all(axis=None)
    assert abs(index.mean()) < 1e-9
    if level == "district":
        assert shares.notna().all(axis=None)  # no share is withheld up there
    found = {key: value for key, value in invert_index(index, shares).items() if index.notna()[key[0]]}
    score(9, served=len(found))
    assert found == {}


@pytest.mark.db
def test_the_service_publishes_no_location_quotients(served):
    assert not [
        name for name in {cell[2] for cell in served.statuses} if "quotient" in name or name.startswith("lq")
    ]
