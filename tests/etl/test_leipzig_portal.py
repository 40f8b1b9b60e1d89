"""The portal's tables are found by what is in them and give the same counts as the files."""

from __future__ import annotations

import pandas as pd
import pytest

from etl.checks import check
from etl.errors import DeliveryError, FetchError
from etl.sources.leipzig import LeipzigSource
from etl.sources.leipzig_portal import PortalAddresses

PLACE = ["geography", "area_id", "indicator_id", "period"]


def query(category: int, rubric: int) -> str:
    return f"/kdvalues?kategorie_nr={category}&rubrik_nr={rubric}&periode=y&format=csv"


def test_portal_and_files_give_the_same_counts(portal, leipzig, store, quiet):
    source = LeipzigSource(portal.addresses)
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
    source = LeipzigSource(portal.addresses)
    files = source.fetch(store, folder=None, progress=quiet)
    names = {file.name for file in files}
    assert "kdvalues-2-4-migranten.csv" in names  # the older of two known numbers
    assert "kdvalues-6-8-wohnflaeche-insgesamt.csv" in names  # a number nobody knew
    delivery = source.clean(files, progress=quiet)
    assert delivery.repairs["table wohnflaeche-insgesamt found as rubric 8 instead of 5"] == 1
    assert delivery.repairs["keys filled up to two digits"] == 7  # Ortsteile 00 to 06
    assert "coordinates are EPSG:25833, not OGC:CRS84 as the file claims" in delivery.repairs


def test_honest_crs_member_needs_no_correction(portal, store, quiet):
    portal.answers["/geometry"] = portal.content.geometry(claimed="urn:ogc:def:crs:EPSG::25833")
    source = LeipzigSource(portal.addresses)
    delivery = source.clean(source.fetch(store, folder=None, progress=quiet), progress=quiet)
    assert not any("EPSG" in step for step in delivery.repairs)
    assert (delivery.areas["geography"] == "sub_district").sum() == 63


def test_server_error_is_repeated(portal, store, quiet):
    portal.faults[query(7, 3)] = [503]
    files = LeipzigSource(portal.addresses).fetch(store, folder=None, progress=quiet)
    assert portal.requests[query(7, 3)] == 2
    assert any(file.name == "kdvalues-7-3-arbeitslose-insgesamt.csv" for file in files)


def test_lasting_server_error_is_one_clear_line(portal, store, quiet):
    portal.faults["/geometry"] = [503, 502, 503, 503]
    with pytest.raises(
        FetchError, match=r"cannot be reached \(HTTP 503, 3 attempts\).*load from files with --from DIR"
    ):
        LeipzigSource(portal.addresses).fetch(store, folder=None, progress=quiet)
    assert portal.requests["/geometry"] == 3


def test_nobody_listening_is_one_clear_line(store, quiet):
    # Port 9 (discard) of the loopback: nothing listens there.
    nowhere = PortalAddresses(
        geometry="http://127.0.0.1:9/geometry", tables="http://127.0.0.1:9/t", pause=0.0
    )
    with pytest.raises(FetchError, match=r"cannot be reached.*load from files with --from DIR"):
        LeipzigSource(nowhere).fetch(store, folder=None, progress=quiet)


def test_vanished_table_names_category_and_characteristic(portal, store, quiet):
    portal.numbers = {
        number: table for number, table in portal.numbers.items() if table != "arbeitslose-insgesamt"
    }
    with pytest.raises(FetchError, match=r"category 7 has 'Arbeitslose insgesamt'.*rubrics 1 to 20"):
        LeipzigSource(portal.addresses).fetch(store, folder=None, progress=quiet)


def test_vanished_side_table_is_left_out(portal, store, quiet):
    portal.numbers = {
        number: table for number, table in portal.numbers.items() if table != "haushaltseinkommen"
    }
    source = LeipzigSource(portal.addresses)
    delivery = source.clean(source.fetch(store, folder=None, progress=quiet), progress=quiet)
    assert "household_income" not in set(delivery.values["indicator_id"])
    assert delivery.rejected["place"].to_list() == ["haushaltseinkommen"]
    assert "residents" in set(delivery.values["indicator_id"])


def test_two_tables_with_the_same_characteristics_are_not_guessed_between(portal, store, quiet):
    # Main and main-or-second residence have the same characteristics: only the known number tells them apart.
    portal.numbers = {number: table for number, table in portal.numbers.items() if number != (2, 1)}
    portal.numbers |= {(2, 6): "einwohner-insgesamt", (2, 7): "einwohner-insgesamt"}
    with pytest.raises(FetchError, match=r"several tables of category 2.*rubrics 6, 7"):
        LeipzigSource(portal.addresses).fetch(store, folder=None, progress=quiet)


def test_error_page_is_not_taken_for_a_table(portal, store, quiet):
    portal.answers[query(7, 3)] = b"<html><body>Wartung</body></html>"
    portal.numbers[7, 11] = "arbeitslose-insgesamt"
    names = {file.name for file in LeipzigSource(portal.addresses).fetch(store, folder=None, progress=quiet)}
    assert "kdvalues-7-11-arbeitslose-insgesamt.csv" in names


def test_answers_are_kept_as_received(portal, store, quiet):
    files = LeipzigSource(portal.addresses).fetch(store, folder=None, progress=quiet)
    geometry = next(file for file in files if file.name == "Ortsteile_Leipzig_UTM33N.json")
    assert geometry.path.read_bytes() == portal.content.geometry()
    assert geometry.path.read_bytes().startswith(b"\xef\xbb\xbf")


def test_year_column_that_is_no_year_is_one_clear_line(portal, store, quiet):
    content = portal.content.table("haushaltseinkommen")
    portal.answers[query(9, 1)] = content.replace(b",2011,", b",0000,", 1)
    source = LeipzigSource(portal.addresses)
    with pytest.raises(DeliveryError, match="haushaltseinkommen: '0000' is not a year"):
        source.clean(source.fetch(store, folder=None, progress=quiet), progress=quiet)
