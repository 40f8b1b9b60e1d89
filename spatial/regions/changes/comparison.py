"""What does a proposal change on the map in force? Keep, shrink, grow, new, retire, split, merge, with who is concerned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from spatial.alignment import align, require_unique
from spatial.coverage import area_geometry
from spatial.dissolve import united
from spatial.errors import CountsError
from spatial.parameters import require_number

__all__ = ["CHANGES", "MapComparison", "boundary_diff", "compare_maps"]

CHANGES = {
    "keep": ("bleibt", "keep"),
    "retype": ("wird umgewidmet", "re-type"),
    "shrink": ("wird kleiner", "shrink"),
    "grow": ("wird größer", "grow"),
    "new": ("neu", "new"),
    "retire": ("entfällt", "retire"),
    "split": ("wird geteilt", "split"),
    "merge": ("wird zusammengelegt", "merge"),
    "rearrange": ("wird neu geordnet", "rearrange"),
}
"""What happens to a region, in German and English."""

_SIDES = ("kept", "added", "removed")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MapComparison:
    """Two maps of regions side by side.

    `changes` has one row per change, numbered: `existing` and `proposed` (ids of the regions, tuples), `change` (a key
    of `CHANGES`), `retyped` (types before and after where they differ, else ""), and for each side `kept`, `added`,
    `removed` the number of areas `…_areas`, `…_hectares` [ha], `…_residents` [persons] and the ids `…_ids`.
    `side` says of every area, on the index of the population, whether the whole of the regions keeps, adds or removes
    it, missing for an area in neither map; `moved` names areas in both maps, but in regions that do not belong
    together. `least_share` is the parameter.
    """

    changes: pd.DataFrame
    side: pd.Series
    population: pd.Series
    hectares: pd.Series
    moved: pd.Index
    least_share: float

    def __repr__(self) -> str:
        counted = self.changes["change"].value_counts(sort=False).to_dict()
        told = ", ".join(f"{number} {change}" for change, number in sorted(counted.items()))
        return f"MapComparison({told or 'no regions'}; Jaccard {self.jaccard:.3f} of residents)"

    @property
    def jaccard(self) -> float:
        """Residents in both maps, as a share of those in either [share, 0–1]; 1 where nobody is in either."""
        either = float(self.population[self.side.notna()].sum())
        return float(self.population[(self.side == "kept").fillna(False)].sum()) / either if either else 1.0

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area: `side`, `population` [persons], `hectares` [ha]."""
        return pd.DataFrame({"side": self.side, "population": self.population, "hectares": self.hectares})

    def summary(self) -> pd.DataFrame:
        """Return one row per side: `areas`, `hectares` [ha], `residents` [persons] of the maps as a whole."""
        rows = {}
        for side in _SIDES:
            who = (self.side == side).fillna(False).to_numpy(dtype=bool)
            rows[side] = (int(who.sum()), self.hectares[who].sum(), self.population[who].sum())
        return pd.DataFrame.from_dict(rows, orient="index", columns=["areas", "hectares", "residents"])


