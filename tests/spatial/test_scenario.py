"""Parameters under a name: stored and read back, the same need from the same numbers."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import AlignmentError, ParameterError
from spatial.regions import RegionLimits
from spatial.regions.scenarios.scenario import PlanningData, Scenario

IDS = [f"{i:02d}" for i in range(6)]


def test_a_scenario_survives_being_written_as_json():
    full = Scenario(
        name="wide",
        threshold=0.8,
        border_price=0.3,
        inertia=0.2,
        limits=RegionLimits(least_residents=2000, most_share=0.2, most_regions=5),
        period="2019",
        weights=(("poverty", 2.0), ("health", 1.0)),
        draw=3,
        seed=7,
    )
    assert Scenario.from_dict(json.loads(json.dumps(full.to_dict()))) == full
    assert full.weights == (("health", 1.0), ("poverty", 2.0))
    assert Scenario(name="x", threshold=1, border_price=0).to_dict()["limits"]["most_residents"] is None


def test_the_fingerprint_follows_every_parameter_but_the_name():
    base = Scenario(name="a", threshold=1.0, border_price=0.3)
    assert base.fingerprint == Scenario(name="b", threshold=1.0, border_price=0.3).fingerprint
    others = [
        {"threshold": 1.1},
        {"inertia": 0.1},
        {"limits": {"most_share": 0.5}},
        {"period": "2017"},
        {"seed": 1},
        {"draw": 0},
        {"weights": {"health": 1.0}},
    ]
    hashes = {Scenario.from_dict(base.to_dict() | one).fingerprint for one in others}
    assert len(hashes | {base.fingerprint}) == len(others) + 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"threshold": math.nan},
        {"border_price": -1},
        {"inertia": math.inf},
        {"draw": -1},
        {"weights": {}},
        {"weights": {"health": math.nan}},
        {"limits": {"least": 3}},
        {"colour": "blue"},
    ],
)
def test_what_makes_no_scenario_is_refused(wrong):
    with pytest.raises(ParameterError):
        Scenario.from_dict({"name": "a", "threshold": 1.0, "border_price": 0.3} | wrong)
    with pytest.raises(ParameterError, match="without"):
        Scenario.from_dict({"name": "a"})


def test_weighted_indicators_are_standardised_where_all_of_them_are_known():
    # 2 · poverty + health: 1, 3, and unknown; mean 2, spread 1. The indicator with weight 0 does not matter.
    table = pd.DataFrame({"poverty": [0, 1, 2], "health": [1, 1, None], "rent": [None, 1, 1]}, index=IDS[:3])
    data = PlanningData(population=pd.Series(10, IDS[:3]), indicators=table)
    weights = (("poverty", 2.0), ("health", 1.0), ("rent", 0.0))
    need = data.need_of(Scenario(name="x", threshold=1, border_price=0, weights=weights))
    assert need.tolist() == pytest.approx([-1, 1, math.nan], nan_ok=True)


def test_data_that_do_not_fit_are_refused():
    population = pd.Series(10, IDS)
    with pytest.raises(ParameterError, match="need"):
        PlanningData(population=population)
    with pytest.raises(AlignmentError):
        PlanningData(population=population, indicators=pd.DataFrame({"a": [1.0]}, index=["zz"]))
    data = PlanningData(population=population, indicators=pd.DataFrame({"a": 1.0, "b": range(6)}, index=IDS))
    scenario = {"name": "x", "threshold": 1, "border_price": 0}
    with pytest.raises(ParameterError, match="any of a, b"):
        data.need_of(Scenario(**scenario, weights=(("c", 1.0),)))
    with pytest.raises(ParameterError, match="the areas differ"):
        data.need_of(Scenario(**scenario, weights=(("a", 1.0),)))
    plain = PlanningData(population=population, need=pd.Series(1.0, IDS), standard_error=-1.0)
    with pytest.raises(ParameterError, match="standard_error"):
        plain.need_of(Scenario(**scenario, draw=0))
    with pytest.raises(ParameterError, match="weights"):
        plain.need_of(Scenario(**scenario, weights=(("a", 1.0),)))


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(6)), st.integers(0, 100))
def test_a_draw_is_the_same_in_any_order_of_rows(order, draw):
    people, need = pd.Series(10, IDS), pd.Series(np.arange(6.0), IDS)
    error = pd.Series([0, 0.1, 0.2, 0.3, 0.4, 0.5], IDS)
    scenario = Scenario(name="x", threshold=1, border_price=0, draw=draw)
    plain = PlanningData(population=people, need=need, standard_error=error).need_of(scenario)
    mixed = PlanningData(population=people.iloc[order], need=need, standard_error=error).need_of(scenario)
    assert mixed[IDS].tolist() == plain.tolist()
    assert plain["00"] == 0.0
