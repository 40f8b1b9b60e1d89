"""What earlier loads brought and a delivery leaves out is told, and kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text

from etl.datasets.findings import DatasetError
from etl.loading import LoadReport

pytestmark = pytest.mark.db

Load = Callable[..., LoadReport]


def told(report: LoadReport) -> list[str]:
    return [f"{one.severity}: {one.what}" for one in report.findings]


def keep_year(dataset, year: str) -> None:
    """Leave only the rows of one year in the table."""
    path = dataset.folder / "values.csv"
    head, *rows = path.read_text(encoding="utf-8").splitlines()
    path.write_text(
        "\n".join([head, *(row for row in rows if row.split(";")[1] == year), ""]), encoding="utf-8"
    )


def test_a_first_load_leaves_nothing_out(load_town: Load) -> None:
    assert load_town().findings == ()


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_year_that_is_left_out_is_told_with_its_values_and_kept(
    database: Engine, dataset, load_town: Load, dry_run: bool
) -> None:
    load_town()
    keep_year(dataset, "2020")
    report = load_town(dry_run=dry_run)
    # 4 Stadtteile; counts have the sum of the city besides
    assert told(report) == [
        "warning: non_german is not delivered for 2021; earlier loads brought 5 values (sub_district 4, city 1)",
        "warning: rate is not delivered for 2021; earlier loads brought 4 values (sub_district 4)",
        "warning: residents is not delivered for 2021; earlier loads brought 5 values (sub_district 4, city 1)",
    ]
    assert "deliver them if they were forgotten" in report.findings[0].todo
    with database.connect() as connection:
        count = text("SELECT count(*) FROM value WHERE period = '2021' AND load_id = 1")
        assert connection.execute(count).scalar_one() == 14


def test_an_indicator_that_is_left_out_is_told(dataset, load_town: Load) -> None:
    load_town()
    dataset.manifest('    { indicator = "rate", column = "quote" },\n', "")
    assert told(load_town()) == [
        # of 8 values one is withheld by its publisher: "."
        "warning: rate is not in this delivery; earlier loads brought 7 values for 2020, 2021 (sub_district 7)"
    ]


def test_a_row_that_is_left_out_is_told_with_its_area(dataset, load_town: Load) -> None:
    load_town()
    dataset.values("02;2021;2020;310;7,1\n", "")
    # the sums of the city are not known any more either
    assert [one for one in told(load_town()) if "missing now" in one] == [
        "warning: non_german: 2 values of earlier loads are missing now, in 2021 (sub_district 1, city 1): sub_district 02",
        "warning: rate: 1 value of earlier loads is missing now, in 2021 (sub_district 1): sub_district 02",
        "warning: residents: 2 values of earlier loads are missing now, in 2021 (sub_district 1, city 1): sub_district 02",
    ]


def test_a_delivery_of_a_new_year_only_is_usual_and_no_more_than_a_note(dataset, load_town: Load) -> None:
    load_town()
    keep_year(dataset, "2021")
    path = dataset.folder / "values.csv"
    path.write_text(path.read_text("utf-8").replace(";2021;", ";2022;"), encoding="utf-8")
    assert told(load_town()) == [
        # 5 residents and 5 non-Germans in two years, 3 and 4 rates
        "note: only newer periods of non_german, rate, residents are delivered; 27 values of 2020, 2021 stay as they are"
    ]


def test_a_new_year_with_a_corrected_last_one_is_as_usual_also_where_leaving_out_is_an_error(
    dataset, load_town: Load
) -> None:
    dataset.add('[checks]\ncompleteness = "error"\nleast_share = 0.1\n')
    load_town()
    keep_year(dataset, "2021")
    path = dataset.folder / "values.csv"
    _head, *rows = path.read_text("utf-8").splitlines()
    newer = "\n".join(row.replace(";2021;", ";2022;") for row in rows)
    path.write_text(path.read_text("utf-8").replace("2020;310", "2021;310") + newer + "\n", "utf-8")
    assert told(load_town()) == [
        # 5 residents, 5 non-Germans and 3 rates
        "note: only newer periods of non_german, rate, residents are delivered; 13 values of 2020 stay as they are"
    ]


def test_a_year_of_another_data_set_is_not_left_out(dataset, load_town: Load) -> None:
    load_town()
    dataset.manifest('id = "small"\n[city]', 'id = "small-2020"\n[city]')
    keep_year(dataset, "2020")
    assert told(load_town()) == []


def test_what_an_undo_took_back_is_not_left_out(database: Engine, dataset, load_town: Load, quiet) -> None:
    from etl.undo import undo_load

    keep_year(dataset, "2020")
    load_town()
    path = dataset.folder / "values.csv"
    path.write_text(path.read_text("utf-8") + "01;2021;1010;110;5,6\n", encoding="utf-8")
    undo_load(database, load_town().load_id, undone_by="test", code_version="test", progress=quiet)
    path.write_text(
        path.read_text("utf-8").replace("01;2021;1010;110;5,6\n", "").replace("1000", "1001"), "utf-8"
    )
    assert told(load_town()) == []


def test_the_rules_of_the_manifest_say_how_serious_it_is(database: Engine, dataset, load_town: Load) -> None:
    load_town()
    keep_year(dataset, "2020")
    dataset.add('[checks]\ncompleteness = "off"\n[[checks.indicator]]\nid = "rate"\ncompleteness = "error"\n')
    with pytest.raises(DatasetError, match="rate is not delivered for 2021") as caught:
        load_town()
    assert len(caught.value.findings) == 1
    with database.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM load")).scalar_one() == 1
