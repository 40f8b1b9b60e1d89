"""What became of each priority area over the years? Regions of successive periods, linked into paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from spatial.alignment import align
from spatial.errors import CountsError, ParameterError

__all__ = ["RegionPaths", "link_periods"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RegionPaths:
    """Regions of several periods under names that last.

    `path` has one column per period: the path of each area's region, missing where it is in none. Paths are "1", "2",
    … by the period in which they begin, then by falling residents. `events` has one row per path and period from its
    beginning to the period after its end: `event` ("born", "split off", "same", "grew", "shrank", "changed", "merged",
    "ended"), `other` (the path it split off from, or that it merged into, else ""), `region_id` in that period, and
    `areas`, `residents`, `added_residents`, `removed_residents` [persons], counted with the residents of the period.
    """

    path: pd.DataFrame
    events: pd.DataFrame

    def __repr__(self) -> str:
        paths = self.events["path"].nunique()
        return f"RegionPaths({paths} paths over {self.path.shape[1]} periods)"

    def to_frame(self) -> pd.DataFrame:
        """Return one row per area, one column per period."""
        return self.path

    def summary(self) -> pd.DataFrame:
        """Return residents per period and path [persons]; missing where the path has no region."""
        living = self.events[self.events["areas"] > 0]
        table = living.pivot(index="period", columns="path", values="residents")
        order = sorted(table.columns, key=lambda one: (len(one), one))
        return table.reindex(index=list(self.path), columns=order).rename_axis(columns="path")


def link_periods(
    regions: Mapping[str, pd.Series], population: pd.Series | Mapping[str, pd.Series]
) -> RegionPaths:
    """Follow regions through periods: a region keeps its path where it has most residents in common.

    Parameters
    ----------
    regions : mapping of period to Series, indexed by area_id
        Region id of each area in each period, in order of time; missing where an area is in none. The same areas in
        all periods.
    population : Series, or mapping of period to Series, indexed by area_id
        Residents: one count for all periods, or one for each. [persons]

    Returns
    -------
    RegionPaths
        Of two successive periods the pairs with most residents in common, by the later count, are linked first,
        each region once; ties go to the larger number of areas in common, then to the earlier name. A new region
        that shares areas with an earlier one whose path goes on elsewhere has split off; an earlier one without a
        successor that shares areas with a later region has merged into it. A region that comes back after a pause
        is a new path.

    Raises
    ------
    AlignmentError, CountsError
        If the periods are not of the same areas, or a count is missing or negative.
    ParameterError
        If there is no period, or a period has no population.

    Examples
    --------
    >>> before = pd.Series({"a": "1", "b": "1", "c": "2"})
    >>> after = pd.Series({"a": "1", "b": None, "c": None})
    >>> paths = link_periods({"2017": before, "2019": after}, pd.Series({"a": 10, "b": 5, "c": 3}))
    >>> paths.events.loc[paths.events["period"] == "2019", ["path", "event"]].to_numpy().tolist()
    [['1', 'shrank'], ['2', 'ended']]
    """
    if not regions:
        raise ParameterError("regions", "none", "at least one period")
    periods = list(regions)
    names = regions[periods[0]].index
    columns: dict[str, pd.Series] = {}
    events: list[dict[str, object]] = []
    before: pd.Series | None = None
    count = 0
    for period in periods:
        people = _people(population, period, names)
        region = align(regions[period], names, f"the regions of {period}").astype("string")
        label, origin, count = _named(region, before, people, count)
        events += _events(period, region, label, before, origin, people)
        columns[period] = before = label
    fields = ["period", "path", "event", "other", "region_id", "areas", "residents"]
    fields += ["added_residents", "removed_residents"]
    return RegionPaths(
        path=pd.DataFrame(columns, index=names).rename_axis(columns="period"),
        events=pd.DataFrame(events, columns=fields),
    )


def _people(population: pd.Series | Mapping[str, pd.Series], period: str, names: pd.Index) -> pd.Series:
    if isinstance(population, pd.Series):
        given = population
    elif period in population:
        given = population[period]
    else:
        raise ParameterError("population", ", ".join(population), f"residents of {period} too")
    people = align(given, names, f"the population of {period}").astype(float)
    bad = ~(people.to_numpy() >= 0)
    if bad.any():
        raise CountsError("population missing or negative", names[bad], "give 0 where nobody lives")
    return people


def _shared(one: pd.Series, other: pd.Series, people: pd.Series) -> list[tuple[str, str]]:
    """Return the pairs of regions that share areas, those with most residents in common first."""
    both = (one.notna() & other.notna()).to_numpy(dtype=bool)
    table = pd.DataFrame(
        {
            "one": one[both].astype(str),
            "other": other[both].astype(str),
            "residents": people[both],
            "areas": 1,
        }
    )
    pairs = table.groupby(["one", "other"], sort=True)[["residents", "areas"]].sum().reset_index()
    ranked = [pairs["other"], pairs["other"].str.len(), pairs["one"], pairs["one"].str.len()]
    order = np.lexsort((*ranked, -pairs["areas"], -pairs["residents"]))
    return list(
        zip(pairs["one"].iloc[order].astype(str), pairs["other"].iloc[order].astype(str), strict=True)
    )


def _named(
    region: pd.Series, before: pd.Series | None, people: pd.Series, count: int
) -> tuple[pd.Series, dict[str, str], int]:
    """Return the path of each area, the path that new paths split off from, and how many paths there are now."""
    path: dict[str, str] = {}
    origin: dict[str, str] = {}
    closest: dict[str, str] = {}
    if before is not None:
        for old, new in _shared(before, region, people):
            closest.setdefault(new, old)
            if new not in path and old not in path.values():
                path[new] = old
    size = people.groupby(region).sum()
    smallest = pd.Series(region.index.astype(str), index=region.index).groupby(region).min()
    begun = [str(one) for one in size.index if one not in path]
    for one in sorted(begun, key=lambda name: (-size[name], smallest[name])):
        count += 1
        path[one] = str(count)
        if one in closest:
            origin[str(count)] = closest[one]
    label = region.map(path).astype("string")
    return label.rename(None), origin, count


def _events(
    period: str,
    region: pd.Series,
    label: pd.Series,
    before: pd.Series | None,
    origin: dict[str, str],
    people: pd.Series,
) -> list[dict[str, object]]:
    now = set(label.dropna())
    was = set() if before is None else set(before.dropna())
    merged: dict[str, str] = {}
    if before is not None:
        for old, new in _shared(before, label, people):
            if old not in now:
                merged.setdefault(old, new)
    rows: list[dict[str, object]] = []
    for one in sorted(now | was, key=lambda name: (len(name), name)):
        here = (label == one).fillna(False).to_numpy(dtype=bool)
        there = np.zeros(len(here), dtype=bool)
        if before is not None:
            there = (before == one).fillna(False).to_numpy(dtype=bool)
        added, removed = (float(people[who].sum()) for who in (here & ~there, there & ~here))
        if one not in was:
            event = "split off" if one in origin else "born"
        elif one not in now:
            event = "merged" if one in merged else "ended"
        elif (here == there).all():
            event = "same"
        else:
            event = "grew" if added > removed else "shrank" if removed > added else "changed"
        rows.append(
            {
                "period": period,
                "path": one,
                "event": event,
                "other": origin.get(one, "") if one not in was else merged.get(one, ""),
                "region_id": str(region[here].iloc[0]) if here.any() else "",
                "areas": int(here.sum()),
                "residents": float(people[here].sum()),
                "added_residents": added,
                "removed_residents": removed,
            }
        )
    return rows
