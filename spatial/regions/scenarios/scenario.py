"""What was asked for, under a name: the parameters of one proposal, and the values it is made of."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from spatial.alignment import align, require_unique
from spatial.errors import AlignmentError, ParameterError
from spatial.parameters import require_mapping, require_number, require_whole_number
from spatial.regions.limits import RegionLimits

__all__ = ["PlanningData", "Scenario"]

_LIMITS = ("least_residents", "most_residents", "most_share", "most_regions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """The parameters of one proposal under a name.

    `threshold` and `inertia` [index points], `border_price` [persons × index points per metre], `limits` and `seed`
    as in `propose`. `period` says which values are used, None where there is only one set. `weights` are weights of
    indicators, as sorted pairs: with them the need is their weighted sum, standardised. `draw` is the number of a
    random draw of the values within their uncertainty, None for the values as they are.

    Examples
    --------
    >>> calm = Scenario(name="calm", threshold=1.0, border_price=0.3, inertia=0.2)
    >>> Scenario.from_dict(calm.to_dict()) == calm
    True
    >>> calm.fingerprint == Scenario(name="other", threshold=1.0, border_price=0.3, inertia=0.2).fingerprint
    True
    """

    name: str
    threshold: float
    border_price: float
    inertia: float = 0.0
    limits: RegionLimits = field(default_factory=RegionLimits)
    period: str | None = None
    weights: tuple[tuple[str, float], ...] | None = None
    draw: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse a scenario that says nothing, and bring weights into one order."""
        if not (isinstance(self.name, str) and self.name.strip()):
            raise ParameterError("name", self.name, "a name by which the scenario is found again")
        require_number("threshold", self.threshold, "a finite number of index points")
        for name in ("border_price", "inertia"):
            require_number(
                name,
                getattr(self, name),
                "a finite number of at least 0",
                lambda value: 0 <= value < math.inf,
            )
        require_whole_number("seed", self.seed, "a whole number of at least 0")
        if self.draw is not None:
            require_whole_number("draw", self.draw, "a whole number of at least 0, or None")
        if self.weights is not None:
            pairs = tuple(sorted((str(one), float(weight)) for one, weight in dict(self.weights).items()))
            if not pairs or any(not math.isfinite(weight) for _, weight in pairs):
                raise ParameterError("weights", self.weights, "a finite weight for at least one indicator")
            object.__setattr__(self, "weights", pairs)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as numbers, text and dictionaries, ready to be written as JSON."""
        limits = {name: getattr(self.limits, name) for name in _LIMITS}
        if limits["most_residents"] == math.inf:
            limits["most_residents"] = None
        return {
            "name": self.name,
            "threshold": self.threshold,
            "border_price": self.border_price,
            "inertia": self.inertia,
            "limits": limits,
            "period": self.period,
            "weights": None if self.weights is None else dict(self.weights),
            "draw": self.draw,
            "seed": self.seed,
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Scenario:
        """Make a scenario of what `to_dict` returned.

        Raises
        ------
        ParameterError
            If a parameter is unknown, absent or outside its range.
        """
        values = require_mapping("scenario", given, "parameters by their names")
        known = set(cls.__dataclass_fields__)
        strange = sorted(set(values) - known)
        lacking = sorted({"name", "threshold", "border_price"} - set(values))
        if strange or lacking:
            raise ParameterError(
                "scenario",
                ", ".join(strange) or f"without {', '.join(lacking)}",
                f"name, threshold and border_price, and any of {', '.join(sorted(known))}",
            )
        limits = require_mapping("limits", values.get("limits"), "limits by their names")
        if set(limits) - set(_LIMITS):
            raise ParameterError("limits", ", ".join(sorted(set(limits) - set(_LIMITS))), ", ".join(_LIMITS))
        if limits.get("most_residents", 0) is None:
            limits["most_residents"] = math.inf
        weights = values.get("weights")
        values |= {
            "limits": RegionLimits(**limits),
            "weights": None if weights is None else tuple(dict(weights).items()),
        }
        return cls(**values)

    @property
    def fingerprint(self) -> str:
        """Hash of the parameters without the name: two scenarios that ask for the same have the same."""
        content = self.to_dict()
        del content["name"]
        written = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(written.encode()).hexdigest()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PlanningData:
    """The values of one period.

    `population` [persons], indexed by area_id. `need`: need index of the same areas [index points], or None where it
    is made of `indicators`, a table with one column for each, already on one scale and turned so that higher means
    more need. `standard_error` of the need [index points]: one number or one per area; 0 where it is certain.
    """

    population: pd.Series
    need: pd.Series | None = None
    indicators: pd.DataFrame | None = None
    standard_error: pd.Series | float = 0.0

    def __post_init__(self) -> None:
        """Refuse data without a need, or of different areas."""
        require_unique(self.population.index, "population")
        if self.need is None and self.indicators is None:
            raise ParameterError("need", None, "a need index, or indicators to make it of")
        if self.indicators is not None:
            strangers = self.indicators.index.symmetric_difference(self.population.index)
            if len(strangers):
                raise AlignmentError("indicators and population have different areas", strangers)

    def __repr__(self) -> str:
        made = "a need index" if self.indicators is None else f"{self.indicators.shape[1]} indicators"
        return f"PlanningData({len(self.population)} areas, {made})"

    def need_of(self, scenario: Scenario) -> pd.Series:
        """Return the need that a scenario asks for.

        Parameters
        ----------
        scenario : Scenario
            With weights of the indicators, or none; with the number of a draw, or none.

        Returns
        -------
        Series of float, indexed by area_id
            [index points] Of weighted indicators the sum, standardised to mean 0 and standard deviation 1 over the
            areas that have all of those with a weight; missing elsewhere. A draw adds a normal error with the
            standard error of each area: the same number gives the same errors, whatever else changes.

        Raises
        ------
        ParameterError
            If weights are given and no indicators, an indicator is unknown, or a standard error negative.

        Examples
        --------
        >>> table = pd.DataFrame({"poverty": [0.0, 1.0], "health": [0.0, 4.0]}, index=["a", "b"])
        >>> data = PlanningData(population=pd.Series(10, table.index), indicators=table)
        >>> data.need_of(Scenario(name="x", threshold=1, border_price=0, weights=(("poverty", 1.0),))).tolist()
        [-1.0, 1.0]
        """
        names = self.population.index
        if scenario.weights is not None or self.need is None:
            need = self._weighted(scenario)
        else:
            need = align(self.need, names, "need").astype(float)
        if scenario.draw is None:
            return need
        error = self.standard_error
        spread = (
            align(error, names, "standard_error").to_numpy(dtype=float)
            if isinstance(error, pd.Series)
            else np.full(len(names), float(error))
        )
        if not (spread[need.notna().to_numpy()] >= 0).all():
            raise ParameterError("standard_error", "a missing or negative one", "numbers of at least 0")
        # Drawn in the order of the ids, so that the order of the rows does not matter.
        order = np.argsort(names.astype(str).to_numpy(dtype=object), kind="stable")
        drawn = np.empty(len(names))
        drawn[order] = np.random.default_rng([scenario.seed, scenario.draw]).standard_normal(len(names))
        return need + pd.Series(drawn * spread, index=names)

    def _weighted(self, scenario: Scenario) -> pd.Series:
        if self.indicators is None:
            raise ParameterError("weights", scenario.weights, "None, or indicators that they are for")
        weights = pd.Series(
            dict(scenario.weights or dict.fromkeys(self.indicators.columns, 1.0)), dtype=float
        )
        strange = weights.index.difference(self.indicators.columns)
        if len(strange):
            raise ParameterError(
                "weights",
                ", ".join(map(str, strange)),
                f"any of {', '.join(map(str, self.indicators.columns))}",
            )
        used = self.indicators.loc[self.population.index, weights.index[weights != 0]].astype(float)
        total = (used * weights[weights != 0]).sum(axis=1, skipna=False)
        spread = float(total.std(ddof=0))
        if not spread > 0:
            raise ParameterError("weights", scenario.weights, "weights with which the areas differ")
        return (total - total.mean()) / spread
