"""Relations: who adds up to whom, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from indicators.confidentiality import (
    RECOMMENDED,
    RelationError,
    TableError,
    area_sums,
    category_sums,
    drawn_areas,
    editions,
    no_relations,
    parts,
    protect,
    published_changes,
    relations_of,
    unchanged_years,
    with_drawn_areas,
)
from indicators.confidentiality.cells import read_cells
from indicators.confidentiality.system import assemble
from indicators.errors import StatusError


def counts(**values: dict[str, float]) -> pd.DataFrame:
    """`counts(unemployed={"10": 5})`: one row per indicator and area, of one period."""
    rows = [(area, "2023", name, value) for name, of in values.items() for area, value in of.items()]
    return pd.DataFrame(rows, columns=["area_id", "period", "indicator_id", "value"])


def matrix(table: pd.DataFrame, relations) -> tuple[list[list[float]], list[float]]:
    system = assemble(read_cells(table), relations, least_unknown=np.ones(len(table)))
    return system.matrix.toarray().tolist(), system.value.tolist()


def test_areas_add_up_to_the_area_above():
    table = counts(unemployed={"1": 12, "10": 5, "11": 7})
    assert matrix(table, area_sums(table, {"10": "1", "11": "1"})) == ([[-1, 1, 1]], [12, 5, 7])


def test_levels_are_related_one_by_one():
    table = counts(unemployed={"city": 12, "1": 12, "10": 5, "11": 7})
    relations = area_sums(table, {"10": "1", "11": "1", "1": "city"})
    assert sorted(relations.kinds["name"]) == ["1 / 2023 / unemployed", "city / 2023 / unemployed"]


def test_a_child_without_a_row_leaves_a_remainder():
    # 12 − 5 = 7 somewhere else: the fourth column, which nobody publishes.
    table = counts(unemployed={"1": 12, "10": 5})
    assert matrix(table, area_sums(table, {"10": "1", "11": "1"})) == ([[-1, 1, 1]], [12, 5, 7])


def test_a_missing_count_leaves_a_remainder_too():
    table = counts(unemployed={"1": 12, "10": 5, "11": np.nan})
    assert matrix(table, area_sums(table, {"10": "1", "11": "1"})) == ([[-1, 1, 0, 1]], [12, 5, 0, 7])


def test_a_missing_total_bounds_nothing():
    table = counts(unemployed={"1": np.nan, "10": 5, "11": 7})
    lines, values = matrix(table, area_sums(table, {"10": "1", "11": "1"}))
    assert (lines, values) == ([[0, 1, 1, -1]], [0, 5, 7, 12])


def test_a_relation_with_missing_members_on_both_sides_says_nothing():
    table = counts(unemployed={"1": np.nan, "10": 5, "11": np.nan})
    assert matrix(table, area_sums(table, {"10": "1", "11": "1"}))[0] == [[0, 0, 0]]


def test_categories_add_up_to_their_total():
    table = counts(residents={"00": 9}, women={"00": 4}, men={"00": 5})
    assert matrix(table, category_sums(table, "residents", ["women", "men"])) == ([[-1, 1, 1]], [9, 4, 5])


def test_a_part_leaves_the_rest_of_its_whole():
    table = counts(residents={"00": 9}, foreign={"00": 4})
    assert matrix(table, parts(table, "foreign", "residents")) == ([[-1, 1, 1]], [9, 4, 5])


def test_drawn_areas_may_overlap():
    table = counts(unemployed={"10": 5, "11": 7, "12": 2})
    drawn = {"mine": ["10", "11"], "yours": ["10", "11", "12"]}
    wider = with_drawn_areas(table, drawn)
    assert wider["value"].tolist() == [5, 7, 2, 12, 14]
    assert matrix(wider, drawn_areas(wider, drawn))[0] == [[1, 1, 0, -1, 0], [1, 1, 1, 0, -1]]


def test_a_drawn_area_with_a_missing_count_is_missing():
    table = counts(unemployed={"10": 5, "11": np.nan}).assign(status=["measured", "missing"])
    wider = with_drawn_areas(table, {"mine": ["10", "11"]})
    assert wider["status"].tolist() == ["measured", "missing", "missing"]


def test_editions_are_related_where_they_cover_the_same_ground():
    # Old a and b became x and y together; old c became z.
    table = counts(unemployed={"a": 5, "b": 7, "c": 3, "x": 4, "y": 8, "z": 3})
    crosswalk = pd.DataFrame({"from_area": ["a", "a", "b", "c"], "to_area": ["x", "y", "y", "z"]})
    assert matrix(table, editions(table, crosswalk))[0] == [[-1, -1, 0, 1, 1, 0], [0, 0, -1, 0, 0, 1]]


def test_editions_are_not_related_where_one_area_has_no_row():
    table = counts(unemployed={"a": 5, "x": 4})
    crosswalk = pd.DataFrame({"from_area": ["a", "a"], "to_area": ["x", "y"]})
    assert len(editions(table, crosswalk)) == 0


def test_years_are_related_where_an_area_did_not_change():
    table = pd.concat(
        [
            counts(residents={"00": 50, "01": 60}, unemployed={"00": 2, "01": 4}).assign(period=period)
            for period in ("2022", "2023")
        ]
    ).reset_index(drop=True)
    table.loc[
        (table["area_id"] == "01") & (table["period"] == "2023") & (table["indicator_id"] == "residents"),
        "value",
    ] = 61
    names = unchanged_years(table, "residents").kinds["name"].tolist()
    assert names == ["00 / 2022 / 2023 / residents", "00 / 2022 / 2023 / unemployed"]


def test_a_published_change_is_a_known_difference():
    table = pd.concat([counts(unemployed={"00": v}).assign(period=p) for v, p in ((2, "2021"), (14, "2023"))])
    changes = pd.DataFrame(
        {"area_id": ["00"], "indicator_id": ["unemployed"], "period": ["2023"], "previous": ["2021"]}
    )
    relations = published_changes(table, changes)
    assert relations.kinds["constant"].tolist() == [12]
    assert matrix(table, relations) == ([[-1, 1]], [2, 14])


def test_relations_can_be_added():
    table = counts(residents={"1": 9, "10": 9}, women={"1": 4, "10": 4}, men={"1": 5, "10": 5})
    both = (
        area_sums(table, {"10": "1"}) + category_sums(table, "residents", ["women", "men"]) + no_relations()
    )
    assert repr(both) == "Relations(3 areas, 2 categories)"
    assert sorted(both.members["relation"].unique()) == [0, 1, 2, 3, 4]


def test_what_a_publisher_withheld_gets_a_size_that_fits():
    # 12 − 5 = 7 are left for the two others; whole numbers of at least 1.
    table = counts(unemployed={"1": 12, "10": 5, "11": np.nan, "12": np.nan})
    table["status"] = ["measured", "measured", "suppressed", "suppressed"]
    _, values = matrix(table, area_sums(table, {"10": "1", "11": "1", "12": "1"}))
    assert values[0] - values[1] == values[2] + values[3]
    assert min(values[2:]) >= 1


@pytest.mark.parametrize(
    ("table", "relations", "message"),
    [
        (
            counts(u={"1": 13, "10": 5, "11": 7}),
            {"10": "1", "11": "1"},
            r"do not add up .*1 / 2023 / u \(-1\)",
        ),
        (counts(u={"1": 12, "10": 5}), {"10": "10"}, "lies in itself"),
        (counts(u={"1": 12, "10": 12}), {"10": "1", "1": "10"}, "lies in itself"),
    ],
)
def test_hierarchies_that_cannot_be_are_refused(table, relations, message):
    with pytest.raises(RelationError, match=message):
        matrix(table, area_sums(table, relations))


def test_a_part_above_its_whole_is_refused():
    table = counts(residents={"00": 4}, foreign={"00": 9})
    with pytest.raises(RelationError, match="larger than their whole"):
        matrix(table, parts(table, "foreign", "residents"))


def test_a_category_of_itself_is_refused():
    table = counts(residents={"00": 4})
    with pytest.raises(RelationError, match="total among its categories"):
        category_sums(table, "residents", ["residents"])
    with pytest.raises(RelationError, match="its own whole"):
        parts(table, "residents", "residents")


def test_a_relation_about_nothing_in_the_table_is_refused():
    table = counts(residents={"00": 4})
    lost = relations_of(
        pd.DataFrame(
            {
                "relation": ["a"],
                "area_id": ["01"],
                "period": "2023",
                "indicator_id": "residents",
                "factor": [1.0],
            }
        ),
        kind="own",
    )
    with pytest.raises(RelationError, match="not in the table"):
        matrix(table, lost)


def test_drawn_areas_of_nothing_are_refused():
    table = counts(unemployed={"10": 5})
    with pytest.raises(RelationError, match="unknown area"):
        with_drawn_areas(table, {"mine": ["99"]})
    with pytest.raises(RelationError, match="id of another"):
        with_drawn_areas(table, {"10": ["10"]})


def test_an_area_in_both_editions_is_refused():
    with pytest.raises(RelationError, match="both editions"):
        editions(counts(u={"a": 1}), pd.DataFrame({"from_area": ["a"], "to_area": ["a"]}))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (counts(u={"00": -1}), "negative or infinite"),
        (counts(u={"00": np.inf}), "negative or infinite"),
        (pd.concat([counts(u={"00": 1})] * 2), "there twice"),
        (counts(u={"00": 1}).drop(columns="period"), "no column .*period"),
        (counts(u={"00": 1}).assign(usefulness=0.0), "usefulness is not positive"),
    ],
)
def test_tables_that_cannot_be_are_refused(table, message):
    with pytest.raises(TableError, match=message):
        protect(table, no_relations(), RECOMMENDED)


def test_a_value_that_contradicts_its_status_is_refused():
    with pytest.raises(StatusError, match="suppressed"):
        protect(counts(u={"00": 7}).assign(status="suppressed"), no_relations(), RECOMMENDED)
