"""Points all over an area against the surface itself: buffers around facilities, cut with the Ortsteile of Leipzig."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from spatial.access import place_points, reached_share, straight_distance


def test_the_share_of_points_within_reach_is_the_share_of_the_surface(leipzig_folder: Path) -> None:
    frame = gpd.read_file(leipzig_folder / "ortsteile.gpkg").to_crs(25833)
    areas = frame[frame["level"] == "ortsteil"].set_index("ortsteil_nr").geometry
    rng = np.random.default_rng(4)
    west, south, east, north = areas.total_bounds
    facilities = gpd.GeoSeries(shapely.points(rng.uniform((west, south), (east, north), (60, 2))), crs=25833)
    points = place_points(areas, spacing=40)
    found = reached_share(straight_distance(points, facilities), 800)
    near = facilities.buffer(800, quad_segs=64).union_all()
    exact = areas.intersection(near).area / areas.area
    # An edge of the length b through a grid of 40 m is missed by about 40 · √b, a few per mille of an Ortsteil.
    assert found.to_numpy() == pytest.approx(exact.reindex(found.index).to_numpy(), abs=0.012)
    assert found.mean() == pytest.approx(exact.mean(), abs=0.001)
