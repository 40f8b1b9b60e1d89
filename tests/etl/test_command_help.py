"""The command's own help: there at once, and saying of each command what the command says of itself."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import typer

from etl.cli.commands import COMMANDS, Command

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {"geopandas", "pandas", "numpy", "sqlalchemy", "pyproj", "shapely", "pyarrow"}
ASK = """
import sys
from etl.cli.main import app
try:
    app({arguments})
except SystemExit as done:
    print(done.code, *sorted({heavy} & set(sys.modules)), file=sys.stderr)
"""


@pytest.mark.parametrize(("arguments", "status"), [(["--help"], "0"), (["no-such-command"], "2")])
def test_help_and_a_wrong_command_import_nothing_heavy(arguments: list[str], status: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASK.format(arguments=arguments, heavy=HEAVY)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr.strip().splitlines()[-1] == status


@pytest.mark.parametrize("one", COMMANDS, ids=lambda one: one.name)
def test_the_list_says_of_a_command_what_the_command_says(one: Command) -> None:
    module, _, name = one.where.partition(":")
    found = getattr(import_module(module), name)
    if isinstance(found, typer.Typer):
        assert (found.info.help, one.example) == (one.summary, "")
    else:
        assert inspect.getdoc(found).splitlines()[0] == one.summary
        assert one.example.startswith(f"sozialraum {one.name} ")
