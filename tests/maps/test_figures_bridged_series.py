"""The series of one area over a change of boundaries: counted and converted told apart, a broken line, words for all."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from indicators.definition import Indicator
from maps.figures.bridged_series import bridged_series
from maps.figures.errors import FigureError
from maps.figures.output import to_png, to_svg

RESIDENTS = Indicator(
    id="residents", title_de="Einwohner", title_en="Residents", unit="persons", kind="extensive"
)
BREAKS = pd.DataFrame(
    {
        "period": ["2019"],
        "edition_before": ["2006"],
        "edition_after": ["2019"],
        "areas_changed": [2],
        "changed_share": [0.004],
        "areas_estimated": [2],
        "estimated_share": [0.004],
        "worst_grade": ["C"],
        "without_value": [0],
    }
)


def values(**changes: object) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "period": ["2017", "2018", "2019", "2020"],
            "value": [4400.0, 4488.0, 4441.0, 4368.0],
            "status": "measured",
            "edition": ["2006", "2006", "2019", "2019"],
            "is_converted": [True, True, False, False],
            "grade": ["C", "C", None, None],
        }
    )
    return frame.assign(**changes)


def draw(frame: pd.DataFrame | None = None, breaks: pd.DataFrame = BREAKS, **options: object) -> Figure:
    return bridged_series(
        values() if frame is None else frame, breaks, indicator=RESIDENTS, measure="residents", **options
    )


def courses(figure: Figure) -> list[tuple[list[float], list[float]]]:
    """Return the drawn lines with points."""
    plot = figure.axes[0]
    return [
        (list(map(float, one.get_xdata())), list(map(float, one.get_ydata())))
        for one in plot.lines
        if one.get_marker() == "o"
    ]


def test_the_line_is_broken_where_the_boundaries_change() -> None:
    figure = draw()
    assert courses(figure) == [([2017, 2018], [4400, 4488]), ([2019, 2020], [4441, 4368])]
    (line,) = (one for one in figure.axes[0].lines if one.get_marker() != "o")
    assert set(line.get_xdata()) == {2018.5}
    converted, counted = (one for one in figure.axes[0].lines if one.get_marker() == "o")
    assert converted.get_markerfacecolor() == "white"
    assert counted.get_markerfacecolor() != "white"
    assert [one.get_text() for one in figure.axes[0].texts] == ["C", "C"]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "de",
            (
                "2017: 4.400 (umgerechnet, Güte C); 2020: 4.368.",
                "Bruch vor 2019: Gebietsstand 2006 → 2019, 2 Gebiet(e) der Stadt verändert, dort 0,4\N{NO-BREAK SPACE}%"
                " der Einwohnerinnen und Einwohner, schlechteste Güte C",
                "Einwohner [Personen]",
            ),
        ),
        (
            "en",
            ("2017: 4,400 (converted, grade C); 2020: 4,368.", "with 0.4% of the residents, worst grade C"),
        ),
    ],
)
def test_it_says_in_words_what_it_shows(language: str, words: tuple[str, ...]) -> None:
    figure = draw(language=language)
    told = f"{figure.title} {figure.description}"
    assert all(one in told for one in words), told
    ET.fromstring(to_svg(figure))
    assert to_png(figure)[:4] == b"\x89PNG"
    assert to_svg(figure) == to_svg(draw(language=language))


def test_withheld_values_leave_a_gap_and_are_named() -> None:
    frame = values(
        value=[np.nan, 4488.0, 4441.0, 4368.0],
        status=["suppressed", *["measured"] * 3],
        grade=[None, "C", None, None],
    )
    figure = draw(frame)
    assert "2017: kein Wert (zurückgehalten)" in figure.description
    assert np.isnan(courses(figure)[0][1][0])


def test_without_a_change_of_boundaries_there_is_no_break_and_no_word_of_one() -> None:
    figure = draw(values(edition="2019", is_converted=False, grade=None), BREAKS.iloc[:0])
    assert len(courses(figure)) == 1
    assert "Bruch" not in figure.description
    assert not figure.axes[0].texts


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (values().drop(columns="grade"), "no column grade"),
        (values(period="2019"), "twice"),
        (values(value=np.nan), "no value"),
    ],
)
def test_what_is_no_series_of_one_area_is_refused(frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(FigureError, match=message):
        draw(frame)
