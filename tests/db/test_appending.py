"""Rows that are sent in the server's own format arrive as they are, and the database refuses what it always refuses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd
import pytest
import shapely
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from db.queries import appending, values
from db.queries.appending import append, append_from
from db.queries.deliveries import merge_areas, merge_values

pytestmark = pytest.mark.db

KEY = ["vintage_id", "indicator_id", "period", "area_id"]
COLUMNS = [*KEY, "reference_date", "value", "status"]


@pytest.fixture
def town(database: Engine) -> Engine:
    """A city with one level of three areas, one indicator and two loads."""
    square = "ST_SetSRID('MULTIPOLYGON(((0 0,0 10,10 10,10 0,0 0)))'::geometry, 25833)"
    indicator = "'residents', 'E', 'R', '1', 'extensive', 'context', 0, '{}', '{}'"
    with database.begin() as connection:
        for statement in (
            "INSERT INTO city VALUES ('town', 'T', 'T', 25833, true)",
            "INSERT INTO source VALUES ('town', 'T', 'T', 'p', 'CC0-1.0', 'a', '')",
            "INSERT INTO load (city_id, source_id, checksum, code_version, loaded_by, counts, repairs)"
            " SELECT 'town', 'town', repeat('a', 64), '1', 'test', '{}', '{}' FROM generate_series(1, 2)",
            "INSERT INTO geography_level VALUES ('town', 'block', NULL, 0, 2, 'B', 'B')",
            "INSERT INTO vintage (city_id, geography_id, edition, valid_from, srid)"
            " VALUES ('town', 'block', '2020', '2020-01-01', 25833)",
            "INSERT INTO area (vintage_id, area_id, name, srid, geometry, load_id)"
            f" SELECT 1, '0' || n, 'B', 25833, {square}, 1 FROM generate_series(1, 3) n",
            "INSERT INTO indicator (id, title_de, title_en, unit, kind, direction, decimals, labels_de, labels_en)"
            f" VALUES ({indicator})",
        ):
            connection.execute(text(statement.replace(":", r"\:")))
    return database


@pytest.fixture
def connection(town: Engine) -> Iterator[Connection]:
    with town.connect() as opened:
        yield opened


def rows(*areas: str, value: float | list[float] = 5.0, **changes: object) -> pd.DataFrame:
    fields = {
        "vintage_id": 1,
        "indicator_id": "residents",
        "period": "2020",
        "area_id": list(areas),
        "reference_date": date(2020, 12, 31),
        "value": value,
        "status": "measured",
    }
    return pd.DataFrame(fields | changes)


def written(connection: Connection, columns: str = "area_id, value, status") -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.execute(text(f"SELECT {columns} FROM value ORDER BY ctid"))]


def test_cells_arrive_as_they_are(connection: Connection) -> None:
    table = "CREATE TEMP TABLE odd (word text, day date, number float8, small int2, large int8, place int4)"
    connection.execute(text(table))
    frame = pd.DataFrame(
        {
            "word": ["", 'a "quoted"; \\N\n', None, "Köln ß 漢"],
            "day": [date(1999, 12, 31), date(2000, 1, 1), None, date(2400, 2, 29)],
            "number": [0.1, -0.0, np.nan, 1e308],
            "small": pd.array([-32768, 0, None, 32767], dtype="Int64"),
            "large": [-(2**62), 0, 1, 2**62],
        }
    )
    append(connection, "odd", frame, list(frame), constants={"place": 7})
    found = [tuple(row) for row in connection.execute(text("SELECT * FROM odd ORDER BY large"))]
    assert found == [
        ("", date(1999, 12, 31), 0.1, -32768, -(2**62), 7),
        ('a "quoted"; \\N\n', date(2000, 1, 1), 0.0, 0, 0, 7),
        (None, None, None, None, 1, 7),
        ("Köln ß 漢", date(2400, 2, 29), 1e308, 32767, 2**62, 7),
    ]


def test_texts_and_categoricals_with_unused_categories_are_the_same(connection: Connection) -> None:
    plain = rows("01", "02", value=[1.0, np.nan], status=["measured", "missing"])
    unused = pd.Categorical(["measured", "missing"], categories=["zero", "missing", "measured"])
    known = pd.Categorical(["01", "02"], categories=["99", "02", "01"])  # there is no area 99
    for frame in (plain, plain.assign(status=unused, area_id=known)):
        append(connection, "value", frame, COLUMNS, constants={"load_id": 1})
        assert written(connection) == [("01", 1.0, "measured"), ("02", None, "missing")]
        connection.execute(text("DELETE FROM value"))


def test_rows_are_written_in_the_order_asked_for(connection: Connection) -> None:
    frame = rows("03", "01", "02", value=[3.0, 1.0, 2.0])
    append(connection, "value", frame, COLUMNS, constants={"load_id": 1}, order=KEY)
    assert [row[0] for row in written(connection)] == ["01", "02", "03"]


@pytest.mark.parametrize("count", [126, 127, 128, 32_767, 32_768])
def test_keys_are_found_whatever_type_their_codes_need(connection: Connection, count: int) -> None:
    connection.execute(text("CREATE TABLE place (town int4, key text, PRIMARY KEY (town, key))"))
    connection.execute(
        text("CREATE TABLE told (town int4, key text, FOREIGN KEY (town, key) REFERENCES place)")
    )
    keys = [f"{number:05d}" for number in range(count)]
    frame = pd.DataFrame({"town": 7, "key": pd.Categorical(keys[::-1], categories=keys)})
    for table in ("place", "told"):
        assert append(connection, table, frame, ["town", "key"], order=["town", "key"]) == count
    found = connection.execute(text("SELECT key FROM told ORDER BY ctid")).scalars()
    assert list(found) == keys


def test_many_parts_and_statements_are_one_table(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appending, "_ROWS_AT_ONCE", 2)
    monkeypatch.setattr(appending, "_ROWS_PER_STATEMENT", 5)
    connection.execute(text("CREATE TEMP TABLE number (n int4)"))
    frame = pd.DataFrame({"n": np.arange(13)[::-1]})
    assert append(connection, "number", frame, ["n"], order=["n"]) == 13
    assert list(connection.execute(text("SELECT n FROM number ORDER BY ctid")).scalars()) == list(range(13))


@pytest.mark.parametrize("may_leave_checks_out", [True, False])
@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"area_id": ["99"]}, "fk_value_vintage_id_area_id"),
        ({"indicator_id": "nobody"}, "fk_value_indicator_id"),
        ({"status": "missing"}, "ck_value_value_fits_status"),
        ({"period": "last year"}, "ck_value_period_form"),
        ({"area_id": ["01"]}, "pk_value"),  # twice
    ],
)
def test_the_rules_of_the_database_hold_either_way(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, changes, rule: str, may_leave_checks_out: bool
) -> None:
    if not may_leave_checks_out:
        monkeypatch.setattr(appending, "_may_leave_checks_out", lambda *_: False)
    frame = pd.concat([rows("01"), rows("02", **changes)], ignore_index=True)
    with pytest.raises(IntegrityError, match=rule):
        append(connection, "value", frame, COLUMNS, constants={"load_id": 1})
    connection.rollback()
    assert written(connection) == []


def test_a_load_that_is_not_there_is_refused(connection: Connection) -> None:
    with pytest.raises(IntegrityError, match="fk_value_load_id"):
        append(connection, "value", rows("01"), COLUMNS, constants={"load_id": 99})


def test_the_checks_of_single_rows_are_on_again_afterwards(connection: Connection) -> None:
    append(connection, "value", rows("01"), COLUMNS, constants={"load_id": 1})
    role = connection.execute(text("SHOW session_replication_role")).scalar_one()
    assert role == "origin"
    with pytest.raises(IntegrityError, match="fk_value_vintage_id_area_id"):
        connection.execute(text("UPDATE value SET area_id = '99'"))


def test_a_failed_append_leaves_no_transaction_without_checks(connection: Connection) -> None:
    with pytest.raises(IntegrityError):
        append(connection, "value", rows("01", "01"), COLUMNS, constants={"load_id": 1})
    connection.rollback()
    assert connection.execute(text("SHOW session_replication_role")).scalar_one() == "origin"


def test_what_is_referred_to_cannot_be_deleted_meanwhile(town: Engine, connection: Connection) -> None:
    append(connection, "value", rows("01"), COLUMNS, constants={"load_id": 1})
    with town.connect() as other:
        other.execute(text("SET lock_timeout = 100"))
        with pytest.raises(Exception, match="lock timeout"):
            other.execute(text("DELETE FROM area WHERE area_id = '01'"))


def test_an_account_without_the_right_writes_the_same(town: Engine, connection: Connection) -> None:
    connection.execute(text("CREATE ROLE clerk"))
    connection.execute(text("GRANT ALL ON ALL TABLES IN SCHEMA public TO clerk"))
    connection.execute(text("SET LOCAL ROLE clerk"))
    append(connection, "value", rows("01", "02"), COLUMNS, constants={"load_id": 1})
    assert len(written(connection)) == 2
    with pytest.raises(IntegrityError, match="fk_value_vintage_id_area_id"):
        append(connection, "value", rows("99"), COLUMNS, constants={"load_id": 1})


def test_a_trigger_of_a_table_is_never_left_out(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE seen (n int4)"))
    connection.execute(text("CREATE TABLE told (n int4)"))
    connection.execute(
        text(
            "CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN INSERT INTO told VALUES (NEW.n); RETURN NEW; END'"
        )
    )
    connection.execute(text("CREATE TRIGGER tell AFTER INSERT ON seen FOR EACH ROW EXECUTE FUNCTION tell()"))
    append(connection, "seen", pd.DataFrame({"n": [1, 2]}), ["n"])
    assert connection.execute(text("SELECT count(*) FROM told")).scalar_one() == 2


@pytest.mark.parametrize("may_leave_checks_out", [True, False])
@pytest.mark.parametrize(
    ("area", "load", "rule"),
    [("99", 1, "fk_value_vintage_id_area_id"), ("02", 99, "fk_value_load_id"), ("01", 1, "pk_value")],
)
def test_rows_that_the_database_makes_are_refused_like_any_other(
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    area: str,
    load: int,
    rule: str,
    may_leave_checks_out: bool,
) -> None:
    if not may_leave_checks_out:
        monkeypatch.setattr(appending, "_may_leave_checks_out", lambda *_: False)
    append(connection, "value", rows("01"), COLUMNS, constants={"load_id": 1})
    connection.commit()
    made = {name: name for name in COLUMNS} | {"area_id": ":area", "load_id": "CAST(:load AS integer)"}
    with pytest.raises(IntegrityError, match=rule):
        append_from(connection, "value", made, "value", parameters={"area": area, "load": load})
    connection.rollback()
    assert len(written(connection)) == 1
    assert connection.execute(text("SHOW session_replication_role")).scalar_one() == "origin"


def test_rows_that_the_database_makes_are_written_and_lock_what_they_refer_to(
    town: Engine, connection: Connection
) -> None:
    append(connection, "value", rows("01", "02", "03"), COLUMNS, constants={"load_id": 1})
    moved = {name: name for name in COLUMNS} | {"period": "'2021'", "load_id": "load_id"}
    assert append_from(connection, "value", moved, "value WHERE area_id > '01'", order="area_id DESC") == 2
    found = written(connection, "period, area_id")
    assert found == [("2020", "01"), ("2020", "02"), ("2020", "03"), ("2021", "03"), ("2021", "02")]
    with pytest.raises(IntegrityError, match="fk_value_vintage_id_area_id"):
        connection.execute(text("UPDATE value SET area_id = '99' WHERE (period, area_id) = ('2021', '03')"))
    connection.rollback()
    append(connection, "value", rows("03"), COLUMNS, constants={"load_id": 1})
    connection.commit()
    append_from(connection, "value", moved, "value")
    with town.connect() as other:
        other.execute(text("SET lock_timeout = 100"))
        with pytest.raises(Exception, match="lock timeout"):
            other.execute(text("DELETE FROM load WHERE id = 1"))


@pytest.mark.parametrize("at_once", [1, 3, 100])
def test_computed_values_are_stored_in_parts_with_intervals_where_they_have_them(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(values, "_ROWS_AT_ONCE", at_once)
    run = connection.execute(
        text(
            "INSERT INTO run (city_id, kind, parameters, inputs_hash, code_version, requested_by, summary)"
            " VALUES ('town', 'shares', '{}', repeat('a', 64), '1', 'test', '{}') RETURNING id"
        )
    ).scalar_one()
    plain = rows("01", "02", value=[1.0, np.nan], status=["measured", "missing"])
    text_day = rows("03", value=3.0, ci_low=2.0, ci_high=4.0, comparison="above", reference_date="2020-12-31")
    asked = {"run_id": run, "vintage_ids": [1], "indicator_ids": ["residents"]}
    for _ in range(2):
        assert values.replace_computed(connection, iter([plain, text_day]), **asked) == 3
        assert sorted(written(connection, "area_id, reference_date, value, ci_low, comparison, run_id")) == [
            ("01", date(2020, 12, 31), 1.0, None, None, run),
            ("02", date(2020, 12, 31), None, None, None, run),
            ("03", date(2020, 12, 31), 3.0, 2.0, "above", run),
        ]
    assert values.replace_computed(connection, iter([]), **asked) == 0


def areas(*keys: str, parent: str | None = "T", vintage: int = 1) -> pd.DataFrame:
    box = shapely.set_srid(shapely.multipolygons([shapely.box(0, 0, 10, 10)]), 25833)
    return pd.DataFrame(
        {
            "vintage_id": vintage,
            "area_id": list(keys),
            "parent_vintage_id": pd.array([vintage if parent else None] * len(keys), dtype="Int64"),
            "parent_area_id": parent,
            "name": "B",
            "srid": 25833,
            "geometry": [box] * len(keys),
        }
    )


def test_areas_may_refer_to_each_other(connection: Connection) -> None:
    connection.execute(text("DELETE FROM area"))
    both = pd.concat([areas("11", parent="T"), areas("T", parent=None)], ignore_index=True)
    assert merge_areas(connection, both, load_id=1)["areas_inserted"] == 2
    found = connection.execute(text("SELECT ST_Area(geometry), ST_SRID(geometry) FROM area")).all()
    assert [tuple(row) for row in found] == [(100.0, 25833), (100.0, 25833)]
    assert merge_areas(connection, both, load_id=2)["areas_unchanged"] == 2


def test_an_area_whose_parent_is_nowhere_is_refused(connection: Connection) -> None:
    connection.execute(text("DELETE FROM area"))
    with pytest.raises(IntegrityError, match="fk_area_parent"):
        merge_areas(connection, areas("11", parent="Z"), load_id=1)


def test_a_geometry_in_another_crs_is_refused(connection: Connection) -> None:
    connection.execute(text("DELETE FROM area"))
    frame = areas("11", parent=None)
    frame["geometry"] = shapely.set_srid(frame["geometry"].to_numpy(), 25832)
    with pytest.raises(IntegrityError, match="geometry_in_the_vintage_crs"):
        merge_areas(connection, frame, load_id=1)


def test_new_series_and_stored_ones_are_merged_in_one_delivery(connection: Connection) -> None:
    merge_values(connection, rows("01", "02", value=[1.0, 2.0]), load_id=1)
    delivered = pd.concat(
        [rows("01", "02", "03", value=[1.0, 9.0, 3.0]), rows("01", value=4.0, period="2021")],
        ignore_index=True,
    )
    counts = merge_values(connection, delivered, load_id=2)
    # 01 is as it was, 02 is corrected, 03 is new in a series that is there, and all of 2021 is new
    assert counts == {
        "values_inserted": 2,
        "values_corrected": 1,
        "computed_values_replaced": 0,
        "values_unchanged": 1,
    }
    assert sorted(written(connection, "period, area_id, value, load_id")) == [
        ("2020", "01", 1.0, 1),
        ("2020", "02", 9.0, 2),
        ("2020", "03", 3.0, 2),
        ("2021", "01", 4.0, 2),
    ]
    old = connection.execute(
        text("SELECT area_id, value, load_id, superseded_by FROM superseded_value")
    ).all()
    assert [tuple(row) for row in old] == [("02", 2.0, 1, 2)]
    again = merge_values(connection, delivered, load_id=2)
    assert (again["values_inserted"], again["values_corrected"], again["values_unchanged"]) == (0, 0, 4)
