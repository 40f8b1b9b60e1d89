"""A publisher that hangs, or sends half an answer, ends the command with 1 and leaves everything as it was."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from etl.datasets.findings import DatasetError
from etl.datasets.services.http import Limits
from etl.pipeline import load_city
from etl.raw import RawStore

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def told_to_ask(dataset, publisher) -> None:
    """Let the small data set have its values from the publisher, with two seconds of patience."""
    dataset.add(
        f'\n[[download]]\nfile = "values.csv"\nkind = "http"\nurl = "{publisher.url}/v"\nmost_seconds = 2\n'
    )


@pytest.mark.usefixtures("told_to_ask")
def test_check_tells_a_publisher_that_hangs_in_one_line_and_ends_with_1(
    dataset, publisher, played, tmp_path: Path
) -> None:
    publisher.at["/v"] = played(silence=60)
    done = subprocess.run(
        [sys.executable, "-m", "etl.cli.main", "check", str(dataset.folder)],
        cwd=ROOT,
        env=os.environ | {"SOZIALRAUM_STATE_DIR": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "values.csv: no whole answer within 2 s: " in done.stdout
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "state" / "raw").rglob("*values.csv"))


@pytest.mark.db
@pytest.mark.usefixtures("told_to_ask")
def test_half_an_answer_leaves_the_database_as_it_was(
    database: Engine, dataset, publisher, played, tmp_path: Path
) -> None:
    publisher.at["/v"] = played(content=b"nr;jahr;ew;ausl;quote\n01;2020;1000", announced=200)
    source = dataset.source()
    source.limits = Limits(pause=0.01)
    with pytest.raises(DatasetError, match=r"values\.csv: the server cannot be reached .*3 attempts"):
        load_city(
            database,
            source,
            RawStore(tmp_path / "raw"),
            folder=None,
            loaded_by="test",
            code_version="test",
            progress=lambda _name, _share=None: None,
        )
    with database.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM load")).scalar_one() == 0
        assert connection.execute(text("SELECT count(*) FROM city")).scalar_one() == 0
