"""Leipzig from its files: 63 Ortsteile that nest, counts with the publisher's identities, honest gaps."""

from __future__ import annotations

import shutil

import pandas as pd
import pytest
import shapely

from etl.checks import check
from etl.datasets.manifest_reading import manifest_of
from etl.datasets.source import ManifestSource
from etl.raw import RawStore
from etl.shipped_cities.sources import shipped_source
from indicators.leipzig import LEIPZIG_INDICATORS, LEIPZIG_STATUS_INDICATORS


def level(delivery, geography: str, period: str) -> pd.DataFrame:
    rows = delivery.values.query("geography == @geography and period == @period")
    return rows.set_index(["area_id", "indicator_id"])["value"].unstack()


def test_delivery_passes_the_checks(leipzig):
    check(leipzig)


def test_areas_are_63_ortsteile_in_10_stadtbezirken(leipzig):
    assert leipzig.areas["geography"].value_counts().to_dict() == {
        "sub_district": 63,
        "district": 10,
        "city": 1,
    }
    names = leipzig.areas.set_index(["geography", "area_id"])["name"]
    assert names["sub_district", "00"] == "Zentrum"
    assert names["sub_district", "95"] == "Wiederitzsch"
    assert names["district", "7"] == "Alt-West"
    assert names["city", "14713000"] == "Leipzig"


def test_levels_nest_without_slivers(leipzig):
    by_level = leipzig.areas.groupby("geography").geometry
    total = by_level.apply(lambda shapes: shapes.area.sum())
    assert total["sub_district"] == pytest.approx(
        297.81e6, abs=0.01e6
    )  # [m²] 297.81 km² is the official area
    assert total["district"] == pytest.approx(total["sub_district"], abs=1)  # [m²] rounding of 63 areas
    assert total["city"] == pytest.approx(total["sub_district"], abs=1)
    assert shapely.coverage_is_valid(leipzig.areas.query("geography == 'sub_district'").geometry.to_numpy())
    holes = [part for shape in leipzig.areas.geometry for part in shape.geoms if part.interiors]
    assert holes == []


def test_boundaries_are_those_after_the_exchange_of_2013(leipzig):
    # Published sizes [ha]: Engelsdorf 774 (2012), 820 (2014); Heiterblick 374 (2012), 327 (2014), cut off.
    hectares = leipzig.areas.set_index("name").area / 10_000
    assert 820 <= hectares["Engelsdorf"] < 821
    assert 327 <= hectares["Heiterblick"] < 328
    assert {geography.edition for geography in leipzig.geographies} == {"2013"}


def test_residents_of_2022_are_the_published_sum(leipzig):
    assert level(leipzig, "sub_district", "2022")["residents"].sum() == 624_676
    assert level(leipzig, "district", "2022")["residents"].sum() == 624_676
    assert level(leipzig, "city", "2022").loc["14713000", "residents"] == 624_676
    assert level(leipzig, "city", "2023").loc["14713000", "residents"] == 628_718


def test_identities_of_the_publisher_hold_in_2022(leipzig):
    table = level(leipzig, "sub_district", "2022")
    assert (table["german"] + table["non_german"] == table["residents"]).all()
    assert (table["women"] + table["men"] == table["residents"]).all()
    assert (table["unemployed_sgb2"] + table["unemployed_sgb3"] == table["unemployed"]).all()
    # The publisher's own slip: in Möckern the parts are one above the total.
    off = table["non_german"] + table["migrants_german"] - table["migrants"]
    assert off[off != 0].to_dict() == {"80": 1.0}


def test_counts_of_every_share_fit_their_whole(leipzig):
    wide = leipzig.values.set_index(["geography", "area_id", "period", "indicator_id"])["value"].unstack()
    for share in (indicator for indicator in LEIPZIG_INDICATORS if indicator.is_share):
        assert not (wide[share.numerator] > wide[share.denominator]).any(), share.id


