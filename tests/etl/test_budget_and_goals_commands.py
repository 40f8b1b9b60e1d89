"""`sozialraum budget` and `sozialraum goals …` as a planner types them."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from etl.cli.main import app
from etl.cli.method_source import csv_number
from etl.errors import EtlError, FetchError
from indicators.budget_limits import BudgetError
from indicators.errors import InputError
from spatial.errors import ParameterError

# Need × people 1 : 6 : 8; 04 is withheld.
AREAS = "area_id;people;poverty;index\n01;100;10,0;-1\n02;300;20,0;0\n03;200;40,0;1\n"
WITHHELD = AREAS + "04;50;.;.\n"
PERIODS = """\
area_id,period,share,residents,children,ha
00,2020,35,100,200,3
01,2020,10,300,100,5
02,2020,22,100,.,7
00,2021,18,110,300,3
01,2021,.,290,90,5
02,2021,25,120,25,7
"""


def run(*arguments: object, status: int = 0) -> str:
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == status, result.output
    return result.stdout


@pytest.fixture
def areas(tmp_path: Path) -> Path:
    file = tmp_path / "areas.csv"
    file.write_text(AREAS, encoding="utf-8")
    return file


@pytest.fixture
def periods(tmp_path: Path) -> Path:
    file = tmp_path / "periods.csv"
    file.write_text(PERIODS, encoding="utf-8")
    return file


def options(file: Path, *more: object) -> list[object]:
    return ["budget", file, "--total", "1500", "--need", "poverty", "--population", "people", *more]


@pytest.mark.parametrize("command", [["budget"], ["goals", "segregated"], ["goals", "growth"]])
def test_every_command_has_help_with_an_example(command: list[str]) -> None:
    assert f"Example: sozialraum {' '.join(command)}" in " ".join(run(*command, "--help").split())


def test_a_sum_is_distributed_with_its_formula(areas) -> None:
    shown = run(*options(areas))
    assert shown.startswith(
        "Grundvariante: Betrag = 1.500,00 € × (0 % × Einwohner / alle Einwohner + 100 % × Bedarf"
    )
    assert "; Bedarf = poverty" in shown
    assert "800,00" in shown
    text = run(*options(areas, "--csv"))
    assert text.splitlines()[1].startswith("# Grundvariante: amount = 1,500.00 €")
    table = pd.read_csv(io.StringIO(text), comment="#", dtype={"area_id": str}).set_index("area_id")
    assert table["amount"].to_dict() == {"01": 100, "02": 600, "03": 800}


def test_variants_stand_side_by_side(areas) -> None:
    more = ["--variant", "Hälfte: base-share=0.5, floor=200", "--variant", "Index: need=index, ratio=2"]
    answer = json.loads(run(*options(areas, *more, "--json")))
    assert [one["name"] for one in answer["variants"]] == ["Grundvariante", "Hälfte", "Index"]
    half, index = answer["variants"][1:]
    # Half by people: 125 + 50, 375 + 300, 250 + 400; the floor takes 25 from the others in proportion.
    assert [row["amount"] for row in half["areas"]] == pytest.approx([200, 662.26, 637.74])
    assert half["floor"] == "200.00"
    assert "mindestens 200,00 € je Gebiet" in half["formula_de"]
    # 2^index: ½ · 100, 1 · 300, 2 · 200
    assert [row["amount"] for row in index["areas"]] == pytest.approx([100, 600, 800])
    assert index["formula_en"].endswith("need = 2 ^ index")
    for one in answer["variants"]:
        assert sum(row["cents"] for row in one["areas"]) == 150_000
    text = run(*options(areas, *more, "--csv"))
    table = pd.read_csv(io.StringIO(text), comment="#")
    assert "Hälfte_difference" in table
    assert "Grundvariante_difference" not in table
    assert table["Index_need"].tolist() == [0.5, 1, 2]
    assert "Hälfte € je Kopf" in run(*options(areas, *more))


def test_a_withheld_need_is_refused_until_somebody_decides(areas) -> None:
    areas.write_text(WITHHELD, encoding="utf-8")
    with pytest.raises(InputError, match="need unknown"):
        run(*options(areas))
    shown = run(*options(areas, "--without-need", "mean"))
    assert "wo unbekannt das Mittel" in shown
    rows = json.loads(run(*options(areas, "--without-need", "base_only", "--json")))["variants"][0]["areas"]
    assert [row["need_is_own"] for row in rows] == [True, True, True, False]
    assert rows[3]["amount"] == 0


@pytest.mark.parametrize("total", ["1000000.50", "1000000,5", "1.000.000,50"])
def test_the_sum_may_have_a_decimal_comma(areas, total) -> None:
    answer = run("budget", areas, "--total", total, "--need", "poverty", "--population", "people", "--json")
    assert json.loads(answer)["variants"][0]["total"] == "1000000.50"


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (22.49999999999999, "22.5"),
        (-0.0, "0.0"),
        (-1e-18, "0.0"),
        (204.13792999999998, "204.13793"),
        (1e300, "1e+300"),
        (1 / 3, "0.3333333333"),
    ],
)
def test_tables_hold_no_noise_of_the_computation(number, written) -> None:
    assert csv_number(number) == written


def test_what_cannot_be_distributed_is_said(areas) -> None:
    with pytest.raises(EtlError, match="did you mean 'poverty'"):
        run("budget", areas, "--total", "10", "--need", "povrty", "--population", "people")
    with pytest.raises(EtlError, match=r"negative in 1 area.*index around 0, give --ratio 2"):
        run("budget", areas, "--total", "10", "--need", "index", "--population", "people")
    run("budget", areas, "--total", "10,005", "--need", "poverty", "--population", "people", status=2)
    with pytest.raises(ParameterError, match="whole cents"):
        run("budget", areas, "--total", "10.001", "--need", "poverty", "--population", "people")
    with pytest.raises(BudgetError, match=r"lower it to at most 500\.00"):
        run(*options(areas, "--floor", "600"))
    for text in ("no colon", ": base-share=0.3", "x: bse-share=1", "x: per=head", "x: ratio=two"):
        run(*options(areas, "--variant", text), status=2)
    run(*options(areas, "--variant", "Grundvariante: floor=1"), status=2)
    run(*options(areas, "--csv", "--json"), status=2)


def test_areas_above_a_threshold(periods) -> None:
    arguments = [
        "goals",
        "segregated",
        periods,
        "--value",
        "share",
        "--residents",
        "residents",
        "--threshold",
        "20",
    ]
    shown = run(*arguments, "--hectares", "ha")
    assert "Gebiete mit share über 20" in shown
    answer = json.loads(run(*arguments, "--also", "30", "--hectares", "ha", "--json"))
    rows = {(one["period"], one["threshold"]): one for one in answer["rows"]}
    # 2020: 00 and 02 with 200 of 500 residents and 10 hectares; above 30 only 00.
    assert [rows["2020", 20.0][name] for name in ("areas", "share", "hectares")] == [2, 40, 10]
    assert rows["2020", 30.0]["share"] == 20
    # 2021: 02 with 120 of 230; 01 is withheld: between 120 and 410 of 520.
    row = rows["2021", 20.0]
    assert row["areas_without_value"] == 1
    assert row["share_at_least"] == pytest.approx(100 * 120 / 520)
    assert row["share_at_most"] == pytest.approx(100 * 410 / 520)
    text = run(*arguments, "--csv")
    assert text.startswith("# Gebiete mit share über 20")
    assert len(pd.read_csv(io.StringIO(text), comment="#")) == 10


def test_dispersion_of_growth(periods) -> None:
    answer = json.loads(run("goals", "growth", periods, "--group", "children", "--json"))
    # 200 → 300 and 100 → 90: together +30 %, deviation √((200 · 20² + 100 · 40²) / 300); 02 is withheld.
    (row,) = answer["rows"]
    assert row["city_growth"] == pytest.approx(30)
    assert row["deviation"] == pytest.approx((80_000 / 100) ** 0.5)
    assert (row["areas"], row["areas_left_out"]) == (2, 1)
    assert "+30,0" in run("goals", "growth", periods, "--group", "children")
    assert "# growth g = children later / earlier" in run(
        "goals", "growth", periods, "--group", "children", "--csv"
    )


def test_tables_of_goals_that_do_not_fit_are_refused(periods, areas) -> None:
    with pytest.raises(EtlError, match=r"2 period\(s\), --span 3 needs 4: .* not years; use --span 1"):
        run("goals", "growth", periods, "--group", "children", "--span", "3")
    with pytest.raises(EtlError, match="no column 'childs'"):
        run("goals", "growth", periods, "--group", "childs")
    with pytest.raises(FetchError, match="lacks the column"):
        run("goals", "growth", areas, "--group", "people")
    periods.write_text(PERIODS + "00,2020,1,1,1,1\n", encoding="utf-8")
    with pytest.raises(EtlError, match="00 / 2020 is there twice"):
        run("goals", "growth", periods, "--group", "children")
