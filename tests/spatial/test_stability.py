"""The share of variants that contain an area: bounds, repeatability, and what cannot matter."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import NeighbourGraph, ParameterError
from spatial.regions import RegionLimits
from spatial.regions.scenarios.scenario import PlanningData, Scenario
from spatial.regions.scenarios.stability import stability, variants

IDS = pd.Index([f"{i:02d}" for i in range(5)])
ROW = NeighbourGraph(area_id=IDS, first=np.arange(4), second=np.arange(1, 5), border=np.full(4, 50.0))
BASE = Scenario(name="base", threshold=1.0, border_price=0.1, inertia=0.2)


def data(need=(3.0, 1.3, 1.0, 0.7, -3.0), **options):
    return PlanningData(need=pd.Series(need, IDS), population=pd.Series(100, IDS), **options)


def test_the_share_is_that_of_the_thresholds_below_the_need():
    # Thresholds 0.5, 1.0, 1.5 without a price: 3.0 is above all, 1.3 above two, 1.0 and 0.7 above one, −3 above none.
    asked = [Scenario(name=str(one), threshold=one, border_price=0) for one in (0.5, 1.0, 1.5)]
    found = stability(asked, data(), ROW)
    assert found.share.tolist() == pytest.approx([1, 2 / 3, 1 / 3, 1 / 3, 0])
    assert found.standing.tolist() == ["always", "mostly", "sometimes", "sometimes", "never"]
    assert found.summary()["residents"].to_dict() == {
        "always": 100,
        "mostly": 100,
        "sometimes": 200,
        "never": 100,
    }
    assert found.runs["areas"].tolist() == [4, 2, 1]


def test_variants_stay_within_what_was_asked_and_begin_with_the_base():
    given_ = Scenario(
        name="b", threshold=1.0, border_price=0.2, inertia=0.2, weights=(("x", 1.0), ("y", 2.0))
    )
    drawn = variants(
        given_,
        200,
        threshold=0.3,
        border_price=0.5,
        inertia=1.0,
        weights=0.2,
        periods=["2017", "2019"],
        draw_values=True,
    )
    assert drawn[0] == given_
    rest = drawn[1:]
    assert all(0.7 <= one.threshold <= 1.3 for one in rest)
    assert all(0.1 <= one.border_price <= 0.3 for one in rest)
    assert all(0 <= one.inertia <= 0.4 for one in rest)
    assert all(1.6 <= dict(one.weights)["y"] <= 2.4 for one in rest)
    assert {one.period for one in rest} == {"2017", "2019"}
    assert len({one.draw for one in rest}) == len({one.name for one in rest}) == 199
    assert variants(given_, 50, threshold=0.3, seed=3) == variants(given_, 50, threshold=0.3, seed=3)


def test_value_uncertainty_makes_only_the_border_cases_uncertain():
    asked = variants(Scenario(name="b", threshold=1.0, border_price=0.0), 200, draw_values=True)
    share = stability(asked, data(standard_error=0.2), ROW).share
    assert share.iloc[0] == 1
    assert share.iloc[4] == 0
    assert 0.3 < share.iloc[2] < 0.7
    # 1.3 lies 1.5 standard errors above the threshold: 93 %, within 200 draws ± 4 %.
    assert 0.87 < share.iloc[1] < 0.99


def test_variants_that_allow_nothing_are_counted_apart():
    asked = [BASE, Scenario(name="no", threshold=1, border_price=0, limits=RegionLimits(least_residents=900))]
    existing = pd.Series(None, IDS, dtype="str")
    found = stability(asked, data(), ROW, existing=existing)
    assert (found.refused, len(found.runs)) == (1, 2)
    with pytest.raises(ParameterError, match="least_residents"):
        stability(asked[1:], data(), ROW)


def test_no_variants_and_ranges_that_are_none_are_refused():
    with pytest.raises(ParameterError, match="at least one variant"):
        stability([], data(), ROW)
    for wrong in ({"threshold": -1.0}, {"weights": 1.5}, {"count": 0}):
        with pytest.raises(ParameterError):
            variants(BASE, **wrong)


def test_two_processes_give_what_one_gives():
    asked = variants(BASE, 20, threshold=0.5, draw_values=True)
    existing = pd.Series(["W", None, None, None, None], IDS)
    plain = stability(asked, data(standard_error=0.2), ROW, existing=existing)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        shared = stability(asked, data(standard_error=0.2), ROW, existing=existing, pool=pool)
    assert shared.share.equals(plain.share)
    assert shared.runs.equals(plain.runs)


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(5)), st.integers(0, 50))
def test_the_order_of_rows_is_irrelevant(order, seed):
    asked = variants(BASE, 5, threshold=0.5, border_price=0.5, draw_values=True, seed=seed)
    existing = pd.Series(["W", None, None, None, None], IDS)
    plain = stability(asked, data(standard_error=0.3), ROW, existing=existing)
    need, people = (one.iloc[order] for one in (data().need, data().population))
    mixed = PlanningData(need=need, population=people, standard_error=0.3)
    assert stability(asked, mixed, ROW, existing=existing).share.equals(plain.share)
    assert plain.share.between(0, 1).all()
