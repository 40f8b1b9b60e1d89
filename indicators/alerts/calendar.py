"""Which period is so many periods before another one? Years, quarters, months, and dates by their order."""

from __future__ import annotations

import re
from collections.abc import Collection

__all__ = ["periods_before"]

_YEAR = re.compile(r"\d{4}")
_QUARTER = re.compile(r"(\d{4})-Q([1-4])")
_MONTH = re.compile(r"(\d{4})-(\d{2})")


def periods_before(period: str, number: int, known: Collection[str]) -> list[str]:
    """Return the periods that lead to one, in the order of time.

    Parameters
    ----------
    period : str
        Year, quarter, month or date: 2019, 2019-Q2, 2019-06, 2019-06-30.
    number : int
        How many are wanted before it.
    known : collection of str
        Periods with values. Dates have no fixed step: for them, the known dates before are counted.

    Returns
    -------
    list of str
        `number` + 1 periods, the given one last; fewer for dates. A year without values has its place, so that a
        change over two years never becomes one over three.

    Examples
    --------
    >>> periods_before("2019-Q2", 3, [])
    ['2018-Q3', '2018-Q4', '2019-Q1', '2019-Q2']
    >>> periods_before("2019-06-30", 2, ["2015-01-01", "2018-06-30", "2019-06-30"])
    ['2015-01-01', '2018-06-30', '2019-06-30']
    """
    back = range(number, -1, -1)
    if _YEAR.fullmatch(period):
        return [f"{int(period) - step:04d}" for step in back]
    for pattern, parts, form in ((_QUARTER, 4, "{:04d}-Q{}"), (_MONTH, 12, "{:04d}-{:02d}")):
        match = pattern.fullmatch(period)
        if match:
            at = int(match[1]) * parts + int(match[2]) - 1
            return [form.format((at - step) // parts, (at - step) % parts + 1) for step in back]
    earlier = sorted(one for one in known if len(one) == len(period) and one < period)
    return [*(earlier[-number:] if number else []), period]
