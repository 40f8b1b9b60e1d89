"""The page for newcomers: its files are right, and its commands print what it shows."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from etl.cli.main import app

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "own-method.md").read_text(encoding="utf-8")
_OWN_INPUT = '{ id = "library_rate", weight = 0.2, direction = "lower_is_more_need" }'


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```\n", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the files of the page."""
    method, own = blocks("toml")
    (values,) = blocks("csv")
    for name, text in (("need.toml", method), ("own.toml", own), ("values.csv", values)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_commands_print_what_the_page_shows(folder) -> None:
    checked, computed = blocks("text")
    assert run("method", "check", "need.toml") == checked
    shown = run("method", "run", "need.toml", "--values", "values.csv")
    assert [line.rstrip() for line in shown.splitlines()] == computed.splitlines()


def test_the_table_fits_on_a_map(folder) -> None:
    command = ["method", "run", "need.toml", "--values", "values.csv", "--csv"]
    printed = run(*command)
    assert "not checked for confidentiality" in CliRunner().invoke(app, command).stderr
    table = pd.read_csv(io.StringIO(printed), dtype={"area_id": str})
    assert table["area_id"].tolist() == ["03", "06", "08", "01", "02", "04", "07", "05"]
    assert table["rank"].dropna().tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert table["name"].iloc[0] == "Hafen"
    assert all(f"`{name}`" in PAGE for name in table.columns[:8] if name != "is_valid")


def test_an_indicator_of_ones_own_goes_into_the_method_with_its_file(folder) -> None:
    assert "library_rate" in run("indicator", "list", "--file", "own.toml")
    text = (folder / "need.toml").read_text(encoding="utf-8")
    changed = text.replace('{ id = "hh_loneparent", weight = 0.2 }', _OWN_INPUT)
    (folder / "need.toml").write_text(changed, encoding="utf-8")
    assert CliRunner().invoke(app, ["method", "check", "need.toml"]).exit_code == 1
    assert "please look at" not in run("method", "check", "need.toml", "--indicators", "own.toml")
    rows = (folder / "values.csv").read_text(encoding="utf-8").splitlines()
    users = ["library_users", "412", "350", "401", "420", "9", "403", "610", "480"]
    table = "\n".join(f"{row};{one}" for row, one in zip(rows, users, strict=True)) + "\n"
    (folder / "values.csv").write_text(table, encoding="utf-8")
    command = ["method", "run", "need.toml", "--indicators", "own.toml", "--values", "values.csv", "--csv"]
    done = CliRunner().invoke(app, command)
    assert "library_rate: computed from library_users and residents" in done.stderr
    made = pd.read_csv(io.StringIO(done.stdout), dtype={"area_id": str}).set_index("area_id")
    # 401 users of 5,210 residents, 77.0 per 1,000, are the fewest of the seven: the most need.
    assert made["contribution_library_rate"].idxmax() == "03"
