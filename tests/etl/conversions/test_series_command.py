"""`sozialraum series`: lines with the break between them, CSV, JSON, a figure, and what is not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from db.errors import UnknownValuesError
from etl.cli.series import series

pytestmark = pytest.mark.db


@pytest.fixture
def bridged(town):
    """The town after the change, converted by where people live."""
    town.later()
    place = ("sub_district@2020", "sub_district@2022", "sub_district@2022:residents:2022")
    town.run(
        "make", "small", "--from", place[0], "--to", place[1], "--by", "population", "--weights", place[2]
    )
    town.convert()
    return town


def told(*arguments: str) -> str:
    app = typer.Typer()
    app.command()(series)
    found = CliRunner().invoke(app, ["small", *arguments], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return found.stdout


def test_every_line_says_whether_it_was_counted_or_converted(bridged) -> None:
    assert told("05", "residents").splitlines()[1:] == [
        "2020  600  converted from 2020 (part), grade C: estimate",
        "2021  593  converted from 2020 (part), grade C: estimate",
        "---- boundaries change, 2020 → 2022: 2 area(s) of the city, 16.6 % of the residents live there, worst grade C",
        "2022  600",
    ]
    assert (
        told("01", "residents").splitlines()[1] == "2020  1,000  converted from 2020 (copy), grade A: exact"
    )
    assert told("05", "non_german").splitlines()[-1] == "2022  suppressed"
    assert "(provisional)  converted from 2020 (copy), grade A" in told("03", "rate")
    assert told("04", "residents", "--edition", "2020").splitlines()[1:] == ["2020  900", "2021  890"]


def test_all_areas_at_once_are_told_by_period(bridged) -> None:
    assert told("all", "non_german", "--geography", "sub_district").splitlines() == [
        "all areas: Non-Germans [persons], sub_district, edition 2022",
        "2020  5 of 5 areas with a value  converted from 2020, grades: 3 A, 2 C",
        "2021  5 of 5 areas with a value  converted from 2020, grades: 3 A, 2 C",
        "---- boundaries change, 2020 → 2022: 2 area(s) of the city, 16.6 % of the residents live there, worst grade C",
        "2022  4 of 5 areas with a value, 1 suppressed",
    ]
    assert len(told("all", "residents", "--geography", "sub_district", "--csv").splitlines()) == 1 + 15


def test_programs_read_csv_and_json(bridged) -> None:
    lines = told("05", "residents", "--csv").splitlines()
    assert lines[0].split(",")[:6] == ["area_id", "period", "value", "status", "counted_on", "is_converted"]
    assert len(lines) == 4
    found = json.loads(told("05", "non_german", "--json"))
    assert (found["edition"], found["measure"]) == ("2022", "residents")
    last = found["values"][-1]
    assert (last["value"], last["status"], last["is_converted"]) == (None, "suppressed", False)


@pytest.mark.parametrize("name", ["series.svg", "series.png"])
def test_it_draws_the_series(bridged, tmp_path: Path, name: str) -> None:
    assert told("05", "residents", "--out", str(tmp_path / name)).strip() == str(tmp_path / name)
    assert (tmp_path / name).stat().st_size > 1000


def test_what_is_not_there_is_refused(bridged, tmp_path: Path) -> None:
    for arguments, message in (
        (("99", "residents"), "no value of 'residents' for area '99'"),
        (("05", "shoes"), "no value of 'shoes' for area '05'"),
        (("05", "residents", "--edition", "2020"), "in edition '2020'"),
    ):
        with pytest.raises(UnknownValuesError, match=message):
            told(*arguments)
    with pytest.raises(AssertionError, match=r"ends in \.svg or \.png"):
        told("05", "residents", "--out", str(tmp_path / "series.pdf"))
