"""Tables of priority areas: what a proposal found for every area, named parameters, and maps under review or in force."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, DOUBLE_PRECISION, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.model_base import Base, Code

__all__ = [
    "PriorityMap",
    "PriorityMapArea",
    "PriorityMapEvent",
    "PriorityMapRegion",
    "ProposalArea",
    "ProposalFeature",
    "ProposalGraph",
    "Scenario",
]


class ProposalArea(Base):
    """What a proposal says of one area, whether it lies in a region or not.

    `need` and `residents` are what went in; `critical_threshold` is empty where the area is in, or out, at every
    threshold. `membership` with its `deviation` and `certainty` is that of the soft margin; `stability` the share of
    variants with the area. `existing`: its region in the map in force; `change`: what becomes of it. `case_reason` and
    the sentences are there for an area of high need in no region and no margin.
    """

    __tablename__ = "proposal_area"
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    area_id: Mapped[str] = mapped_column(Code, primary_key=True)
    vintage_id: Mapped[int]
    region_id: Mapped[str | None] = mapped_column(Code)
    need: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    residents: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)  # empty: not known, counted as nobody
    critical_threshold: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    membership: Mapped[float] = mapped_column(DOUBLE_PRECISION)
    deviation: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    certainty: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    zone_class: Mapped[str] = mapped_column(Code)
    stability: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    existing: Mapped[str | None] = mapped_column(Code)
    change: Mapped[str | None] = mapped_column(Code)
    case_reason: Mapped[str | None] = mapped_column(Code)
    case_de: Mapped[str] = mapped_column(Text, server_default="")
    case_en: Mapped[str] = mapped_column(Text, server_default="")
    __table_args__ = (
        ForeignKeyConstraint(["vintage_id", "area_id"], ["area.vintage_id", "area.area_id"]),
        ForeignKeyConstraint(["run_id", "region_id"], ["region.run_id", "region.region_id"]),
        CheckConstraint("membership BETWEEN 0 AND 1", name="membership_range"),
        CheckConstraint("deviation >= 0 AND certainty BETWEEN 0 AND 1", name="certainty_range"),
        CheckConstraint("stability BETWEEN 0 AND 1", name="stability_range"),
        CheckConstraint("zone_class IN ('core', 'margin', 'rest')", name="zone_class_known"),
        CheckConstraint("change IN ('kept', 'added', 'removed')", name="change_known"),
        CheckConstraint(
            "(case_reason IS NULL) = (case_de = '') AND (case_reason IS NULL) = (case_en = '')",
            name="case_told",
        ),
        CheckConstraint("case_reason IS NULL OR region_id IS NULL", name="case_in_no_region"),
    )


class ProposalGraph(Base):
    """The neighbours a proposal was made with, so that it can be explained: places in the order of the area ids."""

    __tablename__ = "proposal_graph"
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    first: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    second: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    border: Mapped[list[float]] = mapped_column(ARRAY(DOUBLE_PRECISION))  # [m]
    __table_args__ = (
        CheckConstraint(
            "cardinality(first) = cardinality(second) AND cardinality(first) = cardinality(border)",
            name="pairs_whole",
        ),
    )


class ProposalFeature(Base):
    """A shape that a proposal drew beside its regions.

    `layer`: classes (core and margin), bands (by distance), links (ground between areas that face each other),
    changes (against the map in force).
    """

    __tablename__ = "proposal_feature"
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    layer: Mapped[str] = mapped_column(Code, primary_key=True)
    feature_id: Mapped[str] = mapped_column(Code, primary_key=True)
    properties: Mapped[dict[str, Any]] = mapped_column(JSONB)
    geometry: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", srid=-1, spatial_index=False))
    __table_args__ = (
        CheckConstraint("layer IN ('classes', 'bands', 'links', 'changes')", name="layer_known"),
        CheckConstraint("ST_IsValid(geometry) AND NOT ST_IsEmpty(geometry)", name="geometry_valid"),
        Index("ix_proposal_feature_geometry", "geometry", postgresql_using="gist"),
    )


class Scenario(Base):
    """Parameters of a proposal under a name, and the newest run that was made with them."""

    __tablename__ = "scenario"
    city_id: Mapped[str] = mapped_column(Code, ForeignKey("city.id"), primary_key=True)
    name: Mapped[str] = mapped_column(Code, primary_key=True)
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    note: Mapped[str] = mapped_column(Text, server_default="")
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    changed_by: Mapped[str | None] = mapped_column(Text)
    changed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id", ondelete="SET NULL"))
    __table_args__ = (
        CheckConstraint("name ~ '^[a-z0-9][a-z0-9_-]{0,63}$'", name="name_form"),
        CheckConstraint("(changed_by IS NULL) = (changed_at IS NULL)", name="change_whole"),
    )


class PriorityMap(Base):
    """A map of priority areas under review or in force: draft, proposed, agreed, superseded, or withdrawn.

    It holds its own areas and shapes, so that no later load or run can move it. What is agreed stays as it is; the
    database itself refuses a change. `passport`: how it was made, `geometry_sha256`: what was agreed, byte for byte.
    """

    __tablename__ = "priority_map"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    city_id: Mapped[str] = mapped_column(Code, ForeignKey("city.id"))
    title: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Code, server_default="draft")
    geography_id: Mapped[str] = mapped_column(Code)
    edition: Mapped[str] = mapped_column(Text)
    passport: Mapped[dict[str, Any]] = mapped_column(JSONB)
    geometry_sha256: Mapped[str] = mapped_column(Code)
    decision_number: Mapped[str | None] = mapped_column(Text)
    decision_date: Mapped[date | None]
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    __table_args__ = (
        ForeignKeyConstraint(["city_id", "geography_id"], ["geography_level.city_id", "geography_level.id"]),
        CheckConstraint(
            "status IN ('draft', 'proposed', 'agreed', 'superseded', 'withdrawn')", name="status_known"
        ),
        CheckConstraint(
            "(status IN ('agreed', 'superseded')) = (decision_number IS NOT NULL)"
            " AND (decision_number IS NULL) = (decision_date IS NULL) AND decision_number ~ '[^[:space:]]'",
            name="agreed_by_a_decision",
        ),
        CheckConstraint("title ~ '[^[:space:]]'", name="title_given"),
        CheckConstraint("geometry_sha256 ~ '^[0-9a-f]{64}$'", name="geometry_sha256_form"),
        Index("ix_priority_map_in_force", "city_id", unique=True, postgresql_where=text("status = 'agreed'")),
    )


class PriorityMapRegion(Base):
    """A priority area of a map: its type, its size when it was drawn, its outline."""

    __tablename__ = "priority_map_region"
    map_id: Mapped[int] = mapped_column(ForeignKey("priority_map.id"), primary_key=True)
    region_id: Mapped[str] = mapped_column(Code, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    areas: Mapped[int]
    residents: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    mean_need: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    geometry: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", srid=-1, spatial_index=False))
    __table_args__ = (
        CheckConstraint("kind IN ('blue', 'red', 'green')", name="kind_known"),
        CheckConstraint("areas >= 0 AND residents >= 0", name="counts_not_negative"),
        CheckConstraint("ST_IsValid(geometry) AND NOT ST_IsEmpty(geometry)", name="geometry_valid"),
        Index("ix_priority_map_region_geometry", "geometry", postgresql_using="gist"),
    )


class PriorityMapArea(Base):
    """An area of a priority area, by its code in the map's edition of the boundaries."""

    __tablename__ = "priority_map_area"
    map_id: Mapped[int] = mapped_column(primary_key=True)
    region_id: Mapped[str] = mapped_column(Code, primary_key=True)
    area_id: Mapped[str] = mapped_column(Code, primary_key=True)
    __table_args__ = (
        ForeignKeyConstraint(
            ["map_id", "region_id"], ["priority_map_region.map_id", "priority_map_region.region_id"]
        ),
    )


class PriorityMapEvent(Base):
    """Who did what with a map, and when; only the database itself adds rows, whenever the state of a map changes."""

    __tablename__ = "priority_map_event"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    map_id: Mapped[int] = mapped_column(ForeignKey("priority_map.id"))
    status: Mapped[str] = mapped_column(Code)  # that it had from then on
    done_by: Mapped[str] = mapped_column(Text)
    done_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    note: Mapped[str] = mapped_column(Text, server_default="")
    __table_args__ = (
        CheckConstraint("done_by ~ '[^[:space:]]'", name="done_by_given"),
        CheckConstraint(
            "status IN ('draft', 'proposed', 'agreed', 'superseded', 'withdrawn')", name="status_known"
        ),
        Index("ix_priority_map_event_map_id", "map_id"),
    )
