"""Which counts belong together? A long table of counts, as one table of groups per level, period and composition."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd

from spatial.contiguity import shared_borders
from spatial.coverage import geometry_of
from spatial.errors import AlignmentError, CountsError, ParameterError
from spatial.neighbours import NeighbourGraph
from spatial.parameters import require_several
from spatial.segregation.counts import GroupTable, are_whole, many_groups, two_groups
from spatial.segregation.measure import Measure
from spatial.segregation.places import Places

__all__ = ["Areas", "Cell", "Composition", "cells_of", "fits"]

Area: TypeAlias = pd.Index | gpd.GeoSeries | gpd.GeoDataFrame | Places
Areas: TypeAlias = Mapping[str, Area]

_KEYS = ["geography", "period", "area_id", "group"]
_COLUMNS = [*_KEYS, "count"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """Groups within a total: one group is compared with everybody else, several with each other and the rest.

    `name` is what a table calls it; `groups` and `total` are names of the counts.
    """

    name: str
    groups: tuple[str, ...]
    total: str

    def __post_init__(self) -> None:
        """Refuse one name in place of a tuple of names, whose letters would be taken for groups."""
        if isinstance(self.groups, str) or not isinstance(self.groups, Sequence) or not self.groups:
            raise ParameterError("groups", self.groups, "the names of one or more groups, in a tuple")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Cell:
    """One level, period and composition: the counts of the areas where all are known, and what can be measured there.

    `number` is made of the names of the three: the same everywhere and always, another one for another cell.
    """

    geography: str
    period: str
    composition: Composition
    measures: tuple[str, ...]
    counts: GroupTable
    places: Places | None
    graph: NeighbourGraph | None
    areas_left_out: int

    @property
    def number(self) -> int:
        """A whole number for this cell's own random streams."""
        name = f"{self.geography}\n{self.period}\n{self.composition.name}"
        return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")

    @property
    def is_defined(self) -> bool:
        """Whether there is anybody; one area alone has the value of the formula, as everywhere."""
        return bool(self.counts.counts.any())

    @property
    def can_be_drawn(self) -> bool:
        """Whether people can be drawn anew: weights and estimates are not people."""
        return self.is_defined and bool(are_whole(self.counts.counts).all())


def cells_of(
    counts: pd.DataFrame, compositions: Sequence[Composition], measures: Sequence[Measure], areas: Areas
) -> Iterator[Cell]:
    """Divide a long table of counts.

    Parameters
    ----------
    counts : DataFrame
        One row per count: `geography`, `period`, `area_id`, `group`, `count` [persons]; NaN is unknown.
    compositions : sequence of Composition
        Which groups are looked at within which total.
    measures : sequence of Measure
        For the compositions that they fit.
    areas : mapping of str to Index, GeoSeries, GeoDataFrame or Places
        All areas of a level, as geometry where a measure needs it; without it those that `counts` names.

    Yields
    ------
    Cell
        By level as in `counts`, then period, then composition; none where a group or the total has no row. A
        table without any row has no cell.

    Raises
    ------
    ParameterError
        If a column is absent, a group or total of a composition is nowhere in `counts`, a measure has no
        composition, or a geometry is needed and absent.
    CountsError
        If a count is given twice, infinite or negative, or groups exceed their total.
    AlignmentError
        If `counts` has areas that `areas` does not have.

    Examples
    --------
    >>> from spatial.segregation.register import measure
    >>> counts = pd.DataFrame(
    ...     [("city", "2022", "00", "young", 10), ("city", "2022", "00", "all", 100)],
    ...     columns=["geography", "period", "area_id", "group", "count"],
    ... )
    >>> young = Composition(name="young", groups=("young",), total="all")
    >>> [cell.counts for cell in cells_of(counts, [young], [measure("dissimilarity")], {})]
    [GroupTable(2 groups, 1 areas, 100 persons)]
    """
    if not isinstance(counts, pd.DataFrame):
        raise ParameterError("counts", counts, f"a DataFrame with the columns {', '.join(_COLUMNS)}")
    absent = [column for column in _COLUMNS if column not in counts.columns]
    if absent:
        raise ParameterError("counts", list(counts.columns), f"also the column(s) {', '.join(absent)}")
    double = counts.duplicated(_KEYS)
    if double.any():
        raise CountsError("count given more than once", counts.loc[double, "area_id"].unique())
    compositions = _checked(measures, compositions)
    _require_counted(compositions, counts["group"].unique().tolist())
    for level, place in areas.items():
        if not isinstance(place, pd.Index | Places):
            geometry_of(place, f"areas of {level}")
    for geography, rows in counts.groupby("geography", sort=False):
        place = areas.get(str(geography))
        everywhere = pd.Index(rows["area_id"].unique()).sort_values() if place is None else _area_id(place)
        unknown = pd.Index(rows["area_id"].unique()).difference(everywhere)
        if len(unknown):
            raise AlignmentError(f"{geography}: counts of areas that the level does not have", unknown)
        surroundings = _Surroundings.of(str(geography), place, measures)
        for period, part in rows.groupby("period", sort=True):
            wide = part.pivot(index="area_id", columns="group", values="count").reindex(everywhere)
            for composition in compositions:
                fitting = tuple(entry.id for entry in measures if fits(entry, composition))
                wanted = [*composition.groups, composition.total]
                if not fitting or not set(wanted) <= set(wide.columns):
                    continue
                known = wide[wanted].notna().all(axis=1)
                yield Cell(
                    geography=str(geography),
                    period=str(period),
                    composition=composition,
                    measures=fitting,
                    counts=_table(wide.loc[known, wanted], f"{geography} {period}, {composition.name}"),
                    places=surroundings.places_of(known),
                    graph=surroundings.graph_of(known),
                    areas_left_out=int((~known).sum()),
                )


