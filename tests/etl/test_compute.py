"""Computing a loaded city: what is stored, what is not done twice, what becomes of it when data change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine, text

from db import jobs
from etl.cities import city_profile
from etl.compute import compute_city
from etl.errors import EtlError
from etl.jobs import shares
from etl.jobs.contract import Context
from etl.pipeline import load_city
from etl.planning.parameters import ProposalParameters
from etl.raw import RawStore
from etl.worker import work_once
from indicators.catalogue import catalogue, read_definitions
from indicators.limits import wilson_limits

pytestmark = pytest.mark.db


def quiet(_name: str, _share: float | None = None) -> None:
    """Progress nobody looks at."""


def compute(engine: Engine, **options: object):
    outcomes = compute_city(
        engine,
        city_profile("sample"),
        requested_by="test",
        code_version="test",
        progress=quiet,
        **options,
    )
    return {outcome.kind: outcome for outcome in outcomes}


def scalar(engine: Engine, query: str) -> object:
    with engine.connect() as connection:
        return connection.execute(text(query)).scalar_one()


def test_what_is_up_to_date_is_not_computed_again(small_city: Engine) -> None:
    before = scalar(small_city, "SELECT max(id) FROM run")
    outcomes = compute(small_city)
    assert not any(outcome.created for outcome in outcomes.values())
    assert scalar(small_city, "SELECT max(id) FROM run") == before


def test_a_share_is_its_counts_divided(small_city: Engine) -> None:
    wrong = scalar(
        small_city,
        "SELECT count(*) FROM value s JOIN indicator i ON i.id = s.indicator_id"
        " JOIN value n ON (n.vintage_id, n.area_id, n.period, n.indicator_id)"
        "  = (s.vintage_id, s.area_id, s.period, i.numerator)"
        " JOIN value d ON (d.vintage_id, d.area_id, d.period, d.indicator_id)"
        "  = (s.vintage_id, s.area_id, s.period, i.denominator)"
        " LEFT JOIN value m ON (m.vintage_id, m.area_id, m.period, m.indicator_id)"
        "  = (s.vintage_id, s.area_id, s.period, i.minus)"
        " WHERE s.value IS NOT NULL"
        " AND abs(s.value - i.factor * (n.value - coalesce(m.value, 0)) / d.value) > 1e-9",
    )
    compared = scalar(
        small_city,
        "SELECT count(value) FROM value JOIN indicator i ON i.id = indicator_id AND i.numerator <> ''",
    )
    assert wrong == 0
    assert compared > 1000


def test_a_share_of_a_withheld_count_is_withheld(small_city: Engine) -> None:
    shown = scalar(
        small_city,
        "SELECT count(*) FROM value s JOIN indicator i ON i.id = s.indicator_id"
        " JOIN value n ON (n.vintage_id, n.area_id, n.period) = (s.vintage_id, s.area_id, s.period)"
        "  AND n.indicator_id IN (i.numerator, i.denominator, i.minus)"
        " WHERE n.status = 'suppressed' AND s.status <> 'suppressed'",
    )
    assert shown == 0


def test_nothing_but_the_status_is_stored_of_a_value_that_is_not_there(small_city: Engine) -> None:
    silent = "value IS NULL AND (ci_low IS NOT NULL OR ci_high IS NOT NULL OR comparison IS NOT NULL)"
    assert scalar(small_city, f"SELECT count(*) FROM value WHERE {silent}") == 0
    assert (
        scalar(small_city, "SELECT count(*) FROM value WHERE status = 'suppressed' AND run_id IS NOT NULL")
        > 100
    )


def test_every_published_share_has_its_interval_and_is_compared_with_its_city(small_city: Engine) -> None:
    bare = (
        "SELECT count(*) FROM value s JOIN indicator i ON i.id = s.indicator_id AND i.form IN ('share', 'quotient')"
        " JOIN vintage v ON v.id = s.vintage_id WHERE s.value IS NOT NULL AND s.run_id IS NOT NULL"
        " AND (s.ci_low IS NULL OR (s.comparison IS NULL) <> (v.geography_id = 'city'))"
    )
    assert scalar(small_city, bare) == 0


def test_the_intervals_of_a_share_are_wilsons(small_city: Engine) -> None:
    query = text(
        "SELECT n.value AS part, d.value AS whole, s.ci_low, s.ci_high FROM value s JOIN value n USING"
        " (vintage_id, period, area_id) JOIN value d USING (vintage_id, period, area_id)"
        " WHERE s.indicator_id = 'unemployed_share' AND n.indicator_id = 'unemployed'"
        " AND d.indicator_id = 'residents_15_65' AND s.value IS NOT NULL"
    )
    with small_city.connect() as connection:
        rows = pd.DataFrame(connection.execute(query).mappings().all())
    low, high = wilson_limits(rows["part"].to_numpy(), rows["whole"].to_numpy())
    assert rows["ci_low"].to_numpy() == pytest.approx(100 * low, abs=1.1e-6)
    assert rows["ci_high"].to_numpy() == pytest.approx(100 * high, abs=1.1e-6)


def test_the_catalogue_gives_a_city_what_its_counts_allow(small_city: Engine) -> None:
    with small_city.connect() as connection:
        computed = connection.execute(
            text("SELECT DISTINCT indicator_id FROM value JOIN indicator i ON i.id = indicator_id"
                 " WHERE run_id IS NOT NULL AND i.form IS NOT NULL")
        ).scalars().all()  # fmt: skip
    assert {"ratio_old", "living_space_pc", "pop_density"} <= set(computed)
    assert "ratio_youth" not in computed  # possible, but the profile names a choice
    assert "unemp_share" not in computed  # the city has it as unemployed_share


def test_the_density_is_that_of_the_drawn_areas(small_city: Engine) -> None:
    wrong = scalar(
        small_city,
        "SELECT count(*) FROM value s JOIN area a USING (vintage_id, area_id) JOIN value r USING"
        " (vintage_id, area_id, period) WHERE s.indicator_id = 'pop_density' AND r.indicator_id = 'residents'"
        " AND abs(s.value - r.value / (ST_Area(a.geometry) / 1e6)) > 1e-6",
    )
    assert wrong == 0


def test_an_indicator_of_a_citys_own_file_is_computed_and_goes_when_the_file_does(small_city: Engine) -> None:
    text_ = (
        '[[indicator]]\nid = "old_of_young"\ntheme = "population"\nform = "quotient"\ntitle_de = "x"\n'
        'title_en = "x"\nunit = "per 100"\nfactor = 100\nnumerator = "residents_65p"\n'
        'denominator = "residents_u15"\nuniverse = "main_residence"\nminimum_denominator = 50\n'
    )
    own = read_definitions(text_, file="mine.toml", within=catalogue())
    with small_city.begin() as connection:
        context = Context(
            connection=connection,
            profile=replace(city_profile("sample"), catalogue=own, indicators=()),
            requested_by="test",
            code_version="test",
            progress=quiet,
        )
        outcome = shares.run(context)
    count = "SELECT count(value) FROM value WHERE indicator_id = 'old_of_young'"
    assert outcome.created
    assert scalar(small_city, count) > 100
    least = "SELECT minimum_denominator FROM city_indicator WHERE indicator_id = 'old_of_young'"
    assert scalar(small_city, least) == 20  # the city's own is smaller than the file's 50
    assert compute(small_city)["shares"].created
    assert scalar(small_city, count) == 0


def test_every_area_of_a_core_is_a_full_member_and_no_area_is_in_two_cores(small_city: Engine) -> None:
    assert scalar(small_city, "SELECT count(*) FROM membership WHERE is_core") > 0
    assert scalar(small_city, "SELECT count(*) FROM membership WHERE is_core AND membership <> 1") == 0
    twice = "SELECT count(*) FROM (SELECT area_id FROM membership WHERE is_core GROUP BY area_id HAVING count(*) > 1) x"
    assert scalar(small_city, twice) == 0


def test_the_stored_core_is_the_union_of_its_areas(small_city: Engine) -> None:
    difference = scalar(
        small_city,
        "SELECT max(abs(ST_Area(r.geometry) - s.area)) FROM region r JOIN ("
        " SELECT m.run_id, m.region_id, sum(ST_Area(a.geometry)) AS area FROM membership m"
        " JOIN area a USING (vintage_id, area_id) WHERE m.is_core GROUP BY 1, 2) s USING (run_id, region_id)",
    )
    assert difference < 1.0  # square metre: cracks thinner than a millimetre are closed


def test_other_parameters_make_another_proposal_that_stays_until_data_change(small_city: Engine) -> None:
    chosen = compute(small_city, parameters=ProposalParameters(threshold=0.5, border_price=0.3))["proposal"]
    assert chosen.created
    kept = compute(small_city)["proposal"]  # as make run does it
    assert (kept.run_id, kept.created) == (chosen.run_id, False)


def test_limits_hold_for_what_is_stored(small_city: Engine) -> None:
    free = compute(small_city, parameters=ProposalParameters(threshold=0.5))["proposal"]
    limits = {"least_residents": 300.0, "most_share": 0.2, "most_regions": 3}
    held = compute(small_city, parameters=ProposalParameters(threshold=0.5, **limits))["proposal"]
    everybody = (
        "SELECT sum(value) FROM value WHERE indicator_id = 'residents' AND period = :p AND vintage_id = :v"
    )
    with small_city.connect() as connection:
        regions = connection.execute(
            text("SELECT residents FROM region WHERE run_id = :run"), {"run": held.run_id}
        ).scalars()
        sizes = sorted(float(one) for one in regions)
        vintage, period = connection.execute(
            text("SELECT vintage_id, :p FROM membership WHERE run_id = :run LIMIT 1"),
            {"run": held.run_id, "p": held.summary["period"]},
        ).one()
        total = float(connection.execute(text(everybody), {"p": period, "v": vintage}).scalar_one())
    assert free.run_id != held.run_id
    assert 0 < len(sizes) <= 3
    assert sizes[0] >= 300
    assert sum(sizes) <= 0.2 * total
    assert 0 <= held.summary["relative_gap"] < 1


@pytest.mark.parametrize("distance", [0.0, 200.0])
@pytest.mark.parametrize("threshold", [-99.0, 99.0])
def test_everything_and_nothing_are_proposals_too(
    small_city: Engine, threshold: float, distance: float
) -> None:
    chosen = ProposalParameters(threshold=threshold, zone_distance=distance)
    outcome = compute(small_city, parameters=chosen)["proposal"]
    assert (outcome.summary["regions"] > 0) is (threshold < 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"threshold": float("nan")},
        {"border_price": -1.0},
        {"zone_distance": float("inf")},
        {"threshold": "high"},
        {"least_residents": "many"},
        {"most_residents": float("nan")},
        {"most_share": 1.5},
        {"most_regions": 0},
        {"seed": -1},
    ],
)
def test_parameters_that_are_no_numbers_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(EtlError, match=next(iter(wrong))):
        ProposalParameters(**wrong)


def test_a_period_without_an_index_is_refused_with_the_possible_ones(small_city: Engine) -> None:
    with pytest.raises(EtlError, match="possible periods: 2020, 2021, 2022"):
        compute(small_city, period="1999")


def ask(engine: Engine, kind: str = "proposal", **parameters: object) -> int:
    with engine.begin() as connection:
        return jobs.request(
            connection, city_id="sample", kind=kind, parameters=parameters, requested_by="planner"
        )


def job_row(engine: Engine, job: int) -> dict[str, object]:
    with engine.connect() as connection:
        return jobs.get(connection, job)


def test_the_worker_does_a_job_and_leaves_its_run(small_city: Engine) -> None:
    job = ask(small_city, threshold=0.7)
    done = work_once(small_city, code_version="test", progress=quiet)
    row = job_row(small_city, job)
    assert (row["status"], row["run_id"]) == ("done", done.run_id)
    assert scalar(small_city, f"SELECT requested_by FROM run WHERE id = {done.run_id}") == "planner"
    assert work_once(small_city, code_version="test", progress=quiet) is None


@pytest.mark.parametrize(
    ("kind", "parameters", "reason"),
    [
        ("dance", {}, "unknown kind of job 'dance'"),
        ("proposal", {"treshold": 1}, "unknown parameter(s) treshold"),
        ("proposal", {"threshold": None}, "threshold is None"),
        ("proposal", {"threshold": [1]}, "give a finite number"),
        ("proposal", {"period": 2022}, "give a text"),
        ("proposal", {"period": "1999"}, "possible periods"),
    ],
)
def test_a_job_that_cannot_be_done_fails_with_its_reason_and_the_worker_lives(
    small_city: Engine, kind: str, parameters: dict[str, object], reason: str
) -> None:
    job = ask(small_city, kind, **parameters)
    said = work_once(small_city, code_version="test", progress=quiet)
    assert reason in said
    row = job_row(small_city, job)
    assert row["status"] == "failed"
    assert reason in row["message"]
    following = ask(small_city, threshold=0.9)
    work_once(small_city, code_version="test", progress=quiet)
    assert job_row(small_city, following)["status"] == "done"


def test_berlins_stored_classes_are_the_published_ones(
    database: Engine, berlin_folder: Path, tmp_path: Path
) -> None:
    """Through load and compute: 434 of 434, 436 of 436 and 436 of 436 valid planning areas."""
    profile = city_profile("berlin")
    load_city(
        database,
        profile.source,
        RawStore(tmp_path),
        folder=berlin_folder,
        loaded_by="test",
        code_version="test",
        progress=quiet,
    )
    compute_city(database, profile, requested_by="test", code_version="test", progress=quiet)
    with database.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT o.period, count(*) FILTER (WHERE o.value = p.value) AS equal, count(*) AS valid"
                " FROM value p JOIN value o USING (vintage_id, period, area_id)"
                " WHERE p.indicator_id = 'mss_published_status_class' AND o.indicator_id = 'status_class'"
                " AND (p.value IS NOT NULL OR o.value IS NOT NULL) GROUP BY 1 ORDER BY 1"
            )
        ).all()
    assert [tuple(row) for row in rows] == [("2013", 434, 434), ("2017", 436, 436), ("2019", 436, 436)]
