"""The map in force against a proposal: every change by name, and every resident counted once."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import AlignmentError, CountsError, CrsError, ParameterError
from spatial.regions.changes.comparison import CHANGES, boundary_diff, compare_maps

SIDES = ("kept", "added", "removed")


def blocks(n):
    """Return a row of square hectares, columns before rows of three."""
    ids = [f"{i:02d}" for i in range(n)]
    shapes = [
        shapely.box(x, y, x + 100, y + 100) for x, y in ((100 * (i // 3), 100 * (i % 3)) for i in range(n))
    ]
    return gpd.GeoSeries(shapes, index=ids, crs=25833)


def compared(existing, proposed, people=None, **options):
    areas = blocks(len(existing))
    population = pd.Series(range(1, len(existing) + 1) if people is None else people, areas.index)
    return compare_maps(
        pd.Series(existing, areas.index, dtype="str"),
        pd.Series(proposed, areas.index, dtype="str"),
        population,
        areas,
        **options,
    )


def changes(*maps, **options):
    return compared(*maps, **options).changes["change"].tolist()


def test_each_change_has_its_name():
    assert changes(["W", "W", None], ["1", "1", None]) == ["keep"]
    assert changes(["W", "W", None], ["1", None, None]) == ["shrink"]
    assert changes(["W", None, None], ["1", "1", None]) == ["grow"]
    assert changes([None, None], ["1", None]) == ["new"]
    assert changes(["W", None], [None, None]) == ["retire"]
    assert changes(["W", "W", "W"], ["1", None, "2"]) == ["split"]
    assert changes(["W", None, "E"], ["1", "1", "1"]) == ["merge"]
    assert changes(["W", "W", "E", "E"], ["1", "2", "2", "1"]) == ["rearrange"]


def test_a_change_lists_its_blocks_hectares_and_residents():
    # Residents 1, 2, 3, 4: block 00 leaves, 01 and 02 stay, 03 comes in: 4 in against 1 out is growth.
    row = compared(["W", "W", "W", None], [None, "1", "1", "1"]).changes.iloc[0]
    assert (row["existing"], row["proposed"], row["change"]) == (("W",), ("1",), "grow")
    assert [row[f"{side}_ids"] for side in SIDES] == [("01", "02"), ("03",), ("00",)]
    assert [row[f"{side}_residents"] for side in SIDES] == [5, 4, 1]
    assert [row[f"{side}_hectares"] for side in SIDES] == [2.0, 1.0, 1.0]


def test_a_region_that_stays_with_another_type_is_retyped():
    found = compared(
        ["W", "E"],
        ["1", "2"],
        existing_types={"W": "blue", "E": "blue"},
        proposed_types={"1": "red", "2": "blue"},
    )
    assert found.changes["change"].tolist() == ["keep", "retype"]
    assert sorted(found.changes["retyped"]) == ["", "blue → red"]


def test_a_corner_in_common_does_not_make_two_regions_one():
    # W and 1 share 5 of 100 residents, less than a tenth: W retires, 1 is new, and the block has moved.
    found = compared(["W", "W", None], [None, "1", "1"], people=[95, 5, 95])
    assert sorted(found.changes["change"]) == ["new", "retire"]
    assert found.moved.tolist() == ["01"]
    assert found.summary()["residents"].to_dict() == {"kept": 5, "added": 95, "removed": 95}
    assert found.jaccard == pytest.approx(5 / 195)


def test_where_nobody_lives_the_surface_decides():
    assert changes(["W", "W", None], ["1", "1", None], people=[0, 0, 0]) == ["keep"]
    assert compared([None], [None], people=[0]).jaccard == 1


def test_the_layer_of_the_difference_covers_both_maps_without_overlap():
    areas = blocks(6)
    existing = pd.Series(["W", "W", None, None, "E", None], areas.index)
    proposed = pd.Series(["1", None, "1", None, "1", None], areas.index)
    diff = boundary_diff(areas, existing, proposed)
    assert diff["side"].tolist() == ["kept", "kept", "added", "removed"]
    assert diff["hectares"].tolist() == [1, 1, 1, 1]
    assert diff.union_all().area == pytest.approx(diff.area.sum())
    assert diff.crs == areas.crs
    assert boundary_diff(areas, pd.Series(None, areas.index), pd.Series(None, areas.index)).empty


def test_degrees_foreign_areas_and_missing_residents_are_refused():
    areas = blocks(2)
    none = pd.Series([None, None], areas.index)
    with pytest.raises(CrsError):
        compare_maps(none, none, pd.Series(1, areas.index), areas.to_crs(4326))
    with pytest.raises(AlignmentError, match="proposed"):
        compare_maps(none, pd.Series({"zz": "1"}), pd.Series(1, areas.index), areas)
    with pytest.raises(CountsError, match="01"):
        compare_maps(none, none, pd.Series([1, np.nan], areas.index), areas)
    with pytest.raises(ParameterError, match="least_share"):
        compare_maps(none, none, pd.Series(1, areas.index), areas, least_share=0)


labels = st.lists(st.sampled_from([None, "1", "2", "3"]), min_size=7, max_size=7)
counts = st.lists(st.integers(0, 20), min_size=7, max_size=7)
quick = settings(max_examples=60, deadline=None)


@quick
@given(labels, counts)
def test_a_map_compared_with_itself_is_kept(region, people):
    found = compared(region, region, people)
    assert set(found.changes["change"]) <= {"keep"}
    assert len(found.changes) == len({one for one in region if one})
    assert found.jaccard == 1
    assert found.moved.empty


@quick
@given(labels, labels, counts)
def test_residents_add_up_in_every_change_and_over_both_maps(existing, proposed, people):
    found = compared(existing, proposed, people)
    population = pd.Series(people, [f"{i:02d}" for i in range(7)])
    assert set(found.changes["change"]) <= set(CHANGES)
    for one in found.changes.itertuples():
        old = population[[label in one.existing for label in existing]].sum()
        new = population[[label in one.proposed for label in proposed]].sum()
        assert (one.kept_residents + one.removed_residents, one.kept_residents + one.added_residents) == (
            old,
            new,
        )
    assert sorted(sum(found.changes["existing"], ())) == sorted({one for one in existing if one})
    assert sorted(sum(found.changes["proposed"], ())) == sorted({one for one in proposed if one})
    either = [bool(one or other) for one, other in zip(existing, proposed, strict=True)]
    assert found.summary()["residents"].sum() == population[either].sum()


@quick
@given(labels, labels, counts, st.permutations(range(7)))
def test_the_order_of_rows_is_irrelevant(existing, proposed, people, order):
    areas = blocks(7)
    ids = areas.index
    one, other, residents = (
        pd.Series(values, ids, dtype=kind)
        for values, kind in ((existing, "str"), (proposed, "str"), (people, "int64"))
    )
    plain = compare_maps(one, other, residents, areas)
    mixed = compare_maps(one, other.iloc[::-1], residents.iloc[order], areas)
    columns = ["change", "kept_residents", "added_residents", "removed_residents"]
    assert plain.changes.set_index(["existing", "proposed"])[columns].to_dict(
        "index"
    ) == mixed.changes.set_index(["existing", "proposed"])[columns].to_dict("index")
    assert plain.side.equals(mixed.side[ids])


@quick
@given(labels, labels)
def test_turning_the_comparison_round_swaps_what_comes_and_goes(existing, proposed):
    there, back = compared(existing, proposed), compared(proposed, existing)
    swapped = {"kept": "kept", "added": "removed", "removed": "added"}
    assert there.side.map(swapped).astype("string").equals(back.side)
