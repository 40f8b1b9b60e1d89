"""`sozialraum method run --city`: a method of one's own on what is published of a loaded city."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from db.engine import connect
from etl.cli import method_input
from etl.cli.method import app
from etl.errors import EtlError, UnknownCityError

pytestmark = pytest.mark.db

OWN = """\
id = "own"
title_de = "Eigene"
title_en = "Own"
[validity]
minimum = [{ indicator = "residents", at_least = 300 }]
[[index]]
id = "need"
combine = "mean"
transform = ["percentile_rank"]
input = [{ id = "unemp_share" }, { id = "ratio_youth" }]
[dynamics]
years = 2
change = "difference"
[[dynamics.index]]
id = "change"
combine = "sum"
input = [{ id = "unemp_share" }]
"""


@pytest.fixture
def city(small_city_url: str) -> Iterator[Engine]:
    """An engine on the small city that is only read."""
    engine = connect(small_city_url)
    yield engine
    engine.dispose()


@pytest.fixture
def run(city: Engine, monkeypatch: pytest.MonkeyPatch):
    """Run the command on the small city."""

    @contextmanager
    def session():
        yield type("Session", (), {"engine": city})

    monkeypatch.setattr(method_input, "open_session", session)

    def invoke(*arguments: object, status: int = 0):
        done = CliRunner().invoke(app, ["run", *map(str, arguments)])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == status, done.output
        return done

    return invoke


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Return a method file with ids of the catalogue."""
    file = tmp_path / "own.toml"
    file.write_text(OWN, encoding="utf-8")
    return file


def stored(city: Engine, indicator: str, geography: str, period: str) -> pd.Series:
    with city.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT area_id, value FROM value JOIN vintage v ON v.id = vintage_id"
                " WHERE (indicator_id, geography_id, period) = (:indicator, :geography, :period)"
            ),
            {"indicator": indicator, "geography": geography, "period": period},
        ).all()
    return pd.Series({row.area_id: row.value for row in rows}, dtype=float).sort_index()


def test_the_method_of_the_city_gives_what_is_stored(run, city: Engine) -> None:
    done = run("sample-status", "--city", "sample", "--period", "2021", "--geography", "district", "--csv")
    table = pd.read_csv(io.StringIO(done.stdout), dtype={"area_id": str}).set_index("area_id")
    kept = stored(city, "status_index", "district", "2021")
    assert table["index"].sort_index().to_numpy() == pytest.approx(kept.to_numpy(), nan_ok=True)
    assert table["rank"].dropna().is_monotonic_increasing
    assert table["name"].notna().all()


def test_ids_of_the_catalogue_are_found_under_those_of_the_city_or_computed(run, own, city: Engine) -> None:
    done = run(own, "--city", "sample", "--geography", "district", "--json")
    answer = json.loads(done.stdout)
    assert "sample, district, 2022" in done.stderr
    assert answer["confidentiality_en"] == "made of published values of the database only"
    assert "ratio_youth: computed from residents_u15 and residents_15_65" in done.stderr
    known = [one for one in answer["areas"] if one["is_valid"]]
    # The city keeps unemp_share as unemployed_share: the same order.
    shares = stored(city, "unemployed_share", "district", "2022").rank().to_dict()
    parts = pd.Series({one["area_id"]: one["contribution_unemp_share"] for one in known})
    assert parts.rank().to_dict() == {area: shares[area] for area in parts.index}
    assert all("dynamics_index" in one for one in known)


def test_the_newest_period_on_the_finest_level_is_the_default(run, own) -> None:
    done = run(own, "--city", "sample")
    assert "sample, block, 2022" in done.stderr
    assert "more areas" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--geography", "distrikt"], "sample has no level 'distrikt'; did you mean 'district'?"),
        (["--period", "2012"], "sample, block: no values for 2012; did you mean '2022'?"),
    ],
)
def test_what_a_city_does_not_have_is_said(run, own, arguments, words) -> None:
    with pytest.raises(EtlError) as caught:
        run(own, "--city", "sample", *arguments)
    assert words in str(caught.value)


def test_a_city_without_values_of_an_indicator_is_refused(run, own) -> None:
    own.write_text(OWN.replace("ratio_youth", "crime_rate"), encoding="utf-8")
    with pytest.raises(EtlError, match="sample, block: no period has published values of crime_rate"):
        run(own, "--city", "sample")
    with pytest.raises(EtlError, match="sample, block 2021: no published values of crime_rate"):
        run(own, "--city", "sample", "--period", "2021")


def test_a_city_that_is_not_known_or_not_loaded_is_refused(run, own) -> None:
    with pytest.raises(UnknownCityError):
        run(own, "--city", "leipzich")
    with pytest.raises(EtlError, match="berlin: nothing is loaded yet; run 'sozialraum load berlin' first"):
        run(own, "--city", "berlin")


def test_a_table_and_a_city_together_or_neither_are_misuse(run, own) -> None:
    for arguments in (
        [],
        ["--city", "sample", "--values", "x.csv"],
        ["--values", "x.csv", "--period", "2021"],
    ):
        run(own, *arguments, status=2)
