"""What holds for every figure: both languages, nothing cut off, nothing on top of anything, the same bytes again."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import cache
from pathlib import Path

import geopandas as gpd
import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from shapely.geometry import box

from indicators.definition import Indicator
from maps.figures.bridged_series import bridged_series
from maps.figures.caption import Caption
from maps.figures.curves import concentration_curve, proximity_curve, segregation_curve
from maps.figures.distributions import bootstrap_distribution, difference, null_distribution
from maps.figures.intervals import intervals
from maps.figures.local_map import local_values
from maps.figures.output import to_png, to_svg
from maps.figures.parts import change_parts, contribution_bars, nested_parts, space_parts
from maps.figures.region_changes import region_changes
from maps.figures.region_paths import region_paths
from maps.figures.regions_map import region_zones
from maps.figures.scales import divergence_profiles, multiscalar_profile
from maps.figures.stability_price import stability_price
from maps.figures.time_series import over_time
from maps.layers import LayerSource
from spatial import regions, segregation
from spatial.contiguity import shared_borders
from spatial.segregation.cells import Composition

LANGUAGES = ("de", "en")
HOSTILE = (
    "Ausländer*innen & „Gäste“ <b> $x_1$ – Donaudampfschifffahrtsgesellschaftskapitänswitwen aus Übersee"
)
CAPTION = Caption(
    place="Musterstadt",
    group=HOSTILE,
    period="2000 bis 2023",
    source=LayerSource(
        title_de="Testdaten",
        title_en="Test data",
        attribution="Amt für Statistik und Wahlen der Stadt, in der alles etwas länger heißt",
        licence="CC0-1.0",
        edition="2023",
        is_synthetic=True,
    ),
)


@cache
def city() -> tuple[gpd.GeoSeries, pd.DataFrame, pd.DataFrame]:
    """Return 36 areas of one kilometre, and the people of two periods."""
    rng = np.random.default_rng(5)
    ids = [f"{i // 12}{i:02d}" for i in range(36)]
    cells = [box(x * 1000, y * 1000, x * 1000 + 1000, y * 1000 + 1000) for y in range(6) for x in range(6)]
    areas = gpd.GeoSeries(cells, index=pd.Index(ids, name="area_id"), crs=25833)
    people = []
    for slope in (5.0, 3.0):
        share = 1 / (1 + np.exp(-rng.normal(-1.5, 0.4, 36) - slope * (np.arange(36) / 36 - 0.5)))
        total = rng.integers(300, 3000, 36)
        young = rng.binomial(total, share)
        middle = rng.binomial(total - young, 0.3)
        frame = {"young": young, "middle": middle, "old": total - young - middle}
        people.append(pd.DataFrame(frame, index=areas.index))
    return areas, people[0], people[1]


def pair(people: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"young": people["young"], "rest": people["middle"] + people["old"]})


@cache
def series() -> pd.DataFrame:
    _, before, after = city()
    rows = [
        (geography, period, area[:parts], group, count)
        for geography, parts in (("area", 3), ("district", 1))
        for period, people in (("2020", before), ("2021", before), ("2023", after))
        for group, counts in [*people.items(), ("all", people.sum(axis=1))]
        for area, count in counts.items()
    ]
    counts = pd.DataFrame(rows, columns=["geography", "period", "area_id", "group", "count"])
    counts = counts.groupby(["geography", "period", "area_id", "group"], as_index=False).sum()
    groups = [Composition(name=name, groups=(name,), total="all") for name in ("young", "middle", "old")]
    return segregation.segregation_series(
        counts, groups, measures=("dissimilarity", "isolation"), replicates=50
    )


@cache
def results() -> dict[str, object]:
    areas, before, after = city()
    one, other = pair(before), pair(after)
    level = pd.Series([area[0] for area in areas.index], index=areas.index, name="district")
    return {
        "test": segregation.randomisation_test("dissimilarity", one, replicates=99, rng=1),
        "bootstrap": segregation.bootstrap("dissimilarity", one, replicates=99, rng=1),
        "drawn": segregation.compare("dissimilarity", one, other, replicates=99, rng=1),
        "dealt": segregation.compare(
            "dissimilarity", one, other, model="random_label", paired=True, replicates=99, rng=1
        ),
        "change": segregation.explain_change(before, after),
        "nested": segregation.between_and_within(one, level, name="gini"),
        "space": segregation.space_and_composition("dissimilarity", one, other),
        "areas": segregation.contributions_of_areas(before),
        "scales": segregation.multiscalar_profile(
            ["spatial_information_theory", "spatial_dissimilarity"],
            before,
            geometry=areas,
            bandwidths=[0, 1500, 100_000],
        ),
        "walks": segregation.divergence_profiles(before, geometry=areas),
        "local": segregation.local_divergence(before),
        "graph": shared_borders(areas),
    }


def statuses() -> tuple[pd.Series, pd.Series]:
    values = results()["local"].copy()
    status = pd.Series("measured", index=values.index)
    for place, state in enumerate(("missing", "suppressed", "uncertain")):
        status.iloc[place] = state
    return values.where(~status.isin(["missing", "suppressed"])), status


@cache
def planned() -> dict[str, object]:
    """Return a proposal for the 36 areas, and what follows from it and two maps drawn by hand."""
    areas, _, after = city()
    graph = shared_borders(areas)
    people = after.sum(axis=1)
    need = pd.Series(np.random.default_rng(3).normal(0, 1, 36), areas.index)
    need.iloc[7] = np.nan
    marks = {"lower_threshold": 0.4, "upper_threshold": 1.2, "border_price": 0.2}
    proposal = regions.propose(
        need,
        people,
        graph,
        threshold=0.8,
        border_price=0.2,
        limits=regions.RegionLimits(least_residents=2000),
    )
    # Six rows of six areas, from the south: a and b become one, c loses a part to d, e ends, f is new.
    old, new = (
        pd.Series(list(rows.replace(" ", "")), areas.index).replace("-", None)
        for rows in ("aa--bb aa--bb cc---- cccc-- --cc-- e-----", "aaaaaa aa--aa cc---- ccddd- --dd-- ----ff")
    )
    return {
        "proposal": proposal,
        "soft": regions.soft_membership(need, people, graph, **marks),
        "cases": regions.single_cases(proposal, graph),
        "comparison": regions.compare_maps(old, new, people, areas),
        "diff": regions.boundary_diff(areas, old, new),
        "paths": regions.link_periods({"2020": old, "2021": old, "2023": new}, people),
        "price": regions.price_of_stability(
            need, people, graph, old, threshold=0.5, border_price=0.2, inertias=[0, 0.2, 0.4]
        ),
    }


FIGURES: dict[str, Callable[..., Figure]] = {
    "null_distribution": lambda **kw: null_distribution(results()["test"], **kw),
    "bootstrap_distribution": lambda **kw: bootstrap_distribution(results()["bootstrap"], **kw),
    "difference drawn": lambda **kw: difference(results()["drawn"], names=("2020", "2023"), **kw),
    "difference dealt": lambda **kw: difference(results()["dealt"], **kw),
    "intervals": lambda **kw: intervals(
        {HOSTILE: results()["bootstrap"], "Arbeitslose": results()["bootstrap"]}, **kw
    ),
    "over_time": lambda **kw: over_time(series(), names={"young": HOSTILE}, replicates=50, seed=0, **kw),
    "over_time by level": lambda **kw: over_time(
        series()[series()["measure"] == "isolation"], panel="geography", show_expected=True, **kw
    ),
    "multiscalar_profile": lambda **kw: multiscalar_profile(results()["scales"], **kw),
    "divergence_profiles": lambda **kw: divergence_profiles(
        results()["walks"], highlight=["000", "235"], names={"000": HOSTILE}, **kw
    ),
    "segregation_curve": lambda **kw: segregation_curve(city()[1]["young"], city()[1].sum(axis=1), **kw),
    "concentration_curve": lambda **kw: concentration_curve(city()[1]["young"], city()[1].sum(axis=1), **kw),
    "proximity_curve": lambda **kw: proximity_curve(
        city()[1]["young"], city()[1].sum(axis=1), graph=results()["graph"], **kw
    ),
    "change_parts": lambda **kw: change_parts(results()["change"], names=("2020", "2023"), **kw),
    "nested_parts": lambda **kw: nested_parts(results()["nested"], level_names={"district": HOSTILE}, **kw),
    "space_parts": lambda **kw: space_parts(results()["space"], names=("2020", "2023"), **kw),
    "contribution_bars": lambda **kw: contribution_bars(
        results()["areas"], names={"235": HOSTILE}, most=5, **kw
    ),
    "local_values": lambda **kw: local_values(statuses()[0], city()[0], status=statuses()[1], **kw),
    "region_zones": lambda **kw: region_zones(
        planned()["soft"],
        city()[0],
        proposal=planned()["proposal"],
        cases=planned()["cases"],
        names=dict.fromkeys(city()[0].index, HOSTILE),
        **kw,
    ),
    "region_changes": lambda **kw: region_changes(
        planned()["comparison"], planned()["diff"], city()[0], **kw
    ),
    "region_paths": lambda **kw: region_paths(planned()["paths"], names={"1": HOSTILE}, **kw),
    "stability_price": lambda **kw: stability_price(planned()["price"], **kw),
    "bridged_series": lambda **kw: bridged_series(
        pd.DataFrame(
            {
                "period": ["2018", "2019", "2020"],
                "value": [14_701.4, 14_548.0, np.nan],
                "status": ["measured", "measured", "suppressed"],
                "edition": ["2006", "2019", "2019"],
                "is_converted": [True, False, False],
                "grade": ["C", None, None],
            }
        ),
        pd.DataFrame(
            {
                "period": ["2019"],
                "edition_before": ["2006"],
                "edition_after": [HOSTILE],
                "areas_changed": [2],
                "changed_share": [0.004],
                "worst_grade": ["C"],
            }
        ),
        indicator=Indicator(id="x", title_de=HOSTILE, title_en=HOSTILE, unit="persons", kind="extensive"),
        **kw,
    ),
}


@cache
def drawn(name: str, language: str) -> tuple[Figure, list[tuple[str, Bbox]]]:
    """Return a figure and its texts; nobody changes it."""
    figure = FIGURES[name](language=language, caption=CAPTION)
    return figure, texts(figure)


@cache
def written(name: str) -> str:
    return to_svg(drawn(name, "de")[0])


def texts(figure: Figure) -> list[tuple[str, Bbox]]:
    """Return all texts that are drawn, and where."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    beyond = set()
    for plot in figure.axes:
        for axis in (plot.xaxis, plot.yaxis):
            low, high = sorted(axis.get_view_interval())
            slack = 1e-9 * (high - low)
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                if not (plot.axison and low - slack <= tick.get_loc() <= high + slack):
                    beyond |= {tick.label1, tick.label2}
    return [
        (text.get_text(), text.get_window_extent(renderer))
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and text not in beyond
    ]


