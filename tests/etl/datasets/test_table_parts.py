"""Tables that need not be there, lie in a folder beside, have rows of larger units, or lack some."""

from __future__ import annotations

import pytest

from etl.datasets.findings import DatasetError
from etl.datasets.german import in_german
from etl.raw import RawStore

YEARS = """
[[table]]
file = "dogs.csv"
geography = "sub_district"
layout = "years"
key = "Gebiet"
join = "name"
year_columns = '(\\d{4})'
indicator_column = "Merkmal"
value = [{ indicator = "dogs", match = "Hunde" }, { indicator = "cats", match = "Katzen" }]
[[indicator]]
id = "dogs"
title_de = "Hunde"
title_en = "Dogs"
[[indicator]]
id = "cats"
title_de = "Katzen"
title_en = "Cats"
"""
ANIMALS = """Gebiet,Merkmal,2020,2021
Altstadt,Hunde,10,11
Neustadt,Hunde,20,21
Südstadt,Hunde,30,31
Weststadt,Hunde,0,41
Kleinstadt,Hunde,61,104
Altstadt,Katzen,,1
Neustadt,Katzen,,2
Südstadt,Katzen,,3
Weststadt,Katzen,,4
"""


@pytest.fixture
def animals(dataset):
    """Return the small data set with a second table of animals by years."""
    dataset.add(YEARS)
    (dataset.folder / "dogs.csv").write_text(ANIMALS, encoding="utf-8")
    return dataset


def errors(dataset) -> list[str]:
    found = dataset.inspect().findings.errors
    assert all(in_german(one)[0] for one in found)
    return [one.sentence() for one in found]


def edit(dataset, old: str, new: str) -> None:
    path = dataset.folder / "dogs.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_rows_of_larger_units_are_values_of_their_level_and_not_summed_again(animals, value) -> None:
    animals.manifest(
        'geography = "sub_district"\nlayout = "years"',
        'geography = "sub_district"\nupper_levels = ["city"]\nlayout = "years"',
    )
    assert value("000", "dogs", "2020", "city") == (
        61.0,
        "measured",
    )  # as published, one more than 10 + 20 + 30
    assert value("000", "cats", "2021", "city") == (10.0, "measured")  # 1 + 2 + 3 + 4: no row of its own
    assert value("02", "dogs", "2021") == (21.0, "measured")


def test_a_name_of_no_level_is_refused(animals) -> None:
    animals.manifest(
        'geography = "sub_district"\nlayout = "years"',
        'geography = "sub_district"\nupper_levels = ["city"]\nlayout = "years"',
    )
    edit(animals, "Kleinstadt,", "Großstadt,")
    assert ["the name 'Großstadt' joins no area" in one for one in errors(animals)] == [True]


def test_an_alias_may_stand_for_a_larger_unit(animals, value) -> None:
    animals.manifest(
        'geography = "sub_district"\nlayout = "years"',
        'geography = "sub_district"\nupper_levels = ["city"]\n'
        'aliases = { "Stadt Kleinstadt" = "Kleinstadt" }\nlayout = "years"',
    )
    edit(animals, "Kleinstadt,", "Stadt Kleinstadt,")
    assert value("000", "dogs", "2021", "city") == (104.0, "measured")


def test_a_level_that_is_not_above_is_refused(animals) -> None:
    animals.manifest(
        'geography = "sub_district"\nlayout = "years"',
        'geography = "sub_district"\nupper_levels = ["block"]\nlayout = "years"',
    )
    with pytest.raises(DatasetError, match="'block' is no level above sub_district"):
        animals.source()


def test_a_year_in_which_an_indicator_has_no_cell_is_none_of_its_years(animals) -> None:
    edit(animals, "Kleinstadt,Hunde,61,104\n", "")
    found = animals.inspect()
    periods = found.delivery.values.groupby("indicator_id")["period"].agg(set)
    assert periods["dogs"] == {"2020", "2021"}
    assert periods["cats"] == {"2021"}
    assert found.counted["dogs.csv: empty cells of years in which an indicator has none"] == 4


def test_a_column_whose_name_is_no_year_is_refused(animals) -> None:
    edit(animals, "Kleinstadt,Hunde,61,104\n", "")
    edit(animals, ",2020,", ",0000,")
    assert ["'0000' is no period" in one for one in errors(animals)] == [True]


