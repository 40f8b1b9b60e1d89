"""What is watched, and from when on is it said? A rule of the early warning: data only, one file each."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from indicators.errors import DefinitionError
from indicators.methods.errors import FieldError, suggestion

__all__ = ["ChangeDirection", "Correction", "NoiseModel", "Rule", "RuleKind"]

RuleKind = Literal[
    "level", "change", "change_against_city", "trend_break", "class_change", "rank_jump", "theme_sum"
]
ChangeDirection = Literal["rising", "falling", "both"]
NoiseModel = Literal["share", "rate", "series"]
Correction = Literal["benjamini_hochberg", "benjamini_yekutieli"]

LEAST_TREND = 5  # earlier periods that a trend needs

_ID = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule of the early warning.

    `kind`: *level* (above or below `threshold`), *change* (over `periods`), *change_against_city* (less the
    change of the rest of the city), *trend_break* (last value against the trend of the `periods` before it),
    *class_change* (of the classes that `cuts` make), *rank_jump* (by at least `threshold` places), *theme_sum*
    (standardised changes of several indicators together).

    `direction`: which way is told. `threshold`, in the unit of the indicator (percentage points for changes;
    places for *rank_jump*; standard deviations for *theme_sum*): needed for *level*; for the others how large the
    change must be at least, 0 when left out. `periods`: span of the change, in periods; for *trend_break* how
    many earlier periods make the trend. `model`: which chance the values have: *share* (a part of its
    whole), *rate* (events), *series* (no counts: the history of the area's own series); left out, the definitions of
    the indicators say it.

    `false_discovery_rate`: of all alerts of the rule and period, the share that may be false on average.
    `minimum_denominator`: areas with fewer are not tested. `weights`: of the indicators of a theme; negative where
    lower is more need. `level`: of the uncertainty bands.
    """

    id: str
    title_de: str
    title_en: str
    kind: RuleKind
    indicators: tuple[str, ...]
    direction: ChangeDirection = "both"
    threshold: float | None = None
    periods: int = 1
    false_discovery_rate: float = 0.05
    minimum_denominator: float | None = None
    model: NoiseModel | None = None
    correction: Correction = "benjamini_hochberg"
    cuts: tuple[float, ...] = field(default=())
    weights: tuple[float, ...] = field(default=())
    level: float = 0.95

    def __post_init__(self) -> None:
        """Refuse rules that contradict themselves."""
        if not _ID.fullmatch(self.id):
            raise FieldError(("id",), f"id {self.id!r} is no id; use small letters, digits, - and _")
        for name, words in _WORDS.items():
            given = getattr(self, name)
            if given not in words and not (name == "model" and given is None):
                raise FieldError((name,), f"{name} is {given!r}; {suggestion(str(given), words)}")
        self._check_indicators()
        self._check_numbers()

    @property
    def limit(self) -> float:
        """The threshold; 0 when there is none."""
        return 0.0 if self.threshold is None else self.threshold

    @property
    def noise(self) -> NoiseModel:
        """The model of chance; a share when nothing says otherwise."""
        return self.model or "share"

    @property
    def weight_of(self) -> dict[str, float]:
        """Weight of each indicator; 1 when none are given."""
        return dict(zip(self.indicators, self.weights or (1.0,) * len(self.indicators), strict=True))

    def to_json(self) -> dict[str, Any]:
        """Return the rule as it is stored and sent: plain lists, numbers and texts under the names of the fields."""
        return {
            one.name: list(value) if isinstance(value := getattr(self, one.name), tuple) else value
            for one in dataclasses.fields(self)
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Rule:
        """Return the rule that `to_json` made.

        Raises
        ------
        DefinitionError
            If a field is unknown or the rule contradicts itself.
        """
        names = [one.name for one in dataclasses.fields(cls)]
        unknown = [name for name in stored if name not in names]
        if unknown:
            raise DefinitionError(f"unknown key {unknown[0]!r} in a rule; {suggestion(unknown[0], names)}")
        fields: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in stored.items()
        }
        return cls(**fields)

    def _check_indicators(self) -> None:
        several = self.kind == "theme_sum"
        if not self.indicators:
            raise FieldError(("indicators",), "indicators is empty; name what is watched")
        if len(set(self.indicators)) < len(self.indicators):
            raise FieldError(("indicators",), "indicators names one of them twice")
        if several != (len(self.indicators) > 1):
            needed = "at least two indicators" if several else "exactly one indicator"
            raise FieldError(("indicators",), f"{self.kind} needs {needed}, not {len(self.indicators)}")
        if self.weights and not several:
            raise FieldError(("weights",), "weights are for theme_sum only")
        if self.weights and len(self.weights) != len(self.indicators):
            raise FieldError(
                ("weights",),
                f"{len(self.weights)} weights for {len(self.indicators)} indicators; give one each",
            )
        if any(not math.isfinite(one) or one == 0 for one in self.weights):
            raise FieldError(("weights",), "weights are finite and not 0")

    def _check_numbers(self) -> None:
        if self.kind == "level" and self.threshold is None:
            raise FieldError(("threshold",), "threshold is missing; a level is above or below something")
        if self.threshold is not None and not math.isfinite(self.threshold):
            raise FieldError(("threshold",), f"threshold is {self.threshold!r}; give a finite number")
        if self.kind != "level" and self.limit < 0:
            raise FieldError(
                ("threshold",), f"threshold is {self.threshold:g}; give a size, and the way in direction"
            )
        if self.kind == "level" and self.direction == "both":
            raise FieldError(("direction",), "a level is rising (above) or falling (below), not both")
        least = LEAST_TREND if self.kind == "trend_break" else 1
        if isinstance(self.periods, bool) or not isinstance(self.periods, int) or self.periods < least:
            raise FieldError(("periods",), f"periods is {self.periods!r}; {self.kind} needs at least {least}")
        if not 0 < self.false_discovery_rate < 1:
            raise FieldError(
                ("false_discovery_rate",),
                f"false_discovery_rate is {self.false_discovery_rate!r}; give a share between 0 and 1, such as 0.05",
            )
        if not 0.5 <= self.level < 1:
            raise FieldError(
                ("level",), f"level is {self.level!r}; give a share from 0.5 to below 1, such as 0.95"
            )
        least_whole = 0.0 if self.minimum_denominator is None else self.minimum_denominator
        if not (math.isfinite(least_whole) and least_whole >= 0):
            raise FieldError(
                ("minimum_denominator",),
                f"minimum_denominator is {least_whole!r}; give a number of at least 0",
            )
        if (self.kind == "class_change") != bool(self.cuts):
            reason = (
                "class_change needs the limits of its classes"
                if not self.cuts
                else "cuts are for class_change"
            )
            raise FieldError(("cuts",), reason)
        if any(not math.isfinite(one) for one in self.cuts) or list(self.cuts) != sorted(set(self.cuts)):
            raise FieldError(("cuts",), "cuts are finite numbers in rising order, none twice")


_WORDS: Mapping[str, tuple[str, ...]] = {
    "kind": get_args(RuleKind),
    "direction": get_args(ChangeDirection),
    "model": get_args(NoiseModel),
    "correction": get_args(Correction),
}
