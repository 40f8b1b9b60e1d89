"""The layers of the sample city beside its areas, as a delivery has them, and the share of people near facilities."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import geopandas as gpd
import pandas as pd

from etl.datasets.overlay_parts import AccessPart
from etl.delivery import Overlay, Source
from indicators.sample import U15_NEAR_PLAYGROUND

__all__ = ["ACCESS", "LAYERS", "overlays_from"]

# id: kind, title in German, title in English
LAYERS = {
    "playgrounds": ("facility", "Spielplätze (synthetisch)", "Playgrounds (synthetic)"),
    "day_care": ("facility", "Kindertagesstätten (synthetisch)", "Day care centres (synthetic)"),
    "schools": ("facility", "Schulen (synthetisch)", "Schools (synthetic)"),
    "streets": ("street", "Straßen und Wege (synthetisch)", "Streets and paths (synthetic)"),
}

ACCESS = (
    AccessPart(
        indicator=U15_NEAR_PLAYGROUND.id,
        group="residents_u15",
        overlay="playgrounds",
        metres=400.0,
        way="streets",
        streets="streets",
        known=0.8,  # of blocks with few people the age breakdown is withheld
    ),
)


def overlays_from(layers: Mapping[str, gpd.GeoDataFrame], source: Source, as_of: date) -> tuple[Overlay, ...]:
    """Return the layers, each with `name`, `kind` and geometry, as overlays of one day."""
    return tuple(
        Overlay(
            id=name,
            kind=kind,
            title_de=german,
            title_en=english,
            as_of=as_of,
            publisher=source.publisher,
            licence=source.licence,
            attribution=source.attribution,
            url=source.url,
            features=gpd.GeoDataFrame(
                {
                    "name": layers[name]["name"].to_numpy(dtype=object),
                    "properties": _properties(layers[name]["kind"]),
                },
                geometry=layers[name].geometry.to_numpy(),
                crs=layers[name].crs,
            ),
        )
        for name, (kind, german, english) in LAYERS.items()
    )


def _properties(kinds: pd.Series) -> list[dict[str, object]]:
    """Return what is said of each feature: its kind, where a layer has several."""
    has_several = len(set(kinds)) > 1
    return [{"Art": one} if has_several else {} for one in kinds]
