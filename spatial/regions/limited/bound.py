"""How much better could any proposal be? A bound that no choice within the budget goes below."""

from __future__ import annotations

import numpy as np

from spatial.regions.cuts.family import NestedFamily

__all__ = ["budget_bound"]


def budget_bound(family: NestedFamily, threshold: float, budget: float) -> float:
    r"""Bound the objective of every choice of areas with at most so many residents from below.

    Parameters
    ----------
    family : NestedFamily
        The best choices for thresholds around the one at which the budget is kept, or for all.
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

    for every choice within the budget B, and the family holds the minimum for every price. The bound is concave in the
    price; its highest value is searched. Limits on single regions are not in it: they can only make proposals dearer.

    Examples
    --------
    >>> from spatial.regions.cuts.family import nested_family
    >>> from spatial.regions.cuts.objective import Objective
    >>> one = Objective(
    ...     area_id=np.array(["a", "b"]), people=np.full(2, 100.0), weight=np.full(2, 100.0),
    ...     strength=np.array([1.5, 1.3]), first=np.array([0]), second=np.array([1]), price=np.zeros(1),
    ...     held_in=np.zeros(2, bool), held_out=np.zeros(2, bool))
    >>> round(budget_bound(nested_family(one), 1.0, 200.0), 6), round(budget_bound(nested_family(one), 1.0, 100.0), 6)
    (-80.0, -50.0)
    """
    objective = family.objective
    critical = family.critical.to_numpy()
    levels = np.unique(critical[(critical >= family.low) & (critical < family.high) & (critical > threshold)])

    def bound(price: float) -> float:
        choice = family.chosen(threshold + price)
        return objective.value(choice, threshold + price) - price * budget

    # The best price lies at a level of the family, or is 0; the bound is concave over them, and holds at any.
    prices = np.concatenate([[max(family.low - threshold, 0.0)], levels - threshold])
    low, high = 0, len(prices) - 1
    while high - low > 2:
        left, right = low + (high - low) // 3, high - (high - low) // 3
        if bound(prices[left]) < bound(prices[right]):
            low = left + 1
        else:
            high = right
    return max(bound(float(price)) for price in prices[low : high + 1])
