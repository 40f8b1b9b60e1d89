"""One way to every segregation measure: choose groups, align the map with them, call the measure."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.alignment import align, require_unique
from spatial.contiguity import shared_borders
from spatial.coverage import geometry_of
from spatial.errors import CountsError, ParameterError
from spatial.neighbours import NeighbourGraph
from spatial.parameters import require_choice
from spatial.segregation.counts import (
    Floats,
    by_area,
    many_groups,
    numbers_of,
    require_column,
    table_of_numbers,
    unmasked,
)
from spatial.segregation.measure import Measure, require_options
from spatial.segregation.places import Places
from spatial.segregation.register import measure

__all__ = [
    "all_groups",
    "compute",
    "group_and_rest",
    "group_and_total",
    "same_groups",
    "surroundings_of",
    "table_of_groups",
]

# Weights that are sums of floats add up to their total but for rounding.
_ROUNDING = 1e-9

# Options that are counts of the areas: an area where one of them is missing is left out, too.
_COUNTS = ("other", "population")


def compute(
    name: str,
    counts: pd.DataFrame | pd.Series | Floats,
    *,
    group: Hashable | None = None,
    against: Hashable | None = None,
    total: pd.Series | Floats | None = None,
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places | None = None,
    graph: NeighbourGraph | None = None,
    missing: Literal["error", "leave_out"] = "error",
    **options: Any,
) -> Any:
    """Compute a segregation measure by its name.

    Parameters
    ----------
    name : str
        A name that `available()` lists.
    counts : DataFrame, Series or array of int or float, shape (n_areas, n_groups), indexed by area_id
        One row per area, one column per group, not overlapping; fractions and weights are allowed. [persons]
    group : column of `counts`, optional
        For measures of two groups: the group that is looked at. Default: the only column, the first of two,
        or, with more than two columns, every one in turn.
    against : column of `counts`, optional
        For measures of two groups: the other group of a pair. Default: everybody else.
    total : Series or array of int or float, shape (n_areas,), indexed by area_id, optional
        All residents. Default: the sum of the columns. A pair of groups is its own total. [persons]
    geometry : GeoSeries, GeoDataFrame or Places, indexed by area_id, optional
        Areas or points in a projected CRS with metres, for measures that need them.
    graph : NeighbourGraph, optional
        Borders between the areas, for measures that need them. Default: found from the geometry.
    missing : {"error", "leave_out"}, default "error"
        What to do with areas that have a missing (or suppressed) count: refuse, or compute without them.
        `bounds()` gives the range over all values they may have.
    **options
        The measure's own options, named in its documentation.

    Returns
    -------
    float, Series or DataFrame
        A number, or what the measure's `gives` says; when every group is taken in turn, a Series with one
        number per group, or a DataFrame with one column per group.

    Raises
    ------
    ParameterError
        If the measure, a column or an option is unknown, or geometry, graph or an option are needed and not
        given.
    AlignmentError
        If counts, total, geometry or graph have other areas.
    CountsError
        If counts are missing (with `missing="error"`, or in every area), infinite or negative, or groups exceed
        the total.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [10, 30], "other": [90, 70]}, index=["00", "01"])
    >>> round(compute("dissimilarity", table), 4)
    0.3125
    """
    chosen = measure(name)
    require_options(chosen, options)
    frame = table_of_groups(counts)
    whole = None if total is None else by_area(total, frame.index, "total")
    require_choice("missing", missing, ("error", "leave_out"))
    _require_map(geometry, graph)
    if missing == "leave_out":
        known = frame[_used(chosen, frame, group, against, whole)].notna().all(axis=1)
        known &= True if whole is None else whole.notna()
        for option in _COUNTS:
            if options.get(option) is not None:
                options[option] = by_area(options[option], frame.index, option)
                known &= options[option].notna()
        if not known.any():
            raise CountsError("missing counts", frame.index, "missing='leave_out' leaves no area to measure")
        if not known.all():
            frame, whole = frame[known], None if whole is None else whole[known]
            geometry = _part(geometry, known)
            graph = None if graph is None else graph.part(known)
            options |= {name: options[name][known] for name in _COUNTS if options.get(name) is not None}
    options |= surroundings_of(chosen, geometry, graph)
    if chosen.groups != "two":
        return chosen.function(all_groups(chosen, frame, group, against, whole), **options)
    if group is None and len(frame.columns) > 2:
        return _each(chosen, frame, against, whole, options)
    return chosen.function(*group_and_total(frame, group, against, whole), **options)


def _used(
    chosen: Measure,
    frame: pd.DataFrame,
    group: Hashable | None,
    against: Hashable | None,
    total: pd.Series | None,
) -> list[Hashable]:
    """Return the columns that the value depends on; a gap in another one is no reason to leave an area out."""
    everything: list[Hashable] = list(frame.columns)
    if chosen.groups != "two" or (group is None and len(everything) > 2):
        return everything
    if against is None and total is None:
        return everything
    name = group if group is not None else next((one for one in everything if one != against), against)
    return [one for one in everything if one in (name, against)]


def group_and_total(
    counts: pd.DataFrame,
    group: Hashable | None = None,
    against: Hashable | None = None,
    total: pd.Series | None = None,
) -> tuple[pd.Series, pd.Series]:
    """Choose one group, and everybody or the other group of a pair, from a table of groups.

    Parameters
    ----------
    counts : DataFrame of int or float, shape (n_areas, n_groups), indexed by area_id
        One column per group. [persons]
    group, against : columns of `counts`, optional
        The group and the other group of a pair. Default: the first other column, against everybody else.
    total : Series of int or float, shape (n_areas,), indexed by area_id, optional
        All residents. Default: the sum of the columns. [persons]

    Returns
    -------
    tuple of Series
        The group, and the total: the pair's sum or everybody.

    Raises
    ------
    ParameterError
        If a column is unknown, or nobody is left to compare the group with.

    Examples
    --------
    >>> table = pd.DataFrame({"a": [1, 2], "b": [3, 4], "c": [5, 6]})
    >>> group_and_total(table, "a", "c")[1].tolist()
    [6, 8]
    """
    if not isinstance(counts, pd.DataFrame):
        raise ParameterError("counts", counts, "a DataFrame with one column per group")
    if against is not None:
        require_column("against", against, counts.columns)
    name = next((name for name in counts.columns if name != against), against) if group is None else group
    require_column("group", name, counts.columns)
    members = counts[name]
    if against is not None:
        if against == name:
            raise ParameterError("against", against, "another column than group")
        with np.errstate(over="ignore"):
            return members, members + counts[against]
    if total is not None:
        return members, by_area(total, counts.index, "total")
    if len(counts.columns) == 1:
        raise ParameterError("total", None, "all residents, when counts has one column only")
    # Infinite counts are told where the counts are checked.
    with np.errstate(invalid="ignore", over="ignore"):
        return members, counts.sum(axis=1, skipna=False)


def group_and_rest(counts: pd.DataFrame | Floats, group: Hashable | None) -> pd.DataFrame | Floats:
    """Return a table of two columns, the named group and everybody else; the table itself when none is named.

    Raises
    ------
    ParameterError, AlignmentError, CountsError
        If there is no such column, or as `spatial.segregation.counts.many_groups`.

    Examples
    --------
    >>> table = pd.DataFrame({"a": [1, 2], "b": [3, 4], "c": [5, 6]})
    >>> group_and_rest(table, "a").to_numpy().tolist()
    [[1.0, 8.0], [2.0, 10.0]]
    """
    if group is None:
        return counts
    frame = table_of_groups(counts)
    place = require_column("group", group, frame.columns)
    table = many_groups(frame)
    members = table.counts[place]
    pair = np.column_stack([members, np.delete(table.counts, place, axis=0).sum(axis=0)])
    return pd.DataFrame(pair, index=table.area_id, columns=[str(group), f"all but {group}"])


def all_groups(
    chosen: Measure,
    frame: pd.DataFrame,
    group: Hashable | None = None,
    against: Hashable | None = None,
    total: pd.Series | None = None,
) -> pd.DataFrame:
    """Return the table for a measure of many groups, which takes all columns.

    Raises
    ------
    ParameterError
        If a group is named.
    CountsError
        If the columns do not add up to the total: some group would be forgotten, or counted twice.
    """
    for label, wanted in (("group", group), ("against", against)):
        if wanted is not None:
            raise ParameterError(label, wanted, f"nothing: {chosen.id} takes all columns of counts")
    if total is not None:
        residents = numbers_of(total, "total").astype(float)
        unknown = ~np.isfinite(residents)
        if unknown.any():
            raise CountsError("total missing or infinite", frame.index[unknown])
        # A missing or infinite count makes no difference here: it is told where the counts are checked.
        with np.errstate(invalid="ignore", over="ignore"):
            apart = np.abs(frame.to_numpy(dtype=float, na_value=np.nan).sum(axis=1) - residents)
            apart[~np.isfinite(apart)] = 0.0
        if (apart > _ROUNDING * np.abs(residents)).any():
            raise CountsError(
                "groups do not add up to the total",
                frame.index[apart > _ROUNDING * np.abs(residents)],
                "add a column for everybody else, or leave `total` out to look at these groups only",
            )
    return frame


def table_of_groups(counts: pd.DataFrame | pd.Series | Floats) -> pd.DataFrame:
    """Return counts as a table with one row per area and one column per group.

    Raises
    ------
    AlignmentError
        If an area is named twice.
    ParameterError
        If there are no columns or rows, a column is named twice, or an array has more than two dimensions.
    CountsError
        If a column holds anything but numbers.
    """
    if isinstance(counts, pd.DataFrame):
        frame = counts
    elif isinstance(counts, pd.Series):
        frame = counts.to_frame()
    else:
        frame = pd.DataFrame(unmasked(counts, "counts", 1, 2))
    require_unique(frame.index, "counts")
    if not len(frame.columns):
        raise ParameterError("counts", "a table without columns", "one column per group")
    if not len(frame):
        raise ParameterError("counts", "a table without rows", "at least one area")
    if not frame.columns.is_unique:
        raise ParameterError("counts", list(frame.columns), "each group in one column")
    # The types of a frame's columns take longer to list than the sums of a small city.
    is_plain = isinstance(counts, pd.Series) and counts.dtype in (np.float64, np.int64)
    return frame if is_plain else table_of_numbers(frame)


def same_groups(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Return the second of two tables with the columns in the order of the first.

    Raises
    ------
    ParameterError
        If the two do not have the same groups: columns are matched by name, never by position.
    """
    if set(first.columns) != set(second.columns):
        groups = [", ".join(map(str, table.columns)) for table in (first, second)]
        raise ParameterError(
            "second", f"a table of {groups[1]}", f"the same columns as in the first: {groups[0]}"
        )
    return second[list(first.columns)]


