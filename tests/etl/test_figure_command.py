"""`sozialraum figure`: what was computed is drawn, everything else is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from etl.cli.figure import app
from etl.errors import EtlError
from maps.figures.errors import FigureError

CHOSEN = ("segregation", "sample", "--measure", "dissimilarity", "--geography", "sub_district")


@pytest.fixture
def draw(small_city_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SOZIALRAUM_DATABASE_URL", small_city_url)
    monkeypatch.setenv("SOZIALRAUM_STATE_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, arguments)

    return run


@pytest.mark.db
def test_a_figure_says_which_city_group_and_source_it_is_about(draw, tmp_path: Path) -> None:
    done = draw(*CHOSEN, "--group", "residents_65p", "--out", "aged.svg")
    assert done.exit_code == 0, done.exception
    assert done.stdout == "aged.svg\n"
    drawn = (tmp_path / "aged.svg").read_text("utf-8").replace("\N{NO-BREAK SPACE}", " ")
    for words in (
        "Dissimilarität",
        "Einwohner ab 65 Jahren · Musterstadt",
        "Synthetische Daten",
        "Gebietsstand 2020",
        "100 Wiederholungen · Startwert 1",
        "CC0-1.0",
    ):
        assert words in drawn, words
    again = draw(*CHOSEN, "--group", "residents_65p", "--out", "again.svg")
    assert again.exit_code == 0
    assert (tmp_path / "again.svg").read_bytes() == (tmp_path / "aged.svg").read_bytes()


@pytest.mark.db
def test_all_levels_of_a_measure_have_panels_of_their_own(draw, tmp_path: Path) -> None:
    done = draw("segregation", "sample", "--measure", "dissimilarity", "--language", "en", "--out", "all.svg")
    assert done.exit_code == 0, done.exception
    drawn = (tmp_path / "all.svg").read_text("utf-8")
    assert drawn.count('<g id="axes_') == 4


@pytest.mark.db
def test_the_end_of_the_name_decides_the_format(draw, tmp_path: Path) -> None:
    done = draw(*CHOSEN, "--group", "residents_65p", "--out", "aged.png", "--dpi", "50")
    assert done.exit_code == 0, done.exception
    assert (tmp_path / "aged.png").read_bytes().startswith(b"\x89PNG")
    assert draw(*CHOSEN, "--out", "aged.pdf").exit_code == 2
    assert not (tmp_path / "aged.pdf").exists()


@pytest.mark.db
def test_what_cannot_be_drawn_is_refused_and_no_file_is_written(draw, tmp_path: Path) -> None:
    refused = draw("segregation", "sample", "--measure", "delta")
    assert isinstance(refused.exception, EtlError)
    assert "there is no measure delta; known: " in str(refused.exception)
    assert "no segregation of berlin has been computed" in str(draw("segregation", "berlin").exception)
    many = draw("segregation", "sample", "--panel", "geography")
    assert isinstance(many.exception, FigureError)
    assert not list(tmp_path.glob("*.svg"))
