"""Counts of one level as tables: rows are periods and areas, columns are counts; what computed indicators are made of.

Whoever needs the counts behind a value, to compute it, to rank it or to smooth it, gets them here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from db.queries import areas
from db.queries.values import read_values
from indicators.definition import AtLeast, Indicator, IndicatorDefinition
from indicators.selection import LAND_AREA
from indicators.status import ValueStatus
from indicators.sums import add_sums, pool

__all__ = ["CountTable", "count_table", "made_of", "read_counts"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CountTable:
    """Values and statuses of counts, indexed by (period, area_id).

    `is_there`: whether a count was delivered at all for an area and period; what was not is missing. `days`: reference
    date by count and period.
    """

    values: pd.DataFrame
    statuses: pd.DataFrame
    is_there: pd.DataFrame
    days: Mapping[tuple[str, str], str]

    def __repr__(self) -> str:
        return f"CountTable({len(self.values)} rows, {self.values.shape[1]} counts)"

    def with_measured(self, name: str, by_area: Mapping[str, float]) -> CountTable:
        """Add a count that is the same in all periods, such as the size of the area."""
        values = self.values.index.get_level_values("area_id").map(by_area).to_numpy(dtype=float)
        is_known = ~np.isnan(values)
        status = np.where(is_known, ValueStatus.MEASURED.value, ValueStatus.MISSING.value).astype(object)
        return replace(
            self,
            values=self.values.assign(**{name: values}),
            statuses=self.statuses.assign(**{name: status}),
            is_there=self.is_there.assign(**{name: is_known}),
        )

    def with_sums(self, sums: Iterable[IndicatorDefinition]) -> CountTable:
        """Add counts that are sums of others; a sum is there where all of its parts are, from the last of their days."""
        definitions = {one.id: one for one in sums}
        if not definitions:
            return self
        values, statuses = add_sums(self.values, self.statuses, definitions)
        is_there, days = self.is_there.copy(), dict(self.days)
        for name in [name for name in values.columns if name not in is_there]:
            parts = list(definitions[name].sum_of)
            is_there[name] = is_there[parts].all(axis=1)
            # Parts of different days: the sum is not known before the last one.
            for (part, period), day in list(days.items()):
                if part in parts:
                    days[name, period] = max(day, days.get((name, period), day))
        return replace(self, values=values, statuses=statuses, is_there=is_there, days=days)

    def filled_from(
        self, parts: CountTable, above: Mapping[str, str], counts: Sequence[str], *, missing: AtLeast
    ) -> CountTable:
        """Make counts that are missing from those of the parts, as the missing-data policy allows.

        `above`: the area of this table that each area of `parts` lies in. All of `counts` are replaced together, so
        that they speak of the same parts; where one of them is withheld, all stay as they are.
        """
        columns = list(counts)
        states = self.statuses[columns]
        is_missing = (states == ValueStatus.MISSING.value).any(axis=1)
        is_missing &= ~(states == ValueStatus.SUPPRESSED.value).any(axis=1)
        larger = parts.values.index.get_level_values("area_id").map(above)
        wanted = ~pd.isna(larger)
        if not is_missing.any() or not wanted.any():
            return self
        rows = parts.values.index[wanted]
        unit = pd.Series(
            pd.MultiIndex.from_arrays([rows.get_level_values("period"), larger[wanted]]).to_flat_index(),
            index=rows,
        )
        values, statuses = pool(
            parts.values.loc[rows, columns], parts.statuses.loc[rows, columns], unit, missing=missing
        )
        found = pd.MultiIndex.from_tuples(values.index, names=self.values.index.names)
        values, statuses = values.set_axis(found), statuses.set_axis(found)
        at = self.values.index[is_missing].intersection(found)
        new = replace(
            self,
            values=self.values.copy(),
            statuses=self.statuses.copy(),
            is_there=self.is_there.copy(),
            days={**parts.days, **self.days},
        )
        new.values.loc[at, columns] = values.loc[at]
        new.statuses.loc[at, columns] = statuses.loc[at]
        new.is_there.loc[at, columns] = True
        return new


def read_counts(
    connection: Connection,
    vintage_id: int,
    counts: Sequence[str],
    *,
    sums: Iterable[IndicatorDefinition] = (),
    period: str | None = None,
) -> CountTable:
    """Read counts of a level, in all periods or one, with those that follow from them; the size of areas is measured."""
    stored = [name for name in counts if name != LAND_AREA]
    frame = read_values(connection, vintage_id=vintage_id, indicator_ids=stored, period=period)
    table = count_table(frame, areas.area_ids(connection, vintage_id), stored)
    if LAND_AREA in counts:
        table = table.with_measured(LAND_AREA, areas.land_area(connection, vintage_id))
    return table.with_sums(sums)


def made_of(
    definition: Indicator, table: CountTable, finest: CountTable, above: Mapping[str, str]
) -> CountTable:
    """Return the counts that the values of an indicator are made of: filled up from the finest areas, if it allows that.

    `above`: the area of `table` that each of the finest areas lies in; nothing for the finest level itself.
    """
    if definition.missing.share < 1 and above:
        return table.filled_from(finest, above, definition.counts, missing=definition.missing)
    return table


def count_table(frame: pd.DataFrame, area_ids: Sequence[str], counts: Sequence[str]) -> CountTable:
    """Make the table of a level from rows with area_id, indicator_id, period, reference_date, value and status.

    `area_ids` and `counts` are all that there are to be, also those that have no row.
    """
    area = pd.Index(area_ids).get_indexer(pd.Index(frame["area_id"]))
    column = pd.Index(counts).get_indexer(pd.Index(frame["indicator_id"]))
    period, periods = pd.factorize(frame["period"], sort=True)
    index = pd.MultiIndex.from_product([list(periods), list(area_ids)], names=["period", "area_id"])
    row = period * len(area_ids) + area
    shape = (len(index), len(counts))
    values = np.full(shape, np.nan)
    statuses = np.full(shape, ValueStatus.MISSING.value, dtype=object)
    is_there = np.zeros(shape, dtype=bool)
    values[row, column] = frame["value"].to_numpy(dtype=float)
    statuses[row, column] = frame["status"].to_numpy(dtype=object)
    is_there[row, column] = True
    _, first = np.unique(column * max(len(periods), 1) + period, return_index=True)
    dates = frame["reference_date"].to_numpy(dtype=object)
    return CountTable(
        values=pd.DataFrame(values, index=index, columns=list(counts)),
        statuses=pd.DataFrame(statuses, index=index, columns=list(counts)),
        is_there=pd.DataFrame(is_there, index=index, columns=list(counts)),
        days={(counts[column[one]], str(periods[period[one]])): str(dates[one]) for one in first},
    )
