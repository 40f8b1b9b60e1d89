"""How few areas are enough to show a city's segregation? Neighbours that differ least are merged first."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import xlogy

from spatial.errors import ParameterError
from spatial.neighbours import NeighbourGraph, graph_in_order
from spatial.parameters import require_number, require_whole_number
from spatial.segregation.counts import Floats, many_groups
from spatial.segregation.decomposition.contributions import index_value

__all__ = ["MergeSequence", "merge_areas", "merged_areas"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MergeSequence:
    """Areas merged one pair at a time, and what that costs of the mutual information.

    `steps` has one row per merge: `area` goes into `into` (both name the first of the areas that were merged
    to them), `loss` of the index, its `value` and `share` afterwards, and how many areas are left, `areas_left`.
    """

    area_id: pd.Index
    total: float
    steps: pd.DataFrame
    neighbours: str

    def __repr__(self) -> str:
        left = len(self.area_id) - len(self.steps)
        return f"MergeSequence({len(self.area_id)} areas to {left}, mutual_information {self.total:.4f})"

    def to_frame(self) -> pd.DataFrame:
        """Return the steps."""
        return self.steps.copy()


def merge_areas(
    counts: pd.DataFrame | Floats, graph: NeighbourGraph | None = None, *, nearest: int = 50
) -> MergeSequence:
    r"""Merge areas step by step, always the two neighbours whose merging costs least mutual information.

    Merging areas *i* and *k* costs :math:`\frac{t_i + t_k}{T} M_{ik}`, with the mutual information
    :math:`M_{ik}` between these two: what lies inside the merged area is lost.

    Parameters
    ----------
    counts : DataFrame or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group; fractions are allowed. [persons]
    graph : NeighbourGraph, optional
        Which areas are neighbours. Default: those that are alike, see `nearest`.
    nearest : int, default 50
        Without a graph, areas are neighbours when at most so many places apart in the order of the entropy
        of their groups.

    Returns
    -------
    MergeSequence
        Until nothing is left to merge. Equal costs are taken in the order of the areas. Values are NaN when
        there is nobody.

    Raises
    ------
    AlignmentError
        If the graph has other areas than the counts.
    CountsError
        If a count is missing, infinite or negative.
    ParameterError
        If `nearest` is below 1.

    References
    ----------
    .. [1] R. Mora and J. Ruiz-Castillo (2011), Entropy-Based Segregation Indices, Sociological Methodology 41,
       doi:10.1111/j.1467-9531.2011.01237.x.

    Examples
    --------
    >>> blocks = pd.DataFrame({"young": [9, 8, 1, 0], "old": [1, 2, 9, 10]}, index=["a", "b", "c", "d"])
    >>> merge_areas(blocks).steps[["area", "into"]].to_numpy().tolist()
    [['b', 'a'], ['d', 'c'], ['c', 'a']]
    """
    table = many_groups(counts)
    nearest = require_whole_number("nearest", nearest, "a whole number of at least 1", least=1)
    around = (
        _alike(table.counts, nearest) if graph is None else _bordering(graph_in_order(graph, table.area_id))
    )
    residents = table.counts.sum() or 1.0
    rows = np.ascontiguousarray(table.counts.T)
    merged = [
        (table.area_id[gone], table.area_id[kept], loss / residents)
        for loss, kept, gone in _merges(rows, around)
    ]
    steps = pd.DataFrame(merged, columns=["area", "into", "loss"])
    total = index_value("mutual_information", table.counts)
    steps["loss"] = steps["loss"].astype(float)
    steps["value"] = (total - steps["loss"].cumsum()).clip(lower=0.0)
    steps["share"] = steps["value"] / total if total > 0 else np.nan
    steps["areas_left"] = len(table.area_id) - 1 - np.arange(len(steps))
    return MergeSequence(
        area_id=table.area_id,
        total=total,
        steps=steps,
        neighbours=f"{nearest} nearest in entropy" if graph is None else "graph",
    )


def merged_areas(
    sequence: MergeSequence, *, share: float | None = None, areas_left: int | None = None
) -> pd.Series:
    """Return the merged area that each area belongs to.

    Parameters
    ----------
    sequence : MergeSequence
        From `merge_areas`.
    share : float, optional
        Merge as long as more than this share of the mutual information is left. [0-1]
    areas_left : int, optional
        Merge until so many areas are left. Give one of the two.

    Returns
    -------
    Series, indexed by area_id
        The id of the first area of the merged area.

    Raises
    ------
    ParameterError
        If neither or both are given, or the number of areas is not reached.

    Examples
    --------
    >>> blocks = pd.DataFrame({"young": [9, 8, 1, 0], "old": [1, 2, 9, 10]}, index=["a", "b", "c", "d"])
    >>> merged_areas(merge_areas(blocks), share=0.9).to_dict()
    {'a': 'a', 'b': 'a', 'c': 'c', 'd': 'c'}
    """
    if not isinstance(sequence, MergeSequence):
        raise ParameterError("sequence", sequence, "a MergeSequence, as merge_areas() finds it")
    if (share is None) == (areas_left is None):
        raise ParameterError("share, areas_left", (share, areas_left), "one of the two")
    n_areas = len(sequence.area_id)
    if share is not None:
        share = require_number("share", share, "a number from 0 to 1", lambda number: 0 <= number <= 1)
        n_steps = int((sequence.steps["share"] > share).sum())
    else:
        least = n_areas - len(sequence.steps)
        n_steps = n_areas - require_whole_number(
            "areas_left", areas_left, f"a whole number from {least} to {n_areas}", least=least, most=n_areas
        )
    taken = sequence.steps.iloc[:n_steps]
    home = np.arange(n_areas)
    gone = sequence.area_id.get_indexer(pd.Index(taken["area"]))
    kept = sequence.area_id.get_indexer(pd.Index(taken["into"]))
    # Backwards: what an area was merged into has found its own home by then.
    for area, into in zip(gone[::-1], kept[::-1], strict=True):
        home[area] = home[into]
    return pd.Series(sequence.area_id[home], index=sequence.area_id, name="merged_area")


def _alike(counts: Floats, nearest: int) -> list[set[int]]:
    """Return areas at most so many places apart in the order of their entropies."""
    residents = counts.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        entropy = np.where(
            residents > 0, np.log(residents) - xlogy(counts, counts).sum(axis=0) / residents, 0.0
        )
    order = np.argsort(entropy, kind="stable").tolist()
    around: list[set[int]] = [set() for _ in order]
    for place, area in enumerate(order):
        for other in order[place + 1 : place + 1 + nearest]:
            around[area].add(other)
            around[other].add(area)
    return around


def _bordering(graph: NeighbourGraph) -> list[set[int]]:
    around: list[set[int]] = [set() for _ in graph.area_id]
    for one, other in zip(graph.first.tolist(), graph.second.tolist(), strict=True):
        around[one].add(other)
        around[other].add(one)
    return around


def _merges(rows: Floats, around: list[set[int]]) -> list[tuple[float, int, int]]:
    """Return (cost, area that stays, area that goes) in the order of merging; changes its arguments.

    Candidates lie in a heap. One whose areas were merged since is recognised by their version and dropped.
    """
    own = _weight(rows)
    version = [0] * len(rows)
    heap: list[tuple[float, int, int, int, int]] = []

    def consider(area: int, others: list[int]) -> None:
        at = np.array(others)
        costs = np.maximum(own[area] + own[at] - _weight(rows[area] + rows[at]), 0.0)
        for cost, other in zip(costs.tolist(), others, strict=True):
            one, two = (area, other) if area < other else (other, area)
            heapq.heappush(heap, (cost, one, two, version[one], version[two]))

    for area, others in enumerate(around):
        later = [other for other in others if other > area]
        if later:
            consider(area, later)
    found = []
    while heap:
        cost, kept, gone, version_kept, version_gone = heapq.heappop(heap)
        if version[kept] != version_kept or version[gone] != version_gone:
            continue
        found.append((cost, kept, gone))
        rows[kept] += rows[gone]
        own[kept] = _weight(rows[kept : kept + 1])[0]
        version[kept] += 1
        version[gone] = -1
        around[gone].discard(kept)
        around[kept].discard(gone)
        for other in around[gone]:
            around[other].discard(gone)
            around[other].add(kept)
        around[kept] |= around[gone]
        around[gone] = set()
        if around[kept]:
            consider(kept, sorted(around[kept]))
    return found


def _weight(rows: Floats) -> NDArray[np.float64]:
    """Return sum of x ln x minus t ln t, for rows of shape (n_areas, n_groups); the cost is a difference of these."""
    return np.asarray(xlogy(rows, rows).sum(axis=1) - xlogy(rows.sum(axis=1), rows.sum(axis=1)))
