"""What holds for any crosswalk: sums stay, order is irrelevant, going down and up again changes nothing."""

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.crosswalk import STATUSES, by_area, by_key, by_population, chain, extensive, intensive

# Between a fraction of a person and the residents of a continent; 0 as well.
numbers = st.floats(-1e9, 1e9, allow_subnormal=False)
counts = st.integers(0, 10**6)
seeds = st.integers(0, 2**32 - 1)


@st.composite
def key_tables(draw):
    """Sources that go to one to three of five targets, with weights."""
    rows = []
    for source in range(draw(st.integers(1, 6))):
        goals = draw(st.lists(st.integers(0, 4), min_size=1, max_size=3, unique=True))
        rows += [(f"{source:02d}", f"t{goal}", draw(st.integers(1, 1000))) for goal in goals]
    return pd.DataFrame(rows, columns=["from_area", "to_area", "weight"])


@st.composite
def maps(draw, prefix, width=60, height=40):
    """A coverage of a rectangle: columns of random width, each cut into rows of its own."""
    shapes = []
    edges = [0, *sorted(draw(st.sets(st.integers(1, width - 1), max_size=4))), width]
    for left, right in itertools.pairwise(edges):
        steps = [0, *sorted(draw(st.sets(st.integers(1, height - 1), max_size=3))), height]
        shapes += [shapely.box(left, low, right, high) for low, high in itertools.pairwise(steps)]
    return gpd.GeoSeries(shapes, index=[f"{prefix}{place:02d}" for place in range(len(shapes))], crs=25833)


def drawn_values(data, index, strategy=numbers):
    return pd.Series(
        data.draw(st.lists(strategy, min_size=len(index), max_size=len(index))), index=index, dtype=float
    )


@settings(max_examples=40, deadline=None)
@given(key_tables(), st.data())
def test_sums_stay_by_key(table, data):
    crosswalk = by_key(table)
    values = drawn_values(data, crosswalk.source)
    found = extensive(values, crosswalk)
    assert found.value.sum() == pytest.approx(values.sum(), rel=1e-9, abs=1e-12 * values.abs().sum())


