"""Pages, captions and files: what every figure is made of."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure

from maps.errors import MapsError
from maps.figures.caption import (
    NOTHING,
    Caption,
    level_text,
    measure_title,
    model_text,
    number_text,
    options_text,
    p_value_text,
    seed_text,
    small_text,
)
from maps.figures.errors import FigureError
from maps.figures.output import to_png, to_svg
from maps.figures.sheet import Key, Panel, Sheet, lay_out, text_width, wrapped
from maps.figures.style import DASHES, LINES, MARKERS, NumberTicks, decimals_for


def page(**changes: object) -> Sheet:
    parts = {
        "title": "Titel",
        "caption": NOTHING,
        "lead": "Ein Satz",
        "panels": [Panel(height=1.0)],
        "language": "de",
    }
    sheet, _ = lay_out(**(parts | changes))
    return sheet


def test_lines_fit_and_lose_no_letter() -> None:
    text = "Gebiete behalten ihre Einwohnerzahl und Gruppen ihre Größe; die Menschen tauschen die Plätze"
    lines = wrapped(text, 2.0, 9)
    assert " ".join(lines) == text
    assert len(lines) > 2
    assert all(text_width(line, 9) <= 2.0 for line in lines)


def test_a_word_that_is_too_long_is_broken() -> None:
    word = "Donaudampfschifffahrtsgesellschaftskapitän"
    lines = wrapped(f"die {word}", 1.0, 9)
    assert "".join(lines) == f"die{word}"
    assert all(text_width(line, 9) <= 1.0 for line in lines)


def test_line_breaks_and_tabs_of_the_data_are_blanks_and_numbers_keep_their_unit() -> None:
    assert wrapped("eins\nzwei\tdrei", 5.0, 9) == ["eins zwei drei"]
    assert wrapped("999\N{NO-BREAK SPACE}Wiederholungen", 0.9, 9)[0] != "999"
    assert wrapped("", 5.0, 9) == []


def test_a_page_grows_with_its_texts() -> None:
    short, long = page(), page(lead="Ein Satz, der sehr viel zu sagen hat. " * 8)
    assert long.get_size_inches()[1] > short.get_size_inches()[1] + 0.3
    assert long.get_size_inches()[0] == short.get_size_inches()[0]


def test_keys_are_set_in_columns_that_fit() -> None:
    keys = [Key(text=f"Gruppe {number} mit einem längeren Namen") for number in range(7)]
    figure = page(keys=keys)
    places = {text.get_position() for text in figure.texts if text.get_text().startswith("Gruppe")}
    assert len(places) == 7
    assert len({round(x, 3) for x, _ in places}) == 2


def test_colours_of_lines_are_told_apart_by_everybody() -> None:
    # Complete dichromacy after Machado, Oliveira and Fernandes (2009), doi:10.1109/TVCG.2009.113.
    deficiencies = {
        "none": np.eye(3),
        "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    }  # fmt: skip
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])

    def linear(colour: str) -> np.ndarray:
        rgb = np.array(list(bytes.fromhex(colour[1:]))) / 255
        return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)

    def lab(colour: str, matrix: np.ndarray) -> np.ndarray:
        xyz = to_xyz @ np.clip(np.asarray(matrix) @ linear(colour), 0, 1) / np.array([0.95047, 1.0, 1.08883])
        f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
        return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])

    for matrix in deficiencies.values():
        for one, other in itertools.combinations(LINES, 2):
            # Ten times what is just noticeable.
            assert np.linalg.norm(lab(one, matrix) - lab(other, matrix)) > 23, (one, other)
    for colour in LINES:
        # WCAG asks graphics for a contrast of 3 to their ground.
        assert 1.05 / (float(linear(colour) @ to_xyz[1]) + 0.05) > 3
    assert len(MARKERS) >= len(LINES)
    assert len(set(DASHES)) == len(DASHES)


@pytest.mark.parametrize(
    ("ticks", "shown"),
    [
        ([0, 0.5, 1.0], ["0,0", "0,5", "1,0"]),
        ([-0.0025, 0.0, 0.0025], ["−0,0025", "0,0000", "0,0025"]),
        ([0, 10000, 20000], ["0", "10.000", "20.000"]),
        ([0.1 + 0.2], ["0,3"]),
        ([0.0, float("nan")], ["0", ""]),
    ],
)
def test_ticks_have_the_decimals_that_tell_them_apart(ticks: list[float], shown: list[str]) -> None:
    formatter = NumberTicks("de")
    formatter.set_locs([tick for tick in ticks if tick == tick])
    assert [formatter(tick) for tick in ticks] == shown


def test_numbers_are_written_as_people_read_them() -> None:
    assert number_text(-0.12345, 3, "de") == "−0,123"
    assert number_text(0.0004, 3, "en", signed=True) == "0.000"
    assert number_text(-0.0004, 3, "de") == "0,000"
    assert number_text(0.5, 1, "en", signed=True) == "+0.5"
    assert number_text(float("nan"), 3, "de") == "nicht bestimmt"
    assert p_value_text(0.002, "de") == "p = 0,002"
    assert p_value_text(0.0001, "en") == "p = 0.0001"
    assert (level_text(0.95, "de"), level_text(0.999, "en")) == ("95\N{NO-BREAK SPACE}%", "99.9%")
    assert (small_text(1e-13, "de"), small_text(2.5e-7, "de"), small_text(0.5, "de")) == (
        "10⁻¹³",
        "2,5 · 10⁻⁷",
        "0,5",
    )
    assert seed_text((1, 2), "en") == "seed\N{NO-BREAK SPACE}1-2"
    assert options_text({"b": 0.5, "graph": object()}, "de") == "Optionen: b = 0,5"
    assert options_text({}, "de") == ""
    assert decimals_for([0.214], spread=0.0006) == 4
    assert decimals_for([]) == 3


def test_measures_and_models_have_names_and_unknown_ones_stay() -> None:
    assert measure_title("dissimilarity", "de").startswith("Dissimilarität")
    assert measure_title("our_own", "en") == "our_own"
    assert "change places" in model_text("person_permutation", "en")
    assert model_text("our_model", "de") == "our_model"


def test_a_caption_takes_the_place_of_the_title_and_may_be_empty() -> None:
    assert page(caption=Caption(title="Mein Titel")).title == "Mein Titel"
    assert NOTHING.subtitle("de") == NOTHING.source_line("de") == ""
    assert Caption(source="Amt").source_line("en") == "Source: Amt; own computation"
    assert Caption(edition="2023").source_line("de") == "Gebietsstand 2023"


def test_names_from_data_are_never_markup() -> None:
    hostile = '<script>alert(1)</script> & "x" -- ]]> {{ 7 * 7 }} $x^2$ \\alpha حي الزهور'
    svg = to_svg(page(title=hostile, caption=Caption(place=hostile), keys=[Key(text=hostile)]))
    root = ET.fromstring(svg)
    assert root[0].text == hostile
    assert not root.findall(".//{http://www.w3.org/2000/svg}script")


def test_a_figure_without_words_is_not_written() -> None:
    for write in (to_svg, to_png):
        with pytest.raises(FigureError, match="does not say in words"):
            write(Figure())
    assert issubclass(FigureError, MapsError)


@pytest.mark.parametrize("dpi", [0, -5, 5000])
def test_a_picture_has_a_sensible_resolution(dpi: int) -> None:
    with pytest.raises(FigureError, match="20 to 1200"):
        to_png(page(), dpi)
