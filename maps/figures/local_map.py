"""Which areas are segregated? A small map of local values, with its legend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from indicators.status import WITHOUT_VALUE, ValueStatus
from maps.classification import Classes, Scheme, assign, classify
from maps.figures.caption import NOTHING, Caption, measure_title, number_text, said
from maps.figures.errors import FigureError
from maps.figures.ground import Look, draw_areas, fill, map_page, on_the_ground
from maps.figures.sheet import Key
from maps.figures.style import house_style
from maps.layers import SCHEME_TITLES
from maps.numbers import Language, format_number
from maps.palettes import STATES, Pattern

__all__ = ["local_values"]

_WORDS: Final = {
    "title": ("Werte der Gebiete", "Values of the areas"),
    "lead": (
        "{n} von {all} Gebieten mit Wert, von {low} ({lowest}) bis {high} ({highest}).",
        "{n} of {all} areas with a value, from {low} ({lowest}) to {high} ({highest}).",
    ),
    "lead_none": ("Kein Gebiet mit Wert.", "No area with a value."),
    "count": ("{label} [{n}]", "{label} [{n}]"),
    "scheme": (
        "Klassen: {scheme}; in eckigen Klammern die Zahl der Gebiete",
        "Classes: {scheme}; in square brackets the number of areas",
    ),
    "centre": ("eine Klasse beginnt bei {centre}", "a class begins at {centre}"),
}

# The patterns of the page, as matplotlib draws them.
_HATCHES: Final[Mapping[Pattern, str]] = {
    "dots": "...",
    "diagonal": "////",
    "crosshatch": "xxxx",
    "horizontal": "----",
    "wide_diagonal": "//",
}

_SHOWN: Final = ("zero", "missing", "suppressed", "uncertain")


def local_values(
    values: pd.Series,
    areas: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    status: pd.Series | None = None,
    names: Mapping[str, str] | None = None,
    scheme: Scheme = "quantiles",
    k: int = 5,
    centre: float | None = None,
    decimals: int | None = None,
    language: Language = "de",
    caption: Caption = NOTHING,
) -> Figure:
    """Draw one value per area as a map.

    Parameters
    ----------
    values : Series of float, indexed by area_id
        Local values, such as those of `local_divergence`; the name is that of the measure. NaN has no value.
    areas : GeoDataFrame or GeoSeries, indexed by area_id
        Polygons of the same areas, in any order, in a projected CRS.
    status : Series of str, indexed by area_id, optional
        States of the values (`indicators.status.ValueStatus`). Default: measured, and missing where NaN.
    names : mapping, optional
        Names of areas, for the lowest and the highest.
    scheme, k, centre, decimals
        How values are sorted into classes: see `maps.classification.classify`. With a `centre` (1 for a location
        quotient) there are colours for both sides.
    language, caption
        As everywhere.

    Raises
    ------
    FigureError
        If areas and values are not about the same areas, the CRS is in degrees, or states contradict values.
    """
    shapes = _shapes(areas, values.index)
    states = _states(values, status)
    scaled = values.astype(float).where(~states.isin([*WITHOUT_VALUE, ValueStatus.ZERO]))
    digits = _decimals(scaled) if decimals is None else decimals
    classes = classify(
        scaled, scheme=scheme, k=k + k % 2 if centre is not None else k, diverging_at=centre, decimals=digits
    )
    place = assign(scaled, classes)
    named = values.name is not None
    title = measure_title(str(values.name), language) if named else said(_WORDS, "title", language)
    keys = _keys(classes, place, states, language)
    notes = [said(_WORDS, "scheme", language, scheme=_scheme_title(scheme, language))]
    if centre is not None:
        notes.append(said(_WORDS, "centre", language, centre=number_text(centre, digits, language)))
    with house_style():
        sheet, plot = map_page(
            shapes,
            title=title,
            caption=caption,
            lead=_lead(values, digits, names or {}, language),
            keys=keys,
            notes=notes,
            facts=" ".join(f"{key.text}." for key in keys),
            language=language,
        )
        _draw(plot, shapes, place, states, classes)
    return sheet


def _shapes(areas: gpd.GeoDataFrame | gpd.GeoSeries, wanted: pd.Index) -> gpd.GeoSeries:
    geometry = on_the_ground(areas)
    if not wanted.is_unique:
        raise FigureError("an area occurs twice", "keep one row per area")
    unequal = geometry.index.symmetric_difference(wanted)
    if len(unequal):
        shown = ", ".join(str(area) for area in unequal[:5])
        raise FigureError(
            f"areas and values are not about the same areas ({len(unequal)}): {shown}",
            "give every area a value, NaN where there is none",
        )
    return geometry.reindex(wanted)


def _states(values: pd.Series, status: pd.Series | None) -> pd.Series:
    if status is None:
        found = np.where(values.notna(), ValueStatus.MEASURED.value, ValueStatus.MISSING.value)
        return pd.Series(found, index=values.index)
    states = status.reindex(values.index).fillna(ValueStatus.MISSING.value).map(str)
    unknown = sorted(set(states) - set(ValueStatus))
    if unknown:
        raise FigureError(f"unknown status {', '.join(unknown)}", f"use one of {', '.join(ValueStatus)}")
    wrong = states.isin(WITHOUT_VALUE) == values.notna()
    if wrong.any():
        shown = ", ".join(str(area) for area in values.index[wrong][:5])
        raise FigureError(
            f"{int(wrong.sum())} value(s) contradict their status: {shown}",
            "missing and suppressed have no value, everything else has one",
        )
    return states


def _decimals(values: pd.Series) -> int:
    spread = float(values.max() - values.min()) if values.notna().any() else 0.0
    return 2 if not spread > 0 else int(np.clip(2 - np.floor(np.log10(spread)), 0, 6))


def _scheme_title(scheme: str, language: Language) -> str:
    return SCHEME_TITLES[scheme][0 if language == "de" else 1]


def _keys(classes: Classes, place: pd.Series, states: pd.Series, language: Language) -> list[Key]:
    labels = classes.labels_de if language == "de" else classes.labels_en
    keys = [
        Key(
            text=said(_WORDS, "count", language, label=label, n=int((place == number).sum())),
            look="area",
            colour=colour,
        )
        for number, (label, colour) in enumerate(zip(labels, classes.colours, strict=True))
    ]
    for name in _SHOWN:
        count = int((states == name).sum())
        if count:
            style = STATES[name]
            label = style.label_de if language == "de" else style.label_en
            keys.append(
                Key(
                    text=said(_WORDS, "count", language, label=label, n=count),
                    look="area",
                    colour="white" if style.colour == "transparent" else style.colour,
                    hatch=_HATCHES[style.pattern],
                    edge=style.ink,
                )
            )
    return keys


def _lead(values: pd.Series, digits: int, names: Mapping[str, str], language: Language) -> str:
    known = values.dropna()
    if known.empty:
        return said(_WORDS, "lead_none", language)
    lowest, highest = known.idxmin(), known.idxmax()
    return said(
        _WORDS,
        "lead",
        language,
        n=format_number(len(known), 0, language),
        all=format_number(len(values), 0, language),
        low=number_text(float(known.min()), digits, language),
        high=number_text(float(known.max()), digits, language),
        lowest=names.get(str(lowest), lowest),
        highest=names.get(str(highest), highest),
    )


def _draw(plot: Axes, shapes: gpd.GeoSeries, place: pd.Series, states: pd.Series, classes: Classes) -> None:
    for number, colour in enumerate(classes.colours):
        fill(plot, shapes[place == number], Look(colour=colour))
    for name in _SHOWN:
        style = STATES[name]
        colour = "none" if style.colour == "transparent" else style.colour
        look = Look(colour=colour, hatch=_HATCHES[style.pattern], ink=style.ink)
        fill(plot, shapes[states == name], look)
    draw_areas(plot, shapes)
