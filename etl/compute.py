"""All computations of a city in their order, each in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine

from db.queries import areas
from db.queries.city_lock import lock_city
from etl.cities import CityProfile
from etl.errors import EtlError
from etl.jobs import access, alerts, conversion, proposal, scenario, segregation, shares, status_index
from etl.jobs.contract import Context, Outcome, Skipped
from etl.jobs.segregation import SegregationParameters
from etl.journal import Journal
from etl.planning.parameters import ProposalParameters
from etl.schedulers import Place
from etl.source import Progress

__all__ = [
    "compute_alerts",
    "compute_city",
    "compute_conversions",
    "compute_scenario",
    "compute_segregation",
]


def compute_city(
    engine: Engine,
    profile: CityProfile,
    *,
    requested_by: str,
    code_version: str,
    progress: Progress,
    parameters: ProposalParameters | None = None,
    changes: Mapping[str, Any] | None = None,
    period: str | None = None,
) -> list[Outcome | Skipped]:
    """Compute shares, status index, alerts, segregation and the proposal; what is up to date is left alone.

    `parameters` are those of the proposal; `changes` are made to what the city proposes with.
    Without a rule that is switched on there is no outcome of the alerts. What a city has nothing for, groups or a
    method, is left out with a sentence.
    """
    if changes:  # what makes no sense is refused before anything is computed
        ProposalParameters.from_dict(profile.proposal.to_dict() | dict(changes))
    step = _steps(engine, profile, requested_by=requested_by, code_version=code_version, progress=progress)
    shared = step(shares.run)
    with _transaction(
        engine, profile, requested_by=requested_by, code_version=code_version, progress=progress
    ) as context:
        near = access.run(context, shares_run=shared.run_id)
    with _transaction(
        engine, profile, requested_by=requested_by, code_version=code_version, progress=progress
    ) as context:
        index = status_index.run(context, shares_run=shared.run_id)
    outcomes: list[Outcome | Skipped] = [shared, *near, index]
    with _transaction(
        engine, profile, requested_by=requested_by, code_version=code_version, progress=progress
    ) as context:
        warned = alerts.run(context)
    outcomes += [] if warned is None else [warned]
    with _transaction(
        engine, profile, requested_by=requested_by, code_version=code_version, progress=progress
    ) as context:
        converted = conversion.run(context)
    outcomes += [] if converted is None else [converted]
    if profile.segregation:
        outcomes.append(step(segregation.run))
    else:
        outcomes.append(Skipped(kind=segregation.KIND, reason="the city names no groups"))
    with _transaction(
        engine, profile, requested_by=requested_by, code_version=code_version, progress=progress
    ) as context:
        weights = (parameters or proposal.city_parameters(context)[0]).weights or (changes or {}).get(
            "weights"
        )
        if profile.methods or weights:
            outcomes.append(
                proposal.run(
                    context,
                    index_run=index.run_id if isinstance(index, Outcome) else shared.run_id,
                    parameters=parameters,
                    changes=changes,
                    period=period,
                )
            )
        else:
            reason = "the city has no status method and no weights to propose by"
            outcomes.append(Skipped(kind=proposal.KIND, reason=reason))
    return outcomes


def compute_segregation(
    engine: Engine,
    profile: CityProfile,
    *,
    requested_by: str,
    code_version: str,
    progress: Progress,
    parameters: SegregationParameters | None = None,
    place: Place | None = None,
    journal: Journal | None = None,
) -> Outcome:
    """Compute segregation alone, with parameters of one's own, here or on a cluster."""
    step = _steps(engine, profile, requested_by=requested_by, code_version=code_version, progress=progress)
    return step(lambda context: segregation.run(context, parameters=parameters, place=place, journal=journal))


def compute_scenario(
    engine: Engine,
    profile: CityProfile,
    name: str,
    *,
    requested_by: str,
    code_version: str,
    progress: Progress,
) -> Outcome:
    """Propose with the parameters of a stored scenario."""
    step = _steps(engine, profile, requested_by=requested_by, code_version=code_version, progress=progress)
    return step(lambda context: scenario.run(context, name))


def compute_conversions(
    engine: Engine, profile: CityProfile, *, requested_by: str, code_version: str, progress: Progress
) -> Outcome | None:
    """Convert published values with the crosswalks of a city; None when it has none."""
    with _transaction(
        engine, profile, requested_by=requested_by, code_version=code_version, progress=progress
    ) as context:
        return conversion.run(context)


def compute_alerts(
    engine: Engine,
    profile: CityProfile,
    *,
    requested_by: str,
    code_version: str,
    progress: Progress,
    period: str | None = None,
) -> Outcome | None:
    """Evaluate the rules that are switched on, for one period or each rule's newest; None when there are none."""
    with _transaction(
        engine, profile, requested_by=requested_by, code_version=code_version, progress=progress
    ) as context:
        return alerts.run(context, period=period)


def _steps(
    engine: Engine, profile: CityProfile, *, requested_by: str, code_version: str, progress: Progress
) -> Callable[[Callable[[Context], Outcome]], Outcome]:
    def step(work: Callable[[Context], Outcome]) -> Outcome:
        with _transaction(
            engine, profile, requested_by=requested_by, code_version=code_version, progress=progress
        ) as context:
            return work(context)

    return step


@contextmanager
def _transaction(
    engine: Engine, profile: CityProfile, *, requested_by: str, code_version: str, progress: Progress
) -> Iterator[Context]:
    with engine.begin() as connection:
        lock_city(connection, profile.source.city_id)
        if not areas.geographies(connection, profile.source.city_id):
            city = profile.source.city_id
            raise EtlError(f"{city}: nothing is loaded yet; run 'sozialraum load {city}' first")
        yield Context(
            connection=connection,
            profile=profile,
            requested_by=requested_by,
            code_version=code_version,
            progress=progress,
        )
