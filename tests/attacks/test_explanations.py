"""Explanations of an index: parts, limits, flips and ranks say nothing that the published values do not say.

A part is the distance of a share from the mean of all areas: from two areas that are shown with their shares, the
attacker has the mean and the scale, and with the mean what the areas that are not shown have together.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from etl.index_explanations import Chance, explanation_rows
from indicators.explanation.explained import explained_index
from indicators.methods import shipped_method
from indicators.sample import SAMPLE_INDICATORS

METHOD = shipped_method("sample-status")
SHARES = METHOD.columns
BELOW = ("district", "sub_district", "statistical_district", "block")


def read_the_mean(parts: pd.Series, shares: pd.Series) -> float:
    """Return the mean that parts are measured against: where a part is 0. Two areas are enough."""
    slope, start = np.polyfit(shares[parts.index], parts, 1)
    return float(-start / slope)


def take_the_hidden_one(parts: pd.Series, shares: pd.Series, areas: int) -> float:
    """Return the share of a single area that is in the mean, but not shown."""
    return areas * read_the_mean(parts, shares) - float(shares.sum())


def features(client, level: str, indicator: str, period: str) -> pd.DataFrame:
    answer = client.get(
        f"/collections/sample.{level}/items",
        params={"limit": 10_000, "indicator": indicator, "period": period},
    ).json()
    rows = {one["id"]: one["properties"] for one in answer["features"]}
    return pd.DataFrame.from_dict(rows, orient="index")[["value", "status"]]


def explanations(client, level: str, period: str) -> list[dict]:
    found, after = [], ""
    while True:
        answer = client.get(
            "/cities/sample/indices/status_index/explanations",
            params={"geography": level, "period": period, "limit": 1000, "after": after},
        ).json()
        found += answer["explanations"]
        if not any(link["rel"] == "next" for link in answer["links"]):
            return found
        after = found[-1]["area"]["id"]


def known_shares(client, level: str, period: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    columns = {name: features(client, level, name, period) for name in SHARES}
    values = pd.DataFrame({name: one["value"] for name, one in columns.items()}).astype(float)
    return values.sort_index(), pd.DataFrame(
        {name: one["status"] for name, one in columns.items()}
    ).sort_index()


def test_it_recovers_a_share_that_the_parts_of_others_rest_on() -> None:
    rng = np.random.default_rng(4)
    shares = pd.DataFrame(rng.uniform(2, 30, (9, 3)), columns=list(SHARES), index=list("abcdefghi"))
    careless = explained_index(shares, shares.notna().replace(True, "measured"), METHOD)
    shown = careless.parts.contributions["transfer_share"].drop("c")
    found = take_the_hidden_one(shown, shares["transfer_share"].drop("c"), 9)
    assert found == pytest.approx(shares.loc["c", "transfer_share"])


def test_it_recovers_nothing_where_only_published_shares_go_in() -> None:
    rng = np.random.default_rng(4)
    shares = pd.DataFrame(rng.uniform(2, 30, (9, 3)), columns=list(SHARES), index=list("abcdefghi"))
    states = shares.notna().replace(True, "measured").astype(object)
    hidden, withheld = shares.copy(), states.copy()
    hidden.loc["c", "transfer_share"], withheld.loc["c", "transfer_share"] = np.nan, "suppressed"
    shown = explained_index(hidden, withheld, METHOD).parts.contributions["transfer_share"].drop("c")
    published = shares["transfer_share"].drop("c")
    # The mean is that of the eight that are shown, whatever the ninth is.
    assert read_the_mean(shown, published) == pytest.approx(published.mean())
    assert take_the_hidden_one(shown, published, 8) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("level", BELOW)
def test_the_parts_of_the_service_are_measured_against_published_shares(client, level: str) -> None:
    values, _ = known_shares(client, level, "2022")
    rows = {one["area"]["id"]: one for one in explanations(client, level, "2022")}
    assert set(rows) == set(values.index)
    explained = [area for area, one in rows.items() if one["value"] is not None]
    assert values.loc[explained].notna().all(axis=None)
    for name in SHARES:
        parts = pd.Series({area: rows[area]["contributions"][name] for area in explained})
        shares = values.loc[explained, name]
        assert read_the_mean(parts, shares) == pytest.approx(shares.mean(), abs=1e-5)
        assert take_the_hidden_one(parts, shares, len(explained)) == pytest.approx(
            0, abs=1e-3 * len(explained)
        )


@pytest.mark.parametrize("level", BELOW)
def test_where_a_share_is_withheld_nothing_is_explained(client, level: str) -> None:
    values, states = known_shares(client, level, "2021")
    hidden = set(values.index[states.eq("suppressed").any(axis=1)])
    rows = {one["area"]["id"]: one for one in explanations(client, level, "2021")}
    for area in hidden:
        one = rows[area]
        told = {
            "value", "rank", "rank_low", "rank_high", "area_class", "class_kept", "nearest",
        }  # fmt: skip
        assert {name: one[name] for name in told} == dict.fromkeys(told)
        assert one["contributions"] == {}
        assert "zurückgehalten" in one["reason"]["de"]
        assert not any(
            letter.isdigit() for letter in one["reason"]["en"].replace("15", "")
        )  # "aged under 15"
    if level == "block":
        assert hidden


@pytest.mark.parametrize(("level", "period"), [("statistical_district", "2022"), ("block", "2020")])
def test_everybody_can_compute_the_explanations_from_what_is_served(client, level: str, period: str) -> None:
    """The strongest statement: not one number of an explanation needs more than the published values."""
    values, states = known_shares(client, level, period)
    definitions = {one.id: one for one in SAMPLE_INDICATORS if one.id in SHARES}
    counts = [
        features(client, level, name, period)["value"]
        .rename_axis("area_id")
        .reset_index()
        .assign(indicator_id=name, period=period, ci_low=np.nan, ci_high=np.nan)
        for name in sorted({str(one.denominator) for one in definitions.values()})
    ]
    mine = explanation_rows(
        values.rename_axis("area_id"),
        states,
        METHOD,
        Chance.from_rows(definitions, pd.concat(counts)),
        vintage_id=0,
        period=period,
        labels=None,
    ).set_index("area_id")
    for one in explanations(client, level, period):
        own = mine.loc[one["area"]["id"]]
        for served, name in (("rank", "rank"), ("rank_low", "rank_low"), ("rank_high", "rank_high"),
                             ("area_class", "class"), ("class_kept", "kept")):  # fmt: skip
            assert one[served] == (None if pd.isna(own[name]) else own[name]), (one["area"], served)
        if one["nearest"] is not None:
            assert one["nearest"]["limit"] in (own["limit_less_need"], own["limit_more_need"])


def test_the_flips_of_the_service_start_from_published_shares(client) -> None:
    values, _ = known_shares(client, "statistical_district", "2022")
    for area in values.index[:15]:
        answer = client.get(
            "/cities/sample/indices/status_index/explanation",
            params={"area": area, "geography": "statistical_district", "period": "2022"},
        ).json()
        for part in answer["contributions"]:
            assert part["value"] == pytest.approx(values.loc[area, part["indicator"]["id"]])
