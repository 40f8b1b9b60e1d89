"""The command as a user types it: results on standard output, refusals in one line, nothing half done."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from db.engine import connect
from etl.cli import dataset, main

ROOT = Path(__file__).resolve().parents[2]


def sozialraum(
    *arguments: str, url: str = "", state: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    settings = {"SOZIALRAUM_DATABASE_URL": url, "SOZIALRAUM_STATE_DIR": str(state or ""), **environment}
    return subprocess.run(
        [sys.executable, "-m", "etl.cli.main", *arguments],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_an_interruption_says_that_nothing_is_half_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_asked: object, **_named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(dataset, "profile_to_load", interrupted)
    monkeypatch.setattr(sys, "argv", ["sozialraum", "load", "sample"])
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "sozialraum: stopped; nothing half-done was kept\n"


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """Return the last line of a refusal, after checking that it is one."""
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("sozialraum: ")
    return last


def test_an_unknown_city_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    line = refusal(sozialraum("load", "atlantis", state=tmp_path))
    assert line == "sozialraum: unknown city 'atlantis'; known cities: sample, leipzig, berlin"


def test_a_missing_argument_is_misuse(tmp_path: Path) -> None:
    assert sozialraum("load", state=tmp_path).returncode == 2
    assert sozialraum("no-such-command", state=tmp_path).returncode == 2


def test_a_port_in_use_is_said_before_anything_is_done(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = refusal(sozialraum("run", "sample", "--port", str(port), state=tmp_path / "state"))
    assert (
        line
        == f"sozialraum: port {port} on 127.0.0.1 is already in use; choose another one, for example PORT={port + 1}"
    )
    assert not (tmp_path / "state").exists()


def test_a_server_that_cannot_be_reached_is_said_without_the_password(tmp_path: Path) -> None:
    line = refusal(sozialraum("load", "sample", url="postgresql://me:secret@127.0.0.1:1/x", state=tmp_path))
    assert "127.0.0.1" in line
    assert "secret" not in line


def test_a_setting_that_is_no_address_is_refused(tmp_path: Path) -> None:
    line = refusal(sozialraum("load", "sample", url="mysql://localhost/x", state=tmp_path))
    assert line.startswith("sozialraum: SOZIALRAUM_DATABASE_URL:")


@pytest.mark.db
def test_a_missing_folder_is_named_and_nothing_is_loaded(make_database, tmp_path: Path) -> None:
    url = make_database()
    line = refusal(
        sozialraum("load", "leipzig", "--from", str(tmp_path / "nowhere"), url=url, state=tmp_path)
    )
    assert "nowhere" in line
    engine = connect(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM city")).scalar_one() == 0
    engine.dispose()


@pytest.mark.db
def test_computing_before_loading_is_refused_with_what_to_do(make_database, tmp_path: Path) -> None:
    line = refusal(sozialraum("compute", "leipzig", url=make_database(), state=tmp_path))
    assert line == "sozialraum: leipzig: nothing is loaded yet; run 'sozialraum load leipzig' first"


@pytest.mark.db
def test_leipzig_is_loaded_twice_computed_and_drawn(
    make_database, leipzig_folder: Path, tmp_path: Path
) -> None:
    url = make_database()
    first = sozialraum("load", "leipzig", "--from", str(leipzig_folder), "--json", url=url, state=tmp_path)
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["counts"]["areas_inserted"] == 74
    second = sozialraum("load", "leipzig", "--from", str(leipzig_folder), url=url, state=tmp_path)
    assert second.stdout == "leipzig: unchanged since load 1, 0 rows changed\n"
    computed = sozialraum("compute", "leipzig", "--threshold", "0.8", "--json", url=url, state=tmp_path)
    outcomes = {outcome["kind"]: outcome for outcome in json.loads(computed.stdout)}
    assert outcomes["proposal"]["summary"]["period"] == "2022"
    assert outcomes["proposal"]["summary"]["regions"] >= 1
    drawn = sozialraum("map", "leipzig", "--out", str(tmp_path / "leipzig.html"), url=url, state=tmp_path)
    assert drawn.returncode == 0, drawn.stderr
    assert (tmp_path / "leipzig.html").stat().st_size > 100_000
    engine = connect(url)
    with engine.connect() as connection:
        areas = connection.execute(
            text(
                "SELECT count(*) FROM area JOIN vintage v ON v.id = vintage_id WHERE geography_id = 'sub_district'"
            )
        ).scalar_one()
    engine.dispose()
    assert areas == 63


@pytest.mark.db
def test_a_database_without_postgis_is_refused(make_database, tmp_path: Path) -> None:
    """A role that may not create the extension, in a database that does not have it."""
    url = make_database(migrated=False)
    engine = connect(url)
    with engine.begin() as connection:
        connection.execute(text("DROP ROLE IF EXISTS plain"))
        connection.execute(text("CREATE ROLE plain"))
    engine.dispose()
    line = refusal(sozialraum("load", "sample", url=f"{url}&options=-crole%3Dplain", state=tmp_path))
    assert "PostGIS" in line


@pytest.fixture
def small_city_of_my_own(make_database, small_city_template: str) -> str:
    """Address of a computed small sample city that a test may change."""
    return make_database(template=small_city_template)


@pytest.mark.db
def test_the_table_of_segregation_is_data_on_standard_output(
    small_city_of_my_own: str, tmp_path: Path
) -> None:
    url = small_city_of_my_own
    chosen = ("--measure", "dissimilarity", "--group", "residents_65p", "--replicates", "20")
    as_csv = sozialraum("segregation", "sample", *chosen, "--csv", url=url, state=tmp_path)
    assert as_csv.returncode == 0, as_csv.stderr
    lines = as_csv.stdout.splitlines()
    assert lines[0].startswith(
        "city,geography,edition,period,group,measure,value,ci_low,ci_high,corrected,expected"
    )
    assert len(lines) == 1 + 4 * 3
    assert "segregation: computing on this machine" in as_csv.stderr
    as_json = sozialraum("segregation", "sample", *chosen, "--json", url=url, state=tmp_path)
    rows = json.loads(as_json.stdout)
    assert [f"{row['value']!r}" for row in rows] == [line.split(",")[6] for line in lines[1:]]
    assert "computing" not in as_json.stderr  # up to date: nothing is computed again
    as_text = sozialraum("segregation", "sample", *chosen[:4], url=url, state=tmp_path)
    assert as_text.stdout.splitlines()[0].split()[:3] == ["city", "geography", "edition"]
    assert len(as_text.stdout.splitlines()) == len(lines)
    assert list((tmp_path / "segregation").iterdir()) == []  # nothing is left behind


@pytest.mark.db
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("sample", "--measure", "dissim"), "what R seg calls dissim"),
        (("sample", "--group", "martians"), "there is no group martians; known: age, migration_background"),
        (
            ("sample", "--option", "bandwidth=500"),
            "--option bandwidth: no --measure that is asked for has it",
        ),
        (("atlantis",), "unknown city 'atlantis'"),
    ],
)
def test_what_segregation_cannot_print_is_refused_in_one_line(
    small_city_url: str, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    assert words in refusal(sozialraum("segregation", *arguments, url=small_city_url, state=tmp_path))


@pytest.mark.db
def test_a_scheduler_that_is_not_there_changes_nothing(small_city_of_my_own: str, tmp_path: Path) -> None:
    url = small_city_of_my_own
    done = sozialraum(
        "segregation", "sample", "--seed", "3", "--scheduler", "tcp://127.0.0.1:1", url=url, state=tmp_path
    )
    assert "no Dask scheduler at tcp://127.0.0.1:1" in refusal(done)
    engine = connect(url)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT max(id), count(*) FROM run WHERE kind = 'segregation'")).one()
    engine.dispose()
    assert found[1] == 1


def test_two_forms_of_output_and_two_places_at_once_are_misuse(tmp_path: Path) -> None:
    assert sozialraum("segregation", "sample", "--csv", "--json", state=tmp_path).returncode == 2
    both = ("--scheduler", "tcp://127.0.0.1:1", "--processes", "2")
    assert sozialraum("segregation", "sample", *both, state=tmp_path).returncode == 2
    assert sozialraum("segregation", state=tmp_path).returncode == 2
