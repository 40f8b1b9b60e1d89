"""Bars that add up to the value they explain."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from maps.figures.errors import FigureError
from maps.figures.parts import change_parts, contribution_bars, nested_parts, space_parts
from spatial import segregation

OLD = pd.DataFrame({"young": [30.0, 10, 20, 5], "old": [10.0, 30, 20, 45]}, index=["a", "b", "c", "d"])
NEW = pd.DataFrame({"young": [60.0, 20, 20, 15], "old": [15.0, 25, 30, 30]}, index=["a", "b", "c", "d"])
DISTRICT = pd.Series(["north", "north", "south", "south"], index=OLD.index, name="district")


def ends(figure: object) -> list[tuple[float, float]]:
    """Return left and right end of every bar, from top to bottom."""
    return [
        (bar.get_x(), bar.get_x() + bar.get_width())
        for container in figure.axes[0].containers
        for bar in container
    ]


def labels(figure: object) -> list[str]:
    return [label.get_text().replace("\n", " ") for label in figure.axes[0].get_yticklabels()]


def words(figure: object) -> str:
    return " | ".join(t.get_text() for t in [*figure.texts, *figure.axes[0].texts]).replace(
        "\N{NO-BREAK SPACE}", " "
    )


def test_every_cause_begins_where_the_one_above_ends() -> None:
    change = segregation.explain_change(OLD, NEW)
    figure = change_parts(change, names=("2011", "2022"))
    parts = change.parts.loc[["group_marginal", "area_marginal", "structural"]]
    reached = np.concatenate([[0.0], parts.cumsum()])
    expected = [tuple(sorted(pair)) for pair in itertools.pairwise(reached)]
    expected.append(tuple(sorted((0.0, change.difference))))
    assert np.allclose(ends(figure), expected, atol=1e-12)
    assert labels(figure)[-1] == "Änderung insgesamt"
    assert "(2011)" in words(figure)
    assert "auskonvergierter" in words(figure)


def test_causes_that_cannot_occur_are_left_out_and_others_are_not() -> None:
    assert "Neue Gebiete und Gruppen" not in labels(change_parts(segregation.explain_change(OLD, NEW)))
    grown = segregation.explain_change(OLD.iloc[:3], NEW)
    assert labels(change_parts(grown))[0] == "Neue Gebiete und Gruppen"


def test_rise_and_fall_differ_in_colour_and_sign() -> None:
    change = segregation.explain_change(OLD, NEW)
    figure = change_parts(change, language="en")
    colours = [bar.get_facecolor() for container in figure.axes[0].containers for bar in container]
    rising = [value > 0 for value in change.parts.loc[["group_marginal", "area_marginal", "structural"]]]
    assert len({colours[place] for place, up in enumerate(rising) if up}) <= 1
    shown = [text.get_text() for text in figure.axes[0].texts]
    assert [text.startswith("+") for text in shown[:3]] == rising


def test_levels_add_up_with_their_remainder() -> None:
    nested = segregation.between_and_within(OLD, DISTRICT, name="gini")
    figure = nested_parts(nested, level_names={"district": "Bezirke", "area": "Blöcke"})
    found = ends(figure)
    assert found[0][0] == 0
    assert all(np.isclose(a[1], b[0]) for a, b in itertools.pairwise(found[:-1]))
    assert found[-2][1] == pytest.approx(nested.total)
    assert found[-1] == (0, pytest.approx(nested.total))
    assert labels(figure)[:2] == ["Zwischen: Bezirke", "Zwischen: Blöcke, innerhalb von: Bezirke"]
    assert "Rest, der keiner Ebene zuzuordnen ist" in words(figure)
    assert "%)" in words(figure)


def test_a_level_that_is_not_there_is_refused() -> None:
    nested = segregation.between_and_within(OLD, DISTRICT)
    with pytest.raises(FigureError, match="no level quarter; the levels are district, area"):
        nested_parts(nested, level_names={"quarter": "Viertel"})


def test_space_and_composition_add_up() -> None:
    result = segregation.space_and_composition("dissimilarity", OLD, NEW)
    figure = space_parts(result, names=("Leipzig", "Halle"))
    assert len(ends(figure)) == 3
    assert max(abs(end) for end in ends(figure)[-1]) == pytest.approx(abs(result.difference))
    assert "Leipzig: " in words(figure)


def test_the_largest_contributions_have_bars_and_the_others_one() -> None:
    result = segregation.contributions_of_areas(OLD)
    figure = contribution_bars(result, names={"d": "Dorf"}, most=2)
    assert len(ends(figure)) == 3
    assert sum(right - left for left, right in ends(figure)) == pytest.approx(result.total)
    assert "Dorf" in labels(figure)
    assert labels(figure)[-1] == "Alle 2 übrigen"
    assert labels(contribution_bars(segregation.contributions_of_groups(OLD))) == ["young", "old"]


def test_what_is_undefined_or_empty_is_refused() -> None:
    alone = pd.DataFrame({"young": [1.0, 2], "old": [0.0, 0]}, index=["a", "b"])
    with pytest.raises(FigureError, match="undefined"):
        contribution_bars(segregation.contributions_of_areas(alone, name="multigroup_information_theory"))
    with pytest.raises(FigureError, match="ask for one"):
        contribution_bars(segregation.contributions_of_areas(OLD), most=0)
