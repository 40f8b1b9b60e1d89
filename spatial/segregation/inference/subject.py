"""What is tested or resampled? A measure that gives one number, its checked counts, and the map it looks at."""

from __future__ import annotations

import inspect
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.alignment import align
from spatial.errors import ParameterError
from spatial.neighbours import NeighbourGraph, shared_borders
from spatial.segregation.compute import group_and_total
from spatial.segregation.counts import Floats, GroupTable, many_groups, two_groups
from spatial.segregation.measure import Evaluator, Measure, require_options
from spatial.segregation.places import Places
from spatial.segregation.register import measure

__all__ = ["Subject", "prepare_subject"]

# Keyword arguments of measures that inference gives by itself.


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Subject:
    """A measure with everything prepared that does not depend on the counts, and the observed counts."""

    measure: Measure
    table: GroupTable
    evaluate: Evaluator
    options: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"Subject({self.measure.id} of {self.table!r})"

    @property
    def spatial(self) -> bool:
        """Whether the measure looks at the map."""
        return bool(self.measure.needs)

    @property
    def observed(self) -> float:
        """The measure of the observed counts."""
        return float(self.evaluate(self.table.counts))


def prepare_subject(
    name: str,
    counts: pd.DataFrame | pd.Series | Floats,
    *,
    group: Hashable | None = None,
    against: Hashable | None = None,
    total: pd.Series | None = None,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places | None = None,
    graph: NeighbourGraph | None = None,
    options: Mapping[str, Any],
    seed: int | Sequence[int] = 0,
) -> Subject:
    """Check a measure, its counts and its map, and prepare it for many evaluations.

    Parameters
    ----------
    name : str
        A measure that gives one number.
    counts, group, against, total, geometry, graph
        As in `compute()`; a measure of two groups needs `group` when there are more than two columns.
    options : mapping
        The measure's own options.
    seed : int or sequence of int, default 0
        For a measure that draws random numbers itself.

    Returns
    -------
    Subject

    Raises
    ------
    ParameterError
        If the measure is unknown or gives more than one number, an option or column is unknown, or the map is
        needed and not given.
    CountsError, AlignmentError
        As in `compute()`.

    Examples
    --------
    >>> prepare_subject("dissimilarity", pd.DataFrame({"a": [1, 2], "b": [3, 0]}), options={})
    Subject(dissimilarity of GroupTable(2 groups, 2 areas, 6 persons))
    """
    chosen = measure(name)
    if chosen.gives != "number" or chosen.prepare is None:
        raise ParameterError("name", name, f"a measure that gives one number; {name} gives {chosen.gives}")
    taken = [option for option in ("workers", "rng", "replicates") if option in options]
    if taken:
        raise ParameterError(
            "option", taken[0], "an option of the measure; this one belongs to the inference"
        )
    require_options(chosen, options)
    frame = counts.to_frame() if isinstance(counts, pd.Series) else pd.DataFrame(counts)
    table = _table(chosen, frame, group, against, total)
    surroundings: dict[str, Any] = {}
    if "graph" in chosen.needs:
        if graph is None:
            if geometry is None or isinstance(geometry, Places):
                raise ParameterError("graph", None, f"the neighbour graph (or polygons), which {name} needs")
            graph = shared_borders(geometry, corners=True)
        surroundings["graph"] = graph.in_order(table.area_id)
    if "geometry" in chosen.needs:
        if geometry is None:
            raise ParameterError("geometry", None, f"the areas, which {name} needs")
        surroundings["places"] = Places.of(geometry, table.area_id, name)
    own = inspect.signature(chosen.prepare).parameters
    if "workers" in own:
        # The replicates are spread over the threads, not each of them.
        surroundings["workers"] = 1
    if "rng" in own:
        surroundings["rng"] = np.random.default_rng(seed)
    return Subject(
        measure=chosen, table=table, evaluate=chosen.prepare(**surroundings, **options), options=dict(options)
    )


def _table(
    chosen: Measure,
    frame: pd.DataFrame,
    group: Hashable | None,
    against: Hashable | None,
    total: pd.Series | None,
) -> GroupTable:
    if chosen.groups == "two":
        if group is None and len(frame.columns) > 2:
            raise ParameterError("group", None, f"one of the columns: {chosen.id} is of two groups")
        whole = None if total is None else align(total, frame.index, "total")
        return two_groups(*group_and_total(frame, group, against, whole))
    if group is not None or against is not None or total is not None:
        raise ParameterError(
            "group, against, total", group, f"nothing: {chosen.id} takes all columns of counts"
        )
    return many_groups(frame)
