"""Would an area belong to the proposal under other sensible choices too? The share of several hundred variants with it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.alignment import align
from spatial.errors import ParameterError
from spatial.neighbours import NeighbourGraph
from spatial.parameters import require_number, require_whole_number
from spatial.regions.fixed import FixedAreas
from spatial.regions.scenarios.runs import Values, data_of, in_pool, proposal_or_reason
from spatial.regions.scenarios.scenario import Scenario

__all__ = ["StabilityMap", "stability", "variants"]

_CLASSES = ((0.95, "always"), (0.5, "mostly"), (0.05, "sometimes"), (-1.0, "never"))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class StabilityMap:
    """In how many variants an area lies in a region.

    `share` is indexed by area_id [share, 0–1]; `standing` says it in words: "always" from 95 %, "mostly" from 50 %,
    "sometimes" from 5 %, "never" below. `residents` are those of the first variant's period [persons]. `runs` has one
    row per variant with its parameters, and the number of areas and residents in its regions; `refused` is the number
    of variants whose limits allowed nothing, which are not counted.
    """

    share: pd.Series
    residents: pd.Series
    runs: pd.DataFrame
    refused: int

    def __repr__(self) -> str:
        counted = self.standing.value_counts()
        told = ", ".join(f"{counted.get(name, 0)} {name}" for _, name in _CLASSES)
        return f"StabilityMap({len(self.runs)} variants, {self.refused} refused; {told})"

    @property
    def standing(self) -> pd.Series:
        """How often in words, per area."""
        limits = [limit for limit, _ in _CLASSES]
        place = np.argmax(self.share.to_numpy()[:, None] >= np.array(limits)[None, :], axis=1)
        return pd.Series([_CLASSES[one][1] for one in place], index=self.share.index, name="standing")

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area: `share`, `standing`, `residents`."""
        return pd.DataFrame({"share": self.share, "standing": self.standing, "residents": self.residents})

    def summary(self) -> pd.DataFrame:
        """Return one row per standing: `areas` and `residents`."""
        grouped = self.to_frame().groupby("standing")["residents"]
        table = pd.DataFrame({"areas": grouped.size(), "residents": grouped.sum()})
        return table.reindex([name for _, name in _CLASSES], fill_value=0).rename_axis("standing")


def variants(
    base: Scenario,
    count: int = 200,
    *,
    threshold: float = 0.0,
    border_price: float = 0.0,
    inertia: float = 0.0,
    weights: float = 0.0,
    periods: Sequence[str] = (),
    draw_values: bool = False,
    seed: int = 0,
) -> tuple[Scenario, ...]:
    """Draw variants of a scenario that somebody else might have chosen as well.

    Parameters
    ----------
    base : Scenario
        What was chosen; it is the first of the variants.
    count : int, default 200
        How many variants, with the base.
    threshold : float, default 0
        How far the threshold is moved to both sides at most. [index points]
    border_price, inertia, weights : float, default 0
        By which part of itself each of them is changed to both sides at most, the weights each on its own. [share,
        0–1]
    periods : sequence of str, optional
        Periods to draw from. Default: that of the base.
    draw_values : bool, default False
        Whether the values are drawn within their uncertainty, each variant its own.
    seed : int, default 0
        The same seed gives the same variants.

    Returns
    -------
    tuple of Scenario
        Drawn evenly and independently.

    Raises
    ------
    ParameterError
        If a number is outside its range.

    Examples
    --------
    >>> base = Scenario(name="base", threshold=1.0, border_price=0.3)
    >>> drawn = variants(base, 3, threshold=0.2)
    >>> drawn[0] == base, [round(one.threshold, 3) for one in drawn[1:]]
    (True, [1.055, 0.807])
    """
    number = require_whole_number("count", count, "a whole number of at least 1", least=1)
    require_number("threshold", threshold, "a finite number of at least 0", lambda value: 0 <= value < np.inf)
    parts = {"border_price": border_price, "inertia": inertia, "weights": weights}
    for name, part in parts.items():
        require_number(name, part, "a share from 0 to 1", lambda value: 0 <= value <= 1)
    rng = np.random.default_rng(seed)
    drawn = [base]
    for at in range(1, number):
        moved = rng.uniform(-1.0, 1.0, 3)
        own = base.weights
        if own is not None:
            own = tuple((name, weight * (1 + weights * rng.uniform(-1.0, 1.0))) for name, weight in own)
        drawn.append(
            replace(
                base,
                name=f"{base.name} {at}",
                threshold=base.threshold + threshold * float(moved[0]),
                border_price=base.border_price * (1 + border_price * float(moved[1])),
                inertia=base.inertia * (1 + inertia * float(moved[2])),
                weights=own,
                period=str(periods[int(rng.integers(len(periods)))]) if periods else base.period,
                draw=at if draw_values else base.draw,
            )
        )
    return tuple(drawn)


