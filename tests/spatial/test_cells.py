"""Which counts of a long table are measured together, and which areas are left out."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from spatial.errors import AlignmentError, CountsError, ParameterError
from spatial.segregation.aspatial.evenness import prepare_dissimilarity
from spatial.segregation.cells import Cell, Composition, cells_of, fits
from spatial.segregation.measure import Measure
from spatial.segregation.register import measure

YOUNG = Composition(name="young", groups=("young",), total="all")
AGES = Composition(name="ages", groups=("young", "old"), total="all")
DISSIMILARITY = measure("dissimilarity")
# Areas 00, 01, 02; the young of 02 are suppressed.
ROWS = [
    ("block", "2020", "00", {"young": 10, "old": 20, "all": 100}),
    ("block", "2020", "01", {"young": 30, "old": 40, "all": 100}),
    ("block", "2020", "02", {"young": np.nan, "old": 5, "all": 50}),
]


def invented(name: str, groups: str, *needs: str) -> Measure:
    return Measure(
        id=name, title_de=name, title_en=name, dimension="evenness", groups=groups, needs=needs,
        citation="none", function=float, prepare=prepare_dissimilarity,
    )  # fmt: skip


MANY = invented("multigroup_something", "many")


def long(rows=ROWS) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (geography, period, area, group, count)
            for geography, period, area, counts in rows
            for group, count in counts.items()
        ],
        columns=["geography", "period", "area_id", "group", "count"],
    )


def cells(
    counts: pd.DataFrame, *compositions: Composition, measures=(DISSIMILARITY,), areas=None
) -> list[Cell]:
    return list(cells_of(counts, compositions, measures, areas or {}))


def test_an_area_with_a_suppressed_count_is_left_out_with_all_its_counts_and_counted() -> None:
    (cell,) = cells(long(), YOUNG)
    assert list(cell.counts.area_id) == ["00", "01"]
    assert cell.areas_left_out == 1
    assert cell.counts.counts.tolist() == [[10, 30], [90, 70]]


def test_what_is_suppressed_for_one_composition_is_not_for_another() -> None:
    old = Composition(name="old", groups=("old",), total="all")
    young, elder = cells(long(), YOUNG, old)
    assert (young.areas_left_out, elder.areas_left_out) == (1, 0)


def test_several_groups_are_followed_by_everybody_else() -> None:
    (cell,) = cells(long(), AGES, measures=[MANY])
    assert cell.counts.group == ("young", "old", "")
    assert cell.counts.counts.tolist() == [[10, 30], [20, 40], [70, 30]]


def test_groups_that_are_everybody_have_no_rest() -> None:
    rows = [("block", "2020", "00", {"young": 40, "old": 60, "all": 100})]
    (cell,) = cells(long(rows), AGES, measures=[MANY])
    assert cell.counts.group == ("young", "old")


def test_an_area_without_any_row_is_left_out_when_all_areas_are_told() -> None:
    (cell,) = cells(long(), YOUNG, areas={"block": pd.Index(["00", "01", "02", "03"])})
    assert cell.areas_left_out == 2


def test_a_period_in_which_a_group_was_not_counted_has_no_cell() -> None:
    later = [("block", "2021", "00", {"all": 100}), ("block", "2021", "01", {"all": 120})]
    assert [cell.period for cell in cells(long([*later, *ROWS]), YOUNG)] == ["2020"]


@pytest.mark.parametrize(
    ("composition", "message"),
    [
        (Composition(name="q", groups=("yuong",), total="all"), "group of the composition 'q' is 'yuong'.*: young$"),
        (Composition(name="q", groups=("x",), total="all"), "group of .* is 'x'.*: young, old, all$"),
        (Composition(name="q", groups=("young",), total="alll"), "total of the composition 'q' is 'alll'.*: all$"),
    ],
)  # fmt: skip
def test_a_group_that_is_counted_nowhere_is_refused_with_the_nearest_name(composition, message) -> None:
    with pytest.raises(ParameterError, match=message):
        cells(long(), YOUNG, composition)


def test_a_table_without_rows_has_no_cells() -> None:
    assert cells(long().iloc[:0], YOUNG) == []


def test_a_period_in_which_everything_is_suppressed_has_an_empty_cell() -> None:
    rows = [("block", "2020", area, {"young": np.nan, "all": 100}) for area in ("00", "01")]
    (cell,) = cells(long(rows), YOUNG)
    assert (len(cell.counts.area_id), cell.areas_left_out) == (0, 2)
    assert not cell.is_defined


def test_one_area_alone_is_measured_and_an_uninhabited_city_is_not() -> None:
    (one,) = cells(long(ROWS[:1]), YOUNG)
    nobody = [("block", "2020", area, {"young": 0, "all": 0}) for area in ("00", "01")]
    (empty,) = cells(long(nobody), YOUNG)
    assert one.is_defined
    assert not empty.is_defined


def test_estimates_are_measured_but_nobody_is_drawn_from_them() -> None:
    rows = [("block", "2020", area, {"young": 1.5, "all": 10}) for area in ("00", "01")]
    (cell,) = cells(long(rows), YOUNG)
    assert cell.is_defined
    assert not cell.can_be_drawn


def test_levels_come_as_in_the_table_and_periods_in_time() -> None:
    rows = [
        (geography, period, area, {"young": 1, "all": 10})
        for geography in ("district", "block")
        for period in ("2021", "2020")
        for area in ("00", "01")
    ]
    assert [(cell.geography, cell.period) for cell in cells(long(rows), YOUNG)] == [
        ("district", "2020"), ("district", "2021"), ("block", "2020"), ("block", "2021"),
    ]  # fmt: skip


def test_the_number_of_a_cell_is_its_own_and_the_same_whatever_else_is_computed() -> None:
    rows = [*ROWS, *((geography, "2021", area, counts) for geography, _, area, counts in ROWS)]
    both = cells(long(rows), YOUNG, AGES, measures=[DISSIMILARITY, MANY])
    assert len({cell.number for cell in both}) == 4
    # First eight bytes of the SHA-256 of "block\n2020\nyoung", so that no other program gives other numbers.
    assert both[0].number == cells(long(), YOUNG)[0].number == 12930491745769644342


def test_places_and_borders_are_those_of_the_known_areas() -> None:
    squares = gpd.GeoSeries(
        [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(2, 0, 3, 1)],
        index=["00", "01", "02"],
        crs=25833,
    )
    (cell,) = cells(
        long(), YOUNG, measures=[invented("mapped", "two", "geometry", "graph")], areas={"block": squares}
    )
    assert cell.places.x.tolist() == [0.5, 1.5]
    assert list(cell.graph.area_id) == ["00", "01"]
    assert cell.graph.border.tolist() == [1.0]


@pytest.mark.parametrize("areas", [None, {"block": pd.Index(["00", "01", "02"])}])
def test_a_measure_that_needs_the_map_says_so(areas) -> None:
    with pytest.raises(ParameterError, match=r"block without geometry.*the geometry that mapped needs"):
        cells(long(), YOUNG, measures=[invented("mapped", "two", "geometry")], areas=areas)


@pytest.mark.parametrize(
    ("groups", "name", "one", "several"),
    [
        ("two", "dissimilarity", True, False),
        ("many", "multigroup_dissimilarity", False, True),
        ("many", "spatial_information_theory", True, True),
    ],
)
def test_a_measure_of_several_groups_does_not_repeat_one_of_two(
    groups: str, name: str, one: bool, several: bool
) -> None:
    assert fits(invented(name, groups), YOUNG) is one
    assert fits(invented(name, groups), AGES) is several


def test_a_measure_without_a_composition_is_refused() -> None:
    with pytest.raises(ParameterError, match="one of several groups, which multigroup_something needs"):
        cells(long(), YOUNG, measures=[MANY])


@pytest.mark.parametrize("compositions", [(), (YOUNG, YOUNG)])
def test_compositions_have_names_of_their_own(compositions) -> None:
    with pytest.raises(ParameterError, match="each with a name of its own"):
        cells(long(), *compositions)


def test_a_count_given_twice_is_refused() -> None:
    with pytest.raises(CountsError, match=r"given more than once in 1 area\(s\): 00"):
        cells(long([*ROWS, ROWS[0]]), YOUNG)


def test_a_group_above_its_total_is_refused_with_the_place() -> None:
    rows = [*ROWS, ("block", "2020", "03", {"young": 11, "old": 0, "all": 10})]
    with pytest.raises(CountsError, match=r"block 2020, young: group above total in 1 area\(s\): 03"):
        cells(long(rows), YOUNG)


def test_an_area_that_the_map_does_not_have_is_refused() -> None:
    with pytest.raises(AlignmentError, match=r"block.*: 1 area\(s\): 02"):
        cells(long(), YOUNG, areas={"block": pd.Index(["00", "01"])})


def test_an_absent_column_is_named() -> None:
    with pytest.raises(ParameterError, match=r"also the column\(s\) period"):
        cells(long().drop(columns="period"), YOUNG)
