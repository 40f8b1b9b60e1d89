"""What may have been meant by a key that is missing or of the wrong kind, so that the rest can be looked at as well."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal, Union, get_args, get_origin

from etl.datasets.schema import entries

__all__ = ["meant", "meant_date", "neutral"]

_EMPTY: Mapping[Any, Any] = {str: "", int: 0, float: 0.0, bool: False, date: date(2000, 1, 1)}


def meant(kind: Any, given: Any) -> Any:
    """Return what a plain value of the wrong kind most likely means, such as 25832 for "25832"; None when nobody can say."""
    if isinstance(given, bool | list | dict):
        return None
    if get_origin(kind) is tuple:
        inner = meant(get_args(kind)[0], given)
        return None if inner is None else (inner,)
    if kind is str:
        return str(given)
    try:
        if kind in (int, float):
            return kind(str(given))
    except ValueError:
        return None
    return meant_date(given) if kind is date else None


def meant_date(given: Any) -> date | None:
    """Return the day that a text says, such as "2020-01-01" or "1.1.2020"; None when it says none."""
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.strptime(str(given)[:10].strip(), form).date()
        except ValueError:
            continue
    return None


def neutral(kind: Any) -> Any:
    """Return the emptiest value of a kind; of a table one with the emptiest values for all it must have."""
    if kind in _EMPTY:
        return _EMPTY[kind]
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Literal:
        return inside[0]
    if origin is tuple:
        return ()
    if origin in (Union, types.UnionType):
        return None if type(None) in inside else neutral(inside[0])
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return kind(**{one.name: neutral(one.type) for one in entries(kind) if one.is_required})
    return {}
