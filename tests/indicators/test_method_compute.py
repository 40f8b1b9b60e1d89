"""The arithmetic on plain arrays: replicates, universes, policies for gaps, and contributions that add up."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from indicators import ConstantColumnError, InputError
from indicators.methods import Classes, Index, Input, class_numbers, evaluate, shipped_method
from indicators.methods.steps import Log, MinMax, PercentileRank, Rank, RankShare, Reverse, Round, ZScore

Z = (ZScore(),)


def index(id_, *inputs, combine="sum", then=()):
    made = tuple(Input(id=one) if isinstance(one, str) else one for one in inputs)
    return Index(id=id_, combine=combine, inputs=made, then=then)


def columns(**values):
    return np.array(list(values.values()), dtype=float).T, list(values)


def test_combinations_by_hand():
    table = columns(a=[1, 2], b=[10, 40])
    weighted = (Input(id="a", weight=3.0), Input(id="b", weight=1.0))
    assert evaluate([index("i", "a", "b")], *table).values["i"].tolist() == [11, 42]
    assert evaluate([index("i", "a", "b", combine="mean")], *table).values["i"].tolist() == [5.5, 21]
    assert evaluate([index("i", *weighted, combine="weighted_sum")], *table).values["i"].tolist() == [13, 46]
    mean = evaluate([index("i", *weighted, combine="weighted_mean")], *table).values["i"]
    assert mean.tolist() == [3.25, 11.5]


def test_an_indicator_where_less_is_more_need_is_negated_unless_the_steps_turn_it():
    table = columns(income=[10, 30, 20])
    low = "lower_is_more_need"

    def value(*steps):
        one = Input(id="income", transform=steps, direction=low)
        return evaluate([index("i", one)], *table).values["i"].tolist()

    assert value() == [-10, -30, -20]
    assert value(PercentileRank()) == [1, 0, 0.5]
    assert value(PercentileRank(), Reverse()) == [1, 0, 0.5]
    assert value(RankShare(of=30)) == pytest.approx([21 / 30, 1 / 30, 11 / 30])
    # The two ways differ where values are equal: the negated ones share the lower place, the reversed the higher.
    table = columns(income=[10, 10, 20])
    assert value(PercentileRank()) == [0.5, 0.5, 0]
    assert value(PercentileRank(), Reverse()) == [1, 1, 0]


def test_an_index_that_ranks_1_as_the_most_goes_into_another_one_the_right_way_round():
    table = columns(a=[1, 2, 3], b=[0, 5, 10])
    place = index("place", "a", then=(Rank(),))
    top = index("top", "place", "b")
    result = evaluate([place, top], *table)
    assert result.values["place"].tolist() == [3, 2, 1]
    assert result.values["top"].tolist() == [-3, 3, 9]


def test_replicates_are_computed_as_if_they_were_alone():
    rng = np.random.default_rng(1)
    method = shipped_method("us-cdc-svi-2018")
    tables = rng.integers(0, 9, size=(2, 3, 20, len(method.indicators))).astype(float)
    together = evaluate(method.indices, tables, method.indicators).values
    for place in np.ndindex(2, 3):
        alone = evaluate(method.indices, tables[place], method.indicators).values
        for name, values in alone.items():
            assert together[name][place].tolist() == values.tolist()


def test_weights_can_be_varied_along_the_replicates():
    values, names = columns(a=[1, 2, 6], b=[10, 30, 20])
    one = index("i", Input(id="a", transform=Z), Input(id="b", transform=Z))
    weights = np.array([[1.0, 1.0], [3.0, 1.0], [1.0, 0.0]])
    varied = evaluate([one], values, names, weights={"i": weights}).values["i"]
    z = {
        name: evaluate([index("z", Input(id=name, transform=Z))], values, names).values["z"] for name in names
    }
    assert varied == pytest.approx(np.array([z["a"] + z["b"], 3 * z["a"] + z["b"], z["a"]]))
    # A leading axis of the values and one of the weights go together.
    both = evaluate([one], np.stack([values, values + 1, values]), names, weights={"i": weights}).values["i"]
    assert both == pytest.approx(varied)


def test_ranks_and_means_are_formed_within_the_universe():
    values, names = columns(a=[1, 2, 3, 50, 60])
    one = index("i", Input(id="a", transform=(PercentileRank(),)))
    state = np.array([0, 0, 0, 1, 1])
    result = evaluate([one], values, names, universe=state, explain=True)
    assert result.values["i"].tolist() == [0, 0.5, 1, 0, 1]
    assert result.contributions["i"]["a"].tolist() == [0, 0.5, 1, 0, 1]
    assert result.transformed["i", "a"].tolist() == [0, 0.5, 1, 0, 1]
    with pytest.raises(ConstantColumnError, match="a is 3 in all 2"):
        evaluate(
            [index("i", Input(id="a", transform=Z))],
            *columns(a=[1, 2, 3, 3]),
            universe=np.array([0, 0, 1, 1]),
        )


def test_errors_name_the_areas_of_their_universe():
    values, names = columns(a=[1, 2, 3, -1])
    one = index("i", Input(id="a", transform=(Log(),)))
    with pytest.raises(InputError, match=r"in 1 area\(s\): d"):
        evaluate([one], values, names, universe=np.array([0, 0, 1, 1]), areas=list("abcd"))


def test_gaps_are_filled_or_left_out_as_the_input_says():
    values, names = columns(a=[1, 2, np.nan], b=[10, 30, 50])
    for policy, expected in (("mean", 1.5), (7.0, 7.0)):
        one = index("i", Input(id="a", missing=policy), "b")
        assert evaluate([one], values, names).values["i"].tolist() == [11, 32, 50 + expected]
    weighted = index(
        "i", Input(id="a", weight=3.0, missing="leave_out"), Input(id="b"), combine="weighted_mean"
    )
    result = evaluate([weighted], values, names, explain=True)
    assert result.values["i"].tolist() == [13 / 4, 9, 50]
    assert result.contributions["i"]["a"].tolist() == [3 / 4, 6 / 4, 0]
    # A z-score is formed over the areas that are known: 1 and 2.
    scored = index("i", Input(id="a", transform=Z, missing="leave_out"), "b", combine="mean")
    assert evaluate([scored], values, names).values["i"].tolist() == [(-1 + 10) / 2, (1 + 30) / 2, 50]


def test_an_input_without_any_value_is_left_out_everywhere_or_cannot_be_filled():
    values, names = columns(a=[np.nan, np.nan], b=[10, 30])
    for steps, policy in ((Z, "leave_out"), ((PercentileRank(),), "leave_out")):
        one = index("i", Input(id="a", transform=steps, missing=policy), "b", combine="mean")
        assert evaluate([one], values, names).values["i"].tolist() == [10, 30]
    with pytest.raises(InputError, match=r"a: no value to take the mean of in 2 area\(s\)"):
        evaluate([index("i", Input(id="a", missing="mean"), "b")], values, names)
    values[0, 0] = 1
    alone = index("i", Input(id="a", transform=(PercentileRank(),), missing="leave_out"), "b", combine="mean")
    with pytest.raises(InputError, match=r"a: a rank among one area"):
        evaluate([alone], values, names)


def test_contributions_pass_through_sums_of_sums_down_to_the_indicators():
    values, names = columns(a=[1, 2, 6], b=[10, 30, 20], c=[5, 1, 3])
    theme = index("theme", Input(id="a", transform=Z), Input(id="b", transform=Z), then=Z)
    top = index("top", Input(id="theme", weight=2.0), Input(id="c"), combine="weighted_sum", then=(MinMax(),))
    result = evaluate([theme, top], values, names, explain=True)
    parts = result.contributions["top"]
    assert list(parts) == ["a", "b", "c"]
    assert result.is_additive["top"]
    assert sum(parts.values()) + result.base["top"] == pytest.approx(result.values["top"])
    assert result.sums["top"] == pytest.approx(result.values["top"])


def test_contributions_stop_at_an_index_that_is_no_sum():
    values, names = columns(a=[1, 2, 6], b=[10, 30, 20])
    domain = index("domain", "a", then=(PercentileRank(),))
    top = index("top", "domain", "b", then=(PercentileRank(),))
    result = evaluate([domain, top], values, names, explain=True)
    assert list(result.contributions["top"]) == ["domain", "b"]
    assert not result.is_additive["top"]
    assert result.sums["top"].tolist() == [10, 30.5, 21]  # what was ranked
    assert sum(result.contributions["top"].values()) == pytest.approx(result.sums["top"])


def test_the_same_indicator_in_two_themes_contributes_once_with_both():
    values, names = columns(a=[1, 2], b=[3, 5])
    result = evaluate(
        [index("x", "a", "b"), index("y", "a"), index("top", "x", "y")], values, names, explain=True
    )
    assert result.contributions["top"]["a"].tolist() == [2, 4]


def test_class_numbers_of_many_tables_at_once():
    labels = {"labels_de": ("1", "2", "3"), "labels_en": ("1", "2", "3")}
    cuts = Classes(cuts=(-1, 1), on_cut="nearer_to_zero", **labels)
    assert class_numbers(np.array([[-2.0, -1.0], [1.0, 1.1]]), cuts).tolist() == [[1, 2], [2, 3]]
    assert class_numbers(np.array([-2.0, 2.0]), cuts, is_turned=True).tolist() == [3, 1]
    thirds = Classes(groups=3, class_1="most_need", **labels)
    assert class_numbers(np.array([[1.0, 2, 3, 4, 5, 6], [6.0, 5, 4, 3, 2, 1]]), thirds).tolist() == [
        [3, 3, 2, 2, 1, 1],
        [1, 1, 2, 2, 3, 3],
    ]
    # ⌈3 · rank / 4⌉ of the ranks 1, 2, 3, 4 is 1, 2, 3, 3: the last group takes what is left over.
    assert class_numbers(np.array([9.0, 8.0, 7.0, 6.0]), thirds).tolist() == [1, 2, 3, 3]


@pytest.mark.parametrize(
    ("rule", "expected"), [("lower", [1, 2]), ("upper", [2, 3]), ("nearer_to_zero", [2, 2])]
)
def test_a_value_exactly_on_a_cut_follows_the_rule(rule, expected):
    classes = Classes(cuts=(-1, 1), on_cut=rule, labels_de=tuple("abc"), labels_en=tuple("abc"))
    assert class_numbers(np.array([-1.0, 1.0]), classes).tolist() == expected


small = st.lists(st.tuples(*[st.integers(-20, 20)] * 3), min_size=3, max_size=10)
steps = st.lists(
    st.sampled_from([ZScore(), ZScore(ddof=1), MinMax(), Round(decimals=6), Reverse(about=10)]), max_size=3
).map(tuple)


@settings(max_examples=80, deadline=None)
@given(small, steps, steps, st.sampled_from(["sum", "mean", "weighted_sum", "weighted_mean"]))
def test_contributions_always_add_up(rows, inner, outer, combine):
    values = np.array(rows, dtype=float)
    weight = 2.5 if combine.startswith("weighted") else 1.0
    try:
        theme = index("theme", Input(id="a", transform=Z), "b", then=inner)
        top = Index(
            id="top", combine=combine, inputs=(Input(id="theme"), Input(id="c", weight=weight)), then=outer
        )
        result = evaluate([theme, top], values, ["a", "b", "c"], explain=True)
    except ConstantColumnError:
        assume(False)
    for name in ("theme", "top"):
        parts = sum(result.contributions[name].values()) + result.base[name]
        assert result.is_additive[name]
        assert parts == pytest.approx(result.sums[name], abs=1e-9)
        assert result.sums[name] == pytest.approx(result.values[name], abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(small, st.randoms(use_true_random=False))
def test_the_order_of_the_areas_does_not_matter(rows, random):
    values = np.array(rows, dtype=float)
    order = list(range(len(values)))
    random.shuffle(order)
    one = [
        index(
            "i", Input(id="a", transform=(PercentileRank(),)), Input(id="b", transform=(Rank(), RankShare()))
        )
    ]
    names = ["a", "b", "c"]
    before, after = evaluate(one, values, names), evaluate(one, values[order], names)
    assert after.values["i"].tolist() == before.values["i"][order].tolist()
