"""Figures of priority areas: zones and single cases, changes, paths, the price of stability."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from maps.figures.caption import Caption
from maps.figures.errors import FigureError
from maps.figures.region_changes import region_changes
from maps.figures.region_paths import region_paths
from maps.figures.regions_map import region_zones
from maps.figures.stability_price import stability_price
from spatial.contiguity import shared_borders
from spatial.regions import (
    RegionLimits,
    boundary_diff,
    compare_maps,
    link_periods,
    price_of_stability,
    propose,
    resampled_needs,
    single_cases,
    soft_membership,
)

IDS = pd.Index([f"{number:02d}" for number in range(8)], name="area_id")
AREAS = gpd.GeoSeries([box(x * 500, 0, x * 500 + 500, 500) for x in range(8)], index=IDS, crs=25833)
# From the west: core, upper margin, lower margin, rest, need not known, rest, high need alone, rest.
NEED = pd.Series([2.0, 1.3, 0.7, 0.0, np.nan, 0.0, 1.2, 0.0], index=IDS)
PEOPLE = pd.Series([100, 200, 300, 400, 500, 600, 70, 800], index=IDS)
GRAPH = shared_borders(AREAS)
SOFT = soft_membership(
    NEED, PEOPLE, GRAPH, lower_threshold=0.5, upper_threshold=1.5, border_price=0.0, core_from=0.9
)
PROPOSAL = propose(
    NEED, PEOPLE, GRAPH, threshold=1.0, border_price=0.0, limits=RegionLimits(least_residents=100)
)
CASES = single_cases(PROPOSAL, GRAPH)
FOUND = {"proposal": PROPOSAL, "cases": CASES, "names": {"06": "Insel", "00": "Westend"}}


def words(figure: object) -> str:
    every = [*figure.texts, *(text for plot in figure.axes for text in plot.texts)]
    return " | ".join(text.get_text() for text in every).replace("\N{NO-BREAK SPACE}", " ")


def flat(figure: object) -> str:
    """Return the texts as one line, as they read before they were broken."""
    return " ".join(text.get_text() for text in figure.texts).replace("\N{NO-BREAK SPACE}", " ")


def fills(figure: object) -> dict[str, int]:
    """Return how many polygons have each pattern."""
    found: dict[str, int] = {}
    for patch in figure.axes[0].patches:
        if patch.get_facecolor()[3] > 0:
            path = patch.get_path()
            n = int((path.codes == path.MOVETO).sum())
            found[patch.get_hatch() or ""] = found.get(patch.get_hatch() or "", 0) + n
    return found


def keys(figure: object) -> list[str]:
    return [patch.get_hatch() or "" for patch in figure.artists if hasattr(patch, "get_hatch")]


def test_core_margin_rest_single_cases_and_unknown_need_differ_by_pattern() -> None:
    figure = region_zones(SOFT, AREAS, **FOUND)
    # Memberships 1; 0.8; 0.7 for the high need alone; 0.2; the rest. The rest is two pieces.
    assert fills(figure) == {"\\\\\\\\": 1, "....": 2, "...": 1, "": 2, "xxxx": 1, "////": 1}
    assert len(set(keys(figure))) == len(keys(figure)) == 6


def test_the_legend_counts_and_the_small_print_names_whom_the_proposal_leaves_out() -> None:
    figure = region_zones(SOFT, AREAS, **FOUND)
    for text in ("Kern (Zugehörigkeit ab 90 %) [1]", "Randbereich, 50 bis 90 % [2]", "10 bis 50 % [1]"):
        assert text in words(figure)
    # Of 8 areas 4 are core or margin; what is not known is counted apart from the other three.
    assert "übrige Stadt [3]" in words(figure)
    assert "Bedarf nicht bekannt [1]" in words(figure)
    assert "Einzelfall: hoher Bedarf, in keinem Gebiet [1]" in words(figure)
    # 100 + 200 of 2,970 people.
    assert "Vorgeschlagene Schwerpunkträume: 1, mit 300 Menschen (10,1 % der Stadt)." in flat(figure)
    assert "Gebiete im Kern: 1, mit 100 Menschen; im Randbereich: 3, mit 570." in flat(figure)
    assert "Einzelfälle (Bedarf): Insel (1,20)" in flat(figure)
    assert "mindestens 100 Menschen je Schwerpunktraum" in flat(figure)
    assert "Gewissheit nicht bestimmt" in flat(figure)


def test_a_map_speaks_english_and_says_from_whom_when_and_on_which_boundaries() -> None:
    caption = Caption(place="Town", period="2023", edition="2013", source="Office")
    figure = region_zones(SOFT, AREAS, **FOUND, language="en", caption=caption)
    for text in ("Town · 2023", "Boundaries of 2013 · Source: Office", "single case: high need", "core (mem"):
        assert text in words(figure)
    assert "at least 100 people in each priority area" in flat(figure)
    assert "rest of the city [3]" in figure.description


def test_a_region_is_labelled_inside_where_there_is_room_and_beside_it_where_there_is_none() -> None:
    figure = region_zones(SOFT, AREAS, **FOUND, labels={"1": "W"})
    (label,) = figure.axes[0].texts
    assert label.get_text() == "W"
    assert 0 < label.get_position()[0] < 1000
    small = AREAS.copy()
    small.iloc[0], small.iloc[1] = box(0, 0, 499, 60), box(499, 0, 1000, 60)
    (label,) = region_zones(SOFT, small, **FOUND).axes[0].texts
    x, y = label.get_position()
    assert not box(0, 0, 1000, 60).contains(gpd.points_from_xy([x], [y])[0])


def test_labels_of_neighbouring_regions_do_not_lie_on_each_other() -> None:
    alone = pd.Series([2.0, 0.0] * 4, index=IDS)
    proposal = propose(alone, PEOPLE, GRAPH, threshold=1.0, border_price=0.0)
    soft = soft_membership(alone, PEOPLE, GRAPH, lower_threshold=0.5, upper_threshold=1.5, border_price=0.0)
    flat_city = AREAS.affine_transform([1, 0, 0, 0.05, 0, 0])
    places = [text.get_position() for text in region_zones(soft, flat_city, proposal=proposal).axes[0].texts]
    assert len(places) == 4
    apart = [np.hypot(a - c, b - d) for n, (a, b) in enumerate(places) for c, d in places[:n]]
    assert min(apart) > 0.25 * 4000 / 6.6  # a quarter of an inch on a map of 4 km and 6.6 inches


def test_certainty_is_told_where_there_are_draws() -> None:
    soft = soft_membership(
        NEED,
        PEOPLE,
        GRAPH,
        lower_threshold=0.5,
        upper_threshold=1.5,
        border_price=0.0,
        resamples=lambda rng: resampled_needs(NEED, NEED * 0 + 0.01, resamples=20, rng=rng),
    )
    told = flat(region_zones(soft, AREAS))
    assert "Mittel aus 20 Ziehungen der Werte (Startwert 0), Gewissheit der Klasse im Mittel 100 %" in told
    assert "vorgeschlagen" not in told


def test_a_core_that_is_in_no_proposed_region_is_named() -> None:
    none = propose(NEED, PEOPLE, GRAPH, threshold=1.9, border_price=10.0)
    assert none.region.isna().all()
    told = flat(region_zones(SOFT, AREAS, proposal=none, names=FOUND["names"]))
    assert "Kern, aber in keinem vorgeschlagenen Gebiet: Westend (2,00)" in told


def test_the_order_of_the_areas_does_not_matter() -> None:
    one = region_zones(SOFT, AREAS, **FOUND)
    other = region_zones(SOFT, gpd.GeoDataFrame(geometry=AREAS.iloc[::-1]), **FOUND)
    assert fills(one) == fills(other)
    assert words(one) == words(other)


@pytest.mark.parametrize(
    ("areas", "options", "reason"),
    [
        (AREAS.to_crs(4326), {}, "projected CRS"),
        (AREAS.iloc[:5], {}, "the membership are not about the same areas \\(3\\)"),
        (AREAS, {"bands": (0.8, 0.6, 0.4, 0.2)}, "4 cuts of the margin"),
        (pd.concat([AREAS, AREAS.iloc[:1]]), {}, "occurs twice"),
        (AREAS.iloc[:0], {}, "no areas"),
    ],
)
def test_zones_that_cannot_be_drawn_are_refused(areas: object, options: dict, reason: str) -> None:
    with pytest.raises(FigureError, match=reason):
        region_zones(SOFT, areas, **options)


def test_single_cases_of_another_city_are_refused() -> None:
    ids = pd.Index([f"x{one}" for one in IDS])
    areas = AREAS.set_axis(ids)
    graph = shared_borders(areas)
    other = propose(NEED.set_axis(ids), PEOPLE.set_axis(ids), graph, threshold=1.0, border_price=10.0)
    with pytest.raises(FigureError, match="single cases that are none of the areas: x00, x01, x06"):
        region_zones(SOFT, AREAS, cases=single_cases(other, graph))


# Two regions of five areas, 100 people each, and between them one of 10 people that goes from A to B; B loses its last
# area and C is new.
ROW = pd.Index([f"{number:02d}" for number in range(13)])
STREET = gpd.GeoSeries([box(x * 100, 0, x * 100 + 100, 100) for x in range(13)], index=ROW, crs=25833)
LIVING = pd.Series([100] * 5 + [10] + [100] * 7, index=ROW)
BEFORE = pd.Series(list("AAAAAABBBBB--"), index=ROW).replace("-", None)
AFTER = pd.Series(list("AAAAABBBBB--C"), index=ROW).replace("-", None)


def test_the_four_sides_differ_by_pattern_and_tell_people_and_hectares() -> None:
    comparison = compare_maps(BEFORE, AFTER, LIVING, STREET)
    figure = region_changes(comparison, boundary_diff(STREET, BEFORE, AFTER), STREET)
    assert comparison.moved.tolist() == ["05"]
    # In neither map is drawn under all areas; A and B keep a piece each.
    assert fills(figure) == {"": 13, "\\\\\\\\": 2, "xxxx": 1, "+++": 1, "----": 1}
    assert len(set(keys(figure))) == len(keys(figure)) == 5
    for text in (
        "bleibt: 900 Menschen, 9 ha [9]",
        "wechselt in einen anderen Schwerpunktraum: 10 Menschen, 1 ha [1]",
        "kommt hinzu: 100 Menschen, 1 ha [1]",
        "fällt heraus: 100 Menschen, 1 ha [1]",
        "in keiner der beiden Karten [1]",
    ):
        assert text in words(figure)
    # 910 of 910 + 100 + 100 people are in both.
    assert "910 Menschen bleiben in einem Schwerpunktraum, 100 kommen hinzu" in flat(figure)
    assert "sind 82,0 % der Menschen" in flat(figure)
    assert "Schwerpunkträume: wird kleiner 2, neu 1" in flat(figure)
    assert [text.get_text() for text in figure.axes[0].texts] == ["A", "B", "C"]


def test_changes_speak_english() -> None:
    comparison = compare_maps(BEFORE, AFTER, LIVING, STREET)
    figure = region_changes(comparison, boundary_diff(STREET, BEFORE, AFTER), STREET, language="en")
    assert "goes out: 100 people, 1 ha [1]" in words(figure)
    assert "outline in the map before" in words(figure)


def test_without_a_move_and_without_regions_there_is_less_to_say() -> None:
    none = BEFORE.where(BEFORE.isna())
    figure = region_changes(
        compare_maps(none, none, LIVING, STREET), boundary_diff(STREET, none, none), STREET
    )
    assert "In beiden Karten ist kein Schwerpunktraum." in flat(figure)
    assert "wechselt" not in words(figure)
    new = region_changes(
        compare_maps(none, AFTER, LIVING, STREET), boundary_diff(STREET, none, AFTER), STREET
    )
    assert "kommt hinzu: 1.010 Menschen" in words(new)


def test_a_difference_of_other_maps_is_refused() -> None:
    with pytest.raises(FigureError, match="not of the maps compared"):
        region_changes(
            compare_maps(BEFORE, AFTER, LIVING, STREET), boundary_diff(STREET, BEFORE, BEFORE), STREET
        )
    with pytest.raises(FigureError, match="the comparison are not about the same areas"):
        region_changes(
            compare_maps(BEFORE, AFTER, LIVING, STREET), boundary_diff(STREET, BEFORE, AFTER), AREAS
        )


def history(*maps: str) -> tuple[dict[str, pd.Series], pd.Series]:
    ids = pd.Index(list("abcdef"))
    years = [str(2000 + 5 * number) for number in range(len(maps))]
    regions = {
        year: pd.Series(list(one), index=ids).replace("-", None)
        for year, one in zip(years, maps, strict=True)
    }
    return regions, pd.Series([60, 50, 40, 30, 20, 10], index=ids)


def test_paths_show_what_begins_merges_splits_and_ends() -> None:
    # 1: ab, then with c, then alone b; 2: c, goes over to 1; 3: f, ends; 4: e, new; 5: a and c, split off from 1.
    paths = link_periods(*history("AAB--C", "AAA-D-", "BABDD-"))
    figure = region_paths(paths, names={"1": "1 Nord"})
    plot = figure.axes[0]
    assert [label.get_text() for label in plot.get_yticklabels()] == ["1 Nord", "2", "3", "4", "5"]
    assert [label.get_text() for label in plot.get_xticklabels()] == ["2000", "2005", "2010"]
    marks = [line.get_marker() for line in plot.lines if line.get_marker() != "None"]
    assert sorted(marks) == ["D", "X", "o", "s"]
    for text in ("neu", "aus einem anderen abgeteilt", "geht in einem anderen auf", "entfällt"):
        assert text in words(figure)
    # In 2000 60 + 50, 40 and 10 people.
    assert "Schwerpunkträume 2000: 3, mit 160 Menschen; 2010: 3, mit 200." in flat(figure)
    assert "1 Nord: neu 2000." in figure.description
    assert "2: neu 2000, geht in einem anderen auf 2005." in figure.description


def test_a_band_is_as_thick_as_the_path_has_people() -> None:
    paths = link_periods(*history("AA--BB", "AA--B-"))
    bands = [band.get_paths()[0].vertices for band in region_paths(paths).axes[0].collections]
    thick = [np.ptp(points[np.isclose(points[:, 0], year), 1]) for points in bands for year in (2000, 2005)]
    # 110 and 110 people, 30 and 20.
    assert np.array(thick) / thick[0] == pytest.approx([1, 1, 30 / 110, 20 / 110])


def test_periods_that_are_no_years_stand_side_by_side() -> None:
    regions, people = history("AA----", "AA----")
    figure = region_paths(link_periods(dict(zip(("heute", "morgen"), regions.values(), strict=True)), people))
    assert figure.axes[0].get_xticks().tolist() == [0, 1]


def test_paths_that_cannot_be_drawn_are_refused() -> None:
    with pytest.raises(FigureError, match="one period only"):
        region_paths(link_periods(*history("AA----")))
    with pytest.raises(FigureError, match="no region in any period"):
        region_paths(link_periods(*history("------", "------")))


def test_the_price_of_stability_shows_who_changes_side_and_what_is_lost() -> None:
    # The map in force has the third area instead of the second: with enough weight it stays.
    existing = pd.Series(["1", None, "2", None, None, None, None, None], index=IDS)
    options = {"threshold": 1.0, "border_price": 0.0}
    price = price_of_stability(NEED, PEOPLE, GRAPH, existing, inertias=[0.0, 0.35], **options)
    figure = stability_price(price)
    # At 0: 200 (need 1.3) and 70 (1.2) come in, 300 (0.7) go out. At 0.35 nobody moves: 200 · 0.3 + 70 · 0.2 + 300 · 0.3
    # = 164 are lost of 100 · 1 + 200 · 0.3 + 70 · 0.2 = 174.
    added, removed = (line.get_ydata() for line in figure.axes[0].lines)
    assert (added.tolist(), removed.tolist()) == ([270, 0], [300, 0])
    assert figure.axes[1].lines[0].get_ydata().tolist() == pytest.approx([0, 100 * 164 / 174])
    assert "wechseln 570 Menschen die Seite. Zählt sie 0,35 Punkte, sind es 0" in flat(figure)
    assert "um 94,3 % schlechter" in flat(figure)
    assert "worse by 94.3%" in flat(stability_price(price, language="en"))


def test_a_price_without_steps_or_without_a_proposal_is_refused() -> None:
    existing = pd.Series("1", index=IDS)
    one = price_of_stability(NEED, PEOPLE, GRAPH, existing, threshold=1.0, border_price=0.0, inertias=[0.0])
    with pytest.raises(FigureError, match="one inertia only"):
        stability_price(one)
    none = price_of_stability(NEED, PEOPLE, GRAPH, existing, threshold=5.0, border_price=0.0)
    with pytest.raises(FigureError, match="the first proposal is empty"):
        stability_price(none)
