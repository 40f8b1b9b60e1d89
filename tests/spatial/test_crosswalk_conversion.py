"""Values on other areas: sums stay, rates go with their denominator, states and grades go along."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from spatial.crosswalk import GRADES, by_area, by_key, by_population, extensive, intensive


def crosswalk(rows, **options):
    """Rows of source, target and share."""
    return by_key(pd.DataFrame(rows, columns=["from_area", "to_area", "share"]), **options)


def strips(**extents):
    shapes = [shapely.box(left, 0, right, 100) for left, right in extents.values()]
    return gpd.GeoSeries(shapes, index=list(extents), crs=25833)


MERGED = crosswalk([("1", "A", 1), ("2", "A", 1), ("3", "B", 1)])
DIVIDED = crosswalk([("1", "A", 1), ("2", "A", 0.25), ("2", "B", 0.75)])


def series(*numbers):
    return pd.Series(numbers, index=[str(one + 1) for one in range(len(numbers))], dtype=float)


def states(*words):
    return pd.Series(words, index=[str(one + 1) for one in range(len(words))])


def test_counts_add_up_and_their_sum_stays():
    found = extensive(series(10, 20, 40), MERGED)
    assert found.value.to_dict() == {"A": 30, "B": 40}
    assert found.derivation.to_dict() == {"A": "sum", "B": "copy"}
    assert found.totals == {"given": 70, "placed": 70, "withheld": 0, "outside": 0}
    # A has 10 and a quarter of 20.
    assert extensive(series(10, 20), DIVIDED).value.to_dict() == {"A": 15, "B": 15}


def test_balances_may_be_negative():
    assert extensive(series(-10, 20), DIVIDED).value.to_dict() == {"A": -5, "B": 15}


def test_what_lies_outside_is_in_the_totals():
    lost = crosswalk([("1", "A", 0.8), ("2", "A", 1)], partial=True)
    found = extensive(series(10, 20), lost)
    assert found.value.to_dict() == {"A": 28}
    assert found.totals["outside"] == pytest.approx(2)


def test_a_rate_is_converted_with_its_denominator_and_not_averaged():
    # 10 % of 900 and 40 % of 100 are 130 of 1,000, not 25 %.
    found = intensive(series(10, 40, 5), series(900, 100, 50), MERGED)
    assert found.value.to_dict() == {"A": 13, "B": 5}
    assert found.denominator.to_dict() == {"A": 1000, "B": 50}
    # By denominators 100 and a quarter of 400: (100 · 10 + 100 · 40) / 200.
    divided = intensive(series(10, 40), series(100, 400), DIVIDED)
    assert divided.value.to_dict() == {"A": 25, "B": 40}


def test_a_rate_is_averaged_by_surface_only_when_that_is_said():
    # x has 100 m of a and 50 m of b: (100 · 3 + 50 · 6) / 150.
    by_surface = by_area(strips(a=(0, 100), b=(100, 200)), strips(x=(0, 150), y=(150, 200)))
    found = intensive(pd.Series([3.0, 6.0], index=["a", "b"]), "area", by_surface)
    assert found.value.to_dict() == pytest.approx({"x": 4, "y": 6})
    assert found.parameters["weighted_by"] == "area"


def test_a_source_without_denominator_has_no_say():
    rates = series(np.nan, 40, 5)
    found = intensive(rates, series(0, 100, 50), MERGED)
    assert found.value.to_dict() == {"A": 40, "B": 5}
    assert found.status.to_dict() == {"A": "measured", "B": "measured"}
    # Where nobody is left to relate it to, there is no rate.
    nobody = intensive(series(np.nan, np.nan, 5), series(0, 0, 50), MERGED)
    assert nobody.status.to_dict() == {"A": "missing", "B": "measured"}
    assert nobody.denominator.to_dict() == {"A": 0, "B": 50}


def test_a_rate_keeps_being_exactly_what_its_one_source_is():
    third = 100 / 3
    found = intensive(series(third, third, 0.1), series(7, 11, 3), MERGED)
    assert found.value.to_dict() == {"A": third, "B": 0.1}


def test_a_missing_source_makes_its_target_missing():
    found = extensive(series(10, np.nan, 40), MERGED)
    assert found.status.to_dict() == {"A": "missing", "B": "measured"}
    assert np.isnan(found.value["A"])
    assert found.known.to_dict() == {"A": 0.5, "B": 1}
    assert found.totals == {"given": 50, "placed": 40, "withheld": 10, "outside": 0}


def test_a_small_missing_part_is_allowed_and_called_uncertain():
    # 2 makes up 5 of 100 residents of A.
    weights = pd.DataFrame({"from_area": ["1", "2"], "to_area": ["A", "A"], "weight": [95, 5]})
    way = by_key(weights)
    assert extensive(series(10, np.nan), way).status.tolist() == ["missing"]
    found = extensive(series(10, np.nan), way, missing_up_to=0.05)
    assert (found.value["A"], found.status["A"], found.grade["A"]) == (10, "uncertain", "B")
    assert found.known["A"] == pytest.approx(0.95)
    rate = intensive(series(10, np.nan), series(95, 5), way, missing_up_to=0.05)
    assert (rate.value["A"], rate.status["A"], rate.denominator["A"]) == (10, "uncertain", 100)


def test_a_part_without_source_counts_as_missing():
    # A tenth of x lies in no source.
    way = by_area(strips(a=(0, 90)), strips(x=(0, 100)))
    counts = pd.Series([9], index=["a"])
    assert extensive(counts, way).status.tolist() == ["missing"]
    allowed = extensive(counts, way, missing_up_to=0.2)
    assert allowed.value.tolist() == [9]
    assert allowed.status.tolist() == ["uncertain"]
    assert allowed.known.tolist() == pytest.approx([0.9])


def test_a_missing_denominator_is_as_a_missing_rate():
    found = intensive(series(10, 40, 5), series(900, np.nan, 50), MERGED)
    assert found.status.to_dict() == {"A": "missing", "B": "measured"}
    assert found.known.to_dict() == {"A": 0.5, "B": 1}


def test_a_suppressed_source_suppresses_its_targets_whatever_its_share():
    tiny = crosswalk([("1", "A", 1), ("2", "A", 0.001), ("2", "B", 0.999), ("3", "C", 1)])
    found = extensive(
        series(10, np.nan, 5), tiny, status=states("measured", "suppressed", "measured"), missing_up_to=0.9
    )
    assert found.status.to_dict() == {"A": "suppressed", "B": "suppressed", "C": "measured"}
    assert found.value.isna().tolist() == [True, True, False]
    assert found.grade.isna().tolist() == [True, True, False]
    both = states("measured", "measured", "suppressed")
    rate = intensive(series(1, 2, 3), series(5, 5, np.nan), tiny, denominator_status=both, missing_up_to=0.9)
    assert rate.status.to_dict() == {"A": "measured", "B": "measured", "C": "suppressed"}
    assert np.isnan(rate.denominator["C"])


def test_what_is_withheld_is_not_in_any_number_of_the_result():
    # 2 is known and in A, which is not shown: its 20 are withheld, and 1 is in no number.
    status = states("suppressed", "measured", "zero")
    found = extensive(
        series(np.nan, 20, 0), crosswalk([("1", "A", 1), ("2", "A", 1), ("3", "B", 1)]), status=status
    )
    assert found.totals == {"given": 20, "placed": 0, "withheld": 20, "outside": 0}
    assert found.status.to_dict() == {"A": "suppressed", "B": "zero"}


def test_a_suppressed_rate_of_nobody_withholds_nothing():
    found = intensive(
        series(np.nan, 40, 5), series(0, 100, 50), MERGED, status=states("suppressed", "measured", "measured")
    )
    assert found.value.to_dict() == {"A": 40, "B": 5}


def test_the_weakest_state_goes_along():
    cases = {
        ("zero", "zero"): "zero",
        ("zero", "measured"): "measured",
        ("measured", "corrected"): "corrected",
        ("corrected", "provisional"): "provisional",
        ("provisional", "uncertain"): "uncertain",
        ("uncertain", "missing"): "missing",
        ("missing", "suppressed"): "suppressed",
    }
    for (one, other), expected in cases.items():
        number = {"zero": 0.0, "missing": np.nan, "suppressed": np.nan}
        values = series(number.get(one, 3.0), number.get(other, 3.0), 1)
        found = extensive(values, MERGED, status=states(one, other, "measured"))
        assert found.status["A"] == expected, (one, other)


def test_a_rate_of_true_zeros_is_a_true_zero():
    found = intensive(series(0, 0, 5), series(100, 10, 10), MERGED)
    assert found.status.to_dict() == {"A": "zero", "B": "measured"}


def test_grades_tell_the_part_that_is_an_estimate():
    rows = [
        ("1", "A", 1),
        ("2", "B", 0.98),
        ("2", "C", 0.02),
        ("3", "C", 1),
        ("4", "D", 0.5),
        ("4", "E", 0.5),
    ]
    found = extensive(series(1, 1, 1, 1), crosswalk(rows, basis="area"))
    # B: 0.02 / 0.98 of it could be on the wrong side; C: 0.02 of 1.02; D and E are halves.
    assert found.estimated.to_dict() == pytest.approx({"A": 0, "B": 2 / 98, "C": 0.02 / 1.02, "D": 1, "E": 1})
    assert found.grade.to_dict() == {"A": "A", "B": "B", "C": "B", "D": "D", "E": "D"}
    assert found.summary()["targets"].to_dict() == {"A": 1, "B": 2, "C": 0, "D": 2}
    # The same halves by where residents live are an estimate, but not a guess.
    by_people = extensive(series(1, 1, 1, 1), crosswalk(rows, basis="population"))
    assert by_people.grade.to_dict() == {"A": "A", "B": "B", "C": "B", "D": "C", "E": "C"}
    assert set(GRADES) == set("ABCD")


def test_a_part_of_a_source_without_residents_is_no_exact_value():
    # b, where nobody lives, is divided by surface; x has all residents of a, but also half of what b has.
    way = by_population(
        strips(a=(0, 100), b=(100, 200)),
        strips(x=(0, 150), y=(150, 200)),
        strips(p=(0, 100)),
        pd.Series([10], index=["p"]),
    )
    found = extensive(pd.Series([10.0, 4.0], index=["a", "b"]), way)
    assert found.value.to_dict() == {"x": 12, "y": 2}
    assert found.grade.to_dict() == {"x": "B", "y": "D"}


def test_the_order_of_the_values_does_not_matter_and_nothing_given_is_changed():
    values = series(10, 20, 40)
    before = values.copy()
    found = extensive(values.iloc[::-1], MERGED)
    assert found.value.to_dict() == {"A": 30, "B": 40}
    pd.testing.assert_series_equal(values, before)


def test_every_row_says_that_it_was_converted():
    frame = intensive(series(10, 40, 5), series(900, 100, 50), MERGED).to_frame()
    assert frame["is_converted"].all()
    assert list(frame) == [
        "value", "status", "is_converted", "grade", "derivation", "known", "estimated", "denominator",
    ]  # fmt: skip
    assert repr(extensive(series(10, 20, 40), MERGED)) == (
        "Converted(2 extensive values: 2 A, 0 B, 0 C, 0 D; 0 missing, 0 suppressed)"
    )
