"""Tables of computations: what was computed from what, and what somebody asked to be computed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, Enum, ForeignKey, Identity, Index, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.model_base import Base, Code

__all__ = ["Job", "Run"]

job_status = Enum("queued", "running", "done", "failed", name="job_status")


class Run(Base):
    """One computation: what, with which parameters, on which inputs, by which code. Repeating it gives the same."""

    __tablename__ = "run"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    city_id: Mapped[str] = mapped_column(Code, ForeignKey("city.id"))
    kind: Mapped[str] = mapped_column(Code)
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    inputs_hash: Mapped[str] = mapped_column(Code)
    code_version: Mapped[str] = mapped_column(Text)
    requested_by: Mapped[str] = mapped_column(Text)
    finished_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    summary: Mapped[dict[str, Any]] = mapped_column(JSONB)
    __table_args__ = (
        CheckConstraint("inputs_hash ~ '^[0-9a-f]{64}$'", name="inputs_hash_sha256"),
        Index("ix_run_newest", "city_id", "kind", "id"),
    )


class Job(Base):
    """Work somebody asked for; a worker claims it and leaves a run."""

    __tablename__ = "job"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    city_id: Mapped[str] = mapped_column(Code, ForeignKey("city.id"))
    kind: Mapped[str] = mapped_column(Code)
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(job_status, server_default="queued")
    requested_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    attempts: Mapped[int] = mapped_column(server_default="0")
    message: Mapped[str] = mapped_column(Text, server_default="")
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id"))
    __table_args__ = (
        CheckConstraint(
            "(status IN ('done', 'failed')) = (finished_at IS NOT NULL)", name="finished_when_ended"
        ),
        CheckConstraint("(status = 'done') = (run_id IS NOT NULL)", name="done_with_a_run"),
        CheckConstraint("status = 'queued' OR started_at IS NOT NULL", name="started_when_claimed"),
        Index("ix_job_open", "id", postgresql_where=text("status IN ('queued', 'running')")),
    )
