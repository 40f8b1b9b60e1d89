"""Regions through the years: the same name while they are the same place."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import AlignmentError, CountsError, ParameterError
from spatial.regions.changes.paths import link_periods

IDS = [f"{i:02d}" for i in range(6)]
PEOPLE = pd.Series([10, 20, 30, 40, 50, 60], IDS)


def told(*periods, people=PEOPLE):
    """Return path, event and other of each row, per period."""
    regions = {
        str(2013 + 2 * at): pd.Series(list(text), IDS).replace(".", None) for at, text in enumerate(periods)
    }
    found = link_periods(regions, people)
    return [
        [" ".join(filter(None, row)) for row in of_period[["path", "event", "other"]].to_numpy().tolist()]
        for _, of_period in found.events.groupby("period")
    ]


def test_a_region_is_born_grows_shrinks_and_ends():
    assert told("11....", "111...", "..1...", "......") == [["1 born"], ["1 grew"], ["1 shrank"], ["1 ended"]]


def test_numbers_that_change_from_period_to_period_do_not_matter():
    # The larger region comes first: 04 and 05 have 110 residents, 00 and 01 have 30.
    assert told("11..22", "22..11") == [["1 born", "2 born"], ["1 same", "2 same"]]


def test_the_smaller_part_of_a_region_splits_off():
    # Of 10 + 20 + 40 + 50 residents, 90 stay together.
    assert told("11.11.", "22.33.")[1] == ["1 shrank", "2 split off 1"]


def test_the_smaller_of_two_regions_merges_into_the_larger():
    # 03 and 04 have 90 residents and are path 1, 00 and 01 have 30 and are path 2.
    assert told("11.22.", "11111.")[1] == ["1 grew", "2 merged 1"]


def test_a_region_that_comes_back_after_a_pause_is_a_new_path():
    assert told("1.....", "......", "1.....") == [["1 born"], ["1 ended"], ["2 born"]]


def test_residents_are_counted_with_the_period():
    regions = {"2017": pd.Series("1", IDS[:2]), "2019": pd.Series(["1", None], IDS[:2])}
    people = {"2017": pd.Series([5, 6], IDS[:2]), "2019": pd.Series([7, 8], IDS[:2])}
    found = link_periods(regions, people)
    assert found.events[["residents", "removed_residents"]].to_numpy().tolist() == [[11, 0], [7, 8]]
    assert found.summary().to_dict() == {"1": {"2017": 11, "2019": 7}}
    assert repr(found) == "RegionPaths(1 paths over 2 periods)"


def test_missing_periods_other_areas_and_missing_residents_are_refused():
    region = pd.Series("1", IDS)
    with pytest.raises(ParameterError, match="at least one period"):
        link_periods({}, PEOPLE)
    with pytest.raises(ParameterError, match="2019"):
        link_periods({"2019": region}, {"2017": PEOPLE})
    with pytest.raises(AlignmentError):
        link_periods({"2017": region, "2019": region[:3]}, PEOPLE)
    with pytest.raises(CountsError):
        link_periods({"2017": region}, PEOPLE.where(PEOPLE > 10))


maps = st.lists(st.text(alphabet=".123", min_size=6, max_size=6), min_size=1, max_size=4)
quick = settings(max_examples=60, deadline=None)


@quick
@given(maps)
def test_paths_are_a_renaming_of_each_period_and_residents_add_up(periods):
    regions = {str(at): pd.Series(list(text), IDS).replace(".", None) for at, text in enumerate(periods)}
    found = link_periods(regions, PEOPLE)
    for period, region in regions.items():
        pairs = set(zip(region.dropna(), found.path[period].dropna(), strict=True))
        assert len(pairs) == region.nunique() == found.path[period].nunique()
        of_period = found.events[found.events["period"] == period]
        assert of_period["residents"].sum() == PEOPLE[region.notna()].sum()
    after = found.events["residents"] - found.events["added_residents"] + found.events["removed_residents"]
    before = found.events.groupby("path")["residents"].shift(fill_value=0)
    assert after.tolist() == before.tolist()


@quick
@given(st.text(alphabet=".123", min_size=6, max_size=6))
def test_a_map_that_stays_is_the_same_in_every_period(text):
    regions = {str(at): pd.Series(list(text), IDS).replace(".", None) for at in range(3)}
    events = link_periods(regions, PEOPLE).events
    assert set(events.loc[events["period"] != "0", "event"]) <= {"same"}


@quick
@given(maps, st.permutations(range(6)))
def test_the_order_of_rows_is_irrelevant(periods, order):
    regions = {str(at): pd.Series(list(text), IDS).replace(".", None) for at, text in enumerate(periods)}
    plain = link_periods(regions, PEOPLE)
    mixed = link_periods({period: region.iloc[order] for period, region in regions.items()}, PEOPLE)
    assert mixed.path.loc[IDS].equals(plain.path)
    assert mixed.events.equals(plain.events)
