"""Crosswalks between editions and levels of areas, and the values that were converted with them, apart from all others."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_TABLES = r"""
CREATE TABLE crosswalk (
    id INTEGER GENERATED ALWAYS AS IDENTITY,
    city_id TEXT COLLATE "C" NOT NULL,
    source_vintage_id INTEGER NOT NULL,
    target_vintage_id INTEGER NOT NULL,
    method TEXT COLLATE "C" NOT NULL,
    parameters JSONB NOT NULL,
    summary JSONB NOT NULL,
    fingerprint TEXT COLLATE "C" DEFAULT '' NOT NULL,
    note TEXT DEFAULT '' NOT NULL,
    code_version TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_crosswalk PRIMARY KEY (id),
    CONSTRAINT uq_crosswalk_id_source_vintage_id UNIQUE (id, source_vintage_id),
    CONSTRAINT uq_crosswalk_id_target_vintage_id UNIQUE (id, target_vintage_id),
    CONSTRAINT ck_crosswalk_two_editions CHECK (source_vintage_id <> target_vintage_id),
    CONSTRAINT ck_crosswalk_method_known CHECK (method IN ('key', 'area', 'population')),
    CONSTRAINT ck_crosswalk_fingerprint_form CHECK (fingerprint ~ '^([0-9a-f]{64})?$'),
    CONSTRAINT fk_crosswalk_city_id FOREIGN KEY(city_id) REFERENCES city (id),
    CONSTRAINT fk_crosswalk_source_vintage_id FOREIGN KEY(source_vintage_id) REFERENCES vintage (id),
    CONSTRAINT fk_crosswalk_target_vintage_id FOREIGN KEY(target_vintage_id) REFERENCES vintage (id)
);
CREATE INDEX ix_crosswalk_newest ON crosswalk (city_id, source_vintage_id, target_vintage_id, id);
CREATE TABLE crosswalk_source (
    crosswalk_id INTEGER NOT NULL,
    area_id TEXT COLLATE "C" NOT NULL,
    vintage_id INTEGER NOT NULL,
    size DOUBLE PRECISION NOT NULL,
    outside DOUBLE PRECISION NOT NULL,
    slivers DOUBLE PRECISION NOT NULL,
    basis TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_crosswalk_source PRIMARY KEY (crosswalk_id, area_id),
    CONSTRAINT fk_crosswalk_source_crosswalk_id_vintage_id FOREIGN KEY(crosswalk_id, vintage_id) REFERENCES crosswalk (id, source_vintage_id) ON DELETE CASCADE,
    CONSTRAINT fk_crosswalk_source_vintage_id_area_id FOREIGN KEY(vintage_id, area_id) REFERENCES area (vintage_id, area_id),
    CONSTRAINT ck_crosswalk_source_size_finite CHECK (size >= 0 AND size < 'Infinity'),
    CONSTRAINT ck_crosswalk_source_shares_range CHECK (outside BETWEEN 0 AND 1 AND slivers BETWEEN 0 AND 1),
    CONSTRAINT ck_crosswalk_source_basis_known CHECK (basis IN ('population', 'area', 'unknown'))
);
CREATE TABLE crosswalk_target (
    crosswalk_id INTEGER NOT NULL,
    area_id TEXT COLLATE "C" NOT NULL,
    vintage_id INTEGER NOT NULL,
    without_source DOUBLE PRECISION NOT NULL,
    CONSTRAINT pk_crosswalk_target PRIMARY KEY (crosswalk_id, area_id),
    CONSTRAINT fk_crosswalk_target_crosswalk_id_vintage_id FOREIGN KEY(crosswalk_id, vintage_id) REFERENCES crosswalk (id, target_vintage_id) ON DELETE CASCADE,
    CONSTRAINT fk_crosswalk_target_vintage_id_area_id FOREIGN KEY(vintage_id, area_id) REFERENCES area (vintage_id, area_id),
    CONSTRAINT ck_crosswalk_target_without_source_range CHECK (without_source BETWEEN 0 AND 1)
);
CREATE TABLE crosswalk_share (
    crosswalk_id INTEGER NOT NULL,
    source_area_id TEXT COLLATE "C" NOT NULL,
    target_area_id TEXT COLLATE "C" NOT NULL,
    share DOUBLE PRECISION NOT NULL,
    CONSTRAINT pk_crosswalk_share PRIMARY KEY (crosswalk_id, source_area_id, target_area_id),
    CONSTRAINT fk_crosswalk_share_crosswalk_id_source_area_id FOREIGN KEY(crosswalk_id, source_area_id) REFERENCES crosswalk_source (crosswalk_id, area_id) ON DELETE CASCADE,
    CONSTRAINT fk_crosswalk_share_crosswalk_id_target_area_id FOREIGN KEY(crosswalk_id, target_area_id) REFERENCES crosswalk_target (crosswalk_id, area_id) ON DELETE CASCADE,
    CONSTRAINT ck_crosswalk_share_share_range CHECK (share > 0 AND share <= 1)
);
CREATE TABLE converted_value (
    vintage_id INTEGER NOT NULL,
    indicator_id TEXT COLLATE "C" NOT NULL,
    period TEXT COLLATE "C" NOT NULL,
    area_id TEXT COLLATE "C" NOT NULL,
    source_vintage_id INTEGER NOT NULL,
    reference_date DATE NOT NULL,
    value DOUBLE PRECISION,
    status value_status NOT NULL,
    grade TEXT COLLATE "C",
    derivation TEXT COLLATE "C" NOT NULL,
    known DOUBLE PRECISION,
    estimated DOUBLE PRECISION,
    crosswalk_id INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    CONSTRAINT pk_converted_value PRIMARY KEY (vintage_id, indicator_id, period, area_id, source_vintage_id),
    CONSTRAINT fk_converted_value_vintage_id_area_id FOREIGN KEY(vintage_id, area_id) REFERENCES area (vintage_id, area_id),
    CONSTRAINT ck_converted_value_another_edition CHECK (source_vintage_id <> vintage_id),
    CONSTRAINT ck_converted_value_period_form CHECK (period ~ '^[0-9]{4}(-Q[1-4]|-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$'),
    CONSTRAINT ck_converted_value_value_fits_status CHECK (CASE WHEN status IN ('missing', 'suppressed') THEN num_nonnulls(value, grade, known, estimated) = 0 ELSE num_nulls(value, grade, known, estimated) = 0 AND grade IN ('A', 'B', 'C', 'D') AND known BETWEEN 0 AND 1 AND estimated BETWEEN 0 AND 1 AND value NOT IN ('NaN', 'Infinity', '-Infinity') AND (status <> 'zero' OR value = 0) END),
    CONSTRAINT ck_converted_value_derivation_known CHECK (derivation IN ('copy', 'sum', 'part', 'mixed', 'empty', 'none')),
    CONSTRAINT fk_converted_value_indicator_id FOREIGN KEY(indicator_id) REFERENCES indicator (id),
    CONSTRAINT fk_converted_value_source_vintage_id FOREIGN KEY(source_vintage_id) REFERENCES vintage (id),
    CONSTRAINT fk_converted_value_crosswalk_id FOREIGN KEY(crosswalk_id) REFERENCES crosswalk (id),
    CONSTRAINT fk_converted_value_run_id FOREIGN KEY(run_id) REFERENCES run (id)
);
CREATE INDEX ix_converted_value_run_id ON converted_value (run_id);
CREATE INDEX ix_converted_value_area ON converted_value (vintage_id, area_id, indicator_id);
"""
_NAMES = ("converted_value", "crosswalk_share", "crosswalk_target", "crosswalk_source", "crosswalk")


def upgrade() -> None:
    """Add the tables; crosswalks are made by command, values are converted by the next computation."""
    for statement in filter(None, map(str.strip, _TABLES.split(";\n"))):
        op.execute(statement)


def downgrade() -> None:
    """Take them away again; key tables are to be given once more.

    The runs go with their values: a run that is there would say that there is nothing new to convert.
    """
    for name in _NAMES:
        op.execute(f"DROP TABLE {name}")
    op.execute("DELETE FROM job WHERE run_id IN (SELECT id FROM run WHERE kind = 'conversion')")
    op.execute("DELETE FROM run WHERE kind = 'conversion'")