def test_not_published_is_missing_and_not_zero(leipzig):
    ortsteile = leipzig.values.query("geography == 'sub_district'").set_index(["indicator_id", "period"])
    for year in ("2018", "2019", "2021", "2022"):
        assert (ortsteile.loc[("unemployed_long_term", year), "status"] == "missing").all()
    assert ("unemployed_long_term", "2020") not in ortsteile.index  # not even a column in the files
    assert (ortsteile.loc[("land_built", "2018"), "status"] == "missing").all()
    city = leipzig.values.query("geography == 'city' and period == '2018'").set_index("indicator_id")
    assert city.loc["unemployed_long_term", "status"] == "missing"
    assert pd.isna(city.loc["unemployed_long_term", "value"])


def test_withheld_counts_are_suppressed_and_so_are_their_sums(leipzig):
    # Hartmannsdorf-Knautnaundorf 2018: 12 unemployed, but the files print 0 for SGB II and 0 for SGB III.
    values = leipzig.values.set_index(["geography", "area_id", "indicator_id", "period"])["status"]
    assert values["sub_district", "55", "unemployed_sgb2", "2018"] == "suppressed"
    assert values["district", "5", "unemployed_sgb2", "2018"] == "suppressed"
    assert values["city", "14713000", "unemployed_sgb2", "2018"] == "suppressed"
    assert values["city", "14713000", "unemployed_sgb2", "2022"] == "measured"
    youth = leipzig.values.query("geography == 'sub_district' and indicator_id == 'unemployed_youth'")
    assert (youth[youth["status"] == "suppressed"].groupby("period").size()).to_dict() == {
        "2018": 21,
        "2019": 22,
        "2020": 15,
        "2021": 12,
        "2022": 11,
    }


def test_status_counts_are_complete_from_2008_to_2022(leipzig):
    by_id = {indicator.id: indicator for indicator in LEIPZIG_INDICATORS}
    counts = {
        part
        for name in LEIPZIG_STATUS_INDICATORS
        for part in (by_id[name].numerator, by_id[name].denominator)
    }
    rows = leipzig.values[
        leipzig.values["indicator_id"].isin(counts) & (leipzig.values["geography"] == "sub_district")
    ]
    present = rows[rows["value"].notna()].groupby(["indicator_id", "period"]).size()
    for year in range(2008, 2023):
        for count in counts:
            assert present[count, str(year)] == 63


def test_zeros_that_mean_something_else_are_counted(leipzig):
    def count(what: str) -> int:
        return sum(number for step, number in leipzig.counted.items() if what in step)

    assert count("0 in all areas of a period, taken as missing") == 4 * 63 + 2 * 63  # long-term, built land
    # Baalsdorf has 700 dwellings since 2010; before, the files print 0 dwellings with 0 m².
    assert count("0 in a whole row of the table, taken as missing") == 2 * 29 + 5
    assert count("0 taken as suppressed") == 172
    values = leipzig.values.set_index(["geography", "area_id", "indicator_id", "period"])["status"]
    assert values["sub_district", "28", "dwellings", "2009"] == "missing"
    assert values["sub_district", "28", "dwellings", "2010"] == "measured"
    statuses = (
        leipzig.values.query("geography == 'sub_district' and value == 0")
        .groupby("indicator_id")["status"]
        .agg(set)
    )
    assert statuses["unemployed_youth"] == {"uncertain"}
    assert statuses["land_forest"] == {"measured"}  # less than a hectare, or nothing
    assert statuses["offences_bodily_harm"] == {"zero"}


def test_living_space_is_in_square_metres(leipzig):
    # 24,321 thousand m² in 348,312 dwellings are 70 m² each.
    city = level(leipzig, "city", "2022").loc["14713000"]
    assert city["living_space"] == 24_321_000
    assert 69 < city["living_space"] / city["dwellings"] < 71


def test_income_is_not_added_up(leipzig):
    income = leipzig.values[leipzig.values["indicator_id"] == "household_income"]
    assert set(income["geography"]) == {"sub_district"}
    assert set(income["period"]) == {"2011", "2013", "2015", "2017", "2019", "2021"}


