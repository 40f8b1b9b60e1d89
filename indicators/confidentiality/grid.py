"""What is withheld in a large table that is published already, and all that is known of it: the small system to attack.

Only what is withheld is unknown; published values enter its relations as numbers. So a city of many years becomes
small enough to be attacked at every load. Nothing here knows what a withheld count was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.confidentiality.cells import KEY
from indicators.confidentiality.errors import RelationError, TableError
from indicators.confidentiality.primary import Rules
from indicators.confidentiality.tables import Relations, no_relations
from indicators.status import ValueStatus

__all__ = ["Grid", "grid_of"]

_TOLERANCE = 1e-6  # relative: values may be sums of decimals
_NOBODY = -1
# Of some relations: number of the relation, number of the cell, and factor of each member; and their kinds.
_Lines = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], pd.DataFrame]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Grid:
    """Counts of all areas, periods and indicators as a block, and how areas nest.

    Attributes
    ----------
    indicators, periods, areas : ndarray of str
        What the three axes stand for.
    parent : ndarray of int, shape (n_areas,)
        Position of the area above, -1 where there is none.
    value : ndarray of float, shape (n_indicators, n_periods, n_areas)
        Published values, NaN where there is none.
    hidden : ndarray of bool, same shape
        Withheld values.
    """

    indicators: NDArray[np.object_]
    periods: NDArray[np.object_]
    areas: NDArray[np.object_]
    parent: NDArray[np.int64]
    value: NDArray[np.float64]
    hidden: NDArray[np.bool_]

    def __repr__(self) -> str:
        return (
            f"Grid({len(self.indicators)} indicators, {len(self.periods)} periods, {len(self.areas)} areas, "
            f"{int(self.hidden.sum())} withheld)"
        )

    @property
    def is_there(self) -> NDArray[np.bool_]:
        """Values that are published or withheld; all others were never counted, or got lost."""
        return self.hidden | ~np.isnan(self.value)

    def position(self, indicator: str) -> int:
        """Return where an indicator is, or -1."""
        found = np.flatnonzero(self.indicators == indicator)
        return int(found[0]) if len(found) else _NOBODY

    def keys(self, mask: NDArray[np.bool_]) -> pd.DataFrame:
        """Return area_id, period and indicator_id of the values chosen by a mask."""
        indicator, period, area = np.nonzero(mask)
        columns = (self.areas[area], self.periods[period], self.indicators[indicator])
        return pd.DataFrame(dict(zip(KEY, columns, strict=True)))

    def at(self, cells: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return the published value of cells (area_id, period, indicator_id), NaN without one, and which are hidden."""
        axes = ((self.indicators, "indicator_id"), (self.periods, "period"), (self.areas, "area_id"))
        place = [pd.Index(axis).get_indexer(pd.Index(cells[name], dtype=object)) for axis, name in axes]
        is_known = np.min(place, axis=0) >= 0
        at = tuple(np.where(is_known, one, 0) for one in place)
        if not is_known.any():
            return np.full(len(cells), np.nan), is_known
        return np.where(is_known, self.value[at], np.nan), is_known & self.hidden[at]

    def only(self, indicators: Collection[str]) -> Grid:
        """Return the values of some indicators."""
        kept = np.isin(self.indicators, list(indicators))
        return replace(
            self, indicators=self.indicators[kept], value=self.value[kept], hidden=self.hidden[kept]
        )

    def sensitive(self, rules: Rules, close: Sequence[tuple[str, str]]) -> NDArray[np.bool_]:
        """Return which published values should not be public by their profile.

        Parameters
        ----------
        rules : mapping of str to Profile or None
            Profile of each indicator.
        close : sequence of (part, whole)
            Parts whose complement is protected, too.

        Returns
        -------
        ndarray of bool
            Counts from 1 to one less than the minimum, parts that leave fewer than that of their whole, and parts
            that are more of it than the top percentage.
        """
        found = np.zeros_like(self.hidden)
        for at, name in enumerate(self.indicators):
            rule = rules[name]
            if rule is not None:
                found[at] = (self.value[at] > 0) & (self.value[at] < rule.minimum_count)
        for part, whole in close:
            at, above = self.position(part), self.position(whole)
            rule = rules.get(part)
            if at < 0 or above < 0 or rule is None:
                continue
            k, some = rule.minimum_count, self.value[at] > 0
            if rule.complement:
                left = self.value[above] - self.value[at]
                found[at] |= some & (self.value[above] >= k) & (left < k)
            if rule.top_percent is not None:
                found[at] |= some & (100 * self.value[at] > rule.top_percent * self.value[above])
        return found

    def untrue(self, categories: Sequence[tuple[str, Sequence[str]]]) -> pd.DataFrame:
        """Return the sums that do not hold for what is published, and so tell nobody anything.

        Parameters
        ----------
        categories : sequence of (total, categories)
            Indicators that add up to a total.

        Returns
        -------
        DataFrame
            kind ("areas" or "categories"), area_id, period and indicator_id of the whole: where all members are
            published and differ from it, or the published ones alone are more.
        """
        areas = self.keys(self._untrue_areas()).assign(kind="areas")
        found = [areas]
        for total, inside in categories:
            mask = np.zeros_like(self.hidden)
            at = self.position(total)
            if at >= 0:
                mask[at] = self._untrue_categories(total, inside)
                found.append(self.keys(mask).assign(kind="categories"))
        return pd.concat(found, ignore_index=True)[["kind", *KEY]]

    def _untrue_areas(self) -> NDArray[np.bool_]:
        known = self.is_there
        left = np.nan_to_num(self.value) - self._of_children(np.nan_to_num(self.value))
        far = _TOLERANCE * np.maximum(1.0, np.abs(np.nan_to_num(self.value)))
        is_closed = self._of_children(self.hidden | ~known) == 0
        published = self._is_parent() & ~np.isnan(self.value) & (self._of_children(known) > 0)
        wrong: NDArray[np.bool_] = published & ((left < -far) | (is_closed & (left > far)))
        return wrong

    def _untrue_categories(self, total: str, parts: Sequence[str]) -> NDArray[np.bool_]:
        at = self.position(total)
        inside = [one for one in map(self.position, parts) if one >= 0]
        left = np.nan_to_num(self.value[at]) - np.nan_to_num(self.value[inside]).sum(axis=0)
        far = _TOLERANCE * np.maximum(1.0, np.abs(np.nan_to_num(self.value[at])))
        is_closed = ~np.isnan(self.value[inside]).any(axis=0) & (len(inside) == len(parts))
        some = self.is_there[inside].any(axis=0)
        published = ~np.isnan(self.value[at]) & some
        wrong: NDArray[np.bool_] = published & ((left < -far) | (is_closed & (left > far)))
        return wrong

    def system(
        self,
        categories: Sequence[tuple[str, Sequence[str]]],
        parts: Sequence[tuple[str, str]],
    ) -> tuple[pd.DataFrame, Relations]:
        """Return the withheld values as a table, and every relation with one of them.

        Parameters
        ----------
        categories : sequence of (total, categories)
            Indicators that add up to a total.
        parts : sequence of (part, whole)
            Indicators of which one is no larger than the other.

        Returns
        -------
        table : DataFrame
            One row per withheld value.
        relations : Relations
            With the published members as constants; sums that do not hold (`untrue`) are left out.
        """
        number = np.full(self.hidden.shape, _NOBODY)
        number[self.hidden] = np.arange(int(self.hidden.sum()))
        lines: list[_Lines | None] = [self._areas(number)]
        lines += [self._one(number, total, inside) for total, inside in categories]
        lines += [self._one(number, whole, (part,), left=True) for part, whole in parts]
        table = self.keys(self.hidden)
        table = table.assign(value=np.nan, status=ValueStatus.SUPPRESSED.value, usefulness=1.0)
        relations = no_relations()
        rows, cells, factors, kinds, count = [], [], [], [], 0
        for line in lines:
            if line is not None:
                rows.append(line[0] + count)
                cells.append(line[1])
                factors.append(line[2])
                kinds.append(line[3])
                count += len(line[3])
        if not count:
            return table, relations
        row, cell = np.concatenate(rows), np.concatenate(cells)
        members = table[KEY].iloc[cell].reset_index(drop=True)
        members.insert(0, "relation", row)
        members["factor"] = np.concatenate(factors)
        return table, Relations(members=members, kinds=pd.concat(kinds, ignore_index=True))

    def _areas(self, number: NDArray[np.int64]) -> _Lines:
        """Return rows, cells, factors and kinds of the sums over areas."""
        inside = self._of_children(self.hidden)
        known = self.is_there
        open_ = self._is_parent() & known & ((inside > 0) | self.hidden) & (self._of_children(known) > 0)
        open_ &= ~self._untrue_areas()
        row = np.full(open_.shape, _NOBODY)
        row[open_] = np.arange(int(open_.sum()))
        has_parent = self.parent >= 0
        above = np.where(has_parent, row[:, :, np.where(has_parent, self.parent, 0)], _NOBODY)
        child, whole = self.hidden & (above >= 0), self.hidden & (row >= 0)
        constant = np.nan_to_num(self.value) - self._of_children(np.nan_to_num(self.value))
        kinds = self._kinds(open_, "areas", constant[open_], self._of_children(~known)[open_] > 0)
        return (
            np.concatenate([above[child], row[whole]]),
            np.concatenate([number[child], number[whole]]),
            np.concatenate([np.ones(int(child.sum())), -np.ones(int(whole.sum()))]),
            kinds,
        )

    def _one(
        self, number: NDArray[np.int64], total: str, parts: Sequence[str], *, left: bool = False
    ) -> _Lines | None:
        """Return rows, cells, factors and kinds of a total and its parts; `left`: something may be left over."""
        at = self.position(total)
        inside = [one for one in map(self.position, parts) if one >= 0]
        if at < 0 or not inside:
            return None
        members = [at, *inside]
        known = self.is_there[members]
        open_: NDArray[np.bool_] = np.asarray(
            known[0] & known[1:].any(axis=0) & self.hidden[members].any(axis=0)
        )
        if not left:
            open_ &= ~self._untrue_categories(total, parts)
        lacking: NDArray[np.bool_] = np.asarray(~known[1:].all(axis=0) | (len(inside) < len(parts)))
        row = np.cumsum(open_).reshape(open_.shape) - 1
        rows, cells, factors = [], [], []
        for one in members:
            chosen = open_ & self.hidden[one]
            rows.append(row[chosen])
            cells.append(number[one][chosen])
            factors.append(np.full(int(chosen.sum()), -1.0 if one == at else 1.0))
        published = np.nan_to_num(self.value)
        constant = published[at] - published[inside].sum(axis=0)
        mask = np.zeros_like(self.hidden)
        mask[inside[0] if left else at] = open_
        kinds = self._kinds(
            mask,
            "part of a whole" if left else "categories",
            constant[open_],
            np.ones(int(open_.sum()), dtype=bool) if left else lacking[open_],
        )
        return np.concatenate(rows), np.concatenate(cells), np.concatenate(factors), kinds

    def _kinds(
        self,
        mask: NDArray[np.bool_],
        kind: str,
        constant: NDArray[np.float64],
        remainder: NDArray[np.bool_],
    ) -> pd.DataFrame:
        keys = self.keys(mask)
        return pd.DataFrame(
            {
                "kind": kind,
                "name": keys["area_id"] + " / " + keys["period"] + " / " + keys["indicator_id"],
                "remainder": remainder,
                "complement": False,
                "top_coded": False,
                "constant": constant,
            }
        )

    def _is_parent(self) -> NDArray[np.bool_]:
        mask = np.zeros(len(self.areas), dtype=bool)
        mask[self.parent[self.parent >= 0]] = True
        return mask

    def _of_children(self, block: NDArray[np.float64] | NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return the sums over the areas in each area."""
        child = np.flatnonzero(self.parent >= 0)
        child = child[np.argsort(self.parent[child], kind="stable")]
        sums = np.zeros(block.shape)
        if len(child):
            above = self.parent[child]
            starts = np.flatnonzero(np.concatenate([[True], np.diff(above) > 0]))
            added = np.add.reduceat(block[:, :, child].astype(float), starts, axis=2)
            sums[:, :, above[starts]] = added
        return sums


def grid_of(table: pd.DataFrame, parents: Mapping[str, str], *, indicators: Sequence[str]) -> Grid:
    """Arrange a published table as a block.

    Parameters
    ----------
    table : DataFrame
        Columns area_id, period, indicator_id, value and status; rows of other indicators are left out.
    parents : mapping of str to str
        Area above each area.
    indicators : sequence of str
        Counts; rates do not add up.

    Returns
    -------
    Grid
        With all areas and periods of the table.

    Raises
    ------
    TableError
        If a value is there twice.
    RelationError
        If an area is its own parent.

    Examples
    --------
    >>> table = pd.DataFrame({"area_id": ["1", "10", "11"], "period": "2023", "indicator_id": "unemployed",
    ...                       "value": [9, None, 7], "status": ["measured", "suppressed", "measured"]})
    >>> grid_of(table, {"10": "1", "11": "1"}, indicators=["unemployed"])
    Grid(1 indicators, 1 periods, 3 areas, 1 withheld)
    """
    if loops := [area for area, above in parents.items() if area == above]:
        raise RelationError("an area is its own parent", loops, "correct the hierarchy")
    wanted = pd.Index(list(indicators), dtype=object)
    is_wanted = table["indicator_id"].isin(wanted)
    rows = table if is_wanted.all() else table[is_wanted]
    area, areas = _coded(rows["area_id"])
    periods = _coded(rows["period"])[1].sort_values()
    period = _codes_in(periods, rows["period"])
    kept = np.flatnonzero(wanted.isin(rows["indicator_id"].unique()))
    wanted = wanted[kept]
    indicator = _codes_in(wanted, rows["indicator_id"])
    known = pd.Index(areas)
    parent = known.get_indexer(pd.Index([parents.get(str(name)) for name in areas], dtype=object))
    shape = (len(wanted), len(periods), len(areas))
    place = (
        np.ravel_multi_index((indicator, period, area), shape) if len(rows) else np.zeros(0, dtype=np.intp)
    )
    twice = np.flatnonzero(pd.Series(place).duplicated().to_numpy())
    if len(twice):
        keys = rows[KEY].iloc[twice].itertuples(index=False, name=None)
        raise TableError("a value is there twice", list(keys), "keep one of them")
    value, hidden = np.full(shape, np.nan), np.zeros(shape, dtype=bool)
    value.ravel()[place] = rows["value"].to_numpy(dtype=float, na_value=np.nan)
    hidden.ravel()[place] = (rows["status"] == ValueStatus.SUPPRESSED.value).to_numpy()
    return Grid(
        indicators=np.asarray(wanted, dtype=object),
        periods=np.asarray(periods, dtype=object),
        areas=np.asarray(areas, dtype=object),
        parent=parent.astype(np.int64),
        value=value,
        hidden=hidden,
    )


def _coded(column: pd.Series) -> tuple[NDArray[np.intp], pd.Index]:
    """Return a column as numbers of its distinct texts; only these become Python objects."""
    codes, distinct = pd.factorize(column)
    return codes, pd.Index(distinct, dtype=object)


def _codes_in(known: pd.Index, column: pd.Series) -> NDArray[np.intp]:
    """Return the position of each text among known ones, -1 where it is none of them."""
    codes, distinct = _coded(column)
    return np.append(known.get_indexer(distinct), -1)[codes]
