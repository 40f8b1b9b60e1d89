"""`sozialraum indicator values`: values with interval and place, smoothed ones by name, nothing of what is withheld."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd
import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from db.engine import connect
from db.errors import UnknownValuesError
from etl.cli import indicator_values
from etl.cli.indicator import app
from etl.errors import EtlError
from etl.value_list import value_list

pytestmark = pytest.mark.db


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

    monkeypatch.setattr(indicator_values, "open_session", session)

    def invoke(*arguments: str) -> str:
        done = CliRunner().invoke(app, ["values", *arguments], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    return invoke


def test_the_table_says_value_interval_place_and_comparison(run) -> None:
    lines = run("sample", "unemployed_share", "--geography", "district").splitlines()
    assert lines[0] == "Unemployed share [%], district, edition 2020, 2022"
    assert lines[1].split() == ["area", "name", "value", "place", "city", "status"]
    assert any("not distinguishable" in line or "above" in line for line in lines[2:])
    assert "–" in lines[2]


def test_the_csv_has_one_row_per_area_with_full_numbers(run, city: Engine) -> None:
    table = pd.read_csv(
        io.StringIO(run("sample", "unemployed_share", "--geography", "block", "--csv")),
        dtype={"area_id": str},
    )
    with city.connect() as connection:
        stored = pd.DataFrame(
            connection.execute(
                text("SELECT area_id, value, ci_low, ci_high, status::text FROM value JOIN vintage v ON v.id = vintage_id"
                     " WHERE geography_id = 'block' AND indicator_id = 'unemployed_share' AND period = '2022'"
                     " ORDER BY area_id")
            ).mappings().all()
        )  # fmt: skip
    assert table["area_id"].tolist() == stored["area_id"].tolist()
    assert table["value"].to_numpy() == pytest.approx(stored["value"].to_numpy(dtype=float), nan_ok=True)
    assert table["ci_high"].to_numpy() == pytest.approx(stored["ci_high"].to_numpy(dtype=float), nan_ok=True)
    silent = table[table["status"].isin(["suppressed", "missing"])]
    assert len(silent) > 10
    assert (
        silent[["value", "ci_low", "ci_high", "comparison", "rank", "rank_low", "rank_high"]]
        .isna()
        .all(axis=None)
    )
    ranked = table.dropna(subset="value")
    assert (ranked["rank_low"] <= ranked["rank"]).all()
    assert (ranked["rank"] <= ranked["rank_high"]).all()


@pytest.mark.parametrize("smoothing", ["global", "neighbours"])
def test_smoothed_values_stand_beside_the_published_ones(run, smoothing: str) -> None:
    arguments = ("sample", "child_poverty_share", "--geography", "block", "--json")
    plain, smoothed = json.loads(run(*arguments)), json.loads(run(*arguments, "--smoothed", smoothing))
    assert smoothed["smoothed"] == smoothing
    assert "smoothed" not in plain["values"][0]
    for one, other in zip(plain["values"], smoothed["values"], strict=True):
        assert {name: other[name] for name in one} == one
        if one["value"] is None:
            assert (other["smoothed"], other["smoothed_low"]) == (None, None)
        else:
            assert other["smoothed_low"] <= other["smoothed"] <= other["smoothed_high"]


def test_counts_and_ratios_have_a_place_but_no_interval(run) -> None:
    rows = json.loads(run("sample", "pop_density", "--geography", "district", "--json"))["values"]
    assert sorted(row["rank"] for row in rows) == list(range(1, len(rows) + 1))
    assert {(row["ci_low"], row["rank_low"], row["comparison"]) for row in rows} == {(None, None, None)}


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("residents",), EtlError, "cannot be smoothed; choose a share or a rate"),
        (("happiness",), UnknownValuesError, "has no indicator 'happiness'; known: "),
    ],
)
def test_what_cannot_be_is_refused(city: Engine, arguments: tuple[str], error: type, words: str) -> None:
    with city.connect() as connection, pytest.raises(error, match=words):
        value_list(connection, "sample", *arguments, smoothing="global")


def test_a_quotient_of_two_counts_is_not_smoothed_as_if_it_were_events(
    city: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("etl.value_list.chance_model", lambda _definition: "quotient")
    with city.connect() as connection:
        assert value_list(connection, "sample", "unemployed_share").table["rank_low"].notna().any()
        with pytest.raises(EtlError, match="unemployed_share is a quotient of two counts"):
            value_list(connection, "sample", "unemployed_share", smoothing="global")


def test_csv_and_json_at_once_are_misuse() -> None:
    assert CliRunner().invoke(app, ["values", "sample", "residents", "--csv", "--json"]).exit_code == 2
