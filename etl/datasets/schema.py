"""The keys of a manifest, defined once: for the reader, for the documented schema and for the JSON Schema."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

__all__ = ["Entry", "entries", "json_schema", "parts_of", "says", "schema_tables", "written"]


def says(means: str, *, default: Any = MISSING, factory: Any = MISSING, one_of: tuple[str, ...] = ()) -> Any:
    """Return a field of a manifest's part with what it means; without a default it must be given."""
    metadata = {"means": means, "one_of": one_of}
    if factory is not MISSING:
        return dataclasses.field(default_factory=factory, metadata=metadata)
    if default is MISSING:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One key of one table of a manifest."""

    name: str
    type: Any
    is_required: bool
    default: Any
    means: str


def entries(part: type) -> tuple[Entry, ...]:
    """Return the keys of a part in their order."""
    hints = get_type_hints(part)
    told = []
    for one in fields(part):
        required = one.default is MISSING and one.default_factory is MISSING
        default = one.default
        if required:
            default = None
        elif one.default_factory is not MISSING:
            default = one.default_factory()
        told.append(
            Entry(
                name=one.name,
                type=hints[one.name],
                is_required=required,
                default=default,
                means=one.metadata.get("means", ""),
            )
        )
    return tuple(told)


def written(kind: Any) -> str:
    """Say in words what may stand behind a key."""
    plain = {
        str: "text",
        int: "whole number",
        float: "number",
        bool: "true or false",
        date: "date",
    }
    if kind in plain:
        return plain[kind]
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Literal:
        return " or ".join(f'"{word}"' for word in inside)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(written(one) for one in inside if one is not type(None)))
    if origin is tuple:
        inner = inside[0]
        return "list of tables" if dataclasses.is_dataclass(inner) else f"list of {written(inner)}"
    if origin is not None and issubclass(origin, Mapping):
        return f"table of text = {written(inside[1])}"
    return "table"


def parts_of(kind: Any) -> tuple[type, ...]:
    """Return the parts that a type holds."""
    if dataclasses.is_dataclass(kind):
        return (kind,) if isinstance(kind, type) else ()
    return tuple(dict.fromkeys(part for one in get_args(kind) for part in parts_of(one)))


def schema_tables(root: type) -> dict[str, tuple[Entry, ...]]:
    """Return every table of a manifest by its dotted name; the top level has the name ""."""
    found: dict[str, tuple[Entry, ...]] = {}

    def walk(part: type, name: str) -> None:
        found[name] = entries(part)
        for one in found[name]:
            for inner in parts_of(one.type):
                walk(inner, f"{name}.{one.name}" if name else one.name)

    walk(root, "")
    return found


def json_schema(root: type) -> dict[str, Any]:
    """Return a JSON Schema (2020-12) made from the same definitions, for editors that know schemas."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "dataset.toml",
        **_table(root),
    }


def _table(part: type) -> dict[str, Any]:
    known = entries(part)
    return {
        "type": "object",
        "properties": {one.name: {**_json(one.type), "description": one.means} for one in known},
        "required": [one.name for one in known if one.is_required],
        "additionalProperties": False,
    }


def _json(kind: Any) -> dict[str, Any]:
    plain: Mapping[Any, dict[str, Any]] = {
        str: {"type": "string"},
        int: {"type": "integer"},
        float: {"type": "number"},
        bool: {"type": "boolean"},
        date: {"type": "string", "format": "date"},
    }
    origin, inside = get_origin(kind), get_args(kind)
    if origin is None:
        return plain[kind] if kind in plain else _table(kind)
    if origin is Literal:
        return {"enum": list(inside)}
    if origin in (Union, types.UnionType):
        return {"anyOf": [_json(one) for one in inside if one is not type(None)]}
    if origin is tuple:
        several = {"type": "array", "items": _json(inside[0])}
        if dataclasses.is_dataclass(inside[0]):
            return several
        return {"anyOf": [_json(inside[0]), several]}  # one may stand alone
    return {"type": "object", "additionalProperties": _json(inside[1])}