def compare_maps(
    existing: pd.Series,
    proposed: pd.Series,
    population: pd.Series,
    areas: gpd.GeoSeries | gpd.GeoDataFrame,
    *,
    existing_types: Mapping[str, str] | None = None,
    proposed_types: Mapping[str, str] | None = None,
    least_share: float = 0.1,
) -> MapComparison:
    """Say what becomes of each region of the map in force.

    Parameters
    ----------
    existing, proposed : Series, shape (n_areas,), indexed by area_id
        Region id of each area in the two maps, missing where it is in none.
    population : Series of int or float, shape (n_areas,), indexed by area_id
        Residents. [persons]
    areas : GeoSeries or GeoDataFrame of (Multi)Polygon, shape (n_areas,), indexed by area_id
        The areas, in a projected CRS.
    existing_types, proposed_types : mapping of str, optional
        Type of each region id ("blue", "red", "green"); a region of the same areas and another type is re-typed.
    least_share : float, default 0.1
        Two regions belong together when they share at least this part of the smaller one's residents; of its
        surface where nobody lives in it. [share, 0–1]

    Returns
    -------
    MapComparison
        In each change kept and removed areas are together the existing regions, kept and added the proposed ones.
        One region that loses and gains grows when more residents come in than go out, else it shrinks; both
        amounts are given. Several old and several new regions that belong together are rearranged.

    Raises
    ------
    AlignmentError, CrsError, GeometryError
        If the inputs are not of the same areas, or these cannot be measured.
    CountsError
        If the population is missing or negative.
    ParameterError
        If `least_share` is not a share above 0.

    Examples
    --------
    >>> ids = pd.Index(["a", "b", "c"])
    >>> areas = gpd.GeoSeries([shapely.box(x, 0, x + 100, 100) for x in (0, 100, 200)], index=ids, crs=25833)
    >>> found = compare_maps(pd.Series(["W", "W", None], ids), pd.Series(["1", None, None], ids),
    ...                      pd.Series([30, 20, 10], ids), areas)
    >>> found.changes[["change", "removed_residents"]].to_dict("records")
    [{'change': 'shrink', 'removed_residents': 20}]
    """
    require_number("least_share", least_share, "a share above 0 and at most 1", lambda share: 0 < share <= 1)
    require_unique(population.index, "population")
    names = population.index
    people = population.to_numpy(dtype=float, na_value=np.nan)
    if not (people >= 0).all():
        raise CountsError(
            "population missing or negative", names[~(people >= 0)], "give 0 where nobody lives"
        )
    shapes = align(area_geometry(areas, "the comparison of maps"), names, "areas")
    hectares = pd.Series(shapely.area(shapes.to_numpy()) / 1e4, index=names, name="hectares")
    before = _Regions.of(align(existing, names, "existing"))
    after = _Regions.of(align(proposed, names, "proposed"))
    group_before, group_after, n_groups = _groups(before, after, people, hectares.to_numpy(), least_share)
    side = pd.Series(pd.NA, index=names, dtype="string", name="side")
    is_before, is_after = before.code >= 0, after.code >= 0
    for one, who in zip(
        _SIDES, (is_before & is_after, ~is_before & is_after, is_before & ~is_after), strict=True
    ):
        side[who] = one
    rows = []
    for group in range(n_groups):
        old = np.append(group_before, -1)[before.code] == group
        new = np.append(group_after, -1)[after.code] == group
        old_ids = tuple(before.ids[np.flatnonzero(group_before == group)])
        new_ids = tuple(after.ids[np.flatnonzero(group_after == group)])
        row: dict[str, object] = {"existing": old_ids, "proposed": new_ids}
        parts = dict(zip(_SIDES, (old & new, ~old & new, old & ~new), strict=True))
        row["change"] = _change(old_ids, new_ids, parts, people)
        row["retyped"] = _retyped(old_ids, new_ids, existing_types or {}, proposed_types or {})
        if row["change"] == "keep" and row["retyped"]:
            row["change"] = "retype"
        for one, who in parts.items():
            row[f"{one}_areas"] = int(who.sum())
            row[f"{one}_hectares"] = float(hectares[who].sum())
            row[f"{one}_residents"] = population[who].sum()
            row[f"{one}_ids"] = tuple(str(area) for area in names[who])
        rows.append(row)
    columns = ["existing", "proposed", "change", "retyped"]
    columns += [f"{one}_{what}" for one in _SIDES for what in ("areas", "hectares", "residents", "ids")]
    here = np.append(group_before, -2)[before.code] != np.append(group_after, -2)[after.code]
    return MapComparison(
        changes=pd.DataFrame(rows, columns=columns),
        side=side,
        population=population.copy(),
        hectares=hectares,
        moved=names[is_before & is_after & here],
        least_share=least_share,
    )


def boundary_diff(
    areas: gpd.GeoSeries | gpd.GeoDataFrame, existing: pd.Series, proposed: pd.Series
) -> gpd.GeoDataFrame:
    """Draw what a proposal keeps, adds and removes.

    Parameters
    ----------
    areas : GeoSeries or GeoDataFrame of (Multi)Polygon, shape (n_areas,), indexed by area_id
        In a projected CRS.
    existing, proposed : Series, shape (n_areas,), indexed by area_id
        Region id of each area in the two maps, missing where it is in none.

    Returns
    -------
    GeoDataFrame, one row per pair of regions and side
        `side` ("kept", "added", "removed"), `existing` and `proposed` (region ids, missing where none) and
        `hectares` [ha]; the pieces do not overlap and together cover all regions of both maps.

    Raises
    ------
    CrsError, AlignmentError, GeometryError
        As in `compare_maps`.

    Examples
    --------
    >>> ids = pd.Index(["a", "b"])
    >>> areas = gpd.GeoSeries([shapely.box(x, 0, x + 100, 100) for x in (0, 100)], index=ids, crs=25833)
    >>> diff = boundary_diff(areas, pd.Series(["W", "W"], ids), pd.Series(["1", None], ids))
    >>> diff[["side", "hectares"]].to_numpy().tolist()
    [['kept', 1.0], ['removed', 1.0]]
    """
    geometry = area_geometry(areas, "the difference of two maps")
    names = geometry.index
    before = _Regions.of(align(existing, names, "existing"))
    after = _Regions.of(align(proposed, names, "proposed"))
    either = (before.code >= 0) | (after.code >= 0)
    rows, shapes = [], []
    for one, other in sorted(
        set(zip(before.code[either].tolist(), after.code[either].tolist(), strict=True))
    ):
        who = (before.code == one) & (after.code == other)
        shape = united(geometry.to_numpy()[who])
        rows.append(
            {
                "side": "kept" if one >= 0 and other >= 0 else "added" if other >= 0 else "removed",
                "existing": before.ids[one] if one >= 0 else None,
                "proposed": after.ids[other] if other >= 0 else None,
                "hectares": float(shapely.area(shape)) / 1e4,
            }
        )
        shapes.append(shapely.multipolygons(shapely.get_parts(shape)))
    frame = gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=["side", "existing", "proposed", "hectares"]),
        geometry=gpd.GeoSeries(shapes, crs=geometry.crs),
    )
    order = frame["side"].map({side: place for place, side in enumerate(_SIDES)}).astype(float)
    return frame.iloc[np.argsort(order.to_numpy(), kind="stable")].reset_index(drop=True)


