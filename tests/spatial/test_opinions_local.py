"""Local Moran and Gi*: worked by hand, against all draws there are, and as often wrong as they say."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from spatial import CountsError, NeighbourGraph, ParameterError
from spatial.errors import AlignmentError
from spatial.regions.opinions import getis_ord, local_moran

quick = settings(max_examples=30, deadline=None)
BOTH = pytest.mark.parametrize("statistic", [local_moran, getis_ord])

# A false alarm in one of a thousand runs; with the fixed seeds here, in none.
ALARM = 1e-3


def graph_of(names, pairs, corners=None):
    pairs = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
    return NeighbourGraph(
        area_id=pd.Index(names),
        first=pairs[:, 0],
        second=pairs[:, 1],
        border=np.full(len(pairs), 50.0),
        corners=None if corners is None else np.array(sorted(corners), dtype=np.int64).reshape(-1, 2),
    )


def grid(rows, columns):
    place = np.arange(rows * columns).reshape(rows, columns)
    sides = [(place[:, :-1], place[:, 1:]), (place[:-1], place[1:])]
    corners = [(place[:-1, :-1], place[1:, 1:]), (place[:-1, 1:], place[1:, :-1])]
    pairs, points = (
        [
            pair
            for one, other in ends
            for pair in zip(one.ravel().tolist(), other.ravel().tolist(), strict=True)
        ]
        for ends in (sides, corners)
    )
    return graph_of([f"{number:03d}" for number in range(rows * columns)], pairs, points)


def needed(graph, values):
    return pd.Series(values, index=graph.area_id, dtype=float), pd.Series(100, index=graph.area_id)


ROW = graph_of(list("abcde"), [(0, 1), (1, 2), (2, 3), (3, 4)])


def test_local_moran_by_hand():
    # Need 4, 2, 0, 0, −1: mean 1, deviations 3, 1, −1, −1, −2, m2 = (9 + 1 + 1 + 1 + 4) / 5 = 3.2.
    # a: 3 · 1 / 3.2; b: 1 · (3 − 1) / 2 / 3.2; c: −1 · (1 − 1) / 2; d: −1 · (−1 − 2) / 2 / 3.2; e: −2 · −1 / 3.2
    figures = local_moran(*needed(ROW, [4, 2, 0, 0, -1]), ROW).figures
    assert figures["statistic"].tolist() == pytest.approx([0.9375, 0.3125, 0.0, 0.46875, 0.625])
    assert figures["kind"].tolist() == ["high-high", "high-high", "low-low", "low-low", "low-low"]
    assert figures["neighbours"].tolist() == [1, 2, 2, 2, 1]


def test_the_mean_of_local_moran_is_that_of_the_city():
    graph = grid(6, 7)
    values = np.random.default_rng(3).normal(size=42)
    figures = local_moran(*needed(graph, values), graph, contiguity="queen").figures
    deviation = values - values.mean()
    first, second = graph.contiguous("queen")
    ends = np.r_[first, second], np.r_[second, first]
    weight = 1 / np.bincount(ends[0])[ends[0]]
    whole = (weight * deviation[ends[0]] * deviation[ends[1]]).sum() / (deviation**2).sum()
    assert figures["statistic"].mean() == pytest.approx(whole)


def test_gi_star_by_hand():
    # Need 4, 2, 0, 0, −1: mean 1, S² = 3.2. b with both neighbours sums up to 6, expected 3, of 5 areas:
    # (6 − 3) / √(3.2 · 3 · 2 / 4) = 3 / √4.8
    figures = getis_ord(*needed(ROW, [4, 2, 0, 0, -1]), ROW).figures
    assert figures.loc["b", "z"] == pytest.approx(3 / 4.8**0.5)
    assert figures.loc["b", "statistic"] == pytest.approx(2.0)
    assert figures["kind"].tolist() == ["hot", "hot", "cold", "cold", "cold"]


def test_an_area_unlike_its_neighbours_is_neither_hot_nor_cold():
    # The high area between two low ones: high together, but only because of itself.
    figures = getis_ord(*needed(ROW, [0, 0, 9, 0, 3]), ROW).figures
    assert figures.loc["c", "kind"] == "mixed"
    assert local_moran(*needed(ROW, [0, 0, 9, 0, 3]), ROW).figures.loc["c", "kind"] == "high-low"


def every_draw(values, area, number):
    others = np.delete(np.asarray(values, dtype=float), area)
    return np.array([sum(drawn) for drawn in itertools.combinations(others, number)])


def test_p_values_come_near_those_of_all_draws_there_are():
    values = [5.0, 4.0, 2.5, 3.0, 1.0, 0.5, 0.0, 0.2]
    graph = graph_of(list("abcdefgh"), [(i, i + 1) for i in range(7)] + [(0, 2), (5, 7)])
    figures = local_moran(
        *needed(graph, values), graph, alternative="greater", replicates=19_999, rng=4
    ).figures
    links = [sorted({*graph.second[graph.first == i], *graph.first[graph.second == i]}) for i in range(8)]
    for area, near in enumerate(links):
        sums, observed = every_draw(values, area, len(near)), sum(values[one] for one in near)
        is_high = values[area] > np.mean(values)
        exact = np.mean(sums >= observed - 1e-9) if is_high else np.mean(sums <= observed + 1e-9)
        # Four standard errors of a share of 19,999 draws.
        tolerance = 4 * np.sqrt(exact * (1 - exact) / 19_999) + 1e-4
        assert figures["p_value"].iloc[area] == pytest.approx(exact, abs=tolerance)


def test_standardised_values_use_the_exact_moments_of_the_draws():
    values = [5.0, 4.0, 2.5, 3.0, 1.0, 0.5]
    graph = graph_of(list("abcdef"), [(0, 1), (0, 2), (0, 3), (1, 2), (3, 4), (4, 5)])
    figures = local_moran(*needed(graph, values), graph, inference="analytic").figures
    sums = every_draw(values, 0, 3)
    assert figures.loc["a", "z"] == pytest.approx((4.0 + 2.5 + 3.0 - sums.mean()) / sums.std())


@BOTH
def test_exact_moments_and_draws_agree_where_neighbours_are_many(statistic):
    graph = grid(12, 12)
    given = needed(graph, np.random.default_rng(6).normal(size=144))
    drawn = statistic(*given, graph, contiguity="queen", replicates=1999).figures["p_value"]
    moments = statistic(*given, graph, contiguity="queen", inference="analytic").figures["p_value"]
    assert np.corrcoef(drawn, moments)[0, 1] > (0.995 if statistic is local_moran else 0.8)


@pytest.mark.parametrize("alternative", ["greater", "two-sided"])
@BOTH
def test_p_values_are_uniform_when_need_is_dealt_out_by_chance(statistic, alternative):
    graph = grid(5, 5)
    values = np.random.default_rng(1).gamma(2.0, size=25)
    rng = np.random.default_rng(2)
    p_values = []
    for seed in range(400):
        figures = statistic(
            *needed(graph, rng.permutation(values)),
            graph,
            alternative=alternative,
            replicates=99,
            rng=seed,
            workers=1,
        ).figures
        p_values.append(figures["p_value"].iloc[12])  # the middle: areas of one city depend on each other
    steps = np.random.default_rng(0).random(400) * (1 if alternative == "greater" else 2) / 100
    assert kstest(np.minimum(np.array(p_values), 1) - steps, "uniform").pvalue > ALARM


def test_the_promised_share_of_cities_without_a_pattern_shows_nothing_unusual():
    graph = grid(5, 6)
    rng = np.random.default_rng(5)
    alarms = [
        local_moran(*needed(graph, rng.normal(size=30)), graph, inference="analytic", level=0.1).found["unusual"] > 0
        for _ in range(300)
    ]  # fmt: skip
    # All found are false: a false discovery rate of 10 % is then a chance of 10 % to find any.
    assert np.mean(alarms) < 0.16


def test_a_cluster_is_found_and_named_by_its_residents():
    graph = grid(10, 10)
    values = np.random.default_rng(8).normal(0, 0.3, (10, 10))
    values[:4, :4] += 3.0
    values[7:, 6:] += 3.0
    need, people = needed(graph, values.ravel())
    for statistic in (local_moran, getis_ord):
        found = statistic(need, people, graph, replicates=1999, alternative="greater", contiguity="queen")
        assert {found.region.iloc[11], found.region.iloc[88]} == {"1", "2"}
        assert found.summary()["residents"].tolist() == sorted(found.summary()["residents"], reverse=True)
        assert found.region.notna().sum() < 32
        assert (found.summary()["mean_need"] > 2).all()


def test_q_values_are_those_of_benjamini_and_hochberg():
    graph = grid(4, 4)
    figures = local_moran(*needed(graph, np.arange(16.0)), graph).figures
    p = np.sort(figures["p_value"])
    by_hand = np.minimum.accumulate((p * 16 / np.arange(1, 17))[::-1])[::-1]
    assert np.sort(figures["q_value"]) == pytest.approx(np.minimum(by_hand, 1))


@BOTH
def test_areas_that_nothing_can_be_said_of_are_named(statistic):
    graph = graph_of(list("abcdefg"), [(0, 1), (1, 2), (2, 3), (4, 5)])
    need, people = needed(graph, [1, 2, 3, 4, np.nan, 1, 5])
    found = statistic(need, people, graph)
    assert found.undefined.to_dict() == {
        "e": "need missing",
        "f": "no neighbour of known need",
        "g": "no neighbour of known need",
    }
    assert found.figures.loc[["e", "f", "g"], ["statistic", "z", "p_value", "q_value"]].isna().all(axis=None)
    assert found.figures.loc[list("abcd"), "p_value"].notna().all()
    assert found.region.loc[["e", "f", "g"]].isna().all()


@BOTH
def test_a_city_without_differences_has_no_statistic(statistic):
    found = statistic(*needed(ROW, [0.3, 0.1 + 0.2, 0.3, 0.3, 0.3]), ROW)
    assert found.figures["statistic"].isna().all()
    assert set(found.undefined) == {"need is the same everywhere"}


@BOTH
@pytest.mark.parametrize("inference", ["permutation", "analytic"])
def test_where_all_others_are_neighbours_nothing_is_unusual(statistic, inference):
    triangle = graph_of(list("abc"), [(0, 1), (0, 2), (1, 2)])
    figures = statistic(*needed(triangle, [1, 2, 5]), triangle, inference=inference).figures
    assert figures["p_value"].tolist() == [1.0, 1.0, 1.0]
    assert figures["z"].isna().all()


def test_an_area_at_the_mean_is_not_unusual():
    figures = local_moran(*needed(ROW, [4, 2, 1, -1, -1]), ROW).figures  # mean 1
    assert (figures.loc["c", "statistic"], figures.loc["c", "p_value"]) == (0.0, 1.0)


@BOTH
def test_an_area_of_unknown_need_changes_nothing_for_the_others(statistic):
    with_park = graph_of([*list("abcde"), "park"], [(0, 1), (1, 2), (2, 3), (3, 4), (1, 5), (2, 5)])
    need, people = needed(with_park, [4, 2, 0, 0, -1, np.nan])
    people["park"] = 0
    seen = statistic(need, people, with_park, rng=3).figures.loc[list("abcde")]
    pd.testing.assert_frame_equal(seen, statistic(*needed(ROW, [4, 2, 0, 0, -1]), ROW, rng=3).figures)


def test_an_empty_city_has_an_empty_answer():
    nothing = graph_of([], [])
    found = local_moran(*needed(nothing, []), nothing)
    assert len(found.region) == 0
    assert found.found["tested"] == 0


@quick
@given(st.integers(0, 2**32), st.sampled_from([local_moran, getis_ord]))
def test_the_order_of_rows_is_irrelevant(seed, statistic):
    graph = grid(5, 4)
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 6, 20).astype(float)
    values[rng.random(20) < 0.1] = np.nan
    need, people = needed(graph, values)
    mixed = rng.permutation(20)
    one = statistic(need, people, graph, replicates=39, level=0.3, contiguity="queen")
    other = statistic(
        need.iloc[mixed],
        people.iloc[rng.permutation(20)],
        graph.in_order(graph.area_id[rng.permutation(20)]),
        replicates=39,
        level=0.3,
        contiguity="queen",
    )
    assert other.region.index.equals(need.index[mixed])
    pd.testing.assert_frame_equal(other.to_frame().loc[need.index], one.to_frame(), check_dtype=False)


@BOTH
def test_the_same_seed_gives_the_same_numbers_with_any_number_of_threads(statistic):
    graph = grid(80, 80)  # large enough for threads
    given = needed(graph, np.random.default_rng(9).normal(size=6400))
    one = statistic(*given, graph, replicates=130, rng=7, workers=1)
    pd.testing.assert_frame_equal(
        statistic(*given, graph, replicates=130, rng=7, workers=3).figures, one.figures
    )
    other = statistic(*given, graph, replicates=130, rng=8, workers=3)
    assert not other.figures["p_value"].equals(one.figures["p_value"])
    assert one.seed == 7


def test_a_generator_is_known_by_the_number_it_gave():
    given = needed(ROW, [4, 2, 0, 0, -1])
    found = local_moran(*given, ROW, rng=np.random.default_rng(5))
    pd.testing.assert_frame_equal(local_moran(*given, ROW, rng=found.seed).figures, found.figures)
    assert local_moran(*given, ROW, inference="analytic").seed is None


def test_the_result_tells_its_options_and_what_was_found():
    found = local_moran(*needed(ROW, [4, 2, 0, 0, -1]), ROW)
    assert found.parameters == {
        "level": 0.05,
        "inference": "permutation",
        "alternative": "two-sided",
        "replicates": 999,
        "contiguity": "rook",
    }
    assert set(found.found) == {"tested", "unusual", "at_limit"}
    assert repr(found).startswith(
        "SecondOpinion(0 regions, 0 of 5 areas, 0 residents, 0 areas of unknown need"
    )
    assert list(found.to_frame().columns[:4]) == ["region_id", "is_member", "need", "population"]


def test_p_values_at_their_limit_are_counted():
    graph = grid(12, 12)
    values = np.zeros((12, 12))
    values[:6] = 10 + np.arange(72).reshape(6, 12) / 100
    found = local_moran(*needed(graph, values.ravel()), graph, alternative="greater", replicates=19)
    assert found.found["at_limit"] == (found.figures["p_value"] == 1 / 20).sum() > 20


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"level": 0}, "level"),
        ({"level": "0.05"}, "level"),
        ({"alternative": "less"}, "alternative"),
        ({"inference": "exact"}, "inference"),
        ({"replicates": 9}, "replicates"),
        ({"replicates": 99.5}, "replicates"),
        ({"rng": -1}, "rng"),
        ({"contiguity": "bishop"}, "contiguity"),
        ({"contiguity": "queen"}, "graph"),
        ({"workers": 0}, "workers"),
    ],
)
def test_wrong_options_are_refused(options, name):
    with pytest.raises(ParameterError) as refused:
        local_moran(*needed(ROW, [4, 2, 0, 0, -1]), ROW, **options)
    assert refused.value.name == name


def test_wrong_inputs_are_refused():
    need, people = needed(ROW, [4, 2, 0, 0, -1])
    with pytest.raises(AlignmentError):
        local_moran(need.drop("a"), people, ROW)
    with pytest.raises(AlignmentError):
        getis_ord(need, people.rename({"a": "z"}), ROW)
    with pytest.raises(CountsError):
        local_moran(need, people.where(people.index != "b"), ROW)
    with pytest.raises(CountsError):
        local_moran(need, -people, ROW)
    with pytest.raises(CountsError):
        getis_ord(need.replace(4, np.inf), people, ROW)
    with pytest.raises(ParameterError):
        getis_ord(need, people, "graph")


def test_inputs_are_left_as_they_are():
    need, people = needed(ROW, [4, 2, np.nan, 0, -1])
    before = need.copy(), people.copy()
    local_moran(need, people, ROW)
    pd.testing.assert_series_equal(need, before[0])
    pd.testing.assert_series_equal(people, before[1])
