"""Loads that were undone: what each load changed of definitions and areas is kept, so that it can be taken back."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TABLES = """
ALTER TABLE load ADD COLUMN undoes INTEGER;
ALTER TABLE load ADD COLUMN definitions JSONB;
ALTER TABLE load ADD CONSTRAINT fk_load_undoes FOREIGN KEY(undoes) REFERENCES load (id);
ALTER TABLE load ADD CONSTRAINT ck_load_undoes_an_earlier_one CHECK (undoes < id);
ALTER TABLE vintage ADD COLUMN withdrawn_by INTEGER;
ALTER TABLE vintage ADD CONSTRAINT fk_vintage_withdrawn_by FOREIGN KEY(withdrawn_by) REFERENCES load (id);
ALTER TABLE vintage DROP CONSTRAINT uq_vintage_city_id_geography_id_edition;
CREATE UNIQUE INDEX ix_vintage_edition ON vintage (city_id, geography_id, edition) WHERE withdrawn_by IS NULL;
ALTER TABLE vintage DROP CONSTRAINT ex_vintage_editions_do_not_overlap;
ALTER TABLE vintage ADD CONSTRAINT ex_vintage_editions_do_not_overlap
    EXCLUDE USING gist (city_id WITH =, geography_id WITH =, valid WITH &&) WHERE (withdrawn_by IS NULL);
CREATE TABLE restored_value (
    vintage_id INTEGER NOT NULL,
    indicator_id TEXT COLLATE "C" NOT NULL,
    period TEXT COLLATE "C" NOT NULL,
    area_id TEXT COLLATE "C" NOT NULL,
    load_id INTEGER NOT NULL,
    restored_by INTEGER NOT NULL,
    CONSTRAINT pk_restored_value PRIMARY KEY (vintage_id, indicator_id, period, area_id, load_id, restored_by),
    CONSTRAINT ck_restored_value_restored_later CHECK (restored_by > load_id),
    CONSTRAINT fk_restored_value_vintage_id_area_id FOREIGN KEY(vintage_id, area_id) REFERENCES area (vintage_id, area_id),
    CONSTRAINT fk_restored_value_indicator_id FOREIGN KEY(indicator_id) REFERENCES indicator (id),
    CONSTRAINT fk_restored_value_load_id FOREIGN KEY(load_id) REFERENCES load (id),
    CONSTRAINT fk_restored_value_restored_by FOREIGN KEY(restored_by) REFERENCES load (id)
);
CREATE TABLE superseded_area (
    id INTEGER GENERATED ALWAYS AS IDENTITY,
    vintage_id INTEGER NOT NULL,
    area_id TEXT COLLATE "C" NOT NULL,
    parent_vintage_id INTEGER,
    parent_area_id TEXT COLLATE "C",
    name TEXT NOT NULL,
    srid INTEGER NOT NULL,
    geometry geometry(MULTIPOLYGON,-1) NOT NULL,
    load_id INTEGER NOT NULL,
    superseded_by INTEGER NOT NULL,
    CONSTRAINT pk_superseded_area PRIMARY KEY (id),
    CONSTRAINT ck_superseded_area_superseded_later CHECK (superseded_by > load_id),
    CONSTRAINT fk_superseded_area_vintage_id_area_id FOREIGN KEY(vintage_id, area_id) REFERENCES area (vintage_id, area_id),
    CONSTRAINT fk_superseded_area_load_id FOREIGN KEY(load_id) REFERENCES load (id),
    CONSTRAINT fk_superseded_area_superseded_by FOREIGN KEY(superseded_by) REFERENCES load (id)
);
CREATE INDEX ix_superseded_area_area ON superseded_area (vintage_id, area_id);
"""
_WITHDRAWN = (
    "SELECT city_id || ' ' || geography_id || '@' || edition || ' (withdrawn by load ' || withdrawn_by || ')'"
    " FROM vintage WHERE withdrawn_by IS NOT NULL ORDER BY withdrawn_by DESC, city_id, geography_id, id"
)
_BACK = """
DROP TABLE superseded_area;
DROP TABLE restored_value;
ALTER TABLE vintage DROP CONSTRAINT ex_vintage_editions_do_not_overlap;
DROP INDEX ix_vintage_edition;
ALTER TABLE vintage DROP COLUMN withdrawn_by;
ALTER TABLE vintage ADD CONSTRAINT uq_vintage_city_id_geography_id_edition UNIQUE (city_id, geography_id, edition);
ALTER TABLE vintage ADD CONSTRAINT ex_vintage_editions_do_not_overlap
    EXCLUDE USING gist (city_id WITH =, geography_id WITH =, valid WITH &&);
ALTER TABLE load DROP COLUMN definitions;
ALTER TABLE load DROP COLUMN undoes;
"""


def upgrade() -> None:
    """Add columns and tables; what loads before this migration changed is not known, and they cannot be undone."""
    for statement in filter(None, map(str.strip, _TABLES.split(";\n"))):
        op.execute(statement)


def downgrade() -> None:
    """Take them away again; values that are in force again look like those of an ordinary load then.

    Editions that were withdrawn would be in force again: with them there is no way back.
    """
    withdrawn = op.get_bind().execute(text(_WITHDRAWN)).scalars().all()
    if withdrawn:
        raise RuntimeError(
            f"withdrawn editions of boundaries, which the schema before does not know: {', '.join(withdrawn)}; undo these"
            " loads first ('sozialraum undo NUMBER', the last one of its city), which brings the editions back, or restore"
            " a backup of the database from before"
        )
    for statement in filter(None, map(str.strip, _BACK.split(";\n"))):
        op.execute(statement)
