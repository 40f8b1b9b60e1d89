"""One load, computation or decision of a city at a time."""

from __future__ import annotations

from sqlalchemy import Connection, text

__all__ = ["lock_city"]


def lock_city(connection: Connection, city_id: str) -> None:
    """Let one load, computation or decision of a city run at a time; released at the end of the transaction."""
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtext('sozialraum:' || :city))"), {"city": city_id}
    )
