"""Indicators from a file: a shipped one, a user's own, or the part of a city's manifest that defines indicators.

Everything that is wrong with the file is said with its line, and what was probably meant.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from indicators.catalogue.fields import COUNT_FIELDS, INDICATOR_FIELDS, REFERENCES, TERMS, Field
from indicators.definition import AtLeast, Form, IndicatorDefinition
from indicators.errors import DefinitionError
from indicators.methods.documents import document_of, line_at
from indicators.methods.errors import DocumentError, Problem, nearest, suggestion
from indicators.methods.positions import Path, lines_of

__all__ = ["Catalogue", "DefinitionFileError", "Term", "read_definitions"]

_ID = re.compile(r"[a-z][a-z0-9_]*")
# A row of the shipped files reads like a row of a table: what follows from the form is not written again.
_OF_A_SHARE: Mapping[str, Any] = {"unit": "%", "factor": 100.0, "decimals": 1}


class DefinitionFileError(DocumentError):
    """A file of indicators cannot be used."""


@dataclass(frozen=True, slots=True)
class Term:
    """A text that several indicators share: a source, a universe, a trap, a theme."""

    de: str
    en: str


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue(Mapping[str, IndicatorDefinition]):
    """Definitions by id, in the order of their files, and the terms they are written with."""

    definitions: Mapping[str, IndicatorDefinition] = field(default_factory=dict)
    terms: Mapping[str, Mapping[str, Term]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> IndicatorDefinition:
        return self.definitions[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.definitions)

    def __len__(self) -> int:
        return len(self.definitions)

    def __repr__(self) -> str:
        return f"Catalogue({len(self.indicators())} indicators, {len(self.counts())} counts)"

    def indicators(self) -> tuple[IndicatorDefinition, ...]:
        """Return what is shown: everything but the counts that others are made of."""
        return tuple(one for one in self.values() if one.theme != "counts")

    def counts(self) -> tuple[IndicatorDefinition, ...]:
        """Return the counts that others are made of."""
        return tuple(one for one in self.values() if one.theme == "counts")


def read_definitions(
    text: str, *, file: str, within: Catalogue | None = None, others: Collection[str] = ()
) -> Catalogue:
    r"""Read indicators from the text of a file, as docs/indicators/README.md describes it.

    Parameters
    ----------
    text : str
        TOML with `[[indicator]]` and `[[count]]`, and the `[source.…]`, `[universe.…]`, `[trap.…]` and
        `[theme.…]` that they name.
    file : str
        What errors call the file.
    within : Catalogue, optional
        What the file may build on without repeating it; in general `catalogue()`.
    others : collection of str
        Top-level tables that belong to another reader, such as those of a manifest.

    Returns
    -------
    Catalogue
        Everything of `within`, and behind it what the file defines.

    Raises
    ------
    DefinitionFileError
        With everything that was found, each with its line and, for a name, the nearest valid one. An id that is
        already taken is an error: it means one thing everywhere.

    Examples
    --------
    >>> text = '[[count]]\nid = "dogs"\ntitle_de = "Hunde"\ntitle_en = "Dogs"\nunit = "cases"\nunivers = "x"'
    >>> read_definitions(text, file="mine.toml")
    Traceback (most recent call last):
    indicators.catalogue.reading.DefinitionFileError: mine.toml, line 6: unknown key 'univers' in count; did you
    mean 'universe'?
    """
    document = document_of(text, file=file, refuse=DefinitionFileError)
    reader = _Reader(lines_of(text), Catalogue() if within is None else within)
    result = reader.read(document, set(others))
    if reader.problems:
        raise DefinitionFileError(file, sorted(reader.problems, key=lambda problem: problem.line))
    return result


class _Reader:
    """Collects what is wrong while the tables are read."""

    def __init__(self, lines: Mapping[Path, int], within: Catalogue) -> None:
        self.lines, self.within = lines, within
        self.problems: list[Problem] = []
        self.terms = {kind: dict(within.terms.get(kind, {})) for kind in TERMS}

    def read(self, document: Mapping[str, Any], others: Collection[str]) -> Catalogue:
        """Read the whole document: terms first, because the rest names them."""
        for key in document:
            if key not in {*TERMS, "count", "indicator", *others}:
                valid = [*TERMS, "count", "indicator"]
                self._say((key,), f"unknown table {key!r}; {suggestion(key, valid)}", nearest(key, valid))
        for kind in TERMS:
            self._terms(kind, document.get(kind, {}))
        rows = [
            (table, kind, (kind, number))
            for kind in ("count", "indicator")
            for number, table in enumerate(self._tables(document.get(kind, []), kind))
        ]
        self._ids(rows)
        counts = {name for name, one in self.within.items() if one.form == "count"}
        counts |= {
            str(row.get("id")) for row, kind, _ in rows if kind == "count" or row.get("form") == "count"
        }
        made = dict(self.within.definitions)
        for row, kind, path in rows:
            one = self._definition(row, kind, path, counts)
            if one is not None:
                made[one.id] = one
        self._circles(rows, made)
        return Catalogue(made, self.terms)

    def _terms(self, kind: str, tables: Any) -> None:
        if not isinstance(tables, Mapping):
            self._say((kind,), f"{kind} must be tables such as [{kind}.name]")
            return
        for name, table in tables.items():
            is_whole = isinstance(table, Mapping) and set(table) == {"de", "en"}
            if not (is_whole and all(isinstance(one, str) and one for one in table.values())):
                self._say((kind, name), f"{kind}.{name} needs de and en, each a text, and nothing else")
            elif name in self.within.terms.get(kind, {}):
                self._say((kind, name), f"{kind}.{name} is already there; use it, or choose another name")
            else:
                self.terms[kind][name] = Term(**table)

    def _tables(self, value: Any, kind: str) -> list[Mapping[str, Any]]:
        if isinstance(value, list) and all(isinstance(one, Mapping) for one in value):
            return value
        self._say((kind,), f"{kind} must be a list of tables; write [[{kind}]]")
        return []

    def _ids(self, rows: Sequence[tuple[Mapping[str, Any], str, Path]]) -> None:
        seen: dict[str, int] = {}
        for row, _, path in rows:
            name = row.get("id")
            if not isinstance(name, str):
                continue
            if not _ID.fullmatch(name):
                self._say((*path, "id"), f"id {name!r} is no id; use small letters, digits and _")
            elif name in self.within:
                self._say(
                    (*path, "id"),
                    f"id {name!r} is taken by the catalogue; use that one, or choose another id",
                )
            elif name in seen:
                self._say((*path, "id"), f"id {name!r} is there twice, first in line {seen[name]}")
            seen.setdefault(name, line_at(self.lines, (*path, "id")))

    def _definition(
        self, row: Mapping[str, Any], kind: str, path: Path, counts: Collection[str]
    ) -> IndicatorDefinition | None:
        """Read one table; None, with the reasons noted, if that cannot be."""
        before = len(self.problems)
        fields = COUNT_FIELDS if kind == "count" else INDICATOR_FIELDS
        meant = set()
        for key in row:
            if key not in fields:
                near = nearest(key, fields)
                meant.add(near)
                self._say((*path, key), f"unknown key {key!r} in {kind}; {suggestion(key, fields)}", near)
        given = {name: self._value(row, name, one, path) for name, one in fields.items() if name in row}
        form = given.get("form", "count") if kind == "indicator" else "count"
        if form == "share" or form not in get_args(Form):
            given = {**_OF_A_SHARE, **given}
        for name, one in fields.items():
            if one.is_required and name not in given and name not in meant:
                self._say(path, f"{name} is missing in {self._called(row, kind, path)}; add it")
        self._references(given, path, counts)
        if len(self.problems) > before:
            return None
        try:
            return self._made(given, form)
        except DefinitionError as error:
            self._say(path, str(error))
            return None

    def _made(self, given: Mapping[str, Any], form: str) -> IndicatorDefinition:
        """Put a definition together: names of terms become their texts."""
        plain = {
            name: value
            for name, value in given.items()
            if name not in {*TERMS, "traps", "missing", "sources"}
        }
        universe = self.terms["universe"][given["universe"]]
        sources = [self.terms["source"][name] for name in given.get("sources", ())]
        traps = [self.terms["trap"][name] for name in given.get("traps", ())]
        plain |= {
            "form": form,
            "kind": "extensive" if form == "count" else "intensive",
            "theme": given.get("theme", "counts"),
            "universe_de": universe.de,
            "universe_en": universe.en,
            "source": "; ".join(one.de for one in sources),
            "source_en": "; ".join(one.en for one in sources),
            "caution_de": " ".join([*(one.de for one in traps), given.get("caution_de", "")]).strip(),
            "caution_en": " ".join([*(one.en for one in traps), given.get("caution_en", "")]).strip(),
        }
        if "missing" in given:
            plain["missing"] = AtLeast(given["missing"])
        return IndicatorDefinition(**plain)

    def _value(self, row: Mapping[str, Any], name: str, one: Field, path: Path) -> Any:
        fits, value = one.fitted(row[name])
        if not fits:
            word = row[name]
            near = nearest(word, one.words) if isinstance(word, str) and one.words else None
            hint = (
                suggestion(word, one.words)
                if isinstance(word, str) and one.words
                else f"give {one.described}"
            )
            self._say((*path, name), f"{name} is {word!r}; {hint}", near)
        return value

    def _references(self, given: Mapping[str, Any], path: Path, counts: Collection[str]) -> None:
        """Say which terms and counts do not exist."""
        for name, kind in REFERENCES.items():
            value = given.get(name)
            valid = counts if kind == "count" else self.terms[kind]
            for number, one in enumerate(value if isinstance(value, tuple) else [value]):
                if isinstance(one, str) and one not in valid:
                    place = (*path, name, number) if isinstance(value, tuple) else (*path, name)
                    self._say(place, f"unknown {kind} {one!r}; {suggestion(one, valid)}", nearest(one, valid))
        for language in ("de", "en"):
            if ("caution_de" in given) != ("caution_en" in given) and f"caution_{language}" in given:
                self._say(
                    (*path, f"caution_{language}"), "caution_de and caution_en go together; add the other one"
                )

    def _circles(
        self,
        rows: Sequence[tuple[Mapping[str, Any], str, Path]],
        made: Mapping[str, IndicatorDefinition],
    ) -> None:
        """Say which counts are sums of themselves, each circle once."""
        told: set[str] = set()
        for row, _, path in rows:
            start = row.get("id")
            ways: list[tuple[str, ...]] = (
                [(start,)] if isinstance(start, str) and start in made and start not in told else []
            )
            seen: set[str] = set()
            while ways:
                way = ways.pop()
                for part in made[way[-1]].sum_of if way[-1] in made else ():
                    if part == start:
                        circle = " → ".join((*way, part))
                        told |= {*way}
                        self._say((*path, "sum_of"), f"a circle of sums: {circle}; leave one of them out")
                        ways.clear()
                        break
                    if part not in seen:
                        seen.add(part)
                        ways.append((*way, part))

    def _called(self, row: Mapping[str, Any], kind: str, path: Path) -> str:
        return f"{kind} {row['id']!r}" if isinstance(row.get("id"), str) else f"{kind} {int(path[-1]) + 1}"

    def _say(self, path: Path, reason: str, near: str | None = None) -> None:
        self.problems.append(Problem(line=line_at(self.lines, path), reason=reason, nearest=near))
