"""One way to every segregation measure: choose groups, align the map with them, call the measure."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.alignment import align, require_unique
from spatial.errors import CountsError, ParameterError
from spatial.neighbours import NeighbourGraph, shared_borders
from spatial.segregation.counts import Floats
from spatial.segregation.measure import Measure, require_options
from spatial.segregation.places import Places
from spatial.segregation.register import measure

__all__ = ["compute", "group_and_total"]

# Weights that are sums of floats add up to their total but for rounding.
_ROUNDING = 1e-9


def compute(
    name: str,
    counts: pd.DataFrame | pd.Series | Floats,
    *,
    group: Hashable | None = None,
    against: Hashable | None = None,
    total: pd.Series | None = None,
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
    total : Series of int or float, shape (n_areas,), indexed by area_id, optional
        All residents. Default: the sum of the columns. [persons]
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
        A number; a Series per group when every group is taken in turn; or what the measure's `gives` says.

    Raises
    ------
    ParameterError
        If the measure, a column or an option is unknown, or geometry or graph are needed and not given.
    AlignmentError
        If counts, total, geometry or graph have other areas.
    CountsError
        If counts are missing (with `missing="error"`), infinite or negative, or groups exceed the total.

    Examples
    --------
    >>> table = pd.DataFrame({"young": [10, 30], "other": [90, 70]}, index=["00", "01"])
    >>> round(compute("dissimilarity", table), 4)
    0.3125
    """
    chosen = measure(name)
    require_options(chosen, options)
    frame = _frame(counts)
    whole = None if total is None else align(total, frame.index, "total")
    if missing == "leave_out":
        known = frame.notna().all(axis=1)
        known &= True if whole is None else whole.notna()
        if not known.all():
            frame, whole = frame[known], None if whole is None else whole[known]
            geometry = _part(geometry, known)
            graph = None if graph is None else graph.part(known)
    elif missing != "error":
        raise ParameterError("missing", missing, "'error' or 'leave_out'")
    options |= _surroundings(chosen, geometry, graph)
    if chosen.groups == "two":
        if group is None and len(frame.columns) > 2:
            return _each(chosen, frame, against, whole, options)
        return chosen.function(*group_and_total(frame, group, against, whole), **options)
    if group is not None or against is not None:
        raise ParameterError("group", group, f"nothing: {name} takes all columns of counts")
    _check_sum(frame, whole)
    return chosen.function(frame, **options)


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
        The group and the other group of a pair. Default: the first column against everybody else.
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
    name = counts.columns[0] if group is None else group
    for label, wanted in (("group", name), ("against", against)):
        if wanted is not None and wanted not in counts.columns:
            raise ParameterError(label, wanted, f"a column of counts: {', '.join(map(str, counts.columns))}")
    members = counts[name]
    if against is not None:
        if against == name:
            raise ParameterError("against", against, "another column than group")
        return members, members + counts[against]
    if total is not None:
        return members, total
    if len(counts.columns) == 1:
        raise ParameterError("total", None, "all residents, when counts has one column only")
    return members, counts.sum(axis=1, skipna=False)


def _frame(counts: pd.DataFrame | pd.Series | Floats) -> pd.DataFrame:
    if isinstance(counts, pd.DataFrame):
        frame = counts
    elif isinstance(counts, pd.Series):
        frame = counts.to_frame()
    else:
        table = np.asarray(counts)
        frame = pd.DataFrame(table if table.ndim == 2 else table.reshape(len(table), -1))
    require_unique(frame.index, "counts")
    if not len(frame.columns):
        raise ParameterError("counts", "a table without columns", "one column per group")
    return frame


def _surroundings(
    chosen: Measure, geometry: gpd.GeoSeries | gpd.GeoDataFrame | Places | None, graph: NeighbourGraph | None
) -> dict[str, Any]:
    """Return the keyword arguments `geometry` and `graph` as far as the measure needs them."""
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


def _check_sum(frame: pd.DataFrame, whole: pd.Series | None) -> None:
    """Refuse groups that do not add up to the residents: some group would be forgotten, or counted twice."""
    if whole is None:
        return
    apart = (frame.sum(axis=1) - whole).abs() > _ROUNDING * whole.abs()
    if apart.any():
        raise CountsError(
            "groups do not add up to the total",
            frame.index[apart],
            "add a column for everybody else, or leave `total` out to look at these groups only",
        )
