"""Counts hang together over publications, years and editions: what one of them withholds, no other gives away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from shapely import box
from sqlalchemy import Engine, text

from etl.confidentiality import Confidentiality, definitions_for
from etl.delivery import Delivery
from etl.earlier import Earlier, publications
from etl.editions import same_ground
from etl.errors import DeliveryError
from etl.loading import load
from etl.raw import RawFile
from etl.withholding import (
    exposed_counts,
    withhold,
    withhold_exposed,
    withhold_periods,
    withhold_sensitive,
)
from indicators.confidentiality import AS_PUBLISHED, RECOMMENDED

Counts = dict[str, list[float | None]]
DISTRICTS = {"00": (0, 10), "01": (10, 20), "02": (20, 30), "03": (30, 40)}
PUBLISHED = Confidentiality(profile=AS_PUBLISHED)


@pytest.fixture(scope="session")
def town(town_of_districts) -> Callable[..., Delivery]:
    def made(
        years: dict[str, Counts] | Counts,
        *,
        declared: Confidentiality | None = None,
        totals: dict[str, float] | None = None,
        districts: dict[str, tuple[float, float]] | None = None,
        edition: str = "2020",
        levels: tuple[str, ...] = ("city", "district"),
    ) -> Delivery:
        """A town of districts in a row, with counts of some years; None is withheld.

        `totals`: what the town publishes although a district is withheld; otherwise the sum, where it is known.
        """
        districts = districts or DISTRICTS
        given = years if all(isinstance(one, dict) for one in years.values()) else {"2022": years}
        rows = []
        for year, counts in given.items():
            for name, values in counts.items():
                rows += [
                    ("district", area, year, name, one) for area, one in zip(districts, values, strict=True)
                ]
                known = [one for one in values if one is not None]
                total = (totals or {}).get(name, sum(known) if len(known) == len(values) else None)
                rows.append(("city", "T", year, name, total))
        frame = pd.DataFrame(rows, columns=["geography", "area_id", "period", "indicator_id", "value"])
        frame = frame[frame["geography"].isin(levels)].reset_index(drop=True)
        ids = sorted({name for counts in given.values() for name in counts})
        return town_of_districts(
            frame, ids, districts=districts, edition=edition, confidentiality=declared or Confidentiality()
        )

    return made


def withheld(given: Delivery) -> set[tuple[str, ...]]:
    """Area and indicator, with the year where there are several."""
    frame = given.values[given.values["status"] == "suppressed"]
    several = len(set(given.values["period"])) > 1
    columns = ["area_id", "indicator_id", *(["period"] if several else [])]
    return set(frame[columns].itertuples(index=False, name=None))


def published(given: Delivery, load_id: int = 1, **more) -> Earlier:
    """The publication of a delivery, as the next load finds it."""
    return Earlier(load_id=load_id, values=given.values.drop(columns="reference_date"), **more)


def store(engine: Engine, given: Delivery, version: str):
    file = RawFile(name="values.csv", path=Path("values.csv"), sha256="a" * 64, size=1)
    return load(engine, given, [file], loaded_by="test", code_version=version, progress=lambda *_: None)


def stored(engine: Engine) -> dict[str, float | None]:
    """What is served of the newest edition."""
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT area_id, value FROM value WHERE vintage_id IN (SELECT max(id) FROM vintage GROUP BY geography_id)"
            )
        )
        return dict(list(rows))


# What definitions say


def test_a_source_that_declares_nothing_is_protected_by_the_shares_of_the_catalogue(town):
    # The catalogue makes a share of foreigners of them: 149 of 150 say it of the whole district.
    given = town({"residents": [150, 200, 300, 400], "non_german": [149, 20, 30, 40]})
    assert ("non_german", "residents") in given.confidentiality.close_parts(definitions_for("town", ()))
    assert ("00", "non_german") in withheld(withhold(given).delivery)


def test_a_source_that_declares_nothing_is_protected_by_the_sums_of_the_catalogue(town):
    # moves = moves_in + moves_out, on all areas: 2 has to be hidden in two sums.
    given = town({"moves_in": [2, 50, 60, 70], "moves_out": [9, 40, 50, 60], "moves": [11, 90, 110, 130]})
    hidden = withheld(withhold(given).delivery)
    assert {area for area, name in hidden if name == "moves_in"} > {"00"}
    assert hidden & {("00", "moves_out"), ("00", "moves")}


def test_sums_are_declared_once_though_the_catalogue_has_them_too():
    again = Confidentiality(categories=(("moves", ("moves_out", "moves_in")),))
    assert sum(total == "moves" for total, _ in again.sums(definitions_for("town", ()))) == 1


def test_parts_of_a_sum_are_parts_of_its_whole():
    declared = Confidentiality()
    pairs = declared.all_parts(definitions_for("town", ()))
    assert ("minimum_income_recipients", "residents") in pairs
    assert ("sgb12_recipients", "residents") in pairs


def test_the_gap_is_that_of_all_that_was_protected(town):
    guarded = replace(withhold_sensitive(town({"unemployed": [2, 5, 9, 40]})), cost=10.0, lower_bound=9.0)
    again = withhold_periods(guarded, {"2022"})
    assert again.cost >= 10.0
    assert again.gap == pytest.approx(1 - again.lower_bound / again.cost)
    assert again.gap > 0


# Publications


def test_every_publication_before_is_put_together_again():
    key = {"geography": "district", "period": "2022", "indicator_id": "unemployed", "status": "measured"}
    now = pd.DataFrame(
        [
            {**key, "area_id": "00", "value": 5.0, "load_id": 3},
            {**key, "area_id": "01", "value": 7.0, "load_id": 1},
        ]
    )
    old = pd.DataFrame(
        [
            {**key, "area_id": "00", "value": 3.0, "load_id": 1, "superseded_by": 2},
            {**key, "area_id": "00", "value": 4.0, "load_id": 2, "superseded_by": 3},
        ]
    )
    found = publications(now.assign(superseded_by=np.nan), old)
    assert [dict(zip(one["area_id"], one["value"], strict=True)) for one in found] == [
        {"01": 7.0, "00": 4.0},
        {"01": 7.0, "00": 3.0},
    ]
    assert publications(now.assign(superseded_by=np.nan), old[:0]) == ()


@pytest.mark.db
def test_a_sum_of_the_publication_before_the_last_one_is_not_forgotten(town, database: Engine):
    store(database, town({"unemployed": [2, 9, 20, 30]}), "1")  # 61 - 20 - 30: 11 for the first two
    store(database, town({"unemployed": [2, 9, 4, 1]}), "2")  # 16 for all four
    assert stored(database) == {"00": None, "01": None, "02": None, "03": None, "T": 16}
    # With 45 for the town and the 30 of long ago, 15 are left for three, and 15 - 11 = 4 for the third.
    later = town({"unemployed": [2, 9, 4, 30]})
    store(database, later, "3")
    assert stored(database) == {"00": None, "01": None, "02": None, "03": 30, "T": None}


def test_what_was_public_with_the_same_number_is_known_though_it_was_withheld_since(town):
    first, second = (
        town({"unemployed": [4, 9, 20, 30]}),
        town({"unemployed": [None, None, 20, 30]}, totals={"unemployed": 63}),
    )
    earlier = published(second, 2, replaced=(first.values,))
    guarded = withhold_sensitive(town({"unemployed": [4, 8, 20, 30]}, declared=PUBLISHED), earlier)
    # 4 was read by everybody; 9 became 8 in secret.
    assert withheld(guarded.delivery) == {("01", "unemployed")}
    assert guarded.withheld_before == 1


def test_a_count_that_became_zero_is_no_secret_any_more(town):
    earlier = published(withhold(town({"unemployed": [1, 9, 20, 30]})).delivery)
    guarded = withhold_sensitive(town({"unemployed": [0, 0, 20, 30]}), earlier)
    assert withheld(guarded.delivery) == set()  # 1 and 9 were withheld; a zero never is


def test_counts_that_a_publisher_withholds_after_they_were_public_are_told(town):
    earlier = published(town({"unemployed": [4, 9, 20, 30]}, declared=PUBLISHED))
    now = town({"unemployed": [None, None, 20, 30]}, declared=PUBLISHED, totals={"unemployed": 63})
    guarded = withhold_sensitive(now, earlier)
    assert guarded.told()["withheld_but_public_before"] == 2
    assert len(exposed_counts(guarded)[1]) == 0


@pytest.fixture(scope="session")
def publisher_corrects(town) -> Callable[..., tuple[Delivery, Earlier]]:
    def made(total: float) -> tuple[Delivery, Earlier]:
        """First 11 for two districts; then the publisher publishes one of them and withholds a third, which he corrected."""
        earlier = published(
            town({"unemployed": [None, None, 20, 30]}, declared=PUBLISHED, totals={"unemployed": 61})
        )
        now = town({"unemployed": [None, 9, None, 30]}, declared=PUBLISHED, totals={"unemployed": total})
        return now, earlier

    return made


def test_an_old_sum_is_believed_where_only_the_publisher_knows_whether_it_still_holds(publisher_corrects):
    # The 9 stays withheld. 45 - 30 are 15 for three, less 11 as before: 4 for the third. Only the 45 is new.
    guarded = withhold_sensitive(*publisher_corrects(45))
    exposed = exposed_counts(guarded)[1]
    assert exposed[["area_id", "low", "high"]].to_numpy().tolist() == [["district 02", 4, 4]]
    mended = withhold_periods(guarded, {"2022"})
    assert withheld(mended.delivery) == {(area, "unemployed") for area in ("00", "01", "02", "T")}
    assert mended.beliefs_left_out == ()


def test_an_old_sum_that_cannot_hold_any_more_is_not_believed(publisher_corrects):
    # 40 - 30 are 10 for three: the 11 is no more.
    guarded = withhold_sensitive(*publisher_corrects(40))
    assert len(exposed_counts(guarded)[1]) == 0


def test_beliefs_that_cannot_be_protected_against_are_told_and_refuse_nothing(publisher_corrects):
    # The town is public already with 61: 31 for three, less 11, is the 20 that everybody knows from before.
    now, earlier = publisher_corrects(61)
    mended = withhold_periods(withhold_sensitive(now, earlier), {"2022"})
    assert mended.told()["periods_without_beliefs"] == ["2022"]


@pytest.mark.db
def test_a_total_that_is_stored_protects_districts_that_come_later(town, database: Engine):
    store(database, town({"unemployed": [2, 9, 20, 30]}, levels=("city",)), "1")
    # By themselves, districts need no partner; beside the stored 61, the 2 does.
    districts = town({"unemployed": [2, 9, 20, 30]}, levels=("district",))
    assert withheld(withhold(districts).delivery) == {("00", "unemployed")}
    store(database, districts, "2")
    assert stored(database) == {"00": None, "01": None, "02": 20, "03": 30, "T": 61}


small_counts = st.lists(st.integers(0, 14), min_size=4, max_size=4)


@settings(max_examples=25, deadline=None)
@given(small_counts, small_counts, st.lists(st.booleans(), min_size=4, max_size=4))
def test_two_publications_together_leave_three_values_possible(town, first, other, is_corrected):
    second = [new if changed else old for old, new, changed in zip(first, other, is_corrected, strict=True)]
    try:
        before = withhold(town({"unemployed": first})).delivery
        after = withhold_exposed(withhold_sensitive(town({"unemployed": second}), published(before))).delivery
    except DeliveryError:
        return  # refused: nothing is published
    areas = [*DISTRICTS, "T"]
    true = dict(zip(areas, [*second, sum(second)], strict=True))
    old, new = (one.values.set_index("area_id")["value"].reindex(areas).to_dict() for one in (before, after))
    was = dict(zip(areas, [*first, sum(first)], strict=True))
    same = all(was[area] == true[area] for area in areas if np.isnan(old[area]))
    sums = [new, *([old] if same else [])]  # an old sum says nothing of what was corrected in secret
    hidden = [area for area in areas if np.isnan(new[area])]
    lines, constants = [], []
    for one in sums:
        known = {area: new[area] if np.isnan(one[area]) else one[area] for area in areas}
        sign = dict.fromkeys(DISTRICTS, 1.0) | {"T": -1.0}
        lines.append([sign[area] if np.isnan(one[area]) else 0.0 for area in hidden])
        constants.append(-sum(sign[area] * known[area] for area in areas if not np.isnan(known[area])))
    for at, area in enumerate(hidden):
        goal = np.eye(len(hidden))[at]
        low, high = (
            sign * linprog(sign * goal, A_eq=lines, b_eq=constants, bounds=(1, 500), method="highs").fun
            for sign in (1.0, -1.0)
        )
        assert low <= true[area] <= high
        assert high - low >= 2, (area, first, second, old, new)


# Years

SIX = {"residents": 50, "households": 30, "cars": 12, "dogs": 11, "cats": 7, "rooms": 80}


def two_years(*, declared: Confidentiality | None = None) -> dict[str, Counts]:
    """District 00 does not change. District 01 does, is too small in 2023, and takes the 4 of 00 with it."""
    years = {}
    for year, of in (("2022", 20), ("2023", 21)):
        years[year] = {name: [one, one + of, 300, 400] for name, one in SIX.items()}
    years["2022"]["unemployed"] = [4, 9, 50, 60]
    years["2023"]["unemployed"] = [4, 2, 51, 62]
    return years


def test_a_partner_that_stands_in_the_unchanged_year_before_is_withheld_there_too(town):
    guarded = withhold(town(two_years()))
    hidden = withheld(guarded.delivery)
    assert {
        ("00", "unemployed", "2023"),
        ("01", "unemployed", "2023"),
        ("00", "unemployed", "2022"),
    } <= hidden
    assert sum(year == "2022" for _, _, year in hidden) == 2  # and one beside it
    assert guarded.guessable == 0


def test_a_year_in_which_something_else_changed_tells_nothing(town):
    years = two_years()
    years["2023"]["dogs"][0] = 12
    assert {year for _, _, year in withheld(withhold(town(years)).delivery)} == {"2023"}


def test_what_stands_in_a_year_that_is_public_already_is_no_partner(town):
    years = two_years()
    earlier = published(town({"2022": years["2022"]}))
    # The 4 of 00 is known from 2022; the 51 of 02 hides the 2.
    guarded = withhold_sensitive(town(years), earlier)
    assert withheld(guarded.delivery) == {(area, "unemployed", "2023") for area in ("01", "02")}
    assert guarded.told()["guessable_from_other_years"] == 0
    # The same when only the new year is delivered.
    alone = withhold_sensitive(town({"2023": years["2023"]}), earlier)
    assert withheld(alone.delivery) == {("01", "unemployed"), ("02", "unemployed")}


def test_what_a_publisher_withholds_though_it_stands_in_the_public_year_before_is_told_with_the_load(town):
    years = two_years()
    earlier = published(town({"2022": years["2022"]}))
    years["2023"]["unemployed"] = [None, None, 51, 62]
    now = town({"2023": years["2023"]}, declared=PUBLISHED, totals={"unemployed": 119})
    assert withhold_sensitive(now, earlier).told()["guessable_from_other_years"] == 1


# Editions

SPLIT = {"00": (0, 10), "01": (10, 20), "02": (20, 30), "30": (30, 36), "31": (36, 40)}


@pytest.mark.db
def test_a_divided_district_is_protected_beside_what_was_published_of_the_whole(town, database: Engine):
    store(database, town({"unemployed": [3, 9, 20, 30]}), "1")
    divided = town({"unemployed": [3, 9, 20, 28, 2]}, districts=SPLIT, edition="2021")
    # Alone, the 3 would go with the 2: then 30 - 28 = 2 from the old edition.
    assert withheld(withhold(divided).delivery) == {("00", "unemployed"), ("31", "unemployed")}
    report = store(database, divided, "2")
    assert stored(database) == {"00": 3, "01": 9, "02": 20, "30": None, "31": None, "T": 62}
    assert report.confidentiality["areas_unrelated_to_other_editions"] == 0


@pytest.mark.db
def test_a_district_that_kept_its_ground_is_not_read_off_the_old_edition(town, database: Engine):
    store(database, town({"unemployed": [5, 9, 20, 30]}), "1")
    # The old edition has 5 and 9; both are known, so the 20 or more has to hide the 2 and 27.
    renamed = {"10": (0, 10), "11": (10, 20), "12": (20, 30), "13": (30, 36), "14": (36, 40)}
    store(database, town({"unemployed": [5, 9, 20, 28, 2]}, districts=renamed, edition="2021"), "2")
    now = stored(database)
    assert now["14"] is None
    assert now["13"] is None
    assert (now["10"], now["11"], now["12"]) == (5, 9, 20)


@pytest.mark.db
def test_areas_without_a_group_on_the_same_ground_are_told_and_refuse_nothing(town, database: Engine):
    store(database, town({"unemployed": [3, 9, 20, 30]}), "1")
    moved = {
        "00": (0, 10),
        "01": (10, 20),
        "02": (20, 30),
        "03": (30, 55),
    }  # the town grew, and with it its last district
    report = store(database, town({"unemployed": [3, 9, 20, 40]}, districts=moved, edition="2021"), "2")
    assert report.confidentiality["areas_unrelated_to_other_editions"] == 2


@pytest.mark.db
def test_an_unprotectable_edition_is_refused_with_the_counts_named(town, database: Engine):
    store(database, town({"unemployed": [3, 9, 20, 30]}), "1")
    # The 3 may not be public any more, but is, for the same ground.
    with pytest.raises(DeliveryError, match="cannot be protected"):
        store(
            database,
            town({"unemployed": [3, 9, 20, 30]}, districts=DISTRICTS, edition="2021", declared=STRICTER),
            "2",
        )


STRICTER = Confidentiality(profile=replace(RECOMMENDED, minimum_count=5))


def shapes(**ends: tuple[float, float]) -> gpd.GeoSeries:
    boxes = {name: box(low, 0, high, 10) for name, (low, high) in ends.items()}
    return gpd.GeoSeries(list(boxes.values()), index=list(boxes), crs="EPSG:25833")


def test_areas_that_cover_the_same_ground_are_paired():
    pairs, lost = same_ground(shapes(a=(0, 10), b=(10, 30)), shapes(x=(0, 10), y=(10, 22), z=(22, 30)))
    assert sorted(pairs.itertuples(index=False, name=None)) == [("a", "x"), ("b", "y"), ("b", "z")]
    assert lost == []


def test_slivers_of_boundaries_that_were_drawn_anew_are_no_overlaps():
    pairs, lost = same_ground(shapes(a=(0, 10), b=(10, 30)), shapes(x=(0, 10.05), y=(10.05, 30)))
    assert sorted(pairs.itertuples(index=False, name=None)) == [("a", "x"), ("b", "y")]
    assert lost == []


def test_ground_that_only_one_edition_has_relates_nothing():
    pairs, lost = same_ground(shapes(a=(0, 10), b=(10, 30)), shapes(x=(0, 10), y=(10, 33)))
    assert pairs.to_numpy().tolist() == [["a", "x"]]
    assert lost == ["y"]


def test_a_border_that_moved_ties_both_neighbours_together():
    pairs, lost = same_ground(shapes(a=(0, 10), b=(10, 30)), shapes(x=(0, 14), y=(14, 30)))
    assert len(pairs) == 3
    assert lost == []
