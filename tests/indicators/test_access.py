"""How many of a group live near enough: by hand, with withheld and missing places, and what must never show."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.access import counts_in_reach
from indicators.errors import DefinitionError, InputError

ABOVE = {"001": "0", "002": "0", "003": "0"}
REACHED = pd.Series({"001": 1.0, "002": 0.0, "003": 1.0})


def table(counts, states=None, period="2024"):
    """Counts by area; None is withheld unless a state says otherwise."""
    states = states or {}
    rows = [
        (
            period,
            area,
            value,
            states.get(area, "suppressed" if value is None else "measured" if value else "zero"),
        )
        for area, value in counts.items()
    ]
    frame = pd.DataFrame(rows, columns=["period", "area_id", "value", "status"])
    return frame.astype({"value": float}).set_index(["period", "area_id"])


def told(places, area, reached=REACHED, **options):
    values, states = counts_in_reach(places, area, reached, ABOVE, **options)
    return (*values.iloc[0], *states.iloc[0])


def test_people_of_the_near_places_are_in_reach_and_all_of_them_are_the_total():
    places = table({"001": 30, "002": 10, "003": 60})
    assert told(places, table({"0": 100})) == (90, 100, "measured", "measured")


def test_half_of_the_surface_is_half_of_the_people_and_uncertain():
    places = table({"001": 30, "002": 10, "003": 60})
    half = pd.Series({"001": 0.5, "002": 0.0, "003": 1.0})
    assert told(places, table({"0": 100}), half, is_surface=True) == (75, 100, "uncertain", "uncertain")


def test_a_withheld_place_withholds_the_sum():
    reached, total, *states = told(table({"001": 30, "002": None, "003": 60}), table({"0": 94}))
    assert pd.isna([reached, total]).all()
    assert states == ["suppressed", "suppressed"]


def test_a_missing_place_makes_the_sum_missing():
    places = table({"001": 30, "002": None, "003": 60}, {"002": "missing"})
    assert told(places, table({"0": 94}))[2:] == ("missing", "missing")


def test_where_everybody_is_near_the_count_of_the_area_is_enough():
    # 4 live in 001 or 003, nobody in 002, which alone is far: all 64 are near, whoever the 4 are.
    places = table({"001": None, "002": 0, "003": 60})
    assert told(places, table({"0": 64})) == (64, 64, "measured", "measured")


def test_with_most_places_known_the_sum_is_that_of_the_known_ones_and_uncertain():
    places = table({"001": 30, "002": None, "003": 60})  # 90 of 94 are 95.7 %
    assert told(places, table({"0": 94}), known=0.95) == (90, 90, "uncertain", "uncertain")
    assert told(places, table({"0": 94}), known=0.96)[2:] == ("suppressed", "suppressed")


def test_nothing_is_said_of_an_area_whose_own_count_is_withheld():
    places = table({"001": 3, "002": 1, "003": 0})
    assert told(places, table({"0": None}), known=0.5)[2:] == ("suppressed", "suppressed")


def test_an_area_without_a_count_of_its_own_has_the_sum_of_its_places():
    places = table({"001": 30, "002": 10, "003": 60})
    assert told(places, table({"0": None}, {"0": "missing"})) == (90, 100, "measured", "measured")


def test_nobody_in_reach_is_a_true_zero():
    places = table({"001": 0, "002": 10, "003": 0})
    assert told(places, table({"0": 10})) == (0, 10, "zero", "measured")


def test_an_area_without_places_is_missing():
    values, states = counts_in_reach(table({"001": 5}), table({"9": 5}), REACHED, ABOVE)
    assert values.isna().all(axis=None)
    assert (states == "missing").all(axis=None)


def test_places_that_were_not_measured_are_refused():
    with pytest.raises(InputError, match="measure every place"):
        counts_in_reach(table({"004": 5}), table({"0": 5}), REACHED, {"004": "0"})
    with pytest.raises(DefinitionError, match="known"):
        counts_in_reach(table({"001": 5}), table({"0": 5}), REACHED, ABOVE, known=0)


@pytest.mark.parametrize(
    ("known", "state"),
    [(1.0, "missing"), (0.95, "missing"), (0.5, "uncertain")],
)
def test_places_that_hold_only_half_of_the_group_are_not_all_of_it(known, state):
    # 50 of 100 live in the three places; of the others nobody knows where.
    places = table({"001": 30, "002": 10, "003": 10})
    reached, total, *states = told(places, table({"0": 100}), known=known)
    assert states == [state, state]
    if state == "uncertain":
        assert (reached, total) == (40, 50)


def test_that_all_known_places_are_near_says_nothing_of_people_without_a_place():
    places = table({"001": 30, "002": 0, "003": 20})
    assert told(places, table({"0": 100}))[2:] == ("missing", "missing")


def test_places_with_less_than_half_a_person_too_few_are_the_whole_group():
    places = table({"001": 30.2, "002": 10.3, "003": 59.1})  # 99.6 of 100, estimates with decimals
    reached, total, *states = told(places, table({"0": 100}))
    assert (round(reached, 1), round(total, 1)) == (89.3, 99.6)
    assert states == ["measured", "measured"]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=3, max_size=3), st.sampled_from([0.5, 0.9, 1.0]))
def test_what_is_told_without_doubt_is_true_whatever_is_withheld(counts, known):
    people = dict(zip(ABOVE, counts, strict=True))
    shown = table({area: None if 0 < number < 5 else number for area, number in people.items()})
    total = sum(counts)
    values, states = counts_in_reach(shown, table({"0": total}), REACHED, ABOVE, known=known)
    in_reach, whole = values.iloc[0]
    if states.iloc[0]["total"] in ("measured", "zero"):
        assert whole == total
        assert in_reach == people["001"] + people["003"]
    elif states.iloc[0]["total"] == "uncertain":
        assert whole >= known * total
