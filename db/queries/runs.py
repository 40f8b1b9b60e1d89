"""Find and record computations; what the newest run of a kind already did is not done again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select, text, update
from sqlalchemy.dialects.postgresql import insert

from db import models
from db.queries.rows import read_one
from db.queries.vintages import on_withdrawn_edition

__all__ = ["find", "find_kept", "hash_inputs", "newest", "record", "set_summary", "summary"]


def hash_inputs(
    connection: Connection, city_id: str, *, parameters: Mapping[str, Any], upstream: tuple[int, ...] = ()
) -> str:
    """Return the fingerprint of what a run sees: its parameters, the loads of the city, the runs before it.

    It is published, so a load stands in it by its number and moment: of a checksum of what was delivered somebody who
    knows all the rest could find out the counts that are withheld, by trying.
    """
    loads = connection.execute(
        text(
            "SELECT id, CAST(extract(epoch FROM loaded_at) * 1000000 AS bigint), code_version FROM load"
            " WHERE city_id = :city ORDER BY id"
        ),
        {"city": city_id},
    ).all()
    before = connection.execute(
        text("SELECT kind, inputs_hash, code_version FROM run WHERE id = ANY(:runs) ORDER BY kind, id"),
        {"runs": list(upstream)},
    ).all()
    content = json.dumps(
        [dict(parameters), [tuple(row) for row in loads], [tuple(row) for row in before]],
        sort_keys=True,
        ensure_ascii=False,
    )
    return hashlib.sha256(content.encode()).hexdigest()


def find(
    connection: Connection, *, city_id: str, kind: str, inputs_hash: str, code_version: str
) -> int | None:
    """Return the newest run of a kind if it did exactly this, or None: results of older runs may be replaced."""
    row = newest(connection, city_id=city_id, kind=kind)
    same = row is not None and (row["inputs_hash"], row["code_version"]) == (inputs_hash, code_version)
    return int(row["id"]) if row is not None and same else None


def find_kept(
    connection: Connection, *, city_id: str, kind: str, inputs_hash: str, code_version: str
) -> int | None:
    """Return the newest run that did exactly this, of a kind whose results are never replaced, or None."""
    row = read_one(
        connection,
        "SELECT max(id) AS id FROM run WHERE (city_id, kind, inputs_hash, code_version)"
        " = (:city, :kind, :hash, :version)",
        {"city": city_id, "kind": kind, "hash": inputs_hash, "version": code_version},
    )
    return None if row is None or row["id"] is None else int(row["id"])


def newest(connection: Connection, *, city_id: str, kind: str) -> dict[str, Any] | None:
    """Return the newest run of a kind, or None; a proposal on an edition that was withdrawn does not count."""
    query = (
        f"SELECT r.* FROM run r WHERE r.city_id = :city AND r.kind = :kind AND NOT {on_withdrawn_edition('r.id')}"
        " ORDER BY r.id DESC LIMIT 1"
    )
    return read_one(connection, query, {"city": city_id, "kind": kind})


def record(connection: Connection, **fields: Any) -> int:
    """Write the run's row and return its number; results that belong to it follow in the same transaction."""
    return int(connection.execute(insert(models.Run).values(fields).returning(models.Run.id)).scalar_one())


def set_summary(connection: Connection, run_id: int, summary: Mapping[str, Any]) -> None:
    """Complete the run's row with its result in figures."""
    connection.execute(update(models.Run).where(models.Run.id == run_id).values(summary=dict(summary)))


def summary(connection: Connection, run_id: int) -> dict[str, Any]:
    """Return a run's result in figures."""
    return connection.execute(select(models.Run.summary).where(models.Run.id == run_id)).scalar_one()
