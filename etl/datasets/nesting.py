"""Make the upper levels from the finest one: areas by dissolving, counts by adding up."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from etl.delivery import AREA_COLUMNS, VALUE_COLUMNS
from indicators.status import WITH_VALUE, ValueStatus, weakest

__all__ = ["add_up", "dissolve"]


def dissolve(
    areas: gpd.GeoDataFrame,
    parents: pd.Series,
    *,
    geography: str,
    names: pd.Series,
    parent_of: pd.Series | None,
) -> gpd.GeoDataFrame:
    """Return the next level up: one area per value of `parents`, the union of its children.

    `parents` is aligned with `areas`; `names` and `parent_of` are indexed by the parents' keys.
    """
    keys = sorted(parents.unique())
    children = areas.geometry.to_numpy()
    exact = shapely.coverage_is_valid(children)
    members = parents.to_numpy()
    unions = [_union(children[members == key], exact=exact) for key in keys]
    return gpd.GeoDataFrame(
        {
            "geography": geography,
            "area_id": keys,
            "parent_id": [None] * len(keys) if parent_of is None else parent_of.reindex(keys).to_list(),
            "name": names.reindex(keys).to_list(),
        },
        geometry=unions,
        crs=areas.crs,
    )[list(AREA_COLUMNS)]


def add_up(values: pd.DataFrame, parents: pd.Series, *, geography: str) -> pd.DataFrame:
    """Return the sums of counts for the next level up.

    A sum exists only when every child has a value; otherwise the state of the sum is the weakest of the
    children's states, and a child without a row counts as missing.

    Parameters
    ----------
    values : DataFrame
        Rows with `VALUE_COLUMNS` of extensive indicators of one level.
    parents : Series
        Key of the parent, indexed by the children's keys; also says which children there are.
    geography : str
        Level of the parents.
    """
    if values.empty:
        return values[list(VALUE_COLUMNS)]
    keys = ["indicator_id", "period", "reference_date", "parent"]
    rows = values.assign(parent=values["area_id"].map(parents))
    groups = rows.groupby(keys, sort=False, observed=True)
    sums = groups["value"].sum(min_count=1)
    of_group = groups.ngroup().to_numpy()
    code, states_there = pd.factorize(rows["status"])
    there = np.zeros((len(sums), len(states_there)), dtype=bool)
    there[of_group[of_group >= 0], code[of_group >= 0]] = True
    present = pd.DataFrame(there, index=sums.index, columns=[str(state) for state in states_there])
    present[ValueStatus.MISSING.value] = present.get(ValueStatus.MISSING.value, False) | (
        groups.size().to_numpy() < parents.value_counts()[sums.index.get_level_values("parent")].to_numpy()
    )
    patterns, pattern_of = np.unique(present.to_numpy(), axis=0, return_inverse=True)
    states = [weakest(*(ValueStatus(name) for name in present.columns[pattern])) for pattern in patterns]
    status = np.array([state.value for state in states], dtype=object)[pattern_of.ravel()]
    has_value = np.array([state in WITH_VALUE for state in states])[pattern_of.ravel()]
    result = sums.where(has_value).reset_index().rename(columns={"parent": "area_id"})
    return result.assign(geography=geography, status=status)[list(VALUE_COLUMNS)]


def _union(children: np.ndarray, *, exact: bool) -> shapely.MultiPolygon:
    union = shapely.coverage_union_all(children) if exact else shapely.union_all(children)
    return union if union.geom_type == "MultiPolygon" else shapely.MultiPolygon([union])
