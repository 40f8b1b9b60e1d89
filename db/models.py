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
    Integer,
    Text,
    UniqueConstraint,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, DOUBLE_PRECISION, JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.model_alerts import (
    Acknowledgement,
    Alert,
    AlertRule,
    AlertRuleVersion,
    Subscription,
    WebhookDelivery,
)
from db.model_base import PERIOD_PATTERN, Base, Code
from db.model_conversions import (
    ConvertedValue,
    Crosswalk,
    CrosswalkShare,
    CrosswalkSource,
    CrosswalkTarget,
)
from db.model_overlays import Overlay, OverlayFeature
from db.model_priority import (
    PriorityMap,
    PriorityMapArea,
    PriorityMapEvent,
    PriorityMapRegion,
    ProposalArea,
    ProposalFeature,
    ProposalGraph,
    Scenario,
)
from db.model_results import IndexExplanation, Membership, Region, SegregationValue
from db.model_runs import Job, Run
from db.model_undo import RestoredValue, SupersededArea
from indicators.status import ValueStatus

__all__ = [
    "Acknowledgement",
    "Alert",
    "AlertRule",
    "AlertRuleVersion",
    "Area",
    "Availability",
    "Base",
    "City",
    "CityIndicator",
    "ConvertedValue",
    "Crosswalk",
    "CrosswalkShare",
    "CrosswalkSource",
    "CrosswalkTarget",
    "Dataset",
    "Geography",
    "IndexExplanation",
    "Indicator",
    "Job",
    "Load",
    "Membership",
    "Overlay",
    "OverlayFeature",
    "PriorityMap",
    "PriorityMapArea",
    "PriorityMapEvent",
    "PriorityMapRegion",
    "ProposalArea",
    "ProposalFeature",
    "ProposalGraph",
    "RawFile",
    "Region",
    "RejectedRow",
    "RestoredValue",
    "Run",
    "Scenario",
    "SegregationValue",
    "Source",
    "Subscription",
    "SupersededArea",
    "SupersededValue",
    "Value",
    "Vintage",
    "WebhookDelivery",
]

value_status = Enum(
    ValueStatus, name="value_status", values_callable=lambda kinds: [kind.value for kind in kinds]
)
city_comparison = Enum("above", "below", "not_distinguishable", name="city_comparison")


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
    """One completed load. A load that fails leaves no row, here or anywhere.

    `undoes`: the load that this one took back. `definitions`: how titles, units, editions … were before and after it;
    empty for a load of a program that did not keep them.
    """

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
    undoes: Mapped[int | None] = mapped_column(ForeignKey("load.id"))
    definitions: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)  # relation, key, before, after
    __table_args__ = (
        CheckConstraint("checksum ~ '^[0-9a-f]{64}$'", name="checksum_sha256"),
        CheckConstraint("undoes < id", name="undoes_an_earlier_one"),
    )


