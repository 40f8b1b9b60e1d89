"""The transformations a method is put together from: what each takes, does and refuses.

A step is data (it can be written to a file and read again) that knows how to change one column of values. All
work along the last axis, the areas, so that thousands of simulated tables go through at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from indicators.errors import ConstantColumnError, InputError
from indicators.methods.errors import FieldError
from indicators.methods.ranks import Ties, ranks

__all__ = [
    "STEPS",
    "Column",
    "Exponential",
    "Log",
    "MinMax",
    "PercentileRank",
    "Rank",
    "RankShare",
    "Reverse",
    "Round",
    "Shrinkage",
    "Step",
    "ZScore",
]

Floats = NDArray[np.float64]

# What should be constant still scatters by rounding in the 16th digit of what it was added up from.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What a step may want to know beside the values.

    `name`: what errors call the column; `areas`: names of the areas, for errors; `scale`: size of the numbers
    it was added up from, to tell a constant from rounding; `numbers`: gives another indicator's values;
    `parts`: gives the position of the larger unit that each area belongs to.
    """

    name: str
    areas: Sequence[object]
    scale: float = 0.0
    numbers: Callable[[str], Floats] | None = None
    parts: Callable[[str], NDArray[np.intp]] | None = None

    def refuse(self, bad: NDArray[np.bool_], reason: str, hint: str) -> None:
        """Raise with the areas in which something is bad, if there are any."""
        if bad.any():
            where = np.flatnonzero(bad.reshape(-1, bad.shape[-1]).any(axis=0))
            raise InputError(
                f"{self.name}: {reason}", [self.areas[number] for number in where.tolist()], hint
            )


