"""Bad method files and bad tables: one clear line that says what, where and what to do; exit 1, nothing written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from etl.cli.main import app, main

METHOD = """\
id = "mine"
title_de = "Meine"
title_en = "Mine"

[[index]]
id = "need"
combine = "weighted_sum"
weights_sum = 1
transform = ["z_score"]
input = [
  { id = "unemp_share", weight = 0.6 },
  { id = "sgb2_rate", weight = 0.4 },
]

[classes]
cuts = [-0.5, 0.5]
labels_de = ["niedrig", "mittel", "hoch"]
labels_en = ["low", "medium", "high"]
"""
VALUES = "area_id;unemp_share;sgb2_rate\n01;9,8;24,1\n02;5,1;11,3\n03;12,4;30,5\n"
COUNTS = """\
area_id;unemployed;residents_15_65;sgb2_recipients;residents_below_retirement_age
01;100;2000;300;2500
02;60;2000;200;2500
03;240;2000;700;2500
"""
OWN = """\
[[count]]
id = "dogs"
title_de = "Hunde"
title_en = "Dogs"
unit = "cases"
universe = "main_residence"
"""
CIRCLE = OWN + 'sum_of = ["cats"]\n\n' + OWN.replace("dogs", "cats") + 'sum_of = ["dogs"]\n'
ROUND = """\
[[index]]
id = "a"
combine = "sum"
input = [{ id = "b" }]

[[index]]
id = "b"
combine = "sum"
input = [{ id = "a" }]

