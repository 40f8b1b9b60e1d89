"""Profiles: what they promise, and what they refuse."""

from __future__ import annotations

from dataclasses import replace

import pytest

from indicators.confidentiality import (
    PROFILES,
    RECOMMENDED,
    Dominance,
    Profile,
    ProfileError,
    UnknownProfileError,
    profile,
)


def test_the_recommended_profile_is_the_one_of_the_domain():
    # Counts of 1 and 2, rates of fewer than 100, complements, zeros public, high shares capped at 90 %.
    assert (RECOMMENDED.minimum_count, RECOMMENDED.minimum_denominator) == (3, 100)
    assert RECOMMENDED.complement
    assert (RECOMMENDED.zeros, RECOMMENDED.top_percent, RECOMMENDED.treatment) == ("public", 90.0, "withhold")


def test_a_withheld_one_may_be_a_publishable_count():
    # From 1, an interval of the width k - 1 ends at k.
    for one in PROFILES.values():
        assert 1 + one.width >= one.minimum_count


def test_strict_and_survey_ask_for_more():
    assert profile("strict").minimum_count == 5
    assert profile("survey").minimum_count == 10


@pytest.mark.parametrize(
    ("name", "treatment", "base"),
    [("employment-agency-rounded", "round", 10), ("public-staff", "round", 5), ("amsterdam", "raise", 5)],
)
def test_some_offices_show_other_numbers_instead(name, treatment, base):
    assert (profile(name).treatment, profile(name).base) == (treatment, base)


def test_every_profile_has_a_name_in_both_languages():
    assert all(one.title_de and one.title_en for one in PROFILES.values())
    assert all(one.id == name for name, one in PROFILES.items())


def test_an_unknown_profile_names_the_nearest():
    with pytest.raises(UnknownProfileError, match="did you mean 'recommended'") as caught:
        profile("recomended")
    assert caught.value.nearest == "recommended"


@pytest.mark.parametrize(
    ("named", "change"),
    [
        ("minimum_count", {"minimum_count": 0}),
        ("minimum_denominator", {"minimum_denominator": -1.0}),
        ("minimum_denominator", {"minimum_denominator": float("nan")}),
        ("zeros", {"zeros": "hidden"}),
        ("protection", {"protection": 0}),
        ("treatment", {"treatment": "blur"}),
        ("base", {"treatment": "round"}),
        ("base", {"treatment": "raise", "base": 2}),
        ("top_percent", {"top_percent": 100.0}),
        ("p_percent", {"p_percent": 0.0}),
        ("safety_range", {"safety_range": 0.0}),
    ],
)
def test_profiles_that_contradict_themselves_are_refused(named, change):
    with pytest.raises(ProfileError, match=f"profile 'recommended': {named}"):
        replace(RECOMMENDED, **change)


@pytest.mark.parametrize(("largest", "percent"), [(3, 85.0), (1, 0.0), (2, 100.0)])
def test_dominance_of_nobody_or_everybody_is_refused(largest, percent):
    with pytest.raises(ProfileError, match="1 or 2 contributors"):
        Dominance(largest=largest, percent=percent)


def test_the_width_can_be_given():
    assert Profile(id="a", title_de="a", title_en="a", protection=7).width == 7
