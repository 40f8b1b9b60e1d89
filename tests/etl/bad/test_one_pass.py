"""A manifest with many mistakes: keys, kinds, names that lead nowhere, files and columns are told in one pass."""

from __future__ import annotations

import json
import re

import pytest
from typer.testing import CliRunner

from etl.cli.main import app
from etl.datasets.findings import DatasetError
from etl.datasets.first_look import first_look
from etl.datasets.manifest_reading import draft_of

WRONG = ("3", '"x"', "true", "[1]", "{ a = 1 }", "2020-01-01", "-1.5", "[]", '[["x"]]', '[{ x = "y" }]')


def text_of(dataset) -> str:
    return (dataset.folder / "dataset.toml").read_text(encoding="utf-8")


def told_of(dataset) -> dict[str, str]:
    """Return what is told, by the key, column or file it is about."""
    return {one.column or one.file: one.what for one in first_look(dataset.folder, None)}


def test_keys_kinds_names_files_and_columns_are_told_together(dataset) -> None:
    for old, new in (
        ('licence = "dl-de/by-2-0"', 'license = "dl-de/by-2-0"'),  # an unknown key, and one that is missing
        ("srid = 25832", 'srid = "25832"'),  # a wrong kind
        ('profile = "as-published"', 'profile = "streng"'),  # a name that leads nowhere
        ('key = "nr"\nname = "name"', 'key = "nr"\nname = "namen"'),  # an attribute that is not there
        ('column = "ew"', 'column = "einw"'),  # a column that is not there
    ):
        dataset.manifest(old, new)
    dataset.add('[[left_out]]\nfile = "old.csv"\n[[raster]]\nfile = "grid.tif"\n')
    dataset.add('geography = "sub_district"\nindicator = "rate"\nstatistic = "mean"\nperiod = "2020"\n')
    told = told_of(dataset)
    assert {"license", "source", "srid", "profile", "namen", "einw", "left_out", "grid.tif"} <= set(told)
    assert told["einw"].startswith("there is no such column; it has nr, jahr, ew")
    assert told["grid.tif"].startswith("the file is not in")


def test_the_parts_with_mistakes_are_not_judged_by_a_guess(dataset) -> None:
    dataset.manifest('layout = "wide"', 'layout = "weit"')
    dataset.manifest('key = "nr"\ndecimal', 'key = "nummer"\ndecimal')  # of the table that has a mistake
    dataset.manifest('id = "sub_district"\n', "")
    told = [one.what for one in first_look(dataset.folder, None)]
    assert told == ["geography number 2 id is missing", "table number 1 layout is 'weit'"]


def test_what_is_there_is_looked_at_when_a_file_is_missing(dataset) -> None:
    dataset.values("1000;100", "viele;100")
    dataset.manifest('column = "ausl"', 'column = "auslaender"')
    done = CliRunner().invoke(app, ["check", str(dataset.folder), "--json"])
    before = {one["column"] for one in json.loads(done.stdout)["findings"]}
    (dataset.folder / "areas.gpkg").unlink()
    done = CliRunner().invoke(app, ["check", str(dataset.folder), "--json"])
    told = {one["column"] or one["file"] for one in json.loads(done.stdout)["findings"]}
    assert (done.exit_code, before, told) == (1, {"auslaender"}, {"auslaender", "areas.gpkg"})
    with pytest.raises(DatasetError) as refused:  # a load tells the same
        dataset.inspect()
    assert len(refused.value.findings) == 2


def test_the_command_tells_the_mistakes_of_the_manifest_and_of_its_files(dataset) -> None:
    dataset.manifest("srid = 25832", "srid = 4326")
    (dataset.folder / "values.csv").unlink()
    done = CliRunner().invoke(app, ["check", str(dataset.folder)])
    assert done.exit_code == 1
    assert "2 errors:" in done.stdout
    assert "values.csv: the file is not in" in done.stdout


def test_no_wrong_value_of_any_key_ends_otherwise_than_with_findings(dataset) -> None:
    text = text_of(dataset)
    lines = text.splitlines()
    keyed = [number for number, line in enumerate(lines) if re.match(r"\w+ = [^\[]*$", line)]
    assert len(keyed) > 30
    for number in keyed:
        name = lines[number].split(" = ")[0]
        for line in (f"{name}_ = 1", "", *(f"{name} = {one}" for one in WRONG)):
            broken = "\n".join([*lines[:number], line, *lines[number + 1 :]])
            told = draft_of(broken).findings.found  # of any other exception the test would die
            assert all(one.place.startswith("line ") and one.todo for one in told), line
