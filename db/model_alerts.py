"""Tables of early warning: rules and back-tests, alerts, who acknowledged them, who wants to be told, what was sent."""

from __future__ import annotations

from datetime import datetime
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
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.model_base import PERIOD_PATTERN, Base, Code

__all__ = ["Acknowledgement", "Alert", "AlertRule", "AlertRuleVersion", "Subscription", "WebhookDelivery"]


class AlertRule(Base):
    """A rule of a city on one level of areas; it cannot be switched on before it was back-tested as it stands.

    The back-test must know of at least one alert whether it was right. `version` counts the definitions it had.
    """

    __tablename__ = "alert_rule"
    city_id: Mapped[str] = mapped_column(Code, ForeignKey("city.id"), primary_key=True)
    id: Mapped[str] = mapped_column(Code, primary_key=True)
    geography_id: Mapped[str] = mapped_column(Code)
    definition: Mapped[dict[str, Any]] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column(server_default="1")
    backtest: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    backtested_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    is_active: Mapped[bool] = mapped_column(server_default="false")
    switched_on_by: Mapped[str | None] = mapped_column(Text)
    switched_on_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    switched_off_by: Mapped[str | None] = mapped_column(Text)
    switched_off_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    __table_args__ = (
        ForeignKeyConstraint(["city_id", "geography_id"], ["geography_level.city_id", "geography_level.id"]),
        CheckConstraint("id ~ '^[a-z0-9][a-z0-9_-]*$'", name="id_form"),
        CheckConstraint(
            "backtest IS NULL OR (backtest -> 'rule' IS NOT DISTINCT FROM definition"
            " AND backtest ->> 'city' IS NOT DISTINCT FROM city_id"
            " AND backtest ->> 'geography' IS NOT DISTINCT FROM geography_id)",
            name="backtest_of_this_rule",
        ),
        CheckConstraint("(backtest IS NULL) = (backtested_at IS NULL)", name="backtest_whole"),
        CheckConstraint(
            "NOT is_active OR (backtest IS NOT NULL AND switched_on_at IS NOT NULL"
            " AND switched_on_by IS NOT NULL AND switched_on_by ~ '[^[:space:]]'"
            " AND jsonb_path_exists(backtest, '$ ? (@.confirmed > 0 || @.refuted > 0)'))",
            name="active_after_a_backtest",
        ),
        CheckConstraint("version >= 1", name="version_range"),
    )


class AlertRuleVersion(Base):
    """What a rule was: each definition it had, for the alerts that were raised by it."""

    __tablename__ = "alert_rule_version"
    city_id: Mapped[str] = mapped_column(Code, primary_key=True)
    rule_id: Mapped[str] = mapped_column(Code, primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    geography_id: Mapped[str] = mapped_column(Code)
    definition: Mapped[dict[str, Any]] = mapped_column(JSONB)
    stored_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    __table_args__ = (
        ForeignKeyConstraint(["city_id", "rule_id"], ["alert_rule.city_id", "alert_rule.id"]),
        ForeignKeyConstraint(["city_id", "geography_id"], ["geography_level.city_id", "geography_level.id"]),
        CheckConstraint("version >= 1", name="version_range"),
    )


class Alert(Base):
    """What a rule found in an area and period: told once, revised or withdrawn when its values were corrected.

    There is one over all editions of the boundaries; the vintage is the one that it was last looked at on. `figures`
    are what is shown, `evidence` the published values they rest on; `revision` counts what was told, `withdrawal` is
    why it was taken back, `checked_at` when it was last found again after having been in doubt.
    """

    __tablename__ = "alert"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    city_id: Mapped[str] = mapped_column(Code)
    rule_id: Mapped[str] = mapped_column(Code)
    rule_version: Mapped[int]
    geography_id: Mapped[str] = mapped_column(Code)
    vintage_id: Mapped[int]
    area_id: Mapped[str] = mapped_column(Code)
    period: Mapped[str] = mapped_column(Code)
    indicator_id: Mapped[str] = mapped_column(Code, ForeignKey("indicator.id"))
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)
    evidence: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    text_de: Mapped[str] = mapped_column(Text)
    text_en: Mapped[str] = mapped_column(Text)
    first_run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))  # the run that gave what is said now
    load_id: Mapped[int] = mapped_column(
        ForeignKey("load.id")
    )  # the city's newest when it was last looked at
    revision: Mapped[int] = mapped_column(server_default="1")
    raised_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    checked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    withdrawn_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    withdrawal: Mapped[str | None] = mapped_column(Code)
    __table_args__ = (
        ForeignKeyConstraint(
            ["city_id", "rule_id", "rule_version"],
            ["alert_rule_version.city_id", "alert_rule_version.rule_id", "alert_rule_version.version"],
        ),
        ForeignKeyConstraint(["vintage_id", "area_id"], ["area.vintage_id", "area.area_id"]),
        ForeignKeyConstraint(["city_id", "geography_id"], ["geography_level.city_id", "geography_level.id"]),
        UniqueConstraint("city_id", "rule_id", "geography_id", "area_id", "period"),
        CheckConstraint(f"period ~ '{PERIOD_PATTERN}'", name="period_form"),
        CheckConstraint("text_de <> '' AND text_en <> ''", name="texts_given"),
        CheckConstraint("jsonb_typeof(evidence) = 'array' AND evidence <> '[]'", name="evidence_given"),
        CheckConstraint("revision >= 1 AND run_id >= first_run_id", name="revision_range"),
        CheckConstraint(
            "changed_at >= raised_at AND (withdrawn_at IS NULL OR withdrawn_at <= changed_at)",
            name="in_order",
        ),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawal IS NULL)", name="withdrawn_for_a_reason"),
        CheckConstraint(
            "withdrawal IN ('corrected', 'not_found', 'rule_changed', 'not_testable', 'new_boundaries')",
            name="withdrawal_known",
        ),
        Index("ix_alert_changed", "city_id", "changed_at", "id"),
    )


