"""Status and dynamics of a loaded city, as they are stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from db.engine import connect
from etl.cities import city_profile
from etl.errors import EtlError
from etl.jobs import shares, status_index
from etl.jobs.contract import Context
from etl.pipeline import load_city
from etl.raw import RawStore

pytestmark = pytest.mark.db


@pytest.fixture(scope="module")
def berlin_values(
    make_database: Callable[..., str], berlin_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> pd.DataFrame:
    """Return the stored values of Berlin's planning areas, area and period × indicator, after the computation."""
    engine, profile = connect(make_database()), city_profile("berlin")
    store = RawStore(tmp_path_factory.mktemp("raw"))
    load_city(
        engine,
        profile.source,
        store,
        folder=berlin_folder,
        loaded_by="test",
        code_version="test",
        progress=lambda *_: None,
    )
    with engine.begin() as connection:
        context = Context(
            connection=connection,
            profile=profile,
            requested_by="test",
            code_version="test",
            progress=lambda *_: None,
        )
        first = status_index.run(context, shares_run=shares.run(context).run_id)
        assert first.created
        assert not status_index.run(context, shares_run=shares.run(context).run_id).created
        table = pd.read_sql_query(
            "SELECT area_id, period, indicator_id, value, status FROM value"
            " JOIN vintage v ON v.id = vintage_id WHERE v.geography_id = 'planning_area'",
            connection,
        )
    engine.dispose()
    return table.set_index(["area_id", "period", "indicator_id"]).unstack()


def test_the_stored_classes_of_status_and_dynamics_are_the_published_ones(berlin_values) -> None:
    value = berlin_values["value"]
    editions = value[value.index.get_level_values("period").isin(["2013", "2017", "2019"])]
    for ours, published in (
        ("status_class", "mss_published_status_class"),
        ("dynamics_class", "mss_published_dynamic_class"),
    ):
        both = editions[[ours, published]].dropna()
        assert len(both) == 434 + 436 + 436
        assert (both[ours] == both[published]).all()
        assert editions[ours].notna().equals(editions[published].notna())


def test_pairs_number_the_status_first(berlin_values) -> None:
    known = berlin_values["value"][["status_class", "dynamics_class", "status_dynamics_class"]].dropna()
    assert len(known) == 434 + 436 + 436
    number = 3 * (known["status_class"] - 1) + known["dynamics_class"]
    assert (known["status_dynamics_class"] == number).all()


def test_what_the_publisher_withholds_is_withheld(berlin_values) -> None:
    status = berlin_values["status"]
    withheld = status["mss_published_status_class"] == "suppressed"
    assert withheld.sum() == 13 + 11 + 11
    for name in ("status_index", "status_class", "dynamics_index", "status_dynamics_class"):
        assert (status.loc[withheld, name] == "suppressed").all()


def run_with(engine, **changes: object):
    """Compute the sample city's status by a changed method; return the outcome."""
    profile = city_profile("sample")
    method = replace(profile.methods["*"], **changes)
    with engine.begin() as connection:
        context = Context(
            connection=connection,
            profile=replace(profile, methods={"*": method}),
            requested_by="test",
            code_version="test",
            progress=lambda *_: None,
        )
        return status_index.run(context, shares_run=shares.run(context).run_id)


def test_a_method_that_compares_within_districts_is_told_the_district_of_every_area(small_city) -> None:
    outcome = run_with(small_city, universe="district")
    with small_city.connect() as connection:
        table = pd.read_sql_query(
            "SELECT left(area_id, 1) AS district, value FROM value JOIN vintage v ON v.id = vintage_id"
            " WHERE v.geography_id = 'statistical_district' AND indicator_id = 'status_index' AND period = '2022'"
            " AND value IS NOT NULL",
            connection,
        )
    assert table["district"].nunique() > 3
    means = table.groupby("district")["value"].mean()  # standardised within each district
    assert means.to_numpy() == pytest.approx(0, abs=1e-9)
    assert [reason for reason in outcome.summary["left_out"] if reason.startswith("district ")] == [
        f"district {year}: lies in no district" for year in (2020, 2021, 2022)
    ]


def test_a_method_that_names_a_level_the_city_does_not_have_is_refused(small_city) -> None:
    with pytest.raises(EtlError, match="'distrct', which is no level of the city; did you mean 'district'"):
        run_with(small_city, universe="distrct")
