"""Methods as data: what a method must not be, the order of its indices, and its record."""

import json
from dataclasses import replace

import pytest

from indicators import DefinitionError
from indicators.methods import Classes, Combined, Dynamics, Index, Input, Method, Minimum, Validity
from indicators.methods.errors import FieldError
from indicators.methods.steps import PercentileRank, Rank, RankShare, Reverse, Shrinkage, ZScore


def index(id_="i", *names, combine="sum", **options):
    return Index(id=id_, combine=combine, inputs=tuple(Input(id=name) for name in names or ("a",)), **options)


def method(*indices, **options):
    return Method(id="m", title_de="M", title_en="M", indices=indices or (index(),), **options)


def labels(count):
    return {"labels_de": tuple("abcdefghij"[:count]), "labels_en": tuple("abcdefghij"[:count])}


@pytest.mark.parametrize(
    ("make", "path", "reason"),
    [
        (lambda: Index(id="i", combine="sum", inputs=()), ("input",), "has no input"),
        (lambda: index("i", "a", "a"), ("input", 1, "id"), "'a' is there twice"),
        (lambda: Input(id="a", weight=0), ("weight",), "above 0"),
        (lambda: Input(id="a", weight=float("inf")), ("weight",), "above 0"),
        (lambda: Input(id="a", weight=1e308), ("weight",), "at most 1e\\+100"),
        (lambda: Input(id="a", missing=float("nan")), ("missing",), "finite"),
        (
            lambda: Index(id="i", combine="sum", inputs=(Input(id="a"), Input(id="b", weight=2.0))),
            ("input", 1, "weight"),
            'write combine = "weighted_sum"',
        ),
        (
            lambda: index("i", "a", "b", combine="weighted_sum", weights_sum=1),
            ("weights_sum",),
            "add up to 2, not to 1",
        ),
        (
            lambda: Index(id="i", combine="sum", inputs=(Input(id="a", missing="leave_out"),)),
            ("input", 0, "missing"),
            "leave_out needs a mean",
        ),
        (lambda: Classes(cuts=(1, 0), **labels(3)), ("cuts", 1), "cut 0 comes after 1"),
        (lambda: Classes(cuts=(1, 1), **labels(3)), ("cuts", 1), "rising order"),
        (lambda: Classes(cuts=(float("nan"),), **labels(2)), ("cuts", 0), "not finite"),
        (lambda: Classes(cuts=(0,), **labels(3)), ("labels_de",), "2 classes need 2 labels, not 3"),
        (lambda: Classes(**labels(1)), (), "either cuts or groups"),
        (lambda: Classes(groups=1, **labels(1)), ("groups",), "at least 2"),
        (lambda: Validity(minimum_areas=1), ("minimum_areas",), "at least two areas"),
        (lambda: Dynamics(years=0, change="ratio", indices=(index(),)), ("years",), "at least 1"),
        (lambda: Method(id="m", title_de="", title_en="", indices=()), ("index",), "no index"),
        (lambda: method(index(), index()), ("index", 1, "id"), "'i' is there twice"),
        (lambda: method(result="j"), ("result",), "no index 'j'"),
        (lambda: method(combined=Combined()), ("combined",), "classes of the status and of the dynamics"),
    ],
)
def test_a_method_that_contradicts_itself_is_refused(make, path, reason):
    with pytest.raises(FieldError, match=reason) as caught:
        make()
    assert caught.value.path == path
    assert isinstance(caught.value, DefinitionError)


def test_a_circle_of_definitions_is_shown():
    with pytest.raises(DefinitionError, match="a → b → c → a"):
        method(index("a", "b"), index("b", "c"), index("c", "a"))
    with pytest.raises(DefinitionError, match="a → a"):
        method(index("a", "a"))


def test_a_chain_of_indices_has_an_end():
    chain = [index(f"i{number}", f"i{number + 1}") for number in range(2000)]
    with pytest.raises(DefinitionError, match="more than 100 indices inside each other"):
        method(*chain)
    assert len(method(*chain[::-1][:50]).indices) == 50


