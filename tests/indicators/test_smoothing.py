"""Empirical-Bayes smoothing: Marshall's formulas by hand, another program's values, and nothing given away."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from indicators.errors import ShareError
from indicators.limits import poisson_limits
from indicators.smoothing import empirical_bayes
from spatial import NeighbourGraph
from spatial.errors import AlignmentError, ParameterError

# Nine areas on a board of three by three, numbered by rows.
EVENTS = [3, 12, 7, 40, 2, 18, 9, 25, 1]
PEOPLE = [150, 400, 210, 620, 90, 330, 260, 480, 60]
IDS = [f"{i:02d}" for i in range(9)]


def board(ids=IDS):
    pairs = sorted([(i, i + 1) for i in range(9) if i % 3 < 2] + [(i, i + 3) for i in range(6)])
    first, second = (np.array(one) for one in zip(*pairs, strict=True))
    return NeighbourGraph(area_id=pd.Index(ids), first=first, second=second, border=np.ones(len(pairs)))


def row(*pairs, ids):
    first, second = (
        (np.array(one, dtype=int) for one in zip(*pairs, strict=True)) if pairs else (np.empty(0, int),) * 2
    )
    return NeighbourGraph(area_id=pd.Index(ids), first=first, second=second, border=np.ones(len(pairs)))


def smoothed(events=EVENTS, people=PEOPLE, *, states=None, ids=None, **options):
    ids = ids or [f"{i:02d}" for i in range(len(events))]
    part, whole = pd.Series(events, index=ids, dtype=float), pd.Series(people, index=ids, dtype=float)
    if states is None:
        states = ["missing" if np.isnan(one) else "zero" if one == 0 else "measured" for one in part]
    return empirical_bayes(
        part,
        whole,
        numerator_status=pd.Series(states, index=ids),
        denominator_status=pd.Series("measured", index=ids),
        **options,
    )


def test_two_areas_drawn_together_by_hand():
    # r = (0.05, 0.2), n = (100, 300): m = 65/400 = 0.1625
    # spread = (100 * 0.1125^2 + 300 * 0.0375^2) / 400 = 0.00421875; A = 0.00421875 - 0.1625/200 = 0.00340625
    # weights: A / (A + 0.1625/100) = 0.677019, A / (A + 0.1625/300) = 0.862797
    # values: 0.1625 - 0.677019 * 0.1125 = 0.086335, 0.1625 + 0.862797 * 0.0375 = 0.194855
    result = smoothed([5, 60], [100, 300])
    assert result.weight.tolist() == pytest.approx([0.677019, 0.862797], abs=1e-6)
    assert result.value.tolist() == pytest.approx([8.6335, 19.4855], abs=1e-4)
    assert result.centre.tolist() == pytest.approx([16.25, 16.25])


def test_the_binomial_model_takes_the_smaller_noise_of_a_share():
    # as above with v = 0.1625 * 0.8375 = 0.13609375; A = 0.00421875 - v/200 = 0.00353828
    # first weight: A / (A + v/100) = 0.722213
    result = smoothed([5, 60], [100, 300], model="binomial")
    assert result.weight.iloc[0] == pytest.approx(0.722213, abs=1e-6)
    assert (result.weight > smoothed([5, 60], [100, 300]).weight).all()


def test_global_smoothing_agrees_with_esda():
    """esda 2.9.0, esda.smoothing.Empirical_Bayes(EVENTS, PEOPLE).r, times 100; all printed digits."""
    theirs = [
        3.94896786,
        3.85521384,
        4.16916082,
        5.55167911,
        4.16964314,
        4.86604877,
        4.15846177,
        4.83645342,
        4.2121284,
    ]
    assert smoothed().value.tolist() == pytest.approx(theirs, abs=5.1e-9)


def test_neighbourhood_smoothing_agrees_with_esda():
    """esda 2.9.0, esda.smoothing.Spatial_Empirical_Bayes(EVENTS, PEOPLE, lat2W(3, 3)).r, times 100."""
    theirs = [
        3.54539405,
        2.82352941,
        3.93384089,
        5.95740601,
        4.77739083,
        4.05797101,
        5.40995237,
        4.15730337,
        5.05747126,
    ]
    result = smoothed(prior="neighbourhood", graph=board())
    assert result.value.tolist() == pytest.approx(theirs, abs=5.1e-9)
    assert result.neighbours.tolist() == [2, 3, 2, 3, 4, 3, 2, 3, 2]


def test_neighbours_that_touch_in_a_corner_count_when_asked_for():
    corners = NeighbourGraph(
        area_id=pd.Index(["00", "01", "02"]), first=np.array([0]), second=np.array([1]), border=np.ones(1),
        corners=np.array([[1, 2]]),
    )  # fmt: skip
    counts = {"events": [5, 60, 9], "people": [100, 300, 50], "prior": "neighbourhood", "graph": corners}
    assert smoothed(**counts).neighbours.tolist() == [1, 1, 0]
    assert smoothed(**counts, contiguity="queen").neighbours.tolist() == [1, 2, 1]


def test_an_area_without_neighbours_keeps_its_own_value():
    result = smoothed(
        [5, 60, 9], [100, 300, 50], prior="neighbourhood", graph=row((0, 1), ids=["00", "01", "02"])
    )
    assert result.value.iloc[2] == 18
    assert (result.weight.iloc[2], result.neighbours.iloc[2]) == (1, 0)


def test_areas_without_a_value_get_none_and_keep_their_state():
    states = ["measured"] * 7 + ["suppressed", "missing"]
    result = smoothed([*EVENTS[:7], np.nan, np.nan], states=states)
    assert result.value.isna().tolist() == [False] * 7 + [True, True]
    assert result.status.tolist() == states


def test_a_true_zero_is_drawn_away_from_zero_and_no_longer_called_one():
    result = smoothed([0, 60], [10, 300])
    assert result.value.iloc[0] > 0
    assert result.status.tolist() == ["measured", "measured"]


@pytest.mark.parametrize("prior", ["global", "neighbourhood"])
def test_a_withheld_count_moves_nobody(prior):
    """Whatever the withheld area has, the others come out as if it were not there: nothing can be computed back."""
    states = ["measured"] * 4 + ["suppressed"] + ["measured"] * 4
    hidden = smoothed([*EVENTS[:4], np.nan, *EVENTS[5:]], states=states, prior=prior, graph=board())
    other = list(PEOPLE)
    other[4] = 5000
    again = smoothed([*EVENTS[:4], np.nan, *EVENTS[5:]], other, states=states, prior=prior, graph=board())
    pd.testing.assert_series_equal(hidden.value, again.value)
    seen = [one for one in range(9) if one != 4]
    graph = board().part(pd.Series([one != 4 for one in range(9)], index=IDS))
    alone = smoothed(
        [EVENTS[one] for one in seen], [PEOPLE[one] for one in seen], ids=[IDS[one] for one in seen], prior=prior,
        graph=graph,
    )  # fmt: skip
    pd.testing.assert_series_equal(hidden.value.drop("04"), alone.value)


def test_too_few_people_have_no_value_and_move_nobody():
    result = smoothed(minimum_denominator=100)
    assert result.value.isna().tolist() == [one < 100 for one in PEOPLE]
    few = [one for one in range(9) if PEOPLE[one] >= 100]
    alone = smoothed(
        [EVENTS[one] for one in few], [PEOPLE[one] for one in few], ids=[IDS[one] for one in few]
    )
    pd.testing.assert_series_equal(result.value.dropna(), alone.value)


def test_equal_shares_stay_what_they_are_and_no_events_at_all_stay_none():
    assert smoothed([1, 2, 3], [10, 20, 30]).value.tolist() == pytest.approx([10, 10, 10])
    assert smoothed([0, 0], [10, 20]).value.tolist() == [0, 0]


def test_one_area_and_none_at_all():
    assert smoothed([5], [100]).value.tolist() == pytest.approx([5])
    assert smoothed([np.nan], [100]).value.isna().all()


def test_the_graph_may_have_its_areas_in_another_order():
    backwards = board().in_order(pd.Index(IDS[::-1]))
    one, other = (smoothed(prior="neighbourhood", graph=graph) for graph in (board(), backwards))
    pd.testing.assert_series_equal(one.value, other.value)


counts = st.lists(st.tuples(st.integers(0, 80), st.integers(80, 3000)), min_size=2, max_size=9)


@settings(max_examples=60)
@given(counts, st.sampled_from(["poisson", "binomial"]))
def test_a_smoothed_value_lies_between_its_own_and_the_centre(pairs, model):
    result = smoothed([a for a, _ in pairs], [n for _, n in pairs], model=model)
    low, high = np.minimum(result.raw, result.centre), np.maximum(result.raw, result.centre)
    assert (result.value >= low - 1e-9).all()
    assert (result.value <= high + 1e-9).all()
    assert result.weight.between(0, 1).all()


@settings(max_examples=60)
@given(counts)
def test_more_people_weigh_their_own_value_more(pairs):
    result = smoothed([a for a, _ in pairs], [n for _, n in pairs])
    ordered = result.weight.iloc[np.argsort([n for _, n in pairs])]
    assert (ordered.diff().dropna() >= -1e-12).all()


@settings(max_examples=30)
@given(st.permutations(range(9)))
def test_the_order_of_the_areas_does_not_matter(order):
    mixed = smoothed(
        [EVENTS[one] for one in order], [PEOPLE[one] for one in order], ids=[IDS[one] for one in order],
        prior="neighbourhood", graph=board(),
    )  # fmt: skip
    pd.testing.assert_series_equal(mixed.value.loc[IDS], smoothed(prior="neighbourhood", graph=board()).value)


def test_the_result_says_what_it_is():
    result = smoothed()
    assert repr(result) == "Smoothed(global, poisson: 9 of 9 areas, median weight of the own value 0.33)"
    assert result.to_frame().columns.tolist() == [
        "value", "ci_low", "ci_high", "raw", "weight", "centre", "neighbours", "status",
    ]  # fmt: skip


def test_the_interval_is_that_of_the_gamma_posterior():
    # As in the example by hand: weights 0.677019 and 0.862797, so that the prior is worth
    # 100 * (1 - 0.677019) / 0.677019 = 47.7064 people with m = 0.1625, that is m * 47.7064 = 7.75229 cases.
    result = smoothed([5, 60], [100, 300])
    posterior = stats.gamma(5 + 7.75229, scale=1 / (100 + 47.7064))
    assert posterior.mean() == pytest.approx(result.value.iloc[0] / 100, rel=1e-4)
    assert result.ci_low.iloc[0] == pytest.approx(100 * posterior.ppf(0.025), rel=1e-4)
    assert result.ci_high.iloc[0] == pytest.approx(100 * posterior.ppf(0.975), rel=1e-4)


def test_the_interval_of_a_share_is_that_of_the_beta_posterior_and_stays_within_the_whole():
    result = smoothed([98, 60], [100, 300], model="binomial", level=0.9)
    weight, people = result.weight.iloc[0], 100 * (1 - result.weight.iloc[0]) / result.weight.iloc[0]
    m = 158 / 400
    posterior = stats.beta(98 + m * people, 2 + (1 - m) * people)
    assert 0 < weight < 1
    assert posterior.mean() == pytest.approx(result.value.iloc[0] / 100)
    assert result.ci_low.iloc[0] == pytest.approx(100 * posterior.ppf(0.05))
    assert result.ci_high.iloc[0] == pytest.approx(100 * posterior.ppf(0.95))


def test_at_the_ends_the_interval_is_that_of_the_centre_and_that_of_the_own_counts():
    alike = smoothed([10, 20, 30], [100, 200, 300])  # no spread: weight 0, all are the centre's 60 of 600
    low, high = poisson_limits(np.array([60.0]))
    assert alike.weight.tolist() == [0, 0, 0]
    assert alike.ci_low.tolist() == pytest.approx([low.item() / 6] * 3)
    assert alike.ci_high.tolist() == pytest.approx([high.item() / 6] * 3)
    alone = smoothed([5], [100], prior="neighbourhood", graph=row(ids=["00"]))
    low, high = poisson_limits(np.array([5.0]))
    assert alone.ci_low.tolist() == pytest.approx([low.item()])
    assert alone.ci_high.tolist() == pytest.approx([high.item()])


def test_nothing_is_said_of_an_area_without_a_value():
    result = smoothed([3, np.nan, 40], [150, 400, 620], states=["measured", "suppressed", "measured"])
    assert result.to_frame().loc["01", ["value", "ci_low", "ci_high"]].isna().all()


@settings(max_examples=60)
@given(counts, st.sampled_from(["poisson", "binomial"]))
def test_the_interval_holds_its_value_and_smoothing_stays_possible(pairs, model):
    result = smoothed([a for a, _ in pairs], [n for _, n in pairs], model=model)
    assert (result.ci_low <= result.value + 1e-9).all()
    assert (result.value <= result.ci_high + 1e-9).all()
    assert (result.ci_low >= 0).all()
    if model == "binomial":
        assert (result.ci_high <= 100 + 1e-9).all()


def test_bad_input_is_refused():
    with pytest.raises(ParameterError, match="level"):
        smoothed(level=95)
    with pytest.raises(ParameterError, match=r"shared_borders\(areas\)"):
        smoothed(prior="neighbourhood")
    with pytest.raises(ParameterError, match="one of global, neighbourhood"):
        smoothed(prior="local")
    with pytest.raises(ParameterError, match="'poisson' or 'binomial'"):
        smoothed(model="normal")
    with pytest.raises(AlignmentError, match="graph"):
        smoothed(prior="neighbourhood", graph=row((0, 1), ids=["00", "zz"]))
    with pytest.raises(ShareError, match="numerator above denominator"):
        smoothed([5], [4], model="binomial")
