"""Where do priority areas lie, how far do they reach, and whom do they leave out? A map for the planning table.

Classes differ by pattern as well as by colour, so that a grey print says the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.figure import Figure

from maps.figures.caption import NOTHING, Caption, number_text, said, seed_text
from maps.figures.errors import FigureError
from maps.figures.ground import (
    OUTLINE,
    Look,
    draw_areas,
    draw_outline,
    draw_regions,
    fill,
    label_regions,
    map_page,
    on_the_ground,
    require_same_areas,
)
from maps.figures.sheet import Key
from maps.figures.style import INK, house_style
from maps.numbers import Language, format_number
from maps.palettes import STATES
from spatial.regions import PriorityAreas, RegionLimits, SoftAreas, class_polygons, outlines
from spatial.regions.reasons.plain_words import LIMIT_WORDS, limit_sentence
from spatial.regions.reasons.single_cases import SingleCases

__all__ = ["region_zones"]

_WORDS: Final = {
    "title": (
        "Schwerpunkträume: Kern, Randbereich und Einzelfälle",
        "Priority areas: core, margin and single cases",
    ),
    "lead": (
        "Gebiete im Kern: {core}, mit {core_people} Menschen; im Randbereich: {margin}, mit {margin_people}.",
        "Areas of the core: {core}, with {core_people} people; of the margin: {margin}, with {margin_people}.",
    ),
    "proposed_lead": (
        "Vorgeschlagene Schwerpunkträume: {n}, mit {people} Menschen ({share}\N{NO-BREAK SPACE}% der Stadt).",
        "Proposed priority areas: {n}, with {people} people ({share}% of the city).",
    ),
    "cases_lead": (
        "Hoher Bedarf in keinem von beiden (Einzelfälle): {n}.",
        "High need in neither (single cases): {n}.",
    ),
    "core": (
        "Kern (Zugehörigkeit ab {low}\N{NO-BREAK SPACE}%) [{n}]",
        "core (membership from {low}%) [{n}]",
    ),
    "margin": ("Randbereich, {low} bis {high}\N{NO-BREAK SPACE}% [{n}]", "margin, {low} to {high}% [{n}]"),
    "rest": ("übrige Stadt [{n}]", "rest of the city [{n}]"),
    "case": (
        "Einzelfall: hoher Bedarf, in keinem Gebiet [{n}]",
        "single case: high need, in no region [{n}]",
    ),
    "unknown": ("Bedarf nicht bekannt [{n}]", "need not known [{n}]"),
    "proposed": ("vorgeschlagener Schwerpunktraum [{n}]", "proposed priority area [{n}]"),
    "brackets": ("In eckigen Klammern: Anzahl", "In square brackets: how many"),
    "thresholds": (
        "Zugehörigkeit zwischen den Grenzwerten {low} und {high}",
        "membership between the marks {low} and {high}",
    ),
    "threshold": ("Vorschlag mit Grenzwert {at}", "proposal with mark {at}"),
    "price": ("Preis der Grenze {price} je Meter", "price of the border {price} per metre"),
    "inertia": ("Gewicht der Karte davor {inertia}", "weight of the map before {inertia}"),
    "draws": (
        "Mittel aus {n} Ziehungen der Werte ({seed}), Gewissheit der Klasse im Mittel {sure}\N{NO-BREAK SPACE}%",
        "mean of {n} draws of the values ({seed}), certainty of the class {sure}% on average",
    ),
    "no_draws": ("Gewissheit nicht bestimmt", "certainty not known"),
    "value": (
        "Zielwert {value}, höchstens {gap}\N{NO-BREAK SPACE}% schlechter als der bestmögliche",
        "objective {value}, at most {gap}% worse than the best possible",
    ),
    "cases": ("Einzelfälle (Bedarf): {listed}", "Single cases (need): {listed}"),
    "alone": (
        "Kern, aber in keinem vorgeschlagenen Gebiet: {listed}",
        "Core, but in no proposed region: {listed}",
    ),
}

_CORE, _REST = Look(colour="#2d839c", hatch="\\\\\\\\", ink="#123c60"), Look(colour="#f7f6f2")
_MARGIN: Final = (  # from the core outwards
    Look(colour="#8fc9c4", hatch="....", ink="#123c60"),
    Look(colour="#bee0cf", hatch="...", ink="#1a5e81"),
    Look(colour="#d8ecd8", hatch="..", ink="#1a5e81"),
    Look(colour="#edf4de", hatch=".", ink="#1a5e81"),
)
_CASE = Look(colour="#f6d6a6", hatch="xxxx", ink="#743b0a")
_UNKNOWN = Look(colour=STATES["missing"].colour, hatch="////", ink=STATES["missing"].ink)


def region_zones(
    soft: SoftAreas,
    areas: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    proposal: PriorityAreas | None = None,
    cases: SingleCases | None = None,
    names: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
    bands: Sequence[float] = (0.5,),
    language: Language = "de",
    caption: Caption = NOTHING,
) -> Figure:
    """Draw core, margin and rest of a graded delineation, with the proposed regions and whom they leave out.

    Parameters
    ----------
    soft : SoftAreas
        From `soft_membership`.
    areas : GeoDataFrame or GeoSeries, indexed by area_id
        Polygons of the same areas, in any order, in a projected CRS.
    proposal : PriorityAreas, optional
        Regions of the same areas, drawn as outlines; areas of the core that are in none are named.
    cases : SingleCases, optional
        Areas of high need that are in no region and no margin: drawn on top, and named in the small print.
    names, labels : mapping, optional
        Names of areas, and what is written into a region. Default: the ids.
    bands : sequence of float
        Memberships at which the margin is cut, at most three.
    language, caption
        As everywhere.

    Raises
    ------
    FigureError
        If areas and results are not about the same areas, the CRS is in degrees, or there are too many bands.
    """
    shapes = on_the_ground(areas)
    require_same_areas(shapes.index, soft.membership.index, "the membership")
    if proposal is not None:
        require_same_areas(shapes.index, proposal.region.index, "the proposal")
    if len(bands) >= len(_MARGIN):
        raise FigureError(f"{len(bands)} cuts of the margin", f"give at most {len(_MARGIN) - 1}")
    listed = [] if cases is None else [str(area) for area in cases.cases.index]
    strangers = sorted(set(listed) - set(shapes.index))
    if strangers:
        raise FigureError(
            f"single cases that are none of the areas: {', '.join(strangers[:5])}",
            "give the single cases of this city",
        )
    unknown = shapes.index[shapes.index.isin(soft.need.index[soft.need.isna()])]
    apart = {"case": (listed, _CASE), "unknown": (list(unknown), _UNKNOWN)}
    zones = _zones(shapes, soft, bands, {*listed, *unknown}, language)
    keys = [look.key(text) for text, look, _ in zones]
    for name, (members, look) in apart.items():
        if members:
            keys.append(look.key(said(_WORDS, name, language, n=format_number(len(members), 0, language))))
    if proposal is not None:
        n = format_number(len(proposal.border_length), 0, language)
        keys.append(Key(text=said(_WORDS, "proposed", language, n=n), colour=INK, width=OUTLINE))
    with house_style():
        sheet, plot = map_page(
            shapes,
            title=said(_WORDS, "title", language),
            caption=caption,
            lead=_lead(soft, proposal, cases, language),
            keys=keys,
            notes=[
                *_parameters(soft, proposal, language),
                *_named(soft, proposal, cases, names or {}, language),
            ],
            facts=" ".join(f"{key.text}." for key in keys),
            language=language,
        )
        for _, look, shape in zones:
            fill(plot, [shape], look)
        fill(plot, shapes[unknown], _UNKNOWN, layer=2.1)
        fill(plot, shapes[listed], _CASE, layer=2.2)
        draw_areas(plot, shapes)
        draw_outline(plot, shapes[listed], colour=_CASE.ink, width=1.2, layer=3.5)
        if proposal is not None:
            regions = outlines(shapes, proposal.region).geometry
            draw_regions(plot, regions)
            label_regions(plot, regions, labels or {})
    return sheet


def _zones(
    shapes: gpd.GeoSeries, soft: SoftAreas, bands: Sequence[float], apart: set[str], language: Language
) -> list[tuple[str, Look, shapely.Geometry]]:
    """Return text, look and shape of each class; bands of the margin only where there are areas in them."""
    found = []
    margins = iter(_MARGIN)
    classes = class_polygons(shapes, soft, bands=bands)
    ends = classes[["from_membership", "to_membership"]].to_numpy(dtype=float).tolist()
    for place, row in enumerate(classes.itertuples()):
        is_margin, is_rest = row.zone_class == "margin", row.zone_class == "rest"
        look = next(margins) if is_margin else _REST if is_rest else _CORE
        if is_margin and not row.areas:
            continue
        # What is drawn on top is counted there.
        on_top = int((soft.zone_class == "rest").to_numpy()[soft.zone_class.index.isin(apart)].sum())
        n = row.areas - on_top if is_rest else row.areas
        low, high = (number_text(100 * end, 0, language) for end in ends[place])
        text = said(_WORDS, row.zone_class, language, low=low, high=high, n=format_number(n, 0, language))
        found.append((text, look, row.geometry))
    return found


def _lead(
    soft: SoftAreas, proposal: PriorityAreas | None, cases: SingleCases | None, language: Language
) -> str:
    parts = []
    if proposal is not None:
        inside = float(proposal.population[proposal.region.notna()].sum())
        share = 100 * inside / max(float(proposal.population.sum()), 1.0)
        parts.append(
            said(
                _WORDS,
                "proposed_lead",
                language,
                n=format_number(len(proposal.border_length), 0, language),
                people=format_number(inside, 0, language),
                share=number_text(share, 1, language),
            )
        )
    table = soft.summary()
    numbers = {
        f"{one}{tail}": format_number(float(table[column][one]), 0, language)
        for one in ("core", "margin")
        for tail, column in (("", "areas"), ("_people", "residents"))
    }
    parts.append(said(_WORDS, "lead", language, **numbers))
    if cases is not None:
        parts.append(said(_WORDS, "cases_lead", language, n=format_number(len(cases.cases), 0, language)))
    return " ".join(parts)


def _parameters(soft: SoftAreas, proposal: PriorityAreas | None, language: Language) -> Iterable[str]:
    def number(value: float, decimals: int = 2) -> str:
        return number_text(value, decimals, language)

    yield said(_WORDS, "brackets", language)
    yield said(
        _WORDS, "thresholds", language, low=number(soft.lower_threshold), high=number(soft.upper_threshold)
    )
    yield said(_WORDS, "price", language, price=number(soft.border_price))
    if soft.existing is not None:
        yield said(_WORDS, "inertia", language, inertia=number(soft.inertia))
    if soft.resamples:
        sure = 100 * float(np.average(soft.certainty, weights=soft.population.astype(float)))
        seed = seed_text(soft.seed, language)
        yield said(_WORDS, "draws", language, n=number(soft.resamples, 0), seed=seed, sure=number(sure, 0))
    else:
        yield said(_WORDS, "no_draws", language)
    if proposal is None:
        return
    yield said(_WORDS, "threshold", language, at=number(proposal.threshold))
    anything = RegionLimits()
    for one in LIMIT_WORDS:
        if getattr(proposal.limits, one) != getattr(anything, one):
            yield limit_sentence(one, proposal.limits, language)
    value, gap = number(proposal.objective, 0), number(100 * proposal.relative_gap, 1)
    yield said(_WORDS, "value", language, value=value, gap=gap)
    yield seed_text(proposal.seed, language)


def _named(
    soft: SoftAreas,
    proposal: PriorityAreas | None,
    cases: SingleCases | None,
    names: Mapping[str, str],
    language: Language,
) -> Iterable[str]:
    """Name the areas that somebody may look for on the map: nothing is forgotten."""

    def listed(need: pd.Series) -> str:
        points = need.to_numpy(dtype=float).tolist()
        return ", ".join(
            f"{names.get(str(area), str(area))} ({number_text(one, 2, language)})"
            for area, one in zip(need.index, points, strict=True)
        )

    if proposal is not None:
        region = proposal.region.reindex(soft.need.index)
        alone = soft.need[(soft.zone_class == "core") & region.isna()]
        if len(alone):
            yield said(_WORDS, "alone", language, listed=listed(alone))
    if cases is not None and len(cases.cases):
        yield said(_WORDS, "cases", language, listed=listed(cases.cases["need"]))
