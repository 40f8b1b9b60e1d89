"""Tables of what runs found beside values: segregation of whole cities, proposed priority areas and who belongs to them."""

from __future__ import annotations

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION
from sqlalchemy.orm import Mapped, mapped_column

from db.model_base import PERIOD_PATTERN, Base, Code

__all__ = ["Membership", "Region", "SegregationValue"]


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
