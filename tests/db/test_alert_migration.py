"""A database with alerts of the earlier schema gets versions, reasons and one alert per area, and can go back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, text

from db import migrate
from db.engine import connect
from db.queries import alert_rules, alerts

pytestmark = pytest.mark.db

SQUARE = "SRID=25833;MULTIPOLYGON(((0 0,0 10,10 10,10 0,0 0)))"
PROVEN = '{"city": "town", "geography": "quarter", "rule": {"title_de": "R", "title_en": "R"}, "refuted": 4}'
UNPROVEN = (
    '{"city": "town", "geography": "quarter", "rule": {"title_de": "R", "title_en": "R"}, "confirmed": 0}'
)
FILLED = (
    "INSERT INTO city VALUES ('town', 'Ort', 'Town', 25833, true)",
    "INSERT INTO source (id, title_de, title_en, publisher, licence, attribution)"
    " VALUES ('town', 'Q', 'S', 'p', 'CC0-1.0', 'a')",
    "INSERT INTO load (city_id, source_id, checksum, code_version, loaded_by, counts, repairs)"
    " VALUES ('town', 'town', repeat('1', 64), '1', 'test', '{}', '{}')",
    "INSERT INTO geography_level (city_id, id, rank, key_length, title_de, title_en)"
    " VALUES ('town', 'quarter', 0, 2, 'Viertel', 'Quarter')",
    "INSERT INTO vintage (city_id, geography_id, edition, valid_from, valid_to, srid) VALUES"
    " ('town', 'quarter', '2020', '2020-01-01', '2021-12-31', 25833),"
    " ('town', 'quarter', '2022', '2022-01-01', NULL, 25833)",
    f"INSERT INTO area (vintage_id, area_id, name, srid, geometry, load_id)"
    f" SELECT v, a, a, 25833, '{SQUARE}', 1 FROM (VALUES (1, '00'), (1, '10'), (2, '00')) AS one (v, a)",
    "INSERT INTO indicator (id, title_de, title_en, unit, kind, direction, decimals, labels_de, labels_en)"
    " VALUES ('people', 'E', 'R', 'persons', 'extensive', 'context', 0, '{}', '{}')",
    "INSERT INTO value (vintage_id, indicator_id, period, area_id, reference_date, value, status, load_id)"
    " SELECT vintage_id, 'people', '2022', area_id, '2022-12-31', 200, 'measured', 1 FROM area",
    "INSERT INTO run (city_id, kind, parameters, inputs_hash, code_version, requested_by, summary)"
    " VALUES ('town', 'alerts', '{}', repeat('0', 64), '1', 'test', '{}')",
    "INSERT INTO alert_rule (city_id, id, geography_id, definition, backtest, backtested_at, is_active,"
    " switched_on_by, switched_on_at) SELECT 'town', id, 'quarter', backtest -> 'rule', backtest, now(), true, 'A', now()"
    f" FROM (VALUES ('proven', CAST('{PROVEN}' AS jsonb)), ('unproven', '{UNPROVEN}')) AS one (id, backtest)",
    # 1 and 2 are the same on two editions; 3 was withdrawn; 4 has another rule
    "INSERT INTO alert (city_id, rule_id, vintage_id, area_id, period, indicator_id, figures, evidence, text_de, text_en,"
    " first_run_id, run_id, load_id, withdrawn_at) SELECT 'town', r, v, a, '2022', 'people', '{\"value\": 200}',"
    ' \'[{"indicator_id": "people", "period": "2022", "value": 200, "must_exist": true}]\', \'x\', \'x\', 1, 1, 1, w'
    " FROM (VALUES (1, 'proven', 1, '00', NULL), (2, 'proven', 2, '00', NULL), (3, 'proven', 1, '10', now()),"
    " (4, 'unproven', 2, '00', NULL)) AS one (n, r, v, a, w) ORDER BY n",
    "INSERT INTO acknowledgement (alert_id, revision, acknowledged_by, reason)"
    " VALUES (1, 1, 'A. Muster', 'alt'), (2, 1, 'B. Beispiel', 'neu')",
    "INSERT INTO subscription (city_id, department, webhook_url, secret, created_by)"
    " VALUES ('town', 'Amt', 'https://example.org/hook/t0ken', repeat('s', 32), 'A')",
    "INSERT INTO webhook_delivery (subscription_id, alert_id, revision, last_error) VALUES (1, 1, 1, ''),"
    " (1, 2, 1, 'webhook https://example.org/hook/t0ken?key=1: unknown host (no name); check the name')",
)


@pytest.fixture
def filled(make_database: Callable[..., str]) -> Iterator[Engine]:
    """A database of the earlier schema with alerts on two editions of the boundaries."""
    engine = connect(make_database(migrated=False))
    migrate.upgrade(engine, "0004")
    with engine.begin() as connection:
        for statement in FILLED:
            connection.execute(text(statement.replace(":", r"\:")))
    yield engine
    engine.dispose()


def test_alerts_become_one_over_all_editions_and_keep_their_notes(filled: Engine) -> None:
    migrate.upgrade(filled)
    with filled.connect() as connection:
        rows = {row["id"]: row for row in alerts.read(connection, "town", limit=10)}
        notes = alerts.acknowledgements(connection, list(rows))
        version = alert_rules.version_of(connection, "town", "proven", 1)
        told = connection.execute(text("SELECT alert_id, last_error FROM webhook_delivery")).one()
    assert {number: (row["state"], row["withdrawal"]) for number, row in rows.items()} == {
        2: ("open", None),
        3: ("withdrawn", "not_found"),
        4: ("open", None),
    }
    assert (rows[2]["edition"], rows[2]["geography_id"], rows[2]["rule_version"]) == ("2022", "quarter", 1)
    assert version["definition"]["title_de"] == "R"
    # The note on the alert that was joined stays, but answers for no revision that was ever told.
    assert [(one["alert_id"], one["revision"], one["acknowledged_by"]) for one in notes] == [
        (2, 0, "A. Muster"),
        (2, 1, "B. Beispiel"),
    ]
    assert tuple(told) == (2, "webhook example.org unknown host (no name); check the name")


def test_a_rule_whose_back_test_knows_of_no_hit_or_miss_is_switched_off(filled: Engine) -> None:
    migrate.upgrade(filled)
    with filled.connect() as connection:
        rules = {row["id"]: row for row in alert_rules.all_of(connection, "town")}
    assert {name: row["is_active"] for name, row in rules.items()} == {"proven": True, "unproven": False}
    assert "no alert" in rules["unproven"]["switched_off_by"]


def test_the_way_back_keeps_alerts_and_notes(filled: Engine) -> None:
    migrate.upgrade(filled)
    migrate.downgrade(filled, "0004")
    with filled.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM alert")).scalar_one() == 3
        assert connection.execute(text("SELECT count(*) FROM acknowledgement")).scalar_one() == 2
    migrate.upgrade(filled)
    with filled.connect() as connection:
        assert len(alerts.read(connection, "town", limit=10)) == 3