@runtime_checkable
class Step(Protocol):
    """One transformation of a column of values."""

    @property
    def step(self) -> str:
        """Its word in a method file."""
        ...

    @property
    def turns(self) -> bool:
        """Whether more becomes less."""
        ...

    def apply(self, values: Floats, column: Column) -> Floats:
        """Return the transformed values, same shape."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ZScore:
    """(x − mean) / standard deviation over the valid areas, each counting once; `ddof` 0: population, 1: sample."""

    ddof: int = 0
    step: Literal["z_score"] = field(default="z_score", init=False)

    def __post_init__(self) -> None:
        """Refuse what is neither the population's nor the sample's deviation."""
        if self.ddof not in (0, 1):
            raise FieldError(("ddof",), f"ddof is {self.ddof!r}; give 0 (population) or 1 (sample)")

    @property
    def turns(self) -> bool:
        """More stays more."""
        return False

    def apply(self, values: Floats, column: Column) -> Floats:
        """Return deviations from the mean in standard deviations."""
        mean, deviation = self.centre(values, column)
        return (values - mean) / deviation

    def centre(self, values: Floats, column: Column) -> tuple[Floats, Floats]:
        """Return mean and deviation, shape (..., 1)."""
        _require_spread(values, column)
        return values.mean(axis=-1, keepdims=True), values.std(axis=-1, ddof=self.ddof, keepdims=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class MinMax:
    """(x − lowest) / (highest − lowest); the ends are those of the valid areas unless the method fixes them."""

    lowest: float | None = None
    highest: float | None = None
    step: Literal["min_max"] = field(default="min_max", init=False)

    def __post_init__(self) -> None:
        """Refuse ends in the wrong order."""
        if self.lowest is not None and self.highest is not None and not self.lowest < self.highest:
            raise FieldError(("highest",), f"highest is {self.highest:g}, not above lowest, {self.lowest:g}")

    @property
    def turns(self) -> bool:
        """More stays more."""
        return False

    def apply(self, values: Floats, column: Column) -> Floats:
        """Return 0 at the lowest and 1 at the highest end."""
        low, high = self.ends(values, column)
        return (values - low) / (high - low)

    def ends(self, values: Floats, column: Column) -> tuple[Floats, Floats]:
        """Return the two ends, shape (..., 1)."""
        if self.lowest is None or self.highest is None:
            _require_spread(values, column)
        low = values.min(axis=-1, keepdims=True) if self.lowest is None else np.full((1,), self.lowest)
        high = values.max(axis=-1, keepdims=True) if self.highest is None else np.full((1,), self.highest)
        if np.any(high <= low):
            fixed = "lowest" if self.lowest is not None else "highest"
            raise FieldError((fixed,), f"{column.name}: the fixed end lies on the wrong side of all values")
        return low, high


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank:
    """Place in the order, 1 for the highest (or the lowest) value; equal values share a place by `ties`."""

    ties: Ties = "min"
    first: Literal["highest", "lowest"] = "highest"
    step: Literal["rank"] = field(default="rank", init=False)

    @property
    def turns(self) -> bool:
        """When the highest is first, more has the smaller number."""
        return self.first == "highest"

    def apply(self, values: Floats, column: Column) -> Floats:
        """Return 1 to n."""
        return ranks(-values if self.first == "highest" else values, self.ties)


@dataclass(frozen=True, slots=True, kw_only=True)
class PercentileRank:
    """(rank − 1) / (N − 1) from the lowest value, or rank / N; equal values share a place by `ties`."""

    ties: Ties = "min"
    out_of: Literal["n_minus_1", "n"] = "n_minus_1"
    step: Literal["percentile_rank"] = field(default="percentile_rank", init=False)

    @property
    def turns(self) -> bool:
        """More stays more."""
        return False

    def apply(self, values: Floats, column: Column) -> Floats:
        """Return 0 (or 1/N) for the lowest, 1 for the highest."""
        count = values.shape[-1]
        if count < 2:
            raise InputError(
                f"{column.name}: a rank among one area says nothing",
                column.areas,
                "give values of more areas or leave the indicator out",
            )
        if self.out_of == "n":
            return ranks(values, self.ties) / float(count)
        return (ranks(values, self.ties) - 1.0) / float(count - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RankShare:
    """(N − rank + 1) / N of a rank with 1 = most: 1 for the first, 1/N for the last; `of`: N, if not all are here."""

    of: int | None = None
    step: Literal["rank_share"] = field(default="rank_share", init=False)

    def __post_init__(self) -> None:
        """Refuse a number of areas that is none."""
        if self.of is not None and self.of < 1:
            raise FieldError(("of",), f"of is {self.of}; give the number of areas that were ranked")

    @property
    def turns(self) -> bool:
        """The first place gets the most."""
        return True

    def apply(self, values: Floats, column: Column) -> Floats:
        """Return shares above 0, up to 1."""
        count = self.of or values.shape[-1]
        column.refuse(
            (values < 1) | (values > count),
            f"not a rank among {count}",
            "give the ranks of all areas, or say with `of` how many were ranked",
        )
        return (count - values + 1) / count


@dataclass(frozen=True, slots=True, kw_only=True)
class Exponential:
    """−s · ln(1 − R · (1 − exp(−100/s))) of a share R from 0 to 1: 0 to 100, with the upper end stretched."""

    scale: float = 23.0
    step: Literal["exponential"] = field(default="exponential", init=False)

    def __post_init__(self) -> None:
        """Refuse a scale that stretches nothing."""
        if not (math.isfinite(self.scale) and self.scale > 0):
            raise FieldError(("scale",), f"scale is {self.scale:g}; give a number above 0")

    @property
    def turns(self) -> bool:
        """More stays more."""
        return False

    def apply(self, values: Floats, column: Column) -> Floats:
        """Return 0 to 100."""
        column.refuse((values < 0) | (values > 1), "not between 0 and 1", "put rank_share before exponential")
        return -self.scale * np.log(1 - values * (1 - math.exp(-100 / self.scale)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """Natural logarithm of x + offset."""

    offset: float = 0.0
    step: Literal["log"] = field(default="log", init=False)

    @property
    def turns(self) -> bool:
        """More stays more."""
        return False

    def apply(self, values: Floats, column: Column) -> Floats:
        """Return logarithms."""
        moved = values + self.offset
        column.refuse(
            moved <= 0,
            "no logarithm of a number that is not above 0",
            "give the step a larger offset; where less is more need the value is negated first, unless the steps end "
            "with reverse",
        )
        return np.log(moved)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Rounded to `decimals` places, halves to the even digit; also makes equal what only rounding tells apart."""

    decimals: int
    step: Literal["round"] = field(default="round", init=False)

    def __post_init__(self) -> None:
        """Refuse more places than a number has."""
        if not 0 <= self.decimals <= 15:
            raise FieldError(("decimals",), f"decimals is {self.decimals}; give 0 to 15")

    @property
    def turns(self) -> bool:
        """More stays more."""
        return False

    def apply(self, values: Floats, column: Column) -> Floats:
        """Return rounded values."""
        return np.round(values, self.decimals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reverse:
    """about − x: turns a share (about 1) or a percentage (about 100) around, after ties were given their rank."""

    about: float = 1.0
    step: Literal["reverse"] = field(default="reverse", init=False)

    @property
    def turns(self) -> bool:
        """More becomes less."""
        return True

    def apply(self, values: Floats, column: Column) -> Floats:
        """Return what is left."""
        return self.about - values


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrinkage:
    """Draw an unreliable rate towards that of the larger unit the area lies in, as the Indices of Deprivation do.

    With r cases among n, on the logit scale M = ln((r + ½) / (n − r + ½)) with sampling variance
    s² = (n + 1)(n + 2) / (n (r + 1)(n − r + 1)), the larger unit's M̄ from its summed r and n, and the variance
    t² of its areas about M̄: w = t² / (t² + s²), result w·M + (1 − w)·M̄, taken back to a rate.

    `denominator`: indicator that holds n; `towards`: name of the larger unit; `per`: 100 for percentages.
    """

    denominator: str
    towards: str
    per: float = 100.0
    step: Literal["shrinkage"] = field(default="shrinkage", init=False)

    def __post_init__(self) -> None:
        """Refuse a base that is none."""
        if not (math.isfinite(self.per) and self.per > 0):
            raise FieldError(("per",), f"per is {self.per:g}; give 100 for percentages, 1 for shares")

    @property
    def turns(self) -> bool:
        """More stays more."""
        return False

    def apply(self, values: Floats, column: Column) -> Floats:
        """Return shrunken rates; an area without a denominator gets the larger unit's rate."""
        if column.numbers is None or column.parts is None:
            raise FieldError((), "shrinkage must be the first step of an indicator")
        total, part = column.numbers(self.denominator), column.parts(self.towards)
        column.refuse(
            (values < 0) | (values > self.per), f"not between 0 and {self.per:g}", "check the rates"
        )
        column.refuse(total < 0, f"{self.denominator} is negative", "check the denominators")
        cases = values / self.per * total
        own = np.log((cases + 0.5) / (total - cases + 0.5))
        with np.errstate(divide="ignore"):
            sampling = (total + 1) * (total + 2) / (total * (cases + 1) * (total - cases + 1))
        sums = _summed(cases, part), _summed(total, part)
        larger = np.log((sums[0] + 0.5) / (sums[1] - sums[0] + 0.5))[..., part]
        members = np.bincount(part)
        spread = _summed((own - larger) ** 2, part) / np.maximum(members - 1, 1)
        between = spread[..., part]
        trust = between / (between + sampling)
        shrunken = np.where(total > 0, trust * own, 0.0) + (1 - trust) * larger
        return self.per / (1 + np.exp(-shrunken))


STEPS: dict[str, type[Step]] = {
    "z_score": ZScore,
    "rank": Rank,
    "percentile_rank": PercentileRank,
    "rank_share": RankShare,
    "exponential": Exponential,
    "shrinkage": Shrinkage,
    "min_max": MinMax,
    "log": Log,
    "round": Round,
    "reverse": Reverse,
}


def _require_spread(values: Floats, column: Column) -> None:
    lowest, highest = values.min(axis=-1), values.max(axis=-1)
    flat = highest - lowest <= _ROUNDING * column.scale
    if np.any(flat):
        raise ConstantColumnError(column.name, float(np.ravel(lowest)[np.argmax(flat)]), values.shape[-1])


def _summed(values: Floats, part: NDArray[np.intp]) -> Floats:
    count = int(part.max()) + 1 if part.size else 0
    rows = np.broadcast_to(values, np.broadcast_shapes(values.shape, part.shape)).reshape(-1, part.size)
    sums: Floats = np.stack([np.bincount(part, weights=row, minlength=count) for row in rows], dtype=float)
    return sums.reshape(*values.shape[:-1], count)
