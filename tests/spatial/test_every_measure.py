"""What is promised of every measure of the register, asked of every one: entry, range, order, scale, empty areas, types."""

from __future__ import annotations

import inspect
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from spatial import ParameterError, segregation, shared_borders
from spatial.segregation import Places, compute
from spatial.segregation.measure import Measure
from spatial.segregation.register import MEASURES

GROUPS = ["young", "middle", "older", "old"]
EVERY = pytest.mark.parametrize("entry", MEASURES, ids=lambda entry: entry.id)
OF_TWO = pytest.mark.parametrize(
    "entry", [entry for entry in MEASURES if entry.groups == "two"], ids=lambda entry: entry.id
)
OF_MANY = pytest.mark.parametrize(
    "entry", [entry for entry in MEASURES if entry.groups != "two"], ids=lambda entry: entry.id
)
PREPARED = pytest.mark.parametrize(
    "entry", [entry for entry in MEASURES if entry.prepare is not None], ids=lambda entry: entry.id
)

# Options that have no default, or whose default does not fit a small city.
OPTIONS: dict[str, dict[str, Any]] = {
    "bias_corrected_dissimilarity": {"replicates": 20},
    "rank_order_information_theory": {"order": 2},
    "rank_order_variance_ratio": {"order": 2},
    "rank_order_square_root": {"order": 2},
    **{
        f"spatial_{name}": {"bandwidth": 250.0}
        for name in (
            "dissimilarity",
            "gini",
            "information_theory",
            "relative_diversity",
            "exposure",
            "isolation",
        )
    },
}

_PERSONS = "what chance does depends on the number of persons"
NOT_OF_SCALE = {
    "expected_dissimilarity": _PERSONS,
    "modified_dissimilarity": _PERSONS,
    "modified_gini": _PERSONS,
    "modified_isolation": _PERSONS,
    "bias_corrected_dissimilarity": _PERSONS,
    "density_corrected_dissimilarity": _PERSONS,
}

_DIVERSITY = "an entropy of one group is 0, not undefined"
DEFINED_FOR_ONE_GROUP = {
    "mutual_information": _DIVERSITY,
    "divergence": _DIVERSITY,
    "diversity_entropy": _DIVERSITY,
    "simpson_concentration": "two residents are of the same group for certain",
    "simpson_interaction": "two residents are of different groups with a chance of 0",
    "isolation": "the group meets itself only",
    "interaction": "the group meets nobody else",
    "distance_decay_isolation": "the group meets itself only",
    "distance_decay_interaction": "the group meets nobody else",
    "mean_proximity": "looks at pairs of two members",
    "delta": "compares the group with the land",
    "absolute_centralisation": "compares the group with the land",
}


def a_city(seed: int = 1, rows: int = 4, columns: int = 5) -> tuple[pd.DataFrame, gpd.GeoSeries]:
    """Streets at unequal distances: areas of many sizes, corners and borders of many lengths."""
    rng = np.random.default_rng(seed)
    x = np.append(0.0, np.cumsum(rng.integers(80, 300, columns))).astype(float)
    y = np.append(0.0, np.cumsum(rng.integers(80, 300, rows))).astype(float)
    boxes = [shapely.box(x[i], y[j], x[i + 1], y[j + 1]) for j in range(rows) for i in range(columns)]
    names = pd.Index([f"{number:03}" for number in rng.permutation(len(boxes))], name="area_id")
    shares = rng.dirichlet(np.full(len(GROUPS), 0.7), len(boxes))
    counts = rng.poisson(rng.integers(5, 90, (len(boxes), 1)) * shares)
    counts[0] += 1
    return pd.DataFrame(counts, index=names, columns=GROUPS), gpd.GeoSeries(boxes, index=names, crs=25833)


def options_of(entry: Measure) -> dict[str, Any]:
    options = dict(OPTIONS.get(entry.id, {}))
    if "rng" in inspect.signature(entry.function).parameters:
        options["rng"] = np.random.default_rng(7)
    return options


def value_of(entry: Measure, counts: Any, geometry: Any = None, **given: Any) -> Any:
    """Return the measure of a table; of the first group for measures of two."""
    if entry.groups == "two" and isinstance(counts, pd.DataFrame) and not {"group", "total"} & set(given):
        given["group"] = counts.columns[0]
    return compute(entry.id, counts, geometry=geometry, **given, **options_of(entry))


