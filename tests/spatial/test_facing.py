"""What an outline looks at straight across: worked banks of a river, with and without something in between."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box
from shapely.affinity import rotate

from spatial.facing import cells, facing_lengths, facing_stretches
from spatial.outline import outline_segments


def facing(*shapes, reach, beyond=0.5):
    segments = outline_segments(np.array(shapes))
    found = facing_stretches(segments, np.arange(len(segments)), reach=reach, slack=beyond)
    pairs = facing_lengths(segments, found, len(shapes), beyond=beyond)
    return {
        (a, b): length
        for a, b, length in zip(pairs.first.tolist(), pairs.second.tolist(), pairs.length, strict=True)
    }


def test_two_banks_face_each_other_where_they_overlap():
    # The northern bank is 50 m long and lies 15 m away from the southern, which is 100 m long.
    assert facing(box(0, 0, 100, 50), box(30, 65, 80, 90), reach=20) == {(0, 1): pytest.approx(50)}
    assert facing(box(0, 0, 100, 50), box(30, 65, 80, 90), reach=14) == {}


def test_a_third_area_in_between_blocks_the_view_where_it_stands():
    # Of the 100 m between two banks, 10 to 30 m are hidden by a block in the river.
    found = facing(box(0, 0, 100, 50), box(0, 90, 100, 140), box(10, 60, 30, 80), reach=50)
    assert found == {(0, 1): pytest.approx(80), (0, 2): pytest.approx(20), (1, 2): pytest.approx(20)}


def test_the_own_area_blocks_the_view_too():
    # A hook around a yard: what looks into the yard sees the hook itself, 20 m away, not the block behind it.
    hook = shapely.Polygon([(0, 0), (60, 0), (60, 60), (40, 60), (40, 20), (20, 20), (20, 60), (0, 60)])
    found = facing(hook, box(65, 0, 100, 60), reach=60)
    assert found == {(0, 1): pytest.approx(60)}


def test_the_back_of_a_thin_area_faces_nothing():
    # The strip is 5 m thick: its western side is within 20 m of the eastern block, but looks away from it.
    assert facing(box(0, 0, 5, 100), box(15, 0, 50, 100), reach=20) == {(0, 1): pytest.approx(100)}


def test_a_wedge_counts_as_far_as_the_reach():
    # The gap opens from 0 to 40 m over 100 m: within 20 m is its first half. Seen from the slanted side, at right
    # angles, the other side is met up to 20 m as well: depth along its length grows with 40/100 per metre.
    wedge = shapely.Polygon([(0, 0), (100, 40), (100, 100), (0, 100)])
    straight, slanted = 50.0, 20 / 0.4
    found = facing(box(0, -50, 100, 0), wedge, reach=20, beyond=1e-3)
    assert found[(0, 1)] == pytest.approx((straight + slanted) / 2, rel=1e-3)


def test_sides_more_than_sixty_degrees_off_face_nothing():
    # The tip of the triangle points at the square; its sides are 76 degrees off.
    assert facing(box(0, 0, 100, 50), shapely.Polygon([(50, 60), (60, 100), (40, 100)]), reach=50) == {}


def test_what_lies_within_the_tolerance_is_a_border_and_no_gap():
    assert facing(box(0, 0, 100, 50), box(0, 50.3, 100, 90), reach=20) == {}


def test_the_middle_line_runs_half_way_across():
    segments = outline_segments(np.array([box(0, 0, 100, 50), box(0, 70, 100, 90)]))
    found = facing_stretches(segments, np.arange(len(segments)), reach=30.0, slack=0.5)
    start, end, half = found.middle(segments)
    assert start[:, 1].tolist() == end[:, 1].tolist() == [60.0, 60.0]
    assert half.tolist() == [10.0, 10.0]


def test_cells_are_cut_where_parts_begin_and_end():
    part, cell, low, high = cells(np.array([0, 1, 0]), np.array([0.0, 0, 3]), np.array([4.0, 9, 8]))
    assert sorted(zip(part.tolist(), low.tolist(), high.tolist(), strict=True)) == [
        (0, 0, 3),
        (0, 3, 4),
        (1, 0, 9),
        (2, 3, 4),
        (2, 4, 8),
    ]
    assert len(set(cell.tolist())) == 4  # 3 to 4 is one cell with two parts


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 360))
def test_every_metre_of_outline_faces_at_most_one_area_however_the_map_is_turned(seed, angle):
    rng = np.random.default_rng(seed)
    frame = box(0, 0, 500, 500)
    found = shapely.voronoi_polygons(shapely.multipoints(rng.uniform(0, 500, (12, 2))), extend_to=frame)
    blocks = [shapely.buffer(cell, -8, join_style="mitre") for cell in shapely.get_parts(found)]
    blocks = [block for block in blocks if not block.is_empty]
    lengths = facing(*blocks, reach=20)
    seen = np.zeros(len(blocks))
    for (one, other), length in lengths.items():
        seen[[one, other]] += length
    # Each pair counts with the mean of what its two sides see: the sum holds over all areas together.
    assert seen.sum() <= sum(block.length for block in blocks) * (1 + 1e-9)
    turned = facing(*(rotate(block, angle, origin=(0, 0)) for block in blocks), reach=20)
    assert turned.keys() == lengths.keys()
    assert list(turned.values()) == pytest.approx(list(lengths.values()), abs=1e-3)
