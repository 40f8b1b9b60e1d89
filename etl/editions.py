"""Which areas of two editions of the boundaries cover the same ground? Their counts can be subtracted from each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from indicators.confidentiality import Relations, editions, no_relations
from indicators.status import ValueStatus

__all__ = ["OtherEditions", "same_ground"]

# Boundaries are digitised anew: overlaps of less than this share of the smaller area are no overlaps, and groups of
# areas cover the same ground when no more than this share of either is left.
_SLIVER = 0.01
_CELL = ["geography", "area_id", "period", "indicator_id"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OtherEditions:
    """What is published in editions of the boundaries that a delivery is not in.

    `values`: geography ("district@2013"), area_id, period, indicator_id, value, status. `parents`: area above each area.
    `pairs`: for each of them from_area and to_area, its areas and those of the delivery that overlap. Areas are named
    with their level in front. `unrelated`: areas of the delivery's edition that no group of areas covers.
    """

    values: pd.DataFrame
    parents: Mapping[str, str]
    pairs: tuple[pd.DataFrame, ...]
    unrelated: int

    def __repr__(self) -> str:
        return f"OtherEditions({len(self.pairs)} editions, {len(self.values)} values, {self.unrelated} areas unrelated)"

    def public_of(self, values: pd.DataFrame) -> int:
        """Return how many withheld counts of `values` an area of the same id has, as a number, in one of the editions."""
        shown = self.values.dropna(subset="value")
        shown = shown.assign(geography=shown["geography"].str.partition("@")[0])[_CELL].drop_duplicates()
        gone = values.loc[values["status"] == ValueStatus.SUPPRESSED.value, _CELL]
        return len(gone.merge(shown, on=_CELL))

    def relations(self, table: pd.DataFrame) -> Relations:
        """Return the sums that two editions have in common; areas of `table` are named with their level in front."""
        return sum((editions(table, one) for one in self.pairs), start=no_relations())


def same_ground(before: gpd.GeoSeries, after: gpd.GeoSeries) -> tuple[pd.DataFrame, list[str]]:
    """Pair the overlapping areas of two editions, as far as groups of them cover the same ground.

    `before`, `after`: areas by name, in one metric CRS. Returns from_area and to_area, and the areas of the later
    edition that are in no such group.
    """
    old, new = before.to_numpy(), after.to_numpy()
    at, to = shapely.STRtree(new).query(old, predicate="intersects")
    size_before, size_after = shapely.area(old), shapely.area(new)
    shared = shapely.area(shapely.intersection(old[at], new[to]))
    kept = shared > _SLIVER * np.minimum(size_before[at], size_after[to])
    at, to, shared = at[kept], to[kept], shared[kept]
    pairs = pd.DataFrame({"from_area": before.index[at], "to_area": after.index[to]})
    group = _groups(len(old), len(new), at, to)
    of_before, of_after = group[: len(old)], group[len(old) :]
    covered = np.bincount(group[at], shared, minlength=len(group))
    whole_before = np.bincount(of_before, size_before, minlength=len(group))
    whole_after = np.bincount(of_after, size_after, minlength=len(group))
    is_same = covered >= (1 - _SLIVER) * np.maximum(whole_before, whole_after)
    lost = after.index[~is_same[of_after]]
    return pairs[is_same[group[at]]].reset_index(drop=True), [str(name) for name in lost]


def _groups(n_before: int, n_after: int, at: np.ndarray, to: np.ndarray) -> np.ndarray:
    """Return the number of the group of each area, those of the earlier edition first."""
    size = n_before + n_after
    links = coo_array((np.ones(len(at)), (at, to + n_before)), shape=(size, size))
    return np.asarray(connected_components(links, directed=False)[1])
