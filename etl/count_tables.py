"""Counts of one level as tables: rows are periods and areas, columns are counts; what computed indicators are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from indicators.definition import AtLeast, IndicatorDefinition
from indicators.status import ValueStatus
from indicators.sums import add_sums, pool

__all__ = ["CountTable", "count_table"]


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
        """Add counts that are sums of others; a sum is there where all of its parts are."""
        definitions = {one.id: one for one in sums}
        if not definitions:
            return self
        values, statuses = add_sums(self.values, self.statuses, definitions)
        is_there, days = self.is_there.copy(), dict(self.days)
        for name in [name for name in values.columns if name not in is_there]:
            parts = list(definitions[name].sum_of)
            is_there[name] = is_there[parts].all(axis=1)
            days |= {(name, period): day for (part, period), day in self.days.items() if part == parts[0]}
        return replace(self, values=values, statuses=statuses, is_there=is_there, days=days)

    def filled_from(
        self, parts: CountTable, above: Mapping[str, str], counts: Sequence[str], *, missing: AtLeast
    ) -> CountTable:
        """Make counts that are missing from those of the parts, as the missing-data policy allows.

        `above`: the area of this table that each area of `parts` lies in. All of `counts` are replaced together, so
        that they speak of the same parts.
        """
        columns = list(counts)
        is_missing = (self.statuses[columns] == ValueStatus.MISSING.value).any(axis=1)
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


def count_table(frame: pd.DataFrame, areas: Sequence[str], counts: Sequence[str]) -> CountTable:
    """Make the table of a level from rows with area_id, indicator_id, period, reference_date, value and status.

    `areas` and `counts` are all that there are to be, also those that have no row.
    """
    area = pd.Index(areas).get_indexer(pd.Index(frame["area_id"]))
    column = pd.Index(counts).get_indexer(pd.Index(frame["indicator_id"]))
    period, periods = pd.factorize(frame["period"], sort=True)
    index = pd.MultiIndex.from_product([list(periods), list(areas)], names=["period", "area_id"])
    row = period * len(areas) + area
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
