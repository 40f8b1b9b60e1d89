"""What is computed many times? A measure that gives one number, its checked counts, and the map it looks at."""

from __future__ import annotations

import inspect
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.errors import ParameterError
from spatial.neighbours import NeighbourGraph, graph_in_order
from spatial.parameters import require_seed
from spatial.segregation.compute import (
    all_groups,
    group_and_total,
    surroundings_of,
    table_of_groups,
)
from spatial.segregation.counts import Floats, GroupTable, by_area, many_groups, two_groups
from spatial.segregation.measure import Evaluator, Measure, require_options
from spatial.segregation.places import Places
from spatial.segregation.register import measure

__all__ = ["Subject", "prepare_subject"]

# Options of measures that inference gives by itself, or that would be taken for its own.
_OF_INFERENCE = ("workers", "rng", "replicates")


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
    def is_spatial(self) -> bool:
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
    total: pd.Series | Floats | None = None,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places | None = None,
    graph: NeighbourGraph | None = None,
    options: Mapping[str, Any],
    seed: int | Sequence[int] | None = None,
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
    seed : int or sequence of int, optional
        For inference, which spreads its replicates over the threads: the measure computes in one, draws random
        numbers from this if it draws any, and the options `workers`, `rng` and `replicates` are refused.

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
    if "missing" in options:
        raise ParameterError(
            "missing", options["missing"], "nothing: leave areas with missing counts out of the tables before"
        )
    given: dict[str, Any] = {}
    if seed is not None:
        for option in _OF_INFERENCE:
            if option in options:
                raise ParameterError(
                    "option", option, "an option of the measure; this one belongs to the inference"
                )
        own = inspect.signature(chosen.prepare).parameters
        given |= {"workers": 1} if "workers" in own else {}
        given |= {"rng": np.random.default_rng(require_seed(seed))} if "rng" in own else {}
    require_options(chosen, options, given=given)
    table = _table(chosen, table_of_groups(counts), group, against, total)
    surroundings = surroundings_of(chosen, geometry, graph)
    if "graph" in surroundings:
        surroundings["graph"] = graph_in_order(surroundings["graph"], table.area_id)
    if "geometry" in surroundings:
        surroundings["places"] = Places.of(surroundings.pop("geometry"), table.area_id, name)
    evaluate = chosen.prepare(**surroundings, **given, **options)
    return Subject(measure=chosen, table=table, evaluate=evaluate, options=dict(options))


def _table(
    chosen: Measure,
    frame: pd.DataFrame,
    group: Hashable | None,
    against: Hashable | None,
    total: pd.Series | Floats | None,
) -> GroupTable:
    whole = None if total is None else by_area(total, frame.index, "total")
    if chosen.groups != "two":
        return many_groups(all_groups(chosen, frame, group, against, whole))
    if group is None and len(frame.columns) > 2:
        raise ParameterError("group", None, f"one of the columns: {chosen.id} is of two groups")
    return two_groups(*group_and_total(frame, group, against, whole))
