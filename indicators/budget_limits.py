"""Can a sum keep its floor and its cap? The limits of each area, and the nearest ones that could be kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from indicators.errors import IndicatorError

__all__ = ["BudgetError", "Limits"]


class BudgetError(IndicatorError, ValueError):
    """Limits that cannot all be kept: which one, by how much, and the least that would have to give.

    `constraint` is "floor" or "cap"; `gap` the cents by which it fails; `feasible` the nearest limit that could be
    kept, in the words of the parameter, or None when the limits differ by area.
    """

    def __init__(self, constraint: str, gap: int, feasible: Decimal | None, sentence: str) -> None:
        super().__init__(sentence)
        self.constraint, self.gap, self.feasible = constraint, gap, feasible


@dataclass(frozen=True, slots=True)
class Limits:
    """Floor and cap in cents per area, and whether the sum can keep them."""

    total: int
    sizes: Sequence[Fraction]
    has_weight: Sequence[bool]
    per: Literal["area", "resident"]

    def of(self, floor: Decimal | None, cap: Decimal | None) -> tuple[list[int], list[int]]:
        """Return the limits of each area in cents.

        Parameters
        ----------
        floor, cap : Decimal, optional
            Least and greatest amount, in whole cents. [€ per area or per resident]

        Returns
        -------
        tuple of list of int
            Low and high limits [cents].

        Raises
        ------
        BudgetError
            With the limit that cannot be kept and the nearest one that can.

        Examples
        --------
        >>> even = Limits(total=900, sizes=[Fraction(1)] * 3, has_weight=[True] * 3, per="area")
        >>> even.of(Decimal("4.00"), None)
        Traceback (most recent call last):
        indicators.budget_limits.BudgetError: floor 4.00 € per area takes 12.00 €, 3.00 € more than the sum of
        9.00 €; lower it to at most 3.00 € per area, or raise the sum
        """
        low = self._low(0 if floor is None else int(floor * 100))
        if sum(low) > self.total:
            gap, largest = sum(low) - self.total, self._largest_floor()
            self._refuse(
                "floor",
                gap,
                largest,
                f"floor {floor} € per {self.per} takes {_euros(sum(low))} €, {_euros(gap)} € more than the sum of "
                f"{_euros(self.total)} €; lower it to at most {largest} € per {self.per}, or raise the sum",
            )
        if cap is None:
            return low, [max(self.total, one) for one in low]
        high = self._high(int(cap * 100))
        held = self._held(high, low)
        if held < self.total:
            gap, fits = self.total - held, self._smallest_cap(low)
            told = (
                "no cap helps: nobody has need"
                if fits is None
                else f"raise it to at least {fits} € per {self.per}"
            )
            self._refuse(
                "cap",
                gap,
                fits,
                f"cap {cap} € per {self.per} leaves {_euros(gap)} € of the sum of {_euros(self.total)} € to nobody; "
                f"{told}, or lower the sum",
            )
        # What a floor and a cap leave possible never has the floor above the cap, but for the rounding inwards.
        return low, [max(most, least) for most, least in zip(high, low, strict=True)]

    def _low(self, cents: int) -> list[int]:
        return [math.ceil(cents * size) for size in self.sizes]

    def _high(self, cents: int) -> list[int]:
        return [math.floor(cents * size) for size in self.sizes]

    def _held(self, high: Sequence[int], low: Sequence[int]) -> int:
        """Return the most that can be given away: an area without weight gets its floor."""
        rows = zip(high, low, self.has_weight, strict=True)
        return sum(most if weighs else least for most, least, weighs in rows)

    def _largest_floor(self) -> Decimal:
        size = sum(self.sizes)
        cents = math.floor(self.total / size)
        while cents > 0 and sum(self._low(cents)) > self.total:
            cents -= 1
        return _euros(cents)

    def _smallest_cap(self, low: Sequence[int]) -> Decimal | None:
        rows = list(zip(self.sizes, low, self.has_weight, strict=True))
        size = sum(one for one, _, weighs in rows if weighs)
        if not size:
            return None
        left = self.total - sum(least for _, least, weighs in rows if not weighs)
        cents = max(math.ceil(left / size), 0)
        while self._held(self._high(cents), low) < self.total:
            cents += 1
        return _euros(cents)

    def _refuse(self, constraint: str, gap: int, feasible: Decimal | None, sentence: str) -> None:
        raise BudgetError(constraint, gap, feasible, sentence)


def _euros(cents: int) -> Decimal:
    return (Decimal(cents) / 100).quantize(Decimal("0.01"))
