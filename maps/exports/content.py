"""What an export is made of: the areas, values and definitions of one data set, and everything that explains them.

Only what is published: a withheld value has its state and no number, and that is checked once more before a file is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import geopandas as gpd
import pandas as pd

from indicators.definition import Indicator
from indicators.status import WITHOUT_VALUE
from maps.exports.errors import WithheldNumberError

__all__ = ["VALUE_COLUMNS", "Computation", "DataSet", "Level", "Origin", "require_published"]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A load that values or boundaries come from, as values name it in their column `origin`."""

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
class DataSet:
    """One data set as it is published.

    `values` has `VALUE_COLUMNS`, one row per area, indicator and period, ordered by level, indicator, period and area.
    `levels` from the top down. `protection_de`, `protection_en`: which rules of confidentiality hold. `changed_at`: when
    the newest of all this was loaded or computed.
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


def require_published(values: pd.DataFrame) -> None:
    """Refuse a withheld or missing value that has a number, or limits of one.

    Raises
    ------
    WithheldNumberError
        With the places.
    """
    has_number = values[["value", "ci_low", "ci_high"]].notna().any(axis=1) | values["comparison"].notna()
    broken = values[values["status"].isin([one.value for one in WITHOUT_VALUE]) & has_number]
    if len(broken):
        raise WithheldNumberError(
            [
                f"{row.geography} {row.area_id}, {row.indicator} {row.period}"
                for row in broken.head(1000).itertuples()
            ]
        )