def same(found: Any, expected: Any, **tolerance: float) -> None:
    """Compare numbers, Series or DataFrames by their labels; sums in another order differ by rounding alone."""
    close = {"rtol": 1e-9, "atol": 1e-12, **tolerance}
    if isinstance(expected, pd.DataFrame):
        pd.testing.assert_frame_equal(
            found.loc[expected.index], expected, check_names=False, check_exact=False, **close
        )
    elif isinstance(expected, pd.Series):
        pd.testing.assert_series_equal(
            found[expected.index], expected, check_names=False, check_exact=False, **close
        )
    else:
        np.testing.assert_allclose(found, expected, **close)


def numbers(value: Any) -> np.ndarray:
    return np.atleast_1d(np.asarray(value, dtype=float))


@EVERY
def test_it_is_a_function_of_its_own_name(entry: Measure) -> None:
    assert getattr(segregation, entry.id) is entry.function
    assert entry.id in segregation.__all__
    assert entry.function.__name__ == entry.id


@EVERY
def test_one_entry_leads_to_it_from_any_table(entry: Measure) -> None:
    counts, geometry = a_city()
    graph = shared_borders(geometry, corners=True)
    expected = value_of(entry, counts, geometry, graph=graph)
    assert np.isfinite(numbers(expected)).any()
    kinds = {"number": float, "per area": pd.Series, "per group": pd.Series}
    assert isinstance(expected, kinds.get(entry.gives, pd.DataFrame))
    same(value_of(entry, counts, geometry), expected)
    pair = counts[["young", "old"]]
    if entry.groups == "two":
        total = counts.sum(axis=1)
        same(value_of(entry, counts["young"], geometry, graph=graph, total=total), expected)
        same(value_of(entry, counts[["young"]], geometry, graph=graph, total=total[::-1]), expected)
        of_pair = value_of(entry, pair, geometry, graph=graph)
        same(value_of(entry, counts, geometry, graph=graph, group="young", against="old"), of_pair)
        in_turn = compute(entry.id, counts, geometry=geometry, graph=graph, **options_of(entry))
        assert list(in_turn if entry.gives == "per area" else in_turn.index) == GROUPS
        same(in_turn["young"], expected)
        others = compute(entry.id, counts, against="old", geometry=geometry, graph=graph, **options_of(entry))
        assert list(others if entry.gives == "per area" else others.index) == GROUPS[:-1]
        same(others["young"], of_pair)
    else:
        same(value_of(entry, counts, geometry, graph=graph, total=counts.sum(axis=1)), expected)
        if "order" not in options_of(entry):
            assert np.isfinite(numbers(value_of(entry, pair, geometry, graph=graph))).any()


@EVERY
def test_an_array_is_a_table_without_names(entry: Measure) -> None:
    counts, geometry = a_city()
    places = Places.of(geometry, geometry.index, "the test")
    nameless = Places(area_id=pd.RangeIndex(len(counts)), x=places.x, y=places.y, size=places.size)
    graph = shared_borders(geometry.reset_index(drop=True), corners=True)
    expected = value_of(entry, counts, geometry)
    numbered = {"group": 0} if entry.groups == "two" else {}
    found = value_of(entry, counts.to_numpy(), nameless, graph=graph, **numbered)
    np.testing.assert_allclose(numbers(found), numbers(expected), rtol=1e-9, atol=1e-12)
    if entry.groups == "two":
        young, everybody = counts["young"].to_numpy(), counts.sum(axis=1).to_numpy()
        found = compute(entry.id, young, total=everybody, geometry=nameless, graph=graph, **options_of(entry))
        np.testing.assert_allclose(numbers(found), numbers(expected), rtol=1e-9, atol=1e-12)
    elif entry.gives.startswith("per") and entry.gives != "per area":
        assert list(found.columns if isinstance(found, pd.DataFrame) else found.index) == [0, 1, 2, 3]


