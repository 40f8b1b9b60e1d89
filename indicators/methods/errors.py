"""What is wrong with a method: which field, and for a file also where and what was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from indicators.errors import DefinitionError

__all__ = ["DocumentError", "FieldError", "MethodFileError", "Problem", "nearest", "suggestion"]

_LISTED = 12


class FieldError(DefinitionError):
    """A part of a method contradicts itself or another part.

    `path` leads from the part to what is wrong: names of fields and positions in lists.
    """

    def __init__(self, path: Sequence[str | int], reason: str) -> None:
        where = ".".join(str(part + 1 if isinstance(part, int) else part) for part in path)
        super().__init__(f"{where}: {reason}" if where else reason)
        self.path, self.reason = tuple(path), reason

    def within(self, *outer: str | int) -> FieldError:
        """Return the same error as seen from the part that holds this one."""
        return FieldError((*outer, *self.path), self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding in a method file: `line` (from 1), what is wrong there, and the nearest valid name if any."""

    line: int
    reason: str
    nearest: str | None = None

    def sentence(self, file: str) -> str:
        """Say it with its place."""
        return f"{file}, line {self.line}: {self.reason}"


class DocumentError(DefinitionError):
    """A file cannot be used; `problems` holds everything found in it, in the order of its lines."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        more = len(problems) - 1
        super().__init__(problems[0].sentence(file) + (f" (and {more} more problem(s))" if more else ""))
        self.file, self.problems = file, tuple(problems)

    @property
    def line(self) -> int:
        """Line of the first problem."""
        return self.problems[0].line


class MethodFileError(DocumentError):
    """A method file cannot be used."""


def nearest(name: str, valid: Collection[str]) -> str | None:
    """Return the valid name that was probably meant, if any is near.

    Parameters
    ----------
    name : str
        What was written.
    valid : collection of str
        What may be written.

    Returns
    -------
    str or None
        None when nothing is similar.

    Examples
    --------
    >>> nearest("wieght", ["weight", "direction"])
    'weight'
    """
    by_lower = {one.lower(): one for one in sorted(valid, reverse=True)}
    found = difflib.get_close_matches(str(name).lower(), sorted(by_lower), n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def suggestion(name: str, valid: Collection[str]) -> str:
    """Return the half sentence that helps: the nearest name, or all of them when they are few.

    Parameters
    ----------
    name : str
        What was written.
    valid : collection of str
        What may be written.

    Returns
    -------
    str
        To be put behind the complaint.

    Examples
    --------
    >>> suggestion("colour", ["id", "weight"])
    'known: id, weight'
    """
    found = nearest(name, valid)
    if found is not None:
        return f"did you mean {found!r}?"
    listed = ", ".join(sorted(valid)[:_LISTED]) + (" …" if len(valid) > _LISTED else "")
    return f"known: {listed}" if listed else "there is none to choose from"
