"""Transformations: each by hand, what it refuses, and what must hold for any values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators import ConstantColumnError, DefinitionError, InputError
from indicators.methods.ranks import ranks
from indicators.methods.steps import (
    STEPS,
    Column,
    Exponential,
    Log,
    MinMax,
    PercentileRank,
    Rank,
    RankShare,
    Reverse,
    Round,
    Shrinkage,
    ZScore,
)


def applied(step, values, **options):
    values = np.asarray(values, dtype=float)
    areas = [f"{number:02d}" for number in range(values.shape[-1])]
    column = Column(name="x", areas=areas, scale=float(np.abs(values).max(initial=0)), **options)
    return step.apply(values, column)


def test_z_score_divides_by_the_population_or_the_sample_deviation():
    # 1, 2, 6: mean 3, squares 4 + 1 + 9 = 14: √(14/3) = 2.1602 and √(14/2) = 2.6458
    assert applied(ZScore(), [1, 2, 6]) == pytest.approx([-0.9258, -0.4629, 1.3887], abs=1e-4)
    assert applied(ZScore(ddof=1), [1, 2, 6]) == pytest.approx([-0.7559, -0.3780, 1.1339], abs=1e-4)


@pytest.mark.parametrize("step", [ZScore(), MinMax()])
def test_what_is_the_same_everywhere_cannot_be_standardised(step):
    with pytest.raises(ConstantColumnError, match=r"x is 0\.1 in all 3 valid areas"):
        applied(step, [0.1, 0.1, 0.1])
    # One constant table among several is found too.
    with pytest.raises(ConstantColumnError, match="x is 7"):
        applied(step, [[1, 2, 3], [7, 7, 7]])


def test_min_max_goes_from_0_to_1_between_the_ends_of_the_areas_or_of_the_method():
    assert applied(MinMax(), [2, 6, 4]).tolist() == [0, 1, 0.5]
    assert applied(MinMax(lowest=0, highest=8), [2, 6, 4]).tolist() == [0.25, 0.75, 0.5]
    with pytest.raises(DefinitionError, match="wrong side"):
        applied(MinMax(highest=1), [2, 6, 4])


def test_ranks_share_the_lowest_the_highest_or_the_middle_place():
    # 5, 5 fill the places 2 and 3 from the lowest.
    values = [5, 1, 5, 9]
    assert applied(Rank(first="lowest"), values).tolist() == [2, 1, 2, 4]
    assert applied(Rank(first="lowest", ties="max"), values).tolist() == [3, 1, 3, 4]
    assert applied(Rank(first="lowest", ties="average"), values).tolist() == [2.5, 1, 2.5, 4]
    assert applied(Rank(), values).tolist() == [2, 4, 2, 1]  # 1 for the highest


def test_percentile_rank_is_the_rank_less_1_out_of_n_less_1():
    assert applied(PercentileRank(), [5, 1, 5, 9, 3]).tolist() == [0.5, 0, 0.5, 1, 0.25]
    assert applied(PercentileRank(ties="max"), [5, 1, 5, 9, 3]).tolist() == [0.75, 0, 0.75, 1, 0.25]
    assert applied(PercentileRank(out_of="n"), [5, 1]).tolist() == [1, 0.5]


def test_the_english_transformation_by_hand():
    # Ranks 1 to 4 of 4 are the shares 1, ¾, ½, ¼; R = ½: −23 ln(1 − ½ (1 − e^(−100/23))) = 15.644
    # with e^(−100/23) = 0.012931: 1 − 0.4935345 = 0.5064655, ln = −0.680299, × −23 = 15.64688
    shares = applied(RankShare(), [1, 2, 3, 4])
    assert shares.tolist() == [1, 0.75, 0.5, 0.25]
    scores = applied(Exponential(scale=23), shares)
    assert scores[0] == pytest.approx(100)
    assert scores[2] == pytest.approx(15.6469, abs=1e-3)
    assert applied(Exponential(), [0.0])[0] == 0


def test_ranks_of_some_areas_need_the_number_of_all():
    with pytest.raises(InputError, match=r"not a rank among 2 in 1 area\(s\): 01; give the ranks of all"):
        applied(RankShare(), [1, 7])
    assert applied(RankShare(of=10), [1, 7]).tolist() == [1, 0.4]
    with pytest.raises(InputError, match="not between 0 and 1"):
        applied(Exponential(), [0.5, 30])


def test_logarithms_need_something_above_0():
    assert applied(Log(), [1, np.e]).tolist() == pytest.approx([0, 1])
    assert applied(Log(offset=1), [0, 0]).tolist() == [0, 0]
    with pytest.raises(InputError, match=r"x: no logarithm .* in 1 area\(s\): 01"):
        applied(Log(), [1, 0])


def test_rounding_makes_equal_what_only_floating_point_tells_apart():
    assert len(set(applied(Round(decimals=4), [0.1 + 0.2, 0.3]))) == 1
    assert applied(Reverse(about=100), [30.0]).tolist() == [70]


def test_shrinkage_by_hand():
    # Two areas of one district: 1 of 10 and 30 of 100 people, together 31 of 110.
    # M1 = ln(1.5/9.5) = −1.84583, M2 = ln(30.5/70.5) = −0.83789, district ln(31.5/79.5) = −0.92577
    # s1² = 11·12/(10·2·10) = 0.66, s2² = 101·102/(100·31·71) = 0.046806
    # t² = ((−0.92006)² + 0.08788²)/(2 − 1) = 0.854232
    # w1 = 0.854232/1.514232 = 0.564136, w2 = 0.948053
    # M1* = 0.564136·(−1.84583) + 0.435864·(−0.92577) = −1.44481 → 19.08 %
    # M2* = 0.948053·(−0.83789) + 0.051947·(−0.92577) = −0.84246 → 30.10 %
    step = Shrinkage(denominator="n", towards="district")
    shrunken = applied(
        step,
        [10, 30],
        numbers=lambda name: np.array([10.0, 100.0]),
        parts=lambda name: np.array([0, 0]),
    )
    assert shrunken == pytest.approx([19.08, 30.10], abs=0.01)


def test_shrinkage_moves_small_areas_more_and_empty_ones_all_the_way():
    step = Shrinkage(denominator="n", towards="district")
    options = {
        "numbers": lambda name: np.array([20.0, 2000.0, 0.0, 500.0]),
        "parts": lambda name: np.array([0, 0, 0, 0]),
    }
    result = applied(step, [50, 50, 50, 10], **options)
    mean = 100 * (10 + 1000 + 50) / 2520
    assert abs(result[0] - mean) < abs(result[1] - mean)
    assert result[2] == pytest.approx(mean, abs=0.05)
    with pytest.raises(InputError, match="not between 0 and 100"):
        applied(step, [50, 50, 150, 10], **options)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: ZScore(ddof=2), "ddof is 2; give 0"),
        (lambda: MinMax(lowest=1, highest=1), "not above lowest"),
        (lambda: Exponential(scale=0), "above 0"),
        (lambda: RankShare(of=0), "number of areas"),
        (lambda: Round(decimals=400), "give 0 to 15"),
        (lambda: Shrinkage(denominator="n", towards="d", per=0), "100 for percentages"),
    ],
)
def test_a_step_that_makes_no_sense_is_refused(make, reason):
    with pytest.raises(DefinitionError, match=reason):
        make()


def test_every_step_has_the_name_it_is_registered_under():
    needed = {"round": {"decimals": 1}, "shrinkage": {"denominator": "n", "towards": "d"}}
    assert all(kind(**needed.get(name, {})).step == name for name, kind in STEPS.items())


tables = st.lists(st.integers(-50, 50), min_size=2, max_size=12)


@settings(max_examples=60, deadline=None)
@given(tables)
def test_ranks_are_those_of_scipy(values):
    from scipy.stats import rankdata

    numbers = np.array([values, values[::-1]], dtype=float)
    for ties in ("min", "max", "average"):
        assert ranks(numbers, ties).tolist() == rankdata(numbers, method=ties, axis=-1).tolist()


@settings(max_examples=40, deadline=None)
@given(tables, st.sampled_from([ZScore(), MinMax(), PercentileRank(), Rank(), Rank(first="lowest")]))
def test_a_step_keeps_the_order_or_turns_it(values, step):
    numbers = np.array(values, dtype=float)
    try:
        result = applied(step, numbers)
    except ConstantColumnError:
        return
    expected = -numbers if step.turns else numbers
    assert ranks(result).tolist() == ranks(expected).tolist()
