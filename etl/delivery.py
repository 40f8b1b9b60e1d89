"""The clean stage: what every source hands to checking and loading, whatever its files look like."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import geopandas as gpd
import pandas as pd

from etl.confidentiality import Confidentiality
from indicators.definition import Indicator

__all__ = [
    "AREA_COLUMNS",
    "REJECTED_COLUMNS",
    "VALUE_COLUMNS",
    "City",
    "Delivery",
    "Geography",
    "Overlay",
    "Source",
]

AREA_COLUMNS = ("geography", "area_id", "parent_id", "name", "geometry")
VALUE_COLUMNS = ("geography", "area_id", "indicator_id", "period", "reference_date", "value", "status")
REJECTED_COLUMNS = ("file", "place", "reason", "content")


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """The city a delivery is about. `srid`: metric CRS of its geometry (EPSG number)."""

    id: str
    title_de: str
    title_en: str
    srid: int
    is_synthetic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Who published the data, under which licence, and how to name them."""

    id: str
    title_de: str
    title_en: str
    publisher: str
    licence: str
    attribution: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Geography:
    """One level of areas in one edition of its boundaries; `parent` is the id of the next level up."""

    id: str  # "city", "district", "sub_district", "statistical_district", "block"
    parent: str | None
    title_de: str  # plural, as shown in the level menu: "Ortsteile"
    title_en: str
    key_length: int  # characters of an area_id at this level
    edition: str  # edition of the boundaries, e.g. "2020"
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Overlay:
    """One layer of facilities, streets or anything else beside the areas, and who published it.

    `features`: GeoDataFrame with `name`, `properties` (what may be shown, by name) and a valid geometry in the city's
    metric CRS. `as_of`: day of which it is.
    """

    id: str
    kind: str  # "facility", "street", "other"
    title_de: str
    title_en: str
    as_of: date
    publisher: str
    licence: str
    attribution: str
    url: str
    features: gpd.GeoDataFrame

    def __repr__(self) -> str:
        return f"Overlay({self.id}: {len(self.features)} features of kind {self.kind})"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Delivery:
    """One clean delivery.

    `areas`: GeoDataFrame with `AREA_COLUMNS`; `area_id` and `parent_id` are text (leading zeros), `parent_id` is
    None at the top level; geometry is MultiPolygon in the city's metric CRS.
    `values`: DataFrame with `VALUE_COLUMNS`; `value` is float, NaN exactly when `status` is missing or suppressed;
    `period` is ISO text ("2019"), `reference_date` a `datetime.date`; one row per (geography, area, indicator, period).
    `rejected`: rows left out, each with file, place, reason and content.
    `repairs`: named steps that changed something, with their counts ("axes swapped": 63).
    `counted`: rows that were left out or filled up and cells that were judged as the manifest says, with their counts.
    `confidentiality`: what must be withheld, and what an attacker can add up.
    `overlays`: layers of points, lines or polygons beside the areas; all that the source has.
    `manifest`: text of the manifest the delivery was read by; empty where a source has its rules in code. `methods`:
    texts of the method files it names.
    """

    city: City
    source: Source
    geographies: tuple[Geography, ...]  # from the top down
    areas: gpd.GeoDataFrame
    indicators: tuple[Indicator, ...]
    values: pd.DataFrame
    rejected: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(REJECTED_COLUMNS)))
    repairs: dict[str, int] = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=dict)
    confidentiality: Confidentiality = field(default_factory=Confidentiality)
    overlays: tuple[Overlay, ...] = ()
    manifest: str = ""
    methods: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return (
            f"Delivery({self.city.id}: {len(self.areas)} areas in {len(self.geographies)} geographies, "
            f"{len(self.values)} values of {len(self.indicators)} indicators, {len(self.rejected)} rejected)"
        )