def stability(
    scenarios: Sequence[Scenario],
    values: Values,
    graph: NeighbourGraph,
    *,
    existing: pd.Series | None = None,
    fixed: FixedAreas | None = None,
    border_factor: pd.Series | None = None,
    pool: Executor | None = None,
) -> StabilityMap:
    """Count in how many variants each area lies in a region.

    Parameters
    ----------
    scenarios : sequence of Scenario
        Several hundred, as `variants` draws them.
    values, graph, existing, fixed, border_factor
        As in `proposal_of`.
    pool : concurrent.futures.Executor, optional
        Processes to share the work; threads would wait for each other. Any number gives the same result. Default:
        one after the other.

    Returns
    -------
    StabilityMap
        On the areas of the graph. It says how much the result depends on choices, not how probable it is.

    Raises
    ------
    ParameterError
        If there is no variant, or none of them allows a proposal.

    Examples
    --------
    >>> from spatial.regions.scenarios.scenario import PlanningData
    >>> ids = pd.Index(["a", "b"])
    >>> pair = NeighbourGraph(area_id=ids, first=np.array([0]), second=np.array([1]), border=np.array([50.0]))
    >>> data = PlanningData(need=pd.Series([1.5, 0.9], ids), population=pd.Series(100, ids))
    >>> both = [Scenario(name=str(one), threshold=one, border_price=0) for one in (0.8, 1.0)]
    >>> stability(both, data, pair).share.tolist()
    [1.0, 0.5]
    """
    if not scenarios:
        raise ParameterError("scenarios", "none", "at least one variant")

    ask = partial(
        _one_variant,
        values=values,
        graph=graph,
        existing=existing,
        fixed=fixed,
        border_factor=border_factor,
    )
    found = in_pool(ask, scenarios, pool)
    allowed = [inside for inside, _, _ in found if inside is not None]
    if not allowed:
        raise ParameterError("scenarios", found[0][1], "at least one variant that allows a proposal")
    share = np.sum(allowed, axis=0) / len(allowed)
    population = data_of(scenarios[0], values).population
    runs = pd.DataFrame(
        {
            "threshold": [one.threshold for one in scenarios],
            "border_price": [one.border_price for one in scenarios],
            "inertia": [one.inertia for one in scenarios],
            "period": [one.period for one in scenarios],
            "draw": [one.draw for one in scenarios],
            "areas": [np.nan if inside is None else int(inside.sum()) for inside, _, _ in found],
            "residents": [residents for _, _, residents in found],
            "refused": [reason for _, reason, _ in found],
        },
        index=pd.Index([one.name for one in scenarios], name="scenario"),
    )
    return StabilityMap(
        share=pd.Series(share, index=graph.area_id, name="share"),
        residents=align(population, graph.area_id, "population").rename("residents"),
        runs=runs,
        refused=len(found) - len(allowed),
    )


def _one_variant(
    scenario: Scenario,
    *,
    values: Values,
    graph: NeighbourGraph,
    existing: pd.Series | None,
    fixed: FixedAreas | None,
    border_factor: pd.Series | None,
) -> tuple[NDArray[np.bool_] | None, str, float]:
    """Return who is in, or why nobody can be, and the residents inside [persons]."""
    found = proposal_or_reason(
        scenario, values, graph, existing=existing, fixed=fixed, border_factor=border_factor
    )
    if isinstance(found, str):
        return None, found, np.nan
    inside = found.region.notna()
    residents = float(found.population[inside].sum())
    return inside.reindex(graph.area_id).to_numpy(dtype=bool), "", residents
