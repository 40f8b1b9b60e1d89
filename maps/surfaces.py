"""A smoothed surface as a file that says what it shows, of when, from whom, and what it does not show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from rasterio.transform import Affine

from maps.cloud_optimised import cloud_optimised
from maps.numbers import round_shown
from spatial.rasters import SmoothedSurface

__all__ = ["SurfaceWords", "surface_geotiff"]

_MASKED_DE = (
    "Nicht gezeigt: außerhalb der Stadt, weniger als {least:g} Personen unter dem Kern, oder ein nicht "
    "veröffentlichter Wert in seiner Reichweite"
)
_MASKED_EN = (
    "Not shown: outside the city, fewer than {least:g} persons under the kernel, or a value that is not published "
    "within its reach"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceWords:
    """What is said of a surface, in both languages; `made_of` are the ids of the published values it is made of."""

    title_de: str
    title_en: str
    unit: str
    city: str
    indicator: str
    geography: str
    edition: str
    period: str
    reference_date: str
    source_de: str
    source_en: str
    attribution: str
    licence: str
    url: str
    made_of: tuple[str, ...]
    is_synthetic: bool = False


def surface_geotiff(surface: SmoothedSurface, words: SurfaceWords, *, decimals: int) -> bytes:
    """Write a surface as a cloud-optimised GeoTIFF; numbers have one digit more than the indicator shows."""
    grid = surface.grid
    return cloud_optimised(
        round_shown(np.asarray(surface.values), decimals + 1),
        transform=Affine(grid.cell_width, 0.0, grid.left, 0.0, -grid.cell_height, grid.top),
        crs_wkt=grid.crs.to_wkt(),
        description=f"{words.title_de} [{words.unit}]",
        tags=_tags(surface, words),
    )


def _tags(surface: SmoothedSurface, words: SurfaceWords) -> Mapping[str, str]:
    said = {
        "TITLE": f"{words.title_de}, geglättet",
        "TITLE_EN": f"{words.title_en}, smoothed",
        "UNIT": words.unit,
        "CITY": words.city,
        "INDICATOR": words.indicator,
        "PERIOD": words.period,
        "REFERENCE_DATE": words.reference_date,
        "GEOGRAPHY": words.geography,
        "BOUNDARY_EDITION": words.edition,
        "SOURCE": words.source_de,
        "SOURCE_EN": words.source_en,
        "ATTRIBUTION": words.attribution,
        "LICENCE": words.licence,
        "URL": words.url,
        "TIFFTAG_COPYRIGHT": f"{words.attribution} ({words.licence})",
        "MADE_OF": ", ".join(words.made_of),
        "MADE_OF_PUBLISHED_VALUES_ONLY": "yes",
        "METHOD": "Kernglättung von Zähler und Nenner, docs/methods/rasters.md",
        "METHOD_EN": "kernel smoothing of numerator and denominator, docs/methods/rasters.md",
        "KERNEL": surface.kernel,
        "BANDWIDTH": f"{surface.bandwidth:g} m",
        "REACH": f"{surface.reach:g} m",
        "CELL_SIZE": f"{surface.grid.cell_width:g} m",
        "LEAST_PERSONS": f"{surface.least_persons:g}",
        "NOT_SHOWN": _MASKED_DE.format(least=surface.least_persons),
        "NOT_SHOWN_EN": _MASKED_EN.format(least=surface.least_persons),
        "CELLS": ", ".join(f"{name} {number}" for name, number in surface.counts.items()),
        "SYNTHETIC": "ja / yes" if words.is_synthetic else "",
    }
    return {name: text for name, text in said.items() if text}
