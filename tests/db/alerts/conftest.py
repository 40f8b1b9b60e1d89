"""A town with one rule that was tried out, for the tests of alerts in the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, Engine, text

from db.engine import connect
from db.queries import alert_merge, alert_rules, alerts, subscriptions
from db.queries.alert_merge import FoundAlert
from db.queries.alerts import AlertFilter

RULE = {"id": "rises", "title_de": "Steigt", "title_en": "Rises", "kind": "change", "threshold": 0.5}


@pytest.fixture(scope="session")
def rule_definition() -> dict[str, object]:
    """The rule as its file says it."""
    return RULE


SQUARE = "SRID=25833;MULTIPOLYGON(((0 0,0 10,10 10,10 0,0 0)))"
SECRET = "s" * 64


@pytest.fixture(scope="session")
def secret() -> str:
    """What messages are signed with."""
    return SECRET


# Tables that refuse to be emptied; between two tests they are.
GUARDED = (
    "acknowledgement",
    "priority_map",
    "priority_map_region",
    "priority_map_area",
    "priority_map_event",
)


@pytest.fixture(scope="module")
def engine(make_database: Callable[..., str]) -> Iterator[Engine]:
    """A migrated database that all tests of this file share."""
    engine = connect(make_database())
    yield engine
    engine.dispose()


@pytest.fixture
def town(engine: Engine) -> Engine:
    """A city of one district with two quarters, one indicator with its two counts, a back-tested rule, one run."""
    statements = [
        *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in GUARDED),
        "TRUNCATE city, source, indicator RESTART IDENTITY CASCADE",
        *(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in GUARDED),
        "INSERT INTO city VALUES ('town', 'Ort', 'Town', 25833, true)",
        "INSERT INTO source (id, title_de, title_en, publisher, licence, attribution)"
        " VALUES ('town', 'Q', 'S', 'p', 'CC0-1.0', 'a')",
        "INSERT INTO load (city_id, source_id, checksum, code_version, loaded_by, counts, repairs)"
        " SELECT 'town', 'town', repeat(n::text, 64), '1', 'test', '{}', '{}' FROM generate_series(1, 2) n",
        "INSERT INTO geography_level (city_id, id, parent_id, rank, key_length, title_de, title_en) VALUES"
        " ('town', 'city', NULL, 0, 1, 'Stadt', 'City'), ('town', 'district', 'city', 1, 1, 'Bezirk', 'District'),"
        " ('town', 'quarter', 'district', 2, 2, 'Viertel', 'Quarter')",
        "INSERT INTO vintage (city_id, geography_id, edition, valid_from, srid) VALUES"
        " ('town', 'city', '2020', '2020-01-01', 25833), ('town', 'district', '2020', '2020-01-01', 25833),"
        " ('town', 'quarter', '2020', '2020-01-01', 25833)",
        *(
            "INSERT INTO area (vintage_id, area_id, parent_vintage_id, parent_area_id, name, srid, geometry, load_id)"
            f" VALUES ({vintage}, '{area}', {parent}, '{name}', 25833, '{SQUARE}', 1)"
            for vintage, area, parent, name in (
                (1, "T", "NULL, NULL", "Ort"),
                (2, "0", "1, 'T'", "Mitte"),
                (2, "1", "1, 'T'", "Rand"),
                (3, "00", "2, '0'", "West"),
                (3, "10", "2, '1'", "Ost"),
            )
        ),
        "INSERT INTO indicator (id, title_de, title_en, unit, kind, direction, numerator, denominator, decimals,"
        " labels_de, labels_en) VALUES"
        " ('people', 'E', 'R', 'persons', 'extensive', 'context', NULL, NULL, 0, '{}', '{}'),"
        " ('jobless', 'A', 'U', 'persons', 'extensive', 'context', NULL, NULL, 0, '{}', '{}'),"
        " ('jobless_share', 'Anteil', 'Share', '%', 'intensive', 'context', 'jobless', 'people', 1, '{}', '{}')",
        "INSERT INTO run (city_id, kind, parameters, inputs_hash, code_version, requested_by, summary)"
        " SELECT 'town', 'alerts', '{}', repeat('0', 64), '1', 'test', '{}' FROM generate_series(1, 2)",
        *(
            "INSERT INTO value (vintage_id, indicator_id, period, area_id, reference_date, value, status, load_id, run_id)"
            f" VALUES (3, '{indicator}', '2022', '{area}', '2022-12-31', {value}, 'measured', {origin})"
            for area in ("00", "10")
            for indicator, value, origin in (
                ("people", 200, "1, NULL"),
                ("jobless", 30, "1, NULL"),
                ("jobless_share", 15, "NULL, 1"),
            )
        ),
    ]
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
        _store_rule(connection)
    return engine


def _store_rule(connection: Connection, **changes: object) -> bool:
    definition = RULE | changes
    return alert_rules.put(
        connection,
        city_id="town",
        rule_id="rises",
        geography_id="quarter",
        definition=definition,
        backtest={"confirmed": 7, "refuted": 3},
    )


@pytest.fixture(scope="session")
def store_rule() -> Callable[..., bool]:
    """Store the rule, with changes; return whether it is another one."""
    return _store_rule


def _found(area: str = "00", *, jobless: float = 30) -> FoundAlert:
    share = 100 * jobless / 200
    facts = (("jobless_share", share), ("jobless", jobless), ("people", 200.0))
    return FoundAlert(
        area_id=area,
        indicator_id="jobless_share",
        figures={"value": share, "compared_with": 10.0, "estimate": share - 10},
        evidence=[{"indicator_id": name, "period": "2022", "value": value} for name, value in facts],
        text_de=f"{share} % statt 10 %",
        text_en=f"{share} % instead of 10 %",
    )


@pytest.fixture(scope="session")
def found() -> Callable[..., FoundAlert]:
    """Return what the rule finds in a quarter."""
    return _found


def _merge(engine: Engine, *given: FoundAlert, run_id: int = 1, **changes: object) -> dict[str, int]:
    key = {"city_id": "town", "rule_id": "rises", "rule_version": 1, "vintage_id": 3, "period": "2022"}
    with engine.begin() as connection:
        return alert_merge.merge(connection, given, **(key | changes), run_id=run_id)


@pytest.fixture(scope="session")
def merge() -> Callable[..., dict[str, int]]:
    """Merge what a run found."""
    return _merge


def _read(engine: Engine, **wanted: object) -> list[dict[str, object]]:
    with engine.connect() as connection:
        return alerts.read(connection, "town", wanted=AlertFilter(**wanted), limit=10)


@pytest.fixture(scope="session")
def read() -> Callable[..., list[dict[str, object]]]:
    """Return the alerts as they are shown."""
    return _read


def _acknowledge(engine: Engine, number: int, *, seen: int = 1, by: str = "A", reason: str = "seen") -> None:
    with engine.begin() as connection:
        alerts.acknowledge(connection, number, seen=seen, by=by, reason=reason)


@pytest.fixture(scope="session")
def acknowledge() -> Callable[..., None]:
    """Acknowledge an alert."""
    return _acknowledge


def _execute(engine: Engine, statement: str, **values: object) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement), values)


@pytest.fixture(scope="session")
def execute() -> Callable[..., None]:
    """Run a statement."""
    return _execute


def _new_load(engine: Engine, counts: str) -> None:
    _execute(
        engine,
        "INSERT INTO load (city_id, source_id, checksum, code_version, loaded_by, counts, repairs)"
        " VALUES ('town', 'town', repeat('3', 64), '1', 'test', CAST(:counts AS jsonb), '{}')",
        counts=counts,
    )


@pytest.fixture(scope="session")
def new_load() -> Callable[..., None]:
    """Begin another load with its counts."""
    return _new_load


def _subscribe(engine: Engine, department: str = "Jugend", **fields: object) -> int:
    given = {"city_id": "town", "department": department, "created_by": "test"} | fields
    if "webhook_url" in given:
        given |= {"secret": SECRET}
    with engine.begin() as connection:
        return subscriptions.subscribe(connection, **given)


@pytest.fixture(scope="session")
def subscribe() -> Callable[..., int]:
    """Subscribe a department."""
    return _subscribe


def _waiting(engine: Engine) -> list[tuple[int, int]]:
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT d.subscription_id, d.revision FROM webhook_delivery d WHERE next_attempt_at IS NOT NULL"
                " ORDER BY 1, alert_id"
            )
        )
        return [tuple(row) for row in rows]


@pytest.fixture(scope="session")
def waiting() -> Callable[..., list[tuple[int, int]]]:
    """Return the messages that wait: subscription and revision."""
    return _waiting


def _claim(engine: Engine, **options: object) -> dict[str, object] | None:
    with engine.begin() as connection:
        return subscriptions.claim(connection, lease=60, **options)


@pytest.fixture(scope="session")
def claim() -> Callable[..., dict[str, object] | None]:
    """Claim the next message, as a sender does."""
    return _claim
