"""What an indicator looks at and how it is computed; values with their interval and whether they differ from the city."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_UPGRADE = (
    "CREATE TYPE city_comparison AS ENUM ('above', 'below', 'not_distinguishable')",
    """
    ALTER TABLE indicator
        ADD COLUMN form TEXT,
        ADD COLUMN factor DOUBLE PRECISION DEFAULT 100 NOT NULL,
        ADD COLUMN minus TEXT COLLATE "C",
        ADD COLUMN missing DOUBLE PRECISION DEFAULT 1 NOT NULL,
        ADD COLUMN universe_de TEXT DEFAULT '' NOT NULL,
        ADD COLUMN universe_en TEXT DEFAULT '' NOT NULL,
        ADD CONSTRAINT fk_indicator_minus FOREIGN KEY(minus) REFERENCES indicator (id),
        ADD CONSTRAINT ck_indicator_form_known CHECK (form IN
            ('count', 'share', 'quotient', 'rate', 'ratio', 'balance', 'change', 'mean', 'median')),
        ADD CONSTRAINT ck_indicator_factor_positive CHECK (factor > 0 AND factor < 'Infinity'),
        ADD CONSTRAINT ck_indicator_minus_of_a_numerator CHECK (minus IS NULL OR numerator IS NOT NULL),
        ADD CONSTRAINT ck_indicator_missing_range CHECK (missing > 0 AND missing <= 1)
    """,
    "UPDATE indicator SET form = CASE WHEN numerator IS NOT NULL THEN 'share' WHEN kind = 'extensive' THEN 'count' END",
    # Each city decides with how few people, households or cases it still shows a value; what it has from the catalogue
    # comes and goes with its counts.
    """
    ALTER TABLE city_indicator
        ADD COLUMN is_from_catalogue BOOLEAN DEFAULT false NOT NULL,
        ADD COLUMN minimum_denominator DOUBLE PRECISION DEFAULT 0 NOT NULL,
        ADD CONSTRAINT ck_city_indicator_minimum_denominator_finite
            CHECK (minimum_denominator >= 0 AND minimum_denominator < 'Infinity')
    """,
    """
    ALTER TABLE value
        ADD COLUMN ci_low DOUBLE PRECISION,
        ADD COLUMN ci_high DOUBLE PRECISION,
        ADD COLUMN comparison city_comparison,
        ADD CONSTRAINT ck_value_interval_around_the_value CHECK (CASE WHEN ci_low IS NULL OR ci_high IS NULL
            THEN ci_low IS NULL AND ci_high IS NULL
            ELSE value IS NOT NULL AND ci_low <= value AND value <= ci_high
                AND ci_low > '-Infinity' AND ci_high < 'Infinity' END),
        ADD CONSTRAINT ck_value_comparison_of_a_value CHECK (comparison IS NULL OR value IS NOT NULL)
    """,
)
_DOWNGRADE = (
    """
    ALTER TABLE value
        DROP CONSTRAINT ck_value_comparison_of_a_value,
        DROP CONSTRAINT ck_value_interval_around_the_value,
        DROP COLUMN comparison,
        DROP COLUMN ci_high,
        DROP COLUMN ci_low
    """,
    """
    ALTER TABLE city_indicator
        DROP CONSTRAINT ck_city_indicator_minimum_denominator_finite,
        DROP COLUMN minimum_denominator,
        DROP COLUMN is_from_catalogue
    """,
    # The older schema reads a numerator as that of a percentage; what is none loses it, and keeps its values.
    "UPDATE indicator SET numerator = NULL, denominator = NULL, minus = NULL WHERE form <> 'share'",
    """
    ALTER TABLE indicator
        DROP CONSTRAINT ck_indicator_missing_range,
        DROP CONSTRAINT ck_indicator_minus_of_a_numerator,
        DROP CONSTRAINT ck_indicator_factor_positive,
        DROP CONSTRAINT ck_indicator_form_known,
        DROP CONSTRAINT fk_indicator_minus,
        DROP COLUMN universe_en,
        DROP COLUMN universe_de,
        DROP COLUMN missing,
        DROP COLUMN minus,
        DROP COLUMN factor,
        DROP COLUMN form
    """,
    "DROP TYPE city_comparison",
)


def upgrade() -> None:
    """Add the columns; values of earlier runs stay, without an interval, until they are computed again."""
    for statement in _UPGRADE:
        op.execute(statement)


def downgrade() -> None:
    """Take them away again; all values stay."""
    for statement in _DOWNGRADE:
        op.execute(statement)
