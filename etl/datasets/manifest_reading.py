"""From the text of a manifest to a `Manifest`, or to everything that is wrong with it, each with its line."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from etl.datasets.findings import DatasetError, Findings
from etl.datasets.manifest import Manifest
from etl.datasets.manifest_guesses import meant, meant_date, neutral
from etl.datasets.manifest_rules import manifest_problems
from etl.datasets.schema import entries, written
from etl.errors import FetchError
from indicators.methods.documents import document_of, line_at
from indicators.methods.errors import DocumentError, suggestion
from indicators.methods.positions import Path as Place
from indicators.methods.positions import lines_of

__all__ = [
    "MANIFEST_NAME",
    "Draft",
    "draft_of",
    "manifest_file",
    "manifest_of",
    "manifest_text",
    "read_manifest",
]

MANIFEST_NAME = "dataset.toml"
_REFERRED = ("geography", "indicator", "overlay")  # parts that others name by their ids


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A manifest as far as it can be understood, what is wrong with it, and at which places of it."""

    manifest: Manifest
    findings: Findings
    wrong: tuple[Place, ...]

    def __repr__(self) -> str:
        return f"Draft({self.manifest!r}, {len(self.wrong)} places are wrong)"

    def is_whole(self, place: Place) -> bool:
        """Whether nothing is wrong with a part and what is in it."""
        return not any(one[: len(place)] == place for one in self.wrong)


def manifest_file(where: Path) -> Path:
    """Return the manifest that a folder or a file stands for, or raise `FetchError`."""
    path = where / MANIFEST_NAME if where.is_dir() else where
    folder = where if where.suffix != ".toml" else where.parent
    if not where.exists() and not folder.is_dir():
        raise FetchError("there is no such folder", str(folder), "check how its name is written")
    if not path.is_file():
        raise FetchError(
            "no manifest found",
            str(path),
            f"write one with 'sozialraum init {where if where.is_dir() else where.parent}'",
        )
    return path


def read_manifest(path: Path) -> Manifest:
    """Read a manifest from its file, or raise a `DatasetError` with every problem."""
    return manifest_of(manifest_text(path), name=path.name)


