"""Are two cities, or two years, apart because people live elsewhere or because there are more of some? By swapping."""

from __future__ import annotations

import inspect
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias, get_args

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.alignment import align
from spatial.errors import AlignmentError, ParameterError
from spatial.neighbours import NeighbourGraph, shared_borders
from spatial.segregation.compute import group_and_total
from spatial.segregation.counts import Floats, GroupTable, many_groups, two_groups
from spatial.segregation.decomposition.contributions import Title, require_sum
from spatial.segregation.measure import Evaluator, Measure, require_options
from spatial.segregation.places import Places
from spatial.segregation.register import measure

__all__ = ["PART_TITLES", "SpaceAndComposition", "space_and_composition", "swap_compositions"]

Approach: TypeAlias = Literal["composition", "share", "dual_composition"]
Quantiles: TypeAlias = Literal["interpolated", "observed"]

PART_TITLES: Final = {
    "space": Title("Räumliche Verteilung der Bevölkerung", "Where the population lives"),
    "composition": Title("Zusammensetzung der Bevölkerung", "Who the population is"),
}
"""Titles of the two parts of a difference."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SpaceAndComposition:
    """The difference of an index between two cities or periods, as a part of space and a part of composition.

    `parts` adds up to `difference` = `first` - `second`. The two values in between belong to the
    counterfactual tables: the areas of one city with the composition of the other [persons].
    """

    index: str
    approach: Approach
    quantiles: Quantiles
    options: Mapping[str, Any]
    first: float
    second: float
    first_space_second_composition: float
    second_space_first_composition: float
    parts: pd.Series
    first_counterfactual: pd.DataFrame
    second_counterfactual: pd.DataFrame

    def __post_init__(self) -> None:
        """Refuse parts that do not add up."""
        require_sum(self.parts.to_numpy(), self.difference, "parts")

    @property
    def difference(self) -> float:
        """The value of the first minus that of the second."""
        return self.first - self.second

    def __repr__(self) -> str:
        return (
            f"SpaceAndComposition({self.index} {self.first:.4f} - {self.second:.4f}: "
            f"space {self.parts['space']:+.4f}, composition {self.parts['composition']:+.4f}; {self.approach})"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row per part: `value`, `title_de` and `title_en`."""
        frame = self.parts.rename("value").to_frame()
        frame["title_de"] = [PART_TITLES[part].de for part in frame.index]
        frame["title_en"] = [PART_TITLES[part].en for part in frame.index]
        return frame


