"""The ground: sources and loads, areas in editions, values with their state, runs and their results, jobs."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TYPES = (
    "CREATE TYPE value_status AS ENUM"
    " ('measured', 'zero', 'missing', 'suppressed', 'provisional', 'corrected', 'uncertain')",
    "CREATE TYPE job_status AS ENUM ('queued', 'running', 'done', 'failed')",
)
_TABLES = (
    """
    CREATE TABLE city (
        id TEXT COLLATE "C" NOT NULL,
        title_de TEXT NOT NULL,
        title_en TEXT NOT NULL,
        srid INTEGER NOT NULL,
        is_synthetic BOOLEAN NOT NULL,
        CONSTRAINT pk_city PRIMARY KEY (id),
        CONSTRAINT ck_city_id_form CHECK (id ~ '^[a-z][a-z0-9-]*$')
    )
    """,
    """
    CREATE TABLE indicator (
        id TEXT COLLATE "C" NOT NULL,
        title_de TEXT NOT NULL,
        title_en TEXT NOT NULL,
        unit TEXT NOT NULL,
        kind TEXT NOT NULL,
        direction TEXT NOT NULL,
        numerator TEXT COLLATE "C",
        denominator TEXT COLLATE "C",
        decimals INTEGER NOT NULL,
        labels_de TEXT[] NOT NULL,
        labels_en TEXT[] NOT NULL,
        CONSTRAINT pk_indicator PRIMARY KEY (id),
        CONSTRAINT ck_indicator_kind_known CHECK (kind IN ('extensive', 'intensive', 'ordinal')),
        CONSTRAINT ck_indicator_direction_known CHECK (direction IN ('higher_is_more_need', 'lower_is_more_need', 'context')),
        CONSTRAINT ck_indicator_share_whole CHECK ((numerator IS NULL) = (denominator IS NULL)),
        CONSTRAINT ck_indicator_decimals_range CHECK (decimals BETWEEN 0 AND 6),
        CONSTRAINT fk_indicator_numerator FOREIGN KEY(numerator) REFERENCES indicator (id),
        CONSTRAINT fk_indicator_denominator FOREIGN KEY(denominator) REFERENCES indicator (id)
    )
    """,
    """
    CREATE TABLE source (
        id TEXT COLLATE "C" NOT NULL,
        title_de TEXT NOT NULL,
        title_en TEXT NOT NULL,
        publisher TEXT NOT NULL,
        licence TEXT NOT NULL,
        attribution TEXT NOT NULL,
        url TEXT DEFAULT '' NOT NULL,
        CONSTRAINT pk_source PRIMARY KEY (id),
        CONSTRAINT ck_source_licence_given CHECK (licence <> ''),
        CONSTRAINT ck_source_attribution_given CHECK (attribution <> '')
    )
    """,
    """
    CREATE TABLE city_indicator (
        city_id TEXT COLLATE "C" NOT NULL,
        indicator_id TEXT COLLATE "C" NOT NULL,
        source TEXT NOT NULL,
        caution_de TEXT NOT NULL,
        caution_en TEXT NOT NULL,
        CONSTRAINT pk_city_indicator PRIMARY KEY (city_id, indicator_id),
        CONSTRAINT fk_city_indicator_city_id FOREIGN KEY(city_id) REFERENCES city (id),
        CONSTRAINT fk_city_indicator_indicator_id FOREIGN KEY(indicator_id) REFERENCES indicator (id)
    )
    """,
    """
    CREATE TABLE geography_level (
        city_id TEXT COLLATE "C" NOT NULL,
        id TEXT COLLATE "C" NOT NULL,
        parent_id TEXT COLLATE "C",
        rank INTEGER NOT NULL,
        key_length INTEGER NOT NULL,
        title_de TEXT NOT NULL,
        title_en TEXT NOT NULL,
        CONSTRAINT pk_geography_level PRIMARY KEY (city_id, id),
        CONSTRAINT fk_geography_level_city_id_parent_id FOREIGN KEY(city_id, parent_id) REFERENCES geography_level (city_id, id),
        CONSTRAINT ck_geography_level_only_the_top_has_no_parent CHECK ((rank = 0) = (parent_id IS NULL)),
        CONSTRAINT ck_geography_level_key_length_positive CHECK (key_length > 0),
        CONSTRAINT fk_geography_level_city_id FOREIGN KEY(city_id) REFERENCES city (id)
    )
    """,
    """
    CREATE TABLE load (
        id INTEGER GENERATED ALWAYS AS IDENTITY,
        city_id TEXT COLLATE "C" NOT NULL,
        source_id TEXT COLLATE "C" NOT NULL,
        checksum TEXT COLLATE "C" NOT NULL,
        code_version TEXT NOT NULL,
        loaded_by TEXT NOT NULL,
        loaded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        counts JSONB NOT NULL,
        repairs JSONB NOT NULL,
        CONSTRAINT pk_load PRIMARY KEY (id),
        CONSTRAINT ck_load_checksum_sha256 CHECK (checksum ~ '^[0-9a-f]{64}$'),
        CONSTRAINT fk_load_city_id FOREIGN KEY(city_id) REFERENCES city (id),
        CONSTRAINT fk_load_source_id FOREIGN KEY(source_id) REFERENCES source (id)
    )
    """,
    """
    CREATE INDEX ix_load_city_id ON load (city_id)
    """,
    """
    CREATE TABLE run (
        id INTEGER GENERATED ALWAYS AS IDENTITY,
        city_id TEXT COLLATE "C" NOT NULL,
        kind TEXT COLLATE "C" NOT NULL,
        parameters JSONB NOT NULL,
        inputs_hash TEXT COLLATE "C" NOT NULL,
        code_version TEXT NOT NULL,
        requested_by TEXT NOT NULL,
        finished_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        summary JSONB NOT NULL,
        CONSTRAINT pk_run PRIMARY KEY (id),
        CONSTRAINT ck_run_inputs_hash_sha256 CHECK (inputs_hash ~ '^[0-9a-f]{64}$'),
        CONSTRAINT fk_run_city_id FOREIGN KEY(city_id) REFERENCES city (id)
    )
    """,
    """
    CREATE INDEX ix_run_newest ON run (city_id, kind, id)
    """,
    """
    CREATE TABLE job (
        id INTEGER GENERATED ALWAYS AS IDENTITY,
        city_id TEXT COLLATE "C" NOT NULL,
        kind TEXT COLLATE "C" NOT NULL,
        parameters JSONB NOT NULL,
        status job_status DEFAULT 'queued' NOT NULL,
        requested_by TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        started_at TIMESTAMP WITH TIME ZONE,
        finished_at TIMESTAMP WITH TIME ZONE,
        attempts INTEGER DEFAULT '0' NOT NULL,
        message TEXT DEFAULT '' NOT NULL,
        run_id INTEGER,
        CONSTRAINT pk_job PRIMARY KEY (id),
        CONSTRAINT ck_job_finished_when_ended CHECK ((status IN ('done', 'failed')) = (finished_at IS NOT NULL)),
        CONSTRAINT ck_job_done_with_a_run CHECK ((status = 'done') = (run_id IS NOT NULL)),
        CONSTRAINT ck_job_started_when_claimed CHECK (status = 'queued' OR started_at IS NOT NULL),
        CONSTRAINT fk_job_city_id FOREIGN KEY(city_id) REFERENCES city (id),
        CONSTRAINT fk_job_run_id FOREIGN KEY(run_id) REFERENCES run (id)
    )
    """,
    """
    CREATE INDEX ix_job_open ON job (id) WHERE status IN ('queued', 'running')
    """,
    """
    CREATE TABLE raw_file (
        load_id INTEGER NOT NULL,
        name TEXT NOT NULL,
        sha256 TEXT COLLATE "C" NOT NULL,
        size BIGINT NOT NULL,
        CONSTRAINT pk_raw_file PRIMARY KEY (load_id, name),
        CONSTRAINT ck_raw_file_sha256_form CHECK (sha256 ~ '^[0-9a-f]{64}$'),
        CONSTRAINT fk_raw_file_load_id FOREIGN KEY(load_id) REFERENCES load (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE region (
        run_id INTEGER NOT NULL,
        region_id TEXT COLLATE "C" NOT NULL,
        kind TEXT NOT NULL,
        areas INTEGER NOT NULL,
        residents DOUBLE PRECISION NOT NULL,
        mean_need DOUBLE PRECISION NOT NULL,
        border_length DOUBLE PRECISION NOT NULL,
        geometry geometry(MultiPolygon) NOT NULL,
        zone geometry(MultiPolygon) NOT NULL,
        zone_distance DOUBLE PRECISION NOT NULL,
        CONSTRAINT pk_region PRIMARY KEY (run_id, region_id),
        CONSTRAINT ck_region_kind_known CHECK (kind IN ('blue', 'red', 'green')),
        CONSTRAINT ck_region_counts_not_negative CHECK (areas > 0 AND residents >= 0),
        CONSTRAINT ck_region_geometry_valid CHECK (ST_IsValid(geometry) AND NOT ST_IsEmpty(geometry)),
        CONSTRAINT ck_region_zone_valid CHECK (ST_IsValid(zone) AND ST_SRID(zone) = ST_SRID(geometry)),
        CONSTRAINT ck_region_zone_distance_not_negative CHECK (zone_distance >= 0),
        CONSTRAINT fk_region_run_id FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE INDEX ix_region_geometry ON region USING gist (geometry)
    """,
    """
    CREATE TABLE rejected_row (
        load_id INTEGER NOT NULL,
        number INTEGER NOT NULL,
        file TEXT NOT NULL,
        place TEXT NOT NULL,
        reason TEXT NOT NULL,
        content TEXT NOT NULL,
        CONSTRAINT pk_rejected_row PRIMARY KEY (load_id, number),
        CONSTRAINT fk_rejected_row_load_id FOREIGN KEY(load_id) REFERENCES load (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE vintage (
        id INTEGER GENERATED ALWAYS AS IDENTITY,
        city_id TEXT COLLATE "C" NOT NULL,
        geography_id TEXT COLLATE "C" NOT NULL,
        edition TEXT NOT NULL,
        valid_from DATE NOT NULL,
        valid_to DATE,
        valid DATERANGE GENERATED ALWAYS AS (daterange(valid_from, valid_to, '[]')) STORED NOT NULL,
        srid INTEGER NOT NULL,
        CONSTRAINT pk_vintage PRIMARY KEY (id),
        CONSTRAINT fk_vintage_city_id_geography_id FOREIGN KEY(city_id, geography_id) REFERENCES geography_level (city_id, id),
        CONSTRAINT uq_vintage_city_id_geography_id_edition UNIQUE (city_id, geography_id, edition),
        CONSTRAINT uq_vintage_id_srid UNIQUE (id, srid),
        CONSTRAINT ck_vintage_valid_to_after_valid_from CHECK (valid_to IS NULL OR valid_to >= valid_from),
        CONSTRAINT ck_vintage_srid_metric CHECK (srid NOT IN (0, 4326, 4258, 3857)),
        CONSTRAINT ex_vintage_editions_do_not_overlap EXCLUDE USING gist (city_id WITH =, geography_id WITH =, valid WITH &&)
    )
    """,
    """
    CREATE TABLE area (
        vintage_id INTEGER NOT NULL,
        area_id TEXT COLLATE "C" NOT NULL,
        parent_vintage_id INTEGER,
        parent_area_id TEXT COLLATE "C",
        name TEXT NOT NULL,
        srid INTEGER NOT NULL,
        geometry geometry(MultiPolygon) NOT NULL,
        load_id INTEGER NOT NULL,
        CONSTRAINT pk_area PRIMARY KEY (vintage_id, area_id),
        CONSTRAINT fk_area_vintage_id_srid FOREIGN KEY(vintage_id, srid) REFERENCES vintage (id, srid),
        CONSTRAINT fk_area_parent_vintage_id_parent_area_id FOREIGN KEY(parent_vintage_id, parent_area_id) REFERENCES area (vintage_id, area_id),
        CONSTRAINT ck_area_area_id_form CHECK (area_id <> '' AND area_id = btrim(area_id)),
        CONSTRAINT ck_area_parent_whole CHECK ((parent_vintage_id IS NULL) = (parent_area_id IS NULL)),
        CONSTRAINT ck_area_geometry_in_the_vintage_crs CHECK (ST_SRID(geometry) = srid),
        CONSTRAINT ck_area_geometry_not_empty CHECK (NOT ST_IsEmpty(geometry)),
        CONSTRAINT ck_area_geometry_valid CHECK (ST_IsValid(geometry)),
        CONSTRAINT fk_area_load_id FOREIGN KEY(load_id) REFERENCES load (id)
    )
    """,
    """
    CREATE INDEX ix_area_geometry ON area USING gist (geometry)
    """,
    """
    CREATE INDEX ix_area_parent ON area (parent_vintage_id, parent_area_id)
    """,
    """
    CREATE TABLE availability (
        vintage_id INTEGER NOT NULL,
        indicator_id TEXT COLLATE "C" NOT NULL,
        period TEXT COLLATE "C" NOT NULL,
        areas INTEGER NOT NULL,
        with_value INTEGER NOT NULL,
        CONSTRAINT pk_availability PRIMARY KEY (vintage_id, indicator_id, period),
        CONSTRAINT ck_availability_with_value_range CHECK (with_value BETWEEN 0 AND areas),
        CONSTRAINT fk_availability_vintage_id FOREIGN KEY(vintage_id) REFERENCES vintage (id),
        CONSTRAINT fk_availability_indicator_id FOREIGN KEY(indicator_id) REFERENCES indicator (id)
    )
    """,
    """
    CREATE TABLE segregation_value (
        run_id INTEGER NOT NULL,
        vintage_id INTEGER NOT NULL,
        measure TEXT COLLATE "C" NOT NULL,
        group_id TEXT COLLATE "C" NOT NULL,
        total_id TEXT COLLATE "C" NOT NULL,
        period TEXT COLLATE "C" NOT NULL,
        value DOUBLE PRECISION,
        areas INTEGER NOT NULL,
        areas_left_out INTEGER NOT NULL,
        CONSTRAINT pk_segregation_value PRIMARY KEY (run_id, vintage_id, measure, group_id, total_id, period),
        CONSTRAINT ck_segregation_value_areas_not_negative CHECK (areas >= 0 AND areas_left_out >= 0),
        CONSTRAINT ck_segregation_value_period_form CHECK (period ~ '^[0-9]{4}(-Q[1-4]|-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$'),
        CONSTRAINT fk_segregation_value_run_id FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE,
        CONSTRAINT fk_segregation_value_vintage_id FOREIGN KEY(vintage_id) REFERENCES vintage (id),
        CONSTRAINT fk_segregation_value_group_id FOREIGN KEY(group_id) REFERENCES indicator (id),
        CONSTRAINT fk_segregation_value_total_id FOREIGN KEY(total_id) REFERENCES indicator (id)
    )
    """,
    """
    CREATE TABLE membership (
        run_id INTEGER NOT NULL,
        region_id TEXT COLLATE "C" NOT NULL,
        vintage_id INTEGER NOT NULL,
        area_id TEXT COLLATE "C" NOT NULL,
        is_core BOOLEAN NOT NULL,
        membership DOUBLE PRECISION NOT NULL,
        CONSTRAINT pk_membership PRIMARY KEY (run_id, region_id, vintage_id, area_id),
        CONSTRAINT fk_membership_vintage_id_area_id FOREIGN KEY(vintage_id, area_id) REFERENCES area (vintage_id, area_id),
        CONSTRAINT fk_membership_run_id_region_id FOREIGN KEY(run_id, region_id) REFERENCES region (run_id, region_id) ON DELETE CASCADE,
        CONSTRAINT ck_membership_membership_range CHECK (membership > 0 AND membership <= 1),
        CONSTRAINT ck_membership_core_is_full_member CHECK (NOT is_core OR membership = 1),
        CONSTRAINT fk_membership_run_id FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE INDEX ix_membership_area ON membership (vintage_id, area_id)
    """,
    """
    CREATE TABLE superseded_value (
        id INTEGER GENERATED ALWAYS AS IDENTITY,
        vintage_id INTEGER NOT NULL,
        indicator_id TEXT COLLATE "C" NOT NULL,
        period TEXT COLLATE "C" NOT NULL,
        area_id TEXT COLLATE "C" NOT NULL,
        reference_date DATE NOT NULL,
        value DOUBLE PRECISION,
        status value_status NOT NULL,
        load_id INTEGER NOT NULL,
        superseded_by INTEGER NOT NULL,
        CONSTRAINT pk_superseded_value PRIMARY KEY (id),
        CONSTRAINT fk_superseded_value_vintage_id_area_id FOREIGN KEY(vintage_id, area_id) REFERENCES area (vintage_id, area_id),
        CONSTRAINT ck_superseded_value_value_fits_status CHECK (CASE WHEN status IN ('missing', 'suppressed') THEN value IS NULL WHEN status = 'zero' THEN value IS NOT NULL AND value = 0 ELSE value IS NOT NULL AND value NOT IN ('NaN', 'Infinity', '-Infinity') END),
        CONSTRAINT ck_superseded_value_superseded_later CHECK (superseded_by > load_id),
        CONSTRAINT fk_superseded_value_indicator_id FOREIGN KEY(indicator_id) REFERENCES indicator (id),
        CONSTRAINT fk_superseded_value_load_id FOREIGN KEY(load_id) REFERENCES load (id),
        CONSTRAINT fk_superseded_value_superseded_by FOREIGN KEY(superseded_by) REFERENCES load (id)
    )
    """,
    """
    CREATE INDEX ix_superseded_value_area ON superseded_value (vintage_id, area_id, indicator_id, period)
    """,
    """
    CREATE TABLE value (
        vintage_id INTEGER NOT NULL,
        indicator_id TEXT COLLATE "C" NOT NULL,
        period TEXT COLLATE "C" NOT NULL,
        area_id TEXT COLLATE "C" NOT NULL,
        reference_date DATE NOT NULL,
        value DOUBLE PRECISION,
        status value_status NOT NULL,
        load_id INTEGER,
        run_id INTEGER,
        CONSTRAINT pk_value PRIMARY KEY (vintage_id, indicator_id, period, area_id),
        CONSTRAINT fk_value_vintage_id_area_id FOREIGN KEY(vintage_id, area_id) REFERENCES area (vintage_id, area_id),
        CONSTRAINT ck_value_period_form CHECK (period ~ '^[0-9]{4}(-Q[1-4]|-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$'),
        CONSTRAINT ck_value_value_fits_status CHECK (CASE WHEN status IN ('missing', 'suppressed') THEN value IS NULL WHEN status = 'zero' THEN value IS NOT NULL AND value = 0 ELSE value IS NOT NULL AND value NOT IN ('NaN', 'Infinity', '-Infinity') END),
        CONSTRAINT ck_value_one_origin CHECK (num_nonnulls(load_id, run_id) = 1),
        CONSTRAINT fk_value_indicator_id FOREIGN KEY(indicator_id) REFERENCES indicator (id),
        CONSTRAINT fk_value_load_id FOREIGN KEY(load_id) REFERENCES load (id),
        CONSTRAINT fk_value_run_id FOREIGN KEY(run_id) REFERENCES run (id)
    )
    """,
    """
    CREATE INDEX ix_value_run_id ON value (run_id) WHERE run_id IS NOT NULL
    """,
)
_NAMES = (
    "city",
    "indicator",
    "source",
    "city_indicator",
    "geography_level",
    "load",
    "run",
    "job",
    "raw_file",
    "region",
    "rejected_row",
    "vintage",
    "area",
    "availability",
    "segregation_value",
    "membership",
    "superseded_value",
    "value",
)


def upgrade() -> None:
    """Make everything; the two extensions come with every PostGIS server."""
    op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    for statement in (*_TYPES, *_TABLES):
        op.execute(statement)


def downgrade() -> None:
    """Drop everything but the extensions: other programs may use them."""
    for name in reversed(_NAMES):
        op.execute(f"DROP TABLE {name}")
    op.execute("DROP TYPE job_status")
    op.execute("DROP TYPE value_status")