def test_zero_in_all_cells_of_an_area_can_mean_that_nothing_was_published(dataset, value) -> None:
    dataset.values("1000;100;5,5", "0;0;0")
    dataset.manifest('key = "nr"\ndecimal', 'key = "nr"\nall_zero_rows = "missing"\ndecimal')
    assert {value("01", name, "2020")[1] for name in ("residents", "non_german", "rate")} == {"missing"}
    assert value("02", "residents", "2020") == (2000.0, "measured")
    assert dataset.inspect().counted["residents: 0 in a whole row of the table, taken as missing"] == 1


def test_a_table_that_has_no_row_of_an_area_can_be_refused(dataset) -> None:
    dataset.manifest('key = "nr"\ndecimal', 'key = "nr"\nno_row = "refuse"\ndecimal')
    assert errors(dataset) == []
    dataset.values("04;2021;890;95;3,2r\n", "")
    assert errors(dataset) == []  # one period only: missing, as ever
    dataset.values("04;2020;900;90;(3,1)\n", "")
    assert [
        "there is no row for 1 of 4 areas of sub_district: 04 (Weststadt)" in one for one in errors(dataset)
    ] == [True]


def test_an_optional_table_may_be_absent_and_that_is_kept_with_the_load(dataset, value) -> None:
    dataset.add(YEARS.replace('file = "dogs.csv"', 'file = "dogs.csv"\noptional = true'))
    found = dataset.inspect()
    assert found.delivery.rejected[["file", "reason"]].to_numpy().tolist() == [
        ["dogs.csv", "the file is not there"]
    ]
    assert "dogs" not in set(found.delivery.values["indicator_id"])
    notes = [one for one in found.findings.found if one.file == "dogs.csv"]
    assert [one.severity for one in notes] == ["note"]
    assert in_german(notes[0])[0]
    (dataset.folder / "dogs.csv").write_text(
        ANIMALS.replace("Kleinstadt,Hunde,61,104\n", ""), encoding="utf-8"
    )
    assert value("03", "dogs", "2020") == (30.0, "measured")


def test_a_table_that_is_not_optional_must_be_there(dataset) -> None:
    dataset.add(YEARS)
    with pytest.raises(DatasetError, match=r"dogs\.csv: the file is not in"):
        dataset.inspect()


@pytest.mark.parametrize("place", ["small/register", "register"])
def test_files_are_found_in_a_named_folder_inside_or_beside(dataset, tmp_path, value, place) -> None:
    dataset.manifest('id = "small"\n', 'id = "small"\nfolders = ["register"]\n')
    (tmp_path / place).mkdir()
    (dataset.folder / "values.csv").rename(tmp_path / place / "values.csv")
    assert value("02", "residents", "2020") == (2000.0, "measured")
    files = dataset.source().fetch(RawStore(tmp_path / "raw"), folder=None, progress=lambda *_: None)
    assert "values.csv" in {one.name for one in files}


@pytest.mark.parametrize("name", ["../secrets", "..", "/etc", ".hidden", "a/b", "C:x", ""])
def test_a_folder_is_a_name_and_no_path(dataset, name) -> None:
    dataset.manifest('id = "small"\n', f'id = "small"\nfolders = ["{name}"]\n')
    with pytest.raises(DatasetError, match="is no name of a folder"):
        dataset.source()


def test_an_indicator_says_who_counts_it(dataset) -> None:
    dataset.manifest('id = "residents"', 'id = "residents"\nsource = "Melderegister"')
    sources = {one.id: one.source for one in dataset.inspect().delivery.indicators}
    assert sources == {"residents": "Melderegister", "non_german": "Stadt", "rate": "Stadt"}


def test_the_place_of_a_doubt_is_found_in_the_rows_of_its_level(animals) -> None:
    animals.manifest(
        'geography = "sub_district"\nlayout = "years"',
        'geography = "sub_district"\nupper_levels = ["city"]\nlayout = "years"',
    )
    (doubt,) = [one for one in animals.inspect().findings.found if one.check == "sum" and "dogs" in one.what]
    assert (doubt.file, doubt.place) == ("dogs.csv", "row 6")
