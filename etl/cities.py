"""Which cities we know, and what is computed for each of them by default."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from etl.errors import EtlError, UnknownCityError
from etl.sources.berlin import BerlinSource
from etl.sources.contract import Source
from etl.sources.leipzig import LeipzigSource
from etl.sources.sample import SampleSource
from indicators.composite import Method
from indicators.methods import (
    BERLIN_MSS_2013,
    BERLIN_MSS_2017,
    BERLIN_MSS_2019,
    LEIPZIG_STATUS,
    SAMPLE_STATUS,
)

__all__ = ["CityProfile", "ProposalParameters", "city_names", "city_profile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalParameters:
    """Knobs of a proposal: need threshold [index], border price [persons × index points per metre], zone width [metres]."""

    threshold: float = 1.0
    border_price: float = 0.1
    zone_distance: float = 200.0

    def __post_init__(self) -> None:
        """Refuse what is no number or makes no sense."""
        for name, lowest in (("threshold", -math.inf), ("border_price", 0.0), ("zone_distance", 0.0)):
            value = getattr(self, name)
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not (is_number and math.isfinite(value) and value >= lowest):
                rule = "a finite number" + ("" if lowest < 0 else ", at least 0")
                raise EtlError(f"{name} is {value!r}; give {rule}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CityProfile:
    """A city's way in and its default computations.

    `methods`: status method per period, `"*"` for every other period.
    `segregation`: pairs of a group and the total it is a part of (indicator ids).
    `residents`: indicator that counts the people a proposal is about.
    `minimum_denominator`: shares of fewer people or cases are not shown.
    """

    source: Source
    methods: Mapping[str, Method]
    segregation: tuple[tuple[str, str], ...]
    residents: str = "residents"
    minimum_denominator: float = 100
    proposal: ProposalParameters = field(default_factory=ProposalParameters)

    def method_for(self, period: str) -> Method | None:
        """Return the status method of a period."""
        return self.methods.get(period, self.methods.get("*"))


_PROFILES = {
    "sample": lambda: CityProfile(
        source=SampleSource(),
        methods={"*": SAMPLE_STATUS},
        segregation=(
            ("sgb2_recipients", "residents"),
            ("migration_background", "residents"),
            ("residents_65p", "residents"),
        ),
        minimum_denominator=20,
        proposal=ProposalParameters(border_price=0.3),  # blocks are small and their indices noisy
    ),
    "leipzig": lambda: CityProfile(
        source=LeipzigSource(),
        methods={"*": LEIPZIG_STATUS},
        segregation=(("migrants", "residents"), ("non_german", "residents"), ("sgb2_persons", "residents")),
    ),
    "berlin": lambda: CityProfile(
        source=BerlinSource(),
        methods={"2013": BERLIN_MSS_2013, "2017": BERLIN_MSS_2017, "2019": BERLIN_MSS_2019},
        segregation=(("migration_background", "residents"),),
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
