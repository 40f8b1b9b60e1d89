"""Which load is in force? The newest one, unless it was undone, or undid others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from db.queries.rows import read_rows

__all__ = ["in_force_after", "load_in_force", "read_order"]


def read_order(connection: Connection, city_id: str) -> list[dict[str, Any]]:
    """Return the loads of a city in their order: id, source_id, undoes, what each kept of definitions, and counts."""
    return read_rows(
        connection,
        "SELECT id, source_id, checksum, code_version, undoes, definitions, counts FROM load"
        " WHERE city_id = :city ORDER BY id",
        {"city": city_id},
    )


def in_force_after(loads: Sequence[Mapping[str, Any]]) -> dict[int | None, int | None]:
    """Return which load is in force after each of them, none of them included; None: nothing is loaded.

    `loads`: all of a city in their order. After an undo it is the one before the load that was undone; undoing an undo
    brings back what was before that.
    """
    found: dict[int | None, int | None] = {None: None}
    before: dict[int, int | None] = {}
    last: int | None = None
    for one in loads:
        number = int(one["id"])
        before[number] = found[last]
        found[number] = number if one["undoes"] is None else before[int(one["undoes"])]
        last = number
    return found


def load_in_force(connection: Connection, city_id: str) -> dict[str, Any] | None:
    """Return the load whose state a city is in; None where there is none, or an undo could not bring back all of it."""
    loads = read_order(connection, city_id)
    if not loads or loads[-1]["counts"].get("values_still_withheld"):
        return None
    number = in_force_after(loads)[loads[-1]["id"]]
    return next((one for one in loads if one["id"] == number), None)
