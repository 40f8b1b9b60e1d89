"""The tables: who delivered what, which areas exist in which edition, every value with its state, every computed result.

Rules that must hold whatever program writes are constraints here, not only checks in Python. Codes of areas are
text with leading zeros and compare byte by byte; geometry is a MultiPolygon in the metric CRS of its vintage.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    DateTime,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    MetaData,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, DOUBLE_PRECISION, JSONB, ExcludeConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from indicators.status import ValueStatus

__all__ = [
    "Area",
    "Availability",
    "Base",
    "City",
    "CityIndicator",
    "Geography",
    "Indicator",
    "Job",
    "Load",
    "Membership",
    "RawFile",
    "Region",
    "RejectedRow",
    "Run",
    "SegregationValue",
    "Source",
    "SupersededValue",
    "Value",
    "Vintage",
]

Code = Text(collation="C")  # codes sort and compare byte by byte, whatever the server's language
PERIOD_PATTERN = r"^[0-9]{4}(-Q[1-4]|-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"
value_status = Enum(
    ValueStatus, name="value_status", values_callable=lambda kinds: [kind.value for kind in kinds]
)
job_status = Enum("queued", "running", "done", "failed", name="job_status")


class Base(DeclarativeBase):
    """Declarative base with one naming convention for all constraints."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class City(Base):
    """A city with everything that belongs to it."""

    __tablename__ = "city"
    id: Mapped[str] = mapped_column(Code, primary_key=True)
    title_de: Mapped[str] = mapped_column(Text)
    title_en: Mapped[str] = mapped_column(Text)
    srid: Mapped[int]
    is_synthetic: Mapped[bool]
    __table_args__ = (CheckConstraint("id ~ '^[a-z][a-z0-9-]*$'", name="id_form"),)


class Source(Base):
    """A publisher's data set: licence and how to name them."""

    __tablename__ = "source"
    id: Mapped[str] = mapped_column(Code, primary_key=True)
    title_de: Mapped[str] = mapped_column(Text)
    title_en: Mapped[str] = mapped_column(Text)
    publisher: Mapped[str] = mapped_column(Text)
    licence: Mapped[str] = mapped_column(Text)
    attribution: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text, server_default="")
    __table_args__ = (
        CheckConstraint("licence <> ''", name="licence_given"),
        CheckConstraint("attribution <> ''", name="attribution_given"),
    )


class Load(Base):
    """One completed load. A load that fails leaves no row, here or anywhere."""

    __tablename__ = "load"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    city_id: Mapped[str] = mapped_column(Code, ForeignKey("city.id"), index=True)
    source_id: Mapped[str] = mapped_column(Code, ForeignKey("source.id"))
    checksum: Mapped[str] = mapped_column(Code)
    code_version: Mapped[str] = mapped_column(Text)
    loaded_by: Mapped[str] = mapped_column(Text)
    loaded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    counts: Mapped[dict[str, int]] = mapped_column(JSONB)
    repairs: Mapped[dict[str, int]] = mapped_column(JSONB)
    __table_args__ = (CheckConstraint("checksum ~ '^[0-9a-f]{64}$'", name="checksum_sha256"),)


