"""The spatial index of areas becomes one by blocks of the table: filling the old one took a third of a large load."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index of boxes around 16 pages each; the product reads editions as a whole, programs for maps a part."""
    op.execute("DROP INDEX ix_area_geometry")
    op.execute("CREATE INDEX ix_area_geometry ON area USING brin (geometry) WITH (pages_per_range = 16)")


def downgrade() -> None:
    """Make the index of single areas again."""
    op.execute("DROP INDEX ix_area_geometry")
    op.execute("CREATE INDEX ix_area_geometry ON area USING gist (geometry)")
