"""Withhold what would give a withheld count away: the other part of a published total, or a sum over areas.

The publisher withholds small counts one by one, so that some can be computed from the counts beside them. Such a
count is protected by withholding one more member of the same sum, until no sum has exactly one unknown member.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from etl.sources.leipzig_tables import CITY_KEY, TABLES
from indicators.leipzig import LEIPZIG_INDICATORS
from indicators.status import ValueStatus

__all__ = ["withhold_complements"]

_STEP = "count withheld because a withheld one could be computed from it"
_EXTENSIVE = frozenset(indicator.id for indicator in LEIPZIG_INDICATORS if indicator.kind == "extensive")
_PLACE = ["geography", "area_id"]
_SERIES = ["indicator_id", "period"]


def withhold_complements(values: pd.DataFrame, *, repairs: dict[str, int]) -> pd.DataFrame:
    """Return the values without those that determine a withheld count; `repairs` is told how many there were.

    Of a total and its parts the smallest published part goes, of areas and the area above them the sum. A zero
    goes only when no other part is left. A sum with a missing member determines nothing.

    Parameters
    ----------
    values : DataFrame
        Rows with `VALUE_COLUMNS`, of any levels.
    repairs : dict
        Told how many counts were withheld.
    """
    values = values.reset_index(drop=True)
    number = values["value"].to_numpy(dtype=float)
    sums, rows, choice = _members(values)
    order = np.lexsort((number[rows], number[rows] == 0, choice, sums))
    sums, rows = sums[order], rows[order]

    withheld = (values["status"] == ValueStatus.SUPPRESSED.value).to_numpy(copy=True)
    known = ~np.isnan(number)
    before = int(withheld.sum())
    while True:
        secret, unknown = np.bincount(sums, withheld[rows]), np.bincount(sums, ~known[rows])
        candidates = ((secret == 1) & (unknown == 1))[sums] & known[rows]
        if not candidates.any():
            break
        _, first = np.unique(sums[candidates], return_index=True)
        chosen = rows[candidates][first]
        withheld[chosen], known[chosen] = True, False
    added = int(withheld.sum()) - before
    if not added:
        return values
    repairs[_STEP] = repairs.get(_STEP, 0) + added
    return values.assign(
        value=values["value"].where(known),
        status=values["status"].mask(withheld, ValueStatus.SUPPRESSED.value),
    )


def _members(values: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return for every member of every sum: number of the sum, row of the value, rank among what may go."""
    sums, rows, choice, start = [], [], [], 0
    for lines, whole_first in _sums(values):
        count, width = lines.shape
        is_whole = np.tile(np.arange(width) == 0, count)
        sums.append(start + np.repeat(np.arange(count), width))
        rows.append(lines.ravel())
        choice.append(is_whole != whole_first)
        start += count
    nothing = np.zeros(0, dtype=np.intp)
    return (
        np.concatenate([nothing, *sums]),
        np.concatenate([nothing, *rows]),
        np.concatenate([nothing, *choice]),
    )


def _sums(values: pd.DataFrame) -> Iterator[tuple[np.ndarray, bool]]:
    """Yield the rows of sums, each sum on a line with its whole first, and whether the whole is to go first."""
    once = values.drop_duplicates([*_PLACE, *_SERIES])
    by_place = _wide(once, [*_PLACE, "period"], ["indicator_id"])
    for table in TABLES:
        for parts in table.partitions:
            if {table.total, *parts} <= set(by_place.columns):
                yield _complete(by_place[[table.total, *parts]]), False
    by_series = _wide(once[once["indicator_id"].isin(_EXTENSIVE)], _SERIES, _PLACE)
    finest = [column[1] for column in by_series.columns if column[0] == "sub_district"]
    districts = [("district", key) for key in sorted({area[0] for area in finest})]
    city = ("city", CITY_KEY)
    families = [
        *(
            (district, [("sub_district", area) for area in finest if area[0] == district[1]])
            for district in districts
        ),
        (city, districts),
        (city, [("sub_district", area) for area in finest]),
    ]
    for whole, children in families:
        if children and {whole, *children} <= set(by_series.columns):
            yield _complete(by_series[[whole, *children]]), True


def _wide(values: pd.DataFrame, lines: list[str], columns: list[str]) -> pd.DataFrame:
    """Return the row numbers of the values, spread over columns."""
    names = [*lines, *columns]
    rows = pd.Series(values.index, index=pd.MultiIndex.from_frame(values[names].astype(str)))
    return rows.unstack(columns)


def _complete(rows: pd.DataFrame) -> np.ndarray:
    return rows.dropna().to_numpy(dtype=np.intp)
