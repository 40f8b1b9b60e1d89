"""Jobs are done once, by one worker, and come back when a worker dies."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from db import jobs

pytestmark = pytest.mark.db


@pytest.fixture
def town(database: Engine) -> Engine:
    """A database with one city."""
    with database.begin() as connection:
        connection.execute(text("INSERT INTO city VALUES ('town', 'Ort', 'Town', 25833, true)"))
    return database


def ask(engine: Engine, kind: str = "proposal") -> int:
    with engine.begin() as connection:
        return jobs.request(
            connection, city_id="town", kind=kind, parameters={"threshold": 1}, requested_by="test"
        )


def test_the_oldest_open_job_is_claimed_first(town: Engine) -> None:
    first, second = ask(town), ask(town)
    with town.begin() as connection:
        claimed = [jobs.claim(connection), jobs.claim(connection), jobs.claim(connection)]
    assert [job and job["id"] for job in claimed] == [first, second, None]


def test_two_workers_never_share_a_job(town: Engine) -> None:
    first, second = ask(town), ask(town)
    with town.begin() as one, town.begin() as other:
        claimed = {jobs.claim(one)["id"], jobs.claim(other)["id"]}
    assert claimed == {first, second}


def test_a_job_is_open_again_when_its_worker_dies(town: Engine) -> None:
    job = ask(town)
    connection = town.connect()
    connection.begin()
    assert jobs.claim(connection)["id"] == job
    connection.invalidate()  # the worker is gone, its transaction is undone
    connection.close()
    with town.begin() as another:
        assert jobs.claim(another)["id"] == job


def test_a_failed_job_says_why_and_is_not_claimed_again(town: Engine) -> None:
    job = ask(town)
    with town.begin() as connection:
        jobs.fail(connection, job, message="no status index yet")
        assert jobs.claim(connection) is None
        row = jobs.get(connection, job)
    assert (row["status"], row["message"], row["attempts"]) == ("failed", "no status index yet", 1)
    assert row["finished_at"] is not None
