"""What an attacker can conclude about the sample city from published counts and from how counts are related.

He knows that children add up to their parent, that the three age groups add up to the residents, and that a part is
no larger than its whole.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from etl.sample_city.nested import Matrix, Nesting

__all__ = ["AGE_GROUPS", "CLOSE_PAIRS", "PARTS", "UNLIMITED", "Mask", "bounds", "conclude", "from_below"]

# Together all residents; withheld together.
AGE_GROUPS = ("residents_u15", "residents_15_65", "residents_65p")

# (part, whole): the part is never larger. In the close pairs, which shares are made of, a part that is
# nearly the whole is withheld.
CLOSE_PAIRS = (
    ("residents_u15", "residents"),
    ("residents_u18", "residents"),
    ("residents_65p", "residents"),
    ("residents_80p", "residents"),
    ("residents_80p", "residents_65p"),
    ("non_german", "residents"),
    ("migration_background", "residents"),
    ("households_single", "households"),
    ("households_with_children", "households"),
    ("households_single_parent", "households_with_children"),
    ("unemployed", "residents_15_65"),
    ("unemployed_youth", "unemployed"),
    ("unemployed_long_term", "residents_15_65"),
    ("unemployed_long_term", "unemployed"),
    ("sgb2_recipients", "residents"),
    ("sgb2_children_u15", "residents_u15"),
    ("sgb2_children_u15", "sgb2_recipients"),
    ("old_age_basic_security", "residents_65p"),
)
PARTS = (
    *CLOSE_PAIRS,
    ("residents_15_65", "residents"),
    ("residents_u15", "residents_u18"),
    ("non_german", "migration_background"),
    ("households", "residents"),
)
UNLIMITED = np.int64(1) << 33  # more than anybody can count here

Mask = NDArray[np.bool_]  # shape (n_areas, n_periods)


def bounds(low: Matrix, high: Matrix, nesting: Nesting) -> tuple[Matrix, Matrix]:
    """Return the smallest and largest value each area can have, given bounds for each and that children add up.

    Exact for whole numbers: the sums form a tree, so one way up and one way down reaches every conclusion.
    """
    low, high = from_below(low, high, nesting)
    for level in range(nesting.levels - 1):
        children, parent = nesting.at(level + 1), nesting.parent[nesting.at(level + 1)]
        sum_low, sum_high = np.zeros_like(low), np.zeros_like(high)
        sum_low[nesting.at(level)] = nesting.sums_of_children(low, level)
        sum_high[nesting.at(level)] = nesting.sums_of_children(high, level)
        below = low[parent] - (sum_high[parent] - high[children])
        above = high[parent] - (sum_low[parent] - low[children])
        low[children], high[children] = np.maximum(low[children], below), np.minimum(high[children], above)
    return low, high


def from_below(low: Matrix, high: Matrix, nesting: Nesting) -> tuple[Matrix, Matrix]:
    """Return the bounds that follow for each area from those of the areas in it."""
    low, high = low.copy(), high.copy()
    for level in reversed(range(nesting.levels - 1)):
        here = nesting.at(level)
        low[here] = np.maximum(low[here], nesting.sums_of_children(low, level))
        high[here] = np.minimum(high[here], nesting.sums_of_children(high, level))
    return low, high


def conclude(low: dict[str, Matrix], high: dict[str, Matrix], nesting: Nesting) -> None:
    """Narrow the bounds of all indicators until nothing more follows; changes `low` and `high`.

    Bounds are carried from one relation to the next. That finds nearly everything; what only shows when many
    relations are solved together is left to the tests, which do that with a solver.
    """
    width, before = _total_width(low, high), None
    while width != before:
        _one_round(low, high, nesting)
        width, before = _total_width(low, high), width


def _total_width(low: Mapping[str, Matrix], high: Mapping[str, Matrix]) -> int:
    return sum(int((high[name] - low[name]).sum()) for name in low)


def _one_round(low: dict[str, Matrix], high: dict[str, Matrix], nesting: Nesting) -> None:
    """Use every relation once; changes `low` and `high`."""
    for name in list(low):
        low[name], high[name] = bounds(low[name], high[name], nesting)
    for part, whole in PARTS:
        if part not in low or whole not in low:
            continue
        # What is left of the whole without the part adds up over the areas, too.
        rest_low, rest_high = bounds(
            np.maximum(low[whole] - high[part], 0), np.minimum(high[whole] - low[part], UNLIMITED), nesting
        )
        low[whole] = np.maximum(low[whole], low[part] + rest_low)
        high[whole] = np.minimum(high[whole], high[part] + rest_high)
        low[part] = np.maximum(low[part], low[whole] - rest_high)
        high[part] = np.minimum(high[part], high[whole] - rest_low)
    if all(name in low for name in ("residents", *AGE_GROUPS)):
        for name in AGE_GROUPS:
            others = [other for other in AGE_GROUPS if other != name]
            most = high["residents"] - sum(low[other] for other in others)
            least = low["residents"] - sum(high[other] for other in others)
            high[name], low[name] = np.minimum(high[name], most), np.maximum(low[name], least)