class Acknowledgement(Base):
    """Somebody has seen an alert and says what follows from it; rows are only ever added (a trigger sees to that).

    The one exception: a person's name gives way to a word that does not say who it was.
    """

    __tablename__ = "acknowledgement"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id"), index=True)
    revision: Mapped[int]  # of the alert, as it was when it was acknowledged
    acknowledged_by: Mapped[str] = mapped_column(Text)
    acknowledged_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    reason: Mapped[str] = mapped_column(Text)
    __table_args__ = (
        CheckConstraint("acknowledged_by ~ '[^[:space:]]'", name="name_given"),
        CheckConstraint("reason ~ '[^[:space:]]'", name="reason_given"),
    )


class Subscription(Base):
    """A department that wants to know: of everything, or of one rule, one level of areas, some areas and what is in them.

    Without an address it has its feed; with one every alert is also sent there, signed with the secret.
    """

    __tablename__ = "subscription"
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    city_id: Mapped[str] = mapped_column(Code, ForeignKey("city.id"))
    department: Mapped[str] = mapped_column(Text)
    rule_id: Mapped[str | None] = mapped_column(Code)
    geography_id: Mapped[str | None] = mapped_column(Code)
    area_ids: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    webhook_url: Mapped[str | None] = mapped_column(Text)
    secret: Mapped[str | None] = mapped_column(Text)
    is_active: Mapped[bool] = mapped_column(server_default="true")
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    __table_args__ = (
        ForeignKeyConstraint(["city_id", "rule_id"], ["alert_rule.city_id", "alert_rule.id"]),
        ForeignKeyConstraint(["city_id", "geography_id"], ["geography_level.city_id", "geography_level.id"]),
        CheckConstraint("department <> '' AND department = btrim(department)", name="department_form"),
        CheckConstraint(
            "area_ids IS NULL OR (geography_id IS NOT NULL AND cardinality(area_ids) > 0)",
            name="areas_of_a_geography",
        ),
        CheckConstraint("webhook_url ~ '^https?://'", name="webhook_url_form"),
        CheckConstraint("(webhook_url IS NULL) = (secret IS NULL)", name="secret_with_a_webhook"),
        CheckConstraint("length(secret) >= 32", name="secret_length"),
        Index("ix_subscription_department", "city_id", "department"),
    )


class WebhookDelivery(Base):
    """What a subscription is to be told of an alert, or was: kept here so that a crash loses nothing."""

    __tablename__ = "webhook_delivery"
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscription.id"), primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id"), primary_key=True)
    revision: Mapped[int]  # of the alert, to be told
    told_revision: Mapped[int | None]  # that arrived last
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_attempt_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    delivered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_error: Mapped[str] = mapped_column(Text, server_default="")
    __table_args__ = (
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        CheckConstraint("next_attempt_at IS NULL OR delivered_at IS NULL", name="nothing_after_arrival"),
        CheckConstraint(
            "delivered_at IS NULL OR told_revision IS NOT DISTINCT FROM revision", name="arrived_is_told"
        ),
        Index(
            "ix_webhook_delivery_due", "next_attempt_at", postgresql_where=text("next_attempt_at IS NOT NULL")
        ),
        Index("ix_webhook_delivery_alert", "alert_id"),
    )
