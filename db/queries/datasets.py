"""Manifests of loaded data sets: which city came with which."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sqlalchemy import Connection, text

from db.queries.rows import read_one, read_rows

__all__ = ["cities_with_manifest", "keep_manifest", "manifest_of_load", "newest_manifest"]


def keep_manifest(connection: Connection, load_id: int, manifest: str, methods: Mapping[str, str]) -> None:
    """Keep what the manifest of a load said, with the texts of the method files it names."""
    connection.execute(
        text(
            "INSERT INTO dataset (load_id, manifest, methods) VALUES (:load, :manifest, CAST(:methods AS jsonb))"
        ),
        {"load": load_id, "manifest": manifest, "methods": json.dumps(dict(methods))},
    )


def newest_manifest(connection: Connection, city_id: str) -> tuple[str, dict[str, str]] | None:
    """Return the manifest of a city's newest load and its methods, or None when there is no load or it had none."""
    found = read_one(
        connection,
        "SELECT manifest, methods FROM load LEFT JOIN dataset ON load_id = load.id"
        " WHERE city_id = :city ORDER BY load.id DESC LIMIT 1",
        {"city": city_id},
    )
    return None if found is None or found["manifest"] is None else (found["manifest"], found["methods"])


def manifest_of_load(connection: Connection, load_id: int) -> tuple[str, dict[str, str]] | None:
    """Return the manifest of a load and its methods, or None when it had none."""
    found = read_one(
        connection, "SELECT manifest, methods FROM dataset WHERE load_id = :load", {"load": load_id}
    )
    return None if found is None else (found["manifest"], found["methods"])


def cities_with_manifest(connection: Connection) -> list[str]:
    """Return the cities whose newest load came with a manifest, in order."""
    rows = read_rows(
        connection,
        "SELECT city_id FROM (SELECT DISTINCT ON (city_id) city_id, id FROM load ORDER BY city_id, id DESC) AS newest"
        " JOIN dataset ON load_id = newest.id ORDER BY city_id",
    )
    return [row["city_id"] for row in rows]
