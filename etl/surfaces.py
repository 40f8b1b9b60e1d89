"""A surface of one indicator of a city, smoothed from what is published of it and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from db.queries import areas, sources
from db.queries.layers import LayerInputs, read_layer
from db.queries.values import read_values
from etl.cities import CityProfile
from etl.datasets.source import ManifestSource
from etl.errors import EtlError
from indicators.definition import Indicator
from indicators.status import WITH_VALUE, ValueStatus
from maps.surfaces import SurfaceWords
from spatial.rasters import (
    SmoothedSurface,
    distribute,
    grid_over,
    pixel_cover,
    smoothed_density,
    smoothed_rate,
)
from spatial.rasters.surface import Kernel

__all__ = ["CitySurface", "Smoothing", "city_surface"]

_PUBLISHED = [state.value for state in WITH_VALUE]
_MOST_CELLS = 4_000_000  # of a file for maps: 100 km² in cells of 5 m


@dataclass(frozen=True, slots=True, kw_only=True)
class Smoothing:
    """How a surface is smoothed; lengths in metres."""

    bandwidth: float = 500.0
    cell_size: float = 50.0
    kernel: Kernel = "quartic"
    least_persons: float = 100.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CitySurface:
    """A surface, what is said of it, and of how many areas the values are published or not."""

    surface: SmoothedSurface
    words: SurfaceWords
    decimals: int
    published: int
    withheld: int
    missing: int

    def __repr__(self) -> str:
        return f"CitySurface({self.words.indicator} {self.words.period}: {self.surface!r})"

    def told(self) -> dict[str, Any]:
        """Return the facts for programs."""
        return {
            "city": self.words.city,
            "indicator": self.words.indicator,
            "period": self.words.period,
            "geography": self.words.geography,
            "edition": self.words.edition,
            "unit": self.words.unit,
            "made_of": list(self.words.made_of),
            "kernel": self.surface.kernel,
            "bandwidth": self.surface.bandwidth,
            "cell_size": self.surface.grid.cell_width,
            "least_persons": self.surface.least_persons,
            "areas": {"published": self.published, "withheld": self.withheld, "missing": self.missing},
            "cells": self.surface.counts,
        }


def city_surface(
    connection: Connection,
    profile: CityProfile,
    indicator: str,
    *,
    geography: str | None = None,
    period: str | None = None,
    edition: str | None = None,
    weight: str | None = None,
    smoothing: Smoothing | None = None,
) -> CitySurface:
    """Smooth a rate, or a count as a density, from the finest level that has it unless one is named.

    In the newest edition of the boundaries, or in the one named.

    A rate is smoothed as its numerator over its denominator; a delivered one without them is the mean of its areas by
    `weight`, the residents by default. Where nobody knows the residents, a count stands for its own persons.
    """
    city, how = profile.source.city_id, smoothing or Smoothing()
    level = geography or _finest(connection, city, indicator, period, edition)
    layer = read_layer(
        connection, city, indicator_id=indicator, geography=level, period=period, edition=edition
    )
    definition = layer.indicator
    if definition.kind == "ordinal":
        raise EtlError(
            f"{indicator} is a class, and there is no surface of classes; choose a count or a rate"
        )
    _require_boundaries(profile, layer.level["id"])
    known = _Published(connection, layer)
    weighted_by = weight or _persons(definition, profile, known)
    shown, people = known.column(indicator), known.column(weighted_by)
    frame = areas.read_areas(connection, layer.level["vintage_id"])
    grid = grid_over(frame, how.cell_size, most=_MOST_CELLS)
    is_count = definition.kind == "extensive"
    above = shown if is_count else _numerator(definition, known, shown, people)
    if not is_count:
        _require_not_negative(definition, above)
    cover = pixel_cover(frame, grid)
    smooth = smoothed_density if is_count else partial(smoothed_rate, factor=definition.factor)
    surface = smooth(
        distribute(above, frame, grid, cover=cover),
        distribute(people, frame, grid, cover=cover),
        bandwidth=how.bandwidth,
        kernel=how.kernel,
        least_persons=how.least_persons,
    )
    unit = f"{definition.unit}/km²" if is_count else definition.unit
    if not surface.counts["shown"]:
        told = ", ".join(
            f"{number} {name.replace('_', ' ')}" for name, number in surface.counts.items() if number
        )
        raise EtlError(
            f"no cell of {indicator} may be shown ({told}); choose another bandwidth, a coarser level, or fewer persons"
        )
    states = known.states(indicator)
    withheld = int((states == ValueStatus.SUPPRESSED.value).sum())
    published = int(states.isin(_PUBLISHED).sum())
    return CitySurface(
        surface=surface,
        words=_words(connection, city, layer, unit, tuple(dict.fromkeys((indicator, *known.used)))),
        decimals=definition.decimals,
        published=published,
        withheld=withheld,
        missing=len(states) - published - withheld,
    )


class _Published:
    """The published values of one level and period; what is not published is NaN."""

    def __init__(self, connection: Connection, layer: LayerInputs) -> None:
        self.connection, self.layer = connection, layer
        self.used: list[str] = []
        self._tables: dict[str, pd.DataFrame] = {}

    def column(self, name: str) -> pd.Series:
        """Return the values of an indicator by area."""
        table = self._table(name)
        if name not in self.used:
            self.used.append(name)
        return table["value"].where(table["status"].isin(_PUBLISHED))

    def states(self, name: str) -> pd.Series:
        """Return the states of an indicator by area."""
        return self._table(name)["status"]

    def has(self, name: str) -> bool:
        """Whether there are values of an indicator."""
        return bool(self._table(name, is_needed=False)["value"].notna().any())

    def _table(self, name: str, *, is_needed: bool = True) -> pd.DataFrame:
        if name not in self._tables:
            level, period = self.layer.level, self.layer.period
            rows = read_values(
                self.connection, vintage_id=level["vintage_id"], indicator_ids=[name], period=period
            ).set_index("area_id")
            if rows.empty and is_needed:
                raise EtlError(
                    f"there are no values of {name} on {level['id']} for {period}, which the surface needs;"
                    " name another count of persons with --weight"
                )
            table = rows[["value", "status"]].reindex(self.layer.area_ids)
            self._tables[name] = table.assign(status=table["status"].fillna(ValueStatus.MISSING.value))
        return self._tables[name]


def _finest(
    connection: Connection, city: str, indicator: str, period: str | None, edition: str | None
) -> str | None:
    """Return the finest level that has values of an indicator; None leaves it to the layer to say what is wrong."""
    for level in reversed(areas.geographies(connection, city, edition=edition)):
        rows = read_values(
            connection, vintage_id=level["vintage_id"], indicator_ids=[indicator], period=period
        )
        if rows["value"].notna().any():
            return str(level["id"])
    return None


def _persons(definition: Indicator, profile: CityProfile, known: _Published) -> str:
    """Return whom a surface counts: those a rate is about, else the residents, else who is counted."""
    if definition.denominator is not None:
        return definition.denominator
    residents = [name for name in (profile.residents, "residents") if known.has(name)]
    if residents:
        return residents[0]
    return definition.id if definition.kind == "extensive" else profile.residents


def _require_boundaries(profile: CityProfile, geography: str) -> None:
    source = profile.source
    if isinstance(source, ManifestSource) and any(
        level.id == geography and level.tiles is not None for level in source.manifest.geography
    ):
        raise EtlError(f"the areas of {geography} are drawn as tiles and say nothing of where anybody lives")


def _numerator(definition: Indicator, known: _Published, shown: pd.Series, people: pd.Series) -> pd.Series:
    """Return what the published rate stands for; a rate of too few people is made of its counts where these are published.

    Not the count behind a published rate: of a top-coded one it would say more than the rate does.
    """
    numerator = shown / definition.factor * people
    name = definition.numerator
    if name is None or not definition.is_computable or definition.minus is not None or not known.has(name):
        return numerator
    silent = known.states(definition.id) == ValueStatus.MISSING.value
    return numerator.mask(silent, known.column(name)) if silent.any() else numerator


def _require_not_negative(definition: Indicator, numerator: pd.Series) -> None:
    if (numerator < 0).any():
        raise EtlError(
            f"{definition.id} has values below 0, of which there is no surface; choose a count, a share or a rate"
        )


def _words(
    connection: Connection, city: str, layer: LayerInputs, unit: str, made_of: tuple[str, ...]
) -> SurfaceWords:
    definition = layer.indicator
    named = sources.sources_of_values(
        connection, layer.level["vintage_id"], indicator_ids=made_of, periods=[layer.period]
    )
    source = sources.together(named)
    return SurfaceWords(
        title_de=definition.title_de,
        title_en=definition.title_en,
        unit=unit,
        city=city,
        indicator=definition.id,
        geography=layer.level["id"],
        edition=layer.level["edition"],
        period=layer.period,
        reference_date="" if layer.reference_date is None else layer.reference_date.isoformat(),
        source_de=f"{source['title_de']}, {source['publisher']}",
        source_en=f"{source['title_en']}, {source['publisher']}",
        attribution=source["attribution"],
        licence=source["licence"],
        url=source["url"],
        made_of=made_of,
        is_synthetic=bool(layer.source["is_synthetic"]),
    )
