"""Which cities we know, from the product or from a manifest, and what is computed for each of them by default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from db.queries.datasets import cities_with_manifest, newest_manifest
from etl.datasets.overlay_parts import AccessPart
from etl.datasets.source import ManifestSource, source_of_text
from etl.errors import TakenCityError, UnknownCityError
from etl.planning.parameters import ProposalParameters
from etl.sources.berlin import BerlinSource
from etl.sources.contract import Source
from etl.sources.leipzig import LeipzigSource
from etl.sources.sample import SampleSource
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


_PROFILES = {
    "sample": lambda: CityProfile(
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
    ),
    "leipzig": lambda: CityProfile(
        source=LeipzigSource(),
        catalogue=city_catalogue("leipzig"),
        methods={"*": shipped_method("leipzig-status")},
        segregation=(
            *_each_of("migrants", "non_german", "sgb2_persons"),
            Composition(name="migration", groups=("non_german", "migrants_german"), total="residents"),
        ),
    ),
    "berlin": lambda: CityProfile(
        source=BerlinSource(),
        catalogue=city_catalogue("berlin"),
        methods={year: shipped_method(f"berlin-mss-{year}") for year in ("2013", "2017", "2019")},
        segregation=_each_of("migration_background"),
        residents="mss_residents",
    ),
}


def city_names() -> list[str]:
    """Return the cities that can be loaded."""
    return list(_PROFILES)


def city_profile(city: str, connection: Connection | None = None) -> CityProfile:
    """Return a city's profile, or raise `UnknownCityError`.

    With a connection also that of a city whose newest load came with a manifest: it is made of what that said.
    """
    if city in _PROFILES:
        return _PROFILES[city]()
    if connection is None:
        raise UnknownCityError(city, city_names())
    kept = newest_manifest(connection, city)
    if kept is None:
        raise UnknownCityError(city, [*city_names(), *cities_with_manifest(connection)])
    return manifest_profile(source_of_text(*kept))


def manifest_profile(source: ManifestSource) -> CityProfile:
    """Return the profile of a city that comes with a manifest; its id must not be that of a shipped city."""
    if source.city_id in _PROFILES:
        raise TakenCityError(source.city_id)
    told = source.manifest.compute
    is_drawn = told.without_land_area or any(level.tiles for level in source.manifest.geography)
    return CityProfile(
        source=source,
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
