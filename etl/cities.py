"""Which cities we know, from the product or from a manifest, and what is computed for each of them by default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection

from db.queries.datasets import cities_with_manifest, newest_manifest
from etl.datasets.overlay_parts import AccessPart
from etl.datasets.source import ManifestSource, source_of_text
from etl.errors import TakenCityError, UnknownCityError
from etl.planning.parameters import ProposalParameters
from etl.sample_city.overlays import ACCESS
from etl.sample_city.source import SampleSource
from etl.shipped_cities.sources import SHIPPED, shipped_source
from etl.source import Source
from indicators.catalogue import Catalogue, catalogue, city_catalogue
from indicators.methods import Method, shipped_method
from indicators.selection import LAND_AREA
from spatial.segregation.cells import Composition

__all__ = ["CityProfile", "city_names", "city_profile", "manifest_profile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CityProfile:
    """A city's way in and its default computations.

    `methods`: status method per period, `"*"` for every other period.
    `segregation`: groups and the total they are a part of (indicator ids); one group is compared with everybody
    else and gives its composition the name, several are compared with each other and the rest.
    `reliable_from`: with fewer people or cases to relate to a share is missing, because chance would rule; a definition may
    ask for less. With how few it may be *published* is another question, and answered by the profiles of the source.
    `replicates`: resamples for the intervals of segregation, unless the command says otherwise.
    `residents`: indicator that counts the people a proposal is about.
    `catalogue`: definitions of what can be computed, with the city's own. `indicators`: those of them that the city
    has; all whose counts it delivers when empty. `access`: shares of people near facilities.
    """

    source: Source
    methods: Mapping[str, Method]
    segregation: tuple[Composition, ...]
    reliable_from: float = 100.0
    replicates: int = 500
    residents: str = "residents"
    catalogue: Catalogue = field(default_factory=catalogue)
    indicators: tuple[str, ...] = ()
    proposal: ProposalParameters = field(default_factory=ProposalParameters)
    access: tuple[AccessPart, ...] = ()

    def method_for(self, period: str) -> Method | None:
        """Return the status method of a period."""
        return self.methods.get(period, self.methods.get("*"))


def _each_of(*groups: str) -> tuple[Composition, ...]:
    return tuple(Composition(name=group, groups=(group,), total="residents") for group in groups)


_SAMPLE = "sample"


def _sample_profile() -> CityProfile:
    return CityProfile(
        source=SampleSource(),
        catalogue=city_catalogue("sample"),
        methods={"*": shipped_method("sample-status")},
        segregation=(
            *_each_of("sgb2_recipients", "migration_background", "residents_65p"),
            Composition(name="age", groups=("residents_u18", "residents_65p"), total="residents"),
        ),
        reliable_from=20.0,  # blocks are small
        replicates=100,  # thousands of blocks, and the first start should take seconds
        indicators=("living_space_pc", "pop_density", "ratio_old"),  # more are possible; for the same reason
        proposal=ProposalParameters(border_price=0.3),  # blocks are small and their indices noisy
        access=ACCESS,
    )


def city_names() -> list[str]:
    """Return the cities that can be loaded."""
    return [_SAMPLE, *SHIPPED]


def city_profile(
    city: str, connection: Connection | None = None, *, folder: Path | None = None
) -> CityProfile:
    """Return a city's profile, or raise `UnknownCityError`.

    With a connection it is that of the manifest of the city's newest load. Without one, and for a city that was never
    loaded with a manifest, it is that of the manifest that comes with the product and whose files lie in the folder.
    """
    if city == _SAMPLE:
        return _sample_profile()
    kept = None if connection is None else newest_manifest(connection, city)
    if kept is not None:
        return manifest_profile(source_of_text(*kept))
    if city in SHIPPED:
        return manifest_profile(shipped_source(city, folder))
    loaded = [] if connection is None else cities_with_manifest(connection)
    raise UnknownCityError(city, list(dict.fromkeys([*city_names(), *loaded])))


def manifest_profile(source: ManifestSource) -> CityProfile:
    """Return the profile of a city that comes with a manifest; its id must not be that of the sample city."""
    if source.city_id == _SAMPLE:
        raise TakenCityError(source.city_id)
    told = source.manifest.compute
    is_drawn = told.without_land_area or any(level.tiles for level in source.manifest.geography)
    return CityProfile(
        source=source,
        catalogue=city_catalogue(source.city_id),
        methods=source.status_methods(),
        segregation=tuple(
            Composition(name=one.name or one.groups[0], groups=one.groups, total=one.total)
            for one in told.segregation
        ),
        reliable_from=told.reliable_from,
        replicates=told.replicates,
        residents=told.residents,
        indicators=_without_land_area() if is_drawn else (),
        access=source.manifest.access,
    )


def _without_land_area() -> tuple[str, ...]:
    """Return all that can be computed where the outlines of areas do not show how large they are."""
    return tuple(
        name
        for name, one in catalogue().items()
        if (one.is_computable or one.is_growth) and LAND_AREA not in one.counts
    )
