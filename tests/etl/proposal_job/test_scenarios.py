"""Scenarios, needs of other weights, and parameters that make no sense."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from db import jobs
from db.queries import proposals
from etl.errors import EtlError
from etl.jobs.contract import Outcome
from etl.planning.parameters import ProposalParameters
from etl.worker import work_once

pytestmark = pytest.mark.db


def test_a_scenario_leaves_the_citys_own_proposal_and_is_not_run_twice(
    keep, propose, run_scenario, small_city: Engine
) -> None:
    own = propose(small_city)
    keep(small_city, "wide", threshold=0.5)
    keep(small_city, "narrow", threshold=1.5)
    wide, narrow = run_scenario(small_city, "wide"), run_scenario(small_city, "narrow")
    assert wide.summary["areas"] > own.summary["areas"] > narrow.summary["areas"]
    assert not run_scenario(small_city, "wide").created
    with small_city.connect() as connection:
        assert proposals.find_run(connection, "sample")["id"] == own.run_id
        assert proposals.find_run(connection, "sample", scenario="wide")["id"] == wide.run_id


def test_the_scenario_called_standard_is_what_the_city_proposes_with(
    keep, propose, run_scenario, small_city: Engine
) -> None:
    keep(small_city, "standard", threshold=0.5)
    own = propose(small_city)
    with small_city.connect() as connection:
        assert proposals.find_run(connection, "sample", scenario="standard")["id"] == own.run_id
    assert own.summary["areas"] == run_scenario(small_city, "standard").summary["areas"]


def test_the_worker_runs_a_scenario(keep, quiet, small_city: Engine) -> None:
    keep(small_city, "wide", threshold=0.5)
    with small_city.begin() as connection:
        jobs.request(
            connection, city_id="sample", kind="scenario", parameters={"name": "wide"}, requested_by="test"
        )
        jobs.request(
            connection, city_id="sample", kind="scenario", parameters={"name": "none"}, requested_by="test"
        )
    done = work_once(small_city, code_version="test", progress=quiet)
    assert isinstance(done, Outcome)
    assert done.kind == "scenario"
    assert "no scenario 'none'; scenarios: wide" in str(
        work_once(small_city, code_version="test", progress=quiet)
    )


def test_weights_make_a_need_of_their_own_with_its_uncertainty(
    found, keep, run_scenario, small_city: Engine
) -> None:
    keep(small_city, "weights", weights={"unemployed_share": 2.0, "child_poverty_share": 1.0})
    outcome = run_scenario(small_city, "weights")
    _, table = found(small_city, outcome.run_id)
    assert table["need"].mean() == pytest.approx(0.0, abs=1e-9)
    assert table["need"].std(ddof=0) == pytest.approx(1.0)
    assert outcome.summary["draws"] == 200


def test_deficits_in_several_disciplines_are_fewer_than_in_one(
    keep, run_scenario, small_city: Engine
) -> None:
    weights = {"unemployed_share": 1.0, "child_poverty_share": 1.0}
    keep(small_city, "one", weights=weights, at_least=1)
    keep(small_city, "both", weights=weights, at_least=2)
    one, both = run_scenario(small_city, "one"), run_scenario(small_city, "both")
    assert 0 < both.summary["areas"] < one.summary["areas"]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"threshold": np.nan}, "threshold is nan; give a finite number"),
        ({"margin": 0.0}, "margin is 0.0; give a finite number, above 0"),
        ({"inertia": -1.0}, "inertia is -1.0; give a finite number, at least 0"),
        ({"threshold": 1e308}, r"threshold is 1e\+308; give a number of at most 10,000,000"),
        ({"kind": "yellow"}, "kind is 'yellow'; give one of: blue, red, green"),
        ({"kind": "red"}, "kind red without weights"),
        ({"weights": {"x": 2.0, "y": 1.0}, "at_least": 2}, "give each the weight 1"),
        ({"resamples": 1}, "resamples is 1"),
        ({"at_least": 2}, "at_least without weights"),
        ({"weights": {}}, "give a number for at least one indicator"),
        ({"weights": {"x": float("inf")}}, "weights of x are no finite numbers"),
        ({"weights": {"x": 1.0}, "at_least": 2}, "at_least is 2, of 1 disciplines"),
        ({"locked": {"1": " "}}, "locked without a reason: 1"),
        ({"inside": {"1": "a"}, "outside": {"1": "b"}}, "areas both inside and outside: 1"),
        ({"speed": 1}, "unknown parameter"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(wrong: dict[str, Any], reason: str) -> None:
    with pytest.raises(EtlError, match=reason):
        ProposalParameters.from_dict(wrong)


@pytest.mark.parametrize(
    ("weights", "reason"),
    [
        ({"shoe_size": 1.0}, r"no indicator\(s\) shoe_size"),
        ({"residents": 1.0}, "residents: neither high nor low is need"),
    ],
)
def test_weights_of_what_is_no_need_are_refused(
    propose, small_city: Engine, weights: dict[str, float], reason: str
) -> None:
    with pytest.raises(EtlError, match=reason):
        propose(small_city, weights=weights)