def fits(entry: Measure, composition: Composition) -> bool:
    """Whether a measure says something about a composition that no other measure says.

    Parameters
    ----------
    entry : Measure
        The measure.
    composition : Composition
        One group, or several.

    Returns
    -------
    bool
        Measures of two groups are for one group and everybody else. Measures of many groups are for every
        composition, but those that carry a measure of two groups over to several are for several.

    Examples
    --------
    >>> from spatial.segregation.register import measure
    >>> fits(measure("dissimilarity"), Composition(name="age", groups=("young", "old"), total="all"))
    False
    """
    if len(composition.groups) == 1:
        return not entry.id.startswith("multigroup_")
    return entry.groups == "many"


def _checked(measures: Sequence[Measure], given: Sequence[Composition]) -> list[Composition]:
    """Return the compositions; refuse what is none, and measures that no composition fits."""
    compositions = require_several("compositions", given, "a list of Composition")
    for composition in compositions:
        if not isinstance(composition, Composition):
            raise ParameterError("compositions", composition, "a Composition(name=…, groups=…, total=…)")
    names = [composition.name for composition in compositions]
    if not names or len(set(names)) != len(names):
        raise ParameterError("compositions", names, "at least one, each with a name of its own")
    for entry in measures:
        if not any(fits(entry, composition) for composition in compositions):
            kind = "one group" if entry.groups == "two" else "several groups"
            raise ParameterError("compositions", names, f"one of {kind}, which {entry.id} needs")
    return compositions


def _require_counted(compositions: Sequence[Composition], counted: Sequence[str]) -> None:
    """Refuse names that no row of a table with rows has: misspelt, they would give a table without their rows."""
    for composition in compositions if len(counted) else ():
        for label, name in (
            *(("group", group) for group in composition.groups),
            ("total", composition.total),
        ):
            if name not in counted:
                near = difflib.get_close_matches(str(name), [str(one) for one in counted], n=1)
                raise ParameterError(
                    f"{label} of the composition {composition.name!r}",
                    name,
                    f"a group that `counts` has rows of: {near[0] if near else ', '.join(map(str, counted))}",
                )


@dataclass(frozen=True, slots=True, eq=False)
class _Surroundings:
    """Geometry and neighbours of a level, as far as the measures need them."""

    places: Places | None
    graph: NeighbourGraph | None

    @classmethod
    def of(cls, geography: str, place: Area | None, measures: Sequence[Measure]) -> _Surroundings:
        needs = {need: entry.id for entry in measures for need in entry.needs}
        if not needs:
            return cls(None, None)
        who = " and ".join(sorted(set(needs.values())))
        if place is None or isinstance(place, pd.Index) or ("graph" in needs and isinstance(place, Places)):
            raise ParameterError("areas", f"{geography} without geometry", f"the geometry that {who} needs")
        places = Places.of(place, _area_id(place), who) if "geometry" in needs else None
        graph = (
            shared_borders(place, corners=True)
            if "graph" in needs and not isinstance(place, Places)
            else None
        )
        return cls(places, graph)

    def places_of(self, known: pd.Series) -> Places | None:
        return None if self.places is None else self.places.part(known)

    def graph_of(self, known: pd.Series) -> NeighbourGraph | None:
        return None if self.graph is None else self.graph.part(known)


def _area_id(place: Area) -> pd.Index:
    if isinstance(place, pd.Index):
        return place
    return place.area_id if isinstance(place, Places) else place.index


def _table(frame: pd.DataFrame, where: str) -> GroupTable:
    """Check the counts; the groups come first, everybody else last."""
    if frame.empty:
        return GroupTable(area_id=frame.index, group=("group", "rest"), counts=np.zeros((2, 0)))
    groups, total = frame.iloc[:, :-1], frame.iloc[:, -1]
    try:
        # Infinite counts are told where the counts are checked.
        with np.errstate(invalid="ignore", over="ignore"):
            members = groups.sum(axis=1, skipna=False)
        table = two_groups(members, total)
        if len(groups.columns) == 1:
            return table
        rest = pd.Series(table.counts[1], index=frame.index)
        return many_groups(groups.assign(**{"": rest}) if rest.any() else groups)
    except CountsError as error:
        raise CountsError(f"{where}: {error.reason}", error.areas, error.hint) from error
