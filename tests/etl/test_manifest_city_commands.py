"""Every command that takes a city takes one that was loaded with a manifest."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from db.engine import connect
from etl.cities import city_profile
from etl.cli.main import app
from etl.compute import compute_city

pytestmark = pytest.mark.db

METHOD = """
id = "small-status"
title_de = "Status der Kleinstadt"
title_en = "Status of the small town"

[[index]]
id = "status"
title_de = "Status"
title_en = "Status"
combine = "mean"
input = [{ id = "rate", transform = ["z_score"] }]

[classes]
cuts = [0.0]
labels_de = ["niedrig", "hoch"]
labels_en = ["low", "high"]
"""
RULE = """
id = "high-rate"
title_de = "Hohe Quote"
title_en = "High rate"
kind = "level"
indicators = ["rate"]
direction = "rising"
threshold = 6.5
"""


def ten_years() -> str:
    """A table of ten years, in which the rate of the second Stadtteil rises every year."""
    lines = ["nr;jahr;ew;ausl;quote"]
    for year in range(2013, 2023):
        for at, people in enumerate((1000, 2000, 1500, 900)):
            rate = 4 + at / 2 + (year - 2013) * 0.4 * (at == 1)
            lines.append(
                f"0{at + 1};{year};{people + 7 * (year - 2013)};{60 + 20 * at};{rate:.1f}".replace(".", ",")
            )
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    """Addresses of the databases that this module has made."""
    return {}


@pytest.fixture
def run(
    load,
    quiet,
    made: dict[str, str],
    make_database: Callable[..., str],
    dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    """Run a command on the small town, loaded with its manifest and computed once for the module."""
    (dataset.folder / "method.toml").write_text(METHOD, encoding="utf-8")
    (dataset.folder / "rule.toml").write_text(RULE, encoding="utf-8")
    (dataset.folder / "values.csv").write_text(ten_years(), encoding="utf-8")
    dataset.manifest("[compute]\n", '[compute]\nmethods = { "*" = "method.toml" }\n')
    if not made:
        url = make_database()
        engine = connect(url)
        load(engine, dataset, tmp_path)
        with engine.connect() as connection:
            profile = city_profile("small", connection)
        compute_city(engine, profile, requested_by="test", code_version="test", progress=quiet)
        engine.dispose()
        made["url"] = url
    monkeypatch.setenv("SOZIALRAUM_DATABASE_URL", made["url"])
    monkeypatch.setenv("SOZIALRAUM_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("SOZIALRAUM_USER", "tester")
    monkeypatch.chdir(dataset.folder)

    def invoke(*arguments: str) -> str:
        result = CliRunner().invoke(app, list(arguments))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout

    return invoke


def test_history_and_diff(run) -> None:
    assert "load 1" in run("history", "small", "01", "residents", "--geography", "sub_district")


def test_compute(run) -> None:
    assert "proposal" in run("compute", "small", "--threshold", "0.5")


def test_segregation(run) -> None:
    assert "dissimilarity" in run("segregation", "small", "--csv")


def test_figure(run, tmp_path: Path) -> None:
    run("figure", "segregation", "small", "--out", str(tmp_path / "figure.svg"))
    assert (tmp_path / "figure.svg").stat().st_size > 1000


def test_map(run, tmp_path: Path) -> None:
    run("map", "small", "--indicator", "rate", "--out", str(tmp_path / "map.html"))
    assert "Neustadt" in (tmp_path / "map.html").read_text(encoding="utf-8")


def test_indicator_values(run) -> None:
    assert "Neustadt" in run("indicator", "values", "small", "foreign_share", "--csv")


def test_indicator_list_with_what_the_city_has_of_its_own(run) -> None:
    assert "Quote · Rate" in run("indicator", "list", "--city", "small")
    assert "Quote · Rate" in run("indicator", "list", "--city", "small", "--for-methods")
    assert "Quote · Rate" not in run("indicator", "list")


def test_confidentiality_audit(run) -> None:
    assert "small" in run("confidentiality", "audit", "small")


def test_confidentiality_preview_of_the_city_and_of_its_manifest(run, dataset) -> None:
    by_city = run("confidentiality", "preview", "small", "--from", str(dataset.folder), "--json")
    by_manifest = run("confidentiality", "preview", str(dataset.folder), "--json")
    told = json.loads(by_city)
    assert told["levels"] == json.loads(by_manifest)["levels"]
    assert told["levels"][0]["values"] > 0


def test_method_run_and_explain_with_an_indicator_of_its_own(run) -> None:
    assert "Neustadt" in run("method", "run", "method.toml", "--city", "small", "--csv")
    assert "02" in run("method", "explain", "method.toml", "--city", "small", "--area", "02")


def test_method_sensitivity_and_transitions(run) -> None:
    years = ("--city", "small", "--period", "2013", "--period", "2022")
    assert "Neustadt" in run("method", "sensitivity", "method.toml", "--city", "small", "--csv")
    assert "02" in run("method", "transitions", "method.toml", *years, "--csv")


def test_goals(run) -> None:
    shown = run(
        "goals", "segregated", "--city", "small", "--value", "rate", "--residents", "residents", "--threshold", "6"
    )  # fmt: skip
    assert "2022" in shown
    assert "2022" in run("goals", "growth", "--city", "small", "--group", "non_german", "--span", "2")


def test_budget(run) -> None:
    shown = run(
        "budget", "--city", "small", "--total", "1000", "--need", "foreign_share", "--population", "residents"
    )
    assert "02" in shown


def test_alerts_from_rule_to_list(run) -> None:
    assert "high-rate" in run("alert", "rules", "small", "--file", "rule.toml")
    assert run("alert", "backtest", "small", "--file", "rule.toml")
    assert "is on" in run("alert", "switch-on", "small", "high-rate", "--by", "A. Muster")
    assert "raised" in run("alert", "run", "small")
    assert "Neustadt" in run("alert", "list", "small")
    assert run("alert", "subscribe", "Jugendamt", "--city", "small", "--rule", "high-rate")
    assert "Jugendamt" in run("alert", "subscriptions", "--city", "small")
    assert "is off" in run("alert", "switch-off", "small", "high-rate", "--by", "A. Muster")


def test_scenarios(run) -> None:
    assert run("scenario", "save", "small", "wide", "--set", "threshold=0.3")
    assert run("scenario", "run", "small", "wide")
    assert "wide" in run("scenario", "list", "small")


def test_maps_of_priority_areas(run) -> None:
    assert run("boundary", "draft", "small", "--title", "Entwurf")
    assert "Entwurf" in run("boundary", "list", "small")


def test_undo_last_of_all_dry(run) -> None:
    assert "nothing was kept" in run("undo", "small", "1", "--dry-run")
