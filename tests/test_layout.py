"""The house keeps its plan: folders, packages, contracts, nothing third-party in the sources."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("api", "db", "etl", "indicators", "maps", "spatial")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-c", "-o", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def test_the_top_level_holds_what_the_plan_names() -> None:
    folders = {path.relative_to(ROOT).parts[0] for path in tracked() if len(path.relative_to(ROOT).parts) > 1}
    assert folders == {*PACKAGES, "data", "notebooks", "tests", "docs", "benchmarks", ".ci"}


def test_every_package_is_listed_in_the_project_file_and_in_the_contracts() -> None:
    listed = PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    assert sorted(listed) == sorted(name for package in PACKAGES for name in (package, f"{package}.*"))
    assert sorted(PROJECT["tool"]["importlinter"]["root_packages"]) == sorted(PACKAGES)


def test_the_contracts_have_no_exceptions() -> None:
    assert all(contract["ignore_imports"] == [] for contract in PROJECT["tool"]["importlinter"]["contracts"])


def test_folders_of_python_code_are_packages_and_the_others_are_not() -> None:
    for path in tracked():
        relative = path.relative_to(ROOT)
        if path.suffix == ".py" and relative.parts[0] in PACKAGES:
            assert (path.parent / "__init__.py").is_file(), relative
        if relative.parts[0] in {"data", "notebooks", "tests"}:
            assert path.name != "__init__.py", relative
        if relative.parts[0] == "data":
            assert path.suffix != ".py", relative


def test_only_spatial_and_indicators_re_export_names() -> None:
    for path in tracked():
        relative = path.relative_to(ROOT)
        if path.name == "__init__.py" and relative.parts[0] not in {"spatial", "indicators"}:
            assert path.read_text(encoding="utf-8").strip() == "", relative


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [
        p for p in tracked() if p.stem in {"utils", "helpers", "common", "misc"} and p.suffix == ".py"
    ] == []


def test_no_download_address_or_machine_path_is_recorded() -> None:
    registries = re.compile(r"(pypi\.org|pythonhosted|registry\.npmjs|deb\.debian|unpkg|jsdelivr|cdnjs)")
    machine = re.compile(r"(?<![\w.])/(root|home/\w+|work)/")
    for path in tracked():
        if path.suffix in {".png", ".gz"} or path == Path(__file__).resolve():
            continue
        content = path.read_text(encoding="utf-8")
        assert registries.search(content) is None, path
        assert machine.search(content) is None, path


def test_the_lock_files_pin_by_hash_and_record_no_host() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    pins = re.findall(r"^[a-zA-Z0-9_.-]+(?:\[[^\]]+\])?==", lock, flags=re.MULTILINE)
    assert len(pins) > 80
    assert lock.count("--hash=sha256:") >= len(pins)
    npm = (ROOT / "maps" / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in npm
    assert '"integrity"' in npm


def test_modules_stay_of_one_idea() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked()
        if path.suffix in {".py", ".js", ".mjs"}
        and not {"migrations", "tests"} & set(path.relative_to(ROOT).parts)
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > 450
    }
    assert long == {}
