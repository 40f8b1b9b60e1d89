"""What comes out when several parameter sets are tried on the same city? Side by side, for the people who choose."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
import pandas as pd

from spatial.alignment import align
from spatial.errors import ParameterError
from spatial.neighbours import NeighbourGraph
from spatial.regions.fixed import FixedAreas
from spatial.regions.proposal import propose
from spatial.regions.result import PriorityAreas
from spatial.regions.scenarios.scenario import PlanningData, Scenario

__all__ = [
    "ScenarioRuns",
    "Values",
    "data_of",
    "in_pool",
    "proposal_of",
    "proposal_or_reason",
    "run_scenarios",
]

# What contradicts itself here is the scenario's own doing, not a mistake of the caller.
_LIMITS = ("least_residents", "most_residents", "most_share", "most_regions", "inside")

# The inputs travel to another process once for each chunk.
_CHUNKS = 16

_Found = TypeVar("_Found")

Values = PlanningData | Mapping[str, PlanningData]
"""One set of values, or one for each period."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ScenarioRuns:
    """Scenarios side by side.

    `proposals` by name of the scenario, in the order given; `scenarios` what was asked for; `refused` says, by name,
    why a scenario allows no proposal at all. `table` has one row per scenario: `regions`, `areas`, `residents` [persons],
    `share_of_residents` [share, 0–1], `common_residents` with the first and `jaccard` with it (of residents of the
    first's period) [share, 0–1], `objective` and `gap` [persons × index points], `relative_gap`, `refused`.
    """

    scenarios: tuple[Scenario, ...]
    proposals: Mapping[str, PriorityAreas]
    refused: Mapping[str, str]
    table: pd.DataFrame

    def __repr__(self) -> str:
        return f"ScenarioRuns({len(self.proposals)} of {len(self.scenarios)} scenarios, {len(self.refused)} refused)"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area, one column of region ids per scenario."""
        return pd.DataFrame({name: found.region for name, found in self.proposals.items()})

    def summary(self) -> pd.DataFrame:
        """Return one row per scenario."""
        return self.table


def proposal_of(
    scenario: Scenario,
    values: Values,
    graph: NeighbourGraph,
    *,
    existing: pd.Series | None = None,
    fixed: FixedAreas | None = None,
    border_factor: pd.Series | None = None,
) -> PriorityAreas:
    """Propose what a scenario asks for.

    Parameters
    ----------
    scenario : Scenario
        The parameters.
    values : PlanningData or mapping of it by period
        Need or indicators, residents, uncertainty.
    graph, existing, fixed, border_factor
        As in `propose`.

    Returns
    -------
    PriorityAreas

    Raises
    ------
    ParameterError
        If the scenario names a period that was not given, or none where there are several; and as in `propose`.

    Examples
    --------
    >>> ids = pd.Index(["a", "b"])
    >>> pair = NeighbourGraph(area_id=ids, first=np.array([0]), second=np.array([1]), border=np.array([50.0]))
    >>> data = PlanningData(need=pd.Series([1.5, 0.5], ids), population=pd.Series(100, ids))
    >>> proposal_of(Scenario(name="x", threshold=1, border_price=0.2), data, pair).region.tolist()
    ['1', <NA>]
    """
    data = data_of(scenario, values)
    return propose(
        data.need_of(scenario),
        data.population,
        graph,
        threshold=scenario.threshold,
        border_price=scenario.border_price,
        limits=scenario.limits,
        existing=existing,
        inertia=scenario.inertia,
        border_factor=border_factor,
        fixed=fixed,
        seed=scenario.seed,
    )


def proposal_or_reason(
    scenario: Scenario,
    values: Values,
    graph: NeighbourGraph,
    *,
    existing: pd.Series | None = None,
    fixed: FixedAreas | None = None,
    border_factor: pd.Series | None = None,
) -> PriorityAreas | str:
    """Propose what a scenario asks for, or say why its limits allow nothing.

    Parameters
    ----------
    scenario, values, graph, existing, fixed, border_factor
        As in `proposal_of`.

    Returns
    -------
    PriorityAreas or str
        Any other mistake is an error, as in `proposal_of`.

    Examples
    --------
    >>> from spatial.regions.limits import RegionLimits
    >>> ids = pd.Index(["a", "b"])
    >>> pair = NeighbourGraph(area_id=ids, first=np.array([0]), second=np.array([1]), border=np.array([50.0]))
    >>> data = PlanningData(need=pd.Series([1.5, 0.5], ids), population=pd.Series(100, ids))
    >>> much = Scenario(name="x", threshold=1, border_price=0.2, limits=RegionLimits(least_residents=300))
    >>> proposal_or_reason(much, data, pair)
    'least_residents is 300, expected at most 200: nowhere are more residents connected'
    """
    try:
        return proposal_of(
            scenario, values, graph, existing=existing, fixed=fixed, border_factor=border_factor
        )
    except ParameterError as error:
        if error.name not in _LIMITS:
            raise
        return str(error)


def in_pool(
    function: Callable[[Scenario], _Found], scenarios: Sequence[Scenario], pool: Executor | None
) -> list[_Found]:
    """Apply a function to scenarios, in a pool where one is given, and return the answers in their order.

    Examples
    --------
    >>> in_pool(lambda one: one.threshold, [Scenario(name="x", threshold=1.0, border_price=0.2)], None)
    [1.0]
    """
    if pool is None:
        return [function(one) for one in scenarios]
    return list(pool.map(function, scenarios, chunksize=max(1, len(scenarios) // _CHUNKS)))


def data_of(scenario: Scenario, values: Values) -> PlanningData:
    """Return the values of a scenario's period.

    Raises
    ------
    ParameterError
        If it names a period that was not given, or none where there are several.

    Examples
    --------
    >>> data = PlanningData(need=pd.Series([1.5]), population=pd.Series([100]))
    >>> data_of(Scenario(name="x", threshold=1, border_price=0.2, period="2019"), {"2019": data}) is data
    True
    """
    if isinstance(values, PlanningData):
        return values
    data = None if scenario.period is None else values.get(scenario.period)
    if data is None:
        raise ParameterError("period", scenario.period, f"one of {', '.join(values)}")
    return data


def run_scenarios(
    scenarios: Sequence[Scenario],
    values: Values,
    graph: NeighbourGraph,
    *,
    existing: pd.Series | None = None,
    fixed: FixedAreas | None = None,
    border_factor: pd.Series | None = None,
    pool: Executor | None = None,
) -> ScenarioRuns:
    """Propose for several scenarios and lay the results side by side.

    Parameters
    ----------
    scenarios : sequence of Scenario
        With different names; the first is what the others are compared with.
    values, graph, existing, fixed, border_factor
        As in `proposal_of`.
    pool : concurrent.futures.Executor, optional
        Processes to share the work; threads would wait for each other. Any number gives the same result. Default:
        one after the other.

    Returns
    -------
    ScenarioRuns
        A scenario whose limits allow nothing is in `refused`, with the reason.

    Raises
    ------
    ParameterError
        If there is no scenario, or two have one name.

    Examples
    --------
    >>> ids = pd.Index(["a", "b"])
    >>> pair = NeighbourGraph(area_id=ids, first=np.array([0]), second=np.array([1]), border=np.array([50.0]))
    >>> data = PlanningData(need=pd.Series([1.5, 0.5], ids), population=pd.Series([300, 100], ids))
    >>> runs = run_scenarios([Scenario(name="strict", threshold=1.0, border_price=0.2),
    ...                       Scenario(name="wide", threshold=0.4, border_price=0.2)], data, pair)
    >>> runs.table["jaccard"].tolist()
    [1.0, 0.75]
    """
    names = [scenario.name for scenario in scenarios]
    if not names or len(set(names)) < len(names):
        raise ParameterError("scenarios", ", ".join(names), "at least one, each with a name of its own")

    ask = partial(
        proposal_or_reason,
        values=values,
        graph=graph,
        existing=existing,
        fixed=fixed,
        border_factor=border_factor,
    )
    found = in_pool(ask, scenarios, pool)
    proposals = {name: one for name, one in zip(names, found, strict=True) if isinstance(one, PriorityAreas)}
    refused = {name: one for name, one in zip(names, found, strict=True) if isinstance(one, str)}
    first = proposals.get(names[0])
    table = pd.DataFrame([_row(one, first) for one in found], index=pd.Index(names, name="scenario"))
    return ScenarioRuns(scenarios=tuple(scenarios), proposals=proposals, refused=refused, table=table)


def _row(found: PriorityAreas | str, first: PriorityAreas | None) -> dict[str, object]:
    columns = ("regions", "areas", "residents", "share_of_residents", "common_residents", "jaccard")
    if isinstance(found, str):
        return dict.fromkeys((*columns, "objective", "gap", "relative_gap"), np.nan) | {"refused": found}
    inside = found.region.notna()
    common = jaccard = np.nan
    if first is not None:
        other = align(first.region, found.region.index, "the first scenario").notna()
        people = align(first.population, found.region.index, "the first scenario")
        common, either = people[inside & other].sum(), people[inside | other].sum()
        jaccard = float(common / either) if either else 1.0
    residents, total = found.population[inside].sum(), found.population.sum()
    return {
        "regions": len(found.border_length),
        "areas": int(inside.sum()),
        "residents": residents,
        "share_of_residents": float(residents / total) if total else np.nan,
        "common_residents": common,
        "jaccard": jaccard,
        "objective": found.objective,
        "gap": found.gap,
        "relative_gap": found.relative_gap,
        "refused": "",
    }
