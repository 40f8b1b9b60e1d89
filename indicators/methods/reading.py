"""A method from its file: everything that is wrong with the file is said with its line, and what was meant."""

from __future__ import annotations

import dataclasses
import re
import sys
import types
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from indicators.definition import Indicator
from indicators.errors import DefinitionError
from indicators.methods.documents import document_of, line_at
from indicators.methods.errors import FieldError, MethodFileError, Problem, nearest, suggestion
from indicators.methods.positions import Path, lines_of
from indicators.methods.schema import (
    Classes,
    Combined,
    Dynamics,
    Index,
    Input,
    Method,
    Minimum,
    Validity,
)
from indicators.methods.steps import STEPS, Step

__all__ = ["read_method"]

Part = TypeVar("Part")

_ID = re.compile(r"[a-z0-9][a-z0-9_-]*")
# Where the word in the file is not the name of the field.
_WORDS = {"inputs": "input", "indices": "index", "declared": "indicator"}


def read_method(
    text: str,
    *,
    file: str,
    known: Collection[str] | None = None,
    lower_is_more_need: Collection[str] = (),
) -> Method:
    r"""Read a method from the text of its file.

    Parameters
    ----------
    text : str
        TOML, as docs/methods/method-files.md describes it.
    file : str
        What errors call the file.
    known : collection of str, optional
        Indicators that exist without being declared in the file: the catalogue, the columns of a table. When
        left out, the file may name any.
    lower_is_more_need : collection of str, optional
        Indicators that are known to say less need the higher they are. An input of such an indicator, or of one
        that the file declares so, must say its direction itself.

    Returns
    -------
    Method
        Complete and consistent.

    Raises
    ------
    MethodFileError
        With everything that was found, each with its line and, for a name, the nearest valid one.

    Examples
    --------
    >>> read_method('id = "m"\ntitel_de = "M"', file="m.toml")
    Traceback (most recent call last):
    indicators.methods.errors.MethodFileError: m.toml, line 1: title_en is missing; add it (and 2 more problem(s))
    """
    document = document_of(text, file=file, refuse=MethodFileError)
    reader = _Reader(lines_of(text), known, frozenset(lower_is_more_need))
    method = reader.method(document)
    if method is None or reader.problems:
        once = dict.fromkeys(reader.problems)  # steps that several inputs share are read once for each
        raise MethodFileError(file, sorted(once, key=lambda problem: problem.line))
    return method


