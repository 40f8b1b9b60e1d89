"""`sozialraum method` and `sozialraum reproduce` as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from etl.cli import reproduce as reproduce_command
from etl.cli.main import app
from etl.errors import EtlError, FetchError
from etl.method_values import read_method_values
from etl.reproduce.contract import compared, matched
from etl.reproduce.register import REFERENCES, references, reproduce, table_of
from indicators.errors import DefinitionError
from indicators.methods import MethodFileError, method_names, shipped_text

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
METHOD = """\
id = "mine"
title_de = "Meine"
title_en = "Mine"
[[index]]
id = "need"
combine = "sum"
input = [{ id = "unemployed", transform = ["percentile_rank"] }]
[classes]
groups = 2
class_1 = "most_need"
[dynamics]
years = 2
change = "difference"
[[dynamics.index]]
id = "change"
combine = "sum"
input = [{ id = "unemployed" }]
"""
VALUES = "area_id;name;unemployed\n00;Zentrum;12,5\n01;Ost;7\n02;West;.\n"


def run(*arguments: object, status: int = 0) -> str:
    result = CliRunner().invoke(app, [str(one) for one in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == status, result.output
    return result.stdout


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    method, values = tmp_path / "mine.toml", tmp_path / "values.csv"
    method.write_text(METHOD, encoding="utf-8")
    values.write_text(VALUES, encoding="utf-8-sig")
    return method, values


def test_methods_are_listed_and_shown() -> None:
    assert [one["id"] for one in json.loads(run("method", "list", "--json"))] == list(method_names())
    assert "berlin-mss-2019" in run("method", "list")
    assert run("method", "show", "england-imd-2019") == shipped_text("england-imd-2019")
    with pytest.raises(DefinitionError, match="did you mean 'england-imd-2019'"):
        run("method", "show", "england-imd-2015")


def test_a_good_file_is_said_to_be_complete_and_what_it_needs(files) -> None:
    shown = run("method", "check", files[0])
    assert "is complete" in shown
    assert "needs: unemployed" in shown
    assert json.loads(run("method", "check", files[0], "--json"))["method"]["id"] == "mine"


def test_all_typos_are_said_with_their_lines(files) -> None:
    files[0].write_text(METHOD.replace("combine", "combin").replace("years", "yeers"), encoding="utf-8")
    lines = run("method", "check", files[0], status=1).splitlines()
    assert lines == [
        "mine.toml, line 6: unknown key 'combin' in index; did you mean 'combine'?",
        "mine.toml, line 12: unknown key 'yeers' in dynamics; did you mean 'years'?",
        "mine.toml, line 16: unknown key 'combin' in index; did you mean 'combine'?",
    ]
    found = json.loads(run("method", "check", files[0], "--json", status=1))["problems"]
    assert [one["line"] for one in found] == [6, 12, 16]
    with pytest.raises(MethodFileError, match="line 6"):
        run("method", "run", files[0], "--values", files[1])


def test_a_name_that_is_neither_file_nor_method_is_refused(files) -> None:
    with pytest.raises(EtlError, match="did you mean 'berlin-mss-2019'"):
        run("method", "check", "berlin-mss-2018")
    with pytest.raises(FetchError, match="file not found"):
        run("method", "check", "nothing.toml")
    with pytest.raises(FetchError, match="file not found"):
        run("method", "run", files[0], "--values", "nothing.csv")


def test_a_method_runs_on_a_table_and_on_two_for_its_dynamics(files, tmp_path: Path) -> None:
    answer = json.loads(run("method", "run", files[0], "--values", files[1], "--json"))
    assert [area["rank"] for area in answer["areas"]] == [1, 2, None]
    assert [area["status"] for area in answer["areas"]] == ["measured", "measured", "suppressed"]
    assert answer["areas"][2]["label_de"] == "nicht klassifiziert"
    assert [one["areas"] for one in answer["classes"]] == [1, 1]
    earlier = tmp_path / "earlier.csv"
    earlier.write_text("area_id,unemployed\n00,10.0\n01,9.5\n02,1\n", encoding="utf-8")
    lines = run("method", "run", files[0], "--values", files[1], "--earlier", earlier, "--csv").splitlines()
    rows = [dict(zip(lines[0].split(","), line.split(","), strict=True)) for line in lines[1:]]
    assert [row["dynamics_index"] for row in rows] == ["2.5", "-2.5", ""]
    shown = run("method", "run", files[0], "--values", files[1], "--earlier", earlier)
    assert "Meine" in shown
    assert "dynamics: 2 of 3 areas valid" in shown
    run("method", "run", files[0], "--values", files[1], "--csv", "--json", status=2)


def test_areas_come_by_rank_within_the_unit_they_are_compared_in_with_their_names(files) -> None:
    text = METHOD[: METHOD.index("[classes]")].replace("[[index]]", 'universe = "state"\n[[index]]')
    files[0].write_text(text, encoding="utf-8")
    files[1].write_text(
        "area_id;name;state;unemployed\n00;Au;b;1\n01;Ohe;a;2\n02;Esch;b;3\n03;Ried;a;4\n04;Born;a;\n",
        encoding="utf-8",
    )
    lines = run("method", "run", files[0], "--values", files[1], "--csv").splitlines()
    assert [",".join(line.split(",")[:3]) for line in lines[1:]] == [
        "03,a,Ried",
        "01,a,Ohe",
        "04,a,Born",
        "02,b,Esch",
        "00,b,Au",
    ]
    shown = run("method", "run", files[0], "--values", files[1])
    assert shown.splitlines()[4].split() == ["state", "name", "index", "rank", "status"]
    rows = json.loads(run("method", "run", files[0], "--values", files[1], "--json"))["areas"]
    assert [row["name"] for row in rows] == ["Ried", "Ohe", "Born", "Esch", "Au"]


def test_what_a_good_file_may_mean_otherwise_is_said_and_it_is_still_good(files) -> None:
    text = METHOD.replace('["percentile_rank"]', '["exponential"]')
    files[0].write_text(text, encoding="utf-8")
    shown = run("method", "check", files[0])
    assert "please look at mine.toml, line 7: 'unemployed': exponential needs shares from 0 to 1" in shown
    answer = json.loads(run("method", "check", files[0], "--json"))
    assert [one["line"] for one in answer["remarks"]] == [7]
    assert answer["problems"] == []


def test_an_earlier_table_is_for_methods_with_dynamics(files) -> None:
    files[0].write_text(METHOD[: METHOD.index("[dynamics]")], encoding="utf-8")
    with pytest.raises(EtlError, match="mine has no dynamics"):
        run("method", "run", files[0], "--values", files[1], "--earlier", files[1])


def test_a_method_that_lacks_a_column_says_which_and_the_nearest(files) -> None:
    files[1].write_text(VALUES.replace("unemployed", "unemploied"), encoding="utf-8")
    with pytest.raises(DefinitionError, match="no column for unemployed; did you mean 'unemploied'"):
        run("method", "run", files[0], "--values", files[1])


@pytest.mark.parametrize(
    ("text", "values", "statuses"),
    [
        (
            "area_id;a\n00;1.234,5\n01;-\n02;\n03;x\n04;(2,5)\n",
            [1234.5, 0, None, None, 2.5],
            "measured zero missing suppressed uncertain",
        ),
        (
            "area_id,a\n00,1234.5\n01,-\n02,\n03,x\n04,-3\n",
            [1234.5, 0, None, None, -3],
            "measured zero missing suppressed measured",
        ),
    ],
)
def test_numbers_are_german_with_semicolons_and_international_with_commas(
    tmp_path, text, values, statuses
) -> None:
    file = tmp_path / "values.csv"
    file.write_text(text, encoding="utf-8")
    table = read_method_values(file)
    assert table.values["a"].astype(object).where(table.values["a"].notna(), None).tolist() == values
    assert table.statuses["a"].tolist() == statuses.split()
    assert table.values.index.tolist() == ["00", "01", "02", "03", "04"]


@pytest.mark.parametrize("text", ["area_id;a;b\n00;0.526;12,5\n", "area_id;a;b\n00;12.656;3\n"])
def test_decimal_points_between_semicolons_are_not_taken_for_thousands(tmp_path, text) -> None:
    file = tmp_path / "values.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(FetchError, match="with a point in a table with semicolons"):
        read_method_values(file)


def test_points_between_thousands_are_read_where_other_numbers_have_a_comma(tmp_path) -> None:
    file = tmp_path / "values.csv"
    file.write_text("area_id;a;b\n00;6.114;12,5\n", encoding="utf-8")
    assert read_method_values(file).values.loc["00"].tolist() == [6114.0, 12.5]


@pytest.mark.parametrize(
    "text",
    [
        "area_id;hh_loneparent;residents\n00;24.100;5\n01;19,3;6\n",  # a percentage: 24100 % or 24,1 %
        "area_id;own\n00;24.100\n01;19,3\n",  # nobody knows the unit, but a number beside it has a comma
    ],
)
def test_a_number_that_may_be_thousands_or_a_fraction_is_refused_with_both_readings(tmp_path, text) -> None:
    file = tmp_path / "values.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(FetchError, match=r"00: '24\.100' is 24100 or 24,1; write 24100 or 24,1"):
        read_method_values(file)


def test_points_between_thousands_of_counts_are_read(tmp_path) -> None:
    file = tmp_path / "values.csv"
    file.write_text("area_id;residents;own\n00;24.100;2.400\n01;900;1.234,5\n", encoding="utf-8")
    values = read_method_values(file).values
    assert values["residents"].tolist() == [24_100, 900]
    assert values["own"].tolist() == [2_400, 1_234.5]  # 1.234,5 says what a point is in this column


@pytest.mark.parametrize("text", ["area_id;hh_loneparent\n00;241\n", "area_id,hh_loneparent\n00,-2.5\n"])
def test_percentages_outside_0_to_100_are_refused(tmp_path, text) -> None:
    file = tmp_path / "values.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(FetchError, match=r"1 percentage\(s\) outside 0 to 100: 00: '(241|-2\.5)'"):
        read_method_values(file)


def test_rows_without_an_area_are_refused_by_their_place(tmp_path) -> None:
    file = tmp_path / "values.csv"
    file.write_text("area_id;a\n00;1\n ;2\n", encoding="utf-8")
    with pytest.raises(FetchError, match=r"1 row\(s\) have no area_id: row 2 below the header; fill in"):
        read_method_values(file)


@pytest.mark.parametrize("text", ["", "area_id;a\n", "area_id;a\n00;1;2\n"])
def test_a_table_of_ones_own_is_not_to_be_fetched_again(tmp_path, text) -> None:
    file = tmp_path / "values.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(FetchError, match="check the file, then run the command again"):
        read_method_values(file)


def test_cells_that_are_no_numbers_are_named_and_larger_units_stay_text(tmp_path) -> None:
    file = tmp_path / "values.csv"
    file.write_text("area_id,a,state\n00,1,PA\n01,1;5,NY\n", encoding="utf-8")
    with pytest.raises(FetchError, match=r"column a: 1 cell\(s\) are not numbers: 01: '1;5'"):
        read_method_values(file)
    file.write_text("area_id,a,state\n00,1,07\n01,2,08\n", encoding="utf-8")
    table = read_method_values(file, labels=["state"])
    assert table.labels["state"].tolist() == ["07", "08"]
    assert list(table.values) == ["a"]
    file.write_text("id,a\n00,1\n", encoding="utf-8")
    with pytest.raises(FetchError, match="lacks the column"):
        read_method_values(file)


def test_reproduction_needs_a_name_or_all_and_something_published(tmp_path) -> None:
    run("reproduce", "--from", tmp_path, status=2)
    run("reproduce", status=2)
    run("reproduce", "berlin-mss-2019", "--all", "--from", tmp_path, status=2)
    with pytest.raises(EtlError, match="nothing is published for leipzig-status"):
        references("leipzig-status")
    with pytest.raises(EtlError, match="did you mean 'us-cdc-svi-2018'"):
        references("us-cdc-svi-2016")
    with pytest.raises(FetchError, match="check the folder given with --from"):
        run("reproduce", "england-imd-2019", "--from", tmp_path)
    with pytest.raises(FetchError, match="folder not found"):
        reproduce(references("england-imd-2019"), tmp_path / "none", progress=lambda *_: None)
    assert [one.method for one in references(None)] == list(REFERENCES)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real data ../shared/data are not on this machine")
def test_reproduction_prints_its_table() -> None:
    rows = json.loads(run("reproduce", "us-cdc-svi-2020", "--from", SHARED, "--json"))
    assert [row["agreeing"] for row in rows] == [1_072, 335, 335]
    assert all(row["is_kept"] for row in rows)
    shown = run("reproduce", "berlin-mss-2019", "--from", SHARED / "berlin-mss-lor-pre2021")
    assert "Dynamik-Klasse / class of the dynamics" in shown
    assert "NO" not in shown
    assert run("reproduce", "berlin-mss-2019", "--from", SHARED, "--csv").count("berlin-mss-2019") == 6


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real data ../shared/data are not on this machine")
def test_a_checkout_finds_the_files_beside_itself() -> None:
    assert run("reproduce", "us-cdc-svi-2020", "--csv") == run(
        "reproduce", "us-cdc-svi-2020", "--from", SHARED, "--csv"
    )


def test_without_files_beside_the_program_they_are_asked_for(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(reproduce_command, "_BESIDE", tmp_path / "none")
    with pytest.raises(EtlError, match="name the folder of the files with --from DIR"):
        run("reproduce", "--all")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real data ../shared/data are not on this machine")
def test_a_reproduction_that_falls_short_is_refused(tmp_path) -> None:
    folder = SHARED / "us-svi-pennsylvania-counties"
    text = (folder / "svi_2020_pa_county_cdc.csv").read_text(encoding="utf-8-sig")
    header, first, rest = text.split("\n", 2)
    cells = first.split(",")
    position = header.split(",").index("SPL_THEME3") + 1  # the quoted name of the county holds a comma
    cells[position] = "0.5"
    (tmp_path / "svi_2020_pa_county_cdc.csv").write_text(
        "\n".join([header, ",".join(cells), rest]), encoding="utf-8"
    )
    with pytest.raises(EtlError, match=r"us-cdc-svi-2020: sums \(SPL\): 334 of 335 agree, 335 are promised"):
        run("reproduce", "us-cdc-svi-2020", "--from", tmp_path)


def test_what_counts_as_agreeing() -> None:
    published = pd.Series([1.0, 2.0, 3.0])
    near = compared(
        "a", "b", published, published + pd.Series([0, 0.1, 0.2]), within=0.1 + 1e-9, promised=2, at_most=0.3
    )
    assert (near.agreeing, near.is_kept) == (2, True)
    lost = compared("a", "b", published, pd.Series([1.0, 2.0, None]), within=0, promised=2)
    assert (lost.agreeing, lost.is_kept) == (2, False)  # an unknown figure may be off by anything
    names = matched("a", "b", pd.Series(["x", "y"], ["0", "1"]), pd.Series(["y", "y"], ["1", "2"]), 2)
    assert (names.published, names.agreeing, names.is_kept) == (2, 1, False)
    nothing = matched("a", "b", pd.Series([], dtype=object), pd.Series([], dtype=object), 0)
    assert not nothing.is_kept
    assert table_of({"m": [near]})["largest_difference"].tolist() == pytest.approx([0.2])
