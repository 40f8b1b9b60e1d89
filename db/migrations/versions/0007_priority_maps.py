"""Priority areas under review: margins and reasons per area, shapes, scenarios, and maps from draft to agreed."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TABLES = (
    """
    CREATE TABLE proposal_area (
        run_id INTEGER NOT NULL,
        area_id TEXT COLLATE "C" NOT NULL,
        vintage_id INTEGER NOT NULL,
        region_id TEXT COLLATE "C",
        need DOUBLE PRECISION,
        residents DOUBLE PRECISION,
        critical_threshold DOUBLE PRECISION,
        membership DOUBLE PRECISION NOT NULL,
        deviation DOUBLE PRECISION,
        certainty DOUBLE PRECISION,
        zone_class TEXT COLLATE "C" NOT NULL,
        stability DOUBLE PRECISION,
        existing TEXT COLLATE "C",
        change TEXT COLLATE "C",
        case_reason TEXT COLLATE "C",
        case_de TEXT DEFAULT '' NOT NULL,
        case_en TEXT DEFAULT '' NOT NULL,
        CONSTRAINT pk_proposal_area PRIMARY KEY (run_id, area_id),
        CONSTRAINT fk_proposal_area_vintage_id_area_id FOREIGN KEY(vintage_id, area_id) REFERENCES area (vintage_id, area_id),
        CONSTRAINT fk_proposal_area_run_id_region_id FOREIGN KEY(run_id, region_id) REFERENCES region (run_id, region_id),
        CONSTRAINT ck_proposal_area_membership_range CHECK (membership BETWEEN 0 AND 1),
        CONSTRAINT ck_proposal_area_certainty_range CHECK (deviation >= 0 AND certainty BETWEEN 0 AND 1),
        CONSTRAINT ck_proposal_area_stability_range CHECK (stability BETWEEN 0 AND 1),
        CONSTRAINT ck_proposal_area_zone_class_known CHECK (zone_class IN ('core', 'margin', 'rest')),
        CONSTRAINT ck_proposal_area_change_known CHECK (change IN ('kept', 'added', 'removed')),
        CONSTRAINT ck_proposal_area_case_told CHECK ((case_reason IS NULL) = (case_de = '') AND (case_reason IS NULL) = (case_en = '')),
        CONSTRAINT ck_proposal_area_case_in_no_region CHECK (case_reason IS NULL OR region_id IS NULL),
        CONSTRAINT fk_proposal_area_run_id FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE proposal_graph (
        run_id INTEGER NOT NULL,
        first INTEGER[] NOT NULL,
        second INTEGER[] NOT NULL,
        border DOUBLE PRECISION[] NOT NULL,
        CONSTRAINT pk_proposal_graph PRIMARY KEY (run_id),
        CONSTRAINT ck_proposal_graph_pairs_whole CHECK (cardinality(first) = cardinality(second) AND cardinality(first) = cardinality(border)),
        CONSTRAINT fk_proposal_graph_run_id FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE proposal_feature (
        run_id INTEGER NOT NULL,
        layer TEXT COLLATE "C" NOT NULL,
        feature_id TEXT COLLATE "C" NOT NULL,
        properties JSONB NOT NULL,
        geometry geometry(MULTIPOLYGON,-1) NOT NULL,
        CONSTRAINT pk_proposal_feature PRIMARY KEY (run_id, layer, feature_id),
        CONSTRAINT ck_proposal_feature_layer_known CHECK (layer IN ('classes', 'bands', 'links', 'changes')),
        CONSTRAINT ck_proposal_feature_geometry_valid CHECK (ST_IsValid(geometry) AND NOT ST_IsEmpty(geometry)),
        CONSTRAINT fk_proposal_feature_run_id FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_proposal_feature_geometry ON proposal_feature USING gist (geometry)",
    """
    CREATE TABLE scenario (
        city_id TEXT COLLATE "C" NOT NULL,
        name TEXT COLLATE "C" NOT NULL,
        parameters JSONB NOT NULL,
        note TEXT DEFAULT '' NOT NULL,
        created_by TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        changed_by TEXT,
        changed_at TIMESTAMP WITH TIME ZONE,
        run_id INTEGER,
        CONSTRAINT pk_scenario PRIMARY KEY (city_id, name),
        CONSTRAINT ck_scenario_name_form CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,63}$'),
        CONSTRAINT ck_scenario_change_whole CHECK ((changed_by IS NULL) = (changed_at IS NULL)),
        CONSTRAINT fk_scenario_city_id FOREIGN KEY(city_id) REFERENCES city (id),
        CONSTRAINT fk_scenario_run_id FOREIGN KEY(run_id) REFERENCES run (id) ON DELETE SET NULL
    )
    """,
    """
    CREATE TABLE priority_map (
        id INTEGER GENERATED ALWAYS AS IDENTITY,
        city_id TEXT COLLATE "C" NOT NULL,
        title TEXT NOT NULL,
        status TEXT COLLATE "C" DEFAULT 'draft' NOT NULL,
        geography_id TEXT COLLATE "C" NOT NULL,
        edition TEXT NOT NULL,
        passport JSONB NOT NULL,
        geometry_sha256 TEXT COLLATE "C" NOT NULL,
        decision_number TEXT,
        decision_date DATE,
        created_by TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_priority_map PRIMARY KEY (id),
        CONSTRAINT fk_priority_map_city_id_geography_id FOREIGN KEY(city_id, geography_id) REFERENCES geography_level (city_id, id),
        CONSTRAINT ck_priority_map_status_known CHECK (status IN ('draft', 'proposed', 'agreed', 'superseded', 'withdrawn')),
        CONSTRAINT ck_priority_map_agreed_by_a_decision CHECK ((status IN ('agreed', 'superseded')) = (decision_number IS NOT NULL) AND (decision_number IS NULL) = (decision_date IS NULL) AND decision_number ~ '[^[:space:]]'),
        CONSTRAINT ck_priority_map_title_given CHECK (title ~ '[^[:space:]]'),
        CONSTRAINT ck_priority_map_geometry_sha256_form CHECK (geometry_sha256 ~ '^[0-9a-f]{64}$'),
        CONSTRAINT fk_priority_map_city_id FOREIGN KEY(city_id) REFERENCES city (id)
    )
    """,
    "CREATE UNIQUE INDEX ix_priority_map_in_force ON priority_map (city_id) WHERE status = 'agreed'",
    """
    CREATE TABLE priority_map_region (
        map_id INTEGER NOT NULL,
        region_id TEXT COLLATE "C" NOT NULL,
        kind TEXT NOT NULL,
        areas INTEGER NOT NULL,
        residents DOUBLE PRECISION,
        mean_need DOUBLE PRECISION,
        geometry geometry(MULTIPOLYGON,-1) NOT NULL,
        CONSTRAINT pk_priority_map_region PRIMARY KEY (map_id, region_id),
        CONSTRAINT ck_priority_map_region_kind_known CHECK (kind IN ('blue', 'red', 'green')),
        CONSTRAINT ck_priority_map_region_counts_not_negative CHECK (areas >= 0 AND residents >= 0),
        CONSTRAINT ck_priority_map_region_geometry_valid CHECK (ST_IsValid(geometry) AND NOT ST_IsEmpty(geometry)),
        CONSTRAINT fk_priority_map_region_map_id FOREIGN KEY(map_id) REFERENCES priority_map (id)
    )
    """,
    "CREATE INDEX ix_priority_map_region_geometry ON priority_map_region USING gist (geometry)",
    """
    CREATE TABLE priority_map_area (
        map_id INTEGER NOT NULL,
        region_id TEXT COLLATE "C" NOT NULL,
        area_id TEXT COLLATE "C" NOT NULL,
        CONSTRAINT pk_priority_map_area PRIMARY KEY (map_id, region_id, area_id),
        CONSTRAINT fk_priority_map_area_map_id_region_id FOREIGN KEY(map_id, region_id) REFERENCES priority_map_region (map_id, region_id)
    )
    """,
    """
    CREATE TABLE priority_map_event (
        id INTEGER GENERATED ALWAYS AS IDENTITY,
        map_id INTEGER NOT NULL,
        status TEXT COLLATE "C" NOT NULL,
        done_by TEXT NOT NULL,
        done_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        note TEXT DEFAULT '' NOT NULL,
        CONSTRAINT pk_priority_map_event PRIMARY KEY (id),
        CONSTRAINT ck_priority_map_event_done_by_given CHECK (done_by ~ '[^[:space:]]'),
        CONSTRAINT fk_priority_map_event_map_id FOREIGN KEY(map_id) REFERENCES priority_map (id)
    )
    """,
    "CREATE INDEX ix_priority_map_event_map_id ON priority_map_event (map_id)",
)
# What is agreed stays as it is, whatever program writes; what was superseded as well.
_RULES = (
    """
    CREATE FUNCTION keep_priority_map() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            RAISE EXCEPTION 'map % is kept: withdraw it instead of deleting it', OLD.id
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF (OLD.status, NEW.status) NOT IN (('draft', 'proposed'), ('draft', 'withdrawn'), ('proposed', 'draft'),
            ('proposed', 'withdrawn'), ('proposed', 'agreed'), ('agreed', 'superseded'))
        THEN
            RAISE EXCEPTION 'map % is %, which does not become %', OLD.id, OLD.status, NEW.status
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF to_jsonb(OLD) - '{status,decision_number,decision_date}'::text[]
            <> to_jsonb(NEW) - '{status,decision_number,decision_date}'::text[]
            OR (OLD.status = 'agreed'
                AND (OLD.decision_number, OLD.decision_date) <> (NEW.decision_number, NEW.decision_date))
        THEN
            RAISE EXCEPTION 'map % is never changed, only its state', OLD.id
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER priority_map_is_kept BEFORE UPDATE OR DELETE ON priority_map
        FOR EACH ROW EXECUTE FUNCTION keep_priority_map()
    """,
    """
    CREATE FUNCTION draft_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM priority_map WHERE id = NEW.map_id AND status = 'draft') THEN
            RAISE EXCEPTION 'map % is no draft any more, nothing is added to it', NEW.map_id
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    *(
        statement
        for table in ("priority_map_region", "priority_map_area")
        for statement in (
            f"CREATE TRIGGER {table}_of_a_draft BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION draft_only()",
            f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
        )
    ),
    "CREATE TRIGGER priority_map_event_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON priority_map_event"
    " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER priority_map_is_not_emptied BEFORE TRUNCATE ON priority_map"
    " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
)
_DOWNGRADE = (
    "DROP TABLE priority_map_event",
    "DROP TABLE priority_map_area",
    "DROP TABLE priority_map_region",
    "DROP TABLE priority_map",
    "DROP FUNCTION draft_only()",
    "DROP FUNCTION keep_priority_map()",
    "DROP TABLE scenario",
    "DROP TABLE proposal_feature",
    "DROP TABLE proposal_graph",
    "DROP TABLE proposal_area",
)


def upgrade() -> None:
    """Add the tables; the next proposal fills those of proposals."""
    for statement in (*_TABLES, *_RULES):
        op.execute(statement)


def downgrade() -> None:
    """Take them away again; maps under review are lost."""
    for statement in _DOWNGRADE:
        op.execute(statement)
