"""Sentences that a planner reads: complete, in both languages, without the words of the method."""

import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spatial import NeighbourGraph, ParameterError, propose
from spatial.regions import FixedAreas, RegionLimits
from spatial.regions.reasons.explanation import explain_area
from spatial.regions.reasons.explanation_text import area_sentences
from spatial.regions.reasons.plain_words import in_words, limit_sentence

JARGON = re.compile(
    r"\b(cut|cost|tau|minimiser|energy|objective|Schnitt|Kosten|Zielfunktion|nan|inf|None)\b|τ|β|η"
)


def reasons(need=(1.5, 0.9, 1.5), people=100, area="01", **options):
    ids = pd.Index([f"{i:02d}" for i in range(len(need))])
    graph = NeighbourGraph(
        area_id=ids,
        first=np.arange(len(need) - 1),
        second=np.arange(1, len(need)),
        border=np.full(len(need) - 1, 50.0),
    )
    options = {"threshold": 1.0, "border_price": 0.2} | options
    if "existing" in options:
        options["existing"] = pd.Series(options["existing"], ids)
    found = propose(pd.Series(need, ids, dtype=float), pd.Series(people, ids), graph, **options)
    return explain_area(found, graph, area)


def test_a_block_that_is_in_for_its_borders_is_told_in_german():
    said = area_sentences(reasons(), RegionLimits(), "de", name="Hafen")
    assert said == [
        "Der Block Hafen gehört zum Vorschlag, zum Schwerpunktraum 1.",
        "Hier wohnen 100 Menschen. Ihr Bedarf beträgt 0,90 Punkte und liegt damit 0,10 Punkte unter dem Grenzwert von "
        "1,00 Punkten. Das spricht dagegen.",
        "Von den Grenzen liegen 100 m an Nachbarn, die dazugehören, und 0 m an Nachbarn, die nicht dazugehören. Der "
        "Rand wird dadurch einfacher, das spricht dafür so stark wie 0,20 Punkte mehr Bedarf.",
        "Zusammengenommen überwiegt, was dafür spricht, um 0,10 Punkte.",
        "Der Block fiele heraus, wenn der Bedarf von 0,90 Punkten auf 0,80 Punkte sänke.",
        "Läge der Grenzwert für die ganze Stadt bei 1,10 Punkten statt bei 1,00 Punkten, fiele der Block heraus.",
        "Der Block lässt sich trotzdem herausnehmen. Der Vorschlag wird dann so viel schlechter, als blieben 10 "
        "Menschen unberücksichtigt, deren Bedarf einen Punkt über dem Grenzwert liegt. Nachbarn, die dann mit wechseln, "
        "sind eingerechnet.",
    ]


def test_areas_may_be_called_something_else_and_parts_of_the_need_have_titles():
    parts = pd.Series({"unemployed": 0.5, "poverty": -0.25, "unknown": math.nan})
    why = replace(reasons(), contributions=parts)
    said = area_sentences(
        why, RegionLimits(), "en", noun="The district", titles=pd.Series({"unemployed": "Unemployment"})
    )
    assert said[0].startswith("The district 01 belongs")
    assert (
        said[2]
        == "What shapes this value most: Unemployment (+0.50), poverty (−0.25). Plus means more need, minus less."
    )


def test_a_decision_is_told_and_nothing_is_computed_around_it():
    fixed = FixedAreas(outside=pd.Series({"01": "Kleingärten"}))
    said = area_sentences(reasons(fixed=fixed), RegionLimits(), "de")
    assert said[0] == (
        "Der Block 01 gehört nicht zum Vorschlag. Das wurde vorab festgelegt und nicht berechnet. "
        "Begründung: Kleingärten."
    )
    assert len(said) == 2


def test_a_limit_that_decides_is_told_with_its_value():
    limits = RegionLimits(least_residents=1500)
    said = area_sentences(
        reasons((1.5, -1.0, 1.6), 1000, "00", limits=limits, border_price=0.0), limits, "de"
    )
    assert said[-4] == (
        "Entscheidend ist eine Vorgabe: „mindestens 1.500 Menschen je Schwerpunktraum“. "
        "Ohne sie würde der Block dazugehören."
    )
    assert said[-3].startswith("Ohne die Vorgaben zu Größe, Zahl und Anteil gehörte der Block dazu.")


def test_inertia_is_told_as_a_wish_for_steady_outlines():
    why = reasons(existing=["W", "W", None], inertia=0.1)
    assert any("lies in a priority area already" in one for one in area_sentences(why, RegionLimits(), "en"))


@pytest.mark.parametrize("people", [0, 1])
def test_nobody_and_one_person_are_told_apart(people):
    said = area_sentences(reasons(people=[100, people, 100]), RegionLimits(), "de")[1]
    assert said.startswith(["Hier wohnt niemand", "Hier wohnt 1 Mensch. "][people])


def test_where_few_people_live_nothing_tells_how_many():
    said = [
        area_sentences(reasons(people=[100, people, 100]), RegionLimits(), language, fewest=5)
        for people in (1, 4)
        for language in ("de", "en")
    ]
    assert said[:2] == said[2:]
    assert said[0][1].startswith("Hier wohnen weniger als 5 Menschen. Ihr Bedarf beträgt 0,90 Punkte")
    assert len(said[0]) == 3
    assert len(area_sentences(reasons(people=5), RegionLimits(), fewest=5)) == 7


def test_numbers_are_written_as_in_the_language():
    assert (in_words(-1234.56, "de", decimals=1), in_words(0.004, "de", decimals=2, signed=True)) == (
        "−1.234,6",
        "+0,00",
    )
    assert in_words(-0.001, "en", decimals=2) == "0.00"
    assert limit_sentence("most_share", RegionLimits(most_share=0.125), "de").startswith("höchstens 12,5 %")


def test_an_unknown_language_is_refused():
    with pytest.raises(ParameterError, match="'de' or 'en'"):
        area_sentences(reasons(), RegionLimits(), "fr")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.floats(-3, 3)), min_size=3, max_size=3),
    st.lists(st.integers(0, 500), min_size=3, max_size=3),
    st.floats(0, 5),
    st.sampled_from(["00", "01"]),
    st.booleans(),
)
@example(
    [None, None, -1.4424135221666123], [0, 0, 11], 0.0, "00", True
)  # one known need: no spread to look around
def test_every_area_is_explained_without_the_words_of_the_method(need, people, price, area, has_limits):
    limits = RegionLimits(least_residents=1) if has_limits and sum(people) else RegionLimits()
    why = reasons(
        [math.nan if one is None else one for one in need],
        people,
        area,
        border_price=price,
        existing=["W", None, None],
        inertia=0.25,
        limits=limits,
    )
    german, english = (area_sentences(why, limits, language) for language in ("de", "en"))
    assert len(german) == len(english)
    assert not any(JARGON.search(one) for one in german + english)
    assert all(one.endswith((".", ":")) for one in german + english)


def test_a_limit_of_one_speaks_of_one():
    limits = RegionLimits(least_residents=1, most_regions=1)
    assert limit_sentence("most_regions", limits, "de") == "höchstens 1 Schwerpunktraum"
    assert limit_sentence("most_regions", limits, "en") == "at most 1 priority area"
    assert limit_sentence("least_residents", limits, "de") == "mindestens 1 Mensch je Schwerpunktraum"
    assert limit_sentence("least_residents", limits, "en") == "at least 1 person in each priority area"