def overlaps(found: list[tuple[str, Bbox]]) -> list[tuple[str, str]]:
    # Half a pixel is less than the space around letters.
    return [
        (one, other)
        for (one, a), (other, b) in itertools.combinations(found, 2)
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 0.5 and min(a.y1, b.y1) - max(a.y0, b.y0) > 0.5
    ]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", FIGURES)
def test_no_text_is_cut_off_or_lies_on_another(name: str, language: str) -> None:
    figure, found = drawn(name, language)
    page = figure.bbox
    assert [text for text, at in found if at.x0 < 0 or at.x1 > page.x1 or at.y0 < 0 or at.y1 > page.y1] == []
    assert overlaps(found) == []
    assert len(found) > 8


def test_a_text_on_another_would_be_found() -> None:
    figure = FIGURES["segregation_curve"]()
    before = overlaps(texts(figure))
    figure.text(0.05, 0.05, "here")
    figure.text(0.06, 0.05, "there")
    assert before == []
    assert ("here", "there") in overlaps(texts(figure))


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_says_when_on_which_boundaries_and_from_whom(name: str) -> None:
    words = {
        "de": ("Gebietsstand 2023", "Quelle: Amt", "Synthetische"),
        "en": ("Boundaries of 2023", "Source: Amt", "Synthetic"),
    }
    for language in LANGUAGES:
        figure, _ = drawn(name, language)
        shown = " ".join(text.get_text() for text in figure.texts)
        for part in (*words[language], "2000 bis 2023", "Musterstadt", "CC0-1.0"):
            assert part in shown, part
            assert part in figure.description, part


