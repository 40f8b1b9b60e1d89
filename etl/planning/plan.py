"""A proposal with everything a planner asks of it: margin, links, single cases, changes, and how stable it is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from etl.errors import EtlError
from etl.planning.needs import Needs
from etl.planning.parameters import ProposalParameters
from spatial.contiguity import shared_borders
from spatial.links import linked
from spatial.neighbours import NeighbourGraph
from spatial.regions import (
    FixedAreas,
    PriorityAreas,
    Scenario,
    SoftAreas,
    boundary_diff,
    class_polygons,
    distance_band,
    link_zones,
    margins_of,
    propose,
    single_cases,
    soft_membership,
    stability,
    variants,
)
from spatial.regions.changes.comparison import MapComparison, compare_maps
from spatial.regions.cuts.family import nested_family
from spatial.regions.reasons.rerun import objective_behind
from spatial.regions.reasons.single_cases import SingleCases, case_sentence
from spatial.regions.scenarios.stability import StabilityMap

__all__ = ["Plan", "decisions", "make_plan", "require_locked_map"]

# How far somebody else might have chosen otherwise: half a margin of threshold, half of each price and weight.
_PART = 0.5
_WEIGHTS = 0.3


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Plan:
    """A proposal and what was found around it, all on the areas of one level."""

    result: PriorityAreas
    graph: NeighbourGraph
    soft: SoftAreas
    critical: pd.Series
    cases: SingleCases
    comparison: MapComparison | None
    by_region: MapComparison | None
    stability: StabilityMap | None
    features: Mapping[str, gpd.GeoDataFrame]
    known_without: Mapping[str, Sequence[str]]

    def __repr__(self) -> str:
        return f"Plan({self.result!r}; {len(self.cases.cases)} single cases)"

    def areas(self, residents: pd.Series) -> pd.DataFrame:
        """Return one row per area as it is stored; residents are missing where they are not known."""
        names = self.result.region.index
        table = pd.DataFrame(
            {
                "region_id": self.result.region,
                "need": self.result.need,
                "residents": residents,
                "critical_threshold": self.critical,
                "membership": self.soft.membership,
                "deviation": self.soft.deviation,
                "certainty": self.soft.certainty,
                "zone_class": self.soft.zone_class.astype(str),
                "stability": np.nan if self.stability is None else self.stability.share,
                "existing": None if self.result.existing is None else self.result.existing,
                "change": None if self.comparison is None else self.comparison.side,
                "case_reason": self.cases.cases["reason"].reindex(names),
            },
            index=names,
        )
        for language in ("de", "en"):
            told = {
                one: case_sentence(self.cases, one, self.result, language) for one in self.cases.cases.index
            }
            table[f"case_{language}"] = pd.Series(told, dtype="str").reindex(names).fillna("")
        return table

    def figures(self) -> dict[str, Any]:
        """Return the plan in figures, for the summary of its run."""
        result, cases = self.result, self.cases.cases
        regions = result.summary()
        classes = self.soft.zone_class.value_counts()
        changes = None
        if self.comparison is not None:
            sides = self.comparison.summary()[["areas", "residents"]]
            changes = {
                str(side): {"areas": int(row["areas"]), "residents": float(row["residents"])}
                for side, row in sides.iterrows()
            }
        return {
            "regions": len(regions),
            "areas": int(regions["areas"].sum()),
            "residents": float(regions["residents"].sum()),
            "objective": result.objective,
            "lower_bound": result.lower_bound,
            "relative_gap": result.relative_gap,
            "resolution": result.resolution,
            "method": result.method,
            "core_areas": int(classes["core"]),
            "margin_areas": int(classes["margin"]),
            "single_cases": len(cases),
            "single_case_residents": float(cases["population"].sum()),
            "variants": 0 if self.stability is None else len(self.stability.runs) - self.stability.refused,
            "variants_refused": 0 if self.stability is None else self.stability.refused,
            "changes": changes,
            "region_changes": None if self.by_region is None else _region_changes(self.by_region),
            "areas_without_need": result.unknown,
            "known_without": {name: list(areas) for name, areas in self.known_without.items()},
        }


def _region_changes(found: MapComparison) -> list[dict[str, Any]]:
    """Return what becomes of each region of the map in force, and which are new, with areas, hectares and residents."""
    return [
        {
            "existing": list(row["existing"]),
            "proposed": list(row["proposed"]),
            "change": row["change"],
            "retyped": row["retyped"],
            **{
                side: {
                    "areas": int(row[f"{side}_areas"]),
                    "hectares": float(row[f"{side}_hectares"]),
                    "residents": float(row[f"{side}_residents"]),
                }
                for side in ("kept", "added", "removed")
            },
        }
        for row in found.changes.to_dict("records")
    ]


def require_locked_map(parameters: ProposalParameters, number: int | None, types: Collection[str]) -> None:
    """Refuse locks of another map than the one in force, whose number and types are given.

    Raises
    ------
    EtlError
        If the locks do not say of which map, no map is in force or another one, or it has no region of the type.
    """
    if not parameters.locked:
        return
    names, of = ", ".join(sorted(parameters.locked)), parameters.locked_in
    if number is None:
        raise EtlError(f"locked regions {names}, but there is no map in force")
    if of is None:
        raise EtlError(
            f"locked regions {names} of no map; give locked_in={number} if they are those of map {number} in force"
        )
    if of != number:
        raise EtlError(
            f"locked regions {names} are those of map {of}, but map {number} is in force, where the same ids mean"
            " other areas; choose the locks anew"
        )
    if parameters.kind not in types:
        raise EtlError(
            f"locked regions {names}: no region of type {parameters.kind} in map {number} in force;"
            f" its types: {', '.join(sorted(types))}"
        )


def decisions(parameters: ProposalParameters, existing: pd.Series | None, area_id: pd.Index) -> FixedAreas:
    """Return the areas whose answer is given: locked regions of the map in force, areas in, areas out.

    Raises
    ------
    EtlError
        If a region is locked that the map in force does not have, or an area named that the city does not have.
    """
    there = [] if existing is None else sorted(existing.dropna().astype(str).unique())
    strange = sorted(set(parameters.locked) - set(there))
    if strange:
        known = f"its regions: {', '.join(there)}" if there else "none of its regions lies on these areas"
        raise EtlError(f"locked regions that the map in force does not have: {', '.join(strange)}; {known}")
    unknown = sorted((set(parameters.inside) | set(parameters.outside)) - set(area_id))
    if unknown:
        raise EtlError(f"areas that the city does not have on this level: {', '.join(unknown[:5])}")
    held = (
        pd.Series([], dtype="str") if existing is None else existing[existing.isin(list(parameters.locked))]
    )
    return FixedAreas(
        locked=held.astype("str"),
        reason=pd.Series(dict(parameters.locked), dtype="str"),
        inside=pd.Series(dict(parameters.inside), dtype="str"),
        outside=pd.Series(dict(parameters.outside), dtype="str"),
    )


def make_plan(
    areas: gpd.GeoSeries,
    needs: Needs,
    parameters: ProposalParameters,
    *,
    existing: pd.Series | None,
    typed: tuple[pd.Series, Mapping[str, str]] | None = None,
    period: str,
    progress: Callable[[str, float | None], None],
) -> Plan:
    """Propose, and find everything around the proposal.

    Raises
    ------
    EtlError, SpatialError
        As `decisions` and the parts of `spatial.regions` say.
    """
    if existing is None:
        parameters = replace(parameters, inertia=0.0)  # there is nothing to stay with
    progress("proposal: neighbours", 0.1)
    graph = linked(shared_borders(areas), areas, gap=parameters.gap, reach=parameters.reach).graph
    fixed = decisions(parameters, existing, areas.index)
    # Where nobody is counted nobody can gain or lose: such areas follow their border alone.
    people = needs.residents.fillna(0.0)
    progress("proposal: minimum cut", 0.2)
    result = propose(
        needs.need,
        people,
        graph,
        threshold=parameters.threshold,
        border_price=parameters.border_price,
        limits=parameters.limits,
        existing=existing,
        inertia=parameters.inertia,
        fixed=fixed,
        seed=parameters.seed,
    )
    progress("proposal: margin", 0.3)
    fit = soft_membership(
        needs.need,
        people,
        graph,
        lower_threshold=parameters.threshold - parameters.margin,
        upper_threshold=parameters.threshold,
        border_price=parameters.border_price,
        existing=existing,
        inertia=parameters.inertia,
        fixed=fixed,
        resamples=needs.draws,
        seed=parameters.seed,
    )
    soft = margins_of(fit, result.region, graph)
    cases = single_cases(result, graph, membership=soft.membership, known_population=needs.residents.notna())
    progress("proposal: zones", 0.5)
    comparison = None if existing is None else compare_maps(existing, result.region, people, areas)
    by_region = None
    if typed is not None:
        kinds = dict.fromkeys(map(str, result.border_length.index), parameters.kind)
        by_region = compare_maps(
            typed[0], result.region, people, areas, existing_types=typed[1], proposed_types=kinds
        )
    features = _features(areas, result, soft, existing, parameters)
    progress("proposal: variants", 0.7)
    return Plan(
        result=result,
        graph=graph,
        soft=soft,
        critical=nested_family(objective_behind(result, graph)).critical,
        cases=cases,
        comparison=comparison,
        by_region=by_region,
        stability=_stability(needs, parameters, graph, existing, fixed, period),
        features=features,
        known_without=needs.known_without,
    )


def _features(
    areas: gpd.GeoSeries,
    result: PriorityAreas,
    soft: SoftAreas,
    existing: pd.Series | None,
    parameters: ProposalParameters,
) -> dict[str, gpd.GeoDataFrame]:
    classes = class_polygons(areas, soft)
    kept = classes[classes["zone_class"] != "rest"]
    place = kept.groupby("zone_class", observed=True).cumcount().astype(str)
    found = {"classes": _named(kept, kept["zone_class"].astype(str) + "-" + place)}
    if parameters.zone_distance > 0:
        steps = [parameters.zone_distance / 2, parameters.zone_distance]
        bands = distance_band(areas, result.region, distances=steps)
        found["bands"] = _named(bands, bands["region_id"].astype(str) + "-" + bands["far"].map("{:g}".format))
    if parameters.link_distance > 0:
        links = link_zones(areas, result.region, distance=parameters.link_distance)
        both = links["region_id"].astype(str) + "~" + links["neighbour_id"].astype(str)
        found["links"] = _named(links, both)
    if existing is not None:
        changes = boundary_diff(areas, existing, result.region).rename(columns={"side": "change"})
        number = pd.Series(range(1, len(changes) + 1), index=changes.index).map("{:04d}".format)
        found["changes"] = _named(changes, number)
    return found


def _named(frame: gpd.GeoDataFrame, ids: pd.Series) -> gpd.GeoDataFrame:
    """Return the shapes that are there, under their ids."""
    named = frame.set_index(pd.Index(ids.astype(str), name="feature_id"))
    return named[~named.geometry.is_empty]


def _stability(
    needs: Needs,
    parameters: ProposalParameters,
    graph: NeighbourGraph,
    existing: pd.Series | None,
    fixed: FixedAreas,
    period: str,
) -> StabilityMap | None:
    if not parameters.variants or period not in needs.values:
        return None
    data = needs.values[period]
    base = Scenario(
        name="base",
        threshold=(parameters.threshold - needs.middle) / needs.spread,
        border_price=parameters.border_price / needs.spread,
        inertia=parameters.inertia / needs.spread,
        limits=parameters.limits,
        period=period,
        weights=needs.weights if data.indicators is not None else None,
        seed=parameters.seed,
    )
    tried = variants(
        base,
        parameters.variants,
        threshold=_PART * parameters.margin / needs.spread,
        border_price=_PART,
        inertia=_PART,
        weights=_WEIGHTS,
        periods=list(needs.values),
        draw_values=isinstance(data.standard_error, pd.Series),
        seed=parameters.seed,
    )
    return stability(tried, needs.values, graph, existing=existing, fixed=fixed)
