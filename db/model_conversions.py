"""Tables of crosswalks between editions and levels of areas, and of the values that were converted with them.

Converted values are kept apart from delivered and computed ones: nobody who reads `value` meets one by accident.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION, ENUM, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.model_base import PERIOD_PATTERN, Base, Code
from indicators.status import ValueStatus

__all__ = ["ConvertedValue", "Crosswalk", "CrosswalkShare", "CrosswalkSource", "CrosswalkTarget"]

value_status = ENUM(
    ValueStatus,
    name="value_status",
    values_callable=lambda kinds: [kind.value for kind in kinds],
    create_type=False,
)


class Crosswalk(Base):
    """Where the areas of one edition or level go in another. The newest between two editions is in force.

    `parameters`: how it was made. `summary`: what it found. `fingerprint`: of the boundaries and weights it rests on;
    when these have changed it is out of date, and nothing is converted with it. Empty: it rests on a file of keys.
    """

    __tablename__ = "crosswalk"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    city_id: Mapped[str] = mapped_column(Code, ForeignKey("city.id"))
    source_vintage_id: Mapped[int] = mapped_column(ForeignKey("vintage.id"))
    target_vintage_id: Mapped[int] = mapped_column(ForeignKey("vintage.id"))
    method: Mapped[str] = mapped_column(Code)
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    summary: Mapped[dict[str, Any]] = mapped_column(JSONB)
    fingerprint: Mapped[str] = mapped_column(Code, server_default="")
    note: Mapped[str] = mapped_column(Text, server_default="")
    code_version: Mapped[str] = mapped_column(Text)
    made_by: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    __table_args__ = (
        UniqueConstraint("id", "source_vintage_id"),
        UniqueConstraint("id", "target_vintage_id"),
        CheckConstraint("source_vintage_id <> target_vintage_id", name="two_editions"),
        CheckConstraint("method IN ('key', 'area', 'population')", name="method_known"),
        CheckConstraint("fingerprint ~ '^([0-9a-f]{64})?$'", name="fingerprint_form"),
        Index("ix_crosswalk_newest", "city_id", "source_vintage_id", "target_vintage_id", "id"),
    )


class CrosswalkSource(Base):
    """What a crosswalk says of one source area: what is divided, on what basis, and what lies outside."""

    __tablename__ = "crosswalk_source"
    crosswalk_id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[str] = mapped_column(Code, primary_key=True)
    vintage_id: Mapped[int]
    size: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    outside: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    slivers: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    basis: Mapped[str] = mapped_column(Code)
    __table_args__ = (
        ForeignKeyConstraint(
            ["crosswalk_id", "vintage_id"],
            ["crosswalk.id", "crosswalk.source_vintage_id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(["vintage_id", "area_id"], ["area.vintage_id", "area.area_id"]),
        CheckConstraint("size >= 0 AND size < 'Infinity'", name="size_finite"),
        CheckConstraint("outside BETWEEN 0 AND 1 AND slivers BETWEEN 0 AND 1", name="shares_range"),
        CheckConstraint("basis IN ('population', 'area', 'unknown')", name="basis_known"),
    )


class CrosswalkTarget(Base):
    """What a crosswalk says of one target area: the share of it that lies in no source."""

    __tablename__ = "crosswalk_target"
    crosswalk_id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[str] = mapped_column(Code, primary_key=True)
    vintage_id: Mapped[int]
    without_source: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    __table_args__ = (
        ForeignKeyConstraint(
            ["crosswalk_id", "vintage_id"],
            ["crosswalk.id", "crosswalk.target_vintage_id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(["vintage_id", "area_id"], ["area.vintage_id", "area.area_id"]),
        CheckConstraint("without_source BETWEEN 0 AND 1", name="without_source_range"),
    )


class CrosswalkShare(Base):
    """The share of a source area that goes to a target area."""

    __tablename__ = "crosswalk_share"
    crosswalk_id: Mapped[int] = mapped_column(primary_key=True)
    source_area_id: Mapped[str] = mapped_column(Code, primary_key=True)
    target_area_id: Mapped[str] = mapped_column(Code, primary_key=True)
    share: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    __table_args__ = (
        ForeignKeyConstraint(
            ["crosswalk_id", "source_area_id"],
            ["crosswalk_source.crosswalk_id", "crosswalk_source.area_id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["crosswalk_id", "target_area_id"],
            ["crosswalk_target.crosswalk_id", "crosswalk_target.area_id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("share > 0 AND share <= 1", name="share_range"),
    )


class ConvertedValue(Base):
    """A value of one edition or level brought to the areas of another: never delivered, always marked, always graded.

    `vintage_id` and `area_id`: the area it was brought to. `grade` A (exact) to D (guess), `known` and `estimated` as
    in `spatial.crosswalk`; without a value nothing but the state is said. It can be computed again at any time.
    """

    __tablename__ = "converted_value"
    vintage_id: Mapped[int] = mapped_column(primary_key=True)
    indicator_id: Mapped[str] = mapped_column(Code, ForeignKey("indicator.id"), primary_key=True)
    period: Mapped[str] = mapped_column(Code, primary_key=True)
    area_id: Mapped[str] = mapped_column(Code, primary_key=True)
    source_vintage_id: Mapped[int] = mapped_column(ForeignKey("vintage.id"), primary_key=True)
    reference_date: Mapped[date]
    value: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    status: Mapped[ValueStatus] = mapped_column(value_status)
    grade: Mapped[str | None] = mapped_column(Code)
    derivation: Mapped[str] = mapped_column(Code)
    known: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    estimated: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    crosswalk_id: Mapped[int] = mapped_column(ForeignKey("crosswalk.id"))
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    __table_args__ = (
        ForeignKeyConstraint(["vintage_id", "area_id"], ["area.vintage_id", "area.area_id"]),
        CheckConstraint("source_vintage_id <> vintage_id", name="another_edition"),
        CheckConstraint(f"period ~ '{PERIOD_PATTERN}'", name="period_form"),
        CheckConstraint(
            "CASE WHEN status IN ('missing', 'suppressed')"
            " THEN num_nonnulls(value, grade, known, estimated) = 0"
            " ELSE num_nulls(value, grade, known, estimated) = 0 AND grade IN ('A', 'B', 'C', 'D')"
            " AND known BETWEEN 0 AND 1 AND estimated BETWEEN 0 AND 1"
            " AND value NOT IN ('NaN', 'Infinity', '-Infinity') AND (status <> 'zero' OR value = 0) END",
            name="value_fits_status",
        ),
        CheckConstraint(
            "derivation IN ('copy', 'sum', 'part', 'mixed', 'empty', 'none')", name="derivation_known"
        ),
        Index("ix_converted_value_area", "vintage_id", "area_id", "indicator_id"),
        Index("ix_converted_value_run_id", "run_id"),
    )
