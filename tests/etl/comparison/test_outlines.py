"""Outlines that moved under the same edition are told: which areas, how much ground, how far."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import pytest
import shapely

from etl.loading import LoadReport

pytestmark = pytest.mark.db

Load = Callable[..., LoadReport]


def moved_border(dataset, metres: float) -> gpd.GeoDataFrame:
    """The town with the border between Altstadt and Neustadt moved to the east."""
    areas = dataset.areas()
    west, south, east, north = areas.total_bounds
    border = west + (east - west) / 4
    shapes = [shapely.box(west, south, border + metres, north)]
    shapes += [shapely.box(border + metres, south, west + (east - west) / 2, north)]
    return areas.set_geometry([*shapes, *areas.geometry[2:]])


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_border_that_moved_is_told_with_ground_and_distance(
    dataset, load_town: Load, dry_run: bool
) -> None:
    load_town()
    dataset.write_areas(moved_border(dataset, 50.0))
    found, city = load_town(dry_run=dry_run).findings
    # a strip of 50 m × 1,000 m went from one to the other; the outline of the city has a vertex at another place
    assert (city.severity, city.what) == (
        "note",
        "1 outline of 1 area of city in the loaded edition '2020' is written anew, by less than 0.01 m² each",
    )
    assert found.severity == "warning"
    assert found.what == (
        "2 of 4 areas of sub_district in the loaded edition '2020' have another outline:"
        " 01 (Altstadt) 50,000 m², up to 50 m, 02 (Neustadt) 50,000 m², up to 50 m"
    )
    assert "an edition of their own (id and valid_from in [edition])" in found.todo
    assert found.geometry.area == pytest.approx(50_000)
    assert found.srid == 25832


def test_coordinates_that_are_written_with_fewer_places_are_a_note(dataset, load_town: Load) -> None:
    load_town()
    dataset.write_areas(moved_border(dataset, 0.000001))  # 0.001 m²
    found = load_town().findings[0]
    assert (found.severity, found.what) == (
        "note",
        "2 outlines of 4 areas of sub_district in the loaded edition '2020' are written anew, by less than 0.01 m² each",
    )


def test_only_the_areas_that_moved_most_are_measured_one_by_one(dataset, load_town: Load) -> None:
    shapes = [shapely.box(500_000 + 1000 * n, 6_000_000, 501_000 + 1000 * n, 6_001_000) for n in range(7)]
    keys = [f"{n + 1:02d}" for n in range(7)]
    areas = gpd.GeoDataFrame(
        {"nr": keys, "name": [f"Teil {key}" for key in keys]}, geometry=shapes, crs=25832
    )
    dataset.write_areas(areas)
    dataset.values(
        "04;2021;890;95;3,2r\n", "04;2021;890;95;3,2r\n05;2021;1;1;1\n06;2021;1;1;1\n07;2021;1;1;1\n"
    )
    load_town()
    # every outer corner in the north goes up by 1 m more than the one before
    tops = [shapely.box(*shape.bounds[:3], shape.bounds[3] + n + 1) for n, shape in enumerate(shapes)]
    dataset.write_areas(areas.set_geometry(tops))
    what = next(one.what for one in load_town().findings if "sub_district" in one.what)
    assert "7 of 7 areas of sub_district" in what
    assert ": 07 (Teil 07) 7,000 m², up to 7 m, 06 (Teil 06) 6,000 m², up to 6 m" in what
    assert what.endswith("03 (Teil 03) 3,000 m², up to 3 m … and 2 more")


def test_a_name_that_changed_is_a_note(dataset, load_town: Load) -> None:
    load_town()
    areas = dataset.areas()
    dataset.write_areas(areas.assign(name=areas["name"].replace("Neustadt", "Neu-Stadt")))
    (found,) = load_town().findings
    assert (found.severity, found.what) == (
        "note",
        "1 of 4 areas of sub_district in the loaded edition '2020' has another name: 02: Neustadt → Neu-Stadt",
    )


def test_an_edition_of_its_own_is_not_compared(dataset, load_town: Load) -> None:
    load_town()
    dataset.write_areas(moved_border(dataset, 50.0))
    dataset.manifest('id = "2020"\nvalid_from = 2020-01-01', 'id = "2021"\nvalid_from = 2021-01-01')
    assert load_town().findings == ()
