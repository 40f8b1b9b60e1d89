"""A small city that proposes priority areas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Engine

from db.queries import proposals, scenarios
from etl.cities import city_profile
from etl.compute import compute_city, compute_scenario
from etl.jobs.contract import Outcome
from etl.sample_city.parameters import SampleCityParameters
from etl.sample_city.source import SampleSource

PROFILE = replace(
    city_profile("sample"), source=SampleSource(SampleCityParameters(blocks=600, first_year=2020, years=3))
)


def _quiet(_name: str, _share: float | None = None) -> None:
    """Progress nobody looks at."""


@pytest.fixture(scope="session")
def quiet() -> Callable[..., None]:
    """Progress nobody looks at."""
    return _quiet


def _propose(engine: Engine, **changes: Any) -> Outcome:
    return compute_city(
        engine, PROFILE, requested_by="test", code_version="test", progress=_quiet, changes=changes
    )[-1]


@pytest.fixture(scope="session")
def propose() -> Callable[..., Outcome]:
    """Propose priority areas; what is changed is named."""
    return _propose


def _found(engine: Engine, run_id: int | None = None) -> tuple[Mapping[str, Any], pd.DataFrame]:
    with engine.connect() as connection:
        run = proposals.find_run(connection, "sample", run_id=run_id)
        return run, proposals.read_areas(connection, run["id"])


@pytest.fixture(scope="session")
def found() -> Callable[..., tuple[Mapping[str, Any], pd.DataFrame]]:
    """Return the passport of a run and its areas."""
    return _found


def _keep(engine: Engine, name: str, **changes: Any) -> None:
    stored = replace(PROFILE.proposal, **changes).to_dict() | {"period": None}
    with engine.begin() as connection:
        scenarios.put(connection, "sample", name, stored, by="test", replace=True)


@pytest.fixture(scope="session")
def keep() -> Callable[..., None]:
    """Keep a scenario under its name."""
    return _keep


def _run_scenario(engine: Engine, name: str) -> Outcome:
    return compute_scenario(engine, PROFILE, name, requested_by="test", code_version="test", progress=_quiet)


@pytest.fixture(scope="session")
def run_scenario() -> Callable[..., Outcome]:
    """Compute a scenario."""
    return _run_scenario
