"""A proposal of priority areas on a city's finest level, with margins, links, single cases, and the map in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from db.queries import areas, priority_maps, proposals, regions, runs, scenarios
from etl.errors import EtlError
from etl.jobs import shares, status_index
from etl.jobs.contract import Context, Outcome, once
from etl.planning.conversion_quality import conversion_quality
from etl.planning.needs import choose_period, needed_indicators, read_needs, weighed_indicators
from etl.planning.parameters import ProposalParameters
from etl.planning.plan import make_plan, require_locked_map
from indicators.computed import STATUS_INDEX
from spatial.errors import ParameterError
from spatial.regions import buffer_zones, memberships, on_these_areas, outlines, outlines_digest

__all__ = ["KIND", "SCENARIO", "STANDARD", "city_parameters", "newest_index", "run"]

KIND, SCENARIO = proposals.KINDS
STANDARD = "standard"
"""Name of the scenario that is the city's own choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _InForce:
    """The map in force on the areas of today: region of each, and how well it fits where it was drawn on others."""

    number: int
    region: pd.Series
    types: Mapping[str, str]
    quality: dict[str, Any] | None


def run(
    context: Context,
    *,
    index_run: int,
    parameters: ProposalParameters | None = None,
    changes: Mapping[str, Any] | None = None,
    period: str | None = None,
    scenario: str | None = None,
) -> Outcome:
    """Propose priority areas for a period (default: the newest in which nearly all areas are known).

    Without parameters the newest proposal stays as it is when its inputs have not changed, whoever chose its
    parameters; otherwise the city's own are taken, with `changes` where there are any. With the name of a scenario
    the run is that scenario's and not the city's own.
    """
    if parameters is None and changes is None and period is None and scenario is None:
        kept = _still_valid(context, index_run)
        if kept is not None:
            return kept
    is_citys_own = parameters is None and not changes
    if parameters is None:
        parameters, standard_period = city_parameters(context)
        parameters = ProposalParameters.from_dict(parameters.to_dict() | dict(changes or {}))
        period = period or standard_period
    chosen = parameters
    level = areas.finest_geography(context.connection, context.city)
    if chosen.weights is not None:
        weighed_indicators(context.connection, context.city, chosen.weights, kind=chosen.kind)
    chosen_period = choose_period(
        context.connection,
        context.city,
        vintage_id=level["vintage_id"],
        needed=needed_indicators(context.profile, chosen),
        period=period,
    )
    in_force = priority_maps.in_force(context.connection, context.city)
    number = None if in_force is None else int(in_force["id"])
    require_locked_map(chosen, number, _types(context, in_force))
    asked = {
        **chosen.to_dict(),
        "period": chosen_period,
        "geography": level["id"],
        "edition": level["edition"],
        "need_indicator": STATUS_INDEX.id if chosen.weights is None else None,
        "residents_indicator": context.profile.residents,
        "map_in_force": number,
    }
    outcome = once(
        context,
        kind=KIND if scenario is None else SCENARIO,
        parameters=asked if scenario is None else asked | {"scenario": scenario},
        upstream=(index_run,),
        is_kept=scenario is not None,
        work=lambda run_id: _work(context, run_id, level, chosen, chosen_period, in_force),
    )
    standard = _standard(context) if is_citys_own else None
    if standard is not None and standard["parameters"].get("period") in (None, chosen_period):
        scenarios.set_run(
            context.connection,
            context.city,
            STANDARD,
            outcome.run_id,
            parameters=standard["parameters"],
        )
    return outcome


def _standard(context: Context) -> dict[str, Any] | None:
    known = scenarios.listed(context.connection, context.city)
    return next((one for one in known if one["name"] == STANDARD), None)


def city_parameters(context: Context) -> tuple[ProposalParameters, str | None]:
    """Return what the city proposes with, and for which period: its scenario `standard`, or else its profile."""
    stored = _standard(context)
    if stored is None:
        return context.profile.proposal, None
    given = dict(stored["parameters"])
    period = given.pop("period", None)
    return ProposalParameters.from_dict(given), period


def newest_index(context: Context) -> int:
    """Return the newest run of the status index, without a method that of the shares; raise when there is none."""
    found = runs.newest(context.connection, city_id=context.city, kind=status_index.KIND)
    if found is None and not context.profile.methods:
        found = runs.newest(context.connection, city_id=context.city, kind=shares.KIND)
    if found is None:
        raise EtlError(f"{context.city}: no status index yet; run 'sozialraum compute {context.city}' first")
    return int(found["id"])


