"""Named parameter sets of a city: kept, changed with who did it, and tied to the newest run made with them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

from db.errors import ScenarioNameError, UnknownScenarioError
from db.queries.rows import read_one, read_rows
from db.queries.vintages import NEWEST_EDITION_OF_RUN
from db.queries.withheld_areas import runs_withheld, without_sums

__all__ = ["get", "listed", "put", "remove", "set_run"]

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def put(
    connection: Connection,
    city_id: str,
    name: str,
    parameters: Mapping[str, Any],
    *,
    by: str,
    note: str = "",
    replace: bool = False,
) -> bool:
    """Keep parameters under a name; return whether anything changed. Other parameters lose the run made before.

    Raises
    ------
    ScenarioNameError
        If the name has another form, or has other parameters and is not to be replaced.
    """
    if not _NAME.fullmatch(name):
        raise ScenarioNameError(name, "a name has small letters, digits, - and _, at most 64")
    known = read_one(
        connection,
        "SELECT * FROM scenario WHERE city_id = :city AND name = :name FOR UPDATE",
        {"city": city_id, "name": name},
    )
    given = {"city": city_id, "name": name, "by": by, "note": note}
    values = given | {"parameters": json.dumps(dict(parameters), allow_nan=False)}
    if known is None:
        connection.execute(
            text(
                "INSERT INTO scenario (city_id, name, parameters, note, created_by)"
                " VALUES (:city, :name, CAST(:parameters AS jsonb), :note, :by)"
            ),
            values,
        )
        return True
    if known["parameters"] == dict(parameters):
        return False
    if not replace:
        raise ScenarioNameError(
            name, "has other parameters already; replace them with --replace, or take another name"
        )
    connection.execute(
        text(
            "UPDATE scenario SET parameters = CAST(:parameters AS jsonb), note = :note, changed_by = :by,"
            " changed_at = now(), run_id = NULL WHERE city_id = :city AND name = :name"
        ),
        values,
    )
    return True


def get(connection: Connection, city_id: str, name: str) -> dict[str, Any]:
    """Return a scenario, or raise `UnknownScenarioError`."""
    row = read_one(
        connection,
        "SELECT * FROM scenario WHERE city_id = :city AND name = :name",
        {"city": city_id, "name": name},
    )
    if row is None:
        raise UnknownScenarioError(city_id, name, [one["name"] for one in listed(connection, city_id)])
    return row


def listed(connection: Connection, city_id: str) -> list[dict[str, Any]]:
    """Return all scenarios of a city, each with the summary of its newest run where there is one.

    `is_withheld`: values of an area of that run are withheld by now, so the summary has no sums. `edition` of the
    boundaries that it was made on, and `newest_edition` of the same level now.
    """
    rows = read_rows(
        connection,
        f"SELECT s.*, r.parameters->>'edition' AS edition, {NEWEST_EDITION_OF_RUN} AS newest_edition,"
        " r.summary, r.finished_at, r.inputs_hash, r.code_version FROM scenario s"
        " LEFT JOIN run r ON r.id = s.run_id WHERE s.city_id = :city ORDER BY s.name",
        {"city": city_id},
    )
    withheld = runs_withheld(connection, {row["run_id"] for row in rows if row["run_id"] is not None})
    for row in rows:
        row["is_withheld"] = row["run_id"] in withheld
        if row["is_withheld"]:
            row["summary"] = without_sums(row["summary"])
    return rows


def set_run(
    connection: Connection, city_id: str, name: str, run_id: int, *, parameters: Mapping[str, Any]
) -> bool:
    """Note the run that was made with a scenario; not where it has other parameters by now."""
    noted = connection.execute(
        text(
            "UPDATE scenario SET run_id = :run WHERE city_id = :city AND name = :name"
            " AND parameters = CAST(:parameters AS jsonb)"
        ),
        {
            "city": city_id,
            "name": name,
            "run": run_id,
            "parameters": json.dumps(dict(parameters), allow_nan=False),
        },
    )
    return noted.rowcount == 1


def remove(connection: Connection, city_id: str, name: str) -> None:
    """Forget a scenario; runs made with it stay, for maps may have come of them."""
    get(connection, city_id, name)
    connection.execute(
        text("DELETE FROM scenario WHERE city_id = :city AND name = :name"), {"city": city_id, "name": name}
    )