def space_and_composition(
    name: str,
    first: pd.DataFrame | Floats,
    second: pd.DataFrame | Floats,
    *,
    group: Hashable | None = None,
    against: Hashable | None = None,
    approach: Approach = "composition",
    quantiles: Quantiles = "interpolated",
    first_geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places | None = None,
    second_geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places | None = None,
    first_graph: NeighbourGraph | None = None,
    second_graph: NeighbourGraph | None = None,
    **options: Any,
) -> SpaceAndComposition:
    r"""Split the difference of an index between two cities, or two periods, into space and composition.

    Each city is given the composition of the other: every area takes the value that has the same percentile
    among the areas of the other city. With the index :math:`G_{sa}` of space *s* and composition *a*,

    .. math:: space = \tfrac12 (G_{11} - G_{21} + G_{12} - G_{22}), \qquad
              composition = \tfrac12 (G_{11} - G_{12} + G_{21} - G_{22}),

    which add up to :math:`G_{11} - G_{22}`. The areas of the two need not correspond, nor be as many.

    Parameters
    ----------
    name : str
        Any measure that `available()` lists and that gives one number.
    first, second : DataFrame or array of int or float, shapes (n_areas, n_groups), indexed by area_id
        The two cities or periods, with the same columns. [persons]
    group, against : columns, optional
        For measures of two groups: the group, and the other group of a pair. Default: the first column
        against everybody else.
    approach : {"composition", "share", "dual_composition"}, default "composition"
        What is swapped: *composition*, the group's share of the residents of the area, at unchanged residents
        (two groups only); *dual_composition*, that of every group by itself, so that the residents become
        their sum; *share*, the area's share of all members of the group, for every group by itself, at
        unchanged sizes of the groups.
    quantiles : {"interpolated", "observed"}, default "interpolated"
        Between which values the percentile (rank divided by the number of areas, mean ranks for ties) is looked
        up: *interpolated* linearly as published, or the *observed* value that is reached there, by which
        cities with the same values swap nothing.
    first_geometry, second_geometry : GeoSeries, GeoDataFrame or Places, indexed by area_id, optional
        For measures that need them.
    first_graph, second_graph : NeighbourGraph, optional
        For measures that need them. Default: found from the geometry.
    **options
        The measure's own options; they hold for the counterfactual tables too.

    Returns
    -------
    SpaceAndComposition
        All NaN when the index is undefined for one of the four tables. Areas without residents have no
        percentile, take nothing and give nothing.

    Raises
    ------
    AlignmentError
        If the two have other columns, or geometry or graph have other areas than the counts.
    CountsError
        If a count is missing, infinite or negative.
    ParameterError
        If the measure or an option is unknown, geometry or graph are needed and not given, or *composition*
        meets more than two groups.

    Notes
    -----
    PySAL computes the counterfactual values with the default options of the index, whatever was chosen, and
    lets areas without residents take part with a share of 0.

    References
    ----------
    .. [1] S. J. Rey, R. Cortes and E. Knaap (2021), Comparative Spatial Segregation Analytics, Spatial
       Demography 9, doi:10.1007/s40980-021-00075-w.

    Examples
    --------
    >>> old = pd.DataFrame({"young": [10, 20, 30], "rest": [90, 80, 70]}, index=["a", "b", "c"])
    >>> new = pd.DataFrame({"young": [20, 40, 60], "rest": [80, 60, 40]}, index=["a", "b", "c"])
    >>> space_and_composition("dissimilarity", old, new, quantiles="observed")
    SpaceAndComposition(dissimilarity 0.2083 - 0.2778: space +0.0000, composition -0.0694; composition)
    """
    entry = _chosen(name, options)
    tables = [_table(entry, counts, group, against) for counts in (first, second)]
    if tables[0].group != tables[1].group:
        raise AlignmentError("the two have other groups", {*tables[0].group} ^ {*tables[1].group})
    tables = [
        _in_order_of(table, graph) for table, graph in zip(tables, (first_graph, second_graph), strict=True)
    ]
    evaluators = [
        _evaluator(entry, table, geometry, graph, options)
        for table, geometry, graph in zip(
            tables, (first_geometry, second_geometry), (first_graph, second_graph), strict=True
        )
    ]
    swapped = swap_compositions(tables[0].counts, tables[1].counts, approach, quantiles)
    values = [
        evaluate(np.stack([table.counts, other]))
        for evaluate, table, other in zip(evaluators, tables, swapped, strict=True)
    ]
    (own_first, mixed_first), (own_second, mixed_second) = ((float(a), float(b)) for a, b in values)
    parts = {
        "space": 0.5 * (own_first - mixed_second + mixed_first - own_second),
        "composition": 0.5 * (own_first - mixed_first + mixed_second - own_second),
    }
    frames = [
        pd.DataFrame(other.T, index=table.area_id, columns=list(table.group))
        for table, other in zip(tables, swapped, strict=True)
    ]
    return SpaceAndComposition(
        index=name,
        approach=approach,
        quantiles=quantiles,
        options=dict(options),
        first=own_first,
        second=own_second,
        first_space_second_composition=mixed_first,
        second_space_first_composition=mixed_second,
        parts=pd.Series(parts, name="part"),
        first_counterfactual=frames[0],
        second_counterfactual=frames[1],
    )


def _chosen(name: str, options: Mapping[str, Any]) -> Measure:
    entry = measure(name)
    if entry.gives != "number" or entry.prepare is None:
        raise ParameterError("name", name, "a measure that gives one number")
    known = {
        option: parameter.default is inspect.Parameter.empty
        for option, parameter in inspect.signature(entry.prepare).parameters.items()
        if option not in ("places", "graph")
    }
    require_options(entry, options)
    for option, needed in known.items():
        if needed and option not in options:
            raise ParameterError(option, None, f"a value, which {name} needs")
    return entry