@settings(max_examples=40, deadline=None)
@given(maps("s"), maps("t"), st.data())
def test_sums_stay_by_surface_and_by_residents(source, target, data):
    people = drawn_values(data, source.index, counts)
    for crosswalk in (
        by_area(source, target, tolerance=0),
        by_area(source, target),
        by_population(source, target, source, people),
    ):
        found = extensive(people, crosswalk)
        assert found.value.sum() == pytest.approx(people.sum(), rel=1e-9)
        assert found.totals["placed"] == pytest.approx(found.totals["given"], rel=1e-12)
        assert crosswalk.matrix.sum(axis=1) == pytest.approx(np.ones(len(source)), abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(maps("s"), maps("t", width=45), st.data())
def test_what_is_placed_and_what_is_outside_are_all_that_was_given(source, target, data):
    values = drawn_values(data, source.index)
    totals = extensive(values, by_area(source, target)).totals
    parts = totals["placed"] + totals["withheld"] + totals["outside"]
    assert parts == pytest.approx(totals["given"], rel=1e-9, abs=1e-9 * values.abs().sum() + 1e-300)


@settings(max_examples=40, deadline=None)
@given(maps("s"), maps("t"), st.data(), seeds)
def test_the_order_of_areas_is_irrelevant(source, target, data, seed):
    values, weights = drawn_values(data, source.index), drawn_values(data, source.index, counts)
    rng = np.random.default_rng(seed)
    other = by_area(source.iloc[rng.permutation(len(source))], target.iloc[rng.permutation(len(target))])
    first = by_area(source, target)
    for one, two in (
        (extensive(values, first), extensive(values, other)),
        (intensive(values, weights, first), intensive(values, weights, other)),
    ):
        scale = 1e-12 * values.abs().sum()
        np.testing.assert_allclose(two.value.loc[target.index], one.value, rtol=1e-9, atol=scale)
        assert (
            two.to_frame()
            .loc[target.index, ["status", "grade", "derivation"]]
            .equals(one.to_frame()[["status", "grade", "derivation"]])
        )


@settings(max_examples=40, deadline=None)
@given(maps("s"), st.data())
def test_a_map_on_itself_changes_nothing(areas, data):
    words = pd.Series(
        data.draw(st.lists(st.sampled_from(STATUSES), min_size=len(areas), max_size=len(areas))),
        index=areas.index,
    )
    values = drawn_values(data, areas.index).where(words != "zero", 0.0)
    values = values.mask(words.isin(["missing", "suppressed"]))
    crosswalk = by_area(areas, areas)
    assert set(crosswalk.source_kind) == {"same"}
    for found in (
        extensive(values, crosswalk, status=words),
        intensive(values, pd.Series(7, index=areas.index), crosswalk, status=words),
    ):
        pd.testing.assert_series_equal(found.value, values, check_names=False)
        assert found.status.tolist() == words.tolist()
        assert set(found.grade.dropna()) <= {"A"}


@settings(max_examples=40, deadline=None)
@given(maps("s"), maps("t"), st.data())
def test_refined_and_put_together_again_is_what_it_was(coarse, cut, data):
    cuts = [(of, shapely.intersection(one, other)) for of, one in coarse.items() for other in cut]
    cuts = [(of, shapely.box(*piece.bounds)) for of, piece in cuts if piece.area > 0]
    ids = [f"p{place:03d}" for place in range(len(cuts))]
    pieces = gpd.GeoSeries([piece for _, piece in cuts], index=ids, crs=25833)
    parents = pd.DataFrame({"from_area": ids, "to_area": [of for of, _ in cuts]})
    down = by_area(coarse, pieces, tolerance=0)
    up = by_key(parents, source=ids)
    values = drawn_values(data, coarse.index)
    fine = extensive(values, down)
    back = extensive(fine.value, up).value.loc[coarse.index]
    np.testing.assert_allclose(back, values, rtol=1e-9, atol=1e-300)
    whole = chain(down, up)
    assert set(whole.source_kind) == {"same"}
    assert whole.share.tolist() == [1.0] * len(coarse)


@settings(max_examples=40, deadline=None)
@given(key_tables(), st.data())
def test_a_rate_lies_between_those_it_is_made_of_and_its_denominators_add_up(table, data):
    crosswalk = by_key(table)
    rates, people = drawn_values(data, crosswalk.source), drawn_values(data, crosswalk.source, counts)
    found = intensive(rates, people, crosswalk)
    for target, value in found.value.items():
        used = [one for one in table.loc[table["to_area"] == target, "from_area"] if people[one] > 0]
        assert bool(used) != np.isnan(value)
        if used:
            assert rates[used].min() <= value <= rates[used].max()
    assert found.denominator.sum() == pytest.approx(people.sum(), rel=1e-9)
    # Σ rate · denominator stays as well.
    shown = (found.value * found.denominator).sum()
    total = (rates * people).sum()
    assert shown == pytest.approx(total, rel=1e-9, abs=1e-9 * (rates * people).abs().sum() + 1e-300)


@settings(max_examples=40, deadline=None)
@given(key_tables(), st.data())
def test_to_suppress_a_source_hides_all_its_targets_and_changes_no_other(table, data):
    crosswalk = by_key(table)
    values = drawn_values(data, crosswalk.source, st.integers(1, 1000))
    hidden = data.draw(st.sets(st.sampled_from(crosswalk.source.tolist())))
    words = pd.Series(
        np.where(crosswalk.source.isin(hidden), "suppressed", "measured"), index=crosswalk.source
    )
    before = extensive(values, crosswalk).value
    after = extensive(values.mask(words == "suppressed"), crosswalk, status=words, missing_up_to=0.99)
    touched = crosswalk.target.isin(table.loc[table["from_area"].isin(hidden), "to_area"])
    assert (after.status == "suppressed").tolist() == touched.tolist()
    assert after.value.isna().tolist() == touched.tolist()
    assert after.value[~touched].tolist() == before[~touched].tolist()


@settings(max_examples=40, deadline=None)
@given(key_tables(), st.data())
def test_known_is_1_exactly_where_no_source_is_missing(table, data):
    crosswalk = by_key(table)
    values = drawn_values(data, crosswalk.source, st.one_of(st.just(np.nan), st.integers(1, 9)))
    found = extensive(values, crosswalk)
    lacking = table["from_area"].map(values.isna()).groupby(table["to_area"]).any()
    assert (found.known < 1).tolist() == lacking.loc[crosswalk.target].tolist()
    assert found.known.between(0, 1).all()


@settings(max_examples=40, deadline=None)
@given(maps("s", width=50), maps("t", width=55), maps("b"))
def test_residents_who_live_evenly_divide_as_the_surface_does(source, target, blocks):
    evenly = by_population(source, target, blocks, blocks.area, tolerance=0)
    surface = by_area(source, target, tolerance=0)
    assert evenly.to_frame().iloc[:, :2].equals(surface.to_frame().iloc[:, :2])
    assert evenly.share == pytest.approx(surface.share, abs=1e-9)
    assert evenly.size.to_numpy() == pytest.approx(surface.size.to_numpy())
    assert evenly.without_source.to_numpy() == pytest.approx(surface.without_source.to_numpy(), abs=1e-9)
    # Blocks reach 10 m further right than the sources, which are 40 m high.
    assert evenly.parameters["residents_outside_sources"] == pytest.approx(400)


@settings(max_examples=40, deadline=None)
@given(maps("s", width=50), maps("m", width=45), maps("t", width=55), st.data())
def test_a_chain_converts_as_its_two_steps_do(source, middle, target, data):
    first, second = by_area(source, middle, tolerance=0), by_area(middle, target, tolerance=0)
    values = drawn_values(data, source.index, counts)
    by_steps = extensive(extensive(values, first, missing_up_to=0.99).value, second, missing_up_to=0.99)
    at_once = extensive(values, chain(first, second), missing_up_to=0.99)
    np.testing.assert_allclose(at_once.value, by_steps.value, rtol=1e-9, atol=1e-300)
