"""The catalogue: complete, the same for all cities, readable from anybody's file, and documented page by page."""

import re
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.berlin import BERLIN_INDICATORS
from indicators.catalogue import (
    DefinitionFileError,
    catalogue,
    definition,
    index_page,
    read_definitions,
    sheet,
    sheet_pages,
)
from indicators.definition import AtLeast, Indicator, IndicatorDefinition
from indicators.errors import DefinitionError, InputError, ShareError
from indicators.leipzig import LEIPZIG_INDICATORS
from indicators.sample import SAMPLE_INDICATORS
from indicators.shares import indicator_values
from indicators.sums import add_sums, pool

PAGES = Path(__file__).resolve().parents[2] / "docs" / "indicators"
CITIES = (*BERLIN_INDICATORS, *LEIPZIG_INDICATORS, *SAMPLE_INDICATORS)

# The list of the domain document, §3.9; its `living_space` per resident is living_space_pc here, because cities keep
# the square metres themselves under living_space.
IDS = set(
    re.findall(
        r"\w+",
        """pop_total pop_density pop_change_5y age_mean share_u3 share_u6 share_u15 share_u18 share_18_25 share_65p
share_80p ratio_youth ratio_old billeter birth_rate_gfr foreign_share mig_share mig_u18_share hh_single hh_children
hh_loneparent children_loneparent hh_size resid_5y resid_10y mobility_vol mig_balance mig_balance_u6 move_internal
unemp_share unemp_sgb2 unemp_youth unemp_long unemp_55p employed_share sgb2_rate elb_rate bg_rate child_poverty
transfer_nonunemp old_poverty minsec_rate housing_allow income_median kita_u3 kita_3_6 seu_language seu_motor
seu_overweight school_nocert gym_rate hze_rate youth_places green_pc play_pc access_walk_x living_space_pc rent_asked
rent_burden vacancy social_dwell crime_rate turnout doctors cars survey_satisf""",
    )
)

COUNT = """
[[count]]
id = "dogs"
title_de = "Hunde"
title_en = "Dogs"
unit = "cases"
universe = "main_residence"
"""
SHARE = """
[[indicator]]
id = "dog_share"
theme = "place"
form = "share"
title_de = "x"
title_en = "x"
numerator = "dogs"
denominator = "residents"
universe = "main_residence"
"""


def read(text):
    return read_definitions(text, file="mine.toml", within=catalogue())


def table(**columns):
    """Return counts and their statuses; None is missing, "." suppressed."""
    index = [f"{i:02d}" for i in range(len(next(iter(columns.values()))))]
    values = {name: [None if one == "." else one for one in column] for name, column in columns.items()}
    states = {
        name: ["suppressed" if one == "." else "missing" if one is None else "zero" if one == 0 else "measured"
               for one in column]
        for name, column in columns.items()
    }  # fmt: skip
    return pd.DataFrame(values, index=index, dtype=float), pd.DataFrame(states, index=index)


def test_every_indicator_of_the_domain_is_there_in_its_order_of_themes():
    assert {one.id for one in catalogue().indicators()} == IDS
    assert len(IDS) == 66


@pytest.mark.parametrize("one", catalogue().values(), ids=lambda one: one.id)
def test_a_definition_is_whole_in_both_languages(one):
    for text in (one.title_de, one.title_en, one.universe_de, one.universe_en, one.source, one.source_en):
        assert text
    assert bool(one.caution_de) == bool(one.caution_en)
    assert bool(one.numerator_de) == bool(one.numerator_en)
    assert bool(one.denominator_de) == bool(one.denominator_en)
    for name in one.counts:
        assert catalogue()[name].form == "count", name
    if one.is_computable:
        assert one.minimum_denominator > 0 or one.id == "pop_density"


def test_indicators_that_are_no_counts_say_what_they_are_made_of():
    for one in catalogue().indicators():
        assert one.is_computable or one.form == "count" or one.numerator_de, one.id


@pytest.mark.parametrize("one", CITIES, ids=lambda one: one.id)
def test_an_id_of_a_city_means_the_same_in_the_catalogue(one):
    if one.id in catalogue():
        ours = catalogue()[one.id]
        names = ("title_de", "title_en", "unit", "kind", "direction", "numerator", "denominator")
        assert {name: getattr(ours, name) for name in names} == {name: getattr(one, name) for name in names}


