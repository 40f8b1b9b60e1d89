"""Space against composition: worked tables, PySAL's values where they are right, and its traps."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial import ParameterError
from spatial.neighbours import NeighbourGraph
from spatial.segregation import subject
from spatial.segregation.decomposition import counterfactual
from spatial.segregation.decomposition.counterfactual import (
    PART_TITLES,
    SpaceAndComposition,
    space_and_composition,
)
from spatial.segregation.measure import Measure

quick = settings(max_examples=40, deadline=None)
cities = st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90)), min_size=2, max_size=8).filter(
    lambda rows: all(sum(column) for column in zip(*rows, strict=True))
)
APPROACHES = ["composition", "share", "dual_composition"]

SIX = pd.DataFrame({"g": [10, 20, 30, 5, 40, 0], "r": [90, 60, 30, 45, 50, 70]})
FIVE = pd.DataFrame({"g": [3, 9, 12, 8, 30], "r": [27, 51, 28, 72, 20]})


def city(rows, prefix="a"):
    return pd.DataFrame(
        rows, index=[f"{prefix}{k}" for k in range(len(rows))], columns=["g", "r"], dtype=float
    )


def dissimilarity(rows):
    group, rest = np.array(rows, dtype=float).T
    return 0.5 * np.abs(group / group.sum() - rest / rest.sum()).sum()


def fake(**changes):
    settings_of = {
        "id": "fake",
        "title_de": "Probe",
        "title_en": "Probe",
        "dimension": "spatial",
        "groups": "two",
        "citation": "none",
        "function": lambda group, total: 0.0,
    }
    return Measure(**settings_of | changes)


def register_has(monkeypatch, **changes):
    entry = fake(**changes)
    for module in (subject, counterfactual):
        monkeypatch.setattr(module, "measure", lambda name: entry)


def test_percentiles_are_looked_up_between_the_values_of_the_other_city():
    # Three areas of 100 each. Ranks 1, 2, 3 are the percentiles 1/3, 2/3, 1, that is places 2/3, 4/3, 2 among
    # the sorted shares of the other. The old city takes 20 + 2/3·20, 40 + 1/3·20, 60; the new one takes
    # 10 + 2/3·10, 20 + 1/3·10, 30.
    old, new = city([[10, 90], [20, 80], [30, 70]]), city([[20, 80], [40, 60], [60, 40]])
    found = space_and_composition("dissimilarity", old, new)
    assert found.first_counterfactual["group"].tolist() == pytest.approx([100 / 3, 140 / 3, 60])
    assert found.first_counterfactual.sum(axis=1).tolist() == [100, 100, 100]
    assert found.second_counterfactual["group"].tolist() == pytest.approx([50 / 3, 70 / 3, 30])
    mixed = dissimilarity(found.first_counterfactual), dissimilarity(found.second_counterfactual)
    assert (found.first_space_second_composition, found.second_space_first_composition) == pytest.approx(
        mixed
    )
    own = dissimilarity(old), dissimilarity(new)
    assert found.parts["space"] == pytest.approx(0.5 * (own[0] - mixed[1] + mixed[0] - own[1]))
    assert found.parts["composition"] == pytest.approx(0.5 * (own[0] - mixed[0] + mixed[1] - own[1]))


def test_equal_shares_take_their_mean_rank():
    # Both areas have rank 1.5 of 2, percentile 3/4, place 3/4·1 among 0.2 and 0.6: 0.5.
    found = space_and_composition("dissimilarity", city([[10, 10], [20, 20]]), city([[2, 8], [6, 4]]))
    assert found.first_counterfactual["group"].tolist() == pytest.approx([10, 20])


def test_shares_of_the_group_are_scaled_to_its_size():
    # Shares ½, ½ of 40 and 1/4, 3/4 of 8. Ranks 1.5: place 3/4 between 1/4 and 3/4 is 5/8 for both, scaled to
    # ½ each. The other way round: places ½ and 1 of ½, ½.
    found = space_and_composition(
        "dissimilarity", city([[20, 10], [20, 30]]), city([[2, 5], [6, 5]]), approach="share"
    )
    assert found.first_counterfactual["group"].tolist() == pytest.approx([20, 20])
    assert found.second_counterfactual["group"].tolist() == pytest.approx([4, 4])
    assert found.second_counterfactual["rest"].sum() == pytest.approx(10)


@pytest.mark.parametrize(
    ("index", "approach", "space", "composition"),
    [
        ("dissimilarity", "composition", 0.005360820206664757, 0.01098982307244975),
        ("dissimilarity", "share", 0.027883867196999257, -0.01153322391788475),
        ("dissimilarity", "dual_composition", -0.006770177689054552, 0.02312082096816906),
    ],
)
def test_pysal_2_5_4_gives_the_same(index, approach, space, composition):
    found = space_and_composition(index, SIX, FIVE, approach=approach)
    assert found.parts.to_dict() == pytest.approx({"space": space, "composition": composition}, abs=1e-12)


@quick
@given(cities, cities, st.sampled_from(APPROACHES), st.sampled_from(["interpolated", "observed"]))
def test_parts_add_up_and_change_their_sign_with_the_cities(first, second, approach, quantiles):
    options = {"approach": approach, "quantiles": quantiles}
    there = space_and_composition("dissimilarity", city(first), city(second), **options)
    back = space_and_composition("dissimilarity", city(second), city(first), **options)
    assert there.parts.sum() == pytest.approx(there.first - there.second, abs=1e-12, nan_ok=True)
    assert there.parts.to_dict() == pytest.approx((-back.parts).to_dict(), abs=1e-12, nan_ok=True)


@quick
@given(cities, st.sampled_from(APPROACHES), st.randoms(use_true_random=False))
def test_observed_values_of_the_same_areas_swap_nothing(rows, approach, random):
    mixed = rows.copy()
    random.shuffle(mixed)
    found = space_and_composition(
        "dissimilarity", city(rows), city(mixed, "b"), approach=approach, quantiles="observed"
    )
    assert found.first_counterfactual.to_numpy() == pytest.approx(city(rows).to_numpy(), abs=1e-9)
    assert found.parts.to_dict() == pytest.approx({"space": 0, "composition": 0}, abs=1e-9)


@quick
@given(cities, cities, st.sampled_from(APPROACHES), st.integers(2, 9))
def test_the_number_of_people_and_the_order_of_areas_do_not_matter(first, second, approach, factor):
    plain = space_and_composition("dissimilarity", city(first), city(second), approach=approach)
    other = space_and_composition(
        "dissimilarity", city(first).iloc[::-1] * factor, city(second), approach=approach
    )
    assert other.parts.to_dict() == pytest.approx(plain.parts.to_dict(), abs=1e-9, nan_ok=True)


@quick
@given(cities, cities, st.sampled_from(APPROACHES))
def test_pysal_trap_areas_without_residents_have_no_effect(first, second, approach):
    plain = space_and_composition("dissimilarity", city(first), city(second), approach=approach)
    first_too = space_and_composition(
        "dissimilarity", city([*first, (0, 0)]), city([(0, 0), *second]), approach=approach
    )
    assert first_too.parts.to_dict() == pytest.approx(plain.parts.to_dict(), abs=1e-12, nan_ok=True)


def test_pysal_trap_an_empty_area_would_have_made_another_value():
    # PySAL gives 0.0303 and -0.0140 once FIVE has a sixth area with nobody in it.
    empty = pd.concat([FIVE, pd.DataFrame({"g": [0], "r": [0]}, index=[5])])
    found = space_and_composition("dissimilarity", SIX, empty)
    assert found.parts["space"] == pytest.approx(0.005360820206664757, abs=1e-12)


def test_pysal_trap_options_hold_for_the_counterfactual_values_too(monkeypatch):
    # A measure that is the share of the group to a power: PySAL would take the default power in between.
    def prepare(*, power=1.0):
        return lambda counts: (counts[..., 0, :].sum(axis=-1) / counts.sum(axis=(-2, -1))) ** power

    register_has(monkeypatch, prepare=prepare, function=prepare)
    plain = space_and_composition("fake", SIX, FIVE)
    squared = space_and_composition("fake", SIX, FIVE, power=2.0)
    assert squared.first_space_second_composition == pytest.approx(plain.first_space_second_composition**2)
    assert squared.second_space_first_composition == pytest.approx(plain.second_space_first_composition**2)
    assert squared.options == {"power": 2.0}
    with pytest.raises(ParameterError, match="an option of fake: power"):
        space_and_composition("fake", SIX, FIVE, b=2)
    register_has(monkeypatch, prepare=prepare, function=lambda group, total, *, power: 0.0)
    with pytest.raises(ParameterError, match="power is None, expected a value, which fake needs"):
        space_and_composition("fake", SIX, FIVE)


def test_a_measure_on_the_map_sees_each_city_with_its_own_areas(monkeypatch):
    # The mean place of the group. Composition is 1 : 1 everywhere in the second city, and all of its areas have
    # the same size: in the first city the group then lives where everybody lives.
    def prepare(*, places):
        return lambda counts: (counts[..., 0, :] * places.x).sum(axis=-1) / counts[..., 0, :].sum(axis=-1)

    register_has(monkeypatch, prepare=prepare, needs=("geometry",))
    first, second = city([[10, 0], [10, 30]]), city([[5, 5], [5, 5]])
    areas = gpd.GeoSeries([shapely.box(x, 0, x + 2, 2) for x in (0, 2)], index=first.index, crs=25833)
    found = space_and_composition(
        "fake", first, second, first_geometry=areas.iloc[::-1], second_geometry=areas.translate(10)
    )
    assert found.first == pytest.approx((10 * 1 + 10 * 3) / 20)
    assert found.first_space_second_composition == pytest.approx((5 * 1 + 20 * 3) / 25)
    assert found.second == pytest.approx(12)
    with pytest.raises(ParameterError, match="the areas, which fake needs"):
        space_and_composition("fake", first, second, first_geometry=areas)


def test_a_measure_on_a_graph_gets_the_graph_in_the_order_of_the_areas(monkeypatch):
    # The group in both areas of each border.
    def prepare(*, graph):
        return lambda counts: counts[..., 0, :][..., [graph.first, graph.second]].sum(axis=(-1, -2))

    register_has(monkeypatch, prepare=prepare, needs=("graph",))
    first = city([[10, 10], [20, 20], [40, 40]])
    graph = NeighbourGraph(
        area_id=pd.Index(["a2", "a0", "a1"]),
        first=np.array([0]),
        second=np.array([1]),
        border=np.array([1.0]),
    )
    found = space_and_composition("fake", first, first, first_graph=graph, second_graph=graph)
    assert found.first == 40 + 10
    assert found.first_counterfactual.index.equals(first.index)
    with pytest.raises(ParameterError, match="the neighbour graph"):
        space_and_composition("fake", first, first)


def test_polygons_stand_in_for_a_graph_that_is_not_given(monkeypatch):
    register_has(
        monkeypatch,
        prepare=lambda *, graph: lambda counts: np.full(counts.shape[:-2], float(len(graph.border))),
        needs=("graph",),
    )
    first = city([[10, 10], [20, 20], [40, 40]])
    areas = gpd.GeoSeries([shapely.box(x, 0, x + 2, 2) for x in (0, 2, 4)], index=first.index, crs=25833)
    found = space_and_composition(
        "fake", first, first, first_geometry=areas, second_geometry=areas.iloc[::-1]
    )
    assert (found.first, found.second) == (2, 2)


def test_many_groups_are_swapped_one_by_one(monkeypatch):
    def prepare():
        return lambda counts: counts[..., 2, :].sum(axis=-1)

    register_has(monkeypatch, prepare=prepare, groups="many")
    first = pd.DataFrame({"x": [10, 20], "y": [10, 0], "z": [0, 20]}, dtype=float)
    second = pd.DataFrame({"x": [8, 1], "y": [1, 1], "z": [1, 8]}, dtype=float)
    found = space_and_composition("fake", first, second, approach="share")
    assert found.first_space_second_composition == pytest.approx(20)
    assert found.first_counterfactual.columns.tolist() == ["x", "y", "z"]
    with pytest.raises(ParameterError, match="'share' or 'dual_composition' for more than two groups"):
        space_and_composition("fake", first, second)
    with pytest.raises(ParameterError, match="the same columns as in the first"):
        space_and_composition("fake", first, second.rename(columns={"z": "u"}), approach="share")
    with pytest.raises(ParameterError, match="takes all columns"):
        space_and_composition("fake", first, second, group="x", approach="share")


def test_the_group_is_the_first_column_or_the_one_that_is_named():
    three = pd.DataFrame({"a": [1, 2, 3], "b": [5, 1, 1], "c": [4, 4, 9]})
    found = space_and_composition("dissimilarity", three, three, group="b", against="c")
    assert found.first == pytest.approx(dissimilarity(three[["b", "c"]]))


@pytest.mark.parametrize("approach", APPROACHES)
def test_an_absent_group_has_no_parts(approach):
    nobody = city([[0, 5], [0, 7]])
    found = space_and_composition("dissimilarity", nobody, city([[2, 5], [3, 1]]), approach=approach)
    assert math.isnan(found.first)
    assert found.parts.isna().all()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"approach": "X"}, "'composition', 'share' or 'dual_composition'"),
        ({"quantiles": "X"}, "interpolated"),
    ],
)
def test_bad_options_are_refused(options, reason):
    with pytest.raises(ParameterError, match=reason):
        space_and_composition("dissimilarity", SIX, FIVE, **options)


def test_measures_with_more_than_one_number_are_refused(monkeypatch):
    register_has(monkeypatch, gives="per area")
    with pytest.raises(ParameterError, match="one number"):
        space_and_composition("fake", SIX, FIVE)


def test_parts_that_do_not_add_up_cannot_be_made():
    fine = space_and_composition("dissimilarity", SIX, FIVE)
    with pytest.raises(ParameterError, match="add up"):
        SpaceAndComposition(**{name: getattr(fine, name) for name in fine.__slots__} | {"first": 9.0})


def test_a_result_is_readable_and_inputs_are_not_changed():
    before = SIX.copy()
    found = space_and_composition("dissimilarity", SIX, FIVE)
    assert repr(found) == (
        "SpaceAndComposition(dissimilarity 0.4513 - 0.4350: space +0.0054, composition +0.0110; composition)"
    )
    assert found.to_frame()["title_de"].to_dict() == {part: title.de for part, title in PART_TITLES.items()}
    pd.testing.assert_frame_equal(SIX, before)


def test_groups_of_the_two_are_matched_by_name():
    first = pd.DataFrame({"g": [10, 30], "r": [90, 70]})
    turned = space_and_composition("isolation", first, first[["r", "g"]])
    assert turned.parts.abs().max() == pytest.approx(0, abs=1e-15)
    with pytest.raises(ParameterError, match="the same columns as in the first: g, r"):
        space_and_composition("isolation", first, first.rename(columns={"g": "x"}))
