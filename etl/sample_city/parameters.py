"""What one sample city is made from: a handful of numbers that always give the same city."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources
from math import pi, sqrt

from etl.errors import EtlError

__all__ = [
    "CENTRE",
    "LARGEST",
    "SMALLEST",
    "SRID",
    "ParameterError",
    "SampleCityParameters",
    "generator_version",
]

SRID = 25833
# [m] The city lies in the open sea (Pomeranian Bay): on any background map it is seen to be no real place.
CENTRE = (455_000.0, 6_045_000.0)
SMALLEST, LARGEST = 300, 1_200_000  # blocks
_MEAN_BLOCK = 84_000.0  # [m²], parks and fields included


class ParameterError(EtlError, ValueError):
    """A sample city cannot be made with these numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleCityParameters:
    """Parameters of a sample city. `blocks` is what the plan aims at; the result is within a few percent."""

    blocks: int = 3000
    seed: int = 20240101
    first_year: int = 2012
    years: int = 12

    def __post_init__(self) -> None:
        """Refuse numbers that no city can be made from."""
        if not SMALLEST <= self.blocks <= LARGEST:
            raise ParameterError(f"blocks is {self.blocks}; choose a number from {SMALLEST} to {LARGEST}")
        if self.seed < 0:
            raise ParameterError(f"seed is {self.seed}; choose 0 or a positive number")
        if not (1 <= self.years <= 40 and 1990 <= self.first_year <= 2100):
            raise ParameterError(
                f"{self.years} year(s) from {self.first_year}; choose 1 to 40 years that begin between 1990 and 2100"
            )

    @property
    def radius(self) -> float:
        """Mean distance of the city limits from the centre [m]; grows with the root of the blocks."""
        return sqrt(self.blocks * _MEAN_BLOCK / pi)

    @property
    def periods(self) -> tuple[int, ...]:
        """All years, oldest first."""
        return tuple(range(self.first_year, self.first_year + self.years))


def generator_version() -> str:
    """Return a short checksum of the generator's own code, so that files made by other code are made anew."""
    digest = hashlib.sha256()
    folder = resources.files("etl.sample_city")
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".py"):
            digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
