"""The table of segregation of a loaded city: complete, repeatable, and without a trace of what is withheld."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, text

from db.queries.segregation import series
from etl.cities import city_profile
from etl.compute import compute_city, compute_segregation
from etl.jobs.contract import Outcome
from etl.jobs.segregation import MEASURES, SegregationParameters
from etl.journal import Journal
from etl.pipeline import load_city
from etl.raw import RawStore
from etl.schedulers import Place
from spatial.segregation import dissimilarity
from spatial.segregation.register import measure

pytestmark = pytest.mark.db

NUMBERS = ["value", "ci_low", "ci_high", "corrected", "expected", "p_value"]
KEYS = ["geography_id", "period", "composition", "measure"]


def quiet(_name: str, _share: float | None = None) -> None:
    """Progress nobody looks at."""


def compute(
    engine: Engine, city: str = "sample", *, code_version: str = "test", **options: object
) -> Outcome:
    return compute_segregation(
        engine,
        city_profile(city),
        requested_by="test",
        code_version=code_version,
        progress=quiet,
        **options,
    )


def table(engine: Engine, city: str = "sample") -> pd.DataFrame:
    with engine.connect() as connection:
        return pd.DataFrame(series(connection, city)).set_index(KEYS)


def counts(engine: Engine, group: str, geography: str, period: str) -> pd.DataFrame:
    query = text(
        "SELECT area_id, indicator_id, value, status::text FROM value JOIN vintage v ON v.id = vintage_id"
        " WHERE geography_id = :geography AND period = :period AND indicator_id IN (:group, 'residents')"
    )
    told = {"group": group, "geography": geography, "period": period}
    with engine.connect() as connection:
        return pd.DataFrame(connection.execute(query, told).mappings().all())


def test_every_group_level_period_and_measure_has_its_row(small_city: Engine) -> None:
    found = table(small_city)
    one = [name for name in MEASURES if measure(name).groups == "two"]
    several = [name for name in MEASURES if measure(name).groups == "many"]
    rows = 4 * 3 * (3 * len(one) + len(several))  # levels, periods; three single groups, several at once
    assert len(found) == rows
    assert found.index.is_unique
    assert found[NUMBERS].notna().all(axis=None)
    assert (found["ci_low"] < found["ci_high"]).all()
    assert found["corrected"].between(found["ci_low"], found["ci_high"]).mean() > 0.95


def test_a_row_is_what_the_engine_gives_for_the_published_counts(small_city: Engine) -> None:
    wide = counts(small_city, "sgb2_recipients", "block", "2022").pivot(
        index="area_id", columns="indicator_id", values="value"
    )
    known = wide.dropna()
    row = table(small_city).loc[("block", "2022", "sgb2_recipients", "dissimilarity")]
    assert row["value"] == pytest.approx(
        dissimilarity(known["sgb2_recipients"], known["residents"]), rel=1e-14
    )
    assert (row["areas"], row["areas_left_out"]) == (len(known), len(wide) - len(known))
    assert row["residents"] == known["residents"].sum()


def test_withheld_counts_are_left_out_and_counted_and_nothing_else_is_told(small_city: Engine) -> None:
    """Every figure of a row is a function of counts that are published: no equation holds a withheld one."""
    frame = counts(small_city, "sgb2_recipients", "block", "2022")
    withheld = frame[frame["status"] == "suppressed"]
    assert len(withheld) > 0
    assert withheld["value"].isna().all()
    before = table(small_city)
    with small_city.begin() as connection:
        # What was withheld could be anything: the table must not move when the database has forgotten it.
        connection.execute(text("DELETE FROM value WHERE status = 'suppressed'"))
    compute(small_city, code_version="other")
    pd.testing.assert_frame_equal(
        before[[*NUMBERS, "areas", "areas_left_out", "residents"]],
        table(small_city)[[*NUMBERS, "areas", "areas_left_out", "residents"]],
        check_exact=True,
    )


def test_a_group_that_is_not_loaded_is_left_out_and_the_others_are_measured(small_city: Engine) -> None:
    with small_city.begin() as connection:
        connection.execute(
            text("DELETE FROM value WHERE indicator_id IN ('sgb2_recipients', 'residents_u18')")
        )
    chosen = SegregationParameters(measures=("dissimilarity", "multigroup_dissimilarity"), replicates=0)
    compute(small_city, parameters=chosen, code_version="other")
    found = table(small_city).reset_index()
    assert set(found["composition"]) == {"migration_background", "residents_65p"}
    assert set(found["measure"]) == {"dissimilarity"}
    assert found["value"].notna().all()


def test_a_city_without_any_of_its_groups_has_an_empty_table(small_city: Engine) -> None:
    with small_city.begin() as connection:
        connection.execute(text("DELETE FROM value WHERE indicator_id = 'residents'"))
    outcome = compute(small_city, parameters=SegregationParameters(replicates=0), code_version="other")
    assert outcome.summary["values"] == 0


def test_the_same_parameters_give_the_same_numbers_wherever_they_are_computed(
    small_city: Engine, tmp_path: Path
) -> None:
    chosen = SegregationParameters(replicates=50, seed=9)
    compute(small_city, parameters=chosen)
    first = table(small_city)
    with Journal(tmp_path / "journal", identity="x") as journal:
        done = compute(
            small_city, parameters=chosen, code_version="other", place=Place(processes=2), journal=journal
        )
    assert done.created
    pd.testing.assert_frame_equal(first[NUMBERS], table(small_city)[NUMBERS], check_exact=True)
    compute(small_city, parameters=SegregationParameters(replicates=50, seed=10))
    other = table(small_city)
    assert (other["value"] == first["value"]).all()
    assert not np.allclose(other["ci_low"], first["ci_low"])


def test_chosen_parameters_stay_until_data_or_code_change(small_city: Engine) -> None:
    chosen = compute(small_city, parameters=SegregationParameters(replicates=30))
    assert chosen.created
    (kept,) = [
        outcome
        for outcome in compute_city(
            small_city, city_profile("sample"), requested_by="test", code_version="test", progress=quiet
        )
        if outcome.kind == "segregation"
    ]
    assert (kept.run_id, kept.created) == (chosen.run_id, False)
    anew = compute(small_city, code_version="other")
    assert anew.created
    assert anew.summary["replicates"] == city_profile("sample").replicates


def test_without_resamples_there_are_values_alone(small_city: Engine) -> None:
    compute(small_city, parameters=SegregationParameters(replicates=0))
    found = table(small_city)
    assert found["value"].notna().all()
    assert found[NUMBERS[1:]].isna().all(axis=None)


@pytest.mark.slow
def test_leipzig_has_its_table_from_2000_to_2023(
    database: Engine, leipzig_folder: Path, tmp_path: Path
) -> None:
    profile = city_profile("leipzig", folder=leipzig_folder)
    load_city(
        database,
        profile.source,
        RawStore(tmp_path),
        folder=leipzig_folder,
        loaded_by="test",
        code_version="test",
        progress=quiet,
    )
    compute(database, "leipzig", parameters=SegregationParameters(replicates=100))
    found = table(database, "leipzig")
    periods = (
        found.reset_index().groupby(["composition", "geography_id"])["period"].agg(["min", "max", "nunique"])
    )
    for geography in ("district", "sub_district"):
        assert tuple(periods.loc[("non_german", geography)]) == ("2000", "2023", 24)
        assert tuple(periods.loc[("migrants", geography)]) == ("2008", "2023", 16)
        assert tuple(periods.loc[("sgb2_persons", geography)]) == ("2008", "2022", 15)
    row = found.loc[("sub_district", "2022", "migrants", "dissimilarity")]
    assert row["value"] == pytest.approx(0.21409, abs=5e-6)  # tests/reference has where it comes from
    assert row["ci_low"] < row["corrected"] < row["ci_high"]
    assert row["ci_high"] - row["ci_low"] < 0.01  # 600,000 people: chance is small
