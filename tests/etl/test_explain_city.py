"""Explanations of a loaded city on the command line: names, ranks, published values only, and what is stored."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from db.queries.values import remove_computed
from etl.cities import city_profile
from etl.cli.main import app
from etl.index_explanations import read_chance, runs_for
from etl.jobs import shares, status_index
from etl.jobs.contract import Context

pytestmark = pytest.mark.db

CITY = ("--city", "sample", "--geography", "statistical_district")


@pytest.fixture
def run(small_city_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SOZIALRAUM_DATABASE_URL", small_city_url)

    def invoke(*arguments: str, status: int = 0) -> str:
        result = CliRunner().invoke(app, ["method", *arguments])
        assert result.exit_code == status, result.output + repr(result.exception)
        return result.stdout

    return invoke


def frame(text_of: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text_of), dtype={"area_id": str}, comment="#")


def test_a_city_is_explained_by_name_and_in_the_order_of_ranks(run) -> None:
    shown = run("explain", "sample-status", *CITY, "--csv")
    assert "# made of published values of the database only" in shown.splitlines()
    table = frame(shown)
    assert table["rank"].dropna().is_monotonic_increasing
    assert table["name"].str.len().min() > 0
    assert table["kept"].dropna().between(0, 1).all()
    first = table.iloc[0]
    told = run("explain", "sample-status", *CITY, "--area", first["area_id"])
    assert f"{first['name']} ({first['area_id']})" in told
    assert "Mit Zufall in den Werten bleibt die Klasse" in told


def test_the_command_says_what_the_service_serves(run, small_city_url: str) -> None:
    (area,) = json.loads(run("explain", "sample-status", *CITY, "--area", "101", "--json"))["areas"]
    engine = create_engine(small_city_url)
    with engine.connect() as connection:
        stored = (
            connection.execute(
                text(
                    "SELECT e.* FROM index_explanation e JOIN vintage v ON v.id = e.vintage_id"
                    " WHERE v.geography_id = 'statistical_district' AND e.period = '2022' AND e.area_id = '101'"
                )
            )
            .mappings()
            .one()
        )
    engine.dispose()
    for name in ("rank", "rank_low", "rank_high", "kept", "runs", "class"):
        assert area[name] == stored[name], name
    parts = {one["indicator"]: one["contribution"] for one in stored["parts"]}
    assert {one["indicator"]: one["contribution"] for one in area["contributions"]} == pytest.approx(parts)


def test_sensitivity_draws_by_the_published_counts(run) -> None:
    found = json.loads(run("sensitivity", "sample-status", *CITY, "--runs", "200", "--json"))
    assert found["drawn"] == ["unemployed_share", "transfer_share", "child_poverty_share"]
    assert found["confidentiality_en"].startswith("made of published values")
    ranks = [one["rank"] for one in found["areas"] if one["rank"] is not None]
    assert ranks == sorted(ranks)
    assert all(one["name"] for one in found["areas"])


def test_transitions_and_causes_between_two_periods_of_a_city(run) -> None:
    periods = ("--period", "2020", "--period", "2022")
    (moved,) = json.loads(run("transitions", "sample-status", *CITY, *periods, "--json"))
    assert (moved["earlier"], moved["later"]) == ("2020", "2022")
    areas = frame(run("transitions", "sample-status", *CITY, *periods, "--csv"))
    assert sum(one["areas"] for one in moved["transitions"]) == len(areas)
    assert "name" in areas
    (counted,) = json.loads(
        run("transitions", "sample-status", *CITY, *periods, "--residents", "residents", "--json")
    )
    assert sum(one["residents"] or 0 for one in counted["transitions"]) > 1000
    found = json.loads(run("compare", "sample-status", "sample-status", *CITY, *periods, "--json"))
    causes = {one["cause"]: one["changed"] for one in found["summary"]}
    assert causes["data"] == causes["all"]


@pytest.mark.parametrize(
    "wrong",
    [
        ("explain", "sample-status"),
        ("explain", "sample-status", "--city", "sample", "--values", "x.csv"),
        ("explain", "sample-status", "--values", "x.csv", "--period", "2020"),
        ("transitions", "sample-status", "--city", "sample", "--period", "2020"),
        ("compare", "sample-status", "sample-status", "--city", "sample", "--period", "2020"),
    ],
)
def test_a_table_and_a_city_are_not_mixed(run, wrong: tuple[str, ...]) -> None:
    run(*wrong, status=2)


def test_an_own_table_says_that_it_was_not_checked(run, tmp_path) -> None:
    file = tmp_path / "values.csv"
    numbers = np.random.default_rng(1).uniform(1, 30, (6, 3)).round(2)
    names = ["unemployed_share", "transfer_share", "child_poverty_share"]
    pd.DataFrame(numbers, columns=names).rename_axis("area_id").to_csv(file)
    for command in ("explain", "sensitivity"):
        assert "# own table: not checked for confidentiality" in run(
            command, "sample-status", "--values", str(file), "--csv"
        )
        assert "not checked for confidentiality" in " ".join(run(command, "--help").split())
    found = json.loads(run("explain", "sample-status", "--values", str(file), "--json"))
    assert "nicht auf Geheimhaltung geprüft" in found["confidentiality_de"]


def test_explanations_are_renewed_with_the_index_and_go_with_it(small_city) -> None:
    profile = city_profile("sample")
    count = text("SELECT count(*), count(DISTINCT run_id), count(kept) FROM index_explanation")
    with small_city.begin() as connection:
        before = connection.execute(count).one()
        context = Context(
            connection=connection, profile=profile, requested_by="test", code_version="later",
            progress=lambda *_: None,
        )  # fmt: skip
        again = status_index.run(context, shares_run=shares.run(context).run_id)
        after = connection.execute(count).one()
    assert again.summary["explained"] == after[0] == before[0]
    assert after[1:] == before[1:]
    assert after[1] == 1
    assert after[2] > 0
    with small_city.begin() as connection:
        vintages = connection.execute(text("SELECT id FROM vintage")).scalars().all()
        remove_computed(connection, vintages)
        assert connection.execute(count).one()[0] == 0


def test_runs_become_fewer_with_many_areas() -> None:
    assert (runs_for(63), runs_for(800), runs_for(3000)) == (1000, 500, 400)
    assert runs_for(1_200_000) == 0  # would not fit into memory


def test_a_share_without_its_published_whole_is_not_drawn(small_city) -> None:
    with small_city.begin() as connection:
        vintage = connection.execute(
            text("SELECT id FROM vintage WHERE geography_id = 'district'")
        ).scalar_one()
        names = ["unemployed_share", "transfer_share"]
        rows = pd.read_sql(
            text(
                "SELECT area_id, indicator_id, value FROM value WHERE vintage_id = :v AND period = '2022'"
                " AND indicator_id = ANY(:names)"
            ),
            connection,
            params={"v": vintage, "names": names},
        )
        table = rows.pivot(index="area_id", columns="indicator_id", values="value")
        people, errors, per = read_chance(connection, "sample", vintage, names).of("2022", table)
        assert list(people) == names
        assert (errors.empty, per) == (True, dict.fromkeys(names, 100.0))
        connection.execute(
            text(
                "UPDATE value SET value = NULL, status = 'suppressed' WHERE vintage_id = :v AND area_id = '3'"
                " AND indicator_id = 'residents_15_65'"
            ),
            {"v": vintage},
        )
        people, errors, _ = read_chance(connection, "sample", vintage, names).of("2022", table)
        assert "unemployed_share" not in people
