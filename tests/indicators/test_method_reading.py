"""Method files: what is read, and that every mistake is said with its line and what was probably meant."""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators import DefinitionError
from indicators.methods import MethodFileError, read_method
from indicators.methods.positions import lines_of
from indicators.methods.steps import Exponential, Rank, RankShare, ZScore

GOOD = """\
id = "mine"
title_de = "Meine"
title_en = "Mine"

[validity]
minimum = [{ indicator = "residents", at_least = 300 }]

[[index]]
id = "need"
combine = "weighted_sum"
weights_sum = 1
transform = [{ step = "z_score", ddof = 0 }]
input = [
  { id = "unemployed", weight = 0.4 },
  { id = "income", weight = 0.6, direction = "lower_is_more_need", transform = ["rank", "rank_share"] },
]

[classes]
cuts = [-1, 1.5]
labels_de = ["hoch", "mittel", "niedrig"]
labels_en = ["high", "medium", "low"]
"""
KNOWN = ("unemployed", "income", "residents", "unemployed_youth")


def problems(text, known=KNOWN):
    with pytest.raises(MethodFileError) as caught:
        read_method(text, file="mine.toml", known=known)
    return caught.value.problems


def changed(old, new):
    assert old in GOOD
    return GOOD.replace(old, new)


def test_a_good_file_becomes_a_method():
    text = changed('["rank", "rank_share"]', '["rank", "rank_share", { step = "exponential", scale = 5 }]')
    method = read_method(
        text.replace('direction = "lower_is_more_need", ', ""), file="mine.toml", known=KNOWN
    )
    first, second = method.indices[0].inputs
    assert first.transform == (ZScore(ddof=0),)  # the index gives its steps to inputs that have none
    assert second.transform == (Rank(), RankShare(), Exponential(scale=5.0))
    assert (first.weight, second.weight) == (0.4, 0.6)
    assert method.validity.minimum[0].at_least == 300
    assert method.classes.cuts == (-1.0, 1.5)
    assert method.columns == ("unemployed", "income", "residents")


@pytest.mark.parametrize(
    ("old", "new", "line", "reason", "nearest"),
    [
        (
            "weight = 0.4",
            "wieght = 0.4",
            14,
            "unknown key 'wieght' in input; did you mean 'weight'?",
            "weight",
        ),
        ("[validity]", "[validty]", 5, "unknown key 'validty' in the method", "validity"),
        ("at_least = 300", "at_leest = 300", 6, "unknown key 'at_leest' in minimum", "at_least"),
        (
            'step = "z_score"',
            'step = "zscore"',
            12,
            "unknown step 'zscore'; did you mean 'z_score'?",
            "z_score",
        ),
        ("ddof = 0", "ddof = 3", 12, "ddof is 3; give 0 (population) or 1 (sample)", None),
        ("ddof = 0", "dof = 0", 12, "unknown key 'dof' in transform; did you mean 'ddof'?", "ddof"),
        ("ddof = 0", 'ddof = "0"', 12, "ddof is '0'; give a whole number", None),
        ('"weighted_sum"', '"weighted_som"', 10, "did you mean 'weighted_sum'?", "weighted_sum"),
        ("weights_sum = 1", "weights_sum = 2", 11, "add up to 1, not to 2; correct a weight", None),
        ("weight = 0.4", "weight = true", 14, "weight is True; give a number", None),
        ("weight = 0.4", "weight = inf", 14, "weight is inf; give a number", None),
        ("weight = 0.4", "weight = 1" + "0" * 400, 14, "give a number", None),
        ("weight = 0.4", "weight = -1", 14, "weight is -1; give a number above 0", None),
        ('id = "unemployed"', 'id = "unemploied"', 14, "unknown indicator 'unemploied'", "unemployed"),
        ('indicator = "residents"', 'indicator = "resident"', 6, "unknown indicator 'resident'", "residents"),
        ('id = "income"', 'id = "temperature"', 15, "declare it with [[indicator]]", None),
        (
            "cuts = [-1, 1.5]",
            "cuts = [1.5, -1]",
            19,
            "cut -1 comes after 1.5; give the cuts in rising order",
            None,
        ),
        ("cuts = [-1, 1.5]", "cuts = [-1, 1, 1.5]", 20, "4 classes need 4 labels, not 3", None),
        (
            '"lower_is_more_need"',
            '"lower_is_more"',
            15,
            "did you mean 'lower_is_more_need'?",
            "lower_is_more_need",
        ),
        ('title_en = "Mine"', "", 1, "title_en is missing; add it", None),
        ('id = "need"', "", 8, "id is missing in index 1; add it", None),
        ('id = "mine"', 'id = "My method"', 1, "use small letters, digits, - and _", None),
        ("minimum = [", 'required = "x"\nminimum = [', 6, "required is 'x'; give a list of texts", None),
    ],
)
def test_a_mistake_is_said_with_its_line_and_the_nearest_valid_name(old, new, line, reason, nearest):
    found = problems(changed(old, new))
    assert [(one.line, one.nearest) for one in found] == [(line, nearest)]
    assert reason in found[0].reason


def test_everything_that_is_wrong_is_said_at_once_in_the_order_of_the_lines():
    text = (
        changed("weight = 0.4", "wieght = 0.4").replace("cuts = [-1, 1.5]", "cutz = 1").replace("ddof", "dof")
    )
    found = problems(text)
    assert [one.line for one in found] == [12, 14, 19]
    with pytest.raises(DefinitionError, match=r"^mine.toml, line 12: .*\(and 2 more problem\(s\)\)$"):
        read_method(text, file="mine.toml", known=KNOWN)


