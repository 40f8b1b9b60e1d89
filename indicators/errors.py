"""Errors of the indicator package: what is wrong, where, how many, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

__all__ = [
    "ConstantColumnError",
    "DefinitionError",
    "IndicatorError",
    "InputError",
    "ShareError",
    "StatusError",
    "TooFewAreasError",
]

_SHOWN = 5


class IndicatorError(Exception):
    """Base of every error raised by `indicators`."""


class DefinitionError(IndicatorError, ValueError):
    """An indicator or method contradicts itself or names something unknown."""


class TooFewAreasError(IndicatorError, ValueError):
    """Fewer valid areas than the computation needs."""

    def __init__(self, method: str, valid: int, needed: int) -> None:
        super().__init__(
            f"{method}: {valid} valid area(s), at least {needed} are needed; "
            "load more areas or choose a period in which more areas have a published value"
        )
        self.method, self.valid, self.needed = method, valid, needed


class ConstantColumnError(IndicatorError, ValueError):
    """A column that has the same value everywhere cannot be standardised."""

    def __init__(self, column: str, value: float, areas: int) -> None:
        super().__init__(
            f"{column} is {value:g} in all {areas} valid areas and cannot be standardised; "
            "leave the indicator out"
        )
        self.column, self.value, self.areas = column, value, areas


class InputError(IndicatorError, ValueError):
    """Values that do not fit together or cannot be computed with."""

    def __init__(self, reason: str, areas: Iterable[object], hint: str) -> None:
        ids = [_in_words(area) for area in areas]
        shown = ", ".join(ids[:_SHOWN]) + (" …" if len(ids) > _SHOWN else "")
        super().__init__(f"{reason} in {len(ids)} area(s): {shown}; {hint}")
        self.reason, self.areas, self.hint = reason, ids, hint


class ShareError(InputError):
    """Counts from which no share can be made: negative, infinite, or a part above its whole."""

    def of(self, what: str) -> Self:
        """Return the error with what the caller knows, such as indicator and level, at the head of its line."""
        return type(self)(f"{what}: {self.reason}", self.areas, self.hint)


class StatusError(InputError):
    """A value and its status contradict each other."""


def _in_words(place: object) -> str:
    """Return an area, or an area and a period, as readers write it."""
    return " / ".join(map(str, place)) if isinstance(place, tuple) else str(place)
