"""`sozialraum method explain`, `sensitivity`, `compare`, `transitions` as a planner types them."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from etl.cli.main import app
from etl.cli.method_input import german
from etl.errors import EtlError, FetchError
from indicators.errors import DefinitionError, InputError
from spatial.errors import ParameterError

METHOD = """\
id = "mine"
title_de = "Meine"
title_en = "Mine"
[[index]]
id = "need"
combine = "sum"
input = [{ id = "unemployed_share" }, { id = "transfer_share" }]
[classes]
cuts = [20, 40]
labels_de = ["gering", "mittel", "hoch"]
labels_en = ["low", "medium", "high"]
"""
VALUES = """\
area_id;residents;unemployed_share;transfer_share
01;100;5,0;10,0
02;200;10,0;20,0
03;300;15,0;35,0
04;400;8,0;.
05;500;2,0;16,0
"""


def run(*arguments: object, status: int = 0) -> str:
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == status, result.output
    return result.stdout


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    method, values, later = tmp_path / "mine.toml", tmp_path / "2020.csv", tmp_path / "2022.csv"
    method.write_text(METHOD, encoding="utf-8")
    values.write_text(VALUES, encoding="utf-8")
    # 01: 15 → 24 up to class 2; 04 gets a class; 05 is no area any more, 06 is new.
    changed = VALUES.replace("01;100;5,0;10,0", "01;110;5,0;19,0").replace(";8,0;.", ";8,0;9,0")
    later.write_text(changed.replace("05;500", "06;500"), encoding="utf-8")
    return method, values, later


def table_of(text: str, **more) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text), dtype={"area_id": str}, comment="#", **more)


@pytest.mark.parametrize("name", ["explain", "sensitivity", "compare", "transitions"])
def test_every_command_has_help_with_an_example(name: str) -> None:
    assert "Example: sozialraum method" in " ".join(run("method", name, "--help").split())


def test_one_area_is_explained_in_german_first(files) -> None:
    shown = run("method", "explain", files[0], "--values", files[1], "--area", "02", "--area", "04")
    lines = shown.splitlines()
    assert lines[0] == "Gebiet 02: Index 30,000, Rang 2 von 4, Klasse 2 „mittel“"
    assert lines[1] == "area 02: index 30.000, rank 2 of 4, class 2 “medium”"
    # Index 15, 30, 50, 18, mean 28.25; area 02: 10 − 8 and 20 − 20.25.
    assert "Beiträge gegenüber dem durchschnittlichen Gebiet (28,250)" in shown
    assert "+2,000" in shown
    assert "-0,250" in shown
    assert "Zu Klasse 3 (mehr Bedarf): +10,000 bis zur Grenze 40,000" in shown
    assert "+10,00" in shown
    assert "Gebiet 04: nicht klassifiziert (transfer_share: zurückgehalten)" in shown
    assert "area 04: not classified (transfer_share: withheld)" in shown


def test_indicators_that_only_a_city_has_are_called_by_their_titles(files) -> None:
    method, values, _later = files
    own = 'recreation_land_pc", direction = "lower_is_more_need'
    method.write_text(METHOD.replace("transfer_share", own), encoding="utf-8")
    values.write_text(VALUES.replace("transfer_share", "recreation_land_pc"), encoding="utf-8")
    shown = run("method", "explain", method, "--values", values, "--area", "02")
    assert "Erholungsfläche je Einwohner" in shown
    assert "recreation_land_pc" not in shown


def test_the_explanation_as_json_and_csv(files) -> None:
    answer = json.loads(run("method", "explain", files[0], "--values", files[1], "--area", "02", "--json"))
    (area,) = answer["areas"]
    assert (answer["baseline"], area["class"], area["reason_de"]) == ("average", 2, "")
    assert sum(one["contribution"] for one in area["contributions"]) + area["base"] == pytest.approx(30)
    assert area["contributions"][0]["indicator"] == "unemployed_share"
    assert area["limits"]["to_more_need"] == pytest.approx(10)
    flips = {(one["indicator"], one["towards"]): one["change"] for one in area["flips"]}
    assert flips["transfer_share", "more_need"] == pytest.approx(10, abs=1e-5)
    assert flips["unemployed_share", "less_need"] == pytest.approx(-10, abs=1e-5)
    table = table_of(run("method", "explain", files[0], "--values", files[1], "--csv")).set_index("area_id")
    assert len(table) == 5
    assert "change_transfer_share_more_need" not in table
    whole = table[["base", "filled", "contribution_unemployed_share", "contribution_transfer_share"]].sum(
        axis=1
    )
    assert whole[["01", "02", "03", "05"]].tolist() == pytest.approx([15, 30, 50, 18])
    assert math.isnan(table.loc["04", "contribution_unemployed_share"])
    assert table.loc["04", "reason_en"] == "transfer_share: withheld"
    flipped = table_of(run("method", "explain", files[0], "--values", files[1], "--csv", "--flips"))
    assert flipped["change_transfer_share_more_need"].notna().sum() == 3


def test_all_areas_are_shown_shortly_and_a_baseline_of_zero_gives_the_plain_parts(files) -> None:
    shown = run("method", "explain", files[0], "--values", files[1])
    assert "4 of 5 areas" in shown
    assert "transfer_share: zurückgehalten" in shown
    plain = run("method", "explain", files[0], "--values", files[1], "--baseline", "zero", "--area", "02")
    assert "Beiträge gegenüber null (0,000)" in plain
    assert "+20,000" in plain


def test_a_named_range_bounds_the_search(files) -> None:
    arguments = ["method", "explain", files[0], "--values", files[1], "--area", "02"]
    assert "nicht erreichbar" in run(
        *arguments, "--range", "transfer_share=0..36", "--range", "unemployed_share=0..16"
    )
    run(*arguments, "--range", "transfer_share=0-25", status=2)
    with pytest.raises(ParameterError, match="an indicator of the method"):
        run(*arguments, "--range", "transfer=0..25")


def test_a_method_without_classes_has_parts_only(files) -> None:
    files[0].write_text(METHOD[: METHOD.index("[classes]")], encoding="utf-8")
    shown = run("method", "explain", files[0], "--values", files[1], "--area", "02")
    assert "Rang 2 von 4" in shown
    assert "Klasse" not in shown
    with pytest.raises(DefinitionError, match="no classes"):
        run("method", "sensitivity", files[0], "--values", files[1])


def test_what_is_wrong_is_said(files) -> None:
    with pytest.raises(EtlError, match="there is no area '99'"):
        run("method", "explain", files[0], "--values", files[1], "--area", "99")
    with pytest.raises(FetchError, match="file not found"):
        run("method", "explain", files[0], "--values", "nothing.csv")
    for name in ("explain", "sensitivity"):
        run("method", name, files[0], "--values", files[1], "--csv", "--json", status=2)


def test_sensitivity_shows_its_scenarios(files) -> None:
    arguments = ["method", "sensitivity", files[0], "--values", files[1]]
    shown = run(*arguments)
    assert "2 von 4 Gebieten behalten ihre Klasse in allen 10 Varianten" in shown
    answer = json.loads(run(*arguments, "--weights", "0", "--cuts", "3", "--json"))
    assert {one["kind"] for one in answer["scenarios"]} == {"left_out", "cut"}
    kept = {one["area_id"]: one["stability"] for one in answer["areas"]}
    assert kept["04"] is None
    assert kept["05"] == pytest.approx(5 / 6)  # 18 is above the cut 20 − 3 only
    assert (answer["runs"], answer["fixed"]) == (None, ["unemployed_share", "transfer_share"])


def test_sensitivity_simulates_with_denominators_and_standard_errors(files, tmp_path: Path) -> None:
    people, errors = tmp_path / "people.csv", tmp_path / "errors.csv"
    people.write_text("area_id;transfer_share\n01;100\n02;200\n03;300\n05;500\n", encoding="utf-8")
    errors.write_text("area_id,unemployed_share\n01,1\n02,1\n03,1\n05,0.5\n", encoding="utf-8")
    arguments = ["method", "sensitivity", files[0], "--values", files[1], "--runs", "500", "--seed", "3"]
    both = [*arguments, "--denominators", people, "--errors", errors]
    answer = json.loads(run(*both, "--json"))
    assert (answer["drawn"], answer["seed"]) == (["unemployed_share", "transfer_share"], 3)
    rows = {one["area_id"]: one for one in answer["areas"]}
    assert 0 < rows["05"]["kept"] < 1
    assert rows["04"]["kept"] is None
    assert rows["05"]["probability_1"] + rows["05"]["probability_2"] == pytest.approx(1)
    assert run(*both, "--csv") == run(*both, "--csv")
    assert "500 Läufe mit Zufall in den Werten" in run(*both)
    people.write_text("area_id;transfers\n01;100\n", encoding="utf-8")
    with pytest.raises(EtlError, match="no column of an indicator"):
        run(*arguments, "--denominators", people)
    people.write_text("area_id;transfer_share\n01;100\n", encoding="utf-8")
    with pytest.raises(InputError, match="denominator missing"):
        run(*arguments, "--denominators", people)


def test_two_editions_are_compared(files, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(METHOD.replace("cuts = [20, 40]", "cuts = [20, 60]"), encoding="utf-8")
    arguments = ["method", "compare", files[0], other, "--values", files[1], "--later", files[2]]
    shown = run(*arguments)
    assert "2 Gebiete haben die Klasse gewechselt, 1 nicht / 2 areas changed class" in shown
    answer = json.loads(run(*arguments, "--json"))
    areas = {one["area_id"]: one for one in answer["areas"]}
    assert [areas["01"][cause] for cause in ("data", "method", "boundaries")] == [1, 0, 0]
    assert [areas["03"][cause] for cause in ("data", "method", "boundaries")] == [0, 1, 0]
    assert [areas["06"]["kind"], areas["06"]["boundaries"]] == ["only_in_new", 1]
    assert areas["04"]["kind"] == "newly_classified"
    rows = table_of(run(*arguments, "--csv"))
    assert rows["kind"].tolist() == [
        "changed",
        "same",
        "changed",
        "newly_classified",
        "only_in_old",
        "only_in_new",
    ]
    redefined = run(*arguments, "--redefined", "transfer_share")
    assert "Neu definiert / redefined: transfer_share" in redefined
    assert "Verfahren     method     2,0" in redefined
    run(*arguments, "--csv", "--json", status=2)


def test_transitions_between_periods(files) -> None:
    arguments = ["method", "transitions", files[0], "--values", files[1], "--values", files[2]]
    shown = run(*arguments, "--residents", "residents")
    assert "2020 → 2022: 1 Gebiete mit mehr Bedarf, 0 mit weniger, 2 gleich" in shown
    assert "Zeilen: Klasse 2020, Spalten: Klasse 2022" in shown
    assert "zurückgehalten" in shown
    assert "kein Gebiet" in shown
    assert "Einwohner / residents" in shown
    (answer,) = json.loads(run(*arguments, "--residents", "residents", "--json"))
    rows = {(one["earlier"], one["later"]): one for one in answer["transitions"]}
    assert rows["1", "2"]["area_ids"] == "01"
    assert rows["1", "2"]["residents"] == 110
    assert rows["suppressed", "1"]["areas"] == 1
    assert (answer["earlier"], answer["later"], answer["labels_de"][0]) == ("2020", "2022", "gering")
    table = table_of(run(*arguments, "--csv"))
    assert table["earlier_period"].unique().tolist() == [2020]
    run("method", "transitions", files[0], "--values", files[1], status=2)
    with pytest.raises(EtlError, match="no column 'people'"):
        run(*arguments, "--residents", "people")


def test_berlin_through_the_command_line(berlin_folder, tmp_path: Path) -> None:
    """The publisher's tables as a planner would hand them in."""
    measures = [
        "mss_unemployed",
        "mss_long_term_unemployed",
        "mss_transfer_not_unemployed",
        "mss_child_poverty",
    ]
    for year in (2017, 2019):
        file = f"mss_{year}/berlin-monitoring-social-urban-development-{year}-00-2-1-planning-areas.csv"
        shares = pd.read_csv(berlin_folder / file, dtype={"id": str}).set_index("id").rename_axis("area_id")
        values = shares[shares.columns[1:5]].set_axis(measures, axis=1).astype(object)
        values = values.where(values.notna(), "")
        values[shares[shares.columns[1]] == 0] = "."
        values.assign(mss_residents=shares["inhabitants"]).to_csv(tmp_path / f"{year}.csv")
    old, new = tmp_path / "2017.csv", tmp_path / "2019.csv"
    shown = run("method", "compare", "berlin-mss-2017", "berlin-mss-2019", "--values", old, "--later", new)
    assert "42 Gebiete haben die Klasse gewechselt, 394 nicht" in shown
    assert "Daten       data    26,0      17" in shown
    explained = run("method", "explain", "berlin-mss-2019", "--values", new, "--area", "01011104")
    assert "Gebiet 01011104: Index 0,781, Rang 107 von 436, Klasse 2 „mittel“" in explained
    assert "+1,49" in explained


def test_numbers_are_written_as_german_readers_do() -> None:
    assert german(1234.5, 1) == "1.234,5"
    assert german(-0.0004) == "0,000"
    assert german(float("nan")) == "–"
    assert german(2, 1, sign=True) == "+2,0"
