"""Cheap and dear borders: lines along, across and beside the borders of worked maps, and a river through real ones."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, box

from spatial import AlignmentError, CrsError, GeometryError, ParameterError, shared_borders
from spatial.barriers import border_factors
from spatial.links import linked
from spatial.regions.cuts.objective import objective_of


def areas(**shapes):
    return gpd.GeoSeries(list(shapes.values()), index=list(shapes), crs=25833)


def lines(**points):
    shapes = [LineString(one) if isinstance(one, list) else one for one in points.values()]
    return gpd.GeoSeries(shapes, index=list(points), crs=25833)


def two_squares():
    return areas(a=box(0, 0, 100, 100), b=box(100, 0, 200, 100))


def factors(city, layer, **options):
    return border_factors(city, shared_borders(city), layer, **options)


def test_a_line_on_the_border_gives_it_its_factor():
    found = factors(two_squares(), lines(river=[(100, -50), (100, 150)]), factor=0.3)
    assert found.factor.to_dict() == {("a", "b"): pytest.approx(0.3)}
    assert found.along.tolist() == [pytest.approx(100)]
    assert found.lines.loc["river"].tolist() == [0.3, 200.0, pytest.approx(100), 1]


def test_the_factor_is_the_mean_over_the_length_of_the_border():
    # 40 of 100 m at 0.5 and 60 m at 1: 0.8. Of the 40 m the line runs 10 m beside the border.
    found = factors(two_squares(), lines(railway=[(110, 0), (110, 40)]), factor=0.5)
    assert found.factor.tolist() == [pytest.approx(0.8)]
    # Two lines, 40 m at 0.5 and 50 m at 2: (20 + 100 + 10) / 100.
    both = lines(railway=[(110, 0), (110, 40)], shops=[(98, 50), (98, 100)])
    found = factors(two_squares(), both, factor=pd.Series({"shops": 2.0, "railway": 0.5}))
    assert found.factor.tolist() == [pytest.approx(1.3)]
    assert found.lines["along"].tolist() == [pytest.approx(40), pytest.approx(50)]


def test_a_line_beyond_the_tolerance_does_nothing_and_is_named():
    layer = lines(near=[(110, 0), (110, 100)], far=[(130, 0), (130, 100)])
    found = factors(two_squares(), layer, factor=0.3, tolerance=5)
    assert found.factor.empty
    assert found.unused.tolist() == ["near", "far"]
    assert "2 lines along no border" in repr(found)
    assert factors(two_squares(), layer, factor=0.3, tolerance=20).unused.tolist() == ["far"]


def test_a_line_that_leaves_the_border_counts_as_far_as_the_tolerance():
    # It moves away by 1 m per 4 m and is 10 m off after 40 m.
    found = factors(two_squares(), lines(river=[(100, 0), (125, 100)]), factor=0.0, tolerance=10)
    # At right angles to the line: 10 m · √(1 + 4²) = 41.2 m along the border.
    assert found.along.tolist() == [pytest.approx(10 * np.sqrt(17))]


def test_a_line_that_only_crosses_does_not_run_along():
    layer = lines(street=[(0, 50), (200, 50)], slanted=[(50, 20), (150, 90)])
    assert factors(two_squares(), layer, factor=0.3).factor.empty


def test_of_two_lines_the_nearer_counts_and_of_equals_the_lower_factor():
    city, layer = two_squares(), lines(far=[(108, 0), (108, 100)], near=[(98, 0), (98, 100)])
    assert factors(city, layer, factor=pd.Series({"far": 0.1, "near": 0.5})).factor.tolist() == [
        pytest.approx(0.5)
    ]
    same = lines(x=[(100, 0), (100, 100)], y=[(100, 0), (100, 100)])
    assert factors(city, same, factor=pd.Series({"x": 2.0, "y": 0.5})).factor.tolist() == [pytest.approx(0.5)]


def test_a_bend_leaves_no_hole():
    # The border and the river 8 m beside it turn by 90 degrees at (100, 100); seen from the outside of the bend,
    # the last 8 m on either side lie beyond the ends of the river's pieces.
    inner, outer = box(0, 0, 100, 100), box(0, 0, 200, 200).difference(box(0, 0, 100, 100))
    river = lines(river=[(0, 92), (92, 92), (92, 0)])
    assert factors(areas(a=inner, b=outer), river, factor=0.3).along.tolist() == [pytest.approx(200)]
    apart = lines(one=[(0, 92), (92, 92)], other=[(92, 92), (92, 0)])
    assert factors(areas(a=inner, b=outer), apart, factor=0.3).along.tolist() == [pytest.approx(184)]


def test_a_river_in_a_gap_runs_along_the_link_across_it():
    city = areas(a=box(0, 0, 100, 100), b=box(160, 0, 260, 100))
    graph = linked(shared_borders(city), city, gap=80).graph
    for x in (103, 130, 157):  # at either bank or in the middle: the river is what lies between
        river = lines(river=[(x, 0), (x, 100)])
        found = border_factors(city, graph, river, factor=0.2, tolerance=5, gap=80)
        assert found.factor.tolist() == [pytest.approx(0.2)]
    assert border_factors(city, graph, river, factor=0.2, tolerance=5).factor.empty


def test_a_link_without_a_place_keeps_its_price():
    city = two_squares()
    pairs = pd.DataFrame({"area_id": ["a"], "neighbour_id": ["b"], "length": [100.0], "reason": ["Bridge"]})
    graph = linked(shared_borders(city), city, pairs=pairs).graph
    # 100 m of border along the river at 0.2, 100 m of bridge at 1.
    found = border_factors(city, graph, lines(river=[(100, 0), (100, 100)]), factor=0.2)
    assert found.factor.tolist() == [pytest.approx(0.6)]


def test_borders_digitised_twice_are_found_too():
    city = areas(a=box(0, 0, 100, 100), b=box(100.3, 0, 200, 100))
    found = factors(city, lines(river=[(100, 0), (100, 50)]), factor=0.4)
    assert found.factor.tolist() == [pytest.approx(0.7)]


def test_the_factors_go_straight_into_the_objective():
    city = two_squares()
    found = factors(city, lines(river=[(100, 0), (100, 100)]), factor=0.3)
    need, people = pd.Series([1.5, 0.5], city.index), pd.Series([100, 100], city.index)
    costs = objective_of(need, people, shared_borders(city), border_price=2.0, border_factor=found.factor)
    assert costs.price.tolist() == [pytest.approx(60)]
    empty = factors(city, lines(street=[(0, 50), (200, 50)]), factor=0.3)
    same = objective_of(need, people, shared_borders(city), border_price=2.0, border_factor=empty.factor)
    assert same.price.tolist() == [200]


def test_lines_outside_the_city_and_areas_without_neighbours_are_counted_not_hidden():
    outside = factors(two_squares(), lines(river=[(900, 0), (900, 100)]), factor=0.3)
    assert (outside.factor.empty, outside.unused.tolist(), outside.border_length) == (True, ["river"], 100.0)
    alone = areas(a=box(0, 0, 9, 9), b=box(50, 0, 59, 9))
    assert factors(alone, lines(river=[(9, 0), (9, 9)]), factor=0.3).unused.tolist() == ["river"]
    assert outside.to_frame().empty
    assert outside.summary()["borders"].tolist() == [0]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"factor": -0.1}, "factor is -0.1"),
        ({"factor": np.nan}, "factor is nan"),
        ({"factor": np.inf}, "factor is inf"),
        ({"factor": "low"}, "factor is 'low'"),
        ({"factor": pd.Series({"river": np.nan})}, "factor is 'river: nan'"),
        ({"factor": pd.Series({"river": -1.0})}, "factor is 'river: -1'"),
        ({"factor": pd.Series({"river": "low"})}, "factor is 'river: nan'"),
        ({"factor": 0.3, "tolerance": 0}, "tolerance is 0"),
        ({"factor": 0.3, "gap": -1}, "gap is -1"),
    ],
)
def test_wrong_options_are_refused(options, reason):
    with pytest.raises(ParameterError, match=reason):
        factors(two_squares(), lines(river=[(100, 0), (100, 100)]), **options)


def test_wrong_layers_are_refused():
    city, river = two_squares(), lines(river=[(100, 0), (100, 100)])
    with pytest.raises(CrsError, match="EPSG:4326"):
        factors(city, river.to_crs(4326), factor=0.3)
    with pytest.raises(CrsError, match="areas in EPSG:25833 and lines in EPSG:25832"):
        factors(city, river.to_crs(25832), factor=0.3)
    with pytest.raises(CrsError, match="no CRS"):
        factors(city, gpd.GeoSeries(river.to_numpy(), index=["river"]), factor=0.3)
    with pytest.raises(CrsError, match="EPSG:4326"):
        border_factors(city.set_crs(4326, allow_override=True), shared_borders(city), river, factor=0.3)
    with pytest.raises(GeometryError, match="no line at all"):
        factors(city, river.iloc[:0], factor=0.3)
    with pytest.raises(GeometryError, match="line missing or empty"):
        factors(city, lines(river=LineString()), factor=0.3)
    with pytest.raises(GeometryError, match="not a line"):
        factors(city, lines(river=box(0, 0, 1, 1)), factor=0.3)
    with pytest.raises(GeometryError, match="without length"):
        factors(city, lines(river=[(0, 0), (0, 0)]), factor=0.3)
    with pytest.raises(AlignmentError, match="lines has an area id more than once"):
        factors(city, pd.concat([river, river]), factor=0.3)
    with pytest.raises(AlignmentError, match="factor has no row"):
        factors(city, river, factor=pd.Series({"rail": 0.3}))
    with pytest.raises(ParameterError, match="lines is"):
        factors(city, [LineString([(0, 0), (1, 1)])], factor=0.3)


def voronoi(seed, n_areas=20):
    rng = np.random.default_rng(seed)
    frame = box(0, 0, 1000, 1000)
    cells = shapely.voronoi_polygons(shapely.multipoints(rng.uniform(0, 1000, (n_areas, 2))), extend_to=frame)
    shapes = shapely.get_parts(cells)
    city = gpd.GeoSeries(shapes, index=[f"{i:02d}" for i in range(len(shapes))], crs=25833)
    paths = rng.uniform(0, 1000, (4, 1, 2)) + rng.normal(0, 60, (4, 15, 2)).cumsum(axis=1)
    return city, gpd.GeoSeries(shapely.linestrings(paths), index=list("wxyz"), crs=25833), rng


def unordered(series):
    return {frozenset(pair): value for pair, value in series.items()}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(1, 80))
def test_factors_lie_between_those_of_the_lines_and_one_and_the_order_does_not_matter(seed, tolerance):
    city, layer, rng = voronoi(seed)
    factor = pd.Series([0.3, 0.5, 2.0, 3.0], index=layer.index)
    found = factors(city, layer, factor=factor, tolerance=tolerance)
    assert found.factor.between(0.3 - 1e-9, 3.0 + 1e-9).all()
    border = shared_borders(city).edges().set_index(["area_id", "neighbour_id"])["border"]
    assert (found.along <= border.reindex(found.along.index) + 1e-6).all()
    assert found.lines["along"].sum() == pytest.approx(found.along.sum())
    shuffled = factors(
        city.iloc[rng.permutation(len(city))],
        layer.iloc[rng.permutation(4)].reverse(),
        factor=factor.iloc[::-1],
        tolerance=tolerance,
    )
    assert unordered(shuffled.factor) == pytest.approx(unordered(found.factor), abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_factor_of_one_changes_nothing_and_more_tolerance_finds_more(seed):
    city, layer, _ = voronoi(seed)
    near, far = (factors(city, layer, factor=1.0, tolerance=metres) for metres in (10, 40))
    assert near.factor.tolist() == pytest.approx([1.0] * len(near.factor))
    assert set(near.factor.index) <= set(far.factor.index)
    assert (near.along <= far.along.reindex(near.along.index) + 1e-6).all()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_lines_on_all_borders_give_all_borders_their_factor(seed):
    city, _, _ = voronoi(seed)
    outlines = gpd.GeoSeries(city.boundary.to_numpy(), index=city.index, crs=25833)
    graph = shared_borders(city)
    found = border_factors(city, graph, outlines, factor=0.25, tolerance=0.1)
    assert len(found.factor) == len(graph.border)
    assert found.factor.tolist() == pytest.approx([0.25] * len(graph.border), abs=1e-4)


def test_a_ring_road_around_leipzigs_centre_makes_its_borders_cheap(leipzig_folder):
    frame = gpd.read_file(leipzig_folder / "ortsteile.gpkg", layer="ortsteile")
    city = frame[frame["level"] == "ortsteil"].set_index("ortsteil_nr").to_crs(25833)
    ring = gpd.GeoSeries([city.geometry["00"].boundary], index=["ring"], crs=25833)
    found = factors(city, ring, factor=0.3, tolerance=15)
    around = found.factor[[("00" in pair) for pair in found.factor.index]]
    assert len(around) == 5
    assert around.tolist() == pytest.approx([0.3] * 5, abs=1e-3)
    # Borders that leave the ring at a sharp angle count for their first metres.
    assert found.along.drop(around.index).lt(30).all()


def test_lines_on_all_borders_of_berlin_are_found_on_all_of_them(berlin_folder):
    city = gpd.read_file(berlin_folder / "lor_pre2021.gpkg", layer="planungsraeume").geometry
    outlines = gpd.GeoSeries(city.boundary.to_numpy(), crs=city.crs)
    graph = shared_borders(city)
    found = border_factors(city, graph, outlines, factor=0.3)
    assert len(found.factor) == len(graph.border) == 1211
    assert found.factor.tolist() == pytest.approx([0.3] * 1211, abs=0.01)
