"""From shapes to regions: islands, areas of several parts, holes, empty blocks and the rim of the city."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import outlines, propose, shared_borders
from spatial.links import linked
from spatial.regions import RegionLimits, buffer_zones, distance_band, single_cases, zone_membership

SIDE = 100.0


def drawn(picture):
    """Return areas from a picture: one letter for each square of 100 m, "." for no area; letters may lie apart."""
    rows = picture.split()
    squares = {}
    for y, row in enumerate(reversed(rows)):
        for x, letter in enumerate(row):
            squares.setdefault(letter, []).append(
                shapely.box(x * SIDE, y * SIDE, x * SIDE + SIDE, y * SIDE + SIDE)
            )
    squares.pop(".", None)
    index = pd.Index(sorted(squares), name="area_id")
    shapes = [shapely.coverage_union_all(squares[letter]) for letter in index]
    return gpd.GeoSeries(shapes, index=index, crs=25833)


def proposed(areas, needy, *, people=None, price=0.1, graph=None, **options):
    """Propose where the named areas have a need of 2, the others 0, and 100 people live in each but where told."""
    need = pd.Series([2.0 if area in needy else 0.0 for area in areas.index], areas.index)
    residents = pd.Series(100.0, areas.index)
    for area, number in (people or {}).items():
        residents[area] = number
    graph = shared_borders(areas) if graph is None else graph
    return propose(need, residents, graph, threshold=1.0, border_price=price, **options)


def members(result):
    return "".join(result.region.dropna().index)


def test_an_area_of_two_parts_joins_what_touches_either_part():
    # A lies on both sides of E: B touches its western part only, C its eastern part only.
    areas = drawn("BAEAC DDEDD")
    result = proposed(areas, "ABC")
    assert result.region.dropna().to_dict() == {"A": "1", "B": "1", "C": "1"}
    shape = outlines(areas, result.region).geometry.iloc[0]
    assert shape.geom_type == "MultiPolygon"
    assert shape.area == 4 * SIDE**2
    # B and C touch nothing of each other: without A they are two.
    assert proposed(areas, "BC", price=0.01).region.dropna().nunique() == 2


def test_a_block_inside_another_is_its_hole_until_it_is_worth_filling():
    areas = drawn("AAA ABA AAA")
    result = proposed(areas, "A", people={"A": 800})
    # The hole costs 400 m × 0.1 = 40 of border, filling it 100 residents × 1.
    assert members(result) == "A"
    shape = shapely.get_parts(outlines(areas, result.region).geometry.iloc[0])[0]
    assert [shapely.Polygon(ring).area for ring in shape.interiors] == [SIDE**2]
    assert members(proposed(areas, "A", people={"A": 800}, price=0.3)) == "AB"
    assert members(proposed(areas, "A", people={"A": 800, "B": 0})) == "AB"


def test_a_hole_that_no_area_fills_stays_a_hole_and_costs_nothing():
    areas = drawn("AAB A.B CCB")
    result = proposed(areas, "ABC")
    assert result.border_length.tolist() == [0.0]
    shape = shapely.get_parts(outlines(areas, result.region).geometry.iloc[0])[0]
    assert len(shape.interiors) == 1
    zones = buffer_zones(areas, result.region, distance=50.0)
    assert zones.area.sum() == pytest.approx(
        0.0, abs=1e-6
    )  # the lake belongs to nobody, so to no zone either


def test_an_island_is_a_region_of_its_own_or_joins_the_nearest_shore():
    areas = drawn("AAB..I CCB...")
    alone = proposed(areas, "BI")
    assert alone.region["I"] != alone.region["B"]
    assert alone.border_length[alone.region["I"]] == 0.0
    graph = linked(shared_borders(areas), areas, reach=1000.0).graph
    joined = proposed(areas, "BI", graph=graph, limits=RegionLimits(least_residents=200))
    assert joined.region["I"] == joined.region["B"]
    assert outlines(areas, joined.region).geometry.iloc[0].geom_type == "MultiPolygon"
    # Without the link nobody else can be reached from the island: it is named as a single case.
    apart = proposed(areas, "BI", limits=RegionLimits(least_residents=200))
    assert pd.isna(apart.region["I"])
    assert single_cases(apart, shared_borders(areas)).cases.loc["I", "reason"] == "least_residents"


def test_islands_never_borrow_residents_from_each_other():
    areas = drawn("A.B.C.D")
    result = proposed(areas, "ABCD", people={"A": 300})
    assert result.region.nunique() == 4
    assert result.region["A"] == "1"
    few = proposed(areas, "ABCD", people={"A": 300}, limits=RegionLimits(least_residents=200))
    assert members(few) == "A"


def test_the_rim_of_the_city_is_no_border():
    # A, in a corner of the city, has two neighbours; E, in the middle, four: at 0.3 only A is worth its border.
    areas = drawn("ABC DEF GHI")
    assert members(proposed(areas, "AE", price=0.3)) == "A"
    assert members(proposed(areas, "AE", price=0.2)) == "AE"
    result = proposed(areas, "A", price=0.3)
    assert result.border_length.tolist() == [200.0]
    assert outlines(areas, result.region).length.tolist() == [400.0]


def test_empty_blocks_come_in_where_they_shorten_a_border_and_never_for_nothing():
    areas = drawn("ABCD ABCD")
    # Empty at the rim behind A: the border moves from one side of it to the other, so it is a tie and stays out.
    assert members(proposed(areas, "A", people={"B": 0})) == "A"
    # Empty between two needy blocks: two borders are saved.
    assert members(proposed(areas, "AC", people={"B": 0})) == "ABC"
    # Empty and needy by its number: nobody lives there, so nobody is in need, but it is listed and not forgotten.
    nobody = proposed(areas, "B", people={"B": 0})
    assert members(nobody) == ""
    assert single_cases(nobody, shared_borders(areas)).cases.index.tolist() == ["B"]


def test_a_city_of_one_area_and_one_without_anybody():
    one = drawn("A")
    assert members(proposed(one, "A")) == "A"
    assert proposed(one, "A").border_length.tolist() == [0.0]
    assert members(proposed(one, "A", people={"A": 0})) == ""


@st.composite
def pictures(draw):
    """Pictures of up to eight areas in pieces, with gaps: parts, holes, islands and corners as they come."""
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    letters = st.sampled_from("AABBCCDEFGH.")
    return " ".join("".join(draw(letters) for _ in range(columns)) for _ in range(rows))


@settings(max_examples=120, deadline=None)
@given(pictures(), st.data())
def test_any_picture_gives_connected_regions_whose_outlines_cover_their_areas_once(picture, data):
    areas = drawn(picture) if set(picture) - {".", " "} else drawn("A")
    n = len(areas)
    need = pd.Series(data.draw(st.lists(st.integers(-2, 6), min_size=n, max_size=n)), areas.index) / 2
    people = pd.Series(data.draw(st.lists(st.integers(0, 90), min_size=n, max_size=n)), areas.index)
    graph = shared_borders(areas)
    result = propose(
        need, people, graph, threshold=1.0, border_price=data.draw(st.sampled_from([0.0, 0.05, 0.3]))
    )
    shapes = outlines(areas, result.region)
    assert shapely.is_valid(shapes.geometry.to_numpy()).all()
    for region, shape in shapes.geometry.items():
        inside = (result.region == region).fillna(False).to_numpy()
        assert graph.components(inside).max() == 0
        assert shape.area == pytest.approx(areas.area[inside].sum())
    assert shapes.union_all().area == pytest.approx(shapes.area.sum())
    # Neither zones nor bands reach into a region or out of the city, and everybody has a membership.
    city = areas.union_all()
    for layer in (
        buffer_zones(areas, result.region, distance=60.0),
        distance_band(areas, result.region, distances=[60.0]),
    ):
        ground = layer.union_all()
        assert ground.difference(city.buffer(1e-6)).area < 1e-3
        assert ground.intersection(shapes.union_all()).area < 1e-3
    membership = zone_membership(areas, result.region, buffer_zones(areas, result.region, distance=60.0))
    assert membership.between(0, 1).all()
    assert (membership[result.region.notna()] == 1).all()
    assert np.isfinite(membership).all()