def test_indices_are_put_in_the_order_of_their_computation_and_the_last_written_is_the_result():
    made = method(index("top", "theme", "x"), index("theme", "a", "b"), index("rank", "top"))
    assert [one.id for one in made.indices] == ["theme", "top", "rank"]
    assert made.result == "rank"
    assert made.indicators == ("a", "b", "x")
    assert method(index("top", "theme"), index("theme", "a"), result="top").result == "top"


def test_inputs_must_not_count_against_each_other():
    ranked = Input(id="a", transform=(Rank(),))
    with pytest.raises(DefinitionError, match="grows with need, but its steps turn it around"):
        method(Index(id="i", combine="sum", inputs=(ranked,)))
    for fine in (
        Input(id="a", transform=(Rank(), RankShare())),  # turned twice
        Input(id="a", transform=(RankShare(),), direction="lower_is_more_need"),  # a published rank
        Input(id="a", transform=(PercentileRank(), Reverse()), direction="lower_is_more_need"),
        Input(id="a", transform=(ZScore(),), direction="lower_is_more_need"),
    ):
        assert method(Index(id="i", combine="sum", inputs=(fine,))).indicators == ("a",)


def test_an_index_as_input_knows_its_own_direction():
    theme = index("theme", "a", then=(Rank(),))
    with pytest.raises(DefinitionError, match="knows its own direction"):
        method(
            theme, Index(id="i", combine="sum", inputs=(Input(id="theme", direction="lower_is_more_need"),))
        )
    with pytest.raises(DefinitionError, match="say it of its inputs"):
        method(theme, Index(id="i", combine="mean", inputs=(Input(id="theme", missing="mean"),)))


def test_shrinkage_comes_first_and_asks_for_its_denominator_and_its_larger_unit():
    shrunken = Shrinkage(denominator="residents", towards="district")
    made = method(Index(id="i", combine="sum", inputs=(Input(id="a", transform=(shrunken, ZScore())),)))
    assert made.columns == ("a", "residents")
    assert made.labels == ("district",)
    with pytest.raises(DefinitionError, match="must be the first step"):
        Input(id="a", transform=(ZScore(), shrunken))
    with pytest.raises(DefinitionError, match="not on an index"):
        index("i", "a", then=(shrunken,))


def test_columns_are_everything_that_is_needed_each_once():
    made = method(
        index("i", "a", "b"),
        validity=Validity(required=("b", "c"), minimum=(Minimum(indicator="residents", at_least=300),)),
        dynamics=Dynamics(years=2, change="difference", indices=(index("d", "a"),)),
    )
    assert made.columns == ("a", "b", "c", "residents")
    assert made.dynamics_columns == ("a", "b", "c", "residents")
    assert method().dynamics_columns == ()


def test_pairs_are_named_by_the_method_or_by_their_classes():
    dynamics = Dynamics(
        years=2,
        change="given",
        indices=(index("d"),),
        classes=Classes(cuts=(0,), labels_de=("+", "-"), labels_en=("up", "down")),
    )
    classes = Classes(cuts=(0,), labels_de=("gut", "schlecht"), labels_en=("good", "bad"))
    made = method(classes=classes, dynamics=dynamics, combined=Combined())
    assert made.pairs("de") == ("gut, +", "gut, -", "schlecht, +", "schlecht, -")
    named = replace(made, combined=Combined(labels_en=(("a", "b"), ("c", "d"))))
    assert named.pairs("en") == ("a", "b", "c", "d")
    assert method().pairs("de") == ()
    with pytest.raises(DefinitionError, match=r"2 rows \(status\) of 2 \(dynamics\)"):
        replace(made, combined=Combined(codes=(("1",), ("2",))))


def test_a_method_can_be_recorded_and_equal_methods_are_equal():
    made = method(index("i", "a", then=(ZScore(ddof=1),)))
    record = json.loads(json.dumps(made.to_dict()))
    assert record["indices"][0]["then"] == [{"ddof": 1, "step": "z_score"}]
    assert made == method(index("i", "a", then=(ZScore(ddof=1),)))
    assert made != method(index("i", "a", then=(ZScore(),)))
    assert repr(made) == "Method(m: 1 indicator(s), 1 index(es))"
