"""A load is undone: what was before is in force again, nothing is lost, and it happens wholly or not at all."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner

from db.errors import DatabaseError
from db.queries import history
from db.queries.areas import geographies
from db.queries.datasets import newest_manifest
from etl.cities import city_profile
from etl.cli.main import app
from etl.compute import compute_city
from etl.errors import DeliveryError, EtlError, UndoError, UnknownCityError
from etl.undo import UndoReport, undo_load

pytestmark = pytest.mark.db


def quiet(_name: str, _share: float | None = None) -> None:
    """Progress nobody looks at."""


def undo(engine: Engine, number: int, progress=quiet, **options) -> UndoReport:
    return undo_load(engine, number, undone_by="test", code_version="test", progress=progress, **options)


def state(engine: Engine) -> dict[str, Any]:
    """What is in force: delivered values with their loads, areas, editions, and what is said of them."""
    with engine.connect() as connection:
        tables = {
            "value": "SELECT vintage_id, indicator_id, period, area_id, reference_date, value, status::text, load_id"
            " FROM value WHERE load_id IS NOT NULL",
            "area": "SELECT vintage_id, area_id, name, parent_area_id, ST_AsText(geometry) FROM area"
            " JOIN vintage v ON v.id = vintage_id WHERE v.withdrawn_by IS NULL",
            "vintage": "SELECT id, edition, valid_from, valid_to FROM vintage WHERE withdrawn_by IS NULL",
            "city": "SELECT * FROM city",
            "source": "SELECT * FROM source",
            "indicator": "SELECT i.* FROM indicator i JOIN city_indicator c ON c.indicator_id = i.id",
            "city_indicator": "SELECT city_id, indicator_id, source, caution_de, is_from_catalogue FROM city_indicator",
            "availability": "SELECT * FROM availability",
        }
        return {
            name: sorted(map(repr, connection.execute(text(query)).all())) for name, query in tables.items()
        }


def rows(engine: Engine) -> dict[str, int]:
    names = ("load", "value", "superseded_value", "restored_value", "superseded_area", "vintage", "raw_file")
    with engine.connect() as connection:
        return {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in names}


def residents(engine: Engine, area: str = "01", period: str = "2020") -> tuple[float, int]:
    with engine.connect() as connection:
        row = connection.execute(
            text(
                "SELECT value, load_id FROM value WHERE indicator_id = 'residents' AND area_id = :area AND period = :period"
            ),
            {"area": area, "period": period},
        ).one()
    return row.value, row.load_id


@pytest.fixture
def corrected(load_town, database: Engine, dataset) -> dict[str, Any]:
    """The small town after a load and a correction that also brought a year; what was in force before it."""
    load_town()
    before = state(database)
    dataset.values("1000;100", "1001;100")
    path = dataset.folder / "values.csv"
    path.write_text(path.read_text("utf-8") + "01;2022;1020;120;5,7\n", encoding="utf-8")
    report = load_town()
    # Altstadt and the city, whose residents are the sum; a year of 3 indicators on 4 areas, 2 of which add up for the city
    assert (report.counts["values_corrected"], report.counts["values_inserted"]) == (2, 14)
    return before


def test_what_was_before_is_in_force_again_with_the_loads_that_brought_it(
    database: Engine, corrected: dict[str, Any]
) -> None:
    report = undo(database, 2)
    assert state(database) == corrected
    assert residents(database) == (1000.0, 1)
    assert (report.undone, report.load_id, report.in_force) == (2, 3, 1)
    assert (report.counts["values_taken_back"], report.counts["values_restored"]) == (16, 2)
    assert report.sentence().startswith(
        "small: load 2 undone by load 3, load 1 is in force: values taken back 16, values restored 2"
    )


def test_nothing_is_lost_and_the_undo_is_a_load_that_says_what_it_undid(
    database: Engine, corrected: dict[str, Any]
) -> None:
    before = rows(database)
    undo(database, 2)
    after = rows(database)
    # The 2 corrected values of load 1 stay kept, and the 16 of load 2 are kept now.
    assert (before["superseded_value"], after["superseded_value"]) == (2, 18)
    assert after["raw_file"] == before["raw_file"]
    with database.connect() as connection:
        told = connection.execute(text("SELECT undoes, loaded_by, source_id, counts FROM load WHERE id = 3"))
        row = told.one()
        kept = connection.execute(
            text(
                "SELECT value, load_id, superseded_by FROM superseded_value WHERE area_id = '01' AND period = '2020'"
                " ORDER BY load_id"
            )
        ).all()
    assert (row.undoes, row.loaded_by, row.source_id) == (2, "test", "small")
    assert row.counts["values_restored"] == 2
    assert [tuple(one) for one in kept] == [(1000.0, 1, 2), (1001.0, 2, 3)]


def test_history_and_differences_tell_the_undo(database: Engine, corrected: dict[str, Any]) -> None:
    undo(database, 2)
    with database.connect() as connection:
        told = history.value_history(connection, "small", "01", "residents", geography="sub_district")
        steps = {pair: history.differences(connection, "small", *pair) for pair in ((1, 2), (2, 3), (1, 3))}
    assert [
        (row["value"], row["load"], row["superseded_by"], row["undone_load"], row["restored_by"])
        for row in told
        if row["period"] == "2020"
    ] == [(1000.0, 1, None, None, 3), (1001.0, 2, 3, 2, None), (1000.0, 1, 2, None, None)]
    assert steps[1, 2]["change"].value_counts().to_dict() == {"added": 14, "changed": 2}
    assert steps[2, 3]["change"].value_counts().to_dict() == {"removed": 14, "changed": 2}
    assert steps[1, 3].empty


def test_the_undone_delivery_can_be_loaded_again_and_the_one_before_changes_nothing(
    load_town, database: Engine, dataset, corrected: dict[str, Any]
) -> None:
    undo(database, 2)
    again = load_town()
    assert (again.changed, again.counts["values_corrected"], again.counts["values_inserted"]) == (True, 2, 14)
    undo(database, again.load_id)
    dataset.values("1001;100", "1000;100")
    dataset.values("01;2022;1020;120;5,7\n", "")
    same = load_town()
    assert (same.changed, same.load_id) == (False, 1)
    assert state(database) == corrected


def test_an_undo_is_undone_and_the_load_is_back(database: Engine, corrected: dict[str, Any]) -> None:
    wanted = state(database)
    undo(database, 2)
    report = undo(database, 3)
    assert (report.in_force, report.counts["values_restored"]) == (2, 16)
    assert state(database) == wanted
    assert residents(database) == (1001.0, 2)
    with database.connect() as connection:
        assert history.differences(connection, "small", 2, 4).empty
        assert len(history.differences(connection, "small", 1, 4)) == 16
    # And the load that is back can be undone like any other, by its own number.
    assert undo(database, 2).in_force == 1
    assert state(database) == corrected


def test_a_load_is_undone_once(database: Engine, corrected: dict[str, Any]) -> None:
    undo(database, 2)
    before = rows(database)
    with pytest.raises(
        UndoError, match="load 3 has undone it already; 'sozialraum undo small 3' brings it back"
    ):
        undo(database, 2)
    assert rows(database) == before


def test_only_the_load_in_force_can_be_undone(database: Engine, corrected: dict[str, Any]) -> None:
    before = rows(database)
    with pytest.raises(UndoError, match="load 2 came after it and rests on it; undo load 2 first"):
        undo(database, 1)
    with pytest.raises(UndoError, match=r"load 7 .* there is no such load; 'sozialraum history CITY' lists"):
        undo(database, 7)
    assert rows(database) == before


def test_one_load_after_the_other_is_undone_until_the_city_is_empty(
    load_town, database: Engine, dataset, corrected: dict[str, Any]
) -> None:
    undo(database, 2)
    report = undo(database, 1)
    assert report.in_force is None
    assert (report.counts["values_taken_back"], report.counts["editions_withdrawn"]) == (28, 2)
    assert report.sentence().startswith("small: load 1 undone by load 4, nothing is loaded any more")
    left = state(database)
    assert (left["value"], left["area"], left["vintage"], left["availability"]) == ([], [], [], [])
    with database.connect() as connection:
        assert geographies(connection, "small") == []
        assert newest_manifest(connection, "small") is None
        with pytest.raises(UnknownCityError):
            city_profile("small", connection)
        assert len(history.value_history(connection, "small", "01", "residents")) == 5
    with pytest.raises(UndoError, match="load 4 has undone it already"):
        undo(database, 1)
    # The same boundaries under the same name are welcome again: the name of a withdrawn edition is free.
    assert load_town().counts["areas_inserted"] == 5


def test_the_first_load_of_all_comes_back_as_well(load_town, database: Engine, dataset) -> None:
    load_town()
    wanted = state(database)
    undo(database, 1)
    assert undo(database, 2).counts["editions_restored"] == 2
    assert state(database) == wanted


def test_what_was_computed_goes_and_can_be_computed_again(load_town, database: Engine, dataset) -> None:
    def shares() -> list[float]:
        with database.connect() as connection:
            profile = city_profile("small", connection)
        compute_city(database, profile, requested_by="test", code_version="test", progress=quiet)
        with database.connect() as connection:
            query = "SELECT value FROM value WHERE indicator_id = 'foreign_share' AND area_id = '01' ORDER BY period"
            return list(connection.execute(text(query)).scalars())

    load_town()
    first = shares()
    dataset.values("1000;100", "1001;200")
    load_town()
    assert shares() != first
    report = undo(database, 2)
    assert report.counts["computed_values_removed"] > 0
    with database.connect() as connection:
        computed = connection.execute(text("SELECT count(*) FROM value WHERE run_id IS NOT NULL"))
        assert computed.scalar_one() == 0
    assert shares() == first


def test_a_dry_run_says_what_would_change_and_changes_nothing(
    database: Engine, corrected: dict[str, Any]
) -> None:
    before, wanted = rows(database), state(database)
    report = undo(database, 2, dry_run=True)
    assert report.sentence().startswith("small: dry run, nothing was kept: load 2 undone, load 1 is in force")
    assert report.counts["values_restored"] == 2
    assert (rows(database), state(database)) == (before, wanted)


@pytest.mark.parametrize("step", ["definitions", "areas", "values", "proof of confidentiality", "commit"])
def test_a_lost_connection_leaves_the_load_in_force(
    database: Engine, corrected: dict[str, Any], step: str
) -> None:
    before, wanted = rows(database), state(database)

    def cut(name: str, _share: float | None = None) -> None:
        if name == step:
            with database.connect() as other:
                other.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )

    with pytest.raises(DBAPIError):
        undo(database, 2, cut)
    database.dispose()
    assert (rows(database), state(database)) == (before, wanted)
    assert undo(database, 2).in_force == 1


def is_waiting(engine: Engine) -> bool:
    """Whether somebody waits for a lock that somebody else holds."""
    with engine.connect() as connection:
        statement = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        return bool(connection.execute(text(statement)).scalar_one())


def test_a_load_that_waits_for_an_undo_is_refused_and_an_undo_that_waits_for_a_load_too(
    load_town, database: Engine, dataset, corrected: dict[str, Any]
) -> None:
    dataset.values("1001;100", "1002;100")
    outcome: list[Exception] = []

    def other(work) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except (UndoError, DeliveryError) as error:
                outcome.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        # It looks at what there is, and waits for the lock of the city then.
        ends = time.monotonic() + 30
        while thread.is_alive() and not is_waiting(database) and time.monotonic() < ends:
            time.sleep(0.05)
        return thread

    waiting: list[threading.Thread] = []

    def meanwhile(work, step: str):
        def told(name: str, _share: float | None = None) -> None:
            if name == step and not waiting:
                waiting.append(other(work))

        return told

    undo(database, 2, meanwhile(load_town, "values"))
    waiting.pop().join()
    assert "another load of this city was finished meanwhile" in str(outcome.pop())
    load_town(progress=meanwhile(lambda: undo(database, 3), "values"))
    waiting.pop().join()
    assert "load 4 came after it" in str(outcome.pop())
    assert residents(database) == (1002.0, 4)


def test_a_load_of_an_earlier_version_of_the_program_is_refused(
    database: Engine, corrected: dict[str, Any]
) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE load SET definitions = NULL"))
    with pytest.raises(UndoError, match="did not keep what was before; load the earlier delivery again"):
        undo(database, 2)


def test_the_command_says_it_in_a_line_and_as_json(
    database: Engine, corrected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOZIALRAUM_DATABASE_URL", database.url.render_as_string(hide_password=False))

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
        assert result.exit_code == 0
        return result.stdout

    told = run("undo", "small", "2")
    assert "load 2 undone by load 3" in told
    assert "'sozialraum compute small' computes again" in told
    assert json.loads(run("undo", "small", "3", "--json"))["counts"]["values_restored"] == 16
    assert "dry run, nothing was kept" in run("undo", "small", "2", "--dry-run")
    lines = run("history", "small", "01", "residents", "--geography", "sub_district")
    assert "taken back by load 3, which undid load 2" in lines
    assert "in force again since load 4" in lines
    told = run("history", "small").splitlines()
    assert told[0].startswith("load 4 of ")
    assert "small; undoes load 3: " in told[0]
    assert "values restored 16" in told[0]
    assert "values inserted 28" in told[-1]
    assert "from load 2 to load 4: 0 added, 0 changed, 0 removed" in run("diff", "small", "2", "4")


def test_a_city_of_which_every_load_was_undone_is_like_one_that_was_never_loaded(
    small_city: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOZIALRAUM_DATABASE_URL", small_city.url.render_as_string(hide_password=False))
    assert undo(small_city, 1).in_force is None
    for arguments, what in (
        (("compute", "sample"), "sample: nothing is loaded yet"),
        (("indicator", "values", "sample", "residents"), "loaded cities: none"),
        (("confidentiality", "audit", "sample"), "sample: nothing is loaded yet"),
        (("goals", "growth", "--city", "sample", "--group", "residents"), "sample: nothing is loaded yet"),
        (("alert", "backtest", "sample", "unemployment-rises"), "sample"),
        (("map", "sample"), "loaded cities: none"),
        (("undo", "sample", "1"), "load 2 has undone it already"),
    ):
        result = CliRunner().invoke(app, list(arguments))
        assert isinstance(result.exception, EtlError | DatabaseError), (arguments, result.exception)
        assert what in str(result.exception), arguments
