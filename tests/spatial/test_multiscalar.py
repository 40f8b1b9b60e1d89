"""Multiscalar profiles: each size as if computed alone, spatial and aspatial measures, and what is refused."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from spatial import ParameterError
from spatial.segregation.aspatial.evenness import dissimilarity
from spatial.segregation.environments import surroundings as environments
from spatial.segregation.environments.multiscalar import multiscalar_profile
from spatial.segregation.environments.spatial_measures import spatial_gini, spatial_information_theory
from spatial.segregation.environments.surroundings import local_environments
from spatial.segregation.places import Places

ROW = Places(area_id=pd.Index(list("abc")), x=np.array([0.0, 60, 200]), y=np.zeros(3))
PEOPLE = pd.DataFrame({"young": [10, 0, 20], "old": [0, 10, 0]}, index=list("abc"))


def some_city(n_areas=400, side=3000.0):
    rng = np.random.default_rng(1)
    x, y = rng.uniform(0, side, (2, n_areas))
    counts = pd.DataFrame(rng.integers(0, 50, (n_areas, 3)), columns=list("uvw"))
    return counts, Places(area_id=pd.RangeIndex(n_areas), x=x, y=y)


def test_a_box_grows_from_each_area_by_itself_over_its_neighbour_to_the_city():
    # 0 m: separated; 100 m: 2/3 as worked out for the spatial dissimilarity; 1 km: everybody sees the city.
    found = multiscalar_profile(
        "spatial_dissimilarity", PEOPLE, geometry=ROW, bandwidths=[0, 100, 1000], kernel="box"
    )
    assert found.values["spatial_dissimilarity"].tolist() == pytest.approx([1, 2 / 3, 0], abs=1e-14)
    assert found.values.index.tolist() == [0, 100, 1000]
    assert found.environments["areas"].tolist() == pytest.approx([1, 5 / 3, 3])
    assert found.environments["method"].tolist() == ["own", "exact", "exact"]
    assert found.environments["error"].tolist() == [0, 0, 0]
    assert (found.n_areas, found.residents, found.kernel) == (3, 40, "box")


def test_each_size_is_as_if_computed_alone():
    counts, places = some_city()
    names = ["spatial_information_theory", "spatial_gini"]
    found = multiscalar_profile(names, counts, geometry=places, bandwidths=[800, 300]).values
    for size in (800, 300):
        alone = [
            f(counts, geometry=places, bandwidth=size) for f in (spatial_information_theory, spatial_gini)
        ]
        assert found.loc[size].tolist() == pytest.approx(alone, abs=1e-12)


def test_sizes_can_be_numbers_of_neighbours():
    counts, places = some_city()
    found = multiscalar_profile("spatial_gini", counts, geometry=places, neighbours=[4, 0])
    assert found.values.index.name == "neighbours"
    assert found.values.loc[4, "spatial_gini"] == pytest.approx(
        spatial_gini(counts, geometry=places, neighbours=4)
    )
    assert found.kernel == "default"


def test_aspatial_measures_are_taken_of_environments_weighed_by_own_residents():
    counts, places = some_city()
    found = multiscalar_profile(
        "dissimilarity", counts, geometry=places, bandwidths=[0, 300], group="v"
    ).values
    own = local_environments(counts, places, bandwidth=300, give="own")
    assert found.loc[0, "dissimilarity"] == pytest.approx(dissimilarity(counts["v"], counts.sum(axis=1)))
    assert found.loc[300, "dissimilarity"] == pytest.approx(dissimilarity(own["v"], own.sum(axis=1)))


def test_or_by_the_residents_of_the_environments_as_pysal_weighs_them():
    counts, places = some_city()
    found = multiscalar_profile(
        "dissimilarity", counts, geometry=places, bandwidths=[300], group="u", weight="environment"
    ).values
    around = local_environments(counts, places, bandwidth=300)
    assert found.loc[300, "dissimilarity"] == pytest.approx(dissimilarity(around["u"], around.sum(axis=1)))


def test_of_more_than_two_groups_the_one_that_is_compared_must_be_named():
    counts, places = some_city()
    with pytest.raises(ParameterError, match="the group of dissimilarity: one of u"):
        multiscalar_profile("dissimilarity", counts, geometry=places, bandwidths=[300])


def test_the_method_and_its_error_are_told_for_each_size(monkeypatch):
    monkeypatch.setattr(environments, "_EXACT_PAIRS", 10_000)
    counts, places = some_city()
    found = multiscalar_profile("spatial_gini", counts, geometry=places, bandwidths=[100, 900]).to_frame()
    assert found["method"].tolist() == ["exact", "grid"]
    assert found.loc[100, "error"] == 0
    assert 0 < found.loc[900, "error"] < 1e-3
    exact = multiscalar_profile("spatial_gini", counts, geometry=places, bandwidths=[900], method="exact")
    assert found.loc[900, "spatial_gini"] == pytest.approx(exact.values.loc[900, "spatial_gini"], abs=1e-4)


def test_a_cutoff_may_grow_with_the_bandwidth():
    counts, places = some_city()
    found = multiscalar_profile(
        "spatial_gini",
        counts,
        geometry=places,
        bandwidths=[100, 200],
        kernel="gaussian",
        cutoff=lambda size: 2 * size,
    )
    alone = spatial_gini(counts, geometry=places, bandwidth=200, kernel="gaussian", cutoff=400)
    assert found.values.loc[200, "spatial_gini"] == pytest.approx(alone)


def test_a_profile_along_streets():
    # a to b 300 m, b to c 140 m off the street. Young of all: 3/4; around a 1/2, around b 3/4, around c 2/3:
    # D = 2 (10 · 1/4 + 20 · 1/12) / (2 · 40 · 3/8) = 5/18.
    around = gpd.GeoSeries([shapely.LineString([(0, 0), (0, 120), (60, 120), (60, 0)])], crs=25833)
    found = multiscalar_profile(
        "spatial_dissimilarity", PEOPLE, geometry=ROW, bandwidths=[100, 310], kernel="box", streets=around
    )
    assert found.values["spatial_dissimilarity"].tolist() == pytest.approx([1, 5 / 18])
    assert found.along_streets


def test_it_says_what_it_is_in_one_line():
    found = multiscalar_profile("spatial_gini", PEOPLE, geometry=ROW, bandwidths=[0, 100], kernel="box")
    assert repr(found) == "MultiscalarProfile(spatial_gini; bandwidth 0 to 100, box, 3 areas, 40 residents)"


@pytest.mark.parametrize(
    ("names", "options", "parameter"),
    [
        ("spatial_gini", {}, "bandwidths"),
        ("spatial_gini", {"bandwidths": [1], "neighbours": [1]}, "bandwidths"),
        ("spatial_gini", {"bandwidths": []}, "bandwidths"),
        ("spatial_gini", {"bandwidths": [1, 1]}, "bandwidths"),
        ("spatial_gini", {"bandwidths": [1, -1]}, "bandwidth"),
        ("spatial_gini", {"bandwidths": [math.nan]}, "bandwidth"),
        ("spatial_gini", {"neighbours": [1.5]}, "neighbours"),
        ("spatial_gini", {"bandwidths": [1], "group": "middle"}, "group"),
        ("spatial_gini", {"bandwidths": [1], "weight": "all"}, "weight"),
        (["spatial_gini"] * 2, {"bandwidths": [1]}, "name"),
        ([], {"bandwidths": [1]}, "name"),
        ("segregation", {"bandwidths": [1]}, "name"),
        ("spatial_exposure", {"bandwidths": [1]}, "name"),
    ],
)
def test_what_does_not_fit_is_refused(names, options, parameter):
    with pytest.raises(ParameterError) as caught:
        multiscalar_profile(names, PEOPLE, geometry=ROW, **options)
    assert caught.value.name == parameter
