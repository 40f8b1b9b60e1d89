"""Which edition of which level is meant? As it is written in commands: planning_area@2019, planning_area, @2019."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from etl.errors import EtlError

__all__ = ["Place", "find_place", "pairs_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One edition of the boundaries of a level."""

    vintage_id: int
    geography: str
    edition: str

    def __str__(self) -> str:
        return f"{self.geography}@{self.edition}"


def find_place(editions: Sequence[Mapping[str, Any]], text: str) -> Place:
    """Return the edition of a level that a text names; without @ the newest one of the level.

    `editions`: the rows of `db.queries.conversions.editions`.

    Raises
    ------
    EtlError
        If there is none of that name; the message says which there are.
    """
    level, _, edition = text.partition("@")
    found = [
        row for row in editions if row["geography_id"] == level and (not edition or row["edition"] == edition)
    ]
    if not found:
        known = ", ".join(f"{row['geography_id']}@{row['edition']}" for row in editions) or "none"
        raise EtlError(f"there are no areas {text!r}; give one of: {known}")
    newest = max(found, key=lambda row: row["valid_from"])
    return Place(vintage_id=newest["vintage_id"], geography=newest["geography_id"], edition=newest["edition"])


def pairs_of(editions: Sequence[Mapping[str, Any]], source: str, target: str) -> list[tuple[Place, Place]]:
    """Return the pairs of editions that two texts name; `@2006` and `@2019` name all levels that both editions have.

    Raises
    ------
    EtlError
        If one names all levels and the other one, a text names nothing, or both name the same.
    """
    if source.startswith("@") != target.startswith("@"):
        raise EtlError(f"{source} and {target}: name the level of both, or of neither for all levels")
    levels = dict.fromkeys(row["geography_id"] for row in editions)
    if source.startswith("@"):
        of = {
            text: {row["geography_id"] for row in editions if row["edition"] == text[1:]}
            for text in (source, target)
        }
        pairs = [
            (find_place(editions, level + source), find_place(editions, level + target))
            for level in levels
            if level in of[source] & of[target]
        ]
        if not pairs:
            known = ", ".join(sorted({row["edition"] for row in editions})) or "none"
            raise EtlError(f"no level is there in both {source} and {target}; editions: {known}")
    else:
        pairs = [(find_place(editions, source), find_place(editions, target))]
    if same := [str(one) for one, other in pairs if one == other]:
        raise EtlError(f"{same[0]} is source and target at once; name two editions, or two levels")
    return pairs
