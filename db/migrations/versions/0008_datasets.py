"""Data sets that came with a manifest: what it said is kept with the load."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; earlier loads came without a manifest."""
    op.execute(
        """
        CREATE TABLE dataset (
            load_id INTEGER NOT NULL,
            manifest TEXT NOT NULL,
            methods JSONB NOT NULL,
            CONSTRAINT pk_dataset PRIMARY KEY (load_id),
            CONSTRAINT ck_dataset_manifest_given CHECK (manifest <> ''),
            CONSTRAINT fk_dataset_load_id FOREIGN KEY(load_id) REFERENCES load (id) ON DELETE CASCADE
        )
        """
    )


def downgrade() -> None:
    """Take it away again; the manifests are among the raw files."""
    op.execute("DROP TABLE dataset")
