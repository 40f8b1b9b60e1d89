"""A delivery of a new year only is compared with what is stored of the years before."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import pytest
import shapely
from sqlalchemy import Engine, text

from etl.datasets.findings import DatasetError
from etl.loading import LoadReport

pytestmark = pytest.mark.db

Load = Callable[..., LoadReport]
RESIDENTS = (1000, 1500, 800, 2000, 1200, 900)


def deliver(dataset, *years: str, change: Callable[[int, int], int] | None = None) -> None:
    """Write the table of some years: 2 more residents every year, `change` has the last word on row and number."""
    rows = ["nr;jahr;ew;ausl;quote"]
    for year in years:
        for number, count in enumerate(RESIDENTS):
            residents = count + 2 * (int(year) - 2019)
            told = change(number, residents) if change else residents
            rows.append(f"{number + 1:02d};{year};{told};-;5,5")
    (dataset.folder / "values.csv").write_text("\n".join([*rows, ""]), encoding="utf-8")


@pytest.fixture
def town(dataset, load_town: Load):
    """Six squares with three years that are loaded."""
    shapes = [shapely.box(500_000 + 1000 * n, 6_000_000, 501_000 + 1000 * n, 6_001_000) for n in range(6)]
    keys = [f"{n + 1:02d}" for n in range(6)]
    dataset.write_areas(gpd.GeoDataFrame({"nr": keys, "name": keys}, geometry=shapes, crs=25832))
    deliver(dataset, "2019", "2020", "2021")
    assert load_town().findings == ()
    return dataset


def jumps(report: LoadReport) -> list[str]:
    return [one.what for one in report.findings if one.check in {"jump", "break"}]


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_value_that_jumps_against_the_stored_year_before_is_told(
    town, load_town: Load, dry_run: bool
) -> None:
    deliver(town, "2022", change=lambda row, count: count * 10 if row == 3 else count)
    report = load_town(dry_run=dry_run)
    # counts are compared as 2√n: 2·(√20060 − √2004) = 193.7, all others change by less than 0.1; the usual spread of
    # differences is that of chance, √2, so 193.7 / √2 ≈ 137
    assert jumps(report) == [
        "against what is stored: residents of area 04 jumps from 2,004 in 2021 to 20,060 in 2022,"
        " 137 times the usual spread of changes"
    ]
    assert 'say jumps = "off" for this indicator in [checks]' in report.findings[-1].todo


def test_another_unit_is_told_as_a_break(town, load_town: Load) -> None:
    deliver(town, "2022", change=lambda _row, count: count * 1000)
    (told,) = [one for one in jumps(load_town()) if "median area" in one]
    assert told.startswith("against what is stored: residents of sub_district in 2022 is 1,00")


def test_a_year_before_those_that_are_stored_is_compared_as_well(town, load_town: Load) -> None:
    deliver(town, "2018", change=lambda row, count: count // 10 if row == 1 else count)
    # 2·(√1500 − √149) / √2 = 37.5, and the little that all others grew is taken off
    assert jumps(load_town()) == [
        "against what is stored: residents of area 02 jumps from 149 in 2018 to 1,500 in 2019,"
        " 37 times the usual spread of changes"
    ]


def test_a_year_like_the_others_and_a_delivery_of_all_years_are_not_told(town, load_town: Load) -> None:
    deliver(town, "2022")
    assert jumps(load_town()) == []
    # what a delivery brings itself is told by `check`
    deliver(town, "2019", "2020", "2021", "2022", change=lambda row, count: count * 10 if row == 3 else count)
    assert jumps(load_town()) == []


def test_the_rules_of_the_manifest_hold(town, load_town: Load) -> None:
    town.add('[checks]\njumps = "off"\n')
    deliver(town, "2022", change=lambda row, count: count * 10 if row == 3 else count)
    assert jumps(load_town()) == []


def test_jumps_that_are_errors_refuse_the_load(database: Engine, town, load_town: Load) -> None:
    town.add('[checks]\njumps = "error"\n')
    deliver(town, "2022", change=lambda row, count: count * 10 if row == 3 else count)
    with pytest.raises(DatasetError, match="residents of area 04 jumps from 2,004"):
        load_town()
    with database.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM load")).scalar_one() == 1


def test_a_count_that_the_load_withholds_is_not_compared(town, load_town: Load) -> None:
    town.manifest('profile = "as-published"', 'profile = "strict"')
    deliver(town, "2022", change=lambda row, count: 2 if row == 3 else count)
    assert jumps(load_town(dry_run=True)) == []


def test_a_partner_that_the_load_withholds_is_not_told_either(
    database: Engine, town, load_town: Load
) -> None:
    town.manifest('profile = "as-published"', 'profile = "strict"')
    # 2 is too small, and 15 is withheld for it: with 15, and the total of the city, 2 would be known
    deliver(town, "2022", change={0: 2, 1: 15}.get)
    report = load_town()
    with database.connect() as connection:
        withheld = connection.execute(
            text("SELECT area_id FROM value WHERE period = '2022' AND status = 'suppressed' ORDER BY 1")
        ).scalars()
        assert {"01", "02"} <= set(withheld)
    assert not [what for what in jumps(report) if "area 01" in what or "area 02" in what]
    assert " 15 " not in str(report.to_dict()["findings"])
