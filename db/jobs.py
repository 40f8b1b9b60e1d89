"""The job table: the service writes what is asked for, a worker claims it and leaves a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import insert

from db import models
from db.queries.rows import read_one

__all__ = ["claim", "fail", "finish", "get", "request"]


def request(
    connection: Connection, *, city_id: str, kind: str, parameters: Mapping[str, Any], requested_by: str
) -> int:
    """Ask for work; return the job's number."""
    row = {"city_id": city_id, "kind": kind, "parameters": dict(parameters), "requested_by": requested_by}
    return int(connection.execute(insert(models.Job).values(row).returning(models.Job.id)).scalar_one())


def claim(connection: Connection) -> dict[str, Any] | None:
    """Take the oldest open job and lock it until the caller's transaction ends; several workers never share one.

    The lock, not a column, says who works on it: when a worker dies its transaction is undone and the job is
    open again.
    """
    return read_one(
        connection,
        "UPDATE job SET status = 'running', started_at = now(), attempts = attempts + 1 WHERE id = ("
        " SELECT id FROM job WHERE status = 'queued' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING *",
    )


def finish(connection: Connection, job_id: int, *, run_id: int) -> None:
    """Note the run that came out of a job."""
    connection.execute(
        text("UPDATE job SET status = 'done', finished_at = now(), run_id = :run WHERE id = :job"),
        {"job": job_id, "run": run_id},
    )


def fail(connection: Connection, job_id: int, *, message: str) -> None:
    """Note why a job could not be done."""
    connection.execute(
        text(
            "UPDATE job SET status = 'failed', started_at = coalesce(started_at, now()), finished_at = now(),"
            " attempts = attempts + 1, message = :message WHERE id = :job"
        ),
        {"job": job_id, "message": message},
    )


def get(connection: Connection, job_id: int) -> dict[str, Any] | None:
    """Return one job, or None."""
    return read_one(connection, "SELECT * FROM job WHERE id = :job", {"job": job_id})
