"""Tables that keep what was before a load, beside the superseded values: so that a load can be undone."""

from __future__ import annotations

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Identity, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from db.model_base import Base, Code

__all__ = ["RestoredValue", "SupersededArea"]


class RestoredValue(Base):
    """A value that is in force again since `restored_by` undid a load; it keeps the load that brought it."""

    __tablename__ = "restored_value"
    vintage_id: Mapped[int] = mapped_column(primary_key=True)
    indicator_id: Mapped[str] = mapped_column(Code, ForeignKey("indicator.id"), primary_key=True)
    period: Mapped[str] = mapped_column(Code, primary_key=True)
    area_id: Mapped[str] = mapped_column(Code, primary_key=True)
    load_id: Mapped[int] = mapped_column(ForeignKey("load.id"), primary_key=True)
    restored_by: Mapped[int] = mapped_column(ForeignKey("load.id"), primary_key=True)
    __table_args__ = (
        ForeignKeyConstraint(["vintage_id", "area_id"], ["area.vintage_id", "area.area_id"]),
        CheckConstraint("restored_by > load_id", name="restored_later"),
    )


class SupersededArea(Base):
    """Name, boundary and parent of an area before a later load changed them within the same edition."""

    __tablename__ = "superseded_area"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    vintage_id: Mapped[int]
    area_id: Mapped[str] = mapped_column(Code)
    parent_vintage_id: Mapped[int | None]
    parent_area_id: Mapped[str | None] = mapped_column(Code)
    name: Mapped[str] = mapped_column(Text)
    srid: Mapped[int]
    geometry: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", srid=-1, spatial_index=False))
    load_id: Mapped[int] = mapped_column(ForeignKey("load.id"))
    superseded_by: Mapped[int] = mapped_column(ForeignKey("load.id"))
    __table_args__ = (
        ForeignKeyConstraint(["vintage_id", "area_id"], ["area.vintage_id", "area.area_id"]),
        CheckConstraint("superseded_by > load_id", name="superseded_later"),
        Index("ix_superseded_area_area", "vintage_id", "area_id"),
    )
