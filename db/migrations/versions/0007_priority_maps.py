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
        CONSTRAINT ck_priority_map_event_status_known CHECK (status IN ('draft', 'proposed', 'agreed', 'superseded', 'withdrawn')),
        CONSTRAINT fk_priority_map_event_map_id FOREIGN KEY(map_id) REFERENCES priority_map (id)
    )
    """,
    "CREATE INDEX ix_priority_map_event_map_id ON priority_map_event (map_id)",
)
# What is agreed stays as it is, whatever program writes; what was superseded as well. Against the owner of the tables,
# who may drop a trigger, no trigger helps.
_RULES = (
    """
    CREATE FUNCTION keep_priority_map() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            IF NEW.status <> 'draft' THEN
                RAISE EXCEPTION 'a map begins as a draft, not as %', NEW.status
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            NEW.created_at := clock_timestamp();
            RETURN NEW;
        END IF;
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
        IF NOT EXISTS (SELECT FROM priority_map_event WHERE map_id = OLD.id) THEN
            RAISE EXCEPTION 'map % is not whole yet', OLD.id
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF NEW.status IN ('proposed', 'agreed')
            AND NOT EXISTS (SELECT FROM priority_map_region WHERE map_id = OLD.id)
        THEN
            RAISE EXCEPTION 'map % has no region', OLD.id
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF NEW.status = 'agreed' AND NEW.decision_date > (now() AT TIME ZONE 'Europe/Berlin')::date THEN
            RAISE EXCEPTION 'map % is decided on %, which lies ahead', OLD.id, NEW.decision_date
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER priority_map_is_kept BEFORE INSERT OR UPDATE OR DELETE ON priority_map
        FOR EACH ROW EXECUTE FUNCTION keep_priority_map()
    """,
    # Every step has its own name: it is said for one step, and forgotten with it.
    """
    CREATE FUNCTION record_priority_map() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        person TEXT := coalesce(current_setting('sozialraum.done_by', true), '');
    BEGIN
        IF TG_OP = 'INSERT' THEN
            person := NEW.created_by;
        ELSIF person = '' THEN
            RAISE EXCEPTION 'nobody is named who makes map % %', NEW.id, NEW.status
                USING ERRCODE = 'integrity_constraint_violation',
                    HINT = 'SELECT set_config(''sozialraum.done_by'', ''name'', true) in the same transaction';
        END IF;
        INSERT INTO priority_map_event (map_id, status, done_by, note)
            VALUES (NEW.id, NEW.status, person, coalesce(current_setting('sozialraum.note', true), ''));
        PERFORM set_config('sozialraum.done_by', '', true), set_config('sozialraum.note', '', true);
        RETURN NULL;
    END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER priority_map_is_recorded AFTER INSERT ON priority_map
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION record_priority_map()
    """,
    """
    CREATE TRIGGER priority_map_step_is_recorded AFTER UPDATE ON priority_map
        FOR EACH ROW EXECUTE FUNCTION record_priority_map()
    """,
    # One map is in force, so at the end of the transaction it can only be one that became agreed in it.
    """
    CREATE FUNCTION require_successor() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM priority_map WHERE city_id = NEW.city_id AND status = 'agreed') THEN
            RAISE EXCEPTION 'map % is superseded only by another one that is agreed', NEW.id
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER priority_map_has_a_successor AFTER UPDATE ON priority_map
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.status = 'superseded')
        EXECUTE FUNCTION require_successor()
    """,
    """
    CREATE FUNCTION draft_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM priority_map WHERE id = NEW.map_id AND status = 'draft')
            OR EXISTS (SELECT FROM priority_map_event WHERE map_id = NEW.map_id)
        THEN
            RAISE EXCEPTION 'map % is whole, nothing is added to it', NEW.map_id
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION record_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF pg_trigger_depth() < 2 THEN
            RAISE EXCEPTION 'steps of a map are recorded when its state changes, not written by hand'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        NEW.done_at := clock_timestamp();
        RETURN NEW;
    END $$
    """,
    "CREATE TRIGGER priority_map_event_is_recorded BEFORE INSERT ON priority_map_event"
    " FOR EACH ROW EXECUTE FUNCTION record_only()",
    *(
        f"CREATE TRIGGER {table}_of_a_draft BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION draft_only()"
        for table in ("priority_map_region", "priority_map_area")
    ),
    *(
        f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        for table in ("priority_map_region", "priority_map_area", "priority_map_event")
    ),
    "CREATE TRIGGER priority_map_is_not_emptied BEFORE TRUNCATE ON priority_map"
    " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    # Also where a session plays the part of a replica, which skips all other triggers.
    *(
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}"
        for table, triggers in {
            "priority_map": (
                "is_kept",
                "is_recorded",
                "step_is_recorded",
                "has_a_successor",
                "is_not_emptied",
            ),
            "priority_map_region": ("of_a_draft", "is_append_only"),
            "priority_map_area": ("of_a_draft", "is_append_only"),
            "priority_map_event": ("is_recorded", "is_append_only"),
        }.items()
        for trigger in (f"{table}_{one}" for one in triggers)
    ),
)
_AGREED_STAYS = """
    DO $$ BEGIN
        IF EXISTS (SELECT FROM priority_map WHERE status IN ('agreed', 'superseded')) THEN
            RAISE EXCEPTION 'there are agreed maps of priority areas, which would be lost; keep this version'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END $$
"""
_DOWNGRADE = (
    _AGREED_STAYS,
    "DROP TABLE priority_map_event",
    "DROP TABLE priority_map_area",
    "DROP TABLE priority_map_region",
    "DROP TABLE priority_map",
    "DROP FUNCTION record_only()",
    "DROP FUNCTION draft_only()",
    "DROP FUNCTION require_successor()",
    "DROP FUNCTION record_priority_map()",
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
    """Take them away again, unless a map was agreed; maps under review are lost."""
    for statement in _DOWNGRADE:
        op.execute(statement)
