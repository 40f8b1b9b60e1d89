"""A data set that is refused ends the command with 1 and leaves the database as it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from etl.datasets.findings import DatasetError
from etl.pipeline import load_city
from etl.raw import RawStore

ROOT = Path(__file__).resolve().parents[3]
_TABLES = ("city", "source", "load", "dataset", "raw_file", "rejected_row", "area", "value", "indicator")


def sozialraum(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "etl.cli.main", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def rows(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in _TABLES
        }


def load(engine: Engine, dataset, tmp_path: Path, progress=lambda _name, _share=None: None, **options):
    return load_city(
        engine,
        dataset.source(),
        RawStore(tmp_path / "raw"),
        folder=None,
        loaded_by="test",
        code_version="test",
        progress=progress,
        **options,
    )


def test_check_needs_no_database_and_ends_with_1_and_a_report(dataset) -> None:
    dataset.values("1000;100", "viele;100")
    dataset.values("2,0p", "200")
    done = sozialraum(
        "check", str(dataset.folder), SOZIALRAUM_DATABASE_URL="postgresql://nowhere.invalid/none"
    )
    assert done.returncode == 1
    assert "2 errors:" in done.stdout
    assert (
        "values.csv, row 2, column 'ew': 'viele' is neither a number nor a known sign; correct" in done.stdout
    )
    assert "Traceback" not in done.stderr


def test_check_tells_programs_the_same(dataset) -> None:
    dataset.values("1000;100", "viele;100")
    done = sozialraum("check", str(dataset.folder), "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["errors"]) == (1, 1)
    finding = told["findings"][0]
    assert (finding["file"], finding["place"], finding["column"]) == ("values.csv", "row 2", "ew")


def test_check_of_a_whole_data_set_ends_with_0_and_its_counts(dataset) -> None:
    done = sozialraum("check", str(dataset.folder))
    assert done.returncode == 0, done.stdout
    assert done.stdout.strip().splitlines()[-1] == (
        "small: ready to load: areas 5 (city 1, sub_district 4), values 28 of 3 indicators, rejected rows 0"
    )


def test_a_folder_without_a_manifest_is_refused_in_one_line(tmp_path: Path) -> None:
    done = sozialraum("check", str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("sozialraum: no manifest found")
    assert "sozialraum init" in done.stderr


def test_a_manifest_must_not_take_the_id_of_the_generated_city(dataset) -> None:
    dataset.manifest('id = "small"\ntitle_de', 'id = "sample"\ntitle_de')
    done = sozialraum("check", str(dataset.folder))
    assert done.returncode == 1
    assert "that of the city that is generated" in done.stderr


@pytest.mark.db
def test_a_refused_load_changes_nothing(database: Engine, dataset, tmp_path: Path) -> None:
    before = rows(database)
    dataset.values("1000;100", "viele;100")
    with pytest.raises(DatasetError) as refused:
        load(database, dataset, tmp_path)
    assert [one.column for one in refused.value.findings] == ["ew"]
    assert rows(database) == before


@pytest.mark.db
@pytest.mark.parametrize("step", ["definitions", "areas", "values", "commit"])
def test_a_lost_connection_leaves_the_database_as_it_was(
    database: Engine, dataset, tmp_path: Path, step: str
) -> None:
    before = rows(database)

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
        load(database, dataset, tmp_path, cut)
    database.dispose()
    assert rows(database) == before


@pytest.mark.db
def test_a_dry_run_says_what_would_change_and_changes_nothing(
    database: Engine, dataset, tmp_path: Path
) -> None:
    before = rows(database)
    report = load(database, dataset, tmp_path, dry_run=True)
    assert (report.counts["areas_inserted"], report.counts["values_inserted"]) == (5, 28)
    assert report.sentence().startswith(
        "small: dry run, nothing was kept: areas inserted 5, values inserted 28"
    )
    assert rows(database) == before
    assert not (tmp_path / "raw").exists()