def test_ids_that_are_called_the_same_are_the_same():
    cities = {one.id: one for one in CITIES}
    linked = [(one, cities[name]) for one in catalogue().values() for name in one.same_as]
    assert len(linked) >= 12
    for ours, theirs in linked:
        assert theirs.id not in catalogue() or ours.sum_of == (theirs.id,)
        assert (ours.unit, ours.kind, ours.direction) == (theirs.unit, theirs.kind, theirs.direction), ours.id
        if not ours.sum_of:
            assert (ours.numerator, ours.denominator) == (theirs.numerator, theirs.denominator), ours.id


def test_every_share_of_a_city_that_the_catalogue_has_is_linked():
    made_of = {
        (one.numerator, one.denominator): one for one in catalogue().indicators() if one.form == "share"
    }
    for one in CITIES:
        if one.is_share and (one.numerator, one.denominator) in made_of:
            assert one.id in made_of[one.numerator, one.denominator].same_as


@pytest.mark.parametrize(
    ("names", "trap"),
    [
        (["unemp_share", "unemp_sgb2", "unemp_youth", "unemp_long", "unemp_55p"], "nicht Arbeitslosenquote"),
        (["ratio_youth", "ratio_old"], "kein Anteil: kann über 100 liegen"),
        (["share_u18", "share_65p", "ratio_youth"], "Altersgrenzen gehören zur Kennung"),
        (["sgb2_rate", "elb_rate", "old_poverty"], "Regelaltersgrenze"),
        (["sgb2_rate", "child_poverty", "unemp_sgb2"], "Bürgergeld"),
        (["sgb2_rate", "minsec_rate", "transfer_nonunemp"], "revidiert"),
        (["foreign_share", "mobility_vol", "minsec_rate"], "Ukraine"),
        (["unemp_share", "unemp_sgb2"], "Sammeladressen"),
        (["share_u15", "pop_total"], "Hauptwohnungen"),
        (["mobility_vol", "mig_balance", "move_internal"], "Fälle, nicht Personen"),
        (["hh_single", "hh_loneparent", "bg_rate"], "geschätzt"),
        (["mig_share", "mig_u18_share"], "Einwanderungsgeschichte"),
        (["income_median", "survey_satisf", "rent_burden"], "Vertrauensbereich"),
        (["child_poverty", "kita_u3", "unemp_youth"], "unter 100 Kinder"),
        (["crime_rate"], "Tatort"),
        (["turnout"], "Briefwahl"),
        (["seu_language", "seu_motor", "seu_overweight"], "Drei Jahrgänge"),
    ],
)
def test_the_known_traps_are_said_where_they_lie(names, trap):
    for name in names:
        assert trap in definition(name).caution_de, name


def test_surveys_need_thirty_respondents_and_pooled_cohorts_two_of_three():
    assert definition("survey_satisf").minimum_denominator == 30
    assert definition("seu_language").missing == AtLeast(0.6)


def test_an_unknown_indicator_is_refused_with_the_nearest_name():
    with pytest.raises(DefinitionError, match=r"no indicator 'share_u81'; did you mean 'share_u18'\?"):
        definition("share_u81")


def test_what_is_stored_is_a_plain_indicator_with_its_counts_if_they_are_of_one_date():
    share, rate = definition("child_poverty").as_indicator(), definition("birth_rate_gfr").as_indicator()
    assert type(share) is Indicator
    assert (share.numerator, share.denominator) == ("sgb2_children_u15", "residents_u15")
    assert (rate.numerator, rate.form, rate.factor) == ("births", "rate", 1000)
    assert definition("mig_balance").as_indicator().minus == "moves_out"
    assert definition("pop_change_5y").as_indicator().numerator is None
    assert {one.name for one in fields(share)} == {one.name for one in fields(Indicator)}


# Reading files


def test_a_file_of_ones_own_builds_on_the_catalogue():
    mine = read(COUNT + SHARE)
    assert len(mine) == len(catalogue()) + 2
    assert (mine["dog_share"].unit, mine["dog_share"].factor) == ("%", 100)
    assert mine["dog_share"].universe_en == definition("share_u18").universe_en


