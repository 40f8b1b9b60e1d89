"""Where areas lie: centroids and sizes in metres, in the order of the counts."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from spatial import AlignmentError, CrsError, GeometryError, ParameterError
from spatial.contiguity import shared_borders
from spatial.segregation.places import Places

AREAS = pd.Index(["00", "01", "02"], name="area_id")


def squares(crs=25833):
    return gpd.GeoSeries(
        [shapely.box(0, 0, 100, 100), shapely.box(100, 0, 300, 100), shapely.box(300, 0, 400, 400)],
        index=AREAS,
        crs=crs,
    )


def test_polygons_give_centroids_and_sizes():
    places = Places.of(squares(), AREAS, "delta")
    assert places.x.tolist() == [50, 200, 350]
    assert places.y.tolist() == [50, 50, 200]
    assert places.sizes("delta").tolist() == [10_000, 20_000, 40_000]


def test_points_have_no_size():
    places = Places.of(squares().centroid, AREAS, "delta")
    assert places.x.tolist() == [50, 200, 350]
    with pytest.raises(GeometryError, match="needs the size of the areas"):
        places.sizes("delta")


def test_the_order_is_that_of_the_counts():
    turned = AREAS[::-1]
    assert Places.of(squares(), turned, "delta").x.tolist() == [350, 200, 50]
    again = Places.of(Places.of(squares(), AREAS, "delta"), turned, "delta")
    assert again.x.tolist() == [350, 200, 50]
    assert again.sizes("delta").tolist() == [40_000, 20_000, 10_000]


def test_geometry_of_another_length_is_refused():
    with pytest.raises(AlignmentError, match="02"):
        Places.of(squares().iloc[:2], AREAS, "delta")
    with pytest.raises(AlignmentError, match="02"):
        Places.of(Places.of(squares(), AREAS, "delta"), AREAS[:2], "delta")


def test_degrees_are_refused():
    with pytest.raises(CrsError, match="delta needs a projected CRS in metres"):
        Places.of(squares(4326), AREAS, "delta")
    with pytest.raises(CrsError, match="delta needs a projected CRS in metres"):
        Places.of(gpd.GeoSeries([shapely.Point(12, 51)] * 3, index=AREAS, crs=4326), AREAS, "delta")


def test_coordinates_must_be_finite_and_as_many_as_areas():
    with pytest.raises(GeometryError, match=r"x missing or infinite in 1 area\(s\): 01"):
        Places(area_id=AREAS, x=np.array([0, np.nan, 1.0]), y=np.zeros(3))
    with pytest.raises(ParameterError, match="one number for each of 3 areas"):
        Places(area_id=AREAS, x=np.zeros(2), y=np.zeros(3))
    with pytest.raises(GeometryError, match="size not above 0"):
        Places(area_id=AREAS, x=np.zeros(3), y=np.zeros(3), size=np.array([1.0, 0.0, 1.0]))


def test_a_part_keeps_what_is_marked():
    part = Places.of(squares(), AREAS, "delta").part(pd.Series([True, False, True], index=AREAS))
    assert part.area_id.tolist() == ["00", "02"]
    assert part.x.tolist() == [50, 350]


def test_places_know_their_map_in_any_order_and_part():
    places = Places.of(squares(), AREAS[::-1], "delta").part(pd.Series([True, False, True], index=AREAS))
    places = Places.of(places, pd.Index(["00", "02"]), "delta")
    places.require_same_crs("centre", squares().crs)
    places.require_same_crs("centre", None)
    with pytest.raises(ParameterError, match="centre is 'in ETRS89 / UTM zone 32N'"):
        places.require_same_crs("centre", squares(25832).crs)


def test_ids_are_in_the_order_of_their_type_and_those_of_several_types_in_that_of_text():
    def by_id(*names):
        return Places(area_id=pd.Index(names), x=np.zeros(3), y=np.zeros(3)).by_id().tolist()

    assert by_id(10, 9, 2) == [2, 1, 0]
    assert by_id("10", "9", "2") == [0, 2, 1]
    assert by_id(10, "9", 2) == [0, 2, 1]


def test_a_part_of_the_neighbour_graph_turns_lost_borders_into_rim():
    graph = shared_borders(squares())
    part = graph.part(pd.Series([True, True, False], index=AREAS))
    assert part.edges()["border"].tolist() == [100]
    # The middle square of 200 m by 100 m: outline 600 m, of which 100 m lie at its only neighbour left.
    assert part.rim is not None
    assert part.rim.tolist() == [300, 500]
