"""Segregation with intervals, corrected values and what chance alone would give; measures of several groups at once."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_UPGRADE = (
    'ALTER TABLE segregation_value ADD COLUMN composition TEXT COLLATE "C"',
    "UPDATE segregation_value SET composition = group_id",
    "ALTER TABLE segregation_value DROP CONSTRAINT pk_segregation_value",
    """
    ALTER TABLE segregation_value
        ALTER COLUMN composition SET NOT NULL,
        ALTER COLUMN group_id DROP NOT NULL,
        ADD COLUMN ci_low DOUBLE PRECISION,
        ADD COLUMN ci_high DOUBLE PRECISION,
        ADD COLUMN corrected DOUBLE PRECISION,
        ADD COLUMN expected DOUBLE PRECISION,
        ADD COLUMN p_value DOUBLE PRECISION,
        ADD COLUMN residents DOUBLE PRECISION,
        ADD CONSTRAINT pk_segregation_value PRIMARY KEY (run_id, vintage_id, measure, composition, total_id, period),
        DROP CONSTRAINT ck_segregation_value_areas_not_negative,
        ADD CONSTRAINT ck_segregation_value_areas_not_negative
            CHECK (areas >= 0 AND areas_left_out >= 0 AND residents >= 0),
        ADD CONSTRAINT ck_segregation_value_one_group_names_the_composition CHECK (group_id = composition),
        ADD CONSTRAINT ck_segregation_value_interval_whole CHECK
            ((ci_low IS NULL) = (ci_high IS NULL) AND (ci_low IS NULL) = (corrected IS NULL) AND ci_low <= ci_high),
        ADD CONSTRAINT ck_segregation_value_p_value_range CHECK (p_value > 0 AND p_value <= 1),
        ADD CONSTRAINT ck_segregation_value_numbers_finite CHECK (
            value NOT IN ('NaN', 'Infinity', '-Infinity') AND ci_low NOT IN ('NaN', 'Infinity', '-Infinity')
            AND ci_high NOT IN ('NaN', 'Infinity', '-Infinity') AND corrected NOT IN ('NaN', 'Infinity', '-Infinity')
            AND expected NOT IN ('NaN', 'Infinity', '-Infinity'))
    """,
)
_DOWNGRADE = (
    # What the older schema cannot say goes: measures of several groups at once.
    "DELETE FROM segregation_value WHERE group_id IS NULL",
    "ALTER TABLE segregation_value DROP CONSTRAINT pk_segregation_value",
    """
    ALTER TABLE segregation_value
        DROP CONSTRAINT ck_segregation_value_numbers_finite,
        DROP CONSTRAINT ck_segregation_value_p_value_range,
        DROP CONSTRAINT ck_segregation_value_interval_whole,
        DROP CONSTRAINT ck_segregation_value_one_group_names_the_composition,
        DROP CONSTRAINT ck_segregation_value_areas_not_negative,
        DROP COLUMN composition,
        DROP COLUMN ci_low,
        DROP COLUMN ci_high,
        DROP COLUMN corrected,
        DROP COLUMN expected,
        DROP COLUMN p_value,
        DROP COLUMN residents,
        ADD CONSTRAINT pk_segregation_value PRIMARY KEY (run_id, vintage_id, measure, group_id, total_id, period),
        ADD CONSTRAINT ck_segregation_value_areas_not_negative CHECK (areas >= 0 AND areas_left_out >= 0)
    """,
)


def upgrade() -> None:
    """Add the columns; values of earlier runs stay, without an interval."""
    for statement in _UPGRADE:
        op.execute(statement)


def downgrade() -> None:
    """Take them away again; what one group has stays."""
    for statement in _DOWNGRADE:
        op.execute(statement)
