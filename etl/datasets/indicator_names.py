"""Which known indicator was meant by an id that is none: the one of the same words, and whether it is a count."""

from __future__ import annotations

from collections.abc import Mapping

from indicators.definition import Indicator
from indicators.known import known_by_id
from indicators.methods.errors import nearest, suggestion

__all__ = ["indicator_suggestion"]

_SMALL_WORDS = frozenset({"of", "and", "in", "with", "per"})


def indicator_suggestion(name: str) -> str:
    """Return the half sentence that helps: an id of the same words before one that only looks alike, and what it is."""
    known = known_by_id()
    same = [one for one in known if _words(one) == _words(name)]
    found = min(same, key=lambda one: (known[one].kind != "extensive", one)) if same else nearest(name, known)
    if found is None:
        return suggestion(name, known)
    return f"did you mean {found!r}, {_what_it_is(known, found)}?"


def _words(name: str) -> frozenset[str]:
    return frozenset(name.lower().split("_")) - _SMALL_WORDS


def _what_it_is(known: Mapping[str, Indicator], name: str) -> str:
    one = known[name]
    if one.kind == "extensive":
        return f"a count [{one.unit}]"
    return f"a share [{one.unit}]" if one.unit == "%" else f"no count [{one.unit}]"