def test_the_example_of_the_documentation_is_a_valid_file():
    example = re.search(r"```toml\n(.*?)```", index_page(catalogue()), re.DOTALL)[1]
    assert read(example)["dogs_per_1000"].source == "Ordnungsamt: Hunderegister"


def test_tables_of_a_manifest_are_left_to_their_reader():
    text = '[geography]\nname = "x"\n' + COUNT
    assert "dogs" in read_definitions(text, file="m.toml", within=catalogue(), others=["geography"])
    with pytest.raises(DefinitionFileError, match=r"m\.toml, line 1: unknown table 'geography'"):
        read_definitions(text, file="m.toml", within=catalogue())


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (COUNT.replace("universe", "univers"), 7, "unknown key 'univers' in count; did you mean 'universe'?"),
        (
            COUNT.replace('"main_residence"', '"main_residense"'),
            7,
            "unknown universe 'main_residense'; did you",
        ),
        (COUNT.replace('unit = "cases"\n', ""), 2, "unit is missing in count 'dogs'; add it"),
        (COUNT.replace('"dogs"', '"Dogs!"'), 3, "id 'Dogs!' is no id"),
        (COUNT.replace('"dogs"', '"residents"'), 3, "id 'residents' is taken by the catalogue"),
        (COUNT.replace('"Hunde"', "7"), 4, "title_de is 7; give a text"),
        (COUNT + COUNT, 10, "id 'dogs' is there twice, first in line 3"),
        (COUNT + 'form = "count"', 8, "unknown key 'form' in count"),
        (COUNT + 'sum_of = ["dogs"]', 8, "a circle of sums: dogs → dogs; leave one of them out"),
        (COUNT + 'caution_de = "x"', 8, "caution_de and caution_en go together"),
        (COUNT + "decimals = 1.5", 8, "decimals is 1.5; give a whole number"),
        (COUNT + "missing = 2", 2, "give a share above 0, up to 1"),
        (COUNT + "missing = nan", 8, "missing is nan; give a finite number"),
        (COUNT + 'direction = "higher_is_more_ned"', 8, "did you mean 'higher_is_more_need'?"),
        (COUNT + SHARE.replace('"share"', '"shares"'), 12, "did you mean 'share'?"),
        (
            COUNT + SHARE.replace('"residents"', '"resident"'),
            16,
            "unknown count 'resident'; did you mean 'residents'",
        ),
        (COUNT + SHARE.replace('"residents"', '"share_u18"'), 16, "unknown count 'share_u18'"),
        (COUNT + SHARE.replace('theme = "place"', 'theme = "plaice"'), 11, "unknown theme 'plaice'"),
        (COUNT + SHARE + "factor = 0", 9, "a finite factor above 0"),
        (COUNT + SHARE + 'minus = "births"', 9, "minus is for balances"),
        (COUNT + SHARE + "years = 5", 9, "years are for changes"),
        (
            COUNT + SHARE + "years = 0",
            18,
            "years is 0; give a whole number of 1 to 100",
        ),
        (COUNT + SHARE + "minimum_denominator = -1", 9, "a finite minimum_denominator of at least 0"),
        (COUNT + SHARE + 'sources = ["EMR", "EMX"]', 18, "unknown source 'EMX'; "),
        ('[[counts]]\nid = "x"', 1, "unknown table 'counts'; did you mean 'count'?"),
        ('[count]\nid = "x"', 1, "count must be a list of tables; write [[count]]"),
        ('[source]\nEMS = "x"', 2, "source.EMS needs de and en"),
        ('[source.EMR]\nde = "x"\nen = "x"', 1, "source.EMR is already there"),
        ("[[count]]\nid = ", 2, "not valid TOML"),
        ("[" * 5000, 1, "not"),
    ],
)
def test_a_mistake_in_a_file_is_said_with_its_line_and_what_was_meant(text, line, message):
    with pytest.raises(DefinitionFileError) as caught:
        read(text)
    assert message in str(caught.value)
    assert caught.value.line == line
    assert str(caught.value).startswith(f"mine.toml, line {line}: ")


