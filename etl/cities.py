"""Which cities we know, and what is computed for each of them by default."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from etl.errors import EtlError, UnknownCityError
from etl.sources.berlin import BerlinSource
from etl.sources.contract import Source
from etl.sources.leipzig import LeipzigSource
from etl.sources.sample import SampleSource
from indicators.catalogue import Catalogue, catalogue, city_catalogue
from indicators.methods import Method, shipped_method
from spatial.errors import ParameterError
from spatial.regions import RegionLimits
from spatial.segregation.cells import Composition

__all__ = ["CityProfile", "ProposalParameters", "city_names", "city_profile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalParameters:
    """Knobs of a proposal: need threshold [index], border price [persons × index points per metre], zone width [metres].

    The others are limits as `spatial.regions.RegionLimits` has them, None for none, and the seed for splitting.
    """

    threshold: float = 1.0
    border_price: float = 0.1
    zone_distance: float = 200.0
    least_residents: float = 0.0
    most_residents: float | None = None
    most_share: float = 1.0
    most_regions: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what is no number or makes no sense."""
        lowest = {"threshold": -math.inf, "border_price": 0.0, "zone_distance": 0.0, "least_residents": 0.0}
        if self.most_residents is not None:
            lowest["most_residents"] = 0.0
        for name, least in (lowest | {"most_share": 0.0}).items():
            value = getattr(self, name)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not (is_number and math.isfinite(value) and value >= least):
                rule = "a finite number" + ("" if least < 0 else ", at least 0")
                raise EtlError(f"{name} is {value!r}; give {rule}")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise EtlError(f"seed is {self.seed!r}; give a whole number, at least 0")
        try:
            RegionLimits(**self._limits())
        except ParameterError as error:
            raise EtlError(str(error)) from error

    @property
    def limits(self) -> RegionLimits:
        """Return the limits of the regions."""
        return RegionLimits(**self._limits())

    def _limits(self) -> dict[str, Any]:
        return {
            "least_residents": self.least_residents,
            "most_residents": math.inf if self.most_residents is None else self.most_residents,
            "most_share": self.most_share,
            "most_regions": self.most_regions,
        }


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
    has; all whose counts it delivers when empty.
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


def city_profile(city: str) -> CityProfile:
    """Return a city's profile, or raise `UnknownCityError`."""
    if city not in _PROFILES:
        raise UnknownCityError(city, city_names())
    return _PROFILES[city]()
