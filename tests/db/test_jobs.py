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


def claim(engine: Engine) -> dict[str, object] | None:
    with engine.begin() as connection:
        return jobs.claim(connection)


def age(engine: Engine) -> None:
    """Let a minute pass."""
    with engine.begin() as connection:
        connection.execute(text("UPDATE job SET started_at = started_at - interval '1 minute'"))


def test_everybody_sees_a_claimed_job_running(town: Engine) -> None:
    job = ask(town)
    claim(town)
    with town.connect() as other:
        assert jobs.get(other, job)["status"] == "running"


def test_a_job_is_claimed_again_when_its_worker_died_and_not_before(town: Engine) -> None:
    job = ask(town)
    first = claim(town)
    assert claim(town) is None  # just claimed: the worker may be about to hold it
    age(town)
    with town.begin() as worker:
        assert jobs.hold(worker, first)
        assert claim(town) is None  # held: the worker lives
    second = claim(town)
    assert (second["id"], second["attempts"]) == (job, 2)
    with town.begin() as late:
        assert not jobs.hold(late, first)  # the first worker comes back too late


def test_a_job_that_takes_its_workers_with_it_is_given_up(town: Engine) -> None:
    job = ask(town)
    for _ in range(jobs.ATTEMPTS):
        assert claim(town)["id"] == job
        age(town)
    assert claim(town) is None
    with town.connect() as connection:
        row = jobs.get(connection, job)
    assert row["status"] == "failed"
    assert "given up" in row["message"]


def test_a_failed_job_says_why_and_is_not_claimed_again(town: Engine) -> None:
    job = ask(town)
    claimed = claim(town)
    with town.begin() as connection:
        jobs.fail(connection, claimed, message="no status index yet")
        row = jobs.get(connection, job)
    assert claim(town) is None
    assert (row["status"], row["message"], row["attempts"]) == ("failed", "no status index yet", 1)
    assert row["finished_at"] is not None
