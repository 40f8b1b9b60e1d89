"""Nothing enters the database before small counts, and what would give them away, have been withheld."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine, text

from etl import loading
from etl.confidentiality import Confidentiality
from etl.delivery import Delivery
from etl.errors import DeliveryError
from etl.loading import load
from etl.raw import RawFile
from etl.withholding import exposed_counts, withhold_periods, withhold_sensitive
from indicators.confidentiality import AS_PUBLISHED, profile
from indicators.definition import Indicator

ROOT = Path(__file__).resolve().parents[2]
AREAS = ("00", "01", "02", "03")
SHARE = Indicator(
    id="unemployed_share", title_de="s", title_en="s", unit="%", kind="intensive",
    numerator="unemployed", denominator="residents",
)  # fmt: skip


def quiet(_name: str, _share: float | None = None) -> None:
    """Progress nobody looks at."""


@pytest.fixture(scope="session")
def delivery(town_of_districts) -> Callable[..., Delivery]:
    def made(
        counts: dict[str, list[float | None]], *, declared: Confidentiality | None = None, total: bool = True
    ) -> Delivery:
        """A town of four districts; None is a withheld count, and so is a total of one."""
        rows = []
        for name, values in counts.items():
            rows += [("district", area, name, value) for area, value in zip(AREAS, values, strict=True)]
            if total:
                known = [value for value in values if value is not None]
                rows.append(("city", "T", name, sum(known) if len(known) == len(values) else None))
        frame = pd.DataFrame(rows, columns=["geography", "area_id", "indicator_id", "value"])
        shares = [SHARE] if {"unemployed", "residents"} <= set(counts) else []
        return town_of_districts(
            frame.assign(period="2022"), [*counts, *shares], confidentiality=declared or Confidentiality()
        )

    return made


def withheld(given: Delivery) -> set[tuple[str, str]]:
    frame = given.values[given.values["status"] == "suppressed"]
    assert frame["value"].isna().all()
    return set(zip(frame["area_id"], frame["indicator_id"], strict=True))


def store(engine: Engine, given: Delivery, version: str = "1"):
    file = RawFile(name="values.csv", path=Path("values.csv"), sha256="a" * 64, size=1)
    return load(engine, given, [file], loaded_by="test", code_version=version, progress=quiet)


def stored(engine: Engine) -> dict[str, float | None]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT area_id, value FROM value WHERE indicator_id = 'unemployed'"))
        return dict(list(rows))


def test_a_source_that_declares_nothing_is_protected_by_the_recommended_rules(delivery):
    guarded = withhold_sensitive(delivery({"unemployed": [2, 5, 9, 40]}))
    # 2 is too small; 56 − 5 − 9 − 40 = 2, so the 5 goes with it: it is the cheapest with room to fall.
    assert withheld(guarded.delivery) == {("00", "unemployed"), ("01", "unemployed")}
    assert (guarded.by_publisher, guarded.small, guarded.for_others, guarded.gap) == (0, 1, 1, 0)
    assert guarded.told()["profile"] == "recommended"


def test_a_delivery_with_nothing_small_stays_as_it_is(delivery):
    given = delivery({"unemployed": [3, 5, 9, 40]})
    guarded = withhold_sensitive(given)
    assert guarded.delivery is given
    assert len(exposed_counts(guarded)[1]) == 0


def test_what_counts_no_people_is_left_alone(delivery):
    declared = Confidentiality(exceptions={"dwellings": None})
    guarded = withhold_sensitive(delivery({"dwellings": [1, 2, 1, 2]}, declared=declared))
    assert withheld(guarded.delivery) == set()


def test_a_part_that_is_nearly_its_whole_is_withheld_because_a_share_is_made_of_them(delivery):
    # 99 of 100: one resident is not unemployed.
    given = delivery({"unemployed": [99, 20, 30, 40], "residents": [100, 200, 300, 400]})
    guarded = withhold_sensitive(given)
    assert ("00", "unemployed") in withheld(guarded.delivery)
    assert len(withheld(guarded.delivery)) >= 2  # the city minus the others would tell


def test_what_a_publisher_withholds_is_attacked_with_everything_he_publishes(delivery):
    given = delivery({"unemployed": [None, 5, 9, 40]}, declared=Confidentiality(profile=AS_PUBLISHED))
    given.values.loc[given.values["area_id"] == "T", ["value", "status"]] = (56.0, "measured")
    guarded = withhold_sensitive(given)
    seconds, exposed = exposed_counts(guarded)
    assert seconds > 0
    assert exposed.to_dict("records") == [
        {"area_id": "district 00", "period": "2022", "indicator_id": "unemployed", "low": 2.0, "high": 2.0}
    ]
    mended = withhold_periods(guarded, {"2022"})
    assert withheld(mended.delivery) == {("00", "unemployed"), ("01", "unemployed")}
    assert (mended.by_publisher, mended.small, mended.for_others) == (1, 0, 1)
    assert len(exposed_counts(replace(mended, proven=frozenset()))[1]) == 0


def test_categories_are_attacked_too(delivery):
    declared = Confidentiality(profile=AS_PUBLISHED, categories=(("residents", ("women", "men")),))
    given = delivery(
        {"residents": [20, 30, 40, 50], "women": [None, 15, 20, 25], "men": [12, 15, 20, 25]},
        declared=declared,
        total=False,
    )
    guarded = withhold_sensitive(given)
    assert exposed_counts(guarded)[1][["low", "high"]].to_numpy().tolist() == [[8, 8]]
    mended = withhold_periods(guarded, {"2022"})
    assert withheld(mended.delivery) == {("00", "women"), ("00", "men")}


def test_sums_that_do_not_hold_are_left_out_and_named(delivery):
    given = delivery({"unemployed": [10, 5, 9, 40], "residents": [100, 200, 300, 400]})
    wrong = (given.values["area_id"] == "T") & (given.values["indicator_id"] == "unemployed")
    given.values.loc[wrong, "value"] = 70.0
    assert withhold_sensitive(given).left_out == ("areas of city T / 2022 / unemployed",)


def test_a_small_count_in_a_sum_that_does_not_hold_is_not_withheld_alone(delivery):
    # 2 + 20 + 27 + 0 is 49, the town says 50: whoever subtracts gets 3 for a true 2, which is too near.
    given = delivery({"unemployed": [2, 20, 27, 0]})
    given.values.loc[given.values["area_id"] == "T", "value"] = 50.0
    guarded = withhold_sensitive(given)
    assert guarded.left_out == ("areas of city T / 2022 / unemployed",)
    assert withheld(guarded.delivery) == {("00", "unemployed"), ("01", "unemployed")}
    assert len(exposed_counts(replace(guarded, proven=frozenset()))[1]) == 0


def test_sums_of_categories_that_do_not_hold_protect_their_categories_too(delivery):
    declared = Confidentiality(categories=(("residents", ("women", "men")),))
    given = delivery(
        {"residents": [21, 30, 40, 50], "women": [2, 15, 20, 25], "men": [18, 15, 20, 25]},
        declared=declared,
        total=False,
    )
    guarded = withhold_sensitive(given)  # 2 + 18 is not 21
    assert guarded.left_out == ("categories of district 00 / 2022 / residents",)
    assert withheld(guarded.delivery) == {("00", "women"), ("00", "men")}


def test_counts_that_cannot_be_protected_are_refused_with_their_names(delivery):
    # What needs no protection by its profile says the same: two beds are taken by two people.
    declared = Confidentiality(exceptions={"beds": None}, categories=(("beds", ("guests",)),))
    same = [2, 15, 20, 25]
    with pytest.raises(DeliveryError, match=r"cannot be protected: district 00 / 2022 / guests") as error:
        withhold_sensitive(delivery({"beds": same, "guests": same}, declared=declared))
    assert "nothing was loaded" in str(error.value)


def test_a_count_that_is_all_of_the_town_takes_the_town_with_it(delivery):
    given = delivery({"guests": [2, 0, 0, 0]})
    assert withheld(withhold_sensitive(given).delivery) == {("00", "guests"), ("T", "guests")}


def test_profiles_that_round_are_refused(delivery):
    with pytest.raises(DeliveryError, match="give the source one that withholds"):
        withhold_sensitive(
            delivery({"unemployed": [2, 5, 9, 40]}, declared=Confidentiality(profile=profile("amsterdam")))
        )


@pytest.mark.db
def test_no_small_count_is_ever_stored(delivery, database: Engine):
    report = store(database, delivery({"unemployed": [2, 5, 9, 40]}))
    assert stored(database) == {"00": None, "01": None, "02": 9, "03": 40, "T": 56}
    assert report.confidentiality["withheld_small"] == 1
    assert (
        "withheld: 0 by the publisher, 1 too small, 1 because they would give those away (none could be spared)"
        in report.sentence()
    )
    with database.connect() as connection:
        told = connection.execute(text("SELECT counts -> 'confidentiality' FROM load")).scalar_one()
    assert told["withheld_for_others"] == 1


@pytest.mark.db
@pytest.mark.parametrize("few", [20_000, 0])
def test_an_exposed_count_is_protected_before_anything_is_committed(
    delivery, database: Engine, monkeypatch, few
):
    # With 0 the attack runs beside the writing, and what it finds takes back what was written.
    monkeypatch.setattr(loading, "_FEW", few)
    given = delivery({"unemployed": [None, 5, 9, 40]}, declared=Confidentiality(profile=AS_PUBLISHED))
    given.values.loc[given.values["area_id"] == "T", ["value", "status"]] = (56.0, "measured")
    report = store(database, given)
    assert stored(database) == {"00": None, "01": None, "02": 9, "03": 40, "T": 56}
    assert report.confidentiality["withheld_for_others"] == 1
    assert report.load_id == 1 + (few == 0)  # a number that was taken back is not given again


@pytest.mark.db
@pytest.mark.parametrize("few", [20_000, 0])
def test_a_load_that_cannot_be_proven_leaves_the_database_as_it_was(
    delivery, database: Engine, monkeypatch, few
):
    monkeypatch.setattr(loading, "_FEW", few)
    # The town minus the others leaves 2 unemployed for a district of one resident: no numbers fit.
    given = delivery(
        {"unemployed": [None, 15, 9, 40], "residents": [1, 50, 60, 70]},
        declared=Confidentiality(profile=AS_PUBLISHED),
    )
    town = (given.values["area_id"] == "T") & (given.values["indicator_id"] == "unemployed")
    given.values.loc[town, ["value", "status"]] = (66.0, "measured")
    with pytest.raises(DeliveryError, match=r"district 00 / 2022 / unemployed"):
        store(database, given)
    assert stored(database) == {}


@pytest.mark.db
def test_a_correction_does_not_give_away_what_the_old_publication_withheld(delivery, database: Engine):
    store(database, delivery({"unemployed": [2, 9, 20, 30]}))
    assert stored(database) == {"00": None, "01": None, "02": 20, "03": 30, "T": 61}
    # Alone, the corrected table would rather withhold the 4; then 61 - 9 - 20 - 30 = 2 from both.
    corrected = delivery({"unemployed": [2, 9, 4, 30]})
    assert withheld(withhold_sensitive(corrected).delivery) == {("00", "unemployed"), ("02", "unemployed")}
    report = store(database, corrected, "2")
    assert stored(database) == {"00": None, "01": None, "02": 4, "03": 30, "T": 45}  # 11 for both, as before
    assert report.confidentiality["withheld_before"] == 2
    assert ", 2 because an earlier load withheld them, found in " in report.sentence()


@pytest.mark.db
def test_a_partner_that_the_old_publication_gives_away_hides_nothing(delivery, database: Engine):
    store(database, delivery({"unemployed": [2, 9, 20, 30]}))
    # Now 03 is too small as well. The new table alone has 16 - 4 = 12 for three of them, but the old one has 61 - 50 =
    # 11 for the first two: that leaves 1. So 02, which was corrected, is withheld beside it: 5 for both.
    store(database, delivery({"unemployed": [2, 9, 4, 1]}), "2")
    assert stored(database) == {"00": None, "01": None, "02": None, "03": None, "T": 16}


@pytest.mark.db
def test_the_same_counts_again_are_withheld_again_and_nothing_else(delivery, database: Engine):
    given = delivery({"unemployed": [2, 9, 20, 30]})
    store(database, given)
    before = stored(database)
    report = store(database, given, "2")
    assert stored(database) == before
    assert (report.counts["values_corrected"], report.counts["values_inserted"]) == (0, 0)
    assert report.confidentiality["withheld_by_publisher"] == 0


@pytest.mark.db
def test_what_is_public_already_stays_public_and_the_load_says_so(delivery, database: Engine):
    store(database, delivery({"unemployed": [2, 9, 20, 30]}, declared=Confidentiality(profile=AS_PUBLISHED)))
    report = store(database, delivery({"unemployed": [2, 9, 20, 30]}), "2")
    assert report.confidentiality["sensitive_but_public_before"] == 1
    assert stored(database) == {"00": 2, "01": 9, "02": 20, "03": 30, "T": 61}


@pytest.mark.db
def test_a_load_that_another_one_overtook_is_refused(delivery, database: Engine, monkeypatch):
    store(database, delivery({"unemployed": [20, 9, 20, 30]}))
    monkeypatch.setattr(loading, "read_earlier", lambda *_: None)
    with pytest.raises(DeliveryError, match="another load of this city was finished meanwhile"):
        store(database, delivery({"unemployed": [20, 9, 20, 31]}), "2")


@pytest.mark.db
def test_a_delivery_without_the_total_is_attacked_beside_the_stored_total(delivery, database: Engine):
    store(database, delivery({"unemployed": [4, 5, 9, 40]}, declared=Confidentiality(profile=AS_PUBLISHED)))
    later = delivery(
        {"unemployed": [None, 5, 9, 40]}, declared=Confidentiality(profile=AS_PUBLISHED), total=False
    )
    assert len(exposed_counts(withhold_sensitive(later))[1]) == 0  # by itself, there is nothing to subtract
    # 58 - 5 - 9 - 40 = 4, and all of these are public already.
    with pytest.raises(DeliveryError, match="cannot be protected: district 00 / 2022 / unemployed"):
        store(database, later, "2")
    assert stored(database) == {"00": 4, "01": 5, "02": 9, "03": 40, "T": 58}


def test_only_the_loader_and_the_computations_write_values():
    writers = {
        path.relative_to(ROOT).as_posix()
        for folder in ("db", "etl", "api", "maps")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(r"\b(merge_values|replace_computed)\(", path.read_text("utf-8"))
    }
    assert writers == {
        "db/queries/deliveries.py",
        "db/queries/undo.py",
        "db/queries/values.py",
        "etl/loading.py",
        *(f"etl/jobs/{job}.py" for job in ("access", "shares", "status_index")),
    }
    statements = {
        path.relative_to(ROOT).as_posix()
        for folder in ("db", "etl", "api", "maps")
        for path in (ROOT / folder).rglob("*.py")
        if re.search(
            r"(INSERT INTO value\b|UPDATE value\b|(append(_from)?|copy_(parts_)?in)[(,]\s*connection,\s*\"value\")",
            path.read_text("utf-8"),
        )
    }
    assert {name for name in statements if "migrations" not in name} == {
        "db/queries/deliveries.py",
        "db/queries/undo.py",
        "db/queries/values.py",
    }
    # And neither the loader nor an undo writes what has not been through the withholding.
    assert "withhold_sensitive(delivery, earlier)" in (ROOT / "etl/loading.py").read_text("utf-8")
    undone = (ROOT / "etl/undone_publication.py").read_text("utf-8")
    assert "withhold_exposed(withhold_sensitive(given, read_earlier(connection, given)))" in undone
