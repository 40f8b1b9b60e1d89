"""Values as arrays per indicator, all on the same places, so that they can be compared without joining tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.status import ValueStatus

__all__ = ["KNOWN", "LACKING", "NOTHING", "WITHHELD", "Cells", "Series"]

NOTHING, KNOWN, LACKING, WITHHELD = 0, 1, 2, 3  # no row, a number, called missing, withheld by the publisher


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One indicator on one level: a row per area, a column per period; NaN and a state where there is no number."""

    areas: NDArray[np.object_]
    periods: list[str]
    number: NDArray[np.float64]
    state: NDArray[np.int8]


class Cells:
    """Delivered values. A place is an area of a level in a period."""

    def __init__(self, values: pd.DataFrame) -> None:
        geography, self._levels = _coded(values["geography"])
        area, self._areas = _coded(values["area_id"])
        period, self._periods = _coded(values["period"])
        joint = (geography * len(self._areas) + area) * max(len(self._periods), 1) + period
        self._place, distinct = pd.factorize(joint)
        self._distinct = np.asarray(distinct)
        self._geography, self._area, self._period = geography, area, period
        self._number = values["value"].to_numpy(dtype=float)
        self._state = _states(values["status"], self._number)
        self._rows = values.reset_index(drop=True).groupby("indicator_id", sort=True, observed=True).indices

    @property
    def indicators(self) -> list[str]:
        """Those that have any row."""
        return [str(name) for name in self._rows]

    def __len__(self) -> int:
        return len(self._distinct)

    def place(self, at: int) -> tuple[str, str, str]:
        """Return level, area and period of a place."""
        rest, period = divmod(int(self._distinct[at]), max(len(self._periods), 1))
        level, area = divmod(rest, len(self._areas))
        return str(self._levels[level]), str(self._areas[area]), str(self._periods[period])

    def of(self, indicator: str) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
        """Return number and state of an indicator at every place; of two rows for one place the last."""
        number = np.full(len(self), np.nan)
        state = np.zeros(len(self), dtype=np.int8)
        rows = self._rows.get(indicator)
        if rows is not None:
            number[self._place[rows]] = self._number[rows]
            state[self._place[rows]] = self._state[rows]
        return number, state

    def periods(self) -> dict[str, set[str]]:
        """Return the periods in which any indicator has a row, by level."""
        found: dict[str, set[str]] = {}
        count = max(len(self._periods), 1)
        for pair in np.unique(self._geography * count + self._period):
            level, period = divmod(int(pair), count)
            found.setdefault(str(self._levels[level]), set()).add(str(self._periods[period]))
        return found

    def series(self, indicator: str) -> dict[str, Series]:
        """Return the indicator by level."""
        rows = np.asarray(self._rows.get(indicator, []), dtype=np.int64)
        found = {}
        for level in np.unique(self._geography[rows]):
            here = rows[self._geography[rows] == level]
            areas, at = np.unique(self._area[here], return_inverse=True)
            periods, when = np.unique(self._period[here], return_inverse=True)
            order = np.argsort([str(self._periods[one]) for one in periods])
            rank = np.argsort(order)
            number = np.full((len(areas), len(periods)), np.nan)
            state = np.zeros(number.shape, dtype=np.int8)
            number[at, rank[when]] = self._number[here]
            state[at, rank[when]] = self._state[here]
            found[str(self._levels[level])] = Series(
                areas=self._areas[areas],
                periods=[str(self._periods[periods[one]]) for one in order],
                number=number,
                state=state,
            )
        return found


def _coded(column: pd.Series) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    codes, distinct = pd.factorize(column)
    return codes.astype(np.int64), np.asarray(distinct, dtype=object)


def _states(status: pd.Series, number: NDArray[np.float64]) -> NDArray[np.int8]:
    withheld = (status == ValueStatus.SUPPRESSED.value).to_numpy()
    return np.where(np.isnan(number), np.where(withheld, WITHHELD, LACKING), KNOWN).astype(np.int8)