def test_what_was_left_out_is_counted_with_a_reason(leipzig):
    reasons = leipzig.rejected.groupby(leipzig.rejected["reason"].str.split(";").str[0]).size()
    assert (
        reasons["occurs twice for the same Ortsteil and year"] == 4 * 15 * 63
    )  # Männer, Frauen, two each, 15 years
    assert reasons["outline of the whole city"] == 1
    assert "cut off to whole numbers by the source" in reasons
    assert (
        leipzig.counted["indicators_long.csv.gz: rows of 'mit Abitur', which the manifest does not name"]
        == 315
    )


def test_geojson_with_swapped_axes_gives_the_same_areas(leipzig, leipzig_folder, tmp_path, quiet):
    for name in ("raw_leipzig-districts.json", "indicators_long.csv.gz"):
        shutil.copyfile(leipzig_folder / name, tmp_path / name)
    text = shipped_source("leipzig", leipzig_folder).text
    for gpkg, geojson in (
        ('"ortsteile.gpkg"', '"raw_leipzig-districts.json"'),
        ('key = "ortsteil_nr"', 'key = "key"'),
        ('name = "ortsteil_name"', 'name = "title"'),
        ("where = { ortsteil_nr", "where = { key"),
    ):
        assert gpkg in text
        text = text.replace(gpkg, geojson)
    source = ManifestSource(manifest_of(text), text)
    files = source.fetch(RawStore(tmp_path / "raw"), folder=tmp_path, progress=quiet)
    delivery = source.clean(files, progress=quiet)
    assert delivery.repairs["sub_district: axes swapped (latitude came before longitude)"] == 63
    assert (delivery.areas["area_id"] == leipzig.areas["area_id"]).all()
    ours, theirs = delivery.areas.geometry.to_numpy(), leipzig.areas.geometry.to_numpy()
    assert shapely.equals_exact(ours, theirs, tolerance=0.002).all()  # [m] both are rounded to 1 mm
    pd.testing.assert_frame_equal(delivery.values, leipzig.values)
    assert not any("axes" in step for step in leipzig.repairs)


def test_same_files_give_the_same_delivery(leipzig, leipzig_folder, store, quiet):
    source = shipped_source("leipzig", leipzig_folder)
    again = source.clean(source.fetch(store, folder=leipzig_folder, progress=quiet), progress=quiet)
    pd.testing.assert_frame_equal(again.values, leipzig.values)
    assert (shapely.to_wkb(again.areas.geometry) == shapely.to_wkb(leipzig.areas.geometry)).all()


def test_every_loaded_indicator_has_a_definition_and_every_count_is_loaded(leipzig):
    loaded = {one.id: one for one in leipzig.indicators}
    assert set(loaded) == {one.id for one in LEIPZIG_INDICATORS}
    for one in LEIPZIG_INDICATORS:
        made = loaded[one.id]
        assert (made.title_de, made.unit, made.kind, made.source) == (
            one.title_de,
            one.unit,
            one.kind,
            one.source,
        )
        assert (made.caution_de, made.caution_en) == (one.caution_de, one.caution_en), one.id
    counts = {indicator.id for indicator in LEIPZIG_INDICATORS if not indicator.is_share}
    assert set(leipzig.values["indicator_id"]) == counts


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


def test_both_manifests_say_the_same_of_the_city_its_levels_and_indicators(leipzig_folder):
    collected, portal = shipped_source("leipzig", leipzig_folder).manifest, shipped_source("leipzig").manifest
    for part in ("id", "city", "source", "edition", "indicator", "confidentiality", "compute", "checks"):
        assert getattr(collected, part) == getattr(portal, part), part
    assert collected.geography[:2] == portal.geography[:2]
    for one, other in zip(collected.table, portal.table, strict=True):
        assert one.value == other.value
        assert one.all_zero_rows == other.all_zero_rows
        assert one.no_row == other.no_row == "refuse"
