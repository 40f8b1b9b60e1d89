"""Where there are values, the loads that they come from are kept as well: a page that names its sources reads no values."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and fill it from the values that there are."""
    op.execute("ALTER TABLE availability ADD COLUMN loads INTEGER[] DEFAULT '{}' NOT NULL")
    op.execute(
        """
        UPDATE availability a SET loads = v.loads FROM (
            SELECT vintage_id, indicator_id, period, array_agg(load_id ORDER BY load_id) AS loads FROM (
                SELECT vintage_id, indicator_id, period, load_id FROM value WHERE load_id IS NOT NULL GROUP BY 1, 2, 3, 4
            ) AS brought GROUP BY 1, 2, 3
        ) AS v WHERE (a.vintage_id, a.indicator_id, a.period) = (v.vintage_id, v.indicator_id, v.period)
        """
    )


def downgrade() -> None:
    """Take it away again; the values say the same."""
    op.execute("ALTER TABLE availability DROP COLUMN loads")