def _table(
    entry: Measure, counts: pd.DataFrame | Floats, group: Hashable | None, against: Hashable | None
) -> GroupTable:
    if entry.groups != "two":
        if group is not None or against is not None:
            raise ParameterError("group", group, f"nothing: {entry.id} takes all columns")
        return many_groups(counts)
    frame = counts if isinstance(counts, pd.DataFrame) else pd.DataFrame(np.asarray(counts))
    return two_groups(*group_and_total(frame, group, against))


def _in_order_of(table: GroupTable, graph: NeighbourGraph | None) -> GroupTable:
    """Return the table with its areas in the order of the graph."""
    if graph is None or graph.area_id.equals(table.area_id):
        return table
    order = align(pd.Series(np.arange(len(table.area_id)), index=table.area_id), graph.area_id, "counts")
    return replace(table, area_id=graph.area_id, counts=table.counts[:, order.to_numpy()])


def _evaluator(
    entry: Measure,
    table: GroupTable,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places | None,
    graph: NeighbourGraph | None,
    options: Mapping[str, Any],
) -> Evaluator:
    surroundings: dict[str, Any] = {}
    if "geometry" in entry.needs:
        if geometry is None:
            raise ParameterError("geometry", None, f"the areas of both, which {entry.id} needs")
        surroundings["places"] = Places.of(geometry, table.area_id, entry.id)
    if "graph" in entry.needs:
        if graph is None:
            if geometry is None or isinstance(geometry, Places):
                raise ParameterError("graph", None, f"graphs (or polygons) of both, which {entry.id} needs")
            polygons = align(geometry.geometry, table.area_id, "geometry")
            graph = shared_borders(gpd.GeoSeries(polygons, crs=geometry.crs), corners=True)
        surroundings["graph"] = graph
    if entry.prepare is None:
        raise ParameterError("name", entry.id, "a measure that gives one number")
    return entry.prepare(**surroundings, **options)


def swap_compositions(
    first: Floats, second: Floats, approach: Approach, quantiles: Quantiles
) -> tuple[Floats, Floats]:
    """Return both tables with the composition of the other."""
    if approach not in get_args(Approach):
        raise ParameterError("approach", approach, f"one of {', '.join(get_args(Approach))}")
    if quantiles not in get_args(Quantiles):
        raise ParameterError("quantiles", quantiles, f"one of {', '.join(get_args(Quantiles))}")
    if approach == "composition" and len(first) != 2:
        raise ParameterError("approach", approach, "'share' or 'dual_composition' for more than two groups")
    return _take(first, second, approach, quantiles), _take(second, first, approach, quantiles)


def _take(own: Floats, other: Floats, approach: Approach, quantiles: Quantiles) -> Floats:
    """Return the own table with the composition of the other; NaN for a group without members to go by."""
    taken = np.zeros_like(own)
    here, there = own.any(axis=0), other.any(axis=0)
    own, other = own[:, here], other[:, there]
    base, other_base = own.sum(axis=0), other.sum(axis=0)
    found = np.empty_like(own)
    for group in range(1 if approach == "composition" else len(own)):
        if approach == "share":
            size = own[group].sum()
            if not (size > 0 and other[group].sum() > 0):
                found[group] = np.nan
                continue
            swapped = _matched(own[group] / size, other[group] / other[group].sum(), quantiles)
            with np.errstate(invalid="ignore", divide="ignore"):
                found[group] = swapped * (size / swapped.sum())
        else:
            found[group] = base * _matched(own[group] / base, other[group] / other_base, quantiles)
    if approach == "composition":
        found[1] = base - found[0]
    taken[:, here] = found
    return taken


def _matched(own: Floats, other: Floats, quantiles: Quantiles) -> Floats:
    """Return, for each own value, the value of the same percentile among the others."""
    _, place, count = np.unique(own, return_inverse=True, return_counts=True)
    percentile = (np.cumsum(count) - (count - 1) / 2) / len(own)
    ordered = np.sort(other)
    if quantiles == "observed":
        # A percentile that is a whole rank but for rounding is that rank.
        rank = np.ceil(percentile * len(other) - 1e-9).astype(np.int64) - 1
        return np.asarray(ordered[np.clip(rank, 0, None)][place])
    position = percentile * (len(other) - 1)
    below = np.minimum(position.astype(np.int64), len(other) - 1)
    above = np.minimum(below + 1, len(other) - 1)
    lower = ordered[below]
    return np.asarray((lower + (ordered[above] - lower) * (position - below))[place])
