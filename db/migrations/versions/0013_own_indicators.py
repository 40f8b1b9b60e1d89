"""Indicators that a city declares under an id that is not known to all: each city's own title, unit and formula."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; a city says its own with its next load, until then the common definition holds as before."""
    op.execute(
        """
        ALTER TABLE city_indicator
            ADD COLUMN own JSONB DEFAULT '{}' NOT NULL,
            ADD CONSTRAINT ck_city_indicator_own_object CHECK (jsonb_typeof(own) = 'object')
        """
    )


def downgrade() -> None:
    """Take it away again; cities that use one id for different things share one definition then."""
    op.execute("ALTER TABLE city_indicator DROP COLUMN own")
