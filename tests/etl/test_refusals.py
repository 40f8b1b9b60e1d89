"""A refused delivery tells everything that is wrong with it, each thing once."""

from __future__ import annotations

import json
import sys

import pytest

from etl.cli.refusals import refusal
from etl.datasets.findings import DatasetError, Finding
from etl.errors import DeliveryError

FIRST = Finding(
    file="a.csv", place="row 2", what="'x' is neither a number nor a known sign", todo="correct the cell"
)
SECOND = Finding(file="b.csv", what="the file is empty", todo="fetch the file again")
DOUBT = Finding(severity="warning", file="a.csv", what="the encoding was found to be cp1252", todo="say it")


@pytest.fixture(autouse=True)
def plain_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["sozialraum", "load", "town"])


def test_all_findings_are_told_once_and_summed_up_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    line = refusal(DatasetError("town", [FIRST, SECOND, DOUBT]))
    assert capsys.readouterr().err.splitlines() == [
        "2 errors:",
        "  a.csv, row 2: 'x' is neither a number nor a known sign; correct the cell",
        "  b.csv: the file is empty; fetch the file again",
        "1 warning:",
        "  a.csv: the encoding was found to be cp1252; say it",
    ]
    assert line == "town: 2 errors, told above; nothing was loaded"


def test_a_single_error_is_the_line_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert refusal(DatasetError("town", [SECOND])) == (
        "town: b.csv: the file is empty; fetch the file again; nothing was loaded"
    )
    assert capsys.readouterr().err == ""


def test_problems_of_a_city_that_comes_with_code_are_told_all_as_well(
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = refusal(
        DeliveryError("town", ["2 keys occur twice", "1 area overlaps another", "the city is too small"])
    )
    assert capsys.readouterr().err.splitlines() == [
        "3 errors:",
        "  2 keys occur twice",
        "  1 area overlaps another",
        "  the city is too small",
    ]
    assert line == "town: 3 errors, told above; nothing was loaded"


def test_programs_get_everything_as_json_and_one_line_besides(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["sozialraum", "load", "town", "--json"])
    line = refusal(DatasetError("town", [FIRST, SECOND]))
    told = capsys.readouterr()
    assert told.err == ""
    assert [one["file"] for one in json.loads(told.out)["findings"]] == ["a.csv", "b.csv"]
    assert line is not None
    assert line.endswith("correct the cell (and 1 more); nothing was loaded")
