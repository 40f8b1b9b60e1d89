"""What can be computed and is still worth a look: said with its line before the method runs."""

import pandas as pd
import pytest

from indicators.composite import status_index
from indicators.errors import InputError
from indicators.known import known_by_id
from indicators.methods import method_names, read_method, remarks, shipped_method, shipped_text

HEAD = 'id = "m"\ntitle_de = "M"\ntitle_en = "M"\n\n'
DECLARED = '\n[[indicator]]\nid = "{}"\ntitle_de = "{}"\ntitle_en = "{}"\n'


def index(inputs: str, more: str = 'combine = "sum"', name: str = "i") -> str:
    return f'[[index]]\nid = "{name}"\n{more}\ninput = [\n{inputs}\n]\n'


def said(text: str) -> list[str]:
    method = read_method(text, file="mine.toml", known=None)
    return [one.sentence("mine.toml") for one in remarks(method, text, known=known_by_id())]


@pytest.mark.parametrize("name", method_names())
def test_the_shipped_methods_leave_nothing_to_remark(name) -> None:
    assert remarks(shipped_method(name), shipped_text(name), known=known_by_id()) == ()


def test_a_logarithm_of_what_is_negated_first_is_seen_before_it_fails() -> None:
    text = HEAD + index('  { id = "income_median", direction = "lower_is_more_need", transform = ["log"] },')
    (only,) = said(text)
    assert only.startswith("mine.toml, line 9: 'income_median': less is more need, so the value is negated")
    assert 'end the steps with { step = "reverse", about = 0 }' in only
    right = text.replace('["log"]', '["log", { step = "reverse", about = 0 }]')
    assert said(right) == []

    values = pd.DataFrame({"income_median": [1200.0, 1500.0, 1900.0]}, index=["00", "01", "02"])
    states = values.notna().replace(True, "measured")
    with pytest.raises(InputError, match="no logarithm"):
        status_index(values, states, read_method(text, file="mine.toml"))
    assert status_index(values, states, read_method(right, file="mine.toml")).rank.tolist() == [1, 2, 3]


def test_a_logarithm_of_what_may_be_zero_asks_for_an_offset() -> None:
    text = HEAD + index('  { id = "unemp_share", transform = ["log"] },')
    assert said(text) == [
        "mine.toml, line 9: 'unemp_share': log needs values above 0; give it an offset if a value may be 0 or less"
    ]
    assert said(text.replace('["log"]', '[{ step = "log", offset = 1 }]')) == []
    assert said(text.replace("unemp_share", "income_median")) == []  # a mean of money is above 0


@pytest.mark.parametrize(
    ("steps", "is_fine"),
    [
        ('["exponential"]', False),
        ('["rank", "exponential"]', False),
        ('["z_score", "exponential"]', False),
        ('["rank", "rank_share", "exponential"]', True),
        ('["percentile_rank", "exponential"]', True),
        ('["min_max", "exponential"]', True),
        ('["percentile_rank", { step = "round", decimals = 2 }, "exponential"]', True),
        ('["rank", "rank_share", "reverse", "reverse", "exponential"]', True),
    ],
)
def test_exponential_without_a_share_before_it_is_seen(steps, is_fine) -> None:
    text = HEAD + index(
        '  { id = "unemp_share", direction = "lower_is_more_need", transform = ' + steps + " },"
    )
    found = said(text)
    assert (found == []) is is_fine
    assert is_fine or "line 9: 'unemp_share': exponential needs shares from 0 to 1" in found[0]


def test_steps_that_inputs_share_are_remarked_once_for_all_of_them() -> None:
    text = HEAD + index(
        '  { id = "unemp_share" },\n  { id = "foreign_share" },',
        'combine = "sum"\ntransform = ["exponential"]',
    )
    (only,) = said(text)
    assert only.startswith("mine.toml, line 8: 'unemp_share', 'foreign_share': exponential needs")


def test_an_index_of_shares_may_be_stretched_and_a_sum_of_them_may_not() -> None:
    inner = index(
        '  { id = "unemp_share", transform = ["percentile_rank"] },\n'
        '  { id = "sgb2_rate", transform = ["percentile_rank"] },',
        'combine = "mean"',
        "inner",
    )
    outer = index('  { id = "inner", transform = ["exponential"] },')
    assert said(HEAD + inner + outer) == []
    (only,) = said(HEAD + inner.replace('"mean"', '"sum"') + outer)
    assert "'inner': exponential needs shares" in only


def test_what_is_declared_and_not_used_is_seen() -> None:
    text = HEAD + DECLARED.format("dogs", "Hunde", "Dogs") + index('  { id = "unemp_share" },')
    assert said(text) == [
        "mine.toml, line 7: 'dogs' is declared and not used; name it in an input, or leave it out"
    ]


def test_an_index_that_nobody_uses_is_seen_and_one_shown_beside_the_result_is_not() -> None:
    lost = index('  { id = "crime_rate" },', name="safety")
    assert (
        "index 'safety' is no part of the result, 'i'"
        in said(HEAD + lost + index('  { id = "foreign_share" },'))[0]
    )
    beside = index('  { id = "foreign_share", transform = ["rank", "rank_share"] },', name="beside")
    assert said(HEAD + beside + index('  { id = "foreign_share" },')) == []


def test_an_id_of_the_catalogue_with_another_meaning_is_seen() -> None:
    text = HEAD + DECLARED.format("share_u18", "Kinder mit Hund", "Children with a dog")
    (only,) = said(text + index('  { id = "share_u18" },'))
    assert only.startswith("mine.toml, line 7: 'share_u18' means “Share of minors (under 18)” [%]")
    same = known_by_id()["share_u18"]
    copied = DECLARED.format("share_u18", same.title_de, same.title_en) + 'unit = "%"\n'
    assert said(HEAD + copied + index('  { id = "share_u18" },')) == []


@pytest.mark.parametrize(
    ("weights", "more", "words"),
    [
        ((0.4, 0.6), "", "add up to 1; write weights_sum = 1, so that a slip is noticed"),
        ((40, 60), "", "add up to 100; write weights_sum = 100"),
        ((0.4, 0.5), "", "add up to 0.9, not to 1 or 100; correct one, or write weights_sum = 0.9"),
        ((0.4, 0.5), "weights_sum = 0.9", ""),
    ],
)
def test_weights_without_a_sum_are_seen(weights, more, words) -> None:
    inputs = "\n".join(
        f'  {{ id = "{name}", weight = {one} }},'
        for name, one in zip(("unemp_share", "sgb2_rate"), weights, strict=True)
    )
    found = said(HEAD + index(inputs, f'combine = "weighted_mean"\n{more}'))
    assert len(found) == bool(words)
    assert not words or ("line 7" in found[0] and words in found[0])


def test_dynamics_are_looked_at_too() -> None:
    text = (
        HEAD
        + index('  { id = "unemp_share" },')
        + '\n[dynamics]\nyears = 2\nchange = "difference"\n\n[[dynamics.index]]\nid = "d"\ncombine = "sum"\n'
        + 'input = [{ id = "unemp_share", transform = ["log"] }]\n'
    )
    (only,) = said(text)  # a difference may be negative, whatever the indicator is
    assert "log needs values above 0" in only
    assert only.startswith("mine.toml, line 19")