@EVERY
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_values_lie_within_the_range_that_it_names(entry: Measure, seed: int) -> None:
    counts, geometry = a_city(seed)
    even = pd.DataFrame(np.outer(counts.sum(axis=1), [1, 2, 3, 1]), index=counts.index, columns=GROUPS)
    apart = pd.DataFrame(0, index=counts.index, columns=GROUPS)
    for position in range(len(counts)):
        apart.iloc[position, position % len(GROUPS)] = position + 1
    tables = [counts, even, apart, 1000 * counts]
    if entry.id not in NOT_OF_SCALE:
        # Weights of all sizes, whose sums are rounded.
        tables += [counts / 7, counts * 10.0 ** np.random.default_rng(seed).integers(-6, 7, counts.shape)]
    for table in tables:
        found = numbers(value_of(entry, table, geometry))
        found = found[np.isfinite(found)]
        assert entry.low is None or (found >= entry.low).all(), found.min()
        assert entry.high is None or (found <= entry.high).all(), found.max()


@EVERY
def test_the_order_of_the_rows_does_not_matter(entry: Measure) -> None:
    counts, geometry = a_city()
    rng = np.random.default_rng(3)
    expected = value_of(entry, counts, geometry)
    shuffled = counts.sample(frac=1, random_state=rng)
    graph = shared_borders(geometry.sample(frac=1, random_state=rng), corners=True)
    found = value_of(entry, shuffled, geometry.sample(frac=1, random_state=rng), graph=graph)
    if entry.gives.startswith("per area"):
        assert found.index.equals(shuffled.index)
    if entry.id == "bias_corrected_dissimilarity":  # other draws
        same(found, expected, atol=0.05)
    else:
        same(found, expected)


@EVERY
def test_twice_as_many_people_leave_it_as_it_is(entry: Measure) -> None:
    counts, geometry = a_city()
    once, twice = value_of(entry, counts, geometry), value_of(entry, 2 * counts, geometry)
    if entry.id in NOT_OF_SCALE:
        assert abs(once - twice) > 1e-6, NOT_OF_SCALE[entry.id]
    else:
        same(twice, once)


@EVERY
def test_an_empty_area_changes_nothing(entry: Measure) -> None:
    counts, geometry = a_city()
    east = shapely.box(geometry.total_bounds[2], 0, geometry.total_bounds[2] + 150, 120)
    wider = pd.concat([geometry, gpd.GeoSeries([east], index=["999"], crs=geometry.crs)])
    more = pd.concat([counts, pd.DataFrame(0, index=["999"], columns=GROUPS)])
    found = value_of(entry, more, wider)
    same(found, value_of(entry, counts, geometry))
    if entry.gives.startswith("per area"):
        assert found.index[-1] == "999"


@EVERY
def test_areas_with_a_missing_count_can_be_left_out(entry: Measure) -> None:
    counts, geometry = a_city()
    graph = shared_borders(geometry, corners=True)
    known = pd.Series(True, index=counts.index)
    known.iloc[[3, 8]] = False
    gaps = counts.astype(float)
    gaps.iloc[3, 0] = gaps.iloc[8, 2] = np.nan
    expected = value_of(entry, counts[known], geometry[known], graph=graph.part(known))
    same(value_of(entry, gaps, geometry, graph=graph, missing="leave_out"), expected)
    same(value_of(entry, gaps.astype("Int64"), geometry, graph=graph, missing="leave_out"), expected)
    with pytest.raises(ValueError, match="missing"):
        value_of(entry, gaps, geometry, graph=graph)


@EVERY
@pytest.mark.parametrize("dtype", ["float32", "int32", "uint8", "Int64", "Float32", "object"])
def test_numbers_of_any_type_are_counts(entry: Measure, dtype: str) -> None:
    counts, geometry = a_city()
    same(value_of(entry, counts.astype(dtype), geometry), value_of(entry, counts, geometry))


@EVERY
def test_inputs_are_left_as_they_are(entry: Measure) -> None:
    counts, geometry = a_city()
    counts = counts.astype(float)
    graph, kept = shared_borders(geometry, corners=True), counts.copy()
    borders = graph.border.copy()
    value_of(entry, counts, geometry, graph=graph)
    pd.testing.assert_frame_equal(counts, kept)
    np.testing.assert_array_equal(graph.border, borders)


