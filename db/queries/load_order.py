"""Which number has a load, and which one is in force? The newest one, unless it was undone, or undid others.

Readers know a load by its number: the loads of a city are counted as they were accepted. Its id is given before, also to
a dry run or to a load that is refused, and to loads of other cities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

from db.queries.rows import read_rows

__all__ = [
    "BROUGHT",
    "BROUGHT_OVERLAYS",
    "NUMBERED_LOADS",
    "id_of",
    "in_force_after",
    "load_in_force",
    "number_of",
    "read_order",
]

BROUGHT = (
    "areas_inserted",
    "areas_changed",
    "values_inserted",
    "values_corrected",
    "computed_values_replaced",
)
"""The counts of a load that say whether it brought values or areas."""

BROUGHT_OVERLAYS = ("overlays_inserted", "overlays_replaced", "overlays_withdrawn")
"""The counts of a load that say whether it brought overlays, or took some away."""

NUMBERED_LOADS = (
    "(SELECT o.*, row_number() OVER (PARTITION BY o.city_id ORDER BY o.id)::integer AS number FROM load o)"
)
"""All loads with their `number`: 1 is the first one of its city."""


def number_of(connection: Connection, load_id: int) -> int:
    """Return the number of a load, also of one that is not committed yet."""
    query = (
        "SELECT count(*) FROM load o JOIN load l ON l.city_id = o.city_id AND o.id <= l.id WHERE l.id = :load"
    )
    return int(connection.execute(text(query), {"load": load_id}).scalar_one())


def id_of(connection: Connection, city_id: str, number: int) -> int | None:
    """Return the id of the load of a city that has this number."""
    query = f"SELECT id FROM {NUMBERED_LOADS} AS l WHERE city_id = :city AND number = :number"
    return connection.execute(text(query), {"city": city_id, "number": number}).scalar()


def read_order(connection: Connection, city_id: str) -> list[dict[str, Any]]:
    """Return the loads of a city in their order: id, number, source_id, undoes, kept definitions, and counts."""
    return read_rows(
        connection,
        "SELECT id, number, source_id, checksum, code_version, undoes, definitions, counts"
        f" FROM {NUMBERED_LOADS} AS l WHERE city_id = :city ORDER BY id",
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
