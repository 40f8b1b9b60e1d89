"""Which choice of areas costs least at one threshold? The exact minimum, and a bound that no choice can beat."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spatial.regions.cuts.mincut import LARGEST_TOTAL, minimum_cut
from spatial.regions.cuts.objective import Objective

__all__ = ["SMALLEST_UNIT", "Choice", "best_choice"]

# Bits kept of the largest cost: decimal inputs that are equal on paper are then equal for the search as well.
_BITS = 46

SMALLEST_UNIT = -1000
"""Power of two of the smallest unit of costs: what is less is nothing, and dividing by it stays within floats."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Choice:
    """A choice of areas, in the order of the objective's.

    `value` is its objective, `lower_bound` what no choice goes below, `resolution` the unit to which costs were
    rounded before the search [all persons × index points].
    """

    chosen: NDArray[np.bool_]
    value: float
    lower_bound: float
    resolution: float

    def __repr__(self) -> str:
        return f"Choice({int(self.chosen.sum())} of {len(self.chosen)} areas, objective {self.value:.6g})"


def best_choice(objective: Objective, threshold: float) -> Choice:
    """Find the smallest of the best choices at one threshold.

    Parameters
    ----------
    objective : Objective
        Costs of choosing areas.
    threshold : float
        Need above which an area speaks for itself. [index points]

    Returns
    -------
    Choice
        Exact up to the rounding of costs to whole multiples of `resolution`, which the bound takes into account.
        Areas that are held in or out are.

    Examples
    --------
    >>> ids = np.array(["a", "b", "c"])
    >>> row = Objective(
    ...     area_id=ids, people=np.full(3, 100.0), weight=np.full(3, 100.0), strength=np.array([1.5, 0.9, 1.5]),
    ...     first=np.array([0, 1]), second=np.array([1, 2]), price=np.full(2, 10.0),
    ...     held_in=np.zeros(3, bool), held_out=np.zeros(3, bool))
    >>> best_choice(row, 1.0)
    Choice(3 of 3 areas, objective -90)
    """
    cost, price = objective.cost(threshold), objective.price
    gain = np.maximum(-cost, 0.0)
    gain[objective.held_in | objective.held_out] = 0.0
    total = math.fsum(gain)
    # What is held in may cost any amount and still pull its neighbours in, over the borders it then saves.
    pull = math.fsum(price) if objective.held_in.any() else 0.0
    if total == 0.0 and pull == 0.0:
        chosen = objective.held_in.copy()
        value = objective.value(chosen, threshold)
        return Choice(chosen=chosen, value=value, lower_bound=value, resolution=0.0)
    # What costs twice as much as can be won is as good as infinite; once would be a tie that rounding decides.
    most = 2 * (total + pull)
    loss, link = (np.clip(part, 0.0, most) for part in (cost, price))
    gain[objective.held_in], loss[objective.held_in] = most, 0.0
    loss[objective.held_out] = most
    held = most * int(objective.held_in.sum())
    largest = max(float(gain.max()), float(loss.max()), float(link.max(initial=0.0)))
    exponent = max(
        math.frexp(largest)[1] - _BITS, math.frexp(total + held)[1] - LARGEST_TOTAL.bit_length() + 2
    )
    unit = math.ldexp(1.0, max(exponent, SMALLEST_UNIT))
    rounded = [np.rint(part / unit).astype(np.int64) for part in (gain, loss, link)]
    cut = minimum_cut(rounded[0], rounded[1], objective.first, objective.second, rounded[2])
    # Where rounding went up, the true cut may be cheaper than the one that was found: that much is given away.
    excess = math.fsum(
        math.fsum(np.maximum(whole * unit - part, 0.0))
        for whole, part in zip(rounded, (gain, loss, link), strict=True)
    )
    given = math.fsum(cost[objective.held_in])
    value = objective.value(cut.source_side, threshold)
    bound = cut.value * unit - total + given - excess
    return Choice(chosen=cut.source_side, value=value, lower_bound=min(bound, value), resolution=unit)