class RawFile(Base):
    """A file as received, kept by its checksum in the raw store."""

    __tablename__ = "raw_file"
    load_id: Mapped[int] = mapped_column(ForeignKey("load.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    sha256: Mapped[str] = mapped_column(Code)
    size: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = (CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256_form"),)


class RejectedRow(Base):
    """A row of a delivery that was left out, and why."""

    __tablename__ = "rejected_row"
    load_id: Mapped[int] = mapped_column(ForeignKey("load.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    file: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    content: Mapped[str] = mapped_column(Text)


class Geography(Base):
    """A level of areas in a city's hierarchy, such as district or block."""

    __tablename__ = "geography_level"  # "geography" is the name of a PostGIS type
    city_id: Mapped[str] = mapped_column(Code, ForeignKey("city.id"), primary_key=True)
    id: Mapped[str] = mapped_column(Code, primary_key=True)
    parent_id: Mapped[str | None] = mapped_column(Code)
    rank: Mapped[int]  # 0 is the whole city, the largest number the finest level
    key_length: Mapped[int]
    title_de: Mapped[str] = mapped_column(Text)
    title_en: Mapped[str] = mapped_column(Text)
    __table_args__ = (
        ForeignKeyConstraint(["city_id", "parent_id"], ["geography_level.city_id", "geography_level.id"]),
        CheckConstraint("(rank = 0) = (parent_id IS NULL)", name="only_the_top_has_no_parent"),
        CheckConstraint("key_length > 0", name="key_length_positive"),
    )


class Vintage(Base):
    """One edition of the boundaries of a geography; editions of a geography do not overlap in time."""

    __tablename__ = "vintage"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    city_id: Mapped[str] = mapped_column(Code)
    geography_id: Mapped[str] = mapped_column(Code)
    edition: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    valid: Mapped[Any] = mapped_column(
        DATERANGE, Computed("daterange(valid_from, valid_to, '[]')", persisted=True)
    )
    srid: Mapped[int]
    __table_args__ = (
        ForeignKeyConstraint(["city_id", "geography_id"], ["geography_level.city_id", "geography_level.id"]),
        UniqueConstraint("city_id", "geography_id", "edition"),
        UniqueConstraint("id", "srid"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="valid_to_after_valid_from"),
        CheckConstraint("srid NOT IN (0, 4326, 4258, 3857)", name="srid_metric"),
        ExcludeConstraint(
            ("city_id", "="),
            ("geography_id", "="),
            ("valid", "&&"),
            using="gist",
            name="ex_vintage_editions_do_not_overlap",
        ),
    )


class Area(Base):
    """A smallest unit of one vintage; `area_id` is its code, always text."""

    __tablename__ = "area"
    vintage_id: Mapped[int] = mapped_column(primary_key=True)
    area_id: Mapped[str] = mapped_column(Code, primary_key=True)
    parent_vintage_id: Mapped[int | None]
    parent_area_id: Mapped[str | None] = mapped_column(Code)
    name: Mapped[str] = mapped_column(Text)
    srid: Mapped[int]
    geometry: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", srid=-1, spatial_index=False))
    load_id: Mapped[int] = mapped_column(ForeignKey("load.id"))
    __table_args__ = (
        ForeignKeyConstraint(["vintage_id", "srid"], ["vintage.id", "vintage.srid"]),
        ForeignKeyConstraint(["parent_vintage_id", "parent_area_id"], ["area.vintage_id", "area.area_id"]),
        CheckConstraint("area_id <> '' AND area_id = btrim(area_id)", name="area_id_form"),
        CheckConstraint("(parent_vintage_id IS NULL) = (parent_area_id IS NULL)", name="parent_whole"),
        CheckConstraint("ST_SRID(geometry) = srid", name="geometry_in_the_vintage_crs"),
        CheckConstraint("NOT ST_IsEmpty(geometry)", name="geometry_not_empty"),
        CheckConstraint("ST_IsValid(geometry)", name="geometry_valid"),
        Index("ix_area_geometry", "geometry", postgresql_using="gist"),
        Index("ix_area_parent", "parent_vintage_id", "parent_area_id"),
    )


class Indicator(Base):
    """The definition of an indicator, the same for all cities."""

    __tablename__ = "indicator"
    id: Mapped[str] = mapped_column(Code, primary_key=True)
    title_de: Mapped[str] = mapped_column(Text)
    title_en: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    direction: Mapped[str] = mapped_column(Text)
    numerator: Mapped[str | None] = mapped_column(Code, ForeignKey("indicator.id"))
    denominator: Mapped[str | None] = mapped_column(Code, ForeignKey("indicator.id"))
    decimals: Mapped[int]
    labels_de: Mapped[list[str]] = mapped_column(ARRAY(Text))
    labels_en: Mapped[list[str]] = mapped_column(ARRAY(Text))
    __table_args__ = (
        CheckConstraint("kind IN ('extensive', 'intensive', 'ordinal')", name="kind_known"),
        CheckConstraint(
            "direction IN ('higher_is_more_need', 'lower_is_more_need', 'context')", name="direction_known"
        ),
        CheckConstraint("(numerator IS NULL) = (denominator IS NULL)", name="share_whole"),
        CheckConstraint("decimals BETWEEN 0 AND 6", name="decimals_range"),
    )


class CityIndicator(Base):
    """What a city says of an indicator it publishes: where it comes from and what to mind."""

    __tablename__ = "city_indicator"
    city_id: Mapped[str] = mapped_column(Code, ForeignKey("city.id"), primary_key=True)
    indicator_id: Mapped[str] = mapped_column(Code, ForeignKey("indicator.id"), primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    caution_de: Mapped[str] = mapped_column(Text)
    caution_en: Mapped[str] = mapped_column(Text)


_VALUE_RULES = (
    "CASE WHEN status IN ('missing', 'suppressed') THEN value IS NULL"
    " WHEN status = 'zero' THEN value IS NOT NULL AND value = 0"
    " ELSE value IS NOT NULL AND value NOT IN ('NaN', 'Infinity', '-Infinity') END"
)


class Value(Base):
    """The current value of an indicator for an area and period, with its state and where it came from."""

    __tablename__ = "value"
    vintage_id: Mapped[int] = mapped_column(primary_key=True)
    indicator_id: Mapped[str] = mapped_column(Code, ForeignKey("indicator.id"), primary_key=True)
    period: Mapped[str] = mapped_column(Code, primary_key=True)
    area_id: Mapped[str] = mapped_column(Code, primary_key=True)
    reference_date: Mapped[date]
    value: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    status: Mapped[ValueStatus] = mapped_column(value_status)
    load_id: Mapped[int | None] = mapped_column(ForeignKey("load.id"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id"))
    __table_args__ = (
        ForeignKeyConstraint(["vintage_id", "area_id"], ["area.vintage_id", "area.area_id"]),
        CheckConstraint(f"period ~ '{PERIOD_PATTERN}'", name="period_form"),
        CheckConstraint(_VALUE_RULES, name="value_fits_status"),
        CheckConstraint("num_nonnulls(load_id, run_id) = 1", name="one_origin"),
        Index("ix_value_run_id", "run_id", postgresql_where=text("run_id IS NOT NULL")),
    )


class Availability(Base):
    """How many areas have a row and a value: a summary of `value`, renewed with every load and run."""

    __tablename__ = "availability"
    vintage_id: Mapped[int] = mapped_column(ForeignKey("vintage.id"), primary_key=True)
    indicator_id: Mapped[str] = mapped_column(Code, ForeignKey("indicator.id"), primary_key=True)
    period: Mapped[str] = mapped_column(Code, primary_key=True)
    areas: Mapped[int]
    with_value: Mapped[int]
    __table_args__ = (CheckConstraint("with_value BETWEEN 0 AND areas", name="with_value_range"),)


class SupersededValue(Base):
    """A delivered value that a later load corrected; nothing delivered is ever lost."""

    __tablename__ = "superseded_value"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    vintage_id: Mapped[int]
    indicator_id: Mapped[str] = mapped_column(Code, ForeignKey("indicator.id"))
    period: Mapped[str] = mapped_column(Code)
    area_id: Mapped[str] = mapped_column(Code)
    reference_date: Mapped[date]
    value: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    status: Mapped[ValueStatus] = mapped_column(value_status)
    load_id: Mapped[int] = mapped_column(ForeignKey("load.id"))
    superseded_by: Mapped[int] = mapped_column(ForeignKey("load.id"))
    __table_args__ = (
        ForeignKeyConstraint(["vintage_id", "area_id"], ["area.vintage_id", "area.area_id"]),
        CheckConstraint(_VALUE_RULES, name="value_fits_status"),
        CheckConstraint("superseded_by > load_id", name="superseded_later"),
        Index("ix_superseded_value_area", "vintage_id", "area_id", "indicator_id", "period"),
    )


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
