"""What does it cost to stay close to the map in force? One proposal for each inertia, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spatial.alignment import align
from spatial.neighbours import NeighbourGraph
from spatial.parameters import require_numbers
from spatial.regions.cuts.objective import in_force
from spatial.regions.fixed import FixedAreas
from spatial.regions.limits import RegionLimits
from spatial.regions.proposal import propose
from spatial.regions.reasons.rerun import chosen_freely, objective_behind

__all__ = ["PriceOfStability", "price_of_stability"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PriceOfStability:
    """Proposals with more and more inertia.

    `table` has one row per inertia [index points]: `regions`, `areas`, `residents` [persons]; `residents_added` and
    `residents_removed` against the map in force [persons], `jaccard` with it [share, 0–1]; `objective`, counted
    without inertia, and `lost`, how much worse it is than that of the first row [persons × index points]. `region`
    has one column of region ids per inertia.
    """

    table: pd.DataFrame
    region: pd.DataFrame

    def __repr__(self) -> str:
        first, last = self.table.iloc[0], self.table.iloc[-1]
        return (
            f"PriceOfStability({len(self.table)} inertias from {self.table.index[0]:g} to {self.table.index[-1]:g}: "
            f"Jaccard {first['jaccard']:.3f} to {last['jaccard']:.3f}, lost {last['lost']:.6g})"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area, one column of region ids per inertia."""
        return self.region

    def summary(self) -> pd.DataFrame:
        """Return one row per inertia."""
        return self.table


def price_of_stability(
    need: pd.Series,
    population: pd.Series,
    graph: NeighbourGraph,
    existing: pd.Series,
    *,
    threshold: float,
    border_price: float,
    inertias: Sequence[float] = (0.0, 0.1, 0.2, 0.3, 0.5, 1.0),
    limits: RegionLimits | None = None,
    border_factor: pd.Series | None = None,
    fixed: FixedAreas | None = None,
    seed: int = 0,
) -> PriceOfStability:
    """Propose with inertia from 0 up, and say how many residents change side and what is lost.

    Parameters
    ----------
    need, population, graph, existing, threshold, border_price, limits, border_factor, fixed, seed
        As in `propose`.
    inertias : sequence of float, default (0, 0.1, 0.2, 0.3, 0.5, 1)
        How much the map in force counts, in rising order. [index points]

    Returns
    -------
    PriceOfStability
        Without limits the residents that change side fall with the inertia, and what is lost rises; with limits
        the proposals are searched for, and a step may be a little out of line.

    Raises
    ------
    AlignmentError, CountsError, ParameterError
        As in `propose`; also when the inertias are not rising numbers of at least 0.

    Examples
    --------
    The block below the threshold stays once the map in force counts 0.2 points: that loses 100 · 0.1.

    >>> ids = pd.Index(["a", "b"])
    >>> pair = NeighbourGraph(area_id=ids, first=np.array([0]), second=np.array([1]), border=np.array([50.0]))
    >>> found = price_of_stability(
    ...     pd.Series([1.5, 0.9], ids), pd.Series(100, ids), pair, pd.Series(["W", "W"], ids), threshold=1.0,
    ...     border_price=0.0, inertias=[0, 0.2])
    >>> found.table["residents_removed"].tolist(), found.table["lost"].round(6).tolist()
    ([100, 0], [0.0, 10.0])
    """
    levels = require_numbers(
        "inertias",
        list(inertias),
        "rising finite numbers of at least 0",
        lambda given: np.isfinite(given) & (given >= 0) & (np.diff(given, prepend=-1.0) > 0),
    )
    before = pd.Series(in_force(existing, need.index), index=need.index)
    people = align(population, need.index, "population")
    rows, regions = [], {}
    calm = None
    for inertia in levels.tolist():
        found = propose(
            need,
            population,
            graph,
            threshold=threshold,
            border_price=border_price,
            limits=limits,
            existing=existing,
            inertia=inertia,
            border_factor=border_factor,
            fixed=fixed,
            seed=seed,
        )
        if calm is None:
            calm = objective_behind(found, graph, border_factor=border_factor, inertia=0.0)
        after = found.region.notna()
        both, either = people[before & after].sum(), people[before | after].sum()
        rows.append(
            {
                "regions": len(found.border_length),
                "areas": int(after.sum()),
                "residents": people[after].sum(),
                "residents_added": people[after & ~before].sum(),
                "residents_removed": people[before & ~after].sum(),
                "jaccard": float(both / either) if either else 1.0,
                "objective": calm.value(chosen_freely(found, graph.area_id), threshold),
            }
        )
        regions[inertia] = found.region
    table = pd.DataFrame(rows, index=pd.Index(levels, name="inertia"))
    table["lost"] = table["objective"] - table["objective"].iloc[0]
    return PriceOfStability(table=table, region=pd.DataFrame(regions).rename_axis(columns="inertia"))
