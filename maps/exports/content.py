"""What an export is made of: the areas, values and definitions of one data set, and everything that explains them.

Only what is published: a withheld value has its state and no number, and that is checked once more before a file is made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

import geopandas as gpd
import pandas as pd

from indicators.definition import Indicator
from indicators.status import WITHOUT_VALUE
from maps.exports.errors import WithheldNumberError

__all__ = [
    "CONVERTED_COLUMNS",
    "VALUE_COLUMNS",
    "Computation",
    "DataSet",
    "Layer",
    "Level",
    "Origin",
    "require_published",
]

VALUE_COLUMNS = (
    "geography",
    "area_id",
    "indicator",
    "period",
    "reference_date",
    "value",
    "status",
    "ci_low",
    "ci_high",
    "comparison",
    "origin",
)
_OF_NUMBERS = ("value", "ci_low", "ci_high", "comparison", "grade", "known", "estimated")
CONVERTED_COLUMNS = (
    "geography",
    "area_id",
    "indicator",
    "period",
    "reference_date",
    "value",
    "status",
    "grade",
    "derivation",
    "known",
    "estimated",
    "from_geography",
    "from_edition",
    "origin",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A load that values or boundaries come from, as values name it in `origin`; or an overlay that they are made of."""

    id: str
    title_de: str
    title_en: str
    publisher: str
    licence: str
    attribution: str
    url: str
    loaded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Computation:
    """A run that made values, as they name it in their column `origin`."""

    id: str
    kind: str
    finished_at: datetime
    code_version: str
    inputs_hash: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Level:
    """One level of areas in one edition; `areas` has name, parent_id and geometry, indexed by area_id."""

    id: str
    parent: str | None
    title_de: str
    title_en: str
    edition: str
    valid_from: date
    valid_to: date | None
    areas: gpd.GeoDataFrame


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layer:
    """One layer of facilities, streets or anything else beside the areas, under a licence of its own.

    `features` has name, a column per attribute, and geometry, indexed by number.
    """

    id: str
    kind: str
    title_de: str
    title_en: str
    as_of: date
    publisher: str
    licence: str
    attribution: str
    url: str
    features: gpd.GeoDataFrame


def _nothing_converted() -> pd.DataFrame:
    return pd.DataFrame(columns=list(CONVERTED_COLUMNS))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DataSet:
    """One data set as it is published.

    `values` has `VALUE_COLUMNS`, one row per area, indicator and period, ordered by level, indicator, period and area.
    `levels` from the top down. `protection_de`, `protection_en`: which rules of confidentiality hold. `changed_at`: when
    the newest of all this was loaded or computed. `layers`: what lies beside the areas. `converted` has
    `CONVERTED_COLUMNS`: values of other boundaries brought to these, for periods that were not counted on these; they are
    never among `values`.
    """

    city: str
    title_de: str
    title_en: str
    city_title_de: str
    city_title_en: str
    is_synthetic: bool
    srid: int
    levels: tuple[Level, ...]
    indicators: tuple[Indicator, ...]
    values: pd.DataFrame
    origins: tuple[Origin, ...]
    computations: tuple[Computation, ...]
    changed_at: datetime
    contact: str = ""
    protection_de: str = ""
    protection_en: str = ""
    layers: tuple[Layer, ...] = ()
    converted: pd.DataFrame = field(default_factory=_nothing_converted)

    def __repr__(self) -> str:
        areas = sum(len(one.areas) for one in self.levels)
        return (
            f"DataSet({self.city}: {areas} areas on {len(self.levels)} levels, {len(self.values)} values of "
            f"{len(self.indicators)} indicators)"
        )

    @property
    def periods(self) -> list[str]:
        """Every period with values, in order."""
        return sorted(map(str, self.values["period"].unique()))

    @property
    def attribution(self) -> str:
        """Whom to name beside every figure: each publisher once."""
        return "; ".join(dict.fromkeys(one.attribution for one in self.origins))

    @property
    def licence(self) -> str:
        """The licences of all sources, each once."""
        return "; ".join(dict.fromkeys(one.licence for one in self.origins))

    @property
    def attribution_of_all(self) -> str:
        """Whom to name where the layers beside the areas are in the file as well."""
        others = [one.attribution for one in self.layers]
        return "; ".join(dict.fromkeys([*(one.attribution for one in self.origins), *others]))

    @property
    def licence_of_all(self) -> str:
        """The licences where the layers beside the areas are in the file as well."""
        others = [one.licence for one in self.layers]
        return "; ".join(dict.fromkeys([*(one.licence for one in self.origins), *others]))


def require_published(values: pd.DataFrame) -> None:
    """Refuse a withheld or missing value that has a number, limits of one, or anything else that is said of numbers only.

    Raises
    ------
    WithheldNumberError
        With the places.
    """
    told = [name for name in _OF_NUMBERS if name in values]
    has_number = values[told].notna().any(axis=1)
    broken = values[values["status"].isin([one.value for one in WITHOUT_VALUE]) & has_number]
    if len(broken):
        raise WithheldNumberError(
            [
                f"{row.geography} {row.area_id}, {row.indicator} {row.period}"
                for row in broken.head(1000).itertuples()
            ]
        )
