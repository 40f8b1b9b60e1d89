"""Errors of confidentiality: what cannot be protected, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable

from indicators.errors import IndicatorError, InputError

__all__ = [
    "ConfidentialityError",
    "ProfileError",
    "RelationError",
    "TableError",
    "UnknownProfileError",
    "UnprotectableError",
]

_SHOWN = 5


class ConfidentialityError(IndicatorError):
    """Base of every error raised by `indicators.confidentiality`."""


class ProfileError(ConfidentialityError, ValueError):
    """A profile contradicts itself."""


class UnknownProfileError(ConfidentialityError, KeyError):
    """A profile nobody has defined."""

    def __init__(self, name: str, known: Iterable[str], nearest: str | None) -> None:
        meant = f"; did you mean {nearest!r}" if nearest else ""
        self.message = f"unknown confidentiality profile {name!r}{meant}; known: {', '.join(known)}"
        super().__init__(self.message)
        self.name, self.nearest = name, nearest

    def __str__(self) -> str:
        return self.message


class TableError(ConfidentialityError, InputError):
    """A table that cannot be protected as it is."""


class RelationError(ConfidentialityError, ValueError):
    """A relation that does not hold for the values it is about, or speaks of values that are not there."""

    def __init__(self, reason: str, relations: Iterable[object], hint: str) -> None:
        names = [str(one) for one in relations]
        shown = "; ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
        super().__init__(f"{reason} in {len(names)} relation(s): {shown}; {hint}")
        self.reason, self.relations, self.hint = reason, names, hint


class UnprotectableError(ConfidentialityError, RuntimeError):
    """Withheld values could still be narrowed down, whatever else is withheld; nothing may be published."""

    def __init__(self, cells: Iterable[object], hint: str) -> None:
        names = [" / ".join(map(str, one)) if isinstance(one, tuple) else str(one) for one in cells]
        shown = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
        super().__init__(f"{len(names)} value(s) cannot be protected: {shown}; {hint}")
        self.cells, self.hint = names, hint