@PREPARED
def test_what_is_prepared_gives_for_replicates_what_the_function_gives_for_each(entry: Measure) -> None:
    tables, geometry = [a_city(seed)[0].to_numpy() for seed in (1, 2, 3)], a_city()[1]
    names, options = geometry.index, options_of(entry)
    given: dict[str, Any] = {}
    if "geometry" in entry.needs:
        given["places"] = Places.of(geometry, names, "the test")
    if "graph" in entry.needs:
        given["graph"] = shared_borders(geometry, corners=True)
    assert entry.prepare is not None
    evaluate = entry.prepare(**given, **options)
    counts = np.stack([np.asarray(table.T, dtype=float) for table in tables])
    if entry.groups == "two":
        counts = np.stack([counts[:, 0], counts[:, 1:].sum(axis=1)], axis=1)
    kept = counts.copy()
    found = evaluate(counts)
    expected = [
        value_of(entry, pd.DataFrame(table, index=names, columns=GROUPS), geometry) for table in tables
    ]
    assert found.shape == (3,)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert evaluate(counts[1]).shape == ()
    assert evaluate(counts[:, np.newaxis]).shape == (3, 1)
    np.testing.assert_array_equal([evaluate(table) for table in counts], found)
    np.testing.assert_array_equal(counts, kept)


@EVERY
def test_only_measures_of_one_number_are_prepared_and_take_the_same_options(entry: Measure) -> None:
    assert (entry.prepare is not None) == (entry.gives == "number")
    if entry.prepare is None:
        return

    def options(function: Any) -> dict[str, Any]:
        return {
            name: parameter.default
            for name, parameter in inspect.signature(function).parameters.items()
            if parameter.kind is inspect.Parameter.KEYWORD_ONLY and name not in ("geometry", "places")
        }

    assert options(entry.prepare) == options(entry.function)


@OF_TWO
def test_a_group_without_anybody_has_no_value(entry: Measure) -> None:
    counts, geometry = a_city()
    nobody = counts.assign(young=0)
    assert np.isnan(numbers(value_of(entry, nobody, geometry))).all()
    alone = pd.DataFrame(0, index=counts.index, columns=GROUPS).assign(young=counts["middle"] + 1)
    found = numbers(value_of(entry, alone, geometry))
    assert np.isnan(found).all() != (entry.id in DEFINED_FOR_ONE_GROUP), found


@OF_MANY
def test_one_group_alone_has_no_value(entry: Measure) -> None:
    counts, geometry = a_city()
    alone = pd.DataFrame(0, index=counts.index, columns=GROUPS).assign(middle=counts["middle"] + 1)
    found = value_of(entry, alone, geometry)
    if entry.gives == "number":
        assert np.isnan(found) != (entry.id in DEFINED_FOR_ONE_GROUP), found
    elif entry.gives in ("per group", "per pair"):
        assert np.isnan(numbers(found.drop(index="middle"))).all()
        assert np.isfinite(numbers(found.loc["middle"])).any()


@EVERY
def test_nobody_at_all_has_no_value(entry: Measure) -> None:
    counts, geometry = a_city()
    found = numbers(value_of(entry, 0 * counts, geometry))
    if entry.id in ("local_dissimilarity", "local_exposure"):
        assert (np.isnan(found) | (found == 0)).all()
    else:
        assert np.isnan(found).all()


@EVERY
def test_one_area_raises_no_warning(entry: Measure) -> None:
    counts, geometry = a_city()
    value_of(entry, counts.iloc[:1], geometry.iloc[:1])


@EVERY
def test_an_option_that_it_does_not_have_is_refused(entry: Measure) -> None:
    counts, geometry = a_city()
    with pytest.raises(ParameterError, match="an option of"):
        value_of(entry, counts, geometry, nonsense=1)
    required = [
        name
        for name, parameter in inspect.signature(entry.function).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and parameter.default is inspect.Parameter.empty
    ]
    # Of points no graph can be found: it has to be given.
    places = Places.of(geometry, geometry.index, "the test")
    for name in required:
        given = {"geometry": places, "graph": shared_borders(geometry), **options_of(entry), name: None}
        if name not in ("geometry", "graph"):
            del given[name]
        with pytest.raises(ParameterError, match=f"{name} is None"):
            compute(entry.id, counts, **given)
