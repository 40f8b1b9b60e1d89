"""An undo publishes nothing that was never public, and what was withheld since stays withheld where it must."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from db.queries.alerts import AlertFilter, read
from etl import undone_publication
from etl.cities import city_profile
from etl.errors import UndoError
from etl.published_counts import read_published
from etl.undo import UndoReport, undo_load
from etl.withholding import ExposedCountsError

pytestmark = pytest.mark.db

Public = dict[tuple[str, str, str], float | None]
CITY_TABLE = """
[[table]]
file = "city.csv"
geography = "city"
layout = "wide"
key = "nr"
decimal = ","
period_column = "jahr"
value = [{ indicator = "residents", column = "ew" }, { indicator = "non_german", column = "ausl" }]
"""


def quiet(_name: str, _share: float | None = None) -> None:
    """Progress nobody looks at."""


def undo(engine: Engine, number: int) -> UndoReport:
    """Undo a load, and look whether anything is public that never was, or gives something away."""
    known = ever_public(engine)
    report = undo_load(engine, number, undone_by="test", code_version="test", progress=quiet)
    assert {pair for pair in public(engine).items() if pair[1] is not None} <= known
    with engine.connect() as connection:
        declared = city_profile("small", connection).source.confidentiality
        assert read_published(connection, "small").exposed(declared).empty
    return report


def public(engine: Engine, indicator: str = "non_german") -> Public:
    """What is served of a count: by area, indicator and period, None where it is withheld."""
    query = "SELECT area_id, indicator_id, period, value FROM value WHERE indicator_id = :name"
    with engine.connect() as connection:
        rows = connection.execute(text(query), {"name": indicator})
        return {(row.area_id, row.indicator_id, row.period): row.value for row in rows}


def ever_public(engine: Engine) -> set[tuple[tuple[str, str, str], float]]:
    columns = "area_id, indicator_id, period, value"
    with engine.connect() as connection:
        rows = connection.execute(
            text(f"SELECT {columns} FROM value UNION SELECT {columns} FROM superseded_value")
        ).all()
    return {((row[0], row[1], row[2]), row[3]) for row in rows if row[3] is not None}


def of_2020(found: Public) -> dict[str, float | None]:
    return {area: value for (area, _, period), value in found.items() if period == "2020"}


def test_what_the_load_withheld_by_itself_comes_back_as_it_was(
    load, database: Engine, dataset, tmp_path: Path
) -> None:
    """2 non-Germans were too few, and took a partner with them; the 100 of before were never a secret."""
    dataset.manifest('profile = "as-published"', 'profile = "recommended"')
    dataset.values("03;2020;1500;-;.", "03;2020;1500;50;.")
    load(database, dataset, tmp_path)
    before = public(database)
    assert None not in before.values()
    dataset.values("1000;100", "1000;2")
    load(database, dataset, tmp_path)
    assert list(of_2020(public(database)).values()).count(None) >= 2
    assert undo(database, 2).counts["values_still_withheld"] == 0
    assert public(database) == before


def test_a_small_count_that_the_publisher_withheld_since_stays_withheld_with_what_was_withheld_beside_it(
    load, database: Engine, dataset, tmp_path: Path
) -> None:
    """He published a 4, and took it back. The sum for the city went with it, because it is made of the parts."""
    dataset.values("03;2020;1500;-;.", "03;2020;1500;4;.")
    load(database, dataset, tmp_path)
    dataset.values("03;2020;1500;4;.", "03;2020;1500;.;.")
    dataset.values("01;2021;1010;110", "01;2021;1011;111")
    load(database, dataset, tmp_path)
    assert of_2020(public(database)) == {"01": 100, "02": 300, "03": None, "04": 90, "000": None}
    report = undo(database, 2)
    assert report.counts["values_still_withheld"] == 2
    assert of_2020(public(database)) == {"01": 100, "02": 300, "03": None, "04": 90, "000": None}
    assert public(database)["01", "non_german", "2021"] == 110  # what it corrected elsewhere is taken back
    assert public(database, "residents")["01", "residents", "2021"] == 1010
    # What was kept withheld is not what load 1 delivered: to load that again is not nothing.
    dataset.values("03;2020;1500;.;.", "03;2020;1500;4;.")
    dataset.values("01;2021;1011;111", "01;2021;1010;110")
    assert load(database, dataset, tmp_path).changed


def test_a_count_that_is_too_small_by_the_profile_of_the_undone_load_stays_withheld(
    load, database: Engine, dataset, tmp_path: Path
) -> None:
    """4 were enough by the profile of before; whoever made it strict did not want them to be read."""
    dataset.manifest('profile = "as-published"', 'profile = "recommended"')
    dataset.values("03;2020;1500;-;.", "03;2020;1500;4;.")
    load(database, dataset, tmp_path)
    assert of_2020(public(database))["03"] == 4
    dataset.manifest('profile = "recommended"', 'profile = "strict"')
    dataset.values("03;2020;1500;4;.", "03;2020;1500;3;.")
    load(database, dataset, tmp_path)
    assert of_2020(public(database))["03"] is None
    assert undo(database, 2).counts["values_still_withheld"] >= 2
    assert of_2020(public(database))["03"] is None


def test_large_counts_that_were_withheld_since_come_back(
    load, database: Engine, dataset, tmp_path: Path
) -> None:
    """A wrong sign in the manifest made all of them withheld; that is what undo is for."""
    dataset.values("03;2020;1500;-;.", "03;2020;1500;400;.")
    load(database, dataset, tmp_path)
    before = public(database)
    dataset.values("03;2020;1500;400;.", "03;2020;1500;.;.")
    load(database, dataset, tmp_path)
    assert of_2020(public(database))["03"] is None
    assert undo(database, 2).counts["values_still_withheld"] == 0
    assert public(database) == before


def test_a_sum_that_comes_back_says_nothing_of_what_stays_withheld(
    load, database: Engine, dataset, tmp_path: Path
) -> None:
    """The publisher corrected the sum for the city when he took the 4 back; 494 - 490 would be the 4."""
    dataset.add(CITY_TABLE)
    city = dataset.folder / "city.csv"
    city.write_text("nr;jahr;ew;ausl\n000;2020;5400;494\n", encoding="utf-8")
    dataset.values("03;2020;1500;-;.", "03;2020;1500;4;.")
    load(database, dataset, tmp_path)
    assert of_2020(public(database))["000"] == 494
    city.write_text("nr;jahr;ew;ausl\n000;2020;5400;499\n", encoding="utf-8")
    dataset.values("03;2020;1500;4;.", "03;2020;1500;.;.")
    dataset.values("02;2020;2000;300", "02;2020;2000;.")
    load(database, dataset, tmp_path)
    assert of_2020(public(database)) == {"01": 100, "02": None, "03": None, "04": 90, "000": 499}
    report = undo(database, 2)
    # The 300 was withheld beside the 4, and stays so: 494 - 190 are 304 for both.
    assert of_2020(public(database)) == {"01": 100, "02": None, "03": None, "04": 90, "000": 494}
    assert report.counts["values_still_withheld"] == 2


def test_what_the_undone_load_withheld_stays_withheld_in_later_loads(
    load, database: Engine, dataset, tmp_path: Path
) -> None:
    dataset.manifest('profile = "as-published"', 'profile = "recommended"')
    dataset.values("03;2020;1500;-;.", "03;2020;1500;50;.")
    load(database, dataset, tmp_path)
    dataset.values("1000;100", "1000;2")
    load(database, dataset, tmp_path)
    undo(database, 2)
    dataset.values("1000;2", "1000;40")
    load(database, dataset, tmp_path)
    assert of_2020(public(database))["01"] is None


def test_an_undo_that_cannot_be_protected_is_refused_and_changes_nothing(
    load, database: Engine, dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(database, dataset, tmp_path)
    dataset.values("1000;100", "1000;101")
    load(database, dataset, tmp_path)
    before = public(database)

    def exposed(guarded):
        raise ExposedCountsError("small", guarded.delivery.values.iloc[:1])

    monkeypatch.setattr(undone_publication, "withhold_exposed", exposed)
    with pytest.raises(UndoError, match="load 2 cannot be undone: what would be public again gives withheld"):
        undo_load(database, 2, undone_by="test", code_version="test", progress=quiet)
    assert public(database) == before
    with database.connect() as connection:
        assert connection.execute(text("SELECT max(id) FROM load")).scalar_one() == 2


def test_alerts_that_rest_on_what_was_taken_back_are_withdrawn(
    load, database: Engine, dataset, tmp_path: Path
) -> None:
    load(database, dataset, tmp_path)
    dataset.values("1000;100", "1000;101")
    load(database, dataset, tmp_path)
    with database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO run (city_id, kind, parameters, inputs_hash, code_version, requested_by, summary)"
                " VALUES ('small', 'alerts', '{}', repeat('0', 64), '1', 'test', '{}')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO alert_rule (city_id, id, geography_id, definition)"
                " VALUES ('small', 'many', 'sub_district', '{}')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO alert_rule_version (city_id, rule_id, version, geography_id, definition)"
                " VALUES ('small', 'many', 1, 'sub_district', '{}')"
            )
        )
        for area, value in (("01", 101), ("02", 300)):
            connection.execute(
                text(
                    "INSERT INTO alert (city_id, rule_id, rule_version, geography_id, vintage_id, area_id, period,"
                    " indicator_id, figures, evidence, text_de, text_en, first_run_id, run_id, load_id) VALUES ('small',"
                    " 'many', 1, 'sub_district', 2, :area, '2020', 'non_german', '{}', jsonb_build_array("
                    "jsonb_build_object('indicator_id', 'non_german', 'period', '2020', 'value', CAST(:value AS int))),"
                    " 'x', 'x', 1, 1, 2)"
                ),
                {"area": area, "value": value},
            )
    report = undo(database, 2)
    assert report.counts["alerts_withdrawn"] == 1
    with database.connect() as connection:
        gone = connection.execute(
            text("SELECT area_id, withdrawal FROM alert WHERE withdrawn_at IS NOT NULL")
        )
        assert [tuple(row) for row in gone] == [("01", "corrected")]
        told = read(connection, "small", wanted=AlertFilter(), limit=10)
    assert {row["area_id"]: row["state"] for row in told} == {"01": "withdrawn", "02": "being_checked"}
