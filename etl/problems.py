"""How findings are worded: how many, which ones first, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from etl.errors import Problem

__all__ = ["SHOWN", "listed", "named"]

SHOWN = 5  # examples named per problem


def named(what: str, places: Iterable[object], remedy: str, *, count: int | None = None) -> list[Problem]:
    """Return one problem about all of `places`, or none when there are none."""
    examples = [str(place) for place in places]
    total = len(examples) if count is None else count
    return [Problem(f"{total} {what}: {listed(examples[:SHOWN], total)}; {remedy}")] if total else []


def listed(examples: Sequence[str], total: int) -> str:
    """Return examples, with a sign when there are more."""
    return ", ".join(examples) + (" …" if total > len(examples) else "")
