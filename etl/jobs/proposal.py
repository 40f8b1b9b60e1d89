"""A first proposal of priority areas on a city's finest level, with a buffer zone around each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from db.queries import areas, regions, runs, values
from etl.cities import ProposalParameters
from etl.errors import EtlError
from etl.jobs.contract import Context, Outcome, once
from indicators.computed import STATUS_INDEX
from spatial.neighbours import shared_borders
from spatial.regions import buffer_zones, memberships, outlines, propose

__all__ = ["KIND", "run"]

KIND = "proposal"


def run(
    context: Context,
    *,
    index_run: int,
    parameters: ProposalParameters | None = None,
    period: str | None = None,
) -> Outcome:
    """Propose priority areas for a period (default: the newest in which nearly all areas are known).

    Without parameters the newest proposal stays as it is when its inputs have not changed, whoever chose its
    parameters; otherwise the city's own parameters are taken.
    """
    if parameters is None and period is None:
        kept = _still_valid(context, index_run)
        if kept is not None:
            return kept
    chosen = parameters or context.profile.proposal
    level = areas.finest_geography(context.connection, context.city)
    known = values.read_values(
        context.connection,
        vintage_id=level["vintage_id"],
        indicator_ids=[STATUS_INDEX.id, context.profile.residents],
    )
    chosen_period = _choose_period(context, known, period)
    rows = known[known["period"] == chosen_period].pivot(
        index="area_id", columns="indicator_id", values="value"
    )
    return once(
        context,
        kind=KIND,
        parameters={
            **asdict(chosen),
            "period": chosen_period,
            "geography": level["id"],
            "edition": level["edition"],
            "need_indicator": STATUS_INDEX.id,
            "residents_indicator": context.profile.residents,
        },
        upstream=(index_run,),
        work=lambda run_id: {"period": chosen_period, **_work(context, run_id, level, rows, chosen)},
    )


def _still_valid(context: Context, index_run: int) -> Outcome | None:
    newest = runs.newest(context.connection, city_id=context.city, kind=KIND)
    if newest is None or newest["code_version"] != context.code_version:
        return None
    now = runs.hash_inputs(
        context.connection, context.city, parameters=newest["parameters"], upstream=(index_run,)
    )
    if now != newest["inputs_hash"]:
        return None
    return Outcome(kind=KIND, run_id=newest["id"], created=False, summary=newest["summary"])


def _choose_period(context: Context, known: pd.DataFrame, period: str | None) -> str:
    """Return the period asked for, or the newest in which at least 9 of 10 of the areas ever known are known."""
    both = known.dropna(subset=["value"]).groupby(["period", "area_id"])["indicator_id"].nunique()
    complete = both[both == len({STATUS_INDEX.id, context.profile.residents})].groupby("period").size()
    if complete.empty:
        raise EtlError(
            f"{context.city}: no period has both a status index and {context.profile.residents}; load data that have both"
        )
    if period is not None and period not in complete.index:
        raise EtlError(
            f"{context.city}: no proposal for period {period!r}; possible periods: {', '.join(complete.index)}"
        )
    return period or str(complete[complete >= 0.9 * complete.max()].index.max())


def _work(
    context: Context,
    run_id: int,
    level: Mapping[str, Any],
    rows: pd.DataFrame,
    parameters: ProposalParameters,
) -> Mapping[str, Any]:
    context.progress("proposal: neighbours", 0.1)
    frame = areas.read_areas(context.connection, level["vintage_id"])
    graph = shared_borders(frame.geometry)
    need = rows[STATUS_INDEX.id].reindex(frame.index)
    # Where nobody is counted nobody can gain or lose: such areas follow their border alone.
    population = rows[context.profile.residents].reindex(frame.index)
    context.progress("proposal: minimum cut", 0.4)
    result = propose(
        need,
        population.fillna(0),
        graph,
        threshold=parameters.threshold,
        border_price=parameters.border_price,
        limits=parameters.limits,
        seed=parameters.seed,
    )
    context.progress("proposal: zones", 0.7)
    cores = outlines(frame.geometry, result.region)
    zones = buffer_zones(frame.geometry, result.region, distance=parameters.zone_distance)
    membership = memberships(frame.geometry, result.region, zones)
    regions.store(
        context.connection,
        run_id=run_id,
        vintage_id=level["vintage_id"],
        summary=result.summary(),
        outlines=cores,
        zones=zones,
        zone_distance=parameters.zone_distance,
        membership=membership,
    )
    summary = result.summary()
    return {
        "regions": len(summary),
        "areas": int(summary["areas"].sum()),
        "residents": float(summary["residents"].sum()),
        "objective": result.objective,
        "lower_bound": result.lower_bound,
        "relative_gap": result.relative_gap,
        "areas_without_need": int(need.isna().sum()),
        "areas_without_residents_count": int(population.isna().sum()),
    }
