"""A load or an undo that is cut off, by whatever, leaves the database as it was; the next one is whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from db import migrate
from db.cluster.throw_away import throw_away
from db.engine import connect
from etl.pipeline import load_city
from etl.raw import RawStore
from etl.undo import undo_load

pytestmark = pytest.mark.db

ROOT = Path(__file__).resolve().parents[3]
_TABLES = (
    "city", "source", "load", "dataset", "raw_file", "rejected_row", "vintage", "area", "value", "indicator",
    "superseded_value", "superseded_area", "restored_value", "availability", "overlay",
)  # fmt: skip
# Loads or undoes, and is killed without a word when it comes to a step.
_KILLED = """
import os, signal, sys
from pathlib import Path
from db.engine import connect
from etl.datasets.source import open_source
from etl.pipeline import load_city
from etl.raw import RawStore
from etl.undo import undo_load

url, folder, store, step, number = sys.argv[1:]

def progress(name, share=None):
    if name == step:
        os.kill(os.getpid(), signal.SIGKILL)

if number:
    undo_load(connect(url), int(number), undone_by="test", code_version="test", progress=progress)
else:
    load_city(connect(url), open_source(Path(folder)), RawStore(Path(store)), folder=None, loaded_by="test",
              code_version="test", progress=progress)
"""


def quiet(_name: str, _share: float | None = None) -> None:
    """Progress nobody looks at."""


def rows(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in _TABLES
        }


def load(engine: Engine, dataset, tmp_path: Path, progress=quiet):
    return load_city(
        engine,
        dataset.source(),
        RawStore(tmp_path / "raw"),
        folder=None,
        loaded_by="test",
        code_version="test",
        progress=progress,
    )


def killed(url: str, dataset, tmp_path: Path, step: str, number: str = "") -> None:
    """Run a load, or the undo of one, in a process of its own that is killed at a step."""
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, url, str(dataset.folder), str(tmp_path / "raw"), step, number],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def settle(engine: Engine) -> None:
    """Wait until the server has noticed that the process is gone."""
    with engine.connect() as connection:
        for _ in range(200):
            others = connection.execute(
                text(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )
            ).scalar_one()
            if not others:
                return
            threading.Event().wait(0.05)
    pytest.fail("the server still has connections of the killed process")


@pytest.mark.parametrize("step", ["values", "commit"])
def test_kill_9_of_the_loading_process_leaves_the_database_as_it_was(
    database: Engine, dataset, tmp_path: Path, step: str
) -> None:
    url = database.url.render_as_string(hide_password=False)
    load(database, dataset, tmp_path)
    before = rows(database)
    database.dispose()
    dataset.values("1000;100", "1001;101")
    killed(url, dataset, tmp_path, step)
    settle(database)
    assert rows(database) == before
    # residents, non-Germans, and the sums of both
    assert load(database, dataset, tmp_path).counts["values_corrected"] == 4


def test_kill_9_of_the_undoing_process_leaves_the_load_in_force(
    database: Engine, dataset, tmp_path: Path
) -> None:
    url = database.url.render_as_string(hide_password=False)
    load(database, dataset, tmp_path)
    dataset.values("1000;100", "1001;101")
    load(database, dataset, tmp_path)
    before = rows(database)
    database.dispose()
    killed(url, dataset, tmp_path, "commit", "2")
    settle(database)
    assert rows(database) == before
    report = undo_load(database, 2, undone_by="test", code_version="test", progress=quiet)
    assert report.counts["values_restored"] == 4


@pytest.mark.parametrize("table", ["area", "value"])
def test_a_connection_that_is_lost_in_the_middle_of_a_table_leaves_nothing(
    database: Engine, dataset, tmp_path: Path, table: str
) -> None:
    """The server ends the connection while rows are being written, not between two statements."""
    with database.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION cut_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                " IF NEW.area_id = '03' THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NEW; END $$"
            )
        )
        connection.execute(
            text(f"CREATE TRIGGER cut_off BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION cut_off()")
        )
        connection.execute(text(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER cut_off"))
    before = rows(database)
    with pytest.raises(DBAPIError):
        load(database, dataset, tmp_path)
    database.dispose()
    assert rows(database) == before
    with database.begin() as connection:
        connection.execute(text(f"DROP TRIGGER cut_off ON {table}"))
    assert load(database, dataset, tmp_path).counts["values_inserted"] == 28


def test_the_command_says_in_one_line_that_the_connection_was_lost(
    database: Engine, dataset, tmp_path: Path
) -> None:
    with database.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION cut_off() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$"
            )
        )
        connection.execute(
            text("CREATE TRIGGER cut_off BEFORE INSERT ON city FOR EACH ROW EXECUTE FUNCTION cut_off()")
        )
    before = rows(database)
    done = subprocess.run(
        [sys.executable, "-m", "etl.cli.main", "load", str(dataset.folder)],
        cwd=ROOT,
        env=os.environ
        | {
            "SOZIALRAUM_DATABASE_URL": database.url.render_as_string(hide_password=False),
            "SOZIALRAUM_STATE_DIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("sozialraum: database: ")
    assert done.stderr.strip().splitlines()[-1].endswith("nothing was changed")
    assert "Traceback" not in done.stderr
    assert rows(database) == before


def test_a_server_that_is_killed_during_a_load_and_during_an_undo_has_lost_nothing_after_its_next_start(
    dataset, tmp_path: Path
) -> None:
    with throw_away() as server:
        engine = connect(server.url)
        migrate.upgrade(engine)

        def kill(name: str, _share: float | None = None) -> None:
            if name == "commit":
                os.kill(server.status().pid, signal.SIGKILL)
                threading.Event().wait(0.5)  # its children notice within milliseconds and end

        def again() -> Engine:
            engine.dispose()
            server.start()
            return connect(server.url)

        load(engine, dataset, tmp_path)
        before = rows(engine)
        dataset.values("1000;100", "1001;101")
        with pytest.raises(DBAPIError):
            load(engine, dataset, tmp_path, kill)
        engine = again()
        assert rows(engine) == before
        number = load(engine, dataset, tmp_path).load_id
        loaded = rows(engine)
        with pytest.raises(DBAPIError):
            undo_load(engine, number, undone_by="test", code_version="test", progress=kill)
        engine = again()
        assert rows(engine) == loaded
        report = undo_load(engine, number, undone_by="test", code_version="test", progress=quiet)
        assert (report.in_force, report.counts["values_restored"]) == (1, 4)
        engine.dispose()
