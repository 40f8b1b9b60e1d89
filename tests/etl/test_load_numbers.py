"""Readers count the loads of a city 1, 2, 3: what was not loaded takes no number, and other cities have their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from db.queries.load_order import id_of, number_of
from etl.cli.main import app
from etl.datasets.findings import DatasetError
from etl.errors import UndoError

pytestmark = pytest.mark.db


@pytest.fixture
def run(database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return what runs a command and gives what it prints."""
    monkeypatch.setenv("SOZIALRAUM_DATABASE_URL", database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("SOZIALRAUM_STATE_DIR", str(tmp_path / "state"))

    def command(*arguments: object) -> str:
        return (
            CliRunner()
            .invoke(app, [str(one) for one in arguments], catch_exceptions=False, color=False)
            .stdout
        )

    return command


@pytest.fixture
def two_loads(database: Engine, dataset, run) -> Engine:
    """Two loads of the small town, with a dry run, a refused load and a load of another city among them."""
    assert run("load", dataset.folder, "--dry-run").startswith("small: dry run, nothing was kept")
    assert run("load", dataset.folder).startswith("small: load 1: ")
    with database.begin() as connection:
        connection.execute(
            text("INSERT INTO city SELECT 'other', title_de, title_en, srid, is_synthetic FROM city")
        )
        connection.execute(
            text(
                "INSERT INTO load (city_id, source_id, checksum, code_version, loaded_by, counts, repairs)"
                " SELECT 'other', source_id, checksum, code_version, loaded_by, counts, repairs FROM load"
            )
        )
    dataset.values("1000;100", "1001;-1")
    with pytest.raises(DatasetError):
        run("load", dataset.folder)
    dataset.values("1001;-1", "1001;100")
    run("load", dataset.folder, "--dry-run")
    assert run("load", dataset.folder).startswith("small: load 2: ")
    return database


def test_loads_are_numbered_without_holes_in_each_city(two_loads: Engine, run) -> None:
    with two_loads.connect() as connection:
        ids = [id_of(connection, "small", number) for number in (1, 2, 3)]
        assert ids[2] is None
        assert ids[1] > 2  # the id was given to a dry run or to another city before
        assert [number_of(connection, one) for one in ids[:2]] == [1, 2]
        assert id_of(connection, "other", 1) not in ids
    assert [row["number"] for row in json.loads(run("history", "small", "--json"))] == [2, 1]


def test_what_is_said_of_a_load_is_what_the_other_commands_take(two_loads: Engine, dataset, run) -> None:
    assert "from load 1 to load 2: 0 added, 2 changed, 0 removed" in run("diff", "small", 1, 2)
    assert "; corrected by load 2" in run("history", "small", "01", "residents")
    assert run("load", dataset.folder).strip() == "small: unchanged since load 2, 0 rows changed"
    assert run("undo", "small", 2, "--dry-run").startswith(
        "small: dry run, nothing was kept: load 2 undone, load 1 is"
    )
    assert run("undo", "small", 2).startswith("small: load 2 undone by load 3, load 1 is in force")
    assert "; taken back by load 3, which undid load 2" in run("history", "small", "01", "residents")
    assert "; undoes load 2: " in run("history", "small")


def test_a_number_that_no_load_of_the_city_has_is_refused_with_those_there_are(
    two_loads: Engine, run
) -> None:
    with pytest.raises(
        UndoError, match="load 7 cannot be undone: small has no such load; the newest ones: 2, 1"
    ):
        run("undo", "small", 7)


def test_json_says_the_number_and_not_the_id(dataset, run) -> None:
    told = json.loads(run("load", dataset.folder, "--json"))
    assert (told["number"], told["findings"]) == (1, [])
    assert "load_id" not in told


def test_a_load_that_removed_computed_values_says_how_to_have_them_again(dataset, run) -> None:
    assert "sozialraum compute" not in run("load", dataset.folder)
    run("compute", "small")
    dataset.values("1000;100", "1001;100")
    lines = run("load", dataset.folder, "--dry-run").splitlines()
    assert lines[-1] == (
        "a load removes what was computed of the values before; 'sozialraum compute small' computes it again"
    )
    lines = run("load", dataset.folder).splitlines()
    assert lines[-1] == (
        "what was computed of the values before was removed; 'sozialraum compute small' computes it again"
    )


def test_what_stands_out_is_told_after_the_sentence(dataset, run) -> None:
    run("load", dataset.folder)
    dataset.manifest('    { indicator = "rate", column = "quote" },\n', "")
    lines = run("load", dataset.folder, "--dry-run").splitlines()
    assert lines[1] == "1 warning:"
    assert lines[2].startswith(
        "  small: rate is not in this delivery; earlier loads brought 7 values for 2020, 2021"
    )
