"""Neighbours and shared borders: worked maps, unclean maps, and real cities."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box
from shapely.affinity import rotate, translate

from spatial import AlignmentError, CrsError, GeometryError, NeighbourGraph, ParameterError, shared_borders
from spatial.dissolve import united

METHODS = ("auto", "exact", "tolerant")


def areas(*shapes, index=None):
    return gpd.GeoSeries(list(shapes), index=index or [f"{i:02d}" for i in range(len(shapes))], crs=25833)


def borders(graph):
    return {(a, b): round(length, 6) for a, b, length in graph.edges().itertuples(index=False)}


def graph_of(ids, *pairs, corners=None):
    first, second, border = zip(*pairs, strict=True)
    return NeighbourGraph(
        area_id=pd.Index(list(ids)),
        first=np.array(first),
        second=np.array(second),
        border=np.array(border, dtype=float),
        corners=None if corners is None else np.array(corners),
    )


def four_squares():
    return areas(box(0, 0, 100, 100), box(100, 0, 200, 100), box(0, 100, 100, 200), box(100, 100, 200, 200))


@pytest.mark.parametrize("method", METHODS)
def test_four_squares_share_four_borders_and_corners_are_none(method):
    graph = shared_borders(four_squares(), method=method)
    sides = {("00", "01"): 100, ("00", "02"): 100, ("01", "03"): 100, ("02", "03"): 100}
    assert borders(graph) == sides  # 00-03 and 01-02 only touch
    assert graph.rim.tolist() == pytest.approx([200] * 4)


@pytest.mark.parametrize("method", METHODS)
def test_corner_contacts_are_found_when_they_are_wanted(method):
    graph = shared_borders(four_squares(), method=method, corners=True)
    assert graph.corners.tolist() == [[0, 3], [1, 2]]
    assert graph.edges().equals(shared_borders(four_squares(), method=method).edges())
    assert shared_borders(four_squares(), method=method).corners is None


@pytest.mark.parametrize("method", ["auto", "tolerant"])
def test_a_corner_that_touches_the_middle_of_a_side_is_a_corner_contact(method):
    wedge = shapely.Polygon([(100, 50), (200, 20), (200, 80)])
    graph = shared_borders(areas(box(0, 0, 100, 100), wedge), method=method, corners=True)
    assert graph.corners.tolist() == [[0, 1]]
    assert len(graph.border) == 0


def test_a_touch_too_short_for_a_border_is_a_corner_contact():
    graph = shared_borders(areas(box(0, 0, 100, 100), box(99.8, 99.8, 200, 200)), corners=True)
    assert graph.corners.tolist() == [[0, 1]]


def test_a_pair_with_a_border_and_a_corner_is_a_border():
    # The hook touches the square along 50 m and, around the pond, in one more point.
    hook = shapely.Polygon([(100, 0), (200, 0), (200, 200), (100, 200), (100, 100), (150, 50), (100, 50)])
    graph = shared_borders(areas(box(0, 0, 100, 100), hook), corners=True)
    assert borders(graph) == {("00", "01"): 50}
    assert graph.corners.shape == (0, 2)


def test_queen_contiguity_is_borders_and_corners():
    graph = shared_borders(four_squares(), corners=True)
    assert len(graph.contiguous("rook")[0]) == 4
    first, second = graph.contiguous("queen")
    assert sorted(zip(first.tolist(), second.tolist(), strict=True)) == [
        (0, 1),
        (0, 2),
        (0, 3),
        (1, 2),
        (1, 3),
        (2, 3),
    ]
    with pytest.raises(ParameterError, match=r"corners too: shared_borders\(areas, corners=True\)"):
        shared_borders(four_squares()).contiguous("queen")
    with pytest.raises(ParameterError, match="'rook' or 'queen'"):
        graph.contiguous("bishop")


def test_outlines_that_part_at_the_edge_of_the_city_are_no_border():
    # East of the common side of 100 m the outlines of both run on to the west, 28 degrees apart.
    south = shapely.Polygon([(100, 0), (0, -54), (200, -100), (200, 100), (100, 100)])
    graph = shared_borders(areas(box(0, 0, 100, 100), south))
    assert borders(graph) == {("00", "01"): 100}
    assert graph.bridged == 0


@pytest.mark.parametrize("method", ["auto", "tolerant"])
def test_a_vertex_on_one_side_only_does_not_hide_a_border(method):
    # 00 has one long eastern side of 100 m, its two neighbours 40 and 60 m each.
    three = areas(box(0, 0, 100, 100), box(100, 0, 200, 40), box(100, 40, 200, 100))
    graph = shared_borders(three, method=method)
    assert borders(graph) == {("00", "01"): 40, ("00", "02"): 60, ("01", "02"): 100}


def test_exact_finds_only_what_agrees_vertex_by_vertex():
    three = areas(box(0, 0, 100, 100), box(100, 0, 200, 40), box(100, 40, 200, 100))
    graph = shared_borders(three, method="exact")
    assert borders(graph) == {("01", "02"): 100}
    assert graph.isolates().tolist() == ["00"]
    assert graph.rim[0] == pytest.approx(400)


@pytest.mark.parametrize("gap", [-0.3, 0.3])
def test_a_sliver_within_the_tolerance_is_bridged(gap):
    two = areas(box(0, 0, 100, 100), box(100 + gap, 0, 200, 100))
    graph = shared_borders(two, tolerance=0.5)
    assert borders(graph) == {("00", "01"): 100}
    assert graph.bridged == pytest.approx(100)
    if gap > 0:
        assert len(shared_borders(two, tolerance=0.2).border) == 0
    else:
        with pytest.raises(GeometryError, match="overlapping"):
            shared_borders(two, tolerance=0.2)


def test_a_sliver_that_opens_like_a_wedge_counts_as_far_as_the_tolerance_reaches():
    # The gap grows from 0 to 1 m over 100 m: half of it is within 0.5 m.
    wedge = shapely.Polygon([(100, 0), (200, 0), (200, 100), (101, 100)])
    graph = shared_borders(areas(box(0, 0, 100, 100), wedge), tolerance=0.5)
    assert graph.border[0] == pytest.approx(50, rel=1e-3)


def test_a_border_digitised_twice_is_measured_once():
    x = np.linspace(0, 1000, 201)
    y = 20 * np.sin(x / 50)
    south = shapely.Polygon([*zip(x, y, strict=True), (1000, -500), (0, -500)])
    coarse, fine = x[::2], np.interp(x[::2], x, y)
    north = shapely.Polygon([*zip(coarse, fine, strict=True), (1000, 500), (0, 500)])
    length = shapely.LineString(np.column_stack([x, y])).length
    graph = shared_borders(areas(south, north), tolerance=1.0)
    assert graph.border[0] == pytest.approx(length, rel=0.002)


def test_a_long_touch_at_a_corner_is_no_border():
    # The corners overlap by 20 cm in both directions; twice the tolerance is the least a border must have.
    graph = shared_borders(areas(box(0, 0, 100, 100), box(99.8, 99.8, 200, 200)), tolerance=0.5)
    assert len(graph.border) == 0


def test_islands_and_exclaves_have_no_border_and_are_named():
    exclave = shapely.multipolygons([box(0, 0, 10, 10), box(500, 500, 510, 510)])
    graph = shared_borders(areas(exclave, box(10, 0, 20, 10), box(900, 0, 910, 10)))
    assert borders(graph) == {("00", "01"): 10}
    assert graph.isolates().tolist() == ["02"]


@pytest.mark.parametrize("method", METHODS)
def test_a_pond_in_an_area_borders_it_all_around(method):
    ring = box(0, 0, 100, 100).difference(box(40, 40, 60, 60))
    graph = shared_borders(areas(ring, box(40, 40, 60, 60)), method=method)
    assert borders(graph) == {("00", "01"): 80}
    assert graph.rim.tolist() == pytest.approx([400, 0])


def test_a_hole_that_nobody_fills_is_rim():
    ring = box(0, 0, 100, 100).difference(box(40, 40, 60, 60))
    graph = shared_borders(areas(ring))
    assert graph.rim.tolist() == [480]
    assert graph.isolates().tolist() == ["00"]


def test_borders_in_several_pieces_add_up():
    bracket = box(0, 0, 100, 100).difference(box(20, 40, 100, 60))
    # The plug fills the notch from x=50 on: 50 m above, 50 m below, and the 20 m at its head stay open.
    graph = shared_borders(areas(bracket, box(50, 40, 100, 60)))
    assert borders(graph) == {("00", "01"): 100}


def test_vertices_a_billionth_apart_are_the_same():
    east = shapely.transform(box(100, 0, 200, 100), lambda xy: xy + 3e-9)
    graph = shared_borders(areas(box(0, 0, 100, 100), east), method="exact")
    assert borders(graph) == {("00", "01"): 100}


@pytest.mark.parametrize("method", ["auto", "exact"])
def test_an_area_loaded_twice_is_refused_by_name(method):
    with pytest.raises(GeometryError, match=r"overlapping geometry in 2 area\(s\): 01, 02"):
        shared_borders(areas(box(0, 0, 9, 9), box(9, 0, 18, 9), box(9, 0, 18, 9)), method=method)


def test_a_whole_loaded_together_with_its_parts_is_refused():
    with pytest.raises(GeometryError, match="overlapping"):
        shared_borders(areas(box(0, 0, 9, 9), box(9, 0, 18, 9), shapely.segmentize(box(0, 0, 18, 9), 9)))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"method": "guess"}, "method is 'guess'"),
        ({"tolerance": 0}, "tolerance is 0"),
        ({"tolerance": np.nan}, "tolerance is nan"),
    ],
)
def test_wrong_options_are_refused(options, reason):
    with pytest.raises(ParameterError, match=reason):
        shared_borders(areas(box(0, 0, 1, 1)), **options)


def test_degrees_are_refused():
    with pytest.raises(CrsError, match="EPSG:4326"):
        shared_borders(areas(box(12.3, 51.3, 12.4, 51.4)).set_crs(4326, allow_override=True))


def test_an_extent_beyond_a_continent_is_refused():
    with pytest.raises(ParameterError, match="extent of the areas"):
        shared_borders(areas(box(0, 0, 1, 1), box(9e6, 0, 9e6 + 1, 1)))


def test_one_area_has_no_neighbours():
    graph = shared_borders(areas(box(0, 0, 1, 1)))
    assert len(graph.edges()) == 0
    assert repr(graph).startswith("NeighbourGraph(1 areas, 0 borders of 0.0 km, 1 without neighbour; auto")


def test_a_part_of_the_graph_keeps_its_corners():
    graph = shared_borders(four_squares(), corners=True)
    part = graph.part(pd.Series([True, False, True, True], index=graph.area_id))
    assert borders(part) == {("00", "02"): 100, ("02", "03"): 100}
    assert part.corners.tolist() == [[0, 2]]
    assert part.rim.tolist() == pytest.approx([300, 200, 300])


def test_a_graph_in_another_order_is_the_same_graph():
    graph = shared_borders(four_squares(), corners=True)
    turned = graph.in_order(graph.area_id[::-1])
    pairs = {frozenset(pair): length for pair, length in borders(graph).items()}
    assert {frozenset(pair): length for pair, length in borders(turned).items()} == pairs
    assert turned.corners.tolist() == [[0, 3], [1, 2]]
    assert turned.edges()["area_id"].tolist() == ["03", "03", "02", "01"]
    assert graph.in_order(graph.area_id) is graph
    half = shared_borders(areas(box(0, 0, 9, 9), box(9, 0, 99, 9)))
    assert half.in_order(pd.Index(["01", "00"])).rim.tolist() == pytest.approx([189, 27])


@pytest.mark.parametrize(
    ("order", "reason"),
    [(["a", "b"], "other areas.*: c"), (["a", "b", "d"], "other areas"), (["a", "b", "b"], "more than once")],
)
def test_an_order_of_other_areas_is_refused(order, reason):
    with pytest.raises(AlignmentError, match=reason):
        graph_of("abc", (0, 1, 5)).in_order(pd.Index(order))


def test_components_are_counted_over_the_mask_only():
    row = graph_of("abcd", (0, 1, 5), (1, 2, 5), (2, 3, 5))
    assert row.components().tolist() == [0, 0, 0, 0]
    assert row.components(np.array([True, False, True, True])).tolist() == [0, -1, 1, 1]
    assert row.components(np.zeros(4, dtype=bool)).tolist() == [-1] * 4
    assert row.components(pd.Series({"d": False, "c": True, "b": True, "a": False})).tolist() == [
        -1,
        0,
        0,
        -1,
    ]
    with pytest.raises(ParameterError, match="one entry per area"):
        row.components(np.array([True]))
    with pytest.raises(AlignmentError, match="mask has no row"):
        row.components(pd.Series({"a": True}))


@pytest.mark.parametrize(
    "pair", [(1, 0, 5.0), (0, 0, 5.0), (0, 9, 5.0), (-1, 0, 5.0), (0, 1, 0.0), (0, 1, np.inf), (0, 1, np.nan)]
)
def test_a_graph_refuses_pairs_that_are_none(pair):
    with pytest.raises(ParameterError):
        graph_of("ab", pair)


@pytest.mark.parametrize(
    "corners", [[0, 2], [[2, 0]], [[0, 3]], [[-1, 0]], [[0, 2], [0, 2]], [[0, 1]]], ids=str
)
def test_a_graph_refuses_corners_that_are_none(corners):
    with pytest.raises(ParameterError, match="corners is"):
        graph_of("abc", (0, 1, 5), corners=corners)


def test_a_graph_refuses_a_pair_given_twice_or_half():
    with pytest.raises(ParameterError, match="twice"):
        graph_of("ab", (0, 1, 5), (0, 1, 5))
    with pytest.raises(ParameterError, match="as many as pairs"):
        NeighbourGraph(
            area_id=pd.Index(["a", "b"]), first=np.array([0]), second=np.array([1]), border=np.array([])
        )


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 40), st.integers(0, 2**32 - 1), st.floats(0, 360))
def test_every_outline_is_border_or_rim_however_the_map_is_turned(n_areas, seed, angle):
    rng = np.random.default_rng(seed)
    frame = box(0, 0, 1000, 1000)
    cells = shapely.voronoi_polygons(shapely.multipoints(rng.uniform(0, 1000, (n_areas, 2))), extend_to=frame)
    shapes = [translate(rotate(cell, angle, origin=(0, 0)), 3e5, 5.7e6) for cell in shapely.get_parts(cells)]
    city = areas(*shapes)
    auto = shared_borders(city)
    whole = united(city.to_numpy())
    # 5 m: two short corners within the tolerance may be bridged per area at most.
    assert auto.rim.sum() == pytest.approx(whole.length, abs=5)
    assert 2 * auto.border.sum() + auto.rim.sum() == pytest.approx(city.length.sum(), rel=1e-9)
    order = rng.permutation(len(city))
    shuffled = shared_borders(city.iloc[order])
    assert {frozenset(pair): length for pair, length in borders(shuffled).items()} == pytest.approx(
        {frozenset(pair): length for pair, length in borders(auto).items()}, abs=1e-6
    )


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=14, unique=True),
    st.floats(0, 360),
    st.sampled_from(METHODS),
)
def test_corners_are_what_touches_without_a_border(cells, angle, method):
    squares = [rotate(box(9 * x, 9 * y, 9 * x + 9, 9 * y + 9), angle, origin=(0, 0)) for x, y in cells]
    graph = shared_borders(areas(*squares), method=method, corners=True)
    apart = [
        (one, other)
        for other in range(len(cells))
        for one in range(other)
        if abs(cells[one][0] - cells[other][0]) == 1 and abs(cells[one][1] - cells[other][1]) == 1
    ]
    assert graph.corners.tolist() == sorted(map(list, apart))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_direction_in_which_rings_run_does_not_matter(seed):
    rng = np.random.default_rng(seed)
    frame = box(0, 0, 1000, 1000)
    cells = shapely.voronoi_polygons(shapely.multipoints(rng.uniform(0, 1000, (9, 2))), extend_to=frame)
    pond = shapely.centroid(shapely.get_parts(cells)[0]).buffer(0.5)
    shapes = [cell.difference(pond) for cell in shapely.get_parts(cells)] + [pond]
    one_way = shared_borders(areas(*shapes))
    any_way = shared_borders(areas(*(shape.reverse() if rng.random() < 0.5 else shape for shape in shapes)))
    assert borders(one_way) == borders(any_way)
    assert one_way.rim == pytest.approx(any_way.rim)


def test_segments_that_are_mixed_into_one_number_are_told_apart(monkeypatch):
    # With this mixer only the second end of a segment counts: many fall on one number.
    monkeypatch.setattr("spatial.borders._MIXER", np.uint64(0))
    assert shared_borders(four_squares()).border.tolist() == [100] * 4


def leipzig(folder):
    frame = gpd.read_file(folder / "ortsteile.gpkg", layer="ortsteile")
    return frame[frame["level"] == "ortsteil"].set_index("ortsteil_nr").to_crs(25833)


def berlin(folder):
    frame = gpd.read_file(folder / "lor_pre2021.gpkg", layer="planungsraeume")
    # One key is there twice, as published; here only the shapes matter.
    frame["LOR_ID"] = frame["LOR_ID"].mask(frame["LOR_ID"].duplicated(), "second " + frame["LOR_ID"])
    return frame.set_index("LOR_ID")


def test_leipzig_is_one_piece_without_islands(leipzig_folder):
    graph = shared_borders(leipzig(leipzig_folder))
    assert len(graph.area_id) == 63
    assert graph.components().max() == 0
    assert graph.isolates().empty
    assert len(graph.border) == 156
    # All vertices agree: the tolerance adds nothing.
    assert graph.bridged == 0
    # What has no neighbour is the outline of the city; a metre per kilometre for borders digitised twice.
    assert graph.rim.sum() == pytest.approx(
        united(leipzig(leipzig_folder).geometry.to_numpy()).length, rel=1e-3
    )


def test_berlin_has_one_small_overlap_that_is_forgiven_and_bridged(berlin_folder):
    graph = shared_borders(berlin(berlin_folder))
    assert len(graph.area_id) == 448
    assert graph.components().max() == 0
    assert len(graph.border) == 1211
    # The polygons 04020208 and 04061757 overlap in a triangle of 0.1 m² and leave one of 0.1 m² between them.
    assert 5 < graph.bridged < 20


def test_both_ways_agree_on_leipzig(leipzig_folder):
    city = leipzig(leipzig_folder)
    exact, tolerant = (
        shared_borders(city, method=method).edges().set_index(["area_id", "neighbour_id"])["border"]
        for method in ("exact", "tolerant")
    )
    # Where three areas meet at a sharp angle, the tolerant way sees the outer two a few metres too long.
    assert (tolerant.reindex(exact.index) - exact).abs().max() < 10
    assert tolerant[~tolerant.index.isin(exact.index)].max() < 10


def test_an_overlap_without_a_common_segment_is_refused_too():
    squares = [
        shapely.box(0, 0, 1000.6, 1000.6),
        shapely.box(1000, 0, 2000, 1000),
        shapely.box(0, 1000, 1000, 2000),
        shapely.box(1000, 1000, 2000, 2000),
    ]
    areas = gpd.GeoSeries(squares, index=list("abcd"), crs=25833)
    with pytest.raises(GeometryError, match="overlapping"):
        shared_borders(areas)


def test_an_area_that_lies_inside_another_is_refused():
    areas = gpd.GeoSeries(
        [shapely.box(0, 0, 100, 100), shapely.box(20, 20, 40, 40)], index=["a", "b"], crs=25833
    )
    with pytest.raises(GeometryError, match="overlapping"):
        shared_borders(areas)