def manifest_text(path: Path) -> str:
    """Return the text of a manifest, or raise `FetchError`."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FetchError(f"{path.name} is not UTF-8", f"byte {error.start}", "save it as UTF-8") from error


def manifest_of(text: str, *, name: str = MANIFEST_NAME) -> Manifest:
    """Read a manifest from its text, or raise a `DatasetError` with every problem."""
    draft = draft_of(text, name=name)
    draft.findings.require_none(name)
    return draft.manifest


def draft_of(text: str, *, name: str = MANIFEST_NAME) -> Draft:
    """Read a manifest as far as it can be understood; what is no TOML raises a `DatasetError`."""
    findings = Findings()
    try:
        document = document_of(text, file=name)
    except DocumentError as error:
        for problem in error.problems:
            findings.error(name, problem.reason, "correct it", place=f"line {problem.line}")
        raise DatasetError(name, findings.found) from error
    reader = _Reader(name, lines_of(text), findings)
    manifest = reader.part(Manifest, document, ())
    wrong = list(reader.wrong)
    for place, column, what, todo in manifest_problems(manifest) if reader.can_be_judged else ():
        if not reader.is_guess((*place, column)):
            wrong.append(place)
            findings.error(name, what, todo, place=f"line {line_at(reader.lines, place)}", column=column)
    findings.found.sort(key=lambda one: int(one.place.removeprefix("line ") or 0))
    return Draft(manifest, findings, tuple(wrong))


class _Reader:
    """Collects what is wrong while the parts are read, and goes on with a guess.

    `wrong` are the places of which something is told, `guessed` the parts that may not be judged as they stand.
    """

    def __init__(self, name: str, lines: Mapping[Place, int], findings: Findings) -> None:
        self.name, self.lines, self.findings = name, lines, findings
        self.wrong: list[Place] = []
        self.guessed: list[Place] = []
        self.can_be_judged = (
            True  # whether names that lead nowhere do not only lead to a part that is not known
        )

    def is_guess(self, place: Place) -> bool:
        """Whether a place lies in a part of which something had to be guessed."""
        return any(place[: len(one)] == one for one in self.guessed)

    def part(self, part: type, given: Any, place: Place) -> Any:
        """Read one table; what is missing or wrong in it is told, and guessed."""
        if not isinstance(given, Mapping):
            self._wrong(place, f"{_named(place)} is not a table", "write its keys in a table of its own")
            return self._guess(part, None, place)
        known = {one.name: one for one in entries(part)}
        for name in given:
            if name not in known:
                self._wrong((*place, name), f"unknown key {name!r}", suggestion(name, known))
        read: dict[str, Any] = {}
        for name, entry in known.items():
            if name in given:
                read[name] = self._value(entry.type, given[name], (*place, name))
            elif entry.is_required:
                self._wrong(place, f"{_named((*place, name))} is missing", f"add it: {entry.means}")
                read[name] = self._guess(entry.type, None, (*place, name))
        return part(**read)

    def _value(self, kind: Any, given: Any, place: Place) -> Any:
        origin, inside = get_origin(kind), get_args(kind)
        if dataclasses.is_dataclass(kind) and isinstance(kind, type):
            return self.part(kind, given, place)
        if origin in (Union, types.UnionType):
            options = [one for one in inside if one is not type(None)]
            chosen = next((one for one in options if _fits(one, given)), options[-1])
            return self._value(chosen, given, place)
        if origin is tuple:
            return self._list(inside[0], given, place, kind)
        if origin is not None and origin is not Literal and isinstance(given, Mapping):
            return {str(name): self._value(inside[1], one, (*place, name)) for name, one in given.items()}
        if not _fits(kind, given):
            return self._wrong_kind(kind, given, place)
        return float(given) if kind is float else given

    def _list(self, inner: Any, given: Any, place: Place, kind: Any) -> Any:
        is_table = dataclasses.is_dataclass(inner)
        if not isinstance(given, list):
            if is_table or not _fits(inner, given):  # one text may stand for a list of one
                return self._wrong_kind(kind, given, place)
            given = [given]
        return tuple(self._value(inner, one, (*place, number)) for number, one in enumerate(given))

    def _wrong_kind(self, kind: Any, given: Any, place: Place) -> Any:
        shown = (
            f"{given!r}"
            if not isinstance(given, dict | list)
            else "a table"
            if isinstance(given, dict)
            else "a list"
        )
        todo = f"give {written(kind)}"
        if get_origin(kind) is Literal and isinstance(given, str):
            todo = f"{todo}; {suggestion(given, [str(one) for one in get_args(kind)])}"
        elif kind is date and (day := meant_date(given)) is not None:
            todo = f"write {day.isoformat()} without quotes"
        self._wrong(place, f"{_named(place)} is {shown}", todo)
        return self._guess(kind, given, place)

    def _guess(self, kind: Any, given: Any, place: Place) -> Any:
        """Return what may have been meant; where nobody can say, the whole part it is in may not be judged."""
        guess = None if given is None else meant(kind, given)
        if guess is not None:
            self.guessed.append(place)
            return guess
        key = place
        while isinstance(key[-1], int) and not dataclasses.is_dataclass(kind):
            key = key[:-1]
        self.guessed.append(key if dataclasses.is_dataclass(kind) else key[:-1] or key)
        if key[0] in _REFERRED and (len(key) < 3 or key[-1] in ("id", "key_length")):
            self.can_be_judged = False
        return neutral(kind)

    def _wrong(self, place: Place, what: str, todo: str) -> None:
        column = next((str(part) for part in reversed(place) if isinstance(part, str)), "")
        self.findings.error(self.name, what, todo, place=f"line {line_at(self.lines, place)}", column=column)
        self.wrong.append(place)


def _fits(kind: Any, given: Any) -> bool:
    """Return whether a plain value is of a kind; lists and tables are looked into instead."""
    if get_origin(kind) is Literal:
        return isinstance(given, str) and given in get_args(kind)
    if not isinstance(kind, type) or dataclasses.is_dataclass(kind) or get_origin(kind) is not None:
        return False
    if kind in (int, float):
        is_number = isinstance(given, int | kind) and not isinstance(given, bool)
        return is_number and abs(given) < float("inf")
    if kind is date:
        return isinstance(given, date) and not isinstance(given, datetime)
    return isinstance(given, kind)


def _named(place: Place) -> str:
    words = [part if isinstance(part, str) else f"number {part + 1}" for part in place]
    return " ".join(words) or "the manifest"
