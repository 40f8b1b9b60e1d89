"""Scenarios side by side: one row each, the first as the yardstick."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from spatial import NeighbourGraph, ParameterError
from spatial.regions import RegionLimits
from spatial.regions.scenarios.runs import run_scenarios
from spatial.regions.scenarios.scenario import PlanningData, Scenario

IDS = pd.Index(["a", "b", "c"])
ROW = NeighbourGraph(
    area_id=IDS, first=np.array([0, 1]), second=np.array([1, 2]), border=np.array([50.0, 50.0])
)


def scenario(name, **options):
    return Scenario(**({"name": name, "threshold": 1.0, "border_price": 0.0} | options))


def data(*need):
    return PlanningData(need=pd.Series(need, IDS), population=pd.Series([100, 200, 100], IDS))


def test_residents_in_common_with_the_first_are_counted():
    # The first has a and c, 200 residents; with a price b comes in too: 200 of 400 in common.
    runs = run_scenarios([scenario("plain"), scenario("smooth", border_price=1.0)], data(1.5, 0.9, 1.5), ROW)
    assert runs.table["residents"].tolist() == [200, 400]
    assert runs.table["common_residents"].tolist() == [200, 200]
    assert runs.table["jaccard"].tolist() == [1, 0.5]
    assert runs.to_frame()["smooth"].tolist() == ["1", "1", "1"]
    assert repr(runs) == "ScenarioRuns(2 of 2 scenarios, 0 refused)"


def test_periods_bring_their_own_values():
    values = {"2017": data(1.5, 0.0, 0.0), "2019": data(0.0, 0.0, 1.5)}
    runs = run_scenarios([scenario("old", period="2017"), scenario("new", period="2019")], values, ROW)
    assert runs.table["jaccard"].tolist() == [1, 0]
    with pytest.raises(ParameterError, match="one of 2017, 2019"):
        run_scenarios([scenario("none")], values, ROW)


def test_a_scenario_whose_limits_allow_nothing_is_told_and_the_others_run():
    runs = run_scenarios(
        [scenario("plain"), scenario("too much", limits=RegionLimits(least_residents=500))],
        data(1.5, 0.9, 1.5),
        ROW,
    )
    assert list(runs.proposals) == ["plain"]
    assert "at most 400" in runs.refused["too much"]
    assert runs.table["refused"].tolist()[0] == ""
    assert np.isnan(runs.table.loc["too much", "residents"])


def test_two_scenarios_of_one_name_and_none_at_all_are_refused():
    for wrong in ([scenario("x"), scenario("x")], []):
        with pytest.raises(ParameterError, match="a name of its own"):
            run_scenarios(wrong, data(1.5, 0.9, 1.5), ROW)


def test_a_pool_of_any_size_gives_the_same_table():
    asked = [scenario(str(price), border_price=price) for price in np.linspace(0, 2, 9)]
    plain = run_scenarios(asked, data(1.5, 0.9, 1.5), ROW)
    for workers in (1, 3):
        with ThreadPoolExecutor(workers) as pool:
            assert run_scenarios(asked, data(1.5, 0.9, 1.5), ROW, pool=pool).table.equals(plain.table)
