"""An area where nobody lives stays in the table and changes nothing: asked of every measure with every named option."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import ParameterError, shared_borders
from spatial.segregation import (
    Places,
    adjacency_dissimilarity,
    bootstrap,
    compute,
    global_distortion,
    jackknife,
    local_distortion,
    local_environments,
    local_relative_centralisation,
    multiscalar_profile,
    proximity_curve,
    shape_dissimilarity,
    surface_decomposition,
)
from spatial.segregation.environments.kernels import make_kernel
from spatial.segregation.environments.neighbour_search import nearest
from spatial.segregation.measure import Measure
from spatial.segregation.register import MEASURES, measure

GROUPS = ["young", "middle", "older", "old"]
SPATIAL = {
    f"spatial_{name}"
    for name in (
        "dissimilarity",
        "gini",
        "information_theory",
        "relative_diversity",
        "exposure",
        "isolation",
    )
}

# Options with numbers that matter here, beside those with named values, which are all tried.
NUMBERS: dict[str, list[dict[str, Any]]] = {
    "adjacency_dissimilarity": [{"orders": 2}, {"orders": 3, "contiguity": "queen"}],
    "concentration_profile": [{"thresholds": 50}],
    "relative_centralisation": [{"rings": 2}, {"radius": 300.0}],
    "local_relative_centralisation": [{"neighbours": 3}, {"neighbours": 100}],
    "spatial_proximity_profile": [{"thresholds": 50}],
    **{name: [{"weight": "areas", "passage": "every"}] for name in ("local_distortion", "global_distortion")},
    **{
        name: [
            {"bandwidth": None, "neighbours": 3},
            {"bandwidth": None, "neighbours": 3, "kernel": "triangle"},
            {"bandwidth": None, "neighbours": 100, "kernel": "biweight"},
            {"neighbours": 4},
            {"neighbours": 4, "kernel": "gaussian", "cutoff": 400.0},
        ]
        for name in SPATIAL
    },
}

NEEDED: dict[str, dict[str, Any]] = {
    "bias_corrected_dissimilarity": {"replicates": 20},
    "rank_order_information_theory": {"order": 2},
    "rank_order_variance_ratio": {"order": 2},
    "rank_order_square_root": {"order": 2},
    **{name: {"bandwidth": 250.0} for name in SPATIAL},
}

# Where an empty area does change the value, because the option asks for that: where it must lie, and why.
_LAND = "the option says that land counts where nobody lives"
_WAY = "the option says that a way may lead through areas where nobody lives"
_RASTER = "the raster spans the map of all areas, so that its cells lie elsewhere or become too large"
CHANGES: dict[tuple[str, str, str], tuple[set[str], str]] = {
    ("delta", "uninhabited", "keep"): ({"far", "middle"}, _LAND),
    ("absolute_centralisation", "uninhabited", "keep"): ({"far", "middle"}, _LAND),
    ("spatial_proximity_profile", "uninhabited", "keep"): ({"middle"}, _WAY),
    **{(name, "method", "grid"): ({"far"}, _RASTER) for name in SPATIAL},
}


def a_city() -> tuple[pd.DataFrame, gpd.GeoSeries, gpd.GeoSeries]:
    """Return 5 × 5 blocks of unequal sides less three, and the three: two next to each other and one elsewhere."""
    rng = np.random.default_rng(5)
    x, y = (np.append(0.0, np.cumsum(rng.integers(80, 300, 5))).astype(float) for _ in range(2))
    boxes = [shapely.box(x[i], y[j], x[i + 1], y[j + 1]) for j in range(5) for i in range(5)]
    holes = [7, 12, 16]
    blocks = gpd.GeoSeries([box for place, box in enumerate(boxes) if place not in holes], crs=25833)
    blocks.index = pd.Index([f"{number:03}" for number in rng.permutation(len(blocks))], name="area_id")
    middle = gpd.GeoSeries([boxes[place] for place in holes], index=["000a", "010a", "999"], crs=25833)
    shares = rng.dirichlet(np.full(len(GROUPS), 0.7), len(blocks))
    counts = rng.poisson(rng.integers(5, 90, (len(blocks), 1)) * shares)
    counts[0] += 1
    return pd.DataFrame(counts, index=blocks.index, columns=GROUPS), blocks, middle


COUNTS, BLOCKS, MIDDLE = a_city()
FAR = gpd.GeoSeries([shapely.box(9e5, 7e5, 9e5 + 400, 7e5 + 100)], index=["005a"], crs=25833)


def with_empty(places: gpd.GeoSeries) -> tuple[pd.DataFrame, gpd.GeoSeries]:
    """Return the city with areas where nobody lives, spread over the table."""
    empty = pd.DataFrame(0, index=places.index, columns=GROUPS)
    # Those who live in the city keep their order, so that a measure that draws lots draws the same.
    order = np.insert(
        np.arange(len(COUNTS)), 3 * np.arange(len(places)), len(COUNTS) + np.arange(len(places))
    )
    return pd.concat([COUNTS, empty]).iloc[order], pd.concat([BLOCKS, places]).iloc[order]


def named_values(hint: Any) -> list[str]:
    """Return the values of an option that are words."""
    if typing.get_origin(hint) is typing.Literal:
        return [value for value in typing.get_args(hint) if isinstance(value, str)]
    return [value for part in typing.get_args(hint) for value in named_values(part)]


def calls_of(entry: Measure) -> Iterator[tuple[dict[str, Any], tuple[str, str, str]]]:
    """Yield sets of options: the defaults, each option with a name by itself, and the numbers from above."""
    base = dict(NEEDED.get(entry.id, {}))
    yield base, (entry.id, "", "")
    for name, hint in typing.get_type_hints(entry.function).items():
        if name in inspect.signature(entry.function).parameters:
            for value in named_values(hint):
                yield {**base, name: value}, (entry.id, name, value)
    for options in NUMBERS.get(entry.id, []):
        yield {**base, **options}, (entry.id, str(options), "")


CALLS = [
    pytest.param(entry, options, key, id="-".join(part for part in key if part))
    for entry in MEASURES
    for options, key in calls_of(entry)
]


def value_of(entry: Measure, counts: pd.DataFrame, geometry: gpd.GeoSeries, options: dict[str, Any]) -> Any:
    """Return the measure; of the first group for measures of two."""
    given: dict[str, Any] = {"group": "young"} if entry.groups == "two" else {}
    if "rng" in inspect.signature(entry.function).parameters:
        given["rng"] = np.random.default_rng(7)
    graph = shared_borders(geometry, corners=True) if "graph" in entry.needs else None
    return compute(entry.id, counts, geometry=geometry, graph=graph, **given, **options)


def same(found: Any, expected: Any) -> None:
    """Compare by labels: what an empty area itself has is its own affair."""
    if isinstance(expected, pd.DataFrame):
        found = found.loc[expected.index]
    elif isinstance(expected, pd.Series):
        found = found[expected.index]
    np.testing.assert_allclose(
        np.asarray(found, dtype=float), np.asarray(expected, dtype=float), rtol=1e-12, atol=1e-12
    )


@pytest.mark.parametrize(("entry", "options", "key"), CALLS)
def test_areas_where_nobody_lives_change_no_measure(
    entry: Measure, options: dict[str, Any], key: tuple[str, str, str]
) -> None:
    expected = value_of(entry, COUNTS, BLOCKS, options)
    assert np.isfinite(np.atleast_1d(np.asarray(expected, dtype=float))).any()
    where_it_counts, _ = CHANGES.get(key, (set(), ""))
    for where, added in {"far": FAR, "middle": MIDDLE}.items():
        if where in where_it_counts:
            with pytest.raises((AssertionError, ParameterError)):
                same(value_of(entry, *with_empty(added), options), expected)
        else:
            same(value_of(entry, *with_empty(added), options), expected)


def test_every_exception_is_an_option_that_there_is() -> None:
    assert set(CHANGES) <= {call.values[2] for call in CALLS}


@pytest.mark.parametrize("name", sorted(SPATIAL))
def test_a_raster_moves_by_no_more_than_its_error_when_the_map_grows(name: str) -> None:
    left, bottom, _, _ = BLOCKS.total_bounds
    rim = gpd.GeoSeries([shapely.box(left - 70, bottom, left, bottom + 90)], index=["001a"], crs=25833)
    values = [
        compute(name, counts, geometry=areas, bandwidth=250.0, method="grid")
        for counts, areas in (with_empty(rim), (COUNTS, BLOCKS))
    ]
    np.testing.assert_allclose(*(np.asarray(value, dtype=float) for value in values), atol=2e-3)


def row(*metres: float) -> Places:
    """Return points on a line."""
    names = pd.Index(list("abcdefgh")[: len(metres)])
    return Places(area_id=names, x=np.array(metres, dtype=float), y=np.zeros(len(metres)))


def test_the_nearest_are_the_nearest_where_people_live() -> None:
    # b, at 10 m, is empty: the one neighbour of a is c; of b, which has nobody itself, a and c.
    counts = pd.DataFrame({"young": [1, 0, 2, 4], "old": [1, 0, 0, 0]}, index=list("abcd"))
    around = local_environments(counts, row(0, 10, 30, 70), neighbours=1)
    assert around["young"].tolist() == [3, 3, 3, 6]
    mean = local_environments(counts, row(0, 10, 30, 70), neighbours=1, give="mean")
    assert mean["young"].tolist() == [1.5, 1.5, 1.5, 3]


def test_a_mean_is_over_inhabited_areas() -> None:
    counts = pd.DataFrame({"young": [1, 0, 2, 0]}, index=list("abcd"))
    mean = local_environments(counts, row(0, 10, 30, 1000), bandwidth=50, kernel="box", give="mean")
    assert mean["young"].tolist()[:3] == [1.5, 1.5, 1.5]
    assert np.isnan(mean["young"]["d"])


def test_an_adaptive_kernel_ends_at_the_last_inhabited_neighbour() -> None:
    counts = pd.DataFrame({"young": [1, 0, 2, 0], "old": [0, 0, 1, 3]}, index=list("abcd"))
    # Of a: c at 30 m counts 1 − 30 / 70, d at 70 m is the last and counts nothing.
    around = local_environments(counts, row(0, 10, 30, 70), neighbours=2, kernel="triangle")
    assert around.loc["a"].tolist() == pytest.approx([1 + 2 * 4 / 7, 4 / 7])


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_nearest_are_those_of_the_city_without_its_empty_areas(data: st.DataObject) -> None:
    n_areas = data.draw(st.integers(2, 30))
    at = st.lists(st.integers(0, 5), min_size=n_areas, max_size=n_areas)
    x, y = (np.array(data.draw(at), dtype=float) * 100 for _ in range(2))
    lives = np.array(data.draw(st.lists(st.booleans(), min_size=n_areas, max_size=n_areas)))
    k = data.draw(st.integers(1, n_areas - 1))
    names = pd.Index([f"{number:02d}" for number in np.random.default_rng(n_areas).permutation(n_areas)])
    counts = pd.DataFrame(np.random.default_rng(1).integers(1, 9, (n_areas, 2)), index=names)
    counts[~lives] = 0
    shape = data.draw(st.sampled_from(["box", "triangle", "gaussian"]))
    bandwidth = 150.0 if shape == "gaussian" else None
    draw: dict[str, Any] = {"neighbours": k, "kernel": shape, "bandwidth": bandwidth}
    found = local_environments(counts, Places(area_id=names, x=x, y=y), **draw)
    if lives.any():
        part = Places(area_id=names[lives], x=x[lives], y=y[lives])
        same(found, local_environments(counts[lives], part, **draw))
    else:
        assert not found.any(axis=None)


def test_replicates_with_other_empty_areas_look_around_anew() -> None:
    places = Places.of(BLOCKS, COUNTS.index, "the test")
    tables = np.repeat(COUNTS.to_numpy(dtype=float).T[np.newaxis], 4, axis=0)
    tables[1, :, 3] = tables[2, :, 3] = tables[3, :, [5, 6]] = 0
    for name in sorted(SPATIAL - {"spatial_exposure", "spatial_isolation"}):
        prepare = measure(name).prepare
        assert prepare is not None
        evaluate = prepare(places=places, neighbours=3)
        frames = [pd.DataFrame(table.T, index=COUNTS.index) for table in tables]
        one_by_one = [compute(name, frame, geometry=BLOCKS, neighbours=3) for frame in frames]
        np.testing.assert_allclose(evaluate(tables), one_by_one, rtol=1e-12)
        np.testing.assert_array_equal(evaluate(tables[:2]), evaluate(tables)[:2])


def test_among_all_areas_the_search_is_the_same() -> None:
    search = nearest(row(0, 10, 30, 70), 2, make_kernel("box", bandwidth=None))
    everybody = search.among(np.ones(4, dtype=bool))
    np.testing.assert_array_equal(search.block(0, 4).toarray(), everybody.block(0, 4).toarray())


def test_an_empty_area_is_no_link_between_others() -> None:
    # a and c touch b, where nobody lives: without it no two inhabited areas are neighbours of any order.
    boxes = [shapely.box(100 * place, 0, 100 * (place + 1), 100) for place in range(3)]
    areas = gpd.GeoSeries(boxes, index=list("abc"), crs=25833)
    graph = shared_borders(areas)
    group, total = pd.Series([9, 0, 1], index=areas.index), pd.Series([10, 0, 10], index=areas.index)
    assert np.isnan(adjacency_dissimilarity(group, total, graph=graph, orders=2))
    assert proximity_curve(group, total, graph=graph).iloc[0] == 0
    assert proximity_curve(group, total, graph=graph, uninhabited="keep").iloc[0] == 0.5


def test_a_border_with_an_empty_area_is_none_inside_and_part_of_the_whole_outline() -> None:
    boxes = [shapely.box(100 * place, 0, 100 * (place + 1), 100) for place in range(3)]
    areas = gpd.GeoSeries(boxes, index=list("abc"), crs=25833)
    group, total = pd.Series([8, 2, 0], index=areas.index), pd.Series([10, 10, 0], index=areas.index)
    # D = |0.8 - 0.2| = 0.6. One border; a and b have 100 m of it, and an outline of 400 m, so both weigh fully.
    for perimeter in ("internal", "full"):
        value = shape_dissimilarity(
            group, total, geometry=areas, graph=shared_borders(areas), perimeter=perimeter
        )
        assert value == pytest.approx(0.6 - 0.6)
    # With people in c, b has two borders inside, and P/A of a is half of the largest: 3/4 of the difference.
    total["c"] = group["c"] = 1
    internal = shape_dissimilarity(
        group, total, geometry=areas, graph=shared_borders(areas), perimeter="internal"
    )
    dissimilarity = compute("dissimilarity", pd.DataFrame({"group": group}), total=total)
    assert internal == pytest.approx(dissimilarity - 0.5 * 0.75 * (0.6 + 0.8))


def test_an_empty_area_is_no_step_of_a_distortion() -> None:
    counts = pd.DataFrame({"young": [10, 0, 0, 30], "old": [0, 0, 20, 0]}, index=list("abcd"))
    lives = counts.any(axis=1)
    for weight in ("areas", "sum", "persons"):
        for norm in ("none", "maximum"):
            options: dict[str, Any] = {"weight": weight, "norm": norm, "passage": "every"}
            found = local_distortion(counts, geometry=row(0, 10, 60, 200), **options)
            expected = local_distortion(counts[lives], geometry=row(0, 10, 60, 200).part(lives), **options)
            same(found, expected)
            assert np.isfinite(found["b"])
    # Of a, over the three inhabited areas: ln 3/2, then 1/3 young of 30, then the city.
    last = local_distortion(counts, geometry=row(0, 10, 60, 200), weight="areas", norm="none")["a"]
    assert last == pytest.approx((np.log(1.5) + np.log(2) / 3) / 3)
    assert global_distortion(counts, geometry=row(0, 10, 60, 200), weight="areas") > 0


def test_an_empty_area_has_its_own_local_centralisation() -> None:
    # Around b, where nobody lives, the two nearest inhabited areas: a (10 m) and c (20 m).
    group = pd.Series([5, 0, 0, 9], index=list("abcd"))
    total = pd.Series([5, 0, 5, 9], index=list("abcd"))
    found = local_relative_centralisation(group, total, geometry=row(0, 10, 30, 9e8), neighbours=1)
    assert found["b"] == 1
    assert found["a"] == 1
    assert found["c"] == -1


def test_profiles_and_resampling_do_not_see_them() -> None:
    counts, areas = with_empty(pd.concat([MIDDLE, FAR]))
    for more in ({"neighbours": [2, 5]}, {"bandwidths": [0, 200, 600]}):
        same(
            *(
                multiscalar_profile(
                    ["spatial_dissimilarity", "multigroup_gini"], table, geometry=geometry, **more
                ).values
                for table, geometry in ((counts, areas), (COUNTS, BLOCKS))
            )
        )
    draws = [
        bootstrap("spatial_gini", table, geometry=geometry, neighbours=3, rng=3, replicates=20).values
        for table, geometry in ((counts, areas), (COUNTS, BLOCKS))
    ]
    np.testing.assert_allclose(*draws, rtol=1e-12)
    for name, options in {"gini": {"group": "young"}, "spatial_gini": {"neighbours": 3}}.items():
        left_out = [
            jackknife(name, table, geometry=geometry, **options)
            for table, geometry in ((counts, areas), (COUNTS, BLOCKS))
        ]
        same(left_out[0].values, left_out[1].values)
        assert left_out[0].standard_error == pytest.approx(left_out[1].standard_error, rel=1e-12)
    surfaces = [
        surface_decomposition(table, geometry=geometry, bandwidth=300, cells=20)
        for table, geometry in ((counts, areas), (COUNTS, BLOCKS))
    ]
    same(surfaces[0].parts, surfaces[1].parts)
