"""Small maps of local values: classes, states, legend, scale."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import MultiPolygon, Polygon, box

from maps.figures.errors import FigureError
from maps.figures.local_map import local_values
from maps.palettes import STATES, sequential

IDS = [f"{number:02d}" for number in range(12)]
CELLS = [box(x * 500, y * 500, x * 500 + 500, y * 500 + 500) for y in range(3) for x in range(4)]
AREAS = gpd.GeoSeries(CELLS, index=pd.Index(IDS, name="area_id"), crs=25833)
VALUES = pd.Series(np.linspace(0.01, 0.23, 12), index=AREAS.index, name="local_divergence")


def words(figure: object) -> str:
    return " | ".join(text.get_text() for text in figure.texts).replace("\N{NO-BREAK SPACE}", " ")


def fills(figure: object) -> dict[tuple[float, ...], int]:
    """Return how many areas have each colour."""
    found: dict[tuple[float, ...], int] = {}
    for patch in figure.axes[0].patches:
        if patch.get_facecolor()[3] > 0:
            rings = int((patch.get_path().codes == patch.get_path().MOVETO).sum())
            found[patch.get_facecolor()[:3]] = found.get(patch.get_facecolor()[:3], 0) + rings
    return found


def rgb(colour: str) -> tuple[float, ...]:
    return tuple(part / 255 for part in bytes.fromhex(colour[1:]))


def test_every_area_has_the_colour_of_its_class_and_the_legend_counts_them() -> None:
    figure = local_values(VALUES, AREAS, k=4)
    assert fills(figure) == {rgb(colour): 3 for colour in sequential(4)}
    assert words(figure).count("[3]") == 4
    assert "Divergenz der Gebiete" in words(figure)
    assert "12 von 12 Gebieten mit Wert, von 0,010 (00) bis 0,230 (11)" in words(figure)


def test_missing_suppressed_zero_and_uncertain_look_different() -> None:
    status = pd.Series("measured", index=AREAS.index)
    status.iloc[:4] = ["missing", "suppressed", "zero", "uncertain"]
    values = VALUES.where(~status.isin(["missing", "suppressed"])).where(status != "zero", 0.0)
    figure = local_values(values, AREAS, status=status)
    hatched = {
        patch.get_hatch(): patch.get_edgecolor() for patch in figure.axes[0].patches if patch.get_hatch()
    }
    assert len(hatched) == 4
    assert len(set(hatched.values())) == 4
    for state in ("zero", "missing", "suppressed", "uncertain"):
        assert f"{STATES[state].label_de} [1]" in words(figure)
    # The uncertain area has its class, too; zero, missing and suppressed have none.
    assert "10 von 12 Gebieten mit Wert, von 0,000 (02) bis 0,230 (11)" in words(figure)
    keys = {patch.get_hatch() for patch in figure.artists if getattr(patch, "get_hatch", lambda: None)()}
    assert keys == set(hatched)


def test_nan_without_a_status_is_missing() -> None:
    figure = local_values(VALUES.where(VALUES > 0.05), AREAS, language="en")
    assert "no data [3]" in words(figure)
    assert "data protection" not in words(figure)


def test_the_order_of_the_areas_does_not_matter_and_frames_are_taken() -> None:
    frame = gpd.GeoDataFrame(geometry=AREAS.iloc[::-1])
    one, other = local_values(VALUES, AREAS), local_values(VALUES, frame)
    assert [list(p.get_path().vertices.ravel()) for p in one.axes[0].patches] == [
        list(p.get_path().vertices.ravel()) for p in other.axes[0].patches
    ]


def test_holes_and_parts_of_areas_are_drawn() -> None:
    ring = Polygon(box(0, 0, 900, 900).exterior.coords, [box(300, 300, 600, 600).exterior.coords])
    shapes = gpd.GeoSeries([ring, MultiPolygon([box(1000, 0, 1100, 100), box(1200, 0, 1300, 100)]), Polygon()],
                           index=["a", "b", "c"], crs=25833)  # fmt: skip
    figure = local_values(pd.Series([1.0, 2.0, 3.0], index=shapes.index), shapes)
    assert sum(fills(figure).values()) == 4
    outer, inner = np.split(figure.axes[0].patches[0].get_path().vertices, [5])

    def turn(points: np.ndarray) -> float:
        return float(np.sum(points[:-1, 0] * points[1:, 1] - points[1:, 0] * points[:-1, 1]))

    assert turn(outer) > 0 > turn(inner)


def test_a_centre_has_colours_on_both_sides() -> None:
    quotient = pd.Series(np.linspace(0.2, 2.4, 12), index=AREAS.index, name="location_quotient")
    figure = local_values(quotient, AREAS, centre=1.0, k=4, language="en")
    assert len(fills(figure)) == 4
    assert "a class begins at 1.00" in words(figure)


def test_the_scale_is_a_round_length_of_the_right_size() -> None:
    figure = local_values(VALUES, AREAS)
    length = next(text.get_text() for text in figure.texts if text.get_text().endswith(" m"))
    plot = figure.axes[0]
    metres_per_inch = (plot.get_xlim()[1] - plot.get_xlim()[0]) / (
        plot.get_position().width * figure.get_size_inches()[0]
    )
    bar = figure.lines[-3] if figure.lines else next(a for a in figure.artists if hasattr(a, "get_xdata"))
    inches = float(np.ptp(bar.get_xdata()))
    assert inches * metres_per_inch == pytest.approx(float(length.split()[0].replace(".", "")))


def test_a_map_without_any_value_says_so() -> None:
    figure = local_values(VALUES * np.nan, AREAS)
    assert "Kein Gebiet mit Wert." in words(figure)
    assert "keine Angabe [12]" in words(figure)


@pytest.mark.parametrize(
    ("values", "areas", "status", "reason"),
    [
        (VALUES, AREAS.to_crs(4326), None, "projected CRS"),
        (VALUES, AREAS.set_crs(None, allow_override=True), None, "projected CRS"),
        (VALUES.iloc[:5], AREAS, None, "not about the same areas \\(7\\)"),
        (VALUES, pd.concat([AREAS, AREAS.iloc[:1]]), None, "occurs twice"),
        (VALUES.iloc[:0], AREAS.iloc[:0], None, "no areas"),
        (
            VALUES,
            AREAS,
            pd.Series("suppressed", index=AREAS.index),
            "12 value\\(s\\) contradict their status",
        ),
        (VALUES, AREAS, pd.Series("secret", index=AREAS.index), "unknown status secret"),
    ],
)
def test_what_cannot_be_drawn_is_refused(values: object, areas: object, status: object, reason: str) -> None:
    with pytest.raises(FigureError, match=reason):
        local_values(values, areas, status=status)
