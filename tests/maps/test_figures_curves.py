"""Curves whose gaps and areas are the measures, and profiles over scales."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from maps.figures.curves import concentration_curve, proximity_curve, segregation_curve
from maps.figures.errors import FigureError
from maps.figures.scales import divergence_profiles, multiscalar_profile
from spatial import segregation
from spatial.contiguity import shared_borders

IDS = pd.Index(["a", "b", "c", "d"], name="area_id")
GROUP = pd.Series([10, 30, 0, 0], index=IDS)
TOTAL = pd.Series([100, 100, 50, 0], index=IDS)
ROW = gpd.GeoSeries([box(x * 1000, 0, x * 1000 + 1000, 1000) for x in range(4)], index=IDS, crs=25833)
PEOPLE = pd.DataFrame({"young": [8, 6, 1, 1], "old": [2, 4, 9, 9]}, index=IDS)


def area(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2))


def words(figure: object) -> str:
    return " | ".join(text.get_text() for text in figure.texts).replace("\N{NO-BREAK SPACE}", " ")


def test_gap_and_area_of_the_segregation_curve_are_dissimilarity_and_gini() -> None:
    figure = segregation_curve(GROUP, TOTAL)
    (plot,) = figure.axes
    diagonal, curve, gap = plot.lines
    x, y = curve.get_data()
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, pytest.approx(1), pytest.approx(1))
    assert len(x) == 1 + 3  # the uninhabited area has no place
    assert np.ptp(gap.get_ydata()) == pytest.approx(segregation.dissimilarity(GROUP, TOTAL))
    assert 1 - 2 * area(x, y) == pytest.approx(segregation.gini(GROUP, TOTAL))
    assert list(diagonal.get_xdata()) == [0, 1]
    width, height = figure.get_size_inches()
    box_ = plot.get_position()
    assert box_.width * width == pytest.approx(box_.height * height)


def test_the_coloured_area_of_the_concentration_profile_is_the_measure() -> None:
    figure = concentration_curve(GROUP, TOTAL)
    (plot,) = figure.axes
    share = 40 / 250
    coloured = 0.0
    for shape in plot.collections:
        for path in shape.get_paths():
            x, y = path.vertices.T
            coloured += abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
    assert coloured == pytest.approx(segregation.concentration_profile(GROUP, TOTAL) * (1 - share))
    assert "Anteil in der Stadt: 16 %" in words(figure)


def test_the_proximity_profile_is_the_curve_of_the_engine() -> None:
    graph = shared_borders(ROW)
    people = pd.Series([8, 6, 1, 1], index=IDS), pd.Series([10, 10, 10, 10], index=IDS)
    figure = proximity_curve(*people, graph=graph, language="en")
    curve = segregation.proximity_curve(*people, graph=graph)
    x, y = figure.axes[0].lines[0].get_data()
    assert list(x) == [0, *curve.index]
    assert np.allclose(y, [curve.iloc[0], *curve], equal_nan=True)
    assert "common border" in words(figure)


@pytest.mark.parametrize("draw", [segregation_curve, concentration_curve])
def test_a_group_that_is_absent_has_no_curve(draw: object) -> None:
    for group in (GROUP * 0, TOTAL):
        with pytest.raises(FigureError, match="absent"):
            draw(group, TOTAL)


def profile(**options: object) -> segregation.MultiscalarProfile:
    return segregation.multiscalar_profile(
        ["spatial_information_theory", "spatial_dissimilarity"], PEOPLE, geometry=ROW, **options
    )


def test_a_profile_has_a_line_per_measure_and_its_sizes_below() -> None:
    result = profile(bandwidths=[3000, 0, 1500])
    figure = multiscalar_profile(result)
    (plot,) = figure.axes
    lines = [line for line in plot.lines if len(line.get_xdata()) == 3]
    assert [list(line.get_xdata()) for line in lines] == [[0, 1500, 3000]] * 2
    assert np.allclose(lines[1].get_ydata(), result.values.sort_index()["spatial_dissimilarity"])
    assert lines[0].get_marker() != lines[1].get_marker()
    assert plot.get_xlabel().startswith("Bandbreite der Umgebung [m]")
    assert "Kern: biquadratisch" in words(figure)
    assert "4 Gebiete, 40 Einwohner" in words(figure)


def test_sizes_may_be_numbers_of_neighbours_and_the_axis_logarithmic() -> None:
    plot = multiscalar_profile(profile(neighbours=[1, 2, 3]), language="en").axes[0]
    assert plot.get_xlabel() == "Number of nearest areas"
    plot = multiscalar_profile(profile(bandwidths=[100, 1000, 10000]), spacing="log").axes[0]
    assert plot.get_xscale() == "log"
    ticks = [label.get_text() for label in plot.get_xticklabels()]
    assert ticks == ["100", "200", "500", "1.000", "2.000", "5.000", "10.000"]
    with pytest.raises(FigureError, match="no place on a logarithmic axis"):
        multiscalar_profile(profile(bandwidths=[0, 1000]), spacing="log")


def test_a_profile_without_values_is_refused() -> None:
    result = profile(bandwidths=[1000])
    with pytest.raises(FigureError, match="no measure has a value"):
        multiscalar_profile(replace(result, values=result.values * np.nan))


def test_walks_that_are_asked_for_are_coloured_and_the_others_are_not() -> None:
    walks = segregation.divergence_profiles(PEOPLE, geometry=ROW)
    figure = divergence_profiles(walks, highlight=["a"], names={"a": "Am Park"})
    plot = figure.axes[0]
    assert len(plot.lines) == 4
    assert plot.lines[-1].get_drawstyle() == "steps-post"
    assert list(plot.lines[-1].get_xdata()) == [0, 1000, 2000, 3000]
    assert "Am Park" in words(figure)
    assert "alle übrigen Gebiete (3)" in words(figure)
    assert len(divergence_profiles(walks, over="residents").axes[0].lines) == 4


def test_walks_from_nowhere_are_refused() -> None:
    walks = segregation.divergence_profiles(PEOPLE, geometry=ROW)
    with pytest.raises(FigureError, match="no walk from z"):
        divergence_profiles(walks, highlight=["z"])
    with pytest.raises(FigureError, match="no column divergence"):
        divergence_profiles(walks.drop(columns="divergence"))
    many = pd.concat([walks.assign(area_id=str(number)) for number in range(9)])
    with pytest.raises(FigureError, match="highlight 1 to 6"):
        divergence_profiles(many, highlight=[str(number) for number in range(9)])
