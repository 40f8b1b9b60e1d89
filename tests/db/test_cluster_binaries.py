"""Finding the server programs: worked on folders that only look like installations."""

import os
import subprocess
from pathlib import Path

import pytest

from db.cluster.binaries import find_binaries, quiet
from db.errors import BinariesNotFoundError, ClusterVersionError, PostgisMissingError, PostgisTooOldError


@pytest.fixture
def run():
    """Run programs as ourselves, whoever we are."""

    def plainly(command):
        return subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": os.defpath})

    return quiet(plainly)


def program(path: Path, says: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


def server(folder: Path, version: str, *, share: Path | None = None, postgis: str | None = None) -> Path:
    """Make a folder with the programs of one version; `share` is where its extension files lie."""
    program(folder / "initdb", "initdb")
    program(folder / "postgres", f"postgres (PostgreSQL) {version} (Debian {version}-1)")
    if postgis is not None:
        assert share is not None
        (share / "extension").mkdir(parents=True, exist_ok=True)
        (share / "extension" / "postgis.control").write_text(
            f"# postgis extension\ncomment = 'x'\ndefault_version = '{postgis}'\nrelocatable = false\n"
        )
    return folder


def debian(root: Path, version: str, postgis: str | None = "3.4.2") -> Path:
    major = "19" if "beta" in version else version.split(".", maxsplit=1)[0]
    return server(
        root / f"usr/lib/postgresql/{major}/bin",
        version,
        share=root / f"usr/share/postgresql/{major}",
        postgis=postgis,
    )


def find(root, run, **options):
    options.setdefault("search_path", str(root / "path"))
    return find_binaries(run, root=root, **options)


def test_the_newest_debian_version_is_taken_by_number_not_by_letter(tmp_path, run):
    debian(tmp_path, "9.6.24")
    debian(tmp_path, "16.3")
    newest = debian(tmp_path, "17.1")
    found = find(tmp_path, run)
    assert (found.folder, found.version, found.major, found.postgis) == (newest, "17.1", "17", "3.4.2")
    assert found.postgres == newest / "postgres"


def test_a_version_without_postgis_is_passed_over(tmp_path, run):
    debian(tmp_path, "17.1", postgis=None)
    older = debian(tmp_path, "15.8")
    assert find(tmp_path, run).folder == older


def test_pg_config_comes_first(tmp_path, run):
    debian(tmp_path, "17.1")
    own = server(tmp_path / "own/bin", "16.2", share=tmp_path / "elsewhere", postgis="3.5.0")
    program(tmp_path / "own/bin/pg_config", str(tmp_path / "elsewhere"))
    program(tmp_path / "path/pg_config", str(own))
    assert find(tmp_path, run).folder == own


def test_pg_config_of_the_client_library_alone_is_no_server(tmp_path, run):
    program(tmp_path / "path/pg_config", str(tmp_path / "client/bin"))
    program(tmp_path / "client/bin/psql", "psql")
    there = debian(tmp_path, "15.8")
    assert find(tmp_path, run).folder == there


@pytest.mark.parametrize(
    ("folder", "share"),
    [
        ("opt/homebrew/opt/postgresql@17/bin", "opt/homebrew/opt/postgresql@17/share/postgresql@17"),
        ("usr/local/opt/postgresql@16/bin", "usr/local/opt/postgresql@16/share/postgresql"),
        ("opt/homebrew/bin", "opt/homebrew/share/postgresql"),
        (
            "Applications/Postgres.app/Contents/Versions/17/bin",
            "Applications/Postgres.app/Contents/Versions/17/share/postgresql",
        ),
        ("usr/pgsql-16/bin", "usr/pgsql-16/share"),
    ],
)
def test_other_systems_have_their_own_places(tmp_path, run, folder, share):
    there = server(tmp_path / folder, "17.2", share=tmp_path / share, postgis="3.5.0")
    assert find(tmp_path, run).folder == there


def test_the_search_path_is_the_last_place(tmp_path, run):
    there = server(tmp_path / "path", "16.2", share=tmp_path / "share/postgresql", postgis="3.4.0")
    assert find(tmp_path, run).folder == there


def test_programs_that_cannot_be_run_do_not_count(tmp_path, run):
    broken = debian(tmp_path, "17.1")
    (broken / "postgres").write_text("#!/bin/sh\nexit 126\n")
    older = debian(tmp_path, "15.8")
    assert find(tmp_path, run).folder == older


def test_a_given_folder_is_the_only_one(tmp_path, run):
    debian(tmp_path, "17.1")
    given = server(tmp_path / "mine/bin", "16.2", share=tmp_path / "mine/share/postgresql", postgis="3.4.0")
    assert find(tmp_path, run, pg_bin=given).folder == given
    with pytest.raises(BinariesNotFoundError, match="SOZIALRAUM_PG_BIN"):
        find(tmp_path, run, pg_bin=tmp_path / "nothing")


def test_nothing_found_says_what_to_install(tmp_path, run):
    with pytest.raises(BinariesNotFoundError) as refused:
        find(tmp_path, run)
    said = str(refused.value)
    assert "apt-get install postgresql postgresql-postgis" in said
    assert "brew install postgis" in said
    assert "SOZIALRAUM_DATABASE_URL" in said
    assert "\n" not in said


def test_a_server_without_postgis_has_its_own_line(tmp_path, run):
    debian(tmp_path, "15.8", postgis=None)
    with pytest.raises(PostgisMissingError, match=r"15\.8 .* no PostGIS.*postgresql-15-postgis-3.*brew"):
        find(tmp_path, run)


def test_an_old_postgis_is_named(tmp_path, run):
    debian(tmp_path, "14.1", postgis="3.2.1")
    with pytest.raises(PostgisTooOldError, match=r"PostGIS 3\.2\.1, at least 3\.3"):
        find(tmp_path, run)


def test_postgis_3_10_is_newer_than_3_3(tmp_path, run):
    debian(tmp_path, "18.0", postgis="3.10.0")
    assert find(tmp_path, run).postgis == "3.10.0"


def test_an_existing_cluster_gets_the_version_that_made_it(tmp_path, run):
    debian(tmp_path, "17.1")
    older = debian(tmp_path, "15.8")
    assert find(tmp_path, run, cluster=(Path("/data"), "15")).folder == older


def test_an_existing_cluster_of_a_version_that_is_gone_is_left_alone(tmp_path, run):
    debian(tmp_path, "17.1")
    debian(tmp_path, "16.2")
    with pytest.raises(ClusterVersionError) as refused:
        find(tmp_path, run, cluster=(Path("/data"), "15"))
    said = str(refused.value)
    assert "made by PostgreSQL 15" in said
    assert "16.2" in said
    assert "17.1" in said
    assert "sozialraum db reset" in said


def test_an_existing_cluster_whose_version_lost_its_postgis_is_told_so(tmp_path, run):
    debian(tmp_path, "17.1")
    debian(tmp_path, "15.8", postgis=None)
    with pytest.raises(PostgisMissingError, match=r"15\.8"):
        find(tmp_path, run, cluster=(Path("/data"), "15"))


def test_a_beta_has_a_major_version_too(tmp_path, run):
    debian(tmp_path, "19beta1")
    assert find(tmp_path, run, cluster=(Path("/data"), "19")).major == "19"
