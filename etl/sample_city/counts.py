"""Whole people, households and dwellings of the sample city, drawn from what is to be expected.

Every count is part of what it belongs to (children of residents, long-term unemployed of the unemployed), and a
block's luck lasts: the same block is above expectation for years.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, norm

from etl.sample_city.people import Grid, Rates

__all__ = ["BASE_INDICATORS", "Counts", "draw_counts"]

Counts = Mapping[str, NDArray[np.int64]]  # indicator id → shape (n_areas, n_years)

BASE_INDICATORS = (
    "residents",
    "residents_u15",
    "residents_u18",
    "residents_15_65",
    "residents_65p",
    "residents_80p",
    "non_german",
    "migration_background",
    "households",
    "households_single",
    "households_with_children",
    "households_single_parent",
    "unemployed",
    "unemployed_youth",
    "unemployed_long_term",
    "sgb2_recipients",
    "sgb2_children_u15",
    "old_age_basic_security",
    "dwellings",
    "living_space",
)
_LASTING = 0.9  # how much of a block's luck stays from one year to the next


def draw_counts(rates: Rates, rng: np.random.Generator) -> dict[str, NDArray[np.int64]]:
    """Draw the twenty indicators of all blocks and years."""
    draw = _Draw(rng, rates.residents.shape)
    residents = np.rint(rates.residents).astype(np.int64)
    u18 = draw(residents, rates.under_18)
    u15 = draw(u18, 0.835)
    old = draw(residents - u18, rates.over_64 / (1 - rates.under_18))
    very_old = draw(old, np.clip(0.27 + 0.012 * np.arange(residents.shape[1]), 0.0, 0.42)[None, :])
    middle = residents - u15 - old
    migration = draw(residents, rates.migration)
    foreign = draw(migration, 0.64)
    households = np.rint(residents / rates.household_size[:, None]).astype(np.int64)
    households = np.clip(
        households, np.minimum(1, residents), np.maximum(residents - u18, np.minimum(1, residents))
    )
    with_children = np.clip(
        np.rint(u18 / 1.62 + 0.25 * draw.luck()).astype(np.int64), (u18 + 5) // 6, households
    )
    with_children = np.minimum(with_children, u18)
    single_parents = draw(with_children, rates.single_parents)
    singles = draw(households - with_children, np.clip(rates.singles * 1.25, 0, 0.85))
    unemployed = draw(middle, rates.unemployed)
    children = draw(u15, rates.child_poverty)
    adults = draw(middle, np.clip(1.35 * rates.unemployed, 0, 0.9))
    dwellings = np.rint(households.max(axis=1, keepdims=True) * 1.03 + 0.4).astype(np.int64)
    grown = 0.96 + 0.04 * np.linspace(0, 1, residents.shape[1])
    dwellings = np.where(
        residents > 0, np.maximum(np.rint(dwellings * grown).astype(np.int64), households), 0
    )
    return {
        "residents": residents,
        "residents_u15": u15,
        "residents_u18": u18,
        "residents_15_65": middle,
        "residents_65p": old,
        "residents_80p": very_old,
        "non_german": foreign,
        "migration_background": migration,
        "households": households,
        "households_single": singles,
        "households_with_children": with_children,
        "households_single_parent": single_parents,
        "unemployed": unemployed,
        "unemployed_youth": draw(unemployed, 0.1),
        "unemployed_long_term": draw(unemployed, np.clip(0.22 + 2.2 * rates.unemployed, 0.2, 0.5)),
        "sgb2_recipients": children + adults,
        "sgb2_children_u15": children,
        "old_age_basic_security": draw(old, rates.old_age_poverty),
        "dwellings": dwellings,
        "living_space": np.rint(dwellings * rates.dwelling_size[:, None]).astype(np.int64),
    }


class _Draw:
    """Draws binomial counts, each with a luck of its own that lasts over the years."""

    def __init__(self, rng: np.random.Generator, shape: tuple[int, ...]) -> None:
        self._rng, self._shape = rng, shape

    def luck(self) -> Grid:
        """Return standard normal luck per block and year."""
        luck = self._rng.normal(size=self._shape)
        for year in range(1, self._shape[1]):
            luck[:, year] = _LASTING * luck[:, year - 1] + np.sqrt(1 - _LASTING**2) * luck[:, year]
        return luck

    def __call__(self, number: NDArray[np.int64], share: Grid | float) -> NDArray[np.int64]:
        """Return how many of `number` are chosen when each is with probability `share`."""
        chance = np.broadcast_to(np.asarray(share, dtype=float), self._shape)
        drawn = np.zeros(self._shape, dtype=np.int64)
        open_ = (number > 0) & (chance > 0)
        drawn[open_] = np.asarray(
            binom.ppf(norm.cdf(self.luck()[open_]), number[open_], chance[open_])
        ).astype(np.int64)
        return np.clip(drawn, 0, number)
