"""The table under protection: one row per area, period and indicator, checked once at the door."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.confidentiality.errors import TableError
from indicators.status import ValueStatus
from indicators.statuses import checked_status

__all__ = ["KEY", "OPTIONAL", "Cells", "read_cells"]

KEY = ["area_id", "period", "indicator_id"]
OPTIONAL = ("status", "geography", "usefulness", "released", "contributors", "largest", "second_largest")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """Rows of a table as arrays, all in the order of the table, shape (n_cells,).

    `value` is NaN where `missing` (nobody knows it) and where `unknown` (withheld by the publisher, so that we
    do not know it either).
    """

    key: pd.MultiIndex
    value: NDArray[np.float64]
    status: NDArray[np.object_]
    geography: NDArray[np.object_]
    usefulness: NDArray[np.float64]
    released: NDArray[np.bool_]
    contributors: NDArray[np.float64]
    largest: NDArray[np.float64]
    second_largest: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.value)

    def __repr__(self) -> str:
        return (
            f"Cells({len(self)} values, {int(self.missing.sum())} missing, {int(self.unknown.sum())} unknown)"
        )

    @property
    def indicator(self) -> NDArray[np.object_]:
        """Indicator of each value."""
        return np.asarray(self.key.get_level_values(2), dtype=object)

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Values nobody knows."""
        return np.asarray(self.status == ValueStatus.MISSING.value, dtype=bool)

    @property
    def unknown(self) -> NDArray[np.bool_]:
        """Values that were withheld before they came to us."""
        return np.asarray(self.status == ValueStatus.SUPPRESSED.value, dtype=bool)


def read_cells(table: pd.DataFrame) -> Cells:
    """Check a table and return its columns as arrays.

    Parameters
    ----------
    table : DataFrame
        One row per area, period and indicator, with the columns area_id, period, indicator_id and value, and any
        of `OPTIONAL`: status (NaN is missing when it is not given), geography (level of the area), usefulness
        (what withholding the value costs; log2(1 + value) + 1 when not given), released (already public and
        therefore never withheld), and for amounts contributors, largest and second_largest.

    Returns
    -------
    Cells
        Same rows in the same order.

    Raises
    ------
    TableError
        If a column is missing, a row is there twice, or a value is negative or infinite.
    StatusError
        If a value and its status contradict each other.

    Examples
    --------
    >>> read_cells(pd.DataFrame({"area_id": ["00"], "period": ["2023"],
    ...                          "indicator_id": ["unemployed"], "value": [7]}))
    Cells(1 values, 0 missing, 0 unknown)
    """
    absent = [name for name in [*KEY, "value"] if name not in table.columns]
    if absent:
        raise TableError("the table has no column", absent, "give area_id, period, indicator_id and value")
    key = pd.MultiIndex.from_frame(table[KEY].astype(str))
    if not key.is_unique:
        raise TableError("a value is there twice", key[key.duplicated()].unique(), "keep one of them")
    value = table["value"].to_numpy(dtype=float, na_value=np.nan)
    broken = np.isinf(value) | (value < 0)
    if broken.any():
        raise TableError("a value is negative or infinite", key[broken], "correct the values")
    series = pd.Series(value, index=key)
    if "status" in table.columns:
        status = checked_status(
            series, pd.Series(table["status"].to_numpy(), index=key), "the table under protection"
        ).to_numpy(dtype=object)
    else:
        status = np.where(
            np.isnan(value),
            ValueStatus.MISSING.value,
            np.where(value == 0, ValueStatus.ZERO.value, ValueStatus.MEASURED.value),
        ).astype(object)
    usefulness = _column(table, "usefulness", 1.0 + np.log2(1.0 + np.nan_to_num(value)))
    if (~(usefulness > 0)).any():
        raise TableError("usefulness is not positive", key[~(usefulness > 0)], "give positive numbers")
    released = table["released"].fillna(False).to_numpy(dtype=bool) if "released" in table.columns else None
    geography = (
        table["geography"].astype(str).to_numpy(dtype=object) if "geography" in table.columns else None
    )
    return Cells(
        key=key,
        value=value,
        status=status,
        geography=np.full(len(value), "all", dtype=object) if geography is None else geography,
        usefulness=usefulness,
        released=np.zeros(len(value), dtype=bool) if released is None else released,
        contributors=_column(table, "contributors", np.full(len(value), np.nan)),
        largest=_column(table, "largest", np.full(len(value), np.nan)),
        second_largest=_column(table, "second_largest", np.full(len(value), np.nan)),
    )


def _column(table: pd.DataFrame, name: str, default: NDArray[np.float64]) -> NDArray[np.float64]:
    if name not in table.columns:
        return default
    given = table[name].to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isnan(given), default, given)
