"""The job table: the service writes what is asked for, a worker claims it and leaves a run.

A claim is short, so that everybody sees the job running. While it works, the worker holds the job's row; a job that
is called running but held by nobody belonged to a worker that died, and is claimed again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import insert

from db import models
from db.queries.rows import read_one

__all__ = ["ATTEMPTS", "claim", "fail", "finish", "get", "hold", "request"]

ATTEMPTS = 3  # a job that took that many workers with it is not tried again
# A row that is called running, but was claimed longer ago than a worker takes to hold it.
_LEFT_BEHIND = "status = 'running' AND started_at < now() - interval '30 seconds'"


def request(
    connection: Connection, *, city_id: str, kind: str, parameters: Mapping[str, Any], requested_by: str
) -> int:
    """Ask for work; return the job's number."""
    row = {"city_id": city_id, "kind": kind, "parameters": dict(parameters), "requested_by": requested_by}
    return int(connection.execute(insert(models.Job).values(row).returning(models.Job.id)).scalar_one())


def claim(connection: Connection) -> dict[str, Any] | None:
    """Take the oldest job that is open or was left behind; commit at once so that others see it running."""
    connection.execute(
        text(
            "UPDATE job SET status = 'failed', finished_at = now(),"
            " message = 'given up: the worker ended ' || attempts || ' times while doing it' WHERE id IN ("
            f" SELECT id FROM job WHERE {_LEFT_BEHIND} AND attempts >= :attempts FOR UPDATE SKIP LOCKED)"
        ),
        {"attempts": ATTEMPTS},
    )
    return read_one(
        connection,
        "UPDATE job SET status = 'running', started_at = now(), attempts = attempts + 1 WHERE id = ("
        f" SELECT id FROM job WHERE status = 'queued' OR ({_LEFT_BEHIND})"
        " ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING *",
    )


def hold(connection: Connection, job: Mapping[str, Any]) -> bool:
    """Keep the claimed job's row until the transaction ends; False when somebody else has it by now."""
    held = read_one(
        connection,
        "SELECT id FROM job WHERE id = :id AND status = 'running' AND attempts = :attempts FOR UPDATE SKIP LOCKED",
        {"id": job["id"], "attempts": job["attempts"]},
    )
    return held is not None


def finish(connection: Connection, job_id: int, *, run_id: int) -> None:
    """Note the run that came out of a job."""
    connection.execute(
        text("UPDATE job SET status = 'done', finished_at = now(), run_id = :run WHERE id = :job"),
        {"job": job_id, "run": run_id},
    )


def fail(connection: Connection, job: Mapping[str, Any], *, message: str) -> None:
    """Note why a claimed job could not be done, unless somebody else has it by now."""
    connection.execute(
        text(
            "UPDATE job SET status = 'failed', finished_at = now(), message = :message"
            " WHERE id = :id AND status = 'running' AND attempts = :attempts"
        ),
        {"id": job["id"], "attempts": job["attempts"], "message": message},
    )


def get(connection: Connection, job_id: int) -> dict[str, Any] | None:
    """Return one job, or None."""
    return read_one(connection, "SELECT * FROM job WHERE id = :job", {"job": job_id})
