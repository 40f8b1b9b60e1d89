"""Errors of the pipelines: one clear line each, with what, where and what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = [
    "DeliveryError",
    "EtlError",
    "FetchError",
    "NotPublishedError",
    "Problem",
    "TakenCityError",
    "UndoError",
    "UnknownCityError",
    "one_line",
]


_STATEMENT = re.compile(r"\bsqlite3_\w+\(.*\)(?: failed)?: ")


def one_line(error: BaseException) -> str:
    """Return what a library's error says as a part of one line, once, and without the statements of its database."""
    said = _STATEMENT.sub("", " ".join(str(error).split()))
    return "; ".join(dict.fromkeys(said.split("; "))) or type(error).__name__


class EtlError(Exception):
    """Base of every error that ends a command with exit status 1 and one line."""


class UnknownCityError(EtlError, LookupError):
    """The city is not one we have a source for."""

    def __init__(self, city: str, known: Sequence[str]) -> None:
        super().__init__(f"unknown city {city!r}; known cities: {', '.join(known)}")
        self.city, self.known = city, tuple(known)


class TakenCityError(EtlError, ValueError):
    """A manifest has the id of the city that is generated."""

    def __init__(self, city: str) -> None:
        super().__init__(
            f"the city id {city!r} is that of the city that is generated; give the manifest another one"
        )
        self.city = city


class UndoError(EtlError, ValueError):
    """A load, told by its number, cannot be undone; nothing was changed."""

    def __init__(self, number: int, reason: str, todo: str) -> None:
        super().__init__(f"load {number} cannot be undone: {reason}; {todo}")
        self.number, self.reason, self.todo = number, reason, todo


class FetchError(EtlError):
    """A file or an address could not be had or read."""

    def __init__(self, what: str, where: str, hint: str) -> None:
        super().__init__(f"{what}: {where}; {hint}")
        self.what, self.where, self.hint = what, where, hint


class NotPublishedError(FetchError):
    """The publisher answers, but has no such file or table, or has it no more."""


class Problem(str):
    """One finding in a delivery: a full sentence with the place in it."""

    __slots__ = ()


class DeliveryError(EtlError, ValueError):
    """A delivery broke one or more rules; nothing of it was loaded."""

    def __init__(self, source: str, problems: Sequence[Problem | str]) -> None:
        first, more = problems[0], len(problems) - 1
        super().__init__(
            f"{source}: {first}" + (f" (and {more} more)" if more else "") + "; nothing was loaded"
        )
        self.source, self.problems = source, tuple(problems)
