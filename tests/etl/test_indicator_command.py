"""`sozialraum indicator`: the catalogue as a list, pages in a folder, and a file of one's own checked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from etl.cities import city_profile
from etl.cli.indicator import app
from etl.cli.main import main
from indicators.catalogue import catalogue, city_catalogue, city_files, sheet
from indicators.known import known_indicators

MINE = """
[[count]]
id = "dogs"
title_de = "Hunde"
title_en = "Dogs"
unit = "cases"
universe = "main_residence"
"""


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == 0, done.output
    return done.output


def test_the_list_names_every_indicator_in_both_languages() -> None:
    lines = run("list").splitlines()
    assert len(lines) == len(catalogue().indicators())
    assert "Durchschnittsalter · Mean age" in next(line for line in lines if line.startswith("age_mean "))


def test_the_list_is_data_for_programs() -> None:
    rows = json.loads(run("list", "--json", "--theme", "work"))
    assert {row["theme"] for row in rows} == {"work"}
    assert rows[0]["denominator"] == "residents_15_65"


def test_a_page_is_printed_and_all_are_written(tmp_path: Path) -> None:
    assert run("sheet", "share_u18") == sheet(catalogue()["share_u18"], catalogue())
    folder = tmp_path / "pages"
    assert run("sheet", "--out", str(folder)).startswith("68 pages in ")
    assert len(list(folder.iterdir())) == 68


def test_a_file_of_ones_own_is_listed_with_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("\ufeff" + MINE, encoding="utf-8")
    assert "Hunde · Dogs" in run("list", "--counts", "--file", str(file))


@pytest.mark.parametrize(
    ("arguments", "content", "words"),
    [
        (["sheet", "share_u81"], None, "there is no indicator 'share_u81'; did you mean 'share_u18'?"),
        (["list", "--theme", "wrok"], None, "there is no theme 'wrok'; did you mean 'work'?"),
        (
            ["list"],
            MINE.replace("unit", "unti").encode(),
            "line 6: unknown key 'unti' in count; did you mean 'unit'?",
        ),
        (["list"], "ä".encode("latin-1"), "mine.toml is not UTF-8: byte 0; save it as UTF-8"),
        (["list", "--file", "absent.toml"], None, "file not found: absent.toml; check the name"),
    ],
)
def test_a_refusal_is_one_line(
    arguments: list[str],
    content: bytes | None,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / "mine.toml").write_bytes(content)
        arguments = [*arguments, "--file", "mine.toml"]
    monkeypatch.setattr("sys.argv", ["sozialraum", "indicator", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert words in told.err
    assert len(told.err.splitlines()) == 1


def test_the_ids_for_method_files_are_the_catalogue_its_counts_and_what_cities_have(tmp_path: Path) -> None:
    rows = {row["id"]: row for row in json.loads(run("list", "--for-methods", "--json"))}
    assert {"share_u18", "residents", "mss_unemployed", "theft_rate"} <= set(rows)
    assert rows["income_median"]["direction"] == "lower_is_more_need"
    assert set(rows) == known_indicators()
    file = tmp_path / "mine.toml"
    file.write_text(MINE, encoding="utf-8")
    assert "Hunde · Dogs" in run("list", "--for-methods", "--file", str(file))
    assert CliRunner().invoke(app, ["list", "--for-methods", "--theme", "work"]).exit_code == 2


def test_every_file_of_a_city_belongs_to_a_city_that_uses_it() -> None:
    for city in city_files():
        assert city_profile(city).catalogue is city_catalogue(city)


def test_a_page_without_a_name_or_a_folder_is_misuse() -> None:
    assert CliRunner().invoke(app, ["sheet"]).exit_code == 2
