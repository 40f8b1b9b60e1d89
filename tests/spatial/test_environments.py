"""Local environments: by hand, what is refused, and the traps of other packages."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import AlignmentError, CountsError, CrsError, ParameterError
from spatial.segregation.environments import surroundings as environments
from spatial.segregation.environments.kernels import kernel_weight
from spatial.segregation.environments.surroundings import Surroundings, local_environments
from spatial.segregation.places import Places

quick = settings(max_examples=40, deadline=None)

# Three areas in a row, at 0, 60 and 150 m.
ROW = gpd.GeoSeries(shapely.points([[0, 0], [60, 0], [150, 0]]), index=list("abc"), crs=25833)
PEOPLE = pd.DataFrame({"young": [10, 0, 20], "old": [0, 10, 0]}, index=list("abc"))


def some_city(n_areas=60, side=1000.0, seed=1):
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, side, (2, n_areas))
    counts = rng.integers(0, 50, (n_areas, 3))
    return pd.DataFrame(counts, columns=list("uvw")), Places(area_id=pd.RangeIndex(n_areas), x=x, y=y)


def test_a_box_adds_up_who_lives_within_reach():
    found = local_environments(PEOPLE, ROW, bandwidth=100, kernel="box")
    assert found["young"].tolist() == [10, 30, 20]
    assert found["old"].tolist() == [10, 10, 10]
    assert found.index.equals(PEOPLE.index)
    assert found.attrs == {"method": "exact", "error": 0.0}


def test_a_triangle_weighs_by_distance():
    # 60 m: 0.4; 90 m: 0.1.
    found = local_environments(PEOPLE, ROW, bandwidth=100, kernel="triangle")
    assert found["young"].tolist() == pytest.approx([10, 4 + 2, 20])
    assert found["old"].tolist() == pytest.approx([4, 10, 1])


def test_the_default_kernel_is_the_biweight_and_a_box_for_nearest_neighbours():
    biweight = local_environments(PEOPLE, ROW, bandwidth=100)
    assert biweight.loc["a", "old"] == pytest.approx(10 * (1 - 0.36) ** 2)
    nearest = local_environments(PEOPLE, ROW, neighbours=1)
    assert nearest.loc["c"].tolist() == [20, 10]


def test_means_shares_and_own_people():
    surroundings = {"bandwidth": 100, "kernel": "box"}
    mean = local_environments(PEOPLE, ROW, give="mean", **surroundings)
    assert mean["young"].tolist() == [5, 10, 10]  # of two, three and two areas
    share = local_environments(PEOPLE, ROW, give="share", **surroundings)
    assert share["young"].tolist() == pytest.approx([1 / 2, 3 / 4, 2 / 3])
    own = local_environments(PEOPLE, ROW, give="own", **surroundings)
    assert own["young"].tolist() == pytest.approx([5, 7.5, 40 / 3])
    assert own.sum(axis=1).tolist() == pytest.approx([10, 10, 20])


def test_a_place_with_nobody_around_has_no_shares():
    nobody = PEOPLE.assign(young=[10, 0, 0])
    share = local_environments(nobody, ROW, bandwidth=50, kernel="box", give="share")
    assert share.loc["c"].isna().all()
    assert local_environments(nobody, ROW, bandwidth=50, give="own").loc["c"].tolist() == [0, 0]


@pytest.mark.parametrize("options", [{"bandwidth": 0}, {"neighbours": 0}, {"bandwidth": 1e-6}])
def test_no_reach_leaves_every_area_to_itself(options):
    np.testing.assert_array_equal(local_environments(PEOPLE, ROW, **options), PEOPLE)


@pytest.mark.parametrize(
    "options", [{"bandwidth": 1e6, "kernel": "box"}, {"neighbours": 2}, {"neighbours": 99}]
)
def test_a_reach_beyond_the_city_is_the_city_everywhere(options):
    found = local_environments(PEOPLE, ROW, **options)
    assert (found == PEOPLE.sum()).all(axis=None)


def test_one_area_is_its_own_environment():
    for options in ({"bandwidth": 500}, {"neighbours": 3}):
        assert local_environments(PEOPLE[:1], ROW[:1], **options).loc["a"].tolist() == [10, 0]


def test_streets_go_around_the_corner():
    corner = gpd.GeoSeries([shapely.LineString([(0, 0), (100, 0), (100, 50)])], crs=25833)
    ends = gpd.GeoSeries(shapely.points([[0, 0], [100, 50]]), index=["a", "b"], crs=25833)
    around = local_environments(PEOPLE[:2], ends, bandwidth=200, kernel="triangle", streets=corner)
    assert around.loc["a", "old"] == pytest.approx(10 * (1 - 150 / 200))


def test_areas_in_another_order_are_brought_together():
    turned = local_environments(PEOPLE, ROW.iloc[::-1], bandwidth=100)
    pd.testing.assert_frame_equal(turned, local_environments(PEOPLE, ROW, bandwidth=100))


@quick
@given(st.integers(0, 10**6), st.sampled_from(["box", "biweight", "exponential"]), st.floats(1, 2000))
def test_sums_are_those_over_every_pair(seed, kernel, bandwidth):
    counts, places = some_city(seed=seed)
    gaps = np.hypot(places.x[:, None] - places.x, places.y[:, None] - places.y)
    expected = kernel_weight(gaps, kernel=kernel, bandwidth=bandwidth) @ counts
    np.testing.assert_allclose(
        local_environments(counts, places, bandwidth=bandwidth, kernel=kernel), expected, rtol=1e-12
    )


def test_grid_and_exact_agree_and_the_error_is_told():
    counts, places = some_city(2000)
    exact = local_environments(counts, places, bandwidth=150, method="exact", give="share")
    grid = local_environments(counts, places, bandwidth=150, method="grid", give="share")
    assert grid.attrs["method"] == "grid"
    assert 0 < grid.attrs["error"] < 1e-4
    assert np.abs(grid - exact).max(axis=None) < 1e-3


def test_auto_takes_the_grid_only_for_very_many_pairs_and_only_when_it_is_near(monkeypatch):
    counts, places = some_city(2000)
    monkeypatch.setattr(environments, "_EXACT_PAIRS", 1000)
    assert local_environments(counts, places, bandwidth=150).attrs["method"] == "grid"
    monkeypatch.setattr(environments, "_TOLERANCE", 1e-9)
    assert local_environments(counts, places, bandwidth=150).attrs["method"] == "exact"


def test_environments_tell_what_they_are():
    _, places = some_city()
    found = Surroundings(bandwidth=100.0, kernel="box").environments(places)
    assert repr(found).startswith("Environments(")
    assert found.error() == 0
    assert "each area by itself" in repr(Surroundings(bandwidth=0).environments(places))
    assert repr(Surroundings(neighbours=4)) == "Surroundings(None, 4 nearest)"


def test_pysal_trap_environments_are_not_rounded_to_whole_persons():
    # PySAL rounds 0.4 · 0.3 to 0 persons.
    few = pd.DataFrame({"young": [0.3, 0.0, 0.4], "old": [0.0, 0.3, 0.0]}, index=list("abc"))
    found = local_environments(few, ROW, bandwidth=100, kernel="triangle")
    assert found.loc["a"].tolist() == pytest.approx([0.3, 0.12])


def test_pysal_trap_the_area_itself_counts_as_much_as_a_neighbour_next_door():
    # PySAL's uniform kernel is 1/2 for neighbours and 1 for the area itself.
    found = local_environments(PEOPLE, ROW, bandwidth=100, kernel="box", give="share")
    assert found.loc["a"].tolist() == [0.5, 0.5]


def test_pysal_trap_a_missing_count_is_refused():
    with pytest.raises(CountsError, match="missing"):
        local_environments(PEOPLE.astype(float).replace(20, np.nan), ROW, bandwidth=100)


def test_pysal_trap_without_a_size_there_is_no_environment():
    with pytest.raises(ParameterError, match="no default size"):
        local_environments(PEOPLE, ROW)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"bandwidth": -1}, "bandwidth"),
        ({"bandwidth": math.inf}, "bandwidth"),
        ({"bandwidth": math.nan}, "bandwidth"),
        ({"neighbours": -1}, "neighbours"),
        ({"neighbours": 2.5}, "neighbours"),
        ({"neighbours": True}, "neighbours"),
        ({"bandwidth": 1, "kernel": "cone"}, "kernel"),
        ({"bandwidth": 1, "cutoff": math.nan}, "cutoff"),
        ({"bandwidth": 1, "method": "fast"}, "method"),
        ({"bandwidth": 1, "access": "free"}, "access"),
        ({"bandwidth": 1, "workers": 0}, "workers"),
        ({"bandwidth": 1, "give": "all"}, "give"),
        ({"neighbours": 1, "method": "grid"}, "method"),
        ({"neighbours": 1, "streets": gpd.GeoSeries([], crs=25833)}, "neighbours"),
    ],
)
def test_options_out_of_range_are_refused(options, name):
    with pytest.raises(ParameterError) as caught:
        local_environments(PEOPLE, ROW, **options)
    assert caught.value.name == name


def test_a_grid_finer_than_memory_allows_is_refused():
    far = Places(area_id=PEOPLE.index, x=np.array([0.0, 1e7, 2e7]), y=np.array([0.0, 1e7, 2e7]))
    with pytest.raises(ParameterError, match="'exact'"):
        local_environments(PEOPLE, far, bandwidth=10, method="grid")


def test_streets_in_another_projection_are_refused():
    streets = gpd.GeoSeries([shapely.LineString([(0, 0), (1, 0)])], crs=25832)
    with pytest.raises(ParameterError, match="CRS of the areas"):
        local_environments(PEOPLE, ROW, bandwidth=100, streets=streets)


def test_degrees_are_refused():
    with pytest.raises(CrsError):
        local_environments(PEOPLE, ROW.to_crs(4326), bandwidth=100)


def test_geometry_of_other_areas_is_refused():
    with pytest.raises(AlignmentError):
        local_environments(PEOPLE, ROW[:2], bandwidth=100)