@pytest.mark.parametrize("name", FIGURES)
def test_numbers_and_words_are_those_of_the_language(name: str) -> None:
    both = {language: [text for text, _ in drawn(name, language)[1]] for language in LANGUAGES}
    assert both["de"] != both["en"]
    # Thousands have three digits behind the mark, decimals of this length do not occur beside them.
    decimal_point, decimal_comma = re.compile(r"(?<![\d.])0\.\d"), re.compile(r"(?<![\d,])0,\d")
    german, english = " ".join(both["de"]), " ".join(both["en"])
    assert not decimal_point.search(german.replace("CC0-1.0", ""))
    assert not decimal_comma.search(english)
    assert not re.search(r"(?<=\s)-\d", german + english), "a minus, not a hyphen"


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_result_gives_the_same_bytes(name: str) -> None:
    first = written(name)
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red", "svg.hashsalt": "another"}):
        second = FIGURES[name](caption=CAPTION)
        svg = to_svg(second)
    assert first == svg
    assert not re.search(r"20\d\d-\d\d-\d\d", svg)
    assert "matplotlib.org" not in svg


@pytest.mark.parametrize("name", ["over_time by level", "nested_parts", "local_values"])
def test_the_same_result_gives_the_same_picture(name: str) -> None:
    again = FIGURES[name](caption=CAPTION)
    assert to_png(drawn(name, "de")[0], 25) == to_png(again, 25)
    assert to_png(again, 50) != to_png(again, 25)


