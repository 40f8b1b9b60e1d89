"""Why each area has its status index: parts, class limits, what flips the class, and how sure that is."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TABLE = """
CREATE TABLE index_explanation (
    vintage_id INTEGER NOT NULL,
    indicator_id TEXT COLLATE "C" NOT NULL,
    period TEXT COLLATE "C" NOT NULL,
    area_id TEXT COLLATE "C" NOT NULL,
    run_id INTEGER NOT NULL,
    method TEXT COLLATE "C" NOT NULL,
    areas INTEGER NOT NULL,
    rank INTEGER,
    rank_low INTEGER,
    rank_high INTEGER,
    class INTEGER,
    limit_less_need DOUBLE PRECISION,
    limit_more_need DOUBLE PRECISION,
    class_less_need INTEGER,
    class_more_need INTEGER,
    kept DOUBLE PRECISION,
    runs INTEGER,
    base DOUBLE PRECISION,
    filled DOUBLE PRECISION,
    parts JSONB NOT NULL,
    reason_de TEXT NOT NULL,
    reason_en TEXT NOT NULL,
    CONSTRAINT pk_index_explanation PRIMARY KEY (vintage_id, indicator_id, period, area_id),
    CONSTRAINT fk_index_explanation_vintage_id_area_id FOREIGN KEY(vintage_id, area_id) REFERENCES area (vintage_id, area_id),
    CONSTRAINT fk_index_explanation_indicator_id FOREIGN KEY(indicator_id) REFERENCES indicator (id),
    CONSTRAINT fk_index_explanation_run_id FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE,
    CONSTRAINT ck_index_explanation_period_form CHECK (period ~ '^[0-9]{4}(-Q[1-4]|-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$'),
    CONSTRAINT ck_index_explanation_rank_or_reason CHECK ((rank IS NULL) = (reason_de <> '') AND (rank IS NULL) = (reason_en <> '')),
    CONSTRAINT ck_index_explanation_nothing_without_a_rank CHECK (rank IS NOT NULL OR (num_nonnulls(rank_low, rank_high, class, limit_less_need, limit_more_need, class_less_need, class_more_need, kept, base, filled) = 0 AND parts = '[]')),
    CONSTRAINT ck_index_explanation_rank_range CHECK (rank BETWEEN rank_low AND rank_high AND rank_low >= 1 AND rank_high <= areas),
    CONSTRAINT ck_index_explanation_kept_range CHECK (kept BETWEEN 0 AND 1),
    CONSTRAINT ck_index_explanation_parts_are_a_list CHECK (jsonb_typeof(parts) = 'array')
)
"""


def upgrade() -> None:
    """Add the table; it is filled by the next computation."""
    op.execute(_TABLE)


def downgrade() -> None:
    """Take it away again; it can be computed at any time."""
    op.execute("DROP TABLE index_explanation")
