"""How unevenly groups live: several measures per period, on every level of areas, with intervals and what chance gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import geopandas as gpd
import pandas as pd

from db.queries import areas, runs, segregation, values
from etl.errors import EtlError
from etl.jobs.contract import Context, Outcome, once
from etl.journal import Journal
from etl.schedulers import Place, compute_pieces
from spatial.segregation.cells import fits
from spatial.segregation.register import measure
from spatial.segregation.series import SeriesPiece, SeriesPlan, plan_series

__all__ = ["KIND", "MEASURES", "SegregationParameters", "run"]

KIND = "segregation"
MEASURES = (
    "dissimilarity",
    "information_theory",
    "gini",
    "isolation",
    "correlation_ratio",
    "multigroup_dissimilarity",
    "multigroup_information_theory",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SegregationParameters:
    """What is computed: measures (names of the engine) with their options, resamples, their seed, level of the intervals."""

    measures: tuple[str, ...] = MEASURES
    options: Mapping[str, Mapping[str, str | float]] = field(default_factory=dict)
    replicates: int
    seed: int = 1
    level: float = 0.95


def run(
    context: Context,
    *,
    parameters: SegregationParameters | None = None,
    place: Place | None = None,
    journal: Journal | None = None,
) -> Outcome:
    """Measure the segregation of all groups of a city's profile that are loaded with their total.

    Without parameters the newest run stays as it is when its inputs have not changed, whoever chose its parameters.
    `place` says where, `journal` keeps what is finished; neither changes a number.
    """
    if parameters is None:
        kept = _still_valid(context)
        if kept is not None:
            return kept
    chosen = parameters or SegregationParameters(replicates=context.profile.replicates)
    fitting = tuple(
        name
        for name in chosen.measures
        if any(fits(measure(name), one) for one in context.profile.segregation)
    )
    if not fitting:
        raise EtlError(
            f"{context.city}: no group of the city fits {', '.join(chosen.measures)}; see its profile in etl/cities.py"
        )
    told: dict[str, Any] = {**asdict(chosen), "measures": list(fitting)}
    told["compositions"] = {
        one.name: {"groups": list(one.groups), "total": one.total} for one in context.profile.segregation
    }
    return once(
        context,
        kind=KIND,
        parameters=told,
        upstream=(),
        work=lambda run_id: _work(context, run_id, fitting, chosen, place or Place(), journal),
    )


def _still_valid(context: Context) -> Outcome | None:
    newest = runs.newest(context.connection, city_id=context.city, kind=KIND)
    if newest is None or newest["code_version"] != context.code_version:
        return None
    if newest["inputs_hash"] != runs.hash_inputs(
        context.connection, context.city, parameters=newest["parameters"]
    ):
        return None
    return Outcome(kind=KIND, run_id=newest["id"], created=False, summary=newest["summary"])


def _work(
    context: Context,
    run_id: int,
    measures: Sequence[str],
    chosen: SegregationParameters,
    place: Place,
    journal: Journal | None,
) -> Mapping[str, Any]:
    context.progress("segregation: counts", 0.0)
    levels = [level for level in areas.geographies(context.connection, context.city) if level["rank"] > 0]
    plan = _plan(context, levels, measures, chosen)
    found = compute_pieces(
        SeriesPiece.values,
        list(plan.pieces()),
        work_here=partial(SeriesPiece.values, workers=None),
        place=place,
        journal=journal,
        progress=context.progress,
        title=KIND,
    )
    table = plan.table(found)
    vintages = {level["id"]: level["vintage_id"] for level in levels}
    compositions = {one.name: one for one in context.profile.segregation}
    names = table["group"]
    segregation.store(
        context.connection,
        table.assign(
            vintage_id=table["geography"].map(vintages),
            composition=names,
            group_id=names.where(names.map(lambda name: len(compositions[name].groups) == 1)),
            total_id=names.map(lambda name: compositions[name].total),
        ),
        run_id=run_id,
    )
    return {
        "measures": len(measures),
        "groups": len(compositions),
        "levels": len(levels),
        "values": len(table),
        "replicates": chosen.replicates,
    }


def _plan(
    context: Context,
    levels: Sequence[Mapping[str, Any]],
    measures: Sequence[str],
    chosen: SegregationParameters,
) -> SeriesPlan:
    wanted = sorted({name for one in context.profile.segregation for name in (*one.groups, one.total)})
    counts: list[pd.DataFrame] = []
    places: dict[str, pd.Index | gpd.GeoDataFrame] = {}
    on_the_map = any(measure(name).needs for name in measures)
    for level in levels:
        vintage = level["vintage_id"]
        frame = values.read_values(context.connection, vintage_id=vintage, indicator_ids=wanted)
        counts.append(frame.assign(geography=level["id"]))
        places[level["id"]] = (
            areas.read_areas(context.connection, vintage)
            if on_the_map
            else pd.Index(areas.area_ids(context.connection, vintage))
        )
    frame = pd.concat(counts).rename(columns={"indicator_id": "group", "value": "count"})
    loaded = set(frame["group"])
    compositions = [one for one in context.profile.segregation if {*one.groups, one.total} <= loaded]
    if not compositions:  # the city has none of its groups: a table without rows
        frame, compositions = frame.iloc[:0], list(context.profile.segregation)
    fitting = [name for name in measures if any(fits(measure(name), one) for one in compositions)]
    dropped = set(measures) - set(fitting)
    return plan_series(
        frame,
        compositions,
        measures=fitting,
        options={name: given for name, given in chosen.options.items() if name not in dropped},
        areas=places,
        replicates=chosen.replicates,
        seed=chosen.seed,
        level=chosen.level,
    )
