"""The worker: takes what was asked for from the job table and does it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from db import jobs
from db.errors import DatabaseError
from db.queries.city_lock import lock_city
from etl.cities import city_profile
from etl.errors import EtlError
from etl.jobs import alerts, proposal, scenario
from etl.jobs.contract import Context, Outcome
from etl.jobs.proposal import newest_index
from etl.planning.parameters import ProposalParameters
from etl.source import Progress
from indicators.errors import IndicatorError
from spatial.errors import SpatialError

__all__ = ["work_once"]

_LOG = logging.getLogger("sozialraum.worker")
_REFUSALS = (EtlError, DatabaseError, IndicatorError, SpatialError)


def work_once(engine: Engine, *, code_version: str, progress: Progress) -> Outcome | str | None:
    """Do the oldest open job; return its outcome, the reason it failed, or None when there is nothing to do."""
    with engine.begin() as connection:
        job = jobs.claim(connection)
    if job is None:
        return None
    try:
        with engine.begin() as connection:
            if not jobs.hold(connection, job):
                return f"job {job['id']}: another worker has it"
            lock_city(connection, job["city_id"])
            context = Context(
                connection=connection,
                profile=city_profile(job["city_id"], connection),
                requested_by=job["requested_by"],
                code_version=code_version,
                progress=progress,
            )
            outcome = _run(context, job["kind"], job["parameters"])
            jobs.finish(connection, job["id"], run_id=outcome.run_id)
            return outcome
    except _REFUSALS as error:
        return _failed(engine, job, str(error))
    except DBAPIError as error:
        if (
            error.connection_invalidated
        ):  # the server is gone: nothing can be noted, the job is left for later
            raise
        return _failed(engine, job, "the database refused the result; the worker's log has the reason", error)
    except Exception as error:  # noqa: BLE001  (a job must never take the worker with it)
        return _failed(engine, job, "unexpected error; the worker's log has it", error)


def _failed(engine: Engine, job: Mapping[str, Any], message: str, error: Exception | None = None) -> str:
    if error is not None:
        _LOG.error("job %s (%s)", job["id"], job["kind"], exc_info=error)
    with engine.begin() as connection:
        jobs.fail(connection, job, message=message)
    return f"job {job['id']}: {message}"


def _run(context: Context, kind: str, parameters: Mapping[str, Any]) -> Outcome:
    kinds = (alerts.KIND, proposal.KIND, proposal.SCENARIO)
    if kind not in kinds:
        raise EtlError(f"unknown kind of job {kind!r}; known: {', '.join(kinds)}")
    given = dict(parameters)
    period = given.pop("period", None)
    if period is not None and not isinstance(period, str):
        raise EtlError(f"period is {period!r}; give a text such as '2022'")
    if kind == alerts.KIND:
        _refuse_more(given)
        outcome = alerts.run(context, period=period)
        if outcome is None:
            raise EtlError(
                f"{context.city}: no rule is switched on; see 'sozialraum alert rules {context.city}'"
            )
        return outcome
    if kind == proposal.SCENARIO:
        name = given.pop("name", None)
        _refuse_more(given)
        return scenario.run(context, str(name))
    return proposal.run(
        context,
        index_run=newest_index(context),
        parameters=ProposalParameters.from_dict(given),
        period=period,
    )


def _refuse_more(given: Mapping[str, Any]) -> None:
    if given:
        raise EtlError(f"unknown parameter(s) {', '.join(sorted(given))}; known: period")
