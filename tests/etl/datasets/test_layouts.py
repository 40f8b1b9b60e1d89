"""Wide, long and by year: the same figures in three shapes; and what the rules of a table do to them."""

from __future__ import annotations

import pandas as pd
import pytest

LONG = """key = "nr"
indicator_column = "merkmal"
value_column = "wert"
period_column = "jahr"
value = [{ indicator = "residents", match = "Einwohner" }, { indicator = "non_german", match = "Ausländer" }]
"""
YEARS = r"""key = "nr"
indicator_column = "merkmal"
year_columns = '(\d{4})'
value = [{ indicator = "residents", match = "Einwohner" }, { indicator = "non_german", match = "Ausländer" }]
"""
WIDE = """key = "nr"
period_column = "jahr"
value = [{ indicator = "residents", column = "ew" }, { indicator = "non_german", column = "ausl" }]
"""
TEXTS = {
    "wide": "nr;jahr;ew;ausl\n01;2020;1000;100\n01;2021;1010;110\n02;2020;2000;300\n02;2021;2020;310\n",
    "long": (
        "nr;jahr;merkmal;wert\n01;2020;Einwohner;1000\n01;2021;Einwohner;1010\n02;2020;Einwohner;2000\n"
        "02;2021;Einwohner;2020\n01;2020;Ausländer;100\n01;2021;Ausländer;110\n02;2020;Ausländer;300\n"
        "02;2021;Ausländer;310\n01;2020;Hunde;5\n"
    ),
    "years": (
        "nr;merkmal;2020;2021\n01;Einwohner;1000;1010\n02;Einwohner;2000;2020\n"
        "01;Ausländer;100;110\n02;Ausländer;300;310\n"
    ),
}


def with_table(dataset, layout: str, rules: str, text: str) -> None:
    path = dataset.folder / "dataset.toml"
    head = path.read_text(encoding="utf-8").split("[[table]]")[0]
    table = f'[[table]]\nfile = "values.csv"\ngeography = "sub_district"\nlayout = "{layout}"\n{rules}'
    path.write_text(head + table, encoding="utf-8")
    (dataset.folder / "values.csv").write_text(text, encoding="utf-8")
    dataset.write_areas(dataset.areas().iloc[:2])


@pytest.mark.parametrize(("layout", "rules"), [("wide", WIDE), ("long", LONG), ("years", YEARS)])
def test_the_three_layouts_say_the_same(dataset, layout: str, rules: str) -> None:
    with_table(dataset, layout, rules, TEXTS[layout])
    found = dataset.inspect()
    assert [one.sentence() for one in found.findings.errors] == []
    values = found.delivery.values.set_index(["area_id", "indicator_id", "period"])["value"]
    assert values["01", "residents", "2020"] == 1000
    assert values["02", "non_german", "2021"] == 310
    assert values["000", "residents", "2021"] == 3030  # 1,010 + 2,020
    assert len(values) == 12  # 2 areas and the city, 2 indicators, 2 years


def test_rows_of_other_indicators_are_counted(dataset) -> None:
    with_table(dataset, "long", LONG, TEXTS["long"])
    assert dataset.inspect().counted == {"values.csv: rows of 'Hunde', which the manifest does not name": 1}


def test_columns_that_are_added_up_give_one_value_and_pass_on_doubts(dataset, value) -> None:
    dataset.manifest('column = "ew"', 'column = ["ew", "ausl"]')
    assert value("01", "residents", "2020") == (1100.0, "measured")
    dataset.values("2000;300", ".;300")
    number, status = value("02", "residents", "2020")
    assert (pd.isna(number), status) == (True, "suppressed")


def test_zeros_mean_what_the_manifest_says(dataset, value) -> None:
    dataset.values("1000;100", "1000;0")
    dataset.values("1010;110", "1010;0")
    assert value("01", "non_german", "2020") == (0.0, "zero")
    dataset.manifest(
        'column = "ausl"',
        'column = "ausl", zero = "suppressed", zero_from = "2021", zero_before = "uncertain"',
    )
    assert value("01", "non_german", "2020") == (0.0, "uncertain")
    assert value("01", "non_german", "2021")[1] == "suppressed"
    assert value("03", "non_german", "2020") == (0.0, "zero")  # the sign "-" says that there is none


