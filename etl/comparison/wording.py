"""How much, and which ones first, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["counted", "listed"]

_NAMED = 5


def counted(number: int, noun: str) -> str:
    """Return a number with its noun in the right form."""
    return f"{number:,} {noun if number == 1 else noun + 's'}"


def listed(names: Sequence[str]) -> str:
    """Return the first names, and how many there are when there are more."""
    return ", ".join(names[:_NAMED]) + (f" … ({len(names):,})" if len(names) > _NAMED else "")
