"""The sample city in the form all sources deliver: who publishes it, its levels, areas and values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd

from etl.confidentiality import Confidentiality
from etl.datasets.access_texts import access_text
from etl.delivery import AREA_COLUMNS, VALUE_COLUMNS, City, Delivery, Geography, Overlay, Source
from etl.sample_city.conclusions import AGE_GROUPS, PARTS
from etl.sample_city.confidentiality import SMALLEST_PUBLISHED, UNPROTECTED
from etl.sample_city.names import CITY_DE, CITY_EN
from etl.sample_city.overlays import ACCESS, overlays_from
from etl.sample_city.parameters import SRID
from etl.sample_city.publication import STATUSES, Publication
from indicators.confidentiality import RECOMMENDED
from indicators.definition import Indicator
from indicators.sample import SAMPLE_INDICATORS

__all__ = [
    "CITY",
    "CITY_KEY",
    "CONFIDENTIALITY",
    "LEVELS",
    "NOTICE_DE",
    "NOTICE_EN",
    "SOURCE",
    "Level",
    "delivery_from",
    "long_values",
]

CITY_KEY = "M"  # the whole city; districts 0 to 9 lie in it, from there on the key of the parent is a prefix
NOTICE_DE = "Synthetische Daten: erzeugt, keine wirkliche Stadt, keine wirklichen Menschen."
NOTICE_EN = "Synthetic data: generated, no real city, no real people."

CITY = City(id="sample", title_de=CITY_DE, title_en=CITY_EN, srid=SRID, is_synthetic=True)
SOURCE = Source(
    id="sample-city",
    title_de="Musterstadt: synthetische Beispieldaten",
    title_en="Sample City: synthetic example data",
    publisher="Sozialraum, Generator der Musterstadt (synthetisch / synthetic)",
    licence="CC0-1.0",
    attribution="Sozialraum, Musterstadt – synthetische Daten (synthetic data)",
)

_PROFILE = replace(
    RECOMMENDED, id="sample-city", minimum_count=SMALLEST_PUBLISHED, minimum_denominator=20, top_percent=None
)
CONFIDENTIALITY = Confidentiality(
    profile=_PROFILE,
    # An age breakdown is withheld as a whole, zeros included; buildings are no people.
    exceptions=dict.fromkeys(AGE_GROUPS, replace(_PROFILE, id="sample-city-ages", zeros="secret"))
    | dict.fromkeys(UNPROTECTED),
    categories=(("residents", AGE_GROUPS),),
    parts=PARTS,
)


@dataclass(frozen=True, slots=True)
class Level:
    """One level of areas; `width` is the length of its keys, None where it depends on the city."""

    id: str
    title_de: str
    title_en: str
    width: int | None


LEVELS = (
    Level("city", "Gesamtstadt", "City", 1),
    Level("district", "Stadtbezirke", "Districts", 1),
    Level("sub_district", "Ortsteile", "Sub-districts", 2),
    Level("statistical_district", "Statistische Bezirke", "Statistical districts", 3),
    Level("block", "Blöcke", "Blocks", None),
)


def delivery_from(
    areas: gpd.GeoDataFrame,
    values: pd.DataFrame,
    rejected: pd.DataFrame,
    layers: Mapping[str, gpd.GeoDataFrame],
    *,
    block_digits: int,
) -> Delivery:
    """Return the delivery; the boundaries are valid from the first year on, the layers are of the last day."""
    first_year = int(values["period"].min()) if len(values) else 0
    newest = values["reference_date"].max() if len(values) else date(first_year, 12, 31)
    overlays = overlays_from(layers, SOURCE, newest)
    return Delivery(
        city=CITY,
        source=SOURCE,
        geographies=_geographies(first_year, block_digits),
        areas=areas[list(AREA_COLUMNS)],
        indicators=_indicators(overlays),
        values=values,
        rejected=rejected,
        confidentiality=CONFIDENTIALITY,
        overlays=overlays,
    )


def _indicators(overlays: Sequence[Overlay]) -> tuple[Indicator, ...]:
    """Return all definitions; a share of people near facilities says whom, how far and of which day."""
    found = {one.id: one for one in SAMPLE_INDICATORS}
    layers = {one.id: one for one in overlays}
    for part in ACCESS:
        german, english = access_text(
            part, layers[part.overlay], found[part.group], _PROFILE.minimum_denominator
        )
        found[part.indicator] = replace(found[part.indicator], universe_de=german, universe_en=english)
    return tuple(found.values())


def _geographies(first_year: int, block_digits: int) -> tuple[Geography, ...]:
    above = [None, *(level.id for level in LEVELS)]
    return tuple(
        Geography(
            id=level.id,
            parent=parent,
            title_de=level.title_de,
            title_en=level.title_en,
            key_length=3 + block_digits if level.width is None else level.width,
            edition=str(first_year),
            valid_from=date(first_year, 1, 1),
        )
        for level, parent in zip(LEVELS, above, strict=False)
    )


def long_values(areas: gpd.GeoDataFrame, publication: Publication, periods: Sequence[int]) -> pd.DataFrame:
    """Return one row per area, year and indicator."""
    rows, years, indicators = publication.value.shape
    area = np.repeat(np.arange(rows), years * indicators)
    year = np.tile(np.repeat(np.arange(years), indicators), rows)
    indicator = np.tile(np.arange(indicators), rows * years)

    def pick(choices: Sequence[object], position: np.ndarray) -> np.ndarray:
        return np.asarray(choices, dtype=object)[position]

    return pd.DataFrame(
        {
            "geography": pick(areas["geography"].to_numpy(), area),
            "area_id": pick(areas["area_id"].to_numpy(), area),
            "indicator_id": pick(publication.indicators, indicator),
            "period": pick([str(period) for period in periods], year),
            "reference_date": pick([date(period, 12, 31) for period in periods], year),
            "value": publication.value.ravel(),
            "status": pick([status.value for status in STATUSES], publication.status.ravel()),
        }
    )[list(VALUE_COLUMNS)]
