"""Areas that do not fit together: each kind with its place, its size and what the manifest says how serious it is."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from etl.datasets.findings import Finding

X, Y = 500_000.0, 6_000_000.0


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """Return a box in metres from the lower left corner of the small town."""
    return shapely.box(X + west, Y + south, X + east, Y + north)


def with_shapes(dataset, *shapes: shapely.Geometry) -> None:
    """Write four areas with these shapes; those that are not given stay squares side by side."""
    given = [*shapes, *dataset.areas().geometry[len(shapes) :]]
    dataset.write_areas(dataset.areas().set_geometry(gpd.GeoSeries(given, crs=25832)))


def told(dataset, check: str) -> list[Finding]:
    return [one for one in dataset.inspect().findings.found if one.check == check]


def asked(dataset, text: str) -> None:
    dataset.manifest('name = "name"', f'name = "name"\ncoverage = {{ {text} }}')


# 20 m × 20 m cut out of the first square, at its border with the second: closed on all sides.
HOLE = (box(0, 0, 1000, 1000).difference(box(980, 500, 1000, 520)),)


def test_a_map_that_fits_says_nothing(dataset) -> None:
    assert dataset.inspect().findings.found == []


def test_a_gap_is_a_warning_with_its_size_and_place(dataset) -> None:
    with_shapes(dataset, *HOLE)
    found = dataset.inspect()
    (gap,) = [one for one in found.findings.found if one.check == "gap"]
    assert found.delivery is not None
    assert (gap.severity, gap.check, gap.file) == ("warning", "gap", "areas.gpkg")
    assert gap.what == "there is a gap of 400.0 m² between areas 01 and 02"
    assert gap.german[0] == "zwischen den Gebieten 01 und 02 ist eine Lücke von 400,0 m²"
    assert gap.geometry.equals(box(980, 500, 1000, 520))
    assert gap.srid == 25832


@pytest.mark.parametrize(("severity", "is_loaded"), [("error", False), ("note", True)])
def test_the_manifest_says_how_serious_a_gap_is(dataset, severity: str, is_loaded: bool) -> None:
    with_shapes(dataset, *HOLE)
    asked(dataset, f'gap = "{severity}", edge = "off"')
    found = dataset.inspect()
    assert [one.severity for one in found.findings.found] == [severity]
    assert (found.delivery is not None) == is_loaded


def test_what_is_switched_off_is_not_told(dataset) -> None:
    with_shapes(dataset, *HOLE)
    asked(dataset, 'gap = "off", edge = "off"')
    assert dataset.inspect().findings.found == []


def test_a_narrow_gap_is_a_sliver_with_its_width(dataset) -> None:
    # 0.2 m × 500 m: 100 m² at an outline of 1000.4 m, so 2 · 100 / 1000.4 = 0.1999 m wide
    with_shapes(dataset, box(0, 0, 1000, 1000).difference(box(999.8, 200, 1000, 700)))
    (sliver,) = told(dataset, "sliver_gap")
    assert sliver.what == "there is a sliver of 100.0 m², 0.20 m wide, between areas 01 and 02"
    assert "snap" in sliver.todo
    asked(dataset, "sliver_width = 0.1")
    assert [one.what for one in told(dataset, "gap")] == [
        "there is a gap of 100.0 m² between areas 01 and 02"
    ]


def test_a_vertex_that_the_neighbour_lacks_is_an_edge(dataset) -> None:
    outline = [(0, 0), (1000, 0), (1000, 400), (1000, 1000), (0, 1000)]
    with_shapes(dataset, shapely.Polygon([(X + x, Y + y) for x, y in outline]))
    (edge,) = told(dataset, "edge")
    assert edge.severity == "warning"
    assert edge.what == "the border of areas 01 and 02 has 1,000.0 m without common vertices"
    assert edge.geometry.geom_type == "LineString"


def test_an_overlap_in_two_places_is_one_error_with_both(dataset) -> None:
    # two boxes of 10 m × 100 m beyond the border
    more = [box(0, 0, 1000, 1000), box(990, 100, 1010, 200), box(990, 600, 1010, 700)]
    with_shapes(dataset, shapely.union_all(more))
    (overlap,) = told(dataset, "overlap")
    assert overlap.severity == "error"
    assert overlap.place == "features 1 and 2"
    assert overlap.what == "areas 01 and 02 overlap by 2,000.0 m²"
    assert len(shapely.get_parts(overlap.geometry)) == 2


def test_islands_and_areas_of_several_parts_are_one_note_each(dataset) -> None:
    apart = shapely.union_all([box(0, 0, 900, 1000), box(950, 0, 990, 10)])
    with_shapes(dataset, apart)
    (island,), (parts,) = told(dataset, "island"), told(dataset, "multipart")
    assert island.what == "1 of 4 areas touches no other area: 01"
    assert parts.what == "1 of 4 areas has several parts, the smaller ones 400.0 m²: 01"
    assert {island.severity, parts.severity} == {"note"}


def test_an_invalid_area_does_not_hide_what_else_is_wrong(dataset) -> None:
    bowtie = shapely.Polygon([(X, Y), (X + 900, Y + 900), (X + 900, Y), (X, Y + 900)])
    squares = dataset.areas().geometry
    with_shapes(dataset, bowtie, squares[1], squares[2].buffer(30, join_style="mitre"))
    found = dataset.inspect().findings.errors
    assert [one.check for one in found] == ["geometry", "overlap", "overlap"]
    point = found[0].geometry  # where the ring crosses itself
    assert (point.x - X, point.y - Y) == (450, 450)


PARENTS = """[[geography]]
id = "district"
title_de = "Bezirke"
title_en = "Districts"
key_length = 1
file = "districts.gpkg"
key = "nr"
[[geography]]
id = "sub_district"
"""


def with_districts(dataset, east: float) -> None:
    """Add a level above from a file of its own: one district of the four squares, `east` metres wide."""
    dataset.manifest('[[geography]]\nid = "sub_district"\n', PARENTS)
    dataset.manifest('key = "nr"\nname', 'key = "nr"\nparent_prefix = 1\nname')
    frame = gpd.GeoDataFrame({"nr": ["0"]}, geometry=[box(0, 0, east, 1000)], crs="EPSG:25832")
    frame.to_file(dataset.folder / "districts.gpkg", engine="pyogrio")


def test_areas_that_are_their_larger_unit_say_nothing(dataset) -> None:
    with_districts(dataset, 4000)
    assert dataset.inspect().findings.found == []


def test_areas_beyond_the_larger_unit_are_told_with_their_place(dataset) -> None:
    with_districts(dataset, 3990)
    (beyond,) = told(dataset, "outside_parent")
    assert beyond.what == "the areas of district 0 lie with 10,000.0 m² outside of it"
    assert beyond.geometry.equals(box(3990, 0, 4000, 1000))
    with_off = 'coverage = { outline = "off" }\nparent_prefix'
    dataset.manifest("parent_prefix", with_off)
    assert dataset.inspect().findings.found == []


def test_ground_of_the_larger_unit_without_an_area_is_told(dataset) -> None:
    with_districts(dataset, 4020)
    (lacking,) = told(dataset, "missing_in_parent")
    assert lacking.what == "20,000.0 m² of district 0 lie in none of its areas"
    assert lacking.german[0] == "20.000,0 m² von district 0 liegen in keinem seiner Gebiete"


def test_of_very_many_gaps_the_largest_are_named_and_all_are_on_the_map(dataset) -> None:
    """25 gaps of 10 m × 1 m to 10 m × 25 m: 20 are named, the rest are 1 + 2 + 3 + 4 + 5 times 10 m²."""
    holes = [box(500, 20 + 35 * n, 510, 20 + 35 * n + n) for n in range(1, 26)]
    with_shapes(dataset, box(0, 0, 1000, 1000).difference(shapely.union_all(holes)))
    found = told(dataset, "gap")
    assert len(found) == 21
    assert found[0].what == "there is a gap of 250.0 m² inside area 01"
    assert found[-1].what == "5 more of the same kind, together 150.0 m²"
    assert len(shapely.get_parts(found[-1].geometry)) == 5
