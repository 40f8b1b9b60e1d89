"""Values that contradict each other: sums, categories, equations, jumps, what lacks; each with the row of the file."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from etl.datasets.findings import Finding


def told(dataset, check: str) -> list[Finding]:
    return [one for one in dataset.inspect().findings.found if one.check == check]


TOTALS = """
[[table]]
file = "totals.csv"
geography = "city"
layout = "wide"
key = "nr"
period_column = "jahr"
value = [{ indicator = "residents", column = "ew" }, { indicator = "non_german", column = "ausl" }]
"""


def with_totals(dataset, *rows: str) -> None:
    (dataset.folder / "totals.csv").write_text("\n".join(["nr;jahr;ew;ausl", *rows]) + "\n", encoding="utf-8")
    dataset.add(TOTALS)


# 1000 + 2000 + 1500 + 900 = 5400 residents and 100 + 300 + 0 + 90 = 490 non-Germans in 2020;
# 1010 + 2020 + 1490 + 890 = 5410 and 110 + 310 + 20 + 95 = 535 in 2021.
def test_areas_that_add_up_to_the_city_say_nothing(dataset) -> None:
    with_totals(dataset, "000;2020;5400;490", "000;2021;5410;535")
    assert dataset.inspect().findings.found == []


def test_areas_that_do_not_add_up_are_told_with_the_row_of_the_total(dataset) -> None:
    with_totals(dataset, "000;2020;5400;490", "000;2021;5415;535")
    (one,) = told(dataset, "sum")
    assert (one.severity, one.file, one.place, one.column) == ("warning", "totals.csv", "row 3", "ew")
    assert one.what == (
        "residents of city 000 (Kleinstadt) in 2021 is 5,415, but the values of sub_district add up to 5,410"
    )
    assert "„Einwohner" in one.german[0]
    assert one.geometry is not None


def test_a_difference_within_the_tolerance_is_forgiven(dataset) -> None:
    with_totals(dataset, "000;2020;5400;490", "000;2021;5415;535")
    dataset.add("[checks]\ntolerance = 5\n")
    assert told(dataset, "sum") == []


def test_sums_are_switched_per_indicator(dataset) -> None:
    with_totals(dataset, "000;2020;5400;499", "000;2021;5415;535")
    dataset.add('[checks]\nsums = "error"\n[[checks.indicator]]\nid = "residents"\nsums = "off"\n')
    (one,) = told(dataset, "sum")
    assert (one.severity, one.column) == ("error", "ausl")
    assert dataset.inspect().delivery is None


def test_a_withheld_part_makes_a_bound_and_no_error(dataset) -> None:
    """Known are 100 + 300 + 0 = 400: a total of 405 leaves room for the withheld count, one of 399 does not."""
    dataset.values("04;2020;900;90;", "04;2020;900;.;")
    with_totals(dataset, "000;2020;5400;405", "000;2021;5410;535")
    assert told(dataset, "sum") == []
    path = dataset.folder / "totals.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(";405", ";399"), encoding="utf-8")
    (one,) = told(dataset, "sum")
    assert one.what.endswith("in 2020 is 399, but the known values of sub_district add up to 400")


CATEGORIES = """
[[confidentiality.categories]]
total = "residents"
parts = ["german", "non_german"]
[[indicator]]
id = "german"
[[table]]
file = "german.csv"
geography = "sub_district"
layout = "wide"
key = "nr"
period = "2020"
value = [{ indicator = "german", column = "deutsch" }]
"""


def with_categories(dataset, second: str) -> None:
    rows = ["nr;deutsch", "01;900", f"02;{second}", "03;1500", "04;810"]
    (dataset.folder / "german.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    dataset.add(CATEGORIES)


def test_categories_that_are_not_their_total_are_told(dataset) -> None:
    with_categories(dataset, "1700")
    assert told(dataset, "category") == []
    with_categories(dataset, "1690")
    text = (dataset.folder / "dataset.toml").read_text(encoding="utf-8").replace(CATEGORIES, "", 1)
    (dataset.folder / "dataset.toml").write_text(text, encoding="utf-8")
    (one,) = told(dataset, "category")
    assert (one.file, one.place) == ("values.csv", "row 3")
    assert one.what == "area 02 (Neustadt) in 2020: german + non_german add up to 1,990, residents is 2,000"


def test_a_withheld_category_is_only_bounded(dataset) -> None:
    with_categories(dataset, ".")
    assert told(dataset, "category") == []


SHARE = """
[[indicator]]
id = "non_german_part"
title_de = "Anteil"
title_en = "Share"
numerator = "non_german"
denominator = "residents"
"""


def test_a_part_above_its_whole_is_an_error_with_its_row(dataset) -> None:
    dataset.add(SHARE)
    assert told(dataset, "part") == []
    dataset.values("02;2020;2000;300;", "02;2020;2000;3000;")
    (one,) = told(dataset, "part")
    assert (one.severity, one.file, one.place, one.column) == ("error", "values.csv", "row 3", "ausl")
    assert one.what == (
        "area 02 (Neustadt) in 2020: non_german is 3,000, above residents, the whole, which is 2,000"
    )


@pytest.mark.parametrize(
    ("rule", "wrong"),
    [
        ("residents >= non_german", 0),
        ("non_german <= 0.1 * residents", 4),  # 300 of 2000, 310 of 2020, 110 of 1010 and 95 of 890 are more
        ("rate = 100 * non_german / residents", 7),
        ("residents = (residents + non_german) - non_german", 0),
    ],
)
def test_equations_hold_or_are_told(dataset, rule: str, wrong: int) -> None:
    """Of the eight rates one is withheld, and none of the others is the share of non-Germans."""
    dataset.add(f'[[checks.identity]]\nrule = "{rule}"\n')
    found = told(dataset, "identity")
    assert len(found) == wrong
    assert {one.severity for one in found} <= {"error"}


def test_a_rule_that_does_not_hold_is_told_with_its_numbers(dataset) -> None:
    dataset.add('[[checks.identity]]\nrule = "non_german <= 0.12 * residents"\nseverity = "warning"\n')
    first, second = told(dataset, "identity")  # 310 of 2020 are more than 12 %, and so are 300 of 2000
    assert (first.place, second.place) == ("row 7", "row 3")
    assert first.what == (
        "area 02 (Neustadt) in 2021: 'non_german <= 0.12 * residents' does not hold: non_german 310, residents 2,020"
    )


def test_a_count_too_small_to_be_published_is_not_told(dataset) -> None:
    dataset.manifest('profile = "as-published"', 'profile = "strict"')
    dataset.values("01;2020;1000;100;", "01;2020;1000;3;")
    dataset.add('[[checks.identity]]\nrule = "non_german >= 15"\nseverity = "warning"\n')
    (small,) = [one for one in told(dataset, "identity") if one.place == "row 2"]
    assert small.what.endswith("does not hold: non_german fewer than 5")
    assert small.german[0].endswith("weniger als 5")


def series(dataset, **values: float) -> None:
    """Four areas over five years, growing by about 1 % a year; `values` replaces single ones, such as a03_2017."""
    years = range(2015, 2020)
    rows = ["nr;jahr;ew;ausl;quote"]
    for area in range(1, 5):
        for year in years:
            usual = round(1000 * area * (1 + 0.01 * (year - 2015)) + (7 * area + 3 * year) % 5)
            rows.append(f"0{area};{year};{values.get(f'a0{area}_{year}', usual)};50;5")
    (dataset.folder / "values.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def with_six(dataset) -> None:
    """Make six areas of four; the fifth and the sixth have the values of the first."""
    areas = dataset.areas()
    boxes = [shapely.box(500_000 + n * 600, 6_000_000, 500_600 + n * 600, 6_001_000) for n in range(6)]
    frame = gpd.GeoDataFrame(
        {"nr": [f"0{n}" for n in range(1, 7)], "name": list("ABCDEF")}, geometry=boxes, crs=areas.crs
    )
    dataset.write_areas(frame)
    rows = (dataset.folder / "values.csv").read_text(encoding="utf-8").splitlines()
    more = [row.replace("01;", f"0{n};", 1) for n in (5, 6) for row in rows if row.startswith("01;")]
    (dataset.folder / "values.csv").write_text("\n".join([*rows, *more]) + "\n", encoding="utf-8")


def test_usual_growth_is_no_jump(dataset) -> None:
    series(dataset)
    with_six(dataset)
    assert told(dataset, "jump") == []


def test_a_digit_too_many_stands_out_between_the_years(dataset) -> None:
    series(dataset, a03_2017=30_600)
    with_six(dataset)
    (one,) = told(dataset, "jump")
    assert (one.place, one.column) == ("row 14", "ew")
    assert "residents of area 03 (C) stands out in 2017: 30,600 between 3,03" in one.what
    assert one.geometry.geom_type == "Point"


def test_a_level_that_stays_is_one_jump(dataset) -> None:
    series(dataset, a03_2017=4_600, a03_2018=4_650, a03_2019=4_700)
    with_six(dataset)
    (one,) = told(dataset, "jump")
    assert "jumps from 3,0" in one.what
    assert "in 2016 to 4,600 in 2017" in one.what


def test_jumps_are_switched_per_indicator(dataset) -> None:
    series(dataset, a03_2017=30_600)
    with_six(dataset)
    dataset.add('[[checks.indicator]]\nid = "residents"\njumps = "off"\n')
    assert told(dataset, "jump") == []


def test_a_year_in_another_unit_is_a_break_and_not_many_jumps(dataset) -> None:
    """In 2019 everything is given in tens: the median area has a tenth, and no single area stands out."""
    years = {f"a0{area}_2019": 100 * area for area in range(1, 5)}
    series(dataset, **years)
    with_six(dataset)
    (one,) = told(dataset, "break")
    assert one.what == "residents of sub_district in 2019 is 0.10 times that of 2018 in the median area"
    assert len(told(dataset, "jump")) == 0


def test_a_quarter_is_compared_with_a_quarter_and_not_with_the_year(dataset) -> None:
    """The quarters of 2018 and 2019 hold a quarter of the year: as texts they lie between the years."""
    series(dataset)
    with_six(dataset)
    path = dataset.folder / "values.csv"
    rows = path.read_text(encoding="utf-8").splitlines()
    quarters = []
    for row in rows[1:]:
        area, year, residents, *rest = row.split(";")
        if year in ("2018", "2019"):
            quarters += [";".join([area, f"{year}-Q{n}", str(int(residents) // 4), *rest]) for n in (1, 2)]
    path.write_text("\n".join([*rows, *quarters]) + "\n", encoding="utf-8")
    assert told(dataset, "break") == []
    assert told(dataset, "jump") == []


def test_what_lacks_in_many_areas_is_told_once_per_indicator(dataset) -> None:
    dataset.values("01;2021;1010;110;5,6\n02;2021;2020;310;7,1\n", "")
    found = told(dataset, "completeness")
    assert [one.column for one in found] == ["ausl", "quote", "ew"]
    assert found[2].what == "residents lacks in 2 of 4 areas of sub_district, in 2021"
    dataset.add("[checks]\nleast_share = 0.5\n")
    assert told(dataset, "completeness") == []


def test_a_withheld_value_does_not_lack(dataset) -> None:
    for area in ("01", "02", "03", "04"):
        text = (dataset.folder / "values.csv").read_text(encoding="utf-8")
        row = next(line for line in text.splitlines() if line.startswith(f"{area};2021"))
        dataset.values(row, ";".join([*row.split(";")[:3], ".", row.split(";")[4]]))
    assert told(dataset, "completeness") == []


def test_years_left_out_and_areas_without_any_value_are_told(dataset) -> None:
    series(dataset)
    text = (dataset.folder / "values.csv").read_text(encoding="utf-8")
    kept = [line for line in text.splitlines() if ";2017;" not in line and not line.startswith("04")]
    (dataset.folder / "values.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    dataset.add("[checks]\nleast_share = 0.7\n")
    what = [one.what for one in told(dataset, "completeness")]
    assert "residents of sub_district has no value in 2017, between 2015 and 2019" in what
    assert "1 of 4 areas of sub_district has no value at all: 04" in what


DOGS = """
[[indicator]]
id = "dogs"
title_de = "Hunde"
title_en = "Dogs"
unit = "dogs"
[[table]]
file = "dogs.csv"
geography = "sub_district"
layout = "years"
year_columns = '(\\d{4})'
key = "nr"
value = [{ indicator = "dogs" }]
"""


@pytest.mark.parametrize(
    ("years", "lacking"),
    [
        (("2015", "2017"), "2016"),  # residents have 2016
        (("2015", "2018"), ""),  # two years only, far apart: such as two censuses
        (("2015", "2017", "2019"), ""),  # every second year is the rhythm of the series
        (("2015", "2016", "2018", "2020"), "2017, 2019"),
    ],
)
def test_a_year_that_was_not_delivered_lacks_when_another_indicator_has_it(dataset, years, lacking) -> None:
    series(dataset)
    rows = [";".join(["nr", *years]), *(";".join([f"0{n}", *("50" for _ in years)]) for n in range(1, 5))]
    (dataset.folder / "dogs.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    dataset.add(DOGS)
    found = [one.what for one in told(dataset, "completeness")]
    what = f"dogs of sub_district has no value in {lacking}, between {years[0]} and {years[-1]}"
    assert found == ([what] if lacking else [])


def test_a_period_that_is_still_to_come_is_told_until_it_is_wanted(dataset) -> None:
    text = (dataset.folder / "values.csv").read_text(encoding="utf-8")
    (dataset.folder / "values.csv").write_text(text.replace(";2021;", ";2099;"), encoding="utf-8")
    found = told(dataset, "completeness")
    assert {one.severity for one in found} == {"warning"}
    assert "residents of sub_district has values of 2099, which is still to come" in [
        one.what for one in found
    ]
    dataset.add('[checks]\ncompleteness = "off"\n')
    assert told(dataset, "completeness") == []


def test_doubts_are_told_in_the_same_pass_as_errors(dataset) -> None:
    dataset.values("02;2021;2020;310;7,1", "02;2021;2020;viele;7,1")
    with_totals(dataset, "000;2020;5000;490", "000;2021;5410;535")
    found = dataset.inspect().findings.found
    assert {(one.severity, one.check) for one in found} == {("error", ""), ("warning", "sum")}


def test_of_very_many_doubts_the_weightiest_are_named(dataset) -> None:
    rows = ["nr;jahr;ew;ausl;quote"]
    rows += [f"0{area};{year};100;{year - 1899};5" for area in range(1, 5) for year in range(2000, 2010)]
    (dataset.folder / "values.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    dataset.add('[[checks.identity]]\nrule = "non_german <= residents"\n')
    found = told(dataset, "identity")
    assert len(found) == 21
    assert "non_german 110" in found[0].what
    assert found[-1].what == "20 more of the same kind for non_german"


def test_a_part_named_under_confidentiality_is_no_larger_than_its_whole(dataset) -> None:
    dataset.manifest(
        'profile = "as-published"', 'profile = "as-published"\nparts = { non_german = "residents" }'
    )
    dataset.values("02;2020;2000;300;", "02;2020;2000;3000;")
    (one,) = told(dataset, "part")
    assert (one.severity, one.place, one.column) == ("error", "row 3", "ausl")


def test_a_part_of_a_share_of_the_catalogue_is_no_larger_than_its_whole(dataset) -> None:
    """The catalogue relates residents under 6 to all residents; a load refuses more of them."""
    dataset.manifest('id = "non_german"\n', 'id = "residents_u6"\n')
    dataset.manifest('indicator = "non_german"', 'indicator = "residents_u6"')
    dataset.manifest('groups = ["non_german"]', 'groups = ["residents_u6"]')
    assert told(dataset, "part") == []
    dataset.values("02;2020;2000;300;", "02;2020;2000;3000;")
    (one,) = told(dataset, "part")
    assert (one.severity, one.file, one.place, one.column) == ("error", "values.csv", "row 3", "ausl")
    assert "residents_u6 is 3,000, above residents, the whole, which is 2,000" in one.what
