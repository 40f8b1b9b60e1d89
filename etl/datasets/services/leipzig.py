"""Tables of the Leipzig open-data interface: found by the names in them, because their numbers drift over the years."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from etl.datasets.services.http import Answer, Visit
from etl.errors import FetchError
from etl.reading import parse_table

__all__ = ["COLUMNS", "LAST_RUBRIC", "Drift", "Found", "LeipzigTable", "find_table"]

LAST_RUBRIC = 20
COLUMNS = ("Gebiet", "Sachmerkmal")
_NAMES = ("name", "sachmerkmal")  # keys of a JSON record with the name of the indicator, in any case
_NOTHING_THERE = (400, 404, 410, 422)  # what servers say to a number without a table
Drift = tuple[int, int]  # number expected, number found


@dataclass(frozen=True, slots=True, kw_only=True)
class LeipzigTable:
    """Which table: `names` of indicators that it must have, all of them; `rubrics` are numbers it had, newest first."""

    category: int
    names: tuple[str, ...]
    rubrics: tuple[int, ...] = ()
    periodicity: str = "y"
    format: Literal["csv", "json"] = "csv"

    @property
    def looked_for(self) -> str:
        """The names as errors write them."""
        return " and ".join(map(repr, self.names))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The table's number and the answer with it."""

    rubric: int
    answer: Answer

    def drift(self, table: LeipzigTable) -> Drift | None:
        """Return the number expected and the one found when they differ."""
        is_other = bool(table.rubrics) and self.rubric != table.rubrics[0]
        return (table.rubrics[0], self.rubric) if is_other else None


def find_table(visit: Visit, address: str, table: LeipzigTable) -> Found | None:
    """Return a table: from a known number, else from the one other number whose table has the names; None if none has.

    Raises `FetchError` when several fit, or the interface cannot be reached.
    """
    for rubric in table.rubrics:
        answer = _try(visit, address, table, rubric)
        if answer is not None:
            return Found(rubric=rubric, answer=answer)
    others = [rubric for rubric in range(1, LAST_RUBRIC + 1) if rubric not in table.rubrics]
    found = [
        Found(rubric=rubric, answer=answer)
        for rubric in others
        if (answer := _try(visit, address, table, rubric)) is not None
    ]
    if len(found) > 1:
        raise FetchError(
            f"several tables of category {table.category} have {table.looked_for}",
            f"rubrics {', '.join(str(one.rubric) for one in found)}",
            f"which one is meant cannot be told; {visit.hint}",
        )
    return found[0] if found else None


def _try(visit: Visit, address: str, table: LeipzigTable, rubric: int) -> Answer | None:
    answer = visit.get(
        address,
        query={
            "kategorie_nr": str(table.category),
            "rubrik_nr": str(rubric),
            "periode": table.periodicity,
            "format": table.format,
        },
    )
    if answer.status in _NOTHING_THERE or (answer.is_success and not answer.content().strip()):
        return None
    answer.require_success("the table", visit.hint)
    names = _names_in(answer.content(), table)
    return answer if set(table.names) <= names else None


def _names_in(content: bytes, table: LeipzigTable) -> set[str]:
    """Return the names of the indicators in an answer; an error page, or a table of another shape, has none."""
    if table.format == "json":
        try:
            records = json.loads(content.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            return set()
        told = records if isinstance(records, list) else []
        return {name for record in told if isinstance(record, Mapping) for name in _names_of(record)}
    try:
        return set(parse_table(content, "table", COLUMNS)["Sachmerkmal"].str.strip())
    except FetchError:
        return set()


def _names_of(record: Mapping[str, object]) -> list[str]:
    return [str(value).strip() for key, value in record.items() if str(key).lower() in _NAMES]
