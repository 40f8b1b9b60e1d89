"""Overlays: facilities, streets and own layers of a city, and whom a city itself means by an indicator."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables and columns; no earlier load brought overlays, nor a universe of a city's own."""
    op.execute(
        """
        ALTER TABLE city_indicator
            ADD COLUMN universe_de TEXT DEFAULT '' NOT NULL,
            ADD COLUMN universe_en TEXT DEFAULT '' NOT NULL
        """
    )
    op.execute(
        """
        CREATE TABLE overlay (
            id INTEGER GENERATED ALWAYS AS IDENTITY,
            city_id TEXT COLLATE "C" NOT NULL,
            source_id TEXT COLLATE "C" NOT NULL,
            name TEXT COLLATE "C" NOT NULL,
            kind TEXT NOT NULL,
            title_de TEXT NOT NULL,
            title_en TEXT NOT NULL,
            publisher TEXT NOT NULL,
            licence TEXT NOT NULL,
            attribution TEXT NOT NULL,
            url TEXT DEFAULT '' NOT NULL,
            as_of DATE NOT NULL,
            srid INTEGER NOT NULL,
            checksum TEXT COLLATE "C" NOT NULL,
            load_id INTEGER NOT NULL,
            superseded_by INTEGER,
            restored_by INTEGER,
            CONSTRAINT pk_overlay PRIMARY KEY (id),
            CONSTRAINT uq_overlay_id_srid UNIQUE (id, srid),
            CONSTRAINT ck_overlay_name_form CHECK (name ~ '^[a-z][a-z0-9_]*$'),
            CONSTRAINT ck_overlay_kind_known CHECK (kind IN ('facility', 'street', 'other')),
            CONSTRAINT ck_overlay_licence_given CHECK (licence <> ''),
            CONSTRAINT ck_overlay_attribution_given CHECK (attribution <> ''),
            CONSTRAINT ck_overlay_srid_metric CHECK (srid NOT IN (0, 4326, 4258, 3857)),
            CONSTRAINT ck_overlay_checksum_sha256 CHECK (checksum ~ '^[0-9a-f]{64}$'),
            CONSTRAINT fk_overlay_city_id FOREIGN KEY(city_id) REFERENCES city (id),
            CONSTRAINT fk_overlay_source_id FOREIGN KEY(source_id) REFERENCES source (id),
            CONSTRAINT fk_overlay_load_id FOREIGN KEY(load_id) REFERENCES load (id),
            CONSTRAINT fk_overlay_superseded_by FOREIGN KEY(superseded_by) REFERENCES load (id),
            CONSTRAINT fk_overlay_restored_by FOREIGN KEY(restored_by) REFERENCES load (id)
        )
        """
    )
    op.execute(
        "CREATE UNIQUE INDEX uq_overlay_in_force ON overlay (city_id, name) WHERE superseded_by IS NULL"
    )
    op.execute("CREATE INDEX ix_overlay_load_id ON overlay (load_id)")
    op.execute(
        """
        CREATE TABLE overlay_feature (
            overlay_id INTEGER NOT NULL,
            number INTEGER NOT NULL,
            name TEXT NOT NULL,
            properties JSONB NOT NULL,
            srid INTEGER NOT NULL,
            geometry geometry(GEOMETRY,-1) NOT NULL,
            CONSTRAINT pk_overlay_feature PRIMARY KEY (overlay_id, number),
            CONSTRAINT ck_overlay_feature_geometry_in_the_crs_of_the_city CHECK (ST_SRID(geometry) = srid),
            CONSTRAINT ck_overlay_feature_geometry_not_empty CHECK (NOT ST_IsEmpty(geometry)),
            CONSTRAINT ck_overlay_feature_geometry_valid CHECK (ST_IsValid(geometry)),
            CONSTRAINT ck_overlay_feature_number_positive CHECK (number > 0),
            CONSTRAINT ck_overlay_feature_properties_object CHECK (jsonb_typeof(properties) = 'object'),
            CONSTRAINT fk_overlay_feature_overlay_id_srid FOREIGN KEY(overlay_id, srid)
                REFERENCES overlay (id, srid) ON DELETE CASCADE
        )
        """
    )
    op.execute("CREATE INDEX ix_overlay_feature_geometry ON overlay_feature USING gist (geometry)")


def downgrade() -> None:
    """Take them away again; the files are among the raw files."""
    op.execute("DROP TABLE overlay_feature")
    op.execute("DROP TABLE overlay")
    op.execute("ALTER TABLE city_indicator DROP COLUMN universe_de, DROP COLUMN universe_en")