def test_all_mistakes_are_found_at_once_in_the_order_of_lines():
    with pytest.raises(DefinitionFileError, match=r"line 4: .*\(and 2 more problem\(s\)\)") as caught:
        read(COUNT.replace('"Hunde"', "1").replace('"Dogs"', "2").replace('"cases"', "3"))
    assert [one.line for one in caught.value.problems] == [4, 5, 6]


def test_a_circle_through_several_counts_is_named():
    text = COUNT + 'sum_of = ["cats"]\n' + COUNT.replace("dogs", "cats") + 'sum_of = ["dogs", "births"]'
    with pytest.raises(DefinitionFileError, match="a circle of sums: dogs → cats → dogs"):
        read(text)


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_file_is_refused_in_words_or_read(data):
    text = COUNT + SHARE
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    damaged = text[:start] + data.draw(st.text(alphabet='[]="{}#\n\\x1', max_size=4)) + text[end:]
    with suppress(DefinitionFileError):
        read(damaged)


# Definitions that contradict themselves


def made(**changed):
    facts = {
        "id": "x", "title_de": "x", "title_en": "x", "unit": "%", "kind": "intensive", "theme": "place",
        "form": "share", "factor": 100, "numerator": "a", "denominator": "b", "universe_de": "x", "universe_en": "x",
    }  # fmt: skip
    return IndicatorDefinition(**(facts | changed))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"form": "count"}, "a count is extensive"),
        ({"factor": 1000}, "factor 100"),
        ({"unit": "per 100"}, "a share in %"),
        ({"form": "balance"}, "minus is for balances"),
        ({"sum_of": ("a",)}, "sum_of is for counts"),
        ({"form": "median"}, "a numerator and a denominator"),
        ({"minimum_denominator": float("nan")}, "minimum_denominator"),
        ({"numerator": None}, "together or not at all"),
    ],
)
def test_a_definition_that_contradicts_itself_is_refused(changed, message):
    with pytest.raises(DefinitionError, match=message):
        made(**changed)


@pytest.mark.parametrize("share", [0, -0.1, 1.1, float("nan")])
def test_a_missing_policy_is_a_share(share):
    with pytest.raises(DefinitionError, match="above 0, up to 1"):
        AtLeast(share)


# Values from definitions


def test_a_share_uses_the_least_denominator_of_its_definition():
    values, states = table(sgb2_children_u15=[30, 30, ".", 0], residents_u15=[120, 99, 120, 120])
    result = indicator_values(definition("child_poverty"), values, states)
    # 30 of 120 is 25 %; 99 children are below the minimum of 100.
    assert result["status"].tolist() == ["measured", "missing", "suppressed", "zero"]
    assert result["value"].fillna(-1).tolist() == [25.0, -1, -1, 0.0]


def test_a_balance_may_be_negative_and_zero_only_when_nobody_moved():
    values, states = table(
        moves_in=[10, 30, 20, 0, 5], moves_out=[25, 20, 20, 0, "."], residents_mean=[1000] * 5
    )
    result = indicator_values(definition("mig_balance"), values, states)
    assert result["value"].fillna(99).tolist() == [-15.0, 10.0, 0.0, 0.0, 99]
    assert result["status"].tolist() == ["measured", "measured", "measured", "zero", "suppressed"]


def test_a_quotient_may_be_above_one_hundred_and_a_share_not():
    values, states = table(residents_u15=[300], residents_15_65=[200], residents=[200])
    assert indicator_values(definition("ratio_youth"), values, states)["value"].tolist() == [150.0]
    with pytest.raises(ShareError, match="share_u15: numerator above denominator in 1 area"):
        indicator_values(definition("share_u15"), values, states)


def test_a_group_below_zero_is_refused_in_a_balance_too():
    values, states = table(moves_in=[-1], moves_out=[2], residents_mean=[500])
    with pytest.raises(ShareError, match="negative"):
        indicator_values(definition("mig_balance"), values, states)


def test_what_is_not_made_of_counts_or_lacks_one_is_refused():
    values, states = table(residents=[200])
    with pytest.raises(
        DefinitionError, match="a median is not computed from counts of one date; load its values"
    ):
        indicator_values(definition("income_median"), values, states)
    with pytest.raises(DefinitionError, match="share_u18: values has no column for residents_u18"):
        indicator_values(definition("share_u18"), values, states)


