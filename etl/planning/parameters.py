"""What a proposal of priority areas is asked for: one set of parameters, the same for commands, jobs and scenarios."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from etl.errors import EtlError
from spatial.errors import ParameterError
from spatial.regions import RegionLimits

__all__ = ["ProposalParameters"]

_TYPES = ("blue", "red", "green")
_AT_LEAST_ZERO = (
    "border_price",
    "inertia",
    "gap",
    "reach",
    "zone_distance",
    "link_distance",
    "least_residents",
    "most_residents",
    "most_share",
)
_MOST = 10_000_000  # more residents no city has, and no index, price or distance makes sense beyond it
_WHOLE = {"seed": 0, "resamples": 0, "variants": 0, "at_least": 1, "locked_in": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalParameters:
    """Knobs of a proposal.

    `threshold` and `inertia` [index points], `border_price` [persons × index points per metre]. `margin`: how far
    below the threshold the soft margin reaches [index points]. `zone_distance`: width of the bands around a
    region; `link_distance`: how near to two regions the ground that links them lies; `gap`, `reach`: over what areas
    and islands are neighbours [metres]. `least_residents` to `most_regions` are limits as
    `spatial.regions.RegionLimits` has them, None for none. `kind` is the type of the regions (blue, red, green).

    Without `weights` the need is the city's status index; with them the weighted sum of indicators, standardised; with
    `at_least` that of several disciplines of equal standing of which so many have to lie above the threshold. A need
    (blue) is turned so that more of it is higher; a potential (red, green) is high where the indicators are high, and
    a weight below 0 turns one round.
    `resamples`: draws of the values for the certainty of the margin; `variants`: for the stability map; 0 for none.
    `locked`: reason by region of the map in force, `locked_in` its number, for ids mean something else in every map;
    `inside`, `outside`: reason by area.
    """

    threshold: float = 1.0
    border_price: float = 0.1
    zone_distance: float = 200.0
    least_residents: float = 0.0
    most_residents: float | None = None
    most_share: float = 1.0
    most_regions: int | None = None
    seed: int = 0
    kind: str = "blue"
    inertia: float = 0.0
    gap: float = 0.0
    reach: float = 0.0
    margin: float = 0.5
    link_distance: float = 500.0
    resamples: int = 200
    variants: int = 100
    weights: Mapping[str, float] | None = None
    at_least: int | None = None
    locked: Mapping[str, str] = field(default_factory=dict)
    inside: Mapping[str, str] = field(default_factory=dict)
    outside: Mapping[str, str] = field(default_factory=dict)
    locked_in: int | None = None

    def __post_init__(self) -> None:
        """Refuse what is no number or makes no sense."""
        self._number("threshold", -math.inf)
        self._number("margin", 0.0, above=True)
        for name in _AT_LEAST_ZERO:
            if name != "most_residents" or self.most_residents is not None:
                self._number(name, 0.0)
        for name, least in _WHOLE.items():
            value = getattr(self, name)
            if name in ("at_least", "locked_in") and value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise EtlError(f"{name} is {value!r}; give a whole number, at least {least}")
        if self.resamples == 1:
            raise EtlError("resamples is 1; give 0 for none, or at least 2")
        if self.kind not in _TYPES:
            raise EtlError(f"kind is {self.kind!r}; give one of: {', '.join(_TYPES)}")
        self._texts()
        self._weights()
        try:
            RegionLimits(**self._limits())
        except ParameterError as error:
            raise EtlError(str(error)) from error

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> ProposalParameters:
        """Make parameters of what JSON or a form gave.

        Raises
        ------
        EtlError
            If one is unknown or outside its range.
        """
        known = {one.name for one in fields(cls)}
        unknown = sorted(set(given) - known)
        if unknown:
            raise EtlError(f"unknown parameter(s) {', '.join(unknown)}; known: {', '.join(sorted(known))}")
        return cls(**given)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON knows it."""
        return asdict(self)

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

    def _number(self, name: str, least: float, *, above: bool = False) -> None:
        value = getattr(self, name)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (is_number and math.isfinite(value) and (value > least if above else value >= least)):
            rule = "" if least < 0 else ", above 0" if above else ", at least 0"
            raise EtlError(f"{name} is {value!r}; give a finite number{rule}")
        if abs(value) > _MOST:
            raise EtlError(f"{name} is {value:g}; give a number of at most {_MOST:,.0f}")

    def _texts(self) -> None:
        for name in ("locked", "inside", "outside"):
            given = getattr(self, name)
            if not isinstance(given, Mapping):
                raise EtlError(f"{name} is {given!r}; give a reason for each id")
            silent = [one for one, why in given.items() if not (isinstance(why, str) and why.strip())]
            if silent:
                raise EtlError(
                    f"{name} without a reason: {', '.join(silent[:5])}; say why: whoever reads the map will ask"
                )
        both = sorted(set(self.inside) & set(self.outside))
        if both:
            raise EtlError(f"areas both inside and outside: {', '.join(both[:5])}; take them out of one")

    def _weights(self) -> None:
        if self.weights is None:
            if self.kind != "blue":
                raise EtlError(
                    f"kind {self.kind} without weights; the status index measures need, which is blue: name the indicators"
                    " of the potential, each with its weight"
                )
            if self.at_least is not None:
                raise EtlError("at_least without weights; give the disciplines, each with weight 1")
            return
        if not isinstance(self.weights, Mapping) or not self.weights:
            raise EtlError(f"weights is {self.weights!r}; give a number for at least one indicator")
        wrong = [
            name
            for name, weight in self.weights.items()
            if not isinstance(weight, int | float) or isinstance(weight, bool) or not math.isfinite(weight)
        ]
        if wrong:
            raise EtlError(f"weights of {', '.join(wrong[:5])} are no finite numbers; give numbers")
        if self.at_least is not None and any(weight != 1 for weight in self.weights.values()):
            raise EtlError("at_least counts disciplines, which weigh the same; give each the weight 1")
        if self.at_least is not None and not self.at_least <= len(self.weights):
            raise EtlError(
                f"at_least is {self.at_least}, of {len(self.weights)} disciplines; give at most these"
            )
