"""How high must the threshold be for a budget of residents? The level around which regions within the budget lie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spatial.regions.cuts.objective import Objective
from spatial.regions.cuts.parts import Known, free_part, inside_at

__all__ = ["threshold_within"]

# Thresholds that differ by less than this part of themselves are one.
_CLOSE = 1e-9

# First step away from a guess, as a part of the range of thresholds.
_STEP = 0.01


def threshold_within(objective: Objective, known: Known, budget: float, *, close: float = 0.0) -> float:
    """Raise a threshold until the best choice keeps within a budget of residents.

    Parameters
    ----------
    objective : Objective
        Costs of choosing areas.
    known : Known
        Where to begin: the best choice at one threshold.
    budget : float
        Most residents of all areas that are chosen. [persons]
    close : float, default 0
        How far above the lowest threshold that keeps within the budget the answer may be. [index points]

    Returns
    -------
    float
        The threshold itself when its best choice keeps within the budget; otherwise the lowest that does, up to `close`
        and about nine digits. [index points] Where areas that are held in alone are above the budget, no threshold
        helps: the highest is returned.

    Examples
    --------
    >>> costs = Objective(
    ...     area_id=np.array(["a", "b"]), people=np.full(2, 100.0), weight=np.full(2, 100.0),
    ...     strength=np.array([1.5, 1.25]), first=np.array([0]), second=np.array([1]), price=np.zeros(1),
    ...     held_in=np.zeros(2, bool), held_out=np.zeros(2, bool))
    >>> both = Known(threshold=1.0, inside=np.array([True, True]))
    >>> threshold_within(costs, both, 200.0), round(threshold_within(costs, both, 150.0), 6)
    (1.0, 1.25)
    """
    people = objective.people
    if float(people[known.inside].sum()) <= budget:
        return known.threshold
    part = replace(free_part(objective, known.inside), is_coarse=close > 0)
    settled = float(people[objective.held_in].sum())
    # No area stays above the highest need of all, but for the pull of those that are held in.
    low = known.threshold
    high = max(low, float(part.latest().max(initial=low)))
    step, middle = max(_STEP * (high - low), close), _plain_level(objective, low, high, budget)
    while len(part.node) and high - low > max(close, _CLOSE * max(1.0, abs(high))):
        inside = inside_at(part, middle)
        within = settled + float(people[part.node[inside]].sum())
        if within > budget:
            low, part = middle, part.without(~inside, inside)
        else:
            high, settled, part = middle, within, part.without(inside, inside)
        # From the guess in growing steps to where the answer lies, then by halves.
        ahead = middle + step if within > budget else middle - step
        step *= 2
        middle = ahead if low < ahead < high and step < high - low else 0.5 * (low + high)
    return high


def _plain_level(objective: Objective, low: float, high: float, budget: float) -> float:
    """Guess the level: where the areas with more need than it, without regard to borders, have so many residents."""
    falling = np.argsort(-objective.strength, kind="stable")
    above = np.cumsum(objective.weight[falling])
    place = min(int(np.searchsorted(above, budget)), len(falling) - 1)
    guess = float(objective.strength[falling[place]])
    return guess if low < guess < high else 0.5 * (low + high)
