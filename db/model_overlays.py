"""Tables of overlays: facilities, streets and own layers, each with who published it and of which day it is."""

from __future__ import annotations

from datetime import date
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.model_base import Base, Code

__all__ = ["Overlay", "OverlayFeature"]


class Overlay(Base):
    """One layer of points, lines or polygons as one load brought it; a later load takes its place and keeps it.

    `checksum` is that of its features and of all that is said of it. In force is what no load superseded.
    """

    __tablename__ = "overlay"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    city_id: Mapped[str] = mapped_column(Code, ForeignKey("city.id"))
    source_id: Mapped[str] = mapped_column(Code, ForeignKey("source.id"))
    name: Mapped[str] = mapped_column(Code)
    kind: Mapped[str] = mapped_column(Text)
    title_de: Mapped[str] = mapped_column(Text)
    title_en: Mapped[str] = mapped_column(Text)
    publisher: Mapped[str] = mapped_column(Text)
    licence: Mapped[str] = mapped_column(Text)
    attribution: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text, server_default="")
    as_of: Mapped[date]
    srid: Mapped[int]
    checksum: Mapped[str] = mapped_column(Code)
    load_id: Mapped[int] = mapped_column(ForeignKey("load.id"), index=True)
    superseded_by: Mapped[int | None] = mapped_column(ForeignKey("load.id"))
    restored_by: Mapped[int | None] = mapped_column(
        ForeignKey("load.id")
    )  # the undo that put it in force again
    __table_args__ = (
        UniqueConstraint("id", "srid"),
        CheckConstraint("name ~ '^[a-z][a-z0-9_]*$'", name="name_form"),
        CheckConstraint("kind IN ('facility', 'street', 'other')", name="kind_known"),
        CheckConstraint("licence <> ''", name="licence_given"),
        CheckConstraint("attribution <> ''", name="attribution_given"),
        CheckConstraint("srid NOT IN (0, 4326, 4258, 3857)", name="srid_metric"),
        CheckConstraint("checksum ~ '^[0-9a-f]{64}$'", name="checksum_sha256"),
        Index(
            "uq_overlay_in_force",
            "city_id",
            "name",
            unique=True,
            postgresql_where=text("superseded_by IS NULL"),
        ),
    )


class OverlayFeature(Base):
    """One feature of an overlay, in the metric CRS of the city, with the attributes that the manifest asks for."""

    __tablename__ = "overlay_feature"
    overlay_id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(Text)
    properties: Mapped[dict[str, Any]] = mapped_column(JSONB)
    srid: Mapped[int]
    geometry: Mapped[WKBElement] = mapped_column(Geometry("GEOMETRY", srid=-1, spatial_index=False))
    __table_args__ = (
        ForeignKeyConstraint(["overlay_id", "srid"], ["overlay.id", "overlay.srid"], ondelete="CASCADE"),
        CheckConstraint("ST_SRID(geometry) = srid", name="geometry_in_the_crs_of_the_city"),
        CheckConstraint("NOT ST_IsEmpty(geometry)", name="geometry_not_empty"),
        CheckConstraint("ST_IsValid(geometry)", name="geometry_valid"),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("jsonb_typeof(properties) = 'object'", name="properties_object"),
        Index("ix_overlay_feature_geometry", "geometry", postgresql_using="gist"),
    )
