"""Where a map of areas does not fit together: each place once, with its size."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from spatial.coverage_findings import FINDINGS, CoverageFindings, coverage_findings, outline_findings
from spatial.errors import AlignmentError, CrsError, GeometryError, ParameterError


def areas(**shapes: shapely.Geometry) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(shapes.values()), index=list(shapes), crs=25833)


def told(found: CoverageFindings) -> list[tuple[str, tuple[str, ...], float]]:
    table = found.to_frame()
    return [
        (kind, who, round(size, 6))
        for kind, who, size in zip(table["kind"], table["area_ids"], table["square_metres"], strict=True)
    ]


def grid(side: int) -> gpd.GeoSeries:
    boxes = {
        f"{i}{j}": shapely.box(10 * i, 10 * j, 10 * i + 10, 10 * j + 10)
        for i in range(side)
        for j in range(side)
    }
    return areas(**boxes)


def test_a_map_that_fits_has_no_findings() -> None:
    found = coverage_findings(grid(4))
    assert told(found) == []
    assert repr(found) == "CoverageFindings(16 areas: nothing found)"


def test_an_overlap_is_one_place_with_both_areas() -> None:
    found = coverage_findings(areas(a=shapely.box(0, 0, 10, 10), b=shapely.box(9, 0, 20, 10)))
    assert told(found) == [("overlap", ("a", "b"), 10.0)]  # 1 m × 10 m
    assert found.findings.geometry.iloc[0].equals(shapely.box(9, 0, 10, 10))


def test_ground_that_three_areas_claim_is_one_place_with_all_three() -> None:
    found = coverage_findings(
        areas(a=shapely.box(0, 0, 10, 10), b=shapely.box(5, 0, 15, 10), c=shapely.box(8, 0, 20, 10))
    )
    # 5 to 8: a and b; 8 to 10: all; 10 to 15: b and c.
    assert told(found) == [
        ("overlap", ("b", "c"), 50.0),
        ("overlap", ("a", "b"), 30.0),
        ("overlap", ("a", "b", "c"), 20.0),
    ]


def test_a_gap_is_one_place_with_the_areas_around_it() -> None:
    ring = grid(3).drop("11")
    assert told(coverage_findings(ring)) == [("gap", ("00", "01", "02", "10", "12", "20", "21", "22"), 100.0)]


def test_thin_places_are_slivers_and_the_thinnest_only_edges() -> None:
    # 0.2 m and 0.0004 m wide, 10 m long, closed at both ends by a third area.
    def pair(width: float) -> gpd.GeoSeries:
        return areas(
            a=shapely.box(0, 0, 10, 10),
            b=shapely.box(10 + width, 0, 20, 10),
            c=shapely.box(0, 10, 20, 20),
            d=shapely.box(0, -10, 20, 0),
        )

    assert ("sliver_gap", ("a", "b", "c", "d"), 2.0) in told(coverage_findings(pair(0.2)))
    assert {kind for kind, *_ in told(coverage_findings(pair(0.0004)))} == {"edge"}


def test_an_edge_without_the_vertex_of_its_neighbours_is_found_with_its_length() -> None:
    # The lower area has no vertex at (10, 10), where the two above it meet.
    found = coverage_findings(
        areas(a=shapely.box(0, 0, 20, 10), b=shapely.box(0, 10, 10, 20), c=shapely.box(10, 10, 20, 20))
    )
    assert [(kind, who) for kind, who, _ in told(found)] == [("edge", ("a", "b", "c"))]
    assert found.summary()["length"].tolist() == [20.0]


def test_an_edge_without_vertices_all_around_an_area_is_found_too() -> None:
    inner = shapely.box(10, 10, 20, 20)
    outer = shapely.difference(shapely.box(0, 0, 30, 30), inner)
    denser = shapely.segmentize(inner, 3.0)
    found = coverage_findings(areas(a=outer, b=denser))
    assert [(kind, who) for kind, who, _ in told(found)] == [("edge", ("a", "b"))]
    assert found.summary()["length"].tolist() == pytest.approx([40.0])


def test_an_area_within_another_is_an_overlap() -> None:
    found = coverage_findings(areas(a=shapely.box(0, 0, 10, 10), b=shapely.box(2, 2, 4, 4)))
    assert told(found) == [("overlap", ("a", "b"), 4.0)]


def test_a_double_is_told_as_double_and_as_overlap() -> None:
    found = coverage_findings(areas(a=shapely.box(0, 0, 10, 10), b=shapely.box(0, 0, 10, 10)))
    assert told(found) == [("overlap", ("a", "b"), 100.0), ("duplicate", ("a", "b"), 100.0)]


def test_islands_and_parts_are_told_and_touching_in_a_point_is_touching() -> None:
    several = shapely.MultiPolygon([shapely.box(0, 0, 10, 10), shapely.box(30, 0, 32, 10)])
    found = coverage_findings(areas(a=several, b=shapely.box(10, 10, 20, 20), c=shapely.box(100, 0, 110, 10)))
    assert told(found) == [("island", ("c",), 100.0), ("multipart", ("a",), 20.0)]


def test_one_area_alone_is_no_island() -> None:
    assert told(coverage_findings(areas(a=shapely.box(0, 0, 10, 10)))) == []


def test_holes_that_another_area_fills_are_no_gaps() -> None:
    inner = shapely.box(10, 10, 20, 20)
    outer = shapely.difference(shapely.box(0, 0, 30, 30), inner)
    assert told(coverage_findings(areas(a=outer, b=inner))) == []
    assert told(coverage_findings(areas(a=outer))) == [("gap", ("a",), 100.0)]


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(*(st.integers(-3, 3) for _ in range(4))),
        min_size=9,
        max_size=9,
    )
)
def test_gaps_and_overlaps_account_for_every_square_metre(moves: list[tuple[int, int, int, int]]) -> None:
    boxes = [shapely.box(*np.add(shape.bounds, move)) for shape, move in zip(grid(3), moves, strict=True)]
    given_areas = gpd.GeoSeries(boxes, index=[str(one) for one in range(9)], crs=25833)
    found = coverage_findings(given_areas, sliver_width=0.0, tolerance=0.0).to_frame()
    union = shapely.union_all(boxes)
    gaps = sum(
        shapely.area(shapely.Polygon(ring)) for part in shapely.get_parts(union) for ring in part.interiors
    )
    assert found.loc[found["kind"] == "gap", "square_metres"].sum() == pytest.approx(gaps, abs=1e-6)
    over = found[found["kind"] == "overlap"]
    twice = (over["square_metres"] * (over["area_ids"].map(len) - 1)).sum()
    assert shapely.area(boxes).sum() - union.area == pytest.approx(twice, abs=1e-6)


@settings(deadline=None)
@given(st.permutations(range(9)), st.integers(0, 8), st.floats(-3, 3))
def test_the_order_of_the_areas_is_irrelevant(order: list[int], which: int, by: float) -> None:
    shapes = grid(3)
    shapes.iloc[which] = affinity.translate(shapes.iloc[which], by, 0)
    plain, turned = coverage_findings(shapes), coverage_findings(shapes.iloc[list(order)])
    assert told(plain) == told(turned)


def test_parts_that_are_not_the_whole_are_found_on_both_sides() -> None:
    parts = areas(a=shapely.box(0, 0, 10, 10), b=shapely.box(10, 0, 21, 9))
    whole = areas(city=shapely.box(0, 0, 20, 10))
    found = outline_findings(parts, pd.Series("city", parts.index), whole)
    # Outside: 1 m × 9 m; missing: 10 m × 1 m.
    assert told(found) == [("outside_parent", ("city",), 9.0), ("missing_in_parent", ("city",), 10.0)]


def test_thin_differences_from_the_whole_are_forgiven() -> None:
    parts = areas(a=shapely.box(0, 0, 10.2, 10))
    whole = areas(city=shapely.box(0, 0, 10, 10))
    assert told(outline_findings(parts, pd.Series("city", parts.index), whole)) == []


def test_what_cannot_be_checked_is_refused() -> None:
    square = areas(a=shapely.box(0, 0, 10, 10))
    with pytest.raises(CrsError):
        coverage_findings(square.set_crs(4326, allow_override=True))
    with pytest.raises(GeometryError, match="invalid geometry"):
        coverage_findings(areas(a=shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])))
    with pytest.raises(ParameterError, match="sliver_width"):
        coverage_findings(square, sliver_width=-1.0)
    with pytest.raises(CrsError, match="areas in"):
        outline_findings(square, pd.Series(["a"], ["a"]), square.to_crs(25832))
    with pytest.raises(AlignmentError):
        outline_findings(square, pd.Series(["x"], ["a"]), square)


def test_every_kind_has_its_word_in_both_languages() -> None:
    assert all(german and english for german, english in FINDINGS.values())
