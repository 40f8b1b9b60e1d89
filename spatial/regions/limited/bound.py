"""How much better could any proposal be? A bound that no choice within the budget goes below."""

from __future__ import annotations

import numpy as np

from spatial.regions.cuts.choice import Choice
from spatial.regions.cuts.family import NestedFamily
from spatial.regions.cuts.parts import free_part, least_value

__all__ = ["budget_bound"]


def budget_bound(family: NestedFamily, choice: Choice, threshold: float, budget: float) -> float:
    r"""Bound the objective of every choice of areas with at most so many residents from below.

    Parameters
    ----------
    family : NestedFamily
        The best choices for thresholds around the one at which the budget is kept, or for all; they may be coarse.
    choice : Choice
        The exact best choice at the threshold of the objective.
    threshold : float
        Threshold of the objective. [index points]
    budget : float
        Residents of all regions together. [persons]

    Returns
    -------
    float
        No choice of areas within the budget has a lower objective, whatever else is asked of it.
        [persons × index points]

    Notes
    -----
    A price :math:`\lambda` on each resident acts like a higher threshold, so

    .. math:: E_\tau(x) \ge \min_y E_{\tau + \lambda}(y) - \lambda B

    for every choice within the budget B. The bound is concave in the price, and highest where the residents of the best
    choice fall below the budget: the family says where that is, one exact cut what the bound is there. Limits on single
    regions are not in it: they can only make proposals dearer.

    Examples
    --------
    >>> from spatial.regions.cuts.choice import best_choice
    >>> from spatial.regions.cuts.family import nested_family
    >>> from spatial.regions.cuts.objective import Objective
    >>> one = Objective(
    ...     area_id=np.array(["a", "b"]), people=np.full(2, 100.0), weight=np.full(2, 100.0),
    ...     strength=np.array([1.5, 1.3]), first=np.array([0]), second=np.array([1]), price=np.zeros(1),
    ...     held_in=np.zeros(2, bool), held_out=np.zeros(2, bool))
    >>> choice, family = best_choice(one, 1.0), nested_family(one)
    >>> round(budget_bound(family, choice, 1.0, 200.0), 6), round(budget_bound(family, choice, 1.0, 100.0), 6)
    (-80.0, -50.0)
    """
    objective = family.objective
    critical = family.critical.to_numpy()
    falling = np.argsort(-critical, kind="stable")
    level = critical[falling]
    above = np.cumsum(objective.weight[falling]) > budget
    # Areas that are held in have no price at which they leave.
    above &= np.isfinite(level)
    price = float(level[np.argmax(above)]) - threshold if above.any() else 0.0
    if price <= 0.0:
        return choice.lower_bound
    # A higher threshold brings nobody in who is out by now.
    part = free_part(objective, choice.chosen)
    given = objective.value(objective.held_in, threshold + price)
    bound = given + least_value(part, threshold + price) - price * budget
    return max(bound, choice.lower_bound)