def _still_valid(context: Context, index_run: int) -> Outcome | None:
    newest = runs.newest(context.connection, city_id=context.city, kind=KIND)
    if newest is None or newest["code_version"] != context.code_version:
        return None
    in_force = priority_maps.in_force(context.connection, context.city)
    if newest["parameters"].get("map_in_force") != (None if in_force is None else in_force["id"]):
        return None
    now = runs.hash_inputs(
        context.connection, context.city, parameters=newest["parameters"], upstream=(index_run,)
    )
    if now != newest["inputs_hash"]:
        return None
    return Outcome(kind=KIND, run_id=newest["id"], created=False, summary=newest["summary"])


def _work(
    context: Context,
    run_id: int,
    level: Mapping[str, Any],
    parameters: ProposalParameters,
    period: str,
    in_force: Mapping[str, Any] | None,
) -> Mapping[str, Any]:
    frame = areas.read_areas(context.connection, level["vintage_id"])
    needs = read_needs(
        context.connection,
        context.city,
        context.profile,
        parameters,
        level=level,
        period=period,
        area_id=frame.index,
    )
    before = whole = None
    if in_force is not None:
        people = needs.residents.fillna(0.0)
        before = _on_today(context, in_force, level, frame, people, (parameters.kind,))
        # Of an area in regions of several types that of the proposal's own type counts.
        kinds = (parameters.kind, *sorted(_types(context, in_force) - {parameters.kind}))
        whole = _on_today(context, in_force, level, frame, people, kinds)
    plan = make_plan(
        frame.geometry,
        needs,
        parameters,
        existing=None if before is None else before.region,
        typed=None if whole is None else (whole.region, whole.types),
        period=period,
        progress=context.progress,
    )
    context.progress("proposal: store", 0.9)
    region = plan.result.region
    cores = outlines(frame.geometry, region)
    zones = buffer_zones(frame.geometry, region, distance=parameters.zone_distance)
    regions.store(
        context.connection,
        run_id=run_id,
        vintage_id=level["vintage_id"],
        summary=plan.result.summary(),
        outlines=cores,
        zones=zones,
        zone_distance=parameters.zone_distance,
        membership=memberships(frame.geometry, region, zones),
        kind=parameters.kind,
    )
    proposals.store(
        context.connection,
        run_id=run_id,
        vintage_id=level["vintage_id"],
        areas=plan.areas(needs.residents),
        graph=plan.graph,
        features=plan.features,
    )
    return {
        "period": period,
        **plan.figures(),
        "areas_without_residents_count": int(needs.residents.isna().sum()),
        "draws": 0 if needs.draws is None else len(needs.draws),
        "variant_periods": sorted(needs.values),
        "map_in_force": None if before is None else before.number,
        "map_quality": None if before is None else before.quality,
        "inertia_applied": before is not None and parameters.inertia > 0,
        "geometry_sha256": outlines_digest(cores),
    }


def _types(context: Context, in_force: Mapping[str, Any] | None) -> set[str]:
    if in_force is None:
        return set()
    return {str(row["kind"]) for row in priority_maps.region_rows(context.connection, in_force["id"])}


def _on_today(
    context: Context,
    in_force: Mapping[str, Any],
    level: Mapping[str, Any],
    frame: gpd.GeoDataFrame,
    residents: pd.Series,
    kinds: Sequence[str],
) -> _InForce | None:
    """Return the regions of some types of the map in force, or None where none lies on these areas.

    An area in regions of several types is in that of the first of them.

    A map on other boundaries is converted by its outlines; so is one of these boundaries that has lost areas since.
    """
    connection, number = context.connection, in_force["id"]
    shapes = priority_maps.read_regions(connection, number)
    shapes = shapes[shapes["kind"].isin(kinds)]
    shapes = shapes.iloc[shapes["kind"].map(list(kinds).index).argsort(kind="stable")]
    if shapes.empty:
        return None
    types = {str(region): str(kind) for region, kind in shapes["kind"].items()}
    if (in_force["geography_id"], in_force["edition"]) == (level["id"], level["edition"]):
        members = priority_maps.read_areas(connection, number)
        members = members[members.isin(shapes.index)]
        place = members.map({region: at for at, region in enumerate(shapes.index)})
        members = members.iloc[place.argsort(kind="stable")]
        members = members[~members.index.duplicated()]
        if members.empty:
            return None
        if members.index.isin(frame.index).all():
            return _InForce(number=number, region=members.reindex(frame.index), types=types, quality=None)
    try:
        converted = on_these_areas(shapes.to_crs(frame.crs), frame.geometry, residents)
    except ParameterError as error:
        if error.name != "existing":
            raise
        return None  # it lies outside the city of today
    if converted.region.isna().all():
        return None
    return _InForce(
        number=number, region=converted.region, types=types, quality=conversion_quality(converted)
    )
