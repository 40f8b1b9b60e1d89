"""Questions about a city's proposals that store nothing: over the years, the price of stability, second opinions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Literal, TypedDict

import geopandas as gpd
import pandas as pd
from sqlalchemy import Connection

from db.queries import areas, proposals
from etl.cities import CityProfile
from etl.errors import EtlError
from etl.planning.needs import complete_periods, read_needs
from etl.planning.parameters import ProposalParameters
from etl.planning.plan import decisions
from spatial.contiguity import shared_borders
from spatial.links import linked
from spatial.regions import PriorityAreas, link_periods, outlines, propose
from spatial.regions.changes.paths import RegionPaths
from spatial.regions.changes.stability_price import PriceOfStability, price_of_stability
from spatial.regions.opinions import compare_opinions, getis_ord, local_moran, max_p, skater, ward
from spatial.regions.opinions.comparison import Opinion, OpinionComparison
from spatial.regions.opinions.result import SecondOpinion

__all__ = ["Years", "opinions_on", "over_the_years", "stability_price"]


class _Search(TypedDict):
    alternative: Literal["greater"]
    replicates: int


# Clusters of high need are looked for, not of low; with fewer draws nothing could stand out among thousands of areas.
_HIGH: Final[_Search] = {"alternative": "greater", "replicates": 9999}
_INERTIAS = (0.0, 0.1, 0.2, 0.3, 0.5, 1.0)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Years:
    """A proposal for each period, the one before held to with inertia, and the paths of the regions."""

    proposals: dict[str, PriorityAreas]
    paths: RegionPaths
    areas: gpd.GeoSeries

    def outlines(self) -> gpd.GeoDataFrame:
        """Return the outline of every path in every period."""
        parts = []
        for period, column in self.paths.path.items():
            shapes = outlines(self.areas, column)
            parts.append(shapes.assign(period=str(period), path=shapes.index.astype(str)))
        return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=self.areas.crs)


def over_the_years(connection: Connection, profile: CityProfile, parameters: ProposalParameters) -> Years:
    """Propose for every period in which nearly all areas are known, each time starting from the map of the period before.

    Raises
    ------
    EtlError
        If there is no such period.
    """
    city = profile.source.city_id
    level = areas.finest_geography(connection, city)
    frame = areas.read_areas(connection, level["vintage_id"])
    periods = complete_periods(connection, profile, parameters, vintage_id=level["vintage_id"])
    if not periods:
        raise EtlError(
            f"{city}: no period has a need and {profile.residents}; run 'sozialraum compute {city}'"
        )
    graph = linked(
        shared_borders(frame.geometry), frame.geometry, gap=parameters.gap, reach=parameters.reach
    ).graph
    if parameters.locked:
        raise EtlError(
            f"{city}: {', '.join(sorted(parameters.locked))} is locked in the map in force, which earlier periods did not"
            " have; propose over the years without locks"
        )
    plain = replace(parameters, resamples=0, variants=0)
    fixed = decisions(parameters, None, frame.index)
    found: dict[str, PriorityAreas] = {}
    people: dict[str, pd.Series] = {}
    before: pd.Series | None = None
    for period in periods:
        needs = read_needs(connection, city, profile, plain, level=level, period=period, area_id=frame.index)
        people[period] = needs.residents.fillna(0.0)
        found[period] = propose(
            needs.need,
            people[period],
            graph,
            threshold=parameters.threshold,
            border_price=parameters.border_price,
            limits=parameters.limits,
            existing=before,
            inertia=0.0 if before is None else parameters.inertia,
            fixed=fixed,
            seed=parameters.seed,
        )
        before = found[period].region
    paths = link_periods({period: one.region for period, one in found.items()}, people)
    return Years(proposals=found, paths=paths, areas=frame.geometry)


def stability_price(
    connection: Connection, city: str, *, inertias: Sequence[float] | None
) -> PriceOfStability:
    """Say what it costs to stay with the map in force, from the city's newest proposal.

    Raises
    ------
    EtlError
        If no map was in force for it.
    """
    run = proposals.find_run(connection, city)
    result, graph, _ = proposals.read_result(connection, run)
    if result.existing is None:
        raise EtlError(
            f"{city}: no map is in force; 'sozialraum boundary agree {city} MAP …' puts one, then compute anew"
        )
    return price_of_stability(
        result.need,
        result.population,
        graph,
        result.existing,
        threshold=result.threshold,
        border_price=result.border_price,
        limits=result.limits,
        fixed=result.fixed,
        seed=result.seed,
        inertias=_INERTIAS if inertias is None else inertias,
    )


def opinions_on(
    connection: Connection,
    city: str,
    *,
    least_residents: float,
    progress: Callable[[str, float | None], None],
) -> OpinionComparison:
    """Lay the city's newest proposal beside five other methods on the same need and residents."""
    run = proposals.find_run(connection, city)
    ours, graph, _ = proposals.read_result(connection, run)
    need, people = ours.need, ours.population
    # Few enough that every method can leave each region its residents.
    number = max(2, min(len(people) // 4, int(people.sum() // max(4 * least_residents, 1.0))))
    seed, threshold, least = ours.seed, ours.threshold, least_residents
    asked: dict[str, Callable[[], SecondOpinion]] = {
        "local Moran": partial(local_moran, need, people, graph, **_HIGH, rng=seed),
        "Gi*": partial(getis_ord, need, people, graph, **_HIGH, rng=seed),
        "SKATER": partial(
            skater, need, people, graph, threshold=threshold, regions=number, least_residents=least
        ),
        "Ward": partial(
            ward, need, people, graph, threshold=threshold, regions=number, least_residents=least
        ),
        "max-p": partial(max_p, need, people, graph, threshold=threshold, least_residents=least, rng=seed),
    }
    found: dict[str, Opinion] = {"proposal": ours}
    if ours.existing is not None:
        found["map in force"] = ours.existing
    for place, (name, ask) in enumerate(asked.items()):
        progress(f"opinions: {name}", place / len(asked))
        found[name] = ask()
    return compare_opinions(found, need, people, threshold=threshold)
