"""A rule from its file: everything that is wrong with the file is said with its line, and what was meant."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Collection, Mapping
from typing import Any, get_args

from indicators.alerts.rules import ChangeDirection, Correction, NoiseModel, Rule, RuleKind
from indicators.methods.documents import document_of, line_at
from indicators.methods.errors import DocumentError, FieldError, Problem, nearest, suggestion
from indicators.methods.positions import Path, lines_of

__all__ = ["RuleFileError", "read_rule"]

# What may stand behind each key: words, or the kind of value.
_KEYS: Mapping[str, tuple[str, ...] | str] = {
    "id": "a text",
    "title_de": "a text",
    "title_en": "a text",
    "kind": get_args(RuleKind),
    "indicators": "a list of texts",
    "direction": get_args(ChangeDirection),
    "threshold": "a number",
    "periods": "a whole number",
    "false_discovery_rate": "a number",
    "minimum_denominator": "a number",
    "model": get_args(NoiseModel),
    "correction": get_args(Correction),
    "cuts": "a list of numbers",
    "weights": "a list of numbers",
    "level": "a number",
}


class RuleFileError(DocumentError):
    """A rule file cannot be used."""


def read_rule(text: str, *, file: str, known: Collection[str] | None = None) -> Rule:
    r"""Read a rule from the text of its file.

    Parameters
    ----------
    text : str
        TOML, as docs/methods/early-warning.md describes it.
    file : str
        What errors call the file.
    known : collection of str, optional
        Indicators that exist, such as `indicators.known.known_indicators()`. When left out, the rule may name any.

    Returns
    -------
    Rule
        Complete and consistent.

    Raises
    ------
    RuleFileError
        With everything that was found, each with its line and, for a name, the nearest valid one.

    Examples
    --------
    >>> read_rule('id = "r"\ntitle_de = "R"\ntitle_en = "R"\nkind = "levl"\nindicators = ["x"]', file="r.toml")
    Traceback (most recent call last):
    indicators.alerts.reading.RuleFileError: r.toml, line 4: kind is 'levl'; did you mean 'level'?
    """
    document = document_of(text, file=file, refuse=RuleFileError)
    lines, problems = lines_of(text), list[Problem]()
    facts = _facts(document, lines, problems)
    _check_names(document.get("indicators"), known, lines, problems)
    if not problems:
        try:
            return Rule(**facts)
        except FieldError as error:
            problems.append(Problem(line=line_at(lines, error.path), reason=error.reason))
    raise RuleFileError(file, sorted(problems, key=lambda problem: problem.line))


def _facts(document: Mapping[str, Any], lines: Mapping[Path, int], problems: list[Problem]) -> dict[str, Any]:
    """Return what fits, and note what does not."""
    facts: dict[str, Any] = {}
    meant = set()
    for key, given in document.items():
        line = line_at(lines, (key,))
        if key not in _KEYS:
            near = nearest(key, _KEYS)
            meant.add(near)
            reason = f"unknown key {key!r} in the rule; {suggestion(key, _KEYS)}"
            problems.append(Problem(line=line, reason=reason, nearest=near))
            continue
        wanted = _KEYS[key]
        if isinstance(wanted, tuple):
            facts[key] = given
            if given not in wanted:
                reason = f"{key} is {given!r}; {suggestion(str(given), wanted)}"
                problems.append(Problem(line=line, reason=reason, nearest=nearest(str(given), wanted)))
        elif (fitted := _fitted(given, wanted)) is None:
            problems.append(Problem(line=line, reason=f"{key} is {given!r}; give {wanted}"))
        else:
            facts[key] = fitted
    for one in dataclasses.fields(Rule):
        has_default = one.default is not dataclasses.MISSING or one.default_factory is not dataclasses.MISSING
        if not has_default and one.name not in document and one.name not in meant:
            problems.append(Problem(line=1, reason=f"{one.name} is missing; add it"))
    return facts


def _check_names(
    given: Any, known: Collection[str] | None, lines: Mapping[Path, int], problems: list[Problem]
) -> None:
    """Say which indicators do not exist."""
    if known is None or not isinstance(given, list):
        return
    for place, name in enumerate(given):
        if isinstance(name, str) and name not in known:
            reason = f"unknown indicator {name!r}; {suggestion(name, known)}"
            line = line_at(lines, ("indicators", place))
            problems.append(Problem(line=line, reason=reason, nearest=nearest(name, known)))


def _fitted(given: Any, wanted: str) -> Any:
    """Return the value as the rule holds it, None if it is something else."""
    if wanted == "a text":
        return given if isinstance(given, str) and given.strip() else None
    if wanted == "a list of texts":
        fits = isinstance(given, list) and all(isinstance(one, str) and one for one in given)
        return tuple(given) if fits else None
    if wanted == "a list of numbers":
        numbers = [_number(one) for one in given] if isinstance(given, list) else [None]
        return None if None in numbers else tuple(numbers)
    if wanted == "a whole number":
        return given if isinstance(given, int) and not isinstance(given, bool) else None
    return _number(given)


def _number(given: Any) -> float | None:
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if (
        not is_number or not abs(given) <= sys.float_info.max
    ):  # whole numbers have no limit in a file; nan, inf
        return None
    return float(given)
