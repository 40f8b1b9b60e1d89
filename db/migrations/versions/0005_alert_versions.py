"""Early warning: alerts keep their rule, are one over all editions of boundaries, and say why they were withdrawn."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_RULES = (
    "ALTER TABLE alert_rule ADD COLUMN version INTEGER DEFAULT 1 NOT NULL,"
    " ADD CONSTRAINT ck_alert_rule_version_range CHECK (version >= 1)",
    # A back-test that knows of no alert whether it was right says nothing for the rule.
    """
    UPDATE alert_rule SET is_active = false, switched_off_at = now(),
        switched_off_by = 'schema 0005: the back-test knows of no alert whether it was right'
        WHERE is_active AND NOT jsonb_path_exists(backtest, '$ ? (@.confirmed > 0 || @.refuted > 0)')
    """,
    "ALTER TABLE alert_rule DROP CONSTRAINT ck_alert_rule_active_after_a_backtest",
    """
    ALTER TABLE alert_rule ADD CONSTRAINT ck_alert_rule_active_after_a_backtest CHECK (NOT is_active OR (
        backtest IS NOT NULL AND switched_on_at IS NOT NULL AND switched_on_by IS NOT NULL
        AND switched_on_by ~ '[^[:space:]]'
        AND jsonb_path_exists(backtest, '$ ? (@.confirmed > 0 || @.refuted > 0)')))
    """,
    """
    CREATE TABLE alert_rule_version (
        city_id TEXT COLLATE "C" NOT NULL,
        rule_id TEXT COLLATE "C" NOT NULL,
        version INTEGER NOT NULL,
        geography_id TEXT COLLATE "C" NOT NULL,
        definition JSONB NOT NULL,
        stored_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_alert_rule_version PRIMARY KEY (city_id, rule_id, version),
        CONSTRAINT fk_alert_rule_version_city_id_rule_id FOREIGN KEY(city_id, rule_id) REFERENCES alert_rule (city_id, id),
        CONSTRAINT fk_alert_rule_version_city_id_geography_id FOREIGN KEY(city_id, geography_id) REFERENCES geography_level (city_id, id),
        CONSTRAINT ck_alert_rule_version_version_range CHECK (version >= 1)
    )
    """,
    # What earlier alerts were raised by was not kept: the definition of today stands in.
    "INSERT INTO alert_rule_version (city_id, rule_id, version, geography_id, definition)"
    " SELECT city_id, id, 1, geography_id, definition FROM alert_rule",
)
_ALERTS = (
    """
    ALTER TABLE alert
        ADD COLUMN rule_version INTEGER DEFAULT 1 NOT NULL,
        ADD COLUMN geography_id TEXT COLLATE "C",
        ADD COLUMN checked_at TIMESTAMP WITH TIME ZONE,
        ADD COLUMN withdrawal TEXT COLLATE "C"
    """,
    "UPDATE alert a SET geography_id = w.geography_id,"
    " withdrawal = CASE WHEN a.withdrawn_at IS NOT NULL THEN 'not_found' END FROM vintage w WHERE w.id = a.vintage_id",
    # Every value of the evidence must be there, so no piece of it says so any more.
    "UPDATE alert SET evidence = (SELECT jsonb_agg(piece - 'must_exist' ORDER BY place)"
    " FROM jsonb_array_elements(evidence) WITH ORDINALITY AS one (piece, place))",
    # Of the same alert on several editions the newest stays. Notes go with it, about a revision that it never had.
    """
    CREATE TEMP TABLE doubled ON COMMIT DROP AS
        SELECT id, kept FROM (
            SELECT a.id, first_value(a.id) OVER (PARTITION BY a.city_id, a.rule_id, a.geography_id, a.area_id, a.period
                ORDER BY w.valid_from DESC, a.id DESC) AS kept
            FROM alert a JOIN vintage w ON w.id = a.vintage_id) AS one
        WHERE id <> kept
    """,
    "DROP TRIGGER acknowledgement_is_append_only ON acknowledgement",
    "UPDATE acknowledgement k SET alert_id = d.kept, revision = 0 FROM doubled d WHERE d.id = k.alert_id",
    "DELETE FROM webhook_delivery WHERE alert_id IN (SELECT id FROM doubled)",
    "DELETE FROM alert WHERE id IN (SELECT id FROM doubled)",
    "ALTER TABLE alert DROP CONSTRAINT fk_alert_city_id_rule_id,"
    " DROP CONSTRAINT uq_alert_city_id_rule_id_vintage_id_area_id_period",
    """
    ALTER TABLE alert
        ALTER COLUMN rule_version DROP DEFAULT,
        ALTER COLUMN geography_id SET NOT NULL,
        ADD CONSTRAINT fk_alert_city_id_rule_id_rule_version FOREIGN KEY(city_id, rule_id, rule_version)
            REFERENCES alert_rule_version (city_id, rule_id, version),
        ADD CONSTRAINT fk_alert_city_id_geography_id FOREIGN KEY(city_id, geography_id)
            REFERENCES geography_level (city_id, id),
        ADD CONSTRAINT uq_alert_city_id_rule_id_geography_id_area_id_period
            UNIQUE (city_id, rule_id, geography_id, area_id, period),
        ADD CONSTRAINT ck_alert_withdrawn_for_a_reason CHECK ((withdrawn_at IS NULL) = (withdrawal IS NULL)),
        ADD CONSTRAINT ck_alert_withdrawal_known CHECK (withdrawal IN
            ('corrected', 'not_found', 'rule_changed', 'not_testable', 'new_boundaries'))
    """,
    # An address may hold a password of its own in its path: only the host stays in what went wrong.
    "UPDATE webhook_delivery SET last_error ="
    r" regexp_replace(last_error, 'https?://(?:[^\s/?#@]*@)?([^\s/?#]+)\S*', '\1', 'g') WHERE last_error ~ 'https?://'",
)
# What somebody answered for is never changed, except that a person is forgotten: in the transaction that has set
# whose name gives way to what, exactly that may be done, and nothing else.
_FORGETTING = (
    r"""
    CREATE FUNCTION without_name(content text, name text, alias text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
        SELECT regexp_replace(content, '(?<!\w)' || regexp_replace(name, '([^\w\s])', '\\\1', 'g') || '(?!\w)',
            alias, 'g')
    $$
    """,
    """
    CREATE FUNCTION refuse_all_but_forgetting() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        name text := current_setting('sozialraum.forgotten_name', true);
        alias text := current_setting('sozialraum.forgotten_alias', true);
    BEGIN
        IF name <> '' AND alias <> ''
            AND (new.id, new.alert_id, new.revision, new.acknowledged_at)
                = (old.id, old.alert_id, old.revision, old.acknowledged_at)
            AND new.acknowledged_by = (CASE WHEN old.acknowledged_by = name THEN alias ELSE old.acknowledged_by END)
            AND new.reason = without_name(old.reason, name, alias)
        THEN
            RETURN new;
        END IF;
        RAISE EXCEPTION 'rows of % are only added, never changed or removed', TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    """
    CREATE TRIGGER acknowledgement_is_append_only BEFORE DELETE OR TRUNCATE ON acknowledgement
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE TRIGGER acknowledgement_keeps_its_words BEFORE UPDATE ON acknowledgement
        FOR EACH ROW EXECUTE FUNCTION refuse_all_but_forgetting()
    """,
)
_DOWNGRADE = (
    "DROP TRIGGER acknowledgement_keeps_its_words ON acknowledgement",
    "DROP TRIGGER acknowledgement_is_append_only ON acknowledgement",
    "DROP FUNCTION refuse_all_but_forgetting()",
    "DROP FUNCTION without_name(text, text, text)",
    """
    CREATE TRIGGER acknowledgement_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON acknowledgement
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
    """
    ALTER TABLE alert
        DROP CONSTRAINT ck_alert_withdrawal_known,
        DROP CONSTRAINT ck_alert_withdrawn_for_a_reason,
        DROP CONSTRAINT uq_alert_city_id_rule_id_geography_id_area_id_period,
        DROP CONSTRAINT fk_alert_city_id_geography_id,
        DROP CONSTRAINT fk_alert_city_id_rule_id_rule_version,
        DROP COLUMN withdrawal,
        DROP COLUMN checked_at,
        DROP COLUMN geography_id,
        DROP COLUMN rule_version,
        ADD CONSTRAINT fk_alert_city_id_rule_id FOREIGN KEY(city_id, rule_id) REFERENCES alert_rule (city_id, id),
        ADD CONSTRAINT uq_alert_city_id_rule_id_vintage_id_area_id_period
            UNIQUE (city_id, rule_id, vintage_id, area_id, period)
    """,
    "DROP TABLE alert_rule_version",
    """
    ALTER TABLE alert_rule
        DROP CONSTRAINT ck_alert_rule_active_after_a_backtest,
        DROP CONSTRAINT ck_alert_rule_version_range,
        DROP COLUMN version,
        ADD CONSTRAINT ck_alert_rule_active_after_a_backtest CHECK (NOT is_active OR (backtest IS NOT NULL
            AND switched_on_at IS NOT NULL AND switched_on_by IS NOT NULL AND switched_on_by ~ '[^[:space:]]'))
    """,
)


def upgrade() -> None:
    """Add what is new; alerts stay, one of each over all editions, rules without known outcomes are switched off."""
    for statement in (*_RULES, *_ALERTS, *_FORGETTING):
        op.execute(statement)


def downgrade() -> None:
    """Take it away again; alerts and notes stay, earlier definitions and reasons of withdrawal are lost."""
    for statement in _DOWNGRADE:
        op.execute(statement)
