"""Tests and bootstraps: what is drawn is what the result says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from maps.figures.distributions import bootstrap_distribution, difference, null_distribution
from maps.figures.errors import FigureError
from maps.figures.intervals import intervals
from spatial.segregation import BootstrapEstimate, SingleTest, TwoSampleTest

VALUES = np.random.default_rng(0).normal(0.012, 0.001, 199)


def single(**changes: object) -> SingleTest:
    result = SingleTest(
        measure="dissimilarity", model="person_permutation", alternative="two-sided", observed=0.2142, p_value=0.01,
        expected=0.012, deviation=0.001, null_low=0.0101, null_high=0.0139, excess=0.2, corrected=0.2, level=0.95,
        replicates=200, undefined=1, seed=7, options={"b": 0.5}, values=np.append(VALUES, np.nan),
    )  # fmt: skip
    return replace(result, **changes)


def estimate(**changes: object) -> BootstrapEstimate:
    result = BootstrapEstimate(
        measure="dissimilarity", model="bootstrap_persons", observed=0.214, estimate=0.213, bias=0.001,
        standard_error=0.002, ci_low=0.209, ci_high=0.217, interval="basic", level=0.95, replicates=199, undefined=0,
        seed=(7, 1), options={}, values=VALUES + 0.2,
    )  # fmt: skip
    return replace(result, **changes)


def pair(**changes: object) -> TwoSampleTest:
    result = TwoSampleTest(
        measure="dissimilarity", model="random_label", paired=True, statistic="difference", counterfactual=None,
        alternative="greater", first=0.31, second=0.24, space=np.nan, composition=np.nan, observed=0.07, p_value=0.03,
        estimate=np.nan, ci_low=np.nan, ci_high=np.nan, expected=0.0, deviation=0.02, null_low=-0.04, null_high=0.04,
        level=0.9, replicates=199, undefined=0, seed=3, options={}, values=VALUES * 10 - 0.12,
    )  # fmt: skip
    return replace(result, **changes)


def bars(plot: object) -> list[Rectangle]:
    return [patch for container in plot.containers for patch in container]


def words(figure: object) -> str:
    return " | ".join(text.get_text() for text in figure.texts).replace("\N{NO-BREAK SPACE}", " ")


def test_the_bars_hold_all_defined_replicates() -> None:
    figure = null_distribution(single())
    assert sum(bar.get_height() for bar in bars(figure.axes[-1])) == 199


def test_chance_far_from_the_value_is_shown_on_both_scales() -> None:
    figure = null_distribution(single())
    whole, enlarged = figure.axes
    assert whole.get_xlim()[0] == 0
    assert whole.get_xlim()[1] > 0.2142
    assert enlarged.get_xlim()[0] > 0.005
    assert enlarged.get_xlim()[1] < 0.02
    assert [line.get_xdata()[0] for line in whole.lines] == [0.2142, 0.012]
    assert [line.get_xdata()[0] for line in enlarged.lines] == [0.012]


def test_chance_near_the_value_needs_one_scale() -> None:
    assert len(null_distribution(single(observed=0.016)).axes) == 1


def test_a_test_says_value_chance_p_and_parameters_in_both_languages() -> None:
    german = words(null_distribution(single()))
    for part in (
        "Dissimilarität",
        "Beobachtet 0,214",
        "p = 0,010 (zweiseitig)",
        "200 Wiederholungen, davon 1 ohne Wert",
        "Startwert 7",
        "b = 0,5",
        "mittlere 95 % des Zufalls: 0,010 bis 0,014",
        "tauschen die Plätze",
    ):
        assert part in german, part
    english = words(null_distribution(single(), language="en"))
    for part in ("Observed 0.214", "p = 0.010 (two-sided)", "200 replicates", "seed 7", "change places"):
        assert part in english, part


def test_replicates_that_are_all_alike_are_one_bar() -> None:
    figure = null_distribution(
        single(values=np.zeros(50), expected=0.0, deviation=0.0, null_low=0.0, null_high=0.0)
    )
    (bar,) = bars(figure.axes[-1])
    assert bar.get_height() == 50
    assert bar.get_width() > 0


@pytest.mark.parametrize(
    "broken", [{"observed": np.nan}, {"values": np.full(9, np.nan)}, {"values": np.empty(0)}]
)
def test_what_has_no_value_is_not_drawn(broken: dict[str, object]) -> None:
    with pytest.raises(FigureError, match="has no value"):
        null_distribution(single(**broken))


def test_a_bootstrap_shows_its_interval_and_both_values() -> None:
    figure = bootstrap_distribution(estimate())
    (plot,) = figure.axes
    spans = [patch for patch in plot.patches if patch not in bars(plot)]
    assert [(span.get_x(), span.get_x() + span.get_width()) for span in spans] == [
        (0.209, pytest.approx(0.217))
    ]
    assert [line.get_xdata()[0] for line in plot.lines] == [0.213, 0.214]
    assert "Bereinigt 0,213; Unsicherheitsbereich (95 %) von 0,209 bis 0,217" in words(figure)
    assert "Startwert 7-1" in words(figure)


def test_a_difference_is_shown_beside_none() -> None:
    figure = difference(pair(), names=("2011", "2022"))
    assert 0.0 in [line.get_xdata()[0] for line in figure.axes[-1].lines]
    assert "2011: 0,310, 2022: 0,240; Unterschied +0,070. p = 0,030 (einseitig, größer)" in words(figure)
    assert "mittlere 90 % des Zufalls: −0,040 bis +0,040" in words(figure)


def test_a_difference_after_a_bootstrap_has_an_interval_and_no_chance() -> None:
    drawn = pair(model="bootstrap_persons", estimate=0.069, ci_low=0.06, ci_high=0.08, expected=np.nan, null_low=np.nan,
                 null_high=np.nan, statistic="space", space=0.07, values=VALUES + 0.06)  # fmt: skip
    shown = words(difference(drawn, language="en"))
    assert "range of uncertainty (90%): +0.060 to +0.080" in shown
    assert "The first value: 0.310, the second value: 0.240; of it where the population lives +0.070" in shown
    assert "by chance" not in shown


def test_intervals_have_a_row_each() -> None:
    figure = intervals(
        {"jung": estimate(), "alt": estimate(estimate=0.113, ci_low=0.109, ci_high=0.117, observed=0.114)}
    )
    (plot,) = figure.axes
    assert [label.get_text() for label in plot.get_yticklabels()] == ["jung", "alt"]
    ranges = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars(plot)]
    assert ranges == [pytest.approx((0.209, 0.217)), pytest.approx((0.109, 0.117))]
    assert "Am höchsten: jung mit 0,213" in words(figure)
    assert words(figure).count("Startwert") == 1


def test_intervals_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(FigureError, match="no estimates"):
        intervals({})
    with pytest.raises(FigureError, match="2 levels"):
        intervals({"a": estimate(), "b": estimate(level=0.9)})
    with pytest.raises(FigureError, match="no value for b"):
        intervals({"a": estimate(), "b": estimate(estimate=np.nan)})