class _Reader:
    """Collects what is wrong while the parts are read."""

    def __init__(
        self, lines: Mapping[Path, int], known: Collection[str] | None, falling: frozenset[str]
    ) -> None:
        self.lines, self.known, self.falling = lines, known, falling
        self.problems: list[Problem] = []

    def method(self, document: Mapping[str, Any]) -> Method | None:
        """Read the whole document."""
        readers = {
            "declared": self._each(self._indicator),
            "validity": self._validity,
            "indices": self._each(self._index),
            "classes": self._classes,
            "dynamics": self._dynamics,
            "combined": lambda value, path: self._part(Combined, value, path, {}),
        }
        made = self._part(Method, document, (), readers)
        if made is not None and not _ID.fullmatch(made.id):
            self._say(("id",), f"id {made.id!r} is no id; use small letters, digits, - and _")
        self._check_names(document)
        self._check_said_directions(document)
        return made

    def _dynamics(self, value: Any, path: Path) -> Dynamics | None:
        return self._part(
            Dynamics, value, path, {"indices": self._each(self._index), "classes": self._classes}
        )

    def _index(self, value: Any, path: Path) -> Index | None:
        readers = {"inputs": self._each(self._input), "then": self._each(self._step)}
        if isinstance(value, Mapping) and "transform" in value:
            value, shared = {key: one for key, one in value.items() if key != "transform"}, value["transform"]
            inputs = value.get("input")
            if isinstance(inputs, list):
                value["input"] = [
                    {"transform": _Shared(shared, (*path, "transform")), **one}
                    if isinstance(one, dict)
                    else one
                    for one in inputs
                ]
        return self._part(Index, value, path, readers)

    def _input(self, value: Any, path: Path) -> Input | None:
        return self._part(Input, value, path, {"transform": self._each(self._step)})

    def _step(self, value: Any, path: Path) -> Step | None:
        table = {"step": value} if isinstance(value, str) else value
        if not isinstance(table, Mapping):
            self._say(path, 'a step is a name or a table such as { step = "z_score", ddof = 0 }')
            return None
        name = table.get("step")
        if name is None:
            self._say(path, "step is missing; name the step")
            return None
        if name not in STEPS:
            near = nearest(str(name), STEPS)
            self._say((*path, "step"), f"unknown step {name!r}; {suggestion(str(name), STEPS)}", near)
            return None
        return self._part(STEPS[name], {k: v for k, v in table.items() if k != "step"}, path, {})

    def _validity(self, value: Any, path: Path) -> Validity | None:
        one = lambda item, at: self._part(Minimum, item, at, {})  # noqa: E731
        return self._part(Validity, value, path, {"minimum": self._each(one)})

    def _classes(self, value: Any, path: Path) -> Classes | None:
        if isinstance(value, Mapping) and isinstance(value.get("groups"), int):
            numbers = [str(number + 1) for number in range(min(value["groups"], 1000))]
            value = {"labels_de": numbers, "labels_en": numbers, **value}
        return self._part(Classes, value, path, {})

    def _indicator(self, value: Any, path: Path) -> Indicator | None:
        if isinstance(value, Mapping):
            value = {"kind": "intensive", "unit": "", **value}
        return self._part(Indicator, value, path, {})

    def _each(
        self, read: Callable[[Any, Path], Part | None]
    ) -> Callable[[Any, Path], tuple[Part, ...] | None]:
        def read_all(value: Any, path: Path) -> tuple[Part, ...] | None:
            if isinstance(value, _Shared):
                value, path = value.value, value.path
            if not isinstance(value, list):
                self._say(path, f"{path[-1]} must be a list; write [[{_header(path)}]] or {path[-1]} = [ … ]")
                return None
            made = [read(one, (*path, number)) for number, one in enumerate(value)]
            return None if any(one is None for one in made) else tuple(made)  # type: ignore[arg-type]

        return read_all

    def _part(
        self, kind: type[Part], value: Any, path: Path, readers: Mapping[str, Callable[[Any, Path], Any]]
    ) -> Part | None:
        """Read one table into its dataclass; None, with the reasons noted, if that cannot be."""
        what = _name_of(path)
        if not isinstance(value, Mapping):
            once = isinstance(value, list) and isinstance(path[-1], str)
            self._say(path, f"{what} must be a table; write [{_header(path)}]" + (" once" if once else ""))
            return None
        before = len(self.problems)
        hints = get_type_hints(kind)
        fields = {_WORDS.get(f.name, f.name): f for f in dataclasses.fields(kind) if f.init}  # type: ignore[arg-type]
        arguments: dict[str, Any] = {}
        valid = [*fields, "transform"] if kind is Index else list(fields)
        meant = set()
        for key, given in value.items():
            if key not in fields:
                near = nearest(key, valid)
                meant.add(near)
                self._say((*path, key), f"unknown key {key!r} in {what}; {suggestion(key, valid)}", near)
                continue
            name = fields[key].name
            read = readers.get(name)
            if read is not None:
                arguments[name] = read(given, (*path, key))
            else:
                arguments[name] = self._value(given, hints[name], (*path, key))
        for key, one in fields.items():
            if key not in value and key not in meant and not _has_default(one):
                self._say(path, f"{key} is missing{_in(path)}; add it")
        if len(self.problems) > before:
            return None
        try:
            return kind(**arguments)
        except FieldError as error:
            self._say((*path, *error.path), error.reason)
        except DefinitionError as error:
            self._say(path, str(error))
        return None

    def _value(self, given: Any, hint: Any, path: Path) -> Any:
        """Check a plain value against the type of its field."""
        for option in _options(hint):
            fits, value = _fitted(given, option)
            if fits:
                return value
        words = [
            one for option in _options(hint) if get_origin(option) is Literal for one in get_args(option)
        ]
        key = _name_of(path)
        if words and isinstance(given, str):
            self._say(path, f"{key} is {given!r}; {suggestion(given, words)}", nearest(given, words))
        else:
            self._say(path, f"{key} is {given!r}; give {_described(hint)}")
        return None

    def _check_said_directions(self, document: Mapping[str, Any]) -> None:
        """Ask for the direction of an input of which more is less need: forgotten, it would count the wrong way."""
        declared = _tables(document.get("indicator"))
        said = {one.get("id"): one.get("direction", "context") for one in declared}
        falling = {one for one in self.falling if one not in said}
        falling |= {str(one) for one, direction in said.items() if direction == "lower_is_more_need"}
        dynamics = document.get("dynamics")
        for outer, holder in (((), document), (("dynamics",), dynamics)):
            for number, index in enumerate(
                _tables(holder.get("index") if isinstance(holder, Mapping) else None)
            ):
                for place, one in enumerate(_tables(index.get("input"))):
                    if one.get("id") in falling and "direction" not in one:
                        self._say(
                            (*outer, "index", number, "input", place, "id"),
                            f"of {one['id']!r} less is more need; write direction = "
                            '"lower_is_more_need", or "higher_is_more_need" if that is meant here',
                        )

    def _check_names(self, document: Mapping[str, Any]) -> None:
        """Say which indicators do not exist."""
        declared = [one.get("id") for one in _tables(document.get("indicator"))]
        dynamics = document.get("dynamics")
        dynamics = dynamics if isinstance(dynamics, Mapping) else {}
        validity = document.get("validity")
        places: list[tuple[Path, Any, list[str]]] = []
        for outer, holder in (((), document), (("dynamics",), dynamics)):
            own = [str(one.get("id")) for one in _tables(holder.get("index"))]
            for number, index in enumerate(_tables(holder.get("index"))):
                chains = [((*outer, "index", number, "transform"), index.get("transform"))]
                for place, one in enumerate(_tables(index.get("input"))):
                    path = (*outer, "index", number, "input", place)
                    places.append(((*path, "id"), one.get("id"), own))
                    chains.append(((*path, "transform"), one.get("transform")))
                for path, chain in chains:
                    for place, step in enumerate(chain if isinstance(chain, list) else []):
                        if isinstance(step, Mapping) and "denominator" in step:
                            places.append(((*path, place, "denominator"), step["denominator"], []))
        if isinstance(validity, Mapping):
            for place, one in enumerate(_tables(validity.get("minimum"))):
                places.append((("validity", "minimum", place, "indicator"), one.get("indicator"), []))
            required = validity.get("required")
            for place, name in enumerate(required if isinstance(required, list) else []):
                places.append((("validity", "required", place), name, []))
        if self.known is None:
            return
        for path, name, own in places:
            valid = {*self.known, *(one for one in declared if isinstance(one, str)), *own}
            if isinstance(name, str) and name not in valid:
                near = nearest(name, valid)
                hint = (
                    suggestion(name, valid) if near else "declare it with [[indicator]] or correct the name"
                )
                self._say(path, f"unknown indicator {name!r}; {hint}", near)

    def _say(self, path: Path, reason: str, near: str | None = None) -> None:
        self.problems.append(Problem(line=line_at(self.lines, path), reason=reason, nearest=near))


