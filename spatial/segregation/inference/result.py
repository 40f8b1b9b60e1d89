"""What did a test or a bootstrap find, and from which parameters? Values that explain and repeat themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import pandas as pd

from spatial.segregation.counts import Floats
from spatial.segregation.inference.models import Null, Resampling
from spatial.segregation.inference.pairs import PairModel, Statistic
from spatial.segregation.inference.streams import Seed
from spatial.segregation.inference.tails import Alternative, Interval

__all__ = ["BootstrapEstimate", "ExpectedValue", "JackknifeEstimate", "SingleTest", "TwoSampleTest"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SingleTest:
    """One measure against one null model.

    `observed` is the value of the data, `expected` the mean and `deviation` the standard deviation of the
    replicates, `null_low` and `null_high` the range of their middle `level`. `excess` is observed - expected;
    `corrected` the part of the way from the expected value to the measure's bound (NaN without a bound).
    `p_value` follows (r + 1) / (n + 1). `undefined` replicates, in which the measure had no value, count for
    nothing. `values` are all replicates; `seed` (as `rng`) repeats them.
    """

    measure: str
    model: Null
    alternative: Alternative
    observed: float
    p_value: float
    expected: float
    deviation: float
    null_low: float
    null_high: float
    excess: float
    corrected: float
    level: float
    replicates: int
    undefined: int
    seed: Seed
    options: Mapping[str, Any]
    values: Floats

    def __repr__(self) -> str:
        return (
            f"SingleTest({self.measure} = {self.observed:.4f}, {self.expected:.4f} expected under {self.model}; "
            f"p = {self.p_value:.4g} {self.alternative}, {self.replicates} replicates, seed {self.seed})"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row with everything but the replicates' values."""
        return _row(self)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ExpectedValue:
    """Value of a measure to be expected under a null model.

    `expected` is the mean and `deviation` the standard deviation of the replicates; `standard_error` is the
    uncertainty of the mean that comes from the number of replicates. `values` are all replicates.
    """

    measure: str
    model: Null
    expected: float
    deviation: float
    standard_error: float
    replicates: int
    undefined: int
    seed: Seed
    options: Mapping[str, Any]
    values: Floats

    def __repr__(self) -> str:
        return (
            f"ExpectedValue({self.measure}: {self.expected:.4f} under {self.model}, "
            f"{self.replicates} replicates, seed {self.seed})"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row with everything but the replicates' values."""
        return _row(self)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BootstrapEstimate:
    """A measure with its uncertainty.

    `observed` is the value of the data, `bias` the mean of the replicates minus it, `estimate` the value
    corrected for it (2 · observed - mean), `standard_error` the standard deviation of the replicates, `ci_low` to
    `ci_high` the `interval` of confidence `level`. `undefined` replicates count for nothing. `values` are all
    replicates; `seed` (as `rng`) repeats them.
    """

    measure: str
    model: Resampling
    observed: float
    estimate: float
    bias: float
    standard_error: float
    ci_low: float
    ci_high: float
    interval: Interval
    level: float
    replicates: int
    undefined: int
    seed: Seed
    options: Mapping[str, Any]
    values: Floats

    def __repr__(self) -> str:
        return (
            f"BootstrapEstimate({self.measure} = {self.estimate:.4f}, {self.level:.0%} {self.ci_low:.4f} to "
            f"{self.ci_high:.4f}; {self.model}, {self.replicates} replicates, seed {self.seed})"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row with everything but the replicates' values."""
        return _row(self)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class JackknifeEstimate:
    """A measure with its uncertainty from leaving out one area after the other.

    `observed` is the value of the data, `bias` (n - 1) times the mean of the `values` minus it, `estimate` the
    value corrected for it (observed - bias), and `standard_error` the jackknife's. `values`, by area_id, are the
    values without each of the `areas` = n inhabited areas; `undefined` of them are NaN, which makes the estimate
    NaN, too.
    """

    measure: str
    observed: float
    estimate: float
    bias: float
    standard_error: float
    areas: int
    undefined: int
    options: Mapping[str, Any]
    values: pd.Series

    def __repr__(self) -> str:
        return (
            f"JackknifeEstimate({self.measure} = {self.estimate:.4f}, standard error {self.standard_error:.4f}; "
            f"{self.areas} areas left out in turn)"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row with everything but the values without each area."""
        return _row(self)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class TwoSampleTest:
    """A measure in two cities or periods, and whether they differ.

    `first` and `second` are the two values; `observed` is the tested quantity: their difference (first - second), or
    the part of it that `statistic` names. `space` and `composition` are the two parts when a `counterfactual` was
    asked for (NaN otherwise).

    When labels or persons were exchanged, `expected`, `deviation`, `null_low` and `null_high` describe the
    replicates, and `estimate`, `ci_low`, `ci_high` are NaN. After a bootstrap, `estimate` is the quantity corrected
    for its bias, `deviation` its standard error, `ci_low` to `ci_high` its basic interval, and `expected`, `null_low`,
    `null_high` are NaN. `undefined` replicates count for nothing; `seed` (as `rng`) repeats all.
    """

    measure: str
    model: PairModel
    paired: bool
    statistic: Statistic
    counterfactual: str | None
    alternative: Alternative
    first: float
    second: float
    space: float
    composition: float
    observed: float
    p_value: float
    estimate: float
    ci_low: float
    ci_high: float
    expected: float
    deviation: float
    null_low: float
    null_high: float
    level: float
    replicates: int
    undefined: int
    seed: Seed
    options: Mapping[str, Any]
    values: Floats

    def __repr__(self) -> str:
        told = self.counterfactual is not None and self.statistic == "difference"
        parts = f" = space {self.space:+.4f} + composition {self.composition:+.4f}" if told else ""
        return (
            f"TwoSampleTest({self.measure}: {self.first:.4f} - {self.second:.4f}, {self.statistic} "
            f"{self.observed:+.4f}{parts}; p = {self.p_value:.4g} {self.alternative}, {self.model}, "
            f"{self.replicates} replicates, seed {self.seed})"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return one row with everything but the replicates' values."""
        return _row(self)


def _row(result: Any) -> pd.DataFrame:
    values = {field.name: getattr(result, field.name) for field in fields(result) if field.name != "values"}
    if isinstance(values.get("seed"), tuple):
        values["seed"] = str(values["seed"])
    values["options"] = ", ".join(f"{name}={value!r}" for name, value in result.options.items())
    return pd.DataFrame([values])
