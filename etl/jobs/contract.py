"""What a computation gets and gives: the same for the command line and the worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from db.queries import runs
from etl.cities import CityProfile
from etl.source import Progress

__all__ = ["Context", "Outcome", "Skipped", "once"]

_SMALL = 10  # numbers below it are told with two digits: a share of 0.036 is not 0
_SHORT = 20  # letters of a fact that is told; checksums and methods are in the run's row


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything a computation needs; it reads and writes inside the caller's transaction."""

    connection: Connection
    profile: CityProfile
    requested_by: str
    code_version: str
    progress: Progress

    @property
    def city(self) -> str:
        """Id of the city."""
        return self.profile.source.city_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A finished run; `created` is false when the newest run had already done exactly this."""

    kind: str
    run_id: int
    created: bool
    summary: Mapping[str, Any]

    def sentence(self) -> str:
        """Say it in one line."""
        facts = ", ".join(
            f"{name.replace('_', ' ')} {_shown(fact)}"
            for name, fact in sorted(self.summary.items())
            if isinstance(fact, int | float) or (isinstance(fact, str) and len(fact) <= _SHORT)
        )
        if self.created:
            return f"{self.kind}: run {self.run_id}: {facts}"
        return f"{self.kind}: nothing new, run {self.run_id} is up to date (then: {facts})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A computation that does not apply to the city, and why; nothing was written."""

    kind: str
    reason: str

    def sentence(self) -> str:
        """Say it in one line."""
        return f"{self.kind}: left out: {self.reason}"


def _shown(fact: object) -> str:
    if isinstance(fact, float) and 0 < abs(fact) < _SMALL:
        return f"{fact:,.2g}"
    return f"{fact:,.0f}" if isinstance(fact, int | float) else str(fact)


def once(
    context: Context,
    *,
    kind: str,
    parameters: Mapping[str, Any],
    upstream: tuple[int, ...],
    work: Callable[[int], Mapping[str, Any]],
    is_kept: bool = False,
) -> Outcome:
    """Do the work under a new run, unless the newest run of this kind saw the same inputs, parameters and code.

    Where the results of every run of the kind are kept, any run that did will do.
    """
    connection = context.connection
    inputs_hash = runs.hash_inputs(connection, context.city, parameters=parameters, upstream=upstream)
    find = runs.find_kept if is_kept else runs.find
    found = find(
        connection,
        city_id=context.city,
        kind=kind,
        inputs_hash=inputs_hash,
        code_version=context.code_version,
    )
    if found is not None:
        return Outcome(kind=kind, run_id=found, created=False, summary=runs.summary(connection, found))
    run_id = runs.record(
        connection,
        city_id=context.city,
        kind=kind,
        parameters=dict(parameters),
        inputs_hash=inputs_hash,
        code_version=context.code_version,
        requested_by=context.requested_by,
        summary={},
    )
    summary = work(run_id)
    runs.set_summary(connection, run_id, summary)
    return Outcome(kind=kind, run_id=run_id, created=True, summary=summary)
