"""What is stored of other counts, public for good, or wrong in one sum only, is regarded when a load is protected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from etl.confidentiality import Confidentiality, definitions_for
from etl.delivery import Delivery
from etl.earlier import Earlier
from etl.errors import DeliveryError
from etl.loading import load
from etl.raw import RawFile
from etl.relations import parents_of, tied_counts
from etl.withholding import (
    ExposedCountsError,
    Guarded,
    attack,
    exposed_counts,
    withhold,
    withhold_exposed,
    withhold_sensitive,
)
from indicators.confidentiality import AS_PUBLISHED, RECOMMENDED

AREAS = ("00", "01", "02", "03")
Counts = dict[str, list[float | None]]
STRICTER = Confidentiality(profile=replace(RECOMMENDED, minimum_count=5))


@pytest.fixture(scope="session")
def town(town_of_districts) -> Callable[..., Delivery]:
    def made(
        counts: Counts,
        *,
        year: str = "2022",
        declared: Confidentiality | None = None,
        levels: tuple[str, ...] = ("city", "district"),
    ) -> Delivery:
        """Four districts and, where all are known, their sum; None is withheld by the publisher."""
        rows = []
        for name, values in counts.items():
            rows += [("district", area, name, one) for area, one in zip(AREAS, values, strict=True)]
            rows.append(("city", "T", name, None if None in values else sum(one or 0 for one in values)))
        frame = pd.DataFrame(rows, columns=["geography", "area_id", "indicator_id", "value"])
        frame = frame[frame["geography"].isin(levels)].reset_index(drop=True)
        return town_of_districts(
            frame.assign(period=year), counts, confidentiality=declared or Confidentiality()
        )

    return made


def kept(*given: Delivery | Guarded) -> Earlier:
    """What is stored after some loads of different counts or years."""
    deliveries = [one.delivery if isinstance(one, Guarded) else one for one in given]
    values = pd.concat([one.values for one in deliveries], ignore_index=True)
    return Earlier(load_id=len(given), values=values.drop(columns="reference_date"))


def loaded(given: Delivery, earlier: Earlier | None = None) -> Guarded:
    return withhold_exposed(withhold_sensitive(given, earlier))


def withheld(given: Guarded) -> set[tuple[str, str]]:
    frame = given.delivery.values
    frame = frame[frame["status"] == "suppressed"]
    return set(zip(frame["area_id"], frame["indicator_id"], strict=True))


def store(engine: Engine, given: Delivery, version: str):
    file = RawFile(name="values.csv", path=Path("values.csv"), sha256="a" * 64, size=1)
    return load(engine, given, [file], loaded_by="test", code_version=version, progress=lambda *_: None)


def stored(engine: Engine, indicator: str) -> dict[str, float | None]:
    with engine.connect() as connection:
        statement = text("SELECT area_id, value FROM value WHERE indicator_id = :name")
        return dict(list(connection.execute(statement, {"name": indicator})))


# Two sums of one total

TWICE = Confidentiality(categories=(("tt", ("aa", "bb")), ("tt", ("cc", "dd"))))


@pytest.fixture(scope="session")
def two_sums(town) -> Callable[..., Delivery]:
    def made(aa: float) -> Delivery:
        """tt = aa + bb = cc + dd, of districts only; bb and dd of the first are withheld by the publisher."""
        counts: Counts = {
            "tt": [100, 400, 500, 600],
            "aa": [aa, 200, 250, 300],
            "bb": [None, 200, 250, 300],
            "cc": [98, 380, 470, 560],
            "dd": [None, 20, 30, 40],
        }
        return town(counts, declared=TWICE, levels=("district",))

    return made


@pytest.mark.parametrize("aa", [99, 101])
def test_a_sum_that_cannot_hold_takes_no_other_of_the_same_total_with_it(two_sums, aa):
    # 100 - 98 = 2 for dd, whatever is wrong with aa = 101 of 100.
    guarded = loaded(two_sums(aa))
    assert ("00", "cc") in withheld(guarded) or ("00", "tt") in withheld(guarded)
    assert len(exposed_counts(replace(guarded, proven=frozenset()))[1]) == 0


def test_a_period_in_which_a_sum_was_left_out_is_attacked_though_it_was_protected(two_sums):
    assert loaded(two_sums(101)).proven == frozenset()  # 101 of 100, and nobody knows how many bb are
    assert loaded(two_sums(99)).proven == {"2022"}


def test_counts_that_contradict_each_other_after_a_sum_was_left_out_refuse_nothing(town):
    # 101 women of 100, and the town's men leave 100 for the first: no numbers fit all sums, and nobody can use them.
    declared = Confidentiality(
        categories=(("residents", ("women", "men")), ("residents", ("german", "non_german")))
    )
    delivered = town(
        {
            "residents": [100, 400, 500, 600],
            "women": [101, 200, 250, 300],
            "men": [None, 200, 250, 300],
            "german": [98, 380, 470, 560],
            "non_german": [2, 20, 30, 40],
        },
        declared=declared,
    )
    delivered.values.loc[
        (delivered.values["area_id"] == "T") & (delivered.values["indicator_id"] == "men"),
        ["value", "status"],
    ] = (850.0, "measured")
    guarded = loaded(delivered)
    assert guarded.proven == frozenset()
    assert ("00", "german") in withheld(guarded) or ("00", "residents") in withheld(guarded)


# Counts of other indicators that are stored


def test_counts_are_tied_over_sums_parts_and_shares():
    declared = Confidentiality(parts=(("dogs", "pets"),))
    tied = tied_counts(["moves_out"], definitions_for("town", ()), declared)
    assert {"moves_in", "moves_out", "moves"} <= tied
    assert tied_counts(["dogs"], definitions_for("town", ()), declared) == {"dogs", "pets"}


def test_a_part_is_judged_beside_the_stored_whole(town):
    first = withhold(town({"residents": [150, 200, 300, 400]}))
    # 149 of the stored 150: nearly everybody.
    later = loaded(town({"non_german": [149, 20, 30, 40]}), kept(first))
    assert ("00", "non_german") in withheld(later)
    assert len(withheld(later)) == 2  # and one beside it, so that the town's 239 does not tell


def test_a_whole_that_makes_a_stored_part_sensitive_is_withheld_in_its_place(town):
    first = withhold(town({"non_german": [149, 20, 30, 40]}))
    later = loaded(town({"residents": [150, 200, 300, 400]}), kept(first))
    assert ("00", "residents") in withheld(later)
    assert len(withheld(later)) == 2
    assert later.told()["sensitive_but_public_before"] == 0


def test_the_third_count_of_a_sum_does_not_give_the_stored_withheld_one_away(town):
    first = withhold(town({"moves_in": [2, 50, 60, 70], "moves": [11, 90, 110, 130]}))
    assert ("00", "moves_in") in withheld(first)
    assert ("00", "moves") not in withheld(first)
    # 11 - 9 = 2, unless the 9 is withheld.
    later = loaded(town({"moves_out": [9, 40, 50, 60]}), kept(first))
    assert ("00", "moves_out") in withheld(later)


@pytest.mark.db
def test_the_third_count_of_a_sum_is_loaded_with_one_of_its_counts_withheld(town, database: Engine):
    store(database, town({"moves_in": [2, 50, 60, 70], "moves": [11, 90, 110, 130]}), "1")
    store(database, town({"moves_out": [9, 40, 50, 60]}), "2")
    served = stored(database, "moves_out")
    assert served["00"] is None
    assert sum(one is not None for one in served.values()) >= 2


def test_stored_counts_that_nothing_ties_to_a_delivery_change_nothing(town):
    first = withhold(town({"dogs": [1, 20, 30, 40]}, declared=Confidentiality(profile=AS_PUBLISHED)))
    later = loaded(town({"cats": [5, 20, 30, 40]}), kept(first))
    assert withheld(later) == set()
    assert later.told()["sensitive_but_public_before"] == 0


def test_a_stored_part_of_another_date_that_is_more_than_its_whole_refuses_nothing(town):
    first = withhold(town({"non_german": [160, 20, 30, 40]}))
    later = loaded(town({"residents": [150, 200, 300, 2]}), kept(first))  # 160 of 150, and 40 of 2
    assert ("03", "residents") in withheld(later)


# No ones: 1 + 2 of a public 3 are read off unless zeros are secret, too, and then the loader refuses what would be served.
few = st.lists(st.sampled_from([0, 2, 4, 5, 9, 12, 30]), min_size=4, max_size=4)


@settings(max_examples=15, deadline=None)
@given(few, few, st.permutations(["moves_in", "moves_out", "moves"]), st.integers(1, 2))
def test_two_loads_of_the_counts_of_a_sum_tell_together_what_neither_tells(town, arrived, left, order, cut):
    counts: Counts = {"moves_in": [*arrived], "moves_out": [*left]}
    counts["moves"] = [one + other for one, other in zip(arrived, left, strict=True)]
    try:
        first = loaded(town({name: counts[name] for name in order[:cut]}))
        second = loaded(town({name: counts[name] for name in order[cut:]}), kept(first))
    except DeliveryError:
        return  # refused: nothing is published
    both = town(counts)
    served = pd.concat([first.delivery.values, second.delivery.values], ignore_index=True)
    definitions = definitions_for("town", both.indicators)
    assert len(attack(served, parents_of(both), definitions, both.confidentiality)) == 0
    known = served[served["value"].between(1, 2)]
    assert len(known) == 0


# Years that are public

SIX = {"residents": 50, "households": 30, "cars": 12, "dogs": 11, "cats": 7, "rooms": 80}


@pytest.fixture(scope="session")
def year(town) -> Callable[..., Delivery]:
    def made(name: str, unemployed: list[float | None], *, shift: int) -> Delivery:
        """Six counts beside; of 01 they are the same whatever the shift."""
        counts: Counts = {
            key: [one + shift, one, one + 3 * shift, one + 5 * shift] for key, one in SIX.items()
        }
        return town({**counts, "unemployed": unemployed}, year=name)

    return made


def test_a_partner_that_a_public_year_tells_is_not_chosen_where_another_one_is_safe(year):
    before = withhold(year("2021", [12, 9, 21, 31], shift=0))
    assert withheld(before) == set()
    # Of 61, 2 and 9 would be the cheapest pair; but everybody would take the 9 from 2021, and 11 - 9 = 2.
    now = loaded(year("2022", [2, 9, 20, 30], shift=1), kept(before))
    assert withheld(now) == {("00", "unemployed"), ("02", "unemployed")}
    assert now.guessable == 0


def test_where_only_such_a_partner_is_left_it_is_withheld_and_told(year):
    before = withhold(year("2021", [12, 9, 21, 31], shift=0))
    now = year("2022", [2, 9, 20, 30], shift=1)
    # The town, 02 and 03 are public already as they are.
    there = now.values["area_id"].isin(["T", "02", "03"])
    public = replace(now, values=now.values[there & (now.values["indicator_id"] == "unemployed")])
    guarded = loaded(now, kept(before, public))
    assert withheld(guarded) == {("00", "unemployed"), ("01", "unemployed")}
    assert guarded.told()["guessable_from_other_years"] == 1


# What is public for good


def test_a_whole_that_is_corrected_beside_a_public_part_is_withheld(town):
    part = {"non_german": [149, 20, 30, 40]}
    first = withhold(town({"residents": [200, 200, 300, 400], **part}))
    assert withheld(first) == set()
    later = loaded(town({"residents": [150, 200, 300, 400], **part}), kept(first))
    # The 149 is public and unchanged; the new 150 is not, nor is the town's 1,050.
    assert withheld(later) == {("00", "residents"), ("T", "residents")}
    assert later.told()["sensitive_but_public_before"] == 0


def test_a_count_that_becomes_small_under_a_stricter_profile_stays_public_and_is_told(town):
    counts: Counts = {"unemployed": [4, 9, 20, 30]}
    first = withhold(town(counts))
    again = loaded(town(counts, declared=STRICTER), kept(first))
    assert withheld(again) == set()
    assert again.told()["sensitive_but_public_before"] == 1


def test_beside_a_public_small_count_a_corrected_one_is_withheld(town):
    first = withhold(town({"unemployed": [4, 9, 20, 30]}))
    later = loaded(town({"unemployed": [4, 3, 20, 30]}, declared=STRICTER), kept(first))
    # The 4 is known; the new 3 hides behind the new total of 57.
    assert withheld(later) == {("01", "unemployed"), ("T", "unemployed")}
    assert later.told()["sensitive_but_public_before"] == 1


# What the error says


def test_the_error_says_how_many_counts_are_exposed_and_not_which_or_what_they_are():
    exposed = pd.DataFrame(
        {
            "area_id": "district 07",
            "period": "2022",
            "indicator_id": "unemployed",
            "low": [2.0],
            "high": [2.0],
        }
    )
    error = ExposedCountsError("town", exposed)
    assert "1 withheld count(s) of 1 period(s)" in str(error)
    assert "sozialraum confidentiality audit" in str(error)
    assert "07" not in str(error)
    assert "unemployed" not in str(error)
    assert isinstance(error, DeliveryError)
    assert error.exposed is exposed
