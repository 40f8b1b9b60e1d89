"""One area left out after the other: by hand, against the formula, on the map, and what is refused."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import ParameterError
from spatial.segregation import compute, jackknife

quick = settings(max_examples=40, deadline=None)
tables = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=2, max_size=7)


def frame(rows):
    return pd.DataFrame(rows, columns=["young", "old"], index=[f"{k:02d}" for k in range(len(rows))])


def test_three_areas_by_hand():
    # D of all: young 5, 5, 10 of 20 and old 15, 5, 0 of 20: (|.25 − .75| + |.25 − .25| + |.5 − 0|) / 2 = 1/2.
    # Without the first: 1/3, 2/3 against 1, 0: 2/3. Without the second: 1/3, 2/3 against 1, 0: 2/3.
    # Without the third: 1/2, 1/2 against 3/4, 1/4: 1/4.
    found = jackknife("dissimilarity", frame([(5, 15), (5, 5), (10, 0)]))
    assert found.observed == pytest.approx(1 / 2)
    assert found.values.tolist() == pytest.approx([2 / 3, 2 / 3, 1 / 4])
    # Mean 19/36, bias 2 · (19/36 − 18/36) = 1/18; squares 2 · (5/36)² + (10/36)² = 150/1296, times 2/3.
    assert found.bias == pytest.approx(1 / 18)
    assert found.estimate == pytest.approx(1 / 2 - 1 / 18)
    assert found.standard_error == pytest.approx(math.sqrt(2 / 3 * 150 / 1296))
    assert found.areas == 3
    assert found.undefined == 0


def test_areas_alike_leave_no_error():
    found = jackknife("gini", frame([(3, 7)] * 5))
    assert (found.bias, found.standard_error) == pytest.approx((0, 0), abs=1e-12)


@quick
@given(rows=tables)
def test_each_value_is_that_of_the_table_without_the_area(rows):
    counts = frame(rows)
    for name in ("information_theory", "relative_diversity"):
        found = jackknife(name, counts)
        without = [compute(name, counts.drop(index=area)) for area in counts.index]
        np.testing.assert_allclose(found.values, without, rtol=1e-9, atol=1e-12)
        n = len(without)
        mean = np.mean(without)
        if not np.isnan(mean):
            assert found.bias == pytest.approx((n - 1) * (mean - found.observed), abs=1e-9)
            assert found.standard_error == pytest.approx(math.sqrt(n - 1) * np.std(without), abs=1e-9)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("spatial_information_theory", {"bandwidth": 250}),
        ("spatial_gini", {"neighbours": 3}),
        ("border_dissimilarity", {}),
        ("relative_centralisation", {}),
        ("spatial_proximity", {}),
    ],
)
def test_on_the_map_an_area_without_people_is_no_area(name, options):
    row, column = np.divmod(np.arange(12), 4)
    boxes = shapely.box(100 * column, 100 * row, 100 * column + 100, 100 * row + 100)
    counts = pd.DataFrame(
        np.random.default_rng(4).integers(1, 60, (12, 2)), index=[f"{k:02d}" for k in range(12)]
    )
    areas = gpd.GeoSeries(boxes, index=counts.index, crs=25833)
    found = jackknife(name, counts, geometry=areas, **options)
    for area in ("00", "05", "11"):
        without = compute(
            name,
            counts.drop(index=area),
            geometry=areas.drop(index=area),
            **({"group": 0} if name not in ("spatial_information_theory", "spatial_gini") else {}),
            **options,
        )
        assert found.values[area] == pytest.approx(without, abs=1e-12)


def test_empty_areas_are_not_left_out():
    counts = frame([(5, 15), (5, 5), (10, 0)])
    more = pd.concat([counts, pd.DataFrame(0, index=["98", "99"], columns=counts.columns)])
    found = jackknife("dissimilarity", more)
    assert found.areas == 3
    assert found.values.index.tolist() == ["00", "01", "02"]
    assert found.standard_error == pytest.approx(jackknife("dissimilarity", counts).standard_error)


def test_what_is_undefined_without_an_area_has_no_error():
    # All young people live in the first area: without it nobody can be compared.
    found = jackknife("dissimilarity", frame([(5, 5), (0, 5), (0, 5)]))
    assert found.undefined == 1
    assert math.isnan(found.estimate)
    assert math.isnan(found.standard_error)


@pytest.mark.parametrize("rows", [[(5, 5)], [(5, 5), (0, 0)], [(0, 0)]])
def test_fewer_than_two_inhabited_areas_have_no_error(rows):
    found = jackknife("dissimilarity", frame(rows))
    assert math.isnan(found.standard_error)
    assert math.isnan(found.estimate)


def test_the_numbers_do_not_depend_on_the_threads():
    counts = pd.DataFrame(np.random.default_rng(1).integers(1, 60, (3000, 2)))
    one, two = (jackknife("gini", counts.iloc[:400], workers=workers) for workers in (1, 2))
    np.testing.assert_array_equal(one.values, two.values)


def test_the_result_says_what_it_is():
    found = jackknife("atkinson", frame([(5, 15), (5, 5), (10, 0)]), shape=0.2)
    assert found.options == {"shape": 0.2}
    row = found.to_frame().iloc[0]
    assert row["measure"] == "atkinson"
    assert row["options"] == "shape=0.2"
    assert "values" not in found.to_frame()
    assert repr(found).startswith("JackknifeEstimate(atkinson = ")


def test_other_measures_and_options_are_refused():
    counts = frame([(5, 15), (5, 5)])
    with pytest.raises(ParameterError, match="one number"):
        jackknife("location_quotient", counts)
    with pytest.raises(ParameterError, match="workers"):
        jackknife("gini", counts, workers=0)
    with pytest.raises(ParameterError, match="geometry"):
        jackknife("spatial_gini", counts, bandwidth=100)