def test_steps_that_turn_the_direction_around_are_found_in_their_line():
    found = problems(
        changed(
            '"lower_is_more_need", transform = ["rank", "rank_share"]',
            '"higher_is_more_need", transform = ["rank"]',
        )
    )
    assert found[0].line == 15
    assert "turn it around" in found[0].reason


def test_a_circle_is_found_where_it_closes():
    text = GOOD.replace(
        "[classes]",
        '[[index]]\nid = "a"\ncombine = "sum"\ninput = [{ id = "b" }]\n\n'
        '[[index]]\nid = "b"\ncombine = "sum"\ninput = [\n  { id = "a" },\n]\n\n[classes]',
    )
    found = problems(text)
    assert len(found) == 1
    assert found[0].line == text[: text.index('{ id = "a" }')].count("\n") + 1
    assert "a → b → a" in found[0].reason


def test_tables_of_their_own_lines_are_found_too():
    text = GOOD.replace(
        GOOD[GOOD.index("input = [") : GOOD.index("[classes]")],
        '[[index.input]]\nid = "unemployed"\nweight = 0.4\n\n[[index.input]]\nid = "income"\nweigth = 0.6\n\n',
    )
    found = problems(text)
    assert [one.line for one in found] == [text[: text.index("weigth")].count("\n") + 1]


def test_what_is_not_toml_is_said_with_its_line():
    assert problems("id = 'a'\ntitle_de = \n")[0].line == 2
    assert problems("id = 'a'\n[index\n")[0].line == 2
    assert "not valid TOML" in problems("= 3")[0].reason
    assert problems('id = "a')[0].line == 1
    assert "nested too deeply" in problems("a = " + "[" * 5000 + "]" * 5000)[0].reason
    assert problems("")[0].line == 1


@pytest.mark.parametrize("value", ["3", '"x"', "[3]", "true", "{}", "[{}]", '["x"]', "[[1]]", "1979-05-27"])
@pytest.mark.parametrize(
    "key", ["validity", "index", "classes", "dynamics", "combined", "indicator", "universe"]
)
def test_a_value_of_any_kind_in_any_place_is_a_problem_with_a_line_or_fine(key, value):
    text = GOOD[: GOOD.index("[validity]")] + f"{key} = {value}\n"
    found = ()
    try:
        read_method(text, file="mine.toml")
    except MethodFileError as error:
        found = error.problems
    assert all(1 <= one.line <= 5 for one in found)


def test_indicators_are_declared_in_the_file_or_known_or_not_checked():
    text = changed('id = "income"', 'id = "temperature"')
    declared = (
        text + '\n[[indicator]]\nid = "temperature"\ntitle_de = "Temperatur"\ntitle_en = "Temperature"\n'
    )
    method = read_method(declared, file="mine.toml", known=KNOWN)
    assert method.declared[0].title_de == "Temperatur"
    assert read_method(text, file="mine.toml").indicators == ("unemployed", "temperature")


def test_groups_are_numbered_when_they_have_no_labels():
    text = GOOD[: GOOD.index("[classes]")] + "[classes]\ngroups = 3\n"
    assert read_method(text, file="mine.toml").classes.labels_de == ("1", "2", "3")


keys = st.text("abcxyz_-", min_size=1, max_size=4)
values = st.recursive(
    st.integers(-9, 9) | st.booleans() | st.text('ab#[]{}=,."\\\n', max_size=6).map(lambda text: text),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


def written(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{escaped}"'
    if isinstance(value, list):
        return "[ # comment ]\n" + "".join(f"{written(one)},\n" for one in value) + "]"
    return "{" + ", ".join(f"{key} = {written(one)}" for key, one in value.items()) + "}"


def inside(value, path=()):
    yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in pairs:
        yield from inside(one, (*path, key))


@settings(max_examples=80, deadline=None)
@given(
    st.dictionaries(keys, values, max_size=3),
    st.dictionaries(keys, st.dictionaries(keys, values, max_size=2), max_size=2),
)
def test_everything_in_a_document_has_a_line_that_exists(plain, tables):
    tables = {f"t{key}": one for key, one in tables.items()}
    text = "".join(f"{key} = {written(one)}\n" for key, one in plain.items())
    for name, table in tables.items():
        text += f"[[{name}]]\n" + "".join(f"{key} = {written(one)}\n" for key, one in table.items())
    document = tomllib.loads(text)
    assert document == plain | {name: [table] for name, table in tables.items()}
    lines = lines_of(text)
    assert {path for path in inside(document) if path} == set(lines)
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())


def test_a_forgotten_direction_of_an_indicator_of_which_less_is_more_need_is_asked_for():
    forgotten = GOOD.replace(', direction = "lower_is_more_need"', "")
    with pytest.raises(MethodFileError) as caught:
        read_method(forgotten, file="mine.toml", known=KNOWN, lower_is_more_need=["income"])
    (problem,) = caught.value.problems
    assert problem.line == 15
    assert "'income' less is more need" in problem.reason
    said = forgotten.replace("weight = 0.6,", 'weight = 0.6, direction = "higher_is_more_need",')
    assert read_method(said, file="mine.toml", known=KNOWN, lower_is_more_need=["income"]).id == "mine"


def test_a_direction_that_the_file_declares_must_be_said_where_it_is_used():
    declared = """
[[indicator]]
id = "income"
title_de = "Einkommen"
title_en = "Income"
direction = "lower_is_more_need"
"""
    assert read_method(GOOD + declared, file="mine.toml", known=KNOWN).id == "mine"
    (problem,) = problems(GOOD.replace(', direction = "lower_is_more_need"', "", 1) + declared)
    assert problem.line == 15