@pytest.mark.parametrize("name", FIGURES)
def test_svg_has_a_title_and_a_description_for_those_who_cannot_see_it(name: str) -> None:
    figure, _ = drawn(name, "de")
    root = ET.fromstring(written(name))
    space = "{http://www.w3.org/2000/svg}"
    title, described = root[0], root[1]
    assert (root.tag, title.tag, described.tag) == (f"{space}svg", f"{space}title", f"{space}desc")
    assert root.attrib["role"] == "img"
    assert root.attrib["lang"] == "de"
    assert root.attrib["aria-labelledby"] == title.attrib["id"]
    assert root.attrib["aria-describedby"] == described.attrib["id"]
    assert title.text == figure.title
    assert described.text == figure.description
    assert re.search(r"\d", described.text), "numbers, not only words"
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", FIGURES)
def test_all_texts_are_dark_on_white(name: str) -> None:
    figure, _ = drawn(name, "de")

    def luminance(colour: object) -> float:
        rgb = np.array(matplotlib.colors.to_rgb(colour))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    assert luminance(figure.get_facecolor()) == pytest.approx(1.0)
    for text in figure.findobj(Text):
        if text.get_text().strip() and text.get_visible():
            # WCAG AA, and more: 7 is AAA.
            assert 1.05 / (luminance(text.get_color()) + 0.05) > 7, text


def test_figures_change_no_setting_of_the_user() -> None:
    with matplotlib.rc_context({"font.size": 20}):
        before = dict(matplotlib.rcParams)
        to_svg(FIGURES["intervals"]())
        assert dict(matplotlib.rcParams) == before


def test_figures_need_no_display_and_no_state_of_the_process() -> None:
    folder = Path(__file__).resolve().parents[2] / "maps" / "figures"
    for module in folder.glob("*.py"):
        assert "pyplot" not in module.read_text("utf-8"), module.name
