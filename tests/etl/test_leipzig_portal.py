"""The portal's tables are found by what is in them and give the same counts as the files."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from etl.checks import check
from etl.datasets.findings import DatasetError
from etl.datasets.source import inspect
from etl.shipped_cities.sources import shipped_source

PLACE = ["geography", "area_id", "indicator_id", "period"]


def query(category: int, rubric: int) -> str:
    return f"/kdvalues?kategorie_nr={category}&rubrik_nr={rubric}&periode=y&format=csv"


def told(source, store, quiet) -> str:
    """Everything that refuses the data, in one text."""
    with pytest.raises(DatasetError) as refused:
        source.clean(source.fetch(store, folder=None, progress=quiet), progress=quiet)
    return "; ".join(one.sentence() for one in refused.value.findings)


def rubrics(files) -> dict[str, int]:
    """The number under which each table was found."""
    kept = next(file for file in files if file.name == "downloads.json")
    return {
        one["file"]: one["rubric"]
        for one in json.loads(kept.path.read_text(encoding="utf-8"))
        if "rubric" in one
    }


def test_portal_and_files_give_the_same_counts(whole_portal, leipzig, store, quiet):
    source = whole_portal.source()
    delivery = source.clean(source.fetch(store, folder=None, progress=quiet), progress=quiet)
    check(delivery)
    both = delivery.values.merge(
        leipzig.values, on=PLACE, how="outer", suffixes=("", "_files"), indicator=True
    )
    ortsteile = both[both["geography"] == "sub_district"]
    assert (ortsteile["_merge"] == "both").all()
    pd.testing.assert_series_equal(ortsteile["value"], ortsteile["value_files"], check_names=False)
    assert (ortsteile["status"] == ortsteile["status_files"]).all()
    # Upper levels: the portal prints some itself (income); no count differs from the sum of the Ortsteile.
    counted = both[
        (both["geography"] != "sub_district") & both["value"].notna() & both["value_files"].notna()
    ]
    assert len(counted) > 5000
    assert (counted["value"] == counted["value_files"]).all()
    city = delivery.values.query("geography == 'city' and period == '2022'").set_index("indicator_id")[
        "value"
    ]
    assert city["residents"] == 624_676


def test_drifted_rubric_is_found_by_its_characteristics_and_named(portal, store, quiet):
    source = portal.source()
    files = source.fetch(store, folder=None, progress=quiet)
    found = inspect(source.manifest, files, progress=quiet)
    assert rubrics(files)["migranten.csv"] == 4  # the older of two known numbers
    assert rubrics(files)["wohnflaeche-insgesamt.csv"] == 8  # a number nobody knew
    assert [one.what for one in found.findings.found if "rubric" in one.what] == [
        "the table was found as rubric 4 instead of 5",
        "the table was found as rubric 8 instead of 5",
    ]
    assert found.counted["sub_district: keys filled up with zeros"] == 7  # Ortsteile 00 to 06
    repairs = found.delivery.repairs
    assert "sub_district: coordinates are EPSG:25833, not OGC:CRS84 as the file claims" in repairs


def test_honest_crs_member_needs_no_correction(portal, store, quiet):
    portal.answers["/geometry"] = portal.content.geometry(claimed="urn:ogc:def:crs:EPSG::25833")
    source = portal.source()
    delivery = source.clean(source.fetch(store, folder=None, progress=quiet), progress=quiet)
    assert not any("EPSG" in step for step in delivery.repairs)
    assert (delivery.areas["geography"] == "sub_district").sum() == 63


def test_server_error_is_repeated(portal, store, quiet):
    portal.faults[query(7, 3)] = [503]
    files = portal.source().fetch(store, folder=None, progress=quiet)
    assert portal.requests[query(7, 3)] == 2
    assert rubrics(files)["arbeitslose-insgesamt.csv"] == 3


def test_lasting_server_error_is_told_with_what_to_do(portal, store, quiet):
    portal.faults["/geometry"] = [503, 502, 503, 503]
    said = told(portal.source(), store, quiet)
    assert "cannot be reached (HTTP 503, 3 attempts)" in said
    assert "load from files with --from DIR" in said
    assert portal.requests["/geometry"] == 3


def test_nobody_listening_is_told_with_what_to_do(portal, store, quiet):
    # Port 9 (discard) of the loopback: nothing listens there.
    said = told(portal.source("http://127.0.0.1:9"), store, quiet)
    assert "cannot be reached" in said
    assert "load from files with --from DIR" in said


def test_vanished_table_names_category_and_characteristic(portal, store, quiet):
    portal.numbers = {
        number: table for number, table in portal.numbers.items() if table != "arbeitslose-insgesamt"
    }
    said = told(portal.source(), store, quiet)
    assert "no table of category 7 has 'Arbeitslose insgesamt'" in said
    assert "rubrics 1 to 20" in said


def test_vanished_side_table_is_left_out(portal, store, quiet):
    portal.numbers = {
        number: table for number, table in portal.numbers.items() if table != "haushaltseinkommen"
    }
    source = portal.source()
    delivery = source.clean(source.fetch(store, folder=None, progress=quiet), progress=quiet)
    assert "household_income" not in set(delivery.values["indicator_id"])
    assert delivery.rejected[["file", "reason"]].to_numpy().tolist() == [
        ["haushaltseinkommen.csv", "the file is not there"]
    ]
    assert "residents" in set(delivery.values["indicator_id"])


def test_side_table_that_cannot_be_reached_is_not_taken_for_a_vanished_one(portal, store, quiet):
    portal.faults[query(9, 1)] = [503, 503, 503]
    assert "cannot be reached (HTTP 503" in told(portal.source(), store, quiet)


def test_two_tables_with_the_same_characteristics_are_not_guessed_between(portal, store, quiet):
    # Main and main-or-second residence have the same characteristics: only the known number tells them apart.
    portal.numbers = {number: table for number, table in portal.numbers.items() if number != (2, 1)}
    portal.numbers |= {(2, 6): "einwohner-insgesamt", (2, 7): "einwohner-insgesamt"}
    said = told(portal.source(), store, quiet)
    assert "several tables of category 2" in said
    assert "rubrics 6, 7" in said


def test_error_page_is_not_taken_for_a_table(portal, store, quiet):
    portal.answers[query(7, 3)] = b"<html><body>Wartung</body></html>"
    portal.numbers[7, 11] = "arbeitslose-insgesamt"
    files = portal.source().fetch(store, folder=None, progress=quiet)
    assert rubrics(files)["arbeitslose-insgesamt.csv"] == 11


def test_answers_are_kept_as_received(portal, store, quiet):
    files = portal.source().fetch(store, folder=None, progress=quiet)
    geometry = next(file for file in files if file.name == "Ortsteile_Leipzig_UTM33N.json")
    assert geometry.path.read_bytes() == portal.content.geometry()
    assert geometry.path.read_bytes().startswith(b"\xef\xbb\xbf")


def test_name_that_is_no_ortsteil_stadtbezirk_or_city_is_refused(portal, store, quiet):
    content = portal.content.table("haushaltseinkommen")
    portal.answers[query(9, 1)] = content.replace(b"Zentrum-Ost,", b"Mitte-Ost,", 1)
    said = told(portal.source(), store, quiet)
    assert "the name 'Mitte-Ost' joins no area" in said
    assert "there is no row for 1 of 63 areas of sub_district: 01 (Zentrum-Ost)" in said


def test_year_column_that_is_no_year_is_refused(portal, store, quiet):
    content = portal.content.table("haushaltseinkommen")
    portal.answers[query(9, 1)] = content.replace(b",2021", b",0000", 1)
    assert "'0000' is no period" in told(portal.source(), store, quiet)


def test_a_folder_with_the_portals_files_is_read_without_asking_it(portal, tmp_path, quiet, store):
    for one in portal.source().fetch(store, folder=None, progress=quiet):
        (tmp_path / one.name).write_bytes(one.path.read_bytes())
    source = shipped_source("leipzig", tmp_path)
    assert source.manifest.downloads
    files = source.files_in_place(tmp_path, store=store, progress=quiet)
    assert inspect(source.manifest, files, progress=quiet).delivery is not None
