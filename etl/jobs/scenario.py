"""A stored scenario: its parameters are proposed with, and the run is tied to its name."""

from __future__ import annotations

from db.queries import scenarios
from etl.jobs import proposal
from etl.jobs.contract import Context, Outcome
from etl.planning.parameters import ProposalParameters

__all__ = ["run"]


def run(context: Context, name: str) -> Outcome:
    """Propose with the parameters of a scenario, unless its newest run did exactly that."""
    parameters = scenarios.get(context.connection, context.city, name)["parameters"]
    stored = dict(parameters)
    period = stored.pop("period", None)
    outcome = proposal.run(
        context,
        index_run=proposal.newest_index(context),
        parameters=ProposalParameters.from_dict(stored),
        period=period,
        scenario=name,
    )
    # Somebody may have changed the scenario meanwhile: then this run is not its run.
    scenarios.set_run(context.connection, context.city, name, outcome.run_id, parameters=parameters)
    return outcome