@dataclasses.dataclass(frozen=True)
class _Shared:
    """A chain of steps that an index gives to its inputs, with the place where it is written."""

    value: Any
    path: Path


def _has_default(one: dataclasses.Field[Any]) -> bool:
    return one.default is not dataclasses.MISSING or one.default_factory is not dataclasses.MISSING


def _header(path: Path) -> str:
    """Return a path as it stands between brackets."""
    return ".".join(one for one in path if isinstance(one, str))


def _name_of(path: Path) -> str:
    words = [part for part in path if isinstance(part, str)]
    return words[-1] if words else "the method"


def _in(path: Path) -> str:
    if not path:
        return ""
    return f" in {_name_of(path)}" + (f" {path[-1] + 1}" if isinstance(path[-1], int) else "")


def _tables(value: Any) -> list[Mapping[str, Any]]:
    """Return the tables of a list; anything else is said elsewhere."""
    return [one if isinstance(one, Mapping) else {} for one in value] if isinstance(value, list) else []


def _options(hint: Any) -> Sequence[Any]:
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else [hint]


def _fitted(given: Any, option: Any) -> tuple[bool, Any]:
    """Return whether a value is of a type, and the value as the field holds it."""
    if get_origin(option) is Literal:
        return isinstance(given, str) and given in get_args(option), given
    if get_origin(option) is tuple:
        inner = get_args(option)[0]
        fitted = [_fitted(one, inner) for one in given] if isinstance(given, list) else [(False, None)]
        return all(fits for fits, _ in fitted), tuple(value for _, value in fitted)
    if option is float:
        is_number = isinstance(given, int | float) and not isinstance(given, bool)
        is_number = is_number and abs(given) <= sys.float_info.max  # whole numbers have no limit in a file
        return is_number, float(given) if is_number else given
    if option is int:
        return isinstance(given, int) and not isinstance(given, bool), given
    return isinstance(option, type) and isinstance(given, option), given


def _described(hint: Any) -> str:
    words = {float: "a number", int: "a whole number", str: "a text", bool: "true or false"}
    described = []
    for option in _options(hint):
        if get_origin(option) is tuple:
            inner = get_args(option)[0]
            described.append(
                "a list of lists" if get_origin(inner) is tuple else f"a list of {words[inner][2:]}s"
            )
        elif get_origin(option) is Literal:
            described.append(" or ".join(repr(one) for one in get_args(option)))
        elif option in words:
            described.append(words[option])
    return " or ".join(described)