def test_zero_in_every_area_can_mean_that_nothing_was_published(dataset, value) -> None:
    for old in ("1000;100", "2000;300", "1500;-", "900;90"):
        dataset.values(old, f"{old.split(';')[0]};0")
    dataset.manifest('column = "ausl"', 'column = "ausl", all_zero = "missing"')
    assert value("01", "non_german", "2020")[1] == "missing"
    assert value("01", "non_german", "2021") == (110.0, "measured")


def test_a_row_can_be_withheld_as_a_whole(dataset, value) -> None:
    dataset.values("1000;100;5,5", "0;0;0")
    dataset.manifest(
        'key = "nr"\ndecimal',
        'key = "nr"\nrow_status = [{ columns = ["ew", "ausl", "quote"], are = ["0", ""] }]\ndecimal',
    )
    assert {value("01", name, "2020")[1] for name in ("residents", "non_german", "rate")} == {"suppressed"}
    assert value("02", "residents", "2020") == (2000.0, "measured")


def test_an_area_without_a_row_is_missing_or_none_as_declared(dataset, value) -> None:
    dataset.values("04;2021;890;95;3,2r\n", "")
    assert value("04", "residents", "2021")[1] == "missing"
    assert value("000", "residents", "2021", "city")[1] == "missing"  # a sum of which a part is not known
    dataset.manifest('key = "nr"\ndecimal', 'key = "nr"\nno_row = "zero"\ndecimal')
    assert value("04", "residents", "2021") == (0.0, "zero")
    assert value("000", "residents", "2021", "city")[0] == 1010 + 2020 + 1490


def test_areas_that_were_split_are_added_to_where_they_came_from(dataset, value) -> None:
    dataset.manifest('name = "name"', 'name = "name"\nmerge = { "02" = "01" }')
    assert value("01", "residents", "2020") == (3000.0, "measured")  # 1,000 + 2,000
    delivery = dataset.inspect().delivery
    assert delivery.areas.set_index("area_id").loc["01"].geometry.area == pytest.approx(
        2e6
    )  # [m²] two squares
    assert delivery.repairs["sub_district: areas merged as the manifest says"] == 1


def test_rows_that_are_rejected_are_kept_with_their_reason(dataset) -> None:
    dataset.manifest(
        'key = "nr"\ndecimal',
        'key = "nr"\nreject = [{ where = { jahr = "2021" }, reason = "not final" }]\ndecimal',
    )
    rejected = dataset.inspect().delivery.rejected
    assert rejected["place"].tolist() == ["row 6", "row 7", "row 8", "row 9"]
    assert set(rejected["reason"]) == {"not final"}


def test_classes_are_numbers_by_their_labels(dataset, value) -> None:
    dataset.values("quote", "klasse")
    for old, new in (
        ("5,5", "+"),
        ("7,0", "+/-"),
        (";-;.", ";-;-"),
        ("(3,1)", "+"),
        ("5,6", "-"),
        ("7,1", "-"),
        ("2,0p", "-"),
        ("3,2r", ""),
    ):
        dataset.values(old, new)
    dataset.manifest('column = "quote"', 'column = "klasse", labels = { "+" = 1, "+/-" = 2, "-" = 3 }')
    assert value("02", "rate", "2020") == (2.0, "measured")
    assert value("01", "rate", "2021") == (3.0, "measured")
    assert value("04", "rate", "2021")[1] == "missing"


def test_a_misspelt_match_is_told_at_its_column_with_the_nearest_text(dataset) -> None:
    with_table(dataset, "long", LONG.replace('"Einwohner"', '"Einwoner"'), TEXTS["long"])
    (told,) = dataset.inspect().findings.errors
    assert told.column == "merkmal"
    assert told.what == "no row is 'Einwoner' (nearest: Einwohner)"
    assert told.todo == "correct match or where of residents"


def test_a_where_that_no_row_has_is_told_at_its_column(dataset) -> None:
    rules = WIDE.replace('column = "ew"', 'column = "ew", where = { jahr = "2002" }')
    with_table(dataset, "wide", rules, TEXTS["wide"])
    (told,) = dataset.inspect().findings.errors
    assert told.column == "jahr"
    assert told.what == "no row is '2002' (nearest: 2021, 2020)"
