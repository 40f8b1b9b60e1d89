"""What a 0 means in Leipzig's tables, on two Ortsteile and a few cells."""

from __future__ import annotations

import pandas as pd

from etl.sources.leipzig_tables import TABLES, judge_zeros
from indicators.leipzig import LEIPZIG_INDICATORS, LEIPZIG_STATUS_INDICATORS

JOBS = "arbeitslose-insgesamt"


def judged(*rows: tuple[str, str, str, str, float]) -> tuple[list[str], dict[str, int]]:
    """Rows of table, characteristic, area, period, value → statuses and named steps."""
    frame = pd.DataFrame(rows, columns=["table", "characteristic", "area_id", "period", "value"])
    counted: dict[str, int] = {}
    cells = judge_zeros(frame.assign(geography="sub_district", status="measured"), counted=counted)
    assert (cells["value"].isna() == cells["status"].isin(["missing", "suppressed"])).all()
    return cells["status"].to_list(), counted


def test_zero_in_all_areas_of_a_period_is_not_published():
    statuses, counted = judged(
        (JOBS, "Arbeitslose insgesamt", "00", "2018", 20.0),
        (JOBS, "Arbeitslose insgesamt", "01", "2018", 30.0),
        (JOBS, "Langzeitarbeitslose", "00", "2018", 0.0),
        (JOBS, "Langzeitarbeitslose", "01", "2018", 0.0),
    )
    assert statuses == ["measured", "measured", "missing", "missing"]
    assert counted == {"0 in all areas of a period taken as not published": 2}


def test_zero_in_a_whole_row_is_not_published():
    # Baalsdorf has 700 dwellings since 2010; before, the files print 0 dwellings with 0 m².
    statuses, counted = judged(
        ("wohnflaeche-insgesamt", "Wohnungen", "00", "2009", 900.0),
        ("wohnflaeche-insgesamt", "Wohnungen", "28", "2009", 0.0),
        ("wohnflaeche-insgesamt", "Wohnfläche insgesamt", "00", "2009", 60.0),
        ("wohnflaeche-insgesamt", "Wohnfläche insgesamt", "28", "2009", 0.0),
    )
    assert statuses == ["measured", "missing", "measured", "missing"]
    assert counted == {"0 in a whole row of a table taken as not published": 2}


def test_zero_in_a_part_is_withheld_since_2018_and_uncertain_before():
    statuses, counted = judged(
        (JOBS, "Arbeitslose insgesamt", "00", "2017", 20.0),
        (JOBS, "Arbeitslose insgesamt", "01", "2017", 30.0),
        (JOBS, "unter 25 Jahre", "00", "2017", 0.0),
        (JOBS, "unter 25 Jahre", "01", "2017", 12.0),
        (JOBS, "Arbeitslose insgesamt", "00", "2018", 20.0),
        (JOBS, "Arbeitslose insgesamt", "01", "2018", 30.0),
        (JOBS, "unter 25 Jahre", "00", "2018", 0.0),
        (JOBS, "unter 25 Jahre", "01", "2018", 12.0),
    )
    assert statuses[2] == "uncertain"
    assert statuses[6] == "suppressed"
    assert counted == {"0 in a period with withheld small counts taken as withheld": 1}


def test_other_zeros_are_what_the_table_says():
    statuses, counted = judged(
        ("straftaten-insgesamt", "Straftaten insgesamt", "00", "2006", 90.0),
        ("straftaten-insgesamt", "Körperverletzung", "00", "2006", 0.0),
        ("straftaten-insgesamt", "Körperverletzung", "01", "2006", 2.0),
        ("gesamtflaeche", "Waldfläche", "00", "2020", 0.0),
        ("gesamtflaeche", "Waldfläche", "01", "2020", 7.0),
        ("gesamtflaeche", "Verkehrsfläche", "00", "2020", 20.0),
    )
    assert statuses == ["measured", "zero", "measured", "measured", "measured", "measured"]
    assert counted == {}


def test_every_loaded_characteristic_has_a_definition():
    counts = {indicator.id for indicator in LEIPZIG_INDICATORS if not indicator.is_share}
    loaded = [indicator for table in TABLES for indicator in table.indicators.values()]
    assert sorted(loaded) == sorted(counts)
    for table in TABLES:
        assert table.zero.value in {"zero", "uncertain", "measured"}


def test_every_share_is_made_from_counts_and_says_so():
    by_id = {indicator.id: indicator for indicator in LEIPZIG_INDICATORS}
    assert len(by_id) == len(LEIPZIG_INDICATORS)
    for indicator in LEIPZIG_INDICATORS:
        if indicator.is_share:
            assert by_id[indicator.numerator].kind == by_id[indicator.denominator].kind == "extensive"
            assert indicator.caution_de
            assert indicator.caution_en
    for name in LEIPZIG_STATUS_INDICATORS:
        assert by_id[name].is_share
        assert by_id[name].direction == "higher_is_more_need"
