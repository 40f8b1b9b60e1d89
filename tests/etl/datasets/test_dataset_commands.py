"""The way of a new user: init, check, dry run, load, compute, and what a refusal looks like."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine

ROOT = Path(__file__).resolve().parents[3]


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


def test_init_writes_beside_the_files_and_never_over_a_manifest(dataset) -> None:
    manifest = dataset.folder / "dataset.toml"
    refused = sozialraum("init", str(dataset.folder))
    assert refused.returncode == 1
    assert "is there already" in refused.stderr
    manifest.unlink()
    done = sozialraum("init", str(dataset.folder))
    assert (done.returncode, done.stdout.strip()) == (0, str(manifest))
    assert sozialraum("init", str(dataset.folder), "--out", "-").stdout == manifest.read_text(
        encoding="utf-8"
    )
    unfinished = sozialraum("check", str(dataset.folder))
    assert (unfinished.returncode, "publisher is still ?" in unfinished.stdout) == (1, True)
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"?"', '"told"'), encoding="utf-8")
    assert sozialraum("check", str(dataset.folder)).returncode == 0


def test_a_manifest_may_lie_elsewhere_than_its_files(dataset, tmp_path: Path) -> None:
    manifest = tmp_path / "somewhere.toml"
    (dataset.folder / "dataset.toml").rename(manifest)
    lost = sozialraum("check", str(manifest))
    assert lost.returncode == 1
    assert "areas.gpkg: the file is not in" in lost.stdout
    assert sozialraum("check", str(manifest), "--from", str(dataset.folder)).returncode == 0


@pytest.mark.db
@pytest.mark.slow
def test_from_a_folder_to_computed_shares(database: Engine, dataset, tmp_path: Path) -> None:
    settings = {
        "SOZIALRAUM_DATABASE_URL": database.url.render_as_string(hide_password=False),
        "SOZIALRAUM_STATE_DIR": str(tmp_path / "state"),
    }
    folder = str(dataset.folder)
    dry = sozialraum("load", folder, "--dry-run", **settings)
    assert (dry.returncode, dry.stdout[:40]) == (0, "small: dry run, nothing was kept: areas "), dry.stderr
    told = json.loads(sozialraum("load", folder, "--json", **settings).stdout)
    assert (told["city"], told["counts"]["values_inserted"], told["dry_run"]) == ("small", 28, False)
    for name in (folder, "small"):  # by the folder, and by the name it was loaded under
        computed = sozialraum("compute", name, **settings)
        assert computed.returncode == 0, computed.stderr
        assert "proposal: left out" in computed.stdout
    listed = sozialraum("segregation", "small", "--csv", **settings)
    assert listed.returncode == 0, listed.stderr
    assert "non_german" in listed.stdout
    unknown = sozialraum("compute", "smal", **settings)
    assert unknown.returncode == 1
    assert "known cities: sample, leipzig, berlin, small" in unknown.stderr


@pytest.mark.db
def test_a_refused_load_tells_every_finding_and_ends_with_one_line(
    database: Engine, dataset, tmp_path: Path
) -> None:
    settings = {
        "SOZIALRAUM_DATABASE_URL": database.url.render_as_string(hide_password=False),
        "SOZIALRAUM_STATE_DIR": str(tmp_path / "state"),
    }
    dataset.values("1000;100", "viele;100")
    dataset.values("2,0p", "200")
    done = sozialraum("load", str(dataset.folder), **settings)
    assert (done.returncode, done.stdout) == (1, "")
    assert "2 errors:" in done.stderr
    assert "'viele'" in done.stderr
    assert "above 100" in done.stderr
    assert (
        done.stderr.strip().splitlines()[-1] == "sozialraum: small: 2 errors, told above; nothing was loaded"
    )
    told = json.loads(sozialraum("load", str(dataset.folder), "--json", **settings).stdout)
    assert [one["column"] for one in told["findings"]] == ["ew", "quote"]


def test_a_report_never_takes_the_place_of_what_is_no_report(dataset, tmp_path: Path) -> None:
    folder, areas = str(dataset.folder), dataset.folder / "areas.gpkg"
    before = areas.read_bytes()
    for option in ("--html", "--gpkg"):
        refused = sozialraum("check", folder, option, str(areas))
        assert (refused.returncode, "no earlier report" in refused.stderr) == (1, True)
    assert areas.read_bytes() == before
    own = tmp_path / "elsewhere"
    own.mkdir()
    for name in ("dataset.toml", "values.csv"):
        (dataset.folder / name).rename(own / name)
    to_come = sozialraum("check", str(own), "--gpkg", str(own / "areas.gpkg"))
    assert (to_come.returncode, "is areas.gpkg of the data set" in to_come.stderr) == (1, True)
    assert not (own / "areas.gpkg").exists()
    same = sozialraum("check", folder, "--html", str(tmp_path / "one"), "--gpkg", str(tmp_path / "one"))
    assert (same.returncode, "give each its own file" in same.stderr) == (1, True)
    reports = ("--html", str(tmp_path / "r.html"), "--gpkg", str(tmp_path / "r.gpkg"))
    for _again in range(2):  # an earlier report may be written over
        assert sozialraum("check", str(own), "--from", folder, *reports).returncode == 1
        assert (tmp_path / "r.html").is_file()
        assert (tmp_path / "r.gpkg").is_file()


def test_a_mistyped_folder_is_told_as_such(tmp_path: Path) -> None:
    lost = sozialraum("check", str(tmp_path / "no-such"))
    assert lost.returncode == 1
    assert "there is no such folder" in lost.stderr + lost.stdout
    assert "init" not in lost.stderr + lost.stdout
