"""Tables of what runs found beside values: segregation of whole cities, explained indices, proposed priority areas."""

from __future__ import annotations

from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.model_base import PERIOD_PATTERN, Base, Code

__all__ = ["IndexExplanation", "Membership", "Region", "SegregationValue"]


class SegregationValue(Base):
    """A segregation measure over all areas of a vintage, of one group or of several groups at once."""

    __tablename__ = "segregation_value"
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    vintage_id: Mapped[int] = mapped_column(ForeignKey("vintage.id"), primary_key=True)
    measure: Mapped[str] = mapped_column(Code, primary_key=True)
    composition: Mapped[str] = mapped_column(Code, primary_key=True)  # its groups are in the run's parameters
    total_id: Mapped[str] = mapped_column(Code, ForeignKey("indicator.id"), primary_key=True)
    period: Mapped[str] = mapped_column(Code, primary_key=True)
    group_id: Mapped[str | None] = mapped_column(Code, ForeignKey("indicator.id"))  # empty: several groups
    value: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)  # empty when the measure is undefined
    ci_low: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    ci_high: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    corrected: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)  # without the bias of small counts
    expected: Mapped[float | None] = mapped_column(
        DOUBLE_PRECISION
    )  # if people lived where they do by chance
    p_value: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    areas: Mapped[int]  # areas with all counts
    areas_left_out: Mapped[int]  # areas without one of the counts
    residents: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)  # the total in `areas`
    __table_args__ = (
        CheckConstraint("areas >= 0 AND areas_left_out >= 0 AND residents >= 0", name="areas_not_negative"),
        CheckConstraint(f"period ~ '{PERIOD_PATTERN}'", name="period_form"),
        CheckConstraint("group_id = composition", name="one_group_names_the_composition"),
        CheckConstraint(
            "(ci_low IS NULL) = (ci_high IS NULL) AND (ci_low IS NULL) = (corrected IS NULL) AND ci_low <= ci_high",
            name="interval_whole",
        ),
        CheckConstraint("p_value > 0 AND p_value <= 1", name="p_value_range"),
        CheckConstraint(
            " AND ".join(
                f"{name} NOT IN ('NaN', 'Infinity', '-Infinity')"
                for name in ("value", "ci_low", "ci_high", "corrected", "expected")
            ),
            name="numbers_finite",
        ),
    )


class IndexExplanation(Base):
    """Why an area has its index in a period; its value stands in `value`, under the same key and run.

    `areas`: how many have an index. `kept`: share of the simulated runs in which the class stays; empty where nobody
    knows how far chance moves the values. `rank_low`, `rank_high` hold for all areas at once. `parts`: per indicator
    its value, what it contributes, and the least change that flips the class. Without an index there is only a reason.
    """

    __tablename__ = "index_explanation"
    vintage_id: Mapped[int] = mapped_column(primary_key=True)
    indicator_id: Mapped[str] = mapped_column(Code, ForeignKey("indicator.id"), primary_key=True)
    period: Mapped[str] = mapped_column(Code, primary_key=True)
    area_id: Mapped[str] = mapped_column(Code, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"))
    method: Mapped[str] = mapped_column(Code)
    areas: Mapped[int]
    rank: Mapped[int | None]
    rank_low: Mapped[int | None]
    rank_high: Mapped[int | None]
    class_: Mapped[int | None] = mapped_column("class")
    limit_less_need: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    limit_more_need: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    class_less_need: Mapped[int | None]
    class_more_need: Mapped[int | None]
    kept: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    runs: Mapped[int | None]
    base: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)  # index of the average area
    filled: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)  # what stands in for unknown values
    parts: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    reason_de: Mapped[str] = mapped_column(Text)
    reason_en: Mapped[str] = mapped_column(Text)
    __table_args__ = (
        ForeignKeyConstraint(["vintage_id", "area_id"], ["area.vintage_id", "area.area_id"]),
        CheckConstraint(f"period ~ '{PERIOD_PATTERN}'", name="period_form"),
        CheckConstraint(
            "(rank IS NULL) = (reason_de <> '') AND (rank IS NULL) = (reason_en <> '')", name="rank_or_reason"
        ),
        CheckConstraint(
            "rank IS NOT NULL OR (num_nonnulls(rank_low, rank_high, class, limit_less_need, limit_more_need,"
            " class_less_need, class_more_need, kept, base, filled) = 0 AND parts = '[]')",
            name="nothing_without_a_rank",
        ),
        CheckConstraint(
            "rank BETWEEN rank_low AND rank_high AND rank_low >= 1 AND rank_high <= areas", name="rank_range"
        ),
        CheckConstraint("kept BETWEEN 0 AND 1", name="kept_range"),
        CheckConstraint("jsonb_typeof(parts) = 'array'", name="parts_are_a_list"),
    )


class Region(Base):
    """A proposed priority area: its core and the buffer zone around it."""

    __tablename__ = "region"
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    region_id: Mapped[str] = mapped_column(Code, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    areas: Mapped[int]
    residents: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    mean_need: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    border_length: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    geometry: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", srid=-1, spatial_index=False))
    zone: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", srid=-1, spatial_index=False))
    zone_distance: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    __table_args__ = (
        CheckConstraint("kind IN ('blue', 'red', 'green')", name="kind_known"),
        CheckConstraint("areas > 0 AND residents >= 0", name="counts_not_negative"),
        CheckConstraint("ST_IsValid(geometry) AND NOT ST_IsEmpty(geometry)", name="geometry_valid"),
        CheckConstraint("ST_IsValid(zone) AND ST_SRID(zone) = ST_SRID(geometry)", name="zone_valid"),
        CheckConstraint("zone_distance >= 0", name="zone_distance_not_negative"),
        Index("ix_region_geometry", "geometry", postgresql_using="gist"),
    )


class Membership(Base):
    """How far an area belongs to a proposed priority area: 1 in its core, 0..1 in its zone; no row outside.

    An area may lie in the zones of several regions: that is the link between neighbours.
    """

    __tablename__ = "membership"
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    region_id: Mapped[str] = mapped_column(Code, primary_key=True)
    vintage_id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[str] = mapped_column(Code, primary_key=True)
    is_core: Mapped[bool]
    membership: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    __table_args__ = (
        ForeignKeyConstraint(["vintage_id", "area_id"], ["area.vintage_id", "area.area_id"]),
        ForeignKeyConstraint(
            ["run_id", "region_id"], ["region.run_id", "region.region_id"], ondelete="CASCADE"
        ),
        CheckConstraint("membership > 0 AND membership <= 1", name="membership_range"),
        CheckConstraint("NOT is_core OR membership = 1", name="core_is_full_member"),
        Index("ix_membership_area", "vintage_id", "area_id"),
    )