@dataclass(frozen=True, slots=True, eq=False)
class _Regions:
    """Regions of one map by number, in reading order of their ids; -1 for areas in none."""

    code: NDArray[np.int64]
    ids: NDArray[np.object_]

    @classmethod
    def of(cls, region: pd.Series) -> _Regions:
        label = region.astype("string")
        ids = sorted(label.dropna().unique(), key=lambda one: (len(one), one))
        code = pd.Index(ids, dtype=object).get_indexer(pd.Index(label.astype(object)))
        return cls(np.asarray(code, dtype=np.int64), np.array(ids, dtype=object))


def _groups(
    before: _Regions,
    after: _Regions,
    people: NDArray[np.float64],
    hectares: NDArray[np.float64],
    least_share: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Return which regions of the two maps belong together, and how many groups there are."""
    n_before, n_after = len(before.ids), len(after.ids)
    n_all = n_before + n_after
    if not n_all:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), 0
    both = (before.code >= 0) & (after.code >= 0)
    pair, place = np.unique(before.code[both] * max(n_after, 1) + after.code[both], return_inverse=True)
    old, new = pair // max(n_after, 1), pair % max(n_after, 1)

    def shared(amount: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        common = np.asarray(np.bincount(place, amount[both], len(pair)), dtype=np.float64)
        of_old = np.bincount(before.code[before.code >= 0], amount[before.code >= 0], n_before)
        of_new = np.bincount(after.code[after.code >= 0], amount[after.code >= 0], n_after)
        return common, np.asarray(np.minimum(of_old[old], of_new[new]), dtype=np.float64)

    common, smaller = shared(people)
    surface, smaller_surface = shared(hectares)
    belong = np.where(smaller > 0, common >= least_share * smaller, surface >= least_share * smaller_surface)
    links = coo_array(
        (np.ones(int(belong.sum()), dtype=np.int8), (old[belong], n_before + new[belong])),
        shape=(n_all, n_all),
    )
    found = connected_components(links.tocsr(), directed=False)[1]
    code = pd.factorize(found)[0].astype(np.int64)
    return code[:n_before], code[n_before:], int(code.max()) + 1


def _change(
    old: tuple[str, ...],
    new: tuple[str, ...],
    parts: dict[str, NDArray[np.bool_]],
    people: NDArray[np.float64],
) -> str:
    if not old or not new:
        return "new" if not old else "retire"
    if len(old) > 1 or len(new) > 1:
        return "split" if len(old) == 1 else "merge" if len(new) == 1 else "rearrange"
    added, removed = parts["added"], parts["removed"]
    if not added.any() and not removed.any():
        return "keep"
    gained, lost = float(people[added].sum()), float(people[removed].sum())
    if gained == lost:
        gained, lost = float(added.sum()), float(removed.sum())
    return "grow" if gained > lost else "shrink"


def _retyped(
    old: tuple[str, ...], new: tuple[str, ...], before: Mapping[str, str], after: Mapping[str, str]
) -> str:
    """Say from which types to which, where they differ."""
    was, will = ({types[one] for one in ids if one in types} for ids, types in ((old, before), (new, after)))
    if not was or not will or was == will:
        return ""
    return f"{'+'.join(sorted(was))} → {'+'.join(sorted(will))}"
