"""Crosswalks between editions of areas: by key, by surface, by residents, one after another."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from indicators.status import PRECEDENCE
from spatial.crosswalk import STATUSES, by_area, by_key, by_population, chain, extensive


def strips(**extents):
    """Areas 100 m high, from left to right edge. [m]"""
    shapes = [shapely.box(left, 0, right, 100) for left, right in extents.values()]
    return gpd.GeoSeries(shapes, index=list(extents), crs=25833)


def pairs(crosswalk):
    frame = crosswalk.to_frame()
    return {(one, other): share for one, other, share in frame.iloc[:, :3].itertuples(index=False)}


def test_a_key_table_tells_what_stays_is_merged_and_is_divided():
    table = pd.DataFrame(
        {
            "from_area": ["01", "02", "03", "04", "04"],
            "to_area": ["11", "12", "12", "13", "14"],
            "share": [1, 1, 1, 0.3, 0.7],
        }
    )
    crosswalk = by_key(table)
    assert crosswalk.source_kind.to_dict() == {
        "01": "same", "02": "merged", "03": "merged", "04": "divided",
    }  # fmt: skip
    assert crosswalk.derivation.to_dict() == {"11": "copy", "12": "sum", "13": "part", "14": "part"}
    assert pairs(crosswalk)["04", "13"] == 0.3
    assert crosswalk.summary()["sources"].to_dict() == {
        "same": 1, "merged": 2, "divided": 1, "partly_outside": 0, "outside": 0,
    }  # fmt: skip
    assert repr(crosswalk) == (
        "Crosswalk(4 → 4 areas by key: 1 same, 2 merged, 1 divided; 5 pairs, 0 targets without source)"
    )


def test_weights_of_a_key_table_are_brought_to_shares():
    # 60 of 80 residents of 1 went to A.
    table = pd.DataFrame({"from_area": ["1", "1", "2"], "to_area": ["A", "B", "B"], "weight": [60, 20, 10]})
    crosswalk = by_key(table, basis="population")
    assert pairs(crosswalk) == {("1", "A"): 0.75, ("1", "B"): 0.25, ("2", "B"): 1.0}
    assert crosswalk.size.to_dict() == {"1": 80, "2": 10}
    assert crosswalk.targets()["sources"].to_dict() == {"A": 1, "B": 2}


def test_a_key_table_may_list_the_changes_only():
    table = pd.DataFrame({"from_area": ["02"], "to_area": ["03"]})
    crosswalk = by_key(table, source=["01", "02", "03"], target=["03", "01"], unlisted="same")
    assert pairs(crosswalk) == {("01", "01"): 1.0, ("02", "03"): 1.0, ("03", "03"): 1.0}
    assert crosswalk.target.tolist() == ["03", "01"]


def test_rounded_shares_are_scaled_so_that_nothing_is_lost():
    table = pd.DataFrame({"from_area": ["1"] * 3, "to_area": ["A", "B", "C"], "share": [0.3333] * 3})
    crosswalk = by_key(table, tolerance=0.001)
    assert sum(pairs(crosswalk).values()) == pytest.approx(1, abs=1e-15)


def test_shares_below_1_leave_a_part_outside_when_that_is_said():
    table = pd.DataFrame({"from_area": ["1", "2"], "to_area": ["A", "A"], "share": [0.8, 0]})
    crosswalk = by_key(table, partial=True)
    assert crosswalk.outside.to_dict() == pytest.approx({"1": 0.2, "2": 1})
    assert crosswalk.source_kind.tolist() == ["partly_outside", "outside"]


def test_surface_divides_by_the_common_ground():
    # 1 reaches from 0 to 100 m, 2 from 100 to 300: A takes 60 m of 1; B the other 40 and half of 2.
    crosswalk = by_area(
        strips(one=(0, 100), two=(100, 300)), strips(A=(0, 60), B=(60, 200), C=(200, 300)), tolerance=0
    )
    assert pairs(crosswalk) == pytest.approx(
        {("one", "A"): 0.6, ("one", "B"): 0.4, ("two", "B"): 0.5, ("two", "C"): 0.5}
    )
    assert crosswalk.size.to_dict() == {"one": 10_000, "two": 20_000}
    assert crosswalk.derivation.to_dict() == {"A": "part", "B": "mixed", "C": "part"}


def test_slivers_are_dropped_and_counted_and_the_rest_takes_their_share():
    # The border was drawn 0.3 m further: 30 m² of 10,000 is 0.3 %, below the tolerance of 0.5 %.
    old, new = strips(a=(0, 100), b=(100, 200)), strips(x=(0, 100.3), y=(100.3, 200))
    crosswalk = by_area(old, new)
    assert pairs(crosswalk) == {("a", "x"): 1.0, ("b", "y"): 1.0}
    assert crosswalk.parameters["sliver_pairs"] == 1
    assert crosswalk.slivers.to_dict() == pytest.approx({"a": 0, "b": 0.003})
    assert crosswalk.derivation.tolist() == ["copy", "copy"]
    assert len(by_area(old, new, tolerance=0.001).share) == 3


def test_a_small_area_inside_a_large_one_is_no_sliver():
    # The yard has 0.04 % of the district, but all of its own ground.
    district = gpd.GeoSeries([shapely.box(0, 0, 1000, 1000)], index=["d"], crs=25833)
    yard = shapely.box(0, 0, 20, 20)
    rest = shapely.difference(district.iloc[0], yard)
    crosswalk = by_area(district, gpd.GeoSeries([yard, rest], index=["yard", "rest"], crs=25833))
    assert pairs(crosswalk) == pytest.approx({("d", "yard"): 0.0004, ("d", "rest"): 0.9996})


def test_an_area_of_slivers_only_keeps_them():
    # A path of 400 m × 1 m through four areas: each has a quarter of it, which is 0.1 % of the area.
    path = gpd.GeoSeries([shapely.box(0, 50, 400, 51)], index=["path"], crs=25833)
    crosswalk = by_area(path, strips(a=(0, 100), b=(100, 200), c=(200, 300), d=(300, 400)), tolerance=0.3)
    assert pairs(crosswalk) == pytest.approx({("path", name): 0.25 for name in "abcd"})


def test_what_64_bits_cannot_tell_is_neither_an_overlap_nor_a_piece():
    # Cells of 1 m, turned by 30°, at the coordinates of Berlin: there an ulp is a nanometre.
    side = np.arange(12.0)
    cells = gpd.GeoSeries([shapely.box(x, y, x + 1, y + 1) for x in side for y in side])
    fours = gpd.GeoSeries([shapely.box(x, y, x + 2, y + 2) for x in side[::2] for y in side[::2]])
    fine, coarse = (
        one.rotate(30, origin=(0, 0)).translate(389_000, 5_819_000).set_crs(25833) for one in (cells, fours)
    )
    up = by_area(fine, coarse, tolerance=0)
    assert set(up.source_kind) == {"merged"}
    assert up.without_source.eq(0).all()
    down = by_area(coarse, fine, tolerance=0)
    assert len(down.share) == 144
    assert down.share == pytest.approx(0.25, abs=1e-7)


def test_what_lies_outside_is_kept_out_or_shared_out():
    old, new = strips(a=(0, 100), far=(900, 950)), strips(x=(20, 60), y=(60, 100), z=(100, 120))
    kept = by_area(old, new)
    assert pairs(kept) == pytest.approx({("a", "x"): 0.4, ("a", "y"): 0.4})
    assert kept.outside.to_dict() == pytest.approx({"a": 0.2, "far": 1})
    assert kept.without_source.to_dict() == {"x": 0, "y": 0, "z": 1}
    shared = by_area(old, new, outside="shared_out")
    assert pairs(shared) == pytest.approx({("a", "x"): 0.5, ("a", "y"): 0.5})
    # Nobody can take what has no target at all.
    assert shared.outside.to_dict() == {"a": 0, "far": 1}


def test_residents_divide_by_where_they_live():
    # a is cut in the middle; 90 of its residents live in the left block, 10 in the right one.
    blocks = strips(p=(0, 50), q=(50, 100), r=(100, 200))
    people = pd.Series([90, 10, 40], index=["p", "q", "r"])
    crosswalk = by_population(
        strips(a=(0, 100), b=(100, 200)), strips(x=(0, 50), y=(50, 200)), blocks, people
    )
    assert pairs(crosswalk) == pytest.approx({("a", "x"): 0.9, ("a", "y"): 0.1, ("b", "y"): 1})
    assert crosswalk.size.to_dict() == {"a": 100, "b": 40}
    assert crosswalk.parameters["blocks_divided"] == 0


def test_blocks_on_a_border_are_divided_by_surface():
    # The block of 80 from 0 to 80 m lies half in a (0–40) and half in b; x (0–60) has 40 of a, 20 of b's 40.
    blocks = strips(p=(0, 80))
    crosswalk = by_population(
        strips(a=(0, 40), b=(40, 80)), strips(x=(0, 60), y=(60, 80)), blocks, pd.Series([80], index=["p"])
    )
    assert pairs(crosswalk) == pytest.approx({("a", "x"): 1, ("b", "x"): 0.5, ("b", "y"): 0.5})
    assert crosswalk.size.to_dict() == pytest.approx({"a": 40, "b": 40})
    assert crosswalk.parameters["blocks_divided"] == 1


def test_a_block_that_reaches_beyond_the_sources_leaves_residents_there():
    # A quarter of the block of 40 lies right of a: 10 residents live in x, but in no source.
    crosswalk = by_population(
        strips(a=(0, 30)), strips(x=(0, 40)), strips(p=(0, 40)), pd.Series([40], index=["p"])
    )
    assert crosswalk.size.to_dict() == pytest.approx({"a": 30})
    assert crosswalk.without_source.to_dict() == pytest.approx({"x": 0.25})
    assert crosswalk.parameters["residents_outside_sources"] == pytest.approx(10)


def test_points_such_as_centres_of_raster_cells_are_taken_as_well():
    # Centres at 5, 15, 25 … m; the border lies at 100 m, and cells of a left of 30 m are empty.
    x = np.arange(5, 200, 10)
    cells = gpd.GeoSeries(gpd.points_from_xy(x, np.full(len(x), 50)), crs=25833)
    weights = pd.Series(np.where(x < 30, 0.0, 2.0))
    crosswalk = by_population(strips(a=(0, 200)), strips(x=(0, 100), y=(100, 200)), cells, weights)
    # 7 of 17 cells with residents lie in x.
    assert pairs(crosswalk) == pytest.approx({("a", "x"): 7 / 17, ("a", "y"): 10 / 17})


def test_a_point_on_a_border_belongs_to_the_first_area():
    point = gpd.GeoSeries([shapely.Point(50, 50)], index=["p"], crs=25833)
    people = pd.Series([1], index=["p"])
    for order in (["x", "y"], ["y", "x"]):
        target = strips(x=(0, 50), y=(50, 100)).loc[order]
        assert pairs(by_population(strips(a=(0, 100)), target, point, people)) == {("a", "x"): 1.0}


def test_where_nobody_lives_the_surface_decides_and_that_is_counted():
    blocks = strips(p=(0, 50), q=(50, 100), r=(100, 200))
    people = pd.Series([30, 70, 0], index=["p", "q", "r"])
    crosswalk = by_population(
        strips(a=(0, 100), b=(100, 200)), strips(x=(0, 125), y=(125, 200)), blocks, people
    )
    assert pairs(crosswalk) == pytest.approx({("a", "x"): 1, ("b", "x"): 0.25, ("b", "y"): 0.75})
    assert crosswalk.basis.to_dict() == {"a": "population", "b": "area"}
    assert crosswalk.parameters["sources_without_residents"] == 1


def test_a_target_where_nobody_lives_has_0_and_is_uncertain():
    # y is the uninhabited quarter of a, z lies in no source: one is empty, of the other nothing is known.
    blocks, people = strips(p=(0, 75)), pd.Series([30], index=["p"])
    crosswalk = by_population(
        strips(a=(0, 100)), strips(x=(0, 75), y=(75, 100), z=(100, 150)), blocks, people
    )
    assert crosswalk.derivation.to_dict() == {"x": "copy", "y": "empty", "z": "none"}
    found = extensive(pd.Series([30], index=["a"]), crosswalk).to_frame()
    assert found["value"].fillna(-1).tolist() == [30, 0, -1]
    assert found["status"].tolist() == ["measured", "uncertain", "missing"]
    assert found["grade"].fillna("–").tolist() == ["A", "C", "–"]


def test_one_crosswalk_after_another_multiplies_the_shares():
    first = by_key(pd.DataFrame({"from_area": ["1", "1"], "to_area": ["A", "B"], "share": [0.4, 0.6]}))
    second = by_key(
        pd.DataFrame({"from_area": ["B", "A", "B"], "to_area": ["X", "X", "Y"], "share": [0.5, 1, 0.5]}),
        basis="population",
    )
    both = chain(first, second)
    # To X go 0.4 by way of A and 0.6 · 0.5 by way of B.
    assert pairs(both) == pytest.approx({("1", "X"): 0.7, ("1", "Y"): 0.3})
    assert both.basis.tolist() == ["unknown"]


def test_what_is_divided_and_put_together_again_is_whole():
    first = by_key(pd.DataFrame({"from_area": ["1", "1"], "to_area": ["A", "B"], "share": [0.3, 0.7]}))
    second = by_key(pd.DataFrame({"from_area": ["A", "B"], "to_area": ["X", "X"]}))
    both = chain(first, second)
    assert both.share.tolist() == [1.0]
    assert both.derivation.tolist() == ["copy"]


def test_a_chain_passes_on_what_lies_outside_and_what_has_no_source():
    # X is put together from m (80 m, with source) and n (20 m, without).
    middle = strips(m=(20, 100), n=(100, 120))
    first = by_area(strips(a=(0, 100)), middle)
    second = by_area(middle, strips(X=(20, 120)))
    both = chain(first, second)
    assert both.outside.to_dict() == pytest.approx({"a": 0.2})
    assert pairs(both) == pytest.approx({("a", "X"): 0.8})
    assert both.without_source.to_dict() == pytest.approx({"X": 0.2})


def test_the_words_for_states_are_those_of_the_house():
    assert tuple(STATUSES) == tuple(one.value for one in PRECEDENCE)


def test_the_matrix_has_the_shares_of_each_source_in_its_row():
    matrix = by_key(pd.DataFrame({"from_area": ["1", "2"], "to_area": ["A", "A"]})).matrix
    assert matrix.toarray().tolist() == [[1.0], [1.0]]