class RawFile(Base):
    """A file as received, kept by its checksum in the raw store."""

    __tablename__ = "raw_file"
    load_id: Mapped[int] = mapped_column(ForeignKey("load.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    sha256: Mapped[str] = mapped_column(Code)
    size: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = (CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256_form"),)


class Dataset(Base):
    """The manifest that a load was read by; loads of cities that come with the product have none."""

    __tablename__ = "dataset"
    load_id: Mapped[int] = mapped_column(ForeignKey("load.id", ondelete="CASCADE"), primary_key=True)
    manifest: Mapped[str] = mapped_column(Text)
    methods: Mapped[dict[str, str]] = mapped_column(JSONB)  # texts of the method files that it names
    __table_args__ = (CheckConstraint("manifest <> ''", name="manifest_given"),)


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
    """One edition of the boundaries of a geography; editions of a geography do not overlap in time.

    `withdrawn_by`: the load that undid the one that brought it; it is shown no more, and its name is free again.
    """

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
    withdrawn_by: Mapped[int | None] = mapped_column(ForeignKey("load.id"))
    __table_args__ = (
        ForeignKeyConstraint(["city_id", "geography_id"], ["geography_level.city_id", "geography_level.id"]),
        Index(
            "ix_vintage_edition",
            "city_id",
            "geography_id",
            "edition",
            unique=True,
            postgresql_where=text("withdrawn_by IS NULL"),
        ),
        UniqueConstraint("id", "srid"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="valid_to_after_valid_from"),
        CheckConstraint("srid NOT IN (0, 4326, 4258, 3857)", name="srid_metric"),
        ExcludeConstraint(
            ("city_id", "="),
            ("geography_id", "="),
            ("valid", "&&"),
            using="gist",
            where=text("withdrawn_by IS NULL"),
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
        Index(
            "ix_area_geometry",
            "geometry",
            postgresql_using="brin",
            postgresql_with={"pages_per_range": 16},
        ),
        Index("ix_area_parent", "parent_vintage_id", "parent_area_id"),
    )


class Indicator(Base):
    """The definition of an indicator, the same for all cities; of one that is not known to all, the first city's."""

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
    form: Mapped[str | None] = mapped_column(Text)  # empty: an index or a class
    factor: Mapped[float] = mapped_column(DOUBLE_PRECISION, server_default="100")  # per so many
    minus: Mapped[str | None] = mapped_column(Code, ForeignKey("indicator.id"))
    missing: Mapped[float] = mapped_column(DOUBLE_PRECISION, server_default="1")  # share of parts to be known
    universe_de: Mapped[str] = mapped_column(Text, server_default="")
    universe_en: Mapped[str] = mapped_column(Text, server_default="")
    __table_args__ = (
        CheckConstraint("kind IN ('extensive', 'intensive', 'ordinal')", name="kind_known"),
        CheckConstraint(
            "direction IN ('higher_is_more_need', 'lower_is_more_need', 'context')", name="direction_known"
        ),
        CheckConstraint("(numerator IS NULL) = (denominator IS NULL)", name="share_whole"),
        CheckConstraint("decimals BETWEEN 0 AND 6", name="decimals_range"),
        CheckConstraint(
            "form IN ('count', 'share', 'quotient', 'rate', 'ratio', 'balance', 'change', 'mean', 'median')",
            name="form_known",
        ),
        CheckConstraint("factor > 0 AND factor < 'Infinity'", name="factor_positive"),
        CheckConstraint("minus IS NULL OR numerator IS NOT NULL", name="minus_of_a_numerator"),
        CheckConstraint("missing > 0 AND missing <= 1", name="missing_range"),
    )


class CityIndicator(Base):
    """What a city says of an indicator it publishes: where it comes from, what to mind, with how few it shows none.

    `universe_de`, `universe_en`: whom this city means, where that is no matter of the indicator alone; else empty.
    `own`: columns of `indicator` as the city itself declares them under an id that is not known to all; else empty.
    """

    __tablename__ = "city_indicator"
    city_id: Mapped[str] = mapped_column(Code, ForeignKey("city.id"), primary_key=True)
    indicator_id: Mapped[str] = mapped_column(Code, ForeignKey("indicator.id"), primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    caution_de: Mapped[str] = mapped_column(Text)
    caution_en: Mapped[str] = mapped_column(Text)
    universe_de: Mapped[str] = mapped_column(Text, server_default="")
    universe_en: Mapped[str] = mapped_column(Text, server_default="")
    own: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    is_from_catalogue: Mapped[bool] = mapped_column(server_default=false())  # not declared by the city itself
    minimum_denominator: Mapped[float] = mapped_column(DOUBLE_PRECISION, server_default="0")
    __table_args__ = (
        CheckConstraint(
            "minimum_denominator >= 0 AND minimum_denominator < 'Infinity'", name="minimum_denominator_finite"
        ),
        CheckConstraint("jsonb_typeof(own) = 'object'", name="own_object"),
    )


_VALUE_RULES = (
    "CASE WHEN status IN ('missing', 'suppressed') THEN value IS NULL"
    " WHEN status = 'zero' THEN value IS NOT NULL AND value = 0"
    " ELSE value IS NOT NULL AND value NOT IN ('NaN', 'Infinity', '-Infinity') END"
)
# No interval without its value: the two limits would give it away.
_INTERVAL_RULES = (
    "CASE WHEN ci_low IS NULL OR ci_high IS NULL THEN ci_low IS NULL AND ci_high IS NULL"
    " ELSE value IS NOT NULL AND ci_low <= value AND value <= ci_high"
    " AND ci_low > '-Infinity' AND ci_high < 'Infinity' END"
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
    ci_low: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    ci_high: Mapped[float | None] = mapped_column(DOUBLE_PRECISION)
    comparison: Mapped[str | None] = mapped_column(city_comparison)  # with the rest of the city
    __table_args__ = (
        ForeignKeyConstraint(["vintage_id", "area_id"], ["area.vintage_id", "area.area_id"]),
        CheckConstraint(_INTERVAL_RULES, name="interval_around_the_value"),
        CheckConstraint("comparison IS NULL OR value IS NOT NULL", name="comparison_of_a_value"),
        CheckConstraint(f"period ~ '{PERIOD_PATTERN}'", name="period_form"),
        CheckConstraint(_VALUE_RULES, name="value_fits_status"),
        CheckConstraint("num_nonnulls(load_id, run_id) = 1", name="one_origin"),
        Index("ix_value_run_id", "run_id", postgresql_where=text("run_id IS NOT NULL")),
    )


class Availability(Base):
    """How many areas have a row and a value, and from which loads: a summary of `value`, renewed with every load and run."""

    __tablename__ = "availability"
    vintage_id: Mapped[int] = mapped_column(ForeignKey("vintage.id"), primary_key=True)
    indicator_id: Mapped[str] = mapped_column(Code, ForeignKey("indicator.id"), primary_key=True)
    period: Mapped[str] = mapped_column(Code, primary_key=True)
    areas: Mapped[int]
    with_value: Mapped[int]
    loads: Mapped[list[int]] = mapped_column(ARRAY(Integer), server_default="{}")
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
