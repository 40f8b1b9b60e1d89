"""What may regions be like, all together and each? Said once, checked before a search and after it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from spatial.errors import ParameterError

__all__ = ["RegionLimits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionLimits:
    """What regions may be like.

    `least_residents` and `most_residents` of each region [persons], `most_share` of the city's residents in all
    regions together [share, 0–1], `most_regions` their number, None for any.

    Examples
    --------
    >>> RegionLimits(least_residents=2000, most_share=0.2)
    RegionLimits(least_residents=2000, most_residents=inf, most_share=0.2, most_regions=None)
    """

    least_residents: float = 0.0
    most_residents: float = math.inf
    most_share: float = 1.0
    most_regions: int | None = None

    def __post_init__(self) -> None:
        """Refuse limits that no region can keep to."""
        if not (math.isfinite(self.least_residents) and self.least_residents >= 0):
            raise ParameterError(
                "least_residents", self.least_residents, "a finite number of persons, at least 0"
            )
        if not self.most_residents >= self.least_residents or self.most_residents <= 0:
            raise ParameterError(
                "most_residents", self.most_residents, "above 0 and not below least_residents"
            )
        if not 0 < self.most_share <= 1:
            raise ParameterError("most_share", self.most_share, "a share above 0 and at most 1")
        if self.most_regions is not None and (
            isinstance(self.most_regions, bool)
            or not isinstance(self.most_regions, int)
            or self.most_regions < 1
        ):
            raise ParameterError("most_regions", self.most_regions, "a whole number of at least 1, or None")

    @property
    def is_none(self) -> bool:
        """Whether everything is allowed."""
        return self == RegionLimits()

    def parts(self, residents: float) -> int:
        """Return into how many regions so many residents have to be split at least; 0 if they cannot be.

        Examples
        --------
        >>> limits = RegionLimits(least_residents=600, most_residents=1000)
        >>> [limits.parts(number) for number in (500, 900, 1100, 1300)]
        [0, 1, 0, 2]
        """
        number = max(1, math.ceil(residents / self.most_residents)) if residents > 0 else 1
        return number if residents >= number * self.least_residents else 0