[classes]"""

BAD_METHODS = [
    ("weights that do not add up", "0.4 }", "0.3 }", "line 8: the weights of 'need' add up to 0.9, not to 1"),
    (
        "a cut out of order",
        "[-0.5, 0.5]",
        "[0.5, -0.5]",
        "line 16: cut -0.5 comes after 0.5; give the cuts in",
    ),
    (
        "an unknown indicator",
        "sgb2_rate",
        "sgb2_rat",
        "line 12: unknown indicator 'sgb2_rat'; did you mean 'sgb2_r",
    ),
    (
        "a key with a typo",
        "weights_sum",
        "weight_sum",
        "line 8: unknown key 'weight_sum' in index; did you mean",
    ),
    ("a step with a typo", "z_score", "zscore", "line 9: unknown step 'zscore'; did you mean 'z_score'?"),
    (
        "a decimal comma",
        "weight = 0.6",
        "weight = 0,6",
        "line 11: not valid TOML: a number has a decimal point; write",
    ),
    ("one bracket", "[[index]]", "[index]", "line 5: index must be a list; write [[index]]"),
    ("two brackets", "[classes]", "[[classes]]", "line 15: classes must be a table; write [classes] once"),
    ("too few labels", '"niedrig", ', "", "line 17: 3 classes need 3 labels, not 2"),
    (
        "an input twice",
        "sgb2_rate",
        "unemp_share",
        "line 12: 'unemp_share' is there twice; name each input once",
    ),
    ("a negative weight", "0.4 }", "-0.4 }", "line 12: weight is -0.4; give a number above 0"),
    (
        "a circle",
        "[classes]",
        ROUND,
        "the definitions go round in a circle: a → b → a",
    ),
    (
        "a forgotten direction",
        "sgb2_rate",
        "income_median",
        "line 12: of 'income_median' less is more need; write direction",
    ),
]

BAD_TABLES = [
    ("a constant column", VALUES.replace("5,1", "9,8").replace("12,4", "9,8"), "unemp_share is 9.8 in all 3 valid"),
    ("all missing", "area_id;unemp_share;sgb2_rate\n01;;\n02;;\n", "mine: 0 valid area(s), at least 2 are needed"),
    ("all withheld", "area_id;unemp_share;sgb2_rate\n01;.;x\n02;.;x\n", "mine: 0 valid area(s), at least 2"),
    ("one area", "".join(VALUES.splitlines(keepends=True)[:2]), "mine: 1 valid area(s), at least 2 are needed"),
    ("no area", "area_id;unemp_share;sgb2_rate\n", "the table has a header but no rows"),
    ("an empty file", "", "the file is empty: values.csv"),
    ("an area twice", VALUES.replace("\n02", "\n01"), "a row is there twice in 1 area(s): 01"),
    ("no area_id", VALUES.replace("area_id", "area"), "lacks the column(s) area_id"),
    ("no column of an indicator", VALUES.replace("sgb2_rate", "sgb2_rat"), "no column for sgb2_rate; did you mean"),
    ("half of the counts", COUNTS.replace("unemployed", "unknown"), "values.csv has no column for unemp_share; give it, or"),
    ("a word for a number", VALUES.replace("5,1", "viele"), "column unemp_share: 1 cell(s) are not numbers: 02: 'viele'"),
    ("an infinite number", VALUES.replace("5,1", "inf"), "column unemp_share: 1 cell(s) are not numbers: 02: 'inf'"),
    ("points for commas", VALUES.replace(",", "."), "column unemp_share: 3 cell(s) are not numbers: 01: '9.8'"),
    ("negative counts", COUNTS.replace(";60;", ";-60;"), "unemp_share: numerator or denominator negative in 1 area(s): 02"),
    ("a group above its total", COUNTS.replace(";60;", ";2001;"), "unemp_share: numerator above denominator in 1 area(s)"),
    ("denominators of 0", COUNTS.replace(";2500", ";0").replace(";300;", ";0;").replace(";200;", ";0;").replace(
        ";700;", ";0;"), "mine: 0 valid area(s), at least 2 are needed"),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a good method and a good table, in which the command is typed."""
    (tmp_path / "mine.toml").write_text(METHOD, encoding="utf-8")
    (tmp_path / "values.csv").write_text(VALUES, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def refused(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Return a function that types a command and returns the one line it is refused with."""

    def run(*arguments: str) -> str:
        before = {one: one.read_bytes() for one in folder.iterdir()}
        monkeypatch.setattr("sys.argv", ["sozialraum", "method", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        told = capsys.readouterr()
        assert left.value.code == 1
        assert told.out == ""
        assert {one: one.read_bytes() for one in folder.iterdir()} == before
        *progress, line = told.err.splitlines()
        assert all("computed from" in one for one in progress)
        return line

    return run


@pytest.mark.parametrize(
    ("old", "new", "words"), [one[1:] for one in BAD_METHODS], ids=[one[0] for one in BAD_METHODS]
)
def test_a_bad_method_file_is_one_line_and_the_check_says_the_same(old, new, words, folder, refused) -> None:
    assert METHOD.count(old) >= 1
    (folder / "mine.toml").write_text(METHOD.replace(old, new, 1), encoding="utf-8")
    line = refused("run", "mine.toml", "--values", "values.csv", "--csv")
    assert line.startswith("sozialraum: mine.toml, line ")
    assert words in line
    checked = CliRunner().invoke(app, ["method", "check", "mine.toml"])
    assert checked.exit_code == 1
    assert words in checked.output.splitlines()[0]


@pytest.mark.parametrize(
    ("table", "words"), [one[1:] for one in BAD_TABLES], ids=[one[0] for one in BAD_TABLES]
)
def test_a_bad_table_is_one_line(table, words, folder, refused) -> None:
    (folder / "values.csv").write_text(table, encoding="utf-8")
    assert words in refused("run", "mine.toml", "--values", "values.csv", "--csv")


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (OWN.replace("unit", "unti"), "own.toml, line 5: unknown key 'unti' in count; did you mean 'unit'?"),
        (OWN.replace("dogs", "residents"), "own.toml, line 2: id 'residents' is taken by the catalogue"),
        (CIRCLE, "a circle of sums: dogs → cats → dogs; leave one of them out"),
        (OWN.replace('"cases"', "cases"), 'own.toml, line 5: not valid TOML: texts stand in quotes; write "cases"'),
    ],
    ids=["a typo", "an id of the catalogue", "a circle", "no quotes"],
)  # fmt: skip
def test_a_bad_file_of_indicators_is_one_line(own, words, folder, refused) -> None:
    (folder / "own.toml").write_text(own, encoding="utf-8")
    assert words in refused("run", "mine.toml", "--values", "values.csv", "--indicators", "own.toml")


def test_a_misspelt_column_of_denominators_is_not_ignored(folder, refused) -> None:
    (folder / "people.csv").write_text(VALUES.replace("unemp_share", "unemp_sare"), encoding="utf-8")
    line = refused("sensitivity", "mine.toml", "--values", "values.csv", "--denominators", "people.csv")
    assert line.endswith(
        "people.csv: column 'unemp_sare' is no indicator of the method; did you mean 'unemp_share'?"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "mine.toml", "--values", "none.csv"], "file not found: none.csv; check the name"),
        (["run", "none.toml", "--values", "values.csv"], "file not found: none.toml; check the name"),
        (["run", "berlin-mss-2018", "--values", "values.csv"], "did you mean 'berlin-mss-20"),
        (["run", "mine.toml", "--values", "values.csv", "--indicators", "none.toml"], "file not found: none.toml"),
        (["run", "mine.toml", "--values", "values.csv", "--earlier", "values.csv"], "mine has no dynamics; leave"),
        (["check", "."], "."),
    ],
)  # fmt: skip
def test_a_wrong_name_is_one_line(arguments, words, refused) -> None:
    assert words in refused(*arguments)


def test_an_area_with_a_denominator_of_0_is_not_classified_and_the_others_are(folder) -> None:
    zero = COUNTS + "04;0;0;0;0\n"
    (folder / "values.csv").write_text(zero, encoding="utf-8")
    told = CliRunner().invoke(app, ["method", "run", "mine.toml", "--values", "values.csv", "--json"])
    areas = {one["area_id"]: one for one in json.loads(told.stdout)["areas"]}
    assert [areas[one]["status"] for one in ("01", "02", "03", "04")] == ["measured"] * 3 + ["missing"]
    # 240 of 2,000 and 700 of 2,500 are the most of both.
    assert areas["03"]["rank"] == 1