def surroundings_of(
    chosen: Measure, geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places | None, graph: NeighbourGraph | None
) -> dict[str, Any]:
    """Return the keyword arguments `geometry` and `graph` as far as the measure needs them.

    Raises
    ------
    ParameterError
        If one of them is needed and not given. A graph that is not given is found from polygons.
    """
    _require_map(geometry, graph)
    found: dict[str, Any] = {}
    if "geometry" in chosen.needs:
        if geometry is None:
            raise ParameterError("geometry", None, f"the areas, which {chosen.id} needs")
        found["geometry"] = geometry
    if "graph" in chosen.needs:
        if graph is None:
            if geometry is None or isinstance(geometry, Places):
                raise ParameterError(
                    "graph", None, f"the neighbour graph (or polygons), which {chosen.id} needs"
                )
            graph = shared_borders(geometry, corners=True)
        found["graph"] = graph
    return found


def _require_map(
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places | None, graph: NeighbourGraph | None
) -> None:
    """Refuse what is neither geometry nor graph, also where the measure would not look at it."""
    if geometry is not None and not isinstance(geometry, Places):
        geometry_of(geometry, "geometry")
    if graph is not None and not isinstance(graph, NeighbourGraph):
        raise ParameterError("graph", graph, "a NeighbourGraph, as shared_borders() finds it")


def _part(
    geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places | None, known: pd.Series
) -> gpd.GeoSeries | gpd.GeoDataFrame | Places | None:
    if geometry is None:
        return None
    if isinstance(geometry, Places):
        return geometry.part(known)
    return geometry[align(known, geometry.index, "counts").to_numpy()]


def _each(
    chosen: Measure,
    frame: pd.DataFrame,
    against: Hashable | None,
    whole: pd.Series | None,
    options: dict[str, Any],
) -> Any:
    names = [name for name in frame.columns if name != against]
    results = {
        name: chosen.function(*group_and_total(frame, name, against, whole), **options) for name in names
    }
    if chosen.gives == "number":
        return pd.Series(results, name=chosen.id, dtype=float)
    return pd.concat(results, axis=1)
