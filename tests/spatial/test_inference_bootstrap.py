"""Estimates with intervals: bias, both kinds of draws, whole and fractional counts, the traps of others."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from spatial import ParameterError
from spatial.segregation import compute
from spatial.segregation.inference import bootstrap, estimate_from_replicates


def a_city(areas=30, residents=100, seed=3):
    rng = np.random.default_rng(seed)
    young = rng.binomial(residents, rng.beta(2, 4, areas))
    return pd.DataFrame({"young": young, "other": residents - young})


def test_the_estimate_is_the_observed_value_less_the_bias():
    # Replicates 0.5, 0.6, 0.7 around an observed 0.5: bias 0.1, estimate 2 * 0.5 - 0.6.
    result = estimate_from_replicates("dissimilarity", 0.5, np.array([0.5, 0.6, 0.7]), seed=1)
    assert (result.bias, result.estimate, result.standard_error) == pytest.approx((0.1, 0.4, 0.1))


def test_one_person_per_cell_is_drawn_anew_as_the_multinomial_says():
    # One person of each group in one area each. Two draws from two cells: with chance 1/2 both are of one cell,
    # where D is undefined; else D = 1.
    table = pd.DataFrame({"young": [1, 0], "other": [0, 1]})
    result = bootstrap("dissimilarity", table, rng=1, replicates=4000)
    assert result.undefined == pytest.approx(2000, abs=150)
    assert (result.estimate, result.bias, result.standard_error) == (1.0, 0.0, 0.0)


def test_drawing_persons_corrects_the_upward_bias_of_small_areas():
    # Nobody is segregated: 300 areas of 10 residents, the group by lot. D is high by chance, and so are the
    # replicates: each adds about as much variance again.
    rng = np.random.default_rng(1)
    young = rng.binomial(10, 0.5, 300)
    result = bootstrap(
        "information_theory", pd.DataFrame({"a": young, "b": 10 - young}), rng=1, replicates=300
    )
    assert result.observed > 0.06
    assert abs(result.estimate) < 0.02
    assert result.ci_low < result.estimate < result.ci_high


def test_the_percentile_interval_may_miss_even_the_observed_value():
    # PySAL's bootstrap takes its distribution as it is: with small areas that is no interval for the value.
    result = bootstrap("information_theory", a_city(200, 10), rng=1, interval="percentile", replicates=300)
    assert result.observed < result.ci_low
    basic = bootstrap("information_theory", a_city(200, 10), rng=1, replicates=300)
    assert basic.ci_high < result.observed


def test_the_bias_corrected_interval_is_undefined_where_it_would_guess():
    result = bootstrap(
        "information_theory", a_city(200, 10), rng=1, interval="bias_corrected", replicates=300
    )
    assert np.isnan([result.ci_low, result.ci_high]).all()


def test_kinds_of_intervals_agree_where_there_is_no_bias():
    ends = [
        bootstrap("isolation", a_city(50, 4000), rng=1, interval=interval, replicates=999)
        for interval in ("basic", "percentile", "bias_corrected")
    ]
    assert np.ptp([end.ci_low for end in ends]) < 0.1 * ends[0].standard_error * 4
    assert np.ptp([end.ci_high for end in ends]) < 0.1 * ends[0].standard_error * 4


def test_drawing_areas_is_drawing_rows():
    # Two areas: both twice or each once. D of one area alone is 0, else the observed 1/2.
    table = pd.DataFrame({"young": [30, 10], "other": [10, 30]})
    result = bootstrap("dissimilarity", table, rng=1, model="bootstrap_areas", replicates=4000)
    assert set(result.values.round(12)) == {0.0, 0.5}
    assert (result.values > 0.25).mean() == pytest.approx(0.5, abs=0.03)


def test_empty_areas_change_nothing_when_areas_are_drawn():
    table = a_city()
    padded = pd.concat([table, pd.DataFrame(0, index=range(30, 60), columns=table.columns)])
    result = bootstrap("dissimilarity", table, rng=1, model="bootstrap_areas", replicates=50)
    again = bootstrap("dissimilarity", padded, rng=1, model="bootstrap_areas", replicates=50)
    assert again.values == pytest.approx(result.values, abs=1e-12)


def test_weights_may_be_fractions_as_long_as_persons_are_whole():
    weights = pd.DataFrame({"young": [1.5, 3.5], "other": [8.25, 6.75]})
    result = bootstrap("dissimilarity", weights, rng=1, replicates=50)
    assert result.observed == pytest.approx(compute("dissimilarity", weights))
    with pytest.raises(ParameterError, match="whole persons"):
        bootstrap("dissimilarity", weights + 0.1, rng=1)
    assert (
        bootstrap("dissimilarity", weights + 0.1, rng=1, model="bootstrap_areas", replicates=9).replicates
        == 9
    )


def test_an_undefined_measure_has_no_interval():
    result = bootstrap("dissimilarity", pd.DataFrame({"a": [0, 0], "b": [3, 4]}), rng=1, replicates=9)
    assert np.isnan([result.estimate, result.bias, result.ci_low, result.standard_error]).all()


def test_areas_of_a_map_are_not_drawn_twice():
    squares = gpd.GeoSeries([shapely.box(i, 0, i + 1, 1) for i in range(30)], crs=25833)
    with pytest.raises(ParameterError, match="its place is taken"):
        bootstrap("adjacency_dissimilarity", a_city(), rng=1, model="bootstrap_areas", geometry=squares)
    found = bootstrap("adjacency_dissimilarity", a_city(), rng=1, geometry=squares, replicates=99)
    assert found.ci_low < found.estimate < found.ci_high


def test_several_groups_have_an_interval_too():
    table = a_city().assign(old=50)
    for name in ("mutual_information", "multigroup_information_theory"):
        result = bootstrap(name, table, rng=1, replicates=99)
        assert 0 < result.ci_low < result.estimate < result.ci_high < 1


def test_an_estimate_tells_what_it_did_in_one_line_and_in_one_row():
    result = bootstrap("atkinson", a_city(), rng=5, replicates=99, shape=0.1, level=0.9)
    assert repr(result).startswith("BootstrapEstimate(atkinson = 0.")
    assert "90%" in repr(result)
    assert "\n" not in repr(result)
    row = result.to_frame()
    assert row["options"].item() == "shape=0.1"
    assert row["seed"].item() == 5


@pytest.mark.parametrize(
    ("wrong", "name"),
    [({"model": "evenness"}, "model"), ({"interval": "exact"}, "interval"), ({"level": 0}, "level")],
)
def test_wrong_requests_are_refused(wrong, name):
    with pytest.raises(ParameterError, match=name):
        bootstrap("dissimilarity", a_city(), rng=1, **wrong)
