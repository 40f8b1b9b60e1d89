"""Early warning: rules that were back-tested, alerts, acknowledgements, subscriptions and what webhooks were sent."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TABLES = (
    """
    CREATE TABLE alert_rule (
        city_id TEXT COLLATE "C" NOT NULL,
        id TEXT COLLATE "C" NOT NULL,
        geography_id TEXT COLLATE "C" NOT NULL,
        definition JSONB NOT NULL,
        backtest JSONB,
        backtested_at TIMESTAMP WITH TIME ZONE,
        is_active BOOLEAN DEFAULT 'false' NOT NULL,
        switched_on_by TEXT,
        switched_on_at TIMESTAMP WITH TIME ZONE,
        switched_off_by TEXT,
        switched_off_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_alert_rule PRIMARY KEY (city_id, id),
        CONSTRAINT fk_alert_rule_city_id_geography_id FOREIGN KEY(city_id, geography_id) REFERENCES geography_level (city_id, id),
        CONSTRAINT ck_alert_rule_id_form CHECK (id ~ '^[a-z0-9][a-z0-9_-]*$'),
        CONSTRAINT ck_alert_rule_backtest_of_this_rule CHECK (backtest IS NULL OR (backtest -> 'rule' IS NOT DISTINCT FROM definition AND backtest ->> 'city' IS NOT DISTINCT FROM city_id AND backtest ->> 'geography' IS NOT DISTINCT FROM geography_id)),
        CONSTRAINT ck_alert_rule_backtest_whole CHECK ((backtest IS NULL) = (backtested_at IS NULL)),
        CONSTRAINT ck_alert_rule_active_after_a_backtest CHECK (NOT is_active OR (backtest IS NOT NULL AND switched_on_at IS NOT NULL AND switched_on_by IS NOT NULL AND switched_on_by ~ '[^[:space:]]')),
        CONSTRAINT fk_alert_rule_city_id FOREIGN KEY(city_id) REFERENCES city (id)
    )
    """,
    """
    CREATE TABLE alert (
        id INTEGER GENERATED ALWAYS AS IDENTITY,
        city_id TEXT COLLATE "C" NOT NULL,
        rule_id TEXT COLLATE "C" NOT NULL,
        vintage_id INTEGER NOT NULL,
        area_id TEXT COLLATE "C" NOT NULL,
        period TEXT COLLATE "C" NOT NULL,
        indicator_id TEXT COLLATE "C" NOT NULL,
        figures JSONB NOT NULL,
        evidence JSONB NOT NULL,
        text_de TEXT NOT NULL,
        text_en TEXT NOT NULL,
        first_run_id INTEGER NOT NULL,
        run_id INTEGER NOT NULL,
        load_id INTEGER NOT NULL,
        revision INTEGER DEFAULT '1' NOT NULL,
        raised_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        withdrawn_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_alert PRIMARY KEY (id),
        CONSTRAINT fk_alert_city_id_rule_id FOREIGN KEY(city_id, rule_id) REFERENCES alert_rule (city_id, id),
        CONSTRAINT fk_alert_vintage_id_area_id FOREIGN KEY(vintage_id, area_id) REFERENCES area (vintage_id, area_id),
        CONSTRAINT uq_alert_city_id_rule_id_vintage_id_area_id_period UNIQUE (city_id, rule_id, vintage_id, area_id, period),
        CONSTRAINT ck_alert_period_form CHECK (period ~ '^[0-9]{4}(-Q[1-4]|-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$'),
        CONSTRAINT ck_alert_texts_given CHECK (text_de <> '' AND text_en <> ''),
        CONSTRAINT ck_alert_evidence_given CHECK (jsonb_typeof(evidence) = 'array' AND evidence <> '[]'),
        CONSTRAINT ck_alert_revision_range CHECK (revision >= 1 AND run_id >= first_run_id),
        CONSTRAINT ck_alert_in_order CHECK (changed_at >= raised_at AND (withdrawn_at IS NULL OR withdrawn_at <= changed_at)),
        CONSTRAINT fk_alert_indicator_id FOREIGN KEY(indicator_id) REFERENCES indicator (id),
        CONSTRAINT fk_alert_first_run_id FOREIGN KEY(first_run_id) REFERENCES run (id),
        CONSTRAINT fk_alert_run_id FOREIGN KEY(run_id) REFERENCES run (id),
        CONSTRAINT fk_alert_load_id FOREIGN KEY(load_id) REFERENCES load (id)
    )
    """,
    "CREATE INDEX ix_alert_changed ON alert (city_id, changed_at, id)",
    """
    CREATE TABLE acknowledgement (
        id INTEGER GENERATED ALWAYS AS IDENTITY,
        alert_id INTEGER NOT NULL,
        revision INTEGER NOT NULL,
        acknowledged_by TEXT NOT NULL,
        acknowledged_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        reason TEXT NOT NULL,
        CONSTRAINT pk_acknowledgement PRIMARY KEY (id),
        CONSTRAINT ck_acknowledgement_name_given CHECK (acknowledged_by ~ '[^[:space:]]'),
        CONSTRAINT ck_acknowledgement_reason_given CHECK (reason ~ '[^[:space:]]'),
        CONSTRAINT fk_acknowledgement_alert_id FOREIGN KEY(alert_id) REFERENCES alert (id)
    )
    """,
    "CREATE INDEX ix_acknowledgement_alert_id ON acknowledgement (alert_id)",
    """
    CREATE TABLE subscription (
        id INTEGER GENERATED ALWAYS AS IDENTITY,
        city_id TEXT COLLATE "C" NOT NULL,
        department TEXT NOT NULL,
        rule_id TEXT COLLATE "C",
        geography_id TEXT COLLATE "C",
        area_ids TEXT[],
        webhook_url TEXT,
        secret TEXT,
        is_active BOOLEAN DEFAULT 'true' NOT NULL,
        created_by TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_subscription PRIMARY KEY (id),
        CONSTRAINT fk_subscription_city_id_rule_id FOREIGN KEY(city_id, rule_id) REFERENCES alert_rule (city_id, id),
        CONSTRAINT fk_subscription_city_id_geography_id FOREIGN KEY(city_id, geography_id) REFERENCES geography_level (city_id, id),
        CONSTRAINT ck_subscription_department_form CHECK (department <> '' AND department = btrim(department)),
        CONSTRAINT ck_subscription_areas_of_a_geography CHECK (area_ids IS NULL OR (geography_id IS NOT NULL AND cardinality(area_ids) > 0)),
        CONSTRAINT ck_subscription_webhook_url_form CHECK (webhook_url ~ '^https?://'),
        CONSTRAINT ck_subscription_secret_with_a_webhook CHECK ((webhook_url IS NULL) = (secret IS NULL)),
        CONSTRAINT ck_subscription_secret_length CHECK (length(secret) >= 32),
        CONSTRAINT fk_subscription_city_id FOREIGN KEY(city_id) REFERENCES city (id)
    )
    """,
    "CREATE INDEX ix_subscription_department ON subscription (city_id, department)",
    """
    CREATE TABLE webhook_delivery (
        subscription_id INTEGER NOT NULL,
        alert_id INTEGER NOT NULL,
        revision INTEGER NOT NULL,
        told_revision INTEGER,
        attempts INTEGER DEFAULT '0' NOT NULL,
        next_attempt_at TIMESTAMP WITH TIME ZONE DEFAULT now(),
        delivered_at TIMESTAMP WITH TIME ZONE,
        last_error TEXT DEFAULT '' NOT NULL,
        CONSTRAINT pk_webhook_delivery PRIMARY KEY (subscription_id, alert_id),
        CONSTRAINT ck_webhook_delivery_attempts_not_negative CHECK (attempts >= 0),
        CONSTRAINT ck_webhook_delivery_nothing_after_arrival CHECK (next_attempt_at IS NULL OR delivered_at IS NULL),
        CONSTRAINT ck_webhook_delivery_arrived_is_told CHECK (delivered_at IS NULL OR told_revision IS NOT DISTINCT FROM revision),
        CONSTRAINT fk_webhook_delivery_subscription_id FOREIGN KEY(subscription_id) REFERENCES subscription (id),
        CONSTRAINT fk_webhook_delivery_alert_id FOREIGN KEY(alert_id) REFERENCES alert (id)
    )
    """,
    "CREATE INDEX ix_webhook_delivery_alert ON webhook_delivery (alert_id)",
    "CREATE INDEX ix_webhook_delivery_due ON webhook_delivery (next_attempt_at) WHERE next_attempt_at IS NOT NULL",
    # What somebody answered for is never changed afterwards.
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'rows of % are only added, never changed or removed', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    """
    CREATE TRIGGER acknowledgement_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON acknowledgement
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
)
_DOWNGRADE = (
    "DROP TABLE webhook_delivery",
    "DROP TABLE subscription",
    "DROP TABLE acknowledgement",
    "DROP FUNCTION refuse_change()",
    "DROP TABLE alert",
    "DROP TABLE alert_rule",
)


def upgrade() -> None:
    """Add the tables; nothing that is there changes."""
    for statement in _TABLES:
        op.execute(statement)


def downgrade() -> None:
    """Take them away again, with all alerts."""
    for statement in _DOWNGRADE:
        op.execute(statement)
