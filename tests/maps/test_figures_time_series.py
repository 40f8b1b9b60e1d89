"""Segregation over time: lines, bands, gaps, panels, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from maps.figures.errors import FigureError
from maps.figures.style import DASHES, LINES
from maps.figures.time_series import over_time


def table(
    periods: tuple[str, ...] = ("2000", "2001", "2003"),
    groups: tuple[str, ...] = ("young",),
    geographies: tuple[str, ...] = ("block",),
    measures: tuple[str, ...] = ("dissimilarity",),
) -> pd.DataFrame:
    rows = [
        (geography, period, group, measure, 0.1 + 0.01 * place + 0.02 * number)
        for geography in geographies
        for number, group in enumerate(groups)
        for measure in measures
        for place, period in enumerate(periods)
    ]
    frame = pd.DataFrame(rows, columns=["geography", "period", "group", "measure", "value"])
    return frame.assign(
        corrected=frame["value"] - 0.005,
        ci_low=frame["value"] - 0.01,
        ci_high=frame["value"] + 0.002,
        expected=0.03,
        areas_left_out=0,
    )


def line(plot: Axes, number: int = 0) -> tuple[list[float], list[float]]:
    """Return a drawn line, not its markers."""
    solid = [one for one in plot.lines if one.get_linestyle() != "None" and len(one.get_xdata())]
    return list(solid[number].get_xdata()), list(solid[number].get_ydata())


def words(figure: object) -> str:
    return " | ".join(text.get_text() for text in figure.texts).replace("\N{NO-BREAK SPACE}", " ")


def test_the_line_is_the_corrected_value_within_its_band_and_points_are_observed() -> None:
    data = table()
    figure = over_time(data, replicates=1000, seed=7)
    (plot,) = figure.axes
    assert line(plot) == ([2000, 2001, 2003], list(data["corrected"]))
    (points,) = (one for one in plot.lines if one.get_marker() == "o")
    assert list(points.get_ydata()) == list(data["value"])
    (band,) = plot.collections
    y = band.get_paths()[0].vertices[:, 1]
    assert (y.min(), y.max()) == (data["ci_low"].min(), data["ci_high"].max())
    assert plot.get_ylim()[0] == 0
    assert "1.000 Wiederholungen · Startwert 7" in words(figure)
    assert "Unsicherheitsbereich (95 %)" in words(figure)
    assert "Von 0,095 (2000) auf 0,115 (2003)" in words(figure)


def test_without_intervals_the_line_is_the_observed_value() -> None:
    data = table().drop(columns=["corrected", "ci_low", "ci_high", "expected"])
    figure = over_time(data, replicates=1000)
    assert line(figure.axes[0])[1] == list(data["value"])
    assert not figure.axes[0].collections
    assert "Wiederholungen" not in words(figure)


def test_a_line_is_not_drawn_across_a_period_without_a_value() -> None:
    data = table(periods=("2000", "2001", "2002", "2003"), groups=("young", "old"))
    data.loc[(data["group"] == "old") & (data["period"] == "2002"), ["value", "corrected"]] = np.nan
    plot = over_time(data).axes[0]
    drawn = [one for one in plot.lines if one.get_linestyle() != "None" and len(one.get_xdata()) == 4]
    assert np.isnan(drawn[1].get_ydata()[2])
    assert not np.isnan(drawn[0].get_ydata()).any()
    lonely = [one for one in plot.lines if one.get_marker() == "_" and len(one.get_xdata())]
    assert [list(one.get_xdata()) for one in lonely] == [[2003]]  # a single period is drawn as well


def test_other_boundaries_break_the_line_and_are_marked() -> None:
    data = table(periods=("2000", "2001", "2002", "2003"))
    figure = over_time(data.assign(edition=["a", "a", "b", "b"]))
    marks = [one for one in figure.axes[0].lines if list(one.get_ydata()) == [0, 1]]
    assert [one.get_xdata()[0] for one in marks] == [2001.5]
    assert "andere Gebietsgrenzen" in words(figure)
    assert "andere Gebietsgrenzen" not in words(over_time(data.assign(edition="a")))


@pytest.mark.parametrize(("panel", "headings"), [("measure", 2), ("geography", 3), ("group", 2)])
def test_every_measure_level_or_group_has_a_panel(panel: str, headings: int) -> None:
    data = table(
        groups=("young", "old"), geographies=("block", "district", "city"), measures=("dissimilarity", "gini")
    )
    figure = over_time(data, panel=panel, names={"block": "Blöcke"}, language="en")
    assert len(figure.axes) == headings
    assert "Blöcke" in words(figure)
    assert "levels cannot be compared" in words(figure)


def test_lines_differ_in_colour_and_dashes() -> None:
    figure = over_time(table(groups=("a", "b", "c"), geographies=("block", "district")))
    styles = {
        (one.get_color(), str(one._dash_pattern[1]))
        for one in figure.axes[0].lines
        if one.get_linestyle() != "None" and len(one.get_xdata()) == 3
    }
    assert len(styles) == 6
    assert {colour for colour, _ in styles} == set(LINES[:3])


def test_periods_are_set_by_their_date_and_written_where_they_fit() -> None:
    years = tuple(str(year) for year in range(1990, 2024))
    plot = over_time(table(periods=years)).axes[0]
    shown = [label.get_text() for label in plot.get_xticklabels()]
    assert shown[-1] == "2023"
    assert 4 < len(shown) < len(years)
    dates = over_time(table(periods=("2019-12-31", "2021-06-30", "2021-12-31"))).axes[0]
    x = line(dates)[0]
    assert x[1] - x[0] == pytest.approx(1.5, abs=0.01)
    terms = over_time(table(periods=("autumn", "spring", "winter"))).axes[0]
    assert line(terms)[0] == [0, 1, 2]


def test_a_single_period_is_a_point() -> None:
    figure = over_time(table(periods=("2023",)))
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["2023"]


def test_chance_is_drawn_when_asked_for() -> None:
    assert "durch Zufall" not in words(over_time(table()))
    figure = over_time(table(), show_expected=True)
    assert "durch Zufall" in words(figure)
    assert line(figure.axes[0], 1)[1] == [0.03] * 3


def test_suppressed_areas_are_said() -> None:
    assert "nicht veröffentlichten Zahlen (höchstens 12)" in words(
        over_time(table().assign(areas_left_out=12))
    )


def test_what_cannot_be_drawn_is_refused() -> None:
    data = table()
    with pytest.raises(FigureError, match="no column period"):
        over_time(data.drop(columns="period"))
    with pytest.raises(FigureError, match="2 value\\(s\\) are there twice"):
        over_time(pd.concat([data, data.iloc[:2]]))
    with pytest.raises(FigureError, match="no values"):
        over_time(data.assign(value=np.nan, corrected=np.nan))
    with pytest.raises(FigureError, match="unknown panel"):
        over_time(data, panel="city")
    with pytest.raises(FigureError, match=f"at most {len(LINES)} of group"):
        over_time(table(groups=tuple("abcdefg")))
    with pytest.raises(FigureError, match=f"and {len(DASHES)} of geography"):
        over_time(table(groups=("a", "b"), geographies=tuple("vwxyz")))
