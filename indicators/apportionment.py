"""How is a whole number split in proportion, with limits, so that the parts add up? Whole numbers throughout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

__all__ = ["Limited", "apportion"]

Limited = Literal["", "low", "high"]


def apportion(
    total: int, weights: Sequence[int], low: Sequence[int], high: Sequence[int], precedence: Sequence[int]
) -> tuple[list[int], list[Limited]]:
    """Split a whole number in proportion to weights, every part within its limits, by largest remainders.

    There is one factor for all: each part is factor × weight, or the limit that this would break. The factor is
    found exactly, by fixing the parts of the side (too low, too high) that moves more, as often as needed.

    Parameters
    ----------
    total : int
        What is split, such as cents.
    weights : sequence of int
        At least 0, of any size.
    low, high : sequence of int
        Limits of the parts, low ≤ high. The total must lie between the sum of the low ones and what the high ones
        (of parts with a weight) and the low ones (of those without) add up to.
    precedence : sequence of int
        Who is first when remainders are equal: the smallest number.

    Returns
    -------
    tuple of list
        The parts, which add up to the total, and for each whether it stands at a limit.

    Examples
    --------
    >>> apportion(100, [1, 1, 1], [0, 0, 0], [100, 100, 100], [0, 1, 2])
    ([34, 33, 33], ['', '', ''])
    >>> apportion(100, [1, 1, 8], [20, 0, 0], [100, 100, 50], [0, 1, 2])
    ([25, 25, 50], ['', '', 'high'])
    """
    parts, limited = [0] * len(weights), [""] * len(weights)
    free, left = list(range(len(weights))), total
    while free:
        whole = sum(weights[one] for one in free)
        if whole == 0:
            for one in free:
                parts[one], limited[one] = low[one], "low" if low[one] else ""
            free = []
            break
        too_low = [one for one in free if left * weights[one] < low[one] * whole]
        too_high = [one for one in free if left * weights[one] > high[one] * whole]
        if not (too_low or too_high):
            break
        lacking = sum(low[one] * whole - left * weights[one] for one in too_low)
        surplus = sum(left * weights[one] - high[one] * whole for one in too_high)
        fixed = set()
        if lacking >= surplus:
            fixed |= _fix(too_low, low, "low", parts, limited)
        if surplus >= lacking:
            fixed |= _fix(too_high, high, "high", parts, limited)
        left -= sum(parts[one] for one in fixed)
        free = [one for one in free if one not in fixed]
    _share_out(left, free, weights, precedence, parts)
    return parts, limited  # type: ignore[return-value]


def _fix(
    ids: Sequence[int], limit: Sequence[int], name: str, parts: list[int], limited: list[str]
) -> set[int]:
    for one in ids:
        parts[one], limited[one] = limit[one], name
    return set(ids)


def _share_out(
    left: int, free: Sequence[int], weights: Sequence[int], precedence: Sequence[int], parts: list[int]
) -> None:
    """Split what is left among the free parts: rounded down, then one more for the largest remainders."""
    whole = sum(weights[one] for one in free)
    remainder = {}
    for one in free:
        parts[one], remainder[one] = divmod(left * weights[one], whole)
    extra = left - sum(parts[one] for one in free)
    for one in sorted(free, key=lambda one: (-remainder[one], precedence[one]))[:extra]:
        parts[one] += 1