def test_sums_are_added_in_the_right_order_and_never_replace_what_was_delivered():
    values, states = table(
        sgb2_recipients=[50, 10], sgb12_recipients=[5, "."], asylum_benefit_recipients=[0, 0], moves_in=[1, 2],
        moves_out=[3, 4], moves=[9, 9],
    )  # fmt: skip
    more, state = add_sums(values, states, catalogue())
    assert more["minimum_income_recipients"].tolist()[0] == 55
    assert state["minimum_income_recipients"].tolist() == ["measured", "suppressed"]
    assert more["moves"].tolist() == [9, 9]
    assert "transfer_not_unemployed" not in more


def test_a_circle_of_sums_is_refused_when_computing_too():
    facts = {
        "form": "count",
        "kind": "extensive",
        "unit": "persons",
        "factor": 1,
        "numerator": None,
        "denominator": None,
    }
    circle = {"a": made(id="a", sum_of=("b",), **facts), "b": made(id="b", sum_of=("a",), **facts)}
    with pytest.raises(DefinitionError, match="a → b → a"):
        add_sums(*table(c=[1]), circle)


@pytest.mark.parametrize(
    ("findings", "needed", "value", "status"),
    [
        ([4, 6, 2], 1, 12, "measured"),
        ([4, 6, None], 1, None, "missing"),
        ([4, 6, None], 2 / 3, 10, "uncertain"),
        ([4, None, None], 2 / 3, None, "missing"),
        ([4, 6, "."], 2 / 3, None, "suppressed"),
        ([0, 0, 0], 1, 0, "zero"),
    ],
)
def test_cohorts_are_pooled_as_the_missing_policy_says(findings, needed, value, status):
    values, states = table(findings=findings)
    total, state = pool(values, states, pd.Series("00", index=values.index), missing=AtLeast(needed))
    assert state.loc["00", "findings"] == status
    assert (None if pd.isna(total.loc["00", "findings"]) else total.loc["00", "findings"]) == value


def test_parts_are_pooled_over_the_same_cohorts_for_numerator_and_denominator():
    values, states = table(findings=[4, None, 6], examined=[20, 40, 30])
    total, _ = pool(values, states, pd.Series("00", index=values.index), missing=AtLeast(0.6))
    assert total.loc["00"].tolist() == [10, 50]  # the second cohort's 40 are in neither


def test_a_part_of_no_whole_is_refused():
    values, states = table(findings=[4, 6])
    with pytest.raises(InputError, match="parts of no whole in 1 area"):
        pool(values, states, pd.Series(["00", None], index=values.index), missing=AtLeast(1))


# Pages


def test_the_committed_pages_are_those_that_are_generated():
    pages = sheet_pages(catalogue())
    assert {path.name for path in PAGES.glob("*.md")} == set(pages)
    for name, text in pages.items():
        assert (PAGES / name).read_text(encoding="utf-8") == text, (
            f"{name}: run sozialraum indicator sheet --out"
        )


def test_a_page_says_formula_counts_universe_uncertainty_and_caution_in_both_languages():
    page = sheet(definition("ratio_old"), catalogue())
    for text in (
        "| Formel | Quotient zweier Gruppen: 100 × Zähler / Nenner |",
        "| Nenner | Einwohner von 15 bis unter 65 Jahren (`residents_15_65`) |",
        "| Denominator | Residents aged 15 to under 65 (`residents_15_65`) |",
        "| Unsicherheit | Wilson-Intervall, auf den Quotienten umgerechnet |",
        "**Zu beachten.** Quotient zweier Gruppen, kein Anteil",
        "**To mind.** Quotient of two groups, no share",
    ):
        assert text in page
    assert page.index("## Deutsch") < page.index("## English")


def test_numbers_on_a_page_are_written_as_the_language_writes_them():
    page = sheet(definition("birth_rate_gfr"), catalogue())
    assert "Rate: 1.000 × Zähler / Nenner" in page
    assert "rate: 1,000 × numerator / denominator" in page
