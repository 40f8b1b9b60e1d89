"""Values as chance could also have given them: draws around what was counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Draws", "Model"]

Floats = NDArray[np.float64]
Model = Literal["wilson", "binomial"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Draws:
    """Draws of the values of one indicator in all areas.

    `values`: shape (n_areas,). `basis`, same shape: what the rates rest on, with `per`, 100 for percentages; for the
    model "normal" the standard errors, in the unit of the values.

    *wilson*: with a standard normal z, (p + z²/2n + z √(p(1−p)/n + z²/4n²)) / (1 + z²/n): the quantiles of the draws
    are the limits of Wilson's interval, and they never leave 0 to 1. *binomial*: counts drawn from a binomial
    distribution with the observed rate. *normal*: value + z × standard error.
    """

    values: Floats
    basis: Floats
    per: float = 100.0
    model: Literal["wilson", "binomial", "normal"] = "wilson"

    def __repr__(self) -> str:
        return f"Draws({self.model}, {len(self.values)} areas)"

    def draw(self, rng: np.random.Generator, into: Floats) -> None:
        """Fill an array of shape (n_runs, n_areas); areas without a value stay without."""
        if self.model == "binomial":
            known = ~np.isnan(self.values)
            people = np.round(self.basis[known]).astype(np.int64)
            rate = np.clip(self.values[known] / self.per, 0.0, 1.0)
            into[:] = np.nan
            into[:, known] = rng.binomial(people, rate, size=(len(into), len(people))) * (self.per / people)
            return
        rng.standard_normal(out=into)
        if self.model == "normal":
            into *= self.basis
            into += self.values
        else:
            _wilson(into, self.values / self.per, self.basis)
            into *= self.per


def _wilson(z: Floats, share: Floats, people: Floats) -> None:
    """Turn standard normal numbers into Wilson's limits, in place."""
    spread = z * z
    spread *= 0.25 / people  # z²/4n
    root = spread + share * (1 - share)
    root *= 1 / people
    np.sqrt(root, out=root)
    z *= root
    spread *= 2.0  # z²/2n
    z += spread
    z += share
    spread *= 2.0
    spread += 1.0
    z /= spread
    np.clip(z, 0.0, 1.0, out=z)  # the ends are missed in the 17th digit
