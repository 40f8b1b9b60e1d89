"""`sozialraum budget` and `goals` on what is published of a loaded city."""

from __future__ import annotations

import io
import json

import pandas as pd
import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from etl.cli.main import app
from etl.errors import EtlError

pytestmark = pytest.mark.db

BUDGET = ("budget", "--total", "100000", "--need", "child_poverty_share", "--population", "residents_u15")
SEGREGATED = (
    "goals",
    "segregated",
    "--value",
    "unemployed_share",
    "--residents",
    "residents",
    "--threshold",
    "8",
)
GROWTH = ("goals", "growth", "--group", "residents_u15", "--span", "2")
CITY = ("--city", "sample", "--geography", "district")
PUBLISHED = "# made of published values of the database only"


@pytest.fixture
def run(small_city_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SOZIALRAUM_DATABASE_URL", small_city_url)

    def invoke(*arguments: str, status: int = 0) -> str:
        result = CliRunner().invoke(app, list(arguments))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == status, result.output
        return result.stdout

    return invoke


def frame(shown: str) -> pd.DataFrame:
    assert PUBLISHED in shown.splitlines()
    return pd.read_csv(io.StringIO(shown), dtype={"area_id": str, "period": str}, comment="#")


def stored(url: str, indicator: str, period: str) -> dict[str, float]:
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT area_id, value FROM value JOIN vintage v ON v.id = vintage_id"
                " WHERE (indicator_id, period, geography_id) = (:indicator, :period, 'district')"
            ),
            {"indicator": indicator, "period": period},
        ).all()
    engine.dispose()
    return {row.area_id: row.value for row in rows}


def test_a_budget_is_made_of_the_published_values_of_the_newest_period(run, small_city_url: str) -> None:
    table = frame(run(*BUDGET, *CITY, "--csv")).set_index("area_id")
    assert table["amount"].sum() == pytest.approx(100_000)
    assert table["need"].to_dict() == pytest.approx(stored(small_city_url, "child_poverty_share", "2022"))
    assert table["population"].to_dict() == stored(small_city_url, "residents_u15", "2022")
    assert table["name"].notna().all()


def test_a_budget_of_another_period_and_its_variants(run, small_city_url: str) -> None:
    answer = json.loads(
        run(*BUDGET, *CITY, "--period", "2020", "--variant", "by people: base-share=1", "--json")
    )
    assert answer["confidentiality_en"] == PUBLISHED.removeprefix("# ")
    first, second = answer["variants"]
    assert {one["area_id"]: one["population"] for one in first["areas"]} == stored(
        small_city_url, "residents_u15", "2020"
    )
    assert [one["amount"] for one in first["areas"]] != [one["amount"] for one in second["areas"]]
    with pytest.raises(EtlError, match=r"no published values of .* for 1999; "):
        run(*BUDGET, *CITY, "--period", "1999")


def test_segregated_areas_of_a_city_have_their_measured_size(run, small_city_url: str) -> None:
    table = frame(run(*SEGREGATED, *CITY, "--csv"))
    assert set(table["period"]) == {"2020", "2021", "2022"}
    at = table[(table["period"] == "2022") & (table["threshold"] == 8)].iloc[0]
    above = [area for area, value in stored(small_city_url, "unemployed_share", "2022").items() if value > 8]
    people = stored(small_city_url, "residents", "2022")
    assert at["areas"] == len(above)
    assert at["residents"] == pytest.approx(sum(people[area] for area in above))
    assert (at["hectares"] > 0) == bool(above)


def test_growth_of_a_city_is_that_of_its_published_counts(run, small_city_url: str) -> None:
    answer = json.loads(run(*GROWTH, *CITY, "--json"))
    assert answer["confidentiality_en"] == PUBLISHED.removeprefix("# ")
    (row,) = answer["rows"]
    before, after = (stored(small_city_url, "residents_u15", one) for one in ("2020", "2022"))
    assert row["city_growth"] == pytest.approx(100 * (sum(after.values()) / sum(before.values()) - 1))


def test_what_is_not_published_is_named(run) -> None:
    with pytest.raises(EtlError, match="sample, district: no period has published values of child_povrty"):
        run("budget", "--total", "1", "--need", "child_povrty", "--population", "residents", *CITY)


@pytest.mark.parametrize(
    "wrong",
    [
        BUDGET,
        (*BUDGET, "table.csv", "--city", "sample"),
        (*BUDGET, "table.csv", "--period", "2022"),
        SEGREGATED,
        (*SEGREGATED, "--city", "sample", "--hectares", "ha"),
        (*GROWTH, "table.csv", "--geography", "district"),
    ],
)
def test_a_table_and_a_city_are_not_mixed(run, wrong: tuple[str, ...]) -> None:
    run(*wrong, status=2)
